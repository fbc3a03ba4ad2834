/* SPDX-License-Identifier: BSD-2-Clause */
/* cable.h - network namespaces and the veths that join them; what lab.c and relay.c are made of. */
#ifndef BENCH_CABLE_H
#define BENCH_CABLE_H

#include "lab.h"

/* Everything here: 0, or -1 after one line on stderr. */
int cable_complain(const char *what); /* with errno's text; returns -1 */
int cable_become_root(void);          /* or root in a user namespace */
int cable_host(struct lab_end *end);  /* a namespace of its own; this process is in it */
int cable_enter(const struct lab_end *end);
/* Between two ends whose namespaces, names and addresses (empty: none) are set; learns their MACs. */
int cable_lay(struct lab_end *one, struct lab_end *other);
int cable_set_mtu(const struct lab_end *end, unsigned mtu);

#endif
