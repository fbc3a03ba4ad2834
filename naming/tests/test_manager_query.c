/* SPDX-License-Identifier: BSD-2-Clause */
/* QueryName and ListNames at managers (sections 5.1, 8.7). */
#include "support/manage.h"

static struct program a, b;
static struct stranger s;

static const struct said *query_all(const char *name) {
    return ask_group(&s, VNAME_HANDLERS, VNAME_QUERY, 0, name, (uint32_t)strlen(name));
}

/* NAME-5.1-01 NAME-2.2-01 NAME-2.2-02 */
START_TEST(whose_name_it_is) {
    stranger_open(&s);
    program_open(&a);
    program_open(&b);
    hold(&a, "/a");
    hold(&a, "/a/b");
    hold(&b, "/c");
    const struct said *said = query_all("/a/x");
    ck_assert_uint_eq(said->answers, 1);
    ck_assert_uint_eq(said->code, VMTP_OK);
    ck_assert_uint_eq(said->from, a.entity);
    ck_assert_uint_eq(said->words[0], 2);
    ck_assert_int_eq(said->records, 1);
    ck_assert_uint_eq(said->record.manager, a.entity);
    ck_assert_uint_eq(said->record.context, 5);
    ck_assert_uint_eq(said->record.flags, 0);
    ck_assert_uint_eq(query_all("/a/b/c/d")->words[0], 4);
    ck_assert_uint_eq(query_all("/a/b")->words[0], 4);
    ck_assert_uint_eq(query_all("/a/bc")->words[0], 2);
    ck_assert_uint_eq(query_all("/c/x")->from, b.entity);
    /* NAME-2.2-03 NAME-2.1-02 */
    ck_assert_uint_eq(query_all("/a//b")->words[0], 2);
    ck_assert_uint_eq(query_all("/a/./b/c")->words[0], 2);
    ck_assert_uint_eq(query_all("/c/../a/b")->from, b.entity);
    ck_assert_uint_eq(query_all("/A")->answers, 0);
    program_close(&a);
    program_close(&b);
}
END_TEST

/* NAME-5.1-02 NAME-5.1-03 NAME-4-03 NAME-3.1-02 */
START_TEST(what_is_not_ours) {
    stranger_open(&s);
    program_open(&a);
    hold(&a, "/a");
    struct vname_record r = record_of("/a/b", s.entity, 3);
    stranger_announces(&s, VNAME_HANDLERS, VNAME_REASON_HELD, &r, 1);
    ck_assert_uint_eq(query_all("/x")->answers, 0);
    ck_assert_uint_eq(query_all("/a/b/c")->answers, 0);
    ck_assert_uint_eq(query_all("relative")->answers, 0);
    ck_assert_uint_eq(query_all("/a/c")->answers, 1);
    ck_assert_uint_eq(COUNTER(&a, queries_silent), 2);
    ck_assert_uint_eq(ask_name(&s, a.entity, VNAME_QUERY, "/x")->code, VNAME_STALE);
    const struct said *said = ask_name(&s, a.entity, VNAME_QUERY, "/a/b/c");
    ck_assert_uint_eq(said->code, VMTP_OK);
    ck_assert_uint_eq(said->words[0], 4);
    ck_assert_uint_eq(said->record.manager, s.entity);
    ck_assert_uint_eq(said->record.generation, 3);
    ck_assert_uint_eq(said->record.flags, VNAME_SECOND_HAND);
    program_close(&a);
}
END_TEST

/* NAME-2.1-01 NAME-2.1-03 NAME-4-02 */
START_TEST(what_is_no_name) {
    stranger_open(&s);
    program_open(&a);
    hold(&a, "/a");
    static char longest[1026];
    memset(longest, 'x', 1025);
    memcpy(longest, "/a/", 3);
    ck_assert_uint_eq(ask_name(&s, a.entity, VNAME_QUERY, longest)->code, VNAME_TOO_LONG);
    longest[1024] = 0;
    ck_assert_uint_eq(ask_name(&s, a.entity, VNAME_QUERY, longest)->code, VMTP_OK);
    ck_assert_uint_eq(ask(&s, a.entity, VNAME_QUERY, 0, "/a/\0x", 5)->code, VNAME_INVALID);
    ck_assert_uint_eq(ask_name(&s, a.entity, VNAME_QUERY, "/a/\xc0\x80")->code, VNAME_INVALID);
    ck_assert_uint_eq(ask_name(&s, a.entity, VNAME_QUERY, "a/b")->code, VNAME_INVALID);
    ck_assert_uint_eq(ask(&s, a.entity, VNAME_QUERY, 0, NULL, 0)->code, VNAME_INVALID);
    /* A thousand components are no trouble. */
    for (unsigned i = 2; i < 1024; i += 2)
        memcpy(longest + i, "/.", 2);
    ck_assert_uint_eq(ask_name(&s, a.entity, VNAME_QUERY, longest)->words[0], 2);
    ck_assert_uint_eq(COUNTER(&a, bad_requests), 5);
    program_close(&a);
}
END_TEST

/* NAME-5.1-05 NAME-5.1-07 */
START_TEST(for_a_minute_after_it_has_yielded) {
    stranger_open(&s);
    program_open(&a);
    hold(&a, "/a");
    struct vname_record r = record_of("/a", s.entity, 50);
    ck_assert_uint_eq(ask_record(&s, a.entity, VNAME_MEET, 0, &r)->code, VMTP_OK);
    const vmtp_time yielded = vipc_now(a.node);
    ck_assert_uint_eq(query_all("/a/x")->answers, 0);
    for (unsigned i = 0; i < 5; i++) {
        const struct said *said = ask_name(&s, a.entity, VNAME_QUERY, "/a/x");
        ck_assert_uint_eq(said->code, VNAME_MOVED);
        ck_assert_uint_eq(said->record.manager, s.entity);
        ck_assert_uint_eq(said->record.generation, 50);
        ck_assert_uint_eq(said->record.flags, VNAME_SECOND_HAND);
        manage_run(11 * SECONDS);
    }
    manage_run(yielded + 60 * SECONDS - vipc_now(a.node));
    ck_assert_uint_eq(ask_name(&s, a.entity, VNAME_QUERY, "/a/x")->code, VNAME_STALE);
    ck_assert_uint_eq(COUNTER(&a, queries_moved), 5);
    program_close(&a);
}
END_TEST

/* NAME-5.1-06 */
START_TEST(each_replica_answers) {
    stranger_open(&s);
    const vmtp_entity group = 0x4000000000005678u;
    program_config(&a);
    program_config(&b);
    a.config.group = b.config.group = group;
    program_open(&a);
    program_open(&b);
    hold(&a, "/r");
    hold(&b, "/r");
    ck_assert_uint_eq(query_all("/r/x")->answers, 2);
    const struct said *said = ask_group(&s, group, VNAME_QUERY, 0, "/r/x", 4);
    ck_assert_uint_eq(said->answers, 2);
    ck_assert_uint_eq(said->record.group, group);
    ck_assert_uint_eq(said->record.manager, said->from);
    ck_assert_uint_eq(ask_group(&s, group, VNAME_QUERY, 0, "/q/x", 4)->answers, 0);
    program_close(&a);
    program_close(&b);
}
END_TEST

/* NAME-8.7-01 NAME-8.7-02 */
START_TEST(lists) {
    stranger_open(&s);
    program_open(&a);
    program_open(&b);
    ck_assert_uint_eq(ask(&s, a.entity, VNAME_LIST, 0, NULL, 0)->words[0], 0);
    hold(&a, "/c");
    hold(&a, "/b/z");
    hold(&a, "/b");
    ck_assert_int_eq(claim(&b, "/d"), 0);
    const struct said *said = ask_group(&s, VNAME_HANDLERS, VNAME_LIST, 0, NULL, 0);
    ck_assert_uint_eq(said->answers, 1);
    ck_assert_uint_eq(said->words[0], 3);
    ck_assert_uint_eq(said->words[1], 3);
    struct vname_list list = vname_list_of(said->octets, said->size);
    static const char *const order[] = {"/b", "/b/z", "/c"};
    struct vname_record r;
    for (unsigned i = 0; i < 3; i++) {
        ck_assert_int_eq(vname_list_next(&list, &r), 1);
        ck_assert_uint_eq(r.prefix_length, strlen(order[i]));
        ck_assert_mem_eq(r.prefix, order[i], r.prefix_length);
    }
    said = ask(&s, a.entity, VNAME_LIST, 2, NULL, 0);
    ck_assert_uint_eq(said->words[0], 3);
    ck_assert_uint_eq(said->words[1], 1);
    ck_assert_mem_eq(said->record.prefix, "/c", 2);
    program_close(&a);
    program_close(&b);
}
END_TEST

int main(void) {
    TCase *t = tcase_create("query");
    tcase_add_test(t, whose_name_it_is);
    tcase_add_test(t, what_is_not_ours);
    tcase_add_test(t, what_is_no_name);
    tcase_add_test(t, for_a_minute_after_it_has_yielded);
    tcase_add_test(t, each_replica_answers);
    tcase_add_test(t, lists);
    return manage_main(t, "manager: QueryName, ListNames");
}
