/* SPDX-License-Identifier: BSD-2-Clause */
/* Permissions, owners, sizes and times: all that was asked for, or nothing (UIO-5.2-03). */
#include "internal.h"

#include <time.h>

static struct timespec time_of(int64_t nanoseconds) {
    struct timespec t = {.tv_sec = nanoseconds / 1000000000, .tv_nsec = nanoseconds % 1000000000};
    if (t.tv_nsec < 0) {
        t.tv_nsec += 1000000000;
        t.tv_sec--;
    }
    return t;
}

static struct timespec one_time(uint32_t mask, uint32_t given, uint32_t now, int64_t value) {
    struct timespec t = {.tv_nsec = UTIME_OMIT};
    if (mask & given)
        t = time_of(value);
    if (mask & now)
        t.tv_nsec = UTIME_NOW;
    return t;
}

static int set_times(int fd, uint32_t mask, const struct uio_object *o) {
    const struct timespec t[2] = {one_time(mask, UIO_MASK_ATIME, UIO_MASK_ATIME_NOW, o->used),
                                  one_time(mask, UIO_MASK_MTIME, UIO_MASK_MTIME_NOW, o->changed)};
    if (!(mask & (UIO_MASK_ATIME | UIO_MASK_MTIME | UIO_MASK_ATIME_NOW | UIO_MASK_MTIME_NOW)))
        return 0;
    return utimensat(fd, "", t, AT_EMPTY_PATH);
}

static int set_owner(int fd, uint32_t mask, const struct uio_object *o) {
    const uid_t user = mask & UIO_MASK_USER ? o->user : (uid_t)-1;
    const gid_t group = mask & UIO_MASK_GROUP ? o->group : (gid_t)-1;
    return mask & (UIO_MASK_USER | UIO_MASK_GROUP) ? fchownat(fd, "", user, group, AT_EMPTY_PATH) : 0;
}

/* The way through /proc also goes with descriptors that were not opened. */
static int set_permissions(int fd, uint32_t mask, const struct uio_object *o) {
    const struct file_path path = file_path_of(fd);
    if (!(mask & UIO_MASK_PERMISSIONS))
        return 0;
    return chmod(path.text, o->permissions & 07777);
}

static int set_size(int fd, uint32_t mask, const struct uio_object *o) {
    const struct file_path path = file_path_of(fd);
    int64_t before;
    if (!(mask & UIO_MASK_SIZE))
        return 0;
    file_before(fd, &before);
    const int r = truncate(path.text, (off_t)o->size);
    if (r == 0)
        file_after(fd, before);
    return r;
}

static void put_back(int fd, const struct statx *st, uint32_t mask) {
    const struct uio_object before = {.user = st->stx_uid,
                                      .group = st->stx_gid,
                                      .permissions = st->stx_mode & 07777,
                                      .used = st->stx_atime.tv_sec * 1000000000 + st->stx_atime.tv_nsec,
                                      .changed = st->stx_mtime.tv_sec * 1000000000 + st->stx_mtime.tv_nsec};
    const int saved = errno;
    set_owner(fd, mask, &before);
    if (mask & (UIO_MASK_USER | UIO_MASK_GROUP | UIO_MASK_PERMISSIONS)) /* a new owner takes bits away */
        set_permissions(fd, UIO_MASK_PERMISSIONS, &before);
    if (mask & (UIO_MASK_ATIME | UIO_MASK_MTIME | UIO_MASK_ATIME_NOW | UIO_MASK_MTIME_NOW))
        set_times(fd, UIO_MASK_ATIME | UIO_MASK_MTIME, &before);
    errno = saved;
}

/* The size last, which cannot be put back, and then the times that it has changed. */
static int change(int fd, uint32_t mask, const struct uio_object *o) {
    struct statx st;
    if (file_stat(fd, &st) < 0)
        return -1;
    if (set_owner(fd, mask, o) < 0 || set_permissions(fd, mask, o) < 0 || set_times(fd, mask, o) < 0 ||
        set_size(fd, mask, o) < 0) {
        put_back(fd, &st, mask);
        return -1;
    }
    return mask & UIO_MASK_SIZE ? set_times(fd, mask, o) : 0;
}

void file_on_modify(struct uio_manager_operation *op) {
    struct file_manager *f = file_of(op);
    if (f->config.read_only) {
        uio_manager_refuse(op, UIO_READ_ONLY);
        return;
    }
    if ((op->mask & UIO_MASK_SIZE) && op->object.size > INT64_MAX) {
        uio_manager_refuse(op, UIO_TOO_LARGE);
        return;
    }
    int fd = file_find(f, op->directory, op->name, op->name_length, !(op->flags & UIO_NOFOLLOW));
    struct statx st;
    int bad = fd < 0 || file_stat(fd, &st) < 0;
    if (!bad && (op->mask & UIO_MASK_SIZE) && !S_ISREG(st.stx_mode)) {
        errno = S_ISDIR(st.stx_mode) ? EISDIR : ENXIO;
        bad = 1;
    }
    if (bad || change(fd, op->mask, &op->object) < 0)
        file_refuse(op);
    else
        file_answer_object(op, fd, op->name, op->name_length);
    file_shut(&fd);
}

/* The same contents: only its owner, permissions or times, as asked, are others. */
static int is_same_but(const struct statx *was, const struct statx *is, uint32_t mask) {
    const int time = (mask & (UIO_MASK_MTIME | UIO_MASK_MTIME_NOW)) != 0;
    return was->stx_size == is->stx_size &&
           (time || (was->stx_mtime.tv_sec == is->stx_mtime.tv_sec && was->stx_mtime.tv_nsec == is->stx_mtime.tv_nsec));
}

/*
 * Changes the object itself, also while a transaction goes on, which then stands upon the version that this has made (UIO-6.6-05), also if it failed and
 * was put back.  The copy will be the file, and gets its times now; the rest it takes over in the end.
 */
static int change_object(struct file_instance *i, uint32_t mask, const struct uio_object *o) {
    struct statx was, is;
    if (i->fd < 0)
        return change(i->own, mask, o);
    if (file_stat(i->fd, &was) < 0)
        return -1;
    const int r = change(i->fd, mask, o), saved = errno;
    if (r == 0 && i->own >= 0)
        (void)!set_times(i->own, mask, o);
    if (file_version(&was) == i->base && file_stat(i->fd, &is) == 0 && is_same_but(&was, &is, mask))
        i->base = file_version(&is);
    errno = saved;
    return r;
}

void file_on_modify_instance(struct uio_manager_operation *op) {
    struct file_instance *i = op->instance->state;
    const int transaction = (op->instance->attributes & UIO_TRANSACTION) != 0;
    uint32_t mask = op->mask;
    int r = 0;
    if (i->files->config.read_only) {
        uio_manager_refuse(op, UIO_READ_ONLY);
        return;
    }
    if (i->committing) {
        uio_manager_refuse(op, UIO_BUSY);
        return;
    }
    if (transaction && (mask & UIO_MASK_SIZE)) {
        if (!file_is_begun(op, i, op->object.size == 0))
            return;
        r = ftruncate(file_now(i), (off_t)op->object.size);
        mask &= ~UIO_MASK_SIZE;
    } else if (mask == UIO_MASK_SIZE) {
        int64_t before;
        file_before(i->fd, &before);
        r = ftruncate(i->fd, (off_t)op->object.size);
        if (r == 0)
            file_after(i->fd, before);
        mask = 0;
    }
    if (r == 0 && mask)
        r = change_object(i, mask, &op->object);
    i->written |= (op->mask & UIO_MASK_SIZE) != 0;
    file_finish(op, r);
}
