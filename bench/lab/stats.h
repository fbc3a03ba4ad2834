/* SPDX-License-Identifier: BSD-2-Clause */
/* stats.h - what to say about many measured numbers. */
#ifndef BENCH_STATS_H
#define BENCH_STATS_H

#include <stddef.h>
#include <stdint.h>

/* Of times in nanoseconds. */
struct summary {
    size_t count;
    double least, p50, p99, mean;
};

/* Sorts the samples in place. */
struct summary summarize(uint64_t *samples, size_t count);

/* The middle one, or the mean of the two in the middle; 0 of nothing.  Sorts in place. */
double median(double *values, size_t count);

#endif
