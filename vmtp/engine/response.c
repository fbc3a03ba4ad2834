/* SPDX-License-Identifier: BSD-2-Clause */
/* response.c - Response packets at the client (RFC 1045 section 4.7.1; spec/vmtp.md section 7.4). */
#include "internal.h"

/* ---- packet groups, both directions ---- */

uint32_t veng_blocks_store(uint8_t *area, uint32_t capacity, uint32_t have, uint32_t size, const struct arrival *a) {
    uint32_t delivery = vmtp_get_delivery(a->h);
    uint32_t fresh = delivery & ~have;
    const uint8_t *from = a->view.data;
    while (delivery) {
        unsigned block = (unsigned)__builtin_ctz(delivery);
        uint32_t bit = (uint32_t)1 << block, at = block * VMTP_BLOCK_OCTETS;
        uint32_t octets = vmtp_blocks_octets(bit, size);
        uint32_t fits = at >= capacity ? 0 : octets < capacity - at ? octets : capacity - at;
        if ((fresh & bit) && fits)
            memcpy(area + at, from, fits);
        from += octets;
        delivery &= ~bit;
    }
    return fresh;
}

uint32_t veng_group_store(uint8_t *area, uint32_t capacity, struct run *r, unsigned group, const struct arrival *a) {
    uint32_t before = group * VMTP_GROUP_OCTETS;
    uint32_t room = before < capacity ? capacity - before : 0;
    veng_blocks_store(room ? area + before : NULL, room, r->mask[group], run_group_octets(r, group), a);
    return veng_run_arrived(r, group, vmtp_get_delivery(a->h), a->now);
}

/* All packets of a group have the same Client, Server, Transaction (looked up), Code and segment (section 6.2). */
int veng_group_consistent(const uint8_t *first, const uint8_t *h) {
    return memcmp(first + VMTP_AT_SERVER, h + VMTP_AT_SERVER, VMTP_HEADER_OCTETS - VMTP_AT_SERVER) == 0;
}

static uint32_t wanted_blocks(const uint8_t *h) {
    uint32_t code = vmtp_get_code(h);
    if (!(code & VMTP_SDA))
        return 0;
    uint32_t mask = vmtp_blocks_mask(vmtp_get_segment_size(h));
    return code & VMTP_MDM ? mask & vmtp_get_msg_delivery(h) : mask;
}

/* ---- one Response ---- */

/* Which transmission of the Request a packet answers: of that, RetransmitCount has only the low three bits. */
static uint32_t answered(const struct call *c, const struct arrival *a) {
    return c->retransmits - ((c->retransmits - vmtp_get_retransmit_count(a->h)) & 7u);
}

static void slot_begin(const struct call *c, struct slot *s, const struct arrival *a) {
    int partial = c->partial && (a->code & VMTP_SDA);
    s->answers = answered(c, a);
    s->state = SLOT_RECEIVING;
    s->server = a->server;
    s->transaction = s->run ? veng_call_last(c) : a->transaction;
    s->have = 0;
    s->want = wanted_blocks(a->h);
    s->size = arrival_size(a);
    if (partial)
        s->want = vmtp_blocks_mask(s->size);
    s->retries = s->asked = s->told = s->missed = 0;
    s->lack = (struct lack){0};
    memcpy(s->mac, a->rx->src, 6);
    memcpy(s->header, a->h, VMTP_HEADER_OCTETS);
}

static struct slot *slot_find(struct vmtp_engine *e, struct call *c, vmtp_entity server) {
    if (c->slots_max == 1)
        return c->first.state != SLOT_FREE && c->first.server == server ? &c->first : NULL;
    for (uint32_t i = c->slots; i != NONE; i = slot_at(e, i)->next)
        if (slot_at(e, i)->server == server)
            return slot_at(e, i);
    return NULL;
}

/* The place of the only Response that is wanted; it must be free. */
static struct slot *slot_only(const struct vmtp_engine *e, struct call *c) {
    struct slot *s = &c->first;
    s->area = c->response_area;
    s->capacity = c->response_size;
    s->call = pool_index(&e->calls, c);
    return s;
}

struct slot *veng_slot_new(struct vmtp_engine *e, struct call *c, vmtp_entity server) {
    if (c->members && !veng_reliable_has_room(e, c, server))
        return NULL;
    struct slot *s = c->slots_used < c->slots_max ? veng_pool_take(&e->slots) : NULL;
    if (!s)
        return NULL;
    memset(s, 0, sizeof *s);
    s->timer.kind = TIMER_SLOT;
    s->call = pool_index(&e->calls, c);
    s->area = c->response_area ? c->response_area + (size_t)c->slots_used * c->response_size : NULL;
    s->capacity = c->response_size;
    s->next = c->slots;
    c->slots = pool_index(&e->slots, s);
    c->slots_used++;
    return s;
}

static void sample_response(struct vmtp_engine *e, struct call *c, const struct arrival *a) {
    unsigned count = vmtp_get_retransmit_count(a->h);
    if (a->rx->flags & VMTP_RX_LOCAL)
        return;
    struct host *h = c->host != NONE ? host_at(e, c->host) : NULL;
    if (!h || h->entity != a->server || h->state != HOST_KNOWN || memcmp(h->mac, a->rx->src, 6) != 0)
        h = veng_host_learn(e, a->server, a->rx->src);
    /*
     * How long this server takes is the time since the first transmission, if that is what was answered: by its RetransmitCount, or because
     * the server has said since that it is at work.  Otherwise the Response may come from memory or be the work of a lost packet's copy.
     */
    if (h && c->retransmits < 8u && !c->relocated && (count == 0 || c->acknowledged))
        rtt_sample(&h->response, a->now - c->sent_at[0]);
    if (h && c->multicast && c->purpose == FOR_USER)
        veng_group_sample(e, c, h);
}

void veng_slot_finish(struct vmtp_engine *e, struct slot *s, vmtp_time now) {
    struct call *c = call_at(e, s->call);
    veng_timer_stop(&e->wheel, &s->timer);
    s->state = SLOT_COMPLETE;
    if (s->run)
        s->have = run_whole(s->run) ? s->want : 0;
    if (c->partial)
        vmtp_put_code(s->header, vmtp_get_code(s->header) & ~VMTP_MDM); /* the engine's, not the caller's */
    int whole = (s->have == s->want || (vmtp_get_code(s->header) & VMTP_MDM)) && s->size <= s->capacity;
    if (c->slots_max == 1) {
        veng_call_finish(e, c, whole ? 0 : VMTP_BAD_REPLY_SEGMENT, now);
        return;
    }
    c->number++;
    veng_event_post(e, &s->event, VMTP_EV_RESPONSE, KIND_SLOT);
    if (c->members)
        veng_reliable_answered(e, c, s->server, now);
    else
        veng_timer_stop(&e->wheel, &c->timer); /* somebody heard the Request */
}

static vmtp_time tc3(const struct vmtp_engine *e, const struct slot *s) {
    const struct call *c = call_at(e, s->call);
    vmtp_time tc2 = veng_call_tc2(e, c), t = e->config.timers.tc3;
    int again = s->retries || (c->slots_max == 1 && c->retries); /* it was asked for, or the Request was sent again */
    return again && tc2 > t ? tc2 : t;
}

/* From here on the server has the whole Request: what is waited for are packets. */
static void begin_receiving(struct vmtp_engine *e, struct call *c, const struct arrival *a) {
    if (c->slots_max > 1)
        return;
    if (c->state == CALL_LOCATING) { /* it was looked for once more, and answers all the same */
        veng_locate_cancel(e, c);
        memcpy(c->tx.mac, a->rx->src, 6);
    }
    c->state = CALL_RECEIVING_RESPONSE;
    veng_timer_stop(&e->wheel, &c->timer);
    veng_send_cancel(e, &c->tx);
}

/* All of it is here: of several groups, the last one stands for them. */
static void acknowledge(struct vmtp_engine *e, const struct slot *s, const struct arrival *a) {
    unsigned last = s->run ? s->run->groups - 1u : 0;
    if (s->run)
        veng_notify_server_of(e, s, last, run_all(s->run, last), VMTP_OK);
    else
        veng_notify_server(e, a, s->have, VMTP_OK);
}

static void completed(struct vmtp_engine *e, struct call *c, struct slot *s, struct arrival *a) {
    int gap = 0;
    veng_pace_came(e, s, a->now);
    if (c->newer != NONE || veng_call_in_run(c))
        gap = veng_outstanding_response(e, c, a, s->asked);
    if (s->asked && !gap)
        acknowledge(e, s, a);
    veng_slot_finish(e, s, a->now);
}

static void got_further(struct call *c, struct slot *s) {
    unsigned held = (unsigned)__builtin_popcount(s->have);
    s->retries = 0;
    if (held <= s->best)
        return;
    s->best = (uint8_t)held;
    c->retries = 0;
}

static void ask(struct vmtp_engine *e, struct slot *s, vmtp_time now) {
    lack_asked(&s->lack, now);
    veng_notify_server_of(e, s, 0, s->have, VMTP_RETRY);
}

/* What lacks was lost: this is the first time of five. */
static void ask_at_once(struct vmtp_engine *e, struct slot *s, vmtp_time now) {
    veng_pace_missed(e, s, now);
    s->retries = 1;
    ask(e, s, now);
}

/* What lacks is waited for so long; what is done again because of that, not in haste twice. */
static vmtp_time how_long(const struct vmtp_engine *e, const struct call *c, struct slot *s, const struct arrival *a,
                          uint32_t fresh) {
    vmtp_time most = tc3(e, s);
    int hasty = (a->code & VMTP_DGM) && (c->retries || s->answers != c->retransmits);
    if (!fresh || hasty || a->multicast || (vmtp_get_control(s->header) & VMTP_NRT))
        return most;
    return lack_wait(&s->lack, s->have, s->want, fresh, most, a->now);
}

/* Other blocks than the fresh ones of this packet lack. */
static void incomplete(struct vmtp_engine *e, struct call *c, struct slot *s, struct arrival *a, uint32_t fresh) {
    begin_receiving(e, c, a);
    vmtp_time wait = how_long(e, c, s, a, fresh);
    int redone = (a->code & VMTP_DGM) != 0, again = !(vmtp_get_control(s->header) & VMTP_NRT) && !redone;
    if (!wait && redone) /* to ask is to have it done again */
        wait = LACK_AGAIN;
    if (!wait)
        ask_at_once(e, s, a->now);
    else if (again && vmtp_get_delivery(a->h) == 0) /* a retransmission without data is followed by nothing */
        ask(e, s, a->now);
    veng_timer_set(&e->wheel, &s->timer, a->now + (wait ? wait : tc3(e, s)));
}

static void receive(struct vmtp_engine *e, struct call *c, struct slot *s, struct arrival *a) {
    uint32_t fresh = veng_blocks_store(s->area, s->capacity, s->have, vmtp_get_segment_size(a->h), a) & s->want;
    s->have |= fresh;
    s->asked |= (a->control & VMTP_APG) != 0;
    if (s->have == s->want) {
        completed(e, c, s, a);
        return;
    }
    if (fresh)
        got_further(c, s);
    else if (vmtp_get_delivery(a->h))
        COUNT(e, DROP_DUPLICATE_BLOCK);
    incomplete(e, c, s, a, fresh);
}

/* What a packet of a run wants to know, or ought to be told. */
static void acknowledge_group(struct vmtp_engine *e, const struct slot *s, unsigned group, const struct arrival *a) {
    struct run_answer answers[RUN_ANSWERS];
    unsigned count = veng_run_answer(s->run, group, a->h, a->now, answers);
    for (unsigned i = 0; i < count; i++)
        veng_notify_server_of(e, s, answers[i].group, answers[i].delivery, answers[i].code);
}

/* A packet of a Response of several packet groups. */
static void receive_group(struct vmtp_engine *e, struct call *c, struct slot *s, struct arrival *a) {
    unsigned group = a->transaction - s->transaction;
    if (veng_group_store(s->area, s->capacity, s->run, group, a))
        s->retries = 0;
    else if (vmtp_get_delivery(a->h))
        COUNT(e, DROP_DUPLICATE_BLOCK);
    c->retries = 0;
    if (run_whole(s->run)) {
        s->asked = (a->control & VMTP_APG) != 0;
        completed(e, c, s, a);
        return;
    }
    begin_receiving(e, c, a);
    acknowledge_group(e, s, group, a);
    veng_timer_set(&e->wheel, &s->timer, a->now + lack_wait_message(&s->lack, tc3(e, s), a->now));
}

/*
 * Does it say of its place what cannot be?  A Response of one group may have a Transaction that STI has skipped, if its PGcount
 * counts those before it.
 */
static int misplaced(const struct call *c, const struct arrival *a) {
    uint32_t size = arrival_size(a);
    uint32_t group = a->transaction - veng_call_last(c), groups = run_groups(size);
    int continued = (a->control & VMTP_CMG) != 0;
    if (groups == 1)
        return continued || group > vmtp_get_pgcount(a->h);
    return group >= groups || continued != (group + 1u < groups);
}

/* ---- arrival ---- */

static int stale(struct vmtp_engine *e, struct arrival *a) {
    if ((a->control & VMTP_APG) || (a->code & VMTP_CMD))
        veng_notify_server(e, a, 0, VMTP_RESPONSE_DISCARDED);
    return DROP(e, DROP_STALE_RESPONSE);
}

/* It was whole before, or its call is over: who asks is told how far the run has come. */
static int repeated(struct vmtp_engine *e, struct arrival *a, const struct entity *n, const struct call *c) {
    int single = arrival_size(a) <= VMTP_GROUP_OCTETS;
    if (!(a->control & VMTP_APG) || !(a->control & (VMTP_NSR | VMTP_NER)) || !single)
        return stale(e, a);
    if (veng_outstanding_done(e, n, a->transaction))
        veng_notify_server(e, a, UINT32_MAX, VMTP_OK);
    else if (c)
        veng_outstanding_earlier(e, c, a, 1);
    else
        return stale(e, a);
    return DROP(e, DROP_STALE_RESPONSE);
}

static int extra(struct vmtp_engine *e, struct arrival *a, int reason) {
    if (a->control & VMTP_APG)
        veng_notify_server(e, a, 0, VMTP_RESPONSE_DISCARDED);
    e->counters[reason]++;
    return reason;
}

/* The record that the Request had serves the Response, if all of that has left: calls that wait for each other's would wait for ever. */
static struct run *take_run(struct vmtp_engine *e, struct call *c) {
    struct run *run = c->tx.run;
    if (!run || c->tx.out)
        return veng_pool_take(&e->runs);
    veng_send_unqueue(e, &c->tx);
    c->tx.run = NULL;
    return run;
}

/*
 * There is no record for its packet groups: the server sends it again after a while, and it waits for one, unless those that have some
 * wait for it.
 */
static int no_run(struct vmtp_engine *e, struct call *c, struct slot *s, struct arrival *a) {
    s->state = SLOT_FREE;
    veng_notify_server(e, a, 0, VMTP_BUSY);
    if (c->state == CALL_AWAITING_RESPONSE && !veng_outstanding_behind_has_run(e, c))
        veng_call_acknowledged(e, c, a->now);
    return DROP(e, DROP_NO_RUN);
}

/* The first packet of a Response that we take. */
static int begin_response(struct vmtp_engine *e, struct call *c, struct slot *s, struct arrival *a) {
    uint32_t size = arrival_size(a);
    if (size > VMTP_GROUP_OCTETS) {
        s->run = take_run(e, c);
        if (!s->run)
            return no_run(e, c, s, a);
        veng_run_receive(s->run, size);
    }
    slot_begin(c, s, a);
    sample_response(e, c, a);
    veng_pace_whole(e, &c->tx, a->now); /* the server has the Request */
    c->retries = 0;                     /* the server was heard */
    if (s->run)
        receive_group(e, c, s, a);
    else
        receive(e, c, s, a);
    return 0;
}

/* What is executed again may have a longer Response, when its server has begun to stream since: it becomes one of several groups. */
static int outgrown(struct vmtp_engine *e, struct call *c, struct slot *s, struct arrival *a) {
    s->run = take_run(e, c);
    if (!s->run) { /* the shorter one goes on to be asked for */
        veng_notify_server(e, a, 0, VMTP_BUSY);
        return DROP(e, DROP_NO_RUN);
    }
    veng_run_receive(s->run, arrival_size(a));
    slot_begin(c, s, a);
    receive_group(e, c, s, a);
    return 0;
}

/* A packet of a Response we know of. */
static int known(struct vmtp_engine *e, struct call *c, struct slot *s, struct arrival *a) {
    if (s->state == SLOT_COMPLETE)
        return c->slots_max > 1 ? stale(e, a) : repeated(e, a, entity_at(e, c->entity), c);
    memcpy(s->mac, a->rx->src, 6); /* its server may have moved */
    if (s->run) {
        if (!veng_group_consistent(s->header, a->h))
            return DROP(e, DROP_MISMATCH);
        receive_group(e, c, s, a);
        return 0;
    }
    if (a->transaction != s->transaction)
        return DROP(e, DROP_MISMATCH);
    int32_t redone = (int32_t)(answered(c, a) - s->answers);
    if ((a->code & VMTP_DGM) && redone) {
        if (redone < 0) /* late packets of an earlier execution */
            return DROP(e, DROP_STALE_RESPONSE);
        if (arrival_size(a) > VMTP_GROUP_OCTETS)
            return outgrown(e, c, s, a);
        if (!veng_partial_goes_on(c, s, a))
            slot_begin(c, s, a); /* executed again: what it said before does not fit what it says now */
        s->answers = answered(c, a);
    } else if (!veng_group_consistent(s->header, a->h)) {
        return DROP(e, DROP_MISMATCH);
    }
    if (!(a->code & VMTP_DGM)) /* an idempotent one has to get further than before: see receive */
        c->retries = 0;
    receive(e, c, s, a);
    return 0;
}

static int deliver(struct vmtp_engine *e, struct call *c, struct arrival *a) {
    if (!c->group && a->server != c->server && vmtp_get_forward_count(a->h) == 0)
        return extra(e, a, VMTP_COUNT_DROP_WRONG_SERVER);
    if ((c->skip || (a->control & VMTP_CMG)) && misplaced(c, a))
        return DROP(e, DROP_MISMATCH);
    if (c->state == CALL_HELD && c->first.state != SLOT_COMPLETE) /* its run was broken off before it was answered */
        return stale(e, a);
    struct slot *s = slot_find(e, c, a->server);
    if (s)
        return known(e, c, s, a);
    if (c->slots_max == 1 && c->first.state != SLOT_FREE)
        return extra(e, a, VMTP_COUNT_DROP_EXTRA_RESPONSE);
    s = c->slots_max == 1 ? slot_only(e, c) : veng_slot_new(e, c, a->server);
    if (!s)
        return extra(e, a, VMTP_COUNT_DROP_EXTRA_RESPONSE);
    return begin_response(e, c, s, a);
}

static int allows_for(const struct call *c, const struct arrival *a) {
    return c->skip || (arrival_size(a) <= VMTP_GROUP_OCTETS && (veng_call_in_run(c) || c->behind));
}

/* It is streamed, or needs more packet groups than one, and this call has not allowed for that (section 13.3). */
static int not_streamed_at(const struct vmtp_engine *e, const struct call *c, const struct arrival *a) {
    if (!(a->control & (VMTP_NSR | VMTP_NER | VMTP_CMG)) && arrival_size(a) <= VMTP_GROUP_OCTETS)
        return 0;
    return e->config.no_streams || (c && !allows_for(c, a));
}

int veng_response_arrived(struct vmtp_engine *e, struct arrival *a) {
    if (is_default_client(a->client)) {
        return veng_allocate_answered(e, a);
    }
    int given = a->multicast && veng_group_response(e, a);
    struct entity *n = veng_entity_find(e, a->client);
    if (!n && given)
        return 0;
    if (!n) {
        if (veng_gone(e, a->client, a->now)) {
            veng_notify_server(e, a, 0, VMTP_ENTITY_MIGRATED);
            return DROP(e, DROP_MIGRATED);
        }
        veng_notify_server(e, a, 0, VMTP_NONEXISTENT_ENTITY);
        return DROP(e, DROP_NO_CLIENT);
    }
    struct call *c = veng_outstanding_answered(e, n, a->transaction);
    if (not_streamed_at(e, c, a)) {
        veng_notify_server(e, a, 0, VMTP_STREAMING_NOT_SUPPORTED);
        return DROP(e, DROP_STREAMING);
    }
    int32_t ahead = (int32_t)(a->transaction - n->transaction);
    if (ahead > 0 || (c && !c->sent)) {
        veng_notify_server(e, a, 0, VMTP_BAD_TRANSACTION_ID);
        return DROP(e, DROP_FUTURE_RESPONSE);
    }
    if (!c && n->resume && ahead == 0) /* its program has yet to go on with the call */
        return DROP(e, DROP_STALE_RESPONSE);
    if (!c && veng_allocate_asked(e, a))
        return veng_allocate_answered(e, a);
    if (!c || c->datagram || c->state == CALL_LOCAL)
        return c ? stale(e, a) : repeated(e, a, n, NULL);
    return deliver(e, c, a);
}

/* ---- TC3 ---- */

/* The Response cannot be asked for: an idempotent one is done again, with the Request (H35). */
static void redo(struct vmtp_engine *e, struct slot *s, vmtp_time now) {
    struct call *c = call_at(e, s->call);
    if (c->slots_max > 1 && veng_group_redo(e, c, s, now))
        return;
    if (c->slots_max > 1 || c->retries >= e->config.timers.request_retries) {
        veng_slot_finish(e, s, now);
        return;
    }
    c->delivered = c->stalls = 0; /* the server collects the Request anew */
    if (c->partial)
        veng_partial_ask(c, s);
    veng_call_retransmit(e, c, now);
}

void veng_slot_timeout(struct vmtp_engine *e, struct slot *s, vmtp_time now) {
    uint32_t code = vmtp_get_code(s->header);
    if ((vmtp_get_control(s->header) & VMTP_NRT) && !s->run) {
        veng_slot_finish(e, s, now);
        return;
    }
    if (!s->run)
        veng_pace_missed(e, s, now);
    if ((code & VMTP_DGM) && !s->run) {
        redo(e, s, now);
        return;
    }
    if (s->retries >= e->config.timers.ack_retries) {
        veng_slot_finish(e, s, now);
        return;
    }
    s->retries++;
    if (s->run) {
        veng_run_asked(s->run, now);
        veng_notify_server_of(e, s, s->run->base, s->run->mask[s->run->base], VMTP_RETRY);
    } else
        ask(e, s, now);
    veng_timer_set(&e->wheel, &s->timer, now + (tc3(e, s) << (s->retries > 4 ? 4 : s->retries - 1)));
}
