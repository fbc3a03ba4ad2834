/* SPDX-License-Identifier: BSD-2-Clause */
/* UDP, spinning, many datagrams a system call: the same packets.  What is lost is asked for again after 20 ms. */
#include "../lab/inet.h"

#include <errno.h>
#include <string.h>

#include "transfer.h"

#define BATCH 32u
#define PATIENCE 20000000u

struct peer {
    struct lab_seat *seat;
    const struct transfer_settings *settings;
    int fd;
    uint32_t tag; /* of the demands whose data we want; what older ones bring late is not counted */
    struct volley volley;
    uint8_t headers[BATCH][PLAN_HEADER];
    uint8_t area[BATCH][SEGMENT + PLAN_TRAILER];
    struct iovec slices[BATCH][2];
    struct mmsghdr messages[BATCH];
};

static int begin(struct peer *p, struct lab_seat *seat) {
    p->seat = seat;
    p->settings = seat->settings;
    volley_make(&p->volley, p->settings->mtu, NULL, 0);
    for (unsigned i = 0; i < BATCH; i++) {
        p->slices[i][0] = (struct iovec){p->headers[i], PLAN_HEADER};
        p->slices[i][1] = (struct iovec){p->area[i], sizeof p->area[i]};
        p->messages[i].msg_hdr = (struct msghdr){.msg_iov = p->slices[i], .msg_iovlen = 2};
    }
    p->fd = inet_open(seat, SOCK_DGRAM);
    return p->fd < 0 ? -1 : 0;
}

int transfer_udp_serve(struct lab_seat *seat) {
    static struct peer p;
    struct demand demand;
    if (begin(&p, seat) != 0)
        return -1;
    while (inet_receive(p.fd, &demand, sizeof demand, WAIT_SPIN) == 0)
        if (volley_send(&p.volley, p.fd, demand) != 0)
            break;
    return lab_problem_errno(seat, "transfer");
}

static size_t octets_wanted(const struct peer *p, int packets) {
    size_t octets = 0;
    for (int i = 0; i < packets; i++) {
        uint32_t tag;
        memcpy(&tag, p->headers[i], sizeof tag);
        if (tag == p->tag)
            octets += p->messages[i].msg_len - PLAN_HEADER - PLAN_TRAILER;
    }
    return octets;
}

/* Octets of data that arrived, 0 after PATIENCE without any. */
static size_t take(struct peer *p) {
    uint64_t begin_of_wait = 0, looks = 0;
    for (;;) {
        int n = recvmmsg(p->fd, p->messages, BATCH, MSG_DONTWAIT, NULL);
        size_t octets = n > 0 ? octets_wanted(p, n) : 0;
        if (octets > 0)
            return octets;
        lab_look_in_vain(&looks, 20000);
        uint64_t now = lab_now();
        if (begin_of_wait == 0)
            begin_of_wait = now;
        if (now - begin_of_wait > PATIENCE)
            return 0;
    }
}

static int fetch(void *context) {
    struct peer *p = context;
    struct demand demand = {++p->tag, p->settings->per_request};
    size_t each = (size_t)p->settings->per_request * SEGMENT;
    size_t asked = 0, got = 0, wanted = (size_t)p->settings->unit * SEGMENT;
    while (got < wanted) {
        while (asked < wanted && asked - got <= (p->settings->in_flight - 1) * each) {
            if (inet_send(p->fd, &demand, sizeof demand, WAIT_SPIN) != 0)
                return lab_problem_errno(p->seat, "transfer");
            asked += each;
        }
        size_t octets = take(p);
        got += octets;
        if (octets == 0) {
            p->seat->board->lost += (asked - got + each - 1) / each;
            asked = got;
            demand.tag = ++p->tag;
        }
    }
    return 0;
}

int transfer_udp_measure(struct lab_seat *seat) {
    static struct peer p;
    return begin(&p, seat) == 0 ? transfer_repeat(seat, fetch, &p) : -1;
}
