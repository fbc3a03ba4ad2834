/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is in a file with records, after whatever has happened to it.  A record that is damaged does not take those behind it with it: the next good
 * one is looked for, and those between have their numbers still, but are damaged.
 */
#include "internal.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vmtp/octets.h>
#include <zlib.h>

struct image {
    const uint8_t *octets;
    uint32_t size;
};

static int take_head(struct log_part *p, const struct image *m) {
    if (m->size < LOG_FILE_HEAD || memcmp(m->octets, "VLOG\r\n1\n", 8) != 0 ||
        vmtp_load32(m->octets + 24) != (uint32_t)crc32(0, m->octets, 24))
        return -1;
    p->first = vmtp_load64(m->octets + 8);
    p->salt = vmtp_load64(m->octets + 16);
    p->end = LOG_FILE_HEAD;
    return 0;
}

/* A record, at this place, with this number or a higher one that the file has room for: octets with head; 0: none. */
static uint32_t record_at(const struct log_part *p, const struct image *m, uint32_t at, uint64_t least, uint64_t *number) {
    if (m->size - at < LOG_HEAD)
        return 0;
    const uint32_t octets = vmtp_load32(m->octets + at);
    *number = vmtp_load64(m->octets + at + 8);
    if (octets > LOG_RECORD_OCTETS || octets > m->size - at - LOG_HEAD || *number < least ||
        *number - least > (at - p->end) / LOG_HEAD)
        return 0;
    if (vmtp_load32(m->octets + at + 4) != log_part_crc(p, *number, m->octets + at + LOG_HEAD, octets))
        return 0;
    return LOG_HEAD + octets;
}

/* The next good one from the end on; 0: there is none. */
static uint32_t look_for(const struct log_part *p, const struct image *m, uint32_t *at, uint64_t *number) {
    for (*at = p->end; *at < m->size; ++*at) {
        const uint32_t octets = record_at(p, m, *at, p->first + p->count, number);
        if (octets)
            return octets;
    }
    return 0;
}

static int take_records(struct log_part *p, const struct image *m, struct log_counters *counters) {
    uint32_t octets, at;
    uint64_t number;
    while ((octets = look_for(p, m, &at, &number)) != 0) {
        while (p->first + p->count < number) { /* all that is between is theirs */
            if (log_part_note(p, p->end) < 0)
                return -1;
            counters->damaged++;
        }
        if (log_part_note(p, at) < 0)
            return -1;
        counters->found++;
        p->end = at + octets;
    }
    return 0;
}

static int take(struct log_part *p, const struct image *m, int cut, struct log_counters *counters) {
    if (take_head(p, m) < 0) {
        errno = EBADMSG;
        return -1;
    }
    if (take_records(p, m, counters) < 0)
        return -1;
    if (!cut || p->end == m->size)
        return 0;
    counters->cut += m->size - p->end;
    return ftruncate(p->fd, p->end);
}

int log_part_recover(struct log_part *p, int fd, int cut, struct log_counters *counters) {
    struct stat st;
    *p = (struct log_part){.fd = fd};
    if (fstat(fd, &st) < 0)
        return -1;
    errno = EBADMSG;
    if (st.st_size < (off_t)LOG_FILE_HEAD || st.st_size > (off_t)UINT32_MAX)
        return -1;
    const size_t size = (size_t)st.st_size;
    uint8_t *octets = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (octets == MAP_FAILED)
        return -1;
    const struct image image = {octets, (uint32_t)size};
    const int r = take(p, &image, cut, counters);
    const int why = errno;
    munmap(octets, size);
    errno = why;
    return r;
}
