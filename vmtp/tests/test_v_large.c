/* SPDX-License-Identifier: BSD-2-Clause */
/* test_v_large.c - MoveTo and MoveFrom of much: in which pieces they go, and that they end (spec/v.md section 2.3). */
#include <stdlib.h>

#include "support/v_net.h"
#include "wire_testing.h"

#define GRANTER 0
#define HOLDER 1
#define SIZE (10u << 20)

static uint8_t *memory, *octets;
static v_pid from;

static void setup(void) {
    uint64_t random = 3;
    v_net_begin();
    memory = calloc(1, SIZE);
    octets = malloc(SIZE);
    random_octets(&random, octets, SIZE);
}

static void teardown(void) {
    v_net_end();
    free(memory);
    free(octets);
}

static uint64_t calls(void) { return vmtp_counter(vmtp_host_engine(v.node[HOLDER]->host), VMTP_COUNT_CALLS); }

/* The granter's Send, as the node of a grant that lasts. */
static struct v_segment segment;

/* Sends by an engine call, so that nobody has to block in it; the holder receives. */
static void grant_by_hand(struct net_node *node) {
    struct vmtp_request r = {.message = {.server = v.pid[HOLDER], .code = VMTP_V_GRANT | 1}, .deadline = VMTP_NEVER};
    struct v_message m;
    vmtp_handle handle;
    ck_assert_int_eq(vmtp_host_entity(node->host, &r.client, NULL), 0);
    r.message.words[5] = VMTP_V_READ | VMTP_V_WRITE | SIZE;
    ck_assert_int_eq(vmtp_call(vmtp_host_engine(node->host), &handle, &r, v_now()), 0);
    ck_assert_int_eq(v_receive(v.process[HOLDER], &m, &from, v_in(VMTP_SECOND)), 0);
    ck_assert_uint_eq(from, r.client);
}

/* ---- between two kernels ---- */

static void move_all(struct v_server *me) {
    const struct v_message ok = {VMTP_OK, {0}};
    v_process *p = v.process[HOLDER];
    uint64_t before = calls();
    ck_assert_int_eq(v_move_to(p, me->from, 0, octets, SIZE, VMTP_NEVER), 0);
    ck_assert_uint_eq(calls() - before, 4); /* 16 KiB to find the kernel, and three of up to 4 MiB */
    before = calls();
    memset(octets, 0, SIZE);
    ck_assert_int_eq(v_move_from(p, me->from, octets, 0, SIZE, VMTP_NEVER), 0);
    ck_assert_uint_eq(calls() - before, 3);
    ck_assert_int_eq(v_reply(p, &ok, me->from), 0);
}

/* V-2.3-13 V-2.3-15 */
START_TEST(four_mebioctets_at_a_time) {
    static struct v_server server;
    struct v_message m = {1, {0}};
    uint8_t *first = malloc(SIZE);
    memcpy(first, octets, SIZE);
    segment = (struct v_segment){.memory = memory, .size = SIZE, .access = V_READ | V_WRITE};
    v_serve(&server, HOLDER, move_all);
    ck_assert_int_eq(v_send(v.process[GRANTER], &m, v.pid[HOLDER], &segment, VMTP_NEVER), 0);
    ck_assert_int_eq(memcmp(memory, first, SIZE), 0);
    ck_assert_int_eq(memcmp(octets, first, SIZE), 0);
    free(first);
}
END_TEST

/* ---- kernels that take less ---- */

static uint32_t sizes[32];
static unsigned asked;

static void kernel_by_hand(vmtp_host *host, struct vmtp_incoming *in, void *context) {
    const uint32_t most = *(const uint32_t *)context, *w = in->message.words;
    const int read = (in->message.code & VMTP_CODE_MASK) == (VMTP_V_MOVE_FROM & VMTP_CODE_MASK);
    struct vmtp_message ok = {.code = read && w[4] > most ? VMTP_V_TOO_LARGE : VMTP_OK};
    const uint32_t size = read && ok.code == VMTP_OK ? w[4] : 0;
    if (w[4] > 16384 || in->segment_size > 16384)
        ck_assert_uint_eq(in->message.server, in->entity);
    sizes[asked++ % 32] = read ? w[4] : in->segment_size;
    if (in->segment_size)
        memcpy(memory + w[3], in->segment, in->segment_size);
    ck_assert_int_eq(vmtp_host_reply(host, in, &ok, memory + w[3], size, 0), 0);
}

static struct net_node *open_by_hand(uint32_t *most, int no_streams) {
    struct vmtp_host_config config;
    vmtp_entity kernel;
    net_config(&v.net, &config, 3);
    config.engine.no_streams = (uint8_t)no_streams;
    ck_assert_int_eq(net_open_with(&v.net, 3, &config, NULL, 0), 0);
    vmtp_host *host = v.net.nodes[3].host;
    ck_assert_int_eq(vmtp_host_entity(host, &kernel, NULL), 0);
    ck_assert_int_eq(vmtp_host_procedure(host, kernel, 4, *most, kernel_by_hand, most), 0);
    ck_assert_int_eq(vmtp_group_join(vmtp_host_engine(host), VMTP_V_KERNEL_GROUP, kernel, 0), 0);
    return &v.net.nodes[3];
}

/* V-2.3-08 V-2.3-14 V-2.3-15 */
START_TEST(as_much_as_the_other_takes) {
    static const uint32_t takes[] = {65536, 16384, 16384};
    uint32_t most = takes[_i];
    const uint32_t count = 300000;
    asked = 0;
    grant_by_hand(open_by_hand(&most, _i == 2));
    ck_assert_int_eq(v_move_to(v.process[HOLDER], from, 0, octets, count, VMTP_NEVER), 0);
    ck_assert_int_eq(memcmp(memory, octets, count), 0);
    ck_assert_uint_eq(sizes[0], 16384);
    ck_assert_uint_eq(sizes[1], most);
    memset(octets, 0, count);
    ck_assert_int_eq(v_move_from(v.process[HOLDER], from, octets, 0, count, VMTP_NEVER), 0);
    ck_assert_int_eq(memcmp(memory, octets, count), 0);
}
END_TEST

/* Our own node may be the one that cannot. */
START_TEST(as_much_as_we_can) {
    uint32_t most = VMTP_MESSAGE_OCTETS;
    struct vmtp_host_config config;
    v_kernel *kernel;
    v_process *p;
    struct v_message m;
    struct vmtp_request r = {.message = {.code = VMTP_V_GRANT | 1}, .deadline = VMTP_NEVER};
    vmtp_handle handle;
    asked = 0;
    struct net_node *node = open_by_hand(&most, 0);
    v_kernel_close(v.kernel[HOLDER]);
    v.kernel[HOLDER] = NULL;
    vmtp_host_close(v.node[HOLDER]->host);
    v.node[HOLDER]->host = NULL;
    net_config(&v.net, &config, HOLDER);
    config.engine.block += 0x10000;
    config.engine.no_streams = _i == 0;
    config.engine.max_runs = 0;
    ck_assert_int_eq(net_open_with(&v.net, HOLDER, &config, NULL, 0), 0);
    ck_assert_int_eq(v_kernel_open(&kernel, v.node[HOLDER]->host), 0);
    ck_assert_int_eq(v_process_create(&p, kernel, NULL), 0);
    ck_assert_int_eq(vmtp_host_entity(node->host, &r.client, NULL), 0);
    r.message.server = v_process_pid(p);
    r.message.words[5] = VMTP_V_READ | VMTP_V_WRITE | SIZE;
    ck_assert_int_eq(vmtp_call(vmtp_host_engine(node->host), &handle, &r, v_now()), 0);
    ck_assert_int_eq(v_receive(p, &m, &from, v_in(VMTP_SECOND)), 0);
    ck_assert_int_eq(v_move_to(p, from, 0, octets, 50000, VMTP_NEVER), 0);
    ck_assert_int_eq(memcmp(memory, octets, 50000), 0);
    memset(octets, 0, 50000);
    ck_assert_int_eq(v_move_from(p, from, octets, 0, 50000, VMTP_NEVER), 0);
    ck_assert_int_eq(memcmp(memory, octets, 50000), 0);
    v_kernel_close(kernel);
}
END_TEST

/* ---- an end ---- */

static vmtp_time dies_at;

static void die(struct net_node *me) {
    if (v_now() >= dies_at)
        vmtp_sim_set_up(v.net.sim, v.net.nodes[3].port, 0);
    (void)me;
}

/* The other node dies: before, early, and in the midst of it. */
START_TEST(ends_with_the_other_node) {
    static const vmtp_time after[] = {0, 100 * VMTP_MICROSECOND, 300 * VMTP_MICROSECOND};
    uint32_t most = VMTP_MESSAGE_OCTETS;
    grant_by_hand(open_by_hand(&most, 0));
    dies_at = v_in(after[_i % 3]);
    v.node[HOLDER]->idle = die;
    const vmtp_time limit = v_in(30 * VMTP_SECOND);
    int r = _i < 3 ? v_move_to(v.process[HOLDER], from, 0, octets, SIZE, VMTP_NEVER)
                   : v_move_from(v.process[HOLDER], from, octets, 0, SIZE, VMTP_NEVER);
    ck_assert(r == VMTP_RETRANS_TIMEOUT || r == VMTP_BAD_REPLY_SEGMENT);
    ck_assert_uint_lt(v_now(), limit);
}
END_TEST

/* Alive, but BUSY for good: the deadline ends it. */
START_TEST(ends_at_the_deadline) {
    const struct v_message m = {1, {0}};
    uint32_t most = 16384;
    struct net_node *node = open_by_hand(&most, 0);
    grant_by_hand(node);
    ck_assert_int_eq(v_move_to(v.process[HOLDER], from, 0, octets, 10, v_in(VMTP_SECOND)), 0);
    vmtp_entity kernel;
    ck_assert_uint_eq(vmtp_group_members(vmtp_host_engine(node->host), VMTP_V_KERNEL_GROUP, &kernel, 1), 1);
    ck_assert_int_eq(vmtp_host_unserve(node->host, kernel), 0);
    const vmtp_time deadline = v_in(20 * VMTP_SECOND);
    switch (_i) {
    case 0: ck_assert_int_eq(v_move_to(v.process[HOLDER], from, 0, octets, SIZE, deadline), VMTP_USER_TIMEOUT); break;
    case 1: ck_assert_int_eq(v_move_from(v.process[HOLDER], from, octets, 0, 1, deadline), VMTP_USER_TIMEOUT); break;
    case 2:
        ck_assert_int_eq(v_reply_with_segment(v.process[HOLDER], &m, from, 5, octets, 1, deadline), VMTP_USER_TIMEOUT);
        break;
    default: ck_assert_int_eq(v_forward(v.process[HOLDER], &m, from, v.pid[2], deadline), VMTP_USER_TIMEOUT);
    }
    ck_assert_uint_ge(v_now(), deadline);
    ck_assert_uint_lt(v_now(), deadline + VMTP_MILLISECOND);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("V large moves");
    TCase *tc = tcase_create("large");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 300);
    tcase_add_test(tc, four_mebioctets_at_a_time);
    tcase_add_loop_test(tc, as_much_as_the_other_takes, 0, 3);
    tcase_add_loop_test(tc, as_much_as_we_can, 0, 2);
    tcase_add_loop_test(tc, ends_with_the_other_node, 0, 6);
    tcase_add_loop_test(tc, ends_at_the_deadline, 0, 4);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
