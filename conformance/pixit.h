/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pixit.h - to what a node's timers are set (section 9.1 of spec/vmtp.md).
 *
 * A file has lines "TIMER MILLISECONDS" or "TIMER LEAST MOST"; what it leaves out has its default.  "SLACK MILLISECONDS" is what a
 * tester or node that is busy may add to anything, "REBOOT MILLISECONDS" how long the command of --reboot may take.
 */
#ifndef VC_PIXIT_H
#define VC_PIXIT_H

#include <stddef.h>

#include "packet.h"

enum vc_timer { VC_TC1, VC_TC2, VC_TC3, VC_TS1, VC_TS4, VC_TS5, VC_PROBE_INTERVAL, VC_SLACK, VC_REBOOT, VC_TIMERS };

struct vc_timer_range {
    const char *name, *text;
    vc_time least, most;
};
extern struct vc_timer_range vc_timers[VC_TIMERS];

/* 0, or -1: error has one line. */
int vc_pixit_read(const char *path, char *error, size_t size);
/* What may be seen of so many times a timer. */
vc_time vc_least(enum vc_timer timer, unsigned times);
vc_time vc_most(enum vc_timer timer, unsigned times);

#endif
