/* SPDX-License-Identifier: BSD-2-Clause */
/* The life of a prefix after its claim: held, released, passed on; and its times. */
#include "internal.h"

#include <string.h>

/* Announcements after it was held: at once, and then (section 8.2). */
static const vmtp_time early[] = {VMTP_SECOND, 3 * VMTP_SECOND};
#define EARLY (sizeof early / sizeof *early)

vmtp_time vn_backoff(uint32_t failures) {
    vmtp_time wait = VN_BACKOFF_FIRST;
    while (failures-- && wait < VN_BACKOFF_LAST)
        wait *= 2;
    return wait < VN_BACKOFF_LAST ? wait : VN_BACKOFF_LAST;
}

/* What was known of this prefix as another's. */
static void forget_others(vname_manager *m, const struct vname_record *record) {
    struct vn_mount *mount = vn_mount_of(m, record);
    if (mount && !mount->permanent)
        mount->used = 0;
    struct vn_former *former = vn_former_find(m, record->prefix, record->prefix_length);
    if (former)
        former->used = 0;
}

void vn_hold(struct vn_prefix *p) {
    vname_manager *m = p->manager;
    p->state = VNAME_PREFIX_HELD;
    p->kept.record.flags &= (uint16_t)~VNAME_CLAIMING;
    p->failures = 0;
    p->held_since = vipc_now(m->ipc);
    p->early = 0;
    p->early_at = p->held_since + early[0];
    p->retry_at = VMTP_NEVER;
    p->saying |= VN_SAY_HELD;
    m->counters.claims_held++;
    forget_others(m, &p->kept.record);
    vn_arm(p);
    vn_say(m);
    vn_mount_due_all(m); /* those below it may be covered by ourselves now */
    vn_tell(m, VNAME_MANAGER_HELD, &p->kept.record, &p->kept.record, 0, 0);
}

/* ---- times -------------------------------------------------------------------------------------------------- */

static vmtp_time earlier(vmtp_time a, vmtp_time b) { return a < b ? a : b; }

void vn_arm(struct vn_prefix *p) {
    vipc_timer_set(p->manager->ipc, &p->timer,
                   earlier(earlier(p->early_at, p->retry_at), earlier(p->mount_at, p->register_at)));
}

static void held_due(struct vn_prefix *p, vmtp_time now) {
    vname_manager *m = p->manager;
    const uint64_t serial = p->serial;
    if (now >= p->early_at) {
        p->early++;
        p->early_at = p->early < EARLY ? p->held_since + early[p->early] : VMTP_NEVER;
        p->saying |= VN_SAY_HELD;
        vn_say(m);
    }
    if (now >= p->mount_at) {
        p->mount_at = VMTP_NEVER;
        vn_mount_due(p);
    }
    if (p->serial == serial && now >= p->register_at) {
        p->register_at = VMTP_NEVER;
        vn_register(p);
    }
    if (p->used && p->serial == serial)
        vn_arm(p);
}

void vn_prefix_due(struct vipc_timer *timer) {
    struct vn_prefix *p = timer->context;
    vname_manager *m = p->manager;
    const vmtp_time now = vipc_now(m->ipc);
    vn_alive(m);
    switch (p->state) {
    case VNAME_PREFIX_CLAIMING: vn_round_due(p); break;
    case VNAME_PREFIX_TAKING:
        p->retry_at = VMTP_NEVER;
        vn_take(p);
        break;
    case VNAME_PREFIX_BACKOFF:
        p->retry_at = VMTP_NEVER;
        p->state = p->from ? VNAME_PREFIX_TAKING : VNAME_PREFIX_WAITING;
        if (p->from)
            vn_take(p);
        else
            vn_claims_start(m);
        break;
    case VNAME_PREFIX_HELD: held_due(p, now); break;
    case VNAME_PREFIX_REGISTERING:
    case VNAME_PREFIX_WAITING:
    case VNAME_PREFIX_LEAVING: break;
    }
}

/* ---- the end ------------------------------------------------------------------------------------------------ */

void vn_prefix_free(struct vn_prefix *p) {
    vname_manager *m = p->manager;
    vn_round_end(p);
    vipc_timer_cancel(&p->timer);
    vn_prefix_drop(p);
    vn_leave_if_empty(m);
}

void vn_pass_on(struct vn_prefix *p, const struct vname_record *to, int handed) {
    vname_manager *m = p->manager;
    vn_former_add(m, to, handed);
    vn_heard_note(m, to);
    vn_prefix_free(p);
    if (vn_held_covering(m, to))
        (void)vn_mount_learn(m, to, 1);
    vn_mount_due_all(m);
}

void vn_release(struct vn_prefix *p, uint32_t flags) {
    vname_manager *m = p->manager;
    const int was_held = p->state == VNAME_PREFIX_HELD;
    vn_round_end(p);
    vipc_timer_cancel(&p->timer);
    if (flags & VNAME_MANAGER_UNREGISTER)
        vn_unregister(p);
    if (!was_held) {
        vn_prefix_free(p);
        vn_claims_start(m);
        return;
    }
    vn_unmount_above(p);
    vn_heard_note(m, &p->kept.record);
    p->state = VNAME_PREFIX_LEAVING;
    p->kept.record.flags |= VNAME_RELEASED;
    p->saying = 0;
    vn_say(m);
    vn_cover_sweep(m);
    vn_mount_due_all(m);
}
