/* SPDX-License-Identifier: BSD-2-Clause */
/* Packets: sections 3 and 5.1. */
#include <string.h>

#include "minimal.h"

/* ---- checksum (3.4) ------------------------------------------------------------------------------------------------- */

static uint32_t checksum(const uint8_t *octets, size_t size) {
    uint32_t sum[2] = {0, 0};
    for (size_t i = 0; i < size; i++)
        sum[i / 32 % 2] += (uint32_t)octets[i] << (i % 2 ? 0 : 8);
    for (int i = 0; i < 2; i++) {
        while (sum[i] >> 16)
            sum[i] = (sum[i] & 0xffff) + (sum[i] >> 16);
        sum[i] = sum[i] ? sum[i] : 0xffff;
    }
    return sum[0] << 16 | sum[1];
}

/* ---- blocks --------------------------------------------------------------------------------------------------------- */

uint32_t blocks_of(uint32_t size) {
    uint32_t number = (size + BLOCK - 1) / BLOCK;
    return number >= 32 ? 0xffffffff : (1u << number) - 1;
}

static uint32_t block_size(uint32_t size, unsigned block) {
    return size < (block + 1) * BLOCK ? size - block * BLOCK : BLOCK;
}

uint32_t packet_segment(const struct packet *p) { return p->h[H_CODE] & SDA ? p->h[H_SIZE] : 0; }

uint32_t packet_needs(const struct packet *p) {
    uint32_t all = blocks_of(packet_segment(p));
    return p->h[H_CODE] & MDM ? all & p->h[H_MSG_DELIVERY] : all;
}

uint32_t largest_segment(void) {
    uint32_t mtu = node.mtu < PACKET_ROOM ? node.mtu : PACKET_ROOM;
    return (mtu - HEADER - CHECKSUM) & ~7u;
}

void packet_store(const struct packet *p, uint8_t *segment, uint32_t room) {
    const uint8_t *from = p->data;
    uint32_t size = packet_segment(p);
    for (unsigned i = 0; i < 32; i++)
        if (p->h[H_DELIVERY] >> i & 1) {
            uint32_t octets = block_size(size, i);
            if (i * BLOCK + octets <= room)
                memcpy(segment + i * BLOCK, from, octets);
            from += octets;
        }
}

/* ---- sending -------------------------------------------------------------------------------------------------------- */

void packet_send(struct packet *p) {
    static uint8_t out[PACKET_ROOM];
    uint32_t size = packet_segment(p), length = 0;
    for (unsigned i = 0; i < 32; i++)
        if (p->h[H_DELIVERY] >> i & 1) {
            memcpy(out + HEADER + length, p->data + i * BLOCK, block_size(size, i));
            length += block_size(size, i);
        }
    for (; length % 8; length++)
        out[HEADER + length] = 0;
    p->h[H_FLAGS] = DOMAIN << 16 | (p->h[H_FLAGS] & HCO) | (p->mac[0] & 1 ? MPG : 0) | length / 4;
    for (unsigned i = 0; i < 16; i++)
        put32(out + 4 * i, p->h[i]);
    put32(out + HEADER + length, checksum(out, p->h[H_FLAGS] & HCO ? HEADER : HEADER + length));
    link_send(p->mac, out, HEADER + length + CHECKSUM);
}

/* ---- faults (5.1) --------------------------------------------------------------------------------------------------- */

/* The octets that the named blocks of a packet group take, padded; a number that no Length can be if there are others. */
static uint32_t octets_named(uint32_t size, uint32_t named) {
    uint32_t octets = 0;
    if (named & ~blocks_of(size))
        return PACKET_MAX;
    for (unsigned i = 0; i < 32; i++)
        octets += named >> i & 1 ? block_size(size, i) : 0;
    return (octets + 7) & ~7u;
}

static int delivery_contradicts(const struct packet *p, uint32_t octets) {
    uint32_t size = p->h[H_SIZE], delivery = p->h[H_DELIVERY], run = p->h[H_CONTROL] & (NSR | NER | CMG);
    if (!(p->h[H_CODE] & SDA))
        return delivery || octets;
    if (size > (run ? 256 * SEGMENT_MAX : SEGMENT_MAX))
        return 1;
    if (size > SEGMENT_MAX)
        size = p->h[H_CONTROL] & CMG ? SEGMENT_MAX : (size - 1) % SEGMENT_MAX + 1;
    if (p->h[H_CODE] & MDM && delivery & ~p->h[H_MSG_DELIVERY])
        return 1;
    return octets_named(size, delivery) != octets;
}

/* A default client may ask what stateless procedures tell, and nothing else (4.5). */
static int bad_client(const struct packet *p) {
    uint64_t client = pair(p->h + H_CLIENT);
    uint32_t procedure = CODE(p->h[H_CODE]) - 0x100;
    if (client == 0 || client & GROUP_BIT)
        return 1;
    if ((client & ~LEE) != DEFAULT_CLIENT || is_response(p))
        return 0;
    return procedure > 13 || !(0x213e >> procedure & 1); /* 101 to 105, 108, 10D */
}

int packet_read(struct packet *p, const uint8_t *octets, size_t size) {
    if (size < HEADER + CHECKSUM)
        return 1;
    if (size > PACKET_MAX)
        return 2;
    if (size > PACKET_ROOM)
        return 3;
    for (unsigned i = 0; i < 16; i++)
        p->h[i] = get32(octets + 4 * i);
    p->data = octets + HEADER;
    uint32_t flags = p->h[H_FLAGS], length = flags & 0x1fff, sum = get32(octets + size - CHECKSUM);
    p->multicast |= (flags & MPG) != 0;
    if (flags >> 29)
        return 4;
    if ((flags >> 16 & 0x1fff) != DOMAIN)
        return 5;
    if (memcmp(p->mac, node.mac, 6) == 0)
        return 6;
    if (flags & EPG)
        return 7;
    if (sum && sum != checksum(octets, flags & HCO ? HEADER : size - CHECKSUM))
        return 9;
    if (length % 2 || length > SEGMENT_MAX / 4 || size != HEADER + 4 * length + CHECKSUM)
        return 10;
    if (delivery_contradicts(p, 4 * length))
        return 11;
    return bad_client(p) ? 12 : 0;
}
