/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * soak_migrate.c - servers that move to another host, with the Requests they have in hand; they live on, so whatever they have executed
 * before they do not execute again (VMTP-13.11-03).
 */
#include "soak.h"

#define FORM_OCTETS (256u * 1024u)

/* A server on its way. */
struct soak_traveller {
    struct soak_server server;
    struct soak_pending *pending;
    size_t size;
    uint8_t form[];
};

static struct soak_pending *take_pending(struct soak_host *h, uint32_t life) {
    struct soak_pending **p = &h->pending, *taken = NULL;
    while (*p) {
        struct soak_pending *x = *p;
        if (x->life != life || x->stale) {
            p = &x->next;
            continue;
        }
        *p = x->next;
        x->next = taken;
        taken = x;
    }
    return taken;
}

static void forget_pending(struct soak_pending *p) {
    for (struct soak_pending *next; p; p = next) {
        next = p->next;
        free(p);
    }
}

void soak_migrate(void) {
    struct soak_host *h = &soak.hosts[soak_below(SOAK_HOSTS)];
    struct soak_server *s = &h->servers[1 + soak_below(2)]; /* those whose identifier does not come back here */
    if (!h->up || !s->id)
        return;
    struct soak_traveller *t = malloc(sizeof *t + FORM_OCTETS);
    REQUIRE(t, "no memory");
    int error = vmtp_entity_export(h->node->engine, s->id, t->form, FORM_OCTETS, &t->size, soak_now());
    if (error) {
        REQUIRE(error == VMTP_E_MEMORY || error == VMTP_E_FULL, "export: %d", error);
        free(t);
        return;
    }
    soak_tell("host %u: server %016llx leaves, %zu octets", h->index, (unsigned long long)s->id, t->size);
    t->server = *s;
    t->pending = take_pending(h, s->life);
    soak.lives[s->life].host = UINT16_MAX;
    soak.lives[s->life].groups = 0;
    s->id = 0;
    s->posted = 0;
    SOAK_COUNT(MIGRATED, 1);
    soak_agenda_add(soak_now() + (1 + soak_below(400)) * VMTP_MILLISECOND, SOAK_ARRIVE, NULL, 0, (uint64_t)(uintptr_t)t);
    if (s == &h->servers[1])
        soak_agenda_add(soak_now() + soak_below(2000) * VMTP_MILLISECOND, SOAK_RETURN, h, 1, 0);
}

static struct soak_host *room_for_a_guest(void) {
    for (unsigned tries = 0; tries < 20; tries++) {
        struct soak_host *h = &soak.hosts[soak_below(SOAK_HOSTS)];
        if (h->up && h->ready && !h->servers[SOAK_SERVERS].id)
            return h;
    }
    return NULL;
}

static int arrive(struct soak_host *h, struct soak_traveller *t) {
    struct soak_buffer *form = soak_lend(&h->forms, (uint32_t)t->size);
    struct soak_server *s = &h->servers[SOAK_SERVERS];
    uint32_t lent = 0;
    vmtp_entity id = 0;
    memcpy(form->octets, t->form, t->size);
    int error = vmtp_entity_import(h->node->engine, form->octets, t->size, &id, &lent, soak_now());
    REQUIRE(error == 0 || error == VMTP_E_FULL, "import: %d", error);
    form->handle = t->server.id;
    form->count = lent;
    if (error || !lent)
        soak_take_back(form);
    if (error)
        return error;
    REQUIRE(id == t->server.id, "another entity arrives than left");
    soak_tell("host %u: server %016llx arrives", h->index, (unsigned long long)id);
    *s = t->server;
    s->posted = 0;
    soak.lives[s->life].host = h->index;
    soak.lives[s->life].boot = h->boot;
    soak.lives[s->life].moved = 1;
    soak.lives[s->life].no_streams |= h->no_streams;
    h->arrivals = t->pending;
    soak_server_open(h, s);
    return 0;
}

void soak_arrive(uint64_t which) {
    struct soak_traveller *t = (struct soak_traveller *)(uintptr_t)which;
    struct soak_host *h = room_for_a_guest();
    if (h)
        forget_pending(h->arrivals);
    if (h)
        h->arrivals = NULL;
    if (!h || arrive(h, t) != 0) { /* lost on the way */
        forget_pending(t->pending);
        soak.lives[t->server.life].until = soak_now();
    }
    free(t);
}

/* A Request that it had in hand is here, under another handle. */
struct soak_pending *soak_arrived(struct soak_host *h, const struct vmtp_event *ev) {
    struct soak_pending **p = &h->arrivals;
    while (*p && (*p)->handle != ev->cookie)
        p = &(*p)->next;
    struct soak_pending *x = *p;
    REQUIRE(x && ev->entity == soak.lives[x->life].id && ev->client == x->client,
            "host %u: a Request is resumed that was not in hand", h->index);
    REQUIRE(ev->message.words[2] == x->op, "op %u: resumed with other words", x->op);
    *p = x->next;
    x->handle = ev->handle;
    x->next = h->pending;
    h->pending = x;
    return x;
}

void soak_on_resumed(struct soak_host *h, const struct vmtp_event *ev) {
    struct soak_pending *x = soak_arrived(h, ev);
    const struct soak_op *op = &soak.ops[x->op];
    soak_tell("op %u is resumed at host %u", x->op, h->index);
    SOAK_COUNT(RESUMED, 1);
    if (!op->unanswered || x->hop < op->hops)
        soak_agenda_add(soak_now() + soak_below(500) * VMTP_MILLISECOND, SOAK_REPLY, h, 0, ev->handle);
}

/* A segment in the form of an entity is not needed any more. */
void soak_on_form_released(struct soak_host *h, const struct vmtp_event *ev) {
    struct soak_buffer *b = h->forms;
    while (b && (b->handle != ev->entity || !b->count))
        b = b->next;
    REQUIRE(b, "host %u: RELEASED for the form of an entity that was not lent", h->index);
    if (--b->count == 0)
        soak_take_back(b);
}
