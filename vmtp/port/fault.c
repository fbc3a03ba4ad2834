/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fault.c - spoils what a port sends, the same way for the same seed and the same packets.
 *
 * There is no clock here, so a reordered packet is not delayed: it goes after the next one that is sent, or, when none follows,
 * before the program sleeps, or at the second look for received packets.
 */
#include "port_internal.h"

#include <stdlib.h>

#define LOOKS_BEFORE_LATE 2u

/* A packet of our own: a copy that may be changed and kept. */
struct own_packet {
    struct vmtp_tx tx;
    uint8_t octets[]; /* what follows the header and precedes the trailer */
};

struct fate {
    int lost, twice, corrupt, late;
    uint64_t bit; /* seed for the bit that is flipped */
};

struct fault {
    vmtp_port port;
    vmtp_port *inner;
    struct vmtp_sim_faults faults;
    uint64_t random;
    struct fate next; /* of the next packet */
    struct own_packet *late;
    unsigned looks; /* since late was kept */
    uint64_t taken, lost, failed;
};

static struct fault *self(vmtp_port *port) { return (struct fault *)port; }

/* Always the same number of draws, so that one fault more leaves the others where they were. */
static void draw(struct fault *f) {
    f->next.lost = port_chance(&f->random, f->faults.loss);
    f->next.twice = port_chance(&f->random, f->faults.duplicate);
    f->next.corrupt = port_chance(&f->random, f->faults.corrupt);
    f->next.late = port_chance(&f->random, f->faults.reorder);
    f->next.bit = port_random(&f->random);
}

static struct own_packet *copy_packet(const struct vmtp_tx *tx) {
    size_t octets = vmtp_tx_octets(tx);
    struct own_packet *copy = malloc(sizeof *copy + octets);
    if (!copy)
        return NULL;
    vmtp_tx_gather(tx, copy->octets);
    copy->tx = *tx;
    copy->tx.slice_count = 1;
    copy->tx.slices[0].octets = copy->octets + VMTP_HEADER_OCTETS;
    copy->tx.slices[0].length = octets - VMTP_HEADER_OCTETS - tx->trailer_octets;
    return copy;
}

static void flip(struct own_packet *packet, uint64_t bit) {
    size_t data = packet->tx.slices[0].length;
    port_flip_bit(&bit, packet->octets, VMTP_HEADER_OCTETS + data + packet->tx.trailer_octets);
    memcpy(packet->tx.header, packet->octets, VMTP_HEADER_OCTETS);
    memcpy(packet->tx.trailer, packet->octets + VMTP_HEADER_OCTETS + data, packet->tx.trailer_octets);
}

static int pass(struct fault *f, const struct vmtp_tx *tx) { return vmtp_port_send(f->inner, &tx, 1); }

/* An extra packet, that nobody waits for: no room means that the network lost it. */
static void pass_extra(struct fault *f, const struct vmtp_tx *tx) {
    if (pass(f, tx) != 1)
        f->failed++;
}

static void send_late(struct fault *f) {
    struct own_packet *packet = f->late;
    f->late = NULL;
    if (packet)
        pass_extra(f, &packet->tx);
    free(packet);
}

/* Keeps the packet for later.  0 when there is no memory for that: then it is sent in order. */
static int keep(struct fault *f, struct own_packet *packet) {
    if (!packet)
        return 0;
    send_late(f);
    f->late = packet;
    f->looks = 0;
    return 1;
}

/* 1 when tx was taken, 0 or an error of inner when not. */
static int send_one(struct fault *f, const struct vmtp_tx *tx) {
    const struct fate *fate = &f->next;
    if (fate->lost) {
        f->lost++;
        return 1;
    }
    struct own_packet *copy = fate->corrupt || fate->late ? copy_packet(tx) : NULL;
    if (copy && fate->corrupt)
        flip(copy, fate->bit);
    const struct vmtp_tx *what = copy ? &copy->tx : tx;
    if (fate->late && keep(f, copy)) {
        if (fate->twice)
            pass_extra(f, what);
        return 1;
    }
    int taken = pass(f, what);
    if (taken == 1 && fate->twice)
        pass_extra(f, what);
    if (taken == 1)
        send_late(f);
    free(copy);
    return taken;
}

static int fault_send(vmtp_port *port, const struct vmtp_tx *const *tx, unsigned count) {
    struct fault *f = self(port);
    for (unsigned i = 0; i < count; i++) {
        /* A lost or kept packet would hide that it is too large. */
        int taken = vmtp_tx_octets(tx[i]) > f->inner->info.mtu ? VMTP_E_TOO_LARGE : send_one(f, tx[i]);
        if (taken != 1)
            return i ? (int)i : taken;
        f->taken++;
        draw(f);
    }
    return (int)count;
}

static int fault_recv(vmtp_port *port, struct vmtp_rx *rx, unsigned max) {
    struct fault *f = self(port);
    if (f->late && ++f->looks >= LOOKS_BEFORE_LATE)
        send_late(f);
    return vmtp_port_recv(f->inner, rx, max);
}

static void fault_release(vmtp_port *port) { vmtp_port_release(self(port)->inner); }

static int fault_wait(vmtp_port *port, vmtp_time timeout) {
    send_late(self(port));
    return vmtp_port_wait(self(port)->inner, timeout);
}

static int fault_group(vmtp_port *port, const uint8_t mac[6], int join) {
    return vmtp_port_group(self(port)->inner, mac, join);
}

/* What was lost or spoilt on purpose was taken and failed. */
static void fault_stats(const vmtp_port *port, struct vmtp_port_stats *out) {
    const struct fault *f = (const struct fault *)port;
    vmtp_port_stats(f->inner, out);
    out->sent = f->taken;
    out->tx_failed += f->lost + f->failed;
}

static int fault_shared(vmtp_port *port) { return vmtp_port_shared(self(port)->inner); }

static void fault_close(vmtp_port *port) {
    struct fault *f = self(port);
    send_late(f);
    vmtp_port_close(f->inner);
    free(f);
}

static const struct vmtp_port_ops fault_ops = {
    .recv = fault_recv,
    .release = fault_release,
    .send = fault_send,
    .wait = fault_wait,
    .group = fault_group,
    .stats = fault_stats,
    .close = fault_close,
    .shared = fault_shared,
};

int vmtp_fault_open(vmtp_port **out, vmtp_port *inner, uint64_t seed, const struct vmtp_sim_faults *faults) {
    struct fault *f = calloc(1, sizeof *f);
    if (!f)
        return VMTP_E_MEMORY;
    f->port.ops = &fault_ops;
    f->port.info = inner->info;
    f->inner = inner;
    f->faults = *faults;
    f->random = seed;
    draw(f);
    *out = &f->port;
    return 0;
}
