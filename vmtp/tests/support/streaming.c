/* SPDX-License-Identifier: BSD-2-Clause */
#include "streaming.h"

#include <check.h>

uint8_t stream_segment[VMTP_MESSAGE_OCTETS];
uint8_t stream_area[VMTP_MESSAGE_OCTETS + 16];

void stream_config(struct vmtp_config *config) {
    foreign_config(config);
    config->mtu = 65535;
}

void stream_open(struct foreign *f, const struct vmtp_config *config) {
    struct vmtp_config usual;
    stream_config(&usual);
    foreign_open(f, config ? config : &usual);
    for (uint32_t i = 0; i < sizeof stream_segment; i++)
        stream_segment[i] = (uint8_t)(i * 11u + (i >> 9) * 5u + (i >> 14) * 3u + 1u);
    memset(stream_area, 0, sizeof stream_area);
}

/* ---- the engine is the server ---- */

void stream_accept(struct foreign *f, vmtp_entity entity, uint32_t capacity) {
    ck_assert_int_eq(vmtp_accept(f->engine, entity, stream_area, capacity, 0x1a46e), 0);
}

int stream_ask(struct foreign *f, vmtp_entity server, uint32_t transaction, uint32_t flags) {
    return serve_ask(f, FOREIGN_CLIENT, server, transaction, flags);
}

void stream_ask_run(struct foreign *f, vmtp_entity server, uint32_t first, unsigned count) {
    for (unsigned i = 0; i < count; i++)
        ck_assert_int_eq(stream_ask(f, server, first + i, i ? MIDDLE : FIRST), 0);
    ck_assert_uint_eq(serve_count(f), count);
}

uint32_t stream_delivered(const struct foreign *f, unsigned n) {
    const struct vmtp_event *event = foreign_event(f, VMTP_EV_REQUEST, n);
    return event ? event->transaction : 0;
}

int stream_reply(struct foreign *f, uint32_t transaction, uint32_t size, uint32_t flags) {
    const struct vmtp_event *request = NULL;
    for (unsigned i = 0; i < f->event_count; i++)
        if (f->events[i].type == VMTP_EV_REQUEST && f->events[i].transaction == transaction)
            request = &f->events[i];
    ck_assert_ptr_nonnull(request);
    struct vmtp_reply reply = {.message = {.code = 0x42}, .flags = flags};
    reply.message.words[0] = transaction;
    reply.segment = size ? stream_segment : NULL;
    reply.segment_size = size;
    int result = vmtp_reply(f->engine, request->handle, &reply, f->now);
    foreign_collect(f);
    return result;
}

/* ---- the engine is the client ---- */

vmtp_handle stream_call(struct foreign *f, vmtp_entity client, uint64_t cookie, uint32_t flags) {
    struct vmtp_request r = call_request(client, 0);
    r.cookie = cookie;
    r.flags = flags;
    return call_start(f, &r);
}

uint32_t stream_run(struct foreign *f, vmtp_entity client, unsigned count) {
    uint32_t transaction;
    for (unsigned i = 1; i <= count; i++)
        stream_call(f, client, i, i < count ? VMTP_CALL_MORE : 0);
    ck_assert_int_eq(vmtp_outstanding(f->engine, client, &transaction), 0);
    return transaction;
}

void stream_sends(struct foreign *f, uint32_t first, unsigned n, unsigned last, unsigned retransmit) {
    for (; n <= last; n++) {
        const struct packet *p = expect_packet(f);
        ck_assert_uint_eq(p->h.function, VMTP_REQUEST);
        ck_assert_uint_eq(p->h.transaction, first + n);
        ck_assert_uint_eq(p->h.flags & VMTP_NSR, n ? VMTP_NSR : 0);
        ck_assert_uint_eq(p->h.retransmit, retransmit);
    }
    expect_silence(f);
}

uint32_t stream_large_call(struct foreign *f, vmtp_entity client, uint32_t size, uint32_t response_size) {
    struct vmtp_request r = call_request(client, 0);
    uint32_t transaction;
    r.segment = size ? stream_segment : NULL;
    r.segment_size = size;
    r.response_area = stream_area;
    r.response_size = response_size;
    call_start(f, &r);
    ck_assert_int_eq(vmtp_outstanding(f->engine, client, &transaction), 0);
    return transaction;
}

struct vmtp_header stream_response(vmtp_entity client, uint32_t transaction, uint32_t flags, uint8_t pgcount) {
    struct vmtp_header h = foreign_request(client, FOREIGN_SERVER, transaction, 0x42);
    h.function = VMTP_RESPONSE;
    h.flags = flags;
    h.gap = pgcount;
    h.words[0] = transaction;
    return h;
}

int stream_answer(struct foreign *f, vmtp_entity client, uint32_t transaction, uint32_t flags, uint8_t pgcount) {
    struct vmtp_header h = stream_response(client, transaction, flags, pgcount);
    return foreign_send(f, &h, NULL, 0);
}

int stream_tell_client(struct foreign *f, vmtp_entity client, uint32_t transact, uint32_t delivery, uint32_t code) {
    struct vmtp_header h = foreign_notify_client(client, transact, delivery, code);
    return foreign_send(f, &h, NULL, 0);
}

int stream_tell_about(struct foreign *f, vmtp_entity client, uint32_t transact, unsigned retransmit, uint32_t code) {
    struct vmtp_header h = foreign_notify_client(client, transact, 0, code);
    header_set_32(&h, 44, vmtp_control(0, retransmit, 0, 0, 0, VMTP_RESPONSE));
    return foreign_send(f, &h, NULL, 0);
}

int stream_tell_server(struct foreign *f, vmtp_entity server, uint32_t transact, uint32_t delivery, uint32_t code) {
    struct vmtp_header h = foreign_notify_server(server, FOREIGN_CLIENT, transact, delivery, code);
    return foreign_send(f, &h, NULL, 0);
}

const struct vmtp_event *stream_ended(const struct foreign *f, unsigned n, uint64_t cookie, uint32_t result) {
    const struct vmtp_event *event = foreign_event(f, VMTP_EV_COMPLETE, n);
    ck_assert_msg(event != NULL, "only %u calls have ended", n);
    ck_assert_uint_eq(event->cookie, cookie);
    ck_assert_uint_eq(event->result, result);
    return event;
}

void stream_ends(const struct foreign *f, unsigned count) {
    ck_assert_uint_eq(foreign_event_count(f, VMTP_EV_COMPLETE), count);
}

/* ---- messages of several packet groups ---- */

struct vmtp_header stream_large_request(vmtp_entity server, uint32_t first, uint32_t size) {
    struct vmtp_header h = foreign_request(FOREIGN_CLIENT, server, first, 1 | VMTP_SDA);
    h.words[6] = size;
    return h;
}

struct vmtp_header stream_large_response(vmtp_entity client, uint32_t transaction, uint32_t size, uint8_t pgcount) {
    struct vmtp_header h = stream_response(client, transaction, 0, pgcount);
    h.code |= VMTP_SDA;
    h.words[6] = size;
    return h;
}

static uint32_t group_octets(uint32_t size, unsigned group) {
    uint32_t left = size - group * GROUP_OCTETS;
    return left < GROUP_OCTETS ? left : GROUP_OCTETS;
}

uint32_t stream_blocks(uint32_t size, unsigned group) { return vmtp_blocks_mask(group_octets(size, group)); }

int stream_give(struct foreign *f, const struct vmtp_header *message, unsigned group, uint32_t blocks, uint32_t flags) {
    static uint8_t data[VMTP_GROUP_OCTETS];
    struct vmtp_header h = *message;
    uint32_t size = h.words[6], octets = 0;
    int last = (group + 1u) * GROUP_OCTETS >= size;
    for (unsigned i = 0; i < VMTP_GROUP_BLOCKS; i++) {
        uint32_t bit = (uint32_t)1 << i, n = blocks & bit ? vmtp_blocks_octets(bit, group_octets(size, group)) : 0;
        memcpy(data + octets, stream_segment + group * GROUP_OCTETS + i * VMTP_BLOCK_OCTETS, n);
        octets += n;
    }
    h.transaction += group;
    h.delivery = blocks;
    if (group)
        h.flags |= VMTP_NSR;
    if (!last)
        h.flags = (h.flags & ~VMTP_STI) | VMTP_NER | VMTP_CMG;
    h.flags |= flags;
    return foreign_send(f, &h, data, octets);
}

int stream_give_group(struct foreign *f, const struct vmtp_header *message, unsigned group, uint32_t flags) {
    return stream_give(f, message, group, stream_blocks(message->words[6], group), flags);
}

/* ---- expectations ---- */

#define FLAGS (VMTP_NRS | VMTP_APG | VMTP_NSR | VMTP_NER | VMTP_NRT | VMTP_MDG | VMTP_CMG | VMTP_STI | VMTP_DRT)

const struct packet *expect_flags(struct foreign *f, uint32_t transaction, uint32_t flags) {
    const struct packet *p = expect_packet(f);
    ck_assert_uint_eq(p->h.transaction, transaction);
    ck_assert_uint_eq(p->h.flags & FLAGS, flags);
    return p;
}

const struct packet *expect_group(struct foreign *f, uint32_t first, unsigned group, uint32_t blocks) {
    const struct packet *p = expect_packet(f);
    uint32_t size = p->h.words[6];
    ck_assert_uint_eq(p->h.transaction, first + group);
    ck_assert_uint_eq(p->h.delivery, blocks);
    ck_assert_uint_eq(p->data_octets, (vmtp_blocks_octets(blocks, group_octets(size, group)) + 7u) & ~7u);
    return p;
}
