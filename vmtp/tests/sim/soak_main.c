/* SPDX-License-Identifier: BSD-2-Clause */
/* soak_main.c - vmtp-soak: many seeds, each in a process of its own, some at the same time; what came of them. */
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "soak.h"

#define MOST_JOBS 64
#define MOST_FAILURES 5

struct job {
    pid_t child; /* 0: free */
    int result;
    uint64_t seed;
};

struct run {
    const char *program, *pcap;
    uint64_t next, last, done, failed;
    unsigned jobs;
    struct job running[MOST_JOBS];
    struct soak_totals totals;
};

/* ---- processes ---- */

static void child(uint64_t seed, const char *prefix, int out) {
    char path[256];
    FILE *story = NULL;
    if (prefix) {
        snprintf(path, sizeof path, "%s.story", prefix);
        story = fopen(path, "w");
    }
    soak_run(seed, prefix, story);
    if (story)
        fclose(story);
    _exit(write(out, &soak.totals, sizeof soak.totals) == (ssize_t)sizeof soak.totals ? 0 : 1);
}

static int start(struct job *job, uint64_t seed, const char *prefix) {
    int fds[2];
    if (pipe(fds) != 0)
        return -1;
    fflush(NULL);
    job->child = fork();
    if (job->child == 0)
        child(seed, prefix, fds[1]);
    close(fds[1]);
    job->result = fds[0];
    job->seed = seed;
    return job->child > 0 ? 0 : -1;
}

/* 0: the seed is good. */
static int finish(struct job *job, struct soak_totals *totals) {
    struct soak_totals got;
    ssize_t n = read(job->result, &got, sizeof got);
    int status = 0;
    close(job->result);
    waitpid(job->child, &status, 0);
    job->child = 0;
    if (status != 0 || n != (ssize_t)sizeof got)
        return -1;
    for (unsigned i = 0; i < SOAK_COUNT_COUNT; i++)
        totals->counts[i] += got.counts[i];
    for (unsigned i = 0; i < 64; i++)
        totals->reasons[i] += got.reasons[i];
    for (unsigned i = 0; i < VMTP_COUNTER_COUNT; i++)
        totals->counters[i] += got.counters[i];
    return 0;
}

static void explain(struct run *run, uint64_t seed) {
    char prefix[64];
    struct soak_totals ignored = {0};
    struct job again = {0};
    snprintf(prefix, sizeof prefix, "soak-%llu", (unsigned long long)seed);
    printf("seed %llu failed; again, with captures %s.*.pcapng and what happened in %s.story:\n"
           "  %s --first %llu --seeds 1 --pcap %s\n",
           (unsigned long long)seed, prefix, prefix, run->program, (unsigned long long)seed, prefix);
    if (!run->pcap && start(&again, seed, prefix) == 0)
        finish(&again, &ignored);
}

static void reap(struct run *run) {
    struct pollfd fds[MOST_JOBS];
    for (unsigned i = 0; i < run->jobs; i++)
        fds[i] = (struct pollfd){.fd = run->running[i].child ? run->running[i].result : -1, .events = POLLIN};
    if (poll(fds, run->jobs, -1) < 0)
        return;
    for (unsigned i = 0; i < run->jobs; i++) {
        if (!fds[i].revents)
            continue;
        run->done++;
        if (finish(&run->running[i], &run->totals) == 0)
            continue;
        run->failed++;
        explain(run, run->running[i].seed);
    }
}

static int all(struct run *run) {
    for (;;) {
        unsigned busy = 0;
        for (unsigned i = 0; i < run->jobs; i++) {
            struct job *job = &run->running[i];
            if (!job->child && run->next < run->last && run->failed < MOST_FAILURES &&
                start(job, run->next++, run->pcap) != 0)
                return -1;
            busy += job->child != 0;
        }
        if (!busy)
            return 0;
        reap(run);
    }
}

/* ---- the report ---- */

static const struct {
    const char *words;
    int needed;
} count_names[] = {
#define SOAK_COUNT_NAME(name, words, needed) {words, needed},
    SOAK_COUNTS(SOAK_COUNT_NAME)
#undef SOAK_COUNT_NAME
};

static void report_list(const char *heading, const uint64_t *values, unsigned count) {
    printf("  %s:", heading);
    for (unsigned i = 1; i < count; i++)
        if (!values[i])
            printf(" %s", vmtp_counter_name((enum vmtp_counter)i));
    printf("\n");
}

/* Returns how many kinds of events that a good run has never happened. */
static unsigned report(const struct run *run) {
    const struct soak_totals *t = &run->totals;
    unsigned missing = 0;
    for (unsigned i = 0; i < SOAK_COUNT_COUNT; i++)
        printf("  %-48s %llu\n", count_names[i].words, (unsigned long long)t->counts[i]);
    printf("  calls that ended with\n");
    for (unsigned i = 1; i < 64; i++)
        if (t->reasons[i])
            printf("    %-46s %llu\n", i == 63 ? "CANCELLED" : vmtp_response_code_name(i),
                   (unsigned long long)t->reasons[i]);
    report_list("engine counters that never moved", t->counters, VMTP_COUNTER_COUNT);
    for (unsigned i = 0; i < SOAK_COUNT_COUNT; i++)
        if (count_names[i].needed && !t->counts[i]) {
            printf("  weak: no %s\n", count_names[i].words);
            missing++;
        }
    printf("%llu seeds of %d hosts, %llu failed: %llu calls, %llu answered, %llu executions, %llu crashes, "
           "%llu partitions\n",
           (unsigned long long)run->done, SOAK_HOSTS, (unsigned long long)run->failed,
           (unsigned long long)t->counts[SOAK_CALLS], (unsigned long long)t->counts[SOAK_ANSWERED],
           (unsigned long long)t->counts[SOAK_EXECUTED], (unsigned long long)t->counts[SOAK_CRASHES],
           (unsigned long long)t->counts[SOAK_PARTITIONS]);
    return missing;
}

/* A Request of a stream is given up now and then, and those behind it are executed: VMTP-13.3-23. */
static int too_many_gaps(const struct run *run) {
    const uint64_t *counts = run->totals.counts;
    if (run->done < 50 || counts[SOAK_GAPS] * 100 < counts[SOAK_STREAMED])
        return 0;
    printf("  too many gaps in streams\n");
    return 1;
}

/* On such a network six attempts in a row fail now and then, but not often. */
static int too_many_timeouts(const struct run *run) {
    const uint64_t *counts = run->totals.counts;
    if (run->done < 50 || counts[SOAK_UNEXPLAINED] * 300 < counts[SOAK_CALLS])
        return 0;
    printf("  too many calls timed out though nobody was gone\n");
    return 1;
}

static int usage(const char *program) {
    fprintf(stderr, "usage: %s [--seeds N] [--first SEED] [--pcap PREFIX] [--jobs N]\n", program);
    return 2;
}

int main(int argc, char **argv) {
    uint64_t seeds = 20, first = 1;
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    static struct run run;
    run.program = argv[0];
    run.jobs = cores > 0 ? (unsigned)cores : 1;
    for (int i = 1; i < argc; i += 2) {
        if (i + 1 >= argc)
            return usage(argv[0]);
        if (!strcmp(argv[i], "--seeds"))
            seeds = strtoull(argv[i + 1], NULL, 0);
        else if (!strcmp(argv[i], "--first"))
            first = strtoull(argv[i + 1], NULL, 0);
        else if (!strcmp(argv[i], "--pcap"))
            run.pcap = argv[i + 1];
        else if (!strcmp(argv[i], "--jobs"))
            run.jobs = (unsigned)strtoul(argv[i + 1], NULL, 0);
        else
            return usage(argv[0]);
    }
    if (seeds == 0 || run.jobs == 0)
        return usage(argv[0]);
    if (run.jobs > MOST_JOBS)
        run.jobs = MOST_JOBS;
    run.next = first;
    run.last = first + seeds;
    if (all(&run) != 0) {
        perror(argv[0]);
        return 1;
    }
    unsigned missing = report(&run);
    /* A few seeds need not have everything. */
    return run.failed != 0 || too_many_timeouts(&run) || too_many_gaps(&run) || (missing != 0 && run.done >= 50);
}
