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

/* Clients and their calls, servers and their accepts, remote clients and their Requests know each other. */
static void audit_links(const struct vmtp_engine *e) {
    for (uint32_t i = 0; i <= e->entity_map.mask; i++) {
        for (uint32_t k = e->entity_map.heads[i]; k != NONE; k = entity_at(e, k)->hash_next) {
            const struct entity *n = entity_at(e, k);
            MUST(n->call == NONE || (call_at(e, n->call)->entity == k && call_at(e, n->call)->state != CALL_FREE &&
                                     call_at(e, n->call)->state != CALL_DONE));
            uint32_t accepts = 0, last = NONE;
            for (uint32_t a = n->accept_head; a != NONE; last = a, a = accept_at(e, a)->next)
                MUST(accept_at(e, a)->entity == n->id && accepts++ < e->accepts.used);
            MUST(accepts == n->accepts && last == n->accept_tail);
        }
    }
    for (uint32_t i = 0; i <= e->remote_map.mask; i++) {
        for (uint32_t k = e->remote_map.heads[i]; k != NONE; k = remote_at(e, k)->hash_next) {
            const struct remote *r = remote_at(e, k);
            const struct request *q = r->request != NONE ? request_at(e, r->request) : NULL;
            MUST(!q || (q->remote == k && q->state != REQUEST_FREE && q->state != REQUEST_OVER));
            MUST(r->state != REMOTE_RECEIVING || (q && q->state == REQUEST_RECEIVING && q->accept != NONE));
            MUST(timer_running(&r->timer) || r->probing || r->state == REMOTE_PROCESSING || (q && q->tx.queued) ||
                 (q && r->state == REMOTE_FORWARDED));
        }
    }
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

static void audit(const struct vmtp_engine *e) {
    const struct pool *pools[] = {&e->entities, &e->accepts,  &e->calls, &e->slots,       &e->runs,     &e->remotes,
                                  &e->requests, &e->controls, &e->hosts, &e->memberships, &e->listeners};
    for (unsigned i = 0; i < sizeof pools / sizeof pools[0]; i++)
        audit_pool(pools[i]);
    audit_maps(e);
    audit_queues(e);
    audit_hosts(e);
    audit_links(e);
    audit_groups(e);
}

/* Nothing is going on any more: no record is left but the engine's own entities and what the cache knows. */
static void audit_idle(const struct vmtp_engine *e) {
    MUST(e->entities.used == (e->block ? OWN_ENTITIES : 0));
    MUST(e->memberships.used == 0 && e->listeners.used == 0);
    MUST(e->accepts.used == 0 && e->calls.used == 0 && e->user_calls == 0 && e->slots.used == 0);
    MUST(e->remotes.used == 0 && e->requests.used == 0 && e->controls.used == 0 && e->events == 0);
    MUST(e->hosts_pending == NONE && !e->fast.head && !e->clocked);
    for (uint32_t i = e->host_newest; i != NONE; i = host_at(e, i)->older)
        MUST(host_at(e, i)->state == HOST_KNOWN);
}

#ifdef __clang__
#pragma clang attribute pop
#endif

#endif
