/* SPDX-License-Identifier: BSD-2-Clause */
#include "odd_port.h"

#include <unistd.h>

/* The port is the first member. */
static struct odd_port *self(vmtp_port *port) { return (struct odd_port *)port; }

static int odd_recv(vmtp_port *port, struct vmtp_rx *rx, unsigned max) {
    struct odd_port *odd = self(port);
    if (odd->recv_result)
        return odd->recv_result;
    if (odd->kept_count && odd->kept_new) { /* not before the host has looked in vain, so that time can pass */
        odd->kept_new = 0;
        return 0;
    }
    if (odd->kept_count) {
        unsigned n = odd->kept_count < max ? odd->kept_count : max;
        for (unsigned i = 0; i < n; i++)
            rx[i] = (struct vmtp_rx){.packet = odd->kept[i],
                                     .length = odd->kept_length[i],
                                     .src = {2, 9, 9, 9, 9, 9},
                                     .dst = {9, 0, 0x56, 0, 1, 0}};
        odd->kept_count = 0;
        return (int)n;
    }
    int n = odd->inner ? vmtp_port_recv(odd->inner, rx, max) : 0;
    if (n > 0 && odd->received) {
        void (*received)(void) = odd->received;
        odd->received = NULL;
        received();
    }
    return n;
}

static void odd_release(vmtp_port *port) {
    if (self(port)->inner)
        vmtp_port_release(self(port)->inner);
}

static void keep(struct odd_port *odd, const struct vmtp_tx *tx) {
    if (odd->kept_count == 4 || !(tx->dst[0] & 1))
        return;
    odd->kept_length[odd->kept_count] = (uint32_t)vmtp_tx_gather(tx, odd->kept[odd->kept_count]);
    odd->kept_count++;
    odd->kept_new = 1;
}

static int odd_send(vmtp_port *port, const struct vmtp_tx *const *tx, unsigned count) {
    struct odd_port *odd = self(port);
    odd->sends++;
    if (odd->plan_at < odd->plan_count) {
        int planned = odd->plan[odd->plan_at++];
        if (planned <= 0)
            return planned;
        if ((unsigned)planned < count)
            count = (unsigned)planned;
    }
    odd->frames += count;
    for (unsigned i = 0; odd->mirror && i < count; i++)
        keep(odd, tx[i]);
    return odd->inner ? vmtp_port_send(odd->inner, tx, count) : (int)count;
}

static int odd_wait(vmtp_port *port, vmtp_time timeout) {
    (void)port, (void)timeout;
    return VMTP_E_UNSUPPORTED;
}

static int odd_group(vmtp_port *port, const uint8_t mac[6], int join) {
    return self(port)->inner ? vmtp_port_group(self(port)->inner, mac, join) : 0;
}

static void odd_stats(const vmtp_port *port, struct vmtp_port_stats *out) {
    (void)port;
    memset(out, 0, sizeof *out);
}

static void odd_close(vmtp_port *port) {
    struct odd_port *odd = self(port);
    odd->closed++;
    vmtp_port_close(odd->inner);
    if (port->info.fd >= 0)
        close(port->info.fd);
}

static const struct vmtp_port_ops odd_ops = {.recv = odd_recv,
                                             .release = odd_release,
                                             .send = odd_send,
                                             .wait = odd_wait,
                                             .group = odd_group,
                                             .stats = odd_stats,
                                             .close = odd_close};

void odd_port_init(struct odd_port *odd, vmtp_port *inner, int fd) {
    memset(odd, 0, sizeof *odd);
    odd->inner = inner;
    if (inner) {
        odd->port.info = inner->info;
    } else {
        odd->port.info.mtu = 1500;
        odd->port.info.mac[0] = 2;
        memcpy(odd->port.info.name, "odd", 4);
    }
    odd->port.info.fd = fd;
    odd->port.ops = &odd_ops;
}

void odd_port_plan(struct odd_port *odd, int result) { odd->plan[odd->plan_count++] = result; }
