/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * forward.c - Requests that another server is to answer (RFC 1045 sections 2.9, 5.6.3; spec/vmtp.md section 13.5).
 *
 * The record of the Request stays for what was lent with it.  A call record does the sending: of the forwarder (FOR_FORWARD) if the Client is
 * elsewhere, the Client's own if it is here, or a new one of the server (nested) where forwarding is not possible.
 */
#include "internal.h"

/* ---- what is asked for ---- */

static int check(const struct vmtp_engine *e, const struct request *q, const struct vmtp_forward *f) {
    const struct entity *n = veng_entity_find(e, f->message.server);
    if (f->segment_size > VMTP_GROUP_OCTETS)
        return VMTP_E_TOO_LARGE;
    if (f->message.server == 0 || f->message.server == q->entity || (f->segment_size && !f->segment) ||
        (f->response_size && !f->response_area))
        return VMTP_E_INVALID;
    if (f->message.code & (VMTP_DGM | VMTP_MRD | VMTP_CODE_RESERVED))
        return VMTP_E_INVALID;
    return n && n->role != ROLE_USER && n->role != ROLE_REMOTE ? VMTP_E_INVALID : 0;
}

static int needs_nesting(const struct vmtp_engine *e, const struct request *q, vmtp_entity to) {
    const uint32_t run = VMTP_NSR | VMTP_NER | VMTP_CMG | VMTP_STI;
    int multicast = (vmtp_get_packet_flags(q->header) & VMTP_MPG) || vmtp_is_group(vmtp_get_server(q->header)) ||
                    (q->remote != NONE && remote_at(e, q->remote)->multicast);
    return multicast || vmtp_is_group(to) || (vmtp_get_control(q->header) & run) ||
           vmtp_get_forward_count(q->header) == 15;
}

static void take(struct vmtp_engine *e, struct request *q, struct call *c, int lent) {
    q->state = REQUEST_FORWARDED;
    q->lent = lent != 0;
    q->onward = pool_index(&e->calls, c);
    q->under = c->forwarder;
    c->forwarder = pool_index(&e->requests, q);
    COUNT(e, FORWARDS);
}

/* What one forwarder of call c lent is not needed any more.  Returns the one before it. */
static uint32_t release(struct vmtp_engine *e, struct request *q) {
    uint32_t under = q->under;
    q->onward = q->under = NONE;
    q->state = REQUEST_OVER;
    veng_reply_settle(e, q);
    return under;
}

/* ---- the Client is elsewhere ---- */

static void await_client(struct vmtp_engine *e, struct remote *r, vmtp_time now) {
    r->state = REMOTE_FORWARDED;
    if (e->config.timers.ts2)
        veng_timer_set(&e->wheel, &r->timer, now + e->config.timers.ts2);
    else
        veng_timer_stop(&e->wheel, &r->timer);
}

static void onward_header(const struct vmtp_engine *e, const struct remote *r, uint8_t *h) {
    vmtp_put_client(h, r->client);
    vmtp_put_length_word(h, e->config.domain, 0, 0);
    vmtp_put_control(h, vmtp_control(0, 0, r->forward + 1u, r->gap, r->priority, VMTP_REQUEST));
    vmtp_put_transaction(h, r->transaction);
    vmtp_put_server(h, r->onward);
    vmtp_put_code(h, r->code);
    veng_words_write(h, r->words);
}

static struct call *onward_call(struct vmtp_engine *e, const struct remote *r) {
    struct call *c = e->user_calls < e->config.max_calls ? veng_call_blank(e) : NULL;
    if (!c)
        return NULL;
    e->user_calls++;
    c->purpose = FOR_FORWARD;
    c->server = c->locate = r->onward;
    onward_header(e, r, c->tx.header);
    return c;
}

void veng_forward_go(struct vmtp_engine *e, struct call *c, vmtp_time now) {
    if (veng_entity_find(e, c->server))
        veng_forward_local(e, c, now);
    else
        veng_call_start(e, c, now);
}

static int pass_on(struct vmtp_engine *e, struct request *q, const struct vmtp_forward *f, vmtp_time now) {
    struct remote *r = remote_at(e, q->remote);
    struct vmtp_message m = veng_message_with_segment(&f->message, f->segment_size);
    r->onward = m.server;
    r->code = m.code;
    memcpy(r->words, m.words, sizeof r->words);
    struct call *c = onward_call(e, r);
    if (!c)
        return VMTP_E_FULL;
    c->tx.segment = f->segment;
    c->tx.segment_size = f->segment_size;
    take(e, q, c, f->segment_size > 0);
    await_client(e, r, now);
    veng_forward_go(e, c, now);
    return 0;
}

/*
 * ... and asks again after the next server has acknowledged: the Response may be lost, so that server is asked again, too.  NULL: there is no
 * room to do so now.
 */
static struct call *reminder(struct vmtp_engine *e, struct remote *r, vmtp_time now) {
    struct request *q = veng_request_make(e, r);
    struct call *c = q ? onward_call(e, r) : NULL;
    if (!c) {
        if (q)
            veng_request_free(e, q);
        return NULL;
    }
    memcpy(q->header, c->tx.header, VMTP_HEADER_OCTETS);
    memcpy(q->source, r->mac, 6);
    q->entity = r->server;
    q->state = REQUEST_FORWARDED;
    q->onward = pool_index(&e->calls, c);
    r->request = pool_index(&e->requests, q);
    c->forwarder = r->request;
    c->retransmits = 1;
    c->acknowledged = 1;
    await_client(e, r, now);
    return c;
}

/*
 * Who is told OK goes on, so nobody is told so who cannot be helped: the next server forgets what it has done when nobody asks for TS4, and
 * would do it again.
 */
static void remind(struct vmtp_engine *e, struct arrival *a, struct remote *r) {
    struct call *c = r->request == NONE ? reminder(e, r, a->now) : NULL;
    if (r->request != NONE)
        veng_notify_client(e, a, 0, VMTP_OK);
    if (c)
        veng_forward_go(e, c, a->now);
}

/* The next server is here, so a duplicate can be taken for one of what it was given. */
static int duplicate_of_local(struct vmtp_engine *e, struct arrival *a, struct remote *r, struct entity *n) {
    struct remote *next = veng_remote_find(e, r->client, n->id);
    if (next && next->transaction == r->transaction && next->forward > r->forward) /* never back where it was */
        return veng_request_repeated(e, a, n, next);
    veng_notify_client(e, a, 0, VMTP_RESPONSE_DISCARDED);
    return DROP(e, DROP_DUPLICATE);
}

int veng_forward_duplicate(struct vmtp_engine *e, struct arrival *a, struct remote *r) {
    struct entity *n = veng_entity_find(e, r->onward);
    if (r->request != NONE)
        await_client(e, r, a->now);
    else
        veng_remote_hold(e, r, REMOTE_FORWARDED, a->now);
    if (r->request == NONE && n)
        return duplicate_of_local(e, a, r, n);
    if (a->control & VMTP_APG)
        remind(e, a, r);
    return DROP(e, DROP_DUPLICATE);
}

/* ---- what the next server says ---- */

struct call *veng_forward_call_of(struct vmtp_engine *e, const struct arrival *a, vmtp_entity client, uint32_t transact) {
    unsigned forward = (vmtp_load32(a->h + 44) >> 16) & 15u;
    if (CODE24(a->code) != CODE24(VMTP_NOTIFY_REMOTE_VMTP_CLIENT))
        return NULL;
    for (uint32_t i = *veng_map_head(e, &e->remote_map, client); i != NONE; i = remote_at(e, i)->hash_next) {
        const struct remote *r = remote_at(e, i);
        if (r->client == client && r->state == REMOTE_FORWARDED && r->transaction == transact && r->request != NONE &&
            r->forward + 1u == forward)
            return call_at(e, request_at(e, r->request)->onward);
    }
    return NULL;
}

int veng_forward_told(struct vmtp_engine *e, struct call *c, uint32_t code, uint32_t delivery, vmtp_time now) {
    int forgotten = (vmtp_get_code(c->tx.header) & VMTP_SDA) && vmtp_get_segment_size(c->tx.header) > 0 &&
                    c->tx.segment_size == 0;
    if (forgotten && (code == VMTP_RETRY || code == VMTP_RETRY_ALL))
        veng_call_finish(e, c, VMTP_RESPONSE_DISCARDED, now);
    else if (code == VMTP_OK || (code == VMTP_RETRY && veng_call_lacks(c, delivery) == 0))
        veng_call_finish(e, c, 0, now);
    else
        return 0;
    return 1;
}

/* Its Client may be here: a packet to our own address would reach nobody. */
static void tell_client(struct vmtp_engine *e, const struct remote *r, uint32_t code, vmtp_time now) {
    const struct entity *n = veng_entity_find(e, r->client);
    if (memcmp(r->mac, e->config.mac, 6) != 0) {
        veng_notify_client_of(e, r, r->transaction, 0, code);
        return;
    }
    struct call *c = n ? veng_outstanding_asked(e, n, r->transaction) : NULL;
    if (c && c->sent && c->state != CALL_DONE && c->first.state == SLOT_FREE)
        veng_call_finish(e, c, code, now);
}

/* Acknowledged: from here on the record answers duplicates.  Else the Client is told why not, now and whenever it is asked for. */
void veng_forward_ended(struct vmtp_engine *e, struct call *c, vmtp_time now) {
    struct request *q = request_at(e, c->forwarder);
    struct remote *r = q->remote != NONE ? remote_at(e, q->remote) : NULL;
    q->state = REQUEST_OVER;
    if (r) {
        r->request = NONE;
        q->remote = NONE;
        veng_remote_hold(e, r, c->result == 0 ? REMOTE_FORWARDED : REMOTE_REFUSED, now);
    }
    if (c->result != 0 && r) {
        COUNT(e, FORWARDS_FAILED);
        r->code = c->result;
        tell_client(e, r, c->result, now);
    }
    veng_call_settle(e, c, now);
}

/* ---- the next server is here ---- */

static uint32_t refusal(const struct call *c, const struct entity *n) {
    if (n->accepts && c->tx.segment_size > n->largest)
        return VMTP_ERROR;
    return vmtp_get_code(c->tx.header) & VMTP_CMD ? VMTP_NOT_AWAITING_MSG : VMTP_BUSY;
}

/* The record of the Client for the next server; NULL when there is no room. */
static struct remote *next_record(struct vmtp_engine *e, const struct remote *r, vmtp_entity server, vmtp_time now) {
    struct remote *next = veng_remote_find(e, r->client, server);
    if (!next)
        next = veng_remote_make(e, r->client, server);
    if (!next)
        return NULL;
    if (next->request != NONE)
        veng_request_drop(e, request_at(e, next->request), now);
    next->transaction = r->transaction;
    next->forward = (uint8_t)(r->forward + 1u);
    next->priority = r->priority;
    next->gap = r->gap;
    next->retransmit = r->retransmit;
    next->retries = next->multicast = 0;
    memcpy(next->mac, r->mac, 6);
    return next;
}

static void fill(const struct vmtp_engine *e, struct request *q, const struct call *c, uint32_t accept) {
    q->entity = c->server;
    q->accept = accept;
    q->size = c->tx.segment_size;
    q->have = q->want = veng_call_lacks(c, 0);
    memcpy(q->header, c->tx.header, VMTP_HEADER_OCTETS);
    memcpy(q->source, e->config.mac, 6);
}

/* It had the Request before it came here, or it was asked long ago and has forgotten that. */
static int had_before(struct vmtp_engine *e, struct call *c, const struct remote *r, vmtp_time now) {
    const struct remote *next = veng_remote_find(e, r->client, c->server);
    int known = next && next->transaction == r->transaction && next->forward > r->forward &&
                next->state >= REMOTE_PROCESSING; /* its Client asks again */
    if (known || c->acknowledged)
        veng_call_finish(e, c, known ? 0 : VMTP_RESPONSE_DISCARDED, now);
    return known || c->acknowledged;
}

void veng_forward_local(struct vmtp_engine *e, struct call *c, vmtp_time now) {
    struct entity *n = veng_entity_find(e, c->server);
    const struct remote *r = remote_at(e, request_at(e, c->forwarder)->remote);
    vmtp_entity near_one = vmtp_get_coresident(c->tx.header);
    c->state = CALL_LOCAL;
    if (!n && veng_gone(e, c->server, now)) {
        veng_call_elsewhere(e, c, now);
        return;
    }
    if (!n || ((vmtp_get_code(c->tx.header) & VMTP_CRE) && near_one && !veng_entity_is_here(e, near_one))) {
        veng_call_finish(e, c, VMTP_NONEXISTENT_ENTITY, now);
        return;
    }
    if (had_before(e, c, r, now))
        return;
    uint32_t accept = veng_accept_take(e, n, c->tx.segment_size), why = accept == NONE ? refusal(c, n) : VMTP_BUSY;
    struct remote *next = accept != NONE ? next_record(e, r, n->id, now) : NULL;
    struct request *q = next ? veng_request_make(e, next) : NULL;
    if (!q) {
        if (accept != NONE)
            veng_accept_give_back(e, accept);
        if (next)
            veng_remote_hold(e, next, REMOTE_IDLE, now);
        if (why == VMTP_BUSY)
            veng_timer_set(&e->wheel, &c->timer, now + e->config.timers.tc1_floor);
        else
            veng_call_finish(e, c, why, now);
        return;
    }
    fill(e, q, c, accept);
    if (q->size)
        memcpy(accept_at(e, accept)->area, c->tx.segment, q->size);
    next->request = pool_index(&e->requests, q);
    veng_request_deliver(e, q, next, now);
    veng_call_finish(e, c, 0, now);
}

/* ---- the Client is here ---- */

/* Its call goes on to the other server, as if that had been asked. */
static int redirect(struct vmtp_engine *e, struct request *q, const struct vmtp_forward *f, vmtp_time now) {
    struct call *c = call_at(e, q->call);
    uint8_t *h = c->tx.header;
    struct vmtp_message m = veng_message_with_segment(&f->message, f->segment_size);
    if (c->forwarder != NONE && !request_at(e, c->forwarder)->nested) /* its segment has been copied, and goes no further */
        c->forwarder = release(e, request_at(e, c->forwarder));
    take(e, q, c, f->segment_size > 0);
    q->call = NONE;
    c->request = NONE;
    c->server = c->locate = m.server;
    c->host = NONE;
    c->tx.segment = f->segment;
    c->tx.segment_size = f->segment_size;
    vmtp_put_control(h, vmtp_get_control(h) + vmtp_control(0, 0, 1, 0, 0, 0));
    veng_message_write(h, &m);
    if (!q->lent) /* nothing to wait for */
        c->forwarder = release(e, q);
    c->state = CALL_AWAITING_RESPONSE;
    veng_call_start(e, c, now);
    return 0;
}

int veng_forward_comes_home(const struct vmtp_engine *e, const struct entity *client, const struct arrival *a) {
    const struct call *c = veng_outstanding_asked(e, client, a->transaction);
    return c && c->purpose == FOR_USER && c->sent && !c->datagram;
}

int veng_forward_reply_home(struct vmtp_engine *e, struct request *q, const struct vmtp_reply *reply, vmtp_time now) {
    struct remote *r = remote_at(e, q->remote);
    struct call *c = veng_meet_client_of(e, r);
    if (!c && memcmp(r->mac, e->config.mac, 6) != 0)
        return 0;
    if (c)
        veng_local_answer(e, c, q->entity, reply, now);
    q->release = reply->segment_size > 0;
    q->state = REQUEST_RESPONDED;
    veng_request_drop(e, q, now);
    return 1;
}

/* ---- nested: a call of the server's own ---- */

static int nest(struct vmtp_engine *e, struct request *q, const struct vmtp_forward *f, vmtp_time now) {
    struct vmtp_request call;
    vmtp_handle handle;
    memset(&call, 0, sizeof call);
    call.client = q->entity;
    call.message = f->message;
    call.segment = f->segment;
    call.segment_size = f->segment_size;
    call.response_area = f->response_area;
    call.response_size = veng_reply_limit(q) < f->response_size ? veng_reply_limit(q) : f->response_size;
    call.deadline = VMTP_NEVER;
    call.priority = (uint8_t)vmtp_get_priority(q->header);
    if (!f->response_area)
        return VMTP_E_NESTED;
    int error = vmtp_call(e, &handle, &call, now);
    if (error)
        return error;
    struct call *c = veng_call_by_handle(e, handle);
    q->nested = 1;
    take(e, q, c, 1);
    COUNT(e, FORWARDS_NESTED);
    if (q->remote != NONE && !q->in_run) /* the record of a run stays one */
        await_client(e, remote_at(e, q->remote), now);
    if (c->event.link) { /* it is over already: the event is not the application's */
        veng_event_withdraw(e, &c->event);
        veng_call_settle(e, c, now);
    }
    return 0;
}

/* What came of the call is the reply; its segment lies in what the forwarder lent. */
static void answer_nested(struct vmtp_engine *e, struct request *q, const struct call *c, vmtp_time now) {
    const struct slot *s = &c->first;
    struct vmtp_reply reply;
    memset(&reply, 0, sizeof reply);
    int silent = c->result == VMTP_CANCELLED || c->result == VMTP_MIGRATED ||
                 (q->remote != NONE && remote_at(e, q->remote)->multicast);
    reply.message.code = silent ? VMTP_RESPONSE_DISCARDED : c->result;
    if (c->result == 0) {
        const uint32_t own = VMTP_CMD | VMTP_DGM | VMTP_MDM | VMTP_SDA | VMTP_CODE_MASK;
        reply.message.code = vmtp_get_code(s->header) & own;
        veng_words_read(reply.message.words, s->header);
        reply.segment = s->area;
        reply.segment_size = s->size;
    }
    q->state = REQUEST_PROCESSING;
    if (vmtp_reply(e, q->tx.handle, &reply, now) != 0) { /* a large message that cannot go on: the Client is not to wait */
        memset(&reply, 0, sizeof reply);
        reply.message.code = VMTP_BAD_REPLY_SEGMENT;
        vmtp_reply(e, q->tx.handle, &reply, now);
    }
}

/* ---- endings ---- */

int veng_forward_settled(struct vmtp_engine *e, struct call *c, vmtp_time now) {
    uint32_t i = c->forwarder;
    int own = c->purpose == FOR_FORWARD;
    c->forwarder = NONE;
    while (i != NONE) {
        struct request *q = request_at(e, i);
        own |= q->nested;
        if (q->nested && q->state == REQUEST_FORWARDED) {
            i = q->under;
            q->onward = NONE;
            answer_nested(e, q, c, now);
            veng_reply_settle(e, q);
        } else {
            i = release(e, q);
        }
    }
    return own;
}

/* The Client went on, or the forwarder's entity away.  What was lent comes back when nothing of it is out any more. */
void veng_forward_drop(struct vmtp_engine *e, struct request *q, vmtp_time now) {
    struct call *c = call_at(e, q->onward);
    q->state = REQUEST_OVER;
    if (c->purpose == FOR_FORWARD || q->nested)
        veng_call_finish(e, c, VMTP_CANCELLED, now);
    else /* of a client here that waits for it */
        veng_call_finish(e, c, VMTP_NONEXISTENT_ENTITY, now);
}

vmtp_entity veng_forward_forwarder_of(const struct vmtp_engine *e, vmtp_entity client) {
    for (uint32_t i = *veng_map_head(e, &e->remote_map, client); i != NONE; i = remote_at(e, i)->hash_next) {
        const struct remote *r = remote_at(e, i);
        if (r->client == client && (r->state == REMOTE_FORWARDED || r->state == REMOTE_REFUSED))
            return r->server;
    }
    return 0;
}

int vmtp_forward(vmtp_engine *e, vmtp_handle request, const struct vmtp_forward *forward, vmtp_time now) {
    struct request *q = veng_request_by_handle(e, request);
    if (!q || q->state != REQUEST_PROCESSING)
        return VMTP_E_STALE;
    int error = check(e, q, forward);
    if (error)
        return error;
    if (needs_nesting(e, q, forward->message.server))
        return nest(e, q, forward, now);
    return q->remote == NONE ? redirect(e, q, forward, now) : pass_on(e, q, forward, now);
}
