/* SPDX-License-Identifier: BSD-2-Clause */
/* counters.h - what a node has counted, when it ends. */
#ifndef VNET_COUNTERS_H
#define VNET_COUNTERS_H

#include <jansson.h>

#include "node.h"

/* One line each, of those that are not 0. */
void counters_print(const struct node *node);
/* All: {"counters": ..., "port": ...}. */
json_t *counters_json(const struct node *node);

#endif
