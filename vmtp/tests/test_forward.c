/* SPDX-License-Identifier: BSD-2-Clause */
/* test_forward.c - a server that passes a Request on, packet by packet (spec/vmtp.md section 13.5). */
#include "support/serving.h"
#include "wire_testing.h"

#define A FOREIGN_CLIENT
#define NEXT FOREIGN_SERVER
#define MS VMTP_MILLISECOND

static struct foreign f;
static vmtp_entity server;

static void setup(void) {
    foreign_open(&f, NULL);
    server = serve_entity(&f, NULL);
    ck_assert_int_eq(vmtp_host_learn(f.engine, NEXT, foreign_other_mac, f.now), 0);
}

static void teardown(void) { foreign_close(&f); }

static struct vmtp_forward onward(vmtp_entity to, uint32_t size) {
    struct vmtp_forward w;
    memset(&w, 0, sizeof w);
    w.message.server = to;
    w.message.code = 0x321;
    w.message.words[0] = 0xf0f0f0f0;
    w.segment = size ? serving_segment : NULL;
    w.segment_size = size;
    return w;
}

static int pass_on(const struct vmtp_forward *w) {
    int result = vmtp_forward(f.engine, serve_last(&f)->handle, w, f.now);
    foreign_collect(&f);
    return result;
}

/* Transaction 7 of A arrives and goes on with size octets. */
static void begin(uint32_t size) {
    struct vmtp_forward w = onward(NEXT, size);
    ck_assert_int_eq(serve_ask(&f, A, server, 7, 0), 0);
    ck_assert_int_eq(pass_on(&w), 0);
}

static void forget_packets(void) {
    while (foreign_take(&f)) {
    }
}

/* What the next server says. */
static int told(uint32_t delivery, uint32_t code) {
    struct vmtp_header h = foreign_notify_forwarder(A, 7, 1, delivery, code);
    f.src = foreign_other_mac;
    int result = foreign_send(&f, &h, NULL, 0);
    f.src = foreign_mac;
    return result;
}

static const struct packet *expect_onward(uint32_t delivery, uint32_t flags) {
    const struct packet *p = expect_packet(&f);
    ck_assert_uint_eq(p->h.function, VMTP_REQUEST);
    ck_assert_uint_eq(p->h.client, A);
    ck_assert_uint_eq(p->h.server, NEXT);
    ck_assert_uint_eq(p->h.transaction, 7);
    ck_assert_uint_eq(p->h.forward, 1);
    ck_assert_uint_eq(p->h.delivery, delivery);
    ck_assert_uint_eq(p->h.flags, flags);
    ck_assert_mem_eq(p->dst, foreign_other_mac, 6);
    return p;
}

static unsigned released(void) { return foreign_event_count(&f, VMTP_EV_RELEASED); }

/* VMTP-13.5-01 VMTP-13.5-10 */
START_TEST(goes_on_as_the_client_s_with_a_count_more) {
    struct vmtp_header h = foreign_request(A, server, 7, 0x123);
    struct vmtp_forward w = onward(NEXT, 0);
    h.priority = 5;
    h.gap = 9;
    ck_assert_int_eq(foreign_send(&f, &h, NULL, 0), 0);
    ck_assert_uint_eq(serve_last(&f)->forward_count, 0);
    ck_assert_int_eq(pass_on(&w), 0);
    const struct packet *p = expect_onward(0, VMTP_APG);
    ck_assert_uint_eq(p->h.priority, 5);
    ck_assert_uint_eq(p->h.gap, 9);
    ck_assert_uint_eq(p->h.retransmit, 0);
    ck_assert_uint_eq(p->h.code, 0x321);
    ck_assert_uint_eq(p->h.words[0], 0xf0f0f0f0);
    expect_silence(&f);
    ck_assert_uint_eq(vmtp_counter(f.engine, VMTP_COUNT_FORWARDS), 1);
    ck_assert_int_eq(pass_on(&w), VMTP_E_STALE); /* the handle is over */
    ck_assert_int_eq(serve_reply(&f, serve_last(&f), 1, 0, 0), VMTP_E_STALE);
}
END_TEST

/* VMTP-13.5-01 VMTP-13.5-10 VMTP-13.5-06 VMTP-13.5-05 */
START_TEST(segment_is_lent_until_acknowledged) {
    begin(2048);
    const struct packet *p = expect_onward(0x3, VMTP_APG);
    ck_assert_uint_eq(p->h.code, 0x321 | VMTP_SDA);
    ck_assert_uint_eq(p->h.words[6], 2048);
    ck_assert_mem_eq(p->data, serving_segment, 1024);
    expect_onward(0xc, VMTP_APG);
    expect_silence(&f);
    ck_assert_int_eq(told(0x9, VMTP_RETRY), 0);
    p = expect_onward(0x6, VMTP_APG);
    ck_assert_mem_eq(p->data, serving_segment + 512, 1024);
    expect_silence(&f);
    ck_assert_uint_eq(released(), 0);
    ck_assert_int_eq(told(0xf, VMTP_OK), 0);
    ck_assert_uint_eq(released(), 1);
    ck_assert_uint_eq(foreign_event(&f, VMTP_EV_RELEASED, 0)->handle, serve_last(&f)->handle);
    ck_assert_int_eq(told(0xf, VMTP_OK), VMTP_COUNT_DROP_BAD_NOTIFY);
    foreign_pass(&f, VMTP_SECOND);
    expect_silence(&f); /* it is the next server's business now */
}
END_TEST

/* VMTP-13.5-06: also a RETRY that names all, and RETRY_ALL */
START_TEST(retry_all_brings_all_and_a_whole_retry_is_ok) {
    begin(2048);
    forget_packets();
    ck_assert_int_eq(told(0x1, VMTP_RETRY_ALL), 0);
    expect_onward(0x3, VMTP_APG);
    expect_onward(0xc, VMTP_APG);
    expect_silence(&f);
    ck_assert_int_eq(told(0xf, VMTP_RETRY), 0);
    ck_assert_uint_eq(released(), 1);
}
END_TEST

/* VMTP-13.5-06 VMTP-13.5-11 */
START_TEST(sent_again_five_times_and_then_the_client_is_told) {
    uint32_t size = _i ? 2048 : 0;
    begin(size);
    forget_packets();
    foreign_pass(&f, 2 * VMTP_SECOND);
    for (unsigned i = 1; i <= 5; i++)
        ck_assert_uint_eq(expect_onward(0, VMTP_APG)->h.retransmit, i);
    const struct packet *p = expect_nvc(&f, A, 7, VMTP_RETRANS_TIMEOUT);
    ck_assert_mem_eq(p->dst, foreign_mac, 6);
    expect_silence(&f);
    ck_assert_uint_eq(released(), (unsigned)_i);
    ck_assert_uint_eq(vmtp_counter(f.engine, VMTP_COUNT_FORWARDS_FAILED), 1);
}
END_TEST

/* VMTP-13.5-11 */
START_TEST(errors_are_passed_to_the_client) {
    static const uint32_t codes[] = {VMTP_ERROR, VMTP_TOO_MANY_RETRIES, VMTP_NOT_AWAITING_MSG, VMTP_RESPONSE_DISCARDED,
                                     VMTP_STREAMING_NOT_SUPPORTED};
    begin(2048);
    forget_packets();
    ck_assert_int_eq(told(0, codes[_i]), 0);
    ck_assert_mem_eq(expect_nvc(&f, A, 7, codes[_i])->dst, foreign_mac, 6);
    expect_silence(&f);
    ck_assert_uint_eq(released(), 1);
}
END_TEST

/* VMTP-13.5-11 VMTP-13.5-06: the cache may be wrong, so the next server is looked for once */
START_TEST(absent_server_is_looked_for_once) {
    uint32_t code = _i ? VMTP_ENTITY_MIGRATED : VMTP_NONEXISTENT_ENTITY;
    begin(0);
    forget_packets();
    ck_assert_int_eq(told(0, code), 0);
    const struct packet *p = expect_packet(&f);
    ck_assert_uint_eq(p->h.code, VMTP_PROBE_ENTITY);
    ck_assert_uint_eq(packet_64(p, 44), NEXT);
    struct vmtp_header h = foreign_response(p, 0xabc01, VMTP_OK | VMTP_DGM);
    f.src = foreign_other_mac;
    foreign_send(&f, &h, NULL, 0);
    expect_onward(0, VMTP_APG);
    ck_assert_int_eq(told(0, VMTP_NONEXISTENT_ENTITY), 0);
    if (_i) { /* that was found by a Probe, so it is believed */
        expect_nvc(&f, A, 7, VMTP_NONEXISTENT_ENTITY);
        return;
    }
    expect_nvc(&f, A, 7, VMTP_NONEXISTENT_ENTITY);
    expect_silence(&f);
}
END_TEST

/* VMTP-13.5-06: BUSY is no end */
START_TEST(busy_server_is_asked_again) {
    begin(1024);
    forget_packets();
    for (unsigned i = 0; i < 20; i++) {
        ck_assert_int_eq(told(0, VMTP_BUSY), 0);
        foreign_pass(&f, 330 * MS);
        expect_onward(0x3, VMTP_APG);
        forget_packets();
        serve_ask_again(&f, A, server, 7, VMTP_APG); /* the client waits */
        expect_nvc(&f, A, 7, VMTP_OK);
    }
    ck_assert_int_eq(told(3, VMTP_OK), 0);
    ck_assert_uint_eq(released(), 1);
    expect_silence(&f);
}
END_TEST

/* VMTP-13.5-06: nobody waits any more (TS2) */
START_TEST(orphan_is_not_passed_on_for_ever) {
    begin(1024);
    for (unsigned i = 0; i < 60; i++) {
        told(0, VMTP_BUSY);
        foreign_pass(&f, 200 * MS);
        forget_packets();
    }
    ck_assert_uint_eq(released(), 1);
    ck_assert_uint_eq(vmtp_counter(f.engine, VMTP_COUNT_ORPHANS), 1);
    foreign_pass(&f, 10 * VMTP_SECOND);
    struct vmtp_usage usage;
    vmtp_usage(f.engine, &usage);
    ck_assert_uint_eq(usage.remote_clients + usage.requests + usage.calls + usage.events, 0);
}
END_TEST

/* VMTP-13.5-01: the next server's node need not be known */
START_TEST(next_server_is_probed_for) {
    struct vmtp_forward w = onward(NEXT, 0);
    ck_assert_int_eq(vmtp_host_forget(f.engine, NEXT), 0);
    serve_ask(&f, A, server, 7, 0);
    ck_assert_int_eq(pass_on(&w), 0);
    const struct packet *p = expect_packet(&f);
    ck_assert_uint_eq(p->h.code, VMTP_PROBE_ENTITY);
    ck_assert_uint_eq(p->h.mpg, 1);
    if (_i) { /* nobody has it */
        foreign_pass(&f, 2 * VMTP_SECOND);
        for (unsigned i = 0; i < 5; i++)
            ck_assert_uint_eq(expect_packet(&f)->h.code, VMTP_PROBE_ENTITY);
        expect_nvc(&f, A, 7, VMTP_RETRANS_TIMEOUT);
        expect_silence(&f);
        return;
    }
    struct vmtp_header h = foreign_response(p, 0xabc01, VMTP_OK | VMTP_DGM);
    f.src = foreign_other_mac;
    foreign_send(&f, &h, NULL, 0);
    expect_onward(0, VMTP_APG);
    expect_silence(&f);
}
END_TEST

/* ---- duplicates ---- */

/* VMTP-13.5-07 VMTP-13.5-12 */
START_TEST(duplicate_is_acknowledged_and_reminds_the_next_server) {
    begin(_i ? 1024 : 0);
    forget_packets();
    serve_ask_again(&f, A, server, 7, VMTP_APG); /* while it is not acknowledged the forwarder asks anyway */
    expect_nvc(&f, A, 7, VMTP_OK);
    expect_silence(&f);
    told(_i ? 3 : 0, VMTP_OK);
    serve_ask_again(&f, A, server, 7, 0);
    expect_silence(&f);
    serve_ask_again(&f, A, server, 7, VMTP_APG);
    expect_nvc(&f, A, 7, VMTP_OK);
    const struct packet *p = expect_onward(0, VMTP_APG);
    ck_assert_uint_eq(p->data_octets, 0);
    ck_assert_uint_eq(p->h.code, 0x321u | (_i ? VMTP_SDA : 0));
    ck_assert_uint_eq(p->h.words[6], _i ? 1024 : 0);
    ck_assert_uint_eq(p->h.words[0], 0xf0f0f0f0);
    ck_assert_uint_gt(p->h.retransmit, 0);
    expect_silence(&f);
    ck_assert_int_eq(told(_i ? 3 : 0, VMTP_OK), 0);
    foreign_pass(&f, VMTP_SECOND);
    expect_silence(&f);
    ck_assert_uint_eq(serve_count(&f), 1);
    ck_assert_uint_eq(released(), (unsigned)_i);
}
END_TEST

/* VMTP-13.5-12 VMTP-13.5-11: the next server has died meanwhile */
START_TEST(reminder_that_nobody_hears_ends_the_client_s_call) {
    begin(0);
    told(0, VMTP_OK);
    forget_packets();
    serve_ask_again(&f, A, server, 7, VMTP_APG);
    foreign_pass(&f, 2 * VMTP_SECOND);
    expect_nvc(&f, A, 7, VMTP_OK);
    for (unsigned i = 0; i < 6; i++)
        expect_onward(0, VMTP_APG);
    expect_nvc(&f, A, 7, VMTP_RETRANS_TIMEOUT);
    expect_silence(&f);
}
END_TEST

/* VMTP-13.5-15 */
START_TEST(forgotten_segment_cannot_be_sent_again) {
    begin(1024);
    told(3, VMTP_OK);
    ck_assert_uint_eq(released(), 1);
    forget_packets();
    serve_ask_again(&f, A, server, 7, VMTP_APG);
    forget_packets();
    ck_assert_int_eq(told(0, _i ? VMTP_RETRY : VMTP_RETRY_ALL), 0);
    expect_nvc(&f, A, 7, VMTP_RESPONSE_DISCARDED);
    expect_silence(&f);
}
END_TEST

/* VMTP-13.5-18 */
START_TEST(record_lives_until_ts4_after_the_client_was_heard) {
    begin(0);
    told(0, VMTP_OK);
    for (unsigned i = 0; i < 4; i++) {
        foreign_pass(&f, 4 * VMTP_SECOND);
        serve_ask_again(&f, A, server, 7, 0);
        ck_assert_uint_eq(serve_count(&f), 1);
    }
    foreign_pass(&f, 5 * VMTP_SECOND - MS);
    struct vmtp_usage usage;
    vmtp_usage(f.engine, &usage);
    ck_assert_uint_eq(usage.remote_clients, 1);
    foreign_pass(&f, 2 * MS);
    vmtp_usage(f.engine, &usage);
    ck_assert_uint_eq(usage.remote_clients, 0);
}
END_TEST

/* VMTP-13.5-19 VMTP-10.9-05 */
START_TEST(notify_must_name_what_was_sent) {
    begin(1024);
    forget_packets();
    struct vmtp_header h = foreign_notify_forwarder(A, 7, _i == 0 ? 2 : 1, 3, VMTP_OK);
    if (_i == 1)
        header_set_32(&h, 52, 8);
    if (_i == 2)
        header_set_64(&h, 36, A + 1);
    if (_i == 3) { /* of our own node, whose Client this is not */
        h.code = VMTP_NOTIFY_VMTP_CLIENT;
    }
    ck_assert_int_gt(foreign_send(&f, &h, NULL, 0), 0);
    ck_assert_uint_eq(released(), 0);
    foreign_pass(&f, 25 * MS);
    expect_onward(3, VMTP_APG); /* it goes on trying */
}
END_TEST

/* ---- ends ---- */

/* VMTP-13.5-06 VMTP-8.1-04 */
START_TEST(newer_request_ends_it) {
    begin(1024);
    forget_packets();
    ck_assert_int_eq(serve_ask(&f, A, server, 8, 0), 0);
    ck_assert_uint_eq(released(), 1);
    ck_assert_uint_eq(foreign_event_count(&f, VMTP_EV_ABANDONED), 0);
    ck_assert_int_eq(told(3, VMTP_RETRY), VMTP_COUNT_DROP_BAD_NOTIFY);
    foreign_pass(&f, VMTP_SECOND);
    expect_silence(&f);
    ck_assert_uint_eq(serve_count(&f), 2);
}
END_TEST

/* VMTP-10.7-03 */
START_TEST(deleted_forwarder_gets_its_segment_back) {
    begin(1024);
    ck_assert_int_eq(vmtp_entity_delete(f.engine, server, f.now), 0);
    foreign_collect(&f);
    ck_assert_uint_eq(released(), 1);
    forget_packets();
    foreign_pass(&f, 20 * VMTP_SECOND);
    expect_silence(&f);
    struct vmtp_usage usage;
    vmtp_usage(f.engine, &usage);
    ck_assert_uint_eq(usage.remote_clients + usage.requests + usage.calls + usage.events, 0);
}
END_TEST

/* What is out comes back only when it has been reported. */
START_TEST(nothing_comes_back_while_a_packet_is_out) {
    struct vmtp_forward w = onward(NEXT, 1024);
    struct vmtp_tx tx;
    f.stuck = 1;
    serve_ask(&f, A, server, 7, 0);
    ck_assert_int_eq(pass_on(&w), 0);
    ck_assert_int_eq(vmtp_output(f.engine, &tx, f.now), 1);
    ck_assert_int_eq(told(3, VMTP_OK), 0);
    ck_assert_uint_eq(released(), 0);
    vmtp_tx_result(f.engine, &tx, VMTP_TX_SENT, f.now);
    foreign_collect(&f);
    ck_assert_uint_eq(released(), 1);
}
END_TEST

/* VMTP-13.5-01 */
START_TEST(what_cannot_be_forwarded_is_refused) {
    struct vmtp_forward w = onward(NEXT, 0);
    serve_ask(&f, A, server, 7, 0);
    w.message.server = 0;
    ck_assert_int_eq(pass_on(&w), VMTP_E_INVALID);
    w.message.server = server;
    ck_assert_int_eq(pass_on(&w), VMTP_E_INVALID);
    w.message.server = vmtp_engine_manager(f.engine);
    ck_assert_int_eq(pass_on(&w), VMTP_E_INVALID);
    w = onward(NEXT, 0);
    w.segment_size = 10;
    ck_assert_int_eq(pass_on(&w), VMTP_E_INVALID);
    w.segment = serving_segment;
    w.segment_size = VMTP_GROUP_OCTETS + 1;
    ck_assert_int_eq(pass_on(&w), VMTP_E_TOO_LARGE);
    w = onward(NEXT, 0);
    w.message.code |= VMTP_DGM;
    ck_assert_int_eq(pass_on(&w), VMTP_E_INVALID);
    w.message.code = VMTP_MRD | 1;
    ck_assert_int_eq(pass_on(&w), VMTP_E_INVALID);
    ck_assert_int_eq(serve_reply(&f, serve_last(&f), 1, 0, 0), 0); /* still ours */
    expect_response(&f, 7, 1);
    expect_silence(&f);
}
END_TEST

/* VMTP-11-02 */
START_TEST(full_table_of_calls_is_told) {
    struct vmtp_config config;
    foreign_close(&f);
    foreign_config(&config);
    config.max_calls = 1;
    foreign_open(&f, &config);
    server = serve_entity(&f, NULL);
    ck_assert_int_eq(vmtp_host_learn(f.engine, NEXT, foreign_other_mac, f.now), 0);
    begin(0);
    struct vmtp_forward w = onward(NEXT, 0);
    serve_ask(&f, FOREIGN_OTHER_CLIENT, server, 3, 0);
    ck_assert_int_eq(pass_on(&w), VMTP_E_FULL);
    ck_assert_int_eq(told(0, VMTP_OK), 0);
    ck_assert_int_eq(pass_on(&w), 0);
}
END_TEST

/* VMTP-13.5-09 */
START_TEST(manager_tells_who_forwarded) {
    struct vmtp_entity_options options = {.principal = 0x1122334455667788};
    vmtp_entity named;
    struct vmtp_header h = foreign_management(1, VMTP_GET_REQUEST_FORWARDER, 0);
    ck_assert_int_eq(vmtp_entity_create(f.engine, &named, &options, f.now), 0);
    serve_accepts(&f, named, 1, 0);
    header_set_64(&h, 44, A);
    h.client = FOREIGN_OTHER_CLIENT;
    foreign_send(&f, &h, NULL, 0);
    expect_response(&f, 1, VMTP_NONEXISTENT_ENTITY);
    struct vmtp_forward w = onward(NEXT, 0);
    serve_ask(&f, A, named, 7, 0);
    foreign_send(&f, &h, NULL, 0);
    expect_response(&f, 1, VMTP_NONEXISTENT_ENTITY); /* it has the Request, and keeps it so far */
    ck_assert_int_eq(pass_on(&w), 0);
    expect_onward(0, VMTP_APG);
    for (unsigned i = 0; i < 2; i++) {
        foreign_send(&f, &h, NULL, 0);
        const struct packet *p = expect_response(&f, 1, VMTP_OK);
        ck_assert_uint_eq(packet_64(p, 36), named);
        ck_assert_uint_eq(packet_64(p, 44), 0x1122334455667788);
        ck_assert_uint_eq(packet_32(p, 52), 1);
        told(0, VMTP_OK);
    }
    f.multicast = 1; /* of all nodes, only the forwarder speaks */
    header_set_64(&h, 36, VMTP_MANAGER_GROUP);
    foreign_send(&f, &h, NULL, 0);
    expect_response(&f, 1, VMTP_OK);
    header_set_64(&h, 44, A + 5);
    foreign_send(&f, &h, NULL, 0);
    expect_silence(&f);
}
END_TEST

int main(void) {
    Suite *s = suite_create("forward");
    TCase *t = tcase_create("forward");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, goes_on_as_the_client_s_with_a_count_more);
    tcase_add_test(t, segment_is_lent_until_acknowledged);
    tcase_add_test(t, retry_all_brings_all_and_a_whole_retry_is_ok);
    tcase_add_loop_test(t, sent_again_five_times_and_then_the_client_is_told, 0, 2);
    tcase_add_loop_test(t, errors_are_passed_to_the_client, 0, 5);
    tcase_add_loop_test(t, absent_server_is_looked_for_once, 0, 2);
    tcase_add_test(t, busy_server_is_asked_again);
    tcase_add_test(t, orphan_is_not_passed_on_for_ever);
    tcase_add_loop_test(t, next_server_is_probed_for, 0, 2);
    tcase_add_loop_test(t, duplicate_is_acknowledged_and_reminds_the_next_server, 0, 2);
    tcase_add_test(t, reminder_that_nobody_hears_ends_the_client_s_call);
    tcase_add_loop_test(t, forgotten_segment_cannot_be_sent_again, 0, 2);
    tcase_add_test(t, record_lives_until_ts4_after_the_client_was_heard);
    tcase_add_loop_test(t, notify_must_name_what_was_sent, 0, 4);
    tcase_add_test(t, newer_request_ends_it);
    tcase_add_test(t, deleted_forwarder_gets_its_segment_back);
    tcase_add_test(t, nothing_comes_back_while_a_packet_is_out);
    tcase_add_test(t, what_cannot_be_forwarded_is_refused);
    tcase_add_test(t, full_table_of_calls_is_told);
    tcase_add_test(t, manager_tells_who_forwarded);
    suite_add_tcase(s, t);
    return run_suite(s);
}
