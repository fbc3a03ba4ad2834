/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The engine against everything that can happen to it.  The input is a program (README.md lists its operations): it makes one
 * or two engines, often with tables so small that they run full, calls every function of engine.h in any order and at
 * any time, and puts packets of every kind before them: their own, lost, doubled, late, in another order, damaged;
 * answers that a peer might give; and octets from anybody.
 *
 * While it runs, a model of what was lent and begun checks the promises of engine.h: every buffer comes back exactly
 * once and is not touched afterwards, every call completes exactly once, every packet sent is sound, nothing
 * grows without bound, and in the end nothing is left.  As long as nobody forges packets and time is kept, also: a Request is
 * executed at most once, and all octets arrive as they were sent.
 *
 * With VMTP_FUZZ_TRACE in the environment the program is printed as it runs.
 */
#include "engine_forge.h"
#include "engine_groups.h"
#include "engine_model.h"
#include "engine_moves.h"
#include "engine_streams.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* ---- operations ------------------------------------------------------------------------------------------ */

static void op_pass(void) { pass(some_duration(byte())); }

static void op_run(void) {
    uint32_t duration = byte(), fate = byte();
    run(some_duration(duration % 14u), fate);
}

static void op_expire(void) {
    uint32_t how = byte();
    struct my_node *n = some_node(how);
    vmtp_time due = vmtp_deadline(n->e);
    switch (how >> 1 & 3u) {
    case 0: /* on time, or late if it is due */
        if (due != VMTP_NEVER && due > w.now)
            pass(due - w.now);
        expire(n);
        break;
    case 1: /* whenever */
        vmtp_expire(n->e, w.now);
        vmtp_expire(n->e, w.now);
        break;
    default: /* a moment early */
        if (due != VMTP_NEVER && due > w.now + 1)
            pass(due - w.now - 1);
        vmtp_expire(n->e, w.now);
        break;
    }
}

static void op_output(void) {
    uint32_t how = byte();
    struct my_node *n = some_node(how);
    struct vmtp_tx tx;
    for (uint32_t count = (how >> 3 & 3u) + 1; count > 0 && output(n, &tx); count--) {
        uint32_t outcome = how >> 1 & 3u;
        if (outcome == 3 && w.held_count < HELD) {
            hold(n, &tx);
            continue;
        }
        if (outcome == VMTP_TX_SENT || outcome == 3)
            put_on_segment(n, &tx, w.now);
        else
            gather(n, &tx, packets[w.packet_count % PACKETS].octets), packets[w.packet_count % PACKETS].alive = 0;
        vmtp_tx_result(n->e, &tx, outcome == 3 ? VMTP_TX_SENT : (enum vmtp_tx_outcome)outcome, w.now);
    }
}

static void op_report(void) {
    uint32_t how = byte();
    if (w.held_count)
        report((how >> 2) % w.held_count, (enum vmtp_tx_outcome)((how & 3u) % 3u));
}

/* One of the packets that wait, or one that has been before. */
static struct packet *some_packet(uint32_t choice) {
    for (uint32_t i = 0; i < PACKETS; i++) {
        struct packet *p = packet_back(PACKETS - 1 - i);
        if (p && p->alive && choice-- == 0)
            return p;
    }
    return NULL;
}

static void damage(struct packet *p, struct my_node *n, uint32_t where) {
    static uint8_t copy[VMTP_MAX_PACKET];
    uint8_t src[6];
    memcpy(copy, p->octets, p->length);
    copy[where * 67u % p->length] ^= (uint8_t)(1u << (where & 7u));
    mac_of(src, p->from);
    forge(n, copy, p->length, src, p->dst, 0, 1);
}

static void op_deliver(void) {
    uint32_t how = byte();
    struct packet *p = some_packet(how >> 4);
    if (!p)
        return;
    p->alive = how >> 1 & 1; /* or it comes again */
    switch (how >> 2 & 3u) {
    case 0:
    case 1: deliver_by_address(p, how & 1); break;
    case 2: /* lost; or back to where it came from */
        if (how & 1)
            deliver(p, &w.nodes[p->from], 1);
        break;
    default: damage(p, some_node(p->from + 1), byte()); break;
    }
}

static void op_deliver_all(void) {
    uint32_t fate = byte(), kept = w.packet_count < PACKETS ? w.packet_count : PACKETS, end = w.packet_count;
    for (uint32_t i = 0; i < kept; i++) {
        struct packet *p = &packets[(fate & 1 ? end - 1 - i : end - kept + i) % PACKETS]; /* last first */
        if (!p->alive)
            continue;
        p->alive = 0;
        if (!(fate >> 1) || i % 7u != (fate >> 1) % 7u)
            deliver_by_address(p, 0);
        if (fate & 0x80)
            deliver_by_address(p, 0);
    }
}

static void op_call(void) {
    uint32_t who = byte(), server = byte(), code = byte(), shape = byte(), limit = byte(), more = byte();
    static const uint32_t controls[4] = {0, VMTP_NRT, VMTP_DRT, VMTP_APG};
    struct my_node *n = some_node(who);
    if (w.call_count == MOST || w.loan_count + 2 > 4 * MOST)
        return;
    struct vmtp_request r = {.client = own_entity(n, who >> 1 & 7u),
                             .segment_size = some_size(shape),
                             .response_size = some_size(shape >> 4)};
    r.message.server = some_entity(server);
    r.message.code = code_flags[code & 15u] | (code >> 4);
    r.message.words[2] = TAG | w.call_count;
    r.message.words[3] = 0;
    if (r.message.code & VMTP_CRE)
        vmtp_message_set_coresident(&r.message, some_entity(byte()));
    if (r.message.code & VMTP_MDM)
        r.message.words[5] = byte() * 0x01010101u;
    r.response_slots = who >> 4 & 3u;
    r.deadline = limit & 0x80 ? VMTP_NEVER : w.now + some_duration(limit) - (limit >> 4 & 1u) * VMTP_MILLISECOND;
    r.control = controls[more & 3u];
    r.priority = more >> 2 & 0x1fu;
    r.gap = more >> 7 ? 255 : 0;
    begin_call(n, &r, is_ours(r.message.server), who >> 6);
}

/* Management Requests as an application makes them. */
static void op_manage(void) {
    uint32_t who = byte(), how = byte(), code = byte(), first = byte(), second = byte();
    struct my_node *n = some_node(who);
    if (w.call_count == MOST || w.loan_count + 2 > 4 * MOST)
        return;
    struct vmtp_request r = {
        .client = own_entity(n, who >> 1 & 7u), .response_size = some_size(how >> 4), .response_slots = how >> 2 & 3u};
    r.message.server = how & 1 ? VMTP_MANAGER_GROUP : vmtp_engine_manager(some_node(how >> 1)->e);
    r.message.code = procedures[code & 15u] | (r.response_slots > 1 ? VMTP_MRD : 0);
    r.deadline = code & 0x80 ? VMTP_NEVER : w.now + some_duration(code >> 4);
    set_parameters(r.message.words, r.message.code, first, second);
    if (CODE24(r.message.code) >= CODE24(VMTP_NOTIFY_VMTP_CLIENT))
        w.forged = 1;
    begin_call(n, &r, 0, 0);
}

static void op_cancel(void) {
    uint32_t how = byte(), which = byte();
    struct my_node *n = some_node(how);
    vmtp_handle handle = 0x100000001ull * how;
    struct my_call *c = NULL;
    if (w.call_count && (how & 6u)) {
        c = &w.calls[w.call_count - 1 - which % w.call_count];
        n = &w.nodes[c->node];
        handle = c->handle ^ ((how & 6u) == 2u && (how & 8u) ? 1ull << (which >> 2) : 0);
        c = handle == c->handle ? c : NULL;
    }
    int error = vmtp_cancel(n->e, handle, w.now);
    trace("    cancel %llx: %d\n", (unsigned long long)handle, error);
    MUST(error == 0 || error == VMTP_E_STALE);
    MUST(!c || !c->over || error != 0);
    if (c && !error) {
        c->cancelled = 1;
        MUST(vmtp_cancel(n->e, handle, w.now) == VMTP_E_STALE);
    }
}

static void op_accept(void) {
    uint32_t who = byte(), size = byte();
    struct my_node *n = some_node(who);
    vmtp_entity entity = who & 0x80 ? some_entity(size) : own_entity(n, who >> 1 & 7u);
    MUST(vmtp_accept(n->e, entity, NULL, 8, 0) < 0);
    for (uint32_t count = (who >> 4 & 3u) + 1; count > 0; count--)
        post_accept(n, entity, some_size(size));
}

static void op_reply(void) {
    uint32_t which = byte(), shape = byte(), size = byte();
    if (size & 0x80) { /* forged */
        struct my_request none = {.handle = 0x0000000102000000ull + which + ((uint64_t)shape << 32),
                                  .node = some_node(size)->number,
                                  .call = NOTHING,
                                  .answered = 0};
        for (uint32_t i = 0; i < w.request_count; i++)
            if (w.requests[i].handle == none.handle && w.requests[i].node == none.node)
                return;
        none.answered = 1;
        reply(&none, shape, some_size(size));
    } else if (w.request_count) {
        reply(&w.requests[w.request_count - 1 - which % w.request_count], shape, some_size(size));
    }
}

static void op_create(void) {
    uint32_t how = byte();
    struct my_node *n = some_node(how);
    uint32_t flags = w.second ? (how & 0x80 ? VMTP_ENTITY_SIGNALS : 0) | (how & 0x40 ? VMTP_ENTITY_IMMUNE : 0) : 0;
    struct vmtp_entity_options options = {
        .flags = (how >> 1 & 1u) | flags, .process = 1, .principal = 2, .effective_principal = 3};
    vmtp_entity id = 0;
    if (how & 4)
        options.id = how & 8 ? some_entity(byte()) : 0x7700u + n->number * 8u + (how >> 4 & 7u);
    if (n->count == ENTITIES)
        return;
    int error = vmtp_entity_create(n->e, &id, &options, w.now);
    trace("    create at %u: %llx %d\n", n->number, (unsigned long long)id, error);
    MUST(error == 0 || error == VMTP_E_NOT_READY || error == VMTP_E_FULL || error == VMTP_E_EXISTS ||
         error == VMTP_E_INVALID);
    if (error == 0) {
        MUST(id != 0 && !vmtp_is_group(id) && (!options.id || options.id == id));
        add_entity(n, id);
    }
}

static void op_delete(void) {
    uint32_t how = byte();
    struct my_node *n = some_node(how);
    vmtp_entity id = how & 0x80 ? some_entity(byte()) : own_entity(n, how >> 1);
    int error = vmtp_entity_delete(n->e, id, w.now);
    trace("    delete %llx at %u: %d\n", (unsigned long long)id, n->number, error);
    MUST(error == 0 || error == VMTP_E_NO_ENTITY);
    if (error == 0)
        forget_entity(n, id);
}

static void op_host(void) {
    uint32_t how = byte(), who = byte();
    struct my_node *n = some_node(how);
    vmtp_entity id = some_entity(who);
    uint8_t mac[6], found[6];
    vmtp_time rtt;
    mac_of(mac, how >> 4);
    switch (how >> 1 & 3u) {
    case 0:
    case 1:
        if (vmtp_host_learn(n->e, id, mac, w.now) == 0) {
            MUST(vmtp_host_lookup(n->e, id, found, &rtt) == 0);
            MUST(memcmp(mac, found, 6) == 0);
        }
        break;
    case 2:
        if (vmtp_host_forget(n->e, id) == 0)
            MUST(vmtp_host_lookup(n->e, id, NULL, NULL) == VMTP_E_NO_ENTITY);
        break;
    default:
        if (vmtp_host_lookup(n->e, id, found, &rtt) == 0)
            remember(found, 6);
        break;
    }
}

static void op_events(void) {
    uint32_t how = byte();
    take_events(some_node(how), how >> 1 ? how >> 1 : NOTHING);
}

static void op_policy(void) {
    w.policy = (uint8_t)byte();
    w.reply_shape = (uint8_t)byte();
}

/* Octets from the input, as they are or with a right checksum. */
static void op_raw(void) {
    static uint8_t octets[VMTP_MAX_PACKET + 256];
    uint32_t how = byte(), length = byte() + (how & 0x80 ? VMTP_MAX_PACKET - 100u : 0);
    struct my_node *n = some_node(how);
    uint8_t src[6];
    memcpy(octets, patterns, sizeof octets < sizeof patterns ? sizeof octets : sizeof patterns);
    for (uint32_t i = 0; i < length && i < 255u && w.at < w.end; i++)
        octets[i] = (uint8_t)byte();
    if ((how & 2) && length >= VMTP_MIN_PACKET)
        mend_checksum(octets, length);
    mac_of(src, how >> 4);
    forge(n, octets, length, src, n->config.mac, how >> 2 & 3u, 1);
}

/* At a node: an entity, or two, that may be in a group and have places for Requests. */
static void settle_down(struct my_node *n, uint32_t how) {
    vmtp_entity id;
    for (uint32_t entities = 1 + (how >> 4 & 1u); entities > 0; entities--) {
        if (vmtp_entity_create(n->e, &id, NULL, w.now) != 0)
            return;
        add_entity(n, id);
        for (uint32_t k = how & 3u; k > 0; k--)
            post_accept(n, id, how & 8 ? LARGEST : VMTP_GROUP_OCTETS);
        if (how & 0x20)
            join_group(n, some_group(0), id, how & 0x40 ? VMTP_GROUP_BITS : VMTP_GROUP_ALL);
    }
}

/* An entity at each node, a place for Requests, and knowledge of the other. */
static void op_greet(void) {
    uint32_t how = byte();
    for (uint32_t i = 0; i < w.node_count; i++)
        if (!w.nodes[i].count)
            settle_down(&w.nodes[i], w.second ? how : how & 7u);
    for (uint32_t i = 0; i < w.node_count && (how & 4); i++) {
        const struct my_node *other = &w.nodes[w.node_count - 1 - i];
        if (other->count && i != other->number)
            vmtp_host_learn(w.nodes[i].e, other->ids[0], other->config.mac, w.now);
    }
}

/* Many entities call as many that nobody knows, or all the same one; or identifiers are used up. */
static void op_crowd(void) {
    uint32_t how = byte(), server = byte();
    struct my_node *n = some_node(how);
    vmtp_entity id;
    for (uint32_t i = how >> 2 & 0x3fu; i > 0; i--) {
        if (n->count == ENTITIES || w.call_count == MOST || vmtp_entity_create(n->e, &id, NULL, w.now) != 0)
            return;
        if (how & 2) {
            MUST(vmtp_entity_delete(n->e, id, w.now) == 0 && vmtp_entity_delete(n->e, id, w.now) == VMTP_E_NO_ENTITY);
            continue;
        }
        add_entity(n, id);
        struct vmtp_request r = {.client = id, .segment_size = some_size(server), .deadline = VMTP_NEVER};
        r.message.server = server & 0x80 ? 0x7700u + i : some_entity(server);
        r.message.words[2] = TAG | w.call_count;
        begin_call(n, &r, is_ours(r.message.server), 0);
    }
}

/* Another program at the same address comes or goes. */
static void op_share(void) {
    uint32_t how = byte();
    vmtp_engine_share(some_node(how)->e, how >> 1 & 1u);
}

/* A configuration with one octet changed is good and makes an engine, or is refused with a reason. */
static void op_configure(void) {
    uint32_t where = byte() + (byte() << 8), value = byte();
    struct vmtp_config c = some_node(where)->config;
    vmtp_engine *e = NULL;
    ((uint8_t *)&c)[where % offsetof(struct vmtp_config, random)] = (uint8_t)value;
    const char *problem = vmtp_config_check(&c);
    size_t size = vmtp_engine_footprint(&c);
    MUST((problem == NULL) == (size != 0));
    MUST(vmtp_engine_create(&e, &c, NULL, size, w.now) == VMTP_E_INVALID && !e);
    if (size > 1u << 19)
        return;
    void *memory = aligned_alloc(64, size + 64);
    MUST(memory);
    int error = vmtp_engine_create(&e, &c, memory, size, w.now);
    MUST(error == (problem ? VMTP_E_INVALID : 0));
    if (!error)
        audit(e);
    free(memory);
}

/* The number of an operation is its place: append only, or the corpus says something else. */
static const struct {
    const char *name;
    void (*run)(void);
    int forges;
} operations[] = {
    {"pass", op_pass, 0},
    {"run", op_run, 0},
    {"expire", op_expire, 0},
    {"output", op_output, 0},
    {"report", op_report, 0},
    {"deliver", op_deliver, 0},
    {"deliver-all", op_deliver_all, 0},
    {"call", op_call, 0},
    {"manage", op_manage, 0},
    {"cancel", op_cancel, 0},
    {"accept", op_accept, 0},
    {"reply", op_reply, 0},
    {"create", op_create, 0},
    {"delete", op_delete, 0},
    {"host", op_host, 0},
    {"events", op_events, 0},
    {"policy", op_policy, 0},
    {"raw", op_raw, 1},
    {"make", op_make, 1},
    {"answer", op_answer, 1},
    {"again", op_again, 1},
    {"greet", op_greet, 0},
    {"crowd", op_crowd, 0},
    {"configure", op_configure, 0},
    {"share", op_share, 0},
    {"stream", op_stream, 0}, /* from here on: programs of the second version */
    {"call-more", op_call_more, 0},
    {"group", op_group, 0},
    {"forward", op_forward, 0},
    {"withdraw", op_withdraw, 0},
    {"reply-more", op_reply_more, 0},
    {"forge", op_forge, 1},
};
#define FIRST_OPERATIONS 25u
#define OPERATIONS (sizeof operations / sizeof operations[0])

/* ---- a whole program ------------------------------------------------------------------------------------- */

/* Poor randomness, also the same at both nodes, but not for ever: hosts that agree on everything never get a block. */
static void node_random(void *context, void *out, size_t size) {
    struct my_node *n = context;
    uint8_t *p = out;
    if (n->draws++ == 12)
        n->random = 1000u + n->number;
    for (size_t i = 0; i < size; i++) {
        if (n->random > 1)
            n->random = n->random * 6364136223846793005ull + 1442695040888963407ull;
        p[i] = n->random == 0 ? 0 : n->random == 1 ? 0xff : (uint8_t)(n->random >> 56);
    }
}

static void tiny_tables(struct vmtp_config *c, uint32_t a, uint32_t b) {
    c->max_entities = 1 + (a & 3u);
    c->max_calls = 1 + (a >> 2 & 3u);
    c->max_remote_clients = 1 + (a >> 4 & 3u);
    c->max_requests = 1 + (a >> 6 & 3u);
    c->max_accepts = 1 + (b & 3u);
    c->no_streams = 1;
    c->max_hosts = 1 + (b >> 2 & 3u);
    c->max_responses = b >> 4 & 3u;
    c->max_control = 4 + (b >> 6 & 3u);
}

static void odd_timers(struct vmtp_timers *t, uint32_t choice) {
    t->ts2 = choice & 1 ? 0 : 300 * VMTP_MILLISECOND;
    t->ts4 = choice & 2 ? VMTP_MILLISECOND : 500 * VMTP_MILLISECOND;
    t->tc1_constant = choice & 4 ? 0 : 40 * VMTP_MILLISECOND;
    t->ts5 = choice & 8 ? VMTP_MILLISECOND : 100 * VMTP_MILLISECOND;
    t->request_retries = t->response_retries = (uint8_t)(choice >> 4 & 3u);
    t->ack_retries = (uint8_t)(choice >> 6 & 3u);
    t->block_probes = (uint8_t)(1 + (choice >> 6));
    w.late = 1; /* shorter memories promise less */
}

static void second_version(struct vmtp_config *c, const uint8_t head[8]) {
    c->no_streams = head[6] >> 4 & 1u;
    c->max_sequences = head[6] & 0x40 ? 2 : 0;
    if (!w.tiny)
        return;
    c->max_runs = head[5] & 3u;
    c->max_memberships = head[5] >> 2 & 7u;
    c->max_migrated = head[5] >> 6 & 3u;
}

static void make_node(struct my_node *n, const uint8_t head[8]) {
    static const uint32_t mtus[8] = {1500, 580, 1492, 1024, 4200, 9000, 16452, 65535};
    struct vmtp_config *c = &n->config;
    vmtp_config_init(c);
    mac_of(c->mac, n->number);
    c->mtu = mtus[head[1] & 7u];
    c->checksum = (uint8_t)((head[1] >> 3 & 3u) % 3u);
    c->require_checksum = head[1] >> 5 & 1u;
    c->timers.ts5_always = head[1] >> 6 & 1u;
    c->remote_management = head[1] >> 7;
    c->little_endian = head[0] >> 7;
    c->block = head[0] >> (3 + n->number % 2u) & 1u ? 0 : 0x100000u * (n->number + 1);
    if (w.tiny)
        tiny_tables(c, head[3], head[4]);
    if (head[0] & 0x20)
        odd_timers(&c->timers, head[5]);
    if (w.second)
        second_version(c, head);
    c->random = node_random;
    c->random_context = n;
    n->random = head[2] < 2 ? head[2] : (uint64_t)head[2] * 977u + (head[6] & 1 ? 0 : n->number);
    MUST(vmtp_config_check(c) == NULL);
    size_t size = vmtp_engine_footprint(c);
    n->memory = aligned_alloc(64, size);
    MUST(n->memory);
    memset(n->memory, head[7], size);
    MUST(vmtp_engine_create(&n->e, c, n->memory, size - 1, w.now) == VMTP_E_MEMORY);
    MUST(vmtp_engine_create(&n->e, c, n->memory, size, w.now) == 0);
}

static void check_usage(const struct my_node *n) {
    struct vmtp_usage u;
    vmtp_usage(n->e, &u);
    MUST(u.entities <= n->config.max_entities && u.calls <= n->config.max_calls + PROBERS);
    MUST(u.remote_clients <= n->config.max_remote_clients && u.requests <= n->config.max_requests);
    MUST(u.accepts <= n->config.max_accepts && u.hosts <= n->config.max_hosts);
    uint32_t calls = 0, accepts = 0;
    for (uint32_t i = 0; i < w.call_count; i++)
        calls += w.calls[i].node == n->number && !w.calls[i].over;
    for (uint32_t i = 0; i < w.accept_count; i++)
        accepts += w.accepts[i].node == n->number && !w.accepts[i].over;
    MUST(u.accepts == accepts && u.calls >= calls);
    MUST(w.second ? n->e->user_calls >= calls : n->e->user_calls == calls); /* forwarding makes some */
    MUST(u.memberships <= n->config.max_memberships && u.runs <= n->config.max_runs);
}

static void check_nodes(uint32_t step) {
    for (uint32_t i = 0; i < w.node_count; i++) {
        check_usage(&w.nodes[i]);
        if (w.tiny || step % 16u == 0)
            audit(w.nodes[i].e);
    }
}

/* Everybody goes: what was lent comes back, and what was begun ends, within the time that things are remembered. */
static void leave(void) {
    while (w.held_count)
        report(w.held_count - 1, (enum vmtp_tx_outcome)(w.held_count % 3u));
    for (uint32_t i = 0; i < PACKETS; i++)
        packets[i].alive = 0;
    w.policy = 0;
    for (uint32_t i = 0; i < w.grant_count; i++)
        vmtp_group_grant(w.nodes[w.grants[i].node].e, w.grants[i].group, w.grants[i].whom, 0);
    for (uint32_t i = 0; i < w.call_count && w.cancel_first; i++)
        vmtp_cancel(w.nodes[w.calls[i].node].e, w.calls[i].handle, w.now);
    for (vmtp_time end = w.now + 1000 * VMTP_SECOND, next = w.now, steps = 0; next <= end; next = next_deadline()) {
        MUST(steps++ < 100000u && (next > w.now || steps == 1));
        w.now = next;
        for (uint32_t i = 0; i < w.node_count; i++) {
            struct my_node *n = &w.nodes[i];
            for (uint32_t turns = 0, taken = 1; taken; turns++) {
                MUST(turns < 1000u);
                for (uint32_t k = 0; k < n->count; k++)
                    if (n->live[k] && vmtp_entity_delete(n->e, n->ids[k], w.now) == 0)
                        n->live[k] = 0;
                expire(n);
                taken = take_events(n, NOTHING);
            }
        }
        check_nodes((uint32_t)steps);
    }
}

static void check_end(void) {
    for (uint32_t i = 0; i < w.call_count; i++)
        MUST(w.calls[i].over);
    for (uint32_t i = 0; i < w.move_count; i++)
        MUST(w.moves[i].count == 0);
    for (uint32_t i = 0; i < w.accept_count; i++)
        MUST(w.accepts[i].over);
    for (uint32_t i = 0; i < w.request_count; i++)
        MUST(w.requests[i].answered + w.requests[i].abandoned + w.requests[i].moved == 1);
    for (uint32_t i = 0; i < w.reply_count; i++)
        MUST(w.replies[i].over == w.replies[i].owed);
    for (uint32_t i = 0; i < w.node_count; i++) {
        const struct my_node *n = &w.nodes[i];
        audit_idle(n->e);
        MUST(n->listen_count == 0);
        MUST(vmtp_engine_ready(n->e) && n->readies == 1);
        MUST(vmtp_deadline(n->e) == VMTP_NEVER);
    }
}

static uint64_t run_program(const uint8_t *data, size_t size, uint8_t garbage) {
    static const vmtp_time epochs[4] = {0, 12345 * VMTP_SECOND, (vmtp_time)1 << 42, (vmtp_time)1 << 62};
    uint8_t head[8] = {0};
    memcpy(head, data, size < 7 ? size : 7);
    head[7] = garbage;
    memset(&w, 0, sizeof w);
    for (uint32_t i = 0; i < PACKETS; i++)
        packets[i].alive = 0;
    w.at = data + (size < 7 ? size : 7);
    w.end = data + size;
    w.tiny = head[0] >> 1 & 1u;
    w.cancel_first = head[0] >> 6 & 1u;
    w.honest = head[6] >> 3 & 1u;
    w.now = epochs[head[6] >> 1 & 3u];
    w.second = head[6] >> 7;
    w.node_count = 1 + (head[0] & 1u) + (w.second && (head[6] & 0x20));
    for (uint32_t i = 0; i < w.node_count; i++) {
        w.nodes[i].number = i;
        make_node(&w.nodes[i], head);
    }
    for (uint32_t step = 0; w.at < w.end && step < 2000u; step++) {
        uint32_t op = byte() & 31u;
        if (op >= (w.second ? OPERATIONS : FIRST_OPERATIONS) || (w.honest && operations[op].forges))
            continue;
        trace("%6u  %llu.%06llu ms  %s\n", step, (unsigned long long)(w.now / 1000000u),
              (unsigned long long)(w.now % 1000000u), operations[op].name);
        operations[op].run();
        check_nodes(step);
    }
    trace("        leave\n");
    leave();
    check_end();
    bury_loans();
    for (uint32_t i = 0; i < w.node_count; i++)
        free(w.nodes[i].memory);
    return w.hash;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (!patterns[1]) {
        for (uint32_t i = 0, x = 1; i < sizeof patterns; i++, x = x * 1664525u + 1013904223u)
            patterns[i] = (uint8_t)(x >> 24 | 1u);
        tracing = getenv("VMTP_FUZZ_TRACE") != NULL;
    }
    uint64_t first = run_program(data, size, 0);
    if (size && (data[0] & 4)) /* the same inputs give the same outputs, whatever the memory held before */
        MUST(run_program(data, size, 0xee) == first);
    return 0;
}
