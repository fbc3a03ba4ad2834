/* SPDX-License-Identifier: BSD-2-Clause */
/* engine_options.h - the settings of a node that others use: timers, tables, packets. */
#ifndef VNET_ENGINE_OPTIONS_H
#define VNET_ENGINE_OPTIONS_H

#include <vmtp/host.h>

#include "options.h"

struct engine_options {
    struct vmtp_host_config host; /* for node_open */
    const char *checksum;
    uint8_t no_spin;
};

/* The defaults, but max_requests and max_accepts: they are 0, until the service says what it needs. */
void engine_options_init(struct engine_options *o);
/* Fills rows, and has the table go on with `more`. */
#define ENGINE_ROWS 34u
void engine_rows(struct option_row rows[ENGINE_ROWS], struct engine_options *o, const struct option_row *more);
/* After the service has said what it needs: 0, or -1 after a message. */
int engine_options_check(struct engine_options *o);

#endif
