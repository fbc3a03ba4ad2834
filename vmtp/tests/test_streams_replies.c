/* SPDX-License-Identifier: BSD-2-Clause */
/* test_streams_replies.c - Responses of runs, as their server sends them (spec/vmtp.md section 13.3). */
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
    serve_accepts(&f, server, 100, 2000);
}

static void teardown(void) { foreign_close(&f); }

/* A run from T on, which ends with the last one of these. */
static void run_of(unsigned count) {
    for (unsigned i = 0; i < count; i++)
        ck_assert_int_eq(stream_ask(&f, server, T + i, (i ? LAST : 0) | (i + 1 < count ? FIRST : 0)), 0);
    ck_assert_uint_eq(serve_count(&f), count);
}

static void reply(unsigned n, uint32_t size, uint32_t flags) {
    ck_assert_int_eq(stream_reply(&f, T + n, size, flags), 0);
}

static const struct packet *response(unsigned n, uint32_t flags, unsigned pgcount) {
    const struct packet *p = expect_flags(&f, T + n, flags);
    ck_assert_uint_eq(p->h.function, VMTP_RESPONSE);
    ck_assert_uint_eq(p->h.gap, pgcount);
    ck_assert_uint_eq(p->h.words[0], T + n);
    return p;
}

static void client_says(unsigned n, uint32_t delivery, uint32_t code) {
    ck_assert_int_eq(stream_tell_server(&f, server, T + n, delivery, code), 0);
}

/* ---- order and flags ---- */

/* VMTP-13.3-35 */
START_TEST(responses_keep_the_order_of_requests) {
    run_of(4);
    reply(2, 0, 0);
    reply(1, 300, 0);
    reply(3, 0, 0);
    expect_silence(&f);
    reply(0, 0, 0);
    response(0, FIRST, 0);
    ck_assert_mem_eq(response(1, MIDDLE, 0)->data, stream_segment, 300);
    response(2, MIDDLE, 0);
    response(3, LAST, 0);
    expect_silence(&f);
}
END_TEST

/* VMTP-13.3-35: one by one, however many packets they have */
START_TEST(responses_are_not_mixed) {
    struct vmtp_config config;
    foreign_config(&config);
    foreign_close(&f);
    foreign_open(&f, &config);
    server = serve_entity(&f, NULL);
    run_of(3);
    reply(2, 5000, 0);
    reply(1, 0, 0);
    reply(0, 5000, 0);
    unsigned packets[3] = {0}, last = 0;
    for (const struct packet *p; (p = foreign_take(&f)) != NULL; packets[last]++) {
        ck_assert_uint_ge(p->h.transaction, T + last);
        last = p->h.transaction - T;
    }
    ck_assert_uint_eq(packets[0], 5);
    ck_assert_uint_eq(packets[1], 1);
    ck_assert_uint_eq(packets[2], 5);
}
END_TEST

/* VMTP-13.3-14 */
START_TEST(no_run_for_a_client_that_does_not_stream) {
    ck_assert_int_eq(stream_ask(&f, server, T, 0), 0);
    ck_assert_int_eq(foreign_event(&f, VMTP_EV_REQUEST, 0)->large, 0);
    ck_assert_int_eq(stream_reply(&f, T, GROUP_OCTETS + 1, 0), VMTP_E_TOO_LARGE);
    reply(0, GROUP_OCTETS, VMTP_REPLY_BATCH);
    response(0, 0, 0);
    expect_silence(&f);
}
END_TEST

/* VMTP-13.3-14 VMTP-13.3-41: a run alone is no room for a Response of several groups */
START_TEST(no_large_response_without_sti) {
    run_of(2);
    ck_assert_int_eq(foreign_event(&f, VMTP_EV_REQUEST, 1)->large, 0);
    ck_assert_int_eq(stream_reply(&f, T + 1, GROUP_OCTETS + 1, 0), VMTP_E_TOO_LARGE);
    expect_silence(&f);
}
END_TEST

/* VMTP-13.3-40: what a mask of 32 blocks says nothing about */
START_TEST(no_large_response_with_mdm) {
    ck_assert_int_eq(stream_ask(&f, server, T, VMTP_STI), 0);
    const struct vmtp_event *request = foreign_event(&f, VMTP_EV_REQUEST, 0);
    struct vmtp_reply large = {.message = {.code = VMTP_MDM}, .segment = stream_segment, .segment_size = GROUP_OCTETS + 1};
    ck_assert_int_eq(request->large, 1);
    ck_assert_int_eq(vmtp_reply(f.engine, request->handle, &large, f.now), VMTP_E_TOO_LARGE);
    large.message.code = 0;
    ck_assert_int_eq(vmtp_reply(f.engine, request->handle, &large, f.now), 0);
}
END_TEST

/* VMTP-3.2-02 VMTP-3.2-03: each answers its own Request */
START_TEST(responses_know_their_requests) {
    struct vmtp_header h = foreign_request(FOREIGN_CLIENT, server, T, 1);
    for (unsigned i = 0; i < 3; i++) {
        h.transaction = T + i;
        h.flags = i == 0 ? FIRST : i == 1 ? MIDDLE : LAST;
        h.priority = (uint8_t)(3 + i);
        ck_assert_int_eq(foreign_send(&f, &h, NULL, 0), 0);
    }
    h.transaction = T + 1;
    h.retransmit = 3;
    foreign_send(&f, &h, NULL, 0);
    for (unsigned i = 0; i < 3; i++) {
        reply(i, 0, 0);
        const struct packet *p = expect_response(&f, T + i, 0x42);
        ck_assert_uint_eq(p->h.retransmit, i == 1 ? 3 : 0);
        ck_assert_uint_eq(p->h.priority, 3 + i);
    }
}
END_TEST

/* VMTP-13.3-64 VMTP-7.4-10: of an idempotent one nothing is asked for, so it comes whole */
START_TEST(an_idempotent_response_is_sent_whole) {
    struct vmtp_config config;
    foreign_config(&config);
    foreign_close(&f);
    foreign_open(&f, &config);
    server = serve_entity(&f, NULL);
    run_of(2);
    struct vmtp_reply r = {.message = {.code = 0x42 | VMTP_DGM}, .segment = stream_segment, .segment_size = 5000};
    r.flags = _i ? VMTP_REPLY_CONFIRM : 0;
    ck_assert_int_eq(vmtp_reply(f.engine, foreign_event(&f, VMTP_EV_REQUEST, 0)->handle, &r, f.now), 0);
    foreign_collect(&f);
    call_forget_packets(&f);
    if (_i)
        foreign_pass(&f, 260 * VMTP_MILLISECOND);
    else
        ck_assert_int_eq(serve_ask_again(&f, FOREIGN_CLIENT, server, T, FIRST | VMTP_APG), VMTP_COUNT_DROP_DUPLICATE);
    uint32_t blocks = 0;
    for (const struct packet *p; (p = foreign_take(&f)) != NULL; blocks |= p->h.delivery) {
        ck_assert_uint_eq(p->h.transaction, T);
        ck_assert_uint_eq(p->h.retransmit, _i ? 0 : 1);
    }
    ck_assert_uint_eq(blocks, 0x3ff);
    ck_assert_uint_eq(serve_count(&f), 2); /* and is not done again */
}
END_TEST

/* ---- PGcount ---- */

/* VMTP-13.3-11 */
START_TEST(one_response_stands_for_several) {
    run_of(5);
    for (unsigned i = 0; i < 5; i++)
        reply(i, 0, i == 1 ? 0 : VMTP_REPLY_BATCH); /* which means nothing for the last of a run */
    response(1, MIDDLE, 1);
    response(4, LAST, 2);
    expect_silence(&f);
}
END_TEST

/* VMTP-13.3-11: in whatever order they are answered */
START_TEST(a_batch_waits_for_those_before_it) {
    run_of(4);
    reply(3, 0, 0);
    reply(2, 0, VMTP_REPLY_BATCH);
    reply(1, 0, VMTP_REPLY_BATCH);
    expect_silence(&f);
    reply(0, 0, VMTP_REPLY_BATCH);
    response(3, LAST, 3);
    expect_silence(&f);
}
END_TEST

/* VMTP-13.3-11: a segment has to be sent */
START_TEST(what_has_a_segment_is_in_no_batch) {
    run_of(3);
    reply(0, 0, VMTP_REPLY_BATCH);
    reply(1, 10, VMTP_REPLY_BATCH);
    response(1, MIDDLE, 1);
    reply(2, 0, 0);
    response(2, LAST, 0);
}
END_TEST

/* VMTP-13.3-11: of 255 Transactions and no more, which are fewer Requests when they have STI or several groups */
START_TEST(pgcount_has_an_end) {
    ck_assert_int_eq(stream_ask(&f, server, T, FIRST), 0);
    ck_assert_int_eq(stream_ask(&f, server, T + 1, MIDDLE | VMTP_STI), 0);
    ck_assert_int_eq(stream_ask(&f, server, T + 257, LAST), 0);
    reply(0, 0, VMTP_REPLY_BATCH);
    reply(1, 0, VMTP_REPLY_BATCH);
    reply(257, 0, 0);
    response(1, MIDDLE, 1);
    response(257, LAST, 0);
    expect_silence(&f);
}
END_TEST

/* VMTP-13.3-53 VMTP-8.4-07: one that is refused an answer gets none from others either */
START_TEST(no_batch_over_what_is_not_answered) {
    run_of(4);
    reply(0, 0, VMTP_REPLY_BATCH);
    struct vmtp_reply none = {.message = {.code = VMTP_RESPONSE_DISCARDED}};
    ck_assert_int_eq(vmtp_reply(f.engine, foreign_event(&f, VMTP_EV_REQUEST, 1)->handle, &none, f.now), 0);
    foreign_collect(&f);
    reply(2, 0, VMTP_REPLY_BATCH);
    reply(3, 0, 0);
    response(0, FIRST, 0);
    response(3, LAST, 1);
    expect_silence(&f);
}
END_TEST

/* VMTP-13.3-51 */
START_TEST(a_batch_is_closed_when_the_client_asks) {
    run_of(4);
    reply(0, 0, VMTP_REPLY_BATCH);
    reply(1, 0, VMTP_REPLY_BATCH);
    reply(2, 0, VMTP_REPLY_BATCH);
    serve_ask_again(&f, FOREIGN_CLIENT, server, T, FIRST);
    expect_silence(&f);
    serve_ask_again(&f, FOREIGN_CLIENT, server, T, FIRST | VMTP_APG);
    response(2, MIDDLE, 2);
    serve_ask_again(&f, FOREIGN_CLIENT, server, T, FIRST | VMTP_APG);
    response(2, MIDDLE, 2);
    reply(3, 0, 0);
    response(3, LAST, 0);
    expect_silence(&f);
}
END_TEST

/* VMTP-13.3-11: of more Requests than a client may have open, those that wait are answered in between */
START_TEST(a_batch_does_not_grow_without_end) {
    unsigned sent = 0;
    for (unsigned i = 0; i < 100; i++) {
        ck_assert_int_eq(stream_ask(&f, server, T + i, i ? MIDDLE : FIRST), 0);
        reply(i, 0, VMTP_REPLY_BATCH);
        const struct packet *p = foreign_take(&f);
        if (!p)
            continue;
        ck_assert_uint_eq(p->h.transaction - p->h.gap, T + sent);
        sent += p->h.gap + 1u;
        client_says(i, 0, VMTP_OK);
    }
    ck_assert_uint_ge(sent, 92);
}
END_TEST

/* ---- what the client says ---- */

/* VMTP-13.3-36 */
START_TEST(what_is_held_is_sent_again) {
    run_of(5);
    for (unsigned i = 0; i < 5; i++)
        reply(i, i == 3 ? 900 : 0, i == 1 ? VMTP_REPLY_BATCH : 0);
    foreign_forget(&f);
    client_says(1, 0, VMTP_RETRY_ALL);
    response(2, MIDDLE, 1);
    ck_assert_uint_eq(response(3, MIDDLE, 0)->data_octets, 904);
    response(4, LAST, 0);
    expect_silence(&f);
    client_says(UINT32_MAX, 0, VMTP_RETRY_ALL); /* the one before the first */
    response(0, FIRST, 0);
    response(2, MIDDLE, 1);
    response(3, MIDDLE, 0);
    response(4, LAST, 0);
    expect_silence(&f);
}
END_TEST

/* VMTP-13.3-36: what is not answered yet is not there, and what is acknowledged not any more */
START_TEST(only_what_is_held_is_sent_again) {
    run_of(5);
    for (unsigned i = 0; i < 3; i++)
        reply(i, 0, 0);
    client_says(0, 0, VMTP_OK);
    foreign_forget(&f);
    client_says(UINT32_MAX, 0, VMTP_RETRY_ALL);
    response(1, MIDDLE, 0);
    response(2, MIDDLE, 0);
    expect_silence(&f);
    ck_assert_int_eq(stream_tell_server(&f, server, T + 3, 0, VMTP_RETRY_ALL), VMTP_COUNT_DROP_BAD_NOTIFY);
    ck_assert_int_eq(stream_tell_server(&f, server, T + 77, 0, VMTP_RETRY_ALL), VMTP_COUNT_DROP_BAD_NOTIFY);
    ck_assert_int_eq(stream_tell_server(&f, server, T + 0x80000000u, 0, VMTP_RETRY_ALL), VMTP_COUNT_DROP_BAD_NOTIFY);
    expect_silence(&f);
}
END_TEST

/* VMTP-13.3-52 */
START_TEST(retry_all_comes_to_an_end) {
    unsigned packets = 0;
    run_of(2);
    reply(0, 500, 0);
    foreign_forget(&f);
    for (unsigned i = 0; i < 50; i++) {
        stream_tell_server(&f, server, T - 1, 0, VMTP_RETRY_ALL);
        for (const struct packet *p; (p = foreign_take(&f)) != NULL;)
            packets += p->h.function == VMTP_RESPONSE;
    }
    ck_assert_uint_eq(packets, 5);
    ck_assert_uint_eq(foreign_event_count(&f, VMTP_EV_RELEASED), 1);
}
END_TEST

/* VMTP-13.3-37 */
START_TEST(ok_acknowledges_all_before) {
    run_of(4);
    for (unsigned i = 0; i < 4; i++)
        reply(i, 100, 0);
    foreign_forget(&f);
    client_says(2, 1, VMTP_OK);
    ck_assert_uint_eq(foreign_event_count(&f, VMTP_EV_RELEASED), 3);
    for (unsigned i = 0; i < 3; i++) {
        ck_assert_int_eq(stream_tell_server(&f, server, T + i, 0, VMTP_RETRY), VMTP_COUNT_DROP_BAD_NOTIFY);
        expect_nvc(&f, FOREIGN_CLIENT, T + i, VMTP_RESPONSE_DISCARDED);
    }
    client_says(3, 0, VMTP_RETRY);
    response(3, LAST, 0);
    client_says(3, 1, VMTP_OK);
    ck_assert_uint_eq(foreign_event_count(&f, VMTP_EV_RELEASED), 4);
    expect_silence(&f);
}
END_TEST

/* VMTP-13.3-37: what was never sent is not acknowledged */
START_TEST(ok_for_what_was_not_sent) {
    run_of(3);
    reply(0, 100, 0);
    reply(2, 100, 0);
    call_forget_packets(&f);
    for (unsigned i = 1; i < 4; i++) {
        ck_assert_int_eq(stream_tell_server(&f, server, T + i, 1, VMTP_OK), VMTP_COUNT_DROP_BAD_NOTIFY);
        ck_assert_int_eq(stream_tell_server(&f, server, T + i, 1, VMTP_RETRY), VMTP_COUNT_DROP_BAD_NOTIFY);
    }
    expect_silence(&f);
    ck_assert_int_eq(stream_tell_server(&f, server, T - 1, 1, VMTP_OK), VMTP_COUNT_DROP_BAD_NOTIFY);
    ck_assert_uint_eq(foreign_event_count(&f, VMTP_EV_RELEASED), 0);
    reply(1, 0, 0);
    response(1, MIDDLE, 0);
    response(2, LAST, 0);
}
END_TEST

/* VMTP-8.6-03: of one among several */
START_TEST(missing_blocks_are_sent) {
    run_of(3);
    for (unsigned i = 0; i < 3; i++)
        reply(i, 2000, 0);
    foreign_forget(&f);
    client_says(1, 0x5, VMTP_RETRY);
    const struct packet *p = response(1, MIDDLE, 0);
    ck_assert_uint_eq(p->h.delivery, 0xa);
    expect_silence(&f);
    client_says(1, 0xf, VMTP_RETRY);
    expect_silence(&f);
}
END_TEST

/* VMTP-8.6-04 VMTP-8.5-04 */
START_TEST(a_client_without_room_is_asked_later) {
    run_of(2);
    reply(0, 2000, 0);
    foreign_forget(&f);
    client_says(0, 0, VMTP_BUSY);
    expect_silence(&f);
    vmtp_time from = f.now;
    foreign_pass(&f, VMTP_SECOND * 3);
    for (unsigned i = 0; i < 5; i++) {
        const struct packet *p = response(0, FIRST | VMTP_APG, 0);
        if (i == 0)
            ck_assert_uint_eq((p->at - from) / VMTP_MILLISECOND, 250);
    }
    expect_silence(&f);
    ck_assert_uint_eq(foreign_event_count(&f, VMTP_EV_RELEASED), 1);
    ck_assert_uint_eq(vmtp_counter(f.engine, VMTP_COUNT_RESPONSES_UNACKED), 1);
}
END_TEST

/* VMTP-13.3-38 */
START_TEST(every_eighth_asks) {
    run_of(40);
    for (unsigned i = 0; i < 40; i++) {
        reply(i, 0, 0);
        int last_of_eight = i % 8 == 7;
        uint32_t flags = (i ? LAST : 0) | (i < 39 ? FIRST : 0) | (last_of_eight ? VMTP_APG : 0);
        response(i, flags, 0);
        if (last_of_eight && i > 16)
            client_says(i, 0, VMTP_OK);
    }
    expect_silence(&f);
}
END_TEST

/* VMTP-13.3-38: a Response counts for all that it stands for */
START_TEST(batches_ask) {
    run_of(20);
    for (unsigned i = 0; i < 20; i++)
        reply(i, 0, i % 2 ? 0 : VMTP_REPLY_BATCH);
    for (unsigned i = 1; i < 20; i += 2)
        response(i, (i < 19 ? MIDDLE : LAST) | (i == 9 || i == 19 ? VMTP_APG : 0), 1);
}
END_TEST

/* VMTP-13.3-61 VMTP-13.3-08: when all that there is room for is held, its client is asked whether it has it */
START_TEST(a_full_run_asks) {
    serve_accepts(&f, server, 20, 0);
    for (unsigned i = 0; i < 64; i++) {
        ck_assert_int_eq(stream_ask(&f, server, T + i, i ? MIDDLE : FIRST), 0);
        if (i < 60)
            reply(i, 0, 0);
    }
    call_forget_packets(&f);
    for (unsigned i = 0; i < 3; i++) {
        ck_assert_int_eq(stream_ask(&f, server, T + 64, MIDDLE), VMTP_COUNT_DROP_NO_RECORD);
        expect_nvc(&f, FOREIGN_CLIENT, T + 63, VMTP_MSGTRANS_OVERFLOW);
        response(59, MIDDLE | VMTP_APG, 0);
        expect_silence(&f);
    }
    client_says(59, UINT32_MAX, VMTP_OK);
    ck_assert_int_eq(stream_ask(&f, server, T + 64, MIDDLE), 0);
}
END_TEST

/* VMTP-8.5-03: whose server wants to know */
START_TEST(confirmation_in_a_run) {
    run_of(2);
    reply(0, 100, VMTP_REPLY_CONFIRM);
    response(0, FIRST, 0);
    foreign_pass(&f, 251 * VMTP_MILLISECOND);
    response(0, FIRST | VMTP_APG, 0);
    client_says(0, 1, VMTP_OK);
    ck_assert_uint_eq(foreign_event_count(&f, VMTP_EV_RELEASED), 1);
    foreign_pass(&f, VMTP_SECOND);
    expect_silence(&f);
}
END_TEST

/* VMTP-8.6-02: any other word is the end of it */
START_TEST(a_client_that_does_not_want_it) {
    run_of(2);
    reply(0, 100, 0);
    call_forget_packets(&f);
    client_says(0, 0, VMTP_RESPONSE_DISCARDED);
    ck_assert_uint_eq(foreign_event_count(&f, VMTP_EV_RELEASED), 1);
    reply(1, 0, 0);
    response(1, LAST, 0);
    expect_silence(&f);
}
END_TEST

int main(void) {
    Suite *s = suite_create("Responses of runs");
    TCase *t = tcase_create("order");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, responses_keep_the_order_of_requests);
    tcase_add_test(t, responses_are_not_mixed);
    tcase_add_test(t, no_run_for_a_client_that_does_not_stream);
    tcase_add_test(t, no_large_response_without_sti);
    tcase_add_test(t, responses_know_their_requests);
    tcase_add_loop_test(t, an_idempotent_response_is_sent_whole, 0, 2);
    tcase_add_test(t, no_large_response_with_mdm);
    suite_add_tcase(s, t);
    t = tcase_create("PGcount");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, one_response_stands_for_several);
    tcase_add_test(t, a_batch_waits_for_those_before_it);
    tcase_add_test(t, what_has_a_segment_is_in_no_batch);
    tcase_add_test(t, pgcount_has_an_end);
    tcase_add_test(t, no_batch_over_what_is_not_answered);
    tcase_add_test(t, a_batch_is_closed_when_the_client_asks);
    tcase_add_test(t, a_batch_does_not_grow_without_end);
    suite_add_tcase(s, t);
    t = tcase_create("told");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, what_is_held_is_sent_again);
    tcase_add_test(t, only_what_is_held_is_sent_again);
    tcase_add_test(t, retry_all_comes_to_an_end);
    tcase_add_test(t, ok_acknowledges_all_before);
    tcase_add_test(t, ok_for_what_was_not_sent);
    tcase_add_test(t, missing_blocks_are_sent);
    tcase_add_test(t, a_client_without_room_is_asked_later);
    tcase_add_test(t, every_eighth_asks);
    tcase_add_test(t, batches_ask);
    tcase_add_test(t, a_full_run_asks);
    tcase_add_test(t, confirmation_in_a_run);
    tcase_add_test(t, a_client_that_does_not_want_it);
    suite_add_tcase(s, t);
    return run_suite(s);
}
