/* SPDX-License-Identifier: BSD-2-Clause */
/* What others announce (section 8.2). */
#include "internal.h"

/* Somebody has this prefix. */
static void hear_held(vname_manager *m, const struct vname_record *record, uint32_t reason) {
    vn_heard_note(m, record);
    struct vn_former *former = vn_former_find(m, record->prefix, record->prefix_length);
    if (former)
        vn_keep(&former->kept, record);
    for (struct vn_prefix *p = m->prefixes; p < vn_prefixes_end(m); p++)
        if (p->used && p->state != VNAME_PREFIX_LEAVING && vn_covers(record, &p->kept.record))
            vn_covered(p, record);

    struct vn_prefix *p = vn_prefix_of(m, record);
    if (reason != VNAME_REASON_HEARTBEAT && !(p && vn_is_held(p)) && vn_held_covering(m, record))
        (void)vn_mount_learn(m, record, 0);
    p = vn_prefix_of(m, record); /* the program was told of the mount, and may have given it up */
    const int competes = p && !vn_same_group(m, record);
    if (competes && (p->state == VNAME_PREFIX_CLAIMING || p->state == VNAME_PREFIX_REGISTERING))
        vn_claim_failed(p, record, VNAME_HELD);
    else if (competes && vn_is_held(p))
        vn_meet(p, record->manager, 0);
}

/* Its manager has it no more. */
static void hear_released(vname_manager *m, const struct vname_record *record) {
    vn_heard_note(m, record);
    struct vn_former *former = vn_former_find(m, record->prefix, record->prefix_length);
    if (former && former->kept.record.manager == record->manager)
        former->used = 0;
    for (struct vn_prefix *p = m->prefixes; p < vn_prefixes_end(m); p++)
        if (p->used && p->coverer == record->manager && p->coverer_length == record->prefix_length &&
            vn_covers(record, &p->kept.record))
            vn_coverer_gone(p);
    struct vn_mount *mount = vn_mount_of(m, record);
    if (mount && !mount->permanent && mount->kept.record.manager == record->manager) {
        m->counters.mounts_ended++;
        vn_mount_forget(m, mount);
    }
}

/* A client has found two of us. */
static void hear_of_other(vname_manager *m, const struct vname_record *record) {
    struct vn_prefix *p = vn_prefix_of(m, record);
    if (p && vn_is_held(p) && record->manager != m->service.entity && !vn_same_group(m, record) &&
        !(record->flags & (VNAME_CLAIMING | VNAME_RELEASED)))
        vn_meet(p, record->manager, 1);
}

static void hear(vname_manager *m, const struct vname_record *record, uint32_t reason, vmtp_entity from) {
    const int released = (record->flags & VNAME_RELEASED) != 0;
    if (reason == VNAME_REASON_MEET)
        hear_of_other(m, record);
    else if (record->manager != from)
        m->counters.records_foreign++;
    else if (record->manager == m->service.entity)
        ;
    else if ((record->flags & VNAME_CLAIMING) || released != (reason == VNAME_REASON_RELEASED))
        m->counters.records_odd++;
    else if (released)
        hear_released(m, record);
    else
        hear_held(m, record, reason);
}

void vn_on_announce(vname_manager *m, struct vipc_incoming *in) {
    const uint32_t reason = in->message.words[0];
    struct vname_list list = vname_list_of(in->segment, in->segment_size);
    struct vname_record record;
    m->counters.announcements_heard++;
    if (reason > VNAME_REASON_MEET) {
        m->counters.reasons_unknown++;
    } else {
        while (vname_list_next(&list, &record))
            hear(m, &record, reason, in->client);
        m->counters.records_bad += list.left != 0;
    }
    vipc_discard(in);
}
