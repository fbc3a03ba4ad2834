/* SPDX-License-Identifier: BSD-2-Clause */
/* Identifiers, and the procedures of managers. */
#include "stage.h"

static struct actor *asker, *subject;
static vmtp_entity manager; /* of the subject's node */

static void two_hosts(int remote_management) {
    struct vmtp_config config;
    struct node *left = stage_host(NULL);
    stage_config(&config);
    config.remote_management = (uint8_t)remote_management;
    struct node *right = stage_host(&config);
    asker = stage_actor(left, 0);
    subject = stage_actor(right, VMTP_ENTITY_SIGNALS);
    actor_serve(subject, 2, 0);
    manager = vmtp_engine_manager(right->engine);
}

static void put_entity(uint32_t words[7], unsigned at, vmtp_entity e) {
    words[at] = (uint32_t)(e >> 32);
    words[at + 1] = (uint32_t)e;
}

/* A procedure with one or two entities and then other words as parameters. */
static void ask(uint32_t code, vmtp_entity first, vmtp_entity second, uint32_t fifth, uint32_t result) {
    uint32_t words[7] = {0};
    put_entity(words, 0, first);
    put_entity(words, 2, second);
    words[4] = fifth;
    actor_manages(asker, manager, code, words, result);
}

static void probe(void) {
    two_hosts(0);
    ask(VMTP_PROBE_ENTITY, subject->id, subject->id, 0, VMTP_OK);
    struct vmtp_request r = actor_request(asker, subject->id + 0x20, 0, 0);
    actor_calls(asker, &r, VMTP_RETRANS_TIMEOUT);
}

static void auth_probe(void) {
    two_hosts(0);
    ask(VMTP_AUTH_PROBE_ENTITY, subject->id, subject->id, 1, VMTP_OK);
}

static void probe_block(void) {
    two_hosts(0);
    ask(VMTP_PROBE_ENTITY_BLOCK, subject->id, 0, 0, VMTP_OK);
}

static void query_node(void) {
    two_hosts(0);
    ask(VMTP_QUERY_VMTP_NODE, subject->id, 0, 0, VMTP_OK);
}

/* As in "vnet who": all managers, several Responses. */
static void query_nodes(void) {
    static uint8_t area[8][64];
    two_hosts(0);
    stage_host(NULL);
    struct vmtp_request r = actor_request(asker, VMTP_MANAGER_GROUP, 0, 0);
    r.message.code = VMTP_QUERY_VMTP_NODE | VMTP_MRD;
    put_entity(r.message.words, 0, VMTP_MANAGER_GROUP);
    r.response_area = area;
    r.response_size = sizeof area[0];
    r.response_slots = 8;
    r.deadline = stage_now() + 500 * VMTP_MILLISECOND;
    actor_call(asker, &r);
    stage_pass(VMTP_SECOND);
    stage_check(asker->responses >= 2, "too few Responses");
}

static void create_and_delete(void) {
    two_hosts(1);
    ask(VMTP_CREATE_ENTITY, subject->id, 0, 0, VMTP_OK);
    ask(VMTP_DELETE_ENTITY, subject->id + 1, 0, 0, VMTP_OK); /* identifiers are given out one after the other */
    ask(VMTP_DELETE_ENTITY, subject->id + 1, 0, 0, VMTP_NONEXISTENT_ENTITY);
}

static void no_permission(void) {
    two_hosts(0);
    ask(VMTP_CREATE_ENTITY, subject->id, 0, 0, VMTP_OK);
    ask(VMTP_DELETE_ENTITY, subject->id, 0, 0, VMTP_OK);
}

static void query_entity(void) {
    two_hosts(0);
    ask(VMTP_QUERY_ENTITY, subject->id, 0, 0, VMTP_OK);
}

static void signal_entity(void) {
    two_hosts(0);
    ask(VMTP_SIGNAL_ENTITY, subject->id, 0, 0, VMTP_OK);
    ask(VMTP_SIGNAL_ENTITY, manager, 0, 0, VMTP_OK);
}

static void modify_service(void) {
    uint32_t words[7] = {0};
    two_hosts(1);
    put_entity(words, 0, subject->id);
    words[3] = 1; /* count */
    actor_manages(asker, manager, VMTP_MODIFY_SERVICE, words, VMTP_OK);
    static const uint32_t flags[] = {VMTP_SERVICE_INCREMENTAL, VMTP_SERVICE_THREADS,
                                     VMTP_SERVICE_AUTHENTICATION_REQUIRED, VMTP_SERVICE_SECURITY_REQUIRED};
    for (unsigned i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        words[2] = flags[i];
        actor_manages(asker, manager, VMTP_MODIFY_SERVICE, words, VMTP_OK);
    }
}

static void unknown_procedure(void) {
    two_hosts(0);
    ask(VMTP_CRE | VMTP_PIC | 0x1ff, subject->id, 0, 0, VMTP_OK);
}

/* ---- identifiers ---- */

static void open_without_block(void) {
    struct vmtp_config config;
    stage_config(&config);
    config.block = 0;
    stage_host(&config);
}

static void allocation(void) {
    stage_host(NULL);
    open_without_block();
    stage_pass(VMTP_SECOND);
    stage_check(vmtp_engine_ready(stage_world()->nodes[1].engine), "no block");
}

static int steal_first(void *context, const uint8_t *frame, size_t length, vmtp_time now) {
    vmtp_entity *block = context;
    (void)now;
    if (length >= 14 + VMTP_HEADER_OCTETS && !*block)
        *block = vmtp_load64(frame + 14 + VMTP_AT_USER) & ~(vmtp_entity)0xff;
    return 0;
}

/* Which block would it ask for?  The same world again, in which that is taken. */
static void collision(void) {
    struct world rehearsal;
    struct vmtp_config config;
    vmtp_entity block = 0;
    world_init(&rehearsal, stage_world()->seed, 1500);
    vmtp_sim_set_filter(rehearsal.sim, steal_first, &block);
    world_config(&rehearsal, &config);
    config.block = 0;
    world_add(&rehearsal, &config);
    world_pass(&rehearsal, VMTP_SECOND);
    world_close(&rehearsal);
    open_without_block();
    stage_config(&config);
    config.block = block;
    stage_host(&config);
    stage_pass(VMTP_SECOND);
    stage_check(vmtp_engine_ready(stage_world()->nodes[0].engine), "no block");
    stage_check(vmtp_engine_block(stage_world()->nodes[0].engine) != block, "two nodes have one block");
}

static void further_block(void) {
    struct node *host = stage_host(NULL);
    vmtp_entity id;
    for (unsigned i = 0; i < 192; i++) {
        stage_check(vmtp_entity_create(host->engine, &id, NULL, stage_now()) == 0, "no entity");
        vmtp_entity_delete(host->engine, id, stage_now());
    }
    stage_pass(VMTP_SECOND);
    stage_check(vmtp_entity_create(host->engine, &id, NULL, stage_now()) == 0, "no further block");
}

const struct scene scenes_manager[] = {
    {"probe-entity", 1500, probe},
    {"auth-probe-entity", 1500, auth_probe},
    {"probe-entity-block", 1500, probe_block},
    {"query-node", 1500, query_node},
    {"query-all-nodes", 1500, query_nodes},
    {"create-delete-entity", 1500, create_and_delete},
    {"no-permission", 1500, no_permission},
    {"query-entity", 1500, query_entity},
    {"signal-entity", 1500, signal_entity},
    {"modify-service", 1500, modify_service},
    {"unknown-procedure", 1500, unknown_procedure},
    {"block-allocation", 1500, allocation},
    {"block-collision", 1500, collision},
    {"block-further", 1500, further_block},
    {NULL, 0, NULL},
};
