/* SPDX-License-Identifier: BSD-2-Clause */
/* test_streams_server.c - runs of Requests at the server, packet by packet (spec/vmtp.md section 13.3). */
#include <check.h>
#include <suite.h>
#include <stdlib.h>

#include "support/streaming.h"

#define T 1000u

static struct foreign f;
static vmtp_entity server;

static void setup(void) {
    stream_open(&f, NULL);
    server = serve_entity(&f, NULL);
}

static void teardown(void) { foreign_close(&f); }

/* A run from T on that goes on. */
static void run_of(unsigned count) { stream_ask_run(&f, server, T, count); }

static void delivered(const uint32_t *transactions, unsigned count) {
    ck_assert_uint_eq(serve_count(&f), count);
    for (unsigned i = 0; i < count; i++)
        ck_assert_uint_eq(stream_delivered(&f, i), transactions[i]);
}

static void told(uint32_t transact, uint32_t code) { expect_nvc(&f, FOREIGN_CLIENT, transact, code); }

/* ---- order ---- */

/* VMTP-13.3-03 VMTP-13.3-04 */
START_TEST(a_run_is_delivered_in_order) {
    static const uint32_t order[] = {T, T + 1, T + 2, T + 3};
    run_of(3);
    stream_ask(&f, server, T + 3, LAST);
    delivered(order, 4);
    expect_silence(&f);
    ck_assert_uint_eq(foreign_event_count(&f, VMTP_EV_ABANDONED), 0);
    for (unsigned i = 0; i < 4; i++) {
        ck_assert_int_eq(foreign_event(&f, VMTP_EV_REQUEST, i)->more, i < 3);
        ck_assert_int_eq(stream_reply(&f, T + i, 0, 0), 0);
    }
}
END_TEST

/* VMTP-13.3-03 VMTP-8.1-05: one that begins anew ends all before it, whatever becomes of them */
START_TEST(a_new_run_ends_the_old_one) {
    run_of(3);
    ck_assert_int_eq(stream_reply(&f, T, 600, 0), 0);
    foreign_forget(&f);
    uint32_t flags = _i == 0 ? FIRST : _i == 1 ? VMTP_STI : 0;
    ck_assert_int_eq(stream_ask(&f, server, T + 3, flags), 0);
    ck_assert_uint_eq(foreign_event_count(&f, VMTP_EV_ABANDONED), 2);
    ck_assert_uint_eq(foreign_event_count(&f, VMTP_EV_RELEASED), 1);
    ck_assert_uint_eq(serve_count(&f), 1);
    ck_assert_int_eq(stream_reply(&f, T + 3, 0, 0), 0);
    expect_response(&f, T + 3, 0x42);
    expect_silence(&f);
}
END_TEST

/* VMTP-13.3-03: to another entity of the node as well */
START_TEST(a_request_elsewhere_ends_it_too) {
    vmtp_entity other = serve_entity(&f, NULL);
    run_of(2);
    ck_assert_int_eq(serve_ask(&f, FOREIGN_CLIENT, other, T + 2, 0), 0);
    ck_assert_uint_eq(foreign_event_count(&f, VMTP_EV_ABANDONED), 2);
    ck_assert_int_eq(stream_ask(&f, server, T + 2, LAST), VMTP_COUNT_DROP_OUT_OF_ORDER);
    told(T + 2, VMTP_NO_RUN_RECORD);
}
END_TEST

/* VMTP-13.3-04: a later one waits for an earlier one that lacks blocks */
START_TEST(delivery_waits_for_the_one_before) {
    static const uint32_t order[] = {T, T + 1, T + 2};
    serve_ask_blocks(&f, FOREIGN_CLIENT, server, T, 2000, 0xd, FIRST);
    stream_ask(&f, server, T + 1, MIDDLE);
    stream_ask(&f, server, T + 2, LAST);
    ck_assert_uint_eq(serve_count(&f), 0);
    serve_ask_blocks(&f, FOREIGN_CLIENT, server, T, 2000, 0x2, FIRST);
    delivered(order, 3);
    ck_assert_mem_eq(foreign_event(&f, VMTP_EV_REQUEST, 0)->segment, serving_segment, 2000);
}
END_TEST

/* VMTP-13.3-04 VMTP-13.3-02: behind STI 255 Transactions are none of the client's Requests */
START_TEST(sti_skips_256) {
    ck_assert_int_eq(stream_ask(&f, server, T, FIRST | VMTP_STI), 0);
    ck_assert_int_eq(stream_ask(&f, server, T + 1, LAST), VMTP_COUNT_DROP_OUT_OF_ORDER);
    told(T, VMTP_RETRY_ALL);
    ck_assert_int_eq(stream_ask(&f, server, T + 255, LAST | VMTP_APG), VMTP_COUNT_DROP_OUT_OF_ORDER);
    told(T, VMTP_RETRY_ALL);
    ck_assert_int_eq(stream_ask(&f, server, T + 256, MIDDLE), 0);
    ck_assert_int_eq(stream_ask(&f, server, T + 257, LAST), 0);
    expect_silence(&f);
    ck_assert_uint_eq(serve_count(&f), 3);
}
END_TEST

/* VMTP-13.3-04: at the end of the numbers, and where their order turns */
START_TEST(transactions_go_round) {
    static const uint32_t starts[] = {UINT32_MAX, UINT32_MAX - 100, 0x7fffffff, 0x7fffff80};
    uint32_t t = starts[_i];
    ck_assert_int_eq(stream_ask(&f, server, t, FIRST | VMTP_STI), 0);
    ck_assert_int_eq(stream_ask(&f, server, t + 256, MIDDLE), 0);
    ck_assert_int_eq(stream_ask(&f, server, t + 257, LAST), 0);
    ck_assert_uint_eq(serve_count(&f), 3);
    expect_silence(&f);
    for (unsigned i = 0; i < 3; i++) {
        ck_assert_int_eq(stream_reply(&f, foreign_event(&f, VMTP_EV_REQUEST, i)->transaction, 0, 0), 0);
        expect_response(&f, i ? t + 255 + i : t, 0x42);
    }
    ck_assert_int_eq(stream_ask(&f, server, t, FIRST | VMTP_STI | VMTP_APG), VMTP_COUNT_DROP_DUPLICATE);
    expect_response(&f, t, 0x42);
    ck_assert_int_eq(stream_ask(&f, server, t - 1, FIRST), VMTP_COUNT_DROP_OLD_TRANSACTION);
    ck_assert_int_eq(stream_ask(&f, server, t - 1, LAST), VMTP_COUNT_DROP_OLD_TRANSACTION);
    expect_silence(&f);
}
END_TEST

/* ---- gaps ---- */

/* VMTP-13.3-05 VMTP-5.1-01: row 37 */
START_TEST(a_gap_is_told_once) {
    run_of(2);
    ck_assert_int_eq(stream_ask(&f, server, T + 3, MIDDLE), VMTP_COUNT_DROP_OUT_OF_ORDER);
    told(T + 1, VMTP_RETRY_ALL);
    for (unsigned i = 4; i < 9; i++)
        ck_assert_int_eq(stream_ask(&f, server, T + i, MIDDLE), VMTP_COUNT_DROP_OUT_OF_ORDER);
    expect_silence(&f);
    ck_assert_int_eq(stream_ask(&f, server, T + 9, LAST | VMTP_APG), VMTP_COUNT_DROP_OUT_OF_ORDER);
    told(T + 1, VMTP_RETRY_ALL);
    ck_assert_uint_eq(serve_count(&f), 2);
    ck_assert_int_eq(stream_ask(&f, server, T + 2, MIDDLE), 0);
    ck_assert_int_eq(stream_ask(&f, server, T + 4, MIDDLE), VMTP_COUNT_DROP_OUT_OF_ORDER);
    told(T + 2, VMTP_RETRY_ALL); /* another gap */
    ck_assert_int_eq(stream_ask(&f, server, T + 3, MIDDLE), 0);
    ck_assert_uint_eq(serve_count(&f), 4);
}
END_TEST

/* VMTP-13.3-05: one without a segment or with one, of one group or of many */
START_TEST(what_follows_a_gap_is_not_kept) {
    run_of(1);
    struct vmtp_header h = foreign_segment_request(FOREIGN_CLIENT, server, T + 2, 1000);
    h.flags = MIDDLE;
    foreign_send(&f, &h, serving_segment, 1000);
    told(T, VMTP_RETRY_ALL);
    struct vmtp_header large = stream_large_request(server, T + 3, 40000);
    large.flags = VMTP_NSR;
    for (unsigned i = 0; i < 3; i++)
        ck_assert_int_eq(stream_give_group(&f, &large, i, 0), VMTP_COUNT_DROP_OUT_OF_ORDER);
    foreign_pass(&f, VMTP_SECOND);
    expect_silence(&f);
    ck_assert_uint_eq(serve_count(&f), 1);
}
END_TEST

/* VMTP-13.3-19 */
START_TEST(what_nobody_sends_again_is_taken) {
    static const uint32_t order[] = {T, T + 4, T + 5};
    run_of(1);
    struct vmtp_header h = foreign_request(FOREIGN_CLIENT, server, T + 4, _i ? 1 | VMTP_DGM : 1);
    h.flags = _i ? MIDDLE : MIDDLE | VMTP_NRT;
    ck_assert_int_eq(foreign_send(&f, &h, NULL, 0), 0);
    ck_assert_int_eq(stream_ask(&f, server, T + 5, LAST), 0);
    expect_silence(&f);
    delivered(order, 3);
}
END_TEST

/* VMTP-13.3-19: also the first of which anything is known */
START_TEST(a_datagram_begins_in_the_middle) {
    struct vmtp_header h = foreign_request(FOREIGN_CLIENT, server, T + 4, 1 | VMTP_DGM);
    h.flags = MIDDLE;
    ck_assert_int_eq(foreign_send(&f, &h, NULL, 0), 0);
    h.transaction++;
    ck_assert_int_eq(foreign_send(&f, &h, NULL, 0), 0);
    expect_silence(&f);
    ck_assert_uint_eq(serve_count(&f), 2);
    ck_assert_int_eq(foreign_send(&f, &h, NULL, 0), VMTP_COUNT_DROP_DUPLICATE);
    expect_silence(&f);
}
END_TEST

/* VMTP-13.3-06 */
START_TEST(a_run_nobody_knows) {
    if (_i == 1) { /* not by a Request that was no part of one */
        stream_ask(&f, server, T, 0);
        stream_reply(&f, T, 0, 0);
        foreign_forget(&f);
    } else if (_i == 2) { /* not any more */
        run_of(1);
        stream_reply(&f, T, 0, 0);
        foreign_pass(&f, 6 * VMTP_SECOND);
        foreign_forget(&f);
    }
    for (unsigned i = 0; i < 3; i++) {
        ck_assert_int_eq(stream_ask(&f, server, T + 1, i == 1 ? MIDDLE : LAST), VMTP_COUNT_DROP_OUT_OF_ORDER);
        told(T + 1, VMTP_NO_RUN_RECORD);
        expect_silence(&f);
    }
    ck_assert_int_eq(stream_ask(&f, server, T + 1, FIRST), 0);
    ck_assert_int_eq(stream_ask(&f, server, T + 2, LAST), 0);
    expect_silence(&f);
}
END_TEST

/* VMTP-13.3-22 */
START_TEST(what_lacks_blocks_is_asked_for_once) {
    serve_ask_blocks(&f, FOREIGN_CLIENT, server, T, 2000, 0x5, FIRST);
    serve_ask_blocks(&f, FOREIGN_CLIENT, server, T + 1, 2000, 0x8, MIDDLE);
    expect_silence(&f); /* this one lacks something itself */
    stream_ask(&f, server, T + 2, MIDDLE);
    const struct packet *p = expect_nvc(&f, FOREIGN_CLIENT, T, VMTP_RETRY);
    ck_assert_uint_eq(packet_32(p, 56), 0x5);
    p = expect_nvc(&f, FOREIGN_CLIENT, T + 1, VMTP_RETRY);
    ck_assert_uint_eq(packet_32(p, 56), 0x8);
    stream_ask(&f, server, T + 3, MIDDLE);
    expect_silence(&f);
    serve_ask_blocks(&f, FOREIGN_CLIENT, server, T, 2000, 0xa, FIRST);
    serve_ask_blocks(&f, FOREIGN_CLIENT, server, T + 1, 2000, 0x7, MIDDLE);
    ck_assert_uint_eq(serve_count(&f), 4);
    expect_silence(&f);
}
END_TEST

/* VMTP-13.3-23 VMTP-8.3-10: nobody is told OK for what was not done in order */
START_TEST(one_that_is_given_up_takes_those_behind_it_along) {
    static const uint32_t order[] = {T, T + 1, T + 2};
    serve_ask_blocks(&f, FOREIGN_CLIENT, server, T, 2000, 0x5, FIRST);
    stream_ask(&f, server, T + 1, MIDDLE);
    ck_assert_uint_eq(packet_32(expect_nvc(&f, FOREIGN_CLIENT, T, VMTP_RETRY), 56), 0x5);
    foreign_pass(&f, 2 * VMTP_SECOND);
    for (unsigned i = 0; i < 5; i++)
        ck_assert_uint_eq(packet_32(expect_nvc(&f, FOREIGN_CLIENT, T, VMTP_RETRY), 56), 0x5);
    told(T, VMTP_TOO_MANY_RETRIES);
    expect_silence(&f);
    delivered(order, 0);
    stream_ask(&f, server, T + 1, MIDDLE);
    told(T - 1, VMTP_RETRY_ALL);
    serve_ask_blocks(&f, FOREIGN_CLIENT, server, T, 2000, 0xf, FIRST);
    stream_ask(&f, server, T + 1, MIDDLE);
    stream_ask(&f, server, T + 2, LAST);
    delivered(order, 3);
    ck_assert_uint_eq(vmtp_counter(f.engine, VMTP_COUNT_DROP_INCOMPLETE), 1);
}
END_TEST

/* VMTP-13.3-23: but those that nobody asks for again are no reason to wait */
START_TEST(one_without_retransmission_holds_up_nobody) {
    static const uint32_t order[] = {T + 1};
    serve_ask_blocks(&f, FOREIGN_CLIENT, server, T, 2000, 0x5, FIRST | VMTP_NRT);
    stream_ask(&f, server, T + 1, LAST);
    delivered(order, 0);
    foreign_pass(&f, VMTP_SECOND);
    delivered(order, 1);
}
END_TEST

/* VMTP-13.3-23: the last one can still come, and what comes behind it is the next */
START_TEST(the_last_one_given_up_can_come_again) {
    run_of(1);
    stream_reply(&f, T, 0, 0);
    stream_tell_server(&f, server, T, 0, VMTP_OK);
    foreign_forget(&f);
    serve_ask_blocks(&f, FOREIGN_CLIENT, server, T + 1, 2000, 0x5, MIDDLE);
    foreign_pass(&f, 2 * VMTP_SECOND);
    foreign_forget(&f);
    serve_ask_blocks(&f, FOREIGN_CLIENT, server, T + 1, 2000, 0xf, MIDDLE);
    ck_assert_uint_eq(serve_count(&f), 1);
    stream_ask(&f, server, T + 2, LAST);
    ck_assert_uint_eq(serve_count(&f), 2);
    expect_silence(&f);
}
END_TEST

int main(void) {
    Suite *s = suite_create("runs of Requests at the server");
    TCase *t = tcase_create("order");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, a_run_is_delivered_in_order);
    tcase_add_loop_test(t, a_new_run_ends_the_old_one, 0, 3);
    tcase_add_test(t, a_request_elsewhere_ends_it_too);
    tcase_add_test(t, delivery_waits_for_the_one_before);
    tcase_add_test(t, sti_skips_256);
    tcase_add_loop_test(t, transactions_go_round, 0, 4);
    suite_add_tcase(s, t);
    t = tcase_create("gaps");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, a_gap_is_told_once);
    tcase_add_test(t, what_follows_a_gap_is_not_kept);
    tcase_add_loop_test(t, what_nobody_sends_again_is_taken, 0, 2);
    tcase_add_test(t, a_datagram_begins_in_the_middle);
    tcase_add_loop_test(t, a_run_nobody_knows, 0, 3);
    tcase_add_test(t, what_lacks_blocks_is_asked_for_once);
    tcase_add_test(t, one_that_is_given_up_takes_those_behind_it_along);
    tcase_add_test(t, one_without_retransmission_holds_up_nobody);
    tcase_add_test(t, the_last_one_given_up_can_come_again);
    suite_add_tcase(s, t);
    return run_suite(s);
}
