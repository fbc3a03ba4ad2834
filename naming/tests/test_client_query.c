/* SPDX-License-Identifier: BSD-2-Clause */
/* Whose name is this: section 5.2, the client. */
#include "support/net.h"

static struct net net;

/* NAME-5.2-01 NAME-6.1-02 NAME-7.1-01 */
START_TEST(a_name_is_asked_for_once_and_known_then) {
    net_open(&net, NULL);
    struct manager *m = net_manager(&net, "/storage"), *other = net_manager(&net, "/mail");
    ck_assert_int_eq((int)operation_run(&net, "/storage/projects/vmtp", 0), VNAME_ANSWERED);
    ck_assert_uint_eq(CODE(&last), VMTP_OK);
    ck_assert_uint_eq(last.op.answer.server, m->service.entity);
    ck_assert_uint_eq(last.op.answer.words[1], 8);
    ck_assert_uint_eq(last.op.received, 4);
    ck_assert_mem_eq(last.area, "data", 4);
    ck_assert_uint_eq(last.op.questions, 1);
    ck_assert_str_eq(m->name, "/storage/projects/vmtp");
    ck_assert_uint_eq(m->last.code, OPERATION | VNAME_BY_NAME | VMTP_SDA);
    ck_assert_uint_eq(m->last.words[0], m->record.context);
    ck_assert_uint_eq(m->last.words[1], 8u << 16 | 22);
    ck_assert_uint_eq(m->multicast_queries, 1);
    ck_assert_uint_eq(other->multicast_queries, 1);
    for (unsigned i = 0; i < 10; i++)
        ck_assert_int_eq((int)operation_run(&net, "/storage/others", 0), VNAME_ANSWERED);
    ck_assert_uint_eq(m->multicast_queries, 1);
    ck_assert_uint_eq(COUNTERS(&net)->multicasts, 1);
    ck_assert_uint_eq(COUNTERS(&net)->lookups, 12); /* the first one twice: before and after it asked */
    ck_assert_uint_eq(COUNTERS(&net)->hits, 11);
    net_close(&net);
}
END_TEST

/* NAME-1-01 NAME-6.1-01 */
START_TEST(what_the_operation_has_of_its_own) {
    net_open(&net, NULL);
    struct manager *m = net_manager(&net, "/a");
    operation_init(&last, "/a/bc");
    last.op.words[0] = 0x22;
    last.op.words[3] = 0x55;
    last.op.extra = "behind";
    last.op.extra_size = 6;
    ck_assert_int_eq(vname_operate_wait(net.resolver, &last.op), 0);
    ck_assert_uint_eq(m->last.words[2], 0x22);
    ck_assert_uint_eq(m->last.words[3], 0);
    ck_assert_uint_eq(m->last.words[5], 0x55);
    ck_assert_uint_eq(m->extra_size, 6);
    ck_assert_mem_eq(m->extra, "behind", 6);
    net_close(&net);
}
END_TEST

/* NAME-5.2-02 NAME-5.2-05 */
START_TEST(the_first_answer_is_taken_and_a_longer_one_kept_for_later) {
    net_open(&net, NULL);
    struct manager *a = net_manager(&net, "/a"), *ab = net_manager(&net, "/a/b");
    ab->late = 50 * MS;
    const vmtp_time begin = vipc_now(net.node);
    ck_assert_int_eq((int)operation_run(&net, "/a/b/c", 0), VNAME_ANSWERED);
    ck_assert_uint_lt(vipc_now(net.node), begin + 50 * MS);
    ck_assert_uint_eq(a->operations, 1);
    vipc_fake_run(net.fake, 200 * MS);
    ck_assert_int_eq((int)operation_run(&net, "/a/b/c", 0), VNAME_ANSWERED);
    ck_assert_uint_eq(ab->operations, 1);
    ck_assert_uint_eq(a->operations, 1);
    ck_assert_uint_eq(COUNTERS(&net)->answers_more, 1);
    ck_assert_uint_eq(COUNTERS(&net)->multicasts, 1);
    net_close(&net);
}
END_TEST

/* NAME-5.2-02: who answers later than 100 ms after the first is not heard. */
START_TEST(listening_ends) {
    net_open(&net, NULL);
    net_manager(&net, "/a");
    struct manager *ab = net_manager(&net, "/a/b");
    ab->late = 150 * MS;
    operation_run(&net, "/a/b/c", 0);
    vipc_fake_run(net.fake, 500 * MS);
    ck_assert_uint_eq(COUNTERS(&net)->answers_more, 0);
    net_close(&net);
}
END_TEST

/* NAME-5.2-06 */
static void two_managers_answer(uint32_t late_generation, int late_wins) {
    struct vname_record record;
    net_open(&net, NULL);
    struct manager *a = net_manager(&net, "/a"), *b = net_manager(&net, "/a");
    a->record.generation = 5;
    b->record.generation = late_generation;
    b->late = 20 * MS;
    operation_run(&net, "/a/x", 0);
    ck_assert_uint_eq(a->operations, 1);
    vipc_fake_run(net.fake, 200 * MS);
    ck_assert_uint_eq(a->meetings, 1);
    ck_assert_uint_eq(b->meetings, 1);
    ck_assert_str_eq(a->met, "/a");
    ck_assert_uint_eq(a->met_manager, b->service.entity);
    ck_assert_uint_eq(b->met_manager, a->service.entity);
    ck_assert_uint_eq(a->met_flags & b->met_flags, VNAME_SECOND_HAND);
    ck_assert_int_eq(vname_cached(net.resolver, "/a/x", 4, &record), 1);
    ck_assert_uint_eq(record.manager, late_wins ? b->service.entity : a->service.entity);
    ck_assert_uint_eq(COUNTERS(&net)->conflicts, 1);
    ck_assert_uint_eq(COUNTERS(&net)->meetings, 2);
    net_close(&net);
}

START_TEST(two_managers_are_told_of_each_other) {
    two_managers_answer(4, 0);
    two_managers_answer(6, 1);
}
END_TEST

/* NAME-5.2-06: somebody tells of another, with the highest generation; he who has it says so himself, before or after. */
START_TEST(hearsay_does_not_win) {
    struct vname_record record;
    net_open(&net, NULL);
    struct manager *a = net_manager(&net, "/a"), *b = net_manager(&net, "/a");
    b->record.manager = 0x999;
    b->record.flags = VNAME_SECOND_HAND;
    b->record.generation = UINT32_MAX;
    (_i ? a : b)->late = 5 * MS;
    operation_run(&net, "/a/x", 500 * MS);
    vipc_fake_run(net.fake, 200 * MS);
    ck_assert_uint_eq(COUNTERS(&net)->conflicts, 1);
    ck_assert_int_eq(vname_cached(net.resolver, "/a/x", 4, &record), 1);
    ck_assert_uint_eq(record.manager, a->service.entity);
    net_close(&net);
}
END_TEST

/* NAME-5.2-06 */
START_TEST(replicas_are_no_conflict) {
    net_open(&net, NULL);
    struct manager *a = net_manager(&net, "/a"), *b = net_manager(&net, "/a");
    a->record.group = b->record.group = 0x4000000000001234u;
    operation_run(&net, "/a/x", 0);
    vipc_fake_run(net.fake, 200 * MS);
    ck_assert_uint_eq(COUNTERS(&net)->conflicts, 0);
    ck_assert_uint_eq(a->meetings + b->meetings, 0);
    ck_assert_uint_eq(COUNTERS(&net)->answers_more, 1);
    net_close(&net);
}
END_TEST

/* NAME-5.2-07 NAME-7.1-08 */
START_TEST(nobody_answers) {
    net_open(&net, NULL);
    net_manager(&net, "/a");
    const vmtp_time begin = vipc_now(net.node);
    ck_assert_int_eq((int)operation_run(&net, "/nobody/x", 0), VNAME_NO_ANSWER);
    ck_assert_uint_ge(vipc_now(net.node), begin + 2000 * MS); /* a second for QueryName, and one for the directory */
    ck_assert_uint_lt(vipc_now(net.node), begin + 2100 * MS);
    ck_assert_uint_eq(COUNTERS(&net)->ended_no_answer, 1);
    net_close(&net);
}
END_TEST

/* NAME-5.2-07 */
START_TEST(an_answer_within_a_second_counts) {
    net_open(&net, NULL);
    struct manager *m = net_manager(&net, "/a");
    m->late = 990 * MS;
    ck_assert_int_eq((int)operation_run(&net, "/a/x", 0), VNAME_ANSWERED);
    ck_assert_uint_eq(COUNTERS(&net)->multicasts, 1);
    net_close(&net);
}
END_TEST

/* NAME-5.2-08 */
START_TEST(equal_questions_are_one) {
    struct operation *many = calloc(20, sizeof *many);
    net_open(&net, NULL);
    struct manager *m = net_manager(&net, "/a");
    for (unsigned i = 0; i < 20; i++) {
        operation_init(&many[i], "/a/same");
        ck_assert_int_eq(vname_operate(net.resolver, &many[i].op), 0);
    }
    vipc_fake_run(net.fake, 500 * MS);
    for (unsigned i = 0; i < 20; i++) {
        ck_assert_uint_eq(many[i].ended, 1);
        ck_assert_int_eq((int)many[i].op.outcome, VNAME_ANSWERED);
    }
    ck_assert_uint_eq(m->multicast_queries, 1);
    ck_assert_uint_eq(m->operations, 20);
    ck_assert_uint_eq(COUNTERS(&net)->coalesced, 19);
    net_close(&net);
    free(many);
}
END_TEST

START_TEST(questions_beyond_the_table_wait) {
    static const char *const names[] = {"/1/x", "/2/x", "/3/x", "/4/x", "/5/x", "/6/x"};
    const struct vname_config config = {.queries = 2};
    struct operation *many = calloc(6, sizeof *many);
    net_open(&net, &config);
    struct manager *m = net_manager(&net, "/6");
    for (unsigned i = 0; i < 6; i++) {
        operation_init(&many[i], names[i]);
        ck_assert_int_eq(vname_operate(net.resolver, &many[i].op), 0);
    }
    ck_assert_uint_eq(COUNTERS(&net)->queued, 4);
    vipc_fake_run(net.fake, 20 * VMTP_SECOND);
    for (unsigned i = 0; i < 6; i++)
        ck_assert_uint_eq(many[i].ended, 1);
    ck_assert_int_eq((int)many[5].op.outcome, VNAME_ANSWERED);
    ck_assert_uint_eq(m->operations, 1);
    ck_assert_uint_eq(COUNTERS(&net)->ended_no_answer, 5);
    net_close(&net);
    free(many);
}
END_TEST

START_TEST(resolving_sends_no_operation) {
    net_open(&net, NULL);
    struct manager *m = net_manager(&net, "/a");
    m->record.generation = 77;
    operation_init(&last, "/a/b");
    ck_assert_int_eq(vname_resolve_wait(net.resolver, &last.op), 0);
    ck_assert_int_eq((int)last.op.outcome, VNAME_ANSWERED);
    ck_assert_uint_eq(last.op.record.manager, m->service.entity);
    ck_assert_uint_eq(last.op.record.generation, 77);
    ck_assert_uint_eq(last.op.record.prefix_length, 2);
    ck_assert_mem_eq(last.op.record.prefix, "/a", 2);
    ck_assert_uint_eq(m->operations, 0);
    last.op.flags = VNAME_FRESH;
    ck_assert_int_eq(vname_resolve_wait(net.resolver, &last.op), 0);
    ck_assert_uint_eq(m->multicast_queries, 2);
    net_close(&net);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("questions");
    TCase *tc = tcase_create("questions");
    tcase_add_test(tc, a_name_is_asked_for_once_and_known_then);
    tcase_add_test(tc, what_the_operation_has_of_its_own);
    tcase_add_test(tc, the_first_answer_is_taken_and_a_longer_one_kept_for_later);
    tcase_add_test(tc, listening_ends);
    tcase_add_test(tc, two_managers_are_told_of_each_other);
    tcase_add_loop_test(tc, hearsay_does_not_win, 0, 2);
    tcase_add_test(tc, replicas_are_no_conflict);
    tcase_add_test(tc, nobody_answers);
    tcase_add_test(tc, an_answer_within_a_second_counts);
    tcase_add_test(tc, equal_questions_are_one);
    tcase_add_test(tc, questions_beyond_the_table_wait);
    tcase_add_test(tc, resolving_sends_no_operation);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
