/* SPDX-License-Identifier: BSD-2-Clause */
/* What tools see. */
#include "internal.h"

int uio_manager_nth_instance(const uio_manager *m, uint32_t which, struct uio_manager_view *view) {
    for (uint32_t n = 0; n < m->config.instances; n++) {
        const struct vu_instance *i = &m->instances[n];
        if (!i->used || !i->i.number || which-- > 0)
            continue;
        view->instance = &i->i;
        view->created = i->created;
        view->used = i->last;
        view->heard = i->owner->heard;
        view->locks = i->locks;
        view->octets_read = i->octets_read;
        view->octets_written = i->octets_written;
        view->operations = 0;
        for (const struct vu_operation *o = i->operations; o; o = o->beside)
            view->operations++;
        return 1;
    }
    return 0;
}

static void show(struct uio_manager_lock *lock, const struct vu_instance *i, uint32_t kind, uint64_t first,
                 uint64_t end, int waiting) {
    lock->instance = &i->i;
    lock->kind = kind;
    lock->waiting = waiting;
    lock->range.first = first;
    lock->range.count = end == VU_LOCK_END ? 0 : end - first;
    lock->range.owner = i->i.owner;
}

/* Those of one instance: 1 when it was among them. */
static int nth_of(const struct vu_instance *i, uint32_t *which, struct uio_manager_lock *lock) {
    for (const struct vu_lock *l = i->object->locks; l; l = l->next)
        if (l->instance == i && (*which)-- == 0) {
            show(lock, i, l->kind, l->first, l->end, 0);
            return 1;
        }
    for (const struct vu_operation *w = i->object->waiters; w; w = w->queued)
        if (w->op.instance == &i->i && (*which)-- == 0) {
            show(lock, i, w->kind, w->first, w->end, 1);
            return 1;
        }
    return 0;
}

int uio_manager_nth_lock(const uio_manager *m, uint32_t which, struct uio_manager_lock *lock) {
    for (uint32_t n = 0; n < m->config.instances; n++)
        if (m->instances[n].used && m->instances[n].object && nth_of(&m->instances[n], &which, lock))
            return 1;
    return 0;
}

void uio_manager_get_use(const uio_manager *m, struct uio_manager_use *use) {
    use->instances = m->instances_used;
    use->owners = m->owners_used;
    use->locks = m->locks_used;
    use->operations = m->operations_used;
    use->waiting = m->waiting;
    use->buffers = m->buffers_used;
    use->contexts = 0;
    for (uint32_t i = 0; i < m->context_count; i++)
        use->contexts += m->contexts[i].number != 0;
}

const struct uio_manager_counters *uio_manager_counters(const uio_manager *m) { return &m->counters; }

static const struct {
    const char *name, *text;
} names[] = {
#define NAMED(name, text) {#name, text},
    UIO_MANAGER_COUNTERS(NAMED)
#undef NAMED
};

const char *uio_manager_counter_name(unsigned which) {
    return which < UIO_MANAGER_COUNTER_COUNT ? names[which].name : NULL;
}

const char *uio_manager_counter_text(unsigned which) {
    return which < UIO_MANAGER_COUNTER_COUNT ? names[which].text : NULL;
}
