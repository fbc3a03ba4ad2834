/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * relay.h - a host between the two, which carries frames from cable to cable and loses as many as board->loss says.
 *
 * It takes frames out of one receive ring and gives them to the other interface from where they lie, as many with one
 * system call as there are.
 */
#ifndef BENCH_RELAY_H
#define BENCH_RELAY_H

#include "lab.h"

/* Lays the second way, once, with this MTU, and has a process carry frames.  0, or -1 after one line on stderr. */
int relay_start(struct lab *lab, unsigned mtu, uint64_t seed);
void relay_stop(struct lab *lab);

#endif
