/* SPDX-License-Identifier: BSD-2-Clause */
/* transmit.c - packet groups become packets, one at a time, when the application pulls them (spec/vmtp.md section 6). */
#include <stddef.h>

#include "internal.h"

int veng_send_has_more(const struct sender *s) { return s->run ? veng_run_sendable(s->run) != NONE : s->pending != 0; }

int veng_send_is_single(const struct vmtp_engine *e, const struct sender *s, uint32_t blocks) {
    return !s->run && vmtp_blocks_octets(blocks, s->segment_size) <= e->room;
}

/* Fills dst with the header, its Length and PacketDelivery set for this packet. */
static void packet_header(struct vmtp_engine *e, struct vmtp_tx *tx, const struct sender *s, uint32_t blocks,
                          uint32_t data_octets) {
    uint32_t flags = vmtp_get_packet_flags(s->header);
    memcpy(tx->header, s->header, VMTP_HEADER_OCTETS);
    memcpy(tx->dst, s->mac, 6);
    if (e->config.checksum == VMTP_CHECKSUM_HEADER)
        flags |= VMTP_HCO;
    vmtp_put_length_word(tx->header, e->config.domain, flags, vmtp_padded(data_octets) / 4u);
    vmtp_put_delivery(tx->header, blocks);
}

/* What a packet is to carry. */
struct part {
    const uint8_t *segment; /* of its packet group */
    uint32_t size;          /* octets of that */
    uint32_t blocks;
    unsigned group;
    int ask; /* with APG, whatever the header says */
};

/* One slice for each sequence of neighbouring blocks. */
static uint32_t slice(struct vmtp_tx *tx, const struct part *p) {
    uint32_t octets = 0, blocks = p->blocks;
    tx->slice_count = 0;
    while (blocks) {
        unsigned first = (unsigned)__builtin_ctz(blocks);
        uint32_t shifted = ~(blocks >> first);
        unsigned run = shifted ? (unsigned)__builtin_ctz(shifted) : 32u;
        uint32_t mask = (run == 32u ? 0xffffffffu : ((uint32_t)1 << run) - 1u) << first;
        struct vmtp_slice *out = &tx->slices[tx->slice_count++];
        out->octets = p->segment + first * VMTP_BLOCK_OCTETS;
        out->length = vmtp_blocks_octets(mask, p->size);
        octets += (uint32_t)out->length;
        blocks &= ~mask;
    }
    return octets;
}

/* The last slice may end inside a word of 8: the padding completes it. */
static void sum_last(struct vmtp_sum *s, const struct vmtp_slice *slice, uint32_t padding) {
    const uint8_t *octets = slice->octets;
    size_t odd = slice->length & 31u;
    vmtp_sum_add(s, octets, slice->length - odd);
    if (odd) {
        uint8_t rest[32] = {0};
        memcpy(rest, octets + slice->length - odd, odd);
        vmtp_sum_add(s, rest, odd + padding);
    }
}

/* Padding of zeros, then the checksum over everything before it. */
void veng_trailer_write(struct vmtp_engine *e, struct vmtp_tx *tx, uint32_t data_octets) {
    uint32_t padding = (0u - data_octets) & 7u, sum = 0;
    memset(tx->trailer, 0, padding);
    int header = !tx->slice_count || (vmtp_get_packet_flags(tx->header) & VMTP_HCO);
    if (e->config.checksum != VMTP_CHECKSUM_NONE && header) {
        sum = vmtp_checksum(tx->header, VMTP_HEADER_OCTETS);
    } else if (e->config.checksum != VMTP_CHECKSUM_NONE) {
        struct vmtp_sum s;
        vmtp_sum_init(&s);
        vmtp_sum_add(&s, tx->header, VMTP_HEADER_OCTETS);
        for (unsigned i = 0; i + 1u < tx->slice_count; i++)
            vmtp_sum_add(&s, tx->slices[i].octets, tx->slices[i].length);
        sum_last(&s, &tx->slices[tx->slice_count - 1u], padding);
        sum = vmtp_sum_finish(&s);
    }
    vmtp_store32(tx->trailer + padding, sum);
    tx->trailer_octets = (uint8_t)(padding + VMTP_CHECKSUM_OCTETS);
}

static void group_sent(struct vmtp_engine *e, struct sender *s, vmtp_time now) {
    if (s->kind == KIND_CALL)
        veng_call_group_sent(e, (struct call *)(void *)((uint8_t *)s - offsetof(struct call, tx)), now);
    else
        veng_reply_group_sent(e, (struct request *)(void *)((uint8_t *)s - offsetof(struct request, tx)), now);
}

static void next_of_group(const struct vmtp_engine *e, struct sender *s, struct part *p, vmtp_time now) {
    p->segment = s->segment;
    p->size = s->segment_size;
    p->blocks = s->pending ? vmtp_blocks_next(s->pending, s->segment_size, e->room) : 0;
    s->pending &= ~p->blocks;
    if (!s->flight)
        s->since = now;
    s->flight |= p->blocks;
}

/* Of a message of several groups.  Without data, it asks about the last group that was sent. */
static void next_of_run(const struct vmtp_engine *e, struct sender *s, struct part *p, vmtp_time now) {
    struct run *r = s->run;
    uint32_t group = veng_run_sendable(r);
    p->group = group != NONE ? group : r->next ? r->next - 1u : 0;
    p->segment = s->segment + (size_t)p->group * VMTP_GROUP_OCTETS;
    p->size = run_group_octets(r, p->group);
    p->ask = 1;
    if (group == NONE)
        return;
    p->blocks = vmtp_blocks_next(r->mask[group], p->size, e->room);
    p->ask = veng_run_sent(r, group, p->blocks, now);
}

/* Each group has a Transaction of its own, and tells its place by the control flags (RFC 1045 section 2.14). */
static void number_group(const struct sender *s, uint8_t *h, const struct part *p) {
    uint32_t control = vmtp_get_control(s->header) | (p->ask ? VMTP_APG : 0);
    if (p->group > 0)
        control |= VMTP_NSR;
    if (p->group + 1u < s->run->groups)
        control = (control & ~VMTP_STI) | VMTP_NER | VMTP_CMG;
    vmtp_put_control(h, control);
    vmtp_put_transaction(h, vmtp_get_transaction(s->header) + p->group);
}

static uint32_t next_packet(struct vmtp_engine *e, struct sender *s, struct vmtp_tx *tx, vmtp_time now) {
    struct part p = {0};
    if (s->run)
        next_of_run(e, s, &p, now);
    else
        next_of_group(e, s, &p, now);
    uint32_t octets = slice(tx, &p);
    tx->token = s->handle;
    tx->detail = (uint64_t)p.group << 32 | p.blocks;
    packet_header(e, tx, s, p.blocks, octets);
    if (s->run)
        number_group(s, tx->header, &p);
    veng_trailer_write(e, tx, octets);
    s->bare = 0;
    s->out++;
    return octets;
}

/*
 * Where gaps are left a packet group goes on to its end: if something is too slow for a while, few groups lose packets by it, not one
 * packet each of many, and of what is idempotent each of them costs the whole.  But a message of several groups whose turn comes
 * too seldom looks as if it had broken off.
 */
#define ROUND_MOST (100 * VMTP_MILLISECOND)
static int goes_on(const struct vmtp_engine *e, struct sender *s, const struct vmtp_tx *tx, uint32_t octets) {
    if (s->lane == &e->fast || !(s->run ? s->run->mask[tx->detail >> 32] : s->pending))
        return 0;
    uint32_t packets = (VMTP_GROUP_OCTETS + e->room - 1u) / e->room;
    return s->lane->senders * packets * veng_pace_step(e, s, octets) <= ROUND_MOST;
}

/* s, whose turn it is, gives a packet.  If it is alone it stays where it is. */
void veng_packet_give(struct vmtp_engine *e, struct sender *s, struct vmtp_tx *tx, vmtp_time now) {
    uint32_t octets = next_packet(e, s, tx, now);
    int more = veng_send_has_more(s);
    if (!more || s->next || s->previous || s->lane != &e->fast || e->paced) {
        if (!more || !goes_on(e, s, tx, octets))
            veng_send_take(e, s);
        if (more) /* behind the others: packet groups take turns */
            veng_send_queue(e, s);
        veng_send_spaced(e, s, octets, now);
    }
    if (!more)
        group_sent(e, s, now);
}

static void settle(struct vmtp_engine *e, struct sender *s, vmtp_time now) {
    if (s->kind == KIND_CALL)
        veng_call_settle(e, (struct call *)(void *)((uint8_t *)s - offsetof(struct call, tx)), now);
    else
        veng_reply_settle(e, (struct request *)(void *)((uint8_t *)s - offsetof(struct request, tx)));
}

/* Records stay while a packet of theirs is out, so a token always finds its sender. */
static struct sender *sender_of(struct vmtp_engine *e, uint64_t token) {
    if (((token >> 24) & 0xffu) == KIND_CALL) {
        struct call *c = veng_call_by_handle(e, token);
        return c && c->tx.out ? &c->tx : NULL;
    }
    struct request *q = veng_request_by_handle(e, token);
    return q && q->tx.out ? &q->tx : NULL;
}

static int is_over(const struct vmtp_engine *e, const struct sender *s, uint64_t token) {
    return s->kind == KIND_CALL ? veng_call_by_handle(e, token)->state == CALL_DONE
                                : veng_request_by_handle(e, token)->state == REQUEST_OVER;
}

void vmtp_tx_result(vmtp_engine *e, const struct vmtp_tx *tx, enum vmtp_tx_outcome outcome, vmtp_time now) {
    if (outcome == VMTP_TX_SENT)
        COUNT(e, PACKETS_OUT);
    else if (outcome == VMTP_TX_LOST)
        COUNT(e, PACKETS_LOST);
    if (((tx->token >> 24) & 0xffu) == KIND_CONTROL) {
        veng_control_result(e, (uint32_t)tx->token & 0xffffffu, outcome);
        return;
    }
    struct sender *s = sender_of(e, tx->token);
    if (!s)
        return;
    s->out--;
    if (outcome == VMTP_TX_RETRY && !is_over(e, s, tx->token)) {
        uint32_t blocks = (uint32_t)tx->detail;
        if (s->run)
            s->run->mask[tx->detail >> 32] |= blocks;
        else
            s->pending |= blocks;
        s->bare |= blocks == 0;
        veng_send_queue(e, s);
        return;
    }
    settle(e, s, now);
}
