/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A network for tests of clients: one resolver, and managers that do what they are told, in virtual time.
 *
 * These managers are not the library's: they show what a client has to expect of anybody.
 */
#ifndef NAMING_TESTS_NET_H
#define NAMING_TESTS_NET_H

#include <stdlib.h>
#include <string.h>

#include <check.h>
#include <suite.h>

#include <vipc/fake.h>
#include <vnaming/client.h>

#define OPERATION 0x01000555u /* some operation of some interface */
#define MS VMTP_MILLISECOND

struct net;

/* A node with one manager of at most one prefix. */
struct manager {
    struct net *net;
    vipc *node;
    struct vipc_service service;
    struct vname_record record; /* prefix_length 0: holds nothing */
    int silent;                 /* does not answer multicast QueryName */
    vmtp_time late;             /* answers that so much later */
    /* Takes a Request that it has answered or discarded itself: 1. */
    int (*hook)(struct manager *manager, struct vipc_incoming *in);
    void *context;
    struct vipc_timer timer;
    struct vipc_incoming *held;
    unsigned multicast_queries, lone_queries, operations, meetings, lookups, watches;
    struct vmtp_message last; /* of the last operation by name */
    char name[VNAME_NAME_OCTETS + 1], extra[64];
    uint32_t extra_size;
    char met[VNAME_PREFIX_OCTETS + 1]; /* of the last AnnounceName of reason MEET: prefix, and who */
    vmtp_entity met_manager;
    uint16_t met_flags;
};

#define MANAGERS 12

struct net {
    vipc_fake *fake;
    vipc *node; /* of the resolver */
    vname_resolver *resolver;
    struct manager managers[MANAGERS];
    unsigned count;
    unsigned steps[VNAME_STEP_KINDS];
};

/* config may be NULL. */
void net_open(struct net *net, const struct vname_config *config);
void net_close(struct net *net);

/* A manager that holds this prefix ("": none), on a node of its own. */
struct manager *net_manager(struct net *net, const char *prefix);
/* The same for an alias. */
struct manager *net_alias(struct net *net, const char *prefix, const char *target);
/* A directory that has the records of those managers that are `registered`, whether they are there or not. */
struct manager *net_directory(struct net *net, const struct vname_record *records, unsigned count);
/* It is gone, and its host says so; or is silent. */
void manager_exit(struct manager *manager);
void manager_crash(struct manager *manager);
/* Another entity on the same node takes over its prefix. */
void manager_restart(struct manager *manager);
/* Answers with a code and a record (or NULL). */
void manager_answer(struct vipc_incoming *in, uint32_t code, uint32_t word0, const struct vname_record *record);

/* An operation about a name, ready to be sent; its answer goes to an area of 2000 octets. */
struct operation {
    struct vname_operation op;
    uint8_t area[2000];
    unsigned ended;
};

void operation_init(struct operation *operation, const char *name);
/* Sends it and waits until it has ended. */
enum vname_outcome operation_run(struct net *net, const char *name, vmtp_time patience);
/* That operation. */
extern struct operation last;

#define COUNTERS(net) (vname_counters_of((net)->resolver))
#define CODE(operation) ((operation)->op.answer.code & VMTP_CODE_MASK)

#endif
