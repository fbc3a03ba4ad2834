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

/*
 * Migration (spec/vmtp.md section 13.11): a service leaves this node, and goes on at another one under its identifier; its clients need not know.
 *
 * vipc_host_export is vmtp_host_export of the service's entity, with what that says of buffer, size and used.  After it the service does not serve
 * any more, as after vipc_unserve; but the Requests that it has in hand go along.
 * vipc_host_import is vmtp_host_import.  Then vipc_serve with *id as entity takes over what came: Requests that were in hand are told again, also
 * when they are more than its depth.  Groups are to be joined again.
 * Errors: those of the two, and VMTP_E_INVALID (the service does not serve).  Not from inside a function of a record of this node.
 */
VMTP_API int vipc_host_export(struct vipc_service *service, void *buffer, size_t size, size_t *used);
VMTP_API int vipc_host_import(vipc *ipc, const void *data, size_t size, vmtp_entity *id);

#ifdef __cplusplus
}
#endif
#endif
