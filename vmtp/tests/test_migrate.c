/* SPDX-License-Identifier: BSD-2-Clause */
/* test_migrate.c - an entity that leaves, and one that comes, packet by packet (spec/vmtp.md section 13.11). */

#include "support/calling.h"
#include "support/serving.h"
#include "wire_testing.h"

#define A FOREIGN_CLIENT
#define B FOREIGN_OTHER_CLIENT
#define MS VMTP_MILLISECOND

static struct foreign f, g; /* the old node, the new one */
static vmtp_entity server, moved;
static uint8_t form[65536];
static size_t used;
static uint32_t lent;
static const uint8_t new_mac[6] = {2, 0, 0, 0, 0, 9};

static void setup(void) {
    struct vmtp_config config;
    foreign_open(&f, NULL);
    foreign_config(&config);
    memcpy(config.mac, new_mac, 6);
    config.block = 0x200000;
    foreign_open(&g, &config);
    server = serve_entity(&f, NULL);
}

static void teardown(void) {
    foreign_close(&f);
    foreign_close(&g);
}

static int leave_with(vmtp_entity id, size_t room) {
    int result = vmtp_entity_export(f.engine, id, form, room, &used, f.now);
    foreign_collect(&f);
    return result;
}

static int arrive(void) {
    int result = vmtp_entity_import(g.engine, form, used, &moved, &lent, g.now);
    foreign_collect(&g);
    return result;
}

static void migrate(vmtp_entity id) {
    ck_assert_int_eq(leave_with(id, sizeof form), 0);
    ck_assert_int_eq(arrive(), 0);
    ck_assert_uint_eq(moved, id);
}

static void nothing_is_left(struct foreign *node) {
    struct vmtp_usage usage;
    foreign_pass(node, 30 * VMTP_SECOND);
    vmtp_usage(node->engine, &usage);
    ck_assert_uint_eq(usage.remote_clients + usage.requests + usage.calls + usage.events, 0);
}

static void take_all(struct foreign *node) {
    while (foreign_take(node)) {
    }
}

/* ---- the old node ---- */

/* VMTP-13.11-01 */
START_TEST(old_node_says_that_it_has_left) {
    struct vmtp_header h;
    ck_assert_int_eq(leave_with(server, sizeof form), 0);
    ck_assert_uint_eq(foreign_event_count(&f, VMTP_EV_ACCEPT_RETURNED), 8);
    ck_assert_int_eq(serve_ask(&f, A, server, 7, 0), VMTP_COUNT_DROP_MIGRATED);
    expect_nvc(&f, A, 7, VMTP_ENTITY_MIGRATED);
    h = foreign_request(A, server, 3, 5);
    h.function = VMTP_RESPONSE;
    h.client = server;
    h.server = A;
    ck_assert_int_eq(foreign_send(&f, &h, NULL, 0), VMTP_COUNT_DROP_MIGRATED);
    expect_nvs(&f, A, 3, VMTP_ENTITY_MIGRATED);
    h = foreign_management(9, VMTP_PROBE_ENTITY, server);
    header_set_64(&h, 44, server);
    foreign_send(&f, &h, NULL, 0);
    expect_nvc(&f, A, 9, VMTP_ENTITY_MIGRATED);
    header_set_64(&h, 36, 0);
    foreign_send(&f, &h, NULL, 0);
    expect_response(&f, 9, VMTP_ENTITY_MIGRATED);
    h = foreign_request(A, vmtp_engine_manager(f.engine), 10, VMTP_CRE | 5);
    h.server = serve_entity(&f, NULL);
    header_set_64(&h, 36, server);
    ck_assert_int_eq(foreign_send(&f, &h, NULL, 0), VMTP_COUNT_DROP_MIGRATED);
    expect_nvc(&f, A, 10, VMTP_ENTITY_MIGRATED);
    h = foreign_management(11, VMTP_PROBE_ENTITY, server);
    header_set_64(&h, 44, server);
    f.multicast = 1;
    foreign_send(&f, &h, NULL, 0);
    serve_ask(&f, A, server, 8, 0);
    expect_silence(&f);
    f.multicast = 0;
    foreign_pass(&f, 5 * VMTP_SECOND + MS);
    serve_ask(&f, A, server, 7, 0);
    expect_nvc(&f, A, 7, VMTP_NONEXISTENT_ENTITY);
}
END_TEST

/* VMTP-11-02 VMTP-4.3-01 */
START_TEST(only_so_many_are_remembered) {
    struct vmtp_entity_options options = {.id = FOREIGN_SERVER};
    vmtp_entity id;
    for (unsigned i = 0; i < 16; i++) {
        ck_assert_int_eq(vmtp_entity_create(f.engine, &id, i == 0 ? &options : NULL, f.now), 0);
        ck_assert_int_eq(leave_with(id, sizeof form), 0);
    }
    ck_assert_int_eq(vmtp_entity_create(f.engine, &id, &options, f.now), VMTP_E_EXISTS);
    ck_assert_int_eq(leave_with(server, sizeof form), VMTP_E_FULL);
    ck_assert_int_eq(leave_with(0x999, sizeof form), VMTP_E_NO_ENTITY);
    ck_assert_int_eq(leave_with(vmtp_engine_manager(f.engine), sizeof form), VMTP_E_NO_ENTITY);
    serve_ask(&f, A, server, 7, 0);
    ck_assert_uint_eq(serve_count(&f), 1);
    foreign_pass(&f, 5 * VMTP_SECOND + MS);
    ck_assert_int_eq(vmtp_entity_create(f.engine, &id, &options, f.now), 0);
    ck_assert_int_eq(leave_with(server, sizeof form), 0);
}
END_TEST

/* ---- a server ---- */

/* VMTP-13.11-03 VMTP-13.11-05 VMTP-8.1-01 */
START_TEST(request_in_hand_is_answered_from_the_new_node) {
    serve_ask_blocks(&f, A, server, 7, 700, 3, 0);
    vmtp_handle old = serve_last(&f)->handle;
    migrate(server);
    ck_assert_uint_eq(lent, 0);
    ck_assert_uint_eq(foreign_event_count(&f, VMTP_EV_ABANDONED), 0);
    struct vmtp_reply reply = {.message = {.code = 1}};
    ck_assert_int_eq(vmtp_reply(f.engine, old, &reply, f.now), VMTP_E_STALE);
    const struct vmtp_event *again = serve_last(&g);
    ck_assert_uint_eq(again->resumed, 1);
    ck_assert_uint_eq(again->cookie, old);
    ck_assert_uint_eq(again->client, A);
    ck_assert_uint_eq(again->entity, server);
    ck_assert_uint_eq(again->transaction, 7);
    ck_assert_uint_eq(again->segment_size, 0);
    ck_assert_ptr_null(again->segment);
    serve_ask_again(&g, A, server, 7, VMTP_APG); /* the client has found the way */
    expect_nvc(&g, A, 7, VMTP_OK);
    ck_assert_int_eq(serve_reply(&g, again, 5, 2048, 0), 0);
    ck_assert_mem_eq(expect_response(&g, 7, 5)->dst, foreign_mac, 6);
    take_all(&g);
    serve_ask(&g, A, server, 6, 0); /* older ones stay old */
    expect_silence(&g);
    ck_assert_uint_eq(serve_count(&g), 1);
    nothing_is_left(&f);
    nothing_is_left(&g);
    ck_assert_uint_eq(foreign_event(&g, VMTP_EV_RELEASED, 0)->resumed, 0); /* it is the reply's own segment */
}
END_TEST

/* VMTP-13.11-05: what is half here, or has not been told, comes again */
START_TEST(request_not_delivered_is_forgotten) {
    serve_ask_blocks(&f, A, server, 7, 2048, 1, 0);
    if (_i) { /* whole, but the event is still in the queue */
        struct vmtp_header h = foreign_request(B, server, 3, 1);
        uint8_t packet[VMTP_MIN_PACKET];
        struct vmtp_rx rx = {.packet = packet, .length = sizeof packet};
        vmtp_header_encode(packet, &h);
        vmtp_store32(packet + VMTP_HEADER_OCTETS, 0);
        memcpy(rx.src, foreign_mac, 6);
        memcpy(rx.dst, foreign_engine_mac, 6);
        ck_assert_int_eq(vmtp_input(f.engine, &rx, f.now), 0);
    }
    migrate(server);
    ck_assert_uint_eq(serve_count(&f), 0);
    ck_assert_uint_eq(serve_count(&g), 0);
    serve_accepts(&g, server, 2, 4096);
    serve_ask_blocks(&g, A, server, 7, 2048, 0xf, 0);
    serve_ask(&g, B, server, 3, 0);
    ck_assert_uint_eq(serve_count(&g), 2);
    ck_assert_uint_eq(serve_last(&g)->resumed, 0);
}
END_TEST

/* VMTP-13.11-03 VMTP-13.11-09 */
START_TEST(response_goes_along) {
    static const uint32_t sizes[] = {0, 1500, 16384};
    uint32_t size = sizes[_i];
    serve_ask(&f, A, server, 7, 0);
    ck_assert_int_eq(serve_reply(&f, serve_last(&f), 5, size, 0), 0);
    foreign_forget(&f);
    migrate(server);
    ck_assert_uint_eq(foreign_event_count(&f, VMTP_EV_RELEASED), size ? 1 : 0);
    ck_assert_uint_eq(lent, size ? 1 : 0);
    serve_ask_again(&g, A, server, 7, VMTP_APG);
    const struct packet *p = expect_response(&g, 7, 5);
    ck_assert_uint_eq(p->h.words[0], 0x5e5e0001);
    ck_assert_uint_eq(serve_count(&g), 0);
    if (!size)
        return;
    take_all(&g);
    struct vmtp_header h = foreign_notify_server(server, A, 7, 0, VMTP_RETRY);
    ck_assert_int_eq(foreign_send(&g, &h, NULL, 0), 0);
    uint32_t got = 0;
    foreign_pass(&g, 10 * MS); /* its packets leave gaps after a RETRY */
    while (foreign_waiting(&g)) {
        p = expect_response(&g, 7, 5);
        ck_assert_mem_eq(p->data, serving_segment + 512u * (unsigned)__builtin_ctz(p->h.delivery),
                         vmtp_blocks_octets(p->h.delivery, size));
        got |= p->h.delivery;
    }
    ck_assert_uint_eq(got, vmtp_blocks_mask(size));
    h = foreign_notify_server(server, A, 7, got, VMTP_OK);
    foreign_send(&g, &h, NULL, 0);
    ck_assert_uint_eq(foreign_event_count(&g, VMTP_EV_RELEASED), 1);
    ck_assert_uint_eq(foreign_event(&g, VMTP_EV_RELEASED, 0)->resumed, 1);
    ck_assert_uint_eq(foreign_event(&g, VMTP_EV_RELEASED, 0)->entity, server);
    nothing_is_left(&g);
}
END_TEST

/* VMTP-13.11-09 */
START_TEST(response_without_room_is_discarded) {
    serve_ask(&f, A, server, 7, 0);
    ck_assert_int_eq(serve_reply(&f, serve_last(&f), 5, 4096, 0), 0);
    ck_assert_int_eq(leave_with(server, 10), VMTP_E_MEMORY);
    size_t all = used;
    ck_assert_int_eq(leave_with(server, all - 1), 0);
    ck_assert_uint_lt(used, all - 4000);
    ck_assert_int_eq(arrive(), 0);
    ck_assert_uint_eq(lent, 0);
    serve_ask_again(&g, A, server, 7, VMTP_APG);
    expect_nvc(&g, A, 7, VMTP_RESPONSE_DISCARDED);
    ck_assert_uint_eq(serve_count(&g), 0);
}
END_TEST

/* VMTP-13.11-03: what was answered and acknowledged, and what others answer */
START_TEST(records_without_requests_go_along) {
    serve_ask(&f, A, server, 7, 0);
    ck_assert_int_eq(serve_reply(&f, serve_last(&f), VMTP_RESPONSE_DISCARDED, 0, 0), 0);
    serve_ask(&f, B, server, 8, 0);
    vmtp_host_learn(f.engine, FOREIGN_SERVER, foreign_other_mac, f.now);
    struct vmtp_forward w = {.message = {.server = FOREIGN_SERVER, .code = 3}};
    ck_assert_int_eq(vmtp_forward(f.engine, serve_last(&f)->handle, &w, f.now), 0);
    foreign_collect(&f);
    migrate(server);
    serve_accepts(&g, server, 2, 0);
    serve_ask_again(&g, A, server, 7, VMTP_APG);
    expect_nvc(&g, A, 7, VMTP_RESPONSE_DISCARDED);
    vmtp_host_learn(g.engine, FOREIGN_SERVER, foreign_other_mac, g.now);
    serve_ask_again(&g, B, server, 8, VMTP_APG);
    expect_nvc(&g, B, 8, VMTP_OK);
    const struct packet *p = expect_packet(&g);
    ck_assert_uint_eq(p->h.server, FOREIGN_SERVER);
    ck_assert_uint_eq(p->h.client, B);
    ck_assert_uint_eq(p->h.forward, 1);
    ck_assert_uint_eq(serve_count(&g), 0);
    nothing_is_left(&f);
}
END_TEST

/* ---- a client ---- */

/* VMTP-13.11-04 VMTP-13.11-08 */
START_TEST(call_is_gone_on_with) {
    uint32_t size = _i ? 4096 : 100;
    vmtp_entity client = call_entity(&f);
    struct vmtp_header asked = call_sent(&f, client, size);
    migrate(client);
    call_result(&f, VMTP_MIGRATED);
    struct vmtp_header probe = foreign_management(1, VMTP_PROBE_ENTITY, client);
    header_set_64(&probe, 44, client);
    foreign_send(&g, &probe, NULL, 0);
    ck_assert_uint_eq(packet_32(expect_response(&g, 1, VMTP_OK), 36), asked.transaction);
    struct vmtp_header h = call_response(&asked, 0);
    call_give_blocks(&g, &h, calling_response, 0, VMTP_APG); /* too early */
    expect_silence(&g);
    ck_assert_int_eq(vmtp_host_learn(g.engine, FOREIGN_SERVER, foreign_mac, g.now), 0);
    struct vmtp_request r = call_request(client, size);
    r.flags = VMTP_CALL_RESUME;
    call_start(&g, &r);
    const struct packet *p = expect_packet(&g);
    ck_assert_uint_eq(p->h.transaction, asked.transaction);
    ck_assert_uint_eq(p->h.flags, VMTP_APG);
    ck_assert_uint_gt(p->h.retransmit, 0);
    ck_assert_uint_eq(p->h.delivery, _i ? 0 : 1);
    expect_silence(&g);
    call_give_blocks(&g, &h, calling_response, 0, 0);
    call_result(&g, 0);
    foreign_forget(&g);
    r.flags = 0;
    call_start(&g, &r);
    ck_assert_uint_eq(expect_packet(&g)->h.transaction, asked.transaction + 1);
}
END_TEST

/* VMTP-13.11-04 */
START_TEST(call_may_be_left_behind) {
    vmtp_entity client = call_entity(&f);
    struct vmtp_header asked = call_sent(&f, client, 0);
    migrate(client);
    struct vmtp_request r = call_request(client, 0);
    vmtp_handle handle;
    ck_assert_int_eq(vmtp_host_learn(g.engine, FOREIGN_SERVER, foreign_mac, g.now), 0);
    r.flags = VMTP_CALL_RESUME;
    r.message.code |= VMTP_DGM;
    ck_assert_int_eq(vmtp_call(g.engine, &handle, &r, g.now), VMTP_E_INVALID);
    r.message.code &= ~VMTP_DGM;
    r.flags = 0;
    call_start(&g, &r);
    ck_assert_uint_eq(expect_packet(&g)->h.transaction, asked.transaction + 1);
    r.flags = VMTP_CALL_RESUME;
    r.client = serve_entity(&g, NULL); /* it came with none */
    ck_assert_int_eq(vmtp_call(g.engine, &handle, &r, g.now), VMTP_E_INVALID);
}
END_TEST

/* VMTP-13.11-04: an entity at rest */
START_TEST(transactions_go_on) {
    vmtp_entity client = call_entity(&f);
    struct vmtp_header asked = call_sent(&f, client, 0), h = call_response(&asked, 0);
    call_give_blocks(&f, &h, calling_response, 0, 0);
    migrate(client);
    ck_assert_int_eq(vmtp_host_learn(g.engine, FOREIGN_SERVER, foreign_mac, g.now), 0);
    struct vmtp_request r = call_request(client, 0);
    call_start(&g, &r);
    ck_assert_uint_eq(expect_packet(&g)->h.transaction, asked.transaction + 1);
}
END_TEST

/* ---- who deals with one that has left ---- */

static void answer_probe(struct foreign *node, uint32_t transaction, const uint8_t *from) {
    const struct packet *p = expect_packet(node);
    ck_assert_uint_eq(p->h.code, VMTP_PROBE_ENTITY);
    ck_assert_uint_eq(p->h.mpg, 1);
    struct vmtp_header h = foreign_response(p, 0xabc01, VMTP_OK | VMTP_DGM);
    header_set_32(&h, 36, transaction);
    node->src = from;
    foreign_send(node, &h, NULL, 0);
    node->src = foreign_mac;
}

/* VMTP-13.11-06 VMTP-8.6-02 */
START_TEST(response_follows_its_client) {
    uint32_t size = _i ? 2048 : 0;
    serve_ask(&f, A, server, 7, 0);
    ck_assert_int_eq(serve_reply(&f, serve_last(&f), 5, size, 0), 0);
    foreign_forget(&f);
    struct vmtp_header h = foreign_notify_server(server, A, 7, 0, VMTP_ENTITY_MIGRATED);
    ck_assert_int_eq(foreign_send(&f, &h, NULL, 0), 0);
    answer_probe(&f, 7, foreign_other_mac);
    uint32_t got = 0;
    do {
        const struct packet *p = expect_response(&f, 7, 5);
        ck_assert_mem_eq(p->dst, foreign_other_mac, 6);
        got |= p->h.delivery;
    } while (foreign_waiting(&f));
    ck_assert_uint_eq(got, vmtp_blocks_mask(size));
    nothing_is_left(&f);
}
END_TEST

/* VMTP-13.11-06: nobody knows, or it has gone on: the record stays as it is */
START_TEST(client_that_is_not_found_may_still_ask) {
    serve_ask(&f, A, server, 7, 0);
    ck_assert_int_eq(serve_reply(&f, serve_last(&f), 5, 1024, 0), 0);
    foreign_forget(&f);
    struct vmtp_header h = foreign_notify_server(server, A, 7, 0, VMTP_ENTITY_MIGRATED);
    ck_assert_int_eq(foreign_send(&f, &h, NULL, 0), 0);
    if (_i)
        answer_probe(&f, 8, foreign_other_mac);
    foreign_pass(&f, 2 * VMTP_SECOND);
    take_all(&f);
    serve_ask_again(&f, A, server, 7, VMTP_APG);
    expect_response(&f, 7, 5);
    nothing_is_left(&f);
}
END_TEST

/* VMTP-13.11-07 */
START_TEST(duplicate_tells_where_the_client_is) {
    uint32_t size = _i ? 2048 : 0;
    serve_ask(&f, A, server, 7, 0);
    f.src = foreign_other_mac;
    if (_i < 2)
        ck_assert_int_eq(serve_reply(&f, serve_last(&f), 5, size, 0), 0);
    foreign_forget(&f);
    serve_ask_again(&f, A, server, 7, VMTP_APG);
    if (_i == 2) {
        ck_assert_mem_eq(expect_nvc(&f, A, 7, VMTP_OK)->dst, foreign_other_mac, 6);
        return;
    }
    ck_assert_mem_eq(expect_response(&f, 7, 5)->dst, foreign_other_mac, 6);
}
END_TEST

/* VMTP-13.11-11 */
START_TEST(probe_follows_the_client) {
    struct vmtp_entity_options options = {.id = FOREIGN_SERVER};
    server = serve_entity(&f, &options);
    serve_ask(&f, A, server, 7, 0);
    const struct packet *p = expect_packet(&f);
    ck_assert_uint_eq(p->h.mpg, 0);
    struct vmtp_header h = foreign_notify_client(p->h.client, p->h.transaction, 0, VMTP_ENTITY_MIGRATED);
    if (_i)
        h = foreign_response(p, 0x0bad000000000001u, VMTP_DGM | VMTP_ENTITY_MIGRATED);
    ck_assert_int_eq(foreign_send(&f, &h, NULL, 0), 0);
    answer_probe(&f, 7, foreign_other_mac);
    ck_assert_uint_eq(serve_count(&f), 1);
    ck_assert_int_eq(serve_reply(&f, serve_last(&f), 5, 0, 0), 0);
    ck_assert_mem_eq(expect_response(&f, 7, 5)->dst, foreign_other_mac, 6);
}
END_TEST

/* VMTP-13.11-02 */
START_TEST(call_follows_its_server) {
    vmtp_entity client = call_entity(&f);
    struct vmtp_header asked = call_sent(&f, client, 2048);
    struct vmtp_header h = foreign_notify_client(client, asked.transaction, 0, VMTP_ENTITY_MIGRATED);
    ck_assert_int_eq(foreign_send(&f, &h, NULL, 0), 0);
    answer_probe(&f, 1, foreign_other_mac);
    uint32_t got = 0;
    do {
        const struct packet *p = expect_packet(&f);
        ck_assert_mem_eq(p->dst, foreign_other_mac, 6);
        ck_assert_uint_eq(p->h.transaction, asked.transaction);
        got |= p->h.delivery;
    } while (foreign_waiting(&f));
    ck_assert_uint_eq(got, 0xf);
}
END_TEST

/* VMTP-13.11-13: that node is found again and again, and says again and again that it is not there */
START_TEST(call_does_not_follow_for_ever) {
    vmtp_entity client = call_entity(&f);
    struct vmtp_header asked = call_sent(&f, client, 0);
    for (unsigned i = 0; i < 5; i++) {
        struct vmtp_header h = foreign_notify_client(client, asked.transaction, 0, VMTP_ENTITY_MIGRATED);
        ck_assert_int_eq(foreign_send(&f, &h, NULL, 0), 0);
        answer_probe(&f, 1, foreign_other_mac);
        ck_assert_uint_eq(expect_packet(&f)->h.transaction, asked.transaction);
        f.src = foreign_other_mac;
    }
    struct vmtp_header h = foreign_notify_client(client, asked.transaction, 0, VMTP_ENTITY_MIGRATED);
    ck_assert_int_eq(foreign_send(&f, &h, NULL, 0), 0);
    call_result(&f, VMTP_RETRANS_TIMEOUT);
    expect_silence(&f);
}
END_TEST

/* ---- the form ---- */

static void seal(size_t size) { vmtp_store32(form + size - 4, vmtp_checksum(form, size - 4)); }

/* VMTP-13.11-12 */
START_TEST(altered_forms_are_refused) {
    serve_ask(&f, A, server, 7, 0);
    serve_ask(&f, B, server, 7, 0);
    ck_assert_int_eq(serve_reply(&f, serve_last(&f), 5, 600, 0), 0);
    ck_assert_int_eq(leave_with(server, sizeof form), 0);
    static uint8_t good[65536];
    memcpy(good, form, used);
    for (size_t i = 0; i < used; i++) { /* any octet: the checksum tells */
        form[i] ^= 0x40;
        ck_assert_int_eq(arrive(), VMTP_E_INVALID);
        form[i] ^= 0x40;
    }
    size_t all = used;
    for (used = 0; used < all; used++) /* cut off anywhere */
        ck_assert_int_eq(arrive(), VMTP_E_INVALID);
    uint64_t seed = 5;
    for (unsigned i = 0; i < 20000; i++) { /* by somebody who knows how to sum */
        memcpy(form, good, all);
        for (unsigned k = 0; k < 1 + i % 3; k++)
            form[random_below(&seed, (uint32_t)all)] = (uint8_t)random32(&seed);
        seal(all);
        int result = arrive();
        ck_assert(result == 0 || result == VMTP_E_INVALID);
        if (result == 0)
            ck_assert_int_eq(vmtp_entity_delete(g.engine, moved, g.now), 0);
        foreign_pass(&g, 11 * VMTP_SECOND);
        foreign_forget(&g);
    }
    nothing_is_left(&g);
    memcpy(form, good, all);
    ck_assert_int_eq(arrive(), 0);
    ck_assert_int_eq(arrive(), VMTP_E_EXISTS);
    ck_assert_int_eq(vmtp_entity_import(g.engine, NULL, 0, &moved, &lent, g.now), VMTP_E_INVALID);
}
END_TEST

/* VMTP-13.11-12 VMTP-11-02 */
START_TEST(form_that_finds_no_room_changes_nothing) {
    struct vmtp_config config;
    struct vmtp_usage usage;
    foreign_close(&g);
    foreign_config(&config);
    memcpy(config.mac, new_mac, 6);
    config.block = 0x200000;
    config.max_remote_clients = _i == 0 ? 1 : 8;
    config.max_requests = _i == 1 ? 1 : 8;
    config.max_entities = 1;
    foreign_open(&g, &config);
    vmtp_entity other = 0;
    if (_i == 2)
        ck_assert_int_eq(vmtp_entity_create(g.engine, &other, NULL, g.now), 0);
    serve_ask(&f, A, server, 7, 0);
    serve_ask(&f, B, server, 7, 0);
    ck_assert_int_eq(leave_with(server, sizeof form), 0);
    ck_assert_int_eq(arrive(), VMTP_E_FULL);
    vmtp_usage(g.engine, &usage);
    ck_assert_uint_eq(usage.remote_clients + usage.requests + usage.events, 0);
    ck_assert_uint_eq(usage.entities, _i == 2 ? 1 : 0);
}
END_TEST

int main(void) {
    Suite *s = suite_create("migrate");
    TCase *t = tcase_create("migrate");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_set_timeout(t, 300);
    tcase_add_test(t, old_node_says_that_it_has_left);
    tcase_add_test(t, only_so_many_are_remembered);
    tcase_add_test(t, request_in_hand_is_answered_from_the_new_node);
    tcase_add_loop_test(t, request_not_delivered_is_forgotten, 0, 2);
    tcase_add_loop_test(t, response_goes_along, 0, 3);
    tcase_add_test(t, response_without_room_is_discarded);
    tcase_add_test(t, records_without_requests_go_along);
    tcase_add_loop_test(t, call_is_gone_on_with, 0, 2);
    tcase_add_test(t, call_may_be_left_behind);
    tcase_add_test(t, transactions_go_on);
    tcase_add_loop_test(t, response_follows_its_client, 0, 2);
    tcase_add_loop_test(t, client_that_is_not_found_may_still_ask, 0, 2);
    tcase_add_loop_test(t, duplicate_tells_where_the_client_is, 0, 3);
    tcase_add_loop_test(t, probe_follows_the_client, 0, 2);
    tcase_add_test(t, call_follows_its_server);
    tcase_add_test(t, call_does_not_follow_for_ever);
    tcase_add_test(t, altered_forms_are_refused);
    tcase_add_loop_test(t, form_that_finds_no_room_changes_nothing, 0, 3);
    suite_add_tcase(s, t);
    return run_suite(s);
}
