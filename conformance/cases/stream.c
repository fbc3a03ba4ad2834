/* SPDX-License-Identifier: BSD-2-Clause */
/* Runs of Requests and messages of several packet groups: section 13.3. */
#include <string.h>

#include "../case.h"

#define STREAMS "test-service records streams segments"
#define CALLS STREAMS " client"
#define MS VC_MILLISECOND
#define LARGE 40000u

static uint8_t pattern[65536];

/* Request number i of n of a run, with a tag. */
static struct vc_packet of_run(const struct vc_packet *first, unsigned i, unsigned n) {
    struct vc_packet p = vc_of_run(first, i, n);
    p.words[0] = 100 + i;
    return p;
}

static void in_order(struct vc_test *t) {
    struct vc_packet first = vc_request(t, VMTP_TEST_SEQUENCE), request, *answers[3];
    first.words[1] = 0;
    for (unsigned i = 0; i < 3; i++) {
        request = of_run(&first, i, 3);
        vc_send(t, &request);
    }
    for (unsigned i = 0; i < 3; i++) {
        request = of_run(&first, i, 3);
        answers[i] = vc_want_response(t, "VMTP-13.3-03 VMTP-13.3-04", &request, VMTP_OK);
        vc_equal(t, "VMTP-13.3-04", "order", i + 1, answers[i]->words[1]);
        vc_equal(t, "VMTP-13.3-04", "tag before", i ? 99 + i : 0, answers[i]->words[2]);
    }
    for (unsigned i = 0; i < 2; i++)
        vc_check(t, "VMTP-13.3-35", answers[i]->time <= answers[i + 1]->time,
                 "Responses in the order of their Requests", "the later one first");
}

static void missing(struct vc_test *t) {
    struct vc_packet first = vc_request(t, VMTP_TEST_SEQUENCE), request = of_run(&first, 0, 3), *told;
    vc_send(t, &request);
    vc_want_response(t, "VMTP-13.3-05", &request, VMTP_OK);
    request = of_run(&first, 2, 3);
    vc_send(t, &request);
    vc_want_nvc(t, "VMTP-13.3-05", &first, VMTP_RETRY_ALL);
    vc_send(t, &request);
    vc_want_silence(t, "VMTP-13.3-05", "second NVC(RETRY_ALL) for the same gap");
    request = of_run(&first, 1, 3);
    vc_send(t, &request);
    vc_want_response(t, "VMTP-13.3-04", &request, VMTP_OK);
    request = of_run(&first, 2, 3);
    vc_send(t, &request);
    told = vc_want_response(t, "VMTP-13.3-04", &request, VMTP_OK);
    vc_equal(t, "VMTP-13.3-04", "order", 3, told->words[1]);
}

static void no_record(struct vc_test *t) {
    struct vc_packet first = vc_request(t, VMTP_TEST_SEQUENCE), request = of_run(&first, 1, 2);
    vc_send(t, &request);
    vc_want_nvc(t, "VMTP-13.3-06", &request, VMTP_NO_RUN_RECORD);
}

static void nrt_in_run(struct vc_test *t) {
    struct vc_packet first = vc_request(t, VMTP_TEST_SEQUENCE), request = of_run(&first, 0, 3);
    vc_send(t, &request);
    vc_want_response(t, "VMTP-13.3-19", &request, VMTP_OK);
    request = of_run(&first, 2, 3);
    request.control |= VMTP_NRT;
    vc_send(t, &request);
    vc_want_response(t, "VMTP-13.3-19", &request, VMTP_OK);
}

static void without_nsr(struct vc_test *t) {
    struct vc_packet request = vc_request(t, VMTP_TEST_DELAY), next;
    request.words[0] = 1000 * vc_awhile(t);
    request.control = VMTP_NER;
    vc_send(t, &request);
    vc_settle(t);
    next = vc_next(&request, VMTP_TEST_NULL);
    vc_send(t, &next);
    vc_want_response(t, "VMTP-13.3-03", &next, VMTP_OK);
    vc_want_quiet(t, "VMTP-13.3-03", &request, (vc_awhile(t) + 100) * VC_MILLISECOND);
}

static void duplicate(struct vc_test *t) {
    struct vc_packet first = vc_request(t, VMTP_TEST_SEQUENCE), request;
    for (unsigned i = 0; i < 2; i++) {
        request = of_run(&first, i, 2);
        vc_send(t, &request);
        vc_want_response(t, "VMTP-13.3-63", &request, VMTP_OK);
    }
    uint32_t before = vc_executed(t, VMTP_TEST_SEQUENCE);
    request.control = VMTP_APG; /* the last one, sent by itself */
    request.retransmit = 1;
    vc_send(t, &request);
    vc_want_response(t, "VMTP-13.3-63", &request, VMTP_OK);
    vc_equal(t, "VMTP-13.3-63", "executions", before, vc_executed(t, VMTP_TEST_SEQUENCE));
}

/* STI moves the next Transaction of the run on by 256. */
static void skipped(struct vc_test *t) {
    struct vc_packet first = vc_request(t, VMTP_TEST_SEQUENCE), request = of_run(&first, 0, 2);
    request.control |= VMTP_STI;
    vc_send(t, &request);
    vc_want_response(t, "VMTP-13.3-04", &request, VMTP_OK);
    request = of_run(&first, 256, 257);
    vc_send(t, &request);
    struct vc_packet *answer = vc_want_response(t, "VMTP-13.3-04", &request, VMTP_OK);
    vc_equal(t, "VMTP-13.3-04", "order", 2, answer->words[1]);
}

/* ---- messages of several packet groups ----------------------------------------------------------------------------------- */

static void send_group(struct vc_test *t, const struct vc_packet *request, unsigned group, uint32_t size,
                       uint32_t last_control) {
    vc_send_group(t, request, group, pattern, size, vc_group_blocks(size, group), last_control);
}

static void large_request(struct vc_test *t) {
    struct vc_packet request = vc_request(t, VMTP_TEST_SINK), last = request, *answer;
    vc_pattern(pattern, LARGE, 2);
    for (unsigned group = 0; group < 3; group++)
        send_group(t, &request, group, LARGE, 0);
    last.transaction += 2;
    answer = vc_want_response(t, "VMTP-13.3-17", &last, VMTP_OK);
    vc_equal(t, "VMTP-13.3-16", "octets that SINK took", LARGE, answer->words[0]);
    vc_equal(t, "VMTP-13.3-16 VMTP-13.3-42", "their CRC-32", vc_crc(pattern, LARGE), answer->words[1]);
    vc_equal(t, "VMTP-13.3-17", "PGcount", 2, answer->gap);
}

static void large_any_order(struct vc_test *t) {
    struct vc_packet request = vc_request(t, VMTP_TEST_SINK), last = request, *answer;
    vc_pattern(pattern, LARGE, 3);
    send_group(t, &request, 0, LARGE, 0);
    send_group(t, &request, 2, LARGE, 0);
    send_group(t, &request, 1, LARGE, 0);
    last.transaction += 2;
    answer = vc_want_response(t, "VMTP-13.3-42", &last, VMTP_OK);
    vc_equal(t, "VMTP-13.3-42", "their CRC-32", vc_crc(pattern, LARGE), answer->words[1]);
}

/* A group with a hole is asked for as soon as something comes behind it. */
static void large_hole(struct vc_test *t) {
    struct vc_packet request = vc_request(t, VMTP_TEST_SINK), part = request, last = request, *asked, *answer;
    vc_pattern(pattern, LARGE, 4);
    part.control = VMTP_NER | VMTP_CMG;
    for (unsigned i = 0; i < 15; i++) { /* the last two blocks of the first group are lost */
        vc_carry(&part, pattern, VC_SEGMENT_MAX, 3u << 2 * i);
        part.words[6] = LARGE;
        vc_send(t, &part);
    }
    send_group(t, &request, 1, LARGE, 0);
    asked = vc_want_nvc(t, "VMTP-13.3-46", &request, VMTP_RETRY);
    vc_equal(t, "VMTP-13.3-46", "delivery", 0x3fffffff, asked->words[5]);
    part.retransmit = 1;
    vc_carry(&part, pattern, VC_SEGMENT_MAX, 0xc0000000u);
    part.words[6] = LARGE;
    vc_send(t, &part);
    send_group(t, &request, 2, LARGE, 0);
    last.transaction += 2;
    answer = vc_want_response(t, "VMTP-13.3-46", &last, VMTP_OK);
    vc_equal(t, "VMTP-13.3-46", "their CRC-32", vc_crc(pattern, LARGE), answer->words[1]);
}

static void large_acknowledged(struct vc_test *t) {
    struct vc_packet request = vc_request(t, VMTP_TEST_SINK), last = request, second = request;
    vc_pattern(pattern, LARGE, 5);
    second.transaction++;
    send_group(t, &request, 0, LARGE, 0);
    send_group(t, &request, 1, LARGE, VMTP_APG);
    vc_want_nvc(t, "VMTP-13.3-44", &second, VMTP_OK);
    send_group(t, &request, 2, LARGE, 0);
    last.transaction += 2;
    vc_want_response(t, "VMTP-13.3-44", &last, VMTP_OK);
}

/* All groups of the Response to SOURCE. */
static void take_groups(struct vc_test *t, const struct vc_packet *request, uint8_t *out, uint32_t size) {
    uint32_t blocks[4] = {0}, groups = vc_groups(size);
    struct vc_packet group = *request, *part;
    for (uint32_t g = 0; g < groups; g++) {
        uint32_t length = size - g * VC_SEGMENT_MAX < VC_SEGMENT_MAX ? size - g * VC_SEGMENT_MAX : VC_SEGMENT_MAX;
        group.transaction = request->transaction + g;
        while (blocks[g] != vc_all_blocks(length)) {
            part = vc_want_response(t, "VMTP-13.3-41 VMTP-13.3-39", &group, VMTP_OK);
            vc_equal(t, "VMTP-13.3-16", "SegmentSize", size, vc_segment_size(part));
            vc_equal(t, "VMTP-13.3-39", "NSR and NER", (g ? VMTP_NSR : 0) | (g + 1 < groups ? VMTP_NER : 0),
                     part->control & (VMTP_NSR | VMTP_NER));
            vc_equal(t, "VMTP-13.3-15", "CMG", g + 1 < groups ? VMTP_CMG : 0, part->control & VMTP_CMG);
            for (unsigned i = 0, at = 0; i < 32 && i * VC_BLOCK < length; i++)
                if (part->delivery >> i & 1) {
                    uint32_t one = length - i * VC_BLOCK < VC_BLOCK ? length - i * VC_BLOCK : VC_BLOCK;
                    memcpy(out + g * VC_SEGMENT_MAX + i * VC_BLOCK, part->data + at, one);
                    at += one;
                }
            blocks[g] |= part->delivery & vc_all_blocks(length);
            if (part->control & VMTP_APG)
                vc_tell_server(t, part, VMTP_OK, 0xffffffff);
        }
    }
}

static void large_response(struct vc_test *t) {
    static uint8_t got[65536];
    struct vc_packet request = vc_request(t, VMTP_TEST_SOURCE), told;
    request.words[0] = LARGE;
    request.words[1] = 6;
    request.control = VMTP_STI;
    vc_pattern(pattern, LARGE, 6);
    vc_send(t, &request);
    take_groups(t, &request, got, LARGE);
    vc_check(t, "VMTP-13.3-15", memcmp(pattern, got, LARGE) == 0, "the pattern", "%s",
             memcmp(pattern, got, LARGE) == 0 ? "it" : "other octets");
    struct vc_packet last = request;
    last.transaction += 2;
    last = vc_response(&last, VMTP_OK);
    told = vc_nvs(t, &last, VMTP_OK, 0xff);
    memcpy(told.dst, vc_node_mac(t), 6);
    vc_send(t, &told);
    vc_settle(t);
}

static void no_sti(struct vc_test *t) {
    struct vc_packet request = vc_request(t, VMTP_TEST_SOURCE);
    request.words[0] = LARGE;
    request.words[1] = 6;
    vc_send(t, &request);
    struct vc_packet *answer = vc_want_response(t, "VMTP-13.3-41 VMTP-13.3-14 TEST-4.1-04", &request,
                                                VMTP_TEST_BAD_ARGUMENT);
    vc_equal(t, "VMTP-13.3-14", "flags of a run", 0, answer->control & (VMTP_NSR | VMTP_NER | VMTP_CMG));
}

/* ---- the node streams ---------------------------------------------------------------------------------------------------- */

static void calls_run(struct vc_test *t) {
    struct vc_call call = {.code = VMTP_PIC | 0x777, .run = 3, .words = {10}, .response_room = 100, .options = 1};
    struct vc_packet order = vc_have_called(t, &call), *requests[3], response;
    for (unsigned i = 0; i < 3; i++) {
        requests[i] = vc_want_request(t, "VMTP-13.3-01 TEST-4.6-08", call.server, VC_PATIENCE);
        vc_equal(t, "VMTP-13.3-01", "Transaction", requests[0]->transaction + i, requests[i]->transaction);
        vc_equal(t, "VMTP-13.3-01", "NSR and NER", (i ? VMTP_NSR : 0) | (i < 2 ? VMTP_NER : 0),
                 requests[i]->control & (VMTP_NSR | VMTP_NER));
        vc_equal(t, "TEST-4.6-08", "word 0", 10 + i, requests[i]->words[0]);
    }
    for (unsigned i = 0; i < 3; i++) {
        response = vc_response(requests[i], VMTP_OK);
        response.control = requests[i]->control & (VMTP_NSR | VMTP_NER);
        vc_send(t, &response);
    }
    struct vc_outcome outcome = vc_called(t, "VMTP-13.3-12", &order, VC_PATIENCE);
    vc_equal(t, "VMTP-13.3-12 TEST-4.6-05", "Responses", 3, outcome.reports);
}

static void one_for_all(struct vc_test *t) {
    struct vc_call call = {.code = VMTP_PIC | 0x777, .run = 3, .response_room = 100, .options = 1};
    struct vc_packet order = vc_have_called(t, &call), *request = NULL, response;
    for (unsigned i = 0; i < 3; i++)
        request = vc_want_request(t, "VMTP-13.3-12", call.server, VC_PATIENCE);
    response = vc_response(request, VMTP_OK);
    response.control = VMTP_NSR;
    response.gap = 2;
    vc_send(t, &response);
    struct vc_outcome outcome = vc_called(t, "VMTP-13.3-12", &order, VC_PATIENCE);
    vc_equal(t, "VMTP-13.3-12", "Requests that it stands for", 3, outcome.reports);
}

static void restart(struct vc_test *t) {
    struct vc_call call = {.code = VMTP_PIC | 0x777, .run = 3, .response_room = 100, .options = 1};
    struct vc_packet order = vc_have_called(t, &call), *first, *request, response;
    first = vc_want_request(t, "VMTP-13.3-07", call.server, VC_PATIENCE);
    for (unsigned i = 0; i < 2; i++)
        request = vc_want_request(t, "VMTP-13.3-07", call.server, VC_PATIENCE);
    vc_tell_client(t, first, VMTP_RETRY_ALL, 0);
    for (unsigned i = 1; i < 3; i++) {
        request = vc_want_request(t, "VMTP-13.3-07", call.server, VC_PATIENCE);
        vc_equal(t, "VMTP-13.3-07", "Transaction", first->transaction + i, request->transaction);
        vc_equal(t, "VMTP-13.3-07", "RetransmitCount", 1, request->retransmit);
    }
    response = vc_response(request, VMTP_OK);
    response.control = VMTP_NSR;
    response.gap = 2;
    vc_send(t, &response);
    vc_called(t, "VMTP-13.3-07", &order, VC_PATIENCE);
}

static void begins_anew(struct vc_test *t) {
    struct vc_call call = {.code = VMTP_PIC | 0x777, .run = 2, .response_room = 100, .options = 1};
    struct vc_packet order = vc_have_called(t, &call), *first, *second, *request, response;
    first = vc_want_request(t, "VMTP-13.3-27", call.server, VC_PATIENCE);
    second = vc_want_request(t, "VMTP-13.3-27", call.server, VC_PATIENCE);
    response = vc_response(first, VMTP_OK);
    response.control = VMTP_NER;
    vc_send(t, &response);
    vc_tell_client(t, second, VMTP_NO_RUN_RECORD, 0);
    request = vc_want_request(t, "VMTP-13.3-27", call.server, VC_PATIENCE);
    vc_equal(t, "VMTP-13.3-27", "Transaction", second->transaction, request->transaction);
    vc_equal(t, "VMTP-13.3-27", "NSR", 0, request->control & VMTP_NSR);
    response = vc_response(request, VMTP_OK);
    vc_send(t, &response);
    vc_called(t, "VMTP-13.3-27", &order, VC_PATIENCE);
}

static void not_there(struct vc_test *t) {
    struct vc_call call = {.code = VMTP_PIC | 0x777, .run = 3, .response_room = 100, .options = 1};
    struct vc_packet order = vc_have_called(t, &call), *request, response;
    request = vc_want_request(t, "VMTP-13.3-10", call.server, VC_PATIENCE);
    for (unsigned i = 0; i < 2; i++)
        vc_want_request(t, "VMTP-13.3-10", call.server, VC_PATIENCE);
    vc_tell_client(t, request, VMTP_STREAMING_NOT_SUPPORTED, 0);
    for (unsigned i = 0; i < 3; i++) {
        request = vc_want_request(t, "VMTP-13.3-10", call.server, VC_PATIENCE);
        vc_equal(t, "VMTP-13.3-10", "flags of a run", 0, request->control & (VMTP_NSR | VMTP_NER));
        response = vc_response(request, VMTP_OK);
        vc_send(t, &response);
    }
    vc_called(t, "VMTP-13.3-10", &order, VC_PATIENCE);
}

static void large_call(struct vc_test *t) {
    struct vc_call call = {.code = VMTP_PIC | 0x777, .size = LARGE, .response_room = 20000, .options = 1};
    struct vc_packet order = vc_have_called(t, &call), *part = NULL, response;
    uint32_t first = 0, blocks[3] = {0}, all[3] = {0xffffffff, 0xffffffff, vc_all_blocks(LARGE - 2 * VC_SEGMENT_MAX)};
    while (blocks[0] != all[0] || blocks[1] != all[1] || blocks[2] != all[2]) {
        part = vc_want_request(t, "VMTP-13.3-15", call.server, VC_PATIENCE);
        first = first ? first : part->transaction;
        uint32_t g = part->transaction - first;
        if (g > 2)
            vc_give_up(t, "Transaction %u is none of the message", part->transaction);
        vc_equal(t, "VMTP-13.3-15", "CMG", g < 2 ? VMTP_CMG : 0, part->control & VMTP_CMG);
        vc_equal(t, "VMTP-13.3-39", "NSR and NER", (g ? VMTP_NSR : 0) | (g < 2 ? VMTP_NER : 0),
                 part->control & (VMTP_NSR | VMTP_NER));
        vc_equal(t, "VMTP-13.3-18 VMTP-13.3-02", "STI", g == 2 ? VMTP_STI : 0, part->control & VMTP_STI);
        vc_equal(t, "VMTP-13.3-16", "SegmentSize", LARGE, vc_segment_size(part));
        blocks[g] |= part->delivery;
        if (part->control & VMTP_APG) {
            vc_tell_client(t, part, VMTP_OK, blocks[g]);
        }
    }
    response = vc_response(part, VMTP_OK);
    response.control = 0;
    response.transaction = first + 2;
    response.gap = 2;
    vc_send(t, &response);
    vc_equal(t, "VMTP-13.3-12", "result", VMTP_OK, vc_called(t, "VMTP-13.3-12", &order, VC_PATIENCE).result);
}

/* ---- nodes that do not stream ---------------------------------------------------------------------------------------------- */

static void refused(struct vc_test *t) {
    static const uint32_t flags[] = {VMTP_NSR, VMTP_NER, VMTP_NSR | VMTP_NER};
    for (unsigned i = 0; i < 3; i++) {
        struct vc_packet request = vc_request(t, VMTP_TEST_NULL);
        request.control = flags[i];
        vc_send(t, &request);
        vc_want_nvc(t, "VMTP-5.2-06", &request, VMTP_STREAMING_NOT_SUPPORTED);
        request.flags |= VMTP_MPG;
        request.transaction++;
        vc_send(t, &request);
        vc_want_silence(t, "VMTP-5.2-06", "answer to a multicast packet of a run");
    }
}

const struct vc_case vc_stream_cases[] = {
    VC_CASE("stream/in-order", "VMTP-13.3-03 VMTP-13.3-04 VMTP-13.3-35", STREAMS " sequence",
            "a run of three SEQUENCEs", "executed and answered in order", in_order),
    VC_CASE("stream/missing", "VMTP-13.3-04 VMTP-13.3-05", STREAMS " sequence", "a run whose second Request comes late",
            "one NVC(RETRY_ALL) with the first, then all in order", missing),
    VC_CASE("stream/no-record", "VMTP-13.3-06", STREAMS, "a Request with NSR of an unknown Client",
            "NVC(NO_RUN_RECORD)", no_record),
    VC_CASE("stream/nrt", "VMTP-13.3-19", STREAMS " sequence",
            "a Request of a run with NRT, whose predecessor is missing", "it is taken", nrt_in_run),
    VC_CASE("stream/without-nsr", "VMTP-13.3-03", STREAMS, "a Request without NSR behind one of a run that waits",
            "it ends that one", without_nsr),
    VC_CASE("stream/duplicate", "VMTP-13.3-63", STREAMS " sequence", "the last Request of a run again, without NSR",
            "its Response, not executed again", duplicate),
    VC_CASE("stream/sti", "VMTP-13.3-04", STREAMS " sequence", "a run with STI, and the Request 256 on",
            "both in order", skipped),
    VC_CASE("stream/large-request", "VMTP-13.3-16 VMTP-13.3-17 VMTP-13.3-42", STREAMS, "SINK of 40000 octets",
            "taken; a Response with PGcount 2", large_request),
    VC_CASE("stream/large-any-order", "VMTP-13.3-42", STREAMS, "SINK of 40000 octets, the last group before the second",
            "taken", large_any_order),
    VC_CASE("stream/large-hole", "VMTP-13.3-46", STREAMS, "a group without its last packet, and the next one",
            "NVC(RETRY) for the hole", large_hole),
    VC_CASE("stream/large-apg", "VMTP-13.3-44", STREAMS, "two groups of three, APG in the last packet",
            "NVC(OK) with the second", large_acknowledged),
    VC_CASE("stream/large-response", "VMTP-13.3-15 VMTP-13.3-16 VMTP-13.3-39 VMTP-13.3-41", STREAMS,
            "SOURCE of 40000 octets with STI", "three groups", large_response),
    VC_CASE("stream/no-sti", "VMTP-13.3-14 VMTP-13.3-41 TEST-4.1-04", STREAMS, "SOURCE of 40000 octets without STI",
            "TEST_BAD_ARGUMENT, no run", no_sti),
    VC_CASE("stream/call-run", "VMTP-13.3-01 VMTP-13.3-12 TEST-4.6-05 TEST-4.6-08", CALLS,
            "CALL of three Requests as a run", "NSR and NER in their places", calls_run),
    VC_CASE("stream/one-for-all", "VMTP-13.3-12", CALLS, "one Response with PGcount 2 to a run of three",
            "all three are over", one_for_all),
    VC_CASE("stream/restart", "VMTP-13.3-07", CALLS, "NVC(RETRY_ALL) with the first of three", "the other two again",
            restart),
    VC_CASE("stream/begins-anew", "VMTP-13.3-27", CALLS, "NVC(NO_RUN_RECORD) about the second of two",
            "it comes again without NSR", begins_anew),
    VC_CASE("stream/not-supported", "VMTP-13.3-10", CALLS, "NVC(STREAMING_NOT_SUPPORTED)", "the Requests one by one",
            not_there),
    VC_CASE("stream/large-call", "VMTP-13.3-02 VMTP-13.3-12 VMTP-13.3-15 VMTP-13.3-16 VMTP-13.3-18 VMTP-13.3-39", CALLS,
            "CALL with 40000 octets", "three groups, STI in the last", large_call),
    VC_CASE("stream/refused", "VMTP-5.2-06", "test-service !streams",
            "Requests with NSR and NER to a node that does not stream",
            "NVC(STREAMING_NOT_SUPPORTED), silence if multicast", refused),
    VC_LAST,
};
