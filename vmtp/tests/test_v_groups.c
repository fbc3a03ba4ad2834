/* SPDX-License-Identifier: BSD-2-Clause */
/* test_v_groups.c - Send to a group, GetReply, CreateGroup, JoinGroup, LeaveGroup, QueryGroup. */
#include "support/v_net.h"
#include "wire_testing.h"

static struct v_server one, two;
static v_pid group;

static void setup(void) {
    v_net_begin();
    ck_assert_int_eq(v_create_group(v.process[1], &group, 0), 0);
    ck_assert_int_eq(v_join_group(v.process[2], group), 0);
    net_run(&v.net, VMTP_MILLISECOND);
}

static void teardown(void) { v_net_end(); }

static void add_my_number(struct v_server *me) {
    struct v_message m = me->message;
    m.words[0] += me->node;
    m.words[1] = me->carried_size;
    me->result = (int)v_access(v.process[me->node], me->from, NULL);
    ck_assert_int_eq(v_reply(v.process[me->node], &m, me->from), 0);
}

static void serve_both(void) {
    v_serve(&one, 1, add_my_number);
    v_serve(&two, 2, add_my_number);
}

START_TEST(every_member_replies) {
    struct v_message m = {1, {10}};
    v_pid from;
    uint32_t sum;
    serve_both();
    vmtp_time deadline = v_in(300 * VMTP_MILLISECOND);
    ck_assert_int_eq(v_get_reply(v.process[0], &m, &from, VMTP_NEVER), VMTP_E_STALE);
    ck_assert_int_eq(v_send(v.process[0], &m, group, NULL, deadline), 0);
    sum = m.words[0];
    ck_assert_int_eq(v_get_reply(v.process[0], &m, &from, VMTP_NEVER), 0);
    sum += m.words[0];
    ck_assert_uint_eq(sum, 23);
    ck_assert_uint_eq(from, v.pid[m.words[0] - 10]);
    ck_assert_int_eq(v_get_reply(v.process[0], &m, &from, 0), VMTP_E_TIMEOUT);
    ck_assert_int_eq(v_get_reply(v.process[0], &m, &from, VMTP_NEVER), VMTP_USER_TIMEOUT);
    ck_assert_uint_ge(v_now(), deadline);
}
END_TEST

START_TEST(a_new_send_ends_it) {
    struct v_message m = {1, {10}};
    v_pid from;
    serve_both();
    ck_assert_int_eq(v_send(v.process[0], &m, group, NULL, v_in(VMTP_SECOND)), 0);
    ck_assert_int_eq(v_send(v.process[0], &m, v.pid[2], NULL, v_in(VMTP_SECOND)), 0);
    ck_assert_int_eq(v_get_reply(v.process[0], &m, &from, VMTP_NEVER), VMTP_E_STALE);
    ck_assert_int_eq(v_send(v.process[0], &m, group, NULL, v_in(VMTP_SECOND)), 0);
    v_process_destroy(v.process[0]); /* so does the end of the process */
    v.process[0] = NULL;
}
END_TEST

/* V-2.1-03 */
START_TEST(carries_octets_but_gives_no_access) {
    static uint8_t memory[600];
    struct v_message m = {1, {10, 1, 2, 3, 4, 5, 6}};
    struct v_segment s = {.memory = memory, .size = 600, .access = V_READ, .carried = 500};
    serve_both();
    ck_assert_int_eq(v_send(v.process[0], &m, group, &s, v_in(VMTP_SECOND)), 0);
    ck_assert_uint_eq(m.words[1], 500);
    ck_assert_uint_eq(m.words[5], 5);
    net_run(&v.net, 100 * VMTP_MILLISECOND);
    ck_assert_int_eq(one.result | two.result, 0);
}
END_TEST

START_TEST(nobody_replies) {
    struct v_message m = {1, {10}};
    v_pid from;
    int r = v_send(v.process[0], &m, group, NULL, v_in(20 * VMTP_MILLISECOND));
    ck_assert_int_eq(r, VMTP_USER_TIMEOUT);
    ck_assert_uint_eq(m.words[0], 10);
    ck_assert_int_eq(v_get_reply(v.process[0], &m, &from, VMTP_NEVER), VMTP_E_STALE);
}
END_TEST

START_TEST(membership) {
    v_pid members[4] = {0}, closed;
    uint32_t count;
    vmtp_time soon = v_in(50 * VMTP_MILLISECOND);
    ck_assert_int_eq(v_query_group(v.process[0], group, members, 4, &count, soon), 0);
    ck_assert_uint_eq(count, 2);
    ck_assert_uint_eq(members[0] + members[1], v.pid[1] + v.pid[2]);
    ck_assert_int_eq(v_join_group(v.process[2], group), VMTP_E_EXISTS);
    ck_assert_int_eq(v_leave_group(v.process[2], group), 0);
    ck_assert_int_eq(v_leave_group(v.process[2], group), VMTP_E_NO_ENTITY);
    ck_assert_int_eq(v_query_group(v.process[0], group, members, 4, &count, v_in(50 * VMTP_MILLISECOND)), 0);
    ck_assert_uint_eq(count, 1);
    ck_assert_uint_eq(members[0], v.pid[1]);
    ck_assert_uint_ne(group & VMTP_ID_UGP, 0);
    ck_assert_int_eq(v_create_group(v.process[1], &closed, 1), 0);
    ck_assert_uint_eq(closed & VMTP_ID_UGP, 0);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("V groups");
    TCase *tc = tcase_create("groups");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, every_member_replies);
    tcase_add_test(tc, a_new_send_ends_it);
    tcase_add_test(tc, carries_octets_but_gives_no_access);
    tcase_add_test(tc, nobody_replies);
    tcase_add_test(tc, membership);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
