/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * multicast.c - Requests to groups: at the members of this node, and at the client (RFC 1045 sections 2.7 and 4.6.1; spec/vmtp.md
 * section 13.1).
 */
#include "internal.h"

/* ---- a packet for all members here ---- */

/* Of what several members would say one Notify goes out: what must be sent again, else that it is here, else why not. */
void veng_group_tell(struct group_answer *t, uint32_t delivery, uint32_t code) {
    int rank = code == VMTP_RETRY ? 3 : code == VMTP_OK ? 2 : 1;
    if (rank == 3 && t->rank == 3)
        t->delivery &= delivery;
    if (rank <= t->rank)
        return;
    t->rank = (uint8_t)rank;
    t->code = code;
    t->delivery = delivery;
}

int veng_group_came_again(const struct arrival *a) {
    return (a->control & VMTP_APG) && vmtp_get_retransmit_count(a->h) > 0;
}

int veng_group_arrived(struct vmtp_engine *e, struct arrival *a) {
    struct group_answer answer = {0};
    int result = 0, taken = 0;
    if (!veng_group_is_here(e, a->server)) {
        veng_notify_client(e, a, 0, VMTP_NONEXISTENT_ENTITY);
        return DROP(e, DROP_NO_SERVER);
    }
    int not_ours = veng_request_not_ours(e, a);
    if (not_ours)
        return not_ours;
    a->group_answer = &answer;
    for (const struct membership *m = veng_group_first(e, a->server); m; m = veng_group_next(e, m)) {
        if (!m->member)
            continue;
        result = veng_request_for(e, a, veng_entity_find(e, m->entity));
        taken |= result == 0;
    }
    a->group_answer = NULL;
    if (answer.rank > 1 || (answer.rank && !taken))
        veng_notify_client(e, a, answer.delivery, answer.code);
    return taken ? 0 : result;
}

/* ---- members on the client's own node ---- */

static struct entity *client_of(const struct vmtp_engine *e, const struct call *c) { return entity_at(e, c->entity); }

static int deliver(struct vmtp_engine *e, struct call *c, struct entity *n) {
    uint32_t accept = veng_accept_take(e, n, c->tx.segment_size);
    struct request *q = accept != NONE ? veng_local_request(e, c, n, accept) : NULL;
    if (!q) {
        if (accept != NONE)
            veng_accept_give_back(e, accept);
        COUNT(e, DROP_NO_ACCEPT);
        return VMTP_E_FULL;
    }
    if (q->datagram)
        q->call = NONE;
    else
        c->locals++;
    return 0;
}

/* What a member cannot take now it is offered again with each retransmission. */
static void offer(struct vmtp_engine *e, struct call *c, struct membership *m) {
    struct entity *n = veng_entity_find(e, m->entity);
    if (!n) /* it is just leaving: its memberships end with it */
        return;
    int error = deliver(e, c, n);
    m->owed = error && !c->datagram ? c->tx.handle : 0;
    c->owed |= m->owed != 0;
}

void veng_group_offer_again(struct vmtp_engine *e, struct call *c) {
    vmtp_handle handle = c->tx.handle;
    c->owed = 0;
    for (struct membership *m = veng_group_first(e, c->server); m; m = veng_group_next(e, m))
        if (m->member && m->owed == handle)
            offer(e, c, m);
}

static void deliver_here(struct vmtp_engine *e, struct call *c) {
    for (struct membership *m = veng_group_first(e, c->server); m; m = veng_group_next(e, m))
        if (m->member && m->entity != client_of(e, c)->id) /* who asks waits for the others */
            offer(e, c, m);
}

int veng_group_begin(struct vmtp_engine *e, struct call *c, vmtp_time now) {
    vmtp_entity near_one = vmtp_get_coresident(c->tx.header);
    int chosen = (vmtp_get_code(c->tx.header) & VMTP_CRE) != 0;
    const struct host *h = veng_host_find(e, c->server);
    if (c->multicast) { /* of a group the cache knows how long its members take */
        c->locate = c->server;
        c->host = h ? pool_index(&e->hosts, h) : NONE;
    }
    if (!chosen || (near_one && veng_entity_is_here(e, near_one)))
        deliver_here(e, c);
    if (!chosen || !near_one || vmtp_is_group(near_one) || !veng_entity_find(e, near_one))
        return 0;
    c->state = CALL_LOCAL; /* nobody elsewhere can be meant */
    if (c->datagram)
        veng_call_finish(e, c, 0, now);
    else if (!c->locals && !c->owed)
        veng_call_finish(e, c, VMTP_NONEXISTENT_ENTITY, now);
    else
        veng_timer_set(&e->wheel, &c->timer, now + e->config.timers.tc1_floor);
    return 1;
}

void veng_group_local_retry(struct vmtp_engine *e, struct call *c, vmtp_time now) {
    if (c->owed)
        veng_group_offer_again(e, c);
    if (c->locals || c->owed)
        veng_timer_set(&e->wheel, &c->timer, now + e->config.timers.tc1_floor);
    else
        veng_call_finish(e, c, VMTP_NONEXISTENT_ENTITY, now);
}

/* The Response of a member here: 1 when that was all there was to do about it, 0 when it ends the call. */
int veng_group_local_reply(struct vmtp_engine *e, struct call *c, struct request *q, const struct vmtp_reply *reply,
                           vmtp_time now) {
    c->locals--;
    if (CODE24(reply->message.code) == VMTP_RESPONSE_DISCARDED)
        return 1;
    if (c->slots_max == 1 && c->first.state == SLOT_FREE)
        return 0;
    struct slot *s = c->slots_max > 1 ? veng_slot_new(e, c, q->entity) : NULL;
    if (!s) {
        COUNT(e, DROP_EXTRA_RESPONSE);
        return 1;
    }
    veng_local_fill(e, c, s, q->entity, reply);
    c->number++;
    c->own++; /* shows nobody that the others have heard us */
    veng_event_post(e, &s->event, VMTP_EV_RESPONSE, KIND_SLOT);
    if (c->members)
        veng_reliable_answered(e, c, q->entity, now);
    return 1;
}

/* A member ended before it answered.  Others may have the Request, unless only those here could. */
void veng_group_local_gone(struct vmtp_engine *e, struct call *c, vmtp_time now) {
    c->locals--;
    if (c->state == CALL_LOCAL)
        veng_timer_set(&e->wheel, &c->timer, now); /* see veng_group_local_retry */
}

void veng_group_abandon(struct vmtp_engine *e, struct call *c, vmtp_time now) {
    uint32_t index = pool_index(&e->calls, c);
    for (uint32_t i = 0; c->locals && i < e->requests.count; i++) {
        struct request *q = request_at(e, i);
        if (q->state == REQUEST_FREE || q->call != index)
            continue;
        q->call = NONE;
        c->locals--;
        veng_request_drop(e, q, now);
    }
}

/* ---- the client of a multicast Request ---- */

uint32_t veng_group_control(const struct vmtp_engine *e, const struct call *c) {
    return veng_group_member(e, c->server, client_of(e, c)->id) ? VMTP_MDG : 0;
}

static void aim(struct vmtp_engine *e, struct call *c, const uint8_t *mac) {
    uint8_t *h = c->tx.header;
    c->aimed = mac != NULL;
    if (mac)
        memcpy(c->tx.mac, mac, 6);
    else
        vmtp_group_mac(c->tx.mac, c->server);
    vmtp_put_length_word(h, e->config.domain, (vmtp_get_packet_flags(h) & ~VMTP_MPG) | (mac ? 0 : VMTP_MPG), 0);
}

/* What one node asked for has been sent: from here on to all again. */
void veng_group_sent(struct vmtp_engine *e, struct call *c) { aim(e, c, NULL); }

void veng_group_send_to(struct vmtp_engine *e, struct call *c, const uint8_t mac[6], uint32_t blocks, int ask,
                        vmtp_time now) {
    aim(e, c, mac);
    veng_call_transmit(e, c, blocks, ask, now);
}

/* A node that lacks blocks says so, and gets them; it speaks for itself alone, so nothing else about the call changes. */
static void send_missing(struct vmtp_engine *e, struct call *c, const struct arrival *a, uint32_t delivery) {
    uint32_t missing = veng_call_lacks(c, delivery);
    if (c->tx.queued || !missing)
        return; /* on its way already */
    e->counters[VMTP_COUNT_BLOCKS_RETRANSMITTED] += (unsigned)__builtin_popcount(missing);
    c->retransmits++;
    veng_group_send_to(e, c, a->rx->src, missing, 0, a->now);
}

/* The member whose Response is arriving has moved: it may be in the group there, too. */
static void member_has_moved(struct vmtp_engine *e, struct call *c, const uint8_t mac[6], vmtp_time now) {
    if (c->state != CALL_RECEIVING_RESPONSE || memcmp(c->first.mac, mac, 6) != 0)
        return;
    veng_timer_stop(&e->wheel, &c->first.timer);
    veng_call_retransmit(e, c, now);
}

/* While the only Response that is wanted is arriving, other nodes than its server's do not say that there is more to come. */
static int speaks_of_what_is_wanted(const struct call *c, const uint8_t mac[6]) {
    return c->slots_max > 1 || c->first.state != SLOT_RECEIVING || memcmp(c->first.mac, mac, 6) == 0;
}

void veng_group_told(struct vmtp_engine *e, struct call *c, const struct arrival *a, uint32_t code, uint32_t delivery) {
    switch (code) {
    case VMTP_RETRY: send_missing(e, c, a, delivery); break;
    case VMTP_RETRY_ALL: send_missing(e, c, a, 0); break;
    case VMTP_OK:
        if (speaks_of_what_is_wanted(c, a->rx->src))
            c->retries = 0;
        break;
    case VMTP_ENTITY_MIGRATED: member_has_moved(e, c, a->rx->src, a->now); /* fall through */
    default: /* others may have heard more than this one */
        if (c->members)
            veng_reliable_told(e, c, a->rx->src, code);
        break;
    }
}

/* The times of a group are those of the slowest of its members that answered last. */
void veng_group_sample(struct vmtp_engine *e, struct call *c, const struct host *member) {
    uint8_t mac[6];
    vmtp_time response = rtt_bound(&member->response) / VMTP_MICROSECOND;
    vmtp_time rtt = rtt_bound(&member->rtt) / VMTP_MICROSECOND;
    if (response > c->slowest_response)
        c->slowest_response = (uint32_t)(response < UINT32_MAX ? response : UINT32_MAX);
    if (rtt > c->slowest_rtt)
        c->slowest_rtt = (uint32_t)(rtt < UINT32_MAX ? rtt : UINT32_MAX);
    vmtp_group_mac(mac, c->server);
    struct host *h = veng_host_learn(e, c->server, mac);
    if (!h)
        return;
    c->host = pool_index(&e->hosts, h);
    h->response = (struct rtt){c->slowest_response, 0};
    h->rtt = (struct rtt){c->slowest_rtt, 0};
}

int veng_group_redo(struct vmtp_engine *e, struct call *c, struct slot *s, vmtp_time now) {
    if (!c->multicast || c->redone >= c->slots_used * e->config.timers.request_retries)
        return 0;
    if (!c->tx.queued) {
        c->redone++;
        c->retransmits++;
        veng_group_send_to(e, c, s->mac, veng_call_lacks(c, 0), 1, now);
    }
    veng_timer_set(&e->wheel, &s->timer, now + 2 * e->config.timers.tc2_floor);
    return 1;
}

/* All retransmissions were in vain: is there still somebody to wait for?  Then a timer runs. */
int veng_group_waits(struct vmtp_engine *e, struct call *c, vmtp_time now) {
    if (!c->group || (!c->locals && !(c->slots_max > 1 && c->deadline != VMTP_NEVER)))
        return 0;
    if (c->owed)
        veng_group_offer_again(e, c);
    veng_timer_set(&e->wheel, &c->timer, now + e->config.timers.tc2_ceiling);
    return 1;
}
