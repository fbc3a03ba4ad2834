/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * blocks.c - identifiers given out of the blocks that are ours, and how long these remain ours (spec/vmtp.md sections 4.3, 4.5).
 *
 * Each identifier is given out once.  The next block is asked for while there are some left, so that nobody has to wait for it.
 */
#include "internal.h"

/* Does somebody here have an identifier of the block?  Asked seldom. */
static int in_use(const struct vmtp_engine *e, vmtp_entity block) {
    for (uint32_t i = 0; i < e->entities.count; i++)
        if (entity_at(e, i)->live && block_of(entity_at(e, i)->id) == block)
            return 1;
    for (uint32_t i = 0; e->memberships.used && i <= e->group_map.mask; i++)
        for (uint32_t at = e->group_map.heads[i]; at != NONE;) {
            const struct membership *m = pool_at(&e->memberships, at);
            if (m->member && block_of(m->group) == block)
                return 1;
            at = m->hash_next;
        }
    return 0;
}

static struct old_block *find(const struct vmtp_engine *e, vmtp_entity block) {
    for (uint32_t i = 0; i < e->old_count; i++)
        if (e->old[i].block == block)
            return &e->old[i];
    return NULL;
}

int veng_block_held(const struct vmtp_engine *e, vmtp_entity id) {
    vmtp_entity block = block_of(id);
    if (block == 0)
        return 0;
    return block == e->block || block == e->current || block == e->spare ||
           (e->allocation.busy && block == e->allocation.candidate) || find(e, block) || in_use(e, block);
}

void veng_block_ended(struct vmtp_engine *e, vmtp_entity id, vmtp_time now) {
    struct old_block *o = e->old_count ? find(e, block_of(id)) : NULL;
    if (o)
        o->until = now == VMTP_NEVER ? VMTP_NEVER : now + e->config.timers.ts4;
}

/* May others have it?  Not before another TS4, as long as somebody has an identifier of it. */
static int is_over(const struct vmtp_engine *e, struct old_block *o, vmtp_time now) {
    if (o->until == VMTP_NEVER || (o->until <= now && in_use(e, o->block)))
        o->until = now + e->config.timers.ts4;
    return o->until <= now;
}

static struct old_block *place_for_one(struct vmtp_engine *e, vmtp_time now) {
    for (uint32_t i = 0; i < e->old_count; i++)
        if (is_over(e, &e->old[i], now))
            return &e->old[i];
    return e->old_count < e->old_size ? &e->old[e->old_count++] : NULL;
}

/* The block that is being used up gets its place among the old ones now, while the time is known; that of the manager needs none. */
int veng_block_found(struct vmtp_engine *e, vmtp_entity block, vmtp_time now) {
    if (e->current != e->block) {
        struct old_block *o = place_for_one(e, now);
        if (!o)
            return 0;
        o->block = e->current;
        o->until = VMTP_NEVER;
    }
    e->spare = block;
    return 1;
}

int veng_block_next(struct vmtp_engine *e, uint32_t *number, vmtp_entity *id) {
    if (*number > 255u) {
        if (!e->spare) {
            COUNT(e, NO_IDENTIFIER);
            return VMTP_E_FULL;
        }
        e->current = e->spare;
        e->spare = 0;
        e->next_entity = e->next_group = 1;
    }
    *id = e->current + (*number)++;
    if (*number > 256u - ID_LOW && !e->spare && !e->allocation.busy)
        veng_allocate_another(e);
    return 0;
}
