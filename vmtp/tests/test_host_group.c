/* SPDX-License-Identifier: BSD-2-Clause */
/* vmtp_host_group_call and its kin, vmtp_host_group_query. */
#include "support/host_net.h"
#include "wire_testing.h"

#define GROUP 0x6000000000abcd00u

static struct net net;
static struct net_node *node[4];

static vmtp_time now(void) { return vmtp_sim_now(net.sim); }

static void setup(void) {
    net_begin(&net, 2);
    for (unsigned i = 0; i < 4; i++)
        node[i] = net_open(&net, i);
}

static void teardown(void) { net_end(&net); }

/* Everybody is asked for its parameters. */
static struct vmtp_request everybody(vmtp_time duration) {
    struct vmtp_request r = {.message = {.server = VMTP_MANAGER_GROUP, .code = VMTP_QUERY_VMTP_NODE},
                             .response_size = 64,
                             .deadline = now() + duration};
    vmtp_message_set_coresident(&r.message, VMTP_MANAGER_GROUP);
    return r;
}

/* Takes Responses until there is something else to say. */
static int take_all(vmtp_group_call *call, unsigned *count) {
    struct vmtp_event response;
    const uint8_t *before = NULL;
    int r;
    while ((r = vmtp_host_group_next(node[0]->host, call, &response, VMTP_NEVER)) == 0) {
        ck_assert_uint_eq(response.result, 0);
        ck_assert_uint_eq(response.segment_size, 8);
        ck_assert_uint_eq(response.message.words[0], 1500);
        ck_assert_ptr_ne(response.segment, before);
        before = response.segment;
        (*count)++;
    }
    return r;
}

START_TEST(all_responses_until_the_deadline) {
    struct vmtp_request r = everybody(VMTP_SECOND);
    vmtp_group_call *call;
    unsigned count = 0;
    ck_assert_int_eq(vmtp_host_group_call(node[0]->host, &call, &r), 0);
    ck_assert_int_eq(take_all(call, &count), VMTP_USER_TIMEOUT);
    ck_assert_uint_eq(count, 4);
    ck_assert_uint_ge(now(), r.deadline);
    ck_assert_int_eq(take_all(call, &count), VMTP_USER_TIMEOUT);
    vmtp_host_group_end(node[0]->host, call);
    vmtp_host_group_end(node[0]->host, NULL);
}
END_TEST

START_TEST(other_calls_meanwhile) {
    struct vmtp_request r = everybody(VMTP_SECOND);
    vmtp_group_call *first, *second;
    unsigned counts[2] = {0, 0};
    net_serve(node[1], 2, 16);
    node[1]->serve = net_echo;
    struct vmtp_message m = {.server = node[1]->entity};
    ck_assert_int_eq(vmtp_host_group_call(node[0]->host, &first, &r), 0);
    ck_assert_int_eq(vmtp_host_group_call(node[0]->host, &second, &r), 0);
    ck_assert_int_eq(vmtp_host_call(node[0]->host, &m, NULL, 0, NULL, 0, NULL, now() + VMTP_SECOND), 0);
    net_run(&net, VMTP_SECOND);
    ck_assert_int_eq(take_all(second, &counts[1]), VMTP_USER_TIMEOUT);
    ck_assert_int_eq(take_all(first, &counts[0]), VMTP_USER_TIMEOUT);
    ck_assert_uint_eq(counts[0], 4);
    ck_assert_uint_eq(counts[1], 4);
    ck_assert_int_eq(net_event(node[0], NULL), 0);
    vmtp_host_group_end(node[0]->host, first);
    vmtp_host_group_end(node[0]->host, second);
}
END_TEST

START_TEST(ended_early) {
    struct vmtp_request r = everybody(VMTP_SECOND);
    struct vmtp_event response;
    struct vmtp_usage usage;
    vmtp_group_call *call;
    ck_assert_int_eq(vmtp_host_entity(node[0]->host, &r.client, NULL), 0);
    ck_assert_int_eq(vmtp_host_group_call(node[0]->host, &call, &r), 0);
    ck_assert_int_eq(vmtp_host_group_next(node[0]->host, call, &response, VMTP_NEVER), 0);
    ck_assert_uint_eq(response.entity, r.client);
    vmtp_host_group_end(node[0]->host, call);
    ck_assert_uint_lt(now(), r.deadline);
    vmtp_usage(vmtp_host_engine(node[0]->host), &usage);
    ck_assert_uint_eq(usage.calls, 0);
    net_run(&net, VMTP_SECOND);
    ck_assert_int_eq(net_event(node[0], NULL), 0);
}
END_TEST

START_TEST(nobody_answers) {
    struct vmtp_request r = everybody(10 * VMTP_MILLISECOND);
    struct vmtp_event response;
    vmtp_group_call *call;
    vmtp_message_set_coresident(&r.message, GROUP);
    ck_assert_int_eq(vmtp_host_group_call(node[0]->host, &call, &r), 0);
    ck_assert_int_eq(vmtp_host_group_next(node[0]->host, call, &response, 0), VMTP_E_TIMEOUT);
    vmtp_time soon = now() + VMTP_MILLISECOND;
    ck_assert_int_eq(vmtp_host_group_next(node[0]->host, call, &response, soon), VMTP_E_TIMEOUT);
    ck_assert_uint_eq(now(), soon);
    vmtp_host_interrupt(node[0]->host);
    ck_assert_int_eq(vmtp_host_group_next(node[0]->host, call, &response, VMTP_NEVER), VMTP_E_CANCELLED);
    ck_assert_int_eq(vmtp_host_group_next(node[0]->host, call, &response, VMTP_NEVER), VMTP_USER_TIMEOUT);
    vmtp_host_group_end(node[0]->host, call);
}
END_TEST

START_TEST(its_entity_is_deleted) {
    struct vmtp_request r = everybody(VMTP_SECOND);
    struct vmtp_event response;
    vmtp_group_call *call;
    vmtp_message_set_coresident(&r.message, GROUP);
    ck_assert_int_eq(vmtp_host_entity(node[0]->host, &r.client, NULL), 0);
    ck_assert_int_eq(vmtp_host_group_call(node[0]->host, &call, &r), 0);
    ck_assert_int_eq(vmtp_entity_delete(vmtp_host_engine(node[0]->host), r.client, now()), 0);
    ck_assert_int_eq(vmtp_host_group_next(node[0]->host, call, &response, VMTP_NEVER), VMTP_E_CANCELLED);
    vmtp_host_group_end(node[0]->host, call);
}
END_TEST

START_TEST(what_it_refuses) {
    struct vmtp_request r = everybody(VMTP_SECOND);
    vmtp_group_call *call;
    r.message.server = 0x4711;
    ck_assert_int_eq(vmtp_host_group_call(node[0]->host, &call, &r), VMTP_E_INVALID);
    r = everybody(VMTP_SECOND);
    r.message.code |= VMTP_DGM;
    ck_assert_int_eq(vmtp_host_group_call(node[0]->host, &call, &r), VMTP_E_INVALID);
    r = everybody(VMTP_SECOND);
    r.client = 0x4711;
    ck_assert_int_eq(vmtp_host_group_call(node[0]->host, &call, &r), VMTP_E_NO_ENTITY);
    r.client = 0;
    net.fail_at = net.allocations;
    ck_assert_int_eq(vmtp_host_group_call(node[0]->host, &call, &r), VMTP_E_MEMORY);
    ck_assert_ptr_null(call);
}
END_TEST

/* The host is closed with a call under way: nothing is left (net_end looks). */
START_TEST(closing_ends_it) {
    struct vmtp_request r = everybody(VMTP_SECOND);
    vmtp_group_call *call;
    ck_assert_int_eq(vmtp_host_group_call(node[0]->host, &call, &r), 0);
}
END_TEST

/* ---- who is in a group ---- */

static vmtp_entity join(struct net_node *n) {
    vmtp_entity id;
    ck_assert_int_eq(vmtp_host_entity(n->host, &id, NULL), 0);
    ck_assert_int_eq(vmtp_group_join(vmtp_host_engine(n->host), GROUP, id, 0), 0);
    return id;
}

static uint32_t query(vmtp_entity group, vmtp_entity *members, uint32_t room) {
    uint32_t count = 4711;
    ck_assert_int_eq(vmtp_host_group_query(node[0]->host, group, members, room, &count, now() + 100 * VMTP_MILLISECOND),
                     0);
    return count;
}

static int has(const vmtp_entity *members, uint32_t count, vmtp_entity id) {
    unsigned found = 0;
    for (uint32_t i = 0; i < count; i++)
        found += members[i] == id;
    return found == 1;
}

/* VMTP-13.2-05 */
START_TEST(members_of_all_nodes) {
    vmtp_entity ids[42], members[64] = {0};
    ck_assert_uint_eq(query(GROUP, members, 64), 0);
    for (unsigned i = 0; i < 40; i++) /* more than one packet tells */
        ids[i] = join(node[2]);
    ids[40] = join(node[0]);
    ids[41] = join(node[3]);
    ck_assert_uint_eq(query(GROUP, members, 64), 42);
    for (unsigned i = 0; i < 42; i++)
        ck_assert(has(members, 42, ids[i]));
    members[5] = 0;
    ck_assert_uint_eq(query(GROUP, members, 5), 42);
    ck_assert_uint_eq(members[5], 0);
    ck_assert_uint_eq(query(VMTP_MANAGER_GROUP, members, 64), 4);
    for (unsigned i = 0; i < 4; i++)
        ck_assert(has(members, 4, vmtp_host_manager(node[i]->host)));
}
END_TEST

START_TEST(query_refuses) {
    uint32_t count;
    ck_assert_int_eq(vmtp_host_group_query(node[0]->host, 5, NULL, 0, &count, now()), VMTP_E_INVALID);
    ck_assert_int_eq(vmtp_host_group_query(node[0]->host, GROUP, NULL, 0, &count, VMTP_NEVER), VMTP_E_INVALID);
    vmtp_host_interrupt(node[0]->host);
    ck_assert_int_eq(vmtp_host_group_query(node[0]->host, GROUP, NULL, 0, &count, now() + 1), VMTP_E_CANCELLED);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("host groups");
    TCase *tc = tcase_create("groups");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, all_responses_until_the_deadline);
    tcase_add_test(tc, other_calls_meanwhile);
    tcase_add_test(tc, ended_early);
    tcase_add_test(tc, nobody_answers);
    tcase_add_test(tc, its_entity_is_deleted);
    tcase_add_test(tc, what_it_refuses);
    tcase_add_test(tc, closing_ends_it);
    tcase_add_test(tc, members_of_all_nodes);
    tcase_add_test(tc, query_refuses);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
