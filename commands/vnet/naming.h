/* SPDX-License-Identifier: BSD-2-Clause */
/* naming.h - what commands about names share: a node with an interface for messages, and a resolver. */
#ifndef VNET_NAMING_H
#define VNET_NAMING_H

#include <jansson.h>
#include <vnaming/client.h>

#include "node.h"

struct naming {
    struct node node;
    vipc *ipc;
    vname_resolver *resolver; /* or NULL */
};

/* Opens the node, and with config a resolver, which inherits V_NAMES and V_CONTEXT.  VNET_OK, or an exit code after a message. */
int naming_open(struct naming *n, const struct common_options *common, const struct vname_config *config);
/* The same on a host that is not quite the usual one, as of node_open. */
int naming_open_on(struct naming *n, const struct common_options *common, const struct vname_config *config,
                   struct vmtp_host_config *host);
/* Returns code, or what node_close makes of it. */
int naming_close(struct naming *n, int code);

/* Works until *flag is not 0: 0; or VMTP_E_TIMEOUT (it is until), VMTP_E_CANCELLED, VMTP_E_DOWN, VMTP_E_SYSTEM. */
int naming_wait(struct naming *n, const int *flag, vmtp_time until);

/* A record's flags in words with a space before each: " registered alias moved second-hand"; "" for none. */
#define NAMING_FLAGS 64
char *naming_flags(char buf[NAMING_FLAGS], const struct vname_record *record);
/* Its members as JSON. */
json_t *naming_json(const struct vname_record *record);

#endif
