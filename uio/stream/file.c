/* SPDX-License-Identifier: BSD-2-Clause */
/* A stream as a FILE, by fopencookie of glibc. */
#define _GNU_SOURCE
#include <stdio.h>

#include "internal.h"

#ifdef __GLIBC__
#include <errno.h>

static ssize_t file_read(void *cookie, char *area, size_t size) {
    struct uio_stream *s = cookie;
    const size_t got = uio_stream_some(s, area, size);
    if (got || !s->error)
        return (ssize_t)got;
    errno = uio_errno(s->error);
    return -1;
}

/* It cannot be told apart from a flush, so it is one. */
static ssize_t file_write(void *cookie, const char *data, size_t size) {
    struct uio_stream *s = cookie;
    if (uio_stream_write(s, data, size) == size && uio_stream_flush(s) == 0)
        return (ssize_t)size;
    errno = uio_errno(s->error);
    return 0;
}

/* Octets in the object now: 0 or an error. */
static int size_now(struct uio_stream *s, uint64_t *size) {
    uint8_t area[UIO_INSTANCE_OCTETS];
    struct uio_call call;
    memset(&call, 0, sizeof call);
    call.deadline = vu_stream_deadline(s);
    const int result = uio_call_wait(&call, uio_query(s->handle, &call, area));
    *size = uio_instance_size(&s->handle->instance);
    return result;
}

static int file_seek(void *cookie, off64_t *offset, int whence) {
    struct uio_stream *s = cookie;
    uint64_t from = 0;
    int result = 0;
    if (whence == SEEK_CUR)
        from = uio_stream_tell(s);
    else if (whence == SEEK_END)
        result = vu_seekable(s) ? size_now(s, &from) : (int)UIO_UNSUPPORTED;
    if (!result && *offset < 0 && (uint64_t) - *offset > from) {
        errno = EINVAL;
        return -1;
    }
    if (!result)
        result = uio_stream_seek(s, from + (uint64_t)*offset);
    if (result) {
        errno = result == (int)UIO_UNSUPPORTED ? ESPIPE : uio_errno(result);
        return -1;
    }
    *offset = (off64_t)uio_stream_tell(s);
    return 0;
}

static int file_close(void *cookie) {
    const int result = uio_stream_close(cookie, 1);
    if (!result)
        return 0;
    errno = uio_errno(result);
    return -1;
}

FILE *uio_stream_file(struct uio_stream *s, const char *mode) {
    const cookie_io_functions_t functions = {file_read, file_write, file_seek, file_close};
    return fopencookie(s, mode, functions);
}
#else
FILE *uio_stream_file(struct uio_stream *s, const char *mode) {
    (void)s;
    (void)mode;
    return NULL;
}
#endif
