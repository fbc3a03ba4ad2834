/* SPDX-License-Identifier: BSD-2-Clause */
/* A function that is told of the end of an operation may block: the others go on meanwhile. */
#include "support/net.h"

static struct net net;
static struct operation first, second, third;
static struct vname_context context;
static int waited, result, asked;

/* Waits for the end of the second one. */
static void wait_for_second(struct vname_operation *op, enum vname_outcome outcome) {
    (void)outcome;
    ((struct operation *)op->context)->ended++;
    while (!second.ended && vipc_now(net.node) < 20 * VMTP_SECOND)
        vipc_wait(net.node, 20 * VMTP_SECOND);
    waited = (int)second.ended;
}

/* What two have asked together is told to both, whatever the first does when it is told. */
START_TEST(who_waits_for_the_other) {
    net_open(&net, NULL);
    net_manager(&net, "/a");
    operation_init(&first, "/a/x");
    operation_init(&second, "/a/x");
    first.op.done = wait_for_second;
    ck_assert_int_eq(vname_resolve(net.resolver, &first.op), 0);
    ck_assert_int_eq(vname_resolve(net.resolver, &second.op), 0);
    vipc_fake_run(net.fake, 30 * VMTP_SECOND);
    ck_assert_int_eq(waited, 1);
    ck_assert_int_eq(second.op.outcome, VNAME_ANSWERED);
    ck_assert_uint_eq(COUNTERS(&net)->coalesced, 1);
    net_close(&net);
}
END_TEST

static void ask_for_another(struct vname_operation *op, enum vname_outcome outcome) {
    (void)op;
    (void)outcome;
    asked++;
    operation_init(&third, "/nowhere");
    third.op.deadline = vipc_now(net.node) + 4 * VMTP_SECOND;
    result = vname_operate_wait(net.resolver, &third.op);
}

/* One question record: what it is used for next says nothing to those that waited for the answer before. */
START_TEST(the_next_question) {
    const struct vname_config config = {.queries = 1};
    net_open(&net, &config);
    net_manager(&net, "/a");
    net_directory(&net, NULL, 0);
    operation_init(&first, "/a/x");
    operation_init(&second, "/a/x");
    first.op.done = ask_for_another;
    ck_assert_int_eq(vname_resolve(net.resolver, &first.op), 0);
    ck_assert_int_eq(vname_operate(net.resolver, &second.op), 0);
    vipc_fake_run(net.fake, 30 * VMTP_SECOND);
    ck_assert_int_eq(asked, 1);
    ck_assert_int_eq(result, 0);
    ck_assert_int_eq(third.op.outcome, VNAME_NO_SUCH_NAME);
    ck_assert_uint_eq(second.ended, 1);
    ck_assert_int_eq(second.op.outcome, VNAME_ANSWERED);
    ck_assert_uint_eq(COUNTERS(&net)->multicasts, 3);
    net_close(&net);
}
END_TEST

/* The same of those that wait for one context that leads nowhere. */
START_TEST(a_context_that_leads_nowhere) {
    struct vname_place place = {.name = "/gone", .length = 5};
    net_open(&net, NULL);
    net_directory(&net, NULL, 0);
    ck_assert_int_eq(vname_context_set(net.resolver, &context, &place), 0);
    operation_init(&first, "x");
    operation_init(&second, "y");
    first.op.from = second.op.from = &context;
    first.op.done = wait_for_second;
    ck_assert_int_eq(vname_operate(net.resolver, &first.op), 0);
    ck_assert_int_eq(vname_operate(net.resolver, &second.op), 0);
    vipc_fake_run(net.fake, 30 * VMTP_SECOND);
    ck_assert_int_eq(waited, 1);
    ck_assert_int_eq(second.op.outcome, VNAME_NO_SUCH_NAME);
    net_close(&net);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("who blocks");
    TCase *tc = tcase_create("who blocks");
    tcase_add_test(tc, who_waits_for_the_other);
    tcase_add_test(tc, the_next_question);
    tcase_add_test(tc, a_context_that_leads_nowhere);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
