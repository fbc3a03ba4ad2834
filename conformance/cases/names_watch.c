/* SPDX-License-Identifier: BSD-2-Clause */
/* Lists and heartbeats.  spec/naming.md sections 8.7 and 10: managers, and those who list and watch. */
#include "names.h"

#include <stdio.h>
#include <string.h>

#define CLAIMS "name-claims"
#define BOTH "name-client"

/* ---- lists ---------------------------------------------------------------------------------------------------------- */

static void lists(struct vc_test *t) {
    char prefix[40], inner[60];
    uint64_t manager = nm_manager(t, 0);
    struct vc_packet q = nm_send(t, VNAME_HANDLERS, VNAME_LIST, NULL, 0), *p;
    vc_settle(t);
    unsigned answers = 0;
    while ((p = vc_await_response(t, &q, 0)) != NULL)
        answers += p->server == manager;
    vc_equal(t, "NAME-8.7-02", "answers of one that holds nothing:", 0, answers);
    q = nm_send(t, manager, VNAME_LIST, NULL, 0);
    p = vc_want_response(t, "NAME-3.3-05", &q, VMTP_OK);
    vc_check(t, "NAME-3.3-05", vc_segment_size(p) == 0 && p->words[0] == 0 && p->words[1] == 0,
             "no records and no segment", "%u octets", vc_segment_size(p));
    snprintf(inner, sizeof inner, "%s/c1", nm_new_prefix(t, prefix));
    nm_hold_two(t, prefix, inner);
    q = nm_send(t, manager, VNAME_LIST, NULL, 0);
    p = vc_want_response(t, "NAME-8.7-01", &q, VMTP_OK);
    vc_check(t, "NAME-8.7-01", p->words[0] == 2 && p->words[1] == 2, "2 records of 2", "%u of %u", p->words[1],
             p->words[0]);
    vc_equal(t, "NAME-4-04", "DGM", VMTP_DGM, p->code & VMTP_DGM);
    struct nm_record r = nm_want_record(t, "NAME-8.7-01", p);
    vc_check(t, "NAME-8.7-01", r.prefix_length == strlen(prefix), "the lower one first", "the other");
    q = nm_to(t, manager, VNAME_LIST);
    q.words[0] = 1;
    vc_send(t, &q);
    p = vc_want_response(t, "NAME-8.7-01", &q, VMTP_OK);
    r = nm_want_record(t, "NAME-8.7-01", p);
    vc_check(t, "NAME-8.7-01", p->words[0] == 2 && p->words[1] == 1 && r.prefix_length == strlen(inner),
             "1 of 2, the second", "%u of %u", p->words[1], p->words[0]);
}

/* ---- heartbeats ------------------------------------------------------------------------------------------------------- */

static struct vc_packet *heartbeat(struct vc_test *t, vc_time patience) {
    return nm_await(t, VNAME_WATCHERS, VNAME_ANNOUNCE, patience);
}

static void watch_it(struct vc_test *t, uint64_t manager, uint32_t seconds) {
    struct vc_packet q = nm_to(t, manager, VNAME_WATCH);
    q.words[0] = seconds;
    vc_send(t, &q);
    struct vc_packet *p = vc_want_response(t, "NAME-10-02", &q, VMTP_OK);
    vc_equal(t, "NAME-10-02", "milliseconds", 1000, p->words[0]);
    vc_equal(t, "NAME-4-04", "DGM", VMTP_DGM, p->code & VMTP_DGM);
}

static void heartbeats(struct vc_test *t) {
    char prefix[40];
    uint64_t manager = nm_manager(t, 0);
    nm_hold(t, nm_new_prefix(t, prefix));
    vc_check(t, "NAME-10-04", !heartbeat(t, 1200 * MS), "no heartbeat without watchers", "one");
    watch_it(t, manager, 3);
    vc_time last = vc_now(t);
    watch_it(t, manager, 1); /* the other one lasts longer */
    for (unsigned i = 0; i < 2; i++) {
        struct vc_packet *p = heartbeat(t, 2 * VC_SECOND);
        if (!vc_check(t, "NAME-10-02 NAME-10-03", p != NULL, "a heartbeat", "none"))
            vc_give_up(t, "no heartbeat");
        vc_between(t, "NAME-10-02", "time since the one before", 980 * MS, 1200 * MS, p->time - last);
        last = p->time;
        vc_equal(t, "NAME-10-02", "reason", VNAME_REASON_HEARTBEAT, p->words[0]);
        vc_equal(t, "NAME-10-02", "manager", manager, nm_want_record(t, "NAME-10-02", p).manager);
    }
    while (vc_now(t) < last + 1300 * MS && heartbeat(t, 1300 * MS))
        continue;
    vc_check(t, "NAME-10-04", !heartbeat(t, 1200 * MS), "no heartbeat after the time of all", "one");
}

/* ---- who lists -------------------------------------------------------------------------------------------------------- */

static void surveys(struct vc_test *t) {
    struct vc_packet order = vc_request(t, VMTP_TEST_NAME_SURVEY);
    uint64_t other = vc_new_client(t);
    char prefixes[3][40];
    struct nm_record r[3];
    for (unsigned i = 0; i < 3; i++)
        r[i] = nm_record_of(nm_new_prefix(t, prefixes[i]), other, 1);
    vc_send(t, &order);
    struct vc_packet *p = nm_await(t, VNAME_HANDLERS, VNAME_LIST, VC_SECOND);
    if (!vc_check(t, "NAME-8.7-03", p != NULL, "ListNames to VNAME_HANDLERS", "none"))
        vc_give_up(t, "the node does not list");
    vc_check(t, "NAME-8.7-03", p->control & VMTP_DRT && p->code & VMTP_MRD, "several Responses, with DRT", "flags 0x%x",
             p->control);
    for (unsigned i = 0; i < 3; i++) {
        struct vc_packet a = vc_response(p, VMTP_OK | VMTP_DGM);
        memcpy(a.dst, vc_node_mac(t), 6);
        memcpy(a.src, vc_tester_mac(t), 6);
        a.server = other;
        a.words[0] = 3;
        a.words[1] = 1;
        nm_carry_record(&a, &r[i]);
        vc_send(t, &a);
        if (i == 2)
            break;
        struct vc_packet *rest = vc_want_request(t, "NAME-8.7-03", other, 3 * VC_SECOND);
        vc_equal(t, "NAME-8.7-03", "Code", VNAME_LIST & NM_LOW24, vc_code(rest));
        vc_equal(t, "NAME-8.7-03", "records to skip", i + 1, rest->words[0]);
        p = rest;
    }
    p = vc_want_response(t, "NAME-8.7-03", &order, VMTP_OK);
    vc_check(t, "NAME-8.7-03", p->words[1] >= 3 && p->words[3] == 0, "all three records", "%u", p->words[1]);
}

/* A list that does not end. */
static void endless(struct vc_test *t) {
    struct vc_packet order = vc_request(t, VMTP_TEST_NAME_SURVEY), *p;
    uint64_t other = vc_new_client(t);
    char prefix[40];
    struct nm_record r = nm_record_of(nm_new_prefix(t, prefix), other, 1);
    vc_send(t, &order);
    p = nm_await(t, VNAME_HANDLERS, VNAME_LIST, VC_SECOND);
    vc_time first = 0, last = 0;
    for (unsigned i = 0; p && i < 400; i++) {
        struct vc_packet a = vc_response(p, VMTP_OK | VMTP_DGM);
        memcpy(a.dst, vc_node_mac(t), 6);
        memcpy(a.src, vc_tester_mac(t), 6);
        a.server = other;
        a.words[0] = 100000;
        a.words[1] = 1;
        nm_carry_record(&a, &r);
        if (first)
            vc_pass(t, 300 * MS);
        vc_send(t, &a);
        p = vc_await_request(t, other, 2 * VC_SECOND);
        first = first || !p ? first : p->time;
        last = p ? p->time : last;
    }
    vc_check(t, "NAME-8.7-04", first && last - first <= 10500 * MS, "not asked for longer than 10 s", "%llu ms",
             (unsigned long long)((last - first) / MS));
    p = vc_want_response(t, "NAME-8.7-04", &order, VMTP_OK);
    vc_check(t, "NAME-8.7-04", p->words[3] == 1, "one manager whose list has no end", "%u", p->words[3]);
}

/* ---- who watches ------------------------------------------------------------------------------------------------------ */

static struct vc_packet *tell_watch(struct vc_test *t, uint32_t what, const char *name) {
    struct vc_packet p = vc_request(t, VMTP_TEST_NAME_WATCH);
    p.words[0] = what;
    if (name)
        nm_carry_name(&p, name);
    vc_send(t, &p);
    struct vc_packet *a = vc_await_response(t, &p, VC_PATIENCE);
    if (!a || vc_code(a) != VMTP_OK)
        vc_give_up(t, "NAME_WATCH does not work");
    return a;
}

static void want_change(struct vc_test *t, const char *id, uint32_t count, uint32_t change, uint64_t manager) {
    struct vc_packet *p = tell_watch(t, 0, NULL);
    vc_equal(t, id, "changes", count, p->words[0]);
    vc_equal(t, id, "the last of them", change, p->words[1]);
    if (manager)
        vc_equal(t, id, "manager", manager, vc_pair(p->words + 2));
}

/* The watcher settles a doubt by QueryName; record NULL: nobody answers. */
static int settle_doubt(struct vc_test *t, uint64_t alone, const struct nm_record *r, vc_time patience) {
    vc_time until = vc_now(t) + patience;
    int asked = 0;
    while (vc_now(t) < until && !asked) {
        struct vc_packet *p = alone ? vc_await_request(t, alone, 20 * MS) : NULL;
        p = p && vc_code(p) == (VNAME_QUERY & NM_LOW24) ? p : nm_await(t, VNAME_HANDLERS, VNAME_QUERY, 20 * MS);
        asked = p != NULL;
        if (p && r && (p->server == r->manager || p->server == VNAME_HANDLERS))
            nm_tell(t, p, r);
    }
    return asked;
}

static void appears(struct vc_test *t) {
    char prefix[40];
    nm_resolver(t, 0, 0, NULL, NULL);
    tell_watch(t, 1, nm_new_prefix(t, prefix));
    struct vc_packet *first = nm_await(t, VNAME_HANDLERS, VNAME_QUERY, 2 * VC_SECOND), *p = first;
    if (!vc_check(t, "NAME-10-01", first != NULL, "QueryName", "none"))
        vc_give_up(t, "no QueryName");
    vc_time before = first->time;
    for (unsigned i = 0; i < 2; i++) {
        uint32_t transaction = p->transaction;
        do
            p = nm_await(t, VNAME_HANDLERS, VNAME_QUERY, 5 * VC_SECOND);
        while (p && p->transaction == transaction && p->client == first->client);
        if (!vc_check(t, "NAME-10-01", p != NULL, "QueryName again", "none"))
            vc_give_up(t, "no further QueryName");
        vc_check(t, "NAME-10-01", p->time - before >= (900ull << i) * MS, "after a second at least, then twice as late",
                 "%llu ms", (unsigned long long)((p->time - before) / MS));
        before = p->time;
    }
    want_change(t, "NAME-10-07", 0, 0, 0);
    struct nm_record r = nm_record_of(prefix, vc_new_client(t), 1);
    nm_announce(t, VNAME_REASON_HELD, &r);
    settle_doubt(t, r.manager, &r, 2 * VC_SECOND);
    vc_pass(t, 300 * MS);
    want_change(t, "NAME-10-01 NAME-10-07", 1, 1, r.manager);
    tell_watch(t, 2, NULL);
}

/* The tester is the manager that is watched; the first WatchName is answered. */
static struct nm_record watched(struct vc_test *t, char prefix[40], uint32_t *seconds) {
    nm_resolver(t, 0, 0, NULL, NULL);
    struct nm_record r = nm_record_of(nm_new_prefix(t, prefix), vc_new_client(t), 1);
    tell_watch(t, 1, prefix);
    settle_doubt(t, 0, &r, 2 * VC_SECOND);
    struct vc_packet *p = vc_await_request(t, r.manager, 2 * VC_SECOND);
    if (!p || vc_code(p) != (VNAME_WATCH & NM_LOW24))
        vc_give_up(t, "there is no WatchName");
    *seconds = p->words[0];
    nm_answer(t, p, r.manager, VMTP_OK | VMTP_DGM, 1000, NULL);
    return r;
}

static void beat(struct vc_test *t, const struct nm_record *r) {
    struct vc_packet p = nm_to_all(t, VNAME_WATCHERS, VNAME_ANNOUNCE);
    p.code = VNAME_ANNOUNCE | VMTP_DGM;
    nm_as(&p, r->manager);
    p.words[0] = VNAME_REASON_HEARTBEAT;
    nm_carry_record(&p, r);
    vc_send(t, &p);
}

static void gone(struct vc_test *t) {
    char prefix[40];
    uint32_t seconds;
    struct nm_record r = watched(t, prefix, &seconds);
    vc_check(t, "NAME-10-05", seconds >= 1 && seconds <= 3600, "1 to 3600 seconds", "%u", seconds);
    for (unsigned i = 0; i < 3; i++) {
        vc_pass(t, VC_SECOND);
        beat(t, &r);
    }
    want_change(t, "NAME-10-07", 1, 1, r.manager);
    vc_time silent = vc_now(t);
    struct vc_packet *p = NULL;
    while (vc_now(t) < silent + 6 * VC_SECOND && !(p && vc_code(p) == (VNAME_QUERY & NM_LOW24)))
        p = vc_await_request(t, r.manager, 500 * MS);
    if (!vc_check(t, "NAME-10-05", p != NULL, "QueryName to the manager", "none"))
        vc_give_up(t, "no QueryName");
    vc_between(t, "NAME-10-05", "time since the last heartbeat", 3400 * MS, 4300 * MS, p->time - silent);
    vc_answer_probes(t, 0);
    vc_pass(t, 12 * VC_SECOND);
    want_change(t, "NAME-10-05 NAME-10-07", 2, 3, 0);
    tell_watch(t, 2, NULL);
}

static void moves(struct vc_test *t) {
    char prefix[40];
    uint32_t seconds;
    struct nm_record r = watched(t, prefix, &seconds), other = nm_record_of(prefix, vc_new_client(t), 2);
    beat(t, &r);
    vc_pass(t, 100 * MS);
    nm_announce(t, VNAME_REASON_HELD, &other);
    vc_check(t, "NAME-10-06",
             settle_doubt(t, other.manager, &other, 2 * VC_SECOND) || settle_doubt(t, r.manager, &other, VC_SECOND),
             "QueryName", "none");
    vc_pass(t, 500 * MS);
    want_change(t, "NAME-10-06 NAME-10-07", 2, 2, other.manager);
    tell_watch(t, 2, NULL);
}

static void watches_on(struct vc_test *t) {
    char prefix[40];
    uint32_t seconds;
    struct nm_record r = watched(t, prefix, &seconds);
    vc_time since = vc_now(t), until = since + (seconds + 1) * VC_SECOND;
    unsigned again = 0;
    while (vc_now(t) < until && !again) {
        struct vc_packet *p = vc_await_request(t, r.manager, VC_SECOND);
        beat(t, &r);
        again += p && vc_code(p) == (VNAME_WATCH & NM_LOW24);
        if (p && vc_code(p) == (VNAME_WATCH & NM_LOW24))
            nm_answer(t, p, r.manager, VMTP_OK | VMTP_DGM, 1000, NULL);
        else if (p)
            nm_tell(t, p, &r);
    }
    vc_check(t, "NAME-10-05", again && seconds >= 1 && vc_now(t) - since <= seconds * VC_SECOND,
             "WatchName again before its time is over", "%u times", again);
    tell_watch(t, 2, NULL);
}

const struct vc_case vc_names_watch_cases[] = {
    VC_CASE("names/lists", "NAME-3.3-05 NAME-4-04 NAME-8.7-01 NAME-8.7-02", CLAIMS, "ListNames",
            "what it holds, in order", lists),
    VC_TIMED("names/heartbeats", "NAME-4-04 NAME-10-02 NAME-10-03 NAME-10-04", CLAIMS, "WatchName for 3 s, and for 1 s",
             "heartbeats for 3 s, and none before or after", heartbeats),
    VC_CASE("names/surveys", "NAME-8.7-03", BOTH, "NAME_SURVEY, and a manager with more",
            "ListNames with DRT, and to that one", surveys),
    VC_TIMED("names/surveys-endless", "NAME-8.7-04", BOTH " patience", "a list that does not end",
             "not asked any more after 10 s", endless),
    VC_TIMED("names/appears", "NAME-10-01 NAME-10-07", BOTH, "NAME_WATCH of a name that is announced later",
             "QueryName, and the change told once", appears),
    VC_TIMED("names/gone", "NAME-10-05 NAME-10-07", BOTH " patience", "a watched manager falls silent",
             "QueryName after 3.5 s, then it is gone", gone),
    VC_CASE("names/moves", "NAME-10-06 NAME-10-07", BOTH, "another manager announces a watched prefix",
            "QueryName, and it has moved", moves),
    VC_TIMED("names/watches-on", "NAME-10-05", BOTH " patience", "a watched manager lives on",
             "WatchName again in time", watches_on),
    VC_LAST};
