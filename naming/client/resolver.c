/* SPDX-License-Identifier: BSD-2-Clause */
/* A resolver's memory, its counters, and what it tells of its steps. */
#include <stdlib.h>

#include "internal.h"

/* ---- memory ---- */

/* Everything that is not set is what the header says. */
static int complete(struct vname_config *config, const struct vname_config *given) {
    if (given)
        *config = *given;
    else
        memset(config, 0, sizeof *config);
    if (!config->prefixes)
        config->prefixes = 256;
    if (!config->aliases)
        config->aliases = config->prefixes < 16 ? config->prefixes : 16;
    if (!config->queries)
        config->queries = 8;
    if (!config->answers)
        config->answers = 4;
    if (!config->patience)
        config->patience = 30 * VMTP_SECOND;
    return config->prefixes >= 4 && config->prefixes <= 65536 && config->aliases <= config->prefixes &&
           config->queries <= 1024 && config->answers >= 2 && config->answers <= 12 &&
           !(config->flags & ~(uint32_t)VNAME_DIRECTORY_FIRST);
}

static uint32_t bucket_count(uint32_t prefixes) {
    uint32_t count = 8;
    while (count < prefixes)
        count *= 2;
    return count;
}

/* The parts of the memory, one after the other; begin NULL: only how much it is. */
struct plan {
    uint8_t *begin;
    size_t used;
};

static void *part(struct plan *plan, size_t count, size_t size) {
    void *at = plan->begin ? plan->begin + plan->used : NULL;
    plan->used += (count * size + 15u) & ~(size_t)15u;
    return at;
}

static vname_resolver *lay_out(struct plan *plan, const struct vname_config *config) {
    vname_resolver *r = part(plan, 1, sizeof *r), nothing;
    vname_resolver *to = r ? r : &nothing;
    const uint32_t buckets = bucket_count(config->prefixes);
    to->cache.entries = part(plan, config->prefixes, sizeof *to->cache.entries);
    to->cache.buckets = part(plan, buckets, sizeof *to->cache.buckets);
    to->cache.targets = part(plan, config->aliases, sizeof *to->cache.targets);
    to->cache.free_targets = part(plan, config->aliases, sizeof *to->cache.free_targets);
    to->queries = part(plan, config->queries, sizeof *to->queries);
    uint8_t *areas = part(plan, config->queries, (size_t)config->answers * VNAME_RECORD_OCTETS);
    if (!r)
        return NULL;
    r->cache.evicted = &r->counters.evicted;
    r->cache.size = config->prefixes;
    r->cache.bucket_mask = buckets - 1;
    r->cache.targets_size = config->aliases;
    for (uint32_t i = config->queries; i-- > 0;) {
        struct vn_query *q = &r->queries[i];
        q->resolver = r;
        q->area = areas + (size_t)i * config->answers * VNAME_RECORD_OCTETS;
        q->next = r->free_queries;
        r->free_queries = q;
    }
    return r;
}

size_t vname_footprint(const struct vname_config *given) {
    struct vname_config config;
    struct plan plan = {NULL, 0};
    if (!complete(&config, given))
        return 0;
    lay_out(&plan, &config);
    return plan.used;
}

int vname_open(vname_resolver **resolver, vipc *ipc, const struct vname_config *given) {
    struct vname_config config;
    struct plan plan = {NULL, 0};
    *resolver = NULL;
    const size_t size = vname_footprint(given);
    if (!size)
        return VMTP_E_INVALID;
    complete(&config, given);
    if (config.memory && config.memory_size < size)
        return VMTP_E_MEMORY;
    plan.begin = config.memory ? config.memory : malloc(size);
    if (!plan.begin)
        return VMTP_E_MEMORY;
    memset(plan.begin, 0, size);
    vname_resolver *r = lay_out(&plan, &config);
    r->ipc = ipc;
    r->config = config;
    r->allocated = !config.memory;
    vn_cache_init(&r->cache);
    *resolver = r;
    return 0;
}

void vname_close(vname_resolver *r) {
    if (!r)
        return;
    while (r->watches)
        vname_unwatch(r->watches);
    vname_listen_no_more(r);
    while (r->operations)
        vn_operation_drop(r->operations);
    while (r->contexts)
        vname_context_clear(r->contexts);
    for (uint32_t i = 0; i < r->config.queries; i++) {
        vipc_cancel(&r->queries[i].call);
        vipc_timer_cancel(&r->queries[i].timer);
    }
    for (unsigned i = 0; i < VN_MEETINGS; i++)
        vipc_cancel(&r->meetings[i].call);
    if (r->allocated)
        free(r);
}

vipc *vname_ipc(vname_resolver *r) { return r->ipc; }

/* ---- counters and steps ---- */

const struct vname_counters *vname_counters_of(const vname_resolver *r) { return &r->counters; }

void vn_step(vname_resolver *r, enum vname_step_kind kind, const char *name, size_t length, vmtp_entity who,
             uint32_t code, const struct vname_record *record) {
    if (!r->config.trace)
        return;
    const struct vname_step step = {
        .kind = kind, .at = vipc_now(r->ipc), .name = name, .length = length, .who = who, .code = code, .record = record};
    r->config.trace(r->config.trace_context, &step);
}

const char *vname_step_words(enum vname_step_kind kind) {
    static const char *const words[] = {
#define WORDS(name, text) text,
        VNAME_STEPS(WORDS)
#undef WORDS
    };
    return (unsigned)kind < VNAME_STEP_KINDS ? words[kind] : "";
}

const char *vname_outcome_words(enum vname_outcome outcome) {
    switch (outcome) {
    case VNAME_ANSWERED: return "answered";
    case VNAME_NO_SUCH_NAME: return "no such name";
    case VNAME_UNREACHABLE: return "its manager does not answer";
    case VNAME_NO_ANSWER: return "nobody answers";
    case VNAME_OUT_OF_TIME: return "the deadline has passed";
    case VNAME_FAILED: return "failed";
    }
    return "";
}

/* ---- the cache from outside ---- */

int vname_cached(const vname_resolver *r, const char *name, size_t length, struct vname_record *record) {
    const struct vn_entry *e = vn_cache_find(&r->cache, name, length);
    if (e)
        *record = e->record;
    return e != NULL;
}

uint32_t vname_cache_list(const vname_resolver *r, struct vname_record *records, uint32_t room) {
    uint32_t count = 0;
    for (uint32_t i = r->cache.newest; i != VN_NONE && count < room; i = r->cache.entries[i].older)
        records[count++] = r->cache.entries[i].record;
    return r->cache.used;
}

int vname_cache_put(vname_resolver *r, const struct vname_record *record) {
    if (!vname_record_is_good(record) || (record->flags & (VNAME_CLAIMING | VNAME_RELEASED)))
        return VMTP_E_INVALID;
    vn_cache_put(&r->cache, record, vipc_now(r->ipc));
    return 0;
}

void vname_cache_drop(vname_resolver *r, const char *prefix, size_t length) {
    struct vn_entry *e = prefix ? vn_cache_exact(&r->cache, prefix, length) : NULL;
    if (e)
        vn_cache_drop(&r->cache, e);
    while (!prefix && r->cache.newest != VN_NONE)
        vn_cache_drop(&r->cache, &r->cache.entries[r->cache.newest]);
}
