/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * packet_internal.h - the Linux port: packet.c its operations, packet_ring.c the receive ring, packet_open.c how it comes to be,
 * packet_interface.c what is known of the interface, and the messages for people.
 */
#ifndef VMTP_PACKET_INTERNAL_H
#define VMTP_PACKET_INTERNAL_H

#include "port_internal.h"

#include <linux/if_packet.h>
#include <sys/socket.h>
#include <sys/uio.h>

/* Where things are in a frame of the ring: the kernel's header, the address, at least 16 octets for the MAC header, the payload. */
#define PACKET_ADDRESS_AT ((uint32_t)TPACKET_ALIGN((int)sizeof(struct tpacket2_hdr)))
#define PACKET_PAYLOAD_AT ((uint32_t)TPACKET_ALIGN((int)(PACKET_ADDRESS_AT + sizeof(struct sockaddr_ll) + 16)))

/* ---- the receive ring ------------------------------------------------------------------------------------ */

/*
 * Frames do not cross blocks, and a block's end may be unused, so a place is walked, not computed.
 */
struct packet_place {
    uint8_t *frame;
    uint8_t *block;
    uint32_t left; /* frames in this block from here on */
};

struct packet_ring {
    uint8_t *base; /* NULL: none */
    uint8_t *end;
    uint32_t frame_octets, block_octets, frames_per_block;
    uint32_t frames;
    struct packet_place next; /* looked at next */
    struct packet_place held; /* the first of the held frames */
    uint32_t held_count;      /* ours until they are given back to the kernel */
};

/* Sizes for at least `frames` frames of an interface with this MTU. */
struct tpacket_req packet_ring_geometry(uint32_t frames, uint32_t mtu);
/* 0, or -1 with errno. */
int packet_ring_open(struct packet_ring *ring, int fd, const struct tpacket_req *geometry);
void packet_ring_close(struct packet_ring *ring);

static inline void packet_ring_step(const struct packet_ring *ring, struct packet_place *place) {
    place->frame += ring->frame_octets;
    if (--place->left)
        return;
    place->block += ring->block_octets;
    if (place->block == ring->end)
        place->block = ring->base;
    place->frame = place->block;
    place->left = ring->frames_per_block;
}

/*
 * The frame at a place when the kernel has filled it, else NULL.  The kernel writes the status last; acquire keeps our
 * reads of the frame behind our read of the status.
 */
static inline struct tpacket2_hdr *packet_ring_look(const struct packet_place *place) {
    struct tpacket2_hdr *header = (void *)place->frame;
    return __atomic_load_n(&header->tp_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER ? header : NULL;
}

/* Gives the first held frame back.  Release keeps our reads of it in front of the write that lets the kernel overwrite it. */
static inline void packet_ring_give_back(struct packet_ring *ring) {
    struct tpacket2_hdr *header = (void *)ring->held.frame;
    __atomic_store_n(&header->tp_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
    packet_ring_step(ring, &ring->held);
    ring->held_count--;
}

/* ---- the port --------------------------------------------------------------------------------------------- */

#define PACKET_BATCH 32u
/* Up to here a packet is copied into one piece: that is cheaper than to tell the kernel about the pieces. */
#define PACKET_SMALL 256u

struct packet_outgoing {
    struct iovec parts[1 + VMTP_TX_SLICES + 1]; /* headers, slices, trailer */
    uint8_t head[PORT_ETHERNET_OCTETS + PACKET_SMALL];
};

struct packet_port {
    vmtp_port port;
    struct packet_ring ring;
    int ifindex;
    uint32_t empty_looks; /* since a packet came or the socket was asked for errors */
    struct port_groups groups;
    struct vmtp_port_stats stats;
    struct mmsghdr messages[PACKET_BATCH];
    struct packet_outgoing outgoing[PACKET_BATCH];
};

extern const struct vmtp_port_ops packet_ops;

int packet_shared(vmtp_port *port);

/* ---- the interface ------------------------------------------------------------------------------------------ */

struct packet_interface {
    char name[16];
    int index;
    uint8_t mac[6];
    uint32_t mtu, mbps;
};

/* One line for a person. */
struct packet_complaint {
    char *text; /* may be NULL */
    size_t size;
};

/* Writes the line and returns code. */
int packet_complain(const struct packet_complaint *complaint, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * What name is, asked through any socket of the right network namespace.
 * VMTP_E_NO_INTERFACE, VMTP_E_DOWN or VMTP_E_SYSTEM, with a complaint.
 */
int packet_interface_query(struct packet_interface *out, int fd, const char *name,
                           const struct packet_complaint *complaint);

#endif
