/* SPDX-License-Identifier: BSD-2-Clause */
/* An Ethernet interface by way of libpcap. */
#define _GNU_SOURCE
#include "link.h"

#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <poll.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "command.h"
#include "pixit.h"
#include "stop.h"

struct pcap_link {
    struct vc_link link;
    pcap_t *pcap;
    int fd;
    struct ifreq interface; /* its name */
    unsigned vlan;          /* 0: frames have no tag; else they have this one, which nobody else sees */
    const uint8_t *data;    /* a frame that was read and not taken, of pcap's, or NULL */
    struct pcap_pkthdr *header;
};

#define LEAST_MTU (VC_HEADER + 2 * VC_BLOCK + VC_CHECKSUM)
#define TAG 4u /* octets, behind the addresses */
#define ADDRESSES 12u

static vc_time clock_now(clockid_t clock) {
    struct timespec t;
    clock_gettime(clock, &t);
    return (vc_time)t.tv_sec * VC_SECOND + (vc_time)t.tv_nsec;
}

/* The clock that packets are stamped with. */
static vc_time link_now(struct vc_link *link) {
    (void)link;
    return clock_now(CLOCK_REALTIME);
}

static int link_send(struct vc_link *link, const uint8_t *frame, size_t size) {
    struct pcap_link *l = (struct pcap_link *)link;
    static uint8_t tagged[VC_FRAME_MAX + TAG];
    if (l->vlan && size >= ADDRESSES && size + TAG <= sizeof tagged) {
        memcpy(tagged, frame, ADDRESSES);
        vc_put32(tagged + ADDRESSES, 0x81000000u | l->vlan);
        memcpy(tagged + ADDRESSES + TAG, frame + ADDRESSES, size - ADDRESSES);
        frame = tagged;
        size += TAG;
    }
    return pcap_sendpacket(l->pcap, frame, (int)size) == 0 ? 0 : -1;
}

/* The filter lets frames of other VLANs through, whose tags the interface has taken off and libpcap puts back. */
static int is_ours(const struct pcap_link *l) {
    return l->vlan || (l->header->caplen >= VC_ETHERNET && vc_get16(l->data + ADDRESSES) == l->link.ethertype);
}

/* The next frame that the system has: 1; 0: none; -1. */
static int look(struct pcap_link *l) {
    int rc;
    if (l->data)
        return 1;
    do
        rc = pcap_next_ex(l->pcap, &l->header, &l->data);
    while (rc == 1 && !is_ours(l));
    if (rc != 1)
        l->data = NULL;
    return rc;
}

static vc_time stamp(const struct pcap_link *l) {
    return (vc_time)l->header->ts.tv_sec * VC_SECOND + (vc_time)l->header->ts.tv_usec; /* opened for nanoseconds */
}

static int take(struct pcap_link *l, uint8_t *frame, size_t room) {
    size_t size = l->header->caplen, tag = l->vlan && size >= ADDRESSES + TAG ? TAG : 0;
    size = size - tag < room ? size - tag : room;
    memcpy(frame, l->data, size < ADDRESSES ? size : ADDRESSES);
    if (size > ADDRESSES)
        memcpy(frame + ADDRESSES, l->data + ADDRESSES + tag, size - ADDRESSES);
    l->data = NULL;
    return (int)size;
}

/* Silence of an interface that is down or gone says nothing of the node.  Without carrier it may: the node may be starting. */
static int is_up(struct pcap_link *l) {
    return ioctl(l->fd, SIOCGIFFLAGS, &l->interface) == 0 && l->interface.ifr_flags & IFF_UP;
}

/* What came a little late is for the case to judge; behind that a peer that never stops would keep us here. */
#define LATE VC_SECOND

/* How long is counted by a clock that nobody sets: one that is put back by an hour would be waited for. */
static int link_receive(struct vc_link *link, uint8_t *frame, size_t room, vc_time *when, vc_time until) {
    struct pcap_link *l = (struct pcap_link *)link;
    vc_time begun = link_now(link), end = clock_now(CLOCK_MONOTONIC) + (until > begun ? until - begun : 0);
    for (;;) {
        int there = look(l);
        if (there < 0)
            return -1;
        if (there) {
            *when = stamp(l);
            return *when > until + LATE ? 0 : take(l, frame, room);
        }
        vc_time now = clock_now(CLOCK_MONOTONIC);
        if (now >= end)
            return is_up(l) ? 0 : -1;
        struct pollfd p = {.fd = l->fd, .events = POLLIN};
        struct timespec left = {.tv_sec = (time_t)((end - now) / VC_SECOND), .tv_nsec = (long)((end - now) % VC_SECOND)};
        if (ppoll(&p, 1, &left, NULL) < 0 && (errno != EINTR || vc_stopped))
            return errno == EINTR ? 0 : -1;
    }
}

#define CANNOT_SO 77

static void explain(const struct vc_command *c, char *text, size_t size) {
    const char *before = *c->said ? "; it says: " : "";
    if (c->end == VC_COMMAND_ENDLESS)
        snprintf(text, size,
                 "has not ended after %.1f s, and was ended: what is to stay belongs in the background; "
                 "REBOOT in PIXIT is how long it may take%s%s",
                 (double)vc_timers[VC_REBOOT].most / 1e9, before, c->said);
    else if (c->end == VC_COMMAND_NONE)
        snprintf(text, size, "cannot be run: %s", strerror(c->status));
    else
        snprintf(text, size, c->end == VC_COMMAND_EXIT ? "ends with %d%s%s" : "was ended by signal %d%s%s", c->status,
                 before, c->said);
}

static int link_reboot(struct vc_link *link, const char *how) {
    *link->trouble = 0;
    if (!link->reboot_command || setenv("VCONFORM_START", how ? how : "asking", 1) != 0)
        return -1;
    struct vc_command c = vc_command(link->reboot_command, vc_timers[VC_REBOOT].most);
    if (c.end == VC_COMMAND_EXIT && (c.status == 0 || c.status == CANNOT_SO))
        return c.status == 0 ? 0 : 1;
    explain(&c, link->trouble, sizeof link->trouble);
    return -1;
}

static void link_close(struct vc_link *link) {
    struct pcap_link *l = (struct pcap_link *)link;
    if (l->pcap)
        pcap_close(l->pcap);
    free(l);
}

/* Address and MTU of the interface. */
static int look_up(struct vc_link *link, const char *name, struct ifreq *interface) {
    struct ifaddrs *all, *one;
    int found = -1;
    if (getifaddrs(&all) != 0)
        return -1;
    for (one = all; one; one = one->ifa_next)
        if (strcmp(one->ifa_name, name) == 0 && one->ifa_addr && one->ifa_addr->sa_family == AF_PACKET) {
            struct sockaddr_ll address;
            memcpy(&address, one->ifa_addr, sizeof address);
            memcpy(link->mac, address.sll_addr, 6);
            found = 0;
        }
    freeifaddrs(all);
    int fd = socket(AF_PACKET, SOCK_DGRAM, 0);
    snprintf(interface->ifr_name, sizeof interface->ifr_name, "%s", name);
    link->mtu = fd >= 0 && ioctl(fd, SIOCGIFMTU, interface) == 0 ? (uint32_t)interface->ifr_mtu : 1500;
    if (fd >= 0)
        close(fd);
    return found;
}

/*
 * Only frames of our EtherType, and VLAN if there is one, and, if from is not NULL, of that sender: others can then not fill the buffer.
 * Those that the interface itself sends are left out by direction.
 */
static int filter(struct pcap_link *l, const uint8_t *from) {
    struct bpf_program program;
    char text[120], sender[40] = "";
    if (from)
        snprintf(sender, sizeof sender, "ether src %02x:%02x:%02x:%02x:%02x:%02x and ", from[0], from[1], from[2],
                 from[3], from[4], from[5]);
    if (l->vlan)
        snprintf(text, sizeof text, "%svlan %u and ether proto 0x%04x", sender, l->vlan, l->link.ethertype);
    else
        snprintf(text, sizeof text, "%sether[12:2] == 0x%04x", sender, l->link.ethertype);
    if (pcap_compile(l->pcap, &program, text, 1, PCAP_NETMASK_UNKNOWN) != 0)
        return -1;
    int rc = pcap_setfilter(l->pcap, &program);
    pcap_freecode(&program);
    return rc;
}

static void link_only(struct vc_link *link, const uint8_t mac[6]) { filter((struct pcap_link *)link, mac); }

static int activate(struct pcap_link *l) {
    pcap_set_snaplen(l->pcap, VC_FRAME_MAX + 64); /* no more: each frame takes that much of the buffer */
    pcap_set_promisc(l->pcap, 1);                 /* the tester is several nodes at once */
    pcap_set_immediate_mode(l->pcap, 1);
    pcap_set_tstamp_precision(l->pcap, PCAP_TSTAMP_PRECISION_NANO);
    pcap_set_buffer_size(l->pcap, 24 << 20); /* a window of a large message comes at once */
    return pcap_activate(l->pcap) < 0 || pcap_setdirection(l->pcap, PCAP_D_IN) != 0 || filter(l, NULL) != 0;
}

struct vc_link *vc_link_pcap(const char *name, uint16_t ethertype, unsigned vlan, char *error, size_t size) {
    char why[PCAP_ERRBUF_SIZE] = "";
    struct pcap_link *l = calloc(1, sizeof *l);
    if (!l)
        return NULL;
    l->vlan = vlan;
    l->link = (struct vc_link){.ethertype = ethertype,
                               .now = link_now,
                               .send = link_send,
                               .receive = link_receive,
                               .reboot = link_reboot,
                               .only = link_only,
                               .close = link_close};
    if (look_up(&l->link, name, &l->interface) != 0) {
        snprintf(error, size, "%s is no Ethernet interface; `ip link` lists those that there are", name);
    } else if (l->link.mtu < LEAST_MTU) {
        snprintf(error, size, "the MTU of %s is %u, but cases send packets of %u octets", name, l->link.mtu, LEAST_MTU);
    } else if (!(l->pcap = pcap_create(name, why))) {
        snprintf(error, size, "%s: %s", name, why);
    } else if (activate(l)) {
        snprintf(error, size, "%s: %s (it takes root or CAP_NET_RAW, and the interface must be up)", name,
                 pcap_geterr(l->pcap));
    } else if (pcap_setnonblock(l->pcap, 1, why) != 0 || (l->fd = pcap_get_selectable_fd(l->pcap)) < 0) {
        snprintf(error, size, "%s: cannot be waited for: %s", name, why);
    } else {
        return &l->link;
    }
    link_close(&l->link);
    return NULL;
}
