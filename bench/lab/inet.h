/* SPDX-License-Identifier: BSD-2-Clause */
/* inet.h - UDP and TCP sockets between the two ends of a lab. */
#ifndef BENCH_INET_H
#define BENCH_INET_H

#include <stddef.h>

#include "lab.h"
#include "ring.h"

/*
 * A socket that talks to the other end only. type: SOCK_DGRAM or SOCK_STREAM (TCP_NODELAY). The server says
 * lab_ready when it can be reached and returns when the client is there. -1: after lab_problem.
 */
int inet_open(const struct lab_seat *seat, int type);

/*
 * Exactly length octets, spinning or sleeping (WAIT_DEFAULT sleeps). inet_receive of a datagram socket: one
 * datagram, which must be so long. 0, or -1 when the other end has gone or errno says what happened.
 */
int inet_send(int fd, const void *octets, size_t length, enum waiting waiting);
int inet_receive(int fd, void *octets, size_t length, enum waiting waiting);

#endif
