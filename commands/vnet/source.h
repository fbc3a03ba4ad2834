/* SPDX-License-Identifier: BSD-2-Clause */
/* source.h - a file that is copied: read from its beginning or further on, and looked at afterwards for whether it is still the same. */
#ifndef VNET_SOURCE_H
#define VNET_SOURCE_H

#include "flow.h"
#include "place.h"

struct source {
    struct remote *remote;
    const struct place *place;
    struct uio_object object; /* as it was when it was opened; without name */
    int is_file;              /* it has a size and a version, and can be read again */
    int code;                 /* VNET_OK, or why it does not go on: an exit code, and it has been said */

    /* private */
    int fd;
    uint8_t *memory;
    struct uio_handle handle;
    struct uio_named named, rebind;
    uint8_t room[UIO_LARGE_ROOM], rebind_room[UIO_LARGE_ROOM];
    struct flow flow;
};

/* place is lent until source_close.  VNET_OK, or an exit code after a message; then it need not be closed. */
int source_open(struct source *s, struct remote *r, const struct place *place);
/* Begins, or begins anew, to read from there. */
int source_begin(struct source *s, uint64_t from);
/* As flow_next; 0 with s->code VNET_OK: the end. */
size_t source_next(struct source *s, const uint8_t **octets);
/* 1 when nobody has changed it since it was opened, 0, or -1: s->code. */
int source_is_same(struct source *s);
void source_close(struct source *s);

#endif
