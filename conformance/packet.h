/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * packet.h - VMTP packets as numbers, legal or not.
 *
 * The encoder writes whatever it is given, so that a case can send what no honest node would; the decoder reads whatever
 * came.  Both are written from spec/vmtp.md section 3 and share nothing with the library under test.
 */
#ifndef VC_PACKET_H
#define VC_PACKET_H

#include <stddef.h>
#include <stdint.h>

#include <vmtp/registry.h>

#define VC_HEADER 64u
#define VC_CHECKSUM 4u
#define VC_BLOCK 512u
#define VC_SEGMENT_MAX 16384u
#define VC_PACKET_MAX 17000u /* room for packets that are too long */
#define VC_ETHERNET 14u
#define VC_FRAME_MAX (VC_ETHERNET + VC_PACKET_MAX)

#define VC_MICROSECOND 1000ull
#define VC_MILLISECOND 1000000ull
#define VC_SECOND 1000000000ull
typedef uint64_t vc_time; /* nanoseconds, any origin */

enum vc_sum {
    VC_SUM_RIGHT, /* also: of a decoded packet, that it was right */
    VC_SUM_NONE,  /* 32 zero bits */
    VC_SUM_WRONG,
    VC_SUM_GIVEN /* what checksum says */
};

struct vc_packet {
    uint8_t dst[6], src[6];
    uint16_t ethertype;
    uint64_t client, server;
    uint8_t version;
    uint16_t domain;
    uint16_t flags; /* VMTP_HCO, VMTP_EPG, VMTP_MPG */
    uint16_t length;
    uint32_t control; /* VMTP_APG and so on */
    uint8_t retransmit, forward, gap, priority, reserved, function;
    uint32_t transaction, delivery, code, words[7];
    uint32_t data_octets; /* of data, padding included */
    enum vc_sum sum;
    uint32_t checksum;
    uint32_t trailing; /* octets behind the checksum, zero */
    uint32_t cut;      /* so many octets are missing at the end */
    uint32_t octets;   /* of a decoded packet: of the Ethernet payload */
    vc_time time;      /* of a decoded packet: when it came */
    uint8_t data[VC_SEGMENT_MAX];
};

uint16_t vc_get16(const uint8_t *p);
uint32_t vc_get32(const uint8_t *p);
uint64_t vc_get64(const uint8_t *p);
void vc_put16(uint8_t *p, uint16_t v);
void vc_put32(uint8_t *p, uint32_t v);
void vc_put64(uint8_t *p, uint64_t v);

/* The checksum over octets [0, size), as it is sent (section 3.4). */
uint32_t vc_checksum(const uint8_t *octets, size_t size);

/* CRC-32 of spec/testing.md section 1.2, and the pattern of section 1.3. */
uint32_t vc_crc(const uint8_t *octets, size_t size);
void vc_pattern(uint8_t *out, size_t size, uint32_t seed);

/* Makes p carry those blocks of segment that mask names: SDA, SegmentSize, PacketDelivery, Length and the data. */
void vc_carry(struct vc_packet *p, const uint8_t *segment, uint32_t size, uint32_t mask);
/* Bits of all blocks of a segment. */
uint32_t vc_all_blocks(uint32_t size);
/* Octets that the blocks of mask take in a packet, padding included. */
uint32_t vc_block_octets(uint32_t size, uint32_t mask);

/* The whole Ethernet frame, at most VC_FRAME_MAX octets; returns how many. */
size_t vc_encode(const struct vc_packet *p, uint8_t *frame);

/* Why a frame is no packet that one can speak of. */
enum vc_shape { VC_WELL, VC_NOT_VMTP, VC_SHORT, VC_BAD_LENGTH };
/*
 * Fills in all that can be read.  VC_BAD_LENGTH: Length is not the number of octets; data are what lies between header and
 * the last four octets.  p->sum: VC_SUM_RIGHT, VC_SUM_NONE or VC_SUM_WRONG.
 */
enum vc_shape vc_decode(struct vc_packet *p, const uint8_t *frame, size_t size, uint16_t ethertype);

static inline uint32_t vc_code(const struct vc_packet *p) { return p->code & VMTP_CODE_MASK; }
/* A Notify operation: its low 24 bits, or 0. */
uint32_t vc_notify(const struct vc_packet *p);
static inline uint64_t vc_pair(const uint32_t *words) { return (uint64_t)words[0] << 32 | words[1]; }
static inline uint32_t vc_segment_size(const struct vc_packet *p) { return p->code & VMTP_SDA ? p->words[6] : 0; }

/* ---- in words ------------------------------------------------------------------------------------------------------- */

#define VC_TEXT 400u
/* One line about a packet: "Response OK, Transaction 7, to ..."; returns text. */
char *vc_describe(const struct vc_packet *p, char text[VC_TEXT]);
/* "0123-4567-89ab-cdef" in a buffer of 20. */
char *vc_entity(uint64_t id, char text[20]);
/* The name of a response code, of a request code, or a number; static or one of a few buffers in turn. */
const char *vc_response_name(uint32_t code);
const char *vc_request_name(uint32_t code);

#endif
