/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * soak_oracle.c - knows everything that happened on all hosts, and says what must not happen:
 *
 *   one life of a server executes an operation at most once, unless it is idempotent;   VMTP-8.1-01
 *   what arrives is what was sent, both ways, octet by octet;
 *   a call ends exactly once, not after its deadline, and for a reason that there was;  VMTP-7.7-01
 *   an identifier that an engine chose is never chosen again.                           VMTP-4.3-01
 */
#include "soak.h"

/* ---- what segments hold ---- */

static uint64_t scramble(uint64_t z) {
    z = (z ^ (z >> 29)) * 0xbf58476d1ce4e5b9ull;
    return z ^ (z >> 32);
}

static uint64_t key_of(uint32_t op, uint32_t response) { return scramble((uint64_t)op << 32 | (response + 1)); }

void soak_fill(uint8_t *p, uint32_t size, uint32_t op, uint32_t response) {
    uint64_t key = key_of(op, response);
    for (uint32_t at = 0; at < size; at += 8, key += 0x9e3779b97f4a7c15ull) {
        uint64_t word = scramble(key);
        memcpy(p + at, &word, size - at < 8 ? size - at : 8);
    }
}

static void check_segment(const uint8_t *p, uint32_t size, uint32_t op, uint32_t response) {
    uint64_t key = key_of(op, response);
    for (uint32_t at = 0; at < size; at += 8, key += 0x9e3779b97f4a7c15ull) {
        uint64_t word = scramble(key);
        REQUIRE(memcmp(p + at, &word, size - at < 8 ? size - at : 8) == 0,
                "op %u: octets %u.. of %u of its %s are wrong", op, at, size, response ? "Response" : "Request");
    }
    SOAK_COUNT(OCTETS, size);
}

/* ---- lives of entities ---- */

uint32_t soak_life_begin(vmtp_entity id, const struct soak_host *h, uint32_t capacity, int stable) {
    if (soak.life_count == 0)
        soak.life_count = 1; /* 0 is none */
    for (uint32_t i = 1; i < soak.life_count; i++)
        REQUIRE(soak.lives[i].id != id || (stable && soak.lives[i].until != VMTP_NEVER),
                "host %u: identifier %016llx was given out before", h->index, (unsigned long long)id);
    REQUIRE(soak.life_count < SOAK_LIVES, "more entities than there is room for");
    soak.lives[soak.life_count] = (struct soak_life){.id = id,
                                                     .from = soak_now(),
                                                     .until = VMTP_NEVER,
                                                     .capacity = capacity,
                                                     .host = h->index,
                                                     .boot = h->boot,
                                                     .no_streams = h->no_streams};
    return soak.life_count++;
}

static void end(struct soak_life *l) { l->until = soak_now(); }

void soak_life_end(vmtp_entity id, const struct soak_host *h) { end(&soak.lives[soak_life_of(id, h)]); }

void soak_lives_end(const struct soak_host *h) {
    for (uint32_t i = 1; i < soak.life_count; i++)
        if (soak.lives[i].host == h->index && soak.lives[i].until == VMTP_NEVER)
            end(&soak.lives[i]);
}

uint32_t soak_life_of(vmtp_entity id, const struct soak_host *h) {
    for (uint32_t i = soak.life_count; i-- > 1;)
        if (soak.lives[i].id == id && soak.lives[i].host == h->index && soak.lives[i].boot == h->boot)
            return i;
    REQUIRE(0, "host %u speaks of an entity that it never had: %016llx", h->index, (unsigned long long)id);
    return 0;
}

static int lived_throughout(vmtp_entity id, vmtp_time from) {
    for (uint32_t i = 1; i < soak.life_count; i++)
        if (soak.lives[i].id == id && soak.lives[i].from <= from && soak.lives[i].until == VMTP_NEVER)
            return soak.lives[i].host != UINT16_MAX;
    return 0;
}

/* By each that had its name meanwhile: a forwarder goes on to tell what one of them has said. */
static int is_taken(vmtp_entity id, const struct soak_op *op) {
    int found = 0;
    for (uint32_t i = soak.life_count; i-- > 1;) {
        const struct soak_life *l = &soak.lives[i];
        if (l->id != id || (found && l->until < op->started))
            continue;
        if (op->request_size > l->capacity)
            return 0;
        found = 1;
    }
    return found;
}

static int speaks_no_runs(vmtp_entity id) {
    for (uint32_t i = 1; i < soak.life_count; i++)
        if (soak.lives[i].id == id && soak.lives[i].no_streams)
            return 1;
    return 0;
}

/* ---- executions ---- */

struct execution {
    vmtp_entity client; /* whoever asked: another one than the operation's, if it was passed on as a call */
    uint32_t transaction, life, hop, times, before;
};

static struct execution executions[SOAK_OPS * 4];
static uint32_t execution_count = 1;

static void count_execution(struct soak_op *op, uint32_t number, uint32_t life, const struct vmtp_event *ev) {
    uint32_t hop = ev->message.words[4];
    uint32_t i = op->executions;
    while (i && (executions[i].life != life || executions[i].hop != hop || executions[i].client != ev->client ||
                 executions[i].transaction != ev->transaction))
        i = executions[i].before;
    if (!i) {
        REQUIRE(execution_count < SOAK_OPS * 4, "more executions than there is room for");
        i = execution_count++;
        executions[i] = (struct execution){ev->client, ev->transaction, life, hop, 0, op->executions};
        if (op->executions && !op->group && !op->hops)
            SOAK_COUNT(SECOND_LIFE, 1);
        op->executions = i;
    }
    executions[i].times++;
    if (executions[i].times == 1 && hop == 0)
        soak_run_executed(op, number, life);
    op->executed++;
    SOAK_COUNT(EXECUTED, 1);
    if (executions[i].times > 1)
        SOAK_COUNT(REDONE, 1);
    REQUIRE(executions[i].times == 1 || op->idempotent, "op %u executed %u times by one life of its server", number,
            executions[i].times);
    REQUIRE(executions[i].times < 250, "op %u is executed again and again", number);
}

/* Packets are late by a second at most, and a Probe takes less than another. */
static void check_late(const struct soak_op *op, uint32_t number, const struct soak_life *life) {
    vmtp_time now = soak_now();
    if (op->state != SOAK_ENDED)
        return;
    REQUIRE(now < op->ended + 3 * VMTP_SECOND, "op %u executed %.1f s after its end", number,
            (double)(now - op->ended) / 1e9);
    /* One that may have lived before asks unknown clients first, and this one would say that it has gone on.  VMTP-8.2-05 */
    REQUIRE(op->idempotent || op->request_size > VMTP_BLOCK_OCTETS || life->from < op->ended ||
                op->followed == VMTP_NEVER || now < op->followed + 500 * VMTP_MILLISECOND,
            "op %u executed by a later life of its server though its client has gone on", number);
}

/* A client that asks something newer has done with what it asked before.  VMTP-8.1-04 */
static void check_superseded(const struct soak_host *h, const struct vmtp_event *ev, uint32_t number) {
    const struct soak_op *op = &soak.ops[number];
    if (op->host == h->index || op->client != ev->client)
        return;
    for (const struct soak_pending *p = h->pending; p; p = p->next)
        REQUIRE(p->stale || p->op >= number || p->client != ev->client ||
                    (op->in_run && soak.ops[p->op].in_run && soak.ops[p->op].run == op->run),
                "op %u is executed while op %u of its client is still being handled", number, p->op);
}

uint32_t soak_executed(const struct soak_host *h, const struct vmtp_event *ev) {
    uint32_t number = ev->message.words[2], hop = ev->message.words[4], life = soak_life_of(ev->entity, h);
    REQUIRE(number < soak.op_count && ev->message.words[3] == ~number, "a Request that nobody sent: %08x %08x", number,
            ev->message.words[3]);
    struct soak_op *op = &soak.ops[number];
    soak_tell("op %u executed by %016llx at host %u", number, (unsigned long long)ev->entity, h->index);
    REQUIRE(soak_forward_expected(op, ev, life), "op %u: executed by %016llx for %016llx, hop %u, which was not asked",
            number, (unsigned long long)ev->entity, (unsigned long long)ev->client, hop);
    REQUIRE(ev->segment_size == op->request_size, "op %u: Request of %u octets, sent %u", number, ev->segment_size,
            op->request_size);
    check_segment(ev->segment, ev->segment_size, number, 0);
    if (hop == 0) /* a chain of servers takes its time */
        check_late(op, number, &soak.lives[life]);
    check_superseded(h, ev, number);
    SOAK_COUNT(LARGE_REQUESTS, op->request_size > VMTP_GROUP_OCTETS);
    SOAK_COUNT(HUGE, op->request_size > 1024 * 1024);
    count_execution(op, number, life, ev);
    return number;
}

/* ---- ends ---- */

/* Is there something behind the reason that a client was given? */
static void check_reason(const struct soak_op *op, uint32_t number, uint32_t result) {
    int there = lived_throughout(op->server, op->started), fits = is_taken(op->server, op);
    vmtp_entity next;
    for (uint32_t i = 0; (next = soak_forward_target(op, i)) != 0; i++) {
        there &= lived_throughout(next, op->started);
        fits &= is_taken(next, op);
    }
    switch (result) {
    case VMTP_NONEXISTENT_ENTITY:
        /* Also to those of its node whose Requests a server has passed on, when it moves; or those it has left say so, and cannot reach it. */
        REQUIRE(!there || op->hops || op->disturbed, "op %u: its server does exist", number);
        break;
    case VMTP_ERROR: REQUIRE(!fits, "op %u: nothing is wrong with its Request", number); break;
    case VMTP_BAD_REPLY_SEGMENT: break; /* too large for its area, or not whole */
    case VMTP_USER_TIMEOUT: REQUIRE(soak_now() >= op->deadline, "op %u: its deadline has not passed", number); break;
    case VMTP_CANCELLED: REQUIRE(op->cancelled, "op %u: nobody cancelled it", number); break;
    case VMTP_RESPONSE_DISCARDED:
        /* or a server ended while the Request was arriving, and another has its name now; or it was given up, in a run; or an earlier life of
         * its client has sent another since, which somebody passed on late */
        REQUIRE(op->executed || !there || op->in_run || op->disturbed, "op %u: was never executed", number);
        break;
    case VMTP_STREAMING_NOT_SUPPORTED:
        REQUIRE(op->request_size > VMTP_GROUP_OCTETS && speaks_no_runs(op->server), "op %u: its server does stream",
                number);
        break;
    case VMTP_RETRANS_TIMEOUT:
    case VMTP_TOO_MANY_RETRIES:
        if (!there || op->disturbed)
            break;
        soak_tell("op %u has timed out with nobody gone", number);
        SOAK_COUNT(RUNS_LOST, op->in_run);
        SOAK_COUNT(UNEXPLAINED, !op->in_run);
        break;
    default: REQUIRE(0, "op %u: ended with %s", number, vmtp_response_code_name(result));
    }
}

void soak_check_response(const struct soak_op *op, uint32_t number, const struct vmtp_event *ev, int whole) {
    uint32_t sent = ev->message.words[5], expected = sent < op->area_size ? sent : op->area_size;
    if (op->hops && (ev->message.code & 0xffu)) { /* of a server whose own call has failed.  VMTP-13.5-21 */
        SOAK_COUNT(NESTED_FAILED, 1);
        return;
    }
    REQUIRE(op->executed, "op %u: answered without having been executed", number);
    if (soak_run_batched(op, number, ev))
        return;
    REQUIRE(ev->message.words[2] == SOAK_WORD(number), "op %u: words of another Response", number);
    REQUIRE(op->hops || (ev->message.words[4] == (uint32_t)ev->message.server &&
                         (op->group || ev->message.server == op->server)),
            "op %u: a Response of another server", number);
    REQUIRE(ev->message.words[3] >= 1 && ev->message.words[3] <= op->executed, "op %u: of an execution that never was",
            number);
    REQUIRE(sent == op->response_size || (op->response_size > VMTP_GROUP_OCTETS && sent == VMTP_GROUP_OCTETS),
            "op %u: Response of %u octets", number, sent);
    REQUIRE(!whole || sent <= op->area_size, "op %u: a Response larger than its area is whole", number);
    REQUIRE(whole ? ev->segment_size == expected : ev->segment_size <= expected,
            "op %u: Response of %u octets, sent %u, area %u", number, ev->segment_size, sent, op->area_size);
    check_segment(ev->segment, ev->segment_size, number, ev->message.words[3]);
    SOAK_COUNT(LARGE_RESPONSES, whole && sent > VMTP_GROUP_OCTETS);
    SOAK_COUNT(HUGE, whole && sent > 1024 * 1024);
}

void soak_completed(const struct soak_host *h, const struct vmtp_event *ev) {
    uint32_t number = (uint32_t)ev->cookie;
    REQUIRE(number < soak.op_count, "COMPLETE for a call that nobody made");
    struct soak_op *op = &soak.ops[number];
    soak_tell("op %u ended at host %u: %s", number, h->index, vmtp_response_code_name(ev->result));
    REQUIRE(op->host == h->index && op->boot == h->boot && op->handle == ev->handle, "op %u: COMPLETE for another call",
            number);
    REQUIRE(op->state == SOAK_OPEN, "op %u: ended twice", number);
    /* In a run it may be held back until those before it have ended. */
    REQUIRE(op->deadline == VMTP_NEVER || op->in_run || soak_now() <= op->deadline + 2 * VMTP_MILLISECOND,
            "op %u: ended after its deadline", number);
    op->state = SOAK_ENDED;
    op->ended = soak_now();
    op->result = ev->result;
    soak.totals.reasons[ev->result < 63 ? ev->result : 63]++;
    if (!soak_run_completed(op, number, ev->result) && ev->result != 0)
        check_reason(op, number, ev->result);
    if (op->datagram)
        return;
    if (ev->result == 0)
        SOAK_COUNT(ANSWERED, 1);
    if (op->group)
        soak_group_completed(op, number, ev);
    if (op->slots == 1 && (ev->result == 0 || (ev->result == VMTP_BAD_REPLY_SEGMENT && ev->segment_size)))
        soak_check_response(op, number, ev, ev->result == 0);
}
