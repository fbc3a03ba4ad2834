/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What tests of the wire library share: a random number generator that is the same everywhere, and the checksum
 * as the specification tells it, one 16-bit word after the other.
 */
#ifndef WIRE_TESTING_H
#define WIRE_TESTING_H

#include <stdlib.h>

#include <check.h>
#include <suite.h>

#include <vmtp/wire.h>

/* splitmix64 */
static inline uint64_t random64(uint64_t *state) {
    uint64_t z = (*state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static inline uint32_t random32(uint64_t *state) { return (uint32_t)(random64(state) >> 32); }

/* 0 .. bound - 1 */
static inline uint32_t random_below(uint64_t *state, uint32_t bound) { return random32(state) % bound; }

static inline void random_octets(uint64_t *state, uint8_t *p, size_t length) {
    for (size_t i = 0; i < length; i++)
        p[i] = (uint8_t)random64(state);
}

/* Slow and plain on purpose; shares nothing with the library. */
static inline uint32_t plain_checksum(const uint8_t *p, size_t length) {
    uint32_t sums[2] = {0, 0};
    for (size_t i = 0; i < length; i += 2) {
        uint32_t *sum = &sums[(i / 32) % 2];
        *sum += (uint32_t)p[i] * 256u + (i + 1 < length ? p[i + 1] : 0u);
        if (*sum > 0xffff)
            *sum -= 0xffff;
    }
    return ((sums[0] ? sums[0] : 0xffffu) << 16) | (sums[1] ? sums[1] : 0xffffu);
}

#endif
