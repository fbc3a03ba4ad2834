/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bench_pace - rate control in virtual time: what comes through a bottleneck, and what it could carry.
 *
 * Clients on one node write to, or read from, a server on another, 16 KiB (or more) each time, one after the other.  The link of both is of
 * 1 Gbit/s; between them, or at the receiver, is something slower with a bounded queue, which changes from phase to phase.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <vmtp/engine.h>
#include <vmtp/port.h>

#define GROUP VMTP_GROUP_OCTETS
#define OCTETS_MOST (4u << 20)
#define FRAME 1538u /* a full frame with all that belongs to it */
#define CLIENTS_MOST 16u

/* What a second carries at most: of a group's 16 packets each has 1024 octets of data and 106 of other things. */
static double capacity(uint32_t mbps) { return mbps * 125000.0 * 1024.0 / 1130.0; }

struct node {
    vmtp_engine *engine;
    vmtp_port *port;
    void *memory;
    uint64_t random;
};

struct phase {
    const char *name;
    uint32_t mbps;  /* of the bottleneck */
    uint32_t queue; /* frames that it holds */
    uint32_t loss;  /* in a million, by chance */
};

struct options {
    unsigned clients, seconds;
    uint32_t octets;
    int read, receiver, idempotent, verbose;
};

struct world {
    vmtp_sim *sim;
    struct node node[2]; /* client, server */
    vmtp_entity client[CLIENTS_MOST], server;
    uint8_t *area[CLIENTS_MOST];
    uint64_t done, failed;
    struct options o;
};

static uint8_t segment[OCTETS_MOST], accepted[2 * CLIENTS_MOST][OCTETS_MOST];

static _Noreturn void fail(const char *what) {
    fprintf(stderr, "bench: %s\n", what);
    exit(3);
}

static void pseudo_random(void *context, void *out, size_t size) {
    uint64_t *state = context;
    uint8_t *at = out;
    while (size-- > 0) {
        *state = *state * 6364136223846793005u + 1442695040888963407u;
        *at++ = (uint8_t)(*state >> 56);
    }
}

static void make_node(struct world *w, unsigned i) {
    struct node *n = &w->node[i];
    struct vmtp_config c;
    vmtp_config_init(&c);
    if (vmtp_sim_attach(w->sim, &n->port))
        fail("no memory");
    memcpy(c.mac, n->port->info.mac, 6);
    c.block = 0x100000u * (i + 1);
    c.random = pseudo_random;
    c.random_context = &n->random;
    n->random = i;
    size_t size = (vmtp_engine_footprint(&c) + 63) / 64 * 64;
    n->memory = aligned_alloc(64, size);
    if (!n->memory || vmtp_engine_create(&n->engine, &c, n->memory, size, vmtp_sim_now(w->sim)))
        fail("no engine");
}

static void begin(struct world *w, unsigned i) {
    struct vmtp_request r = {.client = w->client[i], .deadline = VMTP_NEVER, .cookie = i};
    vmtp_handle handle;
    r.message.server = w->server;
    r.response_area = w->area[i];
    r.response_size = w->o.octets;
    r.segment = segment;
    r.segment_size = w->o.read ? 0 : w->o.octets;
    if (vmtp_call(w->node[0].engine, &handle, &r, vmtp_sim_now(w->sim)))
        fail("vmtp_call");
}

static void event(struct world *w, struct node *n, const struct vmtp_event *ev) {
    if (ev->type == VMTP_EV_COMPLETE) {
        if (ev->result)
            w->failed++, fprintf(stderr, "result %u size %u at %llu\n", (unsigned)ev->result, ev->segment_size,
                                 (unsigned long long)vmtp_sim_now(w->sim) / 1000000);
        else
            w->done++;
        begin(w, (unsigned)ev->cookie);
    } else if (ev->type == VMTP_EV_REQUEST) {
        struct vmtp_reply reply = {.segment = segment, .segment_size = w->o.read ? w->o.octets : 0};
        reply.message.code = w->o.idempotent ? VMTP_DGM : 0;
        vmtp_accept(n->engine, w->server, ev->segment, w->o.octets, ev->cookie);
        vmtp_reply(n->engine, ev->handle, &reply, vmtp_sim_now(w->sim));
    }
}

static int step(struct world *w, struct node *n) {
    struct vmtp_rx rx[32];
    struct vmtp_tx tx;
    struct vmtp_event ev;
    const struct vmtp_tx *list = &tx;
    vmtp_time now = vmtp_sim_now(w->sim);
    int busy = 0, count = vmtp_port_recv(n->port, rx, 32);
    for (int i = 0; i < count; i++, busy = 1)
        vmtp_input(n->engine, &rx[i], now);
    vmtp_port_release(n->port);
    if (vmtp_deadline(n->engine) <= now)
        vmtp_expire(n->engine, now);
    for (; vmtp_next_event(n->engine, &ev); busy = 1)
        event(w, n, &ev);
    for (; vmtp_output(n->engine, &tx, now) > 0; busy = 1)
        vmtp_tx_result(n->engine, &tx, vmtp_port_send(n->port, &list, 1) == 1 ? VMTP_TX_SENT : VMTP_TX_LOST, now);
    return busy;
}

static void run(struct world *w, vmtp_time until) {
    while (vmtp_sim_now(w->sim) < until) {
        while (step(w, &w->node[0]) | step(w, &w->node[1]))
            vmtp_sim_advance(w->sim, vmtp_sim_now(w->sim));
        vmtp_time next = vmtp_sim_next(w->sim);
        for (unsigned i = 0; i < 2; i++)
            if (vmtp_deadline(w->node[i].engine) < next)
                next = vmtp_deadline(w->node[i].engine);
        vmtp_sim_advance(w->sim, next < until ? next : until);
    }
}

static void set_phase(struct world *w, const struct phase *p) {
    struct vmtp_sim_faults faults = {.loss = p->loss, .delay = 5 * VMTP_MICROSECOND};
    vmtp_sim_set_faults(w->sim, &faults);
    if (!w->o.receiver) {
        vmtp_sim_set_segment(w->sim, p->mbps, p->queue * FRAME);
        return;
    }
    vmtp_sim_set_segment(w->sim, 1000, 0);
    int slow = p->mbps < 1000;
    vmtp_sim_set_inbox(w->sim, w->node[w->o.read ? 0 : 1].port, slow ? p->queue : 0, slow ? 1130u * 8000u / p->mbps : 0);
}

static void measure(struct world *w, const struct phase *p) {
    printf("%-28s", p->name);
    set_phase(w, p);
    for (unsigned s = 0; s < w->o.seconds; s++) {
        uint64_t before = w->done;
        run(w, vmtp_sim_now(w->sim) + VMTP_SECOND);
        printf(" %3.0f", 100.0 * (double)(w->done - before) * w->o.octets / capacity(p->mbps));
        fflush(stdout);
    }
    printf("\n");
}

static void usage(void) {
    puts("usage: bench_pace [--read [--idempotent]] [--receiver] [--clients N] [--kib N] [--seconds N]\n"
         "  percent of what the bottleneck could carry, second by second\n"
         "  --read        Responses are measured (else Requests)\n"
         "  --receiver    the receiver is slow (else the segment)\n"
         "  --clients     that are busy at the same time, 1 to 16 (default 1)\n"
         "  --kib         of each message, 1 to 4096 (default 16)");
}

static void options(struct options *o, int argc, char **argv) {
    static const struct option list[] = {
        {"read", 0, NULL, 'r'},    {"receiver", 0, NULL, 'i'}, {"idempotent", 0, NULL, 'd'}, {"clients", 1, NULL, 'c'},
        {"seconds", 1, NULL, 's'}, {"kib", 1, NULL, 'k'},      {"help", 0, NULL, 'h'},       {NULL, 0, NULL, 0}};
    *o = (struct options){.clients = 1, .seconds = 10, .octets = GROUP};
    for (int c; (c = getopt_long(argc, argv, "", list, NULL)) != -1;) {
        switch (c) {
        case 'r': o->read = 1; break;
        case 'i': o->receiver = 1; break;
        case 'd': o->idempotent = 1; break;
        case 'c': o->clients = (unsigned)strtoul(optarg, NULL, 10); break;
        case 's': o->seconds = (unsigned)strtoul(optarg, NULL, 10); break;
        case 'k': o->octets = (uint32_t)strtoul(optarg, NULL, 10) << 10; break;
        case 'h': usage(); exit(0);
        default: usage(); exit(2);
        }
    }
    if (o->clients < 1 || o->clients > CLIENTS_MOST || o->seconds < 1 || !o->octets || o->octets > OCTETS_MOST) {
        usage();
        exit(2);
    }
}

int main(int argc, char **argv) {
    static const struct phase phases[] = {{"1000 Mbit/s", 1000, 0, 0},
                                          {"100 Mbit/s, holds 8 frames", 100, 8, 0},
                                          {"20 Mbit/s, holds 8 frames", 20, 8, 0},
                                          {"100 Mbit/s, holds 8 frames", 100, 8, 0},
                                          {"400 Mbit/s, holds 4 frames", 400, 4, 0},
                                          {"1000 Mbit/s", 1000, 0, 0},
                                          {"1000 Mbit/s, loses 1 %", 1000, 0, 10000},
                                          {"1000 Mbit/s", 1000, 0, 0}};
    static struct world w;
    options(&w.o, argc, argv);
    w.sim = vmtp_sim_create(1045, 1500, 1000);
    make_node(&w, 0);
    make_node(&w, 1);
    vmtp_time now = vmtp_sim_now(w.sim);
    if (vmtp_entity_create(w.node[1].engine, &w.server, NULL, now))
        fail("no server");
    for (unsigned i = 0; i < 2 * CLIENTS_MOST; i++)
        vmtp_accept(w.node[1].engine, w.server, accepted[i], w.o.octets, i);
    set_phase(&w, &phases[0]);
    for (unsigned i = 0; i < w.o.clients; i++) {
        w.area[i] = malloc(w.o.octets);
        if (!w.area[i] || vmtp_entity_create(w.node[0].engine, &w.client[i], NULL, now))
            fail("no client");
        begin(&w, i);
    }
    for (unsigned i = 0; i < sizeof phases / sizeof phases[0]; i++)
        measure(&w, &phases[i]);
    printf("failed: %llu\n", (unsigned long long)w.failed);
    for (unsigned i = 0; i < 2; i++) {
        vmtp_port_close(w.node[i].port);
        free(w.node[i].memory);
    }
    for (unsigned i = 0; i < w.o.clients; i++)
        free(w.area[i]);
    vmtp_sim_destroy(w.sim);
    return 0;
}
