/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * host/internal.h - what the files of this room share.  Names begin with vhost_.
 *
 *   host.c     opening, closing, small questions
 *   world.c    clock, randomness and memory of the real world
 *   pump.c     packets in and out of the engine, one turn
 *   wait.c     waiting adaptively, interrupting
 *   events.c   which event is whose
 *   call.c     client entities, the blocking call
 *   serve.c    accepts, the queues of Requests, replies
 *   invoke.c   procedures that are called with Requests
 *   group.c    group calls
 *   stream.c   streams of calls
 *   query.c    who is in a group
 *   forward.c  Requests that go on to other servers
 *   hear.c     Responses of other members of a group
 *   migrate.c  entities that leave and come
 *   companion.c  libraries beside the program
 *   copies.c   reply segments that the host keeps
 */
#ifndef VMTP_HOST_INTERNAL_H
#define VMTP_HOST_INTERNAL_H

#include <stdatomic.h>

#include <vmtp/host.h>

/* Frames per vmtp_port_recv and vmtp_port_send. */
#define VHOST_BATCH 32u
/* Batches per turn: a loop must get its turn too. */
#define VHOST_TURN_BATCHES 8u
/* Responses of other members that are kept for one Request. */
#define VHOST_HEARD_MOST 64u
/* How long a port that has no room is left alone. */
#define VHOST_SEND_PAUSE VMTP_MILLISECOND
/* How long opening waits for identifiers before it says that somebody claims every block. */
#define VHOST_OPEN_LIMIT (5 * VMTP_SECOND)

/* What a host takes from outside.  Programs get vhost_real_world; tests give virtual time and memory that runs out. */
struct vhost_world {
    vmtp_time (*clock)(void *context);
    /* NULL: wait by looking, yielding and sleeping.  Otherwise lets time pass until a packet may have come, until at the
     * latest: 0 or a vmtp_error. */
    int (*idle)(void *context, vmtp_time until);
    /* Aligned to 64; zeroed if asked for; NULL when there is none. */
    void *(*allocate)(void *context, size_t size, int zeroed);
    void (*release)(void *context, void *memory);
    void *context;
    /* Opening does not wait for identifiers: the host works, and has none until vmtp_engine_ready says so. */
    int without_identifiers;
};
extern const struct vhost_world vhost_real_world;

/* vmtp_host_open in a world of the caller's. */
int vhost_open_in(vmtp_host **out, const struct vmtp_host_config *config, const struct vhost_world *world, char *error,
                  size_t error_size);

/* ---- records ------------------------------------------------------------------------------------------------ */

enum vhost_slot_state {
    VHOST_POSTED, /* the engine has the area */
    VHOST_QUEUED, /* a Request waits for vmtp_host_receive, or for its procedure */
    VHOST_HELD,   /* the application works on it */
    VHOST_IDLE,   /* the engine had no accept record left: posted again later */
    VHOST_DEAD    /* the entity is gone */
};

/* What another member has answered to the group. */
struct vhost_heard {
    struct vhost_heard *next;
    struct vmtp_event event;
    uint8_t octets[];
};

/* One accept and the Request that came with it. */
struct vhost_slot {
    struct vhost_service *service;
    struct vhost_slot *next, *previous; /* in a list of the host, while QUEUED or IDLE */
    uint8_t *area;
    uint64_t cookie;
    enum vhost_slot_state state;
    struct vmtp_event request;
    struct vhost_heard *heard; /* by others to this Request, oldest first */
    uint32_t heard_count;
    int heard_taken; /* the application has the first of them */
};

/* One vmtp_host_serve or vmtp_host_procedure, or the Requests that came with an entity from another host. */
struct vhost_service {
    vmtp_entity entity;
    uint32_t number; /* in host->services */
    uint32_t depth, capacity;
    uint32_t living;          /* slots that are not DEAD */
    int ending;               /* vmtp_host_unserve: a slot that comes home stays there */
    int arrived;              /* with its entity: each slot has the handle that its Request had as cookie */
    vmtp_procedure procedure; /* NULL: a queue */
    void *context;
    struct vhost_slot slots[];
};

struct vhost_list {
    struct vhost_slot *first, *last;
    uint32_t count;
};

/* A client entity of the pool. */
struct vhost_member {
    vmtp_entity id; /* 0: not created yet */
    uint32_t lent;
};

/* What a reply or a forward has lent the engine, kept until it has done with it. */
struct vhost_copy {
    struct vhost_copy *next;
    vmtp_handle handle;
    uint8_t octets[];
};

/* Octets that the engine was lent with an entity from another host. */
struct vhost_arrival {
    struct vhost_arrival *next;
    vmtp_entity entity;
    uint32_t lent; /* so many times */
    uint8_t octets[];
};

/* An entity whose procedure is running.  It may block, and procedures of others run inside it. */
struct vhost_running {
    struct vhost_running *outer;
    vmtp_entity entity;
};

/* A blocking call that is under way.  A procedure that is called meanwhile may make one of its own, inside it. */
struct vhost_pending {
    struct vhost_pending *outer;
    vmtp_handle handle; /* 0: not begun */
    int done;
    struct vmtp_event outcome;
};

struct vmtp_host {
    vmtp_engine *engine;
    vmtp_port *port;
    vmtp_time now; /* the clock when it was last read */
    vmtp_time due; /* the same before the last look: what came until then is taken, so what was to run out by then has run out */
    vmtp_time spin;       /* configuration */
    vmtp_time send_after; /* the port had no room: no sending before this; 0: send */
    int fault;            /* what the port said when nobody was there to be told; for the next vhost_work */
    vmtp_time share_at;   /* when to ask the port again whether others have our address */
    int captured;         /* a capture is written */
    int alone;            /* the last yield came back at once */
    atomic_int interrupted;
    int wake_fd; /* an eventfd that ends a sleep */

    struct vhost_pending *call; /* the innermost; NULL: none */

    struct vhost_running *running; /* the innermost */

    struct vmtp_group_call *group_calls;
    struct vmtp_stream *streams;
    struct vmtp_companion *companions;
    unsigned working; /* of them, one inside the other */

    struct vhost_list waiting; /* Requests for vmtp_host_receive, oldest first */
    struct vhost_list invoked; /* Requests for procedures, oldest first */
    struct vhost_list idle;    /* slots to be posted again */
    struct vhost_service **services;
    uint32_t services_limit;

    struct vmtp_event *kept; /* ring of events for vmtp_host_next_event */
    uint32_t kept_first, kept_count, kept_limit;

    struct vhost_arrival *arrivals;

    struct vhost_copy **copies; /* hash by handle */
    uint32_t copies_mask;

    struct vhost_member *members;
    uint32_t *free_members; /* numbers of those that are not lent: a stack, the last used on top */
    uint32_t free_count, members_limit;

    struct vmtp_config engine_config;
    void *engine_memory;
    struct vhost_world world;

    struct vmtp_rx rx[VHOST_BATCH];
    const struct vmtp_tx *tx_pointers[VHOST_BATCH];
    struct vmtp_tx tx[VHOST_BATCH];
};

/* ---- world.c ------------------------------------------------------------------------------------------------ */

static inline void *vhost_allocate(vmtp_host *host, size_t size) {
    return host->world.allocate(host->world.context, size, 1);
}
static inline void vhost_release(vmtp_host *host, void *memory) {
    if (memory)
        host->world.release(host->world.context, memory);
}
/* Reads the clock. */
static inline vmtp_time vhost_tick(vmtp_host *host) {
    host->now = host->world.clock(host->world.context);
    return host->now;
}
/* A vmtp_random_fn. */
void vhost_random(void *context, void *out, size_t size);
/* 0 when randomness can be had at all, else errno. */
int vhost_random_check(void);

/* ---- pump.c --------------------------------------------------------------------------------------------------- */

/* Gives what has arrived (one batch) to the engine: how many packets, or a vmtp_error.  Reads the clock when there are any. */
int vhost_look(vmtp_host *host);
/* What the port says is wrong with it: 0 or a vmtp_error. */
int vhost_port_error(vmtp_host *host);
/* Sends what the engine has, at host->now: 0 or a vmtp_error. */
int vhost_send(vmtp_host *host);
/* The same where nobody can be told of an error: it is for the next vhost_work. */
static inline void vhost_send_now(vmtp_host *host) {
    const int error = vhost_send(host);
    if (error < 0)
        host->fault = error;
}
/* Sends, expires, routes events, at host->now: 0 or a vmtp_error. */
int vhost_work(vmtp_host *host);

/* ---- wait.c --------------------------------------------------------------------------------------------------- */

/*
 * Waits until packets have come, the engine wants something, until has come, or vmtp_host_interrupt was called, and then does
 * vhost_work.  host->now must be fresh, and is afterwards.  0 or a vmtp_error.
 */
int vhost_wait(vmtp_host *host, vmtp_time until);
static inline int vhost_interrupted(const vmtp_host *host) {
    return atomic_load_explicit(&host->interrupted, memory_order_relaxed) != 0;
}
/* Takes note of an interruption: 1 when there was one. */
int vhost_take_interrupt(vmtp_host *host);
/*
 * What blocks for the application: until ready says 1 (and what to return), or why it never will.  A deadline that has passed looks once.
 * VMTP_E_CANCELLED, VMTP_E_FULL, VMTP_E_TIMEOUT, or a vmtp_error of the port.
 */
typedef int (*vhost_ready)(vmtp_host *host, void *context, int *result);
int vhost_until(vmtp_host *host, vhost_ready ready, void *context, vmtp_time deadline);

/* ---- events.c ------------------------------------------------------------------------------------------------- */

/* How many events may wait before blocking calls refuse to begin.  See events.c. */
uint64_t vhost_kept_bound(const struct vmtp_config *config);
/* Takes the engine's events and gives each to whom it belongs, as far as there is room. */
void vhost_route(vmtp_host *host);
/* 1 when events wait that the application must take before it may block. */
int vhost_crowded(const vmtp_host *host);

/* ---- call.c --------------------------------------------------------------------------------------------------- */

/* A client entity of the pool, and back. */
int vhost_member_take(vmtp_host *host, uint32_t *number);
void vhost_member_give(vmtp_host *host, uint32_t number);

/* ---- group.c -------------------------------------------------------------------------------------------------- */

/* 1 when the event belongs to a group call: RESPONSE, COMPLETE. */
int vhost_group_event(vmtp_host *host, const struct vmtp_event *event);
void vhost_groups_close(vmtp_host *host);

/* ---- stream.c ------------------------------------------------------------------------------------------------- */

/* 1 when the event belongs to a stream. */
int vhost_stream_event(vmtp_host *host, const struct vmtp_event *event);
void vhost_streams_close(vmtp_host *host);

/* ---- serve.c -------------------------------------------------------------------------------------------------- */

/* Each returns 1 when the event was the business of a service. */
int vhost_serve_request(vmtp_host *host, const struct vmtp_event *event);
int vhost_serve_abandoned(vmtp_host *host, const struct vmtp_event *event);
int vhost_serve_returned(vmtp_host *host, const struct vmtp_event *event);
int vhost_serve_heard(vmtp_host *host, const struct vmtp_event *event);
void vhost_serve_idle(vmtp_host *host);
void vhost_serve_close(vmtp_host *host);
/* Takes a Request out of its list: it is in the application's hands. */
void vhost_serve_hold(struct vhost_list *list, struct vhost_slot *slot, struct vmtp_incoming *in);
/* The slot of in, or NULL when in is over. */
struct vhost_slot *vhost_serve_held(const vmtp_host *host, const struct vmtp_incoming *in);
/* Keeps a service from being freed, whatever is done to its entity, until it is let go. */
void vhost_serve_keep(struct vhost_service *service);
void vhost_serve_let_go(vmtp_host *host, struct vhost_service *service);
/* A service with slots that have no area yet; *room is so many octets behind them.  NULL: no memory. */
struct vhost_service *vhost_serve_make(vmtp_host *host, vmtp_entity entity, uint32_t depth, uint64_t octets,
                                       uint8_t **room);
/* A number that no service has: below host->services_limit, if there is one. */
uint32_t vhost_serve_vacancy(const vmtp_host *host);
/* The slot's Request waits. */
void vhost_serve_queue(vmtp_host *host, struct vhost_slot *slot, const struct vmtp_event *request);
/* The slot is not used any more.  The last one takes its service with it. */
void vhost_serve_retire(vmtp_host *host, struct vhost_slot *slot);
/* The entity has left: what waits here is nobody's, what is held is stale. */
void vhost_serve_leave(vmtp_host *host, vmtp_entity entity);

/* ---- invoke.c ------------------------------------------------------------------------------------------------- */

/* Calls procedures that are not running with the Requests that wait for them. */
void vhost_invoke(vmtp_host *host);
/* 1 when there is something to call. */
int vhost_invocable(const vmtp_host *host);

/* ---- hear.c --------------------------------------------------------------------------------------------------- */

/* Keeps a copy of a Response for the Request of slot. */
void vhost_hear_keep(vmtp_host *host, struct vhost_slot *slot, const struct vmtp_event *event);
/* The slot's Request is over. */
void vhost_hear_forget(vmtp_host *host, struct vhost_slot *slot);

/* ---- migrate.c ------------------------------------------------------------------------------------------------ */

/* Each returns 1 when the event belongs to an entity that vmtp_host_import has brought. */
int vhost_arrived(vmtp_host *host, const struct vmtp_event *event);
int vhost_arrival_released(vmtp_host *host, const struct vmtp_event *event);
void vhost_arrivals_close(vmtp_host *host);

/* ---- companion.c ---------------------------------------------------------------------------------------------- */

/* 1 when the event belongs to one. */
int vhost_companion_event(vmtp_host *host, const struct vmtp_event *event);
/* When the first of them wants a turn. */
vmtp_time vhost_companion_deadline(const vmtp_host *host);
/* Gives a turn to those who want one now: 0, or a vmtp_error of sending what they began. */
int vhost_companion_work(vmtp_host *host);

/* ---- copies.c ------------------------------------------------------------------------------------------------- */

/* With room for so many octets more behind the segment. */
struct vhost_copy *vhost_copy_make(vmtp_host *host, vmtp_handle handle, const void *segment, uint32_t size,
                                   uint32_t more);
void vhost_copy_keep(vmtp_host *host, struct vhost_copy *copy);
int vhost_copy_released(vmtp_host *host, vmtp_handle handle); /* 1: it was one of ours */
void vhost_copies_close(vmtp_host *host);

#endif
