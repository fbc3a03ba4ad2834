/* SPDX-License-Identifier: BSD-2-Clause */
/* sim_internal.h - the virtual Ethernet: sim.c the segment, sim_port.c its hosts, sim_queue.c the frames in flight. */
#ifndef VMTP_SIM_INTERNAL_H
#define VMTP_SIM_INTERNAL_H

#include "port_internal.h"

/* One frame, shared by all who will receive it. */
struct sim_frame {
    uint32_t references;
    uint32_t length;      /* from the Ethernet header on */
    uint8_t alignment[2]; /* so that the payload, like that of a real ring, is aligned */
    uint8_t octets[];
};

/* A copy of a frame on its way to one port. */
struct sim_flight {
    vmtp_time when;
    uint64_t sequence; /* of two that arrive at the same time the one sent first comes first */
    struct sim_frame *frame;
    struct sim_port *to; /* NULL: closed meanwhile */
    int served;          /* its receiver has come to it: into the inbox */
};

/* Binary heap, the next arrival on top. */
struct sim_queue {
    struct sim_flight *heap;
    size_t count, room;
    uint64_t sequence;
};

struct sim_port {
    vmtp_port port;
    vmtp_sim *sim;
    struct sim_port *next; /* in the order they were attached */
    uint32_t partition;
    int up;
    vmtp_time latest;       /* arrival of the last frame that keeps the order */
    uint32_t inbox_most;    /* frames that it holds at most, 0: any number */
    uint32_t unserved;      /* frames that it has not come to */
    vmtp_time serve_each;   /* how long it takes for one */
    vmtp_time served_until; /* with those that it has */
    struct port_groups groups;
    struct vmtp_port_stats stats;
    /* Inbox: a circle of room entries; the first held of them are lent to the user. */
    struct sim_frame **inbox;
    size_t room, head, count, held;
};

struct vmtp_sim {
    vmtp_time now;
    vmtp_time busy_until; /* the segment carries one frame at a time */
    uint32_t mtu, mbps;
    uint32_t link_mbps;  /* what ports say of their link */
    uint32_t queue_most; /* octets that may wait for the segment, 0: any number */
    uint64_t overflows;
    uint32_t attached; /* ports ever made: numbers their MAC */
    uint64_t fault_random, user_random;
    struct vmtp_sim_faults faults;
    vmtp_sim_filter filter;
    void *filter_context;
    struct sim_port *ports;
    struct sim_queue queue;
};

struct sim_frame *sim_frame_make(const struct vmtp_tx *tx, const uint8_t source[6]);
struct sim_frame *sim_frame_copy(const struct sim_frame *frame);
void sim_frame_drop(struct sim_frame *frame); /* one reference less */
static inline uint8_t *sim_frame_payload(struct sim_frame *frame) { return frame->octets + PORT_ETHERNET_OCTETS; }

/* Takes over one reference of frame; 0 or VMTP_E_MEMORY (then it does not). */
int sim_queue_push(struct sim_queue *queue, vmtp_time when, struct sim_frame *frame, struct sim_port *to, int served);
struct sim_flight sim_queue_pop(struct sim_queue *queue); /* queue->count > 0 */
void sim_queue_forget(struct sim_queue *queue, const struct sim_port *to);
void sim_queue_free(struct sim_queue *queue);

/* Puts a frame on the segment.  Borrows it. */
void sim_transmit(vmtp_sim *sim, const struct sim_port *from, struct sim_frame *frame);

struct sim_port *sim_port_make(vmtp_sim *sim);
void sim_port_arrive(struct sim_port *to, struct sim_frame *frame); /* takes over the reference, as does the next */
void sim_port_served(struct sim_port *to, struct sim_frame *frame);
void sim_port_flush(struct sim_port *port); /* forgets what waits in the inbox */

#endif
