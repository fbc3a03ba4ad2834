/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A minimal client (section 7): one call, of a Request that fits into one packet, whose Response may be of any size.  Nothing
 * is remembered of servers, so each call begins with a Probe and takes all times as they are for a stranger.
 */
#include <string.h>

#include "minimal.h"

#define MS 1000
#define TC1 (220 * MS)
#define TC2 (20 * MS)
#define TC2_MOST (320 * MS)
#define TC3 (20 * MS)
#define RETRIES 5u

enum state { IDLE, PROBING, AWAITING, RECEIVING };

static struct {
    enum state state;
    struct packet probe, request;
    void (*ended)(const struct outcome *);
    uint32_t sent;   /* how often the packet of this state */
    uint32_t tries;  /* by timer, since something was heard */
    uint32_t obeyed; /* RETRY and RETRY_ALL since one named a block not named before */
    uint32_t named;  /* blocks of the Request that NVC has named */
    uint32_t busy;   /* NVC(BUSY) in a row */
    uint32_t room;
    int64_t timer, deadline;
    /* The Response that arrives. */
    struct packet first;      /* of its packets */
    uint32_t blocks, most;    /* here now; the most that ever were */
    int started, acknowledge; /* first is valid; one of them had APG */
} call;
static uint8_t area[SEGMENT_MAX];

int call_outstanding(void) { return call.state != IDLE; }

/* ---- sending -------------------------------------------------------------------------------------------------------- */

static void transmit(uint32_t flags, uint32_t blocks, int64_t wait) {
    struct packet *p = call.state == PROBING ? &call.probe : &call.request;
    p->h[H_CONTROL] = (p->h[H_CONTROL] & ~(APG | 7u << 20)) | flags | (call.sent++ & 7) << 20;
    p->h[H_DELIVERY] = blocks;
    packet_send(p);
    call.timer = now() + wait;
}

/* How long to wait behind the try with that number: 20, 40 ... 320 ms. */
static int64_t patience(uint32_t tries) {
    int64_t wait = (int64_t)TC2 << (tries - 1);
    return wait < TC2_MOST ? wait : TC2_MOST;
}

static void transmit_by_timer(void) {
    call.tries++;
    transmit(APG, call.state == PROBING ? 0 : packet_needs(&call.request), patience(call.tries));
}

static void send_probe(uint64_t server) {
    static const uint8_t managers[6] = {9, 0, 0x56, 0, 1, 0};
    request_begin(&call.probe, PROBER, MANAGER_GROUP, PROBE_ENTITY);
    put_pair(call.probe.h + H_WORDS, server);
    put_pair(call.probe.h + H_WORDS + 2, server);
    memcpy(call.probe.mac, managers, 6);
    call.state = PROBING;
    call.sent = call.tries = 0;
    transmit(0, 0, TC1);
}

/* ---- the end -------------------------------------------------------------------------------------------------------- */

static uint32_t without_a_gap(void) {
    uint32_t size = packet_segment(&call.first), whole = 0;
    while (whole < 32 && call.blocks >> whole & 1)
        whole++;
    return whole * BLOCK < size ? whole * BLOCK : size;
}

static void end(uint32_t result) {
    struct outcome out = {.result = result, .segment = area};
    if (call.started && (result == OK || result == BAD_REPLY_SEGMENT)) {
        out.header = call.first.h;
        out.octets = result == OK ? packet_segment(&call.first) : without_a_gap();
    }
    if (out.octets > call.room) {
        out.result = BAD_REPLY_SEGMENT;
        out.octets = call.room;
    }
    call.state = IDLE;
    call.ended(&out);
}

static void send_request(const uint8_t mac[6]) {
    call.state = AWAITING;
    call.sent = call.tries = 0;
    memcpy(call.request.mac, mac, 6);
    transmit(0, packet_needs(&call.request), TC1);
    if (call.request.h[H_CODE] & DGM)
        end(OK);
}

int call_begin(const struct packet *request, uint32_t room, uint32_t deadline_ms, void (*ended)(const struct outcome *)) {
    if (call.state != IDLE)
        return -1;
    memset(&call, 0, sizeof call);
    call.request = *request;
    call.ended = ended;
    call.room = room;
    call.deadline = deadline_ms ? now() + (int64_t)deadline_ms * MS : 0;
    send_probe(pair(request->h + H_SERVER));
    return 0;
}

/* ---- timers (7.6) --------------------------------------------------------------------------------------------------- */

int64_t call_timer(void) {
    if (call.state == IDLE)
        return 0;
    return call.deadline && call.deadline < call.timer ? call.deadline : call.timer;
}

static void ask_for_blocks(void) {
    notify(&call.first, RETRY, call.blocks);
    call.timer = now() + patience(call.tries ? call.tries : 1);
}

void call_expire(void) {
    if (call.state == IDLE || now() < call_timer())
        return;
    if (call.deadline && call.deadline <= now()) {
        end(USER_TIMEOUT);
    } else if (call.tries == RETRIES) {
        end(call.started ? BAD_REPLY_SEGMENT : RETRANS_TIMEOUT);
    } else if (call.state == RECEIVING && !(call.first.h[H_CODE] & DGM)) {
        call.tries++;
        ask_for_blocks();
    } else {
        if (call.state == RECEIVING) { /* idempotent: the server has to make it again */
            call.state = AWAITING;
            call.obeyed = 0;
        }
        transmit_by_timer();
    }
}

/* ---- Responses (7.4) ------------------------------------------------------------------------------------------------ */

/* The blocks of p go with those that are here: the same message, and of the same execution. */
static int belongs(const struct packet *p) {
    uint32_t ahead = (RETRANSMITS(p->h[H_CONTROL]) - RETRANSMITS(call.first.h[H_CONTROL])) & 7;
    if (p->h[H_CODE] & DGM && call.started && ahead) {
        if (ahead > 4)
            return 0;
        call.started = 0; /* executed again */
    }
    if (!call.started) {
        call.tries = call.most ? call.tries : 0;
        call.first = *p;
        call.started = 1;
        call.blocks = 0;
        call.acknowledge = 0;
        memset(area, 0, packet_segment(p)); /* with MDM some of it may never come */
    }
    return memcmp(p->h + H_SERVER, call.first.h + H_SERVER, sizeof p->h - H_SERVER * sizeof p->h[0]) == 0;
}

static uint32_t number_of(uint32_t blocks) {
    uint32_t number = 0;
    for (; blocks; blocks &= blocks - 1)
        number++;
    return number;
}

static void collect(const struct packet *p) {
    uint32_t needs = packet_needs(p);
    if (!belongs(p)) {
        drop(21);
        return;
    }
    if (p->h[H_DELIVERY] && !(p->h[H_DELIVERY] & ~call.blocks))
        drop(20);
    else
        packet_store(p, area, sizeof area);
    call.blocks |= p->h[H_DELIVERY];
    call.acknowledge |= (p->h[H_CONTROL] & APG) != 0;
    memcpy(call.first.mac, p->mac, 6);
    if (number_of(call.blocks) > call.most) {
        call.most = number_of(call.blocks);
        call.tries = 0;
    }
    if (!(needs & ~call.blocks)) {
        if (call.acknowledge)
            notify(p, OK, call.blocks);
        end(OK);
        return;
    }
    call.state = RECEIVING;
    call.timer = now() + TC3;
    if (p->h[H_DELIVERY] == 0 && !(p->h[H_CODE] & DGM)) /* none of the five */
        ask_for_blocks();
}

static int is_found(const struct packet *p, unsigned number) {
    return call.state == PROBING && number == PROBER && p->h[H_TRANSACTION] == call.probe.h[H_TRANSACTION];
}

void call_response(const struct packet *p, unsigned number) {
    uint32_t told = p->h[H_CONTROL] & APG ? RESPONSE_DISCARDED : OK;
    int row = 0;
    if (is_found(p, number)) {
        if (CODE(p->h[H_CODE]) == OK)
            send_request(p->mac);
        return;
    }
    if ((int32_t)(p->h[H_TRANSACTION] - node.next[number]) >= 0) {
        refuse(p, 29, BAD_TRANSACTION_ID);
        return;
    }
    if (number != CALLER || call.state < AWAITING || p->h[H_TRANSACTION] != call.request.h[H_TRANSACTION])
        row = 30;
    else if (pair(p->h + H_SERVER) != pair(call.request.h + H_SERVER) && FORWARDS(p->h[H_CONTROL]) == 0)
        row = 31;
    else if (call.started && pair(p->h + H_SERVER) != pair(call.first.h + H_SERVER))
        row = 32;
    if (row == 0)
        collect(p);
    else if (told)
        refuse(p, row, told);
    else
        drop(row);
}

/* ---- NotifyVmtpClient (7.5) ------------------------------------------------------------------------------------------- */

static void obey_retry(uint32_t blocks, uint32_t named) {
    if (named & ~call.named)
        call.obeyed = 0;
    call.named |= named;
    if (call.obeyed++ == RETRIES)
        end(RETRANS_TIMEOUT);
    else
        transmit(0, blocks, TC1);
}

void call_notified(const struct packet *p) {
    const uint32_t *words = p->h + H_WORDS;
    uint32_t code = CODE(words[6]), all = packet_needs(&call.request), lacks = all & ~words[5];
    if (call.state < AWAITING || pair(words) != entity(CALLER) || words[4] != call.request.h[H_TRANSACTION]) {
        drop(33);
    } else if (call.state == RECEIVING) {
        if (code == RESPONSE_DISCARDED || code == ENTITY_MIGRATED)
            end(code);
    } else if (code == OK || (code == RETRY && !lacks)) {
        call.tries = call.busy = 0;
        call.timer = now() + TC1;
    } else if (code == RETRY) {
        obey_retry(lacks, words[5] & all);
    } else if (code == RETRY_ALL) {
        obey_retry(all, 0);
    } else if (code == BUSY) {
        call.tries = 0;
        call.timer = now() + (10 * MS << (call.busy < 5 ? call.busy++ : 5));
    } else {
        end(code);
    }
}
