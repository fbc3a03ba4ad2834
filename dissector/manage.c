/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Management procedures (spec/vmtp.md sections 10 and 13.2): what managers are asked, and answer. */
#include "words.h"

static int hf_id = -1, hf_entity_id = -1, hf_entity1 = -1, hf_entity2 = -1, hf_auth_domain = -1, hf_transaction = -1;
static int hf_process = -1, hf_principal = -1, hf_effective = -1, hf_random = -1, hf_mtu = -1, hf_node_flags = -1;
static int hf_domains = -1, hf_auth_domains = -1, hf_domain = -1, hf_auth = -1, hf_group = -1, hf_perms = -1;
static int hf_after = -1, hf_members = -1, hf_member = -1, hf_argument = -1, hf_service_flags = -1, hf_count = -1;
static int hf_entity_flags = -1, hf_redoable = -1, hf_immune = -1, hf_signals = -1, hf_ready = -1, hf_in_hand = -1;
static int hf_calling = -1, hf_zero = -1;
static int hf_client = -1, hf_server = -1, hf_ctrl = -1, hf_rec_seq = -1, hf_transact = -1, hf_delivery = -1;
static int hf_code = -1, hf_ctrl_retransmit = -1, hf_ctrl_forward = -1, hf_ctrl_pgcount = -1;
static int ett_node = -1, ett_perms = -1, ett_service = -1, ett_entity = -1, ett_ctrl = -1;
static expert_field ei_form = EI_INIT;

REGISTRY_QUERY_FLAG(BIT_VARIABLE)
REGISTRY_GROUP_PERMISSION(BIT_VARIABLE)
REGISTRY_SERVICE_FLAG(BIT_VARIABLE)
#define CONTROL_BIT(symbol, value, word, filter, text) static int hf_ctrl_##symbol = -1;
REGISTRY_CONTROL_FLAG(CONTROL_BIT)

#define CONTROL_POINTER(symbol, value, word, filter, text) &hf_ctrl_##symbol,
static int *const node_bits[] = {REGISTRY_QUERY_FLAG(BIT_POINTER) NULL};
static int *const perm_bits[] = {REGISTRY_GROUP_PERMISSION(BIT_POINTER) NULL};
static int *const service_bits[] = {REGISTRY_SERVICE_FLAG(BIT_POINTER) NULL};
static int *const entity_bits[] = {&hf_redoable, &hf_immune, &hf_signals, NULL};
static int *const ctrl_bits[] = {REGISTRY_CONTROL_FLAG(CONTROL_POINTER) & hf_ctrl_retransmit, &hf_ctrl_forward,
                                 &hf_ctrl_pgcount, NULL};

#define NOTIFY_CLIENT(code)                                                                                            \
    ARG_ENTITY(code, false, 36, hf_client, NULL), ARG_FLAGS(code, false, 44, hf_ctrl, ett_ctrl, ctrl_bits, NULL),      \
        ARG_NUMBER(code, false, 48, hf_rec_seq, NULL), ARG_NUMBER(code, false, 52, hf_transact, NULL),                 \
        ARG_BLOCKS(code, false, 56, hf_delivery, NULL), ARG_NUMBER(code, false, 60, hf_code, NULL)

/* What stands @36 is the CoResidentEntity too, which the header shows. */
static const struct vmtp_parameter parameters[] = {
    ARG_ENTITY(VMTP_PROBE_ENTITY, false, 44, hf_entity_id, "#"),
    ARG_NUMBER(VMTP_PROBE_ENTITY, false, 52, hf_auth_domain, NULL),
    ARG_NUMBER(VMTP_PROBE_ENTITY, true, 36, hf_transaction, "Transaction #"),
    ARG_ENTITY(VMTP_PROBE_ENTITY, true, 40, hf_process, NULL),
    ARG_ENTITY(VMTP_PROBE_ENTITY, true, 48, hf_principal, NULL),
    ARG_ENTITY(VMTP_PROBE_ENTITY, true, 56, hf_effective, NULL),
    ARG_ENTITY(VMTP_AUTH_PROBE_ENTITY, false, 44, hf_entity_id, "#"),
    ARG_NUMBER(VMTP_AUTH_PROBE_ENTITY, false, 52, hf_auth_domain, NULL),
    ARG_NUMBER(VMTP_AUTH_PROBE_ENTITY, false, 56, hf_random, NULL),
    ARG_ENTITY(VMTP_PROBE_ENTITY_BLOCK, false, 36, hf_id, "#"),
    ARG_ENTITY(VMTP_PROBE_ENTITY_BLOCK, true, 36, hf_id, NULL),
    ARG_ENTITY(VMTP_QUERY_VMTP_NODE, false, 36, hf_id, NULL),
    ARG_NUMBER(VMTP_QUERY_VMTP_NODE, true, 36, hf_mtu, "MTU #"),
    ARG_FLAGS(VMTP_QUERY_VMTP_NODE, true, 40, hf_node_flags, ett_node, node_bits, NULL),
    ARG_NUMBER(VMTP_QUERY_VMTP_NODE, true, 44, hf_auth_domain, NULL),
    ARG_NUMBER(VMTP_QUERY_VMTP_NODE, true, 48, hf_domains, NULL),
    ARG_NUMBER(VMTP_QUERY_VMTP_NODE, true, 52, hf_auth_domains, NULL),
    ARG_ENTITY(VMTP_GET_REQUEST_FORWARDER, false, 44, hf_entity1, "#"),
    ARG_ENTITY(VMTP_GET_REQUEST_FORWARDER, true, 36, hf_entity2, "#"),
    ARG_ENTITY(VMTP_GET_REQUEST_FORWARDER, true, 44, hf_principal, NULL),
    ARG_NUMBER(VMTP_GET_REQUEST_FORWARDER, true, 52, hf_auth_domain, NULL),
    ARG_ENTITY(VMTP_CREATE_ENTITY, false, 36, hf_id, "~#"),
    ARG_ENTITY(VMTP_CREATE_ENTITY, true, 36, hf_id, "#"),
    ARG_ENTITY(VMTP_DELETE_ENTITY, false, 36, hf_id, "#"),
    ARG_ENTITY(VMTP_QUERY_ENTITY, false, 36, hf_id, "#"),
    ARG_ENTITY(VMTP_SIGNAL_ENTITY, false, 36, hf_entity_id, "#"),
    ARG_NUMBER(VMTP_SIGNAL_ENTITY, false, 44, hf_argument, "arg #"),
    ARG_ENTITY(VMTP_CREATE_GROUP, false, 44, hf_group, "~#"),
    ARG_ENTITY(VMTP_CREATE_GROUP, false, 52, hf_entity_id, "#"),
    ARG_FLAGS(VMTP_CREATE_GROUP, false, 60, hf_perms, ett_perms, perm_bits, NULL),
    ARG_ENTITY(VMTP_CREATE_GROUP, true, 36, hf_group, "#"),
    ARG_ENTITY(VMTP_ADD_TO_GROUP, false, 44, hf_group, "#"),
    ARG_ENTITY(VMTP_ADD_TO_GROUP, false, 52, hf_entity_id, "#"),
    ARG_FLAGS(VMTP_ADD_TO_GROUP, false, 60, hf_perms, ett_perms, perm_bits, NULL),
    ARG_ENTITY(VMTP_REMOVE_FROM_GROUP, false, 44, hf_group, "#"),
    ARG_ENTITY(VMTP_REMOVE_FROM_GROUP, false, 52, hf_entity_id, "#"),
    ARG_ENTITY(VMTP_QUERY_GROUP, false, 36, hf_group, "#"),
    ARG_ENTITY(VMTP_QUERY_GROUP, false, 44, hf_after, "~after #"),
    ARG_ENTITY(VMTP_MODIFY_SERVICE, false, 36, hf_entity_id, "#"),
    ARG_FLAGS(VMTP_MODIFY_SERVICE, false, 44, hf_service_flags, ett_service, service_bits, NULL),
    ARG_NUMBER(VMTP_MODIFY_SERVICE, false, 48, hf_count, "count #"),
    ARG_NUMBER(VMTP_MODIFY_SERVICE, true, 36, hf_count, "count #"),
    NOTIFY_CLIENT(VMTP_NOTIFY_VMTP_CLIENT),
    NOTIFY_CLIENT(VMTP_NOTIFY_REMOTE_VMTP_CLIENT),
    ARG_ENTITY(VMTP_NOTIFY_VMTP_SERVER, false, 36, hf_server, NULL),
    ARG_ENTITY(VMTP_NOTIFY_VMTP_SERVER, false, 44, hf_client, NULL),
    ARG_NUMBER(VMTP_NOTIFY_VMTP_SERVER, false, 52, hf_transact, NULL),
    ARG_BLOCKS(VMTP_NOTIFY_VMTP_SERVER, false, 56, hf_delivery, NULL),
    ARG_NUMBER(VMTP_NOTIFY_VMTP_SERVER, false, 60, hf_code, NULL),
};

/* ---- segments of Responses -------------------------------------------------------------------------------------------- */

static void node_segment(const struct vmtp_packet *p, tvbuff_t *tvb, proto_tree *tree) {
    int at = 0, left = MIN((int)tvb_reported_length(tvb), 4 * LIST_LIMIT);
    for (uint32_t i = 0; i < p->words[3] && left - at >= 4; i++, at += 4)
        proto_tree_add_item(tree, hf_domain, tvb, at, 4, ENC_BIG_ENDIAN);
    for (uint32_t i = 0; i < p->words[4] && left - at >= 4; i++, at += 4)
        proto_tree_add_item(tree, hf_auth, tvb, at, 4, ENC_BIG_ENDIAN);
}

static void entity_segment(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree) {
    static int *const numbers[] = {&hf_ready, &hf_in_hand, &hf_calling, &hf_zero};
    static int *const entities[] = {&hf_process, &hf_principal, &hf_effective};
    if (tvb_reported_length(tvb) < 56)
        return;
    entity_item(tree, hf_id, tvb, 0, pinfo);
    proto_tree_add_bitmask_with_flags(tree, tvb, 8, hf_entity_flags, ett_entity, entity_bits, ENC_BIG_ENDIAN,
                                      BMT_NO_INT | BMT_NO_TFS);
    proto_tree_add_item(tree, hf_transaction, tvb, 12, 4, ENC_BIG_ENDIAN);
    for (int i = 0; i < 3; i++)
        entity_item(tree, *entities[i], tvb, 16 + 8 * i, pinfo);
    for (int i = 0; i < 4; i++)
        proto_tree_add_item(tree, *numbers[i], tvb, 40 + 4 * i, 4, ENC_BIG_ENDIAN);
}

static void group_segment(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree) {
    int left = MIN((int)tvb_reported_length(tvb), 4 + 8 * LIST_LIMIT);
    if (left < 4)
        return;
    proto_tree_add_item(tree, hf_members, tvb, 0, 4, ENC_BIG_ENDIAN);
    for (int at = 4; at + 8 <= left; at += 8)
        entity_item(tree, hf_member, tvb, at, pinfo);
}

#define WITH_FLAGS(code, flags) {(uint32_t)(code), (uint32_t)(flags)},

/* ---- rules ---------------------------------------------------------------------------------------------------------------- */

/* A Notify goes to the manager group by unicast, without segment, and as a datagram with CRE (sections 10.2, 10.9 to 10.11). */
static void check_notify(const struct vmtp_info *info, packet_info *pinfo) {
    const struct vmtp_packet *p = info->packet;
    proto_item *item = proto_tree_get_parent(info->top);
    bool client = info->code != VMTP_NOTIFY_VMTP_SERVER;
    if (p->code & (VMTP_MDM | VMTP_SDA))
        rule_broken(pinfo, item, &ei_form, client ? "VMTP-10.9-01" : "VMTP-10.10-01");
    if (p->server != VMTP_MANAGER_GROUP || p->to_group)
        rule_broken(pinfo, item, &ei_form, "VMTP-10.11-01");
}

static void check_flags(const struct vmtp_info *info, packet_info *pinfo) {
    static const struct { uint32_t code, flags; } known[] = {REGISTRY_CODE_FLAGS(WITH_FLAGS)};
    uint32_t wanted = 0;
    for (unsigned i = 0; i < G_N_ELEMENTS(known); i++)
        if (known[i].code == info->code)
            wanted = known[i].flags;
    if ((info->packet->code & wanted) != wanted)
        rule_broken(pinfo, proto_tree_get_parent(info->top), &ei_form, "VMTP-10.2-02");
}

static void say_notify(const struct vmtp_info *info, packet_info *pinfo) {
    const struct vmtp_packet *p = info->packet;
    const struct vmtp_seen *seen = info->seen;
    uint32_t code = p->words[6] & (uint32_t)VMTP_CODE_MASK;
    message_say(pinfo, info->top, " %s", response_code_text(pinfo->pool, code));
    if (seen && seen->missing)
        message_say(pinfo, info->top, " of blocks %s", blocks_text(pinfo->pool, seen->missing));
    if (seen && seen->about && seen->about->frame)
        message_say(pinfo, info->top, ", %s",
                    request_code_text(pinfo->pool, seen->about->code & (uint32_t)VMTP_CODE_MASK));
    if (seen && seen->about_frame)
        message_say(pinfo, info->top, " in %u", seen->about_frame);
    message_say(pinfo, info->top, ", about Transaction %u", p->words[4]);
    if (code == VMTP_RETRY)
        message_say(pinfo, info->top, " that has %s", blocks_text(pinfo->pool, p->words[5]));
}

/* Who answers for all managers is one, and so is the Client of a Notify. */
static void learn(const struct vmtp_info *info, packet_info *pinfo) {
    if (pinfo->fd->visited || !info->seen)
        return;
    if (info->response && info->seen->call->server == VMTP_MANAGER_GROUP)
        entity_learn(info->packet->server, "manager", pinfo->num);
    else if (!info->response && code_is_notify(info->code))
        entity_learn(info->packet->client, "manager", pinfo->num);
}

void manage_message(const struct vmtp_info *info, tvbuff_t *tvb, packet_info *pinfo) {
    learn(info, pinfo);
    if (info->response && PACKET_CODE(info->packet) != VMTP_OK)
        return;
    words_tree_of(parameters, G_N_ELEMENTS(parameters), info, pinfo, info->top);
    if (!info->response) {
        check_flags(info, pinfo);
        if (code_is_notify(info->code)) {
            check_notify(info, pinfo);
            say_notify(info, pinfo);
        }
    } else if (info->complete) {
        if (info->code == VMTP_QUERY_VMTP_NODE)
            node_segment(info->packet, tvb, info->top);
        else if (info->code == VMTP_QUERY_ENTITY)
            entity_segment(tvb, pinfo, info->top);
        else if (info->code == VMTP_QUERY_GROUP)
            group_segment(tvb, pinfo, info->top);
    }
}

/* ---- registration ------------------------------------------------------------------------------------------------------------ */

#define NODE_BIT(symbol, ...) BIT_FIELD(32, "vmtp.node.", hf_##symbol, __VA_ARGS__)
#define PERM_BIT(symbol, ...) BIT_FIELD(32, "vmtp.group.", hf_##symbol, __VA_ARGS__)
#define SERVICE_BIT(symbol, ...) BIT_FIELD(32, "vmtp.service.", hf_##symbol, __VA_ARGS__)
#define CTRL_BIT(symbol, ...) BIT_FIELD(32, "vmtp.notify.ctrl.", hf_ctrl_##symbol, __VA_ARGS__)

static hf_register_info fields[] = {
    WHO_FIELD(hf_id, "id", "vmtp.manage.id"),
    WHO_FIELD(hf_entity_id, "entityId", "vmtp.manage.entity_id"),
    WHO_FIELD(hf_entity1, "entityId1", "vmtp.manage.entity_id1"),
    WHO_FIELD(hf_entity2, "entityId2", "vmtp.manage.entity_id2"),
    COUNT_FIELD(hf_auth_domain, "authDomain", "vmtp.manage.auth_domain", FT_UINT32, NULL),
    COUNT_FIELD(hf_transaction, "Transaction of the entity", "vmtp.manage.transaction", FT_UINT32, NULL),
    WHO_FIELD(hf_process, "ProcessId", "vmtp.manage.process_id"),
    WHO_FIELD(hf_principal, "PrincipalId", "vmtp.manage.principal_id"),
    WHO_FIELD(hf_effective, "EffectivePrincipalId", "vmtp.manage.effective_principal_id"),
    FIELD(hf_random, "randomId", "vmtp.manage.random_id", FT_UINT32, BASE_HEX, NULL, 0, NULL),
    COUNT_FIELD(hf_mtu, "MTU", "vmtp.node.mtu", FT_UINT32, NULL),
    FIELD(hf_node_flags, "Abilities", "vmtp.node.flags", FT_UINT32, BASE_HEX, NULL, 0, NULL),
    COUNT_FIELD(hf_domains, "Number of domains", "vmtp.node.domains", FT_UINT32, NULL),
    COUNT_FIELD(hf_auth_domains, "Number of authDomains", "vmtp.node.auth_domains", FT_UINT32, NULL),
    COUNT_FIELD(hf_domain, "Domain", "vmtp.node.domain", FT_UINT32, NULL),
    COUNT_FIELD(hf_auth, "authDomain", "vmtp.node.auth_domain", FT_UINT32, NULL),
    WHO_FIELD(hf_group, "groupId", "vmtp.group.id"),
    FIELD(hf_perms, "perms", "vmtp.group.perms", FT_UINT32, BASE_HEX, NULL, 0, NULL),
    WHO_FIELD(hf_after, "after", "vmtp.group.after"),
    COUNT_FIELD(hf_members, "Members here", "vmtp.group.members", FT_UINT32, NULL),
    WHO_FIELD(hf_member, "Member", "vmtp.group.member"),
    FIELD(hf_argument, "arg", "vmtp.manage.arg", FT_UINT32, BASE_HEX, NULL, 0, NULL),
    FIELD(hf_service_flags, "Service flags", "vmtp.service.flags", FT_UINT32, BASE_HEX, NULL, 0, NULL),
    FIELD(hf_count, "count", "vmtp.service.count", FT_INT32, BASE_DEC, NULL, 0, NULL),
    FIELD(hf_entity_flags, "Entity flags", "vmtp.manage.flags", FT_UINT32, BASE_HEX, NULL, 0, NULL),
    FIELD(hf_redoable, "redoable", "vmtp.manage.redoable", FT_BOOLEAN, 32, TFS(&tfs_set_notset), 1, NULL),
    FIELD(hf_immune, "immune", "vmtp.manage.immune", FT_BOOLEAN, 32, TFS(&tfs_set_notset), 2, NULL),
    FIELD(hf_signals, "takes signals", "vmtp.manage.takes_signals", FT_BOOLEAN, 32, TFS(&tfs_set_notset), 4, NULL),
    COUNT_FIELD(hf_ready, "Requests it will take now", "vmtp.manage.ready", FT_UINT32, NULL),
    COUNT_FIELD(hf_in_hand, "Requests in hand", "vmtp.manage.in_hand", FT_UINT32, NULL),
    COUNT_FIELD(hf_calling, "Call outstanding", "vmtp.manage.calling", FT_UINT32, NULL),
    COUNT_FIELD(hf_zero, "Zero", "vmtp.manage.zero", FT_UINT32, NULL),
    WHO_FIELD(hf_client, "client", "vmtp.notify.client"),
    WHO_FIELD(hf_server, "server", "vmtp.notify.server"),
    FIELD(hf_ctrl, "ctrl", "vmtp.notify.ctrl", FT_UINT32, BASE_HEX, NULL, 0, NULL),
    COUNT_FIELD(hf_rec_seq, "recSeq", "vmtp.notify.rec_seq", FT_UINT32, NULL),
    COUNT_FIELD(hf_transact, "transact", "vmtp.notify.transact", FT_UINT32, NULL),
    FIELD(hf_delivery, "delivery", "vmtp.notify.delivery", FT_UINT32, BASE_HEX, NULL, 0, "blocks received"),
    FIELD(hf_code, "code", "vmtp.notify.code", FT_UINT32, BASE_HEX, VALS(response_codes), 0, NULL),
    FIELD(hf_ctrl_retransmit, "RetransmitCount", "vmtp.notify.ctrl.retransmit_count", FT_UINT32, BASE_DEC, NULL,
          0x00700000, NULL),
    FIELD(hf_ctrl_forward, "ForwardCount", "vmtp.notify.ctrl.forward_count", FT_UINT32, BASE_DEC, NULL, 0x000F0000, NULL),
    FIELD(hf_ctrl_pgcount, "PGcount", "vmtp.notify.ctrl.pgcount", FT_UINT32, BASE_DEC, NULL, 0x0000FF00, NULL),
    REGISTRY_QUERY_FLAG(NODE_BIT) REGISTRY_GROUP_PERMISSION(PERM_BIT) REGISTRY_SERVICE_FLAG(SERVICE_BIT)
        REGISTRY_CONTROL_FLAG(CTRL_BIT)};

void manage_register(void) {
    static int *subtrees[] = {&ett_node, &ett_perms, &ett_service, &ett_entity, &ett_ctrl};
    static ei_register_info experts[] = {
        {&ei_form, {"vmtp.manage.form", PI_PROTOCOL, PI_WARN, "not the form of a management packet", EXPFILL}}};
    REGISTER_FIELDS(proto_vmtp, fields);
    proto_register_subtree_array(subtrees, G_N_ELEMENTS(subtrees));
    expert_register_field_array(vmtp_experts, experts, G_N_ELEMENTS(experts));
}
