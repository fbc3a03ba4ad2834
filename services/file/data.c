/* SPDX-License-Identifier: BSD-2-Clause */
/* Octets of files. */
#include "internal.h"

#include <sys/uio.h>

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

void file_on_read(struct uio_manager_operation *op) {
    const struct file_instance *i = op->instance->state;
    struct statx st;
    if (i->is_context) {
        file_read_context(op);
        return;
    }
    const ssize_t n = read_all(file_now(i), op->buffer, op->count, op->position);
    if (n < 0 || (n == (ssize_t)op->count && file_stat(file_now(i), &st) < 0)) {
        file_refuse(op);
        return;
    }
    i->files->counters.reads++;
    i->files->counters.short_reads += n < (ssize_t)op->count;
    const int at_end = n < (ssize_t)op->count || op->position + (uint64_t)n >= st.stx_size;
    uio_manager_finish_read(op, (uint32_t)n, at_end, 0);
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

void file_on_write(struct uio_manager_operation *op) {
    struct file_instance *i = op->instance->state;
    const int flags = (op->append ? RWF_APPEND : 0) | (op->stable ? RWF_SYNC : 0);
    struct statx st;
    if ((op->instance->attributes & UIO_TRANSACTION) && file_begin(i, 0) < 0) {
        file_refuse(op);
        return;
    }
    const ssize_t n = write_all(file_now(i), op->data, op->count, op->position, flags);
    if (n <= 0 || (op->append && file_stat(file_now(i), &st) < 0)) {
        if (!n)
            errno = ENOSPC;
        file_refuse(op);
        return;
    }
    i->written = 1;
    i->files->counters.writes++;
    i->files->counters.syncs += op->stable != 0;
    i->files->counters.short_writes += n < (ssize_t)op->count;
    uio_manager_finish_write(op, (uint32_t)n, op->append ? st.stx_size - (uint64_t)n : op->position);
}

void file_on_sync(struct uio_manager_operation *op) {
    const struct file_instance *i = op->instance->state;
    i->files->counters.syncs++;
    file_finish(op, fsync(file_now(i)));
}
