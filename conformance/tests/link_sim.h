/* SPDX-License-Identifier: BSD-2-Clause */
/* link_sim.h - our own node with its test service as the peer, in virtual time, with a defect if wanted. */
#ifndef VC_LINK_SIM_H
#define VC_LINK_SIM_H

#include "../link.h"

/*
 * A defect sits between the node and the wire.  It may change a frame in place (also *size), and says what becomes of it.
 * SIM_TWICE: it is passed on two times.
 */
enum sim_fate { SIM_PASS, SIM_DROP, SIM_TWICE };
struct sim_wire {
    enum sim_fate (*to_node)(void *context, uint8_t *frame, size_t *size, vc_time now);
    enum sim_fate (*from_node)(void *context, uint8_t *frame, size_t *size, vc_time now, vc_time *delay);
    /* After either: a frame that a node with this defect sends besides; 0: none. */
    size_t (*besides)(void *context, uint8_t *frame);
    void (*begins)(void); /* a case */
    void *context;
};

struct sim_options {
    uint64_t seed;
    vc_time delay;        /* one way */
    struct sim_wire wire; /* functions may be NULL */
    uint8_t no_streams;   /* the node's */
    uint8_t no_service;   /* without test service */
    uint8_t no_names;     /* without managers and resolver */
    uint8_t no_v;         /* without V test process */
    uint8_t directory;    /* a directory, and no other names: as vnet directory */
    uint8_t remote_management;
    unsigned reboot_every; /* it begins anew whenever it has received so many frames; 0: never */
    const char *files;     /* a directory to be served, or NULL */
    uint32_t max_requests; /* 0: the default */
    uint8_t slow_timers;   /* all that PIXIT can tell, set otherwise */
    uint32_t mtu;          /* of the cable; 0: 1500 */
    uint8_t fast_timers;   /* the same, sooner than the defaults */
};

struct vc_link *sim_open(const struct sim_options *options);
/* Of the next start: a word of how (link.h) that the node does not obey, though it says that it does. */
extern const char *sim_disobeys;
/* How the node was started last. */
extern const char *sim_how;
/* The node's Ethernet address. */
extern const uint8_t sim_node_mac[6], sim_tester_mac[6];

#endif
