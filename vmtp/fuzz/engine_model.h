/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * engine_model.h - the world around the engines of fuzz_engine.c, and what engine.h promises to it.
 *
 * Here is everything that was lent and begun, the segment with its packets, and the checks made on whatever an engine gives out:
 * packets, events, times.
 */
#ifndef VMTP_FUZZ_ENGINE_MODEL_H
#define VMTP_FUZZ_ENGINE_MODEL_H

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

#define NODES 3u
#define MOST 240u    /* of anything that one program may lend or begin */
#define PACKETS 256u /* on the segment, or remembered from it */
#define AT_ONCE 60u  /* packets of one node before the others have their turn */
#define HELD 16u     /* packets given out by an engine and not reported yet */
#define ENTITIES 48u /* that a program knows, at each node */
#define GROUPS 16u
#define MOVES 32u
#define LISTENERS 160u
#define GRANTS 64u
#define SERVERS 8u           /* that execute one call */
#define LOANS_MOST 16000000u /* octets lent at one time */
#define LARGEST 600000u
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
    uint32_t segment_size, response_size, slots, responses;
    vmtp_time deadline;
    int over, cancelled;
    int plain;    /* addressed to an entity of ours, with our tag in its words */
    int tagged;   /* the tag is there, whoever is asked */
    int redoable; /* a Response to it was idempotent */
    struct vmtp_request request;
    uint32_t origin; /* itself, or the call at another node with which it goes on: that one's tag and octets are sent */
    uint32_t run;    /* the first call of its run */
    int more, datagram, partial, reliable, batched;
    int failed; /* it or one behind it in its run has ended without a Response, so that others may be ahead of it */
    uint32_t members, member_count;
    uint32_t passes;              /* how often its Request was forwarded */
    vmtp_entity servers[SERVERS]; /* who has executed it, and how often */
    uint32_t executions[SERVERS], server_count;
    vmtp_entity answered[SERVERS]; /* of a group call: whose Response has come */
};

struct my_accept {
    uint32_t node, area, capacity;
    vmtp_entity entity;
    int over, cancelled;
};

struct my_request {
    vmtp_handle handle;
    uint32_t node, call; /* whose it is, if it is one of ours */
    struct vmtp_message message;
    vmtp_entity entity;
    int answered, abandoned;
    int moved; /* it has left with its entity */
    uint8_t large, more;
};

struct my_reply {
    vmtp_handle handle;
    uint32_t node, segment, size, call, pattern;
    uint32_t area; /* of a Request that was forwarded as a call of its own */
    int owed, over;
};

/* What an entity brought along, which is lent until its Responses are released. */
struct my_move {
    uint32_t node, data, count;
    vmtp_entity entity;
};

struct my_grant {
    uint32_t node;
    vmtp_entity group, whom;
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
    uint8_t listens[LISTENERS][6];
    uint32_t listen_count;
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
    uint8_t second; /* the program knows all operations */
    uint32_t out;   /* octets lent */
    vmtp_entity groups[GROUPS];
    struct my_grant grants[GRANTS];
    struct my_move moves[MOVES];
    uint32_t group_count, grant_count, move_count;
    int forged; /* somebody has sent what no engine said: only robustness can be asked for */
    int late;   /* packets or engines were kept waiting for too long */
} w;

static struct packet packets[PACKETS];
static uint8_t patterns[LARGEST + 512];
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

static const uint32_t large_sizes[16] = {0,     1,     512,   1433,  9000,  16384, 16385,  16896,
                                         20000, 32768, 32769, 49152, 65535, 70000, 131073, 589825};
static uint32_t some_large_size(uint32_t choice) { return large_sizes[choice & 15u]; }

static const vmtp_time durations[16] = {1,
                                        VMTP_MICROSECOND,
                                        50 * VMTP_MICROSECOND,
                                        VMTP_MILLISECOND,
                                        5 * VMTP_MILLISECOND,
                                        20 * VMTP_MILLISECOND,
                                        45 * VMTP_MILLISECOND,
                                        100 * VMTP_MILLISECOND,
                                        250 * VMTP_MILLISECOND,
                                        VMTP_SECOND,
                                        2 * VMTP_SECOND,
                                        5 * VMTP_SECOND,
                                        6 * VMTP_SECOND,
                                        11 * VMTP_SECOND,
                                        60 * VMTP_SECOND,
                                        300 * VMTP_SECOND};
static vmtp_time some_duration(uint32_t choice) { return durations[choice & 15u]; }

static struct my_node *some_node(uint32_t choice) { return &w.nodes[choice % w.node_count]; }

/* ---- memory that is lent --------------------------------------------------------------------------------- */

static const uint8_t *pattern_at(uint32_t pattern) { return patterns + pattern % 509u; }

static uint32_t lend(uint32_t size, uint32_t pattern) {
    if (size == 0 || w.loan_count == 4 * MOST || (w.out > LOANS_MOST && size > VMTP_GROUP_OCTETS))
        return NOTHING;
    w.out += size;
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
    w.out -= l->size;
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
    case 0: return own_entity(first, which);
    case 1: return own_entity(last, which);
    case 2: return vmtp_engine_manager(n->e);
    case 3: /* the notifier, the probers, ids not given out yet */
        return vmtp_engine_block(n->e) + (which < 12 ? which : 52 + which);
    case 4: p = packet_back(which); return p ? choice & 8 ? vmtp_get_server(p->octets) : vmtp_get_client(p->octets) : 0;
    case 5:
        if ((choice & 8) && w.group_count)
            return w.groups[which % w.group_count];
        return which == 0   ? VMTP_MANAGER_GROUP
               : which == 1 ? VMTP_DEFAULT_BE_CLIENT
               : which == 2 ? VMTP_DEFAULT_LE_CLIENT
                            : 0x4000000000000000ull + which;
    case 6: return 0x7700u + which;
    default: return 0x500000u + which;
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

static int is_known_at(const struct my_node *n, vmtp_entity id) {
    for (uint32_t i = 0; i < n->count; i++)
        if (n->ids[i] == id)
            return 1;
    return 0;
}

/* Who sends: an entity of this node's. */
static int speaks_for(const struct my_node *n, vmtp_entity id) {
    if ((id & ~ENTITY_FLAG_BITS & ~0xffull) == vmtp_engine_block(n->e))
        return 1;
    if (id == VMTP_DEFAULT_BE_CLIENT || id == VMTP_DEFAULT_LE_CLIENT)
        return 1;
    return is_known_at(n, id);
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
        MUST(speaks_for(n, vmtp_get_client(h)) || vmtp_get_forward_count(h) > 0);
    else
        MUST(speaks_for(n, vmtp_get_server(h)) && (w.second || !(flags & VMTP_MPG)));
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

/* Packets that the records in use can hold at one time. */
static uint32_t most_packets(const vmtp_engine *e) {
    return e->controls.used + 34u * (e->calls.used + e->requests.used) + 32u * RUN_GROUPS * e->runs.used;
}

/* So many of those that can go now go.  Returns how many did. */
static uint32_t drain_some(struct my_node *n, uint32_t most) {
    struct vmtp_tx tx;
    uint32_t count = 0;
    while (count < most && output(n, &tx)) {
        count++;
        put_on_segment(n, &tx, w.now);
        vmtp_tx_result(n->e, &tx, VMTP_TX_SENT, w.now);
    }
    return count;
}

/* All of them. */
static uint32_t drain(struct my_node *n) {
    uint32_t limit = most_packets(n->e) + 1u, count = drain_some(n, limit);
    MUST(count < limit);
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

/*
 * At most one Notify because of a packet, but a packet of a run may show that others are missing.  None because of a Notify, but
 * that a Response is gone (section 8.5), and what a forwarder passes on.
 */
static void check_notifies(const uint8_t *h, uint64_t notifies) {
    const uint32_t run = VMTP_NSR | VMTP_NER | VMTP_CMG | VMTP_STI;
    uint32_t about = CODE24(vmtp_load32(h + 60)), code = CODE24(vmtp_get_code(h));
    int asks = code == CODE24(VMTP_NOTIFY_VMTP_SERVER) &&
               (about == VMTP_RETRY || about == VMTP_RETRY_ALL || about == VMTP_BUSY);
    int passed = code == CODE24(VMTP_NOTIFY_REMOTE_VMTP_CLIENT) || code == CODE24(VMTP_NOTIFY_VMTP_CLIENT);
    MUST(notifies <= (vmtp_get_control(h) & run ? RUN_GROUPS : 1u));
    MUST(!is_notify(h) || asks || (passed && w.second) || notifies == 0);
}

static int input(struct my_node *n, const struct vmtp_rx *rx) {
    uint64_t notifies = vmtp_counter(n->e, VMTP_COUNT_NOTIFY_OUT);
    show("to  ", n->number, rx->packet, rx->length);
    int reason = vmtp_input(n->e, rx, w.now);
    MUST(reason == 0 || strncmp(vmtp_counter_name((enum vmtp_counter)reason), "drop_", 5) == 0);
    trace("    %s: %s\n", vmtp_counter_name((enum vmtp_counter)reason), vmtp_counter_text((enum vmtp_counter)reason));
    remember_number((uint64_t)reason);
    if (rx->length >= VMTP_MIN_PACKET)
        check_notifies(rx->packet, vmtp_counter(n->e, VMTP_COUNT_NOTIFY_OUT) - notifies);
    return reason;
}

/* No packet makes many: when nothing else is to be sent, what goes out is because of it. */
static int measured_input(struct my_node *n, const struct vmtp_rx *rx) {
    drain(n);
    uint32_t calls = n->e->calls.used, waits = (uint32_t)veng_send_waiting(n->e);
    uint32_t most = waits + (rx->length >= VMTP_MIN_PACKET && vmtp_get_function(rx->packet) ? calls : 0);
    uint32_t limit = 40u + 34u * most + (w.second ? most_packets(n->e) : 0);
    int reason = input(n, rx);
    uint32_t count = drain(n);
    MUST(count <= limit);
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
    case VMTP_COUNT_DROP_CHECKSUM: break;
    default: w.forged = 1;
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
static int is_pattern(const uint8_t *at, uint32_t size, uint32_t delivered, uint32_t pattern) {
    if (size > VMTP_GROUP_OCTETS) /* no mask names its blocks: all that is said to be there is */
        return memcmp(at, pattern_at(pattern), size) == 0;
    for (uint32_t from = 0, bit = 1; from < size; from += VMTP_BLOCK_OCTETS, bit <<= 1) {
        uint32_t length = size - from < VMTP_BLOCK_OCTETS ? size - from : VMTP_BLOCK_OCTETS;
        if ((delivered & bit) && memcmp(at + from, pattern_at(pattern) + from, length) != 0)
            return 0;
    }
    return 1;
}

static struct my_call *call_tagged(uint32_t tag) {
    return (tag & 0xffff0000u) == TAG && (tag & 0xffffu) < w.call_count ? &w.calls[tag & 0xffffu] : NULL;
}

static int is_reply(const struct my_reply *r, const struct my_call *c, const struct vmtp_event *ev) {
    int whole = ev->result == 0 && !(ev->message.code & VMTP_MDM);
    return r->call == c->origin && (whole ? ev->segment_size == r->size : ev->segment_size <= r->size) &&
           is_pattern(ev->segment, ev->segment_size, ev->delivered, r->pattern);
}

/*
 * What came back is what the server gave in answer to this very call.  An idempotent reply does not say which one it is, so
 * that only the data differ when the operation is done again; it must be one of them, and not a mixture.
 */
static void check_response(const struct my_call *c, const struct vmtp_event *ev) {
    if (!c->plain || !strict())
        return;
    uint32_t number = ev->message.words[3], found = 0;
    const struct my_call *whose = call_tagged(ev->message.words[2]);
    if (c->passes && !ev->message.words[2]) /* a call of the forwarder's had no Response */
        return;
    if (c->batched && whose && whose != c &&
        c->origin == (uint32_t)(c - w.calls)) { /* a later one of the run says OK for it */
        MUST(whose->run == c->run && whose > c && ev->segment_size == 0);
        return;
    }
    MUST(whose == &w.calls[c->origin] && number <= w.reply_count);
    for (uint32_t i = 0; i < w.reply_count && !found; i++)
        found = (!number || number == i + 1) && is_reply(&w.replies[i], c, ev);
    MUST(found);
}

static int is_alone(const struct my_call *c) { return !c->more && c->run == (uint32_t)(c - w.calls); }

/* Without a Response, those behind it end too, with what they have. */
static void fail_run(struct my_call *c) {
    for (struct my_call *first = &w.calls[c->run]; first <= c; first++)
        first->failed |= first->run == c->run;
}

/* Responses of a run come in the order of its calls. */
static void check_order(const struct my_call *c, const struct vmtp_event *ev) {
    if (ev->result != 0 && ev->result != VMTP_BAD_REPLY_SEGMENT)
        return;
    for (const struct my_call *before = &w.calls[c->run]; before < c; before++)
        MUST(before->run != c->run || before->over || before->failed);
}

static void check_group_call(const struct my_call *c, const struct vmtp_event *ev) {
    if (c->reliable) {
        MUST(ev->number <= c->member_count && (ev->result == 0) == (ev->number == c->member_count));
        return;
    }
    MUST(ev->number == c->responses && (c->slots > 1 || ev->number == 0));
    MUST(c->responses == 0 || ev->result == 0);
}

static void on_complete(struct my_node *n, const struct vmtp_event *ev) {
    uint32_t index = (uint32_t)ev->cookie;
    MUST(ev->cookie >> 32 == 0xca11 && index < w.call_count);
    struct my_call *c = &w.calls[index];
    int answered = ev->result == 0 || ev->result == VMTP_BAD_REPLY_SEGMENT;
    MUST(!c->over && c->node == n->number && c->handle == ev->handle && c->client == ev->entity);
    check_group_call(c, ev);
    check_order(c, ev);
    if (!answered)
        fail_run(c);
    if (is_alone(c)) {
        MUST(ev->result != VMTP_USER_TIMEOUT || w.now >= c->deadline || w.forged); /* a Notify can say anything */
        MUST(!c->cancelled || ev->result == VMTP_CANCELLED || c->responses);
    }
    MUST(ev->segment_size <= c->response_size);
    MUST(ev->segment_size == 0 || ev->segment == lent(c->area));
    if (c->slots <= 1 && answered && ev->message.server)
        check_response(c, ev);
    c->over = 1;
    take_back(c->segment);
    take_back(c->area);
    take_back(c->members);
}

/* No member is heard twice. */
static void check_member(struct my_call *c, const struct vmtp_event *ev) {
    for (uint32_t i = 0; i < c->responses && i < SERVERS; i++)
        MUST(c->answered[i] != ev->message.server);
    if (c->responses < SERVERS)
        c->answered[c->responses] = ev->message.server;
    if (ev->message.words[2] != (TAG | (uint32_t)(c - w.calls)) || !strict() || !c->tagged || ev->result)
        return;
    uint32_t number = ev->message.words[3];
    MUST(number <= w.reply_count);
    if (number && w.replies[number - 1].call == (uint32_t)(c - w.calls))
        MUST(is_reply(&w.replies[number - 1], c, ev));
}

static void on_response(struct my_node *n, const struct vmtp_event *ev) {
    uint32_t index = (uint32_t)ev->cookie;
    MUST(ev->cookie >> 32 == 0xca11 && index < w.call_count);
    struct my_call *c = &w.calls[index];
    MUST(!c->over && c->node == n->number && c->handle == ev->handle && c->slots > 1);
    check_member(c, ev);
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

/* How often a server has executed the call before. */
static uint32_t executed(struct my_call *c, vmtp_entity server) {
    for (uint32_t i = 0; i < c->server_count; i++)
        if (c->servers[i] == server)
            return c->executions[i]++;
    if (c->server_count < SERVERS) {
        c->servers[c->server_count] = server;
        c->executions[c->server_count++] = 1;
    }
    return 0;
}

/* Requests of a run are delivered in its order. */
static void check_delivery(const struct my_call *c) {
    if (c->datagram || c->passes)
        return;
    for (const struct my_call *later = c + 1; later < w.calls + w.call_count; later++)
        MUST(later->run != c->run || later->server_count == 0);
}

/* Is this an execution of a call of ours, and may it be executed? */
static uint32_t recognise(const struct vmtp_event *ev) {
    struct my_call *c = call_tagged(ev->message.words[2]);
    if (!strict() || !c || !c->tagged)
        return NOTHING;
    if (c->client != ev->client) /* a call of a forwarder's */
        return c->passes ? (uint32_t)(c - w.calls) : NOTHING;
    if (!c->plain && !vmtp_is_group(ev->message.server))
        return NOTHING;
    if (c->server_count == 0)
        check_delivery(c);
    MUST(executed(c, ev->entity) <= c->passes || c->redoable);
    MUST(ev->segment_size == c->segment_size);
    MUST(is_pattern(ev->segment, ev->segment_size, ev->delivered, (uint32_t)(c - w.calls)));
    return (uint32_t)(c - w.calls);
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
    MUST(error == 0 || error == VMTP_E_NO_ENTITY || error == VMTP_E_FULL || error == VMTP_E_TOO_LARGE ||
         (error == VMTP_E_INVALID && capacity && a->area == NOTHING)); /* nothing is left to lend */
}

/* How the Request of a partial call is answered: always with the same data. */
static void answer_alike(const struct my_request *r, uint32_t *shape, uint32_t *size, uint32_t *flags, uint32_t *pattern) {
    const struct my_call *c = r->call != NOTHING ? &w.calls[r->call] : NULL;
    *pattern = w.reply_count;
    if (!c || !c->partial)
        return;
    *shape = 2;
    *size = c->response_size;
    *flags = VMTP_REPLY_CHOSEN;
    *pattern = r->call;
}

static void count_reply(struct my_request *r, uint32_t code, uint32_t flags) {
    w.reply_count++;
    r->answered = 1;
    if (r->call == NOTHING)
        return;
    w.calls[r->call].redoable |= (code & VMTP_DGM) != 0;
    w.calls[r->call].batched |= (flags & VMTP_REPLY_BATCH) != 0;
}

static void reply_as(struct my_request *r, uint32_t shape, uint32_t size, uint32_t reply_flags) {
    static const uint32_t flags[8] = {0, 0, VMTP_DGM, VMTP_MDM, VMTP_SDA, VMTP_CMD, VMTP_DGM | VMTP_MDM, VMTP_MRD};
    uint32_t pattern;
    if (w.reply_count == MOST || w.loan_count == 4 * MOST)
        return;
    answer_alike(r, &shape, &size, &reply_flags, &pattern);
    struct my_reply *y = &w.replies[w.reply_count];
    struct vmtp_reply a = {.message = r->message, .segment_size = size, .flags = reply_flags};
    *y = (struct my_reply){
        .handle = r->handle, .node = r->node, .call = r->call, .size = size, .pattern = pattern, .area = NOTHING};
    y->segment = lend(size, pattern);
    y->owed = y->segment != NOTHING;
    a.segment = lent(y->segment);
    a.message.code = flags[shape & 7u] | (shape >> 4 == 15 ? VMTP_RESPONSE_DISCARDED : shape >> 4);
    a.message.words[3] = a.message.code & VMTP_DGM ? 0 : w.reply_count + 1;
    a.message.words[5] = 0x55aa55aau;
    int error = vmtp_reply(w.nodes[r->node].e, r->handle, &a, w.now);
    trace("    reply to %llx, code %x, %u octets: %d\n", (unsigned long long)r->handle, a.message.code, size, error);
    MUST(error == 0 || error == VMTP_E_STALE || error == VMTP_E_TOO_LARGE || error == VMTP_E_INVALID ||
         (error == VMTP_E_FULL && size > VMTP_GROUP_OCTETS));
    MUST(!(r->answered || r->abandoned || r->moved) || error != 0);
    if (error)
        take_back(y->segment);
    else
        count_reply(r, a.message.code, reply_flags);
}

static void reply(struct my_request *r, uint32_t shape, uint32_t size) { reply_as(r, shape, size, shape >> 3 & 1u); }

static void note_forward(struct my_request *r, const struct vmtp_forward *f) {
    w.reply_count++;
    r->answered = 1;
    if (r->call == NOTHING)
        return;
    struct my_call *c = &w.calls[r->call];
    c->passes++;
    if (f->segment_size != c->segment_size || f->message.code != r->message.code)
        c->plain = 0;
}

/* vmtp_forward; size NOTHING: as much as came. */
static void pass_on(struct my_request *r, vmtp_entity to, uint32_t shape, uint32_t size, uint32_t response_size) {
    if (w.reply_count == MOST || w.loan_count + 2 > 4 * MOST)
        return;
    vmtp_engine *e = w.nodes[r->node].e;
    struct my_reply *y = &w.replies[w.reply_count];
    uint32_t same = r->message.code & VMTP_SDA ? r->message.words[6] : 0;
    struct vmtp_forward f = {.message = r->message, .response_size = shape & 2 ? 0 : response_size};
    f.segment_size = size == NOTHING ? same : size;
    f.message.server = to;
    f.message.code = (shape & 4 ? shape >> 4 : r->message.code & ~(f.segment_size ? 0 : VMTP_SDA)) |
                     (shape & 8 ? VMTP_CMD : 0);
    *y = (struct my_reply){.handle = r->handle, .node = r->node, .call = NOTHING};
    y->segment = lend(f.segment_size, r->call != NOTHING ? r->call : w.reply_count);
    y->area = lend(f.response_size, NOTHING);
    f.segment = lent(y->segment);
    f.response_area = lent(y->area);
    int error = vmtp_forward(e, r->handle, &f, w.now);
    trace("    forward %llx to %llx, code %x, %u octets: %d\n", (unsigned long long)r->handle, (unsigned long long)to,
          f.message.code, f.segment_size, error);
    MUST(error == 0 || error == VMTP_E_STALE || error == VMTP_E_NESTED || error == VMTP_E_IN_CALL ||
         error == VMTP_E_FULL || error == VMTP_E_TOO_LARGE || error == VMTP_E_INVALID);
    MUST(!(r->answered || r->abandoned || r->moved) || error != 0);
    const struct request *q = veng_request_by_handle(e, r->handle);
    int nested = !error && q && q->nested;
    if (!nested) {
        take_back(y->area);
        y->area = NOTHING;
    }
    y->owed = !error && (nested || y->segment != NOTHING);
    if (error)
        take_back(y->segment);
    else
        note_forward(r, &f);
}

/* Requests that are answered, or passed on, as soon as they come. */
static void obey_policy(struct my_request *r) {
    uint32_t size = some_size(w.policy >> 4), flags = w.reply_shape >> 3 & 1u;
    if (w.second && (w.policy & 4)) {
        const struct my_node *next = some_node(r->node + 1);
        pass_on(r, own_entity(next, 0), 0, NOTHING, VMTP_GROUP_OCTETS);
    }
    if (!(w.policy & 2) || r->answered)
        return;
    if (w.second && (w.policy & 8)) {
        size = r->large ? some_large_size(w.policy >> 4) : size;
        flags |= r->more ? VMTP_REPLY_BATCH : 0;
        size = r->more && (w.reply_count & 1) ? 0 : size;
    }
    reply_as(r, w.reply_shape, size, flags);
}

static struct my_request *note_request(struct my_node *n, const struct vmtp_event *ev, uint32_t call) {
    if (!ev->handle || w.request_count == MOST)
        return NULL;
    struct my_request *r = &w.requests[w.request_count++];
    *r = (struct my_request){.handle = ev->handle,
                             .node = n->number,
                             .call = call,
                             .message = ev->message,
                             .entity = ev->entity,
                             .large = ev->large,
                             .more = ev->more};
    return r;
}

/* A Request that its entity had at another node, for which call. */
static uint32_t left_with(const struct vmtp_event *ev) {
    uint32_t call = NOTHING, known = 0;
    for (uint32_t i = 0; i < w.request_count; i++)
        if (w.requests[i].moved && w.requests[i].handle == ev->cookie && w.requests[i].entity == ev->entity)
            call = w.requests[i].call, known = 1;
    MUST(known || w.forged || w.request_count == MOST);
    return call;
}

static void on_resumed(struct my_node *n, const struct vmtp_event *ev) {
    uint32_t call = left_with(ev);
    MUST(ev->handle && !ev->segment && !ev->segment_size);
    struct my_request *r = note_request(n, ev, call);
    if (r)
        obey_policy(r);
}

static void on_request(struct my_node *n, const struct vmtp_event *ev) {
    if (ev->resumed) {
        on_resumed(n, ev);
        return;
    }
    struct my_accept *a = accept_of(n, ev);
    MUST(ev->segment_size <= a->capacity && ev->client != 0);
    MUST((ev->handle == 0) == ((ev->message.code & VMTP_DGM) != 0));
    uint32_t call = recognise(ev);
    take_back(a->area);
    if (w.policy & 1)
        post_accept(n, ev->entity, a->capacity);
    struct my_request *r = note_request(n, ev, call);
    if (r)
        obey_policy(r);
}

static struct my_request *request_of(const struct my_node *n, vmtp_handle handle) {
    for (uint32_t i = w.request_count; i-- > 0;)
        if (w.requests[i].handle == handle && w.requests[i].node == n->number)
            return &w.requests[i];
    MUST(w.request_count == MOST);
    return NULL;
}

static void on_abandoned(struct my_node *n, const struct vmtp_event *ev) {
    if (ev->resumed) { /* on its way here with its entity */
        left_with(ev);
        return;
    }
    struct my_request *r = request_of(n, ev->handle);
    MUST(!r || (!r->answered && !r->abandoned && !r->moved));
    if (r)
        r->abandoned = 1;
}

static int is_reply_handle(const struct my_node *n, vmtp_handle handle) {
    for (uint32_t i = w.reply_count; i-- > 0;)
        if (w.replies[i].handle == handle && w.replies[i].node == n->number)
            return 1;
    return 0;
}

static void on_move_released(struct my_node *n, const struct vmtp_event *ev) {
    for (uint32_t i = w.move_count; i-- > 0;) {
        struct my_move *m = &w.moves[i];
        if (m->node != n->number || m->entity != ev->entity || !m->count)
            continue;
        if (--m->count == 0)
            take_back(m->data);
        return;
    }
    FAIL("of what came with an entity more is released than was lent");
}

static void on_released(struct my_node *n, const struct vmtp_event *ev) {
    if (ev->resumed && !is_reply_handle(n, ev->handle)) {
        on_move_released(n, ev);
        return;
    }
    for (uint32_t i = w.reply_count; i-- > 0;) {
        struct my_reply *r = &w.replies[i];
        if (r->handle != ev->handle || r->node != n->number)
            continue;
        MUST(!r->over && r->owed);
        r->over = 1;
        take_back(r->segment);
        take_back(r->area);
        return;
    }
    FAIL("a segment is released that was never lent");
}

/* It was made here, or has come here. */
static void welcome(struct my_node *n, vmtp_entity id) {
    for (uint32_t i = 0; i < n->count; i++) {
        if (n->ids[i] == id) {
            MUST(!n->live[i]);
            n->live[i] = 1;
            return;
        }
    }
    if (n->count == ENTITIES) { /* made from the wire, and more than we keep */
        MUST(vmtp_entity_delete(n->e, id, w.now) == 0);
        return;
    }
    n->live[n->count] = 1;
    n->ids[n->count++] = id;
}

static void add_entity(struct my_node *n, vmtp_entity id) {
    if (is_ours(id) && !is_known_at(n, id)) /* the program lives at two hosts at once: its fault */
        w.forged = 1;
    welcome(n, id);
}

static void forget_entity(struct my_node *n, vmtp_entity id) {
    for (uint32_t i = 0; i < n->count; i++)
        if (n->ids[i] == id)
            n->live[i] = 0;
    for (uint32_t i = 0; i < w.accept_count; i++) /* they are on their way home, also if it lives here again */
        w.accepts[i].cancelled |= w.accepts[i].node == n->number && w.accepts[i].entity == id;
}

/* Of each address joins and leaves take turns. */
static void on_listen(struct my_node *n, const struct vmtp_event *ev) {
    uint32_t i = 0;
    MUST(ev->number <= 1 && (ev->source[0] & 1));
    while (i < n->listen_count && memcmp(n->listens[i], ev->source, 6) != 0)
        i++;
    MUST((i == n->listen_count) == (ev->number == 1));
    if (ev->number) {
        MUST(i < LISTENERS);
        memcpy(n->listens[n->listen_count++], ev->source, 6);
    } else {
        memcpy(n->listens[i], n->listens[--n->listen_count], 6);
    }
}

static void on_event(struct my_node *n, const struct vmtp_event *ev) {
    trace("    event %d at %u: entity %llx handle %llx cookie %llx result %u size %u\n", (int)ev->type, n->number,
          (unsigned long long)ev->entity, (unsigned long long)ev->handle, (unsigned long long)ev->cookie, ev->result,
          ev->segment_size);
    remember_number(ev->type + ((uint64_t)ev->result << 8) + ((uint64_t)ev->segment_size << 40));
    remember_number(ev->handle ^ ev->entity ^ ev->client ^ ev->delivered);
    switch (ev->type) {
    case VMTP_EV_READY: MUST(n->readies++ == 0 && vmtp_engine_ready(n->e)); break;
    case VMTP_EV_COMPLETE: on_complete(n, ev); break;
    case VMTP_EV_RESPONSE: on_response(n, ev); break;
    case VMTP_EV_REQUEST: on_request(n, ev); break;
    case VMTP_EV_RELEASED: on_released(n, ev); break;
    case VMTP_EV_ABANDONED: on_abandoned(n, ev); break;
    case VMTP_EV_ACCEPT_RETURNED: take_back(accept_of(n, ev)->area); break;
    case VMTP_EV_ENTITY_CREATED: add_entity(n, ev->entity); break;
    case VMTP_EV_SIGNAL: MUST(ev->client != 0); break;
    case VMTP_EV_GROUP_RESPONSE: take_back(accept_of(n, ev)->area); break;
    case VMTP_EV_LISTEN: on_listen(n, ev); break;
    case VMTP_EV_ENTITY_DELETED: forget_entity(n, ev->entity); break;
    default: FAIL("an event of no known type");
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
    vmtp_expire(n->e, w.now);
    drain(n);
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
        for (uint32_t i = 0; i < w.node_count; i++) { /* no more at a time than the segment holds */
            vmtp_expire(w.nodes[i].e, w.now);
            busy |= drain_some(&w.nodes[i], AT_ONCE) == AT_ONCE;
            busy |= take_events(&w.nodes[i], NOTHING) > 0;
            busy |= drain_some(&w.nodes[i], AT_ONCE / 4) == AT_ONCE / 4;
            busy |= vmtp_deadline(w.nodes[i].e) <= w.now;
            w.nodes[i].late = 0;
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

#endif
