/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * engine_streams.h - calls and replies of every kind, for fuzz_engine.c: runs, large segments, Requests that are forwarded,
 * accepts that are taken back.
 */
#ifndef VMTP_FUZZ_ENGINE_STREAMS_H
#define VMTP_FUZZ_ENGINE_STREAMS_H

#include "engine_forge.h"

/* A strictly stable identifier may be chosen that is another node's manager too: that one answers as managers do. */
static int is_a_manager(vmtp_entity id) {
    for (uint32_t i = 0; i < w.node_count; i++)
        if (w.nodes[i].e && vmtp_engine_manager(w.nodes[i].e) == id)
            return 1;
    return 0;
}

/* The run that this client's next call goes on with: the calls in it have the number of its first. */
static uint32_t run_of_next(const struct my_node *n, const struct vmtp_request *r) {
    for (uint32_t i = w.call_count; i-- > 0;)
        if (w.calls[i].client == r->client && w.calls[i].node == n->number)
            return w.calls[i].more && !w.calls[i].over ? w.calls[i].run : w.call_count;
    return w.call_count;
}

static void begin_call(struct my_node *n, struct vmtp_request *r, int plain, uint32_t missing) {
    struct my_call *c = &w.calls[w.call_count];
    uint32_t slots = r->response_slots > 1 ? r->response_slots : 1;
    uint32_t origin = (r->flags & VMTP_CALL_RESUME) && call_tagged(r->message.words[2]) ? r->message.words[2] & 0xffffu
                                                                                        : w.call_count;
    *c = (struct my_call){.client = r->client,
                          .request = *r,
                          .origin = origin,
                          .node = n->number,
                          .segment_size = r->segment_size,
                          .response_size = r->response_size,
                          .slots = r->response_slots,
                          .deadline = r->deadline,
                          .run = run_of_next(n, r),
                          .more = (r->flags & VMTP_CALL_MORE) != 0,
                          .datagram = (r->message.code & VMTP_DGM) != 0,
                          .partial = (r->flags & VMTP_CALL_PARTIAL) != 0,
                          .reliable = (r->flags & VMTP_CALL_RELIABLE) != 0,
                          .member_count = r->member_count,
                          .plain = plain && !is_a_manager(r->message.server),
                          .tagged = r->message.words[2] == (TAG | w.call_count)};
    c->segment = lend(r->segment_size, origin);
    c->area = lend(slots * r->response_size, NOTHING);
    c->members = lend(r->member_count * (uint32_t)sizeof(vmtp_entity), NOTHING);
    if (r->member_count)
        memcpy(lent(c->members), r->members, r->member_count * sizeof(vmtp_entity));
    r->members = (const vmtp_entity *)(const void *)lent(c->members);
    r->segment = missing & 1 ? NULL : lent(c->segment);
    r->response_area = missing & 2 ? NULL : lent(c->area);
    r->cookie = 0xca1100000000ull + w.call_count;
    int error = vmtp_call(n->e, &c->handle, r, w.now);
    trace("    call of %llx to %llx, code %x, %u octets: %d\n", (unsigned long long)r->client,
          (unsigned long long)r->message.server, r->message.code, r->segment_size, error);
    remember_number((uint64_t)(int64_t)error);
    if (error == 0) {
        MUST(!c->reliable || c->member_count);
        MUST(c->handle != 0 && (r->segment || !r->segment_size) && (r->response_area || !r->response_size));
        w.call_count++;
        return;
    }
    MUST(error == VMTP_E_NOT_READY || error == VMTP_E_NO_ENTITY || error == VMTP_E_IN_CALL || error == VMTP_E_FULL ||
         error == VMTP_E_TOO_LARGE || error == VMTP_E_INVALID);
    take_back(c->segment);
    take_back(c->area);
    take_back(c->members);
}

static int no_more_room(void) { return w.call_count == MOST || w.loan_count + 3 > 4 * MOST; }

static void set_tag(struct vmtp_request *r) {
    r->message.words[2] = TAG | w.call_count;
    r->message.words[3] = 0;
}

/* A run of calls, of which the last may leave it open. */
static void op_stream(void) {
    uint32_t who = byte(), server = byte(), how = byte(), size = byte(), limit = byte();
    struct my_node *n = some_node(who);
    for (uint32_t left = (how & 7u) + 1; left > 0 && !no_more_room(); left--) {
        uint32_t small = how & 0x80 && (left & 1);
        struct vmtp_request r = {.client = own_entity(n, who >> 2 & 7u),
                                 .segment_size = small ? 0 : some_large_size(size),
                                 .response_size = some_large_size(size >> 4),
                                 .flags = left > 1 || (how & 8) ? VMTP_CALL_MORE : 0,
                                 .priority = who >> 5 & 1u ? 8 : 0,
                                 .gap = who >> 6 & 1u ? 64 : 0};
        r.message.server = some_entity(server);
        r.message.code = how & 0x10 ? VMTP_DGM : how & 0x20 ? VMTP_MDM : how >> 6 & 1u;
        if (r.message.code & VMTP_MDM)
            r.message.words[5] = 0x0ff1u;
        r.deadline = limit & 0x80 ? VMTP_NEVER : w.now + some_duration(limit);
        set_tag(&r);
        begin_call(n, &r, is_ours(r.message.server), 0);
    }
}

/* One call with all that a request can say. */
static void op_call_more(void) {
    uint32_t who = byte(), server = byte(), code = byte(), size = byte(), limit = byte(), flags = byte(), more = byte();
    struct my_node *n = some_node(who);
    vmtp_entity members[8];
    if (no_more_room())
        return;
    struct vmtp_request r = {.client = own_entity(n, who >> 2 & 7u),
                             .segment_size = some_large_size(size),
                             .response_size = some_large_size(size >> 4),
                             .response_slots = who >> 5,
                             .flags = flags & 0x1du,
                             .members = members,
                             .priority = (uint8_t)(more >> 4),
                             .control = (more & 1 ? VMTP_NRT : 0) | (more & 2 ? VMTP_DRT : 0) | (more & 4 ? VMTP_CMG : 0)};
    r.message.server = some_entity(server);
    r.message.code = code_flags[code & 15u] | (code >> 4);
    if (flags & VMTP_CALL_RELIABLE) {
        r.message.code = (r.message.code & ~(VMTP_DGM | VMTP_CRE)) | VMTP_MRD;
        r.member_count = flags >> 5;
        for (uint32_t i = 0; i < r.member_count; i++)
            members[i] = i + 1 < w.node_count    ? own_entity(some_node(who + 1 + i), 0)
                         : i + 1 == w.node_count ? own_entity(n, 1)
                                                 : some_entity(byte());
    }
    set_tag(&r);
    if (r.message.code & VMTP_CRE)
        vmtp_message_set_coresident(&r.message, some_entity(byte()));
    if (r.message.code & VMTP_MDM)
        r.message.words[5] = byte() * 0x01010101u;
    r.deadline = limit & 0x80 ? VMTP_NEVER : w.now + some_duration(limit);
    begin_call(n, &r, is_ours(r.message.server), 0);
}

static struct my_request *some_request(uint32_t which) {
    return w.request_count ? &w.requests[w.request_count - 1 - which % w.request_count] : NULL;
}

static void op_reply_more(void) {
    uint32_t which = byte(), shape = byte(), size = byte(), flags = byte();
    struct my_request *r = some_request(which);
    if (r)
        reply_as(r, shape, some_large_size(size), flags & 63u);
}

static void op_forward(void) {
    uint32_t which = byte(), to = byte(), shape = byte(), size = byte();
    struct my_request *r = some_request(which);
    if (r)
        pass_on(r, some_entity(to), shape, shape & 1 ? NOTHING : some_large_size(size), some_large_size(size >> 4));
}

static void take_accept_back(uint32_t which) {
    struct my_accept *a = w.accept_count ? &w.accepts[w.accept_count - 1 - which % w.accept_count] : NULL;
    if (!a)
        return;
    int error = vmtp_accept_cancel(w.nodes[a->node].e, a->entity, (uint64_t)(a - w.accepts) + 0xacce00000000ull);
    trace("    accept %u is taken back: %d\n", (unsigned)(a - w.accepts), error);
    MUST(error == 0 || error == VMTP_E_NO_ENTITY || error == VMTP_E_STALE);
    MUST(error != 0 || !a->over);
    MUST(error != VMTP_E_STALE || a->over || a->cancelled);
    a->cancelled |= error == 0;
}

/* What there is to be read, at any time. */
static void look_around(struct my_node *n, uint32_t which) {
    struct vmtp_transaction t;
    struct vmtp_usage u;
    uint64_t place = 0;
    uint32_t transaction, count = 0;
    vmtp_usage(n->e, &u);
    while (vmtp_transaction_next(n->e, &place, &t)) {
        MUST(count++ < 10000u && t.state && t.role >= VMTP_AS_CLIENT && t.role <= VMTP_AS_RECORD);
        remember_number(t.client ^ t.server ^ t.transaction);
    }
    int error = vmtp_outstanding(n->e, own_entity(n, which), &transaction);
    MUST(error == 0 || error == VMTP_E_NO_ENTITY || error == VMTP_E_STALE);
}

#endif
