/* SPDX-License-Identifier: BSD-2-Clause */
/* engine.c - the life of an engine: its memory, its time, what it tells about itself. */
#include <stddef.h>

#include "internal.h"

/* Hands out parts of one block of memory; with base NULL it only adds up how much would be needed. */
struct carver {
    uint8_t *base;
    uint64_t used; /* 64 bits, so that what is too large for this machine shows */
};

static void *carve(struct carver *c, uint64_t size) {
    void *part = c->base ? c->base + c->used : NULL;
    c->used += (size + 63u) & ~(uint64_t)63u;
    return part;
}

static void carve_pool(struct carver *c, struct pool *p, uint32_t count, size_t stride) {
    void *memory = carve(c, (uint64_t)count * stride);
    if (memory)
        veng_pool_init(p, memory, count, stride);
}

static void carve_map(struct carver *c, struct map *m, uint32_t count) {
    uint32_t buckets = veng_map_buckets(count);
    m->heads = carve(c, (uint64_t)buckets * sizeof *m->heads);
    m->mask = buckets - 1;
    for (uint32_t i = 0; m->heads && i < buckets; i++)
        m->heads[i] = NONE;
}

static void lay_out(struct carver *c, struct vmtp_engine *e, const struct vmtp_config *k) {
    carve_pool(c, &e->entities, k->max_entities + OWN_ENTITIES, sizeof(struct entity));
    carve_pool(c, &e->accepts, k->max_accepts, sizeof(struct accept));
    carve_pool(c, &e->calls, k->max_calls + PROBERS, sizeof(struct call));
    carve_pool(c, &e->slots, k->max_responses, sizeof(struct slot));
    carve_pool(c, &e->remotes, k->max_remote_clients, sizeof(struct remote));
    carve_pool(c, &e->requests, k->max_requests, sizeof(struct request));
    carve_pool(c, &e->controls, k->max_control, sizeof(struct control));
    carve_pool(c, &e->hosts, k->max_hosts, sizeof(struct host));
    carve_pool(c, &e->memberships, k->max_memberships, sizeof(struct membership));
    /* Twice: an address that the program has yet to hear is not needed any more keeps its record. */
    carve_pool(c, &e->listeners, 2 * k->max_memberships, sizeof(struct listener));
    carve_pool(c, &e->runs, k->max_runs, sizeof(struct run));
    carve_map(c, &e->entity_map, k->max_entities + OWN_ENTITIES);
    carve_map(c, &e->remote_map, k->max_remote_clients);
    carve_map(c, &e->host_map, k->max_hosts);
    carve_map(c, &e->group_map, k->max_memberships);
    e->gone = carve(c, (uint64_t)k->max_migrated * sizeof(struct gone));
    e->gone_count = k->max_migrated;
    /* Each entity may be the last of its block; besides, blocks are used up faster than TS4 passes. */
    e->old_size = k->max_entities + 63u;
    e->old = carve(c, (uint64_t)e->old_size * sizeof(struct old_block));
    uint32_t nodes = veng_sequence_sets(k->max_sequences);
    e->sequences = nodes ? carve(c, (uint64_t)nodes * 4u * sizeof(struct sequence)) : NULL;
    e->sequence_mask = nodes - 1u;
    uint32_t sets = veng_pace_sets(k->max_hosts);
    veng_pace_init(e, carve(c, (uint64_t)sets * VENG_PACE_WAYS * sizeof(struct pace)), sets);
}

size_t vmtp_engine_footprint(const struct vmtp_config *config) {
    if (vmtp_config_check(config))
        return 0;
    struct carver c = {NULL, 0};
    struct vmtp_engine scratch;
    carve(&c, sizeof(struct vmtp_engine));
    lay_out(&c, &scratch, config);
    return c.used > SIZE_MAX / 2 ? 0 : (size_t)c.used;
}

static void set_up(struct vmtp_engine *e, const struct vmtp_config *config, vmtp_time now) {
    e->config = *config;
    config->random(config->random_context, e->key, sizeof e->key);
    config->random(config->random_context, &e->prng, sizeof e->prng);
    veng_wheel_init(&e->wheel, now);
    e->event_tail = &e->event_head;
    e->host_newest = e->host_oldest = e->hosts_pending = e->releasing = NONE;
    e->manager = e->notifier = NONE;
    e->allocation.timer.kind = TIMER_ALLOCATE;
    e->packet_time = (uint32_t)((uint64_t)config->mtu * 8000u / config->link_mbps);
    e->room = vmtp_room(config->mtu);
}

int vmtp_engine_create(vmtp_engine **out, const struct vmtp_config *config, void *memory, size_t size, vmtp_time now) {
    size_t need = vmtp_engine_footprint(config);
    if (need == 0 || !memory || ((uintptr_t)memory & (_Alignof(max_align_t) - 1u)))
        return VMTP_E_INVALID;
    if (size < need)
        return VMTP_E_MEMORY;
    struct carver c = {memory, 0};
    memset(memory, 0, need);
    struct vmtp_engine *e = carve(&c, sizeof *e);
    set_up(e, config, now);
    lay_out(&c, e, config);
    if (config->block)
        veng_allocate_done(e, config->block, now);
    else
        veng_allocate_begin(e, now);
    *out = e;
    return 0;
}

void vmtp_engine_share(vmtp_engine *e, int shared) { e->shared = shared != 0; }

int vmtp_engine_ready(const vmtp_engine *e) { return e->block != 0; }
vmtp_entity vmtp_engine_block(const vmtp_engine *e) { return e->block; }
vmtp_entity vmtp_engine_manager(const vmtp_engine *e) { return e->block ? entity_at(e, e->manager)->id : 0; }

vmtp_time vmtp_deadline(const vmtp_engine *e) {
    if (e->control_head || e->fast.head)
        return 0;
    vmtp_time when = veng_wheel_deadline(&e->wheel);
    return e->clocked && e->clocked->next_at < when ? e->clocked->next_at : when;
}

static void fire(struct vmtp_engine *e, struct timer *t, vmtp_time now) {
#define AROUND(type, member) ((type *)(void *)((uint8_t *)t - offsetof(type, member)))
    switch (t->kind) {
    case TIMER_CALL: veng_call_timeout(e, AROUND(struct call, timer), now); break;
    case TIMER_LIMIT: veng_call_limit(e, AROUND(struct call, limit), now); break;
    case TIMER_SLOT: veng_slot_timeout(e, AROUND(struct slot, timer), now); break;
    case TIMER_REMOTE: veng_remote_timeout(e, AROUND(struct remote, timer), now); break;
    case TIMER_REQUEST:
        if (AROUND(struct request, timer)->delayed)
            veng_group_delay_over(e, AROUND(struct request, timer));
        else
            veng_stream_timeout(e, AROUND(struct request, timer), now);
        break;
    case TIMER_ALLOCATE: veng_allocate_timeout(e, now); break;
    default: break;
    }
#undef AROUND
}

void vmtp_expire(vmtp_engine *e, vmtp_time now) {
    struct timer *t;
    while ((t = veng_wheel_pop(&e->wheel, now)) != NULL)
        fire(e, t, now);
}

uint64_t vmtp_counter(const vmtp_engine *e, enum vmtp_counter which) {
    return (unsigned)which < VMTP_COUNTER_COUNT ? e->counters[which] : 0;
}

#define NAME(name, word, text) word,
#define TEXT(name, word, text) text,
static const char *const counter_names[] = {VMTP_COUNTERS(NAME)};
static const char *const counter_texts[] = {VMTP_COUNTERS(TEXT)};

const char *vmtp_counter_name(enum vmtp_counter which) {
    return (unsigned)which < VMTP_COUNTER_COUNT ? counter_names[which] : "unknown";
}

const char *vmtp_counter_text(enum vmtp_counter which) {
    return (unsigned)which < VMTP_COUNTER_COUNT ? counter_texts[which] : "";
}

void vmtp_usage(const vmtp_engine *e, struct vmtp_usage *out) {
    out->entities = e->block ? e->entities.used - OWN_ENTITIES : 0;
    out->calls = e->calls.used;
    out->remote_clients = e->remotes.used;
    out->requests = e->requests.used;
    out->accepts = e->accepts.used;
    out->hosts = e->hosts.used;
    out->runs = e->runs.used;
    out->events = e->events;
    out->memberships = e->memberships.used;
}
