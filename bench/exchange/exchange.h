/* SPDX-License-Identifier: BSD-2-Clause */
/* exchange.h - one small message there and one back, by several means. */
#ifndef BENCH_EXCHANGE_H
#define BENCH_EXCHANGE_H

#include "../lab/lab.h"
#include "../lab/ring.h"

/*
 * What one message of each looks like on the cable, without the Ethernet CRC: that of a VMTP packet without
 * data.
 */
#define EXCHANGE_FRAME 82u
#define EXCHANGE_UDP (EXCHANGE_FRAME - 14u - 20u - 8u)
#define EXCHANGE_TCP (EXCHANGE_FRAME - 14u - 20u - 20u - 12u) /* with the time stamp option */

struct exchange_settings {
    enum waiting waiting;
    size_t warm_up, count;
};

int exchange_ring_serve(struct lab_seat *seat);
int exchange_ring_measure(struct lab_seat *seat);
int exchange_udp_serve(struct lab_seat *seat);
int exchange_udp_measure(struct lab_seat *seat);
int exchange_tcp_serve(struct lab_seat *seat);
int exchange_tcp_measure(struct lab_seat *seat);
int exchange_vmtp_serve(struct lab_seat *seat);
int exchange_vmtp_measure(struct lab_seat *seat);

/* Repeats one exchange and notes how long each took.  once returns 0, or -1 after lab_problem. */
int exchange_repeat(struct lab_seat *seat, int (*once)(void *context), void *context);

#endif
