/* SPDX-License-Identifier: BSD-2-Clause */
/* command.h - a command of the operator, which ends, or is ended. */
#ifndef VC_COMMAND_H
#define VC_COMMAND_H

#include "packet.h"

struct vc_command {
    enum {
        VC_COMMAND_EXIT,   /* with status */
        VC_COMMAND_SIGNAL, /* status: which */
        VC_COMMAND_ENDLESS,
        VC_COMMAND_NONE /* there was no process for it; status: errno */
    } end;
    int status;
    char said[120]; /* the last line that it printed, or "" */
};

/*
 * Runs it by the shell, and waits for it, not for what it leaves in the background.  What goes on behind `limit` is ended with all that it
 * has started.  What it prints is no part of ours, and nobody who reads that waits for what stays.
 */
struct vc_command vc_command(const char *command, vc_time limit);

#endif
