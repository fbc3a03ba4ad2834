/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sequence.c - receive sequence numbers, for those who log what they send and replay it (RFC 1045 section 2.12; spec/vmtp.md 13.10).
 *
 * Off unless max_sequences says how many nodes are remembered.  A node that had to give way costs its next Request a Notify.
 */
#include "internal.h"

#define WAYS 4u

static struct sequence *set_of(const struct vmtp_engine *e, const uint8_t *mac) {
    uint64_t key = (uint64_t)vmtp_load32(mac) << 16 | (uint32_t)mac[4] << 8 | mac[5];
    key = (key ^ e->key[1]) * 0x9e3779b97f4a7c15u;
    return e->sequences + (size_t)((uint32_t)(key >> 40) & e->sequence_mask) * WAYS;
}

/* What is known of this node; a new entry when make, NULL when there is none, or no room. */
static struct sequence *entry(struct vmtp_engine *e, const uint8_t *mac, int make) {
    struct sequence *set = set_of(e, mac), *oldest = NULL;
    for (unsigned i = 0; i < WAYS; i++) {
        if (set[i].used && memcmp(set[i].mac, mac, 6) == 0)
            return &set[i];
        if (!set[i].unknown && (!oldest || set[i].touched < oldest->touched))
            oldest = &set[i];
    }
    if (!make || !oldest)
        return NULL;
    memset(oldest, 0, sizeof *oldest);
    oldest->used = 1;
    memcpy(oldest->mac, mac, 6);
    return oldest;
}

uint32_t veng_sequence_sets(uint32_t nodes) {
    uint32_t sets = 1;
    while (sets * WAYS < nodes && sets < 1u << 22)
        sets *= 2;
    return nodes ? sets : 0;
}

/* ---- who receives ---- */

/* The application takes a Request of another node: it gets the next number, which its sender is told unless it can know. */
uint32_t veng_sequence_number(struct vmtp_engine *e, struct request *q) {
    struct remote *r = q->remote != NONE ? remote_at(e, q->remote) : NULL;
    if (memcmp(q->source, e->config.mac, 6) == 0)
        return 0;
    if (++e->sequence == 0)
        e->sequence = 1;
    q->number = e->sequence;
    if (!r || r->multicast || r->forward) /* nobody presumes a number for it */
        return q->number;
    struct sequence *s = entry(e, q->source, 1);
    int next = s && s->told + 1u == q->number && s->told && !q->in_run;
    r->next = (uint8_t)next;
    if (!next || q->asked)
        veng_sequence_tell(e, r, q);
    if (s && !q->in_run) { /* in a run its client does not presume */
        s->told = q->number;
        s->touched = ++e->sequence_uses;
    }
    return q->number;
}

void veng_sequence_tell(struct vmtp_engine *e, const struct remote *r, const struct request *q) {
    veng_notify_number(e, r, vmtp_get_transaction(q->header), q->have, q->number);
}

/* ---- who sends ---- */

/* The Request goes to another node now: which number will it have?  1: it has to be told. */
int veng_sequence_presume(struct vmtp_engine *e, struct call *c) {
    if (c->multicast || c->datagram || c->purpose != FOR_USER || veng_call_in_run(c))
        return 0;
    veng_sequence_over(e, c, 0); /* to another node, before */
    struct sequence *s = entry(e, c->tx.mac, 1);
    if (!s)
        return 1;
    s->touched = ++e->sequence_uses;
    c->presumed = s->known && !s->unknown ? s->known + 1u : 0;
    c->counted = 1;
    memcpy(c->counted_mac, c->tx.mac, 6);
    s->unknown++;
    c->send = ++s->sends;
    return c->presumed == 0;
}

static void learn(struct vmtp_engine *e, struct call *c, uint32_t number) {
    struct sequence *s = c->counted ? entry(e, c->counted_mac, 0) : NULL;
    c->counted = 0;
    c->rec_seq = number;
    if (!s)
        return;
    s->unknown--;
    if (!number)
        s->known = 0;
    else if (!s->known || (int32_t)(number - s->known) > 0)
        s->known = number;
}

void veng_sequence_told(struct vmtp_engine *e, struct call *c, uint32_t number) {
    if (number)
        learn(e, c, number);
}

/* It has a Response, or none will come.  next: the Response had NRS. */
void veng_sequence_over(struct vmtp_engine *e, struct call *c, int next) {
    const struct sequence *s = c->counted ? entry(e, c->counted_mac, 0) : NULL;
    if (c->counted) /* another that was sent meanwhile may have come before it */
        learn(e, c, next && s && s->sends == c->send ? c->presumed : 0);
}
