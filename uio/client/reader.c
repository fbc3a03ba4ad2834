/* SPDX-License-Identifier: BSD-2-Clause */
/* Contexts: read from block 0 on, each time at the block that the last Response has named (section 5.3). */
#include "internal.h"

int uio_reader_begin(struct uio_reader *reader, struct uio_handle *handle, void *area, uint32_t capacity) {
    if (!handle->client || reader->call.handle || !area || capacity < UIO_ENTRY_OCTETS)
        return VMTP_E_INVALID;
    if (!vu_has(handle, UIO_CONTEXT))
        return vu_not_sent(handle->client, UIO_UNSUPPORTED);
    reader->handle = handle;
    reader->area = area;
    reader->capacity = capacity;
    reader->block = 0;
    reader->end = reader->result = reader->fetched = 0;
    reader->list = uio_list_of(area, 0);
    return 0;
}

/* A read is over and has not been looked at yet. */
static void look(struct uio_reader *reader) {
    struct uio_call *call = &reader->call;
    reader->fetched = 0;
    reader->result = call->result;
    reader->end = call->result || (call->flags & UIO_END);
    if (call->result)
        return;
    if (!reader->end && (!call->octets || call->block == reader->block)) {
        /* It would go on like this for ever. */
        reader->handle->client->counters.malformed++;
        reader->result = (int)VMTP_BAD_REPLY_SEGMENT;
        reader->end = 1;
    }
    reader->block = call->block;
    reader->list = uio_list_of(reader->area, call->octets);
}

int uio_reader_take(struct uio_reader *reader, struct uio_object *object) {
    if (reader->fetched && reader->call.over)
        look(reader);
    if (reader->fetched)
        return 0;
    if (uio_list_next(&reader->list, object))
        return 1;
    if (reader->list.left) { /* what stands before it counts (UIO-3.1-03) */
        reader->handle->client->counters.malformed_lists++;
        reader->list.left = 0;
    }
    return 0;
}

int uio_reader_fetch(struct uio_reader *reader) {
    const struct uio_instance *instance = &reader->handle->instance;
    const uint32_t most = instance->max_transfer < reader->capacity ? instance->max_transfer : reader->capacity;
    if (reader->end || reader->fetched)
        return VMTP_E_INVALID;
    const int result = uio_read(reader->handle, &reader->call, reader->block, 0, reader->area, most);
    if (result == 0) {
        reader->fetched = 1;
    } else {
        reader->result = result;
        reader->end = 1;
    }
    return result;
}

int uio_reader_next(struct uio_reader *reader, struct uio_object *object) {
    for (;;) {
        if (uio_reader_take(reader, object))
            return 1;
        if (reader->end)
            return 0;
        const int result = uio_call_wait(&reader->call, uio_reader_fetch(reader));
        if (reader->fetched && !reader->call.over) { /* waiting has failed */
            reader->fetched = 0;
            reader->result = result;
            reader->end = 1;
        }
    }
}
