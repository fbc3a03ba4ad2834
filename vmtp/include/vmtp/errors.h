/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vmtp/errors.h - what functions of the vmtp libraries return.
 *
 * 0 is success, a negative number one of these.  They speak of the call that was just made; what became of a message transaction
 * is told by its completion, in codes of RFC 1045 Appendix I (vmtp/registry.h), and a frame that was dropped
 * is told by a counter, never by an error.
 */
#ifndef VMTP_ERRORS_H
#define VMTP_ERRORS_H

#include <vmtp/export.h>

#ifdef __cplusplus
extern "C" {
#endif

enum vmtp_error {
    VMTP_E_OK = 0,
    /* try again later: nothing is wrong */
    VMTP_E_AGAIN = -1,     /* nothing to do, or no room right now */
    VMTP_E_FULL = -2,      /* a table of the configured size is full */
    VMTP_E_NOT_READY = -3, /* no entity identifiers allocated yet */
    VMTP_E_TIMEOUT = -4,   /* the deadline passed */
    VMTP_E_CANCELLED = -5, /* somebody interrupted or cancelled */
    /* the caller's argument */
    VMTP_E_INVALID = -20,     /* an argument is out of its range */
    VMTP_E_STALE = -21,       /* the handle's transaction is over */
    VMTP_E_NO_ENTITY = -22,   /* no such local entity */
    VMTP_E_EXISTS = -23,      /* the entity identifier is taken */
    VMTP_E_IN_CALL = -24,     /* this client entity has a message transaction outstanding */
    VMTP_E_TOO_LARGE = -25,   /* larger than the protocol or the configuration allows */
    VMTP_E_UNSUPPORTED = -26, /* not provided by this version or this port */
    VMTP_E_NESTED = -27, /* this Request can only be forwarded as a call of its own, and there is no room for the Response */
    /* the system below; errno tells more */
    VMTP_E_SYSTEM = -40,
    VMTP_E_PERMISSION = -41,   /* CAP_NET_RAW is missing */
    VMTP_E_NO_INTERFACE = -42, /* no such network interface, or it is not Ethernet */
    VMTP_E_DOWN = -43,         /* the interface is down or gone */
    VMTP_E_MEMORY = -44
};

/* One short English sentence without a full stop for any of these; static memory, never NULL. */
VMTP_API const char *vmtp_error_text(int error);

#ifdef __cplusplus
}
#endif
#endif
