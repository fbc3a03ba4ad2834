/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory for reads: filled by the program, lent with the answer, and back when the client has it. */
#include "internal.h"

#include <string.h>

static void go_on(uio_manager *m);

static void give(struct vu_buffer *buffer) {
    uio_manager *m = buffer->manager;
    buffer->next = m->buffers_free;
    m->buffers_free = buffer;
    m->buffers_used--;
    go_on(m);
}

static void come_back(struct vipc_loan *loan) { give(loan->context); }

void vu_buffers_init(uio_manager *m, uint8_t *octets) {
    for (uint32_t i = m->config.buffers; i-- > 0;) {
        struct vu_buffer *b = &m->buffers[i];
        b->manager = m;
        b->octets = octets + (size_t)i * ((m->config.max_transfer + VU_PAGE - 1) & ~(size_t)(VU_PAGE - 1));
        b->loan.release = come_back;
        b->loan.context = b;
        b->next = m->buffers_free;
        m->buffers_free = b;
    }
}

static void take(struct vu_operation *o) {
    uio_manager *m = o->op.manager;
    o->buffer = m->buffers_free;
    m->buffers_free = o->buffer->next;
    m->buffers_used++;
    o->op.buffer = o->buffer->octets;
}

/* One for whom there is a buffer now.  Going on with it may free others, which come here again. */
static void go_on(uio_manager *m) {
    struct vu_operation *o = m->want_buffer;
    if (!o || !m->buffers_free)
        return;
    m->want_buffer = o->queued;
    o->queued = NULL;
    take(o);
    void (*then)(struct vu_operation *, uint32_t) = o->then;
    o->then = NULL;
    then(o, 0);
}

void vu_with_buffer(struct vu_operation *o, void (*then)(struct vu_operation *, uint32_t)) {
    uio_manager *m = o->op.manager;
    struct vu_operation **at = &m->want_buffer;
    if (m->buffers_free && !m->want_buffer) {
        take(o);
        then(o, 0);
        return;
    }
    m->counters.buffers_waited++;
    while (*at)
        at = &(*at)->queued;
    o->queued = NULL;
    o->then = then;
    *at = o;
}

void vu_buffer_forget(struct vu_operation *o) {
    for (struct vu_operation **at = &o->op.manager->want_buffer; *at; at = &(*at)->queued)
        if (*at == o) {
            *at = o->queued;
            o->queued = NULL;
            return;
        }
}

void vu_buffer_drop(struct vu_operation *o) {
    struct vu_buffer *buffer = o->buffer;
    o->buffer = NULL;
    if (buffer)
        give(buffer);
}

/*
 * What may be asked for again is lent: the engine needs it for as long as the client takes to get it.  What may not is kept by the
 * engine until the client goes on, which is in his hands, so it gets a copy and the buffer is free for others.
 */
void vu_answer_buffer(struct vu_operation *o, const uint32_t words[4], uint32_t size, uint32_t flags) {
    struct vmtp_message answer = {0};
    struct vu_buffer *buffer = o->buffer;
    answer.code = VMTP_OK;
    memcpy(answer.words, words, 4 * sizeof *words);
    const int lend = size && (flags & VIPC_REPLY_IDEMPOTENT);
    const int r = lend ? vipc_reply_lent(o->in, &answer, buffer->octets, size, flags, &buffer->loan) : VMTP_E_AGAIN;
    if (r == 0)
        o->buffer = NULL;
    if (r == 0 || r == VMTP_E_STALE)
        vu_operation_end(o);
    else
        vu_answer(o, words, buffer->octets, size, flags);
}
