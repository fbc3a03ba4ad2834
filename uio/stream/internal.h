/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Streams from inside.
 *
 *   stream.c  opening, closing, positions
 *   get.c     reading, and reading ahead
 *   put.c     collecting, and writing behind
 *   whole.c   writing where blocks are only written whole
 *   file.c    FILE
 *
 * An instance whose octets have positions (`seekable`) is read or written by turns, with both halves of the buffer.  Of any other the first half is for
 * reading and the second for writing, both at once: what comes and what goes have nothing to do with each other.
 */
#ifndef VUIO_STREAM_INTERNAL_H
#define VUIO_STREAM_INTERNAL_H

#include <string.h>

#include <vuio/stream.h>

#define VU_WAIT_MILLISECONDS 10000u /* that the manager is asked to wait, again and again */

enum vu_stream_state { VU_IDLE, VU_READING, VU_WRITING };

static inline int vu_stream_has(const struct uio_stream *s, uint32_t attributes) {
    return (s->handle->instance.attributes & attributes) == attributes;
}
static inline int vu_seekable(const struct uio_stream *s) {
    return vu_stream_has(s, UIO_RANDOM_ACCESS) && !vu_stream_has(s, UIO_VARIABLE_BLOCK);
}
static inline int vu_appends(const struct uio_stream *s) {
    return vu_stream_has(s, UIO_APPEND_ONLY) || (s->handle->instance.mode & UIO_MODE_APPEND);
}
/* Blocks are written as wholes. */
static inline int vu_wholes(const struct uio_stream *s) {
    return vu_seekable(s) && !vu_stream_has(s, UIO_OFFSET) && !vu_appends(s);
}
static inline uint32_t vu_block(const struct uio_stream *s) { return s->handle->instance.block_size; }

/* The first error counts. */
void vu_stream_fail(struct uio_stream *s, int error);
/* From when on it has waited for long enough. */
vmtp_time vu_stream_deadline(const struct uio_stream *s);
/* One more wait for something: 1, or 0: it is too late. */
int vu_stream_waits(const struct uio_stream *s, struct uio_call *call);

/* Ends reading, at the position of what has not been taken. */
void vu_get_stop(struct uio_stream *s);
/* Gets room for what is put: 1, or 0 after an error. */
int vu_put_begin(struct uio_stream *s);
/* Has what was collected written, without waiting for it, but for what is being written already. */
void vu_put_send(struct uio_stream *s);
/* Waits until nothing is being written. */
void vu_put_finish(struct uio_stream *s);

/* Puts what the block at a position has before it into room: octets. */
uint32_t vu_whole_head(struct uio_stream *s, uint64_t position, unsigned char *room);
/* Completes the block in which data[0..size), from octet `at` on, ends: how many octets there are then. */
uint32_t vu_whole_tail(struct uio_stream *s, uint64_t at, unsigned char *data, uint32_t size, unsigned char *spare);

#endif
