/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * net-strangers INTERFACE flood MAC MS    sends frames as MAC, without a pause, for so long
 * net-strangers INTERFACE tagged MAC MS   sends frames of VLAN 5 as MAC, one each millisecond, for so long
 * net-strangers INTERFACE lie             answers each Request with OK, words and sizes that cannot be, and a name that is none
 *
 * Peers of vconform that no node is.  Each says "ready" when it is at it.
 */
#define _GNU_SOURCE /* clock_gettime */
#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define ETHERTYPE 0x805b
#define ETHERNET 14u
#define HEADER 64u

static int fd;

static int begin(const char *interface) {
    struct sockaddr_ll here = {.sll_family = AF_PACKET, .sll_protocol = htons(ETHERTYPE)};
    here.sll_ifindex = (int)if_nametoindex(interface);
    fd = socket(AF_PACKET, SOCK_RAW, htons(ETHERTYPE));
    return fd < 0 || bind(fd, (struct sockaddr *)&here, sizeof here) != 0 ? -1 : 0;
}

static void say_ready(void) {
    puts("ready");
    fflush(stdout);
}

static int64_t now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* tagged: of a VLAN, and not more than a segment can bear. */
static int send_as(const char *mac, int ms, int tagged) {
    const struct timespec pause = {.tv_nsec = 1000000};
    uint8_t frame[ETHERNET + 100] = {2, 0, 0, 0, 0, 1}, *type = frame + 12;
    unsigned v[6];
    if (sscanf(mac, "%x:%x:%x:%x:%x:%x", v, v + 1, v + 2, v + 3, v + 4, v + 5) != 6)
        return 2;
    for (unsigned i = 0; i < 6; i++)
        frame[6 + i] = (uint8_t)v[i];
    if (tagged) {
        memcpy(type, "\x81\0\0\5", 4);
        type += 4;
    }
    type[0] = ETHERTYPE >> 8;
    type[1] = ETHERTYPE & 0xff;
    bool said = false;
    for (int64_t until = now_ms() + ms; now_ms() < until;) {
        for (int i = 0; i < (tagged ? 1 : 100); i++)
            if (send(fd, frame, sizeof frame, 0) < 0)
                break; /* too many */
        if (!said)
            say_ready();
        said = true;
        if (tagged)
            nanosleep(&pause, NULL);
    }
    return 0;
}

static void put32(uint8_t *at, uint32_t value) {
    value = htonl(value);
    memcpy(at, &value, 4);
}

/* No checksum: a node need not want one. */
static void answer(uint8_t *frame, uint32_t turn) {
    static const uint32_t sizes[] = {0xffffffff, 0x7fffffff, 0, 16384, 16385, 0xfffffe01};
    uint8_t *p = frame + ETHERNET, mac[6];
    memcpy(mac, frame, 6);
    memcpy(frame, frame + 6, 6);
    memcpy(frame + 6, mac, 6);
    put32(p + 8, 3u << 16 | 1024 / 4);
    p[15] |= 1;
    put32(p + 20, turn % 3 ? 0xffffffff : 3);
    put32(p + 24, 0x00112233);
    put32(p + 28, 0x44556602);
    put32(p + 32, 0x10000000);
    memset(p + 36, 0xff, 24);
    put32(p + 60, sizes[turn % (sizeof sizes / sizeof sizes[0])]);
    memset(p + HEADER, 0xff, 32);
    for (unsigned i = 32; i < 1024; i++)
        p[HEADER + i] = (uint8_t) "\x1b[31m\xff\xfe\n<script>&\"\x80"[i % 18];
    put32(p + HEADER + 1024, 0);
    send(fd, frame, ETHERNET + HEADER + 1024 + 4, 0);
}

static _Noreturn void lie(void) {
    static uint8_t frame[70000];
    struct sockaddr_ll from;
    say_ready();
    for (uint32_t turn = 0;; turn++) {
        socklen_t length = sizeof from;
        ssize_t size = recvfrom(fd, frame, sizeof frame, 0, (struct sockaddr *)&from, &length);
        if (size >= (ssize_t)(ETHERNET + HEADER) && from.sll_pkttype == PACKET_HOST && !(frame[ETHERNET + 15] & 1))
            answer(frame, turn);
    }
}

int main(int argc, char **argv) {
    if (argc < 3 || begin(argv[1]) != 0) {
        perror("net-strangers INTERFACE flood MAC MS|tagged MAC MS|lie");
        return 2;
    }
    if (argc == 5)
        return send_as(argv[3], atoi(argv[4]), strcmp(argv[2], "tagged") == 0);
    lie();
}
