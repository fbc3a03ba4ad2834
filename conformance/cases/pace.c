/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rate control: section 12.  What a client asks for stands in its Requests; what a server leaves shows in times, which are judged where the
 * machine between can be trusted with them.
 */
#include "../case.h"

#define SERVES "test-service records segments"
#define CALLS SERVES " client"
#define MS VC_MILLISECOND
#define US VC_MICROSECOND
#define SIZE VC_SEGMENT_MAX
#define CODE (VMTP_PIC | 0x777u)
#define PACKET_TIME 32u /* of these units is a gap of one */

static uint8_t pattern[SIZE];

/* One of larger packets has so few of them that what is lost, and when, cannot be measured out. */
static void sixteen_packets(struct vc_test *t) {
    if (vc_mtu(t) >= VC_HEADER + 3 * VC_BLOCK + VC_CHECKSUM)
        vc_skip(t, "packet groups of sixteen packets: the MTU of the segment holds more than two blocks");
}

/* ---- what a client asks for ------------------------------------------------------------------------------------------------ */

/* A server that the node calls again and again, and the last CALL for that: all are of one Client, since there are many. */
struct peer {
    uint64_t server;
    struct vc_packet order;
};

/* A call that the tester answers, and when that was. */
struct exchange {
    uint32_t gap; /* of its Request */
    vc_time asked, missed, answered;
};

/* These blocks of the Response are lost at first, if the Request asks for no longer gap than that. */
static struct exchange exchange_of(struct vc_test *t, const char *id, struct peer *peer, uint32_t lost, uint32_t limit,
                                   uint32_t size) {
    struct vc_call call = {.server = peer->server, .code = CODE, .response_room = SIZE, .options = 1};
    call.behind = peer->order.client ? &peer->order : NULL;
    peer->order = vc_have_called(t, &call);
    struct vc_packet *request = vc_want_request(t, id, peer->server, VC_PATIENCE), response;
    struct exchange x = {.gap = request->gap, .asked = request->time};
    response = vc_response(request, VMTP_OK);
    lost = x.gap <= limit ? lost : 0;
    vc_send_blocks(t, &response, pattern, size, vc_all_blocks(size) & ~lost, 0);
    if (lost) {
        struct vc_packet *told = vc_await_notify(t, VMTP_NOTIFY_VMTP_SERVER, request->client, request->transaction,
                                                 VC_PATIENCE);
        if (!told)
            vc_give_up(t, "the node does not ask for what is lost");
        x.missed = told->time;
        vc_send_blocks(t, &response, pattern, size, lost, 0);
    }
    x.answered = vc_now(t);
    vc_call_over(t, id, &peer->order, VC_PATIENCE);
    return x;
}

static struct exchange exchange(struct vc_test *t, const char *id, struct peer *peer, uint32_t lost, uint32_t limit) {
    return exchange_of(t, id, peer, lost, limit, SIZE);
}

static uint32_t asks_for(struct vc_test *t, const char *id, struct peer *peer, uint32_t lost) {
    return exchange(t, id, peer, lost, 255).gap;
}

#define SMALL 2048u /* a group of two packets shows as well as any that all arrived */

/* A server at the other node, where all that was lost is forgotten: the node asks for no gap for a while. */
static struct peer *recovered(struct vc_test *t, const char *id) {
    static struct peer last;
    struct peer *server = &last;
    last = (struct peer){.server = vc_new_client(t)};
    vc_pattern(pattern, SIZE, 1);
    vc_other_node(t, 1);
    vc_time until = vc_now(t) + 5 * VC_SECOND;
    for (unsigned without = 0; without < 6; without++) {
        if (exchange_of(t, id, server, 0, 0, SMALL).gap)
            without = 0;
        vc_pass(t, 7 * MS);
        if (vc_now(t) > until)
            vc_give_up(t, "the node goes on to ask for a gap");
    }
    return server;
}

static void asks(struct vc_test *t) {
    sixteen_packets(t);
    struct peer *server = recovered(t, "VMTP-12-05");
    uint32_t before = asks_for(t, "VMTP-12-05", server, 0x300);
    uint32_t unlucky = asks_for(t, "VMTP-12-05", server, 0), most = before ? before + (PACKET_TIME + before) / 32 : 0;
    vc_check(t, "VMTP-12-07 VMTP-12-13", unlucky <= most,
             "a thirty-second longer after one packet lost of 16, and nothing where there was none", "gap %u after %u",
             unlucky, before);
    uint32_t short_one = asks_for(t, "VMTP-12-05", server, 0xffffff00);
    uint32_t longer = asks_for(t, "VMTP-12-05", server, 0);
    vc_check(t, "VMTP-12-05", longer > short_one, "a longer gap after 12 packets lost of 16", "gap %u after %u", longer,
             short_one);
    vc_check(t, "VMTP-12-07 VMTP-12-14",
             2 * (PACKET_TIME + longer) >= 3 * (PACKET_TIME + short_one) &&
                 PACKET_TIME + longer <= 4 * (PACKET_TIME + short_one),
             "an interval at least half as long again, and at most four times as long", "gap %u after %u", longer,
             short_one);
}

/* A gap that is in use: since when, and for how many whole groups. */
struct use {
    uint32_t gap;
    unsigned groups;
    vc_time since; /* not later than its use began */
};

static void note_use(struct vc_test *t, struct use *u, const struct exchange *x, vc_time answered_before) {
    if (x->gap < u->gap)
        vc_check(t, "VMTP-12-15", u->groups >= 4 && x->asked - u->since >= 25 * MS,
                 "four whole groups and 25 ms with a gap before a shorter one", "%u groups, %.1f ms, gap %u after %u",
                 u->groups, (double)(x->asked - u->since) / 1e6, x->gap, u->gap);
    if (x->gap != u->gap)
        *u = (struct use){.gap = x->gap, .since = answered_before};
    u->groups++;
}

/* Whole groups, until the gap that was too short is tried again, or for that long; when it was tried some packets are lost. */
static struct exchange go_on(struct vc_test *t, struct peer *server, uint32_t bad, uint32_t lost, vc_time least,
                             vc_time most, vc_time since, uint32_t *good) {
    struct exchange x = {0}, last = exchange(t, "VMTP-12-08", server, 0, 0);
    struct use use = {.gap = last.gap, .since = since, .groups = 1};
    do {
        x = exchange(t, "VMTP-12-08", server, lost, bad);
        note_use(t, &use, &x, last.answered);
        if (x.gap <= bad)
            vc_check(t, "VMTP-12-08", x.asked - since >= least, "the gap that was too short not so soon again",
                     "gap %u after %.1f ms", x.gap, (double)(x.asked - since) / 1e6);
        else
            *good = x.gap;
        last = x;
        vc_pass(t, vc_now(t) - since < VC_SECOND ? 4 * MS : 12 * MS); /* so many frames would be too many */
    } while (x.gap > bad && vc_now(t) - since < most);
    return x;
}

static void tries_again(struct vc_test *t) {
    sixteen_packets(t);
    struct peer *server = recovered(t, "VMTP-12-08");
    uint32_t good = 0;
    struct exchange bad = exchange(t, "VMTP-12-08", server, 0xffff0000u, 255);
    struct exchange tried = go_on(t, server, bad.gap, 0xff, 450 * MS, 5 * VC_SECOND, bad.missed, &good);
    vc_check(t, "VMTP-12-08", tried.gap <= bad.gap, "a gap that was too short is tried again", "gap %u, not %u",
             tried.gap, bad.gap);
    if (tried.gap > bad.gap || !good)
        return;
    struct exchange next = exchange(t, "VMTP-12-15", server, 0, 0);
    vc_equal(t, "VMTP-12-15", "the gap that was good, after the shorter one lost four packets", good, next.gap);
    next = go_on(t, server, tried.gap, 0, 900 * MS, 850 * MS, tried.missed, &good);
    vc_check(t, "VMTP-12-08", next.gap > tried.gap, "twice as late the next time", "gap %u within 850 ms", next.gap);
}

/* ---- what a server leaves ------------------------------------------------------------------------------------------------------ */

#define SEEN (50 * US)   /* less is no gap that one sees */
#define QUIET (300 * US) /* a machine that takes longer for sixteen packets is busy */

/* How far apart sixteen answers to Probes are that have nothing to wait for: what the machine does by itself. */
static vc_time noise(struct vc_test *t) {
    vc_time least = VC_SECOND;
    for (unsigned round = 0; round < 3 || (least > QUIET && round < 60); round++) {
        struct vc_packet probes[16];
        vc_time first = 0, last = 0;
        for (unsigned i = 0; i < 16; i++) {
            probes[i] = vc_manage(t, VMTP_PROBE_ENTITY, vc_service(t));
            probes[i].words[2] = probes[i].words[0];
            probes[i].words[3] = probes[i].words[1];
            vc_send(t, &probes[i]);
        }
        for (unsigned i = 0; i < 16; i++) {
            struct vc_packet *answer = vc_await_response(t, &probes[i], VC_PATIENCE);
            if (!answer)
                vc_give_up(t, "a Probe is not answered");
            first = i ? first : answer->time;
            last = answer->time;
        }
        least = last - first < least ? last - first : least;
        vc_pass(t, least > QUIET ? 10 * MS : 0); /* a busy machine has its quiet moments */
    }
    if (least > QUIET)
        vc_skip(t, "answers that follow each other so fast that gaps can be told from waiting");
    return least;
}

/* A Response, when its first and last packet came, and the last. */
struct sent {
    struct vc_packet request, *last;
    vc_time from, to;
};

static void take(struct vc_test *t, const char *id, struct sent *s) {
    s->from = 0;
    for (uint32_t blocks = 0; blocks != vc_all_blocks(s->request.words[0]); blocks |= s->last->delivery) {
        s->last = vc_want_response(t, id, &s->request, VMTP_OK);
        s->from = s->from ? s->from : s->last->time;
        s->to = s->last->time;
    }
}

static struct sent ask_for(struct vc_test *t, uint32_t code, uint8_t gap, uint32_t size) {
    struct sent s = {.request = vc_request(t, code)};
    s.request.words[0] = size;
    s.request.gap = gap;
    vc_send(t, &s.request);
    return s;
}

static struct sent ask(struct vc_test *t, uint32_t code, uint8_t gap) { return ask_for(t, code, gap, SIZE); }

static void tell(struct vc_test *t, const struct sent *s, uint32_t code, uint32_t delivery) {
    vc_tell_server(t, s->last, code, delivery);
}

/* The least time from first to last packet of three Responses. */
static vc_time span(struct vc_test *t, const char *id, uint8_t gap) {
    vc_time least = VC_SECOND;
    for (unsigned i = 0; i < 3; i++) {
        struct sent s = ask(t, VMTP_TEST_SOURCE, gap);
        take(t, id, &s);
        tell(t, &s, VMTP_OK, 0xffffffffu);
        least = s.to - s.from < least ? s.to - s.from : least;
    }
    return least;
}

/* Most of its packets are lost, several times. */
static void lose(struct vc_test *t, const char *id) {
    for (unsigned i = 0; i < 3; i++) {
        struct sent s = ask(t, VMTP_TEST_SOURCE, 0);
        take(t, id, &s);
        tell(t, &s, VMTP_RETRY, 0xff);
        for (uint32_t blocks = 0xff; blocks != 0xffffffffu; blocks |= s.last->delivery)
            s.last = vc_want_response(t, id, &s.request, VMTP_OK);
        tell(t, &s, VMTP_OK, 0xffffffffu);
    }
}

/* Where it fails the machine is asked once more whether it can be trusted. */
static void check_longer(struct vc_test *t, const char *id, const char *what, vc_time least, vc_time seen) {
    if (seen < least)
        noise(t);
    vc_check(t, id, seen >= least, what, "%.1f us; %.1f us would do", (double)seen / 1e3, (double)least / 1e3);
}

/* Until nothing is to be seen of a gap. */
static vc_time without_gap(struct vc_test *t, const char *id, vc_time quiet) {
    vc_time until = vc_now(t) + 5 * VC_SECOND, now;
    struct sent s = ask_for(t, VMTP_TEST_SOURCE, 0, SMALL);
    take(t, id, &s);
    while ((now = span(t, id, 0)) > 2 * quiet + 100 * US) {
        for (unsigned i = 0; i < 40; i++) {
            s.request = vc_next(&s.request, VMTP_TEST_SOURCE);
            s.request.words[0] = SMALL;
            vc_send(t, &s.request);
            take(t, id, &s);
            vc_pass(t, 7 * MS);
        }
        if (vc_now(t) > until)
            vc_skip(t, "packets that follow each other so fast that gaps can be told from waiting");
    }
    tell(t, &s, VMTP_OK, 0xffffffffu);
    return now;
}

/* Each Request asks for a gap of a thirty-second, which is shorter than what the server finds. */
static void lengthens(struct vc_test *t) {
    sixteen_packets(t);
    vc_other_node(t, 1);
    vc_time quiet = noise(t), before = without_gap(t, "VMTP-12-03", quiet);
    lose(t, "VMTP-12-03");
    vc_time after = span(t, "VMTP-12-03", 1);
    check_longer(t, "VMTP-12-03 VMTP-12-06", "a longer gap after losses than the Request asks for",
                 2 * before + quiet + SEEN, after);
    vc_time until = vc_now(t) + 5 * VC_SECOND, now = after;
    for (unsigned i = 0; now > after / 4 * 3 && vc_now(t) < until; i++) {
        now = span(t, "VMTP-12-04", 1);
        vc_pass(t, i < 10 ? 20 * MS : 200 * MS); /* so many frames would be too many */
    }
    if (now > after / 4 * 3)
        noise(t);
    vc_check(t, "VMTP-12-04", now <= after / 4 * 3, "a shorter gap while all arrives", "%.1f us, and %.1f us at first",
             (double)now / 1e3, (double)after / 1e3);
}

#define PROBES 6u

/* Two Responses at once, and answers of the manager between. */
static void together(struct vc_test *t) {
    sixteen_packets(t);
    vc_other_node(t, 1);
    noise(t);
    lose(t, "VMTP-12-09");
    vc_time one = span(t, "VMTP-12-09", 0), first = 0, last = 0, times[32];
    struct sent both[2] = {ask(t, VMTP_TEST_SOURCE, 0), ask(t, VMTP_TEST_SOURCE, 0)};
    struct vc_packet probes[PROBES], *answer;
    for (unsigned i = 0; i < PROBES; i++) {
        probes[i] = vc_manage(t, VMTP_PROBE_ENTITY, vc_service(t));
        probes[i].words[2] = probes[i].words[0];
        probes[i].words[3] = probes[i].words[1];
        vc_send(t, &probes[i]);
    }
    unsigned count = 0, between = 0;
    for (unsigned k = 0; k < 2; k++)
        for (uint32_t blocks = 0; blocks != 0xffffffffu && count < 32; blocks |= both[k].last->delivery) {
            both[k].last = vc_want_response(t, "VMTP-12-09", &both[k].request, VMTP_OK);
            times[count++] = both[k].last->time;
        }
    for (unsigned i = 0; i < PROBES; i++) {
        answer = vc_want_response(t, "VMTP-12-09", &probes[i], VMTP_OK);
        first = i ? first : answer->time;
        last = answer->time;
    }
    vc_time from = times[0], to = times[0];
    for (unsigned i = 0; i < count; i++) {
        between += times[i] > first && times[i] < last;
        from = times[i] < from ? times[i] : from;
        to = times[i] > to ? times[i] : to;
    }
    check_longer(t, "VMTP-12-09", "the gap between packets of two Responses", one / 10 * 13 + SEEN, to - from);
    vc_check(t, "VMTP-12-09", between < PROBES - 1, "no gap between answers of the manager",
             "%u packets of Responses between %u of them", between, PROBES);
    for (unsigned k = 0; k < 2; k++)
        tell(t, &both[k], VMTP_OK, 0xffffffffu);
}

/* With the longest gap that a Request can ask for, because then each repetition counts as two packets. */
static void done_again(struct vc_test *t) {
    sixteen_packets(t);
    vc_time quiet = noise(t), before = (without_gap(t, "VMTP-12-12", quiet), span(t, "VMTP-12-12", 255));
    for (unsigned i = 0; i < 4; i++) { /* what the machine adds is not of the node */
        vc_time once = span(t, "VMTP-12-12", 255);
        before = once < before ? once : before;
    }
    struct sent s = ask(t, VMTP_TEST_SOURCE_IDEMPOTENT, 255);
    take(t, "VMTP-12-12", &s);
    for (unsigned i = 1; i < 80; i++) {
        s.request.retransmit = i & 7;
        s.request.control = VMTP_APG;
        vc_send(t, &s.request);
        take(t, "VMTP-12-12", &s);
    }
    check_longer(t, "VMTP-12-12", "a longer gap after an operation was done again 79 times",
                 before / 2 * 3 + quiet + SEEN, span(t, "VMTP-12-12", 255));
}

const struct vc_case vc_pace_cases[] = {
    VC_CASE("pace/asks", "VMTP-12-05 VMTP-12-07 VMTP-12-13 VMTP-12-14", CALLS,
            "Responses of which one packet, and then most are lost",
            "a gap that is hardly longer, and then much longer", asks),
    VC_CASE("pace/tries-again", "VMTP-12-08 VMTP-12-15", CALLS " near",
            "half of a Response is lost, and later nothing; until that gap comes again",
            "shorter gaps step by step; the one that was too short after 500 ms, and then not for a second", tries_again),
    VC_TIMED("pace/lengthens", "VMTP-12-03 VMTP-12-04 VMTP-12-06", SERVES " patience",
             "NVS(RETRY) for most of three Responses; then all arrive", "longer gaps, and later shorter ones", lengthens),
    VC_TIMED("pace/together", "VMTP-12-09", SERVES " patience", "two SOURCEs at once, and Probes, after losses",
             "the gap between packets of both, and none between answers to Probes", together),
    VC_TIMED("pace/done-again", "VMTP-12-12", SERVES " patience", "an idempotent SOURCE again and again", "longer gaps",
             done_again),
    VC_LAST,
};
