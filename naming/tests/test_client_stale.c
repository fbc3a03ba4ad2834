/* SPDX-License-Identifier: BSD-2-Clause */
/* What is remembered turns out wrong when it is used: section 7.1. */
#include "support/net.h"

static struct net net;
static struct manager *a;

static void known(const char *prefix) {
    net_open(&net, NULL);
    a = net_manager(&net, prefix);
    ck_assert_int_eq((int)operation_run(&net, prefix, 0), VNAME_ANSWERED);
    ck_assert_uint_eq(a->operations, 1);
}

/* NAME-7.1-03 */
START_TEST(a_manager_that_was_restarted_is_found_again) {
    known("/a");
    manager_restart(a);
    ck_assert_int_eq((int)operation_run(&net, "/a/x", 0), VNAME_ANSWERED);
    ck_assert_uint_eq(CODE(&last), VMTP_OK);
    ck_assert_uint_eq(a->operations, 2);
    ck_assert_uint_eq(last.op.questions, 1);
    ck_assert_uint_eq(last.op.repeats, 1);
    ck_assert_uint_eq(COUNTERS(&net)->multicasts, 2);
    ck_assert_uint_eq(COUNTERS(&net)->stale, 1);
    ck_assert_uint_eq(COUNTERS(&net)->waits, 0); /* at once */
    net_close(&net);
}
END_TEST

/* NAME-7.1-03 */
START_TEST(a_manager_that_does_not_have_the_prefix_any_more_says_so) {
    known("/a");
    struct manager *b = net_manager(&net, "/a");
    a->record.prefix_length = 0;
    ck_assert_int_eq((int)operation_run(&net, "/a/x", 0), VNAME_ANSWERED);
    ck_assert_uint_eq(a->operations, 2); /* answered NAME_STALE, was not done */
    ck_assert_uint_eq(b->operations, 1);
    ck_assert_uint_eq(last.op.answer.server, b->service.entity);
    net_close(&net);
}
END_TEST

/* Many operations at once, one new question. */
START_TEST(all_who_find_it_stale_ask_together) {
    struct operation *many = calloc(10, sizeof *many);
    known("/a");
    manager_restart(a);
    for (unsigned i = 0; i < 10; i++) {
        operation_init(&many[i], "/a/x");
        vname_operate(net.resolver, &many[i].op);
    }
    vipc_fake_run(net.fake, VMTP_SECOND);
    for (unsigned i = 0; i < 10; i++)
        ck_assert_int_eq((int)many[i].op.outcome + (many[i].ended != 1), VNAME_ANSWERED);
    ck_assert_uint_eq(COUNTERS(&net)->multicasts, 2);
    net_close(&net);
    free(many);
}
END_TEST

static int answer_moved(struct manager *m, struct vipc_incoming *in) {
    const struct vname_record *to = m->context;
    if (!(in->message.code & VNAME_BY_NAME))
        return 0;
    m->operations++;
    manager_answer(in, VNAME_MOVED, 0, to);
    return 1;
}

/* NAME-7.1-04 */
START_TEST(a_manager_that_handed_its_prefix_over_says_to_whom) {
    known("/a");
    struct manager *b = net_manager(&net, "/a");
    b->silent = 1;
    b->record.generation = 2;
    a->hook = answer_moved;
    a->context = &b->record;
    ck_assert_int_eq((int)operation_run(&net, "/a/x", 0), VNAME_ANSWERED);
    ck_assert_uint_eq(b->operations, 1);
    ck_assert_uint_eq(last.op.moves, 1);
    ck_assert_uint_eq(COUNTERS(&net)->multicasts, 1);
    ck_assert_int_eq((int)operation_run(&net, "/a/x", 0), VNAME_ANSWERED);
    ck_assert_uint_eq(a->operations, 2);
    net_close(&net);
}
END_TEST

/* NAME-7.1-04 NAME-7.1-11 */
START_TEST(two_managers_that_send_us_to_each_other) {
    known("/a");
    struct manager *b = net_manager(&net, "/a");
    a->hook = b->hook = answer_moved;
    a->context = &b->record;
    b->context = &a->record;
    ck_assert_int_eq((int)operation_run(&net, "/a/x", 5 * VMTP_SECOND), VNAME_UNREACHABLE);
    ck_assert_uint_eq(last.op.moves, 4);
    ck_assert_uint_le(a->operations + b->operations, 15); /* not as fast as they can */
    net_close(&net);
}
END_TEST

/* NAME-7.1-04: a record that is not good is no better than NAME_STALE. */
START_TEST(moved_without_a_good_record) {
    struct vname_record bad[4];
    for (unsigned i = 0; i < 5; i++) {
        known("/a");
        struct manager *b = net_manager(&net, "/a");
        b->record.generation = 2;
        bad[0] = bad[1] = bad[2] = bad[3] = b->record;
        bad[0].prefix = "/b";
        bad[1].manager = a->service.entity;
        bad[2].flags = VNAME_CLAIMING;
        bad[3].generation = 0;
        a->silent = 1;
        a->hook = answer_moved;
        a->context = i < 4 ? &bad[i] : NULL;
        ck_assert_int_eq((int)operation_run(&net, "/a/x", 0), VNAME_ANSWERED);
        ck_assert_uint_eq(last.op.moves, 0);
        ck_assert_uint_eq(b->operations, 1);
        ck_assert_uint_eq(COUNTERS(&net)->moved_bad, 1);
        net_close(&net);
    }
}
END_TEST

/* NAME-7.1-05 */
START_TEST(a_silent_manager_ends_what_may_not_be_done_twice) {
    known("/a");
    manager_crash(a);
    ck_assert_int_eq((int)operation_run(&net, "/a/x", 0), VNAME_UNREACHABLE);
    ck_assert_int_eq(last.op.result, VMTP_RETRANS_TIMEOUT);
    ck_assert_uint_eq(last.op.repeats, 0);
    /* Meanwhile he is asked himself; the next operation waits for that, and asks. */
    vipc_fake_run(net.fake, 1100 * MS);
    ck_assert_uint_eq(vname_cache_list(net.resolver, NULL, 0), 0);
    net_close(&net);
}
END_TEST

/* NAME-7.1-05 */
START_TEST(the_next_one_does_not_go_there) {
    known("/a");
    manager_crash(a);
    ck_assert_int_eq((int)operation_run(&net, "/a/x", 0), VNAME_UNREACHABLE);
    struct manager *b = net_manager(&net, "/a");
    ck_assert_int_eq((int)operation_run(&net, "/a/y", 0), VNAME_ANSWERED);
    ck_assert_uint_eq(b->operations, 1);
    ck_assert_uint_eq(last.op.repeats, 0);
    net_close(&net);
}
END_TEST

/* One that covers /a/b, whose manager is gone, and sends operations there on; asked, he tells of it. */
static struct vname_record mounted;
static int covers_what_is_gone(struct manager *m, struct vipc_incoming *in) {
    const uint32_t code = in->message.code & VMTP_CODE_MASK;
    if (code == (VNAME_QUERY & VMTP_CODE_MASK)) {
        if (in->segment_size < 4 || memcmp(in->segment, "/a/b", 4) != 0)
            return 0;
        if (in->group)
            vipc_discard(in);
        else
            manager_answer(in, VMTP_OK, mounted.prefix_length, &mounted);
        return 1;
    }
    if (!(code & VNAME_BY_NAME) || in->segment_size < 4 || memcmp(in->segment, "/a/b", 4) != 0)
        return 0;
    struct vmtp_message on = in->message;
    on.server = mounted.manager;
    m->operations++;
    ck_assert_int_eq(vipc_forward(in, &on, in->segment, in->segment_size, 0), 0);
    return 1;
}

/* NAME-7.1-12: 0: its host says that it is gone; 1: it is silent, and the operation may be done twice; 2: and it may not. */
START_TEST(who_is_gone_is_another) {
    known("/a");
    struct manager *b = net_manager(&net, "/a/b");
    mounted = b->record;
    mounted.flags |= VNAME_SECOND_HAND;
    a->hook = covers_what_is_gone;
    if (_i)
        manager_crash(b);
    else
        manager_exit(b);
    operation_init(&last, "/a/b/x");
    last.op.flags = _i == 1 ? VNAME_REPEATABLE : 0;
    last.op.deadline = vipc_now(net.node) + 20 * VMTP_SECOND;
    ck_assert_int_eq(vname_operate_wait(net.resolver, &last.op), 0);
    ck_assert_int_eq((int)last.op.outcome, VNAME_UNREACHABLE);
    vipc_fake_run(net.fake, 2 * VMTP_SECOND);
    struct vname_record record;
    ck_assert_int_eq(vname_cached(net.resolver, "/a/y", 4, &record), 1);
    ck_assert_uint_eq(record.manager, a->service.entity);
    ck_assert_uint_eq(a->operations, 2); /* the first made it known; what followed went to the other */
    const uint64_t asked = COUNTERS(&net)->multicasts;
    ck_assert_int_eq((int)operation_run(&net, "/a/y", 0), VNAME_ANSWERED);
    ck_assert_uint_eq(COUNTERS(&net)->multicasts, asked);
    net_close(&net);
}
END_TEST

/* NAME-7.1-05 */
START_TEST(a_silent_manager_is_looked_for_when_it_may) {
    known("/a");
    struct manager *b = net_manager(&net, "/a");
    manager_crash(a);
    operation_init(&last, "/a/x");
    last.op.flags = VNAME_REPEATABLE;
    ck_assert_int_eq(vname_operate_wait(net.resolver, &last.op), 0);
    ck_assert_int_eq((int)last.op.outcome, VNAME_ANSWERED);
    ck_assert_int_eq(last.op.result, 0);
    ck_assert_uint_eq(b->operations, 1);
    net_close(&net);
}
END_TEST

static void come_back(struct vipc_timer *timer) { manager_restart(timer->context); }

/* NAME-7.1-06 */
START_TEST(a_known_prefix_is_waited_for) {
    struct vipc_timer timer = {.fire = come_back};
    known("/a");
    manager_exit(a);
    timer.context = a;
    const vmtp_time begin = vipc_now(net.node);
    vipc_timer_set(net.node, &timer, begin + 10 * VMTP_SECOND);
    ck_assert_int_eq((int)operation_run(&net, "/a/x", 20 * VMTP_SECOND), VNAME_ANSWERED);
    ck_assert_uint_ge(vipc_now(net.node), begin + 11750 * MS);
    ck_assert_uint_le(vipc_now(net.node), begin + 11800 * MS);
    ck_assert_uint_eq(a->operations, 2);
    /* 1 s for QueryName each time (and 1 s for a directory, once), and 0.25, 0.5, 1, 2 and 2 s between them. */
    ck_assert_uint_eq(last.op.questions, 6);
    net_close(&net);
}
END_TEST

/* NAME-7.1-06 NAME-7.1-08 */
START_TEST(a_known_prefix_is_waited_for_until_the_deadline) {
    known("/a");
    manager_exit(a);
    const vmtp_time begin = vipc_now(net.node);
    ck_assert_int_eq((int)operation_run(&net, "/a/x", 7 * VMTP_SECOND), VNAME_UNREACHABLE);
    ck_assert_uint_eq(vipc_now(net.node), begin + 7 * VMTP_SECOND);
    ck_assert_int_eq((int)operation_run(&net, "/a/x", 0), VNAME_NO_ANSWER); /* it is not known any more */
    net_close(&net);
}
END_TEST

/* NAME-7.1-06: without a deadline it is the resolver's patience. */
START_TEST(patience_without_a_deadline) {
    const struct vname_config config = {.patience = 3 * VMTP_SECOND};
    net_open(&net, &config);
    a = net_manager(&net, "/a");
    operation_run(&net, "/a", 0);
    manager_exit(a);
    const vmtp_time begin = vipc_now(net.node);
    ck_assert_int_eq((int)operation_run(&net, "/a/x", 0), VNAME_UNREACHABLE);
    ck_assert_uint_le(vipc_now(net.node), begin + 3 * VMTP_SECOND + MS);
    net_close(&net);
}
END_TEST

static int hold(struct manager *m, struct vipc_incoming *in) {
    if (!(in->message.code & VNAME_BY_NAME))
        return 0;
    m->operations++;
    return 1; /* and never answers */
}

/* NAME-7.1-08 NAME-7.1-10 */
START_TEST(the_deadline_while_the_manager_has_it) {
    known("/a");
    a->hook = hold;
    const vmtp_time begin = vipc_now(net.node);
    ck_assert_int_eq((int)operation_run(&net, "/a/x", 500 * MS), VNAME_OUT_OF_TIME);
    ck_assert_int_eq(last.op.result, VMTP_USER_TIMEOUT);
    ck_assert_uint_eq(vipc_now(net.node), begin + 500 * MS);
    vipc_fake_run(net.fake, 2 * VMTP_SECOND);
    ck_assert_uint_eq(a->lone_queries, 1);
    ck_assert_uint_eq(vname_cache_list(net.resolver, NULL, 0), 1); /* it is there, and just slow */
    manager_crash(a);
    ck_assert_int_eq((int)operation_run(&net, "/a/x", 500 * MS), VNAME_OUT_OF_TIME);
    vipc_fake_run(net.fake, 2 * VMTP_SECOND);
    ck_assert_uint_eq(vname_cache_list(net.resolver, NULL, 0), 0);
    net_close(&net);
}
END_TEST

/* NAME-7.1-07 */
START_TEST(another_replica_takes_over) {
    net_open(&net, NULL);
    a = net_manager(&net, "/a");
    struct manager *b = net_manager(&net, "/a"), *c = net_manager(&net, "/other");
    vmtp_entity group;
    ck_assert_int_eq(vipc_group_create(&a->service, &group), 0);
    ck_assert_int_eq(vipc_join(&b->service, group), 0);
    a->record.group = b->record.group = group;
    b->late = 10 * MS;
    operation_run(&net, "/a/x", 0);
    ck_assert_uint_eq(a->operations, 1);
    vipc_fake_run(net.fake, VMTP_SECOND);
    manager_exit(a);
    ck_assert_int_eq((int)operation_run(&net, "/a/x", 0), VNAME_ANSWERED);
    ck_assert_uint_eq(b->operations, 1);
    ck_assert_uint_eq(COUNTERS(&net)->group_queries, 1);
    ck_assert_uint_eq(COUNTERS(&net)->multicasts, 1);
    ck_assert_uint_eq(c->multicast_queries, 1);
    net_close(&net);
}
END_TEST

/* NAME-7.1-07: then everybody. */
START_TEST(no_replica_is_left) {
    net_open(&net, NULL);
    a = net_manager(&net, "/a");
    ck_assert_int_eq(vipc_group_create(&a->service, &a->record.group), 0);
    operation_run(&net, "/a/x", 0);
    struct manager *b = net_manager(&net, "/a");
    manager_exit(a);
    ck_assert_int_eq((int)operation_run(&net, "/a/x", 0), VNAME_ANSWERED);
    ck_assert_uint_eq(b->operations, 1);
    ck_assert_uint_eq(COUNTERS(&net)->group_queries, 1);
    ck_assert_uint_eq(COUNTERS(&net)->multicasts, 2);
    net_close(&net);
}
END_TEST

static int forward(struct manager *m, struct vipc_incoming *in) {
    const struct manager *to = m->context;
    struct vmtp_message message = in->message;
    if (!(in->message.code & VNAME_BY_NAME))
        return 0;
    m->operations++;
    message.server = to->service.entity;
    message.words[0] = to->record.context;
    message.words[1] = (uint32_t)to->record.prefix_length << 16 | (message.words[1] & 0xffff);
    ck_assert_int_eq(vipc_forward(in, &message, in->segment, in->segment_size, 0), 0);
    return 1;
}

/* NAME-6.3-05 */
START_TEST(who_answers_for_another_is_asked_what_he_has) {
    known("/a");
    struct manager *b = net_manager(&net, "/a/b");
    a->hook = forward;
    a->context = b;
    ck_assert_int_eq((int)operation_run(&net, "/a/b/c", 0), VNAME_ANSWERED);
    ck_assert_uint_eq(last.op.answer.server, b->service.entity);
    ck_assert_uint_eq(a->operations, 2);
    vipc_fake_run(net.fake, VMTP_SECOND);
    ck_assert_uint_eq(b->lone_queries, 1);
    ck_assert_int_eq((int)operation_run(&net, "/a/b/c", 0), VNAME_ANSWERED);
    ck_assert_uint_eq(a->operations, 2);
    ck_assert_uint_eq(b->operations, 2);
    ck_assert_uint_eq(COUNTERS(&net)->multicasts, 1);
    net_close(&net);
}
END_TEST

/* NAME-6.3-05: one that holds nothing is not asked each time. */
START_TEST(a_helper_without_names_is_asked_once) {
    known("/a");
    struct manager *b = net_manager(&net, "");
    a->hook = forward;
    a->context = b;
    for (unsigned i = 0; i < 10; i++) {
        operation_run(&net, "/a/x", VMTP_SECOND);
        vipc_fake_run(net.fake, VMTP_SECOND);
    }
    ck_assert_uint_eq(b->operations, 10);
    ck_assert_uint_eq(b->lone_queries, 1);
    ck_assert_uint_eq(vname_cache_list(net.resolver, NULL, 0), 1);
    net_close(&net);
}
END_TEST

static int not_found(struct manager *m, struct vipc_incoming *in) {
    if (!(in->message.code & VNAME_BY_NAME))
        return 0;
    m->operations++;
    manager_answer(in, VNAME_NOT_FOUND, 0, NULL);
    return 1;
}

/* NAME-6.1-08 NAME-7.1-08 */
START_TEST(no_such_name_is_final) {
    known("/a");
    a->hook = not_found;
    ck_assert_int_eq((int)operation_run(&net, "/a/x", 0), VNAME_NO_SUCH_NAME);
    ck_assert_uint_eq(last.op.answer.server, a->service.entity);
    ck_assert_uint_eq(a->operations, 2);
    ck_assert_uint_eq(COUNTERS(&net)->ended_no_such_name, 1);
    net_close(&net);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("stale");
    TCase *tc = tcase_create("stale");
    tcase_add_test(tc, a_manager_that_was_restarted_is_found_again);
    tcase_add_test(tc, a_manager_that_does_not_have_the_prefix_any_more_says_so);
    tcase_add_test(tc, all_who_find_it_stale_ask_together);
    tcase_add_test(tc, a_manager_that_handed_its_prefix_over_says_to_whom);
    tcase_add_test(tc, two_managers_that_send_us_to_each_other);
    tcase_add_test(tc, moved_without_a_good_record);
    tcase_add_test(tc, a_silent_manager_ends_what_may_not_be_done_twice);
    tcase_add_test(tc, the_next_one_does_not_go_there);
    tcase_add_loop_test(tc, who_is_gone_is_another, 0, 3);
    tcase_add_test(tc, a_silent_manager_is_looked_for_when_it_may);
    tcase_add_test(tc, a_known_prefix_is_waited_for);
    tcase_add_test(tc, a_known_prefix_is_waited_for_until_the_deadline);
    tcase_add_test(tc, patience_without_a_deadline);
    tcase_add_test(tc, the_deadline_while_the_manager_has_it);
    tcase_add_test(tc, another_replica_takes_over);
    tcase_add_test(tc, no_replica_is_left);
    tcase_add_test(tc, who_answers_for_another_is_asked_what_he_has);
    tcase_add_test(tc, a_helper_without_names_is_asked_once);
    tcase_add_test(tc, no_such_name_is_final);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
