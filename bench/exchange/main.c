/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bench_exchange - the null transaction beside a bare ring, UDP and TCP, taking turns in one run.
 *
 * Figures of different runs must not be compared: the speed of a machine drifts.  Ratios within a run may.
 */
#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../lab/options.h"
#include "../lab/stats.h"
#include "exchange.h"

struct contender {
    const char *key, *title;
    lab_role serve, measure;
    enum waiting waiting;
};

static const struct contender contenders[] = {
    {"ring", "bare ring, default waiting", exchange_ring_serve, exchange_ring_measure, WAIT_DEFAULT},
    {"ring_spin", "bare ring, spinning", exchange_ring_serve, exchange_ring_measure, WAIT_SPIN},
    {"vmtp", "VMTP, default waiting", exchange_vmtp_serve, exchange_vmtp_measure, WAIT_DEFAULT},
    {"udp_spin", "UDP, spinning", exchange_udp_serve, exchange_udp_measure, WAIT_SPIN},
    {"tcp_spin", "TCP, spinning", exchange_tcp_serve, exchange_tcp_measure, WAIT_SPIN},
    {"ring_block", "bare ring, sleeping at once", exchange_ring_serve, exchange_ring_measure, WAIT_BLOCK},
    {"vmtp_block", "VMTP, sleeping at once", exchange_vmtp_serve, exchange_vmtp_measure, WAIT_BLOCK},
    {"udp_block", "UDP, sleeping", exchange_udp_serve, exchange_udp_measure, WAIT_BLOCK},
    {"tcp_block", "TCP, sleeping", exchange_tcp_serve, exchange_tcp_measure, WAIT_BLOCK},
};
#define CONTENDERS (sizeof contenders / sizeof *contenders)
#define ROUNDS_MAX 99u

/* VMTP compared with one of them: a bound to keep, or for information when bound is 0. */
struct comparison {
    const char *key, *title, *mine, *other;
    double bound;
};

static const struct comparison comparisons[] = {
    {"vmtp_to_ring", "VMTP / bare ring p50", "vmtp", "ring", 1.3},
    {"vmtp_to_udp_spin", "VMTP / spinning UDP p50", "vmtp", "udp_spin", 0.75},
    {"vmtp_to_ring_spin", "VMTP / spinning bare ring p50", "vmtp", "ring_spin", 0},
    {"vmtp_to_tcp_spin", "VMTP / spinning TCP p50", "vmtp", "tcp_spin", 0},
    {"vmtp_block_to_udp_block", "VMTP / UDP p50, both sleeping", "vmtp_block", "udp_block", 0},
};
#define COMPARISONS (sizeof comparisons / sizeof *comparisons)

struct options {
    size_t rounds, count;
    int cores[LAB_SIDES];
    int realtime;
    int check;
    const char *json;
    const char *names; /* those to run, separated by commas; NULL: all */
};

struct results {
    double p50[CONTENDERS][ROUNDS_MAX], p99[CONTENDERS][ROUNDS_MAX]; /* in the order of the rounds, nanoseconds */
    size_t rounds;
};

int exchange_repeat(struct lab_seat *seat, int (*once)(void *context), void *context) {
    const struct exchange_settings *settings = seat->settings;
    for (size_t i = 0; i < settings->warm_up; i++)
        if (once(context) != 0)
            return -1;
    uint64_t before = lab_now();
    for (size_t i = 0; i < settings->count; i++) {
        if (once(context) != 0)
            return -1;
        uint64_t now = lab_now();
        seat->board->samples[i] = now - before;
        before = now;
    }
    seat->board->count = settings->count;
    return 0;
}

/* ---- running ------------------------------------------------------------------------------------------------- */

static int is_chosen(const struct options *o, const struct contender *c) {
    if (o->names)
        return option_list_has(o->names, c->key);
    /* On a shared core two that spin without yielding wait for the scheduler's next turn each time. */
    return c->waiting != WAIT_SPIN || o->cores[LAB_CLIENT] != o->cores[LAB_SERVER];
}

/* Exchanges of sleepers take ten times as long, and the spread of their figures does not need as many. */
static struct exchange_settings settings_of(const struct options *o, const struct contender *c) {
    size_t count = c->waiting == WAIT_BLOCK ? (o->count + 3) / 4 : o->count;
    return (struct exchange_settings){.waiting = c->waiting, .count = count, .warm_up = count / 10 + 100};
}

static int run_one(struct lab *lab, const struct options *o, size_t which, size_t round, struct results *r) {
    const struct contender *c = &contenders[which];
    struct exchange_settings settings = settings_of(o, c);
    /* 500 us for each exchange is many times what the slowest needs. */
    struct lab_job job = {.serve = c->serve,
                          .measure = c->measure,
                          .settings = &settings,
                          .seconds = 10 + (unsigned)((settings.count + settings.warm_up) / 2000)};
    if (lab_run(lab, &job) != 0) {
        fprintf(stderr, "bench: \"%s\" failed\n", c->title);
        return -1;
    }
    struct summary s = summarize(lab->board->samples, lab->board->count);
    r->p50[which][round] = s.p50;
    r->p99[which][round] = s.p99;
    return 0;
}

static int run_rounds(struct lab *lab, const struct options *o, struct results *r) {
    for (size_t round = 0; round < o->rounds; round++) {
        option_progress("round %zu of %zu", round + 1, o->rounds);
        for (size_t i = 0; i < CONTENDERS; i++) {
            /* Another one begins in each round, so that none has always the same neighbour. */
            size_t which = (i + round) % CONTENDERS;
            if (is_chosen(o, &contenders[which]) && run_one(lab, o, which, round, r) != 0)
                return -1;
        }
    }
    option_progress("%s", "");
    r->rounds = o->rounds;
    return 0;
}

/* ---- telling ------------------------------------------------------------------------------------------------- */

static double median_of(const double *values, size_t count) {
    double copy[ROUNDS_MAX];
    memcpy(copy, values, count * sizeof *values);
    return median(copy, count);
}

static size_t find(const char *key) {
    size_t i = 0;
    while (strcmp(contenders[i].key, key) != 0)
        i++;
    return i;
}

struct ratio {
    double value, least, most; /* of the medians; of single rounds */
    int known;
};

static struct ratio compare(const struct options *o, const struct results *r, const struct comparison *c) {
    size_t mine = find(c->mine), other = find(c->other);
    struct ratio q = {.known = is_chosen(o, &contenders[mine]) && is_chosen(o, &contenders[other])};
    if (!q.known)
        return q;
    q.value = median_of(r->p50[mine], r->rounds) / median_of(r->p50[other], r->rounds);
    for (size_t i = 0; i < r->rounds; i++) {
        double x = r->p50[mine][i] / r->p50[other][i];
        q.least = i == 0 || x < q.least ? x : q.least;
        q.most = i == 0 || x > q.most ? x : q.most;
    }
    return q;
}

static void print_table(const struct options *o, const struct results *r) {
    printf("one exchange of %u-octet frames, medians of %zu rounds of %zu (sleepers: %zu)\n\n", EXCHANGE_FRAME,
           o->rounds, o->count, (o->count + 3) / 4);
    printf("%-30s %10s %10s\n", "", "p50 us", "p99 us");
    for (size_t i = 0; i < CONTENDERS; i++)
        if (is_chosen(o, &contenders[i]))
            printf("%-30s %10.2f %10.2f\n", contenders[i].title, median_of(r->p50[i], r->rounds) / 1000,
                   median_of(r->p99[i], r->rounds) / 1000);
    printf("\n");
}

/* Returns how many bounds are missed. */
static int print_comparisons(const struct options *o, const struct results *r) {
    int missed = 0;
    for (size_t i = 0; i < COMPARISONS; i++) {
        const struct comparison *c = &comparisons[i];
        struct ratio q = compare(o, r, c);
        if (!q.known)
            continue;
        printf("%s = %.2f", c->title, q.value);
        if (c->bound > 0) {
            printf(" (bound %g) %s", c->bound, q.value <= c->bound ? "kept" : "MISSED");
            missed += q.value > c->bound;
        }
        printf("  [single rounds %.2f to %.2f]\n", q.least, q.most);
    }
    return missed;
}

static json_t *list_of(const double *values, size_t count) {
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, json_real(values[i] / 1000));
    return list;
}

static json_t *figures_of(const struct results *r, size_t which) {
    const double *p50 = r->p50[which], *p99 = r->p99[which];
    return json_pack("{s:s, s:f, s:f, s:o, s:o}", "title", contenders[which].title, "p50_us",
                     median_of(p50, r->rounds) / 1000, "p99_us", median_of(p99, r->rounds) / 1000, "rounds_p50_us",
                     list_of(p50, r->rounds), "rounds_p99_us", list_of(p99, r->rounds));
}

static json_t *to_json(const struct options *o, const struct results *r) {
    json_t *figures = json_object(), *ratios = json_object();
    for (size_t i = 0; i < CONTENDERS; i++)
        if (is_chosen(o, &contenders[i]))
            json_object_set_new(figures, contenders[i].key, figures_of(r, i));
    for (size_t i = 0; i < COMPARISONS; i++) {
        struct ratio q = compare(o, r, &comparisons[i]);
        if (!q.known)
            continue;
        json_t *entry = json_pack("{s:f, s:f, s:f}", "ratio", q.value, "least", q.least, "most", q.most);
        if (comparisons[i].bound > 0)
            json_object_update_new(
                entry, json_pack("{s:f, s:b}", "bound", comparisons[i].bound, "kept", q.value <= comparisons[i].bound));
        json_object_set_new(ratios, comparisons[i].key, entry);
    }
    return json_pack("{s:s, s:i, s:i, s:i, s:o, s:o}", "bench", "exchange", "frame_octets", (int)EXCHANGE_FRAME,
                     "rounds", (int)o->rounds, "count", (int)o->count, "figures", figures, "ratios", ratios);
}

/* ---- the command line ---------------------------------------------------------------------------------------- */

static int usage(FILE *to) {
    fprintf(to, "usage: bench_exchange [--rounds N] [--count N] [--cores CLIENT,SERVER] [--only KEY,...] [--json FILE] "
                "[--check] [--realtime]\n"
                "  --rounds  default 5      --count  exchanges a round, default 20000\n"
                "  --check   exit with 1 when a bound is missed\n"
                "  --realtime  go before all other programs on these cores (needs root)\n"
                "  --only    some of:");
    for (size_t i = 0; i < CONTENDERS; i++)
        fprintf(to, " %s", contenders[i].key);
    fprintf(to, "\n");
    return to == stderr ? 2 : 0;
}

static const char *key_of(size_t which) { return contenders[which].key; }

static int parse(struct options *o, int argc, char **argv) {
    static const struct option longs[] = {{"rounds", 1, 0, 'r'},   {"count", 1, 0, 'n'}, {"cores", 1, 0, 'c'},
                                          {"only", 1, 0, 'o'},     {"json", 1, 0, 'j'},  {"check", 0, 0, 'k'},
                                          {"realtime", 0, 0, 'R'}, {"help", 0, 0, 'h'},  {0, 0, 0, 0}};
    *o = (struct options){.rounds = 5, .count = 20000, .cores = {-1, -1}};
    for (int c; (c = getopt_long(argc, argv, "", longs, NULL)) != -1;) {
        int good = 1;
        switch (c) {
        case 'r': good = option_number(optarg, "--rounds", 1, ROUNDS_MAX, &o->rounds); break;
        case 'n': good = option_number(optarg, "--count", 10, LAB_SAMPLES_MAX, &o->count); break;
        case 'c': good = option_cores(optarg, o->cores); break;
        case 'o': o->names = optarg; break;
        case 'j': o->json = optarg; break;
        case 'k': o->check = 1; break;
        case 'R': o->realtime = 1; break;
        case 'h': exit(usage(stdout));
        default: return -1;
        }
        if (!good)
            return -1;
    }
    return optind == argc && option_names(o->names, key_of, CONTENDERS) ? 0 : -1;
}

int main(int argc, char **argv) {
    static struct results results;
    struct options o;
    struct lab lab;
    if (parse(&o, argc, argv) != 0)
        return usage(stderr);
    if (lab_open(&lab, o.cores, o.realtime) != 0)
        return 3;
    for (int i = 0; i < LAB_SIDES; i++)
        o.cores[i] = lab.end[i].core;
    if (run_rounds(&lab, &o, &results) != 0)
        return 3;
    print_table(&o, &results);
    int missed = print_comparisons(&o, &results);
    lab_close(&lab);
    if (o.json && option_write_json(o.json, to_json(&o, &results)) != 0)
        return 3;
    return o.check && missed ? 1 : 0;
}
