/* SPDX-License-Identifier: BSD-2-Clause */
/* Opening and closing streams, errors, positions. */
#include "internal.h"

#define USUAL_ROOM 16384u
#define LEAST_ROOM 512u
#define MOST_ROOM (4u << 20)
#define GRACE (2 * VMTP_SECOND)

uint32_t uio_stream_room(const struct uio_handle *handle) {
    const uint32_t block = handle->instance.block_size;
    uint32_t half = block > USUAL_ROOM ? block : USUAL_ROOM / block * block;
    return 2 * (half ? half : block);
}

/* What a half can hold: whole blocks, if one fits. */
static uint32_t half_of(const struct uio_handle *handle, size_t size) {
    const uint32_t block = handle->instance.block_size;
    const uint32_t most = size / 2 > MOST_ROOM ? MOST_ROOM : (uint32_t)(size / 2);
    const uint32_t parts = UIO_RANDOM_ACCESS | UIO_OFFSET;
    if (most >= block)
        return most / block * block;
    if ((handle->instance.attributes & (parts | UIO_VARIABLE_BLOCK)) == parts && most >= LEAST_ROOM)
        return most;
    return 0;
}

int uio_stream_open(struct uio_stream *s, struct uio_handle *handle, void *buffer, size_t size) {
    memset(s, 0, sizeof *s);
    if (!handle->client || !buffer)
        return VMTP_E_INVALID;
    if (handle->instance.attributes & UIO_CONTEXT)
        return (int)UIO_UNSUPPORTED;
    const uint32_t room = half_of(handle, size);
    if (!room)
        return VMTP_E_TOO_LARGE;
    s->handle = handle;
    s->ipc = handle->client->ipc;
    s->room = room;
    s->half[0] = buffer;
    s->half[1] = s->half[0] + room;
    s->written = 1;
    if (!vu_seekable(s))
        s->next = handle->instance.next_block;
    return 0;
}

void vu_stream_fail(struct uio_stream *s, int error) {
    if (!s->error)
        s->error = error;
}

void uio_stream_clear(struct uio_stream *s) {
    s->error = 0;
    s->end = 0;
    s->last = 0;
}

int uio_stream_close(struct uio_stream *s, int release) {
    struct uio_call call;
    if (!s->handle)
        return VMTP_E_INVALID;
    int result = uio_stream_flush(s);
    uio_call_cancel(&s->reading);
    uio_call_cancel(&s->writing);
    if (release && s->handle->client) {
        memset(&call, 0, sizeof call);
        call.deadline = vu_stream_deadline(s);
        const int released = uio_call_wait(&call, uio_release(s->handle, &call, 0));
        result = result ? result : released;
    }
    s->handle = NULL;
    s->get = s->get_end = NULL;
    s->put = s->put_end = NULL;
    return result;
}

/* ---- patience ---- */

vmtp_time vu_stream_deadline(const struct uio_stream *s) {
    return s->patience ? vipc_now(s->ipc) + s->patience : VMTP_NEVER;
}

int vu_stream_waits(const struct uio_stream *s, struct uio_call *call) {
    const vmtp_time now = vipc_now(s->ipc);
    const vmtp_time left = s->until == VMTP_NEVER ? VMTP_NEVER : s->until > now ? s->until - now : 0;
    /* An answer that is on its way may have a block that nobody else is given. */
    call->deadline = vu_seekable(s) || VMTP_NEVER - s->until < GRACE ? s->until : s->until + GRACE;
    call->milliseconds = VU_WAIT_MILLISECONDS;
    if (left / VMTP_MILLISECOND < VU_WAIT_MILLISECONDS)
        call->milliseconds = (uint32_t)(left / VMTP_MILLISECOND);
    return left > 0;
}

/* ---- positions ---- */

uint64_t uio_stream_tell(const struct uio_stream *s) {
    if (s->state == VU_WRITING && vu_seekable(s))
        return s->put_base + (uint64_t)(s->put - s->half[s->at]);
    return s->base + (s->state == VU_READING ? (uint64_t)(s->get - s->half[s->at]) : 0);
}

int uio_stream_seek(struct uio_stream *s, uint64_t position) {
    if (!vu_seekable(s))
        return (int)UIO_UNSUPPORTED;
    if (s->state == VU_WRITING) {
        const int result = uio_stream_flush(s);
        if (result)
            return result;
        s->state = VU_IDLE;
        s->put = s->put_end = NULL;
    }
    s->end = 0;
    if (s->state == VU_READING && position >= s->base && position <= s->base + (uint64_t)(s->get_end - s->half[s->at])) {
        s->get = s->half[s->at] + (position - s->base);
        return 0;
    }
    vu_get_stop(s);
    s->base = position;
    return 0;
}
