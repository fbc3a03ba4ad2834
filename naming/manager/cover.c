/* SPDX-License-Identifier: BSD-2-Clause */
/* Nested prefixes (section 8.3): who holds /a has to know that somebody else has /a/b. */
#include "internal.h"

#include <string.h>

/* ---- ours is the inner one ------------------------------------------------------------------------------------- */

void vn_covered(struct vn_prefix *p, const struct vname_record *by) {
    vname_manager *m = p->manager;
    if (by->prefix_length < p->coverer_length)
        return;
    if (by->manager != p->coverer || by->prefix_length != p->coverer_length) {
        p->coverer = by->manager;
        p->coverer_length = by->prefix_length;
        p->mount_failures = 0;
        p->mount_at = VMTP_NEVER;
    }
    p->coverer_heard = vipc_now(m->ipc);
    vn_mount_due(p);
}

void vn_coverer_gone(struct vn_prefix *p) {
    p->coverer = p->mounted = 0;
    p->coverer_length = p->mounted_length = 0;
    p->mount_at = VMTP_NEVER;
}

static void again_later(struct vn_prefix *p) {
    p->mount_at = vipc_now(p->manager->ipc) + vn_backoff(p->mount_failures++);
    vn_arm(p);
}

static void refused(struct vn_prefix *p, int code) {
    vname_manager *m = p->manager;
    struct vn_kept was;
    vn_keep(&was, &p->kept.record);
    vn_coverer_gone(p);
    vn_release(p, 0);
    vn_tell(m, VNAME_MANAGER_RELEASED, &was.record, NULL, code, 0);
}

/* Is the answer that of somebody who covers p? */
static int is_coverer(const struct vn_ask *ask, const struct vn_prefix *p, struct vname_record *record) {
    return vname_record_parse(record, ask->area, ask->call.received) == 0 &&
           record->manager == ask->call.answer.server && vn_covers(record, &p->kept.record);
}

static void told(struct vn_ask *ask, int result) {
    vname_manager *m = ask->manager;
    struct vn_prefix *p = vn_ask_prefix(ask);
    const int code = vn_ask_code(ask, result);
    struct vname_record record;
    if (!p || !vn_is_held(p))
        return;
    p->telling = 0;
    if (p->coverer != ask->peer) { /* meanwhile it is another */
        vn_mount_due(p);
    } else if (code == VMTP_OK && is_coverer(ask, p, &record)) {
        p->mounted = p->coverer;
        p->mounted_length = p->coverer_length = record.prefix_length;
        p->mount_failures = 0;
    } else if (code == VMTP_NO_PERMISSION || code == VNAME_NO_ROOM) {
        m->counters.mount_failures++;
        refused(p, code);
    } else {
        m->counters.mount_failures++;
        if (code == VNAME_STALE || code == VMTP_NONEXISTENT_ENTITY)
            vn_coverer_gone(p);
        else
            again_later(p);
        if (code == VNAME_HELD && vn_ask_record(ask, &record) && record.manager == ask->peer)
            vn_meet(p, record.manager, 0);
    }
}

static void who_covers(struct vn_ask *ask, int result) {
    struct vn_prefix *p = vn_ask_prefix(ask);
    struct vname_record record;
    if (p && vn_is_held(p) && vn_ask_code(ask, result) == VMTP_OK && is_coverer(ask, p, &record) &&
        record.manager != ask->manager->service.entity)
        vn_covered(p, &record);
}

/* Whose name is what stands before its last component? */
static void ask_who_covers(struct vn_prefix *p) {
    const struct vname_record *record = &p->kept.record;
    uint32_t length = record->prefix_length;
    p->unasked = 0;
    while (length && record->prefix[length - 1] != '/')
        length--;
    if (length > 1) /* else nothing can cover it */
        (void)vn_ask_query(p->manager, p, record->prefix, length - 1, who_covers);
}

void vn_cover_unknown(struct vn_prefix *p) {
    p->unasked = 1;
    p->mount_at = vipc_now(p->manager->ipc);
}

void vn_mount_due(struct vn_prefix *p) {
    vname_manager *m = p->manager;
    if (p->unasked && p->mount_at == VMTP_NEVER)
        ask_who_covers(p);
    if (!vn_is_held(p) || !p->coverer || p->telling || p->mount_at != VMTP_NEVER ||
        (p->mounted == p->coverer && p->mounted_length == p->coverer_length))
        return;
    const struct vn_prefix *own = vn_held_covering(m, &p->kept.record);
    if (own && own->kept.record.prefix_length >= p->coverer_length)
        return;
    if (vn_ask(m, p, p->coverer, VNAME_MOUNT, 0, &p->kept.record, told)) {
        p->telling = 1;
        m->counters.mount_calls++;
    } else {
        again_later(p);
    }
}

void vn_mount_due_all(vname_manager *m) {
    for (struct vn_prefix *p = m->prefixes; p < vn_prefixes_end(m); p++)
        if (p->used)
            vn_mount_due(p);
}

static void unmounted(struct vn_ask *ask, int result) {
    (void)ask; /* he hears the announcement too, or forgets it in the end */
    (void)result;
}

void vn_unmount_above(struct vn_prefix *p) {
    if (p->mounted)
        (void)vn_ask(p->manager, NULL, p->mounted, VNAME_MOUNT, 1, &p->kept.record, unmounted);
}

/* ---- ours is the outer one ------------------------------------------------------------------------------------- */

static uint32_t may_mount(vname_manager *m, const struct vn_mount *known, const struct vname_record *record) {
    if (known && known->kept.record.manager == record->manager)
        return 0;
    const int allowed = !(known && known->permanent) && (!m->config.allow_mount || m->config.allow_mount(m, record));
    return allowed ? 0 : VMTP_NO_PERMISSION;
}

uint32_t vn_mount_learn(vname_manager *m, const struct vname_record *record, int told_us) {
    const uint32_t refusal = may_mount(m, vn_mount_of(m, record), record);
    struct vn_mount *mount = vn_mount_of(m, record);
    const int is_new = !mount || mount->kept.record.manager != record->manager;
    if (refusal) {
        m->counters.mounts_refused++;
        return refusal;
    }
    if (!mount && !(mount = vn_mount_new(m, record, told_us))) {
        m->counters.mounts_no_room++;
        return VNAME_NO_ROOM;
    }
    mount->used = 1;
    mount->told = told_us || (mount->told && !is_new);
    mount->heard = vipc_now(m->ipc);
    if (mount->permanent)
        return 0;
    vn_keep(&mount->kept, record);
    mount->kept.record.flags &= (uint16_t)~VNAME_SECOND_HAND;
    if (!is_new)
        return 0;
    if (told_us)
        m->counters.mounts_told++;
    else
        m->counters.mounts_learned++;
    vn_tell(m, VNAME_MANAGER_MOUNTED, record, record, 0, 0);
    return 0;
}

void vn_mount_forget(vname_manager *m, struct vn_mount *mount) {
    struct vn_kept was;
    vn_keep(&was, &mount->kept.record);
    mount->used = 0;
    vn_tell(m, VNAME_MANAGER_UNMOUNTED, &was.record, &was.record, 0, 0);
}

static void end_mount(vname_manager *m, struct vipc_incoming *in, const struct vname_record *record,
                      const struct vn_prefix *covering) {
    struct vn_mount *mount = vn_mount_of(m, record);
    const int ends = mount && !mount->permanent && mount->kept.record.manager == record->manager;
    vn_answer_record(in, VMTP_OK, 0, &covering->kept.record, 0, 0); /* also when there was none: it may come twice */
    if (!ends)
        return;
    m->counters.mounts_ended++;
    vn_mount_forget(m, mount);
}

void vn_on_mount(vname_manager *m, struct vipc_incoming *in) {
    struct vname_record record;
    if (!vn_request_record(m, in, &record))
        return;
    struct vn_prefix *same = vn_prefix_of(m, &record), *covering = vn_held_covering(m, &record);
    const int end = in->message.words[0] == 1;
    if (record.manager == m->service.entity || (record.flags & (VNAME_CLAIMING | VNAME_RELEASED)) ||
        in->message.words[0] > 1) {
        m->counters.records_odd++;
        vn_refuse(m, in, VNAME_BAD_REQUEST);
    } else if (same && vn_is_held(same) && !end && !vn_same_group(m, &record)) {
        vn_meet(same, record.manager, 1); /* MountName need not come from him */
        vn_answer_record(in, VNAME_HELD, 0, &same->kept.record, 0, 0);
    } else if (!covering) {
        vn_refuse(m, in, VNAME_STALE);
    } else if (end) {
        end_mount(m, in, &record, covering);
    } else {
        const uint32_t code = vn_mount_learn(m, &record, 1);
        covering = vn_held_covering(m, &record); /* the program was told */
        if (code || !covering)
            vn_refuse(m, in, code ? code : VNAME_STALE);
        else
            vn_answer_record(in, VMTP_OK, 0, &covering->kept.record, 0, 0);
    }
}

/* ---- time ------------------------------------------------------------------------------------------------------ */

void vn_cover_stopped(vname_manager *m, vmtp_time duration) {
    const vmtp_time now = vipc_now(m->ipc);
    for (struct vn_mount *t = m->mounts; t < vn_mounts_end(m); t++)
        t->heard = now - t->heard > duration ? t->heard + duration : now;
    for (struct vn_prefix *p = m->prefixes; p < vn_prefixes_end(m); p++)
        p->coverer_heard = now - p->coverer_heard > duration ? p->coverer_heard + duration : now;
}

void vn_cover_sweep(vname_manager *m) {
    const vmtp_time now = vipc_now(m->ipc);
    for (struct vn_mount *t = m->mounts; t < vn_mounts_end(m); t++) {
        if (!t->used || t->permanent)
            continue;
        const int over = now - t->heard >= VN_MOUNT_LIFE;
        m->counters.mounts_expired += (unsigned)over;
        if (over || !vn_held_covering(m, &t->kept.record))
            vn_mount_forget(m, t);
    }
    for (struct vn_prefix *p = m->prefixes; p < vn_prefixes_end(m); p++)
        if (p->used && p->coverer && now - p->coverer_heard >= VN_MOUNT_LIFE)
            vn_coverer_gone(p);
}
