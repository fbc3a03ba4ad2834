/* SPDX-License-Identifier: BSD-2-Clause */
#include "flow.h"
#include "vnet.h"

#include <stdlib.h>
#include <string.h>

/* ---- beginning and end --------------------------------------------------------------------------------------------- */

static int has_places(const struct uio_handle *handle) {
    const uint32_t a = handle->instance.attributes;
    return (a & UIO_RANDOM_ACCESS) && !(a & (UIO_VARIABLE_BLOCK | UIO_INTERACTIVE));
}

/* Whole blocks, so that each piece begins with one also where there is no OFFSET. */
static uint32_t piece_of(const struct uio_instance *i) {
    if (!(i->attributes & UIO_MULTI_BLOCK))
        return i->block_size;
    const uint32_t most = i->max_transfer < FLOW_PIECE ? i->max_transfer : FLOW_PIECE;
    return most < i->block_size ? i->block_size : most - most % i->block_size;
}

static int begin(struct flow *f, struct remote *r, struct uio_handle *handle, uint64_t from) {
    memset(f, 0, sizeof *f);
    f->remote = r;
    f->handle = handle;
    f->done = f->next = from;
    f->is_stream = !has_places(handle);
    f->piece = piece_of(&handle->instance);
    f->known = f->is_stream ? 0 : uio_instance_size(&handle->instance);
    const size_t stream_room = uio_stream_room(handle);
    f->memory = malloc(f->is_stream ? stream_room + FLOW_PIECE : (size_t)FLOW_WINDOW * f->piece);
    if (!f->memory)
        return vnet_fail("out of memory");
    for (unsigned i = 0; !f->is_stream && i < FLOW_WINDOW; i++)
        f->pieces[i].octets = f->memory + (size_t)i * f->piece;
    if (f->is_stream)
        f->result = uio_stream_open(&f->stream, handle, f->memory, stream_room);
    return VNET_OK;
}

int flow_read(struct flow *f, struct remote *r, struct uio_handle *handle, uint64_t from) {
    return begin(f, r, handle, from);
}

int flow_write(struct flow *f, struct remote *r, struct uio_handle *handle, uint64_t from) {
    return begin(f, r, handle, from);
}

void flow_close(struct flow *f) {
    for (unsigned i = 0; i < FLOW_WINDOW; i++)
        uio_call_cancel(&f->pieces[i].call);
    if (f->memory && f->is_stream)
        uio_stream_close(&f->stream, 0);
    free(f->memory);
    f->memory = NULL;
}

/* ---- pieces -------------------------------------------------------------------------------------------------------- */

static struct flow_piece *nth(struct flow *f, unsigned n) { return &f->pieces[(f->first + n) % FLOW_WINDOW]; }

static void send(struct flow *f, struct flow_piece *p, int writes) {
    uint64_t block;
    uint32_t offset;
    int rc = uio_position(f->handle, p->at + p->have, &block, &offset);
    remote_call(f->remote, &p->call);
    if (rc == 0) {
        const uint32_t fits = uio_fits(f->handle, offset, p->size - p->have);
        rc = writes ? uio_write(f->handle, &p->call, block, offset, 0, p->octets + p->have, fits)
                    : uio_read(f->handle, &p->call, block, offset, p->octets + p->have, fits);
    }
    if (rc != 0) {
        p->call.over = 1;
        p->call.result = rc;
    }
}

/* Until the oldest piece is whole, or the last. */
static int await(struct flow *f, int writes) {
    struct flow_piece *p = nth(f, 0);
    while (!f->result && p->have < p->size && !p->ends) {
        int rc = vipc_wait_for(f->remote->naming.ipc, &p->call.over, VMTP_NEVER);
        if (rc == 0)
            rc = p->call.result;
        f->result = rc;
        if (rc != 0)
            break;
        p->have += p->call.octets;
        p->ends = !writes && (p->call.flags & UIO_END);
        if (p->have < p->size && !p->ends)
            send(f, p, writes);
    }
    return f->result;
}

/* ---- reading ------------------------------------------------------------------------------------------------------- */

/* Behind the end that is known there is probably nothing, so one piece at most is asked for there. */
static void ask(struct flow *f) {
    while (f->count < FLOW_WINDOW && (f->next < f->known || f->count == 0)) {
        struct flow_piece *p = nth(f, f->count++);
        p->at = f->next;
        p->size = f->next < f->known && f->known - f->next < f->piece ? (uint32_t)(f->known - f->next) : f->piece;
        p->have = 0;
        p->ends = 0;
        f->next += p->size;
        send(f, p, 0);
    }
}

static size_t next_of_stream(struct flow *f, const uint8_t **octets) {
    *octets = f->stream.get;
    if (!f->result && uio_getc(&f->stream) >= 0) {
        f->stream.get--;
        *octets = f->stream.get;
        const size_t n = (size_t)(f->stream.get_end - f->stream.get);
        f->stream.get = f->stream.get_end;
        f->done += n;
        return n;
    }
    f->result = f->result ? f->result : f->stream.error;
    return 0;
}

size_t flow_next(struct flow *f, const uint8_t **octets) {
    if (f->is_stream)
        return next_of_stream(f, octets);
    if (f->given) {
        f->first = (f->first + 1) % FLOW_WINDOW;
        f->count--;
        f->given = 0;
    }
    if (f->ends || f->result)
        return 0;
    ask(f);
    struct flow_piece *p = nth(f, 0);
    if (await(f, 0) != 0)
        return 0;
    f->ends = p->ends;
    f->given = 1;
    f->done += p->have;
    *octets = p->octets;
    return p->have;
}

/* ---- writing ------------------------------------------------------------------------------------------------------- */

static int retire(struct flow *f) {
    if (f->result)
        return f->result;
    const int result = await(f, 1);
    f->done += nth(f, 0)->have; /* a manager that has no more room may have taken the beginning */
    if (result != 0)
        return result;
    f->first = (f->first + 1) % FLOW_WINDOW;
    f->count--;
    return 0;
}

uint8_t *flow_room(struct flow *f, size_t *size) {
    if (f->is_stream) {
        *size = FLOW_PIECE;
        return f->result ? NULL : f->memory + uio_stream_room(f->handle);
    }
    if (f->result || (f->count == FLOW_WINDOW && retire(f) != 0))
        return NULL;
    *size = f->piece;
    return nth(f, f->count)->octets;
}

int flow_put(struct flow *f, size_t size) {
    struct flow_piece *p = nth(f, f->count);
    if (f->is_stream) {
        f->done += uio_stream_write(&f->stream, f->memory + uio_stream_room(f->handle), size);
        return f->result = f->stream.error;
    }
    p->at = f->next;
    p->size = (uint32_t)size;
    p->have = 0;
    f->next += size;
    f->count++;
    send(f, p, 1);
    return f->result;
}

int flow_flush(struct flow *f) {
    if (f->is_stream)
        return f->result = f->result ? f->result : uio_stream_flush(&f->stream);
    while (f->count && retire(f) == 0)
        continue;
    return f->result;
}
