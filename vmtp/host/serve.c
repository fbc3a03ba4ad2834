/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Serving: accepts with buffers of the host, the queues of Requests, replies.
 *
 * A slot is one buffer.  It goes round: POSTED to the engine, QUEUED when a Request has come, HELD by the application from
 * vmtp_host_receive (or the call of its procedure) to vmtp_host_reply or vmtp_host_done, and POSTED again.
 */
#include "internal.h"

/* A cookie that is unlikely to be an application's: tag, service, slot. */
#define COOKIE_TAG 0x5EC7u
#define COOKIE_LIMIT (1u << 24)

static uint64_t cookie_of(uint32_t service, uint32_t slot) {
    return (uint64_t)COOKIE_TAG << 48 | (uint64_t)service << 24 | slot;
}

/* The slot whose accept came back with this event, or NULL when it was an accept of the application's own. */
static struct vhost_slot *slot_of(vmtp_host *host, const struct vmtp_event *event) {
    uint32_t service = (uint32_t)(event->cookie >> 24) & (COOKIE_LIMIT - 1);
    uint32_t slot = (uint32_t)event->cookie & (COOKIE_LIMIT - 1);
    if (event->cookie >> 48 != COOKIE_TAG || service >= host->services_limit || !host->services[service])
        return NULL;
    struct vhost_service *s = host->services[service];
    if (s->entity != event->entity || slot >= s->depth || s->slots[slot].state != VHOST_POSTED)
        return NULL;
    return &s->slots[slot];
}

/* ---- lists -------------------------------------------------------------------------------------------------- */

static void append(struct vhost_list *list, struct vhost_slot *slot) {
    slot->next = NULL;
    slot->previous = list->last;
    if (list->last)
        list->last->next = slot;
    else
        list->first = slot;
    list->last = slot;
    list->count++;
}

/* Behind all that are as urgent, and behind others of the same client, which may be a run (spec/vmtp.md section 13.9). */
static void enter(struct vhost_list *list, struct vhost_slot *slot) {
    unsigned rank = vmtp_priority_rank(slot->request.priority);
    struct vhost_slot *before = list->last;
    while (before && vmtp_priority_rank(before->request.priority) < rank && before->request.client != slot->request.client)
        before = before->previous;
    slot->previous = before;
    slot->next = before ? before->next : list->first;
    if (before)
        before->next = slot;
    else
        list->first = slot;
    if (slot->next)
        slot->next->previous = slot;
    else
        list->last = slot;
    list->count++;
}

static void take_out(struct vhost_list *list, struct vhost_slot *slot) {
    if (slot->previous)
        slot->previous->next = slot->next;
    else
        list->first = slot->next;
    if (slot->next)
        slot->next->previous = slot->previous;
    else
        list->last = slot->previous;
    list->count--;
}

/* ---- slots -------------------------------------------------------------------------------------------------- */

static void end_service(vmtp_host *host, struct vhost_service *service) {
    host->services[service->number] = NULL;
    vhost_release(host, service);
}

void vhost_serve_keep(struct vhost_service *service) { service->living++; }

void vhost_serve_let_go(vmtp_host *host, struct vhost_service *service) {
    if (--service->living == 0)
        end_service(host, service);
}

void vhost_serve_retire(vmtp_host *host, struct vhost_slot *slot) {
    vhost_hear_forget(host, slot);
    slot->state = VHOST_DEAD;
    vhost_serve_let_go(host, slot->service);
}

/* Gives the slot to the engine again, unless the entity is gone or does not serve any more. */
static void post(vmtp_host *host, struct vhost_slot *slot) {
    struct vhost_service *service = slot->service;
    vhost_hear_forget(host, slot);
    if (service->ending) {
        vhost_serve_retire(host, slot);
        return;
    }
    int r = vmtp_accept(host->engine, service->entity, slot->area, service->capacity, slot->cookie);
    if (r == 0) {
        slot->state = VHOST_POSTED;
    } else if (r == VMTP_E_FULL) {
        /* The application posted accepts of its own in between. */
        slot->state = VHOST_IDLE;
        append(&host->idle, slot);
    } else {
        vhost_serve_retire(host, slot);
    }
}

void vhost_serve_idle(vmtp_host *host) {
    struct vmtp_usage usage;
    vmtp_usage(host->engine, &usage);
    uint32_t room = host->engine_config.max_accepts - usage.accepts;
    uint32_t count = host->idle.count < room ? host->idle.count : room;
    while (count--) {
        struct vhost_slot *slot = host->idle.first;
        take_out(&host->idle, slot);
        post(host, slot);
    }
}

/* Where a Request of this slot waits. */
static struct vhost_list *queue_of(vmtp_host *host, const struct vhost_slot *slot) {
    return slot->service->procedure ? &host->invoked : &host->waiting;
}

void vhost_serve_queue(vmtp_host *host, struct vhost_slot *slot, const struct vmtp_event *request) {
    slot->request = *request;
    slot->state = VHOST_QUEUED;
    enter(queue_of(host, slot), slot);
}

int vhost_serve_request(vmtp_host *host, const struct vmtp_event *event) {
    struct vhost_slot *slot = slot_of(host, event);
    if (!slot)
        return 0;
    vhost_serve_queue(host, slot, event);
    return 1;
}

int vhost_serve_returned(vmtp_host *host, const struct vmtp_event *event) {
    struct vhost_slot *slot = slot_of(host, event);
    if (!slot)
        return 0;
    post(host, slot);
    return 1;
}

/* The slot with this Request, or NULL.  For what is rare: it looks at every slot. */
static struct vhost_slot *slot_with(const vmtp_host *host, vmtp_handle request) {
    for (uint32_t n = 0; request && n < host->services_limit; n++) {
        struct vhost_service *service = host->services[n];
        for (uint32_t i = 0; service && i < service->depth; i++) {
            struct vhost_slot *slot = &service->slots[i];
            if ((slot->state == VHOST_QUEUED || slot->state == VHOST_HELD) && slot->request.handle == request)
                return slot;
        }
    }
    return NULL;
}

/* A Request that nobody has seen yet is dropped: its client does not want it any more. */
int vhost_serve_abandoned(vmtp_host *host, const struct vmtp_event *event) {
    struct vhost_slot *slot = slot_with(host, event->handle);
    if (slot && slot->state == VHOST_QUEUED) {
        take_out(queue_of(host, slot), slot);
        post(host, slot);
    }
    return slot != NULL; /* HELD: the reply will say VMTP_E_STALE */
}

/* It came in a slot of its own, which is for Requests: what it says is copied. */
int vhost_serve_heard(vmtp_host *host, const struct vmtp_event *event) {
    struct vhost_slot *slot = slot_of(host, event), *request = slot_with(host, event->handle);
    if (!slot)
        return 0;
    if (request)
        vhost_hear_keep(host, request, event);
    post(host, slot);
    return 1;
}

void vhost_serve_leave(vmtp_host *host, vmtp_entity entity) {
    for (uint32_t n = 0; n < host->services_limit; n++) {
        struct vhost_service *service = host->services[n];
        if (!service || service->entity != entity)
            continue;
        service->ending = 1;
        vhost_serve_keep(service); /* until all slots have been looked at */
        for (uint32_t i = 0; i < service->depth; i++) {
            struct vhost_slot *slot = &service->slots[i];
            if (slot->state != VHOST_QUEUED && slot->state != VHOST_IDLE)
                continue; /* the others come home by themselves */
            take_out(slot->state == VHOST_IDLE ? &host->idle : queue_of(host, slot), slot);
            vhost_serve_retire(host, slot);
        }
        vhost_serve_let_go(host, service);
    }
}

void vhost_serve_close(vmtp_host *host) {
    for (uint32_t n = 0; host->services && n < host->services_limit; n++) {
        struct vhost_service *service = host->services[n];
        for (uint32_t i = 0; service && i < service->depth; i++)
            vhost_hear_forget(host, &service->slots[i]);
        vhost_release(host, service);
    }
}

/* ---- vmtp_host_serve ---------------------------------------------------------------------------------------- */

struct vhost_service *vhost_serve_make(vmtp_host *host, vmtp_entity entity, uint32_t depth, uint64_t octets,
                                       uint8_t **room) {
    const uint64_t head = (sizeof(struct vhost_service) + (uint64_t)depth * sizeof(struct vhost_slot) + 63) &
                          ~(uint64_t)63;
    const uint64_t total = head + octets;
    if (total > SIZE_MAX)
        return NULL;
    struct vhost_service *service = vhost_allocate(host, (size_t)total);
    if (!service)
        return NULL;
    service->entity = entity;
    service->depth = depth;
    service->living = depth;
    for (uint32_t i = 0; i < depth; i++)
        service->slots[i].service = service;
    *room = (uint8_t *)service + head;
    return service;
}

static struct vhost_service *make_service(vmtp_host *host, uint32_t number, vmtp_entity entity, uint32_t depth,
                                          uint32_t capacity) {
    /* Buffers begin on cache lines: nobody's data shares one with somebody else's. */
    const uint64_t stride = ((uint64_t)capacity + 63) & ~(uint64_t)63;
    uint8_t *room;
    struct vhost_service *service = vhost_serve_make(host, entity, depth, depth * stride, &room);
    if (!service)
        return NULL;
    service->number = number;
    service->capacity = capacity;
    for (uint32_t i = 0; i < depth; i++) {
        service->slots[i].area = capacity ? room + i * stride : NULL;
        service->slots[i].cookie = cookie_of(number, i);
    }
    return service;
}

uint32_t vhost_serve_vacancy(const vmtp_host *host) {
    uint32_t n = 0;
    while (n < host->services_limit && host->services[n])
        n++;
    return n;
}

/* May the entity be served (once more), and at which number?  0 or a vmtp_error. */
static int find_place(const vmtp_host *host, vmtp_entity entity, uint32_t depth, vmtp_procedure procedure,
                      const void *context, uint32_t *place) {
    struct vmtp_usage usage;
    /* All or nothing. */
    vmtp_usage(host->engine, &usage);
    if (depth > host->engine_config.max_accepts - usage.accepts)
        return VMTP_E_FULL;
    for (uint32_t n = 0; n < host->services_limit; n++) {
        const struct vhost_service *service = host->services[n];
        if (service && service->entity == entity && !service->ending &&
            (service->procedure != procedure || service->context != context))
            return VMTP_E_EXISTS; /* one way at a time */
    }
    *place = vhost_serve_vacancy(host);
    return *place < host->services_limit ? 0 : VMTP_E_FULL;
}

/* Requests that came with their entity wait for whoever serves it. */
static void take_arrived(vmtp_host *host, const struct vhost_service *by) {
    for (uint32_t n = 0; n < host->services_limit; n++) {
        struct vhost_service *service = host->services[n];
        if (!service || !service->arrived || service->procedure || service->entity != by->entity)
            continue;
        service->procedure = by->procedure;
        service->context = by->context;
        for (uint32_t i = 0; i < service->depth; i++) {
            struct vhost_slot *slot = &service->slots[i];
            if (slot->state != VHOST_QUEUED)
                continue;
            take_out(&host->waiting, slot);
            enter(&host->invoked, slot);
        }
    }
}

static int serve(vmtp_host *host, vmtp_entity entity, uint32_t depth, uint32_t capacity, vmtp_procedure procedure,
                 void *context) {
    uint32_t number;
    if (depth == 0 || depth > COOKIE_LIMIT)
        return VMTP_E_INVALID;
    if (capacity > VMTP_MESSAGE_OCTETS)
        return VMTP_E_TOO_LARGE;
    int r = find_place(host, entity, depth, procedure, context, &number);
    if (r < 0)
        return r;
    struct vhost_service *service = make_service(host, number, entity, depth, capacity);
    if (!service)
        return VMTP_E_MEMORY;
    service->procedure = procedure;
    service->context = context;
    r = vmtp_accept(host->engine, entity, service->slots[0].area, capacity, service->slots[0].cookie);
    if (r < 0) {
        vhost_release(host, service);
        return r;
    }
    host->services[number] = service;
    for (uint32_t i = 1; i < depth; i++)
        post(host, &service->slots[i]);
    if (procedure)
        take_arrived(host, service);
    return 0;
}

int vmtp_host_serve(vmtp_host *host, vmtp_entity entity, uint32_t depth, uint32_t capacity) {
    return serve(host, entity, depth, capacity, NULL, NULL);
}

int vmtp_host_procedure(vmtp_host *host, vmtp_entity entity, uint32_t depth, uint32_t capacity,
                        vmtp_procedure procedure, void *context) {
    return procedure ? serve(host, entity, depth, capacity, procedure, context) : VMTP_E_INVALID;
}

/* ---- no more of it ------------------------------------------------------------------------------------------ */

/* What the engine has comes back with events; Requests that are here already go their way. */
static void withdraw(vmtp_host *host, struct vhost_service *service) {
    service->ending = 1;
    vhost_serve_keep(service); /* until all slots have been looked at */
    for (uint32_t i = 0; i < service->depth; i++) {
        struct vhost_slot *slot = &service->slots[i];
        if (slot->state == VHOST_POSTED) {
            vmtp_accept_cancel(host->engine, service->entity, slot->cookie);
        } else if (slot->state == VHOST_IDLE) {
            take_out(&host->idle, slot);
            vhost_serve_retire(host, slot);
        }
    }
    vhost_serve_let_go(host, service);
}

int vmtp_host_unserve(vmtp_host *host, vmtp_entity entity) {
    unsigned found = 0;
    for (uint32_t n = 0; n < host->services_limit; n++) {
        struct vhost_service *service = host->services[n];
        if (service && service->entity == entity && !service->ending) {
            withdraw(host, service);
            found++;
        }
    }
    vhost_route(host);
    return found ? 0 : VMTP_E_NO_ENTITY;
}

/* ---- receiving ---------------------------------------------------------------------------------------------- */

void vhost_serve_hold(struct vhost_list *list, struct vhost_slot *slot, struct vmtp_incoming *in) {
    take_out(list, slot);
    slot->state = VHOST_HELD;
    const struct vmtp_event *request = &slot->request;
    *in = (struct vmtp_incoming){.handle = request->handle,
                                 .entity = request->entity,
                                 .client = request->client,
                                 .transaction = request->transaction,
                                 .message = request->message,
                                 .segment = request->segment_size ? slot->area : NULL,
                                 .segment_size = request->segment_size,
                                 .buffer = slot,
                                 .forward_count = request->forward_count,
                                 .large = request->large,
                                 .more = request->more,
                                 .resumed = request->resumed,
                                 .former = request->resumed ? request->cookie : 0};
}

static int hand_over(vmtp_host *host, vmtp_entity entity, struct vmtp_incoming *in) {
    struct vhost_slot *slot = host->waiting.first;
    while (slot && entity && slot->service->entity != entity)
        slot = slot->next;
    if (!slot)
        return 0;
    vhost_serve_hold(&host->waiting, slot, in);
    return 1;
}

int vmtp_host_next_request(vmtp_host *host, vmtp_entity entity, struct vmtp_incoming *in) {
    return hand_over(host, entity, in);
}

struct receiver {
    vmtp_entity entity;
    struct vmtp_incoming *in;
};

static int received(vmtp_host *host, void *context, int *result) {
    const struct receiver *receiver = context;
    *result = 0;
    return hand_over(host, receiver->entity, receiver->in);
}

int vmtp_host_receive(vmtp_host *host, vmtp_entity entity, struct vmtp_incoming *in, vmtp_time deadline) {
    struct receiver receiver = {entity, in};
    return vhost_until(host, received, &receiver, deadline);
}

#define REPLY_FLAGS                                                                                                    \
    (VMTP_REPLY_CONFIRM | VMTP_REPLY_BATCH | VMTP_REPLY_ONCE | VMTP_REPLY_HEADER_SUM | VMTP_REPLY_CHOSEN |             \
     VMTP_REPLY_GROUP)

/* ---- answering ---------------------------------------------------------------------------------------------- */

/*
 * Applications copy what they were given, and a copy does not know what was done with the original: its slot may have gone round,
 * and hold another Request.
 */
struct vhost_slot *vhost_serve_held(const vmtp_host *host, const struct vmtp_incoming *in) {
    for (uint32_t n = 0; in->buffer && n < host->services_limit; n++) {
        struct vhost_service *service = host->services[n];
        const uintptr_t at = (uintptr_t)in->buffer, first = service ? (uintptr_t)service->slots : 0;
        if (!service || at < first || at >= first + service->depth * sizeof *service->slots)
            continue;
        struct vhost_slot *slot = in->buffer;
        int same = slot->request.handle == in->handle && slot->request.client == in->client &&
                   slot->request.transaction == in->transaction;
        return slot->state == VHOST_HELD && same ? slot : NULL;
    }
    return NULL; /* its service has ended */
}

void vmtp_host_done(vmtp_host *host, struct vmtp_incoming *in) {
    struct vhost_slot *slot = vhost_serve_held(host, in);
    in->buffer = NULL;
    in->segment = NULL;
    if (slot)
        post(host, slot);
}

/* The segment to give to the engine: the caller's, or a copy of it.  0, VMTP_E_INVALID, VMTP_E_MEMORY. */
static int prepare_segment(vmtp_host *host, const struct vmtp_incoming *in, struct vmtp_reply *reply, int lend,
                           struct vhost_copy **copy) {
    const struct vhost_slot *slot = in->buffer;
    *copy = NULL;
    if (!reply->segment_size)
        return 0;
    if (!reply->segment)
        return VMTP_E_INVALID;
    if (lend) {
        /* The Request's own segment goes back to the host now, so it cannot be lent. */
        uintptr_t from = (uintptr_t)reply->segment, area = (uintptr_t)slot->area;
        int overlaps = slot->area && from < area + slot->service->capacity && from + reply->segment_size > area;
        return overlaps ? VMTP_E_INVALID : 0;
    }
    *copy = vhost_copy_make(host, in->handle, reply->segment, reply->segment_size, 0);
    if (!*copy)
        return VMTP_E_MEMORY;
    reply->segment = (*copy)->octets;
    return 0;
}

int vmtp_host_reply(vmtp_host *host, struct vmtp_incoming *in, const struct vmtp_message *message, const void *segment,
                    uint32_t segment_size, uint32_t flags) {
    struct vhost_copy *copy;
    struct vmtp_reply reply = {
        .message = *message, .segment = segment, .segment_size = segment_size, .flags = flags & ~VMTP_HOST_LEND};
    if (!in->buffer || (flags & ~(VMTP_HOST_LEND | REPLY_FLAGS)))
        return VMTP_E_INVALID;
    if (segment_size > VMTP_MESSAGE_OCTETS)
        return VMTP_E_TOO_LARGE;
    int there = vhost_serve_held(host, in) != NULL;
    int r = in->handle && there ? prepare_segment(host, in, &reply, (flags & VMTP_HOST_LEND) != 0, &copy) : VMTP_E_STALE;
    if (r == 0) {
        r = vmtp_reply(host->engine, in->handle, &reply, vhost_tick(host));
        if (r == 0 && copy)
            vhost_copy_keep(host, copy);
        else
            vhost_release(host, copy);
    }
    if (r == 0 || r == VMTP_E_STALE)
        vmtp_host_done(host, in);
    /* The answer goes now, not when the server comes back from what it does next. */
    if (r == 0)
        vhost_send_now(host);
    return r;
}
