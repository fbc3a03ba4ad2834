/* SPDX-License-Identifier: BSD-2-Clause */
/* Contexts: an absolute name, and where it leads (section 6.2). */
#include "internal.h"

static void join(vname_resolver *r, struct vname_context *c) {
    if (c->resolver)
        return;
    c->resolver = r;
    c->previous = NULL;
    c->next = r->contexts;
    if (r->contexts)
        r->contexts->previous = c;
    r->contexts = c;
}

/* Takes the first of those that wait, which goes on. */
static struct vname_operation *take(struct vname_waiters *list) {
    struct vname_operation *op = list->first;
    if (op)
        vn_waiters_remove(op);
    return op;
}

/* All who wait get another list, in which they are looked at one by one; some may wait again. */
static void take_all(struct vname_waiters *from, struct vname_waiters *to) {
    *to = *from;
    from->first = from->last = NULL;
    for (struct vname_operation *op = to->first; op; op = op->next)
        op->list = to;
}

int vname_mapped(const struct vname_operation *op, struct vname_place *place) {
    const vmtp_entity manager = vmtp_words_get64(op->answer.words);
    if (op->outcome != VNAME_ANSWERED || vn_code(&op->answer) != VMTP_OK || !manager || vmtp_is_group(manager) ||
        vname_check_absolute(op->area, op->received))
        return 0;
    memcpy(place->name, op->area, op->received);
    place->length = op->received;
    place->manager = manager;
    place->context = op->answer.words[2];
    return 1;
}

/* Why the context leads nowhere is why the operation cannot be done; but a manager that was there may come back. */
static void pass_on(struct vname_operation *op, const struct vname_operation *map, enum vname_outcome outcome) {
    op->known |= outcome == VNAME_UNREACHABLE;
    if (op->known && (outcome == VNAME_UNREACHABLE || outcome == VNAME_NO_ANSWER)) {
        vn_operation_patient(op);
        return;
    }
    op->answer = map->answer;
    op->received = 0;
    vn_operation_end(op, outcome, outcome == VNAME_ANSWERED ? 0 : map->result);
}

static void mapped(struct vname_operation *map, enum vname_outcome outcome) {
    struct vname_context *c = map->context;
    struct vname_waiters waiters;
    struct vname_operation *op;
    if (outcome == VNAME_ANSWERED && !vname_mapped(map, &c->place)) {
        if (vn_code(&map->answer) == VMTP_OK) { /* but this is no place */
            map->result = VMTP_BAD_REPLY_SEGMENT;
            outcome = VNAME_FAILED;
        }
    } else if (outcome == VNAME_ANSWERED) {
        c->resolver->counters.contexts_mapped++;
    }
    const int good = c->place.manager != 0;
    take_all(&c->waiters, &waiters);
    while ((op = take(&waiters))) {
        op->inside = 1; /* who is told may block, and the others do not wait for that */
        if (good)
            vn_operation_mapped(op);
        else
            pass_on(op, map, outcome);
        op->inside = 0;
    }
}

static void map_again(struct vname_context *c) {
    struct vname_operation *map = &c->map;
    map->name = c->place.name;
    map->name_length = c->place.length;
    map->code = VNAME_MAP_CONTEXT;
    map->area = c->answer;
    map->capacity = sizeof c->answer;
    map->flags = VNAME_REPEATABLE;
    map->deadline = VMTP_NEVER;
    map->done = mapped;
    map->context = c;
    vn_step(c->resolver, VNAME_STEP_MAP, c->place.name, c->place.length, 0, 0, NULL);
    vname_operate(c->resolver, map); /* its name was looked at, so it begins */
}

void vn_context_map(vname_resolver *r, struct vname_context *c, struct vname_operation *op) {
    join(r, c);
    vn_waiters_add(&c->waiters, op);
    if (!c->map.resolver)
        map_again(c);
}

void vn_context_stale(struct vname_context *c, vmtp_entity manager) {
    if (c->resolver && c->place.manager == manager) {
        c->place.manager = 0;
        c->resolver->counters.contexts_stale++;
    }
}

int vname_context_set(vname_resolver *r, struct vname_context *c, const struct vname_place *place) {
    if (place->length > VNAME_NAME_OCTETS || vname_check_absolute(place->name, place->length) ||
        vmtp_is_group(place->manager) || (c->resolver && c->resolver != r))
        return VMTP_E_INVALID;
    join(r, c);
    vname_cancel(&c->map);
    if (place != &c->place)
        c->place = *place;
    struct vname_waiters waiters;
    struct vname_operation *op;
    take_all(&c->waiters, &waiters);
    while ((op = take(&waiters))) {
        op->inside = 1;
        vn_operation_mapped(op);
        op->inside = 0;
    }
    return 0;
}

void vname_context_clear(struct vname_context *c) {
    vname_resolver *r = c->resolver;
    struct vname_operation *op;
    if (!r)
        return;
    vname_cancel(&c->map);
    while ((op = take(&c->waiters))) {
        op->inside = 1;
        vn_operation_end(op, VNAME_FAILED, VMTP_E_NO_ENTITY);
        op->inside = 0;
    }
    if (c->previous)
        c->previous->next = c->next;
    else
        r->contexts = c->next;
    if (c->next)
        c->next->previous = c->previous;
    c->resolver = NULL;
    c->place.length = 0;
    c->place.manager = 0;
}

struct vname_context *vname_current(vname_resolver *r) {
    return &r->current;
}
