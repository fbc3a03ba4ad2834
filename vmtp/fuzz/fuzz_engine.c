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
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine_audit.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WITH_ASAN 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define WITH_ASAN 1
#endif
#ifdef WITH_ASAN
#include <sanitizer/asan_interface.h>
#define POISON(at, size) ASAN_POISON_MEMORY_REGION(at, size)
#define UNPOISON(at, size) ASAN_UNPOISON_MEMORY_REGION(at, size)
#else
#define POISON(at, size) ((void)(at), (void)(size))
#define UNPOISON(at, size) ((void)(at), (void)(size))
#endif

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NODES 2u
#define MOST 240u    /* of anything that one program may lend or begin */
#define PACKETS 96u  /* on the segment, or remembered from it */
#define HELD 16u     /* packets given out by an engine and not reported yet */
#define ENTITIES 48u /* that a program knows, at each node */
#define NOTHING UINT32_MAX
#define GUARD 32u
#define TAG 0xca110000u
#define MPL VMTP_SECOND                  /* no packet is older, or all promises of "at most once" are off */
#define PUNCTUAL (50 * VMTP_MILLISECOND) /* the same for an engine that is not looked after for longer */

/* ---- the model ------------------------------------------------------------------------------------------- */

struct loan {
    uint8_t *memory; /* a guard zone, size octets, a guard zone */
    uint32_t size;
    uint32_t pattern; /* what is in it, or NOTHING: the engine writes into it */
    int out;
};

struct my_call {
    vmtp_handle handle;
    vmtp_entity client;
    uint32_t node, segment, area; /* loans */
    uint32_t segment_size, response_size, slots, responses, executions;
    int over;
    int plain;    /* addressed to an entity of ours, with our tag in its words */
    int redoable; /* a Response to it was idempotent */
};

struct my_accept {
    uint32_t node, area, capacity;
    vmtp_entity entity;
    int over;
};

struct my_request {
    vmtp_handle handle;
    uint32_t node, call; /* whose it is, if it is one of ours */
    struct vmtp_message message;
    int answered, abandoned;
};

struct my_reply {
    vmtp_handle handle;
    uint32_t node, segment, size, call;
    int over;
};

struct my_node {
    vmtp_engine *e;
    void *memory;
    struct vmtp_config config;
    uint64_t random;
    uint32_t number, draws;
    vmtp_entity ids[ENTITIES];
    uint8_t live[ENTITIES];
    uint32_t count, readies;
    vmtp_time late; /* for how long something has been due */
};

struct packet {
    vmtp_time sent;
    uint32_t length, from;
    uint8_t dst[6];
    uint8_t alive;
    uint8_t octets[VMTP_MAX_PACKET];
};

struct held {
    struct vmtp_tx tx;
    uint32_t node;
    uint64_t hash;
    vmtp_time at;
};

static struct {
    const uint8_t *at, *end;
    vmtp_time now;
    uint64_t hash; /* of everything that the engines said */
    struct my_node nodes[NODES];
    struct loan loans[4 * MOST];
    struct my_call calls[MOST];
    struct my_accept accepts[MOST];
    struct my_request requests[MOST];
    struct my_reply replies[MOST];
    struct held held[HELD];
    uint32_t node_count, loan_count, call_count, accept_count, request_count, reply_count, held_count;
    uint32_t packet_count; /* made so far; the last PACKETS of them are there */
    uint8_t policy, reply_shape, tiny, cancel_first, honest;
    int forged; /* somebody has sent what no engine said: only robustness can be asked for */
    int late;   /* packets or engines were kept waiting for too long */
} w;

static struct packet packets[PACKETS];
static uint8_t patterns[VMTP_GROUP_OCTETS + 512];
static int tracing;

__attribute__((format(printf, 1, 2))) static void trace(const char *format, ...) {
    va_list arguments;
    if (!tracing)
        return;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
}

static void remember(const void *octets, size_t size) {
    const uint8_t *p = octets;
    for (size_t i = 0; i < size; i++)
        w.hash = (w.hash ^ p[i]) * 0x100000001b3ull;
}

static void remember_number(uint64_t n) { w.hash = (w.hash ^ n) * 0x9e3779b97f4a7c15ull + (w.hash >> 29); }

/* ---- the input ------------------------------------------------------------------------------------------- */

static uint32_t byte(void) { return w.at < w.end ? *w.at++ : 0; }

static const uint32_t sizes[16] = {0, 1, 7, 8, 511, 512, 513, 1024, 1432, 1433, 3000, 4096, 8192, 16383, 16384, 16385};
static uint32_t some_size(uint32_t choice) { return sizes[choice & 15u]; }

static const vmtp_time durations[16] = {
    1, VMTP_MICROSECOND, 50 * VMTP_MICROSECOND, VMTP_MILLISECOND, 5 * VMTP_MILLISECOND, 20 * VMTP_MILLISECOND,
    45 * VMTP_MILLISECOND, 100 * VMTP_MILLISECOND, 250 * VMTP_MILLISECOND, VMTP_SECOND, 2 * VMTP_SECOND, 5 * VMTP_SECOND,
    6 * VMTP_SECOND, 11 * VMTP_SECOND, 60 * VMTP_SECOND, 300 * VMTP_SECOND};
static vmtp_time some_duration(uint32_t choice) { return durations[choice & 15u]; }

static struct my_node *some_node(uint32_t choice) { return &w.nodes[choice % w.node_count]; }

/* ---- memory that is lent --------------------------------------------------------------------------------- */

static const uint8_t *pattern_at(uint32_t pattern) { return patterns + pattern % 509u; }

static uint32_t lend(uint32_t size, uint32_t pattern) {
    if (size == 0 || w.loan_count == 4 * MOST)
        return NOTHING;
    struct loan *l = &w.loans[w.loan_count];
    l->memory = malloc(size + 2 * GUARD);
    MUST(l->memory);
    l->size = size;
    l->pattern = pattern;
    l->out = 1;
    memset(l->memory, 0xa5, GUARD);
    memset(l->memory + GUARD + size, 0xa5, GUARD);
    if (pattern != NOTHING)
        memcpy(l->memory + GUARD, pattern_at(pattern), size);
    else
        memset(l->memory + GUARD, 0x5a, size);
    POISON(l->memory, GUARD);
    POISON(l->memory + GUARD + size, GUARD);
    return w.loan_count++;
}

static uint8_t *lent(uint32_t loan) { return loan == NOTHING ? NULL : w.loans[loan].memory + GUARD; }

static void must_be_filled(const uint8_t *at, size_t size, uint8_t value) {
    MUST(at[0] == value && memcmp(at, at + 1, size - 1) == 0); /* each octet is as the one before */
}

/* It is ours again: whoever touches it now is caught at once, or in the end. */
static void take_back(uint32_t loan) {
    if (loan == NOTHING)
        return;
    struct loan *l = &w.loans[loan];
    MUST(l->out);
    l->out = 0;
    UNPOISON(l->memory, l->size + 2 * GUARD);
    must_be_filled(l->memory, GUARD, 0xa5);
    must_be_filled(l->memory + GUARD + l->size, GUARD, 0xa5);
    if (l->pattern != NOTHING)
        MUST(memcmp(l->memory + GUARD, pattern_at(l->pattern), l->size) == 0);
    memset(l->memory, 0xdd, l->size + 2 * GUARD);
    POISON(l->memory, l->size + 2 * GUARD);
}

static void bury_loans(void) {
    for (uint32_t i = 0; i < w.loan_count; i++) {
        struct loan *l = &w.loans[i];
        UNPOISON(l->memory, l->size + 2 * GUARD);
        MUST(!l->out);
        must_be_filled(l->memory, l->size + 2 * GUARD, 0xdd);
        free(l->memory);
    }
}

/* ---- identifiers that matter ----------------------------------------------------------------------------- */

static int is_ours(vmtp_entity id) {
    for (uint32_t n = 0; n < w.node_count; n++)
        for (uint32_t i = 0; i < w.nodes[n].count; i++)
            if (w.nodes[n].ids[i] == id)
                return 1;
    return 0;
}

static struct packet *packet_back(uint32_t back) {
    uint32_t kept = w.packet_count < PACKETS ? w.packet_count : PACKETS;
    return back < kept ? &packets[(w.packet_count - 1 - back) % PACKETS] : NULL;
}

static vmtp_entity own_entity(const struct my_node *n, uint32_t which) {
    return n->count ? n->ids[which % n->count] : 0;
}

static vmtp_entity some_entity(uint32_t choice) {
    const struct my_node *n = some_node(choice >> 3), *first = &w.nodes[0], *last = &w.nodes[w.node_count - 1];
    uint32_t which = choice >> 4;
    const struct packet *p;
    switch (choice & 7u) {
    case 0:
        return own_entity(first, which);
    case 1:
        return own_entity(last, which);
    case 2:
        return vmtp_engine_manager(n->e);
    case 3: /* the notifier, the probers, ids not given out yet */
        return vmtp_engine_block(n->e) + (which < 12 ? which : 52 + which);
    case 4:
        p = packet_back(which);
        return p ? choice & 8 ? vmtp_get_server(p->octets) : vmtp_get_client(p->octets) : 0;
    case 5:
        return which == 0   ? VMTP_MANAGER_GROUP
               : which == 1 ? VMTP_DEFAULT_BE_CLIENT
               : which == 2 ? VMTP_DEFAULT_LE_CLIENT
                            : 0x4000000000000000ull + which;
    case 6:
        return 0x7700u + which;
    default:
        return 0x500000u + which;
    }
}

/* Transactions near those that have been seen. */
static uint32_t some_transaction(uint32_t choice, vmtp_entity client) {
    static const uint32_t offsets[8] = {0, 0, 1, UINT32_MAX, 2, 256, 0x7fffffff, 0x80000000};
    for (uint32_t i = 0; i < PACKETS; i++) {
        const struct packet *p = packet_back(i);
        if (p && vmtp_get_client(p->octets) == client)
            return vmtp_get_transaction(p->octets) + offsets[choice & 7u];
    }
    return 100 + (choice >> 3) % 8u + offsets[choice & 7u];
}

static void mac_of(uint8_t mac[6], uint32_t number) {
    memcpy(mac, "\x02\x00\x00\x00\x00\x01", 6);
    mac[5] = (uint8_t)(number + 1);
}

/* ---- packets out of an engine ---------------------------------------------------------------------------- */

static int is_notify(const uint8_t *h) {
    uint32_t code = CODE24(vmtp_get_code(h));
    if (vmtp_get_packet_flags(h) & VMTP_EPG) /* nobody can tell */
        return 0;
    return vmtp_get_function(h) == VMTP_REQUEST && code >= CODE24(VMTP_NOTIFY_VMTP_CLIENT) &&
           code <= CODE24(VMTP_NOTIFY_REMOTE_VMTP_CLIENT);
}

static void show(const char *what, uint32_t node, const uint8_t *octets, uint32_t length) {
    struct vmtp_view view;
    char line[400];
    if (!tracing)
        return;
    if (vmtp_view_init(&view, octets, length) == VMTP_PACKET_OK)
        vmtp_packet_describe(line, sizeof line, &view);
    else
        snprintf(line, sizeof line, "not a packet, %u octets", length);
    trace("    %s %u: %s\n", what, node, line);
}

/* Who sends: an entity of this node's. */
static int speaks_for(const struct my_node *n, vmtp_entity id) {
    if ((id & ~ENTITY_FLAG_BITS & ~0xffull) == vmtp_engine_block(n->e))
        return 1;
    if (id == VMTP_DEFAULT_BE_CLIENT || id == VMTP_DEFAULT_LE_CLIENT)
        return 1;
    for (uint32_t i = 0; i < n->count; i++)
        if (n->ids[i] == id)
            return 1;
    return 0;
}

static void check_packet(const struct my_node *n, const struct vmtp_tx *tx, const uint8_t *octets, uint32_t length) {
    struct vmtp_view view;
    MUST(length <= n->config.mtu && tx->slice_count <= VMTP_TX_SLICES);
    MUST(tx->trailer_octets >= 4 && tx->trailer_octets <= 11);
    MUST(vmtp_view_init(&view, octets, length) == VMTP_PACKET_OK);
    MUST(vmtp_view_verify(&view, NULL) == VMTP_PACKET_OK);
    MUST((view.checksum == 0) == (n->config.checksum == VMTP_CHECKSUM_NONE));
    const uint8_t *h = view.header;
    uint32_t flags = vmtp_get_packet_flags(h);
    MUST(vmtp_get_domain(h) == n->config.domain && !(flags & VMTP_EPG));
    MUST(((flags & VMTP_MPG) != 0) == (tx->dst[0] & 1));
    MUST((vmtp_get_control(h) & 0x0000000eu) == 0); /* reserved */
    MUST(!is_notify(h) || !(flags & VMTP_MPG) || is_ours(vmtp_get_client(h)));
    if (vmtp_get_function(h) == VMTP_REQUEST)
        MUST(speaks_for(n, vmtp_get_client(h)));
    else
        MUST(speaks_for(n, vmtp_get_server(h)) && !(flags & VMTP_MPG));
}

/* What a port would put on the segment, from the slices as they are now. */
static uint32_t gather(const struct my_node *n, const struct vmtp_tx *tx, uint8_t *octets) {
    uint32_t length = (uint32_t)vmtp_tx_octets(tx);
    MUST(length <= VMTP_MAX_PACKET);
    vmtp_tx_gather(tx, octets);
    check_packet(n, tx, octets, length);
    return length;
}

static void put_on_segment(const struct my_node *n, const struct vmtp_tx *tx, vmtp_time sent) {
    struct packet *p = &packets[w.packet_count++ % PACKETS];
    p->length = gather(n, tx, p->octets);
    p->sent = sent;
    p->from = n->number;
    p->alive = 1;
    memcpy(p->dst, tx->dst, 6);
    remember(tx->dst, 6);
    remember(p->octets, VMTP_HEADER_OCTETS);
    remember(tx->trailer, tx->trailer_octets);
    show("from", n->number, p->octets, p->length);
}

static int output(struct my_node *n, struct vmtp_tx *tx) {
    int more = vmtp_output(n->e, tx, w.now);
    MUST(more == 0 || more == 1);
    return more;
}

/* Everything that can go now goes.  Returns the number of packets. */
static uint32_t drain(struct my_node *n) {
    uint32_t limit = n->e->controls.used + 34u * (n->e->calls.used + n->e->requests.used), count = 0;
    struct vmtp_tx tx;
    while (output(n, &tx)) {
        MUST(count++ < limit);
        put_on_segment(n, &tx, w.now);
        vmtp_tx_result(n->e, &tx, VMTP_TX_SENT, w.now);
    }
    return count;
}

static void hold(struct my_node *n, const struct vmtp_tx *tx) {
    static uint8_t octets[VMTP_MAX_PACKET];
    struct held *h = &w.held[w.held_count++];
    h->tx = *tx;
    h->node = n->number;
    h->at = w.now;
    h->hash = vmtp_checksum(octets, gather(n, tx, octets) & ~1u);
}

/* The slices must still be what they were when the packet was given out. */
static void report(uint32_t which, enum vmtp_tx_outcome outcome) {
    static uint8_t octets[VMTP_MAX_PACKET];
    struct held h = w.held[which];
    struct my_node *n = &w.nodes[h.node];
    w.held[which] = w.held[--w.held_count];
    MUST(vmtp_checksum(octets, gather(n, &h.tx, octets) & ~1u) == h.hash);
    if (outcome == VMTP_TX_SENT)
        put_on_segment(n, &h.tx, h.at);
    trace("    report %u of node %u: %d\n", which, h.node, (int)outcome);
    vmtp_tx_result(n->e, &h.tx, outcome, w.now);
}

/* ---- packets into an engine ------------------------------------------------------------------------------ */

/* At most one Notify because of a packet, and none because of a Notify, but that a Response is gone (section 8.5). */
static void check_notifies(const uint8_t *h, uint64_t notifies) {
    uint32_t about = CODE24(vmtp_load32(h + 60));
    int asks = CODE24(vmtp_get_code(h)) == CODE24(VMTP_NOTIFY_VMTP_SERVER) &&
               (about == VMTP_RETRY || about == VMTP_RETRY_ALL || about == VMTP_BUSY);
    MUST(notifies <= 1u);
    MUST(!is_notify(h) || asks || notifies == 0);
}

static int input(struct my_node *n, const struct vmtp_rx *rx) {
    uint64_t notifies = vmtp_counter(n->e, VMTP_COUNT_NOTIFY_OUT);
    show("to  ", n->number, rx->packet, rx->length);
    int reason = vmtp_input(n->e, rx, w.now);
    MUST(reason >= 0 && reason < (int)VMTP_COUNT_PACKETS_IN);
    trace("    %s\n", vmtp_counter_name((enum vmtp_counter)reason));
    remember_number((uint64_t)reason);
    if (rx->length >= VMTP_MIN_PACKET)
        check_notifies(rx->packet, vmtp_counter(n->e, VMTP_COUNT_NOTIFY_OUT) - notifies);
    return reason;
}

/* No packet makes many: when nothing else is to be sent, what goes out is because of it. */
static int measured_input(struct my_node *n, const struct vmtp_rx *rx) {
    drain(n);
    uint32_t calls = n->e->calls.used, waits = n->e->send_head != NULL;
    int reason = input(n, rx);
    uint32_t count = drain(n);
    MUST(count <= 40u + 34u * (waits + (rx->length >= VMTP_MIN_PACKET && vmtp_get_function(rx->packet) ? calls : 0)));
    return reason;
}

/* The engine gets memory of exactly this size, and only for this long. */
static int arrive(struct my_node *n, const uint8_t *octets, uint32_t length, const uint8_t *src, const uint8_t *dst,
                  uint32_t flags, uint32_t measured) {
    uint8_t *copy = malloc(length ? length : 1);
    MUST(copy);
    memcpy(copy, octets, length);
    struct vmtp_rx rx = {.packet = copy, .length = length, .flags = flags};
    memcpy(rx.src, src, 6);
    memcpy(rx.dst, dst, 6);
    int reason = measured ? measured_input(n, &rx) : input(n, &rx);
    free(copy);
    return reason;
}

/* A packet that no engine sent.  Those that are not even looked at do no harm to the stricter promises. */
static void forge(struct my_node *n, const uint8_t *octets, uint32_t length, const uint8_t *src, const uint8_t *dst,
                  uint32_t flags, uint32_t measured) {
    switch (arrive(n, octets, length, src, dst, flags, measured)) {
    case VMTP_COUNT_DROP_SHORT:
    case VMTP_COUNT_DROP_OVERSIZED:
    case VMTP_COUNT_DROP_TRUNCATED:
    case VMTP_COUNT_DROP_VERSION:
    case VMTP_COUNT_DROP_DOMAIN:
    case VMTP_COUNT_DROP_CHECKSUM:
        break;
    default:
        w.forged = 1;
    }
}

static void deliver(struct packet *p, struct my_node *n, uint32_t measured) {
    uint8_t src[6];
    mac_of(src, p->from);
    if (w.now - p->sent > MPL)
        w.late = 1;
    arrive(n, p->octets, p->length, src, p->dst, 0, measured);
}

/* To whom its address says. */
static void deliver_by_address(struct packet *p, uint32_t measured) {
    for (uint32_t i = 0; i < w.node_count; i++) {
        struct my_node *n = &w.nodes[i];
        if (i != p->from && ((p->dst[0] & 1) || memcmp(p->dst, n->config.mac, 6) == 0))
            deliver(p, n, measured);
    }
}

static void mend_checksum(uint8_t *octets, uint32_t length) {
    uint32_t end = (length - VMTP_CHECKSUM_OCTETS) & ~1u;
    uint32_t covered = vmtp_get_packet_flags(octets) & VMTP_HCO ? VMTP_HEADER_OCTETS : end;
    vmtp_store32(octets + length - VMTP_CHECKSUM_OCTETS, vmtp_checksum(octets, covered));
}

/* ---- events ---------------------------------------------------------------------------------------------- */

static int strict(void) { return !w.forged && !w.late; }

/* Blocks that are said to be there are there. */
static void must_be_pattern(const uint8_t *at, uint32_t size, uint32_t delivered, uint32_t pattern) {
    for (uint32_t from = 0, bit = 1; from < size; from += VMTP_BLOCK_OCTETS, bit <<= 1) {
        uint32_t length = size - from < VMTP_BLOCK_OCTETS ? size - from : VMTP_BLOCK_OCTETS;
        if (delivered & bit)
            MUST(memcmp(at + from, pattern_at(pattern) + from, length) == 0);
    }
}

static struct my_call *call_tagged(uint32_t tag) {
    return (tag & 0xffff0000u) == TAG && (tag & 0xffffu) < w.call_count ? &w.calls[tag & 0xffffu] : NULL;
}

/* What came back is what the server gave in answer to this very call. */
static void check_response(const struct my_call *c, const struct vmtp_event *ev) {
    if (!c->plain || !strict())
        return;
    uint32_t index = ev->message.words[3] - 1;
    MUST(call_tagged(ev->message.words[2]) == c);
    MUST(index < w.reply_count && w.replies[index].call == (uint32_t)(c - w.calls));
    uint32_t size = w.replies[index].size;
    MUST(ev->segment_size <= size);
    MUST(ev->result != 0 || (ev->message.code & VMTP_MDM) || ev->segment_size == size);
    must_be_pattern(ev->segment, ev->segment_size, ev->delivered, index);
}

static void on_complete(struct my_node *n, const struct vmtp_event *ev) {
    uint32_t index = (uint32_t)ev->cookie;
    MUST(ev->cookie >> 32 == 0xca11 && index < w.call_count);
    struct my_call *c = &w.calls[index];
    MUST(!c->over && c->node == n->number && c->handle == ev->handle && c->client == ev->entity);
    MUST(ev->number == c->responses && (c->slots > 1 || ev->number == 0));
    MUST(c->responses == 0 || ev->result == 0);
    MUST(ev->segment_size <= c->response_size);
    MUST(ev->segment_size == 0 || ev->segment == lent(c->area));
    if (c->slots <= 1 && (ev->result == 0 || ev->result == VMTP_BAD_REPLY_SEGMENT) && ev->message.server)
        check_response(c, ev);
    c->over = 1;
    take_back(c->segment);
    take_back(c->area);
}

static void on_response(struct my_node *n, const struct vmtp_event *ev) {
    uint32_t index = (uint32_t)ev->cookie;
    MUST(ev->cookie >> 32 == 0xca11 && index < w.call_count);
    struct my_call *c = &w.calls[index];
    MUST(!c->over && c->node == n->number && c->handle == ev->handle && c->slots > 1);
    MUST(c->responses++ < c->slots && ev->segment_size <= c->response_size);
    if (!ev->segment_size)
        return;
    uint8_t *area = lent(c->area), *segment = ev->segment;
    MUST(segment >= area && segment < area + c->slots * c->response_size);
    MUST((size_t)(segment - area) % c->response_size == 0);
}

static struct my_accept *accept_of(const struct my_node *n, const struct vmtp_event *ev) {
    uint32_t index = (uint32_t)ev->cookie;
    MUST(ev->cookie >> 32 == 0xacce && index < w.accept_count);
    struct my_accept *a = &w.accepts[index];
    MUST(!a->over && a->node == n->number && a->entity == ev->entity);
    MUST(ev->segment == lent(a->area));
    a->over = 1;
    return a;
}

/* Is this an execution of a call of ours, and may it be executed? */
static uint32_t recognise(const struct vmtp_event *ev) {
    struct my_call *c = call_tagged(ev->message.words[2]);
    if (!strict() || !c || !c->plain || c->client != ev->client)
        return NOTHING;
    MUST(c->executions++ == 0 || c->redoable);
    MUST(ev->segment_size == c->segment_size);
    must_be_pattern(ev->segment, ev->segment_size, ev->delivered, (uint32_t)(c - w.calls));
    return (uint32_t)(c - w.calls);
}

static void post_accept(struct my_node *n, vmtp_entity entity, uint32_t capacity);
static void reply(struct my_request *r, uint32_t shape, uint32_t size);

static void on_request(struct my_node *n, const struct vmtp_event *ev) {
    struct my_accept *a = accept_of(n, ev);
    MUST(ev->segment_size <= a->capacity && ev->client != 0);
    MUST((ev->handle == 0) == ((ev->message.code & VMTP_DGM) != 0));
    uint32_t call = recognise(ev);
    take_back(a->area);
    if (w.policy & 1)
        post_accept(n, ev->entity, a->capacity);
    if (!ev->handle || w.request_count == MOST)
        return;
    struct my_request *r = &w.requests[w.request_count++];
    *r = (struct my_request){.handle = ev->handle, .node = n->number, .call = call, .message = ev->message};
    if (w.policy & 2)
        reply(r, w.reply_shape, some_size(w.policy >> 4));
}

static struct my_request *request_of(const struct my_node *n, vmtp_handle handle) {
    for (uint32_t i = w.request_count; i-- > 0;)
        if (w.requests[i].handle == handle && w.requests[i].node == n->number)
            return &w.requests[i];
    MUST(w.request_count == MOST);
    return NULL;
}

static void on_abandoned(struct my_node *n, const struct vmtp_event *ev) {
    struct my_request *r = request_of(n, ev->handle);
    MUST(!r || (!r->answered && !r->abandoned));
    if (r)
        r->abandoned = 1;
}

static void on_released(struct my_node *n, const struct vmtp_event *ev) {
    for (uint32_t i = w.reply_count; i-- > 0;) {
        struct my_reply *r = &w.replies[i];
        if (r->handle != ev->handle || r->node != n->number)
            continue;
        MUST(!r->over && r->segment != NOTHING);
        r->over = 1;
        take_back(r->segment);
        return;
    }
    FAIL("a segment is released that was never lent");
}

static void add_entity(struct my_node *n, vmtp_entity id) {
    for (uint32_t i = 0; i < n->count; i++) {
        if (n->ids[i] == id) {
            MUST(!n->live[i]);
            n->live[i] = 1;
            return;
        }
    }
    if (is_ours(id)) /* the program lives at two hosts at once: its fault */
        w.forged = 1;
    if (n->count == ENTITIES) { /* made from the wire, and more than we keep */
        MUST(vmtp_entity_delete(n->e, id, w.now) == 0);
        return;
    }
    n->live[n->count] = 1;
    n->ids[n->count++] = id;
}

static void forget_entity(struct my_node *n, vmtp_entity id) {
    for (uint32_t i = 0; i < n->count; i++)
        if (n->ids[i] == id)
            n->live[i] = 0;
}

static void on_event(struct my_node *n, const struct vmtp_event *ev) {
    trace("    event %d at %u: entity %llx handle %llx result %u size %u\n", (int)ev->type, n->number,
          (unsigned long long)ev->entity, (unsigned long long)ev->handle, ev->result, ev->segment_size);
    remember_number(ev->type + ((uint64_t)ev->result << 8) + ((uint64_t)ev->segment_size << 40));
    remember_number(ev->handle ^ ev->entity ^ ev->client ^ ev->delivered);
    switch (ev->type) {
    case VMTP_EV_READY:
        MUST(n->readies++ == 0 && vmtp_engine_ready(n->e));
        break;
    case VMTP_EV_COMPLETE:
        on_complete(n, ev);
        break;
    case VMTP_EV_RESPONSE:
        on_response(n, ev);
        break;
    case VMTP_EV_REQUEST:
        on_request(n, ev);
        break;
    case VMTP_EV_RELEASED:
        on_released(n, ev);
        break;
    case VMTP_EV_ABANDONED:
        on_abandoned(n, ev);
        break;
    case VMTP_EV_ACCEPT_RETURNED:
        take_back(accept_of(n, ev)->area);
        break;
    case VMTP_EV_ENTITY_CREATED:
        add_entity(n, ev->entity);
        break;
    case VMTP_EV_ENTITY_DELETED:
        forget_entity(n, ev->entity);
        break;
    default:
        FAIL("an event of no known type");
    }
}

static uint32_t take_events(struct my_node *n, uint32_t most) {
    struct vmtp_event ev;
    uint32_t count = 0;
    while (count < most && vmtp_next_event(n->e, &ev)) {
        MUST(count++ < 100000u);
        on_event(n, &ev);
    }
    return count;
}

/* ---- time ------------------------------------------------------------------------------------------------ */

/* Time goes on and nobody looks after the engines. */
static void pass(vmtp_time duration) {
    for (uint32_t i = 0; i < w.node_count; i++) {
        struct my_node *n = &w.nodes[i];
        vmtp_time due = vmtp_deadline(n->e), from = due > w.now ? due : w.now;
        n->late = due > w.now ? 0 : n->late;
        if (w.now + duration > from)
            n->late += w.now + duration - from;
        if (n->late > PUNCTUAL)
            w.late = 1;
    }
    w.now += duration;
}

/* Calling it when it is due always gets on. */
static void expire(struct my_node *n) {
    vmtp_time due = vmtp_deadline(n->e);
    vmtp_expire(n->e, w.now);
    drain(n);
    MUST(vmtp_deadline(n->e) > w.now || due > w.now);
    MUST(vmtp_deadline(n->e) > w.now);
    n->late = 0;
    remember_number(vmtp_deadline(n->e));
}

/* One instant at all nodes: packets and events until nothing moves.  fate says what becomes of packets, two bits each. */
static void settle(uint32_t fate) {
    uint32_t turns = 0;
    for (int busy = 1; busy;) {
        busy = 0;
        MUST(turns++ < 4000u);
        for (uint32_t i = 0; i < w.node_count; i++) {
            expire(&w.nodes[i]);
            busy |= take_events(&w.nodes[i], NOTHING) > 0;
            drain(&w.nodes[i]);
        }
        uint32_t kept = w.packet_count < PACKETS ? w.packet_count : PACKETS, end = w.packet_count;
        for (uint32_t k = end - kept; k != end; k++) {
            struct packet *p = &packets[k % PACKETS];
            if (!p->alive)
                continue;
            uint32_t luck = (fate >> (k % 4u * 2u)) & 3u; /* 0, 1: arrives; 2: lost; 3: twice */
            p->alive = 0;
            busy = 1;
            for (uint32_t times = luck == 2u ? 0 : luck == 3u ? 2 : 1; times > 0; times--)
                deliver_by_address(p, 0);
        }
    }
}

static vmtp_time next_deadline(void) {
    vmtp_time next = VMTP_NEVER;
    for (uint32_t i = 0; i < w.node_count; i++) {
        vmtp_time due = vmtp_deadline(w.nodes[i].e);
        next = due < next ? due : next;
    }
    return next;
}

/* A well-behaved loop for a while. */
static void run(vmtp_time duration, uint32_t fate) {
    vmtp_time end = w.now + duration;
    for (uint32_t steps = 0;; steps++) {
        MUST(steps < 100000u);
        settle(fate);
        fate = fate << 1 | (fate >> 7 & 1u); /* not for ever the same packet */
        vmtp_time next = next_deadline();
        if (next > end)
            break;
        MUST(next > w.now);
        pass(next - w.now);
    }
    pass(end - w.now);
}

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
    case 1:
        deliver_by_address(p, how & 1);
        break;
    case 2: /* lost; or back to where it came from */
        if (how & 1)
            deliver(p, &w.nodes[p->from], 1);
        break;
    default:
        damage(p, some_node(p->from + 1), byte());
        break;
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

static const uint32_t code_flags[16] = {
    0, 0, VMTP_DGM, VMTP_MDM, VMTP_CMD, VMTP_CRE, VMTP_MRD, VMTP_SDA, VMTP_MDM | VMTP_SDA, VMTP_DGM | VMTP_MDM, VMTP_CRE | VMTP_MRD,
    VMTP_PIC, 0x08000000u, VMTP_CMD | VMTP_DGM, VMTP_MRD | VMTP_DGM, 0xff000000u};

static void begin_call(struct my_node *n, struct vmtp_request *r, int plain, uint32_t missing) {
    struct my_call *c = &w.calls[w.call_count];
    uint32_t slots = r->response_slots > 1 ? r->response_slots : 1;
    *c = (struct my_call){.client = r->client, .node = n->number, .segment_size = r->segment_size,
                          .response_size = r->response_size, .slots = r->response_slots, .plain = plain};
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
    struct vmtp_request r = {.client = own_entity(n, who >> 1 & 7u), .segment_size = some_size(shape),
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

static const uint32_t procedures[16] = {
    VMTP_PROBE_ENTITY, VMTP_PROBE_ENTITY_BLOCK, VMTP_QUERY_VMTP_NODE, VMTP_GET_REQUEST_FORWARDER, VMTP_CREATE_ENTITY,
    VMTP_DELETE_ENTITY, VMTP_QUERY_ENTITY, VMTP_CREATE_GROUP, VMTP_NOTIFY_VMTP_CLIENT, VMTP_NOTIFY_VMTP_SERVER,
    VMTP_NOTIFY_REMOTE_VMTP_CLIENT, VMTP_PROBE_ENTITY | VMTP_MRD, VMTP_QUERY_VMTP_NODE & ~VMTP_CRE,
    VMTP_PROBE_ENTITY & ~VMTP_CRE, VMTP_QUERY_ENTITY | VMTP_DGM, VMTP_CREATE_ENTITY & ~VMTP_CRE};

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
    struct vmtp_request r = {.client = own_entity(n, who >> 1 & 7u), .response_size = some_size(how >> 4),
                             .response_slots = how >> 2 & 3u};
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
    if (c && !error)
        MUST(vmtp_cancel(n->e, handle, w.now) == VMTP_E_STALE);
}

static void post_accept(struct my_node *n, vmtp_entity entity, uint32_t capacity) {
    if (w.accept_count == MOST || w.loan_count == 4 * MOST)
        return;
    struct my_accept *a = &w.accepts[w.accept_count];
    *a = (struct my_accept){.node = n->number, .capacity = capacity, .entity = entity};
    a->area = lend(capacity, NOTHING);
    int error = vmtp_accept(n->e, entity, lent(a->area), capacity, 0xacce00000000ull + w.accept_count);
    trace("    accept for %llx, %u octets: %d\n", (unsigned long long)entity, capacity, error);
    if (error)
        take_back(a->area);
    else
        w.accept_count++;
    MUST(error == 0 || error == VMTP_E_NO_ENTITY || error == VMTP_E_FULL || error == VMTP_E_TOO_LARGE);
}

static void op_accept(void) {
    uint32_t who = byte(), size = byte();
    struct my_node *n = some_node(who);
    vmtp_entity entity = who & 0x80 ? some_entity(size) : own_entity(n, who >> 1 & 7u);
    for (uint32_t count = (who >> 4 & 3u) + 1; count > 0; count--)
        post_accept(n, entity, some_size(size));
}

static void reply(struct my_request *r, uint32_t shape, uint32_t size) {
    static const uint32_t flags[8] = {0, 0, VMTP_DGM, VMTP_MDM, VMTP_SDA, VMTP_CMD, VMTP_DGM | VMTP_MDM, VMTP_MRD};
    if (w.reply_count == MOST || w.loan_count == 4 * MOST)
        return;
    struct my_reply *y = &w.replies[w.reply_count];
    struct vmtp_reply a = {.message = r->message, .segment_size = size, .flags = shape >> 3 & 1u};
    *y = (struct my_reply){.handle = r->handle, .node = r->node, .call = r->call, .size = size};
    y->segment = lend(size, w.reply_count);
    a.segment = lent(y->segment);
    a.message.code = flags[shape & 7u] | (shape >> 4 == 15 ? VMTP_RESPONSE_DISCARDED : shape >> 4);
    a.message.words[3] = w.reply_count + 1;
    a.message.words[5] = 0x55aa55aau;
    int error = vmtp_reply(w.nodes[r->node].e, r->handle, &a, w.now);
    trace("    reply to %llx, code %x, %u octets: %d\n", (unsigned long long)r->handle, a.message.code, size, error);
    MUST(error == 0 || error == VMTP_E_STALE || error == VMTP_E_TOO_LARGE || error == VMTP_E_INVALID);
    MUST(!(r->answered || r->abandoned) || error != 0);
    if (error) {
        take_back(y->segment);
        return;
    }
    w.reply_count++;
    r->answered = 1;
    if ((a.message.code & VMTP_DGM) && r->call != NOTHING)
        w.calls[r->call].redoable = 1;
}

static void op_reply(void) {
    uint32_t which = byte(), shape = byte(), size = byte();
    if (size & 0x80) { /* forged */
        struct my_request none = {.handle = 0x0000000102000000ull + which + ((uint64_t)shape << 32),
                                  .node = some_node(size)->number, .call = NOTHING, .answered = 0};
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
    MUST(error == 0 || error == VMTP_E_NOT_READY || error == VMTP_E_FULL || error == VMTP_E_EXISTS || error == VMTP_E_INVALID);
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
    case 1:
        return all;
    case 2:
        return 0;
    case 3:
        return all & 1u;
    case 4:
        return all & ~1u;
    case 5:
        return all & 0x55555555u;
    case 6:
        return all & 0xaaaaaaaau;
    default:
        return all & ((uint32_t)1 << (choice >> 3));
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

static const uint32_t control_flags[16] = {
    0, 0, 0, VMTP_APG, VMTP_APG, VMTP_NRT, VMTP_NRS, VMTP_NSR, VMTP_NER, VMTP_CMG, VMTP_STI, VMTP_DRT, VMTP_MDG, VMTP_NRT | VMTP_APG,
    VMTP_APG | VMTP_NER | VMTP_CMG, 0xff800000u};

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
    vmtp_put_control(made, vmtp_control(control_flags[control & 15u], transaction >> 5, control >> 6 == 3 ? 1 : 0, size >> 6 == 3 ? 9 : 0,
                                        control >> 4 & 3u, how >> 1 & 1u));
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

static uint32_t answer_by_response(const uint8_t *h, const struct my_node *n, uint32_t how, uint32_t code, uint32_t shape,
                                   uint32_t blocks) {
    static const uint32_t flags[8] = {0, 0, VMTP_DGM, VMTP_DGM, VMTP_MDM, VMTP_DGM | VMTP_MDM, VMTP_CMD, VMTP_CRE};
    static const uint32_t controls[4] = {0, VMTP_NRT, VMTP_CMG, VMTP_APG};
    vmtp_entity server = vmtp_get_server(h);
    vmtp_put_client(made, vmtp_get_client(h));
    vmtp_put_server(made, how & 0x40 || vmtp_is_group(server) ? 0x600001u + (how >> 4 & 3u) : server);
    vmtp_put_transaction(made, vmtp_get_transaction(h) + (shape >> 7 ? shape >> 4 & 7u : 0));
    vmtp_put_control(made, vmtp_control(controls[how >> 2 & 3u], vmtp_get_retransmit_count(h) + (how >> 7), how >> 6 == 3, 0,
                                        vmtp_get_priority(h), VMTP_RESPONSE));
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
    {"pass", op_pass, 0},       {"run", op_run, 0},       {"expire", op_expire, 0},           {"output", op_output, 0},
    {"report", op_report, 0},   {"deliver", op_deliver, 0}, {"deliver-all", op_deliver_all, 0}, {"call", op_call, 0},
    {"manage", op_manage, 0},   {"cancel", op_cancel, 0}, {"accept", op_accept, 0},           {"reply", op_reply, 0},
    {"create", op_create, 0},   {"delete", op_delete, 0}, {"host", op_host, 0},               {"events", op_events, 0},
    {"policy", op_policy, 0},   {"raw", op_raw, 1},       {"make", op_make, 1},               {"answer", op_answer, 1},
    {"again", op_again, 1},     {"greet", op_greet, 0},   {"crowd", op_crowd, 0},             {"configure", op_configure, 0},
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
        trace("%6u  %llu.%06llu ms  %s\n", step, (unsigned long long)(w.now / 1000000u), (unsigned long long)(w.now % 1000000u),
              operations[op].name);
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
