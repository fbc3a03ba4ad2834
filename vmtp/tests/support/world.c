/* SPDX-License-Identifier: BSD-2-Clause */
#include "world.h"

#include <stdio.h>
#include <stdlib.h>

#include <capture.h>

/* Ends the program: a test runs in a process of its own. */
#define WORLD_CHECK(condition, message) ((condition) ? (void)0 : give_up(__LINE__, (message)))
static void give_up(int line, const char *message) {
    fprintf(stderr, "world.c:%d: %s\n", line, message);
    abort();
}

static void node_random(void *context, void *out, size_t size) {
    struct node *n = context;
    uint8_t *p = out;
    for (size_t i = 0; i < size; i++) {
        n->prng = n->prng * 6364136223846793005ull + 1442695040888963407ull;
        p[i] = (uint8_t)(n->prng >> 56);
    }
}

void world_init(struct world *w, uint64_t seed, uint32_t mtu) {
    memset(w, 0, sizeof *w);
    w->seed = w->late_prng = seed;
    w->sim = vmtp_sim_create(seed, mtu, 0);
    WORLD_CHECK(w->sim, "no memory");
}

void world_close(struct world *w) {
    for (unsigned i = 0; i < w->count; i++) {
        vmtp_port_close(w->nodes[i].port);
        free(w->nodes[i].memory);
    }
    vmtp_sim_destroy(w->sim);
}

void world_config(struct world *w, struct vmtp_config *config) {
    vmtp_config_init(config);
    config->block = 0x100000u * (w->count + 1);
}

static vmtp_time virtual_clock(void *context) { return vmtp_sim_now(((struct world *)context)->sim); }

/* One file a host: <pcapng>.<index> */
static void capture(struct node *n) {
    char path[512];
    vmtp_port *outer;
    snprintf(path, sizeof path, "%s.%u.pcapng", n->world->pcapng, n->world->count);
    WORLD_CHECK(vmtp_pcapng_open(&outer, n->port, path, virtual_clock, n->world) == 0, "capture file");
    n->port = outer;
}

void world_boot(struct node *n, const struct vmtp_config *config) {
    struct vmtp_config c = *config;
    memcpy(c.mac, n->port->info.mac, 6);
    c.mtu = n->port->info.mtu;
    c.random = node_random;
    c.random_context = n;
    WORLD_CHECK(!vmtp_config_check(&c), vmtp_config_check(&c));
    size_t size = vmtp_engine_footprint(&c);
    n->memory = aligned_alloc(64, (size + 63) / 64 * 64);
    WORLD_CHECK(vmtp_engine_create(&n->engine, &c, n->memory, size, world_now(n->world)) == 0, "engine");
    vmtp_sim_set_up(n->world->sim, n->wire, 1);
}

void world_crash(struct node *n) {
    vmtp_sim_set_up(n->world->sim, n->wire, 0);
    free(n->memory);
    n->memory = NULL;
    n->engine = NULL;
    n->late_count = 0;
    n->wake = VMTP_NEVER;
}

struct node *world_add(struct world *w, const struct vmtp_config *config) {
    WORLD_CHECK(w->count < WORLD_NODES, "more nodes than a world has room for");
    struct node *n = &w->nodes[w->count];
    struct vmtp_config defaults;
    n->world = w;
    n->prng = w->seed * 1000003u + w->count;
    WORLD_CHECK(vmtp_sim_attach(w->sim, &n->wire) == 0, "attach");
    n->port = n->wire;
    if (w->pcapng)
        capture(n);
    else
        n->port = capture_port(n->port, virtual_clock, w);
    uint8_t group[6];
    vmtp_group_mac(group, VMTP_MANAGER_GROUP);
    WORLD_CHECK(vmtp_port_group(n->port, group, 1) == 0, "group");
    world_config(w, &defaults);
    world_boot(n, config ? config : &defaults);
    w->count++;
    return n;
}

vmtp_time world_now(const struct world *w) { return vmtp_sim_now(w->sim); }

static int node_receive(struct node *n) {
    struct vmtp_rx rx[32];
    int count = vmtp_port_recv(n->port, rx, 32);
    for (int i = 0; i < count; i++)
        vmtp_input(n->engine, &rx[i], world_now(n->world));
    vmtp_port_release(n->port);
    return count;
}

#define LATE_BY (70 * VMTP_MICROSECOND)

static unsigned late_choice(struct world *w, unsigned of) {
    w->late_prng = w->late_prng * 6364136223846793005ull + 1442695040888963407ull;
    return (unsigned)(w->late_prng >> 33) % of;
}

/* What was lent is still what it was when the packet was made. */
static void report_late(struct node *n, unsigned which) {
    static uint8_t packet[65536];
    struct vmtp_tx tx = n->late[which];
    size_t octets = vmtp_tx_gather(&tx, packet);
    struct vmtp_view view;
    WORLD_CHECK(vmtp_view_init(&view, packet, octets) == VMTP_PACKET_OK && vmtp_view_verify(&view, NULL) == VMTP_PACKET_OK,
                "memory changed or came back while a packet of it was out");
    n->late[which] = n->late[--n->late_count];
    vmtp_tx_result(n->engine, &tx, VMTP_TX_SENT, world_now(n->world));
}

/* As over an asynchronous port. */
static unsigned send_late(struct node *n) {
    unsigned sent = 0;
    while (n->late_count && late_choice(n->world, 2))
        report_late(n, late_choice(n->world, n->late_count));
    while (n->late_count < WORLD_LATE) {
        struct vmtp_tx *tx = &n->late[n->late_count];
        const struct vmtp_tx *list = tx;
        if (vmtp_output(n->engine, tx, world_now(n->world)) <= 0)
            break;
        if (late_choice(n->world, 8) == 0) {
            vmtp_tx_result(n->engine, tx, VMTP_TX_RETRY, world_now(n->world));
            continue;
        }
        WORLD_CHECK(vmtp_port_send(n->port, &list, 1) == 1, "send");
        n->late_count++;
        sent++;
    }
    return sent;
}

static unsigned node_send(struct node *n) {
    struct vmtp_tx tx;
    if (n->world->late_reports)
        return send_late(n);
    const struct vmtp_tx *list = &tx;
    unsigned sent = 0;
    while (vmtp_output(n->engine, &tx, world_now(n->world)) > 0) {
        int taken = vmtp_port_send(n->port, &list, 1);
        vmtp_tx_result(n->engine, &tx, taken == 1 ? VMTP_TX_SENT : VMTP_TX_LOST, world_now(n->world));
        sent++;
    }
    return sent;
}

static int node_events(struct node *n) {
    struct vmtp_event event;
    int count = 0;
    while (vmtp_next_event(n->engine, &event) > 0) {
        count++;
        if (event.type == VMTP_EV_LISTEN)
            WORLD_CHECK(vmtp_port_group(n->port, event.source, event.number != 0) == 0, "group");
        else if (n->on_event)
            n->on_event(n, &event);
        else if (n->seen_count < sizeof n->seen / sizeof n->seen[0])
            n->seen[n->seen_count++] = event;
        else
            give_up(__LINE__, "more events than the test keeps");
    }
    return count;
}

/* Reports take their time, and while as many are out as may be, nothing more can be sent. */
static vmtp_time wake_time(const struct node *n) {
    vmtp_time now = world_now(n->world), d = vmtp_deadline(n->engine);
    return n->late_count && (d <= now || d > now + LATE_BY) ? now + LATE_BY : d;
}

/* What one host can do now; 0: nothing. */
static int node_step(struct node *n, unsigned *sent) {
    vmtp_time now = world_now(n->world);
    if (!n->engine)
        return 0;
    if (!n->stirred && n->wake > now && !vmtp_sim_waiting(n->wire))
        return 0;
    int busy = node_receive(n) > 0;
    if (vmtp_deadline(n->engine) <= now)
        vmtp_expire(n->engine, now);
    unsigned out = node_send(n);
    *sent += out;
    busy |= out > 0;
    busy |= node_events(n) > 0;
    n->wake = wake_time(n);
    /* What a timer did may only have been to set another one. */
    n->idle = busy || n->wake > now ? 0 : n->idle + 1;
    n->stirred = busy || (n->idle && n->idle < 100);
    return n->stirred;
}

/* Everything that can happen at this instant. */
static unsigned settle(struct world *w) {
    unsigned sent = 0;
    int busy;
    do {
        busy = 0;
        for (unsigned i = 0; i < w->count; i++)
            busy |= node_step(&w->nodes[i], &sent);
        vmtp_sim_advance(w->sim, world_now(w));
        busy |= vmtp_sim_next(w->sim) <= world_now(w);
    } while (busy);
    return sent;
}

static vmtp_time next_time(const struct world *w) {
    vmtp_time next = vmtp_sim_next(w->sim);
    for (unsigned i = 0; i < w->count; i++)
        if (w->nodes[i].engine && w->nodes[i].wake < next)
            next = w->nodes[i].wake;
    return next;
}

unsigned world_run(struct world *w, vmtp_time until) {
    unsigned sent = 0;
    for (unsigned i = 0; i < w->count; i++)
        w->nodes[i].stirred = 1; /* the test may have asked anything of it */
    for (;;) {
        sent += settle(w);
        vmtp_time next = next_time(w);
        if (next > until || next == VMTP_NEVER)
            break;
        WORLD_CHECK(next > world_now(w), "a deadline that has passed makes no progress");
        vmtp_sim_advance(w->sim, next);
    }
    if (until != VMTP_NEVER && until > world_now(w))
        vmtp_sim_advance(w->sim, until);
    return sent;
}

const struct vmtp_event *world_event(const struct node *n, enum vmtp_event_type type, unsigned which) {
    for (unsigned i = 0; i < n->seen_count; i++)
        if (n->seen[i].type == type && which-- == 0)
            return &n->seen[i];
    return NULL;
}

unsigned world_event_count(const struct node *n, enum vmtp_event_type type) {
    unsigned count = 0;
    for (unsigned i = 0; i < n->seen_count; i++)
        count += n->seen[i].type == type;
    return count;
}

int world_inject(struct node *n, const uint8_t *packet, size_t length, const uint8_t src[6], int multicast) {
    struct vmtp_rx rx = {.packet = packet, .length = (uint32_t)length};
    memcpy(rx.src, src, 6);
    if (multicast)
        vmtp_group_mac(rx.dst, VMTP_MANAGER_GROUP);
    else
        memcpy(rx.dst, n->port->info.mac, 6);
    return vmtp_input(n->engine, &rx, world_now(n->world));
}
