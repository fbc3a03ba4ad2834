/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * battery.h - the tests that every kind of node must pass: what vipc/ipc.h promises, between three nodes in virtual time.
 *
 * A new kind gets a rig and a line in a test program for each part of the battery.
 */
#ifndef VIPC_TEST_BATTERY_H
#define VIPC_TEST_BATTERY_H

#include <check.h>
#include <string.h>
#include <vipc/ipc.h>

#define BATTERY_NODES 3

struct ipc_rig {
    const char *name;
    void (*open)(vipc *nodes[BATTERY_NODES]);
    /* Lets time pass, and all nodes work. */
    void (*run)(vmtp_time duration);
    /* The nodes have been closed.  Nothing may be left over. */
    void (*close)(void);
};

/* Adds a part of the battery for this rig to the suite. */
void battery_add_calls(Suite *suite, const struct ipc_rig *rig);
void battery_add_services(Suite *suite, const struct ipc_rig *rig);
void battery_add_groups(Suite *suite, const struct ipc_rig *rig);
void battery_add_time(Suite *suite, const struct ipc_rig *rig);

/* ---- for the parts of the battery --------------------------------------------------------------------------- */

/* A call, and what came of it. */
struct asked {
    struct vipc_call call;
    int done, result;
    unsigned responses;
    vmtp_entity from[8];
    char text[8][16]; /* of responses */
    char area[8 * 64];
    void (*then)(struct asked *asked);
};

/* A service, and what it saw. */
struct served {
    struct vipc_service service;
    unsigned called, released;
    struct vipc_incoming *kept[8]; /* by serve_keep */
    unsigned kept_count;
    struct vipc_loan loan;
    char lent[64];
    vmtp_entity next; /* for serve_forward */
    struct asked inner;
};

extern vipc *battery_node[BATTERY_NODES];
#define node_a battery_node[0]
#define node_b battery_node[1]
#define node_c battery_node[2]

void battery_open(const struct ipc_rig *rig);
void battery_close(void);
void battery_run(vmtp_time duration);

/* What a service may be made to do. */
void serve_echo(struct vipc_service *service, struct vipc_incoming *in); /* OK, words[0] + 1, the same segment */
void serve_keep(struct vipc_service *service, struct vipc_incoming *in);
void serve_nothing(struct vipc_service *service, struct vipc_incoming *in); /* discards */
void serve_lent(struct vipc_service *service, struct vipc_incoming *in);    /* lends 64 octets of x */
void serve_forward(struct vipc_service *service, struct vipc_incoming *in); /* to next, with room for a relay */

/* Begins to serve, depth 4, capacity 64. */
void serve(struct served *served, vipc *node, void (*request)(struct vipc_service *, struct vipc_incoming *));
/* Begins a call with this text as its segment. */
void ask(struct asked *asked, vipc *node, vmtp_entity whom, const char *text);
/* The same to a group: all answers until this much later. */
void ask_group(struct asked *asked, vipc *node, vmtp_entity group, const char *text, vmtp_time patience);
/* Lets time pass until it is over; the test fails when that takes a minute. */
int outcome(struct asked *asked);
/* Both; what answers echo is checked. */
int ask_and_wait(vipc *node, vmtp_entity whom, const char *text);
/* OK, without a segment. */
extern const struct vmtp_message said_ok;

#endif
