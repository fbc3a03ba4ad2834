/* SPDX-License-Identifier: BSD-2-Clause */
/* test_v_logical.c - SetPid and GetPid (spec/v.md section 3). */
#include "support/v_net.h"
#include "wire_testing.h"

#define ID 300u
#define GROUP (VMTP_V_LOGICAL_GROUP + ID)

static void setup(void) { v_net_begin(); }
static void teardown(void) { v_net_end(); }

static int set(unsigned node, enum v_scope scope) {
    return v_set_pid(v.kernel[node], ID, v.pid[node], scope); /* and the port listens */
}

static int get(unsigned node, enum v_scope scope, v_pid *pid) {
    *pid = 4711;
    return v_get_pid(v.kernel[node], ID, scope, pid, v_in(200 * VMTP_MILLISECOND));
}

static uint32_t members(unsigned node) {
    return vmtp_group_members(vmtp_host_engine(v.node[node]->host), GROUP, NULL, 0);
}

static uint64_t frames(unsigned node) {
    return vmtp_counter(vmtp_host_engine(v.node[node]->host), VMTP_COUNT_PACKETS_OUT);
}

/* V-3-01 V-3-02 V-3-06 V-3-09 */
START_TEST(local_scope) {
    v_pid pid;
    ck_assert_int_eq(get(0, V_LOCAL, &pid), VMTP_E_NO_ENTITY);
    ck_assert_int_eq(set(0, V_LOCAL), 0);
    ck_assert_uint_eq(members(0), 0);
    uint64_t before = frames(0);
    ck_assert_int_eq(get(0, V_LOCAL, &pid), 0);
    ck_assert_uint_eq(pid, v.pid[0]);
    ck_assert_int_eq(get(0, V_BOTH, &pid), 0);
    ck_assert_uint_eq(pid, v.pid[0]);
    ck_assert_uint_eq(frames(0), before);
    ck_assert_int_gt(get(0, V_REMOTE, &pid), 0);
    ck_assert_uint_gt(frames(0), before);
    ck_assert_int_gt(get(1, V_REMOTE, &pid), 0);
}
END_TEST

/* V-3-01 V-3-02 V-3-04 V-3-06 */
START_TEST(remote_scope) {
    v_pid pid;
    ck_assert_int_eq(set(0, V_REMOTE), 0);
    ck_assert_uint_eq(members(0), 1);
    ck_assert_int_eq(get(1, V_REMOTE, &pid), 0);
    ck_assert_uint_eq(pid, v.pid[0]);
    ck_assert_int_eq(get(2, V_BOTH, &pid), 0);
    ck_assert_uint_eq(pid, v.pid[0]);
    ck_assert_int_eq(get(1, V_LOCAL, &pid), VMTP_E_NO_ENTITY);
    ck_assert_int_eq(get(0, V_LOCAL, &pid), VMTP_E_NO_ENTITY);
    ck_assert_int_gt(get(0, V_REMOTE, &pid), 0); /* it is not remote from itself */
}
END_TEST

/* V-3-03 V-3-09 */
START_TEST(both_scopes) {
    v_pid pid;
    ck_assert_int_eq(set(0, V_BOTH), 0);
    ck_assert_int_eq(get(0, V_BOTH, &pid), 0);
    ck_assert_int_eq(get(1, V_BOTH, &pid), 0);
    ck_assert_uint_eq(pid, v.pid[0]);
    ck_assert_int_eq(set(1, V_BOTH), 0);
    ck_assert_int_eq(get(1, V_BOTH, &pid), 0); /* its own first */
    ck_assert_uint_eq(pid, v.pid[1]);
    ck_assert_int_eq(get(1, V_REMOTE, &pid), 0);
    ck_assert_uint_eq(pid, v.pid[0]);
    ck_assert_int_eq(get(2, V_REMOTE, &pid), 0); /* one of the two */
    ck_assert(pid == v.pid[0] || pid == v.pid[1]);
}
END_TEST

/* V-3-02 V-3-07 V-3-08 */
START_TEST(replaced_and_ended) {
    v_process *second;
    v_pid pid;
    ck_assert_int_eq(v_process_create(&second, v.kernel[0], NULL), 0);
    ck_assert_int_eq(set(0, V_BOTH), 0);
    ck_assert_int_eq(v_set_pid(v.kernel[0], ID, v_process_pid(second), V_REMOTE), 0);
    ck_assert_uint_eq(members(0), 1);
    ck_assert_int_eq(get(0, V_LOCAL, &pid), VMTP_E_NO_ENTITY);
    ck_assert_int_eq(get(1, V_REMOTE, &pid), 0);
    ck_assert_uint_eq(pid, v_process_pid(second));
    v_process_destroy(second);
    ck_assert_uint_eq(members(0), 0);
    ck_assert_int_gt(get(1, V_REMOTE, &pid), 0);
    ck_assert_int_eq(set(0, V_BOTH), 0);
    ck_assert_int_eq(set(0, V_LOCAL), 0);
    ck_assert_uint_eq(members(0), 0);
    ck_assert_int_eq(v_set_pid(v.kernel[0], ID, 0, V_BOTH), 0);
    ck_assert_int_eq(v_set_pid(v.kernel[0], ID, 0, V_BOTH), 0);
    ck_assert_int_eq(get(0, V_LOCAL, &pid), VMTP_E_NO_ENTITY);
}
END_TEST

START_TEST(what_is_refused) {
    v_pid pid;
    ck_assert_int_eq(v_set_pid(v.kernel[0], 0, v.pid[0], V_BOTH), VMTP_E_INVALID);
    ck_assert_int_eq(v_set_pid(v.kernel[0], 65536, v.pid[0], V_BOTH), VMTP_E_INVALID);
    ck_assert_int_eq(v_set_pid(v.kernel[0], 65535, v.pid[0], V_BOTH), 0);
    ck_assert_int_eq(v_set_pid(v.kernel[0], ID, v.pid[0], (enum v_scope)0), VMTP_E_INVALID);
    ck_assert_int_eq(v_set_pid(v.kernel[0], ID, v.pid[1], V_BOTH), VMTP_E_NO_ENTITY);
    ck_assert_int_eq(v_get_pid(v.kernel[0], 0, V_BOTH, &pid, v_in(1)), VMTP_E_INVALID);
}
END_TEST

/* ---- by hand ---- */

/* V-3-04 */
START_TEST(get_pid_by_hand) {
    struct net_node *node = net_open(&v.net, 3);
    struct vmtp_message m = {.server = GROUP, .code = VMTP_V_GET_PID, .words = {ID}};
    ck_assert_int_eq(set(0, V_BOTH), 0);
    ck_assert_int_eq(vmtp_host_call(node->host, &m, NULL, 0, NULL, 0, NULL, v_in(VMTP_SECOND)), 0);
    ck_assert_uint_eq(m.code, VMTP_OK | VMTP_DGM);
    ck_assert_uint_eq((v_pid)m.words[0] << 32 | m.words[1], v.pid[0]);
    ck_assert_uint_ne(m.server, v.pid[0]); /* the kernel answers, not the process */
}
END_TEST

/* V-3-05 */
START_TEST(a_kernel_that_has_none_is_silent) {
    struct net_node *node = net_open(&v.net, 3);
    struct vmtp_message m = {.server = GROUP, .code = VMTP_V_GET_PID, .words = {ID + 1}};
    ck_assert_int_eq(set(0, V_BOTH), 0);
    uint64_t before = vmtp_counter(vmtp_host_engine(v.node[0]->host), VMTP_COUNT_REQUESTS);
    int r = vmtp_host_call(node->host, &m, NULL, 0, NULL, 0, NULL, v_in(VMTP_SECOND));
    ck_assert(r == VMTP_RETRANS_TIMEOUT || r == VMTP_USER_TIMEOUT);
    ck_assert_uint_eq(vmtp_counter(vmtp_host_engine(v.node[0]->host), VMTP_COUNT_REQUESTS), before + 1);
}
END_TEST

static struct vmtp_message heard;
static void hear(vmtp_host *host, struct vmtp_incoming *in, void *context) {
    struct vmtp_message m = {.code = VMTP_OK, .words = {0x01020304, 0x05060708}};
    (void)context;
    heard = in->message;
    vmtp_host_reply(host, in, &m, NULL, 0, 0);
}

/* V-3-01 V-3-03 */
START_TEST(get_pid_as_it_travels) {
    struct net_node *node = net_open(&v.net, 3);
    vmtp_entity kernel;
    v_pid pid;
    ck_assert_int_eq(vmtp_host_entity(node->host, &kernel, NULL), 0);
    ck_assert_int_eq(vmtp_host_procedure(node->host, kernel, 1, 0, hear, NULL), 0);
    ck_assert_int_eq(vmtp_group_join(vmtp_host_engine(node->host), 0x60000001E1800000u + ID, kernel, 0), 0);
    net_run(&v.net, VMTP_MILLISECOND);
    ck_assert_int_eq(get(1, V_REMOTE, &pid), 0);
    ck_assert_uint_eq(pid, 0x0102030405060708u);
    ck_assert_uint_eq(heard.code, 0x01000308);
    ck_assert_uint_eq(heard.words[0], ID);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("V logical ids");
    TCase *tc = tcase_create("logical ids");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, local_scope);
    tcase_add_test(tc, remote_scope);
    tcase_add_test(tc, both_scopes);
    tcase_add_test(tc, replaced_and_ended);
    tcase_add_test(tc, what_is_refused);
    tcase_add_test(tc, get_pid_by_hand);
    tcase_add_test(tc, a_kernel_that_has_none_is_silent);
    tcase_add_test(tc, get_pid_as_it_travels);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
