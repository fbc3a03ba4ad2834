/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * observer.h - a port that passes everything through and looks at every packet: what the pcapng writer and the trace share.
 */
#ifndef VMTP_PORT_OBSERVER_H
#define VMTP_PORT_OBSERVER_H

#include "port_internal.h"

struct port_observer {
    vmtp_port port; /* first, so that a vmtp_port is one of these */
    vmtp_port *inner;
    vmtp_clock_fn clock;
    void *clock_context;
    void (*sent)(struct port_observer *o, const struct vmtp_tx *tx, vmtp_time when);
    void (*received)(struct port_observer *o, const struct vmtp_rx *rx, vmtp_time when);
    void (*idle)(struct port_observer *o);    /* about to sleep */
    void (*closing)(struct port_observer *o); /* inner is still open */
    void (*dispose)(struct port_observer *o); /* frees o; inner is closed already */
};

/* Sets up all but the functions.  clock NULL: the real time. */
void port_observer_init(struct port_observer *o, vmtp_port *inner, vmtp_clock_fn clock, void *context);

static inline vmtp_time port_observer_now(const struct port_observer *o) { return o->clock(o->clock_context); }

/* True for ports that port_observer_init has set up. */
int port_is_observer(const vmtp_port *port);

#endif
