/* SPDX-License-Identifier: BSD-2-Clause */
/* A log on disk: what is there after programs and machines have ended at the worst moment. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "log/log.h"
#include "testing/desk.h"

static struct desk desk;
static struct log_manager *records;
static char folder[64], file[80], old_file[80], new_file[80];
static uint64_t limit = LOG_LEAST_OCTETS;

#define COUNT(name) (log_counters(records)->name)

static int reopen(void) {
    const struct log_config config = {.file = file, .octets = limit};
    return log_open(&records, desk.manager, &config);
}

static void must_reopen(void) { ck_assert_int_eq(reopen(), 0); }

static void begin(void) {
    const char *tmp = getenv("TMPDIR");
    desk_prepare(&desk);
    desk_begin(&desk);
    snprintf(folder, sizeof folder, "%s/log-XXXXXX", tmp && strlen(tmp) < 40 ? tmp : "/tmp");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(file, sizeof file, "%s/log", folder);
    snprintf(old_file, sizeof old_file, "%s/log.1", folder);
    snprintf(new_file, sizeof new_file, "%s/log.new", folder);
    must_reopen();
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *where) {
    (void)st;
    (void)type;
    (void)where;
    return remove(path);
}

static void end(void) {
    log_close(records);
    desk_end(&desk);
    ck_assert_int_eq(nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

/* Record i has 0 to 39 octets, all of them letters that tell which it is. */
static uint32_t text_of(unsigned i, char text[64]) {
    const uint32_t octets = i * 7 % 40;
    memset(text, 'a' + (int)(i % 26), octets);
    return octets;
}

static void put(unsigned from, unsigned to) {
    char text[64];
    for (unsigned i = from; i < to; i++) {
        const uint32_t octets = text_of(i, text);
        ck_assert_uint_eq(log_append(records, text, octets), 0);
    }
}

/* By a client: the code; with VMTP_OK, it is what record i was. */
static uint32_t code_of(uint32_t instance, unsigned i) {
    char text[64];
    const struct said *s = read_at(&desk.a, instance, i, 0, LOG_RECORD_OCTETS);
    if (s->code == VMTP_OK)
        check_text(s, text, text_of(i, text));
    return s->code;
}

static uint32_t prefix_instance(void) {
    static char name[32];
    static unsigned names;
    if (names) /* of a log that has been closed */
        vname_manager_release(uio_manager_names(desk.manager), name, strlen(name), 0);
    snprintf(name, sizeof name, "/log%u", names++);
    desk_claim(&desk, name, log_context(records));
    return create(&desk.a, name, UIO_MODE_READ);
}

static void check_all(unsigned from, unsigned to) {
    const uint32_t instance = prefix_instance();
    ck_assert_uint_eq(log_first(records), from);
    ck_assert_uint_eq(log_next(records), to);
    for (unsigned i = from; i < to; i++)
        ck_assert_uint_eq(code_of(instance, i), VMTP_OK);
}

static off_t size_of(const char *path) {
    struct stat st;
    return stat(path, &st) < 0 ? -1 : st.st_size;
}

/* UIO-9.5-03 */
START_TEST(started_again) {
    begin();
    for (unsigned i = 0; i < 5; i++) {
        put(i * 100, i * 100 + 100);
        log_close(records);
        must_reopen();
        ck_assert_uint_eq(COUNT(found), i * 100 + 100);
        ck_assert_uint_eq(COUNT(cut) + COUNT(damaged), 0);
    }
    check_all(0, 500);
    end();
}
END_TEST

/* UIO-9.5-03, UIO-9.5-02: over many files */
START_TEST(started_again_with_old_ones) {
    begin();
    for (unsigned i = 0; i < 50; i++) {
        const uint64_t first = log_first(records);
        put(i * 100, i * 100 + 100);
        ck_assert_uint_ge(log_first(records), first);
        const uint64_t now = log_first(records);
        log_close(records);
        must_reopen();
        ck_assert_uint_eq(log_first(records), now);
        ck_assert_uint_eq(log_next(records), i * 100 + 100);
    }
    ck_assert_uint_gt(log_first(records), 1000);
    check_all((unsigned)log_first(records), 5000);
    ck_assert_int_le(size_of(file) + size_of(old_file), LOG_LEAST_OCTETS);
    ck_assert_int_eq(size_of(new_file), -1);
    end();
}
END_TEST

/* UIO-9.5-03: a program that is killed while it writes: what it had been told is there */
START_TEST(killed) {
    begin();
    log_close(records);
    unsigned last = 0;
    for (unsigned round = 0; round < 20; round++) {
        int told[2];
        ck_assert_int_eq(pipe(told), 0);
        const pid_t child = fork();
        ck_assert_int_ge(child, 0);
        if (!child) {
            char text[64];
            if (reopen() < 0)
                _exit(1);
            for (unsigned i = last;; i++) {
                const uint32_t octets = text_of(i, text);
                if (log_append(records, text, octets) || write(told[1], &i, sizeof i) != sizeof i)
                    _exit(1);
            }
        }
        close(told[1]);
        unsigned i = 0;
        for (unsigned n = 0; n < 50 + round * 131; n++)
            ck_assert_int_eq(read(told[0], &i, sizeof i), sizeof i);
        kill(child, SIGKILL);
        while (read(told[0], &i, sizeof i) == sizeof i)
            continue;
        close(told[0]);
        ck_assert_int_eq(waitpid(child, NULL, 0), child);
        must_reopen();
        ck_assert_uint_ge(log_next(records), i + 1);
        ck_assert_uint_le(log_next(records), i + 2); /* one that it was not told of */
        last = (unsigned)log_next(records);
        log_close(records);
    }
    must_reopen();
    check_all((unsigned)log_first(records), last);
    end();
}
END_TEST

static void copy(const char *from, const char *to, off_t size) {
    char octets[LOG_LEAST_OCTETS];
    const int in = open(from, O_RDONLY), out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    const ssize_t n = read(in, octets, (size_t)size);
    ck_assert_int_eq(n, size);
    ck_assert_int_eq(write(out, octets, (size_t)n), n);
    close(in);
    close(out);
}

/* UIO-9.5-04: the last write ended anywhere */
START_TEST(an_end_that_was_not_written) {
    char whole[80];
    begin();
    put(0, 10);
    const off_t before = size_of(file);
    put(10, 11);
    const off_t after = size_of(file);
    log_close(records);
    snprintf(whole, sizeof whole, "%s/whole", folder);
    ck_assert_int_eq(rename(file, whole), 0);
    ck_assert_int_gt(after, before + 16);
    for (off_t size = before; size <= after; size++) {
        copy(whole, file, size);
        must_reopen();
        ck_assert_uint_eq(log_next(records), size == after ? 11 : 10);
        ck_assert_uint_eq(COUNT(cut), size == after ? 0 : (uint64_t)(size - before));
        put((unsigned)log_next(records), 13);
        log_close(records);
        must_reopen();
        ck_assert_uint_eq(log_next(records), 13);
        ck_assert_uint_eq(COUNT(cut), 0);
        if (size % 16 == 0)
            check_all(0, 13);
        log_close(records);
    }
    must_reopen();
    end();
}
END_TEST

/* A file that ends in what looks like records does not have more than were written. */
START_TEST(an_end_that_somebody_has_made_up) {
    uint8_t made_up[64];
    begin();
    put(0, 3);
    const off_t size = size_of(file);
    memset(made_up, 0, sizeof made_up);
    made_up[15] = 3; /* record 3, of no octets, as far as its writer can know */
    log_close(records);
    for (unsigned i = 0; i < 256; i++) {
        const int fd = open(file, O_WRONLY);
        made_up[7] = (uint8_t)i;
        ck_assert_int_eq(pwrite(fd, made_up, sizeof made_up, size), sizeof made_up);
        close(fd);
        must_reopen();
        ck_assert_uint_eq(log_next(records), 3);
        ck_assert_uint_eq(COUNT(cut), sizeof made_up);
        log_close(records);
    }
    must_reopen();
    end();
}
END_TEST

/* One octet anywhere is another: at most the record that it is in is lost, and that is told. */
START_TEST(damaged_octets) {
    char whole[80];
    begin();
    put(0, 20);
    const off_t size = size_of(file);
    log_close(records);
    snprintf(whole, sizeof whole, "%s/whole", folder);
    ck_assert_int_eq(rename(file, whole), 0);
    for (off_t at = 32; at < size; at += 5) {
        copy(whole, file, size);
        const int fd = open(file, O_RDWR);
        uint8_t octet;
        ck_assert_int_eq(pread(fd, &octet, 1, at), 1);
        octet ^= 0x40;
        ck_assert_int_eq(pwrite(fd, &octet, 1, at), 1);
        close(fd);
        must_reopen();
        ck_assert_uint_ge(log_next(records), 19);
        if (log_next(records) == 19) { /* it was the last one, which has been cut off */
            ck_assert_uint_gt(COUNT(cut), 16);
        } else {
            ck_assert_uint_eq(COUNT(damaged), 1);
            ck_assert_uint_eq(COUNT(found), 19);
        }
        if (at % 3 == 0) {
            const uint32_t instance = prefix_instance();
            unsigned failed = 0;
            for (unsigned i = 0; i < log_next(records); i++) {
                const uint32_t code = code_of(instance, i);
                ck_assert(code == VMTP_OK || code == UIO_FAILED);
                failed += code == UIO_FAILED;
            }
            ck_assert_uint_eq(failed, log_next(records) - 19);
        }
        log_close(records);
    }
    copy(whole, file, size);
    must_reopen();
    check_all(0, 20);
    end();
}
END_TEST

/* The program ended while names were exchanged. */
START_TEST(names_half_exchanged) {
    begin();
    unsigned next = 0;
    while (size_of(old_file) < 0) {
        put(next, next + 1);
        next++;
    }
    put(next, next + 10);
    next += 10;
    const uint64_t first = log_first(records);
    log_close(records);
    /* the new one has not been begun */
    const int fd = open(new_file, O_WRONLY | O_CREAT, 0600);
    ck_assert_int_eq(write(fd, "VLOG", 4), 4);
    close(fd);
    must_reopen();
    check_all((unsigned)first, next);
    log_close(records);
    /* the one that is full has its new name, and the new one not yet */
    ck_assert_int_eq(rename(file, old_file), 0);
    must_reopen();
    ck_assert_uint_eq(log_next(records), next);
    put(next, next + 5);
    check_all(next - 11, next + 5);
    log_close(records);
    /* an old one that is not the one before it, or none at all, is of no use */
    ck_assert_int_eq(unlink(old_file), 0);
    must_reopen();
    check_all(next, next + 5);
    log_close(records);
    copy(file, old_file, size_of(file));
    must_reopen();
    ck_assert_uint_eq(COUNT(damaged), 1);
    check_all(next, next + 5);
    end();
}
END_TEST

/* UIO-9.5-06 */
START_TEST(a_full_disk) {
    static char large[5000];
    begin();
    put(0, 5);
    const struct rlimit none = {RLIM_INFINITY, RLIM_INFINITY};
    signal(SIGXFSZ, SIG_IGN);
    memset(large, 'x', sizeof large);
    for (unsigned room = 0; room < 6000; room += 500) {
        const struct rlimit some = {(rlim_t)size_of(file) + room, RLIM_INFINITY};
        const uint64_t next = log_next(records);
        /* Between these two calls nothing may be asserted: libcheck writes a file too. */
        const int limited = setrlimit(RLIMIT_FSIZE, &some);
        const uint32_t code = log_append(records, large, sizeof large);
        const int unlimited = setrlimit(RLIMIT_FSIZE, &none);
        ck_assert_int_eq(limited | unlimited, 0);
        ck_assert_uint_eq(code, room < 5016 ? UIO_NO_SPACE : 0);
        ck_assert_uint_eq(log_next(records), next + !code);
        if (code)
            put((unsigned)next, (unsigned)next + 1);
    }
    ck_assert_uint_eq(COUNT(errors), 11);
    log_close(records);
    must_reopen();
    ck_assert_uint_eq(log_next(records), 17);
    ck_assert_uint_eq(COUNT(cut) + COUNT(damaged), 0);
    const uint32_t instance = prefix_instance();
    for (unsigned i = 0; i < 16; i++)
        ck_assert_uint_eq(code_of(instance, i), VMTP_OK);
    check_text(read_at(&desk.a, instance, 16, 0, LOG_RECORD_OCTETS), large, sizeof large);
    end();
}
END_TEST

START_TEST(files_that_cannot_be) {
    struct log_manager *other;
    struct log_config config = {.file = file};
    begin();
    put(0, 5);
    ck_assert_int_eq(log_open(&other, desk.manager, &config), VMTP_E_SYSTEM);
    ck_assert_int_eq(errno, EBUSY);
    ck_assert_ptr_null(other);
    char strange[80];
    snprintf(strange, sizeof strange, "%s/strange", folder);
    const int fd = open(strange, O_WRONLY | O_CREAT, 0600);
    ck_assert_int_eq(write(fd, "root:x:0:0:root:/root:/bin/sh\nand more\n", 39), 39);
    config.file = strange;
    ck_assert_int_eq(log_open(&other, desk.manager, &config), VMTP_E_SYSTEM);
    ck_assert_int_eq(errno, EBADMSG);
    ck_assert_int_eq(size_of(strange), 39);
    ck_assert_int_eq(ftruncate(fd, 0), 0); /* an empty one is taken */
    close(fd);
    ck_assert_int_eq(log_open(&other, desk.manager, &config), 0);
    ck_assert_uint_eq(log_append(other, "x", 1), 0);
    log_close(other);
    config.file = "/nowhere/at/all";
    ck_assert_int_eq(log_open(&other, desk.manager, &config), VMTP_E_SYSTEM);
    ck_assert_int_eq(errno, ENOENT);
    config.file = folder;
    ck_assert_int_eq(log_open(&other, desk.manager, &config), VMTP_E_SYSTEM);
    ck_assert_int_eq(errno, EISDIR);
    end();
}
END_TEST

/* A limit that is another one than before. */
START_TEST(another_limit) {
    begin();
    put(0, 1000);
    log_close(records);
    limit = 4 * LOG_LEAST_OCTETS;
    must_reopen();
    put(1000, 5000);
    const uint64_t first = log_first(records);
    log_close(records);
    limit = LOG_LEAST_OCTETS;
    must_reopen();
    ck_assert_uint_eq(log_first(records), first);
    put(5000, 7000);
    ck_assert_int_le(size_of(file), LOG_LEAST_OCTETS / 2);
    check_all((unsigned)log_first(records), 7000);
    end();
}
END_TEST

int main(void) {
    TCase *c = tcase_create("storage");
    tcase_add_test(c, started_again);
    tcase_add_test(c, started_again_with_old_ones);
    tcase_add_test(c, killed);
    tcase_add_test(c, an_end_that_was_not_written);
    tcase_add_test(c, an_end_that_somebody_has_made_up);
    tcase_add_test(c, damaged_octets);
    tcase_add_test(c, names_half_exchanged);
    tcase_add_test(c, a_full_disk);
    tcase_add_test(c, files_that_cannot_be);
    tcase_add_test(c, another_limit);
    return shelf_main(c, "log: storage");
}
