/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * packet_shared.c - who else listens.
 *
 * Every program that opens a packet socket for our EtherType on our interface receives what is sent to our address, and would answer for
 * entities that are ours.  The kernel lists these sockets; there is no event for a new one.
 */
#define _GNU_SOURCE
#include <stdio.h>

#include "packet_internal.h"

int packet_shared(vmtp_port *port) {
    const struct packet_port *p = (const struct packet_port *)port;
    char line[256];
    int sockets = 0;
    FILE *list = fopen("/proc/self/net/packet", "re");
    if (!list)
        return 0;
    while (fgets(line, sizeof line, list)) {
        unsigned protocol;
        int interface;
        /* sk RefCnt Type Proto Iface R Rmem User Inode; the first line has their names */
        if (sscanf(line, "%*s %*s %*s %x %d", &protocol, &interface) == 2)
            sockets += protocol == port->info.ethertype && interface == p->ifindex;
    }
    fclose(list);
    return sockets > 1;
}
