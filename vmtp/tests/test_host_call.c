/* SPDX-License-Identifier: BSD-2-Clause */
/* vmtp_host_call: what it returns, what it leaves behind. */
#include <check.h>
#include <suite.h>
#include <stdlib.h>

#include "support/host_net.h"

static struct net net;
static struct net_node *client, *server;

static void setup(void) {
    net_begin(&net, 1);
    client = net_open(&net, 0);
    server = net_open(&net, 1);
    net_serve(server, 4, 16384);
    server->serve = net_echo;
}

static void teardown(void) { net_end(&net); }

static vmtp_time in_time(vmtp_time duration) { return vmtp_host_now(client->host) + duration; }

/* A call without segments to entity. */
static int call(vmtp_entity entity, struct vmtp_message *m) {
    *m = (struct vmtp_message){.server = entity, .code = 7, .words = {41}};
    return vmtp_host_call(client->host, m, NULL, 0, NULL, 0, NULL, in_time(2 * VMTP_SECOND));
}

START_TEST(response_arrives) {
    struct vmtp_message m = {.server = server->entity, .code = 7, .words = {41, 2, 3, 4, 5}};
    char question[3000], answer[4000];
    uint32_t received = 0;
    memset(question, 'q', sizeof question);
    int r = vmtp_host_call(client->host, &m, question, sizeof question, answer, sizeof answer, &received,
                           in_time(VMTP_SECOND));
    ck_assert_int_eq(r, 0);
    ck_assert_uint_eq(m.code & VMTP_CODE_MASK, VMTP_OK);
    ck_assert_uint_eq(m.words[0], 42);
    ck_assert_uint_eq(m.words[4], 5);
    ck_assert_uint_eq(m.server, server->entity);
    ck_assert_uint_eq(received, sizeof question);
    ck_assert_mem_eq(question, answer, sizeof question);
}
END_TEST

static void serve_error(struct net_node *me) {
    struct vmtp_incoming in;
    struct vmtp_message m = {.code = 0x800123};
    while (vmtp_host_receive(me->host, 0, &in, 0) == 0)
        ck_assert_int_eq(vmtp_host_reply(me->host, &in, &m, NULL, 0, 0), 0);
}

START_TEST(servers_word_is_no_error_of_the_call) {
    struct vmtp_message m;
    server->serve = serve_error;
    ck_assert_int_eq(call(server->entity, &m), 0);
    ck_assert_uint_eq(m.code & VMTP_CODE_MASK, 0x800123);
}
END_TEST

/* VMTP-4.6-07 */
START_TEST(nobody_there) {
    struct vmtp_message m;
    int r = call(0x777777, &m);
    ck_assert_int_eq(r, VMTP_RETRANS_TIMEOUT);
    /* The host of this one is known, and says no; then all are asked, and nobody answers. */
    ck_assert_int_eq(call(server->entity, &m), 0);
    ck_assert_int_eq(vmtp_entity_delete(vmtp_host_engine(server->host), server->entity, in_time(0)), 0);
    r = call(server->entity, &m);
    ck_assert_msg(r == VMTP_NONEXISTENT_ENTITY || r == VMTP_RETRANS_TIMEOUT, "%d", r);
}
END_TEST

START_TEST(deadline_passes) {
    struct vmtp_message m;
    ck_assert_int_eq(call(server->entity, &m), 0);
    vmtp_sim_set_up(net.sim, server->port, 0);
    vmtp_time deadline = in_time(50 * VMTP_MILLISECOND);
    m = (struct vmtp_message){.server = server->entity};
    ck_assert_int_eq(vmtp_host_call(client->host, &m, NULL, 0, NULL, 0, NULL, deadline), VMTP_USER_TIMEOUT);
    ck_assert_uint_ge(vmtp_host_now(client->host), deadline);
    ck_assert_uint_lt(vmtp_host_now(client->host), deadline + 2 * VMTP_MILLISECOND);
    m = (struct vmtp_message){.server = server->entity};
    ck_assert_int_eq(vmtp_host_call(client->host, &m, NULL, 0, NULL, 0, NULL, deadline), VMTP_USER_TIMEOUT);
}
END_TEST

START_TEST(silence_ends_by_retransmission_limit) {
    struct vmtp_message m;
    ck_assert_int_eq(call(server->entity, &m), 0);
    vmtp_sim_set_up(net.sim, server->port, 0);
    m = (struct vmtp_message){.server = server->entity};
    int r = vmtp_host_call(client->host, &m, NULL, 0, NULL, 0, NULL, VMTP_NEVER);
    ck_assert_msg(r == VMTP_RETRANS_TIMEOUT || r == VMTP_NONEXISTENT_ENTITY, "%d", r);
    vmtp_sim_set_up(net.sim, server->port, 1);
    ck_assert_int_eq(call(server->entity, &m), 0);
}
END_TEST

START_TEST(area_too_small) {
    struct vmtp_message m = {.server = server->entity};
    char question[2000], answer[1024];
    uint32_t received = 0;
    memset(question, 'q', sizeof question);
    memset(answer, 0, sizeof answer);
    int r = vmtp_host_call(client->host, &m, question, sizeof question, answer, 600, &received, in_time(VMTP_SECOND));
    ck_assert_int_eq(r, VMTP_BAD_REPLY_SEGMENT);
    ck_assert_uint_le(received, 600);
    ck_assert_mem_eq(question, answer, received);
    ck_assert_int_eq(answer[600], 0);
}
END_TEST

static void interrupt_me(struct net_node *me) { vmtp_host_interrupt(me->host); }

START_TEST(interrupted) {
    struct vmtp_message m;
    /* before */
    vmtp_host_interrupt(client->host);
    ck_assert_int_eq(call(server->entity, &m), VMTP_E_CANCELLED);
    ck_assert_int_eq(call(server->entity, &m), 0);
    /* while it waits */
    vmtp_sim_set_up(net.sim, server->port, 0);
    client->idle = interrupt_me;
    vmtp_time before = vmtp_host_now(client->host);
    ck_assert_int_eq(call(server->entity, &m), VMTP_E_CANCELLED);
    ck_assert_uint_lt(vmtp_host_now(client->host), before + VMTP_SECOND);
    client->idle = NULL;
    /* it was taken note of once */
    vmtp_sim_set_up(net.sim, server->port, 1);
    ck_assert_int_eq(call(server->entity, &m), 0);
    struct vmtp_usage usage;
    vmtp_usage(vmtp_host_engine(client->host), &usage);
    ck_assert_uint_eq(usage.calls, 0);
}
END_TEST

static void take_datagram(struct net_node *me) {
    struct vmtp_incoming in;
    struct vmtp_message m = {.code = VMTP_OK};
    while (vmtp_host_receive(me->host, 0, &in, 0) == 0) {
        ck_assert_uint_eq(in.handle, 0);
        ck_assert_uint_eq(in.segment_size, 5);
        ck_assert_mem_eq(in.segment, "datum", 5);
        /* A server that answers everything does no harm. */
        ck_assert_int_eq(vmtp_host_reply(me->host, &in, &m, "no", 2, 0), VMTP_E_STALE);
        ck_assert_ptr_null(in.buffer);
        me->served++;
    }
}

START_TEST(datagram) {
    struct vmtp_message m = {.server = server->entity, .code = VMTP_DGM | 9, .words = {1, 2, 3}};
    const struct vmtp_message sent = m;
    server->serve = take_datagram;
    for (int i = 0; i < 10; i++) /* more than the queue is deep: buffers go round */
        ck_assert_int_eq(vmtp_host_call(client->host, &m, "datum", 5, NULL, 0, NULL, in_time(VMTP_SECOND)), 0);
    ck_assert_mem_eq(&m.words, &sent.words, sizeof m.words);
    ck_assert_uint_eq(m.code, sent.code);
    net_run(&net, 10 * VMTP_MILLISECOND);
    ck_assert_uint_ge(server->served, 1);
}
END_TEST

START_TEST(entities_are_used_again) {
    struct vmtp_message m;
    struct vmtp_usage before, after;
    ck_assert_int_eq(call(server->entity, &m), 0);
    vmtp_usage(vmtp_host_engine(client->host), &before);
    for (int i = 0; i < 50; i++)
        ck_assert_int_eq(call(server->entity, &m), 0);
    vmtp_usage(vmtp_host_engine(client->host), &after);
    ck_assert_uint_eq(before.entities, after.entities);
    ck_assert_uint_eq(server->served, 51);
}
END_TEST

START_TEST(all_entities_lent) {
    vmtp_entity lent[64], more;
    struct vmtp_message m;
    for (int i = 0; i < 64; i++)
        ck_assert_int_eq(vmtp_host_borrow_entity(client->host, &lent[i]), 0);
    ck_assert_int_eq(vmtp_host_borrow_entity(client->host, &more), VMTP_E_FULL);
    ck_assert_int_eq(call(server->entity, &m), VMTP_E_FULL);
    vmtp_host_return_entity(client->host, 0x1234); /* not one of them: nothing happens */
    ck_assert_int_eq(call(server->entity, &m), VMTP_E_FULL);
    vmtp_host_return_entity(client->host, lent[10]);
    vmtp_host_return_entity(client->host, lent[10]); /* twice is once */
    ck_assert_int_eq(call(server->entity, &m), 0);
    ck_assert_int_eq(vmtp_host_borrow_entity(client->host, &more), 0);
    ck_assert_uint_eq(more, lent[10]);
    ck_assert_int_eq(vmtp_host_borrow_entity(client->host, &more), VMTP_E_FULL);
}
END_TEST

START_TEST(client_entity_was_deleted) {
    vmtp_entity id;
    struct vmtp_message m;
    ck_assert_int_eq(vmtp_host_borrow_entity(client->host, &id), 0);
    vmtp_host_return_entity(client->host, id);
    ck_assert_int_eq(vmtp_entity_delete(vmtp_host_engine(client->host), id, in_time(0)), 0);
    ck_assert_int_eq(call(server->entity, &m), 0);
}
END_TEST

START_TEST(bad_arguments) {
    struct vmtp_message m = {.server = 0};
    static char large[VMTP_MESSAGE_OCTETS + 1];
    ck_assert_int_eq(vmtp_host_call(client->host, &m, NULL, 0, NULL, 0, NULL, VMTP_NEVER), VMTP_E_INVALID);
    m.server = server->entity;
    ck_assert_int_eq(vmtp_host_call(client->host, &m, large, sizeof large, NULL, 0, NULL, VMTP_NEVER), VMTP_E_TOO_LARGE);
    /* the entity has been given back each time */
    for (int i = 0; i < 100; i++)
        ck_assert_int_eq(vmtp_host_call(client->host, &m, large, sizeof large, NULL, 0, NULL, VMTP_NEVER),
                         VMTP_E_TOO_LARGE);
    ck_assert_int_eq(call(server->entity, &m), 0);
}
END_TEST

START_TEST(nothing_more_than_two_frames) {
    struct vmtp_message m;
    ck_assert_int_eq(call(server->entity, &m), 0);
    vmtp_engine *c = vmtp_host_engine(client->host), *s = vmtp_host_engine(server->host);
    uint64_t out = vmtp_counter(c, VMTP_COUNT_PACKETS_OUT), in = vmtp_counter(s, VMTP_COUNT_PACKETS_OUT);
    for (int i = 0; i < 10; i++)
        ck_assert_int_eq(call(server->entity, &m), 0);
    net_run(&net, VMTP_SECOND);
    ck_assert_uint_eq(vmtp_counter(c, VMTP_COUNT_PACKETS_OUT) - out, 10);
    ck_assert_uint_eq(vmtp_counter(s, VMTP_COUNT_PACKETS_OUT) - in, 10);
}
END_TEST

START_TEST(lossy_segment) {
    const struct vmtp_sim_faults faults = {
        .loss = 100000, .duplicate = 50000, .reorder = 50000, .delay = 20000, .reorder_delay = 200000};
    static char question[16384], answer[16384];
    vmtp_sim_set_faults(net.sim, &faults);
    for (size_t i = 0; i < sizeof question; i++)
        question[i] = (char)(i * 31 + (i >> 9));
    for (uint32_t i = 0; i < 100; i++) {
        struct vmtp_message m = {.server = server->entity, .code = 1, .words = {i}};
        uint32_t size = i * 163, received = 0;
        memset(answer, 0, sizeof answer);
        int r = vmtp_host_call(client->host, &m, question, size, answer, sizeof answer, &received, VMTP_NEVER);
        if (r != 0) /* five losses in a row do happen */
            continue;
        ck_assert_uint_eq(m.words[0], i + 1);
        ck_assert_uint_eq(received, size);
        ck_assert_mem_eq(question, answer, size);
    }
    ck_assert_uint_ge(server->served, 95);
    ck_assert_uint_le(server->served, 100); /* at most once each */
}
END_TEST

int main(void) {
    Suite *suite = suite_create("host call");
    TCase *tc = tcase_create("call");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, response_arrives);
    tcase_add_test(tc, servers_word_is_no_error_of_the_call);
    tcase_add_test(tc, nobody_there);
    tcase_add_test(tc, deadline_passes);
    tcase_add_test(tc, silence_ends_by_retransmission_limit);
    tcase_add_test(tc, area_too_small);
    tcase_add_test(tc, interrupted);
    tcase_add_test(tc, datagram);
    tcase_add_test(tc, entities_are_used_again);
    tcase_add_test(tc, all_entities_lent);
    tcase_add_test(tc, client_entity_was_deleted);
    tcase_add_test(tc, bad_arguments);
    tcase_add_test(tc, nothing_more_than_two_frames);
    tcase_add_test(tc, lossy_segment);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
