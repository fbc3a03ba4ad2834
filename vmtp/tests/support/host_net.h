/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * host_net.h - hosts on a simulated segment, in virtual time, for tests of vmtp/host.
 *
 * While one host blocks, time passes and the others are turned: their servers answer, and may block in turn.  Memory is counted, and can be made to
 * run out.
 */
#ifndef VMTP_TEST_HOST_NET_H
#define VMTP_TEST_HOST_NET_H

#include <host/internal.h>

#define NET_NODES 4

struct net_node {
    struct net *net;
    vmtp_host *host;
    vmtp_port *port;
    vmtp_entity entity;                 /* made by net_serve */
    void (*serve)(struct net_node *me); /* called after each turn */
    void (*idle)(struct net_node *me);  /* called when this host is about to wait */
    void *context;
    int busy;    /* blocks or serves */
    int waiting; /* blocks: it sees to its host by itself, but not while a server that it waits for blocks in turn */
    unsigned served;
};

struct net {
    vmtp_sim *sim;
    unsigned count;
    struct net_node nodes[NET_NODES];
    long allocations; /* so far */
    long living;      /* not released */
    long fail_at;     /* this allocation fails; -1: none */
};

void net_begin(struct net *net, uint64_t seed);
/* Closes every host; all memory must have come back. */
void net_end(struct net *net);

/* A configuration for net_open: port of the segment, fixed block of identifiers, randomness of the simulation. */
void net_config(struct net *net, struct vmtp_host_config *config, unsigned number);
/* Opens node number with it. */
int net_open_with(struct net *net, unsigned number, const struct vmtp_host_config *config, char *error, size_t size);
/* Both; must succeed. */
struct net_node *net_open(struct net *net, unsigned number);

/* Makes an entity with a queue for Requests. */
void net_serve(struct net_node *node, uint32_t depth, uint32_t capacity);
/* A server that returns what it gets, with words[0] counted up. */
void net_echo(struct net_node *me);

/* Starts a call from a borrowed entity; its COMPLETE comes out of vmtp_host_next_event with this cookie. */
vmtp_handle net_start(struct net_node *node, vmtp_entity server, const void *segment, uint32_t size, uint64_t cookie);
/* Takes the next event: its type, or 0 when there is none.  event may be NULL. */
int net_event(struct net_node *node, struct vmtp_event *event);

/* Lets time pass and turns everybody. */
void net_run(struct net *net, vmtp_time duration);

#endif
