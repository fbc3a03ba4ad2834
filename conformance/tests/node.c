/* SPDX-License-Identifier: BSD-2-Clause */
#include "node.h"

#include <stdlib.h>
#include <string.h>

#include <host/internal.h>

#include "../../services/test_responder.h"
#include "link_sim.h"
#include "node_names.h"
#include "node_v.h"

#define BLOCK 0x123456789a00ull
#define OWN_IDENTIFIER 0x0123456789abcd41ull
#define LISTENED 64u

const uint8_t sim_node_mac[6] = {2, 0, 0, 0, 0, 0x0b};

struct sim_node {
    struct vmtp_port port;
    struct sim_node_config config;
    struct sim_start start;
    uint64_t random, boots;
    vmtp_host *host;
    vtest_service *service;
    struct sim_names *names;
    struct sim_v *v;
    int gone;             /* what is closed says nothing any more */
    const uint8_t *frame; /* that waits for the host */
    size_t size;
    unsigned times;
    uint8_t groups[LISTENED][6];
    unsigned group_count;
};

/* ---- the port ------------------------------------------------------------------------------------------------------- */

static struct sim_node *node_of(vmtp_port *port) { return (struct sim_node *)port; }

static int port_recv(vmtp_port *port, struct vmtp_rx *rx, unsigned max) {
    struct sim_node *n = node_of(port);
    unsigned count = n->times < max ? n->times : max;
    for (unsigned i = 0; i < count; i++) {
        rx[i] = (struct vmtp_rx){.packet = n->frame + VC_ETHERNET, .length = (uint32_t)(n->size - VC_ETHERNET)};
        memcpy(rx[i].dst, n->frame, 6);
        memcpy(rx[i].src, n->frame + 6, 6);
    }
    n->times -= count;
    return (int)count;
}

static void port_release(vmtp_port *port) { (void)port; }

static int port_send(vmtp_port *port, const struct vmtp_tx *const *tx, unsigned count) {
    static uint8_t frame[VC_FRAME_MAX];
    struct sim_node *n = node_of(port);
    for (unsigned i = 0; i < count && !n->gone; i++) {
        memcpy(frame, tx[i]->dst, 6);
        memcpy(frame + 6, sim_node_mac, 6);
        vc_put16(frame + 12, n->config.ethertype);
        n->config.sent(n->config.context, frame, VC_ETHERNET + vmtp_tx_gather(tx[i], frame + VC_ETHERNET));
    }
    return (int)count;
}

static int port_wait(vmtp_port *port, vmtp_time timeout) {
    (void)port;
    (void)timeout;
    return VMTP_E_UNSUPPORTED;
}

static int port_group(vmtp_port *port, const uint8_t mac[6], int join) {
    struct sim_node *n = node_of(port);
    for (unsigned i = 0; i < n->group_count; i++)
        if (memcmp(mac, n->groups[i], 6) == 0 && !join) {
            memcpy(n->groups[i], n->groups[--n->group_count], 6);
            return 0;
        }
    if (join && n->group_count < LISTENED)
        memcpy(n->groups[n->group_count++], mac, 6);
    return 0;
}

static void port_stats(const vmtp_port *port, struct vmtp_port_stats *out) {
    (void)port;
    memset(out, 0, sizeof *out);
}

static int port_shared(vmtp_port *port) { return node_of(port)->start.shared_address != 0; }

static void port_close(vmtp_port *port) { node_of(port)->group_count = 0; }

static const struct vmtp_port_ops port_ops = {.recv = port_recv,
                                              .release = port_release,
                                              .send = port_send,
                                              .wait = port_wait,
                                              .group = port_group,
                                              .stats = port_stats,
                                              .shared = port_shared,
                                              .close = port_close};

static int heard(const struct sim_node *n, const uint8_t *mac) {
    static const uint8_t managers[6] = {9, 0, 0x56, 0, 1, 0};
    if (memcmp(mac, sim_node_mac, 6) == 0 || memcmp(mac, managers, 6) == 0)
        return 1;
    for (unsigned i = 0; i < n->group_count; i++)
        if (memcmp(mac, n->groups[i], 6) == 0)
            return 1;
    return 0;
}

/* ---- its world ------------------------------------------------------------------------------------------------------ */

static vmtp_time world_clock(void *context) { return *((struct sim_node *)context)->config.now; }

static int world_idle(void *context, vmtp_time until) {
    (void)until;
    return sim_v_idle(((struct sim_node *)context)->v) ? 0 : VMTP_E_UNSUPPORTED; /* who else would let time pass? */
}

static void *world_allocate(void *context, size_t size, int zeroed) {
    return vhost_real_world.allocate(context, size, zeroed);
}

static void world_release(void *context, void *memory) { vhost_real_world.release(context, memory); }

static void random_octets(void *context, void *out, size_t size) {
    struct sim_node *n = context;
    uint8_t *o = out;
    for (size_t i = 0; i < size; i++) {
        n->random = n->random * 6364136223846793005ull + 1442695040888963407ull;
        o[i] = (uint8_t)(n->random >> 56);
    }
}

/* ---- beginning and end ---------------------------------------------------------------------------------------------- */

static int is_usual(const struct sim_start *start) {
    static const struct sim_start usual;
    return memcmp(start, &usual, sizeof usual) == 0;
}

/* As soon as there are identifiers. */
static void begin_v(struct sim_node *n) {
    if (!n->v && !n->config.options->no_v && is_usual(&n->start) && vmtp_engine_ready(vmtp_host_engine(n->host)))
        n->v = sim_v_open(n->host);
}

static void begin_service(struct sim_node *n) {
    struct vtest_options service;
    if (n->service || n->config.options->no_service || !vmtp_engine_ready(vmtp_host_engine(n->host)))
        return;
    if (!n->config.options->no_names && is_usual(&n->start))
        n->names = sim_names_open(n->host, n->config.options);
    vtest_options_init(&service);
    service.name = "the node in the simulator";
    service.files = n->config.options->files;
    service.id = n->start.own_identifier ? OWN_IDENTIFIER : 0;
    service.ipc = sim_names_ipc(n->names);
    if (vtest_create(&n->service, vmtp_host_engine(n->host), &service, *n->config.now) != 0)
        abort();
}

static void slow_down(struct vmtp_timers *timers) {
    timers->tc1_constant = 350 * VMTP_MILLISECOND;
    timers->tc3 = 100 * VMTP_MILLISECOND;
    timers->ts1 = 150 * VMTP_MILLISECOND;
    timers->ts4 = 9000 * VMTP_MILLISECOND;
    timers->ts5 = 600 * VMTP_MILLISECOND;
    timers->probe_interval = 300 * VMTP_MILLISECOND;
}

static void speed_up(struct vmtp_timers *timers) {
    timers->tc1_constant = 100 * VMTP_MILLISECOND;
    timers->tc2_floor = 10 * VMTP_MILLISECOND;
    timers->tc3 = 10 * VMTP_MILLISECOND;
    timers->ts1 = 10 * VMTP_MILLISECOND;
    timers->ts4 = 2000 * VMTP_MILLISECOND;
    timers->ts5 = 120 * VMTP_MILLISECOND;
    timers->probe_interval = 25 * VMTP_MILLISECOND;
}

static void configure(const struct sim_node *n, struct vmtp_config *c) {
    const struct sim_options *o = n->config.options;
    const struct sim_start *start = &n->start;
    if (o->fast_timers)
        speed_up(&c->timers);
    if (o->slow_timers)
        slow_down(&c->timers);
    c->no_streams = o->no_streams || start->no_streams;
    c->remote_management = o->remote_management || start->remote_management;
    c->require_checksum = start->require_checksum != 0;
    c->max_sequences = start->sequences;
    c->timers.ts5_always = start->ask_always != 0;
    c->max_hosts = start->hosts ? start->hosts : c->max_hosts;
    c->max_remote_clients = start->clients ? start->clients : c->max_remote_clients;
    c->timers.ts2 = start->ts2_ms ? start->ts2_ms * VMTP_MILLISECOND : c->timers.ts2;
    c->max_accepts += SIM_NAMES_DEPTH + SIM_V_DEPTH;
    c->max_requests = o->max_requests ? o->max_requests : c->max_requests;
}

void sim_node_boot(struct sim_node *n, const struct sim_start *start, int ask) {
    const struct vhost_world world = {.clock = world_clock,
                                      .idle = world_idle,
                                      .allocate = world_allocate,
                                      .release = world_release,
                                      .context = n,
                                      .without_identifiers = 1};
    struct vmtp_host_config config;
    char error[256];
    n->start = *start;
    vmtp_host_config_init(&config);
    config.port = &n->port;
    config.engine.block = ask ? 0
                              : BLOCK + 0x100 * n->boots++; /* it forgets its Transactions, so its identifiers go, too */
    configure(n, &config.engine);
    config.engine.random = random_octets;
    config.engine.random_context = n;
    if (vhost_open_in(&n->host, &config, &world, error, sizeof error) != 0)
        abort();
    vmtp_engine_share(vmtp_host_engine(n->host), start->shared_address != 0); /* from the first packet on */
    begin_service(n);
    begin_v(n);
}

void sim_node_halt(struct sim_node *n) {
    n->gone = 1;
    sim_v_close(n->v);
    n->v = NULL;
    n->gone = 0;
    if (n->service)
        vtest_close_names(n->service);
    sim_names_close(n->names);
    n->names = NULL;
    vmtp_host_close(n->host);
    vtest_destroy(n->service);
    n->service = NULL;
    n->times = 0;
}

struct sim_node *sim_node_open(const struct sim_node_config *config) {
    static const struct sim_start usual;
    struct sim_node *n = calloc(1, sizeof *n);
    if (!n)
        return NULL;
    n->config = *config;
    n->random = config->options->seed * 2654435761u + 1;
    n->port = (struct vmtp_port){.ops = &port_ops,
                                 .info = {.mtu = config->options->mtu ? config->options->mtu : 1500,
                                          .fd = -1,
                                          .name = "cable",
                                          .ethertype = config->ethertype}};
    memcpy(n->port.info.mac, sim_node_mac, 6);
    sim_node_boot(n, &usual, 0);
    return n;
}

void sim_node_close(struct sim_node *n) {
    sim_node_halt(n);
    sim_names_forget();
    free(n);
}

/* ---- turns ---------------------------------------------------------------------------------------------------------- */

void sim_node_turn(struct sim_node *n) {
    struct vmtp_event event;
    int busy;
    do {
        busy = vmtp_host_turn(n->host) > 0 && !(n->v && n->host->waiting.count); /* the process takes them when it likes */
        begin_service(n);
        begin_v(n);
        sim_names_turn(n->names);
        sim_v_turn(n->v);
        if (n->service)
            vtest_expire(n->service, *n->config.now);
        for (; vmtp_host_next_event(n->host, &event); busy = 1)
            if (n->service)
                vtest_event(n->service, &event, *n->config.now);
    } while (busy > 0);
}

void sim_node_take(struct sim_node *n, const uint8_t *frame, size_t size, unsigned times) {
    if (!heard(n, frame))
        return;
    n->frame = frame;
    n->size = size;
    n->times = times;
    sim_node_turn(n);
}

vc_time sim_node_deadline(const struct sim_node *n) {
    vc_time at = vmtp_host_deadline(n->host), service = n->service ? vtest_deadline(n->service) : VMTP_NEVER;
    return at < service ? at : service;
}
