/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * defects_pace.h - what conditions and changes of defects_pace.inc are made of; part of defects.c.
 *
 * What a node asks for in the Requests of its calls is wrong only after losses, of which it tells itself: NVS(RETRY).
 */
#ifndef VC_DEFECTS_PACE_H
#define VC_DEFECTS_PACE_H

static struct {
    unsigned losses;      /* Responses of which packets were lost since the case began */
    uint32_t transaction; /* of the last */
    unsigned blocks;      /* that it lacked, of 32 */
    vc_time since;        /* when the node missed them */
    vc_time next;         /* see spaced */
} paced;

static void pace_begins(void) { memset(&paced, 0, sizeof paced); }

static void note_loss(const struct vc_packet *p, const struct memory *m) {
    if (paced.losses && p->words[4] == paced.transaction)
        return;
    paced.losses++;
    paced.transaction = p->words[4];
    paced.blocks = 32u - (unsigned)__builtin_popcount(p->words[5]);
    paced.since = m->now;
}

/* A Request of the node's calls, after at least so many of its Responses lost packets. */
static int asks_after(const struct vc_packet *p, const struct memory *m, unsigned losses) {
    if (NVS && TOLD(VMTP_RETRY))
        note_loss(p, m);
    return CALLS && paced.losses >= losses;
}

static void ask_for_more(struct vc_packet *p, uint32_t by) {
    p->gap = p->gap + by < 255 ? (uint8_t)(p->gap + by) : 255;
}

/* How much longer a packet waits that follows the one before by a millisecond or more. */
static vc_time spaced(const struct memory *m) {
    vc_time at = m->now < paced.next ? paced.next : m->now;
    paced.next = at + VC_MILLISECOND;
    return at - m->now;
}

#endif
