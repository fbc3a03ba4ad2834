/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pcapng.c - writes what passes to a capture file: one section, one Ethernet interface, nanoseconds.
 *
 * Blocks are written in the byte order of this machine, as the format wants.  The file is complete whenever the program sleeps
 * and after closing.
 */
#include "observer.h"

#include <errno.h>
#include <stdlib.h>

enum {
    BLOCK_SECTION = 0x0A0D0D0A,
    BLOCK_INTERFACE = 1,
    BLOCK_STATISTICS = 5,
    BLOCK_PACKET = 6,
    BYTE_ORDER_MAGIC = 0x1A2B3C4D,
    LINKTYPE_ETHERNET = 1
};
enum {
    OPTION_END = 0,
    OPTION_COMMENT = 1,
    SECTION_APPLICATION = 4,
    INTERFACE_NAME = 2,
    INTERFACE_MAC = 6,
    INTERFACE_SPEED = 8,
    INTERFACE_RESOLUTION = 9,
    PACKET_FLAGS = 2,
    STATISTICS_RECEIVED = 4,
    STATISTICS_DROPPED = 5
};
/* Option PACKET_FLAGS. */
#define FLAG_INBOUND 1u
#define FLAG_OUTBOUND 2u
#define FLAG_UNICAST (1u << 2)
#define FLAG_MULTICAST (2u << 2)
#define FLAG_BROADCAST (3u << 2)
#define COMMENT_MOST 65535u /* an option's length has 16 bits */

struct pcapng {
    struct port_observer observer;
    FILE *file; /* NULL after a write failed */
    int error;
    char *comment;  /* for the next block that takes one */
    uint8_t *block; /* being made */
    size_t length, room;
    int short_of_memory;
};

static struct pcapng *self(struct port_observer *o) { return (struct pcapng *)o; }

/* ---- making a block ------------------------------------------------------------------------------------------- */

static uint8_t *extend(struct pcapng *p, size_t octets) {
    if (p->length + octets > p->room) {
        size_t room = (p->length + octets) * 2;
        uint8_t *block = realloc(p->block, room);
        if (!block) {
            p->short_of_memory = 1;
            return NULL;
        }
        p->block = block;
        p->room = room;
    }
    p->length += octets;
    return p->block + p->length - octets;
}

static void put(struct pcapng *p, const void *octets, size_t count) {
    uint8_t *at = extend(p, count);
    if (at && count)
        memcpy(at, octets, count);
}

static void put16(struct pcapng *p, uint16_t value) { put(p, &value, sizeof value); }
static void put32(struct pcapng *p, uint32_t value) { put(p, &value, sizeof value); }

static void pad(struct pcapng *p) {
    static const uint8_t zeros[4];
    put(p, zeros, (4 - p->length % 4) % 4);
}

static void put_time(struct pcapng *p, vmtp_time when) {
    put32(p, (uint32_t)(when >> 32));
    put32(p, (uint32_t)when);
}

static void put_option(struct pcapng *p, unsigned code, const void *octets, size_t count) {
    put16(p, (uint16_t)code);
    put16(p, (uint16_t)count);
    put(p, octets, count);
    pad(p);
}

static void put_text(struct pcapng *p, unsigned code, const char *text) { put_option(p, code, text, strlen(text)); }

static void put_pending_comment(struct pcapng *p) {
    if (!p->comment)
        return;
    put_text(p, OPTION_COMMENT, p->comment);
    free(p->comment);
    p->comment = NULL;
}

static void begin(struct pcapng *p, uint32_t type) {
    p->length = 0;
    p->short_of_memory = 0;
    put32(p, type);
    put32(p, 0); /* length, filled in by finish */
}

static void fail(struct pcapng *p, int error) {
    p->error = error ? error : EIO;
    if (p->file)
        fclose(p->file);
    p->file = NULL;
}

static void finish(struct pcapng *p) {
    put_option(p, OPTION_END, NULL, 0);
    uint32_t total = (uint32_t)p->length + 4;
    put32(p, total);
    if (p->short_of_memory) {
        fail(p, ENOMEM);
        return;
    }
    memcpy(p->block + 4, &total, sizeof total);
    errno = 0;
    if (fwrite(p->block, 1, p->length, p->file) != p->length)
        fail(p, errno);
}

/* ---- the blocks --------------------------------------------------------------------------------------------------- */

static void write_section(struct pcapng *p) {
    static const uint8_t unknown_length[8] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    begin(p, BLOCK_SECTION);
    put32(p, BYTE_ORDER_MAGIC);
    put16(p, 1); /* version 1.0 */
    put16(p, 0);
    put(p, unknown_length, sizeof unknown_length);
    put_text(p, SECTION_APPLICATION, "vmtp-port");
    finish(p);
}

static void write_interface(struct pcapng *p) {
    const struct vmtp_port_info *info = &p->observer.port.info;
    static const uint8_t nanoseconds = 9;
    begin(p, BLOCK_INTERFACE);
    put16(p, LINKTYPE_ETHERNET);
    put16(p, 0);
    put32(p, 0); /* no limit on what is captured of a packet */
    put_text(p, INTERFACE_NAME, info->name);
    put_option(p, INTERFACE_MAC, info->mac, sizeof info->mac);
    if (info->link_mbps) {
        uint64_t speed = (uint64_t)info->link_mbps * 1000000u;
        put_option(p, INTERFACE_SPEED, &speed, sizeof speed);
    }
    put_option(p, INTERFACE_RESOLUTION, &nanoseconds, 1);
    finish(p);
}

static uint32_t reception(const uint8_t destination[6]) {
    if (!port_mac_is_multicast(destination))
        return FLAG_UNICAST;
    return port_mac_is_broadcast(destination) ? FLAG_BROADCAST : FLAG_MULTICAST;
}

/* Up to and with the Ethernet header. */
static void begin_packet(struct pcapng *p, vmtp_time when, size_t octets, const uint8_t *destination,
                         const uint8_t *source) {
    uint32_t length = (uint32_t)octets + PORT_ETHERNET_OCTETS;
    uint8_t header[PORT_ETHERNET_OCTETS];
    begin(p, BLOCK_PACKET);
    put32(p, 0); /* interface */
    put_time(p, when);
    put32(p, length); /* captured */
    put32(p, length); /* on the wire */
    port_ethernet_header(header, destination, source, p->observer.port.info.ethertype);
    put(p, header, sizeof header);
}

static void finish_packet(struct pcapng *p, uint32_t flags) {
    pad(p);
    put_pending_comment(p);
    put_option(p, PACKET_FLAGS, &flags, sizeof flags);
    finish(p);
}

static void pcapng_sent(struct port_observer *o, const struct vmtp_tx *tx, vmtp_time when) {
    struct pcapng *p = self(o);
    if (!p->file)
        return;
    size_t octets = vmtp_tx_octets(tx);
    begin_packet(p, when, octets, tx->dst, o->port.info.mac);
    uint8_t *at = extend(p, octets);
    if (at)
        vmtp_tx_gather(tx, at);
    finish_packet(p, FLAG_OUTBOUND | reception(tx->dst));
}

static void pcapng_received(struct port_observer *o, const struct vmtp_rx *rx, vmtp_time when) {
    struct pcapng *p = self(o);
    if (!p->file)
        return;
    begin_packet(p, when, rx->length, rx->dst, rx->src);
    put(p, rx->packet, rx->length);
    pad(p);
    if (rx->flags & VMTP_RX_TRUNCATED) /* how long it was the port cannot say */
        put_text(p, OPTION_COMMENT, "truncated on reception");
    finish_packet(p, FLAG_INBOUND | reception(rx->dst));
}

static void write_statistics(struct pcapng *p, const struct vmtp_port_stats *stats) {
    uint64_t received = stats->received + stats->rx_dropped;
    begin(p, BLOCK_STATISTICS);
    put32(p, 0); /* interface */
    put_time(p, port_observer_now(&p->observer));
    put_pending_comment(p);
    put_option(p, STATISTICS_RECEIVED, &received, sizeof received);
    put_option(p, STATISTICS_DROPPED, &stats->rx_dropped, sizeof stats->rx_dropped);
    finish(p);
}

/* ---- the port ------------------------------------------------------------------------------------------------------ */

static void pcapng_idle(struct port_observer *o) {
    struct pcapng *p = self(o);
    errno = 0;
    if (p->file && fflush(p->file))
        fail(p, errno);
}

/* What is buffered may fail only when the file is closed: not before that is it known whether the capture is whole. */
static void pcapng_closing(struct port_observer *o) {
    struct pcapng *p = self(o);
    struct vmtp_port_stats stats;
    if (!p->file)
        return;
    vmtp_port_stats(o->inner, &stats);
    write_statistics(p, &stats);
    FILE *file = p->file;
    p->file = NULL;
    errno = 0;
    if (file && fclose(file))
        fail(p, errno);
}

static void pcapng_dispose(struct port_observer *o) {
    struct pcapng *p = self(o);
    if (p->file) /* opening failed */
        fclose(p->file);
    free(p->comment);
    free(p->block);
    free(p);
}

int vmtp_pcapng_open(vmtp_port **out, vmtp_port *inner, const char *path, vmtp_clock_fn clock, void *context) {
    struct pcapng *p = calloc(1, sizeof *p);
    if (!p)
        return VMTP_E_MEMORY;
    port_observer_init(&p->observer, inner, clock, context);
    p->observer.sent = pcapng_sent;
    p->observer.received = pcapng_received;
    p->observer.idle = pcapng_idle;
    p->observer.closing = pcapng_closing;
    p->observer.dispose = pcapng_dispose;
    p->file = fopen(path, "wbe");
    if (p->file)
        write_section(p);
    if (p->file)
        write_interface(p);
    if (p->file)
        pcapng_idle(&p->observer);
    if (!p->file) {
        int error = p->error ? p->error : errno;
        pcapng_dispose(&p->observer);
        errno = error;
        return VMTP_E_SYSTEM;
    }
    *out = &p->observer.port;
    return 0;
}

/* The capture of a port, or NULL when it is none. */
static struct pcapng *capture_of(const vmtp_port *port) {
    struct port_observer *o = (struct port_observer *)(uintptr_t)port;
    return port_is_observer(port) && o->dispose == pcapng_dispose ? self(o) : NULL;
}

int vmtp_pcapng_error(const vmtp_port *port) {
    const struct pcapng *p = capture_of(port);
    return p ? p->error : 0;
}

int vmtp_pcapng_finish(vmtp_port *port) {
    struct pcapng *p = capture_of(port);
    if (!p)
        return 0;
    pcapng_closing(&p->observer);
    return p->error;
}

int vmtp_pcapng_comment(vmtp_port *port, const char *text) {
    struct pcapng *p = capture_of(port);
    if (!p)
        return VMTP_E_INVALID;
    size_t length = strlen(text);
    size_t before = p->comment ? strlen(p->comment) + 1 : 0;
    if (before + length > COMMENT_MOST)
        return VMTP_E_TOO_LARGE;
    char *comment = realloc(p->comment, before + length + 1);
    if (!comment)
        return VMTP_E_MEMORY;
    if (before)
        comment[before - 1] = '\n';
    memcpy(comment + before, text, length + 1);
    p->comment = comment;
    return 0;
}
