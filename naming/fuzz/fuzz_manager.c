/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A manager that holds two prefixes, and somebody who says to it what the input says.
 *
 * The input is a row of Requests: which (1 octet, an index into codes), how (1: bit 0 by multicast, bit 1 a datagram, bits 2 to 7: how long
 * to wait afterwards, in seconds), word 0 (1), word 1 (4), octets of the segment (2), the segment.  Beyond memory errors: what the manager
 * keeps is good, and in the end it can be asked for its names and ended.
 */
#include <stdlib.h>
#include <string.h>

#include <vipc/fake.h>
#include <vnaming/manager.h>

#include "fuzz.h"

static const uint32_t codes[] = {VNAME_QUERY, VNAME_CLAIM,     VNAME_ANNOUNCE, VNAME_MEET,        VNAME_MOUNT,
                                 VNAME_LIST,  VNAME_HAND_OVER, VNAME_WATCH,    VNAME_MAP_CONTEXT, VMTP_PIC | 0x17701,
                                 0x77};
#define CODES (sizeof codes / sizeof *codes)
#define HEAD 9u

static uint8_t area[VMTP_GROUP_OCTETS];

static int yes(vname_manager *manager, const struct vname_record *record) {
    (void)manager;
    MUST(vname_record_is_good(record));
    return 1;
}

static void on_event(vname_manager *manager, const struct vname_manager_event *event) {
    (void)manager;
    MUST(vname_check_prefix(event->prefix, event->prefix_length) == 0);
    MUST(!event->record || vname_record_is_good(event->record));
}

static void on_operation(const struct vname_manager_operation *o) {
    MUST(o->index <= o->length && vname_check(o->name, o->length) == 0);
    vname_manager_reply_alias(o, "/elsewhere", 10, o->index);
}

/* It is the records' manager whose Client says this. */
static void nothing(struct vipc_service *service, struct vipc_incoming *in) {
    (void)service;
    vipc_discard(in);
}

static size_t say(vipc *node, const struct vipc_service *who, vmtp_entity manager, const uint8_t *data, size_t size) {
    const uint32_t wants = (uint32_t)data[7] << 8 | data[8];
    const uint32_t has = wants < size - HEAD ? wants : (uint32_t)(size - HEAD);
    struct vipc_call call = {.segment = data + HEAD, .segment_size = has, .area = area, .capacity = sizeof area};
    call.message.server = data[1] & 1 ? VNAME_HANDLERS : manager;
    call.message.code = codes[data[0] % CODES] | (data[1] & 2 ? VMTP_DGM : 0);
    call.message.words[0] = data[2];
    call.message.words[1] = (uint32_t)data[3] << 24 | (uint32_t)data[4] << 16 | (uint32_t)data[5] << 8 | data[6];
    call.client = who->entity;
    call.deadline = vipc_now(node) + 100 * VMTP_MILLISECOND;
    if (has > VMTP_GROUP_OCTETS)
        call.segment_size = VMTP_GROUP_OCTETS;
    (void)vipc_call_wait(node, &call);
    return HEAD + has;
}

static void look(const vname_manager *manager) {
    struct vname_manager_prefix prefix;
    struct vname_manager_mount mount;
    for (uint32_t i = 0; vname_manager_nth_prefix(manager, i, &prefix); i++)
        MUST(vname_record_is_good(&prefix.record));
    for (uint32_t i = 0; vname_manager_nth_mount(manager, i, &mount); i++)
        MUST(vname_record_is_good(&mount.record));
}

static void run(vipc_fake *net, vname_manager *manager, vipc *node, struct vipc_service *who, const uint8_t *data,
                size_t size) {
    for (unsigned i = 0; i < 64 && size > HEAD; i++) {
        const vmtp_time pause = (vmtp_time)(data[1] >> 2) * VMTP_SECOND;
        const size_t used = say(node, who, vname_manager_entity(manager), data, size);
        data += used;
        size -= used;
        vipc_fake_run(net, pause);
        look(manager);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    vipc_fake *net = vipc_fake_create(1);
    vipc *here = vipc_fake_node(net), *there = vipc_fake_node(net);
    struct vipc_service who = {.depth = 16, .capacity = VMTP_GROUP_OCTETS, .request = nothing};
    struct vname_manager_config config;
    vname_manager *manager;
    vname_manager_config_init(&config);
    config.prefixes = config.mounts = config.formers = config.heard = 4;
    config.owner = 7;
    config.operation = on_operation;
    config.event = on_event;
    config.allow_hand_over = yes;
    config.allow_mount = yes;
    void *memory = malloc(vname_manager_footprint(&config));
    MUST(memory && vname_manager_create(&manager, here, &config, memory) == 0);
    MUST(vipc_serve(there, &who) == 0 && vipc_join(&who, VNAME_HANDLERS) == 0);
    struct vname_record r = {.prefix = "/a", .prefix_length = 2, .generation = 3, .owner = 7};
    r.manager = vname_manager_entity(manager);
    MUST(vname_manager_adopt(manager, &r) == 0);
    const struct vname_manager_claim claim = {.prefix = "/a/b", .prefix_length = 4, .again = 1};
    MUST(vname_manager_claim(manager, &claim) == 0);
    run(net, manager, there, &who, data, size);
    vname_manager_destroy(manager);
    free(memory);
    vipc_fake_destroy(net);
    return 0;
}
