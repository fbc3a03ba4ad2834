/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parameters in the words of a message, from tables. */
#include "words.h"

bool message_shown(packet_info *pinfo, proto_tree *tree) {
    return (tree && PTREE_DATA(tree)->visible) || col_get_writable(pinfo->cinfo, COL_INFO);
}

void message_say(packet_info *pinfo, proto_tree *tree, const char *format, ...) {
    char text[COL_MAX_INFO_LEN];
    va_list values;
    if (!message_shown(pinfo, tree))
        return;
    va_start(values, format);
    vsnprintf(text, sizeof text, format, values);
    va_end(values);
    col_append_str(pinfo->cinfo, COL_INFO, text);
    if (tree && PTREE_DATA(tree)->visible)
        proto_item_append_text(proto_tree_get_parent(tree), "%s", text);
}

/* ---- values as text ------------------------------------------------------------------------------------------------------ */

static const char *number_text(const header_field_info *field, uint64_t value, wmem_allocator_t *scope) {
    const char *text = NULL;
    if (field->bitmask)
        value &= field->bitmask; /* those that are masked here begin at the lowest bit */
    if (field->strings && (field->display & BASE_VAL64_STRING))
        text = try_val64_to_str(value, field->strings);
    else if (field->strings)
        text = try_val_to_str((uint32_t)value, field->strings);
    if (text)
        return text;
    switch (FIELD_DISPLAY(field->display)) {
    case BASE_HEX: return wmem_strdup_printf(scope, "0x%08" PRIx64, value);
    case BASE_OCT: return wmem_strdup_printf(scope, "0%" PRIo64, value);
    default: return wmem_strdup_printf(scope, "%" PRIu64, value);
    }
}

static const char *flags_text(int *const *bits, uint64_t value, wmem_allocator_t *scope) {
    wmem_strbuf_t *text = wmem_strbuf_new(scope, "");
    for (; *bits; bits++) {
        const header_field_info *field = proto_registrar_get_nth((unsigned)**bits);
        if (value & field->bitmask)
            wmem_strbuf_append_printf(text, "%s%s", wmem_strbuf_get_len(text) ? " " : "", field->name);
    }
    return wmem_strbuf_get_str(text);
}

static const char *value_text(const struct vmtp_parameter *parameter, uint64_t value, packet_info *pinfo) {
    switch (parameter->kind) {
    case WORD_ENTITY: return entity_label(pinfo->pool, value);
    case WORD_BLOCKS: return blocks_text(pinfo->pool, (uint32_t)value);
    case WORD_FLAGS: return flags_text(parameter->bits, value, pinfo->pool);
    default: return number_text(proto_registrar_get_nth((unsigned)*parameter->field), value, pinfo->pool);
    }
}

static void say_parameter(const struct vmtp_parameter *parameter, tvbuff_t *tvb, int at, packet_info *pinfo,
                          proto_tree *tree) {
    const char *said = parameter->said;
    if (!said || !message_shown(pinfo, tree))
        return;
    uint64_t value = parameter->octets == 8 ? tvb_get_ntoh64(tvb, at) : tvb_get_ntohl(tvb, at);
    if (*said == '~' && value == 0)
        return;
    said += *said == '~';
    const char *place = strchr(said, '#');
    if (place)
        message_say(pinfo, tree, ", %.*s%s%s", (int)(place - said), said, value_text(parameter, value, pinfo), place + 1);
    else
        message_say(pinfo, tree, ", %s", said);
}

/* ---- the tree ------------------------------------------------------------------------------------------------------------ */

static void one_parameter(const struct vmtp_parameter *parameter, tvbuff_t *tvb, int at, packet_info *pinfo,
                          proto_tree *tree) {
    switch (parameter->kind) {
    case WORD_ENTITY: entity_item(tree, *parameter->field, tvb, at, pinfo); break;
    case WORD_BLOCKS: blocks_item(tree, *parameter->field, tvb, at, pinfo); break;
    case WORD_FLAGS:
        proto_tree_add_bitmask_with_flags(tree, tvb, (unsigned)at, *parameter->field, *parameter->ett, parameter->bits,
                                          ENC_BIG_ENDIAN, BMT_NO_INT | BMT_NO_TFS);
        break;
    default: proto_tree_add_item(tree, *parameter->field, tvb, at, parameter->octets, ENC_BIG_ENDIAN);
    }
    say_parameter(parameter, tvb, at, pinfo, tree);
}

void words_tree_of(const struct vmtp_parameter *table, unsigned count, const struct vmtp_info *info, packet_info *pinfo,
                   proto_tree *tree) {
    for (unsigned i = 0; i < count; i++)
        if (table[i].code == info->code && table[i].response == info->response)
            one_parameter(&table[i], info->packet->tvb, table[i].at, pinfo, tree);
}

void parts_tree_of(const struct vmtp_parameter *table, unsigned count, tvbuff_t *tvb, int at, packet_info *pinfo,
                   proto_tree *tree) {
    for (unsigned i = 0; i < count; i++)
        one_parameter(&table[i], tvb, at + table[i].at, pinfo, tree);
}

proto_tree *upper_tree(int protocol, int ett, const char *column, const struct vmtp_info *info, tvbuff_t *segment,
                       packet_info *pinfo, proto_tree *tree) {
    proto_item *top = proto_tree_add_item(tree, protocol, segment, 0, -1, ENC_NA);
    if (tree && PTREE_DATA(tree)->visible)
        proto_item_append_text(top, ", %s", message_head(info->packet, info->code, pinfo->pool));
    col_set_str(pinfo->cinfo, COL_PROTOCOL, column);
    return proto_item_add_subtree(top, ett);
}
