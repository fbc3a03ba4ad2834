/* SPDX-License-Identifier: BSD-2-Clause */
/* The directory, as a client uses it: section 9. */
#include "support/net.h"

static struct net net;

static struct vname_record registered(const char *prefix, vmtp_entity manager) {
    return (struct vname_record){
        .prefix = prefix, .prefix_length = (uint16_t)strlen(prefix), .generation = 3, .manager = manager};
}

/* NAME-9-11 NAME-7.1-08 */
START_TEST(the_directory_says_that_there_is_no_such_name) {
    net_open(&net, NULL);
    struct manager *directory = net_directory(&net, NULL, 0);
    const vmtp_time begin = vipc_now(net.node);
    ck_assert_int_eq((int)operation_run(&net, "/nobody/x", 0), VNAME_NO_SUCH_NAME);
    ck_assert_uint_eq(CODE(&last), VNAME_NOT_FOUND);
    ck_assert_uint_eq(last.op.answer.server, 0);
    ck_assert_uint_eq(directory->lookups, 1);
    /* NAME-9-21: each of the two questions is waited for 1 s. */
    ck_assert_uint_eq(COUNTERS(&net)->multicasts, 2);
    ck_assert_uint_lt(vipc_now(net.node), begin + 2100 * MS);
    net_close(&net);
}
END_TEST

/* NAME-9-21: a manager that has not heard the first question; whether the directory is asked after it or before. */
START_TEST(one_question_alone_says_nothing) {
    const struct vname_config config = {.flags = _i ? VNAME_DIRECTORY_FIRST : 0};
    net_open(&net, &config);
    struct manager *m = net_manager(&net, "/a");
    net_directory(&net, NULL, 0);
    m->silent = 1;
    operation_init(&last, "/a/x");
    ck_assert_int_eq(vname_operate(net.resolver, &last.op), 0);
    vipc_fake_run(net.fake, 900 * MS);
    ck_assert_uint_gt(m->multicast_queries, 0);
    m->silent = 0;
    vipc_fake_run(net.fake, VMTP_SECOND);
    ck_assert_uint_eq(last.ended, 1);
    ck_assert_int_eq((int)last.op.outcome, VNAME_ANSWERED);
    net_close(&net);
}
END_TEST

/* NAME-9-11 NAME-7.1-06 NAME-7.1-08 */
START_TEST(the_directory_says_that_somebody_should_answer) {
    const struct vname_record record = registered("/a", 0x777);
    net_open(&net, NULL);
    net_directory(&net, &record, 1);
    ck_assert_int_eq((int)operation_run(&net, "/a/x", 4 * VMTP_SECOND), VNAME_UNREACHABLE);
    ck_assert_uint_ge(last.op.questions, 2); /* it goes on asking: the manager may come back */
    ck_assert_uint_ge(COUNTERS(&net)->lone_queries, 1);
    net_close(&net);
}
END_TEST

/* NAME-9-11 */
START_TEST(a_manager_that_multicasts_do_not_reach) {
    struct vname_record record;
    net_open(&net, NULL);
    struct manager *m = net_manager(&net, "/a");
    m->silent = 1;
    record = registered("/a", m->service.entity);
    net_directory(&net, &record, 1);
    ck_assert_int_eq((int)operation_run(&net, "/a/x", 0), VNAME_ANSWERED);
    ck_assert_uint_eq(m->lone_queries, 1);
    ck_assert_uint_eq(m->operations, 1);
    net_close(&net);
}
END_TEST

/* NAME-9-13 */
START_TEST(no_directory_is_asked_again_after_30_s) {
    net_open(&net, NULL);
    operation_run(&net, "/1/x", 0);
    ck_assert_uint_eq(COUNTERS(&net)->directory_queries, 1);
    ck_assert_uint_eq(COUNTERS(&net)->directory_silences, 1);
    const vmtp_time begin = vipc_now(net.node);
    ck_assert_int_eq((int)operation_run(&net, "/2/x", 0), VNAME_NO_ANSWER);
    ck_assert_uint_lt(vipc_now(net.node), begin + 1100 * MS);
    ck_assert_uint_eq(COUNTERS(&net)->directory_queries, 1);
    vipc_fake_run(net.fake, 25 * VMTP_SECOND);
    operation_run(&net, "/3/x", 0);
    ck_assert_uint_eq(COUNTERS(&net)->directory_queries, 1);
    vipc_fake_run(net.fake, 5 * VMTP_SECOND);
    operation_run(&net, "/3/x", 0);
    ck_assert_uint_eq(COUNTERS(&net)->directory_queries, 2);
    net_close(&net);
}
END_TEST

/* NAME-9-20 */
START_TEST(what_was_never_registered_is_not_invalid) {
    net_open(&net, NULL);
    struct manager *m = net_manager(&net, "/a");
    net_directory(&net, NULL, 0);
    operation_run(&net, "/a/x", 0);
    manager_exit(m);
    ck_assert_int_eq((int)operation_run(&net, "/a/x", 4 * VMTP_SECOND), VNAME_UNREACHABLE);
    net_close(&net);
}
END_TEST

/* NAME-9-11 NAME-9-20 */
START_TEST(what_was_registered_and_is_not_any_more_is_invalid) {
    net_open(&net, NULL);
    struct manager *m = net_manager(&net, "/a");
    m->record.flags = VNAME_REGISTERED;
    net_directory(&net, NULL, 0);
    operation_run(&net, "/a/x", 0);
    manager_exit(m);
    ck_assert_int_eq((int)operation_run(&net, "/a/x", 4 * VMTP_SECOND), VNAME_NO_SUCH_NAME);
    net_close(&net);
}
END_TEST

static const struct vname_config first = {.flags = VNAME_DIRECTORY_FIRST};

/* NAME-9-12 */
START_TEST(the_directory_first) {
    struct vname_record record;
    net_open(&net, &first);
    struct manager *m = net_manager(&net, "/a");
    record = registered("/a", m->service.entity);
    struct manager *directory = net_directory(&net, &record, 1);
    ck_assert_int_eq((int)operation_run(&net, "/a/x", 0), VNAME_ANSWERED);
    ck_assert_uint_eq(directory->lookups, 1);
    ck_assert_uint_eq(m->lone_queries, 1);
    ck_assert_uint_eq(COUNTERS(&net)->multicasts, 0);
    ck_assert_uint_eq(last.op.record.generation, 1); /* what the manager says, not the directory */
    net_close(&net);
}
END_TEST

/* NAME-9-12 */
START_TEST(the_directory_first_and_then_everybody) {
    const struct vname_record record = registered("/a", 0x777);
    net_open(&net, &first);
    struct manager *a = net_manager(&net, "/a"), *b = net_manager(&net, "/b");
    struct manager *directory = net_directory(&net, &record, 1);
    ck_assert_int_eq((int)operation_run(&net, "/a/x", 0), VNAME_ANSWERED); /* its manager is another one now */
    ck_assert_uint_eq(a->operations, 1);
    ck_assert_int_eq((int)operation_run(&net, "/b/x", 0), VNAME_ANSWERED); /* it is not registered */
    ck_assert_uint_eq(b->operations, 1);
    ck_assert_uint_eq(COUNTERS(&net)->multicasts, 2);
    ck_assert_int_eq((int)operation_run(&net, "/c/x", 0), VNAME_NO_SUCH_NAME);
    ck_assert_uint_eq(directory->lookups, 3);
    net_close(&net);
}
END_TEST

/* NAME-9-12 NAME-7.1-08: what it said first still counts when nobody else answers. */
START_TEST(the_directory_first_and_nobody_else) {
    const struct vname_record record = registered("/a", 0x777);
    net_open(&net, &first);
    struct manager *directory = net_directory(&net, &record, 1);
    operation_init(&last, "/a/x");
    last.op.deadline = vipc_now(net.node) + 2200 * MS; /* one second for its manager, one for everybody */
    ck_assert_int_eq(vname_operate_wait(net.resolver, &last.op), 0);
    ck_assert_int_eq((int)last.op.outcome, VNAME_UNREACHABLE);
    ck_assert_uint_eq(directory->lookups, 1);
    net_close(&net);
}
END_TEST

static void once_more(struct vname_operation *op, enum vname_outcome outcome) {
    struct operation *o = op->context;
    ck_assert_int_eq((int)outcome, VNAME_NO_SUCH_NAME);
    if (++o->ended == 1)
        ck_assert_int_eq(vname_operate(net.resolver, op), 0);
}

/* Who begins when an answer is told does not get that answer. */
START_TEST(a_new_operation_is_a_new_question) {
    net_open(&net, NULL);
    struct manager *directory = net_directory(&net, NULL, 0);
    operation_init(&last, "/a/x");
    last.op.done = once_more;
    ck_assert_int_eq(vname_operate(net.resolver, &last.op), 0);
    vipc_fake_run(net.fake, 5 * VMTP_SECOND);
    ck_assert_uint_eq(last.ended, 2);
    ck_assert_uint_eq(directory->lookups, 2);
    net_close(&net);
}
END_TEST

/* NAME-9-12 NAME-9-13 */
START_TEST(the_directory_first_when_there_is_none) {
    net_open(&net, &first);
    struct manager *a = net_manager(&net, "/a");
    ck_assert_int_eq((int)operation_run(&net, "/a/x", 0), VNAME_ANSWERED);
    ck_assert_uint_eq(a->operations, 1);
    vname_cache_drop(net.resolver, NULL, 0);
    ck_assert_int_eq((int)operation_run(&net, "/a/x", 0), VNAME_ANSWERED);
    ck_assert_uint_eq(COUNTERS(&net)->directory_queries, 1);
    net_close(&net);
}
END_TEST

static int says_nonsense(struct manager *m, struct vipc_incoming *in) {
    struct vname_record record = registered("/other", 0x777);
    (void)m;
    record.flags = VNAME_SECOND_HAND;
    manager_answer(in, VMTP_OK, 6, &record);
    return 1;
}

/* NAME-5.2-03: a directory is believed no more than others. */
START_TEST(a_directory_that_answers_for_another_name) {
    net_open(&net, NULL);
    net_directory(&net, NULL, 0)->hook = says_nonsense;
    ck_assert_int_eq((int)operation_run(&net, "/a/x", 0), VNAME_NO_ANSWER);
    ck_assert_uint_ge(COUNTERS(&net)->answers_not_asked, 1);
    net_close(&net);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("directory");
    TCase *tc = tcase_create("directory");
    tcase_add_test(tc, the_directory_says_that_there_is_no_such_name);
    tcase_add_loop_test(tc, one_question_alone_says_nothing, 0, 2);
    tcase_add_test(tc, the_directory_says_that_somebody_should_answer);
    tcase_add_test(tc, a_manager_that_multicasts_do_not_reach);
    tcase_add_test(tc, no_directory_is_asked_again_after_30_s);
    tcase_add_test(tc, what_was_never_registered_is_not_invalid);
    tcase_add_test(tc, what_was_registered_and_is_not_any_more_is_invalid);
    tcase_add_test(tc, the_directory_first);
    tcase_add_test(tc, the_directory_first_and_then_everybody);
    tcase_add_test(tc, the_directory_first_and_nobody_else);
    tcase_add_test(tc, a_new_operation_is_a_new_question);
    tcase_add_test(tc, the_directory_first_when_there_is_none);
    tcase_add_test(tc, a_directory_that_answers_for_another_name);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
