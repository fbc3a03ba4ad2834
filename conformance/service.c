/* SPDX-License-Identifier: BSD-2-Clause */
/* The test service of the node, as cases use it. */
#include <string.h>

#define VC_NO_LINES
#include "run.h"

/* Patience for what needs no judgement; a Request that is lost is sent again as a client would. */
struct vc_packet *vc_must_answer(struct vc_test *t, struct vc_packet *request, const void *segment, uint32_t size) {
    for (unsigned i = 0; i < 4; i++) {
        request->retransmit = (uint8_t)i;
        request->control = i ? VMTP_APG : 0;
        if (size)
            vc_send_blocks(t, request, segment, size, vc_all_blocks(size), 0);
        else
            vc_send(t, request);
        struct vc_packet *p = vc_await_response(t, request, VC_SECOND);
        if (p && vc_code(p) == VMTP_OK)
            return p;
        if (p)
            vc_give_up(t, "%s of the test service answers %s", vc_request_name(request->code), vc_response_name(p->code));
    }
    vc_give_up(t, "%s of the test service is not answered", vc_request_name(request->code));
}

struct vc_packet *vc_must(struct vc_test *t, uint32_t code, const uint32_t words[7]) {
    struct vc_packet request = vc_request(t, code);
    if (words)
        memcpy(request.words, words, sizeof request.words);
    return vc_must_answer(t, &request, NULL, 0);
}

uint32_t vc_executed(struct vc_test *t, uint32_t code) {
    const uint32_t words[7] = {code & 0xff};
    return vc_must(t, VMTP_TEST_COUNT, words)->words[1];
}

uint64_t vc_service_entity(struct vc_test *t, uint32_t number) {
    const uint32_t words[7] = {number};
    return vc_pair(vc_must(t, VMTP_TEST_ENTITY, words)->words);
}

/* ---- CALL ----------------------------------------------------------------------------------------------------------- */

#define CALL_HEAD 56u
#define CALL_MEMBERS 16u
#define CALL_RESULT 32u
#define CALL_SEGMENT 400u /* that fits into the packet */

static void note_call(struct vc_test *t, const struct vc_packet *order, uint64_t server) {
    if (t->call_count == sizeof t->calls / sizeof t->calls[0])
        return;
    t->calls[t->call_count].client = order->client;
    t->calls[t->call_count].transaction = order->transaction;
    t->calls[t->call_count++].server = server;
}

struct vc_packet vc_have_called(struct vc_test *t, struct vc_call *call) {
    uint8_t segment[CALL_HEAD + 8 * CALL_MEMBERS + CALL_SEGMENT] = {0};
    uint32_t octets = call->octets < CALL_SEGMENT ? call->octets : CALL_SEGMENT;
    uint32_t members = call->member_count < CALL_MEMBERS ? call->member_count : CALL_MEMBERS,
             head = CALL_HEAD + 8 * members;
    struct vc_packet request = call->behind ? vc_next(call->behind, VMTP_TEST_CALL) : vc_request(t, VMTP_TEST_CALL);
    if (call->server == 0)
        call->server = vc_new_client(t);
    request.words[0] = call->size;
    request.words[1] = 1;
    request.words[2] = call->options;
    request.words[3] = call->number;
    vc_put64(segment, call->server);
    vc_put32(segment + 8, call->code);
    vc_put32(segment + 12, call->control);
    for (unsigned i = 0; i < 7; i++)
        vc_put32(segment + 16 + 4 * i, call->words[i]);
    vc_put32(segment + 44, call->deadline_ms);
    vc_put32(segment + 48, call->response_room);
    vc_put32(segment + 52, call->run << 16 | call->responses);
    request.words[4] = members;
    for (unsigned i = 0; i < members; i++)
        vc_put64(segment + CALL_HEAD + 8 * i, call->members[i]);
    if (octets)
        memcpy(segment + head, call->segment, octets);
    vc_carry(&request, segment, head + octets, vc_all_blocks(head + octets));
    vc_send(t, &request);
    note_call(t, &request, call->server);
    return request;
}

struct vc_packet *vc_call_over(struct vc_test *t, const char *id, const struct vc_packet *request, vc_time patience) {
    struct vc_packet *p = vc_await_response(t, request, patience);
    if (!p) {
        vc_check(t, id, 0, "an end of the node's call", "it goes on after %u ms", (unsigned)(patience / VC_MILLISECOND));
        longjmp(t->end, 1);
    }
    vc_judge(t, id, 1, "an end of the node's call", "an end of the node's call", "it came");
    return p;
}

static int has_ended(const struct vc_test *t, int i) {
    for (unsigned at = 0; at < t->count; at++)
        if (t->inbox[at]->function == VMTP_RESPONSE && t->inbox[at]->client == t->calls[i].client &&
            t->inbox[at]->transaction == t->calls[i].transaction)
            return 1;
    return 0;
}

/* The last Request of that call, or NULL. */
static const struct vc_packet *request_of(const struct vc_test *t, int i) {
    for (unsigned at = t->count; at-- > 0;)
        if (t->inbox[at]->function == VMTP_REQUEST && t->inbox[at]->server == t->calls[i].server &&
            !vc_notify(t->inbox[at]))
            return t->inbox[at];
    return NULL;
}

/* The node's client is to be free again: it is told that there is nobody, and else has the time to give up. */
#define GIVES_UP (1200 * VC_MILLISECOND)

void vc_hang_up(struct vc_test *t) {
    vc_time until = vc_now(t) + GIVES_UP;
    for (int i = 0; i < t->call_count; i++) {
        const struct vc_packet *request = has_ended(t, i) ? NULL : request_of(t, i);
        if (request)
            vc_tell_client(t, request, VMTP_NONEXISTENT_ENTITY, 0);
    }
    for (int i = 0; i < t->call_count; i++)
        while (!has_ended(t, i) && vc_take(t, until))
            continue;
}

struct vc_outcome vc_called(struct vc_test *t, const char *id, const struct vc_packet *request, vc_time patience) {
    struct vc_outcome o = {0};
    struct vc_packet *p = vc_call_over(t, id, request, patience);
    if (vc_code(p) != VMTP_OK || p->data_octets < CALL_HEAD)
        vc_give_up(t, "CALL of the test service answers %s", vc_response_name(p->code));
    o.result = p->words[0];
    o.code = p->words[1];
    o.reports = p->words[2];
    o.sequence = p->words[3];
    o.server = vc_get64(p->data);
    for (unsigned i = 0; i < 7; i++)
        o.words[i] = vc_get32(p->data + 16 + 4 * i);
    o.octets = vc_get32(p->data + 44);
    o.crc = vc_get32(p->data + 48);
    o.microseconds = vc_get32(p->data + 52);
    o.results = p->data + CALL_HEAD;
    if (o.reports > (p->data_octets - CALL_HEAD) / CALL_RESULT)
        o.reports = 0;
    return o;
}

struct vc_report vc_report(const struct vc_outcome *outcome, unsigned i) {
    struct vc_report r = {.result = VC_ANY};
    const uint8_t *at = outcome->results + i * CALL_RESULT;
    if (i >= outcome->reports)
        return r;
    r.code = vc_get32(at + 8);
    r.result = vc_get32(at + 12);
    r.number = vc_get32(at + 16);
    r.octets = vc_get32(at + 20);
    r.crc = vc_get32(at + 24);
    return r;
}
