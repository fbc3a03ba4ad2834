/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stream.c - runs of Requests at the server, and Requests of several packet groups (RFC 1045 sections 2.11, 2.14; spec/vmtp.md
 * section 13.3).
 *
 * A run has one record of its client, whose Transaction is the last that was accepted, and a list of Requests, oldest first, each
 * with a state and a timer of its own.  Requests are delivered, and answered, in the order of the list.
 */
#include "internal.h"

/* ---- the list ---- */

static struct request *find(const struct vmtp_engine *e, const struct remote *r, uint32_t transaction) {
    struct request *q = remote_oldest(e, r);
    while (q && transaction - request_first(q) >= q->groups)
        q = request_newer(e, q);
    return q;
}

static void append(struct vmtp_engine *e, struct remote *r, struct request *q) {
    uint32_t *link = &r->request;
    while (*link != NONE)
        link = &request_at(e, *link)->newer;
    *link = pool_index(&e->requests, q);
    r->length++;
}

void veng_stream_unlink(struct vmtp_engine *e, struct request *q) {
    if (q->remote == NONE)
        return;
    struct remote *r = remote_at(e, q->remote);
    uint32_t *link = &r->request;
    while (request_at(e, *link) != q)
        link = &request_at(e, *link)->newer;
    *link = q->newer;
    r->length--;
    q->newer = q->remote = NONE;
}

void veng_stream_end(struct vmtp_engine *e, struct remote *r, vmtp_time now) {
    while (r->request != NONE)
        veng_request_drop(e, request_at(e, r->request), now);
    veng_remote_hold(e, r, REMOTE_DISCARDED, now);
}

void veng_stream_heard(struct vmtp_engine *e, struct remote *r, vmtp_time now) {
    r->idle = 0;
    veng_timer_set(&e->wheel, &r->timer, now + e->config.timers.ts4);
}

/* ---- what the client is told of other packets than the one at hand ---- */

static void tell(struct vmtp_engine *e, const struct arrival *a, uint32_t transaction, uint32_t delivery, uint32_t code) {
    struct arrival about = *a;
    about.transaction = transaction;
    veng_notify_client(e, &about, delivery, code);
}

/* ---- whole Requests ---- */

static void deliver(struct vmtp_engine *e, struct remote *r) {
    for (struct request *q = remote_oldest(e, r), *following; q && q->state != REQUEST_RECEIVING; q = following) {
        following = request_newer(e, q);
        if (q->state != REQUEST_COMPLETE || q->event.link)
            continue;
        veng_event_post(e, &q->event, VMTP_EV_REQUEST, KIND_REQUEST);
        if (q->datagram)
            veng_stream_unlink(e, q);
    }
}

static void complete(struct vmtp_engine *e, struct remote *r, struct request *q) {
    q->state = REQUEST_COMPLETE;
    veng_timer_stop(&e->wheel, &q->timer);
    deliver(e, r);
}

/* A later Request is whole already, so what these lack was lost. */
static void ask_for_earlier(struct vmtp_engine *e, struct remote *r, const struct request *whole,
                            const struct arrival *a) {
    for (struct request *q = remote_oldest(e, r); q && q != whole; q = request_newer(e, q)) {
        if (q->state != REQUEST_RECEIVING || q->told || q->run || q->datagram)
            continue;
        q->told = 1;
        lack_asked(&q->lack, a->now);
        tell(e, a, q->transaction, q->have, VMTP_RETRY);
    }
}

static vmtp_time patience(const struct vmtp_engine *e, const struct request *q) {
    return q->retries ? veng_doubled(e, e->config.timers.tc2_floor, q->retries) : e->config.timers.ts1;
}

static void receive_one(struct vmtp_engine *e, struct remote *r, struct request *q, struct arrival *a) {
    struct accept *into = accept_at(e, q->accept);
    uint32_t fresh = veng_blocks_store(into->area, into->capacity, q->have, q->size, a) & q->want;
    q->have |= fresh;
    q->asked |= (a->control & VMTP_APG) != 0;
    if (fresh)
        q->retries = 0;
    else if (vmtp_get_delivery(a->h))
        COUNT(e, DROP_DUPLICATE_BLOCK);
    if (q->have == q->want) {
        if (q->asked)
            veng_notify_client(e, a, q->have, VMTP_OK);
        ask_for_earlier(e, r, q, a);
        complete(e, r, q);
        return;
    }
    veng_timer_set(&e->wheel, &q->timer, a->now + veng_request_lacks(e, q, a, fresh, &q->retries));
}

/* What a packet of a large message wants to know, or ought to be told. */
static void acknowledge_group(struct vmtp_engine *e, const struct request *q, unsigned group, const struct arrival *a) {
    struct run_answer answers[RUN_ANSWERS];
    unsigned count = veng_run_answer(q->run, group, a->h, a->now, answers);
    for (unsigned i = 0; i < count; i++)
        tell(e, a, request_first(q) + answers[i].group, answers[i].delivery, answers[i].code);
}

static int receive_group(struct vmtp_engine *e, struct remote *r, struct request *q, struct arrival *a) {
    struct accept *into = accept_at(e, q->accept);
    unsigned group = a->transaction - request_first(q);
    if (((a->control & VMTP_CMG) != 0) != (group + 1u < q->run->groups))
        return DROP(e, DROP_MISMATCH);
    if (veng_group_store(into->area, into->capacity, q->run, group, a))
        q->retries = 0;
    else if (vmtp_get_delivery(a->h))
        COUNT(e, DROP_DUPLICATE_BLOCK);
    if (!q->datagram)
        acknowledge_group(e, q, group, a);
    if (run_whole(q->run)) {
        q->have = q->want;
        veng_run_free(e, &q->run);
        complete(e, r, q);
        return 0;
    }
    vmtp_time wait = patience(e, q);
    if (veng_request_asks(q) && !q->retries)
        wait = lack_wait_message(&q->lack, wait, a->now);
    veng_timer_set(&e->wheel, &q->timer, a->now + wait);
    return 0;
}

/* Its Response is to tell which transmission it answers. */
static void note_retransmit(struct remote *r, struct request *q, const struct arrival *a) {
    r->retransmit = (uint8_t)vmtp_get_retransmit_count(a->h);
    uint32_t control = vmtp_get_control(q->header) & ~vmtp_control(0, 7, 0, 0, 0, 0);
    vmtp_put_control(q->header, control | vmtp_control(0, r->retransmit, 0, 0, 0, 0));
}

static int receive(struct vmtp_engine *e, struct remote *r, struct request *q, struct arrival *a) {
    note_retransmit(r, q, a);
    if (a->transaction == q->transaction) { /* the last group says how it goes on */
        q->more = (a->control & VMTP_NER) != 0;
        q->skip = (a->control & VMTP_STI) != 0;
        if (q->transaction == r->transaction)
            r->skip = q->skip;
    }
    if (q->run)
        return receive_group(e, r, q, a);
    receive_one(e, r, q, a);
    return 0;
}

/* ---- a new Request ---- */

static void fill(struct vmtp_engine *e, struct remote *r, struct request *q, struct arrival *a, vmtp_entity entity) {
    veng_request_begin(q, r, a, entity);
    q->in_run = 1;
    q->groups = run_groups(q->size);
    q->transaction = a->transaction + q->groups - 1u;
    r->transaction = q->transaction;
    r->skip = r->gap_told = 0;
    r->state = REMOTE_RUN;
    veng_request_client_mac(e, r, a, 0);
    veng_stream_heard(e, r, a->now);
}

/* No room for it.  The client of a run is to wait with what follows; the first of one is like any other Request. */
static int overflow(struct vmtp_engine *e, struct arrival *a, const struct entity *n, struct remote *r,
                    enum vmtp_counter reason) {
    uint32_t size = arrival_size(a);
    if ((n->accepts && size > n->largest) || !r || !(a->control & VMTP_NSR)) {
        if (reason == VMTP_COUNT_DROP_NO_ACCEPT)
            return veng_request_no_accept(e, a, n);
        return veng_request_refuse(e, a, VMTP_BUSY, reason);
    }
    tell(e, a, r->transaction, 0, VMTP_MSGTRANS_OVERFLOW);
    if (reason == VMTP_COUNT_DROP_NO_RECORD)
        veng_batch_ask(e, r);
    e->counters[reason]++;
    return (int)reason;
}

/*
 * Those of a run wait for each other: if they had all records, and the first could be answered only by what needs one more, they would
 * wait for ever.
 */
static int is_for_others(const struct vmtp_engine *e, const struct remote *r) {
    return r->request != NONE && e->requests.used + 1u >= e->requests.count;
}

static struct request *take_records(struct vmtp_engine *e, struct arrival *a, struct entity *n, struct remote *r,
                                    enum vmtp_counter *reason) {
    uint32_t size = arrival_size(a);
    *reason = VMTP_COUNT_DROP_NO_RECORD;
    if (r->length >= VENG_RUN_REQUESTS || is_for_others(e, r))
        return NULL;
    struct run *run = size > VMTP_GROUP_OCTETS ? veng_pool_take(&e->runs) : NULL;
    *reason = VMTP_COUNT_DROP_NO_RUN;
    if (size > VMTP_GROUP_OCTETS && !run)
        return NULL;
    *reason = VMTP_COUNT_DROP_NO_ACCEPT;
    uint32_t accept = veng_accept_take(e, n, size);
    struct request *q = accept != NONE ? veng_request_make(e, r) : NULL;
    if (q) {
        q->run = run;
        q->accept = accept;
        if (run)
            veng_run_receive(run, size);
        return q;
    }
    if (accept != NONE) {
        veng_accept_give_back(e, accept);
        *reason = VMTP_COUNT_DROP_NO_RECORD;
    }
    veng_run_free(e, &run);
    return NULL;
}

/* r is there, and its Transaction the one before. */
static int take(struct vmtp_engine *e, struct arrival *a, struct entity *n, struct remote *r) {
    uint32_t size = arrival_size(a);
    enum vmtp_counter reason;
    if ((size > VMTP_GROUP_OCTETS) != ((a->control & VMTP_CMG) != 0))
        return DROP(e, DROP_MISMATCH);
    struct request *q = take_records(e, a, n, r, &reason);
    if (!q)
        return overflow(e, a, n, r, reason);
    append(e, r, q);
    fill(e, r, q, a, n->id);
    return receive(e, r, q, a);
}

/* A forwarder has sent it, and where its Client lives is not known (H42). */
static int is_from_nowhere(const struct vmtp_engine *e, const struct arrival *a) {
    return vmtp_get_forward_count(a->h) > 0 && !veng_entity_find(e, a->client) && !veng_host_find(e, a->client);
}

/* A client that may have lived long is asked for first: what it sends it will send again (section 8.2). */
static int probe_first(struct vmtp_engine *e, struct arrival *a, const struct entity *n) {
    struct remote *r = veng_remote_make(e, a->client, n->id);
    if (!r)
        return veng_request_refuse(e, a, VMTP_BUSY, VMTP_COUNT_DROP_NO_RECORD);
    r->transaction = a->transaction - 1u;
    r->state = REMOTE_AWAITING_PROBE;
    veng_request_client_mac(e, r, a, 1);
    if (veng_request_probe(e, r, a))
        veng_remote_free(e, r);
    return veng_request_refuse(e, a, VMTP_BUSY, VMTP_COUNT_DROP_AWAITING_PROBE);
}

/* The beginning of a run, or a message of several packet groups by itself, or a Request whose Response may be large. */
static int start(struct vmtp_engine *e, struct arrival *a, struct entity *n, struct remote *r) {
    if (r && r->probing == PROBING_UNKNOWN)
        return veng_request_refuse(e, a, VMTP_BUSY, VMTP_COUNT_DROP_AWAITING_PROBE);
    veng_request_supersede(e, a);
    if (!r && (veng_request_needs_probe(e, n, a) || is_from_nowhere(e, a)))
        return probe_first(e, a, n);
    int fresh = r == NULL;
    if (!r)
        r = veng_remote_make(e, a->client, n->id);
    if (!r)
        return veng_request_refuse(e, a, VMTP_BUSY, VMTP_COUNT_DROP_NO_RECORD);
    int dropped = take(e, a, n, r);
    if (r->state != REMOTE_RUN && fresh)
        veng_remote_free(e, r);
    else if (fresh && vmtp_get_forward_count(a->h) == 0)
        veng_host_hint(e, a->client, a->rx->src);
    return dropped;
}

static int follow(struct vmtp_engine *e, struct arrival *a, struct entity *n, struct remote *r) {
    int once = (a->control & VMTP_NRT) && arrival_size(a) <= VMTP_GROUP_OCTETS, careless = once || (a->code & VMTP_DGM);
    if (!r || r->state != REMOTE_RUN)
        return careless ? start(e, a, n, r) : veng_request_refuse(e, a, VMTP_NO_RUN_RECORD, VMTP_COUNT_DROP_OUT_OF_ORDER);
    if (a->transaction == r->transaction + (r->skip ? 256u : 1u) || careless)
        return take(e, a, n, r);
    if (!r->gap_told || (a->control & VMTP_APG))
        tell(e, a, r->transaction, 0, VMTP_RETRY_ALL);
    r->gap_told = 1;
    return DROP(e, DROP_OUT_OF_ORDER);
}

/* ---- arrival ---- */

static int again(struct vmtp_engine *e, struct arrival *a, struct remote *r, struct request *q) {
    if (q->state == REQUEST_RECEIVING) {
        if (!veng_group_consistent(q->header, a->h))
            return DROP(e, DROP_MISMATCH);
        return receive(e, r, q, a);
    }
    note_retransmit(r, q, a);
    int ask = (a->control & VMTP_APG) != 0;
    int answered = q->state == REQUEST_RESPONDED && veng_batch_repeat(e, r, q, ask);
    if (!answered && ask)
        tell(e, a, q->transaction, 0xffffffffu, VMTP_OK);
    return DROP(e, DROP_DUPLICATE);
}

/* It was accepted, and its Response is not held any more. */
static int forgotten(struct vmtp_engine *e, struct arrival *a) {
    if ((a->control & VMTP_APG) && !(a->code & VMTP_DGM))
        veng_notify_client(e, a, 0, VMTP_RESPONSE_DISCARDED);
    return DROP(e, DROP_DUPLICATE);
}

/* The last Request of a run comes again, perhaps as if it were alone: its client takes the others for lost. */
int veng_stream_repeated(struct vmtp_engine *e, struct arrival *a, struct remote *r) {
    struct request *q = find(e, r, a->transaction);
    veng_stream_heard(e, r, a->now);
    return q ? again(e, a, r, q) : forgotten(e, a);
}

int veng_stream_arrived(struct vmtp_engine *e, struct arrival *a, struct entity *n) {
    struct remote *r = veng_remote_find(e, a->client, n->id);
    if (a->multicast && !(a->code & VMTP_DGM))
        return DROP(e, DROP_STREAMING);
    if (r && r->state == REMOTE_RUN) {
        struct request *q = find(e, r, a->transaction);
        veng_stream_heard(e, r, a->now);
        if (q)
            return again(e, a, r, q);
        if (r->transaction - a->transaction < 256u)
            return forgotten(e, a);
    }
    if (veng_request_left_behind(e, a))
        return DROP(e, DROP_OLD_TRANSACTION);
    if (r && r->transaction == a->transaction && r->state != REMOTE_AWAITING_PROBE) {
        if (r->state == REMOTE_DISCARDED)
            veng_remote_hold(e, r, REMOTE_DISCARDED, a->now);
        return forgotten(e, a);
    }
    return a->control & VMTP_NSR ? follow(e, a, n, r) : start(e, a, n, r);
}

/* ---- time ---- */

/* A Request that does not become whole.  Its client knows that it was not executed, and nor is what stands behind it in the run. */
static void give_up(struct vmtp_engine *e, struct remote *r, struct request *q, vmtp_time now) {
    int careless = !veng_request_asks(q);
    if (!careless)
        veng_notify_sender_of(e, r, q, q->transaction, q->have, VMTP_TOO_MANY_RETRIES);
    COUNT(e, DROP_INCOMPLETE);
    if (careless) {
        veng_request_drop(e, q, now);
        deliver(e, r);
        return;
    }
    r->transaction = request_first(q) - 1u; /* it can still come, and they behind it */
    r->skip = r->gap_told = 0;
    while (q) {
        struct request *following = request_newer(e, q);
        veng_request_drop(e, q, now);
        q = following;
    }
}

static void receiving_timeout(struct vmtp_engine *e, struct request *q, vmtp_time now) {
    struct remote *r = remote_at(e, q->remote);
    int silent = !veng_request_asks(q);
    if (silent && (vmtp_get_code(q->header) & VMTP_MDM) && !q->run) {
        vmtp_put_msg_delivery(q->header, q->have);
        complete(e, r, q);
        return;
    }
    if (q->run && !silent && q->run->base > q->run->seen)
        return; /* all that has been sent is here, and its client takes its time: TS2 is for that */
    if (silent || q->retries >= e->config.timers.ack_retries) {
        give_up(e, r, q, now);
        return;
    }
    q->retries++;
    if (q->run) {
        veng_run_asked(q->run, now);
        veng_notify_sender_of(e, r, q, request_first(q) + q->run->base, q->run->mask[q->run->base], VMTP_RETRY);
    } else {
        lack_asked(&q->lack, now);
        veng_notify_sender_of(e, r, q, q->transaction, q->have, VMTP_RETRY);
    }
    veng_timer_set(&e->wheel, &q->timer, now + patience(e, q));
}

void veng_stream_timeout(struct vmtp_engine *e, struct request *q, vmtp_time now) {
    if (q->remote == NONE)
        return;
    if (q->state == REQUEST_RECEIVING)
        receiving_timeout(e, q, now);
    else if (q->state == REQUEST_RESPONDED)
        veng_batch_timeout(e, q, now);
}

/* TS4 without a word of the client: what is answered is acknowledged by that; what is not, waits for TS2. */
void veng_stream_quiet(struct vmtp_engine *e, struct remote *r, vmtp_time now) {
    int busy = 0;
    for (const struct request *q = remote_oldest(e, r); q; q = request_newer(e, q))
        busy |= q->state != REQUEST_RESPONDED;
    if (busy && r->idle < 255u)
        r->idle++;
    if (busy && (e->config.timers.ts2 == 0 || r->idle * e->config.timers.ts4 < e->config.timers.ts2)) {
        veng_timer_set(&e->wheel, &r->timer, now + e->config.timers.ts4);
        return;
    }
    if (busy)
        COUNT(e, ORPHANS);
    veng_stream_end(e, r, now);
    if (!busy)
        veng_remote_free(e, r);
}
