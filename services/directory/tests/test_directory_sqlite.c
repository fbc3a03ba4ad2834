/* SPDX-License-Identifier: BSD-2-Clause */
/* test_directory_sqlite.c - what is special about files: those that are none, those of others, and those that somebody else is writing. */
#define _DEFAULT_SOURCE
#include <check.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "support/stores.h"

static const uint64_t never[2] = {0, 0};
static char error[300];

static void refuses(const char *file, const char *words) {
    vdir_store *store = (vdir_store *)error;
    ck_assert_int_eq(vdir_sqlite_open(&store, file, error, sizeof error), -1);
    ck_assert_ptr_null(store);
    ck_assert_msg(strstr(error, words) != NULL, "%s", error);
    ck_assert_ptr_null(strchr(error, '\n'));
}

static sqlite3 *open_beside(const char *file) {
    sqlite3 *db = NULL;
    ck_assert_int_eq(sqlite3_open(file, &db), SQLITE_OK);
    return db;
}

static void run(sqlite3 *db, const char *text) {
    char *why = NULL;
    ck_assert_msg(sqlite3_exec(db, text, NULL, NULL, &why) == SQLITE_OK, "%s: %s", text, why);
}

START_TEST(what_is_no_file_is_refused) {
    refuses("", "no name of a file");
    refuses(":memory:", "no name of a file");
    refuses("/nowhere/names", "No such file or directory");
    refuses("/", "cannot use /: ");
    FILE *text = fopen(stores_other_file(), "w");
    ck_assert_ptr_nonnull(text);
    for (int i = 0; i < 100; i++)
        fputs("This is a letter to somebody.\n", text);
    fclose(text);
    refuses(stores_other_file(), "file is not a database");
}
END_TEST

START_TEST(databases_of_others_are_left_alone) {
    sqlite3 *db = open_beside(stores_other_file());
    run(db, "CREATE TABLE names (prefix)");
    refuses(stores_other_file(), "another program");
    run(db, "PRAGMA application_id = 0x56444952; PRAGMA user_version = 2");
    refuses(stores_other_file(), "version 2");
    run(db, "SELECT prefix FROM names");
    sqlite3_close(db);
}
END_TEST

/* SQLite finds these before those of the C library. */
static unsigned synced;

__attribute__((visibility("default"))) int fdatasync(int fd) {
    synced++;
    return (int)syscall(SYS_fdatasync, fd);
}

__attribute__((visibility("default"))) int fsync(int fd) {
    synced++;
    return (int)syscall(SYS_fsync, fd);
}

/* NAME-9-01: before it is told that it is done */
START_TEST(a_commit_is_on_the_disk) {
    vdir_store *store = stores_open(STORES_SQLITE);
    for (unsigned i = 0; i < 5; i++) {
        unsigned before = synced;
        stores_put(store, "/a", i % 2 == 0, "r");
        ck_assert_uint_gt(synced, before);
    }
    sqlite3 *db = open_beside(stores_file());
    sqlite3_stmt *statement = NULL;
    ck_assert_int_eq(sqlite3_prepare_v2(db, "PRAGMA journal_mode", -1, &statement, NULL), SQLITE_OK);
    ck_assert_int_eq(sqlite3_step(statement), SQLITE_ROW);
    ck_assert_str_eq((const char *)sqlite3_column_text(statement, 0), "wal");
    sqlite3_finalize(statement);
    sqlite3_close(db);
    vdir_store_close(store);
}
END_TEST

static void note(struct vdir_op *op, enum vdir_result result) { *(int *)op->context = 1 + (int)result; }

static struct vdir_op write_of(const char *prefix, int *told, vmtp_time deadline) {
    struct vdir_op op = {.kind = VDIR_REPLACE, .count = 1, .registered = 1, .record = (const uint8_t *)"r", .size = 1};
    op.keys[0] = (struct vdir_key){prefix, (uint32_t)strlen(prefix)};
    op.deadline = deadline;
    op.done = note;
    op.context = told;
    return op;
}

START_TEST(who_finds_it_locked_waits) {
    int told[3] = {0};
    vdir_store *store = stores_open(STORES_SQLITE);
    sqlite3 *db = open_beside(stores_file());
    struct vdir_op first = write_of("/a", &told[0], VMTP_SECOND),
                   second = write_of("/b", &told[1], 500 * VMTP_MILLISECOND),
                   third = write_of("/c", &told[2], VMTP_SECOND);
    run(db, "BEGIN IMMEDIATE");
    vdir_store_start(store, &first, 0);
    vdir_store_start(store, &second, 0);
    vdir_store_start(store, &third, 0);
    ck_assert_uint_gt(vdir_store_deadline(store), 0);
    ck_assert_uint_lt(vdir_store_deadline(store), 100 * VMTP_MILLISECOND);
    vdir_store_cancel(&third);
    vdir_store_turn(store, 499 * VMTP_MILLISECOND);
    ck_assert_int_eq(told[0] + told[1], 0);
    vdir_store_turn(store, 500 * VMTP_MILLISECOND);
    ck_assert_int_eq(told[0], 0);
    ck_assert_int_eq(told[1], 1 + VDIR_NOT_NOW);
    ck_assert_uint_eq(stores_fetch(store, "/a", NULL, 0)->count, 0); /* reading goes on */
    run(db, "COMMIT");
    vdir_store_turn(store, VMTP_SECOND);
    ck_assert_int_eq(told[0], 1 + VDIR_DONE);
    ck_assert_int_eq(told[2], 0);
    ck_assert_uint_eq(vdir_store_deadline(store), VMTP_NEVER);
    ck_assert_uint_eq(stores_list(store, NULL, 9)->count, 1);
    sqlite3_close(db);
    vdir_store_close(store);
}
END_TEST

static sqlite3 *holder;
static unsigned slept;

static int let_go(sqlite3_vfs *vfs, int microseconds) {
    (void)vfs;
    if (slept++ == 2)
        run(holder, "COMMIT");
    return microseconds;
}

/* Two that make the same file: the other one has it while this one comes. */
START_TEST(who_makes_it_beside_another_waits) {
    vdir_store *store = NULL;
    sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
    ck_assert_int_eq(unlink(stores_file()), 0);
    holder = open_beside(stores_file());
    run(holder, "BEGIN IMMEDIATE");
    vfs->xSleep = let_go;
    ck_assert_msg(vdir_sqlite_open(&store, stores_file(), error, sizeof error) == 0, "%s", error);
    ck_assert_uint_eq(slept, 3);
    vdir_store_close(store);
    sqlite3_close(holder);
}
END_TEST

START_TEST(rows_of_other_types_have_no_record) {
    vdir_store *store = stores_open(STORES_SQLITE);
    sqlite3 *db = open_beside(stores_file());
    run(db, "INSERT INTO names VALUES (CAST('/a' AS BLOB), 'x', 1, x'00')");
    run(db, "INSERT INTO names VALUES (CAST('/b' AS BLOB), 1, 1, 'text')");
    run(db, "INSERT INTO names VALUES (CAST('/c' AS BLOB), 1, 1, 17.5)");
    const struct stores_answer *a = stores_list(store, NULL, 9);
    ck_assert_int_eq(a->result, VDIR_DONE);
    ck_assert_uint_eq(a->count, 3);
    for (unsigned i = 0; i < 3; i++)
        ck_assert_uint_eq(a->rows[i].size, 0);
    ck_assert_uint_eq(vdir_store_counts(store)->bad_answers, 3);
    sqlite3_close(db);
    vdir_store_close(store);
}
END_TEST

START_TEST(a_file_that_breaks_is_no_answer) {
    vdir_store *store = stores_open(STORES_SQLITE);
    sqlite3 *db = open_beside(stores_file());
    run(db, "DROP TABLE names");
    ck_assert_int_eq(stores_fetch(store, "/a", NULL, 0)->result, VDIR_NOT_NOW);
    ck_assert_int_eq(stores_list(store, NULL, 1)->result, VDIR_NOT_NOW);
    ck_assert_int_eq(stores_replace(store, "/a", never, 1, "r"), VDIR_UNSURE);
    ck_assert_ptr_nonnull(strstr(vdir_store_error(store), "no such table"));
    ck_assert_uint_eq(vdir_store_counts(store)->failures, 3);
    ck_assert_uint_eq(vdir_store_counts(store)->not_now, 3);
    sqlite3_close(db);
    vdir_store_close(store);
}
END_TEST

static void choose_files(void) { vdir_store_close(stores_open(STORES_SQLITE)); }

static Suite *make(void) {
    Suite *suite = suite_create("a directory in a file");
    TCase *tcase = tcase_create("all");
    tcase_add_checked_fixture(tcase, choose_files, NULL);
    tcase_add_test(tcase, what_is_no_file_is_refused);
    tcase_add_test(tcase, databases_of_others_are_left_alone);
    tcase_add_test(tcase, a_commit_is_on_the_disk);
    tcase_add_test(tcase, who_finds_it_locked_waits);
    tcase_add_test(tcase, who_makes_it_beside_another_waits);
    tcase_add_test(tcase, rows_of_other_types_have_no_record);
    tcase_add_test(tcase, a_file_that_breaks_is_no_answer);
    suite_add_tcase(suite, tcase);
    return suite;
}

int main(void) { return stores_main_without_etcd(make); }
