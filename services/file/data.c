/* SPDX-License-Identifier: BSD-2-Clause */
/* Octets of files. */
#include "internal.h"

#include <linux/magic.h>
#include <sys/uio.h>
#include <sys/vfs.h>

static ssize_t read_all(int fd, uint8_t *to, size_t count, uint64_t position) {
    size_t n = 0;
    while (n < count) {
        const ssize_t r = pread(fd, to + n, count - n, (off_t)(position + n));
        if (r < 0 && errno == EINTR)
            continue;
        if (r < 0 && !n)
            return -1;
        if (r <= 0)
            break;
        n += (size_t)r;
    }
    return (ssize_t)n;
}

static void finish_read(struct uio_manager_operation *op, struct file_job *job) {
    const struct file_instance *i = op->instance->state;
    const ssize_t n = job->result;
    struct statx st;
    if (n < 0 || (n == (ssize_t)op->count && file_stat(file_now(i), &st) < 0)) {
        file_refuse(op);
        return;
    }
    i->files->counters.reads++;
    i->files->counters.short_reads += n < (ssize_t)op->count;
    const int at_end = n < (ssize_t)op->count || op->position + (uint64_t)n >= st.stx_size;
    uio_manager_finish_read(op, (uint32_t)n, at_end, 0);
}

static void read_job(struct file_job *job) {
    job->result = read_all(job->fd, job->buffer, job->count, job->position);
    job->error = errno;
}

/* Files that are nowhere but in memory; their file system knows no RWF_NOWAIT, and needs none. */
static int is_in_memory(int fd) {
    struct statfs fs;
    return fstatfs(fd, &fs) == 0 && (fs.f_type == TMPFS_MAGIC || fs.f_type == RAMFS_MAGIC);
}

/* What is in the cache, if that is all that was asked for, or that there is.  1, or 0. */
static int read_cache(const struct uio_manager_operation *op, struct file_job *job) {
    const struct iovec part = {op->buffer, op->count};
    struct statx st;
    job->result = preadv2(job->fd, &part, 1, (off_t)op->position, RWF_NOWAIT);
    if (job->result < 0 && errno == EOPNOTSUPP && is_in_memory(job->fd)) {
        read_job(job);
        return 1;
    }
    if (job->result == (ssize_t)op->count)
        return 1;
    return job->result >= 0 && file_stat(job->fd, &st) == 0 && op->position + (uint64_t)job->result >= st.stx_size;
}

void file_on_read(struct uio_manager_operation *op) {
    const struct file_instance *i = op->instance->state;
    struct file_job job = {.work = read_job,
                           .over = finish_read,
                           .fd = i->is_context ? -1 : file_now(i),
                           .buffer = op->buffer,
                           .count = op->count,
                           .position = op->position};
    if (i->is_context) {
        file_read_context(op);
    } else if (i->files->workers && read_cache(op, &job)) {
        finish_read(op, &job);
    } else {
        i->files->counters.disk_reads += i->files->workers != NULL;
        file_run(op, &job);
    }
}

/* ---- writing -------------------------------------------------------------------------------------------------- */

static ssize_t write_all(int fd, const uint8_t *from, size_t count, uint64_t position, int flags) {
    size_t n = 0;
    while (n < count) {
        const struct iovec part = {(void *)(uintptr_t)(from + n), count - n};
        const ssize_t w = pwritev2(fd, &part, 1, (off_t)(position + n), flags);
        if (w < 0 && errno == EINTR)
            continue;
        if (w <= 0)
            return n ? (ssize_t)n : -1;
        n += (size_t)w;
    }
    return (ssize_t)n;
}

void file_job_sync(struct file_job *job) {
    job->result = fsync(job->fd);
    job->error = errno;
}

static void finish_write(struct uio_manager_operation *op, struct file_job *job) {
    if (job->result < 0)
        file_refuse(op);
    else
        uio_manager_finish_write(op, (uint32_t)job->count, job->position);
}

/* It is in the cache, n octets of it. */
static void written(struct uio_manager_operation *op, struct file_instance *i, size_t n, uint64_t position) {
    struct file_job job = {
        .work = file_job_sync, .over = finish_write, .fd = file_now(i), .count = n, .position = position};
    i->written = 1;
    i->files->counters.writes++;
    i->files->counters.short_writes += n < op->count;
    i->files->counters.syncs += op->stable != 0;
    if (op->stable)
        file_run(op, &job);
    else
        finish_write(op, &job);
}

void file_on_write(struct uio_manager_operation *op) {
    struct file_instance *i = op->instance->state;
    struct statx st;
    if (i->committing) {
        uio_manager_refuse(op, UIO_BUSY);
        return;
    }
    if ((op->instance->attributes & UIO_TRANSACTION) && !file_is_begun(op, i, 0))
        return;
    int64_t before;
    file_before(file_now(i), &before);
    const ssize_t n = write_all(file_now(i), op->data, op->count, op->position, op->append ? RWF_APPEND : 0);
    if (n > 0)
        file_after(file_now(i), before);
    if (n <= 0 || (op->append && file_stat(file_now(i), &st) < 0)) {
        if (!n)
            errno = ENOSPC;
        file_refuse(op);
        return;
    }
    written(op, i, (size_t)n, op->append ? st.stx_size - (uint64_t)n : op->position);
}

static void synced(struct uio_manager_operation *op, struct file_job *job) { file_finish(op, (int)job->result); }

void file_on_sync(struct uio_manager_operation *op) {
    const struct file_instance *i = op->instance->state;
    const struct file_job job = {.work = file_job_sync, .over = synced, .fd = file_now(i)};
    i->files->counters.syncs++;
    file_run(op, &job);
}
