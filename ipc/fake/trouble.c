/* SPDX-License-Identifier: BSD-2-Clause */
/* What happens to networks. */
#include "internal.h"

void vipc_fake_set_faults(vipc_fake *net, const struct vipc_fake_faults *faults) { net->faults = *faults; }

void vipc_fake_partition(vipc *node, uint32_t side) { vfake_node_of(node)->side = side; }

void vipc_fake_stop(vipc *node, int stopped) { vfake_node_of(node)->stopped = stopped; }

void vipc_fake_crash(vipc *ipc) {
    struct vfake_node *node = vfake_node_of(ipc);
    while (ipc->timers)
        vipc_timer_cancel(ipc->timers);
    if (node->up)
        vfake_node_stop(node, 0);
}

void vipc_fake_restart(vipc *ipc) {
    vfake_node_of(ipc)->up = 1;
    vfake_node_of(ipc)->stopped = 0;
}

int vipc_fake_move(struct vipc_service *service, vipc *to) {
    struct vfake_host *host = service->record;
    struct vfake_node *from = host->entity->node, *there = vfake_node_of(to);
    struct vfake_host **at = &from->hosts;
    if (host->entity->calling)
        return VMTP_E_IN_CALL;
    if (!there->up)
        return VMTP_E_DOWN;
    while (*at != host)
        at = &(*at)->next;
    *at = host->next;
    host->next = there->hosts;
    there->hosts = host;
    vfake_groups_leave(host->entity);
    host->entity->node = there;
    service->ipc = to;
    return 0;
}

const struct vipc_fake_stats *vipc_fake_stats(const vipc *node) { return &((const struct vfake_node *)node)->stats; }

uint64_t vipc_fake_multicasts(const vipc *node) {
    const struct vipc_fake_stats *stats = vipc_fake_stats(node);
    return stats->group_calls + stats->group_repeats + stats->group_datagrams;
}
