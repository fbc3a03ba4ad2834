/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * timer.h - a hierarchical timer wheel: setting, moving and stopping a timer cost O(1).
 *
 * Ticks of 2^18 ns (0.26 ms), eight levels of 64 slots: every 64-bit time fits, so there is no limit and no overflow list.  A timer never fires
 * early and at most one tick late.
 */
#ifndef VMTP_ENGINE_TIMER_H
#define VMTP_ENGINE_TIMER_H

#include <vmtp/frame.h>

#define WHEEL_SHIFT 18u
#define WHEEL_LEVELS 8u

struct timer {
    struct timer *next;
    struct timer **link; /* what points at us; NULL: not running */
    vmtp_time expiry;
    uint16_t slot;
    uint8_t kind; /* enum timer_kind, set once by the owner */
};

struct wheel {
    uint64_t tick;   /* everything up to here has fired */
    uint32_t levels; /* bit n: level n has timers */
    uint64_t used[WHEEL_LEVELS];
    struct timer *slots[WHEEL_LEVELS * 64u];
};

void veng_wheel_init(struct wheel *w, vmtp_time now);
/* Starts or moves a timer.  An expiry in the past fires with the next tick. */
void veng_timer_set(struct wheel *w, struct timer *t, vmtp_time expiry);
void veng_timer_unlink(struct wheel *w, struct timer *t); /* of one that runs */
static inline int timer_running(const struct timer *t) { return t->link != NULL; }
static inline void veng_timer_stop(struct wheel *w, struct timer *t) {
    if (timer_running(t))
        veng_timer_unlink(w, t);
}
/* When wheel_pop may have something; VMTP_NEVER when no timer runs. */
vmtp_time veng_wheel_deadline(const struct wheel *w);
/* The next timer that is due at now, stopped; NULL when there is none. */
struct timer *veng_wheel_pop(struct wheel *w, vmtp_time now);

#endif
