/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fake/internal.h - what the files of the fake network share.  Names begin with vfake_.
 *
 *   net.c      the network, its nodes, time
 *   entity.c   who is where, and in which groups
 *   call.c     transactions as their clients see them
 *   group.c    Requests to groups, and datagrams: copies on their way
 *   serve.c    Requests at services
 *   reply.c    answers on their way, loans
 *   forward.c  Requests that go on
 *   trouble.c  faults, crashes, moves
 */
#ifndef VIPC_FAKE_INTERNAL_H
#define VIPC_FAKE_INTERNAL_H

#include <vipc/fake.h>

#define VFAKE_BUSY_PAUSE (20 * VMTP_MILLISECOND)
#define VFAKE_REPEAT (100 * VMTP_MILLISECOND)
#define VFAKE_FORWARDS 15u
#define VFAKE_REPEATS 5u
#define VFAKE_BUCKETS 256u

struct vfake_seen {
    struct vfake_seen *next;
    vmtp_entity entity;
};

struct vfake_node {
    struct vipc base;
    vipc_fake *net;
    struct vfake_node *next; /* in the order in which they were added */
    uint32_t number, side;
    int up, interrupted, stopped;
    uint64_t life; /* counts restarts */
    uint32_t entities_made;
    struct vfake_transaction *transactions;
    struct vfake_host *hosts;     /* its services */
    struct vfake_answer *answers; /* on their way from here */
    struct vfake_seen *known;     /* entities of other nodes that it has reached */
    struct vipc_fake_stats stats;
};

struct vipc_fake {
    struct vipc events; /* not a node: timers of the network itself */
    vmtp_time now;
    uint64_t random;
    struct vipc_fake_faults faults;
    struct vfake_node *nodes;
    uint32_t node_count, groups_made;
    struct vfake_entity *entities[VFAKE_BUCKETS];
    struct vfake_member *members; /* in the order in which they joined */
    struct vfake_copy *copies;
};

/* ---- entity.c ----------------------------------------------------------------------------------------------- */

/* Every entity that ever was. */
struct vfake_entity {
    struct vfake_entity *next;
    vmtp_entity id;
    struct vfake_node *node; /* where it is, or was last */
    struct vfake_host *host; /* its service; NULL: a client of the node's */
    int alive, calling;
};

struct vfake_member {
    struct vfake_member *next;
    vmtp_entity group;
    struct vfake_entity *entity;
};

struct vfake_entity *vfake_entity_find(vipc_fake *net, vmtp_entity id);
/* id 0: a new one.  NULL: it is taken. */
struct vfake_entity *vfake_entity_make(struct vfake_node *node, vmtp_entity id);
/* One of the node's that is not calling. */
struct vfake_entity *vfake_entity_client(struct vfake_node *node);
/* It is gone, from its groups too. */
void vfake_entity_end(struct vfake_entity *entity);
void vfake_groups_leave(struct vfake_entity *entity);
/* Lists of entities. */
int vfake_is_seen(const struct vfake_seen *list, vmtp_entity entity);
void vfake_see(struct vfake_seen **list, vmtp_entity entity);
void vfake_unsee(struct vfake_seen **list);
int vfake_is_member(vipc_fake *net, vmtp_entity group, const struct vfake_entity *entity);

/* ---- Requests ----------------------------------------------------------------------------------------------- */

/* What was said, kept as long as anybody needs it. */
struct vfake_payload {
    unsigned users;
    struct vmtp_message message;
    uint32_t size;
    uint8_t octets[];
};
struct vfake_payload *vfake_payload_make(const struct vmtp_message *message, const void *segment, uint32_t size);
void vfake_payload_drop(struct vfake_payload *payload);

/* A call under way. */
struct vfake_transaction {
    struct vfake_transaction *next; /* of the node */
    struct vfake_node *node;
    struct vipc_call *call;
    struct vfake_entity *client;
    struct vfake_payload *payload;
    vmtp_entity server;
    uint8_t forward_count;
    int lost, lost_answer, group;
    int probe;                                                                  /* it asks whether `server` is there */
    int cancelled;                                                              /* its client is gone */
    enum { VFAKE_SENDING, VFAKE_TAKEN, VFAKE_ANSWERED, VFAKE_DISCARDED } state; /* of a call to one entity */
    vmtp_time heard;
    unsigned repeats;
    struct vipc_timer tick, limit;
    struct vfake_incoming *taken; /* Requests that servers have of it */
    struct vfake_seen *seen;      /* of a call to a group: who has taken it */
};

/* A Request at a service. */
struct vfake_incoming {
    struct vipc_incoming in;
    struct vfake_incoming *next, **link;   /* in a list of the service */
    struct vfake_incoming *beside;         /* of the same transaction */
    struct vfake_transaction *transaction; /* NULL: nobody waits any more */
    struct vfake_payload *payload;
    struct vfake_host *host;
    struct vfake_relay *relay; /* it went on as a call */
};

/* A service. */
struct vfake_host {
    struct vfake_host *next;      /* of the node */
    struct vipc_service *service; /* NULL: it has ended */
    struct vfake_entity *entity;
    struct vfake_incoming *waiting, **waiting_end, *hand;
    uint32_t count; /* of both */
    int running;
};

/* ---- net.c -------------------------------------------------------------------------------------------------- */

void *vfake_new(size_t size);
uint64_t vfake_random(vipc_fake *net);
int vfake_chance(vipc_fake *net, uint32_t ppm);
/* How long something takes this time. */
vmtp_time vfake_delay(vipc_fake *net);
int vfake_reaches(const struct vfake_node *a, const struct vfake_node *b);
static inline struct vfake_node *vfake_node_of(vipc *ipc) { return (struct vfake_node *)ipc; }
/* Everything of the node ends; gently: loans are released. */
void vfake_node_stop(struct vfake_node *node, int gently);

/* ---- call.c ------------------------------------------------------------------------------------------------- */

int vfake_start(vipc *ipc, struct vipc_call *call);
void vfake_cancel(vipc *ipc, struct vipc_call *call);
/* It is over for its client, who is told. */
void vfake_finish(struct vfake_transaction *t, int result);
/* It is over, and nobody is told. */
void vfake_forget(struct vfake_transaction *t);
/* Has the transaction looked after this much later. */
void vfake_look_after(struct vfake_transaction *t, vmtp_time later);

/* ---- group.c ------------------------------------------------------------------------------------------------ */

/* A Request on its way to one entity by itself. */
struct vfake_copy {
    struct vfake_copy *next;
    vipc_fake *net;
    struct vfake_node *from;
    struct vfake_transaction *transaction; /* NULL: a datagram, or the call is over */
    struct vfake_payload *payload;
    vmtp_entity group, to, client;
    int again; /* also if it has been there */
    struct vipc_timer timer;
};
/* Sends what has to be sent of a datagram, or (again) of a Request to a group. */
void vfake_send_copies(struct vfake_transaction *t);
void vfake_copies_forget(vipc_fake *net, const struct vfake_transaction *t);
void vfake_copies_end(vipc_fake *net);

/* ---- serve.c ------------------------------------------------------------------------------------------------ */

int vfake_serve(vipc *ipc, struct vipc_service *service);
void vfake_unserve(vipc *ipc, struct vipc_service *service);
void vfake_discard(vipc *ipc, struct vipc_incoming *in);
/* A Request comes to a service: 0, or VMTP_E_FULL (busy), VMTP_E_TOO_LARGE.  It is called at once, if it can be. */
int vfake_deliver(struct vfake_host *host, struct vfake_payload *payload, struct vfake_transaction *t,
                  vmtp_entity client, vmtp_entity group);
static inline int vfake_has_room(const struct vfake_host *host) { return host->count < host->service->depth; }
/* Takes a Request out of the service's hands. */
void vfake_incoming_end(struct vfake_incoming *in);
static inline struct vfake_incoming *vfake_incoming_of(struct vipc_incoming *in) { return (struct vfake_incoming *)in; }

/* ---- reply.c ------------------------------------------------------------------------------------------------ */

/* An answer on its way, and then its loan on the way back. */
struct vfake_answer {
    struct vfake_answer *next; /* of the node */
    struct vfake_node *node;
    struct vfake_transaction *transaction; /* NULL: nobody waits any more */
    struct vmtp_message message;
    const void *segment;
    uint32_t size, chosen;
    struct vipc_loan *loan;
    struct vipc_timer timer;
    uint8_t octets[];
};
int vfake_reply(vipc *ipc, struct vipc_incoming *in, const struct vmtp_message *message, const void *segment,
                uint32_t size, uint32_t flags, struct vipc_loan *loan);
/* Sends an answer of an entity; segment is copied if there is no loan. */
void vfake_answer_send(struct vfake_transaction *t, struct vfake_node *node, const struct vmtp_message *message,
                       const void *segment, uint32_t size, uint32_t chosen, struct vipc_loan *loan);
void vfake_answers_forget(vipc_fake *net, const struct vfake_transaction *t);
void vfake_answers_end(struct vfake_node *node, int gently);

/* ---- forward.c ---------------------------------------------------------------------------------------------- */

int vfake_forward(vipc *ipc, struct vipc_incoming *in, const struct vmtp_message *message, const void *segment,
                  uint32_t size, uint32_t relay);
void vfake_relay_end(struct vfake_incoming *in);

#endif
