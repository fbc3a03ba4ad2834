/* SPDX-License-Identifier: BSD-2-Clause */
/* vmtp_host_forward: who answers, and that all memory comes back. */
#include "support/host_net.h"
#include "wire_testing.h"

static struct net net;
static struct net_node *client, *first, *second;
static long before;

/* What the first server does with each Request. */
static struct {
    struct vmtp_message message;
    const void *segment; /* NULL: the Request's own */
    uint32_t segment_size, relay;
    int result;
} what;

static vmtp_time now(void) { return vmtp_sim_now(net.sim); }

static void pass_on(struct net_node *me) {
    struct vmtp_incoming in;
    while (vmtp_host_next_request(me->host, me->entity, &in)) {
        const void *segment = what.segment ? what.segment : in.segment;
        uint32_t size = what.segment ? what.segment_size : in.segment_size;
        if (!what.message.code)
            what.message.code = in.message.code;
        what.result = vmtp_host_forward(me->host, &in, &what.message, segment, size, what.relay);
        if (what.result < 0 && what.result != VMTP_E_STALE) {
            const struct vmtp_message no = {.code = VMTP_NO_PERMISSION};
            ck_assert_int_eq(vmtp_host_reply(me->host, &in, &no, NULL, 0, 0), 0);
        } else {
            ck_assert_ptr_null(in.segment);
            ck_assert_int_eq(vmtp_host_forward(me->host, &in, &what.message, NULL, 0, 0), VMTP_E_INVALID);
        }
        me->served++;
    }
}

static void setup(void) {
    memset(&what, 0, sizeof what);
    net_begin(&net, 2);
    client = net_open(&net, 0);
    first = net_open(&net, 1);
    second = net_open(&net, 2);
    net_serve(first, 3, 16384);
    net_serve(second, 3, 16384);
    first->serve = pass_on;
    second->serve = net_echo;
    what.message.server = second->entity;
    before = net.living;
}

static void teardown(void) {
    net_run(&net, 10 * VMTP_SECOND);
    ck_assert_int_eq(net.living, before); /* every copy */
    net_end(&net);
}

static int ask(const void *segment, uint32_t size, struct vmtp_message *m, uint8_t *area, uint32_t *received) {
    *m = (struct vmtp_message){.server = first->entity, .code = 1, .words = {10}};
    return vmtp_host_call(client->host, m, segment, size, area, 16384, received, now() + VMTP_SECOND);
}

static uint8_t sent[16384], area[16384];

/* VMTP-13.5-01 VMTP-13.5-08 */
START_TEST(another_server_answers) {
    struct vmtp_message m;
    uint32_t received, size = _i ? 16384 : 0;
    uint64_t random = 3;
    random_octets(&random, sent, sizeof sent);
    what.message.words[0] = 20;
    ck_assert_int_eq(ask(sent, size, &m, area, &received), 0);
    ck_assert_uint_eq(m.server, second->entity);
    ck_assert_uint_eq(m.words[0], 21);
    ck_assert_uint_eq(received, size);
    ck_assert_mem_eq(area, sent, size);
    ck_assert_int_eq(what.result, 0);
    ck_assert_uint_eq(first->served + second->served, 2);
}
END_TEST

START_TEST(with_another_segment) {
    struct vmtp_message m;
    uint32_t received;
    what.segment = "another";
    what.segment_size = 7;
    ck_assert_int_eq(ask(sent, 100, &m, area, &received), 0);
    ck_assert_uint_eq(received, 7);
    ck_assert_mem_eq(area, "another", 7);
}
END_TEST

/* Both servers are of one host. */
START_TEST(to_a_server_here) {
    ck_assert_int_eq(vmtp_host_entity(first->host, &what.message.server, NULL), 0);
    ck_assert_int_eq(vmtp_host_serve(first->host, what.message.server, 1, 16384), 0);
    before = net.living;
    struct vmtp_incoming in;
    struct vmtp_message ok = {.code = VMTP_OK, .words = {77}};
    net_start(client, first->entity, sent, 16384, 5);
    ck_assert_int_eq(vmtp_host_receive(first->host, first->entity, &in, now() + VMTP_SECOND), 0);
    what.message.code = 1;
    ck_assert_int_eq(vmtp_host_forward(first->host, &in, &what.message, in.segment, in.segment_size, 0), 0);
    ck_assert_int_eq(vmtp_host_receive(first->host, what.message.server, &in, now() + VMTP_SECOND), 0);
    ck_assert_uint_eq(in.segment_size, 16384);
    ck_assert_int_eq(vmtp_host_reply(first->host, &in, &ok, "here", 4, 0), 0);
    struct vmtp_event event;
    net_run(&net, VMTP_MILLISECOND);
    ck_assert_int_eq(net_event(client, &event), VMTP_EV_COMPLETE);
    ck_assert_uint_eq(event.result, 0);
    ck_assert_uint_eq(event.message.words[0], 77);
}
END_TEST

/* To a group: it has to be a call of the first server's. */
START_TEST(relayed) {
    struct vmtp_message m;
    uint32_t received;
    what.message = (struct vmtp_message){.server = VMTP_MANAGER_GROUP, .code = VMTP_QUERY_VMTP_NODE};
    vmtp_message_set_coresident(&what.message, VMTP_MANAGER_GROUP);
    what.segment = sent;
    ck_assert_int_eq(ask(sent, 100, &m, area, &received), 0);
    ck_assert_uint_eq(m.code, VMTP_NO_PERMISSION);
    ck_assert_int_eq(what.result, VMTP_E_NESTED);
    what.relay = 64;
    ck_assert_int_eq(ask(sent, 100, &m, area, &received), 0);
    ck_assert_int_eq(what.result, 0);
    ck_assert_uint_eq(m.words[0], 1500);
    ck_assert_uint_eq(m.server, first->entity);
    ck_assert_uint_eq(received, 8);
}
END_TEST

START_TEST(errors_leave_it_to_be_answered) {
    static const struct {
        uint32_t size, relay;
        int error;
    } bad[] = {{16385, 0, VMTP_E_TOO_LARGE}, {0, 16385, VMTP_E_TOO_LARGE}};
    struct vmtp_message m;
    uint32_t received;
    what.segment = sent;
    for (unsigned i = 0; i < 2; i++) {
        what.segment_size = bad[i].size;
        what.relay = bad[i].relay;
        ck_assert_int_eq(ask(NULL, 0, &m, area, &received), 0);
        ck_assert_int_eq(what.result, bad[i].error);
        ck_assert_uint_eq(m.code, VMTP_NO_PERMISSION);
    }
    what.segment_size = 5;
    what.relay = 0;
    net.fail_at = net.allocations;
    ck_assert_int_eq(ask(NULL, 0, &m, area, &received), 0);
    ck_assert_int_eq(what.result, VMTP_E_MEMORY);
    what.message.server = 0;
    ck_assert_int_eq(ask(NULL, 0, &m, area, &received), 0);
    ck_assert_int_eq(what.result, VMTP_E_INVALID);
}
END_TEST

START_TEST(client_has_gone_on) {
    struct vmtp_incoming in;
    struct vmtp_message m = {.server = second->entity, .code = 1};
    first->serve = NULL;
    struct vmtp_message d = {.server = first->entity, .code = 1};
    ck_assert_int_eq(vmtp_host_call(client->host, &d, NULL, 0, NULL, 0, NULL, now() + VMTP_MILLISECOND),
                     VMTP_USER_TIMEOUT);
    ck_assert_int_eq(vmtp_host_next_request(first->host, 0, &in), 1);
    ck_assert_int_eq(vmtp_host_forward(first->host, &in, &m, sent, 10, 0), 0);
    d = (struct vmtp_message){.server = first->entity, .code = 1 | VMTP_DGM};
    ck_assert_int_eq(vmtp_host_call(client->host, &d, NULL, 0, NULL, 0, NULL, now() + VMTP_SECOND), 0);
    net_run(&net, VMTP_MILLISECOND);
    ck_assert_int_eq(vmtp_host_next_request(first->host, 0, &in), 1);
    ck_assert_int_eq(vmtp_host_forward(first->host, &in, &m, NULL, 0, 0), VMTP_E_STALE); /* a datagram */
}
END_TEST

int main(void) {
    Suite *suite = suite_create("host forward");
    TCase *tc = tcase_create("forward");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, another_server_answers, 0, 2);
    tcase_add_test(tc, with_another_segment);
    tcase_add_test(tc, to_a_server_here);
    tcase_add_test(tc, relayed);
    tcase_add_test(tc, errors_leave_it_to_be_answered);
    tcase_add_test(tc, client_has_gone_on);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
