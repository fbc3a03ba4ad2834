/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * host/internal.h - what the files of the adapter share.  Names begin with vhipc_.
 *
 *   node.c    opening, closing, events, turns
 *   call.c    calls
 *   serve.c   services, Requests, answers, loans
 *   move.c    services that leave for other nodes and come from them
 */
#ifndef VIPC_HOST_INTERNAL_H
#define VIPC_HOST_INTERNAL_H

#include <vipc/host.h>

/* A call of the engine.  It lives until its COMPLETE, also when it was cancelled before. */
struct vhipc_record {
    struct vhipc_record *next; /* that is free */
    uint32_t number;           /* in the table */
    vmtp_handle handle;
    vmtp_entity borrowed;   /* to be returned to the host; 0: none */
    struct vipc_call *call; /* NULL: cancelled */
    int over, listed;
    uint32_t told, count; /* of responses */
    struct vipc_response *responses;
};

/* A Request in hand. */
struct vhipc_incoming {
    struct vipc_incoming in;
    struct vmtp_incoming raw;
    struct vhipc_incoming *next, *previous; /* next: that is free; both: of the spares */
    int held, spare;
};

struct vhipc_service {
    struct vipc_service *service; /* NULL: it has ended */
    struct vhipc_incoming *free;
    struct vhipc_incoming *spares; /* for Requests that came along with the entity */
    unsigned running;
    uint32_t depth;
    struct vhipc_incoming places[];
};

/* An entity that was imported and is not served yet. */
struct vhipc_arrival {
    struct vhipc_arrival *next;
    vmtp_entity entity;
};

struct vhipc_node {
    struct vipc base;
    vmtp_host *host;
    struct vmtp_companion companion;
    struct vhipc_record **records, *free;
    uint32_t records_made, records_room;
    struct vipc_call *first, *last; /* of which something is to be told */
    struct vhipc_record *ended;     /* whose entity is to be returned: cancelled calls */
    struct vipc_service *services;
    struct vhipc_arrival *arrivals;
    struct vipc_loan *lent, *back; /* that the engine has, and that are to be released */
};

static inline struct vhipc_node *vhipc_node_of(vipc *ipc) { return (struct vhipc_node *)ipc; }

/* ---- node.c ------------------------------------------------------------------------------------------------- */

/* Something has to be told, or a timer is another: when is the next turn? */
void vhipc_rouse(struct vhipc_node *node);
/* Something was asked or said to somebody who may be on this host.  No packet and no timer tells that then, so the host is to look at once. */
static inline void vhipc_touch(struct vhipc_node *node) { node->companion.deadline = 0; }

/* ---- call.c ------------------------------------------------------------------------------------------------- */

int vhipc_start(vipc *ipc, struct vipc_call *call);
void vhipc_cancel(vipc *ipc, struct vipc_call *call);
/* 1 when the event belongs to a call of the node. */
int vhipc_call_event(struct vhipc_node *node, const struct vmtp_event *event);
/* Tells what there is to tell of calls. */
void vhipc_calls_tell(struct vhipc_node *node);
void vhipc_calls_close(struct vhipc_node *node);
/* Cancels all.  Their COMPLETE is still to come. */
void vhipc_calls_end(struct vhipc_node *node);

/* ---- serve.c ------------------------------------------------------------------------------------------------ */

int vhipc_serve(vipc *ipc, struct vipc_service *service);
void vhipc_unserve(vipc *ipc, struct vipc_service *service);
int vhipc_reply(vipc *ipc, struct vipc_incoming *in, const struct vmtp_message *message, const void *segment,
                uint32_t size, uint32_t flags, struct vipc_loan *loan);
int vhipc_forward(vipc *ipc, struct vipc_incoming *in, const struct vmtp_message *message, const void *segment,
                  uint32_t size, uint32_t relay);
void vhipc_discard(vipc *ipc, struct vipc_incoming *in);
/* 1 when the event belongs to a loan or a service. */
int vhipc_serve_event(struct vhipc_node *node, const struct vmtp_event *event);
void vhipc_loans_release(struct vhipc_node *node);

/* ---- move.c ------------------------------------------------------------------------------------------------- */

/* 1 when the entity has come from another node, and nobody has served it yet. */
int vhipc_has_arrived(struct vhipc_node *node, vmtp_entity entity);
/* Somebody does now. */
void vhipc_arrival_served(struct vhipc_node *node, vmtp_entity entity);
void vhipc_arrivals_close(struct vhipc_node *node);

#endif
