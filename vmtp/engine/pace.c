/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pace.c - rate control: how far apart packets to a node are, and how far apart it is asked to send its own (spec/vmtp.md
 * section 12; RFC 1045 section 2.5.6).
 *
 * A node that has lost nothing is not remembered.  The first packets that it lost make an entry, which stays until another node
 * needs the place.
 */
#include "internal.h"

/* ---- the nodes that have lost something ---- */

static struct pace *set_of(const struct vmtp_engine *e, const uint8_t *mac) {
    uint64_t key = (uint64_t)vmtp_load32(mac) << 16 | (uint32_t)mac[4] << 8 | mac[5];
    key = (key ^ e->key[0]) * 0x9e3779b97f4a7c15u;
    return e->paces + (size_t)((uint32_t)(key >> 40) & e->pace_mask) * VENG_PACE_WAYS;
}

static struct pace *find(const struct vmtp_engine *e, const uint8_t *mac) {
    struct pace *set = set_of(e, mac);
    for (unsigned i = 0; i < VENG_PACE_WAYS; i++)
        if (set[i].used && memcmp(set[i].mac, mac, 6) == 0)
            return &set[i];
    return NULL;
}

static void forget(struct vmtp_engine *e, struct pace *p) {
    e->paced -= p->out.gap > 0;
    e->wished -= p->in.gap > 0;
    e->pace_used -= p->used;
    memset(p, 0, sizeof *p);
}

/* The entry least recently made use of gives way, unless packets wait in it; if they all do, the nodes of this set share one more. */
static struct pace *make(struct vmtp_engine *e, const uint8_t *mac) {
    struct pace *p = find(e, mac), *set = set_of(e, mac), *oldest = NULL;
    if (p)
        return p;
    for (unsigned i = 0; i < VENG_PACE_WAYS; i++)
        if (!set[i].lane.head && (!oldest || set[i].touched < oldest->touched))
            oldest = &set[i];
    if (!oldest)
        return &e->pace_others;
    forget(e, oldest);
    oldest->used = 1;
    oldest->lane.idle = 1;
    memcpy(oldest->mac, mac, 6);
    e->pace_used++;
    return oldest;
}

uint32_t veng_pace_sets(uint32_t nodes) {
    uint32_t sets = 1;
    while (sets * VENG_PACE_WAYS < nodes && sets < 65536u)
        sets *= 2;
    return sets;
}

void veng_pace_init(struct vmtp_engine *e, struct pace *memory, uint32_t sets) {
    e->paces = memory;
    e->pace_mask = sets - 1;
    e->pace_others.lane.idle = 1;
}

/* ---- the rate of one direction ---- */

#define UNIT 32u              /* a gap of this many is a packet time */
#define GAP_MOST (64u * UNIT) /* slower than that is slower than any node that takes packets at all */
#define PATIENCE_LEAST (500 * VMTP_MILLISECOND)
#define PATIENCE_MOST (8 * VMTP_SECOND)
#define SURE 4u /* whole groups that show that a gap is long enough */

struct group {
    unsigned sent, lost; /* packets */
    int tail;            /* what was lost are the last ones, two at least */
};

static struct group judge(const struct vmtp_engine *e, uint32_t sent, uint32_t have) {
    struct group g = {0};
    uint32_t each = e->room / VMTP_BLOCK_OCTETS, missing = sent & ~have;
    unsigned blocks = (unsigned)__builtin_popcount(missing), run = missing && !(sent & have & ~(missing - 1u));
    if (each > 32u)
        each = 32u;
    g.sent = ((unsigned)__builtin_popcount(sent) + each - 1u) / each;
    g.lost = (blocks + each - 1u) / each;
    g.tail = g.lost > 1u && run && (missing & (0u - missing)) > (sent & (0u - sent));
    return g;
}

/* One packet lost now and then is bad luck; several, or some in one group after the other, are too many for the receiver. */
static int overrun(const struct rate *r, const struct group *g) {
    unsigned lossy = (unsigned)__builtin_popcount(r->history & 0xfu);
    if (g->lost < 2u)
        return lossy >= 3u;
    return g->tail || g->lost * 4u >= g->sent || (r->history & 0x6u);
}

static uint32_t within(uint32_t gap) { return gap > GAP_MOST ? GAP_MOST : gap; }

/* now_used: the gap that was in force, which the other side's wish may have made longer than ours. */
static void lengthen(struct rate *r, const struct group *g, uint32_t in_force, vmtp_time now) {
    uint32_t interval = UNIT + in_force, came = g->sent - g->lost;
    uint32_t most = interval * 2u, least = interval + (interval + 7u) / 8u;
    uint32_t wanted = came ? interval * g->sent / came : most;
    wanted = wanted > most ? most : wanted < least ? least : wanted;
    int probing = in_force < r->edge + 1u && r->patience;
    r->patience = probing && r->patience * 2 < PATIENCE_MOST ? r->patience * 2
                  : probing                                  ? PATIENCE_MOST
                                                             : PATIENCE_LEAST;
    r->edge = in_force + 1u;
    r->gap = within(wanted - UNIT);
    r->probe_at = now + r->patience;
    r->clean = 0;
    r->history = 0; /* what was lost at the old gap says nothing of the new one */
}

static void shorten(struct rate *r, vmtp_time now) {
    if (++r->clean < SURE && r->edge)
        return;
    uint32_t interval = UNIT + r->gap;
    r->clean = 0;
    if (r->edge && r->gap > r->edge) { /* down to just above where it was too short */
        r->gap -= (r->gap - r->edge + 3u) / 4u;
    } else if (r->edge && now >= r->probe_at && r->gap == r->edge) { /* is it still? */
        uint32_t step = (interval + 15u) / 16u;
        r->gap = r->gap > step ? r->gap - step : 0;
    } else if (r->gap < r->edge) { /* it is not */
        r->edge = 0;
        r->patience = 0;
    }
    if (!r->edge)
        r->gap -= r->gap < (interval + 7u) / 8u ? r->gap : (interval + 7u) / 8u;
}

static void count(struct vmtp_engine *e, struct pace *p, int out, int in) {
    e->paced += (unsigned)((p->out.gap > 0) - out);
    e->wished += (unsigned)((p->in.gap > 0) - in);
}

static void lost(struct vmtp_engine *e, struct pace *p, struct rate *r, const struct group *g, uint32_t in_force,
                 vmtp_time now) {
    int out = p->out.gap > 0, in = p->in.gap > 0;
    if (now > p->touched)
        p->touched = now;
    r->history = (uint8_t)(r->history << 1 | 1u);
    r->clean = 0;
    if (overrun(r, g))
        lengthen(r, g, in_force, now);
    count(e, p, out, in);
}

static void whole(struct vmtp_engine *e, struct pace *p, struct rate *r, vmtp_time now) {
    int out = p->out.gap > 0, in = p->in.gap > 0;
    if (now > p->touched)
        p->touched = now;
    r->history = (uint8_t)(r->history << 1);
    if (r->gap)
        shorten(r, now);
    count(e, p, out, in);
}

/* ---- what we send ---- */

static uint32_t units(const struct vmtp_engine *e, vmtp_time gap) {
    return e->packet_time ? (uint32_t)(gap * UNIT / e->packet_time) : 0;
}

struct lane *veng_pace_lane(struct vmtp_engine *e, const struct sender *s) {
    struct pace *p = s->gap ? make(e, s->mac) : find(e, s->mac);
    return p && (s->gap || p->out.gap) ? &p->lane : &e->fast;
}

vmtp_time veng_pace_gap(const struct vmtp_engine *e, const uint8_t mac[6]) {
    const struct pace *p = e->paced ? find(e, mac) : NULL;
    return p ? (vmtp_time)p->out.gap * e->packet_time / UNIT : 0;
}

vmtp_time veng_pace_step(const struct vmtp_engine *e, const struct sender *s, uint32_t octets) {
    vmtp_time own = veng_pace_gap(e, s->mac);
    vmtp_time packet = (vmtp_time)e->packet_time * (octets + VMTP_MIN_PACKET) / e->config.mtu;
    return packet + (own > s->gap ? own : s->gap);
}

void veng_pace_lost(struct vmtp_engine *e, struct sender *s, uint32_t delivery, vmtp_time now) {
    struct group g = judge(e, s->flight, delivery);
    if (g.sent < 2u || g.lost == g.sent) /* of which nothing came may have come to nobody */
        return;
    struct pace *p = make(e, s->mac);
    uint32_t asked = units(e, s->gap);
    lost(e, p, &p->out, &g, asked > p->out.gap ? asked : p->out.gap, now);
}

void veng_pace_got(struct vmtp_engine *e, struct sender *s, vmtp_time now) {
    struct pace *p = find(e, s->mac);
    if (!p || judge(e, s->flight, s->flight).sent < 2u || units(e, s->gap) > p->out.gap) /* it shows nothing of our gap */
        return;
    whole(e, p, &p->out, now);
}

/* ---- what we ask for ---- */

void veng_pace_ask(const struct vmtp_engine *e, struct sender *s) {
    const struct pace *p = find(e, s->mac);
    uint32_t gap = p ? p->in.gap : 0, control = vmtp_get_control(s->header);
    if (gap > 255u)
        gap = 255u;
    if (gap > vmtp_get_gap(s->header)) /* the caller may have asked for more */
        vmtp_put_control(s->header, (control & ~0xff00u) | gap << 8);
}

void veng_pace_missed(struct vmtp_engine *e, struct slot *s, vmtp_time now) {
    struct group g = judge(e, s->want, s->have);
    if (s->missed || g.sent < 2u || !g.lost || g.lost == g.sent)
        return;
    s->missed = 1;
    struct pace *p = make(e, s->mac);
    lost(e, p, &p->in, &g, p->in.gap, now);
}

void veng_pace_arrived(struct vmtp_engine *e, const struct slot *s, vmtp_time now) {
    struct pace *p = find(e, s->mac);
    if (p && judge(e, s->want, s->want).sent > 1u)
        whole(e, p, &p->in, now);
}
