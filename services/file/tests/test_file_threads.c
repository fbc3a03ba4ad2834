/* SPDX-License-Identifier: BSD-2-Clause */
/* Threads that wait for the disk: the same answers, later; and instances that end meanwhile. */
#define _GNU_SOURCE
#include "support/files.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static struct said many[24];

static void begin(void) {
    const struct file_config config = {.threads = 3};
    files_begin_with(&config, "served");
}

/* The threads do not know of virtual time. */
static const struct said *finish(struct said *s) {
    while (!is_answered(s))
        shelf_run(MS);
    return s;
}

static void forget_cache(const char *path) {
    const int fd = open(path, O_RDONLY);
    ck_assert_int_ge(fd, 0);
    fsync(fd);
    posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
    close(fd);
}

static void read_later(struct said *s, uint32_t number, uint32_t block) {
    const uint32_t words[7] = {number, 0, block, 0, 16384};
    ask_later(s, &files.a, UIO_READ_INSTANCE, words, NULL, 0, 0);
}

/* UIO-6.1-01 */
START_TEST(reads_of_what_is_on_the_disk) {
    begin();
    put_octets(at("file"), 24 * 16384 - 1);
    forget_cache(at("file"));
    const uint32_t number = must_open("file", UIO_MODE_READ);
    for (uint32_t i = 0; i < 24; i++)
        read_later(&many[i], number, i);
    for (uint32_t i = 0; i < 24; i++) {
        finish(&many[i]);
        ck_assert_uint_eq(many[i].code, VMTP_OK);
        ck_assert_uint_eq(many[i].size, i < 23 ? 16384 : 16383);
        ck_assert_uint_eq(many[i].words[3], i < 23 ? 0 : UIO_END);
        uint32_t n = 0;
        for (uint32_t p = i * 16384; n < many[i].size && many[i].octets[n] == ((p * 7 + p / 251) & 0xff); p++)
            n++;
        ck_assert_uint_eq(n, many[i].size);
    }
    ck_assert_uint_eq(FILE_COUNT(reads), 24);
    files_end();
}
END_TEST

/* UIO-6.2-08, UIO-6.3-03 */
START_TEST(writes_and_syncs) {
    begin();
    const uint32_t number = must_open("file", RW | UIO_MODE_CREATE);
    for (uint32_t i = 0; i < 12; i++) {
        const uint32_t words[7] = {number, 0, 0, 0, UIO_WRITE_APPEND | (i % 2 ? UIO_WRITE_SYNC : 0)};
        ask_later(&many[i], &files.a, UIO_WRITE_INSTANCE, words, "0123456789", 10, 0);
    }
    uint32_t seen = 0;
    for (uint32_t i = 0; i < 12; i++) {
        ck_assert_uint_eq(finish(&many[i])->code, VMTP_OK);
        seen |= 1u << many[i].words[3] / 10;
    }
    ck_assert_uint_eq(seen, 0xfff); /* each at a place of its own */
    const uint32_t words[7] = {number, UIO_MASK_STABLE};
    ask_later(&many[0], &files.a, UIO_MODIFY_INSTANCE, words, NULL, 0, 0);
    ck_assert_uint_eq(finish(&many[0])->instance.object.size, 120);
    ck_assert_uint_eq(FILE_COUNT(syncs), 7);
    files_end();
}
END_TEST

static void commit_later(struct said *s, uint32_t number) {
    const uint32_t words[7] = {number, UIO_MASK_COMMIT};
    ask_later(s, &files.a, UIO_MODIFY_INSTANCE, words, NULL, 0, 0);
}

/* UIO-6.6-01: while others read */
START_TEST(commits_while_others_read) {
    begin();
    put_octets(at("file"), 20 * 16384);
    const uint32_t reader = must_open("file", UIO_MODE_READ);
    const uint32_t t = must_open("file", RW | UIO_MODE_TRANSACTION);
    uint8_t data[16384];
    for (unsigned round = 0; round < 5; round++) {
        memset(data, (int)('a' + round), sizeof data);
        ck_assert_uint_eq(write_at(&files.a, t, 3, 0, 0, data, sizeof data)->code, VMTP_OK);
        forget_cache(at("file"));
        for (uint32_t i = 0; i < 8; i++)
            read_later(&many[i], reader, i);
        for (uint32_t i = 8; i < 12; i++)
            read_later(&many[i], t, i - 7);
        commit_later(&many[20], t);
        ck_assert_uint_eq(finish(&many[20])->code, VMTP_OK);
        for (uint32_t i = 0; i < 12; i++)
            ck_assert_uint_eq(finish(&many[i])->size, 16384);
        read_later(&many[0], reader, 3);
        ck_assert_mem_eq(finish(&many[0])->octets, data, sizeof data);
    }
    ck_assert_uint_eq(FILE_COUNT(commits), 5);
    files_end();
}
END_TEST

static void write_later(struct said *s, uint32_t number, uint32_t block, const char *text) {
    const uint32_t words[7] = {number, 0, block};
    ask_later(s, &files.a, UIO_WRITE_INSTANCE, words, text, (uint32_t)strlen(text), 0);
}

/* UIO-6.6-01: what comes while the copy is made waits for it, and others do not wait */
START_TEST(changes_wait_for_the_copy) {
    begin();
    put_octets(at("file"), 3000 * 16384);
    const uint32_t reader = must_open("file", UIO_MODE_READ);
    const uint32_t t = must_open("file", RW | UIO_MODE_TRANSACTION);
    for (uint32_t i = 0; i < 10; i++)
        write_later(&many[i], t, i, "first");
    for (uint32_t i = 10; i < 20; i++)
        write_later(&many[i], t, i - 10, "2nd");
    read_later(&many[20], reader, 2);
    for (uint32_t i = 0; i < 21; i++)
        ck_assert_uint_eq(finish(&many[i])->code, VMTP_OK);
    ck_assert_uint_eq(many[20].octets[0], (2 * 16384 * 7 + 2 * 16384 / 251) & 0xff);
    ck_assert_uint_eq(FILE_COUNT(copies), 1);
    commit_later(&many[0], t);
    ck_assert_uint_eq(finish(&many[0])->code, VMTP_OK);
    for (uint32_t i = 0; i < 10; i++) {
        read_later(&many[i], reader, i);
        ck_assert_mem_eq(finish(&many[i])->octets, "2ndst", 5);
    }
    files_end();
}
END_TEST

/* Released while its copy is made, and while others of its changes wait for that */
START_TEST(released_while_the_copy_is_made) {
    for (unsigned round = 0; round < 8; round++) {
        begin();
        put_octets(at("file"), 500 * 16384);
        const uint32_t t = must_open("file", RW | UIO_MODE_TRANSACTION);
        for (uint32_t i = 0; i < 10; i++)
            write_later(&many[i], t, i, "x");
        shelf_run(round * 30 * VMTP_MICROSECOND);
        const uint32_t words[7] = {t};
        ask_later(&many[21], &files.b, UIO_RELEASE_INSTANCE, words, NULL, 0, 0);
        ck_assert_uint_eq(finish(&many[21])->code, VMTP_OK);
        for (uint32_t i = 0; i < 10; i++)
            ck_assert(finish(&many[i])->code == UIO_STALE || many[i].code == VMTP_OK);
        files_end();
    }
}
END_TEST

/* Instances released, and a manager closed, in the middle of everything: nothing is answered twice, nothing touched that is gone */
START_TEST(instances_that_end_meanwhile) {
    for (unsigned round = 0; round < 20; round++) {
        begin();
        put_octets(at("file"), 24 * 16384);
        forget_cache(at("file"));
        const uint32_t number = must_open("file", UIO_MODE_READ), t = must_open("file", RW | UIO_MODE_TRANSACTION);
        ck_assert_uint_eq(write_at(&files.a, t, 0, 0, 0, "x", 1)->code, VMTP_OK);
        commit_later(&many[20], t);
        for (uint32_t i = 0; i < 12; i++)
            read_later(&many[i], i % 2 ? t : number, i);
        shelf_run(round * 20 * VMTP_MICROSECOND);
        const uint32_t words[7] = {round % 2 ? number : t};
        if (round % 3) {
            ask_later(&many[21], &files.b, UIO_RELEASE_INSTANCE, words, NULL, 0, 0);
            finish(&many[21]);
            for (uint32_t i = 0; i < 12; i++) {
                finish(&many[i]);
                ck_assert(many[i].code == VMTP_OK || many[i].code == UIO_STALE);
            }
            finish(&many[20]);
        }
        files_end();
        for (uint32_t i = 0; i < 24; i++)
            vipc_cancel(&many[i].call);
    }
}
END_TEST

START_TEST(too_many_threads) {
    struct file_config config = {.directory = "/", .threads = 17};
    struct file_manager *f;
    begin();
    ck_assert_int_eq(file_open(&f, files.manager, &config), VMTP_E_INVALID);
    config.threads = 0;
    config.directory = "/this/is/not/there";
    ck_assert_int_eq(file_open(&f, files.manager, &config), VMTP_E_SYSTEM);
    config.directory = "/";
    config.block_size = UIO_TRANSFER_OCTETS + 1;
    ck_assert_int_eq(file_open(&f, files.manager, &config), VMTP_E_INVALID);
    ck_assert_ptr_null(f);
    file_close(NULL);
    file_free(NULL);
    files_end();
}
END_TEST

int main(void) {
    const TTest *const tests[] = {reads_of_what_is_on_the_disk,
                                  writes_and_syncs,
                                  commits_while_others_read,
                                  changes_wait_for_the_copy,
                                  released_while_the_copy_is_made,
                                  instances_that_end_meanwhile,
                                  too_many_threads};
    TCase *tc = tcase_create("threads");
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++)
        tcase_add_test(tc, tests[i]);
    return shelf_main(tc, "file_threads");
}
