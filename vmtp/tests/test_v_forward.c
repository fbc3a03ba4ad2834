/* SPDX-License-Identifier: BSD-2-Clause */
/* test_v_forward.c - Forward, and where the access goes with it (spec/v.md section 2.3). */
#include "support/v_net.h"
#include "wire_testing.h"

#define CLIENT 0
#define FIRST 1
#define SECOND 2

static struct v_server first, second;
static uint8_t memory[30000], octets[30000], area[30000];
static v_pid group = VMTP_ID_GRP | VMTP_ID_UGP | 0x4400;

static void setup(void) {
    uint64_t random = 4;
    v_net_begin();
    random_octets(&random, octets, sizeof octets);
    memset(memory, 0xee, sizeof memory);
}

static void teardown(void) { v_net_end(); }

static int send(struct v_message *m, uint32_t access, uint32_t carried) {
    struct v_segment s = {.memory = memory, .size = sizeof memory, .access = access, .carried = carried};
    return v_send(v.process[CLIENT], m, v.pid[FIRST], access ? &s : NULL, v_in(2 * VMTP_SECOND));
}

static void pass_on(struct v_server *me) {
    struct v_message m = me->message;
    m.words[0]++;
    ck_assert_int_eq(v_forward(v.process[FIRST], &m, me->from, v.pid[SECOND], VMTP_NEVER), 0);
    ck_assert_int_eq(v_forward(v.process[FIRST], &m, me->from, v.pid[SECOND], VMTP_NEVER), VMTP_E_STALE);
    ck_assert_int_eq(v_move_to(v.process[FIRST], me->from, 0, octets, 1, VMTP_NEVER), VMTP_E_STALE);
}

static void answer(struct v_server *me) {
    struct v_message m = me->message;
    m.words[0]++;
    me->result = (int)v_access(v.process[SECOND], me->from, NULL);
    if (me->result & (int)V_WRITE)
        ck_assert_int_eq(v_move_to(v.process[SECOND], me->from, 100, octets, 20000, VMTP_NEVER), 0);
    if (me->result & (int)V_READ)
        ck_assert_int_eq(v_move_from(v.process[SECOND], me->from, area, 100, 20000, VMTP_NEVER), 0);
    ck_assert_int_eq(v_reply(v.process[SECOND], &m, me->from), 0);
}

START_TEST(another_process_replies) {
    struct v_message m = {5, {10, 11, 12}};
    v_serve(&first, FIRST, pass_on);
    v_serve(&second, SECOND, answer);
    ck_assert_int_eq(send(&m, 0, 0), 0);
    ck_assert_uint_eq(m.words[0], 12);
    ck_assert_uint_eq(m.words[2], 12);
    ck_assert_uint_eq(second.from, v.pid[CLIENT]);
    ck_assert_uint_eq(second.message.code, 5);
}
END_TEST

/* V-2.3-10 V-2.3-11 V-2.3-09 */
START_TEST(access_goes_along) {
    struct v_message m = {5, {10}};
    v_serve(&first, FIRST, pass_on);
    v_serve(&second, SECOND, answer);
    memcpy(memory, octets, 500);
    ck_assert_int_eq(send(&m, V_READ | V_WRITE, 500), 0);
    ck_assert_uint_eq(second.carried_size, 500);
    ck_assert_mem_eq(second.carried, octets, 500);
    ck_assert_uint_eq(second.message.words[5], (V_READ | V_WRITE) + sizeof memory);
    ck_assert_mem_eq(memory + 100, octets, 20000);
    ck_assert_mem_eq(area, octets, 20000);
}
END_TEST

/* ---- PassAccess by hand ---- */

static uint32_t operate(unsigned actor, uint32_t code, uint32_t transaction, v_pid to, uint32_t size) {
    struct vmtp_event outcome;
    struct vmtp_request r = {.client = v.pid[actor], .deadline = v_in(VMTP_SECOND)};
    r.message.server = VMTP_V_KERNEL_GROUP;
    r.message.code = code;
    vmtp_message_set_coresident(&r.message, v.pid[CLIENT]);
    r.message.words[2] = transaction;
    r.message.words[3] = (uint32_t)(to >> 32);
    r.message.words[4] = (uint32_t)to;
    r.segment = octets;
    r.segment_size = size;
    int result = vmtp_host_transact(v.node[actor]->host, &r, &outcome);
    return result ? (uint32_t)result : outcome.message.code;
}

static void pass_by_hand(struct v_server *me) {
    const struct v_message ok = {VMTP_OK, {0}};
    uint32_t t = v_transaction(CLIENT);
    ck_assert_uint_eq(operate(FIRST, VMTP_V_PASS_ACCESS, t + 1, v.pid[SECOND], 0), VMTP_V_NO_TRANSACTION);
    ck_assert_uint_eq(operate(FIRST, VMTP_V_PASS_ACCESS, t, v.pid[SECOND], 0), VMTP_OK);
    ck_assert_uint_eq(operate(FIRST, VMTP_V_PASS_ACCESS, t, v.pid[FIRST], 0), VMTP_V_WRONG_PROCESS);
    ck_assert_uint_eq(operate(FIRST, VMTP_V_MOVE_TO, t, 0, 1), VMTP_V_WRONG_PROCESS);
    ck_assert_int_eq(v_move_to(v.process[FIRST], me->from, 0, octets, 1, VMTP_NEVER), VMTP_V_WRONG_PROCESS);
    ck_assert_uint_eq(operate(SECOND, VMTP_V_MOVE_TO, t, 0, 1), VMTP_OK);
    ck_assert_uint_eq(operate(SECOND, VMTP_V_PASS_ACCESS, t, v.pid[FIRST], 0), VMTP_OK); /* and back */
    ck_assert_uint_eq(operate(FIRST, VMTP_V_MOVE_TO, t, 0, 2), VMTP_OK);
    ck_assert_int_eq(v_reply(v.process[FIRST], &ok, me->from), 0);
}

/* V-2.3-04 V-2.3-05 V-2.3-10 */
START_TEST(one_holder_at_a_time) {
    struct v_message m = {5, {0}};
    v_serve(&first, FIRST, pass_by_hand);
    ck_assert_int_eq(send(&m, V_WRITE, 0), 0);
    ck_assert_mem_eq(memory, octets, 2);
    ck_assert_uint_eq(memory[2], 0xee);
}
END_TEST

/* ---- a call of one's own ---- */

static void pass_to_group(struct v_server *me) {
    struct v_message m = me->message;
    m.words[5] = 55;
    ck_assert_int_eq(v_forward(v.process[FIRST], &m, me->from, group, VMTP_NEVER), 0);
}

/* V-2.3-12 */
START_TEST(a_send_of_its_own_gives_nothing) {
    struct v_message m = {5, {10}};
    ck_assert_int_eq(v_join_group(v.process[SECOND], group), 0);
    net_run(&v.net, VMTP_MILLISECOND);
    v_serve(&first, FIRST, pass_to_group);
    v_serve(&second, SECOND, answer);
    ck_assert_int_eq(send(&m, V_READ | V_WRITE, 100), 0);
    ck_assert_uint_eq(m.words[0], 11);
    ck_assert_uint_eq(second.from, v.pid[FIRST]);
    ck_assert_int_eq(second.result, 0); /* access */
    ck_assert_uint_eq(second.message.words[5], 55);
    ck_assert_uint_eq(second.carried_size, 100);
    ck_assert_uint_eq(memory[0], 0xee);
}
END_TEST

/* ---- all of it at one host but the last ---- */

static v_process *near_one;
static void forward_here(struct net_node *me) {
    struct v_message m;
    v_pid from;
    (void)me;
    while (v_receive(near_one, &m, &from, 0) == 0)
        ck_assert_int_eq(v_forward(near_one, &m, from, v.pid[SECOND], VMTP_NEVER), 0);
}

/* V-2.3-10 V-2.3-11 */
START_TEST(from_a_process_of_the_same_host) {
    struct v_message m = {5, {10}};
    struct v_segment s = {.memory = memory, .size = sizeof memory, .access = V_READ | V_WRITE};
    ck_assert_int_eq(v_process_create(&near_one, v.kernel[CLIENT], NULL), 0);
    v.node[CLIENT]->idle = forward_here;
    v_serve(&second, SECOND, answer);
    ck_assert_int_eq(v_send(v.process[CLIENT], &m, v_process_pid(near_one), &s, v_in(2 * VMTP_SECOND)), 0);
    ck_assert_mem_eq(memory + 100, octets, 20000);
    v.node[CLIENT]->idle = NULL;
}
END_TEST

static void bad_forwards(struct v_server *me) {
    struct v_message m = me->message;
    ck_assert_int_eq(v_forward(v.process[FIRST], &m, v.pid[SECOND], v.pid[SECOND], VMTP_NEVER), VMTP_E_STALE);
    m.code = 0x800000;
    ck_assert_int_eq(v_forward(v.process[FIRST], &m, me->from, v.pid[SECOND], VMTP_NEVER), VMTP_E_INVALID);
    m.code = 3;
    ck_assert_int_eq(v_forward(v.process[FIRST], &m, me->from, 0, VMTP_NEVER), VMTP_E_INVALID);
    ck_assert_int_eq(v_reply(v.process[FIRST], &m, me->from), 0);
}

START_TEST(what_forward_refuses) {
    struct v_message m = {5, {10}};
    v_serve(&first, FIRST, bad_forwards);
    ck_assert_int_eq(send(&m, 0, 0), 0);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("V forward");
    TCase *tc = tcase_create("forward");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, another_process_replies);
    tcase_add_test(tc, access_goes_along);
    tcase_add_test(tc, one_holder_at_a_time);
    tcase_add_test(tc, a_send_of_its_own_gives_nothing);
    tcase_add_test(tc, from_a_process_of_the_same_host);
    tcase_add_test(tc, what_forward_refuses);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
