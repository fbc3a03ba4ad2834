/* SPDX-License-Identifier: BSD-2-Clause */
/* What becomes of forwarded Requests that fail, come again, or come home: section 13.5. */
#include <string.h>

#include "../case.h"

#define FORWARDS "test-service records forwarding"
#define MS VC_MILLISECOND
#define CODE (VMTP_PIC | 0x777u)
#define HEAD 56u

static uint8_t pattern[4000];

/* The segment of FORWARD: a Request to next, with a segment of its own. */
static uint32_t put_order(uint8_t *out, uint64_t next, uint32_t code, uint32_t size) {
    memset(out, 0, HEAD);
    vc_put64(out, next);
    vc_put32(out + 8, code);
    vc_put32(out + 16, 0x1234);
    vc_pattern(out + HEAD, size, 1);
    return HEAD + size;
}

static struct vc_packet order(struct vc_test *t, uint64_t next, uint32_t code, uint32_t size) {
    static uint8_t segment[HEAD + 1000];
    struct vc_packet request = vc_request(t, VMTP_TEST_FORWARD);
    uint32_t octets = put_order(segment, next, code, size);
    vc_carry(&request, segment, octets, vc_all_blocks(octets));
    return request;
}

static void duplicate(struct vc_test *t, struct vc_packet *request, uint32_t control) {
    request->retransmit++;
    request->control = control;
    vc_send(t, request);
}

/* FORWARD to next, which has acknowledged it; what it was sent. */
static struct vc_packet *passed_on(struct vc_test *t, const char *id, const struct vc_packet *request, uint64_t next) {
    vc_send(t, request);
    struct vc_packet *forwarded = vc_want_request(t, id, next, VC_PATIENCE);
    vc_tell_forwarder(t, forwarded, VMTP_OK, 0);
    vc_fence(t);
    return forwarded;
}

/* ---- the tester is the Client and the next server ------------------------------------------------------------------------ */

static void forgotten(struct vc_test *t) {
    uint64_t next = vc_new_client(t);
    struct vc_packet request = order(t, next, CODE, 900);
    passed_on(t, "VMTP-13.5-15", &request, next);
    duplicate(t, &request, VMTP_APG);
    vc_want_nvc(t, "VMTP-13.5-15", &request, VMTP_OK);
    vc_tell_forwarder(t, vc_want_request(t, "VMTP-13.5-15", next, VC_PATIENCE), VMTP_RETRY, 0);
    vc_want_nvc(t, "VMTP-13.5-15", &request, VMTP_RESPONSE_DISCARDED);
}

/* A refusal is told again, to a Client and to a forwarder, and the next server is left in peace. */
static void refused_again(struct vc_test *t) {
    for (unsigned forward = 0; forward < 2; forward++) {
        uint64_t next = vc_new_client(t);
        struct vc_packet request = order(t, next, CODE, 0), *forwarded;
        request.forward = (uint8_t)forward;
        vc_send(t, &request);
        forwarded = vc_want_request(t, "VMTP-13.5-26", next, VC_PATIENCE);
        vc_tell_forwarder(t, forwarded, VMTP_NO_PERMISSION, 0);
        struct vc_packet plain = request;
        plain.forward = 0;
        vc_want_nvc(t, "VMTP-13.5-26", &plain, VMTP_NO_PERMISSION);
        duplicate(t, &request, VMTP_APG);
        vc_want_nvc(t, "VMTP-13.5-26", &request, VMTP_NO_PERMISSION);
        forwarded = vc_await_request(t, next, 30 * MS);
        vc_check(t, "VMTP-13.5-26", forwarded == NULL, "nothing more to the next server", "%s",
                 forwarded ? "a Request" : "nothing");
    }
}

/* Duplicates keep the record beyond the TS4 that began when the forwarded Request was acknowledged. */
static void kept(struct vc_test *t) {
    uint64_t next = vc_new_client(t);
    struct vc_packet request = order(t, next, CODE, 0);
    passed_on(t, "VMTP-13.5-18", &request, next);
    for (unsigned i = 0; i < 2; i++) {
        vc_pass(t, 3 * vc_least(VC_TS4, 1) / 5);
        duplicate(t, &request, VMTP_APG);
        vc_want_nvc(t, "VMTP-13.5-18", &request, VMTP_OK);
        struct vc_packet *forwarded = vc_want_request(t, "VMTP-13.5-18", next, VC_PATIENCE);
        vc_equal(t, "VMTP-13.5-18", "ForwardCount", 1, forwarded->forward);
        vc_tell_forwarder(t, forwarded, VMTP_OK, 0);
    }
    vc_fence(t);
}

/* What ForwardCount 15 makes a call of the server's own. */
static void own_call_fails(struct vc_test *t) {
    uint64_t next = vc_new_client(t);
    struct vc_packet request = order(t, next, CODE, 0), *inner;
    request.forward = 15;
    vc_send(t, &request);
    inner = vc_want_request(t, "VMTP-13.5-21", next, VC_PATIENCE);
    vc_tell_client(t, inner, VMTP_NO_PERMISSION, 0);
    vc_want_response(t, "VMTP-13.5-21", &request, VMTP_NO_PERMISSION);
}

static void own_call_for_group(struct vc_test *t) {
    uint64_t next = vc_new_client(t), group = VMTP_ID_GRP | VMTP_ID_UGP | vc_new_client(t);
    const uint32_t words[7] = {(uint32_t)(group >> 32), (uint32_t)group, 0, 0xff};
    vc_must(t, VMTP_TEST_JOIN, words);
    struct vc_packet request = order(t, next, CODE, 0), *inner;
    request.server = group;
    vc_multicast(&request, group);
    vc_send(t, &request);
    inner = vc_want_request(t, "VMTP-13.5-21", next, VC_PATIENCE);
    vc_tell_client(t, inner, VMTP_NO_PERMISSION, 0);
    vc_want_silence(t, "VMTP-13.5-21", "answer to a multicast Request whose forwarding has failed");
    vc_must(t, VMTP_TEST_LEAVE, words);
}

static void no_room(struct vc_test *t) {
    uint64_t next = vc_new_client(t);
    struct vc_packet request = order(t, next, CODE, 0), *last[VC_FILLERS], *two = NULL;
    passed_on(t, "VMTP-13.5-22", &request, next);
    unsigned n = vc_fill_records(t, last, &two);
    duplicate(t, &request, VMTP_APG);
    vc_settle(t);
    struct vc_packet *told = vc_await_notify(t, VMTP_NOTIFY_VMTP_CLIENT, request.client, request.transaction, 0);
    vc_check(t, "VMTP-13.5-22", told == NULL, "no answer while there is no room to ask the next server", "%s",
             told ? "NVC" : "none");
    for (unsigned i = 0; i < n; i++)
        vc_leave_run(t, last[i]);
    duplicate(t, &request, VMTP_APG);
    vc_want_nvc(t, "VMTP-13.5-22", &request, VMTP_OK);
    vc_tell_forwarder(t, vc_want_request(t, "VMTP-13.5-22", next, VC_PATIENCE), VMTP_OK, 0);
    vc_fence(t);
}

/* ---- entities of the node -------------------------------------------------------------------------------------------------- */

static void here(struct vc_test *t) {
    uint64_t twin = vc_service_entity(t, 1);
    struct vc_packet request = order(t, twin, VMTP_TEST_NULL | VMTP_PIC, 0), *answer;
    vc_send(t, &request);
    answer = vc_want_response(t, "VMTP-13.5-16", &request, VMTP_OK);
    vc_equal(t, "VMTP-13.5-16", "Server", twin, answer->server);
    vc_equal(t, "VMTP-13.5-16", "Requests on the wire", 0,
             vc_tally(t, request.client, request.transaction, VMTP_REQUEST));
}

/* CALL of a twin, which is to forward it to the tester. */
static struct vc_call call_of_forwarder(struct vc_test *t, uint8_t segment[HEAD], uint32_t run) {
    struct vc_call call = {.code = VMTP_TEST_FORWARD | VMTP_PIC, .response_room = 100, .options = 1, .run = run};
    call.octets = put_order(segment, vc_new_client(t), CODE, 0);
    call.segment = segment;
    call.server = vc_service_entity(t, 1);
    return call;
}

static void respond(struct vc_test *t, const struct vc_packet *request) {
    struct vc_packet response = vc_response(request, VMTP_OK);
    response.control = request->control & (VMTP_NSR | VMTP_NER);
    vc_send(t, &response);
}

/* The Client lives on the forwarder's node: its call goes on as if it had been sent to the next server. */
static void client_here(struct vc_test *t) {
    uint8_t segment[HEAD];
    struct vc_call call = call_of_forwarder(t, segment, 0);
    uint64_t next = vc_get64(segment);
    struct vc_packet begun = vc_have_called(t, &call);
    struct vc_packet *request = vc_want_request(t, "VMTP-13.5-16", next, VC_PATIENCE);
    vc_equal(t, "VMTP-13.5-16", "ForwardCount", 1, request->forward);
    vc_equal(t, "VMTP-13.5-16", "Code", CODE, request->code);
    respond(t, request);
    struct vc_outcome outcome = vc_called(t, "VMTP-13.5-16", &begun, VC_PATIENCE);
    vc_equal(t, "VMTP-13.5-16", "result", VMTP_OK, outcome.result);
    vc_equal(t, "VMTP-13.5-16", "Server that answered", next, outcome.server);
}

/* Of a node that streams the second Request of a run can only go on as a call of its server's own. */
static void own_timer(struct vc_test *t) {
    uint8_t segment[HEAD];
    vc_start(t, "no-streams");
    struct vc_call call = call_of_forwarder(t, segment, 2);
    uint64_t next = vc_get64(segment);
    struct vc_packet begun = vc_have_called(t, &call), *first, *second, *p;
    first = vc_want_request(t, "VMTP-13.5-25", next, VC_PATIENCE);
    second = vc_want_request(t, "VMTP-13.5-25", next, VC_PATIENCE);
    if (second->transaction == first->transaction)
        vc_give_up(t, "the second Request does not go on while the first is open");
    unsigned again[2] = {0, 0};
    for (unsigned i = 0; i < 8 && !(again[0] && again[1]); i++) {
        p = vc_want_request(t, "VMTP-13.5-25", next, VC_PATIENCE);
        again[0] += p->transaction == first->transaction && p->client == first->client;
        again[1] += p->transaction == second->transaction && p->client == second->client;
    }
    vc_check(t, "VMTP-13.5-25", again[0] && again[1], "both Requests again by timer",
             "the first %u times, the second %u", again[0], again[1]);
    respond(t, first);
    respond(t, second);
    struct vc_outcome outcome = vc_called(t, "VMTP-13.5-25", &begun, VC_PATIENCE);
    vc_equal(t, "VMTP-13.5-25", "Responses", 2, outcome.reports);
    vc_equal(t, "VMTP-13.5-25", "result", VMTP_OK, outcome.result);
}

/* A call of the node that was forwarded back to it, and one that nobody makes. */
static void comes_home(struct vc_test *t) {
    struct vc_call call = {.code = CODE, .response_room = 100, .options = 1};
    struct vc_packet begun = vc_have_called(t, &call), forwarded, *request;
    request = vc_want_request(t, "VMTP-13.5-17", call.server, VC_PATIENCE);
    uint32_t before = vc_executed(t, VMTP_TEST_NULL);
    forwarded = *request;
    memcpy(forwarded.src, vc_tester_mac(t), 6);
    memcpy(forwarded.dst, vc_node_mac(t), 6);
    forwarded.forward = 1;
    forwarded.server = vc_service(t);
    forwarded.code = VMTP_TEST_NULL | VMTP_PIC;
    forwarded.transaction += 7;
    vc_send(t, &forwarded);
    vc_fence(t);
    vc_equal(t, "VMTP-13.5-17", "executions for a call that there is not", before, vc_executed(t, VMTP_TEST_NULL));
    forwarded.transaction -= 7;
    vc_send(t, &forwarded);
    struct vc_outcome outcome = vc_called(t, "VMTP-13.5-17", &begun, VC_PATIENCE);
    vc_equal(t, "VMTP-13.5-17", "result", VMTP_OK, outcome.result);
    vc_equal(t, "VMTP-13.5-17", "Server that answered", vc_service(t), outcome.server);
    vc_equal(t, "VMTP-13.5-17", "Responses on the wire", 0,
             vc_tally(t, request->client, request->transaction, VMTP_RESPONSE));
}

/* An entity in the form of section 13.11, of which no Client is remembered. */
static struct vc_packet adopt(struct vc_test *t, uint64_t id, uint32_t number) {
    static uint8_t form[68];
    struct vc_packet request = vc_request(t, VMTP_TEST_ADOPT);
    memset(form, 0, sizeof form);
    vc_put32(form, 0x564d4947);
    vc_put32(form + 4, 2);
    vc_put32(form + 8, sizeof form);
    vc_put64(form + 16, id);
    vc_put32(form + 64, vc_checksum(form, 64));
    request.words[0] = number;
    vc_carry(&request, form, sizeof form, 1);
    return request;
}

static void next_comes_here(struct vc_test *t) {
    const uint32_t twin = 3, end[7] = {twin, 1};
    uint64_t next = vc_new_client(t);
    vc_must(t, VMTP_TEST_ENTITY, end);
    struct vc_packet request = order(t, next, VMTP_TEST_NULL | VMTP_PIC, 0), moved, count, *answer;
    passed_on(t, "VMTP-13.5-23", &request, next);
    moved = adopt(t, next, twin);
    vc_send(t, &moved);
    answer = vc_await_response(t, &moved, VC_PATIENCE);
    if (!answer || vc_code(answer) != VMTP_OK)
        vc_give_up(t, "the node does not take the entity in");
    duplicate(t, &request, VMTP_APG);
    vc_want_nvc(t, "VMTP-13.5-23", &request, VMTP_RESPONSE_DISCARDED);
    count = vc_request_to(t, next, VMTP_TEST_COUNT);
    vc_send(t, &count);
    answer = vc_want_response(t, "VMTP-13.5-23", &count, VMTP_OK);
    vc_equal(t, "VMTP-13.5-23", "executions at the next server", 0, answer->words[1]);
    vc_must(t, VMTP_TEST_ENTITY, end);
}

/* ---- the tester is a forwarder, and a Client elsewhere ---------------------------------------------------------------------- */

static void given_up(struct vc_test *t) {
    struct vc_packet request = vc_request(t, VMTP_TEST_SINK), lower, before, *told;
    vc_pattern(pattern, 2000, 1);
    request.forward = 2;
    vc_send_blocks(t, &request, pattern, 2000, 3, 0);
    do {
        told = vc_want_nvc(t, "VMTP-13.5-24", &request, VC_ANY);
    } while ((told->words[6] & VMTP_CODE_MASK) == VMTP_RETRY);
    vc_equal(t, "VMTP-13.5-24", "code", VMTP_TOO_MANY_RETRIES, told->words[6] & VMTP_CODE_MASK);
    uint32_t sinks = vc_executed(t, VMTP_TEST_SINK);
    lower = request;
    lower.forward = 1;
    vc_send_blocks(t, &lower, pattern, 2000, 15, 0);
    before = request;
    before.transaction--;
    vc_send_blocks(t, &before, pattern, 2000, 15, 0);
    vc_want_silence(t, "VMTP-13.5-24", "answer to a lower ForwardCount, or to an older Request");
    vc_send_blocks(t, &request, pattern, 2000, 15, 0);
    struct vc_packet *answer = vc_want_response(t, "VMTP-13.5-24", &request, VMTP_OK);
    vc_equal(t, "VMTP-13.5-24", "octets that SINK took", 2000, answer->words[0]);
    vc_equal(t, "VMTP-13.5-24", "executions", sinks + 1, vc_executed(t, VMTP_TEST_SINK));
}

/* Answered, where the Client is thought to live; then it lives at the tester's own address. */
static struct vc_packet answered_elsewhere(struct vc_test *t, const char *id, uint32_t code, uint32_t octets) {
    struct vc_packet request = vc_request(t, code);
    request.words[0] = octets;
    request.forward = 1;
    vc_other_node(t, 1);
    vc_send(t, &request);
    struct vc_packet *answer = vc_want_response(t, id, &request, VMTP_OK);
    vc_check(t, id, memcmp(answer->dst, vc_tester_mac(t), 6) == 0, "a Response to where the Client is", "elsewhere");
    while (vc_await_code(t, VMTP_PROBE_ENTITY, request.client, 0))
        continue;
    vc_other_node(t, 0);
    return request;
}

/* The node asks all where the Client is, and sends the Response there. */
static void found_again(struct vc_test *t, const char *id, const struct vc_packet *request) {
    struct vc_packet *answer, *probe;
    do {
        answer = vc_want_response(t, id, request, VMTP_OK);
    } while (memcmp(answer->dst, vc_tester_mac(t), 6) != 0);
    probe = vc_await_code(t, VMTP_PROBE_ENTITY, request->client, 0);
    vc_check(t, id, probe && probe->flags & VMTP_MPG, "a multicast Probe for the Client", "%s",
             probe ? "unicast" : "none");
}

static void asked_by_forwarder(struct vc_test *t) {
    struct vc_packet request = answered_elsewhere(t, "VMTP-13.5-27", VMTP_TEST_NULL, 0);
    duplicate(t, &request, VMTP_APG);
    found_again(t, "VMTP-13.5-27", &request);
}

static void client_gone(struct vc_test *t) {
    struct vc_packet request = answered_elsewhere(t, "VMTP-13.5-28", VMTP_TEST_SOURCE, 1000);
    struct vc_packet response = vc_response(&request, VMTP_OK);
    memcpy(response.src, vc_node_mac(t), 6);
    vc_tell_server(t, &response, VMTP_NONEXISTENT_ENTITY, 0);
    found_again(t, "VMTP-13.5-28", &request);
}

const struct vc_case vc_forwarders_cases[] = {
    VC_CASE("forward/forgotten", "VMTP-13.5-15", FORWARDS " segments",
            "RETRY to the forwarder for a segment that was acknowledged", "NVC(RESPONSE_DISCARDED) to the Client",
            forgotten),
    VC_CASE("forward/refused-again", "VMTP-13.5-26", FORWARDS " near",
            "the Client, or a forwarder, asks again after a refusal",
            "the refusal again, and nothing to the next server", refused_again),
    VC_CASE("forward/kept", "VMTP-13.5-18", FORWARDS, "the Client asks after half of TS4, and again",
            "NVC(OK), and the forwarded Request again", kept),
    VC_CASE("forward/own-call-fails", "VMTP-13.5-21", FORWARDS, "NVC(NO_PERMISSION) to the server's own call",
            "a Response NO_PERMISSION", own_call_fails),
    VC_CASE("forward/own-call-for-group", "VMTP-13.5-21", FORWARDS " groups",
            "the same when FORWARD was multicast to a group", "silence", own_call_for_group),
    VC_TIMED("forward/no-room", "VMTP-13.5-22", FORWARDS " streams near",
             "the Client asks again while all records are taken, and later", "silence, then NVC(OK)", no_room),
    VC_CASE("forward/here", "VMTP-13.5-16", FORWARDS " entities", "FORWARD to a twin", "its Response, and no Request",
            here),
    VC_CASE("forward/client-here", "VMTP-13.5-16", FORWARDS " entities client",
            "CALL of a twin that forwards it to the tester", "the node's Request with ForwardCount 1", client_here),
    VC_CASE("forward/own-timer", "VMTP-13.5-25", FORWARDS " entities client reboot",
            "two calls at once that a twin forwards, of a node that does not stream, and silence",
            "both Requests again", own_timer),
    VC_CASE("forward/comes-home", "VMTP-13.5-17", FORWARDS " client",
            "a Request of the node, forwarded back to it; and another of its Client", "answered at home; silence",
            comes_home),
    VC_CASE("forward/next-comes-here", "VMTP-13.5-23", FORWARDS " entities migration",
            "the next server moves to the forwarder's node, and the Client asks again",
            "NVC(RESPONSE_DISCARDED), and not executed", next_comes_here),
    VC_CASE("forward/given-up", "VMTP-13.5-24", FORWARDS " segments",
            "half of a Request with ForwardCount 2; later with 1, one before it, and with 2 again",
            "the last one alone is taken", given_up),
    VC_CASE("forward/asked-by-forwarder", "VMTP-13.5-27", FORWARDS,
            "a forwarder asks about a Response; its Client has moved",
            "a multicast Probe, and the Response where the Client is", asked_by_forwarder),
    VC_CASE("forward/client-gone", "VMTP-13.5-28", FORWARDS " segments",
            "NVS(NONEXISTENT_ENTITY) about the Response to a forwarded Request",
            "a multicast Probe, and the Response where the Client is", client_gone),
    VC_LAST,
};
