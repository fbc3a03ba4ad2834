/* SPDX-License-Identifier: BSD-2-Clause */
/* Two holders of one prefix: one yields (section 8.5). */
#include "internal.h"

static struct vn_pause *pause_with(vname_manager *m, vmtp_entity peer, uint64_t serial) {
    for (unsigned i = 0; i < VN_PAUSES; i++)
        if (m->pauses[i].peer == peer && m->pauses[i].serial == serial)
            return &m->pauses[i];
    return NULL;
}

/* A place for a pair that is not pausing; NULL: it is, or all places are taken. */
static struct vn_pause *pause_new(vname_manager *m, vmtp_entity peer, uint64_t serial) {
    const vmtp_time now = vipc_now(m->ipc);
    struct vn_pause *place = pause_with(m, peer, serial);
    for (unsigned i = 0; i < VN_PAUSES && !place; i++)
        if (m->pauses[i].until <= now)
            place = &m->pauses[i];
    return place && place->until <= now ? place : NULL;
}

void vn_yield(struct vn_prefix *p, const struct vname_record *winner) {
    vname_manager *m = p->manager;
    m->counters.yielded++;
    vn_pass_on(p, winner, 0);
    vn_tell(m, VNAME_MANAGER_LOST, winner, winner, (int)VNAME_HELD, 0);
}

/* Is it the other's record, and does it say that it holds the prefix? */
static int is_holders(const struct vn_ask *ask, const struct vname_record *record) {
    return record->manager == ask->peer && !(record->flags & (VNAME_CLAIMING | VNAME_RELEASED));
}

static void met(struct vn_ask *ask, int result) {
    vname_manager *m = ask->manager;
    struct vn_pause *pause = pause_with(m, ask->peer, ask->serial);
    struct vn_prefix *p = vn_ask_prefix(ask);
    const int code = vn_ask_code(ask, result);
    struct vname_record record;
    if (pause)
        pause->until = vipc_now(m->ipc) + VN_MEET_PAUSE;
    if (!p || !vn_is_held(p) || result || code == VNAME_STALE)
        return;
    const int good = vn_ask_record(ask, &record);
    if (code == VMTP_OK && good && record.manager == ask->peer && (record.flags & VNAME_RELEASED)) {
        m->counters.meets_won++;
        vn_heard_note(m, &record);
        if (pause)
            pause->until = 0;
    } else if (code == VNAME_HELD && good && is_holders(ask, &record) && vname_record_beats(&record, &p->kept.record)) {
        vn_yield(p, &record);
    } else {
        m->counters.answers_odd++;
    }
}

void vn_meet(struct vn_prefix *p, const struct vname_record *other) {
    vname_manager *m = p->manager;
    struct vn_pause *pause = pause_new(m, other->manager, p->serial);
    if (!pause) {
        m->counters.meets_held_back++;
        return;
    }
    if (!vn_ask(m, p, other->manager, VNAME_MEET, 0, &p->kept.record, met))
        return;
    pause->peer = other->manager;
    pause->serial = p->serial;
    pause->until = VMTP_NEVER;
    m->counters.meets_sent++;
}

void vn_on_meet(vname_manager *m, struct vipc_incoming *in) {
    struct vname_record record;
    if (!vn_request_record(m, in, &record))
        return;
    struct vn_prefix *p = vn_prefix_of(m, &record);
    m->counters.meets_heard++;
    if (record.manager == m->service.entity || vn_same_group(m, &record) ||
        (record.flags & (VNAME_CLAIMING | VNAME_RELEASED))) {
        m->counters.records_odd++;
        vn_refuse(m, in, VNAME_BAD_REQUEST);
    } else if (!p || !vn_is_held(p)) {
        vn_refuse(m, in, VNAME_STALE);
    } else if (vname_record_beats(&record, &p->kept.record)) {
        struct vn_kept winner; /* outlives the Request */
        vn_keep(&winner, &record);
        vn_answer_record(in, VMTP_OK, 0, &p->kept.record, VNAME_RELEASED, 0);
        vn_yield(p, &winner.record);
    } else {
        vn_answer_record(in, VNAME_HELD, 0, &p->kept.record, 0, 0);
    }
}
