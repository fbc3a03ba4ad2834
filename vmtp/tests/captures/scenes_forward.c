/* SPDX-License-Identifier: BSD-2-Clause */
/* Requests that other servers answer, and entities that move (spec/vmtp.md sections 13.5, 13.11). */
#include "stage.h"

static struct actor *caller, *first, *second;

static void three_hosts(void) {
    caller = stage_actor(stage_host(NULL), 0);
    first = stage_actor(stage_host(NULL), 0);
    second = stage_actor(stage_host(NULL), 0);
    actor_serve(first, 2, VMTP_GROUP_OCTETS);
    actor_serve(second, 2, VMTP_GROUP_OCTETS);
    first->deed = FORWARD;
    first->onward = second->id;
}

static void forward(void) {
    three_hosts();
    second->reply_size = 700;
    struct vmtp_request r = actor_request(caller, first->id, 2000, 0);
    actor_calls(caller, &r, 0);
}

static void lost_block(void) {
    three_hosts();
    stage_lose(1, "Request 0x000077&forward 1&blocks 0x0000000c");
    struct vmtp_request r = actor_request(caller, first->id, 2000, 0);
    actor_calls(caller, &r, 0);
}

/* A run cannot go on as it is. */
static void nested(void) {
    three_hosts();
    first->relay = 1;
    second->reply_size = 300;
    for (unsigned i = 0; i < 2; i++) {
        struct vmtp_request r = actor_request(caller, first->id, 0, 0);
        r.flags = i == 0 ? VMTP_CALL_MORE : 0;
        actor_call(caller, &r);
        stage_pass(50 * VMTP_MILLISECOND);
    }
    stage_check(caller->completed == 2 && caller->result == 0, "the run does not end well");
}

static void fails(void) {
    three_hosts();
    first->onward = second->id + 0x20;
    struct vmtp_request r = actor_request(caller, first->id, 0, 0);
    actor_calls(caller, &r, VMTP_RETRANS_TIMEOUT);
}

static void get_forwarder(void) {
    forward();
    vmtp_entity manager = vmtp_engine_manager(first->node->engine);
    struct actor *other = stage_actor(second->node, 0);
    uint32_t words[7] = {(uint32_t)(first->id >> 32), (uint32_t)first->id, (uint32_t)(caller->id >> 32),
                         (uint32_t)caller->id};
    actor_manages(other, manager, VMTP_GET_REQUEST_FORWARDER, words, VMTP_OK);
}

static void migration(void) {
    static uint8_t state[65536];
    size_t used;
    vmtp_entity id;
    uint32_t lent;
    three_hosts();
    first->deed = ANSWER;
    struct vmtp_request r = actor_request(caller, first->id, 0, 0);
    actor_calls(caller, &r, 0);
    stage_check(vmtp_entity_export(first->node->engine, first->id, state, sizeof state, &used, stage_now()) == 0,
                "vmtp_entity_export");
    stage_check(vmtp_entity_import(second->node->engine, state, used, &id, &lent, stage_now()) == 0,
                "vmtp_entity_import");
    first->node = second->node;
    actor_serve(first, 2, VMTP_GROUP_OCTETS);
    actor_calls(caller, &r, 0);
}

const struct scene scenes_forward[] = {
    {"forward", 1500, forward},
    {"forward-lost-block", 1500, lost_block},
    {"forward-nested", 1500, nested},
    {"forward-fails", 1500, fails},
    {"get-request-forwarder", 1500, get_forwarder},
    {"migration", 1500, migration},
    {NULL, 0, NULL},
};
