/* SPDX-License-Identifier: BSD-2-Clause */
/* The bare ring: the limit. */
#include <string.h>
#include <sys/socket.h>

#include "exchange.h"

#define FRAMES 256u

struct bare {
    struct lab_seat *seat;
    struct ring ring;
    enum waiting waiting;
    uint8_t frame[EXCHANGE_FRAME];
};

static int begin(struct bare *b, struct lab_seat *seat) {
    const struct exchange_settings *settings = seat->settings;
    memset(b, 0, sizeof *b);
    b->seat = seat;
    b->waiting = settings->waiting;
    if (ring_open(&b->ring, seat, EXCHANGE_FRAME, FRAMES) != 0)
        return -1;
    memcpy(b->frame, b->ring.header, sizeof b->ring.header);
    return 0;
}

static int transmit(struct bare *b) {
    if (send(b->ring.fd, b->frame, sizeof b->frame, 0) != (ssize_t)sizeof b->frame)
        return lab_problem_errno(b->seat, "send");
    return 0;
}

static void receive(struct bare *b) {
    size_t length;
    (void)ring_receive(&b->ring, b->waiting, &length);
    ring_release(&b->ring);
}

int exchange_ring_serve(struct lab_seat *seat) {
    struct bare b;
    if (begin(&b, seat) != 0)
        return -1;
    lab_ready(seat);
    do
        receive(&b);
    while (transmit(&b) == 0);
    return -1;
}

static int once(void *context) {
    struct bare *b = context;
    if (transmit(b) != 0)
        return -1;
    receive(b);
    return 0;
}

int exchange_ring_measure(struct lab_seat *seat) {
    struct bare b;
    return begin(&b, seat) == 0 ? exchange_repeat(seat, once, &b) : -1;
}
