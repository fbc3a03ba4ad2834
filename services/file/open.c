/* SPDX-License-Identifier: BSD-2-Clause */
/* Instances: made and ended. */
#include "internal.h"

#include <stdlib.h>

static struct file_instance *new_instance(struct file_manager *f) {
    struct file_instance *i = calloc(1, sizeof *i);
    if (!i)
        return NULL;
    i->files = f;
    i->fd = i->own = i->copy = i->place.parent = -1;
    return i;
}

void file_free_instance(struct file_instance *i) {
    file_shut(&i->fd);
    file_shut(&i->own);
    file_shut(&i->copy);
    file_shut(&i->place.parent);
    free(i);
}

/* ---- what was found --------------------------------------------------------------------------------------------- */

static int flags_for(uint32_t mode) {
    if (!(mode & UIO_MODE_WRITE))
        return O_RDONLY;
    /* A transaction reads what it is going to change. */
    return mode & (UIO_MODE_READ | UIO_MODE_TRANSACTION) ? O_RDWR : O_WRONLY;
}

/* Opens what was found, if it is something to be opened.  -1 and errno; 0. */
static int open_found(struct file_instance *i, int found, uint32_t mode) {
    struct statx st;
    if (file_stat(found, &st) < 0)
        return -1;
    i->is_context = S_ISDIR(st.stx_mode);
    if (i->is_context && (mode & UIO_MODE_WRITE)) {
        errno = EISDIR;
    } else if (i->is_context) {
        i->fd = openat(found, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    } else if (!S_ISREG(st.stx_mode)) {
        errno = ENXIO;
    } else if ((mode & UIO_MODE_WRITE) && i->files->config.read_only) {
        errno = EROFS;
    } else {
        i->fd = file_reopen(found, flags_for(mode));
    }
    return i->fd < 0 ? -1 : 0;
}

/* Also by a link to what is not there. */
static int is_taken(const struct file_place *place) {
    struct statx st;
    return statx(place->parent, place->name, AT_SYMLINK_NOFOLLOW | AT_STATX_DONT_SYNC, STATX_TYPE, &st) == 0;
}

/* A file that was not there.  1: another has made it meanwhile. */
static int make(struct uio_manager_operation *op, struct file_instance *i) {
    struct file_place place;
    if (i->files->config.read_only) {
        errno = EROFS;
        return -1;
    }
    if (file_place_of(op, &place) < 0)
        return -1;
    i->place = place; /* kept: it may have to be undone */
    if (place.is_context) {
        errno = ENOTDIR;
        return -1;
    }
    const int later = (op->mode & UIO_MODE_TRANSACTION) != 0;
    if (later && !is_taken(&place))
        return file_begin_new(i, op->permissions);
    if (later)
        errno = EEXIST;
    else
        i->fd = file_make(&place, op->permissions);
    if (i->fd >= 0)
        return 0;
    file_shut(&i->place.parent);
    return errno == EEXIST ? 1 : -1;
}

/* 0, with *created; or -1 and errno. */
static int find_or_make(struct uio_manager_operation *op, struct file_instance *i, int *created) {
    for (int tries = 0; tries < 4; tries++) {
        int found = file_find(i->files, op->directory, op->name, op->name_length, !(op->mode & UIO_MODE_NO_FOLLOW));
        if (found >= 0 && (op->mode & UIO_MODE_EXCLUSIVE)) {
            file_shut(&found);
            errno = EEXIST;
            return -1;
        }
        if (found >= 0) {
            const int r = open_found(i, found, op->mode);
            file_shut(&found);
            return r;
        }
        if (errno != ENOENT || !(op->mode & UIO_MODE_CREATE))
            return -1;
        const int r = make(op, i);
        *created = r == 0;
        if (r <= 0)
            return r;
    }
    errno = op->mode & UIO_MODE_EXCLUSIVE ? EEXIST : ENOENT; /* a link to what is not there */
    return -1;
}

/* ---- open ----------------------------------------------------------------------------------------------------- */

/* Where the name is, for the commit; a file with several names cannot be replaced under one of them. */
static int can_commit(struct uio_manager_operation *op, struct file_instance *i, const struct statx *st) {
    if (i->place.parent >= 0)
        return 1; /* it is being made */
    if (st->stx_nlink != 1 || file_place_of(op, &i->place) < 0)
        return 0;
    struct statx here;
    i->base = file_version(st);
    const int there = statx(i->place.parent, i->place.name, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &here) == 0;
    return there && here.stx_ino == st->stx_ino && S_ISREG(here.stx_mode); /* not through a link at its end */
}

void file_opened(struct uio_manager_operation *op, struct file_instance *i, int created) {
    struct uio_manager_opened o = {.state = i, .created = created, .block_size = i->files->config.block_size};
    struct statx st;
    size_t octets;
    if (file_stat(file_now(i), &st) < 0) {
        file_refuse(op);
        file_free_instance(i);
        return;
    }
    file_identity(&st, o.identity);
    file_describe(i->files, &st, &o.object);
    file_describe_replica(i, &st, &o.object);
    o.object.name = file_last(op->name, op->name_length, &octets);
    o.object.name_length = (uint16_t)octets;
    o.attributes = o.object.attributes;
    if ((op->mode & UIO_MODE_TRANSACTION) && !can_commit(op, i, &st))
        o.attributes &= ~UIO_TRANSACTION;
    i->files->counters.opened++;
    uio_manager_finish_open(op, &o);
}

void file_on_open(struct uio_manager_operation *op) {
    struct file_instance *i = new_instance(file_of(op));
    int created = 0;
    if (!i) {
        uio_manager_refuse(op, UIO_TOO_MANY);
    } else if (find_or_make(op, i, &created) < 0) {
        file_refuse(op);
        file_free_instance(i);
    } else if (i->files->sums) {
        file_open_replica(op, i);
    } else {
        file_opened(op, i, created);
    }
}

void file_on_query_instance(struct uio_manager_operation *op) {
    const struct file_instance *i = op->instance->state;
    struct uio_object o;
    struct statx st, own;
    if (file_stat(i->fd >= 0 ? i->fd : i->own, &st) < 0 || file_stat(file_now(i), &own) < 0) {
        file_refuse(op);
        return;
    }
    file_describe(i->files, &st, &o);
    file_describe_replica(i, &st, &o);
    o.size = own.stx_size; /* the rest of the copy is nobody's matter (UIO-6.6-05) */
    uio_manager_finish_object(op, &o);
}

/* ---- release -------------------------------------------------------------------------------------------------- */

/*
 * Has an error of storage been noticed since the last fsync?  To ask for one octet to have been written waits for next to nothing, and tells as
 * fsync does.
 */
static uint32_t late_error(const struct file_instance *i) {
    if (!i->written || i->fd < 0 || sync_file_range(i->fd, 0, 1, SYNC_FILE_RANGE_WAIT_BEFORE) == 0)
        return 0;
    const uint32_t code = file_code(errno);
    return code == UIO_FAILED || code == UIO_NO_SPACE ? code : 0;
}

static void undo(const struct file_instance *i) {
    if (i->fd >= 0 && i->place.parent >= 0)
        unlinkat(i->place.parent, i->place.name, 0);
}

uint32_t file_on_release(struct uio_manager_instance *instance, uint32_t flags) {
    struct file_instance *i = instance->state;
    const uint32_t code = late_error(i);
    if (flags & UIO_MANAGER_UNDO)
        undo(i);
    file_free_instance(i);
    return code;
}
