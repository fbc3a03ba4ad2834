/* SPDX-License-Identifier: BSD-2-Clause */
/* test_client_responses.c - Responses at their client (spec/vmtp.md sections 6.2, 7.4 and 7.6). */
#include "support/calling.h"
#include "wire_testing.h"

#define MS VMTP_MILLISECOND

static struct foreign f;
static vmtp_entity client;

static void setup(void) {
    foreign_open(&f, NULL);
    client = call_entity(&f);
}

static void teardown(void) { foreign_close(&f); }

static int give(const struct vmtp_header *h, uint32_t blocks, uint32_t flags) {
    return call_give_blocks(&f, h, calling_response, blocks, flags);
}

/* A call whose Response of so many octets has begun to arrive; sent 25 ms before. */
static struct vmtp_header receiving(uint32_t size, uint32_t blocks) {
    struct vmtp_header asked = call_sent(&f, client, 0), h = call_response(&asked, size);
    foreign_pass(&f, 25 * MS);
    ck_assert_int_eq(give(&h, blocks, 0), 0);
    return h;
}

static void check_segment(const struct vmtp_event *event, uint32_t octets) {
    ck_assert_uint_eq(event->segment_size, octets);
    ck_assert(octets == 0 || event->segment == calling_area);
    ck_assert_mem_eq(calling_area, calling_response, octets);
}

static void expect_retry(uint32_t transaction, uint32_t delivery) {
    const struct packet *p = expect_nvs(&f, FOREIGN_SERVER, transaction, VMTP_RETRY);
    ck_assert_uint_eq(packet_64(p, 44), client);
    ck_assert_uint_eq(packet_32(p, 56), delivery);
    ck_assert_mem_eq(p->dst, foreign_mac, 6);
}

/* ---- complete ---- */

/* VMTP-7.4-01 VMTP-6.2-06 VMTP-3.1-09 VMTP-3.5-01 */
START_TEST(response_completes_its_call) {
    static const uint32_t sizes[] = {0, 1, 511, 512, 513, 1432, 16384};
    uint32_t size = sizes[_i];
    struct vmtp_header asked = call_sent(&f, client, 0), h = call_response(&asked, size);
    for (unsigned i = 0; i < 6; i++)
        h.words[i] = 0xa0b0c0d0u + i;
    if (size == 0)
        h.words[6] = 0x12345678;
    ck_assert_int_eq(give(&h, h.delivery, 0), 0);
    const struct vmtp_event *event = call_result(&f, 0);
    ck_assert_uint_eq(event->message.server, FOREIGN_SERVER);
    ck_assert_uint_eq(event->message.code, h.code);
    ck_assert_mem_eq(event->message.words, h.words, sizeof h.words);
    ck_assert_uint_eq(event->entity, client);
    ck_assert_uint_eq(event->transaction, asked.transaction);
    check_segment(event, size);
    for (unsigned i = size; i < sizeof calling_area; i++)
        ck_assert_uint_eq(calling_area[i], 0);
    expect_silence(&f); /* VMTP-6.4-03 */
}
END_TEST

/* VMTP-6.1-07 VMTP-6.2-01 VMTP-6.2-02 */
START_TEST(packets_come_in_any_order_and_cut_and_twice) {
    uint64_t random = (uint64_t)_i + 1;
    uint32_t size = 1 + random_below(&random, VMTP_GROUP_OCTETS), all = vmtp_blocks_mask(size), have = 0;
    struct vmtp_header asked = call_sent(&f, client, 0), h = call_response(&asked, size);
    while (have != all) {
        uint32_t blocks = random32(&random) & random32(&random) & all;
        if (!blocks)
            continue;
        call_goes_on(&f);
        ck_assert_int_eq(give(&h, blocks, 0), 0);
        have |= blocks;
    }
    check_segment(call_result(&f, 0), size);
    for (unsigned i = size; i < sizeof calling_area; i++)
        ck_assert_uint_eq(calling_area[i], 0);
    for (const struct packet *p; (p = foreign_take(&f)) != NULL;) /* what seemed to be lost was asked for */
        ck_assert_uint_eq(packet_32(p, 60) & 0xffffffu, VMTP_RETRY);
}
END_TEST

/* VMTP-6.2-02: also when the second copy says something else */
START_TEST(second_copy_changes_nothing) {
    struct vmtp_header h = receiving(1536, 3);
    call_give_blocks(&f, &h, calling_segment, 2, 0);
    ck_assert_int_eq(give(&h, 4, 0), 0);
    check_segment(call_result(&f, 0), 1536);
}
END_TEST

/* VMTP-6.2-01 */
START_TEST(delivery_mask_of_the_message_says_what_is_complete) {
    struct vmtp_header asked = call_sent(&f, client, 0), h = call_response(&asked, 2560);
    h.code |= VMTP_MDM;
    h.words[5] = 0xffffff0a; /* blocks 1 and 3; those behind the end stand for nothing */
    ck_assert_int_eq(give(&h, 2, 0), 0);
    call_goes_on(&f);
    ck_assert_int_eq(give(&h, 8, 0), 0);
    const struct vmtp_event *event = call_result(&f, 0);
    ck_assert_uint_eq(event->delivered, 0x0a);
    ck_assert_mem_eq(calling_area + 512, calling_response + 512, 512);
    ck_assert_mem_eq(calling_area + 1536, calling_response + 1536, 512);
}
END_TEST

/* VMTP-6.2-03 VMTP-7.4-13: each field that all packets of a group share */
START_TEST(packet_that_differs_does_not_belong) {
    struct vmtp_header h = receiving(1024, 1), other = h;
    if (_i < 6) /* the last but one is MsgDelivery, a user word here */
        other.words[_i] ^= 0x80;
    else if (_i == 6)
        other.words[6] = 1000;
    else
        other.code ^= _i == 7 ? 1u : VMTP_CMD;
    ck_assert_int_eq(give(&other, 2, VMTP_APG), VMTP_COUNT_DROP_MISMATCH);
    expect_silence(&f);
    call_goes_on(&f);
    ck_assert_int_eq(give(&h, 2, 0), 0);
    check_segment(call_result(&f, 0), 1024);
}
END_TEST

/* VMTP-6.2-04 */
START_TEST(what_may_differ_in_a_group) {
    struct vmtp_header h = receiving(2048, 1), other = h;
    other.retransmit = 3;
    ck_assert_int_eq(give(&other, 2, 0), 0);
    other = h;
    other.gap = 9;
    other.hco = 1;
    ck_assert_int_eq(give(&other, 4, VMTP_NRT), 0);
    other = h;
    ck_assert_int_eq(give(&other, 8, VMTP_APG), 0);
    check_segment(call_result(&f, 0), 2048);
}
END_TEST

/* ---- acknowledgment ---- */

/* VMTP-7.4-06 VMTP-6.4-01 */
START_TEST(complete_response_with_apg_is_acknowledged) {
    static const uint32_t sizes[] = {0, 8, 2048, 16384};
    uint32_t size = sizes[_i], all = vmtp_blocks_mask(size);
    struct vmtp_header asked = call_sent(&f, client, 0), h = call_response(&asked, size);
    ck_assert_int_eq(give(&h, all, VMTP_APG), 0);
    const struct packet *p = expect_nvs(&f, FOREIGN_SERVER, asked.transaction, VMTP_OK);
    ck_assert_uint_eq(packet_64(p, 44), client);
    ck_assert_uint_eq(packet_32(p, 56), all);
    ck_assert_mem_eq(p->dst, foreign_mac, 6);
    expect_silence(&f);
    check_segment(call_result(&f, 0), size);
}
END_TEST

/* VMTP-6.2-05 */
START_TEST(apg_in_any_packet_asks) {
    struct vmtp_header asked = call_sent(&f, client, 0), h = call_response(&asked, 1536);
    for (unsigned i = 0; i < 3; i++) {
        expect_silence(&f); /* before it is whole nothing is said */
        ck_assert_int_eq(give(&h, 1u << i, _i == 3 || i == (unsigned)_i ? VMTP_APG : 0), 0);
    }
    ck_assert_uint_eq(packet_32(expect_nvs(&f, FOREIGN_SERVER, asked.transaction, VMTP_OK), 56), 7);
    expect_silence(&f);
}
END_TEST

/* VMTP-7.4-08 */
START_TEST(segment_that_does_not_fit) {
    struct vmtp_request r = call_request(client, 0);
    r.response_size = _i ? 1300 : 0;
    r.response_area = _i ? calling_area : NULL;
    call_start(&f, &r);
    struct vmtp_header h = call_response(&expect_packet(&f)->h, 2048);
    ck_assert_int_eq(give(&h, 0xc, 0), 0);
    ck_assert_int_eq(give(&h, 3, VMTP_APG), 0);
    ck_assert_uint_eq(packet_32(expect_nvs(&f, FOREIGN_SERVER, h.transaction, VMTP_OK), 56), 0xf);
    const struct vmtp_event *event = call_result(&f, VMTP_BAD_REPLY_SEGMENT);
    ck_assert_uint_eq(event->message.code, h.code);
    ck_assert_uint_eq(event->message.words[6], 2048);
    check_segment(event, _i ? 1300 : 0);
    for (unsigned i = r.response_size; i < sizeof calling_area; i++)
        ck_assert_uint_eq(calling_area[i], 0);
}
END_TEST

/* ---- from whom ---- */

/* VMTP-7.4-02 */
START_TEST(another_server_may_answer_what_was_forwarded) {
    struct vmtp_header asked = call_sent(&f, client, 0), h = call_response(&asked, 0);
    h.server = FOREIGN_SERVER + 7;
    ck_assert_int_eq(foreign_send(&f, &h, NULL, 0), VMTP_COUNT_DROP_WRONG_SERVER);
    call_goes_on(&f);
    h.forward = 1;
    ck_assert_int_eq(foreign_send(&f, &h, NULL, 0), 0);
    ck_assert_uint_eq(call_result(&f, 0)->message.server, FOREIGN_SERVER + 7);
}
END_TEST

/* VMTP-7.4-02 */
START_TEST(any_member_may_answer_for_a_group) {
    struct vmtp_request r = call_request(client, 0);
    r.message.server = 0x4000000000000507ull;
    call_start(&f, &r);
    struct vmtp_header h = call_response(&expect_packet(&f)->h, 0);
    h.server = FOREIGN_SERVER + 7;
    ck_assert_int_eq(foreign_send(&f, &h, NULL, 0), 0);
    ck_assert_uint_eq(call_result(&f, 0)->message.server, FOREIGN_SERVER + 7);
}
END_TEST

/* ---- incomplete ---- */

/* VMTP-7.4-07 VMTP-7.6-03 VMTP-9.1-05 VMTP-7.4-01 */
START_TEST(missing_blocks_are_asked_for_after_tc3) {
    struct vmtp_header h = receiving(4096, 0x03);
    foreign_pass(&f, 15 * MS);
    ck_assert_int_eq(give(&h, 0x30, 0), 0); /* TC3 begins anew */
    foreign_pass(&f, 18 * MS);
    expect_silence(&f);
    foreign_pass(&f, 4 * MS);
    expect_retry(h.transaction, 0x33);
    expect_silence(&f);
    ck_assert_int_eq(give(&h, 0xcc, 0), 0);
    expect_silence(&f);
    check_segment(call_result(&f, 0), 4096);
    foreign_pass(&f, 10 * VMTP_SECOND);
    expect_silence(&f);
}
END_TEST

/* VMTP-6.3-05 */
START_TEST(packet_without_data_is_answered_by_what_is_missing) {
    struct vmtp_header asked = call_sent(&f, client, 0), h = call_response(&asked, 4096);
    ck_assert_int_eq(give(&h, 0, VMTP_APG), 0);
    expect_retry(h.transaction, 0);
    ck_assert_int_eq(give(&h, 0x18, 0), 0);
    expect_silence(&f);
    ck_assert_int_eq(give(&h, 0, VMTP_APG), 0);
    expect_retry(h.transaction, 0x18);
    expect_silence(&f);
    ck_assert_int_eq(give(&h, 0xe7, 0), 0);
    check_segment(call_result(&f, 0), 4096);
}
END_TEST

/* VMTP-7.4-09 VMTP-7.6-03 VMTP-7.6-04 VMTP-9.1-03 */
START_TEST(response_that_stays_incomplete) {
    static const vmtp_time due[] = {20, 40, 80, 160, 320, 640}; /* TC3, then TC2: 20, 40, ... */
    struct vmtp_header h = receiving(4096, 0x17);
    vmtp_time start = f.now;
    for (unsigned i = 0; i < 5; i++) {
        foreign_pass(&f, start + (due[i] - 1) * MS - f.now);
        expect_silence(&f);
        foreign_pass(&f, 3 * MS);
        expect_retry(h.transaction, 0x17);
    }
    foreign_pass(&f, start + (due[5] - 1) * MS - f.now);
    call_goes_on(&f);
    foreign_pass(&f, 3 * MS);
    expect_silence(&f);
    const struct vmtp_event *event = call_result(&f, VMTP_BAD_REPLY_SEGMENT);
    ck_assert_uint_eq(event->message.code, h.code);
    check_segment(event, 1536);
}
END_TEST

/* VMTP-7.6-04 */
START_TEST(new_block_clears_the_count) {
    struct vmtp_header h = receiving(4096, 0x01);
    foreign_pass(&f, 200 * MS);
    ck_assert_uint_eq(foreign_waiting(&f), 4);
    call_forget_packets(&f);
    ck_assert_int_eq(give(&h, 0x01, 0), 0); /* nothing new */
    ck_assert_int_eq(give(&h, 0x02, 0), 0);
    foreign_pass(&f, 5 * VMTP_SECOND);
    ck_assert_uint_eq(foreign_waiting(&f), 5);
    check_segment(call_result(&f, VMTP_BAD_REPLY_SEGMENT), 1024);
}
END_TEST

/* VMTP-7.6-04: blocks that are here already are no progress */
START_TEST(old_block_does_not_clear_the_count) {
    struct vmtp_header h = receiving(4096, 0x01);
    for (unsigned i = 0; i < 5; i++) {
        foreign_pass(&f, 400 * MS);
        ck_assert_uint_ge(foreign_waiting(&f), 1);
        if (foreign_event_count(&f, VMTP_EV_COMPLETE))
            break;
        give(&h, 0x01, 0);
    }
    foreign_pass(&f, 5 * VMTP_SECOND);
    ck_assert_uint_eq(foreign_waiting(&f), 5);
    call_result(&f, VMTP_BAD_REPLY_SEGMENT);
}
END_TEST

/* ---- idempotent ---- */

static struct vmtp_header receiving_idempotent(void) {
    struct vmtp_header asked = call_sent(&f, client, 0), h = call_response(&asked, 2048);
    h.code |= VMTP_DGM;
    foreign_pass(&f, 25 * MS);
    ck_assert_int_eq(give(&h, 0x3, 0), 0);
    return h;
}

/* VMTP-7.4-10 */
START_TEST(missing_blocks_of_an_idempotent_response) {
    struct vmtp_header h = receiving_idempotent();
    foreign_pass(&f, 18 * MS);
    expect_silence(&f);
    foreign_pass(&f, 4 * MS);
    const struct packet *p = expect_packet(&f);
    ck_assert_uint_eq(p->h.function, VMTP_REQUEST);
    ck_assert_uint_eq(p->h.transaction, h.transaction);
    ck_assert_uint_eq(p->h.server, FOREIGN_SERVER);
    ck_assert_uint_eq(p->h.retransmit, 1);
    ck_assert_uint_eq(p->h.flags, VMTP_APG);
    expect_silence(&f);
    ck_assert_int_eq(give(&h, 0xc, 0), 0); /* the first sending was only late */
    check_segment(call_result(&f, 0), 2048);
}
END_TEST

/* VMTP-7.4-11 */
START_TEST(redone_response_begins_anew) {
    struct vmtp_header h = receiving_idempotent(), again = h;
    foreign_pass(&f, 22 * MS);
    ck_assert_uint_eq(expect_packet(&f)->h.retransmit, 1);
    again.retransmit = 1;
    again.words[0] = 0x600d;
    call_give_blocks(&f, &again, calling_segment, 0xc, 0); /* other data now */
    call_goes_on(&f);
    ck_assert_int_eq(give(&h, 0x3, 0), VMTP_COUNT_DROP_STALE_RESPONSE); /* of the first sending */
    call_goes_on(&f);
    call_give_blocks(&f, &again, calling_segment, 0x3, 0);
    const struct vmtp_event *event = call_result(&f, 0);
    ck_assert_uint_eq(event->message.words[0], 0x600d);
    ck_assert_uint_eq(event->segment_size, 2048);
    ck_assert_mem_eq(event->segment, calling_segment, 2048);
    expect_silence(&f);
}
END_TEST

/* VMTP-7.4-09: also an idempotent one */
START_TEST(idempotent_response_that_stays_incomplete) {
    struct vmtp_header h = receiving_idempotent();
    foreign_pass(&f, 10 * VMTP_SECOND);
    ck_assert_uint_eq(foreign_waiting(&f), 5);
    while (foreign_waiting(&f))
        ck_assert_uint_eq(expect_packet(&f)->h.transaction, h.transaction);
    check_segment(call_result(&f, VMTP_BAD_REPLY_SEGMENT), 1024);
}
END_TEST

int main(void) {
    Suite *s = suite_create("client responses");
    TCase *t = tcase_create("responses");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_loop_test(t, response_completes_its_call, 0, 7);
    tcase_add_loop_test(t, packets_come_in_any_order_and_cut_and_twice, 0, 50);
    tcase_add_test(t, second_copy_changes_nothing);
    tcase_add_test(t, delivery_mask_of_the_message_says_what_is_complete);
    tcase_add_loop_test(t, packet_that_differs_does_not_belong, 0, 9);
    tcase_add_test(t, what_may_differ_in_a_group);
    tcase_add_loop_test(t, complete_response_with_apg_is_acknowledged, 0, 4);
    tcase_add_loop_test(t, apg_in_any_packet_asks, 0, 4);
    tcase_add_loop_test(t, segment_that_does_not_fit, 0, 2);
    tcase_add_test(t, another_server_may_answer_what_was_forwarded);
    tcase_add_test(t, any_member_may_answer_for_a_group);
    tcase_add_test(t, missing_blocks_are_asked_for_after_tc3);
    tcase_add_test(t, packet_without_data_is_answered_by_what_is_missing);
    tcase_add_test(t, response_that_stays_incomplete);
    tcase_add_test(t, new_block_clears_the_count);
    tcase_add_test(t, old_block_does_not_clear_the_count);
    tcase_add_test(t, missing_blocks_of_an_idempotent_response);
    tcase_add_test(t, redone_response_begins_anew);
    tcase_add_test(t, idempotent_response_that_stays_incomplete);
    suite_add_tcase(s, t);
    return run_suite(s);
}
