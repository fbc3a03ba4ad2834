/* SPDX-License-Identifier: BSD-2-Clause */
/* The battery: Requests to groups. */
#include "battery.h"

#define GROUP (VMTP_ID_GRP | 0x0000000000123456u)

static struct served first, second, third;
static struct asked one;

/* Three members on two nodes besides that of the client, who has one of its own. */
static void gather(void (*request)(struct vipc_service *, struct vipc_incoming *)) {
    serve(&first, node_b, request);
    serve(&second, node_c, request);
    serve(&third, node_a, request);
    ck_assert_int_eq(vipc_join(&first.service, GROUP), 0);
    ck_assert_int_eq(vipc_join(&second.service, GROUP), 0);
    ck_assert_int_eq(vipc_join(&third.service, GROUP), 0);
}

static int heard_from(vmtp_entity who) {
    int found = 0;
    for (unsigned i = 0; i < one.responses; i++)
        found += one.from[i] == who;
    return found;
}

START_TEST(all_members_answer_until_the_deadline) {
    const vmtp_time begin = vipc_now(node_a);
    gather(serve_echo);
    ask_group(&one, node_a, GROUP, "all", VMTP_SECOND);
    battery_run(500 * VMTP_MILLISECOND);
    ck_assert_uint_eq(one.responses, 3);
    ck_assert_int_eq(one.done, 0);
    ck_assert_int_eq(outcome(&one), 0);
    ck_assert_uint_ge(vipc_now(node_a), begin + VMTP_SECOND);
    ck_assert_uint_eq(one.call.answers, 3);
    ck_assert_int_eq(heard_from(first.service.entity), 1);
    ck_assert_int_eq(heard_from(second.service.entity), 1);
    ck_assert_int_eq(heard_from(third.service.entity), 1);
    for (unsigned i = 0; i < 3; i++)
        ck_assert_str_eq(one.text[i], "all");
    ck_assert_uint_eq(first.called + second.called + third.called, 3);
}
END_TEST

static void check_group(struct vipc_service *service, struct vipc_incoming *in) {
    ck_assert_uint_eq(in->group, GROUP);
    ck_assert_uint_eq(in->message.server, GROUP);
    ck_assert_uint_eq(in->datagram, 0);
    serve_echo(service, in);
}

START_TEST(members_see_the_group) {
    gather(check_group);
    ask_group(&one, node_a, GROUP, "all", 200 * VMTP_MILLISECOND);
    ck_assert_int_eq(outcome(&one), 0);
    ck_assert_uint_eq(one.responses, 3);
}
END_TEST

START_TEST(the_first_answer_ends_a_call_for_one) {
    gather(serve_echo);
    ck_assert_int_eq(ask_and_wait(node_a, GROUP, "any"), 0);
    battery_run(VMTP_SECOND);
    ck_assert_uint_ge(first.called + second.called + third.called, 1);
}
END_TEST

static struct vipc_timer later;
static void enough(struct vipc_timer *timer) {
    (void)timer;
    vipc_cancel(&one.call);
}

/* As a resolver does it: the first answer is taken, and 50 ms are left for a second one. */
START_TEST(a_call_goes_on_after_its_first_answer) {
    gather(serve_keep);
    ask_group(&one, node_a, GROUP, "who", 5 * VMTP_SECOND);
    battery_run(10 * VMTP_MILLISECOND);
    ck_assert_int_eq(vipc_reply(first.kept[0], &said_ok, NULL, 0, 0), 0);
    battery_run(10 * VMTP_MILLISECOND);
    ck_assert_uint_eq(one.responses, 1);
    later = (struct vipc_timer){.fire = enough};
    vipc_timer_set(node_a, &later, vipc_now(node_a) + 50 * VMTP_MILLISECOND);
    battery_run(20 * VMTP_MILLISECOND);
    ck_assert_int_eq(vipc_reply(second.kept[0], &said_ok, NULL, 0, 0), 0);
    battery_run(20 * VMTP_MILLISECOND);
    ck_assert_uint_eq(one.responses, 2);
    battery_run(20 * VMTP_MILLISECOND); /* the call is over here, and who answers now is too late */
    vipc_reply(third.kept[0], &said_ok, NULL, 0, 0);
    battery_run(10 * VMTP_SECOND);
    ck_assert_uint_eq(one.responses, 2);
    ck_assert_int_eq(one.done, 0);
}
END_TEST

static void heard_and_freed(struct vipc_call *call, const struct vipc_response *response) {
    one.responses++;
    (void)response;
    vipc_cancel(call);
    memset(call, 0xa5, sizeof *call);
}

START_TEST(a_call_is_cancelled_by_its_answer) {
    static struct vipc_call call;
    gather(serve_echo);
    ask_group(&one, node_a, GROUP, "who", VMTP_SECOND);
    vipc_cancel(&one.call);
    battery_run(VMTP_SECOND);
    one.responses = 0;
    call = one.call;
    call.deadline = vipc_now(node_a) + VMTP_SECOND;
    call.response = heard_and_freed;
    ck_assert_int_eq(vipc_start(node_a, &call), 0);
    battery_run(2 * VMTP_SECOND);
    ck_assert_uint_eq(one.responses, 1);
}
END_TEST

START_TEST(members_without_an_answer_are_silent) {
    gather(serve_nothing);
    first.service.request = serve_echo;
    ask_group(&one, node_a, GROUP, "who", 400 * VMTP_MILLISECOND);
    ck_assert_int_eq(outcome(&one), 0);
    ck_assert_uint_eq(one.responses, 1);
    ck_assert_int_eq(heard_from(first.service.entity), 1);
    ck_assert_uint_eq(second.called, 1);
    ck_assert_uint_eq(third.called, 1);
    first.service.request = serve_nothing;
    ask_group(&one, node_a, GROUP, "nobody", 400 * VMTP_MILLISECOND);
    ck_assert_int_eq(outcome(&one), (int)VMTP_USER_TIMEOUT);
    ck_assert_uint_eq(one.responses, 0);
}
END_TEST

START_TEST(an_empty_group_is_silent) {
    const vmtp_time begin = vipc_now(node_a);
    ask_group(&one, node_a, GROUP, "who", 5 * VMTP_SECOND);
    ck_assert_int_eq(outcome(&one), (int)VMTP_USER_TIMEOUT);
    ck_assert_uint_ge(vipc_now(node_a), begin + 5 * VMTP_SECOND);
    ask_group(&one, node_a, GROUP, "who", VMTP_SECOND);
    vipc_cancel(&one.call);
    one.call.deadline = VMTP_NEVER;
    ck_assert_int_eq(vipc_start(node_a, &one.call), VMTP_E_INVALID);
    one.call.slots = 1;
    ck_assert_int_eq(vipc_start(node_a, &one.call), 0);
    ck_assert_int_eq(outcome(&one), (int)VMTP_RETRANS_TIMEOUT);
}
END_TEST

START_TEST(more_answers_than_places_are_dropped) {
    gather(serve_echo);
    ask_group(&one, node_a, GROUP, "two", VMTP_SECOND);
    vipc_cancel(&one.call);
    battery_run(VMTP_SECOND);
    one.responses = 0;
    one.call.slots = 2;
    one.call.deadline = vipc_now(node_a) + VMTP_SECOND;
    ck_assert_int_eq(vipc_start(node_a, &one.call), 0);
    ck_assert_int_eq(outcome(&one), 0);
    ck_assert_uint_eq(one.responses, 2);
    ck_assert_uint_eq(one.call.answers, 2);
}
END_TEST

START_TEST(members_come_and_go) {
    gather(serve_echo);
    ck_assert_int_eq(vipc_join(&first.service, GROUP), VMTP_E_EXISTS);
    ck_assert_int_eq(vipc_join(&first.service, 5), VMTP_E_INVALID);
    ck_assert_int_eq(vipc_join(&first.service, GROUP + 1), 0);
    ck_assert_int_eq(vipc_leave(&first.service, GROUP), 0);
    ck_assert_int_eq(vipc_leave(&first.service, GROUP), VMTP_E_NO_ENTITY);
    ck_assert_int_eq(vipc_leave(&first.service, 5), VMTP_E_INVALID);
    vipc_unserve(&third.service);
    ask_group(&one, node_a, GROUP, "who", VMTP_SECOND);
    ck_assert_int_eq(outcome(&one), 0);
    ck_assert_uint_eq(one.responses, 1);
    ck_assert_int_eq(heard_from(second.service.entity), 1);
    ck_assert_int_eq(ask_and_wait(node_a, GROUP + 1, "other"), 0);
    ck_assert_uint_eq(first.called, 1);
}
END_TEST

START_TEST(a_group_is_made) {
    vmtp_entity group = 0, another = 0;
    serve(&first, node_b, serve_echo);
    serve(&second, node_c, serve_echo);
    ck_assert_int_eq(vipc_group_create(&first.service, &group), 0);
    ck_assert_int_eq(vipc_group_create(&first.service, &another), 0);
    ck_assert(vmtp_is_group(group));
    ck_assert_uint_ne(group, another);
    ck_assert_int_eq(vipc_join(&second.service, group), 0);
    ask_group(&one, node_a, group, "who", VMTP_SECOND);
    ck_assert_int_eq(outcome(&one), 0);
    ck_assert_uint_eq(one.responses, 2);
    vipc_unserve(&third.service); /* not serving */
    ck_assert_int_eq(vipc_group_create(&third.service, &group), VMTP_E_INVALID);
}
END_TEST

START_TEST(datagrams_reach_all_members) {
    gather(serve_keep);
    ask(&one, node_a, GROUP, "dg");
    vipc_cancel(&one.call);
    battery_run(VMTP_SECOND);
    const unsigned before = first.called + second.called + third.called;
    one.call.message.code |= VMTP_DGM;
    ck_assert_int_eq(vipc_start(node_a, &one.call), 0);
    ck_assert_int_eq(outcome(&one), 0);
    battery_run(VMTP_SECOND);
    ck_assert_uint_eq(first.called + second.called + third.called, before + 3);
    struct vipc_incoming *in = first.kept[first.kept_count - 1];
    ck_assert_uint_eq(in->datagram, 1);
    ck_assert_uint_eq(in->group, GROUP);
    vipc_discard(in);
}
END_TEST

/* A member passes it on: for a group this is a call of its own, and the answer comes in its name. */
START_TEST(a_request_of_a_group_goes_on_as_a_call) {
    serve(&first, node_b, serve_keep);
    serve(&second, node_c, serve_echo);
    ck_assert_int_eq(vipc_join(&first.service, GROUP), 0);
    ask_group(&one, node_a, GROUP, "on", VMTP_SECOND);
    battery_run(10 * VMTP_MILLISECOND);
    struct vipc_incoming *in = first.kept[0];
    struct vmtp_message message = {.server = second.service.entity, .code = 1, .words = {41}};
    ck_assert_int_eq(vipc_forward(in, &message, "on", 2, 0), VMTP_E_NESTED);
    ck_assert_int_eq(vipc_forward(in, &message, "on", 2, 64), 0);
    ck_assert_int_eq(outcome(&one), 0);
    ck_assert_uint_eq(one.responses, 1);
    ck_assert_uint_eq(one.from[0], first.service.entity);
    ck_assert_str_eq(one.text[0], "on");
    ck_assert_uint_eq(second.called, 1);
}
END_TEST

START_TEST(a_client_that_is_a_member_is_not_asked) {
    gather(serve_echo);
    ask_group(&one, node_a, GROUP, "who", VMTP_SECOND);
    vipc_cancel(&one.call);
    battery_run(VMTP_SECOND);
    const unsigned before = third.called;
    one.responses = 0;
    one.call.client = third.service.entity;
    one.call.deadline = vipc_now(node_a) + VMTP_SECOND;
    ck_assert_int_eq(vipc_start(node_a, &one.call), 0);
    ck_assert_int_eq(outcome(&one), 0);
    ck_assert_uint_eq(one.responses, 2);
    ck_assert_uint_eq(third.called, before);
}
END_TEST

START_TEST(a_group_call_blocks) {
    gather(serve_echo);
    ask_group(&one, node_a, GROUP, "who", VMTP_SECOND);
    vipc_cancel(&one.call);
    battery_run(VMTP_SECOND);
    one.responses = 0;
    one.call.deadline = vipc_now(node_a) + VMTP_SECOND;
    ck_assert_int_eq(vipc_call_wait(node_a, &one.call), 0);
    ck_assert_uint_eq(one.responses, 3);
    ck_assert_int_eq(one.done, 0);
}
END_TEST

START_TEST(members_spread_their_answers) {
    gather(serve_echo);
    ask_group(&one, node_a, GROUP, "who", VMTP_SECOND);
    vipc_cancel(&one.call);
    battery_run(VMTP_SECOND);
    one.responses = 0;
    one.call.flags = VIPC_CALL_DELAYED;
    one.call.deadline = vipc_now(node_a) + VMTP_SECOND;
    ck_assert_int_eq(vipc_start(node_a, &one.call), 0);
    ck_assert_int_eq(outcome(&one), 0);
    ck_assert_uint_eq(one.responses, 3);
}
END_TEST

static const struct ipc_rig *mine;
static void setup(void) {
    memset(&first, 0, sizeof first);
    memset(&second, 0, sizeof second);
    memset(&third, 0, sizeof third);
    memset(&one, 0, sizeof one);
    battery_open(mine);
}

void battery_add_groups(Suite *suite, const struct ipc_rig *rig) {
    const TTest *const tests[] = {all_members_answer_until_the_deadline,
                                  members_see_the_group,
                                  the_first_answer_ends_a_call_for_one,
                                  a_call_goes_on_after_its_first_answer,
                                  a_call_is_cancelled_by_its_answer,
                                  members_without_an_answer_are_silent,
                                  an_empty_group_is_silent,
                                  more_answers_than_places_are_dropped,
                                  members_come_and_go,
                                  a_group_is_made,
                                  datagrams_reach_all_members,
                                  a_request_of_a_group_goes_on_as_a_call,
                                  a_client_that_is_a_member_is_not_asked,
                                  a_group_call_blocks,
                                  members_spread_their_answers};
    TCase *tc = tcase_create("groups");
    mine = rig;
    tcase_add_checked_fixture(tc, setup, battery_close);
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++)
        tcase_add_test(tc, tests[i]);
    suite_add_tcase(suite, tc);
}
