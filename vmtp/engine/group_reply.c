/* SPDX-License-Identifier: BSD-2-Clause */
/* group_reply.c - how members answer, so that the client hears them all (spec/vmtp.md section 13.1). */
#include "internal.h"

#define DELAY_MOST (100 * VMTP_MILLISECOND)

/* ---- DRT: not all at once ---- */

int veng_group_delays(const struct request *q, const struct remote *r) {
    return r->multicast && (vmtp_get_control(q->header) & VMTP_DRT);
}

void veng_group_delay(struct vmtp_engine *e, struct request *q, vmtp_time now) {
    vmtp_time half = (e->config.timers.tc2_floor + e->config.timers.tc1_constant) / 2;
    vmtp_time most = half < DELAY_MOST ? half : DELAY_MOST;
    q->delayed = 1;
    veng_timer_set(&e->wheel, &q->timer, now + veng_engine_random(e) % (most + 1));
}

void veng_group_delay_over(struct vmtp_engine *e, struct request *q) {
    q->delayed = 0;
    veng_send_queue(e, &q->tx);
}
