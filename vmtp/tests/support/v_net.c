/* SPDX-License-Identifier: BSD-2-Clause */
#include "v_net.h"

#include <check.h>

struct v_net v;

void v_net_begin(void) {
    memset(&v, 0, sizeof v);
    net_begin(&v.net, 7);
    for (unsigned i = 0; i < V_NODES; i++) {
        v.node[i] = net_open(&v.net, i);
        ck_assert_int_eq(v_kernel_open(&v.kernel[i], v.node[i]->host), 0);
        ck_assert_int_eq(v_process_create(&v.process[i], v.kernel[i], NULL), 0);
        v.pid[i] = v_process_pid(v.process[i]);
    }
    net_run(&v.net, VMTP_MILLISECOND);
}

void v_net_end(void) {
    for (unsigned i = 0; i < V_NODES; i++)
        v_kernel_close(v.kernel[i]);
    net_end(&v.net);
}

vmtp_time v_now(void) { return vmtp_sim_now(v.net.sim); }
vmtp_time v_in(vmtp_time duration) { return v_now() + duration; }

static void serve(struct net_node *me) {
    struct v_server *s = me->context;
    uint32_t size = sizeof s->carried;
    while (v_receive_with_segment(v.process[s->node], &s->message, &s->from, s->carried, &size, 0) == 0) {
        s->carried_size = size;
        size = sizeof s->carried;
        s->count++;
        s->handle(s);
    }
}

void v_serve(struct v_server *server, unsigned node, void (*handle)(struct v_server *me)) {
    server->node = node;
    server->handle = handle;
    server->count = 0;
    v.node[node]->context = server;
    v.node[node]->serve = serve;
}

uint32_t v_transaction(unsigned node) {
    uint32_t transaction = 0;
    ck_assert_int_eq(vmtp_outstanding(vmtp_host_engine(v.node[node]->host), v.pid[node], &transaction), 0);
    return transaction;
}
