/* SPDX-License-Identifier: BSD-2-Clause */
/* Rules that one packet keeps or breaks by itself: sections 2, 3 and 6.1. */
#include <stddef.h>
#include <string.h>

#include "oracle_internal.h"

static void addresses(vc_oracle *o, const struct vc_packet *p) {
    int group_address = p->dst[0] & 1;
    vc_oracle_rule(o, "VMTP-2.3-04", !group_address == !(p->flags & VMTP_MPG),
                   "MPG exactly in packets to a group's address", "MPG is", (p->flags & VMTP_MPG) != 0);
    if (group_address && p->function == VMTP_REQUEST) {
        const uint8_t mac[6] = {9, 0, 0x56, (uint8_t)(p->server >> 16), (uint8_t)(p->server >> 8), (uint8_t)p->server};
        vc_oracle_rule(o, "VMTP-2.3-01", memcmp(mac, p->dst, 6) == 0, "the Ethernet address of the Server group",
                       "another one for", p->server);
    }
    vc_oracle_rule(o, "VMTP-4.1-01", p->client != 0 && p->server != 0, "no identifier 0", "Client", p->client);
}

/* What is wrong tells which of the rules was not understood. */
static void checksum(vc_oracle *o, const struct vc_packet *p, uint32_t right) {
    uint32_t swapped = right << 16 | right >> 16;
    if (p->sum == VC_SUM_NONE) {
        vc_oracle_broken(o, "VMTP-3.4-05", "a checksum", "none");
        return;
    }
    vc_oracle_held(o, "VMTP-3.4-05");
    if (p->checksum == right) {
        vc_oracle_held(o, "VMTP-3.4-01");
        vc_oracle_held(o, "VMTP-3.4-04");
        if ((right & 0xffff) == 0xffff || right >> 16 == 0xffff)
            vc_oracle_held(o, "VMTP-3.4-02");
    } else if (p->checksum == ~right || p->checksum == swapped) {
        vc_oracle_broken(o, "VMTP-3.4-01", "both sums as they are, the first one first", "%08x for %08x", p->checksum,
                         right);
    } else if (((p->checksum ^ right) & 0xffff) == 0xffff || (p->checksum ^ right) >> 16 == 0xffff) {
        vc_oracle_broken(o, "VMTP-3.4-02", "0xFFFF for a half that is zero", "%08x for %08x", p->checksum, right);
    } else {
        vc_oracle_broken(o, "VMTP-3.4-04", "the sums over header and data", "%08x for %08x", p->checksum, right);
    }
}

static uint32_t right_sum(const struct vc_packet *p) {
    static struct vc_packet copy;
    static uint8_t frame[VC_FRAME_MAX];
    memcpy(&copy, p, offsetof(struct vc_packet, data) + p->data_octets); /* not all the room that there is */
    copy.sum = VC_SUM_RIGHT;
    copy.trailing = copy.cut = 0;
    size_t size = vc_encode(&copy, frame);
    return vc_get32(frame + size - VC_CHECKSUM);
}

static void header(vc_oracle *o, const struct vc_packet *p) {
    uint32_t reserved_in_response = VMTP_CRE | VMTP_MRD | VMTP_PIC;
    int response = p->function == VMTP_RESPONSE;
    vc_oracle_rule(o, "VMTP-3.1-02", p->version == 0 && p->domain == VMTP_DOMAIN, "Version 0 and Domain 3", "Domain",
                   p->domain);
    vc_oracle_rule(o, "VMTP-3.1-03", p->length % 2 == 0 && p->length <= 4096, "an even Length, 4096 at most", "Length",
                   p->length);
    vc_oracle_rule(o, "VMTP-13.12-03", !(p->flags & VMTP_EPG), "EPG clear", "EPG", 1);
    int clean = p->reserved == 0 && !(p->code & VMTP_CODE_RESERVED) &&
                !(response && (p->code & reserved_in_response || p->control & (VMTP_MDG | VMTP_DRT)));
    vc_oracle_rule(o, "VMTP-3.1-06", clean, "reserved bits zero", "code flags", p->code >> 24);
}

/* Octets behind the last block are padding, if there is room for them: a node may pad to less than a multiple of 8. */
static void padding(vc_oracle *o, const struct vc_packet *p, uint32_t size) {
    uint32_t last = size <= VC_SEGMENT_MAX ? (size - 1) / VC_BLOCK : 32, rest = size % 8;
    if (rest == 0 || last >= 32 || p->data_octets < 8 - rest || !(p->delivery >> last & 1))
        return;
    uint32_t zeros = 0;
    for (uint32_t i = 0; i < 8 - rest; i++)
        zeros += p->data[p->data_octets - 1 - i] == 0;
    vc_oracle_rule(o, "VMTP-3.1-05", zeros == 8 - rest, "zero octets as padding", "octets that are zero:", zeros);
}

static void segment(vc_oracle *o, const struct vc_packet *p) {
    uint32_t run = p->control & (VMTP_NSR | VMTP_NER | VMTP_CMG), size = vc_segment_size(p);
    if (!(p->code & VMTP_SDA)) {
        vc_oracle_rule(o, "VMTP-6.1-06", p->delivery == 0 && p->length == 0, "PacketDelivery 0 and no data without SDA",
                       "PacketDelivery", p->delivery);
        return;
    }
    vc_oracle_rule(o, "VMTP-3.1-08", size <= (run ? 4u << 20 : VC_SEGMENT_MAX), "a SegmentSize within its range",
                   "SegmentSize", size);
    if (run && size > VC_SEGMENT_MAX) { /* its groups are judged by cases */
        vc_oracle_rule(o, "VMTP-13.3-40", !(p->code & VMTP_MDM) && !vc_oracle_multicast(p),
                       "a message of several groups to a single entity, without MDM", "MsgDelivery", p->words[5]);
        return;
    }
    int named = !(p->delivery & ~vc_all_blocks(size)) && !(p->code & VMTP_MDM && p->delivery & ~p->words[5]);
    vc_oracle_rule(o, "VMTP-6.1-02", named, "blocks that the message has", "PacketDelivery", p->delivery);
    vc_oracle_rule(o, "VMTP-6.1-01", p->length * 4u == vc_block_octets(size, p->delivery),
                   "whole blocks, the last as long as the segment leaves it", "Length", p->length);
    padding(o, p, size);
}

void vc_oracle_packet(vc_oracle *o, const struct vc_packet *p, enum vc_shape shape) {
    vc_oracle_held(o, "VMTP-2.1-01");
    if (o->options.mtu)
        vc_oracle_rule(o, "VMTP-2.2-02", p->octets <= o->options.mtu, "no packet above the MTU", "octets", p->octets);
    vc_oracle_rule(o, "VMTP-3.1-04", shape == VC_WELL, "64 + 4 Length + 4 octets", "octets", p->octets);
    if (shape == VC_SHORT)
        return;
    header(o, p);
    addresses(o, p);
    if (shape != VC_WELL)
        return;
    checksum(o, p, right_sum(p));
    segment(o, p);
}
