/* SPDX-License-Identifier: BSD-2-Clause */
/* call.c - the client: Send, its timeouts, its end (RFC 1045 chapter 4; spec/vmtp.md section 7). */
#include "internal.h"

#define USER_CONTROL (VMTP_NRT | VMTP_DRT)
#define USER_FLAGS (VMTP_CALL_MORE | VMTP_CALL_RESUME | VMTP_CALL_RELIABLE | VMTP_CALL_PARTIAL | VMTP_CALL_HEADER_SUM)

/* ---- times ---- */

struct host *veng_call_host(const struct vmtp_engine *e, const struct call *c) {
    if (c->host == NONE)
        return NULL;
    struct host *h = host_at(e, c->host);
    return h->state == HOST_KNOWN && h->entity == c->locate ? h : NULL; /* it may have made room for another */
}

static vmtp_time tc2_base(const struct vmtp_engine *e, const struct call *c) {
    const struct host *h = veng_call_host(e, c);
    vmtp_time t = h ? rtt_bound(&h->rtt) : 0;
    const struct vmtp_timers *k = &e->config.timers;
    return t < k->tc2_floor ? k->tc2_floor : t > k->tc2_ceiling ? k->tc2_ceiling : t;
}

/* Doubles with each retransmission: a host that is busy or asleep is not made busier. */
vmtp_time veng_call_tc2(const struct vmtp_engine *e, const struct call *c) {
    return veng_doubled(e, tc2_base(e, c), c->retries);
}

static vmtp_time tc1_full(const struct vmtp_engine *e, const struct call *c) {
    return tc2_base(e, c) + e->config.timers.tc1_constant;
}

static inline vmtp_time tc1(const struct vmtp_engine *e, const struct call *c) {
    const struct host *h = veng_call_host(e, c);
    vmtp_time full = tc1_full(e, c), t = h ? rtt_bound(&h->response) : 0;
    if (c->purpose != FOR_USER) /* managers answer at once */
        return veng_call_tc2(e, c);
    if (t == 0 || t > full || (c->multicast && (vmtp_get_control(c->tx.header) & VMTP_DRT)))
        return full;
    return t < e->config.timers.tc1_floor ? e->config.timers.tc1_floor : t;
}

/* ---- making one ---- */

struct call *veng_call_blank(struct vmtp_engine *e) {
    struct call *c = veng_pool_take_blank(&e->calls);
    if (!c)
        return NULL;
    if (++c->generation == 0) /* handle 0 stays nobody's */
        c->generation = 1;
    c->tx.kind = KIND_CALL;
    c->tx.handle = veng_handle_of(KIND_CALL, pool_index(&e->calls, c), c->generation);
    c->timer.kind = TIMER_CALL;
    c->limit.kind = TIMER_LIMIT;
    c->first.timer.kind = TIMER_SLOT;
    c->slots = c->host = c->wait_next = c->request = c->forwarder = c->newer = NONE;
    c->slots_max = c->groups = 1;
    c->deadline = VMTP_NEVER;
    c->entity = NONE;
    return c;
}

struct call *veng_call_make(struct vmtp_engine *e, struct entity *client) {
    struct call *c = veng_call_blank(e);
    if (!c)
        return NULL;
    c->entity = pool_index(&e->entities, client);
    veng_outstanding_add(e, client, c);
    client->transaction++;
    return c;
}

static uint32_t all_blocks(const struct call *c) {
    uint32_t mask = vmtp_blocks_mask(c->tx.segment_size);
    return vmtp_get_code(c->tx.header) & VMTP_MDM ? mask & vmtp_get_msg_delivery(c->tx.header) : mask;
}

uint32_t veng_call_lacks(const struct call *c, uint32_t delivery) { return all_blocks(c) & ~delivery; }

/* Its place in a run, and whether the Response may need Transactions of its own. */
static uint32_t run_control(const struct vmtp_engine *e, const struct call *c) {
    if (e->config.no_streams || !(c->behind | c->datagram | c->more | c->skip))
        return 0;
    int continued = c->behind || (c->datagram && entity_at(e, c->entity)->datagrams_to == c->server);
    return (continued ? VMTP_NSR : 0) | (c->more ? VMTP_NER : 0) | (c->skip ? VMTP_STI : 0);
}

static void write_header(struct vmtp_engine *e, struct call *c, const struct vmtp_request *r) {
    struct entity *n = entity_at(e, c->entity);
    struct vmtp_message m = veng_message_with_segment(&r->message, r->segment_size);
    uint8_t *h = c->tx.header;
    uint32_t flags = r->control | run_control(e, c);
    vmtp_put_client(h, n->id);
    uint32_t sum = (r->flags & VMTP_CALL_HEADER_SUM) && e->config.checksum == VMTP_CHECKSUM_FULL ? VMTP_HCO : 0;
    vmtp_put_length_word(h, e->config.domain, sum | (c->multicast ? VMTP_MPG : 0), 0);
    vmtp_put_control(
        h, vmtp_control(flags | (c->group ? veng_group_control(e, c) : 0), 0, 0, r->gap, r->priority, VMTP_REQUEST));
    vmtp_put_transaction(h, n->transaction);
    veng_message_write(h, &m);
    if (c->partial)
        veng_partial_begin(c, r->response_size);
}

/*
 * Whom to look for to know where to send: the server, or the entity with which the server must be co-resident.  A group
 * without such an entity is multicast, and so is a Probe that asks where an unknown entity is.
 */
static void choose_destination(const struct vmtp_engine *e, struct call *c, const struct vmtp_request *r) {
    vmtp_entity coresident = vmtp_message_coresident(&r->message);
    c->server = r->message.server;
    c->group = (uint8_t)vmtp_is_group(c->server);
    c->locate = c->server;
    if (c->group) {
        int near_one = (r->message.code & VMTP_CRE) && coresident && !vmtp_is_group(coresident);
        int probe = CODE24(r->message.code) == CODE24(VMTP_PROBE_ENTITY) && !veng_host_find(e, coresident);
        c->locate = near_one && !probe ? coresident : 0;
    }
    c->multicast = c->locate == 0;
}

/* It may be begun while others of the entity are open: they are a run to the same server, and it was said that one follows. */
static int joins_run(const struct vmtp_engine *e, const struct vmtp_request *r, const struct entity *n) {
    const struct call *newest = call_at(e, n->newest);
    return newest->more && newest->server == r->message.server && newest->datagram == ((r->message.code & VMTP_DGM) != 0);
}

/* A segment of several packet groups: what only single ones can do, to single servers. */
static int check_large(const struct vmtp_engine *e, const struct vmtp_request *r) {
    int plain = vmtp_is_group(r->message.server) || (r->message.code & VMTP_MDM) || e->config.no_streams;
    if (r->segment_size > (plain ? VMTP_GROUP_OCTETS : VMTP_MESSAGE_OCTETS))
        return VMTP_E_TOO_LARGE;
    if (r->response_size > (r->response_slots > 1 ? VMTP_GROUP_OCTETS : VMTP_MESSAGE_OCTETS))
        return VMTP_E_TOO_LARGE;
    return 0;
}

/* What came here with its entity goes on only as what it was: a Request of one packet group. */
static int cannot_resume(const struct vmtp_request *r, const struct entity *n) {
    return !n->resume || (r->flags & VMTP_CALL_MORE) || vmtp_is_group(r->message.server) ||
           (r->message.code & VMTP_DGM) || r->segment_size > VMTP_GROUP_OCTETS || r->response_size > VMTP_GROUP_OCTETS;
}

static int several_slots_valid(const struct vmtp_request *r) {
    return (uint64_t)r->response_slots * r->response_size <= SIZE_MAX / 2 && vmtp_is_group(r->message.server) &&
           (r->message.code & VMTP_MRD);
}

static int flags_valid(const struct vmtp_request *r, const struct entity *n) {
    if (r->flags & ~(uint32_t)USER_FLAGS)
        return 0;
    if ((r->flags & VMTP_CALL_MORE) && vmtp_is_group(r->message.server) && !(r->message.code & VMTP_DGM))
        return 0;
    if ((r->flags & VMTP_CALL_RELIABLE) && !veng_reliable_valid(r))
        return 0;
    if ((r->flags & VMTP_CALL_PARTIAL) && !veng_partial_allowed(r))
        return 0;
    return !(r->flags & VMTP_CALL_RESUME) || !cannot_resume(r, n);
}

static int check(const struct vmtp_engine *e, const struct vmtp_request *r, const struct entity *n) {
    if (!n || (n->role != ROLE_USER && n->role != ROLE_REMOTE))
        return VMTP_E_NO_ENTITY;
    if (n->call != NONE && !joins_run(e, r, n))
        return VMTP_E_IN_CALL;
    if (r->segment_size > VMTP_GROUP_OCTETS || r->response_size > VMTP_GROUP_OCTETS) {
        int error = check_large(e, r);
        if (error)
            return error;
    }
    if (r->message.server == 0 || (r->segment_size && !r->segment) || (r->response_size && !r->response_area))
        return VMTP_E_INVALID;
    if ((r->control & ~USER_CONTROL) || (r->message.code & VMTP_CODE_RESERVED) || r->priority > 15u)
        return VMTP_E_INVALID;
    if (r->response_slots > 1 && !several_slots_valid(r))
        return VMTP_E_INVALID;
    if (r->flags && !flags_valid(r, n))
        return VMTP_E_INVALID;
    return e->block ? 0 : VMTP_E_NOT_READY;
}

static void take_flags(struct call *c, const struct vmtp_request *r) {
    c->more = (r->flags & VMTP_CALL_MORE) != 0;
    c->partial = (r->flags & VMTP_CALL_PARTIAL) != 0;
    if (r->flags & VMTP_CALL_RELIABLE) {
        c->members = r->members;
        c->member_count = c->straggler = r->member_count;
    }
}

static void take_request(struct vmtp_engine *e, struct call *c, const struct vmtp_request *r, vmtp_time now) {
    struct entity *n = entity_at(e, c->entity);
    c->datagram = (r->message.code & VMTP_DGM) != 0;
    if (r->flags)
        take_flags(c, r);
    c->skip = r->response_size > VMTP_GROUP_OCTETS && !c->datagram && !vmtp_is_group(r->message.server) &&
              !e->config.no_streams;
    choose_destination(e, c, r);
    write_header(e, c, r);
    c->tx.segment = r->segment;
    c->tx.segment_size = r->segment_size;
    if (c->tx.run) {
        c->groups = run_groups(r->segment_size);
        veng_run_send(c->tx.run, r->segment_size);
    }
    n->transaction += c->groups - 1u + (c->skip ? 255u : 0u);
    n->datagram = c->datagram;
    n->datagrams_to = c->datagram && c->more ? c->server : 0;
    if (!c->behind)
        n->serial = e->config.no_streams;
    if (r->response_slots > 1)
        c->slots_max = r->response_slots;
    c->response_size = r->response_size;
    c->response_area = r->response_area;
    c->deadline = r->deadline;
    c->cookie = r->cookie;
    if (r->deadline != VMTP_NEVER)
        veng_timer_set(&e->wheel, &c->limit, r->deadline > now ? r->deadline : now);
    COUNT(e, CALLS);
}

/* A cache that is full of searches has room again when one of them ends. */
static void find_server(struct vmtp_engine *e, struct call *c, vmtp_time now) {
    int where = veng_locate(e, c, now);
    if (where > 0) {
        veng_call_begin(e, c, now);
    } else if (where < 0) {
        c->state = CALL_LOCATING;
        veng_timer_set(&e->wheel, &c->timer, now + e->config.timers.tc2_floor);
    }
}

int vmtp_call(vmtp_engine *e, vmtp_handle *handle, const struct vmtp_request *request, vmtp_time now) {
    struct entity *n = e->block ? veng_entity_find(e, request->client) : NULL;
    int error = e->block ? check(e, request, n) : VMTP_E_NOT_READY;
    if (error)
        return error;
    if (e->user_calls >= e->config.max_calls) /* the rest of the pool is the probers' */
        return VMTP_E_FULL;
    struct run *run = request->segment_size > VMTP_GROUP_OCTETS ? veng_pool_take(&e->runs) : NULL;
    struct call *c = request->segment_size <= VMTP_GROUP_OCTETS || run ? veng_call_make(e, n) : NULL;
    if (!c) {
        veng_run_free(e, &run);
        return VMTP_E_FULL;
    }
    c->tx.run = run;
    e->user_calls++;
    if (request->flags & VMTP_CALL_RESUME) { /* the same Transaction */
        n->transaction--;
        c->resume = c->sent = 1;               /* its Response may come before it is sent from here */
        c->retransmits = n->resume_count | 8u; /* when it was sent is not known here: see sample_response */
    }
    n->resume = 0;
    take_request(e, c, request, now);
    *handle = c->tx.handle;
    c->state = CALL_WAITING; /* so it can end at once */
    if (call_is_oldest(e, c))
        veng_call_start(e, c, now);
    else
        veng_outstanding_push(e, n, now);
    return 0;
}

/* Here, to a group, or to where the server is. */
void veng_call_start(struct vmtp_engine *e, struct call *c, vmtp_time now) {
    if (veng_local_begin(e, c, now))
        return;
    if (c->multicast)
        veng_call_begin(e, c, now);
    else
        find_server(e, c, now);
}

/* ---- sending ---- */

/* A server that has said that it does not stream is not tried again.  0: the call has ended. */
static int streams_to_host(struct vmtp_engine *e, struct call *c, vmtp_time now) {
    if (!veng_call_in_run(c))
        return 1;
    const struct host *h = veng_call_host(e, c);
    if (!entity_at(e, c->entity)->serial && !(h && h->no_streams))
        return 1;
    if (c->tx.run) {
        veng_call_finish(e, c, VMTP_STREAMING_NOT_SUPPORTED, now);
        return 0;
    }
    veng_call_no_streams(e, c);
    return 1;
}

/* The Response that was arriving when its server moved has the record that the Request had (take_run). */
static int take_record(struct vmtp_engine *e, struct call *c) {
    if (c->groups == 1u || c->tx.run)
        return 1;
    c->tx.run = veng_pool_take(&e->runs);
    if (c->tx.run)
        veng_run_send(c->tx.run, c->tx.segment_size);
    return c->tx.run != NULL;
}

void veng_call_begin(struct vmtp_engine *e, struct call *c, vmtp_time now) {
    if (!streams_to_host(e, c, now))
        return;
    if (!take_record(e, c)) {
        veng_call_finish(e, c, VMTP_RETRANS_TIMEOUT, now);
        return;
    }
    if (c->multicast)
        vmtp_group_mac(c->tx.mac, c->server);
    if (c->resume) {
        c->resume = 0;
        if (e->sequences)
            veng_sequence_presume(e, c);
        veng_call_retransmit(e, c, now);
        return;
    }
    if (c->sent) /* to another host, before */
        c->retransmits++;
    int ask = c->purpose == FOR_FORWARD || (e->sequences && veng_sequence_presume(e, c));
    veng_call_transmit(e, c, all_blocks(c), ask, now);
}

/* The header says how often it was sent. */
void veng_call_count(struct call *c) {
    uint8_t *h = c->tx.header;
    uint32_t control = vmtp_get_control(h) & ~(VMTP_APG | vmtp_control(0, 7, 0, 0, 0, 0));
    vmtp_put_control(h, control | vmtp_control(0, c->retransmits, 0, 0, 0, 0));
}

/* blocks 0: the data-less retransmission; ask: with APG. */
void veng_call_transmit(struct vmtp_engine *e, struct call *c, uint32_t blocks, int ask, vmtp_time now) {
    uint8_t *h = c->tx.header;
    veng_call_count(c);
    if (ask && !c->tx.run) /* of a run, the packets that are to ask are chosen when they are sent */
        vmtp_put_control(h, vmtp_get_control(h) | VMTP_APG);
    unsigned bit = c->retransmits & 7u;
    c->asked = (uint8_t)((c->asked & ~(1u << bit)) | ((unsigned)(ask != 0) << bit));
    c->sent_at[bit] = now;
    c->sent = 1;
    c->state = CALL_AWAITING_RESPONSE;
    if (!c->tx.run)
        c->tx.pending |= blocks;
    c->tx.bare = blocks == 0 || !veng_send_has_more(&c->tx);
    if (e->wished)
        veng_pace_ask(e, &c->tx);
    veng_timer_stop(&e->wheel, &c->timer);
    veng_send_queue(e, &c->tx);
}

void veng_call_group_sent(struct vmtp_engine *e, struct call *c, vmtp_time now) {
    if (c->aimed)
        veng_group_sent(e, c);
    if (c->members && veng_reliable_next(e, c, now))
        return;
    if (c->datagram || c->state != CALL_AWAITING_RESPONSE || (c->number > c->own && !c->members))
        return;
    unsigned bit = c->retransmits & 7u;
    c->sent_at[bit] = now;
    int asked = ((c->asked >> bit) & 1u) || (c->tx.run && !run_all_acknowledged(c->tx.run));
    vmtp_time soon = c->tx.run && !c->retries ? veng_run_patience(c->tx.run) : 0;
    vmtp_time patience = asked ? veng_call_tc2(e, c) : tc1(e, c);
    /* The others wait for it; but one that has gone on to another server is asked about by nobody else. */
    if (call_is_oldest(e, c) || vmtp_get_forward_count(c->tx.header) > 0)
        veng_timer_set(&e->wheel, &c->timer, now + (soon && soon < patience ? soon : patience));
    if (c->newer != NONE)
        veng_outstanding_push(e, entity_at(e, c->entity), now);
}

void veng_call_located(struct vmtp_engine *e, struct call *c, uint32_t result, vmtp_time now) {
    if (result == VMTP_RETRANS_TIMEOUT && c->moved) {
        c->moved = 0;
        find_server(e, c, now);
        return;
    }
    if (result == VMTP_RETRANS_TIMEOUT && c->absent) /* where it was they said so, and nobody else has it */
        result = VMTP_NONEXISTENT_ENTITY;
    if (result == 0)
        veng_call_begin(e, c, now);
    else
        veng_call_finish(e, c, result, now);
}

/* ---- ending ---- */

static void free_slots(struct vmtp_engine *e, struct call *c) {
    while (c->slots != NONE) {
        struct slot *s = slot_at(e, c->slots);
        c->slots = s->next;
        veng_event_withdraw(e, &s->event);
        veng_pool_give(&e->slots, s);
    }
}

void veng_call_free(struct vmtp_engine *e, struct call *c) {
    free_slots(e, c);
    veng_run_free(e, &c->tx.run);
    veng_run_free(e, &c->first.run);
    if (c->purpose == FOR_USER || c->purpose == FOR_FORWARD)
        e->user_calls--;
    c->state = CALL_FREE;
    veng_pool_give(&e->calls, c);
}

static void stop_slots(struct vmtp_engine *e, struct call *c) {
    veng_timer_stop(&e->wheel, &c->first.timer);
    for (uint32_t i = c->slots; i != NONE; i = slot_at(e, i)->next)
        veng_timer_stop(&e->wheel, &slot_at(e, i)->timer);
}

static inline void stop_call(struct vmtp_engine *e, struct call *c, vmtp_time now) {
    if (c->state == CALL_LOCATING)
        veng_locate_cancel(e, c);
    if (c->state == CALL_LOCAL)
        veng_local_abandon(e, c, now);
    if (c->locals)
        veng_group_abandon(e, c, now);
    veng_timer_stop(&e->wheel, &c->timer);
    veng_timer_stop(&e->wheel, &c->limit);
    stop_slots(e, c);
    veng_send_cancel(e, &c->tx);
}

/* It is over, but those before it in its run are not, or have not been told so. */
void veng_call_hold(struct vmtp_engine *e, struct call *c, uint32_t result, vmtp_time now) {
    stop_call(e, c, now);
    c->state = CALL_HELD;
    c->result = result;
}

void veng_call_finish(struct vmtp_engine *e, struct call *c, uint32_t result, vmtp_time now) {
    if (c->state == CALL_DONE || c->state == CALL_FREE)
        return;
    if (c->number && !c->members) /* a group call that has had Responses has not failed, whatever ends it */
        result = 0;
    if (c->state == CALL_HELD)
        result = c->result; /* it had its Response before */
    int answered = result == 0 || result == VMTP_BAD_REPLY_SEGMENT;
    if (e->sequences)
        veng_sequence_over(e, c, answered && (vmtp_get_control(c->first.header) & VMTP_NRS));
    if (answered && veng_outstanding_must_hold(e, c)) {
        veng_call_hold(e, c, result, now);
        return;
    }
    veng_outstanding_remove(e, c, result, now);
}

/* Those behind it in its run waited for it. */
static void let_others_end(struct vmtp_engine *e, struct call *c, vmtp_time now) {
    if (!c->unsettled)
        return;
    c->unsettled = 0;
    veng_outstanding_settled(e, c, now);
}

/* In order: those behind it end after its event, and know its record as long as they need it. */
static void tell_end(struct vmtp_engine *e, struct call *c, vmtp_time now) {
    if (c->forwarder != NONE && veng_forward_settled(e, c, now)) {
        let_others_end(e, c, now);
        veng_call_free(e, c);
        return;
    }
    veng_event_post(e, &c->event, VMTP_EV_COMPLETE, KIND_CALL);
    let_others_end(e, c, now);
}

/* It is not among the client's calls any more. */
void veng_call_end(struct vmtp_engine *e, struct call *c, uint32_t result, vmtp_time now) {
    stop_call(e, c, now);
    c->state = CALL_DONE;
    c->result = result;
    if (result != 0 && result != VMTP_BAD_REPLY_SEGMENT)
        c->first.state = SLOT_FREE; /* what came of a Response is not one */
    if (c->purpose == FOR_FORWARD) {
        veng_forward_ended(e, c, now);
        return;
    }
    if (c->purpose != FOR_USER) {
        veng_probe_finished(e, c, now);
        return;
    }
    if (result == 0)
        COUNT(e, CALLS_ANSWERED);
    else
        COUNT(e, CALLS_FAILED);
    if (c->tx.out) { /* its end is told when the last packet has been reported */
        entity_at(e, c->entity)->unsettled++;
        c->unsettled = 1;
        return;
    }
    tell_end(e, c, now);
}

/* Called whenever a packet of it has been reported. */
void veng_call_settle(struct vmtp_engine *e, struct call *c, vmtp_time now) {
    if (c->tx.out)
        return;
    if (c->state == CALL_DONE) {
        tell_end(e, c, now);
    } else if (c->datagram && c->state == CALL_AWAITING_RESPONSE && !c->tx.queued) {
        veng_call_finish(e, c, 0, now);
    }
}

int vmtp_cancel(vmtp_engine *e, vmtp_handle call, vmtp_time now) {
    struct call *c = veng_call_by_handle(e, call);
    if (!c || c->state == CALL_DONE || c->state == CALL_HELD)
        return VMTP_E_STALE;
    veng_call_finish(e, c, VMTP_CANCELLED, now);
    return 0;
}

void veng_call_limit(struct vmtp_engine *e, struct call *c, vmtp_time now) {
    veng_call_finish(e, c, VMTP_USER_TIMEOUT, now);
}

/* To a server that does not stream: as single transactions, one after the other. */
void veng_call_no_streams(struct vmtp_engine *e, struct call *c) {
    struct host *h = veng_call_host(e, c);
    struct entity *n = entity_at(e, c->entity);
    if (h)
        h->no_streams = 1;
    n->serial = 1;
    for (uint32_t i = n->call; i != NONE; i = call_at(e, i)->newer) {
        uint8_t *header = call_at(e, i)->tx.header;
        vmtp_put_control(header, vmtp_get_control(header) & ~(VMTP_NSR | VMTP_NER));
    }
}

/* ---- timeouts ---- */

/* With APG: whole if that is one packet. */
void veng_call_ask(struct vmtp_engine *e, struct call *c, vmtp_time now) {
    int whole = c->multicast || c->whole || veng_send_is_single(e, &c->tx, all_blocks(c));
    c->whole = 0;
    c->retransmits++;
    COUNT(e, REQUEST_RETRANSMITS);
    veng_call_transmit(e, c, whole ? all_blocks(c) : 0, 1, now);
}

void veng_call_retransmit(struct vmtp_engine *e, struct call *c, vmtp_time now) {
    if (c->owed)
        veng_group_offer_again(e, c);
    if (c->newer != NONE)
        entity_at(e, c->entity)->resend = 1;
    c->retries++;
    veng_call_ask(e, c, now);
}

/* The next call asks anew where it is. */
void veng_call_forget_server(struct vmtp_engine *e, const struct call *c) {
    struct host *h = veng_call_host(e, c);
    if (h)
        veng_host_forget(e, h);
}

void veng_call_timeout(struct vmtp_engine *e, struct call *c, vmtp_time now) {
    if (c->state == CALL_LOCAL) {
        veng_local_retry(e, c, now);
        return;
    }
    if (c->state == CALL_LOCATING) {
        find_server(e, c, now);
        return;
    }
    if (c->members) {
        veng_reliable_timeout(e, c, now);
        return;
    }
    if (c->tx.run && !c->retries && veng_run_probe(c->tx.run)) {
        veng_call_retransmit(e, c, now);
        c->retries = 0;
        return;
    }
    if (c->retries < e->config.timers.request_retries) {
        veng_call_retransmit(e, c, now);
        return;
    }
    if (c->slots_max == 1 && c->first.state == SLOT_RECEIVING) { /* an idempotent Response that was not to be had whole */
        veng_slot_finish(e, &c->first, now);
        return;
    }
    if (veng_group_waits(e, c, now))
        return;
    veng_call_forget_server(e, c);
    veng_call_finish(e, c, VMTP_RETRANS_TIMEOUT, now);
}

/* ---- waiting for the server, and looking for it ---- */

/* BUSY: everything again after a while, longer each time, and not in step with others that heard the same. */
void veng_call_back_off(struct vmtp_engine *e, struct call *c, vmtp_time now) {
    vmtp_time wait = e->config.timers.tc1_floor;
    for (unsigned i = 0; i < c->busies && wait < e->config.timers.tc2_ceiling; i++)
        wait *= 2;
    if (c->busies < 255u)
        c->busies++;
    c->retries = 0;
    c->whole = 1;
    veng_timer_set(&e->wheel, &c->timer, now + wait / 2 + veng_engine_random(e) % (wait / 2 + 1));
}

void veng_call_relocate(struct vmtp_engine *e, struct call *c, vmtp_time now) {
    memcpy(c->left_mac, c->tx.mac, 6);
    struct host *h = veng_host_find(e, c->locate);
    if (h && h->state == HOST_KNOWN)
        veng_host_forget(e, h);
    veng_timer_stop(&e->wheel, &c->timer);
    veng_timer_stop(&e->wheel, &c->first.timer); /* what has come of a Response stays: the Request asks for the rest of it */
    veng_send_cancel(e, &c->tx);
    if (c->relocated < 255u)
        c->relocated++;
    c->retries = 0;
    c->host = NONE;
    if (c->purpose == FOR_FORWARD)
        veng_forward_go(e, c, now);
    else if (veng_call_in_run(c))
        find_server(e, c, now);
    else
        veng_call_start(e, c, now); /* it may have come here */
}

void veng_call_elsewhere(struct vmtp_engine *e, struct call *c, vmtp_time now) {
    if (c->state == CALL_LOCATING)
        veng_locate_cancel(e, c);
    c->moved = 1;
    veng_call_relocate(e, c, now);
}

/*
 * The server has the Request: it may take its time.  A message of several groups is always acknowledged, so the first time shows nothing
 * of how long its answer takes.
 */
void veng_call_acknowledged(struct vmtp_engine *e, struct call *c, vmtp_time now) {
    vmtp_time patience = c->tx.run && !c->acknowledged ? tc1(e, c) : tc1_full(e, c);
    c->retries = 0;
    c->acknowledged = 1;
    if (!c->tx.queued)
        veng_timer_set(&e->wheel, &c->timer, now + patience);
}
