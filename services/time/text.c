/* SPDX-License-Identifier: BSD-2-Clause */
/* Instances, and the time as text: each gives that of its first read, in as many pieces as the client wants. */
#define _POSIX_C_SOURCE 200809L
#include "internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BLOCK_OCTETS 64u
#define ATTRIBUTES (UIO_READABLE | UIO_LINES)

struct reading {
    char text[BLOCK_OCTETS];
    uint32_t length; /* 0: nothing has been read yet */
    uint32_t at;
};

/* In two lines, 51 octets in our days; how many there are. */
static uint32_t write_text(char text[BLOCK_OCTETS], int64_t now) {
    int64_t seconds = now / 1000000000, rest = now % 1000000000;
    if (rest < 0) {
        rest += 1000000000;
        seconds--;
    }
    const time_t t = (time_t)seconds;
    struct tm tm;
    char date[32];
    gmtime_r(&t, &tm);
    strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &tm);
    return (uint32_t)snprintf(text, BLOCK_OCTETS, "%s.%09" PRId64 "Z\n%" PRId64 "\n", date, rest, now);
}

struct uio_object time_manager_descriptor(const struct time_manager *m) {
    char text[BLOCK_OCTETS];
    const int64_t now = time_now(m);
    return (struct uio_object){.type = UIO_TYPE_CLOCK,
                               .attributes = ATTRIBUTES,
                               .number = uio_manager_number(m->context, 0),
                               .size = write_text(text, now),
                               .permissions = m->config.set ? 0644 : 0444,
                               .names = 1,
                               .changed = now,
                               .descriptor_changed = now,
                               .version = (uint64_t)now,
                               .block_size = BLOCK_OCTETS};
}

void time_on_open(struct uio_manager_operation *op) {
    struct reading *r = calloc(1, sizeof *r);
    const struct uio_manager_opened opened = {.state = r,
                                              .identity = {1, 0},
                                              .attributes = ATTRIBUTES,
                                              .block_size = BLOCK_OCTETS,
                                              .object = time_manager_descriptor(time_of(op))};
    if (r)
        uio_manager_finish_open(op, &opened);
    else
        uio_manager_refuse(op, UIO_TOO_MANY);
}

void time_on_query(struct uio_manager_operation *op) {
    const struct uio_object object = time_manager_descriptor(time_of(op));
    uio_manager_finish_object(op, &object);
}

void time_on_read(struct uio_manager_operation *op) {
    struct reading *r = op->instance->state;
    struct time_manager *m = time_of(op);
    if (!r->length) {
        r->length = write_text(r->text, time_now(m));
        m->counters.texts++;
    }
    const uint32_t left = r->length - r->at, n = op->count < left ? op->count : left, at = r->at;
    r->at += n;
    if (uio_manager_finish_read_lent(op, r->text + at, n, n == left, r->at / BLOCK_OCTETS, NULL) < 0)
        r->at = at; /* nobody got it */
}

uint32_t time_on_release(struct uio_manager_instance *instance, uint32_t flags) {
    (void)flags;
    free(instance->state);
    return 0;
}
