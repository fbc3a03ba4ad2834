/* SPDX-License-Identifier: BSD-2-Clause */
/* What the test service does besides: large segments, calls that bring much, runs that are answered together, groups of its own. */
#include <string.h>

#include "../case.h"

#define SERVICE "test-service records"
#define LARGE SERVICE " segments"
#define MS VC_MILLISECOND
#define LARGEST 20000u

static uint8_t pattern[32768], got[VC_SEGMENT_MAX];

/* Both groups of a Request with a segment of 20000 octets; the last of its Transactions. */
static struct vc_packet send_large(struct vc_test *t, uint32_t code) {
    struct vc_packet request = vc_request(t, code), part = request;
    for (unsigned group = 0; group < 2; group++) {
        uint32_t start = group * VC_SEGMENT_MAX, length = group ? LARGEST - VC_SEGMENT_MAX : VC_SEGMENT_MAX;
        part.transaction = request.transaction + group;
        part.control = group ? VMTP_NSR | VMTP_STI : VMTP_NER | VMTP_CMG;
        for (uint32_t mask = vc_all_blocks(length), two; mask; mask &= ~two) {
            two = mask & (~mask + 1);
            two |= (mask & ~two) & (~(mask & ~two) + 1);
            vc_carry(&part, pattern + start, length, two);
            part.words[6] = LARGEST;
            vc_send(t, &part);
        }
    }
    request.transaction++;
    return request;
}

/* The node need not hold what it has answered any more. */
static void done_with(struct vc_test *t, const struct vc_packet *request) {
    struct vc_packet next = vc_next(request, VMTP_TEST_NULL);
    next.transaction += 255;
    vc_send(t, &next);
    vc_want_response(t, "TEST-4.1-06", &next, VMTP_OK);
}

static void large(struct vc_test *t) {
    struct vc_packet request, *answer;
    vc_pattern(pattern, LARGEST, 3);
    request = send_large(t, VMTP_TEST_SINK);
    answer = vc_want_response(t, "TEST-4.1-06", &request, VMTP_OK);
    vc_equal(t, "TEST-4.1-06", "octets that SINK took", LARGEST, answer->words[0]);
    done_with(t, &request);
    request = send_large(t, VMTP_TEST_MIRROR);
    answer = vc_want_response(t, "TEST-4.1-06", &request, VMTP_OK);
    vc_check(t, "TEST-4.1-06", answer->data_octets >= 64 && vc_get32(answer->data + 60) == vc_crc(pattern, LARGEST),
             "their CRC-32 by MIRROR", "another");
    done_with(t, &request);
    request = send_large(t, VMTP_TEST_SEQUENCE);
    answer = vc_want_response(t, "TEST-4.1-06", &request, VMTP_OK);
    vc_equal(t, "TEST-4.1-06", "CRC-32 by SEQUENCE", vc_crc(pattern, LARGEST), answer->words[4]);
    done_with(t, &request);
    request = send_large(t, VMTP_TEST_ECHO);
    answer = vc_want_response(t, "TEST-4.1-06", &request, VMTP_OK);
    vc_equal(t, "TEST-4.1-06", "SegmentSize of ECHO", LARGEST, vc_segment_size(answer));
    done_with(t, &request);
}

/* A Response that fills what CALL can report. */
static void cut(struct vc_test *t) {
    struct vc_call call = {.code = VMTP_PIC | 0x777, .response_room = VC_SEGMENT_MAX};
    struct vc_packet order = vc_have_called(t, &call),
                     *request = vc_want_request(t, "TEST-4.6-04", call.server, VC_PATIENCE), response, *report;
    uint32_t blocks;
    vc_pattern(pattern, VC_SEGMENT_MAX, 4);
    response = vc_response(request, VMTP_OK);
    vc_send_blocks(t, &response, pattern, VC_SEGMENT_MAX, 0xffffffff, 0);
    report = vc_collect(t, "TEST-4.6-04", &order, got, &blocks);
    vc_equal(t, "TEST-4.6-04", "octets of the report", VC_SEGMENT_MAX, vc_segment_size(report));
    vc_equal(t, "TEST-4.6-04", "octets that came", VC_SEGMENT_MAX, vc_get32(got + 44));
    vc_equal(t, "TEST-4.6-04", "their CRC-32", vc_crc(pattern, VC_SEGMENT_MAX), vc_get32(got + 48));
    vc_check(t, "TEST-4.6-04", memcmp(got + 56, pattern, VC_SEGMENT_MAX - 56) == 0, "as much of them as fits", "others");
}

static void together(struct vc_test *t) {
    struct vc_packet first = vc_request(t, VMTP_TEST_SEQUENCE), request, *answer;
    for (unsigned i = 0; i < 3; i++) {
        request = first;
        request.transaction += i;
        request.control = (i ? VMTP_NSR : 0) | (i < 2 ? VMTP_NER : 0);
        request.words[0] = 100 + i;
        request.words[1] = i < 2 ? 2 : 0;
        vc_send(t, &request);
    }
    answer = vc_want_response(t, "TEST-4.9-05", &request, VMTP_OK);
    vc_equal(t, "TEST-4.9-05", "PGcount: Requests that it stands for besides its own", 2, answer->gap);
    vc_equal(t, "TEST-4.9-05", "order", 3, answer->words[1]);
    vc_equal(t, "TEST-4.9-05", "Responses to the first", 0, vc_tally(t, first.client, first.transaction, VMTP_RESPONSE));
}

static void new_group(struct vc_test *t) {
    static const uint64_t asked[] = {VMTP_ID_GRP, VMTP_ID_GRP | VMTP_ID_UGP};
    for (unsigned i = 0; i < 2; i++) {
        uint64_t group = vc_pair(vc_member(t, VMTP_TEST_JOIN, asked[i], 0, 0xff)->words);
        vc_check(t, "TEST-4.12-02", (group & (VMTP_ID_GRP | VMTP_ID_UGP)) == asked[i] && group != asked[i],
                 "a new group with these flags", "%llx", (unsigned long long)group);
        struct vc_packet request = vc_to_group(t, group, VMTP_TEST_NULL);
        vc_send(t, &request);
        vc_want_response(t, "TEST-4.12-02", &request, VMTP_OK);
        vc_member(t, VMTP_TEST_LEAVE, group, 0, 0xff);
    }
}

static void silent_groups(struct vc_test *t) {
    static const uint64_t groups[] = {VNAME_HANDLERS, VNAME_WATCHERS, VNAME_DIRECTORY};
    for (unsigned i = 0; i < 3; i++) {
        vc_member(t, VMTP_TEST_JOIN, groups[i], 1, 0xff);
        struct vc_packet request = vc_to_group(t, groups[i], 0x7e | VMTP_TEST_NULL);
        vc_send(t, &request);
        vc_want_silence(t, "TEST-3.1-07", "answer to a Code that the service lacks");
        request = vc_to_group(t, groups[i], VMTP_TEST_NULL);
        vc_send(t, &request);
        vc_want_response(t, "TEST-3.1-07", &request, VMTP_OK);
        vc_member(t, VMTP_TEST_LEAVE, groups[i], 1, 0xff);
    }
}

static void out_of_range(struct vc_test *t) {
    struct vc_packet request = vc_request(t, VMTP_TEST_SIGNALS);
    request.words[0] = 6;
    vc_send(t, &request);
    vc_want_response(t, "TEST-4.16-03", &request, VMTP_TEST_BAD_ARGUMENT);
}

static void no_such_client(struct vc_test *t) {
    struct vc_call call = {.code = VMTP_PIC | 0x777, .number = 12};
    struct vc_packet order = vc_have_called(t, &call);
    vc_want_response(t, "TEST-6.1-01 TEST-4.6-03", &order, VMTP_TEST_BAD_ARGUMENT);
}

const struct vc_case vc_extras_cases[] = {
    VC_CASE("extras/large", "TEST-4.1-06", LARGE " streams sequence", "20000 octets to SINK, MIRROR, SEQUENCE and ECHO",
            "taken", large),
    VC_CASE("extras/cut", "TEST-4.6-04", LARGE " client", "16384 octets to a CALL that reports them",
            "as many as fit, and size and CRC-32 of all", cut),
    VC_CASE("extras/together", "TEST-4.9-05", SERVICE " streams sequence", "three SEQUENCEs of a run, two with flag 2",
            "one Response", together),
    VC_CASE("extras/new-group", "TEST-4.12-02", SERVICE " groups", "JOIN with nothing but flags", "a new group",
            new_group),
    VC_CASE("extras/silent-groups", "TEST-3.1-07", SERVICE " groups entities",
            "a Code that the service lacks, to the groups of names", "silence", silent_groups),
    VC_CASE("extras/signals-range", "TEST-4.16-03", SERVICE " signals", "SIGNALS of an entity that there cannot be",
            "TEST_BAD_ARGUMENT", out_of_range),
    VC_CASE("extras/no-such-client", "TEST-4.6-03 TEST-6.1-01", SERVICE " client", "CALL with client 12",
            "TEST_BAD_ARGUMENT", no_such_client),
    VC_LAST,
};
