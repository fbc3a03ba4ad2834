/* SPDX-License-Identifier: BSD-2-Clause */
/* Writing: what is put is collected in one half while the other is on its way. */
#include "internal.h"

static void wrote(struct uio_call *call, int result);

/* ---- on its way ---- */

static int by_lines(const struct uio_stream *s) { return vu_stream_has(s, UIO_LINES | UIO_INTERACTIVE); }

static void lost(struct uio_stream *s, int error) {
    if (!s->error)
        s->lost = s->out_at;
    vu_stream_fail(s, error);
    s->written = 1;
}

/* Sends as much as goes into one Request. */
static void send(struct uio_stream *s) {
    uint64_t block = UIO_SEQUENTIAL;
    uint32_t offset = 0;
    if (vu_seekable(s)) {
        block = s->out_at / vu_block(s);
        offset = (uint32_t)(s->out_at % vu_block(s));
    }
    if (vu_appends(s))
        offset = 0;
    s->writing.done = wrote;
    s->writing.context = s;
    vu_stream_waits(s, &s->writing);
    const int result = uio_write(s->handle, &s->writing, block, offset, 0, s->out,
                                 uio_fits(s->handle, offset, s->out_left));
    if (result)
        lost(s, result);
}

static void wrote(struct uio_call *call, int result) {
    struct uio_stream *s = call->context;
    if (result == (int)UIO_WOULD_WAIT && vu_stream_waits(s, call)) {
        send(s);
        return;
    }
    if (result) {
        lost(s, result);
        return;
    }
    if (vu_appends(s) && vu_seekable(s))
        s->out_at = call->block * vu_block(s) + call->offset;
    s->out += call->octets;
    s->out_at += call->octets;
    s->out_left -= call->octets;
    if (!s->out_left)
        s->written = 1;
    else if (vu_wholes(s) && s->out_at % vu_block(s))
        lost(s, (int)UIO_NO_SPACE); /* the rest of a block cannot be written by itself */
    else
        send(s);
}

void vu_put_finish(struct uio_stream *s) {
    const int result = vipc_wait_for(s->ipc, &s->written, VMTP_NEVER);
    if (!result)
        return;
    uio_call_cancel(&s->writing);
    lost(s, result);
}

/* ---- collecting ---- */

static unsigned char *start_of(const struct uio_stream *s) { return s->half[vu_seekable(s) ? s->at : 1]; }

/* Where the half is full: at the end of a block, if possible. */
static void open_half(struct uio_stream *s) {
    unsigned char *start = start_of(s);
    uint32_t room = s->room;
    if (vu_stream_has(s, UIO_VARIABLE_BLOCK) && room > vu_block(s))
        room = vu_block(s);
    else if (vu_seekable(s) && !vu_appends(s) && room > vu_block(s))
        room -= (uint32_t)(s->put_base % vu_block(s));
    s->put = start;
    s->limit = start + room;
    s->put_end = by_lines(s) ? s->put : s->limit;
}

int vu_put_begin(struct uio_stream *s) {
    if (vu_seekable(s)) {
        vu_get_stop(s);
        s->put_base = s->base;
        s->at = 0;
    } else if (s->limit) {
        return 1;
    }
    open_half(s);
    if (vu_wholes(s) && s->put_base % vu_block(s)) {
        const uint32_t head = vu_whole_head(s, s->put_base, s->put);
        s->put_base -= head;
        open_half(s);
        s->put += head;
    }
    if (vu_seekable(s))
        s->state = VU_WRITING;
    return !s->error;
}

void vu_put_send(struct uio_stream *s) {
    unsigned char *start = start_of(s);
    uint32_t size = (uint32_t)(s->put - start);
    vu_put_finish(s);
    if (!size || s->error) {
        s->put = s->error ? start : s->put; /* it cannot be written any more */
        return;
    }
    s->out = start;
    s->out_at = s->put_base;
    s->put_base += size;
    if (vu_wholes(s))
        size = vu_whole_tail(s, s->out_at, start, size, s->half[!s->at]);
    if (s->error) {
        s->lost = s->out_at;
        s->put = start;
        return;
    }
    s->out_left = size;
    s->written = 0;
    s->until = vu_stream_deadline(s);
    send(s);
    if (vu_seekable(s))
        s->at = !s->at;
    open_half(s);
    vipc_turn(s->ipc);
}

/* Room for one octet more: 1, or 0 after an error. */
static int make_room(struct uio_stream *s) {
    if (!s->handle || s->error)
        return 0;
    if (vu_seekable(s) ? s->state != VU_WRITING : !s->limit) {
        if (!vu_put_begin(s))
            return 0;
    }
    if (s->put == s->limit)
        vu_put_send(s);
    if (!vu_seekable(s) && s->put == start_of(s))
        vu_put_finish(s); /* there is but one half, and it may be on its way */
    return !s->error;
}

/* Its visible buffer ends where it is, if every line or every error has to be noticed. */
static void close_window(struct uio_stream *s) {
    s->put_end = by_lines(s) || s->error || (!vu_seekable(s) && !s->written) ? s->put : s->limit;
}

int uio_stream_spill(struct uio_stream *s, int octet) {
    if (!make_room(s)) {
        s->put_end = s->put;
        return -1;
    }
    *s->put++ = (unsigned char)octet;
    if (by_lines(s) && octet == '\n')
        vu_put_send(s);
    close_window(s);
    return (unsigned char)octet;
}

size_t uio_stream_write(struct uio_stream *s, const void *data, size_t size) {
    const unsigned char *from = data;
    size_t done = 0;
    while (done < size && make_room(s)) {
        size_t piece = (size_t)(s->limit - s->put);
        if (piece > size - done)
            piece = size - done;
        const unsigned char *line = by_lines(s) ? memchr(from + done, '\n', piece) : NULL;
        if (line)
            piece = (size_t)(line - (from + done)) + 1;
        memcpy(s->put, from + done, piece);
        s->put += piece;
        done += piece;
        if (line)
            vu_put_send(s);
    }
    if (s->handle)
        close_window(s);
    return done;
}

int uio_stream_flush(struct uio_stream *s) {
    if (!s->handle)
        return VMTP_E_INVALID;
    if (vu_seekable(s) ? s->state == VU_WRITING : s->limit != NULL) {
        vu_put_send(s);
        vu_put_finish(s);
        if (vu_seekable(s) && vu_appends(s) && !s->error)
            s->put_base = s->out_at;
        if (vu_seekable(s)) { /* from here on it may go either way */
            s->base = s->error ? s->lost : s->put_base;
            s->state = VU_IDLE;
            s->put = s->put_end = NULL;
        } else {
            close_window(s);
        }
    }
    return s->error;
}
