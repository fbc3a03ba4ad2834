/* SPDX-License-Identifier: BSD-2-Clause */
/* test_messages_client.c - messages of several packet groups at the client (spec/vmtp.md section 13.3). */
#include <check.h>
#include <suite.h>
#include <stdlib.h>

#include "support/streaming.h"

#define MANY (64u * GROUP_OCTETS)

static struct foreign f;
static vmtp_entity client;
static uint32_t t;

static void setup(void) {
    stream_open(&f, NULL);
    client = call_entity(&f);
}

static void teardown(void) { foreign_close(&f); }

static void open_with(uint32_t mtu, uint32_t runs) {
    struct vmtp_config config;
    stream_config(&config);
    config.mtu = mtu;
    config.max_runs = runs;
    foreign_close(&f);
    stream_open(&f, &config);
    client = call_entity(&f);
}

static void sent(uint32_t size) {
    t = stream_large_call(&f, client, size, 0);
    call_forget_packets(&f);
}

static void told(unsigned group, uint32_t delivery, uint32_t code) {
    ck_assert_int_eq(stream_tell_client(&f, client, t + group, delivery, code), 0);
}

static int answer(uint32_t last, uint32_t flags, uint8_t pgcount) {
    return stream_answer(&f, client, t + last, flags, pgcount);
}

/* ---- a large Request leaves ---- */

/* VMTP-13.3-15 VMTP-13.3-16 VMTP-13.3-39 VMTP-13.3-43 */
START_TEST(a_request_in_three_groups) {
    static const uint32_t flags[] = {CMG_FIRST, CMG_MIDDLE, VMTP_NSR | VMTP_APG},
                          masks[] = {ALL_BLOCKS, ALL_BLOCKS, LAST_OF_THREE};
    t = stream_large_call(&f, client, THREE, 0);
    for (unsigned i = 0; i < 3; i++) {
        const struct packet *p = expect_flags(&f, t + i, flags[i]);
        ck_assert_uint_eq(p->h.words[6], THREE);
        ck_assert_uint_eq(p->h.delivery, masks[i]);
        uint32_t octets = i < 2 ? GROUP_OCTETS : THREE - 2 * GROUP_OCTETS;
        ck_assert_uint_eq(p->data_octets, (octets + 7u) & ~7u);
        ck_assert_mem_eq(p->data, stream_segment + i * GROUP_OCTETS, octets);
    }
    expect_silence(&f);
    ck_assert_int_eq(answer(2, 0, 2), 0); /* VMTP-13.3-17 */
    call_result(&f, 0);
    stream_call(&f, client, 1, 0);
    expect_flags(&f, t + 3, 0);
}
END_TEST

/* VMTP-13.3-15 VMTP-13.3-39: 256 groups, and their numbers go round */
START_TEST(the_largest_request) {
    f.all_ones = 1;
    client = call_entity(&f);
    t = stream_large_call(&f, client, VMTP_MESSAGE_OCTETS, 0);
    ck_assert_uint_eq(t, 0);
    unsigned groups = 0;
    for (const struct packet *p; (p = foreign_take(&f)) != NULL; groups++) {
        ck_assert_uint_eq(p->h.transaction, t + groups);
        ck_assert_uint_eq((p->h.flags & VMTP_CMG) != 0, groups < 255);
        if (p->h.flags & VMTP_APG)
            told(groups, ALL_BLOCKS, VMTP_OK);
    }
    ck_assert_uint_eq(groups, 256);
    ck_assert_int_eq(answer(255, 0, 255), 0);
    call_result(&f, 0);
}
END_TEST

/* VMTP-13.3-18 VMTP-13.3-02 */
START_TEST(sti_is_in_the_last_group) {
    t = stream_large_call(&f, client, THREE, GROUP_OCTETS + 1);
    expect_flags(&f, t, CMG_FIRST);
    expect_flags(&f, t + 1, CMG_MIDDLE);
    expect_flags(&f, t + 2, VMTP_NSR | VMTP_STI | VMTP_APG);
    answer(2, 0, 2);
    stream_call(&f, client, 1, 0);
    expect_flags(&f, t + 258, 0);
}
END_TEST

/* VMTP-13.3-15 VMTP-6.1-04: with a usual MTU each group is cut as ever */
START_TEST(groups_in_packets) {
    unsigned group = 0;
    uint32_t blocks = 0;
    open_with(1500, 16);
    t = stream_large_call(&f, client, THREE, 0);
    for (const struct packet *p; (p = foreign_take(&f)) != NULL;) {
        if (p->h.transaction != t + group) {
            ck_assert_uint_eq(blocks, ALL_BLOCKS);
            blocks = 0;
            ck_assert_uint_eq(p->h.transaction, t + ++group);
        }
        ck_assert_uint_eq(p->h.delivery & blocks, 0);
        blocks |= p->h.delivery;
        ck_assert_uint_eq((p->h.flags & VMTP_APG) != 0, !foreign_waiting(&f));
    }
    ck_assert_uint_eq(group, 2);
    ck_assert_uint_eq(blocks, LAST_OF_THREE);
}
END_TEST

/* VMTP-13.3-40 */
START_TEST(to_one_entity_and_whole) {
    struct vmtp_request r = call_request(client, 0);
    vmtp_handle handle;
    r.segment = stream_segment;
    r.segment_size = THREE;
    r.message.server = 0x4000000000a1b2c3ull;
    ck_assert_int_eq(vmtp_call(f.engine, &handle, &r, f.now), VMTP_E_TOO_LARGE);
    r.message.server = FOREIGN_SERVER;
    r.message.code |= VMTP_MDM;
    r.message.words[5] = 1;
    ck_assert_int_eq(vmtp_call(f.engine, &handle, &r, f.now), VMTP_E_TOO_LARGE);
    r.message.code &= ~VMTP_MDM;
    r.segment_size = VMTP_MESSAGE_OCTETS + 1;
    ck_assert_int_eq(vmtp_call(f.engine, &handle, &r, f.now), VMTP_E_TOO_LARGE);
}
END_TEST

/* Records of runs are few: a call that has none is not begun. */
START_TEST(no_record_for_it) {
    struct vmtp_request r = call_request(client, 0);
    vmtp_handle handle;
    open_with(65535, 1);
    t = stream_large_call(&f, client, THREE, 0);
    r.segment = stream_segment;
    r.segment_size = THREE;
    r.client = call_entity(&f);
    ck_assert_int_eq(vmtp_call(f.engine, &handle, &r, f.now), VMTP_E_FULL);
    answer(2, 0, 2);
    ck_assert_int_eq(vmtp_call(f.engine, &handle, &r, f.now), 0);
}
END_TEST

/* In a run: before and behind it are others. */
START_TEST(a_large_request_in_a_run) {
    struct vmtp_request r = call_request(client, 0);
    r.flags = VMTP_CALL_MORE;
    call_start(&f, &r);
    t = expect_packet(&f)->h.transaction;
    r.segment = stream_segment;
    r.segment_size = THREE;
    call_start(&f, &r);
    expect_flags(&f, t + 1, CMG_MIDDLE);
    expect_flags(&f, t + 2, CMG_MIDDLE);
    expect_flags(&f, t + 3, VMTP_NSR | VMTP_NER | VMTP_APG);
    r.segment_size = 0;
    r.flags = 0;
    call_start(&f, &r);
    expect_flags(&f, t + 4, VMTP_NSR);
    ck_assert_int_eq(answer(4, VMTP_NSR, 4), 0);
    stream_ends(&f, 3);
}
END_TEST

/* VMTP-13.3-43 VMTP-13.3-45 */
START_TEST(the_window) {
    unsigned base = 0, next = 0, window = 16;
    t = stream_large_call(&f, client, MANY, 0);
    for (;;) {
        unsigned asked = 0;
        for (const struct packet *p; (p = foreign_take(&f)) != NULL; next++) {
            ck_assert_uint_eq(p->h.transaction, t + next);
            asked = p->h.flags & VMTP_APG ? next + 1 : asked;
        }
        ck_assert_uint_eq(asked, next); /* the last of all asks */
        ck_assert_uint_eq(next, base + window < 64 ? base + window : 64);
        if (next == 64)
            break;
        base += 5;
        window += window < 32;
        told(base - 1, ALL_BLOCKS, VMTP_OK);
    }
    ck_assert_uint_eq(window, 24);
}
END_TEST

/* VMTP-13.3-43: never more than 32 */
START_TEST(the_largest_window) {
    unsigned next = 0, acknowledged = 0, most = 0;
    t = stream_large_call(&f, client, VMTP_MESSAGE_OCTETS, 0);
    while (next < 256) {
        next += foreign_waiting(&f);
        call_forget_packets(&f);
        most = next - acknowledged > most ? next - acknowledged : most;
        told(acknowledged++, ALL_BLOCKS, VMTP_OK);
    }
    ck_assert_uint_eq(most, 32);
}
END_TEST

/* VMTP-13.3-48 VMTP-13.3-45 */
START_TEST(missing_blocks_are_sent) {
    sent(THREE);
    told(1, 0xffff00ff, VMTP_RETRY);
    const struct packet *p = expect_group(&f, t, 1, 0x0000ff00);
    ck_assert_uint_eq(p->h.retransmit, 1);
    ck_assert_uint_eq(p->h.flags, CMG_MIDDLE | VMTP_APG);
    ck_assert_mem_eq(p->data, stream_segment + GROUP_OCTETS + 8 * 512, 8 * 512);
    expect_silence(&f); /* nothing is known about the others */
    told(0, 0xfffffffe, VMTP_RETRY);
    expect_group(&f, t, 0, 1);
    told(2, 0, VMTP_RETRY);
    expect_group(&f, t, 2, LAST_OF_THREE);
    expect_silence(&f);
}
END_TEST

/* VMTP-13.3-45 VMTP-7.5-01: about groups that have arrived, were not sent, or do not exist */
START_TEST(retry_for_other_groups) {
    t = stream_large_call(&f, client, MANY, 0);
    call_forget_packets(&f); /* 0 to 15 */
    told(5, ALL_BLOCKS, VMTP_OK);
    call_forget_packets(&f); /* to 22 */
    for (unsigned i = 0; i < 10; i++) {
        told(3, 0, VMTP_RETRY);
        told(23, 0, VMTP_RETRY);
        told(63, 0, VMTP_RETRY);
        ck_assert_int_eq(stream_tell_client(&f, client, t + 64, 0, VMTP_RETRY), VMTP_COUNT_DROP_BAD_NOTIFY);
        ck_assert_int_eq(stream_tell_client(&f, client, t - 1, 0, VMTP_RETRY), VMTP_COUNT_DROP_BAD_NOTIFY);
        ck_assert_int_eq(stream_tell_client(&f, client, t + 0x80000000u, 0, VMTP_RETRY), VMTP_COUNT_DROP_BAD_NOTIFY);
    }
    expect_silence(&f);
    told(6, 0xff, VMTP_RETRY);
    expect_group(&f, t, 6, 0xffffff00);
    expect_silence(&f);
}
END_TEST

/* VMTP-13.3-45: OK for what was not sent is one for what was */
START_TEST(ok_for_other_groups) {
    t = stream_large_call(&f, client, MANY, 0);
    call_forget_packets(&f);
    told(40, ALL_BLOCKS, VMTP_OK);
    unsigned next = 16;
    for (const struct packet *p; (p = foreign_take(&f)) != NULL; next++)
        ck_assert_uint_eq(p->h.transaction, t + next);
    ck_assert_uint_eq(next, 33);   /* 16 that have arrived and a window of 17 */
    told(10, ALL_BLOCKS, VMTP_OK); /* late */
    expect_silence(&f);
    ck_assert_int_eq(stream_tell_client(&f, client, t + 64, ALL_BLOCKS, VMTP_OK), VMTP_COUNT_DROP_BAD_NOTIFY);
}
END_TEST

/* VMTP-13.3-48: for each group by itself */
START_TEST(retry_comes_to_an_end) {
    sent(THREE);
    for (unsigned i = 0; i < 5; i++) {
        told(1, 0x0000ffff, VMTP_RETRY);
        expect_group(&f, t, 1, 0xffff0000);
        if (_i && i < 4) { /* another in between changes nothing */
            told(0, 0x0000ffff, VMTP_RETRY);
            expect_group(&f, t, 0, 0xffff0000);
        }
    }
    call_goes_on(&f);
    told(1, 0x0000ffff, VMTP_RETRY);
    call_result(&f, VMTP_RETRANS_TIMEOUT);
    expect_silence(&f);
}
END_TEST

/* VMTP-13.3-48: as long as it gets on */
START_TEST(retry_goes_on) {
    sent(THREE);
    for (unsigned i = 0; i < 31; i++) {
        told(1, (1u << i) - 1u, VMTP_RETRY);
        told(1, (1u << i) - 1u, VMTP_RETRY);
        call_forget_packets(&f);
    }
    call_goes_on(&f);
}
END_TEST

/* VMTP-13.3-49 VMTP-9.1-03 */
START_TEST(nobody_says_anything) {
    static const unsigned at[] = {20, 40, 80, 160, 320};
    vmtp_time from = f.now;
    sent(THREE);
    foreign_pass(&f, 638 * VMTP_MILLISECOND);
    for (unsigned i = 0; i < 5; i++) {
        const struct packet *p = expect_group(&f, t, 2, 0);
        ck_assert_uint_eq(p->h.flags, VMTP_NSR | VMTP_APG);
        ck_assert_uint_eq(p->h.retransmit, i + 1);
        ck_assert_uint_eq((p->at - from) / VMTP_MILLISECOND, at[i]);
    }
    expect_silence(&f);
    call_goes_on(&f);
    foreign_pass(&f, 4 * VMTP_MILLISECOND);
    call_result(&f, VMTP_RETRANS_TIMEOUT);
}
END_TEST

/* VMTP-13.3-49: the last that it has sent, of a window */
START_TEST(nobody_says_anything_in_the_middle) {
    sent(MANY);
    foreign_pass(&f, 21 * VMTP_MILLISECOND);
    ck_assert_uint_eq(expect_group(&f, t, 15, 0)->h.flags, CMG_MIDDLE | VMTP_APG);
    told(3, ALL_BLOCKS, VMTP_OK);
    ck_assert_uint_eq(foreign_waiting(&f), 5);
    call_forget_packets(&f);
    foreign_pass(&f, 21 * VMTP_MILLISECOND);
    expect_group(&f, t, 20, 0);
}
END_TEST

/* VMTP-7.5-03: when all has arrived the server may take its time */
START_TEST(all_has_arrived) {
    sent(THREE);
    vmtp_time from = f.now;
    told(2, LAST_OF_THREE, VMTP_OK);
    foreign_pass(&f, 218 * VMTP_MILLISECOND);
    expect_silence(&f);
    foreign_pass(&f, 4 * VMTP_MILLISECOND);
    ck_assert_uint_eq((expect_group(&f, t, 2, 0)->at - from) / VMTP_MILLISECOND, 220);
}
END_TEST

/* VMTP-13.3-30 */
START_TEST(a_server_that_does_not_stream) {
    sent(THREE);
    told(0, 0, VMTP_STREAMING_NOT_SUPPORTED);
    call_result(&f, VMTP_STREAMING_NOT_SUPPORTED);
    foreign_forget(&f);
    struct vmtp_request r = call_request(client, 0);
    r.segment = stream_segment;
    r.segment_size = THREE;
    call_start(&f, &r); /* it is known now */
    call_result(&f, VMTP_STREAMING_NOT_SUPPORTED);
    expect_silence(&f);
}
END_TEST

/* VMTP-13.3-29 VMTP-13.3-07: from its beginning */
START_TEST(all_of_it_again) {
    sent(THREE);
    if (_i == 0) {
        told(0, 0, VMTP_BUSY);
        expect_silence(&f);
        foreign_pass(&f, 20 * VMTP_MILLISECOND);
    } else if (_i == 1) {
        ck_assert_int_eq(stream_tell_client(&f, client, t - 1, 0, VMTP_RETRY_ALL), 0);
    } else {
        told(2, ALL_BLOCKS, VMTP_OK); /* even so */
        told(1, 0, VMTP_NO_RUN_RECORD);
    }
    expect_group(&f, t, 0, ALL_BLOCKS);
    expect_group(&f, t, 1, ALL_BLOCKS);
    expect_group(&f, t, 2, LAST_OF_THREE);
    expect_silence(&f);
}
END_TEST

/* The first group was met by BUSY, so nothing is known of the others: that is no reason to hurry.  VMTP-13.3-70 */
START_TEST(busy_is_waited_for) {
    sent(THREE);
    told(0, 0, VMTP_BUSY);
    for (unsigned i = 0; i < 7; i++)
        told(1 + i % 2, 0, VMTP_NO_RUN_RECORD);
    ck_assert_int_eq(stream_tell_client(&f, client, t - 1, 0, VMTP_RETRY_ALL), 0);
    expect_silence(&f);
    foreign_pass(&f, 20 * VMTP_MILLISECOND);
    expect_group(&f, t, 0, ALL_BLOCKS);
    ck_assert_uint_eq(foreign_event_count(&f, VMTP_EV_COMPLETE), 0);
}
END_TEST

/* VMTP-13.3-09: as many groups */
START_TEST(a_large_request_overflows) {
    struct vmtp_request r = call_request(client, 0);
    r.flags = VMTP_CALL_MORE;
    call_start(&f, &r);
    t = expect_packet(&f)->h.transaction;
    r.segment = stream_segment;
    r.segment_size = 15 * GROUP_OCTETS; /* with the other one, a window */
    r.flags = 0;
    call_start(&f, &r);
    call_forget_packets(&f);
    told(0, 0, VMTP_MSGTRANS_OVERFLOW);
    expect_silence(&f);
    answer(0, VMTP_NER, 0);
    for (unsigned i = 0; i < 8; i++)
        expect_group(&f, t + 1, i, ALL_BLOCKS);
    expect_silence(&f);
}
END_TEST

/* VMTP-13.11-18: the Response has the record that the Request had, which needs another now */
START_TEST(the_server_leaves_while_its_response_arrives) {
    t = stream_large_call(&f, client, THREE, VMTP_MESSAGE_OCTETS);
    call_forget_packets(&f);
    struct vmtp_header message = stream_large_response(client, t + 2, THREE, 0);
    ck_assert_int_eq(stream_give(&f, &message, 0, ALL_BLOCKS, 0), 0);
    call_forget_packets(&f);
    ck_assert_int_eq(stream_tell_client(&f, client, t + 2, 0, VMTP_ENTITY_MIGRATED), 0);
    struct vmtp_header found = foreign_response(expect_packet(&f), FOREIGN_SERVER, VMTP_OK);
    ck_assert_int_eq(foreign_send(&f, &found, NULL, 0), 0);
    expect_group(&f, t, 0, ALL_BLOCKS);
    expect_group(&f, t, 1, ALL_BLOCKS);
    expect_group(&f, t, 2, LAST_OF_THREE);
    expect_silence(&f);
    ck_assert_int_eq(stream_give(&f, &message, 1, ALL_BLOCKS, 0), 0);
    ck_assert_int_eq(stream_give(&f, &message, 2, LAST_OF_THREE, 0), 0);
    call_result(&f, 0);
}
END_TEST

int main(void) {
    Suite *s = suite_create("large Requests at the client");
    TCase *c = tcase_create("sent");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, a_request_in_three_groups);
    tcase_add_test(c, the_largest_request);
    tcase_add_test(c, sti_is_in_the_last_group);
    tcase_add_test(c, groups_in_packets);
    tcase_add_test(c, to_one_entity_and_whole);
    tcase_add_test(c, no_record_for_it);
    tcase_add_test(c, a_large_request_in_a_run);
    tcase_add_test(c, the_window);
    tcase_add_test(c, the_largest_window);
    suite_add_tcase(s, c);
    c = tcase_create("again");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, missing_blocks_are_sent);
    tcase_add_test(c, retry_for_other_groups);
    tcase_add_test(c, ok_for_other_groups);
    tcase_add_loop_test(c, retry_comes_to_an_end, 0, 2);
    tcase_add_test(c, retry_goes_on);
    tcase_add_test(c, nobody_says_anything);
    tcase_add_test(c, nobody_says_anything_in_the_middle);
    tcase_add_test(c, all_has_arrived);
    tcase_add_test(c, a_server_that_does_not_stream);
    tcase_add_loop_test(c, all_of_it_again, 0, 3);
    tcase_add_test(c, busy_is_waited_for);
    tcase_add_test(c, a_large_request_overflows);
    tcase_add_test(c, the_server_leaves_while_its_response_arrives);
    suite_add_tcase(s, c);
    return run_suite(s);
}
