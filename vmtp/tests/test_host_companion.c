/* SPDX-License-Identifier: BSD-2-Clause */
/* Companions of a host: what they are told, when they work, and what the host does for them besides. */
#include "support/host_net.h"
#include "wire_testing.h"

#include <suite.h>

static struct net net;
static struct net_node *client, *server;

struct mate {
    struct vmtp_companion companion;
    uint64_t cookie; /* of the events that are its own */
    unsigned told, taken, worked;
    void (*then)(struct mate *mate);
};
static struct mate first, second;

static vmtp_time now(void) { return vmtp_sim_now(net.sim); }

static int event(struct vmtp_companion *companion, const struct vmtp_event *event) {
    struct mate *mate = companion->context;
    const int mine = event->type == VMTP_EV_COMPLETE && event->cookie == mate->cookie;
    mate->told++;
    mate->taken += (unsigned)mine;
    if (mine)
        companion->deadline = 0;
    return mine;
}

static void work(struct vmtp_companion *companion) {
    struct mate *mate = companion->context;
    mate->worked++;
    companion->deadline = VMTP_NEVER;
    if (mate->then)
        mate->then(mate);
}

static void attach(struct mate *mate, uint64_t cookie) {
    *mate = (struct mate){.companion = {.event = event, .work = work, .deadline = VMTP_NEVER, .context = mate},
                          .cookie = cookie};
    vmtp_host_attach(client->host, &mate->companion);
}

static void setup(void) {
    net_begin(&net, 3);
    client = net_open(&net, 0);
    server = net_open(&net, 1);
    server->serve = net_echo;
    net_serve(server, 4, 64);
    attach(&first, 100);
    attach(&second, 200);
}

static void teardown(void) {
    vmtp_host_detach(client->host, &second.companion);
    vmtp_host_detach(client->host, &first.companion);
    vmtp_host_detach(client->host, &first.companion);
    net_end(&net);
}

START_TEST(each_takes_its_own_events) {
    struct vmtp_event left;
    net_start(client, server->entity, "a", 1, 200);
    net_start(client, server->entity, "b", 1, 300);
    net_start(client, server->entity, "c", 1, 100);
    net_run(&net, VMTP_SECOND);
    ck_assert_uint_eq(first.taken, 1);
    ck_assert_uint_eq(first.told, 3);
    ck_assert_uint_eq(second.taken, 1);
    ck_assert_uint_eq(second.told, 2);
    ck_assert_uint_eq(first.worked, 1);
    ck_assert_uint_eq(second.worked, 1);
    ck_assert_int_eq(net_event(client, &left), VMTP_EV_COMPLETE);
    ck_assert_uint_eq(left.cookie, 300);
    ck_assert_int_eq(net_event(client, NULL), 0);
}
END_TEST

START_TEST(calls_of_the_program_are_not_told) {
    struct vmtp_message message = {.server = server->entity, .code = 1};
    ck_assert_int_eq(vmtp_host_call(client->host, &message, "a", 1, NULL, 0, NULL, VMTP_NEVER) != 0, 1);
    ck_assert_uint_eq(first.told + second.told, 0);
}
END_TEST

START_TEST(deadlines_bring_turns) {
    const vmtp_time begin = now();
    first.companion.deadline = begin + 3 * VMTP_MILLISECOND;
    second.companion.deadline = begin + 2 * VMTP_MILLISECOND;
    ck_assert_uint_eq(vmtp_host_deadline(client->host), begin + 2 * VMTP_MILLISECOND);
    net_run(&net, 2 * VMTP_MILLISECOND);
    ck_assert_uint_eq(first.worked, 0);
    ck_assert_uint_eq(second.worked, 1);
    struct vmtp_incoming in;
    ck_assert_int_eq(vmtp_host_receive(client->host, 0, &in, begin + VMTP_SECOND), VMTP_E_TIMEOUT);
    ck_assert_uint_eq(first.worked, 1);
}
END_TEST

static void call_and_block(struct mate *mate) {
    struct vmtp_message message = {.server = server->entity, .code = 1};
    char area[8];
    mate->then = NULL;
    mate->companion.deadline = 0; /* also while it works */
    ck_assert_int_eq(vmtp_host_call(client->host, &message, "x", 1, area, sizeof area, NULL, VMTP_NEVER), 0);
    ck_assert_uint_eq(mate->worked, 2);
    net_start(client, server->entity, "n", 1, 100);
}

START_TEST(a_turn_may_block_and_begin_calls) {
    first.then = call_and_block;
    first.companion.deadline = 0;
    net_run(&net, VMTP_SECOND);
    ck_assert_uint_eq(first.taken, 1);
    ck_assert_uint_eq(first.worked, 3);
}
END_TEST

static unsigned deepest, refused;

/* There is always something to do, and it blocks each time. */
static void block_again(struct mate *mate) {
    const unsigned depth = mate->worked;
    deepest = depth > deepest ? depth : deepest;
    if (refused) /* from there on it is left */
        return;
    mate->companion.deadline = 0;
    const int r = vmtp_host_wait(client->host, VMTP_NEVER);
    if (depth < VMTP_HOST_NESTED) {
        ck_assert_int_eq(r, 0);
        return;
    }
    ck_assert_int_eq(r, VMTP_E_FULL);
    refused++;
    mate->companion.deadline = VMTP_NEVER;
}

START_TEST(blocking_turns_end_before_the_stack_does) {
    deepest = refused = 0;
    first.then = block_again;
    first.companion.deadline = 0;
    ck_assert_int_ge(vmtp_host_turn(client->host), 0);
    ck_assert_uint_eq(deepest, VMTP_HOST_NESTED);
    ck_assert_uint_eq(refused, 1);
    first.companion.deadline = 0;
    ck_assert_int_ge(vmtp_host_turn(client->host), 0); /* outside it can work again */
    ck_assert_uint_eq(first.worked, VMTP_HOST_NESTED + 1u);
}
END_TEST

START_TEST(detaching_tells_what_has_happened) {
    net_start(client, server->entity, "a", 1, 100);
    vmtp_handle handle = net_start(client, server->entity, "b", 1, 200);
    vmtp_cancel(vmtp_host_engine(client->host), handle, now());
    ck_assert_uint_eq(second.taken, 0);
    vmtp_host_detach(client->host, &second.companion);
    ck_assert_uint_eq(second.taken, 1);
    net_run(&net, VMTP_SECOND);
    ck_assert_uint_eq(first.taken, 1);
    ck_assert_uint_eq(second.worked, 0);
}
END_TEST

START_TEST(waiting_looks_once_after_its_time) {
    ck_assert_int_eq(vmtp_host_wait(client->host, now() + VMTP_MILLISECOND), 0);
    ck_assert_int_eq(vmtp_host_wait(client->host, now()), VMTP_E_TIMEOUT);
    first.companion.deadline = 0;
    ck_assert_int_eq(vmtp_host_wait(client->host, 0), VMTP_E_TIMEOUT);
    ck_assert_uint_eq(first.worked, 1);
    vmtp_host_interrupt(client->host);
    ck_assert_int_eq(vmtp_host_wait(client->host, VMTP_NEVER), VMTP_E_CANCELLED);
}
END_TEST

static unsigned called;
static struct vmtp_incoming kept;

static void keep(vmtp_host *host, struct vmtp_incoming *in, void *context) {
    (void)context;
    called++;
    kept = *in;
    vmtp_entity self = in->entity;
    if (in->segment_size) /* the second is there, and waits */
        ck_assert_int_eq(vmtp_host_dismiss(host, self), 0);
}

START_TEST(dismissing_drops_what_waits) {
    vmtp_entity entity;
    called = 0;
    ck_assert_int_eq(vmtp_host_entity(server->host, &entity, NULL), 0);
    ck_assert_int_eq(vmtp_host_procedure(server->host, entity, 4, 64, keep, NULL), 0);
    net_start(client, entity, "a", 1, 1);
    net_start(client, entity, "b", 1, 2);
    net_run(&net, 5 * VMTP_SECOND);
    ck_assert_uint_eq(called, 1);
    struct vmtp_message ok = {.code = VMTP_OK};
    ck_assert_int_eq(vmtp_host_reply(server->host, &kept, &ok, NULL, 0, 0), VMTP_E_STALE);
    ck_assert_int_eq(vmtp_host_dismiss(server->host, entity), VMTP_E_NO_ENTITY);
    struct vmtp_event event;
    for (unsigned i = 0; i < 2; i++) {
        ck_assert_int_eq(net_event(client, &event), VMTP_EV_COMPLETE);
        ck_assert_uint_ne(event.result, 0);
    }
    ck_assert_int_eq(net_event(server, NULL), 0); /* nobody has to know of those dropped */
}
END_TEST

START_TEST(randomness_is_the_engines) {
    uint64_t a[2] = {0, 0}, b[2] = {0, 0};
    vmtp_host_random(client->host, a, sizeof a);
    vmtp_host_random(client->host, b, sizeof b);
    ck_assert_mem_ne(a, b, sizeof a);
}
END_TEST

/* Somebody deletes an entity of the pool from the wire: the next who borrows it has a new one. */
START_TEST(a_borrowed_entity_is_there) {
    vmtp_entity a, b;
    ck_assert_int_eq(vmtp_host_borrow_entity(client->host, &a), 0);
    vmtp_host_return_entity(client->host, a);
    ck_assert_int_eq(vmtp_entity_delete(vmtp_host_engine(client->host), a, now()), 0);
    ck_assert_int_eq(vmtp_host_borrow_entity(client->host, &b), 0);
    ck_assert_uint_ne(a, b);
    uint32_t transaction;
    ck_assert_int_eq(vmtp_outstanding(vmtp_host_engine(client->host), b, &transaction), VMTP_E_STALE);
    vmtp_host_return_entity(client->host, b);
}
END_TEST

int main(void) {
    const TTest *const tests[] = {each_takes_its_own_events,
                                  calls_of_the_program_are_not_told,
                                  deadlines_bring_turns,
                                  a_turn_may_block_and_begin_calls,
                                  blocking_turns_end_before_the_stack_does,
                                  detaching_tells_what_has_happened,
                                  waiting_looks_once_after_its_time,
                                  dismissing_drops_what_waits,
                                  randomness_is_the_engines,
                                  a_borrowed_entity_is_there};
    Suite *suite = suite_create("companions");
    TCase *tc = tcase_create("companions");
    tcase_add_checked_fixture(tc, setup, teardown);
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++)
        tcase_add_test(tc, tests[i]);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
