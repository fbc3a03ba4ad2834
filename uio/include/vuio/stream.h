/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vuio/stream.h - octets one after the other, made of the blocks of an instance (spec/uio.md section 10).
 *
 * Nothing of this is seen on the network but reads and writes.  uio_getc and uio_putc are inline, and as cheap as a look into a buffer.
 *
 * A stream reads ahead, the next piece is under way while this one is used up, only on an instance with RANDOM_ACCESS (which
 * includes STORAGE) that is not INTERACTIVE, so that nothing is lost by it (UIO-10-01).  It collects what is written, until its buffer is
 * full, a line has ended where LINES and INTERACTIVE are set, or it is told to flush, and sends it while more is collected.
 *
 * No error is lost: the first one stays in stream->error, and everything fails from then on, until uio_stream_clear; uio_stream_flush and uio_stream_close
 * tell it at the latest (UIO-10-02).  What was collected and could not be written is lost, and stream->lost says from where on.
 *
 * Every function but uio_stream_open, uio_stream_room, uio_stream_tell and uio_stream_clear may wait, as vipc_wait does: functions of other records of the
 * node are called meanwhile.  Results are those of vuio/client.h.  Nothing is allocated, but by uio_stream_file.
 */
#ifndef VUIO_STREAM_H
#define VUIO_STREAM_H

#include <stdio.h>

#include <vuio/client.h>

#ifdef __cplusplus
extern "C" {
#endif

struct uio_stream {
    /* What has been read and not taken, and the room for what is put.  For the inline functions below. */
    const unsigned char *get, *get_end;
    unsigned char *put, *put_end;

    int error;     /* 0, or the first one.  To read */
    int end;       /* there was nothing more to read.  To read */
    uint64_t lost; /* with an error of a write: the first octet that was not written, counted as in uio_stream_tell */
    int no_ahead;  /* set it where reads jump about, and what is read ahead would be of no use */
    vmtp_time patience; /* how long one read or write may take, as a time span (where octets have no positions, and an answer that is dropped would be
                           lost, 2 s more); 0, as it begins: as long as the protocol has patience, and what may come (without
                           RANDOM_ACCESS) is waited for without end */

    /* private */
    struct uio_handle *handle; /* NULL: closed */
    vipc *ipc;
    unsigned char *half[2];
    uint32_t room;                  /* of each half */
    uint8_t state, at, ahead, last; /* last: nothing follows what has been read */
    uint64_t base;                  /* of the half in use, in octets */
    uint64_t next;                  /* to be read: octet, or block with VARIABLE_BLOCK */
    uint32_t skip;                  /* of what is being read */
    unsigned char *limit;           /* of put */
    uint64_t put_base;              /* as base */
    const unsigned char *out;       /* being written */
    uint32_t out_left;
    uint64_t out_at;
    int written; /* nothing is being written */
    vmtp_time until;
    struct uio_call reading, writing;
};

/* Octets of buffer that suit the instance: twice what it transfers at a time, 32 KiB at least; more is better up to 8 MiB. */
VMTP_API uint32_t uio_stream_room(const struct uio_handle *handle);
/*
 * Makes a stream of an open instance, from its beginning (of a log: from its first block).  The handle and the buffer are lent until uio_stream_close;
 * other calls on the handle are allowed.  The record need not be cleared.
 * VMTP_E_INVALID (the handle is closed), VMTP_E_TOO_LARGE: the buffer has no room for twice a block, which it needs but where there is OFFSET (then
 * 1024 octets suffice).  UIO_UNSUPPORTED: a context.
 */
VMTP_API int uio_stream_open(struct uio_stream *stream, struct uio_handle *handle, void *buffer, size_t size);
/* Flushes, gives handle and buffer back, and with `release` releases the instance.  0 or the first error: of the stream, if it was not cleared, of
 * flushing, of releasing. */
VMTP_API int uio_stream_close(struct uio_stream *stream, int release);

/* The slow ways of the two functions below. */
VMTP_API int uio_stream_fill(struct uio_stream *stream);
VMTP_API int uio_stream_spill(struct uio_stream *stream, int octet);

/* The next octet, or -1: the end, or an error. */
static inline int uio_getc(struct uio_stream *stream) {
    return stream->get < stream->get_end ? *stream->get++ : uio_stream_fill(stream);
}
/* Puts an octet; -1: an error. */
static inline int uio_putc(int octet, struct uio_stream *stream) {
    return stream->put < stream->put_end ? (*stream->put++ = (unsigned char)octet) : uio_stream_spill(stream, octet);
}

/* Up to size octets: as many as there are without waiting, but one at least; 0: the end, or an error. */
VMTP_API size_t uio_stream_some(struct uio_stream *stream, void *area, size_t size);
/* size octets; fewer: the end, or an error. */
VMTP_API size_t uio_stream_read(struct uio_stream *stream, void *area, size_t size);
/* A line with its octet 10, or what fits into size or is left at the end: how many octets; no zero is appended.  0: the end, or an error. */
VMTP_API size_t uio_stream_line(struct uio_stream *stream, char *area, size_t size);
/* Puts size octets: how many it has taken; fewer: an error. */
VMTP_API size_t uio_stream_write(struct uio_stream *stream, const void *data, size_t size);

/* Has all written that was put, and waits for it: 0 or stream->error.  With SYNC as well: see uio_modify with UIO_MASK_STABLE. */
VMTP_API int uio_stream_flush(struct uio_stream *stream);
/* Goes to an octet of the object.  UIO_UNSUPPORTED (no RANDOM_ACCESS, or VARIABLE_BLOCK), or an error of what was written before. */
VMTP_API int uio_stream_seek(struct uio_stream *stream, uint64_t position);
/* Where it is: in the object, or, where it cannot seek, octets read so far. */
VMTP_API uint64_t uio_stream_tell(const struct uio_stream *stream);
/* Forgets error and end. */
VMTP_API void uio_stream_clear(struct uio_stream *stream);

/*
 * The same as a FILE, with glibc (elsewhere NULL): mode as of fopen, of which r, w, a and + count.  fflush and fclose tell errors, and what
 * has been flushed is in the object; errno is uio_errno of the error.  fclose closes the stream and releases the instance.  NULL: no
 * memory, and the stream is as it was.
 */
VMTP_API FILE *uio_stream_file(struct uio_stream *stream, const char *mode);

#ifdef __cplusplus
}
#endif
#endif
