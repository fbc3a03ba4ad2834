/* SPDX-License-Identifier: BSD-2-Clause */
/* Instances.  Each open file of the kernel's is one, so that what is open stays usable when its name is taken away. */
#include "mount.h"

#include <fcntl.h>
#include <stdlib.h>

/* ---- their ends -------------------------------------------------------------------------------------------------- */

#define RELEASES 64u /* under way: a program that ends may have had a thousand files open */

static void begin_release(struct mount_handle *handle);

static void free_handle(struct mount_handle *handle) {
    struct mount *m = handle->mount;
    uio_detach(&handle->uio);
    *(handle->previous ? &handle->previous->next : &handle->node->handles) = handle->next;
    if (handle->next)
        handle->next->previous = handle->previous;
    mount_node_unref(m, handle->node);
    free(handle);
}

/* Those that wait for others to be released. */
static void release_next(struct mount *m) {
    while (m->to_release && m->releases < RELEASES) {
        struct mount_handle *handle = m->to_release;
        m->to_release = handle->next_to_release;
        if (!m->to_release)
            m->to_release_last = &m->to_release;
        begin_release(handle);
    }
}

static void released(struct uio_call *call, int result) {
    struct mount_handle *handle = call->context;
    struct mount *m = handle->mount;
    (void)result; /* what a late error has to say is said by fsync */
    m->releases--;
    free_handle(handle);
    release_next(m);
}

static void try_again(struct vipc_timer *timer) {
    struct mount_handle *handle = timer->context;
    handle->mount->releases--;
    begin_release(handle);
}

#define TRY_AGAIN (20 * VMTP_MILLISECOND)

static void begin_release(struct mount_handle *handle) {
    struct mount *m = handle->mount;
    if (!handle->uio.client) {
        free_handle(handle);
        return;
    }
    if (m->releases >= RELEASES) {
        handle->next_to_release = NULL;
        *m->to_release_last = handle;
        m->to_release_last = &handle->next_to_release;
        return;
    }
    m->releases++;
    handle->call = (struct uio_call){.deadline = mount_deadline(m), .done = released, .context = handle};
    const int begun = uio_release(&handle->uio, &handle->call, 0);
    if (begun > 0) { /* it is gone */
        m->releases--;
        free_handle(handle);
    } else if (begun < 0) { /* no room */
        handle->timer.fire = try_again;
        handle->timer.context = handle;
        vipc_timer_set(m->ipc, &handle->timer, vipc_now(m->ipc) + TRY_AGAIN);
    }
}

void mount_handle_use(struct mount_handle *handle) { handle->busy++; }

void mount_handle_done(struct mount_handle *handle) {
    if (--handle->busy || !handle->closed)
        return;
    mount_ahead_free(handle);
    mount_list_free(handle);
    mount_stream_free(handle);
    begin_release(handle);
}

void mount_handle_close(struct mount_handle *handle) {
    handle->closed = 1;
    mount_handle_use(handle);
    mount_handle_done(handle);
}

struct mount_handle *mount_handle_new(struct mount *m, struct mount_node *node, uint32_t mode) {
    struct mount_handle *handle = calloc(1, sizeof *handle);
    if (!handle)
        return NULL;
    handle->mount = m;
    handle->mode = mode;
    handle->node = mount_node_ref(node);
    handle->next = node->handles;
    if (handle->next)
        handle->next->previous = handle;
    node->handles = handle;
    return handle;
}

struct mount_handle *mount_handle_of(const struct mount_node *node, uint32_t mode) {
    struct mount_handle *handle = node->handles;
    while (handle && (handle->closed || !handle->uio.client || (handle->mode & mode) != mode))
        handle = handle->next;
    return handle;
}

/* ---- open -------------------------------------------------------------------------------------------------------- */

static uint32_t mode_of(int flags) {
    uint32_t mode = UIO_MODE_NO_FOLLOW;
    switch (flags & O_ACCMODE) {
    case O_WRONLY: mode |= UIO_MODE_WRITE; break;
    case O_RDWR: mode |= UIO_MODE_READ | UIO_MODE_WRITE; break;
    default: mode |= UIO_MODE_READ; break;
    }
    if ((flags & O_TRUNC) && (mode & UIO_MODE_WRITE))
        mode |= UIO_MODE_TRUNCATE;
    return mode;
}

static void forget_handle(struct mount_op *op) {
    struct mount_handle *handle = op->handle;
    handle->closed = 1; /* with the operation it goes */
}

/* What the kernel is to do with it: what has no positions is not cached. */
static void say_how(struct mount_op *op) {
    op->file.fh = (uint64_t)(uintptr_t)op->handle;
    op->file.keep_cache = op->handle->stream == NULL; /* what is old has been forgotten by now */
    op->file.direct_io = op->file.nonseekable = op->handle->stream != NULL;
}

static void reply_open(struct mount_op *op, int error) {
    if (!error)
        say_how(op);
    if (error || fuse_reply_open(op->req, &op->file) < 0)
        forget_handle(op);
    if (error)
        fuse_reply_err(op->req, error);
    mount_op_end(op);
}

static void truncated(struct mount_op *op) {
    if (!op->kept)
        return;
    op->node->writes_going--;
    op->node->writes++;
    op->node->written = 1;
    op->writes = op->node->writes;
}

static int begin_create(struct mount_op *op) {
    op->named.room = op->room;
    op->named.room_size = sizeof op->room;
    return uio_create(&op->m->client, &op->named, &op->handle->uio, op->mode, op->flags);
}

/* What has no size cannot be made empty, and need not be: as the system does with pipes and devices. */
static int again_as_it_is(struct mount_op *op, int error) {
    if (error != EOPNOTSUPP || !(op->mode & UIO_MODE_TRUNCATE))
        return 0;
    op->mode &= ~(uint32_t)UIO_MODE_TRUNCATE;
    mount_op_named(op, begin_create(op));
    return 1;
}

static void opened(struct mount_op *op, int error) {
    if (again_as_it_is(op, error))
        return;
    truncated(op);
    if (!error && !mount_node_is(op->node, &op->named.object))
        error = ESTALE; /* the kernel looks the name up again, and comes back */
    if (!error)
        error = mount_stream_open(op->handle);
    if (error) {
        reply_open(op, mount_or_stale(error));
        return;
    }
    mount_refresh(op, mount_seen(op, op->node, &op->named.object), reply_open);
}

static int take_handle(struct mount_op *op, struct mount_node *node) {
    struct mount_handle *handle = mount_handle_new(op->m, node, op->mode);
    if (!handle) {
        mount_op_fail(op, ENOMEM);
        return -1;
    }
    mount_op_handle(op, handle);
    return 0;
}

static void open_empty(struct mount_op *op, int error) {
    (void)error;
    mount_ahead_drop(op->node);
    op->node->writes_going++;
    op->kept = 1;
    mount_op_named(op, begin_create(op));
}

static void on_open(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi) {
    struct mount_op *op = mount_op_on(req, ino, NULL);
    if (!op)
        return;
    op->mode = mode_of(fi->flags);
    op->file = *fi;
    op->then = opened;
    const int error = mount_op_path(op, op->node, NULL);
    if (error) {
        mount_op_fail(op, error);
        return;
    }
    if (take_handle(op, op->node) < 0)
        return;
    if (op->mode & UIO_MODE_TRUNCATE)
        mount_behind_wait(op, open_empty);
    else
        mount_op_named(op, begin_create(op));
}

/* ---- create ------------------------------------------------------------------------------------------------------ */

static void reply_create(struct mount_op *op, int error) {
    struct fuse_entry_param entry = {.attr_timeout = mount_seconds(op->m), .entry_timeout = mount_seconds(op->m)};
    (void)error; /* mount_refresh has none */
    entry.ino = mount_number_of(op->m, op->node);
    entry.attr = op->attributes;
    say_how(op);
    mount_node_told(op->node);
    if (fuse_reply_create(op->req, &entry, &op->file) < 0) {
        mount_node_forget(op->m, op->node, 1);
        forget_handle(op);
    }
    mount_op_end(op);
}

/* The handle was made for the directory, before it was known what it would be of. */
static void move_handle(struct mount_handle *handle, struct mount_node *node) {
    struct mount_node *before = handle->node;
    *(handle->previous ? &handle->previous->next : &before->handles) = handle->next;
    if (handle->next)
        handle->next->previous = handle->previous;
    handle->node = mount_node_ref(node);
    handle->previous = NULL;
    handle->next = node->handles;
    if (handle->next)
        handle->next->previous = handle;
    node->handles = handle;
    mount_node_unref(handle->mount, before);
}

static void created(struct mount_op *op, int error) {
    if (again_as_it_is(op, error))
        return;
    if (!error) {
        op->node = mount_node_at(op->m, op->parent, op->name, &op->named.object, op->named.manager);
        error = op->node ? mount_stream_open(op->handle) : ENOMEM;
    }
    if (error) {
        forget_handle(op);
        mount_op_fail(op, error);
        return;
    }
    move_handle(op->handle, op->node);
    op->object = op->named.object;
    mount_attributes(op->m, op->node->inode, &op->object, &op->attributes);
    if (op->mode & UIO_MODE_TRUNCATE) {
        mount_ahead_drop(op->node);
        op->node->writes++;
        op->node->written = 1;
    }
    mount_op_begins(op, op->node);
    mount_refresh(op, mount_seen(op, op->node, &op->object), reply_create);
}

static void on_create(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t permissions, struct fuse_file_info *fi) {
    struct mount *m = mount_of(req);
    struct mount_op *op = mount_op_new(m, req);
    if (!op)
        return;
    op->parent = mount_node_ref(mount_node_of(m, parent));
    op->mode = mode_of(fi->flags) | UIO_MODE_CREATE | (fi->flags & O_EXCL ? UIO_MODE_EXCLUSIVE : 0);
    op->flags = permissions & 07777;
    op->file = *fi;
    op->then = created;
    const int error = mount_op_path(op, op->parent, name);
    if (error) {
        mount_op_fail(op, error);
        return;
    }
    strcpy(op->name, name);
    if (take_handle(op, op->parent) == 0)
        mount_op_named(op, begin_create(op));
}

/* ---- flush, fsync, release ----------------------------------------------------------------------------------------- */

void mount_on_release(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi) {
    (void)ino;
    fuse_reply_err(req, 0);
    mount_handle_close(mount_handle_from(fi));
}

int mount_make_stable(struct mount_op *op) {
    return uio_modify(&op->handle->uio, &op->call, UIO_MASK_STABLE, NULL, 0, op->area);
}

static void synced(struct mount_op *op, int error) {
    const int late = mount_behind_error(op->handle);
    mount_op_fail(op, late ? late : error);
}

static void sync_now(struct mount_op *op, int error) {
    (void)error;
    op->then = synced;
    mount_op_call(op, mount_make_stable);
}

static void on_fsync(fuse_req_t req, fuse_ino_t ino, int data_only, struct fuse_file_info *fi) {
    struct mount_op *op = mount_op_on(req, ino, fi);
    (void)data_only;
    if (!op)
        return;
    mount_behind_wait(op, sync_now);
}

void mount_open_ops(struct fuse_lowlevel_ops *ops) {
    ops->open = on_open;
    ops->create = on_create;
    ops->release = mount_on_release;
    ops->fsync = on_fsync;
}
