/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * engine_audit.h - what must hold between the records of an engine after every call into it.
 *
 * A broken link is found where it breaks, not where somebody trips over it a hundred operations later.
 */
#ifndef VMTP_FUZZ_ENGINE_AUDIT_H
#define VMTP_FUZZ_ENGINE_AUDIT_H

#include <stdio.h>
#include <stdlib.h>

#include "engine/internal.h"

#define FAIL(what) (fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, what), abort())
#define MUST(condition)                                                                                                \
    do {                                                                                                               \
        if (!(condition))                                                                                              \
            FAIL("does not hold: " #condition);                                                                        \
    } while (0)

#ifdef __clang__ /* what is looked at here is nothing that a fuzzer should try to reach */
#pragma clang attribute push(__attribute__((no_sanitize("coverage"))), apply_to = function)
#endif

static void audit_pool(const struct pool *p) {
    uint32_t free_records = 0;
    for (uint32_t i = p->free; i != NONE; free_records++) {
        MUST(i < p->count && free_records < p->count);
        memcpy(&i, pool_at(p, i), sizeof i);
    }
    MUST(p->used <= p->count && free_records == p->count - p->used);
}

/* Every chain ends, and together they hold as many records as there are. */
static void audit_maps(const struct vmtp_engine *e) {
    uint32_t n = 0;
    for (uint32_t i = 0; i <= e->entity_map.mask; i++)
        for (uint32_t k = e->entity_map.heads[i]; k != NONE; k = entity_at(e, k)->hash_next)
            MUST(entity_at(e, k)->live && n++ < e->entities.used);
    for (uint32_t i = n = 0; i <= e->remote_map.mask; i++)
        for (uint32_t k = e->remote_map.heads[i]; k != NONE; k = remote_at(e, k)->hash_next)
            MUST(remote_at(e, k)->state != REMOTE_FREE && n++ < e->remotes.used);
    MUST(n == e->remotes.used);
    for (uint32_t i = n = 0; i <= e->host_map.mask; i++)
        for (uint32_t k = e->host_map.heads[i]; k != NONE; k = host_at(e, k)->hash_next)
            MUST(host_at(e, k)->state != HOST_FREE && n++ < e->hosts.used);
    MUST(n == e->hosts.used);
}

/* Returns n and how many are in the lane. */
static uint32_t audit_lane(const struct vmtp_engine *e, const struct lane *l, uint32_t n) {
    const struct sender *last = NULL;
    for (const struct sender *s = l->head; s; last = s, s = s->next) {
        MUST(s->queued && s->lane == l && s->previous == last && (s->run || s->pending || s->bare));
        MUST(!last || last->rank >= s->rank);
        MUST(n++ < e->calls.used + e->requests.used);
    }
    MUST(last == l->tail);
    return n;
}

static void audit_queues(const struct vmtp_engine *e) {
    uint32_t n = audit_lane(e, &e->fast, 0);
    for (const struct lane *l = e->clocked; l; l = l->next) {
        MUST(l->waiting && l->head && (!l->next || l->next_at <= l->next->next_at));
        n = audit_lane(e, l, n);
    }
    const struct control *end = NULL;
    n = 0;
    for (const struct control *c = e->control_head; c; end = c, c = c->next)
        MUST(c->state == 1 && n++ < e->controls.used);
    MUST(end == e->control_tail);
    n = 0;
    for (const struct event_node *v = e->event_head; v; v = v->next)
        MUST(v->link && *v->link == v && n++ < e->events);
    MUST(n == e->events && *e->event_tail == NULL);
}

static void audit_hosts(const struct vmtp_engine *e) {
    uint32_t n = 0, last = NONE;
    for (uint32_t i = e->host_newest; i != NONE; last = i, i = host_at(e, i)->older) {
        const struct host *h = host_at(e, i);
        MUST(n++ < e->hosts.used && h->newer == last && h->state != HOST_FREE);
        MUST(h->waiting == NONE || h->state != HOST_KNOWN);
        uint32_t waiting = 0;
        for (uint32_t k = h->waiting; k != NONE; k = call_at(e, k)->wait_next)
            MUST(call_at(e, k)->state == CALL_LOCATING && waiting++ < e->calls.used);
    }
    MUST(n == e->hosts.used && last == e->host_oldest);
}

/* The calls of a client are a list, oldest first, and its last one knows that. */
static uint32_t audit_calls(const struct vmtp_engine *e, uint32_t k) {
    const struct entity *n = entity_at(e, k);
    uint32_t count = 0, last = NONE;
    for (uint32_t i = n->call; i != NONE; last = i, i = call_at(e, i)->newer) {
        const struct call *c = call_at(e, i);
        MUST(count++ < e->calls.used && c->entity == k && c->state != CALL_FREE && c->state != CALL_DONE);
        MUST(last == NONE || (int32_t)(veng_call_last(c) - veng_call_last(call_at(e, last))) > 0);
        MUST(c->state != CALL_WAITING || last != NONE || !n->live);
    }
    MUST(n->call == NONE || n->newest == last);
    return count;
}

static void audit_entities(const struct vmtp_engine *e) {
    for (uint32_t i = 0; i <= e->entity_map.mask; i++) {
        for (uint32_t k = e->entity_map.heads[i]; k != NONE; k = entity_at(e, k)->hash_next) {
            const struct entity *n = entity_at(e, k);
            uint32_t accepts = 0, last = NONE;
            audit_calls(e, k);
            for (uint32_t a = n->accept_head; a != NONE; last = a, a = accept_at(e, a)->next)
                MUST(accept_at(e, a)->entity == n->id && accepts++ < e->accepts.used);
            MUST(accepts == n->accepts && last == n->accept_tail);
        }
    }
}

/* Requests of one run, oldest first, none behind the Transaction that was accepted last. */
static void audit_run(const struct vmtp_engine *e, const struct remote *r, uint32_t k) {
    uint32_t count = 0;
    const struct request *last = NULL;
    for (uint32_t i = r->request; i != NONE; i = request_at(e, i)->newer) {
        const struct request *q = request_at(e, i);
        MUST(count++ < e->requests.used && q->in_run && q->remote == k);
        MUST(q->state != REQUEST_FREE && q->state != REQUEST_OVER);
        MUST(!last || q->datagram || last->datagram || (int32_t)(q->transaction - last->transaction) > 0);
        int awaits_groups = q->run && q->run->base > q->run->seen; /* its client takes its time: TS2 */
        MUST(q->state != REQUEST_RECEIVING || timer_running(&q->timer) || awaits_groups);
        last = q;
    }
    MUST(count == r->length);
    MUST(timer_running(&r->timer) || r->probing);
}

static void audit_remote(const struct vmtp_engine *e, const struct remote *r, uint32_t k) {
    const struct request *q = r->request != NONE ? request_at(e, r->request) : NULL;
    if (r->state == REMOTE_RUN) {
        audit_run(e, r, k);
        return;
    }
    MUST(!q || (q->remote == k && q->state != REQUEST_FREE && q->state != REQUEST_OVER && q->newer == NONE));
    MUST(r->state != REMOTE_RECEIVING || (q && q->state == REQUEST_RECEIVING && q->accept != NONE));
    MUST(timer_running(&r->timer) || r->probing || r->state == REMOTE_PROCESSING ||
         (q && (q->tx.queued || q->delayed)) || (q && r->state == REMOTE_FORWARDED));
}

static void audit_remotes(const struct vmtp_engine *e) {
    for (uint32_t i = 0; i <= e->remote_map.mask; i++)
        for (uint32_t k = e->remote_map.heads[i]; k != NONE; k = remote_at(e, k)->hash_next)
            audit_remote(e, remote_at(e, k), k);
}

/* ---- what records have of others -------------------------------------------------------------------------- */

static struct owned { uint32_t runs, accepts, slots, user_calls, counted; } owned;
static uint8_t run_seen[256];

static void own_run(const struct vmtp_engine *e, const struct run *r) {
    if (!r)
        return;
    uint32_t i = pool_index(&e->runs, r);
    MUST(i < e->runs.count && i < sizeof run_seen && pool_at(&e->runs, i) == (const void *)r);
    MUST(!run_seen[i]); /* it is of one record only */
    run_seen[i] = 1;
    owned.runs++;
    MUST(r->groups > 1 && r->groups <= RUN_GROUPS && r->base <= r->groups && r->next <= r->groups);
}

/* Who has forwarded the Request of a call. */
static void audit_forwarders(const struct vmtp_engine *e, const struct call *c, uint32_t k) {
    uint32_t n = 0;
    for (uint32_t i = c->forwarder; i != NONE; i = request_at(e, i)->under) {
        const struct request *q = request_at(e, i);
        MUST(n++ < e->requests.used && q->onward == k);
        MUST(q->state == REQUEST_FORWARDED || q->state == REQUEST_OVER);
    }
    MUST(c->purpose != FOR_FORWARD || c->forwarder != NONE);
}

static void audit_call_records(const struct vmtp_engine *e) {
    for (uint32_t k = 0; k < e->calls.count; k++) {
        const struct call *c = call_at(e, k);
        if (c->state == CALL_FREE)
            continue;
        owned.user_calls += c->purpose == FOR_USER || c->purpose == FOR_FORWARD;
        own_run(e, c->tx.run);
        own_run(e, c->first.run);
        uint32_t slots = 0;
        owned.counted += c->counted;
        for (uint32_t i = c->slots; i != NONE; i = slot_at(e, i)->next) {
            MUST(slots++ < c->slots_max && slot_at(e, i)->call == k);
            own_run(e, slot_at(e, i)->run);
        }
        owned.slots += slots;
        MUST(c->state != CALL_LOCAL || c->request == NONE || request_at(e, c->request)->call == k);
        MUST(c->state != CALL_DONE || (!c->tx.queued && !timer_running(&c->timer) && !timer_running(&c->limit)));
        MUST(c->state != CALL_DONE || c->tx.out || c->event.link || c->purpose != FOR_USER);
        audit_forwarders(e, c, k);
    }
}

static void audit_request_records(const struct vmtp_engine *e) {
    for (uint32_t k = 0; k < e->requests.count; k++) {
        const struct request *q = request_at(e, k);
        if (q->state == REQUEST_FREE)
            continue;
        own_run(e, q->run);
        own_run(e, q->tx.run);
        owned.accepts += q->accept != NONE;
        MUST(q->accept == NONE || q->state == REQUEST_RECEIVING || q->state == REQUEST_COMPLETE);
        MUST(q->call == NONE || call_at(e, q->call)->state != CALL_FREE);
        MUST(q->state != REQUEST_FORWARDED || q->onward != NONE);
        MUST(q->onward == NONE || call_at(e, q->onward)->forwarder != NONE);
        MUST(q->state != REQUEST_OVER || q->event.link || q->tx.out || q->onward != NONE); /* or it would be gone */
        MUST(q->state != REQUEST_COMPLETE || q->event.link || q->remote != NONE);
    }
}

static void audit_waiting(const struct vmtp_engine *e) {
    uint32_t ranks[16] = {0};
    for (const struct event_node *v = e->event_head; v; v = v->next) {
        owned.accepts += v->kind == KIND_ACCEPT;
        if (v->type == VMTP_EV_REQUEST)
            ranks[v->rank]++;
    }
    for (unsigned i = 0; i < 16; i++)
        MUST(ranks[i] == e->waiting[i] && (e->ranks >> i & 1u) == (ranks[i] > 0));
}

static void audit_owners(const struct vmtp_engine *e) {
    owned = (struct owned){0};
    memset(run_seen, 0, sizeof run_seen);
    audit_call_records(e);
    audit_request_records(e);
    audit_waiting(e);
    for (uint32_t i = 0; i <= e->entity_map.mask; i++)
        for (uint32_t k = e->entity_map.heads[i]; k != NONE; k = entity_at(e, k)->hash_next)
            owned.accepts += entity_at(e, k)->accepts;
    MUST(owned.runs == e->runs.used && owned.slots == e->slots.used && owned.user_calls == e->user_calls);
    MUST(owned.accepts == e->accepts.used);
}

/* Each call whose number is waited for is counted with its server's node. */
static void audit_sequences(const struct vmtp_engine *e) {
    uint32_t unknown = 0;
    for (uint32_t i = 0; e->sequences && i < (e->sequence_mask + 1) * 4u; i++)
        unknown += e->sequences[i].unknown;
    MUST(unknown == owned.counted);
}

static void audit_paces(const struct vmtp_engine *e) {
    uint32_t used = 0, paced = e->pace_others.out.gap > 0, wished = e->pace_others.in.gap > 0;
    for (uint32_t i = 0; i < (e->pace_mask + 1) * VENG_PACE_WAYS; i++) {
        used += e->paces[i].used;
        paced += e->paces[i].out.gap > 0;
        wished += e->paces[i].in.gap > 0;
    }
    MUST(used == e->pace_used && paced == e->paced && wished == e->wished);
}

/* Every member listens, and every address that is listened to has members. */
static void audit_groups(const struct vmtp_engine *e) {
    uint32_t n = 0, members = 0, joins = 0;
    for (uint32_t i = 0; i <= e->group_map.mask; i++) {
        for (uint32_t k = e->group_map.heads[i]; k != NONE; n++) {
            const struct membership *m = pool_at(&e->memberships, k);
            const struct entity *who = veng_entity_find(e, m->entity);
            MUST(n < e->memberships.used);
            MUST(!m->member || (who && who->live));
            MUST(!m->member || ((const struct listener *)pool_at(&e->listeners, m->listener))->live);
            members += m->member;
            k = m->hash_next;
        }
    }
    MUST(n == e->memberships.used);
    for (uint32_t i = n = 0; i < e->listeners.count; i++) {
        const struct listener *l = pool_at(&e->listeners, i);
        if (!l->live)
            continue;
        n++;
        joins += l->joins;
        MUST((l->event.link != NULL) == ((l->joins > 0) != l->told));
    }
    MUST(n == e->listeners.used && joins == members);
}

static void audit_blocks(const struct vmtp_engine *e) {
    MUST((e->block == 0) == (e->current == 0) && (e->block || !e->spare) && e->old_count <= e->old_size);
    MUST(!e->allocation.busy || timer_running(&e->allocation.timer));
    MUST(!e->spare || (!e->allocation.busy && e->spare != e->current && e->spare != e->block));
    for (uint32_t i = 0; i < e->old_count; i++)
        MUST(e->old[i].block && e->old[i].block != e->block && e->old[i].block != e->spare);
}

static void audit(const struct vmtp_engine *e) {
    const struct pool *pools[] = {&e->entities, &e->accepts,  &e->calls, &e->slots,       &e->runs,     &e->remotes,
                                  &e->requests, &e->controls, &e->hosts, &e->memberships, &e->listeners};
    for (unsigned i = 0; i < sizeof pools / sizeof pools[0]; i++)
        audit_pool(pools[i]);
    audit_maps(e);
    audit_queues(e);
    audit_hosts(e);
    audit_entities(e);
    audit_remotes(e);
    audit_owners(e);
    audit_sequences(e);
    audit_paces(e);
    audit_groups(e);
    audit_blocks(e);
}

/* Nothing is going on any more: no record is left but the engine's own entities and what the cache knows. */
static void audit_idle(const struct vmtp_engine *e) {
    MUST(e->entities.used == (e->block ? OWN_ENTITIES : 0));
    MUST(e->memberships.used == 0 && e->listeners.used == 0);
    MUST(e->accepts.used == 0 && e->calls.used == 0 && e->user_calls == 0 && e->slots.used == 0);
    MUST(e->remotes.used == 0 && e->requests.used == 0 && e->controls.used == 0 && e->events == 0);
    MUST(e->runs.used == 0 && e->hosts_pending == NONE && !e->fast.head && !e->clocked);
    for (uint32_t i = e->host_newest; i != NONE; i = host_at(e, i)->older)
        MUST(host_at(e, i)->state == HOST_KNOWN);
}

#ifdef __clang__
#pragma clang attribute pop
#endif

#endif
