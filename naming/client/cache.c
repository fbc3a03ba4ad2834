/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Prefixes and their records, those used longest ago making room (section 7.1).
 *
 * A name is hashed once, and the hash at the end of each component is that of a prefix which may be cached: the longest is looked for first.
 */
#include "internal.h"

#define HASH_BEGIN 2166136261u
#define HASH_STEP(hash, octet) (((hash) ^ (uint8_t)(octet)) * 16777619u)

/* The low bits of the sum above know little of the octets that came first. */
static uint32_t mixed(uint32_t hash) {
    hash = (hash ^ hash >> 16) * 0x85ebca6bu;
    return hash ^ hash >> 13;
}

static uint32_t hash_of(const char *text, size_t length) {
    uint32_t hash = HASH_BEGIN;
    for (size_t i = 0; i < length; i++)
        hash = HASH_STEP(hash, text[i]);
    return mixed(hash);
}

/* ---- the chains ---- */

static void unlink_use(struct vn_cache *c, struct vn_entry *e) {
    if (e->newer != VN_NONE)
        c->entries[e->newer].older = e->older;
    else
        c->newest = e->older;
    if (e->older != VN_NONE)
        c->entries[e->older].newer = e->newer;
    else
        c->oldest = e->newer;
}

static void link_use(struct vn_cache *c, struct vn_entry *e) {
    const uint32_t i = (uint32_t)(e - c->entries);
    e->newer = VN_NONE;
    e->older = c->newest;
    if (c->newest != VN_NONE)
        c->entries[c->newest].newer = i;
    else
        c->oldest = i;
    c->newest = i;
}

static void link_bucket(struct vn_cache *c, struct vn_entry *e) {
    uint32_t *bucket = &c->buckets[e->hash & c->bucket_mask];
    e->chain = *bucket;
    *bucket = (uint32_t)(e - c->entries);
}

static void unlink_bucket(struct vn_cache *c, const struct vn_entry *e) {
    uint32_t *at = &c->buckets[e->hash & c->bucket_mask];
    while (*at != (uint32_t)(e - c->entries))
        at = &c->entries[*at].chain;
    *at = e->chain;
}

void vn_cache_init(struct vn_cache *c) {
    c->newest = c->oldest = VN_NONE;
    c->used = 0;
    c->free = 0;
    for (uint32_t i = 0; i < c->size; i++)
        c->entries[i].chain = i + 1 < c->size ? i + 1 : VN_NONE;
    for (uint32_t i = 0; i <= c->bucket_mask; i++)
        c->buckets[i] = VN_NONE;
    for (uint32_t i = 0; i < c->targets_size; i++)
        c->free_targets[i] = i;
    c->targets_free = c->targets_size;
}

/* ---- looking ---- */

static struct vn_entry *look(const struct vn_cache *c, uint32_t hash, const char *prefix, size_t length) {
    for (uint32_t i = c->buckets[hash & c->bucket_mask]; i != VN_NONE; i = c->entries[i].chain) {
        struct vn_entry *e = &c->entries[i];
        if (e->hash == hash && e->record.prefix_length == length && memcmp(e->text, prefix, length) == 0)
            return e;
    }
    return NULL;
}

struct vn_entry *vn_cache_exact(const struct vn_cache *c, const char *prefix, size_t length) {
    return look(c, hash_of(prefix, length), prefix, length);
}

struct vn_entry *vn_cache_find(const struct vn_cache *c, const char *name, size_t length) {
    uint32_t hashes[VNAME_PREFIX_COMPONENTS], hash = HASH_BEGIN;
    size_t ends[VNAME_PREFIX_COMPONENTS];
    unsigned count = 0;
    for (size_t i = 0; i <= length && i <= VNAME_PREFIX_OCTETS && count < VNAME_PREFIX_COMPONENTS; i++) {
        if (i && (i == length || name[i] == '/')) {
            hashes[count] = mixed(hash);
            ends[count++] = i;
        }
        if (i < length)
            hash = HASH_STEP(hash, name[i]);
    }
    while (count--) {
        struct vn_entry *e = look(c, hashes[count], name, ends[count]);
        if (e)
            return e;
    }
    return NULL;
}

/* ---- changing ---- */

void vn_cache_use(struct vn_cache *c, struct vn_entry *e) {
    unlink_use(c, e);
    link_use(c, e);
}

void vn_cache_drop(struct vn_cache *c, struct vn_entry *e) {
    unlink_bucket(c, e);
    unlink_use(c, e);
    if (e->target != VN_NONE)
        c->free_targets[c->targets_free++] = e->target;
    e->target = VN_NONE;
    e->chain = c->free;
    c->free = (uint32_t)(e - c->entries);
    c->used--;
}

static struct vn_entry *take_entry(struct vn_cache *c) {
    if (c->free == VN_NONE) {
        vn_cache_drop(c, &c->entries[c->oldest]);
        ++*c->evicted;
    }
    struct vn_entry *e = &c->entries[c->free];
    c->free = e->chain;
    c->used++;
    return e;
}

static uint32_t take_target(struct vn_cache *c) {
    if (!c->targets_free) {
        uint32_t i = c->oldest;
        while (c->entries[i].target == VN_NONE)
            i = c->entries[i].newer;
        vn_cache_drop(c, &c->entries[i]);
        ++*c->evicted;
    }
    return c->free_targets[--c->targets_free];
}

struct vn_entry *vn_cache_put(struct vn_cache *c, const struct vname_record *record, vmtp_time now) {
    char text[VNAME_PREFIX_OCTETS], target[VNAME_NAME_OCTETS];
    const struct vname_record copy = *record; /* it may lie in what is dropped now */
    const size_t length = copy.prefix_length;
    memcpy(text, copy.prefix, length);
    if (copy.target_length)
        memcpy(target, copy.target, copy.target_length);
    struct vn_entry *e = vn_cache_exact(c, text, length);
    if (e)
        vn_cache_drop(c, e);
    const uint32_t place = copy.target_length ? take_target(c) : VN_NONE;
    e = take_entry(c);
    memcpy(e->text, text, length);
    e->record = copy;
    e->record.prefix = e->text;
    e->record.target = NULL;
    e->target = place;
    if (place != VN_NONE) {
        memcpy(c->targets[place], target, copy.target_length);
        e->record.target = c->targets[place];
    }
    e->hash = hash_of(text, length);
    e->told = now;
    e->doubted = 0;
    e->forwarder = 0;
    e->forwarder_asked = 0;
    link_bucket(c, e);
    link_use(c, e);
    return e;
}

/* Only as long as nobody has to go for it. */
static void learn_new(struct vn_cache *c, const struct vname_record *record, vmtp_time now) {
    if (c->free == VN_NONE || (record->target_length && !c->targets_free))
        return;
    struct vn_entry *e = vn_cache_put(c, record, now);
    unlink_use(c, e);
    const uint32_t i = (uint32_t)(e - c->entries);
    e->older = VN_NONE;
    e->newer = c->oldest;
    if (c->oldest != VN_NONE)
        c->entries[c->oldest].older = i;
    else
        c->newest = i;
    c->oldest = i;
}

void vn_cache_learn(struct vn_cache *c, const struct vname_record *record, vmtp_time now) {
    struct vn_entry *e = vn_cache_exact(c, record->prefix, record->prefix_length);
    if (!e) {
        learn_new(c, record, now);
    } else if (e->target != VN_NONE || record->target_length) {
        vn_cache_put(c, record, now);
    } else {
        e->record = *record;
        e->record.prefix = e->text;
        e->told = now;
        e->doubted = 0;
        e->forwarder = 0;
        e->forwarder_asked = 0;
    }
}
