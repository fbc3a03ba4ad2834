/* SPDX-License-Identifier: BSD-2-Clause */
/* packet_open.c - from the name of an interface to a port, or to a sentence that says why not. */
#define _GNU_SOURCE
#include "packet_internal.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#ifndef PACKET_IGNORE_OUTGOING
#define PACKET_IGNORE_OUTGOING 23
#endif
#define RING_FRAMES_MOST (1u << 20)

void vmtp_packet_options_init(struct vmtp_packet_options *options) {
    *options = (struct vmtp_packet_options){
        .size = sizeof *options,
        .ethertype = VMTP_ETHERTYPE,
        .ring_frames = 1024,
        .send_buffer = 4u << 20,
        .fd = -1,
    };
}

static int check_options(const struct vmtp_packet_options *o, const struct packet_complaint *complaint) {
    if (o->size != sizeof *o)
        return packet_complain(complaint, VMTP_E_INVALID, "packet options were not set up with vmtp_packet_options_init");
    if (o->ethertype < 0x600)
        return packet_complain(complaint, VMTP_E_INVALID, "EtherType 0x%04x is out of range: 0x0600 to 0xffff",
                               o->ethertype);
    if (!o->ring_frames || (o->ring_frames & (o->ring_frames - 1)) || o->ring_frames > RING_FRAMES_MOST)
        return packet_complain(complaint, VMTP_E_INVALID,
                               "a receive ring of %u frames is impossible: take a power of two up to %u",
                               o->ring_frames, RING_FRAMES_MOST);
    return 0;
}

static int option_of(int fd, int option) {
    int value = -1;
    socklen_t size = sizeof value;
    return getsockopt(fd, SOL_SOCKET, option, &value, &size) ? -1 : value;
}

/* Is a descriptor we were given a socket we can use? */
static int check_adopted(int fd, const struct packet_complaint *complaint) {
    if (option_of(fd, SO_DOMAIN) == AF_PACKET && option_of(fd, SO_TYPE) == SOCK_RAW)
        return 0;
    return packet_complain(complaint, VMTP_E_INVALID,
                           "descriptor %d is not a raw packet socket: make it with socket(AF_PACKET, SOCK_RAW, 0)", fd);
}

static int no_socket(const struct packet_complaint *complaint) {
    int error = errno;
    char program[256];
    ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    program[length > 0 ? length : 0] = 0;
    if (error == EPERM || error == EACCES)
        return packet_complain(
            complaint, VMTP_E_PERMISSION,
            "raw Ethernet needs CAP_NET_RAW: run 'sudo setcap cap_net_raw+ep %s' once, run it as root, "
            "or try it in a network of your own with 'unshare -Urn'",
            length > 0 ? program : "PROGRAM");
    errno = error;
    return packet_complain(complaint, VMTP_E_SYSTEM, "cannot open a packet socket: %s%s", strerror(error),
                           error == EAFNOSUPPORT ? " (load the kernel module af_packet)" : "");
}

/* The interface is looked at first, so that a misspelt name is not answered with a lecture on privileges. */
static int find_interface(struct packet_interface *out, int adopted, const char *name,
                          const struct packet_complaint *complaint) {
    if (adopted >= 0)
        return packet_interface_query(out, adopted, name, complaint);
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return packet_complain(complaint, VMTP_E_SYSTEM, "cannot open a socket: %s", strerror(errno));
    int result = packet_interface_query(out, fd, name, complaint);
    close(fd);
    return result;
}

/* As much as the system lets us have; less only makes partial sends more frequent, and those are told to the caller. */
static void set_send_buffer(int fd, uint32_t octets) {
    int value = octets > INT32_MAX / 2 ? INT32_MAX / 2 : (int)octets;
    if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &value, sizeof value))
        setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &value, sizeof value);
}

static int open_ring(struct packet_port *p, const struct vmtp_packet_options *options,
                     const struct packet_complaint *complaint) {
    struct tpacket_req geometry = packet_ring_geometry(options->ring_frames, p->port.info.mtu);
    if (packet_ring_open(&p->ring, p->port.info.fd, &geometry) == 0)
        return 0;
    int error = errno;
    unsigned mib = (unsigned)(((uint64_t)geometry.tp_block_size * geometry.tp_block_nr) >> 20);
    packet_complain(complaint, 0, "cannot make a receive ring of %u frames (%u MiB): %s; ask for fewer frames",
                    options->ring_frames, mib, strerror(error));
    errno = error;
    return error == ENOMEM ? VMTP_E_MEMORY : VMTP_E_SYSTEM;
}

static int bind_to_interface(struct packet_port *p, const char *name, const struct packet_complaint *complaint) {
    int one = 1;
    /* Kernels before 4.20 do not know it; is_ours() catches such frames anyway. */
    setsockopt(p->port.info.fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof one);
    struct sockaddr_ll address = {
        .sll_family = AF_PACKET,
        .sll_protocol = htons(p->port.info.ethertype),
        .sll_ifindex = p->ifindex,
    };
    if (bind(p->port.info.fd, (const struct sockaddr *)&address, sizeof address) == 0)
        return 0;
    int error = errno;
    packet_complain(complaint, 0, "cannot bind to interface '%s': %s", name, strerror(error));
    errno = error;
    return error == ENETDOWN || error == ENODEV || error == ENXIO ? VMTP_E_DOWN : VMTP_E_SYSTEM;
}

static int set_up(struct packet_port *p, const struct packet_interface *interface,
                  const struct vmtp_packet_options *options, const struct packet_complaint *complaint) {
    struct vmtp_port_info *info = &p->port.info;
    memcpy(info->mac, interface->mac, 6);
    info->mtu = interface->mtu;
    info->link_mbps = interface->mbps;
    info->ethertype = options->ethertype;
    snprintf(info->name, sizeof info->name, "packet:%s", interface->name);
    p->ifindex = interface->index;
    set_send_buffer(info->fd, options->send_buffer);
    int error = open_ring(p, options, complaint);
    if (!error)
        error = bind_to_interface(p, interface->name, complaint);
    if (error)
        return error;
    uint8_t managers[6];
    vmtp_group_mac(managers, VMTP_MANAGER_GROUP);
    error = vmtp_port_group(&p->port, managers, 1);
    if (error)
        packet_complain(complaint, error, "cannot join the managers' group on '%s': %s", interface->name,
                        vmtp_error_text(error));
    return error;
}

static int open_with(vmtp_port **out, int fd, const struct packet_interface *interface,
                     const struct vmtp_packet_options *options, const struct packet_complaint *complaint) {
    struct packet_port *p = aligned_alloc(64, (sizeof *p + 63) / 64 * 64);
    if (!p) {
        close(fd);
        return packet_complain(complaint, VMTP_E_MEMORY, "out of memory");
    }
    memset(p, 0, sizeof *p);
    p->port.ops = &packet_ops;
    p->port.info.fd = fd;
    int error = set_up(p, interface, options, complaint);
    if (error) {
        int cause = errno;
        vmtp_port_close(&p->port);
        errno = cause;
        return error;
    }
    *out = &p->port;
    return 0;
}

int vmtp_packet_open(vmtp_port **out, const char *interface_name, const struct vmtp_packet_options *options,
                     char *error, size_t error_size) {
    const struct packet_complaint complaint = {error, error_size};
    struct vmtp_packet_options defaults;
    vmtp_packet_options_init(&defaults);
    if (!options)
        options = &defaults;
    int fd = options->fd;
    struct packet_interface interface;
    int result = check_options(options, &complaint);
    if (!result && fd >= 0)
        result = check_adopted(fd, &complaint);
    if (!result)
        result = find_interface(&interface, fd, interface_name, &complaint);
    if (result) {
        if (fd >= 0)
            close(fd);
        return result;
    }
    if (fd < 0)
        fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return no_socket(&complaint);
    return open_with(out, fd, &interface, options, &complaint);
}
