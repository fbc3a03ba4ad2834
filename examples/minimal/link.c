/* SPDX-License-Identifier: BSD-2-Clause */
/* Frames of one EtherType on Linux. On another system only this file changes. */
#define _GNU_SOURCE /* struct ifreq, sigaction */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>

#include "minimal.h"

volatile int link_stopped;
static int fd = -1;
static struct sockaddr_ll here = {.sll_family = AF_PACKET, .sll_halen = 6};

static void on_signal(int number) {
    (void)number;
    link_stopped = 1;
}

static int complain(const char *interface, const char *what) {
    fprintf(stderr, "%s: %s: %s\n", interface, what, strerror(errno));
    return -1;
}

int link_open(const char *interface, uint16_t ethertype) {
    struct ifreq request = {0};
    struct packet_mreq managers = {.mr_type = PACKET_MR_MULTICAST, .mr_alen = 6, .mr_address = {9, 0, 0x56, 0, 1, 0}};
    struct sigaction stop = {.sa_handler = on_signal};
    snprintf(request.ifr_name, sizeof request.ifr_name, "%s", interface);
    here.sll_protocol = htons(ethertype);
    if ((fd = socket(AF_PACKET, SOCK_DGRAM, 0)) < 0)
        return complain(interface, "a packet socket takes CAP_NET_RAW");
    if (ioctl(fd, SIOCGIFINDEX, &request) != 0)
        return complain(interface, "no such interface");
    here.sll_ifindex = managers.mr_ifindex = request.ifr_ifindex;
    if (ioctl(fd, SIOCGIFHWADDR, &request) != 0)
        return complain(interface, "no address");
    memcpy(node.mac, request.ifr_hwaddr.sa_data, 6);
    if (ioctl(fd, SIOCGIFMTU, &request) != 0)
        return complain(interface, "no MTU");
    node.mtu = (uint32_t)request.ifr_mtu;
    if (bind(fd, (struct sockaddr *)&here, sizeof here) != 0 ||
        setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &managers, sizeof managers) != 0)
        return complain(interface, "cannot listen");
    sigaction(SIGINT, &stop, NULL);
    sigaction(SIGTERM, &stop, NULL);
    return 0;
}

/* What cannot be sent is lost, as on any network. */
void link_send(const uint8_t mac[6], const uint8_t *octets, size_t size) {
    struct sockaddr_ll to = here;
    memcpy(to.sll_addr, mac, 6);
    if (sendto(fd, octets, size, 0, (struct sockaddr *)&to, sizeof to) < 0)
        return;
}

/* One that is down may come back, but one that was taken away does not, nor do its packets when there is another of its name. */
static void is_gone(void) {
    char name[IF_NAMESIZE];
    if (if_indextoname((unsigned)here.sll_ifindex, name))
        return;
    fprintf(stderr, "the interface is gone\n");
    link_stopped = LINK_GONE;
}

size_t link_receive(uint8_t *octets, size_t room, uint8_t from[6], uint8_t *multicast, int64_t until) {
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    int64_t left = until ? until - now() : 0;
    struct sockaddr_ll source;
    socklen_t length = sizeof source;
    if (poll(&wait, 1, !until ? -1 : left < 0 ? 0 : (int)((left + 999) / 1000)) <= 0)
        return 0;
    ssize_t size = recvfrom(fd, octets, room, MSG_TRUNC | MSG_DONTWAIT, (struct sockaddr *)&source, &length);
    if (size < 0 && errno == ENETDOWN)
        is_gone();
    if (size <= 0 || source.sll_pkttype == PACKET_OTHERHOST || source.sll_pkttype == PACKET_OUTGOING)
        return 0;
    memcpy(from, source.sll_addr, 6);
    *multicast = source.sll_pkttype == PACKET_MULTICAST || source.sll_pkttype == PACKET_BROADCAST;
    return (size_t)size;
}

void link_pause(int64_t time) {
    uint8_t octet, from[6], multicast;
    for (int64_t until = now() + time; now() < until && !link_stopped;)
        link_receive(&octet, 1, from, &multicast, until);
}

int64_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

uint32_t random_word(void) {
    uint32_t word = 0;
    if (getrandom(&word, sizeof word, 0) != sizeof word)
        word = (uint32_t)now() * 2654435761u;
    return word;
}
