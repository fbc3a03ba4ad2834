/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bench_transfer - segments of 16 KiB and 4 MiB of them, beside a bare ring, UDP and TCP, at several MTUs,
 * taking turns in one run.
 *
 * Figures of different runs must not be compared: the speed of a machine drifts. Ratios within a run may.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../lab/options.h"
#include "../lab/stats.h"
#include "transfer.h"

enum mode {
    ONE,    /* a segment, then the next */
    FLIGHT, /* several requests outstanding, a segment each */
    STREAM, /* one request for the whole */
    MODES
};

static const char *const mode_key[MODES] = {"one", "flight", "stream"};

struct contender {
    const char *key, *title;
    lab_role serve, measure;
    int can[MODES];
};

#define OURS 1u /* index of VMTP */
static const struct contender contenders[] = {
    {"ring", "bare ring", transfer_ring_serve, transfer_ring_measure, {1, 1, 1}},
    {"vmtp", "VMTP", transfer_vmtp_serve, transfer_vmtp_measure, {1, 1, 1}},
    {"udp", "UDP, spinning", transfer_udp_serve, transfer_udp_measure, {1, 1, 0}},
    {"tcp", "TCP, spinning", transfer_tcp_serve, transfer_tcp_measure, {1, 0, 1}},
};
#define CONTENDERS (sizeof contenders / sizeof *contenders)

#define ROUNDS_MAX 99u

struct options {
    size_t rounds, count, flight, mtu; /* count: times 4 MiB a round; mtu 0: all */
    int cores[LAB_SIDES];
    int realtime;
    const char *json, *names;
};

/* Of one contender in one mode at one MTU. */
struct cell {
    double p50[ROUNDS_MAX], p99[ROUNDS_MAX], mean[ROUNDS_MAX]; /* nanoseconds of a unit */
    uint64_t lost;
};

struct results {
    struct cell cell[OPTION_MTUS][CONTENDERS][MODES];
};

int transfer_repeat(struct lab_seat *seat, int (*fetch)(void *context), void *context) {
    const struct transfer_settings *settings = seat->settings;
    for (size_t i = 0; i < settings->warm_up; i++)
        if (fetch(context) != 0)
            return -1;
    for (size_t i = 0; i < settings->count; i++) {
        uint64_t before = lab_now();
        if (fetch(context) != 0)
            return -1;
        seat->board->samples[i] = lab_now() - before;
    }
    seat->board->count = settings->count;
    return 0;
}

/* ---- running ------------------------------------------------------------------------------------------------- */

static int is_chosen(const struct options *o, size_t mtu, size_t which, size_t mode) {
    return (o->mtu == 0 || o->mtu == option_mtus[mtu]) && contenders[which].can[mode] &&
           (!o->names || option_list_has(o->names, contenders[which].key));
}

static unsigned unit_of(size_t mode) { return mode == ONE ? 1 : WHOLE; }

static int run_one(struct lab *lab, const struct options *o, size_t mtu, size_t which, size_t mode, size_t round,
                   struct cell *cell) {
    unsigned unit = unit_of(mode);
    struct transfer_settings settings = {.mtu = option_mtus[mtu],
                                         .unit = unit,
                                         .in_flight = mode == FLIGHT ? (unsigned)o->flight : 1,
                                         .per_request = mode == STREAM ? WHOLE : 1,
                                         .warm_up = mode == ONE ? WHOLE : 1,
                                         .count = o->count * WHOLE / unit};
    /* 4 MiB in a second would be a thousandth of what is expected. */
    struct lab_job job = {.serve = contenders[which].serve,
                          .measure = contenders[which].measure,
                          .settings = &settings,
                          .seconds = 10 + (unsigned)o->count};
    if (lab_run(lab, &job) != 0) {
        fprintf(stderr, "bench: \"%s\" failed (MTU %u, %s)\n", contenders[which].title, option_mtus[mtu], mode_key[mode]);
        return -1;
    }
    struct summary s = summarize(lab->board->samples, lab->board->count);
    cell->p50[round] = s.p50;
    cell->p99[round] = s.p99;
    cell->mean[round] = s.mean;
    cell->lost += lab->board->lost;
    return 0;
}

static int run_round(struct lab *lab, const struct options *o, size_t mtu, size_t round, struct results *r) {
    for (size_t i = 0; i < CONTENDERS * MODES; i++) {
        size_t which = (i + round) % CONTENDERS, mode = i / CONTENDERS;
        if (is_chosen(o, mtu, which, mode) && run_one(lab, o, mtu, which, mode, round, &r->cell[mtu][which][mode]) != 0)
            return -1;
    }
    return 0;
}

static int run_all(struct lab *lab, const struct options *o, struct results *r) {
    for (size_t mtu = 0; mtu < OPTION_MTUS; mtu++) {
        if (o->mtu != 0 && o->mtu != option_mtus[mtu])
            continue;
        if (lab_set_mtu(lab, option_mtus[mtu]) != 0)
            return -1;
        for (size_t round = 0; round < o->rounds; round++) {
            option_progress("MTU %u, round %zu of %zu", option_mtus[mtu], round + 1, o->rounds);
            if (run_round(lab, o, mtu, round, r) != 0)
                return -1;
        }
    }
    option_progress("%s", "");
    return 0;
}

/* ---- telling ------------------------------------------------------------------------------------------------- */

static double median_of(const double *values, size_t count) {
    double copy[ROUNDS_MAX];
    memcpy(copy, values, count * sizeof *values);
    return median(copy, count);
}

static double gigabits(const struct options *o, const struct cell *cell, size_t mode) {
    double mean = median_of(cell->mean, o->rounds);
    return mean > 0 ? unit_of(mode) * SEGMENT * 8.0 / mean : 0;
}

static void print_speed(const struct options *o, const struct results *r, size_t mtu, size_t which, size_t mode) {
    if (is_chosen(o, mtu, which, mode))
        printf(" %10.2f", gigabits(o, &r->cell[mtu][which][mode], mode));
    else
        printf(" %10s", "-");
}

static void print_table(const struct options *o, const struct results *r, size_t mtu) {
    printf("MTU %u            16 KiB: p50 us     p99 us  4 MiB, Gbit/s: one  %2zu in fl.  1 request   repeats\n",
           option_mtus[mtu], o->flight);
    for (size_t which = 0; which < CONTENDERS; which++) {
        const struct cell *cells = r->cell[mtu][which];
        if (!is_chosen(o, mtu, which, ONE))
            continue;
        printf("%-18s %13.2f %10.2f         ", contenders[which].title, median_of(cells[ONE].p50, o->rounds) / 1000,
               median_of(cells[ONE].p99, o->rounds) / 1000);
        uint64_t lost = 0;
        for (size_t mode = 0; mode < MODES; mode++) {
            print_speed(o, r, mtu, which, mode);
            lost += cells[mode].lost;
        }
        printf(" %9llu\n", (unsigned long long)lost);
    }
}

/* VMTP's time to that of another, the same work in the same mode. */
static double time_ratio(const struct options *o, const struct results *r, size_t mtu, size_t other, size_t mode) {
    const struct cell(*cells)[MODES] = r->cell[mtu];
    return mode == ONE ? median_of(cells[OURS][ONE].p50, o->rounds) / median_of(cells[other][ONE].p50, o->rounds)
                       : median_of(cells[OURS][mode].mean, o->rounds) / median_of(cells[other][mode].mean, o->rounds);
}

static void print_ratios(const struct options *o, const struct results *r, size_t mtu) {
    for (size_t other = 0; other < CONTENDERS; other++)
        for (size_t mode = 0; mode < MODES; mode++)
            if (other != OURS && is_chosen(o, mtu, OURS, mode) && is_chosen(o, mtu, other, mode))
                printf("VMTP / %s, %s, time = %.2f\n", contenders[other].title,
                       mode == ONE      ? "16 KiB p50"
                       : mode == FLIGHT ? "4 MiB in flight"
                                        : "4 MiB in one Response",
                       time_ratio(o, r, mtu, other, mode));
    printf("\n");
}

static json_t *cell_to_json(const struct options *o, const struct cell *cell, size_t mode) {
    return json_pack("{s:f, s:f, s:f, s:I}", "p50_us", median_of(cell->p50, o->rounds) / 1000, "p99_us",
                     median_of(cell->p99, o->rounds) / 1000, "gbit_s", gigabits(o, cell, mode), "repeats",
                     (json_int_t)cell->lost);
}

static json_t *mtu_to_json(const struct options *o, const struct results *r, size_t mtu) {
    json_t *figures = json_object(), *ratios = json_object();
    for (size_t which = 0; which < CONTENDERS; which++)
        for (size_t mode = 0; mode < MODES; mode++) {
            char key[40];
            if (!is_chosen(o, mtu, which, mode))
                continue;
            snprintf(key, sizeof key, "%s_%s", contenders[which].key, mode_key[mode]);
            json_object_set_new(figures, key, cell_to_json(o, &r->cell[mtu][which][mode], mode));
            if (which == OURS || !is_chosen(o, mtu, OURS, mode))
                continue;
            snprintf(key, sizeof key, "vmtp_to_%s_%s", contenders[which].key, mode_key[mode]);
            json_object_set_new(ratios, key, json_real(time_ratio(o, r, mtu, which, mode)));
        }
    return json_pack("{s:i, s:o, s:o}", "mtu", (int)option_mtus[mtu], "figures", figures, "time_ratios", ratios);
}

static json_t *to_json(const struct options *o, const struct results *r) {
    json_t *list = json_array();
    for (size_t mtu = 0; mtu < OPTION_MTUS; mtu++)
        if (o->mtu == 0 || o->mtu == option_mtus[mtu])
            json_array_append_new(list, mtu_to_json(o, r, mtu));
    return json_pack("{s:s, s:i, s:i, s:i, s:o}", "bench", "transfer", "rounds", (int)o->rounds, "count", (int)o->count,
                     "in_flight", (int)o->flight, "mtus", list);
}

/* ---- the command line ---------------------------------------------------------------------------------------- */

static int usage(FILE *to) {
    fprintf(
        to,
        "usage: bench_transfer [--rounds N] [--count N] [--flight N] [--mtu 1500|9000|65535] [--cores CLIENT,SERVER]\n"
        "                      [--only ring,vmtp,udp,tcp] [--json FILE] [--realtime]\n"
        "  --rounds  default 5      --count   times 4 MiB a round, default 20\n"
        "  --flight  transactions in flight, default 8, at most 64\n"
        "  --realtime  go before all other programs on these cores (needs root)\n");
    return to == stderr ? 2 : 0;
}

static const char *key_of(size_t which) { return contenders[which].key; }

static int parse(struct options *o, int argc, char **argv) {
    static const struct option longs[] = {
        {"rounds", 1, 0, 'r'}, {"count", 1, 0, 'n'}, {"flight", 1, 0, 'f'},   {"mtu", 1, 0, 'm'},  {"cores", 1, 0, 'c'},
        {"only", 1, 0, 'o'},   {"json", 1, 0, 'j'},  {"realtime", 0, 0, 'R'}, {"help", 0, 0, 'h'}, {0, 0, 0, 0}};
    *o = (struct options){.rounds = 5, .count = 20, .flight = 8, .cores = {-1, -1}};
    for (int c; (c = getopt_long(argc, argv, "", longs, NULL)) != -1;) {
        int good = 1;
        switch (c) {
        case 'r': good = option_number(optarg, "--rounds", 1, ROUNDS_MAX, &o->rounds); break;
        case 'n': good = option_number(optarg, "--count", 1, LAB_SAMPLES_MAX / WHOLE, &o->count); break;
        case 'f': good = option_number(optarg, "--flight", 2, FLIGHT_MAX, &o->flight); break;
        case 'm': good = option_number(optarg, "--mtu", 1500, 65535, &o->mtu); break;
        case 'c': good = option_cores(optarg, o->cores); break;
        case 'o': o->names = optarg; break;
        case 'j': o->json = optarg; break;
        case 'R': o->realtime = 1; break;
        case 'h': exit(usage(stdout));
        default: return -1;
        }
        if (!good)
            return -1;
    }
    return optind == argc && option_mtu(o->mtu) && option_names(o->names, key_of, CONTENDERS) ? 0 : -1;
}

int main(int argc, char **argv) {
    static struct results results;
    struct options o;
    struct lab lab;
    if (parse(&o, argc, argv) != 0)
        return usage(stderr);
    if (lab_open(&lab, o.cores, o.realtime) != 0 || run_all(&lab, &o, &results) != 0)
        return 3;
    printf("segments of 16 KiB, medians of %zu rounds of %zu times 4 MiB\n\n", o.rounds, o.count);
    for (size_t mtu = 0; mtu < OPTION_MTUS; mtu++)
        if (o.mtu == 0 || o.mtu == option_mtus[mtu]) {
            print_table(&o, &results, mtu);
            print_ratios(&o, &results, mtu);
        }
    lab_close(&lab);
    return o.json && option_write_json(o.json, to_json(&o, &results)) != 0 ? 3 : 0;
}
