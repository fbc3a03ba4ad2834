/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is read ahead of a program that reads in sequence.  The kernel reads 128 KiB ahead at most, which is little for a network; here whole
 * pieces are fetched, a few of them while the one before is used up.
 */
#include "mount.h"

#include <stdlib.h>

#define PIECE 524288u /* octets */
#define PIECES 4u     /* of a handle, two of them ahead */
#define AHEAD 2u
#define BEGINS 131072u /* read in sequence before anything is read ahead */
#define NEAR 1048576u  /* the kernel's reads come not quite in order */

enum state { NOTHING, FETCHING, READY };

struct piece {
    struct mount_handle *handle;
    enum state state;
    int dropped; /* while it was being fetched */
    int result;
    uint64_t index; /* its place in the file, in pieces */
    uint32_t octets;
    vmtp_time fetched;
    char *data; /* NULL: none yet */
};

struct mount_ahead {
    uint64_t next; /* where a reader in sequence goes on */
    uint64_t in_sequence;
    uint64_t end; /* a piece that ended early: nothing is fetched behind it */
    struct piece pieces[PIECES];
    struct mount_op *waiting;
};

static uint64_t index_of(uint64_t at) { return at / PIECE; }
static uint64_t last_of(const struct mount_op *op) { return index_of(op->at + op->size - 1); }

static struct piece *find(struct mount_ahead *a, uint64_t index) {
    for (unsigned i = 0; i < PIECES; i++)
        if (a->pieces[i].state != NOTHING && a->pieces[i].index == index && !a->pieces[i].dropped)
            return &a->pieces[i];
    return NULL;
}

/* ---- answering --------------------------------------------------------------------------------------------------- */

/* How much of a piece concerns a read, and where. */
static struct iovec share_of(const struct piece *p, const struct mount_op *op) {
    const uint64_t base = p->index * PIECE, end = base + p->octets;
    const uint64_t from = op->at > base ? op->at : base;
    const uint64_t to = op->at + op->size < end ? op->at + op->size : end;
    struct iovec v = {0};
    if (from < to) {
        v.iov_base = p->data + (from - base);
        v.iov_len = to - from;
    }
    return v;
}

static void answer(struct mount_op *op, struct piece *one, struct piece *two) {
    struct iovec parts[2] = {share_of(one, op), two && one->octets == PIECE ? share_of(two, op) : (struct iovec){0}};
    fuse_reply_iov(op->req, parts, 2);
    mount_op_end(op);
}

/* 1: it has been answered, or is read without us; 0: it waits. */
static int try_answer(struct mount_ahead *a, struct mount_op *op) {
    struct piece *one = find(a, index_of(op->at)), *two = last_of(op) != index_of(op->at) ? find(a, last_of(op)) : one;
    if (!one || !two || (one->state == READY && one->result) || (two->state == READY && two->result)) {
        mount_read_through(op);
        return 1;
    }
    if (one->state != READY || two->state != READY)
        return 0;
    /* The file may have become longer since: what is not here is asked for. */
    const struct piece *last = one->octets < PIECE ? one : two;
    if (last->octets < PIECE && op->at + op->size > last->index * PIECE + last->octets)
        mount_read_through(op);
    else
        answer(op, one, two != one ? two : NULL);
    return 1;
}

static void answer_all(struct mount_ahead *a) {
    struct mount_op **at = &a->waiting;
    while (*at) {
        struct mount_op *op = *at;
        *at = op->next; /* it may be over, and its record used again */
        if (try_answer(a, op))
            continue;
        op->next = *at;
        *at = op;
        at = &op->next;
    }
}

/* ---- fetching ---------------------------------------------------------------------------------------------------- */

static void fetched(void *context, int result, uint32_t octets) {
    struct piece *p = context;
    struct mount_ahead *a = p->handle->ahead;
    p->state = p->dropped ? NOTHING : READY;
    p->result = result;
    p->octets = result ? 0 : octets;
    p->fetched = vipc_now(p->handle->mount->ipc);
    if (!p->dropped && !result && octets < PIECE && p->index < a->end)
        a->end = p->index;
    p->dropped = 0;
    answer_all(a);
}

static struct piece *place_for(struct mount_ahead *a, uint64_t index) {
    struct piece *best = NULL;
    for (unsigned i = 0; i < PIECES; i++) {
        struct piece *p = &a->pieces[i];
        if (p->state == NOTHING)
            return p;
        if (p->state == READY && p->index < index && (!best || p->index < best->index))
            best = p;
    }
    return best;
}

static void fetch(struct mount_handle *handle, uint64_t index) {
    struct mount_ahead *a = handle->ahead;
    struct piece *p = place_for(a, index);
    if (!p || index > a->end)
        return;
    if (!p->data)
        p->data = malloc(PIECE);
    if (!p->data)
        return;
    p->handle = handle;
    p->state = FETCHING;
    p->index = index;
    p->dropped = 0;
    mount_transfer(handle, 0, index * PIECE, p->data, PIECE, mount_deadline(handle->mount), fetched, p);
}

static void forget(struct mount_ahead *a) {
    for (unsigned i = 0; i < PIECES; i++) {
        if (a->pieces[i].state == FETCHING)
            a->pieces[i].dropped = 1;
        else
            a->pieces[i].state = NOTHING;
    }
    a->end = UINT64_MAX;
}

static void forget_old(struct mount_ahead *a, const struct mount *m) {
    const vmtp_time now = vipc_now(m->ipc);
    for (unsigned i = 0; i < PIECES; i++)
        if (a->pieces[i].state == READY && now - a->pieces[i].fetched > m->options->cache)
            a->pieces[i].state = NOTHING;
}

/* ---- reads ------------------------------------------------------------------------------------------------------- */

/* 1: so many octets were read in sequence that more will be. */
static int is_in_sequence(struct mount_ahead *a, const struct mount_op *op) {
    const uint64_t end = op->at + op->size;
    if (op->at > a->next + NEAR || end + NEAR < a->next) {
        forget(a);
        a->next = op->at;
        a->in_sequence = 0;
    }
    a->in_sequence += op->size;
    a->next = end > a->next ? end : a->next;
    return a->in_sequence > BEGINS;
}

int mount_ahead_read(struct mount_op *op) {
    struct mount_handle *handle = op->handle;
    if (!handle->ahead) {
        handle->ahead = calloc(1, sizeof *handle->ahead);
        if (!handle->ahead)
            return 0;
        handle->ahead->end = UINT64_MAX;
    }
    struct mount_ahead *a = handle->ahead;
    if (!is_in_sequence(a, op) || op->size > PIECE) /* a large one needs no help, and could touch three pieces */
        return 0;
    forget_old(a, handle->mount);
    const uint64_t first = index_of(op->at), last = last_of(op);
    for (uint64_t i = first; i <= last + AHEAD; i++)
        if (!find(a, i))
            fetch(handle, i);
    if (try_answer(a, op))
        return 1;
    op->next = a->waiting;
    a->waiting = op;
    return 1;
}

void mount_ahead_drop(struct mount_node *node) {
    for (struct mount_handle *handle = node->handles; handle; handle = handle->next)
        if (handle->ahead)
            forget(handle->ahead);
}

void mount_ahead_free(struct mount_handle *handle) {
    if (!handle->ahead)
        return;
    for (unsigned i = 0; i < PIECES; i++)
        free(handle->ahead->pieces[i].data);
    free(handle->ahead);
    handle->ahead = NULL;
}
