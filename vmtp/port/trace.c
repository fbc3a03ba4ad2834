/* SPDX-License-Identifier: BSD-2-Clause */
/* trace.c - one readable line for every packet that passes. */
#include "observer.h"

#include <stdlib.h>

#define TRACE_LINE 400

struct trace {
    struct port_observer observer;
    FILE *stream;
};

static void write_line(struct port_observer *o, vmtp_time when, const char *direction, const uint8_t *peer,
                       size_t octets, const char *what) {
    FILE *stream = ((struct trace *)o)->stream;
    fprintf(stream, "%llu.%09llu %s %s %02x:%02x:%02x:%02x:%02x:%02x %zu octets: %s\n",
            (unsigned long long)(when / VMTP_SECOND), (unsigned long long)(when % VMTP_SECOND), o->port.info.name,
            direction, peer[0], peer[1], peer[2], peer[3], peer[4], peer[5], octets, what);
}

static void trace_sent(struct port_observer *o, const struct vmtp_tx *tx, vmtp_time when) {
    /* Pieces are not put together for this: nobody describes the data. */
    struct vmtp_view view = {.header = tx->header, .data = NULL, .data_octets = 0, .checksum = 0};
    view.data_octets = (uint32_t)(vmtp_tx_octets(tx) - VMTP_MIN_PACKET);
    view.checksum = vmtp_load32(tx->trailer + tx->trailer_octets - VMTP_CHECKSUM_OCTETS);
    char line[TRACE_LINE];
    vmtp_packet_describe(line, sizeof line, &view);
    write_line(o, when, ">", tx->dst, vmtp_tx_octets(tx), line);
}

static void trace_received(struct port_observer *o, const struct vmtp_rx *rx, vmtp_time when) {
    struct vmtp_view view;
    char line[TRACE_LINE];
    enum vmtp_packet_fault fault = vmtp_view_init(&view, rx->packet, rx->length);
    if (fault == VMTP_PACKET_OK && !(rx->flags & VMTP_RX_TRUNCATED))
        fault = vmtp_view_verify(&view, NULL);
    if (fault == VMTP_PACKET_OK)
        vmtp_packet_describe(line, sizeof line, &view);
    else
        snprintf(line, sizeof line, "bad packet (%s)", vmtp_packet_fault_name(fault));
    write_line(o, when, "<", rx->src, rx->length, line);
}

static void trace_idle(struct port_observer *o) { fflush(((struct trace *)o)->stream); }

static void trace_dispose(struct port_observer *o) { free(o); }

int vmtp_trace_open(vmtp_port **out, vmtp_port *inner, FILE *stream, vmtp_clock_fn clock, void *context) {
    struct trace *t = calloc(1, sizeof *t);
    if (!t)
        return VMTP_E_MEMORY;
    port_observer_init(&t->observer, inner, clock, context);
    t->observer.sent = trace_sent;
    t->observer.received = trace_received;
    t->observer.idle = trace_idle;
    t->observer.closing = trace_idle;
    t->observer.dispose = trace_dispose;
    t->stream = stream;
    *out = &t->observer.port;
    return 0;
}
