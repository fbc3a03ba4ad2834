/* SPDX-License-Identifier: BSD-2-Clause */
/* Clock, randomness and memory, as the operating system has them. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

#include "internal.h"

static vmtp_time real_clock(void *context) {
    (void)context;
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (vmtp_time)t.tv_sec * VMTP_SECOND + (vmtp_time)t.tv_nsec;
}

static void *real_allocate(void *context, size_t size, int zeroed) {
    (void)context;
    if (size > SIZE_MAX - 64)
        return NULL;
    /* calloc gives pages that cost nothing until they are touched; large tables rely on it. */
    uint8_t *raw = zeroed ? calloc(1, size + 64) : malloc(size + 64);
    if (!raw)
        return NULL;
    size_t shift = 64 - ((uintptr_t)raw & 63);
    raw[shift - 1] = (uint8_t)shift;
    return raw + shift;
}

static void real_release(void *context, void *memory) {
    (void)context;
    uint8_t *octets = memory;
    free(octets - octets[-1]);
}

const struct vhost_world vhost_real_world = {.clock = real_clock, .allocate = real_allocate, .release = real_release};

int vhost_random_check(void) {
    uint8_t octet;
    ssize_t n;
    do /* early in the life of a machine it waits, and a signal may come */
        n = getrandom(&octet, 1, 0);
    while (n < 0 && errno == EINTR);
    return n == 1 ? 0 : errno;
}

void vhost_random(void *context, void *out, size_t size) {
    (void)context;
    uint8_t *at = out;
    while (size) {
        ssize_t n = getrandom(at, size, 0);
        if (n > 0) {
            at += n;
            size -= (size_t)n;
        }
        /* Only EINTR is left to fail with: vhost_random_check has seen it work. */
    }
}
