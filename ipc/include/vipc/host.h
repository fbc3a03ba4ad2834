/* SPDX-License-Identifier: BSD-2-Clause */
/* vipc/host.h - a node of vipc/ipc.h on a host of vmtp/host.h: VMTP over Ethernet. */
#ifndef VIPC_HOST_H
#define VIPC_HOST_H

#include <vipc/ipc.h>
#include <vmtp/host.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Makes a node.  The host is borrowed until vipc_close, which comes before vmtp_host_close.  0, or VMTP_E_MEMORY.
 *
 * The program may go on using the host as before, and open several nodes on it: each has its own calls and services, and events of theirs
 * never come out of vmtp_host_next_event.  Nodes work whenever the host does, so vmtp_host_turn is as good as vipc_turn, vmtp_host_deadline
 * as vipc_deadline, and vipc's functions are also called while vmtp_host_call and the like block, as procedures are.
 *
 * Nothing is copied that need not be: segments are sent from where they are lent, answers arrive in the call's area.  A call takes a client
 * entity of the host (vmtp_host_config.call_entities) and one of engine.max_calls; a service one of engine.max_entities, `depth` of
 * engine.max_accepts, and depth * capacity octets; a member of a group one of engine.max_memberships.
 * vipc_start also returns what vmtp_call returns.  Deadlines are times of vmtp_host_now.
 */
VMTP_API int vipc_host_open(vipc **out, vmtp_host *host);

#ifdef __cplusplus
}
#endif
#endif
