/* SPDX-License-Identifier: BSD-2-Clause */
/* run.c - which packet groups of a large message are to be sent, have come, are missing (spec/vmtp.md section 13.3). */
#include "run.h"

#define NONE UINT32_MAX

static void begin(struct run *r, uint32_t size) {
    r->size = size;
    r->groups = (uint16_t)run_groups(size);
    r->base = r->next = r->told = 0;
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
int veng_run_sent(struct run *r, unsigned group, uint32_t blocks) {
    unsigned half = (r->window + 1u) / 2u;
    r->mask[group] &= ~blocks;
    if (group >= r->next)
        r->next = (uint16_t)(group + 1u);
    if (r->mask[group])
        return 0;
    return (group + 1u) % half == 0 || veng_run_sendable(r) == NONE;
}

void veng_run_acknowledged(struct run *r, unsigned below) {
    if (below > r->next)
        below = r->next;
    if (below <= r->base)
        return;
    while (r->base < below)
        r->mask[r->base++] = 0;
    if (r->window < RUN_WINDOW_MAX)
        r->window++;
}

uint32_t veng_run_lacks(struct run *r, unsigned group, uint32_t delivery, unsigned often) {
    if (group >= r->next || group < r->base)
        return 0;
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

uint32_t veng_run_arrived(struct run *r, unsigned group, uint32_t blocks) {
    uint32_t fresh = blocks & run_all(r, group) & ~r->mask[group];
    r->mask[group] |= fresh;
    while (r->base < r->groups && r->mask[r->base] == run_all(r, r->base))
        r->base++;
    return fresh;
}

uint32_t veng_run_gap(struct run *r, unsigned group) {
    while (r->told < group) {
        unsigned g = r->told++;
        if (r->mask[g] != run_all(r, g))
            return g;
    }
    return NONE;
}
