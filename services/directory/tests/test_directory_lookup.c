/* SPDX-License-Identifier: BSD-2-Clause */
/* test_directory_lookup.c - FindDirectory, LookupName, ListRegistered, and what is no Request for a directory, on every kind of store. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "support/bed.h"

#define MANAGER 0x0000000100000010ull
#define OWNER 7

static struct bed bed;

#define EACH_KIND(directories)                                                                                         \
    do {                                                                                                               \
        if (!stores_have(_i))                                                                                          \
            return;                                                                                                    \
        bed_begin(&bed, _i, directories, NULL);                                                                        \
    } while (0)

static void put(const char *prefix) {
    struct vname_record r = bed_name(prefix, MANAGER, OWNER, 1);
    ck_assert_uint_eq(bed_register(&bed, &r), VMTP_OK);
}

static void belongs_to(const char *name, const char *prefix) {
    ck_assert_uint_eq(bed_lookup(&bed, name), VMTP_OK);
    struct vname_record told = bed_told(&bed);
    ck_assert_uint_eq(told.prefix_length, strlen(prefix));
    ck_assert_mem_eq(told.prefix, prefix, strlen(prefix));
    ck_assert_uint_eq(bed.answer[0].words[0], strlen(prefix));
    ck_assert_uint_eq(told.flags, VNAME_SECOND_HAND | VNAME_REGISTERED);
}

/* NAME-9-07, NAME-9-17, NAME-2.2-01, NAME-2.2-02, NAME-2.2-03 */
START_TEST(the_longest_prefix_counts) {
    EACH_KIND(1);
    put("/a");
    put("/a/b/c");
    put("/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p"); /* sixteen */
    belongs_to("/a", "/a");
    belongs_to("/a/", "/a");
    belongs_to("/a/b", "/a");
    belongs_to("/a/bc/c", "/a");
    belongs_to("/a/b/c", "/a/b/c");
    belongs_to("/a/b/c/d", "/a/b/c");
    belongs_to("/a/b/cc", "/a");
    belongs_to("/a//b/c", "/a");
    belongs_to("/a/b/./c", "/a");
    belongs_to("/a/b/c/../x", "/a/b/c");
    belongs_to("/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p", "/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p");
    belongs_to("/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q/r/s", "/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p");
    const char *const nobody[] = {"/", "//a", "/ab", "/b/a", "/./a", "/../a", "/A"};
    for (unsigned i = 0; i < sizeof nobody / sizeof nobody[0]; i++) {
        ck_assert_uint_eq(bed_lookup(&bed, nobody[i]), VNAME_NOT_FOUND);
        ck_assert_uint_eq(bed.answer[0].size, 0);
    }
    bed_end(&bed);
}
END_TEST

/* NAME-2.1-03, NAME-4-02 */
START_TEST(what_is_no_name_is_refused) {
    char name[1026];
    EACH_KIND(1);
    memset(name, 'x', sizeof name);
    name[0] = '/';
    name[1024] = 0;
    ck_assert_uint_eq(bed_lookup(&bed, name), VNAME_NOT_FOUND);
    name[1024] = 'x';
    name[1025] = 0;
    ck_assert_uint_eq(bed_lookup(&bed, name), VNAME_TOO_LONG);
    ck_assert_uint_eq(bed_lookup(&bed, "a/b"), VNAME_INVALID);
    ck_assert_uint_eq(bed_lookup(&bed, ""), VNAME_INVALID);
    ck_assert_uint_eq(bed_lookup(&bed, "/\xff"), VNAME_INVALID);
    ck_assert_uint_eq(bed_ask(&bed, VNAME_LOOKUP, 0, "/a\0b", 4), VNAME_INVALID);
    bed_end(&bed);
}
END_TEST

/* NAME-9-07, NAME-4-03: all of them answer, also that there is none */
START_TEST(all_directories_answer_a_multicast_lookup) {
    EACH_KIND(3);
    put("/a");
    ck_assert_uint_eq(bed_ask_all(&bed, VNAME_LOOKUP, "/a/b", 4), 3);
    for (unsigned i = 0; i < 3; i++) {
        ck_assert_uint_eq(bed.answer[i].code, VMTP_OK);
        ck_assert_uint_eq(bed.answer[i].words[0], 2);
    }
    ck_assert_uint_eq(bed_ask_all(&bed, VNAME_LOOKUP, "/b", 2), 3);
    for (unsigned i = 0; i < 3; i++)
        ck_assert_uint_eq(bed.answer[i].code, VNAME_NOT_FOUND);
    ck_assert_uint_eq(bed_ask_all(&bed, VNAME_LOOKUP, "b", 1), 0);
    ck_assert_uint_eq(bed_ask_all(&bed, VNAME_CLAIM, "b", 1), 0);
    bed_end(&bed);
}
END_TEST

/* NAME-9-10, NAME-3.1-02 */
START_TEST(directories_are_found) {
    EACH_KIND(3);
    bed.nodes[1].odd->mode = ODD_DOWN; /* this one cannot serve */
    ck_assert_uint_eq(bed_ask_all(&bed, VNAME_FIND_DIRECTORY, NULL, 0), 2);
    for (unsigned i = 0; i < 2; i++) {
        vmtp_entity told = (vmtp_entity)bed.answer[i].words[0] << 32 | bed.answer[i].words[1];
        ck_assert_uint_eq(bed.answer[i].code, VMTP_OK);
        ck_assert_uint_eq(told, bed.answer[i].server);
        ck_assert_uint_ne(told, vdir_entity(bed.nodes[1].directory));
        ck_assert_uint_eq(bed.answer[i].words[2], 77); /* as the store says */
    }
    ck_assert_uint_eq(bed_ask_node(&bed, 1, VNAME_FIND_DIRECTORY, 0, NULL, 0), VNAME_UNAVAILABLE);
    ck_assert_uint_eq(bed_ask_node(&bed, 2, VNAME_FIND_DIRECTORY, 0, NULL, 0), VMTP_OK);
    ck_assert_uint_eq(bed_ask_node(&bed, 2, VNAME_FIND_DIRECTORY, 0, "x", 1), VNAME_BAD_REQUEST);
    bed_end(&bed);
}
END_TEST

/* NAME-9-09 */
START_TEST(who_cannot_be_sure_says_so_alone_and_nothing_to_all) {
    EACH_KIND(2);
    put("/a");
    struct vname_record r = bed_name("/a", MANAGER, OWNER, 1);
    bed.nodes[0].odd->mode = ODD_DOWN;
    ck_assert_uint_eq(bed_lookup(&bed, "/a"), VNAME_UNAVAILABLE);
    ck_assert_uint_eq(bed.answer[0].size, 0);
    ck_assert_uint_eq(bed_register(&bed, &r), VNAME_UNAVAILABLE);
    ck_assert_uint_eq(bed_unregister(&bed, &r, 0), VNAME_UNAVAILABLE);
    ck_assert_uint_eq(bed_ask(&bed, VNAME_LIST_REGISTERED, 0, NULL, 0), VNAME_UNAVAILABLE);
    ck_assert_uint_eq(bed_ask_all(&bed, VNAME_LOOKUP, "/a", 2), 1);
    ck_assert_uint_eq(bed.answer[0].server, vdir_entity(bed.nodes[1].directory));
    ck_assert_uint_eq(vdir_count(bed.nodes[0].directory, VDIR_COUNT_unavailable), 5);
    bed.nodes[0].odd->mode = ODD_NOT;
    ck_assert_uint_eq(bed_lookup(&bed, "/a"), VMTP_OK);
    bed_end(&bed);
}
END_TEST

static unsigned read_list(char last[VNAME_PREFIX_OCTETS + 1]) {
    struct vname_list list = vname_list_of(bed.answer[0].segment, bed.answer[0].size);
    struct vname_record r;
    unsigned count = 0;
    while (vname_list_next(&list, &r)) {
        char prefix[VNAME_PREFIX_OCTETS + 1] = "";
        memcpy(prefix, r.prefix, r.prefix_length);
        prefix[r.prefix_length] = 0;
        ck_assert_int_lt(strcmp(last, prefix), 0);
        strcpy(last, prefix);
        ck_assert_uint_eq(r.flags, VNAME_SECOND_HAND | VNAME_REGISTERED);
        count++;
    }
    ck_assert_uint_eq(list.left, 0);
    return count;
}

/* NAME-9-08, NAME-9-17 */
START_TEST(all_that_is_registered_is_listed) {
    enum { NAMES = 150 };
    char prefix[VNAME_PREFIX_OCTETS + 1], last[VNAME_PREFIX_OCTETS + 1] = "";
    unsigned count = 0, answers = 0;
    EACH_KIND(1);
    ck_assert_uint_eq(bed_ask(&bed, VNAME_LIST_REGISTERED, 0, NULL, 0), VMTP_OK);
    ck_assert_uint_eq(bed.answer[0].words[0], 0);
    ck_assert_uint_eq(bed.answer[0].size, 0);
    for (unsigned i = 0; i < NAMES; i++) {
        snprintf(prefix, sizeof prefix, "/%0*u", (int)(1 + i * 7 % 254), i * 37 % NAMES);
        put(prefix);
    }
    do {
        uint32_t size = (uint32_t)strlen(last);
        ck_assert_uint_eq(bed_ask(&bed, VNAME_LIST_REGISTERED, 0, last, size), VMTP_OK);
        unsigned here = read_list(last);
        ck_assert_uint_gt(here, 0);
        if (bed.answer[0].words[0])
            ck_assert_uint_gt(bed.answer[0].size, VNAME_LIST_OCTETS - 296); /* not one more would fit */
        count += here;
        answers++;
    } while (bed.answer[0].words[0]);
    ck_assert_uint_eq(count, NAMES);
    ck_assert_uint_eq(answers, 2);
    ck_assert_uint_eq(bed_ask(&bed, VNAME_LIST_REGISTERED, 0, "a", 1), VNAME_INVALID);
    ck_assert_uint_eq(bed_ask(&bed, VNAME_LIST_REGISTERED, 0, "/a/", 3), VNAME_INVALID);
    bed_end(&bed);
}
END_TEST

/* NAME-9-09: rows that no directory has written */
START_TEST(bad_rows_are_counted) {
    EACH_KIND(1);
    struct vname_record r = bed_name("/a/b", MANAGER, OWNER, 1), other = bed_name("/a/c", MANAGER, OWNER, 1);
    struct bed_record octets = bed_encode(&other);
    vdir_store *store = stores_open_again(_i);
    put("/a");
    put("/z");
    stores_put(store, "/a/b", 1, "this is no record");
    ck_assert_uint_eq(bed_lookup(&bed, "/a/b/c"), VNAME_UNAVAILABLE); /* somebody has it, it is not known who */
    ck_assert_uint_eq(bed_register(&bed, &r), VNAME_UNAVAILABLE);
    ck_assert_uint_eq(bed_unregister(&bed, &r, 0), VNAME_UNAVAILABLE);
    ck_assert_uint_eq(bed_lookup(&bed, "/a/c"), VMTP_OK);
    ck_assert_uint_eq(bed_ask(&bed, VNAME_LIST_REGISTERED, 0, NULL, 0), VMTP_OK);
    char last[VNAME_PREFIX_OCTETS + 1] = "";
    ck_assert_uint_eq(read_list(last), 2);
    ck_assert_uint_eq(vdir_count(bed.nodes[0].directory, VDIR_COUNT_bad_rows), 4);
    struct vdir_op op = {.kind = VDIR_REPLACE, .count = 1, .registered = 1, .record = octets.octets, .size = octets.size};
    op.keys[0] = (struct vdir_key){"/y", 2}; /* a good record of another prefix */
    ck_assert_int_eq(stores_ask(store, &op)->result, VDIR_DONE);
    ck_assert_uint_eq(bed_lookup(&bed, "/y"), VNAME_UNAVAILABLE);
    vdir_store_close(store);
    bed_end(&bed);
}
END_TEST

/* More of them than fit into an answer do not hide what comes behind. */
START_TEST(a_list_goes_on_behind_bad_rows) {
    char prefix[16], last[VNAME_PREFIX_OCTETS + 1] = "";
    EACH_KIND(1);
    vdir_store *store = stores_open_again(_i);
    for (unsigned i = 0; i < 700; i++) {
        snprintf(prefix, sizeof prefix, "/bad%03u", i);
        const uint64_t none[2] = {0, 0};
        ck_assert_int_eq(stores_replace(store, prefix, none, 1, "x"), VDIR_DONE);
    }
    put("/good");
    ck_assert_uint_eq(bed_ask(&bed, VNAME_LIST_REGISTERED, 0, NULL, 0), VMTP_OK);
    ck_assert_uint_eq(read_list(last), 1);
    ck_assert_str_eq(last, "/good");
    ck_assert_uint_eq(bed.answer[0].words[0], 0);
    vdir_store_close(store);
    bed_end(&bed);
}
END_TEST

/* NAME-4-01 */
START_TEST(other_operations_are_not_its_business) {
    EACH_KIND(1);
    ck_assert_uint_eq(bed_ask(&bed, VNAME_QUERY, 0, "/a", 2), VMTP_ERROR);
    ck_assert_uint_eq(bed_ask(&bed, 0x010004ff, 0, NULL, 0), VMTP_ERROR);
    bed_end(&bed);
}
END_TEST

START_TEST(datagrams_say_nothing_to_it) {
    struct vipc_call call;
    EACH_KIND(1);
    struct vname_record r = bed_name("/a", MANAGER, OWNER, 1);
    struct bed_record octets = bed_encode(&r);
    bed_begin_request(&bed, &call, VMTP_DGM | VNAME_REGISTER, octets.octets, octets.size);
    ck_assert_int_eq(bed.result, 0);
    ck_assert_uint_eq(vdir_count(bed.nodes[0].directory, VDIR_COUNT_ignored), 1);
    ck_assert_uint_eq(bed_lookup(&bed, "/a"), VNAME_NOT_FOUND);
    bed_end(&bed);
}
END_TEST

/* NAME-4-04 NAME-4-05 */
START_TEST(what_may_be_done_again) {
    EACH_KIND(1);
    struct vname_record r = bed_name("/a", 0x0000000100000010ull, 7, 1);
    ck_assert_uint_eq(bed_register(&bed, &r), VMTP_OK);
    ck_assert_int_eq(bed.answer[0].idempotent, 0);
    ck_assert_uint_eq(bed_ask(&bed, VNAME_FIND_DIRECTORY, 0, NULL, 0), VMTP_OK);
    ck_assert_int_eq(bed.answer[0].idempotent, 1);
    ck_assert_uint_eq(bed_lookup(&bed, "/a/x"), VMTP_OK);
    ck_assert_int_eq(bed.answer[0].idempotent, 1);
    ck_assert_uint_eq(bed_lookup(&bed, "/b"), VNAME_NOT_FOUND);
    ck_assert_uint_eq(bed.answer[0].size, 0);
    ck_assert_uint_eq(bed_ask(&bed, VNAME_LIST_REGISTERED, 0, NULL, 0), VMTP_OK);
    ck_assert_int_eq(bed.answer[0].idempotent, 1);
    r.owner = 8;
    ck_assert_uint_eq(bed_register(&bed, &r), VNAME_HELD);
    ck_assert_uint_eq(bed.answer[0].size, 48);
    ck_assert_uint_eq(bed_unregister(&bed, &r, 0), VMTP_NO_PERMISSION);
    ck_assert_uint_eq(bed.answer[0].size, 0);
    r.owner = 7;
    ck_assert_uint_eq(bed_unregister(&bed, &r, 0), VMTP_OK);
    ck_assert_int_eq(bed.answer[0].idempotent, 0);
    bed_end(&bed);
}
END_TEST

/* Closing with Requests in hand. */
START_TEST(it_ends_in_the_middle) {
    struct vipc_call call;
    EACH_KIND(1);
    bed.nodes[0].odd->mode = ODD_HOLD;
    bed_begin_request(&bed, &call, VNAME_LOOKUP, "/a", 2);
    ck_assert_uint_eq(bed.nodes[0].odd->held, 1);
    vdir_destroy(bed.nodes[0].directory);
    bed.nodes[0].directory = NULL;
    ck_assert_ptr_null(bed.nodes[0].store->first);
    bed_pass(&bed, 3 * VMTP_SECOND);
    ck_assert_int_ne(bed.result, 0);
    bed_end(&bed);
}
END_TEST

static Suite *make(void) {
    Suite *suite = suite_create("what a directory is asked");
    TCase *tcase = tcase_create("all");
    tcase_add_loop_test(tcase, the_longest_prefix_counts, 0, STORES_KINDS);
    tcase_add_loop_test(tcase, what_is_no_name_is_refused, 0, STORES_KINDS);
    tcase_add_loop_test(tcase, all_directories_answer_a_multicast_lookup, 0, STORES_KINDS);
    tcase_add_loop_test(tcase, directories_are_found, 0, STORES_KINDS);
    tcase_add_loop_test(tcase, who_cannot_be_sure_says_so_alone_and_nothing_to_all, 0, STORES_KINDS);
    tcase_add_loop_test(tcase, all_that_is_registered_is_listed, 0, STORES_KINDS);
    tcase_add_loop_test(tcase, bad_rows_are_counted, 0, STORES_KINDS);
    tcase_add_loop_test(tcase, a_list_goes_on_behind_bad_rows, 0, STORES_KINDS);
    tcase_add_loop_test(tcase, other_operations_are_not_its_business, 0, STORES_KINDS);
    tcase_add_loop_test(tcase, datagrams_say_nothing_to_it, 0, STORES_KINDS);
    tcase_add_loop_test(tcase, it_ends_in_the_middle, 0, STORES_KINDS);
    tcase_add_loop_test(tcase, what_may_be_done_again, 0, STORES_KINDS);
    suite_add_tcase(suite, tcase);
    return suite;
}

int main(void) { return stores_main(make); }
