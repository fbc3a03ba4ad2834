/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The test service (spec/testing.md): what is asked of it, and what it has seen. */
#include "words.h"

int proto_vtest = -1;

static int hf_operation = -1, hf_octets = -1, hf_seed = -1, hf_crc = -1, hf_form = -1, hf_delay = -1, hf_procedure = -1;
static int hf_count = -1, hf_pattern = -1, hf_call_flags = -1, hf_client_number = -1, hf_members = -1, hf_result = -1;
static int hf_code = -1, hf_results = -1, hf_service = -1, hf_manager = -1, hf_page = -1, hf_largest = -1;
static int hf_number = -1, hf_end = -1, hf_entity = -1, hf_tag = -1, hf_sequence_flags = -1, hf_order = -1;
static int hf_before = -1, hf_depth = -1, hf_waiting = -1, hf_executing = -1, hf_executed = -1, hf_parts = -1;
static int hf_skip = -1, hf_lines = -1, hf_here = -1, hf_size = -1, hf_version = -1, hf_offset = -1, hf_length = -1;
static int hf_group = -1, hf_permissions = -1, hf_member = -1, hf_members_here = -1, hf_there = -1, hf_target = -1;
static int hf_who = -1, hf_heard = -1, hf_signals = -1, hf_argument = -1, hf_sender = -1;
static int hf_client = -1, hf_transaction = -1, hf_priority = -1, hf_server = -1, hf_flagged = -1, hf_words = -1;
static int hf_source = -1, hf_forwards = -1, hf_delivered = -1, hf_control = -1, hf_deadline = -1, hf_capacity = -1;
static int hf_run = -1, hf_report = -1, hf_took = -1, hf_answer = -1, hf_place = -1, hf_exists = -1;
static int hf_implementation = -1, hf_line = -1, hf_name = -1, hf_data = -1, hf_next = -1;
static int hf_resolver_flags = -1, hf_prefixes = -1, hf_operate_flags = -1, hf_name_octets = -1, hf_operand = -1;
static int hf_outcome = -1, hf_queries = -1, hf_context = -1, hf_prefix_octets = -1, hf_aliases = -1, hf_moves = -1;
static int hf_repeats = -1, hf_manager_flags = -1, hf_mounts = -1, hf_owner = -1, hf_claim_flags = -1, hf_generation = -1;
static int hf_forget = -1, hf_state = -1, hf_event = -1, hf_event_code = -1, hf_events = -1, hf_watch = -1,
           hf_changes = -1;
static int hf_change = -1, hf_managers = -1, hf_records = -1, hf_bad = -1, hf_not_asked = -1, hf_prefix = -1;
static int hf_alias = -1, hf_names = -1, hf_current = -1;
static int ett_vtest = -1, ett_flags = -1, ett_answer = -1;
static expert_field ei_form = EI_INIT;

REGISTRY_TEST_FORM(BIT_VARIABLE)
REGISTRY_TEST_CALL_FLAG(BIT_VARIABLE)
REGISTRY_TEST_SEQUENCE_FLAG(BIT_VARIABLE)
REGISTRY_TEST_PART(BIT_VARIABLE)
REGISTRY_GROUP_PERMISSION(BIT_VARIABLE)
REGISTRY_TEST_RESOLVER_FLAG(BIT_VARIABLE)
REGISTRY_TEST_OPERATE_FLAG(BIT_VARIABLE)
REGISTRY_TEST_MANAGER_FLAG(BIT_VARIABLE)
REGISTRY_TEST_CLAIM_FLAG(BIT_VARIABLE)
static int *const form_bits[] = {REGISTRY_TEST_FORM(BIT_POINTER) NULL};
static int *const call_bits[] = {REGISTRY_TEST_CALL_FLAG(BIT_POINTER) NULL};
static int *const sequence_bits[] = {REGISTRY_TEST_SEQUENCE_FLAG(BIT_POINTER) NULL};
static int *const part_bits[] = {REGISTRY_TEST_PART(BIT_POINTER) NULL};
static int *const permission_bits[] = {REGISTRY_GROUP_PERMISSION(BIT_POINTER) NULL};
static int *const resolver_bits[] = {REGISTRY_TEST_RESOLVER_FLAG(BIT_POINTER) NULL};
static int *const operate_bits[] = {REGISTRY_TEST_OPERATE_FLAG(BIT_POINTER) NULL};
static int *const manager_bits[] = {REGISTRY_TEST_MANAGER_FLAG(BIT_POINTER) NULL};
static int *const claim_bits[] = {REGISTRY_TEST_CLAIM_FLAG(BIT_POINTER) NULL};

#define IDEMPOTENT ((uint32_t)VMTP_TEST_NULL_IDEMPOTENT & ~(uint32_t)VMTP_TEST_NULL)
#define MIRROR_OCTETS 80
#define CALL_HEAD 56
#define ANSWER_OCTETS 32
#define EXISTING_OCTETS 32
#define OPERATED_HEAD 52
#define ANSWERS_MOST 64 /* that CALL reports */
#define LINES_MOST 4096 /* that are listed */

/* ---- words (section 4) -------------------------------------------------------------------------------------------------- */

#define PATTERN_ANSWER(code)                                                                                           \
    ARG_NUMBER(code, true, 36, hf_octets, "# octets"), ARG_NUMBER(code, true, 40, hf_seed, NULL),                      \
        ARG_NUMBER(code, true, 44, hf_crc, NULL)
#define MEMBERSHIP(code)                                                                                               \
    ARG_ENTITY(code, false, 36, hf_group, "#"), ARG_NUMBER(code, false, 44, hf_number, "#"),                           \
        ARG_ENTITY(code, true, 36, hf_group, "#"), ARG_ENTITY(code, true, 44, hf_member, "#"),                         \
        ARG_NUMBER(code, true, 52, hf_members_here, "members here: #")

static const struct vmtp_parameter parameters[] = {
    ARG_NUMBER(VMTP_TEST_SINK, true, 36, hf_octets, "# octets"),
    ARG_NUMBER(VMTP_TEST_SINK, true, 40, hf_crc, NULL),
    ARG_NUMBER(VMTP_TEST_SOURCE, false, 36, hf_octets, "# octets"),
    ARG_NUMBER(VMTP_TEST_SOURCE, false, 40, hf_seed, NULL),
    ARG_FLAGS(VMTP_TEST_SOURCE, false, 44, hf_form, ett_flags, form_bits, "~#"),
    PATTERN_ANSWER(VMTP_TEST_SOURCE),
    ARG_NUMBER(VMTP_TEST_DELAY, false, 36, hf_delay, "# us"),
    ARG_NUMBER(VMTP_TEST_DELAY, false, 40, hf_octets, "~# octets"),
    ARG_NUMBER(VMTP_TEST_DELAY, false, 44, hf_seed, NULL),
    PATTERN_ANSWER(VMTP_TEST_DELAY),
    ARG_NUMBER(VMTP_TEST_COUNT, false, 36, hf_procedure, "procedure #"),
    ARG_NUMBER(VMTP_TEST_COUNT, true, 36, hf_procedure, "procedure #"),
    ARG_NUMBER(VMTP_TEST_COUNT, true, 40, hf_count, "# times"),
    ARG_NUMBER(VMTP_TEST_CALL, false, 36, hf_pattern, NULL),
    ARG_NUMBER(VMTP_TEST_CALL, false, 40, hf_seed, NULL),
    ARG_FLAGS(VMTP_TEST_CALL, false, 44, hf_call_flags, ett_flags, call_bits, "~#"),
    ARG_NUMBER(VMTP_TEST_CALL, false, 48, hf_client_number, NULL),
    ARG_NUMBER(VMTP_TEST_CALL, false, 52, hf_members, "~# members"),
    ARG_NUMBER(VMTP_TEST_CALL, true, 36, hf_result, "result #"),
    ARG_NUMBER(VMTP_TEST_CALL, true, 40, hf_code, NULL),
    ARG_NUMBER(VMTP_TEST_CALL, true, 44, hf_results, "~# answers"),
    ARG_ENTITY(VMTP_TEST_IDENTIFY, true, 36, hf_service, "#"),
    ARG_ENTITY(VMTP_TEST_IDENTIFY, true, 44, hf_manager, NULL),
    ARG_NUMBER(VMTP_TEST_IDENTIFY, true, 52, hf_page, NULL),
    ARG_NUMBER(VMTP_TEST_IDENTIFY, true, 56, hf_largest, NULL),
    ARG_NUMBER(VMTP_TEST_ENTITY, false, 36, hf_number, "#"),
    ARG_NUMBER(VMTP_TEST_ENTITY, false, 40, hf_end, "~to be ended"),
    ARG_ENTITY(VMTP_TEST_ENTITY, true, 36, hf_entity, "#"),
    ARG_NUMBER(VMTP_TEST_ENTITY, true, 44, hf_number, NULL),
    ARG_NUMBER(VMTP_TEST_SEQUENCE, false, 36, hf_tag, "tag #"),
    ARG_FLAGS(VMTP_TEST_SEQUENCE, false, 40, hf_sequence_flags, ett_flags, sequence_bits, "~#"),
    ARG_NUMBER(VMTP_TEST_SEQUENCE, true, 36, hf_tag, "tag #"),
    ARG_NUMBER(VMTP_TEST_SEQUENCE, true, 40, hf_order, "order #"),
    ARG_NUMBER(VMTP_TEST_SEQUENCE, true, 44, hf_before, NULL),
    ARG_NUMBER(VMTP_TEST_SEQUENCE, true, 48, hf_octets, NULL),
    ARG_NUMBER(VMTP_TEST_SEQUENCE, true, 52, hf_crc, NULL),
    ARG_NUMBER(VMTP_TEST_SERIAL, false, 36, hf_depth, "~depth #"),
    ARG_ENTITY(VMTP_TEST_SERIAL, true, 36, hf_entity, "#"),
    ARG_NUMBER(VMTP_TEST_SERIAL, true, 44, hf_depth, "depth #"),
    ARG_NUMBER(VMTP_TEST_SERIAL, true, 48, hf_waiting, "waiting #"),
    ARG_NUMBER(VMTP_TEST_SERIAL, true, 52, hf_executing, NULL),
    ARG_NUMBER(VMTP_TEST_SERIAL, true, 56, hf_executed, NULL),
    ARG_FLAGS(VMTP_TEST_STAT, false, 36, hf_parts, ett_flags, part_bits, "~#"),
    ARG_NUMBER(VMTP_TEST_STAT, false, 40, hf_skip, "~from line # on"),
    ARG_NUMBER(VMTP_TEST_STAT, true, 36, hf_lines, "lines: #"),
    ARG_NUMBER(VMTP_TEST_STAT, true, 40, hf_here, "here: #"),
    ARG_LONG(VMTP_TEST_FILE_STAT, true, 36, hf_size, "# octets"),
    ARG_LONG(VMTP_TEST_FILE_STAT, true, 44, hf_version, NULL),
    ARG_LONG(VMTP_TEST_FILE_READ, false, 36, hf_offset, "offset #"),
    ARG_NUMBER(VMTP_TEST_FILE_READ, false, 44, hf_length, "# octets"),
    ARG_LONG(VMTP_TEST_FILE_READ, true, 36, hf_size, "of # octets"),
    ARG_LONG(VMTP_TEST_FILE_READ, true, 44, hf_version, NULL),
    ARG_NUMBER(VMTP_TEST_FILE_READ, true, 52, hf_crc, NULL),
    MEMBERSHIP(VMTP_TEST_JOIN),
    ARG_FLAGS(VMTP_TEST_JOIN, false, 48, hf_permissions, ett_flags, permission_bits, NULL),
    MEMBERSHIP(VMTP_TEST_LEAVE),
    ARG_NUMBER(VMTP_TEST_MIGRATE, false, 36, hf_number, "#"),
    ARG_NUMBER(VMTP_TEST_MIGRATE, false, 40, hf_there, NULL),
    ARG_ENTITY(VMTP_TEST_MIGRATE, false, 44, hf_target, "to #"),
    ARG_ENTITY(VMTP_TEST_MIGRATE, true, 36, hf_entity, "#"),
    ARG_NUMBER(VMTP_TEST_MIGRATE, true, 44, hf_result, "result #"),
    ARG_NUMBER(VMTP_TEST_MIGRATE, true, 48, hf_octets, NULL),
    ARG_NUMBER(VMTP_TEST_MIGRATE, true, 52, hf_there, NULL),
    ARG_NUMBER(VMTP_TEST_ADOPT, false, 36, hf_number, "#"),
    ARG_ENTITY(VMTP_TEST_ADOPT, true, 36, hf_entity, "#"),
    ARG_NUMBER(VMTP_TEST_ADOPT, true, 44, hf_number, NULL),
    ARG_ENTITY(VMTP_TEST_TELL, false, 36, hf_who, "~#"),
    ARG_NUMBER(VMTP_TEST_TELL, false, 44, hf_delay, "others after # us"),
    ARG_NUMBER(VMTP_TEST_TELL, false, 48, hf_octets, "# octets"),
    ARG_NUMBER(VMTP_TEST_TELL, false, 52, hf_seed, NULL),
    ARG_NUMBER(VMTP_TEST_SIGNALS, false, 36, hf_number, "#"),
    ARG_NUMBER(VMTP_TEST_SIGNALS, true, 36, hf_signals, "# signals"),
    ARG_NUMBER(VMTP_TEST_SIGNALS, true, 40, hf_argument, NULL),
    ARG_ENTITY(VMTP_TEST_SIGNALS, true, 44, hf_sender, NULL),
    ARG_FLAGS(VMTP_TEST_NAME_RESOLVER, false, 36, hf_resolver_flags, ett_flags, resolver_bits, "~#"),
    ARG_NUMBER(VMTP_TEST_NAME_RESOLVER, false, 40, hf_prefixes, NULL),
    ARG_FLAGS(VMTP_TEST_NAME_OPERATE, false, 36, hf_operate_flags, ett_flags, operate_bits, "~#"),
    ARG_NUMBER(VMTP_TEST_NAME_OPERATE, false, 40, hf_flagged, "#"),
    ARG_NUMBER(VMTP_TEST_NAME_OPERATE, false, 44, hf_deadline, "~deadline # ms"),
    ARG_NUMBER(VMTP_TEST_NAME_OPERATE, false, 48, hf_name_octets, NULL),
    ARG_LONG(VMTP_TEST_NAME_OPERATE, false, 52, hf_operand, NULL),
    ARG_NUMBER(VMTP_TEST_NAME_OPERATE, true, 36, hf_outcome, "#"),
    ARG_NUMBER(VMTP_TEST_NAME_OPERATE, true, 40, hf_result, NULL),
    ARG_NUMBER(VMTP_TEST_NAME_OPERATE, true, 44, hf_code, "#"),
    ARG_ENTITY(VMTP_TEST_NAME_OPERATE, true, 48, hf_server, "~of #"),
    ARG_NUMBER(VMTP_TEST_NAME_OPERATE, true, 56, hf_queries, "~# queries"),
    ARG_FLAGS(VMTP_TEST_NAME_MANAGER, false, 36, hf_manager_flags, ett_flags, manager_bits, "~#"),
    ARG_NUMBER(VMTP_TEST_NAME_MANAGER, false, 40, hf_mounts, NULL),
    ARG_ENTITY(VMTP_TEST_NAME_MANAGER, false, 44, hf_group, "~#"),
    ARG_LONG(VMTP_TEST_NAME_MANAGER, false, 52, hf_owner, NULL),
    ARG_ENTITY(VMTP_TEST_NAME_MANAGER, true, 36, hf_manager, "#"),
    ARG_FLAGS(VMTP_TEST_NAME_CLAIM, false, 36, hf_claim_flags, ett_flags, claim_bits, "~#"),
    ARG_NUMBER(VMTP_TEST_NAME_CLAIM, false, 40, hf_generation, NULL),
    ARG_ENTITY(VMTP_TEST_NAME_CLAIM, false, 44, hf_manager, "~from #"),
    ARG_NUMBER(VMTP_TEST_NAME_CLAIM, false, 52, hf_prefix_octets, NULL),
    ARG_NUMBER(VMTP_TEST_NAME_CLAIM, false, 56, hf_context, NULL),
    ARG_NUMBER(VMTP_TEST_NAME_CLAIM, true, 36, hf_context, "context #"),
    ARG_NUMBER(VMTP_TEST_NAME_RELEASE, false, 36, hf_forget, "~to be forgotten"),
    ARG_NUMBER(VMTP_TEST_NAME_STATE, true, 36, hf_state, "#"),
    ARG_NUMBER(VMTP_TEST_NAME_STATE, true, 40, hf_event, "~event #"),
    ARG_NUMBER(VMTP_TEST_NAME_STATE, true, 44, hf_event_code, NULL),
    ARG_NUMBER(VMTP_TEST_NAME_STATE, true, 48, hf_events, NULL),
    ARG_NUMBER(VMTP_TEST_NAME_WATCH, false, 36, hf_watch, NULL),
    ARG_NUMBER(VMTP_TEST_NAME_WATCH, true, 36, hf_changes, "# changes"),
    ARG_NUMBER(VMTP_TEST_NAME_WATCH, true, 40, hf_change, "~#"),
    ARG_ENTITY(VMTP_TEST_NAME_WATCH, true, 44, hf_manager, "~#"),
    ARG_NUMBER(VMTP_TEST_NAME_SURVEY, true, 36, hf_managers, "managers: #"),
    ARG_NUMBER(VMTP_TEST_NAME_SURVEY, true, 40, hf_records, "records: #"),
    ARG_NUMBER(VMTP_TEST_NAME_SURVEY, true, 44, hf_bad, NULL),
    ARG_NUMBER(VMTP_TEST_NAME_SURVEY, true, 48, hf_not_asked, NULL),
    ARG_NUMBER(VMTP_TEST_OBJECT_NAME, true, 36, hf_result, "result #"),
    ARG_NUMBER(VMTP_TEST_OBJECT_CALL, true, 36, hf_result, "result #"),
    ARG_NUMBER(VMTP_TEST_OBJECT_CALL, true, 40, hf_octets, "# octets"),
    ARG_NUMBER(VMTP_TEST_OBJECT_SET, true, 36, hf_result, "result #"),
};

/* Of the member that tells, and of those that have heard it (section 4.15). */
static const struct vmtp_parameter telling[] = {PATTERN_ANSWER(0)};
static const struct vmtp_parameter listening[] = {ARG_NUMBER(0, true, 36, hf_heard, "heard #")};

/* ---- parts of segments ---------------------------------------------------------------------------------------------------- */

static const struct vmtp_parameter mirror[] = {
    PART(0, 8, WORD_ENTITY, NULL, hf_client),       PART(8, 4, WORD_PLAIN, NULL, hf_transaction),
    PART(12, 4, WORD_PLAIN, NULL, hf_priority),     PART(16, 8, WORD_ENTITY, NULL, hf_server),
    PART(24, 4, WORD_PLAIN, NULL, hf_flagged),      PART(28, 28, WORD_PLAIN, NULL, hf_words),
    PART(56, 4, WORD_PLAIN, "# octets", hf_octets), PART(60, 4, WORD_PLAIN, NULL, hf_crc),
    PART(64, 6, WORD_PLAIN, NULL, hf_source),       PART(70, 1, WORD_PLAIN, NULL, hf_forwards),
    PART(72, 4, WORD_BLOCKS, NULL, hf_delivered)};

/* What CALL is to send, and FORWARD: up to the words alike. */
static const struct vmtp_parameter to_send[] = {
    PART(0, 8, WORD_ENTITY, "to #", hf_server), PART(8, 4, WORD_PLAIN, "#", hf_flagged),
    PART(12, 4, WORD_PLAIN, NULL, hf_control), PART(16, 28, WORD_PLAIN, NULL, hf_words)};
static const struct vmtp_parameter limits[] = {
    PART(44, 4, WORD_PLAIN, "~deadline # ms", hf_deadline), PART(48, 4, WORD_PLAIN, NULL, hf_capacity),
    PART(52, 2, WORD_PLAIN, NULL, hf_run), PART(54, 2, WORD_PLAIN, NULL, hf_report)};
static const struct vmtp_parameter brought[] = {
    PART(0, 8, WORD_ENTITY, "of #", hf_server), PART(8, 4, WORD_PLAIN, NULL, hf_code),
    PART(12, 4, WORD_PLAIN, NULL, hf_result),   PART(16, 28, WORD_PLAIN, NULL, hf_words),
    PART(44, 4, WORD_PLAIN, NULL, hf_octets),   PART(48, 4, WORD_PLAIN, NULL, hf_crc),
    PART(52, 4, WORD_PLAIN, "# us", hf_took)};
static const struct vmtp_parameter answer[] = {
    PART(0, 8, WORD_ENTITY, NULL, hf_server), PART(8, 4, WORD_PLAIN, NULL, hf_code),
    PART(12, 4, WORD_PLAIN, NULL, hf_result), PART(16, 4, WORD_PLAIN, NULL, hf_place),
    PART(20, 4, WORD_PLAIN, NULL, hf_octets), PART(24, 4, WORD_PLAIN, NULL, hf_crc),
    PART(28, 4, WORD_PLAIN, NULL, hf_took)};

static const struct vmtp_parameter operated[] = {
    PART(0, 8, WORD_ENTITY, NULL, hf_manager),       PART(8, 4, WORD_PLAIN, NULL, hf_context),
    PART(12, 2, WORD_PLAIN, NULL, hf_prefix_octets), PART(14, 2, WORD_PLAIN, NULL, hf_aliases),
    PART(16, 2, WORD_PLAIN, NULL, hf_moves),         PART(18, 2, WORD_PLAIN, NULL, hf_repeats),
    PART(20, 2, WORD_PLAIN, NULL, hf_name_octets),   PART(24, 28, WORD_PLAIN, NULL, hf_words)};

static bool has_octets(tvbuff_t *tvb, int wanted, packet_info *pinfo, proto_tree *tree) {
    int left = (int)tvb_reported_length(tvb);
    if (left < wanted)
        expert_add_info(pinfo, proto_tree_add_item(tree, hf_data, tvb, 0, left, ENC_NA), &ei_form);
    return left >= wanted;
}

static void rest_item(tvbuff_t *tvb, int at, int field, proto_tree *tree) {
    int left = (int)tvb_reported_length(tvb) - at;
    if (left > 0)
        proto_tree_add_item(tree, field, tvb, at, left, ENC_UTF_8);
}

static void answers_tree(tvbuff_t *tvb, int at, packet_info *pinfo, proto_tree *tree) {
    int end = (int)MIN(tvb_reported_length(tvb), (uint32_t)at + ANSWERS_MOST * ANSWER_OCTETS);
    for (; at + ANSWER_OCTETS <= end; at += ANSWER_OCTETS) {
        proto_item *top = proto_tree_add_item(tree, hf_answer, tvb, at, ANSWER_OCTETS, ENC_NA);
        proto_item_append_text(top, " of %s", entity_text(pinfo->pool, tvb_get_ntoh64(tvb, at), pinfo->num));
        parts_tree_of(answer, G_N_ELEMENTS(answer), tvb, at, pinfo, proto_item_add_subtree(top, ett_answer));
    }
}

/* The set of procedures as names, then what implements them. */
static void identity_tree(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree) {
    if (!has_octets(tvb, EXISTING_OCTETS, pinfo, tree))
        return;
    wmem_strbuf_t *text = wmem_strbuf_new(pinfo->pool, "");
    for (int p = 0; p < 8 * EXISTING_OCTETS; p++)
        if (compat_octet(tvb, p / 8) & 0x80 >> p % 8)
            wmem_strbuf_append_printf(text, "%s%s", wmem_strbuf_get_len(text) ? " " : "",
                                      request_code_text(pinfo->pool, (uint32_t)VMTP_TEST_NULL | (uint32_t)p));
    proto_tree_add_string(tree, hf_exists, tvb, 0, EXISTING_OCTETS, wmem_strbuf_get_str(text));
    rest_item(tvb, EXISTING_OCTETS, hf_implementation, tree);
}

static void lines_tree(tvbuff_t *tvb, proto_tree *tree) {
    int at = 0, next, octets;
    for (unsigned count = 0; at < (int)tvb_reported_length(tvb) && count < LINES_MOST; count++) {
        octets = tvb_find_line_end(tvb, at, -1, &next, false);
        proto_tree_add_item(tree, hf_line, tvb, at, octets, ENC_ASCII);
        at = next;
    }
}

static void call_answer(const struct vmtp_info *info, tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree) {
    if (!has_octets(tvb, CALL_HEAD, pinfo, tree))
        return;
    parts_tree_of(brought, G_N_ELEMENTS(brought), tvb, 0, pinfo, tree);
    if (info->packet->words[2])
        answers_tree(tvb, CALL_HEAD, pinfo, tree);
    else
        rest_item(tvb, CALL_HEAD, hf_data, tree);
}

static void to_send_tree(uint32_t code, tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree) {
    if (!has_octets(tvb, CALL_HEAD, pinfo, tree))
        return;
    parts_tree_of(to_send, G_N_ELEMENTS(to_send), tvb, 0, pinfo, tree);
    if (code == VMTP_TEST_CALL)
        parts_tree_of(limits, G_N_ELEMENTS(limits), tvb, 0, pinfo, tree);
    rest_item(tvb, CALL_HEAD, hf_next, tree);
}

/* A text and what stands behind it. */
static void named_tree(tvbuff_t *tvb, int at, uint32_t octets, int name, int rest, packet_info *pinfo, proto_tree *tree) {
    int length = (int)MIN(octets, tvb_reported_length(tvb) - (uint32_t)at);
    const char *text = (char *)tvb_get_string_enc(pinfo->pool, tvb, at, length, ENC_UTF_8);
    proto_tree_add_string(tree, name, tvb, at, length, text);
    message_say(pinfo, tree, ", %s", printable(pinfo->pool, text));
    rest_item(tvb, at + length, rest, tree);
}

/* What is handed down between programs: two texts, with an octet 0 between them. */
static void handed_down(tvbuff_t *tvb, proto_tree *tree) {
    int left = (int)tvb_reported_length(tvb), end = compat_find_octet(tvb, 0, left, 0);
    end = end < 0 ? left : end;
    proto_tree_add_item(tree, hf_names, tvb, 0, end, ENC_UTF_8);
    rest_item(tvb, end + 1, hf_current, tree);
}

static void operate_answer(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree) {
    if (!has_octets(tvb, OPERATED_HEAD, pinfo, tree))
        return;
    parts_tree_of(operated, G_N_ELEMENTS(operated), tvb, 0, pinfo, tree);
    named_tree(tvb, OPERATED_HEAD, tvb_get_ntohs(tvb, 20), hf_name, hf_data, pinfo, tree);
}

static void request_segment(const struct vmtp_info *info, tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree) {
    const uint32_t *words = info->packet->words, code = info->code;
    switch (code) {
    case VMTP_TEST_NAME_RESOLVER: handed_down(tvb, tree); break;
    case VMTP_TEST_NAME_OPERATE: named_tree(tvb, 0, words[3], hf_name, hf_data, pinfo, tree); break;
    case VMTP_TEST_NAME_CLAIM: named_tree(tvb, 0, words[4], hf_prefix, hf_alias, pinfo, tree); break;
    case VMTP_TEST_NAME_RELEASE:
    case VMTP_TEST_NAME_STATE: named_tree(tvb, 0, UINT32_MAX, hf_prefix, hf_data, pinfo, tree); break;
    case VMTP_TEST_CALL:
    case VMTP_TEST_FORWARD: to_send_tree(code, tvb, pinfo, tree); break;
    case VMTP_TEST_NAME_WATCH:
    case VMTP_TEST_FILE_STAT:
    case VMTP_TEST_FILE_READ: named_tree(tvb, 0, UINT32_MAX, hf_name, hf_data, pinfo, tree); break;
    default: rest_item(tvb, 0, hf_data, tree);
    }
}

static bool tells(const struct vmtp_info *info) {
    uint64_t who = (uint64_t)info->seen->call->words[0] << 32 | info->seen->call->words[1];
    return who == 0 || who == info->packet->server;
}

static void response_segment(const struct vmtp_info *info, tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree) {
    switch (info->code) {
    case VMTP_TEST_MIRROR:
        if (has_octets(tvb, MIRROR_OCTETS, pinfo, tree))
            parts_tree_of(mirror, G_N_ELEMENTS(mirror), tvb, 0, pinfo, tree);
        break;
    case VMTP_TEST_CALL: call_answer(info, tvb, pinfo, tree); break;
    case VMTP_TEST_IDENTIFY: identity_tree(tvb, pinfo, tree); break;
    case VMTP_TEST_STAT: lines_tree(tvb, tree); break;
    case VMTP_TEST_NAME_RESOLVER: handed_down(tvb, tree); break;
    case VMTP_TEST_NAME_OPERATE: operate_answer(tvb, pinfo, tree); break;
    case VMTP_TEST_NAME_STATE: naming_records(tvb, pinfo, tree); break;
    case VMTP_TEST_TELL:
        if (!tells(info)) {
            answers_tree(tvb, 0, pinfo, tree);
            break;
        }
        /* fall through */
    default: rest_item(tvb, 0, hf_data, tree);
    }
}

/* ---- messages ---------------------------------------------------------------------------------------------------------------- */

/* Who it is that answers: the service's own names stand beside those of others. */
static void learn(const struct vmtp_info *info, packet_info *pinfo) {
    const uint32_t *words = info->packet->words;
    if (pinfo->fd->visited || !info->response || info->code != VMTP_TEST_IDENTIFY)
        return;
    entity_learn((uint64_t)words[0] << 32 | words[1], "test service", pinfo->num);
    if (words[2] | words[3])
        entity_learn((uint64_t)words[2] << 32 | words[3], "manager", pinfo->num);
}

static void words_tree(const struct vmtp_info *info, packet_info *pinfo, proto_tree *tree) {
    if (info->code != VMTP_TEST_TELL || !info->response)
        words_tree_of(parameters, G_N_ELEMENTS(parameters), info, pinfo, tree);
    else if (tells(info))
        parts_tree_of(telling, G_N_ELEMENTS(telling), info->packet->tvb, 0, pinfo, tree);
    else
        parts_tree_of(listening, G_N_ELEMENTS(listening), info->packet->tvb, 0, pinfo, tree);
}

static int dissect_vtest(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data) {
    const struct vmtp_info *asked = data;
    if (!asked)
        return 0;
    proto_tree *sub = upper_tree(proto_vtest, ett_vtest, "VTEST", asked, tvb, pinfo, tree);
    proto_item_set_generated(proto_tree_add_uint(sub, hf_operation, tvb, 0, 0, asked->code));
    if (asked->response && PACKET_CODE(asked->packet) != VMTP_OK)
        return 1;
    struct vmtp_info info = *asked;
    info.code &= ~IDEMPOTENT; /* does what the procedure without it does */
    learn(&info, pinfo);
    words_tree(&info, pinfo, sub);
    if (!info.complete || tvb_reported_length(tvb) == 0)
        return 1;
    if (info.response)
        response_segment(&info, tvb, pinfo, sub);
    else
        request_segment(&info, tvb, pinfo, sub);
    return 1;
}

/* ---- registration ------------------------------------------------------------------------------------------------------------ */

#define NUMBER_FIELD(variable, name, filter, text) COUNT_FIELD(variable, name, filter, FT_UINT32, text)
#define FORM_BIT(symbol, ...) BIT_FIELD(32, "vtest.form.", hf_##symbol, __VA_ARGS__)
#define CALL_BIT(symbol, ...) BIT_FIELD(32, "vtest.call_flags.", hf_##symbol, __VA_ARGS__)
#define SEQUENCE_BIT(symbol, ...) BIT_FIELD(32, "vtest.sequence_flags.", hf_##symbol, __VA_ARGS__)
#define PART_BIT(symbol, ...) BIT_FIELD(32, "vtest.parts.", hf_##symbol, __VA_ARGS__)
#define RESOLVER_BIT(symbol, ...) BIT_FIELD(32, "vtest.resolver_flags.", hf_##symbol, __VA_ARGS__)
#define OPERATE_BIT(symbol, ...) BIT_FIELD(32, "vtest.operate_flags.", hf_##symbol, __VA_ARGS__)
#define MANAGER_BIT(symbol, ...) BIT_FIELD(32, "vtest.manager_flags.", hf_##symbol, __VA_ARGS__)
#define CLAIM_BIT(symbol, ...) BIT_FIELD(32, "vtest.claim_flags.", hf_##symbol, __VA_ARGS__)
#define PERMISSION_BIT(symbol, ...) BIT_FIELD(32, "vtest.permissions.", hf_##symbol, __VA_ARGS__)

static hf_register_info fields[] = {
    FIELD(hf_operation, "Operation", "vtest.operation", FT_UINT32, BASE_HEX, VALS(request_codes), 0, NULL),
    NUMBER_FIELD(hf_octets, "Octets", "vtest.octets", "of a segment"),
    HEX_FIELD(hf_seed, "Seed", "vtest.seed", FT_UINT32),
    HEX_FIELD(hf_crc, "CRC-32", "vtest.crc", FT_UINT32),
    HEX_FIELD(hf_form, "Form of the Response", "vtest.form", FT_UINT32),
    NUMBER_FIELD(hf_delay, "Microseconds", "vtest.delay", "to wait before answering"),
    NUMBER_FIELD(hf_procedure, "Procedure", "vtest.procedure", "last octet of its code"),
    NUMBER_FIELD(hf_count, "Executed", "vtest.count", "how often"),
    NUMBER_FIELD(hf_pattern, "Octets of pattern to send", "vtest.call.pattern", NULL),
    HEX_FIELD(hf_call_flags, "Flags", "vtest.call_flags", FT_UINT32),
    NUMBER_FIELD(hf_client_number, "Number of the client", "vtest.call.client_number", "that calls"),
    NUMBER_FIELD(hf_members, "Members that are to answer", "vtest.call.members", NULL),
    FIELD(hf_result, "Result", "vtest.result", FT_UINT32, BASE_HEX, VALS(response_codes), 0, "OK: a Response came"),
    FIELD(hf_code, "ResponseCode", "vtest.response_code", FT_UINT32, BASE_HEX, VALS(response_codes), VMTP_CODE_MASK, NULL),
    NUMBER_FIELD(hf_results, "Results", "vtest.call.results", NULL),
    WHO_FIELD(hf_service, "Service", "vtest.service"),
    WHO_FIELD(hf_manager, "Manager", "vtest.manager"),
    NUMBER_FIELD(hf_page, "Version", "vtest.page", "of the specification"),
    NUMBER_FIELD(hf_largest, "Largest segment", "vtest.largest", "0: 16384"),
    FIELD(hf_number, "Entity", "vtest.number", FT_UINT32, BASE_DEC, VALS(test_entities), 0, "by its number"),
    NUMBER_FIELD(hf_end, "End", "vtest.end", "1: it is ended"),
    WHO_FIELD(hf_entity, "Identifier", "vtest.entity"),
    HEX_FIELD(hf_tag, "Tag", "vtest.tag", FT_UINT32),
    HEX_FIELD(hf_sequence_flags, "Flags", "vtest.sequence_flags", FT_UINT32),
    NUMBER_FIELD(hf_order, "Order", "vtest.order", "of execution, counted from 1"),
    HEX_FIELD(hf_before, "Tag before", "vtest.tag_before", FT_UINT32),
    NUMBER_FIELD(hf_depth, "Depth", "vtest.depth", "Requests that the serial server holds"),
    NUMBER_FIELD(hf_waiting, "Requests that wait", "vtest.waiting", NULL),
    NUMBER_FIELD(hf_executing, "Requests being executed", "vtest.executing", NULL),
    NUMBER_FIELD(hf_executed, "Requests executed", "vtest.executed", NULL),
    HEX_FIELD(hf_parts, "Parts", "vtest.parts", FT_UINT32),
    NUMBER_FIELD(hf_skip, "Lines to skip", "vtest.skip", NULL),
    NUMBER_FIELD(hf_lines, "Lines in all", "vtest.lines", NULL),
    NUMBER_FIELD(hf_here, "Lines here", "vtest.lines_here", NULL),
    COUNT_FIELD(hf_size, "Size", "vtest.size", FT_UINT64, "of the file"),
    HEX_FIELD(hf_version, "Version of the file", "vtest.version", FT_UINT64),
    COUNT_FIELD(hf_offset, "Offset", "vtest.offset", FT_UINT64, NULL),
    NUMBER_FIELD(hf_length, "Length", "vtest.length", NULL),
    WHO_FIELD(hf_group, "Group", "vtest.group"),
    HEX_FIELD(hf_permissions, "Permissions", "vtest.permissions", FT_UINT32),
    WHO_FIELD(hf_member, "Member", "vtest.member"),
    NUMBER_FIELD(hf_members_here, "Members here", "vtest.members_here", NULL),
    FIELD(hf_there, "Entity there", "vtest.there", FT_UINT32, BASE_DEC, VALS(test_entities), 0, "by its number"),
    WHO_FIELD(hf_target, "Test service there", "vtest.target"),
    WHO_FIELD(hf_who, "Who tells", "vtest.who"),
    NUMBER_FIELD(hf_heard, "Responses heard", "vtest.heard", NULL),
    NUMBER_FIELD(hf_signals, "Signals taken", "vtest.signals", NULL),
    HEX_FIELD(hf_argument, "Argument of the last", "vtest.argument", FT_UINT32),
    WHO_FIELD(hf_sender, "Who sent it", "vtest.sender"),
    WHO_FIELD(hf_client, "Client", "vtest.client"),
    NUMBER_FIELD(hf_transaction, "Transaction", "vtest.transaction", NULL),
    NUMBER_FIELD(hf_priority, "Priority", "vtest.priority", NULL),
    WHO_FIELD(hf_server, "Server", "vtest.server"),
    FIELD(hf_flagged, "RequestCode", "vtest.request_code", FT_UINT32, BASE_HEX, VALS(request_codes), VMTP_CODE_MASK, NULL),
    OCTETS_FIELD(hf_words, "Words", "vtest.words"),
    FIELD(hf_source, "Station it came from", "vtest.station", FT_ETHER, BASE_NONE, NULL, 0, NULL),
    COUNT_FIELD(hf_forwards, "ForwardCount", "vtest.forward_count", FT_UINT8, NULL),
    HEX_FIELD(hf_delivered, "Blocks delivered", "vtest.delivered", FT_UINT32),
    HEX_FIELD(hf_control, "Control", "vtest.control", FT_UINT32),
    NUMBER_FIELD(hf_deadline, "Deadline in milliseconds", "vtest.deadline", "0: none"),
    NUMBER_FIELD(hf_capacity, "Largest Response segment", "vtest.capacity", NULL),
    COUNT_FIELD(hf_run, "Requests of the run", "vtest.run", FT_UINT16, "0 and 1: one"),
    COUNT_FIELD(hf_report, "Responses to report", "vtest.report", FT_UINT16, "0: a plain call"),
    NUMBER_FIELD(hf_took, "Microseconds it took", "vtest.took", NULL),
    FIELD(hf_answer, "Answer", "vtest.answer", FT_NONE, BASE_NONE, NULL, 0, NULL),
    NUMBER_FIELD(hf_place, "Number", "vtest.answer.number", "of the Request in its run, or in which it came"),
    TEXT_FIELD(hf_exists, "Procedures", "vtest.procedures"),
    TEXT_FIELD(hf_implementation, "Implementation", "vtest.implementation"),
    TEXT_FIELD(hf_line, "Line", "vtest.line"),
    TEXT_FIELD(hf_name, "Name of the file", "vtest.name"),
    HEX_FIELD(hf_resolver_flags, "Flags", "vtest.resolver_flags", FT_UINT32),
    NUMBER_FIELD(hf_prefixes, "Prefixes that the cache holds", "vtest.prefixes", "0: as the node likes"),
    HEX_FIELD(hf_operate_flags, "Flags", "vtest.operate_flags", FT_UINT32),
    NUMBER_FIELD(hf_name_octets, "Octets of the name", "vtest.name_octets", NULL),
    HEX_FIELD(hf_operand, "Words 2 and 3", "vtest.operand", FT_UINT64),
    FIELD(hf_outcome, "Outcome", "vtest.outcome", FT_UINT32, BASE_DEC, VALS(test_outcomes), 0, NULL),
    NUMBER_FIELD(hf_queries, "Queries by multicast", "vtest.queries", NULL),
    NUMBER_FIELD(hf_context, "Context", "vtest.context", NULL),
    NUMBER_FIELD(hf_prefix_octets, "Octets of the prefix", "vtest.prefix_octets", NULL),
    COUNT_FIELD(hf_aliases, "Aliases followed", "vtest.aliases", FT_UINT16, NULL),
    COUNT_FIELD(hf_moves, "NAME_MOVED followed", "vtest.moves", FT_UINT16, NULL),
    COUNT_FIELD(hf_repeats, "Sent again", "vtest.repeats", FT_UINT16, "how often"),
    HEX_FIELD(hf_manager_flags, "Flags", "vtest.manager_flags", FT_UINT32),
    NUMBER_FIELD(hf_mounts, "Mounts there is room for", "vtest.mounts", "0: as the node likes"),
    HEX_FIELD(hf_owner, "Owner", "vtest.owner", FT_UINT64),
    HEX_FIELD(hf_claim_flags, "Flags", "vtest.claim_flags", FT_UINT32),
    NUMBER_FIELD(hf_generation, "Highest generation known", "vtest.generation", NULL),
    NUMBER_FIELD(hf_forget, "Forget", "vtest.forget", "1: the directory forgets it"),
    FIELD(hf_state, "State", "vtest.state", FT_UINT32, BASE_DEC, VALS(test_states), 0, NULL),
    FIELD(hf_event, "Event", "vtest.event", FT_UINT32, BASE_DEC, VALS(test_events), 0, "the last one"),
    FIELD(hf_event_code, "Code of the event", "vtest.event_code", FT_UINT32, BASE_HEX, VALS(response_codes), 0, NULL),
    NUMBER_FIELD(hf_events, "Events", "vtest.events", NULL),
    NUMBER_FIELD(hf_watch, "Watch", "vtest.watch", "1: begin, 2: end"),
    NUMBER_FIELD(hf_changes, "Changes", "vtest.changes", NULL),
    FIELD(hf_change, "Last change", "vtest.change", FT_UINT32, BASE_DEC, VALS(test_changes), 0, NULL),
    NUMBER_FIELD(hf_managers, "Managers", "vtest.managers", NULL),
    NUMBER_FIELD(hf_records, "Records", "vtest.records", NULL),
    NUMBER_FIELD(hf_bad, "Bad records", "vtest.bad_records", NULL),
    NUMBER_FIELD(hf_not_asked, "Managers not asked", "vtest.not_asked", NULL),
    TEXT_FIELD(hf_prefix, "Prefix", "vtest.prefix"),
    TEXT_FIELD(hf_alias, "Target of the alias", "vtest.alias"),
    TEXT_FIELD(hf_names, "V_NAMES", "vtest.names"),
    TEXT_FIELD(hf_current, "V_CONTEXT", "vtest.current"),
    OCTETS_FIELD(hf_data, "Data", "vtest.data"),
    OCTETS_FIELD(hf_next, "What goes on", "vtest.next"),
    REGISTRY_TEST_FORM(FORM_BIT) REGISTRY_TEST_CALL_FLAG(CALL_BIT) REGISTRY_TEST_SEQUENCE_FLAG(SEQUENCE_BIT)
        REGISTRY_TEST_PART(PART_BIT) REGISTRY_GROUP_PERMISSION(PERMISSION_BIT) REGISTRY_TEST_RESOLVER_FLAG(RESOLVER_BIT)
            REGISTRY_TEST_OPERATE_FLAG(OPERATE_BIT) REGISTRY_TEST_MANAGER_FLAG(MANAGER_BIT)
                REGISTRY_TEST_CLAIM_FLAG(CLAIM_BIT)};

void proto_register_vtest(void) {
    static int *subtrees[] = {&ett_vtest, &ett_flags, &ett_answer};
    static ei_register_info experts[] = {
        {&ei_form, {"vtest.bad_form", PI_PROTOCOL, PI_WARN, "fewer octets than the procedure needs", EXPFILL}}};
    proto_vtest = proto_register_protocol("VMTP Test Service", "VTEST", "vtest");
    REGISTER_FIELDS(proto_vtest, fields);
    proto_register_subtree_array(subtrees, G_N_ELEMENTS(subtrees));
    expert_register_field_array(expert_register_protocol(proto_vtest), experts, G_N_ELEMENTS(experts));
}

void proto_reg_handoff_vtest(void) {
    dissector_handle_t handle = create_dissector_handle(dissect_vtest, proto_vtest);
    REGISTRY_TEST(UPPER_CODE)
}
