/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * node_v.h - the V test process of the node in virtual time: examples/v_tested on its host.
 *
 * Primitives of V block, and here nothing may: so the process has a thread of its own, and either that or everything else runs.
 */
#ifndef VC_NODE_V_H
#define VC_NODE_V_H

#include <vmtp/host.h>

#define SIM_V_DEPTH 16u /* accepts that kernel and process take */

struct sim_v;

/* Begins; the host must have identifiers, and its idle must ask sim_v_idle. */
struct sim_v *sim_v_open(vmtp_host *host);
/* It is over, whatever it waits for. */
void sim_v_close(struct sim_v *v);
/* Lets the process run until it waits again. */
void sim_v_turn(struct sim_v *v);
/* It waits: returns when its turn comes.  0: it is not the process that asks. */
int sim_v_idle(struct sim_v *v);

#endif
