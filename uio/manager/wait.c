/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * LockInstance: having a lock now, waiting for it, or not.  Who waits is in the list of the object in the order of coming, and nobody passes
 * one before him in whose way he would be.
 */
#include "internal.h"

/* Would the two locks be in each other's way? */
static int collide(const struct vu_operation *a, const struct vu_operation *b) {
    return a->op.instance != b->op.instance && a->first < b->end && a->end > b->first &&
           (a->kind == UIO_LOCK_EXCLUSIVE || b->kind == UIO_LOCK_EXCLUSIVE);
}

/* The first of those that wait before o (or of all, if it does not wait) that it may not pass. */
static struct vu_operation *ahead(const struct vu_operation *o, const struct vu_object *object) {
    for (struct vu_operation *w = object->waiters; w && w != o; w = w->queued)
        if (collide(w, o))
            return w;
    return NULL;
}

/* ---- answers -------------------------------------------------------------------------------------------------- */

/* In the unit of the Request: blocks that are locked in part count. */
static struct uio_range range_of(uint64_t scale, uint64_t first, uint64_t end, vmtp_entity owner) {
    struct uio_range range = {.first = first / scale, .owner = owner};
    if (end != VU_LOCK_END)
        range.count = (end + scale - 1) / scale - range.first;
    return range;
}

static void answer(struct vu_operation *o, uint32_t kind, const struct uio_range *range) {
    uint8_t octets[UIO_RANGE_OCTETS];
    const uint32_t words[4] = {kind};
    uio_range_encode(octets, range);
    vu_answer(o, words, octets, sizeof octets, 0);
}

static void answer_asked(struct vu_operation *o, uint32_t kind) {
    const struct uio_range range = range_of(o->scale, o->first, o->end, 0);
    answer(o, kind, &range);
}

/* What keeps it from being had: 1, and its range; 0: nothing. */
static int blocked(const struct vu_operation *o, struct uio_range *range) {
    const struct vu_instance *instance = vu_instance_of(o->op.instance);
    const struct vu_lock *l = vu_lock_in_the_way(instance, o->kind, o->first, o->end);
    if (l) {
        *range = range_of(o->scale, l->first, l->end, l->instance->i.owner);
        return 1;
    }
    const struct vu_operation *w = ahead(o, instance->object);
    if (!w || vu_lock_covers(instance, o->kind, o->first, o->end))
        return 0;
    *range = range_of(o->scale, w->first, w->end, w->op.instance->owner);
    return 1;
}

static void refuse_locked(struct vu_operation *o, const struct uio_range *range) {
    uint8_t octets[UIO_RANGE_OCTETS];
    o->op.manager->counters.locks_refused++;
    uio_range_encode(octets, range);
    vu_refuse_with(o, UIO_LOCKED, octets, sizeof octets);
}

static void have(struct vu_operation *o) {
    struct vu_instance *instance = vu_instance_of(o->op.instance);
    const uint32_t code = vu_lock_set(instance, o->kind, o->first, o->end);
    o->op.manager->counters.locks_set += !code && o->kind != UIO_LOCK_NONE;
    if (code)
        vu_refuse(o, code);
    else
        answer_asked(o, o->kind);
}

/* ---- circles of owners ------------------------------------------------------------------------------------------ */

/* Marks those for whom w waits; 1: `wanted` is among them.  That somebody waits for himself is no circle: he can end that. */
static int mark_blockers(const struct vu_operation *w, const struct vu_owner *wanted) {
    const struct vu_instance *instance = vu_instance_of(w->op.instance);
    const uint64_t mark = w->op.manager->marks;
    int found = 0;
    for (struct vu_lock *l = instance->object->locks; l; l = l->next) {
        const int in_the_way = l->instance != instance && l->first < w->end && l->end > w->first &&
                               (w->kind == UIO_LOCK_EXCLUSIVE || l->kind == UIO_LOCK_EXCLUSIVE);
        if (in_the_way && l->instance->owner && l->instance->owner != instance->owner) {
            l->instance->owner->mark = mark;
            found |= l->instance->owner == wanted;
        }
    }
    for (struct vu_operation *a = instance->object->waiters; a && a != w; a = a->queued) {
        struct vu_owner *owner = vu_instance_of(a->op.instance)->owner;
        if (collide(a, w) && owner != instance->owner) {
            owner->mark = mark;
            found |= owner == wanted;
        }
    }
    return found;
}

static int waits_for_lock(const struct vu_operation *o) { return o->in && o->waiting && o->end; }

static int closes_circle(const struct vu_operation *o) {
    uio_manager *m = o->op.manager;
    const struct vu_owner *self = vu_instance_of(o->op.instance)->owner;
    const uint64_t begun = m->marks + 1;
    m->marks = begun;
    mark_blockers(o, NULL);
    /* Each round goes one step further; a round marks with a number of its own, so that one that found nobody new is the last. */
    for (int further = 1; further;) {
        further = 0;
        m->marks++;
        for (struct vu_operation *w = m->operations; w < vu_operations_end(m); w++) {
            struct vu_owner *owner = waits_for_lock(w) ? vu_instance_of(w->op.instance)->owner : NULL;
            if (!owner || owner == self || owner->mark < begun || w->serial_marked == begun)
                continue;
            w->serial_marked = begun;
            further = 1;
            if (mark_blockers(w, self))
                return 1;
        }
    }
    return 0;
}

/* ---- waiting -------------------------------------------------------------------------------------------------- */

void vu_waiter_forget(struct vu_operation *o) {
    if (!o->end || !o->op.instance)
        return;
    struct vu_object *object = vu_instance_of(o->op.instance)->object;
    for (struct vu_operation **at = &object->waiters; *at; at = &(*at)->queued)
        if (*at == o) {
            *at = o->queued;
            vu_waiters_look(object);
            return;
        }
}

static void time_is_over(struct vipc_timer *timer) {
    struct vu_operation *o = timer->context;
    struct vu_object *object = vu_instance_of(o->op.instance)->object;
    struct uio_range range = {0};
    struct vu_operation **at = &object->waiters;
    blocked(o, &range);
    while (*at != o)
        at = &(*at)->queued;
    *at = o->queued;
    refuse_locked(o, &range);
    vu_waiters_look(object);
}

void vu_waiters_look(struct vu_object *object) {
    struct uio_range range;
    struct vu_operation **at = &object->waiters;
    while (*at) {
        struct vu_operation *o = *at;
        if (blocked(o, &range)) {
            at = &o->queued;
            continue;
        }
        *at = o->queued;
        o->op.manager->counters.locks_waited++;
        have(o);
    }
}

static void wait_for(struct vu_operation *o) {
    uio_manager *m = o->op.manager;
    struct vu_operation **at = &vu_instance_of(o->op.instance)->object->waiters;
    while (*at)
        at = &(*at)->queued;
    o->queued = NULL;
    *at = o;
    m->waiting++;
    o->waiting = 1;
    o->timer.fire = time_is_over;
    o->timer.context = o;
    vipc_timer_set(m->ipc, &o->timer, vipc_now(m->ipc) + vu_word(o, 2) * VMTP_MILLISECOND);
}

/* ---- LockInstance --------------------------------------------------------------------------------------------- */

static void lock(struct vu_operation *o) {
    uio_manager *m = o->op.manager;
    struct vu_object *object = vu_instance_of(o->op.instance)->object;
    struct uio_range range;
    if (o->kind == UIO_LOCK_NONE || !blocked(o, &range)) {
        have(o);
        vu_waiters_look(object); /* it may have been more before */
    } else if (!vu_word(o, 2) || !vu_may_wait(m)) {
        refuse_locked(o, &range);
    } else if (closes_circle(o)) {
        m->counters.deadlocks++;
        vu_refuse(o, UIO_DEADLOCK);
    } else {
        wait_for(o);
    }
}

static void ask(struct vu_operation *o, uint32_t kind) {
    const struct vu_lock *l = vu_lock_in_the_way(vu_instance_of(o->op.instance), kind, o->first, o->end);
    if (!l) {
        answer_asked(o, UIO_LOCK_NONE);
        return;
    }
    const struct uio_range range = range_of(o->scale, l->first, l->end, l->instance->i.owner);
    answer(o, l->kind, &range);
}

/* The range as the table has it: 0, or the code. */
static uint32_t take_range(struct vu_operation *o) {
    const struct uio_manager_instance *i = o->op.instance;
    const uint32_t unit = vu_word(o, 3);
    struct uio_range range;
    const uint32_t wrong = uio_range_decode(&range, o->in->segment, o->in->segment_size);
    if (wrong)
        return wrong;
    if (o->kind > UIO_LOCK_ASK_SHARED || unit > 1)
        return UIO_BAD_COUNT;
    if (unit && !(i->attributes & UIO_OFFSET))
        return UIO_UNSUPPORTED;
    o->scale = !unit && (i->attributes & UIO_OFFSET) ? i->block_size : 1;
    if (range.first + range.count > VU_POSITION_END / o->scale)
        return UIO_BAD_COUNT;
    o->first = range.first * o->scale;
    o->end = range.count ? (range.first + range.count) * o->scale : VU_LOCK_END;
    return 0;
}

void vu_on_lock(struct vu_operation *o) {
    o->kind = vu_word(o, 1);
    if (!(o->op.instance->attributes & UIO_LOCKS)) {
        vu_unsupported(o);
        return;
    }
    const uint32_t wrong = take_range(o);
    if (wrong == UIO_BAD_REQUEST)
        vu_bad_request(o);
    else if (wrong)
        vu_refuse(o, wrong);
    else if (o->kind == UIO_LOCK_ASK_EXCLUSIVE || o->kind == UIO_LOCK_ASK_SHARED)
        ask(o, o->kind == UIO_LOCK_ASK_SHARED ? UIO_LOCK_SHARED : UIO_LOCK_EXCLUSIVE);
    else
        lock(o);
}

/* ---- with CreateInstance -------------------------------------------------------------------------------------------- */

uint32_t vu_lock_at_create(struct vu_instance *instance, uint32_t kind, struct uio_range *range) {
    const uint64_t scale = instance->i.attributes & UIO_OFFSET ? instance->i.block_size : 1;
    const struct vu_lock *l = vu_lock_in_the_way(instance, kind, 0, VU_LOCK_END);
    const struct vu_operation *w = instance->object->waiters;
    while (w && kind == UIO_LOCK_SHARED && w->kind == UIO_LOCK_SHARED)
        w = w->queued;
    if (l)
        *range = range_of(scale, l->first, l->end, l->instance->i.owner);
    else if (w)
        *range = range_of(scale, w->first, w->end, w->op.instance->owner);
    return l || w ? UIO_LOCKED : vu_lock_set(instance, kind, 0, VU_LOCK_END);
}
