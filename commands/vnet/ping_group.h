/* SPDX-License-Identifier: BSD-2-Clause */
/* ping_group.h - null transactions with all members of a group at once. */
#ifndef VNET_PING_GROUP_H
#define VNET_PING_GROUP_H

#include "node.h"

struct ping_group {
    vmtp_entity group;
    uint32_t code;  /* of the Request */
    uint32_t count; /* rounds; 0: until interrupted */
    vmtp_time interval, timeout;
    uint8_t quiet, json;
};

/* Room for this many members. */
#define PING_MEMBERS 1024u

/* Returns an exit code. */
int ping_group(struct node *node, const struct ping_group *p);

#endif
