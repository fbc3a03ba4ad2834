/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The 64 octets of the header (spec/vmtp.md section 3), as numbers and as a tree. */
#include "words.h"

static int hf_client = -1, hf_server = -1, hf_version = -1, hf_domain = -1, hf_packet_flags = -1, hf_length = -1;
static int hf_control = -1, hf_retransmit = -1, hf_forward = -1, hf_gap = -1, hf_pgcount = -1, hf_priority = -1;
static int hf_reserved = -1, hf_function = -1, hf_transaction = -1, hf_delivery = -1, hf_code_flags = -1;
static int hf_code = -1, hf_request_code = -1, hf_response_code = -1, hf_code_reserved = -1;
static int hf_coresident = -1, hf_block = -1, hf_words = -1;
static int hf_word[VMTP_WORDS] = {-1, -1, -1, -1, -1, -1, -1}, hf_msg_delivery = -1, hf_segment_size = -1;

static int ett_vmtp = -1, ett_packet_flags = -1, ett_control = -1, ett_code = -1, ett_words = -1;

REGISTRY_PACKET_FLAG(BIT_VARIABLE)
REGISTRY_CONTROL_FLAG(BIT_VARIABLE)
REGISTRY_CODE_FLAG(BIT_VARIABLE)

static int *const packet_bits[] = {REGISTRY_PACKET_FLAG(BIT_POINTER) NULL};
static int *const control_bits[] = {REGISTRY_CONTROL_FLAG(BIT_POINTER) NULL};
static int *const code_bits[] = {REGISTRY_CODE_FLAG(BIT_POINTER) & hf_code_reserved, NULL};

#define HEADER_BIT_16(symbol, ...) BIT_FIELD(16, "vmtp.", hf_##symbol, __VA_ARGS__)
#define HEADER_BIT_32(symbol, ...) BIT_FIELD(32, "vmtp.", hf_##symbol, __VA_ARGS__)

static hf_register_info fields[] = {
    FIELD(hf_client, "Client", "vmtp.client", FT_BYTES, BASE_NONE, NULL, 0, "who asks"),
    FIELD(hf_version, "Version", "vmtp.version", FT_UINT8, BASE_DEC, NULL, 0xE0, NULL),
    FIELD(hf_domain, "Domain", "vmtp.domain", FT_UINT16, BASE_DEC, NULL, 0x1FFF, "entity domain, 3 on Ethernet"),
    FIELD(hf_packet_flags, "Packet flags", "vmtp.packet_flags", FT_UINT16, BASE_HEX, NULL, 0, NULL),
    FIELD(hf_length, "Length", "vmtp.length", FT_UINT16, BASE_DEC, NULL, 0x1FFF,
          "32-bit words of segment data in this packet, padding included"),
    FIELD(hf_control, "Control flags", "vmtp.control_flags", FT_UINT32, BASE_HEX, NULL, 0, NULL),
    FIELD(hf_retransmit, "RetransmitCount", "vmtp.retransmit_count", FT_UINT32, BASE_DEC, NULL, 0x00700000,
          "how often the Request was sent before, modulo 8"),
    FIELD(hf_forward, "ForwardCount", "vmtp.forward_count", FT_UINT32, BASE_DEC, NULL, 0x000F0000,
          "how often the Request was forwarded"),
    FIELD(hf_gap, "Gap", "vmtp.gap", FT_UINT32, BASE_DEC, NULL, 0x0000FF00,
          "time wanted between packets of the Response, in 1/32 of a packet time"),
    FIELD(hf_pgcount, "PGcount", "vmtp.pgcount", FT_UINT32, BASE_DEC, NULL, 0x0000FF00,
          "Requests of the run before its own for which the Response stands"),
    FIELD(hf_priority, "Priority", "vmtp.priority", FT_UINT32, BASE_DEC, NULL, 0x000000F0, NULL),
    FIELD(hf_reserved, "Reserved", "vmtp.reserved", FT_UINT32, BASE_DEC, NULL, 0x0000000E, NULL),
    FIELD(hf_function, "Function", "vmtp.function", FT_UINT32, BASE_DEC, VALS(functions), 0x00000001, NULL),
    FIELD(hf_transaction, "Transaction", "vmtp.transaction", FT_UINT32, BASE_DEC, NULL, 0, NULL),
    FIELD(hf_delivery, "PacketDelivery", "vmtp.packet_delivery", FT_UINT32, BASE_HEX, NULL, 0,
          "blocks of 512 octets in this packet"),
    FIELD(hf_server, "Server", "vmtp.server", FT_BYTES, BASE_NONE, NULL, 0, "who is asked, or answers"),
    FIELD(hf_code_flags, "Code flags", "vmtp.code_flags", FT_UINT32, BASE_HEX, NULL, 0, NULL),
    FIELD(hf_code_reserved, "RES", "vmtp.code_reserved", FT_BOOLEAN, 32, TFS(&tfs_set_notset), VMTP_CODE_RESERVED,
          "reserved"),
    FIELD(hf_code, "Code", "vmtp.code", FT_UINT32, BASE_HEX, NULL, VMTP_CODE_MASK, "of Request or Response"),
    FIELD(hf_request_code, "RequestCode", "vmtp.request_code", FT_UINT32, BASE_HEX, VALS(request_codes), VMTP_CODE_MASK,
          NULL),
    FIELD(hf_response_code, "ResponseCode", "vmtp.response_code", FT_UINT32, BASE_HEX, VALS(response_codes),
          VMTP_CODE_MASK, NULL),
    FIELD(hf_words, "User words", "vmtp.words", FT_BYTES, BASE_NONE, NULL, 0, "octets 36 to 63"),
    FIELD(hf_coresident, "CoResidentEntity", "vmtp.coresident_entity", FT_BYTES, BASE_NONE, NULL, 0, "chooses the node"),
    FIELD(hf_msg_delivery, "MsgDelivery", "vmtp.msg_delivery", FT_UINT32, BASE_HEX, NULL, 0,
          "blocks that the message has, or that are wanted"),
    FIELD(hf_segment_size, "SegmentSize", "vmtp.segment_size", FT_UINT32, BASE_DEC, NULL, 0,
          "octets of the whole segment, without padding"),
    FIELD(hf_block, "Block", "vmtp.block", FT_UINT32, BASE_DEC, NULL, 0, "number of a block in this packet"),
    REGISTRY_PACKET_FLAG(HEADER_BIT_16) REGISTRY_CONTROL_FLAG(HEADER_BIT_32) REGISTRY_CODE_FLAG(HEADER_BIT_32)};

#define WORD(n) FIELD(hf_word[n], "Word " #n, "vmtp.word" #n, FT_UINT32, BASE_HEX, NULL, 0, NULL)
static hf_register_info words[VMTP_WORDS] = {WORD(0), WORD(1), WORD(2), WORD(3), WORD(4), WORD(5), WORD(6)};

void header_register(void) {
    static int *subtrees[] = {&ett_vmtp, &ett_packet_flags, &ett_control, &ett_code, &ett_words};
    REGISTER_FIELDS(proto_vmtp, fields);
    REGISTER_FIELDS(proto_vmtp, words);
    proto_register_subtree_array(subtrees, G_N_ELEMENTS(subtrees));
}

/* ---- blocks --------------------------------------------------------------------------------------------------- */

uint32_t blocks_of(uint32_t size) {
    uint32_t count = size >= VMTP_GROUP_OCTETS ? 32 : (size + VMTP_BLOCK_OCTETS - 1) / VMTP_BLOCK_OCTETS;
    return count == 32 ? 0xFFFFFFFF : (UINT32_C(1) << count) - 1;
}

uint32_t blocks_octets(uint32_t mask, uint32_t size) {
    uint32_t whole = blocks_of(size), last = whole & ~(whole >> 1), short_of = 0;
    if (mask & last && size < VMTP_GROUP_OCTETS)
        short_of = (VMTP_BLOCK_OCTETS - size % VMTP_BLOCK_OCTETS) % VMTP_BLOCK_OCTETS;
    return (uint32_t)__builtin_popcount(mask & whole) * VMTP_BLOCK_OCTETS - short_of;
}

char *blocks_text(wmem_allocator_t *scope, uint32_t mask) {
    wmem_strbuf_t *text = wmem_strbuf_new(scope, "");
    for (unsigned i = 0; i < 32; i++) {
        unsigned last = i;
        if (!(mask >> i & 1))
            continue;
        while (last < 31 && (mask >> (last + 1) & 1))
            last++;
        wmem_strbuf_append_printf(text, last > i ? "%s%u-%u" : "%s%u", wmem_strbuf_get_len(text) ? "," : "", i, last);
        i = last;
    }
    return wmem_strbuf_get_len(text) ? (char *)wmem_strbuf_get_str(text) : wmem_strdup(scope, "none");
}

uint32_t packet_segment_size(const struct vmtp_packet *p) { return PACKET_HAS_SEGMENT(p) ? p->words[6] : 0; }

uint32_t packet_group_size(const struct vmtp_packet *p) {
    uint32_t size = packet_segment_size(p);
    if (size <= VMTP_GROUP_OCTETS)
        return size;
    return p->control & VMTP_CMG ? VMTP_GROUP_OCTETS : (size - 1) % VMTP_GROUP_OCTETS + 1;
}

/* ---- numbers -------------------------------------------------------------------------------------------------- */

static bool came_to_a_group(packet_info *pinfo) {
    const uint8_t *mac = pinfo->dl_dst.data;
    return pinfo->dl_dst.type == AT_ETHER && mac && (mac[0] & 1);
}

void packet_parse(struct vmtp_packet *p, tvbuff_t *tvb, packet_info *pinfo) {
    memset(p, 0, sizeof *p);
    p->tvb = tvb;
    p->client = tvb_get_ntoh64(tvb, 0);
    p->head = tvb_get_ntohl(tvb, 8);
    p->control = tvb_get_ntohl(tvb, 12);
    p->transaction = tvb_get_ntohl(tvb, 16);
    p->delivery = tvb_get_ntohl(tvb, 20);
    p->server = tvb_get_ntoh64(tvb, 24);
    p->code = tvb_get_ntohl(tvb, 32);
    for (int i = 0; i < VMTP_WORDS; i++)
        p->words[i] = tvb_get_ntohl(tvb, 36 + 4 * i);
    p->octets = tvb_reported_length(tvb);
    p->data_octets = p->octets - VMTP_HEADER_OCTETS - VMTP_CHECKSUM_OCTETS;
    p->whole = tvb_captured_length(tvb) >= p->octets;
    p->to_group = (p->head & VMTP_MPG) || came_to_a_group(pinfo);
}

/* ---- the tree ------------------------------------------------------------------------------------------------- */

static proto_item *flags_item(proto_tree *tree, int field, tvbuff_t *tvb, int offset, int ett, int *const *bits,
                              uint64_t value) {
    return proto_tree_add_bitmask_value_with_flags(tree, tvb, (unsigned)offset, field, ett, bits, value,
                                                   BMT_NO_INT | BMT_NO_TFS);
}

proto_item *blocks_item(proto_tree *tree, int field, tvbuff_t *tvb, int offset, packet_info *pinfo) {
    uint32_t mask = tvb_get_ntohl(tvb, offset);
    return proto_tree_add_uint_format_value(tree, field, tvb, offset, 4, mask, "0x%08x (blocks %s)", mask,
                                            blocks_text(pinfo->pool, mask));
}

static void control_tree(tvbuff_t *tvb, proto_tree *tree, struct vmtp_items *items) {
    uint32_t control = tvb_get_ntohl(tvb, 12);
    items->control = flags_item(tree, hf_control, tvb, 12, ett_control, control_bits, control & 0xFF800000);
    proto_tree_add_item(tree, hf_retransmit, tvb, 12, 4, ENC_BIG_ENDIAN);
    proto_tree_add_item(tree, hf_forward, tvb, 12, 4, ENC_BIG_ENDIAN);
    proto_tree_add_item(tree, control & 1 ? hf_pgcount : hf_gap, tvb, 12, 4, ENC_BIG_ENDIAN);
    proto_item *priority = proto_tree_add_item(tree, hf_priority, tvb, 12, 4, ENC_BIG_ENDIAN);
    proto_item_append_text(priority, " (%s)", val_to_str_const(control >> 6 & 3, priorities, ""));
    items->reserved = proto_tree_add_item(tree, hf_reserved, tvb, 12, 4, ENC_BIG_ENDIAN);
    proto_tree_add_item(tree, hf_function, tvb, 12, 4, ENC_BIG_ENDIAN);
}

static void words_tree(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, struct vmtp_items *items) {
    uint32_t code = tvb_get_ntohl(tvb, 32);
    bool response = tvb_get_ntohl(tvb, 12) & 1;
    if (!response && (code & VMTP_CRE))
        entity_item(tree, hf_coresident, tvb, 36, pinfo);
    if (code & VMTP_MDM)
        items->msg_delivery = blocks_item(tree, hf_msg_delivery, tvb, 56, pinfo);
    if (code & VMTP_SDA)
        items->segment_size = proto_tree_add_item(tree, hf_segment_size, tvb, 60, 4, ENC_BIG_ENDIAN);
    proto_item *top = proto_tree_add_item(tree, hf_words, tvb, 36, 28, ENC_NA);
    proto_tree *sub = proto_item_add_subtree(top, ett_words);
    for (int i = 0; i < VMTP_WORDS; i++)
        proto_tree_add_item(sub, hf_word[i], tvb, 36 + 4 * i, 4, ENC_BIG_ENDIAN);
}

static void head_tree(tvbuff_t *tvb, proto_tree *tree, struct vmtp_items *items) {
    uint32_t head = tvb_get_ntohl(tvb, 8);
    items->version = proto_tree_add_item(tree, hf_version, tvb, 8, 1, ENC_BIG_ENDIAN);
    items->domain = proto_tree_add_item(tree, hf_domain, tvb, 8, 2, ENC_BIG_ENDIAN);
    items->packet_flags = flags_item(tree, hf_packet_flags, tvb, 10, ett_packet_flags, packet_bits, head & 0xE000);
    items->length = proto_tree_add_item(tree, hf_length, tvb, 10, 2, ENC_BIG_ENDIAN);
    proto_item_append_text(items->length, " (%u octets)", 4 * (head & 0x1FFF));
}

/* The numbers of the blocks, for filters; nobody wants to look at them. */
static void blocks_tree(tvbuff_t *tvb, proto_tree *tree) {
    uint32_t mask = tvb_get_ntohl(tvb, 20);
    if (!proto_field_is_referenced(tree, hf_block))
        return;
    for (uint32_t i = 0; i < 32; i++)
        if (mask >> i & 1)
            proto_item_set_hidden(proto_tree_add_uint(tree, hf_block, tvb, 20, 4, i));
}

void header_tree(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, struct vmtp_items *items) {
    items->top = proto_tree_add_item(tree, proto_vmtp, tvb, 0, -1, ENC_NA);
    tree = proto_item_add_subtree(items->top, ett_vmtp);
    items->client = entity_item(tree, hf_client, tvb, 0, pinfo);
    head_tree(tvb, tree, items);
    control_tree(tvb, tree, items);
    bool response = tvb_get_ntohl(tvb, 12) & 1;
    proto_tree_add_item(tree, hf_transaction, tvb, 16, 4, ENC_BIG_ENDIAN);
    items->delivery = blocks_item(tree, hf_delivery, tvb, 20, pinfo);
    blocks_tree(tvb, tree);
    items->server = entity_item(tree, hf_server, tvb, 24, pinfo);
    uint32_t code = tvb_get_ntohl(tvb, 32);
    flags_item(tree, hf_code_flags, tvb, 32, ett_code, code_bits, code & VMTP_CODE_FLAGS);
    items->code = proto_tree_add_item(tree, response ? hf_response_code : hf_request_code, tvb, 32, 4, ENC_BIG_ENDIAN);
    proto_item_set_hidden(proto_tree_add_item(tree, hf_code, tvb, 32, 4, ENC_BIG_ENDIAN));
    words_tree(tvb, pinfo, tree, items);
}
