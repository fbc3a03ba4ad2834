/* SPDX-License-Identifier: BSD-2-Clause */
#define _GNU_SOURCE
#include "interface.h"

#include <linux/if_packet.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static int ask(unsigned long question, struct ifreq *request) {
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    int rc = ioctl(fd, question, request);
    close(fd);
    return rc;
}

int interface_of(int packet_socket) {
    struct sockaddr_ll address = {0};
    socklen_t size = sizeof address;
    if (packet_socket < 0 || getsockname(packet_socket, (struct sockaddr *)(void *)&address, &size) != 0)
        return 0;
    return address.sll_family == AF_PACKET && address.sll_ifindex > 0 ? address.sll_ifindex : 0;
}

enum interface_state interface_state(int index) {
    struct ifreq request = {0};
    if (!if_indextoname((unsigned)index, request.ifr_name) || ask(SIOCGIFFLAGS, &request) != 0)
        return INTERFACE_GONE;
    return request.ifr_flags & IFF_UP ? INTERFACE_UP : INTERFACE_DOWN;
}

uint32_t interface_mtu(const char *name) {
    struct ifreq request = {0};
    if (strlen(name) >= sizeof request.ifr_name)
        return 0;
    memcpy(request.ifr_name, name, strlen(name));
    return ask(SIOCGIFMTU, &request) == 0 && request.ifr_mtu > 0 ? (uint32_t)request.ifr_mtu : 0;
}
