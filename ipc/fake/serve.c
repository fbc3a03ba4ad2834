/* SPDX-License-Identifier: BSD-2-Clause */
/* Requests at services. */
#include <stdlib.h>

#include "internal.h"

/* ---- lists -------------------------------------------------------------------------------------------------- */

static void take_out(struct vfake_incoming *in) {
    if (in->host->waiting_end == &in->next)
        in->host->waiting_end = in->link;
    *in->link = in->next;
    if (in->next)
        in->next->link = in->link;
}

static void hold(struct vfake_incoming *in) {
    struct vfake_host *host = in->host;
    in->next = host->hand;
    in->link = &host->hand;
    if (in->next)
        in->next->link = &in->next;
    host->hand = in;
}

void vfake_incoming_end(struct vfake_incoming *in) {
    if (in->transaction) {
        struct vfake_incoming **at = &in->transaction->taken;
        while (*at != in)
            at = &(*at)->beside;
        *at = in->beside;
    }
    take_out(in);
    in->host->count--;
    vfake_relay_end(in);
    vfake_payload_drop(in->payload);
    free(in);
}

/* ---- Requests ----------------------------------------------------------------------------------------------- */

/* Calls the service with what waits, one after the other.  It may end meanwhile; the last who works with it takes it away. */
static void call(struct vfake_host *host) {
    if (host->running)
        return;
    host->running = 1;
    while (host->service && host->waiting) {
        struct vfake_incoming *in = host->waiting;
        take_out(in);
        hold(in);
        host->service->ipc->happened++;
        host->entity->node->stats.requests++;
        host->service->request(host->service, &in->in);
    }
    host->running = 0;
    if (!host->service)
        free(host);
}

int vfake_deliver(struct vfake_host *host, struct vfake_payload *payload, struct vfake_transaction *t,
                  vmtp_entity client, vmtp_entity group) {
    if (payload->size > host->service->capacity)
        return VMTP_E_TOO_LARGE;
    if (!vfake_has_room(host))
        return VMTP_E_FULL;
    struct vfake_incoming *in = vfake_new(sizeof *in);
    *in = (struct vfake_incoming){.in = {.service = host->service,
                                         .client = client,
                                         .group = group,
                                         .message = payload->message,
                                         .segment = payload->size ? payload->octets : NULL,
                                         .segment_size = payload->size,
                                         .datagram = (payload->message.code & VMTP_DGM) != 0,
                                         .large = t && !group && t->call->capacity > VMTP_GROUP_OCTETS,
                                         .forward_count = t ? t->forward_count : 0},
                                  .link = host->waiting_end,
                                  .transaction = t,
                                  .payload = payload,
                                  .host = host};
    vfake_see(&host->entity->node->known, client); /* where it is: for a Probe after its end */
    payload->users++;
    *host->waiting_end = in;
    host->waiting_end = &in->next;
    host->count++;
    if (t) {
        in->beside = t->taken;
        t->taken = in;
    }
    call(host);
    return 0;
}

void vfake_discard(vipc *ipc, struct vipc_incoming *given) {
    struct vfake_incoming *in = vfake_incoming_of(given);
    (void)ipc;
    if (in->transaction && !in->transaction->group)
        in->transaction->state = VFAKE_DISCARDED;
    vfake_incoming_end(in);
}

/* ---- services ----------------------------------------------------------------------------------------------- */

int vfake_serve(vipc *ipc, struct vipc_service *service) {
    struct vfake_node *node = vfake_node_of(ipc);
    if (!node->up)
        return VMTP_E_DOWN;
    struct vfake_entity *entity = vfake_entity_make(node, service->entity);
    if (!entity)
        return VMTP_E_EXISTS;
    struct vfake_host *host = vfake_new(sizeof *host);
    *host = (struct vfake_host){.next = node->hosts, .service = service, .entity = entity, .waiting_end = &host->waiting};
    node->hosts = host;
    entity->host = host;
    service->entity = entity->id;
    service->record = host;
    return 0;
}

/* The call in the name of an entity that is gone.  Its caller is told later, not from here. */
static void end_call(const struct vfake_entity *entity) {
    struct vfake_transaction *t = entity->node->transactions;
    while (t && t->client != entity)
        t = t->next;
    if (!t)
        return;
    t->cancelled = 1;
    vfake_look_after(t, 0);
}

void vfake_unserve(vipc *ipc, struct vipc_service *service) {
    struct vfake_host *host = service->record, **at = &vfake_node_of(ipc)->hosts;
    while (host->waiting)
        vfake_incoming_end(host->waiting);
    while (host->hand)
        vfake_incoming_end(host->hand);
    while (*at != host)
        at = &(*at)->next;
    *at = host->next;
    end_call(host->entity);
    vfake_entity_end(host->entity);
    service->record = NULL;
    host->service = NULL;
    if (!host->running)
        free(host);
}
