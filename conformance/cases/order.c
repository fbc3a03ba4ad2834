/* SPDX-License-Identifier: BSD-2-Clause */
/* What goes before what, how long things are kept, and receive sequence numbers: sections 8.3 to 8.5, 13.9 and 13.10. */
#include <string.h>

#include "../case.h"

#define SEGMENTS "test-service records segments"
#define MS VC_MILLISECOND
#define SLOWEST 255 /* gap: so the packets of a Response wait */

static struct vc_packet source(struct vc_test *t, uint32_t size, uint8_t priority) {
    struct vc_packet request = vc_request(t, VMTP_TEST_SOURCE);
    request.words[0] = size;
    request.words[1] = 1;
    request.gap = SLOWEST;
    request.priority = priority;
    return request;
}

static int is_of(const struct vc_packet *p, const struct vc_packet *request) {
    return p->function == VMTP_RESPONSE && p->client == request->client && p->transaction == request->transaction;
}

/* Until all packets of both Responses are there. */
static void both(struct vc_test *t, const char *id, const struct vc_packet *one, const struct vc_packet *two) {
    static uint8_t segment[VC_SEGMENT_MAX];
    uint32_t blocks;
    vc_collect(t, id, one, segment, &blocks);
    vc_collect(t, id, two, segment, &blocks);
}

/* ---- what waits to be sent ------------------------------------------------------------------------------------------------- */

/* Where gaps are left, a packet group goes on to its end. */
static void take_turns(struct vc_test *t) {
    struct vc_packet one = source(t, VC_SEGMENT_MAX, 0), two = source(t, VC_SEGMENT_MAX, 0);
    unsigned turns = 0, last = 0;
    vc_send(t, &one);
    vc_send(t, &two);
    both(t, "VMTP-13.9-03", &one, &two);
    const struct vc_packet *p;
    for (unsigned i = 0; (p = vc_seen(t, i)) != NULL; i++) {
        unsigned which = is_of(p, &one) ? 1 : is_of(p, &two) ? 2 : 0;
        turns += which && which != last;
        last = which ? which : last;
    }
    vc_equal(t, "VMTP-13.9-03", "groups, one after the other", 2, turns);
}

static void by_rank(struct vc_test *t) {
    struct vc_packet one = source(t, VC_SEGMENT_MAX, 0), two = source(t, VC_SEGMENT_MAX, 12);
    unsigned between = 0, begun = 0, after = 0;
    vc_send(t, &one);
    vc_send(t, &two);
    both(t, "VMTP-13.9-03", &one, &two);
    const struct vc_packet *p;
    for (unsigned i = 0; (p = vc_seen(t, i)) != NULL; i++) {
        if (is_of(p, &two)) {
            begun++;
            between += after;
            after = 0;
        } else if (is_of(p, &one)) {
            after += begun > 0;
        }
    }
    vc_equal(t, "VMTP-13.9-03", "packets between those of a higher rank", 0, between);
}

static void management_first(struct vc_test *t) {
    static uint8_t segment[VC_SEGMENT_MAX];
    uint32_t blocks;
    struct vc_packet request = source(t, VC_SEGMENT_MAX, 12), probe = vc_manage(t, VMTP_PROBE_ENTITY, vc_service(t)),
                     *last;
    probe.words[2] = probe.words[0];
    probe.words[3] = probe.words[1];
    vc_send(t, &request);
    vc_send(t, &probe);
    struct vc_packet *answer = vc_want_response(t, "VMTP-13.9-04", &probe, VMTP_OK);
    last = vc_collect(t, "VMTP-13.9-04", &request, segment, &blocks);
    vc_check(t, "VMTP-13.9-04", answer->time < last->time, "the answer to the Probe first", "behind the whole Response");
}

static void not_twice(struct vc_test *t) {
    static uint8_t segment[VC_SEGMENT_MAX];
    uint32_t blocks;
    struct vc_packet request = source(t, VC_SEGMENT_MAX, 0), again = vc_duplicate(&request, VMTP_APG);
    vc_send(t, &request);
    vc_send(t, &again);
    vc_send(t, &again);
    vc_collect(t, "VMTP-8.3-05", &request, segment, &blocks);
    vc_settle(t);
    const struct vc_packet *p;
    unsigned sent = 0; /* how many blocks go into a packet the MTU says */
    for (unsigned i = 0; (p = vc_seen(t, i)) != NULL; i++) {
        uint32_t mask = is_of(p, &request) ? p->delivery : 0;
        for (sent += is_of(p, &request) && !mask; mask; mask &= mask - 1)
            sent++;
    }
    vc_equal(t, "VMTP-8.3-05", "blocks of the Response, and packets without data", 32, sent);
}

/* ---- what waits to be executed ------------------------------------------------------------------------------------------------ */

static void behind_itself(struct vc_test *t) {
    const uint32_t depth[7] = {8};
    uint64_t serial = vc_pair(vc_must(t, VMTP_TEST_SERIAL, depth)->words);
    struct vc_packet busy = vc_request_to(t, serial, VMTP_TEST_DELAY),
                     one = vc_request_to(t, serial, VMTP_TEST_SEQUENCE), two, *answer;
    busy.words[0] = 300000;
    vc_send(t, &busy);
    vc_settle(t);
    one.control = VMTP_NER;
    vc_send(t, &one);
    two = one;
    two.transaction++;
    two.control = VMTP_NSR;
    two.priority = 12;
    vc_send(t, &two);
    vc_want_response(t, "VMTP-13.9-05", &busy, VMTP_OK);
    answer = vc_want_response(t, "VMTP-13.9-05", &one, VMTP_OK);
    vc_equal(t, "VMTP-13.9-05", "order of the first", 1, answer->words[1]);
    answer = vc_want_response(t, "VMTP-13.9-05", &two, VMTP_OK);
    vc_equal(t, "VMTP-13.9-05", "order of the second, of a higher rank", 2, answer->words[1]);
}

/* ---- how long ---------------------------------------------------------------------------------------------------------------- */

static void want_again(struct vc_test *t, const char *id, struct vc_packet *request) {
    *request = vc_duplicate(request, VMTP_APG);
    vc_send(t, request);
    vc_want_response(t, id, request, VMTP_OK);
}

static struct vc_packet *begin(struct vc_test *t, struct vc_packet *request, uint32_t code) {
    static uint8_t segment[VC_SEGMENT_MAX];
    uint32_t blocks;
    *request = vc_request(t, code);
    request->words[0] = 3000;
    vc_send(t, request);
    return vc_collect(t, "VMTP-8.4-05", request, segment, &blocks);
}

static void kept(struct vc_test *t) {
    struct vc_packet null = vc_request(t, VMTP_TEST_NULL), silent = vc_request(t, VMTP_TEST_DISCARD), held, left, read,
                     once, *part;
    uint32_t before = vc_executed(t, VMTP_TEST_NULL), discards = vc_executed(t, VMTP_TEST_DISCARD);
    vc_time start = vc_now(t), step = 11 * vc_most(VC_TS4, 1) / 20;
    vc_send(t, &null);
    vc_want_response(t, "VMTP-8.3-12", &null, VMTP_OK);
    vc_send(t, &silent);
    struct vc_packet of_held = *begin(t, &held, VMTP_TEST_SOURCE), of_left = *begin(t, &left, VMTP_TEST_SOURCE),
                     of_read = *begin(t, &read, VMTP_TEST_SOURCE), of_once = *begin(t, &once, VMTP_TEST_SOURCE | 0x80);
    vc_tell_server(t, &of_read, VMTP_OK, 0x3f);
    vc_tell_server(t, &of_read, VMTP_RETRY, 0x1f);
    vc_want_nvc(t, "VMTP-8.4-05", &read, VMTP_RESPONSE_DISCARDED);
    vc_tell_server(t, &of_once, VMTP_RETRY, 0x1f);
    vc_want_silence(t, "VMTP-8.4-05", "blocks of an idempotent Response");
    for (unsigned i = 1; i <= 3; i++) {
        vc_until(t, start + step * i);
        want_again(t, "VMTP-8.3-12", &null);
        silent = vc_duplicate(&silent, VMTP_APG);
        vc_send(t, &silent);
        vc_want_nvc(t, "VMTP-8.3-12", &silent, VMTP_RESPONSE_DISCARDED);
        if (i == 1) { /* which is before TS4 */
            vc_until(t, start + 9 * vc_least(VC_TS4, 1) / 10);
            vc_tell_server(t, &of_held, VMTP_RETRY, 0x1f);
            part = vc_want_response(t, "VMTP-8.4-05", &held, VMTP_OK);
            vc_equal(t, "VMTP-8.4-05", "blocks sent again", 0x20, part->delivery);
        }
    }
    vc_equal(t, "VMTP-8.3-12", "executions of NULL", before + 1u, vc_executed(t, VMTP_TEST_NULL));
    vc_equal(t, "VMTP-8.3-12", "executions of DISCARD", discards + 1u, vc_executed(t, VMTP_TEST_DISCARD));
    vc_tell_server(t, &of_left, VMTP_RETRY, 0x0f);
    part = vc_await_response(t, &left, 50 * MS);
    vc_check(t, "VMTP-8.5-02", part == NULL, "nothing of a Response that nobody has asked about for TS4", "%s",
             part ? "blocks" : "nothing");
}

static void too_large(struct vc_test *t) {
    uint8_t block[VC_BLOCK] = {0};
    struct vc_packet request = vc_request_to(t, vc_service_entity(t, 5), VMTP_TEST_SINK);
    request.control = VMTP_NER | VMTP_CMG;
    vc_carry(&request, block, VC_SEGMENT_MAX, 1);
    request.words[6] = 20000;
    vc_send(t, &request);
    vc_want_nvc(t, "VMTP-8.4-02 TEST-2.3-04", &request, VMTP_ERROR);
}

/* ---- receive sequence numbers ------------------------------------------------------------------------------------------------- */

/* NULL, and the number that is told about it; 0: none is. */
static uint32_t number_of(struct vc_test *t, uint32_t control, int *next) {
    struct vc_packet request = vc_request(t, VMTP_TEST_NULL), *answer, *told;
    request.control = control;
    vc_send(t, &request);
    answer = vc_want_response(t, "VMTP-13.10-01", &request, VMTP_OK);
    *next = (answer->control & VMTP_NRS) != 0;
    told = vc_await_notify(t, VMTP_NOTIFY_VMTP_CLIENT, request.client, request.transaction, 20 * MS);
    if (told)
        vc_check(t, "VMTP-13.10-01", (told->words[2] & VMTP_NRS) != 0, "NRS in ctrl", "none");
    return told ? told->words[3] : 0;
}

static void numbers(struct vc_test *t) {
    int next;
    vc_start(t, "sequence-numbers");
    vc_other_node(t, 1);
    uint32_t first = number_of(t, 0, &next);
    vc_check(t, "VMTP-13.10-04", first > 0, "NVC(OK) with a number to a node that has none", "none");
    uint32_t number = number_of(t, 0, &next);
    vc_equal(t, "VMTP-13.10-04", "NVC where the number is the next", 0, number);
    vc_check(t, "VMTP-13.10-01 VMTP-13.10-04", next, "NRS in that Response", "none");
    number = number_of(t, VMTP_APG, &next);
    vc_equal(t, "VMTP-13.10-03 VMTP-13.10-04", "number that APG asks for", first + 2, number);
    vc_other_node(t, 0);
    number = number_of(t, VMTP_APG, &next);
    vc_equal(t, "VMTP-13.10-03", "number of another node's Request", first + 3, number);
    vc_other_node(t, 1);
    number = number_of(t, 0, &next);
    vc_equal(t, "VMTP-13.10-04", "number that is not one more than that node's last", first + 4, number);
    struct vc_packet request = vc_request(t, VMTP_TEST_MIRROR), *answer;
    vc_send(t, &request);
    answer = vc_want_response(t, "VMTP-13.10-03", &request, VMTP_OK);
    if (answer->data_octets >= 80)
        vc_equal(t, "VMTP-13.10-03 TEST-4.4-01", "number that its program is told", first + 5,
                 vc_get32(answer->data + 76));
}

static struct vc_outcome logged(struct vc_test *t, struct vc_call *call, uint32_t apg, uint32_t told, uint32_t nrs) {
    struct vc_packet order, *request = vc_calling(t, "VMTP-13.10-05", call, &order), response, notify;
    vc_equal(t, "VMTP-13.10-05", "APG in the first transmission", apg, request->control & VMTP_APG);
    if (told) {
        notify = vc_nvc(t, request, VMTP_OK, 0);
        notify.words[2] |= VMTP_NRS;
        notify.words[3] = told;
        vc_send(t, &notify);
    }
    response = vc_response(request, VMTP_OK);
    response.control = nrs;
    vc_send(t, &response);
    return vc_called(t, "VMTP-13.10-06", &order, VC_PATIENCE);
}

static void numbers_logged(struct vc_test *t) {
    struct vc_call call = {0};
    vc_start(t, "sequence-numbers");
    struct vc_outcome outcome = logged(t, &call, VMTP_APG, 7, 0);
    vc_equal(t, "VMTP-13.10-06 TEST-4.6-11", "number that NVC has told", 7, outcome.sequence);
    outcome = logged(t, &call, 0, 0, VMTP_NRS);
    vc_equal(t, "VMTP-13.10-06 TEST-4.6-11", "number presumed, and confirmed by NRS", 8, outcome.sequence);
    outcome = logged(t, &call, 0, 0, 0);
    vc_equal(t, "VMTP-13.10-06 TEST-4.6-11", "number of a Response without NRS", 0, outcome.sequence);
    outcome = logged(t, &call, VMTP_APG, 20, 0);
    vc_equal(t, "VMTP-13.10-06 TEST-4.6-11", "number that NVC has told anew", 20, outcome.sequence);
}

const struct vc_case vc_order_cases[] = {
    VC_TIMED("order/turns", "VMTP-13.9-03", SEGMENTS, "SOURCE for two Clients, with the longest gap",
             "one group, then the other", take_turns),
    VC_TIMED("order/rank", "VMTP-13.9-03", SEGMENTS, "the same, the second urgent", "its packets first", by_rank),
    VC_TIMED("order/management", "VMTP-13.9-04", SEGMENTS, "ProbeEntity while packets of a Response wait",
             "the answer before the last of them", management_first),
    VC_TIMED("order/not-twice", "VMTP-8.3-05", SEGMENTS, "duplicates while packets of the Response wait",
             "each packet once", not_twice),
    VC_CASE("order/behind-itself", "VMTP-13.9-05", SEGMENTS " serial sequence streams",
            "two Requests of one Client to a server that is busy, the second urgent", "the first one first",
            behind_itself),
    VC_CASE("order/kept", "VMTP-8.3-12 VMTP-8.4-05 VMTP-8.5-02", SEGMENTS,
            "duplicates for longer than TS4; NVS(RETRY) before TS4, after it, and after NVS(OK)",
            "executed once; blocks, and none", kept),
    VC_CASE("order/too-large", "VMTP-8.4-02 TEST-2.3-04", SEGMENTS " streams entities",
            "20000 octets to an entity that takes 16384", "NVC(VMTP_ERROR)", too_large),
    VC_CASE("order/numbers", "VMTP-13.10-01 VMTP-13.10-03 VMTP-13.10-04 TEST-4.4-01", "test-service records reboot",
            "NULLs from two nodes, to one that numbers them", "their numbers", numbers),
    VC_CASE("order/numbers-logged", "VMTP-13.10-05 VMTP-13.10-06 TEST-4.6-11", "test-service records client reboot near",
            "CALLs of a node that logs numbers, which are told, confirmed, or lost", "APG where it knows none",
            numbers_logged),
    VC_LAST,
};
