/* SPDX-License-Identifier: BSD-2-Clause */
/* test_lacks.c - what lacks of a packet group is asked for as soon as it is known to be lost (spec/vmtp.md section 6.3). */
#include "support/calling.h"
#include "support/serving.h"
#include "wire_testing.h"

#define MS VMTP_MILLISECOND
#define US VMTP_MICROSECOND
#define A FOREIGN_CLIENT
#define T 77u
#define SIZE 4096u /* 8 blocks */

static struct foreign f;
static vmtp_entity entity;

static void teardown(void) { foreign_close(&f); }

static void setup_server(void) {
    foreign_open(&f, NULL);
    entity = serve_entity(&f, NULL);
    serve_accepts(&f, entity, 10, VMTP_GROUP_OCTETS);
}

static void setup_client(void) {
    foreign_open(&f, NULL);
    entity = call_entity(&f);
}

/* ---- both ends the same way --------------------------------------------------------------------------------------- */

static int client;           /* the engine under test collects a Response */
static struct vmtp_header h; /* of that */
static uint32_t run;         /* control flags of a Request */

static void begin(int at_client, uint32_t flags) {
    client = at_client;
    run = flags;
    if (!client)
        return;
    struct vmtp_header asked = call_sent(&f, entity, 0);
    h = call_response(&asked, SIZE);
}

static void give(uint32_t blocks) {
    if (client)
        ck_assert_int_eq(call_give_blocks(&f, &h, calling_response, blocks, 0), 0);
    else
        ck_assert_int_eq(serve_ask_blocks(&f, A, entity, T, SIZE, blocks, run), 0);
}

static void expect_asked(uint32_t has) {
    const struct packet *p = client ? expect_nvs(&f, FOREIGN_SERVER, h.transaction, VMTP_RETRY)
                                    : expect_nvc(&f, A, T, VMTP_RETRY);
    ck_assert_uint_eq(packet_32(p, 56), has);
    expect_silence(&f);
}

static void whole(void) {
    expect_silence(&f);
    if (client)
        call_result(&f, 0);
    else
        ck_assert_uint_eq(serve_count(&f), 1);
}

static void silence_for(vmtp_time time) {
    foreign_pass(&f, time);
    expect_silence(&f);
}

/* VMTP-6.3-07: what was sent before the last block does not come any more */
static void check_holes(void) {
    give(0x03);
    expect_silence(&f);
    give(0x30);
    expect_silence(&f); /* others are to come */
    give(0xc0);
    expect_asked(0xf3);
    give(0x04);
    expect_silence(&f);
    give(0x08);
    whole();
}

/* VMTP-6.3-07: what was sent again may be lost again */
static void check_again(void) {
    give(0x01);
    give(0xc0);
    expect_asked(0xc1);
    give(0x20);
    expect_silence(&f); /* within a millisecond */
    silence_for(900 * US);
    foreign_pass(&f, 600 * US);
    expect_asked(0xe1);
    give(0x06);
    give(0x10);
    silence_for(400 * US); /* within a millisecond of when the timer asked */
    foreign_pass(&f, 600 * US);
    expect_asked(0xf7);
    give(0x08);
    whole();
}

/* VMTP-6.3-05 VMTP-6.3-07: what was asked for because of a packet without data is not asked for again at once */
static void check_without_data(void) {
    give(0x03);
    give(0x0c);
    give(0);
    expect_asked(0x0f);
    give(0xc0);
    silence_for(900 * US);
    foreign_pass(&f, 600 * US);
    expect_asked(0xcf);
    give(0x30);
    whole();
}

/* VMTP-6.3-07: the first packet may have overtaken others */
static void check_order(void) {
    give(0xc0);
    silence_for(900 * US);
    give(0x3f);
    whole();
}

/* VMTP-6.3-08: the last packets are lost; they came 100 microseconds one after the other, and the pauses are what counts */
static void check_silence(void) {
    give(0x03);
    foreign_pass(&f, 500 * US);
    give(0x0c);
    foreign_pass(&f, 100 * US);
    give(0x30);
    silence_for(5900 * US);
    foreign_pass(&f, 700 * US);
    expect_asked(0x3f);
    give(0xc0);
    whole();
}

/* VMTP-6.3-08 VMTP-9.1-05: of what comes slowly TS1 and TC3 remain */
static void check_slow(void) {
    give(0x03);
    silence_for(10 * MS);
    give(0x0c);
    silence_for(19 * MS);
    foreign_pass(&f, 2 * MS);
    expect_asked(0x0f);
    give(0xf0);
    whole();
}

static void (*const checks[])(void) = {check_holes, check_again,   check_without_data,
                                       check_order, check_silence, check_slow};
#define CHECKS (sizeof checks / sizeof checks[0])

START_TEST(at_the_client) {
    begin(1, 0);
    checks[_i]();
}
END_TEST

START_TEST(at_the_server) {
    begin(0, 0);
    checks[_i]();
}
END_TEST

START_TEST(at_the_server_in_a_run) {
    begin(0, VMTP_NER);
    checks[_i]();
}
END_TEST

/* VMTP-6.3-07: whenever it is, packets in the reverse order make it ask once */
START_TEST(backwards) {
    begin(0, 0);
    foreign_pass(&f, (vmtp_time)_i * US);
    for (uint32_t blocks = 0xc0; blocks > 0x03; blocks >>= 2)
        give(blocks);
    expect_asked(0xf0);
    give(0x03);
    whole();
}
END_TEST

/* ---- what is not asked for ---------------------------------------------------------------------------------------- */

/* VMTP-6.3-09 VMTP-13.7-01 */
START_TEST(nothing_is_asked_for_that_is_not_sent_again) {
    begin(0, _i ? VMTP_NER | VMTP_NRT : VMTP_NRT);
    give(0x03);
    give(0xc0);
    silence_for(100 * MS);
}
END_TEST

/* VMTP-6.3-09 VMTP-13.7-01: nor when its sender waits for an answer */
START_TEST(nothing_is_asked_for_by_a_packet_without_data) {
    begin(0, VMTP_NER | VMTP_NRT);
    give(0x03);
    ck_assert_int_eq(serve_ask_blocks(&f, A, entity, T, SIZE, 0, run | VMTP_APG), 0);
    silence_for(100 * MS);
}
END_TEST

/* VMTP-6.3-09: all members would ask at the same time */
START_TEST(multicast_that_comes_again) {
    enum { GROUP_BLOCKS = 4 };
    const vmtp_entity group = 0x4000000000000abcull;
    ck_assert_int_eq(vmtp_group_join(f.engine, group, entity, 0), 0);
    foreign_forget(&f);
    f.multicast = 1;
    struct vmtp_header request = foreign_segment_request(A, group, T, GROUP_BLOCKS * 512);
    request.retransmit = 1;
    ck_assert_int_eq(call_give_blocks(&f, &request, serving_segment, 1, VMTP_APG), 0);
    foreign_forget(&f);
    ck_assert_int_eq(call_give_blocks(&f, &request, serving_segment, 8, VMTP_APG), 0);
    silence_for(19 * MS);
    foreign_pass(&f, 2 * MS);
    const struct packet *asked = expect_packet(&f);
    ck_assert_uint_eq(packet_32(asked, 56), 9);
}
END_TEST

/* VMTP-6.3-09 VMTP-7.4-10: the Request is repeated soon, and then after TC3, which is TC2 */
START_TEST(an_idempotent_response_is_done_again) {
    begin(1, 0);
    h.code |= VMTP_DGM;
    give(0x03);
    give(0xc0);
    silence_for(900 * US);
    foreign_pass(&f, 600 * US);
    ck_assert_uint_eq(expect_packet(&f)->h.retransmit, 1);
    expect_silence(&f);
    static const vmtp_time silence[] = {19 * MS, 39 * MS};
    for (uint8_t i = 0; i < 2; i++) {
        h.retransmit = i + 1;
        give(0x03);
        give(0xc0);
        silence_for(silence[i]);
        foreign_pass(&f, 2 * MS);
        ck_assert_uint_eq(expect_packet(&f)->h.retransmit, i + 2);
    }
    h.retransmit = 3;
    give(0xff);
    whole();
}
END_TEST

/* VMTP-6.3-09: what is late of the first execution is not cause for a third */
START_TEST(late_packets_of_an_idempotent_response_make_no_haste) {
    begin(1, 0);
    h.code |= VMTP_DGM;
    give(0x03);
    give(0xc0);
    foreign_pass(&f, 1500 * US);
    ck_assert_uint_eq(expect_packet(&f)->h.retransmit, 1);
    give(0x04);
    give(0x30);
    silence_for(19 * MS);
    foreign_pass(&f, 2 * MS);
    ck_assert_uint_eq(expect_packet(&f)->h.retransmit, 2);
    h.retransmit = 2;
    give(0xff);
    whole();
}
END_TEST

/* VMTP-8.3-10: asking at once is the first of five times */
START_TEST(five_times_and_no_more) {
    begin(0, 0);
    give(0x03);
    give(0xc0);
    foreign_pass(&f, 2 * VMTP_SECOND);
    for (unsigned i = 0; i < 5; i++)
        expect_nvc(&f, A, T, VMTP_RETRY);
    expect_nvc(&f, A, T, VMTP_TOO_MANY_RETRIES);
    expect_silence(&f);
}
END_TEST

int main(void) {
    Suite *s = suite_create("lacks");
    TCase *c = tcase_create("client"), *d = tcase_create("server");
    tcase_add_checked_fixture(c, setup_client, teardown);
    tcase_add_checked_fixture(d, setup_server, teardown);
    tcase_add_loop_test(c, at_the_client, 0, CHECKS);
    tcase_add_test(c, an_idempotent_response_is_done_again);
    tcase_add_test(c, late_packets_of_an_idempotent_response_make_no_haste);
    tcase_add_loop_test(d, at_the_server, 0, CHECKS);
    tcase_add_loop_test(d, at_the_server_in_a_run, 0, CHECKS);
    tcase_add_loop_test(d, nothing_is_asked_for_that_is_not_sent_again, 0, 2);
    tcase_add_loop_test(d, backwards, 0, 32);
    tcase_add_test(d, nothing_is_asked_for_by_a_packet_without_data);
    tcase_add_test(d, multicast_that_comes_again);
    tcase_add_test(d, five_times_and_no_more);
    suite_add_tcase(s, c);
    suite_add_tcase(s, d);
    return run_suite(s);
}
