/* SPDX-License-Identifier: BSD-2-Clause */
/* port_internal.h - what the ports share among themselves. */
#ifndef VMTP_PORT_INTERNAL_H
#define VMTP_PORT_INTERNAL_H

#include <vmtp/port.h>

#define PORT_MAC_OCTETS 6u
#define PORT_ETHERNET_OCTETS 14u /* destination, source, EtherType */

static inline int port_mac_is_multicast(const uint8_t mac[6]) { return mac[0] & 1; }

static inline int port_mac_is_broadcast(const uint8_t mac[6]) {
    return (mac[0] & mac[1] & mac[2] & mac[3] & mac[4] & mac[5]) == 0xff;
}

static inline void port_ethernet_header(uint8_t out[14], const uint8_t dst[6], const uint8_t src[6], uint16_t ethertype) {
    memcpy(out, dst, 6);
    memcpy(out + 6, src, 6);
    out[12] = (uint8_t)(ethertype >> 8);
    out[13] = (uint8_t)ethertype;
}

/* ---- multicast addresses a port listens to, counted (groups.c) ---------------------------------------- */

struct port_group {
    uint64_t mac;
    uint32_t joins;
};

struct port_groups {
    struct port_group *list; /* sorted by mac */
    uint32_t count, room;
};

/* 1: the first join of this address; 0: one more; VMTP_E_INVALID when it is no multicast address; VMTP_E_MEMORY. */
int port_groups_join(struct port_groups *groups, const uint8_t mac[6]);
/* 1: the last leave; 0: others are left; VMTP_E_INVALID when it was not joined. */
int port_groups_leave(struct port_groups *groups, const uint8_t mac[6]);
int port_groups_has(const struct port_groups *groups, const uint8_t mac[6]);
void port_groups_free(struct port_groups *groups);

/* ---- random numbers that are the same in every run with the same seed --------------------------------- */

/* splitmix64: every seed, also 0 and 1, starts a good sequence. */
static inline uint64_t port_random(uint64_t *state) {
    uint64_t z = (*state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* True ppm times in a million.  Draws also when ppm is 0, so that one fault more or less leaves the others where they were. */
static inline int port_chance(uint64_t *state, uint32_t ppm) { return port_random(state) % 1000000u < ppm; }

/*
 * Flips one bit of packet[0..length).  One only: a ones-complement sum finds every single flipped bit, while of two
 * it misses some, and a simulation that asks for equal octets at the end would blame the engine for that.
 */
static inline void port_flip_bit(uint64_t *state, uint8_t *packet, size_t length) {
    uint64_t bit = port_random(state) % ((uint64_t)length * 8u);
    packet[bit / 8u] ^= (uint8_t)(1u << (bit % 8u));
}

#endif
