/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * packet.c - VMTP over Linux packet sockets.
 *
 * Receiving looks into a ring shared with the kernel: no system call.  Sending is one system call for a packet or a batch, straight from the
 * segments; a send ring was measured to be no faster.
 *
 * When the interface goes down, recv or wait says VMTP_E_DOWN once (the kernel tells it once), and send says so every
 * time.  When it comes up again everything works again.
 */
#define _GNU_SOURCE
#include "packet_internal.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

/* Looks at an empty ring between two questions for the state of the socket, which cost a system call. */
#define LOOKS_PER_CHECK 960u
#define VLAN_ID_MASK 0xfffu
/* A time_t of 32 bits holds no more than 68 years. */
#define LONGEST_WAIT (86400 * VMTP_SECOND)

static struct packet_port *self(vmtp_port *port) { return (struct packet_port *)port; }

static int system_error(int error) {
    errno = error;
    return error == ENETDOWN || error == ENXIO || error == ENODEV ? VMTP_E_DOWN : VMTP_E_SYSTEM;
}

/* The error the kernel has noted for the socket, and forgets by telling it. */
static int pending_error(const struct packet_port *p) {
    int error = 0;
    socklen_t size = sizeof error;
    if (getsockopt(p->port.info.fd, SOL_SOCKET, SO_ERROR, &error, &size))
        error = errno;
    return error ? system_error(error) : 0;
}

/* ---- receiving ----------------------------------------------------------------------------------------------- */

/*
 * Whether a frame is for us.  Besides the obvious:
 *  - the socket also sees frames that belong to devices stacked upon ours (a VLAN, a macvlan): they carry another index;
 *  - a frame with a VLAN tag belongs to that VLAN, for which there is an interface of its own; tag 0 means only a priority;
 *  - few drivers filter multicast exactly (veth not at all, and others' joins count for us too), so we do.
 */
static int is_ours(const struct packet_port *p, const struct tpacket2_hdr *header, const struct sockaddr_ll *address,
                   const uint8_t *frame) {
    if (address->sll_ifindex != p->ifindex || header->tp_snaplen < PORT_ETHERNET_OCTETS)
        return 0;
    if ((header->tp_status & TP_STATUS_VLAN_VALID) && (header->tp_vlan_tci & VLAN_ID_MASK))
        return 0;
    switch (address->sll_pkttype) {
    case PACKET_HOST:
    case PACKET_BROADCAST: return 1;
    case PACKET_MULTICAST: return port_groups_has(&p->groups, frame);
    default: /* for others (promiscuous mode), or outgoing */ return 0;
    }
}

/* Describes a frame of the ring in *rx; returns how many packets that made: 0 or 1. */
static unsigned take(struct packet_port *p, const struct tpacket2_hdr *header, struct vmtp_rx *rx) {
    const uint8_t *start = (const uint8_t *)header;
    const struct sockaddr_ll *address = (const void *)(start + PACKET_ADDRESS_AT);
    const uint8_t *frame = start + header->tp_mac;
    if (!is_ours(p, header, address, frame))
        return 0;
    rx->packet = frame + PORT_ETHERNET_OCTETS;
    rx->length = header->tp_snaplen - PORT_ETHERNET_OCTETS;
    rx->flags = 0;
    if (header->tp_snaplen < header->tp_len) {
        rx->flags = VMTP_RX_TRUNCATED;
        p->stats.rx_truncated++;
    }
    memcpy(rx->dst, frame, 6);
    memcpy(rx->src, frame + 6, 6);
    return 1;
}

static void packet_release(vmtp_port *port) {
    struct packet_ring *ring = &self(port)->ring;
    while (ring->held_count)
        packet_ring_give_back(ring);
}

static int nothing_there(struct packet_port *p) {
    if (++p->empty_looks < LOOKS_PER_CHECK)
        return 0;
    p->empty_looks = 0;
    return pending_error(p);
}

static int packet_recv(vmtp_port *port, struct vmtp_rx *rx, unsigned max) {
    struct packet_port *p = self(port);
    struct packet_ring *ring = &p->ring;
    if (ring->held_count)
        packet_release(port);
    unsigned count = 0;
    struct tpacket2_hdr *header;
    while (count < max && ring->held_count < ring->frames && (header = packet_ring_look(&ring->next)) != NULL) {
        count += take(p, header, &rx[count]);
        packet_ring_step(ring, &ring->next);
        ring->held_count++;
    }
    if (!ring->held_count)
        return nothing_there(p);
    p->empty_looks = 0;
    p->stats.received += count;
    if (!count)
        packet_release(port);
    return (int)count;
}

static int packet_wait(vmtp_port *port, vmtp_time timeout) {
    struct packet_port *p = self(port);
    if (packet_ring_look(&p->ring.next))
        return 1;
    struct pollfd poll_fd = {.fd = port->info.fd, .events = POLLIN};
    vmtp_time most = timeout < LONGEST_WAIT ? timeout : LONGEST_WAIT;
    struct timespec limit = {.tv_sec = (time_t)(most / VMTP_SECOND), .tv_nsec = (long)(most % VMTP_SECOND)};
    int ready = ppoll(&poll_fd, 1, timeout == VMTP_NEVER ? NULL : &limit, NULL);
    if (ready < 0)
        return errno == EINTR ? VMTP_E_CANCELLED : VMTP_E_SYSTEM;
    if (ready == 0)
        return 0;
    if (poll_fd.revents & POLLIN)
        return 1;
    int error = pending_error(p);
    return error ? error : 1;
}

/* ---- sending -------------------------------------------------------------------------------------------------- */

/* Makes message i say what tx says. */
static void describe(struct packet_port *p, unsigned i, const struct vmtp_tx *tx, size_t octets) {
    struct packet_outgoing *out = &p->outgoing[i];
    struct msghdr *message = &p->messages[i].msg_hdr;
    uint8_t *head = out->head;
    port_ethernet_header(head, tx->dst, p->port.info.mac, p->port.info.ethertype);
    message->msg_iov = out->parts;
    out->parts[0].iov_base = head;
    if (octets <= PACKET_SMALL) {
        vmtp_tx_gather(tx, head + PORT_ETHERNET_OCTETS);
        out->parts[0].iov_len = PORT_ETHERNET_OCTETS + octets;
        message->msg_iovlen = 1;
        return;
    }
    memcpy(head + PORT_ETHERNET_OCTETS, tx->header, VMTP_HEADER_OCTETS);
    out->parts[0].iov_len = PORT_ETHERNET_OCTETS + VMTP_HEADER_OCTETS;
    unsigned n = 1;
    for (unsigned s = 0; s < tx->slice_count; s++)
        out->parts[n++] = (struct iovec){(void *)(uintptr_t)tx->slices[s].octets, tx->slices[s].length};
    out->parts[n++] = (struct iovec){(void *)(uintptr_t)tx->trailer, tx->trailer_octets};
    message->msg_iovlen = n;
}

/* Hands the first count messages to the kernel: how many it took, or -1 with errno. */
static int hand_over(struct packet_port *p, unsigned count) {
    int fd = p->port.info.fd;
    if (count > 1)
        return sendmmsg(fd, p->messages, count, MSG_DONTWAIT);
    const struct msghdr *message = &p->messages[0].msg_hdr;
    ssize_t sent = message->msg_iovlen == 1
                       ? send(fd, message->msg_iov->iov_base, message->msg_iov->iov_len, MSG_DONTWAIT)
                       : sendmsg(fd, message, MSG_DONTWAIT);
    return sent < 0 ? -1 : 1;
}

/* Why nothing could be sent: 0 for want of room. */
static int refusal(int error) {
    switch (error) {
    case EAGAIN:  /* the send buffer is full */
    case ENOBUFS: /* the queue of the interface is */
    case ENOMEM: return 0;
    case EMSGSIZE: /* the MTU was lowered since the port was opened */ return VMTP_E_TOO_LARGE;
    default: return system_error(error);
    }
}

static int packet_send(vmtp_port *port, const struct vmtp_tx *const *tx, unsigned count) {
    struct packet_port *p = self(port);
    unsigned taken = 0;
    while (taken < count) {
        unsigned batch = 0;
        for (; batch < PACKET_BATCH && taken + batch < count; batch++) {
            size_t octets = vmtp_tx_octets(tx[taken + batch]);
            if (octets > port->info.mtu)
                break;
            describe(p, batch, tx[taken + batch], octets);
        }
        if (!batch)
            return taken ? (int)taken : VMTP_E_TOO_LARGE;
        int sent = hand_over(p, batch);
        int why = sent < 0 ? refusal(errno) : 0;
        if (sent > 0) {
            taken += (unsigned)sent;
            p->stats.sent += (unsigned)sent;
        }
        if (sent == (int)batch)
            continue;
        if (why && !taken)
            return why;
        /* When there is another reason than want of room, the next call will be told it. */
        p->stats.tx_refused += count - taken;
        return (int)taken;
    }
    return (int)taken;
}

/* ---- the rest ------------------------------------------------------------------------------------------------- */

static int membership(const struct packet_port *p, const uint8_t mac[6], int option) {
    struct packet_mreq request = {.mr_ifindex = p->ifindex, .mr_type = PACKET_MR_MULTICAST, .mr_alen = 6};
    memcpy(request.mr_address, mac, 6);
    return setsockopt(p->port.info.fd, SOL_PACKET, option, &request, sizeof request);
}

static int packet_group(vmtp_port *port, const uint8_t mac[6], int join) {
    struct packet_port *p = self(port);
    int result = join ? port_groups_join(&p->groups, mac) : port_groups_leave(&p->groups, mac);
    if (result <= 0)
        return result;
    if (!join) {
        /* That fails only when the interface is gone, and the membership with it. */
        membership(p, mac, PACKET_DROP_MEMBERSHIP);
        return 0;
    }
    if (membership(p, mac, PACKET_ADD_MEMBERSHIP) == 0)
        return 0;
    int error = system_error(errno);
    port_groups_leave(&p->groups, mac);
    return error;
}

static void packet_stats(const vmtp_port *port, struct vmtp_port_stats *out) {
    /* Reading the kernel's counter clears it, so what it said is kept in the port. */
    struct packet_port *p = (struct packet_port *)(uintptr_t)port;
    struct tpacket_stats kernel = {0};
    socklen_t size = sizeof kernel;
    if (getsockopt(port->info.fd, SOL_PACKET, PACKET_STATISTICS, &kernel, &size) == 0)
        p->stats.rx_dropped += kernel.tp_drops;
    *out = p->stats;
}

static void packet_close(vmtp_port *port) {
    struct packet_port *p = self(port);
    packet_ring_close(&p->ring);
    if (port->info.fd >= 0)
        close(port->info.fd);
    port_groups_free(&p->groups);
    free(p);
}

const struct vmtp_port_ops packet_ops = {
    .recv = packet_recv,
    .release = packet_release,
    .send = packet_send,
    .wait = packet_wait,
    .group = packet_group,
    .stats = packet_stats,
    .close = packet_close,
    .shared = packet_shared,
};
