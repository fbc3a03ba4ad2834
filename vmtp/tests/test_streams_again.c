/* SPDX-License-Identifier: BSD-2-Clause */
/* test_streams_again.c - runs of Requests at the client: what is sent again, and when (spec/vmtp.md section 13.3). */
#include <check.h>
#include <suite.h>
#include <stdlib.h>

#include "support/streaming.h"

#define WINDOW 16u

static struct foreign f;
static vmtp_entity client;
static uint32_t t; /* the first Transaction of the run */

static void setup(void) {
    stream_open(&f, NULL);
    client = call_entity(&f);
}

static void teardown(void) { foreign_close(&f); }

static void run_of(unsigned count) { t = stream_run(&f, client, count); }

static void answer(unsigned n, uint32_t flags, uint8_t pgcount) {
    ck_assert_int_eq(stream_answer(&f, client, t + n, flags, pgcount), 0);
}

static void tell(unsigned n, uint32_t code) { ck_assert_int_eq(stream_tell_client(&f, client, t + n, 0, code), 0); }

static void sends(unsigned n, unsigned last, unsigned retransmit) { stream_sends(&f, t, n, last, retransmit); }

static void pass_to(vmtp_time when) { foreign_pass(&f, when - f.now); }

/* ---- sending again ---- */

/* VMTP-13.3-07 */
START_TEST(retry_all_resumes_behind_what_was_accepted) {
    run_of(5);
    call_forget_packets(&f);
    tell(1, VMTP_RETRY_ALL);
    sends(2, 4, 1);
    tell(UINT32_MAX, VMTP_RETRY_ALL); /* the one before the first */
    for (unsigned i = 0; i < 5; i++)
        ck_assert_uint_eq(expect_packet(&f)->h.transaction, t + i);
    expect_silence(&f);
}
END_TEST

/* VMTP-13.3-07 VMTP-13.3-58: when the last that was accepted is answered already */
START_TEST(retry_all_behind_an_answer) {
    run_of(5);
    call_forget_packets(&f);
    answer(0, FIRST, 0);
    answer(1, MIDDLE, 0);
    tell(1, VMTP_RETRY_ALL);
    sends(2, 4, 1);
    tell(1, VMTP_RETRY_ALL); /* late, about the first transmission */
    tell(0, VMTP_RETRY_ALL);
    expect_silence(&f);
    ck_assert_int_eq(stream_tell_about(&f, client, t, 1, VMTP_RETRY_ALL), 0);
    sends(2, 4, 2);
}
END_TEST

/* VMTP-7.5-01: about Transactions that are none of the run */
START_TEST(retry_all_from_elsewhere) {
    static const uint32_t away[] = {5, 77, 0x40000000, 0x80000000, 0xc0000000, (uint32_t)-300};
    run_of(5);
    call_forget_packets(&f);
    for (unsigned i = 0; i < sizeof away / sizeof away[0]; i++) {
        int dropped = stream_tell_client(&f, client, t + away[i], 0, VMTP_RETRY_ALL);
        ck_assert_int_eq(dropped, VMTP_COUNT_DROP_BAD_NOTIFY);
        dropped = stream_tell_client(&f, client, t + away[i], 0, VMTP_MSGTRANS_OVERFLOW);
        ck_assert_int_eq(dropped, VMTP_COUNT_DROP_BAD_NOTIFY);
    }
    expect_silence(&f);
    tell(4, VMTP_RETRY_ALL); /* there is nothing behind it */
    expect_silence(&f);
}
END_TEST

/* VMTP-13.3-26 VMTP-13.3-34 */
START_TEST(enough_is_enough) {
    uint32_t code = _i ? VMTP_NO_RUN_RECORD : VMTP_RETRY_ALL;
    run_of(3);
    call_forget_packets(&f);
    uint32_t about = _i ? t : t - 1;
    for (unsigned i = 0; i < 5; i++) {
        ck_assert_int_eq(stream_tell_about(&f, client, about, i, code), 0);
        ck_assert_uint_eq(foreign_waiting(&f), 3);
        call_forget_packets(&f);
    }
    stream_ends(&f, 0);
    ck_assert_int_eq(stream_tell_about(&f, client, about, 5, code), 0);
    stream_ends(&f, 3);
    for (unsigned i = 0; i < 3; i++)
        stream_ended(&f, i, i + 1, VMTP_RETRANS_TIMEOUT);
    foreign_pass(&f, VMTP_SECOND);
    expect_silence(&f);
}
END_TEST

/* VMTP-13.3-26: counted anew for each Request */
START_TEST(progress_counts_anew) {
    run_of(6);
    for (unsigned i = 0; i < 4; i++) {
        for (unsigned j = 0; j < 5; j++)
            tell(i - 1, VMTP_RETRY_ALL);
        answer(i, i ? MIDDLE : FIRST, 0);
    }
    stream_ends(&f, 4);
    answer(4, MIDDLE, 0);
    answer(5, LAST, 0);
    stream_ended(&f, 5, 6, 0);
}
END_TEST

/* VMTP-13.3-27 */
START_TEST(a_run_begins_anew) {
    run_of(4);
    call_forget_packets(&f);
    answer(0, FIRST, 0);
    tell(2, VMTP_NO_RUN_RECORD);
    expect_flags(&f, t + 1, FIRST);
    expect_flags(&f, t + 2, MIDDLE);
    expect_flags(&f, t + 3, LAST);
    expect_silence(&f);
}
END_TEST

/* VMTP-13.3-66 VMTP-13.3-27: the server had its first transmission after all */
START_TEST(the_last_begins_the_run_anew) {
    run_of(2);
    call_forget_packets(&f);
    answer(0, FIRST, 0);
    tell(1, VMTP_NO_RUN_RECORD);
    expect_flags(&f, t + 1, 0);
    answer(1, LAST, 0);
    stream_ends(&f, 2);
    stream_ended(&f, 1, 2, 0);
    expect_silence(&f);
}
END_TEST

/* VMTP-13.3-54: each packet that was refused is told of, and the first time is enough */
START_TEST(echoes) {
    uint32_t code = _i ? VMTP_NO_RUN_RECORD : VMTP_STREAMING_NOT_SUPPORTED;
    run_of(4);
    call_forget_packets(&f);
    ck_assert_int_eq(stream_tell_about(&f, client, t, 0, code), 0);
    ck_assert_uint_eq(foreign_waiting(&f), _i ? 4 : 1);
    call_forget_packets(&f);
    for (unsigned i = 0; i < 4; i++)
        ck_assert_int_eq(stream_tell_about(&f, client, t + i, 0, code), VMTP_COUNT_DROP_BAD_NOTIFY);
    expect_silence(&f);
}
END_TEST

/* VMTP-13.3-29 */
START_TEST(busy_in_a_run) {
    run_of(4);
    call_forget_packets(&f);
    vmtp_time from = f.now;
    tell(1, VMTP_BUSY);
    expect_silence(&f);
    answer(0, FIRST, 0);
    expect_silence(&f); /* what is waited for is waited for */
    foreign_pass(&f, 20 * VMTP_MILLISECOND);
    const struct packet *p = expect_packet(&f);
    ck_assert_uint_eq(p->h.transaction, t + 1);
    ck_assert_uint_ge(p->at - from, 10 * VMTP_MILLISECOND);
    ck_assert_uint_eq(expect_packet(&f)->h.transaction, t + 2);
    ck_assert_uint_eq(expect_packet(&f)->h.transaction, t + 3);
    expect_silence(&f);
}
END_TEST

/* VMTP-13.3-29 VMTP-7.5-06: for as long as the server likes */
START_TEST(busy_without_end) {
    run_of(3);
    call_forget_packets(&f);
    vmtp_time last = f.now;
    for (unsigned i = 0; i < 30; i++) {
        for (unsigned j = 0; j < 3; j++) /* one for each of them */
            stream_tell_client(&f, client, t + j, 0, VMTP_BUSY);
        expect_silence(&f);
        pass_to(last + 330 * VMTP_MILLISECOND);
        const struct packet *p = expect_packet(&f);
        ck_assert_uint_eq(p->h.transaction, t);
        last = f.now;
        call_forget_packets(&f);
    }
    stream_ends(&f, 0);
    for (unsigned i = 0; i < 3; i++)
        answer(i, i ? MIDDLE : FIRST, 0);
    stream_ends(&f, 3);
}
END_TEST

/* VMTP-13.3-31 */
START_TEST(ok_for_a_later_one) {
    run_of(4);
    call_forget_packets(&f);
    vmtp_time from = f.now;
    pass_to(from + 150 * VMTP_MILLISECOND);
    tell(2, VMTP_OK);
    pass_to(from + 365 * VMTP_MILLISECOND); /* TC1 has run anew */
    expect_silence(&f);
    pass_to(from + 375 * VMTP_MILLISECOND);
    expect_flags(&f, t, FIRST | VMTP_APG);
    expect_silence(&f);
}
END_TEST

/* VMTP-13.3-32 */
START_TEST(only_the_oldest_has_a_timer) {
    static const unsigned at[] = {220, 240, 280, 360, 520};
    run_of(4);
    call_forget_packets(&f);
    vmtp_time from = f.now;
    foreign_pass(&f, 839 * VMTP_MILLISECOND);
    for (unsigned i = 0; i < 5; i++) {
        const struct packet *p = expect_flags(&f, t, FIRST | VMTP_APG);
        ck_assert_uint_eq((p->at - from) / VMTP_MILLISECOND, at[i]);
        ck_assert_uint_eq(p->h.retransmit, i + 1);
    }
    expect_silence(&f);
    foreign_pass(&f, 3 * VMTP_MILLISECOND);
    for (unsigned i = 0; i < 4; i++) /* VMTP-13.3-34 */
        stream_ended(&f, i, i + 1, VMTP_RETRANS_TIMEOUT);
}
END_TEST

/* VMTP-13.3-32 */
START_TEST(the_last_behind_it_follows) {
    run_of(4);
    call_forget_packets(&f);
    foreign_pass(&f, 230 * VMTP_MILLISECOND);
    expect_flags(&f, t, FIRST | VMTP_APG);
    tell(0, VMTP_OK);
    ck_assert_uint_eq(expect_flags(&f, t + 3, LAST | VMTP_APG)->h.retransmit, 1);
    expect_silence(&f);
    tell(0, VMTP_OK);
    expect_silence(&f); /* once */
    if (_i) {           /* those between were lost */
        ck_assert_int_eq(stream_tell_about(&f, client, t, 1, VMTP_RETRY_ALL), 0);
        for (unsigned i = 1; i < 4; i++)
            ck_assert_uint_eq(expect_packet(&f)->h.transaction, t + i);
    } else {
        tell(3, VMTP_OK);
        foreign_pass(&f, 230 * VMTP_MILLISECOND);
        expect_flags(&f, t, FIRST | VMTP_APG);
        tell(0, VMTP_OK); /* the others are there, and it takes its time */
    }
    expect_silence(&f);
    answer(0, FIRST, 0);
    answer(1, MIDDLE, 0);
    foreign_pass(&f, 10 * VMTP_MILLISECOND);
    expect_silence(&f);
}
END_TEST

/* VMTP-13.3-12 VMTP-13.3-07: what is to be sent again is answered meanwhile, by another's Response */
START_TEST(answered_before_it_is_sent_again) {
    run_of(20);
    call_forget_packets(&f);
    tell(0, VMTP_MSGTRANS_OVERFLOW);
    answer(5, MIDDLE, 5);
    stream_ends(&f, 6);
    for (unsigned i = 0; i < 6; i++)
        stream_ended(&f, i, i + 1, 0);
    ck_assert_uint_eq(expect_packet(&f)->h.transaction, t + 6);
}
END_TEST

/* VMTP-13.3-32: the next one is the oldest when that is answered */
START_TEST(the_timer_goes_on) {
    run_of(2);
    call_forget_packets(&f);
    answer(0, FIRST, 0);
    foreign_pass(&f, 300 * VMTP_MILLISECOND);
    expect_flags(&f, t + 1, LAST | VMTP_APG);
    while (f.count)
        ck_assert_uint_eq(foreign_take(&f)->h.transaction, t + 1);
    foreign_pass(&f, 2 * VMTP_SECOND);
    stream_ended(&f, 1, 2, VMTP_RETRANS_TIMEOUT);
}
END_TEST

int main(void) {
    Suite *s = suite_create("runs of Requests sent again");
    TCase *c = tcase_create("again");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, retry_all_resumes_behind_what_was_accepted);
    tcase_add_test(c, retry_all_behind_an_answer);
    tcase_add_test(c, retry_all_from_elsewhere);
    tcase_add_loop_test(c, enough_is_enough, 0, 2);
    tcase_add_test(c, progress_counts_anew);
    tcase_add_test(c, a_run_begins_anew);
    tcase_add_test(c, the_last_begins_the_run_anew);
    tcase_add_loop_test(c, echoes, 0, 2);
    tcase_add_test(c, busy_in_a_run);
    tcase_add_test(c, busy_without_end);
    tcase_add_test(c, ok_for_a_later_one);
    tcase_add_test(c, only_the_oldest_has_a_timer);
    tcase_add_loop_test(c, the_last_behind_it_follows, 0, 2);
    tcase_add_test(c, answered_before_it_is_sent_again);
    tcase_add_test(c, the_timer_goes_on);
    suite_add_tcase(s, c);
    return run_suite(s);
}
