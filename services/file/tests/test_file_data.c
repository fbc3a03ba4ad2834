/* SPDX-License-Identifier: BSD-2-Clause */
/* Files: read, written, changed, made shorter, on a full disk. */
#define _GNU_SOURCE
#include "support/files.h"

#include "file/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* UIO-9.1-02, UIO-2.2-01, UIO-2.2-03, UIO-2.1-01, UIO-8-04 */
START_TEST(what_a_file_is) {
    files_begin();
    put_octets(at("file"), 40000);
    const struct said *s = open_as("file", RW);
    ck_assert_uint_eq(s->code, VMTP_OK);
    ck_assert_uint_eq(s->instance.attributes, UIO_READABLE | UIO_WRITEABLE | UIO_STORAGE | UIO_RANDOM_ACCESS |
                                                  UIO_OFFSET | UIO_MULTI_BLOCK | UIO_SIZED | UIO_LOCKS);
    ck_assert_uint_eq(s->instance.block_size, 16384);
    ck_assert_uint_eq(s->instance.last_block, 2);
    ck_assert_uint_eq(s->instance.last_octets, 40000 - 2 * 16384);
    ck_assert_uint_eq(s->instance.object.type, UIO_TYPE_FILE);
    ck_assert_uint_eq(s->instance.object.size, 40000);
    ck_assert_uint_eq(s->instance.object.names, 1);
    ck_assert_uint_eq(s->instance.object.name_length, 4);
    struct stat st;
    ck_assert_int_eq(stat(at("file"), &st), 0);
    ck_assert_uint_eq(s->instance.object.number, st.st_ino);
    ck_assert_uint_eq(s->instance.object.permissions, st.st_mode & 07777);
    const uint32_t number = s->words[0];
    for (uint32_t i = 0; i < 3; i++) {
        s = read_at(&files.a, number, i, 0, 16384);
        ck_assert_uint_eq(s->size, i < 2 ? 16384 : 40000 - 2 * 16384);
        ck_assert_uint_eq(s->words[3], i == 2 ? UIO_END : 0);
        for (uint32_t n = 0; n < s->size; n++) {
            const uint32_t p = i * 16384 + n;
            ck_assert_uint_eq(s->octets[n], (p * 7 + p / 251) & 0xff);
        }
    }
    s = open_as("file", UIO_MODE_READ | UIO_MODE_TRANSACTION | UIO_MODE_WRITE);
    ck_assert(s->instance.attributes & UIO_TRANSACTION);
    files_end();
}
END_TEST

/* UIO-6.2-01, UIO-6.2-02, UIO-6.2-04, UIO-6.1-10, UIO-6.2-10 */
START_TEST(writes_arrive_in_the_file) {
    files_begin();
    const uint32_t number = must_open("new", RW | UIO_MODE_CREATE);
    ck_assert_uint_eq(write_at(&files.a, number, 0, 5, 0, "world", 5)->code, VMTP_OK);
    ck_assert_uint_eq(write_at(&files.b, number, 0, 0, 0, "hello", 5)->code, VMTP_OK);
    const struct said *s = write_at(&files.a, number, 9, 9, UIO_WRITE_APPEND, "!", 1);
    ck_assert_uint_eq(s->words[0], 1);
    ck_assert_uint_eq(s->words[2], 0);
    ck_assert_uint_eq(s->words[3], 10);
    check_file(at("new"), "helloworld!");
    ck_assert_uint_eq(write_at(&files.a, number, 1, 0, UIO_WRITE_SYNC, "far", 3)->code, VMTP_OK);
    struct stat st;
    ck_assert_int_eq(stat(at("new"), &st), 0);
    ck_assert_int_eq(st.st_size, 16387);
    ck_assert_int_eq(st.st_mode & 0777, 0644);
    s = read_at(&files.a, number, 0, 11, 16373);
    for (unsigned i = 0; i < s->size; i++)
        ck_assert_uint_eq(s->octets[i], 0);
    const uint32_t append = must_open("new", UIO_MODE_WRITE | UIO_MODE_APPEND | UIO_MODE_TRUNCATE);
    ck_assert_uint_eq(write_at(&files.a, append, 7, 7, 0, "one", 3)->words[3], 0);
    put(at("new"), "ones");
    ck_assert_uint_eq(write_at(&files.a, append, 7, 7, 0, "two", 3)->words[3], 4);
    check_file(at("new"), "onestwo");
    ck_assert_uint_eq(FILE_COUNT(writes), 6);
    files_end();
}
END_TEST

/* UIO-3.1-02: another size, another time */
START_TEST(versions_differ) {
    uint64_t seen[100];
    files_begin();
    const uint32_t number = must_open("file", RW | UIO_MODE_CREATE);
    for (unsigned i = 0; i < 100; i++) {
        const struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = 1700000000, .tv_nsec = i}};
        if (i < 50)
            write_at(&files.a, number, 0, 0, UIO_WRITE_APPEND, "x", 1);
        else
            ck_assert_int_eq(utimensat(AT_FDCWD, at("file"), times, 0), 0);
        seen[i] = query(&files.a, number)->instance.object.version;
        ck_assert_uint_eq(on_name(UIO_QUERY_OBJECT, "file", 0, 0, NULL, 0)->object.version, seen[i]);
        for (unsigned n = 0; n < i; n++)
            ck_assert_uint_ne(seen[n], seen[i]);
    }
    files_end();
}
END_TEST

/* UIO-3.1-02: a clock that stands still, one that goes, one that somebody has set */
START_TEST(times_move_with_every_change) {
    int64_t should;
    ck_assert_int_eq(file_moved(1000, 1000, &should), 0);
    ck_assert_int_eq(should, 1001);
    ck_assert_int_eq(file_moved(1001, 1000, &should), 0); /* the clock still stands where it stood before the last one */
    ck_assert_int_eq(should, 1002);
    ck_assert_int_eq(file_moved(1002, 4001000, &should), 1);
    ck_assert_int_eq(file_moved(4000000000000000000, 1700000000000000000, &should), 1);
    files_begin();
    const uint32_t number = must_open("file", RW | UIO_MODE_CREATE);
    uint64_t seen[40];
    for (unsigned i = 0; i < 40; i++) {
        if (i % 4 == 3)
            modify(&files.a, number, UIO_MASK_SIZE, i % 8 == 3 ? 0 : 1, 0);
        else
            write_at(&files.a, number, 0, 0, 0, i % 2 ? "x" : "y", 1);
        seen[i] = query(&files.a, number)->instance.object.version;
        for (unsigned n = 0; n < i; n++)
            ck_assert_uint_ne(seen[n], seen[i]);
    }
    const struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = 4000000000}};
    ck_assert_int_eq(utimensat(AT_FDCWD, at("file"), times, 0), 0);
    write_at(&files.a, number, 0, 0, 0, "z", 1);
    ck_assert_int_lt(query(&files.a, number)->instance.object.changed, 4000000000000000000);
    files_end();
}
END_TEST

/* UIO-9.1-04: made shorter by another while it is read */
START_TEST(a_file_that_gets_shorter) {
    files_begin();
    put_octets(at("file"), 200000);
    const uint32_t number = must_open("file", UIO_MODE_READ);
    ck_assert_uint_eq(read_at(&files.a, number, 0, 0, 65536)->size, 65536);
    ck_assert_int_eq(truncate(at("file"), 70000), 0);
    const struct said *s = read_at(&files.a, number, 4, 0, 65536);
    ck_assert_uint_eq(s->code, VMTP_OK);
    ck_assert_uint_eq(s->size, 70000 - 65536);
    ck_assert_uint_eq(s->words[3], UIO_END);
    s = read_at(&files.a, number, 8, 0, 65536);
    ck_assert_uint_eq(s->words[0], 0);
    ck_assert_uint_eq(s->words[3], UIO_END);
    ck_assert_int_eq(truncate(at("file"), 0), 0);
    ck_assert_uint_eq(read_at(&files.a, number, 0, 0, 1)->words[3], UIO_END);
    ck_assert_uint_eq(query(&files.a, number)->instance.object.size, 0);
    /* removed: it lives on in the instance, UIO-5.2-04 */
    put(at("file"), "last words");
    ck_assert_int_eq(unlink(at("file")), 0);
    CHECK_TEXT(read_at(&files.a, number, 0, 0, 100), "last words");
    files_end();
}
END_TEST

/* UIO-6.3-02, UIO-5.2-02 */
START_TEST(sizes_permissions_and_times) {
    files_begin();
    put(at("file"), "hello, world");
    const uint32_t number = must_open("file", RW);
    ck_assert_uint_eq(modify(&files.a, number, UIO_MASK_SIZE, 5, 0)->instance.object.size, 5);
    modify(&files.a, number, UIO_MASK_SIZE, 8, 0);
    ck_assert_uint_eq(read_at(&files.a, number, 0, 0, 100)->size, 8);
    struct stat st;
    struct uio_object o = {.permissions = 04751, .changed = -1500000000, .used = 1234567890123456789};
    const struct said *s = modify_name("file", UIO_MASK_PERMISSIONS | UIO_MASK_MTIME | UIO_MASK_ATIME, 0, &o);
    ck_assert_uint_eq(s->code, VMTP_OK);
    ck_assert_uint_eq(s->object.permissions, 04751);
    ck_assert_int_eq(s->object.changed, -1500000000);
    ck_assert_int_eq(s->object.used, 1234567890123456789);
    ck_assert_int_eq(stat(at("file"), &st), 0);
    ck_assert_int_eq(st.st_mtim.tv_sec, -2);
    ck_assert_int_eq(st.st_mtim.tv_nsec, 500000000);
    ck_assert_uint_eq(modify_name("file", UIO_MASK_MTIME_NOW, 0, &o)->code, VMTP_OK);
    ck_assert_int_eq(stat(at("file"), &st), 0);
    ck_assert_int_gt(st.st_mtim.tv_sec, 1000000000);
    o.size = 3;
    s = modify_name("file", UIO_MASK_SIZE | UIO_MASK_MTIME, 0, &o);
    ck_assert_uint_eq(s->object.size, 3);
    ck_assert_int_eq(s->object.changed, -1500000000);
    check_refused(modify_name("none", UIO_MASK_SIZE, 0, &o), VNAME_NOT_FOUND);
    ck_assert_int_eq(mkdir(at("dir"), 0755), 0);
    check_refused(modify_name("dir", UIO_MASK_SIZE, 0, &o), UIO_IS_CONTEXT);
    files_end();
}
END_TEST

/* UIO-5.2-03: one thing cannot be done, so none is */
START_TEST(all_or_nothing) {
    files_begin();
    put(at("file"), "hello");
    struct uio_object o = {.permissions = 0600, .size = (uint64_t)1 << 62, .changed = 5};
    const struct said *s = modify_name("file", UIO_MASK_PERMISSIONS | UIO_MASK_MTIME | UIO_MASK_SIZE, 0, &o);
    check_refused(s, UIO_TOO_LARGE);
    struct stat st;
    ck_assert_int_eq(stat(at("file"), &st), 0);
    ck_assert_int_eq(st.st_mode & 07777, 0644);
    ck_assert_int_gt(st.st_mtim.tv_sec, 1000000000);
    ck_assert_int_eq(st.st_size, 5);
    files_end();
}
END_TEST

/* UIO-6.2-07 and what is larger than this process may write: a disk that is full looks the same, but for the code */
START_TEST(storage_that_ends) {
    uint8_t data[8192] = {1};
    files_begin();
    const uint32_t number = must_open("file", RW | UIO_MODE_CREATE);
    struct rlimit limit = {20000, RLIM_INFINITY};
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    ck_assert_uint_eq(write_at(&files.a, number, 0, 0, 0, data, 8192)->words[0], 8192);
    ck_assert_uint_eq(write_at(&files.a, number, 0, 8192, 0, data, 8192)->words[0], 8192);
    const struct said *s = write_at(&files.a, number, 1, 0, 0, data, 8192);
    ck_assert_uint_eq(s->code, VMTP_OK);
    ck_assert_uint_eq(s->words[0], 20000 - 16384);
    check_refused(write_at(&files.a, number, 1, 20000 - 16384, 0, data, 8192), UIO_TOO_LARGE);
    check_refused(modify(&files.a, number, UIO_MASK_SIZE, 30000, 0), UIO_TOO_LARGE);
    ck_assert_uint_eq(FILE_COUNT(short_writes), 1);
    limit.rlim_cur = RLIM_INFINITY;
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    ck_assert_uint_eq(query(&files.a, number)->instance.object.size, 20000);
    files_end();
}
END_TEST

static int write_text(const char *path, const char *text) {
    const int fd = open(path, O_WRONLY);
    const ssize_t n = fd < 0 ? -1 : write(fd, text, strlen(text));
    if (fd >= 0)
        close(fd);
    return n == (ssize_t)strlen(text) ? 0 : -1;
}

/* Mounts of our own from now on.  0, or this process may have none. */
static int own_mounts(void) {
    char map[64];
    const unsigned user = geteuid(), group = getegid();
    if (unshare(CLONE_NEWNS) < 0) {
        if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0 || write_text("/proc/self/setgroups", "deny") < 0)
            return -1;
        snprintf(map, sizeof map, "0 %u 1", user);
        if (write_text("/proc/self/uid_map", map) < 0)
            return -1;
        snprintf(map, sizeof map, "0 %u 1", group);
        if (write_text("/proc/self/gid_map", map) < 0)
            return -1;
    }
    return mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
}

/* Bad input: a full disk.  UIO-6.2-07, UIO-4-05, UIO-6.6-01 */
START_TEST(a_full_disk) {
    static uint8_t data[65536];
    if (own_mounts() < 0) {
        fprintf(stderr, "no file system of our own: not tested\n");
        return;
    }
    files_begin();
    ck_assert_int_eq(mkdir(at("small"), 0755), 0);
    ck_assert_int_eq(mount("small", at("small"), "tmpfs", 0, "size=128k,nr_inodes=20,mode=0755"), 0);
    uint32_t number = must_open("small/file", RW | UIO_MODE_CREATE), taken = 0;
    const struct said *s;
    do {
        s = write_at(&files.a, number, taken / 16384, taken % 16384, 0, data, 65536);
        taken += s->code == VMTP_OK ? s->words[0] : 0;
    } while (s->code == VMTP_OK);
    check_refused(s, UIO_NO_SPACE);
    ck_assert_uint_eq(taken, 131072);
    ck_assert_uint_eq(query(&files.a, number)->instance.object.size, taken);
    check_refused(write_at(&files.a, number, 0, 0, UIO_WRITE_APPEND, data, 1), UIO_NO_SPACE);
    ck_assert_uint_eq(read_at(&files.a, number, 7, 0, 16384)->size, 16384);
    /* a transaction finds no room for its copy, and changes nothing */
    const uint32_t t = must_open("small/file", RW | UIO_MODE_TRANSACTION);
    check_refused(write_at(&files.a, t, 0, 0, 0, "x", 1), UIO_NO_SPACE);
    s = read_at(&files.a, t, 0, 0, 1);
    ck_assert_uint_eq(s->size, 1);
    ck_assert_uint_eq(s->octets[0], 0);
    release(&files.a, t, 0);
    /* no room for more objects */
    unsigned made = 0;
    do {
        char name[32];
        snprintf(name, sizeof name, "small/%u", made++);
        s = on_name(UIO_CREATE_OBJECT, name, UIO_TYPE_FILE, 0600, NULL, 0);
        ck_assert_uint_lt(made, 100);
    } while (s->code == VMTP_OK);
    check_refused(s, UIO_NO_SPACE);
    check_refused(open_as("small/more", RW | UIO_MODE_CREATE), UIO_NO_SPACE);
    check_refused(rename_to("small/file", "elsewhere", 0), UIO_CROSS); /* UIO-5.2-06: another file system */
    ck_assert_uint_eq(modify(&files.a, number, UIO_MASK_SIZE, 1, 0)->code, VMTP_OK);
    ck_assert_uint_eq(write_at(&files.a, number, 1, 0, 0, data, 16384)->words[0], 16384);
    release(&files.a, number, 0);
    ck_assert_int_eq(umount2(at("small"), MNT_DETACH), 0);
    files_end();
}
END_TEST

/* UIO-9.1-05 */
START_TEST(read_only) {
    const struct file_config config = {.read_only = 1};
    files_begin_with(&config, "served");
    put(at("file"), "hello");
    ck_assert_int_eq(mkdir(at("dir"), 0755), 0);
    const struct said *s = open_as("file", UIO_MODE_READ);
    ck_assert_uint_eq(s->code, VMTP_OK);
    ck_assert(!(s->instance.object.attributes & (UIO_WRITEABLE | UIO_SIZED | UIO_TRANSACTION)));
    const uint32_t number = s->words[0];
    CHECK_TEXT(read_at(&files.a, number, 0, 0, 100), "hello");
    ck_assert_uint_eq(open_as("file", UIO_MODE_READ | UIO_MODE_CREATE)->code, VMTP_OK);
    check_refused(open_as("file", RW), UIO_READ_ONLY);
    check_refused(open_as("file", RW | UIO_MODE_TRUNCATE), UIO_READ_ONLY);
    check_refused(open_as("new", RW | UIO_MODE_CREATE), UIO_READ_ONLY);
    check_refused(open_as("new", UIO_MODE_READ | UIO_MODE_CREATE), UIO_READ_ONLY);
    check_refused(on_name(UIO_REMOVE_OBJECT, "file", 0, 0, NULL, 0), UIO_READ_ONLY);
    check_refused(on_name(UIO_REMOVE_OBJECT, "dir", UIO_TYPE_CONTEXT, 0, NULL, 0), UIO_READ_ONLY);
    check_refused(on_name(UIO_CREATE_OBJECT, "d", UIO_TYPE_CONTEXT, 0755, NULL, 0), UIO_READ_ONLY);
    check_refused(on_name(UIO_CREATE_OBJECT, "l", UIO_TYPE_LINK, 0, "x", 1), UIO_READ_ONLY);
    check_refused(rename_to("file", "other", 0), UIO_READ_ONLY);
    const struct uio_object o = {.permissions = 0};
    check_refused(modify_name("file", UIO_MASK_PERMISSIONS, 0, &o), UIO_READ_ONLY);
    check_refused(modify(&files.a, number, UIO_MASK_PERMISSIONS, 0, 0), UIO_READ_ONLY);
    check_file(at("file"), "hello");
    ck_assert_int_ne(access(at("new"), F_OK), 0);
    files_end();
}
END_TEST

/* Bad input: 100,000 opens by one client; descriptors are not leaked, others are not harmed */
START_TEST(a_hundred_thousand_opens) {
    struct rlimit limit;
    files_begin();
    put(at("file"), "hello");
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    const rlim_t before = limit.rlim_cur;
    limit.rlim_cur = 500; /* less than the owner may have: the system's limit is an answer, too */
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    unsigned open_ones = 0, refused = 0;
    for (unsigned i = 0; i < 100000; i++) {
        const struct said *s = open_as("file", UIO_MODE_READ);
        open_ones += s->code == VMTP_OK;
        refused += s->code == UIO_TOO_MANY;
    }
    ck_assert_uint_eq(open_ones + refused, 100000);
    ck_assert_uint_gt(open_ones, 400);
    limit.rlim_cur = before < 2000 && limit.rlim_max >= 2000 ? 2000 : before;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    const uint32_t theirs = create(&files.b, "/files/file", UIO_MODE_READ);
    CHECK_TEXT(read_at(&files.b, theirs, 0, 0, 100), "hello");
    files_end();
}
END_TEST

/* UIO-9.1-03: neither opened, nor waited for, nor woken up */
START_TEST(what_is_no_file) {
    files_begin();
    ck_assert_int_eq(mkfifo(at("fifo"), 0666), 0);
    ck_assert_int_eq(symlink("fifo", at("link")), 0);
    check_refused(open_as("fifo", UIO_MODE_READ), UIO_UNSUPPORTED);
    check_refused(open_as("fifo", UIO_MODE_WRITE), UIO_UNSUPPORTED);
    check_refused(open_as("link", RW), UIO_UNSUPPORTED);
    check_refused(open_as("link", UIO_MODE_READ | UIO_MODE_NO_FOLLOW), UIO_UNSUPPORTED);
    const struct said *s = on_name(UIO_QUERY_OBJECT, "fifo", 0, 0, NULL, 0);
    ck_assert_uint_eq(s->object.type, UIO_TYPE_PIPE);
    ck_assert_uint_eq(s->object.attributes, 0);
    if (geteuid() == 0 && mknod(at("null"), S_IFCHR | 0666, (1 << 8) | 3) == 0) {
        check_refused(open_as("null", UIO_MODE_WRITE), UIO_UNSUPPORTED);
        ck_assert_uint_eq(on_name(UIO_QUERY_OBJECT, "null", 0, 0, NULL, 0)->object.type, UIO_TYPE_DEVICE);
    }
    files_end();
}
END_TEST

START_TEST(errors_have_codes) {
    ck_assert_uint_eq(file_code(0), 0);
    for (int e = 1; e < 200; e++)
        ck_assert_uint_ne(file_code(e), 0);
    ck_assert_uint_eq(file_code(ENOSPC), UIO_NO_SPACE);
    ck_assert_uint_eq(file_code(EDQUOT), UIO_NO_SPACE);
    ck_assert_uint_eq(file_code(EIO), UIO_FAILED);
    for (unsigned i = 0; i < FILE_COUNTER_COUNT; i++)
        ck_assert(strlen(file_counter_name(i)) && strlen(file_counter_text(i)));
    ck_assert_ptr_null(file_counter_name(FILE_COUNTER_COUNT));
}
END_TEST

int main(void) {
    const TTest *const tests[] = {what_a_file_is,
                                  writes_arrive_in_the_file,
                                  versions_differ,
                                  times_move_with_every_change,
                                  a_file_that_gets_shorter,
                                  sizes_permissions_and_times,
                                  all_or_nothing,
                                  storage_that_ends,
                                  a_full_disk,
                                  read_only,
                                  a_hundred_thousand_opens,
                                  what_is_no_file,
                                  errors_have_codes};
    TCase *tc = tcase_create("data");
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++)
        tcase_add_test(tc, tests[i]);
    return shelf_main(tc, "file_data");
}
