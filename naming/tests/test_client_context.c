/* SPDX-License-Identifier: BSD-2-Clause */
/* Contexts and relative names: section 6.2. */
#include "support/net.h"

static struct net net;
static struct manager *m;

static void in_home(void) {
    net_open(&net, NULL);
    m = net_manager(&net, "/home");
    ck_assert_int_eq(vname_change_context(net.resolver, "/home/cheriton", 14, VMTP_NEVER), 0);
}

/* NAME-6.2-01 */
START_TEST(a_context_is_mapped) {
    in_home();
    const struct vname_place *place = &vname_current(net.resolver)->place;
    ck_assert_uint_eq(place->length, 14);
    ck_assert_mem_eq(place->name, "/home/cheriton", 14);
    ck_assert_uint_eq(place->manager, m->service.entity);
    ck_assert_uint_eq(place->context, 1014);
    ck_assert_uint_eq(m->operations, 1);
    net_close(&net);
}
END_TEST

/* NAME-6.2-04 NAME-6.1-02 */
START_TEST(a_relative_name_goes_as_it_is) {
    in_home();
    ck_assert_int_eq((int)operation_run(&net, "../x//./y", 0), VNAME_ANSWERED);
    ck_assert_str_eq(m->name, "../x//./y");
    ck_assert_uint_eq(m->last.words[0], 1014);
    ck_assert_uint_eq(m->last.words[1], 9);
    ck_assert_uint_eq(COUNTERS(&net)->multicasts, 1);
    ck_assert_uint_eq(COUNTERS(&net)->lookups, 2); /* none for the relative name */
    net_close(&net);
}
END_TEST

/* NAME-6.1-06 */
START_TEST(an_empty_name_is_the_context_itself) {
    in_home();
    operation_init(&last, "");
    ck_assert_int_eq(vname_operate(net.resolver, &last.op), VNAME_INVALID);
    last.op.flags = VNAME_EMPTY_NAME;
    ck_assert_int_eq(vname_operate_wait(net.resolver, &last.op), 0);
    ck_assert_int_eq((int)last.op.outcome, VNAME_ANSWERED);
    ck_assert_str_eq(m->name, "");
    ck_assert_uint_eq(m->last.words[0], 1014);
    ck_assert_uint_eq(m->last.words[1], 0);
    net_close(&net);
}
END_TEST

/* NAME-6.2-03 */
START_TEST(a_context_whose_manager_was_restarted_is_mapped_again) {
    in_home();
    manager_restart(m);
    ck_assert_int_eq((int)operation_run(&net, "file", 0), VNAME_ANSWERED);
    ck_assert_str_eq(m->name, "file");
    ck_assert_uint_eq(last.op.answer.server, m->service.entity);
    ck_assert_uint_eq(vname_current(net.resolver)->place.manager, m->service.entity);
    ck_assert_uint_eq(COUNTERS(&net)->contexts_stale, 1);
    ck_assert_uint_eq(COUNTERS(&net)->contexts_mapped, 1);
    net_close(&net);
}
END_TEST

static int stale_once(struct manager *manager, struct vipc_incoming *in) {
    if (!(in->message.code & VNAME_BY_NAME) || in->message.words[1] >> 16)
        return 0;
    manager->hook = NULL;
    manager->operations++;
    manager_answer(in, VNAME_STALE, 0, NULL);
    return 1;
}

/* NAME-6.2-03 */
START_TEST(a_context_that_its_manager_does_not_have_is_mapped_again) {
    in_home();
    m->hook = stale_once;
    ck_assert_int_eq((int)operation_run(&net, "file", 0), VNAME_ANSWERED);
    ck_assert_uint_eq(m->operations, 4); /* map, stale, map, operation */
    ck_assert_uint_eq(COUNTERS(&net)->multicasts, 1);
    net_close(&net);
}
END_TEST

static int always_stale(struct manager *manager, struct vipc_incoming *in) {
    if (!(in->message.code & VNAME_BY_NAME) || in->message.words[1] >> 16)
        return 0;
    manager->operations++;
    manager_answer(in, VNAME_STALE, 0, NULL);
    return 1;
}

/* NAME-6.2-03 NAME-7.1-11 */
START_TEST(a_context_that_is_stale_each_time) {
    in_home();
    m->hook = always_stale;
    ck_assert_int_eq((int)operation_run(&net, "file", 5 * VMTP_SECOND), VNAME_UNREACHABLE);
    ck_assert_uint_le(m->operations, 20);
    net_close(&net);
}
END_TEST

START_TEST(all_who_need_a_context_wait_for_one_mapping) {
    struct operation *many = calloc(10, sizeof *many);
    struct vname_context context = {.place = {.name = "", .length = 0}};
    const struct vname_place place = {.name = "/home/x", .length = 7};
    net_open(&net, NULL);
    m = net_manager(&net, "/home");
    ck_assert_int_eq(vname_context_set(net.resolver, &context, &place), 0);
    for (unsigned i = 0; i < 10; i++) {
        operation_init(&many[i], "file");
        many[i].op.from = &context;
        ck_assert_int_eq(vname_operate(net.resolver, &many[i].op), 0);
    }
    vipc_fake_run(net.fake, VMTP_SECOND);
    for (unsigned i = 0; i < 10; i++)
        ck_assert_int_eq((int)many[i].op.outcome + (many[i].ended != 1), VNAME_ANSWERED);
    ck_assert_uint_eq(m->operations, 11);
    vname_context_clear(&context);
    net_close(&net);
    free(many);
}
END_TEST

static int not_a_context(struct manager *manager, struct vipc_incoming *in) {
    (void)manager;
    if (!(in->message.code & VNAME_BY_NAME))
        return 0;
    manager_answer(in, VNAME_NOT_CONTEXT, 0, NULL);
    return 1;
}

/* NAME-6.2-02, as the client sees it. */
START_TEST(what_is_no_context_does_not_become_the_current_one) {
    in_home();
    m->hook = not_a_context;
    ck_assert_int_eq(vname_change_context(net.resolver, "file", 4, VMTP_NEVER), VNAME_NOT_CONTEXT);
    ck_assert_uint_eq(vname_current(net.resolver)->place.context, 1014);
    ck_assert_int_eq(vname_change_context(net.resolver, "/a\xff", 3, VMTP_NEVER), VNAME_INVALID);
    ck_assert_int_eq(vname_change_context(net.resolver, "/nobody", 7, VMTP_NEVER), VMTP_RETRANS_TIMEOUT);
    net_close(&net);
}
END_TEST

static int odd_answer(struct manager *manager, struct vipc_incoming *in) {
    const struct vmtp_message *odd = manager->context;
    if (!(in->message.code & VNAME_BY_NAME))
        return 0;
    vipc_reply(in, odd, "relative", odd->words[6] ? 0 : 8, VIPC_REPLY_IDEMPOTENT);
    return 1;
}

/* NAME-6.2-01: a manager that is none, a group, and a name that is none. */
START_TEST(a_place_that_is_none) {
    struct vmtp_message odd[3] = {{.words = {0, 0, 5}}, {.words = {0x40000000, 1, 5}}, {.words = {0, 1, 5}}};
    for (unsigned i = 0; i < 3; i++) {
        in_home();
        m->hook = odd_answer;
        m->context = &odd[i];
        ck_assert_int_eq(vname_change_context(net.resolver, "/home/y", 7, VMTP_NEVER), VMTP_BAD_REPLY_SEGMENT);
        /* And when it is needed by an operation: that fails, and nothing goes round. */
        vname_current(net.resolver)->place.manager = 0;
        ck_assert_int_eq((int)operation_run(&net, "file", 0), VNAME_FAILED);
        ck_assert_int_eq(last.op.result, VMTP_BAD_REPLY_SEGMENT);
        net_close(&net);
    }
}
END_TEST

START_TEST(no_context_no_relative_name) {
    net_open(&net, NULL);
    operation_init(&last, "file");
    ck_assert_int_eq(vname_operate(net.resolver, &last.op), VMTP_E_NO_ENTITY);
    ck_assert_int_eq(vname_resolve(net.resolver, &last.op), VMTP_E_NO_ENTITY);
    net_close(&net);
}
END_TEST

/* NAME-7.1-08: why the context cannot be mapped is why the operation cannot be done. */
START_TEST(the_context_is_unreachable) {
    in_home();
    manager_exit(m);
    ck_assert_int_eq((int)operation_run(&net, "file", 4 * VMTP_SECOND), VNAME_UNREACHABLE);
    manager_restart(m);
    ck_assert_int_eq((int)operation_run(&net, "file", 0), VNAME_ANSWERED);
    net_close(&net);
}
END_TEST

static void come_back(struct vipc_timer *timer) { manager_restart(timer->context); }

/* NAME-7.1-06: the patience is that of the operation, not that of the mapping. */
START_TEST(a_context_is_waited_for_until_the_deadline) {
    struct vipc_timer timer = {.fire = come_back};
    in_home();
    manager_exit(m);
    timer.context = m;
    vipc_timer_set(net.node, &timer, vipc_now(net.node) + 40 * VMTP_SECOND);
    vname_cache_drop(net.resolver, NULL, 0);
    ck_assert_int_eq((int)operation_run(&net, "file", 60 * VMTP_SECOND), VNAME_ANSWERED);
    net_close(&net);
}
END_TEST

START_TEST(a_context_changes_while_somebody_waits_for_it) {
    const struct vname_place place = {.name = "/home/z", .length = 7};
    in_home();
    manager_exit(m);
    vname_current(net.resolver)->place.manager = 0;
    operation_init(&last, "file");
    ck_assert_int_eq(vname_operate(net.resolver, &last.op), 0);
    vipc_fake_run(net.fake, 100 * MS);
    manager_restart(m);
    ck_assert_int_eq(vname_context_set(net.resolver, vname_current(net.resolver), &place), 0);
    vipc_fake_run(net.fake, 5 * VMTP_SECOND);
    ck_assert_uint_eq(last.ended, 1);
    ck_assert_int_eq((int)last.op.outcome, VNAME_ANSWERED);
    ck_assert_uint_eq(m->last.words[0], 1007);
    net_close(&net);
}
END_TEST

START_TEST(a_context_ends_while_somebody_waits_for_it) {
    struct vname_context context = {.place = {.name = "", .length = 0}};
    const struct vname_place place = {.name = "/nobody", .length = 7}, bad = {.name = "x", .length = 1};
    net_open(&net, NULL);
    ck_assert_int_eq(vname_context_set(net.resolver, &context, &bad), VMTP_E_INVALID);
    ck_assert_int_eq(vname_context_set(net.resolver, &context, &place), 0);
    operation_init(&last, "file");
    last.op.from = &context;
    ck_assert_int_eq(vname_operate(net.resolver, &last.op), 0);
    vname_context_clear(&context);
    vipc_fake_run(net.fake, MS);
    ck_assert_uint_eq(last.ended, 1);
    ck_assert_int_eq((int)last.op.outcome, VNAME_FAILED);
    ck_assert_int_eq(last.op.result, VMTP_E_NO_ENTITY);
    net_close(&net);
}
END_TEST

static int answer_alias(struct manager *manager, struct vipc_incoming *in) {
    const struct vmtp_message message = {.code = VNAME_ALIAS};
    if (!(in->message.code & VNAME_BY_NAME))
        return 0;
    manager->hook = NULL;
    vipc_reply(in, &message, "/home/elsewhere", 15, VIPC_REPLY_IDEMPOTENT);
    return 1;
}

/* NAME-6.4-02: a relative name may stand for an absolute one. */
START_TEST(a_relative_alias) {
    in_home();
    m->hook = answer_alias;
    ck_assert_int_eq((int)operation_run(&net, "link", 0), VNAME_ANSWERED);
    ck_assert_str_eq(m->name, "/home/elsewhere");
    ck_assert_uint_eq(m->last.words[1], 5u << 16 | 15);
    net_close(&net);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("contexts");
    TCase *tc = tcase_create("contexts");
    tcase_add_test(tc, a_context_is_mapped);
    tcase_add_test(tc, a_relative_name_goes_as_it_is);
    tcase_add_test(tc, an_empty_name_is_the_context_itself);
    tcase_add_test(tc, a_context_whose_manager_was_restarted_is_mapped_again);
    tcase_add_test(tc, a_context_that_its_manager_does_not_have_is_mapped_again);
    tcase_add_test(tc, a_context_that_is_stale_each_time);
    tcase_add_test(tc, all_who_need_a_context_wait_for_one_mapping);
    tcase_add_test(tc, what_is_no_context_does_not_become_the_current_one);
    tcase_add_test(tc, a_place_that_is_none);
    tcase_add_test(tc, no_context_no_relative_name);
    tcase_add_test(tc, the_context_is_unreachable);
    tcase_add_test(tc, a_context_is_waited_for_until_the_deadline);
    tcase_add_test(tc, a_context_changes_while_somebody_waits_for_it);
    tcase_add_test(tc, a_context_ends_while_somebody_waits_for_it);
    tcase_add_test(tc, a_relative_alias);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
