/* SPDX-License-Identifier: BSD-2-Clause */
/* up_names.h - vnet up as a manager of names: it claims prefixes, and has objects below them (up_managers.h). */
#ifndef VNET_UP_NAMES_H
#define VNET_UP_NAMES_H

#include "claims.h"
#include "node.h"
#include "up_managers.h"

struct up_names_options {
    struct claims_options claims;
    struct up_managers_options objects;
};

struct up_names {
    const struct up_names_options *options;
    vipc *ipc; /* NULL: no prefixes were asked for */
    struct up_managers objects;
};

/* Requests that wait for the manager at a time; 0: there is none. */
uint32_t up_names_depth(const struct up_names_options *o);

/* If there is anything to claim: an interface for messages.  VNET_OK, or another exit code after a message.  All is borrowed. */
int up_names_open(struct up_names *n, struct node *node, const struct up_names_options *options);
/* Begins to claim, and shows this service among the programs: the same. */
int up_names_begin(struct up_names *n, vmtp_entity service);
/* The interface was down. */
void up_names_link_up(struct up_names *n);
/* Gives the prefixes back, and waits until that is said. */
void up_names_release(struct up_names *n);
/* Before the node is closed.  Also of one that was not opened. */
void up_names_close(struct up_names *n);

#endif
