/* SPDX-License-Identifier: BSD-2-Clause */
/* soak_client.c - calls, from their beginning to their end. */
#include "soak.h"

static void count_call(const struct soak_op *op) {
    SOAK_COUNT(CALLS, 1);
    if (op->datagram)
        SOAK_COUNT(DATAGRAMS, 1);
    else if (op->group)
        SOAK_COUNT(GROUP, 1);
    else if (op->idempotent)
        SOAK_COUNT(IDEMPOTENT, 1);
    else
        SOAK_COUNT(PLAIN, 1);
    SOAK_COUNT(PASSED, op->hops > 0);
    SOAK_COUNT(REFUSED, op->refuse);
    SOAK_COUNT(UNANSWERED, op->unanswered);
    if (op->group)
        return;
    uint32_t latest = soak.life_count;
    while (--latest && soak.lives[latest].id != op->server) {
    }
    SOAK_COUNT(LOCAL, soak.lives[latest].host == op->host);
    SOAK_COUNT(BACK_TO_THE_DEAD, soak.lives[latest].until != VMTP_NEVER);
}

static void fill_request(struct vmtp_request *r, const struct soak_op *op, uint32_t number) {
    *r = (struct vmtp_request){.client = op->client, .cookie = number, .deadline = op->deadline};
    r->message.server = op->server;
    r->message.code = 0x42u | (op->datagram ? VMTP_DGM : 0);
    if (op->group && op->slots > 1)
        r->message.code |= VMTP_MRD;
    if (op->group && soak_below(3) == 0)
        r->control = VMTP_DRT;
    r->message.words[2] = number;
    r->message.words[3] = ~number;
    r->segment = op->request->octets;
    r->segment_size = op->request_size;
    r->response_area = op->area->octets;
    r->response_size = op->area_size;
    r->response_slots = op->slots;
    r->priority = (uint8_t)soak_below(16);
    r->gap = soak_below(8) == 0 ? (uint8_t)soak_below(256) : 0;
}

void soak_call(struct soak_host *h, uint32_t slot) {
    struct soak_client *c = &h->clients[slot];
    vmtp_time now = soak_now();
    if (now >= soak.plan.end)
        return;
    if (soak.op_count == SOAK_OPS || c->open) { /* its last call's end brings the next one */
        soak_agenda_add(now + soak_plan_pause(), SOAK_CALL, h, slot, 0);
        return;
    }
    uint32_t number = soak.op_count;
    struct soak_op *op = &soak.ops[number];
    *op = (struct soak_op){.client = c->id, .host = h->index, .boot = h->boot, .slot = (uint8_t)slot, .started = now};
    soak_plan_op(op);
    op->request = soak_lend(&h->lent, op->request_size);
    op->area = soak_lend(&h->lent, op->slots * op->area_size);
    soak_fill(op->request->octets, op->request_size, number, 0);
    struct vmtp_request r;
    fill_request(&r, op, number);
    int error = vmtp_call(h->node->engine, &op->handle, &r, now);
    if (error) { /* its small host cache is all Probes under way: later */
        REQUIRE(error == VMTP_E_FULL, "call: %d", error);
        soak_take_back(op->request);
        soak_take_back(op->area);
        free(op->responses);
        soak_agenda_add(now + soak_plan_pause(), SOAK_CALL, h, slot, 0);
        return;
    }
    soak_disturb(op);
    /* An identifier of one's own with Transactions anew looks like the past. */
    op->disturbed |= slot == 0 && h->boot > 0;
    op->disturbed |= op->hops > 0; /* others may be gone */
    op->followed = VMTP_NEVER;
    if (c->called)
        soak.ops[c->last].followed = now;
    c->last = number;
    c->called = 1;
    soak.op_count++;
    soak.open++;
    c->open++;
    count_call(op);
    soak_tell("op %u: host %u calls %016llx, %u octets for %u%s%s%s%s", number, h->index,
              (unsigned long long)op->server, op->request_size, op->response_size, op->idempotent ? " idempotent" : "",
              op->datagram ? " datagram" : "", op->refuse ? " refused" : "", op->unanswered ? " unanswered" : "");
    if (soak_chance(soak.plan.cancel))
        soak_agenda_add(now + soak_below(200) * VMTP_MILLISECOND, SOAK_CANCEL, h, number, 0);
}

void soak_cancel(struct soak_host *h, uint32_t number) {
    struct soak_op *op = &soak.ops[number];
    if (op->state != SOAK_OPEN)
        return;
    int error = vmtp_cancel(h->node->engine, op->handle, soak_now());
    soak_tell("op %u is cancelled: %d", number, error);
    op->cancelled = error == 0; /* VMTP_E_STALE: over, but a packet of it is still out */
    REQUIRE(error == 0 || error == VMTP_E_STALE, "op %u: cancel: %d", number, error);
}

void soak_on_complete(struct soak_host *h, const struct vmtp_event *ev) {
    soak_completed(h, ev);
    struct soak_op *op = &soak.ops[ev->cookie];
    struct soak_client *c = &h->clients[op->slot];
    soak_take_back(op->request);
    soak_take_back(op->area);
    op->request = op->area = NULL;
    free(op->responses);
    op->responses = NULL;
    c->open--;
    soak.open--;
    soak_agenda_add(soak_now() + soak_plan_pause(), SOAK_CALL, h, op->slot, 0);
}
