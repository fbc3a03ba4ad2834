/* SPDX-License-Identifier: BSD-2-Clause */
/* rtt.h - a smoothed time and its deviation, as TCP does it (Jacobson and Karels 1988): gains 1/8 and 1/4. */
#ifndef VMTP_ENGINE_RTT_H
#define VMTP_ENGINE_RTT_H

#include <vmtp/frame.h>

struct rtt {
    uint32_t smoothed; /* microseconds, saturating; 0: never measured */
    uint32_t deviation;
};

static inline void rtt_sample(struct rtt *r, vmtp_time elapsed) {
    uint64_t us = elapsed / VMTP_MICROSECOND + 1;
    uint32_t sample = us > 3600000000u ? 3600000000u : (uint32_t)us;
    if (r->smoothed == 0) {
        r->smoothed = sample;
        r->deviation = sample / 2u;
        return;
    }
    int64_t error = (int64_t)sample - (int64_t)r->smoothed;
    int64_t smoothed = (int64_t)r->smoothed + error / 8;
    int64_t deviation = (int64_t)r->deviation + ((error < 0 ? -error : error) - (int64_t)r->deviation) / 4;
    r->smoothed = smoothed < 1 ? 1u : (uint32_t)smoothed;
    r->deviation = (uint32_t)deviation;
}

/* Smoothed time and four deviations, in nanoseconds; 0 when never measured. */
static inline vmtp_time rtt_bound(const struct rtt *r) {
    return ((vmtp_time)r->smoothed + 4u * (vmtp_time)r->deviation) * VMTP_MICROSECOND;
}

#endif
