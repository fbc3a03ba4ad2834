/* SPDX-License-Identifier: BSD-2-Clause */
/* engine_groups.h - groups and those who are in them, and the procedures of managers about groups and services, for fuzz_engine.c. */
#ifndef VMTP_FUZZ_ENGINE_GROUPS_H
#define VMTP_FUZZ_ENGINE_GROUPS_H

#include "engine_streams.h"

static vmtp_entity some_group(uint32_t choice) {
    if (choice & 0x80)
        return some_entity(choice >> 1);
    if ((choice & 0x40) && w.group_count)
        return w.groups[choice % w.group_count];
    return 0x4000000000000003ull + (choice & 3u) + (choice & 4 ? VMTP_ID_UGP : 0);
}

static void create_group(struct my_node *n, vmtp_entity member, int unrestricted) {
    vmtp_entity group = 0;
    int error = vmtp_group_create(n->e, &group, member, unrestricted);
    MUST(error == 0 || error == VMTP_E_NOT_READY || error == VMTP_E_NO_ENTITY || error == VMTP_E_FULL);
    trace("    group %llx with %llx: %d\n", (unsigned long long)group, (unsigned long long)member, error);
    if (error)
        return;
    MUST(vmtp_is_group(group) && vmtp_group_members(n->e, group, NULL, 0) == 1);
    w.groups[w.group_count % GROUPS] = group;
    w.group_count += w.group_count < GROUPS;
}

static void join_group(struct my_node *n, vmtp_entity group, vmtp_entity entity, uint32_t permissions) {
    uint32_t before = vmtp_group_members(n->e, group, NULL, 0), given;
    int error = vmtp_group_join(n->e, group, entity, permissions);
    trace("    %llx joins %llx: %d\n", (unsigned long long)entity, (unsigned long long)group, error);
    MUST(error == 0 || error == VMTP_E_NOT_READY || error == VMTP_E_NO_ENTITY || error == VMTP_E_EXISTS ||
         error == VMTP_E_FULL || error == VMTP_E_INVALID);
    MUST(vmtp_group_members(n->e, group, NULL, 0) == before + (error == 0));
    if (error)
        return;
    MUST(vmtp_group_permissions(n->e, group, entity, &given) == 1 && (given & permissions) == permissions);
}

static void leave_group(struct my_node *n, vmtp_entity group, vmtp_entity entity) {
    uint32_t before = vmtp_group_members(n->e, group, NULL, 0);
    int error = vmtp_group_leave(n->e, group, entity);
    trace("    %llx leaves %llx: %d\n", (unsigned long long)entity, (unsigned long long)group, error);
    MUST(error == 0 || error == VMTP_E_NO_ENTITY);
    MUST(vmtp_group_members(n->e, group, NULL, 0) == before - (error == 0));
}

static void grant(struct my_node *n, vmtp_entity group, vmtp_entity whom, uint32_t permissions) {
    uint32_t given;
    if (w.grant_count == GRANTS)
        return;
    int error = vmtp_group_grant(n->e, group, whom, permissions);
    trace("    %x to %llx in %llx: %d\n", permissions, (unsigned long long)whom, (unsigned long long)group, error);
    MUST(error == 0 || error == VMTP_E_FULL || error == VMTP_E_INVALID || error == VMTP_E_NOT_READY);
    if (error)
        return;
    w.grants[w.grant_count++] = (struct my_grant){n->number, group, whom};
    error = vmtp_group_permissions(n->e, group, whom, &given);
    MUST(error == VMTP_E_NO_ENTITY ? !permissions : given == permissions);
}

static void look_at_group(struct my_node *n, vmtp_entity group) {
    vmtp_entity list[4];
    uint32_t permissions, count = vmtp_group_members(n->e, group, list, 4);
    for (uint32_t i = 0; i < count && i < 4; i++)
        MUST(vmtp_group_permissions(n->e, group, list[i], &permissions) == 1);
}

/* Requests to managers about groups and services. */
static void manage_groups(struct my_node *n, uint32_t which, uint32_t choice, uint32_t who) {
    static const uint32_t codes[8] = {VMTP_CREATE_GROUP,          VMTP_ADD_TO_GROUP,     VMTP_REMOVE_FROM_GROUP,
                                      VMTP_QUERY_GROUP,           VMTP_SIGNAL_ENTITY,    VMTP_MODIFY_SERVICE,
                                      VMTP_GET_REQUEST_FORWARDER, VMTP_AUTH_PROBE_ENTITY};
    uint32_t how = byte(), permissions = byte();
    vmtp_entity entity = some_entity(who), group = some_group(choice);
    if (no_more_room())
        return;
    struct vmtp_request r = {.client = own_entity(n, which), .response_size = 192, .response_slots = how >> 6};
    r.message.server = how & 1 ? VMTP_MANAGER_GROUP : vmtp_engine_manager(some_node(how >> 1 & 3u)->e);
    r.message.code = codes[how >> 3 & 7u] | (r.response_slots > 1 ? VMTP_MRD : 0);
    uint32_t *words = r.message.words, is_query = CODE24(r.message.code) == CODE24(VMTP_QUERY_GROUP);
    words[0] = (uint32_t)((is_query ? group : entity) >> 32);
    words[1] = (uint32_t)(is_query ? group : entity);
    words[2] = (uint32_t)(group >> 32);
    words[3] = (uint32_t)group;
    if (CODE24(r.message.code) == CODE24(VMTP_AUTH_PROBE_ENTITY)) {
        words[2] = words[0];
        words[3] = words[1];
    }
    if (CODE24(r.message.code) == CODE24(VMTP_MODIFY_SERVICE)) {
        words[2] = permissions >> 6;
        words[3] = permissions & 3u;
    }
    words[6] = permissions;
    r.deadline = permissions & 8 ? VMTP_NEVER : w.now + some_duration(permissions >> 4);
    begin_call(n, &r, 0, 0);
}

/* The first entity of every node in one group. */
static void everybody_joins(vmtp_entity group) {
    for (uint32_t i = 0; i < w.node_count; i++)
        join_group(&w.nodes[i], group, own_entity(&w.nodes[i], 0), VMTP_GROUP_ALL);
}

static void op_group(void) {
    uint32_t how = byte(), choice = byte(), who = byte();
    struct my_node *n = some_node(how >> 3);
    vmtp_entity own = how & 0x80 ? some_entity(who) : own_entity(n, who);
    switch (how & 7u) {
    case 0: create_group(n, own, choice & 1); break;
    case 1: join_group(n, some_group(choice), own, byte()); break;
    case 2: leave_group(n, some_group(choice), own); break;
    case 3: grant(n, some_group(choice), some_entity(who), byte()); break;
    case 4: look_at_group(n, some_group(choice)); break;
    case 5: everybody_joins(some_group(choice)); break;
    default: manage_groups(n, how >> 5, choice, who); break;
    }
}

#endif
