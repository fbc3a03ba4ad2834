/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_messages_patience.c - messages of several packet groups: how soon what is lost is asked for again, and what is not asked for
 * twice (spec/vmtp.md section 13.3).
 */
#include <check.h>
#include <suite.h>
#include <stdlib.h>

#include "support/streaming.h"

#define T 1000u
#define TWENTY (20u * GROUP_OCTETS)
#define MS VMTP_MILLISECOND

static struct foreign f;
static vmtp_entity client, server;
static struct vmtp_header message;
static uint32_t t;

static void setup(void) {
    stream_open(&f, NULL);
    client = call_entity(&f);
    server = serve_entity(&f, NULL);
    stream_accept(&f, server, VMTP_MESSAGE_OCTETS);
}

static void teardown(void) { foreign_close(&f); }

/* ---- who receives ---- */

static void gives(unsigned group, uint32_t blocks, uint32_t flags) {
    ck_assert_int_eq(stream_give(&f, &message, group, blocks, flags), 0);
}

static int to_client; /* the message is a Response */

static void says(unsigned group, uint32_t code) {
    if (to_client)
        expect_nvs(&f, FOREIGN_SERVER, t + group, code);
    else
        expect_nvc(&f, FOREIGN_CLIENT, T + group, code);
}

static void receive_large(int response) {
    to_client = response;
    message = stream_large_request(server, T, TWENTY);
    if (!response)
        return;
    t = stream_large_call(&f, client, 0, VMTP_MESSAGE_OCTETS);
    call_forget_packets(&f);
    message = stream_large_response(client, t, TWENTY, 0);
}

/* VMTP-13.3-55 VMTP-13.3-44 */
START_TEST(what_is_on_its_way_is_not_asked_for) {
    receive_large(_i);
    gives(0, ALL_BLOCKS, 0);
    gives(2, ALL_BLOCKS, VMTP_APG);
    says(1, VMTP_RETRY);
    expect_silence(&f);
    foreign_pass(&f, 3 * MS); /* long, but who knows */
    gives(3, ALL_BLOCKS, VMTP_APG);
    says(0, VMTP_OK);
    gives(1, ALL_BLOCKS, 0);
    gives(5, ALL_BLOCKS, 0);
    says(4, VMTP_RETRY);
    foreign_pass(&f, 400 * VMTP_MICROSECOND);
    gives(4, ALL_BLOCKS, 0); /* the first took 3 ms, this one 0.4: 2.7 ms */
    gives(7, ALL_BLOCKS, 0);
    says(6, VMTP_RETRY);
    foreign_pass(&f, 2400 * VMTP_MICROSECOND);
    gives(8, ALL_BLOCKS, VMTP_APG);
    says(5, VMTP_OK);
    foreign_pass(&f, 1 * MS); /* 3.4 ms */
    gives(9, ALL_BLOCKS, VMTP_APG);
    says(6, VMTP_RETRY);
    gives(10, ALL_BLOCKS, VMTP_APG);
    says(5, VMTP_OK);
    gives(9, 0, VMTP_APG); /* its sender waits */
    says(6, VMTP_RETRY);
    expect_silence(&f);
}
END_TEST

/* VMTP-13.3-44: nothing is whole from the start */
START_TEST(there_may_be_nothing_to_say) {
    receive_large(_i);
    gives(0, 0xf, 0);
    gives(1, ALL_BLOCKS, VMTP_APG);
    says(0, VMTP_RETRY);
    gives(2, ALL_BLOCKS, VMTP_APG);
    expect_silence(&f);
}
END_TEST

/* ---- who sends ---- */

static void told(unsigned group, uint32_t delivery, uint32_t code) {
    if (to_client)
        ck_assert_int_eq(stream_tell_client(&f, client, t + group, delivery, code), 0);
    else
        ck_assert_int_eq(stream_tell_server(&f, server, T + group, delivery, code), 0);
}

/* Of twenty groups those of the first window are sent. */
static void begin_large(int response) {
    to_client = !response;
    if (response) {
        ck_assert_int_eq(stream_ask(&f, server, T, VMTP_STI), 0);
        ck_assert_int_eq(stream_reply(&f, T, TWENTY, 0), 0);
    } else {
        t = stream_large_call(&f, client, TWENTY, 0);
    }
    call_forget_packets(&f);
}

/* The first half of a window was acknowledged after 2 ms: four deviations make it 6 ms. */
static void send_large(int response) {
    begin_large(response);
    foreign_pass(&f, 2 * MS);
    told(7, ALL_BLOCKS, VMTP_OK);
    ck_assert_uint_eq(foreign_waiting(&f), 4);
    call_forget_packets(&f);
}

static void expect_question(void) {
    const struct packet *p = expect_group(&f, to_client ? t : T, 19, 0);
    ck_assert(p->h.flags & VMTP_APG);
}

/* VMTP-13.3-57 VMTP-13.3-49 */
START_TEST(a_sender_asks_soon_once) {
    send_large(_i);
    foreign_pass(&f, 5 * MS);
    expect_silence(&f);
    foreign_pass(&f, 2 * MS);
    expect_question();
    foreign_pass(&f, 17 * MS);
    expect_silence(&f);
    unsigned questions = 0;
    foreign_pass(&f, 5 * VMTP_SECOND);
    for (; foreign_waiting(&f); questions++)
        expect_question();
    ck_assert_uint_eq(questions, 5);
}
END_TEST

/* VMTP-13.3-57: what it hears counts anew */
START_TEST(a_sender_that_heard_something_asks_soon_again) {
    send_large(_i);
    foreign_pass(&f, 7 * MS);
    expect_question();
    told(9, ALL_BLOCKS, VMTP_OK);
    told(12, 0xf, VMTP_RETRY);
    expect_group(&f, to_client ? t : T, 12, ~0xfu);
    expect_silence(&f);
    foreign_pass(&f, 7 * MS);
    expect_question();
}
END_TEST

/* VMTP-13.3-56 */
START_TEST(what_was_said_before_it_could_know_is_ignored) {
    send_large(_i);
    uint32_t first = to_client ? t : T;
    told(9, 0xf, VMTP_RETRY);
    expect_group(&f, first, 9, ~0xfu);
    foreign_pass(&f, MS);
    told(9, 0xf, VMTP_RETRY);
    told(9, 0xff, VMTP_RETRY);
    expect_silence(&f);
    foreign_pass(&f, 5 * MS / 4);
    told(9, 0xff, VMTP_RETRY);
    expect_group(&f, first, 9, ~0xffu);
    told(10, 0, VMTP_RETRY); /* of another one it is news */
    expect_group(&f, first, 10, ALL_BLOCKS);
    expect_silence(&f);
}
END_TEST

/* VMTP-13.3-56: it took so long because of what was lost */
START_TEST(what_is_sent_again_shows_no_long_way) {
    begin_large(_i);
    uint32_t first = to_client ? t : T;
    told(3, 0xf, VMTP_RETRY);
    expect_group(&f, first, 3, ~0xfu);
    foreign_pass(&f, 19 * MS);
    told(7, ALL_BLOCKS, VMTP_OK);
    call_forget_packets(&f);
    for (unsigned i = 0; i < 3; i++) {
        told(9, 0xf, VMTP_RETRY);
        expect_group(&f, first, 9, ~0xfu);
        expect_silence(&f);
        foreign_pass(&f, 3 * MS);
    }
}
END_TEST

/* VMTP-9.1-04: the server answers at once as a rule */
START_TEST(acknowledgment_of_all_shows_no_slow_server) {
    for (unsigned i = 0; i < 8; i++) {
        struct vmtp_header h = call_sent(&f, client, 0);
        struct vmtp_header answer = call_response(&h, 0);
        ck_assert_int_eq(foreign_send(&f, &answer, NULL, 0), 0);
        foreign_forget(&f);
    }
    to_client = 1;
    t = stream_large_call(&f, client, 20000, 0);
    call_forget_packets(&f);
    told(1, stream_blocks(20000, 1), VMTP_OK);
    foreign_pass(&f, 18 * MS);
    expect_silence(&f);
    foreign_pass(&f, 3 * MS);
    ck_assert_uint_eq(expect_packet(&f)->h.delivery, 0);
    told(1, stream_blocks(20000, 1), VMTP_OK);
    foreign_pass(&f, 210 * MS);
    expect_silence(&f);
    foreign_pass(&f, 20 * MS);
    ck_assert_uint_eq(expect_packet(&f)->h.delivery, 0);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("patience with large messages");
    TCase *all = tcase_create("all");
    tcase_add_checked_fixture(all, setup, teardown);
    tcase_add_loop_test(all, what_is_on_its_way_is_not_asked_for, 0, 2);
    tcase_add_loop_test(all, there_may_be_nothing_to_say, 0, 2);
    tcase_add_loop_test(all, a_sender_asks_soon_once, 0, 2);
    tcase_add_loop_test(all, a_sender_that_heard_something_asks_soon_again, 0, 2);
    tcase_add_loop_test(all, what_was_said_before_it_could_know_is_ignored, 0, 2);
    tcase_add_loop_test(all, what_is_sent_again_shows_no_long_way, 0, 2);
    tcase_add_test(all, acknowledgment_of_all_shows_no_slow_server);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
