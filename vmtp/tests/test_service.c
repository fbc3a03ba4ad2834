/* SPDX-License-Identifier: BSD-2-Clause */
/* test_service.c - SignalEntity, ModifyService, AuthProbeEntity (spec/vmtp.md section 10.12). */
#include "support/calling.h"
#include "support/serving.h"
#include "wire_testing.h"

#define A FOREIGN_CLIENT
#define NOBODY 0x0000000000777777ull

static struct foreign f;
static vmtp_entity plain, server;

static void open_with(int remote_management) {
    struct vmtp_entity_options options = {.flags = VMTP_ENTITY_SIGNALS};
    struct vmtp_config config;
    foreign_config(&config);
    config.remote_management = (uint8_t)remote_management;
    foreign_open(&f, &config);
    server = serve_entity(&f, &options);
    plain = serve_entity(&f, NULL);
}

static void setup(void) { open_with(1); }
static void teardown(void) { foreign_close(&f); }

static int send_signal(uint32_t transaction, vmtp_entity to, uint32_t argument) {
    struct vmtp_header h = foreign_management(transaction, VMTP_SIGNAL_ENTITY, to);
    header_set_32(&h, 44, argument);
    return foreign_send(&f, &h, NULL, 0);
}

static int modify(uint32_t transaction, vmtp_entity of, uint32_t flags, uint32_t count) {
    struct vmtp_header h = foreign_management(transaction, VMTP_MODIFY_SERVICE, of);
    header_set_32(&h, 44, flags);
    header_set_32(&h, 48, count);
    return foreign_send(&f, &h, NULL, 0);
}

static void expect_count(uint32_t transaction, uint32_t count) {
    ck_assert_uint_eq(packet_32(expect_response(&f, transaction, VMTP_OK), 36), count);
    expect_silence(&f);
}

/* Either form of the answer will do (section 10.2). */
static void expect_nonexistent(void) {
    const struct packet *p = expect_packet(&f);
    ck_assert_uint_eq(p->h.function == VMTP_RESPONSE ? p->h.code & VMTP_CODE_MASK : packet_32(p, 60),
                      VMTP_NONEXISTENT_ENTITY);
    expect_silence(&f);
}

/* ---- SignalEntity ---- */

/* VMTP-10.12-02 VMTP-10.12-08 VMTP-10.2-06 */
START_TEST(signal_is_told_once) {
    for (unsigned i = 0; i < 3; i++) {
        send_signal(7, server, 0xcafe0001);
        ck_assert_uint_eq(expect_response(&f, 7, VMTP_OK)->h.code, VMTP_OK); /* not idempotent */
    }
    ck_assert_uint_eq(foreign_event_count(&f, VMTP_EV_SIGNAL), 1);
    const struct vmtp_event *ev = foreign_event(&f, VMTP_EV_SIGNAL, 0);
    ck_assert_uint_eq(ev->entity, server);
    ck_assert_uint_eq(ev->client, A);
    ck_assert_uint_eq(ev->number, 0xcafe0001);
    send_signal(8, server, 2);
    expect_response(&f, 8, VMTP_OK);
    ck_assert_uint_eq(foreign_event(&f, VMTP_EV_SIGNAL, 1)->number, 2);
}
END_TEST

/* VMTP-10.12-03 VMTP-10.12-06 VMTP-10.12-08 */
START_TEST(signal_goes_only_to_who_wants_it) {
    send_signal(7, plain, 1);
    expect_response(&f, 7, VMTP_NO_PERMISSION);
    send_signal(8, vmtp_engine_manager(f.engine), 1);
    expect_response(&f, 8, VMTP_NO_PERMISSION);
    send_signal(9, NOBODY, 1);
    expect_nonexistent();
    ck_assert_uint_eq(foreign_event_count(&f, VMTP_EV_SIGNAL), 0);
}
END_TEST

static void give_signal(uint32_t transaction) { /* without taking events */
    uint8_t packet[VMTP_MIN_PACKET];
    struct vmtp_rx rx = {.packet = packet, .length = sizeof packet};
    struct vmtp_header h = foreign_management(transaction, VMTP_SIGNAL_ENTITY, server);
    vmtp_header_encode(packet, &h);
    vmtp_store32(packet + VMTP_HEADER_OCTETS, 0);
    memcpy(rx.src, foreign_mac, 6);
    memcpy(rx.dst, foreign_engine_mac, 6);
    ck_assert_int_eq(vmtp_input(f.engine, &rx, f.now), 0);
}

/* VMTP-10.12-03 */
START_TEST(second_signal_waits_for_the_first) {
    give_signal(7);
    give_signal(8);
    if (_i)
        ck_assert_int_eq(vmtp_entity_delete(f.engine, server, f.now), 0);
    foreign_collect(&f);
    expect_response(&f, 7, VMTP_OK);
    expect_response(&f, 8, VMTP_BUSY);
    ck_assert_uint_eq(foreign_event_count(&f, VMTP_EV_SIGNAL), _i ? 0 : 1);
}
END_TEST

/* VMTP-10.12-02: from an entity of the same node */
START_TEST(signal_from_here) {
    vmtp_entity client = call_entity(&f);
    struct vmtp_request r = call_request(client, 0);
    r.message.server = VMTP_MANAGER_GROUP;
    r.message.code = VMTP_SIGNAL_ENTITY & ~VMTP_CRE;
    vmtp_message_set_coresident(&r.message, server);
    r.message.words[2] = 77;
    r.message.server = vmtp_engine_manager(f.engine);
    call_start(&f, &r);
    ck_assert_uint_eq(call_result(&f, 0)->message.code & VMTP_CODE_MASK, VMTP_OK);
    ck_assert_uint_eq(foreign_event(&f, VMTP_EV_SIGNAL, 0)->number, 77);
    ck_assert_uint_eq(foreign_event(&f, VMTP_EV_SIGNAL, 0)->client, client);
    expect_silence(&f);
}
END_TEST

/* ---- ModifyService ---- */

/* VMTP-10.12-04 */
START_TEST(count_is_set_and_moved) {
    static const struct {
        uint32_t flags, count, holds;
    } steps[] = {{8, 0, 128},          {0, 5, 5}, {8, 3, 8},     {8, 0xfffffffeu, 6},
                 {8, 0x80000000u, 0},  {0, 0, 0}, {8, 200, 128}, {0, 0xffffffffu, 128},
                 {8, 0x7fffffffu, 128}};
    for (uint32_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        modify(10 + i, server, steps[i].flags, steps[i].count);
        expect_count(10 + i, steps[i].holds);
    }
}
END_TEST

/* VMTP-10.12-08 */
START_TEST(count_is_moved_at_most_once) {
    modify(9, server, 0, 5);
    expect_count(9, 5);
    for (unsigned i = 0; i < 3; i++) {
        modify(10, server, VMTP_SERVICE_INCREMENTAL, 1);
        expect_count(10, 6);
    }
    modify(11, NOBODY, 0, 1);
    expect_nonexistent();
}
END_TEST

static uint32_t will_take(void) {
    struct vmtp_header h = foreign_management(1, VMTP_QUERY_ENTITY, server);
    h.client = NOBODY;
    foreign_send(&f, &h, NULL, 0);
    return vmtp_load32(expect_response(&f, 1, VMTP_OK)->data + 40);
}

/* VMTP-10.12-05 VMTP-10.8-03 VMTP-8.4-01 */
START_TEST(no_more_requests_than_the_count) {
    ck_assert_uint_eq(will_take(), 8);
    modify(7, server, 0, 2);
    expect_count(7, 2);
    ck_assert_uint_eq(will_take(), 2);
    serve_ask(&f, A + 1, server, 1, 0);
    ck_assert_uint_eq(will_take(), 1);
    serve_ask_blocks(&f, A + 2, server, 1, 2048, 1, 0); /* half of one */
    ck_assert_uint_eq(will_take(), 0);
    ck_assert_int_eq(serve_ask(&f, A + 3, server, 1, 0), VMTP_COUNT_DROP_NO_ACCEPT);
    expect_nvc(&f, A + 3, 1, VMTP_BUSY);
    serve_ask(&f, A + 3, plain, 2, 0); /* the others are as they were */
    ck_assert_uint_eq(serve_last(&f)->entity, plain);
    ck_assert_int_eq(serve_reply(&f, foreign_event(&f, VMTP_EV_REQUEST, 0), 1, 0, 0), 0);
    expect_response(&f, 1, 1);
    ck_assert_uint_eq(will_take(), 1);
    ck_assert_int_eq(serve_ask(&f, A + 3, server, 3, 0), 0);
    ck_assert_uint_eq(serve_count(&f), 3);
}
END_TEST

/* VMTP-10.12-05: for clients here as well */
START_TEST(count_holds_for_clients_here) {
    vmtp_entity client = call_entity(&f);
    struct vmtp_request r = call_request(client, 0);
    r.message.server = server;
    modify(7, server, 0, 0);
    expect_count(7, 0);
    call_start(&f, &r);
    foreign_pass(&f, VMTP_SECOND);
    ck_assert_uint_eq(serve_count(&f), 0);
    modify(8, server, 0, 1);
    expect_count(8, 1);
    foreign_pass(&f, 100 * VMTP_MILLISECOND);
    ck_assert_uint_eq(serve_count(&f), 1);
}
END_TEST

/* VMTP-10.12-06 VMTP-10.12-07 */
START_TEST(what_is_not_permitted_or_provided) {
    modify(7, server, VMTP_SERVICE_SECURITY_REQUIRED, 1);
    expect_response(&f, 7, VMTP_SECURITY_NOT_SUPPORTED);
    static const uint32_t flags[] = {VMTP_SERVICE_THREADS, VMTP_SERVICE_AUTHENTICATION_REQUIRED, 16, 0x80000000u};
    for (uint32_t i = 0; i < 4; i++) {
        modify(8 + i, server, flags[i], 1);
        expect_response(&f, 8 + i, VMTP_ERROR);
    }
    modify(20, vmtp_engine_manager(f.engine), 0, 1);
    expect_response(&f, 20, VMTP_NO_PERMISSION);
    ck_assert_uint_eq(will_take(), 8);
    foreign_close(&f);
    open_with(0);
    modify(7, server, 0, 1);
    expect_response(&f, 7, VMTP_NO_PERMISSION);
    ck_assert_uint_eq(will_take(), 8);
    send_signal(8, server, 1); /* whose program asked for it */
    expect_response(&f, 8, VMTP_OK);
}
END_TEST

/* ---- AuthProbeEntity ---- */

/* VMTP-10.12-01 */
START_TEST(authentication_is_not_supported) {
    struct vmtp_header h = foreign_management(7, VMTP_AUTH_PROBE_ENTITY, server);
    header_set_64(&h, 44, server);
    foreign_send(&f, &h, NULL, 0);
    expect_response(&f, 7, VMTP_SECURITY_NOT_SUPPORTED);
    header_set_64(&h, 44, NOBODY);
    foreign_send(&f, &h, NULL, 0);
    expect_response(&f, 7, VMTP_NONEXISTENT_ENTITY);
    f.multicast = 1;
    header_set_64(&h, 44, server);
    foreign_send(&f, &h, NULL, 0);
    expect_silence(&f);
}
END_TEST

int main(void) {
    Suite *s = suite_create("service");
    TCase *t = tcase_create("service");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, signal_is_told_once);
    tcase_add_test(t, signal_goes_only_to_who_wants_it);
    tcase_add_loop_test(t, second_signal_waits_for_the_first, 0, 2);
    tcase_add_test(t, signal_from_here);
    tcase_add_test(t, count_is_set_and_moved);
    tcase_add_test(t, count_is_moved_at_most_once);
    tcase_add_test(t, no_more_requests_than_the_count);
    tcase_add_test(t, count_holds_for_clients_here);
    tcase_add_test(t, what_is_not_permitted_or_provided);
    tcase_add_test(t, authentication_is_not_supported);
    suite_add_tcase(s, t);
    return run_suite(s);
}
