/* SPDX-License-Identifier: BSD-2-Clause */
/* TCP, spinning: a word says which message is wanted, or comes. */
#include "../lab/inet.h"

#include <sys/socket.h>

#include "bulk.h"

struct peer {
    struct lab_seat *seat;
    const struct bulk_settings *settings;
    int fd;
    uint8_t area[MESSAGE];
};

static int begin(struct peer *p, struct lab_seat *seat) {
    p->seat = seat;
    p->settings = seat->settings;
    bulk_prepare();
    p->fd = inet_open(seat, SOCK_STREAM);
    return p->fd < 0 ? -1 : 0;
}

static int64_t check(const struct peer *p, uint32_t number) {
    uint64_t start = lab_now();
    if (p->settings->checked && !bulk_is_content(p->area, number))
        return lab_problem(p->seat, "message %u came in spoilt", number);
    return (int64_t)(lab_now() - start);
}

static int serve_one(struct peer *p) {
    uint32_t number;
    if (inet_receive(p->fd, &number, sizeof number, WAIT_SPIN) != 0)
        return -1;
    if (p->settings->direction == BULK_RESPONSE)
        return inet_send(p->fd, bulk_content(number), MESSAGE, WAIT_SPIN);
    if (inet_receive(p->fd, p->area, MESSAGE, WAIT_SPIN) != 0)
        return -1;
    int64_t other = check(p, number);
    atomic_store(&p->seat->board->aside, (uint64_t)(other > 0 ? other : 0));
    return other < 0 ? -1 : inet_send(p->fd, &number, sizeof number, WAIT_SPIN);
}

int bulk_tcp_serve(struct lab_seat *seat) {
    static struct peer p;
    if (begin(&p, seat) != 0)
        return -1;
    while (serve_one(&p) == 0)
        ;
    return -1;
}

static int64_t carry(void *context, uint32_t number) {
    struct peer *p = context;
    uint32_t back;
    int bad = inet_send(p->fd, &number, sizeof number, WAIT_SPIN);
    if (p->settings->direction == BULK_RESPONSE) {
        if (bad || inet_receive(p->fd, p->area, MESSAGE, WAIT_SPIN) != 0)
            return lab_problem_errno(p->seat, "transfer");
        return check(p, number);
    }
    if (bad || inet_send(p->fd, bulk_content(number), MESSAGE, WAIT_SPIN) != 0 ||
        inet_receive(p->fd, &back, sizeof back, WAIT_SPIN) != 0)
        return lab_problem_errno(p->seat, "transfer");
    return (int64_t)atomic_load(&p->seat->board->aside);
}

int bulk_tcp_measure(struct lab_seat *seat) {
    static struct peer p;
    return begin(&p, seat) == 0 ? bulk_repeat(seat, carry, &p) : -1;
}
