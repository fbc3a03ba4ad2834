/* SPDX-License-Identifier: BSD-2-Clause */
/* Octets in, octets out, and who waits for them. */
#include "internal.h"

#include <string.h>

/* ---- those who wait ------------------------------------------------------------------------------------------- */

static void put(struct pipe_queue *q, struct uio_manager_operation *op) {
    op->next = NULL;
    *q->last = op;
    q->last = &op->next;
}

static struct uio_manager_operation *get(struct pipe_queue *q) {
    struct uio_manager_operation *op = q->first;
    q->first = op->next;
    if (!q->first)
        q->last = &q->first;
    return op;
}

static void take_out(struct pipe_queue *q, const struct uio_manager_operation *op) {
    struct uio_manager_operation **at = &q->first;
    while (*at && *at != op)
        at = &(*at)->next;
    if (!*at)
        return;
    *at = op->next;
    if (!*at)
        q->last = at;
}

void pipe_flow_init(struct pipe *p) {
    p->reads.last = &p->reads.first;
    p->writes.last = &p->writes.first;
}

/* ---- octets ----------------------------------------------------------------------------------------------------- */

static uint32_t capacity(const struct pipe *p) { return p->pipes->config.capacity; }

static void copy_in(struct pipe *p, const uint8_t *from, uint32_t n) {
    const uint32_t at = (uint32_t)(p->in % capacity(p)), first = n < capacity(p) - at ? n : capacity(p) - at;
    memcpy(p->octets + at, from, first);
    memcpy(p->octets, from + first, n - first);
}

/* The next n octets, in one piece. */
static const uint8_t *look(struct pipe *p, uint32_t n) {
    const uint32_t at = (uint32_t)(p->out % capacity(p)), first = capacity(p) - at;
    if (n <= first)
        return p->octets + at;
    memcpy(p->pipes->piece, p->octets + at, first);
    memcpy(p->pipes->piece + first, p->octets, n - first);
    return p->pipes->piece;
}

/* Nothing can come any more (UIO-9.2-02). */
static int is_over(const struct pipe *p) { return !p->writers && p->had_writer; }
static int is_broken(const struct pipe *p) { return !p->readers && p->had_reader; }

static int has_room(const struct pipe *p, const struct uio_manager_operation *op) {
    const uint32_t room = capacity(p) - pipe_used(p);
    return op->count <= PIPE_WHOLE ? op->count <= room : room > 0;
}

static void take(struct pipe *p, struct uio_manager_operation *op) {
    struct pipe_counters *c = &p->pipes->counters;
    const uint32_t room = capacity(p) - pipe_used(p), n = op->count < room ? op->count : room;
    const uint64_t where = p->in / PIPE_WHOLE;
    copy_in(p, op->data, n);
    p->in += n;
    c->written += n;
    c->whole += n == op->count;
    c->part += n < op->count;
    uio_manager_finish_write(op, n, where);
}

/* What nobody got is there for the next one. */
static void give(struct pipe *p, struct uio_manager_operation *op) {
    struct pipe_counters *c = &p->pipes->counters;
    const uint32_t n = op->count < pipe_used(p) ? op->count : pipe_used(p);
    const int at_end = is_over(p) && n == pipe_used(p);
    const uint64_t next = (p->out + n) / PIPE_WHOLE;
    if (uio_manager_finish_read_lent(op, n ? look(p, n) : NULL, n, at_end, next, NULL) < 0) {
        c->not_taken++;
        return;
    }
    p->out += n;
    c->read += n;
    c->ends += !n;
}

/* Whoever can go on does. */
static void flow(struct pipe *p) {
    for (;;) {
        if (p->reads.first && (pipe_used(p) || is_over(p))) {
            give(p, get(&p->reads));
        } else if (p->writes.first && is_broken(p)) {
            p->pipes->counters.broken++;
            uio_manager_refuse(get(&p->writes), UIO_BROKEN);
        } else if (p->writes.first && has_room(p, p->writes.first)) {
            take(p, get(&p->writes));
        } else {
            return;
        }
    }
}

void pipe_ends_changed(struct pipe *p) { flow(p); }

/* ---- operations --------------------------------------------------------------------------------------------------- */

void pipe_on_read(struct uio_manager_operation *op) {
    if (op->instance->attributes & UIO_CONTEXT) {
        pipe_list(op);
        return;
    }
    struct pipe *p = op->instance->state;
    const int now = !p->reads.first && (pipe_used(p) || is_over(p));
    if (!now && !op->may_wait) {
        uio_manager_refuse(op, UIO_WOULD_WAIT);
        return;
    }
    put(&p->reads, op);
    flow(p);
}

void pipe_on_write(struct uio_manager_operation *op) {
    struct pipe *p = op->instance->state;
    const int now = is_broken(p) || (!p->writes.first && has_room(p, op));
    if (!now && !op->may_wait) {
        uio_manager_refuse(op, UIO_WOULD_WAIT);
        return;
    }
    put(&p->writes, op);
    flow(p);
}

void pipe_on_cancel(struct uio_manager_operation *op) {
    struct pipe *p = op->instance->state;
    take_out(&p->reads, op);
    take_out(&p->writes, op);
    flow(p); /* the first may have been in the way of others */
}
