/* SPDX-License-Identifier: BSD-2-Clause */
/* test_messages_reply.c - Responses of several packet groups, as their server sends them (spec/vmtp.md section 13.3). */
#include <check.h>
#include <suite.h>
#include <stdlib.h>

#include "support/streaming.h"

#define T 1000u
#define MANY (64u * GROUP_OCTETS)

static struct foreign f;
static vmtp_entity server;

static void setup(void) {
    stream_open(&f, NULL);
    server = serve_entity(&f, NULL);
}

static void teardown(void) { foreign_close(&f); }

static void open_with(const struct vmtp_config *config) {
    foreign_close(&f);
    stream_open(&f, config);
    server = serve_entity(&f, NULL);
}

static void answered(uint32_t size, uint32_t flags) {
    ck_assert_int_eq(stream_ask(&f, server, T, VMTP_STI), 0);
    ck_assert_int_eq(stream_reply(&f, T, size, flags), 0);
}

static void client_says(unsigned group, uint32_t delivery, uint32_t code) {
    ck_assert_int_eq(stream_tell_server(&f, server, T + group, delivery, code), 0);
}

static void released(unsigned count) { ck_assert_uint_eq(foreign_event_count(&f, VMTP_EV_RELEASED), count); }

static unsigned runs_in_use(void) {
    struct vmtp_usage usage;
    vmtp_usage(f.engine, &usage);
    return usage.runs;
}

/* ---- as it leaves ---- */

/* VMTP-13.3-41 VMTP-13.3-15 VMTP-13.3-16 VMTP-13.3-39 VMTP-13.3-43 */
START_TEST(a_response_in_three_groups) {
    static const uint32_t flags[] = {CMG_FIRST, CMG_MIDDLE, VMTP_NSR | VMTP_APG};
    ck_assert_int_eq(stream_ask(&f, server, T, VMTP_STI), 0);
    ck_assert_int_eq(foreign_event(&f, VMTP_EV_REQUEST, 0)->large, 1);
    ck_assert_int_eq(stream_reply(&f, T, THREE, 0), 0);
    for (unsigned i = 0; i < 3; i++) {
        const struct packet *p = expect_flags(&f, T + i, flags[i]);
        ck_assert_uint_eq(p->h.function, VMTP_RESPONSE);
        ck_assert_uint_eq(p->h.gap, 0);
        ck_assert_uint_eq(p->h.words[6], THREE);
        ck_assert_uint_eq(p->h.delivery, stream_blocks(THREE, i));
        ck_assert_mem_eq(p->data, stream_segment + i * GROUP_OCTETS, i < 2 ? GROUP_OCTETS : THREE - 2 * GROUP_OCTETS);
    }
    expect_silence(&f);
    client_says(2, LAST_OF_THREE, VMTP_OK);
    released(1);
    ck_assert_uint_eq(runs_in_use(), 0);
}
END_TEST

/* VMTP-13.3-17 VMTP-13.3-41: its numbers begin with the last of a large Request */
START_TEST(both_are_large) {
    vmtp_entity big;
    ck_assert_int_eq(vmtp_entity_create(f.engine, &big, NULL, f.now), 0);
    stream_accept(&f, big, THREE);
    struct vmtp_header h = stream_large_request(big, T, THREE);
    h.flags = VMTP_STI;
    for (unsigned i = 0; i < 3; i++)
        ck_assert_int_eq(stream_give_group(&f, &h, i, 0), 0);
    ck_assert_int_eq(stream_reply(&f, T, 20000, 0), 0);
    const struct packet *p = expect_flags(&f, T + 2, CMG_FIRST);
    ck_assert_uint_eq(p->h.gap, 2);
    p = expect_flags(&f, T + 3, VMTP_NSR | VMTP_APG);
    ck_assert_uint_eq(p->h.gap, 2);
}
END_TEST

/* VMTP-13.3-39 VMTP-13.3-35: in a run, those behind it come after it */
START_TEST(in_a_run) {
    ck_assert_int_eq(stream_ask(&f, server, T, VMTP_NER), 0);
    ck_assert_int_eq(stream_ask(&f, server, T + 1, VMTP_NSR | VMTP_NER | VMTP_STI), 0);
    ck_assert_int_eq(stream_ask(&f, server, T + 257, VMTP_NSR), 0);
    ck_assert_int_eq(stream_reply(&f, T + 257, 0, 0), 0);
    ck_assert_int_eq(stream_reply(&f, T + 1, THREE, 0), 0);
    expect_silence(&f);
    ck_assert_int_eq(stream_reply(&f, T, 0, VMTP_REPLY_BATCH), 0);
    for (unsigned i = 0; i < 3; i++) {
        const struct packet *p = expect_flags(&f, T + 1 + i, i < 2 ? CMG_MIDDLE : VMTP_NSR | VMTP_NER | VMTP_APG);
        ck_assert_uint_eq(p->h.gap, 1);
    }
    ck_assert_uint_eq(expect_flags(&f, T + 257, VMTP_NSR)->h.gap, 0);
}
END_TEST

/* VMTP-13.3-15: as large as may be */
START_TEST(the_largest_response) {
    unsigned groups = 0;
    ck_assert_int_eq(stream_ask(&f, server, T, VMTP_STI), 0);
    ck_assert_int_eq(stream_reply(&f, T, VMTP_MESSAGE_OCTETS + 1, 0), VMTP_E_TOO_LARGE);
    ck_assert_int_eq(stream_reply(&f, T, VMTP_MESSAGE_OCTETS, 0), 0);
    for (const struct packet *p; (p = foreign_take(&f)) != NULL; groups++) {
        ck_assert_uint_eq(p->h.transaction, T + groups);
        if (p->h.flags & VMTP_APG)
            client_says(groups, ALL_BLOCKS, VMTP_OK);
    }
    ck_assert_uint_eq(groups, 256);
    released(1);
}
END_TEST

/* VMTP-13.3-43 VMTP-13.3-45 */
START_TEST(the_window) {
    unsigned base = 0, next = 0, window = 16;
    answered(MANY, 0);
    for (;;) {
        unsigned asked = 0;
        for (const struct packet *p; (p = foreign_take(&f)) != NULL; next++) {
            ck_assert_uint_eq(p->h.transaction, T + next);
            asked = p->h.flags & VMTP_APG ? next + 1 : asked;
        }
        ck_assert_uint_eq(asked, next); /* the last of all asks */
        ck_assert_uint_eq(next, base + window < 64 ? base + window : 64);
        if (next == 64)
            break;
        base += 5;
        window += window < 32;
        client_says(base - 1, ALL_BLOCKS, VMTP_OK);
    }
    released(0);
}
END_TEST

/* The table of runs is full: the program is told, and its Request is as it was. */
START_TEST(no_record_for_it) {
    struct vmtp_config config;
    stream_config(&config);
    config.max_runs = 1;
    open_with(&config);
    ck_assert_int_eq(serve_ask(&f, FOREIGN_OTHER_CLIENT, server, 1, VMTP_STI), 0);
    ck_assert_int_eq(stream_reply(&f, 1, THREE, 0), 0);
    call_forget_packets(&f);
    ck_assert_int_eq(stream_ask(&f, server, T, VMTP_STI), 0);
    ck_assert_int_eq(stream_reply(&f, T, THREE, 0), VMTP_E_FULL);
    expect_silence(&f);
    ck_assert_int_eq(stream_reply(&f, T, 100, 0), 0);
    expect_flags(&f, T, 0);
}
END_TEST

/* ---- what the client says ---- */

/* VMTP-13.3-48 VMTP-13.3-45 */
START_TEST(missing_blocks_are_sent) {
    answered(THREE, 0);
    call_forget_packets(&f);
    client_says(1, 0xffff00ff, VMTP_RETRY);
    const struct packet *p = expect_group(&f, T, 1, 0x0000ff00);
    ck_assert_uint_eq(p->h.flags, CMG_MIDDLE | VMTP_APG);
    ck_assert_mem_eq(p->data, stream_segment + GROUP_OCTETS + 8 * 512, 8 * 512);
    expect_silence(&f); /* nothing is known about the others */
    client_says(0, 0xfffffffe, VMTP_RETRY);
    expect_group(&f, T, 0, 1);
    client_says(2, 0, VMTP_RETRY);
    expect_group(&f, T, 2, LAST_OF_THREE);
    expect_silence(&f);
}
END_TEST

/* VMTP-13.3-45 VMTP-8.6-01: about groups that have arrived, were not sent, or do not exist */
START_TEST(retry_for_other_groups) {
    answered(MANY, 0);
    client_says(5, ALL_BLOCKS, VMTP_OK);
    call_forget_packets(&f); /* to 22 */
    for (unsigned i = 0; i < 10; i++) {
        client_says(3, 0, VMTP_RETRY);
        client_says(23, 0, VMTP_RETRY);
        client_says(63, 0, VMTP_RETRY);
    }
    expect_silence(&f);
    ck_assert_int_eq(stream_tell_server(&f, server, T + 64, 0, VMTP_RETRY), VMTP_COUNT_DROP_BAD_NOTIFY);
    ck_assert_int_eq(stream_tell_server(&f, server, T + 0x80000000u, 0, VMTP_RETRY), VMTP_COUNT_DROP_BAD_NOTIFY);
    ck_assert_int_eq(stream_tell_server(&f, server, T + 64, 0, VMTP_OK), VMTP_COUNT_DROP_BAD_NOTIFY);
    expect_silence(&f);
    client_says(6, 0xff, VMTP_RETRY);
    expect_group(&f, T, 6, 0xffffff00);
    expect_silence(&f);
}
END_TEST

/* VMTP-13.3-48 VMTP-8.6-05: for each group by itself */
START_TEST(retry_comes_to_an_end) {
    answered(THREE, 0);
    call_forget_packets(&f);
    for (unsigned i = 0; i < 5; i++) {
        client_says(1, 0x0000ffff, VMTP_RETRY);
        expect_group(&f, T, 1, 0xffff0000);
        if (_i && i < 4) {
            client_says(0, 0x0000ffff, VMTP_RETRY);
            expect_group(&f, T, 0, 0xffff0000);
        }
    }
    released(0);
    client_says(1, 0x0000ffff, VMTP_RETRY);
    released(1);
    expect_silence(&f);
    ck_assert_int_eq(stream_tell_server(&f, server, T + 1, 0, VMTP_RETRY), VMTP_COUNT_DROP_BAD_NOTIFY);
    expect_nvc(&f, FOREIGN_CLIENT, T + 1, VMTP_RESPONSE_DISCARDED);
}
END_TEST

/* VMTP-13.3-49 VMTP-8.5-04 VMTP-8.5-06 */
START_TEST(nobody_says_anything) {
    static const unsigned at[] = {20, 40, 80, 160, 320};
    vmtp_time from = f.now;
    answered(THREE, 0);
    call_forget_packets(&f);
    foreign_pass(&f, 638 * VMTP_MILLISECOND);
    for (unsigned i = 0; i < 5; i++) {
        const struct packet *p = expect_group(&f, T, 2, 0);
        ck_assert_uint_eq(p->h.flags, VMTP_NSR | VMTP_APG);
        ck_assert_uint_eq((p->at - from) / VMTP_MILLISECOND, at[i]);
    }
    expect_silence(&f);
    released(0);
    foreign_pass(&f, 4 * VMTP_MILLISECOND);
    released(1);
    ck_assert_uint_eq(vmtp_counter(f.engine, VMTP_COUNT_RESPONSES_UNACKED), 1);
    ck_assert_uint_eq(runs_in_use(), 0);
}
END_TEST

/* VMTP-13.3-49: counted anew from each word of the client */
START_TEST(a_slow_client) {
    answered(MANY, 0);
    for (unsigned i = 0; i < 20; i++) {
        foreign_pass(&f, 600 * VMTP_MILLISECOND);
        client_says(i, ALL_BLOCKS, VMTP_OK);
        call_forget_packets(&f);
    }
    released(0);
    client_says(63, ALL_BLOCKS, VMTP_OK); /* of those that were sent */
    released(0);
}
END_TEST

/* VMTP-13.3-50 */
START_TEST(an_idempotent_one_is_held) {
    ck_assert_int_eq(stream_ask(&f, server, T, VMTP_STI), 0);
    struct vmtp_reply reply = {.message = {.code = 0x42 | VMTP_DGM}, .segment = stream_segment, .segment_size = THREE};
    ck_assert_int_eq(vmtp_reply(f.engine, serve_last(&f)->handle, &reply, f.now), 0);
    foreign_collect(&f);
    call_forget_packets(&f);
    released(0);
    client_says(1, 0xffff0000, VMTP_RETRY);
    expect_group(&f, T, 1, 0x0000ffff);
    client_says(1, ALL_BLOCKS, VMTP_OK);
    released(0);
    client_says(2, ALL_BLOCKS, VMTP_OK);
    released(1);
}
END_TEST

/* VMTP-8.3-03: the Request comes again */
START_TEST(a_duplicate_request) {
    answered(THREE, 0);
    call_forget_packets(&f);
    ck_assert_int_eq(serve_ask_again(&f, FOREIGN_CLIENT, server, T, VMTP_STI | VMTP_APG), VMTP_COUNT_DROP_DUPLICATE);
    const struct packet *p = expect_group(&f, T, 2, 0);
    ck_assert_uint_eq(p->h.flags, VMTP_NSR | VMTP_APG);
    ck_assert_uint_eq(p->h.retransmit, 1);
    expect_silence(&f);
    client_says(2, LAST_OF_THREE, VMTP_OK);
    ck_assert_int_eq(serve_ask_again(&f, FOREIGN_CLIENT, server, T, VMTP_STI | VMTP_APG), VMTP_COUNT_DROP_DUPLICATE);
    expect_nvc(&f, FOREIGN_CLIENT, T, VMTP_RESPONSE_DISCARDED);
    released(1);
}
END_TEST

/* VMTP-13.3-36 VMTP-13.3-45: from the first group that is not acknowledged */
START_TEST(retry_all) {
    answered(THREE, 0);
    call_forget_packets(&f);
    client_says(0, ALL_BLOCKS, VMTP_OK);
    ck_assert_int_eq(stream_tell_server(&f, server, T - 1, 0, VMTP_RETRY_ALL), 0);
    expect_group(&f, T, 1, ALL_BLOCKS);
    expect_group(&f, T, 2, LAST_OF_THREE);
    expect_silence(&f);
}
END_TEST

/* VMTP-8.6-04: a client that has no room for it yet */
START_TEST(the_client_is_busy) {
    vmtp_time from = f.now;
    answered(THREE, 0);
    call_forget_packets(&f);
    client_says(0, 0, VMTP_BUSY);
    foreign_pass(&f, 252 * VMTP_MILLISECOND);
    for (unsigned i = 0; i < 3; i++)
        ck_assert_uint_eq((expect_group(&f, T, i, stream_blocks(THREE, i))->at - from) / VMTP_MILLISECOND, 250);
    expect_silence(&f);
}
END_TEST

/* VMTP-8.6-02 VMTP-8.1-04 VMTP-8.1-05: it is not wanted any more */
START_TEST(an_early_end) {
    answered(MANY, 0);
    call_forget_packets(&f);
    if (_i == 0)
        client_says(0, 0, VMTP_RESPONSE_DISCARDED);
    else if (_i == 1)
        client_says(3, 0, VMTP_NONEXISTENT_ENTITY);
    else if (_i == 2)
        ck_assert_int_eq(stream_ask(&f, server, T + 256, 0), 0);
    else
        ck_assert_int_eq(vmtp_entity_delete(f.engine, server, f.now), 0);
    foreign_collect(&f);
    released(1);
    ck_assert_uint_eq(runs_in_use(), 0);
    foreign_pass(&f, VMTP_SECOND);
    expect_silence(&f);
}
END_TEST

/* Packets that are out when it ends hold the segment, not the record of its groups. */
START_TEST(packets_are_reported_late) {
    struct vmtp_tx tx[5];
    f.stuck = 1;
    answered(THREE, 0);
    for (unsigned i = 0; i < 3; i++)
        ck_assert_int_eq(vmtp_output(f.engine, &tx[i], f.now), 1);
    vmtp_tx_result(f.engine, &tx[1], VMTP_TX_RETRY, f.now); /* no room below */
    ck_assert_int_eq(vmtp_output(f.engine, &tx[3], f.now), 1);
    ck_assert_uint_eq(vmtp_get_transaction(tx[3].header), T + 1);
    client_says(2, LAST_OF_THREE, VMTP_OK);
    released(0);
    vmtp_tx_result(f.engine, &tx[0], VMTP_TX_SENT, f.now);
    vmtp_tx_result(f.engine, &tx[3], VMTP_TX_RETRY, f.now); /* it is over */
    foreign_collect(&f);
    released(0);
    vmtp_tx_result(f.engine, &tx[2], VMTP_TX_LOST, f.now);
    foreign_collect(&f);
    released(1);
    ck_assert_int_eq(vmtp_output(f.engine, &tx[4], f.now), 0);
}
END_TEST

int main(void) {
    Suite *s = suite_create("large Responses of the server");
    TCase *c = tcase_create("sent");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, a_response_in_three_groups);
    tcase_add_test(c, both_are_large);
    tcase_add_test(c, in_a_run);
    tcase_add_test(c, the_largest_response);
    tcase_add_test(c, the_window);
    tcase_add_test(c, no_record_for_it);
    suite_add_tcase(s, c);
    c = tcase_create("told");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, missing_blocks_are_sent);
    tcase_add_test(c, retry_for_other_groups);
    tcase_add_loop_test(c, retry_comes_to_an_end, 0, 2);
    tcase_add_test(c, nobody_says_anything);
    tcase_add_test(c, a_slow_client);
    tcase_add_test(c, an_idempotent_one_is_held);
    tcase_add_test(c, a_duplicate_request);
    tcase_add_test(c, retry_all);
    tcase_add_test(c, the_client_is_busy);
    tcase_add_loop_test(c, an_early_end, 0, 4);
    tcase_add_test(c, packets_are_reported_late);
    suite_add_tcase(s, c);
    return run_suite(s);
}
