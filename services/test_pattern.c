/* SPDX-License-Identifier: BSD-2-Clause */
/* Octets that both ends can make: spec/testing.md sections 1.2 and 1.3. */
#include "test_protocol.h"

#include <zlib.h>

static uint32_t mix(uint32_t x) {
    x ^= x >> 16;
    x *= 0x85EBCA6Bu;
    x ^= x >> 13;
    x *= 0xC2B2AE35u;
    return x ^ (x >> 16);
}

void vtest_pattern(void *out, size_t size, uint32_t seed) {
    uint8_t *octets = out;
    uint8_t word[4];
    size_t at = 0;
    while (size - at >= 4) {
        seed += 0x9E3779B9u;
        vmtp_store32(octets + at, mix(seed));
        at += 4;
    }
    if (at < size) {
        vmtp_store32(word, mix(seed + 0x9E3779B9u));
        memcpy(octets + at, word, size - at);
    }
}

uint32_t vtest_crc32(const void *octets, size_t size) { return (uint32_t)crc32_z(crc32_z(0, NULL, 0), octets, size); }
