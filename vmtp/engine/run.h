/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * run.h - the packet groups of a message that needs more than one (RFC 1045 section 2.14; spec/vmtp.md section 13.3).
 *
 * One record serves the sender, where mask[g] is what is still to be sent of group g, or the receiver, where it is what has come.
 */
#ifndef VMTP_ENGINE_RUN_H
#define VMTP_ENGINE_RUN_H

#include <vmtp/wire.h>

#include "rtt.h"

#define RUN_GROUPS 256u
/* After so long at least a sender whose acknowledgment does not come asks where it is. */
#define RUN_PROBE_LEAST VMTP_MILLISECOND
/* Groups that a sender has under way at most, and at first. */
#define RUN_WINDOW_MAX 32u
#define RUN_WINDOW_FIRST 16u

struct run {
    uint32_t next_free;
    uint32_t size;   /* of the message's segment */
    uint16_t groups; /* of the message */
    uint16_t base;   /* sender: first group not acknowledged; receiver: first group not whole */
    uint16_t next;   /* sender: first group never sent */
    uint16_t told;   /* receiver: groups below this have been asked for once, where they lacked something */
    uint16_t seen;   /* receiver: last group of which anything came */
    uint16_t window; /* sender */
    uint16_t timed;  /* behind the group with which it is being measured how long the other side takes, 0: none */
    uint8_t probed;  /* sender: it has asked since it last heard something */
    struct rtt rtt;  /* sender: from asking for an acknowledgment to it; receiver: from asking for what lacks to that */
    vmtp_time timed_at;
    uint32_t mask[RUN_GROUPS];
    uint32_t lossy[RUN_GROUPS / 32u]; /* sender: groups of which packets were lost since the gap is what it is */
    uint8_t lacked[RUN_GROUPS];       /* sender: blocks of the group that the receiver lacked at least */
    uint8_t asked[RUN_GROUPS];        /* and how often it has asked for them since that became fewer */
    uint16_t stamp[RUN_GROUPS]; /* receiver: when they were asked for last; sender: when they were sent again last */
};

static inline uint32_t run_groups(uint32_t size) {
    return size <= VMTP_GROUP_OCTETS ? 1u : (size + VMTP_GROUP_OCTETS - 1u) / VMTP_GROUP_OCTETS;
}

static inline uint32_t run_group_octets(const struct run *r, unsigned group) {
    uint32_t before = group * VMTP_GROUP_OCTETS;
    return r->size - before < VMTP_GROUP_OCTETS ? r->size - before : VMTP_GROUP_OCTETS;
}

static inline uint32_t run_all(const struct run *r, unsigned group) {
    return vmtp_blocks_mask(run_group_octets(r, group));
}

/* ---- sending ---- */

void veng_run_send(struct run *r, uint32_t size);
/* So many groups have been acknowledged, and so many sent, by another node. */
void veng_run_resume(struct run *r, unsigned base, unsigned next);
/* The group that the next packet is of, or NONE when nothing may be sent now. */
uint32_t veng_run_sendable(const struct run *r);
/* These blocks of the group are on their way; 1 when its packet is to ask for acknowledgment. */
int veng_run_sent(struct run *r, unsigned group, uint32_t blocks, vmtp_time now);
/* All groups below have arrived. */
void veng_run_acknowledged(struct run *r, unsigned below, vmtp_time now);
/* How long to wait for an acknowledgment before a first question where it is; 0: not known, or it has been asked. */
vmtp_time veng_run_patience(const struct run *r);
/* That time has passed: 1, once, when it is to ask because of that. */
int veng_run_probe(struct run *r);
/*
 * The receiver has this much of the group, which says nothing about others.  How many blocks are to be sent again, or NONE: it has asked
 * for them so often already.  What it said before it can have had what was sent again last does not count.
 */
uint32_t veng_run_lacks(struct run *r, unsigned group, uint32_t delivery, unsigned often, vmtp_time now);
/* Blocks of the group that are to be sent. */
static inline uint32_t run_waiting(const struct run *r, uint32_t group) {
    return group < r->groups ? r->mask[group] : 0;
}
/* Everything that was sent of this group and those after it is to be sent again. */
void veng_run_again(struct run *r, unsigned group);
/* The receiver cannot take so much at once. */
void veng_run_shrink(struct run *r);
static inline int run_all_acknowledged(const struct run *r) { return r->base == r->groups; }

/* ---- receiving ---- */

void veng_run_receive(struct run *r, uint32_t size);
/* Blocks of the group that have come; returns those that were new. */
uint32_t veng_run_arrived(struct run *r, unsigned group, uint32_t blocks, vmtp_time now);
/* A Notify that is due: with this code, about this group, of which that much is here. */
struct run_answer {
    uint32_t group, delivery, code;
};
/* Groups that are asked for because of one packet; those behind them because of the next. */
#define RUN_GAPS 4u
#define RUN_ANSWERS (RUN_GAPS + 1u)
/*
 * A packet of the group with this header has come.  What its sender is to be told: which groups before the last that anything came of
 * lack something, once each, and, if it asks, how far all is here.  How many answers.
 */
unsigned veng_run_answer(struct run *r, unsigned group, const uint8_t *header, vmtp_time now,
                         struct run_answer answers[RUN_ANSWERS]);
/* The first group that lacks something is asked for now, for another reason. */
void veng_run_asked(struct run *r, vmtp_time now);
static inline int run_whole(const struct run *r) { return r->base == r->groups; }

#endif
