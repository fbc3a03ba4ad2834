/* SPDX-License-Identifier: BSD-2-Clause */
/* odd_port.h - a port that does what a test tells it: refuses, fails, or has a descriptor that never becomes readable. */
#ifndef VMTP_TEST_ODD_PORT_H
#define VMTP_TEST_ODD_PORT_H

#include <vmtp/port.h>

struct odd_port {
    vmtp_port port;
    vmtp_port *inner; /* NULL: hears nothing, sends into the void */
    int plan[8];      /* what the next sends do: how many are taken at most, or a vmtp_error */
    unsigned plan_count, plan_at;
    int recv_result;        /* a vmtp_error instead of receiving */
    int mirror;             /* multicasts come back, from another address */
    void (*received)(void); /* called once, when packets have been received */
    unsigned sends, frames, closed;
    uint8_t kept[4][2048];
    uint32_t kept_length[4];
    unsigned kept_count, kept_new;
};

/* Wraps inner, or stands alone.  fd: what the port says its descriptor is; closed with it. */
void odd_port_init(struct odd_port *odd, vmtp_port *inner, int fd);
/* Adds what the next send does; when the plan is over sends are normal. */
void odd_port_plan(struct odd_port *odd, int result);

#endif
