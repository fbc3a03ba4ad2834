/* SPDX-License-Identifier: BSD-2-Clause */
#include "host_net.h"

#include <check.h>
#include <stdlib.h>

#include <capture.h>

static vmtp_time net_clock(void *context) {
    const struct net_node *me = context;
    return vmtp_sim_now(me->net->sim);
}

static void *net_allocate(void *context, size_t size, int zeroed) {
    struct net_node *me = context;
    if (me->net->allocations++ == me->net->fail_at)
        return NULL;
    void *memory = vhost_real_world.allocate(NULL, size, zeroed);
    ck_assert_ptr_nonnull(memory);
    me->net->living++;
    return memory;
}

static void net_release(void *context, void *memory) {
    struct net_node *me = context;
    me->net->living--;
    vhost_real_world.release(NULL, memory);
}

static void turn(struct net_node *node) {
    if (!node->host || node->busy)
        return;
    node->busy = 1;
    ck_assert_int_ge(vmtp_host_turn(node->host), 0);
    if (node->serve)
        node->serve(node);
    node->busy = 0;
}

static vmtp_time sooner(vmtp_time a, vmtp_time b) { return a < b ? a : b; }

/* One that blocks further down the stack than the one for which time passes. */
static int blocks_below(const struct net_node *node, const struct net_node *me) {
    return node != me && node->waiting && node->host;
}

/* Moves time to the next thing that happens, until at the latest, and turns everybody but me, who blocks (NULL: nobody). */
static void pass(struct net *net, const struct net_node *me, vmtp_time until) {
    vmtp_time next = sooner(until, vmtp_sim_next(net->sim));
    for (unsigned i = 0; i < NET_NODES; i++) {
        const struct net_node *node = &net->nodes[i];
        if (node->host && (!node->busy || blocks_below(node, me)))
            next = sooner(next, vmtp_host_deadline(node->host));
    }
    ck_assert_msg(next != VMTP_NEVER, "everybody waits for ever");
    vmtp_sim_advance(net->sim, next);
    for (unsigned i = 0; i < NET_NODES; i++)
        if (blocks_below(&net->nodes[i], me))
            ck_assert_int_ge(vmtp_host_turn(net->nodes[i].host), 0);
        else
            turn(&net->nodes[i]);
}

static int net_idle(void *context, vmtp_time until) {
    struct net_node *me = context;
    int was_busy = me->busy;
    me->busy = 1;
    if (me->idle)
        me->idle(me);
    me->waiting++;
    if (!me->host || !vhost_interrupted(me->host)) /* none: it is being opened */
        pass(me->net, me, until);
    me->waiting--;
    me->busy = was_busy;
    return 0;
}

void net_run(struct net *net, vmtp_time duration) {
    vmtp_time end = vmtp_sim_now(net->sim) + duration;
    for (unsigned i = 0; i < NET_NODES; i++)
        turn(&net->nodes[i]);
    while (vmtp_sim_now(net->sim) < end)
        pass(net, NULL, end);
}

void net_begin(struct net *net, uint64_t seed) {
    struct vmtp_sim_faults faults = {.delay = 20 * VMTP_MICROSECOND};
    memset(net, 0, sizeof *net);
    net->fail_at = -1;
    net->sim = vmtp_sim_create(seed, 1500, 0);
    ck_assert_ptr_nonnull(net->sim);
    vmtp_sim_set_faults(net->sim, &faults);
}

void net_end(struct net *net) {
    for (unsigned i = 0; i < NET_NODES; i++)
        vmtp_host_close(net->nodes[i].host);
    ck_assert_int_eq(net->living, 0);
    vmtp_sim_destroy(net->sim);
}

static vmtp_time sim_clock(void *sim) { return vmtp_sim_now(sim); }

static void net_random(void *context, void *out, size_t size) {
    uint8_t *octets = out;
    for (size_t i = 0; i < size; i++)
        octets[i] = (uint8_t)(vmtp_sim_random(context) >> 11);
}

void net_config(struct net *net, struct vmtp_host_config *config, unsigned number) {
    vmtp_host_config_init(config);
    ck_assert_int_eq(vmtp_sim_attach(net->sim, &config->port), 0);
    net->nodes[number].port = config->port;
    config->port = capture_port(config->port, sim_clock, net->sim);
    config->engine.block = 0x1234560000ull + 0x100ull * number;
    config->engine.random = net_random;
    config->engine.random_context = net->sim;
}

int net_open_with(struct net *net, unsigned number, const struct vmtp_host_config *config, char *error, size_t size) {
    struct net_node *node = &net->nodes[number];
    node->net = net;
    const struct vhost_world world = {
        .clock = net_clock, .idle = net_idle, .allocate = net_allocate, .release = net_release, .context = node};
    return vhost_open_in(&node->host, config, &world, error, size);
}

struct net_node *net_open(struct net *net, unsigned number) {
    struct vmtp_host_config config;
    char error[256];
    net_config(net, &config, number);
    int r = net_open_with(net, number, &config, error, sizeof error);
    ck_assert_msg(r == 0, "%s", error);
    return &net->nodes[number];
}

void net_serve(struct net_node *node, uint32_t depth, uint32_t capacity) {
    ck_assert_int_eq(vmtp_host_entity(node->host, &node->entity, NULL), 0);
    ck_assert_int_eq(vmtp_host_serve(node->host, node->entity, depth, capacity), 0);
}

void net_echo(struct net_node *me) {
    struct vmtp_incoming in;
    while (vmtp_host_receive(me->host, me->entity, &in, 0) == 0) {
        in.message.code = VMTP_OK;
        in.message.words[0]++;
        vmtp_host_reply(me->host, &in, &in.message, in.segment, in.segment_size, 0);
        me->served++;
    }
}

vmtp_handle net_start(struct net_node *node, vmtp_entity server, const void *segment, uint32_t size, uint64_t cookie) {
    static char area[16384];
    vmtp_time now = vmtp_host_now(node->host);
    vmtp_handle handle;
    struct vmtp_request request = {.message.server = server,
                                   .segment = segment,
                                   .segment_size = size,
                                   .response_area = area,
                                   .response_size = sizeof area,
                                   .deadline = now + 2 * VMTP_SECOND,
                                   .cookie = cookie};
    ck_assert_int_eq(vmtp_host_borrow_entity(node->host, &request.client), 0);
    ck_assert_int_eq(vmtp_call(vmtp_host_engine(node->host), &handle, &request, now), 0);
    return handle;
}

int net_event(struct net_node *node, struct vmtp_event *event) {
    struct vmtp_event ignored;
    if (!event)
        event = &ignored;
    return vmtp_host_next_event(node->host, event) ? (int)event->type : 0;
}
