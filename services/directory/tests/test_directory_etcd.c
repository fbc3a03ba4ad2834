/* SPDX-License-Identifier: BSD-2-Clause */
/* test_directory_etcd.c - what is special about a cluster: addresses, members that are down or slow, and answers that are none. */
#define _POSIX_C_SOURCE 200809L
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "directory/base64.h"
#include "directory/etcd_login.h"
#include "directory/etcd_messages.h"
#include "support/etcd.h"
#include "support/stores.h"

#define NOBODY "http://127.0.0.1:1"

static const uint64_t never[2] = {0, 0};

/* ---- addresses ----------------------------------------------------------------------------------------------------- */

static void refuses(const char *endpoints) {
    char error[300] = "";
    vdir_store *store = (vdir_store *)error;
    ck_assert_msg(vdir_etcd_open(&store, endpoints, error, sizeof error) == -1, "%s", endpoints);
    ck_assert_ptr_null(store);
    ck_assert_uint_gt(strlen(error), 10);
    ck_assert_ptr_null(strchr(error, '\n'));
}

START_TEST(addresses_that_are_none_are_refused) {
    static const char *const bad[] = {"",          "10.0.0.1:2379",    "http://",        "ftp://10.0.0.1:2379",
                                      "file:///x", "http://a:2379/v3", "http://a:99999", "http://a:2379,,http://b:2379",
                                      "http://a,", "http://a b:2379",  "http://a?x",     "http://u:p@a:2379"};
    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++)
        refuses(bad[i]);
    char many[17 * 12] = "";
    for (unsigned i = 0; i < 17; i++)
        strcat(many, i ? ",http://a:1" : "http://a:1");
    refuses(many);
}
END_TEST

START_TEST(good_addresses_are_taken) {
    vdir_store *store = NULL;
    char error[300] = "";
    ck_assert_int_eq(vdir_etcd_open(&store, "http://10.0.0.1:2379,https://[fe80::1]:2379/,http://etcd", error, 300), 0);
    ck_assert_uint_eq(vdir_store_deadline(store), VMTP_NEVER);
    ck_assert_uint_eq(vdir_store_back_end(store), VNAME_BACK_END_ETCD);
    vdir_store_close(store);
}
END_TEST

/* What is secret and what needs it contradict each other, or are not there. */
START_TEST(logins_that_are_none_are_refused) {
    const char *here = VSUITE_SOURCE_DIR "/CMakeLists.txt", *https = "https://a:1,https://b:1";
    const struct vdir_etcd_options bad[] = {{.endpoints = https, .user = "u"},
                                            {.endpoints = https, .password = "p"},
                                            {.endpoints = https, .key = here},
                                            {.endpoints = https, .ca = "/no/such"},
                                            {.endpoints = https, .certificate = "/no/such"},
                                            {.endpoints = https, .certificate = here, .key = "/no/such"},
                                            {.endpoints = "https://a:1,http://b:1", .user = "u", .password = "p"},
                                            {.endpoints = "http://a:1", .ca = here},
                                            {.endpoints = "http://a:1", .certificate = here}};
    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char error[300] = "";
        vdir_store *store = (vdir_store *)error;
        ck_assert_msg(vdir_etcd_open_as(&store, &bad[i], error, sizeof error) == -1, "%u", i);
        ck_assert_ptr_null(store);
        ck_assert_uint_gt(strlen(error), 10);
    }
    const struct vdir_etcd_options good = {
        .endpoints = https, .ca = here, .certificate = here, .key = here, .user = "u", .password = "p"};
    vdir_store *store = NULL;
    char error[300] = "";
    ck_assert_int_eq(vdir_etcd_open_as(&store, &good, error, sizeof error), 0);
    vdir_store_close(store);
}
END_TEST

START_TEST(answers_to_a_login) {
    struct etcd_login login = {.user = strdup("u\"ser"), .password = strdup("p")};
    static const char *const bad[] = {"", "{}", "{\"token\":7}", "{\"token\":\"\"}", "{\"token\":\"a\\r\\nHost: x\"}",
                                      "x"};
    char *request = etcd_login_request(&login);
    ck_assert_str_eq(request, "{\"name\":\"u\\\"ser\",\"password\":\"p\"}");
    free(request);
    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        ck_assert_int_eq(etcd_login_answer(&login, bad[i], strlen(bad[i])), 0);
        ck_assert_int_eq(etcd_login_is_due(&login), 1);
    }
    ck_assert_int_eq(etcd_login_answer(&login, "{\"token\":\"abc.1\"}", 17), 1);
    ck_assert_int_eq(etcd_login_is_due(&login), 0);
    struct curl_slist *headers = etcd_login_headers(&login);
    ck_assert_str_eq(headers->next->next->data, "Authorization: abc.1");
    curl_slist_free_all(headers);
    etcd_login_forget(&login);
    ck_assert_int_eq(etcd_login_is_due(&login), 1);
    etcd_login_close(&login);
}
END_TEST

/* ---- members ------------------------------------------------------------------------------------------------------- */

static vdir_store *open_store(const char *endpoints) {
    vdir_store *store = NULL;
    char error[300] = "";
    ck_assert_msg(vdir_etcd_open(&store, endpoints, error, sizeof error) == 0, "%s", error);
    return store;
}

static void note(struct vdir_op *op, enum vdir_result result) { *(int *)op->context = 1 + (int)result; }

static enum vdir_result ask_within(vdir_store *store, enum vdir_kind kind, vmtp_time patience) {
    int told = 0;
    struct vdir_op op = {.kind = kind, .done = note, .context = &told, .deadline = stores_now() + patience};
    if (kind == VDIR_REPLACE) {
        op.count = 1;
        op.keys[0] = (struct vdir_key){"/late", 5};
        op.record = (const uint8_t *)"r";
        op.size = 1;
        op.registered = 1;
    }
    vdir_store_start(store, &op, stores_now());
    stores_wait(store, &told);
    return (enum vdir_result)(told - 1);
}

START_TEST(a_member_that_is_down_is_passed_over) {
    if (!stores_have(STORES_ETCD))
        return;
    vdir_store_close(stores_open(STORES_ETCD));
    vdir_store *store = open_store(NOBODY "," ETCD_URL);
    ck_assert_int_eq(stores_replace(store, "/a", never, 1, "one"), VDIR_DONE);
    ck_assert_uint_eq(vdir_store_counts(store)->attempts, 2);
    ck_assert_str_eq(stores_fetch(store, "/a", NULL, 0)->rows[0].record, "one");
    ck_assert_uint_eq(vdir_store_counts(store)->attempts, 3); /* it is remembered who answers */
    ck_assert_uint_eq(vdir_store_counts(store)->failures, 1);
    ck_assert_ptr_nonnull(strstr(vdir_store_error(store), NOBODY));
    vdir_store_close(store);
}
END_TEST

START_TEST(without_any_member_there_is_no_answer) {
    vdir_store *store = open_store(NOBODY "," NOBODY);
    uint64_t asked = 0, before;
    do { /* it tries on, unless the machine lets the whole time pass with the first attempts */
        vmtp_time begin = stores_now();
        before = vdir_store_counts(store)->attempts;
        ck_assert_int_eq(ask_within(store, VDIR_FETCH, 300 * VMTP_MILLISECOND), VDIR_NOT_NOW);
        ck_assert_uint_ge(stores_now() - begin, 300 * VMTP_MILLISECOND);
        asked++;
    } while (vdir_store_counts(store)->attempts < before + 4);
    ck_assert_int_eq(ask_within(store, VDIR_REPLACE, 300 * VMTP_MILLISECOND), VDIR_NOT_NOW); /* nobody has got it */
    ck_assert_uint_eq(vdir_store_counts(store)->not_now, asked + 1);
    vdir_store_close(store);
}
END_TEST

START_TEST(a_member_that_is_silent_is_not_waited_for) {
    if (!stores_have(STORES_ETCD))
        return;
    vdir_store *store = stores_open(STORES_ETCD);
    ck_assert_int_eq(stores_fetch(store, "/a", NULL, 0)->result, VDIR_DONE);
    etcd_pause(1);
    ck_assert_int_eq(ask_within(store, VDIR_FETCH, 200 * VMTP_MILLISECOND), VDIR_NOT_NOW);
    ck_assert_int_eq(ask_within(store, VDIR_REPLACE, VMTP_SECOND), VDIR_UNSURE); /* it has got it */
    etcd_pause(0);
    ck_assert_int_eq(stores_fetch(store, "/a", NULL, 0)->result, VDIR_DONE);
    vdir_store_close(store);
}
END_TEST

START_TEST(rows_that_others_have_written) {
    if (!stores_have(STORES_ETCD))
        return;
    vdir_store *store = stores_open(STORES_ETCD);
    stores_put(store, "/a", 1, "a");
    ck_assert_int_eq(etcd_control("put vsuite/names/z ''"), 0);
    ck_assert_int_eq(etcd_control("put vsuite/names/%0300d x", 0), 0);  /* longer than any prefix */
    ck_assert_int_eq(etcd_control("put vsuite/names/y %02000d", 0), 0); /* and than any record */
    ck_assert_int_eq(etcd_control("put vsuite/names0 x"), 0);           /* not ours */
    const struct stores_answer *a = stores_list(store, NULL, 9);
    ck_assert_int_eq(a->result, VDIR_DONE);
    ck_assert_uint_eq(a->count, 3);
    ck_assert_str_eq(a->rows[0].prefix, "/a");
    ck_assert_str_eq(a->rows[1].prefix, "/y");
    ck_assert_uint_eq(a->rows[1].size, 0);
    ck_assert_str_eq(a->rows[2].prefix, "/z");
    ck_assert_uint_eq(a->rows[2].size, 0);
    ck_assert_uint_eq(vdir_store_counts(store)->bad_answers, 2);
    ck_assert_uint_eq(stores_fetch(store, "/y", NULL, 0)->count, 1);
    vdir_store_close(store);
}
END_TEST

/* ---- answers ------------------------------------------------------------------------------------------------------- */

static unsigned rows;

static void count_row(struct vdir_op *op, const struct vdir_row *row) {
    (void)op;
    (void)row;
    rows++;
}

static enum etcd_outcome read_as(enum vdir_kind kind, const char *text) {
    struct vdir_op op = {.kind = kind, .count = 1, .keys = {{"/a", 2}}, .row = count_row, .limit = 9};
    uint64_t bad = 0;
    rows = 0;
    return etcd_answer(&op, text, strlen(text), &bad);
}

/* vsuite/names/a and "x" in base64. */
#define KEY_A "dnN1aXRlL25hbWVzL2E="
#define KV(key, value, revision) "{\"key\":\"" key "\",\"value\":\"" value "\",\"mod_revision\":" revision "}"
#define FETCHED(kvs) "{\"header\":{},\"succeeded\":true,\"responses\":[{\"response_range\":{\"kvs\":[" kvs "]}}]}"
#define LISTED(kvs) "{\"header\":{},\"kvs\":[" kvs "]}"

START_TEST(answers_that_are_none) {
    static const char *const bad[] = {"",
                                      "x",
                                      "[]",
                                      "{}",
                                      "{\"header\":1}",
                                      "null",
                                      "{\"header\":{},\"succeeded\":7}",
                                      "{\"header\":{},\"succeeded\":true}",
                                      "{\"header\":{},\"succeeded\":true,\"responses\":[]}",
                                      "{\"header\":{},\"succeeded\":true,\"responses\":{}}",
                                      "{\"header\":{},\"succeeded\":true,\"responses\":[{},{}]}",
                                      "{\"header\":{},\"kvs\":7}"};
    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        ck_assert_msg(read_as(VDIR_FETCH, bad[i]) == ETCD_BAD, "%s", bad[i]);
        ck_assert_uint_eq(rows, 0);
    }
    ck_assert_int_eq(read_as(VDIR_LIST, "{\"header\":{},\"kvs\":7}"), ETCD_BAD);
    ck_assert_int_eq(read_as(VDIR_LIST, LISTED(KV("eA==", "eA==", "\"1\""))), ETCD_BAD); /* nobody asked for "x" */
    ck_assert_int_eq(read_as(VDIR_REPLACE, "{\"header\":{}}"), ETCD_CHANGED);
    ck_assert_int_eq(read_as(VDIR_REPLACE, "{\"header\":{},\"succeeded\":true}"), ETCD_OK);
    ck_assert_int_eq(read_as(VDIR_REPLACE, "{\"succeeded\":true}"), ETCD_BAD);
}
END_TEST

/* What can be read of the rest is. */
START_TEST(entries_that_are_none) {
    static const char *const kvs[] = {KV(KEY_A, "e", "\"1\""),     KV(KEY_A, "eA==", "1"),
                                      KV(KEY_A, "eA==", "\"-1\""), KV(KEY_A, "eA==", "\"\""),
                                      KV(KEY_A, "e===", "\"1\""),  KV(KEY_A, "====", "\"1\"")};
    char text[400];
    for (unsigned i = 0; i < sizeof kvs / sizeof kvs[0]; i++) {
        struct vdir_op op = {.kind = VDIR_FETCH, .count = 1, .keys = {{"/a", 2}}, .row = count_row};
        uint64_t bad = 0;
        rows = 0;
        snprintf(text, sizeof text, FETCHED("%s"), kvs[i]);
        ck_assert_int_eq(etcd_answer(&op, text, strlen(text), &bad), ETCD_OK);
        ck_assert_msg(bad == 1 && rows == 1, "%s", kvs[i]); /* there is something, and nobody knows what */
        op.kind = VDIR_LIST;
        snprintf(text, sizeof text, LISTED("%s"), kvs[i]);
        ck_assert_int_eq(etcd_answer(&op, text, strlen(text), &bad), ETCD_OK);
        ck_assert_msg(bad == 2 && rows == 2, "%s", kvs[i]);
    }
    ck_assert_int_eq(read_as(VDIR_FETCH, FETCHED(KV(KEY_A, "eA==", "\"1\""))), ETCD_OK);
    ck_assert_uint_eq(rows, 1);
    ck_assert_int_eq(read_as(VDIR_FETCH, FETCHED("")), ETCD_OK);
    ck_assert_uint_eq(rows, 0);
}
END_TEST

/* No beginning of an answer crashes, or is taken for another answer. */
START_TEST(answers_that_break_off) {
    static const char text[] = FETCHED(KV(KEY_A, "eA==", "\"1\""));
    for (size_t size = 0; size < sizeof text - 1; size++) {
        struct vdir_op op = {.kind = VDIR_FETCH, .count = 1, .keys = {{"/a", 2}}, .row = count_row};
        uint64_t bad = 0;
        ck_assert_int_eq(etcd_answer(&op, text, size, &bad), ETCD_BAD);
    }
}
END_TEST

START_TEST(complaints_are_read) {
    char words[20];
    const char text[] = "{\"error\":\"etcdserver: request timed out\",\"code\":14}";
    etcd_complaint(words, sizeof words, text, sizeof text - 1);
    ck_assert_str_eq(words, "etcdserver: request");
    etcd_complaint(words, sizeof words, "<html>", 6);
    ck_assert_str_eq(words, "");
    etcd_complaint(words, sizeof words, "not so\n", 7);
    ck_assert_str_eq(words, "not so");
    etcd_complaint(words, sizeof words, "\xff\x01", 2);
    ck_assert_str_eq(words, "");
    etcd_complaint(words, sizeof words, "", 0);
    ck_assert_str_eq(words, "");
}
END_TEST

START_TEST(base64_of_all_lengths) {
    uint8_t octets[64], back[64];
    char text[BASE64_TEXT(64)];
    for (unsigned i = 0; i < 64; i++)
        octets[i] = (uint8_t)(i * 37 + 200);
    for (size_t size = 0; size <= 64; size++) {
        base64_encode(text, octets, size);
        ck_assert_uint_eq(strlen(text), BASE64_TEXT(size) - 1);
        ck_assert_int_eq(base64_decode(back, sizeof back, text, strlen(text)), (int)size);
        ck_assert_mem_eq(back, octets, size);
        if (size > 0)
            ck_assert_int_eq(base64_decode(back, size - 1, text, strlen(text)), -1);
    }
    base64_encode(text, "any carnal pleas", 16);
    ck_assert_str_eq(text, "YW55IGNhcm5hbCBwbGVhcw==");
    static const char *const bad[] = {"A", "AA", "AAA", "A===", "====", "AA=A", "A=AA", "AAA\n", "AA-_"};
    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ck_assert_msg(base64_decode(back, sizeof back, bad[i], strlen(bad[i])) == -1, "%s", bad[i]);
}
END_TEST

static Suite *make(void) {
    Suite *suite = suite_create("a directory in a cluster");
    TCase *tcase = tcase_create("all");
    tcase_add_test(tcase, addresses_that_are_none_are_refused);
    tcase_add_test(tcase, good_addresses_are_taken);
    tcase_add_test(tcase, logins_that_are_none_are_refused);
    tcase_add_test(tcase, answers_to_a_login);
    tcase_add_test(tcase, a_member_that_is_down_is_passed_over);
    tcase_add_test(tcase, without_any_member_there_is_no_answer);
    tcase_add_test(tcase, a_member_that_is_silent_is_not_waited_for);
    tcase_add_test(tcase, rows_that_others_have_written);
    tcase_add_test(tcase, answers_that_are_none);
    tcase_add_test(tcase, entries_that_are_none);
    tcase_add_test(tcase, answers_that_break_off);
    tcase_add_test(tcase, complaints_are_read);
    tcase_add_test(tcase, base64_of_all_lengths);
    suite_add_tcase(suite, tcase);
    return suite;
}

int main(void) { return stores_main(make); }
