/* SPDX-License-Identifier: BSD-2-Clause */
#include "lab.h"

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

static int complain(const char *what) {
    fprintf(stderr, "bench: %s: %s\n", what, strerror(errno));
    return -1;
}

/* ---- namespaces ---------------------------------------------------------------------------------------------- */

static int write_text(const char *path, const char *text) {
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    ssize_t n = write(fd, text, strlen(text));
    close(fd);
    return n == (ssize_t)strlen(text) ? 0 : -1;
}

/* Root inside a user namespace may make network namespaces and open raw sockets in them. */
static int become_root(void) {
    if (geteuid() == 0)
        return 0;
    char uids[64], gids[64];
    snprintf(uids, sizeof uids, "0 %ld 1", (long)geteuid());
    snprintf(gids, sizeof gids, "0 %ld 1", (long)getegid());
    if (unshare(CLONE_NEWUSER) != 0 || write_text("/proc/self/setgroups", "deny") != 0 ||
        write_text("/proc/self/uid_map", uids) != 0 || write_text("/proc/self/gid_map", gids) != 0)
        return complain("cannot make a user namespace; run this as root, or allow it with "
                        "sysctl kernel.unprivileged_userns_clone=1");
    return 0;
}

static int make_namespace(struct lab_end *end) {
    if (unshare(CLONE_NEWNET) != 0)
        return complain("cannot make a network namespace; run this as root");
    /* Inherited by ip on purpose: it is told the other end's namespace by descriptor. */
    end->netns = open("/proc/self/ns/net", O_RDONLY);
    if (end->netns < 0)
        return complain("/proc/self/ns/net");
    /* No router solicitations, no multicast reports: nothing but the frames we measure.  Where /proc is read-only the
     * missing link-local address (addrgenmode none) does most of it. */
    (void)!write_text("/proc/sys/net/ipv6/conf/all/disable_ipv6", "1");
    (void)!write_text("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1");
    return 0;
}

static int enter(const struct lab_end *end) {
    return setns(end->netns, CLONE_NEWNET) == 0 ? 0 : complain("cannot enter a network namespace");
}

/* Runs ip with these words, separated by single spaces, in end's namespace. */
__attribute__((format(printf, 2, 3))) static int ip(const struct lab_end *end, const char *format, ...) {
    char line[200], *words[32] = {"ip"}, *rest = NULL;
    va_list list;
    va_start(list, format);
    vsnprintf(line, sizeof line, format, list);
    va_end(list);
    size_t n = 1;
    for (char *w = strtok_r(line, " ", &rest); w && n < 31; w = strtok_r(NULL, " ", &rest))
        words[n++] = w;
    if (enter(end) != 0)
        return -1;
    pid_t pid;
    int status = 0;
    errno = posix_spawnp(&pid, "ip", NULL, NULL, words, environ);
    if (errno != 0)
        return complain("cannot run ip; install iproute2");
    if (waitpid(pid, &status, 0) != pid || status != 0) {
        fprintf(stderr, "bench: ip failed (%s)\n", format);
        return -1;
    }
    return 0;
}

static int learn_interface(struct lab_end *end) {
    if (enter(end) != 0)
        return -1;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct ifreq r = {0};
    snprintf(r.ifr_name, sizeof r.ifr_name, "%s", end->name);
    if (fd < 0 || ioctl(fd, SIOCGIFHWADDR, &r) != 0) {
        complain(end->name);
        if (fd >= 0)
            close(fd);
        return -1;
    }
    memcpy(end->mac, r.ifr_hwaddr.sa_data, 6);
    close(fd);
    end->ifindex = (int)if_nametoindex(end->name);
    return end->ifindex > 0 ? 0 : complain(end->name);
}

static int bring_up(struct lab_end *end) {
    if (ip(end, "link set dev %s addrgenmode none", end->name) != 0 ||
        ip(end, "addr add %s/30 dev %s", end->address, end->name) != 0 || ip(end, "link set dev %s up", end->name) != 0)
        return -1;
    return learn_interface(end);
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
        return complain("no memory for samples");
    }
    if (become_root() != 0 || make_namespace(server) != 0 || make_namespace(client) != 0)
        return -1;
    if (ip(client, "link add %s type veth peer name %s netns /proc/self/fd/%d", client->name, server->name,
           server->netns) != 0)
        return -1;
    return bring_up(server) == 0 && bring_up(client) == 0 ? 0 : -1;
}

int lab_set_mtu(struct lab *lab, unsigned mtu) {
    for (int i = 0; i < LAB_SIDES; i++)
        if (ip(&lab->end[i], "link set dev %s mtu %u", lab->end[i].name, mtu) != 0)
            return -1;
    return 0;
}

void lab_close(struct lab *lab) {
    for (int i = 0; i < LAB_SIDES; i++)
        if (lab->end[i].netns >= 0)
            close(lab->end[i].netns);
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
    struct lab_seat seat = {.side = side,
                            .here = &lab->end[side],
                            .peer = &lab->end[side == LAB_CLIENT ? LAB_SERVER : LAB_CLIENT],
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
    board->problem[LAB_CLIENT][0] = board->problem[LAB_SERVER][0] = 0;
    if (pipe2(ends, O_CLOEXEC) != 0)
        return complain("pipe");
    pid_t server = start(lab, job, LAB_SERVER, ends[1]);
    close(ends[1]); /* so that a server that dies is noticed as end of file */
    if (server < 0) {
        close(ends[0]);
        return complain("fork");
    }
    if (await_ready(ends[0], 10) != 0) {
        close(ends[0]);
        kill(server, SIGKILL);
        waitpid(server, &status, 0);
        return outcome(lab, job, LAB_SERVER, status);
    }
    close(ends[0]);
    pid_t client = start(lab, job, LAB_CLIENT, -1);
    int failed = client < 0 || waitpid(client, &status, 0) != client ? complain("fork")
                                                                     : outcome(lab, job, LAB_CLIENT, status);
    kill(server, SIGKILL);
    waitpid(server, &status, 0);
    if (failed && *board->problem[LAB_SERVER])
        fprintf(stderr, "bench: server: %s\n", board->problem[LAB_SERVER]);
    return failed;
}
