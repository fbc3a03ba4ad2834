/* SPDX-License-Identifier: BSD-2-Clause */
/* stop.h - somebody wants the run to end (SIGINT, SIGTERM, SIGHUP): what has been found out until then is told. */
#ifndef VC_STOP_H
#define VC_STOP_H

#include <signal.h>

#define VC_STOPPED "vconform was told to end"

extern volatile sig_atomic_t vc_stopped;

/* From now on; the second signal ends the program at once.  Signals that were ignored stay so. */
void vc_stop_on_signals(void);

#endif
