/* SPDX-License-Identifier: BSD-2-Clause */
/* observer.c - see observer.h. */
#define _POSIX_C_SOURCE 200809L
#include "observer.h"

#include <time.h>

static struct port_observer *self(vmtp_port *port) { return (struct port_observer *)port; }

static int observer_recv(vmtp_port *port, struct vmtp_rx *rx, unsigned max) {
    struct port_observer *o = self(port);
    int count = vmtp_port_recv(o->inner, rx, max);
    if (count > 0) {
        vmtp_time when = port_observer_now(o);
        for (int i = 0; i < count; i++)
            o->received(o, &rx[i], when);
    }
    return count;
}

static void observer_release(vmtp_port *port) { vmtp_port_release(self(port)->inner); }

static int observer_send(vmtp_port *port, const struct vmtp_tx *const *tx, unsigned count) {
    struct port_observer *o = self(port);
    /* Before the send: an answer must not look older than its question. */
    vmtp_time when = port_observer_now(o);
    int taken = vmtp_port_send(o->inner, tx, count);
    for (int i = 0; i < taken; i++)
        o->sent(o, tx[i], when);
    return taken;
}

static int observer_wait(vmtp_port *port, vmtp_time timeout) {
    struct port_observer *o = self(port);
    o->idle(o);
    return vmtp_port_wait(o->inner, timeout);
}

static int observer_group(vmtp_port *port, const uint8_t mac[6], int join) {
    return vmtp_port_group(self(port)->inner, mac, join);
}

static void observer_stats(const vmtp_port *port, struct vmtp_port_stats *out) {
    vmtp_port_stats(((const struct port_observer *)port)->inner, out);
}

static int observer_shared(vmtp_port *port) { return vmtp_port_shared(self(port)->inner); }

static void observer_close(vmtp_port *port) {
    struct port_observer *o = self(port);
    o->closing(o);
    vmtp_port_close(o->inner);
    o->dispose(o);
}

static const struct vmtp_port_ops observer_ops = {
    .recv = observer_recv,
    .release = observer_release,
    .send = observer_send,
    .wait = observer_wait,
    .group = observer_group,
    .stats = observer_stats,
    .close = observer_close,
    .shared = observer_shared,
};

static vmtp_time real_time(void *context) {
    (void)context;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (vmtp_time)now.tv_sec * VMTP_SECOND + (vmtp_time)now.tv_nsec;
}

void port_observer_init(struct port_observer *o, vmtp_port *inner, vmtp_clock_fn clock, void *context) {
    o->port.ops = &observer_ops;
    o->port.info = inner->info;
    o->inner = inner;
    o->clock = clock ? clock : real_time;
    o->clock_context = context;
}

int port_is_observer(const vmtp_port *port) { return port->ops == &observer_ops; }
