/* SPDX-License-Identifier: BSD-2-Clause */
/* QueryName and ListNames at managers (sections 5.1, 8.7). */
#include <stdio.h>

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
    ck_assert_uint_eq(ask(&s, a.entity, VNAME_LIST, 0, NULL, 0)->size, 0); /* NAME-3.3-05 */
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

/* NAME-4-04 */
START_TEST(what_may_be_done_again) {
    stranger_open(&s);
    program_open(&a);
    a.hands_over = 1;
    hold(&a, "/a");
    ck_assert_int_eq(ask_name(&s, a.entity, VNAME_QUERY, "/a/x")->idempotent, 1);
    ck_assert_int_eq(ask(&s, a.entity, VNAME_LIST, 0, NULL, 0)->idempotent, 1);
    ck_assert_int_eq(ask(&s, a.entity, VNAME_WATCH, 1, NULL, 0)->idempotent, 1);
    struct vmtp_message m = {.words = {0}};
    uint8_t octets[64];
    const struct vname_request map = {.index = 2, .length = 2, .name = "/a"};
    const uint32_t size = vname_request_build(&m, octets, sizeof octets, &map);
    struct vipc_call call = {.message = {.server = a.entity, .code = VNAME_MAP_CONTEXT, .words = {0, m.words[1]}},
                             .segment = octets,
                             .segment_size = size,
                             .deadline = VMTP_NEVER};
    ck_assert_int_eq(vipc_call_wait(s.node, &call), VMTP_BAD_REPLY_SEGMENT); /* for which there is no area */
    ck_assert_uint_eq(call.answer.code & VMTP_DGM, VMTP_DGM);
    struct vname_record r = record_of("/a", s.entity, 4);
    r.flags = VNAME_CLAIMING;
    const struct said *said = ask_record(&s, a.entity, VNAME_CLAIM, 0, &r);
    ck_assert_uint_eq(said->code, VNAME_HELD);
    ck_assert_int_eq(said->idempotent, 0);
    r = record_of("/a/b", s.entity, 4);
    said = ask_record(&s, a.entity, VNAME_MOUNT, 0, &r);
    ck_assert_uint_eq(said->code, VMTP_OK);
    ck_assert_int_eq(said->idempotent, 0);
    r = record_of("/a", s.entity, 4);
    r.owner = a.config.owner;
    said = ask_record(&s, a.entity, VNAME_HAND_OVER, 0, &r);
    ck_assert_uint_eq(said->code, VMTP_OK);
    ck_assert_int_eq(said->idempotent, 0);
    hold(&a, "/b");
    r = record_of("/b", s.entity, 4);
    said = ask_record(&s, a.entity, VNAME_MEET, 0, &r);
    ck_assert_uint_eq(said->code, VMTP_OK);
    ck_assert_int_eq(said->idempotent, 0);
    program_close(&a);
}
END_TEST

/* NAME-4-05 NAME-5.1-07 */
START_TEST(errors_say_nothing_else) {
    stranger_open(&s);
    program_open(&a);
    a.hands_over = 1;
    hold(&a, "/a");
    hold(&a, "/b");
    struct vname_record r = record_of("/b", s.entity, 4);
    ck_assert_uint_eq(ask_record(&s, a.entity, VNAME_MEET, 0, &r)->size, 48); /* yields: OK */
    static const uint32_t codes[] = {VNAME_QUERY, VNAME_CLAIM,     VNAME_MEET,
                                     VNAME_MOUNT, VNAME_HAND_OVER, VMTP_PIC | 0x4ffu};
    static const char *const prefixes[] = {"/a", "/b", "/c", "/a/b"};
    unsigned errors = 0;
    for (unsigned i = 0; i < 6 * 4 * 2; i++) {
        r = record_of(prefixes[i / 6 % 4], s.entity, i / 24 ? 1 : 4);
        r.flags = codes[i % 6] == VNAME_CLAIM ? VNAME_CLAIMING : 0;
        const struct said *said = codes[i % 6] == VNAME_QUERY ? ask_name(&s, a.entity, VNAME_QUERY, prefixes[i / 6 % 4])
                                                              : ask_record(&s, a.entity, codes[i % 6], 0, &r);
        const int tells = said->code == VNAME_MOVED || said->code == VNAME_HELD || said->code == VMTP_OK;
        if (said->result == 0)
            ck_assert_msg(tells ? said->records == 1 : said->size == 0, "%u: %x", i, said->code);
        errors += !tells;
        if (said->code == VNAME_MOVED)
            ck_assert_uint_eq(said->record.flags & VNAME_SECOND_HAND, VNAME_SECOND_HAND);
        else if (tells)
            ck_assert_uint_eq(said->record.flags & VNAME_SECOND_HAND, 0);
    }
    ck_assert_uint_gt(errors, 10);
    program_close(&a);
}
END_TEST

/* NAME-8.7-01: however they came and went. */
START_TEST(lists_in_order) {
    enum { MANY = 150 };
    static char names[MANY][16];
    stranger_open(&s);
    program_config(&a);
    a.config.prefixes = MANY;
    a.config.claims = 64;
    program_open(&a);
    for (unsigned i = 0; i < MANY; i++) {
        snprintf(names[i], sizeof names[i], "/p%u%s", i * 7919u % 1000, i % 3 ? "" : "/q");
        ck_assert_int_eq(claim(&a, names[i]), 0);
    }
    manage_run(6 * SECONDS);
    for (unsigned i = 0; i < MANY; i += 2)
        release(&a, names[i]);
    claim(&a, names[0]); /* while the other one is leaving */
    manage_run(2 * SECONDS);
    char last[16] = "";
    uint32_t count = 0, all = 1;
    while (count < all) {
        const struct said *said = ask(&s, a.entity, VNAME_LIST, count, NULL, 0);
        struct vname_list list = vname_list_of(said->octets, said->size);
        struct vname_record r;
        all = said->words[0];
        ck_assert_uint_gt(said->words[1], 0);
        while (vname_list_next(&list, &r)) {
            char text[16] = "";
            memcpy(text, r.prefix, r.prefix_length);
            ck_assert_str_gt(text, last);
            memcpy(last, text, sizeof last);
            count++;
        }
    }
    ck_assert_uint_eq(all, MANY / 2 + 1);
    ck_assert_uint_eq(count, all);
    program_close(&a);
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
    tcase_add_test(t, what_may_be_done_again);
    tcase_add_test(t, errors_say_nothing_else);
    tcase_add_test(t, lists_in_order);
    return manage_main(t, "manager: QueryName, ListNames");
}
