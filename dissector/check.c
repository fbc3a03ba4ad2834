/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What contradicts the specification in one packet, told by the identifier of the rule. */
#include "vmtp.h"

#include "rules.h"

static int hf_rule = -1, ett_rule = -1;
static expert_field ei_fault = EI_INIT, ei_broken = EI_INIT, ei_reserved = EI_INIT, ei_remark = EI_INIT;

#define RULE(identifier, sentence) {identifier, sentence},
static const struct { const char *identifier, *sentence; } rules[] = {RULES(RULE){NULL, NULL}};

static const char *sentence_of(const char *rule) {
    for (unsigned i = 0; rules[i].identifier; i++)
        if (strcmp(rules[i].identifier, rule) == 0)
            return rules[i].sentence;
    return "";
}

void rule_broken(packet_info *pinfo, proto_item *item, expert_field *field, const char *rule) {
    expert_add_info_format(pinfo, item, field ? field : &ei_broken, "%s: %s", rule, sentence_of(rule));
    proto_tree *tree = item ? proto_item_add_subtree(item, ett_rule) : NULL;
    if (tree)
        proto_item_set_generated(proto_tree_add_string(tree, hf_rule, NULL, 0, 0, rule));
}

/* ---- faults that make receivers drop the packet (section 5.1) ------------------------------------------------- */

static bool length_is_good(const struct vmtp_packet *p) {
    uint32_t length = PACKET_LENGTH(p);
    return length % 2 == 0 && length <= VMTP_GROUP_OCTETS / 4 && 4 * length == p->data_octets;
}

/* The five lines of section 5.1. */
static bool delivery_is_good(const struct vmtp_packet *p) {
    uint32_t length = PACKET_LENGTH(p), size = packet_group_size(p), padded = 0;
    if (!PACKET_HAS_SEGMENT(p))
        return p->delivery == 0 && length == 0;
    if (p->words[6] > (PACKET_IN_RUN(p) ? VMTP_MESSAGE_OCTETS : VMTP_GROUP_OCTETS))
        return false;
    if (p->delivery & ~blocks_of(size))
        return false;
    if ((p->code & VMTP_MDM) && (p->delivery & ~p->words[5]))
        return false;
    padded = (blocks_octets(p->delivery, size) + 7) & ~UINT32_C(7);
    return 4 * length == padded;
}

static bool check_faults(const struct vmtp_packet *p, packet_info *pinfo, const struct vmtp_items *items) {
    if (p->head >> 29 != VMTP_VERSION) {
        rule_broken(pinfo, items->version, &ei_fault, "VMTP-5.1-04");
        return false;
    }
    if (p->head & VMTP_EPG) {
        rule_broken(pinfo, items->packet_flags, &ei_fault, "VMTP-13.12-03");
        return false;
    }
    if (!length_is_good(p)) {
        rule_broken(pinfo, items->length, &ei_fault, "VMTP-5.1-08");
        return false;
    }
    if (!delivery_is_good(p)) {
        rule_broken(pinfo, items->delivery, &ei_fault, "VMTP-5.1-09");
        return false;
    }
    if (p->client == 0 || (p->client & VMTP_ID_GRP)) {
        rule_broken(pinfo, items->client, &ei_fault, "VMTP-4.1-03");
        return false;
    }
    return true;
}

/* ---- what receivers put up with --------------------------------------------------------------------------------- */

static void check_reserved(const struct vmtp_packet *p, packet_info *pinfo, const struct vmtp_items *items) {
    const uint32_t requests_only = VMTP_CRE | VMTP_MRD | VMTP_PIC;
    if (p->control & 0x0E)
        rule_broken(pinfo, items->reserved, &ei_reserved, "VMTP-3.1-06");
    if (PACKET_RESPONSE(p) && (p->control & (VMTP_MDG | VMTP_DRT)))
        rule_broken(pinfo, items->control, &ei_reserved, "VMTP-3.1-06");
    if ((p->code & VMTP_CODE_RESERVED) || (PACKET_RESPONSE(p) && (p->code & requests_only)))
        rule_broken(pinfo, items->code, &ei_reserved, "VMTP-3.1-06");
}

static void check_addresses(const struct vmtp_packet *p, packet_info *pinfo, const struct vmtp_items *items) {
    const uint8_t *mac = pinfo->dl_dst.data;
    if (pinfo->dl_dst.type != AT_ETHER || !mac)
        return;
    if (((mac[0] & 1) != 0) != ((p->head & VMTP_MPG) != 0))
        rule_broken(pinfo, items->packet_flags, NULL, "VMTP-2.3-04");
    uint8_t wanted[6] = {0x09, 0x00, 0x56, (uint8_t)(p->server >> 16), (uint8_t)(p->server >> 8), (uint8_t)p->server};
    if (!PACKET_RESPONSE(p) && (mac[0] & 1) && (p->server & VMTP_ID_GRP) && memcmp(mac, wanted, sizeof wanted) != 0)
        rule_broken(pinfo, items->server, NULL, "VMTP-2.3-01");
}

static void check_messages(const struct vmtp_packet *p, packet_info *pinfo, const struct vmtp_items *items) {
    bool several = PACKET_HAS_SEGMENT(p) && p->words[6] > VMTP_GROUP_OCTETS;
    if (PACKET_RESPONSE(p) && (p->server & VMTP_ID_GRP))
        rule_broken(pinfo, items->server, NULL, "VMTP-3.2-04");
    if ((p->control & VMTP_CMG) && (p->control & VMTP_STI))
        rule_broken(pinfo, items->control, NULL, "VMTP-13.3-18");
    if (several && ((p->code & VMTP_MDM) || (p->server & VMTP_ID_GRP)))
        rule_broken(pinfo, items->segment_size, NULL, "VMTP-13.3-40");
}

static void check_padding(const struct vmtp_packet *p, packet_info *pinfo, const struct vmtp_items *items) {
    uint32_t octets = blocks_octets(p->delivery, packet_group_size(p));
    for (uint32_t at = octets; p->whole && at < p->data_octets; at++)
        if (compat_octet(p->tvb, (int)(VMTP_HEADER_OCTETS + at)) != 0) {
            rule_broken(pinfo, items->top, &ei_remark, "VMTP-3.1-05");
            return;
        }
}

bool check_packet(const struct vmtp_packet *p, packet_info *pinfo, const struct vmtp_items *items) {
    if (!check_faults(p, pinfo, items))
        return false;
    if (pinfo->dl_dst.type == AT_ETHER && (p->head >> 16 & 0x1FFF) != VMTP_DOMAIN)
        rule_broken(pinfo, items->domain, NULL, "VMTP-5.1-05");
    check_reserved(p, pinfo, items);
    check_addresses(p, pinfo, items);
    check_messages(p, pinfo, items);
    check_padding(p, pinfo, items);
    return true;
}

void check_register(void) {
    static hf_register_info fields[] = {
        {&hf_rule, {"Rule", "vmtp.rule", FT_STRING, BASE_NONE, NULL, 0, "of the specification that is broken", HFILL}}};
    static int *subtrees[] = {&ett_rule};
    static ei_register_info experts[] = {
        {&ei_fault, {"vmtp.fault", PI_PROTOCOL, PI_ERROR, "receivers drop this packet", EXPFILL}},
        {&ei_broken, {"vmtp.broken", PI_PROTOCOL, PI_WARN, "a rule of the specification is broken", EXPFILL}},
        {&ei_reserved, {"vmtp.reserved_set", PI_PROTOCOL, PI_NOTE, "reserved bits are set", EXPFILL}},
        {&ei_remark, {"vmtp.padding_set", PI_PROTOCOL, PI_CHAT, "padding is not zero", EXPFILL}}};
    REGISTER_FIELDS(proto_vmtp, fields);
    proto_register_subtree_array(subtrees, G_N_ELEMENTS(subtrees));
    expert_register_field_array(vmtp_experts, experts, G_N_ELEMENTS(experts));
}
