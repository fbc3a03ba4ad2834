/* SPDX-License-Identifier: BSD-2-Clause */
/* Entity groups: their management, Requests to them. */
#include "stage.h"

#define MEMBERS 3

static struct actor *asker, *members[MEMBERS];
static vmtp_entity group;
static uint8_t slots[8][VMTP_GROUP_OCTETS];

static void group_of_three(void) {
    asker = stage_actor(stage_host(NULL), 0);
    for (unsigned i = 0; i < MEMBERS; i++) {
        members[i] = stage_actor(stage_host(NULL), 0);
        actor_serve(members[i], 2, VMTP_GROUP_OCTETS);
    }
    stage_check(vmtp_group_create(members[0]->node->engine, &group, members[0]->id, 1) == 0, "vmtp_group_create");
    for (unsigned i = 1; i < MEMBERS; i++)
        stage_check(vmtp_group_join(members[i]->node->engine, group, members[i]->id, 0) == 0, "vmtp_group_join");
    stage_pass(VMTP_MILLISECOND);
}

static struct vmtp_request request(uint32_t size) {
    struct vmtp_request r = actor_request(asker, group, size, 0);
    r.message.code |= VMTP_MRD;
    r.response_area = slots;
    r.response_size = sizeof slots[0];
    r.response_slots = 8;
    r.deadline = stage_now() + VMTP_SECOND;
    return r;
}

static void ask_all(const struct vmtp_request *r, unsigned responses) {
    actor_call(asker, r);
    stage_pass(3 * VMTP_SECOND);
    stage_check(asker->completed == 1 && asker->responses == responses, "another number of Responses");
}

static void several_responses(void) {
    group_of_three();
    for (unsigned i = 0; i < MEMBERS; i++)
        members[i]->reply_size = 600 * i;
    struct vmtp_request r = request(700);
    ask_all(&r, MEMBERS);
}

static void first_response(void) {
    group_of_three();
    struct vmtp_request r = actor_request(asker, group, 0, 0);
    actor_calls(asker, &r, 0);
    stage_pass(VMTP_SECOND);
}

static void delayed_responses(void) {
    group_of_three();
    struct vmtp_request r = request(0);
    r.control = VMTP_DRT;
    ask_all(&r, MEMBERS);
}

static void reliable(void) {
    static vmtp_entity list[MEMBERS];
    group_of_three();
    for (unsigned i = 0; i < MEMBERS; i++)
        list[i] = members[i]->id;
    stage_lose(1, "Response OK");
    struct vmtp_request r = request(0);
    r.flags = VMTP_CALL_RELIABLE;
    r.members = list;
    r.member_count = MEMBERS;
    ask_all(&r, MEMBERS);
}

static void datagram(void) {
    group_of_three();
    struct vmtp_request r = actor_request(asker, group, 2000, 0);
    r.message.code |= VMTP_DGM | VMTP_MRD;
    actor_calls(asker, &r, 0);
    stage_pass(100 * VMTP_MILLISECOND);
    stage_check(members[2]->requests == 1, "it did not come");
}

static void lost_at_all(void) {
    group_of_three();
    stage_lose(1, "Request 0x000077&blocks 0x0000000c");
    struct vmtp_request r = request(2048);
    ask_all(&r, MEMBERS);
}

/* The members hear what one of them answers, and so does the client, which is a member itself. */
static void group_response(void) {
    group_of_three();
    stage_check(vmtp_group_join(asker->node->engine, group, asker->id, VMTP_GRP_RESPONSES) == 0, "vmtp_group_join");
    for (unsigned i = 1; i < MEMBERS; i++) {
        stage_check(vmtp_group_leave(members[i]->node->engine, group, members[i]->id) == 0, "vmtp_group_leave");
        stage_check(vmtp_group_join(members[i]->node->engine, group, members[i]->id, VMTP_GRP_RESPONSES) == 0,
                    "vmtp_group_join");
        members[i]->deed = HOLD;
    }
    members[0]->reply_flags = VMTP_REPLY_GROUP;
    struct vmtp_request r = request(0);
    ask_all(&r, 1);
}

static void management(void) {
    struct node *left = stage_host(NULL), *right = stage_host(NULL);
    asker = stage_actor(left, 0);
    struct actor *one = stage_actor(right, 0), *two = stage_actor(right, 0);
    vmtp_entity manager = vmtp_engine_manager(right->engine), name = VMTP_ID_GRP | VMTP_ID_UGP;
    uint32_t words[7] = {(uint32_t)(one->id >> 32), (uint32_t)one->id, (uint32_t)(name >> 32), (uint32_t)name};
    words[4] = (uint32_t)(one->id >> 32);
    words[5] = (uint32_t)one->id;
    words[6] = VMTP_GROUP_ALL;
    actor_manages(asker, manager, VMTP_CREATE_GROUP, words, VMTP_OK);
    /* Its identifier came with the Response, and is the only group there. */
    name = 0;
    stage_check(vmtp_group_create(right->engine, &name, two->id, 1) == 0, "vmtp_group_create");
    words[2] = (uint32_t)(name >> 32);
    words[3] = (uint32_t)name;
    actor_manages(asker, manager, VMTP_ADD_TO_GROUP, words, VMTP_OK);
    uint32_t query[7] = {(uint32_t)(name >> 32), (uint32_t)name};
    actor_manages(asker, manager, VMTP_QUERY_GROUP, query, VMTP_OK);
    words[6] = 0;
    actor_manages(asker, manager, VMTP_REMOVE_FROM_GROUP, words, VMTP_OK);
}

const struct scene scenes_groups[] = {
    {"group-several-responses", 1500, several_responses},
    {"group-first-response", 1500, first_response},
    {"group-delayed-responses", 1500, delayed_responses},
    {"group-reliable", 1500, reliable},
    {"group-datagram", 1500, datagram},
    {"group-lost-block", 1500, lost_at_all},
    {"group-response", 1500, group_response},
    {"group-management", 1500, management},
    {NULL, 0, NULL},
};
