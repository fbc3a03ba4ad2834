/* SPDX-License-Identifier: BSD-2-Clause */
/* The battery on the fake network. */
#include <stdlib.h>
#include <vipc/fake.h>

#include "support/battery.h"

#include <suite.h>

static vipc_fake *net;

static void open_nodes(vipc *nodes[BATTERY_NODES]) {
    net = vipc_fake_create(1);
    for (unsigned i = 0; i < BATTERY_NODES; i++)
        nodes[i] = vipc_fake_node(net);
}

static void run(vmtp_time duration) { vipc_fake_run(net, duration); }

static void close_net(void) { vipc_fake_destroy(net); }

static const struct ipc_rig rig = {"fake", open_nodes, run, close_net};

int main(void) {
    Suite *suite = suite_create("ipc on the fake");
    battery_add_calls(suite, &rig);
    battery_add_services(suite, &rig);
    battery_add_groups(suite, &rig);
    battery_add_time(suite, &rig);
    return run_suite(suite);
}
