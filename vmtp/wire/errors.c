/* SPDX-License-Identifier: BSD-2-Clause */
/* What to tell a person about an error of a call. */
#include <vmtp/errors.h>

/* A switch over the enumeration, so that the compiler notices an error that has no text. */
const char *vmtp_error_text(int error) {
    switch ((enum vmtp_error)error) {
    case VMTP_E_OK: return "success";
    case VMTP_E_AGAIN: return "nothing to do or no room right now, try again later";
    case VMTP_E_FULL: return "a table is full, configure a larger one or try again later";
    case VMTP_E_NOT_READY: return "no entity identifiers have been allocated yet";
    case VMTP_E_TIMEOUT: return "the deadline passed";
    case VMTP_E_CANCELLED: return "the call was cancelled";
    case VMTP_E_INVALID: return "an argument is out of its range";
    case VMTP_E_STALE: return "the handle's message transaction is over";
    case VMTP_E_NO_ENTITY: return "no such entity on this host";
    case VMTP_E_EXISTS: return "the entity identifier is already taken";
    case VMTP_E_IN_CALL: return "this client entity has a message transaction outstanding";
    case VMTP_E_TOO_LARGE: return "larger than the protocol or the configuration allows";
    case VMTP_E_UNSUPPORTED: return "not provided by this version or by this port";
    case VMTP_E_NESTED: return "forwarding this Request takes a call of its own and an area for its Response";
    case VMTP_E_SYSTEM: return "the operating system refused, see errno";
    case VMTP_E_PERMISSION: return "opening a raw socket needs CAP_NET_RAW, run as root or grant it with setcap";
    case VMTP_E_NO_INTERFACE: return "no such network interface, or it is not an Ethernet interface";
    case VMTP_E_DOWN: return "the network interface is down or gone";
    case VMTP_E_MEMORY: return "out of memory";
    }
    return "unknown error";
}
