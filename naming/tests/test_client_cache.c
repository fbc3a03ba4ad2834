/* SPDX-License-Identifier: BSD-2-Clause */
/* What is remembered, how much of it, and what children get of it: sections 7.1 and 7.2. */
#define _POSIX_C_SOURCE 200809L /* setenv */

#include <stdio.h>

#include "support/net.h"

static struct net net;

static void put(const char *prefix, vmtp_entity manager, const char *target) {
    const struct vname_record record = {.flags = target ? VNAME_ALIAS_RECORD : 0,
                                        .prefix = prefix,
                                        .prefix_length = (uint16_t)strlen(prefix),
                                        .target = target,
                                        .target_length = (uint16_t)(target ? strlen(target) : 0),
                                        .generation = 1,
                                        .manager = manager};
    ck_assert_int_eq(vname_cache_put(net.resolver, &record), 0);
}

static vmtp_entity look(const char *name) {
    struct vname_record record;
    return vname_cached(net.resolver, name, strlen(name), &record) ? record.manager : 0;
}

/* NAME-7.1-01 NAME-2.2-01 */
START_TEST(the_longest_prefix_that_matches) {
    net_open(&net, NULL);
    put("/a", 1, NULL);
    put("/a/b", 2, NULL);
    put("/a/b/c/d", 3, NULL);
    put("/ab", 4, NULL);
    ck_assert_uint_eq(look("/a"), 1);
    ck_assert_uint_eq(look("/a/"), 1);
    ck_assert_uint_eq(look("/a/bc"), 1);
    ck_assert_uint_eq(look("/a//b"), 1);
    ck_assert_uint_eq(look("/a/b"), 2);
    ck_assert_uint_eq(look("/a/b/c"), 2);
    ck_assert_uint_eq(look("/a/b/c/d/e"), 3);
    ck_assert_uint_eq(look("/ab/c"), 4);
    ck_assert_uint_eq(look("/abc"), 0);
    ck_assert_uint_eq(look("/"), 0);
    ck_assert_uint_eq(look(""), 0);
    ck_assert_uint_eq(look("a"), 0);
    put("/a/b", 5, NULL);
    ck_assert_uint_eq(look("/a/b"), 5);
    vname_cache_drop(net.resolver, "/a/b", 4);
    ck_assert_uint_eq(look("/a/b"), 1);
    ck_assert_uint_eq(vname_cache_list(net.resolver, NULL, 0), 3);
    vname_cache_drop(net.resolver, NULL, 0);
    ck_assert_uint_eq(vname_cache_list(net.resolver, NULL, 0), 0);
    net_close(&net);
}
END_TEST

/* NAME-7.1-01: prefixes as long, and with as many components, as they may have. */
START_TEST(the_largest_prefixes) {
    char longest[VNAME_PREFIX_OCTETS + 3];
    net_open(&net, NULL);
    memset(longest, 'x', sizeof longest);
    longest[0] = longest[VNAME_PREFIX_OCTETS] = '/';
    longest[VNAME_PREFIX_OCTETS] = '\0';
    put(longest, 1, NULL);
    put("/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16", 2, NULL);
    ck_assert_uint_eq(look(longest), 1);
    longest[VNAME_PREFIX_OCTETS] = '/';
    longest[VNAME_PREFIX_OCTETS + 2] = '\0';
    ck_assert_uint_eq(look(longest), 1);
    longest[VNAME_PREFIX_OCTETS] = 'x';
    ck_assert_uint_eq(look(longest), 0);
    ck_assert_uint_eq(look("/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17/18"), 2);
    net_close(&net);
}
END_TEST

/* NAME-7.1-02 */
START_TEST(what_was_not_used_for_the_longest_time_makes_room) {
    const struct vname_config config = {.prefixes = 4};
    net_open(&net, &config);
    struct manager *m = net_manager(&net, "/1");
    operation_run(&net, "/1/x", 0);
    put("/2", 2, NULL);
    put("/3", 3, NULL);
    put("/4", 4, NULL);
    operation_run(&net, "/1/x", 0); /* used */
    put("/5", 5, NULL);
    ck_assert_uint_eq(look("/2"), 0);
    ck_assert_uint_eq(look("/1"), m->service.entity);
    ck_assert_uint_eq(vname_cache_list(net.resolver, NULL, 0), 4);
    ck_assert_uint_eq(COUNTERS(&net)->evicted, 1);
    net_close(&net);
}
END_TEST

/* NAME-7.1-02: also of the places for targets. */
START_TEST(aliases_have_fewer_places) {
    const struct vname_config config = {.prefixes = 8, .aliases = 2};
    net_open(&net, &config);
    put("/1", 1, "/x");
    put("/2", 2, NULL);
    put("/3", 3, "/y");
    put("/4", 4, "/z");
    ck_assert_uint_eq(look("/1"), 0);
    ck_assert_uint_eq(look("/2"), 2);
    ck_assert_uint_eq(look("/3"), 3);
    put("/3", 3, NULL); /* is none any more: its place is free */
    put("/5", 5, "/w");
    ck_assert_uint_eq(look("/4"), 4);
    ck_assert_uint_eq(look("/5"), 5);
    net_close(&net);
}
END_TEST

/* A model: a list with the same rule.  NAME-7.1-01 NAME-7.1-02 */
START_TEST(much_coming_and_going) {
    enum { SIZE = 32, PREFIXES = 200 };
    const struct vname_config config = {.prefixes = SIZE};
    static char prefixes[PREFIXES][32];
    unsigned order[PREFIXES], count = 0;
    uint32_t seed = 1;
    net_open(&net, &config);
    for (unsigned i = 0; i < PREFIXES; i++)
        snprintf(prefixes[i], sizeof prefixes[i], "/p%u/q%u", i % 7, i);
    for (unsigned round = 0; round < 20000; round++) {
        seed = seed * 1664525u + 1013904223u;
        const unsigned i = (seed >> 8) % PREFIXES;
        unsigned at = 0;
        while (at < count && order[at] != i)
            at++;
        ck_assert_uint_eq(look(prefixes[i]), at < count ? i + 1 : 0);
        if (at == count && count < SIZE)
            count++;
        else if (at == count)
            at--;
        memmove(order + 1, order, at * sizeof *order);
        order[0] = i;
        put(prefixes[i], i + 1, NULL);
    }
    ck_assert_uint_eq(vname_cache_list(net.resolver, NULL, 0), SIZE);
    net_close(&net);
}
END_TEST

START_TEST(what_is_not_good_is_not_cached) {
    struct vname_record record = {
        .prefix = "/a", .prefix_length = 2, .generation = 1, .manager = 1, .flags = VNAME_CLAIMING};
    net_open(&net, NULL);
    ck_assert_int_eq(vname_cache_put(net.resolver, &record), VMTP_E_INVALID);
    record.flags = VNAME_RELEASED;
    ck_assert_int_eq(vname_cache_put(net.resolver, &record), VMTP_E_INVALID);
    record.flags = 0;
    record.manager = 0;
    ck_assert_int_eq(vname_cache_put(net.resolver, &record), VMTP_E_INVALID);
    net_close(&net);
}
END_TEST

/* NAME-7.2-01 NAME-7.2-05 */
START_TEST(a_child_need_not_ask) {
    static char names[VNAME_TEXT_OCTETS + 1], context[VNAME_CONTEXT_OCTETS];
    vname_resolver *child;
    net_open(&net, NULL);
    struct manager *m = net_manager(&net, "/a");
    net_alias(&net, "/alias", "/a");
    operation_run(&net, "/alias/x", 0);
    ck_assert_uint_eq(vname_context_text(net.resolver, context, sizeof context), 0);
    ck_assert_int_eq(vname_change_context(net.resolver, "/a/home", 7, VMTP_NEVER), 0);
    ck_assert_uint_gt(vname_names_text(net.resolver, names, sizeof names), 0);
    ck_assert_uint_gt(vname_context_text(net.resolver, context, sizeof context), 0);

    ck_assert_int_eq(vname_open(&child, net.node, NULL), 0);
    ck_assert_uint_eq(vname_inherit(child, names, context), 2);
    operation_init(&last, "/a/y");
    ck_assert_int_eq(vname_operate_wait(child, &last.op), 0);
    ck_assert_int_eq((int)last.op.outcome, VNAME_ANSWERED);
    operation_init(&last, "relative");
    ck_assert_int_eq(vname_operate_wait(child, &last.op), 0);
    ck_assert_uint_eq(m->last.words[0], 1007);
    ck_assert_uint_eq(vname_counters_of(child)->multicasts, 0);
    ck_assert_uint_eq(vname_counters_of(child)->inherited, 2);
    /* NAME-7.1-09: of an alias its manager is asked, once. */
    for (unsigned i = 0; i < 2; i++) {
        operation_init(&last, "/alias/z");
        ck_assert_int_eq(vname_operate_wait(child, &last.op), 0);
        ck_assert_int_eq((int)last.op.outcome, VNAME_ANSWERED);
        ck_assert_uint_eq(vname_counters_of(child)->lone_queries, 1);
        ck_assert_uint_eq(vname_counters_of(child)->multicasts, 0);
    }

    operation_init(&last, "relative");
    manager_restart(m); /* what was handed down is found stale like anything else */
    ck_assert_int_eq(vname_operate_wait(child, &last.op), 0);
    ck_assert_int_eq((int)last.op.outcome, VNAME_ANSWERED);
    ck_assert_uint_eq(vname_counters_of(child)->multicasts, 1);
    vname_close(child);
    net_close(&net);
}
END_TEST

/* NAME-7.2-01: most recently used first. */
START_TEST(children_get_what_was_used_last) {
    static char names[VNAME_TEXT_OCTETS + 1], prefix[32];
    struct vname_text reader;
    struct vname_record record;
    net_open(&net, NULL);
    for (unsigned i = 0; i < 100; i++) {
        snprintf(prefix, sizeof prefix, "/p%u", i);
        put(prefix, i + 1, NULL);
    }
    vname_names_text(net.resolver, names, sizeof names);
    vname_text_begin(&reader, names);
    for (unsigned i = 100; i > 36; i--) {
        ck_assert_int_eq(vname_text_next(&reader, &record), 1);
        ck_assert_uint_eq(record.manager, i);
    }
    ck_assert_int_eq(vname_text_next(&reader, &record), 0);
    net_close(&net);
}
END_TEST

/* NAME-7.1-09: an alias that was changed while its parent slept. */
START_TEST(an_alias_that_was_handed_down_is_old) {
    static char names[VNAME_TEXT_OCTETS + 1];
    vname_resolver *child;
    net_open(&net, NULL);
    struct manager *m = net_manager(&net, "/a"), *n = net_manager(&net, "/b");
    struct manager *alias = net_alias(&net, "/alias", "/a");
    operation_run(&net, "/alias/x", 0);
    vname_names_text(net.resolver, names, sizeof names);
    alias->record.target = "/b";
    ck_assert_int_eq(vname_open(&child, net.node, NULL), 0);
    ck_assert_uint_eq(vname_inherit(child, names, NULL), 2);
    operation_init(&last, "/alias/x");
    ck_assert_int_eq(vname_operate_wait(child, &last.op), 0);
    ck_assert_uint_eq(m->operations, 1);
    ck_assert_uint_eq(n->operations, 1);
    vname_close(child);
    net_close(&net);
}
END_TEST

/* NAME-7.2-01: in the parent's order, and nothing makes room for it. */
START_TEST(what_is_inherited_keeps_its_order) {
    static struct vname_record records[64];
    static char names[VNAME_TEXT_OCTETS + 1];
    net_open(&net, NULL);
    put("/own", 77, NULL);
    strcpy(names, "1");
    for (unsigned i = 0; i < 40; i++) /* of aliases there are 16 places */
        sprintf(names + strlen(names), ";/p%u=%x,0,1%s", i, i + 1, i % 2 ? "" : "=/t");
    ck_assert_uint_eq(vname_inherit(net.resolver, names, NULL), 40);
    ck_assert_uint_eq(vname_cache_list(net.resolver, records, 64), 1 + 20 + 16);
    ck_assert_uint_eq(records[0].manager, 77);
    for (unsigned i = 1; i < 32; i++)
        ck_assert_uint_eq(records[i].manager, i);
    net_close(&net);
}
END_TEST

/* NAME-7.2-01 NAME-7.2-04 */
START_TEST(what_the_environment_says) {
    net_open(&net, NULL);
    setenv("V_NAMES", "1;/a=11,2,3;nonsense;/b=12,2,3", 1);
    setenv("V_CONTEXT", "/a/home=11,7", 1);
    ck_assert_uint_eq(vname_inherit_environment(net.resolver), 2);
    ck_assert_uint_eq(look("/b/x"), 0x12);
    ck_assert_uint_eq(vname_current(net.resolver)->place.context, 7);
    ck_assert_uint_eq(COUNTERS(&net)->inherited_bad, 1);
    unsetenv("V_NAMES");
    unsetenv("V_CONTEXT");
    ck_assert_uint_eq(vname_inherit_environment(net.resolver), 0);
    net_close(&net);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("cache");
    TCase *tc = tcase_create("cache");
    tcase_add_test(tc, the_longest_prefix_that_matches);
    tcase_add_test(tc, the_largest_prefixes);
    tcase_add_test(tc, what_was_not_used_for_the_longest_time_makes_room);
    tcase_add_test(tc, aliases_have_fewer_places);
    tcase_add_test(tc, much_coming_and_going);
    tcase_add_test(tc, what_is_not_good_is_not_cached);
    tcase_add_test(tc, a_child_need_not_ask);
    tcase_add_test(tc, an_alias_that_was_handed_down_is_old);
    tcase_add_test(tc, what_is_inherited_keeps_its_order);
    tcase_add_test(tc, children_get_what_was_used_last);
    tcase_add_test(tc, what_the_environment_says);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
