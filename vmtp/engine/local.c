/* SPDX-License-Identifier: BSD-2-Clause */
/* local.c - client and server under one engine: no packet, one copy each way (RFC 1045 section 4.6.1). */
#include "internal.h"

struct request *veng_local_request(struct vmtp_engine *e, struct call *c, struct entity *n, uint32_t accept) {
    struct request *q = veng_request_make(e, NULL);
    if (!q)
        return NULL;
    q->call = pool_index(&e->calls, c);
    q->accept = accept;
    q->entity = n->id;
    q->size = c->tx.segment_size;
    q->have = q->want = vmtp_blocks_mask(q->size);
    q->datagram = c->datagram;
    q->state = REQUEST_COMPLETE;
    memcpy(q->header, c->tx.header, VMTP_HEADER_OCTETS);
    memcpy(q->source, e->config.mac, 6);
    if (q->size)
        memcpy(accept_at(e, accept)->area, c->tx.segment, q->size);
    veng_event_post(e, &q->event, VMTP_EV_REQUEST, KIND_REQUEST);
    return q;
}

static void busy(struct vmtp_engine *e, struct call *c, vmtp_time now) {
    if (vmtp_get_code(c->tx.header) & VMTP_CMD)
        veng_call_finish(e, c, VMTP_NOT_AWAITING_MSG, now);
    else
        veng_timer_set(&e->wheel, &c->timer, now + e->config.timers.tc1_floor);
}

static void deliver(struct vmtp_engine *e, struct call *c, struct entity *n, vmtp_time now) {
    uint32_t accept = veng_accept_take(e, n, c->tx.segment_size);
    if (accept == NONE && c->tx.segment_size > n->largest && n->accepts) {
        veng_call_finish(e, c, VMTP_ERROR, now);
        return;
    }
    struct request *q = accept != NONE ? veng_local_request(e, c, n, accept) : NULL;
    if (!q) {
        if (accept != NONE)
            veng_accept_give_back(e, accept);
        busy(e, c, now);
        return;
    }
    if (q->datagram) {
        q->call = NONE;
        veng_call_finish(e, c, 0, now);
        return;
    }
    c->request = pool_index(&e->requests, q);
}

/* A management Request for this node: its answer is brought home like a packet, but at once. */
static void ask_manager(struct vmtp_engine *e, struct call *c, vmtp_time now) {
    uint8_t packet[VMTP_HEADER_OCTETS + CONTROL_DATA];
    struct vmtp_rx rx = {.flags = VMTP_RX_LOCAL};
    struct arrival a = {.h = c->tx.header, .rx = &rx, .now = now, .multicast = c->multicast};
    a.client = vmtp_get_client(a.h);
    a.server = vmtp_get_server(a.h);
    a.code = vmtp_get_code(a.h);
    a.transaction = vmtp_get_transaction(a.h);
    memcpy(rx.src, e->config.mac, 6);
    int octets = veng_manager_answer(e, &a, packet, packet + VMTP_HEADER_OCTETS);
    if (octets < 0)
        return;
    vmtp_put_length_word(packet, e->config.domain, 0, ((uint32_t)octets + 7u) / 8u * 2u);
    vmtp_put_delivery(packet, vmtp_blocks_mask((uint32_t)octets));
    struct arrival b = a;
    c->sent = 1;
    b.view.header = packet;
    b.view.data = packet + VMTP_HEADER_OCTETS;
    b.view.data_octets = (uint32_t)octets;
    b.h = packet;
    b.server = vmtp_get_server(packet);
    b.code = vmtp_get_code(packet);
    b.control = vmtp_get_control(packet);
    b.multicast = 0;
    veng_response_arrived(e, &b);
}

int veng_local_begin(struct vmtp_engine *e, struct call *c, vmtp_time now) {
    if (c->purpose == FOR_FORWARD)
        return 0;
    if ((c->sent || c->resume || c->relocated) && veng_meet_server(e, c, now))
        return 1;
    struct entity *n = veng_entity_find(e, c->server);
    if (n && (n->role == ROLE_USER || n->role == ROLE_REMOTE)) {
        c->state = CALL_LOCAL;
        vmtp_entity near_one = vmtp_get_coresident(c->tx.header);
        if ((vmtp_get_code(c->tx.header) & VMTP_CRE) && near_one && !veng_entity_is_here(e, near_one))
            veng_call_finish(e, c, VMTP_NONEXISTENT_ENTITY, now);
        else
            deliver(e, c, n, now);
        return 1;
    }
    if (c->group && c->server != VMTP_MANAGER_GROUP)
        return veng_group_begin(e, c, now);
    if (!veng_manager_addressed(e, c->server) || !veng_manager_coresident(e, c->tx.header, c->multicast))
        return 0;
    c->state = CALL_AWAITING_RESPONSE;
    if (c->multicast) { /* the others are asked too */
        ask_manager(e, c, now);
        c->own = c->number; /* our own answer shows nobody that the others have heard us */
        c->sent = 0;
        return c->state == CALL_DONE;
    }
    if (c->datagram) {
        veng_call_finish(e, c, 0, now);
        return 1;
    }
    ask_manager(e, c, now);
    if (c->state != CALL_DONE)
        veng_call_finish(e, c, VMTP_ERROR, now);
    return 1;
}

void veng_local_retry(struct vmtp_engine *e, struct call *c, vmtp_time now) {
    struct entity *n = veng_entity_find(e, c->server);
    if (c->group) {
        veng_group_local_retry(e, c, now);
        return;
    }
    if (c->request != NONE)
        return;
    struct entity *client = entity_at(e, c->entity);
    if (c->purpose == FOR_FORWARD) {
        veng_forward_local(e, c, now);
        return;
    }
    if (n)
        deliver(e, c, n, now);
    else if (veng_gone(e, c->server, now))
        veng_call_elsewhere(e, c, now);
    else
        veng_call_finish(e, c, VMTP_NONEXISTENT_ENTITY, now);
    veng_outstanding_push(e, client, now); /* those behind it */
}

void veng_local_fill(struct vmtp_engine *e, struct call *c, struct slot *s, vmtp_entity server,
                     const struct vmtp_reply *reply) {
    struct vmtp_message m = veng_message_with_segment(&reply->message, reply->segment_size);
    m.server = server;
    s->state = SLOT_COMPLETE;
    s->server = server;
    s->size = reply->segment_size;
    s->have = s->want = vmtp_blocks_mask(s->size);
    memcpy(s->mac, e->config.mac, 6);
    memcpy(s->header, c->tx.header, VMTP_HEADER_OCTETS);
    veng_message_write(s->header, &m);
    uint32_t fits = s->size < s->capacity ? s->size : s->capacity;
    if (fits)
        memcpy(s->area, reply->segment, fits);
}

/* As if its packets had arrived. */
void veng_local_answer(struct vmtp_engine *e, struct call *c, vmtp_entity server, const struct vmtp_reply *reply,
                       vmtp_time now) {
    struct slot *s = &c->first;
    s->area = c->response_area;
    s->capacity = c->response_size;
    veng_local_fill(e, c, s, server, reply);
    uint32_t result = s->size > s->capacity ? VMTP_BAD_REPLY_SEGMENT : 0;
    if (CODE24(reply->message.code) == VMTP_RESPONSE_DISCARDED)
        result = VMTP_RESPONSE_DISCARDED;
    veng_call_finish(e, c, result, now);
}

/* The Response of a local server. */
void veng_local_reply(struct vmtp_engine *e, struct request *q, const struct vmtp_reply *reply, vmtp_time now) {
    struct call *c = q->call != NONE ? call_at(e, q->call) : NULL;
    q->call = NONE;
    q->release = reply->segment_size > 0;
    q->state = REQUEST_OVER;
    if (c && !(c->group && veng_group_local_reply(e, c, q, reply, now))) {
        c->request = NONE;
        veng_local_answer(e, c, q->entity, reply, now);
    }
    veng_reply_settle(e, q);
}

/* The client gives up: its server learns it when it replies, or by ABANDONED. */
void veng_local_abandon(struct vmtp_engine *e, struct call *c, vmtp_time now) {
    if (c->request == NONE)
        return;
    struct request *q = request_at(e, c->request);
    c->request = NONE;
    q->call = NONE;
    veng_request_drop(e, q, now);
}
