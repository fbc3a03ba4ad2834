/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Entities that leave for other hosts and come from them.
 *
 * The engine's form of an entity (spec/vmtp.md section 13.11) has no segments of Requests, for those are its program's.  Here they are the
 * host's, so they go along behind it: a head, the engine's form, the Requests in hand with their segments, a checksum.
 */
#include "internal.h"

#define MAGIC 0x564d484fu
#define VERSION 1u

/* Big-endian; what follows the head, and each part of it, is padded to 8. */
enum head { HEAD_MAGIC = 0, HEAD_VERSION = 4, HEAD_SIZE = 8, HEAD_ENTITY = 12, HEAD_REQUESTS = 16, HEAD_OCTETS = 24 };
enum request { REQUEST_HANDLE = 0, REQUEST_SIZE = 8, REQUEST_OCTETS = 16 };
#define TAIL 4u

static uint64_t padded(uint64_t octets) { return (octets + 7) & ~(uint64_t)7; }

/* ---- leaving ------------------------------------------------------------------------------------------------ */

/* Walks Requests of an entity that wait or are in hand: the next slot behind *place, or NULL. */
static const struct vhost_slot *in_hand(const vmtp_host *host, vmtp_entity entity, uint64_t *place) {
    for (uint32_t n = (uint32_t)(*place >> 32), i = (uint32_t)*place; n < host->services_limit; n++, i = 0) {
        const struct vhost_service *service = host->services[n];
        for (; service && service->entity == entity && i < service->depth; i++) {
            const struct vhost_slot *slot = &service->slots[i];
            if ((slot->state != VHOST_QUEUED && slot->state != VHOST_HELD) || !slot->request.handle)
                continue;
            *place = (uint64_t)n << 32 | (i + 1);
            return slot;
        }
    }
    return NULL;
}

static uint64_t measure(const vmtp_host *host, vmtp_entity entity) {
    const struct vhost_slot *slot;
    uint64_t octets = 0, place = 0;
    while ((slot = in_hand(host, entity, &place)) != NULL)
        octets += REQUEST_OCTETS + padded(slot->request.segment_size);
    return octets;
}

/* Returns how many there are. */
static uint32_t put_requests(const vmtp_host *host, vmtp_entity entity, uint8_t *at) {
    const struct vhost_slot *slot;
    uint64_t place = 0;
    uint32_t count = 0;
    for (; (slot = in_hand(host, entity, &place)) != NULL; count++) {
        const uint32_t size = slot->request.segment_size;
        memset(at, 0, REQUEST_OCTETS + padded(size));
        vmtp_store64(at + REQUEST_HANDLE, slot->request.handle);
        vmtp_store32(at + REQUEST_SIZE, size);
        if (size)
            memcpy(at + REQUEST_OCTETS, slot->area, size);
        at += REQUEST_OCTETS + padded(size);
    }
    return count;
}

/* Around the engine's form, which is there already. */
static size_t put_rest(const vmtp_host *host, vmtp_entity entity, uint8_t *p, size_t form, uint64_t hand) {
    const size_t entity_end = HEAD_OCTETS + padded(form), end = entity_end + hand;
    memset(p, 0, HEAD_OCTETS);
    memset(p + HEAD_OCTETS + form, 0, padded(form) - form);
    vmtp_store32(p + HEAD_MAGIC, MAGIC);
    vmtp_store32(p + HEAD_VERSION, VERSION);
    vmtp_store32(p + HEAD_SIZE, (uint32_t)(end + TAIL));
    vmtp_store32(p + HEAD_ENTITY, (uint32_t)form);
    vmtp_store32(p + HEAD_REQUESTS, put_requests(host, entity, p + entity_end));
    vmtp_store32(p + end, vmtp_checksum(p, end));
    return end + TAIL;
}

int vmtp_host_export(vmtp_host *host, vmtp_entity entity, void *buffer, size_t size, size_t *used) {
    *used = 0;
    if (vhost_crowded(host))
        return VMTP_E_FULL;
    vhost_tick(host);
    vhost_route(host); /* what has come is in hand */
    const uint64_t hand = measure(host, entity), around = HEAD_OCTETS + hand + TAIL;
    uint64_t room = size > around ? (size - around) & ~(uint64_t)7 : 0;
    size_t form = 0;
    if (room > UINT32_MAX / 2 || hand > UINT32_MAX / 4)
        room = 0; /* longer than the head can say */
    int r = vmtp_entity_export(host->engine, entity, room ? (uint8_t *)buffer + HEAD_OCTETS : NULL, (size_t)room, &form,
                               host->now);
    if (r == VMTP_E_MEMORY)
        *used = (size_t)(around + padded(form));
    if (r < 0)
        return r;
    *used = put_rest(host, entity, buffer, form, hand);
    vhost_serve_leave(host, entity);
    vhost_route(host);
    vhost_send_now(host);
    return 0;
}

/* ---- coming ------------------------------------------------------------------------------------------------- */

/* Are the Requests from p on whole, and nothing else?  Then *segments is how much memory their segments take. */
static int requests_are_sound(const uint8_t *p, uint64_t left, uint32_t count, uint64_t *segments) {
    *segments = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (left < REQUEST_OCTETS)
            return 0;
        const uint32_t size = vmtp_load32(p + REQUEST_SIZE);
        const uint64_t all = REQUEST_OCTETS + padded(size);
        if (size > VMTP_MESSAGE_OCTETS || left < all)
            return 0;
        *segments += padded(size);
        p += all;
        left -= all;
    }
    return left == 0;
}

static int is_sound(const uint8_t *p, size_t size, uint64_t *segments) {
    if (!p || size < HEAD_OCTETS + TAIL || (size & 7u) != TAIL || vmtp_load32(p + HEAD_MAGIC) != MAGIC ||
        vmtp_load32(p + HEAD_VERSION) != VERSION || vmtp_load32(p + HEAD_SIZE) != size)
        return 0;
    const uint64_t left = size - HEAD_OCTETS - TAIL, form = padded(vmtp_load32(p + HEAD_ENTITY));
    return form <= left && vmtp_load32(p + size - TAIL) == vmtp_checksum(p, size - TAIL) &&
           requests_are_sound(p + HEAD_OCTETS + form, left - form, vmtp_load32(p + HEAD_REQUESTS), segments);
}

/* Slots for the Requests, with what came along; the engine will say that they are in hand.  NULL: no memory. */
static struct vhost_service *make_slots(vmtp_host *host, const uint8_t *p, uint32_t count, uint64_t segments) {
    uint8_t *room;
    struct vhost_service *service = vhost_serve_make(host, 0, count, segments, &room);
    if (!service)
        return NULL;
    service->ending = service->arrived = 1;
    for (uint32_t i = 0; i < count; i++) {
        struct vhost_slot *slot = &service->slots[i];
        const uint32_t size = vmtp_load32(p + REQUEST_SIZE);
        slot->cookie = vmtp_load64(p + REQUEST_HANDLE);
        slot->state = VHOST_POSTED;
        slot->request.segment_size = size;
        slot->area = size ? room : NULL;
        if (size)
            memcpy(room, p + REQUEST_OCTETS, size);
        service->capacity = size > service->capacity ? size : service->capacity;
        room += padded(size);
        p += REQUEST_OCTETS + padded(size);
    }
    return service;
}

int vhost_arrived(vmtp_host *host, const struct vmtp_event *event) {
    for (uint32_t n = 0; n < host->services_limit; n++) {
        struct vhost_service *service = host->services[n];
        for (uint32_t i = 0; service && service->arrived && service->entity == event->entity && i < service->depth; i++) {
            struct vhost_slot *slot = &service->slots[i];
            if (slot->state != VHOST_POSTED || slot->cookie != event->cookie)
                continue;
            struct vmtp_event whole = *event;
            whole.segment_size = slot->request.segment_size;
            whole.segment = slot->area;
            vhost_serve_queue(host, slot, &whole);
            return 1;
        }
    }
    return 0;
}

/* Its Requests are told at once; those of which nothing is told their clients have given up. */
static void settle(vmtp_host *host, struct vhost_service *service, vmtp_entity id) {
    service->entity = id;
    service->number = vhost_serve_vacancy(host);
    host->services[service->number] = service;
    vhost_serve_keep(service);
    vhost_route(host);
    for (uint32_t i = 0; i < service->depth; i++)
        if (service->slots[i].state == VHOST_POSTED)
            vhost_serve_retire(host, &service->slots[i]);
    vhost_serve_let_go(host, service);
}

static int take_in(vmtp_host *host, const uint8_t *p, struct vhost_arrival *arrival, vmtp_entity *id) {
    const size_t form = vmtp_load32(p + HEAD_ENTITY);
    memcpy(arrival->octets, p + HEAD_OCTETS, form);
    int r = vmtp_entity_import(host->engine, arrival->octets, form, id, &arrival->lent, host->now);
    if (r < 0 || arrival->lent == 0) {
        vhost_release(host, arrival);
        return r;
    }
    arrival->entity = *id;
    arrival->next = host->arrivals;
    host->arrivals = arrival;
    return 0;
}

int vmtp_host_import(vmtp_host *host, const void *data, size_t size, vmtp_entity *id) {
    const uint8_t *p = data;
    uint64_t segments;
    *id = 0;
    if (!is_sound(p, size, &segments))
        return VMTP_E_INVALID;
    const uint32_t requests = vmtp_load32(p + HEAD_REQUESTS), form = vmtp_load32(p + HEAD_ENTITY);
    if (vhost_crowded(host) || (requests && vhost_serve_vacancy(host) == host->services_limit))
        return VMTP_E_FULL;
    vhost_tick(host);
    vhost_route(host);
    struct vhost_service *service = requests ? make_slots(host, p + HEAD_OCTETS + padded(form), requests, segments)
                                             : NULL;
    struct vhost_arrival *arrival = vhost_allocate(host, sizeof *arrival + form);
    int r = VMTP_E_MEMORY;
    if (arrival && (service || !requests))
        r = take_in(host, p, arrival, id);
    else
        vhost_release(host, arrival);
    if (r < 0) {
        vhost_release(host, service);
        return r;
    }
    if (service)
        settle(host, service, *id);
    vhost_send_now(host);
    return 0;
}

int vhost_arrival_released(vmtp_host *host, const struct vmtp_event *event) {
    struct vhost_arrival **link = &host->arrivals;
    while (*link && (*link)->entity != event->entity)
        link = &(*link)->next;
    struct vhost_arrival *arrival = *link;
    if (!arrival)
        return 0;
    if (--arrival->lent == 0) {
        *link = arrival->next;
        vhost_release(host, arrival);
    }
    return 1;
}

void vhost_arrivals_close(vmtp_host *host) {
    while (host->arrivals) {
        struct vhost_arrival *arrival = host->arrivals;
        host->arrivals = arrival->next;
        vhost_release(host, arrival);
    }
}
