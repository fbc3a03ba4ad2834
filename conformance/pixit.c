/* SPDX-License-Identifier: BSD-2-Clause */
#include "pixit.h"

#include <stdio.h>
#include <string.h>

#include "lines.h"

#define MS(n) ((n)*VC_MILLISECOND)

struct vc_timer_range vc_timers[VC_TIMERS] = {
    [VC_TC1] = {"TC1", "of a client, to a server that it has not heard, and after NVC(OK)", MS(210), MS(220)},
    [VC_TC2] = {"TC2", "of a client, behind the first retransmission; it doubles", MS(20), MS(20)},
    [VC_TC3] = {"TC3", "of a client, between packets of a Response", MS(20), MS(20)},
    [VC_TS1] = {"TS1", "of a server, between packets of a Request", MS(20), MS(20)},
    [VC_TS4] = {"TS4", "of a server, remembers a transaction", MS(5000), MS(5000)},
    [VC_TS5] = {"TS5", "of a server, before it asks for an acknowledgment", MS(250), MS(250)},
    [VC_PROBE_INTERVAL] = {"PROBE", "of a node, between ProbeEntityBlocks", MS(50), MS(50)},
    [VC_SLACK] = {"SLACK", "what a busy tester or node may add", MS(100), MS(100)},
    [VC_REBOOT] = {"REBOOT", "of the command of --reboot, which is ended if it takes longer", MS(60000), MS(60000)},
};

static struct vc_timer_range *find(const char *name) {
    for (unsigned i = 0; i < VC_TIMERS; i++)
        if (strcmp(vc_timers[i].name, name) == 0)
            return &vc_timers[i];
    return NULL;
}

static int read_line(void *context, char *line, char why[VC_WHY]) {
    char name[40];
    double least, most;
    int one = 0, both = 0, fields = sscanf(line, "%39s %lf %n%lf %n", name, &least, &one, &most, &both);
    (void)context;
    if (fields < 1)
        return 0;
    struct vc_timer_range *timer = find(name);
    if (!timer) {
        snprintf(why, VC_WHY, "no timer \"%s\" (vconform --list timers)", name);
        return -1;
    }
    most = fields == 2 ? least : most;
    if (fields < 2 || line[fields == 2 ? one : both] || !(least >= 0 && least <= most && most <= 3600000)) {
        snprintf(why, VC_WHY, "%s wants one number of milliseconds, or the least and the most", name);
        return -1;
    }
    timer->least = (vc_time)(least * 1e6);
    timer->most = (vc_time)(most * 1e6);
    return 0;
}

int vc_pixit_read(const char *path, char *error, size_t size) {
    return vc_lines_read(path, read_line, NULL, error, size);
}

/* A clock may be a twentieth fast, and what is measured has waited for its turn when it was sent. */
vc_time vc_least(enum vc_timer timer, unsigned times) { return vc_timers[timer].least * times * 19 / 20; }

vc_time vc_most(enum vc_timer timer, unsigned times) {
    return vc_timers[timer].most * times + vc_timers[VC_SLACK].most;
}
