/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Locks as ranges (section 6.5).  Those of one instance neither overlap nor, if they are of the same kind, touch, so an instance that locks piece by
 * piece has one in the end.
 */
#include "internal.h"

void vu_locks_init(uio_manager *m) {
    for (uint32_t i = m->config.locks; i-- > 0;) {
        m->locks[i].next = m->locks_free;
        m->locks_free = &m->locks[i];
    }
}

static int overlaps(const struct vu_lock *l, uint64_t first, uint64_t end) { return l->first < end && l->end > first; }

struct vu_lock *vu_lock_in_the_way(const struct vu_instance *instance, uint32_t kind, uint64_t first, uint64_t end) {
    for (struct vu_lock *l = instance->object->locks; l; l = l->next)
        if (l->instance != instance && overlaps(l, first, end) &&
            (kind == UIO_LOCK_EXCLUSIVE || l->kind == UIO_LOCK_EXCLUSIVE))
            return l;
    return NULL;
}

/* Its locks are looked at again and again, each time for the one that goes on where the others end. */
int vu_lock_covers(const struct vu_instance *instance, uint32_t kind, uint64_t first, uint64_t end) {
    const struct vu_lock *l = instance->object->locks;
    while (l && first < end) {
        if (l->instance == instance && l->first <= first && l->end > first &&
            (l->kind == kind || l->kind == UIO_LOCK_EXCLUSIVE)) {
            first = l->end;
            l = instance->object->locks;
        } else {
            l = l->next;
        }
    }
    return first >= end;
}

/* ---- setting -------------------------------------------------------------------------------------------------- */

static void add(struct vu_instance *instance, uint32_t kind, uint64_t first, uint64_t end) {
    uio_manager *m = instance->i.manager;
    struct vu_lock *l = m->locks_free;
    m->locks_free = l->next;
    m->locks_used++;
    instance->locks++;
    if (instance->owner)
        instance->owner->locks++;
    *l = (struct vu_lock){instance->object->locks, instance, kind, first, end};
    instance->object->locks = l;
}

/* Takes away what *at points to. */
static void drop(struct vu_lock **at) {
    struct vu_lock *l = *at;
    struct vu_instance *instance = l->instance;
    uio_manager *m = instance->i.manager;
    *at = l->next;
    l->next = m->locks_free;
    m->locks_free = l;
    m->locks_used--;
    instance->locks--;
    if (instance->owner)
        instance->owner->locks--;
}

/* Those of the same kind that overlap or touch become one with it. */
static void widen(const struct vu_instance *instance, uint32_t kind, uint64_t *first, uint64_t *end) {
    const uint64_t from = *first, to = *end;
    for (const struct vu_lock *l = instance->object->locks; l; l = l->next)
        if (l->instance == instance && l->kind == kind && l->first <= to && l->end >= from) {
            *first = l->first < *first ? l->first : *first;
            *end = l->end > *end ? l->end : *end;
        }
}

/* Is there room for what is left of its locks, and one more? */
static int has_room(const struct vu_instance *instance, uint32_t kind, uint64_t first, uint64_t end) {
    const uio_manager *m = instance->i.manager;
    int64_t more = kind != UIO_LOCK_NONE;
    for (const struct vu_lock *l = instance->object->locks; l; l = l->next)
        if (l->instance == instance && overlaps(l, first, end))
            more += (l->first < first) + (l->end > end) - 1;
    const uint32_t owned = instance->owner ? instance->owner->locks : 0;
    return more <= 0 ||
           (m->locks_used + (uint64_t)more <= m->config.locks && owned + (uint64_t)more <= m->config.owner_locks);
}

/* Takes the range out of its locks. */
static void clear(struct vu_instance *instance, uint64_t first, uint64_t end) {
    struct vu_lock **at = &instance->object->locks;
    while (*at) {
        struct vu_lock *l = *at;
        if (l->instance != instance || !overlaps(l, first, end)) {
            at = &l->next;
            continue;
        }
        const uint64_t behind = l->end;
        if (l->first < first) {
            l->end = first;
            at = &l->next;
            if (behind > end)
                add(instance, l->kind, end, behind); /* goes to the front, which has been passed */
        } else if (behind > end) {
            l->first = end;
            at = &l->next;
        } else {
            drop(at);
        }
    }
}

uint32_t vu_lock_set(struct vu_instance *instance, uint32_t kind, uint64_t first, uint64_t end) {
    if (kind != UIO_LOCK_NONE)
        widen(instance, kind, &first, &end);
    if (!has_room(instance, kind, first, end)) {
        instance->i.manager->counters.locks_full++;
        return UIO_TOO_MANY;
    }
    clear(instance, first, end);
    if (kind != UIO_LOCK_NONE)
        add(instance, kind, first, end);
    return 0;
}
