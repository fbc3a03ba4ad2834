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
    SOAK_COUNT(STREAMED, op->in_run);
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

static void tell_call(const struct soak_op *op, uint32_t number) {
    soak_tell("op %u: host %u calls %016llx, %u octets for %u%s%s%s%s%s", number, op->host,
              (unsigned long long)op->server, op->request_size, op->response_size, op->idempotent ? " idempotent" : "",
              op->datagram ? " datagram" : "", op->refuse ? " refused" : "", op->unanswered ? " unanswered" : "",
              !op->in_run         ? ""
              : op->run == number ? " begins a run"
                                  : " in a run");
}

/* Its client has done with what it asked before, unless that is part of the same run. */
static void follow(struct soak_client *c, const struct soak_op *op, uint32_t number) {
    uint32_t i = c->last;
    if (c->called && !(op->in_run && op->run != number))
        for (;; i = soak.ops[i].before) {
            soak.ops[i].followed = op->started;
            if (!soak.ops[i].in_run || soak.ops[i].run == i)
                break;
        }
    c->last = number;
    c->called = 1;
}

static void begun(struct soak_host *h, struct soak_client *c, struct soak_op *op, uint32_t number) {
    soak_disturb(op);
    /* An identifier of one's own with Transactions anew looks like the past, and others may be gone. */
    op->disturbed |= (op->slot == 0 && h->boot > 0) || op->hops > 0;
    op->followed = VMTP_NEVER;
    follow(c, op, number);
    soak.op_count++;
    soak.open++;
    c->open++;
    count_call(op);
    tell_call(op, number);
    if (soak_chance(soak.plan.cancel))
        soak_agenda_add(op->started + soak_below(200) * VMTP_MILLISECOND, SOAK_CANCEL, h, number, 0);
    if (c->run_left)
        soak_agenda_add(op->started + (soak_below(3) == 0 ? soak_below(60) * VMTP_MILLISECOND : 0), SOAK_NEXT, h,
                        op->slot, 0);
}

/* Returns what vmtp_call says. */
static int call(struct soak_host *h, uint32_t slot, int next) {
    struct soak_client *c = &h->clients[slot];
    uint32_t number = soak.op_count;
    struct soak_op *op = &soak.ops[number];
    *op = (struct soak_op){
        .client = c->id, .host = h->index, .boot = h->boot, .slot = (uint8_t)slot, .started = soak_now()};
    uint32_t left = c->run_left;
    soak_plan_op(op, next ? &soak.ops[c->last] : NULL);
    if (next)
        soak_run_continue(c, op);
    else if (!op->group && !op->datagram && soak_chance(soak.plan.streams))
        soak_run_begin(c, op, number);
    if (h->no_streams && op->request_size > VMTP_GROUP_OCTETS)
        op->request_size = VMTP_GROUP_OCTETS;
    op->request = soak_lend(&h->lent, op->request_size);
    op->area = soak_lend(&h->lent, op->slots * op->area_size);
    soak_fill(op->request->octets, op->request_size, number, 0);
    struct vmtp_request r;
    fill_request(&r, op, number);
    r.flags = c->run_left ? VMTP_CALL_MORE : VMTP_CALL_PLAIN;
    int error = vmtp_call(h->node->engine, &op->handle, &r, soak_now());
    if (error == 0) {
        begun(h, c, op, number);
        return 0;
    }
    /* Its small host cache is all Probes under way, or there is no room for a large message, or its run has failed: later. */
    REQUIRE(error == VMTP_E_FULL || (next && error == VMTP_E_IN_CALL), "call: %d", error);
    soak_take_back(op->request);
    soak_take_back(op->area);
    free(op->responses);
    c->run_left = left;
    return error;
}

void soak_call(struct soak_host *h, uint32_t slot) {
    const struct soak_client *c = &h->clients[slot];
    if (soak_now() >= soak.plan.end || soak.op_count == SOAK_OPS || c->open || c->run_left)
        return;
    if (call(h, slot, 0) != 0)
        soak_agenda_add(soak_now() + soak_plan_pause(), SOAK_CALL, h, slot, 0);
}

void soak_call_next(struct soak_host *h, uint32_t slot) {
    struct soak_client *c = &h->clients[slot];
    if (soak.op_count == SOAK_OPS || soak_run_failed(c)) {
        c->run_left = 0;
        if (!c->open)
            soak_agenda_add(soak_now() + soak_plan_pause(), SOAK_CALL, h, slot, 0);
        return;
    }
    if (call(h, slot, 1) != 0)
        soak_agenda_add(soak_now() + 10 * VMTP_MILLISECOND, SOAK_NEXT, h, slot, 0);
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
    if (!c->open && !c->run_left)
        soak_agenda_add(soak_now() + soak_plan_pause(), SOAK_CALL, h, op->slot, 0);
}
