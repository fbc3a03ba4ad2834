/* SPDX-License-Identifier: BSD-2-Clause */
/* The battery on hosts that share a simulated Ethernet. */
#include <stdlib.h>

#include <vipc/host.h>

#include "support/battery.h"
#include "support/host_net.h"

#include <suite.h>

static struct net net;

static void open_nodes(vipc *nodes[BATTERY_NODES]) {
    net_begin(&net, 1);
    for (unsigned i = 0; i < BATTERY_NODES; i++)
        ck_assert_int_eq(vipc_host_open(&nodes[i], net_open(&net, i)->host), 0);
}

static void run(vmtp_time duration) { net_run(&net, duration); }

static void close_net(void) {
    for (unsigned i = 0; i < BATTERY_NODES; i++) { /* no event of a node has reached the program */
        struct vmtp_event event;
        int left = vmtp_host_next_event(net.nodes[i].host, &event);
        ck_assert_msg(!left, "event of type %d for node %u", left ? (int)event.type : 0, i);
    }
    net_end(&net);
}

static const struct ipc_rig rig = {"host", open_nodes, run, close_net};

int main(void) {
    Suite *suite = suite_create("ipc on hosts");
    battery_add_calls(suite, &rig);
    battery_add_services(suite, &rig);
    battery_add_groups(suite, &rig);
    battery_add_time(suite, &rig);
    return run_suite(suite);
}
