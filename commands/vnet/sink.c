/* SPDX-License-Identifier: BSD-2-Clause */
#define _GNU_SOURCE
#include "sink.h"
#include "vnet.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PART_NAME 200 /* of the name that is in that of a part */

/* What was under way when an earlier copy ended may have left a gap; more than this is never under way. */
#define UNSURE ((uint64_t)FLOW_WINDOW * FLOW_PIECE)

static int name_part(struct sink *s, const struct uio_object *object) {
    char last[PLACE_COMPONENT], component[PLACE_COMPONENT + 40];
    place_last(s->place, last);
    size_t length = strlen(last) < PART_NAME ? strlen(last) : PART_NAME;
    while (length && length < strlen(last) && ((unsigned char)last[length] & 0xc0) == 0x80)
        length--; /* characters stay whole */
    snprintf(component, sizeof component, ".%.*s.%016" PRIx64 ".part", (int)length, last,
             object->version ^ object->size * 0x9e3779b97f4a7c15u);
    s->part = place_beside(s->place, component);
    return s->part.name ? VNET_OK : vnet_fail("out of memory");
}

/* ---- here ---------------------------------------------------------------------------------------------------------- */

static int open_here(struct sink *s, const struct uio_object *object, int resume) {
    const char *name = s->part.name ? s->part.name : s->place->name;
    const int flags = s->part.name ? O_RDWR | O_CREAT | O_NOFOLLOW | (resume ? 0 : O_TRUNC) : O_WRONLY;
    struct stat st;
    s->fd = open(name, flags | O_CLOEXEC | O_NOCTTY, 0600);
    if (s->fd < 0 || fstat(s->fd, &st) != 0)
        return place_errno(s->place);
    s->kept = resume && (uint64_t)st.st_size <= object->size ? (uint64_t)st.st_size : 0;
    if (s->part.name && (ftruncate(s->fd, (off_t)s->kept) != 0 || lseek(s->fd, (off_t)s->kept, SEEK_SET) < 0))
        return place_errno(s->place);
    return VNET_OK;
}

static int write_here(struct sink *s, const uint8_t *octets, size_t size) {
    while (size) {
        const ssize_t n = write(s->fd, octets, size);
        if (n < 0 && errno == EINTR && !node_interrupted())
            continue;
        if (n < 0 && errno == EINTR)
            return place_explain(s->remote, s->place, VMTP_E_CANCELLED, NULL);
        if (n < 0)
            return place_errno(s->place);
        octets += n;
        size -= (size_t)n;
        s->at += (uint64_t)n;
    }
    return VNET_OK;
}

/* ---- there --------------------------------------------------------------------------------------------------------- */

static int open_there(struct sink *s, const struct uio_object *object, int resume, uint32_t permissions) {
    struct remote *r = s->remote;
    const char *name = s->part.name ? s->part.name : s->place->name;
    const uint32_t make = UIO_MODE_CREATE | (resume ? 0 : UIO_MODE_TRUNCATE);
    const int result = remote_create(r, &s->named, &s->handle, name, UIO_MODE_WRITE | (s->part.name ? make : 0),
                                     (permissions & 0777) | 0200, s->room, sizeof s->room);
    if (result != 0)
        return place_explain(r, s->place, result, &s->named);
    const uint64_t size = resume ? uio_instance_size(&s->handle.instance) : 0;
    s->kept = size > UNSURE && size <= object->size ? size - UNSURE : 0;
    s->kept -= s->kept % s->handle.instance.block_size;
    return flow_write(&s->flow, r, &s->handle, s->kept);
}

/* Nothing more is said to a manager that does not answer. */
static int flow_ended(struct sink *s) {
    const int code = place_explain(s->remote, s->place, s->flow.result, NULL);
    s->at = s->flow.done;
    s->lost = code == REMOTE_SILENT;
    flow_close(&s->flow);
    if (s->lost)
        uio_detach(&s->handle);
    return code;
}

static int write_there(struct sink *s, const uint8_t *octets, size_t size) {
    while (size) {
        size_t room;
        uint8_t *to = flow_room(&s->flow, &room);
        if (!to)
            return flow_ended(s);
        const size_t n = size < room - s->filled ? size : room - s->filled;
        memcpy(to + s->filled, octets, n);
        s->filled += n;
        if (s->filled == room || s->flow.is_stream) {
            const size_t all = s->filled;
            s->filled = 0;
            if (flow_put(&s->flow, all) != 0)
                return flow_ended(s);
        }
        octets += n;
        size -= n;
        s->at = s->flow.done;
    }
    return VNET_OK;
}

/* ---- both ---------------------------------------------------------------------------------------------------------- */

int sink_open(struct sink *s, struct remote *r, const struct place *place, const struct uio_object *object, int direct,
              int resume, uint32_t permissions) {
    memset(s, 0, sizeof *s);
    s->remote = r;
    s->place = place;
    s->fd = -1;
    resume = resume && object->version && !direct;
    int rc = direct ? VNET_OK : name_part(s, object);
    if (rc == VNET_OK)
        rc = place->is_remote ? open_there(s, object, resume, permissions) : open_here(s, object, resume);
    s->at = s->kept;
    s->is_open = rc == VNET_OK;
    if (rc != VNET_OK)
        sink_close(s, 1);
    return rc;
}

int sink_write(struct sink *s, const uint8_t *octets, size_t size) {
    return s->place->is_remote ? write_there(s, octets, size) : write_here(s, octets, size);
}

int sink_flush(struct sink *s) {
    if (!s->place->is_remote)
        return VNET_OK;
    if (s->filled && flow_put(&s->flow, s->filled) != 0)
        return flow_ended(s);
    s->filled = 0;
    if (flow_flush(&s->flow) != 0)
        return flow_ended(s);
    s->at = s->flow.done;
    flow_close(&s->flow);
    const int result = remote_release(s->remote, &s->handle); /* also tells errors of earlier writes */
    return result == 0 ? VNET_OK : place_explain(s->remote, s->place, result, NULL);
}

int sink_commit(struct sink *s) {
    if (!s->part.name)
        return VNET_OK;
    const int rc = place_rename(s->remote, &s->part, s->place);
    if (rc == VNET_OK)
        place_free(&s->part);
    return rc;
}

void sink_close(struct sink *s, int keep) {
    flow_close(&s->flow);
    if (s->place->is_remote)
        remote_release(s->remote, &s->handle);
    if (s->part.name && s->is_open && !s->lost && !(keep && s->at))
        place_remove(s->remote, &s->part, 0);
    if (s->fd >= 0)
        close(s->fd);
    s->fd = -1;
    place_free(&s->part);
}
