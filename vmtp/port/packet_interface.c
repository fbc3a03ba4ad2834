/* SPDX-License-Identifier: BSD-2-Clause */
/* packet_interface.c - what Linux knows of a network interface, and how to tell a person that it will not do. */
#define _GNU_SOURCE
#include "packet_internal.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/ioctl.h>

int packet_complain(const struct packet_complaint *complaint, int code, const char *format, ...) {
    if (complaint->text && complaint->size) {
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(complaint->text, complaint->size, format, arguments);
        va_end(arguments);
    }
    return code;
}

static int ask(int fd, unsigned long question, struct ifreq *request, const char *name) {
    memset(request, 0, sizeof *request);
    memcpy(request->ifr_name, name, strlen(name));
    return ioctl(fd, question, request);
}

static int is_ethernet(int fd, const char *name) {
    struct ifreq request;
    return ask(fd, SIOCGIFHWADDR, &request, name) == 0 && request.ifr_hwaddr.sa_family == ARPHRD_ETHER;
}

static int is_up(int fd, const char *name) {
    struct ifreq request;
    return ask(fd, SIOCGIFFLAGS, &request, name) == 0 && (request.ifr_flags & IFF_UP);
}

/* "eth0, wlan0 (down)", or what to say when there is none. */
static const char *candidates(int fd, char *out, size_t size) {
    size_t at = 0;
    struct if_nameindex *all = if_nameindex();
    for (struct if_nameindex *i = all; i && i->if_name; i++) {
        if (!is_ethernet(fd, i->if_name))
            continue;
        int n = snprintf(out + at, size - at, "%s%s%s", at ? ", " : "", i->if_name,
                         is_up(fd, i->if_name) ? "" : " (down)");
        if (n < 0 || (size_t)n >= size - at) {
            snprintf(out + at, size - at, at + 6 < size ? ", ..." : "");
            break;
        }
        at += (size_t)n;
    }
    if (all)
        if_freenameindex(all);
    return at ? out : "none";
}

/* Best effort, and by ioctl: /sys may show another network namespace than the one the socket is in. */
static uint32_t link_speed(int fd, const char *name) {
    struct ethtool_cmd command = {.cmd = ETHTOOL_GSET};
    struct ifreq request;
    memset(&request, 0, sizeof request);
    memcpy(request.ifr_name, name, strlen(name));
    request.ifr_data = (void *)&command;
    if (ioctl(fd, SIOCETHTOOL, &request))
        return 0;
    uint32_t mbps = ethtool_cmd_speed(&command);
    return mbps == (uint32_t)SPEED_UNKNOWN || mbps == UINT16_MAX ? 0 : mbps;
}

static int no_such(int fd, const char *name, const struct packet_complaint *complaint) {
    char list[256];
    return packet_complain(complaint, VMTP_E_NO_INTERFACE,
                           "there is no network interface '%s'; Ethernet interfaces here: %s", name,
                           candidates(fd, list, sizeof list));
}

int packet_interface_query(struct packet_interface *out, int fd, const char *name,
                           const struct packet_complaint *complaint) {
    struct ifreq request;
    char list[256];
    *out = (struct packet_interface){0};
    if (!name || !*name)
        return packet_complain(complaint, VMTP_E_NO_INTERFACE,
                               "no network interface is named; Ethernet interfaces here: %s",
                               candidates(fd, list, sizeof list));
    if (strlen(name) >= sizeof out->name || ask(fd, SIOCGIFINDEX, &request, name))
        return no_such(fd, name, complaint);
    memcpy(out->name, name, strlen(name));
    out->index = request.ifr_ifindex;
    if (ask(fd, SIOCGIFHWADDR, &request, name))
        return no_such(fd, name, complaint);
    if (request.ifr_hwaddr.sa_family != ARPHRD_ETHER)
        return packet_complain(complaint, VMTP_E_NO_INTERFACE,
                               "'%s' is not an Ethernet interface; Ethernet interfaces here: %s", name,
                               candidates(fd, list, sizeof list));
    memcpy(out->mac, request.ifr_hwaddr.sa_data, 6);
    if (!is_up(fd, name))
        return packet_complain(complaint, VMTP_E_DOWN,
                               "interface '%s' is down; bring it up with: sudo ip link set %s up", name, name);
    if (ask(fd, SIOCGIFMTU, &request, name))
        return no_such(fd, name, complaint);
    out->mtu = (uint32_t)request.ifr_mtu;
    out->mbps = link_speed(fd, name);
    return 0;
}
