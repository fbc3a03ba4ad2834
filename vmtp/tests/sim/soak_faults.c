/* SPDX-License-Identifier: BSD-2-Clause */
/* soak_faults.c - what goes wrong besides packets: crashes and reboots, partitions, cables, servers that end. */
#include "soak.h"

static vmtp_time some_time(void) { return soak_now() + soak_random() % (soak.plan.end - soak_now()); }

static void plan(uint32_t times, enum soak_deed deed) {
    while (times--)
        soak_agenda_add(some_time(), deed, NULL, 0, 0);
}

void soak_faults_plan(void) {
    plan(soak.plan.crashes, SOAK_CRASH);
    plan(soak.plan.partitions, SOAK_CUT);
    plan(soak.plan.cables, SOAK_UNPLUG);
    plan(soak.plan.replacements, SOAK_REPLACE);
    plan(soak.plan.changes, SOAK_CHANGE);
    plan(soak.plan.migrations, SOAK_MIGRATE);
}

static struct soak_host *some_host(void) { return &soak.hosts[soak_below(SOAK_HOSTS)]; }

/* From a moment to longer than anybody tries. */
static vmtp_time some_while(uint32_t most_ms) { return soak_now() + (1 + soak_below(most_ms)) * VMTP_MILLISECOND; }

static int hear_each_other(const struct soak_host *a, const struct soak_host *b) {
    return a == b || (a->up && b->up && !a->unplugged && !b->unplugged && a->part == b->part);
}

void soak_disturb(struct soak_op *op) {
    int reachable = 0;
    for (uint32_t i = 1; i < soak.life_count; i++) {
        const struct soak_life *l = &soak.lives[i];
        if (l->id == op->server && l->until == VMTP_NEVER && l->host != UINT16_MAX)
            reachable |= hear_each_other(&soak.hosts[op->host], &soak.hosts[l->host]);
    }
    op->disturbed |= !reachable;
}

static void disturb_all(void) {
    for (uint32_t i = 0; i < soak.op_count; i++)
        if (soak.ops[i].state == SOAK_OPEN)
            soak_disturb(&soak.ops[i]);
}

static void crash(void) {
    struct soak_host *h = some_host();
    if (!h->up)
        return;
    soak_host_crash(h);
    SOAK_COUNT(CRASHES, 1);
    soak_agenda_add(some_while(soak_below(2) ? 100 : 4000), SOAK_BOOT, h, 0, 0);
}

static void boot(struct soak_host *h) {
    if (h->up)
        return;
    soak_host_boot(h);
    vmtp_sim_set_up(soak.world.sim, h->node->wire, !h->unplugged);
    SOAK_COUNT(REBOOTS, 1);
}

static void cut(void) {
    uint32_t parts = 2 + soak_below(2);
    soak_tell("the segment falls into %u parts", parts);
    for (unsigned i = 0; i < SOAK_HOSTS; i++) {
        soak.hosts[i].part = (uint8_t)soak_below(parts);
        vmtp_sim_partition(soak.world.sim, soak.hosts[i].node->wire, soak.hosts[i].part);
    }
    SOAK_COUNT(PARTITIONS, 1);
    soak_agenda_add(some_while(soak_below(2) ? 300 : 3000), SOAK_HEAL, NULL, 0, 0);
}

static void heal(void) {
    soak_tell("the segment is whole");
    for (unsigned i = 0; i < SOAK_HOSTS; i++) {
        soak.hosts[i].part = 0;
        vmtp_sim_partition(soak.world.sim, soak.hosts[i].node->wire, 0);
    }
}

static void unplug(void) {
    struct soak_host *h = some_host();
    if (!h->up || h->unplugged)
        return;
    soak_tell("host %u loses its cable", h->index);
    vmtp_sim_set_up(soak.world.sim, h->node->wire, 0);
    h->unplugged = 1;
    SOAK_COUNT(CABLES, 1);
    soak_agenda_add(some_while(2000), SOAK_PLUG, h, h->boot, 0);
}

static void plug(struct soak_host *h) {
    h->unplugged = 0;
    soak_tell("host %u has its cable again", h->index);
    vmtp_sim_set_up(soak.world.sim, h->node->wire, h->up);
}

/* A server ends, with whatever it is doing, and later another begins in its place, perhaps with the same identifier. */
static void replace(void) {
    struct soak_host *h = some_host();
    uint32_t which = soak_below(SOAK_SERVERS);
    struct soak_server *s = &h->servers[which];
    if (!h->up || !s->id)
        return;
    soak_server_end(h, s);
    SOAK_COUNT(REPLACED, 1);
    soak_agenda_add(some_while(500), SOAK_RETURN, h, which, 0);
}

void soak_fault(const struct soak_item *item) {
    struct soak_host *h = &soak.hosts[item->host];
    switch (item->deed) {
    case SOAK_CRASH: crash(); break;
    case SOAK_BOOT: boot(h); break;
    case SOAK_CUT: cut(); break;
    case SOAK_HEAL: heal(); break;
    case SOAK_UNPLUG: unplug(); break;
    case SOAK_PLUG: plug(h); break;
    case SOAK_REPLACE: replace(); break;
    case SOAK_MIGRATE: soak_migrate(); break;
    case SOAK_ARRIVE: soak_arrive(item->handle); break;
    case SOAK_CHANGE: soak_group_change(); break;
    case SOAK_RETURN: soak_server_begin(h, &h->servers[item->which]); break;
    default: REQUIRE(0, "deed %d", (int)item->deed);
    }
    disturb_all();
}
