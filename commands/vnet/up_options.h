/* SPDX-License-Identifier: BSD-2-Clause */
/* up_options.h - the many settings of vnet up. */
#ifndef VNET_UP_OPTIONS_H
#define VNET_UP_OPTIONS_H

#include <vmtp/host.h>

#include "options.h"
#include "test_responder.h"

struct up_options {
    struct common_options common;
    struct vtest_options service;
    struct vmtp_host_config host; /* timers, tables and so on are set right in it */
    const char *checksum;
    uint8_t no_spin;
};

enum option_outcome up_options_parse(struct up_options *o, int argc, char **argv);

#endif
