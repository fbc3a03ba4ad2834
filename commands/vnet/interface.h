/* SPDX-License-Identifier: BSD-2-Clause */
/* interface.h - what is to be known about network interfaces besides what a port tells. */
#ifndef VNET_INTERFACE_H
#define VNET_INTERFACE_H

#include <stdint.h>

enum interface_state { INTERFACE_GONE, INTERFACE_DOWN, INTERFACE_UP };

/* The interface to which a packet socket is bound; 0: none. */
int interface_of(int packet_socket);
/* By number, so that another one that was given the name of one that has gone is not taken for it. */
enum interface_state interface_state(int index);
/* Octets of Ethernet payload; 0: unknown. */
uint32_t interface_mtu(const char *name);

#endif
