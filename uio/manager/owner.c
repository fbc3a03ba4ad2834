/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Owners of instances (section 2.3).  All that have been heard are in one list, in the order in which they are due to be looked for; those that did not
 * answer in another.  One timer is set to the first of both.
 */
#include "internal.h"

#include <string.h>

static struct vu_owner **bucket(uio_manager *m, vmtp_entity entity) {
    return &m->owner_buckets[(entity * 0x9e3779b97f4a7c15u >> 32) & m->mask];
}

struct vu_owner *vu_owner_find(uio_manager *m, vmtp_entity entity) {
    struct vu_owner *owner = *bucket(m, entity);
    while (owner && owner->entity != entity)
        owner = owner->next;
    return owner;
}

int vu_owner_has_room(uio_manager *m, vmtp_entity entity) {
    const struct vu_owner *owner = vu_owner_find(m, entity);
    return !owner || owner->count < m->config.owner_instances;
}

/* ---- the lists ------------------------------------------------------------------------------------------------ */

static struct vu_owners *list_of(uio_manager *m, const struct vu_owner *owner) {
    return owner->missed ? &m->missed : &m->quiet;
}

static void unlist(uio_manager *m, struct vu_owner *owner) {
    struct vu_owners *list = list_of(m, owner);
    *(owner->earlier ? &owner->earlier->later : &list->first) = owner->later;
    *(owner->later ? &owner->later->earlier : &list->last) = owner->earlier;
}

static void enlist(uio_manager *m, struct vu_owner *owner) {
    struct vu_owners *list = list_of(m, owner);
    owner->later = NULL;
    owner->earlier = list->last;
    *(list->last ? &list->last->later : &list->first) = owner;
    list->last = owner;
}

static void arm(uio_manager *m) {
    vmtp_time at = VMTP_NEVER;
    if (m->quiet.first)
        at = m->quiet.first->due;
    if (m->missed.first && m->missed.first->due < at)
        at = m->missed.first->due;
    if (m->owner_timer.ipc && m->owner_timer.at <= at)
        return; /* it looks again then */
    vipc_timer_set(m->ipc, &m->owner_timer, at);
}

void vu_owner_heard(uio_manager *m, struct vu_owner *owner) {
    const vmtp_time now = vipc_now(m->ipc);
    if (owner->probing || owner->heard == now) {
        owner->heard = now;
        return;
    }
    unlist(m, owner);
    owner->misses = 0;
    owner->missed = 0;
    owner->heard = now;
    owner->due = now + VU_OWNER_QUIET;
    enlist(m, owner);
}

/* ---- who has what --------------------------------------------------------------------------------------------- */

void vu_owner_add(struct vu_instance *instance, vmtp_entity entity) {
    uio_manager *m = instance->i.manager;
    struct vu_owner *owner = vu_owner_find(m, entity);
    if (!owner) {
        owner = m->owners_free;
        m->owners_free = owner->next;
        m->owners_used++;
        memset(owner, 0, sizeof *owner);
        owner->entity = entity;
        owner->next = *bucket(m, entity);
        *bucket(m, entity) = owner;
        owner->heard = vipc_now(m->ipc);
        owner->due = owner->heard + VU_OWNER_QUIET;
        enlist(m, owner);
        arm(m);
    }
    instance->i.owner = entity;
    instance->owner = owner;
    instance->owner_next = owner->instances;
    owner->instances = instance;
    owner->count++;
    owner->locks += instance->locks;
}

static void forget(uio_manager *m, struct vu_owner *owner) {
    struct vu_owner **at = bucket(m, owner->entity);
    while (*at != owner)
        at = &(*at)->next;
    *at = owner->next;
    if (owner->probing)
        for (uint32_t i = 0; i < m->config.probes; i++)
            if (m->probes[i].owner == owner) {
                vipc_probe_cancel(&m->probes[i].probe);
                m->probes[i].owner = NULL;
            }
    if (!owner->probing)
        unlist(m, owner);
    owner->next = m->owners_free;
    m->owners_free = owner;
    m->owners_used--;
}

void vu_owner_remove(struct vu_instance *instance) {
    struct vu_owner *owner = instance->owner;
    struct vu_instance **at = &owner->instances;
    while (*at != instance)
        at = &(*at)->owner_next;
    *at = instance->owner_next;
    owner->locks -= instance->locks;
    instance->owner = NULL;
    if (--owner->count == 0)
        forget(instance->i.manager, owner);
}

/* ---- looking for them (UIO-2.3-05, UIO-2.3-06) ------------------------------------------------------------------- */

static void end_all(uio_manager *m, struct vu_owner *owner) {
    const vmtp_entity entity = owner->entity;
    m->counters.owners_gone++;
    while ((owner = vu_owner_find(m, entity)) != NULL) { /* it is gone with the last */
        m->counters.reclaimed++;
        vu_instance_end(owner->instances, NULL, 0);
    }
}

/* What came of a Probe; result < 0: it could not be asked, which is not its fault. */
static void verdict(uio_manager *m, struct vu_owner *owner, int result, vmtp_time asked) {
    const vmtp_time now = vipc_now(m->ipc);
    const int there = result == 0 || owner->heard >= asked, gone = result == (int)VMTP_NONEXISTENT_ENTITY;
    owner->probing = 0;
    owner->missed = !there;
    owner->misses = there ? 0 : owner->misses + (result > 0);
    m->counters.probes_missed += !there && result > 0 && !gone;
    if (there)
        owner->due = (result ? owner->heard : now) + VU_OWNER_QUIET;
    else
        owner->due = asked + VU_PROBE_PAUSE > now ? asked + VU_PROBE_PAUSE : now;
    enlist(m, owner);
    if (!there && (gone || owner->misses == VU_PROBE_MISSES))
        end_all(m, owner);
}

static void look_around(uio_manager *m);

static void probed(struct vipc_probe *probe, int result) {
    struct vu_probe *p = probe->context;
    uio_manager *m = p->manager;
    struct vu_owner *owner = p->owner;
    p->owner = NULL;
    verdict(m, owner, result, p->asked);
    look_around(m);
}

static int look_for(uio_manager *m, struct vu_owner *owner) {
    struct vu_probe *p = m->probes;
    while (p < m->probes + m->config.probes && p->owner)
        p++;
    if (p == m->probes + m->config.probes)
        return 0;
    unlist(m, owner);
    owner->probing = 1;
    m->counters.probes++;
    p->owner = owner;
    p->manager = m;
    p->asked = vipc_now(m->ipc);
    p->probe.entity = owner->entity;
    p->probe.done = probed;
    p->probe.context = p;
    const int r = vipc_probe_start(m->ipc, &p->probe);
    if (r < 0) {
        p->owner = NULL;
        verdict(m, owner, r, p->asked);
    }
    return 1;
}

static void look_around(uio_manager *m) {
    const vmtp_time now = vipc_now(m->ipc);
    int room = 1;
    while (room && m->missed.first && m->missed.first->due <= now)
        room = look_for(m, m->missed.first);
    while (room && m->quiet.first && m->quiet.first->due <= now)
        room = look_for(m, m->quiet.first);
    if (room) /* else the next Probe that is over comes here */
        arm(m);
}

static void look(struct vipc_timer *timer) { look_around(timer->context); }

void vu_owners_init(uio_manager *m) {
    m->owner_timer.fire = look;
    m->owner_timer.context = m;
    for (uint32_t i = m->config.instances; i-- > 0;) {
        m->owners[i].next = m->owners_free;
        m->owners_free = &m->owners[i];
    }
}

void vu_owners_end(uio_manager *m) {
    vipc_timer_cancel(&m->owner_timer);
    for (uint32_t i = 0; i < m->config.probes; i++)
        if (m->probes[i].owner)
            vipc_probe_cancel(&m->probes[i].probe);
}
