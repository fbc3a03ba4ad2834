/* SPDX-License-Identifier: BSD-2-Clause */
/* Nodes of a network in memory. */
#include <vipc/fake.h>

#include "rig.h"

static vipc_fake *net;
static vipc *const *all;

static void open_nodes(uint64_t seed, unsigned count, vipc *nodes[RIG_NODES]) {
    net = vipc_fake_create(seed);
    all = nodes;
    for (unsigned i = 0; i < count; i++)
        nodes[i] = vipc_fake_node(net);
}

static void set_faults(const struct rig_faults *f) {
    const struct vipc_fake_faults faults = {.loss = f->loss,
                                            .answers = f->loss,
                                            .duplicate = f->duplicate,
                                            .delay = f->delay,
                                            .jitter = f->jitter,
                                            .patience = 2 * VMTP_SECOND};
    vipc_fake_set_faults(net, &faults);
}

static void partition(unsigned node, uint32_t side) { vipc_fake_partition(all[node], side); }

static void stop(unsigned node, int stopped) { vipc_fake_stop(all[node], stopped); }

static void run(vmtp_time duration) { vipc_fake_run(net, duration); }

static void close_nodes(void) { vipc_fake_destroy(net); }

const struct rig rig_fake = {"fake", open_nodes, set_faults, partition, stop, run, close_nodes};
