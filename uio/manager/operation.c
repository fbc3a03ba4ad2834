/* SPDX-License-Identifier: BSD-2-Clause */
/* Requests in hand: the program is asked, and finishes now or later; what waits has its time; everybody is answered once. */
#include "internal.h"

#include <string.h>

/* ---- beginning and ending ------------------------------------------------------------------------------------- */

struct vu_operation *vu_operation_begin(uio_manager *m, struct vipc_incoming *in) {
    struct vu_operation *o = m->operations_free;
    m->operations_free = o->free;
    m->operations_used++;
    memset(o, 0, sizeof *o);
    o->in = in;
    o->serial = ++m->serials;
    o->op.manager = m;
    o->op.code = in->message.code & VU_LOW24;
    o->op.client = in->client;
    m->counters.operations++;
    return o;
}

void vu_operation_attach(struct vu_operation *o, struct vu_instance *instance) {
    o->op.instance = &instance->i;
    o->op.type = instance->i.type;
    o->op.root = instance->i.root;
    o->beside = instance->operations;
    o->beside_link = &instance->operations;
    if (o->beside)
        o->beside->beside_link = &o->beside;
    instance->operations = o;
}

static void detach(struct vu_operation *o) {
    if (!o->beside_link)
        return;
    *o->beside_link = o->beside;
    if (o->beside)
        o->beside->beside_link = o->beside_link;
    o->beside_link = NULL;
}

static void stop_waiting(struct vu_operation *o) {
    vipc_timer_cancel(&o->timer);
    o->op.manager->waiting -= o->waiting != 0;
    o->waiting = 0;
}

void vu_operation_end(struct vu_operation *o) {
    uio_manager *m = o->op.manager;
    stop_waiting(o);
    detach(o);
    o->in = NULL;
    o->free = m->operations_free;
    m->operations_free = o;
    m->operations_used--;
    vu_buffer_drop(o); /* last: another operation may go on with it */
}

/* ---- answers -------------------------------------------------------------------------------------------------- */

static int send(struct vu_operation *o, uint32_t code, const uint32_t words[4], const void *segment, uint32_t size,
                uint32_t flags) {
    uio_manager *m = o->op.manager;
    struct vipc_incoming *in = o->in;
    struct vmtp_message answer = {0};
    answer.code = code;
    if (words)
        memcpy(answer.words, words, 4 * sizeof *words);
    const int r = vipc_reply(in, &answer, segment, size, flags);
    if (r < 0 && r != VMTP_E_STALE) {
        m->counters.send_failures++;
        vipc_discard(in);
    }
    vu_operation_end(o);
    return r;
}

int vu_answer(struct vu_operation *o, const uint32_t words[4], const void *segment, uint32_t size, uint32_t flags) {
    return send(o, VMTP_OK, words, segment, size, flags);
}

void vu_answer_ok(struct vu_operation *o) { send(o, VMTP_OK, NULL, NULL, 0, 0); }

void vu_refuse(struct vu_operation *o, uint32_t code) { send(o, code, NULL, NULL, 0, 0); }

void vu_refuse_with(struct vu_operation *o, uint32_t code, const void *segment, uint32_t size) {
    send(o, code, NULL, segment, size, 0);
}

void vu_bad_request(struct vu_operation *o) {
    o->op.manager->counters.bad_requests++;
    vu_refuse(o, UIO_BAD_REQUEST);
}

void vu_unsupported(struct vu_operation *o) {
    o->op.manager->counters.unsupported++;
    vu_refuse(o, UIO_UNSUPPORTED);
}

/* ---- asking the program --------------------------------------------------------------------------------------- */

void vu_ask(struct vu_operation *o, void (*ask)(struct uio_manager_operation *),
            void (*then)(struct vu_operation *, uint32_t)) {
    o->then = then;
    if (!ask) {
        o->op.manager->counters.unsupported++;
        uio_manager_refuse(&o->op, UIO_UNSUPPORTED);
        return;
    }
    o->by_program = 1;
    ask(&o->op);
}

static void finished(struct vu_operation *o, uint32_t code) {
    void (*then)(struct vu_operation *, uint32_t) = o->then;
    o->then = NULL;
    o->by_program = 0;
    stop_waiting(o);
    then(o, code);
}

void uio_manager_refuse(struct uio_manager_operation *op, uint32_t code) { finished(vu_of(op), code); }

void uio_manager_finish(struct uio_manager_operation *op) { finished(vu_of(op), 0); }

void uio_manager_finish_open(struct uio_manager_operation *op, const struct uio_manager_opened *opened) {
    struct vu_operation *o = vu_of(op);
    o->opened = opened;
    o->object = &opened->object;
    finished(o, 0);
}

void uio_manager_finish_object(struct uio_manager_operation *op, const struct uio_object *object) {
    struct vu_operation *o = vu_of(op);
    o->object = object;
    o->has_blocks = 0;
    finished(o, 0);
}

void uio_manager_finish_object_blocks(struct uio_manager_operation *op, const struct uio_object *object,
                                      uint64_t last_block, uint32_t last_octets) {
    struct vu_operation *o = vu_of(op);
    o->object = object;
    o->has_blocks = 1;
    o->last_block = last_block;
    o->last_octets = last_octets;
    finished(o, 0);
}

/* ---- waiting -------------------------------------------------------------------------------------------------- */

int vu_may_wait(uio_manager *m) {
    if (m->waiting < m->config.waiting)
        return 1;
    m->counters.waits_refused++;
    return 0;
}

static void time_is_over(struct vipc_timer *timer) {
    struct vu_operation *o = timer->context;
    o->op.manager->counters.waits_over++;
    if (o->by_program)
        o->op.type->cancel(&o->op);
    o->by_program = 0;
    if (o->op.code == (UIO_READ_INSTANCE & VU_LOW24))
        vu_read_over(o);
    else
        vu_refuse(o, UIO_WOULD_WAIT);
}

void vu_ask_waiting(struct vu_operation *o, void (*ask)(struct uio_manager_operation *),
                    void (*then)(struct vu_operation *, uint32_t), vmtp_time patience) {
    uio_manager *m = o->op.manager;
    const uint64_t serial = o->serial;
    if (patience == VMTP_NEVER) /* the program says whether it has to wait at all */
        o->op.may_wait = m->waiting < m->config.waiting;
    else
        o->op.may_wait = patience && vu_may_wait(m);
    const int may_wait = o->op.may_wait;
    vu_ask(o, ask, then);
    if (!may_wait || o->serial != serial || !o->in || !o->by_program)
        return;
    m->counters.waited++;
    m->waiting++;
    o->waiting = 1;
    o->timer.fire = time_is_over;
    o->timer.context = o;
    if (patience != VMTP_NEVER)
        vipc_timer_set(m->ipc, &o->timer, vipc_now(m->ipc) + patience);
}

/* ---- cancelling ----------------------------------------------------------------------------------------------- */

void vu_operation_cancel(struct vu_operation *o, uint32_t code) {
    uio_manager *m = o->op.manager;
    m->counters.cancelled++;
    if (o->by_program && o->op.type->cancel)
        o->op.type->cancel(&o->op);
    o->by_program = 0;
    vu_buffer_forget(o);
    vu_waiter_forget(o);
    vu_refuse(o, code);
}

void vu_operations_cancel(struct vu_instance *instance, const struct vu_operation *but) {
    for (;;) { /* from the beginning each time: others may have gone with it */
        struct vu_operation *o = instance->operations;
        if (o && o == but)
            o = o->beside;
        if (!o)
            return;
        vu_operation_cancel(o, UIO_STALE);
    }
}
