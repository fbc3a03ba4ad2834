/* SPDX-License-Identifier: GPL-2.0-or-later */
/* VMTP: registration, and the way of a packet through the parts of the plugin. */
#include "words.h"

#include <epan/crc32-tvb.h>
#include <epan/decode_as.h>
#include <epan/exceptions.h>
#include <epan/prefs.h>

int proto_vmtp = -1;
expert_module_t *vmtp_experts;

static int hf_data = -1, hf_padding = -1, hf_encrypted = -1;
static expert_field ei_short = EI_INIT;
static compat_bool show_entities = TRUE;
static dissector_handle_t vmtp_handle, naming_handle;
static dissector_table_t code_table, interface_table;
static heur_dissector_list_t heuristics;

#define IP_PROTOCOL_VMTP 81

/* ---- columns ---------------------------------------------------------------------------------------------------- */

const char *message_head(const struct vmtp_packet *p, uint32_t code, wmem_allocator_t *scope) {
    const char *operation = code == CODE_UNKNOWN ? "" : request_code_text(scope, code);
    if (!PACKET_RESPONSE(p))
        return wmem_strdup_printf(scope, "%s Request", operation);
    return wmem_strdup_printf(scope, "%s%sResponse %s", operation, *operation ? " " : "",
                              response_code_text(scope, PACKET_CODE(p)));
}

static void append_flags(wmem_strbuf_t *text, const struct vmtp_packet *p) {
#define WORD(symbol, value, word, filter, meaning)                                                                     \
    if (flags & (value))                                                                                               \
        wmem_strbuf_append_printf(text, " %s", word);
    uint32_t flags = p->head;
    REGISTRY_PACKET_FLAG(WORD)
    flags = p->control;
    REGISTRY_CONTROL_FLAG(WORD)
    flags = p->code & ~VMTP_SDA & ~VMTP_PIC;
    REGISTRY_CODE_FLAG(WORD)
#undef WORD
}

/* Of the packet, behind what its message says. */
static const char *packet_tail(const struct vmtp_packet *p, packet_info *pinfo, const struct vmtp_seen *seen) {
    wmem_strbuf_t *text = wmem_strbuf_new(pinfo->pool, "");
    story_part(text, p, pinfo, seen);
    wmem_strbuf_append_printf(text, ", Transaction %u", p->transaction);
    append_flags(text, p);
    if (PACKET_HAS_SEGMENT(p))
        wmem_strbuf_append_printf(text, ", segment %u", p->words[6]);
    if (PACKET_RETRANSMIT(p))
        wmem_strbuf_append_printf(text, ", again %u", PACKET_RETRANSMIT(p));
    if (PACKET_FORWARD(p))
        wmem_strbuf_append_printf(text, ", forwarded %u", PACKET_FORWARD(p));
    if (seen)
        story_other_half(text, p, pinfo, seen);
    return wmem_strbuf_get_str(text);
}

/* ---- a packet ---------------------------------------------------------------------------------------------------- */

/* An item for octets of which some may have been cut off. */
static void octets_item(proto_tree *tree, int field, const struct vmtp_packet *p, uint32_t at, uint32_t octets) {
    uint32_t captured = tvb_captured_length(p->tvb);
    if (at < captured && octets > 0)
        proto_tree_add_item(tree, field, p->tvb, (int)at, (int)MIN(octets, captured - at), ENC_NA);
}

static void data_tree(const struct vmtp_packet *p, proto_tree *tree) {
    uint32_t octets = p->sound ? blocks_octets(p->delivery, packet_group_size(p)) : p->data_octets;
    if (p->head & VMTP_EPG) {
        octets_item(tree, hf_encrypted, p, VMTP_HEADER_OCTETS, p->data_octets);
        return;
    }
    octets_item(tree, hf_data, p, VMTP_HEADER_OCTETS, octets);
    octets_item(tree, hf_padding, p, VMTP_HEADER_OCTETS + octets, p->data_octets - octets);
}

/* ---- what stands above ------------------------------------------------------------------------------------------ */

/* An interface is what codes that differ in the last octet, and in ByName, have in common. */
static uint32_t interface_of(uint32_t code) { return (code & ~(uint32_t)VNAME_BY_NAME) >> 8; }

/* The operation of a Response is that of its Request. */
static uint32_t operation_of(const struct vmtp_packet *p, const struct vmtp_seen *seen) {
    if (!PACKET_RESPONSE(p))
        return PACKET_CODE(p);
    return seen && seen->call->frame ? seen->call->code & (uint32_t)VMTP_CODE_MASK : CODE_UNKNOWN;
}

static void upper(struct vmtp_info *info, packet_info *pinfo, proto_tree *tree, tvbuff_t *segment) {
    const struct vmtp_packet *p = info->packet;
    heur_dtbl_entry_t *entry;
    if (info->code == CODE_UNKNOWN || (info->seen && info->seen->verdict == VERDICT_ALIEN))
        return;
    info->complete = !PACKET_HAS_SEGMENT(p) || (segment && tvb_reported_length(segment) == packet_segment_size(p));
    tvbuff_t *tvb = segment ? segment : tvb_new_subset_length(p->tvb, VMTP_HEADER_OCTETS, 0);
    p_add_proto_data(pinfo->pool, pinfo, proto_vmtp, 0, GUINT_TO_POINTER(interface_of(info->code)));
    if (interface_of(info->code) == interface_of(VMTP_PROBE_ENTITY)) {
        manage_message(info, tvb, pinfo);
        return;
    }
    if (compat_try_uint(code_table, info->code, tvb, pinfo, tree, TRUE, info) ||
        compat_try_uint(interface_table, interface_of(info->code), tvb, pinfo, tree, TRUE, info))
        return;
    if (dissector_try_heuristic(heuristics, tvb, pinfo, tree, &entry, info))
        return;
    /* An operation of an interface that nobody knows still has a name where all have it. */
    if (info->code & VNAME_BY_NAME)
        call_dissector_with_data(naming_handle, tvb, pinfo, tree, info);
}

/* In the midst of a segment the message has been said already, or will be. */
static void upper_said_once(struct vmtp_info *info, packet_info *pinfo, proto_tree *tree, tvbuff_t *segment) {
    bool writable = col_get_writable(pinfo->cinfo, COL_INFO);
    if (!writable || segment || info->packet->delivery == 0 || story_begins(pinfo, info->seen)) {
        upper(info, pinfo, tree, segment);
        return;
    }
    col_set_writable(pinfo->cinfo, COL_INFO, FALSE);
    TRY { upper(info, pinfo, tree, segment); }
    FINALLY { col_set_writable(pinfo->cinfo, COL_INFO, TRUE); }
    ENDTRY;
}

static int too_short(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree) {
    proto_item *top = proto_tree_add_item(tree, proto_vmtp, tvb, 0, -1, ENC_NA);
    col_set_str(pinfo->cinfo, COL_INFO, "fewer octets than a header and a checksum have");
    rule_broken(pinfo, top, &ei_short, "VMTP-5.1-03");
    return (int)tvb_captured_length(tvb);
}

/*
 * Some interfaces capture the frame check sequence too, and often nobody says so: four octets more than Length tells, which are that
 * sum of all before them, are no part of the packet.  Of a frame that was cut off before them it is assumed.
 */
static void leave_check_sequence(tvbuff_t *tvb) {
    if (tvb_captured_length(tvb) < 12)
        return;
    uint32_t octets = VMTP_HEADER_OCTETS + 4 * (tvb_get_ntohs(tvb, 10) & 0x1FFFu) + VMTP_CHECKSUM_OCTETS;
    tvbuff_t *frame = tvb_get_ds_tvb(tvb);
    unsigned end = tvb_captured_length(frame);
    if (tvb_reported_length(tvb) != octets + 4)
        return;
    bool whole = tvb_captured_length(tvb) == octets + 4, ends = (unsigned)tvb_raw_offset(tvb) + octets + 4 == end;
    if (!whole || (ends && crc32_802_tvb(frame, end - 4) == tvb_get_ntohl(frame, (int)end - 4)))
        set_actual_length(tvb, octets);
}

static void addresses(const struct vmtp_packet *p, packet_info *pinfo, proto_tree *sub) {
    bool response = PACKET_RESPONSE(p);
    if (show_entities)
        entity_columns(pinfo, response ? p->server : p->client, response ? p->client : p->server);
    if (sub)
        entity_tree(sub, p->tvb, response);
}

/* What is in the packet by itself. */
static void packet_tree(struct vmtp_packet *p, packet_info *pinfo, proto_tree *sub, const struct vmtp_items *items) {
    if (p->octets > VMTP_HEADER_OCTETS + VMTP_GROUP_OCTETS + VMTP_CHECKSUM_OCTETS)
        rule_broken(pinfo, items->top, &ei_short, "VMTP-5.1-03");
    p->sound = check_packet(p, pinfo, items);
    data_tree(p, sub);
    if (!checksum_tree(p, pinfo, sub))
        p->sound = false;
}

/* What it means among the others. */
static void message_tree(const struct vmtp_packet *p, packet_info *pinfo, proto_tree *tree, proto_tree *sub) {
    const struct vmtp_seen *seen = track_packet(p, pinfo);
    tvbuff_t *segment = collect_segment(p, pinfo, seen);
    struct vmtp_info info = {p, seen, operation_of(p, seen), PACKET_RESPONSE(p), false, sub};
    bool shown = message_shown(pinfo, sub);
    if (shown)
        message_say(pinfo, sub, "%s%s", p->sound ? story_marks(p, pinfo, seen) : "[Invalid] ",
                    message_head(p, info.code, pinfo->pool));
    story_tree(p, pinfo, sub, seen, segment);
    statistics_packet(p, pinfo, seen);
    if (seen && (seen->completes || seen->finishes))
        statistics_segment(pinfo, segment);
    if (p->sound)
        upper_said_once(&info, pinfo, tree, segment);
    if (shown)
        message_say(pinfo, sub, "%s", packet_tail(p, pinfo, seen));
}

static int dissect_vmtp(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data _U_) {
    struct vmtp_packet *p = wmem_new(pinfo->pool, struct vmtp_packet);
    struct vmtp_items items = {0};
    col_set_str(pinfo->cinfo, COL_PROTOCOL, "VMTP");
    col_clear(pinfo->cinfo, COL_INFO);
    if (tvb_reported_length(tvb) < VMTP_HEADER_OCTETS + VMTP_CHECKSUM_OCTETS)
        return too_short(tvb, pinfo, tree);
    leave_check_sequence(tvb);
    header_tree(tvb, pinfo, tree, &items);
    proto_tree *sub = proto_item_get_subtree(items.top);
    packet_parse(p, tvb, pinfo);
    proto_item_append_text(items.top, ", ");
    addresses(p, pinfo, sub);
    packet_tree(p, pinfo, sub, &items);
    story_time(pinfo);
    message_tree(p, pinfo, tree, sub);
    tvb_ensure_bytes_exist(tvb, 0, (int)p->octets); /* what was cut off is told when all the rest has been */
    return (int)tvb_captured_length(tvb);
}

/* ---- decode as: the interface of a Request is what people choose a protocol for ----------------------------------------- */

static uint32_t shown_interface(packet_info *pinfo) {
    return GPOINTER_TO_UINT(p_get_proto_data(pinfo->pool, pinfo, proto_vmtp, 0));
}
static void interface_label(packet_info *pinfo, char *text) {
    snprintf(text, MAX_DECODE_AS_PROMPT_LEN, "VMTP interface 0x%04x as", shown_interface(pinfo));
}
static gpointer interface_value(packet_info *pinfo) { return GUINT_TO_POINTER(shown_interface(pinfo)); }

static void decode_as_handoff(void) {
    static build_valid_func values[] = {interface_value};
    static decode_as_value_t value = {interface_label, 1, values};
    static decode_as_t as = {"vmtp",
                             "vmtp.interface",
                             1,
                             0,
                             &value,
                             NULL,
                             NULL,
                             decode_as_default_populate_list,
                             decode_as_default_reset,
                             decode_as_default_change,
                             NULL};
    register_decode_as(&as);
}

/* ---- registration -------------------------------------------------------------------------------------------------- */

void proto_register_vmtp(void) {
    static hf_register_info fields[] = {
        {&hf_data, {"Segment data", "vmtp.segment_data", FT_BYTES, BASE_NONE, NULL, 0, NULL, HFILL}},
        {&hf_padding, {"Padding", "vmtp.padding", FT_BYTES, BASE_NONE, NULL, 0, NULL, HFILL}},
        {&hf_encrypted, {"Encrypted", "vmtp.encrypted", FT_BYTES, BASE_NONE, NULL, 0, NULL, HFILL}}};
    static ei_register_info experts[] = {
        {&ei_short, {"vmtp.size", PI_PROTOCOL, PI_ERROR, "impossible size of a packet", EXPFILL}}};
    proto_vmtp = proto_register_protocol("Versatile Message Transaction Protocol", "VMTP", "vmtp");
    vmtp_experts = expert_register_protocol(proto_vmtp);
    REGISTER_FIELDS(proto_vmtp, fields);
    expert_register_field_array(vmtp_experts, experts, G_N_ELEMENTS(experts));
    header_register();
    entity_register();
    check_register();
    checksum_register();
    track_register();
    story_register();
    manage_register();
    statistics_register();
    code_table = register_dissector_table("vmtp.code", "VMTP RequestCode", proto_vmtp, FT_UINT32, BASE_HEX);
    interface_table = register_dissector_table("vmtp.interface", "VMTP interface", proto_vmtp, FT_UINT32, BASE_HEX);
    heuristics = compat_heuristics("vmtp", "VMTP messages", proto_vmtp);
    module_t *module = prefs_register_protocol(proto_vmtp, NULL);
    checksum_preferences(module);
    prefs_register_bool_preference(module, "show_entities", "Entities as source and destination",
                                   "Show who sends to whom as entities, not as stations of the Ethernet.",
                                   &show_entities);
    vmtp_handle = register_dissector("vmtp", dissect_vmtp, proto_vmtp);
}

void proto_reg_handoff_vmtp(void) {
    dissector_add_uint_with_preference("ethertype", VMTP_ETHERTYPE, vmtp_handle);
    dissector_add_uint("ip.proto", IP_PROTOCOL_VMTP, vmtp_handle);
    naming_handle = find_dissector("vnaming");
    statistics_handoff();
    decode_as_handoff();
}
