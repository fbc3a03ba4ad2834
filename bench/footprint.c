/* SPDX-License-Identifier: BSD-2-Clause */
/* bench_footprint - octets of memory an engine takes for each record of each table. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <vmtp/engine.h>

#include "lab/options.h"

struct table {
    const char *key, *title;
    size_t at; /* of its bound in struct vmtp_config */
    uint32_t more;
};

#define BOUND(member) offsetof(struct vmtp_config, member)

/* Hash tables grow by doubling: many more records than there were show what one takes on the average. */
static const struct table tables[] = {
    {"remote_client", "idle remote client record", BOUND(max_remote_clients), 1000000},
    {"call", "call (message transaction as client)", BOUND(max_calls), 10000},
    {"request", "Request in hand", BOUND(max_requests), 10000},
    {"host", "host cache entry", BOUND(max_hosts), 10000},
    {"entity", "local entity", BOUND(max_entities), 10000},
    {"accept", "posted accept", BOUND(max_accepts), 10000},
    {"response", "Response remembered by a group call", BOUND(max_responses), 10000},
    {"control", "management packet waiting", BOUND(max_control), 10000},
};
#define TABLES (sizeof tables / sizeof *tables)

static void no_random(void *context, void *out, size_t size) {
    (void)context;
    memset(out, 0, size);
}

static double octets_per_record(const struct vmtp_config *base, const struct table *t) {
    struct vmtp_config larger = *base;
    uint32_t bound;
    memcpy(&bound, (char *)&larger + t->at, sizeof bound);
    bound += t->more;
    memcpy((char *)&larger + t->at, &bound, sizeof bound);
    size_t octets = vmtp_engine_footprint(&larger);
    if (octets == 0) {
        const char *why = vmtp_config_check(&larger);
        fprintf(stderr, "bench: %s: %s\n", t->key, why ? why : "no footprint");
        exit(3);
    }
    return (double)(octets - vmtp_engine_footprint(base)) / t->more;
}

int main(int argc, char **argv) {
    const char *path = argc == 3 && strcmp(argv[1], "--json") == 0 ? argv[2] : NULL;
    if (argc != 1 && !path) {
        fprintf(stderr, "usage: bench_footprint [--json FILE]\n");
        return 2;
    }
    struct vmtp_config config;
    vmtp_config_init(&config);
    config.random = no_random;
    json_t *json = json_pack("{s:s, s:I}", "bench", "footprint", "default_engine",
                             (json_int_t)vmtp_engine_footprint(&config));
    printf("octets of memory\n\n");
    printf("%-40s %10zu\n", "engine with the default configuration", vmtp_engine_footprint(&config));
    for (size_t i = 0; i < TABLES; i++) {
        double octets = octets_per_record(&config, &tables[i]);
        printf("%-40s %10.1f\n", tables[i].title, octets);
        json_object_set_new(json, tables[i].key, json_real(octets));
    }
    if (path)
        return option_write_json(path, json) == 0 ? 0 : 3;
    json_decref(json);
    return 0;
}
