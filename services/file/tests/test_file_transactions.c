/* SPDX-License-Identifier: BSD-2-Clause */
/* Transactions on files. */
#define _GNU_SOURCE
#include "support/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define T (RW | UIO_MODE_TRANSACTION)

/* Names in the directory served: nothing is left over. */
static unsigned names(void) {
    unsigned n = 0;
    DIR *d = opendir(files.root);
    ck_assert_ptr_nonnull(d);
    while (readdir(d))
        n++;
    closedir(d);
    return n - 2;
}

/* UIO-6.6-01, UIO-6.6-02, UIO-6.6-04 */
START_TEST(all_in_one_step) {
    files_begin();
    put(at("file"), "hello, world");
    ck_assert_int_eq(chmod(at("file"), 0751), 0);
    const uint32_t reader = create(&files.b, "/files/file", UIO_MODE_READ);
    const uint64_t before = query(&files.b, reader)->instance.object.version;
    uint32_t t = must_open("file", T);
    write_at(&files.a, t, 0, 0, 0, "HELLO", 5);
    write_at(&files.a, t, 0, 0, UIO_WRITE_APPEND, "!", 1);
    CHECK_TEXT(read_at(&files.a, t, 0, 0, 100), "HELLO, world!");
    CHECK_TEXT(read_at(&files.b, reader, 0, 0, 100), "hello, world");
    check_file(at("file"), "hello, world");
    ck_assert_uint_eq(query(&files.a, t)->instance.object.size, 13);
    ck_assert_uint_eq(query(&files.a, t)->instance.object.version, before);
    ck_assert_uint_eq(modify(&files.a, t, UIO_MASK_COMMIT, 0, 0)->code, VMTP_OK);
    check_file(at("file"), "HELLO, world!");
    CHECK_TEXT(read_at(&files.b, reader, 0, 0, 100), "HELLO, world!"); /* everybody, also who has it open */
    const struct said *s = query(&files.b, reader);
    ck_assert_uint_ne(s->instance.object.version, before);
    ck_assert_uint_eq(s->instance.object.number, on_name(UIO_QUERY_OBJECT, "file", 0, 0, NULL, 0)->object.number);
    ck_assert_uint_eq(on_name(UIO_QUERY_OBJECT, "file", 0, 0, NULL, 0)->object.permissions, 0751);
    /* a second one, by the same instance, taken back; a third, dropped */
    write_at(&files.a, t, 0, 0, 0, "xxxxx", 5);
    modify(&files.a, t, UIO_MASK_TAKE_BACK, 0, 0);
    CHECK_TEXT(read_at(&files.a, t, 0, 0, 5), "HELLO");
    write_at(&files.a, t, 0, 0, 0, "yyyyy", 5);
    ck_assert_uint_eq(release(&files.a, t, 0)->code, VMTP_OK);
    check_file(at("file"), "HELLO, world!");
    ck_assert_uint_eq(names(), 1);
    /* the size, and nothing at all */
    t = must_open("file", T | UIO_MODE_TRUNCATE);
    ck_assert_uint_eq(query(&files.a, t)->instance.object.size, 0);
    check_file(at("file"), "HELLO, world!");
    write_at(&files.a, t, 0, 0, 0, "new", 3);
    ck_assert_uint_eq(release(&files.a, t, 1)->code, VMTP_OK);
    check_file(at("file"), "new");
    t = must_open("file", T);
    ck_assert_uint_eq(release(&files.a, t, 1)->code, VMTP_OK);
    ck_assert_uint_eq(FILE_COUNT(commits), 2);
    files_end();
}
END_TEST

static void left_over(char *name, size_t room, const char *as) {
    struct stat st;
    put(at("new"), "half");
    ck_assert_int_eq(stat(at("new"), &st), 0);
    if (as)
        snprintf(name, room, "%s", as);
    else
        snprintf(name, room, ".commit-%016llx", (unsigned long long)st.st_ino);
    ck_assert_int_eq(rename(at("new"), at(name)), 0);
}

/* UIO-6.6-01: what a manager leaves that ends in the middle of a commit goes when the next one begins, and nothing else does */
START_TEST(leftovers) {
    static const char others[] = ".commit-0123456789abcdef";
    const struct file_config config = {.directory = files.root};
    const struct file_config read_only = {.directory = files.root, .read_only = 1};
    struct file_manager *next = NULL;
    char left[40], locked[40], stays[40];
    files_begin();
    left_over(left, sizeof left, NULL);
    left_over(locked, sizeof locked, NULL);
    left_over(stays, sizeof stays, others);
    const int fd = open(at(locked), O_RDONLY);
    ck_assert_int_eq(flock(fd, LOCK_EX), 0); /* as by one who is at it */
    ck_assert_int_eq(file_open(&next, files.manager, &read_only), 0);
    ck_assert_uint_eq(names(), 3);
    file_close(next);
    ck_assert_int_eq(file_open(&next, files.manager, &config), 0);
    ck_assert_uint_eq(file_counters(next)->swept, 1);
    check_file(at(locked), "half");
    check_file(at(stays), "half");
    ck_assert_uint_eq(names(), 2);
    file_close(next);
    close(fd);
    files_end();
}
END_TEST

/* UIO-6.6-03: changed by another client, by another program, replaced, removed */
START_TEST(conflicts) {
    files_begin();
    for (unsigned how = 0; how < 5; how++) {
        put(at("file"), "hello");
        const uint32_t t = must_open("file", T);
        write_at(&files.a, t, 0, 0, 0, "HELLO, HELLO", 12);
        put(at("replacement"), "other");
        switch (how) {
        case 0: write_at(&files.b, create(&files.b, "/files/file", UIO_MODE_WRITE), 0, 0, 0, "first", 5); break;
        case 1: put(at("file"), "first"); break;
        case 2: ck_assert_int_eq(rename(at("replacement"), at("file")), 0); break;
        case 3: ck_assert_int_eq(unlink(at("file")), 0); break;
        default:
            ck_assert_uint_eq(release(&files.b, create(&files.b, "/files/file", T | UIO_MODE_TRUNCATE), 1)->code,
                              VMTP_OK);
        }
        check_refused(modify(&files.a, t, UIO_MASK_COMMIT, 0, 0), UIO_CONFLICT);
        const char *const left[] = {"first", "first", "other", NULL, ""};
        if (left[how])
            check_file(at("file"), left[how]);
        CHECK_TEXT(read_at(&files.a, t, 0, 0, 100), "HELLO, HELLO");
        check_refused(write_at(&files.a, t, 0, 0, 0, "x", 1), UIO_CONFLICT);
        release(&files.a, t, 0);
    }
    ck_assert_uint_eq(FILE_COUNT(conflicts), 5);
    files_end();
}
END_TEST

/* UIO-6.6-06 */
START_TEST(a_file_that_is_made_by_the_commit) {
    files_begin();
    uint32_t t = must_open("new", T | UIO_MODE_CREATE);
    write_at(&files.a, t, 0, 0, 0, "hello", 5);
    ck_assert_uint_eq(names(), 0);
    release(&files.a, t, 0);
    ck_assert_uint_eq(names(), 0);
    t = must_open("new", T | UIO_MODE_CREATE);
    write_at(&files.a, t, 0, 0, 0, "hello", 5);
    modify(&files.a, t, UIO_MASK_TAKE_BACK, 0, 0);
    ck_assert_uint_eq(query(&files.a, t)->instance.object.size, 0);
    write_at(&files.a, t, 0, 0, 0, "HELLO", 5);
    ck_assert_uint_eq(modify(&files.a, t, UIO_MASK_COMMIT, 0, 0)->code, VMTP_OK);
    check_file(at("new"), "HELLO");
    write_at(&files.a, t, 0, 0, 0, "again", 5);
    ck_assert_uint_eq(release(&files.a, t, 1)->code, VMTP_OK);
    check_file(at("new"), "again");
    ck_assert_uint_eq(on_name(UIO_QUERY_OBJECT, "new", 0, 0, NULL, 0)->object.permissions, 0644);
    /* two of the same name: the second is too late */
    t = must_open("race", T | UIO_MODE_CREATE);
    const uint32_t u = create(&files.b, "/files/race", T | UIO_MODE_CREATE);
    ck_assert_uint_eq(release(&files.b, u, 1)->code, VMTP_OK);
    check_refused(release(&files.a, t, 1), UIO_CONFLICT);
    ck_assert_uint_eq(names(), 2);
    files_end();
}
END_TEST

static const struct said *modify_as(uint32_t number, uint32_t mask, const struct uio_object *object) {
    const uint32_t words[7] = {number, mask};
    uint8_t octets[UIO_OBJECT_HEAD];
    return ask(&files.a, UIO_MODIFY_INSTANCE, words, octets, uio_object_encode(octets, sizeof octets, object), 0);
}

/* UIO-6.6-05: what is not written is modified at once, before, between and after writes, and by others it is a conflict */
START_TEST(looks_are_the_object_s) {
    struct stat st;
    files_begin();
    put(at("file"), "hello");
    ck_assert_int_eq(chmod(at("file"), 0644), 0);
    const uint64_t number = on_name(UIO_QUERY_OBJECT, "file", 0, 0, NULL, 0)->object.number;
    const uint32_t t = must_open("file", T);
    struct uio_object o = {.permissions = 0640, .changed = 1000000000};
    ck_assert_uint_eq(modify_as(t, UIO_MASK_PERMISSIONS, &o)->instance.object.permissions, 0640);
    write_at(&files.a, t, 0, 0, UIO_WRITE_APPEND, "!", 1);
    const struct uio_object *seen = &query(&files.a, t)->instance.object;
    ck_assert_uint_eq(seen->permissions, 0640);
    ck_assert_uint_eq(seen->names, 1);
    ck_assert_uint_eq(seen->size, 6);
    ck_assert_uint_eq(seen->number, number);
    o.permissions = 0604;
    ck_assert_uint_eq(modify_as(t, UIO_MASK_PERMISSIONS | UIO_MASK_MTIME, &o)->instance.object.permissions, 0604);
    ck_assert_int_eq(stat(at("file"), &st), 0);
    ck_assert_int_eq(st.st_mode & 07777, 0604);
    check_file(at("file"), "hello");
    ck_assert_uint_eq(modify(&files.a, t, UIO_MASK_COMMIT, 0, 0)->code, VMTP_OK);
    check_file(at("file"), "hello!");
    ck_assert_int_eq(stat(at("file"), &st), 0);
    ck_assert_int_eq(st.st_mode & 07777, 0604);
    ck_assert_int_eq(st.st_mtim.tv_sec, 1);
    write_at(&files.a, t, 0, 0, UIO_WRITE_APPEND, "!", 1);
    ck_assert_int_eq(chmod(at("file"), 0600), 0);
    ck_assert_uint_eq(modify_as(t, UIO_MASK_PERMISSIONS, &o)->code, VMTP_OK); /* does not hide the other's */
    check_refused(release(&files.a, t, 1), UIO_CONFLICT);
    files_end();
}
END_TEST

/* UIO-6.6-06: locks are the object's, before and after the commit */
START_TEST(locks_go_with_the_file) {
    files_begin();
    put(at("file"), "hello");
    const uint32_t holder = create(&files.b, "/files/file", RW), t = must_open("file", T);
    ck_assert_uint_eq(lock(&files.b, holder, UIO_LOCK_EXCLUSIVE, 0, 1, 0, 3)->code, VMTP_OK);
    write_at(&files.a, t, 0, 0, 0, "HELLO", 5);
    ck_assert_uint_eq(modify(&files.a, t, UIO_MASK_COMMIT, 0, 0)->code, VMTP_OK);
    ck_assert_uint_eq(lock(&files.a, must_open("file", RW), UIO_LOCK_SHARED, 0, 1, 2, 1)->code, UIO_LOCKED);
    ck_assert_uint_eq(write_at(&files.b, holder, 0, 0, 0, "from", 4)->code, VMTP_OK);
    check_file(at("file"), "fromO");
    files_end();
}
END_TEST

/* UIO-9.1-02: a file with two names cannot be replaced under both; one without room for a copy stays as it is. */
START_TEST(transactions_that_cannot_be) {
    files_begin();
    put(at("file"), "hello");
    ck_assert_int_eq(link(at("file"), at("other")), 0);
    check_refused(open_as("file", T), UIO_UNSUPPORTED);
    ck_assert_uint_eq(on_name(UIO_QUERY_OBJECT, "file", 0, 0, NULL, 0)->object.attributes & UIO_TRANSACTION, 0);
    ck_assert_int_eq(unlink(at("other")), 0);
    ck_assert_uint_ne(on_name(UIO_QUERY_OBJECT, "file", 0, 0, NULL, 0)->object.attributes & UIO_TRANSACTION, 0);
    ck_assert_int_eq(symlink("file", at("other")), 0);
    check_refused(open_as("other", T), UIO_UNSUPPORTED);
    put_octets(at("large"), 30000);
    const struct rlimit limit = {20000, RLIM_INFINITY}, none = {RLIM_INFINITY, RLIM_INFINITY};
    const uint32_t t = must_open("large", T);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    check_refused(write_at(&files.a, t, 0, 0, 0, "x", 1), UIO_TOO_LARGE);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &none), 0);
    ck_assert_uint_eq(write_at(&files.a, t, 0, 0, 0, "x", 1)->code, VMTP_OK);
    ck_assert_uint_eq(query(&files.a, t)->instance.object.size, 30000);
    release(&files.a, t, 1);
    ck_assert_uint_eq(names(), 3);
    files_end();
}
END_TEST

/* UIO-6.6-04, UIO-2.3-06: a client that dies in the middle */
START_TEST(a_transaction_of_a_dead_owner) {
    files_begin();
    put(at("file"), "hello");
    const uint32_t t = must_open("file", T | UIO_MODE_LOCK_EXCLUSIVE);
    write_at(&files.a, t, 0, 0, 0, "HELLO", 5);
    asker_close(&files.a);
    shelf_run(120 * SECONDS);
    check_file(at("file"), "hello");
    ck_assert_uint_eq(names(), 1);
    create(&files.b, "/files/file", T | UIO_MODE_LOCK_EXCLUSIVE);
    asker_on(&files.a, files.b.node, files.b.server);
    files_end();
}
END_TEST

int main(void) {
    const TTest *const tests[] = {all_in_one_step,
                                  leftovers,
                                  conflicts,
                                  a_file_that_is_made_by_the_commit,
                                  looks_are_the_object_s,
                                  locks_go_with_the_file,
                                  transactions_that_cannot_be,
                                  a_transaction_of_a_dead_owner};
    TCase *tc = tcase_create("transactions");
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++)
        tcase_add_test(tc, tests[i]);
    return shelf_main(tc, "file_transactions");
}
