/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * reliable.c - a Request to a group whose members the client knows: it is sent until each of them has answered (RFC 1045 section 2.7;
 * spec/vmtp.md section 13.1).
 *
 * To all, until somebody has answered; from then on to those that have not, for all would answer once more.
 */
#include "internal.h"

int veng_reliable_valid(const struct vmtp_request *r) {
    if (!r->members || !r->member_count || r->response_slots < 2 || r->response_slots < r->member_count)
        return 0;
    if (r->message.server == VMTP_MANAGER_GROUP || (r->message.code & (VMTP_DGM | VMTP_CRE)) ||
        (r->flags & VMTP_CALL_MORE))
        return 0;
    for (uint32_t i = 0; i < r->member_count; i++)
        if (r->members[i] == r->client || !r->members[i] || vmtp_is_group(r->members[i]))
            return 0;
    return 1;
}

static uint32_t times_listed(const struct call *c, vmtp_entity id) {
    uint32_t times = 0;
    for (uint32_t i = 0; i < c->member_count; i++)
        times += c->members[i] == id;
    return times;
}

static int has_answered(const struct vmtp_engine *e, const struct call *c, vmtp_entity id) {
    for (uint32_t i = c->slots; i != NONE; i = slot_at(e, i)->next)
        if (slot_at(e, i)->server == id)
            return slot_at(e, i)->state == SLOT_COMPLETE;
    return 0;
}

/* Answers of members that are not listed are welcome while they leave room for the others. */
int veng_reliable_has_room(const struct vmtp_engine *e, const struct call *c, vmtp_entity id) {
    uint32_t listed = 0;
    if (times_listed(c, id))
        return 1;
    for (uint32_t i = c->slots; i != NONE; i = slot_at(e, i)->next)
        listed += times_listed(c, slot_at(e, i)->server);
    return c->slots_used - listed < c->slots_max - c->member_count;
}

void veng_reliable_answered(struct vmtp_engine *e, struct call *c, vmtp_entity id, vmtp_time now) {
    c->answered += times_listed(c, id);
    if (c->answered == c->member_count)
        veng_call_finish(e, c, 0, now);
}

/* ---- sending again ---- */

static const struct host *node_of(const struct vmtp_engine *e, vmtp_entity id) {
    const struct host *h = veng_host_find(e, id);
    return h && h->state == HOST_KNOWN ? h : NULL;
}

/* It is here: its program, not the network, is waited for. */
static int is_missing(const struct vmtp_engine *e, const struct call *c, vmtp_entity id) {
    return !veng_entity_find(e, id) && !has_answered(e, c, id);
}

static int all_can_be_reached(const struct vmtp_engine *e, const struct call *c) {
    for (uint32_t i = 0; i < c->member_count; i++)
        if (is_missing(e, c, c->members[i]) && !node_of(e, c->members[i]))
            return 0;
    return 1;
}

int veng_reliable_next(struct vmtp_engine *e, struct call *c, vmtp_time now) {
    while (c->straggler < c->member_count) {
        vmtp_entity id = c->members[c->straggler++];
        const struct host *h = is_missing(e, c, id) ? node_of(e, id) : NULL;
        if (!h || memcmp(h->mac, c->last_mac, 6) == 0) /* the node was asked just now, for another member */
            continue;
        uint32_t all = veng_call_lacks(c, 0);
        memcpy(c->last_mac, h->mac, 6);
        veng_group_send_to(e, c, h->mac, veng_send_is_single(e, &c->tx, all) ? all : 0, 1, now);
        return 1;
    }
    return 0;
}

static void send_again(struct vmtp_engine *e, struct call *c, vmtp_time now) {
    if (c->number == c->own || !all_can_be_reached(e, c)) {
        veng_call_retransmit(e, c, now);
        return;
    }
    if (c->owed)
        veng_group_offer_again(e, c);
    COUNT(e, REQUEST_RETRANSMITS);
    c->retries++;
    c->retransmits++;
    c->straggler = 0;
    memset(c->last_mac, 0, sizeof c->last_mac);
    if (!veng_reliable_next(e, c, now)) /* only members here are missing */
        veng_timer_set(&e->wheel, &c->timer, now + veng_call_tc2(e, c));
}

void veng_reliable_timeout(struct vmtp_engine *e, struct call *c, vmtp_time now) {
    if (c->retries < e->config.timers.request_retries)
        send_again(e, c, now);
    else if (c->locals)
        veng_timer_set(&e->wheel, &c->timer, now + e->config.timers.tc2_ceiling);
    else
        veng_call_finish(e, c, VMTP_RETRANS_TIMEOUT, now);
}

/* A node that has no members of the group any more: those that were there are looked for by multicast. */
void veng_reliable_told(struct vmtp_engine *e, struct call *c, const uint8_t mac[6], uint32_t code) {
    if (code == VMTP_BUSY)
        c->retries = 0;
    for (uint32_t i = 0; code == VMTP_NONEXISTENT_ENTITY && i < c->member_count; i++) {
        struct host *h = veng_host_find(e, c->members[i]);
        if (h && h->state == HOST_KNOWN && memcmp(h->mac, mac, 6) == 0)
            veng_host_forget(e, h);
    }
}
