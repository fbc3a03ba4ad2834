/* SPDX-License-Identifier: BSD-2-Clause */
/* test_v_limits.c - V on hosts with next to nothing, interrupted at any moment, and closed with everything open. */
#include <stdlib.h>

#include "support/v_net.h"
#include "wire_testing.h"

#define GRANTER 0
#define HOLDER 1
#define OTHER 2
#define SIZE 300000u

static uint8_t memory[SIZE], octets[SIZE];
static struct v_server server, second;

static void setup(void) {
    uint64_t random = 5;
    v_net_begin();
    random_octets(&random, octets, SIZE);
    memset(memory, 0, SIZE);
}

static void teardown(void) { v_net_end(); }

/* ---- interruptions ---- */

static unsigned idles, interrupt_at;

static void count_idle(struct net_node *node) {
    if (idles++ == interrupt_at)
        vmtp_host_interrupt(node->host);
}

static void answer(struct v_server *me) {
    const struct v_message ok = {VMTP_OK, {0}};
    v_reply(v.process[me->node], &ok, me->from);
}

static int is_known(int result) {
    return result == 0 || result == VMTP_E_CANCELLED || result == VMTP_E_STALE || result == VMTP_E_TIMEOUT ||
           result == VMTP_RETRANS_TIMEOUT || result == VMTP_V_NO_TRANSACTION;
}

/* One of the calls is cut short, the others do as ever. */
static void use_access(struct v_server *me) {
    v_process *p = v.process[me->node];
    const struct v_message m = {1, {0}};
    me->result = v_move_to(p, me->from, 0, octets, SIZE, VMTP_NEVER);
    ck_assert(is_known(me->result));
    if (me->result == 0)
        ck_assert_int_eq(memcmp(memory, octets, SIZE), 0);
    ck_assert(is_known(v_move_from(p, me->from, octets, 0, SIZE, VMTP_NEVER)));
    ck_assert(is_known(v_reply_with_segment(p, &m, me->from, 3, octets, 40000, VMTP_NEVER)));
    ck_assert(is_known(v_forward(p, &m, me->from, v.pid[OTHER], VMTP_NEVER)));
    v_reply(p, &m, me->from);
}

START_TEST(interrupted_at_any_moment) {
    struct v_message m = {1, {0}};
    struct v_segment s = {.memory = memory, .size = SIZE, .access = V_READ | V_WRITE};
    v_pid pid;
    const unsigned who = _i & 1 ? GRANTER : HOLDER;
    v_serve(&server, HOLDER, use_access);
    v_serve(&second, OTHER, answer);
    idles = 0;
    interrupt_at = (unsigned)_i / 2;
    v.node[who]->idle = count_idle;
    ck_assert(is_known(v_send(v.process[GRANTER], &m, v.pid[HOLDER], &s, v_in(VMTP_SECOND))));
    ck_assert_int_eq(v_get_pid(v.kernel[who], 9, V_BOTH, &pid, v_in(VMTP_SECOND)) == 0, 0);
    v.node[who]->idle = NULL;
    net_run(&v.net, VMTP_SECOND);
    vmtp_host_interrupt(v.node[GRANTER]->host);
    ck_assert_int_eq(v_send(v.process[GRANTER], &m, v.pid[OTHER], NULL, VMTP_NEVER), VMTP_E_CANCELLED);
    ck_assert_int_eq(v_send(v.process[GRANTER], &m, v.pid[OTHER], NULL, v_in(VMTP_SECOND)), 0);
}
END_TEST

/* ---- little room ---- */

static int open_small(uint32_t accepts, uint32_t entities, uint32_t memberships, v_kernel **kernel) {
    struct vmtp_host_config config;
    net_config(&v.net, &config, 3);
    config.engine.max_accepts = accepts;
    config.engine.max_entities = entities;
    config.engine.max_memberships = memberships;
    config.call_entities = 1;
    ck_assert_int_eq(net_open_with(&v.net, 3, &config, NULL, 0), 0);
    return v_kernel_open(kernel, v.net.nodes[3].host);
}

/* A kernel is there whole or not at all. */
START_TEST(a_kernel_needs_room) {
    static const uint32_t tables[][3] = {{0, 9, 9}, {7, 9, 9}, {8, 9, 0}, {8, 1, 1}, {8, 2, 1}, {9, 2, 1}};
    struct vmtp_usage usage;
    v_kernel *kernel;
    v_process *process;
    const struct v_process_options one = {.depth = 1}, no_pid = {.pid = VMTP_V_KERNEL_GROUP}, deep = {.depth = 70000},
                                   wide = {.capacity = VMTP_MESSAGE_OCTETS + 1};
    int r = open_small(tables[_i][0], tables[_i][1], tables[_i][2], &kernel);
    vmtp_host *host = v.net.nodes[3].host;
    if (_i < 3) {
        ck_assert_int_eq(r, VMTP_E_FULL);
        ck_assert_ptr_null(kernel);
        vmtp_host_next_request(host, 0, &(struct vmtp_incoming){0});
        net_run(&v.net, VMTP_MILLISECOND);
        vmtp_usage(vmtp_host_engine(host), &usage);
        ck_assert_uint_eq(usage.accepts, 0);
        ck_assert_int_eq(v_kernel_open(&kernel, host), VMTP_E_FULL); /* not EXISTS: nothing is left of the first */
        return;
    }
    ck_assert_int_eq(r, 0);
    ck_assert_int_eq(v_process_create(&process, kernel, &no_pid), VMTP_E_INVALID);
    ck_assert_int_eq(v_process_create(&process, kernel, &deep), VMTP_E_INVALID);
    r = v_process_create(&process, kernel, &wide);
    ck_assert(r == VMTP_E_TOO_LARGE || r == VMTP_E_FULL);
    r = v_process_create(&process, kernel, &one);
    ck_assert_int_eq(r, _i == 5 ? 0 : VMTP_E_FULL);
    if (r == 0)
        ck_assert_int_eq(v_set_pid(kernel, 7, v_process_pid(process), V_BOTH), VMTP_E_FULL); /* no membership is left */
    v_kernel_close(kernel);
}
END_TEST

/* ---- the end ---- */

/* Processes that have received, sent to groups, and hold logical ids; the hosts may be closed after the kernels only. */
START_TEST(closed_with_everything_open) {
    struct v_message m = {1, {0}};
    v_pid group, from;
    v_serve(&second, OTHER, answer);
    ck_assert_int_eq(v_create_group(v.process[OTHER], &group, 0), 0);
    ck_assert_int_eq(v_join_group(v.process[HOLDER], group), 0);
    ck_assert_int_eq(v_set_pid(v.kernel[GRANTER], 5, v.pid[GRANTER], V_BOTH), 0);
    ck_assert_int_eq(v_send(v.process[GRANTER], &m, group, NULL, v_in(60 * VMTP_SECOND)), 0); /* more may come */
    ck_assert_int_eq(v_receive(v.process[HOLDER], &m, &from, v_in(VMTP_SECOND)), 0);
    ck_assert_uint_eq(from, v.pid[GRANTER]);
    net_start(v.node[OTHER], v.pid[HOLDER], octets, 100, 1);
    net_run(&v.net, VMTP_MILLISECOND);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("V limits");
    TCase *tc = tcase_create("limits");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 300);
    tcase_add_loop_test(tc, interrupted_at_any_moment, 0, 60);
    tcase_add_loop_test(tc, a_kernel_needs_room, 0, 6);
    tcase_add_test(tc, closed_with_everything_open);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
