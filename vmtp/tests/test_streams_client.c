/* SPDX-License-Identifier: BSD-2-Clause */
/* test_streams_client.c - runs of Requests at the client: what it sends and when (spec/vmtp.md section 13.3). */
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

/* ---- flags and numbers ---- */

/* VMTP-13.3-01 VMTP-7.2-03 */
START_TEST(the_flags_of_a_run) {
    run_of(4);
    expect_flags(&f, t, FIRST);
    expect_flags(&f, t + 1, MIDDLE);
    expect_flags(&f, t + 2, MIDDLE);
    expect_flags(&f, t + 3, LAST);
    expect_silence(&f);
}
END_TEST

/* VMTP-13.3-01: one that waits for its end before it goes on */
START_TEST(a_run_that_is_over_is_followed_by_another) {
    stream_call(&f, client, 1, VMTP_CALL_MORE);
    t = expect_packet(&f)->h.transaction;
    answer(0, FIRST, 0);
    stream_ended(&f, 0, 1, 0);
    stream_call(&f, client, 2, VMTP_CALL_MORE);
    expect_flags(&f, t + 1, FIRST);
    stream_call(&f, client, 3, 0);
    expect_flags(&f, t + 2, LAST);
}
END_TEST

/* VMTP-7.2-03: what does not belong to the run has to wait for its end */
START_TEST(others_do_not_join) {
    struct vmtp_request r = call_request(client, 0);
    vmtp_handle handle;
    stream_call(&f, client, 1, VMTP_CALL_MORE);
    r.message.server = FOREIGN_SERVER + 1;
    ck_assert_int_eq(vmtp_call(f.engine, &handle, &r, f.now), VMTP_E_IN_CALL); /* another server */
    r.message.server = FOREIGN_SERVER;
    r.message.code |= VMTP_DGM;
    ck_assert_int_eq(vmtp_call(f.engine, &handle, &r, f.now), VMTP_E_IN_CALL);
    stream_call(&f, client, 2, 0);
    ck_assert_int_eq(vmtp_call(f.engine, &handle, &r, f.now), VMTP_E_IN_CALL); /* it was the last */
    r.message.code &= ~VMTP_DGM;
    r.flags = VMTP_CALL_MORE;
    ck_assert_int_eq(vmtp_call(f.engine, &handle, &r, f.now), VMTP_E_IN_CALL);
}
END_TEST

/* A group's members need not be of one mind about a run. */
START_TEST(no_run_to_a_group) {
    struct vmtp_request r = call_request(client, 0);
    vmtp_handle handle;
    r.message.server = 0x4000000000a1b2c3ull;
    r.flags = VMTP_CALL_MORE;
    ck_assert_int_eq(vmtp_call(f.engine, &handle, &r, f.now), VMTP_E_INVALID);
}
END_TEST

/* VMTP-13.3-02: where its Response may be large */
START_TEST(sti_skips_256) {
    struct vmtp_request r = call_request(client, 0);
    f.all_ones = _i;
    client = call_entity(&f);
    r.client = client;
    r.response_area = stream_area;
    r.flags = VMTP_CALL_MORE;
    r.response_size = GROUP_OCTETS;
    call_start(&f, &r);
    t = expect_packet(&f)->h.transaction;
    r.response_size++;
    call_start(&f, &r);
    expect_flags(&f, t + 1, MIDDLE | VMTP_STI);
    call_start(&f, &r);
    expect_flags(&f, t + 257, MIDDLE | VMTP_STI);
    r.flags = 0;
    r.response_size = 0;
    call_start(&f, &r);
    expect_flags(&f, t + 513, LAST);
    answer(0, FIRST, 0);
    answer(1, MIDDLE, 0);
    answer(257, MIDDLE, 0);
    answer(513, LAST, 0);
    stream_ends(&f, 4);
    stream_call(&f, client, 5, 0);
    expect_flags(&f, t + 514, 0);
}
END_TEST

/* VMTP-13.3-02: also when what follows is not of its run */
START_TEST(sti_alone) {
    t = stream_large_call(&f, client, 0, 20000);
    expect_flags(&f, t, VMTP_STI);
    answer(0, 0, 0);
    stream_call(&f, client, 1, 0);
    expect_flags(&f, t + 256, 0);
}
END_TEST

/* Datagrams of a run are sent one after the other, and nobody hears how it went. */
START_TEST(a_run_of_datagrams) {
    struct vmtp_request r = call_request(client, 0);
    r.message.code |= VMTP_DGM;
    for (unsigned i = 0; i < 3; i++) {
        r.flags = i < 2 ? VMTP_CALL_MORE : 0;
        call_start(&f, &r);
        t = i ? t : f.sent[f.first].h.transaction;
        expect_flags(&f, t + i, i == 0 ? FIRST : i == 1 ? MIDDLE : LAST);
        stream_ends(&f, i + 1);
    }
    call_start(&f, &r);
    expect_flags(&f, t + 3, 0);
}
END_TEST

/* ---- the window ---- */

/* VMTP-13.3-28 */
START_TEST(the_window_grows_with_each_response) {
    unsigned next = WINDOW, window = WINDOW;
    run_of(60);
    sends(0, WINDOW - 1, 0);
    for (unsigned i = 0; next < 60; i++) {
        answer(i, i ? MIDDLE : FIRST, 0);
        window += window < 32;
        unsigned end = i + 1 + window < 60 ? i + 1 + window : 60;
        sends(next, end - 1, 0);
        next = end;
    }
    ck_assert_uint_eq(window, 32);
}
END_TEST

/* VMTP-13.3-09 */
START_TEST(overflow_halves_the_window) {
    run_of(40);
    sends(0, 15, 0);
    tell(9, VMTP_MSGTRANS_OVERFLOW);
    expect_silence(&f); /* ten are out, and eight are to be */
    answer(0, FIRST, 0);
    expect_silence(&f);
    answer(1, MIDDLE, 0); /* 8 + 2 may be out, 8 are */
    sends(10, 11, 1);
    answer(2, MIDDLE, 0);
    sends(12, 13, 1);
}
END_TEST

/* VMTP-13.3-09: each Request that was too much may be told of, which is one overflow */
START_TEST(overflow_is_counted_once) {
    run_of(20);
    sends(0, 15, 0);
    for (unsigned i = 2; i < 16; i++)
        stream_tell_client(&f, client, t + 1, 0, VMTP_MSGTRANS_OVERFLOW);
    expect_silence(&f);
    answer(0, FIRST, 0);
    sends(2, 9, 1); /* 9 with the second one */
}
END_TEST

/* VMTP-13.3-09: down to one at a time, and one more for each Response */
START_TEST(overflow_again_and_again) {
    static const unsigned sent[] = {9, 5, 3, 2, 2};
    run_of(20);
    call_forget_packets(&f);
    for (unsigned i = 0; i < 5; i++) {
        tell(i, VMTP_MSGTRANS_OVERFLOW);
        expect_silence(&f);
        answer(i, i ? MIDDLE : FIRST, 0);
        ck_assert_uint_eq(foreign_waiting(&f), sent[i]);
        call_forget_packets(&f);
    }
}
END_TEST

/* VMTP-13.3-09 VMTP-7.5-07: a call alone, which may be the first of a run */
START_TEST(overflow_of_one) {
    stream_call(&f, client, 1, _i ? VMTP_CALL_MORE : 0);
    t = expect_packet(&f)->h.transaction;
    if (_i) {
        for (unsigned i = 0; i < 10; i++) {
            tell(UINT32_MAX, VMTP_MSGTRANS_OVERFLOW);
            expect_silence(&f);
            foreign_pass(&f, 330 * VMTP_MILLISECOND);
            ck_assert_uint_eq(expect_packet(&f)->h.transaction, t);
            call_forget_packets(&f);
        }
        tell(0, VMTP_MSGTRANS_OVERFLOW); /* it was accepted, but nothing behind it */
        stream_ends(&f, 0);
    } else {
        int dropped = stream_tell_client(&f, client, t - 1, 0, VMTP_MSGTRANS_OVERFLOW);
        ck_assert_int_eq(dropped, VMTP_COUNT_DROP_BAD_NOTIFY);
        tell(0, VMTP_MSGTRANS_OVERFLOW);
        stream_ended(&f, 0, 1, VMTP_MSGTRANS_OVERFLOW);
    }
}
END_TEST

/* VMTP-13.3-54: it was in a run when that was said; the rest of that was answered, and the server has had no room for it alone since */
START_TEST(overflow_of_one_that_is_left) {
    run_of(2);
    call_forget_packets(&f);
    answer(0, FIRST, 0);
    tell(1, VMTP_NO_RUN_RECORD);
    expect_flags(&f, t + 1, 0);
    ck_assert_int_eq(stream_tell_about(&f, client, t + 1, 0, VMTP_MSGTRANS_OVERFLOW), VMTP_COUNT_DROP_BAD_NOTIFY);
    answer(1, 0, 0);
    stream_ends(&f, 2);
    stream_ended(&f, 1, 2, 0);
}
END_TEST

/* VMTP-13.3-09: where nothing was accepted that could be answered, time has to pass */
START_TEST(overflow_of_the_oldest) {
    run_of(3);
    answer(0, FIRST, 0);
    call_forget_packets(&f);
    tell(0, VMTP_MSGTRANS_OVERFLOW);
    expect_silence(&f);
    vmtp_time from = f.now;
    foreign_pass(&f, 40 * VMTP_MILLISECOND);
    const struct packet *p = expect_flags(&f, t + 1, MIDDLE | VMTP_APG);
    ck_assert_uint_ge(p->at - from, 10 * VMTP_MILLISECOND);
    answer(1, MIDDLE, 0);
    stream_ends(&f, 2);
    expect_flags(&f, t + 2, LAST);
}
END_TEST

/* ---- servers that do not stream, or not here ---- */

/* VMTP-13.3-10 */
START_TEST(one_by_one) {
    run_of(3);
    call_forget_packets(&f);
    tell((unsigned)_i, VMTP_STREAMING_NOT_SUPPORTED);
    expect_flags(&f, t, 0);
    expect_silence(&f);
    stream_tell_client(&f, client, t + 1, 0, VMTP_STREAMING_NOT_SUPPORTED); /* that is known */
    expect_silence(&f);
    answer(0, 0, 0);
    expect_flags(&f, t + 1, 0);
    expect_silence(&f);
    answer(1, 0, 0);
    expect_flags(&f, t + 2, 0);
    answer(2, 0, 0);
    stream_ends(&f, 3);
    run_of(2); /* the next run is none from the beginning */
    expect_flags(&f, t, 0);
    expect_silence(&f);
    vmtp_entity other = call_entity(&f);
    t = stream_run(&f, other, 2); /* and so is that of another client */
    expect_flags(&f, t, 0);
    expect_silence(&f);
}
END_TEST

/* VMTP-13.3-10: when some have been answered */
START_TEST(one_by_one_from_the_middle) {
    run_of(4);
    call_forget_packets(&f);
    answer(0, FIRST, 0);
    tell(2, VMTP_STREAMING_NOT_SUPPORTED);
    expect_flags(&f, t + 1, 0);
    expect_silence(&f);
    answer(1, 0, 0);
    expect_flags(&f, t + 2, 0);
    answer(2, 0, 0);
    expect_flags(&f, t + 3, 0);
    answer(3, 0, 0);
    stream_ends(&f, 4);
}
END_TEST

/* A node without streaming asks one by one whomever it asks. */
START_TEST(no_streams_here) {
    struct vmtp_config config;
    stream_config(&config);
    config.no_streams = 1;
    foreign_close(&f);
    stream_open(&f, &config);
    client = call_entity(&f);
    run_of(3);
    for (unsigned i = 0; i < 3; i++) {
        expect_flags(&f, t + i, 0);
        expect_silence(&f);
        answer(i, 0, 0);
    }
    stream_ends(&f, 3);
    struct vmtp_request r = call_request(client, 0);
    r.response_area = stream_area;
    r.response_size = 40000; /* there may be so much room, but nobody is told */
    call_start(&f, &r);
    expect_flags(&f, t + 3, 0);
    struct vmtp_header h = stream_response(client, t + 3, VMTP_NER | VMTP_CMG, 0);
    ck_assert_int_eq(foreign_send(&f, &h, NULL, 0), VMTP_COUNT_DROP_STREAMING); /* VMTP-5.2-06 */
    expect_nvs(&f, FOREIGN_SERVER, t + 3, VMTP_STREAMING_NOT_SUPPORTED);
}
END_TEST

/* ENTITY_MIGRATED: all that is open goes to where the server is now. */
START_TEST(the_server_moves) {
    static const uint8_t elsewhere[6] = {2, 0, 0, 0, 0, 9};
    run_of(4);
    call_forget_packets(&f);
    answer(0, FIRST, 0);
    tell(1, VMTP_ENTITY_MIGRATED);
    const struct packet *probe = expect_packet(&f);
    ck_assert_uint_eq(probe->h.code & VMTP_CODE_MASK, VMTP_PROBE_ENTITY & VMTP_CODE_MASK);
    struct vmtp_header h = foreign_response(probe, FOREIGN_SERVER + 7, VMTP_OK);
    expect_silence(&f);
    f.src = elsewhere;
    ck_assert_int_eq(foreign_send(&f, &h, NULL, 0), 0);
    for (unsigned i = 1; i < 4; i++) {
        const struct packet *p = expect_packet(&f);
        ck_assert_uint_eq(p->h.transaction, t + i);
        ck_assert_mem_eq(p->dst, elsewhere, 6);
    }
    expect_silence(&f);
}
END_TEST

int main(void) {
    Suite *s = suite_create("runs of Requests at the client");
    TCase *c = tcase_create("flags");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, the_flags_of_a_run);
    tcase_add_test(c, a_run_that_is_over_is_followed_by_another);
    tcase_add_test(c, others_do_not_join);
    tcase_add_test(c, no_run_to_a_group);
    tcase_add_loop_test(c, sti_skips_256, 0, 2);
    tcase_add_test(c, sti_alone);
    tcase_add_test(c, a_run_of_datagrams);
    suite_add_tcase(s, c);
    c = tcase_create("window");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, the_window_grows_with_each_response);
    tcase_add_test(c, overflow_halves_the_window);
    tcase_add_test(c, overflow_is_counted_once);
    tcase_add_test(c, overflow_again_and_again);
    tcase_add_loop_test(c, overflow_of_one, 0, 2);
    tcase_add_test(c, overflow_of_one_that_is_left);
    tcase_add_test(c, overflow_of_the_oldest);
    suite_add_tcase(s, c);
    c = tcase_create("servers");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_loop_test(c, one_by_one, 0, 3);
    tcase_add_test(c, one_by_one_from_the_middle);
    tcase_add_test(c, no_streams_here);
    tcase_add_test(c, the_server_moves);
    suite_add_tcase(s, c);
    return run_suite(s);
}
