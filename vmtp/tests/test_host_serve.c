/* SPDX-License-Identifier: BSD-2-Clause */
/* vmtp_host_serve, receive, reply, done: who holds which buffer, and that all of them go round. */
#include <check.h>
#include <suite.h>
#include <stdlib.h>

#include "support/host_net.h"

static struct net net;
static struct net_node *client, *server;

static void setup(void) {
    net_begin(&net, 2);
    client = net_open(&net, 0);
    server = net_open(&net, 1);
    net_serve(server, 3, 4096);
}

static void teardown(void) { net_end(&net); }

static vmtp_time now(void) { return vmtp_sim_now(net.sim); }

static uint32_t accepts_posted(void) {
    struct vmtp_usage usage;
    vmtp_usage(vmtp_host_engine(server->host), &usage);
    return usage.accepts;
}

/* One Request from the client, received by the server. */
static void bring(struct vmtp_incoming *in, const void *segment, uint32_t size, uint64_t cookie) {
    net_start(client, server->entity, segment, size, cookie);
    ck_assert_int_eq(vmtp_host_receive(server->host, server->entity, in, now() + VMTP_SECOND), 0);
}

static const struct vmtp_message ok = {.code = VMTP_OK};

START_TEST(times_out) {
    struct vmtp_incoming in;
    vmtp_time deadline = now() + 7 * VMTP_MILLISECOND;
    ck_assert_int_eq(vmtp_host_receive(server->host, 0, &in, deadline), VMTP_E_TIMEOUT);
    ck_assert_uint_eq(now(), deadline);
    ck_assert_int_eq(vmtp_host_receive(server->host, 0, &in, 0), VMTP_E_TIMEOUT);
    ck_assert_uint_eq(now(), deadline);
}
END_TEST

static void interrupt_me(struct net_node *me) { vmtp_host_interrupt(me->host); }

START_TEST(is_interrupted) {
    struct vmtp_incoming in;
    server->idle = interrupt_me;
    ck_assert_int_eq(vmtp_host_receive(server->host, 0, &in, VMTP_NEVER), VMTP_E_CANCELLED);
    server->idle = NULL;
    /* also when Requests never cease to come */
    net_start(client, server->entity, NULL, 0, 1);
    net_run(&net, VMTP_MILLISECOND);
    vmtp_host_interrupt(server->host);
    ck_assert_int_eq(vmtp_host_receive(server->host, 0, &in, VMTP_NEVER), VMTP_E_CANCELLED);
    ck_assert_int_eq(vmtp_host_receive(server->host, 0, &in, VMTP_NEVER), 0);
}
END_TEST

START_TEST(request_is_told_whole) {
    struct vmtp_incoming in;
    struct vmtp_event event;
    bring(&in, "question", 8, 77);
    ck_assert_uint_ne(in.handle, 0);
    ck_assert_uint_eq(in.entity, server->entity);
    ck_assert_uint_eq(in.message.server, server->entity);
    ck_assert_uint_eq(in.client >> 8, vmtp_engine_block(vmtp_host_engine(client->host)) >> 8);
    ck_assert_uint_eq(in.segment_size, 8);
    ck_assert_mem_eq(in.segment, "question", 8);
    ck_assert_int_eq(vmtp_host_reply(server->host, &in, &ok, "answer", 6, 0), 0);
    ck_assert_ptr_null(in.segment);
    net_run(&net, VMTP_MILLISECOND);
    ck_assert_int_eq(net_event(client, &event), VMTP_EV_COMPLETE);
    ck_assert_uint_eq(event.cookie, 77);
    ck_assert_uint_eq(event.result, 0);
    ck_assert_mem_eq(event.segment, "answer", 6);
}
END_TEST

START_TEST(the_answer_goes_at_once) {
    struct vmtp_incoming in;
    struct vmtp_event event;
    bring(&in, NULL, 0, 1);
    ck_assert_int_eq(vmtp_host_reply(server->host, &in, &ok, NULL, 0, 0), 0);
    server->busy = 1; /* the server is not heard of again */
    net_run(&net, VMTP_MILLISECOND);
    server->busy = 0;
    ck_assert_int_eq(net_event(client, &event), VMTP_EV_COMPLETE);
    ck_assert_uint_eq(event.result, 0);
}
END_TEST

START_TEST(oldest_first_and_by_entity) {
    struct vmtp_incoming in;
    vmtp_entity other;
    ck_assert_int_eq(vmtp_host_entity(server->host, &other, NULL), 0);
    ck_assert_int_eq(vmtp_host_serve(server->host, other, 3, 0), 0);
    const vmtp_entity order[4] = {server->entity, other, other, server->entity};
    for (unsigned i = 0; i < 4; i++) {
        net_start(client, order[i], order[i] == other ? NULL : &"0123"[i], order[i] == other ? 0 : 1, i);
        net_run(&net, VMTP_MILLISECOND);
    }
    ck_assert_int_eq(vmtp_host_turn(server->host), 1); /* there is something to receive */
    ck_assert_int_eq(vmtp_host_receive(server->host, other, &in, 0), 0);
    ck_assert_uint_eq(in.entity, other);
    vmtp_host_done(server->host, &in);
    ck_assert_int_eq(vmtp_host_receive(server->host, 0, &in, 0), 0);
    ck_assert_uint_eq(in.entity, server->entity);
    ck_assert_mem_eq(in.segment, "0", 1);
    vmtp_host_done(server->host, &in);
    ck_assert_int_eq(vmtp_host_receive(server->host, server->entity, &in, 0), 0);
    ck_assert_mem_eq(in.segment, "3", 1);
    vmtp_host_done(server->host, &in);
    ck_assert_int_eq(vmtp_host_receive(server->host, server->entity, &in, 0), VMTP_E_TIMEOUT);
    ck_assert_int_eq(vmtp_host_receive(server->host, other, &in, 0), 0);
}
END_TEST

START_TEST(more_requests_than_buffers) {
    unsigned complete = 0;
    struct vmtp_event event;
    for (unsigned i = 0; i < 12; i++)
        net_start(client, server->entity, NULL, 0, i);
    net_run(&net, VMTP_MILLISECOND);
    server->serve = net_echo;
    net_run(&net, VMTP_SECOND);
    while (net_event(client, &event)) {
        ck_assert_uint_eq(event.result, 0);
        complete++;
    }
    ck_assert_uint_eq(complete, 12);
    ck_assert_uint_eq(server->served, 12);
    ck_assert_uint_gt(vmtp_counter(vmtp_host_engine(server->host), VMTP_COUNT_BUSY_SENT), 0);
    ck_assert_uint_eq(accepts_posted(), 3);
}
END_TEST

/* A server that asks somebody else before it answers: Requests that come meanwhile wait in the queue. */
START_TEST(calls_while_serving) {
    struct net_node *third = net_open(&net, 2);
    net_serve(third, 1, 0);
    third->serve = net_echo;
    struct vmtp_incoming in;
    bring(&in, "a", 1, 1);
    net_start(client, server->entity, "b", 1, 2);
    struct vmtp_message m = {.server = third->entity, .words = {5}};
    ck_assert_int_eq(vmtp_host_call(server->host, &m, NULL, 0, NULL, 0, NULL, now() + VMTP_SECOND), 0);
    ck_assert_uint_eq(m.words[0], 6);
    ck_assert_mem_eq(in.segment, "a", 1);
    ck_assert_int_eq(vmtp_host_reply(server->host, &in, &ok, NULL, 0, 0), 0);
    ck_assert_int_eq(vmtp_host_receive(server->host, 0, &in, 0), 0);
    ck_assert_mem_eq(in.segment, "b", 1);
}
END_TEST

START_TEST(given_up_before_it_was_received) {
    struct vmtp_incoming in;
    vmtp_handle handle = net_start(client, server->entity, "x", 1, 1);
    net_run(&net, VMTP_MILLISECOND);
    ck_assert_uint_eq(accepts_posted(), 2);
    /* The same client begins another transaction: it does not want the first any more. */
    vmtp_engine *e = vmtp_host_engine(client->host);
    ck_assert_int_eq(vmtp_cancel(e, handle, now()), 0);
    struct vmtp_event event;
    ck_assert_int_eq(net_event(client, &event), VMTP_EV_COMPLETE);
    vmtp_host_return_entity(client->host, event.entity);
    net_start(client, server->entity, "y", 1, 2);
    net_run(&net, VMTP_MILLISECOND);
    ck_assert_int_eq(vmtp_host_receive(server->host, 0, &in, 0), 0);
    ck_assert_mem_eq(in.segment, "y", 1);
    ck_assert_int_eq(vmtp_host_receive(server->host, 0, &in, 0), VMTP_E_TIMEOUT);
    ck_assert_uint_eq(accepts_posted(), 2);
    ck_assert_int_eq(net_event(server, NULL), 0);
}
END_TEST

START_TEST(given_up_while_it_is_served) {
    struct vmtp_incoming in;
    net_start(client, server->entity, "x", 1, 1);
    ck_assert_int_eq(vmtp_host_receive(server->host, 0, &in, now() + VMTP_SECOND), 0);
    struct vmtp_event event;
    net_run(&net, 3 * VMTP_SECOND);
    ck_assert_int_eq(net_event(client, &event), VMTP_EV_COMPLETE);
    ck_assert_uint_eq(event.result, VMTP_USER_TIMEOUT);
    vmtp_host_return_entity(client->host, event.entity);
    net_start(client, server->entity, "y", 1, 2);
    net_run(&net, VMTP_MILLISECOND);
    ck_assert_mem_eq(in.segment, "x", 1); /* still held */
    long living = net.living;
    ck_assert_int_eq(vmtp_host_reply(server->host, &in, &ok, "late", 4, 0), VMTP_E_STALE);
    ck_assert_ptr_null(in.buffer);
    ck_assert_int_eq(net.living, living);
    ck_assert_int_eq(vmtp_host_receive(server->host, 0, &in, 0), 0);
    ck_assert_mem_eq(in.segment, "y", 1);
    ck_assert_int_eq(net_event(server, NULL), 0); /* nothing that a plain server would have to take */
}
END_TEST

/* A copy of what was received does not give a buffer back for the second time, and not somebody else's. */
START_TEST(a_copy_is_over_with_its_original) {
    struct vmtp_incoming in, copy, again, others[3];
    bring(&in, "a", 1, 1);
    copy = again = in;
    ck_assert_int_eq(vmtp_host_reply(server->host, &in, &ok, NULL, 0, 0), 0);
    ck_assert_uint_eq(accepts_posted(), 3);
    vmtp_host_done(server->host, &copy);
    ck_assert_uint_eq(accepts_posted(), 3);
    for (unsigned i = 0; i < 3; i++)
        bring(&others[i], &"bcd"[i], 1, 2 + i);
    ck_assert_uint_eq(accepts_posted(), 0);
    copy = again;
    vmtp_host_done(server->host, &copy);
    ck_assert_int_eq(vmtp_host_reply(server->host, &again, &ok, NULL, 0, 0), VMTP_E_STALE);
    ck_assert_uint_eq(accepts_posted(), 0);
    for (unsigned i = 0; i < 3; i++) {
        ck_assert_mem_eq(others[i].segment, &"bcd"[i], 1);
        ck_assert_int_eq(vmtp_host_reply(server->host, &others[i], &ok, NULL, 0, 0), 0);
    }
    ck_assert_uint_eq(accepts_posted(), 3);
}
END_TEST

START_TEST(copies_go_when_they_are_acknowledged) {
    struct vmtp_incoming in;
    struct vmtp_message m = {.server = server->entity};
    char answer[100];
    long before = net.living;
    bring(&in, NULL, 0, 1);
    ck_assert_int_eq(vmtp_host_reply(server->host, &in, &ok, "answer", 6, 0), 0);
    ck_assert_int_eq(net.living, before + 1);
    net_run(&net, 6 * VMTP_SECOND); /* TS4 */
    ck_assert_int_eq(net.living, before);
    ck_assert_int_eq(net_event(server, NULL), 0);
    /* The client's next Request acknowledges too. */
    server->serve = net_echo;
    for (int i = 0; i < 20; i++)
        ck_assert_int_eq(vmtp_host_call(client->host, &m, "x", 1, answer, sizeof answer, NULL, now() + VMTP_SECOND), 0);
    ck_assert_int_le(net.living, before + 1);
}
END_TEST

START_TEST(lent_reply) {
    static char answer[3000];
    struct vmtp_incoming in;
    struct vmtp_event event;
    bring(&in, "question", 8, 1);
    vmtp_handle handle = in.handle;
    /* the Request's own segment goes back, so it cannot be lent */
    ck_assert_int_eq(vmtp_host_reply(server->host, &in, &ok, in.segment, 8, VMTP_HOST_LEND), VMTP_E_INVALID);
    ck_assert_mem_eq(in.segment, "question", 8);
    long living = net.living;
    ck_assert_int_eq(vmtp_host_reply(server->host, &in, &ok, answer, sizeof answer, VMTP_HOST_LEND), 0);
    ck_assert_int_eq(net.living, living);
    net_run(&net, 6 * VMTP_SECOND);
    ck_assert_int_eq(net_event(server, &event), VMTP_EV_RELEASED);
    ck_assert_uint_eq(event.handle, handle);
    ck_assert_int_eq(net_event(server, NULL), 0);
}
END_TEST

START_TEST(reply_with_bad_arguments_can_be_repeated) {
    static char large[16385];
    struct vmtp_incoming in;
    struct vmtp_event event;
    bring(&in, "q", 1, 1);
    ck_assert_int_eq(vmtp_host_reply(server->host, &in, &ok, large, sizeof large, 0), VMTP_E_TOO_LARGE);
    ck_assert_int_eq(vmtp_host_reply(server->host, &in, &ok, NULL, 5, 0), VMTP_E_INVALID);
    ck_assert_int_eq(vmtp_host_reply(server->host, &in, &ok, NULL, 0, 0x8000), VMTP_E_INVALID);
    net.fail_at = net.allocations;
    ck_assert_int_eq(vmtp_host_reply(server->host, &in, &ok, "answer", 6, 0), VMTP_E_MEMORY);
    ck_assert_mem_eq(in.segment, "q", 1);
    ck_assert_int_eq(vmtp_host_reply(server->host, &in, &ok, "answer", 6, 0), 0);
    ck_assert_int_eq(vmtp_host_reply(server->host, &in, &ok, "answer", 6, 0), VMTP_E_INVALID); /* it is over */
    net_run(&net, VMTP_MILLISECOND);
    ck_assert_int_eq(net_event(client, &event), VMTP_EV_COMPLETE);
    ck_assert_uint_eq(event.result, 0);
}
END_TEST

START_TEST(answered_later) {
    struct vmtp_incoming in;
    struct vmtp_event event;
    bring(&in, "q", 1, 1);
    vmtp_host_done(server->host, &in);
    vmtp_host_done(server->host, &in); /* harmless */
    ck_assert_uint_eq(accepts_posted(), 3);
    net_run(&net, 500 * VMTP_MILLISECOND);
    struct vmtp_reply reply = {.message = ok, .segment = "later", .segment_size = 5};
    ck_assert_int_eq(vmtp_reply(vmtp_host_engine(server->host), in.handle, &reply, now()), 0);
    net_run(&net, VMTP_MILLISECOND);
    ck_assert_int_eq(net_event(client, &event), VMTP_EV_COMPLETE);
    ck_assert_mem_eq(event.segment, "later", 5);
    net_run(&net, 6 * VMTP_SECOND);
    ck_assert_int_eq(net_event(server, &event), VMTP_EV_RELEASED); /* ours: the host did not copy it */
    ck_assert_uint_eq(event.handle, in.handle);
}
END_TEST

START_TEST(serve_says_what_is_wrong) {
    vmtp_host *h = server->host;
    ck_assert_int_eq(vmtp_host_serve(h, 0x4711, 1, 0), VMTP_E_NO_ENTITY);
    ck_assert_int_eq(vmtp_host_serve(h, server->entity, 0, 0), VMTP_E_INVALID);
    ck_assert_int_eq(vmtp_host_serve(h, server->entity, 1, VMTP_MESSAGE_OCTETS + 1), VMTP_E_TOO_LARGE);
    ck_assert_int_eq(vmtp_host_serve(h, server->entity, 126, 0), VMTP_E_FULL);
    ck_assert_int_eq(vmtp_host_serve(h, server->entity, UINT32_MAX, 16384), VMTP_E_INVALID);
    ck_assert_uint_eq(accepts_posted(), 3);
    net.fail_at = net.allocations;
    ck_assert_int_eq(vmtp_host_serve(h, server->entity, 5, 0), VMTP_E_MEMORY);
    ck_assert_int_eq(vmtp_host_serve(h, server->entity, 125, 0), 0); /* more for the same entity */
    ck_assert_uint_eq(accepts_posted(), 128);
}
END_TEST

START_TEST(ends_with_its_entity) {
    struct vmtp_incoming in;
    long before = net.living;
    bring(&in, "q", 1, 1);
    ck_assert_int_eq(vmtp_entity_delete(vmtp_host_engine(server->host), server->entity, now()), 0);
    net_run(&net, VMTP_MILLISECOND);
    ck_assert_int_eq(net.living, before); /* one buffer is held */
    ck_assert_mem_eq(in.segment, "q", 1);
    ck_assert_int_eq(vmtp_host_reply(server->host, &in, &ok, NULL, 0, 0), VMTP_E_STALE);
    ck_assert_int_eq(net.living, before - 1);
    ck_assert_uint_eq(accepts_posted(), 0);
    ck_assert_int_eq(net_event(server, NULL), 0);
    net_serve(server, 3, 0); /* its number is free again */
    bring(&in, NULL, 0, 2);
}
END_TEST

/* The application posts accepts of its own for another entity and takes the record that a buffer needs. */
START_TEST(no_accept_record_left_for_a_while) {
    struct vmtp_incoming in;
    struct vmtp_event event;
    vmtp_entity mine;
    vmtp_engine *e = vmtp_host_engine(server->host);
    bring(&in, "q", 1, 1);
    ck_assert_int_eq(vmtp_host_entity(server->host, &mine, NULL), 0);
    for (int i = 0; i < 126; i++)
        ck_assert_int_eq(vmtp_accept(e, mine, NULL, 0, 1000), 0);
    ck_assert_int_eq(vmtp_accept(e, mine, NULL, 0, 1000), VMTP_E_FULL);
    ck_assert_int_eq(vmtp_host_reply(server->host, &in, &ok, NULL, 0, 0), 0);
    net_start(client, mine, NULL, 0, 2);
    net_run(&net, VMTP_MILLISECOND);
    ck_assert_int_eq(net_event(server, &event), VMTP_EV_REQUEST); /* an accept of the application's */
    ck_assert_uint_eq(event.cookie, 1000);
    net_run(&net, VMTP_MILLISECOND);
    ck_assert_uint_eq(accepts_posted(), 128);
    for (int i = 0; i < 3; i++)
        bring(&in, "q", 1, 3);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("host serve");
    TCase *tc = tcase_create("serve");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, times_out);
    tcase_add_test(tc, is_interrupted);
    tcase_add_test(tc, request_is_told_whole);
    tcase_add_test(tc, the_answer_goes_at_once);
    tcase_add_test(tc, oldest_first_and_by_entity);
    tcase_add_test(tc, more_requests_than_buffers);
    tcase_add_test(tc, calls_while_serving);
    tcase_add_test(tc, given_up_before_it_was_received);
    tcase_add_test(tc, given_up_while_it_is_served);
    tcase_add_test(tc, a_copy_is_over_with_its_original);
    tcase_add_test(tc, copies_go_when_they_are_acknowledged);
    tcase_add_test(tc, lent_reply);
    tcase_add_test(tc, reply_with_bad_arguments_can_be_repeated);
    tcase_add_test(tc, answered_later);
    tcase_add_test(tc, serve_says_what_is_wrong);
    tcase_add_test(tc, ends_with_its_entity);
    tcase_add_test(tc, no_accept_record_left_for_a_while);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
