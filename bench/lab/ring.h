/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ring.h - the least there is between a program and the wire: one AF_PACKET socket, a TPACKET_V2 receive
 * ring, send.
 *
 * This is what VMTP is measured against, so it shares no code with vmtp/port and does nothing that could be
 * left out.
 */
#ifndef BENCH_RING_H
#define BENCH_RING_H

#include <stddef.h>
#include <stdint.h>

#include "lab.h"

/* IEEE 802's first EtherType for local experiments: what is measured here is not VMTP. */
#define RING_ETHERTYPE 0x88b5u

enum waiting {
    WAIT_SPIN,    /* look and look */
    WAIT_DEFAULT, /* the waiting of vmtp/host.h: 16 looks, sched_yield, for 50 us; then sleep */
    WAIT_BLOCK    /* sleep at once */
};

struct ring {
    int fd;
    uint8_t *map;
    size_t map_octets;
    unsigned frames, frames_per_block;
    size_t frame_octets, block_octets;
    unsigned at;        /* the next frame to look at */
    uint8_t *current;   /* it, as an address */
    uint8_t header[14]; /* Ethernet header to the peer */
};

/* largest: octets of the largest frame.  frames: at least so many fit. */
int ring_open(struct ring *ring, const struct lab_seat *seat, size_t largest, unsigned frames);
/* The same on any interface, for any protocol (an EtherType); -1 with errno. */
int ring_open_on(struct ring *ring, int ifindex, unsigned protocol, size_t largest, unsigned frames);
/* Frames for others too, but none of our own. */
int ring_take_everything(const struct ring *ring, int ifindex);
void ring_close(struct ring *ring);

/* The next frame received, waiting for it; its memory is ours until ring_release. */
const uint8_t *ring_receive(struct ring *ring, enum waiting waiting, size_t *length);
/* The same without waiting: NULL when there is none. */
const uint8_t *ring_look(struct ring *ring, size_t *length);
void ring_release(struct ring *ring);
/* Several at a time: each taken frame is ours until its place is given back.  Not together with ring_release. */
const uint8_t *ring_take(struct ring *ring, size_t *length, void **place);
void ring_give(void *place);

#endif
