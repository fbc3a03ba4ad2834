/* SPDX-License-Identifier: BSD-2-Clause */
/* soak_run.c - one seed from its beginning to its end. */
#include "soak.h"

#include <stdarg.h>
#include <unistd.h>

struct soak soak;

_Noreturn void soak_fail(const char *file, int line, const char *format, ...) {
    const char *name = strrchr(file, '/');
    va_list list;
    fprintf(stderr, "seed %llu, %.6f s: %s:%d: ", (unsigned long long)soak.seed,
            soak.world.sim ? (double)soak_now() / 1e9 : 0., name ? name + 1 : file, line);
    va_start(list, format);
    vfprintf(stderr, format, list);
    va_end(list);
    fputc('\n', stderr);
    if (soak.story)
        fflush(soak.story);
    /* So that captures are whole. */
    for (unsigned i = 0; i < soak.world.count; i++)
        vmtp_pcapng_finish(soak.world.nodes[i].port);
    _exit(1);
}

void soak_tell(const char *format, ...) {
    va_list list;
    if (!soak.story)
        return;
    fprintf(soak.story, "%12.6f ", (double)soak_now() / 1e9);
    va_start(list, format);
    vfprintf(soak.story, format, list);
    va_end(list);
    fputc('\n', soak.story);
}

static void build(const char *pcap) {
    soak_plan_make();
    world_init(&soak.world, soak.seed, soak_below(4) == 0 ? 9000 : 1500);
    soak.world.pcapng = pcap;
    soak.world.late_reports = soak_below(3) == 0;
    for (unsigned i = 0; i < SOAK_HOSTS; i++) {
        soak.hosts[i].index = (uint16_t)i;
        soak_host_boot(&soak.hosts[i]);
    }
}

static void act(const struct soak_item *item) {
    struct soak_host *h = &soak.hosts[item->host];
    int current = h->up && h->boot == item->boot;
    switch (item->deed) {
    case SOAK_CALL:
        if (current)
            soak_call(h, item->which);
        break;
    case SOAK_NEXT:
        if (current)
            soak_call_next(h, item->which);
        break;
    case SOAK_CANCEL:
        if (current)
            soak_cancel(h, item->which);
        break;
    case SOAK_REPLY:
        if (current)
            soak_reply(h, item->handle);
        break;
    case SOAK_GHOST: soak_ghost(item->handle); break;
    case SOAK_RETURN:
        if (current)
            soak_fault(item);
        break;
    default: soak_fault(item);
    }
}

/* Until time is up, or (VMTP_NEVER) until nothing is planned and no call is open. */
static void go_on(vmtp_time until) {
    vmtp_time limit = soak_now() + 1000 * VMTP_SECOND;
    while (soak_now() < until) {
        vmtp_time next = soak_agenda_next();
        if (until == VMTP_NEVER && next == VMTP_NEVER && !soak.open)
            break;
        if (next > soak_now() + 50 * VMTP_MILLISECOND)
            next = soak_now() + 50 * VMTP_MILLISECOND;
        SOAK_COUNT(PACKETS, world_run(&soak.world, next < until ? next : until));
        while (soak_agenda_next() <= soak_now()) {
            struct soak_item item = soak_agenda_take();
            act(&item);
        }
        REQUIRE(soak_now() < limit, "calls do not end");
    }
}

static void check_all(int closed) {
    for (unsigned i = 0; i < SOAK_HOSTS; i++)
        if (soak.hosts[i].up)
            soak_host_check(&soak.hosts[i], closed);
}

/* Until nothing is remembered any more of any call, but at most so long. */
static void settle(vmtp_time most) {
    vmtp_time end = soak_now() + most;
    unsigned waiting = 1;
    while (waiting && soak_now() < end) {
        go_on(soak_now() + VMTP_SECOND);
        waiting = 0;
        for (unsigned i = 0; i < SOAK_HOSTS; i++)
            waiting += soak.hosts[i].up && !soak_host_rests(&soak.hosts[i]);
    }
}

static void close_down(void) {
    struct vmtp_sim_faults none = {0};
    /*
     * Records and lent segments come home.  Where servers have passed a Request on, each as a call of its own, and its client has gone, one
     * after the other gives it up when it has not been asked for TS2; and then it is remembered for TS4.
     */
    settle((SOAK_MOST_HOPS + 1) * 10 * VMTP_SECOND + 5 * VMTP_SECOND);
    check_all(0);
    vmtp_sim_set_faults(soak.world.sim, &none);
    soak_ghosts_end();
    for (unsigned i = 0; i < SOAK_HOSTS; i++)
        if (soak.hosts[i].up)
            soak_host_close(&soak.hosts[i]);
    settle(10 * VMTP_SECOND);
    check_all(1);
}

void soak_run(uint64_t seed, const char *pcap, FILE *story) {
    soak.seed = seed;
    soak.story = story;
    build(pcap);
    go_on(soak_now() +
          500 * VMTP_MILLISECOND); /* identifiers, on a network still good: collisions have a test of their own */
    soak.plan.end += soak_now();
    vmtp_sim_set_faults(soak.world.sim, &soak.plan.faults);
    soak_faults_plan();
    soak_ghosts_begin();
    go_on(VMTP_NEVER);
    close_down();
    world_close(&soak.world);
}
