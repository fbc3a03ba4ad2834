/* SPDX-License-Identifier: BSD-2-Clause */
/* test_streams_records.c - runs at the server: room for them, what is known of them, their end (spec/vmtp.md section 13.3). */
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

static void open_again(const struct vmtp_config *config) {
    foreign_close(&f);
    stream_open(&f, config);
    server = serve_entity(&f, NULL);
}

/* A run from T on that goes on. */
static void run_of(unsigned count) { stream_ask_run(&f, server, T, count); }

static int ask_again(uint32_t transaction, uint32_t flags) {
    return serve_ask_again(&f, FOREIGN_CLIENT, server, transaction, flags);
}

static void told(uint32_t transact, uint32_t code) { expect_nvc(&f, FOREIGN_CLIENT, transact, code); }

/* ---- no room ---- */

/* VMTP-13.3-08 VMTP-13.3-20 */
START_TEST(a_run_that_goes_too_far_is_told_to_wait) {
    run_of(8); /* and serve_entity has posted no more */
    for (unsigned i = 0; i < 3; i++) {
        ck_assert_int_eq(stream_ask(&f, server, T + 8, MIDDLE), VMTP_COUNT_DROP_NO_ACCEPT);
        told(T + 7, VMTP_MSGTRANS_OVERFLOW);
        expect_silence(&f);
    }
    ck_assert_int_eq(serve_ask(&f, FOREIGN_OTHER_CLIENT, server, T, FIRST), VMTP_COUNT_DROP_NO_ACCEPT);
    expect_nvc(&f, FOREIGN_OTHER_CLIENT, T, VMTP_BUSY);
    serve_accepts(&f, server, 1, 0);
    ck_assert_int_eq(stream_ask(&f, server, T + 8, MIDDLE), 0);
    expect_silence(&f);
    ck_assert_uint_eq(serve_count(&f), 9);
}
END_TEST

/* VMTP-13.3-08 VMTP-13.3-20 VMTP-13.3-75: Requests in all but one, and Requests of one run */
START_TEST(a_full_table_is_told) {
    struct vmtp_config config;
    stream_config(&config);
    config.max_requests = _i ? 128 : 10;
    unsigned most = _i ? 64 : 9;
    open_again(&config);
    serve_accepts(&f, server, 100, 0);
    run_of(most);
    ck_assert_int_eq(stream_ask(&f, server, T + most, MIDDLE), VMTP_COUNT_DROP_NO_RECORD);
    told(T + most - 1, VMTP_MSGTRANS_OVERFLOW);
    ck_assert_int_eq(serve_ask(&f, FOREIGN_OTHER_CLIENT, server, 1, FIRST), 0);
    if (!_i) {
        ck_assert_int_eq(serve_ask(&f, FOREIGN_OTHER_CLIENT + 1, server, 1, FIRST), VMTP_COUNT_DROP_NO_RECORD);
        expect_nvc(&f, FOREIGN_OTHER_CLIENT + 1, 1, VMTP_BUSY);
    }
    for (unsigned i = 0; i < 2; i++) {
        ck_assert_int_eq(stream_reply(&f, T + i, 0, 0), 0);
        expect_response(&f, T + i, 0x42);
    }
    stream_tell_server(&f, server, T + 1, 0, VMTP_OK);
    ck_assert_int_eq(stream_ask(&f, server, T + most, MIDDLE), 0);
    expect_silence(&f);
}
END_TEST

/* VMTP-13.3-75: the first is answered by another entity of the node, which needs a record to do so */
START_TEST(a_run_leaves_room_for_its_answers) {
    static uint8_t area[512];
    struct vmtp_config config;
    stream_config(&config);
    config.max_requests = 4;
    open_again(&config);
    vmtp_entity other = serve_entity(&f, NULL);
    struct vmtp_forward w = {.message = {.server = other, .code = 1}, .response_area = area, .response_size = sizeof area};
    run_of(3);
    ck_assert_int_eq(stream_reply(&f, T + 1, 0, 0), 0); /* they wait for the first */
    ck_assert_int_eq(stream_reply(&f, T + 2, 0, 0), 0);
    ck_assert_int_eq(stream_ask(&f, server, T + 3, LAST), VMTP_COUNT_DROP_NO_RECORD);
    foreign_collect(&f);
    while (foreign_take(&f)) {
    }
    ck_assert_int_eq(vmtp_forward(f.engine, foreign_event(&f, VMTP_EV_REQUEST, 0)->handle, &w, f.now), 0);
    foreign_collect(&f);
    ck_assert_uint_eq(serve_last(&f)->entity, other);
    ck_assert_int_eq(serve_reply(&f, serve_last(&f), 0x43, 0, 0), 0);
    for (unsigned i = 0; i < 3; i++)
        expect_response(&f, T + i, i ? 0x42 : 0x43);
}
END_TEST

/* VMTP-13.3-76: a later Response does not hold what the first, for which it waits, needs */
START_TEST(the_first_large_response_has_a_record) {
    struct vmtp_config config;
    struct vmtp_reply large = {.segment = stream_segment, .segment_size = 2 * GROUP_OCTETS};
    stream_config(&config);
    config.max_runs = 1;
    open_again(&config);
    ck_assert_int_eq(stream_ask(&f, server, T, FIRST | VMTP_STI), 0);
    ck_assert_int_eq(stream_ask(&f, server, T + 256, LAST | VMTP_STI), 0);
    vmtp_handle first = foreign_event(&f, VMTP_EV_REQUEST, 0)->handle, last = serve_last(&f)->handle;
    ck_assert_int_eq(vmtp_reply(f.engine, last, &large, f.now), VMTP_E_FULL);
    ck_assert_int_eq(vmtp_reply(f.engine, first, &large, f.now), 0);
    foreign_collect(&f);
    expect_group(&f, T, 0, ALL_BLOCKS);
    expect_group(&f, T, 1, ALL_BLOCKS);
    stream_tell_server(&f, server, T + 1, ALL_BLOCKS, VMTP_OK);
    ck_assert_int_eq(vmtp_reply(f.engine, last, &large, f.now), 0);
}
END_TEST

/* VMTP-8.4-02: waiting would not help */
START_TEST(a_segment_nobody_takes_is_an_error) {
    vmtp_entity small;
    ck_assert_int_eq(vmtp_entity_create(f.engine, &small, NULL, f.now), 0);
    serve_accepts(&f, small, 3, 1000);
    ck_assert_int_eq(stream_ask(&f, small, T, FIRST), 0);
    serve_ask_blocks(&f, FOREIGN_CLIENT, small, T + 1, 2000, 0xf, LAST);
    told(T + 1, VMTP_ERROR);
    expect_silence(&f);
}
END_TEST

/* VMTP-13.3-21 VMTP-8.2-04 */
START_TEST(an_unknown_client_is_probed_first) {
    struct vmtp_entity_options old = {.id = 0x7007};
    server = serve_entity(&f, &old);
    ck_assert_int_eq(stream_ask(&f, server, T, FIRST), VMTP_COUNT_DROP_AWAITING_PROBE);
    const struct packet *p = expect_packet(&f), *probe = p;
    if ((p->h.code & VMTP_CODE_MASK) == (VMTP_PROBE_ENTITY & VMTP_CODE_MASK))
        told(T, VMTP_BUSY);
    else
        probe = expect_packet(&f);
    ck_assert_uint_eq((probe->h.code & VMTP_CODE_MASK), VMTP_PROBE_ENTITY & VMTP_CODE_MASK);
    struct vmtp_header answer = foreign_response(probe, 0xabc01, VMTP_OK);
    foreign_forget(&f);
    ck_assert_int_eq(stream_ask(&f, server, T, FIRST), VMTP_COUNT_DROP_AWAITING_PROBE);
    told(T, VMTP_BUSY);
    ck_assert_int_eq(stream_ask(&f, server, T + 1, LAST), VMTP_COUNT_DROP_OUT_OF_ORDER);
    told(T + 1, VMTP_NO_RUN_RECORD);
    header_set_32(&answer, 36, T);
    ck_assert_int_eq(foreign_send(&f, &answer, NULL, 0), 0);
    expect_silence(&f);
    ck_assert_uint_eq(serve_count(&f), 0); /* it was not kept */
    ck_assert_int_eq(stream_ask(&f, server, T, FIRST), 0);
    ck_assert_int_eq(stream_ask(&f, server, T + 1, LAST), 0);
    ck_assert_uint_eq(serve_count(&f), 2);
    expect_silence(&f);
}
END_TEST

/* VMTP-13.3-25 */
START_TEST(a_multicast_is_no_run) {
    f.multicast = 1;
    ck_assert_int_eq(stream_ask(&f, server, T, FIRST), VMTP_COUNT_DROP_STREAMING);
    ck_assert_int_eq(stream_ask(&f, server, T, VMTP_STI), VMTP_COUNT_DROP_STREAMING);
    ck_assert_int_eq(stream_ask(&f, server, T + 1, LAST | VMTP_APG), VMTP_COUNT_DROP_STREAMING);
    ck_assert_uint_eq(serve_count(&f), 0);
    struct vmtp_header h = foreign_request(FOREIGN_CLIENT, server, T, 1 | VMTP_DGM);
    h.flags = FIRST;
    ck_assert_int_eq(foreign_send(&f, &h, NULL, 0), 0);
    ck_assert_uint_eq(serve_count(&f), 1);
    expect_silence(&f);
}
END_TEST

/* ---- duplicates ---- */

/* VMTP-8.3-01 VMTP-8.3-02: of one that is worked on */
START_TEST(a_duplicate_in_processing) {
    run_of(3);
    for (unsigned i = 0; i < 3; i++) {
        ck_assert_int_eq(ask_again(T + i, MIDDLE), VMTP_COUNT_DROP_DUPLICATE);
        expect_silence(&f);
        ck_assert_int_eq(ask_again(T + i, MIDDLE | VMTP_APG), VMTP_COUNT_DROP_DUPLICATE);
        told(T + i, VMTP_OK);
    }
    ck_assert_uint_eq(serve_count(&f), 3);
}
END_TEST

/* VMTP-8.3-03 VMTP-13.3-24 */
START_TEST(a_duplicate_of_what_is_answered) {
    run_of(3);
    for (unsigned i = 0; i < 2; i++) {
        stream_reply(&f, T + i, 0, 0);
        expect_response(&f, T + i, 0x42);
    }
    ck_assert_int_eq(ask_again(T, FIRST), VMTP_COUNT_DROP_DUPLICATE);
    ck_assert_uint_eq(expect_response(&f, T, 0x42)->h.retransmit, 1);
    stream_tell_server(&f, server, T + 1, 0, VMTP_OK);
    for (unsigned i = 0; i < 2; i++) {
        ck_assert_int_eq(ask_again(T + i, MIDDLE), VMTP_COUNT_DROP_DUPLICATE);
        expect_silence(&f);
        ck_assert_int_eq(ask_again(T + i, MIDDLE | VMTP_APG), VMTP_COUNT_DROP_DUPLICATE);
        told(T + i, VMTP_RESPONSE_DISCARDED);
    }
    ck_assert_uint_eq(serve_count(&f), 3);
}
END_TEST

/* VMTP-8.4-07: one whose server refuses to answer */
START_TEST(a_duplicate_of_what_is_not_answered) {
    run_of(2);
    struct vmtp_reply none = {.message = {.code = VMTP_RESPONSE_DISCARDED}};
    stream_reply(&f, T + 1, 0, 0);
    expect_silence(&f);
    ck_assert_int_eq(vmtp_reply(f.engine, foreign_event(&f, VMTP_EV_REQUEST, 0)->handle, &none, f.now), 0);
    foreign_collect(&f);
    expect_response(&f, T + 1, 0x42); /* it does not wait for the other */
    expect_silence(&f);
    ck_assert_int_eq(ask_again(T, FIRST | VMTP_APG), VMTP_COUNT_DROP_DUPLICATE);
    told(T, VMTP_RESPONSE_DISCARDED);
}
END_TEST

/* ---- its end ---- */

/* VMTP-8.1-05 VMTP-8.7-01 */
START_TEST(a_run_is_forgotten_after_ts4) {
    struct vmtp_usage usage;
    run_of(3);
    stream_reply(&f, T, 700, 0);
    stream_reply(&f, T + 1, 0, 0);
    stream_reply(&f, T + 2, 0, 0);
    foreign_pass(&f, 6 * VMTP_SECOND);
    ck_assert_uint_eq(foreign_event_count(&f, VMTP_EV_RELEASED), 1);
    vmtp_usage(f.engine, &usage);
    ck_assert_uint_eq(usage.requests, 0);
    ck_assert_uint_eq(usage.remote_clients, 0);
}
END_TEST

/* VMTP-8.7-03: a client that is not heard of any more */
START_TEST(a_run_is_abandoned) {
    struct vmtp_usage usage;
    run_of(3);
    stream_reply(&f, T, 0, 0);
    foreign_pass(&f, 9 * VMTP_SECOND);
    ck_assert_uint_eq(foreign_event_count(&f, VMTP_EV_ABANDONED), 0);
    foreign_pass(&f, 11 * VMTP_SECOND);
    ck_assert_uint_eq(foreign_event_count(&f, VMTP_EV_ABANDONED), 2);
    ck_assert_int_eq(stream_reply(&f, T + 1, 0, 0), VMTP_E_STALE);
    foreign_pass(&f, 6 * VMTP_SECOND);
    vmtp_usage(f.engine, &usage);
    ck_assert_uint_eq(usage.requests, 0);
    ck_assert_uint_eq(usage.remote_clients, 0);
}
END_TEST

/* An entity that goes away takes its Requests with it, in any state; what is lent comes home. */
START_TEST(its_entity_ends) {
    struct vmtp_usage usage;
    run_of(3);
    stream_reply(&f, T, 3000, 0);
    serve_ask_blocks(&f, FOREIGN_CLIENT, server, T + 3, 2000, 0x5, LAST);
    foreign_forget(&f);
    ck_assert_int_eq(vmtp_entity_delete(f.engine, server, f.now), 0);
    foreign_collect(&f);
    ck_assert_uint_eq(foreign_event_count(&f, VMTP_EV_ABANDONED), 2);
    ck_assert_uint_eq(foreign_event_count(&f, VMTP_EV_RELEASED), 1);
    ck_assert_uint_eq(foreign_event_count(&f, VMTP_EV_ACCEPT_RETURNED), 5);
    ck_assert_int_eq(stream_ask(&f, server, T + 4, LAST), VMTP_COUNT_DROP_NO_SERVER);
    told(T + 4, VMTP_NONEXISTENT_ENTITY);
    foreign_pass(&f, 11 * VMTP_SECOND);
    vmtp_usage(f.engine, &usage);
    ck_assert_uint_eq(usage.requests, 0);
    ck_assert_uint_eq(usage.remote_clients, 0);
}
END_TEST

/* VMTP-5.2-06: a node that does not stream takes nothing of a run; STI is nothing to it */
START_TEST(no_streams_here) {
    struct vmtp_config config;
    stream_config(&config);
    config.no_streams = 1;
    open_again(&config);
    ck_assert_int_eq(stream_ask(&f, server, T, FIRST), VMTP_COUNT_DROP_STREAMING);
    told(T, VMTP_STREAMING_NOT_SUPPORTED);
    ck_assert_int_eq(stream_ask(&f, server, T + 1, LAST), VMTP_COUNT_DROP_STREAMING);
    told(T + 1, VMTP_STREAMING_NOT_SUPPORTED);
    struct vmtp_header h = stream_large_request(server, T + 2, 40000);
    ck_assert_int_eq(stream_give_group(&f, &h, 0, 0), VMTP_COUNT_DROP_STREAMING);
    told(T + 2, VMTP_STREAMING_NOT_SUPPORTED);
    ck_assert_int_eq(stream_ask(&f, server, T + 2, VMTP_STI), 0);
    expect_silence(&f);
    ck_assert_int_eq(stream_reply(&f, T + 2, 20000, 0), VMTP_E_TOO_LARGE);
    ck_assert_int_eq(stream_reply(&f, T + 2, 2000, 0), 0);
    expect_flags(&f, T + 2, 0);
}
END_TEST

int main(void) {
    Suite *s = suite_create("records of runs at the server");
    TCase *t = tcase_create("no room");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, a_run_that_goes_too_far_is_told_to_wait);
    tcase_add_loop_test(t, a_full_table_is_told, 0, 2);
    tcase_add_test(t, a_run_leaves_room_for_its_answers);
    tcase_add_test(t, the_first_large_response_has_a_record);
    tcase_add_test(t, a_segment_nobody_takes_is_an_error);
    tcase_add_test(t, an_unknown_client_is_probed_first);
    tcase_add_test(t, a_multicast_is_no_run);
    suite_add_tcase(s, t);
    t = tcase_create("again");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, a_duplicate_in_processing);
    tcase_add_test(t, a_duplicate_of_what_is_answered);
    tcase_add_test(t, a_duplicate_of_what_is_not_answered);
    tcase_add_test(t, a_run_is_forgotten_after_ts4);
    tcase_add_test(t, a_run_is_abandoned);
    tcase_add_test(t, its_entity_ends);
    tcase_add_test(t, no_streams_here);
    suite_add_tcase(s, t);
    return run_suite(s);
}
