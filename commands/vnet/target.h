/* SPDX-License-Identifier: BSD-2-Clause */
/* target.h - whom a command is to talk to. */
#ifndef VNET_TARGET_H
#define VNET_TARGET_H

#include "node.h"

/* What a test service says of itself (IDENTIFY). */
struct identity {
    vmtp_entity service, manager;
    uint32_t version;
    uint8_t mac[6];
    char name[65];
};

#define IDENTITY_OCTETS 96u /* of the segment that says it */

/* What a Response to IDENTIFY says, segment[0..size): 0, or VMTP_ERROR for nonsense. */
int target_read_identity(struct identity *out, const struct vmtp_message *message, const uint8_t *segment,
                         uint32_t size, const uint8_t source[6]);

/* Asks the node with this address, or any when mac is NULL.  Result as of node_call, and VMTP_ERROR for nonsense. */
int target_identify(struct node *node, const uint8_t mac[6], vmtp_time timeout, struct identity *out);

/*
 * text: an entity, or the Ethernet address of a node whose test service is meant, or NULL: any test service.
 * VNET_OK, or an exit code after a message.
 */
int target_find(struct node *node, const char *text, vmtp_time timeout, vmtp_entity *out);

/* Checks text before anything is opened: 0, or -1 after a message. */
int target_check(const char *text);

#endif
