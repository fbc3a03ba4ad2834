/* SPDX-License-Identifier: BSD-2-Clause */
/* rtt.h - a collection of round trip times. */
#ifndef VNET_RTT_H
#define VNET_RTT_H

#include <vmtp/frame.h>

struct rtt {
    vmtp_time *samples;
    size_t count, room;
};

struct rtt_summary {
    vmtp_time min, median, p99, max;
};

/* 0, or -1 when memory ran out. */
int rtt_add(struct rtt *r, vmtp_time sample);
/* Sorts the samples.  All zero when there are none. */
struct rtt_summary rtt_summarize(struct rtt *r);
void rtt_free(struct rtt *r);

#endif
