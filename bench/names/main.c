/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bench_names - how often names are asked for by multicast, on a day of 50 workstations and 10 managers; and whether anybody notices that
 * managers die, move and come again.  Virtual time; all follows from the seed.
 */
#include "names.h"

#include <getopt.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../lab/options.h"

struct world world;

/*
 * Where the rates come from.  The environment is that of the article: a workstation without a disk for each user, servers for everything
 * that has a name, a cache in each program, which its parent fills.  The article gives the result (0.3 %) and not the load, so the rates are
 * assumptions: a user who is at work says something to the shell three times a minute; a program uses half a dozen names; four in ten are
 * relative.  More names make the result smaller, more programs that live long and more deaths of managers greater.  Managers fare worse
 * than real ones do: each dies about once in a working day.
 */
static const char workload[] =
    "50 workstations, 10 managers with 2 prefixes each, prefixes used by Zipf's law (the i-th as often as 1/i).\n"
    "Morning: a workstation is switched on within half an hour; its first program knows nothing and listens to\n"
    "announcements; the user logs in 1 to 5 minutes later: a shell and 3 tools (editor, mail, windows), which listen "
    "too.\n"
    "Work, 10 hours: a command every 20 s (exponential), after 60 of them on the average a break of 10 minutes. A "
    "command\n"
    "looks up its program below /bin and starts it with V_NAMES and V_CONTEXT of the shell; it uses 6 names "
    "(geometric,\n"
    "1 to 100), one every 200 ms; one in 10 then starts 3 more such programs. 3 in 10 times the shell looks at a name\n"
    "before, 1 in 20 times it only changes the current context. Tools use a name a minute. Of the names of commands "
    "and\n"
    "tools 40 % are relative, 5 % of the others go through one of three aliases, 10 % must not be operated on\n"
    "twice, 10 % are not there; 1 command in 500 is mistyped so that the name is below no prefix.\n"
    "Evening: users leave, workstations and managers stay.\n"
    "Trouble: one manager an hour is killed, in a third of the cases by a power failure of its node (for 2 minutes), "
    "and\n"
    "started elsewhere 1 to 10 s later, with another entity identifier; one every two hours migrates with its "
    "identifier;\n"
    "two prefixes are mounted below others. One frame in 1000 is lost. A directory knows\n"
    "all prefixes; it is asked (by multicast) when nobody else answers.\n\n";

_Noreturn void fail(const char *what) {
    fprintf(stderr, "bench_names: %s\n", what);
    exit(3);
}

/* ---- chance -------------------------------------------------------------------------------------------------------------- */

uint64_t draw(void) { /* splitmix64 */
    uint64_t z = world.random += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

double draw_unit(void) { return (double)(draw() >> 11) / 9007199254740992.0; }

int draw_chance(double probability) { return draw_unit() < probability; }

vmtp_time draw_between(vmtp_time least, vmtp_time most) { return least + draw() % (most - least + 1); }

vmtp_time draw_exponential(vmtp_time mean) { return (vmtp_time)(-log(1 - draw_unit()) * (double)mean); }

/* ---- a day --------------------------------------------------------------------------------------------------------------- */

static void run_day(uint64_t seed) {
    const struct vipc_fake_faults faults = {
        .frames = 1000, .delay = 500 * VMTP_MICROSECOND, .jitter = 500 * VMTP_MICROSECOND, .patience = 2 * VMTP_SECOND};
    const double working = world.options.hours < WORKING_DAY ? world.options.hours : WORKING_DAY;
    world.options.seed = world.random = seed;
    world.net = vipc_fake_create(seed);
    if (!world.net)
        fail("no memory");
    vipc_fake_set_faults(world.net, &faults);
    world.clock = vipc_fake_node(world.net);
    world.begin = vipc_fake_now(world.net) + MINUTE; /* managers first */
    world.end = world.begin + (vmtp_time)(world.options.hours * (double)HOUR);
    world.evening = world.begin + (vmtp_time)(working * (double)HOUR);
    directory_open();
    servers_open();
    users_open();
    vipc_fake_run(world.net, world.end - vipc_fake_now(world.net));
    users_close();
    servers_close();
    directory_close();
    vipc_fake_destroy(world.net);
}

/* ---- options ---------------------------------------------------------------------------------------------------------------- */

static void usage(FILE *to) {
    fputs("usage: bench_names [--seed N] [--seeds COUNT] [--hours H] [--json FILE] [--without-handing-down]\n"
          "  --seed    the first (default 1)\n"
          "  --seeds   so many days, each from its own seed (default 1)\n"
          "  --hours   of the day, beginning in the morning (default 24)\n"
          "  --without-handing-down  programs begin with empty caches\n"
          "  --without-listening     programs that live long do not listen to announcements\n"
          "exit status 1: a bound is missed\n",
          to);
}

static int read_options(struct options *o, int argc, char **argv) {
    static const struct option list[] = {{"seed", 1, NULL, 's'},
                                         {"seeds", 1, NULL, 'n'},
                                         {"hours", 1, NULL, 'h'},
                                         {"json", 1, NULL, 'j'},
                                         {"without-handing-down", 0, NULL, 'w'},
                                         {"without-listening", 0, NULL, 'l'},
                                         {"help", 0, NULL, '?'},
                                         {NULL, 0, NULL, 0}};
    size_t number = 1;
    *o = (struct options){.seed = 1, .seeds = 1, .hours = 24, .hand_down = 1, .listen = 1};
    for (int c; (c = getopt_long(argc, argv, "", list, NULL)) != -1;) {
        switch (c) {
        case 's':
            if (!option_number(optarg, "--seed", 0, SIZE_MAX / 2, &number))
                return 2;
            o->seed = number;
            break;
        case 'n':
            if (!option_number(optarg, "--seeds", 1, 1000000, &o->seeds))
                return 2;
            break;
        case 'h':
            if (!option_number(optarg, "--hours", 1, 24, &number))
                return 2;
            o->hours = (double)number;
            break;
        case 'j': o->json = optarg; break;
        case 'w': o->hand_down = 0; break;
        case 'l': o->listen = 0; break;
        default: usage(stderr); return 2;
        }
    }
    if (optind != argc) {
        usage(stderr);
        return 2;
    }
    return 0;
}

int main(int argc, char **argv) {
    struct figures all = {0};
    int good = 1;
    const int bad_options = read_options(&world.options, argc, argv);
    if (bad_options)
        return bad_options;
    const uint64_t first = world.options.seed;
    fputs(workload, stdout);
    for (uint64_t seed = first; seed < first + world.options.seeds; seed++) {
        memset(&world.figures, 0, sizeof world.figures);
        run_day(seed);
        report_line(seed, &world.figures);
        fflush(stdout);
        good &= figures_good(&world.figures, world.options.hours >= WORKING_DAY);
        figures_add(&all, &world.figures);
        figures_free(&world.figures);
    }
    good &= figures_good(&all, 1);
    putchar('\n');
    report(&all);
    if (world.options.json && report_json(&all))
        good = 0;
    figures_free(&all);
    return !good;
}
