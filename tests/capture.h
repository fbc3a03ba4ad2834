/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Captures that tests leave: with VSUITE_CAPTURES in the environment each host of a simulated network writes what it sends and
 * receives to FOLDER/PROGRAM-TESTCASE-PROCESS-NUMBER.pcapng.  dissector/tests/test_captures.py looks at them.
 */
#ifndef TESTS_CAPTURE_H
#define TESTS_CAPTURE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <vmtp/port.h>

extern const char *__progname;
const char *tcase_name(void) __attribute__((weak)); /* of libcheck, where a program has it */

/* The port to be used from now on: one that also captures, or the same. */
static inline vmtp_port *capture_port(vmtp_port *port, vmtp_clock_fn clock, void *context) {
    static unsigned number;
    const char *folder = getenv("VSUITE_CAPTURES");
    char path[512];
    vmtp_port *outer;
    if (!folder)
        return port;
    const char *test = tcase_name && tcase_name() ? tcase_name() : "main";
    snprintf(path, sizeof path, "%s/%s-%s-%ld-%u.pcapng", folder, __progname, test, (long)getpid(), number++);
    for (char *at = path + strlen(folder) + 1; *at; at++)
        if (strchr(" /:,", *at))
            *at = '_';
    return vmtp_pcapng_open(&outer, port, path, clock, context) == 0 ? outer : port;
}

#endif
