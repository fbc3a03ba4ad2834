/* SPDX-License-Identifier: BSD-2-Clause */
/* frames.h - numbered packets for tests of ports, which do not care what is in them. */
#ifndef VMTP_TEST_FRAMES_H
#define VMTP_TEST_FRAMES_H

#include <vmtp/frame.h>

/*
 * A packet to dst: a header that starts with number, data[0..octets) as one slice if there are any, a trailer of four octets.
 */
void test_frame_make(struct vmtp_tx *tx, const uint8_t dst[6], uint32_t number, const void *data, size_t octets);
/* The number in a packet made by that. */
uint32_t test_frame_number(const struct vmtp_rx *rx);
/* Fills out with octets that differ from seed to seed. */
void test_frame_fill(uint8_t *out, size_t octets, uint32_t seed);

#endif
