/* SPDX-License-Identifier: BSD-2-Clause */
/* test_server_requests.c - Requests that are incomplete, duplicates, or not wanted (spec/vmtp.md sections 8.3, 8.4). */
#include "support/serving.h"
#include "wire_testing.h"

#define A FOREIGN_CLIENT

static struct foreign f;
static vmtp_entity server;

static void setup(void) {
    foreign_open(&f, NULL);
    server = serve_entity(&f, NULL);
}

static void teardown(void) { foreign_close(&f); }

static void answer(uint32_t code, uint32_t size) {
    ck_assert_int_eq(serve_reply(&f, serve_last(&f), code, size, 0), 0);
}

static void drain(void) {
    while (foreign_take(&f)) {
    }
}

/* ---- duplicates ---- */

/* VMTP-8.3-01 VMTP-8.3-02 VMTP-10.9-04 */
START_TEST(duplicate_while_processing) {
    serve_ask_blocks(&f, A, server, 7, 1024, 3, 0);
    expect_silence(&f);
    ck_assert_int_eq(serve_ask_blocks(&f, A, server, 7, 1024, 3, 0), VMTP_COUNT_DROP_DUPLICATE);
    expect_silence(&f);
    serve_ask_blocks(&f, A, server, 7, 1024, 3, VMTP_APG);
    ck_assert_uint_eq(packet_32(expect_nvc(&f, A, 7, VMTP_OK), 56), 3);
    serve_ask_blocks(&f, A, server, 7, 1024, 0, VMTP_APG); /* and by one without data */
    ck_assert_uint_eq(packet_32(expect_nvc(&f, A, 7, VMTP_OK), 56), 3);
    expect_silence(&f);
    ck_assert_uint_eq(serve_count(&f), 1);
}
END_TEST

static void check_same_response(const struct packet *p, uint32_t size) {
    ck_assert_uint_eq(p->h.function, VMTP_RESPONSE);
    ck_assert_uint_eq(p->h.client, A);
    ck_assert_uint_eq(p->h.server, server);
    ck_assert_uint_eq(p->h.transaction, 7);
    ck_assert_uint_eq(p->h.code, size ? 5 | VMTP_SDA : 5);
    ck_assert_uint_eq(p->h.words[0], 0x5e5e0001);
    ck_assert_uint_eq(p->h.words[6], size);
    ck_assert_uint_eq((p->h.flags & VMTP_APG) != 0, size != 0);
}

/* VMTP-8.3-03 VMTP-8.3-04 VMTP-8.4-04 */
START_TEST(duplicate_of_an_answered_request_brings_the_response_again) {
    static const uint32_t sizes[] = {0, 8, 1024, 1432, 1433, 16384};
    uint32_t size = sizes[_i], single = size <= 1432;
    serve_ask(&f, A, server, 7, 0);
    answer(5, size);
    unsigned packets = foreign_waiting(&f);
    for (unsigned i = 0; i < packets; i++)
        ck_assert_uint_eq(expect_packet(&f)->h.flags & VMTP_APG, 0);
    for (unsigned i = 0; i < 7; i++) {
        serve_ask_again(&f, A, server, 7, i & 1 ? VMTP_APG : 0);
        const struct packet *p = expect_packet(&f);
        check_same_response(p, size);
        ck_assert_uint_eq(p->h.retransmit, 1);
        ck_assert_uint_eq(p->data_octets, single ? (size + 7u) & ~7u : 0);
        ck_assert_uint_eq(p->h.delivery, single ? vmtp_blocks_mask(size) : 0);
        ck_assert(p->data_octets == 0 || memcmp(p->data, serving_segment, size) == 0);
        expect_silence(&f);
    }
    ck_assert_uint_eq(serve_count(&f), 1);
}
END_TEST

/* VMTP-8.3-05 VMTP-8.4-04 */
START_TEST(duplicate_before_the_response_has_left_causes_no_second_sending) {
    struct vmtp_tx tx;
    unsigned packets = _i ? 8 : 1;
    serve_ask(&f, A, server, 7, 0);
    f.stuck = 1;
    answer(5, _i ? 8192 : 0);
    if (_i) { /* two packets have left */
        for (unsigned i = 0; i < 2; i++, packets--) {
            ck_assert_int_eq(vmtp_output(f.engine, &tx, f.now), 1);
            vmtp_tx_result(f.engine, &tx, VMTP_TX_SENT, f.now);
        }
    }
    serve_ask_again(&f, A, server, 7, VMTP_APG);
    serve_ask_again(&f, A, server, 7, VMTP_APG);
    f.stuck = 0;
    foreign_pass(&f, VMTP_SECOND);
    ck_assert_uint_eq(foreign_waiting(&f), packets);
    while (packets-- > 0)
        ck_assert_uint_eq(expect_packet(&f)->h.flags & VMTP_APG, 0);
}
END_TEST

/* VMTP-8.3-06 */
START_TEST(duplicate_of_an_idempotent_one_is_executed_again) {
    serve_ask(&f, A, server, 7, 0);
    answer(1 | VMTP_DGM, _i ? 2048 : 0);
    drain();
    serve_ask_again(&f, A, server, 7, VMTP_APG);
    ck_assert_uint_eq(serve_count(&f), 2);
    ck_assert_uint_eq(serve_last(&f)->transaction, 7);
    drain();
    answer(2 | VMTP_DGM, 0);
    ck_assert_uint_eq(expect_response(&f, 7, 2)->h.retransmit, 1);
}
END_TEST

/* VMTP-8.3-06 */
START_TEST(duplicate_without_data_of_an_idempotent_one_is_collected_anew) {
    serve_ask_blocks(&f, A, server, 7, 4096, 0xff, 0);
    answer(1 | VMTP_DGM, _i ? 2048 : 0);
    drain();
    serve_ask_blocks(&f, A, server, 7, 4096, 0, VMTP_APG);
    ck_assert_uint_eq(packet_32(expect_nvc(&f, A, 7, VMTP_RETRY), 56), 0);
    ck_assert_uint_eq(serve_count(&f), 1);
    serve_ask_blocks(&f, A, server, 7, 4096, 0xff, 0);
    ck_assert_uint_eq(serve_count(&f), 2);
    ck_assert_mem_eq(serve_last(&f)->segment, serving_segment, 4096);
    drain();
    answer(2 | VMTP_DGM, 0);
    expect_response(&f, 7, 2);
}
END_TEST

/* VMTP-8.3-07 */
START_TEST(duplicate_of_one_whose_response_is_gone) {
    serve_ask(&f, A, server, 7, 0);
    answer(5, 4096);
    drain();
    struct vmtp_header ok = foreign_notify_server(server, A, 7, 0xff, VMTP_OK);
    ck_assert_int_eq(foreign_send(&f, &ok, NULL, 0), 0);
    expect_silence(&f);
    serve_ask_again(&f, A, server, 7, 0);
    expect_nvc(&f, A, 7, VMTP_RESPONSE_DISCARDED);
    serve_ask_again(&f, A, server, 7, VMTP_APG);
    expect_nvc(&f, A, 7, VMTP_RESPONSE_DISCARDED);
    expect_silence(&f);
}
END_TEST

/* ---- incomplete groups ---- */

/* VMTP-8.3-08 VMTP-8.3-09 VMTP-9.1-05 */
START_TEST(missing_blocks_are_asked_for_after_ts1) {
    serve_ask_blocks(&f, A, server, 7, 4096, 0x03, 0);
    foreign_pass(&f, 15 * VMTP_MILLISECOND);
    serve_ask_blocks(&f, A, server, 7, 4096, 0x30, 0); /* TS1 begins anew */
    foreign_pass(&f, 18 * VMTP_MILLISECOND);
    expect_silence(&f);
    foreign_pass(&f, 4 * VMTP_MILLISECOND);
    const struct packet *p = expect_nvc(&f, A, 7, VMTP_RETRY);
    ck_assert_uint_eq(packet_32(p, 56), 0x33);
    ck_assert_mem_eq(p->dst, foreign_mac, 6);
    expect_silence(&f);
    serve_ask_blocks(&f, A, server, 7, 4096, 0x0c, 0);
    foreign_pass(&f, 18 * VMTP_MILLISECOND);
    expect_silence(&f);
    serve_ask_blocks(&f, A, server, 7, 4096, 0xc0, 0);
    ck_assert_uint_eq(serve_count(&f), 1);
    ck_assert_uint_eq(serve_last(&f)->segment_size, 4096);
    ck_assert_mem_eq(serve_last(&f)->segment, serving_segment, 4096);
    foreign_pass(&f, VMTP_SECOND);
    expect_silence(&f);
}
END_TEST

/* VMTP-8.3-09 VMTP-8.3-10 */
START_TEST(five_retries_then_no_more) {
    vmtp_time before = f.now, wait = 20 * VMTP_MILLISECOND; /* TS1 */
    struct vmtp_usage usage;
    serve_ask_blocks(&f, A, server, 7, 4096, 0x03, 0);
    foreign_pass(&f, 4 * VMTP_SECOND);
    for (unsigned i = 0; i < 5; i++) {
        const struct packet *p = expect_nvc(&f, A, 7, VMTP_RETRY);
        ck_assert_uint_eq(packet_32(p, 56), 0x03);
        ck_assert_uint_ge(p->at - before, wait);
        ck_assert_uint_le(p->at - before, wait + 2 * VMTP_MILLISECOND);
        wait = (20 * VMTP_MILLISECOND) << i; /* TS3 */
        before = p->at;
    }
    expect_nvc(&f, A, 7, VMTP_TOO_MANY_RETRIES);
    expect_silence(&f);
    ck_assert_uint_eq(serve_count(&f), 0);
    vmtp_usage(f.engine, &usage);
    ck_assert_uint_eq(usage.requests, 0);
    ck_assert_uint_eq(usage.accepts, 8);
}
END_TEST

/* VMTP-8.3-10 VMTP-6.3-05 */
START_TEST(immediate_retry_is_the_first_of_five) {
    vmtp_time before = f.now, wait = 0;
    if (_i)
        serve_ask_blocks(&f, A, server, 7, 4096, 0x03, 0);
    serve_ask_blocks(&f, A, server, 7, 4096, 0, VMTP_APG);
    foreign_pass(&f, 4 * VMTP_SECOND);
    for (unsigned i = 0; i < 5; i++) {
        const struct packet *p = expect_nvc(&f, A, 7, VMTP_RETRY);
        ck_assert_uint_eq(packet_32(p, 56), _i ? 0x03 : 0);
        ck_assert_uint_ge(p->at - before, wait);
        ck_assert_uint_le(p->at - before, wait + 2 * VMTP_MILLISECOND);
        wait = (20 * VMTP_MILLISECOND) << i; /* TS3 */
        before = p->at;
    }
    expect_nvc(&f, A, 7, VMTP_TOO_MANY_RETRIES);
    expect_silence(&f);
    ck_assert_uint_eq(vmtp_counter(f.engine, VMTP_COUNT_DROP_INCOMPLETE), 1);
}
END_TEST

/* VMTP-8.3-10 */
START_TEST(new_blocks_earn_new_retries) {
    serve_ask_blocks(&f, A, server, 7, 16384, 1, 0);
    for (unsigned block = 1; block <= 12; block++) { /* each after four RETRY */
        for (unsigned retries = 0; retries < 4; retries++) {
            while (foreign_waiting(&f) == 0)
                foreign_pass(&f, 5 * VMTP_MILLISECOND);
            expect_nvc(&f, A, 7, VMTP_RETRY);
        }
        ck_assert_int_eq(serve_ask_blocks(&f, A, server, 7, 16384, (uint32_t)1 << block, 0), 0);
    }
    serve_ask_blocks(&f, A, server, 7, 16384, ~0x1fffu, 0);
    ck_assert_uint_eq(serve_count(&f), 1);
}
END_TEST

/* VMTP-8.3-10 */
START_TEST(request_that_was_given_up_can_still_come) {
    serve_ask_blocks(&f, A, server, 7, 1024, 1, 0);
    foreign_pass(&f, 2 * VMTP_SECOND);
    drain();
    serve_ask_blocks(&f, A, server, 7, 1024, 3, 0);
    ck_assert_uint_eq(serve_count(&f), 1);
    expect_silence(&f);
}
END_TEST

/* ---- refusals ---- */

/* VMTP-8.3-11 */
START_TEST(server_that_went_away_is_missed_by_known_clients_too) {
    serve_ask(&f, A, server, 7, 0);
    answer(5, 0);
    drain();
    ck_assert_int_eq(vmtp_entity_delete(f.engine, server, f.now), 0);
    foreign_collect(&f);
    ck_assert_int_eq(serve_ask(&f, A, server, 8, 0), VMTP_COUNT_DROP_NO_SERVER);
    expect_nvc(&f, A, 8, VMTP_NONEXISTENT_ENTITY);
    expect_silence(&f);
}
END_TEST

/* VMTP-8.4-01 */
START_TEST(server_that_takes_none_is_busy_and_forgets) {
    vmtp_entity lazy;
    struct vmtp_usage usage;
    ck_assert_int_eq(vmtp_entity_create(f.engine, &lazy, NULL, f.now), 0);
    ck_assert_int_eq(serve_ask(&f, A, lazy, 7, 0), VMTP_COUNT_DROP_NO_ACCEPT);
    expect_nvc(&f, A, 7, VMTP_BUSY);
    ck_assert_int_eq(serve_ask_blocks(&f, A, lazy, 7, 2048, 3, 0), VMTP_COUNT_DROP_NO_ACCEPT);
    expect_nvc(&f, A, 7, VMTP_BUSY);
    vmtp_usage(f.engine, &usage);
    ck_assert_uint_eq(usage.requests, 0);
    ck_assert_uint_eq(usage.remote_clients, 0);
    serve_accepts(&f, lazy, 1, 0);
    ck_assert_int_eq(serve_ask_again(&f, A, lazy, 7, 0), 0); /* the very same Request, now */
    ck_assert_uint_eq(serve_count(&f), 1);
    expect_silence(&f);
}
END_TEST

/* VMTP-8.4-02 */
START_TEST(segment_larger_than_the_server_takes) {
    vmtp_entity small;
    struct vmtp_usage usage;
    ck_assert_int_eq(vmtp_entity_create(f.engine, &small, NULL, f.now), 0);
    serve_accepts(&f, small, 2, 1024);
    ck_assert_int_eq(serve_ask_blocks(&f, A, small, 7, 1025, 3, 0), VMTP_COUNT_DROP_TOO_LARGE);
    expect_nvc(&f, A, 7, VMTP_ERROR);
    vmtp_usage(f.engine, &usage);
    ck_assert_uint_eq(usage.requests, 0);
    ck_assert_int_eq(serve_ask_blocks(&f, A, small, 8, 1024, 3, 0), 0);
    ck_assert_uint_eq(serve_count(&f), 1);
    expect_silence(&f);
}
END_TEST

int main(void) {
    Suite *s = suite_create("server requests");
    TCase *t = tcase_create("requests");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, duplicate_while_processing);
    tcase_add_loop_test(t, duplicate_of_an_answered_request_brings_the_response_again, 0, 6);
    tcase_add_loop_test(t, duplicate_before_the_response_has_left_causes_no_second_sending, 0, 2);
    tcase_add_loop_test(t, duplicate_of_an_idempotent_one_is_executed_again, 0, 2);
    tcase_add_loop_test(t, duplicate_without_data_of_an_idempotent_one_is_collected_anew, 0, 2);
    tcase_add_test(t, duplicate_of_one_whose_response_is_gone);
    tcase_add_test(t, missing_blocks_are_asked_for_after_ts1);
    tcase_add_test(t, five_retries_then_no_more);
    tcase_add_loop_test(t, immediate_retry_is_the_first_of_five, 0, 2);
    tcase_add_test(t, new_blocks_earn_new_retries);
    tcase_add_test(t, request_that_was_given_up_can_still_come);
    tcase_add_test(t, server_that_went_away_is_missed_by_known_clients_too);
    tcase_add_test(t, server_that_takes_none_is_busy_and_forgets);
    tcase_add_test(t, segment_larger_than_the_server_takes);
    suite_add_tcase(s, t);
    return run_suite(s);
}
