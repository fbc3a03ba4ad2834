/* SPDX-License-Identifier: BSD-2-Clause */
/* test_once.c - nothing is done twice, or for a Client that has gone on, by whatever way its Requests come (spec/vmtp.md 8.1). */
#include "support/streaming.h"
#include "wire_testing.h"

#define A FOREIGN_CLIENT
#define B FOREIGN_OTHER_CLIENT
#define T 1000u
#define NEXT FOREIGN_SERVER

static struct foreign f;
static vmtp_entity server;

static void setup(void) {
    stream_open(&f, NULL);
    server = serve_entity(&f, NULL);
    ck_assert_int_eq(vmtp_host_learn(f.engine, NEXT, foreign_other_mac, f.now), 0);
}

static void teardown(void) { foreign_close(&f); }

static void forget_packets(void) {
    while (foreign_take(&f)) {
    }
}

/* ---- one server ---- */

/* VMTP-8.3-12 VMTP-8.3-07: nobody hears that there is no Response any more */
START_TEST(refused_for_as_long_as_anybody_asks) {
    ck_assert_int_eq(serve_ask(&f, A, server, T, 0), 0);
    ck_assert_int_eq(serve_reply(&f, serve_last(&f), VMTP_RESPONSE_DISCARDED, 0, 0), 0);
    for (unsigned i = 0; i < 4; i++) {
        foreign_pass(&f, 3 * VMTP_SECOND);
        serve_ask_again(&f, A, server, T, VMTP_APG);
        expect_nvc(&f, A, T, VMTP_RESPONSE_DISCARDED);
    }
    ck_assert_uint_eq(serve_count(&f), 1);
    foreign_pass(&f, 6 * VMTP_SECOND);
    struct vmtp_usage usage;
    vmtp_usage(f.engine, &usage);
    ck_assert_uint_eq(usage.remote_clients, 0);
}
END_TEST

/* VMTP-8.3-12: the next Request never became whole, and its Client is late with the one before */
START_TEST(given_up_for_as_long_as_anybody_asks) {
    ck_assert_int_eq(serve_ask(&f, A, server, T, 0), 0);
    ck_assert_int_eq(serve_reply(&f, serve_last(&f), 0, 0, 0), 0);
    ck_assert_int_eq(serve_ask_blocks(&f, A, server, T + 1, 1024, 1, 0), 0);
    for (unsigned i = 0; i < 4; i++) {
        foreign_pass(&f, 3 * VMTP_SECOND);
        forget_packets();
        serve_ask_again(&f, A, server, T, VMTP_APG);
        expect_silence(&f);
    }
    ck_assert_uint_eq(serve_count(&f), 1);
}
END_TEST

/* ---- forwarders ---- */

/* Transaction T of A goes on, and the next server has it. */
static void pass_on(void) {
    struct vmtp_forward w = {.message = {.server = NEXT, .code = 0x321}};
    struct vmtp_header told = foreign_notify_forwarder(A, T, 1, 0, VMTP_OK);
    ck_assert_int_eq(serve_ask(&f, A, server, T, 0), 0);
    ck_assert_int_eq(vmtp_forward(f.engine, serve_last(&f)->handle, &w, f.now), 0);
    foreign_collect(&f);
    f.src = foreign_other_mac;
    ck_assert_int_eq(foreign_send(&f, &told, NULL, 0), 0);
    f.src = foreign_mac;
    forget_packets();
}

/* VMTP-13.5-22: no record is left to ask the next server with, so the Client is not told to go on */
START_TEST(forwarder_without_room_says_nothing) {
    struct vmtp_config config;
    stream_config(&config);
    config.max_requests = 2;
    foreign_close(&f);
    foreign_open(&f, &config);
    server = serve_entity(&f, NULL);
    ck_assert_int_eq(vmtp_host_learn(f.engine, NEXT, foreign_other_mac, f.now), 0);
    pass_on();
    serve_ask(&f, B, server, 1, 0);
    serve_ask(&f, B + 1, server, 1, 0);
    forget_packets();
    ck_assert_int_eq(serve_ask_again(&f, A, server, T, VMTP_APG), VMTP_COUNT_DROP_DUPLICATE);
    expect_silence(&f);
    ck_assert_int_eq(serve_reply(&f, serve_last(&f), 0, 0, 0), 0); /* there is room again */
    forget_packets();
    serve_ask_again(&f, A, server, T, VMTP_APG);
    expect_nvc(&f, A, T, VMTP_OK);
    ck_assert_uint_eq(expect_packet(&f)->h.server, NEXT);
    ck_assert_uint_eq(serve_count(&f), 3);
}
END_TEST

/* The same comes back to server in a circle: blocks of its segment of 1024 octets. */
static int comes_back(struct foreign *node, uint32_t blocks) {
    struct vmtp_header h = foreign_segment_request(A, server, T, 1024);
    h.forward = 2;
    h.delivery = blocks;
    node->src = foreign_other_mac;
    int result = foreign_send(node, &h, serving_segment, blocks == 3 ? 1024 : 512);
    node->src = foreign_mac;
    return result;
}

/* VMTP-13.5-24 VMTP-13.5-03: a block of it never comes, and the Client goes on to ask the first one */
START_TEST(circle_that_is_not_whole_undoes_nothing) {
    pass_on();
    ck_assert_int_eq(comes_back(&f, 1), 0);
    foreign_pass(&f, 2 * VMTP_SECOND);
    forget_packets();
    ck_assert_int_eq(serve_ask_again(&f, A, server, T, VMTP_APG), VMTP_COUNT_DROP_DUPLICATE);
    expect_silence(&f);
    ck_assert_uint_eq(serve_count(&f), 1);
    ck_assert_int_eq(comes_back(&f, 3), 0);
    ck_assert_uint_eq(serve_count(&f), 2);
}
END_TEST

/* VMTP-13.5-24: nor the next transaction, of which a block never comes */
START_TEST(next_one_that_is_not_whole_undoes_nothing) {
    pass_on();
    ck_assert_int_eq(comes_back(&f, 3), 0);
    ck_assert_int_eq(serve_reply(&f, serve_last(&f), 0, 0, 0), 0);
    ck_assert_int_eq(serve_ask_blocks(&f, A, server, T + 1, 1024, 1, 0), 0);
    foreign_pass(&f, 2 * VMTP_SECOND);
    forget_packets();
    ck_assert_int_eq(comes_back(&f, 3), VMTP_COUNT_DROP_OLD_FORWARD);
    expect_silence(&f);
    ck_assert_uint_eq(serve_count(&f), 2);
    ck_assert_int_eq(serve_ask_blocks(&f, A, server, T + 1, 1024, 3, 0), 0);
    ck_assert_uint_eq(serve_count(&f), 3);
}
END_TEST

/* ---- runs ---- */

/* VMTP-13.3-63 VMTP-8.1-01: its Client was told that there is no run, late, and begins anew with the only one that is open */
START_TEST(last_of_a_run_may_come_alone) {
    ck_assert_int_eq(stream_ask(&f, server, T, VMTP_NER), 0);
    ck_assert_int_eq(stream_ask(&f, server, T + 1, VMTP_NSR), 0);
    ck_assert_int_eq(stream_reply(&f, T, 0, 0), 0);
    forget_packets();
    serve_ask_again(&f, A, server, T + 1, VMTP_APG);
    expect_nvc(&f, A, T + 1, VMTP_OK);
    ck_assert_int_eq(stream_reply(&f, T + 1, 0, 0), 0);
    expect_response(&f, T + 1, 0x42);
    for (unsigned i = 0; i < 4; i++) { /* it is asked for as long as anybody asks */
        foreign_pass(&f, 4 * VMTP_SECOND);
        serve_ask_again(&f, A, server, T + 1, VMTP_APG);
        expect_response(&f, T + 1, 0x42);
        expect_silence(&f);
    }
    ck_assert_uint_eq(serve_count(&f), 2);
}
END_TEST

/* ---- servers that come ---- */

static struct foreign g; /* where it comes to */
static vmtp_entity other;

static void open_other_node(void) {
    struct vmtp_config config;
    foreign_config(&config);
    config.mac[5] = 9;
    config.block = 0x200000;
    foreign_open(&g, &config);
}

static void moves(vmtp_entity who, struct foreign *from, struct foreign *to) {
    static uint8_t form[65536];
    size_t used;
    uint32_t lent;
    vmtp_entity id;
    ck_assert_int_eq(vmtp_entity_export(from->engine, who, form, sizeof form, &used, from->now), 0);
    foreign_collect(from);
    ck_assert_int_eq(vmtp_entity_import(to->engine, form, used, &id, &lent, to->now), 0);
    foreign_collect(to);
}

static void server_moves(void) { moves(server, &f, &g); }

/* A has asked server T, in hand, and then, at another node, other something else. */
static void move(uint32_t elsewhere) {
    open_other_node();
    other = serve_entity(&g, NULL);
    ck_assert_int_eq(serve_ask(&f, A, server, T, 0), 0);
    ck_assert_int_eq(serve_ask(&g, A, other, elsewhere, 0), 0);
    server_moves();
}

static void nothing_is_left(void) {
    struct vmtp_usage usage;
    foreign_pass(&g, 30 * VMTP_SECOND);
    vmtp_usage(g.engine, &usage);
    ck_assert_uint_eq(usage.remote_clients + usage.requests + usage.calls + usage.events, 0);
    foreign_close(&g);
}

/* VMTP-13.11-14 VMTP-8.1-05 */
START_TEST(what_comes_too_late_is_given_up) {
    move(T + 1);
    const struct vmtp_event *abandoned = foreign_event(&g, VMTP_EV_ABANDONED, 0);
    ck_assert_uint_eq(foreign_event_count(&g, VMTP_EV_ABANDONED), 1);
    ck_assert_uint_eq(foreign_event_count(&g, VMTP_EV_REQUEST), 1);
    ck_assert_uint_eq(abandoned->resumed, 1);
    ck_assert_uint_eq(abandoned->cookie, foreign_event(&f, VMTP_EV_REQUEST, 0)->handle);
    ck_assert_uint_eq(abandoned->entity, server);
    ck_assert_int_eq(serve_ask_again(&g, A, server, T, 0), VMTP_COUNT_DROP_OLD_TRANSACTION);
    ck_assert_int_eq(serve_reply(&g, foreign_event(&g, VMTP_EV_REQUEST, 0), 0, 0, 0), 0);
    expect_response(&g, T + 1, 0);
    nothing_is_left();
}
END_TEST

/* VMTP-13.11-14 VMTP-8.1-05 */
START_TEST(what_comes_may_be_newer) {
    move(T - 1);
    const struct vmtp_event *resumed = foreign_event(&g, VMTP_EV_REQUEST, 1);
    ck_assert_uint_eq(foreign_event_count(&g, VMTP_EV_ABANDONED), 1);
    ck_assert_uint_eq(foreign_event(&g, VMTP_EV_ABANDONED, 0)->entity, other);
    ck_assert_uint_eq(foreign_event(&g, VMTP_EV_ABANDONED, 0)->resumed, 0);
    ck_assert_uint_eq(resumed->resumed, 1);
    ck_assert_int_eq(serve_reply(&g, resumed, 0, 0, 0), 0);
    expect_response(&g, T, 0);
    nothing_is_left();
}
END_TEST

/* VMTP-13.11-14: in both transactions the same */
START_TEST(members_of_a_group_may_meet) {
    move(T);
    ck_assert_uint_eq(foreign_event_count(&g, VMTP_EV_ABANDONED), 0);
    ck_assert_uint_eq(foreign_event_count(&g, VMTP_EV_REQUEST), 2);
    foreign_close(&g);
}
END_TEST

/* Transaction T of A, passed on by a node that does not know where A lives.  Returns what vmtp_input returned. */
static int passed_to(struct foreign *node) {
    struct vmtp_header h = foreign_request(A, server, T, 0x42);
    h.forward = 1;
    node->src = foreign_other_mac;
    int result = foreign_send(node, &h, NULL, 0);
    node->src = foreign_mac;
    return result;
}

/* VMTP-13.11-15 VMTP-13.5-04: it leaves before it is known where to answer, so its new node has to find that out */
START_TEST(client_that_is_looked_for_is_looked_for_again) {
    open_other_node();
    ck_assert_int_eq(passed_to(&f), 0);
    ck_assert_uint_eq(expect_packet(&f)->h.code, VMTP_PROBE_ENTITY);
    server_moves();
    serve_accepts(&g, server, 1, 512);
    ck_assert_int_eq(passed_to(&g), 0);
    const struct packet *p = expect_packet(&g);
    ck_assert_uint_eq(p->h.code, VMTP_PROBE_ENTITY);
    struct vmtp_header h = foreign_response(p, 0xabc01, VMTP_OK | VMTP_DGM);
    header_set_32(&h, 36, T);
    foreign_send(&g, &h, NULL, 0);
    ck_assert_uint_eq(serve_count(&f), 0);
    ck_assert_int_eq(serve_reply(&g, serve_last(&g), 0, 0, 0), 0);
    ck_assert_mem_eq(expect_response(&g, T, 0)->dst, foreign_mac, 6);
    nothing_is_left();
}
END_TEST

/* VMTP-13.11-16: what it answered was lost and not kept, and now its client lives beside it */
START_TEST(idempotent_call_is_done_again_beside_its_client) {
    open_other_node();
    vmtp_entity client = call_entity(&g);
    struct vmtp_request r = call_request(client, 0);
    r.message.server = server;
    ck_assert_int_eq(vmtp_host_learn(g.engine, server, foreign_mac, g.now), 0);
    call_start(&g, &r);
    uint32_t transaction = expect_packet(&g)->h.transaction;
    ck_assert_int_eq(serve_ask(&f, client, server, transaction, 0), 0);
    ck_assert_int_eq(serve_reply(&f, serve_last(&f), VMTP_DGM, 700, 0), 0);
    server_moves();
    call_goes_on(&g);
    serve_accepts(&g, server, 1, 512);
    foreign_pass(&g, 100 * VMTP_MILLISECOND);
    ck_assert_uint_eq(serve_count(&g), 1);
    ck_assert_int_eq(serve_reply(&g, serve_last(&g), VMTP_DGM, 700, 0), 0);
    const struct vmtp_event *end = call_result(&g, 0);
    ck_assert_uint_eq(end->segment_size, 700);
    ck_assert_mem_eq(end->segment, serving_segment, 700);
    nothing_is_left();
}
END_TEST

/* VMTP-13.5-23: the forwarder asks the next server again, and hears that it has left, when it has just come here */
START_TEST(next_server_may_come_here) {
    struct vmtp_forward w = {.message = {.code = 0x321}, .segment = serving_segment, .segment_size = 64};
    open_other_node();
    other = serve_entity(&g, NULL);
    w.message.server = other;
    ck_assert_int_eq(vmtp_host_learn(f.engine, other, foreign_other_mac, f.now), 0);
    ck_assert_int_eq(serve_ask(&f, A, server, T, 0), 0);
    ck_assert_int_eq(vmtp_forward(f.engine, serve_last(&f)->handle, &w, f.now), 0);
    foreign_collect(&f);
    if (_i) {
        ck_assert_int_eq(vmtp_host_learn(g.engine, A, foreign_mac, g.now), 0);
        struct vmtp_header h = foreign_segment_request(A, other, T, 64);
        h.forward = 1;
        ck_assert_int_eq(foreign_send(&g, &h, serving_segment, 64), 0);
        ck_assert_int_eq(serve_reply(&g, serve_last(&g), 0, 0, 0), 0);
    }
    struct vmtp_header told = foreign_notify_forwarder(A, T, 1, 1, VMTP_OK);
    f.src = foreign_other_mac;
    ck_assert_int_eq(foreign_send(&f, &told, NULL, 0), 0);
    f.src = foreign_mac;
    serve_ask_again(&f, A, server, T, VMTP_APG);
    forget_packets();
    moves(other, &g, &f);
    serve_accepts(&f, other, 1, 512);
    told = foreign_notify_forwarder(A, T, 1, 0, VMTP_ENTITY_MIGRATED);
    f.src = foreign_other_mac;
    ck_assert_int_eq(foreign_send(&f, &told, NULL, 0), VMTP_COUNT_DROP_BAD_NOTIFY);
    f.src = foreign_mac;
    ck_assert_uint_eq(serve_count(&f), 1);
    if (_i) {
        expect_silence(&f);
        serve_ask_again(&f, A, server, T, VMTP_APG);
        expect_response(&f, T, 0);
    } else {
        expect_nvc(&f, A, T, VMTP_RESPONSE_DISCARDED);
    }
    ck_assert_uint_eq(serve_count(&f), 1);
    foreign_close(&g);
}
END_TEST

/* VMTP-13.11-05: it is called what its program last heard */
START_TEST(server_moves_on_before_its_program_has_looked) {
    static uint8_t form[65536];
    size_t used;
    uint32_t lent;
    vmtp_entity id;
    open_other_node();
    ck_assert_int_eq(serve_ask(&f, A, server, T, 0), 0);
    vmtp_handle first = serve_last(&f)->handle;
    ck_assert_int_eq(vmtp_entity_export(f.engine, server, form, sizeof form, &used, f.now), 0);
    ck_assert_int_eq(vmtp_entity_import(g.engine, form, used, &id, &lent, g.now), 0);
    moves(server, &g, &f);
    ck_assert_uint_eq(g.event_count, 0);
    ck_assert_uint_eq(serve_last(&f)->resumed, 1);
    ck_assert_uint_eq(serve_last(&f)->cookie, first);
    serve_accepts(&f, server, 1, 512);
    serve_ask_again(&f, A, server, T, VMTP_APG);
    expect_nvc(&f, A, T, VMTP_OK);
    ck_assert_uint_eq(serve_count(&f), 2);
    nothing_is_left();
}
END_TEST

/* VMTP-13.5-24: it moves before the circle is whole */
START_TEST(circle_goes_along) {
    open_other_node();
    ck_assert_int_eq(vmtp_host_learn(g.engine, A, foreign_mac, g.now), 0);
    pass_on();
    ck_assert_int_eq(comes_back(&f, 1), 0);
    server_moves();
    serve_accepts(&g, server, 1, 2048);
    ck_assert_int_eq(serve_ask_again(&g, A, server, T, VMTP_APG), VMTP_COUNT_DROP_DUPLICATE);
    ck_assert_uint_eq(serve_count(&g), 0);
    ck_assert_int_eq(comes_back(&g, 3), 0);
    ck_assert_uint_eq(serve_count(&g), 1);
    foreign_close(&g);
}
END_TEST

int main(void) {
    Suite *s = suite_create("once");
    TCase *t = tcase_create("once");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, refused_for_as_long_as_anybody_asks);
    tcase_add_test(t, given_up_for_as_long_as_anybody_asks);
    tcase_add_test(t, forwarder_without_room_says_nothing);
    tcase_add_test(t, circle_that_is_not_whole_undoes_nothing);
    tcase_add_test(t, next_one_that_is_not_whole_undoes_nothing);
    tcase_add_test(t, last_of_a_run_may_come_alone);
    tcase_add_test(t, what_comes_too_late_is_given_up);
    tcase_add_test(t, what_comes_may_be_newer);
    tcase_add_test(t, members_of_a_group_may_meet);
    tcase_add_test(t, client_that_is_looked_for_is_looked_for_again);
    tcase_add_test(t, idempotent_call_is_done_again_beside_its_client);
    tcase_add_test(t, server_moves_on_before_its_program_has_looked);
    tcase_add_test(t, circle_goes_along);
    tcase_add_loop_test(t, next_server_may_come_here, 0, 2);
    suite_add_tcase(s, t);
    return run_suite(s);
}
