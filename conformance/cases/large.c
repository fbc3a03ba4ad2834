/* SPDX-License-Identifier: BSD-2-Clause */
/* Messages of several packet groups that lose something: section 13.3. */
#include <string.h>

#include "../case.h"

#define SERVES "test-service records streams segments"
#define CALLS SERVES " client"
#define MS VC_MILLISECOND
#define CODE (VMTP_PIC | 0x777u)
#define SIZE 40000u
#define GROUPS 48u /* most of a message here */
#define PAUSE (15 * MS)

static uint8_t pattern[GROUPS * VC_SEGMENT_MAX];

/* ---- taken by a server --------------------------------------------------------------------------------------------------- */

static struct vc_packet sink(struct vc_test *t, uint64_t server, uint32_t size) {
    vc_pattern(pattern, size, 3);
    return vc_request_to(t, server, VMTP_TEST_SINK);
}

/* Its first two blocks are sent; a server that has no room at first has some when Responses of earlier cases have been forgotten. */
static struct vc_packet begin_sink(struct vc_test *t) {
    for (unsigned i = 0; i < 12; i++) {
        struct vc_packet request = sink(t, vc_service(t), SIZE);
        vc_send_group(t, &request, 0, pattern, SIZE, 3, 0);
        vc_fence(t);
        if (!vc_await_answer(t, &request, 0))
            return request;
        vc_pass(t, 500 * MS);
    }
    vc_give_up(t, "the service has no room for a message of several groups");
}

static void send_group(struct vc_test *t, const struct vc_packet *request, unsigned group, uint32_t mask,
                       uint32_t last_control) {
    vc_send_group(t, request, group, pattern, SIZE, mask & vc_group_blocks(SIZE, group), last_control);
}

static void sunk(struct vc_test *t, const char *id, struct vc_packet request) {
    request.transaction += vc_groups(SIZE) - 1;
    struct vc_packet *answer = vc_want_response(t, id, &request, VMTP_OK);
    vc_equal(t, id, "CRC-32 of what SINK took", vc_crc(pattern, SIZE), answer->words[1]);
}

/* NVCs about that group so far. */
static unsigned asked(struct vc_test *t, const struct vc_packet *request, unsigned group) {
    unsigned count = 0;
    while (vc_await_notify(t, VMTP_NOTIFY_VMTP_CLIENT, request->client, request->transaction + group, 0))
        count++;
    return count;
}

static void stalled(struct vc_test *t) {
    struct vc_packet request = begin_sink(t), second = request, *told;
    unsigned count = 0;
    second.transaction++;
    send_group(t, &request, 0, ~3u, 0);
    send_group(t, &request, 1, 15, 0);
    do {
        told = vc_await_answer(t, &request, VC_PATIENCE);
        if (!told || (told->words[6] & VMTP_CODE_MASK) != VMTP_RETRY)
            break;
        count++;
        vc_equal(t, "VMTP-13.3-47", "transact", second.transaction, told->words[4]);
        vc_equal(t, "VMTP-13.3-47", "delivery", 15, told->words[5]);
    } while (count < 10);
    vc_equal(t, "VMTP-13.3-47", "NVC(RETRY)", 5, count);
    vc_check(t, "VMTP-13.3-47", told && (told->words[6] & VMTP_CODE_MASK) == VMTP_TOO_MANY_RETRIES,
             "NVC(TOO_MANY_RETRIES) behind them", "%s", told ? "another" : "nothing");
}

static void waits(struct vc_test *t) {
    struct vc_packet request = begin_sink(t);
    send_group(t, &request, 0, ~3u, 0);
    vc_pass(t, 60 * MS);
    vc_want_silence(t, "VMTP-13.3-47", "question while all that has come is whole");
    send_group(t, &request, 1, 0xffffffffu, 0);
    send_group(t, &request, 2, 0xffffffffu, 0);
    sunk(t, "VMTP-13.3-47", request);
}

/* The last packets are lost: long before TS1 would run out they are asked for. */
static void lost_behind(struct vc_test *t) {
    struct vc_packet request = begin_sink(t), second = request;
    second.transaction++;
    send_group(t, &request, 0, ~3u, 0);
    vc_time sent = vc_now(t);
    send_group(t, &request, 1, 15, 0);
    struct vc_packet *asked = vc_want_nvc(t, "VMTP-13.3-77", &second, VMTP_RETRY);
    vc_equal(t, "VMTP-13.3-77", "delivery", 15, asked->words[5]);
    vc_soon(t, "VMTP-13.3-77", "time until RETRY", 3 * MS, 15 * MS, asked->time - sent);
    send_group(t, &request, 1, ~15u, 0);
    send_group(t, &request, 2, 0xffffffffu, 0);
    sunk(t, "VMTP-13.3-77", request);
}

static void asks_again(struct vc_test *t) {
    struct vc_packet request = begin_sink(t);
    send_group(t, &request, 0, 0x3ffffffcu, 0);
    send_group(t, &request, 1, 3, 0);
    vc_want_nvc(t, "VMTP-13.3-55", &request, VMTP_RETRY);
    send_group(t, &request, 1, 12, VMTP_APG);
    vc_fence(t);
    vc_equal(t, "VMTP-13.3-55", "questions because of further data", 0, asked(t, &request, 0));
    send_group(t, &request, 1, 0, VMTP_APG);
    vc_fence(t);
    vc_equal(t, "VMTP-13.3-55", "questions because of a packet without data", 1, asked(t, &request, 0));
    send_group(t, &request, 0, 0xc0000000u, 0);
    send_group(t, &request, 1, 0xfffffff0u, 0);
    send_group(t, &request, 2, 0xffffffffu, 0);
    sunk(t, "VMTP-13.3-55", request);
}

/* ---- sent by a client ------------------------------------------------------------------------------------------------------ */

/* A CALL with a message of several groups, and what has come of that. */
struct message {
    struct vc_call call;
    struct vc_packet order, *last, *bare; /* last packet with data, last without */
    uint32_t first, size, blocks[GROUPS];
    unsigned groups, begun, bares; /* begun: groups of which anything has come */
};

static uint32_t missing(const struct message *m, unsigned group) {
    return vc_group_blocks(m->size, group) & ~m->blocks[group];
}

/* Groups that are whole from the start. */
static unsigned whole(const struct message *m) {
    unsigned n = 0;
    while (n < m->groups && !missing(m, n))
        n++;
    return n;
}

static void note(struct vc_test *t, struct message *m, struct vc_packet *p) {
    m->first = m->last || m->bare ? m->first : p->transaction;
    unsigned group = p->transaction - m->first;
    if (group >= m->groups)
        vc_give_up(t, "Transaction %u is none of the message", p->transaction);
    m->blocks[group] |= p->delivery;
    m->begun = m->begun > group + 1 ? m->begun : group + 1;
    if (p->delivery)
        m->last = p;
    else
        m->bare = p;
    m->bares += !p->delivery;
}

/* What comes until the node waits, or all of it. */
static void take(struct vc_test *t, struct message *m) {
    struct vc_packet *p;
    do {
        int waits = whole(m) == m->begun && m->last && m->last->control & VMTP_APG;
        p = whole(m) < m->groups ? vc_await_at_once(t, m->call.server, waits ? PAUSE : 10 * PAUSE) : NULL;
        if (p)
            note(t, m, p);
    } while (p);
}

/* Its first packets; none when the call does not begin. */
static struct message *have_called(struct vc_test *t, uint32_t size, uint32_t number) {
    static struct message message;
    struct message *m = &message;
    memset(m, 0, sizeof *m);
    m->call = (struct vc_call){.code = CODE, .size = size, .response_room = 100, .options = 1, .number = number};
    m->size = size;
    m->groups = vc_groups(size);
    m->order = vc_have_called(t, &m->call);
    struct vc_packet *first = vc_await_request(t, m->call.server, 300 * MS);
    if (first) {
        note(t, m, first);
        take(t, m);
    }
    return m;
}

static struct message *begin(struct vc_test *t, const char *id, uint32_t size) {
    struct message *m = have_called(t, size, 0);
    vc_check(t, id, m->last != NULL, "a Request of several groups", "%s", m->last ? "it came" : "none");
    if (!m->last)
        vc_give_up(t, "the node does not call");
    return m;
}

static void tell(struct vc_test *t, const struct message *m, unsigned group, uint32_t code, uint32_t delivery) {
    struct vc_packet told = vc_nvc(t, m->last, code, delivery);
    told.words[4] = m->first + group;
    vc_send(t, &told);
}

static void ends_with(struct vc_test *t, const char *id, const struct message *m, uint32_t code) {
    vc_ends(t, id, &m->order, code, VC_PATIENCE);
}

static void finish(struct vc_test *t, const char *id, const struct message *m) {
    struct vc_packet response = vc_response(m->last, VMTP_OK);
    response.transaction = m->first + m->groups - 1;
    response.gap = (uint8_t)(m->groups - 1);
    vc_send(t, &response);
    ends_with(t, id, m, VMTP_OK);
}

/* The blocks of a group that come again within a pause; other groups must not. */
static uint32_t sent_again(struct vc_test *t, const char *id, struct message *m, unsigned group) {
    struct vc_packet *p;
    uint32_t blocks = 0;
    while ((p = vc_await_at_once(t, m->call.server, PAUSE)) != NULL) {
        if (p->delivery)
            vc_equal(t, id, "group that is sent again", group, p->transaction - m->first);
        blocks |= p->delivery;
    }
    return blocks;
}

static void window(struct vc_test *t) {
    struct message *m = begin(t, "VMTP-13.3-43", 44 * VC_SEGMENT_MAX);
    unsigned done = 0;
    while (done < m->groups) {
        vc_check(t, "VMTP-13.3-43", m->begun - done <= 32, "at most 32 groups outstanding", "%u", m->begun - done);
        vc_check(t, "VMTP-13.3-43", m->last->control & VMTP_APG, "APG in the last packet before it waits", "none");
        for (unsigned i = 0; i < 8 && whole(m) < m->begun; i++) { /* what the tester has lost */
            tell(t, m, whole(m), VMTP_RETRY, m->blocks[whole(m)]);
            take(t, m);
        }
        if (whole(m) != m->begun || m->begun == done)
            vc_give_up(t, "packets were lost");
        done = m->begun;
        tell(t, m, done - 1, VMTP_OK, vc_group_blocks(m->size, done - 1));
        take(t, m);
    }
    finish(t, "VMTP-13.3-43", m);
}

#define LACKING 0xffffffcfu /* the third packet */

/* All of twelve groups is sent at once, and acknowledgment asked for in the eighth and the last. */
static struct message *twelve(struct vc_test *t, const char *id) {
    struct message *m = begin(t, id, 12 * VC_SEGMENT_MAX);
    if (whole(m) < m->groups)
        vc_give_up(t, "the node sends no twelve groups at once");
    return m;
}

static void up_to(struct vc_test *t) {
    struct message *m = twelve(t, "VMTP-13.3-45");
    tell(t, m, 5, VMTP_RETRY, LACKING);
    vc_equal(t, "VMTP-13.3-48", "blocks", 0x30, sent_again(t, "VMTP-13.3-48", m, 5));
    tell(t, m, 3, VMTP_RETRY, LACKING);
    vc_equal(t, "VMTP-13.3-45", "blocks of a group before that", 0x30, sent_again(t, "VMTP-13.3-45", m, 3));
    tell(t, m, 7, VMTP_OK, 0xffffffffu);
    tell(t, m, 4, VMTP_RETRY, LACKING);
    uint32_t blocks = sent_again(t, "VMTP-13.3-45", m, 4);
    vc_equal(t, "VMTP-13.3-45", "blocks of a group that is acknowledged", 0, blocks);
    tell(t, m, 9, VMTP_RETRY, LACKING);
    vc_equal(t, "VMTP-13.3-45", "blocks of a group behind", 0x30, sent_again(t, "VMTP-13.3-45", m, 9));
    finish(t, "VMTP-13.3-45", m);
}

/* It has seen an acknowledgment take 60 ms. */
static void five_times(struct vc_test *t) {
    struct message *m = twelve(t, "VMTP-13.3-48");
    vc_time took = vc_now(t); /* the acknowledgment, and so how long another RETRY has to keep away */
    vc_pass(t, 60 * MS);
    tell(t, m, 7, VMTP_OK, 0xffffffffu);
    vc_fence(t);
    took = vc_now(t) - took;
    for (unsigned i = 0; i < 5; i++) {
        tell(t, m, 9, VMTP_RETRY, LACKING);
        vc_equal(t, "VMTP-13.3-48", "blocks", 0x30, sent_again(t, "VMTP-13.3-48", m, 9));
        if (i == 0) {
            tell(t, m, 9, VMTP_RETRY, LACKING);
            uint32_t blocks = sent_again(t, "VMTP-13.3-56", m, 9);
            vc_equal(t, "VMTP-13.3-56", "blocks so soon after", 0, blocks);
        }
        vc_pass(t, 2 * took);
    }
    tell(t, m, 9, VMTP_RETRY, LACKING);
    ends_with(t, "VMTP-13.3-48", m, VMTP_RETRANS_TIMEOUT);
}

/* Questions after which the client gives up. */
static unsigned questions(struct vc_test *t, const char *id, struct message *m) {
    struct vc_packet *p;
    while ((p = vc_await_request(t, m->call.server, 500 * MS)) != NULL) {
        note(t, m, p);
        vc_check(t, id, !p->delivery && p->control & VMTP_APG && p->transaction == m->first + m->groups - 1,
                 "the last group without data, with APG", "Transaction %u, delivery %08x, control %08x", p->transaction,
                 p->delivery, p->control);
    }
    return m->bares;
}

static void silence(struct vc_test *t) {
    struct message *m = begin(t, "VMTP-13.3-49", SIZE);
    vc_equal(t, "VMTP-13.3-49", "questions", 5, questions(t, "VMTP-13.3-49", m));
    ends_with(t, "VMTP-13.3-49", m, VMTP_RETRANS_TIMEOUT);
}

/* The first of them is about as late as acknowledgments take: of a node that is busy, later than the five begin. */
static void silence_later(struct vc_test *t) {
    struct message *m = twelve(t, "VMTP-13.3-57");
    unsigned before = m->bares;
    tell(t, m, 7, VMTP_OK, 0xffffffffu);
    vc_fence(t);
    vc_equal(t, "VMTP-13.3-57", "questions", 6 + before, questions(t, "VMTP-13.3-57", m));
    ends_with(t, "VMTP-13.3-57", m, VMTP_RETRANS_TIMEOUT);
}

/* Neither a message to a group nor one with MDM has several groups. */
static void single_entity(struct vc_test *t) {
    const uint64_t servers[] = {VMTP_ID_GRP | VMTP_ID_UGP | vc_new_client(t), vc_new_client(t)};
    for (unsigned i = 0; i < 2; i++) {
        struct vc_call call = {.server = servers[i], .code = CODE | (i ? VMTP_MDM : 0), .size = SIZE, .options = 1};
        call.response_room = 100;
        call.deadline_ms = 300;
        struct vc_packet order = vc_have_called(t, &call), *p;
        while ((p = vc_await_request(t, servers[i], 30 * MS)) != NULL)
            vc_check(t, "VMTP-13.3-40", !(p->control & VMTP_CMG) || !(i ? p->code & VMTP_MDM : p->flags & VMTP_MPG),
                     "no packet group of several", "control %08x, Code %08x", p->control, p->code);
        p = vc_call_over(t, "VMTP-13.3-40", &order, VC_PATIENCE);
        int sent = vc_code(p) == VMTP_OK && p->words[0] == VMTP_OK;
        vc_check(t, "VMTP-13.3-40", !sent, "a call that does not succeed", "%s", sent ? "it does" : "it does not");
    }
}

/* ---- answered by a server --------------------------------------------------------------------------------------------------- */

static void held(struct vc_test *t) {
    struct vc_packet request = vc_request(t, VMTP_TEST_SOURCE_IDEMPOTENT), group = request, *part = NULL, told;
    request.words[0] = SIZE;
    request.control = VMTP_STI;
    vc_send(t, &request);
    for (unsigned g = 0; g < vc_groups(SIZE); g++) {
        group.transaction = request.transaction + g;
        for (uint32_t blocks = 0; blocks != vc_group_blocks(SIZE, g); blocks |= part->delivery)
            part = vc_want_response(t, "VMTP-13.3-50", &group, VMTP_OK);
    }
    told = vc_nvs(t, part, VMTP_OK, 0xffffffffu);
    told.words[4] = request.transaction + 1;
    vc_send(t, &told);
    told.words[4]++;
    told.words[5] = ~3u;
    told.words[6] = VMTP_RETRY;
    vc_send(t, &told);
    do {
        part = vc_want_response(t, "VMTP-13.3-50", &group, VMTP_OK);
    } while (!part->delivery);
    vc_equal(t, "VMTP-13.3-50", "blocks again", 3, part->delivery);
    told.words[6] = VMTP_OK;
    vc_send(t, &told);
    request.control |= VMTP_APG;
    request.retransmit = 1;
    vc_send(t, &request);
    vc_want_nvc(t, "VMTP-13.3-50", &request, VMTP_RESPONSE_DISCARDED);
}

/* ---- no record for one more -------------------------------------------------------------------------------------------------- */

#define CALLERS 12u /* numbers of CALL */
#define SINKS 6u    /* two to the service, one to each of its entities 1 to 4 */
#define TAKEN 20000u
#define BOUND "a bound of such messages that can be reached"

struct takers {
    struct vc_packet orders[CALLERS], responses[CALLERS], sinks[SINKS];
    unsigned sinking, calling, full; /* full: there was none for a call more */
};

/* A Request of two groups that waits for its second one; 0: it is refused. */
static int wait_for_more(struct vc_test *t, struct vc_packet *request) {
    vc_pattern(pattern, TAKEN, 3);
    vc_send_group(t, request, 0, pattern, TAKEN, 0xffffffffu, VMTP_APG);
    struct vc_packet *told = vc_await_answer(t, request, VC_PATIENCE);
    return told && (told->words[6] & VMTP_CODE_MASK) == VMTP_OK;
}

/* The node's calls, but with that number, and the tester's Requests take all records for messages of several groups that they can get. */
static struct takers *take_all(struct vc_test *t, const char *id, unsigned but) {
    static struct takers k;
    k.sinking = k.full = 0;
    for (unsigned i = 0; i < SINKS; i++) {
        k.sinks[k.sinking] = sink(t, vc_service_entity(t, i % (SINKS - 1)), TAKEN);
        k.sinking += (unsigned)wait_for_more(t, &k.sinks[k.sinking]);
    }
    k.calling = 0;
    for (unsigned number = 0; number < CALLERS; number++) {
        struct message *m = number != but ? have_called(t, TAKEN, number) : NULL;
        if (!m)
            continue;
        k.orders[k.calling] = m->order;
        if (!m->last) {
            k.full = vc_code(vc_call_over(t, id, &m->order, VC_PATIENCE)) == VMTP_TEST_NO_ROOM;
            break;
        }
        if (whole(m) < m->groups)
            vc_give_up(t, "packets were lost");
        tell(t, m, 1, VMTP_OK, 0xffffffffu);
        k.responses[k.calling] = vc_response(m->last, VMTP_OK);
        k.responses[k.calling].transaction = m->first + 1;
        k.responses[k.calling++].gap = 1;
    }
    return &k;
}

/* A Request that is not part of the message ends it. */
static void leave(struct vc_test *t, const struct vc_packet *request) {
    struct vc_packet p = vc_next(request, VMTP_TEST_NULL);
    p.transaction++;
    vc_send(t, &p);
    vc_await_response(t, &p, VC_PATIENCE);
}

static void give_back(struct vc_test *t, const char *id, const struct takers *k) {
    for (unsigned i = 0; i < k->sinking; i++)
        leave(t, &k->sinks[i]);
    for (unsigned i = 0; i < k->calling; i++)
        vc_send(t, &k->responses[i]);
    for (unsigned i = 0; i < k->calling; i++)
        vc_call_over(t, id, &k->orders[i], VC_PATIENCE);
}

/* A Response that cannot be taken shows that the server has the Request: so it is TC1 until that comes again. */
static void at_work(struct vc_test *t) {
    struct vc_call call = {.code = CODE, .response_room = SIZE, .options = 1};
    struct takers *k = take_all(t, "VMTP-13.3-65", 0);
    struct vc_packet order = vc_have_called(t, &call), *request, response;
    vc_want_request(t, "VMTP-13.3-65", call.server, VC_PATIENCE);
    request = vc_await_request(t, call.server, VC_PATIENCE); /* by TC1; what follows would come by TC2 */
    if (!request)
        vc_give_up(t, "the Request does not come again");
    response = vc_response(request, VMTP_OK);
    vc_send_group(t, &response, 0, pattern, SIZE, 3, 0);
    vc_fence(t);
    int full = vc_await_notify(t, VMTP_NOTIFY_VMTP_SERVER, request->client, request->transaction, 0) != NULL;
    vc_time since = vc_now(t);
    if (full) {
        request = vc_want_request(t, "VMTP-13.3-65", call.server, VC_PATIENCE);
        vc_check(t, "VMTP-13.3-65", request->time >= since + 3 * vc_least(VC_TC1, 1) / 4,
                 "the Request again not before TC1", "after %.1f ms", ((double)request->time - (double)since) / 1e6);
        response = vc_response(request, VMTP_OK);
        vc_send(t, &response);
    }
    give_back(t, "VMTP-13.3-65", k);
    vc_call_over(t, "VMTP-13.3-65", &order, VC_PATIENCE);
    if (!full)
        vc_skip(t, BOUND);
}

/* The same of a Response, and TC3. */
static void response_lost_behind(struct vc_test *t) {
    struct vc_call call = {.code = CODE, .response_room = SIZE, .options = 1};
    struct vc_packet order, *request = vc_calling(t, "VMTP-13.3-77", &call, &order), response, second, *asked;
    vc_pattern(pattern, SIZE, 3);
    second = response = vc_response(request, VMTP_OK);
    second.transaction++;
    send_group(t, &response, 0, 0xffffffffu, 0);
    vc_time sent = vc_now(t);
    send_group(t, &response, 1, 15, 0);
    asked = vc_want_nvs(t, "VMTP-13.3-77", &second, VMTP_RETRY);
    vc_equal(t, "VMTP-13.3-77", "delivery", 15, asked->words[5]);
    vc_soon(t, "VMTP-13.3-77", "time until RETRY", 3 * MS, 15 * MS, asked->time - sent);
    send_group(t, &response, 1, ~15u, 0);
    send_group(t, &response, 2, 0xffffffffu, VMTP_APG);
    vc_ends(t, "VMTP-13.3-77", &order, VMTP_OK, VC_PATIENCE);
}

/* One record is left, and a Response would like to have it that waits for the one before it. */
static void last_record(struct vc_test *t) {
    struct takers *k = take_all(t, "VMTP-13.3-76", CALLERS);
    if (!k->sinking || !k->full) {
        give_back(t, "VMTP-13.3-76", k);
        vc_skip(t, BOUND);
    }
    leave(t, &k->sinks[0]);
    struct vc_packet first = vc_request(t, VMTP_TEST_DELAY), second = first;
    first.words[0] = 150000;
    vc_send_of_run(t, &first, 0, 2);
    second.code = VMTP_TEST_SOURCE | VMTP_PIC;
    second.words[0] = TAKEN;
    second = vc_of_run(&second, 1, 2);
    second.control |= VMTP_STI;
    vc_send(t, &second);
    vc_fence(t);
    vc_pass(t, 25 * MS); /* for the service */
    k->sinks[0] = sink(t, k->sinks[0].server, TAKEN);
    int taken = wait_for_more(t, &k->sinks[0]);
    vc_check(t, "VMTP-13.3-76", taken, "the last record is there for the Request of another Client", "%s",
             taken ? "it is" : "it is taken");
    first = vc_of_run(&first, 0, 2);
    vc_want_response(t, "VMTP-13.3-76", &first, VMTP_OK);
    leave(t, &second);
    give_back(t, "VMTP-13.3-76", k);
}

const struct vc_case vc_large_cases[] = {
    VC_CASE("large/stalled", "VMTP-13.3-47", SERVES " near",
            "SINK of 40000 octets that breaks off within its second group",
            "five NVC(RETRY) for that, then NVC(TOO_MANY_RETRIES)", stalled),
    VC_CASE("large/waits", "VMTP-13.3-47", SERVES " near", "the first group of three, and the others later",
            "silence, then all is taken", waits),
    VC_TIMED("large/lost-behind", "VMTP-13.3-77", SERVES, "SINK of 40000 octets that breaks off within its second group",
             "NVC(RETRY) for that after 4 ms", lost_behind),
    VC_TIMED("large/asks-again", "VMTP-13.3-55", SERVES " near",
             "a hole in the first group; packets of the second with and without data",
             "NVC(RETRY) once, and once more because of the packet without data", asks_again),
    VC_CASE("large/window", "VMTP-13.3-43", CALLS " near", "CALL with 44 groups; NVC(OK) whenever the node waits",
            "at most 32 outstanding, APG before it waits", window),
    VC_TIMED("large/up-to", "VMTP-13.3-45 VMTP-13.3-48", CALLS " near",
             "NVC(RETRY) for a group, and one before it; NVC(OK)", "what lacks, and nothing of what is acknowledged",
             up_to),
    VC_TIMED("large/five-times", "VMTP-13.3-48 VMTP-13.3-56", CALLS " near",
             "NVC(RETRY) for a group six times, and once too soon", "its blocks five times, then RETRANS_TIMEOUT",
             five_times),
    VC_CASE("large/silence", "VMTP-13.3-49", CALLS, "CALL with three groups, and no answer",
            "five packets without data, then RETRANS_TIMEOUT", silence),
    VC_TIMED("large/silence-later", "VMTP-13.3-57", CALLS " near",
             "CALL with twelve groups, NVC(OK) for eight, and no more", "six packets without data", silence_later),
    VC_CASE("large/single-entity", "VMTP-13.3-40", CALLS " groups", "CALL with 40000 octets to a group, and with MDM",
            "no message of several groups", single_entity),
    VC_CASE("large/held", "VMTP-13.3-50", SERVES, "an idempotent Response of three groups; NVS(OK) for two",
            "the third is held until NVS(OK) for it", held),
    VC_TIMED("large/at-work", "VMTP-13.3-65", CALLS " entities",
             "all records for messages of several groups are taken, and a Response of that kind",
             "NVS(BUSY), and the Request again after TC1", at_work),
    VC_TIMED("large/response-lost-behind", "VMTP-13.3-77", CALLS, "the same of a Response",
             "NVS(RETRY) for it after 4 ms", response_lost_behind),
    VC_TIMED("large/last-record", "VMTP-13.3-76", CALLS " entities delay",
             "DELAY and SOURCE of 20000 octets as a run, while one record for such messages is left",
             "another Client's Request has it", last_record),
    VC_LAST,
};
