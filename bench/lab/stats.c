/* SPDX-License-Identifier: BSD-2-Clause */
#include "stats.h"

#include <stdlib.h>

static int compare_samples(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static int compare_values(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

struct summary summarize(uint64_t *samples, size_t count) {
    struct summary s = {.count = count};
    if (count == 0)
        return s;
    qsort(samples, count, sizeof *samples, compare_samples);
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += (double)samples[i];
    s.least = (double)samples[0];
    s.p50 = (double)samples[(count - 1) / 2];
    s.p99 = (double)samples[(count - 1) * 99 / 100];
    s.mean = sum / (double)count;
    return s;
}

double median(double *values, size_t count) {
    if (count == 0)
        return 0;
    qsort(values, count, sizeof *values, compare_values);
    return count % 2 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}
