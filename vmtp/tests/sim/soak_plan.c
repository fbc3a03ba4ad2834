/* SPDX-License-Identifier: BSD-2-Clause */
/* soak_plan.c - what a seed is like, and which calls its clients make. */
#include "soak.h"

uint64_t soak_random(void) {
    uint64_t z = (soak.prng += 0x9e3779b97f4a7c15ull);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
}

uint32_t soak_below(uint32_t n) { return (uint32_t)(soak_random() % n); }

int soak_chance(uint32_t percent) { return soak_below(100) < percent; }

static uint32_t between(uint32_t least, uint32_t most) { return least + soak_below(most - least + 1); }

void soak_plan_make(void) {
    soak.prng = soak.seed * 0x2545f4914f6cdd1dull + 7;
    soak.plan = (struct soak_plan){
        .faults = {.loss = 100000,
                   .duplicate = 50000,
                   .reorder = 50000,
                   .corrupt = 10000,
                   .delay = 30 * VMTP_MICROSECOND,
                   .jitter = 100 * VMTP_MICROSECOND,
                   .reorder_delay = between(1, 100) * VMTP_MILLISECOND},
        .end = between(6, 12) * VMTP_SECOND,
        .think = between(400, 1500),
        .large = between(5, 40),
        .slow = between(5, 30),
        .idempotent = between(10, 40),
        .datagram = between(3, 15),
        .refuse = between(1, 4),
        .unanswered = between(1, 4),
        .cancel = between(1, 6),
        .hurry = between(2, 15),
        .streams = between(3, 12),
        .bulk = between(0, 3),
        .huge = soak_below(3),
        .forward = between(3, 12),
        .group = between(3, 12),
        .membership = between(5, 25),
        .crowd = between(0, 30),
        .crashes = between(2, 10),
        .partitions = between(1, 4),
        .cables = between(1, 5),
        .migrations = between(3, 25),
        .changes = between(5, 40),
        .replacements = between(2, 15),
        .scarce = soak_below(3) == 0,
    };
}

void soak_plan_config(struct vmtp_config *c) {
    c->max_calls = 32;
    c->max_responses = 64;
    c->max_entities = 16;
    c->max_accepts = 32;
    c->max_control = 32;
    c->max_remote_clients = soak.plan.scarce ? between(8, 40) : 256;
    c->max_requests = soak.plan.scarce ? between(4, 20) : 64;
    c->max_runs = soak.plan.scarce ? between(1, 4) : 16;
    c->no_streams = (uint8_t)(soak_below(8) == 0);
    c->max_hosts = soak.plan.scarce ? between(4, 16) : 128;
    c->timers.ts5_always = (uint8_t)(soak_below(3) == 0);
    if (soak_below(4) == 0)
        c->block = 0;
}

/* A message of several packet groups, but no very large one. */
#define BULK (300u * 1024u)

void soak_plan_server(struct soak_server *s) {
    s->accepts = (uint8_t)between(1, 4);
    s->serial = (uint8_t)(soak_below(3) == 0);
    uint32_t kind = soak_below(20);
    s->capacity = kind == 0 ? VMTP_MESSAGE_OCTETS : kind < 4 ? 2048 : kind < 9 ? BULK : VMTP_GROUP_OCTETS;
}

static uint32_t segment_size(void) {
    if (soak_chance(soak.plan.large))
        return soak_below(3) == 0 ? 1u << soak_below(15) : soak_below(VMTP_GROUP_OCTETS + 1);
    return soak_below(3) == 0 ? 0 : soak_below(1500);
}

/* Usually one that lives, as far as its clients can know. */
vmtp_entity soak_plan_target(void) {
    if (soak_below(40) == 0)
        for (unsigned tries = 0; tries < 20; tries++) {
            const struct soak_life *l = &soak.lives[soak_below(soak.life_count)];
            if (l->capacity && l->until != VMTP_NEVER)
                return l->id;
        }
    for (;;) {
        struct soak_host *h = &soak.hosts[soak_chance(soak.plan.crowd) ? 0 : soak_below(SOAK_HOSTS)];
        struct soak_server *s = &h->servers[soak_below(SOAK_SERVERS)];
        if (s->life)
            return soak.lives[s->life].id;
    }
}

static vmtp_entity target_for(uint32_t size) {
    for (unsigned tries = 0; tries < 50; tries++) {
        const struct soak_life *l = &soak.lives[soak_below(soak.life_count)];
        if (l->capacity && l->capacity >= size && l->until == VMTP_NEVER)
            return l->id;
    }
    return soak_plan_target();
}

static void plan_large(struct soak_op *op, uint32_t most) {
    if (soak_below(2))
        op->request_size = VMTP_GROUP_OCTETS + soak_below(most - VMTP_GROUP_OCTETS + 1);
    if (soak_below(2))
        op->response_size = VMTP_GROUP_OCTETS + soak_below(most - VMTP_GROUP_OCTETS + 1);
    if (soak_below(20))
        op->area_size = most;
    if (soak_below(8))
        op->server = target_for(op->request_size);
}

static void plan_huge(struct soak_op *op) {
    plan_large(op, VMTP_MESSAGE_OCTETS);
    soak.plan.huge--;
}

void soak_plan_op(struct soak_op *op, const struct soak_op *before) {
    const struct soak_plan *p = &soak.plan;
    vmtp_time now = soak_now();
    op->request_size = segment_size();
    op->response_size = segment_size();
    op->area_size = soak_below(20) == 0 ? soak_below(1000) : VMTP_GROUP_OCTETS;
    op->idempotent = (uint8_t)soak_chance(p->idempotent);
    op->datagram = !before && soak_chance(p->datagram);
    op->refuse = (uint8_t)soak_chance(p->refuse);
    op->unanswered = !op->datagram && soak_chance(p->unanswered);
    op->slow = soak_chance(p->slow) ? between(1, 1500) : 0;
    op->deadline = VMTP_NEVER;
    op->slots = 1;
    op->server = soak_plan_target();
    if (soak_chance(p->hurry))
        op->deadline = now + between(1, 2000) * VMTP_MILLISECOND;
    else if (op->unanswered)
        op->deadline = now + between(500, 4000) * VMTP_MILLISECOND;
    if (!op->datagram && soak_chance(p->forward)) {
        op->hops = (uint8_t)(soak_below(20) == 0 ? SOAK_MOST_HOPS : between(1, 3));
        op->idempotent = 0;
    }
    if (!before && soak_chance(p->group))
        soak_plan_group(op);
    else if (!op->hops && soak_chance(p->bulk))
        plan_large(op, BULK);
    else if (!op->hops && soak.plan.huge && soak_below(200) == 0)
        plan_huge(op);
}

vmtp_time soak_plan_pause(void) { return (vmtp_time)soak_below(2 * soak.plan.think) * VMTP_MILLISECOND; }
