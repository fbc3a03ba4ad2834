/* SPDX-License-Identifier: BSD-2-Clause */
/* What cases about calls and groups say again and again. */
#include <string.h>

#define VC_NO_LINES
#include "run.h"

#define CODE (VMTP_PIC | 0x777u)

struct vc_packet *vc_calling(struct vc_test *t, const char *id, struct vc_call *call, struct vc_packet *order) {
    call->code = call->code ? call->code : CODE;
    if (!call->response_room)
        call->response_room = VC_SEGMENT_MAX;
    call->options |= 1;
    *order = vc_have_called(t, call);
    return vc_want_request(t, id, call->server, VC_PATIENCE);
}

struct vc_packet *vc_again(struct vc_test *t, const char *id, const struct vc_packet *request) {
    return vc_want_request(t, id, request->server, VC_PATIENCE);
}

void vc_answer_call(struct vc_test *t, const struct vc_packet *request, uint32_t code) {
    struct vc_packet response = vc_response(request, code);
    memcpy(response.src, vc_tester_mac(t), 6);
    vc_send(t, &response);
}

void vc_tell_client(struct vc_test *t, const struct vc_packet *request, uint32_t code, uint32_t delivery) {
    struct vc_packet told = vc_nvc(t, request, code, delivery);
    vc_send(t, &told);
}

void vc_tell_server(struct vc_test *t, const struct vc_packet *response, uint32_t code, uint32_t delivery) {
    struct vc_packet told = vc_nvs(t, response, code, delivery);
    vc_send(t, &told);
}

void vc_tell_forwarder(struct vc_test *t, const struct vc_packet *request, uint32_t code, uint32_t delivery) {
    struct vc_packet told = vc_nrc(t, request, code, delivery);
    vc_send(t, &told);
}

void vc_ends(struct vc_test *t, const char *id, const struct vc_packet *order, uint32_t code, vc_time patience) {
    struct vc_outcome outcome = vc_called(t, id, order, patience);
    vc_check(t, id, outcome.result == code, vc_response_name(code), "%s", vc_response_name(outcome.result));
}

void vc_finish(struct vc_test *t, const char *id, const struct vc_packet *order, const struct vc_packet *request) {
    vc_answer_call(t, request, VMTP_OK);
    vc_ends(t, id, order, VMTP_OK, VC_PATIENCE);
}

struct vc_packet *vc_want_probe(struct vc_test *t, const char *id, uint64_t entity) {
    struct vc_packet *probe = vc_await_code(t, VMTP_PROBE_ENTITY, entity, VC_PATIENCE);
    vc_check(t, id, probe != NULL, "ProbeEntity", "%s", probe ? "it came" : "nothing");
    if (!probe)
        longjmp(t->end, 1);
    return probe;
}

void vc_probed(struct vc_test *t, const struct vc_packet *probe, uint32_t code, uint32_t transaction) {
    struct vc_packet answer = vc_response(probe, code | VMTP_DGM);
    memcpy(answer.src, vc_tester_mac(t), 6);
    answer.server = t->run->block | 2;
    answer.words[0] = transaction;
    vc_send(t, &answer);
}

unsigned vc_probes(struct vc_test *t, uint64_t entity) {
    unsigned count = 0;
    while (vc_await_code(t, VMTP_PROBE_ENTITY, entity, 0))
        count++;
    return count;
}

struct vc_packet vc_duplicate(const struct vc_packet *request, uint32_t control) {
    struct vc_packet p = *request;
    p.retransmit = (uint8_t)((p.retransmit + 1) & 7);
    p.control |= control;
    return p;
}

uint64_t vc_new_group(struct vc_test *t, int restricted) {
    return VMTP_ID_GRP | (restricted ? 0 : VMTP_ID_UGP) | vc_new_client(t);
}

struct vc_packet *vc_member(struct vc_test *t, uint32_t code, uint64_t group, uint32_t number, uint32_t permissions) {
    const uint32_t words[7] = {(uint32_t)(group >> 32), (uint32_t)group, number, permissions};
    return vc_must(t, code, words);
}

struct vc_packet vc_to_group(struct vc_test *t, uint64_t group, uint32_t code) {
    struct vc_packet request = vc_request_to(t, group, code);
    vc_multicast(&request, group);
    return request;
}
