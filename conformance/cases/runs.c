/* SPDX-License-Identifier: BSD-2-Clause */
/* Runs of Requests at the server, and their Responses: section 13.3. */
#include "../case.h"

#define RUNS "test-service records streams"
#define SEGMENTS RUNS " segments"
#define SEQUENCES RUNS " sequence"
#define MS VC_MILLISECOND

static uint8_t pattern[VC_SEGMENT_MAX];

/* How many NVC or NVS with that code about that Transaction came, up to now. */
static unsigned told(struct vc_test *t, uint32_t operation, const struct vc_packet *about, uint32_t code) {
    unsigned count = 0;
    struct vc_packet *p;
    while ((p = vc_await_notify(t, operation, about->client, about->transaction, 0)) != NULL)
        count += (p->words[6] & VMTP_CODE_MASK) == code;
    return count;
}

static uint64_t serial_server(struct vc_test *t, uint32_t depth) {
    const uint32_t words[7] = {depth};
    return vc_pair(vc_must(t, VMTP_TEST_SERIAL, words)->words);
}

static void acknowledge(struct vc_test *t, const struct vc_packet *answer, uint32_t code) {
    struct vc_packet p = vc_nvs(t, answer, code, answer->delivery);
    vc_send(t, &p);
}

/* ---- order and room ----------------------------------------------------------------------------------------------------- */

static void overflow(struct vc_test *t) {
    uint64_t serial = serial_server(t, 1);
    struct vc_packet first = vc_request_to(t, serial, VMTP_TEST_DELAY), second = first;
    first.words[0] = 300000;
    second.code = VMTP_TEST_NULL | VMTP_PIC;
    vc_send_of_run(t, &first, 0, 2);
    vc_fence(t);
    second = vc_send_of_run(t, &second, 1, 2);
    vc_want_nvc(t, "VMTP-13.3-08", &first, VMTP_MSGTRANS_OVERFLOW);
    struct vc_packet other = vc_request_to(t, serial, VMTP_TEST_NULL);
    other = vc_send_of_run(t, &other, 0, 2);
    vc_want_nvc(t, "VMTP-13.3-20", &other, VMTP_BUSY);
    vc_want_response(t, "VMTP-13.3-08", &first, VMTP_OK);
    vc_send(t, &second);
    vc_want_response(t, "VMTP-13.3-08", &second, VMTP_OK);
}

/* Two Requests without segment behind one of which a packet is lost. */
static void hole(struct vc_test *t) {
    struct vc_packet first = vc_request(t, VMTP_TEST_SEQUENCE), next = first, part;
    vc_pattern(pattern, 2000, 1);
    first.control = VMTP_NER;
    vc_send_blocks(t, &first, pattern, 2000, 3, 0);
    first.control = 0;
    vc_send_of_run(t, &next, 1, 3);
    vc_fence(t);
    struct vc_packet *asked = vc_await_notify(t, VMTP_NOTIFY_VMTP_CLIENT, first.client, first.transaction, 0);
    vc_check(t, "VMTP-13.3-22", asked && (asked->words[6] & VMTP_CODE_MASK) == VMTP_RETRY,
             "NVC(RETRY) with the first Request when the second is whole", "%s", asked ? "another code" : "nothing");
    if (asked)
        vc_equal(t, "VMTP-13.3-22", "delivery", 3, asked->words[5]);
    vc_send_of_run(t, &next, 2, 3);
    vc_fence(t);
    vc_equal(t, "VMTP-13.3-22", "further NVC(RETRY)", 0, told(t, VMTP_NOTIFY_VMTP_CLIENT, &first, VMTP_RETRY));
    part = first;
    part.control = VMTP_NER;
    part.retransmit = 1;
    vc_send_blocks(t, &part, pattern, 2000, 12, 0);
    for (unsigned i = 0; i < 3; i++) {
        part = vc_of_run(&next, i, 3);
        struct vc_packet *answer = vc_want_response(t, "VMTP-13.3-22", &part, VMTP_OK);
        vc_equal(t, "VMTP-13.3-22", "order", i + 1, answer->words[1]);
    }
}

static void given_up(struct vc_test *t) {
    struct vc_packet first = vc_request(t, VMTP_TEST_SEQUENCE), next = first, *answer, part;
    vc_pattern(pattern, 2000, 1);
    first.control = VMTP_NER;
    vc_send_blocks(t, &first, pattern, 2000, 3, 0);
    next = vc_send_of_run(t, &next, 1, 2);
    do {
        answer = vc_want_nvc(t, "VMTP-13.3-23", &first, VC_ANY);
    } while ((answer->words[6] & VMTP_CODE_MASK) == VMTP_RETRY);
    vc_equal(t, "VMTP-13.3-23", "code", VMTP_TOO_MANY_RETRIES, answer->words[6] & VMTP_CODE_MASK);
    vc_send(t, &next);
    struct vc_packet before = first;
    before.transaction--;
    vc_want_nvc(t, "VMTP-13.3-23", &before, VMTP_RETRY_ALL);
    vc_send_blocks(t, &first, pattern, 2000, 15, 0);
    answer = vc_want_response(t, "VMTP-13.3-23", &first, VMTP_OK);
    vc_equal(t, "VMTP-13.3-23", "order", 1, answer->words[1]);
    vc_send(t, &next);
    answer = vc_want_response(t, "VMTP-13.3-23", &next, VMTP_OK);
    vc_equal(t, "VMTP-13.3-23", "order", 2, answer->words[1]);
    /* One with NRT is given up alone. */
    first = vc_request(t, VMTP_TEST_SEQUENCE);
    part = first;
    part.control = VMTP_NER | VMTP_NRT;
    vc_send_blocks(t, &part, pattern, 2000, 3, 0);
    next = vc_send_of_run(t, &first, 1, 2);
    answer = vc_want_response(t, "VMTP-13.3-23", &next, VMTP_OK);
    vc_equal(t, "VMTP-13.3-23", "order behind one with NRT", 1, answer->words[1]);
}

/* The Client is known to nobody, and its Request came from a forwarder. */
static void probed_first(struct vc_test *t) {
    struct vc_packet first = vc_request(t, VMTP_TEST_NULL);
    uint32_t before = vc_executed(t, VMTP_TEST_NULL);
    first.forward = 1;
    first = vc_send_of_run(t, &first, 0, 2);
    vc_want_nvc(t, "VMTP-13.3-21", &first, VMTP_BUSY);
    vc_settle(t);
    struct vc_packet *probe = vc_await_code(t, VMTP_PROBE_ENTITY, first.client, 0);
    vc_check(t, "VMTP-13.3-21", probe != NULL, "a Probe for the Client", "none");
    vc_equal(t, "VMTP-13.3-21", "executions", before, vc_executed(t, VMTP_TEST_NULL));
    first.retransmit = 1;
    vc_send(t, &first);
    vc_want_response(t, "VMTP-13.3-21", &first, VMTP_OK);
}

/* ---- Responses that are held --------------------------------------------------------------------------------------------- */

#define HELD 3u

/* A run of three SOURCEs and their Responses, which nobody acknowledges. */
static struct vc_packet sources(struct vc_test *t, const char *id, uint32_t code, uint32_t size,
                                struct vc_packet *answers[HELD]) {
    struct vc_packet first = vc_request(t, code), request;
    first.words[0] = size;
    for (unsigned i = 0; i < HELD; i++)
        vc_send_of_run(t, &first, i, HELD);
    for (unsigned i = 0; i < HELD; i++) {
        request = vc_of_run(&first, i, HELD);
        uint32_t blocks = 0;
        while (blocks != vc_all_blocks(size)) {
            answers[i] = vc_want_response(t, id, &request, VMTP_OK);
            blocks |= answers[i]->delivery;
        }
    }
    return first;
}

static struct vc_packet duplicate(struct vc_test *t, const struct vc_packet *first, unsigned i, uint32_t control) {
    struct vc_packet p = vc_of_run(first, i, HELD);
    p.control |= control;
    p.retransmit = 1;
    vc_send(t, &p);
    return p;
}

static void acknowledged(struct vc_test *t) {
    struct vc_packet *answers[HELD], first = sources(t, "VMTP-13.3-37", VMTP_TEST_SOURCE, 600, answers), again;
    acknowledge(t, answers[1], VMTP_OK);
    again = duplicate(t, &first, 2, VMTP_APG);
    vc_want_response(t, "VMTP-13.3-37", &again, VMTP_OK);
    for (unsigned i = 0; i < 2; i++) {
        again = duplicate(t, &first, i, VMTP_APG);
        vc_want_nvc(t, "VMTP-13.3-24 VMTP-13.3-37", &again, VMTP_RESPONSE_DISCARDED);
        duplicate(t, &first, i, 0);
        vc_want_silence(t, "VMTP-13.3-24", "answer to a duplicate without APG");
    }
    vc_leave_run(t, answers[2]);
}

static void behind(struct vc_test *t) {
    struct vc_packet *answers[HELD], first = sources(t, "VMTP-13.3-36", VMTP_TEST_SOURCE, 600, answers), request;
    acknowledge(t, answers[0], VMTP_RETRY_ALL);
    for (unsigned i = 1; i < HELD; i++) {
        request = vc_of_run(&first, i, HELD);
        vc_want_response(t, "VMTP-13.3-36", &request, VMTP_OK);
    }
    vc_settle(t);
    vc_equal(t, "VMTP-13.3-36", "transmissions of the first", 1,
             vc_tally(t, first.client, first.transaction, VMTP_RESPONSE));
    vc_leave_run(t, answers[2]);
}

static void five_times(struct vc_test *t) {
    struct vc_packet *answers[HELD], first = sources(t, "VMTP-13.3-52", VMTP_TEST_SOURCE, 600, answers), request, told;
    told = vc_nvs(t, answers[0], VMTP_RETRY_ALL, 0);
    told.words[4]--;
    for (unsigned i = 0; i < 6; i++) {
        vc_send(t, &told);
        for (unsigned k = 0; i < 5 && k < HELD; k++) {
            request = vc_of_run(&first, k, HELD);
            vc_want_response(t, "VMTP-13.3-52", &request, VMTP_OK);
        }
    }
    vc_want_silence(t, "VMTP-13.3-52", "Response after the sixth NVS(RETRY_ALL)");
    request = duplicate(t, &first, 0, VMTP_APG);
    vc_want_nvc(t, "VMTP-13.3-52", &request, VMTP_RESPONSE_DISCARDED);
    request = duplicate(t, &first, 1, VMTP_APG);
    vc_want_response(t, "VMTP-13.3-52", &request, VMTP_OK);
    vc_leave_run(t, answers[2]);
}

/* All blocks of a Response of two packets, and DGM in each. */
static void whole_again(struct vc_test *t, const struct vc_packet *request, const char *why) {
    uint32_t blocks = 0;
    while (blocks != 15) {
        struct vc_packet *p = vc_want_response(t, "VMTP-13.3-64", request, VMTP_OK);
        vc_check(t, "VMTP-13.3-64", p->code & VMTP_DGM && p->delivery, why, "code %08x, delivery %08x", p->code,
                 p->delivery);
        if (!p->delivery)
            vc_give_up(t, "a packet without data");
        blocks |= p->delivery;
    }
}

static void idempotent(struct vc_test *t) {
    struct vc_packet *answers[HELD], first = sources(t, "VMTP-13.3-64", VMTP_TEST_SOURCE_IDEMPOTENT, 2000, answers),
                                     request;
    uint32_t before = vc_executed(t, VMTP_TEST_SOURCE_IDEMPOTENT);
    request = duplicate(t, &first, 1, VMTP_APG);
    whole_again(t, &request, "the idempotent Response again with its data");
    request = vc_of_run(&first, 0, HELD);
    acknowledge(t, answers[0], VMTP_BUSY);
    whole_again(t, &request, "with its data because of a timer");
    vc_equal(t, "VMTP-13.3-64", "executions", before, vc_executed(t, VMTP_TEST_SOURCE_IDEMPOTENT));
    vc_leave_run(t, answers[2]);
}

/* ---- one Response for several -------------------------------------------------------------------------------------------- */

/* SEQUENCE whose Response may be left to a later one. */
static struct vc_packet patient(struct vc_test *t) {
    struct vc_packet p = vc_request(t, VMTP_TEST_SEQUENCE);
    p.words[1] = 2;
    return p;
}

static void for_several(struct vc_test *t) {
    struct vc_packet first = patient(t), last, *answer;
    for (unsigned i = 0; i < 3; i++)
        last = vc_send_of_run(t, &first, i, 3);
    answer = vc_want_response(t, "VMTP-13.3-11 TEST-4.9-05", &last, VMTP_OK);
    vc_equal(t, "VMTP-13.3-11 TEST-4.9-05", "PGcount", 2, answer->gap);
    vc_equal(t, "VMTP-13.3-11", "order of the last", 3, answer->words[1]);
    vc_settle(t);
    for (unsigned i = 0; i < 2; i++)
        vc_equal(t, "TEST-4.9-05", "Responses to one before", 0,
                 vc_tally(t, first.client, first.transaction + i, VMTP_RESPONSE));
}

static void asked_about(struct vc_test *t) {
    struct vc_packet first = patient(t), request, *answer;
    for (unsigned i = 0; i < 2; i++)
        vc_send_of_run(t, &first, i, 3);
    request = vc_of_run(&first, 1, 3);
    request.retransmit = 1;
    vc_want_silence(t, "VMTP-13.3-51", "Response yet");
    request.control |= VMTP_APG;
    vc_send(t, &request);
    answer = vc_want_response(t, "VMTP-13.3-51", &request, VMTP_OK);
    vc_equal(t, "VMTP-13.3-51", "PGcount", 1, answer->gap);
}

static void refused(struct vc_test *t) {
    struct vc_packet first = patient(t), second, third, *answer;
    vc_send_of_run(t, &first, 0, 3);
    second = vc_of_run(&first, 1, 3);
    second.code = VMTP_TEST_DISCARD | VMTP_PIC;
    vc_send(t, &second);
    third = vc_send_of_run(t, &first, 2, 3);
    answer = vc_want_response(t, "VMTP-13.3-53", &third, VMTP_OK);
    vc_equal(t, "VMTP-13.3-53", "PGcount behind a Request that was refused", 0, answer->gap);
    answer = vc_want_response(t, "VMTP-13.3-53", &first, VMTP_OK);
    vc_equal(t, "VMTP-13.3-53", "PGcount before it", 0, answer->gap);
}

static void every_eighth(struct vc_test *t) {
    struct vc_packet first = vc_request(t, VMTP_TEST_SEQUENCE), request, *answer = NULL;
    unsigned since = 0;
    for (unsigned i = 0; i < 20; i++) {
        request = vc_of_run(&first, i, 20);
        request.words[1] = i % 8 < 3 ? 2 : 0; /* three of eight are answered with the one behind */
        vc_send(t, &request);
        if (request.words[1])
            continue;
        answer = vc_want_response(t, "VMTP-13.3-38", &request, VMTP_OK);
        since += answer->gap + 1u;
        vc_equal(t, "VMTP-13.3-38", "APG", since == 8 ? VMTP_APG : 0, answer->control & VMTP_APG);
        since = answer->control & VMTP_APG ? 0 : since;
    }
    acknowledge(t, answer, VMTP_OK);
    vc_settle(t);
}

static void no_record(struct vc_test *t) {
    struct vc_packet first = vc_request(t, VMTP_TEST_NULL), request, *last, *second, *refusal, *again;
    unsigned held = vc_fill_run(t, &first, &last, &second, &refusal);
    vc_equal(t, "VMTP-13.3-08", "code", VMTP_MSGTRANS_OVERFLOW, refusal->words[6]);
    vc_equal(t, "VMTP-13.3-08", "transact", first.transaction + held - 1, refusal->words[4]);
    if (!last)
        vc_give_up(t, "not even the first Request of a run is taken");
    request = vc_of_run(&first, held - 1, VC_MOST_HELD);
    again = vc_want_response(t, "VMTP-13.3-61", &request, VMTP_OK);
    vc_check(t, "VMTP-13.3-61", again->control & VMTP_APG, "APG", "none");
    acknowledge(t, again, VMTP_OK);
    request = vc_send_of_run(t, &first, held, held + 1);
    vc_want_response(t, "VMTP-13.3-61", &request, VMTP_OK);
    vc_leave_run(t, &request);
}

/* ---- the last record ------------------------------------------------------------------------------------------------------ */

static void last_record(struct vc_test *t) {
    struct vc_packet *last[VC_FILLERS], *two = NULL, *answer;
    unsigned n = vc_fill_records(t, last, &two);
    if (!two)
        vc_give_up(t, "there is no room for a run of two");
    acknowledge(t, two, VMTP_OK); /* two records are free now */
    struct vc_packet first = vc_request(t, VMTP_TEST_DELAY), second = first, other;
    first.words[0] = 300000;
    second.code = VMTP_TEST_NULL | VMTP_PIC;
    first = vc_send_of_run(t, &first, 0, 2);
    vc_fence(t);
    vc_send_of_run(t, &second, 1, 2);
    vc_want_nvc(t, "VMTP-13.3-75", &first, VMTP_MSGTRANS_OVERFLOW);
    other = vc_request(t, VMTP_TEST_NULL);
    vc_send(t, &other);
    vc_want_response(t, "VMTP-13.3-75", &other, VMTP_OK);
    answer = vc_want_response(t, "VMTP-13.3-75", &first, VMTP_OK);
    acknowledge(t, answer, VMTP_OK);
    for (unsigned i = 0; i < n; i++)
        vc_leave_run(t, last[i]);
}

const struct vc_case vc_runs_cases[] = {
    VC_CASE("run/overflow", "VMTP-13.3-08 VMTP-13.3-20", RUNS " serial delay",
            "a run, and the beginning of another, to a server that takes one Request",
            "NVC(MSGTRANS_OVERFLOW) with the Request that was taken, and NVC(BUSY)", overflow),
    VC_TIMED("run/hole", "VMTP-13.3-22", SEQUENCES " segments near", "half of a Request, and two whole ones behind it",
             "one NVC(RETRY) at once, then all in order", hole),
    VC_CASE("run/given-up", "VMTP-13.3-23", SEQUENCES " segments",
            "half of a Request, and a whole one behind it; the same with NRT",
            "NVC(TOO_MANY_RETRIES), and both are taken when they come again; the second one alone", given_up),
    VC_CASE("run/probed-first", "VMTP-13.3-21", RUNS " forwarding", "a forwarded run of an unknown Client",
            "NVC(BUSY) and a Probe, and later it is taken", probed_first),
    VC_CASE("run/acknowledged", "VMTP-13.3-24 VMTP-13.3-37", SEGMENTS,
            "NVS(OK) for the second Response of three, then all Requests again",
            "NVC(RESPONSE_DISCARDED) with APG, else silence, for the first two", acknowledged),
    VC_CASE("run/behind", "VMTP-13.3-36", SEGMENTS, "NVS(RETRY_ALL) with the first of three Responses",
            "the two behind it again", behind),
    VC_CASE("run/five-times", "VMTP-13.3-52", SEGMENTS, "NVS(RETRY_ALL) for three Responses six times",
            "obeyed five times, then the first is discarded", five_times),
    VC_CASE("run/idempotent", "VMTP-13.3-64", SEGMENTS,
            "a run of idempotent SOURCEs; a duplicate of one, NVS(BUSY) about another",
            "both again with all blocks, not executed again", idempotent),
    VC_CASE("run/for-several", "VMTP-13.3-11 TEST-4.9-05", SEQUENCES,
            "a run of three SEQUENCEs whose Responses may be left to later ones", "one Response, with PGcount 2",
            for_several),
    VC_CASE("run/asked-about", "VMTP-13.3-51", SEQUENCES, "two of three such SEQUENCEs, and the second again with APG",
            "silence, then its Response with PGcount 1", asked_about),
    VC_CASE("run/refused", "VMTP-13.3-53", SEQUENCES, "such a SEQUENCE, DISCARD, and a SEQUENCE",
            "two Responses with PGcount 0", refused),
    VC_CASE("run/every-eighth", "VMTP-13.3-38", SEQUENCES, "a run of twenty, of which some are answered together",
            "APG in each Response that makes eight", every_eighth),
    VC_CASE("run/no-record", "VMTP-13.3-08 VMTP-13.3-61", RUNS, "NULLs of a run until there is no room",
            "NVC(MSGTRANS_OVERFLOW), and the last Response again with APG", no_record),
    VC_TIMED("run/last-record", "VMTP-13.3-75", RUNS " delay near",
             "runs until all records are taken; two of them given back, and a run of two",
             "its second one is refused, and another Client has the last record", last_record),
    VC_LAST,
};
