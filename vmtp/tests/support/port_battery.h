/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * port_battery.h - the tests that every port must pass: what vmtp/port.h promises, on two ports of one segment.
 *
 * A new port gets a rig and one line in a test program.
 */
#ifndef VMTP_TEST_PORT_BATTERY_H
#define VMTP_TEST_PORT_BATTERY_H

#include <check.h>
#include <vmtp/port.h>

struct port_rig {
    const char *name;
    /* Makes two ports that hear each other; 0, or an error of vmtp/errors.h.  Called once in the process of each test. */
    int (*open)(vmtp_port **a, vmtp_port **b);
    /* For ports without wait: lets the next frame arrive; 0 when none is on its way.  Otherwise NULL. */
    int (*settle)(void);
    /* Closes both ports and what is around them. */
    void (*close)(vmtp_port *a, vmtp_port *b);
};

/* Adds the whole battery for this rig to the suite. At most 8 rigs in one program. */
void port_battery_add(Suite *suite, const struct port_rig *rig);

/* ---- for tests of a single port ------------------------------------------------------------------------------ */

/* Waits until packets have arrived and borrows up to max of them; fails the test when none come. */
unsigned port_battery_receive(const struct port_rig *rig, vmtp_port *port, struct vmtp_rx *rx, unsigned max);
/* The next packet must have this number (test_frame_make). */
void port_battery_expect(const struct port_rig *rig, vmtp_port *port, uint32_t number);
/* Sends one packet, which must be taken. */
void port_battery_send(vmtp_port *port, const struct vmtp_tx *tx);
/* Sends an empty packet with this number. */
void port_battery_send_number(vmtp_port *port, const uint8_t dst[6], uint32_t number);

#endif
