/* SPDX-License-Identifier: BSD-2-Clause */
/* event.c - events wait in the records they speak of; handles; messages between structure and header. */
#include <stddef.h>

#include "internal.h"

static const struct request *request_around(const struct event_node *node) {
    return (const struct request *)(const void *)((const uint8_t *)node - offsetof(struct request, event));
}

static void waits_no_more(struct vmtp_engine *e, const struct event_node *node) {
    if (--e->waiting[node->rank] == 0)
        e->ranks &= ~((uint32_t)1 << node->rank);
}

/* Before the first less urgent Request, but behind all of the same client: they may be a run, or end because of this one. */
static struct event_node **place(struct vmtp_engine *e, const struct event_node *node) {
    vmtp_entity client = vmtp_get_client(request_around(node)->header);
    struct event_node **at = NULL;
    for (struct event_node *i = e->event_head; i; i = i->next) {
        if (i->kind != KIND_REQUEST)
            continue;
        if (vmtp_get_client(request_around(i)->header) == client)
            at = NULL;
        else if (!at && i->type == VMTP_EV_REQUEST && i->rank < node->rank)
            at = i->link;
    }
    return at ? at : e->event_tail;
}

static void insert(struct vmtp_engine *e, struct event_node *node, struct event_node **at) {
    node->link = at;
    node->next = *at;
    *at = node;
    if (node->next)
        node->next->link = &node->next;
    else
        e->event_tail = &node->next;
    e->events++;
}

void veng_event_post(struct vmtp_engine *e, struct event_node *node, enum vmtp_event_type type, enum record_kind kind) {
    if (node->link) { /* a later event of the same record replaces one that nobody has seen */
        if (node->type == VMTP_EV_REQUEST && type != VMTP_EV_REQUEST)
            waits_no_more(e, node);
        node->type = (uint8_t)type;
        return;
    }
    struct event_node **at = e->event_tail;
    node->type = (uint8_t)type;
    node->kind = (uint8_t)kind;
    if (type == VMTP_EV_REQUEST) {
        node->rank = (uint8_t)vmtp_priority_rank(vmtp_get_priority(request_around(node)->header));
        if (e->ranks & (((uint32_t)1 << node->rank) - 1u))
            at = place(e, node);
        e->waiting[node->rank]++;
        e->ranks |= (uint32_t)1 << node->rank;
    }
    insert(e, node, at);
}

void veng_event_withdraw(struct vmtp_engine *e, struct event_node *node) {
    if (!node->link)
        return;
    if (node->type == VMTP_EV_REQUEST)
        waits_no_more(e, node);
    *node->link = node->next;
    if (node->next)
        node->next->link = node->link;
    else
        e->event_tail = node->link;
    node->link = NULL;
    e->events--;
}

struct call *veng_call_by_handle(const struct vmtp_engine *e, vmtp_handle h) {
    uint32_t index = (uint32_t)h & 0xffffffu;
    if (((h >> 24) & 0xffu) != KIND_CALL || index >= e->calls.count)
        return NULL;
    struct call *c = call_at(e, index);
    return c->generation == (uint32_t)(h >> 32) && c->state != CALL_FREE ? c : NULL;
}

struct request *veng_request_by_handle(const struct vmtp_engine *e, vmtp_handle h) {
    uint32_t index = (uint32_t)h & 0xffffffu;
    if (((h >> 24) & 0xffu) != KIND_REQUEST || index >= e->requests.count)
        return NULL;
    struct request *q = request_at(e, index);
    return q->generation == (uint32_t)(h >> 32) && q->state != REQUEST_FREE ? q : NULL;
}

static void message_read(struct vmtp_message *m, const uint8_t *header) {
    m->server = vmtp_get_server(header);
    m->code = vmtp_get_code(header);
    veng_words_read(m->words, header);
}

static void fill_response(struct vmtp_event *ev, const struct slot *s) {
    message_read(&ev->message, s->header);
    ev->delivered = s->have;
    if ((ev->message.code & (VMTP_MDM | VMTP_SDA)) == (VMTP_MDM | VMTP_SDA))
        ev->message.words[5] = s->have; /* what was received (section 3.2 of the RFC) */
    memcpy(ev->source, s->mac, 6);
    ev->segment = s->area;
    ev->segment_size = s->size < s->capacity ? s->size : s->capacity;
    if (s->run && s->have != s->want) {
        const struct run *r = s->run;
        uint32_t whole = r->base * VMTP_GROUP_OCTETS + (uint32_t)__builtin_ctz(~r->mask[r->base]) * VMTP_BLOCK_OCTETS;
        ev->segment_size = whole < ev->segment_size ? whole : ev->segment_size;
    } else if (s->have != s->want) { /* only a beginning without holes is worth something without MDM */
        uint32_t missing = s->want & ~s->have;
        uint32_t whole = (uint32_t)__builtin_ctz(missing) * VMTP_BLOCK_OCTETS;
        if (!(ev->message.code & VMTP_MDM) && whole < ev->segment_size)
            ev->segment_size = whole;
    }
}

static void fill_complete(struct vmtp_engine *e, struct vmtp_event *ev, struct call *c) {
    ev->handle = c->tx.handle;
    ev->cookie = c->cookie;
    ev->entity = vmtp_get_client(c->tx.header);
    ev->transaction = vmtp_get_transaction(c->tx.header);
    ev->result = c->result;
    ev->number = c->members ? c->answered : c->number;
    ev->rec_seq = c->rec_seq;
    if (c->slots_max == 1 && c->first.state != SLOT_FREE)
        fill_response(ev, &c->first);
    veng_call_free(e, c);
}

static void fill_slot(struct vmtp_engine *e, struct vmtp_event *ev, struct slot *s) {
    struct call *c = call_at(e, s->call);
    fill_response(ev, s);
    int whole = s->have == s->want || (ev->message.code & VMTP_MDM);
    ev->result = whole && s->size <= s->capacity ? VMTP_OK : VMTP_BAD_REPLY_SEGMENT;
    ev->handle = c->tx.handle;
    ev->cookie = c->cookie;
    ev->entity = vmtp_get_client(c->tx.header);
    ev->transaction = vmtp_get_transaction(c->tx.header);
}

static void fill_request(struct vmtp_engine *e, struct vmtp_event *ev, struct request *q) {
    ev->handle = q->tx.handle;
    ev->entity = q->entity;
    ev->client = vmtp_get_client(q->header);
    ev->transaction = vmtp_get_transaction(q->header);
    ev->priority = (uint8_t)vmtp_get_priority(q->header);
    ev->forward_count = (uint8_t)vmtp_get_forward_count(q->header);
    ev->large = veng_reply_limit(q) > VMTP_GROUP_OCTETS;
    ev->more = q->more;
    memcpy(ev->source, q->source, 6);
    message_read(&ev->message, q->header);
    ev->resumed = q->resumed;
    if (q->resumed)
        ev->cookie = q->cookie;
    if (ev->type != VMTP_EV_REQUEST && ev->type != VMTP_EV_GROUP_RESPONSE)
        return;
    if (q->resumed) { /* its program has had it before */
        q->state = REQUEST_PROCESSING;
        q->resumed = 0; /* from here on it is one like others: what its reply lends is the program's */
        return;
    }
    struct accept *a = accept_at(e, q->accept);
    ev->cookie = a->cookie;
    ev->segment = a->area;
    ev->segment_size = q->size;
    ev->delivered = q->have;
    if ((ev->message.code & (VMTP_MDM | VMTP_SDA)) == (VMTP_MDM | VMTP_SDA) && !q->run)
        ev->message.words[5] = q->have;
    veng_pool_give(&e->accepts, a);
    q->accept = NONE;
    if (ev->type == VMTP_EV_REQUEST) {
        COUNT(e, REQUESTS);
        if (e->sequences)
            ev->rec_seq = veng_sequence_number(e, q);
    }
    if (q->datagram) {
        ev->handle = ev->type == VMTP_EV_REQUEST ? 0 : veng_group_response_handle(e, q);
        veng_request_free(e, q);
        return;
    }
    q->state = REQUEST_PROCESSING;
}

static void fill_request_over(struct vmtp_engine *e, struct vmtp_event *ev, struct request *q) {
    fill_request(e, ev, q);
    veng_request_free(e, q);
}

static void fill_accept(struct vmtp_engine *e, struct vmtp_event *ev, struct accept *a) {
    ev->cookie = a->cookie;
    ev->segment = a->area;
    ev->entity = a->entity;
    veng_pool_give(&e->accepts, a);
}

static void fill_entity(struct vmtp_engine *e, struct vmtp_event *ev, struct entity *n) {
    ev->entity = n->id;
    if (!n->live)
        veng_pool_give(&e->entities, n);
}

static void fill_signal(struct vmtp_event *ev, const struct entity *n) {
    ev->entity = n->id;
    ev->client = n->signal_client;
    ev->number = n->signal_argument;
}

int vmtp_next_event(vmtp_engine *e, struct vmtp_event *ev) {
    struct event_node *node = e->event_head;
    if (!node)
        return 0;
    veng_event_withdraw(e, node);
    memset(ev, 0, sizeof *ev);
    ev->type = (enum vmtp_event_type)node->type;
#define AROUND(type, member) ((type *)(void *)((uint8_t *)node - offsetof(type, member)))
    switch (node->kind) {
    case KIND_CALL: fill_complete(e, ev, AROUND(struct call, event)); break;
    case KIND_SLOT: fill_slot(e, ev, AROUND(struct slot, event)); break;
    case KIND_REQUEST:
        if (node->type == VMTP_EV_REQUEST || node->type == VMTP_EV_GROUP_RESPONSE)
            fill_request(e, ev, AROUND(struct request, event));
        else
            fill_request_over(e, ev, AROUND(struct request, event));
        break;
    case KIND_ACCEPT: fill_accept(e, ev, AROUND(struct accept, event)); break;
    case KIND_LISTENER: veng_listener_told(e, ev, AROUND(struct listener, event)); break;
    case KIND_SIGNAL: fill_signal(ev, AROUND(struct entity, signal)); break;
    case KIND_ENTITY: fill_entity(e, ev, AROUND(struct entity, event)); break;
    default: /* READY: nothing more to say */ break;
    }
#undef AROUND
    return 1;
}
