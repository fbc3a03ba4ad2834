/* SPDX-License-Identifier: BSD-2-Clause */
#include "foreign.h"

#include <check.h>
#include <stdlib.h>

const uint8_t foreign_engine_mac[6] = {2, 0, 0, 0, 0, 1};
const uint8_t foreign_mac[6] = {2, 0, 0, 0, 0, 2};
const uint8_t foreign_other_mac[6] = {2, 0, 0, 0, 0, 3};

#define FOREIGN_NOTIFIER 0x00000000000abc02ull

static void foreign_random(void *context, void *out, size_t size) {
    struct foreign *f = context;
    uint8_t *p = out;
    for (size_t i = 0; i < size; i++) {
        f->prng = f->prng * 6364136223846793005ull + 1442695040888963407ull;
        p[i] = f->all_ones ? 0xff : (uint8_t)(f->prng >> 56);
    }
}

void foreign_config(struct vmtp_config *config) {
    vmtp_config_init(config);
    memcpy(config->mac, foreign_engine_mac, 6);
    config->block = FOREIGN_BLOCK;
}

void foreign_open(struct foreign *f, const struct vmtp_config *config) {
    struct vmtp_config c;
    if (config)
        c = *config;
    else
        foreign_config(&c);
    memset(f, 0, sizeof *f);
    f->src = foreign_mac;
    f->now = VMTP_SECOND;
    f->prng = 1045;
    if (!c.random) {
        c.random = foreign_random;
        c.random_context = f;
    }
    const char *problem = vmtp_config_check(&c);
    ck_assert_msg(!problem, "%s", problem);
    size_t size = vmtp_engine_footprint(&c);
    f->memory = aligned_alloc(64, size);
    f->sent = malloc(FOREIGN_PACKETS * sizeof *f->sent);
    ck_assert_ptr_nonnull(f->memory);
    ck_assert_ptr_nonnull(f->sent);
    ck_assert_int_eq(vmtp_engine_create(&f->engine, &c, f->memory, size, f->now), 0);
    foreign_collect(f);
    if (c.block)
        f->event_count = 0; /* READY */
}

void foreign_close(struct foreign *f) {
    free(f->sent);
    free(f->memory);
}

/* ---- steps ---- */

/* What holds for whatever a node without options sends.  VMTP-2.3-04 VMTP-13.12-03 */
static void check_always(const struct packet *p) {
    ck_assert_uint_eq(p->h.version, 0);
    ck_assert_uint_eq(p->h.reserved, 0);
    ck_assert_uint_eq(p->h.epg, 0);
    ck_assert_uint_eq(p->h.mpg, p->dst[0] & 1u);
}

static void keep(struct foreign *f, const struct vmtp_tx *tx) {
    ck_assert_msg(f->count < FOREIGN_PACKETS, "more packets than the test keeps");
    struct packet *p = &f->sent[(f->first + f->count++) % FOREIGN_PACKETS];
    struct vmtp_view view;
    p->octets = (uint32_t)vmtp_tx_gather(tx, p->raw);
    ck_assert_int_eq(vmtp_view_init(&view, p->raw, p->octets), VMTP_PACKET_OK);
    ck_assert_int_eq(vmtp_view_verify(&view, NULL), VMTP_PACKET_OK);
    vmtp_header_decode(&p->h, p->raw);
    p->data = view.data;
    p->data_octets = view.data_octets;
    p->at = f->now;
    memcpy(p->dst, tx->dst, 6);
    check_always(p);
}

void foreign_collect(struct foreign *f) {
    struct vmtp_tx tx;
    while (!f->stuck && vmtp_output(f->engine, &tx, f->now) > 0) {
        keep(f, &tx);
        vmtp_tx_result(f->engine, &tx, VMTP_TX_SENT, f->now);
    }
    for (;;) {
        ck_assert_msg(f->event_count < FOREIGN_EVENTS, "more events than the test keeps");
        if (vmtp_next_event(f->engine, &f->events[f->event_count]) == 0)
            break;
        f->event_count++;
    }
}

int foreign_give(struct foreign *f, const struct vmtp_rx *rx) {
    int result = vmtp_input(f->engine, rx, f->now);
    foreign_collect(f);
    return result;
}

int foreign_send(struct foreign *f, const struct vmtp_header *header, const void *data, uint32_t size) {
    static uint8_t packet[VMTP_MAX_PACKET];
    struct vmtp_header h = *header;
    struct vmtp_rx rx = {.packet = packet};
    uint32_t padded = (size + 7u) & ~7u;
    h.length = (uint16_t)(padded / 4u);
    h.mpg = h.mpg || f->multicast;
    vmtp_header_encode(packet, &h);
    memset(packet + VMTP_HEADER_OCTETS, 0, padded);
    if (data && size)
        memcpy(packet + VMTP_HEADER_OCTETS, data, size);
    rx.length = VMTP_HEADER_OCTETS + padded + VMTP_CHECKSUM_OCTETS;
    uint32_t covered = h.hco ? VMTP_HEADER_OCTETS : VMTP_HEADER_OCTETS + padded;
    vmtp_store32(packet + VMTP_HEADER_OCTETS + padded, vmtp_checksum(packet, covered));
    memcpy(rx.src, f->src, 6);
    memcpy(rx.dst, foreign_engine_mac, 6);
    if (f->multicast)
        vmtp_group_mac(rx.dst, VMTP_MANAGER_GROUP);
    return foreign_give(f, &rx);
}

void foreign_pass(struct foreign *f, vmtp_time duration) {
    vmtp_time until = f->now + duration;
    unsigned at_once = 0;
    for (;;) {
        foreign_collect(f);
        vmtp_time due = vmtp_deadline(f->engine);
        if (due > until || f->stuck)
            break;
        at_once = due > f->now ? 0 : at_once + 1;
        ck_assert_msg(at_once < 1000, "a deadline that has passed makes no progress");
        if (due > f->now)
            f->now = due;
        vmtp_expire(f->engine, f->now);
    }
    f->now = until;
    vmtp_expire(f->engine, f->now);
    foreign_collect(f);
}

/* ---- what came of it ---- */

const struct packet *foreign_take(struct foreign *f) {
    if (f->count == 0)
        return NULL;
    const struct packet *p = &f->sent[f->first];
    f->first = (f->first + 1) % FOREIGN_PACKETS;
    f->count--;
    return p;
}

unsigned foreign_waiting(const struct foreign *f) { return f->count; }

void foreign_forget(struct foreign *f) { f->count = f->event_count = 0; }

const struct vmtp_event *foreign_event(const struct foreign *f, enum vmtp_event_type type, unsigned which) {
    for (unsigned i = 0; i < f->event_count; i++)
        if (f->events[i].type == type && which-- == 0)
            return &f->events[i];
    return NULL;
}

unsigned foreign_event_count(const struct foreign *f, enum vmtp_event_type type) {
    unsigned count = 0;
    for (unsigned i = 0; i < f->event_count; i++)
        count += f->events[i].type == type;
    return count;
}

/* ---- headers ---- */

void header_set_32(struct vmtp_header *h, unsigned at, uint32_t value) { h->words[(at - VMTP_AT_USER) / 4u] = value; }

void header_set_64(struct vmtp_header *h, unsigned at, uint64_t value) {
    header_set_32(h, at, (uint32_t)(value >> 32));
    header_set_32(h, at + 4, (uint32_t)value);
}

struct vmtp_header foreign_request(vmtp_entity client, vmtp_entity server, uint32_t transaction, uint32_t code) {
    struct vmtp_header h;
    memset(&h, 0, sizeof h);
    h.client = client;
    h.domain = VMTP_DOMAIN;
    h.function = VMTP_REQUEST;
    h.transaction = transaction;
    h.server = server;
    h.code = code;
    return h;
}

struct vmtp_header foreign_segment_request(vmtp_entity client, vmtp_entity server, uint32_t transaction, uint32_t size) {
    struct vmtp_header h = foreign_request(client, server, transaction, 1 | VMTP_SDA);
    h.words[6] = size;
    h.delivery = vmtp_blocks_mask(size);
    return h;
}

struct vmtp_header foreign_response(const struct packet *request, vmtp_entity server, uint32_t code) {
    struct vmtp_header h = foreign_request(request->h.client, server, request->h.transaction, code);
    h.function = VMTP_RESPONSE;
    h.retransmit = request->h.retransmit;
    h.priority = request->h.priority;
    return h;
}

struct vmtp_header foreign_management(uint32_t transaction, uint32_t code, vmtp_entity about) {
    struct vmtp_header h = foreign_request(FOREIGN_CLIENT, VMTP_MANAGER_GROUP, transaction, code);
    header_set_64(&h, 36, about);
    return h;
}

struct vmtp_header foreign_notify_client(vmtp_entity client, uint32_t transact, uint32_t delivery, uint32_t code) {
    struct vmtp_header h = foreign_request(FOREIGN_NOTIFIER, VMTP_MANAGER_GROUP, 1, VMTP_NOTIFY_VMTP_CLIENT);
    header_set_64(&h, 36, client);
    header_set_32(&h, 44, VMTP_RESPONSE);
    header_set_32(&h, 52, transact);
    header_set_32(&h, 56, delivery);
    header_set_32(&h, 60, code);
    return h;
}

struct vmtp_header foreign_notify_forwarder(vmtp_entity client, uint32_t transact, uint8_t forward, uint32_t delivery,
                                            uint32_t code) {
    struct vmtp_header h = foreign_notify_client(client, transact, delivery, code);
    h.code = VMTP_NOTIFY_REMOTE_VMTP_CLIENT;
    header_set_32(&h, 44, vmtp_control(0, 0, forward, 0, 0, VMTP_RESPONSE));
    return h;
}

struct vmtp_header foreign_notify_server(vmtp_entity server, vmtp_entity client, uint32_t transact, uint32_t delivery,
                                         uint32_t code) {
    struct vmtp_header h = foreign_request(FOREIGN_NOTIFIER, VMTP_MANAGER_GROUP, 1, VMTP_NOTIFY_VMTP_SERVER);
    header_set_64(&h, 36, server);
    header_set_64(&h, 44, client);
    header_set_32(&h, 52, transact);
    header_set_32(&h, 56, delivery);
    header_set_32(&h, 60, code);
    return h;
}

/* ---- expectations ---- */

const struct packet *expect_packet(struct foreign *f) {
    const struct packet *p = foreign_take(f);
    ck_assert_msg(p != NULL, "a packet is expected, and none was sent");
    return p;
}

void expect_silence(struct foreign *f) {
    const struct packet *p = foreign_take(f);
    ck_assert_msg(p == NULL, "silence is expected, but Code %08x (function %u, Transaction %u) was sent",
                  p ? p->h.code : 0, p ? p->h.function : 0, p ? p->h.transaction : 0);
}

const struct packet *expect_response(struct foreign *f, uint32_t transaction, uint32_t code24) {
    const struct packet *p = expect_packet(f);
    ck_assert_uint_eq(p->h.function, VMTP_RESPONSE);
    ck_assert_uint_eq(p->h.transaction, transaction);
    ck_assert_uint_eq(p->h.code & VMTP_CODE_MASK, code24);
    return p;
}

static const struct packet *expect_notify(struct foreign *f, uint32_t kind, vmtp_entity whom, uint32_t transact,
                                          uint32_t code) {
    const struct packet *p = expect_packet(f);
    ck_assert_uint_eq(p->h.function, VMTP_REQUEST);
    ck_assert_uint_eq(p->h.code, kind);
    ck_assert_uint_eq(packet_64(p, 36), whom);
    ck_assert_uint_eq(packet_32(p, 52), transact);
    ck_assert_uint_eq(packet_32(p, 60), code);
    return p;
}

const struct packet *expect_nvc(struct foreign *f, vmtp_entity client, uint32_t transact, uint32_t code) {
    return expect_notify(f, VMTP_NOTIFY_VMTP_CLIENT, client, transact, code);
}

const struct packet *expect_remote_nvc(struct foreign *f, vmtp_entity client, uint32_t transact, uint32_t code) {
    return expect_notify(f, VMTP_NOTIFY_REMOTE_VMTP_CLIENT, client, transact, code);
}

const struct packet *expect_nvs(struct foreign *f, vmtp_entity server, uint32_t transact, uint32_t code) {
    return expect_notify(f, VMTP_NOTIFY_VMTP_SERVER, server, transact, code);
}
