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
#define MOST 4u /* times that an interval is made longer at once */
/* So many whole groups show that a gap is long enough, if for so long nothing else is heard. */
#define SURE 4u
#define SURE_TIME (25 * VMTP_MILLISECOND)
/* One packet lost of so many may be chance; and so many more may be luck, fewer while a shorter gap is tried. */
#define CHANCE 32u
#define LUCK 5u
#define LUCK_TRIED 3u
#define LUCK_GUESSED 1u
#define LONG_AGO 4096u /* packets */

/* What became of a packet group. */
struct group {
    unsigned sent, lost; /* packets */
    unsigned before;     /* of whole groups before it that have not been counted yet */
    int guess;           /* some were lost: how many is not known */
    int wants;           /* it is a guess, and the receiver asks for the longest gap that it can ask for */
    int again;           /* they were sent because others had been lost */
    vmtp_time since;     /* when the first was sent */
};

static struct group judge(const struct vmtp_engine *e, uint32_t sent, uint32_t have, vmtp_time since) {
    struct group g = {.since = since};
    uint32_t each = e->room / VMTP_BLOCK_OCTETS;
    g.sent = ((unsigned)__builtin_popcount(sent) + each - 1u) / each;
    g.lost = ((unsigned)__builtin_popcount(sent & ~have) + each - 1u) / each;
    return g;
}

/* What is lost beyond chance is kept in mind until what is sent makes up for it. */
static void add(struct rate *r, unsigned sent, unsigned lost) {
    r->sent += sent;
    r->lost += lost;
    if (r->lost * CHANCE <= r->sent)
        r->sent = r->lost = 0;
    if (r->sent > LONG_AGO) {
        r->sent /= 2u;
        r->lost /= 2u;
    }
}

static int beyond(const struct rate *r, unsigned luck) { return r->lost * CHANCE >= r->sent + luck * CHANCE; }

/* What is too slow, be it the receiver or something between, loses a share of all that is sent, or much at once. */
static int overrun(const struct rate *r, const struct group *g) {
    return beyond(r, LUCK) || (g->lost > 2u && g->lost * 4u > g->sent);
}

/* A shorter gap than was good has to show soon that it is good as well. */
static int failed(const struct rate *r, const struct group *g) {
    return overrun(r, g) || beyond(r, g->guess ? LUCK_GUESSED : LUCK_TRIED);
}

static void set_gap(struct rate *r, uint32_t gap, vmtp_time now) {
    r->gap = gap;
    r->since = now;
    r->clean = 0;
    r->sent = r->lost = 0; /* what was lost at another gap says nothing of this one */
}

/* This gap was too short, and so is what was too short before: none of these is tried for a while. */
static void avoid(struct rate *r, uint32_t gap, vmtp_time now) {
    if (r->patience < PATIENCE_LEAST)
        r->patience = PATIENCE_LEAST;
    if (r->patience > PATIENCE_MOST)
        r->patience = PATIENCE_MOST;
    r->probe_at = now + r->patience;
    if (r->bad < gap + 1u)
        r->bad = gap + 1u;
    r->stride = 0;
}

/* As much longer as is lost now. */
static uint32_t longer(const struct rate *r, const struct group *g, uint32_t gap) {
    uint32_t interval = UNIT + gap, came = r->sent - r->lost, wanted = interval * MOST,
             least = interval + (interval + 15u) / 16u;
    if (g->guess)
        wanted = interval + interval / 3u;
    else if (interval * r->sent < wanted * came)
        wanted = interval * r->sent / came;
    return (wanted > least ? wanted : least) - UNIT;
}

/* in_force: the gap there was, which the other side's wish may have made longer than ours. */
static void lengthen(struct rate *r, const struct group *g, uint32_t in_force, uint32_t limit, vmtp_time now) {
    int tried = in_force < r->good; /* there is a gap that did */
    uint32_t gap = tried ? r->good : longer(r, g, in_force);
    r->base = in_force;
    r->patience = tried ? r->patience * 2u : PATIENCE_LEAST;
    avoid(r, in_force, now);
    r->good = gap < limit ? gap : limit;
    if (!tried)
        r->told = r->good;
    set_gap(r, r->good, now);
}

/* So long a gap may bad luck bring about: its receiver is not to suffer much by it, unless only guesses tell what it needs. */
static uint32_t bound(const struct rate *r, const struct group *g) {
    uint32_t base = UNIT + r->base, told = UNIT + r->told, most = told + told / 16u;
    base = g->wants ? base * 4u : base + base / (g->guess ? 2u : 4u);
    return (r->base && base > most ? base : most) - UNIT;
}

/*
 * Bad luck, or a gap that is a little too short: it costs little to make it a little longer.  But where nothing has come too fast it is bad
 * luck, and any gap would hold us to the speed that the network claims to have.
 */
static void nudge(struct rate *r, const struct group *g, uint32_t limit, vmtp_time now) {
    uint32_t gap = r->gap + (UNIT + r->gap) / 32u;
    if (gap > limit || gap > bound(r, g) || (!r->told && !r->base && !g->guess))
        return;
    avoid(r, r->gap, now);
    r->good = r->gap = gap;
    r->since = now;
}

/* The gap has been long enough for a while.  A shorter one? */
static void shorten(struct rate *r, vmtp_time now) {
    uint32_t interval = UNIT + r->gap, bad = r->bad ? UNIT + r->bad - 1u : 0, floor = bad + bad / 32u + 1u, next;
    if (bad && interval <= bad) /* what was too short is so no more */
        bad = r->bad = 0;
    r->good = r->gap;
    r->base = r->base < r->gap ? r->base : r->gap;
    r->told = r->told < r->gap ? r->told : r->gap;
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
    add(r, g->before, 0);
    add(r, g->sent, g->lost);
    int tried = in_force < r->good;
    if (tried ? failed(r, g) : overrun(r, g))
        lengthen(r, g, in_force, limit, now);
    else if (!tried)
        nudge(r, g, limit, now);
    p->touched = now;
    count(e, p, out, in);
}

static void whole(struct vmtp_engine *e, struct pace *p, struct rate *r, const struct group *g, vmtp_time now) {
    int out = p->out.gap > 0, in = p->in.gap > 0;
    if (g->since < r->since || g->sent < 2u || g->again)
        return;
    add(r, g->sent, 0);
    if ((r->gap || r->good) && ++r->clean >= SURE && now - r->since >= SURE_TIME)
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
        memset(s->run->lossy, 0, sizeof s->run->lossy);
    }
    vmtp_time packet = (vmtp_time)e->packet_time * (octets + VMTP_MIN_PACKET) / e->config.mtu;
    return packet + (own > s->gap ? own : s->gap);
}

/* before: groups that were whole since the last loss. */
static void told_of_loss(struct vmtp_engine *e, struct sender *s, unsigned before, uint32_t delivery, vmtp_time now) {
    struct group g = judge(e, s->flight, delivery, s->since);
    g.before = before * g.sent;
    if (!shows_loss(&g))
        return;
    struct pace *p = make(e, s->mac);
    uint32_t asked = units(e, s->gap);
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
    s->lossy = 1;
    told_of_loss(e, s, 0, delivery, now);
}

void veng_pace_got(struct vmtp_engine *e, struct sender *s, vmtp_time now) { told_of_all(e, s, s->lossy, now); }

/* ---- runs ---- */

static uint32_t *lossy_word(const struct sender *s, unsigned group) { return &s->run->lossy[group / 32u]; }

/* What went before the gap became what it is says nothing of it; that is all, if nothing has been sent since. */
static void of_group(const struct vmtp_engine *e, struct sender *s, unsigned group, int again, vmtp_time now) {
    const struct pace *p = find(e, s->mac);
    int old = p && p->out.gap && s->epoch != p->out.since;
    s->flight = run_all(s->run, group);
    s->since = !old && (group >= s->fresh || again) ? now : 0;
}

void veng_pace_run_loss(struct vmtp_engine *e, struct sender *s, unsigned group, uint32_t delivery, vmtp_time now) {
    uint32_t bit = (uint32_t)1 << group % 32u;
    int again = (*lossy_word(s, group) & bit) != 0;
    of_group(e, s, group, again, now);
    told_of_loss(e, s, group > s->lossy ? group - s->lossy : 0, delivery, now);
    *lossy_word(s, group) |= bit;
    if (group >= s->lossy)
        s->lossy = (uint16_t)(group + 1u);
    s->flight = 0;
}

/* Groups from this one to before the end were acknowledged. */
void veng_pace_run_whole(struct vmtp_engine *e, struct sender *s, unsigned group, unsigned end, vmtp_time now) {
    for (; e->pace_used && group < end; group++) {
        of_group(e, s, group, 0, now);
        told_of_all(e, s, *lossy_word(s, group) >> group % 32u & 1u, now);
        if (group >= s->lossy && find(e, s->mac))
            s->lossy = (uint16_t)(group + 1u);
    }
    s->flight = 0;
}

void veng_pace_redone(struct vmtp_engine *e, const struct remote *r, int all, uint32_t lacks, vmtp_time now) {
    uint32_t size = r->code & VMTP_SDA ? r->words[6] : 0, blocks = vmtp_blocks_mask(size);
    struct pace *p = all ? find(e, r->mac) : make(e, r->mac);
    struct group g = judge(e, blocks, blocks & ~lacks, r->timer.expiry - e->config.timers.ts4);
    if (!p || g.sent < 2u)
        return;
    if (!all) {
        g.guess = !lacks;
        g.wants = g.guess && r->gap == WISH_MOST;
        g.lost = lacks ? g.lost : g.wants ? 2u : 1u;
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
