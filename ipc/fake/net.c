/* SPDX-License-Identifier: BSD-2-Clause */
/* The network, its nodes, and how time goes on. */
#include <stdlib.h>

#include "internal.h"

void *vfake_new(size_t size) {
    void *memory = calloc(1, size);
    if (!memory)
        abort();
    return memory;
}

/* splitmix64 */
uint64_t vfake_random(vipc_fake *net) {
    uint64_t z = net->random += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

int vfake_chance(vipc_fake *net, uint32_t ppm) { return ppm && vfake_random(net) % 1000000 < ppm; }

vmtp_time vfake_delay(vipc_fake *net) {
    const vmtp_time jitter = net->faults.jitter;
    return net->faults.delay + (jitter ? vfake_random(net) % (jitter + 1) : 0);
}

int vfake_reaches(const struct vfake_node *a, const struct vfake_node *b) {
    return a->up && b->up && !a->stopped && !b->stopped && (a == b || a->side == b->side);
}

/* ---- time --------------------------------------------------------------------------------------------------- */

static vmtp_time next_of(const vipc_fake *net) {
    vmtp_time next = vipc_timers_next(&net->events);
    for (const struct vfake_node *node = net->nodes; node; node = node->next) {
        const vmtp_time its = node->up && !node->stopped ? vipc_timers_next(&node->base) : VMTP_NEVER;
        next = its < next ? its : next;
    }
    return next;
}

/* All that is due: 1 when there was anything. */
static int run_due(vipc_fake *net) {
    unsigned count = vipc_timers_run(&net->events, net->now);
    for (struct vfake_node *node = net->nodes; node; node = node->next)
        count += node->up && !node->stopped ? vipc_timers_run(&node->base, net->now) : 0;
    return count > 0;
}

void vipc_fake_run(vipc_fake *net, vmtp_time duration) {
    const vmtp_time end = net->now + duration;
    for (;;) {
        while (run_due(net))
            continue;
        const vmtp_time next = next_of(net);
        if (net->now >= end)
            return;
        net->now = next < end ? next : end;
    }
}

vmtp_time vipc_fake_now(const vipc_fake *net) { return net->now; }

static int work(vipc *ipc, vmtp_time until) {
    struct vfake_node *node = vfake_node_of(ipc);
    vipc_fake *net = node->net;
    if (node->interrupted) {
        node->interrupted = 0;
        return VMTP_E_CANCELLED;
    }
    if (!node->up)
        return VMTP_E_DOWN;
    if (run_due(net))
        return 0;
    if (until <= net->now)
        return VMTP_E_TIMEOUT;
    vmtp_time next = next_of(net);
    next = next < until ? next : until;
    if (next == VMTP_NEVER)
        return VMTP_E_AGAIN;
    net->now = next > net->now ? next : net->now;
    return 0;
}

static int turn(vipc *ipc) {
    vipc_fake *net = vfake_node_of(ipc)->net;
    run_due(net);
    return next_of(net) <= net->now;
}

static vmtp_time deadline(vipc *ipc) { return next_of(vfake_node_of(ipc)->net); }

static vmtp_time now(vipc *ipc) { return vfake_node_of(ipc)->net->now; }

static uint64_t node_random(vipc *ipc) { return vfake_random(vfake_node_of(ipc)->net); }

static void interrupt(vipc *ipc) { vfake_node_of(ipc)->interrupted = 1; }

static int no_fd(vipc *ipc) {
    (void)ipc;
    return -1;
}

/* ---- groups: thin enough ------------------------------------------------------------------------------------ */

static int join(vipc *ipc, struct vipc_service *service, vmtp_entity group) {
    vipc_fake *net = vfake_node_of(ipc)->net;
    struct vfake_entity *entity = vfake_entity_find(net, service->entity);
    if (vfake_is_member(net, group, entity))
        return VMTP_E_EXISTS;
    struct vfake_member *member = vfake_new(sizeof *member), **end = &net->members;
    *member = (struct vfake_member){.group = group, .entity = entity};
    while (*end)
        end = &(*end)->next;
    *end = member;
    return 0;
}

static int leave(vipc *ipc, struct vipc_service *service, vmtp_entity group) {
    for (struct vfake_member **at = &vfake_node_of(ipc)->net->members; *at; at = &(*at)->next)
        if ((*at)->group == group && (*at)->entity->id == service->entity) {
            struct vfake_member *member = *at;
            *at = member->next;
            free(member);
            return 0;
        }
    return VMTP_E_NO_ENTITY;
}

static int group_create(vipc *ipc, struct vipc_service *service, vmtp_entity *group) {
    vipc_fake *net = vfake_node_of(ipc)->net;
    *group = VMTP_ID_GRP | 0x0fa4e60000000000u | ++net->groups_made;
    return join(ipc, service, *group);
}

/* ---- nodes -------------------------------------------------------------------------------------------------- */

void vfake_node_stop(struct vfake_node *node, int gently) {
    while (node->transactions) {
        node->transactions->call->ipc = NULL;
        vfake_forget(node->transactions);
    }
    while (node->hosts)
        vipc_unserve(node->hosts->service);
    vfake_answers_end(node, gently);
    for (unsigned i = 0; i < VFAKE_BUCKETS; i++)
        for (struct vfake_entity *e = node->net->entities[i]; e; e = e->next)
            if (e->node == node && e->alive)
                vfake_entity_end(e);
    vfake_unsee(&node->known);
    node->up = 0;
}

static void close_node(vipc *ipc) {
    struct vfake_node *node = vfake_node_of(ipc);
    if (node->up)
        vfake_node_stop(node, 1);
}

static const struct vipc_ops node_ops = {.start = vfake_start,
                                         .cancel = vfake_cancel,
                                         .serve = vfake_serve,
                                         .unserve = vfake_unserve,
                                         .join = join,
                                         .leave = leave,
                                         .group_create = group_create,
                                         .reply = vfake_reply,
                                         .forward = vfake_forward,
                                         .discard = vfake_discard,
                                         .now = now,
                                         .random = node_random,
                                         .work = work,
                                         .interrupt = interrupt,
                                         .fd = no_fd,
                                         .deadline = deadline,
                                         .turn = turn,
                                         .close = close_node};
static const struct vipc_ops no_ops;

vipc *vipc_fake_node(vipc_fake *net) {
    struct vfake_node *node = vfake_new(sizeof *node), **end = &net->nodes;
    while (*end)
        end = &(*end)->next;
    *end = node;
    node->base.ops = &node_ops;
    node->net = net;
    node->number = net->node_count++;
    node->up = 1;
    return &node->base;
}

vipc_fake *vipc_fake_create(uint64_t seed) {
    vipc_fake *net = calloc(1, sizeof *net);
    if (!net)
        return NULL;
    net->events.ops = &no_ops;
    net->now = VMTP_SECOND;
    net->random = seed;
    net->faults = (struct vipc_fake_faults){.delay = 100 * VMTP_MICROSECOND, .patience = 2 * VMTP_SECOND};
    return net;
}

void vipc_fake_destroy(vipc_fake *net) {
    if (!net)
        return;
    for (struct vfake_node *node = net->nodes; node; node = node->next)
        vipc_close(&node->base);
    vfake_copies_end(net);
    while (net->nodes) {
        struct vfake_node *node = net->nodes;
        net->nodes = node->next;
        free(node);
    }
    for (unsigned i = 0; i < VFAKE_BUCKETS; i++)
        while (net->entities[i]) {
            struct vfake_entity *e = net->entities[i];
            net->entities[i] = e->next;
            free(e);
        }
    free(net);
}
