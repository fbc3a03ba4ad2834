/* SPDX-License-Identifier: BSD-2-Clause */
#define _GNU_SOURCE
#include "testnet.h"

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PROBE_ETHERTYPE 0x88b5 /* for local experiments */
#define PROBES 1000
#define PROBE_MILLISECONDS 10

static int write_file(const char *path, const char *text) {
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    ssize_t length = (ssize_t)strlen(text);
    int result = write(fd, text, (size_t)length) == length ? 0 : -1;
    close(fd);
    return result;
}

static int become_root_of_a_user_namespace(void) {
    char map[64];
    unsigned uid = getuid(), gid = getgid();
    if (unshare(CLONE_NEWUSER | CLONE_NEWNET))
        return -1;
    snprintf(map, sizeof map, "0 %u 1", uid);
    if (write_file("/proc/self/setgroups", "deny") || write_file("/proc/self/uid_map", map))
        return -1;
    snprintf(map, sizeof map, "0 %u 1", gid);
    return write_file("/proc/self/gid_map", map);
}

int testnet_begin(void) {
    if (unshare(CLONE_NEWNET) && become_root_of_a_user_namespace()) {
        fprintf(stderr, "SKIP: no network namespace: %s (needs root, or user namespaces)\n", strerror(errno));
        return TESTNET_SKIP;
    }
    if (testnet_try("link add %s type veth peer name %s >/dev/null 2>&1", TESTNET_A, TESTNET_B)) {
        fprintf(stderr, "SKIP: no veth: needs the command ip (iproute2) and a kernel with veth\n");
        return TESTNET_SKIP;
    }
    return 0;
}

static int run(const char *format, va_list arguments) {
    char command[256] = "ip ";
    vsnprintf(command + 3, sizeof command - 3, format, arguments);
    return system(command);
}

int testnet_try(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int status = run(format, arguments);
    va_end(arguments);
    return status;
}

void testnet_ip(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int status = run(format, arguments);
    va_end(arguments);
    ck_assert_msg(status == 0, "ip %s...: status %d", format, status);
}

static int probe_socket(const char *name) {
    struct sockaddr_ll address = {
        .sll_family = AF_PACKET, .sll_protocol = htons(PROBE_ETHERTYPE), .sll_ifindex = (int)if_nametoindex(name)};
    int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

/* A new cable swallows frames until the kernel has noticed that both ends are up. */
static void await_cable(const char *from, const char *to) {
    static const uint8_t frame[60] = {
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 1, PROBE_ETHERTYPE >> 8, PROBE_ETHERTYPE & 0xff};
    int out = probe_socket(from), in = probe_socket(to);
    struct pollfd arrived = {.fd = in, .events = POLLIN};
    int tries = 0;
    do {
        ck_assert_msg(tries++ < PROBES, "nothing gets from %s to %s", from, to);
        ck_assert_int_eq(send(out, frame, sizeof frame, 0), sizeof frame);
    } while (poll(&arrived, 1, PROBE_MILLISECONDS) != 1);
    close(out);
    close(in);
}

void testnet_fresh(uint32_t mtu) {
    ck_assert_msg(unshare(CLONE_NEWNET) == 0, "unshare: %s", strerror(errno));
    /* Otherwise the kernel sends frames of its own.  No file, no IPv6: just as well. */
    write_file("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1");
    testnet_ip("link add %s mtu %u type veth peer name %s mtu %u", TESTNET_A, mtu, TESTNET_B, mtu);
    testnet_ip("link set %s up", TESTNET_A);
    testnet_ip("link set %s up", TESTNET_B);
    await_cable(TESTNET_A, TESTNET_B);
    await_cable(TESTNET_B, TESTNET_A);
}
