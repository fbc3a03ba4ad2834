/* SPDX-License-Identifier: BSD-2-Clause */
/* Names that are none, limits, cancelling, memory: what a program may do with a resolver. */
#include "support/net.h"

static struct net net;

static void refused(const char *name, size_t length, int code) {
    operation_init(&last, "");
    last.op.name = name;
    last.op.name_length = (uint32_t)length;
    ck_assert_int_eq(vname_operate(net.resolver, &last.op), code);
    ck_assert_int_eq(vname_resolve(net.resolver, &last.op), code);
    ck_assert_int_eq(vname_operate_wait(net.resolver, &last.op), code);
}

/* NAME-2.1-04 NAME-2.1-03 NAME-2.1-01 */
START_TEST(what_is_no_name_is_not_sent) {
    static char name[VNAME_NAME_OCTETS + 1];
    net_open(&net, NULL);
    net_manager(&net, "/a");
    memset(name, 'x', sizeof name);
    memcpy(name, "/a/", 3);
    refused(name, sizeof name, VNAME_TOO_LONG);
    refused("/a/\xc3(", 5, VNAME_INVALID);
    refused("/a\0b", 4, VNAME_INVALID);
    refused("", 0, VNAME_INVALID);
    ck_assert_uint_eq(COUNTERS(&net)->refused, 12);
    vipc_fake_run(net.fake, VMTP_SECOND);
    ck_assert_uint_eq(vipc_fake_stats(net.node)->calls + vipc_fake_stats(net.node)->group_calls, 0);
    ck_assert_uint_eq(last.ended, 0);
    net_close(&net);
}
END_TEST

/* NAME-2.1-01 NAME-6.1-07 */
START_TEST(a_thousand_components) {
    static char name[VNAME_NAME_OCTETS + 1];
    net_open(&net, NULL);
    struct manager *m = net_manager(&net, "/a");
    for (unsigned i = 0; i < VNAME_NAME_OCTETS; i++)
        name[i] = i % 2 ? 'a' : '/';
    ck_assert_int_eq((int)operation_run(&net, name, 0), VNAME_ANSWERED); /* 512, as long as a name may be */
    ck_assert_uint_eq(strlen(m->name), VNAME_NAME_OCTETS);
    memset(name, '/', VNAME_NAME_OCTETS); /* 1024 empty ones belong to nobody */
    ck_assert_int_eq((int)operation_run(&net, name, 0), VNAME_NO_ANSWER);
    memcpy(name, "/a", 2);
    ck_assert_int_eq((int)operation_run(&net, name, 0), VNAME_ANSWERED);
    net_close(&net);
}
END_TEST

/* NAME-2.2-03 NAME-2.2-04: dots are the manager's matter. */
START_TEST(dots_are_not_interpreted) {
    net_open(&net, NULL);
    struct manager *a = net_manager(&net, "/a"), *b = net_manager(&net, "/b");
    ck_assert_int_eq((int)operation_run(&net, "/a/../b/x", 0), VNAME_ANSWERED);
    ck_assert_str_eq(a->name, "/a/../b/x");
    ck_assert_uint_eq(b->operations, 0);
    ck_assert_int_eq((int)operation_run(&net, "/../b", 0), VNAME_NO_ANSWER);
    ck_assert_int_eq((int)operation_run(&net, "//b", 0), VNAME_NO_ANSWER);
    net_close(&net);
}
END_TEST

START_TEST(members_that_contradict_each_other) {
    net_open(&net, NULL);
    operation_init(&last, "/a");
    last.op.area = NULL;
    ck_assert_int_eq(vname_operate(net.resolver, &last.op), VMTP_E_INVALID);
    operation_init(&last, "/a");
    last.op.extra_size = 1;
    ck_assert_int_eq(vname_operate(net.resolver, &last.op), VMTP_E_INVALID);
    last.op.extra = last.area;
    last.op.extra_size = VNAME_EXTRA_OCTETS + 1;
    ck_assert_int_eq(vname_operate(net.resolver, &last.op), VMTP_E_TOO_LARGE);
    operation_init(&last, "/a");
    last.op.flags |= VNAME_TELL_STALE << 1; /* of a later version */
    ck_assert_int_eq(vname_operate(net.resolver, &last.op), VMTP_E_INVALID);
    operation_init(&last, "/a");
    ck_assert_int_eq(vname_operate(net.resolver, &last.op), 0);
    ck_assert_int_eq(vname_operate(net.resolver, &last.op), VMTP_E_INVALID); /* it is under way */
    vname_cancel(&last.op);
    net_close(&net);
}
END_TEST

START_TEST(much_behind_the_name) {
    static uint8_t extra[5000], work[VNAME_NAME_OCTETS + sizeof extra];
    net_open(&net, NULL);
    net_alias(&net, "/b", "/a/longer");
    struct manager *m = net_manager(&net, "/a");
    memset(extra, 'e', sizeof extra);
    operation_init(&last, "/b/x");
    last.op.extra = extra;
    last.op.extra_size = sizeof extra;
    last.op.work = work;
    ck_assert_int_eq(vname_operate_wait(net.resolver, &last.op), 0);
    ck_assert_int_eq((int)last.op.outcome, VNAME_ANSWERED);
    ck_assert_str_eq(m->name, "/a/longer/x");
    ck_assert_uint_eq(m->extra_size, sizeof extra);
    ck_assert_mem_eq(m->extra, extra, sizeof m->extra);
    net_close(&net);
}
END_TEST

static int large_answer(struct manager *m, struct vipc_incoming *in) {
    static uint8_t segment[1500];
    const struct vmtp_message message = {.code = VMTP_OK};
    if (!(in->message.code & VNAME_BY_NAME))
        return 0;
    memset(segment, 'L', sizeof segment);
    vipc_reply(in, &message, segment, *(uint32_t *)m->context, VIPC_REPLY_IDEMPOTENT);
    return 1;
}

START_TEST(an_answer_that_does_not_fit) {
    uint32_t size = 11;
    net_open(&net, NULL);
    struct manager *m = net_manager(&net, "/a");
    m->hook = large_answer;
    m->context = &size;
    operation_init(&last, "/a");
    last.op.capacity = 10;
    ck_assert_int_eq(vname_operate_wait(net.resolver, &last.op), 0);
    ck_assert_int_eq((int)last.op.outcome, VNAME_FAILED);
    ck_assert_int_eq(last.op.result, VMTP_BAD_REPLY_SEGMENT);
    ck_assert_uint_eq(last.op.received, 10);
    ck_assert_mem_eq(last.area, "LLLLLLLLLL\0", 11);
    size = 10;
    ck_assert_int_eq(vname_operate_wait(net.resolver, &last.op), 0);
    ck_assert_int_eq((int)last.op.outcome, VNAME_ANSWERED);
    size = 1500; /* more than the resolver has room for itself */
    ck_assert_int_eq(vname_operate_wait(net.resolver, &last.op), 0);
    ck_assert_int_eq((int)last.op.outcome, VNAME_FAILED);
    ck_assert_uint_eq(last.op.received, 10);
    net_close(&net);
}
END_TEST

START_TEST(cancelled_operations_tell_nothing) {
    struct operation *many = calloc(4, sizeof *many);
    net_open(&net, NULL);
    struct manager *m = net_manager(&net, "/a");
    for (unsigned i = 0; i < 3; i++) {
        operation_init(&many[i], "/a/x");
        vname_operate(net.resolver, &many[i].op);
    }
    vname_cancel(&many[1].op); /* while it asks */
    vname_cancel(&many[1].op);
    vipc_fake_run(net.fake, 150 * VMTP_MICROSECOND * 2 + 50 * VMTP_MICROSECOND);
    vname_cancel(&many[2].op); /* while its manager has it */
    vipc_fake_run(net.fake, VMTP_SECOND);
    ck_assert_uint_eq(many[0].ended, 1);
    ck_assert_uint_eq(many[1].ended + many[2].ended, 0);
    ck_assert_uint_eq(COUNTERS(&net)->cancelled, 2);
    manager_exit(m);
    operation_init(&many[3], "/a/x");
    vname_operate(net.resolver, &many[3].op);
    vipc_fake_run(net.fake, 2100 * MS);
    vname_cancel(&many[3].op); /* while it waits to ask again */
    vipc_fake_run(net.fake, 60 * VMTP_SECOND);
    ck_assert_uint_eq(many[3].ended, 0);
    net_close(&net);
    free(many);
}
END_TEST

/* An operation may begin another, cancel those that wait with it, and itself be used again, when it is told. */
static struct operation chain[3];

static void begin_next(struct vname_operation *op, enum vname_outcome outcome) {
    struct operation *o = op->context;
    ck_assert_int_eq((int)outcome, VNAME_ANSWERED);
    if (++o->ended < 5)
        ck_assert_int_eq(vname_operate(net.resolver, op), 0);
    vname_cancel(&chain[1].op);
}

START_TEST(what_may_be_done_when_told) {
    net_open(&net, NULL);
    struct manager *m = net_manager(&net, "/a");
    for (unsigned i = 0; i < 3; i++) {
        operation_init(&chain[i], "/a/x");
        chain[i].op.done = begin_next;
        vname_resolve(net.resolver, &chain[i].op);
    }
    vipc_fake_run(net.fake, VMTP_SECOND);
    ck_assert_uint_eq(chain[0].ended, 5);
    ck_assert_uint_eq(chain[1].ended, 0);
    ck_assert_uint_eq(chain[2].ended, 5);
    ck_assert_uint_eq(m->operations, 8);
    net_close(&net);
}
END_TEST

/* A resolver is closed in the middle of everything: nothing is told, nothing is left behind. */
START_TEST(closed_in_the_middle) {
    struct operation *many = calloc(3, sizeof *many);
    struct vname_context context = {.place = {.name = "", .length = 0}};
    const struct vname_place place = {.name = "/c", .length = 2};
    net_open(&net, NULL);
    net_manager(&net, "/a");
    vname_context_set(net.resolver, &context, &place);
    operation_init(&many[0], "/a/x");
    operation_init(&many[1], "relative");
    many[1].op.from = &context;
    operation_init(&many[2], "/b/x");
    for (unsigned i = 0; i < 3; i++)
        ck_assert_int_eq(vname_operate(net.resolver, &many[i].op), 0);
    vipc_fake_run(net.fake, 250 * VMTP_MICROSECOND);
    vname_close(net.resolver);
    net.resolver = NULL;
    vipc_fake_run(net.fake, 10 * VMTP_SECOND);
    ck_assert_uint_eq(many[0].ended + many[1].ended + many[2].ended, 0);
    ck_assert_ptr_null(many[1].op.resolver);
    ck_assert_ptr_null(context.resolver);
    net_close(&net);
    free(many);
}
END_TEST

START_TEST(memory_of_the_caller) {
    struct vname_config config = {.prefixes = 4, .queries = 1, .answers = 2};
    vname_resolver *resolver;
    vipc_fake *fake = vipc_fake_create(1);
    vipc *node = vipc_fake_node(fake);
    config.memory_size = vname_footprint(&config);
    ck_assert_uint_gt(config.memory_size, 4000);
    ck_assert_uint_lt(config.memory_size, 40000);
    config.memory = malloc(config.memory_size);
    ck_assert_int_eq(vname_open(&resolver, node, &config), 0);
    ck_assert_ptr_eq(resolver, config.memory);
    vname_close(resolver);
    config.memory_size--;
    ck_assert_int_eq(vname_open(&resolver, node, &config), VMTP_E_MEMORY);
    free(config.memory);
    config = (struct vname_config){.prefixes = 3};
    ck_assert_int_eq(vname_open(&resolver, node, &config), VMTP_E_INVALID);
    config = (struct vname_config){.answers = 13};
    ck_assert_uint_eq(vname_footprint(&config), 0);
    config = (struct vname_config){.flags = 0x80};
    ck_assert_uint_eq(vname_footprint(&config), 0);
    ck_assert_uint_lt(vname_footprint(NULL), 400000);
    vname_close(NULL);
    vipc_fake_destroy(fake);
}
END_TEST

START_TEST(words) {
    for (unsigned i = 0; i < VNAME_STEP_KINDS; i++)
        ck_assert_uint_gt(strlen(vname_step_words((enum vname_step_kind)i)), 3);
    ck_assert_str_eq(vname_step_words(VNAME_STEP_KINDS), "");
    for (unsigned i = 0; i <= VNAME_FAILED; i++)
        ck_assert_uint_gt(strlen(vname_outcome_words((enum vname_outcome)i)), 3);
}
END_TEST

/* The steps of one operation that meets nearly everything, as somebody would see them who asks for a trace. */
START_TEST(every_step_is_told) {
    net_open(&net, NULL);
    net_alias(&net, "/b", "/a");
    struct manager *m = net_manager(&net, "/a");
    operation_run(&net, "/b/x", 0);
    ck_assert_uint_eq(net.steps[VNAME_STEP_BEGIN], 1);
    ck_assert_uint_eq(net.steps[VNAME_STEP_CACHE_MISS], 2);
    ck_assert_uint_eq(net.steps[VNAME_STEP_CACHE_HIT], 2);
    ck_assert_uint_eq(net.steps[VNAME_STEP_MULTICAST], 2);
    ck_assert_uint_eq(net.steps[VNAME_STEP_ANSWER], 2);
    ck_assert_uint_eq(net.steps[VNAME_STEP_ALIAS], 1);
    ck_assert_uint_eq(net.steps[VNAME_STEP_SEND], 1);
    ck_assert_uint_eq(net.steps[VNAME_STEP_RESPONSE], 1);
    ck_assert_uint_eq(net.steps[VNAME_STEP_END], 1);
    manager_exit(m);
    operation_run(&net, "/b/x", 4 * VMTP_SECOND);
    ck_assert_uint_eq(net.steps[VNAME_STEP_STALE], 1);
    ck_assert_uint_ge(net.steps[VNAME_STEP_PATIENCE], 1);
    ck_assert_uint_ge(net.steps[VNAME_STEP_SILENCE], 2);
    ck_assert_uint_eq(net.steps[VNAME_STEP_ASK_DIRECTORY], 1);
    ck_assert_uint_eq(net.steps[VNAME_STEP_END], 2);
    net_close(&net);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("use");
    TCase *tc = tcase_create("use");
    tcase_add_test(tc, what_is_no_name_is_not_sent);
    tcase_add_test(tc, a_thousand_components);
    tcase_add_test(tc, dots_are_not_interpreted);
    tcase_add_test(tc, members_that_contradict_each_other);
    tcase_add_test(tc, much_behind_the_name);
    tcase_add_test(tc, an_answer_that_does_not_fit);
    tcase_add_test(tc, cancelled_operations_tell_nothing);
    tcase_add_test(tc, what_may_be_done_when_told);
    tcase_add_test(tc, closed_in_the_middle);
    tcase_add_test(tc, memory_of_the_caller);
    tcase_add_test(tc, words);
    tcase_add_test(tc, every_step_is_told);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
