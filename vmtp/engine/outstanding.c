/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * outstanding.c - the calls of one client: a list, oldest first, of which only one that streams has more than one
 * (RFC 1045 section 2.11; spec/vmtp.md section 13.3).
 *
 * They are sent one after the other as far as the window allows, only the oldest has a timer, and they complete in order.
 */
#include "internal.h"

static struct entity *client_of(const struct vmtp_engine *e, const struct call *c) { return entity_at(e, c->entity); }

static struct call *oldest(const struct vmtp_engine *e, const struct entity *n) {
    return n->call != NONE ? call_at(e, n->call) : NULL;
}

static struct call *next(const struct vmtp_engine *e, const struct call *c) {
    return c->newer != NONE ? call_at(e, c->newer) : NULL;
}

/* ---- the list ---- */

void veng_outstanding_add(struct vmtp_engine *e, struct entity *n, struct call *c) {
    uint32_t index = pool_index(&e->calls, c);
    c->newer = NONE;
    c->behind = n->call != NONE;
    if (c->behind)
        call_at(e, n->newest)->newer = index;
    else
        n->call = index;
    n->newest = index;
}

static void take_out(struct vmtp_engine *e, struct entity *n, struct call *c) {
    uint32_t *link = &n->call, before = NONE;
    while (call_at(e, *link) != c) {
        before = *link;
        link = &call_at(e, *link)->newer;
    }
    *link = c->newer;
    if (n->newest == pool_index(&e->calls, c))
        n->newest = before;
}

uint32_t veng_call_last(const struct call *c) { return vmtp_get_transaction(c->tx.header) + c->groups - 1u; }

struct call *veng_outstanding_asked(const struct vmtp_engine *e, const struct entity *n, uint32_t transaction) {
    struct call *c = oldest(e, n);
    while (c && transaction - vmtp_get_transaction(c->tx.header) >= c->groups)
        c = next(e, c);
    return c;
}

struct call *veng_outstanding_answered(const struct vmtp_engine *e, const struct entity *n, uint32_t transaction) {
    struct call *c = oldest(e, n);
    while (c && transaction - veng_call_last(c) > (c->skip ? 255u : 0u))
        c = next(e, c);
    return c;
}

/* Of a run, also if that goes one by one. */
int veng_call_among_others(const struct vmtp_engine *e, const struct call *c) {
    return veng_call_in_run(c) || c->newer != NONE || !call_is_oldest(e, c);
}

/* ---- starting ---- */

static int is_under_way(const struct call *c) {
    return c->state == CALL_AWAITING_RESPONSE || c->state == CALL_RECEIVING_RESPONSE;
}

static uint32_t weight(const struct entity *n, const struct call *c) {
    return c->groups < n->window ? c->groups : n->window;
}

/* Later Requests go out behind it: it has been sent, or given to its server here, and no server has said that it is busy. */
static int lets_pass(const struct call *c) {
    if (c->state == CALL_LOCAL)
        return c->request != NONE;
    if (c->state == CALL_HELD || c->state == CALL_RECEIVING_RESPONSE)
        return 1;
    return c->state != CALL_LOCATING && !c->whole && !c->tx.queued && !c->tx.bare && !veng_send_has_more(&c->tx);
}

/* The first that waits, if it may go now. */
static struct call *may_start(const struct vmtp_engine *e, const struct entity *n) {
    uint32_t weights = 0;
    const struct call *before = NULL;
    for (struct call *c = oldest(e, n); c; before = c, c = next(e, c)) {
        if (is_under_way(c))
            weights += weight(n, c);
        if (c->state != CALL_WAITING)
            continue;
        if (before && (!lets_pass(before) || weights + weight(n, c) > (n->serial ? 1u : n->window)))
            return NULL;
        return c;
    }
    return NULL;
}

void veng_outstanding_push(struct vmtp_engine *e, struct entity *n, vmtp_time now) {
    struct call *c;
    while (n->call != NONE && (c = may_start(e, n)) != NULL) {
        c->state = CALL_AWAITING_RESPONSE;
        veng_call_start(e, c, now);
    }
}

/* ---- ending ---- */

/* The oldest has the timer of all. */
static void watch_oldest(struct vmtp_engine *e, struct entity *n, vmtp_time now) {
    struct call *c = oldest(e, n);
    if (c && c->state == CALL_AWAITING_RESPONSE && c->sent && !c->tx.queued && !timer_running(&c->timer))
        veng_call_group_sent(e, c, now);
}

static void finish_held(struct vmtp_engine *e, struct entity *n, vmtp_time now) {
    struct call *c;
    while (!n->unsettled && (c = oldest(e, n)) != NULL && c->state == CALL_HELD) {
        take_out(e, n, c);
        veng_call_end(e, c, c->result, now);
    }
}

void veng_outstanding_settled(struct vmtp_engine *e, struct call *c, vmtp_time now) {
    struct entity *n = client_of(e, c);
    if (!n->live || n->id != vmtp_get_client(c->tx.header) || !n->unsettled) /* it was deleted meanwhile */
        return;
    n->unsettled--;
    finish_held(e, n, now);
    watch_oldest(e, n, now);
    veng_outstanding_push(e, n, now);
}

/* A run that has lost one of its Requests cannot go on behind it. */
static void break_run(struct vmtp_engine *e, struct entity *n, struct call *from, uint32_t result, vmtp_time now) {
    while (from) {
        struct call *following = next(e, from);
        uint32_t why = from->state == CALL_HELD ? from->result : result;
        if (e->sequences) /* no Response will tell its number */
            veng_sequence_over(e, from, 0);
        if (n->unsettled && n->live) {
            veng_call_hold(e, from, why, now);
        } else {
            take_out(e, n, from);
            veng_call_end(e, from, why, now);
        }
        from = following;
    }
    if (n->newest != NONE)
        call_at(e, n->newest)->more = 0; /* so nothing joins it */
}

static void remove_among_others(struct vmtp_engine *e, struct entity *n, struct call *c, uint32_t result, vmtp_time now) {
    struct call *following = next(e, c);
    int answered = result == VMTP_OK || result == VMTP_BAD_REPLY_SEGMENT;
    int ours = c->purpose != FOR_USER;
    take_out(e, n, c);
    veng_call_end(e, c, result, now);
    if (ours || n->call == NONE)
        return;
    if (!answered)
        break_run(e, n, following, result, now);
    finish_held(e, n, now);
    watch_oldest(e, n, now);
    veng_outstanding_push(e, n, now);
}

void veng_outstanding_remove(struct vmtp_engine *e, struct call *c, uint32_t result, vmtp_time now) {
    struct entity *n = c->entity != NONE ? client_of(e, c) : NULL; /* a forwarded Request is nobody's call */
    if (n && n->call != n->newest) {
        remove_among_others(e, n, c, result, now);
        return;
    }
    if (n)
        n->call = n->newest = NONE;
    veng_call_end(e, c, result, now);
}

/* ---- what a server says about a run ---- */

static void stop_sending(struct vmtp_engine *e, struct call *c) {
    veng_send_cancel(e, &c->tx);
    veng_timer_stop(&e->wheel, &c->timer);
}

/* To be sent again, from this Transaction on; starting is for the window. */
static void rewind_call(struct vmtp_engine *e, struct call *c, uint32_t from) {
    uint32_t first = vmtp_get_transaction(c->tx.header);
    uint32_t group = from - first < c->groups ? from - first : 0;
    stop_sending(e, c);
    if (c->tx.run)
        veng_run_again(c->tx.run, group);
    c->whole = 0;
    c->state = CALL_WAITING;
}

/* A server here that leaves keeps nothing of it; what is in hand goes along, and counts as sent. */
static void take_back(struct vmtp_engine *e, struct call *c) {
    struct request *q = c->request != NONE ? request_at(e, c->request) : NULL;
    if (!q)
        return;
    if (veng_request_in_hand(q))
        c->sent = 1;
    q->call = c->request = NONE;
    q->state = REQUEST_OVER;
    veng_request_free(e, q);
}

/* One that is under way, is looked for, or is at a server here. */
static int is_with(const struct vmtp_engine *e, const struct call *c, vmtp_entity server) {
    if (c->server != server || c->locate != server || c->purpose != FOR_USER || c->datagram)
        return 0;
    return veng_call_among_others(e, c) && (is_under_way(c) || c->state == CALL_LOCATING || c->state == CALL_LOCAL);
}

void veng_outstanding_elsewhere(struct vmtp_engine *e, struct entity *n, vmtp_entity server, vmtp_time now) {
    struct host *h = veng_host_find(e, server);
    int any = 0;
    for (struct call *c = oldest(e, n); c; c = next(e, c)) {
        if (!is_with(e, c, server))
            continue;
        if (c->state == CALL_LOCATING)
            veng_locate_cancel(e, c);
        if (c->state == CALL_LOCAL)
            take_back(e, c);
        veng_timer_stop(&e->wheel, &c->first.timer);
        rewind_call(e, c, vmtp_get_transaction(c->tx.header));
        c->retries = 0;
        c->host = NONE;
        c->moved = 1;
        any = 1;
    }
    if (!any)
        return;
    if (h && h->state == HOST_KNOWN)
        veng_host_forget(e, h);
    veng_outstanding_push(e, n, now);
}

static int is_at_or_after(const struct call *c, uint32_t transaction) {
    return (int32_t)(veng_call_last(c) - transaction) >= 0;
}

/* Five times for the same Request is enough. */
static int stalls(struct vmtp_engine *e, struct call *c, vmtp_time now) {
    if (c->stalls++ < e->config.timers.request_retries)
        return 0;
    veng_call_finish(e, c, VMTP_RETRANS_TIMEOUT, now);
    return 1;
}

/* All that was sent from this Transaction on goes out again, in order. */
static void go_back(struct vmtp_engine *e, struct entity *n, uint32_t from, vmtp_time now) {
    for (struct call *c = oldest(e, n); c; c = next(e, c))
        if (c->state == CALL_AWAITING_RESPONSE && is_at_or_after(c, from))
            rewind_call(e, c, from);
    n->resend = 0;
    veng_outstanding_push(e, n, now);
}

/*
 * RETRY_ALL, or that nothing is known of the run.  Several packets of one transmission may have been answered so, and some answers come
 * late: only what speaks of a transmission that is under way counts.
 */
static void told_to_go_back(struct vmtp_engine *e, struct entity *n, uint32_t from, unsigned count, vmtp_time now) {
    struct call *first = NULL;
    int current = 0;
    for (struct call *c = oldest(e, n); c; c = next(e, c)) {
        if (c->state != CALL_AWAITING_RESPONSE || !is_at_or_after(c, from))
            continue;
        if (!first)
            first = c;
        current |= (c->retransmits & 7u) == count;
    }
    if (current && !first->tx.queued && !first->whole && !stalls(e, first, now)) /* whole: its server is busy, and it waits */
        go_back(e, n, from, now);
}

/* All calls before the one at this Transaction have reached the server. */
static void acknowledge_before(struct vmtp_engine *e, const struct entity *n, uint32_t transaction, vmtp_time now) {
    for (struct call *c = oldest(e, n); c && !is_at_or_after(c, transaction); c = next(e, c)) {
        if (c->tx.run)
            veng_run_acknowledged(c->tx.run, c->groups, now);
        if (call_is_oldest(e, c) && c->state == CALL_AWAITING_RESPONSE)
            veng_call_acknowledged(e, c, now); /* which has the timer of all */
        c->acknowledged = 1;
        c->retries = 0;
    }
}

/*
 * The oldest was sent again by timer, and the server has it.  Whether it has those behind it, it tells when it sees the last of them
 * again: by OK, which is for all, or by RETRY_ALL.
 */
static void ask_about_last(struct vmtp_engine *e, struct entity *n, struct call *c, vmtp_time now) {
    struct call *last = NULL;
    n->resend = 0;
    while ((c = next(e, c)) != NULL)
        if (c->state == CALL_AWAITING_RESPONSE)
            last = c;
    if (last && !last->acknowledged && !last->tx.queued)
        veng_call_ask(e, last, now);
}

static void wait_for_server(struct vmtp_engine *e, struct entity *n, struct call *first, vmtp_time now) {
    for (struct call *c = next(e, first); c; c = next(e, c))
        if (c->state == CALL_AWAITING_RESPONSE)
            rewind_call(e, c, vmtp_get_transaction(c->tx.header));
    n->resend = 0;
    stop_sending(e, first);
    if (first->tx.run)
        veng_run_again(first->tx.run, 0);
    first->state = CALL_AWAITING_RESPONSE;
    veng_call_back_off(e, first, now);
}

/*
 * MSGTRANS_OVERFLOW: fewer at once.  What was accepted is being worked on, and as it is answered the window has room again; when
 * there is nothing of that kind, time has to pass.
 */
static void overflow(struct vmtp_engine *e, struct entity *n, uint32_t transact, vmtp_time now) {
    struct call *first = NULL;
    COUNT(e, RUN_OVERFLOWS);
    for (struct call *c = oldest(e, n); c; c = next(e, c)) {
        if (c->state != CALL_AWAITING_RESPONSE || !is_at_or_after(c, transact + 1u))
            continue;
        if (!first)
            first = c;
        if (c->tx.run)
            veng_run_shrink(c->tx.run);
        rewind_call(e, c, transact + 1u);
    }
    if (!first) /* that has been said before: each Request that was too much is told of */
        return;
    n->window = n->window > 1 ? n->window / 2u : 1;
    if (call_is_oldest(e, first))
        wait_for_server(e, n, first, now);
}

/* The server does not stream: one by one, if one packet group is enough. */
static void fall_back(struct vmtp_engine *e, struct entity *n, struct call *c, vmtp_time now) {
    veng_call_no_streams(e, oldest(e, n));
    if (c->tx.run)
        veng_call_finish(e, c, VMTP_STREAMING_NOT_SUPPORTED, now);
    struct call *first = oldest(e, n);
    for (struct call *i = first; i; i = next(e, i))
        if (i->state == CALL_AWAITING_RESPONSE)
            rewind_call(e, i, vmtp_get_transaction(i->tx.header));
    if (first && !stalls(e, first, now))
        veng_outstanding_push(e, n, now);
}

/* The server has nothing of this run: the oldest open Request begins it anew. */
static void restart(struct vmtp_engine *e, struct entity *n, unsigned count, vmtp_time now) {
    struct call *first = oldest(e, n);
    uint8_t *h = first->tx.header;
    if (first->state != CALL_AWAITING_RESPONSE || first->tx.queued)
        return;
    vmtp_put_control(h, vmtp_get_control(h) & ~VMTP_NSR);
    told_to_go_back(e, n, vmtp_get_transaction(h), count, now);
}

/* The message of several groups: what has arrived of it. */
static void progress(struct vmtp_engine *e, struct call *c, unsigned below, vmtp_time now) {
    unsigned before = c->tx.run->base;
    veng_run_acknowledged(c->tx.run, below, now);
    if (c->tx.run->base > before) {
        c->stalls = 0;
        veng_pace_run_whole(e, &c->tx, before, c->tx.run->base, now);
    }
    c->retries = 0;
    if (run_all_acknowledged(c->tx.run)) {
        veng_call_acknowledged(e, c, now);
    } else if (veng_send_has_more(&c->tx)) {
        veng_timer_stop(&e->wheel, &c->timer);
        veng_send_queue(e, &c->tx);
    }
}

static void missing(struct vmtp_engine *e, struct call *c, uint32_t group, uint32_t delivery, vmtp_time now) {
    uint32_t waiting = run_waiting(c->tx.run, group);
    uint32_t blocks = veng_run_lacks(c->tx.run, group, delivery, e->config.timers.request_retries, now);
    if (blocks == NONE) {
        veng_call_finish(e, c, VMTP_RETRANS_TIMEOUT, now);
        return;
    }
    if (blocks && !c->tx.queued) {
        c->retransmits++;
        veng_call_count(c);
    }
    if (blocks)
        veng_pace_run_loss(e, &c->tx, group, delivery | waiting, now);
    e->counters[VMTP_COUNT_BLOCKS_RETRANSMITTED] += blocks;
    c->retries = 0;
    if (veng_send_has_more(&c->tx)) {
        veng_timer_stop(&e->wheel, &c->timer);
        veng_send_queue(e, &c->tx);
    }
}

/* 1: it concerned the run as such; 0: it is about this one Request like any. */
int veng_outstanding_told(struct vmtp_engine *e, struct call *c, uint32_t code, uint32_t transact, uint32_t delivery,
                          unsigned count, vmtp_time now) {
    struct entity *n = client_of(e, c);
    uint32_t group = transact - vmtp_get_transaction(c->tx.header);
    switch (code) {
    case VMTP_OK:
        acknowledge_before(e, n, vmtp_get_transaction(c->tx.header), now);
        if (c->tx.run)
            progress(e, c, group + 1u, now);
        else if (call_is_oldest(e, c))
            veng_call_acknowledged(e, c, now);
        else
            c->acknowledged = 1;
        if (n->resend)
            ask_about_last(e, n, c, now);
        return 1;
    case VMTP_RETRY: /* it says nothing about those before */
        if (c->tx.run)
            missing(e, c, group, delivery, now);
        return c->tx.run != NULL;
    case VMTP_RETRY_ALL: told_to_go_back(e, n, transact + 1u, count, now); return 1;
    case VMTP_NO_RUN_RECORD: restart(e, n, count, now); return 1;
    case VMTP_MSGTRANS_OVERFLOW: overflow(e, n, transact, now); return 1;
    case VMTP_STREAMING_NOT_SUPPORTED: fall_back(e, n, c, now); return 1;
    case VMTP_BUSY: wait_for_server(e, n, c, now); return 1;
    case VMTP_ENTITY_MIGRATED:
    case VMTP_NONEXISTENT_ENTITY: /* wherever they are sent next, it is from the beginning */
        for (struct call *i = next(e, c); i; i = next(e, i))
            if (i->state == CALL_AWAITING_RESPONSE)
                rewind_call(e, i, vmtp_get_transaction(i->tx.header));
        if (c->tx.run)
            veng_run_again(c->tx.run, 0);
        return 0;
    default: return 0;
    }
}

/*
 * The call that a NotifyVmtpClient is about.  One about a run may name the Transaction before the first that is still open, and one
 * about a Response any of the Response's.
 */
struct call *veng_outstanding_notified(const struct vmtp_engine *e, const struct entity *n, uint32_t transact,
                                       uint32_t code) {
    struct call *c = veng_outstanding_asked(e, n, transact);
    if (!c && code == VMTP_RESPONSE_DISCARDED)
        c = veng_outstanding_answered(e, n, transact);
    if (c || (code != VMTP_RETRY_ALL && code != VMTP_MSGTRANS_OVERFLOW))
        return c;
    c = oldest(e, n);
    while (c && (int32_t)(vmtp_get_transaction(c->tx.header) - transact) <= 0)
        c = next(e, c);
    return c && veng_call_in_run(c) && vmtp_get_transaction(c->tx.header) - transact <= 256u ? c : NULL;
}

/* ---- Responses of a run ---- */

/* A Response may stand for those before it (PGcount). */
static void cover(struct vmtp_engine *e, struct call *by, uint32_t first_covered, vmtp_time now) {
    struct entity *n = client_of(e, by);
    for (struct call *c = oldest(e, n); c && c != by;) {
        struct call *following = next(e, c);
        int sent = c->state == CALL_AWAITING_RESPONSE || (c->state == CALL_WAITING && c->sent);
        if ((int32_t)(veng_call_last(c) - first_covered) >= 0 && sent) {
            c->first.state = SLOT_COMPLETE;
            c->first.server = by->first.server;
            memcpy(c->first.mac, by->first.mac, 6);
            memcpy(c->first.header, by->first.header, VMTP_HEADER_OCTETS);
            vmtp_put_code(c->first.header, vmtp_get_code(by->first.header) & ~(VMTP_SDA | VMTP_MDM));
            veng_call_finish(e, c, 0, now);
        }
        c = following;
    }
}

/* It can be asked for what it lacks. */
static int lacks_blocks(const struct slot *s) {
    return !s->run && !(vmtp_get_code(s->header) & VMTP_DGM) && !(vmtp_get_control(s->header) & VMTP_NRT);
}

/* Nothing of the Response to this one has come: it was lost, and those behind it perhaps as well. */
static void ask_from(struct vmtp_engine *e, struct entity *n, const struct call *missing, const struct arrival *a,
                     int again) {
    struct arrival about = *a;
    about.transaction = vmtp_get_transaction(missing->tx.header) - 1u;
    if (n->gap_told && n->gap == about.transaction && !again)
        return;
    veng_notify_server(e, &about, 0, VMTP_RETRY_ALL);
    n->gap_told = 1;
    n->gap = about.transaction;
}

int veng_outstanding_done(const struct vmtp_engine *e, const struct entity *n, uint32_t transaction) {
    const struct call *c = oldest(e, n);
    while (c && c->state == CALL_HELD)
        c = next(e, c);
    return !c || (int32_t)(vmtp_get_transaction(c->tx.header) - transaction) > 0;
}

int veng_outstanding_earlier(struct vmtp_engine *e, const struct call *c, const struct arrival *a, int ask) {
    struct entity *n = client_of(e, c);
    const struct call *missing = NULL;
    int open = 0;
    for (struct call *x = oldest(e, n); x != c; x = next(e, x)) {
        struct slot *s = &x->first;
        open |= x->state != CALL_HELD;
        if (x->state == CALL_RECEIVING_RESPONSE && !s->told && lacks_blocks(s)) {
            s->told = 1;
            lack_asked(&s->lack, a->now);
            veng_notify_server_of(e, s, 0, s->have, VMTP_RETRY);
        } else if (x->state != CALL_RECEIVING_RESPONSE && x->state != CALL_HELD && !missing) {
            missing = x;
        }
    }
    if (missing)
        ask_from(e, n, missing, a, ask);
    return open;
}

int veng_outstanding_behind_has_run(const struct vmtp_engine *e, const struct call *c) {
    while ((c = next(e, c)) != NULL)
        if (c->tx.run || c->first.run)
            return 1;
    return 0;
}

int veng_outstanding_response(struct vmtp_engine *e, struct call *c, const struct arrival *a, int ask) {
    struct entity *n = client_of(e, c);
    unsigned covered = vmtp_get_pgcount(a->h);
    if (covered)
        cover(e, c, c->first.transaction - covered, a->now);
    if (n->window < RUN_WINDOW_MAX)
        n->window++;
    return veng_outstanding_earlier(e, c, a, ask);
}
