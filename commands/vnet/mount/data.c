/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading and writing.
 *
 * The kernel's own writing back (FUSE_CAP_WRITEBACK_CACHE) is not used: with it the kernel believes its own size and times of a file before those of
 * the manager, and what another node writes is never seen.  behind.c has what is needed of it.
 */
#include "mount.h"

#include <stdlib.h>

/* ---- reading ----------------------------------------------------------------------------------------------------- */

static void read_over(void *context, int result, uint32_t octets) {
    struct mount_op *op = context;
    if (result) {
        mount_op_fail(op, mount_is_gone(result) ? EIO : mount_errno(result));
        return;
    }
    fuse_reply_buf(op->req, op->buffer, octets);
    mount_op_end(op);
}

void mount_read_through(struct mount_op *op) {
    if (mount_op_buffer(op, op->size) == 0)
        mount_transfer(op->handle, 0, op->at, op->buffer, op->size, op->deadline, read_over, op);
}

static void can_read(struct mount_op *op, int error) {
    if (error)
        mount_op_fail(op, error);
    else if (!mount_ahead_read(op))
        mount_read_through(op);
}

static void on_read(fuse_req_t req, fuse_ino_t ino, size_t size, off_t at, struct fuse_file_info *fi) {
    struct mount_op *op = mount_op_on(req, ino, fi);
    if (!op)
        return;
    op->at = (uint64_t)at;
    op->size = (uint32_t)size;
    op->file = *fi;
    if (op->handle->stream)
        mount_stream_read(op);
    else
        mount_behind_wait(op, can_read);
}

static void on_write(fuse_req_t req, fuse_ino_t ino, const char *data, size_t size, off_t at, struct fuse_file_info *fi) {
    struct mount_op *op = mount_op_on(req, ino, fi);
    if (!op)
        return;
    op->file = *fi;
    op->at = (uint64_t)at;
    op->size = (uint32_t)size;
    if (mount_op_keep(op, data, size) < 0)
        return;
    if (op->handle->stream) {
        mount_stream_write(op);
        return;
    }
    mount_ahead_drop(op->node);
    mount_behind_write(op);
}

void mount_data_ops(struct fuse_lowlevel_ops *ops) {
    ops->read = on_read;
    ops->write = on_write;
}
