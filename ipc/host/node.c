/* SPDX-License-Identifier: BSD-2-Clause */
/* A node is a companion of its host: it takes its events from it, and a turn when it has something to tell. */
#include <stdlib.h>

#include "internal.h"

void vhipc_rouse(struct vhipc_node *node) {
    node->companion.deadline = node->first || node->back || node->ended ? 0 : vipc_timers_next(&node->base);
}

static void timers_changed(vipc *ipc) { vhipc_rouse(vhipc_node_of(ipc)); }

static int event(struct vmtp_companion *companion, const struct vmtp_event *event) {
    struct vhipc_node *node = companion->context;
    int taken = vhipc_call_event(node, event) || vhipc_serve_event(node, event);
    if (taken)
        vhipc_rouse(node);
    return taken;
}

static void turn_of_ours(struct vmtp_companion *companion) {
    struct vhipc_node *node = companion->context;
    vhipc_calls_tell(node);
    vhipc_loans_release(node);
    vipc_timers_run(&node->base, vmtp_host_now(node->host));
    vhipc_rouse(node);
}

/* ---- what is handed on -------------------------------------------------------------------------------------- */

static vmtp_time now(vipc *ipc) { return vmtp_host_now(vhipc_node_of(ipc)->host); }

static uint64_t random_bits(vipc *ipc) {
    uint64_t bits;
    vmtp_host_random(vhipc_node_of(ipc)->host, &bits, sizeof bits);
    return bits;
}

static int work(vipc *ipc, vmtp_time until) { return vmtp_host_wait(vhipc_node_of(ipc)->host, until); }

static void interrupt(vipc *ipc) { vmtp_host_interrupt(vhipc_node_of(ipc)->host); }

static int fd(vipc *ipc) { return vmtp_host_fd(vhipc_node_of(ipc)->host); }

static vmtp_time deadline(vipc *ipc) { return vmtp_host_deadline(vhipc_node_of(ipc)->host); }

static int turn(vipc *ipc) { return vmtp_host_turn(vhipc_node_of(ipc)->host); }

static int join(vipc *ipc, struct vipc_service *service, vmtp_entity group) {
    return vmtp_group_join(vmtp_host_engine(vhipc_node_of(ipc)->host), group, service->entity, 0);
}

static int leave(vipc *ipc, struct vipc_service *service, vmtp_entity group) {
    return vmtp_group_leave(vmtp_host_engine(vhipc_node_of(ipc)->host), group, service->entity);
}

static int group_create(vipc *ipc, struct vipc_service *service, vmtp_entity *group) {
    return vmtp_group_create(vmtp_host_engine(vhipc_node_of(ipc)->host), group, service->entity, 1);
}

/* ---- opening and closing ------------------------------------------------------------------------------------ */

static void close_node(vipc *ipc) {
    struct vhipc_node *node = vhipc_node_of(ipc);
    vhipc_calls_end(node);
    while (node->services)
        vipc_unserve(node->services);
    vmtp_host_detach(node->host, &node->companion); /* by now the engine has told the end of all that it was lent */
    vhipc_loans_release(node);
    vhipc_arrivals_close(node);
    vhipc_calls_close(node);
    free(node);
}

static const struct vipc_ops node_ops = {.start = vhipc_start,
                                         .cancel = vhipc_cancel,
                                         .serve = vhipc_serve,
                                         .unserve = vhipc_unserve,
                                         .join = join,
                                         .leave = leave,
                                         .group_create = group_create,
                                         .reply = vhipc_reply,
                                         .forward = vhipc_forward,
                                         .discard = vhipc_discard,
                                         .now = now,
                                         .random = random_bits,
                                         .work = work,
                                         .interrupt = interrupt,
                                         .fd = fd,
                                         .deadline = deadline,
                                         .turn = turn,
                                         .close = close_node,
                                         .timers_changed = timers_changed};

int vipc_host_open(vipc **out, vmtp_host *host) {
    struct vhipc_node *node = calloc(1, sizeof *node);
    *out = NULL;
    if (!node)
        return VMTP_E_MEMORY;
    node->base.ops = &node_ops;
    node->host = host;
    node->companion = (struct vmtp_companion){
        .event = event, .work = turn_of_ours, .deadline = VMTP_NEVER, .context = node};
    vmtp_host_attach(host, &node->companion);
    *out = &node->base;
    return 0;
}
