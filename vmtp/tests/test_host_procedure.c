/* SPDX-License-Identifier: BSD-2-Clause */
/* vmtp_host_procedure and vmtp_host_unserve: when the function is called, what it may do, and how serving ends. */
#include "support/host_net.h"
#include "wire_testing.h"

static struct net net;
static struct net_node *client, *server;

/* What the procedure is to do, and what it saw. */
static struct {
    unsigned called, inside, deepest;
    int (*then)(vmtp_host *host, struct vmtp_incoming *in); /* 1: it was answered */
    struct vmtp_incoming kept[8];
    unsigned kept_count;
} seen;

static vmtp_time now(void) { return vmtp_sim_now(net.sim); }

static const struct vmtp_message ok = {.code = VMTP_OK};

static void procedure(vmtp_host *host, struct vmtp_incoming *in, void *context) {
    ck_assert_ptr_eq(context, &seen);
    seen.called++;
    if (++seen.inside > seen.deepest)
        seen.deepest = seen.inside;
    if (seen.then ? seen.then(host, in) : 0) {
        seen.inside--;
        return;
    }
    ck_assert_int_eq(vmtp_host_reply(host, in, &ok, in->segment, in->segment_size, 0), 0);
    seen.inside--;
}

static void setup(void) {
    memset(&seen, 0, sizeof seen);
    net_begin(&net, 2);
    client = net_open(&net, 0);
    server = net_open(&net, 1);
    ck_assert_int_eq(vmtp_host_entity(server->host, &server->entity, NULL), 0);
    ck_assert_int_eq(vmtp_host_procedure(server->host, server->entity, 3, 4096, procedure, &seen), 0);
}

static void teardown(void) { net_end(&net); }

static uint32_t accepts_posted(void) {
    struct vmtp_usage usage;
    vmtp_usage(vmtp_host_engine(server->host), &usage);
    return usage.accepts;
}

static int ask(struct net_node *from, vmtp_entity whom, const char *text) {
    char area[16] = "";
    uint32_t size = 0, length = (uint32_t)strlen(text);
    struct vmtp_message message = {.server = whom, .code = 1};
    int r = vmtp_host_call(from->host, &message, text, length, area, sizeof area, &size, now() + VMTP_SECOND);
    if (r == 0) {
        ck_assert_uint_eq(message.code, length ? VMTP_OK | VMTP_SDA : VMTP_OK);
        ck_assert_uint_eq(size, length);
        ck_assert_mem_eq(area, text, length);
    }
    return r;
}

START_TEST(called_from_a_turn) {
    ck_assert_int_eq(ask(client, server->entity, "text"), 0);
    ck_assert_int_eq(ask(client, server->entity, ""), 0);
    ck_assert_uint_eq(seen.called, 2);
    ck_assert_uint_eq(accepts_posted(), 3);
}
END_TEST

/* A host that waits for something else serves meanwhile; its own calls, too. */
START_TEST(called_while_the_host_blocks) {
    struct vmtp_incoming in;
    ck_assert_int_eq(ask(server, server->entity, "local"), 0);
    ck_assert_uint_eq(seen.called, 1);
    net_start(client, server->entity, "q", 1, 5);
    ck_assert_int_eq(vmtp_host_receive(server->host, 0, &in, now() + VMTP_MILLISECOND), VMTP_E_TIMEOUT);
    ck_assert_uint_eq(seen.called, 2);
    ck_assert_int_eq(vmtp_host_next_request(server->host, server->entity, &in), 0);
}
END_TEST

static int keep(vmtp_host *host, struct vmtp_incoming *in) {
    (void)host;
    seen.kept[seen.kept_count++] = *in;
    return 1;
}

START_TEST(several_in_hand_answered_later) {
    struct vmtp_event event;
    seen.then = keep;
    for (uint64_t i = 0; i < 5; i++)
        net_start(client, server->entity, &"abcde"[i], 1, i);
    net_run(&net, 300 * VMTP_MILLISECOND);
    ck_assert_uint_eq(seen.kept_count, 3); /* depth */
    for (unsigned i = 3; i-- > 0;)         /* in another order than they came */
        ck_assert_int_eq(
            vmtp_host_reply(server->host, &seen.kept[i], &ok, seen.kept[i].segment, seen.kept[i].segment_size, 0), 0);
    seen.then = NULL;
    net_run(&net, VMTP_SECOND);
    for (unsigned i = 0; i < 5; i++) {
        ck_assert_int_eq(net_event(client, &event), VMTP_EV_COMPLETE);
        ck_assert_uint_eq(event.result, 0);
    }
    ck_assert_uint_eq(seen.called, 5);
}
END_TEST

static int call_back(vmtp_host *host, struct vmtp_incoming *in) {
    struct vmtp_message message = {.server = client->entity, .code = 2};
    /* Time enough for the other Request to come: it must wait. */
    ck_assert_int_eq(vmtp_host_call(host, &message, NULL, 0, NULL, 0, NULL, now() + VMTP_SECOND), 0);
    ck_assert_int_eq(vmtp_host_reply(host, in, &ok, in->segment, in->segment_size, 0), 0);
    return 1;
}

static vmtp_entity other;
static unsigned other_called;

static void other_procedure(vmtp_host *host, struct vmtp_incoming *in, void *context) {
    (void)context;
    other_called++;
    ck_assert_int_eq(vmtp_host_reply(host, in, &ok, in->segment, in->segment_size, 0), 0);
}

static int ask_the_other(vmtp_host *host, struct vmtp_incoming *in) {
    (void)host;
    (void)in;
    ck_assert_int_eq(ask(server, other, "inside"), 0);
    return 0;
}

/* Procedures of different entities may need each other. */
START_TEST(another_procedure_runs_while_this_one_blocks) {
    other_called = 0;
    ck_assert_int_eq(vmtp_host_entity(server->host, &other, NULL), 0);
    ck_assert_int_eq(vmtp_host_procedure(server->host, other, 1, 16, other_procedure, NULL), 0);
    seen.then = ask_the_other;
    ck_assert_int_eq(ask(client, server->entity, "text"), 0);
    ck_assert_uint_eq(other_called, 1);
    ck_assert_uint_eq(seen.deepest, 1);
}
END_TEST

START_TEST(blocks_inside_and_is_not_called_again_meanwhile) {
    net_serve(client, 2, 0);
    client->serve = net_echo;
    seen.then = call_back;
    net_start(client, server->entity, "a", 1, 1);
    net_start(client, server->entity, "b", 1, 2);
    net_run(&net, 100 * VMTP_MILLISECOND);
    ck_assert_uint_eq(seen.called, 2);
    ck_assert_uint_eq(seen.deepest, 1);
    ck_assert_uint_eq(client->served, 2);
    ck_assert_int_eq(net_event(client, NULL), VMTP_EV_COMPLETE);
    ck_assert_int_eq(net_event(client, NULL), VMTP_EV_COMPLETE);
}
END_TEST

/* The outer call is over while the inner one still waits; both get what is theirs. */
START_TEST(a_call_inside_a_call) {
    struct net_node *third = net_open(&net, 2);
    net_serve(third, 1, 16);
    net_serve(client, 2, 0);
    third->serve = client->serve = net_echo;
    seen.then = call_back;
    net_start(client, server->entity, "a", 1, 1);
    ck_assert_int_eq(ask(server, third->entity, "outer"), 0);
    ck_assert_uint_eq(seen.called, 1);
    net_run(&net, VMTP_MILLISECOND);
    ck_assert_int_eq(net_event(client, NULL), VMTP_EV_COMPLETE);
}
END_TEST

static int interrupted(vmtp_host *host, struct vmtp_incoming *in) {
    struct vmtp_message message = {.server = 0x4711, .code = 2};
    vmtp_host_interrupt(host);
    ck_assert_int_eq(vmtp_host_call(host, &message, NULL, 0, NULL, 0, NULL, now() + VMTP_SECOND), VMTP_E_CANCELLED);
    vmtp_host_done(host, in);
    return 1;
}

START_TEST(an_interruption_ends_the_inner_call_only) {
    struct net_node *third = net_open(&net, 2);
    net_serve(third, 1, 16);
    third->serve = net_echo;
    seen.then = interrupted;
    net_start(client, server->entity, "a", 1, 1);
    ck_assert_int_eq(ask(server, third->entity, "outer"), 0);
    ck_assert_uint_eq(seen.called, 1);
}
END_TEST

static int delete_myself(vmtp_host *host, struct vmtp_incoming *in) {
    ck_assert_int_eq(vmtp_entity_delete(vmtp_host_engine(host), in->entity, now()), 0);
    vmtp_host_done(host, in);
    return 1;
}

START_TEST(deletes_its_own_entity) {
    long before = net.living;
    seen.then = delete_myself;
    ck_assert_int_ne(ask(client, server->entity, "a"), 0);
    ck_assert_uint_eq(seen.called, 1);
    ck_assert_int_eq(net.living, before - 1);
    ck_assert_uint_eq(accepts_posted(), 0);
}
END_TEST

static int stop_serving(vmtp_host *host, struct vmtp_incoming *in) {
    ck_assert_int_eq(vmtp_host_unserve(host, in->entity), 0);
    return 0; /* it can still be answered */
}

START_TEST(stops_serving_inside) {
    long before = net.living;
    seen.then = stop_serving;
    ck_assert_int_eq(ask(client, server->entity, ""), 0);
    ck_assert_int_eq(net.living, before - 1);
    ck_assert_uint_eq(accepts_posted(), 0);
    ck_assert_int_eq(ask(client, server->entity, ""), VMTP_USER_TIMEOUT); /* BUSY all the time */
    ck_assert_uint_eq(seen.called, 1);
}
END_TEST

/* Room for large Requests beside that for small ones. */
START_TEST(more_of_the_same) {
    static uint8_t large[20000];
    const uint32_t before = accepts_posted();
    struct vmtp_message m = {.server = server->entity};
    ck_assert_int_eq(vmtp_host_call(client->host, &m, large, sizeof large, NULL, 0, NULL, now() + VMTP_SECOND),
                     VMTP_ERROR);
    ck_assert_int_eq(vmtp_host_procedure(server->host, server->entity, 2, sizeof large, procedure, &seen), 0);
    ck_assert_uint_eq(accepts_posted(), before + 2);
    m = (struct vmtp_message){.server = server->entity};
    ck_assert_int_eq(
        vmtp_host_call(client->host, &m, large, sizeof large, large, sizeof large, NULL, now() + VMTP_SECOND), 0);
    ck_assert_uint_eq(seen.called, 1);
    ck_assert_int_eq(vmtp_host_unserve(server->host, server->entity), 0); /* both */
    ck_assert_uint_eq(accepts_posted(), 0);
}
END_TEST

START_TEST(an_entity_is_served_in_one_way) {
    vmtp_host *h = server->host;
    ck_assert_int_eq(vmtp_host_procedure(h, server->entity, 1, 0, procedure, NULL), VMTP_E_EXISTS);
    ck_assert_int_eq(vmtp_host_serve(h, server->entity, 1, 0), VMTP_E_EXISTS);
    ck_assert_int_eq(vmtp_host_procedure(h, server->entity, 1, 0, NULL, NULL), VMTP_E_INVALID);
    ck_assert_int_eq(vmtp_host_unserve(h, 0x4711), VMTP_E_NO_ENTITY);
    ck_assert_int_eq(vmtp_host_unserve(h, server->entity), 0);
    ck_assert_int_eq(vmtp_host_unserve(h, server->entity), VMTP_E_NO_ENTITY);
    ck_assert_int_eq(vmtp_host_serve(h, server->entity, 2, 16), 0);
    ck_assert_int_eq(vmtp_host_serve(h, server->entity, 1, 16), 0);
    ck_assert_uint_eq(accepts_posted(), 3);
    server->serve = net_echo;
    ck_assert_int_eq(vmtp_host_procedure(h, server->entity, 1, 0, procedure, &seen), VMTP_E_EXISTS);
    ck_assert_int_eq(vmtp_host_unserve(h, server->entity), 0); /* both */
    ck_assert_uint_eq(accepts_posted(), 0);
}
END_TEST

START_TEST(what_is_queued_is_still_received) {
    struct vmtp_incoming first, second;
    vmtp_host *h = server->host;
    ck_assert_int_eq(vmtp_host_unserve(h, server->entity), 0);
    ck_assert_int_eq(vmtp_host_serve(h, server->entity, 3, 16), 0);
    long before = net.living;
    net_start(client, server->entity, "a", 1, 1);
    net_start(client, server->entity, "b", 1, 2);
    ck_assert_int_eq(vmtp_host_receive(h, 0, &first, now() + VMTP_SECOND), 0);
    net_run(&net, VMTP_MILLISECOND);
    ck_assert_int_eq(vmtp_host_unserve(h, server->entity), 0);
    ck_assert_uint_eq(accepts_posted(), 0);
    ck_assert_int_eq(vmtp_host_serve(h, server->entity, 1, 16), 0); /* and anew at once */
    ck_assert_int_eq(vmtp_host_receive(h, server->entity, &second, 0), 0);
    ck_assert_int_eq(vmtp_host_reply(h, &second, &ok, NULL, 0, 0), 0);
    ck_assert_int_eq(vmtp_host_reply(h, &first, &ok, NULL, 0, 0), 0);
    ck_assert_int_eq(net.living, before);
    ck_assert_uint_eq(accepts_posted(), 1);
}
END_TEST

/* A buffer that found no accept record waits on the host's side. */
START_TEST(unserve_takes_idle_buffers_too) {
    vmtp_entity mine;
    vmtp_engine *e = vmtp_host_engine(server->host);
    long before = net.living;
    seen.then = keep;
    net_start(client, server->entity, "a", 1, 1);
    net_run(&net, VMTP_MILLISECOND);
    ck_assert_int_eq(vmtp_host_entity(server->host, &mine, NULL), 0);
    while (vmtp_accept(e, mine, NULL, 0, 1000) == 0) {
    }
    ck_assert_int_eq(vmtp_host_reply(server->host, &seen.kept[0], &ok, NULL, 0, 0), 0);
    ck_assert_int_eq(vmtp_host_unserve(server->host, server->entity), 0);
    ck_assert_int_eq(net.living, before - 1);
}
END_TEST

START_TEST(transact_uses_an_entity_of_mine) {
    struct vmtp_event outcome;
    struct vmtp_request request = {.message = {.server = server->entity, .code = 7}, .deadline = now() + VMTP_SECOND};
    request.cookie = 9;
    ck_assert_int_eq(vmtp_host_entity(client->host, &request.client, NULL), 0);
    ck_assert_int_eq(vmtp_host_transact(client->host, &request, &outcome), 0);
    ck_assert_uint_eq(outcome.entity, request.client);
    ck_assert_uint_eq(outcome.cookie, 9);
    ck_assert_uint_eq(outcome.message.server, server->entity);
    request.client = 0;
    ck_assert_int_eq(vmtp_host_transact(client->host, &request, NULL), 0);
    ck_assert_int_eq(vmtp_host_transact(client->host, &request, &outcome), 0);
    ck_assert_uint_ne(outcome.entity, 0);
    request.client = 0x4711;
    ck_assert_int_eq(vmtp_host_transact(client->host, &request, &outcome), VMTP_E_NO_ENTITY);
    ck_assert_int_eq(outcome.type, 0);
    request.response_slots = 2;
    ck_assert_int_eq(vmtp_host_transact(client->host, &request, &outcome), VMTP_E_INVALID);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("host procedure");
    TCase *tc = tcase_create("procedure");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, called_from_a_turn);
    tcase_add_test(tc, called_while_the_host_blocks);
    tcase_add_test(tc, several_in_hand_answered_later);
    tcase_add_test(tc, another_procedure_runs_while_this_one_blocks);
    tcase_add_test(tc, blocks_inside_and_is_not_called_again_meanwhile);
    tcase_add_test(tc, a_call_inside_a_call);
    tcase_add_test(tc, an_interruption_ends_the_inner_call_only);
    tcase_add_test(tc, deletes_its_own_entity);
    tcase_add_test(tc, stops_serving_inside);
    tcase_add_test(tc, more_of_the_same);
    tcase_add_test(tc, an_entity_is_served_in_one_way);
    tcase_add_test(tc, what_is_queued_is_still_received);
    tcase_add_test(tc, unserve_takes_idle_buffers_too);
    tcase_add_test(tc, transact_uses_an_entity_of_mine);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
