/* SPDX-License-Identifier: BSD-2-Clause */
/* Commands are process groups of their own, so that all of one can be ended; the terminal is theirs meanwhile, as in a shell. */
#define _GNU_SOURCE
#include "command.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "stop.h"
#include "text.h"

static vc_time now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (vc_time)t.tv_sec * VC_SECOND + (vc_time)t.tv_nsec;
}

/* 1: it has ended, and that is its status. */
static int is_over(pid_t pid, vc_time until, int *status) {
    const struct timespec pause = {.tv_nsec = 2 * (long)VC_MILLISECOND};
    for (;;) {
        pid_t rc = waitpid(pid, status, WNOHANG);
        if (rc == pid)
            return 1;
        if ((rc < 0 && errno != EINTR) || now() >= until)
            return 0;
        nanosleep(&pause, NULL);
    }
}

#define GRACE VC_SECOND

static void end_all(pid_t group) {
    int status, over;
    kill(-group, SIGTERM);
    over = is_over(group, now() + GRACE, &status);
    kill(-group, SIGKILL);
    if (!over)
        is_over(group, now() + GRACE, &status);
}

/* The terminal, if it is ours to give, or -1. */
static int our_terminal(void) {
    int fd = open("/dev/tty", O_RDWR | O_CLOEXEC);
    if (fd >= 0 && tcgetpgrp(fd) != getpgrp()) {
        close(fd);
        fd = -1;
    }
    return fd;
}

static void give(int terminal, pid_t group) {
    sigset_t stops, before;
    if (terminal < 0)
        return;
    sigemptyset(&stops);
    sigaddset(&stops, SIGTTOU); /* whoever is in the background is stopped for this */
    sigprocmask(SIG_BLOCK, &stops, &before);
    tcsetpgrp(terminal, group);
    sigprocmask(SIG_SETMASK, &before, NULL);
}

static _Noreturn void become(const char *command, int output, int terminal, pid_t parent) {
    setpgid(0, 0);
    give(terminal, getpid());
    prctl(PR_SET_PDEATHSIG, SIGTERM); /* nobody else would end it; what it leaves in the background is not meant */
    if (getppid() == parent && dup2(output, 1) >= 0 && dup2(output, 2) >= 0) {
        close_range(3, ~0u, 0); /* the node shall not keep the tester's sockets */
        execl("/bin/sh", "sh", "-c", command, (char *)NULL);
    }
    _exit(127);
}

static void last_line(FILE *output, char *line, size_t size) {
    char text[400];
    long end = fseek(output, 0, SEEK_END) == 0 ? ftell(output) : 0, from = end > 399 ? end - 399 : 0;
    size_t length = fseek(output, from, SEEK_SET) == 0 ? fread(text, 1, sizeof text - 1, output) : 0;
    while (length > 0 && (text[length - 1] == '\n' || text[length - 1] == ' '))
        length--;
    text[length] = 0;
    const char *start = strrchr(text, '\n');
    snprintf(line, size, "%.*s", (int)size - 1, start ? start + 1 : text);
    vc_clean(line);
}

static void judge(struct vc_command *c, int status) {
    c->end = WIFEXITED(status) ? VC_COMMAND_EXIT : VC_COMMAND_SIGNAL;
    c->status = WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status);
}

/* The terminal has told only the command. */
static int is_interrupted(const struct vc_command *c) {
    return (c->end == VC_COMMAND_SIGNAL && c->status == SIGINT) ||
           (c->end == VC_COMMAND_EXIT && c->status == 128 + SIGINT);
}

struct vc_command vc_command(const char *command, vc_time limit) {
    struct vc_command c = {.end = VC_COMMAND_NONE};
    FILE *output = tmpfile();
    int terminal = our_terminal(), status;
    pid_t parent = getpid(), pid = output ? fork() : -1;
    if (pid == 0)
        become(command, fileno(output), terminal, parent);
    c.status = errno;
    if (pid > 0) {
        setpgid(pid, pid); /* whoever of us is first */
        if (is_over(pid, now() + limit, &status)) {
            judge(&c, status);
        } else {
            c.end = VC_COMMAND_ENDLESS;
            end_all(pid);
        }
        give(terminal, getpgrp());
        vc_stopped |= terminal >= 0 && is_interrupted(&c);
        last_line(output, c.said, sizeof c.said);
    }
    if (terminal >= 0)
        close(terminal);
    if (output)
        fclose(output);
    return c;
}
