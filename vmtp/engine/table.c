/* SPDX-License-Identifier: BSD-2-Clause */
/* table.c - free lists and the hash that finds records; also the engine's own small random numbers. */
#include "internal.h"

/* Every record begins with uint32_t next_free, which is its index in the free list while it is free. */
void veng_pool_init(struct pool *p, void *memory, uint32_t count, size_t stride) {
    p->records = memory;
    p->stride = (uint32_t)stride;
    p->count = count;
    p->used = 0;
    p->free = count ? 0 : NONE;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t next = i + 1 < count ? i + 1 : NONE;
        memcpy(pool_at(p, i), &next, sizeof next);
    }
}

void *veng_pool_take(struct pool *p) {
    if (p->free == NONE)
        return NULL;
    void *record = pool_at(p, p->free);
    memcpy(&p->free, record, sizeof p->free);
    p->used++;
    return record;
}

void *veng_pool_take_blank(struct pool *p) {
    const size_t kept = 2u * sizeof(uint32_t);
    uint8_t *record = veng_pool_take(p);
    if (record)
        memset(record + kept, 0, p->stride - kept);
    return record;
}

void veng_pool_give(struct pool *p, void *record) {
    memcpy(record, &p->free, sizeof p->free);
    p->free = (uint32_t)((size_t)((const uint8_t *)record - p->records) / p->stride);
    p->used--;
}

/* A power of two, at least as many as records: chains stay short. */
uint32_t veng_map_buckets(uint32_t count) {
    uint32_t n = 16;
    while (n < count && n < 0x80000000u)
        n *= 2;
    return n;
}

/*
 * Identifiers come from the network, so the hash is keyed: nobody outside can aim at one chain.  (Multiply
 * and fold, as in wyhash; 64 x 64 bits by halves where there is no 128-bit product.)
 */
static uint64_t mix(uint64_t a, uint64_t b) {
#ifdef __SIZEOF_INT128__
    __extension__ typedef unsigned __int128 wide;
    wide product = (wide)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
#else
    uint64_t ah = a >> 32, al = (uint32_t)a, bh = b >> 32, bl = (uint32_t)b;
    uint64_t high = ah * bh, low = al * bl, m1 = ah * bl, m2 = al * bh;
    uint64_t middle = (low >> 32) + (uint32_t)m1 + (uint32_t)m2;
    high += (m1 >> 32) + (m2 >> 32) + (middle >> 32);
    return ((middle << 32) | (uint32_t)low) ^ high;
#endif
}

uint32_t *veng_map_head(const struct vmtp_engine *e, const struct map *m, uint64_t key) {
    return &m->heads[mix(key ^ e->key[0], e->key[1] | 1u) & m->mask];
}

/* For choices that only have to differ (jitter): splitmix64, seeded from the application's randomness. */
uint64_t veng_engine_random(struct vmtp_engine *e) {
    uint64_t z = (e->prng += 0x9e3779b97f4a7c15ull);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
}
