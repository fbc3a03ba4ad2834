/* SPDX-License-Identifier: BSD-2-Clause */
/* Nodes on a host that its program uses as well, and on a bad network. */
#include <stdlib.h>

#include <vipc/host.h>

#include "support/battery.h"
#include "support/host_net.h"

#include <suite.h>

static struct net net;
static struct served server, other;
static struct asked one;

static void open_nodes(vipc *nodes[BATTERY_NODES]) {
    net_begin(&net, 5);
    for (unsigned i = 0; i < BATTERY_NODES; i++)
        ck_assert_int_eq(vipc_host_open(&nodes[i], net_open(&net, i)->host), 0);
}
static void run(vmtp_time duration) { net_run(&net, duration); }
static void close_net(void) { net_end(&net); }
static const struct ipc_rig rig = {"host", open_nodes, run, close_net};

static void setup(void) {
    memset(&server, 0, sizeof server);
    memset(&other, 0, sizeof other);
    memset(&one, 0, sizeof one);
    battery_open(&rig);
}

static vmtp_host *host_of(unsigned number) { return net.nodes[number].host; }

/* The program blocks in a call of its own; timers, services and calls of the node go on meanwhile. */
static unsigned fired;
static void fire(struct vipc_timer *timer) {
    fired++;
    vipc_timer_set(battery_node[0], timer, vipc_now(node_a) + 10 * VMTP_MILLISECOND);
}

START_TEST(a_node_works_while_its_program_blocks) {
    struct vipc_timer timer = {.fire = fire};
    fired = 0;
    serve(&server, node_b, serve_echo);
    serve(&other, node_b, serve_keep);
    ask(&one, node_a, server.service.entity, "node");
    vipc_timer_set(node_a, &timer, 0);
    struct vmtp_message message = {.server = other.service.entity, .code = 1};
    int r = vmtp_host_call(host_of(0), &message, "p", 1, NULL, 0, NULL, vmtp_host_now(host_of(0)) + VMTP_SECOND);
    ck_assert_int_eq(r, (int)VMTP_USER_TIMEOUT);
    ck_assert_int_eq(one.done, 1);
    ck_assert_int_eq(one.result, 0);
    ck_assert_uint_ge(fired, 99);
    ck_assert_uint_le(fired, 102);
    vipc_timer_cancel(&timer);
}
END_TEST

START_TEST(events_go_where_they_belong) {
    serve(&server, node_b, serve_echo);
    ask(&one, node_a, server.service.entity, "node");
    net_start(&net.nodes[0], server.service.entity, "p", 1, 0); /* the cookie that the node's first call has, too */
    battery_run(VMTP_SECOND);
    ck_assert_int_eq(one.done, 1);
    struct vmtp_event event;
    ck_assert_int_eq(net_event(&net.nodes[0], &event), VMTP_EV_COMPLETE);
    ck_assert_uint_eq(event.segment_size, 1);
    ck_assert_int_eq(net_event(&net.nodes[0], NULL), 0);
}
END_TEST

/* Between entities of one host there is neither packet nor timer that would tell that something has happened. */
START_TEST(what_happens_on_one_host_takes_no_time) {
    serve(&server, node_a, serve_echo);
    vmtp_time before = vipc_now(node_a);
    ask(&one, node_a, server.service.entity, "x");
    ck_assert_int_eq(vipc_wait_for(node_a, &one.done, before + VMTP_SECOND), 0);
    ck_assert_uint_eq(vipc_now(node_a) - before, 0);
    serve(&other, node_a, serve_keep);
    ask(&one, node_a, other.service.entity, "y");
    while (!other.kept_count)
        ck_assert_int_eq(vipc_wait(node_a, vipc_now(node_a) + VMTP_SECOND), 0);
    before = vipc_now(node_a);
    const struct vmtp_message answer = {.code = VMTP_OK};
    ck_assert_int_eq(vipc_reply(other.kept[0], &answer, NULL, 0, 0), 0);
    ck_assert_int_eq(vipc_wait_for(node_a, &one.done, before + VMTP_SECOND), 0);
    ck_assert_uint_eq(vipc_now(node_a) - before, 0);
    /* The same for a loop of its own. */
    ask(&one, node_a, server.service.entity, "z");
    ck_assert_uint_le(vipc_deadline(node_a), vipc_now(node_a));
    battery_run(VMTP_SECOND);
}
END_TEST

START_TEST(two_nodes_on_one_host_talk_to_each_other) {
    vipc *second;
    ck_assert_int_eq(vipc_host_open(&second, host_of(0)), 0);
    serve(&server, second, serve_lent);
    serve(&other, node_a, serve_echo);
    ask(&one, node_a, server.service.entity, "x");
    ck_assert_int_eq(outcome(&one), 0);
    ck_assert_int_eq(ask_and_wait(second, other.service.entity, "y"), 0);
    ask(&one, second, other.service.entity, "z");
    vipc_close(second);
    battery_run(VMTP_SECOND);
    ck_assert_uint_eq(server.released, 1);
    ck_assert_int_eq(one.done, 0);
}
END_TEST

/* Deadline and turn alone, as a program with a loop of its own uses them. */
START_TEST(a_loop_of_the_program_drives_it) {
    struct vipc_timer timer = {.fire = fire};
    fired = 0;
    serve(&server, node_b, serve_echo);
    net.nodes[0].busy = 1; /* the net leaves this host alone */
    ask(&one, node_a, server.service.entity, "loop");
    vipc_timer_set(node_a, &timer, vipc_now(node_a) + 5 * VMTP_MILLISECOND);
    const vmtp_time end = vipc_now(node_a) + 6 * VMTP_MILLISECOND;
    while (vipc_now(node_a) < end) {
        vmtp_time next = vipc_deadline(node_a);
        while (vipc_turn(node_a) > 0)
            continue;
        next = vipc_deadline(node_a);
        const vmtp_time soon = vipc_now(node_a) + 100 * VMTP_MICROSECOND;
        net_run(&net, (next < soon && next > vipc_now(node_a) ? next : soon) - vipc_now(node_a));
    }
    ck_assert_int_eq(one.done, 1);
    ck_assert_uint_eq(fired, 1);
    vipc_timer_cancel(&timer);
}
END_TEST

START_TEST(an_interruption_is_for_who_waits) {
    vipc_interrupt(node_a);
    ck_assert_int_eq(vmtp_host_wait(host_of(0), VMTP_NEVER), VMTP_E_CANCELLED);
    vmtp_host_interrupt(host_of(0));
    ck_assert_int_eq(vipc_wait(node_a, VMTP_NEVER), VMTP_E_CANCELLED);
    ck_assert_int_eq(vipc_wait(node_a, vipc_now(node_a) + 1), VMTP_E_TIMEOUT);
}
END_TEST

START_TEST(a_host_without_memory_or_room_says_so) {
    net.fail_at = net.allocations;
    server.service = (struct vipc_service){.depth = 4, .capacity = 64, .request = serve_echo, .context = &server};
    ck_assert_int_eq(vipc_serve(node_b, &server.service), VMTP_E_MEMORY);
    ck_assert_int_eq(vipc_serve(node_b, &server.service), 0);
    other.service = (struct vipc_service){.depth = 1000, .request = serve_echo, .context = &other};
    ck_assert_int_eq(vipc_serve(node_b, &other.service), VMTP_E_FULL);
    static struct asked many[65];
    for (unsigned i = 0; i < 64; i++)
        ask(&many[i], node_a, server.service.entity, "x");
    many[64].call = many[0].call;
    many[64].call.ipc = NULL;
    ck_assert_int_eq(vipc_start(node_a, &many[64].call), VMTP_E_FULL);
    for (unsigned i = 0; i < 64; i++)
        ck_assert_int_eq(outcome(&many[i]), 0);
    ck_assert_int_eq(vipc_start(node_a, &many[64].call), 0);
    vipc_cancel(&many[64].call);
}
END_TEST

/* What is lent with an answer comes back also when the answer is lost for good. */
START_TEST(a_loan_comes_back_from_the_dead) {
    serve(&server, node_b, serve_lent);
    ask(&one, node_a, server.service.entity, "x");
    for (unsigned i = 0; i < 1000 && !server.called; i++)
        battery_run(10 * VMTP_MICROSECOND);
    vmtp_sim_set_up(net.sim, net.nodes[0].port, 0);
    battery_run(60 * VMTP_SECOND);
    ck_assert_uint_eq(server.released, 1);
    ck_assert_int_eq(one.done, 1);
}
END_TEST

START_TEST(on_a_bad_network_everything_ends_and_comes_back) {
    const struct vmtp_sim_faults bad = {.loss = 50000,
                                        .duplicate = 50000,
                                        .reorder = 50000,
                                        .delay = 20 * VMTP_MICROSECOND,
                                        .jitter = 100 * VMTP_MICROSECOND,
                                        .reorder_delay = VMTP_MILLISECOND};
    static struct served lender[3];
    static struct asked calls[3];
    vmtp_sim_set_faults(net.sim, &bad);
    for (unsigned i = 0; i < 3; i++)
        serve(&lender[i], battery_node[i], serve_lent);
    for (unsigned round = 0; round < 60; round++) {
        for (unsigned i = 0; i < 3; i++) {
            lender[i].released = 0;
            ask(&calls[i], battery_node[i], lender[(i + 1 + round % 2) % 3].service.entity, "x");
        }
        for (unsigned i = 0; i < 3; i++) {
            ck_assert_int_eq(outcome(&calls[i]), 0);
            for (unsigned k = 0; k < 64; k++)
                ck_assert_int_eq(calls[i].area[k], 'x');
        }
        battery_run(20 * VMTP_SECOND);
        for (unsigned i = 0; i < 3; i++)
            ck_assert_uint_eq(lender[i].released, 1);
    }
    ck_assert_uint_eq(lender[0].called + lender[1].called + lender[2].called, 180);
}
END_TEST

int main(void) {
    const TTest *const tests[] = {a_node_works_while_its_program_blocks,          events_go_where_they_belong,
                                  two_nodes_on_one_host_talk_to_each_other,       a_loop_of_the_program_drives_it,
                                  what_happens_on_one_host_takes_no_time,         an_interruption_is_for_who_waits,
                                  a_host_without_memory_or_room_says_so,          a_loan_comes_back_from_the_dead,
                                  on_a_bad_network_everything_ends_and_comes_back};
    Suite *suite = suite_create("ipc beside a program");
    TCase *tc = tcase_create("beside");
    tcase_add_checked_fixture(tc, setup, battery_close);
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++)
        tcase_add_test(tc, tests[i]);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
