/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "bulk.h"

#define PLACES 61u /* a prime, and 64 octets each */

static uint8_t content[MESSAGE + PLACES * 64u];

void bulk_prepare(void) {
    uint64_t z = 1;
    for (size_t i = 0; i < sizeof content; i += 8) {
        z = z * 6364136223846793005u + 1442695040888963407u;
        uint64_t word = z ^ z >> 29;
        memcpy(content + i, &word, 8);
    }
}

const uint8_t *bulk_content(uint32_t number) { return content + (size_t)(number % PLACES) * 64u; }

int bulk_is_content(const uint8_t *octets, uint32_t number) {
    return memcmp(octets, bulk_content(number), MESSAGE) == 0;
}

int bulk_repeat(struct lab_seat *seat, int64_t (*carry)(void *context, uint32_t number), void *context) {
    const struct bulk_settings *settings = seat->settings;
    for (size_t i = 0; i < settings->warm_up + settings->count; i++) {
        uint64_t before = lab_now();
        int64_t other = carry(context, (uint32_t)i);
        if (other < 0)
            return -1;
        if (i >= settings->warm_up)
            seat->board->samples[seat->board->count++] = lab_now() - before - (uint64_t)other;
    }
    return 0;
}
