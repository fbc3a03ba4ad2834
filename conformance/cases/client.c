/* SPDX-License-Identifier: BSD-2-Clause */
/* Clients: section 7, and what sections 4.6, 6, 9 and 13 say of them.  The node is made to call by CALL of the test service. */
#include <string.h>

#include "../case.h"

#define CLIENT "test-service client"
#define LARGE "test-service client segments"
#define MS VC_MILLISECOND
#define CODE (VMTP_PIC | 0x777u)

static uint8_t pattern[VC_SEGMENT_MAX];

/* vc_calling and vc_again, each judged in one place for all of a case. */
static struct vc_packet *begin(struct vc_test *t, const char *id, struct vc_call *call, struct vc_packet *order) {
    return vc_calling(t, id, call, order);
}

static void answer(struct vc_test *t, const struct vc_packet *request, uint32_t code) {
    struct vc_packet response = vc_response(request, code);
    vc_send(t, &response);
}

/* Ends the call in order, so that the node's client is free for the next case. */
static void finish(struct vc_test *t, const char *id, const struct vc_packet *order, const struct vc_packet *request) {
    answer(t, request, VMTP_OK);
    vc_equal(t, id, "result of the call", VMTP_OK, vc_called(t, id, order, VC_PATIENCE).result);
}

/* Octets of a Request that is to be asked for again in part: several packets, where the node sends such. */
static uint32_t some_octets(struct vc_test *t) { return vc_claims(t, "segments") ? 2500 : 1400; }

static struct vc_packet *next_request(struct vc_test *t, const char *id, const struct vc_packet *request) {
    return vc_again(t, id, request);
}

/* ---- ordinary calls --------------------------------------------------------------------------------------------------- */

static void plain(struct vc_test *t) {
    struct vc_call call = {.words = {1, 2, 3, 4, 5, 6, 7}, .control = 9u << 4};
    vc_other_node(t, 1); /* from which nothing was lost so far, so no gap is needed */
    struct vc_packet order, *request = begin(t, "TEST-4.6-01", &call, &order);
    vc_equal(t, "TEST-4.6-01", "Code", CODE, request->code);
    for (unsigned i = 0; i < 7; i++)
        vc_equal(t, "VMTP-3.1-09", "a word", i + 1, request->words[i]);
    vc_equal(t, "VMTP-7.2-04", "APG", 0, request->control & VMTP_APG);
    vc_equal(t, "VMTP-7.2-04 VMTP-3.2-01", "RetransmitCount", 0, request->retransmit);
    vc_equal(t, "VMTP-12-02", "gap", 0, request->gap);
    vc_equal(t, "VMTP-3.2-05", "control flags and ForwardCount", 0, (request->control & ~VMTP_NRS) | request->forward);
    vc_equal(t, "TEST-4.6-01", "Priority", 9, request->priority);
    vc_check(t, "VMTP-2.1-03", memcmp(request->dst, vc_tester_mac(t), 6) == 0, "the server's address", "another");
    struct vc_packet response = vc_response(request, 0x00800123);
    response.words[4] = 0xabcdef;
    vc_send(t, &response);
    struct vc_outcome outcome = vc_called(t, "VMTP-7.4-01", &order, VC_PATIENCE);
    vc_equal(t, "VMTP-7.4-01", "result", 0, outcome.result);
    vc_equal(t, "VMTP-7.4-01", "ResponseCode", 0x00800123, outcome.code);
    vc_equal(t, "VMTP-7.4-01 VMTP-3.1-09", "word 4", 0xabcdef, outcome.words[4]);
    vc_equal(t, "VMTP-7.4-01", "Server", request->server, outcome.server);
}

static void next_transaction(struct vc_test *t) {
    struct vc_call call = {0}, second;
    struct vc_packet order, *request = begin(t, "VMTP-7.2-01", &call, &order);
    finish(t, "VMTP-7.4-01", &order, request);
    second = call;
    struct vc_packet *next = begin(t, "VMTP-7.2-01", &second, &order);
    vc_equal(t, "VMTP-7.2-01", "Transaction", request->transaction + 1, next->transaction);
    vc_equal(t, "TEST-4.6-02", "Client", request->client, next->client);
    finish(t, "VMTP-7.4-01", &order, next);
}

static void known_address(struct vc_test *t) {
    struct vc_call call = {0}, second;
    struct vc_packet order, *request = begin(t, "VMTP-4.6-02", &call, &order);
    finish(t, "VMTP-4.6-02", &order, request);
    while (vc_await_code(t, VMTP_PROBE_ENTITY, call.server, 0))
        continue;
    second = call;
    request = begin(t, "VMTP-4.6-02", &second, &order);
    struct vc_packet *probe = vc_await_code(t, VMTP_PROBE_ENTITY, call.server, 0);
    vc_check(t, "VMTP-4.6-02", probe == NULL, "no second Probe", "%s", probe ? "one" : "none");
    finish(t, "VMTP-4.6-02", &order, request);
}

/* A Request of nothing but zeros behind the Server: one half of its checksum is zero. */
static void zero_half(struct vc_test *t) {
    struct vc_call call = {.response_room = 100, .options = 1}; /* Code 0 */
    struct vc_packet order = vc_have_called(t, &call);
    struct vc_packet *request = vc_want_request(t, "VMTP-3.4-02", call.server, VC_PATIENCE);
    vc_equal(t, "VMTP-3.4-02", "the second half", 0xffff, request->checksum & 0xffff);
    finish(t, "VMTP-3.4-02", &order, request);
}

static void probe_first(struct vc_test *t) {
    struct vc_call call = {.code = CODE, .response_room = 100};
    vc_answer_probes(t, 0);
    struct vc_packet order = vc_have_called(t, &call);
    struct vc_packet *probe = vc_await_code(t, VMTP_PROBE_ENTITY, call.server, VC_PATIENCE);
    vc_check(t, "VMTP-4.6-01", probe != NULL, "ProbeEntity for the server", "%s", probe ? "it came" : "nothing");
    if (!probe)
        vc_give_up(t, "there is no Probe");
    vc_check(t, "VMTP-4.6-01", probe->flags & VMTP_MPG && probe->server == VMTP_MANAGER_GROUP,
             "multicast to the managers", "otherwise");
    vc_equal(t, "VMTP-4.6-01 VMTP-10.2-03", "entityId", call.server, vc_pair(probe->words + 2));
    vc_equal(t, "VMTP-10.2-02", "Code", VMTP_PROBE_ENTITY, probe->code & ~VMTP_MRD);
    vc_check(t, "VMTP-4.6-01", vc_await_request(t, call.server, 10 * MS) == NULL, "no Request yet", "a Request");
    struct vc_packet found = vc_response(probe, VMTP_OK | VMTP_DGM);
    memcpy(found.src, vc_tester_mac(t), 6);
    found.server = call.server ^ 1;
    vc_send(t, &found);
    struct vc_packet *request = vc_want_request(t, "VMTP-4.6-01", call.server, VC_PATIENCE);
    finish(t, "VMTP-4.6-01", &order, request);
}

static void nobody_found(struct vc_test *t) {
    struct vc_call call = {.code = CODE, .response_room = 100, .options = 1};
    vc_answer_probes(t, 0);
    struct vc_packet order = vc_have_called(t, &call);
    vc_ends(t, "VMTP-4.6-07", &order, VMTP_RETRANS_TIMEOUT, VC_PATIENCE);
    vc_equal(t, "VMTP-4.6-07 VMTP-7.6-02", "Probes", 6, vc_probes(t, call.server));
}

/* ---- nobody answers ----------------------------------------------------------------------------------------------------- */

static void silence(struct vc_test *t) {
    struct vc_call call = {0};
    struct vc_packet order, *request = begin(t, "VMTP-7.6-01", &call, &order), *again;
    vc_time last = request->time;
    for (unsigned i = 1; i <= 5; i++) {
        again = next_request(t, "VMTP-7.6-01 VMTP-7.6-02", request);
        vc_check(t, "VMTP-7.6-01", again->control & VMTP_APG, "APG", "none");
        vc_equal(t, "VMTP-7.6-01 VMTP-3.2-01", "RetransmitCount", i, again->retransmit);
        vc_equal(t, "VMTP-7.6-01", "Transaction", request->transaction, again->transaction);
        if (i == 1)
            vc_lasts(t, "VMTP-9.1-02 VMTP-9.1-04", "TC1", VC_TC1, 1, again->time - last);
        else
            vc_lasts(t, "VMTP-9.1-03", "time since the one before", VC_TC2, 1u << (i - 2), again->time - last);
        last = again->time;
    }
    vc_ends(t, "VMTP-7.6-02", &order, VMTP_RETRANS_TIMEOUT, VC_PATIENCE);
    unsigned sent = vc_tally(t, request->client, request->transaction, VMTP_REQUEST);
    vc_equal(t, "VMTP-7.6-02", "transmissions", 6, sent);
    struct vc_call second = {.server = call.server};
    while (vc_await_code(t, VMTP_PROBE_ENTITY, call.server, 0))
        continue;
    request = begin(t, "VMTP-4.6-05", &second, &order);
    struct vc_packet *probe = vc_await_code(t, VMTP_PROBE_ENTITY, call.server, 0);
    vc_check(t, "VMTP-4.6-05", probe != NULL, "a new Probe after RETRANS_TIMEOUT", "%s", probe ? "it came" : "none");
    finish(t, "VMTP-4.6-05", &order, request);
}

static void acknowledged(struct vc_test *t) {
    struct vc_call call = {0};
    struct vc_packet order, *request = begin(t, "VMTP-9.2-01", &call, &order);
    vc_time last = request->time;
    vc_tell_client(t, request, VMTP_OK, 0);
    for (unsigned i = 0; i < 8; i++) {
        request = next_request(t, "VMTP-9.2-01", request);
        vc_lasts(t, "VMTP-7.5-03 VMTP-9.1-04", "TC1 after NVC(OK)", VC_TC1, 1, request->time - last);
        vc_tell_client(t, request, VMTP_OK, 0);
        last = request->time;
    }
    finish(t, "VMTP-9.2-01", &order, request);
}

static void deadline(struct vc_test *t) {
    struct vc_call call = {.deadline_ms = 500};
    struct vc_packet order, *request = begin(t, "VMTP-7.6-05", &call, &order);
    vc_time start = request->time;
    while (request) {
        vc_tell_client(t, request, VMTP_OK, 0);
        request = vc_await_request(t, call.server, 300 * MS);
    }
    vc_ends(t, "VMTP-7.6-05", &order, VMTP_USER_TIMEOUT, VC_PATIENCE);
    vc_check(t, "VMTP-7.6-05", vc_now(t) - start >= 450 * MS, "at its deadline", "earlier");
}

static void datagram(struct vc_test *t) {
    struct vc_call call = {.code = CODE | VMTP_DGM};
    struct vc_packet order, *request = begin(t, "VMTP-13.4-01", &call, &order);
    vc_ends(t, "VMTP-13.4-01", &order, VMTP_OK, VC_PATIENCE);
    vc_want_quiet(t, "VMTP-13.4-01", request, 500 * MS);
}

/* ---- NotifyVmtpClient ----------------------------------------------------------------------------------------------------- */

static void errors(struct vc_test *t) {
    static const uint32_t codes[] = {VMTP_ERROR,
                                     VMTP_NO_PERMISSION,
                                     VMTP_TOO_MANY_RETRIES,
                                     VMTP_NONEXISTENT_ENTITY,
                                     VMTP_RESPONSE_DISCARDED,
                                     VMTP_STREAMING_NOT_SUPPORTED,
                                     0x123};
    for (unsigned i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        struct vc_call call = {0};
        const char *ids = codes[i] == 0x123 ? "VMTP-10.11-06" : "VMTP-7.5-07";
        struct vc_packet order, *request = begin(t, ids, &call, &order);
        vc_tell_client(t, request, codes[i], 0);
        vc_ends(t, ids, &order, codes[i], VC_PATIENCE);
    }
}

/* What the receiver of a Notify does not look at. */
static void notify_meaningless(struct vc_test *t) {
    struct vc_call call = {0};
    struct vc_packet order, *request = begin(t, "VMTP-10.11-03", &call, &order), told;
    told = vc_nvc(t, request, VMTP_NO_PERMISSION, 0);
    told.client = vc_new_client(t);
    told.transaction = 0;
    told.words[2] |= VMTP_MDG | 0xe | 0xff00;
    vc_send(t, &told);
    vc_ends(t, "VMTP-10.11-03 VMTP-10.9-05", &order, VMTP_NO_PERMISSION, VC_PATIENCE);
}

/* From whom it is means nothing, but there must be somebody who can have sent it. */
static void notify_of_nobody(struct vc_test *t) {
    static const uint64_t nobody[] = {0, VMTP_MANAGER_GROUP, VMTP_DEFAULT_BE_CLIENT};
    struct vc_call call = {0};
    struct vc_packet order, *request = begin(t, "VMTP-10.11-03", &call, &order), told;
    for (unsigned i = 0; i < sizeof nobody / sizeof nobody[0]; i++) {
        told = vc_nvc(t, request, VMTP_NO_PERMISSION, 0);
        told.client = nobody[i];
        vc_send(t, &told);
    }
    vc_settle(t);
    finish(t, "VMTP-10.11-03", &order, request);
}

static void strangers(struct vc_test *t) {
    struct vc_call call = {0};
    struct vc_packet order, *request = begin(t, "VMTP-7.5-01", &call, &order), other = *request;
    other.transaction--;
    vc_tell_client(t, &other, VMTP_NO_PERMISSION, 0);
    other = *request;
    other.client = vc_service(t);
    vc_tell_client(t, &other, VMTP_NO_PERMISSION, 0);
    vc_settle(t);
    finish(t, "VMTP-7.5-01", &order, request);
}

/* A node whose TC2 is longer may wait longer; one whose TC2 begins shorter may double it as far as others do. */
static void busy(struct vc_test *t) {
    vc_time most = vc_most(VC_TC2, 16), usual = 320 * MS + vc_timers[VC_SLACK].most;
    struct vc_call call = {0};
    struct vc_packet order, *request = begin(t, "VMTP-7.5-06", &call, &order), *again;
    for (unsigned i = 1; i <= 7; i++) {
        vc_tell_client(t, request, VMTP_BUSY, 0);
        vc_time told = vc_now(t);
        again = next_request(t, "VMTP-7.5-06", request);
        vc_between(t, "VMTP-7.5-06", "wait after BUSY", 10 * MS, most > usual ? most : usual, again->time - told);
        vc_check(t, "VMTP-7.5-10", again->control & VMTP_APG, "APG", "none");
        vc_equal(t, "VMTP-7.5-10", "RetransmitCount", i & 7, again->retransmit);
        request = again;
    }
    finish(t, "VMTP-7.5-06", &order, request);
}

static void migrated(struct vc_test *t) {
    struct vc_call call = {0};
    struct vc_packet order, *request = begin(t, "VMTP-13.11-02", &call, &order), *again;
    while (vc_await_code(t, VMTP_PROBE_ENTITY, call.server, 0))
        continue;
    vc_tell_client(t, request, VMTP_ENTITY_MIGRATED, 0);
    vc_other_node(t, 1);
    again = next_request(t, "VMTP-13.11-02", request);
    struct vc_packet *probe = vc_await_code(t, VMTP_PROBE_ENTITY, call.server, 0);
    vc_check(t, "VMTP-13.11-02", probe && probe->flags & VMTP_MPG, "a multicast Probe", "none");
    vc_check(t, "VMTP-13.11-02", memcmp(again->dst, vc_tester_mac(t), 6) == 0, "the Request to the new node",
             "elsewhere");
    finish(t, "VMTP-13.11-02", &order, again);
}

/* ---- Requests with segments ------------------------------------------------------------------------------------------------- */

/* All first packets of a Request. */
static uint32_t gather(struct vc_test *t, const char *id, struct vc_packet *request, uint32_t size) {
    uint32_t blocks = request->delivery, all = vc_all_blocks(size);
    while (blocks != all) {
        request = vc_want_request(t, id, request->server, VC_PATIENCE);
        if (request->delivery & blocks)
            break;
        blocks |= request->delivery;
    }
    return blocks;
}

static void segment(struct vc_test *t) {
    struct vc_call call = {.size = 5000};
    struct vc_packet order, *request = begin(t, "VMTP-6.1-03", &call, &order);
    vc_equal(t, "VMTP-3.1-08", "SegmentSize", 5000, vc_segment_size(request));
    vc_equal(t, "VMTP-6.1-03", "blocks", 0x3ff, gather(t, "VMTP-6.1-03", request, 5000));
    finish(t, "VMTP-6.1-03", &order, request);
}

static void timer_large(struct vc_test *t) {
    struct vc_call call = {.size = vc_several_packets(t, 5000)};
    const uint32_t has = 0x55555555 & vc_all_blocks(call.size), lacks = vc_all_blocks(call.size) & ~has;
    struct vc_packet order, *request = begin(t, "VMTP-6.3-02", &call, &order), *again;
    gather(t, "VMTP-6.3-02", request, call.size);
    again = next_request(t, "VMTP-6.3-02", request);
    vc_equal(t, "VMTP-6.3-02 VMTP-6.3-03", "PacketDelivery", 0, again->delivery);
    vc_equal(t, "VMTP-6.3-03", "Length", 0, again->length);
    vc_equal(t, "VMTP-6.3-03", "SegmentSize", call.size, vc_segment_size(again));
    vc_check(t, "VMTP-6.3-03", again->control & VMTP_APG, "APG", "none");
    vc_tell_client(t, again, VMTP_RETRY, has);
    uint32_t blocks = 0;
    while (blocks != lacks) {
        request = next_request(t, "VMTP-7.5-04 VMTP-6.3-01", again);
        if (request->delivery == 0 || request->delivery & has)
            break;
        vc_equal(t, "VMTP-7.5-10", "APG", 0, request->control & VMTP_APG);
        blocks |= request->delivery;
    }
    vc_equal(t, "VMTP-6.3-01 VMTP-7.5-04", "blocks sent again", lacks, blocks);
    vc_equal(t, "VMTP-7.5-10", "RetransmitCount", 2, request->retransmit);
    finish(t, "VMTP-6.3-02", &order, request);
}

static void timer_single(struct vc_test *t) {
    struct vc_call call = {.size = 900};
    struct vc_packet order, *request = begin(t, "VMTP-6.3-04", &call, &order), *again;
    again = next_request(t, "VMTP-6.3-04", request);
    vc_equal(t, "VMTP-6.3-04", "PacketDelivery", 3, again->delivery);
    vc_check(t, "VMTP-6.3-04", again->control & VMTP_APG, "APG", "none");
    finish(t, "VMTP-6.3-04", &order, again);
}

static void retry_all(struct vc_test *t) {
    struct vc_call call = {.size = some_octets(t)};
    uint32_t all = vc_all_blocks(call.size);
    struct vc_packet order, *request = begin(t, "VMTP-7.5-05", &call, &order), *again;
    gather(t, "VMTP-7.5-05", request, call.size);
    vc_tell_client(t, request, VMTP_OK, all); /* acknowledged, and asked for again all the same */
    vc_tell_client(t, request, VMTP_RETRY_ALL, 0);
    again = next_request(t, "VMTP-7.5-05", request);
    vc_equal(t, "VMTP-7.5-05 VMTP-6.3-06", "blocks sent again", all,
             gather(t, "VMTP-7.5-05 VMTP-6.3-06", again, call.size));
    finish(t, "VMTP-7.5-05", &order, again);
}

static void retry_nothing(struct vc_test *t) {
    struct vc_call call = {.size = some_octets(t)};
    struct vc_packet order, *request = begin(t, "VMTP-7.5-08", &call, &order), *again;
    gather(t, "VMTP-7.5-08", request, call.size);
    vc_time told = vc_now(t);
    vc_tell_client(t, request, VMTP_RETRY, vc_all_blocks(call.size));
    again = next_request(t, "VMTP-7.5-08", request);
    vc_check(t, "VMTP-7.5-08", again->time - told >= vc_least(VC_TC1, 1), "nothing before TC1", "%.1f ms",
             (double)(again->time - told) / 1e6);
    finish(t, "VMTP-7.5-08", &order, again);
}

static void retry_five(struct vc_test *t) {
    struct vc_call call = {.size = 1400};
    struct vc_packet order, *request = begin(t, "VMTP-7.5-09", &call, &order);
    gather(t, "VMTP-7.5-09", request, 1400);
    for (unsigned i = 0; i < 5; i++) {
        vc_tell_client(t, request, VMTP_RETRY, 3);
        request = next_request(t, "VMTP-7.5-04 VMTP-7.5-09", request);
        vc_equal(t, "VMTP-6.3-01 VMTP-7.5-04 VMTP-7.5-09", "blocks sent again", 4, request->delivery);
        vc_equal(t, "VMTP-7.5-10", "APG behind RETRY", 0, request->control & VMTP_APG);
        vc_equal(t, "VMTP-7.5-10", "RetransmitCount", i + 1, request->retransmit);
    }
    vc_tell_client(t, request, VMTP_RETRY, 3);
    vc_ends(t, "VMTP-7.5-09", &order, VMTP_RETRANS_TIMEOUT, VC_PATIENCE);
}

/* ---- Responses ------------------------------------------------------------------------------------------------------------- */

static struct vc_packet large(const struct vc_packet *request, uint32_t size, uint32_t code) {
    vc_pattern(pattern, size, size);
    struct vc_packet response = vc_response(request, code | VMTP_SDA);
    return response;
}

static void took(struct vc_test *t, const char *id, const struct vc_packet *order, uint32_t size) {
    struct vc_outcome outcome = vc_called(t, id, order, VC_PATIENCE);
    vc_equal(t, id, "result", VMTP_OK, outcome.result);
    vc_equal(t, id, "octets", size, outcome.octets);
    vc_equal(t, id, "their CRC-32", vc_crc(pattern, size), outcome.crc);
}

static void response_in_order(struct vc_test *t) {
    static const uint32_t sizes[] = {1, 1432, 1433, 5000, 16384};
    for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct vc_call call = {0};
        struct vc_packet order, *request = begin(t, "VMTP-7.4-01", &call, &order),
                                response = large(request, sizes[i], VMTP_OK);
        vc_send_blocks(t, &response, pattern, sizes[i], vc_all_blocks(sizes[i]), 0);
        took(t, "VMTP-7.4-01", &order, sizes[i]);
    }
}

static void response_any_order(struct vc_test *t) {
    struct vc_call call = {0};
    struct vc_packet order, *request = begin(t, "VMTP-6.1-07", &call, &order), response = large(request, 2500, VMTP_OK),
                            part;
    static const uint32_t parts[] = {0x10, 0x05, 0x02, 0x05, 0x08};
    for (unsigned i = 0; i < 5; i++) {
        part = response;
        vc_carry(&part, pattern, 2500, parts[i]);
        vc_send(t, &part);
    }
    took(t, "VMTP-6.1-07 VMTP-6.2-02", &order, 2500);
}

static void response_acknowledged(struct vc_test *t) {
    struct vc_call call = {0};
    struct vc_packet order, *request = begin(t, "VMTP-7.4-06", &call, &order), response = large(request, 2500, VMTP_OK),
                            *ok;
    vc_send_blocks(t, &response, pattern, 2500, 0x1f, VMTP_APG);
    ok = vc_want_nvs(t, "VMTP-7.4-06 VMTP-6.4-01", &response, VMTP_OK);
    vc_equal(t, "VMTP-7.4-06", "delivery", 0x1f, ok->words[5]);
    vc_equal(t, "VMTP-10.10-01", "Code", VMTP_NOTIFY_VMTP_SERVER, ok->code);
    vc_equal(t, "VMTP-10.10-02", "server", response.server, vc_pair(ok->words));
    took(t, "VMTP-7.4-06", &order, 2500);
    vc_send_blocks(t, &response, pattern, 2500, 0x1f, VMTP_APG); /* the acknowledgment was lost, so to speak */
    vc_want_nvs(t, "VMTP-7.4-04", &response, VMTP_RESPONSE_DISCARDED);
}

static void response_incomplete(struct vc_test *t) {
    struct vc_call call = {0};
    struct vc_packet order, *request = begin(t, "VMTP-7.6-03", &call, &order), response = large(request, 2500, VMTP_OK),
                            *asks;
    vc_send_blocks(t, &response, pattern, 2500, 0x03, 0);
    vc_pass(t, vc_least(VC_TC3, 1) * 3 / 5); /* of what comes so slowly nothing is known to be lost before TC3 */
    vc_send_blocks(t, &response, pattern, 2500, 0x04, 0);
    vc_time sent = vc_now(t);
    asks = vc_want_nvs(t, "VMTP-7.6-03", &response, VMTP_RETRY);
    vc_equal(t, "VMTP-7.6-03", "delivery", 0x07, asks->words[5]);
    vc_lasts(t, "VMTP-7.4-07 VMTP-9.1-05", "TC3", VC_TC3, 1, asks->time - sent);
    vc_send_blocks(t, &response, pattern, 2500, 0x18, 0);
    took(t, "VMTP-7.6-03", &order, 2500);
}

/* Packets with the blocks first and then are sent, and NVS(RETRY) comes long before TC3 would run out. */
static void response_lost(struct vc_test *t, const char *id, uint32_t first, uint32_t then, vc_time least) {
    struct vc_call call = {0};
    struct vc_packet order, *request = begin(t, id, &call, &order), response = large(request, 2500, VMTP_OK), *asks;
    vc_send_blocks(t, &response, pattern, 2500, first, 0);
    vc_time sent = vc_now(t);
    vc_send_blocks(t, &response, pattern, 2500, then, 0);
    asks = vc_want_nvs(t, id, &response, VMTP_RETRY);
    vc_equal(t, id, "delivery", first | then, asks->words[5]);
    vc_soon(t, id, "time until RETRY", least, 15 * MS, asks->time - sent);
    vc_send_blocks(t, &response, pattern, 2500, 0x1f & ~(first | then), 0);
    took(t, id, &order, 2500);
}

static void response_lost_between(struct vc_test *t) { response_lost(t, "VMTP-6.3-07", 0x03, 0x10, 0); }
static void response_lost_behind(struct vc_test *t) { response_lost(t, "VMTP-6.3-08", 0x03, 0x0c, 3 * MS); }

static void response_given_up(struct vc_test *t) {
    struct vc_call call = {0};
    struct vc_packet order, *request = begin(t, "VMTP-7.6-04", &call, &order), response = large(request, 2500, VMTP_OK);
    vc_send_blocks(t, &response, pattern, 2500, 0x0b, 0);
    for (unsigned i = 0; i < 5; i++)
        vc_want_nvs(t, "VMTP-7.6-04", &response, VMTP_RETRY);
    struct vc_outcome outcome = vc_called(t, "VMTP-7.4-09", &order, VC_PATIENCE);
    vc_check(t, "VMTP-7.6-04 VMTP-7.4-09", outcome.result == VMTP_BAD_REPLY_SEGMENT, "BAD_REPLY_SEGMENT", "%s",
             vc_response_name(outcome.result));
    vc_equal(t, "VMTP-7.4-09", "octets from the start without a gap", 1024, outcome.octets);
}

static void response_bare(struct vc_test *t) {
    struct vc_call call = {0};
    struct vc_packet order, *request = begin(t, "VMTP-6.3-05", &call, &order), response = large(request, 2500, VMTP_OK),
                            *asks;
    response.words[6] = 2500;
    response.control = VMTP_APG;
    for (unsigned i = 0; i < 6; i++) { /* more than by timer, and the call goes on */
        vc_time sent = vc_now(t);
        vc_send(t, &response);
        asks = vc_want_nvs(t, "VMTP-6.3-05 VMTP-7.6-04", &response, VMTP_RETRY);
        vc_equal(t, "VMTP-6.3-05", "delivery", 0, asks->words[5]);
        vc_soon(t, "VMTP-6.3-05", "time until RETRY", 0, 15 * MS, asks->time - sent);
    }
    response.control = 0;
    vc_send_blocks(t, &response, pattern, 2500, 0x1f, 0);
    took(t, "VMTP-6.3-05", &order, 2500);
}

static void response_too_large(struct vc_test *t) {
    struct vc_call call = {.response_room = 600};
    struct vc_packet order, *request = begin(t, "VMTP-7.4-08", &call, &order), response = large(request, 1000, VMTP_OK);
    vc_send_blocks(t, &response, pattern, 1000, 3, VMTP_APG);
    vc_want_nvs(t, "VMTP-7.4-08", &response, VMTP_OK);
    struct vc_outcome outcome = vc_called(t, "VMTP-7.4-08", &order, VC_PATIENCE);
    vc_check(t, "VMTP-7.4-08", outcome.result == VMTP_BAD_REPLY_SEGMENT, "BAD_REPLY_SEGMENT", "%s",
             vc_response_name(outcome.result));
    vc_equal(t, "VMTP-7.4-08", "octets that fit", 600, outcome.octets);
}

static void response_idempotent(struct vc_test *t) {
    struct vc_call call = {0};
    struct vc_packet order, *request = begin(t, "VMTP-7.4-10", &call, &order),
                            response = large(request, 2500, VMTP_OK | VMTP_DGM), *again;
    uint8_t other[2500];
    memset(other, 0x55, sizeof other);
    vc_time sent = vc_now(t);
    vc_send_blocks(t, &response, other, 2500, 0x0b, 0);
    again = next_request(t, "VMTP-7.4-10", request);
    vc_soon(t, "VMTP-6.3-09", "time until the Request", 0, 15 * MS, again->time - sent);
    vc_equal(t, "VMTP-7.4-10", "RetransmitCount", 1, again->retransmit);
    vc_check(t, "VMTP-7.4-10", again->control & VMTP_APG, "APG", "none");
    struct vc_packet *asks = vc_await_notify(t, VMTP_NOTIFY_VMTP_SERVER, request->client, request->transaction, 0);
    vc_check(t, "VMTP-7.4-10", asks == NULL, "no RETRY", "%s", asks ? "one" : "none");
    struct vc_packet late = response;
    response.retransmit = 1;
    vc_send_blocks(t, &response, pattern, 2500, 0x03, 0);
    vc_send_blocks(t, &late, other, 2500, 0x14, 0); /* of the execution before: not taken */
    vc_send_blocks(t, &response, pattern, 2500, 0x1c, 0);
    took(t, "VMTP-7.4-11", &order, 2500);
}

static void response_nrt(struct vc_test *t) {
    struct vc_call call = {0};
    struct vc_packet order, *request = begin(t, "VMTP-13.7-06", &call, &order), response = large(request, 2500, VMTP_OK);
    response.control = VMTP_NRT;
    vc_send_blocks(t, &response, pattern, 2500, 0x0b, 0);
    struct vc_outcome outcome = vc_called(t, "VMTP-13.7-06", &order, VC_PATIENCE);
    vc_check(t, "VMTP-13.7-06", outcome.result == VMTP_BAD_REPLY_SEGMENT, "BAD_REPLY_SEGMENT", "%s",
             vc_response_name(outcome.result));
    vc_equal(t, "VMTP-13.7-06", "octets from the start without a gap", 1024, outcome.octets);
    struct vc_packet *asks = vc_await_notify(t, VMTP_NOTIFY_VMTP_SERVER, request->client, request->transaction, 0);
    vc_check(t, "VMTP-13.7-01 VMTP-6.3-09", asks == NULL, "no RETRY about a Response with NRT", "%s",
             asks ? "one" : "none");
}

static void wrong_server(struct vc_test *t) {
    struct vc_call call = {0};
    struct vc_packet order, *request = begin(t, "VMTP-7.4-02", &call, &order), wrong = vc_response(request, VMTP_OK);
    wrong.server = vc_new_client(t);
    vc_send(t, &wrong);
    vc_settle(t);
    struct vc_packet *told = vc_await_notify(t, VMTP_NOTIFY_VMTP_SERVER, wrong.client, wrong.transaction, 0);
    vc_check(t, "VMTP-7.4-02", told == NULL, "silence about a Response without APG", "%s", told ? "NVS" : "silence");
    wrong.control = VMTP_APG;
    vc_send(t, &wrong);
    vc_want_nvs(t, "VMTP-7.4-02", &wrong, VMTP_RESPONSE_DISCARDED);
    finish(t, "VMTP-7.4-02", &order, request);
}

/* The first NVS(RESPONSE_DISCARDED) about the transaction, and how many there were. */
static const struct vc_packet *discarded(struct vc_test *t, uint32_t transaction, unsigned *count) {
    const struct vc_packet *p, *first = NULL;
    *count = 0;
    for (unsigned i = 0; (p = vc_seen(t, i)) != NULL; i++)
        if (vc_notify(p) == (VMTP_NOTIFY_VMTP_SERVER & VMTP_CODE_MASK) && p->words[4] == transaction &&
            p->words[6] == VMTP_RESPONSE_DISCARDED) {
            first = first ? first : p;
            ++*count;
        }
    return first;
}

static void other_responses(struct vc_test *t) {
    struct vc_call call = {0};
    struct vc_packet order, *request = begin(t, "VMTP-7.4-13", &call, &order), response = large(request, 2500, VMTP_OK),
                            other = vc_response(request, VMTP_NO_PERMISSION);
    unsigned count;
    vc_send_blocks(t, &response, pattern, 2500, 0x03, 0);
    other.control = VMTP_APG;
    vc_send(t, &other);
    other.server = vc_new_client(t);
    other.forward = 1;
    vc_send(t, &other);
    vc_send(t, &other);
    vc_send_blocks(t, &response, pattern, 2500, 0x1c, 0);
    took(t, "VMTP-7.4-13", &order, 2500);
    const struct vc_packet *told = discarded(t, request->transaction, &count);
    vc_equal(t, "VMTP-7.4-13", "NVS(RESPONSE_DISCARDED)", 2, count);
    vc_equal(t, "VMTP-7.4-13", "server in it", other.server, told ? vc_pair(told->words) : 0);
}

static void forwarded_response(struct vc_test *t) {
    struct vc_call call = {0};
    struct vc_packet order, *request = begin(t, "VMTP-13.5-08", &call, &order), other = vc_response(request, VMTP_OK);
    other.server = vc_new_client(t);
    other.forward = 1;
    vc_send(t, &other);
    struct vc_outcome outcome = vc_called(t, "VMTP-13.5-08", &order, VC_PATIENCE);
    vc_equal(t, "VMTP-13.5-08", "result", VMTP_OK, outcome.result);
    vc_equal(t, "VMTP-13.5-08", "Server that answered", other.server, outcome.server);
}

static void stale(struct vc_test *t) {
    struct vc_call call = {0};
    struct vc_packet order, *request = begin(t, "VMTP-7.4-03", &call, &order), old = vc_response(request, VMTP_OK);
    old.transaction--;
    vc_send(t, &old);
    vc_settle(t);
    struct vc_packet *told = vc_await_notify(t, VMTP_NOTIFY_VMTP_SERVER, old.client, old.transaction, 0);
    vc_check(t, "VMTP-7.4-03", told == NULL, "silence", "%s", told ? "NVS" : "silence");
    old.control = VMTP_APG;
    vc_send(t, &old);
    vc_want_nvs(t, "VMTP-7.4-04", &old, VMTP_RESPONSE_DISCARDED);
    old.transaction = request->transaction + 1;
    old.control = 0;
    vc_send(t, &old);
    vc_want_nvs(t, "VMTP-7.4-05", &old, VMTP_BAD_TRANSACTION_ID);
    finish(t, "VMTP-7.4-03", &order, request);
    struct vc_packet again = vc_response(request, VMTP_OK);
    vc_send(t, &again);
    vc_settle(t);
    told = vc_await_notify(t, VMTP_NOTIFY_VMTP_SERVER, again.client, again.transaction, 0);
    vc_check(t, "VMTP-7.4-03", told == NULL, "silence about a Response to a call that is over", "%s",
             told ? "NVS" : "silence");
    again.control = VMTP_APG;
    vc_send(t, &again);
    vc_want_nvs(t, "VMTP-7.4-04", &again, VMTP_RESPONSE_DISCARDED);
}

/* While a Response arrives, only two things are listened to. */
static void arriving(struct vc_test *t) {
    struct vc_call call = {0};
    struct vc_packet order, *request = begin(t, "VMTP-7.5-02", &call, &order), response = large(request, 2500, VMTP_OK);
    vc_send_blocks(t, &response, pattern, 2500, 3, 0);
    vc_tell_client(t, request, VMTP_NO_PERMISSION, 0);
    vc_tell_client(t, request, VMTP_BUSY, 0);
    vc_send_blocks(t, &response, pattern, 2500, 0x1c, 0);
    took(t, "VMTP-7.5-02", &order, 2500);
}

static void arriving_discarded(struct vc_test *t) {
    struct vc_call call = {0};
    struct vc_packet order, *request = begin(t, "VMTP-7.5-02", &call, &order), response = large(request, 2500, VMTP_OK);
    vc_send_blocks(t, &response, pattern, 2500, 3, 0);
    vc_tell_client(t, request, VMTP_RESPONSE_DISCARDED, 0);
    vc_ends(t, "VMTP-7.5-02", &order, VMTP_RESPONSE_DISCARDED, VC_PATIENCE);
}

static void moved_away(struct vc_test *t) {
    struct vc_call call = {0};
    struct vc_packet order, *request = begin(t, "VMTP-4.6-06", &call, &order), *again;
    finish(t, "VMTP-4.6-06", &order, request);
    while (vc_await_code(t, VMTP_PROBE_ENTITY, call.server, 0))
        continue;
    struct vc_call second = {.server = call.server};
    request = begin(t, "VMTP-4.6-06", &second, &order);
    vc_tell_client(t, request, VMTP_NONEXISTENT_ENTITY, 0);
    vc_other_node(t, 1);
    again = next_request(t, "VMTP-4.6-06", request);
    vc_check(t, "VMTP-4.6-06", memcmp(again->dst, vc_tester_mac(t), 6) == 0,
             "the Request where a new Probe finds the entity", "elsewhere");
    finish(t, "VMTP-4.6-06", &order, again);
}

const struct vc_case vc_client_cases[] = {
    VC_CASE("client/plain",
            "TEST-4.6-01 VMTP-2.1-03 VMTP-3.1-09 VMTP-3.2-01 VMTP-3.2-05 VMTP-7.2-04 VMTP-7.4-01 VMTP-12-02", CLIENT,
            "CALL to an entity of the tester, and a Response to it",
            "a Request as ordered, then the call ends with the Response", plain),
    VC_CASE("client/next", "VMTP-7.2-01 VMTP-7.4-01 TEST-4.6-02", CLIENT, "CALL twice", "the next Transaction",
            next_transaction),
    VC_CASE("client/known-address", "VMTP-4.6-02", CLIENT, "CALL twice", "no second Probe", known_address),
    VC_CASE("client/zero-half", "VMTP-3.4-02", CLIENT, "CALL with Code and words 0", "a checksum that ends in FFFF",
            zero_half),
    VC_CASE("client/probe", "VMTP-4.6-01 VMTP-10.2-02 VMTP-10.2-03", CLIENT, "CALL to an entity that has not been heard",
            "multicast ProbeEntity, and no Request before it is answered", probe_first),
    VC_CASE("client/nobody", "VMTP-4.6-07 VMTP-7.6-02", CLIENT, "CALL to an entity that nobody has",
            "six Probes, then RETRANS_TIMEOUT", nobody_found),
    VC_TIMED("client/silence", "VMTP-3.2-01 VMTP-4.6-05 VMTP-7.6-01 VMTP-7.6-02 VMTP-9.1-02 VMTP-9.1-03 VMTP-9.1-04",
             CLIENT, "CALL, and no answer; another CALL",
             "six transmissions at 0, 220, 240, 280, 360, 520 ms, RETRANS_TIMEOUT, and then a new Probe", silence),
    VC_TIMED("client/acknowledged", "VMTP-7.5-03 VMTP-9.1-04 VMTP-9.2-01", CLIENT " near",
             "NVC(OK) to each transmission", "it goes on, every 220 ms", acknowledged),
    VC_CASE("client/deadline", "VMTP-7.6-05", CLIENT " near", "CALL with a deadline of 500 ms, acknowledged",
            "USER_TIMEOUT", deadline),
    VC_CASE("client/datagram", "VMTP-13.4-01", CLIENT, "CALL with DGM", "one transmission, and the call is over",
            datagram),
    VC_CASE("client/errors", "VMTP-7.5-07 VMTP-10.11-06", CLIENT, "NVC with seven codes", "the call ends with the code",
            errors),
    VC_CASE("client/notify-meaningless", "VMTP-10.9-05 VMTP-10.11-03", CLIENT,
            "NVC with odd Client, Transaction and ctrl", "it is obeyed", notify_meaningless),
    VC_CASE("client/notify-of-nobody", "VMTP-10.11-03", CLIENT, "NVC from Client 0, a group and a default client",
            "no effect", notify_of_nobody),
    VC_CASE("client/notify-strangers", "VMTP-7.5-01", CLIENT, "NVC about another Transaction or Client", "no effect",
            strangers),
    VC_TIMED("client/busy", "VMTP-7.5-06 VMTP-7.5-10", CLIENT, "NVC(BUSY) seven times",
             "all again after 10 to 320 ms, with APG", busy),
    VC_CASE("client/migrated", "VMTP-13.11-02", CLIENT, "NVC(ENTITY_MIGRATED), and the entity elsewhere",
            "multicast Probe, and the Request there", migrated),
    VC_CASE("client/moved-away", "VMTP-4.6-06", CLIENT,
            "NVC(NONEXISTENT_ENTITY) from a remembered address, and the entity elsewhere", "the Request there",
            moved_away),
    VC_CASE("client/segment", "VMTP-3.1-08 VMTP-6.1-03", LARGE, "CALL with 5000 octets", "all blocks once", segment),
    VC_CASE("client/timer-large", "VMTP-6.3-01 VMTP-6.3-02 VMTP-6.3-03 VMTP-7.5-04 VMTP-7.5-10", LARGE " near",
            "no answer to a Request of several packets; then NVC(RETRY)",
            "a packet without data with APG; then the missing blocks", timer_large),
    VC_CASE("client/timer-single", "VMTP-6.3-04", CLIENT, "no answer to a Request of one packet",
            "the packet whole, with APG", timer_single),
    VC_CASE("client/retry-all", "VMTP-6.3-06 VMTP-7.5-05", CLIENT, "NVC(OK) and NVC(RETRY_ALL)", "all blocks", retry_all),
    VC_CASE("client/retry-nothing", "VMTP-7.5-08", CLIENT, "NVC(RETRY) that lacks nothing", "nothing until TC1",
            retry_nothing),
    VC_CASE("client/retry-five", "VMTP-6.3-01 VMTP-7.5-04 VMTP-7.5-09 VMTP-7.5-10", CLIENT,
            "the same NVC(RETRY) six times", "the missing block five times, then RETRANS_TIMEOUT", retry_five),
    VC_CASE("client/response-sizes", "VMTP-7.4-01", CLIENT, "Responses of 1 to 16384 octets", "the octets",
            response_in_order),
    VC_CASE("client/response-any-order", "VMTP-6.1-07 VMTP-6.2-02", CLIENT,
            "a Response cut into odd pieces, some twice", "the octets", response_any_order),
    VC_CASE("client/response-apg", "VMTP-6.4-01 VMTP-7.4-04 VMTP-7.4-06 VMTP-10.10-01 VMTP-10.10-02", CLIENT,
            "a Response with APG, twice", "NVS(OK), then NVS(RESPONSE_DISCARDED)", response_acknowledged),
    VC_TIMED("client/response-incomplete", "VMTP-7.4-07 VMTP-7.6-03 VMTP-9.1-05", CLIENT,
             "two packets of three, 12 ms apart", "NVS(RETRY) after TC3", response_incomplete),
    VC_TIMED("client/response-lost-between", "VMTP-6.3-07", CLIENT, "the first packet of three and the last",
             "NVS(RETRY) at once", response_lost_between),
    VC_TIMED("client/response-lost-behind", "VMTP-6.3-08", CLIENT, "two packets of three", "NVS(RETRY) after 4 ms",
             response_lost_behind),
    VC_CASE("client/response-given-up", "VMTP-7.4-09 VMTP-7.6-04", CLIENT, "three blocks of five, and nothing more",
            "five NVS(RETRY), then BAD_REPLY_SEGMENT", response_given_up),
    VC_TIMED("client/response-bare", "VMTP-6.3-05 VMTP-7.6-04", CLIENT " near",
             "a Response packet without data, six times", "NVS(RETRY) at once, each time", response_bare),
    VC_CASE("client/response-too-large", "VMTP-7.4-08", CLIENT, "1000 octets where 600 fit",
            "NVS(OK), BAD_REPLY_SEGMENT and what fits", response_too_large),
    VC_TIMED("client/response-idempotent", "VMTP-7.4-10 VMTP-7.4-11 VMTP-6.3-09", CLIENT,
             "parts of two executions of an idempotent operation", "the Request again, and the octets of the second",
             response_idempotent),
    VC_CASE("client/response-nrt", "VMTP-13.7-01 VMTP-13.7-06 VMTP-6.3-09", CLIENT, "three blocks of five, with NRT",
            "no RETRY, BAD_REPLY_SEGMENT", response_nrt),
    VC_CASE("client/other-responses", "VMTP-7.4-13", CLIENT,
            "while a Response is arriving, another of the same server, and one of another twice, with APG",
            "NVS(RESPONSE_DISCARDED) about the latter only, and the first Response", other_responses),
    VC_CASE("client/wrong-server", "VMTP-7.4-02", CLIENT, "a Response of another entity, without and with APG",
            "silence, and NVS(RESPONSE_DISCARDED); the call goes on", wrong_server),
    VC_CASE("client/forwarded", "VMTP-13.5-08", CLIENT, "a Response of another entity with ForwardCount 1",
            "the call ends with it", forwarded_response),
    VC_CASE("client/stale", "VMTP-7.4-03 VMTP-7.4-04 VMTP-7.4-05", CLIENT,
            "Responses to older, finished and future Transactions",
            "silence, NVS(RESPONSE_DISCARDED) with APG, NVS(BAD_TRANSACTION_ID)", stale),
    VC_CASE("client/arriving", "VMTP-7.5-02", CLIENT, "NVC with errors while a Response arrives", "they are ignored",
            arriving),
    VC_CASE("client/arriving-discarded", "VMTP-7.5-02", CLIENT, "NVC(RESPONSE_DISCARDED) while a Response arrives",
            "the call ends with it", arriving_discarded),
    VC_LAST,
};
