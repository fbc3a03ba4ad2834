/* SPDX-License-Identifier: BSD-2-Clause */
/* allocate.c - asking for a block of 256 identifiers nobody else has (RFC 1045 Appendix IV.4; spec/vmtp.md section 4.5). */
#include "internal.h"

static vmtp_entity default_client(const struct vmtp_engine *e) {
    return e->config.little_endian ? VMTP_DEFAULT_LE_CLIENT : VMTP_DEFAULT_BE_CLIENT;
}

/* Who asks: the manager, once there is one. */
static struct entity *asker(const struct vmtp_engine *e) { return e->block ? entity_at(e, e->manager) : NULL; }

static int reserved(const struct vmtp_engine *e, vmtp_entity block) {
    return block == 0 || block == block_of(VMTP_DEFAULT_BE_CLIENT) || veng_block_held(e, block);
}

/* Block allocation must not be starved by a full table, so it keeps its timer and asks again at the next tick. */
static void send_probe(struct vmtp_engine *e) {
    struct allocation *x = &e->allocation;
    const struct entity *n = asker(e);
    struct control *c = veng_control_new(e);
    if (!c)
        return;
    uint8_t *h = c->header;
    vmtp_group_mac(c->mac, VMTP_MANAGER_GROUP);
    vmtp_put_client(h, n ? n->id : default_client(e));
    vmtp_put_length_word(h, e->config.domain, VMTP_MPG, 0);
    vmtp_put_control(h, vmtp_control(0, x->sent, 0, 0, 0, VMTP_REQUEST));
    vmtp_put_transaction(h, n ? n->transaction : 0);
    vmtp_put_server(h, VMTP_MANAGER_GROUP);
    vmtp_put_code(h, VMTP_PROBE_ENTITY_BLOCK);
    vmtp_store64(h + 36, x->candidate);
    veng_control_send(e, c);
    x->sent++;
}

static void choose(struct vmtp_engine *e) {
    struct allocation *x = &e->allocation;
    struct entity *n = asker(e);
    vmtp_entity block;
    x->busy = 1;
    x->sent = 0;
    e->config.random(e->config.random_context, &block, sizeof block);
    block = block_of(block);
    while (reserved(e, block)) /* a random function that gives the same for ever must not make us spin */
        block = block_of(veng_engine_random(e));
    x->candidate = block;
    if (n) {
        n->transaction++;
        n->datagram = 1; /* it is under way until all three Probes have stayed without answer */
    }
}

void veng_allocate_begin(struct vmtp_engine *e, vmtp_time now) {
    choose(e);
    send_probe(e);
    veng_timer_set(&e->wheel, &e->allocation.timer, now + e->config.timers.probe_interval);
}

void veng_allocate_another(struct vmtp_engine *e) {
    choose(e);
    veng_timer_set(&e->wheel, &e->allocation.timer, 0);
}

static void end(struct vmtp_engine *e) {
    struct allocation *x = &e->allocation;
    veng_timer_stop(&e->wheel, &x->timer);
    x->busy = x->collisions = 0;
}

/* With no place for one more old block it stays a candidate: there is one when TS4 has passed, or an entity has ended. */
static void found_another(struct vmtp_engine *e, vmtp_time now) {
    struct allocation *x = &e->allocation;
    if (!veng_block_found(e, x->candidate, now)) {
        veng_timer_set(&e->wheel, &x->timer, now + e->config.timers.probe_interval);
        return;
    }
    asker(e)->datagram = 0;
    end(e);
}

void veng_allocate_timeout(struct vmtp_engine *e, vmtp_time now) {
    struct allocation *x = &e->allocation;
    if (x->sent < e->config.timers.block_probes) {
        send_probe(e);
        veng_timer_set(&e->wheel, &x->timer, now + e->config.timers.probe_interval);
        return;
    }
    if (e->block)
        found_another(e, now);
    else
        veng_allocate_done(e, x->candidate, now);
}

static void own_entity(struct vmtp_engine *e, uint32_t *index, uint32_t number, enum entity_role role, vmtp_time now) {
    veng_entity_make(e, index, e->block + number + (e->config.little_endian ? ENTITY_LEE : 0), role, now);
}

void veng_allocate_done(struct vmtp_engine *e, vmtp_entity block, vmtp_time now) {
    end(e);
    e->block = e->current = block;
    e->next_entity = e->next_group = ID_FIRST_USER;
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

int veng_allocate_asked(const struct vmtp_engine *e, const struct arrival *a) {
    const struct entity *n = asker(e);
    if (!e->allocation.busy)
        return 0;
    return n ? a->client == n->id && a->transaction == n->transaction : a->client == default_client(e);
}

/* Somebody has the block, if it is the one we ask for and the answer is OK. */
int veng_allocate_answered(struct vmtp_engine *e, const struct arrival *a) {
    if (!veng_allocate_asked(e, a) || CODE24(a->code) != VMTP_OK || vmtp_load64(a->h + 36) != e->allocation.candidate)
        return DROP(e, DROP_STALE_RESPONSE);
    collide(e, a->now);
    return 0;
}

/* Somebody asks for a block while we ask for one: if it is the same, neither takes it (H47). */
void veng_allocate_rival(struct vmtp_engine *e, const struct arrival *a) {
    vmtp_entity block = block_of(vmtp_load64(a->h + 36));
    if (e->allocation.busy && block == e->allocation.candidate)
        collide(e, a->now);
}
