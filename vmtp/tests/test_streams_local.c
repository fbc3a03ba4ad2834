/* SPDX-License-Identifier: BSD-2-Clause */
/* test_streams_local.c - runs and large messages whose client and server are entities of one engine (spec/vmtp.md section 13.3). */
#include <check.h>
#include <suite.h>
#include <stdlib.h>

#include "support/streaming.h"

static struct foreign f;
static vmtp_entity client, server;
static vmtp_handle handles[16];

static void setup(void) {
    stream_open(&f, NULL);
    client = call_entity(&f);
    server = serve_entity(&f, NULL); /* takes eight */
}

static void teardown(void) { foreign_close(&f); }

static struct vmtp_request call(unsigned number, unsigned of) {
    struct vmtp_request r = call_request(client, 0);
    r.message.server = server;
    r.cookie = number;
    r.flags = number < of ? VMTP_CALL_MORE : 0;
    return r;
}

static uint32_t run_of(unsigned count) {
    uint32_t first;
    for (unsigned i = 1; i <= count; i++) {
        struct vmtp_request r = call(i, count);
        handles[i - 1] = call_start(&f, &r);
    }
    ck_assert_int_eq(vmtp_outstanding(f.engine, client, &first), 0);
    return first;
}

static void reply(uint32_t transaction, uint32_t size) { ck_assert_int_eq(stream_reply(&f, transaction, size, 0), 0); }

/* VMTP-13.3-04 VMTP-13.3-33 */
START_TEST(in_order) {
    uint32_t t = run_of(5);
    ck_assert_uint_eq(serve_count(&f), 5);
    for (unsigned i = 0; i < 5; i++)
        ck_assert_uint_eq(stream_delivered(&f, i), t + i);
    reply(t + 2, 0);
    reply(t + 1, 500);
    stream_ends(&f, 0);
    reply(t, 0);
    stream_ends(&f, 3);
    reply(t + 4, 0);
    reply(t + 3, 0);
    for (unsigned i = 0; i < 5; i++)
        ck_assert_uint_eq(stream_ended(&f, i, i + 1, 0)->segment_size, i == 1 ? 500 : 0);
    ck_assert_uint_eq(foreign_event_count(&f, VMTP_EV_RELEASED), 1);
    expect_silence(&f);
}
END_TEST

/* VMTP-13.3-04: they wait for their server, and for each other */
START_TEST(a_server_without_room) {
    ck_assert_int_eq(vmtp_entity_create(f.engine, &server, NULL, f.now), 0);
    uint32_t t = run_of(4);
    foreign_pass(&f, VMTP_SECOND);
    ck_assert_uint_eq(serve_count(&f), 0);
    for (unsigned i = 0; i < 4; i++) {
        serve_accepts(&f, server, 1, 100);
        foreign_pass(&f, 50 * VMTP_MILLISECOND);
        ck_assert_uint_eq(serve_count(&f), i + 1);
        ck_assert_uint_eq(stream_delivered(&f, i), t + i);
        reply(t + i, 0);
        stream_ends(&f, i + 1);
    }
}
END_TEST

/* VMTP-13.3-34: as over the network */
START_TEST(one_is_cancelled) {
    uint32_t t = run_of(4);
    ck_assert_int_eq(vmtp_cancel(f.engine, handles[1], f.now), 0);
    foreign_collect(&f);
    for (unsigned i = 0; i < 3; i++)
        stream_ended(&f, i, i + 2, VMTP_CANCELLED);
    ck_assert_uint_eq(foreign_event_count(&f, VMTP_EV_ABANDONED), 3);
    reply(t, 0);
    stream_ended(&f, 3, 1, 0);
    for (unsigned i = 1; i < 4; i++)
        ck_assert_int_eq(stream_reply(&f, t + i, 0, 0), VMTP_E_STALE);
}
END_TEST

/* VMTP-8.4-07 VMTP-13.3-34 */
START_TEST(one_is_refused_an_answer) {
    uint32_t t = run_of(3);
    struct vmtp_reply none = {.message = {.code = VMTP_RESPONSE_DISCARDED}};
    ck_assert_int_eq(vmtp_reply(f.engine, foreign_event(&f, VMTP_EV_REQUEST, 1)->handle, &none, f.now), 0);
    foreign_collect(&f);
    stream_ended(&f, 0, 2, VMTP_RESPONSE_DISCARDED);
    stream_ended(&f, 1, 3, VMTP_RESPONSE_DISCARDED);
    reply(t, 0);
    stream_ended(&f, 2, 1, 0);
}
END_TEST

/* VMTP-7.7-01: each call ends once, and what was lent comes home once */
START_TEST(an_entity_ends) {
    uint32_t t = run_of(12);
    reply(t + 1, 300);
    ck_assert_int_eq(vmtp_entity_delete(f.engine, _i ? client : server, f.now), 0);
    foreign_collect(&f);
    foreign_pass(&f, VMTP_SECOND);
    stream_ends(&f, 12);
    uint64_t seen = 0;
    for (unsigned i = 0; i < 12; i++) {
        const struct vmtp_event *event = foreign_event(&f, VMTP_EV_COMPLETE, i);
        ck_assert_uint_eq(seen >> event->cookie & 1u, 0);
        seen |= (uint64_t)1 << event->cookie;
        ck_assert_uint_eq(event->result, event->cookie == 2 ? 0 : _i ? VMTP_CANCELLED : VMTP_NONEXISTENT_ENTITY);
    }
    ck_assert_uint_eq(foreign_event_count(&f, VMTP_EV_RELEASED), 1);
    ck_assert_uint_eq(foreign_event_count(&f, VMTP_EV_ABANDONED), 7); /* eight were taken, one is answered */
    struct vmtp_usage usage;
    vmtp_usage(f.engine, &usage);
    ck_assert_uint_eq(usage.calls + usage.requests + usage.runs, 0);
}
END_TEST

/* VMTP-13.3-15 VMTP-4.6-08: no packet, and one copy each way */
START_TEST(large_messages) {
    struct vmtp_usage usage;
    struct vmtp_request r = call(1, 1);
    r.segment = stream_segment;
    r.segment_size = THREE;
    static uint8_t area[THREE];
    r.response_area = area;
    r.response_size = _i ? 20000 : THREE;
    stream_accept(&f, server, VMTP_MESSAGE_OCTETS);
    call_start(&f, &r);
    ck_assert_uint_eq(serve_count(&f), 1);
    const struct vmtp_event *request = serve_last(&f);
    ck_assert_uint_eq(request->segment_size, THREE);
    ck_assert_uint_eq(request->large, 1);
    ck_assert_mem_eq(stream_area, stream_segment, THREE);
    reply(request->transaction, THREE);
    uint32_t fits = stream_ended(&f, 0, 1, _i ? VMTP_BAD_REPLY_SEGMENT : 0)->segment_size;
    ck_assert_uint_eq(fits, r.response_size);
    ck_assert_mem_eq(area, stream_segment, fits);
    expect_silence(&f);
    vmtp_usage(f.engine, &usage);
    ck_assert_uint_eq(usage.runs, 0);
}
END_TEST

/* VMTP-13.3-33: among others */
START_TEST(large_messages_in_a_run) {
    uint32_t first = 0;
    stream_accept(&f, server, VMTP_MESSAGE_OCTETS);
    for (unsigned i = 1; i <= 3; i++) {
        struct vmtp_request r = call(i, 3);
        r.segment = i == 2 ? stream_segment : NULL;
        r.segment_size = i == 2 ? THREE : 0;
        call_start(&f, &r);
        if (i == 1)
            ck_assert_int_eq(vmtp_outstanding(f.engine, client, &first), 0);
    }
    ck_assert_uint_eq(stream_delivered(&f, 0), first);
    ck_assert_uint_eq(stream_delivered(&f, 1), first + 1);
    ck_assert_uint_eq(stream_delivered(&f, 2), first + 4); /* it has three Transactions all the same */
    reply(first + 4, 0);
    reply(first + 1, 0);
    reply(first, 0);
    for (unsigned i = 0; i < 3; i++)
        stream_ended(&f, i, i + 1, 0);
}
END_TEST

static void no_streams(void) {
    struct vmtp_config config;
    stream_config(&config);
    config.no_streams = 1;
    teardown();
    stream_open(&f, &config);
    client = call_entity(&f);
    server = serve_entity(&f, NULL);
}

/* A server that does not stream its answers to the network answers here all the same, one by one. */
START_TEST(a_node_that_does_not_stream) {
    no_streams();
    uint32_t t = run_of(3);
    for (unsigned i = 0; i < 3; i++) {
        ck_assert_uint_eq(stream_delivered(&f, i), t + i);
        reply(t + i, 0);
        stream_ended(&f, i, i + 1, 0);
    }
}
END_TEST

/* VMTP-13.3-33 VMTP-7.7-02: the server passes the first one on, and a packet of that is still out when it is answered */
START_TEST(one_is_forwarded) {
    no_streams();
    uint32_t t = run_of(3);
    struct vmtp_forward onward = {.message = {.server = FOREIGN_SERVER, .code = 0x77}};
    struct vmtp_tx tx;
    onward.segment = stream_segment;
    onward.segment_size = 100;
    f.stuck = 1;
    ck_assert_int_eq(vmtp_forward(f.engine, foreign_event(&f, VMTP_EV_REQUEST, 0)->handle, &onward, f.now), 0);
    ck_assert_int_eq(vmtp_output(f.engine, &tx, f.now), 1);
    reply(t + 1, 0);
    struct vmtp_header h = stream_response(client, t, 0, 0);
    h.forward = 1;
    ck_assert_int_eq(foreign_send(&f, &h, NULL, 0), 0);
    reply(t + 2, 0);
    stream_ends(&f, 0);
    vmtp_tx_result(f.engine, &tx, VMTP_TX_SENT, f.now);
    foreign_collect(&f);
    for (unsigned i = 0; i < 3; i++)
        stream_ended(&f, i, i + 1, 0);
    ck_assert_uint_eq(foreign_event_count(&f, VMTP_EV_RELEASED), 1);
}
END_TEST

int main(void) {
    Suite *s = suite_create("local runs and large messages");
    TCase *c = tcase_create("all");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, in_order);
    tcase_add_test(c, a_server_without_room);
    tcase_add_test(c, one_is_cancelled);
    tcase_add_test(c, one_is_refused_an_answer);
    tcase_add_loop_test(c, an_entity_ends, 0, 2);
    tcase_add_loop_test(c, large_messages, 0, 2);
    tcase_add_test(c, large_messages_in_a_run);
    tcase_add_test(c, a_node_that_does_not_stream);
    tcase_add_test(c, one_is_forwarded);
    suite_add_tcase(s, c);
    return run_suite(s);
}
