/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * flow.h - octets of an object in their order, to or from an instance, with several large transfers under way.
 *
 * What has come or gone is always the beginning: whatever ends a flow, all octets before flow.done are good.
 */
#ifndef VNET_FLOW_H
#define VNET_FLOW_H

#include <vuio/stream.h>

#include "remote.h"

#define FLOW_WINDOW 8u          /* transfers under way */
#define FLOW_PIECE (128u << 10) /* octets in one, at most: with all of them a receive ring is not full yet */

struct flow_piece {
    struct uio_call call;
    uint8_t *octets;
    uint64_t at;
    uint32_t size, have; /* that are wanted; that have come or gone */
    int ends;            /* there is nothing behind it */
};

struct flow {
    struct remote *remote;
    struct uio_handle *handle;
    uint64_t done; /* octets given or taken for good, counted from the beginning of the object */
    int result;    /* 0, or why it does not go on */

    /* private */
    struct flow_piece pieces[FLOW_WINDOW];
    unsigned first, count; /* under way, from the oldest on */
    uint64_t next, known;  /* octet to be asked for next; where the object ended when it was opened */
    uint32_t piece;
    int given, ends, is_stream;
    struct uio_stream stream; /* of what has no places */
    uint8_t *memory;
};

/* Begins to read an open instance from an octet on (0 where it has no places).  VNET_OK, or VNET_FAILED after a message. */
int flow_read(struct flow *f, struct remote *r, struct uio_handle *handle, uint64_t from);
/* The next octets, which stay until the next call: how many; 0: the end, or f->result says why there are none. */
size_t flow_next(struct flow *f, const uint8_t **octets);

/* Begins to write an open instance from an octet on. */
int flow_write(struct flow *f, struct remote *r, struct uio_handle *handle, uint64_t from);
/* Room for what is to be written next, *size octets; NULL: f->result. */
uint8_t *flow_room(struct flow *f, size_t *size);
/* So many octets in it are to be written: 0 or f->result. */
int flow_put(struct flow *f, size_t size);
/* Waits until all has been written: 0 or f->result. */
int flow_flush(struct flow *f);

/* Ends what is under way, and gives all memory back; the instance stays open.  Harmless on one that is all zero. */
void flow_close(struct flow *f);

#endif
