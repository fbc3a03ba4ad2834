/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bench_uio - what UIO costs beside the transactions that it consists of, as in Table II of the article of 1988, and what an octet costs beside
 * getc.
 *
 * Figures of different runs must not be compared: the speed of a machine drifts.  Shares within a run may.
 */
#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../lab/options.h"
#include "../lab/stats.h"
#include "bench_uio.h"

#define BLOCKS 3u
static const uint32_t blocks[BLOCKS] = {1024, 8192, 16384};

/* What the article says of reading remote blocks of 1 KiB: percent.  Of local ones it says nothing; its table, by our formulas. */
#define ARTICLE_STREAM 11.0
#define ARTICLE_BLOCK 22.0
#define ARTICLE_LOCAL_STREAM (100 * (9.91 - 6.23 - 1.79) / 9.91)
#define ARTICLE_LOCAL_BLOCK (100 * (3.47 - 1.79) / 3.47)

struct options {
    size_t rounds;
    int cores[LAB_SIDES];
    int realtime, check;
    size_t mtu;
    const char *json;
};

struct row {
    uint32_t block;
    int local;
    double figure[FIGURES];         /* medians, picoseconds per octet */
    double block_cost, stream_cost; /* UIO's share, percent: medians of the rounds' */
};

/* ---- running ------------------------------------------------------------------------------------------------- */

static double middle(const double *values, size_t count) {
    double copy[BENCH_ROUNDS_MAX];
    memcpy(copy, values, count * sizeof *values);
    return median(copy, count);
}

static void judge(struct row *row, const struct lab_board *board, size_t rounds) {
    double values[FIGURES][BENCH_ROUNDS_MAX], block[BENCH_ROUNDS_MAX], stream[BENCH_ROUNDS_MAX];
    for (unsigned i = 0; i < FIGURES; i++)
        for (size_t n = 0; n < rounds; n++)
            values[i][n] = (double)board->samples[i * rounds + n];
    for (size_t n = 0; n < rounds; n++) {
        const double bare = values[FIGURE_BARE][n], octets = values[FIGURE_OCTET][n];
        block[n] = 100 * (values[FIGURE_BLOCK][n] - bare) / values[FIGURE_BLOCK][n];
        stream[n] = 100 * (values[FIGURE_STREAM][n] - octets - bare) / values[FIGURE_STREAM][n];
    }
    for (unsigned i = 0; i < FIGURES; i++)
        row->figure[i] = middle(values[i], rounds);
    row->block_cost = middle(block, rounds);
    row->stream_cost = middle(stream, rounds);
}

static int run_one(struct lab *lab, const struct options *o, struct row *row) {
    const struct bench_uio_settings settings = {.block = row->block, .local = row->local, .rounds = o->rounds};
    const struct lab_job job = {.serve = bench_uio_serve,
                                .measure = bench_uio_measure,
                                .settings = &settings,
                                .seconds = 15 + (unsigned)o->rounds};
    option_progress("%s, %u", row->local ? "local" : "remote", row->block);
    if (lab_run(lab, &job) != 0)
        return -1;
    judge(row, lab->board, o->rounds);
    return 0;
}

/* ---- telling ------------------------------------------------------------------------------------------------- */

static void print_table(const struct row *rows, size_t count) {
    printf("us per read of a block, from a file of 1 MiB in memory\n\n");
    printf("%-18s %9s %9s %9s %9s %9s   %s\n", "", "bare", "block", "octets", "stream", "ahead",
           "UIO's share: block, stream");
    for (size_t i = 0; i < count; i++) {
        const struct row *r = &rows[i];
        char title[32];
        snprintf(title, sizeof title, "%s %6u", r->local ? "local " : "remote", r->block);
        printf("%-18s", title);
        for (unsigned f = FIGURE_BARE; f <= FIGURE_AHEAD; f++)
            printf(" %9.2f", r->figure[f] * r->block / 1e6);
        printf("   %6.1f %% %6.1f %%\n", r->block_cost, r->stream_cost);
    }
    printf("%-68s   %6.1f %% %6.1f %%\n", "the article, remote, blocks of 1024", ARTICLE_BLOCK, ARTICLE_STREAM);
    printf("%-68s   %6.1f %% %6.1f %%\n", "the article, local, blocks of 1024", ARTICLE_LOCAL_BLOCK,
           ARTICLE_LOCAL_STREAM);
    printf("\nblock: (block - bare) / block; stream: (stream - octets - bare) / stream; ahead: reading ahead\n");
}

static void print_octets(const struct row *rows, size_t count) {
    printf("\nns per octet, 1 MiB octet by octet\n\n");
    printf("%-18s %9s %9s %9s\n", "", "uio_getc", "+ reading", "getc");
    for (size_t i = 0; i < count; i++)
        printf("%s %6u      %9.2f %9.2f %9.2f\n", rows[i].local ? "local " : "remote", rows[i].block,
               rows[i].figure[FIGURE_OCTET] / 1000, rows[i].figure[FIGURE_AHEAD] / 1000,
               rows[i].figure[FIGURE_GETC] / 1000);
    printf("\nuio_getc: out of its buffer; + reading: with the transfers, reading ahead; getc: glibc, a local file in "
           "the page cache\n");
}

static int bound(const char *title, double value, double most) {
    const int missed = value >= most;
    printf("%s = %.1f %% (bound %g %%) %s\n", title, value, most, missed ? "MISSED" : "kept");
    return missed;
}

/* Returns how many bounds are missed. */
static int print_bounds(const struct row *rows, size_t count) {
    const struct row *first = rows, *last = &rows[count / 2 - 1]; /* remote ones come first, blocks grow */
    const double share = 100 * last->figure[FIGURE_AHEAD] / last->figure[FIGURE_GETC];
    printf("\n");
    int missed = bound("UIO's share, remote, block of 1024", first->block_cost, ARTICLE_BLOCK);
    missed += bound("UIO's share, remote, stream of 1024", first->stream_cost, ARTICLE_STREAM);
    missed += bound("uio_getc with reading from remote / getc from a local file", share, 100);
    return missed;
}

static json_t *to_json(const struct row *rows, size_t count, const struct options *o) {
    static const char *const keys[FIGURES] = {"bare", "block", "octet", "stream", "ahead", "getc"};
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        json_t *figures = json_object();
        for (unsigned f = 0; f < FIGURES; f++)
            json_object_set_new(figures, keys[f], json_real(rows[i].figure[f] / 1000));
        json_array_append_new(list, json_pack("{s:b, s:i, s:o, s:f, s:f}", "local", rows[i].local, "block",
                                              (int)rows[i].block, "ns_per_octet", figures, "block_percent",
                                              rows[i].block_cost, "stream_percent", rows[i].stream_cost));
    }
    return json_pack("{s:s, s:i, s:i, s:f, s:f, s:o}", "bench", "uio", "rounds", (int)o->rounds, "mtu", (int)o->mtu,
                     "article_block_percent", ARTICLE_BLOCK, "article_stream_percent", ARTICLE_STREAM, "rows", list);
}

/* ---- the command line ---------------------------------------------------------------------------------------- */

static int usage(FILE *to) {
    fprintf(to, "usage: bench_uio [--rounds N] [--mtu N] [--cores CLIENT,SERVER] [--json FILE] [--check] [--realtime]\n"
                "  --rounds  default 30, each reads 1 MiB in every way\n"
                "  --mtu     1500 (default), 9000 or 65535\n"
                "  --check   exit with 1 when a bound is missed\n"
                "  --realtime  go before all other programs on these cores (needs root)\n");
    return to == stderr ? 2 : 0;
}

static int parse(struct options *o, int argc, char **argv) {
    static const struct option longs[] = {{"rounds", 1, 0, 'r'}, {"mtu", 1, 0, 'm'},   {"cores", 1, 0, 'c'},
                                          {"json", 1, 0, 'j'},   {"check", 0, 0, 'k'}, {"realtime", 0, 0, 'R'},
                                          {"help", 0, 0, 'h'},   {0, 0, 0, 0}};
    *o = (struct options){.rounds = 30, .mtu = 1500, .cores = {-1, -1}};
    for (int c; (c = getopt_long(argc, argv, "", longs, NULL)) != -1;) {
        int good = 1;
        switch (c) {
        case 'r': good = option_number(optarg, "--rounds", 1, BENCH_ROUNDS_MAX, &o->rounds); break;
        case 'm': good = option_number(optarg, "--mtu", 1500, 65535, &o->mtu) && option_mtu(o->mtu); break;
        case 'c': good = option_cores(optarg, o->cores); break;
        case 'j': o->json = optarg; break;
        case 'k': o->check = 1; break;
        case 'R': o->realtime = 1; break;
        case 'h': exit(usage(stdout));
        default: return -1;
        }
        if (!good)
            return -1;
    }
    return optind == argc ? 0 : -1;
}

int main(int argc, char **argv) {
    struct row rows[2 * BLOCKS];
    struct options o;
    struct lab lab;
    if (parse(&o, argc, argv) != 0)
        return usage(stderr);
    if (lab_open(&lab, o.cores, o.realtime) != 0 || lab_set_mtu(&lab, (unsigned)o.mtu) != 0)
        return 3;
    for (unsigned i = 0; i < 2 * BLOCKS; i++) {
        rows[i] = (struct row){.block = blocks[i % BLOCKS], .local = i >= BLOCKS};
        if (run_one(&lab, &o, &rows[i]) != 0)
            return 3;
    }
    option_progress("%s", "");
    print_table(rows, 2 * BLOCKS);
    print_octets(rows, 2 * BLOCKS);
    const int missed = print_bounds(rows, 2 * BLOCKS);
    lab_close(&lab);
    if (o.json && option_write_json(o.json, to_json(rows, 2 * BLOCKS, &o)) != 0)
        return 3;
    return o.check && missed ? 1 : 0;
}
