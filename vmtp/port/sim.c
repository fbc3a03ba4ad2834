/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sim.c - the segment of the virtual Ethernet: time, faults, who hears whom.
 *
 * Everything that happens follows from the seed and the calls: no clock, no address of memory and no order in a hash table
 * has a say.  The user's random numbers come from a sequence of their own, so drawing one more does not change which frames are lost.
 */
#include "sim_internal.h"

#include <stdlib.h>

#define SIM_START VMTP_SECOND
/* What a frame occupies besides its payload: preamble 8, header 14, CRC 4, gap 12; short payloads are padded to 46. */
#define SIM_WIRE_OVERHEAD 38u
#define SIM_WIRE_LEAST 46u

vmtp_sim *vmtp_sim_create(uint64_t seed, uint32_t mtu, uint32_t mbps) {
    vmtp_sim *sim = calloc(1, sizeof *sim);
    if (!sim)
        return NULL;
    sim->now = SIM_START;
    sim->mtu = mtu;
    sim->mbps = sim->link_mbps = mbps;
    uint64_t state = seed;
    sim->fault_random = port_random(&state);
    sim->user_random = port_random(&state);
    return sim;
}

void vmtp_sim_destroy(vmtp_sim *sim) {
    if (!sim)
        return;
    while (sim->ports)
        vmtp_port_close(&sim->ports->port);
    sim_queue_free(&sim->queue);
    free(sim);
}

void vmtp_sim_set_faults(vmtp_sim *sim, const struct vmtp_sim_faults *faults) {
    sim->faults = faults ? *faults : (struct vmtp_sim_faults){0};
}

int vmtp_sim_attach(vmtp_sim *sim, vmtp_port **out) {
    struct sim_port *port = sim_port_make(sim);
    if (!port)
        return VMTP_E_MEMORY;
    struct sim_port **end = &sim->ports;
    while (*end)
        end = &(*end)->next;
    *end = port;
    *out = &port->port;
    return 0;
}

vmtp_time vmtp_sim_now(const vmtp_sim *sim) { return sim->now; }

vmtp_time vmtp_sim_next(const vmtp_sim *sim) { return sim->queue.count ? sim->queue.heap[0].when : VMTP_NEVER; }

unsigned vmtp_sim_waiting(const vmtp_port *port) {
    const struct sim_port *p = (const struct sim_port *)port;
    return (unsigned)(p->count - p->held);
}

void vmtp_sim_advance(vmtp_sim *sim, vmtp_time to) {
    if (to == VMTP_NEVER)
        return;
    while (sim->queue.count && sim->queue.heap[0].when <= to) {
        struct sim_flight flight = sim_queue_pop(&sim->queue);
        if (flight.when > sim->now)
            sim->now = flight.when;
        if (!flight.to)
            sim_frame_drop(flight.frame);
        else if (flight.served)
            sim_port_served(flight.to, flight.frame);
        else
            sim_port_arrive(flight.to, flight.frame);
    }
    if (to > sim->now)
        sim->now = to;
}

void vmtp_sim_partition(vmtp_sim *sim, vmtp_port *port, uint32_t group) {
    (void)sim;
    ((struct sim_port *)port)->partition = group;
}

void vmtp_sim_set_up(vmtp_sim *sim, vmtp_port *port, int up) {
    (void)sim;
    struct sim_port *p = (struct sim_port *)port;
    p->up = up != 0;
    if (!up)
        sim_port_flush(p);
}

void vmtp_sim_set_segment(vmtp_sim *sim, uint32_t mbps, uint32_t queue) {
    sim->mbps = mbps;
    sim->queue_most = queue;
    if (sim->busy_until > sim->now) /* what is on its way arrives as it would have */
        sim->busy_until = sim->now;
}

void vmtp_sim_set_inbox(vmtp_sim *sim, vmtp_port *port, uint32_t frames, vmtp_time each) {
    (void)sim;
    struct sim_port *p = (struct sim_port *)port;
    p->inbox_most = frames;
    p->serve_each = each;
}

uint64_t vmtp_sim_overflows(const vmtp_sim *sim) { return sim->overflows; }

uint64_t vmtp_sim_random(vmtp_sim *sim) { return port_random(&sim->user_random); }

void vmtp_sim_set_filter(vmtp_sim *sim, vmtp_sim_filter filter, void *context) {
    sim->filter = filter;
    sim->filter_context = context;
}

/* ---- from the sender to the receivers ------------------------------------------------------------------- */

static uint64_t wire_octets(const struct sim_frame *frame) {
    uint64_t payload = frame->length - PORT_ETHERNET_OCTETS;
    return (payload < SIM_WIRE_LEAST ? SIM_WIRE_LEAST : payload) + SIM_WIRE_OVERHEAD;
}

/* Is there no room for it behind what was sent and not carried yet?  What is being carried does not wait. */
static int overflows(const vmtp_sim *sim, const struct sim_frame *frame) {
    if (!sim->queue_most || !sim->mbps || sim->busy_until <= sim->now)
        return 0;
    uint64_t waiting = (sim->busy_until - sim->now) * sim->mbps / 8000u;
    return waiting + wire_octets(frame) > sim->queue_most;
}

/* When the last bit of a frame sent now has left: after those that were sent before it. */
static vmtp_time departure(vmtp_sim *sim, const struct sim_frame *frame) {
    if (!sim->mbps)
        return sim->now;
    if (sim->busy_until < sim->now)
        sim->busy_until = sim->now;
    sim->busy_until += wire_octets(frame) * 8u * 1000u / sim->mbps;
    return sim->busy_until;
}

static vmtp_time later(vmtp_time time, vmtp_time more) {
    return time > VMTP_NEVER - 1 - more ? VMTP_NEVER - 1 : time + more;
}

/* One copy for one receiver.  Draws the same number of random numbers whatever happens to it. */
static void send_copy(vmtp_sim *sim, struct sim_frame *frame, struct sim_port *to, vmtp_time departs) {
    const struct vmtp_sim_faults *f = &sim->faults;
    int lost = port_chance(&sim->fault_random, f->loss);
    int corrupt = port_chance(&sim->fault_random, f->corrupt);
    int late = port_chance(&sim->fault_random, f->reorder);
    uint64_t wobble = port_random(&sim->fault_random);
    if (lost)
        return;
    vmtp_time when = later(departs, f->delay);
    if (f->jitter)
        when = later(when, f->jitter == VMTP_NEVER ? wobble : wobble % (f->jitter + 1));
    if (late)
        when = later(when, f->reorder_delay);
    else if (when < to->latest)
        when = to->latest;
    else
        to->latest = when;
    struct sim_frame *copy = frame;
    if (corrupt) {
        copy = sim_frame_copy(frame);
        if (copy)
            port_flip_bit(&sim->fault_random, sim_frame_payload(copy), copy->length - PORT_ETHERNET_OCTETS);
    } else {
        frame->references++;
    }
    if (!copy || sim_queue_push(&sim->queue, when, copy, to, 0)) {
        to->stats.rx_dropped++;
        if (copy)
            sim_frame_drop(copy);
    }
}

static int may_hear(const struct sim_port *to, const struct sim_port *from, const uint8_t *destination) {
    if (to == from || to->partition != from->partition)
        return 0;
    /* Whether it has joined a group is asked on arrival. */
    return port_mac_is_multicast(destination) || memcmp(destination, to->port.info.mac, 6) == 0;
}

void sim_transmit(vmtp_sim *sim, const struct sim_port *from, struct sim_frame *frame) {
    if (sim->filter && sim->filter(sim->filter_context, frame->octets, frame->length, sim->now))
        return;
    if (overflows(sim, frame)) {
        sim->overflows++;
        return;
    }
    vmtp_time departs = departure(sim, frame);
    for (struct sim_port *to = sim->ports; to; to = to->next) {
        if (!may_hear(to, from, frame->octets))
            continue;
        int twice = port_chance(&sim->fault_random, sim->faults.duplicate);
        send_copy(sim, frame, to, departs);
        if (twice)
            send_copy(sim, frame, to, departs);
    }
}
