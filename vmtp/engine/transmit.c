/* SPDX-License-Identifier: BSD-2-Clause */
/* transmit.c - packet groups become packets, one at a time, when the application pulls them (spec/vmtp.md section 6). */
#include <stddef.h>

#include "internal.h"

void veng_send_queue(struct vmtp_engine *e, struct sender *s) {
    if (s->queued)
        return;
    s->queued = 1;
    s->next = NULL;
    if (e->send_tail)
        e->send_tail->next = s;
    else
        e->send_head = s;
    e->send_tail = s;
}

/* before: the one ahead of it in the queue, NULL when it is the first. */
static void take_out(struct vmtp_engine *e, struct sender *s, struct sender *before) {
    if (before)
        before->next = s->next;
    else
        e->send_head = s->next;
    if (e->send_tail == s)
        e->send_tail = before;
    s->queued = 0;
}

void veng_send_unqueue(struct vmtp_engine *e, struct sender *s) {
    if (!s->queued)
        return;
    struct sender *before = NULL;
    for (struct sender *i = e->send_head; i != s; i = i->next)
        before = i;
    take_out(e, s, before);
}

int veng_send_is_single(const struct vmtp_engine *e, const struct sender *s, uint32_t blocks) {
    return vmtp_blocks_octets(blocks, s->segment_size) <= e->room;
}

/* Fills dst with the header, its Length and PacketDelivery set for this packet. */
static void packet_header(struct vmtp_engine *e, struct vmtp_tx *tx, const struct sender *s, uint32_t blocks,
                          uint32_t data_octets) {
    uint32_t flags = vmtp_get_packet_flags(s->header);
    memcpy(tx->header, s->header, VMTP_HEADER_OCTETS);
    memcpy(tx->dst, s->mac, 6);
    if (e->config.checksum == VMTP_CHECKSUM_HEADER)
        flags |= VMTP_HCO;
    vmtp_put_length_word(tx->header, e->config.domain, flags, ((data_octets + 7u) & ~7u) / 4u);
    vmtp_put_delivery(tx->header, blocks);
}

/* One slice for each run of neighbouring blocks. */
static uint32_t slice(struct vmtp_tx *tx, const struct sender *s, uint32_t blocks) {
    uint32_t octets = 0;
    tx->slice_count = 0;
    while (blocks) {
        unsigned first = (unsigned)__builtin_ctz(blocks);
        uint32_t shifted = ~(blocks >> first);
        unsigned run = shifted ? (unsigned)__builtin_ctz(shifted) : 32u;
        uint32_t mask = (run == 32u ? 0xffffffffu : ((uint32_t)1 << run) - 1u) << first;
        struct vmtp_slice *out = &tx->slices[tx->slice_count++];
        out->octets = s->segment + first * VMTP_BLOCK_OCTETS;
        out->length = vmtp_blocks_octets(mask, s->segment_size);
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
    if (e->config.checksum == VMTP_CHECKSUM_HEADER || (e->config.checksum == VMTP_CHECKSUM_FULL && !tx->slice_count)) {
        sum = vmtp_checksum(tx->header, VMTP_HEADER_OCTETS);
    } else if (e->config.checksum == VMTP_CHECKSUM_FULL) {
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

static uint32_t sender_index(const struct vmtp_engine *e, const struct sender *s, uint32_t *generation) {
    if (s->kind == KIND_CALL) {
        const struct call *c = (const struct call *)(const void *)((const uint8_t *)s - offsetof(struct call, tx));
        *generation = c->generation;
        return pool_index(&e->calls, c);
    }
    const struct request *q = (const struct request *)(const void *)((const uint8_t *)s - offsetof(struct request, tx));
    *generation = q->generation;
    return pool_index(&e->requests, q);
}

static void group_sent(struct vmtp_engine *e, struct sender *s, vmtp_time now) {
    if (s->kind == KIND_CALL)
        veng_call_group_sent(e, (struct call *)(void *)((uint8_t *)s - offsetof(struct call, tx)), now);
    else
        veng_reply_group_sent(e, (struct request *)(void *)((uint8_t *)s - offsetof(struct request, tx)), now);
}

static void next_packet(struct vmtp_engine *e, struct sender *s, struct vmtp_tx *tx, vmtp_time now) {
    uint32_t blocks = s->pending ? vmtp_blocks_next(s->pending, s->segment_size, e->room) : 0, generation;
    uint32_t octets = slice(tx, s, blocks);
    uint32_t index = sender_index(e, s, &generation);
    tx->token = veng_handle_of((enum record_kind)s->kind, index, generation);
    tx->detail = blocks;
    packet_header(e, tx, s, blocks, octets);
    veng_trailer_write(e, tx, octets);
    s->pending &= ~blocks;
    s->bare = 0;
    s->out++;
    s->next_at = s->gap ? now + s->gap : 0;
}

/* The first sender that may send now, moved to the end of the queue so that packet groups take turns. */
static struct sender *eligible(struct vmtp_engine *e, vmtp_time now) {
    struct sender *before = NULL;
    for (struct sender *s = e->send_head; s; before = s, s = s->next) {
        if (s->next_at > now)
            continue;
        take_out(e, s, before);
        return s;
    }
    return NULL;
}

int vmtp_output(vmtp_engine *e, struct vmtp_tx *tx, vmtp_time now) {
    if (e->control_head)
        return veng_control_output(e, tx);
    struct sender *s = eligible(e, now);
    if (!s)
        return 0;
    next_packet(e, s, tx, now);
    if (s->pending)
        veng_send_queue(e, s);
    else
        group_sent(e, s, now);
    return 1;
}

static void settle(struct vmtp_engine *e, struct sender *s) {
    if (s->kind == KIND_CALL)
        veng_call_settle(e, (struct call *)(void *)((uint8_t *)s - offsetof(struct call, tx)));
    else
        veng_reply_settle(e, (struct request *)(void *)((uint8_t *)s - offsetof(struct request, tx)));
}

/* Records stay while a packet of theirs is out, so a token always finds its sender. */
static struct sender *sender_of(struct vmtp_engine *e, uint64_t token) {
    struct call *c = veng_call_by_handle(e, token);
    struct request *q = veng_request_by_handle(e, token);
    struct sender *s = c ? &c->tx : q ? &q->tx : NULL;
    return s && s->out ? s : NULL;
}

void vmtp_tx_result(vmtp_engine *e, const struct vmtp_tx *tx, enum vmtp_tx_outcome outcome, vmtp_time now) {
    (void)now;
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
    int over = s->kind == KIND_CALL ? veng_call_by_handle(e, tx->token)->state == CALL_DONE
                                    : veng_request_by_handle(e, tx->token)->state == REQUEST_OVER;
    if (outcome == VMTP_TX_RETRY && !over) {
        s->pending |= (uint32_t)tx->detail;
        s->bare = s->pending == 0;
        s->next_at = 0;
        veng_send_queue(e, s);
        return;
    }
    settle(e, s);
}
