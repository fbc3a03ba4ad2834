/* SPDX-License-Identifier: BSD-2-Clause */
/* Nodes on VMTP hosts that share a simulated Ethernet, in virtual time.  Nothing blocks here. */
#include <stdlib.h>
#include <string.h>

#include <host/internal.h>
#include <vipc/host.h>

#include <capture.h>

#include "rig.h"

static struct {
    vmtp_sim *sim;
    vmtp_host *hosts[RIG_NODES];
    vmtp_port *ports[RIG_NODES];
    unsigned count;
    int stopped[RIG_NODES];
} net;

static vmtp_time now(void *context) {
    (void)context;
    return vmtp_sim_now(net.sim);
}

static int idle(void *context, vmtp_time until) {
    (void)context;
    vmtp_sim_advance(net.sim, until);
    return 0;
}

static void *allocate(void *context, size_t size, int zeroed) {
    return vhost_real_world.allocate(context, size, zeroed);
}

static void release(void *context, void *memory) { vhost_real_world.release(context, memory); }

static void fill(void *context, void *out, size_t size) {
    (void)context;
    for (size_t i = 0; i < size; i++)
        ((uint8_t *)out)[i] = (uint8_t)(vmtp_sim_random(net.sim) >> 11);
}

static void must(int result) {
    if (result < 0)
        abort();
}

static void open_node(unsigned number, vipc **node) {
    static const struct vhost_world world = {
        .clock = now, .idle = idle, .allocate = allocate, .release = release, .context = NULL};
    struct vmtp_host_config config;
    char error[256];
    vmtp_host_config_init(&config);
    must(vmtp_sim_attach(net.sim, &config.port));
    net.ports[number] = config.port;
    config.port = capture_port(config.port, now, NULL);
    config.engine.block = 0x1234560000ull + 0x100ull * number;
    config.engine.random = fill;
    must(vhost_open_in(&net.hosts[number], &config, &world, error, sizeof error));
    must(vipc_host_open(node, net.hosts[number]));
}

static void open_nodes(uint64_t seed, unsigned count, vipc *nodes[RIG_NODES]) {
    net.count = count;
    net.sim = vmtp_sim_create(seed, 1500, 100);
    if (!net.sim)
        abort();
    for (unsigned i = 0; i < count; i++)
        open_node(i, &nodes[i]);
}

static void set_faults(const struct rig_faults *f) {
    const struct vmtp_sim_faults faults = {.loss = f->loss,
                                           .duplicate = f->duplicate,
                                           .reorder = f->duplicate,
                                           .reorder_delay = f->jitter,
                                           .delay = f->delay,
                                           .jitter = f->jitter};
    vmtp_sim_set_faults(net.sim, &faults);
}

static void partition(unsigned node, uint32_t side) { vmtp_sim_partition(net.sim, net.ports[node], side); }

static void stop(unsigned node, int stopped) { net.stopped[node] = stopped; }

struct vmtp_host *rig_host_of(unsigned node) {
    return net.hosts[node];
}

static void run(vmtp_time duration) {
    const vmtp_time end = vmtp_sim_now(net.sim) + duration;
    for (;;) {
        vmtp_time next = vmtp_sim_next(net.sim);
        for (unsigned i = 0; i < net.count; i++) {
            const vmtp_time its = net.stopped[i] ? VMTP_NEVER : vmtp_host_deadline(net.hosts[i]);
            next = its < next ? its : next;
        }
        vmtp_sim_advance(net.sim, next < end ? next : end);
        for (unsigned i = 0; i < net.count; i++)
            if (!net.stopped[i])
                must(vmtp_host_turn(net.hosts[i]));
        if (next >= end)
            return;
    }
}

static void close_nodes(void) {
    for (unsigned i = 0; i < net.count; i++)
        vmtp_host_close(net.hosts[i]);
    vmtp_sim_destroy(net.sim);
    memset(&net, 0, sizeof net);
}

const struct rig rig_host = {"vmtp", open_nodes, set_faults, partition, stop, run, close_nodes};
