/* SPDX-License-Identifier: BSD-2-Clause */
/* TCP, spinning. */
#include "../lab/inet.h"

#include "transfer.h"

struct peer {
    struct lab_seat *seat;
    const struct transfer_settings *settings;
    int fd;
    uint8_t area[WHOLE * SEGMENT];
};

static int begin(struct peer *p, struct lab_seat *seat) {
    p->seat = seat;
    p->settings = seat->settings;
    p->fd = inet_open(seat, SOCK_STREAM);
    return p->fd < 0 ? -1 : 0;
}

int transfer_tcp_serve(struct lab_seat *seat) {
    static struct peer p;
    struct demand demand;
    if (begin(&p, seat) != 0)
        return -1;
    while (inet_receive(p.fd, &demand, sizeof demand, WAIT_SPIN) == 0)
        if (inet_send(p.fd, p.area, (size_t)demand.segments * SEGMENT, WAIT_SPIN) != 0)
            break;
    return lab_problem_errno(seat, "transfer");
}

static int fetch(void *context) {
    struct peer *p = context;
    const struct transfer_settings *s = p->settings;
    struct demand demand = {0, s->per_request};
    for (unsigned got = 0; got < s->unit; got += s->per_request)
        if (inet_send(p->fd, &demand, sizeof demand, WAIT_SPIN) != 0 ||
            inet_receive(p->fd, p->area, (size_t)s->per_request * SEGMENT, WAIT_SPIN) != 0)
            return lab_problem_errno(p->seat, "transfer");
    return 0;
}

int transfer_tcp_measure(struct lab_seat *seat) {
    static struct peer p;
    return begin(&p, seat) == 0 ? transfer_repeat(seat, fetch, &p) : -1;
}
