/* SPDX-License-Identifier: BSD-2-Clause */
#define _GNU_SOURCE
#include "source.h"
#include "vnet.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int open_here(struct source *s) {
    struct stat st;
    s->fd = open(s->place->name, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    s->memory = malloc(FLOW_PIECE);
    if (s->fd < 0 || !s->memory || fstat(s->fd, &st) != 0)
        return place_errno(s->place);
    place_describe(&s->object, &st);
    s->is_file = s->object.type == UIO_TYPE_FILE;
    return s->object.type == UIO_TYPE_CONTEXT ? (errno = EISDIR, place_errno(s->place)) : VNET_OK;
}

static int open_there(struct source *s) {
    struct remote *r = s->remote;
    s->handle.rebind = &s->rebind;
    remote_name(r, &s->rebind, s->place->name);
    s->rebind.room = s->rebind_room;
    s->rebind.room_size = sizeof s->rebind_room;
    const int result = remote_create(r, &s->named, &s->handle, s->place->name, UIO_MODE_READ, 0, s->room, sizeof s->room);
    if (result != 0)
        return place_explain(r, s->place, result, &s->named);
    const uint32_t attributes = s->handle.instance.attributes;
    s->object = s->handle.instance.object;
    s->is_file = (attributes & UIO_RANDOM_ACCESS) && !(attributes & (UIO_VARIABLE_BLOCK | UIO_INTERACTIVE));
    return attributes & UIO_CONTEXT ? place_explain(r, s->place, (int)UIO_IS_CONTEXT, NULL) : VNET_OK;
}

int source_open(struct source *s, struct remote *r, const struct place *place) {
    memset(s, 0, sizeof *s);
    s->remote = r;
    s->place = place;
    s->fd = -1;
    const int rc = place->is_remote ? open_there(s) : open_here(s);
    if (rc != VNET_OK)
        source_close(s);
    return rc;
}

int source_begin(struct source *s, uint64_t from) {
    if (s->place->is_remote) {
        flow_close(&s->flow);
        return s->code = flow_read(&s->flow, s->remote, &s->handle, from);
    }
    if (s->is_file && lseek(s->fd, (off_t)from, SEEK_SET) < 0)
        return s->code = place_errno(s->place);
    return VNET_OK;
}

static size_t next_here(struct source *s, const uint8_t **octets) {
    ssize_t n;
    do
        n = read(s->fd, s->memory, FLOW_PIECE);
    while (n < 0 && errno == EINTR && !node_interrupted());
    if (n < 0)
        s->code = errno == EINTR ? place_explain(s->remote, s->place, VMTP_E_CANCELLED, NULL) : place_errno(s->place);
    *octets = s->memory;
    return n > 0 ? (size_t)n : 0;
}

size_t source_next(struct source *s, const uint8_t **octets) {
    if (!s->place->is_remote)
        return next_here(s, octets);
    const size_t n = flow_next(&s->flow, octets);
    if (n == 0 && s->flow.result != 0)
        s->code = place_explain(s->remote, s->place, s->flow.result, NULL);
    return n;
}

int source_is_same(struct source *s) {
    uint8_t area[UIO_INSTANCE_OCTETS];
    struct uio_object now;
    struct uio_call call;
    struct stat st;
    if (!s->is_file)
        return 1;
    if (!s->place->is_remote) {
        if (fstat(s->fd, &st) != 0)
            return s->code = place_errno(s->place), -1;
        place_describe(&now, &st);
        return now.version == s->object.version;
    }
    remote_call(s->remote, &call);
    const int result = uio_call_wait(&call, uio_query(&s->handle, &call, area));
    if (result != 0)
        return s->code = place_explain(s->remote, s->place, result, NULL), -1;
    return call.object.version == s->object.version;
}

void source_close(struct source *s) {
    flow_close(&s->flow);
    if (s->place->is_remote && s->code == REMOTE_SILENT)
        uio_detach(&s->handle);
    else if (s->place->is_remote)
        remote_release(s->remote, &s->handle);
    if (s->fd >= 0)
        close(s->fd);
    free(s->memory);
    s->memory = NULL;
    s->fd = -1;
}
