/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * v_net.h - V kernels and processes on the hosts of host_net.h.
 *
 * Each node has a kernel and one process.  While a process of one node blocks, those of the others do what their
 * serve function says, which may block in turn.
 */
#ifndef VMTP_TEST_V_NET_H
#define VMTP_TEST_V_NET_H

#include <vmtp/v.h>

#include "host_net.h"

#define V_NODES 3

struct v_net {
    struct net net;
    struct net_node *node[V_NODES];
    v_kernel *kernel[V_NODES];
    v_process *process[V_NODES];
    v_pid pid[V_NODES];
};

extern struct v_net v;

void v_net_begin(void);
void v_net_end(void);
vmtp_time v_now(void);
vmtp_time v_in(vmtp_time duration);

/* A server that waits for messages at its node and gives each to a function; what came last is kept. */
struct v_server {
    unsigned node;
    void (*handle)(struct v_server *me); /* has to reply or forward */
    struct v_message message;
    v_pid from;
    uint8_t carried[16384];
    uint32_t carried_size;
    unsigned count;
    int result; /* for the function's use */
};
void v_serve(struct v_server *server, unsigned node, void (*handle)(struct v_server *me));

/* The Transaction that a process has outstanding. */
uint32_t v_transaction(unsigned node);

#endif
