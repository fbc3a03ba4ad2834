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
#define WISH_MOST 255u        /* what a Request has room for */
#define PATIENCE_LEAST (500 * VMTP_MILLISECOND)
#define PATIENCE_MOST (2 * VMTP_SECOND)
#define SURE 4u /* whole groups that show that a gap is long enough */

/* What became of a packet group. */
struct group {
    unsigned sent, lost; /* packets */
    unsigned tail;       /* of these, when they are the last ones and nothing else was lost */
    int guess;           /* one lost at least: how many is not known */
    unsigned run;        /* 1: of a run */
    int again;           /* they were sent because others had been lost */
    vmtp_time since;     /* when the first was sent */
};

static struct group judge(const struct vmtp_engine *e, uint32_t sent, uint32_t have, vmtp_time since) {
    struct group g = {.since = since};
    uint32_t each = e->room / VMTP_BLOCK_OCTETS, missing = sent & ~have;
    unsigned blocks = (unsigned)__builtin_popcount(missing);
    g.sent = ((unsigned)__builtin_popcount(sent) + each - 1u) / each;
    g.lost = (blocks + each - 1u) / each;
    g.tail = sent & have & ~((missing & (0u - missing)) - 1u) ? 0 : g.lost;
    return g;
}

/* Groups in a row, up to the last one, that lost something. */
static unsigned in_a_row(const struct rate *r) {
    unsigned count = 0;
    for (uint32_t h = r->history; h & 15u; h >>= 4)
        count++;
    return count;
}

/* Packets lost of the last eight groups, of which 15 each are counted. */
static unsigned lost_lately(const struct rate *r) {
    unsigned sum = 0;
    for (uint32_t h = r->history; h; h >>= 4)
        sum += h & 15u;
    return sum;
}

/*
 * One packet lost now and then is bad luck.  What is too slow, be it the receiver or something between, loses the last ones, or
 * many, or some of each group.  In a run there are so many groups that chance brings much of that, and a loss costs little time.
 */
static int overrun(const struct rate *r, const struct group *g) {
    if (g->lost > 2u && g->lost * 4u >= g->sent + g->run)
        return 1;
    if (!g->run)
        return g->tail > 1u || (!g->again && in_a_row(r) >= 4u);
    return g->tail > 2u || (!g->again && (in_a_row(r) >= 6u || lost_lately(r) >= 4u + g->sent * 8u / 21u));
}

/* A shorter gap than was good has to show at once that it is good as well. */
static int failed(const struct rate *r, const struct group *g) {
    return !g->run || g->lost > 1u || (r->history & ~0xfu);
}

static void set_gap(struct rate *r, uint32_t gap, vmtp_time now) {
    r->gap = gap;
    r->since = now;
    r->clean = 0;
    r->history = 0; /* what was lost at another gap says nothing of this one */
}

/* in_force: the gap there was, which the other side's wish may have made longer than ours. */
static void lengthen(struct rate *r, const struct group *g, uint32_t in_force, uint32_t limit, vmtp_time now) {
    if (overrun(r, g))
        r->base = in_force;
    uint32_t interval = UNIT + in_force, came = g->sent - g->lost, wanted = interval * 2u;
    int tried = in_force < r->good; /* there is a gap that did */
    if (g->guess)
        wanted = interval + interval / 3u;
    else if (came && interval * g->sent / came < wanted)
        wanted = interval * g->sent / came;
    if (wanted < interval + (interval + 15u) / 16u)
        wanted = interval + (interval + 15u) / 16u;
    wanted = tried ? r->good : wanted - UNIT > limit ? limit : wanted - UNIT;
    r->patience = tried ? r->patience * 2u : PATIENCE_LEAST;
    if (r->patience < PATIENCE_LEAST || r->patience > PATIENCE_MOST)
        r->patience = r->patience > PATIENCE_MOST ? PATIENCE_MOST : PATIENCE_LEAST;
    r->probe_at = now + r->patience;
    if (!tried || r->bad < in_force + 1u) /* what was too short before is so still */
        r->bad = in_force + 1u;
    r->good = wanted;
    r->stride = 0;
    set_gap(r, wanted, now);
}

/* Bad luck, or a gap that is a little too short: it costs little to make it a little longer. */
static void nudge(struct rate *r, uint32_t limit) {
    uint32_t least = UNIT + r->base, most = least + least / (r->base ? 4u : 16u) - UNIT,
             gap = r->gap + (UNIT + r->gap) / 32u;
    r->clean = 0;
    if (gap <= most && gap <= limit)
        r->good = r->gap = gap;
}

/* The gap has been long enough for a while.  A shorter one? */
static void shorten(struct rate *r, vmtp_time now) {
    uint32_t interval = UNIT + r->gap, bad = r->bad ? UNIT + r->bad - 1u : 0, floor = bad + bad / 32u + 1u, next;
    if (bad && interval <= bad) /* what was too short is so no more */
        bad = r->bad = 0;
    r->good = r->gap;
    r->base = r->base < r->gap ? r->base : r->gap;
    r->clean = 0;
    if (!r->gap)
        return;
    if (!bad) {
        next = interval - (interval >> (r->stride > 3u ? 1u : 4u - r->stride));
        r->stride++;
        r->patience = r->stride > 2u ? 0 : r->patience;
    } else if (interval > floor) {
        next = interval - (interval - floor + 1u) / 2u;
    } else if (now >= r->probe_at) {
        next = bad - bad / 16u;
    } else {
        return;
    }
    set_gap(r, next > UNIT ? next - UNIT : 0, now);
}

/* ---- the two rates of a node ---- */

static void count(struct vmtp_engine *e, const struct pace *p, int out, int in) {
    e->paced += (uint32_t)((p->out.gap > 0) - out);
    e->wished += (uint32_t)((p->in.gap > 0) - in);
}

static void lost(struct vmtp_engine *e, struct pace *p, struct rate *r, const struct group *g, uint32_t in_force,
                 vmtp_time now) {
    int out = p->out.gap > 0, in = p->in.gap > 0;
    uint32_t limit = r == &p->in ? WISH_MOST : GAP_MOST;
    if (g->since < r->since) /* it was sent at another gap */
        return;
    if (!g->again)
        r->history = r->history << 4 | (g->lost > 15u ? 15u : g->lost);
    if (overrun(r, g) || (in_force < r->good && failed(r, g)))
        lengthen(r, g, in_force, limit, now);
    else
        nudge(r, limit);
    p->touched = now;
    count(e, p, out, in);
}

static void whole(struct vmtp_engine *e, struct pace *p, struct rate *r, const struct group *g, vmtp_time now) {
    int out = p->out.gap > 0, in = p->in.gap > 0;
    if (g->since < r->since || g->sent < 2u || g->again)
        return;
    r->history <<= 4;
    if ((r->gap || r->good) && ++r->clean >= SURE)
        shorten(r, now);
    p->touched = now;
    count(e, p, out, in);
}

/* Does it show that packets were lost, but not that nobody was there? */
static int shows_loss(const struct group *g) { return g->sent > 1u && g->lost && g->lost < g->sent; }

/* ---- what we send ---- */

static uint32_t units(const struct vmtp_engine *e, vmtp_time gap) {
    return e->packet_time ? (uint32_t)(gap * UNIT / e->packet_time) : 0;
}

struct lane *veng_pace_lane(struct vmtp_engine *e, const struct sender *s) {
    struct pace *p = s->gap ? make(e, s->mac) : find(e, s->mac);
    return p && (s->gap || p->out.gap) ? &p->lane : &e->fast;
}

vmtp_time veng_pace_step(const struct vmtp_engine *e, struct sender *s, uint32_t octets) {
    const struct pace *p = find(e, s->mac);
    vmtp_time own = p ? (vmtp_time)p->out.gap * e->packet_time / UNIT : 0;
    if (p && s->run && s->epoch != p->out.since) {
        s->epoch = p->out.since;
        s->fresh = s->run->next;
    }
    vmtp_time packet = (vmtp_time)e->packet_time * (octets + VMTP_MIN_PACKET) / e->config.mtu;
    return packet + (own > s->gap ? own : s->gap);
}

/* before: groups that were whole since the last loss. */
static void told_of_loss(struct vmtp_engine *e, struct sender *s, int again, unsigned before, uint32_t delivery,
                         vmtp_time now) {
    struct group g = judge(e, s->flight, delivery, s->since);
    g.again = again;
    g.run = s->run != NULL;
    if (!shows_loss(&g))
        return;
    struct pace *p = make(e, s->mac);
    uint32_t asked = units(e, s->gap);
    p->out.history = before > 7u ? 0 : p->out.history << 4u * before;
    lost(e, p, &p->out, &g, asked > p->out.gap ? asked : p->out.gap, now);
}

static void told_of_all(struct vmtp_engine *e, const struct sender *s, int again, vmtp_time now) {
    struct pace *p = find(e, s->mac);
    struct group g = judge(e, s->flight, s->flight, s->since);
    g.again = again;
    if (p && units(e, s->gap) <= p->out.gap) /* else it shows nothing of our gap */
        whole(e, p, &p->out, &g, now);
}

void veng_pace_lost(struct vmtp_engine *e, struct sender *s, uint32_t delivery, vmtp_time now) {
    int again = s->lossy;
    s->lossy = 1;
    told_of_loss(e, s, again, 0, delivery, now);
}

void veng_pace_got(struct vmtp_engine *e, struct sender *s, vmtp_time now) { told_of_all(e, s, s->lossy, now); }

/* ---- runs ---- */

static uint32_t *lossy_word(const struct sender *s, unsigned group) { return &s->run->lossy[group / 32u]; }

/* Groups that went before the gap became what it is say nothing of it. */
static void of_group(struct sender *s, unsigned group, vmtp_time now) {
    s->flight = run_all(s->run, group);
    s->since = group >= s->fresh ? now : 0;
}

void veng_pace_run_loss(struct vmtp_engine *e, struct sender *s, unsigned group, uint32_t delivery, vmtp_time now) {
    uint32_t bit = (uint32_t)1 << group % 32u;
    int again = (*lossy_word(s, group) & bit) != 0;
    of_group(s, group, now);
    told_of_loss(e, s, again, group > s->lossy ? group - s->lossy : 0, delivery, now);
    *lossy_word(s, group) |= bit;
    s->lossy = (uint16_t)(group + 1u);
    s->flight = 0;
}

/* Groups from this one to before the end were acknowledged. */
void veng_pace_run_whole(struct vmtp_engine *e, struct sender *s, unsigned group, unsigned end, vmtp_time now) {
    for (; e->pace_used && group < end; group++) {
        of_group(s, group, now);
        told_of_all(e, s, *lossy_word(s, group) >> group % 32u & 1u, now);
    }
    s->flight = 0;
}

void veng_pace_redone(struct vmtp_engine *e, const struct remote *r, int all, uint32_t lacks, vmtp_time now) {
    uint32_t size = r->code & VMTP_SDA ? r->words[6] : 0, blocks = vmtp_blocks_mask(size);
    struct pace *p = all ? find(e, r->mac) : make(e, r->mac);
    struct group g = judge(e, blocks, blocks & ~lacks, now - e->config.timers.tc3);
    if (!p || g.sent < 2u)
        return;
    if (!all) {
        g.guess = !lacks;
        g.lost = lacks ? g.lost : 1;
        if (!shows_loss(&g))
            return;
        lost(e, p, &p->out, &g, r->gap > p->out.gap ? r->gap : p->out.gap, now);
    } else if (r->gap <= p->out.gap) {
        whole(e, p, &p->out, &g, now);
    }
}

/* ---- what we ask for ---- */

void veng_pace_ask(const struct vmtp_engine *e, struct sender *s) {
    const struct pace *p = find(e, s->mac);
    uint32_t gap = p ? p->in.gap : 0, control = vmtp_get_control(s->header);
    if (gap > vmtp_get_gap(s->header)) /* the caller may have asked for more */
        vmtp_put_control(s->header, (control & ~0xff00u) | gap << 8);
}

static vmtp_time asked_at(const struct vmtp_engine *e, const struct slot *s) {
    const struct call *c = call_at(e, s->call);
    return c->sent_at[c->retransmits & 7u];
}

void veng_pace_missed(struct vmtp_engine *e, struct slot *s, vmtp_time now) {
    struct group g = judge(e, s->want, s->have, asked_at(e, s));
    g.run = s->run != NULL;
    if (s->missed || !shows_loss(&g))
        return;
    s->missed = 1;
    struct pace *p = make(e, s->mac);
    lost(e, p, &p->in, &g, p->in.gap, now);
}

void veng_pace_arrived(struct vmtp_engine *e, const struct slot *s, vmtp_time now) {
    struct pace *p = find(e, s->mac);
    struct group g = judge(e, s->want, s->want, asked_at(e, s));
    if (p)
        whole(e, p, &p->in, &g, now);
}
