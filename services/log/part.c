/* SPDX-License-Identifier: BSD-2-Clause */
/* One file with records. */
#include "internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>
#include <vmtp/octets.h>
#include <zlib.h>

void log_part_close(struct log_part *p) {
    if (p->fd >= 0)
        close(p->fd);
    free(p->offsets);
    *p = (struct log_part){.fd = -1};
}

int log_part_begin(struct log_part *p, int fd, uint64_t first, uint64_t salt) {
    uint8_t head[LOG_FILE_HEAD] = "VLOG\r\n1\n";
    vmtp_store64(head + 8, first);
    vmtp_store64(head + 16, salt);
    vmtp_store32(head + 24, (uint32_t)crc32(0, head, 24));
    *p = (struct log_part){.fd = fd, .first = first, .salt = salt, .end = LOG_FILE_HEAD};
    const ssize_t n = pwrite(fd, head, sizeof head, 0);
    if (n >= 0 && n < (ssize_t)sizeof head)
        errno = ENOSPC;
    return n == (ssize_t)sizeof head ? 0 : -1;
}

uint32_t log_part_crc(const struct log_part *p, uint64_t number, const void *data, uint32_t octets) {
    uint8_t head[20];
    vmtp_store64(head, p->salt);
    vmtp_store64(head + 8, number);
    vmtp_store32(head + 16, octets);
    const uLong crc = crc32(0, head, sizeof head);
    return (uint32_t)(octets ? crc32(crc, data, octets) : crc);
}

static int make_room(struct log_part *p) {
    if (p->count < p->room)
        return 0;
    const uint32_t room = p->room ? 2 * p->room : 64;
    uint32_t *offsets = realloc(p->offsets, room * sizeof *offsets);
    if (!offsets) {
        errno = ENOMEM;
        return -1;
    }
    p->offsets = offsets;
    p->room = room;
    return 0;
}

int log_part_note(struct log_part *p, uint32_t offset) {
    if (make_room(p) < 0)
        return -1;
    p->offsets[p->count++] = offset;
    return 0;
}

/* ---- writing ------------------------------------------------------------------------------------------------------ */

/* Nothing that was written by half may be behind the end: what comes there next could be shorter. */
static int cut(struct log_part *p) {
    if (p->torn && ftruncate(p->fd, p->end) < 0)
        return -1;
    p->torn = 0;
    return 0;
}

static int write_all(int fd, const uint8_t *head, const void *data, uint32_t octets, uint32_t at) {
    struct iovec parts[2] = {{(void *)(uintptr_t)head, LOG_HEAD}, {(void *)(uintptr_t)data, octets}};
    ssize_t n;
    do
        n = pwritev(fd, parts, 2, at);
    while (n < 0 && errno == EINTR);
    if (n >= 0 && n < (ssize_t)(LOG_HEAD + octets))
        errno = ENOSPC;
    return n == (ssize_t)(LOG_HEAD + octets) ? 0 : -1;
}

int log_part_append(struct log_part *p, const void *data, uint32_t octets, int stable) {
    const uint64_t number = p->first + p->count;
    uint8_t head[LOG_HEAD];
    if (make_room(p) < 0 || cut(p) < 0)
        return -1;
    vmtp_store32(head, octets);
    vmtp_store32(head + 4, log_part_crc(p, number, data, octets));
    vmtp_store64(head + 8, number);
    if (write_all(p->fd, head, data, octets, p->end) < 0 || (stable && fdatasync(p->fd) < 0)) {
        const int why = errno;
        p->torn = 1;
        cut(p); /* if not now, before the next one */
        errno = why;
        return -1;
    }
    p->offsets[p->count++] = p->end;
    p->end += LOG_HEAD + octets;
    return 0;
}

/* ---- reading ------------------------------------------------------------------------------------------------------ */

static uint32_t with_head(const struct log_part *p, uint32_t which) {
    return (which + 1 < p->count ? p->offsets[which + 1] : p->end) - p->offsets[which];
}

uint32_t log_part_octets(const struct log_part *p, uint64_t number) {
    const uint32_t octets = with_head(p, (uint32_t)(number - p->first));
    return octets < LOG_HEAD || octets > LOG_HEAD + LOG_RECORD_OCTETS ? 0 : octets - LOG_HEAD;
}

int log_part_read(const struct log_part *p, uint64_t number, uint8_t *record) {
    const uint32_t which = (uint32_t)(number - p->first), octets = with_head(p, which);
    ssize_t n;
    errno = EBADMSG;
    if (octets < LOG_HEAD || octets > LOG_HEAD + LOG_RECORD_OCTETS)
        return -1;
    do
        n = pread(p->fd, record, octets, p->offsets[which]);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return -1;
    errno = EBADMSG;
    const int good = n == (ssize_t)octets && vmtp_load32(record) == octets - LOG_HEAD &&
                     vmtp_load64(record + 8) == number &&
                     vmtp_load32(record + 4) == log_part_crc(p, number, record + LOG_HEAD, octets - LOG_HEAD);
    return good ? 0 : -1;
}
