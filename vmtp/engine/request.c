/* SPDX-License-Identifier: BSD-2-Clause */
/* request.c - Request packets at the server, records of remote clients (RFC 1045 section 5.7; spec/vmtp.md section 8). */
#include "internal.h"

/* 2^31 apart counts as old (H32). */
static int transaction_is_old(uint32_t held, uint32_t seen) {
    int32_t ahead = (int32_t)(seen - held);
    return ahead < 0;
}

/* ---- records of remote clients ---- */

struct remote *veng_remote_find(struct vmtp_engine *e, vmtp_entity client, vmtp_entity server) {
    for (uint32_t i = *veng_map_head(e, &e->remote_map, client); i != NONE; i = remote_at(e, i)->hash_next) {
        struct remote *r = remote_at(e, i);
        if (r->client == client && r->server == server)
            return r;
    }
    return NULL;
}

struct remote *veng_remote_make(struct vmtp_engine *e, vmtp_entity client, vmtp_entity server) {
    struct remote *r = veng_pool_take(&e->remotes);
    if (!r)
        return NULL;
    memset(r, 0, sizeof *r);
    r->timer.kind = TIMER_REMOTE;
    r->client = client;
    r->server = server;
    r->request = NONE;
    r->state = REMOTE_IDLE;
    uint32_t *head = veng_map_head(e, &e->remote_map, client);
    r->hash_next = *head;
    *head = pool_index(&e->remotes, r);
    return r;
}

void veng_remote_free(struct vmtp_engine *e, struct remote *r) {
    uint32_t *link = veng_map_head(e, &e->remote_map, r->client);
    while (remote_at(e, *link) != r)
        link = &remote_at(e, *link)->hash_next;
    *link = r->hash_next;
    if (r->probing)
        veng_probe_disown(e, r);
    veng_timer_stop(&e->wheel, &r->timer);
    r->state = REMOTE_FREE;
    veng_pool_give(&e->remotes, r);
}

void veng_remote_hold(struct vmtp_engine *e, struct remote *r, enum remote_state state, vmtp_time now) {
    r->state = (uint8_t)state;
    veng_timer_set(&e->wheel, &r->timer, now + e->config.timers.ts4);
}

/* ---- records of Requests ---- */

/* r NULL: for a local transaction. */
struct request *veng_request_make(struct vmtp_engine *e, struct remote *r) {
    struct request *q = veng_pool_take_blank(&e->requests);
    if (!q)
        return NULL;
    if (++q->generation == 0)
        q->generation = 1;
    q->tx.kind = KIND_REQUEST;
    q->tx.handle = veng_handle_of(KIND_REQUEST, pool_index(&e->requests, q), q->generation);
    q->remote = r ? pool_index(&e->remotes, r) : NONE;
    q->call = q->accept = q->onward = q->under = q->newer = NONE;
    q->groups = 1;
    q->timer.kind = TIMER_REQUEST;
    return q;
}

void veng_request_free(struct vmtp_engine *e, struct request *q) {
    veng_event_withdraw(e, &q->event);
    if (q->accept != NONE)
        veng_accept_give_back(e, q->accept);
    if (q->in_run)
        veng_stream_unlink(e, q);
    else if (q->remote != NONE)
        remote_at(e, q->remote)->request = NONE;
    veng_timer_stop(&e->wheel, &q->timer);
    veng_run_free(e, &q->run);
    veng_run_free(e, &q->tx.run);
    q->state = REQUEST_FREE;
    veng_pool_give(&e->requests, q);
}

void veng_request_drop(struct vmtp_engine *e, struct request *q, vmtp_time now) {
    struct remote *r = q->remote != NONE ? remote_at(e, q->remote) : NULL;
    if (q->in_run) {
        veng_stream_unlink(e, q);
        veng_timer_stop(&e->wheel, &q->timer);
    } else if (r) { /* duplicates are still filtered */
        r->request = NONE;
        q->remote = NONE;
        veng_remote_hold(e, r, REMOTE_DISCARDED, now);
    }
    if (q->call != NONE) {
        struct call *c = call_at(e, q->call);
        q->call = NONE;
        c->request = NONE;
        if (c->group)
            veng_group_local_gone(e, c, now);
        else
            veng_call_finish(e, c, VMTP_NONEXISTENT_ENTITY, now);
    }
    if (q->state == REQUEST_COMPLETE && q->resumed) /* its program has had it before */
        q->state = REQUEST_PROCESSING;
    switch (q->state) {
    case REQUEST_PROCESSING:
        q->state = REQUEST_OVER;
        veng_event_post(e, &q->event, VMTP_EV_ABANDONED, KIND_REQUEST);
        break;
    case REQUEST_RESPONDED:
        veng_pace_whole(e, &q->tx, now);
        veng_send_unqueue(e, &q->tx);
        veng_timer_stop(&e->wheel, &q->timer);
        q->delayed = 0;
        q->tx.pending = 0;
        q->state = REQUEST_OVER;
        veng_reply_settle(e, q);
        break;
    case REQUEST_FORWARDED: veng_forward_drop(e, q, now); break;
    case REQUEST_OVER: break;
    default: veng_request_free(e, q); break;
    }
}

/* Has this client asked something newer, of whatever entity here? */
int veng_request_left_behind(const struct vmtp_engine *e, const struct arrival *a) {
    for (uint32_t i = *veng_map_head(e, &e->remote_map, a->client); i != NONE; i = remote_at(e, i)->hash_next) {
        const struct remote *r = remote_at(e, i);
        if (r->client == a->client && transaction_is_old(r->transaction, a->transaction))
            return 1;
    }
    return 0;
}

/* The client's record with n, if any; *behind: it has asked something newer, of whatever entity here; *others: it has other records. */
static struct remote *recall(const struct vmtp_engine *e, const struct arrival *a, const struct entity *n, int *behind,
                             int *others) {
    struct remote *found = NULL;
    *behind = *others = 0;
    for (uint32_t i = *veng_map_head(e, &e->remote_map, a->client); i != NONE; i = remote_at(e, i)->hash_next) {
        struct remote *r = remote_at(e, i);
        if (r->client != a->client)
            continue;
        *behind |= transaction_is_old(r->transaction, a->transaction);
        if (r->server == n->id)
            found = r;
        else
            *others = 1;
    }
    return found;
}

static void supersede(struct vmtp_engine *e, vmtp_entity client, uint32_t transaction, vmtp_time now) {
    for (uint32_t i = *veng_map_head(e, &e->remote_map, client); i != NONE; i = remote_at(e, i)->hash_next) {
        struct remote *r = remote_at(e, i);
        if (r->client != client || r->transaction == transaction)
            continue;
        if (r->state == REMOTE_RUN)
            veng_stream_end(e, r, now);
        else if (r->request != NONE)
            veng_request_drop(e, request_at(e, r->request), now);
    }
}

/* A client that begins a transaction has done with its earlier ones, whoever served them here. */
void veng_request_supersede(struct vmtp_engine *e, const struct arrival *a) {
    supersede(e, a->client, a->transaction, a->now);
}

/* The same when a server comes from another node with what it knows of the client: either may have heard what is newer. */
void veng_request_supersede_older(struct vmtp_engine *e, vmtp_entity client, vmtp_time now) {
    const struct remote *newest = NULL;
    for (uint32_t i = *veng_map_head(e, &e->remote_map, client); i != NONE; i = remote_at(e, i)->hash_next) {
        const struct remote *r = remote_at(e, i);
        if (r->client == client && (!newest || transaction_is_old(r->transaction, newest->transaction)))
            newest = r;
    }
    if (newest)
        supersede(e, client, newest->transaction, now);
}

/* ---- a complete Request ---- */

void veng_request_deliver(struct vmtp_engine *e, struct request *q, struct remote *r, vmtp_time now) {
    q->state = REQUEST_COMPLETE;
    veng_event_post(e, &q->event, VMTP_EV_REQUEST, KIND_REQUEST);
    if (q->datagram) { /* nothing will be answered: the record only filters duplicates from here on */
        r->request = NONE;
        q->remote = NONE;
        veng_remote_hold(e, r, REMOTE_DISCARDED, now);
        return;
    }
    r->state = REMOTE_PROCESSING;
    if (e->config.timers.ts2)
        veng_timer_set(&e->wheel, &r->timer, now + e->config.timers.ts2);
    else
        veng_timer_stop(&e->wheel, &r->timer);
}

static void complete(struct vmtp_engine *e, struct request *q, struct remote *r, vmtp_time now) {
    if (r->probing == PROBING_UNKNOWN) {
        q->state = REQUEST_COMPLETE;
        r->state = REMOTE_AWAITING_PROBE;
        veng_timer_stop(&e->wheel, &r->timer);
        return;
    }
    veng_request_deliver(e, q, r, now);
}

void veng_remote_probed(struct vmtp_engine *e, struct remote *r, int known, uint32_t transaction, const uint8_t *mac,
                        vmtp_time now) {
    struct request *q = r->request != NONE ? request_at(e, r->request) : NULL;
    int why = r->probing;
    r->probing = PROBING_NOT;
    if (why != PROBING_UNKNOWN) {
        int elsewhere = why == PROBING_MOVED || memcmp(r->mac, mac, 6) != 0;
        if (known && elsewhere && transaction == r->transaction && r->state == REMOTE_RESPONDED)
            veng_client_found(e, r, mac, now);
        return;
    }
    if (known && !q && r->state == REMOTE_AWAITING_PROBE) { /* a run: it will be sent again */
        memcpy(r->mac, mac, 6);
        r->transaction = transaction - 1u;
        veng_remote_hold(e, r, REMOTE_RUN, now);
        return;
    }
    if (!known || !q || transaction_is_old(transaction, r->transaction)) {
        if (q)
            veng_request_drop(e, q, now);
        if (known && q)
            COUNT(e, DROP_OLD_TRANSACTION);
        else if (q)
            COUNT(e, DROP_AWAITING_PROBE);
        veng_remote_free(e, r);
        return;
    }
    memcpy(r->mac, mac, 6);
    if (r->state == REMOTE_AWAITING_PROBE)
        veng_request_deliver(e, q, r, now);
}

/* ---- packets of the current transaction ---- */

vmtp_time veng_request_lacks(struct vmtp_engine *e, struct request *q, const struct arrival *a, uint32_t fresh,
                             uint8_t *retries) {
    vmtp_time wait = e->config.timers.ts1;
    int asks = veng_request_asks(q);
    if (fresh && asks)
        wait = lack_wait(&q->lack, q->have, q->want, fresh, wait, a->now);
    if (!wait || (asks && vmtp_get_delivery(a->h) == 0)) { /* no data follows a retransmission without data */
        veng_notify_client(e, a, q->have, VMTP_RETRY);
        lack_asked(&q->lack, a->now);
        if (*retries == 0)
            *retries = 1;
    }
    return *retries ? veng_doubled(e, e->config.timers.tc2_floor, *retries) : wait;
}

/* Other blocks than the fresh ones of this packet lack. */
static void incomplete(struct vmtp_engine *e, struct request *q, struct remote *r, struct arrival *a, uint32_t fresh) {
    if (!q->again && (!a->multicast || veng_group_came_again(a))) { /* may be talked about from here on */
        q->again = 1;
        r->retries = 0;
    }
    int in_haste = q->again && !a->multicast;
    vmtp_time wait = veng_request_lacks(e, q, a, in_haste ? fresh : 0, &r->retries);
    veng_timer_set(&e->wheel, &r->timer, a->now + wait);
}

static void receive(struct vmtp_engine *e, struct request *q, struct remote *r, struct arrival *a) {
    struct accept *into = accept_at(e, q->accept);
    uint32_t fresh = veng_blocks_store(into->area, into->capacity, q->have, q->size, a) & q->want;
    q->have |= fresh;
    r->retransmit = (uint8_t)vmtp_get_retransmit_count(a->h);
    q->asked |= (a->control & VMTP_APG) != 0;
    if (q->have == q->want) {
        r->retries = 0;
        if (q->asked && !e->sequences) /* else when it has a number */
            veng_notify_client(e, a, q->have, VMTP_OK);
        complete(e, q, r, a->now);
        return;
    }
    if (fresh)
        r->retries = 0;
    else if (vmtp_get_delivery(a->h))
        COUNT(e, DROP_DUPLICATE_BLOCK);
    incomplete(e, q, r, a, fresh);
}

int veng_request_refuse(struct vmtp_engine *e, struct arrival *a, uint32_t code, enum vmtp_counter reason) {
    if (code == VMTP_BUSY && !a->multicast && !(a->code & VMTP_DGM))
        COUNT(e, BUSY_SENT);
    veng_notify_client(e, a, 0, code);
    e->counters[reason]++;
    return (int)reason;
}

/* ---- a new transaction ---- */

int veng_request_needs_probe(struct vmtp_engine *e, const struct entity *n, const struct arrival *a) {
    if (a->now >= n->probe_until || (n->flags & VMTP_ENTITY_REDOABLE))
        return 0;
    return vmtp_get_forward_count(a->h) == 0 || !veng_entity_find(e, a->client); /* we know our own clients */
}

/* A forwarded Request comes from its forwarder and does not tell (H42). */
int veng_request_client_mac(struct vmtp_engine *e, struct remote *r, struct arrival *a, int fresh) {
    const uint8_t *known = a->rx->src;
    if (vmtp_get_forward_count(a->h) > 0) {
        const struct host *h = veng_host_find(e, a->client);
        int here = veng_entity_find(e, a->client) != NULL;
        known = here ? e->config.mac : h && h->state == HOST_KNOWN ? h->mac : fresh ? NULL : r->mac;
    }
    if (!known)
        return 1;
    memmove(r->mac, known, 6);
    return 0;
}

void veng_request_begin(struct request *q, struct remote *r, const struct arrival *a, vmtp_entity entity) {
    uint32_t size = arrival_size(a);
    q->entity = entity;
    q->state = REQUEST_RECEIVING;
    q->size = size;
    q->want = vmtp_blocks_mask(size);
    if ((a->code & (VMTP_SDA | VMTP_MDM)) == (VMTP_SDA | VMTP_MDM) && size <= VMTP_GROUP_OCTETS)
        q->want &= vmtp_get_msg_delivery(a->h);
    q->datagram = (a->code & VMTP_DGM) != 0;
    memcpy(q->header, a->h, VMTP_HEADER_OCTETS);
    memcpy(q->source, a->rx->src, 6);
    r->forward = (uint8_t)vmtp_get_forward_count(a->h);
    r->priority = (uint8_t)vmtp_get_priority(a->h);
    r->gap = (uint8_t)vmtp_get_gap(a->h);
    r->multicast = (uint8_t)a->multicast;
}

static void begin(struct request *q, struct remote *r, const struct arrival *a, uint32_t accept, vmtp_entity entity) {
    veng_request_begin(q, r, a, entity);
    q->accept = accept;
    r->transaction = a->transaction;
    r->retries = 0;
    r->redone = r->next = r->moves = 0;
    r->state = REMOTE_RECEIVING;
}

int veng_request_no_accept(struct vmtp_engine *e, struct arrival *a, const struct entity *n) {
    uint32_t size = arrival_size(a);
    if (n->accepts && size > n->largest) /* it never takes so much, so waiting would not help */
        return veng_request_refuse(e, a, VMTP_ERROR, VMTP_COUNT_DROP_TOO_LARGE);
    if (a->code & VMTP_CMD)
        return veng_request_refuse(e, a, VMTP_NOT_AWAITING_MSG, VMTP_COUNT_DROP_CONDITIONAL);
    return veng_request_refuse(e, a, VMTP_BUSY, VMTP_COUNT_DROP_NO_ACCEPT);
}

int veng_request_probe(struct vmtp_engine *e, struct remote *r, struct arrival *a) {
    int error = veng_probe_remote(e, r, vmtp_get_forward_count(a->h) > 0 ? NULL : a->rx->src, a->now);
    if (error == 0)
        r->probing = PROBING_UNKNOWN;
    return error;
}

/* r: the client's record with n, if any; others: it may have records with others here, whose transactions end. */
static int new_transaction(struct vmtp_engine *e, struct arrival *a, struct entity *n, struct remote *r, int others) {
    if ((a->code & VMTP_CMD) && !n->accepts) /* before anything else is done with it (section 13.6) */
        return veng_request_refuse(e, a, VMTP_NOT_AWAITING_MSG, VMTP_COUNT_DROP_CONDITIONAL);
    if (others)
        veng_request_supersede(e, a);
    if (e->pace_used && r && r->state == REMOTE_RESPONDED && (r->code & VMTP_DGM) && r->transaction != a->transaction &&
        !r->redone)
        veng_pace_redone(e, r, 1, 0, a->now);
    if (r && r->state == REMOTE_RUN)
        veng_stream_end(e, r, a->now);
    else if (r && r->request != NONE)
        veng_request_drop(e, request_at(e, r->request), a->now);
    uint32_t size = arrival_size(a);
    uint32_t accept = veng_accept_take(e, n, size);
    if (accept == NONE)
        return veng_request_no_accept(e, a, n);
    int fresh = r == NULL;
    if (!r)
        r = veng_remote_make(e, a->client, n->id);
    struct request *q = r ? veng_request_make(e, r) : NULL;
    if (!q) {
        veng_accept_give_back(e, accept);
        if (r && fresh)
            veng_remote_free(e, r);
        return veng_request_refuse(e, a, VMTP_BUSY, VMTP_COUNT_DROP_NO_RECORD);
    }
    r->request = pool_index(&e->requests, q);
    begin(q, r, a, accept, n->id);
    int unknown = veng_request_client_mac(e, r, a, fresh);
    if (fresh && (unknown || veng_request_needs_probe(e, n, a)) && veng_request_probe(e, r, a)) {
        veng_request_free(e, q);
        veng_remote_free(e, r);
        return veng_request_refuse(e, a, VMTP_BUSY, VMTP_COUNT_DROP_AWAITING_PROBE);
    }
    if (fresh && vmtp_get_forward_count(a->h) == 0)
        veng_host_hint(e, a->client, a->rx->src);
    receive(e, q, r, a);
    return 0;
}

/* ---- a packet of a transaction that is known ---- */

/* The Response was idempotent, so it was not kept: the operation is executed again. */
static int redo(struct vmtp_engine *e, struct arrival *a, struct entity *n, struct remote *r) {
    if (veng_reply_on_its_way(e, r))
        return DROP(e, DROP_DUPLICATE);
    uint32_t lacks = (a->code & (VMTP_MDM | VMTP_SDA)) == VMTP_MDM ? vmtp_get_msg_delivery(a->h) : 0;
    if (!r->redone || !lacks)
        veng_pace_redone(e, r, 0, lacks, a->now);
    int dropped = new_transaction(e, a, n, r, 1);
    r->redone = 1;
    if (r->state == REMOTE_DISCARDED)
        r->state = REMOTE_RESPONDED; /* refused for now: it may still be done again */
    else if (dropped == 0)
        COUNT(e, REQUESTS_REDONE);
    return dropped;
}

/* Of a forwarded Request the Response does not go to who asks, but to where its Client is thought to live. */
static void answer_again(struct vmtp_engine *e, struct arrival *a, struct remote *r) {
    int forwarded = vmtp_get_forward_count(a->h) > 0, ask = forwarded && (a->control & VMTP_APG);
    if (!veng_reply_on_its_way(e, r) && !(forwarded && veng_meet_client(e, r, a->now))) {
        veng_reply_resend(e, r, NONE, 1, a->now);
        if (ask)
            veng_client_doubted(e, r, a->now);
    }
    if (ask)
        veng_notify_client(e, a, 0, VMTP_OK);
}

int veng_request_repeated(struct vmtp_engine *e, struct arrival *a, struct entity *n, struct remote *r) {
    r->retransmit = (uint8_t)vmtp_get_retransmit_count(a->h);
    r->retries = 0;                                                              /* the client was heard */
    if (vmtp_get_forward_count(a->h) == 0 && memcmp(r->mac, a->rx->src, 6) != 0) /* from another node than before */
        veng_client_seen(e, r, a->rx->src);
    switch (r->state) {
    case REMOTE_RESPONDED:
        if (r->code & VMTP_DGM)
            return redo(e, a, n, r);
        COUNT(e, DROP_DUPLICATE);
        answer_again(e, a, r);
        return (int)VMTP_COUNT_DROP_DUPLICATE;
    case REMOTE_FORWARDED: return veng_forward_duplicate(e, a, r);
    case REMOTE_DISCARDED:
        if (a->code & VMTP_DGM) /* nobody asks what has become of it */
            return DROP(e, DROP_DUPLICATE);
        veng_remote_hold(e, r, REMOTE_DISCARDED, a->now); /* who asks may not hear the answer, and ask again */
        if (!r->multicast)
            veng_notify_client(e, a, 0, VMTP_RESPONSE_DISCARDED);
        return DROP(e, DROP_DUPLICATE);
    case REMOTE_REFUSED:
        veng_remote_hold(e, r, REMOTE_REFUSED, a->now);
        veng_notify_client(e, a, 0, r->code);
        return DROP(e, DROP_DUPLICATE);
    case REMOTE_PROCESSING:
        if (e->config.timers.ts2)
            veng_timer_set(&e->wheel, &r->timer, a->now + e->config.timers.ts2);
        break;
    case REMOTE_RUN: /* its last, sent alone */ return veng_stream_repeated(e, a, r);
    case REMOTE_IDLE: /* the one before a Request that was given up */
        veng_remote_hold(e, r, REMOTE_IDLE, a->now);
        return DROP(e, DROP_DUPLICATE);
    default: /* AwaitingProbe */ break;
    }
    if ((a->control & VMTP_APG) && r->request != NONE && request_at(e, r->request)->number && !r->forward)
        veng_sequence_tell(e, r, request_at(e, r->request));
    else if (a->control & VMTP_APG)
        veng_notify_client(e, a, r->request != NONE ? request_at(e, r->request)->have : 0, VMTP_OK);
    return DROP(e, DROP_DUPLICATE);
}

static int current(struct vmtp_engine *e, struct arrival *a, struct entity *n, struct remote *r) {
    unsigned forward = vmtp_get_forward_count(a->h);
    if (forward < r->forward) /* the Client itself asks what has become of its Request, which came back here in a circle */
        return forward == 0 && (a->control & VMTP_APG) && r->state != REMOTE_RECEIVING
                   ? veng_request_repeated(e, a, n, r)
                   : DROP(e, DROP_OLD_FORWARD);
    if (forward > r->forward)
        return new_transaction(e, a, n, r, 1);
    if (r->state != REMOTE_RECEIVING)
        return veng_request_repeated(e, a, n, r);
    struct request *q = request_at(e, r->request);
    if (!veng_group_consistent(q->header, a->h))
        return DROP(e, DROP_MISMATCH);
    receive(e, q, r, a);
    return 0;
}

/* ---- arrival ---- */

/* Our own clients do not speak to us from outside, unless somebody forwards what they say just now. */
int veng_request_from_ourselves(const struct vmtp_engine *e, const struct arrival *a) {
    const struct entity *n = veng_entity_find(e, a->client);
    return n && (vmtp_get_forward_count(a->h) == 0 || !veng_forward_comes_home(e, n, a));
}

int veng_request_streamed(struct vmtp_engine *e, struct arrival *a) {
    if (!(a->control & (VMTP_NSR | VMTP_NER | VMTP_CMG))) /* so SegmentSize is 16384 at most: section 5.1 */
        return 0;
    return veng_request_refuse(e, a, VMTP_STREAMING_NOT_SUPPORTED, VMTP_COUNT_DROP_STREAMING);
}

static inline int not_ours(struct vmtp_engine *e, struct arrival *a) {
    if (a->code & VMTP_CRE) {
        vmtp_entity near_one = vmtp_get_coresident(a->h);
        if (near_one && veng_gone(e, near_one, a->now))
            return veng_request_refuse(e, a, VMTP_ENTITY_MIGRATED, VMTP_COUNT_DROP_MIGRATED);
        if (near_one ? !veng_entity_is_here(e, near_one) : a->multicast)
            return veng_request_refuse(e, a, VMTP_NONEXISTENT_ENTITY, VMTP_COUNT_DROP_NOT_CORESIDENT);
    }
    return veng_request_from_ourselves(e, a) ? DROP(e, DROP_OWN) : 0;
}

static inline int request_for(struct vmtp_engine *e, struct arrival *a, struct entity *n) {
    if (a->control & RUN_CONTROL && !e->config.no_streams)
        return veng_stream_arrived(e, a, n);
    int streamed = veng_request_streamed(e, a);
    if (streamed)
        return streamed;
    int behind, others;
    struct remote *r = recall(e, a, n, &behind, &others);
    if (behind)
        return DROP(e, DROP_OLD_TRANSACTION);
    if (r && r->transaction == a->transaction)
        return current(e, a, n, r);
    return new_transaction(e, a, n, r, others);
}

int veng_request_arrived(struct vmtp_engine *e, struct arrival *a) {
    if (veng_manager_addressed(e, a->server))
        return veng_manager_arrived(e, a);
    if (is_default_client(a->client)) /* it is nobody in particular: there is nobody to remember */
        return DROP(e, DROP_CLIENT_ID);
    struct entity *n = veng_entity_find(e, a->server);
    if (!n && vmtp_is_group(a->server))
        return veng_group_arrived(e, a);
    if (!n && veng_gone(e, a->server, a->now))
        return veng_request_refuse(e, a, VMTP_ENTITY_MIGRATED, VMTP_COUNT_DROP_MIGRATED);
    if (!n || (n->role != ROLE_USER && n->role != ROLE_REMOTE))
        return veng_request_refuse(e, a, VMTP_NONEXISTENT_ENTITY, VMTP_COUNT_DROP_NO_SERVER);
    int reason = not_ours(e, a);
    return reason ? reason : request_for(e, a, n);
}

/* The same for the members of a group, one after the other. */
int veng_request_not_ours(struct vmtp_engine *e, struct arrival *a) { return not_ours(e, a); }
int veng_request_for(struct vmtp_engine *e, struct arrival *a, struct entity *n) { return request_for(e, a, n); }

/* ---- TS1, TS2, TS4, TS5 ---- */

/* TC2 towards a client: no round trip is measured, so its floor, doubling with each try. */
vmtp_time veng_remote_ts3(const struct vmtp_engine *e, const struct remote *r) {
    return veng_doubled(e, e->config.timers.tc2_floor, r->retries);
}

/* As if the Request at hand had not come: it still can, but nothing that was before it, however often forwarded. */
void veng_remote_step_back(uint32_t *transaction, uint8_t *forward) {
    if (*forward == 0)
        --*transaction;
    *forward = (uint8_t)((*forward - 1u) & 15u);
}

/* The Request did not become whole. */
static void give_up(struct vmtp_engine *e, struct request *q, struct remote *r, vmtp_time now) {
    if (veng_request_asks(q))
        veng_notify_sender_of(e, r, q, r->transaction, q->have, VMTP_TOO_MANY_RETRIES);
    COUNT(e, DROP_INCOMPLETE);
    veng_request_drop(e, q, now);
    veng_remote_step_back(&r->transaction, &r->forward);
    veng_remote_hold(e, r, REMOTE_IDLE, now);
}

static void receiving_timeout(struct vmtp_engine *e, struct remote *r, vmtp_time now) {
    struct request *q = request_at(e, r->request);
    int last = !veng_request_asks(q) || r->retries >= e->config.timers.ack_retries;
    if (!last) {
        r->retries++;
        lack_asked(&q->lack, now);
        veng_notify_sender_of(e, r, q, r->transaction, q->have, VMTP_RETRY);
        veng_timer_set(&e->wheel, &r->timer, now + veng_remote_ts3(e, r));
        return;
    }
    if (vmtp_get_code(q->header) & VMTP_MDM) {
        vmtp_put_msg_delivery(q->header, q->have);
        complete(e, q, r, now);
        return;
    }
    give_up(e, q, r, now);
}

static void responded_timeout(struct vmtp_engine *e, struct remote *r, vmtp_time now) {
    struct request *q = r->request != NONE ? request_at(e, r->request) : NULL;
    if (!q || !q->solicit) { /* TS4: silence acknowledges (RFC 1045 section 2.5.3) */
        veng_reply_forget_data(e, r);
        veng_remote_free(e, r);
        return;
    }
    if (r->retries < e->config.timers.response_retries) {
        r->retries++;
        veng_reply_resend(e, r, NONE, 1, now);
        return;
    }
    COUNT(e, RESPONSES_UNACKED);
    veng_reply_forget_data(e, r);
    veng_remote_hold(e, r, REMOTE_DISCARDED, now);
}

/* TS2: nobody has asked for this any more. */
static void orphaned(struct vmtp_engine *e, struct remote *r, vmtp_time now) {
    COUNT(e, ORPHANS);
    if (r->request != NONE)
        veng_request_drop(e, request_at(e, r->request), now);
    else
        veng_remote_hold(e, r, REMOTE_DISCARDED, now);
}

void veng_remote_timeout(struct vmtp_engine *e, struct remote *r, vmtp_time now) {
    switch (r->state) {
    case REMOTE_RECEIVING: receiving_timeout(e, r, now); break;
    case REMOTE_PROCESSING: orphaned(e, r, now); break;
    case REMOTE_FORWARDED:
        if (r->request != NONE)
            orphaned(e, r, now);
        else
            veng_remote_free(e, r);
        break;
    case REMOTE_RESPONDED: responded_timeout(e, r, now); break;
    case REMOTE_RUN: veng_stream_quiet(e, r, now); break;
    default: veng_remote_free(e, r); break;
    }
}
