/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lab.h - two hosts joined by a virtual cable, and processes that measure on them.
 *
 * The hosts are network namespaces without names, so they and their veth vanish with the process that made
 * them, whatever becomes of it. As root directly; otherwise inside a user namespace of our own.
 */
#ifndef BENCH_LAB_H
#define BENCH_LAB_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum lab_side { LAB_CLIENT, LAB_SERVER, LAB_SIDES };

struct lab_end {
    int netns; /* descriptor of the namespace */
    int core;
    int ifindex;
    uint8_t mac[6];
    char name[16];    /* of the interface */
    char address[16]; /* IPv4 as text */
};

#define LAB_SAMPLES_MAX 2000000u
#define LAB_PROBLEM_MAX 240u

/* What the processes of one measurement and their parent share. */
struct lab_board {
    _Atomic uint64_t word;                           /* from the server, set before lab_ready: where to call */
    uint64_t elapsed;                                /* from the client, nanoseconds, where the whole matters */
    uint64_t lost;                                   /* what had to be asked for again */
    size_t count;                                    /* samples taken */
    _Atomic uint64_t aside;                          /* nanoseconds that the server has spent on what is not measured */
    _Atomic uint32_t loss;                           /* of the relay, in a million; it may change at any time */
    _Atomic uint64_t relayed, dropped, relay_failed; /* frames */
    char problem[LAB_SIDES][LAB_PROBLEM_MAX];
    uint64_t samples[LAB_SAMPLES_MAX];
};

struct lab {
    struct lab_end end[LAB_SIDES];
    /* A second way, through a host that carries frames between two cables (relay.h); none: netns is 0. */
    struct lab_end far[LAB_SIDES], middle[LAB_SIDES];
    pid_t relay;
    int realtime; /* measuring processes go before all others */
    struct lab_board *board;
};

/* What a measuring process knows. */
struct lab_seat {
    enum lab_side side;
    const struct lab_end *here, *peer;
    struct lab_board *board;
    const void *settings;
    int ready; /* pipe to the parent */
};

/* Returns 0, or -1 when the seat's problem has been told by lab_problem. */
typedef int (*lab_role)(struct lab_seat *seat);

struct lab_job {
    lab_role serve;   /* says lab_ready when clients may come, then goes on until it is killed */
    lab_role measure; /* started after that */
    const void *settings;
    unsigned seconds; /* at most */
    int relayed;      /* by the second way */
};

/* cores: of client and server; -1: choose.  On failure -1, and one line on stderr that says what to do. */
int lab_open(struct lab *lab, const int cores[LAB_SIDES], int realtime);
int lab_set_mtu(struct lab *lab, unsigned mtu);
void lab_close(struct lab *lab);

/* Runs one measurement; the results are on the board.  -1: it failed, and what was the matter is on stderr. */
int lab_run(struct lab *lab, const struct lab_job *job);

/* For the processes of a job. */
void lab_ready(const struct lab_seat *seat);
__attribute__((format(printf, 2, 3))) int lab_problem(const struct lab_seat *seat, const char *format, ...);
/* The same with errno's text behind it. */
int lab_problem_errno(const struct lab_seat *seat, const char *what);

/*
 * For those who spin: called for each look in vain, with the number of them since something came. After a time in
 * which something should have come it sleeps a moment, for the kernel's own thread may wait for this core in order
 * to bring it, and with --realtime it would wait for long.
 */
void lab_look_in_vain(uint64_t *looks, uint64_t patience);

/* CLOCK_MONOTONIC in nanoseconds. */
uint64_t lab_now(void);

#endif
