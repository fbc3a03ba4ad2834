/* SPDX-License-Identifier: GPL-2.0-or-later */
/* V interprocess communication (spec/v.md): Sends that give access to a segment, and what kernels are asked to do with it. */
#include "words.h"

int proto_vipc = -1;

static int hf_operation = -1, hf_granter = -1, hf_transaction = -1, hf_offset = -1, hf_count = -1, hf_holder = -1;
static int hf_logical = -1, hf_pid = -1, hf_access = -1, hf_read = -1, hf_write = -1, hf_size = -1, hf_send = -1;
static int hf_data = -1;
static int ett_vipc = -1, ett_access = -1;

static int *const access_bits[] = {&hf_read, &hf_write, &hf_size, NULL};

#define ACCESS_AT 56 /* word 5 */

#define OPERAND(code)                                                                                                  \
    ARG_ENTITY(code, false, 36, hf_granter, "#"), ARG_NUMBER(code, false, 44, hf_transaction, "Send #")

static const struct vmtp_parameter parameters[] = {
    OPERAND(VMTP_V_MOVE_FROM),
    ARG_NUMBER(VMTP_V_MOVE_FROM, false, 48, hf_offset, "offset #"),
    ARG_NUMBER(VMTP_V_MOVE_FROM, false, 52, hf_count, "# octets"),
    OPERAND(VMTP_V_MOVE_TO),
    ARG_NUMBER(VMTP_V_MOVE_TO, false, 48, hf_offset, "offset #"),
    OPERAND(VMTP_V_PASS_ACCESS),
    ARG_ENTITY(VMTP_V_PASS_ACCESS, false, 48, hf_holder, "to #"),
    ARG_NUMBER(VMTP_V_GET_PID, false, 36, hf_logical, "logical id #"),
    ARG_ENTITY(VMTP_V_GET_PID, true, 36, hf_pid, "#"),
};

/* ---- operations of kernels (sections 2.3 and 3) ---------------------------------------------------------------------------- */

/* The Send whose access is used: found when the packet is seen first, as Transactions come again. */
static void send_item(const struct vmtp_info *info, packet_info *pinfo, tvbuff_t *tvb, proto_tree *tree) {
    const uint32_t *words = info->seen ? info->seen->call->words : NULL;
    uint32_t frame;
    if (!words || info->code == VMTP_V_GET_PID)
        return;
    if (!pinfo->fd->visited) {
        const struct vmtp_call *send = track_find((uint64_t)words[0] << 32 | words[1], words[2], 0);
        frame = send ? send->frame : 0;
        p_add_proto_data(wmem_file_scope(), pinfo, proto_vipc, pinfo->curr_layer_num, GUINT_TO_POINTER(frame));
    }
    frame = GPOINTER_TO_UINT(p_get_proto_data(wmem_file_scope(), pinfo, proto_vipc, pinfo->curr_layer_num));
    if (frame)
        proto_item_set_generated(proto_tree_add_uint(tree, hf_send, tvb, 0, 0, frame));
}

static void learn(const struct vmtp_info *info, packet_info *pinfo) {
    const uint32_t *words = info->packet->words;
    if (!pinfo->fd->visited && info->response && info->code == VMTP_V_GET_PID)
        entity_learn((uint64_t)words[0] << 32 | words[1],
                     wmem_strdup_printf(pinfo->pool, "logical id %u", info->seen->call->words[0]), pinfo->num);
}

static int dissect_operation(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data) {
    const struct vmtp_info *info = data;
    if (!info)
        return 0;
    proto_tree *sub = upper_tree(proto_vipc, ett_vipc, "VIPC", info, tvb, pinfo, tree);
    proto_item_set_generated(proto_tree_add_uint(sub, hf_operation, tvb, 0, 0, info->code));
    send_item(info, pinfo, tvb, sub);
    if (info->response && PACKET_CODE(info->packet) != VMTP_OK)
        return 1;
    learn(info, pinfo);
    words_tree_of(parameters, G_N_ELEMENTS(parameters), info, pinfo, sub);
    if (PACKET_HAS_SEGMENT(info->packet))
        message_say(pinfo, sub, ", segment of %u octets", packet_segment_size(info->packet));
    if (info->complete && tvb_reported_length(tvb) > 0)
        proto_tree_add_item(sub, hf_data, tvb, 0, -1, ENC_NA);
    return 1;
}

/* ---- a Send that gives access (section 2.1) ---------------------------------------------------------------------------------- */

/* By its Code alone, so only what nobody else knows is taken for one. */
static compat_bool dissect_send(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data) {
    const struct vmtp_info *info = data;
    const struct vmtp_call *call = info && info->seen ? info->seen->call : NULL;
    if (!call || !(call->code & VMTP_V_GRANT) || (call->code & (VMTP_PIC | VMTP_CRE | VMTP_MDM)) ||
        !(call->words[5] & (VMTP_V_READ | VMTP_V_WRITE)))
        return FALSE;
    proto_tree *sub = upper_tree(proto_vipc, ett_vipc, "VIPC", info, tvb, pinfo, tree);
    if (!info->response) {
        proto_tree_add_bitmask_with_flags(sub, info->packet->tvb, ACCESS_AT, hf_access, ett_access, access_bits,
                                          ENC_BIG_ENDIAN, BMT_NO_INT | BMT_NO_TFS);
        message_say(pinfo, sub, ", gives%s%s access to %u octets", call->words[5] & VMTP_V_READ ? " read" : "",
                    call->words[5] & VMTP_V_WRITE ? " write" : "", (uint32_t)(call->words[5] & VMTP_V_SIZE_MASK));
    }
    if (info->complete && tvb_reported_length(tvb) > 0)
        proto_tree_add_item(sub, hf_data, tvb, 0, -1, ENC_NA);
    return TRUE;
}

/* ---- registration ------------------------------------------------------------------------------------------------------------ */

#define NUMBER_FIELD(variable, name, filter, text) COUNT_FIELD(variable, name, filter, FT_UINT32, text)
#define ACCESS_FIELD(variable, name, filter, mask)                                                                     \
    FIELD(variable, name, filter, FT_BOOLEAN, 32, TFS(&tfs_set_notset), (uint64_t)(mask), NULL)

static hf_register_info fields[] = {
    FIELD(hf_operation, "Operation", "vipc.operation", FT_UINT32, BASE_HEX, VALS(request_codes), 0, NULL),
    WHO_FIELD(hf_granter, "Granter", "vipc.granter"),
    NUMBER_FIELD(hf_transaction, "Transaction of the Send", "vipc.transaction", NULL),
    NUMBER_FIELD(hf_offset, "Offset", "vipc.offset", "in the segment"),
    NUMBER_FIELD(hf_count, "Count", "vipc.count", "octets"),
    WHO_FIELD(hf_holder, "New holder", "vipc.holder"),
    NUMBER_FIELD(hf_logical, "Logical id", "vipc.logical_id", NULL),
    WHO_FIELD(hf_pid, "Process", "vipc.pid"),
    HEX_FIELD(hf_access, "Access", "vipc.access", FT_UINT32),
    ACCESS_FIELD(hf_read, "read", "vipc.access.read", VMTP_V_READ),
    ACCESS_FIELD(hf_write, "write", "vipc.access.write", VMTP_V_WRITE),
    FIELD(hf_size, "Octets", "vipc.access.size", FT_UINT32, BASE_DEC, NULL, VMTP_V_SIZE_MASK, "of the segment"),
    FIELD(hf_send, "Send in", "vipc.send_in", FT_FRAMENUM, BASE_NONE, NULL, 0, "the transaction that gives access"),
    OCTETS_FIELD(hf_data, "Data", "vipc.data")};

void proto_register_vipc(void) {
    static int *subtrees[] = {&ett_vipc, &ett_access};
    proto_vipc = proto_register_protocol("V Interprocess Communication", "VIPC", "vipc");
    REGISTER_FIELDS(proto_vipc, fields);
    proto_register_subtree_array(subtrees, G_N_ELEMENTS(subtrees));
}

void proto_reg_handoff_vipc(void) {
    dissector_handle_t handle = create_dissector_handle(dissect_operation, proto_vipc);
    REGISTRY_V(UPPER_CODE)
    heur_dissector_add("vmtp", dissect_send, "V Send that gives access", "vipc_send", proto_vipc, HEURISTIC_ENABLE);
}
