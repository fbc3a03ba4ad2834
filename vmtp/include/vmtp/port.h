/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vmtp/port.h - packets in and out.
 *
 * A port carries VMTP packets over one Ethernet segment.  All ports have this one interface, and pass one battery of tests
 * (vmtp/tests/support/port_battery.c); wrappers (pcapng writer, fault injector) stack on any port.  A port is used by one thread at a time.
 */
#ifndef VMTP_PORT_H
#define VMTP_PORT_H

#include <stdio.h>

#include <vmtp/errors.h>
#include <vmtp/frame.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct vmtp_port vmtp_port;

struct vmtp_port_info {
    uint8_t mac[6];
    uint32_t mtu;       /* Ethernet payload */
    uint32_t link_mbps; /* 0 when unknown */
    int fd;             /* readable when packets wait; -1: none (simulated) */
    char name[32];      /* "packet:veth1", "sim:3", ... */
    uint16_t ethertype; /* of the frames it sends and receives */
};

/* What a port counts; all zero for what it cannot see. */
struct vmtp_port_stats {
    uint64_t received, sent;
    uint64_t rx_dropped; /* lost below for want of room in the ring or socket buffer */
    uint64_t rx_truncated;
    uint64_t tx_refused; /* not taken for want of room: the caller was told */
    uint64_t tx_failed;  /* taken and failed */
};

/* For those who write a port of their own.  close may be called once; after it nothing else. */
struct vmtp_port_ops {
    int (*recv)(vmtp_port *port, struct vmtp_rx *rx, unsigned max);
    void (*release)(vmtp_port *port);
    int (*send)(vmtp_port *port, const struct vmtp_tx *const *tx, unsigned count);
    int (*wait)(vmtp_port *port, vmtp_time timeout);
    int (*group)(vmtp_port *port, const uint8_t mac[6], int join);
    void (*stats)(const vmtp_port *port, struct vmtp_port_stats *out);
    void (*close)(vmtp_port *port);
    int (*shared)(vmtp_port *port); /* may be NULL: never */
};

struct vmtp_port {
    const struct vmtp_port_ops *ops;
    struct vmtp_port_info info;
};

/*
 * Takes up to max packets that have arrived.  Never blocks.  Returns their number (0: none), or VMTP_E_DOWN, VMTP_E_SYSTEM.
 * The packets are borrowed until vmtp_port_release, which must come before the next vmtp_port_recv.
 * Frames this host sent itself are not returned.
 */
static inline int vmtp_port_recv(vmtp_port *port, struct vmtp_rx *rx, unsigned max) {
    return port->ops->recv(port, rx, max);
}
static inline void vmtp_port_release(vmtp_port *port) { port->ops->release(port); }

/*
 * Sends packets in order.  Never blocks.  Returns how many were taken (0..count): those are sent or copied when it returns, so
 * their memory is free.  Fewer than count: no room now, try the rest later (vmtp_port_wait does not wait for that; a
 * millisecond will do).  VMTP_E_TOO_LARGE when the first is larger than the MTU, VMTP_E_DOWN or VMTP_E_SYSTEM when the first cannot be sent.
 */
static inline int vmtp_port_send(vmtp_port *port, const struct vmtp_tx *const *tx, unsigned count) {
    return port->ops->send(port, tx, count);
}

/*
 * Waits until a packet can be received or timeout nanoseconds have passed (VMTP_NEVER: no limit; any other above a day
 * counts as a day).  1, 0 on timeout,
 * VMTP_E_CANCELLED when a signal came, VMTP_E_DOWN, VMTP_E_SYSTEM.  VMTP_E_UNSUPPORTED for simulated ports.
 */
static inline int vmtp_port_wait(vmtp_port *port, vmtp_time timeout) { return port->ops->wait(port, timeout); }

/*
 * Starts (join != 0) or stops receiving frames to a multicast address.  Counted: as many leaves as joins.
 * 0, VMTP_E_INVALID (no multicast address; a leave without a join), VMTP_E_MEMORY, VMTP_E_DOWN, VMTP_E_SYSTEM: nothing has changed.
 */
static inline int vmtp_port_group(vmtp_port *port, const uint8_t mac[6], int join) {
    return port->ops->group(port, mac, join);
}
static inline void vmtp_port_stats(const vmtp_port *port, struct vmtp_port_stats *out) { port->ops->stats(port, out); }

/*
 * Is another program of this host a VMTP module on the same interface now, at the same Ethernet address?  1 or 0.  Costs about
 * 20 microseconds for a packet port, which looks into /proc/net/packet (0 where that cannot be read): ask it now and then.
 */
static inline int vmtp_port_shared(vmtp_port *port) { return port->ops->shared ? port->ops->shared(port) : 0; }

/* Closes it and frees everything.  A wrapper closes what it wraps. */
static inline void vmtp_port_close(vmtp_port *port) {
    if (port)
        port->ops->close(port);
}

/* ---- packet: Linux AF_PACKET ------------------------------------------------------------------------------ */

struct vmtp_packet_options {
    size_t size;          /* sizeof, set by vmtp_packet_options_init */
    uint16_t ethertype;   /* default VMTP_ETHERTYPE */
    uint32_t ring_frames; /* receive ring, a power of two, default 1024; it gets at least as many */
    uint32_t send_buffer; /* SO_SNDBUF in octets, default 4 MiB */
    int fd; /* -1, or an AF_PACKET/SOCK_RAW socket of yours, not yet bound: for programs without CAP_NET_RAW.
                              The port owns it from the call on, also on failure */
};
VMTP_API void vmtp_packet_options_init(struct vmtp_packet_options *options);

/*
 * Opens the interface (a name such as "eth0").  options may be NULL.  Joins the address of VMTP_MANAGER_GROUP.
 * VMTP_E_PERMISSION (no CAP_NET_RAW), VMTP_E_NO_INTERFACE, VMTP_E_DOWN, VMTP_E_SYSTEM, VMTP_E_INVALID, VMTP_E_MEMORY.
 * When the interface goes down later, recv or wait says VMTP_E_DOWN once, and send every time; when it comes up again, all works again.
 * Frames of a VLAN are not received: open the VLAN's own interface.  Frames longer than any VMTP packet are received TRUNCATED.
 * When error is not NULL it receives (at most error_size octets) one line that says what is wrong and what to do.
 */
VMTP_API int vmtp_packet_open(vmtp_port **out, const char *interface_name, const struct vmtp_packet_options *options,
                              char *error, size_t error_size);

/* ---- sim: a virtual Ethernet in virtual time ---------------------------------------------------------------- */

typedef struct vmtp_sim vmtp_sim;

/* The functions below that take a port want one that vmtp_sim_attach made, not a wrapper around it. */

/* Probabilities in parts per million, for each copy of each frame to each receiver. */
struct vmtp_sim_faults {
    uint32_t loss, duplicate, reorder, corrupt;
    vmtp_time delay;         /* one way, least */
    vmtp_time jitter;        /* added, uniform 0..jitter; order is kept unless reorder hits */
    vmtp_time reorder_delay; /* what a reordered frame waits more */
};

/* seed decides everything.  mtu: of the segment.  mbps: serialisation delay of the segment, 0 = none.  NULL when out of memory. */
VMTP_API vmtp_sim *vmtp_sim_create(uint64_t seed, uint32_t mtu, uint32_t mbps);
VMTP_API void vmtp_sim_destroy(vmtp_sim *sim); /* closes ports that are still open */
VMTP_API void vmtp_sim_set_faults(vmtp_sim *sim, const struct vmtp_sim_faults *faults);
/* A new host on the segment, with a MAC of its own; like a packet port it has joined the address of VMTP_MANAGER_GROUP.
 * 0 or VMTP_E_MEMORY. */
VMTP_API int vmtp_sim_attach(vmtp_sim *sim, vmtp_port **out);
/* Virtual time now: starts at 1 second.  Sends happen at this time. */
VMTP_API vmtp_time vmtp_sim_now(const vmtp_sim *sim);
/* When the next frame arrives somewhere; VMTP_NEVER when none is on its way. */
VMTP_API vmtp_time vmtp_sim_next(const vmtp_sim *sim);
/* How many frames wait in the inbox of a port of vmtp_sim_attach. */
VMTP_API unsigned vmtp_sim_waiting(const vmtp_port *port);
/* Moves time on (never back) and puts the frames that have arrived by then into the ports' inboxes.  VMTP_NEVER: does nothing. */
VMTP_API void vmtp_sim_advance(vmtp_sim *sim, vmtp_time to);
/* Splits the segment: ports with different group numbers do not hear each other.  All ports start in group 0. */
VMTP_API void vmtp_sim_partition(vmtp_sim *sim, vmtp_port *port, uint32_t group);
/* Makes a port deaf and mute (a crashed host) and back.  What waits in its inbox is lost; what it sends is taken and lost. */
VMTP_API void vmtp_sim_set_up(vmtp_sim *sim, vmtp_port *port, int up);
/* A random number that is part of the run. */
VMTP_API uint64_t vmtp_sim_random(vmtp_sim *sim);
/*
 * Makes the segment a bottleneck, or another one: it carries mbps (0: without delay), and of what was sent and not carried yet it
 * holds queue octets (Ethernet frames with all that belongs to them; 0: without a bound); a frame for which there is no room is lost,
 * and nobody is told.  What ports say of their link stays as it was.
 */
VMTP_API void vmtp_sim_set_segment(vmtp_sim *sim, uint32_t mbps, uint32_t queue);
/*
 * Makes a port a slow receiver: each frame that arrives takes it `each` nanoseconds, one after the other (0: none), and it holds at
 * most `frames` that it has not come to or that wait in its inbox (0: without a bound).  One too many is lost, and counted as
 * rx_dropped.
 */
VMTP_API void vmtp_sim_set_inbox(vmtp_sim *sim, vmtp_port *port, uint32_t frames, vmtp_time each);
/* Frames lost on the segment for want of room. */
VMTP_API uint64_t vmtp_sim_overflows(const vmtp_sim *sim);
/* Called at every frame sent (before faults); drops it when it returns non-zero.  For tests that lose one chosen packet. */
typedef int (*vmtp_sim_filter)(void *context, const uint8_t *ethernet_frame, size_t length, vmtp_time now);
VMTP_API void vmtp_sim_set_filter(vmtp_sim *sim, vmtp_sim_filter filter, void *context);

/* ---- wrappers ------------------------------------------------------------------------------------------------ */

/* What time it is, for capture files: nanoseconds since 1970 for real ports, virtual time for sim. */
typedef vmtp_time (*vmtp_clock_fn)(void *context);

/*
 * pcapng: every packet sent and received by inner is also written to path as an Ethernet frame that Wireshark opens.
 * Owns inner from success on.  clock NULL: the real time.  VMTP_E_SYSTEM (path cannot be written; errno), VMTP_E_MEMORY.
 * A write that fails later (disk full) ends the capture, not the port; vmtp_pcapng_error then says why.
 */
VMTP_API int vmtp_pcapng_open(vmtp_port **out, vmtp_port *inner, const char *path, vmtp_clock_fn clock, void *context);
VMTP_API int vmtp_pcapng_error(const vmtp_port *port); /* 0, or the errno of the write that failed */
/*
 * Ends the capture, as closing the port does, but says whether all of it is in the file: 0 (also when port is no capture), or the
 * errno of what failed, now or earlier.  The port goes on without capturing.
 */
VMTP_API int vmtp_pcapng_finish(vmtp_port *port);
/*
 * A comment on the next packet written, or on the capture's end; several become lines of one.  text is copied.
 * VMTP_E_INVALID (port is no capture), VMTP_E_TOO_LARGE (more than 65535 octets in all), VMTP_E_MEMORY.
 */
VMTP_API int vmtp_pcapng_comment(vmtp_port *port, const char *text);

/* fault: loses, duplicates, reorders and corrupts what inner sends, from one seed.  delay and jitter are ignored.
 * Owns inner from success on.  0 or VMTP_E_MEMORY. */
VMTP_API int vmtp_fault_open(vmtp_port **out, vmtp_port *inner, uint64_t seed, const struct vmtp_sim_faults *faults);

/* trace: one readable line a packet (vmtp_packet_describe) to a stdio stream, which stays yours.  Owns inner from success on.
 * 0 or VMTP_E_MEMORY. */
VMTP_API int vmtp_trace_open(vmtp_port **out, vmtp_port *inner, FILE *stream, vmtp_clock_fn clock, void *context);

#ifdef __cplusplus
}
#endif
#endif
