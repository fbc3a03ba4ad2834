/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * node.h - our own node in virtual time: a host with the test service, managers of names and objects (node_names.h), and a directory.
 *
 * It has no loop and no clock of its own: link_sim.c gives it frames and turns, and is told the frames that it sends.
 */
#ifndef VC_NODE_H
#define VC_NODE_H

#include "../packet.h"

#include <vmtp/host.h>

struct sim_options;
struct sim_node;

/* What a start is to be like (link.h); all zero: as ever. */
struct sim_start {
    uint32_t require_checksum, shared_address, remote_management, sequences, ask_always, own_identifier, hosts, clients,
        ts2_ms, no_streams;
};

struct sim_node_config {
    const struct sim_options *options;
    uint16_t ethertype;
    const vc_time *now;
    void (*sent)(void *context, uint8_t *frame, size_t size); /* with room for VC_FRAME_MAX octets */
    void *context;
};

/* NULL: no memory. */
struct sim_node *sim_node_open(const struct sim_node_config *config);
void sim_node_close(struct sim_node *node);
/* Begins: as if it knew its block for certain, or had to ask for one.  One that is started in another way than ever has no names. */
void sim_node_boot(struct sim_node *node, const struct sim_start *start, int ask);
/* It is gone without a word. */
void sim_node_halt(struct sim_node *node);
/* A frame for it has come, so many times. */
void sim_node_take(struct sim_node *node, const uint8_t *frame, size_t size, unsigned times);
/* Does everything that is due now. */
void sim_node_turn(struct sim_node *node);
vc_time sim_node_deadline(const struct sim_node *node);

#endif
