/* SPDX-License-Identifier: BSD-2-Clause */
/* Encoder and decoder, from spec/vmtp.md section 3. */
#include "packet.h"

#include <string.h>

uint16_t vc_get16(const uint8_t *p) { return (uint16_t)(p[0] << 8 | p[1]); }
uint32_t vc_get32(const uint8_t *p) { return (uint32_t)vc_get16(p) << 16 | vc_get16(p + 2); }
uint64_t vc_get64(const uint8_t *p) { return (uint64_t)vc_get32(p) << 32 | vc_get32(p + 4); }
void vc_put16(uint8_t *p, uint16_t v) {
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}
void vc_put32(uint8_t *p, uint32_t v) {
    vc_put16(p, (uint16_t)(v >> 16));
    vc_put16(p + 2, (uint16_t)v);
}
void vc_put64(uint8_t *p, uint64_t v) {
    vc_put32(p, (uint32_t)(v >> 32));
    vc_put32(p + 4, (uint32_t)v);
}

/* ---- checksums ------------------------------------------------------------------------------------------------------ */

static uint16_t fold(uint64_t sum) {
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return sum ? (uint16_t)sum : 0xffff;
}

uint32_t vc_checksum(const uint8_t *octets, size_t size) {
    uint64_t sums[2] = {0, 0};
    size_t at = 0;
    for (; at + 2 <= size; at += 2)
        sums[at / 32 % 2] += (uint64_t)octets[at] << 8 | octets[at + 1];
    if (at < size)
        sums[at / 32 % 2] += (uint64_t)octets[at] << 8;
    return (uint32_t)fold(sums[0]) << 16 | fold(sums[1]);
}

uint32_t vc_crc(const uint8_t *octets, size_t size) {
    uint32_t crc = 0xffffffffu;
    for (size_t i = 0; i < size; i++) {
        crc ^= octets[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
    }
    return ~crc;
}

void vc_pattern(uint8_t *out, size_t size, uint32_t seed) {
    for (size_t at = 0; at < size; at++) {
        uint32_t x = seed + (uint32_t)(at / 4 + 1) * 0x9e3779b9u;
        x ^= x >> 16;
        x *= 0x85ebca6bu;
        x ^= x >> 13;
        x *= 0xc2b2ae35u;
        x ^= x >> 16;
        out[at] = (uint8_t)(x >> (24 - 8 * (at % 4)));
    }
}

/* ---- segments ------------------------------------------------------------------------------------------------------- */

uint32_t vc_all_blocks(uint32_t size) {
    uint32_t blocks = size / VC_BLOCK + (size % VC_BLOCK != 0); /* size may be any that somebody sent */
    return blocks >= 32 ? 0xffffffffu : (1u << blocks) - 1;
}

static uint32_t block_size(uint32_t size, unsigned block) {
    uint32_t start = block * VC_BLOCK;
    if (start >= size)
        return VC_BLOCK;
    return size - start < VC_BLOCK ? size - start : VC_BLOCK;
}

uint32_t vc_block_octets(uint32_t size, uint32_t mask) {
    uint32_t octets = 0;
    for (unsigned i = 0; i < 32; i++)
        if (mask >> i & 1)
            octets += block_size(size, i);
    return (octets + 7) / 8 * 8;
}

void vc_carry(struct vc_packet *p, const uint8_t *segment, uint32_t size, uint32_t mask) {
    uint32_t at = 0;
    memset(p->data, 0, sizeof p->data);
    for (unsigned i = 0; i < 32 && i * VC_BLOCK < size; i++)
        if (mask >> i & 1) {
            memcpy(p->data + at, segment + i * VC_BLOCK, block_size(size, i));
            at += block_size(size, i);
        }
    p->data_octets = (at + 7) / 8 * 8;
    p->length = (uint16_t)(p->data_octets / 4);
    p->delivery = mask;
    p->code |= VMTP_SDA;
    p->words[6] = size;
}

/* ---- frames --------------------------------------------------------------------------------------------------------- */

static uint32_t control_word(const struct vc_packet *p) {
    return (p->control & 0xff800000u) | (p->retransmit & 7u) << 20 | (p->forward & 15u) << 16 | (uint32_t)p->gap << 8 |
           (p->priority & 15u) << 4 | (p->reserved & 7u) << 1 | (p->function & 1u);
}

static void put_header(const struct vc_packet *p, uint8_t *out) {
    vc_put64(out, p->client);
    vc_put32(out + 8,
             (p->version & 7u) << 29 | (p->domain & 0x1fffu) << 16 | (p->flags & 0xe000u) | (p->length & 0x1fffu));
    vc_put32(out + 12, control_word(p));
    vc_put32(out + 16, p->transaction);
    vc_put32(out + 20, p->delivery);
    vc_put64(out + 24, p->server);
    vc_put32(out + 32, p->code);
    for (unsigned i = 0; i < 7; i++)
        vc_put32(out + 36 + 4 * i, p->words[i]);
}

static uint32_t sum_of(const struct vc_packet *p, const uint8_t *packet, size_t size) {
    uint32_t sum = vc_checksum(packet, p->flags & VMTP_HCO ? VC_HEADER : size);
    switch (p->sum) {
    case VC_SUM_NONE: return 0;
    case VC_SUM_WRONG: return sum ^ 0x00010000u ? sum ^ 0x00010000u : 1;
    case VC_SUM_GIVEN: return p->checksum;
    default: return sum;
    }
}

size_t vc_encode(const struct vc_packet *p, uint8_t *frame) {
    uint8_t *packet = frame + VC_ETHERNET;
    size_t size = VC_HEADER + p->data_octets;
    memcpy(frame, p->dst, 6);
    memcpy(frame + 6, p->src, 6);
    vc_put16(frame + 12, p->ethertype);
    put_header(p, packet);
    if (p->data_octets)
        memcpy(packet + VC_HEADER, p->data, p->data_octets);
    vc_put32(packet + size, sum_of(p, packet, size));
    size += VC_CHECKSUM;
    memset(packet + size, 0, p->trailing);
    size += p->trailing;
    return VC_ETHERNET + (p->cut < size ? size - p->cut : 0);
}

static void get_header(struct vc_packet *p, const uint8_t *in) {
    uint32_t word = vc_get32(in + 8), control = vc_get32(in + 12);
    p->client = vc_get64(in);
    p->version = (uint8_t)(word >> 29);
    p->domain = (uint16_t)(word >> 16 & 0x1fff);
    p->flags = (uint16_t)(word & 0xe000);
    p->length = (uint16_t)(word & 0x1fff);
    p->control = control & 0xff800000u;
    p->retransmit = (uint8_t)(control >> 20 & 7);
    p->forward = (uint8_t)(control >> 16 & 15);
    p->gap = (uint8_t)(control >> 8);
    p->priority = (uint8_t)(control >> 4 & 15);
    p->reserved = (uint8_t)(control >> 1 & 7);
    p->function = (uint8_t)(control & 1);
    p->transaction = vc_get32(in + 16);
    p->delivery = vc_get32(in + 20);
    p->server = vc_get64(in + 24);
    p->code = vc_get32(in + 32);
    for (unsigned i = 0; i < 7; i++)
        p->words[i] = vc_get32(in + 36 + 4 * i);
}

static void get_sum(struct vc_packet *p, const uint8_t *packet) {
    p->checksum = vc_get32(packet + VC_HEADER + p->data_octets);
    uint32_t right = vc_checksum(packet, p->flags & VMTP_HCO ? VC_HEADER : VC_HEADER + p->data_octets);
    p->sum = p->checksum == 0 ? VC_SUM_NONE : p->checksum == right ? VC_SUM_RIGHT : VC_SUM_WRONG;
}

enum vc_shape vc_decode(struct vc_packet *p, const uint8_t *frame, size_t size, uint16_t ethertype) {
    memset(p, 0, offsetof(struct vc_packet, data));
    if (size < VC_ETHERNET || vc_get16(frame + 12) != ethertype)
        return VC_NOT_VMTP;
    memcpy(p->dst, frame, 6);
    memcpy(p->src, frame + 6, 6);
    p->ethertype = ethertype;
    p->octets = (uint32_t)(size - VC_ETHERNET);
    if (p->octets < VC_HEADER + VC_CHECKSUM)
        return VC_SHORT;
    const uint8_t *packet = frame + VC_ETHERNET;
    get_header(p, packet);
    uint32_t there = p->octets - VC_HEADER - VC_CHECKSUM;
    p->data_octets = there <= sizeof p->data ? there : (uint32_t)sizeof p->data;
    memcpy(p->data, packet + VC_HEADER, p->data_octets);
    if (p->data_octets == there)
        get_sum(p, packet);
    return p->length * 4u == there ? VC_WELL : VC_BAD_LENGTH;
}

uint32_t vc_notify(const struct vc_packet *p) {
    uint32_t code = vc_code(p);
    if (p->function != VMTP_REQUEST || code < (VMTP_NOTIFY_VMTP_CLIENT & VMTP_CODE_MASK) ||
        code > (VMTP_NOTIFY_REMOTE_VMTP_CLIENT & VMTP_CODE_MASK))
        return 0;
    return code;
}
