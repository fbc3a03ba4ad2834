/* SPDX-License-Identifier: BSD-2-Clause */
/* Two holders of one prefix: one yields (section 8.5). */
#include "internal.h"

static struct vn_pause *pauses_end(vname_manager *m) { return m->pauses + VN_PAUSES; }

static struct vn_pause *pause_with(vname_manager *m, vmtp_entity peer, uint64_t serial) {
    for (struct vn_pause *q = m->pauses; q < pauses_end(m); q++)
        if (q->state != VN_PAUSE_FREE && q->peer == peer && q->serial == serial)
            return q;
    return NULL;
}

static void free_old(vname_manager *m) {
    const vmtp_time now = vipc_now(m->ipc);
    for (struct vn_pause *q = m->pauses; q < pauses_end(m); q++)
        if (q->state == VN_PAUSE_OVER && q->until <= now)
            q->state = VN_PAUSE_FREE;
}

/* How much is lost with it: what is reported, and who has had his turn, goes first. */
static unsigned worth(const struct vn_pause *q) {
    return q->state == VN_PAUSE_FREE ? 0 : (q->reported ? 1u : 3u) + (q->state == VN_PAUSE_WANTED);
}

/* A place; NULL: there is none.  Managers that do not exist can be made up as fast as one likes, so that of equals chance decides. */
static struct vn_pause *pause_new(vname_manager *m, int reported) {
    struct vn_pause *place = NULL;
    const unsigned begin = (unsigned)(vipc_random(m->ipc) % VN_PAUSES);
    unsigned reports = 0;
    for (unsigned i = 0; i < VN_PAUSES; i++) {
        struct vn_pause *q = &m->pauses[(begin + i) % VN_PAUSES];
        reports += q->state != VN_PAUSE_FREE && q->reported;
        if (q->state != VN_PAUSE_MEETING && (!place || worth(q) < worth(place)))
            place = q;
    }
    if (reported && (reports >= VN_PAUSES_REPORTED || !place || worth(place) > 0))
        return NULL;
    return place;
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

/* What the other's answer means for the prefix. */
static void judge(struct vn_ask *ask, struct vn_prefix *p, struct vn_pause *pause, int code) {
    vname_manager *m = ask->manager;
    struct vname_record record;
    const int good = vn_ask_record(ask, &record);
    if (code == VMTP_OK && good && record.manager == ask->peer && (record.flags & VNAME_RELEASED)) {
        m->counters.meets_won++;
        vn_heard_note(m, &record);
        if (pause)
            pause->state = VN_PAUSE_FREE;
    } else if (code == VNAME_HELD && good && is_holders(ask, &record) && vname_record_beats(&record, &p->kept.record)) {
        vn_yield(p, &record);
    } else {
        m->counters.answers_odd++;
    }
}

static void met(struct vn_ask *ask, int result) {
    vname_manager *m = ask->manager;
    struct vn_pause *pause = pause_with(m, ask->peer, ask->serial);
    struct vn_prefix *p = vn_ask_prefix(ask);
    const int code = vn_ask_code(ask, result);
    m->meeting = 0;
    if (pause) {
        pause->state = VN_PAUSE_OVER;
        pause->until = vipc_now(m->ipc) + VN_MEET_PAUSE;
    }
    if (p && vn_is_held(p) && !result && code != VNAME_STALE)
        judge(ask, p, pause, code);
    vn_say(m);
}

void vn_meet(struct vn_prefix *p, vmtp_entity other, int reported) {
    vname_manager *m = p->manager;
    free_old(m);
    struct vn_pause *q = pause_with(m, other, p->serial);
    if (q && q->state == VN_PAUSE_WANTED)
        q->reported &= reported;
    if (q || !(q = pause_new(m, reported))) {
        m->counters.meets_held_back++;
        return;
    }
    *q = (struct vn_pause){.state = VN_PAUSE_WANTED, .reported = reported, .peer = other, .serial = p->serial};
    vn_say(m);
}

static struct vn_prefix *prefix_with(vname_manager *m, uint64_t serial) {
    for (struct vn_prefix *p = m->prefixes; p < vn_prefixes_end(m); p++)
        if (vn_is_held(p) && p->serial == serial)
            return p;
    return NULL;
}

/* Whom to meet first; *about: because of which prefix. */
static struct vn_pause *next_wanted(vname_manager *m, struct vn_prefix **about) {
    struct vn_pause *best = NULL;
    const unsigned begin = (unsigned)(vipc_random(m->ipc) % VN_PAUSES);
    for (unsigned i = 0; i < VN_PAUSES; i++) {
        struct vn_pause *q = &m->pauses[(begin + i) % VN_PAUSES];
        struct vn_prefix *p = q->state == VN_PAUSE_WANTED ? prefix_with(m, q->serial) : NULL;
        if (q->state == VN_PAUSE_WANTED && !p)
            q->state = VN_PAUSE_FREE;
        else if (p && (!best || worth(q) > worth(best))) {
            best = q;
            *about = p;
        }
    }
    return best;
}

void vn_meet_next(vname_manager *m) {
    struct vn_prefix *p = NULL;
    struct vn_pause *q = next_wanted(m, &p);
    if (!q)
        return;
    if (!vn_ask(m, p, q->peer, VNAME_MEET, 0, &p->kept.record, met)) {
        vipc_timer_set(m->ipc, &m->out_timer, vipc_now(m->ipc) + VN_SEND_AGAIN);
        return;
    }
    q->state = VN_PAUSE_MEETING;
    m->meeting = 1;
    m->counters.meets_sent++;
}

void vn_on_meet(vname_manager *m, struct vipc_incoming *in) {
    struct vname_record record;
    if (!vn_request_record(m, in, &record))
        return;
    struct vn_prefix *p = vn_prefix_of(m, &record);
    m->counters.meets_heard++;
    if (record.manager == m->service.entity || vn_same_group(m, &record) || record.manager != in->client ||
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
