/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Directories.  What a manager tells of one is kept while it is open, because the kernel goes on by positions of single entries, and UIO by
 * blocks of many.  Descriptors come with names, so the kernel is given attributes too (readdirplus).
 */
#include "mount.h"

#include <stdlib.h>
#include <sys/stat.h>

#define BLOCK_ROOM 65536u

/* One read. */
struct block {
    struct block *next;
    uint32_t size;
    uint32_t count; /* of descriptors */
    uint8_t octets[];
};

struct mount_list {
    struct block *first, **last;
    uint64_t next; /* block to be read */
    uint64_t count;
    int end;

    /* Where the kernel was last, which goes on there. */
    uint64_t position;
    struct block *block;
    struct uio_list at;
};

static void empty(struct mount_list *l) {
    struct block *next;
    for (struct block *b = l->first; b; b = next) {
        next = b->next;
        free(b);
    }
    memset(l, 0, sizeof *l);
    l->last = &l->first;
}

void mount_list_free(struct mount_handle *handle) {
    if (handle->list)
        empty(handle->list);
    free(handle->list);
    handle->list = NULL;
}

/* ---- telling ----------------------------------------------------------------------------------------------------- */

struct answer {
    struct mount_op *op;
    size_t used;
    int plus;
};

/* 1: there was room.  Without a node the kernel takes name, number and type only. */
static int add(struct answer *a, const char *name, const struct stat *st, struct mount_node *node, uint64_t next) {
    struct mount_op *op = a->op;
    struct fuse_entry_param entry = {.attr = *st};
    char *to = op->buffer + a->used;
    const size_t left = op->size - a->used;
    if (node) {
        entry.ino = mount_number_of(op->m, node);
        entry.attr_timeout = entry.entry_timeout = mount_seconds(op->m);
    }
    const size_t took = a->plus ? fuse_add_direntry_plus(op->req, to, left, name, &entry, (off_t)next)
                                : fuse_add_direntry(op->req, to, left, name, st, (off_t)next);
    if (took > left)
        return 0;
    a->used += took;
    if (node)
        mount_node_told(node);
    return 1;
}

/* Whether the kernel may have the attributes with the name: not when others have changed the contents of what it has. */
static struct mount_node *node_for(struct mount_op *op, const char *name, const struct uio_object *object) {
    struct mount_node *node = mount_node_at(op->m, op->node, name, object, op->handle->uio.manager);
    if (!node)
        return NULL;
    const int plain = object->type == UIO_TYPE_FILE;
    if (plain && (node->writes_going || node->written || (node->version && node->version != object->version))) {
        mount_node_unref(op->m, node);
        return NULL;
    }
    if (plain && object->version)
        node->version = object->version;
    return node;
}

static int add_object(struct answer *a, const struct uio_object *object, uint64_t next) {
    char name[UIO_COMPONENT_OCTETS + 1];
    struct stat st;
    if (!object->name_length || object->name_length > UIO_COMPONENT_OCTETS ||
        memchr(object->name, '/', object->name_length))
        return 1; /* none that a kernel could use */
    memcpy(name, object->name, object->name_length);
    name[object->name_length] = 0;
    mount_attributes(a->op->m, mount_inode(a->op->node, name, object), object, &st);
    struct mount_node *node = a->plus && object->descriptor_changed ? node_for(a->op, name, object) : NULL;
    const int fits = add(a, name, &st, node, next);
    mount_node_unref(a->op->m, node);
    return fits;
}

static int add_dots(struct answer *a, uint64_t position) {
    const struct stat st = {.st_mode = S_IFDIR, .st_ino = a->op->node->inode};
    return add(a, position ? ".." : ".", &st, NULL, position + 1);
}

/* Position 2 is the first descriptor. */
static void seek(struct mount_list *l, uint64_t position) {
    struct uio_object object;
    uint64_t at = 2;
    l->block = l->first;
    while (l->block && at + l->block->count <= position) {
        at += l->block->count;
        l->block = l->block->next;
    }
    if (l->block)
        l->at = uio_list_of(l->block->octets, l->block->size);
    for (; l->block && at < position; at++)
        uio_list_next(&l->at, &object);
    l->position = position;
}

/* The next descriptor, without going on: 1, or 0. */
static int peek(struct mount_list *l, struct uio_object *object, struct uio_list *behind) {
    while (l->block) {
        *behind = l->at;
        if (uio_list_next(behind, object))
            return 1;
        l->block = l->block->next;
        if (l->block)
            l->at = uio_list_of(l->block->octets, l->block->size);
    }
    return 0;
}

static void read_more(struct mount_op *op);

/* With what is here; more is read first when there is nothing for the kernel at all. */
static void tell(struct mount_op *op) {
    struct mount_list *l = op->handle->list;
    struct answer a = {.op = op, .plus = op->flags != 0};
    struct uio_list behind;
    struct uio_object object;
    uint64_t position = op->at;
    while (position < 2 && add_dots(&a, position))
        position++;
    if (position >= 2 && (l->position != position || !l->block))
        seek(l, position);
    while (position >= 2 && peek(l, &object, &behind) && add_object(&a, &object, position + 1)) {
        l->at = behind;
        l->position = ++position;
    }
    if (!a.used && !l->end && position >= l->count + 2) {
        read_more(op);
        return;
    }
    fuse_reply_buf(op->req, op->buffer, a.used);
    mount_op_end(op);
}

/* ---- reading ----------------------------------------------------------------------------------------------------- */

static uint32_t count_in(const struct block *b) {
    struct uio_list list = uio_list_of(b->octets, b->size);
    struct uio_object object;
    uint32_t count = 0;
    while (uio_list_next(&list, &object))
        count++;
    return count;
}

static void have_read(struct mount_op *op, int error) {
    struct mount_list *l = op->handle->list;
    struct block *b = *l->last;
    if (error || !op->call.octets) {
        free(b);
        *l->last = NULL;
        l->end |= !error;
    } else {
        struct block *less = realloc(b, sizeof *b + op->call.octets);
        b = *l->last = less ? less : b;
        b->size = op->call.octets;
        b->count = count_in(b);
        l->count += b->count;
        l->last = &b->next;
        l->next = op->call.block;
        l->end = (op->call.flags & UIO_END) != 0;
    }
    if (error)
        mount_op_fail(op, error);
    else
        tell(op);
}

static int read_block(struct mount_op *op) {
    struct mount_list *l = op->handle->list;
    const uint32_t most = op->handle->uio.instance.max_transfer;
    return uio_read(&op->handle->uio, &op->call, l->next, 0, (*l->last)->octets, most < BLOCK_ROOM ? most : BLOCK_ROOM);
}

static void read_more(struct mount_op *op) {
    struct mount_list *l = op->handle->list;
    *l->last = malloc(sizeof **l->last + BLOCK_ROOM);
    if (!*l->last) {
        mount_op_fail(op, ENOMEM);
        return;
    }
    (*l->last)->next = NULL;
    (*l->last)->size = (*l->last)->count = 0;
    op->then = have_read;
    mount_op_call(op, read_block);
}

static void opened(struct mount_op *op, int error) {
    op->handle->opening = 0;
    if (!error && op->node != op->m->root && !mount_node_is(op->node, &op->named.object))
        error = ESTALE;
    op->then = op->after;
    op->then(op, error);
}

/* The instance is created when it is needed, so that opening a directory alone costs nothing. */
static void begin(struct mount_op *op, void (*after)(struct mount_op *op, int error)) {
    const int error = op->handle->opening ? EAGAIN : mount_op_path(op, op->node, NULL);
    if (error) {
        mount_op_fail(op, error);
        return;
    }
    op->handle->opening = 1;
    op->named.room = op->room;
    op->named.room_size = sizeof op->room;
    op->after = after;
    op->then = opened;
    mount_op_named(op, uio_create(&op->m->client, &op->named, &op->handle->uio, op->handle->mode, 0));
}

static void tell_or_fail(struct mount_op *op, int error) {
    if (error)
        mount_op_fail(op, error);
    else
        tell(op);
}

static void read_directory(fuse_req_t req, fuse_ino_t ino, size_t size, off_t at, struct fuse_file_info *fi, int plus) {
    struct mount_op *op = mount_op_on(req, ino, fi);
    if (!op)
        return;
    op->at = (uint64_t)at;
    op->size = (uint32_t)size;
    op->flags = (uint32_t)plus;
    if (mount_op_buffer(op, size) < 0)
        return;
    if (at == 0) /* from the beginning, so as it is now */
        empty(op->handle->list);
    if (op->handle->uio.client)
        tell(op);
    else
        begin(op, tell_or_fail);
}

static void on_readdir(fuse_req_t req, fuse_ino_t ino, size_t size, off_t at, struct fuse_file_info *fi) {
    read_directory(req, ino, size, at, fi, 0);
}

static void on_readdirplus(fuse_req_t req, fuse_ino_t ino, size_t size, off_t at, struct fuse_file_info *fi) {
    read_directory(req, ino, size, at, fi, 1);
}

/* ---- open, fsync, release ------------------------------------------------------------------------------------------ */

static void on_opendir(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi) {
    struct mount *m = mount_of(req);
    struct mount_handle *handle = mount_handle_new(m, mount_node_of(m, ino),
                                                   UIO_MODE_READ | UIO_MODE_CONTEXT | UIO_MODE_NO_FOLLOW);
    if (handle)
        handle->list = calloc(1, sizeof *handle->list);
    if (!handle || !handle->list) {
        if (handle)
            mount_handle_close(handle);
        fuse_reply_err(req, ENOMEM);
        return;
    }
    empty(handle->list);
    fi->fh = (uint64_t)(uintptr_t)handle;
    if (fuse_reply_open(req, fi) < 0)
        mount_handle_close(handle);
}

static void synced(struct mount_op *op, int error) {
    mount_op_fail(op, error == EOPNOTSUPP ? 0 : error); /* a manager without storage has nothing to bring there */
}

static void sync_opened(struct mount_op *op, int error) {
    op->then = synced;
    if (error)
        synced(op, error);
    else
        mount_op_call(op, mount_make_stable);
}

static void on_fsyncdir(fuse_req_t req, fuse_ino_t ino, int data_only, struct fuse_file_info *fi) {
    struct mount_op *op = mount_op_on(req, ino, fi);
    (void)data_only;
    if (!op)
        return;
    if (op->handle->uio.client)
        sync_opened(op, 0);
    else
        begin(op, sync_opened);
}

void mount_list_ops(struct fuse_lowlevel_ops *ops) {
    ops->opendir = on_opendir;
    ops->readdir = on_readdir;
    ops->readdirplus = on_readdirplus;
    ops->releasedir = mount_on_release;
    ops->fsyncdir = on_fsyncdir;
}
