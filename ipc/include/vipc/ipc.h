/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vipc/ipc.h - the message transaction interface: send a Request, serve a Request.
 *
 * What stands on messages (naming, UIO, services) uses this and neither engine nor host, so that it also runs on a network that a
 * test makes up.  A `vipc *` is one node.  Whoever makes it says on what it runs: vipc/host.h (VMTP over Ethernet), vipc/fake.h (tests).
 *
 * Everything is event-driven, on one thread.  You own all records (struct vipc_call, vipc_service, vipc_timer, vipc_loan): clear them to zero,
 * set what you need, leave members below "private" alone, and keep them where they are while they are in use.  What happens is told by the
 * functions of yours that the records name.  These are called from vipc_turn, vipc_wait, what blocks by it, and what else makes the node
 * work (vmtp_host_turn ...), never from inside another function of this header (vipc_close excepted).  They may do anything: begin, cancel and
 * free records, their own too, also block; but not close the node.
 *
 * Results: 0 is success; a number above 0 is a code of RFC 1045 Appendix I that says why there is no Response (vmtp/registry.h:
 * VMTP_RETRANS_TIMEOUT ...); one below 0 is an error of this program or this node (vmtp/errors.h: VMTP_E_...).  vipc_result_name
 * knows both.  A Response has a code of its own, in its message: that is the server's word.
 *
 * An entity that is gone is told in two ways.  VMTP_NONEXISTENT_ENTITY: the node on which it was last says so, at once.  VMTP_RETRANS_TIMEOUT:
 * nobody says anything, for some seconds: that node is gone or out of reach, or this one never knew where the entity was.
 *
 * Times are nanoseconds of vipc_now, deadlines are absolute.  Sizes are octets.
 */
#ifndef VIPC_IPC_H
#define VIPC_IPC_H

#include <vmtp/errors.h>
#include <vmtp/export.h>
#include <vmtp/message.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct vipc vipc;
struct vipc_call;
struct vipc_service;
struct vipc_incoming;
struct vipc_timer;
struct vipc_loan;

/* ---- calls -------------------------------------------------------------------------------------------------- */

enum vipc_call_flags {
    VIPC_CALL_PARTIAL =
        1, /* the operation is idempotent, gives the same data each time and understands MsgDelivery: of an answer that does
                              not come whole only what is missing is asked for again.  To one server, without a segment, capacity 1 to
                              16384 (spec/vmtp.md section 13.7) */
    VIPC_CALL_HEADER_SUM = 2, /* the segment is not summed: wrong data are better than late data */
    VIPC_CALL_DELAYED = 4 /* to a group: its members wait a random time of up to 100 ms, so that not all answer at once (DRT) */
};

/* One Response of a group call. */
struct vipc_response {
    struct vmtp_message message; /* .server: who answers */
    const void *segment;         /* in the call's area, valid until the call is over or cancelled */
    uint32_t segment_size;
    int result; /* 0, or VMTP_BAD_REPLY_SEGMENT: the segment did not fit, segment_size octets of it are here */
};

/*
 * One message transaction: a Request to an entity, or to a group.
 *
 * segment, area and the record itself are lent from vipc_start until done is called, or vipc_cancel.  `message` and all other
 * members that you set are never changed, so that the same Request can be started again.
 *
 * A datagram (VMTP_DGM in message.code) to an entity or a group is over when it has been sent: done with 0, and there is no answer.
 *
 * A group call takes several answers: message.server is a group and slots is above 1.  Each of the first `slots` answers is told by
 * response, which has to be set, and has a place of `capacity` octets of its own in the area (slots * capacity octets in all); later ones are
 * dropped.  It goes on until its deadline, which it must have, however many have answered: who has what he needs cancels it, at once or
 * later by a timer.  With slots 0 or 1 the first answer ends a call to a group as any other call.
 */
struct vipc_call {
    struct vmtp_message message; /* .server: to whom.  SDA, MRD, words[6] of a Request with a segment are set on its way */
    const void *segment;         /* may be NULL when segment_size is 0 */
    uint32_t segment_size;       /* up to 4194304; above 16384 only to one entity, and without MDM */
    uint32_t capacity; /* of area; up to 4194304, with several slots 16384.  Above 16384: a large answer may come */
    void *area;        /* may be NULL when capacity is 0 */
    uint32_t slots;
    uint32_t flags;     /* enum vipc_call_flags */
    vmtp_time deadline; /* VMTP_NEVER: only the patience of the protocol ends it (some seconds of silence) */
    vmtp_entity client; /* 0: an entity that the node keeps for calls.  Or that of a vipc_service of this node, one call at a time */
    uint8_t priority; /* 4 bits as on the wire; 0 is normal */

    /*
     * It is over.  result 0: the Response is in answer and area (group call: answers of them were told, one at least).  VMTP_BAD_REPLY_SEGMENT:
     * it is, but its segment did not fit.  > 0: there is none, and why; < 0: VMTP_E_CANCELLED (its client entity is gone).
     * Called once for each successful vipc_start that vipc_cancel or the end of the node has not undone.
     */
    void (*done)(struct vipc_call *call, int result);
    void (*response)(struct vipc_call *call, const struct vipc_response *response); /* the structure: for this call only */
    void *context;                                                                  /* yours */

    /* What came of it, from done on. */
    struct vmtp_message answer; /* .server: who answered */
    uint32_t received;          /* octets of area that are the answer's segment */
    uint32_t delivered;         /* VIPC_CALL_PARTIAL, MDM: mask of the blocks that came */
    uint32_t answers;           /* group call: how many have been told so far */

    /* private */
    vipc *ipc; /* NULL: not under way */
    struct vipc_call *next, *previous;
    void *record;
    uint64_t handle;
    int result;
};

/*
 * Begins a call; it does not wait and calls nobody.
 * VMTP_E_INVALID (members that contradict each other; it is under way already), VMTP_E_TOO_LARGE, VMTP_E_FULL (too many calls),
 * VMTP_E_IN_CALL and VMTP_E_NO_ENTITY (client), VMTP_E_MEMORY.  After an error the call has not begun.
 */
VMTP_API int vipc_start(vipc *ipc, struct vipc_call *call);

/* Ends a call for its caller: nothing more is told of it, and all that it was lent is yours at once.  The server may still do, or have
 * done, what was asked.  Without effect on a call that is not under way. */
VMTP_API void vipc_cancel(struct vipc_call *call);

/* vipc_start, and vipc_wait until it is over: its result.  done is not called and need not be set; response is.  When waiting fails
 * (VMTP_E_CANCELLED, VMTP_E_DOWN ...) the call is cancelled. */
VMTP_API int vipc_call_wait(vipc *ipc, struct vipc_call *call);

/*
 * A question whether an entity exists, which is asked in its own name: the entity is told nothing, and need not answer (spec/vmtp.md
 * section 10.3).  The record is lent from vipc_probe_start until done is called, or vipc_probe_cancel.
 */
struct vipc_probe {
    vmtp_entity entity; /* not a group */
    /* 0: it is there.  VMTP_NONEXISTENT_ENTITY: the node on which it was last says that it is gone.  VMTP_RETRANS_TIMEOUT: nobody says anything,
     * for some seconds.  Others > 0, < 0: nothing is known (VMTP_E_CANCELLED ...). */
    void (*done)(struct vipc_probe *probe, int result);
    void *context; /* yours */

    /* private */
    struct vipc_call call;
};

/* Asks.  VMTP_E_INVALID (entity, done missing, under way already), and those of vipc_start. */
VMTP_API int vipc_probe_start(vipc *ipc, struct vipc_probe *probe);
/* Nothing more is told of it.  Without effect when it is not under way. */
VMTP_API void vipc_probe_cancel(struct vipc_probe *probe);

/* ---- services ----------------------------------------------------------------------------------------------- */

/*
 * An entity that takes Requests, and may be a member of groups.
 *
 * request is called with each Request, in the order in which they came, and not again before it has returned (also not when it
 * blocks).  Each Request has to end, then or any time later, in vipc_reply, vipc_reply_lent, vipc_forward or vipc_discard; until then it is valid.
 * depth bounds how many wait or are in hand: further clients are told that the entity is busy, and try again.
 */
struct vipc_service {
    vmtp_entity entity; /* in: 0, or an identifier of your own choice; out: the identifier */
    uint32_t depth;     /* 0: takes no Requests, is only a client or a name */
    uint32_t capacity;  /* of Request segments, up to 4194304; a Request with more is refused (VMTP_ERROR) */
    void (*request)(struct vipc_service *service, struct vipc_incoming *in);
    void *context; /* yours */

    /* private */
    vipc *ipc; /* NULL: not serving */
    struct vipc_service *next, *previous;
    void *record;
};

/* A Request in hand.  The node's; yours to read. */
struct vipc_incoming {
    struct vipc_service *service;
    vmtp_entity client;
    vmtp_entity group; /* 0, or the group that it was sent to (message.server, too) */
    struct vmtp_message message;
    const void *segment;
    uint32_t segment_size;
    uint8_t datagram;      /* nobody waits for an answer */
    uint8_t large;         /* the answer may have more than 16384 octets */
    uint8_t forward_count; /* how many servers have passed it on */
    void *context;         /* yours, NULL at first */
};

/*
 * Begins to serve.  VMTP_E_INVALID (it serves already; request missing; no identifier), VMTP_E_EXISTS (the identifier is taken here),
 * VMTP_E_FULL, VMTP_E_TOO_LARGE (capacity), VMTP_E_MEMORY.  The identifier lives as long as the service; one that the node chose never comes back.
 */
VMTP_API int vipc_serve(vipc *ipc, struct vipc_service *service);
/* The entity is gone: whoever has called it before is told VMTP_NONEXISTENT_ENTITY, its groups are left, calls in its name end.  Requests that it
 * has in hand are over: do not touch them any more.  What answers have lent comes back as usual.  Without effect when it does not serve. */
VMTP_API void vipc_unserve(struct vipc_service *service);

/* Makes it a member of a group, of any number of them.  VMTP_E_INVALID (no group, or not serving), VMTP_E_EXISTS (it is one), VMTP_E_FULL. */
VMTP_API int vipc_join(struct vipc_service *service, vmtp_entity group);
/* VMTP_E_NO_ENTITY (no member), VMTP_E_INVALID. */
VMTP_API int vipc_leave(struct vipc_service *service, vmtp_entity group);
/* Makes a new group, which others may join, with this member.  VMTP_E_FULL, VMTP_E_INVALID. */
VMTP_API int vipc_group_create(struct vipc_service *service, vmtp_entity *group);

enum vipc_reply_flags {
    VIPC_REPLY_IDEMPOTENT = 1, /* the operation may be done again: nothing is kept in case that the answer gets lost */
    VIPC_REPLY_CHOSEN = 2, /* of the segment send only the blocks that the Request asks for by MsgDelivery; with IDEMPOTENT */
    VIPC_REPLY_ONCE = 4,   /* what of the segment gets lost is not to be asked for (NRT) */
    VIPC_REPLY_CONFIRM = 8 /* ask the client to acknowledge, so that a loan comes back early */
};

/*
 * Answers.  message.code is the ResponseCode, .server is ignored.  The segment, up to 16384 octets or, if in->large, 4194304, is copied;
 * it may be that of the Request.
 * 0, or VMTP_E_STALE: nobody waits for it (the client has gone on, or it is a datagram), no error for a server.  In both cases in is over.
 * VMTP_E_TOO_LARGE, VMTP_E_INVALID (flags, segment, RESPONSE_DISCARDED: see vipc_discard), VMTP_E_FULL, VMTP_E_MEMORY: nothing was sent, in is still to be answered.
 */
VMTP_API int vipc_reply(struct vipc_incoming *in, const struct vmtp_message *message, const void *segment,
                        uint32_t size, uint32_t flags);

/* A segment that is lent with an answer. */
struct vipc_loan {
    void (*release)(struct vipc_loan *loan); /* it is yours again.  Called once if vipc_reply_lent returned 0, else never */
    void *context;                           /* yours */

    /* private */
    struct vipc_loan *next, *previous;
    uint64_t handle;
    vipc *ipc;
};

/* The same, but the segment is not copied.  It must not be that of the Request, and stays as it is until loan->release is called: when the client
 * has it, has gone on or is silent for some seconds, from vipc_turn or vipc_wait, or from vipc_close. */
VMTP_API int vipc_reply_lent(struct vipc_incoming *in, const struct vmtp_message *message, const void *segment,
                             uint32_t size, uint32_t flags, struct vipc_loan *loan);

/*
 * Leaves the Request to another server, whose answer goes to the client.  message and segment (up to 16384 octets, copied; it may be the
 * Request's) are what that server gets, message->server is whom.  A Request that came by a group, or was passed on 15 times already, becomes a
 * call of in->service's entity, with room for an answer of `relay` octets; relay 0: no such call.
 * 0 or VMTP_E_STALE: in is over.  Else it is still to be answered: VMTP_E_NESTED (such a call is needed, and relay is 0), VMTP_E_IN_CALL (and
 * the entity has one under way), VMTP_E_FULL, VMTP_E_TOO_LARGE, VMTP_E_INVALID, VMTP_E_MEMORY.
 */
VMTP_API int vipc_forward(struct vipc_incoming *in, const struct vmtp_message *message, const void *segment,
                          uint32_t size, uint32_t relay);

/* No answer: a datagram that is done with, or a Request to a group about which this member has nothing to say.  A client that asked
 * this entity alone is told VMTP_RESPONSE_DISCARDED, if it asks again. */
VMTP_API void vipc_discard(struct vipc_incoming *in);

/* ---- time --------------------------------------------------------------------------------------------------- */

VMTP_API vmtp_time vipc_now(vipc *ipc);
VMTP_API uint64_t vipc_random(vipc *ipc); /* 64 random bits */

struct vipc_timer {
    void (*fire)(struct vipc_timer *timer); /* it is not set any more when this is called */
    void *context;                          /* yours */
    vmtp_time at;                           /* when; to read */

    /* private */
    vipc *ipc; /* NULL: not set */
    uint64_t order;
    struct vipc_timer *child, *next, *previous;
};

/* Sets it, or sets it anew if it is set.  Timers go off in order of their times, those of the same time in the order in which they were
 * set; O(1), and O(log n) to cancel or go off.  One whose time has passed goes off soon; VMTP_NEVER: it is only cancelled. */
VMTP_API void vipc_timer_set(vipc *ipc, struct vipc_timer *timer, vmtp_time at);
/* Without effect when it is not set. */
VMTP_API void vipc_timer_cancel(struct vipc_timer *timer);

/* ---- waiting and event loops ---------------------------------------------------------------------------------- */

/*
 * Works until a function of a record has been called, or the deadline has passed; one that has passed looks once.
 * 0: something has happened; VMTP_E_TIMEOUT: nothing; VMTP_E_CANCELLED (vipc_interrupt), VMTP_E_DOWN (the interface), VMTP_E_SYSTEM,
 * VMTP_E_FULL (a program of vmtp/host.h does not take its events).
 */
VMTP_API int vipc_wait(vipc *ipc, vmtp_time deadline);
/* vipc_wait until *flag is not 0: 0, VMTP_E_TIMEOUT, or what vipc_wait returned. */
VMTP_API int vipc_wait_for(vipc *ipc, const int *flag, vmtp_time deadline);
/* Makes the vipc_wait that is under way, or the next one, return VMTP_E_CANCELLED.  Of a host it may be called from another thread or a
 * signal handler. */
VMTP_API void vipc_interrupt(vipc *ipc);

/* For a loop of your own: call vipc_turn when the descriptor is readable (-1: there is none) and when the deadline has come (VMTP_NEVER: never).
 * Read both again after anything else was done with the node. */
VMTP_API int vipc_fd(vipc *ipc);
VMTP_API vmtp_time vipc_deadline(vipc *ipc);
/* Does what there is to do, a bounded amount, without waiting: 1 when there is more to do at once, 0 when not, VMTP_E_DOWN, VMTP_E_SYSTEM. */
VMTP_API int vipc_turn(vipc *ipc);

/* The end of the node.  Calls and timers are cancelled, services end, all as if each had been; loans are released before it returns, and
 * nobody else is called.  NULL is allowed. */
VMTP_API void vipc_close(vipc *ipc);

/* A word for a result: "RETRANS_TIMEOUT", "E_FULL", "OK"; "unknown" for others.  Static. */
VMTP_API const char *vipc_result_name(int result);

/* ---- for those who make nodes ---------------------------------------------------------------------------------- */

/* What a node is made of.  The functions above check nothing that is not said here. */
struct vipc_ops {
    int (*start)(vipc *ipc, struct vipc_call *call); /* call->ipc is set, and back to NULL when this fails */
    void (*cancel)(vipc *ipc, struct vipc_call *call);
    int (*serve)(vipc *ipc, struct vipc_service *service); /* service->ipc as with start */
    void (*unserve)(vipc *ipc, struct vipc_service *service);
    int (*join)(vipc *ipc, struct vipc_service *service, vmtp_entity group);
    int (*leave)(vipc *ipc, struct vipc_service *service, vmtp_entity group);
    int (*group_create)(vipc *ipc, struct vipc_service *service, vmtp_entity *group);
    int (*reply)(vipc *ipc, struct vipc_incoming *in, const struct vmtp_message *message, const void *segment,
                 uint32_t size, uint32_t flags, struct vipc_loan *loan); /* loan NULL: copy */
    int (*forward)(vipc *ipc, struct vipc_incoming *in, const struct vmtp_message *message, const void *segment,
                   uint32_t size, uint32_t relay);
    void (*discard)(vipc *ipc, struct vipc_incoming *in);
    vmtp_time (*now)(vipc *ipc);
    uint64_t (*random)(vipc *ipc);
    int (*work)(vipc *ipc, vmtp_time until); /* until anything may have happened: 0, VMTP_E_TIMEOUT, errors of vipc_wait */
    void (*interrupt)(vipc *ipc);
    int (*fd)(vipc *ipc);
    vmtp_time (*deadline)(vipc *ipc); /* its own and that of the timers */
    int (*turn)(vipc *ipc);
    void (*close)(vipc *ipc);          /* the timers have been cancelled */
    void (*timers_changed)(vipc *ipc); /* the first of them is another.  May be NULL */
};

/* The beginning of every node. */
struct vipc {
    const struct vipc_ops *ops;
    struct vipc_timer *timers; /* the first; NULL: none */
    uint64_t timers_set;       /* how often one was */
    uint64_t happened;         /* counted up by the node with each function of a record that it calls */
};

/* When the first timer goes off; VMTP_NEVER: none is set. */
static inline vmtp_time vipc_timers_next(const vipc *ipc) { return ipc->timers ? ipc->timers->at : VMTP_NEVER; }
/* Has those go off whose time has come, but not those that are set meanwhile; how many. */
VMTP_API unsigned vipc_timers_run(vipc *ipc, vmtp_time now);

#ifdef __cplusplus
}
#endif
#endif
