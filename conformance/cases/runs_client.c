/* SPDX-License-Identifier: BSD-2-Clause */
/* The node sends runs of Requests: section 13.3.  It is made to by CALL of the test service. */
#include "../case.h"

#define CALLS "test-service records streams client"
#define LARGE CALLS " segments"
#define MS VC_MILLISECOND
#define CODE (VMTP_PIC | 0x777u)
#define MOST 16u
#define PAUSE (25 * MS) /* after which nothing more follows at once, and before which no timer runs out */

static uint8_t pattern[3 * VC_SEGMENT_MAX];

/* A CALL of a run, and the Requests that came of it. */
struct run {
    struct vc_call call;
    struct vc_packet order, *requests[MOST];
    unsigned count;
};

/* The node sends so many Requests as a run; those that come at once. */
static struct run *begin_by(struct vc_test *t, const char *id, unsigned n, uint32_t room, uint32_t number) {
    static struct run run;
    run.call = (struct vc_call){.code = CODE, .run = n, .response_room = room, .options = 1, .number = number};
    run.order = vc_have_called(t, &run.call);
    run.count = 0;
    while (run.count < n) {
        struct vc_packet *p = run.count < 2 ? vc_want_request(t, id, run.call.server, VC_PATIENCE)
                                            : vc_await_at_once(t, run.call.server, PAUSE);
        if (!p)
            break;
        run.requests[run.count++] = p;
    }
    return &run;
}

static struct run *begin(struct vc_test *t, const char *id, unsigned n, uint32_t room) {
    return begin_by(t, id, n, room, 0);
}

static struct vc_packet *next(struct vc_test *t, const char *id, const struct run *r) {
    return vc_want_request(t, id, r->call.server, VC_PATIENCE);
}

/* The next Request is this one of the run; it takes the place of the one before. */
static void again(struct vc_test *t, const char *id, struct run *r, unsigned i) {
    struct vc_packet *p = next(t, id, r);
    vc_equal(t, id, "Transaction", r->requests[0]->transaction + i, p->transaction);
    if (p->transaction != r->requests[0]->transaction + i)
        vc_give_up(t, "another Request than expected");
    r->requests[i] = p;
    if (i >= r->count)
        r->count = i + 1;
}

static void no_more(struct vc_test *t, const char *id, const struct run *r, const char *expected) {
    struct vc_packet *p = vc_await_at_once(t, r->call.server, PAUSE);
    vc_check(t, id, p == NULL, expected, "%s", p ? "a Request" : "none");
}

/* The last number of NVC has transact; how often it was sent is that of the Request. */
static void tell(struct vc_test *t, const struct vc_packet *request, uint32_t code, uint32_t before) {
    struct vc_packet told = vc_nvc(t, request, code, 0);
    told.words[4] -= before;
    vc_send(t, &told);
}

/* The Response to number i, which stands for some before it. */
static void respond(struct vc_test *t, const struct run *r, unsigned i, unsigned covers, uint32_t control) {
    struct vc_packet response = vc_response(r->requests[i], VMTP_OK);
    response.control = (r->requests[i]->control & (VMTP_NSR | VMTP_NER)) | control;
    response.gap = (uint8_t)covers;
    vc_send(t, &response);
}

static struct vc_outcome finish(struct vc_test *t, const char *id, struct run *r, unsigned i, unsigned covers) {
    respond(t, r, i, covers, 0);
    struct vc_outcome outcome = vc_called(t, id, &r->order, VC_PATIENCE);
    vc_equal(t, id, "result", VMTP_OK, outcome.result);
    return outcome;
}

static void ends_with(struct vc_test *t, const char *id, struct run *r, uint32_t code) {
    vc_ends(t, id, &r->order, code, VC_PATIENCE);
}

/* ---- what the server says ----------------------------------------------------------------------------------------------- */

/* What is sent at once from number from on, in order; behind which number it ends. */
static unsigned sent_from(struct vc_test *t, const char *id, struct run *r, unsigned from) {
    struct vc_packet *p;
    while ((p = vc_await_at_once(t, r->call.server, PAUSE)) != NULL) {
        vc_equal(t, id, "Transaction", r->requests[0]->transaction + from, p->transaction);
        if (p->transaction != r->requests[0]->transaction + from)
            vc_give_up(t, "another Request than expected");
        r->requests[from++] = p;
    }
    return from;
}

/* The first two are accepted, and more is too much; then these are answered.  A client of whose runs nothing was answered so far, so that
 * what it may have outstanding is what it has. */
static void window(struct vc_test *t) {
    struct run *r = begin_by(t, "VMTP-13.3-09", MOST, 100, 7);
    unsigned half = r->count / 2, end = 2;
    if (r->count < 8)
        vc_give_up(t, "the node sends only %u Requests at once", r->count);
    tell(t, r->requests[1], VMTP_MSGTRANS_OVERFLOW, 0);
    for (unsigned answered = 0; answered < 3; answered++) {
        end = sent_from(t, "VMTP-13.3-09", r, end);
        unsigned most = half + answered, outstanding = end - answered;
        vc_check(t, "VMTP-13.3-09", outstanding <= most, "half as many outstanding, and one more for each Response",
                 "%u, and %u Responses", outstanding, answered);
        if (answered) {
            vc_check(t, "VMTP-13.3-09", end > 2, "it goes on behind the last that was accepted", "%s",
                     end > 2 ? "it does" : "no");
            vc_equal(t, "VMTP-13.3-28", "outstanding", most, outstanding);
        }
        if (answered < 2)
            respond(t, r, answered, 0, 0);
    }
    if (end < 4 || end >= MOST)
        vc_give_up(t, "%u Requests have been sent", end);
    unsigned before;
    do { /* a client that was slow at first has more to send */
        before = end;
        respond(t, r, end - 1, end - 3, 0);
        end = sent_from(t, "VMTP-13.3-09", r, end);
    } while (end > before && end < MOST);
    finish(t, "VMTP-13.3-09", r, end - 1, end - 3);
}

static void all_again_five_times(struct vc_test *t) {
    static const uint32_t codes[] = {VMTP_RETRY_ALL, VMTP_NO_RUN_RECORD};
    for (unsigned k = 0; k < 2; k++) {
        struct run *r = begin(t, "VMTP-13.3-26", 2, 100);
        for (unsigned i = 0; i < 6; i++) {
            tell(t, r->requests[0], codes[k], codes[k] == VMTP_RETRY_ALL);
            again(t, "VMTP-13.3-26", r, 0);
            again(t, "VMTP-13.3-26", r, 1);
            vc_equal(t, "VMTP-13.3-26", "RetransmitCount", i + 1, r->requests[0]->retransmit);
            if (i < 4)
                continue;
            tell(t, r->requests[0], codes[k], codes[k] == VMTP_RETRY_ALL);
            break;
        }
        ends_with(t, "VMTP-13.3-26", r, VMTP_RETRANS_TIMEOUT);
    }
}

static void busy(struct vc_test *t) {
    struct run *r = begin(t, "VMTP-13.3-29", 2, 100);
    for (unsigned i = 0; i < 4; i++) {
        vc_time told = vc_now(t);
        tell(t, r->requests[0], VMTP_BUSY, 0);
        if (i == 3) { /* now it waits for a while */
            tell(t, r->requests[0], VMTP_RETRY_ALL, 1);
            tell(t, r->requests[0], VMTP_NO_RUN_RECORD, 0);
        }
        again(t, "VMTP-13.3-29", r, 0);
        vc_between(t, i == 3 ? "VMTP-13.3-29 VMTP-13.3-70" : "VMTP-13.3-29", "wait", (i == 3 ? 30u : 9u) * MS, 450 * MS,
                   r->requests[0]->time - told);
        again(t, "VMTP-13.3-29", r, 1);
    }
    finish(t, "VMTP-13.3-29", r, 1, 1);
}

static void large_refused(struct vc_test *t) {
    struct vc_call call = {.code = CODE, .size = sizeof pattern - 100, .response_room = 100, .options = 1};
    struct vc_packet order = vc_have_called(t, &call), *request;
    request = vc_want_request(t, "VMTP-13.3-30", call.server, VC_PATIENCE);
    tell(t, request, VMTP_STREAMING_NOT_SUPPORTED, 0);
    struct vc_outcome outcome = vc_called(t, "VMTP-13.3-30", &order, VC_PATIENCE);
    vc_check(t, "VMTP-13.3-30", outcome.result == VMTP_STREAMING_NOT_SUPPORTED, "STREAMING_NOT_SUPPORTED", "%s",
             vc_response_name(outcome.result));
}

/* NVC that speaks of an earlier transmission. */
static void late(struct vc_test *t) {
    struct run *r = begin(t, "VMTP-13.3-54", 2, 100);
    struct vc_packet first = *r->requests[0], second = *r->requests[1];
    tell(t, &first, VMTP_RETRY_ALL, 1);
    again(t, "VMTP-13.3-58", r, 0);
    again(t, "VMTP-13.3-58", r, 1);
    tell(t, &first, VMTP_RETRY_ALL, 1);
    no_more(t, "VMTP-13.3-58", r, "nothing because of NVC(RETRY_ALL) about the first transmission");
    tell(t, &second, VMTP_NO_RUN_RECORD, 0);
    no_more(t, "VMTP-13.3-54", r, "nothing because of NVC(NO_RUN_RECORD) about the first transmission");
    tell(t, &second, VMTP_STREAMING_NOT_SUPPORTED, 0);
    no_more(t, "VMTP-13.3-54", r, "nothing because of NVC(STREAMING_NOT_SUPPORTED) about the first transmission");
    finish(t, "VMTP-13.3-54 VMTP-13.3-58", r, 1, 1);
}

/* The second Request has had NSR, and is then sent without it: its Response may have either. */
static void with_nsr(struct vc_test *t) {
    struct run *r = begin(t, "VMTP-13.3-66", 2, 100);
    respond(t, r, 0, 0, 0);
    tell(t, r->requests[1], VMTP_NO_RUN_RECORD, 0);
    again(t, "VMTP-13.3-66", r, 1);
    r->requests[1]->control = VMTP_NSR;
    struct vc_outcome outcome = finish(t, "VMTP-13.3-66", r, 1, 0);
    vc_equal(t, "VMTP-13.3-66", "Responses", 2, outcome.reports);
}

/* ---- time ---------------------------------------------------------------------------------------------------------------- */

static void by_timer(struct vc_test *t) {
    struct run *r = begin(t, "VMTP-13.3-32", 3, 100);
    again(t, "VMTP-13.3-32", r, 0);
    tell(t, r->requests[0], VMTP_OK, 0);
    again(t, "VMTP-13.3-32", r, 2);
    vc_check(t, "VMTP-13.3-32", r->requests[2]->control & VMTP_APG, "APG", "none");
    tell(t, r->requests[2], VMTP_OK, 0);
    again(t, "VMTP-13.3-32", r, 0);
    tell(t, r->requests[0], VMTP_OK, 0);
    no_more(t, "VMTP-13.3-32", r, "nothing of the last one, which is acknowledged already");
    finish(t, "VMTP-13.3-32", r, 2, 2);
}

static void acknowledged_by_later(struct vc_test *t) {
    struct run *r = begin(t, "VMTP-13.3-31", 3, 100);
    again(t, "VMTP-13.3-31", r, 0);
    vc_time since = vc_now(t);
    tell(t, r->requests[1], VMTP_OK, 0);
    struct vc_packet *p;
    do { /* the last may be asked about, too */
        p = next(t, "VMTP-13.3-31", r);
    } while (p->transaction != r->requests[0]->transaction);
    vc_check(t, "VMTP-13.3-31", p->time - since >= 3 * vc_least(VC_TC1, 1) / 4, "the first again not before TC1",
             "after %.1f ms", (double)(p->time - since) / 1e6);
    finish(t, "VMTP-13.3-31", r, 2, 2);
}

/* ---- Responses ------------------------------------------------------------------------------------------------------------- */

static struct vc_packet *asked_for(struct vc_test *t, const struct run *r, uint32_t transact) {
    return vc_await_notify(t, VMTP_NOTIFY_VMTP_SERVER, r->requests[0]->client, transact, 0);
}

static void first_missing(struct vc_test *t) {
    struct run *r = begin(t, "VMTP-13.3-13", 4, 100);
    uint32_t before = r->requests[0]->transaction - 1;
    struct vc_packet about = vc_response(r->requests[0], VMTP_OK), *told;
    about.transaction = before;
    respond(t, r, 1, 0, 0);
    vc_want_nvs(t, "VMTP-13.3-13", &about, VMTP_RETRY_ALL);
    respond(t, r, 2, 0, 0);
    vc_fence(t);
    told = asked_for(t, r, before);
    vc_check(t, "VMTP-13.3-13", told == NULL, "NVS(RETRY_ALL) once", "%s", told ? "twice" : "once");
    respond(t, r, 3, 0, VMTP_APG);
    vc_want_nvs(t, "VMTP-13.3-13", &about, VMTP_RETRY_ALL);
    struct vc_outcome outcome = finish(t, "VMTP-13.3-13", r, 0, 0);
    vc_equal(t, "VMTP-13.3-13", "Responses", 4, outcome.reports);
    for (unsigned i = 0; i < 4; i++)
        vc_equal(t, "VMTP-13.3-33", "number of the call that ended", i, vc_report(&outcome, i).number);
}

static void broken(struct vc_test *t) {
    static const uint32_t codes[] = {VMTP_OK, VMTP_NO_PERMISSION, VMTP_NO_PERMISSION};
    struct run *r = begin(t, "VMTP-13.3-34", 3, 100);
    tell(t, r->requests[1], VMTP_NO_PERMISSION, 0);
    vc_fence(t);
    respond(t, r, 0, 0, 0);
    struct vc_outcome outcome = vc_called(t, "VMTP-13.3-34", &r->order, VC_PATIENCE);
    for (unsigned i = 0; i < 3; i++) {
        struct vc_report report;
        for (unsigned k = 0; (report = vc_report(&outcome, k)).result != VC_ANY && report.number != i;)
            k++;
        vc_check(t, "VMTP-13.3-34", report.result == codes[i], vc_response_name(codes[i]), "%s",
                 report.result == VC_ANY ? "not reported" : vc_response_name(report.result));
    }
}

static void hole(struct vc_test *t) {
    struct run *r = begin(t, "VMTP-13.3-59", 3, 2000);
    struct vc_packet response = vc_response(r->requests[0], VMTP_OK), *told;
    vc_pattern(pattern, 2000, 1);
    response.control = VMTP_NER;
    vc_send_blocks(t, &response, pattern, 2000, 3, 0);
    respond(t, r, 1, 0, 0);
    vc_fence(t);
    told = asked_for(t, r, response.transaction);
    vc_check(t, "VMTP-13.3-59", told && (told->words[6] & VMTP_CODE_MASK) == VMTP_RETRY && told->words[5] == 3,
             "NVS(RETRY) with blocks 3 when the next one is whole", "%s", told ? "another" : "nothing");
    respond(t, r, 2, 0, 0);
    vc_fence(t);
    told = asked_for(t, r, response.transaction);
    vc_check(t, "VMTP-13.3-59", told == NULL, "once", "%s", told ? "twice" : "once");
    vc_send_blocks(t, &response, pattern, 2000, 12, 0);
    struct vc_outcome outcome = vc_called(t, "VMTP-13.3-59", &r->order, VC_PATIENCE);
    vc_equal(t, "VMTP-13.3-59", "CRC-32 of the first Response", vc_crc(pattern, 2000), vc_report(&outcome, 0).crc);
}

static void after_the_end(struct vc_test *t) {
    struct run *r = begin(t, "VMTP-13.3-62", 2, 100);
    respond(t, r, 0, 0, 0);
    finish(t, "VMTP-13.3-62", r, 1, 0);
    respond(t, r, 1, 0, VMTP_APG);
    struct vc_packet response = vc_response(r->requests[1], VMTP_OK);
    vc_want_nvs(t, "VMTP-13.3-62", &response, VMTP_OK);
}

/* The call of a large Response of which something has come. */
static void discarded(struct vc_test *t) {
    struct vc_call call = {.code = CODE, .response_room = 3 * VC_SEGMENT_MAX, .options = 1};
    struct vc_packet order = vc_have_called(t, &call), *request, response;
    request = vc_want_request(t, "VMTP-13.3-60", call.server, VC_PATIENCE);
    response = vc_response(request, VMTP_OK);
    vc_pattern(pattern, sizeof pattern, 1);
    vc_send_group(t, &response, 0, pattern, sizeof pattern, 0xffffffffu, 0);
    tell(t, request, VMTP_RESPONSE_DISCARDED, UINT32_MAX);
    struct vc_outcome outcome = vc_called(t, "VMTP-13.3-60", &order, VC_PATIENCE);
    vc_check(t, "VMTP-13.3-60", outcome.result == VMTP_RESPONSE_DISCARDED, "RESPONSE_DISCARDED", "%s",
             vc_response_name(outcome.result));
}

const struct vc_case vc_runs_client_cases[] = {
    VC_TIMED("run-call/window", "VMTP-13.3-09 VMTP-13.3-28", CALLS " near",
             "NVC(MSGTRANS_OVERFLOW) about a run of sixteen; later a Response",
             "half as many outstanding; then one more than that", window),
    VC_TIMED("run-call/five-times", "VMTP-13.3-26", CALLS, "NVC(RETRY_ALL) or NVC(NO_RUN_RECORD) six times",
             "the run again five times, then RETRANS_TIMEOUT", all_again_five_times),
    VC_TIMED("run-call/busy", "VMTP-13.3-29 VMTP-13.3-70", CALLS " near",
             "NVC(BUSY) four times, at last with NVC(RETRY_ALL) and NVC(NO_RUN_RECORD) behind it",
             "the run again after a wait each time", busy),
    VC_TIMED("run-call/large-refused", "VMTP-13.3-30", LARGE " near",
             "NVC(STREAMING_NOT_SUPPORTED) to a message of several groups", "the call ends with that", large_refused),
    VC_TIMED("run-call/late", "VMTP-13.3-54 VMTP-13.3-58", CALLS, "NVCs about the first transmission after the second",
             "no effect", late),
    VC_TIMED("run-call/with-nsr", "VMTP-13.3-66", CALLS, "a Response with NSR to what was sent again without it",
             "taken", with_nsr),
    VC_TIMED("run-call/by-timer", "VMTP-13.3-32", CALLS " near", "silence to a run of three, then NVC(OK) for the first",
             "the first again, then the last, unless that is acknowledged", by_timer),
    VC_TIMED("run-call/acknowledged", "VMTP-13.3-31", CALLS " near",
             "NVC(OK) for the second of three, after the first came again", "TC1 until that comes again",
             acknowledged_by_later),
    VC_TIMED("run-call/first-missing", "VMTP-13.3-13 VMTP-13.3-33", CALLS, "Responses to all of four but the first",
             "NVS(RETRY_ALL) once, and once with APG; all end in order", first_missing),
    VC_TIMED("run-call/broken", "VMTP-13.3-34", CALLS, "NVC(NO_PERMISSION) to the second of three",
             "the second and third end with that", broken),
    VC_TIMED("run-call/hole", "VMTP-13.3-59", LARGE " near",
             "half of the first Response, and all of the second and third", "one NVS(RETRY) at once", hole),
    VC_TIMED("run-call/after-the-end", "VMTP-13.3-62", CALLS, "the last Response of a run again with APG", "NVS(OK)",
             after_the_end),
    VC_TIMED("run-call/discarded", "VMTP-13.3-60", LARGE,
             "NVC(RESPONSE_DISCARDED) with the second Transaction of a large Response", "the call ends with that",
             discarded),
    VC_LAST,
};
