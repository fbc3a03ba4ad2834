/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <string.h>

#include "transfer.h"

void plan_make(struct plan *plan, unsigned mtu) {
    size_t room = (mtu - PLAN_HEADER - PLAN_TRAILER) / 512 * 512;
    *plan = (struct plan){.largest = room < SEGMENT ? room : SEGMENT};
    for (size_t at = 0; at < SEGMENT; at += plan->largest) {
        plan->at[plan->packets] = at;
        plan->octets[plan->packets++] = SEGMENT - at < plan->largest ? SEGMENT - at : plan->largest;
    }
}

void volley_make(struct volley *v, unsigned mtu, const uint8_t *prefix, size_t prefix_octets) {
    memset(v, 0, sizeof *v);
    plan_make(&v->plan, mtu);
    v->prefix = prefix_octets;
    for (size_t i = 0; i < SEGMENT; i++)
        v->data[i] = (uint8_t)(i * 7);
    for (unsigned i = 0; i < v->plan.packets; i++) {
        if (prefix_octets > 0)
            memcpy(v->headers[i], prefix, prefix_octets);
        v->slices[i][0] = (struct iovec){v->headers[i], prefix_octets + PLAN_HEADER};
        v->slices[i][1] = (struct iovec){v->data + v->plan.at[i], v->plan.octets[i]};
        v->slices[i][2] = (struct iovec){v->trailer, PLAN_TRAILER};
        v->messages[i].msg_hdr = (struct msghdr){.msg_iov = v->slices[i], .msg_iovlen = 3};
    }
}

static int send_segment(struct volley *v, int fd) {
    unsigned sent = 0;
    while (sent < v->plan.packets) {
        int n = sendmmsg(fd, v->messages + sent, v->plan.packets - sent, 0);
        if (n < 0 && errno != EINTR && errno != EAGAIN && errno != ENOBUFS)
            return -1;
        sent += n > 0 ? (unsigned)n : 0;
    }
    return 0;
}

int volley_send(struct volley *v, int fd, struct demand demand) {
    for (uint32_t s = 0; s < demand.segments; s++) {
        for (unsigned i = 0; i < v->plan.packets; i++) {
            uint32_t words[3] = {demand.tag, s, (uint32_t)v->plan.at[i]};
            memcpy(v->headers[i] + v->prefix, words, sizeof words);
        }
        if (send_segment(v, fd) != 0)
            return -1;
    }
    return 0;
}
