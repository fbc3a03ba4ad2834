/* SPDX-License-Identifier: BSD-2-Clause */
/* node.h - this process as a node of the segment: a host, its events, interruption, and calls. */
#ifndef VNET_NODE_H
#define VNET_NODE_H

#include <vmtp/host.h>

#include "options.h"

struct node {
    vmtp_host *host;
    vmtp_engine *engine;
    const char *interface_name;
    const char *pcap;
    vmtp_entity client; /* for node_call */
    vmtp_time spin;     /* how long to look before sleeping */
    int wake;           /* becomes readable when somebody interrupts */
    int ifindex;
    uint64_t notified; /* see node_watch */
    uint32_t largest;  /* segment of the calls under way */
};

/*
 * Opens the interface and waits until there are identifiers.  config: from vmtp_host_config_init, changed at will; interface,
 * EtherType and capture come from common.  Returns VNET_OK, or another exit code after a message.
 */
int node_open(struct node *node, struct vmtp_host_config *config, const struct common_options *common);
/* Before it: the node is to receive much at a time.  Its ring gets room for some MiB, whatever the MTU is. */
void node_expect_bulk(struct vmtp_host_config *config, const struct common_options *common);
/* Returns code, the exit code so far, or VNET_FAILED after a message when what --pcap wrote is not whole. */
int node_close(struct node *node, int code);

/* From now on interruption also ends what waits on the host without node_next, with VMTP_E_CANCELLED: vmtp_host_wait, vipc_wait ... */
void node_interrupt_waits(struct node *node);

/* 1 once SIGINT, SIGTERM or SIGHUP has come. */
int node_interrupted(void);

vmtp_time node_now(const struct node *node);

/*
 * The next event: 1, or 0 at the time until.  VMTP_E_CANCELLED when interrupted, VMTP_E_DOWN, VMTP_E_SYSTEM.
 */
int node_next(struct node *node, struct vmtp_event *event, vmtp_time until);

/*
 * For loops that have more to look after: sleeps until a packet comes, the host has something to do, fd (-1: none) is readable, somebody
 * interrupts, or until.  0 or VMTP_E_SYSTEM.  vmtp_host_turn comes next.
 */
int node_wait(struct node *node, int fd, vmtp_time until);

/* Sleeps, serving the protocol, until then. 0 or an error of node_next. */
int node_sleep(struct node *node, vmtp_time until);

/*
 * After VMTP_E_DOWN: says so, and waits until the interface is up again.  0, VMTP_E_CANCELLED when interrupted, VMTP_E_DOWN when
 * the interface is gone for ever.
 */
int node_await_interface(struct node *node);

struct node_call {
    struct vmtp_message message;
    const void *segment;
    uint32_t segment_size;
    void *area;
    uint32_t capacity;
    vmtp_time timeout;
};

struct node_answer {
    struct vmtp_message message;
    uint32_t size; /* octets in area */
    uint8_t source[6];
    vmtp_time took;
};

/*
 * One message transaction.  0: answered (look at the ResponseCode), > 0: the code that says why not, < 0 an error of
 * node_next or vmtp_call.
 */
int node_call(struct node *node, const struct node_call *call, struct node_answer *answer);

/*
 * For node_explain, where calls are made without node_call: from now on it is of interest whether the other side says something,
 * and segments have up to this many octets.
 */
void node_watch(struct node *node);
void node_expect(struct node *node, uint32_t segment_size);

/* 1 when there was no answer since node_watch, or in the last node_call, but the server's node has said why: it is busy. */
int node_was_told(const struct node *node);
/* 1 when the segments of the last calls may be too large for packets of an unequal MTU. */
int node_suspects_mtu(const struct node *node);

/* After a result of node_call that is not 0: one line on stderr that says what to do.  Returns an exit code. */
int node_explain(const struct node *node, int result, vmtp_entity entity, vmtp_time timeout);

#endif
