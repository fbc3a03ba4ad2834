/* SPDX-License-Identifier: BSD-2-Clause */
/* rig.h - what the managers of a seed run on. */
#ifndef VNAMING_TESTS_SIM_RIG_H
#define VNAMING_TESTS_SIM_RIG_H

#include <vipc/ipc.h>

#define RIG_NODES 8

struct rig_faults {
    uint32_t loss, duplicate; /* parts per million, of each copy of what is multicast */
    vmtp_time delay, jitter;
};

struct rig {
    const char *name;
    void (*open)(uint64_t seed, unsigned count, vipc *nodes[RIG_NODES]);
    void (*faults)(const struct rig_faults *faults);
    void (*partition)(unsigned node, uint32_t side); /* different sides do not hear each other */
    void (*stop)(unsigned node, int stopped);        /* its program does not run until it is called with 0 */
    void (*run)(vmtp_time duration);
    void (*close)(void); /* the nodes have been closed */
};

extern const struct rig rig_fake, rig_host;

/* The host of a node of rig_host. */
struct vmtp_host;
struct vmtp_host *rig_host_of(unsigned node);

#endif
