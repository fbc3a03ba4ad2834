/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vipc/fake.h - a network of nodes in memory, in virtual time, for tests of what stands on vipc/ipc.h.
 *
 * Nothing is random but from the seed: the same calls give the same run.  Time, the same for all nodes, moves only in vipc_fake_run and, to the
 * next thing that happens anywhere, in vipc_wait, during which the services and timers of all nodes run.  A vipc_wait for which nothing
 * can ever happen, on no node, returns VMTP_E_AGAIN.  Out of memory aborts.  Not installed.
 *
 * What is like VMTP: each Request is executed at most once, but those to groups as `duplicate` says; who is silent for `patience` ends a call with
 * VMTP_RETRANS_TIMEOUT; a node that is there says VMTP_NONEXISTENT_ENTITY of an entity that was once on it, to nodes that have called this
 * entity before, or were called by it (others would not know whom to ask); busy services have clients try again;
 * Requests to groups are repeated until somebody answers, segments that are too long refused, at most 15 forwards made.
 */
#ifndef VIPC_FAKE_H
#define VIPC_FAKE_H

#include <vipc/ipc.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct vipc_fake vipc_fake;

/* NULL when out of memory.  Begins at 1 second, with a delay of 100 microseconds, a patience of 2 seconds, and no faults. */
vipc_fake *vipc_fake_create(uint64_t seed);
/* Closes (vipc_close) the nodes that are up, and frees all. */
void vipc_fake_destroy(vipc_fake *net);
/* Adds a node.  It belongs to the network; vipc_close leaves it down. */
vipc *vipc_fake_node(vipc_fake *net);
/* Lets time pass.  Inside a function that a node has called it only comes back later. */
void vipc_fake_run(vipc_fake *net, vmtp_time duration);
vmtp_time vipc_fake_now(const vipc_fake *net);

/* Probabilities in parts per million. */
struct vipc_fake_faults {
    uint32_t loss; /* of a call to one entity, as a whole: RETRANS_TIMEOUT, nothing is executed; of each copy of a Request to each
                      member of a group; of a datagram */
    uint32_t answers; /* lost: of a call to one entity, executed but RETRANS_TIMEOUT; of each answer to a group call */
    uint32_t frames; /* lost on their way, which VMTP makes up for: a Request to one entity, or any answer, comes 100 ms later for each
                           loss; a copy of a Request to a group, or of a datagram, does not come.  Below 1000000 */
    uint32_t duplicate; /* a Request to a group, or a datagram, is executed twice by this member */
    vmtp_time delay;    /* one way, least */
    vmtp_time jitter;   /* added, 0..jitter */
    vmtp_time patience;
};
void vipc_fake_set_faults(vipc_fake *net, const struct vipc_fake_faults *faults);

/* Nodes on different sides do not hear each other.  All begin on side 0. */
void vipc_fake_partition(vipc *node, uint32_t side);
/* Its program does not run until it is called with 0, like one that was suspended: it hears nothing, says nothing, and then its timers
 * are late.  Its own calls that end meanwhile are told all the same. */
void vipc_fake_stop(vipc *node, int stopped);
/*
 * The power goes: none of the functions of its records is called any more (not even release), calls, services and timers are forgotten, and their
 * memory is yours.  Its entities are gone.  Until the restart vipc_wait there is VMTP_E_DOWN, and so is vipc_start.
 */
void vipc_fake_crash(vipc *node);
/* The node is there again, blank, and with new identifiers. */
void vipc_fake_restart(vipc *node);
/*
 * A service moves to another node with its identifier and the Requests that it has in hand, without its groups.  Clients need not know.
 * VMTP_E_IN_CALL: there is a call in its name; VMTP_E_DOWN.
 */
int vipc_fake_move(struct vipc_service *service, vipc *to);

/* What a node has done since it was added. */
struct vipc_fake_stats {
    uint64_t calls;           /* to one entity */
    uint64_t group_calls;     /* to groups, datagrams not counted */
    uint64_t group_repeats;   /* multicasts of these after the first */
    uint64_t datagrams;       /* to one entity */
    uint64_t group_datagrams; /* to groups */
    uint64_t requests;        /* taken by its services, also by way of groups */
    uint64_t answers;         /* given by its services */
    uint64_t forwards;        /* by its services */
};
const struct vipc_fake_stats *vipc_fake_stats(const vipc *node);
/* Multicasts that the node has sent: group_calls + group_repeats + group_datagrams. */
uint64_t vipc_fake_multicasts(const vipc *node);

#ifdef __cplusplus
}
#endif
#endif
