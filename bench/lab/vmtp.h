/* SPDX-License-Identifier: BSD-2-Clause */
/* vmtp.h - VMTP hosts at the two ends of a lab. */
#ifndef BENCH_VMTP_H
#define BENCH_VMTP_H

#include <vmtp/host.h>

#include "lab.h"
#include "ring.h"

/*
 * Opens the seat's host. Identifiers are given, so that nothing waits for their allocation. -1: after
 * lab_problem.
 */
int bench_host_open(vmtp_host **host, struct lab_seat *seat, enum waiting waiting);

/*
 * Makes the entity that is called, with room for depth Requests without data, tells the client of it, and
 * says lab_ready.
 */
int bench_host_serve(vmtp_host *host, struct lab_seat *seat, vmtp_entity *entity, uint32_t depth);
/* The same with room for segments of capacity octets. */
int bench_host_serve_with(vmtp_host *host, struct lab_seat *seat, vmtp_entity *entity, uint32_t depth, uint32_t capacity);

/* What result stands for, whichever kind it is. */
int bench_host_problem(struct lab_seat *seat, const char *what, int result);

#endif
