/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sum at the end of a packet (spec/vmtp.md section 3.4). */
#include "vmtp.h"

#include <epan/prefs.h>

static int hf_checksum = -1, hf_status = -1;
static expert_field ei_checksum = EI_INIT, ei_none = EI_INIT;
static compat_bool verify = TRUE;

#define CLUSTER_OCTETS 32

static uint32_t fold(uint32_t sum) {
    while (sum >> 16)
        sum = (sum & 0xFFFF) + (sum >> 16);
    return sum ? sum : 0xFFFF;
}

static uint32_t sum_of(tvbuff_t *tvb, int octets) {
    const uint8_t *at = tvb_get_ptr(tvb, 0, octets);
    uint32_t sums[2] = {0, 0};
    for (int i = 0; i < octets; i += 2)
        sums[i / CLUSTER_OCTETS & 1] += (uint32_t)at[i] << 8 | (i + 1 < octets ? at[i + 1] : 0);
    return fold(sums[0]) << 16 | fold(sums[1]);
}

bool checksum_tree(const struct vmtp_packet *p, packet_info *pinfo, proto_tree *tree) {
    int at = (int)(p->octets - VMTP_CHECKSUM_OCTETS);
    if (!p->whole)
        return true; /* what was cut off cannot be wrong */
    uint32_t sent = tvb_get_ntohl(p->tvb, at);
    if (sent == 0) {
        proto_item *item = proto_tree_add_checksum(tree, p->tvb, (unsigned)at, hf_checksum, hf_status, NULL, pinfo, 0,
                                                   ENC_BIG_ENDIAN, PROTO_CHECKSUM_NOT_PRESENT);
        expert_add_info(pinfo, item, &ei_none);
        return true;
    }
    if (!verify || (p->head & VMTP_EPG)) {
        proto_tree_add_checksum(tree, p->tvb, (unsigned)at, hf_checksum, hf_status, &ei_checksum, pinfo, 0,
                                ENC_BIG_ENDIAN, PROTO_CHECKSUM_NO_FLAGS);
        return true;
    }
    uint32_t sum = sum_of(p->tvb, p->head & VMTP_HCO ? VMTP_HEADER_OCTETS : at);
    proto_item *item = proto_tree_add_checksum(tree, p->tvb, (unsigned)at, hf_checksum, hf_status, &ei_checksum, pinfo,
                                               sum, ENC_BIG_ENDIAN, PROTO_CHECKSUM_VERIFY);
    if (p->head & VMTP_HCO)
        proto_item_append_text(item, " (of the header only)");
    return sum == sent;
}

void checksum_preferences(struct pref_module *module) {
    prefs_register_bool_preference(module, "check_checksum", "Verify checksums",
                                   "Compute the sum of each packet and compare it with the one it has.", &verify);
}

void checksum_register(void) {
    static hf_register_info fields[] = {
        {&hf_checksum, {"Checksum", "vmtp.checksum", FT_UINT32, BASE_HEX, NULL, 0, NULL, HFILL}},
        {&hf_status,
         {"Checksum status", "vmtp.checksum.status", FT_UINT8, BASE_NONE, VALS(proto_checksum_vals), 0, NULL, HFILL}}};
    static ei_register_info experts[] = {
        {&ei_checksum,
         {"vmtp.checksum.bad", PI_CHECKSUM, PI_ERROR, "VMTP-3.4-06: the checksum is wrong, receivers drop this", EXPFILL}},
        {&ei_none, {"vmtp.checksum.none", PI_CHECKSUM, PI_CHAT, "VMTP-3.4-03: no checksum was computed", EXPFILL}}};
    REGISTER_FIELDS(proto_vmtp, fields);
    expert_register_field_array(vmtp_experts, experts, G_N_ELEMENTS(experts));
}
