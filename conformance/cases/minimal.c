/* SPDX-License-Identifier: BSD-2-Clause */
/* Nodes that remember no Responses: the minimal server of section 14, and what else can be asked of it only in this way. */
#include "../case.h"

#define MINIMAL "test-service !records"
#define SMALLEST MINIMAL " !segments"

/* Every Response is idempotent: marked so, and made anew for a duplicate. */
static void idempotent(struct vc_test *t) {
    static const uint32_t codes[] = {VMTP_TEST_NULL, VMTP_TEST_ECHO, VMTP_TEST_MIRROR, VMTP_TEST_SOURCE};
    for (unsigned i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        struct vc_packet request = vc_request(t, codes[i]);
        uint32_t before = vc_executed(t, codes[i]);
        vc_send(t, &request);
        struct vc_packet *answer = vc_want_response(t, "VMTP-14-01", &request, VMTP_OK);
        vc_check(t, "VMTP-14-01", answer->code & VMTP_DGM, "DGM", "none");
        request.retransmit = 1;
        request.control = VMTP_APG;
        vc_send(t, &request);
        answer = vc_want_response(t, "VMTP-8.3-06", &request, VMTP_OK);
        vc_equal(t, "VMTP-3.2-02", "RetransmitCount", 1, answer->retransmit);
        vc_equal(t, "VMTP-6.3-04", "APG", 0, answer->control & VMTP_APG);
        vc_equal(t, "VMTP-8.3-06", "executions", before + 2u, vc_executed(t, codes[i]));
    }
}

static void forwarded(struct vc_test *t) {
    uint32_t before = vc_executed(t, VMTP_TEST_NULL);
    struct vc_packet request = vc_request(t, VMTP_TEST_NULL);
    request.forward = 1;
    request.control = VMTP_APG;
    vc_answer_probes(t, 0);
    vc_send(t, &request);
    vc_want_silence(t, "VMTP-14-02", "answer to a Request of whose Client only the identifier is known");
    vc_equal(t, "VMTP-14-02", "executions", before, vc_executed(t, VMTP_TEST_NULL));
}

/* A Request of several packets, by its size and by its blocks. */
static void several_packets(struct vc_test *t) {
    uint8_t segment[VC_SEGMENT_MAX] = {1};
    uint32_t before = vc_executed(t, VMTP_TEST_SINK);
    struct vc_packet request = vc_request(t, VMTP_TEST_SINK);
    vc_carry(&request, segment, 5000, 3);
    vc_send(t, &request);
    struct vc_packet *told = vc_want_nvc(t, "VMTP-8.4-02", &request, VMTP_ERROR);
    vc_equal(t, "VMTP-10.9-04", "delivery", 0, told->words[5]);
    request = vc_request(t, VMTP_TEST_SINK);
    vc_carry(&request, segment, 1000, 1);
    vc_send(t, &request);
    vc_want_nvc(t, "VMTP-14-03", &request, VMTP_ERROR);
    vc_equal(t, "VMTP-14-03", "executions", before, vc_executed(t, VMTP_TEST_SINK));
}

static void without_data(struct vc_test *t) {
    uint8_t segment[1000];
    struct vc_packet request = vc_request(t, VMTP_TEST_SINK), bare;
    vc_pattern(segment, sizeof segment, 1);
    vc_carry(&request, segment, sizeof segment, 3);
    bare = request;
    bare.delivery = 0;
    bare.length = 0;
    bare.data_octets = 0;
    bare.control = VMTP_APG;
    vc_send(t, &bare);
    struct vc_packet *told = vc_want_nvc(t, "VMTP-14-03", &bare, VMTP_RETRY);
    vc_equal(t, "VMTP-14-03 VMTP-6.3-05", "delivery", 0, told->words[5]);
    request.retransmit = 1;
    vc_send(t, &request);
    struct vc_packet *answer = vc_want_response(t, "VMTP-14-03", &request, VMTP_OK);
    vc_equal(t, "VMTP-14-03", "octets that SINK took", sizeof segment, answer->words[0]);
}

/* All blocks that MsgDelivery names are in one packet, so the message is whole, however large its segment would be. */
static void chosen_blocks(struct vc_test *t) {
    uint8_t segment[1200];
    struct vc_packet request = vc_request(t, VMTP_TEST_SINK);
    vc_pattern(segment, sizeof segment, 1);
    vc_carry(&request, segment, sizeof segment, 4);
    request.code |= VMTP_MDM;
    request.words[5] = 4;
    vc_send(t, &request);
    struct vc_packet *answer = vc_want_response(t, "VMTP-6.2-01", &request, VMTP_OK);
    vc_equal(t, "VMTP-6.2-01", "octets that SINK took", sizeof segment, answer->words[0]);
}

static void datagram(struct vc_test *t) {
    uint32_t before = vc_executed(t, VMTP_TEST_NULL);
    struct vc_packet request = vc_request(t, VMTP_TEST_NULL | VMTP_DGM);
    vc_send(t, &request);
    vc_want_silence(t, "VMTP-13.4-02 VMTP-13.4-03 TEST-3.1-05", "answer to a datagram");
    vc_equal(t, "VMTP-13.4-02 TEST-3.1-05", "executions", before + 1u, vc_executed(t, VMTP_TEST_NULL));
    request = vc_request(t, VMTP_TEST_NULL | VMTP_DGM);
    request.control = VMTP_APG;
    vc_send(t, &request);
    vc_want_nvc(t, "VMTP-6.4-01", &request, VMTP_OK);
}

/* No acknowledgment, and nothing behind the Response. */
static void two_frames(struct vc_test *t) {
    struct vc_packet request = vc_request(t, VMTP_TEST_NULL);
    vc_send(t, &request);
    vc_want_response(t, "VMTP-6.4-03", &request, VMTP_OK);
    vc_want_quiet(t, "VMTP-6.4-03 VMTP-8.5-05", &request, 700 * VC_MILLISECOND);
    request = vc_next(&request, VMTP_TEST_NULL);
    request.server = 0x0bad000012345600ull;
    vc_send(t, &request);
    vc_want_nvc(t, "VMTP-8.3-11", &request, VMTP_NONEXISTENT_ENTITY);
}

/* A Request that is being processed: CALL is the only one that a node without timers cannot answer at once. */
static void duplicate_call(struct vc_test *t) {
    struct vc_call call = {.code = VMTP_PIC | 0x777u, .response_room = 100, .options = 1};
    struct vc_packet order = vc_have_called(t, &call), again = order;
    struct vc_packet *request = vc_want_request(t, "VMTP-8.3-01", call.server, VC_PATIENCE);
    again.retransmit = 1;
    vc_send(t, &again);
    vc_want_silence(t, "VMTP-8.3-02", "acknowledgment that nobody asked for");
    again.retransmit = 2;
    again.control |= VMTP_APG;
    vc_send(t, &again);
    vc_want_nvc(t, "VMTP-8.3-01", &again, VMTP_OK);
    struct vc_packet response = vc_response(request, VMTP_OK);
    vc_send(t, &response);
    vc_equal(t, "VMTP-8.1-01", "result of the call", VMTP_OK, vc_called(t, "VMTP-8.1-01", &order, VC_PATIENCE).result);
}

/* What only a larger client can be asked for: a group as Server, a run, members that are to answer. */
static void calls_beyond(struct vc_test *t) {
    static const struct {
        uint64_t server;
        uint32_t run, responses, members;
    } beyond[] = {{0x40000bad00001200ull, 0, 0, 0}, {0x0bad000012340000ull, 2, 0, 0}, {0x0bad000012340000ull, 0, 2, 1}};
    for (unsigned i = 0; i < sizeof beyond / sizeof beyond[0]; i++) {
        uint8_t head[64] = {0};
        struct vc_packet request = vc_request(t, VMTP_TEST_CALL);
        vc_put64(head, beyond[i].server);
        vc_put32(head + 44, 1000);
        vc_put32(head + 52, beyond[i].run << 16 | beyond[i].responses);
        request.words[4] = beyond[i].members;
        vc_carry(&request, head, 56 + 8 * beyond[i].members, 1);
        vc_send(t, &request);
        vc_want_response(t, "TEST-6.1-02", &request, VMTP_TEST_BAD_ARGUMENT);
    }
}

const struct vc_case vc_minimal_cases[] = {
    VC_CASE("minimal/idempotent", "VMTP-14-01 VMTP-3.2-02 VMTP-6.3-04 VMTP-8.3-06", MINIMAL,
            "four procedures, twice each", "Responses with DGM, executed twice", idempotent),
    VC_CASE("minimal/forwarded", "VMTP-14-02", MINIMAL, "NULL with ForwardCount 1", "silence", forwarded),
    VC_CASE("minimal/several-packets", "VMTP-8.4-02 VMTP-10.9-04 VMTP-14-03", SMALLEST,
            "the first packets of SINKs of two packets and of ten", "NVC(VMTP_ERROR)", several_packets),
    VC_CASE("minimal/without-data", "VMTP-14-03 VMTP-6.3-05", SMALLEST, "SINK of 1000 octets without data, then whole",
            "NVC(RETRY), and a Response", without_data),
    VC_CASE("minimal/chosen-blocks", "VMTP-6.2-01", MINIMAL, "SINK with MDM and one block of three", "OK", chosen_blocks),
    VC_CASE("minimal/datagram", "VMTP-6.4-01 VMTP-13.4-02 VMTP-13.4-03 TEST-3.1-05", MINIMAL,
            "NULL with DGM, without and with APG", "executed; silence, and NVC(OK)", datagram),
    VC_CASE("minimal/two-frames", "VMTP-6.4-03 VMTP-8.3-11 VMTP-8.5-05", MINIMAL,
            "NULL, and the next to an entity that is not there", "one Response; NVC(NONEXISTENT_ENTITY)", two_frames),
    VC_CASE("minimal/duplicate-call", "VMTP-8.1-01 VMTP-8.3-01 VMTP-8.3-02", MINIMAL " client",
            "CALL, and the same without and with APG while the node calls", "silence, NVC(OK), one Response",
            duplicate_call),
    VC_CASE("minimal/calls-beyond", "TEST-6.1-02", MINIMAL " client !groups !streams",
            "CALL of a group, of a run, of several members", "TEST_BAD_ARGUMENT", calls_beyond),
    VC_LAST,
};
