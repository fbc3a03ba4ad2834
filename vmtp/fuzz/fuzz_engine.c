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
#include "engine_model.h"

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

static const uint32_t code_flags[16] = {0,
                                        0,
                                        VMTP_DGM,
                                        VMTP_MDM,
                                        VMTP_CMD,
                                        VMTP_CRE,
                                        VMTP_MRD,
                                        VMTP_SDA,
                                        VMTP_MDM | VMTP_SDA,
                                        VMTP_DGM | VMTP_MDM,
                                        VMTP_CRE | VMTP_MRD,
                                        VMTP_PIC,
                                        0x08000000u,
                                        VMTP_CMD | VMTP_DGM,
                                        VMTP_MRD | VMTP_DGM,
                                        0xff000000u};

/* A strictly stable identifier may be chosen that is another node's manager too: that one answers as managers do. */
static int is_a_manager(vmtp_entity id) {
    for (uint32_t i = 0; i < w.node_count; i++)
        if (w.nodes[i].e && vmtp_engine_manager(w.nodes[i].e) == id)
            return 1;
    return 0;
}

static void begin_call(struct my_node *n, struct vmtp_request *r, int plain, uint32_t missing) {
    struct my_call *c = &w.calls[w.call_count];
    uint32_t slots = r->response_slots > 1 ? r->response_slots : 1;
    *c = (struct my_call){.client = r->client,
                          .node = n->number,
                          .segment_size = r->segment_size,
                          .response_size = r->response_size,
                          .slots = r->response_slots,
                          .deadline = r->deadline,
                          .plain = plain && !is_a_manager(r->message.server)};
    c->segment = lend(r->segment_size, w.call_count);
    c->area = lend(slots * r->response_size, NOTHING);
    r->segment = missing & 1 ? NULL : lent(c->segment);
    r->response_area = missing & 2 ? NULL : lent(c->area);
    r->cookie = 0xca1100000000ull + w.call_count;
    int error = vmtp_call(n->e, &c->handle, r, w.now);
    trace("    call of %llx to %llx, code %x, %u octets: %d\n", (unsigned long long)r->client,
          (unsigned long long)r->message.server, r->message.code, r->segment_size, error);
    remember_number((uint64_t)(int64_t)error);
    if (error == 0) {
        MUST(c->handle != 0 && (r->segment || !r->segment_size) && (r->response_area || !r->response_size));
        w.call_count++;
        return;
    }
    MUST(error == VMTP_E_NOT_READY || error == VMTP_E_NO_ENTITY || error == VMTP_E_IN_CALL || error == VMTP_E_FULL ||
         error == VMTP_E_TOO_LARGE || error == VMTP_E_INVALID);
    take_back(c->segment);
    take_back(c->area);
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

static const uint32_t procedures[16] = {VMTP_PROBE_ENTITY,
                                        VMTP_PROBE_ENTITY_BLOCK,
                                        VMTP_QUERY_VMTP_NODE,
                                        VMTP_GET_REQUEST_FORWARDER,
                                        VMTP_CREATE_ENTITY,
                                        VMTP_DELETE_ENTITY,
                                        VMTP_QUERY_ENTITY,
                                        VMTP_CREATE_GROUP,
                                        VMTP_NOTIFY_VMTP_CLIENT,
                                        VMTP_NOTIFY_VMTP_SERVER,
                                        VMTP_NOTIFY_REMOTE_VMTP_CLIENT,
                                        VMTP_PROBE_ENTITY | VMTP_MRD,
                                        VMTP_QUERY_VMTP_NODE & ~VMTP_CRE,
                                        VMTP_PROBE_ENTITY & ~VMTP_CRE,
                                        VMTP_QUERY_ENTITY | VMTP_DGM,
                                        VMTP_CREATE_ENTITY & ~VMTP_CRE};

/* The parameters of management procedures, as words from octet 36 on. */
static void set_parameters(uint32_t words[7], uint32_t code, uint32_t who, uint32_t what) {
    vmtp_entity a = some_entity(who), b = some_entity(what);
    memset(words, 0, 7 * sizeof words[0]);
    words[0] = (uint32_t)(a >> 32);
    words[1] = (uint32_t)a;
    words[2] = (uint32_t)(b >> 32);
    words[3] = (uint32_t)b;
    if (CODE24(code) == CODE24(VMTP_PROBE_ENTITY))
        words[4] = (what >> 7) + (what >> 6);
    if (CODE24(code) < CODE24(VMTP_NOTIFY_VMTP_CLIENT))
        return;
    if (CODE24(code) != CODE24(VMTP_NOTIFY_VMTP_SERVER)) { /* control flags, and the server does not matter */
        words[2] = what << 20;
        words[3] = 0;
        b = a;
    }
    words[4] = some_transaction(what >> 4, b);
    words[5] = byte() * 0x01010101u;
    words[6] = byte() % 26u;
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
    struct vmtp_entity_options options = {.flags = how >> 1 & 1u, .process = 1, .principal = 2, .effective_principal = 3};
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

/* ---- packets that somebody might send -------------------------------------------------------------------- */

static uint32_t some_blocks(uint32_t choice, uint32_t size) {
    uint32_t all = vmtp_blocks_mask(size);
    switch (choice & 7u) {
    case 0:
    case 1: return all;
    case 2: return 0;
    case 3: return all & 1u;
    case 4: return all & ~1u;
    case 5: return all & 0x55555555u;
    case 6: return all & 0xaaaaaaaau;
    default: return all & ((uint32_t)1 << (choice >> 3));
    }
}

/* Data, Length and checksum for a header that is otherwise complete. */
static uint32_t finish_packet(uint8_t *octets, const struct my_node *n, uint32_t flags, uint32_t size, uint32_t blocks) {
    if (vmtp_get_code(octets) & VMTP_SDA)
        vmtp_put_segment_size(octets, size);
    else
        blocks = 0;
    if ((vmtp_get_code(octets) & (VMTP_SDA | VMTP_MDM)) == (VMTP_SDA | VMTP_MDM))
        blocks &= vmtp_get_msg_delivery(octets);
    uint32_t data = size > VMTP_GROUP_OCTETS ? 0 : (vmtp_blocks_octets(blocks, size) + 7u) & ~7u;
    vmtp_put_length_word(octets, n->config.domain, flags, data / 4u);
    vmtp_put_delivery(octets, data ? blocks : 0);
    memcpy(octets + VMTP_HEADER_OCTETS, pattern_at(blocks), data);
    uint32_t length = VMTP_HEADER_OCTETS + data + VMTP_CHECKSUM_OCTETS;
    mend_checksum(octets, length);
    return length;
}

static uint8_t made[VMTP_MAX_PACKET];

static const uint32_t control_flags[16] = {0,
                                           0,
                                           0,
                                           VMTP_APG,
                                           VMTP_APG,
                                           VMTP_NRT,
                                           VMTP_NRS,
                                           VMTP_NSR,
                                           VMTP_NER,
                                           VMTP_CMG,
                                           VMTP_STI,
                                           VMTP_DRT,
                                           VMTP_MDG,
                                           VMTP_NRT | VMTP_APG,
                                           VMTP_APG | VMTP_NER | VMTP_CMG,
                                           0xff800000u};

/* A sound packet of any kind. */
static void op_make(void) {
    uint32_t how = byte(), client = byte(), server = byte(), transaction = byte(), control = byte(), code = byte(),
             size = byte(), blocks = byte();
    struct my_node *n = some_node(how);
    uint8_t src[6], dst[6];
    vmtp_entity from = some_entity(client);
    memset(made, 0, VMTP_HEADER_OCTETS);
    vmtp_put_client(made, from);
    vmtp_put_server(made, some_entity(server));
    vmtp_put_transaction(made, some_transaction(transaction, from));
    vmtp_put_control(made, vmtp_control(control_flags[control & 15u], transaction >> 5, control >> 6 == 3 ? 1 : 0,
                                        size >> 6 == 3 ? 9 : 0, control >> 4 & 3u, how >> 1 & 1u));
    uint32_t words[7] = {0};
    uint32_t flags = code & 0x80 ? 0 : code_flags[code >> 3 & 15u];
    vmtp_put_code(made, code & 0x80 ? procedures[code & 15u] : flags | (code & 7u) | (size & 15u ? VMTP_SDA : 0));
    if (code & 0x80)
        set_parameters(words, procedures[code & 15u], byte(), byte());
    else if (flags & (VMTP_CRE | VMTP_MDM))
        set_parameters(words, 0, byte(), 0), words[5] = byte() * 0x01010101u;
    for (unsigned i = 0; i < 7; i++)
        vmtp_store32(made + VMTP_AT_USER + 4 * i, words[i]);
    flags = (how & 4 ? VMTP_MPG : 0) | (how >> 6 == 3 ? VMTP_EPG : 0);
    uint32_t length = finish_packet(made, n, flags, some_size(size), some_blocks(blocks, some_size(size)));
    mac_of(src, how >> 4 & 7u);
    memcpy(dst, n->config.mac, 6);
    if (how & 4)
        vmtp_group_mac(dst, vmtp_get_server(made));
    forge(n, made, length, src, dst, 0, how & 8);
}

static void answer_by_notify(const uint8_t *h, uint32_t code, uint32_t delivery) {
    int to_client = vmtp_get_function(h) == VMTP_REQUEST;
    vmtp_put_client(made, 0x600002);
    vmtp_put_server(made, VMTP_MANAGER_GROUP);
    vmtp_put_code(made, to_client ? VMTP_NOTIFY_VMTP_CLIENT : VMTP_NOTIFY_VMTP_SERVER);
    vmtp_put_transaction(made, w.packet_count);
    vmtp_store64(made + 36, to_client ? vmtp_get_client(h) : vmtp_get_server(h));
    if (to_client)
        vmtp_store32(made + 44, vmtp_get_control(h));
    else
        vmtp_store64(made + 44, vmtp_get_client(h));
    vmtp_store32(made + 52, vmtp_get_transaction(h));
    vmtp_store32(made + 56, delivery);
    vmtp_store32(made + 60, code % 26u);
}

static uint32_t answer_by_response(const uint8_t *h, const struct my_node *n, uint32_t how, uint32_t code,
                                   uint32_t shape, uint32_t blocks) {
    static const uint32_t flags[8] = {0, 0, VMTP_DGM, VMTP_DGM, VMTP_MDM, VMTP_DGM | VMTP_MDM, VMTP_CMD, VMTP_CRE};
    static const uint32_t controls[4] = {0, VMTP_NRT, VMTP_CMG, VMTP_APG};
    vmtp_entity server = vmtp_get_server(h);
    vmtp_put_client(made, vmtp_get_client(h));
    vmtp_put_server(made, how & 0x40 || vmtp_is_group(server) ? 0x600001u + (how >> 4 & 3u) : server);
    vmtp_put_transaction(made, vmtp_get_transaction(h) + (shape >> 7 ? shape >> 4 & 7u : 0));
    vmtp_put_control(made, vmtp_control(controls[how >> 2 & 3u], vmtp_get_retransmit_count(h) + (how >> 7),
                                        how >> 6 == 3, 0, vmtp_get_priority(h), VMTP_RESPONSE));
    vmtp_put_code(made, flags[code & 7u] | code >> 4 | (shape & 15u ? VMTP_SDA : 0));
    memcpy(made + VMTP_AT_USER, h + VMTP_AT_USER, 28);
    vmtp_put_msg_delivery(made, 0x0f0f0f0fu);
    return finish_packet(made, n, 0, some_size(shape), some_blocks(blocks, some_size(shape)));
}

/* What a peer could say to a packet that an engine sent. */
static void op_answer(void) {
    uint32_t which = byte(), how = byte(), code = byte(), shape = byte(), blocks = byte(), length;
    const struct packet *p = packet_back(which & 0x3fu);
    if (!p)
        return;
    struct my_node *n = &w.nodes[p->from];
    uint8_t src[6];
    memset(made, 0, VMTP_HEADER_OCTETS);
    if ((how & 1) || vmtp_get_function(p->octets) == VMTP_RESPONSE) {
        answer_by_notify(p->octets, code, shape & 1 ? some_blocks(blocks, VMTP_GROUP_OCTETS) : 0);
        length = finish_packet(made, n, 0, 0, 0);
    } else {
        length = answer_by_response(p->octets, n, how, code, shape, blocks);
    }
    memcpy(src, p->dst, 6);
    if ((src[0] & 1) || (how & 2))
        mac_of(src, 4 + (how >> 4 & 3u));
    forge(n, made, length, src, n->config.mac, 0, which >> 7);
}

/* A packet that was sent once, again, with some octets of its header changed. */
static void op_again(void) {
    uint32_t which = byte(), how = byte();
    const struct packet *p = packet_back(which & 0x3fu);
    if (!p)
        return;
    struct my_node *n = some_node(how & 1 ? p->from : p->from + 1);
    uint8_t src[6], dst[6];
    memcpy(made, p->octets, p->length);
    for (uint32_t changes = how >> 1 & 3u; changes > 0; changes--) {
        uint32_t at = byte();
        made[at % VMTP_HEADER_OCTETS] ^= (uint8_t)(at & 0x80 ? byte() : 1u << (at >> 6 & 1u));
    }
    if (!(how & 8))
        mend_checksum(made, p->length);
    mac_of(src, how & 0x10 ? how >> 5 : p->from);
    memcpy(dst, p->dst, 6);
    if (how & 1)
        memcpy(dst, n->config.mac, 6);
    forge(n, made, p->length, src, dst, which & 0x40 ? VMTP_RX_LOCAL : 0, which >> 7);
}

/* An entity at each node, a place for Requests, and knowledge of the other. */
static void op_greet(void) {
    uint32_t how = byte();
    for (uint32_t i = 0; i < w.node_count; i++) {
        struct my_node *n = &w.nodes[i];
        vmtp_entity id;
        if (n->count || vmtp_entity_create(n->e, &id, NULL, w.now) != 0)
            continue;
        add_entity(n, id);
        for (uint32_t k = how & 3u; k > 0; k--)
            post_accept(n, id, VMTP_GROUP_OCTETS);
    }
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
};
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
    c->block = head[0] >> (3 + n->number) & 1u ? 0 : 0x100000u * (n->number + 1);
    if (w.tiny)
        tiny_tables(c, head[3], head[4]);
    if (head[0] & 0x20)
        odd_timers(&c->timers, head[5]);
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
    MUST(u.accepts == accepts && n->e->user_calls == calls && u.calls >= calls);
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
    for (uint32_t i = 0; i < w.accept_count; i++)
        MUST(w.accepts[i].over);
    for (uint32_t i = 0; i < w.request_count; i++)
        MUST(w.requests[i].answered != w.requests[i].abandoned);
    for (uint32_t i = 0; i < w.reply_count; i++)
        MUST(w.replies[i].over == (w.replies[i].segment != NOTHING));
    for (uint32_t i = 0; i < w.node_count; i++) {
        const struct my_node *n = &w.nodes[i];
        audit_idle(n->e);
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
    w.node_count = 1 + (head[0] & 1u);
    for (uint32_t i = 0; i < w.node_count; i++) {
        w.nodes[i].number = i;
        make_node(&w.nodes[i], head);
    }
    for (uint32_t step = 0; w.at < w.end && step < 2000u; step++) {
        uint32_t op = byte() & 31u;
        if (op >= OPERATIONS || (w.honest && operations[op].forges))
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
