/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vmtp/v.h - the primitives of the V kernel, for plain programs (spec/v.md).
 *
 * A process here is an entity with a queue of messages; a program may have several.  All block on the thread that calls them, and
 * while they wait, the host works: access that was given to others is used, procedures of the host are called.  A program with an event
 * loop may use them too, but then everything waits with it.
 *
 *   V (1983, 1988)        here
 *   Send                  v_send
 *   Receive               v_receive
 *   ReceiveWithSegment    v_receive_with_segment
 *   Reply                 v_reply
 *   ReplyWithSegment      v_reply_with_segment
 *   MoveTo, MoveFrom      v_move_to, v_move_from
 *   Forward               v_forward
 *   SetPid, GetPid        v_set_pid, v_get_pid
 *   CreateGroup ...       v_create_group, v_join_group, v_leave_group, v_query_group
 *   GetReply              v_get_reply
 *
 * Results: 0 is success.  A positive number is a code of vmtp/registry.h: why a Send has no answer (VMTP_RETRANS_TIMEOUT,
 * VMTP_NONEXISTENT_ENTITY, VMTP_USER_TIMEOUT ...), or why access to a segment was refused (VMTP_V_NO_TRANSACTION,
 * VMTP_V_WRONG_PROCESS, VMTP_V_NO_ACCESS, VMTP_V_OUTSIDE).  A negative number is a vmtp_error; those that any of these functions
 * may return are VMTP_E_CANCELLED (vmtp_host_interrupt), VMTP_E_DOWN, VMTP_E_SYSTEM and VMTP_E_FULL, as vmtp_host_call does.
 * Deadlines are absolute, as in vmtp/host.h; VMTP_NEVER is none.
 */
#ifndef VMTP_V_H
#define VMTP_V_H

#include <vmtp/host.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Names a process, or a group of them. */
typedef vmtp_entity v_pid;

/* What V's messages are: 32 octets. */
struct v_message {
    uint32_t code;     /* of a Send: 23 bits; of a reply: 24 bits; the upper ones are 0 */
    uint32_t words[7]; /* when a segment comes along, V takes [6] for its size, and [5] for the access to it */
};

/* ---- kernels ------------------------------------------------------------------------------------------------ */

/* What a host needs for its processes to give access and to have logical ids.  One for a host. */
typedef struct v_kernel v_kernel;

/*
 * Takes an entity and accepts for 8 operations of others at a time, two of them of up to 4 MiB.  The host stays yours, and must
 * outlive it.
 * VMTP_E_EXISTS (the host has one), VMTP_E_FULL, VMTP_E_MEMORY.
 */
VMTP_API int v_kernel_open(v_kernel **out, vmtp_host *host);
/* Destroys its processes first. */
VMTP_API void v_kernel_close(v_kernel *kernel);
VMTP_API vmtp_host *v_kernel_host(const v_kernel *kernel);

/* ---- processes ---------------------------------------------------------------------------------------------- */

typedef struct v_process v_process;

/* What a process is made with; all zero is good. */
struct v_process_options {
    v_pid pid;      /* 0: a new one.  Otherwise a strictly stable identifier of yours: see vmtp_entity_options */
    uint32_t depth; /* messages that wait to be received or replied to; 0: 16 */
    uint32_t capacity; /* octets of a segment that can come with a message, up to 4 MiB; 0: 16384.  A Send that carries more fails with
                          VMTP_ERROR */
};

/* options may be NULL.  VMTP_E_FULL, VMTP_E_EXISTS, VMTP_E_INVALID, VMTP_E_TOO_LARGE, VMTP_E_MEMORY. */
VMTP_API int v_process_create(v_process **out, v_kernel *kernel, const struct v_process_options *options);
/* Who waits for a reply of it is told VMTP_NONEXISTENT_ENTITY when it asks.  Its logical ids end.  Not from a procedure of the host while one
 * of its functions blocks. */
VMTP_API void v_process_destroy(v_process *process);
VMTP_API v_pid v_process_pid(const v_process *process);

/* ---- messages ----------------------------------------------------------------------------------------------- */

#define V_READ VMTP_V_READ   /* the receiver may read the segment */
#define V_WRITE VMTP_V_WRITE /* the receiver may write it */

/* A part of a process's memory that it lets the receiver of a Send use until the Send ends. */
struct v_segment {
    void *memory;     /* not touched after v_send has returned; never written without V_WRITE */
    uint32_t size;    /* octets, below 2^30 */
    uint32_t access;  /* V_READ, V_WRITE or both */
    uint32_t carried; /* with V_READ: so many octets of the beginning go with the message itself, 0 to 16384 */
    uint32_t received; /* set by v_send: so many octets came as the reply's own segment and are at the beginning of memory */
};

/*
 * v_send - Send: sends *message to a process, waits for its reply, and has it take the message's place.
 *
 * segment (NULL: none) is what the receiver may use meanwhile; then words[5] is not sent, and words[6] not if carried is above 0.
 * A group as receiver: the first reply is taken, v_get_reply gets the others; no access can be given, but with V_READ what is
 * carried goes along.
 * > 0: no reply, and the message is as it was; but VMTP_BAD_REPLY_SEGMENT: the reply is here, and had a segment for which there was no
 * access or no room.  Whatever is returned, segment->memory may have been written to.
 * VMTP_E_INVALID (code above 23 bits, unknown access, carried above size or 16384 or without V_READ, V_WRITE to a group).
 */
VMTP_API int v_send(v_process *process, struct v_message *message, v_pid to, struct v_segment *segment,
                    vmtp_time deadline);

/*
 * v_receive - Receive: the next message for this process.  It has to be replied to or forwarded; until then its sender waits, and
 * *from names it.  A datagram has no reply, and v_reply tells so.
 * 0, VMTP_E_TIMEOUT.
 */
VMTP_API int v_receive(v_process *process, struct v_message *message, v_pid *from, vmtp_time deadline);

/* v_receive_with_segment - ReceiveWithSegment: the same, and the segment's octets that came along are copied to buffer.  *size: in, its
 * size; out, how many were copied. */
VMTP_API int v_receive_with_segment(v_process *process, struct v_message *message, v_pid *from, void *buffer,
                                    uint32_t *size, vmtp_time deadline);

/* What access the sender of a received message has given: V_READ, V_WRITE, both or 0.  size (may be NULL) becomes the size of its segment. */
VMTP_API uint32_t v_access(const v_process *process, v_pid from, uint32_t *size);

/*
 * v_reply - Reply: ends the Send of a process whose message was received here.  Does not block.
 * 0; VMTP_E_STALE: it does not wait for one (it gave up, or has been replied to); VMTP_E_INVALID (code above 24 bits).
 */
VMTP_API int v_reply(v_process *process, const struct v_message *message, v_pid to);

/*
 * v_reply_with_segment - ReplyWithSegment: the same, and copies size octets to the sender's segment at offset.
 *
 * Up to 16384 octets at offset 0 go with the reply; else v_move_to copies them first, and blocks, until deadline at the latest.  words[6] of
 * the message is not sent when octets go with it.  The results of both; > 0: not replied yet.
 */
VMTP_API int v_reply_with_segment(v_process *process, const struct v_message *message, v_pid to, uint32_t offset,
                                  const void *segment, uint32_t size, vmtp_time deadline);

/*
 * v_move_to, v_move_from - MoveTo, MoveFrom: copy count octets to or from the segment that a process whose message was
 * received here gives access to, at offset in it.
 *
 * Any count: they take a transaction for the first 16 KiB, and then one for each 4 MiB, or for as much as both nodes carry at a time; when
 * they fail, some may have been copied.  They end when the other node does not answer any more (VMTP_RETRANS_TIMEOUT), and at the deadline,
 * which is for all of them together (VMTP_USER_TIMEOUT).
 * 0; VMTP_E_STALE: no message from that process waits for a reply here; VMTP_V_NO_TRANSACTION: its Send is over; VMTP_V_NO_ACCESS;
 * VMTP_V_OUTSIDE; VMTP_V_WRONG_PROCESS: the access was passed on; what a Send may return.
 */
VMTP_API int v_move_to(v_process *process, v_pid to, uint32_t offset, const void *source, uint32_t count,
                       vmtp_time deadline);
VMTP_API int v_move_from(v_process *process, v_pid from, void *destination, uint32_t offset, uint32_t count,
                         vmtp_time deadline);

/*
 * v_forward - Forward: another process is to reply to the process from.  Its Send goes on to it with this message; the access that it
 * gives, and what it carried, go along.
 *
 * The message's words[5] is not sent when access is given, nor words[6] when octets are carried.  A message that came through a
 * group, was forwarded 15 times, or is to go to a group, goes on as a Send of this process, which gives no access; until that is over,
 * this process can neither send nor move (VMTP_E_IN_CALL).
 * When access is given, it blocks until that has been passed on, until deadline at the latest.
 * 0: it is over here.  VMTP_E_STALE.  With any other error it is still to be replied to here; but when access was given, it may be
 * with the other process already.
 */
VMTP_API int v_forward(v_process *process, const struct v_message *message, v_pid from, v_pid to, vmtp_time deadline);

/* ---- groups ------------------------------------------------------------------------------------------------- */

/*
 * v_get_reply - GetReply: the next reply to the last v_send, which went to a group.  Over when the process sends anew, moves or forwards.
 * 0; VMTP_USER_TIMEOUT: the Send's deadline has passed, there are no more; VMTP_E_TIMEOUT: none until this deadline; VMTP_E_STALE: the
 * last v_send was none to a group.
 */
VMTP_API int v_get_reply(v_process *process, struct v_message *message, v_pid *from, vmtp_time deadline);

/* CreateGroup: a new group with this process as its first member.  restricted: others join by permission only. */
VMTP_API int v_create_group(v_process *process, v_pid *group, int restricted);
/* JoinGroup, LeaveGroup: for this process.  VMTP_E_EXISTS, VMTP_E_FULL; VMTP_E_NO_ENTITY: it is no member. */
VMTP_API int v_join_group(v_process *process, v_pid group);
VMTP_API int v_leave_group(v_process *process, v_pid group);
/* QueryGroup: asks all nodes until deadline; *count becomes how many members answered for, the first room of them are in members. */
VMTP_API int v_query_group(v_process *process, v_pid group, v_pid *members, uint32_t room, uint32_t *count,
                           vmtp_time deadline);

/* ---- logical ids -------------------------------------------------------------------------------------------- */

enum v_scope { V_LOCAL = 1, V_REMOTE = 2, V_BOTH = 3 };

/*
 * v_set_pid - SetPid: ties a process of this kernel to a logical id (1 to 65535), in place of the one before it; pid 0: nobody.
 * VMTP_E_INVALID, VMTP_E_NO_ENTITY (not a process of this kernel), VMTP_E_FULL, VMTP_E_MEMORY.
 */
VMTP_API int v_set_pid(v_kernel *kernel, uint32_t logical_id, v_pid pid, enum v_scope scope);

/*
 * v_get_pid - GetPid: the process of a logical id.  Asks other nodes with V_REMOTE, and with V_BOTH if there is none here.
 * 0; VMTP_E_NO_ENTITY: none here (V_LOCAL); VMTP_RETRANS_TIMEOUT or VMTP_USER_TIMEOUT: nobody has answered.
 */
VMTP_API int v_get_pid(v_kernel *kernel, uint32_t logical_id, enum v_scope scope, v_pid *pid, vmtp_time deadline);

#ifdef __cplusplus
}
#endif
#endif
