/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading: a half at a time, and the other one ahead. */
#include "internal.h"

static int reads_ahead(const struct uio_stream *s) {
    return !s->no_ahead && !s->last && vu_seekable(s) && !vu_stream_has(s, UIO_INTERACTIVE);
}

/* Octets that one read from here may give. */
static uint32_t piece(const struct uio_stream *s, uint32_t offset) {
    const int several = vu_stream_has(s, UIO_MULTI_BLOCK) && !vu_stream_has(s, UIO_VARIABLE_BLOCK);
    uint32_t most = s->room;
    if (several && most > vu_block(s) && most > offset)
        most -= offset; /* so that the next one begins with a block */
    return uio_fits(s->handle, offset, most);
}

/* Begins to read what follows into a half: 0 or why not. */
static int begin(struct uio_stream *s, uint8_t half) {
    struct uio_call *call = &s->reading;
    uint64_t block = UIO_SEQUENTIAL;
    uint32_t offset = 0;
    s->until = vu_stream_deadline(s);
    vu_stream_waits(s, call);
    s->skip = 0;
    if (vu_seekable(s)) {
        block = s->next / vu_block(s);
        offset = (uint32_t)(s->next % vu_block(s));
        if (!vu_stream_has(s, UIO_OFFSET)) {
            s->skip = offset;
            offset = 0;
        }
    } else if (vu_stream_has(s, UIO_RANDOM_ACCESS)) {
        block = s->next;
    }
    return uio_read(s->handle, call, block, offset, s->half[half], piece(s, offset));
}

/* Waits for it: 0 or an error.  What has not come in the manager's time is asked for again. */
static int finish(struct uio_stream *s, uint8_t half) {
    struct uio_call *call = &s->reading;
    int result = uio_call_wait(call, 0);
    while (result == (int)UIO_WOULD_WAIT && vu_stream_waits(s, call))
        result = uio_call_wait(call, uio_read(s->handle, call, UIO_SEQUENTIAL, 0, s->half[half], piece(s, 0)));
    return result;
}

/* What has been read becomes what is got from: 1, 0 if that is nothing, or -1 if there will be nothing. */
static int use(struct uio_stream *s, uint8_t half) {
    const struct uio_call *call = &s->reading;
    const uint32_t octets = call->octets;
    s->base += s->state == VU_READING ? (uint64_t)(s->get_end - s->half[s->at]) : 0;
    s->base -= s->skip; /* of the half's first octet */
    s->state = VU_READING;
    s->at = half;
    s->last = (call->flags & UIO_END) != 0;
    s->get = s->half[half] + (octets < s->skip ? octets : s->skip);
    s->get_end = s->half[half] + octets;
    if (s->get == s->get_end) {
        s->base += s->skip;
        s->get = s->get_end = s->half[half];
    }
    if (vu_seekable(s)) {
        s->next += octets > s->skip ? octets - s->skip : 0;
        return octets > s->skip ? 1 : -1;
    }
    if (vu_stream_has(s, UIO_RANDOM_ACCESS)) {
        const int moved = call->block != s->next;
        s->next = call->block;
        return octets ? 1 : s->last || !moved ? -1 : 0;
    }
    return octets ? 1 : s->last ? -1 : 0;
}

/* The next half is here, or will not come: 1 or 0. */
static int turn_over(struct uio_stream *s) {
    for (;;) {
        const uint8_t half = vu_seekable(s) && s->state == VU_READING ? !s->at : 0;
        int result = 0;
        if (!s->ahead) {
            if (s->last && !vu_stream_has(s, UIO_INTERACTIVE)) {
                s->end = 1;
                return 0;
            }
            result = begin(s, half);
        }
        s->ahead = 0;
        if (!result)
            result = finish(s, half);
        if (result) {
            vu_stream_fail(s, result);
            return 0;
        }
        const int there = use(s, half);
        s->end = there < 0;
        if (there < 0 && !s->last)
            vu_stream_fail(s, (int)VMTP_BAD_REPLY_SEGMENT); /* nothing, and no end: it would go on for ever */
        if (there)
            return there > 0;
    }
}

int uio_stream_fill(struct uio_stream *s) {
    if (!s->handle || s->error)
        return -1;
    if (vu_seekable(s) && s->state == VU_WRITING) {
        if (uio_stream_flush(s))
            return -1;
        s->state = VU_IDLE;
        s->put = s->put_end = NULL;
    }
    if (vu_seekable(s) && s->state == VU_IDLE)
        s->next = s->base;
    if (!turn_over(s))
        return -1;
    if (reads_ahead(s) && begin(s, !s->at) == 0) {
        s->ahead = 1;
        vipc_turn(s->ipc); /* so that it is on its way; what is wrong with the node shows later */
    }
    return *s->get++;
}

void vu_get_stop(struct uio_stream *s) {
    if (s->state == VU_READING)
        s->base = uio_stream_tell(s);
    uio_call_cancel(&s->reading);
    s->ahead = s->last = 0;
    s->get = s->get_end = NULL;
    if (s->state == VU_READING)
        s->state = VU_IDLE;
}

/* ---- more than one ---- */

size_t uio_stream_some(struct uio_stream *s, void *area, size_t size) {
    unsigned char *to = area;
    if (!size)
        return 0;
    const int first = uio_getc(s);
    if (first < 0)
        return 0;
    size_t more = (size_t)(s->get_end - s->get);
    if (more > size - 1)
        more = size - 1;
    to[0] = (unsigned char)first;
    if (more)
        memcpy(to + 1, s->get, more);
    s->get += more;
    return more + 1;
}

size_t uio_stream_read(struct uio_stream *s, void *area, size_t size) {
    unsigned char *to = area;
    size_t done = 0;
    while (done < size) {
        const size_t got = uio_stream_some(s, to + done, size - done);
        if (!got)
            break;
        done += got;
    }
    return done;
}

size_t uio_stream_line(struct uio_stream *s, char *area, size_t size) {
    size_t done = 0;
    while (done < size) {
        const int octet = uio_getc(s);
        if (octet < 0)
            break;
        area[done++] = (char)octet;
        if (octet == '\n')
            break;
    }
    return done;
}
