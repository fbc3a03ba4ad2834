/* SPDX-License-Identifier: BSD-2-Clause */
/* engine_moves.h - what is taken back: accepts, and entities that leave for another node and go on there; for fuzz_engine.c. */
#ifndef VMTP_FUZZ_ENGINE_MOVES_H
#define VMTP_FUZZ_ENGINE_MOVES_H

#include "engine_streams.h"

static int goes_along(const struct vmtp_engine *e, vmtp_handle handle) {
    const struct request *q = veng_request_by_handle(e, handle);
    if (!q || q->state == REQUEST_OVER)
        return 0;
    const struct call *c = q->call != NONE ? call_at(e, q->call) : NULL;
    return !c || !veng_call_among_others(e, c) || entity_at(e, c->entity)->id != q->entity; /* its own run ends */
}

/* Its Requests go along, so nobody is told that they are over here. */
static void requests_leave(const struct my_node *n, vmtp_entity id) {
    for (uint32_t i = 0; i < w.request_count; i++) {
        struct my_request *r = &w.requests[i];
        if (r->node == n->number && r->entity == id && !r->answered && !r->abandoned && goes_along(n->e, r->handle))
            r->moved = 1;
    }
}

static void requests_stay(const struct my_node *n, vmtp_entity id) {
    for (uint32_t i = 0; i < w.request_count; i++)
        if (w.requests[i].node == n->number && w.requests[i].entity == id &&
            veng_request_by_handle(n->e, w.requests[i].handle))
            w.requests[i].moved = 0;
}

static void arrive_at(struct my_node *n, vmtp_entity id, uint32_t data, uint32_t count) {
    trace("    %llx lives at %u, %u released later\n", (unsigned long long)id, n->number, count);
    welcome(n, id);
    if (count && w.move_count < MOVES)
        w.moves[w.move_count++] = (struct my_move){n->number, data, count, id};
    else
        take_back(data);
    MUST(!count || w.move_count < MOVES);
}

/* So that what was changed is looked at. */
static void mend_move(uint8_t *octets, size_t size) {
    if (size >= 8)
        vmtp_store32(octets + size - 4, vmtp_checksum(octets, size - 4));
}

/* As it was written, or a part of it, or not quite. */
static void bring(struct my_node *n, uint32_t data, size_t size, uint32_t how) {
    vmtp_entity id = 0;
    uint32_t count = 0;
    uint8_t *octets = lent(data);
    if (how & 0x20)
        size -= byte() % (size + 1);
    if (how & 0x40) {
        w.forged = 1;
        octets[(byte() << 2) % w.loans[data].size] ^= (uint8_t)(1u << (how & 7u));
        mend_move(octets, size);
    }
    int error = vmtp_entity_import(n->e, octets, size, &id, &count, w.now);
    trace("    import at %u: %d\n", n->number, error);
    MUST(error == 0 || error == VMTP_E_INVALID || error == VMTP_E_EXISTS || error == VMTP_E_FULL ||
         error == VMTP_E_NOT_READY);
    if (error)
        take_back(data);
    else
        arrive_at(n, id, data, count);
}

/* The call that it had, begun once more where it is now. */
static void resume(struct my_node *n, vmtp_entity id) {
    for (uint32_t i = w.call_count; i-- > 0;) {
        const struct my_call *c = &w.calls[i];
        if (c->client != id || c->over)
            continue;
        struct vmtp_request r = c->request;
        r.flags |= VMTP_CALL_RESUME;
        if (!no_more_room())
            begin_call(n, &r, c->plain, 0);
        return;
    }
}

static void move_entity(struct my_node *n, uint32_t which) {
    static const uint32_t rooms[4] = {100000, 0, 100, 3000};
    uint32_t how = byte(), room = rooms[how & 3u];
    vmtp_entity id = own_entity(n, which);
    struct my_node *to = some_node(how >> 2 & 3u);
    size_t used = 0;
    if (w.move_count + 1 >= MOVES || w.loan_count == 4 * MOST)
        return;
    uint32_t data = lend(room, NOTHING);
    room = data == NOTHING ? 0 : room;
    requests_leave(n, id);
    int error = vmtp_entity_export(n->e, id, lent(data), room, &used, w.now);
    trace("    %llx leaves %u with %u octets: %d\n", (unsigned long long)id, n->number, (unsigned)used, error);
    MUST(error == 0 || error == VMTP_E_MEMORY || error == VMTP_E_FULL || error == VMTP_E_NO_ENTITY);
    MUST(error ? error != VMTP_E_MEMORY || used > room : used <= room && data != NOTHING);
    if (error) {
        requests_stay(n, id);
        take_back(data);
        return;
    }
    forget_entity(n, id);
    bring(to, data, used, how);
    if (how & 0x10)
        resume(to, id);
}

static void op_withdraw(void) {
    uint32_t how = byte(), which = byte();
    struct my_node *n = some_node(how >> 2);
    switch (how & 3u) {
    case 0: post_accept(n, own_entity(n, how >> 4), some_large_size(which)); break;
    case 1: take_accept_back(which); break;
    case 2:
        if (how & 0x80)
            move_entity(n, which);
        else
            look_around(n, which);
        break;
    default: /* for every entity there is */
        for (uint32_t i = 0; i < n->count; i++)
            post_accept(n, n->ids[i], some_large_size(which));
        break;
    }
}

#endif
