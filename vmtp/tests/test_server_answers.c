/* SPDX-License-Identifier: BSD-2-Clause */
/* test_server_answers.c - Responses after they have been sent: kept, asked about, forgotten (spec/vmtp.md 8.4 to 8.7). */
#include "support/serving.h"
#include "wire_testing.h"

#define A FOREIGN_CLIENT
#define B FOREIGN_OTHER_CLIENT
#define ALL8 0x000000ffu /* the blocks of 4096 octets */

static struct foreign f;
static vmtp_entity server;

static void setup(void) {
    foreign_open(&f, NULL);
    server = serve_entity(&f, NULL);
}

static void teardown(void) { foreign_close(&f); }

static void drain(void) {
    while (foreign_take(&f)) {
    }
}

/* A's Transaction 7 is answered, and the packets of the Response have been seen. */
static void answered(uint32_t code, uint32_t size, uint32_t flags) {
    serve_ask(&f, A, server, 7, 0);
    ck_assert_int_eq(serve_reply(&f, serve_last(&f), code, size, flags), 0);
    drain();
}

static int told(uint32_t delivery, uint32_t code) {
    struct vmtp_header h = foreign_notify_server(server, A, 7, delivery, code);
    int result = foreign_send(&f, &h, NULL, 0);
    foreign_pass(&f, 2 * VMTP_MILLISECOND); /* after losses packets have gaps between them */
    return result;
}

static unsigned released(void) { return foreign_event_count(&f, VMTP_EV_RELEASED); }

static struct vmtp_usage usage(void) {
    struct vmtp_usage u;
    vmtp_usage(f.engine, &u);
    return u;
}

/* ---- answering ---- */

/* What a later version may name changes nothing today, and is not taken for something else. */
START_TEST(flags_without_a_name_are_refused) {
    serve_ask(&f, A, server, 7, 0);
    for (unsigned bit = 6; bit < 32; bit++)
        ck_assert_int_eq(serve_reply(&f, serve_last(&f), 1, 0, (uint32_t)1 << bit), VMTP_E_INVALID);
    ck_assert_int_eq(serve_reply(&f, serve_last(&f), 1, 512, VMTP_REPLY_CONFIRM | 0x40u), VMTP_E_INVALID);
    expect_silence(&f);
    ck_assert_uint_eq(released(), 0);
    ck_assert_int_eq(serve_reply(&f, serve_last(&f), 1, 512, VMTP_REPLY_CONFIRM), 0);
    expect_response(&f, 7, 1);
}
END_TEST

/* VMTP-8.4-03 VMTP-8.4-04 */
START_TEST(response_goes_to_its_client) {
    serve_ask(&f, A, server, 7, 0);
    f.src = foreign_other_mac;
    serve_ask(&f, B, server, 70, 0);
    ck_assert_int_eq(serve_reply(&f, foreign_event(&f, VMTP_EV_REQUEST, 0), 1, 2048, 0), 0);
    ck_assert_int_eq(serve_reply(&f, foreign_event(&f, VMTP_EV_REQUEST, 1), 1, 2048, 0), 0);
    for (unsigned i = 0; i < 4; i++) {
        const struct packet *p = expect_response(&f, i < 2 ? 7 : 70, 1);
        ck_assert_uint_eq(p->h.client, i < 2 ? A : B);
        ck_assert_mem_eq(p->dst, i < 2 ? foreign_mac : foreign_other_mac, 6);
        ck_assert_uint_eq(p->h.flags & VMTP_APG, 0);
        ck_assert_uint_eq(p->h.mpg, 0);
    }
    expect_silence(&f);
}
END_TEST

/* VMTP-3.2-02 VMTP-3.2-03 VMTP-3.2-05 VMTP-3.3-01 */
START_TEST(response_says_whose_it_is) {
    struct vmtp_header h = foreign_request(A, server, 0x89abcdef, 0x123 | VMTP_CRE | VMTP_MRD | VMTP_PIC | VMTP_CMD);
    header_set_64(&h, 36, server);
    h.priority = 11;
    h.forward = 5;
    h.gap = 1;
    h.flags = VMTP_DRT | VMTP_MDG;
    ck_assert_int_eq(vmtp_host_learn(f.engine, A, foreign_mac, f.now), 0); /* a forwarded Request does not tell */
    foreign_send(&f, &h, NULL, 0);
    h.retransmit = 6; /* the last packet that comes of it */
    foreign_send(&f, &h, NULL, 0);
    ck_assert_int_eq(serve_reply(&f, serve_last(&f), 5, 2048, 0), 0);
    foreign_pass(&f, VMTP_MILLISECOND);
    for (unsigned i = 0; i < 2; i++) {
        const struct packet *p = expect_response(&f, 0x89abcdef, 5);
        ck_assert_uint_eq(p->h.client, A);
        ck_assert_uint_eq(p->h.server, server);
        ck_assert_uint_eq(p->h.priority, 11);
        ck_assert_uint_eq(p->h.forward, 5);
        ck_assert_uint_eq(p->h.retransmit, 6);
        ck_assert_uint_eq(p->h.code, 5 | VMTP_SDA);
        ck_assert_uint_eq(p->h.flags, 0);
        ck_assert_uint_eq(p->h.gap, 0); /* PGcount */
    }
    expect_silence(&f);
}
END_TEST

/* VMTP-8.4-05 VMTP-8.5-02 */
START_TEST(segment_is_kept_until_ts4) {
    answered(1, 4096, 0);
    foreign_pass(&f, 5 * VMTP_SECOND - 2 * VMTP_MILLISECOND);
    ck_assert_uint_eq(released(), 0);
    ck_assert_uint_eq(usage().requests, 1);
    foreign_pass(&f, 4 * VMTP_MILLISECOND);
    ck_assert_uint_eq(released(), 1);
    ck_assert_uint_eq(usage().requests, 0);
    expect_silence(&f);
    ck_assert_uint_eq(vmtp_counter(f.engine, VMTP_COUNT_RESPONSES_UNACKED), 0);
}
END_TEST

/* VMTP-8.4-05 VMTP-8.6-02 */
START_TEST(segment_is_kept_until_it_is_acknowledged) {
    answered(1, 4096, 0);
    ck_assert_uint_eq(released(), 0);
    ck_assert_int_eq(told(ALL8, VMTP_OK), 0);
    ck_assert_uint_eq(released(), 1);
    ck_assert_uint_eq(foreign_event(&f, VMTP_EV_RELEASED, 0)->handle, serve_last(&f)->handle);
    expect_silence(&f);
}
END_TEST

/* VMTP-8.4-05 VMTP-8.4-06 */
START_TEST(segment_is_kept_until_the_next_request) {
    answered(1, 4096, 0);
    serve_ask(&f, B, server, 70, 0); /* somebody else's says nothing */
    ck_assert_uint_eq(released(), 0);
    serve_ask(&f, A, server, 8, 0);
    ck_assert_uint_eq(released(), 1);
}
END_TEST

/* VMTP-8.4-05 */
START_TEST(idempotent_segment_is_kept_until_sent) {
    struct vmtp_tx tx;
    serve_ask(&f, A, server, 7, 0);
    f.stuck = 1;
    ck_assert_int_eq(serve_reply(&f, serve_last(&f), 1 | VMTP_DGM, 1024, 0), 0);
    ck_assert_uint_eq(released(), 0);
    ck_assert_int_eq(vmtp_output(f.engine, &tx, f.now), 1);
    foreign_collect(&f);
    ck_assert_uint_eq(released(), 0); /* given out, but not reported */
    vmtp_tx_result(f.engine, &tx, VMTP_TX_SENT, f.now);
    foreign_collect(&f);
    ck_assert_uint_eq(released(), 1);
    ck_assert_uint_eq(usage().requests, 0);
}
END_TEST

/* VMTP-8.4-07 */
START_TEST(refusing_to_answer) {
    serve_ask(&f, A, server, 7, 0);
    ck_assert_int_eq(serve_reply(&f, serve_last(&f), VMTP_RESPONSE_DISCARDED, 0, 0), 0);
    foreign_pass(&f, VMTP_SECOND);
    expect_silence(&f);
    ck_assert_uint_eq(usage().requests, 0);
    serve_ask_again(&f, A, server, 7, VMTP_APG);
    expect_nvc(&f, A, 7, VMTP_RESPONSE_DISCARDED);
    expect_silence(&f);
    ck_assert_uint_eq(serve_count(&f), 1);
}
END_TEST

/* ---- asking for acknowledgment ---- */

/* VMTP-8.5-01 VMTP-8.5-02 VMTP-8.5-05 */
START_TEST(nothing_is_asked_by_default) {
    static const uint32_t sizes[] = {0, 100, 4096, 16384};
    answered(1, sizes[_i], 0);
    foreign_pass(&f, 60 * VMTP_SECOND);
    expect_silence(&f);
    ck_assert_uint_eq(vmtp_counter(f.engine, VMTP_COUNT_RESPONSES_UNACKED), 0);
}
END_TEST

/* VMTP-8.5-02 */
START_TEST(asking_again_renews_ts4) {
    answered(1, 4096, 0);
    for (unsigned i = 0; i < 3; i++) {
        foreign_pass(&f, 4 * VMTP_SECOND);
        ck_assert_uint_eq(released(), 0);
        serve_ask_again(&f, A, server, 7, VMTP_APG);
        expect_response(&f, 7, 1);
    }
    foreign_pass(&f, 6 * VMTP_SECOND);
    ck_assert_uint_eq(released(), 1);
    expect_silence(&f);
}
END_TEST

/* Five times the Response with APG, from TS5 on, then it is discarded. */
static void expect_to_be_asked(uint32_t size, vmtp_time since) {
    vmtp_time before = since, wait = 250 * VMTP_MILLISECOND; /* TS5 */
    int single = size <= 1432;
    foreign_pass(&f, 10 * VMTP_SECOND);
    for (unsigned i = 0; i < 5; i++) {
        const struct packet *p = expect_response(&f, 7, 1);
        ck_assert_uint_eq(p->h.flags & VMTP_APG, VMTP_APG);
        ck_assert_uint_eq(p->h.words[6], size);
        ck_assert_uint_eq(p->h.delivery, single ? vmtp_blocks_mask(size) : 0);
        ck_assert_uint_eq(p->data_octets, single ? (size + 7u) & ~7u : 0);
        ck_assert_uint_ge(p->at - before, wait);
        ck_assert_uint_le(p->at - before, wait + 2 * VMTP_MILLISECOND);
        wait = (20 * VMTP_MILLISECOND) << i; /* TS3 */
        before = p->at;
    }
    expect_silence(&f);
    ck_assert_uint_eq(released(), 1);
    ck_assert_uint_eq(vmtp_counter(f.engine, VMTP_COUNT_RESPONSES_UNACKED), 1);
}

/* VMTP-8.5-03 VMTP-8.5-04 VMTP-8.5-06 */
START_TEST(entity_wants_confirmation) {
    uint32_t size = _i ? 4096 : 1000;
    answered(1, size, VMTP_REPLY_CONFIRM);
    expect_to_be_asked(size, f.now);
}
END_TEST

/* VMTP-8.5-04 VMTP-8.5-06 */
START_TEST(discarded_when_nobody_confirms) {
    answered(1, 4096, VMTP_REPLY_CONFIRM);
    foreign_pass(&f, 2 * VMTP_SECOND);
    drain();
    ck_assert_uint_eq(released(), 1);
    ck_assert_uint_eq(vmtp_counter(f.engine, VMTP_COUNT_RESPONSES_UNACKED), 1);
    serve_ask_again(&f, A, server, 7, VMTP_APG);
    expect_nvc(&f, A, 7, VMTP_RESPONSE_DISCARDED);
}
END_TEST

/* VMTP-8.5-03 VMTP-8.5-06 */
START_TEST(confirmation_ends_the_asking) {
    answered(1, 4096, VMTP_REPLY_CONFIRM);
    foreign_pass(&f, 260 * VMTP_MILLISECOND);
    expect_response(&f, 7, 1);
    ck_assert_int_eq(told(ALL8, VMTP_OK), 0);
    ck_assert_uint_eq(released(), 1);
    foreign_pass(&f, 10 * VMTP_SECOND);
    expect_silence(&f);
    ck_assert_uint_eq(vmtp_counter(f.engine, VMTP_COUNT_RESPONSES_UNACKED), 0);
}
END_TEST

/* VMTP-8.5-03 */
START_TEST(operator_wants_confirmation_always) {
    struct vmtp_config config;
    foreign_config(&config);
    config.timers.ts5_always = 1;
    foreign_close(&f);
    foreign_open(&f, &config);
    server = serve_entity(&f, NULL);
    answered(1, 4096, 0);
    expect_to_be_asked(4096, f.now);
}
END_TEST

/* VMTP-8.5-03 */
START_TEST(table_of_requests_three_quarters_full) {
    struct vmtp_config config;
    foreign_config(&config);
    config.max_requests = 8;
    foreign_close(&f);
    foreign_open(&f, &config);
    server = serve_entity(&f, NULL);
    for (unsigned i = 0; i < 6; i++) { /* six of eight are in use when the sixth is answered */
        serve_ask(&f, A + 0x100 + i, server, 1, 0);
        ck_assert_int_eq(serve_reply(&f, serve_last(&f), 1, 4096, 0), 0);
    }
    drain();
    foreign_pass(&f, 260 * VMTP_MILLISECOND);
    const struct packet *p = expect_response(&f, 1, 1);
    ck_assert_uint_eq(p->h.client, A + 0x105);
    ck_assert_uint_eq(p->h.flags & VMTP_APG, VMTP_APG);
    expect_silence(&f);
}
END_TEST

/* VMTP-8.5-05 */
START_TEST(response_without_segment_is_never_sent_by_timer) {
    answered(1, 0, VMTP_REPLY_CONFIRM);
    foreign_pass(&f, 4900 * VMTP_MILLISECOND);
    expect_silence(&f);
    serve_ask_again(&f, A, server, 7, 0); /* but it is kept as long as any other */
    expect_response(&f, 7, 1);
    foreign_pass(&f, 20 * VMTP_SECOND);
    expect_silence(&f);
    ck_assert_uint_eq(serve_count(&f), 1);
}
END_TEST

/* ---- NotifyVmtpServer ---- */

/* VMTP-8.6-01 */
START_TEST(notify_about_something_else_has_no_effect) {
    struct vmtp_header odd[] = {
        foreign_notify_server(server + 1, A, 7, 0, VMTP_OK), foreign_notify_server(server, B, 7, 0, VMTP_OK),
        foreign_notify_server(server, A, 8, 0, VMTP_OK), foreign_notify_server(server, A, 6, 0, VMTP_RETRY),
        foreign_notify_server(server, A, 0, 0, VMTP_RETRY_ALL)};
    answered(1, 4096, 0);
    for (unsigned i = 0; i < sizeof odd / sizeof odd[0]; i++)
        ck_assert_int_gt(foreign_send(&f, &odd[i], NULL, 0), 0); /* dropped, for one reason or another */
    expect_silence(&f);
    ck_assert_uint_eq(released(), 0);
    ck_assert_uint_eq(vmtp_counter(f.engine, VMTP_COUNT_NOTIFY_IN), 0);
    ck_assert_int_eq(told(0, VMTP_OK), 0);
    ck_assert_uint_eq(released(), 1);
}
END_TEST

/* VMTP-8.6-01 */
START_TEST(notify_before_the_response_has_no_effect) {
    static const uint32_t codes[] = {VMTP_OK, VMTP_RETRY, VMTP_RETRY_ALL, VMTP_BUSY, VMTP_NONEXISTENT_ENTITY};
    if (_i)
        serve_ask_blocks(&f, A, server, 7, 1024, 1, 0); /* ReceivingRequest */
    else
        serve_ask(&f, A, server, 7, 0); /* Processing */
    for (unsigned i = 0; i < sizeof codes / sizeof codes[0]; i++)
        ck_assert_int_eq(told(0, codes[i]), VMTP_COUNT_DROP_BAD_NOTIFY);
    expect_silence(&f);
    if (_i)
        serve_ask_blocks(&f, A, server, 7, 1024, 2, 0);
    ck_assert_int_eq(serve_reply(&f, serve_last(&f), 1, 0, 0), 0);
    expect_response(&f, 7, 1);
}
END_TEST

/* VMTP-8.6-02 VMTP-10.11-06 */
START_TEST(other_codes_stop_the_sending) {
    static const uint32_t codes[] = {
        VMTP_NONEXISTENT_ENTITY, VMTP_RESPONSE_DISCARDED, VMTP_BAD_TRANSACTION_ID, VMTP_ERROR, 77, 0x00345678};
    struct vmtp_tx tx;
    serve_ask(&f, A, server, 7, 0);
    f.stuck = 1;
    ck_assert_int_eq(serve_reply(&f, serve_last(&f), 1, 8192, 0), 0);
    ck_assert_int_eq(vmtp_output(f.engine, &tx, f.now), 1); /* one of eight packets */
    vmtp_tx_result(f.engine, &tx, VMTP_TX_SENT, f.now);
    ck_assert_int_eq(told(0, codes[_i]), 0);
    f.stuck = 0;
    foreign_pass(&f, VMTP_SECOND);
    expect_silence(&f);
    ck_assert_uint_eq(released(), 1);
    serve_ask_again(&f, A, server, 7, VMTP_APG);
    expect_nvc(&f, A, 7, VMTP_RESPONSE_DISCARDED);
}
END_TEST

/* VMTP-8.6-02: a Response without a segment stays as it is, whatever is said about it */
START_TEST(nothing_is_released_where_there_is_no_segment) {
    static const uint32_t codes[] = {VMTP_OK,    VMTP_RETRY, VMTP_RETRY_ALL,         VMTP_BUSY, VMTP_NONEXISTENT_ENTITY,
                                     VMTP_ERROR, 77,         VMTP_RESPONSE_DISCARDED};
    answered(5, 0, 0);
    for (unsigned i = 0; i < 9; i++)
        told(0, codes[_i]);
    foreign_pass(&f, 4 * VMTP_SECOND);
    expect_silence(&f);
    serve_ask_again(&f, A, server, 7, VMTP_APG);
    ck_assert_uint_eq(expect_response(&f, 7, 5)->h.flags, 0);
    ck_assert_uint_eq(serve_count(&f), 1);
}
END_TEST

/* VMTP-8.3-04 VMTP-8.6-03 */
START_TEST(what_retry_brings_asks_for_nothing) {
    answered(1, 8192, 0);
    ck_assert_int_eq(told(0x00ff, _i ? VMTP_RETRY_ALL : VMTP_RETRY), 0);
    uint32_t blocks = 0;
    for (const struct packet *p = expect_packet(&f); p; p = foreign_take(&f)) {
        ck_assert_uint_eq(p->h.flags & VMTP_APG, 0);
        blocks |= p->h.delivery;
    }
    ck_assert_uint_eq(blocks, _i ? 0xffff : 0xff00);
}
END_TEST

/* VMTP-8.6-03 */
START_TEST(retry_brings_the_missing_blocks) {
    static const struct {
        uint32_t delivery, code, blocks;
    } cases[] = {{0x7f, VMTP_RETRY, 0x80},     {0x5a, VMTP_RETRY, 0xa5},       {0, VMTP_RETRY, ALL8},
                 {0xf0, VMTP_RETRY_ALL, ALL8}, {0xffffff00, VMTP_RETRY, ALL8}, {ALL8, VMTP_RETRY, 0}};
    uint32_t seen = 0;
    answered(1, 4096, 0);
    ck_assert_int_eq(told(cases[_i].delivery, cases[_i].code), 0);
    while (foreign_waiting(&f)) {
        const struct packet *p = expect_response(&f, 7, 1);
        ck_assert_uint_eq(seen & p->h.delivery, 0);
        seen |= p->h.delivery;
        for (uint32_t at = 0, blocks = p->h.delivery; blocks; at += 512, blocks &= blocks - 1)
            ck_assert_mem_eq(p->data + at, serving_segment + 512 * (unsigned)__builtin_ctz(blocks), 512);
    }
    ck_assert_uint_eq(seen, cases[_i].blocks);
    ck_assert_uint_eq(released(), 0);
}
END_TEST

/* VMTP-8.6-04 */
START_TEST(busy_client_is_asked_later) {
    answered(1, 4096, 0);
    for (unsigned i = 0; i < 8; i++) { /* each clears the count, so this can go on longer than five times */
        ck_assert_int_eq(told(0, VMTP_BUSY), 0);
        expect_silence(&f);
        foreign_pass(&f, 248 * VMTP_MILLISECOND);
        expect_silence(&f);
        foreign_pass(&f, 4 * VMTP_MILLISECOND);
        const struct packet *p = expect_response(&f, 7, 1);
        ck_assert_uint_eq(p->h.flags & VMTP_APG, VMTP_APG);
        ck_assert_uint_eq(p->data_octets, 0);
        expect_silence(&f);
    }
    ck_assert_uint_eq(released(), 0);
}
END_TEST

/* VMTP-8.6-05 VMTP-8.6-07 */
START_TEST(six_retries_without_progress_are_too_many) {
    uint32_t again = _i ? VMTP_RETRY_ALL : VMTP_RETRY;
    answered(1, 4096, 0);
    for (unsigned i = 0; i < 5; i++) {
        ck_assert_int_eq(told(0x0f, again), 0);
        expect_packet(&f);
        drain();
    }
    ck_assert_uint_eq(released(), 0);
    told(0x0f, again);
    expect_silence(&f);
    ck_assert_uint_eq(released(), 1);
    told(0x0f, again);
    expect_nvc(&f, A, 7, VMTP_RESPONSE_DISCARDED);
    serve_ask_again(&f, A, server, 7, 0);
    expect_nvc(&f, A, 7, VMTP_RESPONSE_DISCARDED);
}
END_TEST

/* VMTP-8.6-05 */
START_TEST(progress_earns_new_retries) {
    answered(1, 16384, 0);
    uint32_t has = 1;
    for (unsigned i = 0; i < 31; i++, has = has << 1 | 1) {
        ck_assert_int_eq(told(has, VMTP_RETRY), 0);
        expect_packet(&f);
        drain();
    }
    ck_assert_uint_eq(released(), 0);
}
END_TEST

/* VMTP-8.6-06 */
START_TEST(idempotent_response_cannot_be_asked_for) {
    answered(1 | VMTP_DGM, 4096, 0);
    ck_assert_int_eq(told(0x0f, VMTP_RETRY), VMTP_COUNT_DROP_BAD_NOTIFY);
    foreign_pass(&f, VMTP_SECOND);
    expect_silence(&f);
}
END_TEST

/* VMTP-8.6-06 */
START_TEST(idempotent_response_on_its_way_cannot_be_asked_for_either) {
    struct vmtp_tx tx;
    serve_ask(&f, A, server, 7, 0);
    f.stuck = 1;
    ck_assert_int_eq(serve_reply(&f, serve_last(&f), 1 | VMTP_DGM, 1024, 0), 0);
    ck_assert_int_eq(vmtp_output(f.engine, &tx, f.now), 1);
    ck_assert_int_eq(told(0, VMTP_RETRY), VMTP_COUNT_DROP_BAD_NOTIFY);
    f.stuck = 0;
    foreign_pass(&f, VMTP_SECOND);
    expect_silence(&f);
    vmtp_tx_result(f.engine, &tx, VMTP_TX_SENT, f.now);
    foreign_collect(&f);
    ck_assert_uint_eq(released(), 1);
}
END_TEST

/* VMTP-8.6-07 */
START_TEST(response_that_is_gone_cannot_be_asked_for) {
    answered(1, 4096, 0);
    told(ALL8, VMTP_OK);
    told(0x0f, VMTP_RETRY);
    const struct packet *p = expect_nvc(&f, A, 7, VMTP_RESPONSE_DISCARDED);
    ck_assert_mem_eq(p->dst, foreign_mac, 6);
    told(0, VMTP_RETRY_ALL);
    expect_nvc(&f, A, 7, VMTP_RESPONSE_DISCARDED);
    expect_silence(&f);
    told(ALL8, VMTP_OK);
    expect_silence(&f);
}
END_TEST

/* ---- timeouts ---- */

/* VMTP-8.7-01 VMTP-9.1-06 */
START_TEST(records_live_for_ts4) {
    answered(1, 0, 0);
    foreign_pass(&f, 4900 * VMTP_MILLISECOND);
    ck_assert_uint_eq(usage().remote_clients, 1);
    serve_ask(&f, B, server, 7, 0); /* B's is new, A's is filtered still */
    ck_assert_uint_eq(serve_count(&f), 2);
    foreign_pass(&f, 102 * VMTP_MILLISECOND);
    ck_assert_uint_eq(usage().remote_clients, 1);
    ck_assert_int_eq(serve_reply(&f, serve_last(&f), VMTP_RESPONSE_DISCARDED, 0, 0), 0);
    foreign_pass(&f, 5002 * VMTP_MILLISECOND);
    ck_assert_uint_eq(usage().remote_clients, 0);
}
END_TEST

/* VMTP-9.1-06 */
START_TEST(duplicate_is_filtered_after_almost_five_seconds) {
    answered(1, 0, 0);
    foreign_pass(&f, 4900 * VMTP_MILLISECOND);
    ck_assert_int_eq(serve_ask_again(&f, A, server, 7, 0), VMTP_COUNT_DROP_DUPLICATE);
    expect_response(&f, 7, 1);
    ck_assert_uint_eq(serve_count(&f), 1);
}
END_TEST

/* VMTP-9.1-06 VMTP-9.1-01 */
START_TEST(shorter_ts4_filters_for_less_long) {
    struct vmtp_config config;
    foreign_config(&config);
    config.timers.ts4 = VMTP_SECOND;
    foreign_close(&f);
    foreign_open(&f, &config);
    server = serve_entity(&f, NULL);
    answered(1, 0, 0);
    foreign_pass(&f, 990 * VMTP_MILLISECOND);
    ck_assert_int_eq(serve_ask_again(&f, A, server, 7, 0), VMTP_COUNT_DROP_DUPLICATE);
    ck_assert_uint_eq(serve_count(&f), 1);
    foreign_pass(&f, 1002 * VMTP_MILLISECOND);
    ck_assert_int_eq(serve_ask_again(&f, A, server, 7, 0), 0);
    ck_assert_uint_eq(serve_count(&f), 2);
}
END_TEST

static void open_with_ts2(vmtp_time ts2) {
    struct vmtp_config config;
    foreign_config(&config);
    config.timers.ts2 = ts2;
    foreign_close(&f);
    foreign_open(&f, &config);
    server = serve_entity(&f, NULL);
}

/* VMTP-8.7-03 VMTP-9.1-01 */
START_TEST(orphan_is_abandoned_after_ts2) {
    open_with_ts2(3 * VMTP_SECOND);
    serve_ask(&f, A, server, 7, 0);
    for (unsigned i = 0; i < 3; i++) { /* a duplicate shows that somebody still waits */
        foreign_pass(&f, 2900 * VMTP_MILLISECOND);
        serve_ask_again(&f, A, server, 7, VMTP_APG);
        expect_nvc(&f, A, 7, VMTP_OK);
    }
    ck_assert_uint_eq(foreign_event_count(&f, VMTP_EV_ABANDONED), 0);
    foreign_pass(&f, 2998 * VMTP_MILLISECOND);
    ck_assert_uint_eq(foreign_event_count(&f, VMTP_EV_ABANDONED), 0);
    foreign_pass(&f, 4 * VMTP_MILLISECOND);
    ck_assert_uint_eq(foreign_event_count(&f, VMTP_EV_ABANDONED), 1);
    ck_assert_uint_eq(vmtp_counter(f.engine, VMTP_COUNT_ORPHANS), 1);
    ck_assert_int_eq(serve_reply(&f, serve_last(&f), 1, 0, 0), VMTP_E_STALE);
    expect_silence(&f);
}
END_TEST

/* VMTP-8.7-03 */
START_TEST(without_ts2_nothing_is_abandoned) {
    open_with_ts2(0);
    serve_ask(&f, A, server, 7, 0);
    foreign_pass(&f, 3600 * VMTP_SECOND);
    ck_assert_uint_eq(foreign_event_count(&f, VMTP_EV_ABANDONED), 0);
    ck_assert_int_eq(serve_reply(&f, serve_last(&f), 1, 0, 0), 0);
    expect_response(&f, 7, 1);
}
END_TEST

/* Values that are far from the defaults. */
static void open_with_slow_timers(void) {
    struct vmtp_config config;
    foreign_config(&config);
    config.timers.ts1 = 300 * VMTP_MILLISECOND;
    config.timers.ts4 = 30 * VMTP_SECOND;
    config.timers.ts5 = VMTP_SECOND;
    config.timers.ack_retries = 2;
    config.timers.response_retries = 3;
    foreign_close(&f);
    foreign_open(&f, &config);
    server = serve_entity(&f, NULL);
}

/* VMTP-9.1-01 */
START_TEST(server_timers_can_be_set) {
    open_with_slow_timers();
    serve_ask_blocks(&f, A, server, 6, 1024, 1, 0);
    foreign_pass(&f, 290 * VMTP_MILLISECOND);
    expect_silence(&f);
    foreign_pass(&f, 15 * VMTP_SECOND);
    expect_nvc(&f, A, 6, VMTP_RETRY);
    expect_nvc(&f, A, 6, VMTP_RETRY);
    expect_nvc(&f, A, 6, VMTP_TOO_MANY_RETRIES);
    answered(1, 4096, VMTP_REPLY_CONFIRM);
    foreign_pass(&f, 990 * VMTP_MILLISECOND);
    expect_silence(&f);
    foreign_pass(&f, 10 * VMTP_SECOND);
    ck_assert_uint_eq(foreign_waiting(&f), 3);
    drain();
    foreign_pass(&f, 18 * VMTP_SECOND); /* within TS4 of giving up */
    serve_ask_again(&f, A, server, 7, 0);
    expect_nvc(&f, A, 7, VMTP_RESPONSE_DISCARDED);
}
END_TEST

static void add_asking(TCase *t) {
    tcase_add_loop_test(t, nothing_is_asked_by_default, 0, 4);
    tcase_add_test(t, asking_again_renews_ts4);
    tcase_add_loop_test(t, entity_wants_confirmation, 0, 2);
    tcase_add_test(t, discarded_when_nobody_confirms);
    tcase_add_test(t, confirmation_ends_the_asking);
    tcase_add_test(t, operator_wants_confirmation_always);
    tcase_add_test(t, table_of_requests_three_quarters_full);
    tcase_add_test(t, response_without_segment_is_never_sent_by_timer);
}

static void add_notify(TCase *t) {
    tcase_add_test(t, notify_about_something_else_has_no_effect);
    tcase_add_loop_test(t, notify_before_the_response_has_no_effect, 0, 2);
    tcase_add_loop_test(t, other_codes_stop_the_sending, 0, 6);
    tcase_add_loop_test(t, nothing_is_released_where_there_is_no_segment, 0, 8);
    tcase_add_loop_test(t, what_retry_brings_asks_for_nothing, 0, 2);
    tcase_add_loop_test(t, retry_brings_the_missing_blocks, 0, 6);
    tcase_add_test(t, busy_client_is_asked_later);
    tcase_add_loop_test(t, six_retries_without_progress_are_too_many, 0, 2);
    tcase_add_test(t, progress_earns_new_retries);
    tcase_add_test(t, idempotent_response_cannot_be_asked_for);
    tcase_add_test(t, idempotent_response_on_its_way_cannot_be_asked_for_either);
    tcase_add_test(t, response_that_is_gone_cannot_be_asked_for);
}

int main(void) {
    Suite *s = suite_create("server answers");
    TCase *t = tcase_create("answers");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, flags_without_a_name_are_refused);
    tcase_add_test(t, response_goes_to_its_client);
    tcase_add_test(t, response_says_whose_it_is);
    tcase_add_test(t, segment_is_kept_until_ts4);
    tcase_add_test(t, segment_is_kept_until_it_is_acknowledged);
    tcase_add_test(t, segment_is_kept_until_the_next_request);
    tcase_add_test(t, idempotent_segment_is_kept_until_sent);
    tcase_add_test(t, refusing_to_answer);
    add_asking(t);
    add_notify(t);
    tcase_add_test(t, records_live_for_ts4);
    tcase_add_test(t, duplicate_is_filtered_after_almost_five_seconds);
    tcase_add_test(t, shorter_ts4_filters_for_less_long);
    tcase_add_test(t, orphan_is_abandoned_after_ts2);
    tcase_add_test(t, without_ts2_nothing_is_abandoned);
    tcase_add_test(t, server_timers_can_be_set);
    suite_add_tcase(s, t);
    return run_suite(s);
}
