/* SPDX-License-Identifier: BSD-2-Clause */
/* group_reply.c - how members answer, so that the client hears them all (spec/vmtp.md section 13.1). */
#include "internal.h"

#define DELAY_MOST (100 * VMTP_MILLISECOND)

/* ---- DRT: not all at once ---- */

int veng_group_delays(const struct request *q, const struct remote *r) {
    return r->multicast && (vmtp_get_control(q->header) & VMTP_DRT);
}

void veng_group_delay(struct vmtp_engine *e, struct request *q, vmtp_time now) {
    vmtp_time half = (e->config.timers.tc2_floor + e->config.timers.tc1_constant) / 2;
    vmtp_time most = half < DELAY_MOST ? half : DELAY_MOST;
    q->delayed = 1;
    veng_timer_set(&e->wheel, &q->timer, now + veng_engine_random(e) % (most + 1));
}

void veng_group_delay_over(struct vmtp_engine *e, struct request *q) {
    q->delayed = 0;
    veng_send_queue(e, &q->tx);
}

/* ---- group Responses: to the other members as well ---- */

int veng_group_reply_check(const struct vmtp_engine *e, const struct request *q, const struct vmtp_reply *reply) {
    vmtp_entity group = vmtp_get_server(q->header);
    if (!vmtp_is_group(group) || group == VMTP_MANAGER_GROUP || q->in_run)
        return VMTP_E_INVALID;
    return reply->segment_size > e->room ? VMTP_E_TOO_LARGE : 0;
}

/* What q sends next goes to the group. */
static void aim_at_group(struct vmtp_engine *e, struct request *q) {
    uint8_t *h = q->tx.header;
    vmtp_group_mac(q->tx.mac, vmtp_get_server(q->header));
    vmtp_put_length_word(h, e->config.domain, vmtp_get_packet_flags(h) | VMTP_MPG, 0);
    q->tx.pending = q->want;
    q->tx.bare = q->want == 0;
}

/* Members of this node need no frame. */
static void tell_those_here(struct vmtp_engine *e, struct request *q, const struct vmtp_reply *reply, vmtp_time now) {
    struct vmtp_rx rx = {.flags = VMTP_RX_LOCAL};
    struct arrival a = {.h = q->tx.header, .rx = &rx, .now = now, .multicast = 1};
    uint8_t header[VMTP_HEADER_OCTETS];
    memcpy(header, q->tx.header, sizeof header);
    vmtp_put_delivery(header, q->want);
    memcpy(rx.src, e->config.mac, 6);
    a.h = header;
    a.client = vmtp_get_client(header);
    a.server = q->entity;
    a.code = vmtp_get_code(header);
    a.transaction = vmtp_get_transaction(header);
    a.view.data = reply->segment;
    veng_group_response(e, &a);
}

void veng_group_reply(struct vmtp_engine *e, struct request *q, const struct vmtp_reply *reply, vmtp_time now) {
    if (vmtp_get_control(q->header) & VMTP_MDG) /* the Client hears it there */
        aim_at_group(e, q);
    else
        q->copy_due = 1;
    tell_those_here(e, q, reply, now);
}

void veng_group_reply_copy(struct vmtp_engine *e, struct request *q) {
    q->copy_due = 0;
    aim_at_group(e, q);
    veng_send_queue(e, &q->tx);
}

/* The Client is of this node and has its Response without a frame. */
void veng_group_reply_local(struct vmtp_engine *e, struct request *q, const struct vmtp_reply *reply, vmtp_time now) {
    struct vmtp_message m = veng_message_with_segment(&reply->message, reply->segment_size);
    uint8_t *h = q->tx.header;
    if (CODE24(m.code) == VMTP_RESPONSE_DISCARDED)
        return;
    memset(h, 0, VMTP_HEADER_OCTETS);
    vmtp_put_client(h, vmtp_get_client(q->header));
    vmtp_put_control(h, vmtp_control(0, 0, 0, 0, vmtp_get_priority(q->header), VMTP_RESPONSE));
    vmtp_put_transaction(h, vmtp_get_transaction(q->header));
    m.server = q->entity;
    veng_message_write(h, &m);
    q->tx.segment = reply->segment;
    q->tx.segment_size = reply->segment_size;
    q->want = vmtp_blocks_mask(reply->segment_size);
    if ((m.code & (VMTP_SDA | VMTP_MDM)) == (VMTP_SDA | VMTP_MDM))
        q->want &= m.words[5];
    aim_at_group(e, q);
    veng_send_queue(e, &q->tx);
    tell_those_here(e, q, reply, now);
}

/* ---- and at those ---- */

/* Has q what this Response answers, not been answered, and does its entity want to hear of others? */
static int wants(const struct vmtp_engine *e, const struct request *q, const struct arrival *a) {
    vmtp_entity group = vmtp_get_server(q->header);
    if ((q->state != REQUEST_COMPLETE && q->state != REQUEST_PROCESSING) || q->datagram || q->entity == a->server)
        return 0;
    if (!vmtp_is_group(group) || vmtp_get_client(q->header) != a->client ||
        vmtp_get_transaction(q->header) != a->transaction)
        return 0;
    const struct membership *m = veng_group_member(e, group, q->entity);
    return m && (m->permissions & VMTP_GRP_RESPONSES);
}

static int give(struct vmtp_engine *e, vmtp_entity member, const struct arrival *a) {
    uint32_t size = arrival_size(a);
    uint32_t want = vmtp_blocks_mask(size), delivery = vmtp_get_delivery(a->h);
    if ((a->code & (VMTP_SDA | VMTP_MDM)) == (VMTP_SDA | VMTP_MDM))
        want &= vmtp_get_msg_delivery(a->h);
    if (size > VMTP_GROUP_OCTETS || delivery != want)
        return DROP(e, DROP_INCOMPLETE);
    struct entity *n = veng_entity_find(e, member);
    uint32_t accept = veng_accept_take(e, n, size);
    struct request *q = accept != NONE ? veng_request_make(e, NULL) : NULL;
    if (!q) {
        if (accept != NONE)
            veng_accept_give_back(e, accept);
        return DROP(e, DROP_NO_ACCEPT);
    }
    struct accept *into = accept_at(e, accept);
    veng_blocks_store(into->area, into->capacity, 0, size, a);
    q->entity = member;
    q->accept = accept;
    q->size = size;
    q->have = q->want = want;
    q->datagram = 1; /* nobody answers it */
    q->state = REQUEST_COMPLETE;
    memcpy(q->header, a->h, VMTP_HEADER_OCTETS);
    memcpy(q->source, a->rx->src, 6);
    veng_event_post(e, &q->event, VMTP_EV_GROUP_RESPONSE, KIND_REQUEST);
    return 0;
}

/* Walks all Requests: group Responses are rare.  Those made on the way are datagrams, which want nothing. */
int veng_group_response(struct vmtp_engine *e, const struct arrival *a) {
    int given = 0;
    for (uint32_t i = 0; i < e->requests.count; i++) {
        struct request *q = request_at(e, i);
        if (q->state != REQUEST_FREE && wants(e, q, a))
            given |= give(e, q->entity, a) == 0;
    }
    return given;
}

/* The Request to which it belongs, or 0 when that has been answered meanwhile. */
vmtp_handle veng_group_response_handle(const struct vmtp_engine *e, const struct request *response) {
    for (uint32_t i = 0; i < e->requests.count; i++) {
        const struct request *q = request_at(e, i);
        if (q->state == REQUEST_PROCESSING && q->entity == response->entity &&
            vmtp_get_client(q->header) == vmtp_get_client(response->header) &&
            vmtp_get_transaction(q->header) == vmtp_get_transaction(response->header))
            return q->tx.handle;
    }
    return 0;
}
