/* SPDX-License-Identifier: BSD-2-Clause */
/* Names that stand for others: section 6.4. */
#include "support/net.h"

static struct net net;

/* NAME-6.4-01 */
START_TEST(an_alias_leads_on) {
    net_open(&net, NULL);
    struct manager *alias = net_alias(&net, "/bin", "/storage/sun3/bin"), *m = net_manager(&net, "/storage");
    ck_assert_int_eq((int)operation_run(&net, "/bin/ls", 0), VNAME_ANSWERED);
    ck_assert_str_eq(m->name, "/storage/sun3/bin/ls");
    ck_assert_uint_eq(m->last.words[1], 8u << 16 | 20);
    ck_assert_uint_eq(alias->operations, 0);
    ck_assert_uint_eq(last.op.aliases, 1);
    ck_assert_uint_eq(last.op.full_length, 20);
    ck_assert_mem_eq(last.op.full, "/storage/sun3/bin/ls", 20);
    ck_assert_int_eq((int)operation_run(&net, "/bin", 0), VNAME_ANSWERED);
    ck_assert_str_eq(m->name, "/storage/sun3/bin");
    ck_assert_uint_eq(COUNTERS(&net)->multicasts, 2);
    net_close(&net);
}
END_TEST

/* NAME-6.4-01: what the operation has behind the name goes with it. */
START_TEST(the_segment_follows_a_name_that_grows) {
    net_open(&net, NULL);
    net_alias(&net, "/b", "/storage/a-long-name-instead-of-a-short-one");
    struct manager *m = net_manager(&net, "/storage");
    operation_init(&last, "/b");
    last.op.extra = "behind the name";
    last.op.extra_size = 15;
    ck_assert_int_eq(vname_operate_wait(net.resolver, &last.op), 0);
    ck_assert_uint_eq(m->extra_size, 15);
    ck_assert_mem_eq(m->extra, "behind the name", 15);
    net_close(&net);
}
END_TEST

static int answer_alias(struct manager *m, struct vipc_incoming *in) {
    const struct vmtp_message message = {.code = VNAME_ALIAS};
    if (!(in->message.code & VNAME_BY_NAME))
        return 0;
    m->operations++;
    vipc_reply(in, &message, m->context, (uint32_t)strlen(m->context), VIPC_REPLY_IDEMPOTENT);
    return 1;
}

/* NAME-6.4-02, as the client sees it. */
START_TEST(a_manager_says_that_a_name_stands_for_another) {
    net_open(&net, NULL);
    struct manager *a = net_manager(&net, "/a"), *b = net_manager(&net, "/b");
    a->hook = answer_alias;
    a->context = "/b/there/x";
    operation_init(&last, "/a/here/x");
    last.op.capacity = 0; /* the name needs no room of the caller's */
    ck_assert_int_eq(vname_operate_wait(net.resolver, &last.op), 0);
    ck_assert_str_eq(b->name, "/b/there/x");
    ck_assert_uint_eq(last.op.aliases, 1);
    ck_assert_uint_eq(a->operations, 1);
    net_close(&net);
}
END_TEST

/* NAME-6.4-03 */
START_TEST(aliases_that_lead_to_each_other) {
    net_open(&net, NULL);
    net_alias(&net, "/a", "/b");
    net_alias(&net, "/b", "/a");
    ck_assert_int_eq((int)operation_run(&net, "/a/x", 0), VNAME_ANSWERED);
    ck_assert_uint_eq(CODE(&last), VNAME_LOOP);
    ck_assert_uint_eq(last.op.answer.server, 0);
    ck_assert_uint_eq(last.op.aliases, 8);
    ck_assert_uint_eq(COUNTERS(&net)->loops, 1);
    /* Now both are cached, and it ends without a packet, but not before vname_operate has returned. */
    operation_init(&last, "/a/x");
    ck_assert_int_eq(vname_operate(net.resolver, &last.op), 0);
    ck_assert_uint_eq(last.ended, 0);
    vipc_fake_run(net.fake, MS);
    ck_assert_uint_eq(last.ended, 1);
    ck_assert_uint_eq(CODE(&last), VNAME_LOOP);
    net_close(&net);
}
END_TEST

/* NAME-6.4-03: of both kinds together. */
START_TEST(a_manager_and_an_alias_that_lead_to_each_other) {
    net_open(&net, NULL);
    net_alias(&net, "/a", "/b");
    struct manager *b = net_manager(&net, "/b");
    b->hook = answer_alias;
    b->context = "/a/x";
    ck_assert_int_eq((int)operation_run(&net, "/a/x", 0), VNAME_ANSWERED);
    ck_assert_uint_eq(CODE(&last), VNAME_LOOP);
    ck_assert_uint_eq(b->operations, 4);
    net_close(&net);
}
END_TEST

/* NAME-6.4-03 */
START_TEST(eight_aliases_are_followed_and_no_more) {
    static const char *const prefixes[] = {"/9", "/8", "/7", "/6", "/5", "/4", "/3", "/2", "/1", "/0"};
    net_open(&net, NULL);
    for (unsigned i = 0; i < 9; i++)
        net_alias(&net, prefixes[i], prefixes[i + 1]);
    struct manager *end = net_manager(&net, "/0");
    ck_assert_int_eq((int)operation_run(&net, "/8/x", 0), VNAME_ANSWERED);
    ck_assert_uint_eq(CODE(&last), VMTP_OK);
    ck_assert_uint_eq(last.op.aliases, 8);
    ck_assert_str_eq(end->name, "/0/x");
    ck_assert_int_eq((int)operation_run(&net, "/9/x", 0), VNAME_ANSWERED);
    ck_assert_uint_eq(CODE(&last), VNAME_LOOP);
    net_close(&net);
}
END_TEST

/* NAME-6.4-04 NAME-2.1-03 */
START_TEST(an_alias_makes_the_name_too_long) {
    char target[601] = "/", name[501] = "/a/";
    memset(target + 1, 't', 599);
    memset(name + 3, 'n', 497);
    net_open(&net, NULL);
    net_alias(&net, "/a", target);
    ck_assert_int_eq((int)operation_run(&net, name, 0), VNAME_ANSWERED);
    ck_assert_uint_eq(CODE(&last), VNAME_TOO_LONG);
    ck_assert_uint_eq(COUNTERS(&net)->too_long, 1);
    net_close(&net);
}
END_TEST

/* NAME-6.4-02: what is no absolute name is not followed. */
START_TEST(an_alias_that_is_no_name) {
    static char *const bad[] = {"relative", "", "/a\xff"};
    for (unsigned i = 0; i < 3; i++) {
        net_open(&net, NULL);
        struct manager *a = net_manager(&net, "/a");
        a->hook = answer_alias;
        a->context = bad[i];
        ck_assert_int_eq((int)operation_run(&net, "/a/x", 0), VNAME_ANSWERED);
        ck_assert_uint_eq(CODE(&last), VNAME_ALIAS);
        ck_assert_uint_eq(COUNTERS(&net)->aliases_bad, 1);
        net_close(&net);
    }
}
END_TEST

/* NAME-7.1-09 */
START_TEST(an_alias_is_looked_at_again_after_a_minute) {
    net_open(&net, NULL);
    struct manager *alias = net_alias(&net, "/bin", "/a"), *a = net_manager(&net, "/a"), *b = net_manager(&net, "/b");
    operation_run(&net, "/bin/ls", 0);
    vipc_fake_run(net.fake, 59 * VMTP_SECOND);
    operation_run(&net, "/bin/ls", 0);
    ck_assert_uint_eq(a->operations, 2);
    ck_assert_uint_eq(alias->lone_queries, 0);
    alias->record.target = "/b";
    vipc_fake_run(net.fake, 2 * VMTP_SECOND);
    operation_run(&net, "/bin/ls", 0);
    ck_assert_uint_eq(alias->lone_queries, 1);
    ck_assert_uint_eq(b->operations, 1);
    operation_run(&net, "/bin/ls", 0);
    ck_assert_uint_eq(alias->lone_queries, 1); /* for a minute again */
    net_close(&net);
}
END_TEST

/* NAME-7.1-09 */
START_TEST(an_alias_that_is_gone_after_a_minute) {
    net_open(&net, NULL);
    struct manager *alias = net_alias(&net, "/bin", "/a"), *a = net_manager(&net, "/a");
    operation_run(&net, "/bin/ls", 0);
    vipc_fake_run(net.fake, 61 * VMTP_SECOND);
    alias->record.prefix_length = 0; /* its manager lives and has other things to do */
    struct manager *bin = net_manager(&net, "/bin");
    ck_assert_int_eq((int)operation_run(&net, "/bin/ls", 0), VNAME_ANSWERED);
    ck_assert_uint_eq(bin->operations, 1);
    ck_assert_uint_eq(a->operations, 1);
    net_close(&net);
}
END_TEST

/* A manager that has lost the alias but holds a prefix above it says only the latter. */
START_TEST(an_alias_below_a_prefix_of_the_same_manager) {
    net_open(&net, NULL);
    struct manager *alias = net_alias(&net, "/a/bin", "/b"), *b = net_manager(&net, "/b");
    operation_run(&net, "/a/bin/ls", 0);
    ck_assert_uint_eq(b->operations, 1);
    vipc_fake_run(net.fake, 61 * VMTP_SECOND);
    alias->record.prefix_length = 2;
    alias->record.flags = 0;
    alias->record.target_length = 0;
    ck_assert_int_eq((int)operation_run(&net, "/a/bin/ls", 0), VNAME_ANSWERED);
    ck_assert_str_eq(alias->name, "/a/bin/ls");
    ck_assert_uint_eq(b->operations, 1);
    net_close(&net);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("aliases");
    TCase *tc = tcase_create("aliases");
    tcase_add_test(tc, an_alias_leads_on);
    tcase_add_test(tc, the_segment_follows_a_name_that_grows);
    tcase_add_test(tc, a_manager_says_that_a_name_stands_for_another);
    tcase_add_test(tc, aliases_that_lead_to_each_other);
    tcase_add_test(tc, a_manager_and_an_alias_that_lead_to_each_other);
    tcase_add_test(tc, eight_aliases_are_followed_and_no_more);
    tcase_add_test(tc, an_alias_makes_the_name_too_long);
    tcase_add_test(tc, an_alias_that_is_no_name);
    tcase_add_test(tc, an_alias_is_looked_at_again_after_a_minute);
    tcase_add_test(tc, an_alias_that_is_gone_after_a_minute);
    tcase_add_test(tc, an_alias_below_a_prefix_of_the_same_manager);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
