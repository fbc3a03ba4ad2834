/* SPDX-License-Identifier: BSD-2-Clause */
/* Group calls that go on until each of a list has answered, and Responses that the other members hear. */
#include "support/host_net.h"
#include "wire_testing.h"

#define GROUP 0x6000000000abcd00u

static struct net net;
static struct net_node *node[4];
static vmtp_entity members[4]; /* [0] is unused: node 0 calls */
static const struct vmtp_message ok = {.code = VMTP_OK};

static vmtp_time now(void) { return vmtp_sim_now(net.sim); }

static void setup(void) {
    net_begin(&net, 5);
    for (unsigned i = 0; i < 4; i++) {
        node[i] = net_open(&net, i);
        net_serve(node[i], 4, 1024);
        members[i] = node[i]->entity;
        if (i > 0)
            ck_assert_int_eq(vmtp_group_join(vmtp_host_engine(node[i]->host), GROUP, members[i], VMTP_GRP_RESPONSES), 0);
    }
}

static void teardown(void) { net_end(&net); }

static struct vmtp_request question(vmtp_time duration) {
    return (struct vmtp_request){
        .message = {.server = GROUP}, .response_size = 64, .response_slots = 2, .deadline = now() + duration};
}

static struct vmtp_request reliable(uint32_t count, vmtp_time duration) {
    struct vmtp_request r = question(duration);
    r.flags = VMTP_CALL_RELIABLE;
    r.members = members + 1;
    r.member_count = count;
    return r;
}

static void keep_silent(struct net_node *me) { (void)me; }

/* ---- a list of members ---- */

/* VMTP-13.1-24 */
START_TEST(ends_when_all_have_answered) {
    struct vmtp_request r = reliable(3, 10 * VMTP_SECOND);
    struct vmtp_event response;
    vmtp_group_call *call;
    vmtp_entity list[3];
    for (unsigned i = 1; i < 4; i++)
        node[i]->serve = net_echo;
    vmtp_entity mine[3] = {members[1], members[2], members[3]};
    r.members = mine;
    ck_assert_int_eq(vmtp_host_group_call(node[0]->host, &call, &r), 0);
    memset(mine, 0xff, sizeof mine); /* the list was copied */
    ck_assert_uint_eq(vmtp_host_group_missing(call, list, 2), 3);
    ck_assert_mem_eq(list, members + 1, 16);
    for (unsigned i = 0; i < 3; i++)
        ck_assert_int_eq(vmtp_host_group_next(node[0]->host, call, &response, VMTP_NEVER), 0);
    ck_assert_int_eq(vmtp_host_group_next(node[0]->host, call, &response, VMTP_NEVER), VMTP_E_STALE);
    ck_assert_uint_lt(now(), r.deadline);
    ck_assert_uint_eq(vmtp_host_group_missing(call, NULL, 0), 0);
    vmtp_host_group_end(node[0]->host, call);
}
END_TEST

/* VMTP-13.1-26 */
START_TEST(tells_who_has_not) {
    struct vmtp_request r = reliable(3, VMTP_SECOND);
    struct vmtp_event response;
    vmtp_group_call *call;
    vmtp_entity list[3] = {0};
    node[1]->serve = node[3]->serve = net_echo;
    node[2]->serve = keep_silent;
    ck_assert_int_eq(vmtp_host_group_call(node[0]->host, &call, &r), 0);
    for (unsigned i = 0; i < 2; i++)
        ck_assert_int_eq(vmtp_host_group_next(node[0]->host, call, &response, VMTP_NEVER), 0);
    ck_assert_int_eq(vmtp_host_group_next(node[0]->host, call, &response, VMTP_NEVER), VMTP_RETRANS_TIMEOUT);
    ck_assert_uint_eq(vmtp_host_group_missing(call, list, 3), 1);
    ck_assert_uint_eq(list[0], members[2]);
    vmtp_host_group_end(node[0]->host, call);
}
END_TEST

START_TEST(what_a_list_must_not_be) {
    struct vmtp_request r = reliable(0, VMTP_SECOND);
    vmtp_group_call *call;
    ck_assert_int_eq(vmtp_host_group_call(node[0]->host, &call, &r), VMTP_E_INVALID);
    r = reliable(3, VMTP_SECOND);
    r.members = NULL;
    ck_assert_int_eq(vmtp_host_group_call(node[0]->host, &call, &r), VMTP_E_INVALID);
    r = question(VMTP_SECOND); /* without the flag a list means nothing */
    r.members = members;
    r.member_count = 4;
    ck_assert_int_eq(vmtp_host_group_call(node[0]->host, &call, &r), 0);
    ck_assert_uint_eq(vmtp_host_group_missing(call, NULL, 0), 0);
}
END_TEST

/* ---- Responses that others hear ---- */

static void answer_group(struct net_node *me) {
    struct vmtp_incoming in;
    while (vmtp_host_receive(me->host, me->entity, &in, 0) == 0) {
        ck_assert_int_eq(vmtp_host_reply(me->host, &in, &ok, "first", 5, VMTP_REPLY_GROUP), 0);
        me->served++;
    }
}

static vmtp_group_call *ask(void) {
    struct vmtp_request r = question(10 * VMTP_SECOND);
    vmtp_group_call *call;
    ck_assert_int_eq(vmtp_host_group_call(node[0]->host, &call, &r), 0);
    return call;
}

/* VMTP-13.1-15 VMTP-13.1-30 */
START_TEST(members_hear_each_other) {
    struct vmtp_incoming in;
    struct vmtp_event heard;
    ask();
    node[2]->serve = answer_group;
    node[3]->serve = answer_group;
    ck_assert_int_eq(vmtp_host_receive(node[1]->host, members[1], &in, now() + VMTP_SECOND), 0);
    vmtp_entity seen = 0;
    for (unsigned i = 0; i < 2; i++) {
        ck_assert_int_eq(vmtp_host_overhear(node[1]->host, &in, &heard, now() + VMTP_SECOND), 0);
        ck_assert(heard.message.server == members[2] || heard.message.server == members[3]);
        ck_assert_uint_ne(heard.message.server, seen);
        seen = heard.message.server;
        ck_assert_uint_eq(heard.client, in.client);
        ck_assert_uint_eq(heard.segment_size, 5);
        ck_assert_mem_eq(heard.segment, "first", 5);
    }
    vmtp_time soon = now() + VMTP_MILLISECOND;
    ck_assert_int_eq(vmtp_host_overhear(node[1]->host, &in, &heard, soon), VMTP_E_TIMEOUT);
    ck_assert_uint_eq(now(), soon);
    struct vmtp_incoming copy = in;
    ck_assert_int_eq(vmtp_host_reply(node[1]->host, &in, &ok, NULL, 0, 0), 0);
    ck_assert_int_eq(vmtp_host_overhear(node[1]->host, &in, &heard, VMTP_NEVER), VMTP_E_STALE);
    ck_assert_int_eq(vmtp_host_overhear(node[1]->host, &copy, &heard, VMTP_NEVER), VMTP_E_STALE);
}
END_TEST

/* What was heard and never taken goes with its Request, and costs no accept. */
START_TEST(nobody_listens) {
    struct vmtp_incoming in;
    struct vmtp_usage usage;
    node[1]->serve = keep_silent;
    ask();
    node[2]->serve = answer_group;
    node[3]->serve = answer_group;
    const long living = net.living;
    net_run(&net, VMTP_MILLISECOND);
    vmtp_usage(vmtp_host_engine(node[1]->host), &usage);
    ck_assert_uint_eq(usage.accepts, 3);
    ck_assert_int_ge(net.living, living + 2);
    ck_assert_int_eq(vmtp_host_next_request(node[1]->host, 0, &in), 1);
    const long before = net.living;
    vmtp_host_done(node[1]->host, &in);
    ck_assert_int_eq(net.living, before - 2);
}
END_TEST

/* The host is closed while some wait (net_end looks). */
START_TEST(closing_forgets_them) {
    ask();
    node[2]->serve = answer_group;
    net_run(&net, VMTP_MILLISECOND);
}
END_TEST

/* A client that is a member hears what goes to the group.  VMTP-13.1-28 VMTP-13.1-16 */
START_TEST(client_that_is_a_member) {
    struct vmtp_request r = question(VMTP_SECOND);
    struct vmtp_incoming in;
    struct vmtp_event response;
    vmtp_group_call *call;
    node[2]->serve = answer_group;
    r.client = members[1];
    ck_assert_int_eq(vmtp_host_group_call(node[1]->host, &call, &r), 0);
    ck_assert_int_eq(vmtp_host_group_next(node[1]->host, call, &response, VMTP_NEVER), 0);
    ck_assert_uint_eq(response.message.server, members[2]);
    ck_assert_mem_eq(response.segment, "first", 5);
    ck_assert_int_eq(vmtp_host_next_request(node[1]->host, 0, &in), 0);
    vmtp_host_group_end(node[1]->host, call);
}
END_TEST

START_TEST(group_reply_to_one) {
    struct vmtp_incoming in;
    struct vmtp_event heard;
    net_start(node[0], members[1], NULL, 0, 1);
    ck_assert_int_eq(vmtp_host_receive(node[1]->host, members[1], &in, now() + VMTP_SECOND), 0);
    ck_assert_int_eq(vmtp_host_reply(node[1]->host, &in, &ok, NULL, 0, VMTP_REPLY_GROUP), VMTP_E_INVALID);
    ck_assert_int_eq(vmtp_host_reply(node[1]->host, &in, &ok, NULL, 0, 1u << 20), VMTP_E_INVALID);
    ck_assert_int_eq(vmtp_host_overhear(node[1]->host, &in, &heard, 0), VMTP_E_TIMEOUT);
    ck_assert_int_eq(vmtp_host_reply(node[1]->host, &in, &ok, NULL, 0, 0), 0);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("host group answers");
    TCase *tc = tcase_create("answers");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, ends_when_all_have_answered);
    tcase_add_test(tc, tells_who_has_not);
    tcase_add_test(tc, what_a_list_must_not_be);
    tcase_add_test(tc, members_hear_each_other);
    tcase_add_test(tc, nobody_listens);
    tcase_add_test(tc, closing_forgets_them);
    tcase_add_test(tc, client_that_is_a_member);
    tcase_add_test(tc, group_reply_to_one);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
