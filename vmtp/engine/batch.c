/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * batch.c - Responses of runs and Responses of several packet groups: their order, what they acknowledge, what is acknowledged of
 * them (RFC 1045 sections 2.11, 2.14; spec/vmtp.md section 13.3).
 */
#include "internal.h"

#define ASK_EVERY 8u /* of so many Responses that are held, one asks whether they may be forgotten */
#define PGCOUNT_MOST 255u
/* What the control word of a Response has of its Request's: RetransmitCount, ForwardCount, Priority. */
#define OF_REQUEST 0x007f00f0u
#define SKIPPED 255u /* Transactions behind STI */
/* Requests that one Response answers: a client's window is not to stand still for it. */
#define BATCH_MOST (RUN_WINDOW_FIRST / 2u)

static uint32_t response_groups(const struct request *q) { return q->tx.run ? q->tx.run->groups : 1u; }

/* ---- sending ---- */

static void ask(struct request *q) { vmtp_put_control(q->tx.header, vmtp_get_control(q->tx.header) | VMTP_APG); }
static void do_not_ask(struct request *q) {
    vmtp_put_control(q->tx.header, vmtp_get_control(q->tx.header) & ~VMTP_APG);
}

/* Are so many Requests answered since a Response has asked that they would fill the tables? */
static int time_to_ask(const struct vmtp_engine *e, const struct remote *r) {
    unsigned held = 0;
    for (const struct request *q = remote_oldest(e, r); q; q = request_newer(e, q)) {
        int asked = !q->batched && (q->tx.run || (vmtp_get_control(q->tx.header) & VMTP_APG));
        held = q->answered && asked ? 0 : held + q->answered;
    }
    return held >= ASK_EVERY - 1u || (held && veng_short_of_records(e));
}

static void send_response(struct vmtp_engine *e, struct remote *r, struct request *q, uint32_t covered) {
    uint8_t *h = q->tx.header;
    uint32_t own = vmtp_get_control(q->header) & (VMTP_NSR | OF_REQUEST);
    vmtp_put_control(h, own | (q->more ? VMTP_NER : 0) | vmtp_control(0, 0, 0, covered, 0, VMTP_RESPONSE));
    if (!q->tx.run && time_to_ask(e, r))
        ask(q);
    q->answered = 1;
    q->tx.gap = (vmtp_time)vmtp_get_gap(q->header) * e->packet_time / 32u;
    memcpy(q->tx.mac, r->mac, 6);
    q->tx.pending = q->tx.run ? 0 : q->want;
    q->tx.bare = !veng_send_has_more(&q->tx);
    veng_send_queue(e, &q->tx);
}

/* A later Response stands for q as well.  closing: it is not waited for any longer. */
static int goes_with_next(const struct vmtp_engine *e, const struct remote *r, const struct request *first,
                          const struct request *q, int closing) {
    const struct request *following = request_newer(e, q);
    if (!q->batched)
        return 0;
    if (!following)
        return !closing && r->transaction == q->transaction; /* else a Request between them was refused an answer */
    if (request_first(following) != q->transaction + 1u || following->transaction - request_first(first) > PGCOUNT_MOST)
        return 0;
    return !closing || following->state == REQUEST_RESPONDED;
}

/* Its packets have not been sent yet, or are about to be sent again. */
static int is_leaving(const struct request *q) {
    return q->tx.queued || veng_send_has_more(&q->tx) || (q->tx.run && q->tx.run->next < q->tx.run->groups);
}

/* Answers what can be answered in order: one after the other, lest the client misses the first when it has the second. */
static void push(struct vmtp_engine *e, struct remote *r, int closing) {
    struct request *first = NULL; /* of those that the next Response covers */
    unsigned count = 0;
    for (struct request *q = remote_oldest(e, r); q && q->state == REQUEST_RESPONDED; q = request_newer(e, q)) {
        if (q->answered && is_leaving(q))
            return;
        if (q->answered)
            continue;
        if (!first)
            first = q;
        if (++count < BATCH_MOST && goes_with_next(e, r, first, q, closing))
            continue;
        q->batched = 0;
        send_response(e, r, q, q->transaction - request_first(first));
        for (; first != q; first = request_newer(e, first)) {
            first->answered = 1;
            COUNT(e, RESPONSES_BATCHED);
        }
        return; /* the next when this has been sent */
    }
}

void veng_batch_go_on(struct vmtp_engine *e, struct remote *r) { push(e, r, 0); }

static void write_response(struct vmtp_engine *e, const struct remote *r, struct request *q,
                           const struct vmtp_reply *reply) {
    struct vmtp_message m = veng_message_with_segment(&reply->message, reply->segment_size);
    uint8_t *h = q->tx.header;
    m.server = q->entity;
    veng_response_header(e, r, h);
    vmtp_put_transaction(h, q->transaction);
    veng_message_write(h, &m);
    q->want = vmtp_blocks_mask(reply->segment_size);
    if ((m.code & (VMTP_SDA | VMTP_MDM)) == (VMTP_SDA | VMTP_MDM) && !q->tx.run)
        q->want &= m.words[5];
    q->tx.segment = reply->segment;
    q->tx.segment_size = reply->segment_size;
}

/*
 * One that waits for others before it keeps its record until they are answered, so the last is not for it: their answers may need it.
 * Whoever else has one gives it back by itself, after so many retries.
 */
static int may_take_run(const struct vmtp_engine *e, const struct remote *r, const struct request *q) {
    const struct request *before = remote_oldest(e, r);
    while (before != q && before->state == REQUEST_RESPONDED)
        before = request_newer(e, before);
    return before == q || e->runs.used + 1u < e->runs.count;
}

int veng_batch_reply(struct vmtp_engine *e, struct request *q, const struct vmtp_reply *reply, vmtp_time now) {
    struct remote *r = remote_at(e, q->remote);
    if (reply->segment_size > VMTP_GROUP_OCTETS) {
        q->tx.run = may_take_run(e, r, q) ? veng_pool_take(&e->runs) : NULL;
        if (!q->tx.run)
            return VMTP_E_FULL;
        veng_run_send(q->tx.run, reply->segment_size);
    }
    q->state = REQUEST_RESPONDED;
    q->release = reply->segment_size > 0;
    q->retries = 0;
    if (CODE24(reply->message.code) == VMTP_RESPONSE_DISCARDED) { /* those behind it need not wait */
        veng_request_drop(e, q, now);
        push(e, r, 0);
        return 0;
    }
    write_response(e, r, q, reply);
    q->have = 0; /* from here on: what the client says it has */
    q->solicit = q->tx.run || (q->release && ((reply->flags & VMTP_REPLY_CONFIRM) || e->config.timers.ts5_always));
    q->batched = (reply->flags & VMTP_REPLY_BATCH) && q->more && !q->release;
    push(e, r, 0);
    return 0;
}

static vmtp_time patience(const struct vmtp_engine *e, const struct request *q) {
    const struct vmtp_timers *k = &e->config.timers;
    vmtp_time first = q->tx.run && !q->retries ? veng_run_patience(q->tx.run) : 0;
    if (first && first < k->tc2_floor)
        return first;
    if (!q->tx.run && !q->retries)
        return k->ts5;
    return veng_doubled(e, k->tc2_floor, q->retries);
}

void veng_batch_sent(struct vmtp_engine *e, struct request *q, vmtp_time now) {
    if (q->solicit)
        veng_timer_set(&e->wheel, &q->timer, now + patience(e, q));
    push(e, remote_at(e, q->remote), 0);
}

/* Without data unless one packet holds it all: the client says what it lacks.  Of an idempotent one it does not, and begins anew. */
static void send_again(struct vmtp_engine *e, struct request *q, int asking) {
    if (q->tx.queued)
        return;
    COUNT(e, RESPONSE_RETRANSMITS);
    uint32_t control = vmtp_get_control(q->tx.header) & ~OF_REQUEST;
    int whole = (vmtp_get_code(q->tx.header) & VMTP_DGM) || veng_send_is_single(e, &q->tx, q->want);
    vmtp_put_control(q->tx.header, control | (vmtp_get_control(q->header) & OF_REQUEST));
    memcpy(q->tx.mac, remote_at(e, q->remote)->mac, 6);
    if (asking && q->release && !q->tx.run)
        ask(q);
    if (!q->tx.run && whole)
        q->tx.pending |= q->want;
    q->tx.bare = !veng_send_has_more(&q->tx);
    veng_send_queue(e, &q->tx);
}

/* Its Request has come again.  ask: its client wants to know how things are.  0: there is nothing to be sent for it yet. */
int veng_batch_repeat(struct vmtp_engine *e, struct remote *r, struct request *q, int ask) {
    struct request *sent = q;
    if (!q->answered && ask) {
        push(e, r, 1);
        return q->answered;
    }
    while (sent && sent->batched) /* the next that was sent stands for it */
        sent = request_newer(e, sent);
    if (q->answered && sent)
        send_again(e, sent, 1);
    return q->answered;
}

/* There is no room for more of this run: what is answered may have arrived. */
void veng_batch_ask(struct vmtp_engine *e, struct remote *r) {
    struct request *last = NULL;
    for (struct request *q = remote_oldest(e, r); q; q = request_newer(e, q))
        if (q->answered && !q->batched)
            last = q;
    if (!last || is_leaving(last))
        return;
    ask(last);
    send_again(e, last, 1);
}

/* ---- NotifyVmtpServer ---- */

/* It is not needed any more, nor are those that it stands for: a segment comes home, and all of it is forgotten. */
static void release(struct vmtp_engine *e, struct remote *r, struct request *last, vmtp_time now) {
    struct request *first = NULL;
    for (struct request *q = remote_oldest(e, r); q != last; q = request_newer(e, q))
        first = !q->batched ? NULL : first ? first : q;
    while (first && first != last) {
        struct request *following = request_newer(e, first);
        veng_request_drop(e, first, now);
        first = following;
    }
    veng_request_drop(e, last, now);
}

/* An acknowledgment is one for all before it as well. */
static void release_through(struct vmtp_engine *e, struct remote *r, const struct request *last, vmtp_time now) {
    struct request *q;
    int done = 0;
    while (!done && (q = remote_oldest(e, r)) != NULL && q->answered) {
        done = q == last;
        veng_request_drop(e, q, now);
    }
}

static int stalls(struct vmtp_engine *e, struct request *q, vmtp_time now) {
    if (q->retries++ < e->config.timers.response_retries)
        return 0;
    COUNT(e, RESPONSES_UNACKED);
    release(e, remote_at(e, q->remote), q, now);
    return 1;
}

/* So many blocks more than before. */
static void send_more(struct vmtp_engine *e, struct request *q, uint32_t blocks) {
    e->counters[VMTP_COUNT_BLOCKS_RETRANSMITTED] += blocks;
    if (!veng_send_has_more(&q->tx))
        return;
    veng_timer_stop(&e->wheel, &q->timer);
    veng_send_queue(e, &q->tx);
}

/* Of a Response of several groups. */
static void send_missing_of_run(struct vmtp_engine *e, struct request *q, unsigned group, uint32_t delivery,
                                vmtp_time now) {
    uint32_t waiting = run_waiting(q->tx.run, group);
    uint32_t blocks = veng_run_lacks(q->tx.run, group, delivery, e->config.timers.response_retries, now);
    if (blocks == NONE) {
        COUNT(e, RESPONSES_UNACKED);
        release(e, remote_at(e, q->remote), q, now);
        return;
    }
    q->retries = 0;
    if (blocks)
        veng_pace_run_loss(e, &q->tx, group, delivery | waiting, now);
    send_more(e, q, blocks);
}

static void send_missing(struct vmtp_engine *e, struct request *q, uint32_t delivery, vmtp_time now) {
    uint32_t missing = q->tx.queued ? 0 : q->want & ~delivery;
    if (delivery & ~q->have)
        q->retries = 0;
    q->have |= delivery;
    if (missing && stalls(e, q, now))
        return;
    if (missing) {
        do_not_ask(q);
        veng_pace_loss(e, &q->tx, delivery, now);
    }
    q->tx.pending |= missing;
    send_more(e, q, (uint32_t)__builtin_popcount(missing));
}

static void acknowledged(struct vmtp_engine *e, struct remote *r, struct request *q, unsigned group, vmtp_time now) {
    struct run *run = q->tx.run;
    if (run) {
        unsigned before = run->base;
        veng_run_acknowledged(run, group + 1u, now);
        veng_pace_run_whole(e, &q->tx, before, run->base, now);
        q->retries = 0;
    }
    if (run && !run_all_acknowledged(run))
        send_more(e, q, 0);
    else
        release_through(e, r, q, now);
}

/* The client misses Responses behind this one.  It is told the same five times. */
static int send_all_again(struct vmtp_engine *e, struct remote *r, uint32_t transact, vmtp_time now) {
    int found = 0;
    for (struct request *q = remote_oldest(e, r); q; q = request_newer(e, q)) {
        uint32_t last = q->transaction + response_groups(q) - 1u;
        if (!q->answered || q->batched || (int32_t)(last - transact) <= 0)
            continue;
        if (!found++ && !q->tx.queued && stalls(e, q, now))
            return 1;
        if (q->tx.queued)
            continue;
        if (q->tx.run)
            veng_run_again(q->tx.run, q->tx.run->base);
        else
            q->tx.pending = q->want;
        do_not_ask(q);
        send_again(e, q, 0);
    }
    return found;
}

static struct request *find(const struct vmtp_engine *e, const struct remote *r, uint32_t transact) {
    struct request *q = remote_oldest(e, r);
    while (q && (!q->answered || transact - q->transaction >= response_groups(q)))
        q = request_newer(e, q);
    return q;
}

/* The client takes it later: all of it. */
static void wait_for_client(struct vmtp_engine *e, struct request *q, vmtp_time now) {
    q->retries = 0;
    q->solicit = 1;
    veng_send_unqueue(e, &q->tx);
    if (q->tx.run)
        veng_run_again(q->tx.run, 0);
    veng_timer_set(&e->wheel, &q->timer, now + e->config.timers.ts5);
}

/* About a Response that is not held.  If it is of the run so far, and none that is still to come, it was. */
static int unknown(struct vmtp_engine *e, const struct remote *r, uint32_t code, uint32_t transact) {
    uint32_t last = r->transaction + (r->skip ? SKIPPED : 0u);
    if (code != VMTP_RETRY || last - transact > 2u * SKIPPED)
        return DROP(e, DROP_BAD_NOTIFY);
    for (const struct request *q = remote_oldest(e, r); q; q = request_newer(e, q))
        if (transact - request_first(q) < q->groups + (q->skip ? SKIPPED : 0u))
            return DROP(e, DROP_BAD_NOTIFY);
    veng_notify_client_of(e, r, transact, 0, VMTP_RESPONSE_DISCARDED);
    return DROP(e, DROP_BAD_NOTIFY);
}

int veng_batch_told(struct vmtp_engine *e, struct remote *r, struct arrival *a, uint32_t code, uint32_t transact,
                    uint32_t delivery) {
    struct request *q = find(e, r, transact);
    unsigned group = q ? transact - q->transaction : 0;
    veng_stream_heard(e, r, a->now);
    if (code == VMTP_RETRY_ALL ? !send_all_again(e, r, transact, a->now) : !q)
        return unknown(e, r, code, transact);
    COUNT(e, NOTIFY_IN);
    switch (code) {
    case VMTP_OK: acknowledged(e, r, q, group, a->now); break;
    case VMTP_RETRY:
        if (q->tx.run)
            send_missing_of_run(e, q, group, delivery, a->now);
        else
            send_missing(e, q, delivery, a->now);
        break;
    case VMTP_RETRY_ALL: break;
    case VMTP_BUSY: wait_for_client(e, q, a->now); break;
    default: release(e, r, q, a->now); break;
    }
    push(e, r, 0);
    return 0;
}

/* Nobody has said what came of the Response. */
void veng_batch_timeout(struct vmtp_engine *e, struct request *q, vmtp_time now) {
    struct remote *r = remote_at(e, q->remote);
    if ((q->tx.run && !q->retries && veng_run_probe(q->tx.run)) || !stalls(e, q, now))
        send_again(e, q, 1);
    else
        push(e, r, 0);
}
