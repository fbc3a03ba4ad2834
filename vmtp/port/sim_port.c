/* SPDX-License-Identifier: BSD-2-Clause */
/* sim_port.c - a host's end of the virtual Ethernet: an inbox, without a bound unless it is given one. */
#include "sim_internal.h"

#include <stdio.h>
#include <stdlib.h>

static struct sim_port *self(vmtp_port *port) { return (struct sim_port *)port; }

static size_t slot(const struct sim_port *p, size_t n) { return (p->head + n) % p->room; }

static int sim_recv(vmtp_port *port, struct vmtp_rx *rx, unsigned max) {
    struct sim_port *p = self(port);
    vmtp_port_release(port);
    while (p->held < max && p->held < p->count) {
        struct sim_frame *frame = p->inbox[slot(p, p->held)];
        struct vmtp_rx *r = &rx[p->held++];
        r->packet = sim_frame_payload(frame);
        r->length = frame->length - PORT_ETHERNET_OCTETS;
        r->flags = 0;
        memcpy(r->dst, frame->octets, 6);
        memcpy(r->src, frame->octets + 6, 6);
    }
    p->stats.received += p->held;
    return (int)p->held;
}

static void sim_release(vmtp_port *port) {
    struct sim_port *p = self(port);
    for (; p->held; p->held--, p->count--) {
        sim_frame_drop(p->inbox[p->head]);
        p->head = slot(p, 1);
    }
}

static int sim_send(vmtp_port *port, const struct vmtp_tx *const *tx, unsigned count) {
    struct sim_port *p = self(port);
    for (unsigned i = 0; i < count; i++) {
        if (vmtp_tx_octets(tx[i]) > p->sim->mtu)
            return i ? (int)i : VMTP_E_TOO_LARGE;
        p->stats.sent++;
        if (!p->up) { /* mute, and does not know it */
            p->stats.tx_failed++;
            continue;
        }
        struct sim_frame *frame = sim_frame_make(tx[i], port->info.mac);
        if (!frame) {
            p->stats.sent--;
            p->stats.tx_refused += count - i;
            return (int)i;
        }
        sim_transmit(p->sim, p, frame);
        sim_frame_drop(frame);
    }
    return (int)count;
}

static int sim_wait(vmtp_port *port, vmtp_time timeout) {
    (void)port, (void)timeout;
    return VMTP_E_UNSUPPORTED;
}

static int sim_group(vmtp_port *port, const uint8_t mac[6], int join) {
    struct port_groups *groups = &self(port)->groups;
    int result = join ? port_groups_join(groups, mac) : port_groups_leave(groups, mac);
    return result > 0 ? 0 : result;
}

static void sim_stats(const vmtp_port *port, struct vmtp_port_stats *out) {
    *out = ((const struct sim_port *)port)->stats;
}

static void sim_close(vmtp_port *port) {
    struct sim_port *p = self(port);
    sim_queue_forget(&p->sim->queue, p);
    struct sim_port **link = &p->sim->ports;
    while (*link != p)
        link = &(*link)->next;
    *link = p->next;
    sim_release(port);
    sim_port_flush(p);
    free(p->inbox);
    port_groups_free(&p->groups);
    free(p);
}

static const struct vmtp_port_ops sim_ops = {
    .recv = sim_recv,
    .release = sim_release,
    .send = sim_send,
    .wait = sim_wait,
    .group = sim_group,
    .stats = sim_stats,
    .close = sim_close,
};

struct sim_port *sim_port_make(vmtp_sim *sim) {
    struct sim_port *p = calloc(1, sizeof *p);
    if (!p)
        return NULL;
    uint8_t managers[6];
    vmtp_group_mac(managers, VMTP_MANAGER_GROUP);
    if (port_groups_join(&p->groups, managers) < 0) {
        free(p);
        return NULL;
    }
    uint32_t number = ++sim->attached;
    p->sim = sim;
    p->up = 1;
    p->port.ops = &sim_ops;
    struct vmtp_port_info *info = &p->port.info;
    info->mac[0] = 0x02; /* locally administered */
    info->mac[1] = 0x56;
    vmtp_store32(info->mac + 2, number);
    info->mtu = sim->mtu;
    info->link_mbps = sim->link_mbps;
    info->ethertype = VMTP_ETHERTYPE;
    info->fd = -1;
    snprintf(info->name, sizeof info->name, "sim:%u", (unsigned)number);
    return p;
}

/* Twice the room, straightened out. */
static int grow(struct sim_port *p) {
    size_t room = p->room ? p->room * 2 : 16;
    struct sim_frame **inbox = malloc(room * sizeof *inbox);
    if (!inbox)
        return VMTP_E_MEMORY;
    for (size_t i = 0; i < p->count; i++)
        inbox[i] = p->inbox[slot(p, i)];
    free(p->inbox);
    p->inbox = inbox;
    p->room = room;
    p->head = 0;
    return 0;
}

static void put(struct sim_port *to, struct sim_frame *frame) {
    if (to->count == to->room && grow(to)) {
        to->stats.rx_dropped++;
        sim_frame_drop(frame);
        return;
    }
    to->inbox[slot(to, to->count++)] = frame;
}

/* 0: it will come to it, when it has done what came before. */
static int serve_later(struct sim_port *to, struct sim_frame *frame) {
    vmtp_time now = to->sim->now;
    if (to->served_until < now)
        to->served_until = now;
    if (sim_queue_push(&to->sim->queue, to->served_until + to->serve_each, frame, to, 1))
        return VMTP_E_MEMORY;
    to->served_until += to->serve_each;
    to->unserved++;
    return 0;
}

void sim_port_arrive(struct sim_port *to, struct sim_frame *frame) {
    const uint8_t *destination = frame->octets;
    int ours = to->up && (!port_mac_is_multicast(destination) || port_mac_is_broadcast(destination) ||
                          port_groups_has(&to->groups, destination));
    int full = ours && to->inbox_most && to->unserved + to->count >= to->inbox_most;
    if (full || (ours && to->serve_each && serve_later(to, frame))) {
        to->stats.rx_dropped++;
        ours = 0;
    }
    if (!ours)
        sim_frame_drop(frame);
    else if (!to->serve_each)
        put(to, frame);
}

void sim_port_served(struct sim_port *to, struct sim_frame *frame) {
    to->unserved--;
    if (to->up)
        put(to, frame);
    else
        sim_frame_drop(frame);
}

void sim_port_flush(struct sim_port *p) {
    while (p->count > p->held)
        sim_frame_drop(p->inbox[slot(p, --p->count)]);
}
