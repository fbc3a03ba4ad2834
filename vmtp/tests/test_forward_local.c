/* SPDX-License-Identifier: BSD-2-Clause */
/* test_forward_local.c - forwarding within a node, and by calls of the server's own (spec/vmtp.md section 13.5). */
#include "support/calling.h"
#include "support/serving.h"
#include "wire_testing.h"

#define A FOREIGN_CLIENT
#define MS VMTP_MILLISECOND

static struct foreign f;
static vmtp_entity server, second;
static uint8_t lent[2048];

static void setup(void) {
    foreign_open(&f, NULL);
    server = serve_entity(&f, NULL);
    second = serve_entity(&f, NULL);
}

static void teardown(void) { foreign_close(&f); }

static struct vmtp_forward onward(vmtp_entity to, uint32_t size) {
    struct vmtp_forward w;
    memset(&w, 0, sizeof w);
    w.message.server = to;
    w.message.code = 0x321;
    w.segment = size ? serving_segment : NULL;
    w.segment_size = size;
    return w;
}

static int pass_on(const struct vmtp_forward *w) {
    int result = vmtp_forward(f.engine, serve_last(&f)->handle, w, f.now);
    foreign_collect(&f);
    return result;
}

static unsigned released(void) { return foreign_event_count(&f, VMTP_EV_RELEASED); }

static void nothing_is_left(void) {
    struct vmtp_usage usage;
    foreign_pass(&f, 30 * VMTP_SECOND);
    vmtp_usage(f.engine, &usage);
    ck_assert_uint_eq(usage.remote_clients + usage.requests + usage.calls + usage.events, 0);
}

/* ---- the next server is here, the Client is not ---- */

/* VMTP-13.5-16 VMTP-13.5-01 */
START_TEST(to_an_entity_of_the_same_node_without_a_frame) {
    struct vmtp_forward w = onward(second, 1500);
    serve_ask(&f, A, server, 7, 0);
    ck_assert_int_eq(pass_on(&w), 0);
    expect_silence(&f);
    ck_assert_uint_eq(released(), 1); /* it was copied */
    const struct vmtp_event *request = serve_last(&f);
    ck_assert_uint_eq(request->entity, second);
    ck_assert_uint_eq(request->client, A);
    ck_assert_uint_eq(request->transaction, 7);
    ck_assert_uint_eq(request->forward_count, 1);
    ck_assert_uint_eq(request->segment_size, 1500);
    ck_assert_mem_eq(request->segment, serving_segment, 1500);
    ck_assert_int_eq(serve_reply(&f, request, 5, 0, 0), 0);
    const struct packet *p = expect_response(&f, 7, 5);
    ck_assert_uint_eq(p->h.server, second);
    ck_assert_uint_eq(p->h.forward, 1);
    ck_assert_mem_eq(p->dst, foreign_mac, 6);
    expect_silence(&f);
    nothing_is_left();
}
END_TEST

/* VMTP-13.5-16 VMTP-13.5-07 VMTP-13.5-12: the Client asks the first one */
START_TEST(duplicates_are_for_the_entity_that_has_it) {
    struct vmtp_forward w = onward(second, 0);
    serve_ask(&f, A, server, 7, 0);
    ck_assert_int_eq(pass_on(&w), 0);
    serve_ask_again(&f, A, server, 7, VMTP_APG);
    expect_nvc(&f, A, 7, VMTP_OK);
    ck_assert_int_eq(serve_reply(&f, serve_last(&f), 5 | VMTP_DGM, 2048, 0), 0);
    foreign_forget(&f);
    serve_ask_again(&f, A, server, 7, VMTP_APG);
    ck_assert_uint_eq(expect_response(&f, 7, 5)->h.server, second);
    expect_silence(&f);
    struct vmtp_header ok = foreign_notify_server(second, A, 7, 0xf, VMTP_OK);
    foreign_send(&f, &ok, NULL, 0);
    ck_assert_uint_eq(released(), 1);
    serve_ask_again(&f, A, server, 7, VMTP_APG);
    expect_nvc(&f, A, 7, VMTP_RESPONSE_DISCARDED);
    expect_silence(&f);
    ck_assert_uint_eq(serve_count(&f), 0);
}
END_TEST

/* VMTP-13.5-16 VMTP-13.5-11 */
START_TEST(entity_that_takes_none_is_waited_for_or_refuses) {
    vmtp_entity small;
    struct vmtp_forward w;
    ck_assert_int_eq(vmtp_entity_create(f.engine, &small, NULL, f.now), 0);
    w = onward(small, 100);
    serve_ask(&f, A, server, 7, 0);
    if (_i == 1)
        serve_accepts(&f, small, 1, 10);
    if (_i == 2)
        w.message.code |= VMTP_CMD;
    ck_assert_int_eq(pass_on(&w), 0);
    if (_i > 0) {
        expect_nvc(&f, A, 7, _i == 1 ? VMTP_ERROR : VMTP_NOT_AWAITING_MSG);
        ck_assert_uint_eq(released(), 1);
        nothing_is_left();
        return;
    }
    ck_assert_uint_eq(released(), 0);
    foreign_pass(&f, VMTP_SECOND);
    serve_ask_again(&f, A, server, 7, VMTP_APG);
    expect_nvc(&f, A, 7, VMTP_OK);
    serve_accepts(&f, small, 1, 100);
    foreign_pass(&f, 100 * MS);
    ck_assert_uint_eq(released(), 1);
    ck_assert_uint_eq(serve_last(&f)->entity, small);
    expect_silence(&f);
}
END_TEST

/* VMTP-13.5-11: it goes away while it is waited for */
START_TEST(entity_that_goes_away_is_not_waited_for) {
    vmtp_entity none;
    ck_assert_int_eq(vmtp_entity_create(f.engine, &none, NULL, f.now), 0);
    struct vmtp_forward w = onward(none, 0);
    serve_ask(&f, A, server, 7, 0);
    ck_assert_int_eq(pass_on(&w), 0);
    vmtp_entity_delete(f.engine, none, f.now);
    foreign_pass(&f, 100 * MS);
    expect_nvc(&f, A, 7, VMTP_NONEXISTENT_ENTITY);
    nothing_is_left();
}
END_TEST

/* VMTP-13.5-03 VMTP-13.5-16: in a circle */
START_TEST(request_may_come_back) {
    struct vmtp_forward w = onward(second, 0);
    serve_ask(&f, A, server, 7, 0);
    for (unsigned i = 1; i <= 15; i++) {
        ck_assert_int_eq(pass_on(&w), 0);
        ck_assert_uint_eq(serve_count(&f), i + 1);
        ck_assert_uint_eq(serve_last(&f)->forward_count, i);
        if (i == 6) {
            serve_accepts(&f, server, 4, 0);
            serve_accepts(&f, second, 4, 0);
        }
        w.message.server = i % 2 ? server : second;
    }
    ck_assert_int_eq(pass_on(&w), VMTP_E_NESTED); /* no further */
    serve_ask_again(&f, A, server, 7, VMTP_APG);
    expect_nvc(&f, A, 7, VMTP_OK);
    ck_assert_int_eq(serve_reply(&f, serve_last(&f), 5, 0, 0), 0);
    ck_assert_uint_eq(expect_response(&f, 7, 5)->h.forward, 15);
    nothing_is_left();
}
END_TEST

/* ---- the Client is here ---- */

/* VMTP-13.5-16 */
START_TEST(call_of_a_client_here_goes_on) {
    vmtp_entity client = call_entity(&f);
    struct vmtp_request r = call_request(client, 0);
    uint32_t size = _i ? 600 : 0;
    struct vmtp_forward w = onward(FOREIGN_SERVER, size);
    r.message.server = server;
    call_start(&f, &r);
    ck_assert_int_eq(pass_on(&w), 0);
    const struct packet *p = expect_packet(&f);
    ck_assert_uint_eq(p->h.client, client);
    ck_assert_uint_eq(p->h.server, FOREIGN_SERVER);
    ck_assert_uint_eq(p->h.forward, 1);
    ck_assert_uint_eq(p->h.code, 0x321u | (_i ? VMTP_SDA : 0));
    ck_assert_mem_eq(p->data, serving_segment, size);
    expect_silence(&f);
    ck_assert_uint_eq(released(), 0);
    struct vmtp_header h = call_response(&p->h, 1024);
    h.forward = 1;
    ck_assert_int_eq(call_give_blocks(&f, &h, calling_response, 3, 0), 0);
    ck_assert_uint_eq(call_result(&f, 0)->message.server, FOREIGN_SERVER);
    ck_assert_uint_eq(released(), (unsigned)_i);
    ck_assert_int_eq(pass_on(&w), VMTP_E_STALE);
    nothing_is_left();
}
END_TEST

/* VMTP-13.5-16 VMTP-4.6-08 */
START_TEST(all_three_are_here) {
    vmtp_entity client = call_entity(&f);
    struct vmtp_request r = call_request(client, 100);
    struct vmtp_forward w = onward(second, _i ? 600 : 0);
    r.message.server = server;
    call_start(&f, &r);
    ck_assert_int_eq(pass_on(&w), 0);
    ck_assert_uint_eq(serve_last(&f)->entity, second);
    ck_assert_uint_eq(serve_last(&f)->forward_count, 1);
    ck_assert_uint_eq(serve_last(&f)->segment_size, _i ? 600 : 0);
    ck_assert_int_eq(serve_reply(&f, serve_last(&f), 5, 700, 0), 0);
    const struct vmtp_event *end = call_result(&f, 0);
    ck_assert_uint_eq(end->message.server, second);
    ck_assert_uint_eq(end->segment_size, 700);
    ck_assert_uint_eq(released(), _i ? 2 : 1);
    expect_silence(&f);
    nothing_is_left();
}
END_TEST

/* What was lent comes back, whoever ends it. */
START_TEST(local_call_that_ends_gives_back_what_was_lent) {
    vmtp_entity client = call_entity(&f);
    struct vmtp_request r = call_request(client, 0);
    struct vmtp_forward w = onward(FOREIGN_SERVER, 600);
    r.message.server = server;
    vmtp_handle handle = call_start(&f, &r);
    ck_assert_int_eq(pass_on(&w), 0);
    if (_i == 0)
        ck_assert_int_eq(vmtp_cancel(f.engine, handle, f.now), 0);
    else if (_i == 1)
        ck_assert_int_eq(vmtp_entity_delete(f.engine, client, f.now), 0);
    else
        ck_assert_int_eq(vmtp_entity_delete(f.engine, server, f.now), 0);
    foreign_collect(&f);
    ck_assert_uint_eq(released(), 1);
    ck_assert_uint_eq(call_result(&f, _i < 2 ? VMTP_CANCELLED : VMTP_NONEXISTENT_ENTITY)->type, VMTP_EV_COMPLETE);
    nothing_is_left();
}
END_TEST

/* Two calls of a client here, on a node that does not stream, and both are passed on. */
static void pass_on_two(struct vmtp_header sent[2]) {
    struct vmtp_config config;
    vmtp_handle handle;
    foreign_config(&config);
    config.no_streams = 1;
    foreign_close(&f);
    foreign_open(&f, &config);
    server = serve_entity(&f, NULL);
    vmtp_entity client = call_entity(&f);
    struct vmtp_request r = call_request(client, 0);
    struct vmtp_forward w = onward(FOREIGN_SERVER, 0);
    r.message.server = server;
    for (unsigned i = 0; i < 2; i++) {
        r.flags = i ? 0 : VMTP_CALL_MORE;
        r.cookie = i;
        ck_assert_int_eq(vmtp_call(f.engine, &handle, &r, f.now), 0);
    }
    foreign_collect(&f);
    for (unsigned i = 0; i < 2; i++) {
        ck_assert_int_eq(vmtp_forward(f.engine, foreign_event(&f, VMTP_EV_REQUEST, i)->handle, &w, f.now), 0);
        foreign_collect(&f);
        sent[i] = expect_packet(&f)->h;
    }
}

/* VMTP-13.5-25: what is said to the second is lost, and the first takes its time */
START_TEST(each_has_a_timer_of_its_own) {
    struct vmtp_header sent[2];
    unsigned again[2] = {0};
    pass_on_two(sent);
    foreign_pass(&f, 300 * MS);
    while (foreign_waiting(&f)) {
        const struct packet *p = foreign_take(&f);
        again[p->h.transaction == sent[1].transaction]++;
        ck_assert_uint_eq(p->h.forward, 1);
    }
    ck_assert_uint_gt(again[0], 0);
    ck_assert_uint_gt(again[1], 0);
    foreign_pass(&f, 3 * VMTP_SECOND);
    ck_assert_uint_eq(foreign_event_count(&f, VMTP_EV_COMPLETE), 2);
    nothing_is_left();
}
END_TEST

/* VMTP-13.5-17: the second comes back and is answered here */
START_TEST(request_that_comes_home_is_of_its_own_call) {
    struct vmtp_header sent[2];
    pass_on_two(sent);
    struct vmtp_header home = sent[1];
    home.forward = 2;
    home.server = server;
    ck_assert_int_eq(foreign_send(&f, &home, NULL, 0), 0);
    ck_assert_uint_eq(serve_last(&f)->transaction, sent[1].transaction);
    ck_assert_int_eq(serve_reply(&f, serve_last(&f), 9, 0, 0), 0);
    call_goes_on(&f);
    home = call_response(&sent[0], 0);
    home.forward = 1;
    call_give_blocks(&f, &home, calling_response, 0, 0);
    for (unsigned i = 0; i < 2; i++) {
        ck_assert_uint_eq(foreign_event(&f, VMTP_EV_COMPLETE, i)->cookie, i);
        ck_assert_uint_eq((foreign_event(&f, VMTP_EV_COMPLETE, i)->message.code & 0xffffffu) == 9, i);
    }
    nothing_is_left();
}
END_TEST

/* VMTP-13.5-11 VMTP-13.5-16 VMTP-13.5-26: it has gone in a circle, and nobody has it */
START_TEST(circle_without_an_end) {
    vmtp_entity first, last;
    struct vmtp_forward w;
    ck_assert_int_eq(vmtp_entity_create(f.engine, &first, NULL, f.now), 0);
    ck_assert_int_eq(vmtp_entity_create(f.engine, &last, NULL, f.now), 0);
    serve_accepts(&f, first, 1, 0);
    serve_accepts(&f, last, 1, 0);
    serve_ask(&f, A, first, 7, 0);
    w = onward(last, 0);
    ck_assert_int_eq(pass_on(&w), 0);
    w = onward(first, 0);
    w.message.code |= VMTP_CMD; /* which does not wait any more */
    ck_assert_int_eq(pass_on(&w), 0);
    expect_nvc(&f, A, 7, VMTP_NOT_AWAITING_MSG);
    ck_assert_int_eq(serve_ask_again(&f, A, first, 7, VMTP_APG), VMTP_COUNT_DROP_DUPLICATE);
    expect_nvc(&f, A, 7, VMTP_NOT_AWAITING_MSG);
    expect_silence(&f);
    nothing_is_left();
}
END_TEST

/* ---- nested ---- */

static struct vmtp_forward nested(uint32_t size) {
    struct vmtp_forward w = onward(FOREIGN_SERVER, size);
    ck_assert_int_eq(vmtp_host_learn(f.engine, FOREIGN_SERVER, foreign_other_mac, f.now), 0);
    memset(lent, 0, sizeof lent);
    w.response_area = lent;
    w.response_size = sizeof lent;
    return w;
}

/* A Request that cannot go on as it is: which, tells how. */
static void ask_nested(int which) {
    struct vmtp_header h = foreign_request(A, server, 7, 0x123);
    vmtp_host_learn(f.engine, A, foreign_mac, f.now);
    h.forward = which == 1 ? 15 : 0;
    f.multicast = which == 0;
    ck_assert_int_eq(foreign_send(&f, &h, NULL, 0), 0);
    f.multicast = 0;
}

/* VMTP-13.5-21: the Client cannot be given so much, whatever room the forwarder has lent */
START_TEST(response_too_large_for_the_client) {
    static uint8_t room[40000], answer[40000];
    struct vmtp_forward w = nested(0);
    struct vmtp_reply large = {.segment = answer, .segment_size = sizeof answer};
    w.response_area = room;
    w.response_size = sizeof room;
    ask_nested(1);
    if (_i == 0) {
        ck_assert_int_eq(pass_on(&w), 0);
        ck_assert_uint_eq(expect_packet(&f)->h.flags & VMTP_STI, 0);
        foreign_pass(&f, 5 * VMTP_SECOND);
    } else { /* here it need not be streamed */
        w.message.server = second;
        ck_assert_int_eq(pass_on(&w), 0);
        ck_assert_int_eq(vmtp_reply(f.engine, serve_last(&f)->handle, &large, f.now), 0);
        foreign_collect(&f);
        expect_response(&f, 7, VMTP_BAD_REPLY_SEGMENT);
    }
    ck_assert_uint_eq(released(), _i == 1 ? 2 : 1); /* the reply's, the forwarder's */
    nothing_is_left();
}
END_TEST

/* VMTP-13.5-02 */
START_TEST(nested_call_is_answered_to_the_client) {
    struct vmtp_forward w = nested(600);
    ask_nested(_i);
    ck_assert_int_eq(pass_on(&w), 0);
    const struct packet *p = expect_packet(&f);
    ck_assert_uint_eq(p->h.client, server);
    ck_assert_uint_eq(p->h.server, FOREIGN_SERVER);
    ck_assert_uint_eq(p->h.forward, 0);
    ck_assert_uint_eq(p->h.code, 0x321 | VMTP_SDA);
    ck_assert_mem_eq(p->data, serving_segment, 600);
    expect_silence(&f);
    serve_ask_again(&f, A, server, 7, VMTP_APG); /* of a multicast, by unicast */
    expect_nvc(&f, A, 7, VMTP_OK);
    struct vmtp_header h = foreign_response(p, FOREIGN_SERVER, 0x42 | VMTP_SDA | VMTP_DGM);
    h.words[0] = 0xabcd;
    h.words[6] = 1024;
    h.delivery = 3;
    f.src = foreign_other_mac;
    ck_assert_int_eq(foreign_send(&f, &h, serving_segment + 4096, 1024), 0);
    p = expect_response(&f, 7, 0x42);
    ck_assert_uint_eq(p->h.client, A);
    ck_assert_uint_eq(p->h.server, server);
    ck_assert_uint_eq(p->h.forward, _i == 1 ? 15 : 0);
    ck_assert_uint_eq(p->h.words[0], 0xabcd);
    ck_assert_mem_eq(p->dst, foreign_mac, 6);
    ck_assert_mem_eq(p->data, serving_segment + 4096, 1024);
    ck_assert_uint_eq(foreign_event_count(&f, VMTP_EV_COMPLETE), 0);
    nothing_is_left();
    ck_assert_uint_eq(released(), 1);
    ck_assert_uint_eq(vmtp_counter(f.engine, VMTP_COUNT_FORWARDS_NESTED), 1);
}
END_TEST

/* VMTP-13.5-02: to a group; and a Response without a segment */
START_TEST(group_is_called) {
    struct vmtp_forward w = nested(0);
    w.message.server = 0x4000000000001234ull;
    serve_ask(&f, A, server, 7, 0);
    ck_assert_int_eq(pass_on(&w), 0);
    const struct packet *p = expect_packet(&f);
    ck_assert_uint_eq(p->h.client, server);
    ck_assert_uint_eq(p->h.mpg, 1);
    struct vmtp_header h = foreign_response(p, FOREIGN_SERVER, 0x42);
    ck_assert_int_eq(foreign_send(&f, &h, NULL, 0), 0);
    expect_response(&f, 7, 0x42);
    expect_silence(&f);
    ck_assert_uint_eq(released(), 1); /* the area */
    nothing_is_left();
}
END_TEST

/* VMTP-13.5-21 */
START_TEST(failure_of_the_nested_call_is_the_answer) {
    struct vmtp_forward w = nested(600);
    ask_nested(_i);
    ck_assert_int_eq(pass_on(&w), 0);
    foreign_pass(&f, 2 * VMTP_SECOND);
    for (unsigned i = 0; i < 6; i++)
        ck_assert_uint_eq(expect_packet(&f)->h.server, FOREIGN_SERVER);
    if (_i == 1)
        expect_response(&f, 7, VMTP_RETRANS_TIMEOUT);
    expect_silence(&f);
    ck_assert_uint_eq(released(), 1);
    nothing_is_left();
}
END_TEST

/* VMTP-13.5-02: of a Client here */
START_TEST(nested_call_for_a_client_here) {
    vmtp_entity client = call_entity(&f);
    struct vmtp_request r = call_request(client, 0);
    struct vmtp_forward w = nested(0);
    w.message.server = VMTP_MANAGER_GROUP;
    w.message.code = VMTP_QUERY_VMTP_NODE;
    vmtp_message_set_coresident(&w.message, VMTP_MANAGER_GROUP);
    r.message.server = server;
    call_start(&f, &r);
    ck_assert_int_eq(pass_on(&w), 0); /* answered at once, by our own manager */
    const struct vmtp_event *end = call_result(&f, 0);
    ck_assert_uint_eq(end->message.server, server);
    ck_assert_uint_eq(end->message.words[0], 1500);
    ck_assert_uint_eq(end->segment_size, 8);
    ck_assert_uint_eq(released(), 1);
    nothing_is_left();
}
END_TEST

/* VMTP-13.5-16: the server's own call may be passed on like any other */
START_TEST(nested_call_is_passed_on_here) {
    struct vmtp_forward w = nested(600), again = onward(FOREIGN_SERVER, 700);
    w.message.server = second;
    ask_nested(0);
    ck_assert_int_eq(pass_on(&w), 0);
    ck_assert_uint_eq(serve_last(&f)->client, server);
    ck_assert_int_eq(pass_on(&again), 0);
    const struct packet *p = expect_packet(&f);
    ck_assert_uint_eq(p->h.client, server);
    ck_assert_uint_eq(p->h.forward, 1);
    ck_assert_uint_eq(released(), 0);
    if (_i) {
        ck_assert_int_eq(vmtp_entity_delete(f.engine, second, f.now), 0);
        foreign_collect(&f);
        ck_assert_uint_eq(released(), 2);
        expect_silence(&f); /* it was multicast */
        nothing_is_left();
        return;
    }
    struct vmtp_header h = foreign_response(p, FOREIGN_SERVER, 0x42);
    f.src = foreign_other_mac;
    ck_assert_int_eq(foreign_send(&f, &h, NULL, 0), 0);
    expect_response(&f, 7, 0x42);
    expect_silence(&f);
    ck_assert_uint_eq(released(), 2);
    nothing_is_left();
}
END_TEST

/* What was lent comes back when nobody wants the answer any more. */
START_TEST(nested_call_ends_with_its_reason) {
    struct vmtp_forward w = nested(600);
    ask_nested(0);
    ck_assert_int_eq(pass_on(&w), 0);
    if (_i == 0)
        serve_ask(&f, A, server, 8, 0);
    else if (_i == 1)
        ck_assert_int_eq(vmtp_entity_delete(f.engine, server, f.now), 0);
    else
        foreign_pass(&f, 11 * VMTP_SECOND); /* the call has failed by then; else TS2 */
    foreign_collect(&f);
    ck_assert_uint_eq(released(), 1);
    ck_assert_uint_eq(foreign_event_count(&f, VMTP_EV_COMPLETE), 0);
    ck_assert_uint_eq(foreign_event_count(&f, VMTP_EV_ABANDONED), 0);
    if (_i == 0)
        serve_reply(&f, serve_last(&f), 1, 0, 0);
    nothing_is_left();
}
END_TEST

/* VMTP-13.5-02 */
START_TEST(nested_call_needs_room_and_a_free_entity) {
    struct vmtp_forward w = nested(0), bare = onward(FOREIGN_SERVER, 0);
    ask_nested(_i);
    ck_assert_int_eq(pass_on(&bare), VMTP_E_NESTED);
    struct vmtp_request r = call_request(server, 0);
    vmtp_handle handle = call_start(&f, &r);
    ck_assert_int_eq(pass_on(&w), VMTP_E_IN_CALL);
    vmtp_cancel(f.engine, handle, f.now);
    foreign_collect(&f);
    ck_assert_int_eq(pass_on(&w), 0);
}
END_TEST

int main(void) {
    Suite *s = suite_create("forward_local");
    TCase *t = tcase_create("forward_local");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, to_an_entity_of_the_same_node_without_a_frame);
    tcase_add_test(t, duplicates_are_for_the_entity_that_has_it);
    tcase_add_loop_test(t, entity_that_takes_none_is_waited_for_or_refuses, 0, 3);
    tcase_add_test(t, entity_that_goes_away_is_not_waited_for);
    tcase_add_test(t, request_may_come_back);
    tcase_add_test(t, circle_without_an_end);
    tcase_add_loop_test(t, call_of_a_client_here_goes_on, 0, 2);
    tcase_add_loop_test(t, all_three_are_here, 0, 2);
    tcase_add_loop_test(t, local_call_that_ends_gives_back_what_was_lent, 0, 3);
    tcase_add_loop_test(t, response_too_large_for_the_client, 0, 2);
    tcase_add_loop_test(t, nested_call_is_answered_to_the_client, 0, 2);
    tcase_add_test(t, group_is_called);
    tcase_add_loop_test(t, failure_of_the_nested_call_is_the_answer, 0, 2);
    tcase_add_test(t, each_has_a_timer_of_its_own);
    tcase_add_test(t, request_that_comes_home_is_of_its_own_call);
    tcase_add_test(t, nested_call_for_a_client_here);
    tcase_add_loop_test(t, nested_call_is_passed_on_here, 0, 2);
    tcase_add_loop_test(t, nested_call_ends_with_its_reason, 0, 3);
    tcase_add_loop_test(t, nested_call_needs_room_and_a_free_entity, 0, 2);
    suite_add_tcase(s, t);
    return run_suite(s);
}
