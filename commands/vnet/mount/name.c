/* SPDX-License-Identifier: BSD-2-Clause */
/* Names: looked up, made, renamed, removed. */
#include "mount.h"

#include <stdio.h>
#include <sys/stat.h>

#ifndef RENAME_NOREPLACE
#define RENAME_NOREPLACE 1
#define RENAME_EXCHANGE 2
#endif

/* ---- what all begin with ----------------------------------------------------------------------------------------- */

/* An operation on a name in a directory, with op->path set.  NULL: it has been answered. */
static struct mount_op *in_directory(fuse_req_t req, fuse_ino_t parent, const char *name,
                                     void (*then)(struct mount_op *op, int error)) {
    struct mount *m = mount_of(req);
    struct mount_op *op = mount_op_new(m, req);
    if (!op)
        return NULL;
    op->parent = mount_node_ref(mount_node_of(m, parent));
    op->then = then;
    const int error = mount_op_path(op, op->parent, name);
    if (error) {
        mount_op_fail(op, error);
        return NULL;
    }
    strcpy(op->name, name); /* a component, as mount_op_path has found */
    return op;
}

/* ---- entries ----------------------------------------------------------------------------------------------------- */

static void reply_entry(struct mount_op *op, int error) {
    struct fuse_entry_param entry = {.attr_timeout = mount_seconds(op->m), .entry_timeout = mount_seconds(op->m)};
    if (error) {
        mount_op_fail(op, error);
        return;
    }
    entry.ino = mount_number_of(op->m, op->node);
    entry.attr = op->attributes;
    mount_node_told(op->node);
    if (fuse_reply_entry(op->req, &entry) < 0)
        mount_node_forget(op->m, op->node, 1);
    mount_op_end(op);
}

/* The object that op->parent has under op->name. */
static void found(struct mount_op *op, int error) {
    struct mount *m = op->m;
    if (error) {
        if (error == ENOENT)
            mount_name_gone(m, op->parent, op->name);
        mount_op_fail(op, error);
        return;
    }
    op->object = op->named.object;
    struct mount_node *known = mount_node_known(m, op->parent, op->name);
    op->node = mount_node_at(m, op->parent, op->name, &op->object, op->named.manager);
    if (!op->node) {
        mount_op_fail(op, ENOMEM);
        return;
    }
    if (known != op->node) /* what was seen before it was known says nothing about its writes, and there were none */
        mount_op_begins(op, op->node);
    mount_attributes(m, op->node->inode, &op->object, &op->attributes);
    mount_refresh(op, mount_seen(op, op->node, &op->object), reply_entry);
}

static void look_up(struct mount_op *op, int error) {
    (void)error;
    if (op->node) {
        mount_op_begins(op, op->node);
        mount_node_unref(op->m, op->node);
        op->node = NULL;
    }
    mount_op_named(op, uio_query_object(&op->m->client, &op->named, UIO_NOFOLLOW));
}

static void on_lookup(fuse_req_t req, fuse_ino_t parent, const char *name) {
    struct mount_op *op = in_directory(req, parent, name, found);
    if (!op)
        return;
    struct mount_node *known = mount_node_known(op->m, op->parent, name);
    if (known) {
        op->node = mount_node_ref(known);
        mount_behind_wait(op, look_up);
    } else {
        look_up(op, 0);
    }
}

static void on_forget(fuse_req_t req, fuse_ino_t ino, uint64_t lookups) {
    struct mount *m = mount_of(req);
    mount_node_forget(m, mount_node_of(m, ino), lookups);
    fuse_reply_none(req);
}

static void on_forget_multi(fuse_req_t req, size_t count, struct fuse_forget_data *forgets) {
    struct mount *m = mount_of(req);
    for (size_t i = 0; i < count; i++)
        mount_node_forget(m, mount_node_of(m, forgets[i].ino), forgets[i].nlookup);
    fuse_reply_none(req);
}

/* ---- making ------------------------------------------------------------------------------------------------------ */

static void on_mkdir(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode) {
    struct mount_op *op = in_directory(req, parent, name, found);
    if (op)
        mount_op_named(op, uio_create_object(&op->m->client, &op->named, UIO_TYPE_CONTEXT, mode & 07777, NULL, 0));
}

static void on_mknod(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode, dev_t device) {
    (void)device;
    if (!S_ISREG(mode)) {
        fuse_reply_err(req, EPERM); /* pipes and devices of a system are its own */
        return;
    }
    struct mount_op *op = in_directory(req, parent, name, found);
    if (op)
        mount_op_named(op, uio_create_object(&op->m->client, &op->named, UIO_TYPE_FILE, mode & 07777, NULL, 0));
}

static void on_symlink(fuse_req_t req, const char *target, fuse_ino_t parent, const char *name) {
    const size_t length = strlen(target);
    if (length > UIO_TARGET_OCTETS) {
        fuse_reply_err(req, ENAMETOOLONG);
        return;
    }
    struct mount_op *op = in_directory(req, parent, name, found);
    if (!op)
        return;
    memcpy(op->area, target, length); /* the kernel's is there only now */
    mount_op_named(op, uio_create_object(&op->m->client, &op->named, UIO_TYPE_LINK, 0777, (char *)op->area, length));
}

static void linked(struct mount_op *op, int error) {
    if (!error && !mount_node_is(op->node, &op->named.object))
        error = ESTALE;
    mount_node_unref(op->m, op->node);
    op->node = NULL;
    found(op, error == EACCES ? EPERM : error);
}

static void on_link(fuse_req_t req, fuse_ino_t ino, fuse_ino_t parent, const char *name) {
    struct mount *m = mount_of(req);
    struct mount_op *op = in_directory(req, parent, name, linked);
    if (!op)
        return;
    op->node = mount_node_ref(mount_node_of(m, ino));
    memcpy(op->new_path, op->path, sizeof op->path);
    const size_t length = op->named.name_length;
    const int error = mount_op_path(op, op->node, NULL);
    if (error)
        mount_op_fail(op, error);
    else
        mount_op_named(op, uio_link_object(&m->client, &op->named, op->new_path, length));
}

/* ---- links ------------------------------------------------------------------------------------------------------- */

static void read_link(struct mount_op *op, int error) {
    const struct uio_object *object = &op->named.object;
    char target[UIO_TARGET_OCTETS + 1];
    if (!error && object->type != UIO_TYPE_LINK)
        error = EINVAL;
    if (!error && object->target_length >= sizeof target)
        error = EIO; /* longer than a link can be: what a manager sends need not be what one may send */
    if (error) {
        mount_op_fail(op, mount_or_stale(error));
        return;
    }
    memcpy(target, object->target, object->target_length);
    target[object->target_length] = 0;
    fuse_reply_readlink(op->req, target);
    mount_op_end(op);
}

static void on_readlink(fuse_req_t req, fuse_ino_t ino) {
    struct mount *m = mount_of(req);
    struct mount_op *op = mount_op_new(m, req);
    if (!op)
        return;
    op->node = mount_node_ref(mount_node_of(m, ino));
    op->then = read_link;
    const int error = mount_op_path(op, op->node, NULL);
    if (error)
        mount_op_fail(op, error);
    else
        mount_op_named(op, uio_query_object(&m->client, &op->named, UIO_NOFOLLOW));
}

/* ---- removing ---------------------------------------------------------------------------------------------------- */

static void removed(struct mount_op *op, int error) {
    if (!error || error == ENOENT)
        mount_name_gone(op->m, op->parent, op->name);
    mount_op_fail(op, error);
}

static void on_unlink(fuse_req_t req, fuse_ino_t parent, const char *name) {
    struct mount_op *op = in_directory(req, parent, name, removed);
    if (op)
        mount_op_named(op, uio_remove_object(&op->m->client, &op->named, 0));
}

static void on_rmdir(fuse_req_t req, fuse_ino_t parent, const char *name) {
    struct mount_op *op = in_directory(req, parent, name, removed);
    if (op)
        mount_op_named(op, uio_remove_object(&op->m->client, &op->named, UIO_TYPE_CONTEXT));
}

/* ---- renaming ---------------------------------------------------------------------------------------------------- */

static void renamed(struct mount_op *op, int error) {
    if (!error && (op->flags & UIO_RENAME_EXCHANGE))
        mount_names_exchanged(op->m, op->parent, op->name, op->new_parent, op->new_name);
    else if (!error)
        mount_name_moved(op->m, op->parent, op->name, op->new_parent, op->new_name);
    mount_op_fail(op, error);
}

static void on_rename(fuse_req_t req, fuse_ino_t parent, const char *name, fuse_ino_t new_parent, const char *new_name,
                      unsigned flags) {
    struct mount *m = mount_of(req);
    if (flags & ~(unsigned)(RENAME_NOREPLACE | RENAME_EXCHANGE)) {
        fuse_reply_err(req, EINVAL);
        return;
    }
    struct mount_op *op = in_directory(req, parent, name, renamed);
    if (!op)
        return;
    op->new_parent = mount_node_ref(mount_node_of(m, new_parent));
    op->flags = (flags & RENAME_NOREPLACE ? UIO_RENAME_NO_REPLACE : 0) |
                (flags & RENAME_EXCHANGE ? UIO_RENAME_EXCHANGE : 0);
    const int length = mount_path(m, op->new_path, op->new_parent, new_name);
    if (length < 0) {
        mount_op_fail(op, -length);
        return;
    }
    strcpy(op->new_name, new_name);
    mount_op_named(op, uio_rename_object(&m->client, &op->named, op->new_path, (size_t)length, op->flags));
}

void mount_names_ops(struct fuse_lowlevel_ops *ops) {
    ops->lookup = on_lookup;
    ops->forget = on_forget;
    ops->forget_multi = on_forget_multi;
    ops->mkdir = on_mkdir;
    ops->mknod = on_mknod;
    ops->symlink = on_symlink;
    ops->link = on_link;
    ops->readlink = on_readlink;
    ops->unlink = on_unlink;
    ops->rmdir = on_rmdir;
    ops->rename = on_rename;
}
