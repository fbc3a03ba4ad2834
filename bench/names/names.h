/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * names.h - a day of 50 workstations and 10 managers of names, in virtual time.
 *
 *   servers.c   managers: where they run, how they die and come again, what they answer
 *   users.c     workstations: shells, programs and what they look up
 *   directory.c a directory that knows all prefixes
 *   figures.c   what is counted, and the report
 *   main.c      options, seeds, the network
 *
 * The workload is told by `workload` in main.c, and printed.
 */
#ifndef BENCH_NAMES_H
#define BENCH_NAMES_H

#include <vipc/fake.h>
#include <vnaming/client.h>
#include <vnaming/manager.h>

#define STATIONS 50u
#define MANAGERS 10u
#define PLACES 13u   /* nodes on which managers may run */
#define STANDING 20u /* prefixes from the beginning */
#define MOUNTS 2u
#define ALIASES 3u
#define FIRST_ALIAS (STANDING + MOUNTS)
#define PREFIXES (STANDING + MOUNTS + ALIASES)

#define MINUTE (60 * VMTP_SECOND)
#define HOUR (60 * MINUTE)
#define WORKING_DAY 10.0 /* hours, from the beginning */

#define DOWN_LEAST (1 * VMTP_SECOND) /* from the death of a manager until it is started elsewhere */
#define DOWN_MOST (10 * VMTP_SECOND)

/* Operations of an interface that is only here. */
#define OPERATION_OPEN (VMTP_PIC | VNAME_BY_NAME | 0x7701u)
#define OPERATION_CHANGE (VMTP_PIC | VNAME_BY_NAME | 0x7702u)

struct options {
    uint64_t seed;
    size_t seeds;
    double hours;
    int hand_down, listen, verbose;
    const char *json;
};

struct prefix {
    const char *text, *target; /* target: of an alias, else NULL */
    unsigned manager;          /* whose it is */
    vmtp_entity last;          /* the entity that held it last; 0: nobody ever did */
    int held;
    vmtp_time since; /* it is held, or not */
};

enum bad {
    BAD_VISIBLE,   /* an operation failed that should not */
    BAD_ELSEWHERE, /* the wrong manager has executed it */
    BAD_KINDS
};

/* What has happened in one day, or in several. */
struct figures {
    struct vname_counters client;
    uint64_t programs, relative, through_alias, changes, multicast_frames, announcements;
    uint64_t kills, power_failures, migrations, mounts, unsure, not_there, mistyped;
    uint64_t bad[BAD_KINDS];
    uint32_t *took, *took_asking; /* microseconds of each operation; of those that asked by multicast */
    size_t took_count, took_room, asking_count, asking_room;
};

extern struct world {
    struct options options;
    vipc_fake *net;
    vipc *clock; /* a node for what just happens */
    uint64_t random;
    vmtp_time begin, end, evening;
    struct prefix prefixes[PREFIXES];
    struct figures figures;
} world;

_Noreturn void fail(const char *what);
uint64_t draw(void);
double draw_unit(void); /* from 0 to below 1 */
int draw_chance(double probability);
vmtp_time draw_between(vmtp_time least, vmtp_time most);
vmtp_time draw_exponential(vmtp_time mean);

/* ---- servers.c ---- */

void servers_open(void);
void servers_close(void);
/* The prefix to which a name belongs now, or (registered) which was ever held; -1: none. */
int prefix_of(const char *name, size_t length, int registered);
uint32_t prefix_context(unsigned prefix);
/* Whether this entity is one of the managers that run. */
int server_is_there(vmtp_entity manager);

/* ---- directory.c ---- */

void directory_open(void);
void directory_close(void);

/* ---- users.c ---- */

void users_open(void);
void users_close(void);

/* ---- figures.c ---- */

void count_operation(const struct vname_operation *op, vmtp_time took);
void count_client(const vname_resolver *resolver);
void count_bad(enum bad bad, const char *name, size_t length, const char *why);
void figures_add(struct figures *all, const struct figures *day);
void figures_free(struct figures *f);
/* In percent: of the lookups of absolute names. */
double multicast_percent(const struct figures *f);
/* Whether the bounds are kept; with_share: also that on multicasts, which says little of a few hours. */
int figures_good(const struct figures *f, int with_share);
void report(struct figures *f);
void report_line(uint64_t seed, const struct figures *f);
int report_json(const struct figures *f);

#endif
