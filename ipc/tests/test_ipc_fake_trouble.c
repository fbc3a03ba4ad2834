/* SPDX-License-Identifier: BSD-2-Clause */
/* What only the fake network can do: faults, crashes, moves, figures, and the same run again. */
#include <stdlib.h>
#include <vipc/fake.h>

#include "support/battery.h"

#include <suite.h>

#define GROUP (VMTP_ID_GRP | 0x42u)

static vipc_fake *net;
static struct served server, other;
static struct asked one, two;
static const struct vipc_fake_faults calm = {.delay = VMTP_MILLISECOND, .patience = 2 * VMTP_SECOND};

static void open_nodes(vipc *nodes[BATTERY_NODES]) {
    net = vipc_fake_create(7);
    for (unsigned i = 0; i < BATTERY_NODES; i++)
        nodes[i] = vipc_fake_node(net);
    vipc_fake_set_faults(net, &calm);
}
static void run(vmtp_time duration) { vipc_fake_run(net, duration); }
static void close_net(void) { vipc_fake_destroy(net); }
static const struct ipc_rig rig = {"fake", open_nodes, run, close_net};

static void setup(void) {
    memset(&server, 0, sizeof server);
    memset(&other, 0, sizeof other);
    memset(&one, 0, sizeof one);
    memset(&two, 0, sizeof two);
    battery_open(&rig);
}

START_TEST(delays_are_kept) {
    const vmtp_time begin = vipc_fake_now(net);
    serve(&server, node_b, serve_echo);
    ask(&one, node_a, server.service.entity, "x");
    battery_run(2 * VMTP_MILLISECOND - 1);
    ck_assert_int_eq(one.done, 0);
    battery_run(1);
    ck_assert_int_eq(one.done, 1);
    ck_assert_uint_eq(vipc_fake_now(net), begin + 2 * VMTP_MILLISECOND);
}
END_TEST

START_TEST(lost_calls_end_in_silence) {
    struct vipc_fake_faults faults = calm;
    faults.loss = 1000000;
    vipc_fake_set_faults(net, &faults);
    serve(&server, node_b, serve_echo);
    const vmtp_time begin = vipc_fake_now(net);
    ck_assert_int_eq(ask_and_wait(node_a, server.service.entity, "x"), (int)VMTP_RETRANS_TIMEOUT);
    ck_assert_uint_ge(vipc_fake_now(net), begin + 2 * VMTP_SECOND);
    ck_assert_uint_eq(server.called, 0);
    faults.loss = 0;
    faults.answers = 1000000;
    vipc_fake_set_faults(net, &faults);
    ck_assert_int_eq(ask_and_wait(node_a, server.service.entity, "x"), (int)VMTP_RETRANS_TIMEOUT);
    ck_assert_uint_eq(server.called, 1);
}
END_TEST

START_TEST(losses_take_their_share) {
    struct vipc_fake_faults faults = calm;
    unsigned good = 0;
    faults.loss = 200000;
    faults.patience = 0;
    vipc_fake_set_faults(net, &faults);
    serve(&server, node_b, serve_echo);
    for (unsigned i = 0; i < 1000; i++)
        good += ask_and_wait(node_a, server.service.entity, "x") == 0;
    ck_assert_uint_gt(good, 740);
    ck_assert_uint_lt(good, 860);
    ck_assert_uint_eq(server.called, good);
}
END_TEST

/* Each loss of a frame costs a single client 100 ms and nothing else. */
START_TEST(lost_frames_take_time) {
    struct vipc_fake_faults faults = calm;
    const vmtp_time begin = vipc_fake_now(net);
    faults.frames = 500000;
    vipc_fake_set_faults(net, &faults);
    serve(&server, node_b, serve_echo);
    for (unsigned i = 0; i < 1000; i++)
        ck_assert_int_eq(ask_and_wait(node_a, server.service.entity, "x"), 0);
    ck_assert_uint_eq(server.called, 1000);
    const vmtp_time lost = (vipc_fake_now(net) - begin) / (100 * VMTP_MILLISECOND); /* one each way, on the average */
    ck_assert_uint_gt(lost, 1850);
    ck_assert_uint_lt(lost, 2150);
}
END_TEST

/* A Request to a group that is lost is sent again until somebody answers; copies are executed twice. */
START_TEST(groups_lose_and_double) {
    struct vipc_fake_faults faults = calm;
    faults.loss = 1000000;
    vipc_fake_set_faults(net, &faults);
    serve(&server, node_b, serve_echo);
    ck_assert_int_eq(vipc_join(&server.service, GROUP), 0);
    ask_group(&one, node_a, GROUP, "g", VMTP_SECOND);
    battery_run(150 * VMTP_MILLISECOND);
    ck_assert_uint_eq(vipc_fake_multicasts(node_a), 2);
    faults.loss = 0;
    faults.duplicate = 1000000;
    vipc_fake_set_faults(net, &faults);
    ck_assert_int_eq(outcome(&one), 0);
    ck_assert_uint_eq(server.called, 2);
    ck_assert_uint_eq(one.responses, 2);
    ck_assert_uint_eq(vipc_fake_multicasts(node_a), 3);
    ck_assert_uint_eq(vipc_fake_stats(node_a)->group_calls, 1);
    ck_assert_uint_eq(vipc_fake_stats(node_a)->group_repeats, 2);
}
END_TEST

START_TEST(a_partition_heals_or_ends_calls) {
    serve(&server, node_b, serve_echo);
    vipc_fake_partition(node_b, 1);
    ck_assert_int_eq(ask_and_wait(node_a, server.service.entity, "x"), (int)VMTP_RETRANS_TIMEOUT);
    ck_assert_int_eq(ask_and_wait(node_b, server.service.entity, "x"), 0);
    ask(&one, node_a, server.service.entity, "x");
    battery_run(VMTP_SECOND);
    vipc_fake_partition(node_a, 1);
    ck_assert_int_eq(outcome(&one), 0);
    ck_assert_uint_eq(server.called, 2);
    ck_assert_int_eq(ask_and_wait(node_c, server.service.entity, "x"), (int)VMTP_RETRANS_TIMEOUT);
}
END_TEST

/* It is cut off while the Request is in hand: answered in time it is heard, later not. */
START_TEST(an_answer_waits_for_the_partition_to_heal) {
    serve(&server, node_b, serve_keep);
    ask(&one, node_a, server.service.entity, "one");
    ask(&two, node_a, server.service.entity, "two");
    battery_run(VMTP_SECOND);
    vipc_fake_partition(node_b, 1);
    ck_assert_int_eq(vipc_reply(server.kept[0], &said_ok, NULL, 0, 0), 0);
    battery_run(VMTP_SECOND);
    ck_assert_int_eq(one.done, 0);
    vipc_fake_partition(node_b, 0);
    battery_run(VMTP_SECOND);
    ck_assert_int_eq(one.done, 1);
    ck_assert_int_eq(one.result, 0);
    vipc_fake_partition(node_b, 1);
    ck_assert_int_eq(outcome(&two), (int)VMTP_RETRANS_TIMEOUT);
    ck_assert_int_eq(vipc_reply(server.kept[1], &said_ok, NULL, 0, 0), VMTP_E_STALE);
}
END_TEST

static void never(struct vipc_timer *timer) {
    (void)timer;
    ck_abort_msg("a timer of a node that is down");
}

START_TEST(a_crash_is_sudden) {
    static struct vipc_timer timer = {.fire = never};
    serve(&server, node_b, serve_keep);
    serve(&other, node_b, serve_lent);
    const vmtp_entity before = server.service.entity;
    ask(&one, node_a, before, "held");
    ask(&two, node_a, other.service.entity, "lent");
    battery_run(VMTP_MILLISECOND + 1);
    ck_assert_uint_eq(server.kept_count, 1);
    ck_assert_uint_eq(other.called, 1);
    vipc_timer_set(node_b, &timer, vipc_now(node_b) + VMTP_MILLISECOND);
    vipc_fake_crash(node_b);
    ck_assert_ptr_null(server.service.ipc);
    ck_assert_int_eq(vipc_wait(node_b, 0), VMTP_E_DOWN);
    ck_assert_int_eq(vipc_serve(node_b, &server.service), VMTP_E_DOWN);
    const vmtp_time begin = vipc_fake_now(net);
    ck_assert_int_eq(outcome(&one), (int)VMTP_RETRANS_TIMEOUT);
    ck_assert_uint_ge(vipc_fake_now(net), begin + VMTP_SECOND);
    ck_assert_uint_eq(other.released, 0);
    vipc_fake_restart(node_b);
    ck_assert_int_eq(ask_and_wait(node_a, before, "x"), (int)VMTP_NONEXISTENT_ENTITY);
    ck_assert_int_eq(ask_and_wait(node_c, before, "x"), (int)VMTP_RETRANS_TIMEOUT);
    serve(&server, node_b, serve_echo);
    ck_assert_uint_ne(server.service.entity, before);
    ck_assert_int_eq(ask_and_wait(node_a, server.service.entity, "x"), 0);
}
END_TEST

START_TEST(a_client_crashes) {
    serve(&server, node_b, serve_keep);
    ask(&one, node_a, server.service.entity, "x");
    battery_run(VMTP_SECOND);
    vipc_fake_crash(node_a);
    ck_assert_ptr_null(one.call.ipc);
    ck_assert_int_eq(vipc_start(node_a, &one.call), VMTP_E_DOWN);
    ck_assert_int_eq(vipc_reply(server.kept[0], &said_ok, NULL, 0, 0), VMTP_E_STALE);
    battery_run(10 * VMTP_SECOND);
    ck_assert_int_eq(one.done, 0);
}
END_TEST

START_TEST(a_service_moves) {
    serve(&server, node_b, serve_keep);
    ck_assert_int_eq(vipc_join(&server.service, GROUP), 0);
    ask(&one, node_a, server.service.entity, "held");
    battery_run(VMTP_SECOND);
    ck_assert_int_eq(vipc_fake_move(&server.service, node_c), 0);
    ck_assert_ptr_eq(server.service.ipc, node_c);
    vipc_fake_crash(node_b);
    ask(&two, node_a, server.service.entity, "after");
    battery_run(VMTP_SECOND);
    ck_assert_uint_eq(server.kept_count, 2);
    for (unsigned i = 0; i < 2; i++)
        ck_assert_int_eq(vipc_reply(server.kept[i], &said_ok, NULL, 0, 0), 0);
    ck_assert_int_eq(outcome(&one), 0);
    ck_assert_int_eq(outcome(&two), 0);
    ck_assert_int_eq(vipc_leave(&server.service, GROUP), VMTP_E_NO_ENTITY);
    ck_assert_int_eq(vipc_fake_move(&server.service, node_b), VMTP_E_DOWN);
    ask(&one, node_c, server.service.entity, "x");
    vipc_cancel(&one.call);
    one.call.client = server.service.entity;
    ck_assert_int_eq(vipc_start(node_c, &one.call), 0);
    ck_assert_int_eq(vipc_fake_move(&server.service, node_a), VMTP_E_IN_CALL);
}
END_TEST

START_TEST(everything_is_counted) {
    serve(&server, node_b, serve_forward);
    serve(&other, node_c, serve_echo);
    server.next = other.service.entity;
    ck_assert_int_eq(vipc_join(&other.service, GROUP), 0);
    ck_assert_int_eq(ask_and_wait(node_a, server.service.entity, "x"), 0);
    ask_group(&one, node_a, GROUP, "x", VMTP_SECOND);
    ck_assert_int_eq(outcome(&one), 0);
    for (unsigned i = 0; i < 2; i++) {
        ask(&two, node_a, i ? GROUP : other.service.entity, "x");
        vipc_cancel(&two.call);
        two.call.message.code |= VMTP_DGM;
        other.service.request = serve_nothing;
        ck_assert_int_eq(vipc_start(node_a, &two.call), 0);
        battery_run(VMTP_SECOND);
    }
    const struct vipc_fake_stats *a = vipc_fake_stats(node_a), *b = vipc_fake_stats(node_b), *c = vipc_fake_stats(node_c);
    ck_assert_uint_eq(a->calls, 2); /* one of them cancelled */
    ck_assert_uint_eq(a->group_calls, 2);
    ck_assert_uint_eq(a->datagrams, 1);
    ck_assert_uint_eq(a->group_datagrams, 1);
    ck_assert_uint_eq(b->requests, 1);
    ck_assert_uint_eq(b->forwards, 1);
    ck_assert_uint_eq(b->answers, 0);
    ck_assert_uint_eq(c->answers, 2);
    ck_assert_uint_eq(c->requests, 4);
}
END_TEST

START_TEST(where_nothing_can_happen_nobody_waits) {
    struct vipc_call call = {.message = {.server = 5, .code = 1}, .deadline = VMTP_NEVER};
    ck_assert_int_eq(vipc_wait(node_a, VMTP_NEVER), VMTP_E_AGAIN);
    ck_assert_int_eq(vipc_call_wait(node_a, &call), (int)VMTP_RETRANS_TIMEOUT);
}
END_TEST

/* A busy network with every fault, as a number. */
static uint64_t story(uint64_t seed) {
    const struct vipc_fake_faults faults = {.loss = 100000,
                                            .answers = 50000,
                                            .duplicate = 100000,
                                            .delay = 100 * VMTP_MICROSECOND,
                                            .jitter = VMTP_MILLISECOND,
                                            .patience = VMTP_SECOND};
    vipc_fake *mine = vipc_fake_create(seed);
    vipc *a = vipc_fake_node(mine), *b = vipc_fake_node(mine), *c = vipc_fake_node(mine);
    uint64_t sum = seed;
    vipc_fake_set_faults(mine, &faults);
    serve(&server, b, serve_echo);
    serve(&other, c, serve_echo);
    ck_assert_int_eq(vipc_join(&server.service, GROUP), 0);
    ck_assert_int_eq(vipc_join(&other.service, GROUP), 0);
    for (unsigned i = 0; i < 100; i++) {
        struct asked call = {.then = NULL};
        if (i % 3)
            ask(&call, a, i % 2 ? server.service.entity : other.service.entity, "x");
        else
            ask_group(&call, a, GROUP, "g", 300 * VMTP_MILLISECOND);
        while (!call.done)
            vipc_fake_run(mine, VMTP_MILLISECOND);
        sum = sum * 31 + vipc_fake_now(mine) + (uint64_t)call.result + call.responses;
    }
    sum = sum * 31 + server.called * 1000 + other.called;
    vipc_fake_destroy(mine);
    return sum;
}

START_TEST(the_same_seed_is_the_same_run) {
    const uint64_t first = story(3);
    ck_assert_uint_eq(first, story(3));
    ck_assert_uint_ne(first, story(4));
}
END_TEST

int main(void) {
    const TTest *const tests[] = {delays_are_kept,
                                  lost_calls_end_in_silence,
                                  losses_take_their_share,
                                  lost_frames_take_time,
                                  groups_lose_and_double,
                                  a_partition_heals_or_ends_calls,
                                  an_answer_waits_for_the_partition_to_heal,
                                  a_crash_is_sudden,
                                  a_client_crashes,
                                  a_service_moves,
                                  everything_is_counted,
                                  where_nothing_can_happen_nobody_waits,
                                  the_same_seed_is_the_same_run};
    Suite *suite = suite_create("the fake network");
    TCase *tc = tcase_create("trouble");
    tcase_add_checked_fixture(tc, setup, battery_close);
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++)
        tcase_add_test(tc, tests[i]);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
