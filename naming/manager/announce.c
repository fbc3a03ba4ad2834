/* SPDX-License-Identifier: BSD-2-Clause */
/* What is announced when.  Announcements come from the manager's own entity, which has one call at a time; what there is to be said is noted at
 * each prefix, so that several things become one datagram. */
#include "internal.h"

#include <string.h>

static int wants(const struct vn_prefix *p, uint32_t reason) {
    static const uint32_t sayings[] = {
        [VNAME_REASON_HELD] = VN_SAY_HELD, [VNAME_REASON_DEFEND] = VN_SAY_DEFEND, [VNAME_REASON_HEARTBEAT] = VN_SAY_BEAT};
    if (!p->used)
        return 0;
    if (reason == VNAME_REASON_RELEASED)
        return p->state == VNAME_PREFIX_LEAVING;
    return p->state == VNAME_PREFIX_HELD && (p->saying & sayings[reason]);
}

static void said(struct vn_prefix *p, uint32_t reason) {
    switch (reason) {
    case VNAME_REASON_RELEASED: vn_prefix_free(p); break;
    case VNAME_REASON_HELD: p->saying &= ~(uint32_t)VN_SAY_HELD; break;
    case VNAME_REASON_DEFEND: p->saying &= ~(uint32_t)VN_SAY_DEFEND; break;
    default: p->saying &= ~(uint32_t)VN_SAY_BEAT; break;
    }
}

/* The most urgent reason for which somebody has something to say; 1, or 0. */
static int next_reason(vname_manager *m, uint32_t *reason) {
    static const uint32_t order[] = {VNAME_REASON_RELEASED, VNAME_REASON_DEFEND, VNAME_REASON_HELD,
                                     VNAME_REASON_HEARTBEAT};
    for (size_t i = 0; i < sizeof order / sizeof *order; i++)
        for (struct vn_prefix *p = m->prefixes; p < vn_prefixes_end(m); p++)
            if (wants(p, order[i])) {
                *reason = order[i];
                return 1;
            }
    return 0;
}

/* As many records as fit. */
static uint32_t collect(vname_manager *m, uint32_t reason, int mark) {
    uint32_t size = 0;
    for (struct vn_prefix *p = m->prefixes; p < vn_prefixes_end(m); p++) {
        uint32_t octets = wants(p, reason) ? vname_record_octets(&p->kept.record) : 0;
        if (!octets || size + octets > sizeof m->out_octets)
            continue;
        size += vname_record_encode(m->out_octets + size, sizeof m->out_octets - size, &p->kept.record);
        if (mark)
            said(p, reason);
    }
    return size;
}

static void sent(struct vipc_call *call, int result) {
    (void)result; /* a datagram */
    vn_say(call->context);
}

static void say_again(struct vipc_timer *timer) { vn_say(timer->context); }

void vn_say(vname_manager *m) {
    uint32_t reason;
    if (m->out.ipc || m->out_timer.ipc || m->meeting)
        return;
    if (!next_reason(m, &reason)) {
        vn_meet_next(m);
        return;
    }
    memset(&m->out, 0, sizeof m->out);
    m->out.message.server = reason == VNAME_REASON_HEARTBEAT ? VNAME_WATCHERS : VNAME_HANDLERS;
    m->out.message.code = VNAME_ANNOUNCE | VMTP_DGM;
    m->out.message.words[0] = reason;
    m->out.segment = m->out_octets;
    m->out.segment_size = collect(m, reason, 0);
    m->out.deadline = VMTP_NEVER;
    m->out.client = m->service.entity;
    m->out.done = sent;
    m->out.context = m;
    if (vipc_start(m->ipc, &m->out) < 0) { /* another call of the entity is under way, or the node has no room */
        m->counters.send_failures++;
        vipc_timer_set(m->ipc, &m->out_timer, vipc_now(m->ipc) + VN_SEND_AGAIN);
        return;
    }
    m->counters.announcements_sent++;
    m->counters.heartbeats_sent += reason == VNAME_REASON_HEARTBEAT;
    (void)collect(m, reason, 1);
}

void vn_say_all(vname_manager *m, uint32_t what) {
    for (struct vn_prefix *p = m->prefixes; p < vn_prefixes_end(m); p++)
        if (vn_is_held(p))
            p->saying |= what;
    vn_say(m);
}

/* ---- times -------------------------------------------------------------------------------------------------- */

void vn_again(vname_manager *m) {
    vipc_timer_set(m->ipc, &m->again, vipc_now(m->ipc) + VN_AGAIN_LEAST + vipc_random(m->ipc) % (VN_AGAIN_RANDOM + 1));
}

static void again(struct vipc_timer *timer) {
    vname_manager *m = timer->context;
    vn_alive(m);
    vn_again(m);
    vn_say_all(m, VN_SAY_HELD);
}

static void tick(struct vipc_timer *timer) {
    vname_manager *m = timer->context;
    vn_alive(m);
    vn_cover_sweep(m);
    if (m->joined)
        vipc_timer_set(m->ipc, &m->tick, vipc_now(m->ipc) + VN_TICK);
}

void vn_alive(vname_manager *m) {
    const vmtp_time now = vipc_now(m->ipc), before = m->alive;
    m->alive = now;
    if (!m->joined || now - before < VN_STOPPED)
        return;
    m->counters.stops++;
    vn_cover_stopped(m, now - before);
    vn_say_all(m, VN_SAY_HELD);
}

static void beat(struct vipc_timer *timer) {
    vname_manager *m = timer->context;
    const vmtp_time now = vipc_now(m->ipc);
    vn_alive(m);
    if (now >= m->watched_until)
        return;
    vipc_timer_set(m->ipc, &m->beat, now + VN_HEARTBEAT);
    vn_say_all(m, VN_SAY_BEAT);
}

void vn_watch(vname_manager *m, uint32_t seconds) {
    const vmtp_time now = vipc_now(m->ipc);
    const vmtp_time until = now + (seconds < VN_WATCH_SECONDS ? seconds : VN_WATCH_SECONDS) * VMTP_SECOND;
    if (until > m->watched_until)
        m->watched_until = until;
    if (!m->beat.ipc && now < m->watched_until)
        vipc_timer_set(m->ipc, &m->beat, now + VN_HEARTBEAT);
}

void vn_announce_init(vname_manager *m) {
    m->out_timer.fire = say_again;
    m->tick.fire = tick;
    m->again.fire = again;
    m->beat.fire = beat;
    m->out_timer.context = m->tick.context = m->again.context = m->beat.context = m;
    m->alive = vipc_now(m->ipc);
}
