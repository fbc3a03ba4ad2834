/* SPDX-License-Identifier: BSD-2-Clause */
/* soak_server.c - servers: they take Requests, answer some at once, some later, some never. */
#include "soak.h"

static void post(struct soak_host *h, struct soak_server *s) {
    struct soak_buffer *b = soak_lend(&h->lent, s->capacity);
    REQUIRE(vmtp_accept(h->node->engine, s->id, b->octets, s->capacity, (uint64_t)(uintptr_t)b) == 0, "accept");
    b->count = s->stay;
    s->posted++;
}

static struct soak_server *server_of(struct soak_host *h, vmtp_entity id) {
    for (unsigned i = 0; i < SOAK_SLOTS; i++)
        if (h->servers[i].id == id)
            return &h->servers[i];
    return NULL; /* it has ended */
}

/* Its server may have left meanwhile, and come back. */
static void take_back_accept(struct soak_server *s, uint64_t cookie) {
    struct soak_buffer *b = (struct soak_buffer *)(uintptr_t)cookie;
    if (s && b->count == s->stay)
        s->posted--;
    soak_take_back(b);
}

void soak_server_open(struct soak_host *h, struct soak_server *s) {
    static uint32_t stays;
    s->stay = ++stays;
    for (unsigned i = 0; i < s->accepts; i++)
        post(h, s);
    soak_group_begin(h, s);
}

void soak_server_begin(struct soak_host *h, struct soak_server *s) {
    struct vmtp_entity_options o = {.id = s->stable ? 0x5e7e00000000ull + h->index : 0};
    soak_plan_server(s);
    s->posted = 0;
    int error = vmtp_entity_create(h->node->engine, &s->id, &o, soak_now());
    REQUIRE(error == 0, "server: %d", error);
    if (s->stable)
        s->id = o.id;
    s->life = soak_life_begin(s->id, h, s->capacity, s->stable);
    soak_server_open(h, s);
}

static struct soak_pending *pending_take(struct soak_host *h, vmtp_handle handle) {
    for (struct soak_pending **p = &h->pending; *p; p = &(*p)->next)
        if ((*p)->handle == handle) {
            struct soak_pending *found = *p;
            *p = found->next;
            return found;
        }
    return NULL;
}

/* Its program may notice that it is too late, or answer all the same. */
static void give_up(struct soak_host *h, struct soak_pending *p) {
    p->stale = 1;
    if (!soak.ops[p->op].unanswered && soak_below(2))
        return;
    free(pending_take(h, p->handle));
}

/* It ends, with whatever it is doing. */
void soak_server_end(struct soak_host *h, struct soak_server *s) {
    for (struct soak_pending *p = h->pending, *next; p; p = next) {
        next = p->next;
        if (p->life == s->life)
            give_up(h, p);
    }
    REQUIRE(vmtp_entity_delete(h->node->engine, s->id, soak_now()) == 0, "delete");
    soak_life_end(s->id, h);
    soak_tell("host %u: server %016llx ends", h->index, (unsigned long long)s->id);
    s->id = 0;
    s->posted = 0;
}

static void fill_reply(struct soak_host *h, struct vmtp_reply *r, struct soak_buffer **segment,
                       const struct soak_pending *p) {
    struct soak_op *op = &soak.ops[p->op];
    uint32_t size = op->response_size > VMTP_GROUP_OCTETS && !p->large ? VMTP_GROUP_OCTETS : op->response_size;
    *r = (struct vmtp_reply){0};
    int passed_on = p->hop &&
                    p->client == op->client; /* then it is not idempotent, whatever its server says.  VMTP-13.5-14 */
    int idempotent = op->idempotent || (passed_on && soak_below(4) == 0);
    r->message.code = (idempotent ? VMTP_DGM : 0) | (op->refuse ? VMTP_RESPONSE_DISCARDED : p->op & 0xff00u);
    r->message.words[2] = SOAK_WORD(p->op);
    r->message.words[4] = (uint32_t)soak.lives[p->life].id;
    r->message.words[3] = p->execution; /* an operation that is done again says something else */
    r->message.words[5] = size;
    r->flags = soak_below(2) ? VMTP_REPLY_CONFIRM : 0;
    if (p->more && size == 0 && soak_below(2)) {
        r->flags |= VMTP_REPLY_BATCH;
        op->batched = 1;
    }
    *segment = NULL;
    if (size == 0)
        return;
    *segment = soak_lend(&h->replies, size);
    (*segment)->handle = p->handle;
    soak_fill((*segment)->octets, size, p->op, p->execution);
    r->segment = (*segment)->octets;
    r->segment_size = size;
}

/* A serial server has done with one Request. */
static void take_next(struct soak_host *h, uint32_t life) {
    struct soak_server *s = server_of(h, soak.lives[life].id);
    if (s && s->serial && s->life == life)
        post(h, s);
}

static void answer(struct soak_host *h, struct soak_pending *p) {
    if (p->hop < soak.ops[p->op].hops && soak_forward(h, p) == 0) {
        take_next(h, p->life);
        free(p);
        return;
    }
    struct soak_buffer *segment;
    struct vmtp_reply r;
    fill_reply(h, &r, &segment, p);
    soak_tell("op %u is answered by host %u, execution %u", p->op, h->index, p->execution);
    int error = vmtp_reply(h->node->engine, p->handle, &r, soak_now());
    if (error == VMTP_E_FULL && r.segment_size > VMTP_GROUP_OCTETS) { /* too many large messages: later */
        soak_take_back(segment);
        p->next = h->pending;
        h->pending = p;
        soak_agenda_add(soak_now() + 50 * VMTP_MILLISECOND, SOAK_REPLY, h, 0, p->handle);
        return;
    }
    REQUIRE(error == 0 || error == VMTP_E_STALE, "op %u: reply: %d", p->op, error);
    REQUIRE(!p->stale || error, "op %u: a Request that was given up is answered", p->op);
    if (error) {
        SOAK_COUNT(STALE, 1);
        soak_take_back(segment);
    }
    if (!p->stale)
        take_next(h, p->life);
    free(p);
}

void soak_reply(struct soak_host *h, vmtp_handle handle) {
    struct soak_pending *p = pending_take(h, handle);
    if (p)
        answer(h, p);
}

void soak_on_request(struct soak_host *h, const struct vmtp_event *ev) {
    if (ev->resumed) {
        soak_on_resumed(h, ev);
        return;
    }
    uint32_t number = soak_executed(h, ev);
    const struct soak_op *op = &soak.ops[number];
    struct soak_server *s = server_of(h, ev->entity);
    take_back_accept(s, ev->cookie);
    if (s && (!s->serial || op->datagram))
        post(h, s);
    REQUIRE(!op->datagram == (ev->handle != 0), "op %u: a datagram with a handle, or a call without", number);
    if (op->datagram)
        return;
    struct soak_pending *p = malloc(sizeof *p);
    REQUIRE(p, "no memory");
    *p = (struct soak_pending){.next = h->pending,
                               .handle = ev->handle,
                               .client = ev->client,
                               .op = number,
                               .life = soak_life_of(ev->entity, h),
                               .execution = op->executed,
                               .hop = ev->message.words[4],
                               .large = ev->large,
                               .more = ev->more};
    h->pending = p;
    if (op->unanswered && p->hop >= op->hops)
        return;
    if (op->slow)
        soak_agenda_add(soak_now() + op->slow * VMTP_MILLISECOND, SOAK_REPLY, h, 0, ev->handle);
    else
        soak_reply(h, ev->handle);
}

void soak_on_released(struct soak_host *h, const struct vmtp_event *ev) {
    struct soak_buffer *b = h->replies;
    while (b && b->handle != ev->handle)
        b = b->next;
    if (!b && ev->resumed) {
        soak_on_form_released(h, ev);
        return;
    }
    REQUIRE(b, "host %u: RELEASED for a segment that was not lent", h->index);
    soak_take_back_replies(h, ev->handle);
}

void soak_on_abandoned(struct soak_host *h, const struct vmtp_event *ev) {
    struct soak_pending *p = h->pending;
    if (ev->resumed)
        p = soak_arrived(h, ev);
    while (p && p->handle != ev->handle)
        p = p->next;
    SOAK_COUNT(ABANDONED, 1);
    if (!p)
        return; /* answered meanwhile */
    soak_tell("op %u is abandoned at host %u", p->op, h->index);
    take_next(h, p->life);
    if (ev->resumed) { /* its program has not begun with it again */
        free(pending_take(h, p->handle));
        return;
    }
    give_up(h, p);
}

void soak_on_accept_returned(struct soak_host *h, const struct vmtp_event *ev) {
    take_back_accept(server_of(h, ev->entity), ev->cookie);
}
