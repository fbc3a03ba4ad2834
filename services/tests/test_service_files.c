/* SPDX-License-Identifier: BSD-2-Clause */
/* test_service_files.c - FILE_STAT and FILE_READ, and that nothing outside the directory can be reached. */
#define _GNU_SOURCE
#include <check.h>
#include <suite.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "beneath.h"
#include "support/pair.h"

static struct pair p;
static char root[64]; /* holds "outside" and the directory "served" */
static int root_fd, served_fd;
static uint8_t content[40000];

static void put(int dir, const char *name, size_t size) {
    int fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, content, size), (ssize_t)size);
    close(fd);
}

static void setup(void) {
    struct vtest_options options;
    char served[80];
    strcpy(root, "/tmp/vtest-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(root));
    vtest_pattern(content, sizeof content, 4);
    root_fd = open(root, O_RDONLY | O_DIRECTORY);
    ck_assert_int_eq(mkdirat(root_fd, "served", 0755), 0);
    served_fd = openat(root_fd, "served", O_RDONLY | O_DIRECTORY);
    put(root_fd, "outside", 10);
    put(served_fd, "file", sizeof content);
    put(served_fd, "empty", 0);
    ck_assert_int_eq(mkdirat(served_fd, "sub", 0755), 0);
    put(served_fd, "sub/inner", 100);
    ck_assert_int_eq(symlinkat("sub/inner", served_fd, "good-link"), 0);
    ck_assert_int_eq(symlinkat("../outside", served_fd, "bad-link"), 0);
    ck_assert_int_eq(symlinkat("..", served_fd, "bad-directory"), 0);
    ck_assert_int_eq(symlinkat("/etc/passwd", served_fd, "absolute-link"), 0);
    ck_assert_int_eq(mkfifoat(served_fd, "fifo", 0644), 0);
    snprintf(served, sizeof served, "%s/served", root);
    vtest_options_init(&options);
    options.files = served;
    pair_begin(&p, &options);
}

static void teardown(void) {
    static const char *const files[] = {"file",     "empty",         "sub/inner",     "good-link",
                                        "bad-link", "bad-directory", "absolute-link", "fifo"};
    pair_end(&p);
    for (unsigned i = 0; i < sizeof files / sizeof files[0]; i++)
        unlinkat(served_fd, files[i], 0);
    unlinkat(served_fd, "sub", AT_REMOVEDIR);
    unlinkat(root_fd, "outside", 0);
    unlinkat(root_fd, "served", AT_REMOVEDIR);
    close(served_fd);
    close(root_fd);
    ck_assert_int_eq(rmdir(root), 0);
}

static uint32_t stat_named(const char *name) {
    return pair_do(&p, VMTP_TEST_FILE_STAT, NULL, name, (uint32_t)strlen(name));
}

static uint32_t read_named(const char *name, uint64_t offset, uint32_t length) {
    uint32_t words[7] = {(uint32_t)(offset >> 32), (uint32_t)offset, length};
    return pair_do(&p, VMTP_TEST_FILE_READ, words, name, (uint32_t)strlen(name));
}

static uint64_t version_on_disk(const char *name) {
    struct stat st;
    ck_assert_int_eq(fstatat(served_fd, name, &st, 0), 0);
    return (uint64_t)st.st_mtim.tv_sec * 1000000000u + (uint64_t)st.st_mtim.tv_nsec;
}

/* TEST-5.2-01 */
START_TEST(stat_returns_size_and_version) {
    ck_assert_uint_eq(stat_named("file"), VMTP_OK);
    ck_assert_uint_eq(vmtp_words_get64(pair_answer(&p)->message.words), sizeof content);
    ck_assert_uint_eq(vmtp_words_get64(pair_answer(&p)->message.words + 2), version_on_disk("file"));
    ck_assert_uint_eq(pair_answer(&p)->size, 0);
    ck_assert_uint_eq(stat_named("empty"), VMTP_OK);
    ck_assert_uint_eq(vmtp_words_get64(pair_answer(&p)->message.words), 0);
    ck_assert_uint_eq(stat_named("sub/inner"), VMTP_OK);
    ck_assert_uint_eq(vmtp_words_get64(pair_answer(&p)->message.words), 100);
}
END_TEST

/* TEST-5.3-01, TEST-5.3-03 */
START_TEST(read_returns_what_is_there) {
    static const struct {
        uint64_t offset;
        uint32_t length, octets;
    } reads[] = {{0, 16384, 16384},
                 {0, 0, 0},
                 {1, 511, 511},
                 {16384, 16384, 16384},
                 {32768, 16384, 7232},
                 {39999, 5, 1},
                 {40000, 16384, 0},
                 {40001, 1, 0},
                 {0xffffffffffffffff, 16384, 0},
                 {0x7fffffffffffffff, 1, 0}};
    for (unsigned i = 0; i < sizeof reads / sizeof reads[0]; i++) {
        ck_assert_uint_eq(read_named("file", reads[i].offset, reads[i].length), VMTP_OK);
        const struct pair_call *a = pair_answer(&p);
        ck_assert_uint_eq(a->size, reads[i].octets);
        if (a->size > 0)
            ck_assert_mem_eq(a->area, content + reads[i].offset, a->size);
        ck_assert_int_eq((a->message.code & VMTP_SDA) != 0, a->size > 0);
        ck_assert_uint_eq(a->message.words[4], vtest_crc32(a->area, a->size));
        ck_assert_uint_eq(vmtp_words_get64(a->message.words), sizeof content);
    }
}
END_TEST

/* TEST-5.3-02 */
START_TEST(read_has_a_limit) { ck_assert_uint_eq(read_named("file", 0, 16385), VMTP_TEST_BAD_ARGUMENT); }
END_TEST

/* TEST-5.3-04 */
START_TEST(a_change_shows) {
    const struct timespec times[2] = {{.tv_sec = 1000}, {.tv_sec = 1000, .tv_nsec = 5}};
    ck_assert_uint_eq(read_named("file", 0, 100), VMTP_OK);
    uint64_t before = vmtp_words_get64(pair_answer(&p)->message.words + 2);
    put(served_fd, "file", 30000);
    ck_assert_int_eq(utimensat(served_fd, "file", times, 0), 0);
    ck_assert_uint_eq(read_named("file", 0, 100), VMTP_OK);
    ck_assert_uint_eq(vmtp_words_get64(pair_answer(&p)->message.words), 30000);
    ck_assert_uint_ne(vmtp_words_get64(pair_answer(&p)->message.words + 2), before);
    ck_assert_uint_eq(vmtp_words_get64(pair_answer(&p)->message.words + 2), 1000000000005u);
}
END_TEST

/* TEST-5.1-01 */
START_TEST(bad_names_are_bad_arguments) {
    static const char *const names[] = {"/file",      "file/",       "sub//inner", ".",     "..",
                                        "../outside", "sub/../file", "./file",     "sub/.", "/"};
    char longest[VTEST_NAME_MAX + 1];
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
        ck_assert_uint_eq(stat_named(names[i]), VMTP_TEST_BAD_ARGUMENT);
        ck_assert_uint_eq(read_named(names[i], 0, 10), VMTP_TEST_BAD_ARGUMENT);
        ck_assert_uint_eq(pair_answer(&p)->size, 0);
    }
    ck_assert_uint_eq(stat_named(""), VMTP_TEST_BAD_ARGUMENT);
    ck_assert_uint_eq(pair_do(&p, VMTP_TEST_FILE_STAT, NULL, "fi\0le", 5), VMTP_TEST_BAD_ARGUMENT);
    memset(longest, 'a', sizeof longest);
    ck_assert_uint_eq(pair_do(&p, VMTP_TEST_FILE_STAT, NULL, longest, VTEST_NAME_MAX), VMTP_TEST_NO_FILE);
    ck_assert_uint_eq(pair_do(&p, VMTP_TEST_FILE_STAT, NULL, longest, VTEST_NAME_MAX + 1), VMTP_TEST_BAD_ARGUMENT);
}
END_TEST

/* TEST-5.1-02, TEST-5.1-03 */
START_TEST(nothing_outside_is_shown) {
    static const char *const names[] = {
        "none", "sub", "fifo", "bad-link", "absolute-link", "bad-directory/outside", "file/below", "sub/none"};
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
        ck_assert_uint_eq(stat_named(names[i]), VMTP_TEST_NO_FILE);
        ck_assert_uint_eq(read_named(names[i], 0, 10), VMTP_TEST_NO_FILE);
        ck_assert_uint_eq(pair_answer(&p)->size, 0);
    }
}
END_TEST

START_TEST(without_a_directory_there_are_no_files) {
    pair_end(&p);
    pair_begin(&p, NULL);
    ck_assert_uint_eq(stat_named("file"), VMTP_TEST_NO_FILE);
}
END_TEST

/* Both ways to open: the kernel's, and ours for kernels that have none (which refuses every link). TEST-5.1-02 */
START_TEST(both_ways_stay_beneath) {
    static const struct {
        const char *name;
        int opens, walks;
    } cases[] = {{"file", 1, 1},     {"sub/inner", 1, 1},     {"good-link", 1, 0},
                 {"bad-link", 0, 0}, {"absolute-link", 0, 0}, {"bad-directory/outside", 0, 0},
                 {"none", 0, 0},     {"file/below", 0, 0}};
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int fd = beneath_open(served_fd, cases[i].name);
        ck_assert_int_eq(fd >= 0, cases[i].opens);
        if (fd >= 0)
            close(fd);
        fd = beneath_open_walk(served_fd, cases[i].name);
        ck_assert_int_eq(fd >= 0, cases[i].walks);
        if (fd >= 0)
            close(fd);
    }
}
END_TEST

/* How often what it watches was opened since the last time. */
static unsigned times_opened(int watch) {
    char events[4096];
    ssize_t n = read(watch, events, sizeof events);
    return n < 0 ? 0 : (unsigned)((size_t)n / sizeof(struct inotify_event));
}

static int watch_opening(const char *name) {
    char path[128];
    int watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    ck_assert_int_ge(watch, 0);
    snprintf(path, sizeof path, "%s/served/%s", root, name);
    ck_assert_int_ge(inotify_add_watch(watch, path, IN_OPEN), 0);
    return watch;
}

/* Opening a FIFO wakes its writer, opening a device may do anything: it is not tried.  TEST-5.1-03 */
START_TEST(what_is_no_file_is_not_opened) {
    int fifo = watch_opening("fifo"), file = watch_opening("file");
    ck_assert_uint_eq(stat_named("fifo"), VMTP_TEST_NO_FILE);
    ck_assert_uint_eq(read_named("fifo", 0, 10), VMTP_TEST_NO_FILE);
    ck_assert_int_eq(beneath_open(served_fd, "fifo"), -1);
    ck_assert_int_eq(errno, ENXIO);
    ck_assert_int_eq(beneath_open_walk(served_fd, "fifo"), -1);
    ck_assert_int_eq(errno, ENXIO);
    ck_assert_int_eq(beneath_open(served_fd, "sub"), -1);
    ck_assert_int_eq(errno, ENXIO);
    ck_assert_uint_eq(times_opened(fifo), 0);
    ck_assert_uint_eq(stat_named("file"), VMTP_OK);
    ck_assert_uint_eq(times_opened(file), 1);
    close(fifo);
    close(file);
}
END_TEST

START_TEST(no_descriptor_is_lost) {
    int before = dup(0);
    close(before);
    for (unsigned i = 0; i < 50; i++) {
        read_named("file", 0, 10);
        stat_named("bad-link");
        stat_named("fifo");
        beneath_open_walk(served_fd, "fifo");
        beneath_open_walk(served_fd, "sub/none");
        beneath_open_walk(served_fd, "none/none");
    }
    int after = dup(0);
    close(after);
    ck_assert_int_eq(before, after);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("test service: files");
    TCase *all = tcase_create("all");
    tcase_add_checked_fixture(all, setup, teardown);
    tcase_add_test(all, stat_returns_size_and_version);
    tcase_add_test(all, read_returns_what_is_there);
    tcase_add_test(all, read_has_a_limit);
    tcase_add_test(all, a_change_shows);
    tcase_add_test(all, bad_names_are_bad_arguments);
    tcase_add_test(all, nothing_outside_is_shown);
    tcase_add_test(all, without_a_directory_there_are_no_files);
    tcase_add_test(all, both_ways_stay_beneath);
    tcase_add_test(all, what_is_no_file_is_not_opened);
    tcase_add_test(all, no_descriptor_is_lost);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
