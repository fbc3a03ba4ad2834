/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is written behind a program's back.  write returns at once, as long as not too much is on its way, and what follows each other goes together; a
 * file is at its manager when it is closed, synced, locked or unlocked, and before anything else is asked about it.  So a program on another node
 * that opens it later sees all of it, which is what the kernel's own writing back could not promise.
 *
 * An error that comes when write has returned is told by the next fsync or close of what was open, once.
 */
#include "mount.h"

#include <fcntl.h>
#include <stdlib.h>

#define GOING 4u           /* pieces of a file that are on their way together */
#define ENOUGH 65536u      /* smaller ones wait for more while another is on its way */
#define COPIED 262144u     /* octets that are rather copied than sent by themselves */
#define BEHIND (16u << 20) /* octets, of all files; a write that makes it more waits until it is done */

struct mount_piece {
    struct mount_piece *next;
    struct mount_handle *handle;
    uint64_t at;
    uint32_t size;
    const char *data;
    char *buffer;        /* in which they lie, MOUNT_WRITE_OCTETS at least; NULL: in the operation */
    struct mount_op *op; /* that waits for it, or NULL */
    int started;
};

static void go_on(struct mount *m, struct mount_node *node);

/* ---- sending ------------------------------------------------------------------------------------------------------- */

static void take_out(struct mount_node *node, struct mount_piece *piece) {
    struct mount_piece **at = &node->pieces;
    while (*at != piece)
        at = &(*at)->next;
    *at = piece->next;
}

static void written(void *context, int result, uint32_t octets) {
    struct mount_piece *piece = context;
    struct mount_handle *handle = piece->handle;
    struct mount_node *node = mount_node_ref(handle->node);
    struct mount *m = handle->mount;
    int error = mount_is_gone(result) ? EIO : mount_errno(result);
    if (!result && octets < piece->size)
        error = ENOSPC;
    take_out(node, piece);
    node->pieces_going--;
    node->writes_going--;
    node->writes++;
    node->written = 1;
    m->behind -= piece->size;
    if (piece->op && error)
        mount_op_fail(piece->op, error);
    else if (piece->op) {
        fuse_reply_write(piece->op->req, piece->size);
        mount_op_end(piece->op);
    } else if (error) {
        handle->error = error;
    }
    if (piece->buffer)
        mount_buffer_give(m, piece->buffer);
    free(piece);
    mount_handle_done(handle);
    go_on(m, node);
    mount_node_unref(m, node);
}

/* Of two that overlap the later one comes later. */
static int must_wait(const struct mount_node *node, const struct mount_piece *piece) {
    for (const struct mount_piece *p = node->pieces; p != piece; p = p->next)
        if (p->at < piece->at + piece->size && piece->at < p->at + p->size)
            return 1;
    return 0;
}

static void start_some(struct mount *m, struct mount_node *node) {
    struct mount_piece *next;
    for (struct mount_piece *p = node->pieces; p && node->pieces_going < GOING; p = next) {
        next = p->next;
        if (p->started || must_wait(node, p))
            continue;
        if (!next && node->pieces_going && p->size < ENOUGH && !p->op)
            return;
        p->started = 1;
        node->pieces_going++;
        mount_transfer(p->handle, 1, p->at, (void *)(uintptr_t)p->data, p->size, mount_deadline(m), written, p);
        return go_on(m, node); /* the list may be another one */
    }
}

static void go_on(struct mount *m, struct mount_node *node) {
    if (node->pieces) {
        start_some(m, node);
        return;
    }
    struct mount_op *op = node->drained;
    node->drained = NULL;
    while (op) {
        struct mount_op *next = op->next;
        op->after(op, 0);
        op = next;
    }
}

/* ---- taking -------------------------------------------------------------------------------------------------------- */

static struct mount_piece *last_of(const struct mount_node *node) {
    struct mount_piece *p = node->pieces;
    while (p && p->next)
        p = p->next;
    return p;
}

/* What goes on where the last piece ended goes with it: 1, and it has been taken. */
static int append(struct mount_op *op, struct mount_piece *last) {
    if (!last || last->started || last->op || last->handle != op->handle || last->at + last->size != op->at ||
        op->size > COPIED || !last->buffer || last->data + last->size + op->size > last->buffer + MOUNT_WRITE_OCTETS)
        return 0;
    memcpy(last->buffer + (last->data - last->buffer) + last->size, op->data, op->size);
    last->size += op->size;
    return 1;
}

/* The octets get a place of their own: the kernel's buffer, or another into which they are copied. */
static int give_place(struct mount_op *op, struct mount_piece *piece) {
    piece->data = op->data;
    if (op->size > COPIED && op->taken) {
        piece->buffer = op->taken;
        op->taken = NULL;
        return 0;
    }
    piece->buffer = mount_buffer_get(op->m);
    if (!piece->buffer)
        return -1;
    memcpy(piece->buffer, op->data, op->size);
    piece->data = piece->buffer;
    return 0;
}

static int is_behind(const struct mount_op *op) {
    return !op->m->options->write_through && !(op->file.flags & (O_SYNC | O_DSYNC | O_DIRECT)) &&
           op->m->behind + op->size <= BEHIND;
}

static void take(struct mount_op *op) {
    fuse_reply_write(op->req, op->size);
    mount_op_end(op);
}

void mount_behind_write(struct mount_op *op) {
    struct mount *m = op->m;
    struct mount_node *node = op->node;
    struct mount_piece *last = last_of(node), *piece;
    const int behind = is_behind(op);
    if (behind && append(op, last)) {
        m->behind += op->size;
        take(op);
        return;
    }
    piece = calloc(1, sizeof *piece);
    if (!piece || (behind && give_place(op, piece) < 0)) {
        free(piece);
        mount_op_fail(op, ENOMEM);
        return;
    }
    piece->handle = op->handle;
    piece->at = op->at;
    piece->size = op->size;
    if (!behind) {
        piece->data = op->data;
        piece->op = op;
    }
    mount_handle_use(piece->handle);
    node->writes_going++;
    m->behind += op->size;
    *(last ? &last->next : &node->pieces) = piece;
    mount_node_ref(node);
    if (behind)
        take(op);
    go_on(m, node);
    mount_node_unref(m, node);
}

/* ---- waiting ------------------------------------------------------------------------------------------------------- */

void mount_behind_wait(struct mount_op *op, void (*then)(struct mount_op *op, int error)) {
    if (!op->node->pieces) {
        then(op, 0);
        return;
    }
    op->after = then;
    op->next = op->node->drained;
    op->node->drained = op;
}

int mount_behind_error(struct mount_handle *handle) {
    const int error = handle->error;
    handle->error = 0;
    return error;
}

void mount_behind_free(struct mount_node *node) {
    while (node->pieces) {
        struct mount_piece *piece = node->pieces;
        node->pieces = piece->next;
        free(piece->buffer);
        free(piece);
    }
}
