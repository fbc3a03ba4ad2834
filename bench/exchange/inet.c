/* SPDX-License-Identifier: BSD-2-Clause */
/* UDP and TCP. */
#include "../lab/inet.h"

#include <sys/socket.h>

#include "exchange.h"

struct peer {
    struct lab_seat *seat;
    int fd;
    enum waiting waiting;
    size_t octets;
    char message[EXCHANGE_FRAME];
};

static int begin(struct peer *p, struct lab_seat *seat, int type) {
    const struct exchange_settings *settings = seat->settings;
    *p = (struct peer){.seat = seat,
                       .fd = inet_open(seat, type),
                       .waiting = settings->waiting,
                       .octets = type == SOCK_DGRAM ? EXCHANGE_UDP : EXCHANGE_TCP};
    return p->fd < 0 ? -1 : 0;
}

static int serve(struct lab_seat *seat, int type) {
    struct peer p;
    if (begin(&p, seat, type) != 0)
        return -1;
    for (;;)
        if (inet_receive(p.fd, p.message, p.octets, p.waiting) != 0 ||
            inet_send(p.fd, p.message, p.octets, p.waiting) != 0)
            return lab_problem_errno(seat, "exchange");
}

static int once(void *context) {
    struct peer *p = context;
    if (inet_send(p->fd, p->message, p->octets, p->waiting) != 0 ||
        inet_receive(p->fd, p->message, p->octets, p->waiting) != 0)
        return lab_problem_errno(p->seat, "exchange");
    return 0;
}

static int measure(struct lab_seat *seat, int type) {
    struct peer p;
    return begin(&p, seat, type) == 0 ? exchange_repeat(seat, once, &p) : -1;
}

int exchange_udp_serve(struct lab_seat *seat) { return serve(seat, SOCK_DGRAM); }
int exchange_udp_measure(struct lab_seat *seat) { return measure(seat, SOCK_DGRAM); }
int exchange_tcp_serve(struct lab_seat *seat) { return serve(seat, SOCK_STREAM); }
int exchange_tcp_measure(struct lab_seat *seat) { return measure(seat, SOCK_STREAM); }
