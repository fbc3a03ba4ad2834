/* SPDX-License-Identifier: BSD-2-Clause */
#include "relay.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cable.h"
#include "ring.h"

#define BATCH 64u
#define SPIN 50000u /* nanoseconds */
#define ALL_PROTOCOLS 3u
#define RING_OCTETS (64u << 20)
#define FRAMES_MOST 4096u
#define LINK 14u

struct carrier {
    struct lab_board *board;
    uint64_t seed;
    struct ring ring[LAB_SIDES];
};

static uint64_t draw(struct carrier *c) {
    uint64_t z = (c->seed += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* Frames that are there and not lost; held: their places in the ring. */
static unsigned gather(struct carrier *c, struct ring *from, struct iovec *slices, void **held) {
    uint32_t loss = atomic_load_explicit(&c->board->loss, memory_order_relaxed);
    unsigned count = 0, dropped = 0;
    void *place;
    size_t length;
    for (const uint8_t *frame; count < BATCH && (frame = ring_take(from, &length, &place)) != NULL;) {
        if (loss && draw(c) % 1000000u < loss) {
            ring_give(place);
            dropped++;
            continue;
        }
        slices[count] = (struct iovec){(void *)(uintptr_t)frame, length};
        held[count++] = place;
    }
    atomic_fetch_add_explicit(&c->board->dropped, dropped, memory_order_relaxed);
    return count + dropped;
}

/* How many there were. */
static unsigned carry(struct carrier *c, struct ring *from, const struct ring *to) {
    struct mmsghdr messages[BATCH];
    struct iovec slices[BATCH];
    void *held[BATCH] = {0};
    unsigned there = gather(c, from, slices, held), count = 0, sent = 0;
    for (; count < BATCH && held[count]; count++)
        messages[count] = (struct mmsghdr){.msg_hdr = {.msg_iov = &slices[count], .msg_iovlen = 1}};
    while (sent < count) {
        int n = sendmmsg(to->fd, messages + sent, count - sent, 0);
        if (n <= 0) { /* the one that it stopped at */
            atomic_fetch_add_explicit(&c->board->relay_failed, 1, memory_order_relaxed);
            n = 1;
        }
        sent += (unsigned)n;
    }
    for (unsigned i = 0; i < count; i++)
        ring_give(held[i]);
    atomic_fetch_add_explicit(&c->board->relayed, count, memory_order_relaxed);
    return there;
}

static void carry_on(struct carrier *c) {
    struct pollfd readable[LAB_SIDES] = {{c->ring[0].fd, POLLIN, 0}, {c->ring[1].fd, POLLIN, 0}};
    for (uint64_t since = lab_now();;) {
        unsigned there = carry(c, &c->ring[0], &c->ring[1]) + carry(c, &c->ring[1], &c->ring[0]);
        if (there) {
            since = 0;
            continue;
        }
        sched_yield();
        uint64_t now = lab_now();
        if (!since)
            since = now;
        if (now - since < SPIN)
            continue;
        poll(readable, LAB_SIDES, -1);
        since = 0;
    }
}

static void work(struct lab *lab, unsigned mtu, uint64_t seed, int ready) {
    static struct carrier c;
    const struct sched_param parameter = {.sched_priority = 10};
    unsigned frames = RING_OCTETS / (mtu + 256u);
    c.board = lab->board;
    c.seed = seed;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (lab->realtime)
        sched_setscheduler(0, SCHED_FIFO, &parameter);
    for (int i = 0; i < LAB_SIDES; i++)
        if (ring_open_on(&c.ring[i], lab->middle[i].ifindex, ALL_PROTOCOLS, LINK + mtu,
                         frames < FRAMES_MOST ? frames : FRAMES_MOST) != 0 ||
            ring_take_everything(&c.ring[i], lab->middle[i].ifindex) != 0) {
            cable_complain("relay");
            _exit(1);
        }
    (void)!write(ready, "r", 1);
    carry_on(&c);
    _exit(0);
}

static int lay_cables(struct lab *lab) {
    static const char *const far[LAB_SIDES] = {"vbench-fc", "vbench-fs"}, *const middle[LAB_SIDES] = {"vbench-rc",
                                                                                                      "vbench-rs"};
    static const char *const address[LAB_SIDES] = {"192.0.2.5", "192.0.2.6"};
    struct lab_end host = {0};
    if (cable_host(&host) != 0)
        return -1;
    for (int i = 0; i < LAB_SIDES; i++) {
        lab->middle[i] = host;
        lab->far[i] = (struct lab_end){.netns = lab->end[i].netns, .core = lab->end[i].core};
        snprintf(lab->far[i].name, sizeof lab->far[i].name, "%s", far[i]);
        snprintf(lab->far[i].address, sizeof lab->far[i].address, "%s", address[i]);
        snprintf(lab->middle[i].name, sizeof lab->middle[i].name, "%s", middle[i]);
        if (cable_lay(&lab->far[i], &lab->middle[i]) != 0)
            return -1;
    }
    return 0;
}

int relay_start(struct lab *lab, unsigned mtu, uint64_t seed) {
    int ends[2];
    char octet;
    relay_stop(lab);
    if (lab->middle[0].netns <= 0 && lay_cables(lab) != 0)
        return -1;
    for (int i = 0; i < LAB_SIDES; i++)
        if (cable_set_mtu(&lab->far[i], mtu) != 0 || cable_set_mtu(&lab->middle[i], mtu) != 0)
            return -1;
    if (cable_enter(&lab->middle[0]) != 0 || pipe2(ends, O_CLOEXEC) != 0)
        return cable_complain("relay");
    lab->relay = fork();
    if (lab->relay == 0)
        work(lab, mtu, seed, ends[1]);
    close(ends[1]);
    ssize_t n = lab->relay > 0 ? read(ends[0], &octet, 1) : -1;
    close(ends[0]);
    return n == 1 ? 0 : -1;
}

void relay_stop(struct lab *lab) {
    if (lab->relay <= 0)
        return;
    kill(lab->relay, SIGKILL);
    waitpid(lab->relay, NULL, 0);
    lab->relay = 0;
}
