/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Directories: read and mapped.  A block of one is the place that the file system gives an entry, which it keeps whatever comes and goes around
 * it, so that any number of readers can go on where they were, and nothing is kept here.
 */
#include "internal.h"

#include <dirent.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/syscall.h>

#define ENTRIES 32768u
#define TARGET_IN_LIST (UIO_ENTRY_OCTETS - UIO_OBJECT_HEAD - UIO_COMPONENT_OCTETS - 7u) /* so that UIO-5.3-05 holds */

struct entry { /* struct linux_dirent64 */
    uint64_t number;
    int64_t next;
    uint16_t length;
    uint8_t type;
    char name[];
};

/* Octets written; 0: no room; -1: it is not shown, or gone. */
static int tell(struct file_manager *f, int dir, const struct entry *e, uint8_t *to, size_t room) {
    char target[UIO_TARGET_OCTETS];
    struct uio_object o;
    struct statx st;
    const size_t length = strlen(e->name);
    if (!strcmp(e->name, ".") || !strcmp(e->name, ".."))
        return -1;
    if (length > UIO_COMPONENT_OCTETS || !vname_is_utf8(e->name, length)) {
        f->counters.not_shown++;
        return -1;
    }
    if (statx(dir, e->name, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &st) < 0)
        return -1;
    file_describe(f, &st, &o);
    o.name = e->name;
    o.name_length = (uint16_t)length;
    if (o.type == UIO_TYPE_LINK) {
        const ssize_t n = readlinkat(dir, e->name, target, sizeof target);
        o.target = target;
        o.target_length = n > 0 && n <= (ssize_t)TARGET_IN_LIST ? (uint16_t)n : 0;
    }
    return (int)uio_object_encode(to, room, &o);
}

struct listing {
    uint8_t *to;
    uint32_t room, octets;
    uint64_t next;
    int full, at_end;
};

static void tell_all(struct file_manager *f, int dir, const uint8_t *entries, size_t size, struct listing *l) {
    for (size_t at = 0; at < size && !l->full;) {
        const struct entry *e = (const struct entry *)(const void *)(entries + at);
        const int n = tell(f, dir, e, l->to + l->octets, l->room - l->octets);
        l->full = n == 0;
        if (l->full)
            return;
        l->octets += n > 0 ? (uint32_t)n : 0;
        l->next = (uint64_t)e->next;
        at += e->length;
    }
}

void file_read_context(struct uio_manager_operation *op) {
    const struct file_instance *i = op->instance->state;
    struct listing l = {.to = op->buffer, .room = op->count, .next = op->block};
    _Alignas(16) uint8_t entries[ENTRIES];
    if (op->block == UIO_MANAGER_NEXT)
        l.next = op->instance->next_block;
    if (l.next > INT64_MAX || lseek(i->fd, (off_t)l.next, SEEK_SET) < 0) {
        uio_manager_refuse(op, UIO_BAD_BLOCK);
        return;
    }
    while (!l.full && !l.at_end) {
        const long n = syscall(SYS_getdents64, i->fd, entries, sizeof entries);
        if (n < 0) {
            file_refuse(op);
            return;
        }
        l.at_end = n == 0;
        tell_all(i->files, i->fd, entries, (size_t)n, &l);
    }
    if (l.full && !l.octets)
        uio_manager_refuse(op, UIO_BAD_COUNT);
    else
        uio_manager_finish_read(op, l.octets, l.at_end, l.next);
}

/* ---- numbers of contexts ---------------------------------------------------------------------------------------- */

void file_on_map(struct uio_manager_operation *op) {
    struct file_manager *f = file_of(op);
    struct file_directory *d = malloc(sizeof *d);
    char path[VNAME_NAME_OCTETS + 1];
    uint64_t identity[2];
    struct statx st;
    int fd = d ? file_find(f, op->directory, op->name, op->name_length, 1) : -1;
    if (fd >= 0 && file_stat(fd, &st) == 0 && S_ISDIR(st.stx_mode)) {
        const int n = file_path_below(f, fd, path, sizeof path);
        const int good = n >= 0 && vname_is_utf8(path, (size_t)n);
        d->fd = fd;
        file_identity(&st, identity);
        uio_manager_finish_map(op, identity, d, good ? path : NULL, good ? (size_t)n : 0);
        return;
    }
    if (fd >= 0)
        errno = ENOTDIR;
    file_shut(&fd);
    free(d);
    file_refuse(op);
}

void file_on_forget(uio_manager *manager, void *root, void *directory) {
    struct file_directory *d = directory;
    (void)manager;
    (void)root;
    file_shut(&d->fd);
    free(d);
}
