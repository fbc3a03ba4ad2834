/* SPDX-License-Identifier: BSD-2-Clause */
/* progress.h - a line on a terminal that tells how far something is. */
#ifndef VNET_PROGRESS_H
#define VNET_PROGRESS_H

#include <stddef.h>
#include <stdint.h>

#include <vmtp/frame.h>

struct progress {
    int is_on; /* stderr is a terminal, and nobody has asked for silence */
    int is_shown;
    vmtp_time begun, shown;
    uint64_t from; /* where it began */
};

void progress_begin(struct progress *p, vmtp_time now, uint64_t from);
/* So much of so much (0: unknown) is done.  Shown ten times a second. */
void progress_show(struct progress *p, vmtp_time now, const char *name, uint64_t done, uint64_t all);
/* Takes the line away. */
void progress_clear(struct progress *p);

#endif
