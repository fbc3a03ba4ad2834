/* SPDX-License-Identifier: BSD-2-Clause */
/* bulk.h - messages of 4 MiB, one after the other, each checked octet by octet. */
#ifndef BENCH_BULK_H
#define BENCH_BULK_H

#include "../lab/lab.h"
#include "../lab/ring.h"

#define MESSAGE (4u << 20)

enum bulk_direction { BULK_RESPONSE, BULK_REQUEST, BULK_DIRECTIONS };

struct bulk_settings {
    enum bulk_direction direction;
    size_t warm_up, count; /* messages */
    int checked;           /* compare what came */
};

/*
 * What the n-th message is made of: the same octets, from another place on, so that a message with a piece of the one before in it
 * is found out.  Aligned as well as a buffer of a program is.
 */
void bulk_prepare(void);
const uint8_t *bulk_content(uint32_t number);
int bulk_is_content(const uint8_t *octets, uint32_t number);

/* Times carry, which brings the message of that number over; it returns nanoseconds not to be counted, or -1 after lab_problem. */
int bulk_repeat(struct lab_seat *seat, int64_t (*carry)(void *context, uint32_t number), void *context);

int bulk_vmtp_serve(struct lab_seat *seat);
int bulk_vmtp_measure(struct lab_seat *seat);
int bulk_tcp_serve(struct lab_seat *seat);
int bulk_tcp_measure(struct lab_seat *seat);

#endif
