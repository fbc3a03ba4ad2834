/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sink.h - where a file is copied to.  It grows beside its place, under a name that tells of which version of which file it is a part, and gets its
 * own name when it is whole; so whoever looks finds the old one or the new one, and what an interrupted copy has left can be gone on with.
 *
 * What is no file (a pipe, a log) is written where it is.
 */
#ifndef VNET_SINK_H
#define VNET_SINK_H

#include "flow.h"
#include "place.h"

struct sink {
    struct remote *remote;
    const struct place *place;
    struct place part; /* .name NULL: it is written in place */
    uint64_t kept;     /* octets at its beginning that are there already */
    uint64_t at;       /* octets at its beginning that are written for good */

    /* private */
    int fd, is_open, lost;
    struct uio_handle handle;
    struct uio_named named;
    uint8_t room[UIO_LARGE_ROOM];
    struct flow flow;
    size_t filled;
};

/*
 * Opens it for a file of this description; place is lent until sink_close.  direct: it is there, and no file.  resume: what an earlier copy of the same
 * version has left is kept.  permissions: of a new one.  An exit code after a message; then it need not be closed.
 */
int sink_open(struct sink *s, struct remote *r, const struct place *place, const struct uio_object *object, int direct,
              int resume, uint32_t permissions);
/* The next octets: VNET_OK, or an exit code after a message. */
int sink_write(struct sink *s, const uint8_t *octets, size_t size);
/* All is written, and errors of what was written before are known. */
int sink_flush(struct sink *s);
/* It gets its name. */
int sink_commit(struct sink *s);
/* Ends it.  Of a part that has no name yet: it is removed if it is empty or keep is 0. */
void sink_close(struct sink *s, int keep);

#endif
