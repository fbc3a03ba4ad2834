/* SPDX-License-Identifier: BSD-2-Clause */
#include "rtt.h"

#include <stdlib.h>

int rtt_add(struct rtt *r, vmtp_time sample) {
    if (r->count == r->room) {
        size_t room = r->room ? r->room * 2 : 1024;
        vmtp_time *samples = realloc(r->samples, room * sizeof *samples);
        if (!samples)
            return -1;
        r->samples = samples;
        r->room = room;
    }
    r->samples[r->count++] = sample;
    return 0;
}

static int compare(const void *a, const void *b) {
    const vmtp_time x = *(const vmtp_time *)a, y = *(const vmtp_time *)b;
    return x < y ? -1 : x > y;
}

/* The smallest sample that is not below part/100 of all (nearest rank). */
static vmtp_time percentile(const struct rtt *r, size_t part) {
    size_t rank = (r->count * part + 99) / 100;
    return r->samples[rank > 0 ? rank - 1 : 0];
}

struct rtt_summary rtt_summarize(struct rtt *r) {
    struct rtt_summary s = {0};
    if (r->count == 0)
        return s;
    qsort(r->samples, r->count, sizeof *r->samples, compare);
    s.min = r->samples[0];
    s.max = r->samples[r->count - 1];
    s.median = percentile(r, 50);
    s.p99 = percentile(r, 99);
    return s;
}

void rtt_free(struct rtt *r) {
    free(r->samples);
    *r = (struct rtt){0};
}
