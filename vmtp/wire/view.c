/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Is a received packet one that may be looked at?  Everything here works on octets from strangers: no check
 * relies on a field before the check of that field.
 */
#include <vmtp/wire.h>

#define LENGTH_MAX (VMTP_GROUP_OCTETS / 4u) /* 32-bit words of segment data in one packet */

enum vmtp_packet_fault vmtp_view_init(struct vmtp_view *view, const void *packet, size_t length) {
    const uint8_t *p = packet;
    if (length < VMTP_MIN_PACKET)
        return VMTP_PACKET_SHORT;
    if (length > VMTP_MAX_PACKET)
        return VMTP_PACKET_OVERSIZED;
    if (vmtp_get_version(p) != VMTP_VERSION)
        return VMTP_PACKET_VERSION;
    view->header = p;
    view->data = p + VMTP_HEADER_OCTETS;
    view->data_octets = (uint32_t)length - VMTP_MIN_PACKET;
    view->checksum = vmtp_load32(p + length - VMTP_CHECKSUM_OCTETS);
    return VMTP_PACKET_OK;
}

/*
 * VMTP-3.4-02, -03, -04: 32 zero bits say that no checksum was sent.  With HCO the sums cover the 64 octets of the header and nothing else, so
 * sums that a caller took over the data are of no use then.  A half that came out zero is transmitted as
 * 0xFFFF, hence a received half of zero beside one that is not zero is wrong.
 */
static int checksum_right(const struct vmtp_view *view, const struct vmtp_sum *sums) {
    if (view->checksum == 0)
        return 1;
    if (vmtp_get_packet_flags(view->header) & VMTP_HCO)
        return vmtp_checksum(view->header, VMTP_HEADER_OCTETS) == view->checksum;
    if (sums)
        return vmtp_sum_finish(sums) == view->checksum;
    return vmtp_checksum(view->header, VMTP_HEADER_OCTETS + view->data_octets) == view->checksum;
}

/* VMTP-3.1-03, -04: padding to 64 bits makes Length even; Ethernet adds nothing behind 68 octets, so it must agree exactly. */
static int length_right(const struct vmtp_view *view) {
    uint32_t words = vmtp_get_length(view->header);
    return words % 2 == 0 && words <= LENGTH_MAX && words * 4u == view->data_octets;
}

/* A message of more than one packet group: it needs a run, and says so in every packet (VMTP-13.3-01, -15). */
static int is_large_message(const uint8_t *h) { return (vmtp_get_control(h) & (VMTP_NSR | VMTP_NER | VMTP_CMG)) != 0; }

/*
 * The blocks of a large message.  SegmentSize is the size of the whole message and the packet does not say
 * which of its groups it belongs to (that is known from the run it is part of), but
 *   - while CMG is set another group follows, so this one is full and all its blocks are whole,
 *   - without CMG it is the last group, which has what is left of the message.
 */
static int blocks_of_large_message(const uint8_t *h, uint32_t mask, uint32_t size, uint32_t octets) {
    if (vmtp_get_control(h) & VMTP_CMG)
        return octets == vmtp_padded(vmtp_blocks_octets(mask, VMTP_GROUP_OCTETS));
    uint32_t last_group = (size - 1u) % VMTP_GROUP_OCTETS + 1u;
    return (mask & ~vmtp_blocks_mask(last_group)) == 0 && octets == vmtp_padded(vmtp_blocks_octets(mask, last_group));
}

/*
 * VMTP-5.1-09: what PacketDelivery, SDA, MDM, MsgDelivery, SegmentSize and Length may say together.
 *
 *   SDA clear    no segment: PacketDelivery 0 and Length 0.  SegmentSize is user data and MDM does not matter:
 *                a Request without a segment may use MsgDelivery to say which blocks of the Response it wants
 *                (VMTP-13.7-04).
 *   SDA set      SegmentSize at most 16384, 0 included, in a packet that is no part of a run; else at most 4 MiB.
 *                PacketDelivery names no block behind the segment's end.  The blocks it names, 512 octets each
 *                but for what the segment's last block lacks, padded to a multiple of 8, are exactly the data in
 *                the packet (VMTP-6.1-01, -02).
 *                PacketDelivery 0 with Length 0 is a packet without data: a retransmission that only asks
 *                for the state of the transaction (VMTP-6.3-03), or an empty segment (VMTP-6.1-06).
 *   SDA and MDM  MsgDelivery names the blocks that the whole packet group carries, so every block of this
 *                packet is among them.  Bits of MsgDelivery behind the segment's end stand for nothing and do no
 *                harm: users say "all blocks" that way (VMTP-6.2-01).
 */
static int delivery_right(const struct vmtp_view *view) {
    const uint8_t *h = view->header;
    uint32_t mask = vmtp_get_delivery(h), size = vmtp_get_segment_size(h), code = vmtp_get_code(h);
    if (!(code & VMTP_SDA))
        return mask == 0 && view->data_octets == 0;
    if (size > (is_large_message(h) ? VMTP_MESSAGE_OCTETS : VMTP_GROUP_OCTETS))
        return 0;
    if ((code & VMTP_MDM) && (mask & ~vmtp_get_msg_delivery(h)) != 0)
        return 0;
    if (size > VMTP_GROUP_OCTETS)
        return blocks_of_large_message(h, mask, size, view->data_octets);
    return (mask & ~vmtp_blocks_mask(size)) == 0 && view->data_octets == vmtp_padded(vmtp_blocks_octets(mask, size));
}

/* VMTP-5.1-07: the checksum first; until then only HCO is looked at. */
enum vmtp_packet_fault vmtp_view_verify(const struct vmtp_view *view, const struct vmtp_sum *sums) {
    if (!checksum_right(view, sums))
        return VMTP_PACKET_CHECKSUM;
    if (!length_right(view))
        return VMTP_PACKET_LENGTH;
    if (!delivery_right(view))
        return VMTP_PACKET_DELIVERY;
    return VMTP_PACKET_OK;
}

const char *vmtp_packet_fault_name(enum vmtp_packet_fault fault) {
    switch (fault) {
    case VMTP_PACKET_OK: return "ok";
    case VMTP_PACKET_SHORT: return "short";
    case VMTP_PACKET_VERSION: return "version";
    case VMTP_PACKET_CHECKSUM: return "checksum";
    case VMTP_PACKET_LENGTH: return "length";
    case VMTP_PACKET_DELIVERY: return "delivery";
    case VMTP_PACKET_OVERSIZED: return "oversized";
    case VMTP_PACKET_FAULTS: break;
    }
    return "unknown";
}
