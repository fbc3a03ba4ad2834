/* SPDX-License-Identifier: BSD-2-Clause */
/* Conditional delivery, no retransmission, and blocks that are chosen: sections 13.6 and 13.7. */
#include <string.h>

#include "../case.h"

#define CALLS "test-service client"
#define SEGMENTS "test-service records segments"
#define MS VC_MILLISECOND
#define CODE (VMTP_PIC | 0x777u)
#define SIZE 4000u
#define ALL 0xffu
#define PARTIAL 2u /* option of CALL: what lacks is asked for alone */

static uint8_t pattern[SIZE];

static void conditional_response(struct vc_test *t) {
    struct vc_call call = {.code = CODE, .response_room = 100, .options = 1};
    struct vc_packet order = vc_have_called(t, &call), *request, response;
    request = vc_want_request(t, "VMTP-13.6-02", call.server, VC_PATIENCE);
    response = vc_response(request, VMTP_OK);
    vc_send(t, &response);
    vc_called(t, "VMTP-13.6-02", &order, VC_PATIENCE);
    vc_send(t, &response);
    vc_want_silence(t, "VMTP-13.6-02", "answer to the same Response without CMD");
    response.code |= VMTP_CMD;
    vc_send(t, &response);
    vc_want_nvs(t, "VMTP-13.6-02", &response, VMTP_RESPONSE_DISCARDED);
}

/* ---- Requests with NRT --------------------------------------------------------------------------------------------------- */

/* Nothing but a packet without data comes. */
static struct vc_packet bare(struct vc_test *t, uint32_t flags) {
    struct vc_packet request = vc_request(t, VMTP_TEST_MIRROR);
    request.control = VMTP_NRT | VMTP_APG;
    request.retransmit = 1;
    request.code |= VMTP_SDA | flags;
    request.words[5] = flags ? ALL : 0;
    request.words[6] = SIZE;
    vc_send(t, &request);
    vc_fence(t);
    return request;
}

static void nrt_bare(struct vc_test *t) {
    uint32_t before = vc_executed(t, VMTP_TEST_MIRROR);
    struct vc_packet request = bare(t, 0);
    vc_pass(t, 60 * MS);
    vc_want_silence(t, "VMTP-13.7-09", "answer to a packet without data with NRT");
    vc_equal(t, "VMTP-13.7-09", "executions", before, vc_executed(t, VMTP_TEST_MIRROR));
    request = bare(t, VMTP_MDM);
    struct vc_packet *told = vc_await_notify(t, VMTP_NOTIFY_VMTP_CLIENT, request.client, request.transaction, 0);
    vc_check(t, "VMTP-13.7-09", told == NULL, "no answer while blocks are missing", "%s", told ? "NVC" : "none");
    struct vc_packet *answer = vc_want_response(t, "VMTP-13.7-09", &request, VMTP_OK);
    vc_check(t, "VMTP-13.7-09", answer->data_octets >= 80, "what MIRROR shows", "%u octets", answer->data_octets);
    if (answer->data_octets >= 80)
        vc_equal(t, "VMTP-13.7-09", "blocks that were delivered", 0, vc_get32(answer->data + 72));
}

static void nrt_call(struct vc_test *t) {
    const uint32_t size = vc_several_packets(t, SIZE);
    struct vc_call call = {.code = CODE, .control = VMTP_NRT, .size = size, .response_room = 100, .options = 1};
    struct vc_packet order = vc_have_called(t, &call), *request;
    uint32_t blocks = 0, retransmit = 0;
    while (blocks != vc_all_blocks(size)) {
        request = vc_want_request(t, "VMTP-13.7-10", call.server, VC_PATIENCE);
        vc_check(t, "VMTP-13.7-10", request->control & VMTP_NRT, "NRT", "none");
        blocks |= request->delivery;
        if (!request->delivery)
            vc_give_up(t, "packets were lost");
    }
    while ((request = vc_await_request(t, call.server, 500 * MS)) != NULL) {
        retransmit++;
        vc_check(t, "VMTP-13.7-10", !request->delivery && request->control & VMTP_APG && request->control & VMTP_NRT,
                 "the Request without data, with APG and NRT", "delivery %08x, control %08x", request->delivery,
                 request->control);
        vc_equal(t, "VMTP-13.7-10", "RetransmitCount", retransmit, request->retransmit);
    }
    vc_equal(t, "VMTP-13.7-10", "retransmissions", 5, retransmit);
    struct vc_outcome outcome = vc_called(t, "VMTP-13.7-10", &order, VC_PATIENCE);
    vc_check(t, "VMTP-13.7-10", outcome.result == VMTP_RETRANS_TIMEOUT, "RETRANS_TIMEOUT", "%s",
             vc_response_name(outcome.result));
}

/* ---- what lacks of a Response ---------------------------------------------------------------------------------------------- */

static void respond(struct vc_test *t, const struct vc_packet *request, uint32_t word, uint32_t named, uint32_t blocks) {
    struct vc_packet response = vc_response(request, VMTP_OK | VMTP_DGM | VMTP_MDM);
    response.words[0] = word;
    response.words[5] = named;
    vc_send_blocks(t, &response, pattern, SIZE, blocks, 0);
}

/* Half of the Response comes; then one that is not the same when other is set. */
static struct vc_packet *half(struct vc_test *t, struct vc_call *call, struct vc_packet *order, uint32_t other) {
    *call = (struct vc_call){.code = CODE, .response_room = SIZE, .options = PARTIAL | 1};
    *order = vc_have_called(t, call);
    struct vc_packet *request = vc_want_request(t, "VMTP-13.7-07", call->server, VC_PATIENCE);
    if (!(request->code & VMTP_MDM))
        vc_skip(t, "calls that ask for what lacks only");
    respond(t, request, 5, ALL, 0x33);
    request = vc_want_request(t, "VMTP-13.7-07", call->server, VC_PATIENCE);
    vc_equal(t, "VMTP-13.7-07", "MsgDelivery", ALL & ~0x33u, request->words[5]);
    respond(t, request, 5 + other, ALL & ~0x33u, ALL & ~0x33u);
    return request;
}

static void whole(struct vc_test *t, const struct vc_packet *order) {
    struct vc_outcome outcome = vc_called(t, "VMTP-13.7-07", order, VC_PATIENCE);
    vc_equal(t, "VMTP-13.7-07", "octets of the Response", SIZE, outcome.octets);
    vc_equal(t, "VMTP-13.7-07", "their CRC-32", vc_crc(pattern, SIZE), outcome.crc);
}

static void partial(struct vc_test *t) {
    struct vc_call call;
    struct vc_packet order, *request;
    vc_pattern(pattern, SIZE, 1);
    half(t, &call, &order, 0);
    whole(t, &order);
    half(t, &call, &order, 1);
    request = vc_want_request(t, "VMTP-13.7-07", call.server, VC_PATIENCE);
    vc_equal(t, "VMTP-13.7-07", "MsgDelivery after another Response", 0x33, request->words[5]);
    respond(t, request, 6, 0x33, 0x33);
    whole(t, &order);
}

const struct vc_case vc_chosen_cases[] = {
    VC_CASE("chosen/conditional-response", "VMTP-13.6-02", CALLS, "a late Response, without and with CMD",
            "silence, then NVS(RESPONSE_DISCARDED)", conditional_response),
    VC_CASE("chosen/nrt-bare", "VMTP-13.7-09", SEGMENTS, "a packet without data with NRT, alone, and with MDM",
            "silence; with MDM delivered after TS1 without blocks", nrt_bare),
    VC_CASE("chosen/nrt-call", "VMTP-13.7-10", CALLS " segments", "CALL with NRT, and no answer",
            "five packets without data, then RETRANS_TIMEOUT", nrt_call),
    VC_CASE("chosen/partial", "VMTP-13.7-07", CALLS " segments near",
            "half of an idempotent Response, the other half; then another Response's half",
            "the Request for what lacks; anew after another Response", partial),
    VC_LAST,
};
