/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * meet.c - a client and the server that it has called from another node have come together by migration (spec/vmtp.md section 13.11).
 *
 * What the server remembers of the call as a remote client's becomes the call's own, so that nothing is done twice.
 */
#include "internal.h"

static void answer(struct vmtp_engine *e, struct call *c, const struct remote *r, const struct request *q, vmtp_time now) {
    struct vmtp_reply reply;
    memset(&reply, 0, sizeof reply);
    reply.message.code = r->code;
    memcpy(reply.message.words, r->words, sizeof r->words);
    reply.segment = q ? q->tx.segment : NULL;
    reply.segment_size = q ? q->tx.segment_size : 0;
    veng_local_answer(e, c, r->server, &reply, now);
}

/* The server has the Request in hand: it goes on with it, and answers without a frame. */
static void join(struct vmtp_engine *e, struct call *c, struct request *q) {
    veng_timer_stop(&e->wheel, &c->timer);
    veng_send_cancel(e, &c->tx);
    c->state = CALL_LOCAL;
    c->request = pool_index(&e->requests, q);
    q->remote = NONE;
    q->call = pool_index(&e->calls, c);
}

/* 1: the call is settled by what was remembered; 0: there was nothing of it. */
static int meet(struct vmtp_engine *e, struct call *c, struct remote *r, vmtp_time now) {
    struct request *q = r->request != NONE ? request_at(e, r->request) : NULL;
    switch (r->state) {
    case REMOTE_PROCESSING:
        if (q && q->state != REQUEST_OVER) {
            join(e, c, q);
            r->request = NONE;
            veng_remote_free(e, r);
        } else
            veng_call_finish(e, c, VMTP_RESPONSE_DISCARDED, now);
        return 1;
    case REMOTE_RESPONDED:
        if (r->code & VMTP_DGM) /* its segment was not kept */
            return 0;
        answer(e, c, r, q, now);
        if (q)
            veng_request_drop(e, q, now);
        return 1;
    case REMOTE_DISCARDED:
    case REMOTE_FORWARDED: veng_call_finish(e, c, VMTP_RESPONSE_DISCARDED, now); return 1;
    case REMOTE_REFUSED: veng_call_finish(e, c, r->code, now); return 1;
    default:
        if (q)
            veng_request_drop(e, q, now);
        return 0;
    }
}

static void answer_of_run(struct vmtp_engine *e, struct call *c, struct request *q, vmtp_time now) {
    struct vmtp_reply reply;
    memset(&reply, 0, sizeof reply);
    reply.message.code = vmtp_get_code(q->tx.header);
    veng_words_read(reply.message.words, q->tx.header);
    reply.segment = q->tx.segment;
    reply.segment_size = q->tx.segment_size;
    veng_local_answer(e, c, q->entity, &reply, now);
    veng_request_drop(e, q, now);
}

/* Its calls come here one after the other, like those that begin here. */
static int meet_run(struct vmtp_engine *e, struct call *c, const struct remote *r, vmtp_time now) {
    struct request *q = remote_oldest(e, r);
    while (q && q->transaction != veng_call_last(c))
        q = request_newer(e, q);
    if (q && q->state == REQUEST_RESPONDED) {
        answer_of_run(e, c, q, now);
    } else if (q && q->state != REQUEST_RECEIVING) {
        veng_stream_unlink(e, q);
        q->in_run = 0;
        join(e, c, q);
    } else if (q) {
        veng_request_drop(e, q, now);
        return 0;
    } else if ((int32_t)(veng_call_last(c) - r->transaction) > 0) {
        return 0;
    } else {
        veng_call_finish(e, c, VMTP_RESPONSE_DISCARDED, now);
    }
    return 1;
}

/* A call whose server is here, or has just come: 1 when it needs nothing more. */
int veng_meet_server(struct vmtp_engine *e, struct call *c, vmtp_time now) {
    if (c->purpose != FOR_USER || c->group || c->datagram)
        return 0;
    struct remote *r = veng_remote_find(e, vmtp_get_client(c->tx.header), c->server);
    if (!r || !veng_entity_find(e, c->server))
        return 0;
    int run = r->state == REMOTE_RUN || veng_call_in_run(c); /* it may be over for its server */
    if (!run && r->transaction != vmtp_get_transaction(c->tx.header))
        return 0;
    c->state = CALL_AWAITING_RESPONSE; /* it has not begun here yet */
    return run ? meet_run(e, c, r, now) : meet(e, c, r, now);
}

/* ---- the Client of a forwarded Request, whose server is here ---- */

/* Its call, if it is here, or has come, and waits for what the server here answers; else NULL. */
struct call *veng_meet_client_of(const struct vmtp_engine *e, const struct remote *r) {
    const struct entity *n = veng_entity_find(e, r->client);
    struct call *c = n ? veng_outstanding_asked(e, n, r->transaction) : NULL;
    return c && c->state != CALL_LOCAL && c->state != CALL_HELD && c->slots_max == 1 ? c : NULL;
}

/* It has been answered at another node before: 1 when it is here and has the Response now. */
int veng_meet_client(struct vmtp_engine *e, struct remote *r, vmtp_time now) {
    struct request *q = r->request != NONE ? request_at(e, r->request) : NULL;
    struct call *c = veng_meet_client_of(e, r);
    if (!c)
        return 0;
    answer(e, c, r, q, now);
    if (q)
        veng_request_drop(e, q, now);
    return 1;
}

/* ---- the other way: a client leaves its server behind ---- */

/* The server of a local call keeps it as that of a remote client, whose address is not known yet. */
void veng_part(struct vmtp_engine *e, struct call *c, vmtp_time now) {
    struct request *q = c->state == CALL_LOCAL && c->request != NONE ? request_at(e, c->request) : NULL;
    vmtp_entity client = vmtp_get_client(c->tx.header);
    if (!q || (q->state != REQUEST_PROCESSING && q->state != REQUEST_COMPLETE) || veng_call_among_others(e, c))
        return;                                                /* it ends */
    struct remote *r = veng_remote_find(e, client, q->entity); /* of an earlier call, from elsewhere */
    if (!r)
        r = veng_remote_make(e, client, q->entity);
    if (!r)
        return;
    while (r->request != NONE)
        veng_request_drop(e, request_at(e, r->request), now);
    r->transaction = vmtp_get_transaction(c->tx.header);
    r->priority = (uint8_t)vmtp_get_priority(c->tx.header);
    r->forward = (uint8_t)vmtp_get_forward_count(c->tx.header);
    r->multicast = 0;
    memcpy(r->mac, e->config.mac, 6);
    r->request = c->request;
    q->remote = pool_index(&e->remotes, r);
    q->call = c->request = NONE;
    r->state = REMOTE_PROCESSING;
    veng_timer_set(&e->wheel, &r->timer, now + (e->config.timers.ts2 ? e->config.timers.ts2 : e->config.timers.ts4));
}
