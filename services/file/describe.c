/* SPDX-License-Identifier: BSD-2-Clause */
/* What the system knows of an object, as UIO says it. */
#include "internal.h"

#include <sys/sysmacros.h>
#include <time.h>

int file_stat(int fd, struct statx *st) {
    return statx(fd, "", AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW | AT_STATX_SYNC_AS_STAT, STATX_BASIC_STATS, st);
}

uint64_t file_mix(uint64_t x) {
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

static int64_t nanoseconds(const struct statx_timestamp *t) { return t->tv_sec * 1000000000 + t->tv_nsec; }

/* The times of its last changes, and its size.  The kernel does not tell programs its own count of changes. */
uint64_t file_version(const struct statx *st) {
    return file_mix((uint64_t)nanoseconds(&st->stx_mtime) +
                    file_mix((uint64_t)nanoseconds(&st->stx_ctime) + file_mix(st->stx_size + 1)));
}

/* ---- changes that the clock does not see ------------------------------------------------------------------------ */

/*
 * File systems, and Linux before 6.13 as a whole, look at a clock that stands still for some milliseconds, and two changes in that time would give
 * a file the same times.  So after a change its time is at least a nanosecond later than before it.  One that somebody has set to the future is
 * left alone.
 */
int file_moved(int64_t before, int64_t after, int64_t *should) {
    *should = before + 1;
    return after > before || before - after > FILE_TICK;
}

void file_before(int fd, int64_t *changed) {
    struct statx st;
    *changed = file_stat(fd, &st) < 0 ? INT64_MIN : nanoseconds(&st.stx_mtime);
}

void file_after(int fd, int64_t before) {
    struct statx st;
    int64_t should;
    if (before == INT64_MIN || file_stat(fd, &st) < 0 || file_moved(before, nanoseconds(&st.stx_mtime), &should))
        return;
    const struct timespec t[2] = {{.tv_nsec = UTIME_OMIT},
                                  {.tv_sec = should / 1000000000, .tv_nsec = should % 1000000000}};
    if (should > 0) /* not ours to do for files of others; then their versions are only as good as the clock */
        (void)!utimensat(fd, "", t, AT_EMPTY_PATH);
}

static uint64_t device_of(const struct statx *st) { return makedev(st->stx_dev_major, st->stx_dev_minor); }

uint64_t file_number(const struct file_manager *f, const struct statx *st) {
    const uint64_t device = device_of(st);
    return device == f->device ? st->stx_ino : st->stx_ino ^ file_mix(device);
}

void file_identity(const struct statx *st, uint64_t identity[2]) {
    identity[0] = st->stx_ino;
    identity[1] = device_of(st);
}

static uint16_t type_of(uint16_t mode) {
    switch (mode & S_IFMT) {
    case S_IFREG: return UIO_TYPE_FILE;
    case S_IFDIR: return UIO_TYPE_CONTEXT;
    case S_IFLNK: return UIO_TYPE_LINK;
    case S_IFIFO: return UIO_TYPE_PIPE;
    case S_IFCHR:
    case S_IFBLK: return UIO_TYPE_DEVICE;
    default: return UIO_TYPE_OTHER;
    }
}

static uint32_t attributes_of(const struct file_manager *f, uint16_t type) {
    if (type == UIO_TYPE_CONTEXT)
        return FILE_CONTEXT_ATTRIBUTES;
    if (type != UIO_TYPE_FILE)
        return 0;
    if (!f->config.read_only)
        return FILE_ATTRIBUTES;
    const uint32_t left = FILE_ATTRIBUTES & ~(UIO_WRITEABLE | UIO_SIZED | UIO_TRANSACTION);
    return f->config.replica ? (left & ~UIO_LOCKS) | UIO_REPLICATED : left; /* of locks the others would not know */
}

void file_describe(const struct file_manager *f, const struct statx *st, struct uio_object *o) {
    memset(o, 0, sizeof *o);
    o->type = type_of(st->stx_mode);
    o->attributes = attributes_of(f, o->type);
    if (st->stx_nlink > 1) /* it cannot be replaced under all of them at once */
        o->attributes &= ~UIO_TRANSACTION;
    o->number = file_number(f, st);
    o->size = st->stx_size;
    o->storage = st->stx_blocks * 512;
    o->permissions = st->stx_mode & 07777;
    o->names = st->stx_nlink;
    o->user = st->stx_uid;
    o->group = st->stx_gid;
    o->changed = nanoseconds(&st->stx_mtime);
    o->descriptor_changed = nanoseconds(&st->stx_ctime);
    o->used = nanoseconds(&st->stx_atime);
    o->version = f->sums && o->type == UIO_TYPE_FILE ? file_sum(f, st) : file_version(st);
    o->block_size = f->config.block_size;
}

const char *file_last(const char *name, size_t length, size_t *octets) {
    while (length && name[length - 1] == '/')
        length--;
    size_t begin = length;
    while (begin && name[begin - 1] != '/')
        begin--;
    *octets = length - begin;
    if (*octets > UIO_COMPONENT_OCTETS || (*octets == 1 && name[begin] == '.') ||
        (*octets == 2 && name[begin] == '.' && name[begin + 1] == '.'))
        *octets = 0;
    return name + begin;
}

void file_answer_object(struct uio_manager_operation *op, int fd, const char *name, size_t length) {
    char target[UIO_TARGET_OCTETS];
    struct uio_object o;
    struct statx st;
    size_t octets = 0;
    if (file_stat(fd, &st) < 0) {
        file_refuse(op);
        return;
    }
    file_describe(file_of(op), &st, &o);
    o.name = name ? file_last(name, length, &octets) : NULL;
    o.name_length = (uint16_t)octets;
    if (o.type == UIO_TYPE_LINK) {
        const ssize_t n = readlinkat(fd, "", target, sizeof target);
        o.target = target;
        o.target_length = n > 0 ? (uint16_t)n : 0;
    }
    uio_manager_finish_object(op, &o);
}
