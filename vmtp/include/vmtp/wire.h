/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vmtp/wire.h - VMTP packets as octets: look into them, make them, sum them.
 *
 * This library (vmtp-wire) is a leaf: it performs no I/O, allocates nothing, keeps no state, reads no clock
 * and never blocks.  It may be used without the engine: a sniffer, a tester or a node in another style of
 * program needs nothing else.
 *
 * A packet is what follows the Ethernet header (spec/vmtp.md section 3):
 *
 *      64 octets header | 0..16384 octets segment data, padded to 8 | 4 octets checksum
 *
 * All words of the header are big-endian.  Accessors take a pointer to the first octet of the header and
 * need no alignment.  They do not check anything: check a received packet once with vmtp_view_init() and
 * then use accessors freely.
 */
#ifndef VMTP_WIRE_H
#define VMTP_WIRE_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <vmtp/export.h>
#include <vmtp/message.h>
#include <vmtp/octets.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- sizes (spec/vmtp.md section 3) ---------------------------------------------------------------- */

#define VMTP_HEADER_OCTETS 64u
#define VMTP_CHECKSUM_OCTETS 4u
#define VMTP_MIN_PACKET (VMTP_HEADER_OCTETS + VMTP_CHECKSUM_OCTETS)
#define VMTP_MAX_PACKET (VMTP_HEADER_OCTETS + VMTP_GROUP_OCTETS + VMTP_CHECKSUM_OCTETS)

/* Octet offsets in the header, for those who build tables (dissectors, testers). */
enum vmtp_offset {
    VMTP_AT_CLIENT = 0,
    VMTP_AT_LENGTH = 8, /* Version 3, Domain 13, HCO EPG MPG, Length 13 */
    VMTP_AT_CONTROL = 12, /* flags 9, RetransmitCount 3, ForwardCount 4, gap or PGcount 8, Priority 4, RES 3, function 1 */
    VMTP_AT_TRANSACTION = 16,
    VMTP_AT_DELIVERY = 20,
    VMTP_AT_SERVER = 24,
    VMTP_AT_CODE = 32, /* flags 8, code 24 */
    VMTP_AT_CORESIDENT = 36,
    VMTP_AT_USER = 36, /* first user word when CRE is not set (Request), always (Response) */
    VMTP_AT_MSG_DELIVERY = 56,
    VMTP_AT_SEGMENT_SIZE = 60
};

/* ---- reading a header (h points at 64 readable octets) ---------------------------------------------- */

static inline vmtp_entity vmtp_get_client(const uint8_t *h) { return vmtp_load64(h + VMTP_AT_CLIENT); }
static inline unsigned vmtp_get_version(const uint8_t *h) { return h[8] >> 5; }
static inline unsigned vmtp_get_domain(const uint8_t *h) { return ((h[8] & 0x1fu) << 8) | h[9]; }
/* HCO, EPG and MPG as VMTP_HCO, VMTP_EPG, VMTP_MPG bits of the word at octet 8. */
static inline uint32_t vmtp_get_packet_flags(const uint8_t *h) {
    return vmtp_load32(h + VMTP_AT_LENGTH) & (VMTP_HCO | VMTP_EPG | VMTP_MPG);
}
/* Length: 32-bit words of segment data in this packet, padding included. */
static inline uint32_t vmtp_get_length(const uint8_t *h) { return vmtp_load32(h + VMTP_AT_LENGTH) & 0x1fffu; }
/* The whole word at octet 12: flags VMTP_NRS..VMTP_DRT, counts, priority, function. */
static inline uint32_t vmtp_get_control(const uint8_t *h) { return vmtp_load32(h + VMTP_AT_CONTROL); }
static inline unsigned vmtp_get_retransmit_count(const uint8_t *h) { return (h[13] >> 4) & 7u; }
static inline unsigned vmtp_get_forward_count(const uint8_t *h) { return h[13] & 15u; }
static inline unsigned vmtp_get_gap(const uint8_t *h) { return h[14]; }     /* Request: interpacket gap */
static inline unsigned vmtp_get_pgcount(const uint8_t *h) { return h[14]; } /* Response: PGcount */
static inline unsigned vmtp_get_priority(const uint8_t *h) { return h[15] >> 4; }
/* How urgent: 15 most.  11 urgent, 10 important, 00 normal, 01 background; within each the lower two bits upwards (section 13.9). */
static inline unsigned vmtp_priority_rank(unsigned priority) {
    return ((0xc804u >> (priority & 12u)) & 12u) | (priority & 3u);
}
static inline unsigned vmtp_get_function(const uint8_t *h) { return h[15] & 1u; } /* VMTP_REQUEST or VMTP_RESPONSE */
static inline uint32_t vmtp_get_transaction(const uint8_t *h) { return vmtp_load32(h + VMTP_AT_TRANSACTION); }
static inline uint32_t vmtp_get_delivery(const uint8_t *h) { return vmtp_load32(h + VMTP_AT_DELIVERY); }
static inline vmtp_entity vmtp_get_server(const uint8_t *h) { return vmtp_load64(h + VMTP_AT_SERVER); }
/* RequestCode or ResponseCode with its 8 flag bits (VMTP_CMD..VMTP_PIC). */
static inline uint32_t vmtp_get_code(const uint8_t *h) { return vmtp_load32(h + VMTP_AT_CODE); }
static inline vmtp_entity vmtp_get_coresident(const uint8_t *h) { return vmtp_load64(h + VMTP_AT_CORESIDENT); }
static inline uint32_t vmtp_get_msg_delivery(const uint8_t *h) { return vmtp_load32(h + VMTP_AT_MSG_DELIVERY); }
static inline uint32_t vmtp_get_segment_size(const uint8_t *h) { return vmtp_load32(h + VMTP_AT_SEGMENT_SIZE); }

/* ---- writing a header ------------------------------------------------------------------------------- */

static inline void vmtp_put_client(uint8_t *h, vmtp_entity e) { vmtp_store64(h + VMTP_AT_CLIENT, e); }
/* Writes the whole word at octet 8.  flags: VMTP_HCO | VMTP_EPG | VMTP_MPG; words: Length. */
static inline void vmtp_put_length_word(uint8_t *h, unsigned domain, uint32_t flags, uint32_t words) {
    vmtp_store32(h + VMTP_AT_LENGTH,
                 (VMTP_VERSION << 29) | ((uint32_t)(domain & 0x1fffu) << 16) | flags | (words & 0x1fffu));
}
static inline void vmtp_put_control(uint8_t *h, uint32_t word) { vmtp_store32(h + VMTP_AT_CONTROL, word); }
static inline void vmtp_put_transaction(uint8_t *h, uint32_t t) { vmtp_store32(h + VMTP_AT_TRANSACTION, t); }
static inline void vmtp_put_delivery(uint8_t *h, uint32_t mask) { vmtp_store32(h + VMTP_AT_DELIVERY, mask); }
static inline void vmtp_put_server(uint8_t *h, vmtp_entity e) { vmtp_store64(h + VMTP_AT_SERVER, e); }
static inline void vmtp_put_code(uint8_t *h, uint32_t code) { vmtp_store32(h + VMTP_AT_CODE, code); }
static inline void vmtp_put_coresident(uint8_t *h, vmtp_entity e) { vmtp_store64(h + VMTP_AT_CORESIDENT, e); }
static inline void vmtp_put_msg_delivery(uint8_t *h, uint32_t m) { vmtp_store32(h + VMTP_AT_MSG_DELIVERY, m); }
static inline void vmtp_put_segment_size(uint8_t *h, uint32_t n) { vmtp_store32(h + VMTP_AT_SEGMENT_SIZE, n); }

/* Builds the control word at octet 12 from its parts.  gap is the interpacket gap or PGcount. */
static inline uint32_t vmtp_control(uint32_t flags, unsigned retransmit, unsigned forward, unsigned gap,
                                    unsigned priority, unsigned function) {
    return flags | ((uint32_t)(retransmit & 7u) << 20) | ((uint32_t)(forward & 15u) << 16) |
           ((uint32_t)(gap & 0xffu) << 8) | ((uint32_t)(priority & 15u) << 4) | (function & 1u);
}

/* ---- a received packet: check once, then read -------------------------------------------------------- */

/* Why a packet is not acceptable.  Checks are made in this order, that of OVERSIZED right after that of SHORT. */
enum vmtp_packet_fault {
    VMTP_PACKET_OK = 0,
    VMTP_PACKET_SHORT,     /* fewer than 68 octets */
    VMTP_PACKET_VERSION,   /* Version is not 0 */
    VMTP_PACKET_CHECKSUM,  /* checksum present and wrong */
    VMTP_PACKET_LENGTH,    /* Length is odd, above 4096, or disagrees with the octets received */
    VMTP_PACKET_DELIVERY,  /* PacketDelivery, SDA, SegmentSize and Length contradict each other */
    VMTP_PACKET_OVERSIZED, /* more than 16452 octets */
    VMTP_PACKET_FAULTS
};

struct vmtp_view {
    const uint8_t *header; /* 64 octets */
    const uint8_t *data;   /* segment data, data_octets of them, padding included */
    uint32_t data_octets;
    uint32_t checksum; /* as received; 0 = none was transmitted */
};

/*
 * vmtp_view_init - look at a received packet.
 *
 * packet, length: the payload of the Ethernet frame, exactly as received.  Ethernet never pads a VMTP packet
 * (68 > 46), so octets behind the checksum are a fault, not padding.  The view borrows packet: it is valid as
 * long as the packet's memory is.  Checks size and Version only (VMTP_PACKET_SHORT, _OVERSIZED, _VERSION).
 * After VMTP_PACKET_OK all accessors may be used on view->header.  (spec/vmtp.md section 5.1)
 */
VMTP_API enum vmtp_packet_fault vmtp_view_init(struct vmtp_view *view, const void *packet, size_t length);

/*
 * vmtp_view_verify - check sum, Length and delivery bits of an unencrypted packet after vmtp_view_init.
 *
 * sums: from vmtp_sum_* over header and data if the caller computed them while copying, or NULL to have them
 * computed here.  Returns VMTP_PACKET_CHECKSUM, _LENGTH, _DELIVERY or _OK, in that order.
 * (spec/vmtp.md section 5.1; the rule for HCO in section 3.4)
 */
struct vmtp_sum;
VMTP_API enum vmtp_packet_fault vmtp_view_verify(const struct vmtp_view *view, const struct vmtp_sum *sums);

/* A word for a fault, for logs: "short", "checksum", ...  Static memory; never NULL. */
VMTP_API const char *vmtp_packet_fault_name(enum vmtp_packet_fault fault);

/* ---- segment data in a packet ------------------------------------------------------------------------ */

/*
 * How many octets of segment data the blocks in mask stand for, in a segment of size octets: 512 for each
 * bit, less for the last block of the segment, 0 for blocks that lie wholly behind its end.
 */
VMTP_API uint32_t vmtp_blocks_octets(uint32_t mask, uint32_t segment_size);

/* The mask that covers a whole segment of size octets (0..16384; larger counts as 16384). */
static inline uint32_t vmtp_blocks_mask(uint32_t segment_size) {
    uint32_t blocks = segment_size >= VMTP_GROUP_OCTETS ? 32u : (segment_size + 511u) / 512u;
    return blocks == 32u ? 0xffffffffu : ((uint32_t)1 << blocks) - 1u;
}

/*
 * The blocks to put into the next packet: the lowest bits of pending that fit into room octets of segment
 * data (room >= 512, a multiple of 8), a partial last block counting only its own octets padded to 8.
 * Never 0 while pending is not 0.  This yields the packets of the example in RFC 1045 section 2.13.
 */
VMTP_API uint32_t vmtp_blocks_next(uint32_t pending, uint32_t segment_size, uint32_t room);

/* Octets of segment data that fit into one packet at this MTU (Ethernet payload), rounded down to 8. */
static inline uint32_t vmtp_room(uint32_t mtu) {
    uint32_t room = mtu <= VMTP_MIN_PACKET ? 0u : (mtu - VMTP_MIN_PACKET) & ~7u;
    return room > VMTP_GROUP_OCTETS ? VMTP_GROUP_OCTETS : room;
}

/* ---- checksum (spec/vmtp.md section 3.4) --------------------------------------------------------------- */

/*
 * Two 16-bit ones-complement sums over alternate clusters of 32 octets.  The state may be fed in pieces; every
 * piece but the last must be a multiple of 32 octets, and the last a multiple of 2 (so: header, then whole
 * 512-octet blocks, then the padded rest).
 */
struct vmtp_sum {
    uint64_t even; /* clusters 0, 2, 4, ... : the first sum */
    uint64_t odd;
    uint32_t octets; /* fed so far */
};

static inline void vmtp_sum_init(struct vmtp_sum *s) { s->even = s->odd = 0, s->octets = 0; }
VMTP_API void vmtp_sum_add(struct vmtp_sum *s, const void *octets, size_t length);
/* Copies length octets from src to dst (they must not overlap) and adds them, in one pass. */
VMTP_API void vmtp_sum_copy(struct vmtp_sum *s, void *dst, const void *src, size_t length);
/* The 32 bits to transmit, first sum in the high half; a half that is zero has become 0xFFFF. */
VMTP_API uint32_t vmtp_sum_finish(const struct vmtp_sum *s);
/* The checksum of a whole packet without its trailer; length a multiple of 2. */
VMTP_API uint32_t vmtp_checksum(const void *octets, size_t length);

/* ---- a whole header as plain fields -------------------------------------------------------------------- */

/*
 * For those who prefer fields to accessors: tools, tests, testers.  encode can also write illegal headers
 * (Version 7, reserved bits, an odd Length): it writes what it is given.
 */
struct vmtp_header {
    vmtp_entity client;
    uint8_t version;       /* 3 bits */
    uint16_t domain;       /* 13 bits */
    uint8_t hco, epg, mpg; /* 0 or 1 */
    uint16_t length;       /* 13 bits, 32-bit words */
    uint32_t flags;        /* VMTP_NRS .. VMTP_DRT, in their place in the word */
    uint8_t retransmit;    /* 3 bits */
    uint8_t forward;       /* 4 bits */
    uint8_t gap;           /* interpacket gap or PGcount */
    uint8_t priority;      /* 4 bits */
    uint8_t reserved;      /* 3 bits, must be 0 */
    uint8_t function;      /* VMTP_REQUEST or VMTP_RESPONSE */
    uint32_t transaction;
    uint32_t delivery;
    vmtp_entity server;
    uint32_t code;     /* flags and code */
    uint32_t words[7]; /* octets 36 to 63: CoResidentEntity or user data .. MsgDelivery, SegmentSize */
};

VMTP_API void vmtp_header_decode(struct vmtp_header *out, const uint8_t *octets /* 64 */);
VMTP_API void vmtp_header_encode(uint8_t *octets /* 64 */, const struct vmtp_header *in);

/* ---- entity identifiers as text (spec/vmtp.md section 4.4) --------------------------------------------- */

#define VMTP_ENTITY_TEXT 20 /* enough for any, with the terminating zero */

/* The Ethernet address to which packets for a group are sent: 09-00-56 and the low 24 bits (spec/vmtp.md section 2.3). */
static inline void vmtp_group_mac(uint8_t mac[6], vmtp_entity group) {
    mac[0] = 0x09;
    mac[1] = 0x00;
    mac[2] = 0x56;
    mac[3] = (uint8_t)(group >> 16);
    mac[4] = (uint8_t)(group >> 8);
    mac[5] = (uint8_t)group;
}

/*
 * Sixteen hexadecimal digits in four groups: "0123-4567-89ab-cdef".  Returns buf.
 */
VMTP_API char *vmtp_entity_format(char buf[VMTP_ENTITY_TEXT], vmtp_entity e);

/*
 * Accepts that form, upper or lower case, dashes optional, and an optional leading "0x", also shorter hexadecimal numbers.
 * Returns 0 and sets *out, or -1 and leaves *out alone when text is not wholly an entity identifier.
 */
VMTP_API int vmtp_entity_parse(vmtp_entity *out, const char *text);

/* ---- names of numbers ------------------------------------------------------------------------------------ */

/* The word for a response code (RFC 1045's, or local) by the low 24 bits of its Code, or NULL when it has none. */
VMTP_API const char *vmtp_response_code_name(uint32_t code24);
/* The name of a management procedure or test operation by the low 24 bits of its Code, or NULL. */
VMTP_API const char *vmtp_request_code_name(uint32_t code24);

/*
 * One line that says what a packet is, for traces: function, names of Code, Client, Server, Transaction, flags, masks.
 * Writes at most size octets with the terminating zero and returns the length it would have needed, like
 * snprintf.
 */
VMTP_API int vmtp_packet_describe(char *buf, size_t size, const struct vmtp_view *view);

#ifdef __cplusplus
}
#endif
#endif
