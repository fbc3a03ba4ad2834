/* SPDX-License-Identifier: BSD-2-Clause */
/* test_messages_response.c - Responses of several packet groups at the client (spec/vmtp.md section 13.3). */
#include <check.h>
#include <suite.h>
#include <stdlib.h>

#include "support/streaming.h"

static struct foreign f;
static vmtp_entity client;
static uint32_t t;
static struct vmtp_header response;

static void asked(uint32_t room) {
    t = stream_large_call(&f, client, 0, room);
    call_forget_packets(&f);
    response = stream_large_response(client, t, THREE, 0);
}

static void setup(void) {
    stream_open(&f, NULL);
    client = call_entity(&f);
    asked(VMTP_MESSAGE_OCTETS);
}

static void teardown(void) { foreign_close(&f); }

/* By a new engine. */
static void asked_again(uint32_t room) {
    teardown();
    stream_open(&f, NULL);
    client = call_entity(&f);
    asked(room);
}

static void gives(unsigned group, uint32_t blocks, uint32_t flags) {
    ck_assert_int_eq(stream_give(&f, &response, group, blocks, flags), 0);
}

static void says(unsigned group, uint32_t delivery, uint32_t code) {
    ck_assert_uint_eq(packet_32(expect_nvs(&f, FOREIGN_SERVER, t + group, code), 56), delivery);
}

static void whole(uint32_t size) {
    const struct vmtp_event *event = call_result(&f, 0);
    ck_assert_uint_eq(event->segment_size, size);
    ck_assert_ptr_eq(event->segment, stream_area);
    ck_assert_mem_eq(stream_area, stream_segment, size);
    ck_assert_uint_eq(stream_area[size], 0);
}

/* VMTP-13.3-42 */
START_TEST(in_any_order) {
    static const unsigned orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    for (unsigned i = 0; i < 3; i++) {
        call_goes_on(&f);
        gives(orders[_i][i], stream_blocks(THREE, orders[_i][i]), 0);
    }
    whole(THREE);
}
END_TEST

/* VMTP-13.3-42: block by block, backwards */
START_TEST(block_by_block) {
    for (unsigned i = 79; i-- > 0;) {
        call_goes_on(&f);
        gives(i / 32, 1u << i % 32, 0);
        if (i)
            gives(i / 32, 1u << i % 32, 0);
    }
    whole(THREE);
    ck_assert_uint_eq(vmtp_counter(f.engine, VMTP_COUNT_DROP_DUPLICATE_BLOCK), 78);
}
END_TEST

/* VMTP-13.3-42 */
START_TEST(what_contradicts_is_dropped) {
    struct vmtp_header h = response;
    gives(0, 1, 0);
    call_forget_packets(&f);
    h.words[6] = THREE + 1; /* another size */
    ck_assert_int_eq(stream_give_group(&f, &h, 1, VMTP_APG), VMTP_COUNT_DROP_MISMATCH);
    h = response;
    h.words[0] ^= 1; /* another message */
    ck_assert_int_eq(stream_give_group(&f, &h, 1, VMTP_APG), VMTP_COUNT_DROP_MISMATCH);
    h = response;
    h.transaction += 3; /* a group that it does not have */
    h.flags = VMTP_NSR | VMTP_NER | VMTP_CMG;
    h.delivery = ALL_BLOCKS;
    ck_assert_int_eq(foreign_send(&f, &h, stream_segment, GROUP_OCTETS), VMTP_COUNT_DROP_MISMATCH);
    h.transaction = t + 2; /* not the last one, and yet not continued: as long as the last one, or it is faulty in itself */
    ck_assert_int_eq(foreign_send(&f, &h, stream_segment, GROUP_OCTETS), VMTP_COUNT_DROP_MISMATCH);
    h.transaction = t + 1;
    h.flags = VMTP_NSR;
    h.delivery = LAST_OF_THREE;
    ck_assert_int_eq(foreign_send(&f, &h, stream_segment, THREE - 2 * GROUP_OCTETS), VMTP_COUNT_DROP_MISMATCH);
    expect_silence(&f);
    call_goes_on(&f);
    gives(0, ALL_BLOCKS, 0);
    gives(1, ALL_BLOCKS, 0);
    gives(2, LAST_OF_THREE, 0);
    whole(THREE);
}
END_TEST

/* VMTP-13.3-42: the same in its first packet, of which nothing stays */
START_TEST(what_contradicts_does_not_begin) {
    struct vmtp_header h = response;
    h.transaction += 3;
    h.flags = VMTP_NSR | VMTP_NER | VMTP_CMG;
    h.delivery = ALL_BLOCKS;
    ck_assert_int_eq(foreign_send(&f, &h, stream_segment, GROUP_OCTETS), VMTP_COUNT_DROP_MISMATCH);
    h = response;
    ck_assert_int_eq(stream_give(&f, &h, 1, ALL_BLOCKS, 0), 0);
    asked_again(VMTP_MESSAGE_OCTETS);
    h = stream_response(client, t + 3, VMTP_NSR, 2);
    h.code |= VMTP_SDA;
    h.words[6] = 512;
    h.delivery = 1; /* a Response of one group has one Transaction only */
    ck_assert_int_eq(foreign_send(&f, &h, stream_segment, 512), VMTP_COUNT_DROP_MISMATCH);
    h.flags = VMTP_NER | VMTP_CMG; /* nor does it go on */
    h.transaction = t;
    ck_assert_int_eq(foreign_send(&f, &h, stream_segment, 512), VMTP_COUNT_DROP_MISMATCH);
    expect_silence(&f);
    for (unsigned i = 0; i < 3; i++)
        gives(i, stream_blocks(THREE, i), 0);
    whole(THREE);
}
END_TEST

/* VMTP-13.3-12: but one may be counted behind those that it skipped */
START_TEST(at_the_end_of_what_was_skipped) {
    struct vmtp_header h = stream_response(client, t + 255, VMTP_NSR, 255);
    h.code |= VMTP_SDA;
    h.words[6] = 512;
    h.delivery = 1;
    ck_assert_int_eq(foreign_send(&f, &h, stream_segment, 512), 0);
    whole(512);
}
END_TEST

/* VMTP-13.3-44 */
START_TEST(who_asks_is_told) {
    response = stream_large_response(client, t, 5 * GROUP_OCTETS, 0);
    gives(0, ALL_BLOCKS, VMTP_APG);
    says(0, ALL_BLOCKS, VMTP_OK);
    gives(1, 0xff, VMTP_APG);
    says(1, 0xff, VMTP_RETRY);
    gives(2, ALL_BLOCKS, VMTP_APG);
    says(0, ALL_BLOCKS, VMTP_OK); /* what lacks is on its way */
    expect_silence(&f);
    gives(3, 0, VMTP_APG);
    says(1, 0xff, VMTP_RETRY); /* it waits, so nothing is */
    gives(3, ALL_BLOCKS, VMTP_APG);
    says(0, ALL_BLOCKS, VMTP_OK);
    gives(1, 0xffffff00, VMTP_APG);
    says(3, ALL_BLOCKS, VMTP_OK); /* a later one */
    gives(0, 0, VMTP_APG);
    says(3, ALL_BLOCKS, VMTP_OK);
    gives(4, 1, 0);
    expect_silence(&f);
    gives(4, ~1u, VMTP_APG);
    says(4, ALL_BLOCKS, VMTP_OK);
    expect_silence(&f);
    whole(5 * GROUP_OCTETS);
}
END_TEST

/* VMTP-13.3-46 */
START_TEST(a_gap_is_asked_for_once) {
    response = stream_large_response(client, t, 6 * GROUP_OCTETS, 0);
    gives(0, 0x0ff0, 0);
    gives(2, ALL_BLOCKS, 0);
    says(0, 0x0ff0, VMTP_RETRY);
    says(1, 0, VMTP_RETRY);
    gives(3, 0x3, 0);
    gives(2, ALL_BLOCKS, 0);
    gives(1, 0x3, 0);
    expect_silence(&f);
    gives(4, 0x3, 0);
    says(3, 0x3, VMTP_RETRY);
    expect_silence(&f);
}
END_TEST

/* VMTP-13.3-46: what is missing before one that is far ahead is asked for as packets come */
START_TEST(a_wide_gap) {
    response = stream_large_response(client, t, 40 * GROUP_OCTETS, 0);
    gives(0, ALL_BLOCKS, 0);
    gives(31, 0x3, 0);
    for (unsigned next = 1; next < 31;) {
        for (unsigned i = 0; i < 4 && next < 31; i++)
            says(next++, 0, VMTP_RETRY);
        expect_silence(&f);
        gives(1, 0x3, 0); /* any will do */
    }
    gives(31, 0xc, 0);
    expect_silence(&f);
}
END_TEST

/* VMTP-13.3-47 VMTP-13.3-77 VMTP-13.7-01: also with NRT */
START_TEST(silence_is_answered_by_asking) {
    static const unsigned at[] = {4, 24, 64, 144, 304};
    uint32_t flags = _i ? VMTP_NRT : 0;
    gives(0, ALL_BLOCKS, flags);
    gives(1, 0xffff, flags);
    gives(2, 0x3, flags);
    call_forget_packets(&f);
    vmtp_time from = f.now;
    foreign_pass(&f, 622 * VMTP_MILLISECOND);
    for (unsigned i = 0; i < 5; i++) {
        const struct packet *p = expect_nvs(&f, FOREIGN_SERVER, t + 1, VMTP_RETRY);
        ck_assert_uint_eq(packet_32(p, 56), 0xffff);
        ck_assert_uint_eq((p->at - from) / VMTP_MILLISECOND, at[i]);
    }
    expect_silence(&f);
    call_goes_on(&f);
    foreign_pass(&f, 4 * VMTP_MILLISECOND);
    ck_assert_uint_eq(call_result(&f, VMTP_BAD_REPLY_SEGMENT)->segment_size, GROUP_OCTETS + 16 * 512);
}
END_TEST

/* VMTP-13.3-77: what takes its time between packets takes it behind the last one too */
START_TEST(silence_after_pauses) {
    gives(0, ALL_BLOCKS, 0);
    foreign_pass(&f, 3 * VMTP_MILLISECOND);
    gives(1, 0xffff, 0);
    call_forget_packets(&f);
    foreign_pass(&f, 15 * VMTP_MILLISECOND);
    expect_silence(&f);
    foreign_pass(&f, 2 * VMTP_MILLISECOND);
    expect_nvs(&f, FOREIGN_SERVER, t + 1, VMTP_RETRY);
    foreign_pass(&f, 30 * VMTP_MILLISECOND);
    call_forget_packets(&f);
    gives(1, 0x10000, 0); /* pauses count up to TC3 */
    foreign_pass(&f, 19 * VMTP_MILLISECOND);
    expect_silence(&f);
    foreign_pass(&f, 2 * VMTP_MILLISECOND);
    expect_nvs(&f, FOREIGN_SERVER, t + 1, VMTP_RETRY);
}
END_TEST

/* VMTP-13.3-47: counted anew from each block */
START_TEST(silence_that_is_broken) {
    gives(0, ALL_BLOCKS, 0);
    for (unsigned i = 0; i < 32; i++) {
        foreign_pass(&f, 500 * VMTP_MILLISECOND);
        call_goes_on(&f);
        gives(1, 1u << i, 0);
    }
    foreign_pass(&f, 500 * VMTP_MILLISECOND);
    gives(2, LAST_OF_THREE, 0);
    whole(THREE);
}
END_TEST

/* VMTP-7.4-08: what fits, and it is acknowledged as if it had fitted */
START_TEST(an_area_that_is_too_small) {
    asked_again(20000);
    for (unsigned i = 0; i < 3; i++)
        gives(i, stream_blocks(THREE, i), i == 2 ? VMTP_APG : 0);
    says(2, LAST_OF_THREE, VMTP_OK);
    ck_assert_uint_eq(call_result(&f, VMTP_BAD_REPLY_SEGMENT)->segment_size, 20000);
    ck_assert_mem_eq(stream_area, stream_segment, 20000);
    ck_assert_uint_eq(stream_area[20000], 0);
}
END_TEST

/* VMTP-13.3-41 VMTP-13.3-14: nobody has allowed for it */
START_TEST(a_large_response_without_sti) {
    asked_again(GROUP_OCTETS);
    for (unsigned i = 0; i < 3; i++)
        ck_assert_int_eq(stream_give_group(&f, &response, i, 0),
                         i ? VMTP_COUNT_DROP_FUTURE_RESPONSE : VMTP_COUNT_DROP_STREAMING);
    expect_nvs(&f, FOREIGN_SERVER, t, VMTP_STREAMING_NOT_SUPPORTED);
    struct vmtp_header h = stream_response(client, t, VMTP_NSR, 0); /* one of a run that there is not */
    ck_assert_int_eq(foreign_send(&f, &h, NULL, 0), VMTP_COUNT_DROP_STREAMING);
    call_goes_on(&f);
}
END_TEST

static void one_record(void) {
    struct vmtp_config config;
    stream_config(&config);
    config.max_runs = 1;
    teardown();
    stream_open(&f, &config);
    client = call_entity(&f);
}

/* VMTP-13.3-65: the next of its run has it, and neither can go on */
START_TEST(no_record_for_ever) {
    one_record();
    struct vmtp_request r = call_request(client, 0);
    r.flags = VMTP_CALL_MORE;
    r.response_area = stream_area;
    r.response_size = VMTP_MESSAGE_OCTETS;
    call_start(&f, &r);
    t = expect_packet(&f)->h.transaction;
    r.flags = 0;
    r.segment = stream_segment;
    r.segment_size = THREE;
    call_start(&f, &r);
    response = stream_large_response(client, t, THREE, 0);
    for (unsigned i = 0; i < 40 && foreign_event_count(&f, VMTP_EV_COMPLETE) == 0; i++) {
        foreign_pass(&f, 100 * VMTP_MILLISECOND);
        stream_give_group(&f, &response, 0, 0);
    }
    stream_ends(&f, 2);
    ck_assert_uint_eq(foreign_event(&f, VMTP_EV_COMPLETE, 0)->result, VMTP_RETRANS_TIMEOUT);
}
END_TEST

/* VMTP-5.1-01 VMTP-13.3-65: row 38.  The server tries again, and by then there may be room. */
START_TEST(no_record_for_it) {
    one_record();
    asked(VMTP_MESSAGE_OCTETS);
    struct vmtp_header mine = response;
    uint32_t mine_at = t;
    vmtp_entity other = call_entity(&f);
    struct vmtp_request r = call_request(other, 0);
    r.segment = stream_segment;
    r.segment_size = THREE;
    call_start(&f, &r);
    uint32_t at = expect_packet(&f)->h.transaction;
    call_forget_packets(&f);
    ck_assert_int_eq(stream_give_group(&f, &mine, 0, 0), VMTP_COUNT_DROP_NO_RUN);
    expect_nvs(&f, FOREIGN_SERVER, mine_at, VMTP_BUSY);
    ck_assert_int_eq(stream_tell_client(&f, other, at + 2, ALL_BLOCKS, VMTP_OK), 0);
    for (unsigned i = 0; i < 20; i++) { /* for as long as it takes */
        foreign_pass(&f, 200 * VMTP_MILLISECOND);
        ck_assert_int_eq(stream_tell_client(&f, other, at + 2, ALL_BLOCKS, VMTP_OK), 0);
        ck_assert_int_eq(stream_give_group(&f, &mine, 0, 0), VMTP_COUNT_DROP_NO_RUN);
        expect_nvs(&f, FOREIGN_SERVER, mine_at, VMTP_BUSY);
    }
    expect_silence(&f);
    ck_assert_int_eq(stream_answer(&f, other, at + 2, 0, 2), 0);
    foreign_forget(&f);
    t = mine_at;
    for (unsigned i = 0; i < 3; i++)
        gives(i, stream_blocks(THREE, i), 0);
    whole(THREE);
}
END_TEST

/* VMTP-13.3-41: the Request may have been large itself; PGcount is the same in all groups */
START_TEST(both_are_large) {
    teardown();
    stream_open(&f, NULL);
    client = call_entity(&f);
    t = stream_large_call(&f, client, THREE, VMTP_MESSAGE_OCTETS) + 2;
    call_forget_packets(&f);
    response = stream_large_response(client, t, THREE, 2);
    for (unsigned i = 0; i < 3; i++)
        gives(i, stream_blocks(THREE, i), 0);
    whole(THREE);
    stream_call(&f, client, 1, 0);
    expect_flags(&f, t + 256, 0);
}
END_TEST

/* VMTP-13.3-41: one record does for both */
START_TEST(both_are_large_and_records_are_few) {
    struct vmtp_usage usage;
    one_record();
    t = stream_large_call(&f, client, THREE, VMTP_MESSAGE_OCTETS) + 2;
    call_forget_packets(&f);
    response = stream_large_response(client, t, THREE, 2);
    for (unsigned i = 0; i < 3; i++)
        gives(i, stream_blocks(THREE, i), 0);
    whole(THREE);
    vmtp_usage(f.engine, &usage);
    ck_assert_uint_eq(usage.runs, 0);
}
END_TEST

/* VMTP-13.3-50: DGM or not, what is missing is asked for */
START_TEST(an_idempotent_one) {
    response.code |= VMTP_DGM;
    gives(0, ALL_BLOCKS, 0);
    gives(1, 0xff, 0);
    foreign_pass(&f, 21 * VMTP_MILLISECOND);
    says(1, 0xff, VMTP_RETRY);
    gives(1, ~0xffu, 0);
    gives(2, LAST_OF_THREE, 0);
    whole(THREE);
}
END_TEST

/* VMTP-7.4-12: its server has crashed, and streams since */
START_TEST(a_longer_one_when_it_is_done_again) {
    struct vmtp_header shorter = response;
    shorter.code |= VMTP_DGM;
    shorter.words[6] = GROUP_OCTETS;
    shorter.delivery = 1;
    shorter.flags = 0;
    ck_assert_int_eq(call_give_blocks(&f, &shorter, calling_response, 1, 0), 0);
    foreign_pass(&f, 25 * VMTP_MILLISECOND); /* it is asked for again */
    ck_assert_uint_eq(expect_packet(&f)->h.retransmit, 1);
    response.code |= VMTP_DGM;
    response.retransmit = 1;
    gives(0, ALL_BLOCKS, 0);
    call_goes_on(&f);
    gives(2, LAST_OF_THREE, 0);
    gives(1, ALL_BLOCKS, 0);
    whole(THREE);
}
END_TEST

/* VMTP-13.3-33: in a run */
START_TEST(in_a_run) {
    struct vmtp_request r;
    teardown();
    stream_open(&f, NULL);
    client = call_entity(&f);
    r = call_request(client, 0);
    r.response_area = stream_area;
    r.response_size = VMTP_MESSAGE_OCTETS;
    for (r.cookie = 1; r.cookie <= 3; r.cookie++) {
        r.flags = r.cookie < 3 ? VMTP_CALL_MORE : 0;
        call_start(&f, &r);
    }
    ck_assert_int_eq(vmtp_outstanding(f.engine, client, &t), 0);
    call_forget_packets(&f);
    response = stream_large_response(client, t + 256, THREE, 0);
    response.flags = VMTP_NSR | VMTP_NER;
    for (unsigned i = 0; i < 3; i++)
        gives(i, stream_blocks(THREE, i), 0);
    expect_nvs(&f, FOREIGN_SERVER, t - 1, VMTP_RETRY_ALL);
    stream_ends(&f, 0);
    ck_assert_int_eq(stream_answer(&f, client, t, VMTP_NER, 0), 0);
    stream_ended(&f, 0, 1, 0);
    ck_assert_uint_eq(stream_ended(&f, 1, 2, 0)->segment_size, THREE);
    ck_assert_int_eq(stream_answer(&f, client, t + 512, VMTP_NSR, 0), 0);
    stream_ended(&f, 2, 3, 0);
    expect_silence(&f);
}
END_TEST

/* VMTP-7.6-06: an end in the middle frees what it had, and what still comes is of no use */
START_TEST(it_is_cancelled) {
    struct vmtp_usage usage;
    gives(0, ALL_BLOCKS, 0);
    ck_assert_int_eq(vmtp_entity_delete(f.engine, client, f.now), 0);
    foreign_collect(&f);
    call_result(&f, VMTP_CANCELLED);
    vmtp_usage(f.engine, &usage);
    ck_assert_uint_eq(usage.runs, 0);
    ck_assert_int_eq(stream_give_group(&f, &response, 1, 0), VMTP_COUNT_DROP_NO_CLIENT);
    expect_nvs(&f, FOREIGN_SERVER, t + 1, VMTP_NONEXISTENT_ENTITY);
}
END_TEST

/* VMTP-13.3-60 VMTP-7.5-02: the server has lost it */
START_TEST(it_is_discarded) {
    gives(0, ALL_BLOCKS, 0);
    ck_assert_int_eq(stream_tell_client(&f, client, t + 256, 0, VMTP_RESPONSE_DISCARDED), VMTP_COUNT_DROP_BAD_NOTIFY);
    ck_assert_int_eq(stream_tell_client(&f, client, t + 1, 0, VMTP_BUSY), VMTP_COUNT_DROP_BAD_NOTIFY);
    ck_assert_int_eq(stream_tell_client(&f, client, t + (_i ? 2 : 0), 0, VMTP_RESPONSE_DISCARDED), 0);
    call_result(&f, VMTP_RESPONSE_DISCARDED);
}
END_TEST

int main(void) {
    Suite *s = suite_create("large Responses at the client");
    TCase *c = tcase_create("all");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_loop_test(c, in_any_order, 0, 6);
    tcase_add_test(c, block_by_block);
    tcase_add_test(c, what_contradicts_is_dropped);
    tcase_add_test(c, what_contradicts_does_not_begin);
    tcase_add_test(c, at_the_end_of_what_was_skipped);
    tcase_add_test(c, who_asks_is_told);
    tcase_add_test(c, a_gap_is_asked_for_once);
    tcase_add_test(c, a_wide_gap);
    tcase_add_loop_test(c, silence_is_answered_by_asking, 0, 2);
    tcase_add_test(c, silence_after_pauses);
    tcase_add_test(c, silence_that_is_broken);
    tcase_add_test(c, an_area_that_is_too_small);
    tcase_add_test(c, a_large_response_without_sti);
    tcase_add_test(c, no_record_for_it);
    tcase_add_test(c, no_record_for_ever);
    tcase_add_test(c, both_are_large);
    tcase_add_test(c, both_are_large_and_records_are_few);
    tcase_add_test(c, a_longer_one_when_it_is_done_again);
    tcase_add_test(c, an_idempotent_one);
    tcase_add_test(c, in_a_run);
    tcase_add_test(c, it_is_cancelled);
    tcase_add_loop_test(c, it_is_discarded, 0, 2);
    suite_add_tcase(s, c);
    return run_suite(s);
}
