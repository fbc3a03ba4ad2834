/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parameters in the words of a message, from tables. */
#include "vmtp.h"

static void one_parameter(const struct vmtp_parameter *parameter, tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree) {
    uint32_t value;
    switch (parameter->kind) {
    case WORD_ENTITY: entity_item(tree, *parameter->field, tvb, parameter->at, pinfo); break;
    case WORD_BLOCKS:
        value = tvb_get_ntohl(tvb, parameter->at);
        proto_tree_add_uint_format_value(tree, *parameter->field, tvb, parameter->at, 4, value, "0x%08x (blocks %s)",
                                         value, blocks_text(pinfo->pool, value));
        break;
    case WORD_FLAGS:
        proto_tree_add_bitmask_with_flags(tree, tvb, parameter->at, *parameter->field, *parameter->ett, parameter->bits,
                                          ENC_BIG_ENDIAN, BMT_NO_INT | BMT_NO_TFS);
        break;
    default: proto_tree_add_item(tree, *parameter->field, tvb, parameter->at, parameter->octets, ENC_BIG_ENDIAN);
    }
}

void words_tree_of(const struct vmtp_parameter *table, unsigned count, uint32_t code, bool response, tvbuff_t *tvb,
                   packet_info *pinfo, proto_tree *tree) {
    for (unsigned i = 0; i < count; i++)
        if (table[i].code == code && table[i].response == response)
            one_parameter(&table[i], tvb, pinfo, tree);
}

proto_tree *upper_tree(int protocol, int ett, const char *column, const struct vmtp_info *info, tvbuff_t *segment,
                       packet_info *pinfo, proto_tree *tree) {
    proto_item *top = proto_tree_add_item(tree, protocol, segment, 0, -1, ENC_NA);
    proto_item_append_text(top, ", %s %s", request_code_text(pinfo->pool, info->code),
                           info->response ? response_code_text(pinfo->pool, PACKET_CODE(info->packet)) : "Request");
    col_set_str(pinfo->cinfo, COL_PROTOCOL, column);
    return proto_item_add_subtree(top, ett);
}
