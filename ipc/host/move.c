/* SPDX-License-Identifier: BSD-2-Clause */
/* Services that leave for other nodes and come from them. */
#include <stdlib.h>

#include "internal.h"

int vipc_host_export(struct vipc_service *service, void *buffer, size_t size, size_t *used) {
    *used = 0;
    if (!service->ipc)
        return VMTP_E_INVALID;
    int r = vmtp_host_export(vhipc_node_of(service->ipc)->host, service->entity, buffer, size, used);
    if (r == 0)
        vipc_unserve(service);
    return r;
}

int vipc_host_import(vipc *ipc, const void *data, size_t size, vmtp_entity *id) {
    struct vhipc_node *node = vhipc_node_of(ipc);
    struct vhipc_arrival *arrival = malloc(sizeof *arrival);
    *id = 0;
    int r = arrival ? vmtp_host_import(node->host, data, size, id) : VMTP_E_MEMORY;
    if (r < 0) {
        free(arrival);
        return r;
    }
    arrival->entity = *id;
    arrival->next = node->arrivals;
    node->arrivals = arrival;
    return 0;
}

static struct vhipc_arrival **find(struct vhipc_node *node, vmtp_entity entity) {
    struct vhipc_arrival **link = &node->arrivals;
    while (*link && (*link)->entity != entity)
        link = &(*link)->next;
    return link;
}

int vhipc_has_arrived(struct vhipc_node *node, vmtp_entity entity) { return *find(node, entity) != NULL; }

void vhipc_arrival_served(struct vhipc_node *node, vmtp_entity entity) {
    struct vhipc_arrival **link = find(node, entity), *arrival = *link;
    *link = arrival->next;
    free(arrival);
}

void vhipc_arrivals_close(struct vhipc_node *node) {
    while (node->arrivals)
        vhipc_arrival_served(node, node->arrivals->entity);
}
