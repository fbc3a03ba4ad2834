/* SPDX-License-Identifier: BSD-2-Clause */
/* Exact times, setting, delays. */
#include "internal.h"

#include <string.h>

static void read_both(struct uio_manager_operation *op) {
    struct time_manager *m = time_of(op);
    memset(op->words, 0, sizeof op->words);
    vmtp_words_put64(op->words, (uint64_t)time_now(m));
    vmtp_words_put64(op->words + 2, vipc_now(uio_manager_ipc(m->manager)));
    op->words[4] = m->config.resolution;
    m->counters.reads++;
    uio_manager_finish_control(op, NULL, 0);
}

static void set(struct uio_manager_operation *op) {
    struct time_manager *m = time_of(op);
    const uint64_t time = vmtp_words_get64(op->words + 2);
    uint32_t code = time > INT64_MAX ? UIO_BAD_COUNT : 0;
    if (!code)
        code = m->config.set ? m->config.set(m->config.context, (int64_t)time) : VMTP_NO_PERMISSION;
    if (code) {
        m->counters.sets_refused++;
        uio_manager_refuse(op, code);
        return;
    }
    m->counters.sets++;
    memset(op->words, 0, sizeof op->words);
    uio_manager_finish_control(op, NULL, 0);
}

/* ---- delays ----------------------------------------------------------------------------------------------------- */

static void drop(struct time_manager *m, struct time_delay *d) {
    d->op = NULL;
    d->next = m->free;
    m->free = d;
}

static void over(struct vipc_timer *timer) {
    struct time_delay *d = timer->context;
    struct uio_manager_operation *op = d->op;
    struct time_manager *m = time_of(op);
    drop(m, d);
    m->counters.delays_over++;
    memset(op->words, 0, sizeof op->words);
    uio_manager_finish_control(op, NULL, 0);
}

static void delay(struct uio_manager_operation *op) {
    struct time_manager *m = time_of(op);
    vipc *ipc = uio_manager_ipc(m->manager);
    struct time_delay *d = m->free;
    if (op->words[2] > TIME_DELAY_MOST) {
        uio_manager_refuse(op, UIO_BAD_COUNT);
        return;
    }
    if (!d || !op->may_wait) {
        m->counters.delays_refused++;
        uio_manager_refuse(op, UIO_WOULD_WAIT);
        return;
    }
    m->free = d->next;
    d->op = op;
    d->timer.fire = over;
    d->timer.context = d;
    op->context = d;
    m->counters.delays++;
    vipc_timer_set(ipc, &d->timer, vipc_now(ipc) + op->words[2] * VMTP_MICROSECOND);
}

void time_on_cancel(struct uio_manager_operation *op) {
    struct time_delay *d = op->context;
    vipc_timer_cancel(&d->timer);
    drop(time_of(op), d);
    time_of(op)->counters.delays_cancelled++;
}

void time_on_control(struct uio_manager_operation *op) {
    switch (op->function) {
    case UIO_CLOCK_READ: read_both(op); break;
    case UIO_CLOCK_SET: set(op); break;
    case UIO_CLOCK_DELAY: delay(op); break;
    default: uio_manager_refuse(op, UIO_UNSUPPORTED);
    }
}
