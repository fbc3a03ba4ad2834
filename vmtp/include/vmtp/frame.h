/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vmtp/frame.h - a packet on its way between an engine and a port.
 *
 * The engine does not know ports and ports do not know the engine: these two structures are what they share.
 */
#ifndef VMTP_FRAME_H
#define VMTP_FRAME_H

#include <vmtp/wire.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A packet can carry every other block of 32: at most 16 separate slices of the segment. */
#define VMTP_TX_SLICES 16u
/* Up to 7 octets of padding, then the checksum. */
#define VMTP_TX_TRAILER 12u

struct vmtp_slice {
    const void *octets;
    size_t length;
};

/*
 * One packet to send: header, then slices, then trailer, back to back, in an Ethernet frame to dst with the
 * VMTP EtherType.  header and trailer are part of this structure; slices point into memory the application
 * lent, which stays readable until the packet's result is reported (vmtp_tx_result).
 */
struct vmtp_tx {
    uint64_t token;  /* the engine's; a port neither reads nor changes it */
    uint64_t detail; /* the engine's too */
    uint8_t dst[6];
    uint8_t trailer_octets; /* 4 to 11 */
    uint8_t slice_count;
    uint8_t header[VMTP_HEADER_OCTETS];
    uint8_t trailer[VMTP_TX_TRAILER];
    struct vmtp_slice slices[VMTP_TX_SLICES];
};

/* Octets of the Ethernet payload. */
static inline size_t vmtp_tx_octets(const struct vmtp_tx *tx) {
    size_t n = VMTP_HEADER_OCTETS + tx->trailer_octets;
    for (unsigned i = 0; i < tx->slice_count; i++)
        n += tx->slices[i].length;
    return n;
}

/* Writes the packet's octets one after the other to out (vmtp_tx_octets(tx) of them); returns their number. */
static inline size_t vmtp_tx_gather(const struct vmtp_tx *tx, uint8_t *out) {
    size_t at = VMTP_HEADER_OCTETS;
    memcpy(out, tx->header, VMTP_HEADER_OCTETS);
    for (unsigned i = 0; i < tx->slice_count; i++) {
        memcpy(out + at, tx->slices[i].octets, tx->slices[i].length);
        at += tx->slices[i].length;
    }
    memcpy(out + at, tx->trailer, tx->trailer_octets);
    return at + tx->trailer_octets;
}

/* What a port knows about a packet it received. */
enum vmtp_rx_flags {
    VMTP_RX_TRUNCATED = 1, /* the port's buffer was too small: octets are missing at the end */
    VMTP_RX_LOCAL = 4      /* never left this host (shared memory, loopback) */
};

struct vmtp_rx {
    const uint8_t *packet; /* Ethernet payload; borrowed from the port until vmtp_port_release() */
    uint32_t length;
    uint32_t flags; /* enum vmtp_rx_flags */
    uint8_t src[6];
    uint8_t dst[6];
};

#ifdef __cplusplus
}
#endif
#endif
