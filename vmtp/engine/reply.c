/* SPDX-License-Identifier: BSD-2-Clause */
/* reply.c - Respond, and what Notify operations tell the server (RFC 1045 sections 5.6.2, 5.8; spec/vmtp.md 8.4 to 8.6). */
#include "internal.h"

#define USER_FLAGS                                                                                                     \
    (VMTP_REPLY_CONFIRM | VMTP_REPLY_BATCH | VMTP_REPLY_ONCE | VMTP_REPLY_HEADER_SUM | VMTP_REPLY_CHOSEN |             \
     VMTP_REPLY_GROUP)

void veng_response_header(const struct vmtp_engine *e, const struct remote *r, uint8_t *h) {
    vmtp_put_client(h, r->client);
    vmtp_put_length_word(h, e->config.domain, 0, 0);
    vmtp_put_control(h, vmtp_control(r->next ? VMTP_NRS : 0, r->retransmit, r->forward, 0, r->priority, VMTP_RESPONSE));
    vmtp_put_transaction(h, r->transaction);
    vmtp_put_delivery(h, 0);
    vmtp_put_server(h, r->server);
    vmtp_put_code(h, r->code);
    veng_words_write(h, r->words);
}

static void store_response(struct remote *r, const struct vmtp_reply *reply) {
    struct vmtp_message m = veng_message_with_segment(&reply->message, reply->segment_size);
    r->code = r->forward ? m.code & ~VMTP_DGM : m.code; /* nobody could send a forwarded Request again */
    memcpy(r->words, m.words, sizeof r->words);
}

/* Three quarters of the records in use: data held for clients that are silent must not keep others out. */
int veng_short_of_records(const struct vmtp_engine *e) {
    return (uint64_t)e->requests.used * 4u >= (uint64_t)e->requests.count * 3u;
}

/* What the server wants of this Response that others do not have. */
static void change_form(struct vmtp_engine *e, struct request *q, const struct vmtp_reply *reply, vmtp_time now) {
    if (reply->flags & VMTP_REPLY_ONCE)
        vmtp_put_control(q->tx.header, vmtp_get_control(q->tx.header) | VMTP_NRT);
    if ((reply->flags & VMTP_REPLY_HEADER_SUM) && e->config.checksum == VMTP_CHECKSUM_FULL)
        vmtp_put_length_word(q->tx.header, e->config.domain, VMTP_HCO, 0);
    if (reply->flags & VMTP_REPLY_GROUP)
        veng_group_reply(e, q, reply, now);
}

static void queue_response(struct vmtp_engine *e, struct request *q, struct remote *r, const struct vmtp_reply *reply,
                           vmtp_time now) {
    q->state = REQUEST_RESPONDED;
    q->release = reply->segment_size > 0;
    q->solicit = q->release && !(r->code & VMTP_DGM) &&
                 ((reply->flags & VMTP_REPLY_CONFIRM) || e->config.timers.ts5_always || veng_short_of_records(e));
    if (reply->flags & VMTP_REPLY_CHOSEN)
        veng_partial_choose(q, r, reply);
    q->want = vmtp_blocks_mask(reply->segment_size);
    if ((r->code & (VMTP_SDA | VMTP_MDM)) == (VMTP_SDA | VMTP_MDM))
        q->want &= r->words[5];
    q->have = 0; /* from here on: what the client says it has */
    q->tx.segment = reply->segment;
    q->tx.segment_size = reply->segment_size;
    q->tx.pending = q->want;
    q->tx.bare = q->want == 0;
    q->tx.gap = (vmtp_time)r->gap * e->packet_time / 32u;
    memcpy(q->tx.mac, r->mac, 6);
    veng_response_header(e, r, q->tx.header);
    if (reply->flags)
        change_form(e, q, reply, now);
    if (veng_group_delays(q, r))
        veng_group_delay(e, q, now);
    else
        veng_send_queue(e, &q->tx);
}

static int check_flags(const struct vmtp_engine *e, const struct request *q, const struct vmtp_reply *reply) {
    if (reply->flags & ~(uint32_t)USER_FLAGS)
        return VMTP_E_INVALID;
    return reply->flags & VMTP_REPLY_GROUP ? veng_group_reply_check(e, q, reply) : 0;
}

int vmtp_reply(vmtp_engine *e, vmtp_handle request, const struct vmtp_reply *reply, vmtp_time now) {
    struct request *q = veng_request_by_handle(e, request);
    if (!q || q->state != REQUEST_PROCESSING)
        return VMTP_E_STALE;
    int large = veng_reply_limit(q) > VMTP_GROUP_OCTETS && !(reply->message.code & VMTP_MDM);
    if (reply->segment_size > (large ? VMTP_MESSAGE_OCTETS : VMTP_GROUP_OCTETS))
        return VMTP_E_TOO_LARGE;
    if ((reply->segment_size && !reply->segment) ||
        (reply->message.code & (VMTP_CRE | VMTP_MRD | VMTP_PIC | VMTP_CODE_RESERVED)))
        return VMTP_E_INVALID;
    int error = reply->flags ? check_flags(e, q, reply) : 0;
    if (error)
        return error;
    COUNT(e, RESPONSES);
    if (q->remote == NONE) {
        if (reply->flags & VMTP_REPLY_GROUP)
            veng_group_reply_local(e, q, reply, now);
        veng_local_reply(e, q, reply, now);
        return 0;
    }
    if (q->in_run)
        return veng_batch_reply(e, q, reply, now);
    struct remote *r = remote_at(e, q->remote);
    if (r->forward && veng_forward_reply_home(e, q, reply, now))
        return 0;
    store_response(r, reply);
    r->retries = 0;
    if (CODE24(r->code) == VMTP_RESPONSE_DISCARDED) {
        q->release = reply->segment_size > 0;
        q->state = REQUEST_RESPONDED;
        veng_request_drop(e, q, now);
        veng_remote_hold(e, r, REMOTE_DISCARDED, now);
        return 0;
    }
    veng_remote_hold(e, r, REMOTE_RESPONDED, now);
    queue_response(e, q, r, reply, now);
    return 0;
}

void veng_reply_group_sent(struct vmtp_engine *e, struct request *q, vmtp_time now) {
    if (q->copy_due)
        veng_group_reply_copy(e, q);
    if (q->remote == NONE || q->state != REQUEST_RESPONDED)
        return;
    if (q->in_run) {
        veng_batch_sent(e, q, now);
        return;
    }
    struct remote *r = remote_at(e, q->remote);
    const struct vmtp_timers *k = &e->config.timers;
    if (!q->solicit) {
        veng_timer_set(&e->wheel, &r->timer, now + k->ts4);
        return;
    }
    /* TS5 after the Response, TS3 after asking */
    vmtp_time wait = r->retries ? veng_remote_ts3(e, r) : k->ts5;
    veng_timer_stop(&e->wheel, &r->timer);
    veng_timer_set(&e->wheel, &r->timer, now + wait);
}

/* Called whenever a packet of it has been reported: is the record done with? */
void veng_reply_settle(struct vmtp_engine *e, struct request *q) {
    if (q->tx.out || q->tx.queued || q->delayed || q->onward != NONE || (q->in_run && q->state == REQUEST_RESPONDED))
        return;
    if (q->state == REQUEST_RESPONDED && q->remote != NONE) {
        struct remote *r = remote_at(e, q->remote);
        if (q->release && !(r->code & VMTP_DGM))
            return;        /* held for retransmission */
        r->request = NONE; /* segmentless: resent from r; idempotent: done again */
        q->remote = NONE;
        q->state = REQUEST_OVER;
    }
    if (q->state != REQUEST_OVER || q->event.link)
        return;
    if (q->release || q->lent)
        veng_event_post(e, &q->event, VMTP_EV_RELEASED, KIND_REQUEST);
    else
        veng_request_free(e, q);
}

void veng_reply_forget_data(struct vmtp_engine *e, struct remote *r) {
    if (r->request == NONE)
        return;
    veng_request_drop(e, request_at(e, r->request), 0);
}

/* A Response without a segment, from what is remembered. */
void veng_reply_again(struct vmtp_engine *e, const struct remote *r) {
    struct control *c = veng_control_new(e);
    if (!c)
        return;
    veng_response_header(e, r, c->header);
    memcpy(c->mac, r->mac, 6);
    veng_control_send(e, c);
}

/* Its packets wait, or it does. */
int veng_reply_on_its_way(const struct vmtp_engine *e, const struct remote *r) {
    return r->request != NONE && (request_at(e, r->request)->tx.queued || request_at(e, r->request)->delayed);
}

/* blocks NONE: as a retransmission of the whole, which is without data unless one packet holds it all. */
void veng_reply_resend(struct vmtp_engine *e, struct remote *r, uint32_t blocks, int ask, vmtp_time now) {
    if (veng_reply_on_its_way(e, r))
        return;
    COUNT(e, RESPONSE_RETRANSMITS);
    if (r->request == NONE) {
        veng_reply_again(e, r);
        veng_remote_hold(e, r, REMOTE_RESPONDED, now);
        return;
    }
    struct request *q = request_at(e, r->request);
    if (ask && blocks == NONE) /* without asking, it is all 32 of them */
        blocks = veng_send_is_single(e, &q->tx, q->want) ? q->want : 0;
    int data = q->release;
    memcpy(q->tx.mac, r->mac, 6); /* the first time it may have gone to a group */
    uint32_t nrt = vmtp_get_control(q->tx.header) & VMTP_NRT, flags = vmtp_get_packet_flags(q->tx.header) & ~VMTP_MPG;
    veng_response_header(e, r, q->tx.header);
    vmtp_put_control(q->tx.header, vmtp_get_control(q->tx.header) | nrt);
    vmtp_put_length_word(q->tx.header, e->config.domain, flags, 0);
    if (ask && data)
        vmtp_put_control(q->tx.header, vmtp_get_control(q->tx.header) | VMTP_APG);
    q->tx.pending |= blocks;
    q->tx.bare = q->tx.pending == 0;
    veng_send_queue(e, &q->tx);
}

/* ---- NotifyVmtpServer ---- */

static void resend_missing(struct vmtp_engine *e, struct remote *r, uint32_t delivery, vmtp_time now) {
    struct request *q = request_at(e, r->request);
    uint32_t missing = q->want & ~delivery;
    if (delivery & ~q->have) { /* it gets on */
        q->have |= delivery;
        r->retries = 0;
    }
    if (r->retries >= e->config.timers.response_retries) {
        veng_reply_forget_data(e, r);
        veng_remote_hold(e, r, REMOTE_DISCARDED, now);
        return;
    }
    r->retries++;
    if (!missing || q->tx.queued)
        return; /* nothing to send, or on its way already */
    veng_pace_loss(e, &q->tx, delivery, now);
    e->counters[VMTP_COUNT_BLOCKS_RETRANSMITTED] += (unsigned)__builtin_popcount(missing);
    veng_reply_resend(e, r, missing, 0, now);
}

/* It is not where the Response was sent; where the Client of a forwarded Request lives was only remembered. */
static int is_elsewhere(const struct remote *r, uint32_t code) {
    return code == VMTP_ENTITY_MIGRATED || (code == VMTP_NONEXISTENT_ENTITY && r->forward);
}

static void server_told(struct vmtp_engine *e, struct remote *r, uint32_t code, uint32_t delivery, vmtp_time now) {
    if (is_elsewhere(r, code) && (r->probing || r->moves++ < e->config.timers.response_retries)) {
        veng_client_moved(e, r, now); /* each packet of it is told so */
        return;
    }
    switch (code) {
    case VMTP_RETRY: resend_missing(e, r, delivery, now); break;
    case VMTP_RETRY_ALL: resend_missing(e, r, 0, now); break;
    case VMTP_BUSY: /* the client will take it later: all of it, after a while */
        r->retries = 0;
        request_at(e, r->request)->solicit = 1;
        veng_timer_set(&e->wheel, &r->timer, now + e->config.timers.ts5);
        break;
    default: /* OK, or an error: either way the data, if any, is not needed any more */
        if (r->request == NONE)
            break;
        veng_reply_forget_data(e, r);
        veng_remote_hold(e, r, REMOTE_DISCARDED, now);
        break;
    }
}

int veng_server_notified(struct vmtp_engine *e, struct arrival *a) {
    vmtp_entity server = vmtp_load64(a->h + 36), client = vmtp_load64(a->h + 44);
    uint32_t transact = vmtp_load32(a->h + 52), delivery = vmtp_load32(a->h + 56);
    uint32_t code = CODE24(vmtp_load32(a->h + 60));
    struct remote *r = veng_remote_find(e, client, server);
    if (r && r->state == REMOTE_RUN)
        return veng_batch_told(e, r, a, code, transact, delivery);
    if (!r || r->transaction != transact)
        return DROP(e, DROP_BAD_NOTIFY);
    int again = code == VMTP_RETRY || code == VMTP_RETRY_ALL || code == VMTP_BUSY;
    if (again && r->state == REMOTE_DISCARDED && !r->multicast) {
        veng_notify_client_of(e, r, transact, 0, VMTP_RESPONSE_DISCARDED);
        return DROP(e, DROP_BAD_NOTIFY);
    }
    if (r->state != REMOTE_RESPONDED || (again && (r->request == NONE || (r->code & VMTP_DGM))))
        return DROP(e, DROP_BAD_NOTIFY);
    COUNT(e, NOTIFY_IN);
    server_told(e, r, code, delivery, a->now);
    return 0;
}
