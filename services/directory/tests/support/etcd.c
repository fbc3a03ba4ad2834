/* SPDX-License-Identifier: BSD-2-Clause */
#define _GNU_SOURCE
#include "etcd.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t member;

static int write_file(const char *name, const char *text) {
    int fd = open(name, O_WRONLY);
    ssize_t wrote = fd < 0 ? -1 : write(fd, text, strlen(text));
    if (fd >= 0)
        close(fd);
    return wrote == (ssize_t)strlen(text) ? 0 : -1;
}

/* As root, or in a user namespace where we are root. */
static int enter_namespace(void) {
    char map[32];
    if (unshare(CLONE_NEWNET) == 0)
        return 0;
    snprintf(map, sizeof map, "0 %u 1", (unsigned)getuid());
    if (unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0)
        return -1;
    return write_file("/proc/self/uid_map", map);
}

static int raise_loopback(void) {
    struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    int rc = fd < 0 ? -1 : ioctl(fd, SIOCSIFFLAGS, &request);
    if (fd >= 0)
        close(fd);
    return rc;
}

static void become_etcd(const char *folder) {
    char data[128], log[128];
    snprintf(data, sizeof data, "%s/etcd", folder);
    snprintf(log, sizeof log, "%s/etcd.log", folder);
    int out = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(out, 1);
    dup2(out, 2);
    execlp("etcd", "etcd", "--data-dir", data, "--listen-client-urls", ETCD_URL, "--advertise-client-urls", ETCD_URL,
           "--listen-peer-urls", "http://127.0.0.1:2380", NULL);
    _exit(127);
}

int etcd_control(const char *format, ...) {
    char arguments[2048], command[2200];
    va_list list;
    va_start(list, format);
    vsnprintf(arguments, sizeof arguments, format, list);
    va_end(list);
    snprintf(command, sizeof command, "ETCDCTL_API=3 etcdctl --command-timeout=10s %s >/dev/null 2>&1", arguments);
    int status = system(command);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int etcd_run(const char *folder, char *why, size_t why_size) {
    int missing = system("command -v etcd >/dev/null && command -v etcdctl >/dev/null");
    if (missing) {
        snprintf(why, why_size, "no commands etcd and etcdctl (packages etcd-server, etcd-client)");
        return -1;
    }
    if (enter_namespace() != 0 || raise_loopback() != 0) {
        snprintf(why, why_size, "no network namespace: %s", strerror(errno));
        return -1;
    }
    member = fork();
    if (member == 0)
        become_etcd(folder);
    for (int tries = 0; tries < 20 && waitpid(member, NULL, WNOHANG) == 0; tries++)
        if (etcd_control("endpoint health") == 0) /* waits by itself, for 10 s */
            return 0;
    snprintf(why, why_size, "it does not get ready");
    etcd_end();
    return -1;
}

void etcd_end(void) {
    if (member <= 0)
        return;
    kill(member, SIGKILL);
    waitpid(member, NULL, 0);
    member = 0;
}

/* Its threads stop one by one. */
static int has_stopped(void) {
    char name[64], line[256] = "";
    snprintf(name, sizeof name, "/proc/%ld/stat", (long)member);
    FILE *file = fopen(name, "r");
    if (!file)
        return 1;
    size_t size = fread(line, 1, sizeof line - 1, file);
    fclose(file);
    line[size] = 0;
    return strstr(line, ") T ") != NULL;
}

void etcd_pause(int pause) {
    if (member <= 0)
        return;
    kill(member, pause ? SIGSTOP : SIGCONT);
    while (pause && !has_stopped())
        sched_yield();
}
