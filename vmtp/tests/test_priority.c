/* SPDX-License-Identifier: BSD-2-Clause */
/* test_priority.c - who waits less: Requests to be handled, packet groups and packets of management to be sent (spec/vmtp.md 13.9). */
#include "support/calling.h"
#include "support/serving.h"
#include "wire_testing.h"

static struct foreign f;
static vmtp_entity server;

/* Least urgent first. */
static const uint8_t ranked[16] = {4, 5, 6, 7, 0, 1, 2, 3, 8, 9, 10, 11, 12, 13, 14, 15};

static void setup(void) {
    foreign_open(&f, NULL);
    server = serve_entity(&f, NULL);
    serve_accepts(&f, server, 60, 512);
}

static void teardown(void) { foreign_close(&f); }

/* Gives a Request to the engine without looking what comes of it. */
static void put(vmtp_entity client, uint32_t transaction, uint8_t priority) {
    uint8_t packet[VMTP_MIN_PACKET];
    struct vmtp_header h = foreign_request(client, server, transaction, 0x77);
    struct vmtp_rx rx = {.packet = packet, .length = sizeof packet};
    h.priority = priority;
    vmtp_header_encode(packet, &h);
    vmtp_store32(packet + VMTP_HEADER_OCTETS, vmtp_checksum(packet, VMTP_HEADER_OCTETS));
    memcpy(rx.src, foreign_mac, 6);
    memcpy(rx.dst, foreign_engine_mac, 6);
    ck_assert_int_eq(vmtp_input(f.engine, &rx, f.now), 0);
}

/* The next event, which is a Request: its client. */
static vmtp_entity next(void) {
    struct vmtp_event event;
    ck_assert_int_eq(vmtp_next_event(f.engine, &event), 1);
    ck_assert_int_eq(event.type, VMTP_EV_REQUEST);
    return event.client;
}

/* VMTP-13.9-01 */
START_TEST(ranks_are_in_their_order) {
    for (unsigned i = 0; i < 16; i++)
        ck_assert_uint_eq(vmtp_priority_rank(ranked[i]), i);
}
END_TEST

/* VMTP-13.9-01 VMTP-13.9-02 */
START_TEST(requests_are_delivered_by_rank) {
    for (unsigned i = 0; i < 16; i++) /* in an order that is no order */
        put(FOREIGN_CLIENT + ranked[i * 7 % 16], 1, ranked[i * 7 % 16]);
    for (unsigned i = 16; i-- > 0;)
        ck_assert_uint_eq(next(), FOREIGN_CLIENT + ranked[i]);
}
END_TEST

/* VMTP-13.9-02 */
START_TEST(within_a_rank_the_first_is_first) {
    for (unsigned i = 0; i < 30; i++)
        put(FOREIGN_CLIENT + i, 1, i % 3 ? 0 : 12);
    for (unsigned i = 0; i < 30; i += 3)
        ck_assert_uint_eq(next(), FOREIGN_CLIENT + i);
    put(FOREIGN_CLIENT + 30, 1, 4);
    for (unsigned i = 0; i < 30; i++)
        if (i % 3)
            ck_assert_uint_eq(next(), FOREIGN_CLIENT + i);
    ck_assert_uint_eq(next(), FOREIGN_CLIENT + 30);
    struct vmtp_event event;
    ck_assert_int_eq(vmtp_next_event(f.engine, &event), 0);
}
END_TEST

/* One that is given up while it waits leaves no trace.  VMTP-13.9-02 */
START_TEST(order_outlives_requests_that_go_away) {
    put(FOREIGN_CLIENT, 1, 12);
    put(FOREIGN_CLIENT + 1, 1, 4);
    put(FOREIGN_CLIENT, 2, 0);
    put(FOREIGN_CLIENT + 2, 1, 8);
    ck_assert_uint_eq(next(), FOREIGN_CLIENT + 2);
    ck_assert_uint_eq(next(), FOREIGN_CLIENT);
    ck_assert_uint_eq(next(), FOREIGN_CLIENT + 1);
}
END_TEST

/* VMTP-13.9-05 VMTP-8.1-05 */
START_TEST(what_it_ends_is_told_before_it) {
    struct vmtp_event event;
    put(FOREIGN_CLIENT, 1, 0);
    ck_assert_uint_eq(next(), FOREIGN_CLIENT);
    put(FOREIGN_OTHER_CLIENT, 1, 0);
    put(FOREIGN_CLIENT, 2, 12); /* it would pass the other's */
    ck_assert_uint_eq(next(), FOREIGN_OTHER_CLIENT);
    ck_assert_int_eq(vmtp_next_event(f.engine, &event), 1);
    ck_assert_int_eq(event.type, VMTP_EV_ABANDONED);
    ck_assert_uint_eq(event.transaction, 1);
    ck_assert_uint_eq(next(), FOREIGN_CLIENT);
}
END_TEST

/* VMTP-13.9-05 */
START_TEST(a_client_does_not_pass_itself) {
    static const uint8_t priority[] = {4, 15, 0, 12};
    struct vmtp_header h = foreign_request(FOREIGN_CLIENT, server, 1, 0x77);
    struct vmtp_event event;
    for (uint32_t i = 0; i < 4; i++) { /* a run of datagrams: they wait side by side */
        uint8_t packet[VMTP_MIN_PACKET];
        struct vmtp_rx rx = {.packet = packet, .length = sizeof packet};
        h.transaction = i + 1;
        h.priority = priority[i];
        h.flags = (i ? VMTP_NSR : 0) | (i < 3 ? VMTP_NER : 0);
        vmtp_header_encode(packet, &h);
        vmtp_store32(packet + VMTP_HEADER_OCTETS, vmtp_checksum(packet, VMTP_HEADER_OCTETS));
        memcpy(rx.src, foreign_mac, 6);
        memcpy(rx.dst, foreign_engine_mac, 6);
        ck_assert_int_eq(vmtp_input(f.engine, &rx, f.now), 0);
    }
    put(FOREIGN_OTHER_CLIENT, 1, 8);
    ck_assert_int_eq(vmtp_next_event(f.engine, &event), 1);
    ck_assert_uint_eq(event.client, FOREIGN_OTHER_CLIENT);
    for (uint32_t i = 0; i < 4; i++) {
        ck_assert_int_eq(vmtp_next_event(f.engine, &event), 1);
        ck_assert_uint_eq(event.transaction, i + 1);
    }
}
END_TEST

/* ---- what is sent ---- */

static void begin(uint8_t priority, uint32_t size) {
    struct vmtp_request r = call_request(call_entity(&f), size);
    vmtp_handle handle;
    r.priority = priority;
    ck_assert_int_eq(vmtp_call(f.engine, &handle, &r, f.now), 0);
}

/* VMTP-13.9-03 */
START_TEST(packet_groups_go_by_rank) {
    f.stuck = 1;
    for (unsigned i = 0; i < 16; i++)
        begin(ranked[i * 5 % 16], 2048);
    f.stuck = 0;
    foreign_collect(&f);
    for (unsigned i = 32; i-- > 0;)
        ck_assert_uint_eq(expect_packet(&f)->h.priority, ranked[i / 2]);
    expect_silence(&f);
}
END_TEST

/* VMTP-13.9-03 */
START_TEST(equals_take_turns) {
    f.stuck = 1;
    begin(0, 4096);
    begin(0, 4096);
    begin(8, 2048);
    f.stuck = 0;
    foreign_collect(&f);
    ck_assert_uint_eq(expect_packet(&f)->h.priority, 8);
    ck_assert_uint_eq(expect_packet(&f)->h.priority, 8);
    vmtp_entity last = 0;
    for (unsigned i = 0; i < 8; i++) {
        vmtp_entity client = expect_packet(&f)->h.client;
        ck_assert_uint_ne(client, last);
        last = client;
    }
}
END_TEST

/* VMTP-13.9-04: Responses without a segment that are sent again, and a Notify */
START_TEST(management_goes_first) {
    static const uint8_t priority[] = {4, 0, 12, 8, 0};
    for (unsigned i = 0; i < 5; i++) {
        struct vmtp_header h = foreign_request(FOREIGN_CLIENT + i, server, 1, 0x77);
        h.priority = priority[i];
        foreign_send(&f, &h, NULL, 0);
        ck_assert_int_eq(serve_reply(&f, serve_last(&f), 1, 0, 0), 0);
        expect_packet(&f);
    }
    f.stuck = 1;
    begin(15, 0);
    for (unsigned i = 0; i < 5; i++) {
        struct vmtp_header h = foreign_request(FOREIGN_CLIENT + i, server, 1, 0x77);
        h.priority = priority[i];
        h.retransmit = 1;
        foreign_send(&f, &h, NULL, 0);
    }
    f.stuck = 0;
    foreign_collect(&f);
    static const unsigned order[] = {2, 3, 1, 4, 0};
    for (unsigned i = 0; i < 5; i++)
        ck_assert_uint_eq(expect_packet(&f)->h.client, FOREIGN_CLIENT + order[i]);
    ck_assert_uint_eq(expect_packet(&f)->h.function, VMTP_REQUEST);
}
END_TEST

int main(void) {
    Suite *s = suite_create("priority");
    TCase *t = tcase_create("priority");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, ranks_are_in_their_order);
    tcase_add_test(t, requests_are_delivered_by_rank);
    tcase_add_test(t, within_a_rank_the_first_is_first);
    tcase_add_test(t, order_outlives_requests_that_go_away);
    tcase_add_test(t, what_it_ends_is_told_before_it);
    tcase_add_test(t, a_client_does_not_pass_itself);
    tcase_add_test(t, packet_groups_go_by_rank);
    tcase_add_test(t, equals_take_turns);
    tcase_add_test(t, management_goes_first);
    suite_add_tcase(s, t);
    return run_suite(s);
}
