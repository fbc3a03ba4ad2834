/* SPDX-License-Identifier: BSD-2-Clause */
/* packet_ring.c - the ring in which the kernel leaves received frames (TPACKET_V2). */
#define _GNU_SOURCE
#include "packet_internal.h"

#include <sys/mman.h>
#include <unistd.h>

#define RING_CACHE_LINE 64u
#define RING_BLOCK (128u * 1024u)

static uint32_t round_up(uint32_t n, uint32_t to) { return (n + to - 1) / to * to; }

/*
 * No VMTP packet is longer than VMTP_MAX_PACKET, so longer frames are not stored whole, only longer than any
 * legal packet: that they are too long, and truncated, shows.  It makes rings of an MTU of 65535 four times smaller.
 */
static uint32_t stored_payload(uint32_t mtu) {
    uint32_t most = VMTP_MAX_PACKET + 4;
    return mtu < most ? mtu : most;
}

struct tpacket_req packet_ring_geometry(uint32_t frames, uint32_t mtu) {
    uint32_t page = (uint32_t)sysconf(_SC_PAGESIZE);
    struct tpacket_req req = {0};
    req.tp_frame_size = round_up(PACKET_PAYLOAD_AT + stored_payload(mtu), RING_CACHE_LINE);
    req.tp_block_size = round_up(RING_BLOCK, page);
    /* The kernel takes blocks as powers of two of pages: halve it while everything still fits into one. */
    while (req.tp_block_size / 2 >= page && req.tp_block_size / 2 / req.tp_frame_size >= frames)
        req.tp_block_size /= 2;
    uint32_t per_block = req.tp_block_size / req.tp_frame_size;
    req.tp_block_nr = (frames + per_block - 1) / per_block;
    req.tp_frame_nr = req.tp_block_nr * per_block;
    return req;
}

int packet_ring_open(struct packet_ring *ring, int fd, const struct tpacket_req *geometry) {
    int version = TPACKET_V2;
    if (setsockopt(fd, SOL_PACKET, PACKET_VERSION, &version, sizeof version) ||
        setsockopt(fd, SOL_PACKET, PACKET_RX_RING, geometry, sizeof *geometry))
        return -1;
    size_t octets = (size_t)geometry->tp_block_size * geometry->tp_block_nr;
    void *base = mmap(NULL, octets, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, 0);
    if (base == MAP_FAILED)
        return -1;
    ring->base = base;
    ring->end = ring->base + octets;
    ring->frame_octets = geometry->tp_frame_size;
    ring->block_octets = geometry->tp_block_size;
    ring->frames_per_block = geometry->tp_block_size / geometry->tp_frame_size;
    ring->frames = geometry->tp_frame_nr;
    ring->next = (struct packet_place){ring->base, ring->base, ring->frames_per_block};
    ring->held = ring->next;
    return 0;
}

void packet_ring_close(struct packet_ring *ring) {
    if (ring->base)
        munmap(ring->base, (size_t)(ring->end - ring->base));
    ring->base = NULL;
}
