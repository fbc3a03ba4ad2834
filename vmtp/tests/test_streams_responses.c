/* SPDX-License-Identifier: BSD-2-Clause */
/* test_streams_responses.c - Responses of runs at the client, and how calls of a run end (spec/vmtp.md section 13.3). */
#include <check.h>
#include <suite.h>
#include <stdlib.h>

#include "support/streaming.h"

static struct foreign f;
static vmtp_entity client;
static uint32_t t; /* the first Transaction of the run */

static void setup(void) {
    stream_open(&f, NULL);
    client = call_entity(&f);
}

static void teardown(void) { foreign_close(&f); }

static void run_of(unsigned count) {
    t = stream_run(&f, client, count);
    call_forget_packets(&f);
}

static int answer(unsigned n, uint32_t flags, uint8_t pgcount) {
    return stream_answer(&f, client, t + n, flags, pgcount);
}

static void ended(unsigned from, unsigned to, uint32_t result) {
    for (unsigned i = from; i < to; i++)
        stream_ended(&f, i, i + 1, result);
}

static void says(uint32_t transact, uint32_t code) { expect_nvs(&f, FOREIGN_SERVER, transact, code); }

/* ---- Responses ---- */

/* VMTP-13.3-33 */
START_TEST(in_order) {
    run_of(3);
    for (unsigned i = 0; i < 3; i++) {
        ck_assert_int_eq(answer(i, i == 0 ? FIRST : i == 1 ? MIDDLE : LAST, 0), 0);
        stream_ends(&f, i + 1);
        ck_assert_uint_eq(stream_ended(&f, i, i + 1, 0)->message.words[0], t + i);
    }
    expect_silence(&f);
}
END_TEST

/* VMTP-13.3-12 VMTP-13.3-11 */
START_TEST(one_for_several) {
    run_of(5);
    ck_assert_int_eq(answer(2, MIDDLE, 2), 0);
    stream_ends(&f, 3);
    for (unsigned i = 0; i < 3; i++) {
        const struct vmtp_event *event = stream_ended(&f, i, i + 1, 0);
        ck_assert_uint_eq(event->message.code, 0x42);
        ck_assert_uint_eq(event->message.server, FOREIGN_SERVER);
        ck_assert_uint_eq(event->segment_size, 0);
    }
    ck_assert_int_eq(answer(4, LAST, 255), 0); /* also of those that are over */
    ended(3, 5, 0);
    expect_silence(&f);
}
END_TEST

/* VMTP-13.3-12: its segment is its own */
START_TEST(one_for_several_with_a_segment) {
    run_of(3);
    struct vmtp_header h = stream_response(client, t + 2, LAST, 2);
    h.code |= VMTP_SDA;
    h.words[6] = 700;
    h.delivery = 3;
    ck_assert_int_eq(foreign_send(&f, &h, calling_response, 700), 0);
    for (unsigned i = 0; i < 3; i++) {
        const struct vmtp_event *event = stream_ended(&f, i, i + 1, 0);
        ck_assert_uint_eq(event->segment_size, i < 2 ? 0 : 700);
        ck_assert_uint_eq(event->message.code & VMTP_SDA, i < 2 ? 0 : VMTP_SDA);
    }
    ck_assert_mem_eq(calling_area, calling_response, 700);
}
END_TEST

/* VMTP-13.3-12: no more than PGcount says */
START_TEST(not_enough_for_all) {
    run_of(4);
    ck_assert_int_eq(answer(3, LAST, 1), 0);
    stream_ends(&f, 0);
    says(t - 1, VMTP_RETRY_ALL);
    ck_assert_int_eq(answer(1, MIDDLE, 1), 0);
    ended(0, 4, 0);
    expect_silence(&f);
}
END_TEST

/* VMTP-13.3-12: PGcount counts Transactions, of which one with STI has 256 */
START_TEST(pgcount_and_sti) {
    struct vmtp_request r = call_request(client, 0);
    r.response_area = stream_area;
    r.response_size = 40000;
    r.flags = VMTP_CALL_MORE;
    for (unsigned i = 1; i <= 3; i++) {
        r.cookie = i;
        r.flags = i < 3 ? VMTP_CALL_MORE : 0;
        call_start(&f, &r);
        t = i == 1 ? expect_packet(&f)->h.transaction : t;
    }
    call_forget_packets(&f);
    ck_assert_int_eq(answer(256, MIDDLE, 255), 0); /* 1 to 256: the first one is not among them */
    says(t - 1, VMTP_RETRY_ALL);
    ck_assert_int_eq(answer(512, LAST, 255), 0);
    ck_assert_int_eq(answer(0, FIRST, 0), 0);
    ended(0, 3, 0);
}
END_TEST

/* VMTP-13.3-13 VMTP-13.3-33 */
START_TEST(a_missing_response_is_asked_for_once) {
    run_of(6);
    ck_assert_int_eq(answer(1, MIDDLE, 0), 0);
    says(t - 1, VMTP_RETRY_ALL);
    ck_assert_int_eq(answer(3, MIDDLE, 0), 0);
    expect_silence(&f);
    ck_assert_int_eq(answer(4, MIDDLE | VMTP_APG, 0), 0);
    says(t - 1, VMTP_RETRY_ALL);
    stream_ends(&f, 0);
    ck_assert_int_eq(answer(0, FIRST, 0), 0);
    ended(0, 2, 0);
    stream_ends(&f, 2);
    expect_silence(&f);
    ck_assert_int_eq(answer(5, LAST, 0), 0); /* that is another one */
    says(t + 1, VMTP_RETRY_ALL);
    ck_assert_int_eq(answer(2, MIDDLE, 0), 0);
    ended(2, 6, 0);
    expect_silence(&f);
}
END_TEST

/* A packet with these blocks of a Response of 2000 octets. */
static int part(unsigned n, uint32_t flags, uint32_t blocks) {
    struct vmtp_header h = stream_response(client, t + n, flags, 0);
    h.code |= VMTP_SDA;
    h.words[6] = 2000;
    return call_give_blocks(&f, &h, calling_response, blocks, 0);
}

/* VMTP-13.3-59 VMTP-13.3-13: what has come in part is not asked for as a whole */
START_TEST(missing_blocks_are_asked_for_once) {
    run_of(6);
    ck_assert_int_eq(part(0, FIRST, 0x3), 0);
    ck_assert_int_eq(part(1, MIDDLE, 0x5), 0);
    expect_silence(&f);
    ck_assert_int_eq(part(2, MIDDLE, 0xf), 0);
    ck_assert_uint_eq(packet_32(expect_nvs(&f, FOREIGN_SERVER, t, VMTP_RETRY), 56), 0x3);
    ck_assert_uint_eq(packet_32(expect_nvs(&f, FOREIGN_SERVER, t + 1, VMTP_RETRY), 56), 0x5);
    ck_assert_int_eq(answer(4, MIDDLE, 0), 0);
    says(t + 2, VMTP_RETRY_ALL);
    ck_assert_int_eq(answer(5, LAST, 0), 0);
    ck_assert_int_eq(part(0, FIRST, 0xc), 0);
    stream_ends(&f, 1);
    ck_assert_int_eq(part(1, MIDDLE, 0xa), 0);
    stream_ends(&f, 3);
    expect_silence(&f);
    ck_assert_int_eq(answer(3, MIDDLE, 0), 0);
    stream_ends(&f, 6);
}
END_TEST

/* VMTP-13.3-13 VMTP-13.3-62 VMTP-7.4-06: who asks is told OK when all before is here */
START_TEST(apg_in_a_run) {
    run_of(4);
    ck_assert_int_eq(answer(0, FIRST | VMTP_APG, 0), 0);
    says(t, VMTP_OK);
    ck_assert_int_eq(answer(2, MIDDLE, 1), 0);
    expect_silence(&f);
    ck_assert_int_eq(answer(3, LAST | VMTP_APG, 0), 0);
    says(t + 3, VMTP_OK);
    ck_assert_int_eq(answer(3, LAST | VMTP_APG, 0), VMTP_COUNT_DROP_STALE_RESPONSE);
    says(t + 3, VMTP_OK);
    ck_assert_int_eq(answer(1, MIDDLE | VMTP_APG, 0), VMTP_COUNT_DROP_STALE_RESPONSE);
    says(t + 1, VMTP_OK);
    ck_assert_int_eq(answer(1, MIDDLE, 0), VMTP_COUNT_DROP_STALE_RESPONSE);
    expect_silence(&f);
}
END_TEST

/* VMTP-13.3-13: one that is kept comes again */
START_TEST(apg_again) {
    run_of(3);
    ck_assert_int_eq(answer(1, MIDDLE, 0), 0);
    says(t - 1, VMTP_RETRY_ALL);
    ck_assert_int_eq(answer(1, MIDDLE, 0), VMTP_COUNT_DROP_STALE_RESPONSE);
    expect_silence(&f);
    ck_assert_int_eq(answer(1, MIDDLE | VMTP_APG, 0), VMTP_COUNT_DROP_STALE_RESPONSE);
    says(t - 1, VMTP_RETRY_ALL);
    stream_tell_client(&f, client, t + 1, 0, VMTP_OK);
    ck_assert_int_eq(answer(0, FIRST, 0), 0);
    ended(0, 2, 0);
    expect_silence(&f);
}
END_TEST

/* VMTP-7.4-05 VMTP-7.4-03: what is not open */
START_TEST(responses_to_nothing) {
    run_of(3);
    ck_assert_int_eq(answer(3, LAST, 0), VMTP_COUNT_DROP_FUTURE_RESPONSE);
    says(t + 3, VMTP_BAD_TRANSACTION_ID);
    ck_assert_int_eq(answer(UINT32_MAX, LAST, 255), VMTP_COUNT_DROP_STALE_RESPONSE);
    ck_assert_int_eq(answer(100, LAST, 255), VMTP_COUNT_DROP_FUTURE_RESPONSE);
    stream_ends(&f, 0);
}
END_TEST

/* VMTP-7.4-05: a Request that waits for its turn has no Response yet, nor does another's PGcount give it one */
START_TEST(responses_too_early) {
    run_of(20);
    ck_assert_int_eq(answer(17, MIDDLE, 0), VMTP_COUNT_DROP_FUTURE_RESPONSE);
    says(t + 17, VMTP_BAD_TRANSACTION_ID);
    ck_assert_int_eq(answer(15, MIDDLE, 15), 0);
    stream_ends(&f, 16);
}
END_TEST

/* VMTP-7.4-02 */
START_TEST(another_server_answers) {
    run_of(2);
    struct vmtp_header h = stream_response(client, t, FIRST, 0);
    h.server = FOREIGN_SERVER + 1;
    ck_assert_int_eq(foreign_send(&f, &h, NULL, 0), VMTP_COUNT_DROP_WRONG_SERVER);
    stream_ends(&f, 0);
}
END_TEST

/* VMTP-13.3-33 VMTP-7.4-08: what fits of one that is too large, in its turn */
START_TEST(a_response_that_is_too_large) {
    struct vmtp_request r = call_request(client, 0);
    r.response_size = 100;
    for (unsigned i = 1; i <= 2; i++) {
        r.cookie = i;
        r.flags = i < 2 ? VMTP_CALL_MORE : 0;
        call_start(&f, &r);
        t = i == 1 ? expect_packet(&f)->h.transaction : t;
    }
    call_forget_packets(&f);
    struct vmtp_header h = stream_response(client, t + 1, LAST, 0);
    h.code |= VMTP_SDA;
    h.words[6] = 300;
    h.delivery = 1;
    ck_assert_int_eq(foreign_send(&f, &h, calling_response, 300), 0);
    stream_ends(&f, 0);
    ck_assert_int_eq(answer(0, FIRST, 0), 0);
    stream_ended(&f, 0, 1, 0);
    ck_assert_uint_eq(stream_ended(&f, 1, 2, VMTP_BAD_REPLY_SEGMENT)->segment_size, 100);
    ck_assert_uint_eq(calling_area[100], 0);
}
END_TEST

/* ---- ends ---- */

/* VMTP-13.3-34 VMTP-7.7-01: those before it go on */
START_TEST(one_fails) {
    run_of(5);
    ck_assert_int_eq(stream_tell_client(&f, client, t + 2, 0, VMTP_RESPONSE_DISCARDED), 0);
    stream_ends(&f, 3);
    for (unsigned i = 0; i < 3; i++)
        stream_ended(&f, i, i + 3, VMTP_RESPONSE_DISCARDED);
    answer(0, FIRST, 0);
    stream_ended(&f, 3, 1, 0);
    answer(1, MIDDLE, 0);
    stream_ended(&f, 4, 2, 0);
    expect_silence(&f);
    stream_call(&f, client, 6, 0);
    expect_flags(&f, t + 5, 0);
}
END_TEST

/* VMTP-13.3-34: nothing joins a run that is broken */
START_TEST(nothing_joins_a_broken_run) {
    struct vmtp_request r = call_request(client, 0);
    vmtp_handle handle;
    for (unsigned i = 1; i <= 3; i++)
        stream_call(&f, client, i, VMTP_CALL_MORE);
    ck_assert_int_eq(vmtp_outstanding(f.engine, client, &t), 0);
    ck_assert_int_eq(stream_tell_client(&f, client, t + 1, 0, VMTP_TOO_MANY_RETRIES), 0);
    stream_ends(&f, 2);
    ck_assert_int_eq(vmtp_call(f.engine, &handle, &r, f.now), VMTP_E_IN_CALL);
    answer(0, FIRST, 0);
    stream_ends(&f, 3);
    foreign_forget(&f);
    stream_call(&f, client, 4, 0);
    expect_flags(&f, t + 3, 0);
}
END_TEST

/* VMTP-7.6-06 VMTP-13.3-34 */
START_TEST(one_is_cancelled) {
    vmtp_handle handles[4];
    for (unsigned i = 0; i < 4; i++)
        handles[i] = stream_call(&f, client, i + 1, VMTP_CALL_MORE);
    ck_assert_int_eq(vmtp_outstanding(f.engine, client, &t), 0);
    call_forget_packets(&f);
    ck_assert_int_eq(vmtp_cancel(f.engine, handles[_i], f.now), 0);
    foreign_collect(&f);
    stream_ends(&f, 4 - (unsigned)_i);
    for (unsigned i = 0; i < 4 - (unsigned)_i; i++)
        stream_ended(&f, i, i + 1 + (unsigned)_i, VMTP_CANCELLED);
    for (unsigned i = 0; i < (unsigned)_i; i++)
        answer(i, i ? MIDDLE : FIRST, 0);
    stream_ends(&f, 4);
    expect_silence(&f);
    answer((unsigned)_i, MIDDLE | VMTP_APG, 0); /* the server was not told: it hears when it asks */
    says(t + (unsigned)_i, VMTP_OK);
    foreign_pass(&f, VMTP_SECOND);
    expect_silence(&f);
}
END_TEST

/* VMTP-7.6-05 VMTP-13.3-34 */
START_TEST(one_has_a_deadline) {
    struct vmtp_request r = call_request(client, 0);
    for (unsigned i = 1; i <= 4; i++) {
        r.cookie = i;
        r.flags = VMTP_CALL_MORE;
        r.deadline = i == 3 ? f.now + 100 * VMTP_MILLISECOND : VMTP_NEVER;
        call_start(&f, &r);
    }
    ck_assert_int_eq(vmtp_outstanding(f.engine, client, &t), 0);
    call_forget_packets(&f);
    foreign_pass(&f, 102 * VMTP_MILLISECOND);
    stream_ended(&f, 0, 3, VMTP_USER_TIMEOUT);
    stream_ended(&f, 1, 4, VMTP_USER_TIMEOUT);
    answer(0, FIRST, 0);
    answer(1, MIDDLE, 0);
    stream_ended(&f, 2, 1, 0);
    stream_ended(&f, 3, 2, 0);
}
END_TEST

/* VMTP-13.3-34: a Response that is here is not lost when the one before it fails, nor when a deadline passes while it waits. */
START_TEST(what_is_answered_stays_answered) {
    struct vmtp_request r = call_request(client, 0);
    for (unsigned i = 1; i <= 4; i++) {
        r.cookie = i;
        r.flags = VMTP_CALL_MORE;
        r.deadline = i == 2 ? f.now + 100 * VMTP_MILLISECOND : VMTP_NEVER;
        call_start(&f, &r);
    }
    ck_assert_int_eq(vmtp_outstanding(f.engine, client, &t), 0);
    call_forget_packets(&f);
    answer(1, MIDDLE, 0);
    foreign_pass(&f, 110 * VMTP_MILLISECOND);
    stream_ends(&f, 0);
    ck_assert_int_eq(stream_tell_client(&f, client, t, 0, VMTP_TOO_MANY_RETRIES), 0);
    stream_ended(&f, 0, 1, VMTP_TOO_MANY_RETRIES);
    stream_ended(&f, 1, 2, 0);
    stream_ended(&f, 2, 3, VMTP_TOO_MANY_RETRIES);
    stream_ended(&f, 3, 4, VMTP_TOO_MANY_RETRIES);
    stream_call(&f, client, 5, 0);
}
END_TEST

/* VMTP-13.3-33: such a call is over, only untold */
START_TEST(what_is_answered_is_not_cancelled) {
    vmtp_handle handles[2];
    for (unsigned i = 0; i < 2; i++)
        handles[i] = stream_call(&f, client, i + 1, i ? 0 : VMTP_CALL_MORE);
    ck_assert_int_eq(vmtp_outstanding(f.engine, client, &t), 0);
    call_forget_packets(&f);
    answer(1, LAST, 0);
    ck_assert_int_eq(vmtp_cancel(f.engine, handles[1], f.now), VMTP_E_STALE);
    answer(0, FIRST, 0);
    ended(0, 2, 0);
}
END_TEST

/* VMTP-7.7-01: also of those that wait for room, or for their server to be found */
START_TEST(the_client_is_deleted) {
    if (_i) {
        struct vmtp_request r = call_request(client, 0);
        r.message.server = FOREIGN_SERVER + 5;
        r.flags = VMTP_CALL_MORE;
        for (r.cookie = 1; r.cookie <= 30; r.cookie++)
            call_start(&f, &r);
    } else {
        run_of(30);
        answer(2, MIDDLE, 1);
    }
    ck_assert_int_eq(vmtp_entity_delete(f.engine, client, f.now), 0);
    foreign_collect(&f);
    for (unsigned i = 0; i < 30; i++)
        stream_ended(&f, i, i + 1, !_i && (i == 1 || i == 2) ? 0 : VMTP_CANCELLED);
    call_forget_packets(&f);
    foreign_pass(&f, 2 * VMTP_SECOND);
    for (const struct packet *p; (p = foreign_take(&f)) != NULL;)
        ck_assert_uint_ne(p->h.client, client); /* the search may go on */
}
END_TEST

/* VMTP-7.7-02: packets that are reported late do not change the order, and hold up the end */
START_TEST(packets_are_reported_late) {
    struct vmtp_tx tx[3];
    f.stuck = 1;
    t = stream_run(&f, client, 3);
    for (unsigned i = 0; i < 3; i++)
        ck_assert_int_eq(vmtp_output(f.engine, &tx[i], f.now), 1);
    for (unsigned i = 0; i < 3; i++)
        answer(i, i ? MIDDLE : FIRST, 0);
    stream_ends(&f, 0);
    vmtp_tx_result(f.engine, &tx[2], VMTP_TX_SENT, f.now);
    vmtp_tx_result(f.engine, &tx[1], VMTP_TX_LOST, f.now);
    foreign_collect(&f);
    stream_ends(&f, 0);
    vmtp_tx_result(f.engine, &tx[0], VMTP_TX_RETRY, f.now);
    foreign_collect(&f);
    ended(0, 3, 0);
    f.stuck = 0;
    foreign_collect(&f);
    expect_silence(&f); /* what is over is not sent once more */
}
END_TEST

/* VMTP-7.7-02: nor when it fails */
START_TEST(packets_are_reported_after_a_failure) {
    struct vmtp_tx tx[3];
    f.stuck = 1;
    t = stream_run(&f, client, 3);
    for (unsigned i = 0; i < 3; i++)
        ck_assert_int_eq(vmtp_output(f.engine, &tx[i], f.now), 1);
    answer(1, MIDDLE, 0);
    stream_tell_client(&f, client, t, 0, VMTP_ERROR);
    stream_ends(&f, 0);
    ck_assert_int_eq(vmtp_entity_delete(f.engine, client, f.now), 0);
    for (unsigned i = 0; i < 3; i++)
        vmtp_tx_result(f.engine, &tx[2 - i], VMTP_TX_SENT, f.now);
    foreign_collect(&f);
    stream_ends(&f, 3);
}
END_TEST

/* VMTP-7.7-02: nor does what comes for one that ended with the run, and waits for those packets */
START_TEST(what_was_broken_off_takes_no_response) {
    struct vmtp_tx tx[3];
    f.stuck = 1;
    t = stream_run(&f, client, 3);
    for (unsigned i = 0; i < 3; i++)
        ck_assert_int_eq(vmtp_output(f.engine, &tx[i], f.now), 1);
    stream_tell_client(&f, client, t, 0, VMTP_ERROR);
    ck_assert_int_eq(stream_answer(&f, client, t + 2, LAST, 1), VMTP_COUNT_DROP_STALE_RESPONSE);
    stream_ends(&f, 0);
    for (unsigned i = 0; i < 3; i++)
        vmtp_tx_result(f.engine, &tx[2 - i], VMTP_TX_SENT, f.now);
    foreign_collect(&f);
    for (unsigned i = 0; i < 3; i++)
        stream_ended(&f, i, i + 1, VMTP_ERROR);
}
END_TEST

int main(void) {
    Suite *s = suite_create("Responses of runs at the client");
    TCase *c = tcase_create("Responses");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, in_order);
    tcase_add_test(c, one_for_several);
    tcase_add_test(c, one_for_several_with_a_segment);
    tcase_add_test(c, not_enough_for_all);
    tcase_add_test(c, pgcount_and_sti);
    tcase_add_test(c, a_missing_response_is_asked_for_once);
    tcase_add_test(c, missing_blocks_are_asked_for_once);
    tcase_add_test(c, apg_in_a_run);
    tcase_add_test(c, apg_again);
    tcase_add_test(c, responses_to_nothing);
    tcase_add_test(c, responses_too_early);
    tcase_add_test(c, another_server_answers);
    tcase_add_test(c, a_response_that_is_too_large);
    suite_add_tcase(s, c);
    c = tcase_create("ends");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, one_fails);
    tcase_add_test(c, nothing_joins_a_broken_run);
    tcase_add_loop_test(c, one_is_cancelled, 0, 4);
    tcase_add_test(c, one_has_a_deadline);
    tcase_add_test(c, what_is_answered_stays_answered);
    tcase_add_test(c, what_is_answered_is_not_cancelled);
    tcase_add_loop_test(c, the_client_is_deleted, 0, 2);
    tcase_add_test(c, packets_are_reported_late);
    tcase_add_test(c, packets_are_reported_after_a_failure);
    tcase_add_test(c, what_was_broken_off_takes_no_response);
    suite_add_tcase(s, c);
    return run_suite(s);
}
