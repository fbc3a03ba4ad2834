/* SPDX-License-Identifier: BSD-2-Clause */
/* Operations on instances: a Request, and what its end means for the instance (sections 6 to 8). */
#include "internal.h"

static void over(struct vipc_call *v, int result);

int vu_not_sent(struct uio_client *client, uint32_t code) {
    client->counters.refused++;
    return (int)code;
}

/* ---- beginning ---- */

static void clear_outcome(struct uio_call *call) {
    call->over = call->result = 0;
    call->octets = call->offset = call->flags = call->kind = 0;
    call->block = 0;
    call->repeats = call->rebinds = 0;
    call->waiting = 0;
    memset(&call->range, 0, sizeof call->range);
    memset(&call->object, 0, sizeof call->object);
    memset(call->words, 0, sizeof call->words);
    memset(&call->call, 0, sizeof call->call);
    memset(&call->timer, 0, sizeof call->timer);
}

int vu_call_prepare(struct uio_handle *handle, struct uio_call *call, uint32_t code) {
    if (!handle->client || call->handle)
        return VMTP_E_INVALID;
    if (handle->gone)
        return vu_not_sent(handle->client, (uint32_t)handle->gone);
    clear_outcome(call);
    call->code = code;
    call->call.message.code = code;
    call->call.deadline = call->deadline;
    call->call.client = call->caller;
    call->call.priority = call->priority;
    call->call.done = over;
    call->call.context = call;
    return 0;
}

static void enter(struct uio_handle *handle, struct uio_call *call) {
    call->handle = handle;
    call->previous = NULL;
    call->next = handle->calls;
    if (call->next)
        call->next->previous = call;
    handle->calls = call;
}

static void leave(struct uio_call *call) {
    vipc_cancel(&call->call);
    vipc_timer_cancel(&call->timer);
    *(call->previous ? &call->previous->next : &call->handle->calls) = call->next;
    if (call->next)
        call->next->previous = call->previous;
    call->handle = NULL;
}

static int send(struct uio_handle *handle, struct uio_call *call) {
    struct vipc_call *v = &call->call;
    v->message.server = handle->manager;
    v->message.words[0] = handle->instance.number;
    if (call->code == UIO_READ_INSTANCE && v->message.words[4] > handle->instance.max_transfer)
        v->message.words[4] = handle->instance.max_transfer;
    return vipc_start(handle->client->ipc, v);
}

int vu_call_begin(struct uio_handle *handle, struct uio_call *call) {
    if (handle->rebinding) {
        enter(handle, call);
        vu_rebind(call);
    } else {
        const int result = send(handle, call);
        if (result < 0)
            return result;
        enter(handle, call);
    }
    handle->client->counters.calls++;
    return 0;
}

static void end_now(struct vipc_timer *timer) {
    struct uio_call *call = timer->context;
    vu_call_end(call, call->result);
}

void vu_call_end_soon(struct uio_call *call, int result) {
    call->waiting = 0;
    call->result = result;
    call->timer.fire = end_now;
    call->timer.context = call;
    vipc_timer_set(call->handle->client->ipc, &call->timer, vipc_now(call->handle->client->ipc));
}

void vu_call_again(struct uio_call *call) {
    call->waiting = 0;
    vipc_timer_cancel(&call->timer);
    const int result = send(call->handle, call);
    if (result < 0)
        vu_call_end_soon(call, result);
}

/* ---- the end ---- */

/* An instance that was released is no more, unless its commit has failed (UIO-6.4-03). */
static int closes(const struct uio_call *call, int result) {
    return call->code == UIO_RELEASE_INSTANCE && result >= 0 &&
           (result == 0 || !call->call.message.words[1] || call->handle->gone);
}

void vu_call_end(struct uio_call *call, int result) {
    struct uio_handle *handle = call->handle;
    const int closed = closes(call, result);
    leave(call);
    if (closed)
        vu_handle_leave(handle);
    call->result = result;
    call->over = 1;
    if (call->done)
        call->done(call, result);
}

void vu_call_drop(struct uio_call *call) { leave(call); }

void uio_call_cancel(struct uio_call *call) {
    if (call->handle)
        leave(call);
}

int uio_call_wait(struct uio_call *call, int begun) {
    if (begun || !call->handle)
        return begun ? begun : call->result;
    const int result = vipc_wait_for(call->handle->client->ipc, &call->over, VMTP_NEVER);
    uio_call_cancel(call);
    return result ? result : call->result;
}

/* ---- what came of it ---- */

static int answered(struct uio_call *call) {
    switch (call->code) {
    case UIO_READ_INSTANCE: return vu_read_answered(call);
    case UIO_WRITE_INSTANCE: return vu_write_answered(call);
    case UIO_QUERY_INSTANCE:
    case UIO_MODIFY_INSTANCE: return vu_descriptor_answered(call);
    case UIO_LOCK_INSTANCE: return vu_lock_answered(call);
    case UIO_CONTROL_INSTANCE:
        memcpy(call->words, call->call.answer.words, sizeof call->words);
        call->octets = call->call.received;
        return 0;
    default: return 0;
    }
}

/* What may be executed twice (UIO-7-01). */
static int may_repeat(const struct uio_call *call) {
    const uint32_t *words = call->call.message.words;
    switch (call->code) {
    case UIO_QUERY_INSTANCE: return 1;
    case UIO_READ_INSTANCE: return vu_has(call->handle, UIO_RANDOM_ACCESS);
    case UIO_WRITE_INSTANCE:
        return vu_has(call->handle, UIO_RANDOM_ACCESS) && !vu_has(call->handle, UIO_APPEND_ONLY) &&
               !(call->handle->instance.mode & UIO_MODE_APPEND) && !(words[4] & UIO_WRITE_APPEND);
    default: return 0;
    }
}

/* What may go on at another replica: the same, as far as it only looks. */
static int may_move(const struct uio_call *call) {
    return (call->code == UIO_QUERY_INSTANCE || call->code == UIO_READ_INSTANCE) && vu_can_rebind(call->handle) &&
           call->rebinds < VU_REBINDS;
}

static int is_elsewhere(const struct uio_call *call) {
    const struct uio_handle *handle = call->handle;
    return call->call.message.server != handle->manager || call->call.message.words[0] != handle->instance.number;
}

/* The manager does not have the instance, or is not there any more (UIO-7-02). */
static void gone(struct uio_call *call) {
    struct uio_handle *handle = call->handle;
    if (may_move(call)) {
        vu_rebind(call);
        return;
    }
    if (!is_elsewhere(call) && !handle->gone) {
        handle->client->counters.gone++;
        handle->gone = (int)UIO_STALE;
    }
    vu_call_end(call, (int)UIO_STALE);
}

static void silent(struct uio_call *call) {
    if (may_move(call)) {
        vu_rebind(call);
    } else if (may_repeat(call) && call->repeats < VU_REPEATS) {
        call->repeats++;
        call->handle->client->counters.repeats++;
        vu_call_again(call);
    } else {
        vu_call_end(call, (int)VMTP_RETRANS_TIMEOUT);
    }
}

/* Its manager has fallen silent in the middle of the answer (UIO-7-04); one that did not fit has filled the area. */
static int is_cut_short(const struct uio_call *call, int result) {
    return result == (int)VMTP_BAD_REPLY_SEGMENT && call->code == UIO_READ_INSTANCE && !vu_code(&call->call.answer) &&
           call->call.received < call->call.capacity;
}

static void over(struct vipc_call *v, int result) {
    struct uio_call *call = v->context;
    if (is_cut_short(call, result))
        result = (int)VMTP_RETRANS_TIMEOUT;
    if (result == 0 || result == (int)VMTP_BAD_REPLY_SEGMENT) {
        const uint32_t code = vu_code(&v->answer);
        if (code)
            result = (int)code;
        else if (result == 0)
            result = answered(call);
        if (code == UIO_LOCKED && call->code == UIO_LOCK_INSTANCE)
            vu_range_of(call);
    }
    if (result == (int)UIO_STALE || result == (int)VMTP_NONEXISTENT_ENTITY)
        gone(call);
    else if (result == (int)VMTP_RETRANS_TIMEOUT)
        silent(call);
    else
        vu_call_end(call, result);
}
