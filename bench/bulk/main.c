/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bench_bulk - messages of 4 MiB, as Responses and as Requests: over a cable, and by way of a host that carries frames between two
 * cables, without and with loss, taking turns in one run.
 *
 * Figures of different runs must not be compared: the speed of a machine drifts.  Ratios within a run may.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../lab/options.h"
#include "../lab/relay.h"
#include "../lab/stats.h"
#include "bulk.h"

enum way { CABLE, RELAY, LOSSY, WAYS };
static const char *const way_key[WAYS] = {"cable", "relay", "loss"};

static const struct contender {
    const char *key, *title;
    lab_role serve, measure;
    int can[WAYS];
} contenders[] = {
    {"vmtp", "VMTP", bulk_vmtp_serve, bulk_vmtp_measure, {1, 1, 1}},
    /* Its super-packets are no frames that a relay could carry. */
    {"tcp", "TCP, spinning", bulk_tcp_serve, bulk_tcp_measure, {1, 0, 0}},
};
#define CONTENDERS (sizeof contenders / sizeof *contenders)

static const char *const direction_key[BULK_DIRECTIONS] = {"response", "request"};
#define ROUNDS_MAX 99u

struct options {
    size_t rounds, count, mtu, seed;
    double loss; /* percent */
    int cores[LAB_SIDES];
    int realtime;
    const char *json, *names;
};

struct cell {
    double mean[ROUNDS_MAX], p50[ROUNDS_MAX], most[ROUNDS_MAX]; /* nanoseconds of a message */
    uint64_t repeated, lost, carried, failed;                   /* blocks sent again; frames at the relay */
};

struct results {
    struct cell cell[OPTION_MTUS][BULK_DIRECTIONS][CONTENDERS][WAYS];
};

/* ---- running ------------------------------------------------------------------------------------------------- */

static int is_chosen(const struct options *o, size_t mtu, size_t which, size_t way) {
    return (o->mtu == 0 || o->mtu == option_mtus[mtu]) && contenders[which].can[way] &&
           (!o->names || option_list_has(o->names, contenders[which].key));
}

static void note(const struct lab *lab, size_t round, struct cell *cell) {
    struct lab_board *b = lab->board;
    struct summary s = summarize(b->samples, b->count);
    cell->mean[round] = s.mean;
    cell->p50[round] = s.p50;
    cell->most[round] = (double)b->samples[b->count - 1];
    cell->repeated += b->lost;
    cell->lost += b->dropped;
    cell->carried += b->relayed;
    cell->failed += b->relay_failed;
}

static int run_one(struct lab *lab, const struct options *o, enum bulk_direction direction, size_t which, enum way way,
                   size_t round, struct cell *cell) {
    struct bulk_settings settings = {.direction = direction, .warm_up = 2, .count = o->count, .checked = 1};
    struct lab_job job = {.serve = contenders[which].serve,
                          .measure = contenders[which].measure,
                          .settings = &settings,
                          .seconds = 20 + (unsigned)o->count,
                          .relayed = way != CABLE};
    lab->board->loss = way == LOSSY ? (uint32_t)(o->loss * 10000) : 0;
    lab->board->relayed = lab->board->dropped = lab->board->relay_failed = 0;
    if (lab_run(lab, &job) != 0) {
        fprintf(stderr, "bench: %s failed (%s, %s)\n", contenders[which].title, direction_key[direction], way_key[way]);
        return -1;
    }
    note(lab, round, cell);
    return 0;
}

static int run_round(struct lab *lab, const struct options *o, size_t mtu, size_t round, struct results *r) {
    for (size_t i = 0; i < BULK_DIRECTIONS * CONTENDERS * WAYS; i++) {
        size_t way = (i + round) % WAYS, which = i / WAYS % CONTENDERS, direction = i / WAYS / CONTENDERS;
        if (is_chosen(o, mtu, which, way) && run_one(lab, o, (enum bulk_direction)direction, which, (enum way)way,
                                                     round, &r->cell[mtu][direction][which][way]) != 0)
            return -1;
    }
    return 0;
}

static int run_all(struct lab *lab, const struct options *o, struct results *r) {
    for (size_t mtu = 0; mtu < OPTION_MTUS; mtu++) {
        if (o->mtu != 0 && o->mtu != option_mtus[mtu])
            continue;
        if (lab_set_mtu(lab, option_mtus[mtu]) != 0 || relay_start(lab, option_mtus[mtu], o->seed) != 0)
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

static double gigabits(const struct options *o, const struct cell *cell) {
    double mean = median_of(cell->mean, o->rounds);
    return mean > 0 ? MESSAGE * 8.0 / mean : 0;
}

/* What loss leaves of the speed: in each round, since the rounds of a run are hours apart for a machine that is shared. */
static double kept(const struct options *o, const struct cell *cells, double *least, double *most) {
    double ratio[ROUNDS_MAX];
    for (size_t i = 0; i < o->rounds; i++)
        ratio[i] = cells[RELAY].mean[i] / cells[LOSSY].mean[i];
    double middle = median(ratio, o->rounds); /* sorts */
    *least = ratio[0];
    *most = ratio[o->rounds - 1];
    return middle;
}

static double repeated_percent(const struct options *o, const struct cell *cell) {
    return (double)cell->repeated * 100 / ((double)o->rounds * (double)(o->count + 2) * (MESSAGE / 512));
}

static void print_row(const struct options *o, const struct results *r, size_t mtu, size_t direction, size_t which) {
    const struct cell *cells = r->cell[mtu][direction][which];
    if (!is_chosen(o, mtu, which, CABLE))
        return;
    printf("%-14s %-9s", contenders[which].title, direction_key[direction]);
    for (size_t way = 0; way < WAYS; way++)
        if (is_chosen(o, mtu, which, way))
            printf(" %8.2f", gigabits(o, &cells[way]));
        else
            printf(" %8s", "-");
    if (!contenders[which].can[LOSSY]) {
        printf("\n");
        return;
    }
    double least, most, middle = kept(o, cells, &least, &most);
    printf("   %.2f (%.2f to %.2f) %8.2f %8.2f   %5.2f %5.2f %5.2f\n", middle, least, most,
           median_of(cells[LOSSY].p50, o->rounds) / 1e6, median_of(cells[LOSSY].most, o->rounds) / 1e6,
           repeated_percent(o, &cells[CABLE]), repeated_percent(o, &cells[RELAY]), repeated_percent(o, &cells[LOSSY]));
}

static void print_table(const struct options *o, const struct results *r, size_t mtu) {
    printf("MTU %-5u   Gbit/s:        cable    relay   %4.1f %%   loss/relay             p50 ms  most ms   sent again, "
           "%%\n",
           option_mtus[mtu], o->loss);
    for (size_t direction = 0; direction < BULK_DIRECTIONS; direction++)
        for (size_t which = 0; which < CONTENDERS; which++)
            print_row(o, r, mtu, direction, which);
    printf("\n");
}

static json_t *way_to_json(const struct options *o, const struct cell *cell) {
    return json_pack("{s:f, s:f, s:f, s:f, s:I, s:I, s:I}", "gbit_s", gigabits(o, cell), "p50_ms",
                     median_of(cell->p50, o->rounds) / 1e6, "most_ms", median_of(cell->most, o->rounds) / 1e6,
                     "repeated_percent", repeated_percent(o, cell), "frames_carried", (json_int_t)cell->carried,
                     "frames_lost", (json_int_t)cell->lost, "frames_refused", (json_int_t)cell->failed);
}

static json_t *row_to_json(const struct options *o, const struct results *r, size_t mtu, size_t direction, size_t which) {
    const struct cell *cells = r->cell[mtu][direction][which];
    json_t *row = json_object();
    for (size_t way = 0; way < WAYS; way++)
        if (is_chosen(o, mtu, which, way))
            json_object_set_new(row, way_key[way], way_to_json(o, &cells[way]));
    if (contenders[which].can[LOSSY]) {
        double least, most;
        json_object_set_new(row, "loss_to_relay", json_real(kept(o, cells, &least, &most)));
    }
    return row;
}

static json_t *to_json(const struct options *o, const struct results *r) {
    json_t *list = json_array();
    for (size_t mtu = 0; mtu < OPTION_MTUS; mtu++) {
        if (o->mtu != 0 && o->mtu != option_mtus[mtu])
            continue;
        json_t *one = json_pack("{s:i}", "mtu", (int)option_mtus[mtu]);
        for (size_t i = 0; i < BULK_DIRECTIONS * CONTENDERS; i++) {
            char key[40];
            snprintf(key, sizeof key, "%s_%s", contenders[i % CONTENDERS].key, direction_key[i / CONTENDERS]);
            if (is_chosen(o, mtu, i % CONTENDERS, CABLE))
                json_object_set_new(one, key, row_to_json(o, r, mtu, i / CONTENDERS, i % CONTENDERS));
        }
        json_array_append_new(list, one);
    }
    return json_pack("{s:s, s:i, s:i, s:f, s:o}", "bench", "bulk", "rounds", (int)o->rounds, "count", (int)o->count,
                     "loss_percent", o->loss, "mtus", list);
}

/* ---- the command line ---------------------------------------------------------------------------------------- */

static int usage(FILE *to) {
    fprintf(to, "usage: bench_bulk [--rounds N] [--count N] [--loss PERCENT] [--seed N] [--mtu 1500|9000|65535]\n"
                "                  [--only vmtp,tcp] [--cores CLIENT,SERVER] [--json FILE] [--realtime]\n"
                "  --rounds  default 5      --count   messages of 4 MiB a round, default 50\n"
                "  --loss    of the relay, each way, default 1\n"
                "  --realtime  go before all other programs on these cores (needs root)\n");
    return to == stderr ? 2 : 0;
}

static const char *key_of(size_t which) { return contenders[which].key; }

static int percent(const char *text, double *out) {
    char *end;
    *out = strtod(text, &end);
    if (end != text && !*end && *out >= 0 && *out <= 50)
        return 1;
    fprintf(stderr, "bench: --loss %s: a number from 0 to 50 is wanted\n", text);
    return 0;
}

static int parse(struct options *o, int argc, char **argv) {
    static const struct option longs[] = {{"rounds", 1, 0, 'r'}, {"count", 1, 0, 'n'}, {"loss", 1, 0, 'l'},
                                          {"seed", 1, 0, 's'},   {"mtu", 1, 0, 'm'},   {"cores", 1, 0, 'c'},
                                          {"only", 1, 0, 'o'},   {"json", 1, 0, 'j'},  {"realtime", 0, 0, 'R'},
                                          {"help", 0, 0, 'h'},   {0, 0, 0, 0}};
    *o = (struct options){.rounds = 5, .count = 50, .loss = 1, .seed = 1, .cores = {-1, -1}};
    for (int c; (c = getopt_long(argc, argv, "", longs, NULL)) != -1;) {
        int good = 1;
        switch (c) {
        case 'r': good = option_number(optarg, "--rounds", 1, ROUNDS_MAX, &o->rounds); break;
        case 'n': good = option_number(optarg, "--count", 1, 100000, &o->count); break;
        case 'l': good = percent(optarg, &o->loss); break;
        case 's': good = option_number(optarg, "--seed", 0, SIZE_MAX / 2, &o->seed); break;
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
    printf("messages of 4 MiB, medians of %zu rounds of %zu\n\n", o.rounds, o.count);
    for (size_t mtu = 0; mtu < OPTION_MTUS; mtu++)
        if (o.mtu == 0 || o.mtu == option_mtus[mtu])
            print_table(&o, &results, mtu);
    lab_close(&lab);
    return o.json && option_write_json(o.json, to_json(&o, &results)) != 0 ? 3 : 0;
}
