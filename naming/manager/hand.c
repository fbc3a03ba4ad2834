/* SPDX-License-Identifier: BSD-2-Clause */
/* Handing a prefix over to another manager of the same owner (section 8.6). */
#include "internal.h"

/* ---- who takes it over ---------------------------------------------------------------------------------------- */

static void taken(struct vn_ask *ask, int result) {
    vname_manager *m = ask->manager;
    struct vn_prefix *p = vn_ask_prefix(ask);
    const int code = vn_ask_code(ask, result);
    struct vname_record record;
    if (!p || p->state != VNAME_PREFIX_TAKING)
        return;
    const int good = vn_ask_record(ask, &record);
    if (code == VMTP_OK && good && record.manager == m->service.entity) {
        m->counters.taken_over++;
        p->from = 0;
        p->kept.record.generation = record.generation;
        p->kept.record.flags |= VNAME_HANDED_OVER;
        if (m->config.directory != VNAME_DIRECTORY_NEVER) /* which knows the one before */
            p->register_at = vipc_now(m->ipc);
        vn_cover_unknown(p);
        vn_hold(p);
        return;
    }
    m->counters.answers_odd += code == VMTP_OK;
    vn_claim_failed(p, good ? &record : NULL, code == VMTP_OK ? (int)VNAME_BAD_REQUEST : code);
}

void vn_take(struct vn_prefix *p) {
    vname_manager *m = p->manager;
    const uint32_t heard = vn_heard_generation(m, &p->kept.record);
    const uint32_t known = heard > p->remembered ? heard : p->remembered;
    p->kept.record.generation = known ? known : 1;
    p->kept.record.flags = p->kept.record.target_length ? VNAME_ALIAS_RECORD : 0;
    if (!vn_ask(m, p, p->from, VNAME_HAND_OVER, 0, &p->kept.record, taken))
        vn_claim_failed(p, NULL, VMTP_E_FULL);
}

/* ---- who hands it over ---------------------------------------------------------------------------------------- */

static void hand_over(struct vn_prefix *p, struct vipc_incoming *in, const struct vname_record *record) {
    vname_manager *m = p->manager;
    const uint32_t generation = p->kept.record.generation;
    struct vn_kept now;
    vn_keep(&now, record);
    now.record.flags = (uint16_t)((record->flags & VNAME_ALIAS_RECORD) | VNAME_HANDED_OVER);
    now.record.generation = generation == UINT32_MAX ? generation : generation + 1;
    m->counters.handed_over++;
    vn_answer_record(in, VMTP_OK, 0, &now.record, 0, 0);
    vn_pass_on(p, &now.record, 1);
    vn_tell(m, VNAME_MANAGER_HANDED_OVER, &now.record, &now.record, 0, 0);
}

static int may_have_it(vname_manager *m, const struct vn_prefix *p, const struct vname_record *record) {
    return record->owner == p->kept.record.owner && m->config.allow_hand_over && m->config.allow_hand_over(m, record);
}

void vn_on_hand_over(vname_manager *m, struct vipc_incoming *in) {
    struct vname_record record;
    if (!vn_request_record(m, in, &record))
        return;
    const struct vn_former *former = vn_former_find(m, record.prefix, record.prefix_length);
    struct vn_prefix *p = vn_prefix_of(m, &record);
    if (record.manager == m->service.entity || (record.flags & (VNAME_CLAIMING | VNAME_RELEASED))) {
        m->counters.records_odd++;
        vn_refuse(m, in, VNAME_BAD_REQUEST);
    } else if (p && vn_is_held(p)) {
        const uint64_t serial = p->serial;
        const int may = may_have_it(m, p, &record);
        if (may && vn_is_held(p) && p->serial == serial) {
            hand_over(p, in, &record);
        } else {
            m->counters.hand_overs_refused++;
            vn_refuse(m, in, VMTP_NO_PERMISSION);
        }
    } else if (former && former->handed && former->kept.record.manager == record.manager) {
        vn_answer_record(in, VMTP_OK, 0, &former->kept.record, 0, 0); /* our answer got lost */
    } else {
        m->counters.hand_overs_refused++;
        vn_refuse(m, in, VNAME_STALE);
    }
}
