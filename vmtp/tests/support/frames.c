/* SPDX-License-Identifier: BSD-2-Clause */
#include "frames.h"

void test_frame_make(struct vmtp_tx *tx, const uint8_t dst[6], uint32_t number, const void *data, size_t octets) {
    memset(tx, 0, sizeof *tx);
    memcpy(tx->dst, dst, 6);
    test_frame_fill(tx->header, sizeof tx->header, number);
    vmtp_store32(tx->header, number);
    if (octets) {
        tx->slices[0].octets = data;
        tx->slices[0].length = octets;
        tx->slice_count = 1;
    }
    tx->trailer_octets = 4;
    vmtp_store32(tx->trailer, ~number);
}

uint32_t test_frame_number(const struct vmtp_rx *rx) { return vmtp_load32(rx->packet); }

void test_frame_fill(uint8_t *out, size_t octets, uint32_t seed) {
    for (size_t i = 0; i < octets; i++) {
        seed = seed * 1664525u + 1013904223u;
        out[i] = (uint8_t)(seed >> 24);
    }
}
