/* SPDX-License-Identifier: BSD-2-Clause */
/* run.c - which packet groups of a large message are to be sent, have come, are missing (spec/vmtp.md section 13.3). */
#include "run.h"

#define NONE UINT32_MAX

static void begin(struct run *r, uint32_t size) {
    r->size = size;
    r->groups = (uint16_t)run_groups(size);
    r->base = r->next = r->told = r->seen = 0;
    r->timed = r->probed = 0;
    memset(&r->rtt, 0, sizeof r->rtt);
}

/* ---- sending ---- */

void veng_run_send(struct run *r, uint32_t size) {
    begin(r, size);
    r->window = RUN_WINDOW_FIRST;
    memset(r->lossy, 0, sizeof r->lossy);
    for (unsigned g = 0; g < r->groups; g++) {
        r->mask[g] = run_all(r, g);
        r->lacked[g] = VMTP_GROUP_BLOCKS + 1u;
        r->asked[g] = 0;
    }
}

void veng_run_resume(struct run *r, unsigned base, unsigned next) {
    for (unsigned g = 0; g < next; g++)
        r->mask[g] = 0;
    r->base = (uint16_t)base;
    r->next = (uint16_t)next;
}

static unsigned window_end(const struct run *r) {
    unsigned end = r->base + (unsigned)r->window;
    return end < r->groups ? end : r->groups;
}

uint32_t veng_run_sendable(const struct run *r) {
    unsigned end = window_end(r);
    for (unsigned g = r->base; g < end; g++)
        if (r->mask[g])
            return g;
    return NONE;
}

/*
 * Acknowledgment is asked for twice in a window, so that it opens again before it is empty, and whenever the sender
 * would fall silent.
 */
static int asks(const struct run *r, unsigned group) {
    unsigned half = (r->window + 1u) / 2u;
    return (group + 1u) % half == 0 || veng_run_sendable(r) == NONE;
}

int veng_run_sent(struct run *r, unsigned group, uint32_t blocks, vmtp_time now) {
    r->mask[group] &= ~blocks;
    if (group >= r->next)
        r->next = (uint16_t)(group + 1u);
    if (r->mask[group] || !asks(r, group))
        return 0;
    if (!r->timed && group + 1u == r->next) {
        r->timed = r->next;
        r->timed_at = now;
    }
    return 1;
}

void veng_run_acknowledged(struct run *r, unsigned below, vmtp_time now) {
    if (below > r->next)
        below = r->next;
    r->probed = 0;
    if (below <= r->base)
        return;
    while (r->base < below)
        r->mask[r->base++] = 0;
    if (r->timed && r->timed <= below) {
        rtt_sample(&r->rtt, now - r->timed_at);
        r->timed = 0;
    }
    if (r->window < RUN_WINDOW_MAX)
        r->window++;
}

vmtp_time veng_run_patience(const struct run *r) {
    vmtp_time t = rtt_bound(&r->rtt);
    if (!t || r->probed || run_all_acknowledged(r))
        return 0;
    return t < RUN_PROBE_LEAST ? RUN_PROBE_LEAST : t;
}

int veng_run_probe(struct run *r) {
    if (!veng_run_patience(r))
        return 0;
    r->timed = 0;
    return r->probed = 1;
}

/* Times of one group, in 16 bits: those of four seconds ago look new, which costs a question more. */
#define STAMP_SHIFT 16

static void stamp(struct run *r, unsigned group, vmtp_time now) { r->stamp[group] = (uint16_t)(now >> STAMP_SHIFT); }

static vmtp_time since_stamp(const struct run *r, unsigned group, vmtp_time now) {
    return (vmtp_time)(uint16_t)((uint16_t)(now >> STAMP_SHIFT) - r->stamp[group]) << STAMP_SHIFT;
}

uint32_t veng_run_lacks(struct run *r, unsigned group, uint32_t delivery, unsigned often, vmtp_time now) {
    if (group >= r->next || group < r->base)
        return 0;
    r->probed = 0;
    if (r->asked[group] && since_stamp(r, group, now) < r->rtt.smoothed * VMTP_MICROSECOND)
        return 0; /* said before that could be there */
    stamp(r, group, now);
    uint32_t missing = run_all(r, group) & ~delivery;
    uint8_t blocks = (uint8_t)__builtin_popcount(missing);
    if (blocks < r->lacked[group]) {
        r->lacked[group] = blocks;
        r->asked[group] = 0;
    }
    if (missing & ~r->mask[group]) { /* else they are to be sent already */
        if (r->asked[group] >= often)
            return NONE;
        r->asked[group]++;
    }
    r->mask[group] |= missing;
    if (group < r->timed) /* that is sent again first: how long it takes says nothing of the way there and back */
        r->timed = 0;
    return blocks;
}

void veng_run_again(struct run *r, unsigned group) {
    if (group < r->base)
        r->base = (uint16_t)group;
    for (unsigned g = group; g < r->next; g++)
        r->mask[g] = run_all(r, g);
}

void veng_run_shrink(struct run *r) { r->window = r->window > 1 ? r->window / 2u : 1; }

/* ---- receiving ---- */

void veng_run_receive(struct run *r, uint32_t size) {
    begin(r, size);
    for (unsigned g = 0; g < r->groups; g++)
        r->mask[g] = 0;
}

uint32_t veng_run_arrived(struct run *r, unsigned group, uint32_t blocks, vmtp_time now) {
    uint32_t fresh = blocks & run_all(r, group) & ~r->mask[group];
    r->mask[group] |= fresh;
    if (fresh && r->timed == group + 1u) {
        rtt_sample(&r->rtt, now - r->timed_at);
        r->timed = 0;
    }
    while (r->base < r->groups && r->mask[r->base] == run_all(r, r->base))
        r->base++;
    return fresh;
}

static void note(struct run *r, unsigned group, vmtp_time now) {
    stamp(r, group, now);
    if (r->timed == group + 1u) /* twice: what comes may be the answer to either */
        r->timed = 0;
}

/* A group before the last seen that lacks something and has not been asked for because of that, or NONE.  Now it is. */
static uint32_t gap(struct run *r, vmtp_time now) {
    while (r->told < r->seen) {
        unsigned g = r->told++;
        if (r->mask[g] == run_all(r, g))
            continue;
        note(r, g, now);
        if (!r->timed) {
            r->timed = (uint16_t)(g + 1u);
            r->timed_at = now;
        }
        return g;
    }
    return NONE;
}

void veng_run_asked(struct run *r, vmtp_time now) {
    note(r, r->base, now);
    if (r->told <= r->base)
        r->told = (uint16_t)(r->base + 1u);
}

/*
 * Is the first group that lacks something to be asked for?  Not while what was asked for before may be on its way, unless the packet is
 * without data: then its sender waits, and nothing is.
 */
static int must_ask(struct run *r, const uint8_t *header, vmtp_time now) {
    vmtp_time patience = r->rtt.smoothed ? r->rtt.smoothed * VMTP_MICROSECOND * 9 / 8 : VMTP_NEVER;
    if (r->base < r->told && vmtp_get_delivery(header) && since_stamp(r, r->base, now) <= patience)
        return 0;
    veng_run_asked(r, now);
    return 1;
}

static struct run_answer retry(const struct run *r, uint32_t group) {
    return (struct run_answer){group, r->mask[group], VMTP_RETRY};
}

unsigned veng_run_answer(struct run *r, unsigned group, const uint8_t *header, vmtp_time now,
                         struct run_answer answers[RUN_ANSWERS]) {
    unsigned count = 0;
    uint32_t g;
    int first = 0; /* the first that lacks something is among them */
    if (group > r->seen)
        r->seen = (uint16_t)group;
    while (count < RUN_GAPS && (g = gap(r, now)) != NONE) {
        answers[count++] = retry(r, g);
        first |= g == r->base;
    }
    if (!(vmtp_get_control(header) & VMTP_APG) || (first && r->base <= group))
        return count;
    if (r->base <= group && must_ask(r, header, now))
        answers[count++] = retry(r, r->base);
    else if (r->base)
        answers[count++] = (struct run_answer){r->base - 1u, run_all(r, r->base - 1u), VMTP_OK};
    return count;
}
