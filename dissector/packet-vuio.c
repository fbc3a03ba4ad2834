/* SPDX-License-Identifier: GPL-2.0-or-later */
/* UIO (spec/uio.md): objects opened, read, written and asked about. */
#include "vuio.h"

int proto_vuio = -1;

static int hf_operation = -1, hf_mode = -1, hf_permissions = -1, hf_owner = -1, hf_query_flags = -1, hf_mask = -1;
static int hf_flags = -1, hf_rename_flags = -1, hf_type = -1, hf_instance = -1, hf_attributes = -1, hf_block_size = -1;
static int hf_total = -1, hf_free = -1, hf_objects = -1, hf_block = -1, hf_offset = -1, hf_octets = -1;
static int hf_read_flags = -1, hf_write_flags = -1, hf_commit = -1, hf_lock = -1, hf_timeout = -1, hf_unit = -1;
static int hf_function = -1, hf_clock = -1, hf_steady = -1, hf_delay = -1, hf_data = -1, hf_name_of = -1, hf_made = -1;
static int hf_new_context = -1, hf_new_index = -1, hf_new_length = -1, hf_new_name = -1, hf_target = -1, hf_rest = -1;
static int hf_first = -1, hf_count = -1, hf_in_the_way = -1, hf_last_octets = -1, hf_last_block = -1, hf_next = -1;
static int hf_max_transfer = -1;
static int hf_object = -1, hf_object_length = -1, hf_object_attributes = -1, hf_number = -1, hf_size = -1;
static int hf_storage = -1, hf_names = -1, hf_user = -1, hf_group = -1, hf_changed = -1, hf_descriptor_changed = -1;
static int hf_used = -1, hf_version = -1, hf_object_block_size = -1, hf_name_length = -1, hf_target_length = -1;
static int hf_object_name = -1, hf_object_target = -1, hf_padding = -1, hf_object_type = -1, hf_object_permissions = -1;
static int ett_vuio = -1, ett_mode = -1, ett_mask = -1, ett_attributes = -1, ett_flags = -1, ett_object = -1;
static expert_field ei_form = EI_INIT, ei_stale = EI_INIT;
static int tap_objects = -1;

#define BIT(symbol, value, word, filter, text) static int hf_##symbol = -1;
#define POINTER(symbol, value, word, filter, text) &hf_##symbol,
REGISTRY_UIO_ATTRIBUTE(BIT)
REGISTRY_UIO_MODE(BIT)
REGISTRY_UIO_MASK(BIT)
REGISTRY_UIO_READ_FLAG(BIT)
REGISTRY_UIO_WRITE_FLAG(BIT)
REGISTRY_UIO_QUERY_FLAG(BIT)
REGISTRY_UIO_RENAME_FLAG(BIT)
static int *const attribute_bits[] = {REGISTRY_UIO_ATTRIBUTE(POINTER) NULL};
static int *const mode_bits[] = {REGISTRY_UIO_MODE(POINTER) NULL};
static int *const mask_bits[] = {REGISTRY_UIO_MASK(POINTER) NULL};
static int *const read_bits[] = {REGISTRY_UIO_READ_FLAG(POINTER) NULL};
static int *const write_bits[] = {REGISTRY_UIO_WRITE_FLAG(POINTER) NULL};
static int *const query_bits[] = {REGISTRY_UIO_QUERY_FLAG(POINTER) NULL};
static int *const rename_bits[] = {REGISTRY_UIO_RENAME_FLAG(POINTER) NULL};

#define OBJECT_HEAD 88
#define INSTANCE_HEAD 48
#define RANGE_OCTETS 16
#define NEW_NAME_HEAD 8

#define NUMBER(code, response, at, field)                                                                              \
    { (uint32_t)(code), response, at, 4, WORD_PLAIN, &field, NULL, NULL }
#define LONG(code, response, at, field)                                                                                \
    { (uint32_t)(code), response, at, 8, WORD_PLAIN, &field, NULL, NULL }
#define ENTITY(code, response, at, field)                                                                              \
    { (uint32_t)(code), response, at, 8, WORD_ENTITY, &field, NULL, NULL }
#define FLAGS(code, response, at, field, ett, bits)                                                                    \
    { (uint32_t)(code), response, at, 4, WORD_FLAGS, &field, &ett, bits }
static const struct vmtp_parameter parameters[] = {
    FLAGS(UIO_CREATE_INSTANCE, false, 44, hf_mode, ett_mode, mode_bits),
    NUMBER(UIO_CREATE_INSTANCE, false, 48, hf_permissions),
    ENTITY(UIO_CREATE_INSTANCE, false, 52, hf_owner),
    NUMBER(UIO_CREATE_INSTANCE, true, 36, hf_instance),
    FLAGS(UIO_CREATE_INSTANCE, true, 40, hf_attributes, ett_attributes, attribute_bits),
    NUMBER(UIO_CREATE_INSTANCE, true, 44, hf_block_size),
    FLAGS(UIO_QUERY_OBJECT, false, 44, hf_query_flags, ett_flags, query_bits),
    FLAGS(UIO_MODIFY_OBJECT, false, 44, hf_mask, ett_mask, mask_bits),
    NUMBER(UIO_MODIFY_OBJECT, false, 48, hf_flags),
    NUMBER(UIO_REMOVE_OBJECT, false, 44, hf_type),
    FLAGS(UIO_RENAME_OBJECT, false, 44, hf_rename_flags, ett_flags, rename_bits),
    NUMBER(UIO_CREATE_OBJECT, false, 44, hf_type),
    NUMBER(UIO_CREATE_OBJECT, false, 48, hf_permissions),
    LONG(UIO_QUERY_STORAGE, true, 36, hf_total),
    LONG(UIO_QUERY_STORAGE, true, 44, hf_free),
    LONG(UIO_QUERY_STORAGE, true, 52, hf_objects),
    NUMBER(UIO_READ_INSTANCE, false, 36, hf_instance),
    LONG(UIO_READ_INSTANCE, false, 40, hf_block),
    NUMBER(UIO_READ_INSTANCE, false, 48, hf_offset),
    NUMBER(UIO_READ_INSTANCE, false, 52, hf_octets),
    NUMBER(UIO_READ_INSTANCE, true, 36, hf_octets),
    LONG(UIO_READ_INSTANCE, true, 40, hf_block),
    FLAGS(UIO_READ_INSTANCE, true, 48, hf_read_flags, ett_flags, read_bits),
    NUMBER(UIO_WRITE_INSTANCE, false, 36, hf_instance),
    LONG(UIO_WRITE_INSTANCE, false, 40, hf_block),
    NUMBER(UIO_WRITE_INSTANCE, false, 48, hf_offset),
    FLAGS(UIO_WRITE_INSTANCE, false, 52, hf_write_flags, ett_flags, write_bits),
    NUMBER(UIO_WRITE_INSTANCE, true, 36, hf_octets),
    LONG(UIO_WRITE_INSTANCE, true, 40, hf_block),
    NUMBER(UIO_WRITE_INSTANCE, true, 48, hf_offset),
    NUMBER(UIO_QUERY_INSTANCE, false, 36, hf_instance),
    NUMBER(UIO_MODIFY_INSTANCE, false, 36, hf_instance),
    FLAGS(UIO_MODIFY_INSTANCE, false, 40, hf_mask, ett_mask, mask_bits),
    ENTITY(UIO_MODIFY_INSTANCE, false, 44, hf_owner),
    NUMBER(UIO_RELEASE_INSTANCE, false, 36, hf_instance),
    NUMBER(UIO_RELEASE_INSTANCE, false, 40, hf_commit),
    NUMBER(UIO_LOCK_INSTANCE, false, 36, hf_instance),
    NUMBER(UIO_LOCK_INSTANCE, false, 40, hf_lock),
    NUMBER(UIO_LOCK_INSTANCE, false, 44, hf_timeout),
    NUMBER(UIO_LOCK_INSTANCE, false, 48, hf_unit),
    NUMBER(UIO_LOCK_INSTANCE, true, 36, hf_lock),
    NUMBER(UIO_CONTROL_INSTANCE, false, 36, hf_instance),
    NUMBER(UIO_CONTROL_INSTANCE, false, 40, hf_function),
};

/* ---- descriptors -------------------------------------------------------------------------------------------------------- */

static void time_item(proto_tree *tree, int field, tvbuff_t *tvb, int at) {
    int64_t nanoseconds = (int64_t)tvb_get_ntoh64(tvb, at);
    nstime_t t = {(time_t)(nanoseconds / 1000000000), (int)(nanoseconds % 1000000000)};
    if (t.nsecs < 0) {
        t.secs--;
        t.nsecs += 1000000000;
    }
    proto_tree_add_time(tree, field, tvb, at, 8, &t);
}

static bool object_is_good(tvbuff_t *tvb, int at, int left) {
    if (left < OBJECT_HEAD)
        return false;
    int length = tvb_get_ntohs(tvb, at);
    int used = OBJECT_HEAD + tvb_get_ntohs(tvb, at + 84) + tvb_get_ntohs(tvb, at + 86);
    return length <= left && length == ((used + 7) & ~7);
}

static const char *text_at(tvbuff_t *tvb, int at, int octets, packet_info *pinfo) {
    return (const char *)tvb_get_string_enc(pinfo->pool, tvb, at, octets, ENC_UTF_8);
}

/* An object descriptor.  Returns its octets, 0 if it is none. */
static int object_tree(tvbuff_t *tvb, int at, packet_info *pinfo, proto_tree *tree) {
    static int *const times[] = {&hf_changed, &hf_descriptor_changed, &hf_used};
    int left = (int)tvb_reported_length(tvb) - at;
    if (!object_is_good(tvb, at, left)) {
        rule_broken(pinfo, proto_tree_add_item(tree, hf_rest, tvb, at, left, ENC_NA), &ei_form, "UIO-3.1-03");
        return 0;
    }
    int length = tvb_get_ntohs(tvb, at), name = tvb_get_ntohs(tvb, at + 84), target = tvb_get_ntohs(tvb, at + 86);
    int used = OBJECT_HEAD + name + target;
    proto_item *top = proto_tree_add_item(tree, hf_object, tvb, at, length, ENC_NA);
    proto_tree *sub = proto_item_add_subtree(top, ett_object);
    proto_item_append_text(
        top, " %s, %s, %" PRIu64 " octets", printable(pinfo->pool, text_at(tvb, at + OBJECT_HEAD, name, pinfo)),
        val_to_str_const(tvb_get_ntohs(tvb, at + 2), uio_types, "unknown type"), tvb_get_ntoh64(tvb, at + 16));
    proto_tree_add_item(sub, hf_object_length, tvb, at, 2, ENC_BIG_ENDIAN);
    proto_tree_add_item(sub, hf_object_type, tvb, at + 2, 2, ENC_BIG_ENDIAN);
    proto_tree_add_bitmask_with_flags(sub, tvb, at + 4, hf_object_attributes, ett_attributes, attribute_bits,
                                      ENC_BIG_ENDIAN, BMT_NO_INT | BMT_NO_TFS);
    proto_tree_add_item(sub, hf_number, tvb, at + 8, 8, ENC_BIG_ENDIAN);
    proto_tree_add_item(sub, hf_size, tvb, at + 16, 8, ENC_BIG_ENDIAN);
    proto_tree_add_item(sub, hf_storage, tvb, at + 24, 8, ENC_BIG_ENDIAN);
    proto_tree_add_item(sub, hf_object_permissions, tvb, at + 32, 4, ENC_BIG_ENDIAN);
    proto_tree_add_item(sub, hf_names, tvb, at + 36, 4, ENC_BIG_ENDIAN);
    proto_tree_add_item(sub, hf_user, tvb, at + 40, 4, ENC_BIG_ENDIAN);
    proto_tree_add_item(sub, hf_group, tvb, at + 44, 4, ENC_BIG_ENDIAN);
    for (int i = 0; i < 3; i++)
        time_item(sub, *times[i], tvb, at + 48 + 8 * i);
    proto_tree_add_item(sub, hf_version, tvb, at + 72, 8, ENC_BIG_ENDIAN);
    proto_tree_add_item(sub, hf_object_block_size, tvb, at + 80, 4, ENC_BIG_ENDIAN);
    proto_tree_add_item(sub, hf_name_length, tvb, at + 84, 2, ENC_BIG_ENDIAN);
    proto_tree_add_item(sub, hf_target_length, tvb, at + 86, 2, ENC_BIG_ENDIAN);
    if (name)
        proto_tree_add_item(sub, hf_object_name, tvb, at + OBJECT_HEAD, name, ENC_UTF_8);
    if (target)
        proto_tree_add_item(sub, hf_object_target, tvb, at + OBJECT_HEAD + name, target, ENC_UTF_8);
    if (used < length)
        proto_tree_add_item(sub, hf_padding, tvb, at + used, length - used, ENC_NA);
    return length;
}

static void instance_tree(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree) {
    int left = (int)tvb_reported_length(tvb);
    if (left < INSTANCE_HEAD) {
        rule_broken(pinfo, proto_tree_add_item(tree, hf_rest, tvb, 0, left, ENC_NA), &ei_form, "UIO-4-02");
        return;
    }
    proto_tree_add_item(tree, hf_instance, tvb, 0, 4, ENC_BIG_ENDIAN);
    proto_tree_add_bitmask_with_flags(tree, tvb, 4, hf_attributes, ett_attributes, attribute_bits, ENC_BIG_ENDIAN,
                                      BMT_NO_INT | BMT_NO_TFS);
    proto_tree_add_item(tree, hf_block_size, tvb, 8, 4, ENC_BIG_ENDIAN);
    proto_tree_add_item(tree, hf_last_octets, tvb, 12, 4, ENC_BIG_ENDIAN);
    proto_tree_add_item(tree, hf_last_block, tvb, 16, 8, ENC_BIG_ENDIAN);
    proto_tree_add_item(tree, hf_next, tvb, 24, 8, ENC_BIG_ENDIAN);
    proto_tree_add_item(tree, hf_max_transfer, tvb, 32, 4, ENC_BIG_ENDIAN);
    proto_tree_add_bitmask_with_flags(tree, tvb, 36, hf_mode, ett_mode, mode_bits, ENC_BIG_ENDIAN,
                                      BMT_NO_INT | BMT_NO_TFS);
    entity_item(tree, hf_owner, tvb, 40, pinfo);
    object_tree(tvb, INSTANCE_HEAD, pinfo, tree);
}

static void range_tree(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree) {
    int left = (int)tvb_reported_length(tvb);
    if (left < RANGE_OCTETS) {
        rule_broken(pinfo, proto_tree_add_item(tree, hf_rest, tvb, 0, left, ENC_NA), &ei_form, "UIO-4-02");
        return;
    }
    proto_tree_add_item(tree, hf_first, tvb, 0, 8, ENC_BIG_ENDIAN);
    proto_tree_add_item(tree, hf_count, tvb, 8, 8, ENC_BIG_ENDIAN);
    if (left >= RANGE_OCTETS + 8)
        entity_item(tree, hf_in_the_way, tvb, 16, pinfo);
}

static void new_name_tree(tvbuff_t *tvb, int at, packet_info *pinfo, proto_tree *tree) {
    int left = (int)tvb_reported_length(tvb) - at;
    int length = left >= NEW_NAME_HEAD ? tvb_get_ntohs(tvb, at + 6) : left;
    if (left < NEW_NAME_HEAD + length) {
        rule_broken(pinfo, proto_tree_add_item(tree, hf_rest, tvb, at, left, ENC_NA), &ei_form, "UIO-4-02");
        return;
    }
    proto_tree_add_item(tree, hf_new_context, tvb, at, 4, ENC_BIG_ENDIAN);
    proto_tree_add_item(tree, hf_new_index, tvb, at + 4, 2, ENC_BIG_ENDIAN);
    proto_tree_add_item(tree, hf_new_length, tvb, at + 6, 2, ENC_BIG_ENDIAN);
    proto_tree_add_item(tree, hf_new_name, tvb, at + NEW_NAME_HEAD, length, ENC_UTF_8);
    col_append_fstr(pinfo->cinfo, COL_INFO, " to %s",
                    printable(pinfo->pool, text_at(tvb, at + NEW_NAME_HEAD, length, pinfo)));
}

/* ---- instances ------------------------------------------------------------------------------------------------------------ */

static struct vuio_instance *instance_of(const struct vmtp_info *info, uint32_t *number) {
    const struct vmtp_call *call = info->seen ? info->seen->call : NULL;
    if (!call || (info->code & VNAME_BY_NAME))
        return NULL;
    *number = info->response ? call->words[0] : info->packet->words[0];
    return vuio_find(info->response ? info->packet->server : call->server, *number);
}

static void instance_items(const struct vmtp_info *info, tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree) {
    uint32_t number = 0;
    const struct vuio_instance *instance = instance_of(info, &number);
    if (instance && instance->name) {
        proto_item_set_generated(proto_tree_add_string(tree, hf_name_of, tvb, 0, 0, instance->name));
        col_append_fstr(pinfo->cinfo, COL_INFO, " %s", printable(pinfo->pool, instance->name));
    } else if (!(info->code & VNAME_BY_NAME)) {
        col_append_fstr(pinfo->cinfo, COL_INFO, " instance 0x%08x", info->response ? number : info->packet->words[0]);
    }
    if (instance && instance->frame)
        proto_item_set_generated(proto_tree_add_uint(tree, hf_made, tvb, 0, 0, instance->frame));
}

static void remember_instance(const struct vmtp_info *info, packet_info *pinfo) {
    if (pinfo->fd->visited || !info->seen || info->seen->verdict != VERDICT_FIRST)
        return;
    vuio_created(info->packet->server, info->packet->words, info->seen->call->name, pinfo->num);
}

/* ---- segments -------------------------------------------------------------------------------------------------------------- */

static void read_segment(const struct vmtp_info *info, tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree) {
    uint32_t number;
    int octets = (int)tvb_reported_length(tvb), at = 0, used;
    struct vuio_instance *instance = instance_of(info, &number);
    if (instance && (instance->attributes & UIO_CONTEXT)) {
        while (at < octets && (used = object_tree(tvb, at, pinfo, tree)) > 0)
            at += used;
        return;
    }
    proto_tree_add_item(tree, hf_data, tvb, 0, octets, ENC_NA);
    if (instance && have_tap_listener(tap_objects)) {
        struct vuio_read *r = wmem_new(pinfo->pool, struct vuio_read);
        const uint32_t *words = info->seen->call->words;
        *r = (struct vuio_read){instance, (uint64_t)words[1] << 32 | words[2], words[3], tvb};
        tap_queue_packet(tap_objects, pinfo, r);
    }
}

static void response_segment(const struct vmtp_info *info, tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree) {
    switch (info->code) {
    case UIO_CREATE_INSTANCE:
    case UIO_QUERY_INSTANCE:
    case UIO_MODIFY_INSTANCE: instance_tree(tvb, pinfo, tree); break;
    case UIO_QUERY_OBJECT:
    case UIO_MODIFY_OBJECT:
    case UIO_CREATE_OBJECT:
    case UIO_LINK_OBJECT: object_tree(tvb, 0, pinfo, tree); break;
    case UIO_READ_INSTANCE: read_segment(info, tvb, pinfo, tree); break;
    case UIO_LOCK_INSTANCE: range_tree(tvb, pinfo, tree); break;
    default: proto_tree_add_item(tree, hf_rest, tvb, 0, -1, ENC_NA);
    }
}

static void request_segment(const struct vmtp_info *info, tvbuff_t *tvb, int at, packet_info *pinfo, proto_tree *tree) {
    int left = (int)tvb_reported_length(tvb) - at;
    if (left <= 0)
        return;
    switch (info->code) {
    case UIO_MODIFY_OBJECT:
    case UIO_MODIFY_INSTANCE: object_tree(tvb, at, pinfo, tree); break;
    case UIO_RENAME_OBJECT:
    case UIO_LINK_OBJECT: new_name_tree(tvb, at, pinfo, tree); break;
    case UIO_CREATE_OBJECT: proto_tree_add_item(tree, hf_target, tvb, at, left, ENC_UTF_8); break;
    case UIO_WRITE_INSTANCE: proto_tree_add_item(tree, hf_data, tvb, at, left, ENC_NA); break;
    case UIO_LOCK_INSTANCE: range_tree(tvb, pinfo, tree); break;
    default: proto_tree_add_item(tree, hf_rest, tvb, at, left, ENC_NA);
    }
}

/* Words 2 to 5 of ControlInstance are those of its function (section 9.3). */
static void clock_words(const struct vmtp_info *info, proto_tree *tree) {
    tvbuff_t *words = info->packet->tvb;
    uint32_t function = info->response ? info->seen->call->words[1] : info->packet->words[1];
    if (info->response && function == UIO_CLOCK_READ) {
        time_item(tree, hf_clock, words, 36);
        proto_tree_add_item(tree, hf_steady, words, 44, 8, ENC_BIG_ENDIAN);
    } else if (!info->response && function == UIO_CLOCK_SET) {
        time_item(tree, hf_clock, words, 44);
    } else if (!info->response && function == UIO_CLOCK_DELAY) {
        proto_tree_add_item(tree, hf_delay, words, 44, 4, ENC_BIG_ENDIAN);
    }
}

/* ---- messages ---------------------------------------------------------------------------------------------------------------- */

static void response_tree(const struct vmtp_info *info, tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree) {
    uint32_t code = PACKET_CODE(info->packet);
    const char *name = info->seen->call->name;
    bool segment = info->complete && tvb_reported_length(tvb) > 0;
    if (name)
        col_append_fstr(pinfo->cinfo, COL_INFO, " of %s", printable(pinfo->pool, name));
    instance_items(info, tvb, pinfo, tree);
    if (code == UIO_STALE)
        expert_add_info(pinfo, proto_tree_get_parent(tree), &ei_stale);
    if (code == UIO_LOCKED && segment)
        range_tree(tvb, pinfo, tree);
    if (naming_refusal(info, tvb, pinfo, tree) || code != VMTP_OK)
        return;
    words_tree_of(parameters, G_N_ELEMENTS(parameters), info->code, true, info->packet->tvb, pinfo, tree);
    if (info->code == UIO_CREATE_INSTANCE)
        remember_instance(info, pinfo);
    if (info->code == UIO_CONTROL_INSTANCE)
        clock_words(info, tree);
    if (segment)
        response_segment(info, tvb, pinfo, tree);
}

static void request_tree(const struct vmtp_info *info, tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree) {
    int at = 0;
    words_tree_of(parameters, G_N_ELEMENTS(parameters), info->code, false, info->packet->tvb, pinfo, tree);
    if (info->code & VNAME_BY_NAME)
        at = by_name_tree(info, tvb, pinfo, tree);
    instance_items(info, tvb, pinfo, tree);
    if (info->code == UIO_CONTROL_INSTANCE)
        clock_words(info, tree);
    if (info->complete)
        request_segment(info, tvb, at, pinfo, tree);
}

static int dissect_vuio(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data) {
    const struct vmtp_info *info = data;
    if (!info)
        return 0;
    proto_tree *sub = upper_tree(proto_vuio, ett_vuio, "VUIO", info, tvb, pinfo, tree);
    proto_item_set_generated(proto_tree_add_uint(sub, hf_operation, tvb, 0, 0, info->code));
    if (info->response)
        response_tree(info, tvb, pinfo, sub);
    else
        request_tree(info, tvb, pinfo, sub);
    return 1;
}

/* ---- registration ------------------------------------------------------------------------------------------------------------ */

#define FIELD(variable, name, filter, type, display, strings, mask, text)                                              \
    {                                                                                                                  \
        &variable, { name, "vuio." filter, type, display, strings, mask, text, HFILL }                                 \
    }
#define COUNT(variable, name, filter, type, text) FIELD(variable, name, filter, type, BASE_DEC, NULL, 0, text)
#define HEX(variable, name, filter, type) FIELD(variable, name, filter, type, BASE_HEX, NULL, 0, NULL)
#define WHO(variable, name, filter) FIELD(variable, name, filter, FT_BYTES, BASE_NONE, NULL, 0, NULL)
#define TEXT(variable, name, filter) FIELD(variable, name, filter, FT_STRING, BASE_NONE, NULL, 0, NULL)
#define OCTETS(variable, name, filter) FIELD(variable, name, filter, FT_BYTES, BASE_NONE, NULL, 0, NULL)
#define WHEN(variable, name, filter) FIELD(variable, name, filter, FT_ABSOLUTE_TIME, ABSOLUTE_TIME_UTC, NULL, 0, NULL)
#define FLAG(prefix, symbol, value, word, filter, text)                                                                \
    FIELD(hf_##symbol, word, prefix filter, FT_BOOLEAN, 32, TFS(&tfs_set_notset), (uint64_t)(value), text),
#define ATTRIBUTE_FLAG(...) FLAG("attributes.", __VA_ARGS__)
#define MODE_FLAG(...) FLAG("mode.", __VA_ARGS__)
#define MASK_FLAG(...) FLAG("mask.", __VA_ARGS__)
#define READ_FLAG(...) FLAG("read_flags.", __VA_ARGS__)
#define WRITE_FLAG(...) FLAG("write_flags.", __VA_ARGS__)
#define QUERY_FLAG(...) FLAG("query_flags.", __VA_ARGS__)
#define RENAME_FLAG(...) FLAG("rename_flags.", __VA_ARGS__)

static hf_register_info fields[] = {
    FIELD(hf_operation, "Operation", "operation", FT_UINT32, BASE_HEX, VALS(request_codes), 0, NULL),
    HEX(hf_mode, "Mode", "mode", FT_UINT32),
    FIELD(hf_permissions, "Permissions", "permissions", FT_UINT32, BASE_OCT, NULL, 0, NULL),
    WHO(hf_owner, "Owner", "owner"),
    HEX(hf_query_flags, "Flags", "query_flags", FT_UINT32),
    HEX(hf_mask, "Mask", "mask", FT_UINT32),
    HEX(hf_flags, "Flags", "flags", FT_UINT32),
    HEX(hf_rename_flags, "Flags", "rename_flags", FT_UINT32),
    FIELD(hf_type, "Type", "type", FT_UINT32, BASE_DEC, VALS(uio_types), 0, NULL),
    HEX(hf_instance, "Instance", "instance", FT_UINT32),
    HEX(hf_attributes, "Attributes", "attributes", FT_UINT32),
    COUNT(hf_block_size, "BlockSize", "block_size", FT_UINT32, NULL),
    COUNT(hf_total, "Octets in all", "total", FT_UINT64, NULL),
    COUNT(hf_free, "Octets free", "free", FT_UINT64, NULL),
    COUNT(hf_objects, "Objects that may still be made", "objects", FT_UINT64, NULL),
    COUNT(hf_block, "Block", "block", FT_UINT64, "2^64 - 1: the next one"),
    COUNT(hf_offset, "Offset or time", "offset", FT_UINT32, "octets in the block, or milliseconds to wait"),
    COUNT(hf_octets, "Octets", "octets", FT_UINT32, NULL),
    HEX(hf_read_flags, "Flags", "read_flags", FT_UINT32),
    HEX(hf_write_flags, "Flags", "write_flags", FT_UINT32),
    COUNT(hf_commit, "Commit", "commit", FT_UINT32, NULL),
    FIELD(hf_lock, "Kind of lock", "lock", FT_UINT32, BASE_DEC, VALS(uio_locks), 0, NULL),
    COUNT(hf_timeout, "Milliseconds", "timeout", FT_UINT32, "that a lock may be waited for"),
    COUNT(hf_unit, "Unit", "unit", FT_UINT32, "0: blocks, 1: octets"),
    FIELD(hf_function, "Function", "function", FT_UINT32, BASE_HEX, VALS(uio_controls), 0, NULL),
    WHEN(hf_clock, "Time", "clock"),
    COUNT(hf_steady, "Nanoseconds of a steady clock", "steady_clock", FT_UINT64, NULL),
    COUNT(hf_delay, "Microseconds", "delay", FT_UINT32, NULL),
    OCTETS(hf_data, "Data", "data"),
    TEXT(hf_name_of, "Name it was created with", "instance_name"),
    FIELD(hf_made, "Created in", "created_in", FT_FRAMENUM, BASE_NONE, NULL, 0, NULL),
    COUNT(hf_new_context, "Context of the new name", "new_name.context", FT_UINT32, NULL),
    COUNT(hf_new_index, "NameIndex of the new name", "new_name.index", FT_UINT16, NULL),
    COUNT(hf_new_length, "NameLength of the new name", "new_name.length", FT_UINT16, NULL),
    TEXT(hf_new_name, "New name", "new_name"),
    TEXT(hf_target, "Target", "target"),
    OCTETS(hf_rest, "Other octets", "rest"),
    COUNT(hf_first, "First", "range.first", FT_UINT64, NULL),
    COUNT(hf_count, "Count", "range.count", FT_UINT64, "0: to the end"),
    WHO(hf_in_the_way, "In the way", "range.owner"),
    COUNT(hf_last_octets, "LastOctets", "last_octets", FT_UINT32, NULL),
    COUNT(hf_last_block, "LastBlock", "last_block", FT_UINT64, NULL),
    COUNT(hf_next, "NextBlock", "next_block", FT_UINT64, NULL),
    COUNT(hf_max_transfer, "MaxTransfer", "max_transfer", FT_UINT32, NULL),
    FIELD(hf_object, "Object", "object", FT_NONE, BASE_NONE, NULL, 0, NULL),
    COUNT(hf_object_length, "Length", "object.length", FT_UINT16, NULL),
    FIELD(hf_object_type, "Type", "object.type", FT_UINT16, BASE_DEC, VALS(uio_types), 0, NULL),
    HEX(hf_object_attributes, "Attributes", "object.attributes", FT_UINT32),
    COUNT(hf_number, "Number", "object.number", FT_UINT64, NULL),
    COUNT(hf_size, "Size", "object.size", FT_UINT64, NULL),
    COUNT(hf_storage, "Storage", "object.storage", FT_UINT64, NULL),
    FIELD(hf_object_permissions, "Permissions", "object.permissions", FT_UINT32, BASE_OCT, NULL, 0, NULL),
    COUNT(hf_names, "Names", "object.names", FT_UINT32, NULL),
    COUNT(hf_user, "User", "object.user", FT_UINT32, NULL),
    COUNT(hf_group, "Group", "object.group", FT_UINT32, NULL),
    WHEN(hf_changed, "Contents changed", "object.changed"),
    WHEN(hf_descriptor_changed, "Descriptor changed", "object.descriptor_changed"),
    WHEN(hf_used, "Used", "object.used"),
    HEX(hf_version, "Version", "object.version", FT_UINT64),
    COUNT(hf_object_block_size, "BlockSize", "object.block_size", FT_UINT32, NULL),
    COUNT(hf_name_length, "Octets of the name", "object.name_length", FT_UINT16, NULL),
    COUNT(hf_target_length, "Octets of the target", "object.target_length", FT_UINT16, NULL),
    TEXT(hf_object_name, "Name", "object.name"),
    TEXT(hf_object_target, "Target", "object.target"),
    OCTETS(hf_padding, "Padding", "padding"),
    REGISTRY_UIO_ATTRIBUTE(ATTRIBUTE_FLAG) REGISTRY_UIO_MODE(MODE_FLAG) REGISTRY_UIO_MASK(MASK_FLAG)
        REGISTRY_UIO_READ_FLAG(READ_FLAG) REGISTRY_UIO_WRITE_FLAG(WRITE_FLAG) REGISTRY_UIO_QUERY_FLAG(QUERY_FLAG)
            REGISTRY_UIO_RENAME_FLAG(RENAME_FLAG)};

void proto_register_vuio(void) {
    static int *subtrees[] = {&ett_vuio, &ett_mode, &ett_mask, &ett_attributes, &ett_flags, &ett_object};
    static ei_register_info experts[] = {
        {&ei_form, {"vuio.bad_form", PI_PROTOCOL, PI_WARN, "not as UIO wants it", EXPFILL}},
        {&ei_stale, {"vuio.stale", PI_RESPONSE_CODE, PI_WARN, "the instance is gone", EXPFILL}}};
    proto_vuio = proto_register_protocol("V Uniform Input and Output", "VUIO", "vuio");
    REGISTER_FIELDS(proto_vuio, fields);
    proto_register_subtree_array(subtrees, G_N_ELEMENTS(subtrees));
    expert_register_field_array(expert_register_protocol(proto_vuio), experts, G_N_ELEMENTS(experts));
    tap_objects = vuio_objects_register();
}

void proto_reg_handoff_vuio(void) {
#define ADD(symbol, value, word, filter, text) dissector_add_uint("vmtp.code", (uint32_t)(value), handle);
    dissector_handle_t handle = create_dissector_handle(dissect_vuio, proto_vuio);
    REGISTRY_UIO(ADD)
}
