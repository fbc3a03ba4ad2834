/* SPDX-License-Identifier: BSD-2-Clause */
/* transfer.h - segments of 16 KiB from the server to the client, by several means. */
#ifndef BENCH_TRANSFER_H
#define BENCH_TRANSFER_H

#include <sys/socket.h>
#include <sys/uio.h>

#include "../lab/lab.h"
#include "../lab/ring.h"

#define SEGMENT 16384u
#define WHOLE 256u /* segments in 4 MiB */
#define FLIGHT_MAX 64u

struct transfer_settings {
    unsigned mtu;
    unsigned unit;         /* segments that are timed together */
    unsigned in_flight;    /* requests outstanding */
    unsigned per_request;  /* segments that one request asks for */
    size_t warm_up, count; /* units */
};

/*
 * The packets in which a segment travels: as many whole blocks of 512 octets as the MTU allows in each, with
 * 64 octets of header and 4 of trailer, as VMTP sends them.
 */
#define PLAN_PACKETS 32u
#define PLAN_HEADER 64u
#define PLAN_TRAILER 4u

struct plan {
    unsigned packets;
    size_t largest; /* data octets */
    size_t at[PLAN_PACKETS], octets[PLAN_PACKETS];
};
void plan_make(struct plan *plan, unsigned mtu);

/* A request: the tag that comes back in every packet, and how many segments are wanted. */
struct demand {
    uint32_t tag, segments;
};

/* Packets ready for sendmmsg: prefix octets of link header (0 or 14), header, data, trailer. */
struct volley {
    struct plan plan;
    size_t prefix;
    uint8_t headers[PLAN_PACKETS][14 + PLAN_HEADER];
    uint8_t data[SEGMENT];
    uint8_t trailer[PLAN_TRAILER];
    struct iovec slices[PLAN_PACKETS][3];
    struct mmsghdr messages[PLAN_PACKETS];
};
void volley_make(struct volley *volley, unsigned mtu, const uint8_t *prefix, size_t prefix_octets);
/* Sends what is demanded.  0, or -1 with errno. */
int volley_send(struct volley *volley, int fd, struct demand demand);

/* Times fetch, which brings unit segments; it returns 0, or -1 after lab_problem. */
int transfer_repeat(struct lab_seat *seat, int (*fetch)(void *context), void *context);

int transfer_ring_serve(struct lab_seat *seat);
int transfer_ring_measure(struct lab_seat *seat);
int transfer_udp_serve(struct lab_seat *seat);
int transfer_udp_measure(struct lab_seat *seat);
int transfer_tcp_serve(struct lab_seat *seat);
int transfer_tcp_measure(struct lab_seat *seat);
int transfer_vmtp_serve(struct lab_seat *seat);
int transfer_vmtp_measure(struct lab_seat *seat);

#endif
