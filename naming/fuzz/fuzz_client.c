/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A resolver, and somebody who is every manager and the directory, and answers what the input says.
 *
 * The input is a row of steps: what (1 octet: bits 0 to 2 what the program does, bits 3 to 7 how long to wait afterwards, in eighths of a second), and, for
 * each Request that comes meanwhile, an answer: how (1: bit 0 none, bit 1 the record in it is the answerer's own), code (1, an index into codes),
 * word 0 (1), octets of the segment (1, times 2), the segment.  Beyond memory errors: what the resolver keeps is good, and every operation
 * ends by itself.
 */
#include <string.h>

#include <vipc/fake.h>
#include <vnaming/client.h>
#include <vnaming/watch.h>

#include "fuzz.h"

static const uint32_t codes[] = {VMTP_OK,     VNAME_NOT_FOUND, VNAME_STALE, VNAME_MOVED,
                                 VNAME_ALIAS, VNAME_TOO_LONG,  VMTP_ERROR,  VMTP_NONEXISTENT_ENTITY};
static const char *const names[] = {"/a", "/a/b", "/b/c", "x"};
#define OPERATIONS 4
#define ANSWER_HEAD 4u

static struct {
    const uint8_t *at;
    size_t left;
    vipc *node;
    vname_resolver *resolver;
    struct vname_operation operations[OPERATIONS];
    uint8_t areas[OPERATIONS][64];
    struct vname_watch watch;
    struct vname_context context;
} world;

static void answer(struct vipc_service *service, struct vipc_incoming *in) {
    const uint8_t *head = world.at;
    uint8_t segment[2 * 255];
    if (in->datagram || world.left < ANSWER_HEAD) {
        vipc_discard(in);
        return;
    }
    world.left -= ANSWER_HEAD;
    const size_t wants = 2u * head[3], size = wants < world.left ? wants : world.left;
    memcpy(segment, head + ANSWER_HEAD, size);
    world.at = head + ANSWER_HEAD + size;
    world.left -= size;
    for (unsigned i = 0; (head[0] & 2) && size >= VNAME_RECORD_HEAD && i < 8; i++)
        segment[8 + i] = (uint8_t)(service->entity >> (56 - 8 * i));
    const struct vmtp_message message = {.code = codes[head[1] % (sizeof codes / sizeof *codes)], .words = {head[2]}};
    if (head[0] & 1)
        vipc_discard(in);
    else
        MUST(vipc_reply(in, &message, segment, (uint32_t)size, 0) <= 0);
}

static void ended(struct vname_operation *op, enum vname_outcome outcome) {
    (void)outcome;
    MUST(!op->resolver && op->full_length <= VNAME_NAME_OCTETS && op->aliases <= 8 && op->moves <= 4);
}

static void changed(struct vname_watch *watch, enum vname_change change) {
    MUST((change == VNAME_GONE) == !watch->record.manager);
}

static void operate(unsigned which, uint32_t flags) {
    struct vname_operation *op = &world.operations[which];
    if (op->resolver)
        return;
    memset(op, 0, sizeof *op);
    op->name = names[which];
    op->name_length = strlen(names[which]);
    op->from = &world.context;
    op->code = VMTP_PIC | 0x7701u;
    op->area = world.areas[which];
    op->capacity = sizeof world.areas[which];
    op->flags = flags;
    op->deadline = vipc_now(world.node) + 20 * VMTP_SECOND;
    op->done = ended;
    MUST(vname_operate(world.resolver, op) == 0);
}

static void act(unsigned what) {
    if (what < OPERATIONS) {
        operate(what, what % 2 ? VNAME_REPEATABLE : 0);
    } else if (what == 4) {
        operate(0, VNAME_FRESH | VNAME_REPEATABLE);
    } else if (what == 5) {
        vname_cancel(&world.operations[1]);
    } else if (world.watch.resolver) {
        vname_unwatch(&world.watch);
    } else {
        memset(&world.watch, 0, sizeof world.watch);
        world.watch.name = names[1];
        world.watch.name_length = 4;
        world.watch.changed = changed;
        MUST(vname_watch(world.resolver, &world.watch) == 0);
    }
}

static void look(void) {
    struct vname_record records[4];
    const uint32_t count = vname_cache_list(world.resolver, records, 4);
    MUST(count <= 4);
    for (uint32_t i = 0; i < count; i++)
        MUST(vname_record_is_good(&records[i]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const struct vname_config config = {.prefixes = 4, .aliases = 2, .queries = 2, .answers = 2};
    const struct vname_place place = {.name = "/a/here", .length = 7};
    vipc_fake *net = vipc_fake_create(1);
    struct vipc_service all = {.depth = 16, .capacity = 4096, .request = answer};
    vipc *there = vipc_fake_node(net);
    memset(&world, 0, sizeof world);
    world.node = vipc_fake_node(net);
    world.at = data;
    world.left = size;
    MUST(vipc_serve(there, &all) == 0 && vipc_join(&all, VNAME_HANDLERS) == 0 && vipc_join(&all, VNAME_DIRECTORY) == 0);
    MUST(vname_open(&world.resolver, world.node, &config) == 0);
    MUST(vname_context_set(world.resolver, &world.context, &place) == 0);
    for (unsigned i = 0; i < 64 && world.left; i++) {
        const uint8_t step = *world.at++;
        world.left--;
        act(step & 7);
        vipc_fake_run(net, (step >> 3) * (VMTP_SECOND / 8));
        look();
    }
    vname_unwatch(&world.watch);
    vipc_fake_run(net, 25 * VMTP_SECOND);
    for (unsigned i = 0; i < OPERATIONS; i++)
        MUST(!world.operations[i].resolver);
    vname_close(world.resolver);
    vipc_unserve(&all);
    vipc_fake_destroy(net);
    return 0;
}
