/* SPDX-License-Identifier: BSD-2-Clause */
/* Servers: duplicates, order, answers. Section 8, and 13.4 to 13.9 where it is about Requests. */
#include <string.h>

#include "../case.h"

#define RECORDS "test-service records"
#define MS VC_MILLISECOND

/* A DELAY that answers after some milliseconds. */
static struct vc_packet delay(struct vc_test *t, uint32_t ms) {
    struct vc_packet request = vc_request(t, VMTP_TEST_DELAY);
    request.words[0] = ms * 1000;
    return request;
}

static struct vc_packet again(const struct vc_packet *request, uint32_t control) {
    struct vc_packet p = *request;
    p.retransmit = (uint8_t)((p.retransmit + 1) & 7);
    p.control |= control;
    return p;
}

/* ---- duplicates ----------------------------------------------------------------------------------------------------- */

static void duplicate_answered(struct vc_test *t) {
    uint32_t before = vc_executed(t, VMTP_TEST_ECHO);
    struct vc_packet request = vc_request(t, VMTP_TEST_ECHO);
    request.words[2] = 0xfeedbeef;
    vc_send(t, &request);
    vc_want_response(t, "VMTP-8.1-01", &request, VMTP_OK);
    request = again(&request, VMTP_APG);
    vc_send(t, &request);
    struct vc_packet *answer = vc_want_response(t, "VMTP-8.3-03", &request, VMTP_OK);
    vc_equal(t, "VMTP-8.3-03", "word 2 of the same Response", 0xfeedbeef, answer->words[2]);
    vc_equal(t, "VMTP-6.3-04", "APG of a Response without a segment", 0, answer->control & VMTP_APG);
    vc_equal(t, "VMTP-8.1-01", "executions", before + 1u, vc_executed(t, VMTP_TEST_ECHO));
}

static void duplicate_processing(struct vc_test *t) {
    struct vc_packet request = delay(t, vc_awhile(t)), second;
    uint32_t before = vc_executed(t, VMTP_TEST_DELAY);
    vc_send(t, &request);
    vc_settle(t);
    second = again(&request, VMTP_APG);
    second.priority = 0;
    vc_send(t, &second);
    struct vc_packet *notify = vc_want_nvc(t, "VMTP-8.3-01", &second, VMTP_OK);
    vc_equal(t, "VMTP-10.9-03", "RetransmitCount in ctrl", 1, notify->words[2] >> 20 & 7);
    vc_want_response(t, "VMTP-8.3-01", &request, VMTP_OK);
    vc_equal(t, "VMTP-8.1-01", "executions", before + 1u, vc_executed(t, VMTP_TEST_DELAY));
}

static void duplicate_processing_mute(struct vc_test *t) {
    struct vc_packet request = delay(t, vc_awhile(t)), second;
    vc_send(t, &request);
    vc_settle(t);
    second = again(&request, 0);
    vc_send(t, &second);
    vc_want_silence(t, "VMTP-8.3-02 VMTP-6.4-03", "acknowledgment that nobody asked for");
    vc_want_response(t, "VMTP-6.4-03", &request, VMTP_OK);
}

static void duplicate_idempotent(struct vc_test *t) {
    uint32_t before = vc_executed(t, VMTP_TEST_NULL_IDEMPOTENT);
    struct vc_packet request = vc_request(t, VMTP_TEST_NULL_IDEMPOTENT);
    vc_send(t, &request);
    vc_want_response(t, "VMTP-8.3-06", &request, VMTP_OK);
    request = again(&request, VMTP_APG);
    vc_send(t, &request);
    struct vc_packet *answer = vc_want_response(t, "VMTP-8.3-06", &request, VMTP_OK);
    vc_equal(t, "VMTP-3.2-02", "RetransmitCount", 1, answer->retransmit);
    vc_equal(t, "VMTP-8.3-06", "executions", before + 2u, vc_executed(t, VMTP_TEST_NULL_IDEMPOTENT));
}

static void older(struct vc_test *t) {
    static const uint32_t steps[] = {1, 2, 1000, 0x7fffffff, 0x80000000};
    struct vc_packet request = vc_request(t, VMTP_TEST_NULL);
    vc_send(t, &request);
    vc_want_response(t, "VMTP-8.1-03", &request, VMTP_OK);
    for (unsigned i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        struct vc_packet old = request;
        old.transaction -= steps[i];
        old.control = VMTP_APG;
        vc_send(t, &old);
        vc_want_silence(t, "VMTP-8.1-03", "answer to an older Transaction");
    }
    request.transaction += 0x7fffffff;
    vc_send(t, &request);
    vc_want_response(t, "VMTP-8.1-03", &request, VMTP_OK);
}

static void newer(struct vc_test *t) {
    struct vc_packet request = delay(t, vc_awhile(t)), next;
    vc_send(t, &request);
    vc_settle(t);
    next = vc_next(&request, VMTP_TEST_NULL);
    vc_send(t, &next);
    vc_want_response(t, "VMTP-8.1-04", &next, VMTP_OK);
    vc_want_quiet(t, "VMTP-8.1-04", &request, (vc_awhile(t) + 100) * MS);
}

static void newer_elsewhere(struct vc_test *t) {
    struct vc_packet request = delay(t, vc_awhile(t)), next;
    uint64_t twin = vc_service_entity(t, 1);
    vc_send(t, &request);
    vc_settle(t);
    next = vc_next(&request, VMTP_TEST_NULL);
    next.server = twin;
    vc_send(t, &next);
    vc_want_response(t, "VMTP-8.1-04", &next, VMTP_OK);
    vc_want_quiet(t, "VMTP-8.1-04", &request, (vc_awhile(t) + 100) * MS);
}

static void two_servers(struct vc_test *t) {
    struct vc_packet one = vc_request(t, VMTP_TEST_NULL), two = one;
    two.server = vc_service_entity(t, 1);
    vc_send(t, &one);
    vc_want_response(t, "VMTP-8.1-02", &one, VMTP_OK);
    vc_send(t, &two);
    struct vc_packet *answer = vc_want_response(t, "VMTP-8.1-02", &two, VMTP_OK);
    vc_equal(t, "VMTP-8.1-02", "Server", two.server, answer->server);
    one = again(&one, VMTP_APG);
    vc_send(t, &one);
    answer = vc_want_response(t, "VMTP-8.1-02", &one, VMTP_OK);
    vc_equal(t, "VMTP-8.1-02", "Server", one.server, answer->server);
}

static void no_probe(struct vc_test *t) {
    struct vc_packet request = vc_request(t, VMTP_TEST_NULL);
    vc_answer_probes(t, 0);
    vc_send(t, &request);
    vc_want_response(t, "VMTP-8.2-01", &request, VMTP_OK);
    struct vc_packet *probe = vc_await_code(t, VMTP_PROBE_ENTITY, request.client, 50 * MS);
    vc_check(t, "VMTP-8.2-01", probe == NULL, "no Probe for the Client", "%s", probe ? "ProbeEntity" : "none");
    struct vc_packet known = vc_request_to(t, VMTP_TEST_SERVICE, VMTP_TEST_IDENTIFY);
    vc_send(t, &known);
    vc_want_response(t, "VMTP-8.2-03 TEST-2.1-04", &known, VMTP_OK);
    probe = vc_await_code(t, VMTP_PROBE_ENTITY, known.client, 50 * MS);
    vc_check(t, "VMTP-8.2-03", probe == NULL, "no Probe for a Client of VMTP_TEST_SERVICE", "%s",
             probe ? "ProbeEntity" : "none");
}

static void checked_anew(struct vc_test *t) {
    struct vc_packet request = vc_request(t, VMTP_TEST_NULL);
    vc_send(t, &request);
    vc_want_response(t, "VMTP-8.3-11", &request, VMTP_OK);
    request = vc_next(&request, VMTP_TEST_NULL);
    request.server = 0x0bad000012345600ull;
    vc_send(t, &request);
    vc_want_nvc(t, "VMTP-8.3-11", &request, VMTP_NONEXISTENT_ENTITY);
}

/* Two frames make a transaction, and nothing follows. */
static void two_frames(struct vc_test *t) {
    struct vc_packet request = vc_request(t, VMTP_TEST_NULL);
    vc_send(t, &request);
    vc_want_response(t, "VMTP-6.4-03", &request, VMTP_OK);
    vc_want_quiet(t, "VMTP-6.4-03 VMTP-8.5-01 VMTP-8.5-05", &request, 700 * MS);
}

/* TS4: what was answered is remembered, and forgotten at last. */
static void remembered(struct vc_test *t) {
    uint32_t before = vc_executed(t, VMTP_TEST_NULL);
    struct vc_packet request = vc_request(t, VMTP_TEST_NULL), silent = vc_request(t, VMTP_TEST_NULL);
    vc_send(t, &silent);
    vc_want_response(t, "VMTP-9.1-06", &silent, VMTP_OK);
    vc_time start = vc_now(t);
    vc_send(t, &request);
    vc_want_response(t, "VMTP-9.1-06", &request, VMTP_OK);
    vc_until(t, start + vc_least(VC_TS4, 1));
    request = again(&request, VMTP_APG);
    vc_send(t, &request);
    vc_want_response(t, "VMTP-9.1-06", &request, VMTP_OK);
    vc_equal(t, "VMTP-9.1-06", "executions just before TS4", before + 2u, vc_executed(t, VMTP_TEST_NULL));
    vc_until(t, start + vc_most(VC_TS4, 1) + 400 * MS);
    silent = again(&silent, 0); /* which was lost */
    silent = again(&silent, VMTP_APG);
    vc_send(t, &silent);
    vc_want_response(t, "VMTP-8.7-01", &silent, VMTP_OK);
    vc_equal(t, "VMTP-8.7-01", "executions behind TS4", before + 3u, vc_executed(t, VMTP_TEST_NULL));
}

/* ---- Responses that nobody gives, and datagrams ----------------------------------------------------------------------- */

static void discard(struct vc_test *t) {
    uint32_t before = vc_executed(t, VMTP_TEST_DISCARD);
    struct vc_packet request = vc_request(t, VMTP_TEST_DISCARD);
    vc_send(t, &request);
    vc_want_silence(t, "VMTP-8.4-07 TEST-4.5-01", "Response that was given up");
    request = again(&request, VMTP_APG);
    vc_send(t, &request);
    vc_want_nvc(t, "VMTP-8.4-07", &request, VMTP_RESPONSE_DISCARDED);
    vc_equal(t, "TEST-4.5-01", "executions", before + 1u, vc_executed(t, VMTP_TEST_DISCARD));
}

static void datagram(struct vc_test *t) {
    uint32_t before = vc_executed(t, VMTP_TEST_NULL);
    struct vc_packet request = vc_request(t, VMTP_TEST_NULL);
    request.code |= VMTP_DGM;
    vc_send(t, &request);
    vc_want_silence(t, "VMTP-13.4-02 VMTP-13.4-03 TEST-3.1-05", "answer to a datagram");
    vc_equal(t, "VMTP-13.4-02 TEST-3.1-05", "executions", before + 1u, vc_executed(t, VMTP_TEST_NULL));
    vc_send(t, &request);
    vc_want_silence(t, "VMTP-13.4-04", "answer to a datagram that came twice");
    vc_equal(t, "VMTP-13.4-04", "executions", before + 1u, vc_executed(t, VMTP_TEST_NULL));
}

static void datagram_ends(struct vc_test *t) {
    struct vc_packet request = delay(t, vc_awhile(t)), next;
    vc_send(t, &request);
    vc_settle(t);
    next = vc_next(&request, VMTP_TEST_NULL);
    next.code |= VMTP_DGM;
    vc_send(t, &next);
    vc_want_quiet(t, "VMTP-13.4-06", &request, (vc_awhile(t) + 100) * MS);
}

static void datagram_incomplete(struct vc_test *t) {
    uint8_t segment[2000] = {1};
    struct vc_packet request = vc_request(t, VMTP_TEST_SINK);
    uint32_t before = vc_executed(t, VMTP_TEST_SINK);
    request.code |= VMTP_DGM;
    vc_send_blocks(t, &request, segment, sizeof segment, 3, 0);
    vc_pass(t, 100 * MS);
    vc_want_silence(t, "VMTP-13.4-05", "RETRY about a datagram");
    vc_equal(t, "VMTP-13.4-05", "executions", before, vc_executed(t, VMTP_TEST_SINK));
}

/* ---- a server that has no time ----------------------------------------------------------------------------------------- */

static uint64_t serial_server(struct vc_test *t, uint32_t depth) {
    const uint32_t words[7] = {depth};
    return vc_pair(vc_must(t, VMTP_TEST_SERIAL, words)->words);
}

static struct vc_packet serial_delay(struct vc_test *t, uint64_t serial, uint32_t ms) {
    struct vc_packet request = delay(t, ms);
    request.server = serial;
    return request;
}

static void busy(struct vc_test *t) {
    uint64_t serial = serial_server(t, 1);
    struct vc_packet first = serial_delay(t, serial, vc_awhile(t)), second = vc_request_to(t, serial, VMTP_TEST_NULL);
    vc_send(t, &first);
    vc_settle(t);
    vc_send(t, &second);
    vc_want_nvc(t, "VMTP-8.4-01 VMTP-11-01 TEST-2.2-02", &second, VMTP_BUSY);
    vc_want_response(t, "TEST-4.10-01", &first, VMTP_OK);
    vc_settle(t);
    second = again(&second, VMTP_APG);
    vc_send(t, &second);
    vc_want_response(t, "VMTP-8.4-01 VMTP-11-04", &second, VMTP_OK);
}

static void busy_multicast(struct vc_test *t) {
    uint64_t serial = serial_server(t, 1);
    struct vc_packet first = serial_delay(t, serial, vc_awhile(t)), second = vc_request_to(t, serial, VMTP_TEST_NULL);
    vc_send(t, &first);
    vc_settle(t);
    second.flags |= VMTP_MPG;
    vc_send(t, &second);
    vc_want_silence(t, "VMTP-11-01 VMTP-10.11-05", "BUSY because of a multicast packet");
    vc_want_response(t, "VMTP-11-01", &first, VMTP_OK);
}

static void conditional(struct vc_test *t) {
    uint64_t serial = serial_server(t, 1);
    struct vc_packet first = serial_delay(t, serial, vc_awhile(t)), second = vc_request_to(t, serial, VMTP_TEST_NULL);
    second.code |= VMTP_CMD;
    vc_send(t, &first);
    vc_settle(t);
    vc_send(t, &second);
    vc_want_nvc(t, "VMTP-13.6-01", &second, VMTP_NOT_AWAITING_MSG);
    vc_want_response(t, "VMTP-13.6-01", &first, VMTP_OK);
    vc_settle(t);
    second = vc_next(&second, VMTP_TEST_NULL | VMTP_CMD);
    vc_send(t, &second);
    vc_want_response(t, "VMTP-13.6-01", &second, VMTP_OK);
}

/* Four that wait, in an order that their ranks turn round. */
static void priorities(struct vc_test *t) {
    static const uint8_t ranks[] = {4, 0, 2, 8, 13}; /* background, normal, normal, important, urgent */
    uint64_t serial = serial_server(t, 8);
    struct vc_packet first = serial_delay(t, serial, vc_awhile(t)), waiting[5], *answers[5];
    vc_send(t, &first);
    vc_settle(t);
    for (unsigned i = 0; i < 5; i++) {
        waiting[i] = vc_request_to(t, serial, VMTP_TEST_NULL);
        waiting[i].priority = ranks[i];
        vc_send(t, &waiting[i]);
    }
    vc_want_response(t, "VMTP-13.9-02", &first, VMTP_OK);
    for (unsigned i = 0; i < 5; i++)
        answers[i] = vc_want_response(t, "VMTP-13.9-02", &waiting[i], VMTP_OK);
    for (unsigned i = 0; i < 4; i++)
        vc_check(t, "VMTP-13.9-01 VMTP-13.9-02 TEST-4.10-02", answers[i + 1]->time <= answers[i]->time,
                 "the higher rank first", "Priority %u before %u", ranks[i], ranks[i + 1]);
}

static void arrival_order(struct vc_test *t) {
    uint64_t serial = serial_server(t, 8);
    struct vc_packet first = serial_delay(t, serial, vc_awhile(t)), waiting[4], *answers[4];
    vc_send(t, &first);
    vc_settle(t);
    for (unsigned i = 0; i < 4; i++) {
        waiting[i] = vc_request_to(t, serial, VMTP_TEST_NULL);
        vc_send(t, &waiting[i]);
    }
    vc_want_response(t, "VMTP-13.9-02", &first, VMTP_OK);
    for (unsigned i = 0; i < 4; i++)
        answers[i] = vc_want_response(t, "VMTP-13.9-02", &waiting[i], VMTP_OK);
    for (unsigned i = 0; i < 3; i++)
        vc_check(t, "VMTP-13.9-02", answers[i]->time <= answers[i + 1]->time, "the one that came first, first",
                 "the later one");
}

const struct vc_case vc_server_cases[] = {
    VC_CASE("server/duplicate-answered", "VMTP-8.1-01 VMTP-8.3-03 VMTP-6.3-04", RECORDS, "ECHO twice",
            "the same Response twice, executed once", duplicate_answered),
    VC_CASE("server/duplicate-processing", "VMTP-8.3-01 VMTP-10.9-03 VMTP-8.1-01", RECORDS,
            "DELAY, and the same with APG while it waits", "NVC(OK), then one Response", duplicate_processing),
    VC_CASE("server/duplicate-processing-mute", "VMTP-8.3-02 VMTP-6.4-03", RECORDS,
            "DELAY, and the same without APG while it waits", "silence, then the Response", duplicate_processing_mute),
    VC_CASE("server/duplicate-idempotent", "VMTP-8.3-06 VMTP-3.2-02", RECORDS, "idempotent NULL twice",
            "executed twice", duplicate_idempotent),
    VC_CASE("server/older", "VMTP-8.1-03", RECORDS,
            "Transactions 1 to 2^31 older than the last one, then one 2^31-1 newer", "silence, then a Response", older),
    VC_CASE("server/newer", "VMTP-8.1-04", RECORDS, "NULL of the next Transaction while DELAY waits",
            "its Response, and none to DELAY", newer),
    VC_CASE("server/newer-elsewhere", "VMTP-8.1-04", RECORDS " entities", "NULL to another entity while DELAY waits",
            "its Response, and none to DELAY", newer_elsewhere),
    VC_CASE("server/two-servers", "VMTP-8.1-02", RECORDS " entities",
            "one Client and Transaction to two entities, then the first again", "each answers for itself", two_servers),
    VC_CASE("server/no-probe", "VMTP-8.2-01 VMTP-8.2-03 TEST-2.1-04", RECORDS, "NULL and IDENTIFY of unknown Clients",
            "Responses without a Probe", no_probe),
    VC_CASE("server/checked-anew", "VMTP-8.3-11", RECORDS, "NULL, then the next Request to an entity that is not there",
            "NVC(NONEXISTENT_ENTITY)", checked_anew),
    VC_CASE("server/two-frames", "VMTP-6.4-03 VMTP-8.5-01 VMTP-8.5-05", RECORDS, "NULL",
            "one Response and nothing after it", two_frames),
    VC_TIMED("server/remembered", "VMTP-9.1-06 VMTP-8.7-01", RECORDS,
             "NULL, again just before TS4, and again behind it", "executed once, and once more after TS4", remembered),
    VC_CASE("server/discard", "VMTP-8.4-07 TEST-4.5-01", RECORDS, "DISCARD, and the same with APG",
            "silence, then NVC(RESPONSE_DISCARDED)", discard),
    VC_CASE("server/datagram", "VMTP-13.4-02 VMTP-13.4-03 VMTP-13.4-04 TEST-3.1-05", RECORDS, "NULL with DGM, twice",
            "silence; executed once", datagram),
    VC_CASE("server/datagram-ends", "VMTP-13.4-06", RECORDS, "a datagram while DELAY of its Client waits",
            "no Response to DELAY", datagram_ends),
    VC_CASE("server/datagram-incomplete", "VMTP-13.4-05", RECORDS " segments", "half of a datagram",
            "silence; not executed", datagram_incomplete),
    VC_CASE("server/busy", "VMTP-8.4-01 VMTP-11-01 VMTP-11-04 TEST-2.2-02 TEST-4.10-01", RECORDS " serial",
            "NULL to a server that has room for one and is busy; the same later", "NVC(BUSY), then a Response", busy),
    VC_CASE("server/busy-multicast", "VMTP-11-01 VMTP-10.11-05", RECORDS " serial", "the same with MPG", "silence",
            busy_multicast),
    VC_CASE("server/conditional", "VMTP-13.6-01", RECORDS " serial",
            "NULL with CMD to a server that is busy; the next one later", "NVC(NOT_AWAITING_MSG), then a Response",
            conditional),
    VC_CASE("server/priorities", "VMTP-13.9-01 VMTP-13.9-02 TEST-4.10-02", RECORDS " serial",
            "five Requests of rising rank to a server that is busy", "Responses by rank", priorities),
    VC_CASE("server/arrival-order", "VMTP-13.9-02", RECORDS " serial",
            "four Requests of one rank to a server that is busy", "Responses in the order of arrival", arrival_order),
    VC_LAST,
};
