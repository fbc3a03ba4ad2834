/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The V naming protocol (spec/naming.md): who answers for which names. */
#include "words.h"

int proto_vnaming = -1;

static int hf_operation = -1, hf_name = -1, hf_matched = -1, hf_round = -1, hf_reason = -1, hf_end = -1, hf_skip = -1;
static int hf_all = -1, hf_here = -1, hf_seconds = -1, hf_milliseconds = -1, hf_manager = -1, hf_context = -1;
static int hf_directory = -1, hf_back_end = -1, hf_any_owner = -1, hf_more = -1, hf_index = -1, hf_length = -1;
static int hf_record = -1, hf_record_length = -1, hf_flags = -1, hf_generation = -1, hf_record_manager = -1;
static int hf_group = -1, hf_owner = -1, hf_record_context = -1, hf_prefix_length = -1, hf_target_length = -1;
static int hf_prefix = -1, hf_target = -1, hf_padding = -1, hf_rest = -1;
static int ett_vnaming = -1, ett_record = -1, ett_flags = -1;

static expert_field ei_record = EI_INIT, ei_form = EI_INIT;

REGISTRY_NAME_FLAG(BIT_VARIABLE)
static int *const flag_bits[] = {REGISTRY_NAME_FLAG(BIT_POINTER) NULL};

#define RECORD_HEAD 40
#define NAME_OCTETS 1024

static const struct vmtp_parameter parameters[] = {
    ARG_NUMBER(VNAME_QUERY, true, 36, hf_matched, NULL),
    ARG_NUMBER(VNAME_CLAIM, false, 36, hf_round, "round #"),
    ARG_NUMBER(VNAME_ANNOUNCE, false, 36, hf_reason, "#"),
    ARG_NUMBER(VNAME_MOUNT, false, 36, hf_end, "~end"),
    ARG_NUMBER(VNAME_LIST, false, 36, hf_skip, "~from record # on"),
    ARG_NUMBER(VNAME_LIST, true, 36, hf_all, NULL),
    ARG_NUMBER(VNAME_LIST, true, 40, hf_here, "records: #"),
    ARG_NUMBER(VNAME_WATCH, false, 36, hf_seconds, "# s"),
    ARG_NUMBER(VNAME_WATCH, true, 36, hf_milliseconds, "every # ms"),
    ARG_ENTITY(VNAME_MAP_CONTEXT, true, 36, hf_manager, "#"),
    ARG_NUMBER(VNAME_MAP_CONTEXT, true, 44, hf_context, "context #"),
    ARG_ENTITY(VNAME_FIND_DIRECTORY, true, 36, hf_directory, "#"),
    ARG_NUMBER(VNAME_FIND_DIRECTORY, true, 44, hf_back_end, "#"),
    ARG_NUMBER(VNAME_LOOKUP, true, 36, hf_matched, NULL),
    ARG_NUMBER(VNAME_UNREGISTER, false, 36, hf_any_owner, "~of any owner"),
    ARG_NUMBER(VNAME_LIST_REGISTERED, true, 36, hf_more, "~more follow"),
};

enum segment_form { FORM_NONE, FORM_NAME, FORM_RECORD };

/* What the segments of Request and Response hold (section 4). */
static const struct {
    uint32_t code;
    enum segment_form request, response;
} forms[] = {
    {(uint32_t)(VNAME_QUERY), FORM_NAME, FORM_RECORD},
    {(uint32_t)(VNAME_CLAIM), FORM_RECORD, FORM_RECORD},
    {(uint32_t)(VNAME_ANNOUNCE), FORM_RECORD, FORM_NONE},
    {(uint32_t)(VNAME_MEET), FORM_RECORD, FORM_RECORD},
    {(uint32_t)(VNAME_MOUNT), FORM_RECORD, FORM_RECORD},
    {(uint32_t)(VNAME_LIST), FORM_NONE, FORM_RECORD},
    {(uint32_t)(VNAME_HAND_OVER), FORM_RECORD, FORM_RECORD},
    {(uint32_t)(VNAME_WATCH), FORM_NONE, FORM_NONE},
    {(uint32_t)(VNAME_MAP_CONTEXT), FORM_NONE, FORM_NAME},
    {(uint32_t)(VNAME_FIND_DIRECTORY), FORM_NONE, FORM_NONE},
    {(uint32_t)(VNAME_LOOKUP), FORM_NAME, FORM_RECORD},
    {(uint32_t)(VNAME_REGISTER), FORM_RECORD, FORM_RECORD},
    {(uint32_t)(VNAME_UNREGISTER), FORM_RECORD, FORM_RECORD},
    {(uint32_t)(VNAME_LIST_REGISTERED), FORM_NAME, FORM_RECORD},
};

/* ---- names ---------------------------------------------------------------------------------------------------------------- */

static void remember_name(const struct vmtp_info *info, packet_info *pinfo, const char *name) {
    if (info->seen && !pinfo->fd->visited && !info->response && !info->seen->call->name)
        info->seen->call->name = wmem_strdup(wmem_file_scope(), name);
}

static void name_item(const struct vmtp_info *info, tvbuff_t *tvb, int at, int octets, packet_info *pinfo,
                      proto_tree *tree) {
    const char *name = (const char *)tvb_get_string_enc(pinfo->pool, tvb, at, octets, ENC_UTF_8);
    proto_item *item = proto_tree_add_string(tree, hf_name, tvb, at, octets, name);
    message_say(pinfo, tree, " %s", printable(pinfo->pool, name));
    remember_name(info, pinfo, name);
    if (octets > NAME_OCTETS)
        rule_broken(pinfo, item, &ei_form, "NAME-2.1-01");
}

int by_name_tree(const struct vmtp_info *info, tvbuff_t *segment, packet_info *pinfo, proto_tree *tree) {
    tvbuff_t *words = info->packet->tvb;
    int left = (int)tvb_reported_length(segment), length = (int)(info->packet->words[1] & 0xFFFF);
    int index = (int)(info->packet->words[1] >> 16), padded = (length + 7) & ~7;
    proto_tree_add_item(tree, hf_context, words, 36, 4, ENC_BIG_ENDIAN);
    proto_item *item = proto_tree_add_item(tree, hf_index, words, 40, 2, ENC_BIG_ENDIAN);
    proto_tree_add_item(tree, hf_length, words, 42, 2, ENC_BIG_ENDIAN);
    if (index > length)
        rule_broken(pinfo, item, &ei_form, "NAME-6.1-05");
    if (!info->complete || left == 0)
        return 0;
    if (length > left) {
        rule_broken(pinfo, item, &ei_form, "NAME-6.1-05");
        return left;
    }
    if (length > 0)
        name_item(info, segment, 0, length, pinfo, tree);
    return MIN(padded, left);
}

/* ---- records ---------------------------------------------------------------------------------------------------------------- */

static bool record_is_good(tvbuff_t *tvb, int at, int left) {
    if (left < RECORD_HEAD)
        return false;
    int length = tvb_get_ntohs(tvb, at), prefix = tvb_get_ntohs(tvb, at + 36), target = tvb_get_ntohs(tvb, at + 38);
    bool alias = (tvb_get_ntohs(tvb, at + 2) & VNAME_ALIAS_RECORD) != 0;
    uint64_t manager = tvb_get_ntoh64(tvb, at + 8), group = tvb_get_ntoh64(tvb, at + 16);
    return length <= left && length == ((RECORD_HEAD + prefix + target + 7) & ~7) && prefix > 0 &&
           tvb_get_ntohl(tvb, at + 4) != 0 && manager != 0 && !(manager & VMTP_ID_GRP) &&
           (group == 0 || (group & VMTP_ID_GRP)) && alias == (target > 0);
}

static void learn(tvbuff_t *tvb, int at, packet_info *pinfo, const char *prefix) {
    const uint32_t unsure = VNAME_CLAIMING | VNAME_RELEASED | VNAME_ALIAS_RECORD;
    uint64_t group = tvb_get_ntoh64(tvb, at + 16);
    if (pinfo->fd->visited || (tvb_get_ntohs(tvb, at + 2) & unsure))
        return;
    entity_learn(tvb_get_ntoh64(tvb, at + 8), prefix, pinfo->num);
    if (group)
        entity_learn(group, prefix, pinfo->num);
}

/* "/storage of 0123-4567-89ab-cdef", or whatever else a record says of a prefix. */
static void say_record(tvbuff_t *tvb, int at, packet_info *pinfo, proto_tree *tree, const char *prefix) {
    uint32_t flags = tvb_get_ntohs(tvb, at + 2);
    const char *relation = flags & VNAME_CLAIMING ? "claimed by" : flags & VNAME_RELEASED ? "released by" : "of";
    message_say(pinfo, tree, ", %s%s %s %s", prefix, flags & VNAME_ALIAS_RECORD ? ", an alias" : "", relation,
                entity_text(pinfo->pool, tvb_get_ntoh64(tvb, at + 8), 0));
}

static void record_tree(tvbuff_t *tvb, int at, packet_info *pinfo, proto_tree *tree) {
    int length = tvb_get_ntohs(tvb, at), prefix = tvb_get_ntohs(tvb, at + 36), target = tvb_get_ntohs(tvb, at + 38);
    int used = RECORD_HEAD + prefix + target;
    proto_item *top = proto_tree_add_item(tree, hf_record, tvb, at, length, ENC_NA);
    proto_tree *sub = proto_item_add_subtree(top, ett_record);
    const char *text = (const char *)tvb_get_string_enc(pinfo->pool, tvb, at + RECORD_HEAD, prefix, ENC_UTF_8);
    proto_item_set_text(top, "Record of %s", printable(pinfo->pool, text));
    proto_tree_add_item(sub, hf_record_length, tvb, at, 2, ENC_BIG_ENDIAN);
    proto_tree_add_bitmask_with_flags(sub, tvb, at + 2, hf_flags, ett_flags, flag_bits, ENC_BIG_ENDIAN,
                                      BMT_NO_INT | BMT_NO_TFS);
    proto_tree_add_item(sub, hf_generation, tvb, at + 4, 4, ENC_BIG_ENDIAN);
    entity_item(sub, hf_record_manager, tvb, at + 8, pinfo);
    entity_item(sub, hf_group, tvb, at + 16, pinfo);
    proto_tree_add_item(sub, hf_owner, tvb, at + 24, 8, ENC_BIG_ENDIAN);
    proto_tree_add_item(sub, hf_record_context, tvb, at + 32, 4, ENC_BIG_ENDIAN);
    proto_tree_add_item(sub, hf_prefix_length, tvb, at + 36, 2, ENC_BIG_ENDIAN);
    proto_tree_add_item(sub, hf_target_length, tvb, at + 38, 2, ENC_BIG_ENDIAN);
    proto_tree_add_item(sub, hf_prefix, tvb, at + RECORD_HEAD, prefix, ENC_UTF_8);
    if (target)
        proto_tree_add_item(sub, hf_target, tvb, at + RECORD_HEAD + prefix, target, ENC_UTF_8);
    if (used < length)
        proto_tree_add_item(sub, hf_padding, tvb, at + used, length - used, ENC_NA);
    learn(tvb, at, pinfo, text);
    say_record(tvb, at, pinfo, tree, printable(pinfo->pool, text));
}

void naming_records(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree) {
    int left = (int)tvb_reported_length(tvb), at = 0;
    unsigned count = 0;
    for (; at < left && count < LIST_LIMIT && record_is_good(tvb, at, left - at); count++) {
        record_tree(tvb, at, pinfo, tree);
        at += tvb_get_ntohs(tvb, at);
    }
    if (count == LIST_LIMIT)
        proto_item_append_text(proto_tree_get_parent(tree), ", the first %u records", count);
    else if (at < left)
        rule_broken(pinfo, proto_tree_add_item(tree, hf_rest, tvb, at, left - at, ENC_NA), &ei_record, "NAME-3.3-02");
}

bool naming_refusal(const struct vmtp_info *info, tvbuff_t *segment, packet_info *pinfo, proto_tree *tree) {
    uint32_t code = PACKET_CODE(info->packet);
    if (code != VNAME_MOVED && code != VNAME_ALIAS && code != VNAME_HELD)
        return false;
    if (!info->complete || tvb_reported_length(segment) == 0)
        return true;
    if (code == VNAME_ALIAS)
        name_item(info, segment, 0, (int)tvb_reported_length(segment), pinfo, tree);
    else
        naming_records(segment, pinfo, tree);
    return true;
}

/* ---- messages ---------------------------------------------------------------------------------------------------------------- */

static enum segment_form form_of(uint32_t code, bool response) {
    for (unsigned i = 0; i < G_N_ELEMENTS(forms); i++)
        if (forms[i].code == code)
            return response ? forms[i].response : forms[i].request;
    return FORM_NONE;
}

static void segment_tree(const struct vmtp_info *info, tvbuff_t *segment, packet_info *pinfo, proto_tree *tree) {
    int octets = (int)tvb_reported_length(segment);
    if (!info->complete || octets == 0)
        return;
    switch (form_of(info->code, info->response)) {
    case FORM_NAME: name_item(info, segment, 0, octets, pinfo, tree); break;
    case FORM_RECORD: naming_records(segment, pinfo, tree); break;
    default: proto_tree_add_item(tree, hf_rest, segment, 0, octets, ENC_NA);
    }
}

static int dissect_vnaming(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data) {
    const struct vmtp_info *info = data;
    if (!info)
        return 0;
    proto_tree *sub = upper_tree(proto_vnaming, ett_vnaming, "VNAMING", info, tvb, pinfo, tree);
    proto_item_set_generated(proto_tree_add_uint(sub, hf_operation, tvb, 0, 0, info->code));
    if (info->response && info->seen->call->name)
        message_say(pinfo, sub, " %s", printable(pinfo->pool, info->seen->call->name));
    if (info->response && naming_refusal(info, tvb, pinfo, sub))
        return 1;
    if (info->response && PACKET_CODE(info->packet) != VMTP_OK)
        return 1;
    words_tree_of(parameters, G_N_ELEMENTS(parameters), info, pinfo, sub);
    if (!info->response && (info->code & VNAME_BY_NAME))
        by_name_tree(info, tvb, pinfo, sub);
    else
        segment_tree(info, tvb, pinfo, sub);
    return 1;
}

/* ---- registration ------------------------------------------------------------------------------------------------------------ */

#define NAME_BIT(symbol, ...) BIT_FIELD(16, "vnaming.flags.", hf_##symbol, __VA_ARGS__)

static hf_register_info fields[] = {
    FIELD(hf_operation, "Operation", "vnaming.operation", FT_UINT32, BASE_HEX, VALS(request_codes), 0, NULL),
    TEXT_FIELD(hf_name, "Name", "vnaming.name"),
    COUNT_FIELD(hf_matched, "Octets matched", "vnaming.matched", FT_UINT32, "length of the prefix"),
    COUNT_FIELD(hf_round, "Round", "vnaming.round", FT_UINT32, "of the claim, counted from 0"),
    FIELD(hf_reason, "Reason", "vnaming.reason", FT_UINT32, BASE_DEC, VALS(name_reasons), 0, NULL),
    COUNT_FIELD(hf_end, "End", "vnaming.end", FT_UINT32, "1: the mount ends"),
    COUNT_FIELD(hf_skip, "Records to skip", "vnaming.skip", FT_UINT32, NULL),
    COUNT_FIELD(hf_all, "Records in all", "vnaming.all", FT_UINT32, NULL),
    COUNT_FIELD(hf_here, "Records here", "vnaming.here", FT_UINT32, NULL),
    COUNT_FIELD(hf_seconds, "Seconds", "vnaming.seconds", FT_UINT32, "for which heartbeats are wanted"),
    COUNT_FIELD(hf_milliseconds, "Milliseconds", "vnaming.milliseconds", FT_UINT32, "between heartbeats"),
    WHO_FIELD(hf_manager, "Manager", "vnaming.manager"),
    FIELD(hf_context, "Context", "vnaming.context", FT_UINT32, BASE_DEC, NULL, 0, NULL),
    WHO_FIELD(hf_directory, "Directory", "vnaming.directory"),
    FIELD(hf_back_end, "Back end", "vnaming.back_end", FT_UINT32, BASE_DEC, VALS(name_back_ends), 0, NULL),
    COUNT_FIELD(hf_any_owner, "Any owner", "vnaming.any_owner", FT_UINT32, NULL),
    COUNT_FIELD(hf_more, "More", "vnaming.more", FT_UINT32, "1: there are more records"),
    COUNT_FIELD(hf_index, "NameIndex", "vnaming.name_index", FT_UINT16, "where the part begins that is to be interpreted"),
    COUNT_FIELD(hf_length, "NameLength", "vnaming.name_length", FT_UINT16, NULL),
    FIELD(hf_record, "Record", "vnaming.record", FT_NONE, BASE_NONE, NULL, 0, NULL),
    COUNT_FIELD(hf_record_length, "Length", "vnaming.record.length", FT_UINT16, NULL),
    FIELD(hf_flags, "Flags", "vnaming.flags", FT_UINT16, BASE_HEX, NULL, 0, NULL),
    COUNT_FIELD(hf_generation, "Generation", "vnaming.generation", FT_UINT32, NULL),
    WHO_FIELD(hf_record_manager, "Manager", "vnaming.record.manager"),
    WHO_FIELD(hf_group, "Group", "vnaming.group"),
    FIELD(hf_owner, "Owner", "vnaming.owner", FT_UINT64, BASE_HEX, NULL, 0, "who may stand in for the manager"),
    FIELD(hf_record_context, "Context", "vnaming.record.context", FT_UINT32, BASE_DEC, NULL, 0, NULL),
    COUNT_FIELD(hf_prefix_length, "Octets of the prefix", "vnaming.prefix_length", FT_UINT16, NULL),
    COUNT_FIELD(hf_target_length, "Octets of the target", "vnaming.target_length", FT_UINT16, NULL),
    TEXT_FIELD(hf_prefix, "Prefix", "vnaming.prefix"),
    TEXT_FIELD(hf_target, "Target", "vnaming.target"),
    FIELD(hf_padding, "Padding", "vnaming.padding", FT_BYTES, BASE_NONE, NULL, 0, NULL),
    FIELD(hf_rest, "Other octets", "vnaming.rest", FT_BYTES, BASE_NONE, NULL, 0, NULL),
    REGISTRY_NAME_FLAG(NAME_BIT)};

void proto_register_vnaming(void) {
    static int *subtrees[] = {&ett_vnaming, &ett_record, &ett_flags};
    static ei_register_info experts[] = {
        {&ei_record, {"vnaming.bad_record", PI_PROTOCOL, PI_WARN, "a record is not well-formed", EXPFILL}},
        {&ei_form, {"vnaming.bad_form", PI_PROTOCOL, PI_WARN, "parameters contradict each other", EXPFILL}}};
    proto_vnaming = proto_register_protocol("V Naming Protocol", "VNAMING", "vnaming");
    register_dissector("vnaming", dissect_vnaming, proto_vnaming);
    REGISTER_FIELDS(proto_vnaming, fields);
    proto_register_subtree_array(subtrees, G_N_ELEMENTS(subtrees));
    expert_register_field_array(expert_register_protocol(proto_vnaming), experts, G_N_ELEMENTS(experts));
}

void proto_reg_handoff_vnaming(void) {
    dissector_handle_t handle = find_dissector("vnaming");
    REGISTRY_NAME(UPPER_CODE)
}
