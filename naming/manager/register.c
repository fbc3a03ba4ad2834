/* SPDX-License-Identifier: BSD-2-Clause */
/* The directory (section 9): a prefix is registered after its rounds, or as soon as one answers. */
#include "internal.h"

static int is_waiting(const struct vn_prefix *p) { return p->state == VNAME_PREFIX_REGISTERING; }

/* Nobody says anything that helps. */
static void unavailable(struct vn_prefix *p, int why) {
    vname_manager *m = p->manager;
    p->register_at = vipc_now(m->ipc) + VN_DIRECTORY_PAUSE;
    if (!is_waiting(p)) {
        vn_arm(p);
    } else if (m->config.directory == VNAME_DIRECTORY_REQUIRE) {
        p->register_at = VMTP_NEVER;
        vn_claim_failed(p, NULL, why);
    } else {
        vn_hold(p);
    }
}

static void is_registered(struct vn_prefix *p, const struct vname_record *record) {
    vname_manager *m = p->manager;
    m->counters.registered++;
    p->kept.record.generation = record->generation;
    p->kept.record.flags |= VNAME_REGISTERED;
    p->register_at = VMTP_NEVER;
    if (is_waiting(p)) {
        vn_hold(p);
    } else {
        p->saying |= VN_SAY_HELD;
        vn_say(m);
    }
    vn_tell(m, VNAME_MANAGER_REGISTERED, record, record, 0, 0);
}

static void is_anothers(struct vn_prefix *p, const struct vname_record *record) {
    if (is_waiting(p))
        vn_claim_failed(p, record, VNAME_HELD);
    else
        vn_yield(p, record);
}

static void registered(struct vn_ask *ask, int result) {
    vname_manager *m = ask->manager;
    struct vn_prefix *p = vn_ask_prefix(ask);
    const int code = vn_ask_code(ask, result);
    struct vname_record record;
    if (result)
        m->directory_quiet = vipc_now(m->ipc) + VN_DIRECTORY_PAUSE;
    if (!p || !(vn_is_held(p) || is_waiting(p)))
        return;
    const struct vname_record *mine = &p->kept.record;
    const int good = vn_ask_record(ask, &record);
    if (code == VMTP_OK && good && record.manager == mine->manager && record.owner == mine->owner &&
        record.generation >= mine->generation) {
        is_registered(p, &record);
    } else if (code == VNAME_HELD && good && record.owner != mine->owner && record.manager != mine->manager) {
        is_anothers(p, &record);
    } else {
        m->counters.answers_odd += code == VMTP_OK || code == VNAME_HELD;
        unavailable(p, code == VMTP_OK ? (int)VNAME_UNAVAILABLE : code);
    }
}

void vn_register(struct vn_prefix *p) {
    vname_manager *m = p->manager;
    struct vname_record record = p->kept.record;
    record.flags &= VNAME_ALIAS_RECORD;
    const int wait = m->config.directory == VNAME_DIRECTORY_TRY && vipc_now(m->ipc) < m->directory_quiet;
    if (wait || !vn_ask_directory(m, p, VNAME_REGISTER, &record, registered))
        unavailable(p, wait ? (int)VNAME_UNAVAILABLE : VMTP_E_FULL);
}

static void unregistered(struct vn_ask *ask, int result) {
    const int code = vn_ask_code(ask, result);
    ask->manager->counters.answers_odd += code > 0 && !result && code != (int)VNAME_NOT_FOUND;
}

void vn_unregister(struct vn_prefix *p) {
    if (p->kept.record.flags & VNAME_REGISTERED)
        (void)vn_ask_directory(p->manager, NULL, VNAME_UNREGISTER, &p->kept.record, unregistered);
}
