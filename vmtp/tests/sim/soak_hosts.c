/* SPDX-License-Identifier: BSD-2-Clause */
/* soak_hosts.c - hosts with their entities, from boot to crash; memory that is lent to their engines. */
#include "soak.h"

/* ---- memory ---- */

struct soak_buffer *soak_lend(struct soak_buffer **list, uint32_t size) {
    struct soak_buffer *b = malloc(sizeof *b + size);
    REQUIRE(b, "no memory");
    b->size = size;
    b->handle = 0;
    b->count = 0;
    b->next = *list;
    b->link = list;
    if (b->next)
        b->next->link = &b->next;
    *list = b;
    return b;
}

void soak_take_back(struct soak_buffer *b) {
    if (!b)
        return;
    *b->link = b->next;
    if (b->next)
        b->next->link = b->link;
    free(b);
}

void soak_take_back_replies(struct soak_host *h, vmtp_handle handle) {
    for (struct soak_buffer *b = h->replies, *next; b; b = next) {
        next = b->next;
        if (b->handle == handle)
            soak_take_back(b);
    }
}

static void take_back_all(struct soak_buffer **list) {
    while (*list)
        soak_take_back(*list);
}

/* ---- life ---- */

/* It has identifiers. */
static void populate(struct soak_host *h) {
    h->ready = 1;
    for (unsigned i = 0; i < SOAK_CLIENTS; i++) {
        struct soak_client *c = &h->clients[i];
        struct vmtp_entity_options o = {.id = i == 0 ? 0xc11e00000000ull + h->index : 0};
        REQUIRE(vmtp_entity_create(h->node->engine, &c->id, &o, soak_now()) == 0, "client");
        if (i == 0)
            c->id = o.id;
        soak_life_begin(c->id, h, 0, i == 0);
        c->open = 0;
        c->called = 0;
        c->run_left = 0;
        soak_agenda_add(soak_now() + soak_plan_pause(), SOAK_CALL, h, i, 0);
    }
    for (unsigned i = 0; i < SOAK_SERVERS; i++) {
        h->servers[i].stable = i == 0;
        soak_server_begin(h, &h->servers[i]);
    }
}

static void on_event(struct node *n, const struct vmtp_event *ev) {
    struct soak_host *h = n->user;
    switch (ev->type) {
    case VMTP_EV_READY: populate(h); break;
    case VMTP_EV_COMPLETE: soak_on_complete(h, ev); break;
    case VMTP_EV_RESPONSE: soak_on_response(h, ev); break;
    case VMTP_EV_REQUEST: soak_on_request(h, ev); break;
    case VMTP_EV_RELEASED: soak_on_released(h, ev); break;
    case VMTP_EV_ABANDONED: soak_on_abandoned(h, ev); break;
    case VMTP_EV_ACCEPT_RETURNED: soak_on_accept_returned(h, ev); break;
    default: REQUIRE(0, "host %u: event %d", h->index, (int)ev->type);
    }
}

/* No two hosts, and no host twice, have the same block. */
static vmtp_entity block_of(const struct soak_host *h) { return 0x100000u * (h->index + 1u) + 0x100u * (h->boot + 1u); }

void soak_host_boot(struct soak_host *h) {
    struct vmtp_config c;
    world_config(&soak.world, &c);
    c.block = block_of(h);
    soak_plan_config(&c);
    h->no_streams = c.no_streams;
    if (h->node)
        world_boot(h->node, &c);
    else
        h->node = world_add(&soak.world, &c);
    h->node->user = h;
    h->node->on_event = on_event;
    h->up = 1;
    soak_tell("host %u boots, boot %u", h->index, h->boot);
}

static void count_counters(const struct soak_host *h) {
    for (unsigned i = 0; i < VMTP_COUNTER_COUNT; i++)
        soak.totals.counters[i] += vmtp_counter(h->node->engine, (enum vmtp_counter)i);
}

void soak_host_crash(struct soak_host *h) {
    soak_tell("host %u crashes", h->index);
    count_counters(h);
    world_crash(h->node);
    for (uint32_t i = 0; i < soak.op_count; i++) {
        struct soak_op *op = &soak.ops[i];
        if (op->host != h->index || op->state != SOAK_OPEN)
            continue;
        op->state = SOAK_LOST;
        free(op->responses);
        op->responses = NULL;
        op->ended = soak_now();
        soak_tell("op %u dies", i);
        soak.open--;
        SOAK_COUNT(DIED, 1);
    }
    for (struct soak_pending *p; (p = h->pending) != NULL; free(p))
        h->pending = p->next;
    take_back_all(&h->lent);
    take_back_all(&h->replies);
    take_back_all(&h->forms);
    soak_lives_end(h);
    h->boot++;
    h->up = h->ready = 0;
    for (unsigned i = 0; i < SOAK_SLOTS; i++) {
        h->servers[i].id = 0;
        h->servers[i].posted = 0;
    }
}

/* All its entities end. */
void soak_host_close(struct soak_host *h) {
    for (unsigned i = 0; i < SOAK_SLOTS; i++)
        if (h->servers[i].id)
            soak_server_end(h, &h->servers[i]);
    for (unsigned i = 0; i < SOAK_CLIENTS; i++)
        REQUIRE(vmtp_entity_delete(h->node->engine, h->clients[i].id, soak_now()) == 0, "delete");
}

int soak_host_rests(const struct soak_host *h) {
    struct vmtp_usage u;
    vmtp_usage(h->node->engine, &u);
    return u.runs + u.calls + u.requests + u.remote_clients + u.events == 0 && !h->pending && !h->forms && !h->replies;
}

/* Long after the last call: nothing but entities and what they wait with, and in the end not even that. */
void soak_host_check(const struct soak_host *h, int closed) {
    struct vmtp_usage u;
    unsigned posted = 0, entities = h->ready ? SOAK_CLIENTS : 0;
    vmtp_usage(h->node->engine, &u);
    for (unsigned i = 0; i < SOAK_SLOTS; i++) {
        posted += h->servers[i].posted;
        entities += h->servers[i].id != 0;
    }
    REQUIRE(u.runs == 0, "host %u keeps runs %u", h->index, u.runs);
    REQUIRE(u.calls == 0 && u.requests == 0 && u.remote_clients == 0 && u.events == 0,
            "host %u keeps calls %u requests %u clients %u events %u", h->index, u.calls, u.requests, u.remote_clients,
            u.events);
    REQUIRE(u.accepts == posted && u.entities == (closed ? 0 : entities),
            "host %u: accepts %u, posted %u; entities %u of %u", h->index, u.accepts, posted, u.entities, entities);
    REQUIRE(!closed || u.memberships == 0, "host %u keeps %u memberships", h->index, u.memberships);
    REQUIRE(!h->pending, "host %u holds a Request for ever: op %u", h->index, h->pending->op);
    REQUIRE(!h->forms, "host %u: the form of a server never came back", h->index);
    REQUIRE(!h->replies, "host %u: a reply's segment never came back", h->index);
    REQUIRE(!closed || !h->lent, "host %u: %u octets that were lent never came back", h->index, h->lent->size);
    if (closed)
        count_counters(h);
}
