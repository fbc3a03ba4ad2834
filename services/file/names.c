/* SPDX-License-Identifier: BSD-2-Clause */
/* Asking about names, making, renaming, removing and linking them. */
#include "internal.h"

#include <stdio.h>
#include <sys/statvfs.h>

/* 1, or it has been refused. */
static int may_change(struct uio_manager_operation *op) {
    if (!file_of(op)->config.read_only)
        return 1;
    uio_manager_refuse(op, UIO_READ_ONLY);
    return 0;
}

void file_on_query(struct uio_manager_operation *op) {
    int fd = file_find(file_of(op), op->directory, op->name, op->name_length, !(op->flags & UIO_NOFOLLOW));
    if (fd < 0)
        file_refuse(op);
    else
        file_answer_object(op, fd, op->name, op->name_length);
    file_shut(&fd);
}

void file_on_storage(struct uio_manager_operation *op) {
    int fd = file_find(file_of(op), op->directory, op->name, op->name_length, 1);
    struct statvfs v;
    if (fd < 0 || fstatvfs(fd, &v) < 0)
        file_refuse(op);
    else
        uio_manager_finish_storage(op, (uint64_t)v.f_blocks * v.f_frsize, (uint64_t)v.f_bavail * v.f_frsize, v.f_favail);
    file_shut(&fd);
}

void file_on_remove(struct uio_manager_operation *op) {
    struct file_place place = {.parent = -1};
    if (!may_change(op))
        return;
    int r = file_place_of(op, &place);
    if (r == 0)
        r = file_is_as_named(&place);
    if (r == 0)
        r = unlinkat(place.parent, place.name, op->flags ? AT_REMOVEDIR : 0);
    file_finish(op, r);
    file_shut(&place.parent);
}

/* EXDEV of the two is not that of a name that leads outside. */
static void finish_two(struct uio_manager_operation *op, int r) {
    if (r < 0 && errno == EXDEV)
        uio_manager_refuse(op, UIO_CROSS);
    else
        file_finish(op, r);
}

/* A name that ends in a slash can only be given to a context. */
static int may_rename(struct file_place *from, struct file_place *to, int exchange) {
    from->is_context |= to->is_context;
    to->is_context |= exchange && from->is_context;
    return file_is_as_named(from) == 0 && file_is_as_named(to) == 0;
}

void file_on_rename(struct uio_manager_operation *op) {
    struct file_place from = {.parent = -1}, to = {.parent = -1};
    const unsigned flags = (op->flags & UIO_RENAME_NO_REPLACE ? RENAME_NOREPLACE : 0) |
                           (op->flags & UIO_RENAME_EXCHANGE ? RENAME_EXCHANGE : 0);
    if (!may_change(op))
        return;
    if (file_place_of(op, &from) < 0 || file_new_place_of(op, &to) < 0 ||
        !may_rename(&from, &to, (flags & RENAME_EXCHANGE) != 0))
        file_refuse(op);
    else
        finish_two(op, renameat2(from.parent, from.name, to.parent, to.name, flags));
    file_shut(&from.parent);
    file_shut(&to.parent);
}

/* ---- making --------------------------------------------------------------------------------------------------- */

static int make_directory(const struct file_place *place, uint32_t permissions) {
    if (mkdirat(place->parent, place->name, permissions & 0777) < 0)
        return -1;
    int fd = openat(place->parent, place->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd >= 0) /* as asked, whatever the mask of this process is; who may not read it has what mkdir made */
        (void)!fchmod(fd, permissions & 07777);
    file_shut(&fd);
    return 0;
}

static int make_link(const struct file_place *place, const char *target, uint32_t length) {
    char text[UIO_TARGET_OCTETS + 1];
    memcpy(text, target, length);
    text[length] = 0;
    return symlinkat(text, place->parent, place->name);
}

static int make(const struct uio_manager_operation *op, const struct file_place *place) {
    if (place->is_context && op->type_wanted != UIO_TYPE_CONTEXT) {
        errno = ENOTDIR;
        return -1;
    }
    switch (op->type_wanted) {
    case UIO_TYPE_CONTEXT: return make_directory(place, op->permissions);
    case UIO_TYPE_LINK: return make_link(place, op->target, op->target_length);
    case UIO_TYPE_FILE: {
        int fd = file_make(place, op->permissions);
        const int r = fd < 0 ? -1 : 0;
        file_shut(&fd);
        return r;
    }
    default: errno = EOPNOTSUPP; return -1;
    }
}

/* The descriptor of what is at a place now. */
static void answer_place(struct uio_manager_operation *op, const struct file_place *place, int r) {
    int fd = r < 0 ? -1 : openat(place->parent, place->name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        file_refuse(op);
    else
        file_answer_object(op, fd, place->name, strlen(place->name));
    file_shut(&fd);
}

void file_on_create(struct uio_manager_operation *op) {
    struct file_place place = {.parent = -1};
    if (!may_change(op))
        return;
    if (!op->name_length) {
        uio_manager_refuse(op, UIO_EXISTS);
        return;
    }
    int r = file_place_of(op, &place);
    if (r == 0)
        r = file_is_as_named(&place);
    if (r == 0)
        r = make(op, &place);
    answer_place(op, &place, r);
    file_shut(&place.parent);
}

void file_on_link(struct uio_manager_operation *op) {
    struct file_place from = {.parent = -1}, to = {.parent = -1};
    struct statx st;
    if (!may_change(op))
        return;
    if (file_place_of(op, &from) < 0 || file_new_place_of(op, &to) < 0 ||
        statx(from.parent, from.name, AT_SYMLINK_NOFOLLOW, STATX_TYPE, &st) < 0) {
        file_refuse(op);
    } else if (S_ISDIR(st.stx_mode)) {
        uio_manager_refuse(op, UIO_IS_CONTEXT);
    } else if (from.is_context || to.is_context) {
        uio_manager_refuse(op, VNAME_NOT_CONTEXT);
    } else {
        const int r = linkat(from.parent, from.name, to.parent, to.name, 0);
        if (r < 0 && errno == EXDEV)
            uio_manager_refuse(op, UIO_CROSS);
        else
            answer_place(op, &to, r);
    }
    file_shut(&from.parent);
    file_shut(&to.parent);
}
