/* SPDX-License-Identifier: BSD-2-Clause */
/* Forwarding: section 13.5, with the tester as Client and as the next server, or as the forwarder. */
#include <string.h>

#include "../case.h"

#define FORWARDS "test-service records forwarding"
#define RECORDS "test-service records"
#define MS VC_MILLISECOND
#define NOBODY 0x0bad000012340000ull

/* FORWARD of a Request to next, with words of its own. */
static struct vc_packet order(struct vc_test *t, uint64_t next, uint32_t code) {
    static uint8_t head[56];
    struct vc_packet request = vc_request(t, VMTP_TEST_FORWARD);
    memset(head, 0, sizeof head);
    vc_put64(head, next);
    vc_put32(head + 8, code);
    vc_put32(head + 16, 0x1234);
    vc_carry(&request, head, sizeof head, 1);
    request.priority = 7;
    return request;
}

static void respond(struct vc_test *t, const struct vc_packet *forwarded) {
    struct vc_packet response = vc_response(forwarded, VMTP_OK);
    response.server = forwarded->server;
    vc_send(t, &response); /* goes by the forwarder's address, which is not the Client's: the tester is both */
}

static void passes_on(struct vc_test *t) {
    uint64_t next = vc_new_client(t);
    struct vc_packet request = order(t, next, VMTP_PIC | 0x777), *forwarded;
    vc_send(t, &request);
    forwarded = vc_want_request(t, "VMTP-13.5-01 TEST-4.13-01", next, VC_PATIENCE);
    vc_equal(t, "VMTP-13.5-01", "Client", request.client, forwarded->client);
    vc_equal(t, "VMTP-13.5-01", "Transaction", request.transaction, forwarded->transaction);
    vc_equal(t, "VMTP-13.5-01", "ForwardCount", 1, forwarded->forward);
    vc_equal(t, "VMTP-13.5-01", "Priority", 7, forwarded->priority);
    vc_equal(t, "TEST-4.13-01", "Code", VMTP_PIC | 0x777, forwarded->code);
    vc_equal(t, "TEST-4.13-01", "word 0", 0x1234, forwarded->words[0]);
    vc_check(t, "VMTP-13.5-10", forwarded->control & VMTP_APG, "APG", "none");
    vc_tell_forwarder(t, forwarded, VMTP_OK, 0);
    vc_want_quiet(t, "VMTP-13.5-06", &request, 500 * MS);
}

static void goes_on(struct vc_test *t) {
    uint64_t next = vc_new_client(t);
    struct vc_packet request = order(t, next, VMTP_PIC | 0x777), *forwarded;
    vc_send(t, &request);
    vc_want_request(t, "VMTP-13.5-06", next, VC_PATIENCE);
    for (unsigned i = 1; i <= 3; i++) {
        forwarded = vc_want_request(t, "VMTP-13.5-06", next, VC_PATIENCE);
        vc_equal(t, "VMTP-13.5-06", "RetransmitCount", i, forwarded->retransmit);
    }
    vc_tell_forwarder(t, forwarded, VMTP_OK, 0);
    vc_settle(t);
}

static void duplicate(struct vc_test *t) {
    uint64_t next = vc_new_client(t);
    struct vc_packet request = order(t, next, VMTP_PIC | 0x777), *forwarded;
    vc_send(t, &request);
    forwarded = vc_want_request(t, "VMTP-13.5-01", next, VC_PATIENCE);
    vc_tell_forwarder(t, forwarded, VMTP_OK, 0);
    vc_settle(t);
    request.retransmit = 1;
    request.control = VMTP_APG;
    vc_send(t, &request);
    vc_want_nvc(t, "VMTP-13.5-07", &request, VMTP_OK);
    forwarded = vc_want_request(t, "VMTP-13.5-12", next, VC_PATIENCE);
    vc_check(t, "VMTP-13.5-12", forwarded->control & VMTP_APG && forwarded->forward == 1,
             "the forwarded Request again, with APG", "control %08x", forwarded->control);
    vc_tell_forwarder(t, forwarded, VMTP_OK, 0);
    vc_settle(t);
}

static void next_refuses(struct vc_test *t) {
    uint64_t next = vc_new_client(t);
    struct vc_packet request = order(t, next, VMTP_PIC | 0x777), *forwarded;
    vc_send(t, &request);
    forwarded = vc_want_request(t, "VMTP-13.5-01", next, VC_PATIENCE);
    vc_tell_forwarder(t, forwarded, VMTP_NO_PERMISSION, 0);
    vc_want_nvc(t, "VMTP-13.5-11", &request, VMTP_NO_PERMISSION);
}

static void next_is_silent(struct vc_test *t) {
    uint64_t next = vc_new_client(t);
    struct vc_packet request = order(t, next, VMTP_PIC | 0x777);
    vc_send(t, &request);
    vc_want_nvc(t, "VMTP-13.5-11", &request, VMTP_RETRANS_TIMEOUT);
}

/* NotifyRemoteVmtpClient with another ForwardCount or Transaction belongs to something else. */
static void strangers(struct vc_test *t) {
    uint64_t next = vc_new_client(t);
    struct vc_packet request = order(t, next, VMTP_PIC | 0x777), *forwarded, other;
    vc_send(t, &request);
    forwarded = vc_want_request(t, "VMTP-13.5-19", next, VC_PATIENCE);
    other = *forwarded;
    other.forward = 2;
    vc_tell_forwarder(t, &other, VMTP_NO_PERMISSION, 0);
    other = *forwarded;
    other.transaction++;
    vc_tell_forwarder(t, &other, VMTP_NO_PERMISSION, 0);
    vc_settle(t);
    struct vc_packet *told = vc_await_notify(t, VMTP_NOTIFY_VMTP_CLIENT, request.client, request.transaction, 0);
    vc_check(t, "VMTP-13.5-19", told == NULL, "nothing told to the Client", "%s", told ? "NVC" : "nothing");
    vc_tell_forwarder(t, forwarded, VMTP_OK, 0);
    vc_settle(t);
}

static void who_forwarded(struct vc_test *t) {
    uint64_t next = vc_new_client(t);
    struct vc_packet request = order(t, next, VMTP_PIC | 0x777), *forwarded, question, *answer;
    vc_send(t, &request);
    forwarded = vc_want_request(t, "VMTP-13.5-09", next, VC_PATIENCE);
    vc_tell_forwarder(t, forwarded, VMTP_OK, 0);
    vc_settle(t);
    question = vc_manage(t, VMTP_GET_REQUEST_FORWARDER, vc_service(t));
    question.words[2] = (uint32_t)(request.client >> 32);
    question.words[3] = (uint32_t)request.client;
    vc_send(t, &question);
    answer = vc_want_response(t, "VMTP-13.5-09", &question, VMTP_OK);
    vc_equal(t, "VMTP-13.5-09", "the forwarder", vc_service(t), vc_pair(answer->words));
    vc_equal(t, "VMTP-13.5-09", "authDomain", 1, answer->words[4]);
}

static void bad_orders(struct vc_test *t) {
    static const uint32_t codes[] = {VMTP_PIC | VMTP_DGM | 0x777, VMTP_PIC | VMTP_MRD | 0x777};
    struct vc_packet request = order(t, 0, VMTP_PIC | 0x777);
    vc_send(t, &request);
    vc_want_response(t, "TEST-4.13-02", &request, VMTP_TEST_BAD_ARGUMENT);
    request = order(t, vc_service(t), VMTP_PIC | 0x777);
    vc_send(t, &request);
    vc_want_response(t, "TEST-4.13-02", &request, VMTP_TEST_BAD_ARGUMENT);
    for (unsigned i = 0; i < 2; i++) {
        request = order(t, NOBODY, codes[i]);
        vc_send(t, &request);
        vc_want_response(t, "TEST-4.13-02", &request, VMTP_TEST_BAD_ARGUMENT);
    }
}

static void nested(struct vc_test *t) {
    uint64_t next = vc_new_client(t);
    struct vc_packet request = order(t, next, VMTP_PIC | 0x777), *inner;
    request.forward = 15;
    vc_send(t, &request);
    inner = vc_want_request(t, "VMTP-13.5-02", next, VC_PATIENCE);
    vc_check(t, "VMTP-13.5-02", inner->client != request.client && inner->forward == 0, "a call of the server's own",
             "ForwardCount %u", inner->forward);
    respond(t, inner);
    vc_want_response(t, "VMTP-13.5-02", &request, VMTP_OK);
}

/* ---- the tester forwards ------------------------------------------------------------------------------------------------- */

static struct vc_packet forwarded_to_node(struct vc_test *t, uint32_t code) {
    struct vc_packet request = vc_request(t, code);
    request.forward = 1;
    request.control = VMTP_APG;
    vc_other_node(t, 1); /* the Client is elsewhere: its Probe is answered from there */
    return request;
}

static void takes(struct vc_test *t) {
    struct vc_packet request = forwarded_to_node(t, VMTP_TEST_NULL_IDEMPOTENT), *answer;
    vc_send(t, &request);
    answer = vc_want_response(t, "VMTP-13.5-03", &request, VMTP_OK);
    vc_equal(t, "VMTP-3.2-03", "ForwardCount", 1, answer->forward);
    vc_check(t, "VMTP-13.5-04", memcmp(answer->dst, vc_tester_mac(t), 6) == 0,
             "to the Client's node, which a Probe has found", "to the forwarder");
    vc_equal(t, "VMTP-13.5-14", "DGM", 0, answer->code & VMTP_DGM);
    struct vc_packet *probe = vc_await_code(t, VMTP_PROBE_ENTITY, request.client, 0);
    vc_check(t, "VMTP-4.6-04 VMTP-8.2-04", probe && probe->flags & VMTP_MPG, "a multicast Probe for the Client", "%s",
             probe ? "unicast" : "none");
}

static void told_remotely(struct vc_test *t) {
    struct vc_packet request = forwarded_to_node(t, VMTP_TEST_NULL), *told;
    request.server = NOBODY;
    vc_send(t, &request);
    told = vc_want_nvc(t, "VMTP-13.5-05", &request, VMTP_NONEXISTENT_ENTITY);
    vc_equal(t, "VMTP-13.5-05", "Code", VMTP_NOTIFY_REMOTE_VMTP_CLIENT, told->code);
    vc_check(t, "VMTP-13.5-05", memcmp(told->dst, request.src, 6) == 0, "to the source of the frame", "elsewhere");
    vc_equal(t, "VMTP-10.9-03", "ForwardCount in ctrl", 1, told->words[2] >> 16 & 15);
}

static void counts(struct vc_test *t) {
    struct vc_packet request = forwarded_to_node(t, VMTP_TEST_NULL), other;
    request.forward = 2;
    vc_send(t, &request);
    vc_want_response(t, "VMTP-13.5-03", &request, VMTP_OK);
    while (vc_await_notify(t, VMTP_NOTIFY_REMOTE_VMTP_CLIENT, request.client, request.transaction, 20 * MS))
        continue;
    other = request;
    other.forward = 1;
    vc_send(t, &other);
    vc_want_silence(t, "VMTP-13.5-03", "answer to a ForwardCount below the one held");
    uint32_t before = vc_executed(t, VMTP_TEST_NULL);
    other.forward = 3;
    vc_send(t, &other);
    vc_want_response(t, "VMTP-13.5-03", &other, VMTP_OK);
    vc_equal(t, "VMTP-13.5-03", "executions", before + 1u, vc_executed(t, VMTP_TEST_NULL));
}

static void duplicate_remote(struct vc_test *t) {
    struct vc_packet request = forwarded_to_node(t, VMTP_TEST_NULL);
    vc_send(t, &request);
    vc_want_response(t, "VMTP-13.5-13", &request, VMTP_OK);
    while (vc_await_notify(t, VMTP_NOTIFY_REMOTE_VMTP_CLIENT, request.client, request.transaction, 20 * MS))
        continue;
    request.retransmit = 1;
    vc_send(t, &request);
    vc_want_response(t, "VMTP-13.5-13", &request, VMTP_OK);
    vc_want_nvc(t, "VMTP-13.5-13", &request, VMTP_OK);
}

const struct vc_case vc_forward_cases[] = {
    VC_CASE("forward/passes-on", "VMTP-13.5-01 VMTP-13.5-06 VMTP-13.5-10 TEST-4.13-01", FORWARDS " near",
            "FORWARD to an entity of the tester",
            "the Request with its Client and Transaction, ForwardCount 1 and APG, once", passes_on),
    VC_CASE("forward/goes-on", "VMTP-13.5-06", FORWARDS, "FORWARD, and no acknowledgment",
            "the Request again and again", goes_on),
    VC_CASE("forward/duplicate", "VMTP-13.5-01 VMTP-13.5-07 VMTP-13.5-12", FORWARDS,
            "the Client asks again after the acknowledgment", "NVC(OK), and the forwarded Request once more", duplicate),
    VC_CASE("forward/next-refuses", "VMTP-13.5-01 VMTP-13.5-11", FORWARDS,
            "NotifyRemoteVmtpClient(NO_PERMISSION) to the forwarder", "NVC(NO_PERMISSION) to the Client", next_refuses),
    VC_CASE("forward/next-silent", "VMTP-13.5-11", FORWARDS, "FORWARD, and no answer at all",
            "NVC(RETRANS_TIMEOUT) to the Client", next_is_silent),
    VC_CASE("forward/strangers", "VMTP-13.5-19", FORWARDS,
            "NotifyRemoteVmtpClient with another ForwardCount or Transaction", "no effect", strangers),
    VC_CASE("forward/who", "VMTP-13.5-09", FORWARDS " full-manager", "GetRequestForwarder for the Client",
            "the service", who_forwarded),
    VC_CASE("forward/bad-orders", "TEST-4.13-02", FORWARDS,
            "FORWARD to nothing, to itself, of a datagram, of a group call", "TEST_BAD_ARGUMENT", bad_orders),
    VC_CASE("forward/nested", "VMTP-13.5-02", FORWARDS, "FORWARD of a Request with ForwardCount 15",
            "a call of the server's own", nested),
    VC_CASE("forward/takes", "VMTP-3.2-03 VMTP-4.6-04 VMTP-8.2-04 VMTP-13.5-03 VMTP-13.5-04 VMTP-13.5-14",
            RECORDS " forwarding", "idempotent NULL with ForwardCount 1 from another node than its Client's",
            "a Probe for the Client, and a Response there without DGM", takes),
    VC_CASE("forward/told-remotely", "VMTP-10.9-03 VMTP-13.5-05", RECORDS " forwarding",
            "a Request with ForwardCount 1 to nobody", "NotifyRemoteVmtpClient to the source of the frame", told_remotely),
    VC_CASE("forward/counts", "VMTP-13.5-03", RECORDS " forwarding", "the same Request with ForwardCount 2, 1 and 3",
            "a Response, silence, and executed anew", counts),
    VC_CASE("forward/duplicate-remote", "VMTP-13.5-13", RECORDS " forwarding", "a forwarded Request twice",
            "the Response again, and NotifyRemoteVmtpClient(OK)", duplicate_remote),
    VC_LAST,
};
