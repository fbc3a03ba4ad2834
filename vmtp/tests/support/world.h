/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * world.h - engines on a virtual Ethernet in virtual time, for tests.
 *
 * A world runs by itself: packets, timers and events, until nothing is left to do or a time is reached.  Everything follows from its seed.
 */
#ifndef VMTP_TESTS_WORLD_H
#define VMTP_TESTS_WORLD_H

#include <vmtp/engine.h>
#include <vmtp/port.h>

#define WORLD_NODES 128
#define WORLD_LATE 8

struct world;
struct node;

typedef void (*world_event_fn)(struct node *node, const struct vmtp_event *event);

struct node {
    struct world *world;
    vmtp_engine *engine;
    void *memory;
    vmtp_port *port;
    vmtp_port *wire;         /* the simulated one below `port` */
    vmtp_time wake;          /* when it has something to do next by itself */
    unsigned idle;           /* times that it was due and did nothing to be seen */
    int stirred;             /* something may have to be sent or told */
    world_event_fn on_event; /* NULL: events are kept in `seen` */
    void *user;
    struct vmtp_event seen[64];
    unsigned seen_count;
    struct vmtp_tx late[WORLD_LATE]; /* sent, not reported yet */
    unsigned late_count;
    uint64_t prng;
};

struct world {
    vmtp_sim *sim;
    struct node nodes[WORLD_NODES];
    unsigned count;
    uint64_t seed;
    int late_reports; /* not 0: packets are reported some time after they were sent, some are refused and tried again */
    uint64_t late_prng;
    const char *pcapng; /* not NULL before world_add: each host's packets are written to <pcapng>.<index>.pcapng */
};

void world_init(struct world *w, uint64_t seed, uint32_t mtu);
void world_close(struct world *w);
/* A host; config NULL: defaults with a fixed block of its own (0x1000 * (index + 1)). */
struct node *world_add(struct world *w, const struct vmtp_config *config);
/* Its host crashes: what the engine knew and what it had on the segment is lost, and the segment does not hear of it. */
void world_crash(struct node *n);
/* The host comes back with its old Ethernet address and a new engine. */
void world_boot(struct node *n, const struct vmtp_config *config);
/* The defaults world_add uses, to be changed. */
void world_config(struct world *w, struct vmtp_config *config);
vmtp_time world_now(const struct world *w);
/* Lets things happen until `until`, or until everything is quiet (no packets, no timers due before).  Returns the number of packets sent. */
unsigned world_run(struct world *w, vmtp_time until);
/* Runs for a while from now. */
static inline unsigned world_pass(struct world *w, vmtp_time duration) { return world_run(w, world_now(w) + duration); }
/* The n-th event of this type kept at the node, or NULL. */
const struct vmtp_event *world_event(const struct node *n, enum vmtp_event_type type, unsigned which);
unsigned world_event_count(const struct node *n, enum vmtp_event_type type);
/* Gives a packet to a node as if it had come from mac. */
int world_inject(struct node *n, const uint8_t *packet, size_t length, const uint8_t src[6], int multicast);

#endif
