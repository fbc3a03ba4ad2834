/* SPDX-License-Identifier: BSD-2-Clause */
#include "ring.h"

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <poll.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef PACKET_IGNORE_OUTGOING
#define PACKET_IGNORE_OUTGOING 23
#endif
#define SPIN_NANOSECONDS 50000u
#define LOOKS 16
#define LOOKS_OF_PATIENCE 2000000u /* some milliseconds */
/* tpacket2_hdr and sockaddr_ll, aligned, before the frame: the kernel's TPACKET2_HDRLEN and a bit. */
#define FRAME_OVERHEAD 96u

static size_t round_up(size_t n, size_t unit) { return (n + unit - 1) / unit * unit; }

/* Blocks of 64 KiB, or of one frame's pages when that is more. */
static void lay_out(struct ring *r, size_t largest, unsigned frames) {
    r->frame_octets = round_up(FRAME_OVERHEAD + largest, 256);
    r->block_octets = 65536;
    while (r->block_octets < r->frame_octets)
        r->block_octets *= 2;
    r->frames_per_block = (unsigned)(r->block_octets / r->frame_octets);
    unsigned blocks = (frames + r->frames_per_block - 1) / r->frames_per_block;
    r->frames = blocks * r->frames_per_block;
    r->map_octets = blocks * r->block_octets;
}

static int set_up(struct ring *r) {
    int version = TPACKET_V2, send_buffer = 8 << 20;
    struct tpacket_req request = {.tp_block_size = (unsigned)r->block_octets,
                                  .tp_block_nr = r->frames / r->frames_per_block,
                                  .tp_frame_size = (unsigned)r->frame_octets,
                                  .tp_frame_nr = r->frames};
    setsockopt(r->fd, SOL_SOCKET, SO_SNDBUFFORCE, &send_buffer, sizeof send_buffer);
    if (setsockopt(r->fd, SOL_PACKET, PACKET_VERSION, &version, sizeof version) != 0 ||
        setsockopt(r->fd, SOL_PACKET, PACKET_RX_RING, &request, sizeof request) != 0)
        return -1;
    r->map = mmap(NULL, r->map_octets, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, r->fd, 0);
    if (r->map == MAP_FAILED) {
        r->map = NULL;
        return -1;
    }
    r->current = r->map;
    return 0;
}

int ring_open_on(struct ring *r, int ifindex, unsigned protocol, size_t largest, unsigned frames) {
    struct sockaddr_ll where = {
        .sll_family = AF_PACKET, .sll_protocol = htons((uint16_t)protocol), .sll_ifindex = ifindex};
    memset(r, 0, sizeof *r);
    lay_out(r, largest, frames);
    r->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
    return r->fd < 0 || set_up(r) != 0 || bind(r->fd, (struct sockaddr *)&where, sizeof where) != 0 ? -1 : 0;
}

int ring_take_everything(const struct ring *r, int ifindex) {
    struct packet_mreq all = {.mr_ifindex = ifindex, .mr_type = PACKET_MR_PROMISC};
    int one = 1;
    if (setsockopt(r->fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof one) != 0)
        return -1;
    return setsockopt(r->fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &all, sizeof all);
}

int ring_open(struct ring *r, const struct lab_seat *seat, size_t largest, unsigned frames) {
    if (ring_open_on(r, seat->here->ifindex, RING_ETHERTYPE, largest, frames) != 0) {
        lab_problem_errno(seat, "packet ring");
        ring_close(r);
        return -1;
    }
    memcpy(r->header, seat->peer->mac, 6);
    memcpy(r->header + 6, seat->here->mac, 6);
    r->header[12] = RING_ETHERTYPE >> 8;
    r->header[13] = RING_ETHERTYPE & 0xff;
    return 0;
}

void ring_close(struct ring *r) {
    if (r->map)
        munmap(r->map, r->map_octets);
    if (r->fd >= 0)
        close(r->fd);
    r->map = NULL;
    r->fd = -1;
}

static int is_filled(const struct ring *r) {
    const void *header = r->current;
    return (__atomic_load_n(&((const struct tpacket2_hdr *)header)->tp_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER) != 0;
}

const uint8_t *ring_look(struct ring *r, size_t *length) {
    if (!is_filled(r))
        return NULL;
    const void *at = r->current;
    const struct tpacket2_hdr *header = at;
    *length = header->tp_snaplen;
    return r->current + header->tp_mac;
}

static void step(struct ring *r) {
    r->at = r->at + 1 == r->frames ? 0 : r->at + 1;
    r->current = r->map + (size_t)(r->at / r->frames_per_block) * r->block_octets +
                 (size_t)(r->at % r->frames_per_block) * r->frame_octets;
}

void ring_give(void *place) {
    __atomic_store_n(&((struct tpacket2_hdr *)place)->tp_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
}

const uint8_t *ring_take(struct ring *r, size_t *length, void **place) {
    const uint8_t *frame = ring_look(r, length);
    *place = r->current;
    if (frame)
        step(r);
    return frame;
}

void ring_release(struct ring *r) {
    ring_give(r->current);
    step(r);
}

static void sleep_until_filled(struct ring *r) {
    struct pollfd p = {.fd = r->fd, .events = POLLIN};
    while (!is_filled(r))
        poll(&p, 1, -1);
}

static int look_a_while(struct ring *r) {
    uint64_t now, begin = 0;
    do {
        for (int i = 0; i < LOOKS; i++)
            if (is_filled(r))
                return 1;
        sched_yield();
        now = lab_now();
        if (begin == 0)
            begin = now;
    } while (now - begin < SPIN_NANOSECONDS);
    return 0;
}

const uint8_t *ring_receive(struct ring *r, enum waiting waiting, size_t *length) {
    uint64_t looks = 0;
    if (waiting == WAIT_SPIN)
        while (!is_filled(r))
            lab_look_in_vain(&looks, LOOKS_OF_PATIENCE);
    else if (waiting == WAIT_BLOCK || !look_a_while(r))
        sleep_until_filled(r);
    return ring_look(r, length);
}
