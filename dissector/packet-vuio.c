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

REGISTRY_UIO_ATTRIBUTE(BIT_VARIABLE)
REGISTRY_UIO_MODE(BIT_VARIABLE)
REGISTRY_UIO_MASK(BIT_VARIABLE)
REGISTRY_UIO_READ_FLAG(BIT_VARIABLE)
REGISTRY_UIO_WRITE_FLAG(BIT_VARIABLE)
REGISTRY_UIO_QUERY_FLAG(BIT_VARIABLE)
REGISTRY_UIO_RENAME_FLAG(BIT_VARIABLE)
static int *const attribute_bits[] = {REGISTRY_UIO_ATTRIBUTE(BIT_POINTER) NULL};
static int *const mode_bits[] = {REGISTRY_UIO_MODE(BIT_POINTER) NULL};
static int *const mask_bits[] = {REGISTRY_UIO_MASK(BIT_POINTER) NULL};
static int *const read_bits[] = {REGISTRY_UIO_READ_FLAG(BIT_POINTER) NULL};
static int *const write_bits[] = {REGISTRY_UIO_WRITE_FLAG(BIT_POINTER) NULL};
static int *const query_bits[] = {REGISTRY_UIO_QUERY_FLAG(BIT_POINTER) NULL};
static int *const rename_bits[] = {REGISTRY_UIO_RENAME_FLAG(BIT_POINTER) NULL};

#define OBJECT_HEAD 88
#define INSTANCE_HEAD 48
#define RANGE_OCTETS 16
#define NEW_NAME_HEAD 8

/* Where a read or write goes on. */
static const val64_string next_block[] = {{UINT64_MAX, "next"}, {0, NULL}};

static const struct vmtp_parameter parameters[] = {
    ARG_FLAGS(UIO_CREATE_INSTANCE, false, 44, hf_mode, ett_mode, mode_bits, "#"),
    ARG_NUMBER(UIO_CREATE_INSTANCE, false, 48, hf_permissions, NULL),
    ARG_ENTITY(UIO_CREATE_INSTANCE, false, 52, hf_owner, NULL),
    ARG_NUMBER(UIO_CREATE_INSTANCE, true, 36, hf_instance, "instance #"),
    ARG_FLAGS(UIO_CREATE_INSTANCE, true, 40, hf_attributes, ett_attributes, attribute_bits, NULL),
    ARG_NUMBER(UIO_CREATE_INSTANCE, true, 44, hf_block_size, "blocks of # octets"),
    ARG_FLAGS(UIO_QUERY_OBJECT, false, 44, hf_query_flags, ett_flags, query_bits, "~#"),
    ARG_FLAGS(UIO_MODIFY_OBJECT, false, 44, hf_mask, ett_mask, mask_bits, "#"),
    ARG_NUMBER(UIO_MODIFY_OBJECT, false, 48, hf_flags, NULL),
    ARG_NUMBER(UIO_REMOVE_OBJECT, false, 44, hf_type, "~#"),
    ARG_FLAGS(UIO_RENAME_OBJECT, false, 44, hf_rename_flags, ett_flags, rename_bits, "~#"),
    ARG_NUMBER(UIO_CREATE_OBJECT, false, 44, hf_type, "#"),
    ARG_NUMBER(UIO_CREATE_OBJECT, false, 48, hf_permissions, NULL),
    ARG_LONG(UIO_QUERY_STORAGE, true, 36, hf_total, "# octets"),
    ARG_LONG(UIO_QUERY_STORAGE, true, 44, hf_free, "# free"),
    ARG_LONG(UIO_QUERY_STORAGE, true, 52, hf_objects, NULL),
    ARG_NUMBER(UIO_READ_INSTANCE, false, 36, hf_instance, NULL),
    ARG_LONG(UIO_READ_INSTANCE, false, 40, hf_block, "block #"),
    ARG_NUMBER(UIO_READ_INSTANCE, false, 48, hf_offset, "~offset #"),
    ARG_NUMBER(UIO_READ_INSTANCE, false, 52, hf_octets, "# octets"),
    ARG_NUMBER(UIO_READ_INSTANCE, true, 36, hf_octets, "# octets"),
    ARG_LONG(UIO_READ_INSTANCE, true, 40, hf_block, NULL),
    ARG_FLAGS(UIO_READ_INSTANCE, true, 48, hf_read_flags, ett_flags, read_bits, "~#"),
    ARG_NUMBER(UIO_WRITE_INSTANCE, false, 36, hf_instance, NULL),
    ARG_LONG(UIO_WRITE_INSTANCE, false, 40, hf_block, "block #"),
    ARG_NUMBER(UIO_WRITE_INSTANCE, false, 48, hf_offset, "~offset #"),
    ARG_FLAGS(UIO_WRITE_INSTANCE, false, 52, hf_write_flags, ett_flags, write_bits, "~#"),
    ARG_NUMBER(UIO_WRITE_INSTANCE, true, 36, hf_octets, "# octets"),
    ARG_LONG(UIO_WRITE_INSTANCE, true, 40, hf_block, NULL),
    ARG_NUMBER(UIO_WRITE_INSTANCE, true, 48, hf_offset, NULL),
    ARG_NUMBER(UIO_QUERY_INSTANCE, false, 36, hf_instance, NULL),
    ARG_NUMBER(UIO_MODIFY_INSTANCE, false, 36, hf_instance, NULL),
    ARG_FLAGS(UIO_MODIFY_INSTANCE, false, 40, hf_mask, ett_mask, mask_bits, "#"),
    ARG_ENTITY(UIO_MODIFY_INSTANCE, false, 44, hf_owner, NULL),
    ARG_NUMBER(UIO_RELEASE_INSTANCE, false, 36, hf_instance, NULL),
    ARG_NUMBER(UIO_RELEASE_INSTANCE, false, 40, hf_commit, "~commit"),
    ARG_NUMBER(UIO_LOCK_INSTANCE, false, 36, hf_instance, NULL),
    ARG_NUMBER(UIO_LOCK_INSTANCE, false, 40, hf_lock, "#"),
    ARG_NUMBER(UIO_LOCK_INSTANCE, false, 44, hf_timeout, "~within # ms"),
    ARG_NUMBER(UIO_LOCK_INSTANCE, false, 48, hf_unit, NULL),
    ARG_NUMBER(UIO_LOCK_INSTANCE, true, 36, hf_lock, "#"),
    ARG_NUMBER(UIO_CONTROL_INSTANCE, false, 36, hf_instance, NULL),
    ARG_NUMBER(UIO_CONTROL_INSTANCE, false, 40, hf_function, "#"),
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
    message_say(pinfo, tree, " to %s", printable(pinfo->pool, text_at(tvb, at + NEW_NAME_HEAD, length, pinfo)));
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
        message_say(pinfo, tree, " %s", printable(pinfo->pool, instance->name));
    } else if (!(info->code & VNAME_BY_NAME)) {
        message_say(pinfo, tree, " instance 0x%08x", info->response ? number : info->packet->words[0]);
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
        for (unsigned i = 0; i < LIST_LIMIT && at < octets && (used = object_tree(tvb, at, pinfo, tree)) > 0; i++)
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
        message_say(pinfo, tree, " %s", printable(pinfo->pool, name));
    instance_items(info, tvb, pinfo, tree);
    if (code == UIO_STALE)
        expert_add_info(pinfo, proto_tree_get_parent(tree), &ei_stale);
    if (code == UIO_LOCKED && segment)
        range_tree(tvb, pinfo, tree);
    if (naming_refusal(info, tvb, pinfo, tree) || code != VMTP_OK)
        return;
    words_tree_of(parameters, G_N_ELEMENTS(parameters), info, pinfo, tree);
    if (info->code == UIO_CREATE_INSTANCE)
        remember_instance(info, pinfo);
    if (info->code == UIO_CONTROL_INSTANCE)
        clock_words(info, tree);
    if (segment)
        response_segment(info, tvb, pinfo, tree);
}

static void request_tree(const struct vmtp_info *info, tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree) {
    int at = 0;
    if (info->code & VNAME_BY_NAME)
        at = by_name_tree(info, tvb, pinfo, tree);
    instance_items(info, tvb, pinfo, tree);
    words_tree_of(parameters, G_N_ELEMENTS(parameters), info, pinfo, tree);
    if (info->code == UIO_WRITE_INSTANCE)
        message_say(pinfo, tree, ", %u octets", packet_segment_size(info->packet));
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

#define WHEN_FIELD(variable, name, filter)                                                                             \
    FIELD(variable, name, filter, FT_ABSOLUTE_TIME, ABSOLUTE_TIME_UTC, NULL, 0, NULL)
#define ATTRIBUTE_BIT(symbol, ...) BIT_FIELD(32, "vuio.attributes.", hf_##symbol, __VA_ARGS__)
#define MODE_BIT(symbol, ...) BIT_FIELD(32, "vuio.mode.", hf_##symbol, __VA_ARGS__)
#define MASK_BIT(symbol, ...) BIT_FIELD(32, "vuio.mask.", hf_##symbol, __VA_ARGS__)
#define READ_BIT(symbol, ...) BIT_FIELD(32, "vuio.read_flags.", hf_##symbol, __VA_ARGS__)
#define WRITE_BIT(symbol, ...) BIT_FIELD(32, "vuio.write_flags.", hf_##symbol, __VA_ARGS__)
#define QUERY_BIT(symbol, ...) BIT_FIELD(32, "vuio.query_flags.", hf_##symbol, __VA_ARGS__)
#define RENAME_BIT(symbol, ...) BIT_FIELD(32, "vuio.rename_flags.", hf_##symbol, __VA_ARGS__)

static hf_register_info fields[] = {
    FIELD(hf_operation, "Operation", "vuio.operation", FT_UINT32, BASE_HEX, VALS(request_codes), 0, NULL),
    HEX_FIELD(hf_mode, "Mode", "vuio.mode", FT_UINT32),
    FIELD(hf_permissions, "Permissions", "vuio.permissions", FT_UINT32, BASE_OCT, NULL, 0, NULL),
    WHO_FIELD(hf_owner, "Owner", "vuio.owner"),
    HEX_FIELD(hf_query_flags, "Flags", "vuio.query_flags", FT_UINT32),
    HEX_FIELD(hf_mask, "Mask", "vuio.mask", FT_UINT32),
    HEX_FIELD(hf_flags, "Flags", "vuio.flags", FT_UINT32),
    HEX_FIELD(hf_rename_flags, "Flags", "vuio.rename_flags", FT_UINT32),
    FIELD(hf_type, "Type", "vuio.type", FT_UINT32, BASE_DEC, VALS(uio_types), 0, NULL),
    HEX_FIELD(hf_instance, "Instance", "vuio.instance", FT_UINT32),
    HEX_FIELD(hf_attributes, "Attributes", "vuio.attributes", FT_UINT32),
    COUNT_FIELD(hf_block_size, "BlockSize", "vuio.block_size", FT_UINT32, NULL),
    COUNT_FIELD(hf_total, "Octets in all", "vuio.total", FT_UINT64, NULL),
    COUNT_FIELD(hf_free, "Octets free", "vuio.free", FT_UINT64, NULL),
    COUNT_FIELD(hf_objects, "Objects that may still be made", "vuio.objects", FT_UINT64, NULL),
    FIELD(hf_block, "Block", "vuio.block", FT_UINT64, BASE_DEC | BASE_VAL64_STRING | BASE_SPECIAL_VALS,
          VALS64(next_block), 0, NULL),
    COUNT_FIELD(hf_offset, "Offset or time", "vuio.offset", FT_UINT32, "octets in the block, or milliseconds to wait"),
    COUNT_FIELD(hf_octets, "Octets", "vuio.octets", FT_UINT32, NULL),
    HEX_FIELD(hf_read_flags, "Flags", "vuio.read_flags", FT_UINT32),
    HEX_FIELD(hf_write_flags, "Flags", "vuio.write_flags", FT_UINT32),
    COUNT_FIELD(hf_commit, "Commit", "vuio.commit", FT_UINT32, NULL),
    FIELD(hf_lock, "Kind of lock", "vuio.lock", FT_UINT32, BASE_DEC, VALS(uio_locks), 0, NULL),
    COUNT_FIELD(hf_timeout, "Milliseconds", "vuio.timeout", FT_UINT32, "that a lock may be waited for"),
    COUNT_FIELD(hf_unit, "Unit", "vuio.unit", FT_UINT32, "0: blocks, 1: octets"),
    FIELD(hf_function, "Function", "vuio.function", FT_UINT32, BASE_HEX, VALS(uio_controls), 0, NULL),
    WHEN_FIELD(hf_clock, "Time", "vuio.clock"),
    COUNT_FIELD(hf_steady, "Nanoseconds of a steady clock", "vuio.steady_clock", FT_UINT64, NULL),
    COUNT_FIELD(hf_delay, "Microseconds", "vuio.delay", FT_UINT32, NULL),
    OCTETS_FIELD(hf_data, "Data", "vuio.data"),
    TEXT_FIELD(hf_name_of, "Name it was created with", "vuio.instance_name"),
    FIELD(hf_made, "Created in", "vuio.created_in", FT_FRAMENUM, BASE_NONE, NULL, 0, NULL),
    COUNT_FIELD(hf_new_context, "Context of the new name", "vuio.new_name.context", FT_UINT32, NULL),
    COUNT_FIELD(hf_new_index, "NameIndex of the new name", "vuio.new_name.index", FT_UINT16, NULL),
    COUNT_FIELD(hf_new_length, "NameLength of the new name", "vuio.new_name.length", FT_UINT16, NULL),
    TEXT_FIELD(hf_new_name, "New name", "vuio.new_name"),
    TEXT_FIELD(hf_target, "Target", "vuio.target"),
    OCTETS_FIELD(hf_rest, "Other octets", "vuio.rest"),
    COUNT_FIELD(hf_first, "First", "vuio.range.first", FT_UINT64, NULL),
    COUNT_FIELD(hf_count, "Count", "vuio.range.count", FT_UINT64, "0: to the end"),
    WHO_FIELD(hf_in_the_way, "In the way", "vuio.range.owner"),
    COUNT_FIELD(hf_last_octets, "LastOctets", "vuio.last_octets", FT_UINT32, NULL),
    COUNT_FIELD(hf_last_block, "LastBlock", "vuio.last_block", FT_UINT64, NULL),
    COUNT_FIELD(hf_next, "NextBlock", "vuio.next_block", FT_UINT64, NULL),
    COUNT_FIELD(hf_max_transfer, "MaxTransfer", "vuio.max_transfer", FT_UINT32, NULL),
    FIELD(hf_object, "Object", "vuio.object", FT_NONE, BASE_NONE, NULL, 0, NULL),
    COUNT_FIELD(hf_object_length, "Length", "vuio.object.length", FT_UINT16, NULL),
    FIELD(hf_object_type, "Type", "vuio.object.type", FT_UINT16, BASE_DEC, VALS(uio_types), 0, NULL),
    HEX_FIELD(hf_object_attributes, "Attributes", "vuio.object.attributes", FT_UINT32),
    COUNT_FIELD(hf_number, "Number", "vuio.object.number", FT_UINT64, NULL),
    COUNT_FIELD(hf_size, "Size", "vuio.object.size", FT_UINT64, NULL),
    COUNT_FIELD(hf_storage, "Storage", "vuio.object.storage", FT_UINT64, NULL),
    FIELD(hf_object_permissions, "Permissions", "vuio.object.permissions", FT_UINT32, BASE_OCT, NULL, 0, NULL),
    COUNT_FIELD(hf_names, "Names", "vuio.object.names", FT_UINT32, NULL),
    COUNT_FIELD(hf_user, "User", "vuio.object.user", FT_UINT32, NULL),
    COUNT_FIELD(hf_group, "Group", "vuio.object.group", FT_UINT32, NULL),
    WHEN_FIELD(hf_changed, "Contents changed", "vuio.object.changed"),
    WHEN_FIELD(hf_descriptor_changed, "Descriptor changed", "vuio.object.descriptor_changed"),
    WHEN_FIELD(hf_used, "Used", "vuio.object.used"),
    HEX_FIELD(hf_version, "Version", "vuio.object.version", FT_UINT64),
    COUNT_FIELD(hf_object_block_size, "BlockSize", "vuio.object.block_size", FT_UINT32, NULL),
    COUNT_FIELD(hf_name_length, "Octets of the name", "vuio.object.name_length", FT_UINT16, NULL),
    COUNT_FIELD(hf_target_length, "Octets of the target", "vuio.object.target_length", FT_UINT16, NULL),
    TEXT_FIELD(hf_object_name, "Name", "vuio.object.name"),
    TEXT_FIELD(hf_object_target, "Target", "vuio.object.target"),
    OCTETS_FIELD(hf_padding, "Padding", "vuio.padding"),
    REGISTRY_UIO_ATTRIBUTE(ATTRIBUTE_BIT) REGISTRY_UIO_MODE(MODE_BIT) REGISTRY_UIO_MASK(MASK_BIT)
        REGISTRY_UIO_READ_FLAG(READ_BIT) REGISTRY_UIO_WRITE_FLAG(WRITE_BIT) REGISTRY_UIO_QUERY_FLAG(QUERY_BIT)
            REGISTRY_UIO_RENAME_FLAG(RENAME_BIT)};

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
    dissector_handle_t handle = create_dissector_handle(dissect_vuio, proto_vuio);
    REGISTRY_UIO(UPPER_CODE)
}
