/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * seeds.c - many worlds, each from one seed: several hosts call each other at random over a network that loses, doubles,
 * reorders and corrupts, and what must always hold is checked:
 *
 *   a transaction is executed at most once, unless its Response is idempotent;     VMTP-8.1-01
 *   a completed call has exactly the bytes that were sent, both ways;
 *   every call ends, exactly once, with a Response or a reason;
 *   all that was lent comes back, and in the end no record is left over.
 *
 * A seed that fails prints the command that runs it again and leaves captures of every host.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/world.h"

#define MAX_HOSTS 5
#define CLIENTS 3 /* entities per host */
#define SERVERS 2
#define ACCEPTS 4 /* per server */
#define MAX_OPS 4096
#define HELD 16 /* Requests a host answers later */

static uint64_t current_seed;

#define REQUIRE(condition, ...)                                                                                        \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            fprintf(stderr, "seed %llu: %s:%d: ", (unsigned long long)current_seed, "seeds.c", __LINE__);              \
            fprintf(stderr, __VA_ARGS__);                                                                              \
            fputc('\n', stderr);                                                                                       \
            fflush(stderr);                                                                                            \
            _exit(1);                                                                                                  \
        }                                                                                                              \
    } while (0)

/* What one call is meant to do; its number travels in the message. */
struct op {
    uint32_t request_size, response_size;
    uint8_t idempotent, datagram, discard;
    uint8_t slow;     /* answered later */
    uint8_t cancel;   /* by the client, some time after */
    uint8_t executed; /* times */
    uint8_t ended;
};

struct held {
    vmtp_handle handle;
    uint32_t op;
    vmtp_time when;
    vmtp_entity entity;
};

struct lent_reply {
    vmtp_handle handle;
    uint8_t *segment;
};

struct client {
    vmtp_entity id;
    vmtp_handle call;
    uint32_t op;
    vmtp_time cancel_at;
    uint8_t busy;
    uint8_t segment[VMTP_GROUP_OCTETS], area[VMTP_GROUP_OCTETS];
};

struct host_state {
    struct client clients[CLIENTS];
    vmtp_entity servers[SERVERS];
    struct held held[HELD];
    struct lent_reply replies[64];
    uint32_t accepts_out;
    uint32_t replaced;
    uint32_t left; /* calls still to be made */
};

static struct world w;
static struct host_state hosts[MAX_HOSTS];
static struct op ops[MAX_OPS];
static uint32_t op_count;
static uint64_t results[64], answered, executed_total, discarded_otherwise;
static uint64_t prng;

static uint64_t rnd(void) {
    uint64_t z = (prng += 0x9e3779b97f4a7c15ull);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
}

static uint32_t below(uint32_t n) { return (uint32_t)(rnd() % n); }

static uint32_t random_size(void) {
    switch (below(4)) {
    case 0: return 0;
    case 1: return 1 + below(1024);
    case 2: return 1 + below(VMTP_GROUP_OCTETS);
    default: return 1u << below(15);
    }
}

static uint8_t pattern(uint32_t op, uint32_t response, uint32_t at) {
    uint32_t x = op * 2654435761u + response * 40503u + at * 97u + (at >> 8) * 13u;
    return (uint8_t)(x ^ (x >> 13));
}

static void fill(uint8_t *p, uint32_t size, uint32_t op, uint32_t response) {
    for (uint32_t i = 0; i < size; i++)
        p[i] = pattern(op, response, i);
}

static void check_bytes(const uint8_t *p, uint32_t size, uint32_t op, uint32_t response) {
    for (uint32_t i = 0; i < size; i++)
        REQUIRE(p[i] == pattern(op, response, i), "op %u: %s octet %u of %u is wrong", op,
                response ? "Response" : "Request", i, size);
}

/* ---- the server's side ---- */

static struct lent_reply *free_reply(struct host_state *h) {
    for (unsigned i = 0; i < 64; i++)
        if (!h->replies[i].segment)
            return &h->replies[i];
    REQUIRE(0, "more replies lent than the host can have outstanding");
    return NULL;
}

static void answer(struct node *n, struct host_state *h, vmtp_handle handle, uint32_t number) {
    struct op *o = &ops[number];
    struct vmtp_reply r = {0};
    struct lent_reply *lent = NULL;
    r.message.code = (o->idempotent ? VMTP_DGM : 0) | (o->discard ? VMTP_RESPONSE_DISCARDED : number & 0xff00u);
    r.message.words[0] = number ^ 0x5a5a5a5au;
    r.message.words[1] = o->executed; /* an operation that is done again says something else */
    r.flags = rnd() & 1 ? VMTP_REPLY_CONFIRM : 0;
    if (o->response_size) {
        lent = free_reply(h);
        lent->segment = malloc(o->response_size);
        lent->handle = handle;
        fill(lent->segment, o->response_size, number, o->executed);
        r.segment = lent->segment;
        r.segment_size = o->response_size;
    }
    int error = vmtp_reply(n->engine, handle, &r, world_now(&w));
    REQUIRE(error == 0 || error == VMTP_E_STALE, "op %u: reply: %d", number, error);
    if (error && lent) {
        free(lent->segment);
        lent->segment = NULL;
    }
}

static void post_accept(struct node *n, struct host_state *h, vmtp_entity server, uint8_t *area) {
    uint8_t *p = area ? area : malloc(VMTP_GROUP_OCTETS);
    if (!area)
        h->accepts_out++;
    REQUIRE(vmtp_accept(n->engine, server, p, VMTP_GROUP_OCTETS, (uint64_t)(uintptr_t)p) == 0, "accept");
}

static void on_request(struct node *n, struct host_state *h, const struct vmtp_event *ev) {
    uint32_t number = ev->message.words[2];
    REQUIRE(number < op_count, "a Request that nobody sent");
    struct op *o = &ops[number];
    o->executed++;
    REQUIRE(o->executed < 250, "op %u is executed again and again", number);
    executed_total++;
    REQUIRE(o->executed == 1 || o->idempotent, "op %u executed %u times", number, o->executed);
    REQUIRE(ev->segment_size == o->request_size, "op %u: Request of %u octets, sent %u", number, ev->segment_size,
            o->request_size);
    check_bytes(ev->segment, ev->segment_size, number, 0);
    REQUIRE(ev->message.words[3] == ~number, "op %u: user words", number);
    if (ev->entity == h->servers[0] || ev->entity == h->servers[1])
        post_accept(n, h, ev->entity, ev->segment);
    else { /* delivered, and then its server was replaced */
        free(ev->segment);
        h->accepts_out--;
    }
    if (o->datagram) {
        REQUIRE(ev->handle == 0, "a datagram with a handle");
        return;
    }
    for (unsigned i = 0; o->slow && i < HELD; i++)
        if (!h->held[i].handle) {
            h->held[i] = (struct held){ev->handle, number, world_now(&w) + below(800) * VMTP_MILLISECOND, ev->entity};
            return;
        }
    answer(n, h, ev->handle, number);
}

static void on_released(struct host_state *h, const struct vmtp_event *ev) {
    for (unsigned i = 0; i < 64; i++)
        if (h->replies[i].segment && h->replies[i].handle == ev->handle) {
            free(h->replies[i].segment);
            h->replies[i].segment = NULL;
            return;
        }
    REQUIRE(0, "RELEASED for a segment that was not lent");
}

static void on_abandoned(struct host_state *h, const struct vmtp_event *ev) {
    for (unsigned i = 0; i < HELD; i++)
        if (h->held[i].handle == ev->handle)
            h->held[i].handle = 0;
}

/* ---- the client's side ---- */

static void on_complete(struct host_state *h, const struct vmtp_event *ev) {
    struct client *c = &h->clients[ev->cookie];
    struct op *o = &ops[c->op];
    REQUIRE(c->busy && ev->handle == c->call, "COMPLETE for a call that is not outstanding");
    c->busy = 0;
    o->ended++;
    REQUIRE(o->ended == 1, "op %u ended twice", c->op);
    results[ev->result < 63 ? ev->result : 63]++;
    /* A Response is only discarded because its server said so, or after its client has not answered five questions. */
    discarded_otherwise += ev->result == VMTP_RESPONSE_DISCARDED && !o->discard;
    if (ev->result != 0 || o->datagram)
        return;
    answered++;
    REQUIRE(o->executed > 0, "op %u answered without having been executed", c->op);
    REQUIRE(ev->message.words[0] == (c->op ^ 0x5a5a5a5au), "op %u: words of another Response", c->op);
    REQUIRE(ev->segment_size == o->response_size, "op %u: Response of %u octets, sent %u", c->op, ev->segment_size,
            o->response_size);
    check_bytes(c->area, ev->segment_size, c->op, ev->message.words[1]);
}

static void on_event(struct node *n, const struct vmtp_event *ev) {
    struct host_state *h = n->user;
    switch (ev->type) {
    case VMTP_EV_COMPLETE: on_complete(h, ev); break;
    case VMTP_EV_REQUEST: on_request(n, h, ev); break;
    case VMTP_EV_RELEASED: on_released(h, ev); break;
    case VMTP_EV_ABANDONED: on_abandoned(h, ev); break;
    case VMTP_EV_ACCEPT_RETURNED:
        free((void *)(uintptr_t)ev->cookie);
        h->accepts_out--;
        break;
    default: break;
    }
}

static void choose(struct op *o) {
    memset(o, 0, sizeof *o);
    o->request_size = random_size();
    o->response_size = random_size();
    o->idempotent = below(4) == 0;
    o->datagram = below(12) == 0;
    o->discard = below(40) == 0;
    o->slow = below(5) == 0;
    o->cancel = below(25) == 0;
}

static void start_call(struct node *n, struct host_state *h, unsigned which) {
    struct client *c = &h->clients[which];
    unsigned to = below(w.count);
    struct op *o = &ops[op_count];
    choose(o);
    struct vmtp_request r = {.client = c->id, .cookie = which, .deadline = VMTP_NEVER};
    c->op = op_count++;
    fill(c->segment, o->request_size, c->op, 0);
    r.message.server = hosts[to].servers[below(SERVERS)];
    r.message.code = 0x42u | (o->datagram ? VMTP_DGM : 0);
    r.message.words[2] = c->op;
    r.message.words[3] = ~c->op;
    r.segment = c->segment;
    r.segment_size = o->request_size;
    r.response_area = c->area;
    r.response_size = VMTP_GROUP_OCTETS;
    r.priority = (uint8_t)below(16);
    r.gap = below(4) == 0 ? (uint8_t)below(256) : 0;
    r.deadline = below(10) == 0 ? world_now(&w) + below(2000) * VMTP_MILLISECOND : world_now(&w) + 60 * VMTP_SECOND;
    int error = vmtp_call(n->engine, &c->call, &r, world_now(&w));
    if (error == VMTP_E_FULL) { /* its small host cache is all Probes under way: later */
        o->ended = 1;
        return;
    }
    REQUIRE(error == 0, "call: %d", error);
    c->busy = 1;
    c->cancel_at = o->cancel ? world_now(&w) + below(100) * VMTP_MILLISECOND : VMTP_NEVER;
    h->left--;
}

/* A server ends, with whatever it is doing, and another begins in its place: callers of the first have to learn it. */
static void replace_server(struct node *n, struct host_state *h) {
    vmtp_entity *id = &h->servers[below(SERVERS)];
    for (unsigned i = 0; i < HELD; i++)
        if (h->held[i].entity == *id)
            h->held[i].handle = 0;
    REQUIRE(vmtp_entity_delete(n->engine, *id, world_now(&w)) == 0, "delete");
    if (vmtp_entity_create(n->engine, id, NULL, world_now(&w)) != 0) { /* the block is used up */
        h->replaced = UINT32_MAX;
        return;
    }
    h->replaced++;
    for (unsigned a = 0; a < ACCEPTS; a++)
        post_accept(n, h, *id, NULL);
}

static void act(struct node *n, struct host_state *h) {
    vmtp_time now = world_now(&w);
    if (h->replaced < 20 && below(300) == 0)
        replace_server(n, h);
    for (unsigned i = 0; i < HELD; i++)
        if (h->held[i].handle && h->held[i].when <= now) {
            struct held x = h->held[i];
            h->held[i].handle = 0;
            answer(n, h, x.handle, x.op);
        }
    for (unsigned i = 0; i < CLIENTS; i++) {
        struct client *c = &h->clients[i];
        if (c->busy && c->cancel_at <= now) {
            c->cancel_at = VMTP_NEVER;
            vmtp_cancel(n->engine, c->call, now);
        }
        if (!c->busy && h->left && below(3) == 0)
            start_call(n, h, i);
    }
}

/* ---- one seed ---- */

static void build(uint64_t seed, const char *pcap) {
    prng = seed * 0x2545f4914f6cdd1dull + 1;
    world_init(&w, seed, below(4) == 0 ? 9000 : 1500);
    w.pcapng = pcap;
    w.late_reports = below(2) == 0;
    unsigned count = 2 + below(MAX_HOSTS - 1);
    for (unsigned i = 0; i < count; i++) {
        struct vmtp_config c;
        world_config(&w, &c);
        if (below(3) == 0)
            c.block = 0;
        if (below(4) == 0)
            c.checksum = VMTP_CHECKSUM_FULL;
        c.max_requests = 4 + below(64); /* sometimes too few */
        c.max_remote_clients = 8 + below(64);
        c.max_hosts = 2 + below(32);
        c.timers.ts5_always = (uint8_t)(below(3) == 0);
        struct node *n = world_add(&w, &c);
        n->user = &hosts[i];
        n->on_event = on_event;
    }
    world_pass(&w, 2 * VMTP_SECOND); /* identifiers, on a network still good: collisions have a test of their own */
    for (unsigned i = 0; i < count; i++) {
        struct node *n = &w.nodes[i];
        REQUIRE(vmtp_engine_ready(n->engine), "host %u has no identifiers", i);
        for (unsigned k = 0; k < CLIENTS; k++)
            REQUIRE(vmtp_entity_create(n->engine, &hosts[i].clients[k].id, NULL, world_now(&w)) == 0, "client");
        for (unsigned k = 0; k < SERVERS; k++) {
            struct vmtp_entity_options o = {.id = below(3) == 0 ? 0xabc00000u + i * 16 + k : 0};
            REQUIRE(vmtp_entity_create(n->engine, &hosts[i].servers[k], &o, world_now(&w)) == 0, "server");
            for (unsigned a = 0; a < ACCEPTS; a++)
                post_accept(n, &hosts[i], hosts[i].servers[k], NULL);
        }
        hosts[i].left = 30;
    }
}

static int anything_left(void) {
    for (unsigned i = 0; i < w.count; i++) {
        if (hosts[i].left)
            return 1;
        for (unsigned k = 0; k < CLIENTS; k++)
            if (hosts[i].clients[k].busy)
                return 1;
    }
    return 0;
}

static void close_down(void) {
    struct vmtp_sim_faults none = {0};
    world_pass(&w, 30 * VMTP_SECOND); /* TS2, TS4: records and lent segments come home */
    vmtp_sim_set_faults(w.sim, &none);
    for (unsigned i = 0; i < w.count; i++) {
        for (unsigned k = 0; k < HELD; k++)
            REQUIRE(!hosts[i].held[k].handle, "a Request is held for ever");
        for (unsigned k = 0; k < SERVERS; k++)
            vmtp_entity_delete(w.nodes[i].engine, hosts[i].servers[k], world_now(&w));
        for (unsigned k = 0; k < CLIENTS; k++)
            vmtp_entity_delete(w.nodes[i].engine, hosts[i].clients[k].id, world_now(&w));
    }
    world_pass(&w, 10 * VMTP_SECOND);
    for (unsigned i = 0; i < w.count; i++) {
        struct vmtp_usage u;
        vmtp_usage(w.nodes[i].engine, &u);
        REQUIRE(u.entities == 0 && u.calls == 0 && u.requests == 0 && u.remote_clients == 0 && u.accepts == 0 &&
                    u.events == 0,
                "host %u keeps entities %u calls %u requests %u clients %u accepts %u events %u", i, u.entities,
                u.calls, u.requests, u.remote_clients, u.accepts, u.events);
        REQUIRE(hosts[i].accepts_out == 0, "host %u: %u accepts never came back", i, hosts[i].accepts_out);
        for (unsigned k = 0; k < 64; k++)
            REQUIRE(!hosts[i].replies[k].segment, "host %u: a reply's segment never came back", i);
    }
}

static struct vmtp_sim_faults bad_network = {.loss = 100000,
                                             .duplicate = 50000,
                                             .reorder = 50000,
                                             .corrupt = 10000,
                                             .delay = 30 * VMTP_MICROSECOND,
                                             .jitter = 100 * VMTP_MICROSECOND,
                                             .reorder_delay = 3 * VMTP_MILLISECOND};

static void run_seed(uint64_t seed, const char *pcap) {
    current_seed = seed;
    build(seed, pcap);
    bad_network.reorder_delay = (1 + below(100)) * VMTP_MILLISECOND;
    vmtp_sim_set_faults(w.sim, &bad_network);
    vmtp_time limit = world_now(&w) + 1000 * VMTP_SECOND;
    while (anything_left()) {
        REQUIRE(world_now(&w) < limit, "calls do not end");
        for (unsigned i = 0; i < w.count; i++)
            act(&w.nodes[i], &hosts[i]);
        world_pass(&w, below(2) ? 50 * VMTP_MICROSECOND : (1 + below(20)) * VMTP_MILLISECOND);
    }
    close_down();
    world_close(&w);
}

/* ---- many seeds, each in a process of its own ---- */

struct totals {
    uint64_t results[64], answered, executed, calls, discarded_otherwise;
};

static int run_child(uint64_t seed, const char *pcap, struct totals *totals) {
    int fds[2];
    if (pipe(fds) != 0)
        return -1;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        struct totals mine = {0};
        close(fds[0]);
        run_seed(seed, pcap);
        memcpy(mine.results, results, sizeof results);
        mine.answered = answered;
        mine.discarded_otherwise = discarded_otherwise;
        mine.executed = executed_total;
        mine.calls = op_count;
        _exit(write(fds[1], &mine, sizeof mine) == (ssize_t)sizeof mine ? 0 : 1);
    }
    close(fds[1]);
    struct totals got = {0};
    ssize_t n = read(fds[0], &got, sizeof got);
    close(fds[0]);
    int status = 0;
    waitpid(child, &status, 0);
    if (status != 0 || n != (ssize_t)sizeof got)
        return -1;
    for (unsigned i = 0; i < 64; i++)
        totals->results[i] += got.results[i];
    totals->answered += got.answered;
    totals->discarded_otherwise += got.discarded_otherwise;
    totals->executed += got.executed;
    totals->calls += got.calls;
    return 0;
}

static void report(const struct totals *t, uint64_t seeds, uint64_t failed) {
    printf("%llu seeds, %llu failed: %llu calls, %llu answered, %llu executions\n", (unsigned long long)seeds,
           (unsigned long long)failed, (unsigned long long)t->calls, (unsigned long long)t->answered,
           (unsigned long long)t->executed);
    printf("  Responses given up by their server for want of acknowledgment: %llu\n",
           (unsigned long long)t->discarded_otherwise);
    for (unsigned i = 1; i < 64; i++)
        if (t->results[i])
            printf("  %-24s %llu\n", i == 63 ? "CANCELLED" : vmtp_response_code_name(i),
                   (unsigned long long)t->results[i]);
}

static int usage(const char *program) {
    fprintf(stderr, "usage: %s [--seeds N] [--first SEED] [--pcap PREFIX]\n", program);
    return 2;
}

int main(int argc, char **argv) {
    uint64_t seeds = 100, first = 1, failed = 0;
    const char *pcap = NULL;
    for (int i = 1; i < argc; i += 2) {
        if (i + 1 >= argc)
            return usage(argv[0]);
        if (!strcmp(argv[i], "--seeds"))
            seeds = strtoull(argv[i + 1], NULL, 0);
        else if (!strcmp(argv[i], "--first"))
            first = strtoull(argv[i + 1], NULL, 0);
        else if (!strcmp(argv[i], "--pcap"))
            pcap = argv[i + 1];
        else
            return usage(argv[0]);
    }
    if (seeds == 0)
        return usage(argv[0]);
    struct totals totals = {0};
    for (uint64_t s = first; s < first + seeds; s++) {
        if (run_child(s, pcap, &totals) == 0)
            continue;
        failed++;
        printf("seed %llu failed; again, with captures seed-%llu.*.pcapng:\n  %s --first %llu --seeds 1 --pcap "
               "seed-%llu\n",
               (unsigned long long)s, (unsigned long long)s, argv[0], (unsigned long long)s, (unsigned long long)s);
        char prefix[64];
        snprintf(prefix, sizeof prefix, "seed-%llu", (unsigned long long)s);
        if (!pcap)
            run_child(s, prefix, &totals);
        if (failed == 5)
            break;
    }
    report(&totals, seeds, failed);
    return failed != 0;
}
