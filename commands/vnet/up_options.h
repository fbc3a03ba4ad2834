/* SPDX-License-Identifier: BSD-2-Clause */
/* up_options.h - the many settings of vnet up. */
#ifndef VNET_UP_OPTIONS_H
#define VNET_UP_OPTIONS_H

#include "engine_options.h"
#include "test_responder.h"
#include "up_names.h"

struct up_options {
    struct common_options common;
    struct vtest_options service;
    struct engine_options engine; /* timers, tables and so on are set right in it */
    struct up_names_options names;
    vmtp_entity group;    /* 0: none.  Otherwise the service joins it; flags only: a new one is made */
    uint32_t permissions; /* in that group */
};

/* What a node has when nothing else is said, for a run of `up` by other commands too. */
void up_options_init(struct up_options *o);

enum option_outcome up_options_parse(struct up_options *o, int argc, char **argv);

/* Runs a node with the test service until somebody interrupts; returns an exit code. */
int up_run(const struct up_options *o);

#endif
