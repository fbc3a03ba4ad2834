/* SPDX-License-Identifier: BSD-2-Clause */
/* allocate.c - a block of 256 identifiers nobody else has (RFC 1045 Appendix IV.4; spec/vmtp.md section 4.5). */
#include "internal.h"

static vmtp_entity default_client(const struct vmtp_engine *e) {
    return e->config.little_endian ? VMTP_DEFAULT_LE_CLIENT : VMTP_DEFAULT_BE_CLIENT;
}

static int reserved(vmtp_entity block) {
    return block == 0 || block == (VMTP_DEFAULT_BE_CLIENT & ~0xffull & ~ENTITY_FLAG_BITS);
}

/* Block allocation must not be starved by a full table, so it keeps its timer and asks again at the next tick. */
static void send_probe(struct vmtp_engine *e) {
    struct allocation *x = &e->allocation;
    struct control *c = veng_control_new(e);
    if (!c)
        return;
    uint8_t *h = c->header;
    vmtp_group_mac(c->mac, VMTP_MANAGER_GROUP);
    vmtp_put_client(h, default_client(e));
    vmtp_put_length_word(h, e->config.domain, VMTP_MPG, 0);
    vmtp_put_control(h, vmtp_control(0, x->sent, 0, 0, 0, VMTP_REQUEST));
    vmtp_put_transaction(h, 0);
    vmtp_put_server(h, VMTP_MANAGER_GROUP);
    vmtp_put_code(h, VMTP_PROBE_ENTITY_BLOCK);
    vmtp_store64(h + 36, x->candidate);
    veng_control_send(e, c);
    x->sent++;
}

static void choose(struct vmtp_engine *e) {
    struct allocation *x = &e->allocation;
    x->busy = 1;
    x->sent = 0;
    do {
        e->config.random(e->config.random_context, &x->candidate, sizeof x->candidate);
        x->candidate &= ~ENTITY_FLAG_BITS & ~0xffull;
        if (x->candidate == 0) /* a random function that gives zeros must not make us spin */
            x->candidate = (veng_engine_random(e) & ~ENTITY_FLAG_BITS & ~0xffull) | 0x100u;
    } while (reserved(x->candidate));
}

void veng_allocate_begin(struct vmtp_engine *e, vmtp_time now) {
    choose(e);
    send_probe(e);
    veng_timer_set(&e->wheel, &e->allocation.timer, now + e->config.timers.probe_interval);
}

void veng_allocate_timeout(struct vmtp_engine *e, vmtp_time now) {
    struct allocation *x = &e->allocation;
    if (x->sent < e->config.timers.block_probes) {
        send_probe(e);
        veng_timer_set(&e->wheel, &x->timer, now + e->config.timers.probe_interval);
        return;
    }
    veng_allocate_done(e, x->candidate, now);
}

static void own_entity(struct vmtp_engine *e, uint32_t *index, uint32_t number, enum entity_role role, vmtp_time now) {
    veng_entity_make(e, index, e->block + number + (e->config.little_endian ? ENTITY_LEE : 0), role, now);
}

void veng_allocate_done(struct vmtp_engine *e, vmtp_entity block, vmtp_time now) {
    e->allocation.busy = 0;
    veng_timer_stop(&e->wheel, &e->allocation.timer);
    e->block = block;
    e->next_id = ID_FIRST_USER;
    own_entity(e, &e->manager, ID_MANAGER, ROLE_MANAGER, now);
    own_entity(e, &e->notifier, ID_NOTIFIER, ROLE_NOTIFIER, now);
    for (unsigned i = 0; i < PROBERS; i++)
        own_entity(e, &e->prober[i], ID_FIRST_PROBER + i, ROLE_PROBER, now);
    veng_event_post(e, &e->ready_event, VMTP_EV_READY, KIND_ENGINE);
}

/* Again, but not at once: somebody who claims every block must not make us shout. */
static void collide(struct vmtp_engine *e, vmtp_time now) {
    struct allocation *x = &e->allocation;
    COUNT(e, BLOCK_COLLISIONS);
    choose(e);
    veng_timer_stop(&e->wheel, &x->timer);
    veng_timer_set(&e->wheel, &x->timer, now + (e->config.timers.probe_interval << x->collisions));
    if (x->collisions < 4)
        x->collisions++;
}

int veng_allocate_holds(const struct vmtp_engine *e, vmtp_entity id) {
    vmtp_entity block = id & ~ENTITY_FLAG_BITS & ~0xffull;
    if (block == 0 || block == e->block)
        return block != 0;
    for (uint32_t i = 0; i < e->entities.count; i++) { /* entities that brought their identifiers; asked seldom */
        const struct entity *n = entity_at(e, i);
        if (n->live && (n->id & ~ENTITY_FLAG_BITS & ~0xffull) == block)
            return 1;
    }
    return 0;
}

/* A Response to the default client: somebody has the block, if it is the one we ask for and the answer is OK. */
int veng_allocate_answered(struct vmtp_engine *e, const struct arrival *a) {
    if (!e->allocation.busy || a->client != default_client(e) || CODE24(a->code) != VMTP_OK ||
        vmtp_load64(a->h + 36) != e->allocation.candidate) {
        return DROP(e, DROP_STALE_RESPONSE);
    }
    collide(e, a->now);
    return 0;
}

/* Somebody asks for a block while we ask for one: if it is the same, neither takes it (H47). */
void veng_allocate_rival(struct vmtp_engine *e, const struct arrival *a, vmtp_entity block) {
    if (e->allocation.busy && (block & ~ENTITY_FLAG_BITS & ~0xffull) == e->allocation.candidate)
        collide(e, a->now);
}
