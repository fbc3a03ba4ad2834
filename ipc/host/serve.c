/* SPDX-License-Identifier: BSD-2-Clause */
/* Services are procedures of the host; the Requests that they have in hand are kept here, where they stay where they are. */
#include <stdlib.h>

#include "internal.h"

static const struct vmtp_message nothing = {.code = VMTP_RESPONSE_DISCARDED};

/* ---- Requests ----------------------------------------------------------------------------------------------- */

static struct vhipc_incoming *incoming_of(struct vipc_incoming *in) { return (struct vhipc_incoming *)in; }

static struct vhipc_incoming *make_spare(struct vhipc_service *s) {
    struct vhipc_incoming *place = calloc(1, sizeof *place);
    if (!place)
        return NULL;
    place->spare = 1;
    place->next = s->spares;
    if (place->next)
        place->next->previous = place;
    s->spares = place;
    return place;
}

static void drop_spare(struct vhipc_service *s, struct vhipc_incoming *place) {
    *(place->previous ? &place->previous->next : &s->spares) = place->next;
    if (place->next)
        place->next->previous = place->previous;
    free(place);
}

static void let_go(struct vhipc_incoming *place) {
    struct vhipc_service *s = place->in.service->record;
    if (place->spare) {
        drop_spare(s, place);
        return;
    }
    place->held = 0;
    place->next = s->free;
    s->free = place;
}

/* There are as many places as the host hands out Requests at a time, but for those that came along with the entity.  NULL: no memory. */
static struct vhipc_incoming *find_place(struct vhipc_service *s, const struct vmtp_incoming *raw) {
    struct vhipc_incoming *place = raw->resumed ? NULL : s->free;
    if (place)
        s->free = place->next;
    else if ((place = make_spare(s)) == NULL)
        return NULL;
    place->held = 1;
    return place;
}

static struct vhipc_incoming *hold(struct vhipc_service *s, const struct vmtp_incoming *raw) {
    struct vhipc_incoming *place = find_place(s, raw);
    if (!place)
        return NULL;
    place->raw = *raw;
    place->in = (struct vipc_incoming){.service = s->service,
                                       .client = raw->client,
                                       .group = vmtp_is_group(raw->message.server) ? raw->message.server : 0,
                                       .message = raw->message,
                                       .segment = raw->segment,
                                       .segment_size = raw->segment_size,
                                       .datagram = raw->handle == 0,
                                       .large = raw->large,
                                       .forward_count = raw->forward_count};
    return place;
}

static void procedure(vmtp_host *host, struct vmtp_incoming *raw, void *context) {
    struct vhipc_service *s = context;
    struct vhipc_incoming *place = hold(s, raw);
    if (!place) {
        vmtp_host_reply(host, raw, &nothing, NULL, 0, 0);
        return;
    }
    s->running++;
    s->service->ipc->happened++;
    s->service->request(s->service, &place->in);
    s->running--;
    if (!s->service && !s->running)
        free(s);
}

/* ---- services ----------------------------------------------------------------------------------------------- */

static struct vhipc_service *make(struct vipc_service *service) {
    const uint64_t size = sizeof(struct vhipc_service) + (uint64_t)service->depth * sizeof(struct vhipc_incoming);
    struct vhipc_service *s = size < SIZE_MAX ? calloc(1, (size_t)size) : NULL;
    if (!s)
        return NULL;
    s->service = service;
    s->depth = service->depth;
    for (uint32_t i = s->depth; i-- > 0;) {
        s->places[i].next = s->free;
        s->free = &s->places[i];
    }
    return s;
}

int vhipc_serve(vipc *ipc, struct vipc_service *service) {
    struct vhipc_node *node = vhipc_node_of(ipc);
    const struct vmtp_entity_options options = {.id = service->entity};
    const int arrived = service->entity && vhipc_has_arrived(node, service->entity);
    struct vhipc_service *s = make(service);
    vmtp_entity id = service->entity;
    if (!s)
        return VMTP_E_MEMORY;
    int r = arrived ? 0 : vmtp_host_entity(node->host, &id, &options);
    if (r == 0 && service->depth) {
        r = vmtp_host_procedure(node->host, id, service->depth, service->capacity, procedure, s);
        if (r < 0 && !arrived)
            vmtp_host_dismiss(node->host, id);
    }
    if (r < 0) {
        free(s);
        return r;
    }
    if (arrived)
        vhipc_arrival_served(node, id);
    service->entity = id;
    service->record = s;
    service->previous = NULL;
    service->next = node->services;
    if (service->next)
        service->next->previous = service;
    node->services = service;
    return 0;
}

void vhipc_unserve(vipc *ipc, struct vipc_service *service) {
    struct vhipc_node *node = vhipc_node_of(ipc);
    struct vhipc_service *s = service->record;
    vmtp_host_dismiss(node->host, service->entity); /* it may have been deleted from the wire */
    vhipc_touch(node);
    for (uint32_t i = 0; i < s->depth; i++)
        if (s->places[i].held)
            vmtp_host_done(node->host, &s->places[i].raw);
    while (s->spares) {
        vmtp_host_done(node->host, &s->spares->raw);
        drop_spare(s, s->spares);
    }
    *(service->previous ? &service->previous->next : &node->services) = service->next;
    if (service->next)
        service->next->previous = service->previous;
    service->record = NULL;
    s->service = NULL;
    if (!s->running)
        free(s);
}

/* ---- answers ------------------------------------------------------------------------------------------------ */

static void lend(struct vhipc_node *node, struct vipc_loan *loan, vmtp_handle handle) {
    loan->ipc = &node->base;
    loan->handle = handle;
    loan->previous = NULL;
    loan->next = node->lent;
    if (loan->next)
        loan->next->previous = loan;
    node->lent = loan;
}

/* From the engine to those that are to be released, in the order in which they come. */
static void come_back(struct vhipc_node *node, struct vipc_loan *loan) {
    struct vipc_loan **end = &node->back;
    *(loan->previous ? &loan->previous->next : &node->lent) = loan->next;
    if (loan->next)
        loan->next->previous = loan->previous;
    while (*end)
        end = &(*end)->next;
    loan->next = NULL;
    *end = loan;
    vhipc_rouse(node);
}

int vhipc_reply(vipc *ipc, struct vipc_incoming *in, const struct vmtp_message *message, const void *segment,
                uint32_t size, uint32_t flags, struct vipc_loan *loan) {
    struct vhipc_node *node = vhipc_node_of(ipc);
    struct vhipc_incoming *place = incoming_of(in);
    struct vmtp_message answer = *message;
    const vmtp_handle handle = place->raw.handle;
    uint32_t host_flags = loan ? VMTP_HOST_LEND : 0;
    if (flags & VIPC_REPLY_IDEMPOTENT)
        answer.code |= VMTP_DGM;
    if (flags & VIPC_REPLY_CHOSEN)
        host_flags |= VMTP_REPLY_CHOSEN;
    if (flags & VIPC_REPLY_ONCE)
        host_flags |= VMTP_REPLY_ONCE;
    if (flags & VIPC_REPLY_CONFIRM)
        host_flags |= VMTP_REPLY_CONFIRM;
    int r = vmtp_host_reply(node->host, &place->raw, &answer, segment, size, host_flags);
    if (r == 0 || r == VMTP_E_STALE)
        let_go(place);
    vhipc_touch(node);
    if (r == 0 && loan) {
        lend(node, loan, handle);
        if (!size) /* nothing for the engine to give back */
            come_back(node, loan);
    }
    return r;
}

int vhipc_forward(vipc *ipc, struct vipc_incoming *in, const struct vmtp_message *message, const void *segment,
                  uint32_t size, uint32_t relay) {
    struct vhipc_incoming *place = incoming_of(in);
    int r = vmtp_host_forward(vhipc_node_of(ipc)->host, &place->raw, message, segment, size, relay);
    if (r == 0 || r == VMTP_E_STALE)
        let_go(place);
    vhipc_touch(vhipc_node_of(ipc));
    return r;
}

void vhipc_discard(vipc *ipc, struct vipc_incoming *in) {
    struct vhipc_incoming *place = incoming_of(in);
    vmtp_host *host = vhipc_node_of(ipc)->host;
    if (place->raw.handle)
        vmtp_host_reply(host, &place->raw, &nothing, NULL, 0, 0);
    else
        vmtp_host_done(host, &place->raw);
    let_go(place);
    vhipc_touch(vhipc_node_of(ipc));
}

int vhipc_serve_event(struct vhipc_node *node, const struct vmtp_event *event) {
    if (event->type == VMTP_EV_RELEASED) {
        struct vipc_loan *loan = node->lent;
        while (loan && loan->handle != event->handle)
            loan = loan->next;
        if (loan)
            come_back(node, loan);
        return loan != NULL;
    }
    if (event->type != VMTP_EV_ENTITY_DELETED)
        return 0;
    struct vipc_service *service = node->services;
    while (service && service->entity != event->entity)
        service = service->next;
    return service != NULL;
}

void vhipc_loans_release(struct vhipc_node *node) {
    while (node->back) {
        struct vipc_loan *loan = node->back;
        node->back = loan->next;
        loan->ipc = NULL;
        node->base.happened++;
        loan->release(loan);
    }
}
