/* SPDX-License-Identifier: BSD-2-Clause */
#define _GNU_SOURCE
#include "place.h"
#include "vnet.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- names --------------------------------------------------------------------------------------------------------- */

int place_parse(struct place *p, const char *word) {
    const char *name = word;
    p->is_remote = remote_is_name(word, &name);
    if (p->is_remote && remote_take_name(word, &name) != 0)
        return VNET_USAGE;
    if (!*name)
        return vnet_misuse("an empty name");
    p->name = strdup(name);
    return p->name ? VNET_OK : vnet_fail("out of memory");
}

/* Without slashes at its end, but for that of the root. */
static size_t length_of(const char *name) {
    size_t n = strlen(name);
    while (n > 1 && name[n - 1] == '/')
        n--;
    return n;
}

static size_t begin_of_last(const char *name) {
    size_t n = length_of(name);
    while (n > 0 && name[n - 1] != '/')
        n--;
    return n;
}

static struct place join(const struct place *p, size_t length, const char *component) {
    struct place q = {.is_remote = p->is_remote};
    const char *slash = length && p->name[length - 1] != '/' ? "/" : "";
    if (asprintf(&q.name, "%.*s%s%s", (int)length, p->name, slash, component) < 0)
        q.name = NULL;
    return q;
}

struct place place_below(const struct place *p, const char *component) {
    return join(p, length_of(p->name), component);
}

struct place place_beside(const struct place *p, const char *component) {
    return join(p, begin_of_last(p->name), component);
}

void place_free(struct place *p) {
    free(p->name);
    p->name = NULL;
}

char *place_last(const struct place *p, char buf[PLACE_COMPONENT]) {
    const size_t begin = begin_of_last(p->name), length = length_of(p->name) - begin;
    const int is_name = length < PLACE_COMPONENT && p->name[begin] != '/' &&
                        strncmp(p->name + begin, ".", length) != 0 && strncmp(p->name + begin, "..", length) != 0;
    snprintf(buf, PLACE_COMPONENT, "%.*s", is_name ? (int)length : 0, p->name + begin);
    return buf;
}

int place_contains(const struct place *a, const struct place *b) {
    const size_t n = length_of(a->name);
    return a->is_remote == b->is_remote && strncmp(a->name, b->name, n) == 0 && (!b->name[n] || b->name[n] == '/');
}

/* ---- messages ------------------------------------------------------------------------------------------------------ */

int place_errno(const struct place *p) {
    const int code = errno == ENOENT ? REMOTE_NO_NAME : VNET_FAILED;
    vnet_fail("%s: %s", p->name, strerror(errno));
    return code;
}

int place_explain(const struct remote *r, const struct place *p, int result, const struct uio_named *named) {
    return remote_explain(r, p->name, result, named);
}

/* The result of an operation, of which a record is kept here: commands do one at a time. */
static struct uio_named the_named;

static struct uio_named *named_of(struct remote *r, const struct place *p) {
    remote_name(r, &the_named, p->name);
    return &the_named;
}

static int ended(struct remote *r, const struct place *p, int begun) {
    const int result = uio_named_wait(&the_named, begun);
    return result == 0 ? VNET_OK : place_explain(r, p, result, &the_named);
}

static int local(const struct place *p, int result) { return result == 0 ? VNET_OK : place_errno(p); }

/* ---- what is there ------------------------------------------------------------------------------------------------- */

static uint64_t mix(uint64_t x) {
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

static int64_t nanoseconds(const struct timespec *t) { return (int64_t)t->tv_sec * 1000000000 + t->tv_nsec; }

static uint16_t type_of(mode_t mode) {
    return S_ISREG(mode)    ? UIO_TYPE_FILE
           : S_ISDIR(mode)  ? UIO_TYPE_CONTEXT
           : S_ISLNK(mode)  ? UIO_TYPE_LINK
           : S_ISFIFO(mode) ? UIO_TYPE_PIPE
                            : UIO_TYPE_DEVICE;
}

void place_describe(struct uio_object *o, const struct stat *st) {
    *o = (struct uio_object){.type = type_of(st->st_mode),
                             .number = st->st_ino,
                             .size = (uint64_t)st->st_size,
                             .storage = (uint64_t)st->st_blocks * 512,
                             .permissions = st->st_mode & 07777,
                             .names = (uint32_t)st->st_nlink,
                             .user = st->st_uid,
                             .group = st->st_gid,
                             .changed = nanoseconds(&st->st_mtim),
                             .descriptor_changed = nanoseconds(&st->st_ctim),
                             .used = nanoseconds(&st->st_atim)};
    o->version = mix((uint64_t)o->changed + mix((uint64_t)o->descriptor_changed + mix(o->size + mix(o->number))));
}

static int keep(struct entry *entry, const struct uio_object *object) {
    struct entries one = {0};
    if (entries_add(&one, object) != 0)
        return vnet_fail("out of memory");
    *entry = one.list[0];
    free(one.list);
    return VNET_OK;
}

void place_forget(struct entry *entry) {
    free(entry->name);
    free(entry->target);
    *entry = (struct entry){0};
}

static int look_here(const struct place *p, int follow, struct entry *entry, int *there) {
    char target[UIO_TARGET_OCTETS];
    struct uio_object object;
    struct stat st;
    if ((follow ? stat(p->name, &st) : lstat(p->name, &st)) != 0) {
        *there = 0;
        return errno == ENOENT ? VNET_OK : place_errno(p);
    }
    *there = 1;
    place_describe(&object, &st);
    const ssize_t n = object.type == UIO_TYPE_LINK ? readlink(p->name, target, sizeof target) : 0;
    object.target = target;
    object.target_length = n > 0 ? (uint16_t)n : 0;
    return keep(entry, &object);
}

int place_look(struct remote *r, const struct place *p, int follow, struct entry *entry, int *there) {
    *entry = (struct entry){0};
    if (!p->is_remote)
        return look_here(p, follow, entry, there);
    struct uio_named *named = named_of(r, p);
    const int result = uio_named_wait(named, uio_query_object(&r->client, named, follow ? 0 : UIO_NOFOLLOW));
    *there = result == 0;
    if (result == (int)VNAME_NOT_FOUND)
        return VNET_OK;
    return result == 0 ? keep(entry, &named->object) : place_explain(r, p, result, named);
}

/* ---- directories --------------------------------------------------------------------------------------------------- */

static int list_here(const struct place *p, struct entries *entries) {
    DIR *dir = opendir(p->name);
    const struct dirent *d;
    struct uio_object object;
    struct stat st;
    int rc = dir ? VNET_OK : place_errno(p);
    while (rc == VNET_OK && (d = readdir(dir)) != NULL) {
        if (strcmp(d->d_name, ".") == 0 || strcmp(d->d_name, "..") == 0 ||
            fstatat(dirfd(dir), d->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0)
            continue;
        char target[UIO_TARGET_OCTETS];
        place_describe(&object, &st);
        object.name = d->d_name;
        object.name_length = (uint16_t)strlen(d->d_name);
        const ssize_t n = object.type == UIO_TYPE_LINK ? readlinkat(dirfd(dir), d->d_name, target, sizeof target) : 0;
        object.target = target;
        object.target_length = n > 0 ? (uint16_t)n : 0;
        if (entries_add(entries, &object) != 0)
            rc = vnet_fail("out of memory");
    }
    if (dir)
        closedir(dir);
    entries_sort(entries);
    return rc;
}

int place_list(struct remote *r, const struct place *p, struct entries *entries) {
    static uint8_t room[UIO_LARGE_ROOM];
    struct uio_handle handle = {0};
    if (!p->is_remote)
        return list_here(p, entries);
    int result = remote_create(r, &the_named, &handle, p->name, UIO_MODE_READ | UIO_MODE_CONTEXT, 0, room, sizeof room);
    if (result != 0)
        return place_explain(r, p, result, &the_named);
    result = entries_read(r, &handle, entries);
    remote_release(r, &handle);
    return result == 0 ? VNET_OK : place_explain(r, p, result, NULL);
}

/* ---- changes ------------------------------------------------------------------------------------------------------- */

int place_make_directory(struct remote *r, const struct place *p, uint32_t permissions) {
    if (!p->is_remote)
        return local(p, mkdir(p->name, permissions & 0777));
    struct uio_named *named = named_of(r, p);
    return ended(r, p, uio_create_object(&r->client, named, UIO_TYPE_CONTEXT, permissions, NULL, 0));
}

int place_make_link(struct remote *r, const struct place *p, const char *target) {
    if (!p->is_remote)
        return local(p, symlink(target, p->name));
    struct uio_named *named = named_of(r, p);
    return ended(r, p, uio_create_object(&r->client, named, UIO_TYPE_LINK, 0777, target, strlen(target)));
}

int place_rename(struct remote *r, const struct place *from, const struct place *to) {
    if (!from->is_remote)
        return local(to, rename(from->name, to->name));
    struct uio_named *named = named_of(r, from);
    return ended(r, to, uio_rename_object(&r->client, named, to->name, strlen(to->name), 0));
}

int place_remove(struct remote *r, const struct place *p, int is_directory) {
    if (!p->is_remote)
        return local(p, is_directory ? rmdir(p->name) : unlink(p->name));
    struct uio_named *named = named_of(r, p);
    return ended(r, p, uio_remove_object(&r->client, named, is_directory ? UIO_TYPE_CONTEXT : 0));
}

static int modify_here(const struct place *p, uint32_t mask, const struct uio_object *o) {
    struct timespec t[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_nsec = UTIME_OMIT}};
    const int64_t times[2] = {o->used, o->changed};
    for (unsigned i = 0; i < 2; i++) {
        if (!(mask & (i ? UIO_MASK_MTIME : UIO_MASK_ATIME)))
            continue;
        const int64_t rest = (times[i] % 1000000000 + 1000000000) % 1000000000;
        t[i] = (struct timespec){.tv_sec = (time_t)entry_seconds(times[i]), .tv_nsec = (long)rest};
    }
    if ((mask & UIO_MASK_PERMISSIONS) && chmod(p->name, o->permissions & 07777) != 0)
        return place_errno(p);
    return local(p, utimensat(AT_FDCWD, p->name, t, AT_SYMLINK_NOFOLLOW));
}

int place_modify(struct remote *r, const struct place *p, uint32_t mask, const struct uio_object *object) {
    if (!p->is_remote)
        return modify_here(p, mask, object);
    struct uio_named *named = named_of(r, p);
    return ended(r, p, uio_modify_object(&r->client, named, mask, UIO_NOFOLLOW, object));
}
