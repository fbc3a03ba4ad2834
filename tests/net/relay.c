/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * relay.c - a bad cable: carries frames between two interfaces and spoils some, the same ones for the same seed and traffic.
 *
 *   relay [--loss PERCENT] [--duplicate PERCENT] [--delay PERCENT MICROSECONDS] [--seed N] INTERFACE INTERFACE
 *
 * Prints "ready" when it carries frames and, ended by SIGINT or SIGTERM, what it did.  For tests on veth; needs CAP_NET_RAW.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#ifndef PACKET_IGNORE_OUTGOING
#define PACKET_IGNORE_OUTGOING 23
#endif
#define FRAME_MOST 65600
#define WAITING_MOST 4096
#define MILLION 1000000u

struct waiting {
    uint64_t when; /* CLOCK_MONOTONIC nanoseconds */
    int fd;
    size_t length;
    uint8_t *frame;
};

struct relay {
    uint32_t loss, duplicate, delay; /* per million */
    uint64_t delay_ns, seed;
    int fd[2];
    struct waiting waiting[WAITING_MOST]; /* all wait equally long: first in, first out */
    size_t first, count;
    uint64_t carried, lost, duplicated, delayed, failed;
};

static volatile sig_atomic_t stop;
static struct relay relay = {.seed = 1};

static void on_signal(int number) {
    (void)number;
    stop = 1;
}

static void die(const char *what) {
    fprintf(stderr, "relay: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void usage(void) {
    fputs("usage: relay [--loss PERCENT] [--duplicate PERCENT] [--delay PERCENT MICROSECONDS] [--seed N] INTERFACE "
          "INTERFACE\n",
          stderr);
    exit(2);
}

static uint64_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static uint64_t draw(void) {
    uint64_t z = (relay.seed += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static int chance(uint32_t per_million) { return draw() % MILLION < per_million; }

static uint32_t percent(const char *text) {
    char *end;
    double value = text ? strtod(text, &end) : -1;
    if (!text || end == text || *end || !(value >= 0 && value <= 100))
        usage();
    return (uint32_t)(value * MILLION / 100 + 0.5);
}

static uint64_t number(const char *text) {
    char *end;
    if (!text || *text < '0' || *text > '9')
        usage();
    uint64_t value = strtoull(text, &end, 0);
    if (*end)
        usage();
    return value;
}

static int open_interface(const char *name) {
    struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL)};
    struct packet_mreq everything = {.mr_type = PACKET_MR_PROMISC};
    int one = 1, room = 8 << 20;
    address.sll_ifindex = everything.mr_ifindex = (int)if_nametoindex(name);
    if (!address.sll_ifindex)
        die(name);
    int fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK, 0);
    if (fd < 0)
        die("socket");
    if (setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof one))
        die("PACKET_IGNORE_OUTGOING");
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room))
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    if (bind(fd, (const struct sockaddr *)&address, sizeof address) ||
        setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &everything, sizeof everything))
        die(name);
    return fd;
}

static void pass(int fd, const uint8_t *frame, size_t length) {
    if (send(fd, frame, length, 0) < 0)
        relay.failed++;
    else
        relay.carried++;
}

static void keep(int fd, const uint8_t *frame, size_t length) {
    uint8_t *copy = relay.count < WAITING_MOST ? malloc(length) : NULL;
    if (!copy) {
        relay.failed++;
        return;
    }
    memcpy(copy, frame, length);
    relay.waiting[(relay.first + relay.count++) % WAITING_MOST] = (struct waiting){now() + relay.delay_ns, fd, length,
                                                                                   copy};
    relay.delayed++;
}

static void pass_waiting(void) {
    for (; relay.count && relay.waiting[relay.first].when <= now(); relay.count--) {
        struct waiting *w = &relay.waiting[relay.first];
        pass(w->fd, w->frame, w->length);
        free(w->frame);
        relay.first = (relay.first + 1) % WAITING_MOST;
    }
}

/* Everything that waits at `from`.  The same number of draws for every frame. */
static void carry(int from, int to) {
    static uint8_t frame[FRAME_MOST];
    for (ssize_t length; (length = recv(from, frame, sizeof frame, 0)) > 0;) {
        int lost = chance(relay.loss), twice = chance(relay.duplicate), late = chance(relay.delay);
        if (lost) {
            relay.lost++;
            continue;
        }
        if (late)
            keep(to, frame, (size_t)length);
        else
            pass(to, frame, (size_t)length);
        if (twice) {
            pass(to, frame, (size_t)length);
            relay.duplicated++;
        }
    }
}

static void run(void) {
    struct pollfd readable[2] = {{relay.fd[0], POLLIN, 0}, {relay.fd[1], POLLIN, 0}};
    while (!stop) {
        struct timespec limit = {1, 0};
        if (relay.count) {
            uint64_t when = relay.waiting[relay.first].when, current = now();
            uint64_t left = when > current ? when - current : 0;
            limit = (struct timespec){(time_t)(left / 1000000000u), (long)(left % 1000000000u)};
        }
        if (ppoll(readable, 2, &limit, NULL) < 0 && errno != EINTR)
            die("poll");
        pass_waiting();
        carry(relay.fd[0], relay.fd[1]);
        carry(relay.fd[1], relay.fd[0]);
    }
}

static void parse(char **argument) {
    int names = 0;
    for (; *argument; argument++) {
        if (strcmp(*argument, "--loss") == 0)
            relay.loss = percent(*++argument);
        else if (strcmp(*argument, "--duplicate") == 0)
            relay.duplicate = percent(*++argument);
        else if (strcmp(*argument, "--seed") == 0)
            relay.seed = number(*++argument);
        else if (strcmp(*argument, "--delay") == 0) {
            relay.delay = percent(*++argument);
            relay.delay_ns = number(*++argument) * 1000u;
        } else if (**argument == '-' || names == 2)
            usage();
        else
            relay.fd[names++] = open_interface(*argument);
    }
    if (names != 2)
        usage();
}

int main(int argc, char **argv) {
    struct sigaction action = {.sa_handler = on_signal};
    (void)argc;
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    parse(argv + 1);
    puts("ready");
    fflush(stdout);
    run();
    printf("carried %llu lost %llu duplicated %llu delayed %llu failed %llu\n", (unsigned long long)relay.carried,
           (unsigned long long)relay.lost, (unsigned long long)relay.duplicated, (unsigned long long)relay.delayed,
           (unsigned long long)relay.failed);
    return 0;
}
