/* SPDX-License-Identifier: BSD-2-Clause */
#include "cable.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <sched.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

int cable_complain(const char *what) {
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
int cable_become_root(void) {
    if (geteuid() == 0)
        return 0;
    char uids[64], gids[64];
    snprintf(uids, sizeof uids, "0 %ld 1", (long)geteuid());
    snprintf(gids, sizeof gids, "0 %ld 1", (long)getegid());
    if (unshare(CLONE_NEWUSER) != 0 || write_text("/proc/self/setgroups", "deny") != 0 ||
        write_text("/proc/self/uid_map", uids) != 0 || write_text("/proc/self/gid_map", gids) != 0)
        return cable_complain("cannot make a user namespace; run this as root, or allow it with "
                              "sysctl kernel.unprivileged_userns_clone=1");
    return 0;
}

int cable_host(struct lab_end *end) {
    if (unshare(CLONE_NEWNET) != 0)
        return cable_complain("cannot make a network namespace; run this as root");
    /* Inherited by ip on purpose: it is told the other end's namespace by descriptor. */
    end->netns = open("/proc/self/ns/net", O_RDONLY);
    if (end->netns < 0)
        return cable_complain("/proc/self/ns/net");
    /* No router solicitations, no multicast reports: nothing but the frames we measure.  Where /proc is read-only the
     * missing link-local address (addrgenmode none) does most of it. */
    (void)!write_text("/proc/sys/net/ipv6/conf/all/disable_ipv6", "1");
    (void)!write_text("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1");
    return 0;
}

int cable_enter(const struct lab_end *end) {
    return setns(end->netns, CLONE_NEWNET) == 0 ? 0 : cable_complain("cannot enter a network namespace");
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
    if (cable_enter(end) != 0)
        return -1;
    pid_t pid;
    int status = 0;
    errno = posix_spawnp(&pid, "ip", NULL, NULL, words, environ);
    if (errno != 0)
        return cable_complain("cannot run ip; install iproute2");
    if (waitpid(pid, &status, 0) != pid || status != 0) {
        fprintf(stderr, "bench: ip failed (%s)\n", format);
        return -1;
    }
    return 0;
}

static int learn_interface(struct lab_end *end) {
    if (cable_enter(end) != 0)
        return -1;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct ifreq r = {0};
    snprintf(r.ifr_name, sizeof r.ifr_name, "%s", end->name);
    if (fd < 0 || ioctl(fd, SIOCGIFHWADDR, &r) != 0) {
        cable_complain(end->name);
        if (fd >= 0)
            close(fd);
        return -1;
    }
    memcpy(end->mac, r.ifr_hwaddr.sa_data, 6);
    close(fd);
    end->ifindex = (int)if_nametoindex(end->name);
    return end->ifindex > 0 ? 0 : cable_complain(end->name);
}

static int bring_up(struct lab_end *end) {
    if (ip(end, "link set dev %s addrgenmode none", end->name) != 0 ||
        (*end->address && ip(end, "addr add %s/30 dev %s", end->address, end->name) != 0) ||
        ip(end, "link set dev %s up", end->name) != 0)
        return -1;
    return learn_interface(end);
}

int cable_lay(struct lab_end *one, struct lab_end *other) {
    if (ip(one, "link add %s type veth peer name %s netns /proc/self/fd/%d", one->name, other->name, other->netns) != 0)
        return -1;
    return bring_up(one) == 0 && bring_up(other) == 0 ? 0 : -1;
}

int cable_set_mtu(const struct lab_end *end, unsigned mtu) { return ip(end, "link set dev %s mtu %u", end->name, mtu); }
