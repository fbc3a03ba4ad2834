/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names to descriptors.  The kernel interprets them, and never beyond the directory from which it began.  A name in a context below the root that
 * leads above that context (by .. or by a link) may still be below the root, so it is interpreted once more from there.
 */
#include "internal.h"

#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>

#define TRIES 32 /* EAGAIN: something was renamed while the kernel looked */

void file_shut(int *fd) {
    const int saved = errno;
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
    errno = saved;
}

static int open_beneath(int dir, const char *path, uint64_t flags, uint64_t mode) {
    struct open_how how = {.flags = flags | O_CLOEXEC, .mode = mode, .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS};
    for (int i = 0; i < TRIES; i++) {
        const long fd = syscall(SYS_openat2, dir, path, &how, sizeof how);
        if (fd >= 0 || errno != EAGAIN)
            return (int)fd;
    }
    return -1;
}

struct file_path file_path_of(int fd) {
    struct file_path path;
    snprintf(path.text, sizeof path.text, "/proc/self/fd/%d", fd);
    return path;
}

int file_path_below(struct file_manager *f, int fd, char *path, size_t room) {
    char root[4096], whole[4096];
    const struct file_path of_root = file_path_of(f->root), of_fd = file_path_of(fd);
    const ssize_t r = readlink(of_root.text, root, sizeof root), w = readlink(of_fd.text, whole, sizeof whole);
    if (r < 1 || w < 1 || r == sizeof root || w == sizeof whole)
        return -1;
    const size_t base = r == 1 ? 0 : (size_t)r; /* the root may be the system's */
    if ((size_t)w < base || memcmp(root, whole, base) != 0 || ((size_t)w > base && whole[base] != '/'))
        return -1;
    const size_t n = (size_t)w - base;
    if (n + 1 > room)
        return -1;
    memcpy(path, whole + base, n);
    path[n] = 0;
    return (int)n;
}

/* From the root, by the path that the context has now. */
static int find_from_root(struct file_manager *f, const struct file_directory *from, const char *name, uint64_t flags) {
    char path[4096 + VNAME_NAME_OCTETS + 2];
    const int n = file_path_below(f, from->fd, path, 4096);
    if (n < 1) {
        errno = EXDEV;
        return -1;
    }
    snprintf(path + n, sizeof path - (size_t)n, "/%s", name);
    return open_beneath(f->root, path + 1, flags, 0);
}

static int find(struct file_manager *f, const struct file_directory *from, const char *name, uint64_t flags) {
    const char *rest = *name ? name : ".";
    int fd = open_beneath(from ? from->fd : f->root, rest, flags, 0);
    if (fd < 0 && errno == EXDEV && from)
        fd = find_from_root(f, from, rest, flags);
    return fd;
}

/* With a zero octet behind it: names have none inside. */
static int copy_name(char *to, size_t room, const char *name, size_t length) {
    if (length >= room) {
        errno = ENAMETOOLONG;
        return -1;
    }
    if (length)
        memcpy(to, name, length);
    to[length] = 0;
    return 0;
}

int file_find(struct file_manager *f, const struct file_directory *from, const char *name, size_t length, int follow) {
    char path[VNAME_NAME_OCTETS + 1];
    if (copy_name(path, sizeof path, name, length) < 0)
        return -1;
    return find(f, from, path, O_PATH | (follow ? 0 : O_NOFOLLOW));
}

int file_reopen(int fd, int flags) {
    const struct file_path path = file_path_of(fd);
    const int opened = open(path.text, flags | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (opened < 0 && errno == ENOENT) /* no /proc here, which is no fault of the name */
        errno = EIO;
    return opened;
}

/* ---- places --------------------------------------------------------------------------------------------------- */

static int is_special(const char *component) { return !strcmp(component, ".") || !strcmp(component, ".."); }

int file_find_place(struct file_manager *f, const struct file_directory *from, const char *name, size_t length,
                    struct file_place *place) {
    char path[VNAME_NAME_OCTETS + 1];
    place->parent = -1;
    place->is_context = length && name[length - 1] == '/';
    while (length && name[length - 1] == '/')
        length--;
    size_t begin = length;
    while (begin && name[begin - 1] != '/')
        begin--;
    if (!length) { /* the context itself cannot be moved or removed */
        errno = EBUSY;
        return -1;
    }
    if (copy_name(place->name, sizeof place->name, name + begin, length - begin) < 0 ||
        copy_name(path, sizeof path, name, begin) < 0)
        return -1;
    if (is_special(place->name)) {
        errno = EILSEQ;
        return -1;
    }
    place->parent = find(f, from, path, O_PATH | O_DIRECTORY);
    return place->parent < 0 ? -1 : 0;
}

int file_place_of(struct uio_manager_operation *op, struct file_place *place) {
    return file_find_place(file_of(op), op->directory, op->name, op->name_length, place);
}

int file_new_place_of(struct uio_manager_operation *op, struct file_place *place) {
    return file_find_place(file_of(op), op->new_directory, op->new_name, op->new_name_length, place);
}

int file_is_as_named(const struct file_place *place) {
    struct statx st;
    if (!place->is_context ||
        statx(place->parent, place->name, AT_SYMLINK_NOFOLLOW | AT_STATX_DONT_SYNC, STATX_TYPE, &st) < 0 ||
        S_ISDIR(st.stx_mode))
        return 0;
    errno = ENOTDIR;
    return -1;
}

int file_make(const struct file_place *place, uint32_t permissions) {
    const int fd = open_beneath(place->parent, place->name,
                                O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, permissions & 0777);
    if (fd >= 0 && fchmod(fd, permissions & 07777) < 0) { /* whatever the mask of this process is */
        const int saved = errno;
        unlinkat(place->parent, place->name, 0);
        close(fd);
        errno = saved;
        return -1;
    }
    return fd;
}
