/* SPDX-License-Identifier: BSD-2-Clause */
/* The same object at another manager of its group, when the first one fails (UIO-8-01). */
#include "internal.h"

#define WANTED (UIO_READABLE | UIO_REPLICATED | UIO_RANDOM_ACCESS)

static int suits(const struct uio_instance *instance) {
    return (instance->attributes & WANTED) == WANTED && !(instance->attributes & UIO_CONTEXT);
}

int uio_may_rebind(const struct uio_handle *handle) {
    return suits(&handle->instance) && !(handle->instance.mode & UIO_MODE_WRITE) && handle->group && !handle->locked;
}

int vu_can_rebind(const struct uio_handle *handle) { return handle->rebind && !handle->gone && uio_may_rebind(handle); }

/* ---- who waits ---- */

static void too_late(struct vipc_timer *timer) { vu_call_end(timer->context, (int)VMTP_USER_TIMEOUT); }

static void wait(struct uio_call *call) {
    call->waiting = 1;
    call->timer.fire = too_late;
    call->timer.context = call;
    vipc_timer_set(call->handle->client->ipc, &call->timer, call->deadline);
}

static struct uio_call *waiting(const struct uio_handle *handle) {
    struct uio_call *call = handle->calls;
    while (call && !call->waiting)
        call = call->next;
    return call;
}

/* All of them go on, or end. */
static void wake(struct uio_handle *handle, int result) {
    struct uio_call *call;
    while ((call = waiting(handle))) {
        if (result)
            vu_call_end_soon(call, result);
        else
            vu_call_again(call);
    }
}

/* ---- the other manager ---- */

static int create(struct uio_handle *handle) {
    struct uio_named *named = handle->rebind;
    const unsigned tries = named->tries;
    const int result = vu_named_take(handle->client, named, UIO_CREATE_INSTANCE);
    if (result)
        return result;
    named->tries = (uint8_t)(tries + 1);
    named->inner = 1;
    named->handle = handle;
    named->deadline = VMTP_NEVER;
    named->words[0] = handle->instance.mode;
    vmtp_words_put64(named->words + 2, handle->client->owner);
    const int sent = vu_named_send(named);
    if (sent)
        named->client = NULL;
    return sent;
}

static void give_up(struct uio_handle *handle, uint32_t code) {
    handle->rebinding = 0;
    handle->gone = (int)code;
    handle->client->counters.gone++;
    wake(handle, (int)code);
}

static int is_same(const struct uio_instance *a, const struct uio_instance *b) {
    return suits(b) && a->block_size == b->block_size && a->object.version == b->object.version;
}

void vu_rebound(struct uio_handle *handle, int result, const struct uio_instance *instance) {
    struct uio_named *named = handle->rebind;
    struct uio_client *client = handle->client;
    const vmtp_entity manager = named->operation.answer.server;
    const int stranger = !result && vu_group_of(named) != handle->group;
    named->client = NULL;
    /* A relative name may have led to the one that is gone, once more. */
    if (result == (int)VMTP_RETRANS_TIMEOUT && named->tries < 2 && create(handle) == 0)
        return;
    if (result || stranger || !is_same(&handle->instance, instance)) {
        const uint32_t code = result || stranger ? UIO_STALE : UIO_CHANGED;
        *(code == UIO_CHANGED ? &client->counters.rebound_changed : &client->counters.rebound_not) += 1;
        if (!result) {
            named->client = client;
            vu_named_let_go(named, manager, instance->number);
            named->client = NULL;
        }
        give_up(handle, code);
        return;
    }
    vu_handle_take(handle, instance);
    handle->manager = manager;
    handle->rebinding = 0;
    client->counters.rebound++;
    wake(handle, 0);
}

void vu_rebind(struct uio_call *call) {
    struct uio_handle *handle = call->handle;
    call->rebinds++;
    wait(call);
    if (handle->rebinding)
        return;
    if (call->call.message.server &&
        (call->call.message.server != handle->manager || call->call.message.words[0] != handle->instance.number)) {
        vu_call_again(call); /* that has happened since it was sent */
        return;
    }
    handle->rebinding = 1;
    handle->rebind->tries = 0;
    if (create(handle)) {
        handle->client->counters.rebound_not++;
        give_up(handle, UIO_STALE);
    }
}
