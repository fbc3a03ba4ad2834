/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where there is no OFFSET a write begins and ends with a block (UIO-6.2-03), so what surrounds the octets that are written is read before.
 * Nobody keeps others from changing it meanwhile; who needs that takes a lock.
 */
#include "internal.h"

/* The block that has this octet: how many octets are in it. */
static uint32_t load(struct uio_stream *s, uint64_t position, unsigned char *room) {
    struct uio_call call;
    if (!vu_stream_has(s, UIO_READABLE))
        return 0;
    memset(&call, 0, sizeof call);
    call.deadline = vu_stream_deadline(s);
    const int result = uio_call_wait(&call, uio_read(s->handle, &call, position / vu_block(s), 0, room, vu_block(s)));
    if (result)
        vu_stream_fail(s, result);
    return result ? 0 : call.octets;
}

uint32_t vu_whole_head(struct uio_stream *s, uint64_t position, unsigned char *room) {
    const uint32_t head = (uint32_t)(position % vu_block(s));
    if (!vu_stream_has(s, UIO_READABLE)) {
        vu_stream_fail(s, (int)UIO_NOT_READABLE); /* what stands there would be overwritten */
        return head;
    }
    const uint32_t there = load(s, position, room);
    if (there < head)
        memset(room + there, 0, head - there);
    return head;
}

uint32_t vu_whole_tail(struct uio_stream *s, uint64_t at, unsigned char *data, uint32_t size, unsigned char *spare) {
    const uint32_t end = (uint32_t)((at + size) % vu_block(s));
    if (!end)
        return size;
    const uint32_t there = load(s, at + size, spare);
    if (there <= end)
        return size;
    memcpy(data + size, spare + end, there - end);
    return size + there - end;
}
