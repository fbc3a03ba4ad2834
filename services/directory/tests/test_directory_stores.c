/* SPDX-License-Identifier: BSD-2-Clause */
/* test_directory_stores.c - what every store does, of whatever kind. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/stores.h"

static const uint64_t never[2] = {0, 0};

START_TEST(an_empty_store_has_nothing) {
    if (!stores_have(_i))
        return;
    vdir_store *store = stores_open(_i);
    const struct stores_answer *a = stores_fetch(store, "/a", "/a/b", 1);
    ck_assert_int_eq(a->result, VDIR_DONE);
    ck_assert_uint_eq(a->count, 0);
    a = stores_fetch(store, NULL, NULL, 0); /* can it say anything? */
    ck_assert_int_eq(a->result, VDIR_DONE);
    ck_assert_uint_eq(a->count, 0);
    a = stores_list(store, NULL, 10);
    ck_assert_int_eq(a->result, VDIR_DONE);
    ck_assert_uint_eq(a->count + a->more, 0);
    ck_assert_str_eq(vdir_store_error(store), "");
    vdir_store_close(store);
}
END_TEST

START_TEST(what_was_written_is_read_by_all) {
    if (!stores_have(_i))
        return;
    vdir_store *store = stores_open(_i), *other = stores_open_again(_i);
    ck_assert_int_eq(stores_replace(store, "/a", never, 1, "one"), VDIR_DONE);
    for (int turn = 0; turn < 2; turn++) {
        const struct stores_answer *a = stores_fetch(turn ? other : store, "/a", "/b", 0);
        ck_assert_uint_eq(a->count, 1);
        ck_assert_str_eq(a->rows[0].prefix, "/a");
        ck_assert_str_eq(a->rows[0].record, "one");
        ck_assert_uint_eq(a->rows[0].registered, 1);
    }
    vdir_store_close(store);
    vdir_store_close(other);
    store = stores_open_again(_i);
    ck_assert_str_eq(stores_fetch(store, "/a", NULL, 0)->rows[0].record, "one");
    vdir_store_close(store);
}
END_TEST

START_TEST(a_row_that_has_changed_is_not_replaced) {
    if (!stores_have(_i))
        return;
    vdir_store *store = stores_open(_i), *other = stores_open_again(_i);
    uint64_t first[2], second[2];
    ck_assert_int_eq(stores_replace(store, "/a", never, 1, "one"), VDIR_DONE);
    ck_assert_int_eq(stores_replace(other, "/a", never, 1, "other"), VDIR_CHANGED);
    memcpy(first, stores_fetch(store, "/a", NULL, 0)->rows[0].version, sizeof first);
    ck_assert_int_eq(stores_replace(other, "/a", first, 1, "two"), VDIR_DONE);
    ck_assert_int_eq(stores_replace(store, "/a", first, 1, "other"), VDIR_CHANGED);
    memcpy(second, stores_fetch(store, "/a", NULL, 0)->rows[0].version, sizeof second);
    ck_assert_str_eq(stores_fetch(store, "/a", NULL, 0)->rows[0].record, "two");
    ck_assert_int_eq(stores_replace(store, "/b", second, 1, "b"), VDIR_CHANGED); /* the version is that of another row */
    ck_assert_uint_eq(stores_fetch(store, "/b", NULL, 1)->count, 0);
    vdir_store_close(store);
    vdir_store_close(other);
}
END_TEST

/* Also not one that looks as before: gone and come again. */
START_TEST(versions_do_not_come_back) {
    if (!stores_have(_i))
        return;
    vdir_store *store = stores_open(_i);
    uint64_t first[2], gone[2];
    stores_put(store, "/a", 1, "one");
    memcpy(first, stores_fetch(store, "/a", NULL, 1)->rows[0].version, sizeof first);
    stores_put(store, "/a", 0, "gone");
    memcpy(gone, stores_fetch(store, "/a", NULL, 1)->rows[0].version, sizeof gone);
    stores_put(store, "/a", 1, "one");
    ck_assert_int_eq(stores_replace(store, "/a", first, 1, "two"), VDIR_CHANGED);
    ck_assert_int_eq(stores_replace(store, "/a", gone, 1, "two"), VDIR_CHANGED);
    ck_assert_int_eq(stores_replace(store, "/a", never, 1, "two"), VDIR_CHANGED);
    stores_put(store, "/a", 0, "gone");
    ck_assert_int_eq(stores_replace(store, "/a", first, 1, "two"), VDIR_CHANGED);
    ck_assert_int_eq(stores_replace(store, "/a", gone, 1, "two"), VDIR_CHANGED);
    ck_assert_int_eq(stores_replace(store, "/a", never, 1, "two"), VDIR_CHANGED);
    vdir_store_close(store);
}
END_TEST

START_TEST(what_is_not_registered_is_remembered) {
    if (!stores_have(_i))
        return;
    vdir_store *store = stores_open(_i);
    stores_put(store, "/a", 1, "one");
    stores_put(store, "/a", 0, "gone");
    ck_assert_uint_eq(stores_fetch(store, "/a", NULL, 0)->count, 0);
    ck_assert_uint_eq(stores_list(store, NULL, 10)->count, 0);
    const struct stores_answer *a = stores_fetch(store, "/a", NULL, 1);
    ck_assert_uint_eq(a->count, 1);
    ck_assert_uint_eq(a->rows[0].registered, 0);
    ck_assert_str_eq(a->rows[0].record, "gone");
    stores_put(store, "/a", 1, "two");
    a = stores_fetch(store, "/a", NULL, 1);
    ck_assert_uint_eq(a->count, 1);
    ck_assert_uint_eq(a->rows[0].registered, 1);
    ck_assert_str_eq(a->rows[0].record, "two");
    vdir_store_close(store);
}
END_TEST

START_TEST(lists_are_in_order_of_octets) {
    static const char *const prefixes[] = {"/a", "/a/b", "/a0", "/a\x7f", "/aa", "/\xc3\xa9", "/b"};
    static const char *const order[] = {"/a", "/a/b", "/a0", "/aa", "/a\x7f", "/b", "/\xc3\xa9"};
    const struct stores_answer *a;
    if (!stores_have(_i))
        return;
    vdir_store *store = stores_open(_i);
    for (unsigned i = 0; i < 7; i++)
        stores_put(store, prefixes[i], 1, prefixes[i]);
    stores_put(store, "/a/c", 1, "c");
    stores_put(store, "/a/c", 0, "c"); /* not to be seen */
    a = stores_list(store, NULL, 7);
    ck_assert_uint_eq(a->count, 7);
    ck_assert_uint_eq(a->more, 0);
    for (unsigned i = 0; i < 7; i++) {
        ck_assert_str_eq(a->rows[i].prefix, order[i]);
        ck_assert_str_eq(a->rows[i].record, order[i]);
    }
    a = stores_list(store, "/a/b", 3);
    ck_assert_uint_eq(a->count, 3);
    ck_assert_uint_eq(a->more, 1);
    ck_assert_str_eq(a->rows[0].prefix, "/a0");
    ck_assert_uint_eq(stores_list(store, "/a/bb", 10)->count, 5); /* one that is not there */
    ck_assert_uint_eq(stores_list(store, "/\xc3\xa9", 10)->count, 0);
    vdir_store_close(store);
}
END_TEST

START_TEST(sixteen_at_once) {
    char prefixes[VDIR_KEYS_MOST][8];
    struct vdir_op op = {.kind = VDIR_FETCH, .count = VDIR_KEYS_MOST};
    if (!stores_have(_i))
        return;
    vdir_store *store = stores_open(_i);
    for (unsigned i = 0; i < VDIR_KEYS_MOST; i++) {
        snprintf(prefixes[i], sizeof prefixes[i], "/p%u", i);
        op.keys[i] = (struct vdir_key){prefixes[i], (uint32_t)strlen(prefixes[i])};
        if (i % 5 != 0)
            stores_put(store, prefixes[i], i % 5 != 1, prefixes[i]);
    }
    ck_assert_uint_eq(stores_ask(store, &op)->count, 9);
    op.remembered = 1;
    const struct stores_answer *a = stores_ask(store, &op);
    ck_assert_uint_eq(a->count, 12);
    for (unsigned i = 0; i < a->count; i++)
        ck_assert_str_eq(a->rows[i].prefix, a->rows[i].record);
    vdir_store_close(store);
}
END_TEST

static void never_told(struct vdir_op *op, enum vdir_result result) {
    (void)op;
    ck_abort_msg("told %d", (int)result);
}

START_TEST(cancelled_operations_are_not_told) {
    if (!stores_have(_i))
        return;
    vdir_store *store = stores_open(_i);
    struct vdir_op op = {.kind = VDIR_FETCH, .done = never_told, .deadline = stores_now() + VMTP_SECOND};
    if (_i == STORES_ETCD) { /* the other has done it at once */
        vdir_store_start(store, &op, stores_now());
        vdir_store_cancel(&op);
        ck_assert_ptr_null(op.store);
    }
    ck_assert_uint_eq(stores_fetch(store, "/a", NULL, 0)->count, 0);
    if (_i == STORES_ETCD)
        vdir_store_start(store, &op, stores_now()); /* ended by closing */
    vdir_store_close(store);
    vdir_store_cancel(&op);
}
END_TEST

START_TEST(records_of_all_sizes) {
    char record[VDIR_RECORD_MOST + 1], prefix[VDIR_PREFIX_MOST + 1];
    if (!stores_have(_i))
        return;
    vdir_store *store = stores_open(_i);
    memset(record, 'r', sizeof record);
    memset(prefix, 'p', sizeof prefix);
    prefix[0] = '/';
    prefix[VDIR_PREFIX_MOST] = 0;
    for (unsigned size = VDIR_RECORD_MOST - 4; size <= VDIR_RECORD_MOST; size++) {
        record[size] = 0;
        stores_put(store, prefix, 1, record);
        const struct stores_answer *a = stores_fetch(store, prefix, NULL, 0);
        ck_assert_uint_eq(a->rows[0].size, size);
        ck_assert_str_eq(a->rows[0].record, record);
        ck_assert_str_eq(a->rows[0].prefix, prefix);
        record[size] = 'r';
    }
    vdir_store_close(store);
}
END_TEST

static Suite *make(void) {
    Suite *suite = suite_create("stores of the directory");
    TCase *tcase = tcase_create("all");
    tcase_add_loop_test(tcase, an_empty_store_has_nothing, 0, STORES_KINDS);
    tcase_add_loop_test(tcase, what_was_written_is_read_by_all, 0, STORES_KINDS);
    tcase_add_loop_test(tcase, a_row_that_has_changed_is_not_replaced, 0, STORES_KINDS);
    tcase_add_loop_test(tcase, versions_do_not_come_back, 0, STORES_KINDS);
    tcase_add_loop_test(tcase, what_is_not_registered_is_remembered, 0, STORES_KINDS);
    tcase_add_loop_test(tcase, lists_are_in_order_of_octets, 0, STORES_KINDS);
    tcase_add_loop_test(tcase, sixteen_at_once, 0, STORES_KINDS);
    tcase_add_loop_test(tcase, cancelled_operations_are_not_told, 0, STORES_KINDS);
    tcase_add_loop_test(tcase, records_of_all_sizes, 0, STORES_KINDS);
    suite_add_tcase(suite, tcase);
    return suite;
}

int main(void) { return stores_main(make); }
