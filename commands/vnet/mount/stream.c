/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Objects without positions: pipes, clocks, logs.  The kernel caches nothing of them, and what it says about positions is not looked at.  Reading goes on
 * where it was, block by block, and what of a block the program did not ask for is given to its next read; a write is one block, or as many as it takes.
 *
 * A call that waits for something to come has a part of a second, and is made again until there is something, or the program is interrupted: nothing
 * is lost by it, and nothing is made twice.
 */
#include "mount.h"

#include <fcntl.h>
#include <stdlib.h>

#define WAIT_MS 500u
#define MOST_ROOM 65536u

struct mount_stream {
    struct mount_op *reading, **last; /* one after the other */
    uint64_t next;                    /* block, where there is RANDOM_ACCESS */
    uint32_t room, from, to;          /* of the octets that are left */
    char *octets;
};

static uint32_t attributes_of(const struct mount_handle *handle) { return handle->uio.instance.attributes; }

int mount_stream_open(struct mount_handle *handle) {
    const uint32_t attributes = attributes_of(handle), needed = UIO_RANDOM_ACCESS | UIO_OFFSET;
    if (((attributes & needed) == needed && !(attributes & UIO_VARIABLE_BLOCK)) || handle->stream)
        return 0;
    struct mount_stream *s = calloc(1, sizeof *s);
    if (!s)
        return ENOMEM;
    s->last = &s->reading;
    s->next = attributes & UIO_RANDOM_ACCESS ? handle->uio.instance.next_block : UIO_SEQUENTIAL;
    handle->stream = s;
    return 0;
}

void mount_stream_free(struct mount_handle *handle) {
    if (handle->stream)
        free(handle->stream->octets);
    free(handle->stream);
    handle->stream = NULL;
}

static void interrupted(fuse_req_t req, void *data) {
    struct mount_op *op = data;
    (void)req;
    op->interrupted = 1;
}

/* As long as it waits it does not keep others from being begun. */
static void begins(struct mount_op *op) {
    op->m->waiting_count++;
    fuse_req_interrupt_func(op->req, interrupted, op);
}

static int may_wait(const struct mount_op *op) { return !(op->file.flags & O_NONBLOCK); }

static void call_set(struct mount_op *op, void (*done)(struct uio_call *call, int result)) {
    op->call.deadline = mount_deadline(op->m);
    op->call.milliseconds = may_wait(op) ? WAIT_MS : 0;
    op->call.done = done;
    op->call.context = op;
}

static int error_of(int result) { return mount_is_gone(result) ? EIO : mount_errno(result); }

/* ---- reading ------------------------------------------------------------------------------------------------------ */

static void read_on(struct mount_op *op);

/* The first of those that read is over. */
static void read_over(struct mount_op *op, int error) {
    struct mount_stream *s = op->handle->stream;
    const uint32_t there = s->to - s->from, octets = there < op->size ? there : op->size;
    s->reading = op->next;
    if (!s->reading)
        s->last = &s->reading;
    op->m->waiting_count--;
    struct mount_op *next = s->reading;
    if (error) {
        fuse_reply_err(op->req, error);
    } else {
        fuse_reply_buf(op->req, s->octets + s->from, octets);
        s->from += octets;
    }
    struct mount_handle *handle = op->handle;
    mount_handle_use(handle);
    mount_op_end(op);
    if (next)
        read_on(next);
    mount_handle_done(handle);
}

static void have_read(struct uio_call *call, int result) {
    struct mount_op *op = call->context;
    struct mount_stream *s = op->handle->stream;
    mount_handle_called(op->handle);
    s->from = 0;
    s->to = result ? 0 : call->octets;
    if (s->next != UIO_SEQUENTIAL && !result)
        s->next = call->block;
    if (result == (int)UIO_WOULD_WAIT && may_wait(op))
        read_on(op);
    else
        read_over(op, result ? error_of(result) : 0);
}

/* A block, or where blocks have no meaning as much as was asked for. */
static uint32_t wanted(const struct mount_op *op) {
    const struct uio_instance *i = &op->handle->uio.instance;
    const int in_blocks = i->attributes & UIO_VARIABLE_BLOCK || !(i->attributes & UIO_MULTI_BLOCK);
    const uint32_t octets = uio_fits(&op->handle->uio, 0, in_blocks ? i->block_size : op->size);
    return octets > MOST_ROOM && !(i->attributes & UIO_VARIABLE_BLOCK) ? MOST_ROOM : octets;
}

static int take_room(struct mount_stream *s, uint32_t room) {
    if (s->room >= room)
        return 0;
    free(s->octets);
    s->octets = malloc(room);
    s->room = s->octets ? room : 0;
    return s->octets ? 0 : -1;
}

static void read_on(struct mount_op *op) {
    struct mount_stream *s = op->handle->stream;
    const uint32_t octets = wanted(op);
    if (op->interrupted) {
        read_over(op, EINTR);
    } else if (s->from < s->to) {
        read_over(op, 0);
    } else if (take_room(s, octets) < 0) {
        read_over(op, ENOMEM);
    } else {
        call_set(op, have_read);
        const int begun = uio_read(&op->handle->uio, &op->call, s->next, 0, s->octets, octets);
        if (begun)
            read_over(op, error_of(begun));
        else
            mount_handle_calls(op->handle);
    }
}

void mount_stream_read(struct mount_op *op) {
    struct mount_stream *s = op->handle->stream;
    const int first = !s->reading;
    begins(op);
    op->next = NULL;
    *s->last = op;
    s->last = &op->next;
    if (first)
        read_on(op);
}

/* ---- writing ------------------------------------------------------------------------------------------------------ */

static void write_on(struct mount_op *op);

/* What has been taken has been written, whatever became of the rest. */
static void write_over(struct mount_op *op, int error) {
    op->m->waiting_count--;
    if (error && !op->done)
        fuse_reply_err(op->req, error);
    else
        fuse_reply_write(op->req, op->done);
    mount_op_end(op);
}

static void have_written(struct uio_call *call, int result) {
    struct mount_op *op = call->context;
    mount_handle_called(op->handle);
    if (!result)
        op->done += call->octets;
    if ((result == (int)UIO_WOULD_WAIT && may_wait(op)) || (!result && op->done < op->size))
        write_on(op);
    else
        write_over(op, result ? error_of(result) : 0);
}

static void write_on(struct mount_op *op) {
    const struct uio_instance *i = &op->handle->uio.instance;
    if (op->interrupted) {
        write_over(op, EINTR);
        return;
    }
    call_set(op, have_written);
    const uint64_t block = i->attributes & UIO_RANDOM_ACCESS ? 0 : UIO_SEQUENTIAL;
    const uint32_t flags = i->attributes & UIO_RANDOM_ACCESS && !(i->attributes & UIO_APPEND_ONLY) ? UIO_WRITE_APPEND : 0;
    const int begun = uio_write(&op->handle->uio, &op->call, block, 0, flags, (const char *)op->data + op->done,
                                uio_fits(&op->handle->uio, 0, op->size - op->done));
    if (begun)
        write_over(op, error_of(begun));
    else
        mount_handle_calls(op->handle);
}

void mount_stream_write(struct mount_op *op) {
    begins(op);
    write_on(op);
}
