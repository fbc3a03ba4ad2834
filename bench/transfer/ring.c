/* SPDX-License-Identifier: BSD-2-Clause */
/* The bare ring: the same packets, nobody to see that all arrive. */
#include <string.h>

#include "transfer.h"

#define LINK 14u
#define REQUEST_FRAME 82u

struct bare {
    struct lab_seat *seat;
    const struct transfer_settings *settings;
    struct ring ring;
    struct volley volley;
    uint8_t request[REQUEST_FRAME];
    uint8_t area[SEGMENT];
};

static int begin(struct bare *b, struct lab_seat *seat) {
    struct plan plan;
    b->seat = seat;
    b->settings = seat->settings;
    plan_make(&plan, b->settings->mtu);
    /* A ring that holds all of the 4 MiB: nothing can be lost. */
    if (ring_open(&b->ring, seat, LINK + PLAN_HEADER + plan.largest + PLAN_TRAILER, WHOLE * plan.packets) != 0)
        return -1;
    memcpy(b->request, b->ring.header, LINK);
    volley_make(&b->volley, b->settings->mtu, b->ring.header, LINK);
    return 0;
}

int transfer_ring_serve(struct lab_seat *seat) {
    static struct bare b;
    if (begin(&b, seat) != 0)
        return -1;
    lab_ready(seat);
    for (;;) {
        struct demand demand;
        size_t length;
        memcpy(&demand, ring_receive(&b.ring, WAIT_DEFAULT, &length) + LINK, sizeof demand);
        ring_release(&b.ring);
        if (volley_send(&b.volley, b.ring.fd, demand) != 0)
            return lab_problem_errno(seat, "sendmmsg");
    }
}

static int ask(struct bare *b) {
    struct demand demand = {0, b->settings->per_request};
    memcpy(b->request + LINK, &demand, sizeof demand);
    if (send(b->ring.fd, b->request, sizeof b->request, 0) != (ssize_t)sizeof b->request)
        return lab_problem_errno(b->seat, "send");
    return 0;
}

/* Takes one frame's data to where it belongs; returns its octets. */
static size_t take(struct bare *b) {
    uint32_t words[3];
    size_t length;
    const uint8_t *frame = ring_receive(&b->ring, WAIT_DEFAULT, &length);
    memcpy(words, frame + LINK, sizeof words);
    size_t octets = length - LINK - PLAN_HEADER - PLAN_TRAILER;
    if (words[2] + octets <= SEGMENT)
        memcpy(b->area + words[2], frame + LINK + PLAN_HEADER, octets);
    ring_release(&b->ring);
    return octets;
}

static int fetch(void *context) {
    struct bare *b = context;
    size_t each = (size_t)b->settings->per_request * SEGMENT;
    size_t asked = 0, got = 0, wanted = (size_t)b->settings->unit * SEGMENT;
    while (got < wanted) {
        while (asked < wanted && asked - got <= (b->settings->in_flight - 1) * each) {
            if (ask(b) != 0)
                return -1;
            asked += each;
        }
        got += take(b);
    }
    return 0;
}

int transfer_ring_measure(struct lab_seat *seat) {
    static struct bare b;
    return begin(&b, seat) == 0 ? transfer_repeat(seat, fetch, &b) : -1;
}
