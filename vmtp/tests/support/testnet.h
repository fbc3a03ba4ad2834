/* SPDX-License-Identifier: BSD-2-Clause */
/* testnet.h - a network namespace of the test's own, with a virtual Ethernet cable in it. */
#ifndef VMTP_TESTNET_H
#define VMTP_TESTNET_H

#include <stdint.h>

#define TESTNET_SKIP 77 /* what a test program exits with when it cannot have one */
#define TESTNET_A "vta"
#define TESTNET_B "vtb"

/*
 * Call at the start of main.  Gets the privileges to make networks, as root or through a user namespace: 0.  Otherwise says why not on
 * stderr and returns TESTNET_SKIP.
 */
int testnet_begin(void);
/* An empty network, and in it a cable from TESTNET_A to TESTNET_B that works when this returns.  Ends the test when it cannot. */
void testnet_fresh(uint32_t mtu);
/* Runs "ip ARGUMENTS"; ends the test when that fails. */
void testnet_ip(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The same, but only tells: 0 when it worked. */
int testnet_try(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
