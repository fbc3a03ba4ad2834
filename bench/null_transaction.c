/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bench_null_transaction - two engines joined in memory, in virtual time: what the protocol alone costs.
 *
 * Everything that a host's loop asks of the client's engine happens inside the function client_side, and
 * likewise for server_side; carrying packets from one to the other does not. So callgrind's --toggle-collect
 * can tell them apart; bench/instructions does that.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <vmtp/engine.h>

#include "lab/options.h"

#define WAY (2 * VMTP_MICROSECOND) /* virtual time a packet takes */
#define PACKETS 40u                /* that one step may send: a segment at the smallest MTU, and some */
#define TURNS_MAX 1000u            /* for one transaction */

struct world;
enum step {
    STEP_CALL,  /* client: begin a transaction, then as STEP_TURN */
    STEP_TURN,  /* take what arrived, do what is due, answer, give what is to be sent */
    STEP_REPORT /* what was given has been sent */
};

/* An engine and the loop around it. */
struct node {
    /*
     * client_side or server_side, always called through here: then the compiler cannot make a variant of
     * another name.
     */
    void (*volatile side)(struct world *w, enum step step);
    vmtp_engine *engine;
    vmtp_entity entity;
    uint8_t mac[6];
    struct vmtp_tx out[PACKETS];
    unsigned sent;
    vmtp_time due; /* the engine's deadline after the last turn */
    struct {
        uint32_t length;
        uint8_t octets[2048];
    } in[PACKETS];
    struct vmtp_rx received[PACKETS];
    unsigned arrived;
    uint64_t random;
};

struct world {
    struct node client, server;
    vmtp_time now;
    uint32_t response_octets;
    unsigned completed;
    vmtp_handle call;
    uint8_t segment[VMTP_GROUP_OCTETS], area[VMTP_GROUP_OCTETS];
};

struct options {
    size_t count, remote_clients, response;
    enum vmtp_checksum_mode checksum;
};

static _Noreturn void fail(const char *what, int result) {
    fprintf(stderr, "bench: %s: %s\n", what, result < 0 ? vmtp_error_text(result) : "unexpected");
    exit(3);
}

static void check(const char *what, int result) {
    if (result != 0)
        fail(what, result);
}

/* ---- what is measured ---------------------------------------------------------------------------------------- */

static inline void take_input(struct node *n, vmtp_time now) {
    for (unsigned i = 0; i < n->arrived; i++)
        vmtp_input(n->engine, &n->received[i], now);
    n->arrived = 0;
    if (n->due <= now)
        vmtp_expire(n->engine, now);
}

static inline void give_output(struct node *n, vmtp_time now) {
    while (n->sent < PACKETS && vmtp_output(n->engine, &n->out[n->sent], now) > 0)
        n->sent++;
    n->due = vmtp_deadline(n->engine);
}

static inline void report(struct node *n, vmtp_time now) {
    for (unsigned i = 0; i < n->sent; i++)
        vmtp_tx_result(n->engine, &n->out[i], VMTP_TX_SENT, now);
    n->sent = 0;
}

static inline void begin_call(struct world *w) {
    struct vmtp_request request = {.client = w->client.entity,
                                   .message = {.server = w->server.entity},
                                   .response_area = w->area,
                                   .response_size = w->response_octets,
                                   .response_slots = 1,
                                   .deadline = VMTP_NEVER};
    check("vmtp_call", vmtp_call(w->client.engine, &w->call, &request, w->now));
}

__attribute__((noinline)) static void client_side(struct world *w, enum step step) {
    struct node *n = &w->client;
    struct vmtp_event event;
    if (step == STEP_REPORT) {
        report(n, w->now);
        return;
    }
    if (step == STEP_CALL)
        begin_call(w);
    take_input(n, w->now);
    while (vmtp_next_event(n->engine, &event)) {
        if (event.type == VMTP_EV_COMPLETE && event.result == 0 && event.segment_size == w->response_octets)
            w->completed++;
        else
            fail("the call failed", 0);
    }
    give_output(n, w->now);
}

static inline void serve(struct world *w, const struct vmtp_event *event) {
    struct vmtp_reply reply = {.segment = w->segment, .segment_size = w->response_octets};
    if (event->type != VMTP_EV_REQUEST)
        return; /* a segment comes back */
    check("vmtp_accept", vmtp_accept(w->server.engine, w->server.entity, NULL, 0, 0));
    check("vmtp_reply", vmtp_reply(w->server.engine, event->handle, &reply, w->now));
}

__attribute__((noinline)) static void server_side(struct world *w, enum step step) {
    struct node *n = &w->server;
    struct vmtp_event event;
    if (step == STEP_REPORT) {
        report(n, w->now);
        return;
    }
    take_input(n, w->now);
    while (vmtp_next_event(n->engine, &event))
        serve(w, &event);
    give_output(n, w->now);
}

/* ---- the world around ---------------------------------------------------------------------------------------- */

static void deliver(struct node *to, const uint8_t *octets, size_t length, const uint8_t *src, const uint8_t *dst) {
    unsigned i = to->arrived++;
    memcpy(to->in[i].octets, octets, length);
    to->received[i] = (struct vmtp_rx){.packet = to->in[i].octets, .length = (uint32_t)length};
    memcpy(to->received[i].src, src, 6);
    memcpy(to->received[i].dst, dst, 6);
}

/* Returns how many packets went. */
static unsigned carry(struct world *w, struct node *from, struct node *to) {
    uint8_t octets[2048];
    unsigned sent = from->sent;
    for (unsigned i = 0; i < sent; i++) {
        size_t length = vmtp_tx_gather(&from->out[i], octets);
        deliver(to, octets, length, from->mac, from->out[i].dst);
    }
    if (sent > 0)
        w->now += WAY;
    return sent;
}

/* Nothing is on its way: lets time pass until one of them has something to do. */
static void let_time_pass(struct world *w) {
    vmtp_time due = w->client.due < w->server.due ? w->client.due : w->server.due;
    if (due == VMTP_NEVER)
        fail("the call does not end", 0);
    w->now = due > w->now ? due : w->now;
    w->client.side(w, STEP_TURN);
    w->server.side(w, STEP_TURN);
}

static void transact(struct world *w) {
    unsigned before = w->completed, turns = 0;
    w->client.side(w, STEP_CALL);
    while (w->completed == before) {
        unsigned requests = carry(w, &w->client, &w->server), responses = 0;
        if (requests > 0) {
            w->client.side(w, STEP_REPORT);
            w->server.side(w, STEP_TURN);
        }
        responses = carry(w, &w->server, &w->client);
        if (responses > 0) {
            w->server.side(w, STEP_REPORT);
            w->client.side(w, STEP_TURN);
        }
        if (requests + responses == 0)
            let_time_pass(w);
        if (++turns > TURNS_MAX)
            fail("the call does not end", 0);
    }
}

static void pseudo_random(void *context, void *out, size_t size) {
    uint64_t *state = context;
    uint8_t *at = out;
    while (size-- > 0) {
        *state = *state * 6364136223846793005u + 1442695040888963407u;
        *at++ = (uint8_t)(*state >> 56);
    }
}

static void make_node(struct node *n, uint8_t number, const struct options *o, vmtp_time now) {
    struct vmtp_config config;
    vmtp_config_init(&config);
    n->random = number;
    memcpy(n->mac, (uint8_t[6]){2, 0, 0, 0, 0, number}, 6);
    memcpy(config.mac, n->mac, 6);
    config.block = (vmtp_entity)number << 16;
    config.checksum = (uint8_t)o->checksum;
    config.max_remote_clients += (uint32_t)o->remote_clients;
    config.random = pseudo_random;
    config.random_context = &n->random;
    size_t size = (vmtp_engine_footprint(&config) + 63) / 64 * 64;
    void *memory = size > 0 ? aligned_alloc(64, size) : NULL;
    if (!memory)
        fail("no memory for an engine", 0);
    check("vmtp_engine_create", vmtp_engine_create(&n->engine, &config, memory, size, now));
    struct vmtp_event event;
    while (vmtp_next_event(n->engine, &event))
        ; /* READY */
    check("vmtp_entity_create", vmtp_entity_create(n->engine, &n->entity, NULL, now));
}

/* A Request without data from somebody who then goes away, and its answer, which nobody hears. */
static void visit(struct world *w, vmtp_entity client) {
    struct vmtp_header header = {
        .client = client, .domain = VMTP_DOMAIN, .function = VMTP_REQUEST, .transaction = 1, .server = w->server.entity};
    uint8_t packet[VMTP_MIN_PACKET];
    vmtp_header_encode(packet, &header);
    vmtp_store32(packet + VMTP_HEADER_OCTETS, vmtp_checksum(packet, VMTP_HEADER_OCTETS));
    deliver(&w->server, packet, sizeof packet, w->client.mac, w->server.mac);
    w->server.side(w, STEP_TURN);
    w->server.side(w, STEP_REPORT);
}

/* Leaves so many idle records at the server. */
static void make_visits(struct world *w, size_t count) {
    struct vmtp_usage usage;
    uint32_t octets = w->response_octets;
    w->response_octets = 0;
    for (size_t i = 0; i < count; i++)
        visit(w, ((vmtp_entity)0x5000000 + i / 128) << 8 | (64 + i % 128));
    w->response_octets = octets;
    vmtp_usage(w->server.engine, &usage);
    if (usage.remote_clients < count)
        fail("visitors left no records", 0);
}

/* ---- the command line ---------------------------------------------------------------------------------------- */

static int parse_checksum(const char *text, enum vmtp_checksum_mode *mode) {
    static const char *const names[] = {"full", "header", "none"};
    for (unsigned i = 0; i < 3; i++)
        if (strcmp(text, names[i]) == 0) {
            *mode = (enum vmtp_checksum_mode)i;
            return 1;
        }
    fprintf(stderr, "bench: --checksum %s: full, header or none is wanted\n", text);
    return 0;
}

static int parse(struct options *o, int argc, char **argv) {
    static const struct option longs[] = {{"count", 1, 0, 'n'},
                                          {"remote-clients", 1, 0, 'r'},
                                          {"response", 1, 0, 's'},
                                          {"checksum", 1, 0, 'c'},
                                          {0, 0, 0, 0}};
    *o = (struct options){.count = 100000};
    for (int c; (c = getopt_long(argc, argv, "", longs, NULL)) != -1;) {
        int good = 0;
        switch (c) {
        case 'n': good = option_number(optarg, "--count", 1, 100000000, &o->count); break;
        case 'r': good = option_number(optarg, "--remote-clients", 0, 10000000, &o->remote_clients); break;
        case 's': good = option_number(optarg, "--response", 0, VMTP_GROUP_OCTETS, &o->response); break;
        case 'c': good = parse_checksum(optarg, &o->checksum); break;
        default: break;
        }
        if (!good)
            return -1;
    }
    return optind == argc ? 0 : -1;
}

int main(int argc, char **argv) {
    static struct world w;
    struct options o;
    if (parse(&o, argc, argv) != 0) {
        fprintf(stderr, "usage: bench_null_transaction [--count N] [--response OCTETS] [--remote-clients N] "
                        "[--checksum full|header|none]\n");
        return 2;
    }
    w.now = VMTP_SECOND;
    w.response_octets = (uint32_t)o.response;
    w.client.side = client_side;
    w.server.side = server_side;
    make_node(&w.client, 1, &o, w.now);
    make_node(&w.server, 2, &o, w.now);
    for (int i = 0; i < 4; i++)
        check("vmtp_accept", vmtp_accept(w.server.engine, w.server.entity, NULL, 0, 0));
    make_visits(&w, o.remote_clients);
    uint64_t begin = lab_now();
    for (size_t i = 0; i < o.count; i++)
        transact(&w);
    printf("%zu transactions, %.1f ns each, both sides\n", o.count, (double)(lab_now() - begin) / (double)o.count);
    return 0;
}
