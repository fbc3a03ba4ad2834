/* SPDX-License-Identifier: BSD-2-Clause */
/* test_server_groups.c - packet groups at a server, and its Responses as they leave (spec/vmtp.md sections 3.2, 3.3 and 6). */
#include "support/calling.h"
#include "support/serving.h"
#include "wire_testing.h"

#define A FOREIGN_CLIENT
#define T 0xfffffff0u
#define GROUP_CODE 0x123

static struct foreign f;
static vmtp_entity server;

static void setup(void) {
    foreign_open(&f, NULL);
    server = serve_entity(&f, NULL);
}

static void teardown(void) { foreign_close(&f); }

static int give(const struct vmtp_header *h, uint32_t blocks, uint32_t flags) {
    return call_give_blocks(&f, h, serving_segment, blocks, flags);
}

static struct vmtp_header request(uint32_t size) { return foreign_segment_request(A, server, T, size); }

static void check_delivered(uint32_t size) {
    const struct vmtp_event *event = serve_last(&f);
    ck_assert_uint_eq(serve_count(&f), 1);
    ck_assert_uint_eq(event->segment_size, size);
    ck_assert_mem_eq(event->segment, serving_segment, size);
}

/* ---- collecting ---- */

/* VMTP-6.1-07 VMTP-6.2-01 VMTP-6.2-02 VMTP-6.2-06 VMTP-3.5-01 */
START_TEST(packets_come_in_any_order_and_cut_and_twice) {
    uint64_t random = (uint64_t)_i + 1;
    uint32_t size = 1 + random_below(&random, VMTP_GROUP_OCTETS), all = vmtp_blocks_mask(size), have = 0;
    struct vmtp_header h = request(size);
    while (have != all) {
        uint32_t blocks = random32(&random) & random32(&random) & all;
        if (!blocks)
            continue;
        ck_assert_uint_eq(serve_count(&f), 0);
        ck_assert_int_eq(give(&h, blocks, 0), 0);
        have |= blocks;
    }
    check_delivered(size);
    for (const struct packet *p; (p = foreign_take(&f)) != NULL;) /* what seemed to be lost was asked for */
        ck_assert_uint_eq(packet_32(p, 60) & 0xffffffu, VMTP_RETRY);
    const uint8_t *behind = (const uint8_t *)serve_last(&f)->segment + size;
    for (unsigned i = size; i < VMTP_GROUP_OCTETS; i++)
        ck_assert_uint_eq(*behind++, 0);
    give(&h, 1, 0);
    ck_assert_uint_eq(serve_count(&f), 1); /* once */
    expect_silence(&f);
}
END_TEST

/* VMTP-3.1-09 VMTP-6.2-06 */
START_TEST(message_arrives_as_it_was_given) {
    struct vmtp_header h = foreign_request(A, server, T, 0x812345 | VMTP_PIC);
    for (unsigned i = 0; i < 7; i++)
        h.words[i] = 0x90a0b0c0u + i;
    h.priority = 5;
    ck_assert_int_eq(foreign_send(&f, &h, NULL, 0), 0);
    const struct vmtp_event *event = serve_last(&f);
    ck_assert_uint_eq(event->message.code, h.code);
    ck_assert_mem_eq(event->message.words, h.words, sizeof h.words);
    ck_assert_uint_eq(event->client, A);
    ck_assert_uint_eq(event->entity, server);
    ck_assert_uint_eq(event->transaction, T);
    ck_assert_uint_eq(event->priority, 5);
    ck_assert_uint_eq(event->segment_size, 0);
}
END_TEST

/* VMTP-6.1-06 VMTP-3.1-08 */
START_TEST(segment_of_no_octets) {
    struct vmtp_header h = request(0);
    ck_assert_int_eq(foreign_send(&f, &h, NULL, 0), 0);
    check_delivered(0);
    ck_assert_uint_eq(serve_last(&f)->message.code & VMTP_SDA, VMTP_SDA);
}
END_TEST

/* VMTP-6.2-01 */
START_TEST(delivery_mask_of_the_message_says_what_is_complete) {
    struct vmtp_header h = request(2560);
    h.code |= VMTP_MDM;
    h.words[5] = 0xffffff0a;
    ck_assert_int_eq(give(&h, 2, 0), 0);
    ck_assert_uint_eq(serve_count(&f), 0);
    ck_assert_int_eq(give(&h, 8, 0), 0);
    ck_assert_uint_eq(serve_count(&f), 1);
    ck_assert_uint_eq(serve_last(&f)->delivered, 0x0a);
}
END_TEST

/* VMTP-6.2-03 */
START_TEST(packet_that_differs_does_not_belong) {
    struct vmtp_header h = request(1024), other = h;
    ck_assert_int_eq(give(&h, 1, 0), 0);
    if (_i < 6)
        other.words[_i] ^= 0x80;
    else if (_i == 6)
        other.words[6] = 1000;
    else
        other.code ^= _i == 7 ? 2u : VMTP_PIC;
    ck_assert_int_eq(give(&other, 2, VMTP_APG), VMTP_COUNT_DROP_MISMATCH);
    expect_silence(&f);
    ck_assert_uint_eq(serve_count(&f), 0);
    ck_assert_int_eq(give(&h, 2, 0), 0);
    check_delivered(1024);
}
END_TEST

/* VMTP-6.2-03: another server is another Request */
START_TEST(packet_to_another_server_does_not_belong) {
    vmtp_entity other = serve_entity(&f, NULL);
    struct vmtp_header h = request(1024);
    ck_assert_int_eq(give(&h, 1, 0), 0);
    h.server = other;
    ck_assert_int_eq(give(&h, 2, 0), 0);
    ck_assert_uint_eq(serve_count(&f), 0);
    ck_assert_int_eq(give(&h, 1, 0), 0);
    check_delivered(1024);
    ck_assert_uint_eq(serve_last(&f)->entity, other);
}
END_TEST

/* VMTP-6.2-04 */
START_TEST(what_may_differ_in_a_group) {
    struct vmtp_header h = request(2048), other = h;
    ck_assert_int_eq(give(&h, 1, 0), 0);
    other.retransmit = 3;
    ck_assert_int_eq(give(&other, 2, 0), 0);
    other.gap = 9;
    other.hco = 1;
    ck_assert_int_eq(give(&other, 4, VMTP_NRT), 0);
    ck_assert_int_eq(give(&h, 8, VMTP_APG), 0);
    check_delivered(2048);
}
END_TEST

/* ---- acknowledging ---- */

/* VMTP-6.2-05 VMTP-6.4-01 */
START_TEST(apg_in_any_packet_asks) {
    struct vmtp_header h = request(1536);
    for (unsigned i = 0; i < 3; i++) {
        expect_silence(&f); /* before it is whole nothing is said */
        ck_assert_int_eq(give(&h, 1u << i, _i == 3 || i == (unsigned)_i ? VMTP_APG : 0), 0);
    }
    ck_assert_uint_eq(packet_32(expect_nvc(&f, A, T, VMTP_OK), 56), 7);
    expect_silence(&f);
}
END_TEST

/* VMTP-6.4-03 */
START_TEST(without_apg_and_trouble_nothing_is_said) {
    struct vmtp_header h = request(8192);
    for (unsigned i = 0; i < 16; i++)
        ck_assert_int_eq(give(&h, 1u << i, 0), 0);
    check_delivered(8192);
    foreign_pass(&f, 4 * VMTP_SECOND);
    expect_silence(&f);
}
END_TEST

/* VMTP-6.4-04 */
START_TEST(multicast_group_that_failed_is_not_talked_about) {
    struct vmtp_header h = request(2048);
    f.multicast = 1;
    ck_assert_int_eq(give(&h, 1, VMTP_APG), 0);
    ck_assert_int_eq(give(&h, 0, VMTP_APG), 0);
    foreign_pass(&f, 10 * VMTP_SECOND);
    expect_silence(&f);
    ck_assert_uint_eq(serve_count(&f), 0);
}
END_TEST

/* VMTP-6.3-05 */
START_TEST(packet_without_data_is_answered_by_what_is_missing) {
    struct vmtp_header h = request(4096);
    ck_assert_int_eq(give(&h, 0, VMTP_APG), 0);
    ck_assert_uint_eq(packet_32(expect_nvc(&f, A, T, VMTP_RETRY), 56), 0);
    ck_assert_int_eq(give(&h, 0x18, 0), 0);
    expect_silence(&f);
    ck_assert_int_eq(give(&h, 0, VMTP_APG), 0);
    ck_assert_uint_eq(packet_32(expect_nvc(&f, A, T, VMTP_RETRY), 56), 0x18);
    expect_silence(&f);
    ck_assert_int_eq(give(&h, 0xe7, 0), 0);
    check_delivered(4096);
}
END_TEST

/* VMTP-6.4-02: the OK may be left out when the Response goes out in the same turn; whether or not, the Response comes */
START_TEST(response_at_once_is_acknowledgment_enough) {
    struct vmtp_header h = request(512);
    f.stuck = 1; /* the program answers before the engine's packets are asked for */
    ck_assert_int_eq(give(&h, 1, VMTP_APG), 0);
    ck_assert_int_eq(serve_reply(&f, serve_last(&f), 5, 0, 0), 0);
    f.stuck = 0;
    foreign_collect(&f);
    if (foreign_waiting(&f) == 2)
        expect_nvc(&f, A, T, VMTP_OK);
    expect_response(&f, T, 5);
    expect_silence(&f);
}
END_TEST

/* ---- Responses ---- */

/* VMTP-3.2-02 VMTP-3.2-03 VMTP-3.2-04 VMTP-3.2-05 VMTP-3.3-01 VMTP-13.4-02 */
START_TEST(response_takes_over_what_it_should_and_no_more) {
    struct vmtp_header h = foreign_request(A, server, T,
                                           GROUP_CODE | VMTP_PIC | VMTP_CRE | VMTP_MRD | VMTP_CMD | VMTP_MDM);
    h.flags = VMTP_NRT | VMTP_MDG | VMTP_STI | VMTP_DRT | VMTP_NRS;
    h.priority = 11;
    h.gap = 30;
    ck_assert_int_eq(foreign_send(&f, &h, NULL, 0), 0);
    h.retransmit = 6; /* two more copies; the last that came counts */
    foreign_send(&f, &h, NULL, 0);
    h.retransmit = 5;
    foreign_send(&f, &h, NULL, 0);
    ck_assert_int_eq(serve_reply(&f, serve_last(&f), 0x900001, _i ? 300 : 0, 0), 0);
    const struct packet *p = expect_packet(&f);
    ck_assert_uint_eq(p->h.client, A);
    ck_assert_uint_eq(p->h.server, server);
    ck_assert_uint_eq(p->h.transaction, T);
    ck_assert_uint_eq(p->h.code, 0x900001 | (_i ? VMTP_SDA : 0));
    ck_assert_uint_eq(packet_32(p, 12), 5u << 20 | 11u << 4 | VMTP_RESPONSE);
    ck_assert_uint_eq(packet_32(p, 8) & ~0x1fffu, 0x00030000);
    ck_assert_mem_eq(p->dst, foreign_mac, 6);
    expect_silence(&f);
}
END_TEST

/* VMTP-3.2-03: ForwardCount of a Request that was forwarded */
START_TEST(forward_count_is_taken_over) {
    struct vmtp_header h = foreign_request(A, server, T, GROUP_CODE);
    ck_assert_int_eq(vmtp_host_learn(f.engine, A, foreign_other_mac, f.now), 0);
    h.forward = 3;
    ck_assert_int_eq(foreign_send(&f, &h, NULL, 0), 0);
    ck_assert_int_eq(serve_reply(&f, serve_last(&f), 5, 0, 0), 0);
    const struct packet *p = expect_response(&f, T, 5);
    ck_assert_uint_eq(p->h.forward, 3);
    ck_assert_mem_eq(p->dst, foreign_other_mac, 6);
}
END_TEST

/* VMTP-6.1-05 VMTP-6.1-01 VMTP-6.1-02 VMTP-6.1-03 VMTP-6.1-04 */
START_TEST(response_is_cut_into_packets) {
    static const uint32_t sizes[] = {1, 512, 1432, 1433, 2048, 5000, 16384};
    uint32_t size = sizes[_i], blocks = 0;
    uint8_t first[VMTP_HEADER_OCTETS], this[VMTP_HEADER_OCTETS];
    serve_ask(&f, A, server, T, 0);
    ck_assert_int_eq(serve_reply(&f, serve_last(&f), 5, size, 0), 0);
    ck_assert_uint_le(foreign_waiting(&f), (size + 1023) / 1024);
    do {
        const struct packet *p = expect_packet(&f);
        struct vmtp_header h = p->h;
        uint32_t octets = vmtp_blocks_octets(h.delivery, size);
        ck_assert_uint_eq(h.delivery & blocks, 0);
        ck_assert_uint_eq(p->data_octets, (octets + 7u) & ~7u);
        ck_assert_mem_eq(p->data, serving_segment + 512u * (unsigned)__builtin_ctz(h.delivery), octets);
        h.length = 0;
        h.delivery = 0;
        vmtp_header_encode(this, &h);
        if (!blocks)
            memcpy(first, this, sizeof first);
        ck_assert_mem_eq(this, first, sizeof first);
        blocks |= p->h.delivery;
    } while (foreign_waiting(&f));
    ck_assert_uint_eq(blocks, vmtp_blocks_mask(size));
}
END_TEST

int main(void) {
    Suite *s = suite_create("server groups");
    TCase *t = tcase_create("groups");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_loop_test(t, packets_come_in_any_order_and_cut_and_twice, 0, 50);
    tcase_add_test(t, message_arrives_as_it_was_given);
    tcase_add_test(t, segment_of_no_octets);
    tcase_add_test(t, delivery_mask_of_the_message_says_what_is_complete);
    tcase_add_loop_test(t, packet_that_differs_does_not_belong, 0, 9);
    tcase_add_test(t, packet_to_another_server_does_not_belong);
    tcase_add_test(t, what_may_differ_in_a_group);
    tcase_add_loop_test(t, apg_in_any_packet_asks, 0, 4);
    tcase_add_test(t, without_apg_and_trouble_nothing_is_said);
    tcase_add_test(t, multicast_group_that_failed_is_not_talked_about);
    tcase_add_test(t, packet_without_data_is_answered_by_what_is_missing);
    tcase_add_test(t, response_at_once_is_acknowledgment_enough);
    tcase_add_loop_test(t, response_takes_over_what_it_should_and_no_more, 0, 2);
    tcase_add_test(t, forward_count_is_taken_over);
    tcase_add_loop_test(t, response_is_cut_into_packets, 0, 7);
    suite_add_tcase(s, t);
    return run_suite(s);
}
