/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vlan_port.c - a switch of two ports, for kernels that have no VLANs:
 *
 *   vlan_port TRUNK ACCESS VLAN
 *
 * Frames of that VLAN go from the trunk to the access port without their tag, and get it on the way back; nothing else is carried.
 * Prints "ready", and, ended by SIGINT or SIGTERM, what it did.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef PACKET_IGNORE_OUTGOING
#define PACKET_IGNORE_OUTGOING 23
#endif
#define ADDRESSES 12
#define TAG 4

static volatile sig_atomic_t stop;
static uint8_t frame[TAG + 65536];
static unsigned long carried, refused;

static void on_signal(int number) {
    (void)number;
    stop = 1;
}

static void die(const char *what) {
    fprintf(stderr, "vlan_port: %s: %s\n", what, strerror(errno));
    exit(1);
}

static int open_port(const char *name) {
    int fd = socket(AF_PACKET, SOCK_RAW, 0), one = 1;
    struct sockaddr_ll address = {
        .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = (int)if_nametoindex(name)};
    struct packet_mreq all = {.mr_ifindex = address.sll_ifindex, .mr_type = PACKET_MR_PROMISC};
    if (fd < 0 || address.sll_ifindex == 0 || setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof one) != 0 ||
        setsockopt(fd, SOL_PACKET, PACKET_AUXDATA, &one, sizeof one) != 0 ||
        setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &all, sizeof all) != 0 ||
        bind(fd, (struct sockaddr *)&address, sizeof address) != 0)
        die(name);
    return fd;
}

/* The kernel takes tags off; where a frame had one is told beside it. -1: nothing to read. */
static ssize_t receive(int fd, int *vlan) {
    union {
        struct cmsghdr head;
        uint8_t room[CMSG_SPACE(sizeof(struct tpacket_auxdata))];
    } control;
    struct iovec data = {frame + TAG, sizeof frame - TAG};
    struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    ssize_t size = recvmsg(fd, &message, MSG_DONTWAIT);
    *vlan = 0;
    for (struct cmsghdr *c = size < 0 ? NULL : CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(&message, c))
        if (c->cmsg_level == SOL_PACKET && c->cmsg_type == PACKET_AUXDATA) {
            struct tpacket_auxdata told;
            memcpy(&told, CMSG_DATA(c), sizeof told);
            *vlan = told.tp_status & TP_STATUS_VLAN_VALID ? told.tp_vlan_tci & 0xfff : 0;
        }
    return size;
}

static void to_access(int trunk, int access, int vlan) {
    int seen;
    ssize_t size = receive(trunk, &seen);
    if (size < 0)
        return;
    if (seen == vlan && send(access, frame + TAG, (size_t)size, 0) == size)
        carried++;
    else
        refused++;
}

static void to_trunk(int access, int trunk, int vlan) {
    int seen;
    ssize_t size = receive(access, &seen);
    const uint8_t tag[TAG] = {0x81, 0, (uint8_t)(vlan >> 8), (uint8_t)vlan};
    if (size < ADDRESSES)
        return;
    memmove(frame, frame + TAG, ADDRESSES);
    memcpy(frame + ADDRESSES, tag, TAG);
    if (seen == 0 && send(trunk, frame, (size_t)size + TAG, 0) == size + TAG)
        carried++;
    else
        refused++;
}

int main(int argc, char **argv) {
    struct sigaction action = {.sa_handler = on_signal};
    if (argc != 4) {
        fprintf(stderr, "usage: vlan_port TRUNK ACCESS VLAN\n");
        return 2;
    }
    int vlan = atoi(argv[3]);
    struct pollfd ports[2] = {{.fd = open_port(argv[1]), .events = POLLIN}, {.fd = open_port(argv[2]), .events = POLLIN}};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    puts("ready");
    fflush(stdout);
    while (!stop) {
        if (poll(ports, 2, -1) < 0)
            continue;
        if (ports[0].revents)
            to_access(ports[0].fd, ports[1].fd, vlan);
        if (ports[1].revents)
            to_trunk(ports[1].fd, ports[0].fd, vlan);
    }
    printf("carried %lu, refused %lu\n", carried, refused);
    return 0;
}
