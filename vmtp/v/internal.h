/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * v/internal.h - what the files of this room share.  Names begin with vv_.
 *
 *   kernel.c    the entity that answers for a host's segments and logical ids
 *   grant.c     who may use which segment: section 2.3 of spec/v.md
 *   move.c      the other side of it: MoveTo, MoveFrom, Forward
 *   process.c   life of a process
 *   message.c   Send, Receive, Reply
 *   group.c     groups
 *   logical.c   logical ids
 */
#ifndef VMTP_V_INTERNAL_H
#define VMTP_V_INTERNAL_H

#include <vmtp/v.h>

#define VV_GROUP_OCTETS 16384u
/* How much a kernel takes and gives at a time, where both nodes have messages of several packet groups. */
#define VV_PIECE VMTP_MESSAGE_OCTETS
/* Where that is too much for the other node it is asked to take this. */
#define VV_PIECE_LESS 65536u
#define VV_CODE_SEND 0x007fffffu
/* Operations of others that a kernel takes at a time, and how many of them may be large. */
#define VV_KERNEL_DEPTH 8u
#define VV_KERNEL_LARGE 2u

/* Access that a Send under way gives; lives on v_send's stack. */
struct vv_grant {
    struct vv_grant *next;
    v_pid granter, holder;
    uint8_t *memory;
    uint32_t size, access;
};

/* A process that a logical id leads to. */
struct vv_logical {
    struct vv_logical *next;
    uint32_t id;
    enum v_scope scope;
    v_pid pid;
};

struct v_kernel {
    vmtp_host *host;
    vmtp_entity entity;
    struct vv_grant *grants;
    struct vv_logical *logical;
    v_process *processes;
};

/* A message that waits for its reply. */
struct vv_received {
    int used;
    uint32_t access, size; /* of the sender's segment */
    vmtp_entity kernel;    /* that of the sender's node, once it has answered; 0 before */
    uint32_t piece;        /* what it takes at a time */
    struct vmtp_incoming in;
};

struct v_process {
    v_process *next;
    v_kernel *kernel;
    v_pid pid;
    vmtp_group_call *group; /* a Send to a group, for v_get_reply */
    uint32_t depth;
    struct vv_received received[];
};

/* ---- kernel.c ---- */

/* A group was joined (0), or why not: has the port listen to it, so that whoever is told of it next can count on that. */
int vv_heed(v_kernel *kernel, int joined);

/* ---- grant.c ---- */

/* One operation on a granted segment, wherever it comes from. */
struct vv_operation {
    uint32_t code; /* VMTP_V_MOVE_FROM ..., 24 bits */
    v_pid granter, actor;
    uint32_t transaction;
    uint32_t offset, count;
    uint32_t limit; /* what can be answered */
    v_pid to;       /* PassAccess */
    vmtp_time deadline;
};
/* May it be done?  VMTP_OK and *grant, or the code that says why not. */
uint32_t vv_grant_check(const v_kernel *kernel, const struct vv_operation *o, struct vv_grant **grant);
/* Is the granter a process of this kernel? */
int vv_is_here(const v_kernel *kernel, v_pid pid);

/* ---- process.c ---- */

/* The message of that sender that waits for a reply, or NULL. */
struct vv_received *vv_received_from(v_process *process, v_pid from);

/* ---- group.c ---- */

int vv_send_to_group(v_process *process, struct v_message *message, v_pid to, const struct v_segment *segment,
                     vmtp_time deadline);
/* Ends what v_get_reply reads, so that the process may send again. */
void vv_group_end(v_process *process);

/* ---- logical.c ---- */

/* The process that other nodes are told of, or 0. */
v_pid vv_logical_remote(const v_kernel *kernel, uint32_t id);
void vv_logical_forget(v_kernel *kernel, v_pid pid);

#endif
