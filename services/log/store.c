/* SPDX-License-Identifier: BSD-2-Clause */
/* Two files with records, one after the other: a log. */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static uint64_t salt(const struct log_manager *log) { return vipc_random(uio_manager_ipc(log->manager)); }

uint64_t log_next(const struct log_manager *log) { return log->now.first + log->now.count; }

uint64_t log_first(const struct log_manager *log) { return log->old.fd >= 0 ? log->old.first : log->now.first; }

static struct log_part *part_of(struct log_manager *log, uint64_t number) {
    return number >= log->now.first ? &log->now : &log->old;
}

/* ---- names of files ------------------------------------------------------------------------------------------------- */

static char *name_with(const char *file, const char *ending) {
    const size_t room = strlen(file) + strlen(ending) + 1;
    char *name = malloc(room);
    if (name)
        snprintf(name, room, "%s%s", file, ending);
    return name;
}

static int take_names(struct log_manager *log, const char *file) {
    log->file = name_with(file, "");
    log->old_file = name_with(file, ".1");
    log->new_file = name_with(file, ".new");
    return log->file && log->old_file && log->new_file ? 0 : -1;
}

/* What was renamed is so on the disk. */
static int sync_directory(const struct log_manager *log) {
    char *path = name_with(log->file, "");
    if (!path)
        return -1;
    const int fd = open(dirname(path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    free(path);
    if (fd < 0)
        return -1;
    const int r = fsync(fd);
    const int why = errno;
    close(fd);
    errno = why;
    return r;
}

/* ---- another file ------------------------------------------------------------------------------------------------- */

/* For this log alone: -1 and errno, EBUSY: another has it. */
static int lock(int fd) {
    if (flock(fd, LOCK_EX | LOCK_NB) == 0)
        return 0;
    if (errno == EWOULDBLOCK)
        errno = EBUSY;
    return -1;
}

/* The name may be free already: this failed behind here before. */
static int put_aside(const struct log_manager *log) {
    return rename(log->file, log->old_file) == 0 || errno == ENOENT ? 0 : -1;
}

/* A file that begins with this number, under its name when this is over; the one that had it is the old one then. */
static int begin_file(struct log_manager *log, struct log_part *p, uint64_t first, int replaces) {
    const int fd = open(log->new_file, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (fd < 0)
        return -1;
    if (lock(fd) == 0 && ftruncate(fd, 0) == 0 && log_part_begin(p, fd, first, salt(log)) == 0 && fsync(fd) == 0 &&
        (!replaces || put_aside(log) == 0) && rename(log->new_file, log->file) == 0) {
        log->counters.errors += sync_directory(log) < 0; /* it is begun all the same */
        return 0;
    }
    const int why = errno;
    close(fd);
    errno = why;
    return -1;
}

static int begin_part(struct log_manager *log, struct log_part *p, uint64_t first, int replaces) {
    *p = (struct log_part){.fd = -1};
    if (log->file)
        return begin_file(log, p, first, replaces);
    const int fd = memfd_create("log", MFD_CLOEXEC);
    if (fd < 0 || log_part_begin(p, fd, first, salt(log)) == 0)
        return fd < 0 ? -1 : 0;
    close(fd);
    return -1;
}

/* The new one takes the place of the one that is full, and that of the old one. */
static int turn_over(struct log_manager *log) {
    struct log_part next;
    if (begin_part(log, &next, log_next(log), 1) < 0)
        return -1;
    log->counters.dropped += log->old.fd >= 0 ? log->old.count : 0;
    log_part_close(&log->old);
    log->old = log->now;
    log->now = next;
    return 0;
}

/* ---- opening ------------------------------------------------------------------------------------------------------ */

#define GAP_MOST 65536u /* records that were the last of the old file, and cannot be found any more */

static int reaches(struct log_part *p, uint64_t number, struct log_counters *counters) {
    if (p->first + p->count > number || number - p->first - p->count > GAP_MOST)
        return 0;
    while (p->first + p->count < number) {
        if (log_part_note(p, p->end) < 0)
            return 0;
        counters->damaged++;
    }
    return 1;
}

/* The file before this one, if it goes on where that ended.  What is wrong with it is no reason to do without the rest. */
static void open_old(struct log_manager *log, uint64_t behind, int known) {
    struct log_counters counters = log->counters;
    const int fd = open(log->old_file, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    if (log_part_recover(&log->old, fd, 0, &counters) == 0 && (!known || reaches(&log->old, behind, &counters))) {
        log->counters = counters;
        return;
    }
    log->old.fd = fd;
    log_part_close(&log->old);
    log->counters.damaged++;
}

static int open_file(struct log_manager *log) {
    const int fd = open(log->file, O_RDWR | O_CLOEXEC);
    struct stat st;
    if (fd < 0 && errno != ENOENT)
        return -1;
    const int empty = fd >= 0 && fstat(fd, &st) == 0 && st.st_size == 0;
    if (fd >= 0 && !empty) {
        log->now.fd = fd;
        if (lock(fd) < 0 || log_part_recover(&log->now, fd, 1, &log->counters) < 0)
            return -1;
        open_old(log, log->now.first, 1);
        return 0;
    }
    if (fd >= 0)
        close(fd);
    /* There is none; or the program ended while it was renamed. */
    open_old(log, 0, 0);
    return begin_part(log, &log->now, log->old.fd >= 0 ? log->old.first + log->old.count : 0, 0);
}

int log_store_open(struct log_manager *log, const char *file) {
    log->now.fd = log->old.fd = -1;
    if (file && take_names(log, file) < 0)
        return -1;
    return file ? open_file(log) : begin_part(log, &log->now, 0, 0);
}

void log_store_close(struct log_manager *log) {
    log_part_close(&log->now);
    log_part_close(&log->old);
    free(log->file);
    free(log->old_file);
    free(log->new_file);
}

/* ---- records ------------------------------------------------------------------------------------------------------ */

static uint32_t failed(struct log_manager *log) {
    log->counters.errors++;
    return errno == ENOSPC || errno == EDQUOT || errno == EFBIG || errno == ENOMEM ? UIO_NO_SPACE : UIO_FAILED;
}

uint32_t log_store_append(struct log_manager *log, const void *data, uint32_t octets, int stable) {
    if (log->now.count && log->now.end + LOG_HEAD + octets > log->octets / 2 && turn_over(log) < 0)
        return failed(log);
    if (log_part_append(&log->now, data, octets, stable) < 0)
        return failed(log);
    log->counters.written++;
    log->counters.octets_written += octets;
    log->counters.syncs += stable != 0;
    return 0;
}

uint32_t log_store_octets(const struct log_manager *log, uint64_t number) {
    return log_part_octets(number >= log->now.first ? &log->now : &log->old, number);
}

uint32_t log_store_read(struct log_manager *log, uint64_t number, uint32_t *octets) {
    if (log_part_read(part_of(log, number), number, log->record) < 0) {
        log->counters.damaged += errno == EBADMSG;
        log->counters.errors++;
        return UIO_FAILED;
    }
    *octets = log_store_octets(log, number);
    log->counters.read++;
    return 0;
}

uint32_t log_store_sync(struct log_manager *log) {
    log->counters.syncs++;
    if (fdatasync(log->now.fd) < 0 || (log->old.fd >= 0 && fdatasync(log->old.fd) < 0))
        return failed(log);
    return 0;
}
