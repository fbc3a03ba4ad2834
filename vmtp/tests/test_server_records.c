/* SPDX-License-Identifier: BSD-2-Clause */
/* test_server_records.c - what a server remembers of its clients, and whom it probes (spec/vmtp.md sections 8.1, 8.2). */
#include "support/serving.h"
#include "wire_testing.h"

#define A FOREIGN_CLIENT
#define B FOREIGN_OTHER_CLIENT

static struct foreign f;
static vmtp_entity server, second;

static void setup(void) {
    foreign_open(&f, NULL);
    server = serve_entity(&f, NULL);
    second = serve_entity(&f, NULL);
}

static void teardown(void) { foreign_close(&f); }

/* ---- at most once ---- */

/* VMTP-8.1-01 */
START_TEST(delivered_at_most_once) {
    serve_ask(&f, A, server, 7, 0);
    ck_assert_uint_eq(serve_count(&f), 1);
    serve_ask_again(&f, A, server, 7, VMTP_APG); /* while it is processed */
    ck_assert_uint_eq(serve_count(&f), 1);
    ck_assert_int_eq(serve_reply(&f, serve_last(&f), 5, 2048, 0), 0);
    serve_ask_again(&f, A, server, 7, VMTP_APG); /* when it is answered */
    ck_assert_uint_eq(serve_count(&f), 1);
    struct vmtp_header ok = foreign_notify_server(server, A, 7, 0xf, VMTP_OK);
    foreign_send(&f, &ok, NULL, 0);
    serve_ask_again(&f, A, server, 7, VMTP_APG); /* when the answer has been forgotten */
    ck_assert_uint_eq(serve_count(&f), 1);
}
END_TEST

/* VMTP-8.1-01 */
START_TEST(late_packet_of_a_delivered_group_does_nothing) {
    serve_ask_blocks(&f, A, server, 7, 1024, 1, 0);
    serve_ask_blocks(&f, A, server, 7, 1024, 2, 0);
    serve_ask_blocks(&f, A, server, 7, 1024, 1, 0);
    serve_ask_blocks(&f, A, server, 7, 1024, 3, 0);
    ck_assert_uint_eq(serve_count(&f), 1);
}
END_TEST

/* VMTP-8.1-01 VMTP-8.1-02 */
START_TEST(records_are_per_client_and_server) {
    serve_ask(&f, A, server, 7, 0);
    serve_ask(&f, B, server, 7, 0);
    serve_ask(&f, A, second, 7, 0);
    ck_assert_uint_eq(serve_count(&f), 3);
    ck_assert_uint_eq(foreign_event_count(&f, VMTP_EV_ABANDONED), 0);
    for (unsigned i = 0; i < 3; i++) {
        const struct vmtp_event *request = foreign_event(&f, VMTP_EV_REQUEST, i);
        ck_assert_int_eq(serve_reply(&f, request, i + 1, 0, 0), 0);
        const struct packet *p = expect_response(&f, 7, i + 1);
        ck_assert_uint_eq(p->h.client, request->client);
        ck_assert_uint_eq(p->h.server, request->entity);
    }
    expect_silence(&f);
}
END_TEST

/* ---- older, newer ---- */

/* VMTP-8.1-03 */
START_TEST(older_requests_are_dropped_silently) {
    static const uint32_t behind[] = {1, 2, 255, 256, 0x7fffffff, 0x80000000};
    serve_ask(&f, A, server, 7, 0);
    ck_assert_int_eq(serve_reply(&f, serve_last(&f), 1, 0, 0), 0);
    expect_response(&f, 7, 1);
    for (unsigned i = 0; i < sizeof behind / sizeof behind[0]; i++) {
        uint32_t transaction = 7 - behind[i];
        ck_assert_int_eq(serve_ask(&f, A, server, transaction, VMTP_APG), VMTP_COUNT_DROP_OLD_TRANSACTION);
        ck_assert_int_eq(serve_ask(&f, A, second, transaction, VMTP_APG), VMTP_COUNT_DROP_OLD_TRANSACTION);
    }
    ck_assert_uint_eq(serve_count(&f), 1);
    expect_silence(&f);
    foreign_pass(&f, 4 * VMTP_SECOND);
    expect_silence(&f);
}
END_TEST

/* VMTP-8.1-03 */
START_TEST(older_than_what_the_client_asked_of_another_entity) {
    static const struct {
        uint32_t code, size; /* of the Response to the older one */
    } cases[] = {{1, 0}, {1, 4096}, {1 | VMTP_DGM, 0}, {VMTP_RESPONSE_DISCARDED, 0}};
    serve_ask(&f, A, server, 10, 0);
    ck_assert_int_eq(serve_reply(&f, serve_last(&f), cases[_i].code, cases[_i].size, 0), 0);
    serve_ask(&f, A, second, 11, 0);
    while (foreign_take(&f)) {
    }
    ck_assert_int_eq(serve_ask_again(&f, A, server, 10, VMTP_APG), VMTP_COUNT_DROP_OLD_TRANSACTION);
    expect_silence(&f);
    ck_assert_uint_eq(serve_count(&f), 2);
}
END_TEST

/* Brings the server to a state with Transaction 10 of A; returns the Request if it was delivered. */
enum state { RECEIVING, PROCESSING, RESPONDED, RESPONDED_WITH_DATA, DISCARDED, STATES };
static void reach(enum state state) {
    if (state == RECEIVING) {
        serve_ask_blocks(&f, A, server, 10, 1024, 1, 0);
        return;
    }
    serve_ask(&f, A, server, 10, 0);
    if (state == PROCESSING)
        return;
    uint32_t code = state == DISCARDED ? VMTP_RESPONSE_DISCARDED : VMTP_OK;
    ck_assert_int_eq(serve_reply(&f, serve_last(&f), code, state == RESPONDED_WITH_DATA ? 4096 : 0, 0), 0);
}

/* VMTP-8.1-04 VMTP-8.4-06 */
START_TEST(newer_request_ends_whatever_was_before) {
    vmtp_entity whom = _i & 1 ? second : server;
    enum state state = (enum state)(_i / 2);
    struct vmtp_usage usage;
    reach(state);
    unsigned delivered = serve_count(&f);
    while (foreign_take(&f)) {
    }
    ck_assert_int_eq(serve_ask(&f, A, whom, 11, 0), 0);
    ck_assert_uint_eq(serve_count(&f), delivered + 1);
    ck_assert_uint_eq(serve_last(&f)->transaction, 11);
    ck_assert_uint_eq(serve_last(&f)->entity, whom);
    ck_assert_uint_eq(foreign_event_count(&f, VMTP_EV_ABANDONED), state == PROCESSING);
    ck_assert_uint_eq(foreign_event_count(&f, VMTP_EV_RELEASED), state == RESPONDED_WITH_DATA);
    vmtp_usage(f.engine, &usage);
    ck_assert_uint_eq(usage.requests, 1); /* the new one: nothing of the old is held */
    ck_assert_uint_eq(usage.accepts, 16u - serve_count(&f));
    ck_assert_int_eq(serve_ask_blocks(&f, A, server, 10, 1024, 2, 0), VMTP_COUNT_DROP_OLD_TRANSACTION);
    ck_assert_int_eq(serve_reply(&f, serve_last(&f), 3, 0, 0), 0);
    expect_response(&f, 11, 3);
    foreign_pass(&f, 10 * VMTP_SECOND);
    expect_silence(&f); /* no RETRY for what was incomplete, nothing sent again */
}
END_TEST

/* VMTP-8.1-05 */
START_TEST(abandoned_requests_are_told_and_their_replies_lost) {
    vmtp_entity whom = _i ? second : server;
    reach(PROCESSING);
    const struct vmtp_event old = *serve_last(&f);
    serve_ask(&f, A, whom, 11, 0);
    const struct vmtp_event *told = foreign_event(&f, VMTP_EV_ABANDONED, 0);
    ck_assert_ptr_nonnull(told);
    ck_assert_uint_eq(told->handle, old.handle);
    ck_assert_uint_eq(told->transaction, 10);
    ck_assert_int_eq(serve_reply(&f, &old, 1, 2048, 0), VMTP_E_STALE);
    expect_silence(&f);
    ck_assert_uint_eq(foreign_event_count(&f, VMTP_EV_RELEASED), 0);
}
END_TEST

/* ---- unknown clients ---- */

static vmtp_entity fixed_entity(uint32_t flags) {
    struct vmtp_entity_options options = {.id = FOREIGN_SERVER, .flags = flags};
    return serve_entity(&f, &options);
}

static const struct packet *expect_probe(vmtp_entity whom) {
    const struct packet *p = expect_packet(&f);
    ck_assert_uint_eq(p->h.function, VMTP_REQUEST);
    ck_assert_uint_eq(p->h.code, VMTP_PROBE_ENTITY);
    ck_assert_uint_eq(p->h.server, VMTP_MANAGER_GROUP);
    ck_assert_uint_eq(packet_64(p, 36), whom);
    ck_assert_uint_eq(packet_64(p, 44), whom);
    ck_assert_uint_eq(p->h.client & ~(vmtp_entity)0xff, FOREIGN_BLOCK);
    return p;
}

static int answer_probe(const struct packet *probe, uint32_t code, uint32_t transaction) {
    struct vmtp_header h = foreign_response(probe, 0x00000000000abc01, code | VMTP_DGM);
    header_set_32(&h, 36, transaction);
    return foreign_send(&f, &h, NULL, 0);
}

/* VMTP-8.2-01 */
START_TEST(dynamic_entities_take_unknown_clients) {
    serve_ask(&f, A, server, 7, 0);
    ck_assert_uint_eq(serve_count(&f), 1);
    expect_silence(&f);
}
END_TEST

/* VMTP-8.2-02 VMTP-8.2-04 VMTP-8.2-06 VMTP-4.3-03 */
START_TEST(fixed_entities_probe_for_the_first_ts4) {
    vmtp_entity fixed = fixed_entity(0);
    foreign_pass(&f, 5 * VMTP_SECOND - 2 * VMTP_MILLISECOND);
    serve_ask(&f, A, fixed, 7, 0);
    ck_assert_uint_eq(serve_count(&f), 0);
    const struct packet *p = expect_probe(A);
    ck_assert_mem_eq(p->dst, foreign_mac, 6);
    ck_assert_uint_eq(p->h.mpg, 0);
    expect_silence(&f);
    foreign_pass(&f, 2 * VMTP_MILLISECOND);
    serve_ask(&f, B, fixed, 7, 0); /* TS4 has passed */
    ck_assert_uint_eq(serve_count(&f), 1);
    ck_assert_uint_eq(serve_last(&f)->client, B);
    expect_silence(&f);
}
END_TEST

/* VMTP-8.2-03 */
START_TEST(redoable_entities_do_not_probe) {
    vmtp_entity fixed = fixed_entity(VMTP_ENTITY_REDOABLE);
    serve_ask(&f, A, fixed, 7, 0);
    ck_assert_uint_eq(serve_count(&f), 1);
    expect_silence(&f);
}
END_TEST

/* VMTP-8.2-04 VMTP-4.6-04 VMTP-8.4-03 */
START_TEST(forwarded_requests_have_their_client_found_by_multicast) {
    struct vmtp_header h = foreign_request(A, server, 7, 0x123);
    uint8_t group[6];
    h.forward = 1;
    foreign_send(&f, &h, NULL, 0); /* comes from the forwarder */
    const struct packet *p = expect_probe(A);
    vmtp_group_mac(group, VMTP_MANAGER_GROUP);
    ck_assert_mem_eq(p->dst, group, 6);
    ck_assert_uint_eq(p->h.mpg, 1);
    ck_assert_uint_eq(serve_count(&f), 0);
    ck_assert_int_eq(vmtp_host_lookup(f.engine, A, NULL, NULL), VMTP_E_NO_ENTITY);
    f.src = foreign_other_mac; /* where the client lives */
    answer_probe(p, VMTP_OK, 7);
    ck_assert_uint_eq(serve_count(&f), 1);
    ck_assert_int_eq(serve_reply(&f, serve_last(&f), 1, 0, 0), 0);
    ck_assert_mem_eq(expect_response(&f, 7, 1)->dst, foreign_other_mac, 6);
}
END_TEST

/* VMTP-8.2-05 */
START_TEST(probe_tells_old_requests_from_current_ones) {
    static const struct {
        uint32_t told;
        unsigned delivered;
    } cases[] = {{7, 1}, {6, 1}, {7 - 0x7fffffffu, 1}, {8, 0}, {7 + 0x7fffffffu, 0}};
    vmtp_entity fixed = fixed_entity(0);
    serve_ask(&f, A, fixed, 7, 0);
    answer_probe(expect_probe(A), VMTP_OK, cases[_i].told);
    ck_assert_uint_eq(serve_count(&f), cases[_i].delivered);
    expect_silence(&f);
    if (cases[_i].delivered) {
        ck_assert_int_eq(serve_reply(&f, serve_last(&f), 1, 0, 0), 0);
        expect_response(&f, 7, 1);
    }
    foreign_pass(&f, 10 * VMTP_SECOND);
    expect_silence(&f);
    ck_assert_uint_eq(serve_count(&f), cases[_i].delivered);
}
END_TEST

/* VMTP-8.2-05 */
START_TEST(group_that_becomes_whole_after_the_probe_is_delivered) {
    vmtp_entity fixed = fixed_entity(0);
    serve_ask_blocks(&f, A, fixed, 7, 1024, 1, 0);
    answer_probe(expect_probe(A), VMTP_OK, 7);
    ck_assert_uint_eq(serve_count(&f), 0);
    serve_ask_blocks(&f, A, fixed, 7, 1024, 2, 0);
    ck_assert_uint_eq(serve_count(&f), 1);
    ck_assert_mem_eq(serve_last(&f)->segment, serving_segment, 1024);
    expect_silence(&f);
}
END_TEST

/* VMTP-8.2-06 */
START_TEST(request_whose_client_is_not_found_is_dropped_silently) {
    vmtp_entity fixed = fixed_entity(0);
    struct vmtp_usage usage;
    serve_ask(&f, A, fixed, 7, 0);
    const struct packet *p = expect_probe(A);
    if (_i) { /* somebody says so */
        answer_probe(p, VMTP_NONEXISTENT_ENTITY, 0);
        expect_silence(&f);
    } else { /* nobody says anything */
        foreign_pass(&f, 3 * VMTP_SECOND);
        for (unsigned probes = foreign_waiting(&f); probes > 0; probes--)
            expect_probe(A);
    }
    ck_assert_uint_eq(serve_count(&f), 0);
    vmtp_usage(f.engine, &usage);
    ck_assert_uint_eq(usage.remote_clients, 0);
    ck_assert_uint_eq(usage.requests, 0);
    ck_assert_uint_eq(usage.accepts, 24);
    serve_ask_again(&f, A, fixed, 7, 0); /* and nothing is remembered of it: a Probe again */
    answer_probe(expect_probe(A), VMTP_OK, 7);
    ck_assert_uint_eq(serve_count(&f), 1);
}
END_TEST

/* VMTP-8.2-06 VMTP-11-01 VMTP-11-02 */
START_TEST(client_that_cannot_be_probed_now) {
    vmtp_entity fixed = fixed_entity(0);
    struct vmtp_usage before, after;
    unsigned i = 0;
    serve_accepts(&f, fixed, 64, 0);
    do { /* as many Probes at once as there can be */
        vmtp_usage(f.engine, &before);
        ck_assert_uint_lt(++i, 64);
        serve_ask(&f, A + 0x100 + i, fixed, 7, 0);
    } while (expect_packet(&f)->h.code == VMTP_PROBE_ENTITY);
    vmtp_usage(f.engine, &after);
    ck_assert_mem_eq(&before, &after, sizeof before); /* nothing of the last one is kept */
    ck_assert_uint_ge(i, 8);
    serve_ask(&f, A, fixed, 7, 0);
    expect_nvc(&f, A, 7, VMTP_BUSY);
    ck_assert_uint_eq(vmtp_counter(f.engine, VMTP_COUNT_BUSY_SENT), 2);
    ck_assert_uint_eq(serve_count(&f), 0);
    foreign_pass(&f, 2 * VMTP_SECOND); /* the Probes have failed */
    while (foreign_take(&f)) {
    }
    serve_ask_again(&f, A, fixed, 7, 0);
    answer_probe(expect_probe(A), VMTP_OK, 7);
    ck_assert_uint_eq(serve_count(&f), 1);
}
END_TEST

/* VMTP-8.1-04 VMTP-8.2-05 */
START_TEST(newer_request_replaces_one_that_waits_for_a_probe) {
    vmtp_entity fixed = fixed_entity(0);
    serve_ask(&f, A, fixed, 7, 0);
    const struct packet *p = expect_probe(A);
    serve_ask(&f, A, fixed, 8, 0);
    ck_assert_uint_eq(serve_count(&f), 0);
    answer_probe(p, VMTP_OK, 8);
    ck_assert_uint_eq(serve_count(&f), 1);
    ck_assert_uint_eq(serve_last(&f)->transaction, 8);
}
END_TEST

int main(void) {
    Suite *s = suite_create("server records");
    TCase *t = tcase_create("records");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, delivered_at_most_once);
    tcase_add_test(t, late_packet_of_a_delivered_group_does_nothing);
    tcase_add_test(t, records_are_per_client_and_server);
    tcase_add_test(t, older_requests_are_dropped_silently);
    tcase_add_loop_test(t, older_than_what_the_client_asked_of_another_entity, 0, 4);
    tcase_add_loop_test(t, newer_request_ends_whatever_was_before, 0, 2 * STATES);
    tcase_add_loop_test(t, abandoned_requests_are_told_and_their_replies_lost, 0, 2);
    tcase_add_test(t, dynamic_entities_take_unknown_clients);
    tcase_add_test(t, fixed_entities_probe_for_the_first_ts4);
    tcase_add_test(t, redoable_entities_do_not_probe);
    tcase_add_test(t, forwarded_requests_have_their_client_found_by_multicast);
    tcase_add_loop_test(t, probe_tells_old_requests_from_current_ones, 0, 5);
    tcase_add_test(t, group_that_becomes_whole_after_the_probe_is_delivered);
    tcase_add_loop_test(t, request_whose_client_is_not_found_is_dropped_silently, 0, 2);
    tcase_add_test(t, client_that_cannot_be_probed_now);
    tcase_add_test(t, newer_request_replaces_one_that_waits_for_a_probe);
    suite_add_tcase(s, t);
    return run_suite(s);
}
