/* SPDX-License-Identifier: BSD-2-Clause */
#include "cable.h"
#include "relay.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static const char *const side_name[LAB_SIDES] = {"client", "server"};

uint64_t lab_now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* ---- cores --------------------------------------------------------------------------------------------------- */

static void choose_cores(struct lab *lab, const int cores[LAB_SIDES]) {
    cpu_set_t allowed;
    int first = 0, second = 0, found = 0;
    if (sched_getaffinity(0, sizeof allowed, &allowed) == 0)
        for (int i = 0; i < CPU_SETSIZE && found < 2; i++)
            if (CPU_ISSET((size_t)i, &allowed)) {
                second = i;
                if (found++ == 0)
                    first = i;
            }
    lab->end[LAB_CLIENT].core = cores[LAB_CLIENT] >= 0 ? cores[LAB_CLIENT] : first;
    lab->end[LAB_SERVER].core = cores[LAB_SERVER] >= 0 ? cores[LAB_SERVER] : second;
    if (lab->end[LAB_CLIENT].core == lab->end[LAB_SERVER].core)
        fprintf(stderr, "bench: client and server share core %d: figures are not comparable with those of two cores\n",
                lab->end[LAB_CLIENT].core);
}

/* Before everything else that runs here, so that a busy machine disturbs less. */
static int go_first(const struct lab *lab) {
    const struct sched_param parameter = {.sched_priority = 10};
    return lab->realtime ? sched_setscheduler(0, SCHED_FIFO, &parameter) : 0;
}

static int pin(int core) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET((size_t)core, &set);
    return sched_setaffinity(0, sizeof set, &set);
}

/* The figures are those of a machine that does nothing else. */
static void warn_of_load(void) {
    double load = 0;
    if (getloadavg(&load, 1) == 1 && load > 0.7)
        fprintf(stderr, "bench: other programs are running (load %.1f): do not trust what follows, or say --realtime\n",
                load);
}

/* ---- the lab ------------------------------------------------------------------------------------------------- */

int lab_open(struct lab *lab, const int cores[LAB_SIDES], int realtime) {
    struct lab_end *client = &lab->end[LAB_CLIENT], *server = &lab->end[LAB_SERVER];
    *lab = (struct lab){.end = {{.netns = -1, .name = "vbench-c", .address = "192.0.2.1"},
                                {.netns = -1, .name = "vbench-s", .address = "192.0.2.2"}}};
    choose_cores(lab, cores);
    lab->realtime = realtime;
    if (!realtime)
        warn_of_load();
    lab->board = mmap(NULL, sizeof *lab->board, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (lab->board == MAP_FAILED) {
        lab->board = NULL;
        return cable_complain("no memory for samples");
    }
    if (cable_become_root() != 0 || cable_host(server) != 0 || cable_host(client) != 0)
        return -1;
    return cable_lay(client, server);
}

int lab_set_mtu(struct lab *lab, unsigned mtu) {
    return cable_set_mtu(&lab->end[LAB_CLIENT], mtu) == 0 ? cable_set_mtu(&lab->end[LAB_SERVER], mtu) : -1;
}

void lab_close(struct lab *lab) {
    relay_stop(lab);
    for (int i = 0; i < LAB_SIDES; i++)
        if (lab->end[i].netns >= 0)
            close(lab->end[i].netns);
    if (lab->middle[LAB_CLIENT].netns > 0)
        close(lab->middle[LAB_CLIENT].netns);
    if (lab->board)
        munmap(lab->board, sizeof *lab->board);
    lab->board = NULL;
}

/* ---- measuring processes ------------------------------------------------------------------------------------- */

void lab_ready(const struct lab_seat *seat) { (void)!write(seat->ready, "r", 1); }

void lab_look_in_vain(uint64_t *looks, uint64_t patience) {
    const struct timespec moment = {.tv_nsec = 50000};
    if (++*looks < patience)
        return;
    *looks = 0;
    nanosleep(&moment, NULL);
}

int lab_problem(const struct lab_seat *seat, const char *format, ...) {
    va_list list;
    va_start(list, format);
    vsnprintf(seat->board->problem[seat->side], LAB_PROBLEM_MAX, format, list);
    va_end(list);
    return -1;
}

int lab_problem_errno(const struct lab_seat *seat, const char *what) {
    return lab_problem(seat, "%s: %s", what, strerror(errno));
}

/* The whole life of one such process.  It does not outlive its parent, nor its time. */
static void sit_down(struct lab *lab, const struct lab_job *job, enum lab_side side, int ready) {
    const struct lab_end *ends = job->relayed ? lab->far : lab->end;
    struct lab_seat seat = {.side = side,
                            .here = &ends[side],
                            .peer = &ends[side == LAB_CLIENT ? LAB_SERVER : LAB_CLIENT],
                            .board = lab->board,
                            .settings = job->settings,
                            .ready = ready};
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    alarm(job->seconds + (side == LAB_SERVER ? 2 : 0));
    int failed;
    if (setns(seat.here->netns, CLONE_NEWNET) != 0)
        failed = lab_problem_errno(&seat, "cannot enter the network namespace");
    else if (pin(seat.here->core) != 0)
        failed = lab_problem(&seat, "cannot run on core %d: %s", seat.here->core, strerror(errno));
    else if (go_first(lab) != 0)
        failed = lab_problem_errno(&seat, "no real-time priority (it needs root)");
    else
        failed = (side == LAB_SERVER ? job->serve : job->measure)(&seat);
    _exit(failed ? 1 : 0);
}

static pid_t start(struct lab *lab, const struct lab_job *job, enum lab_side side, int ready) {
    pid_t pid = fork();
    if (pid == 0)
        sit_down(lab, job, side, ready);
    return pid;
}

static int await_ready(int fd, unsigned seconds) {
    struct pollfd p = {.fd = fd, .events = POLLIN};
    char octet;
    return poll(&p, 1, (int)seconds * 1000) == 1 && read(fd, &octet, 1) == 1 ? 0 : -1;
}

static int outcome(const struct lab *lab, const struct lab_job *job, enum lab_side side, int status) {
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return 0;
    const char *text = lab->board->problem[side];
    if (*text)
        fprintf(stderr, "bench: %s: %s\n", side_name[side], text);
    else if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
        fprintf(stderr, "bench: %s: not done after %u seconds\n", side_name[side], job->seconds);
    else
        fprintf(stderr, "bench: %s: ended with status 0x%x\n", side_name[side], (unsigned)status);
    return -1;
}

int lab_run(struct lab *lab, const struct lab_job *job) {
    struct lab_board *board = lab->board;
    int ends[2], status = 0;
    board->elapsed = board->lost = 0;
    board->count = 0;
    board->aside = 0;
    board->problem[LAB_CLIENT][0] = board->problem[LAB_SERVER][0] = 0;
    if (pipe2(ends, O_CLOEXEC) != 0)
        return cable_complain("pipe");
    pid_t server = start(lab, job, LAB_SERVER, ends[1]);
    close(ends[1]); /* so that a server that dies is noticed as end of file */
    if (server < 0) {
        close(ends[0]);
        return cable_complain("fork");
    }
    if (await_ready(ends[0], 10) != 0) {
        close(ends[0]);
        kill(server, SIGKILL);
        waitpid(server, &status, 0);
        return outcome(lab, job, LAB_SERVER, status);
    }
    close(ends[0]);
    pid_t client = start(lab, job, LAB_CLIENT, -1);
    int failed = client < 0 || waitpid(client, &status, 0) != client ? cable_complain("fork")
                                                                     : outcome(lab, job, LAB_CLIENT, status);
    kill(server, SIGKILL);
    waitpid(server, &status, 0);
    if (failed && *board->problem[LAB_SERVER])
        fprintf(stderr, "bench: server: %s\n", board->problem[LAB_SERVER]);
    return failed;
}
