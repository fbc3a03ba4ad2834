/* SPDX-License-Identifier: BSD-2-Clause */
/* entity.c - local entities and the accepts posted for them. */
#include "internal.h"

struct entity *veng_entity_find(const struct vmtp_engine *e, vmtp_entity id) {
    uint32_t i = *veng_map_head(e, &e->entity_map, id);
    while (i != NONE) {
        struct entity *n = entity_at(e, i);
        if (n->id == id)
            return n;
        i = n->hash_next;
    }
    return NULL;
}

int veng_entity_is_here(const struct vmtp_engine *e, vmtp_entity id) {
    if (vmtp_is_group(id))
        return id == VMTP_MANAGER_GROUP || veng_group_is_here(e, id);
    return veng_entity_find(e, id) != NULL;
}

int veng_entity_next_id(struct vmtp_engine *e, vmtp_entity *id) {
    int error = veng_block_next(e, &e->next_entity, id);
    if (!error && e->config.little_endian)
        *id |= ENTITY_LEE;
    return error;
}

int veng_entity_make(struct vmtp_engine *e, uint32_t *index, vmtp_entity id, enum entity_role role, vmtp_time now) {
    if (veng_entity_find(e, id))
        return VMTP_E_EXISTS;
    struct entity *n = veng_pool_take(&e->entities);
    if (!n)
        return VMTP_E_FULL;
    memset(n, 0, sizeof *n);
    n->id = id;
    n->call = n->newest = n->accept_head = n->accept_tail = n->limit = NONE;
    n->window = RUN_WINDOW_FIRST;
    n->role = (uint8_t)role;
    n->live = 1;
    n->probe_until = now;
    /* A random start: a new life of the identifier must not look like a continuation (RFC 1045 section 2.5.1). */
    e->config.random(e->config.random_context, &n->transaction, sizeof n->transaction);
    uint32_t *head = veng_map_head(e, &e->entity_map, id);
    n->hash_next = *head;
    *head = *index = pool_index(&e->entities, n);
    return 0;
}

static void set_options(struct vmtp_engine *e, struct entity *n, const struct vmtp_entity_options *o, vmtp_time now) {
    if (!o)
        return;
    n->flags = o->flags;
    n->process = o->process;
    n->principal = o->principal;
    n->effective_principal = o->effective_principal;
    if (o->id) /* it may have lived before: duplicates of then may still be about */
        n->probe_until = now + e->config.timers.ts4;
}

int veng_entity_acceptable(const struct vmtp_engine *e, vmtp_entity id) {
    vmtp_entity in_block = (id & ~ENTITY_FLAG_BITS) - e->block;
    if ((id & VMTP_ID_RES) || (id & ~ENTITY_FLAG_BITS) == 0)
        return 0;
    if (in_block < ID_FIRST_USER) /* the engine's own */
        return 0;
    return !vmtp_is_group(id) && !is_default_client(id);
}

int vmtp_entity_create(vmtp_engine *e, vmtp_entity *id, const struct vmtp_entity_options *options, vmtp_time now) {
    vmtp_entity wanted = options ? options->id : 0;
    uint32_t index;
    if (!e->block)
        return VMTP_E_NOT_READY;
    if ((wanted && !veng_entity_acceptable(e, wanted)) || (options && (options->flags & ~(uint32_t)ENTITY_OPTIONS)))
        return VMTP_E_INVALID;
    if (wanted && veng_gone(e, wanted, now)) /* it is somewhere else */
        return VMTP_E_EXISTS;
    if (e->entities.free == NONE)
        return VMTP_E_FULL;
    int error = 0;
    do { /* an identifier of the block may have been taken by name */
        vmtp_entity next = wanted;
        if (!wanted && (error = veng_entity_next_id(e, &next)) != 0)
            return error;
        error = veng_entity_make(e, &index, next, ROLE_USER, now);
    } while (error == VMTP_E_EXISTS && !wanted);
    if (error)
        return error;
    struct entity *n = entity_at(e, index);
    set_options(e, n, options, now);
    *id = n->id;
    return 0;
}

void veng_entity_unmap(struct vmtp_engine *e, struct entity *n) {
    uint32_t *link = veng_map_head(e, &e->entity_map, n->id);
    while (entity_at(e, *link) != n)
        link = &entity_at(e, *link)->hash_next;
    *link = n->hash_next;
}

static void return_accepts(struct vmtp_engine *e, struct entity *n) {
    while (n->accept_head != NONE) {
        struct accept *a = accept_at(e, n->accept_head);
        n->accept_head = a->next;
        veng_event_post(e, &a->event, VMTP_EV_ACCEPT_RETURNED, KIND_ACCEPT);
    }
    n->accepts = 0;
}

/*
 * Walks all request records: deletion is rare, and a list per entity would cost every transaction.  What an entity has passed on before it
 * left for another node goes on here.
 */
static void drop_requests(struct vmtp_engine *e, const struct entity *n, vmtp_time now) {
    int left = veng_gone(e, n->id, now);
    for (uint32_t i = 0; i < e->requests.count; i++) {
        struct request *q = request_at(e, i);
        if (q->state != REQUEST_FREE && q->entity == n->id && !(left && veng_forward_goes_on(q)))
            veng_request_drop(e, q, now);
    }
}

void veng_entity_remove(struct vmtp_engine *e, struct entity *n, vmtp_time now) {
    veng_entity_unmap(e, n);
    n->live = 0;
    while (n->call != NONE)
        veng_call_finish(e, call_at(e, n->call), VMTP_CANCELLED, now);
    veng_entity_dispose(e, n, now);
}

void veng_entity_dispose(struct vmtp_engine *e, struct entity *n, vmtp_time now) {
    n->live = 0;
    veng_event_withdraw(e, &n->signal);
    drop_requests(e, n, now);
    return_accepts(e, n);
    veng_group_entity_gone(e, n->id);
    veng_block_ended(e, n->id, now);
    if (n->role == ROLE_REMOTE)
        veng_event_post(e, &n->event, VMTP_EV_ENTITY_DELETED, KIND_ENTITY); /* the record goes with the event */
    else
        veng_pool_give(&e->entities, n);
}

int vmtp_entity_delete(vmtp_engine *e, vmtp_entity id, vmtp_time now) {
    struct entity *n = veng_entity_find(e, id);
    if (!n || (n->role != ROLE_USER && n->role != ROLE_REMOTE))
        return VMTP_E_NO_ENTITY;
    veng_entity_remove(e, n, now);
    return 0;
}

int vmtp_accept(vmtp_engine *e, vmtp_entity entity, void *area, uint32_t capacity, uint64_t cookie) {
    struct entity *n = veng_entity_find(e, entity);
    if (!n || (n->role != ROLE_USER && n->role != ROLE_REMOTE))
        return VMTP_E_NO_ENTITY;
    if (capacity > VMTP_MESSAGE_OCTETS)
        return VMTP_E_TOO_LARGE;
    if (capacity && !area)
        return VMTP_E_INVALID;
    struct accept *a = veng_pool_take(&e->accepts);
    if (!a)
        return VMTP_E_FULL;
    memset(a, 0, sizeof *a);
    a->next = NONE;
    a->entity = entity;
    a->area = area;
    a->capacity = capacity;
    a->cookie = cookie;
    uint32_t index = pool_index(&e->accepts, a);
    if (n->accept_head == NONE)
        n->accept_head = index;
    else
        accept_at(e, n->accept_tail)->next = index;
    n->accept_tail = index;
    n->accepts++;
    if (capacity > n->largest)
        n->largest = capacity;
    return 0;
}

/* The oldest accept with room for size octets. */
uint32_t veng_accept_take(struct vmtp_engine *e, struct entity *n, uint32_t size) {
    uint32_t before = NONE, i = n->accept_head;
    if (n->limit != NONE && veng_service_room(e, n) == 0)
        return NONE;
    while (i != NONE && accept_at(e, i)->capacity < size) {
        before = i;
        i = accept_at(e, i)->next;
    }
    if (i == NONE)
        return NONE;
    uint32_t next = accept_at(e, i)->next;
    if (before == NONE)
        n->accept_head = next;
    else
        accept_at(e, before)->next = next;
    if (n->accept_tail == i)
        n->accept_tail = before;
    n->accepts--;
    return i;
}

/* The Request it was meant for did not come to be: it is the first in the queue again, or goes home if it is not wanted there. */
void veng_accept_give_back(struct vmtp_engine *e, uint32_t index) {
    struct accept *a = accept_at(e, index);
    struct entity *n = veng_entity_find(e, a->entity);
    if (!n || a->returning) {
        veng_event_post(e, &a->event, VMTP_EV_ACCEPT_RETURNED, KIND_ACCEPT);
        return;
    }
    a->next = n->accept_head;
    n->accept_head = index;
    if (n->accept_tail == NONE)
        n->accept_tail = index;
    n->accepts++;
}
