/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * node_names.h - what the node in virtual time has besides the test service: a manager of names and objects that holds /node, as
 * `vnet up --as /node` has, and a directory of names.
 */
#ifndef VC_NODE_NAMES_H
#define VC_NODE_NAMES_H

#include <vipc/host.h>
#include <vuio/manager.h>

struct sim_options;
struct sim_names;

#define SIM_PREFIX "/node"
#define SIM_COPY "/copy" /* of it: a few files that nobody changes */
/* Requests that wait for all of that at a time. */
#define SIM_NAMES_DEPTH 192u

/* Begins on this host; ends the program when there is no memory. */
struct sim_names *sim_names_open(vmtp_host *host, const struct sim_options *options);
/* For the test service; NULL: it is to have no names. */
vipc *sim_names_ipc(struct sim_names *names);
/* Whatever has to be done now besides turns of the host. */
void sim_names_turn(struct sim_names *names);
/* Without a word, before the host is closed.  NULL is allowed. */
void sim_names_close(struct sim_names *names);
/* What a directory has stored survives sim_names_close; now it is gone. */
void sim_names_forget(void);

/* node_objects.c: what lies below /node.  Returns the context to which the prefix leads. */
struct sim_objects;
struct sim_objects *sim_objects_open(uio_manager *manager, uint32_t *root);
void sim_objects_close(struct sim_objects *objects);
/* What was stored survives that; now it is gone. */
void sim_objects_forget(void);

#endif
