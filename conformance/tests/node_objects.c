/* SPDX-License-Identifier: BSD-2-Clause */
/* The objects of the node in virtual time: what vnet up shows below its prefix, as far as it needs no disk. */
#include <stdlib.h>
#include <string.h>

#include "node_names.h"

struct sim_objects {
    uio_manager *manager;
};

struct sim_objects *sim_objects_open(uio_manager *manager, uint32_t *root) {
    struct sim_objects *objects = calloc(1, sizeof *objects);
    if (!objects)
        abort();
    objects->manager = manager;
    *root = uio_manager_table(manager);
    if (!*root)
        abort();
    return objects;
}

void sim_objects_close(struct sim_objects *objects) { free(objects); }
