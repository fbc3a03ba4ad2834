/* SPDX-License-Identifier: BSD-2-Clause */
/* Clients of names: asking, which answers are good, operations, aliases, contexts.  spec/naming.md sections 5.2 and 6. */
#include "names.h"

#include <stdio.h>
#include <string.h>

#define CLIENT "name-client"

/* It asks for this name, by multicast. */
static struct vc_packet *want_question(struct vc_test *t, const char *id, const char *name) {
    struct vc_packet *p = nm_want_query(t, id, VNAME_HANDLERS, 2 * VC_SECOND);
    vc_same_text(t, id, "the name asked for", name, p->data, vc_segment_size(p));
    return p;
}

/* An operation comes to this manager; it is answered as MapContext is. */
static struct vc_packet *want_served(struct vc_test *t, const char *id, const struct nm_record *r, const char *name) {
    struct vc_packet *p = nm_want_operation(t, id, r->manager, 2 * VC_SECOND);
    nm_map(t, p, r->manager, 7, name);
    return p;
}

static void want_end(struct vc_test *t, const char *id, const struct vc_packet *order, uint32_t what, uint64_t server) {
    struct nm_outcome o;
    nm_outcome(t, id, order, 20 * VC_SECOND, &o);
    vc_equal(t, id, "what came of it", what, o.what);
    if (server)
        vc_equal(t, id, "Server that answered", server, o.server);
}

/* ---- asking ----------------------------------------------------------------------------------------------------------- */

static void asks(struct vc_test *t) {
    char prefix[40], name[100];
    struct nm_record r = nm_stranger(t, prefix);
    nm_resolver(t, 0, 0, NULL, NULL);
    struct vc_packet order = nm_order(t, nm_below(name, prefix, "/a/b"), 0, 0);
    struct vc_packet *q = want_question(t, "NAME-5.2-01", name);
    vc_check(t, "NAME-5.2-01", q->code & VMTP_MRD && q->flags & VMTP_MPG, "multicast, for several Responses",
             "Code 0x%x", q->code);
    vc_time told = vc_now(t);
    nm_tell(t, q, &r);
    struct vc_packet *p = want_served(t, "NAME-5.2-02", &r, name);
    vc_check(t, "NAME-5.2-02", p->time - told < 90 * MS, "the operation at once", "after %llu ms",
             (unsigned long long)((p->time - told) / MS));
    vc_equal(t, "NAME-6.1-02", "NameIndex", strlen(prefix), p->words[1] >> 16);
    vc_equal(t, "NAME-6.1-02", "context", r.context, p->words[0]);
    vc_check(t, "NAME-6.1-01",
             nm_is_by_name(p->code) && (p->words[1] & 0xffff) == strlen(name) && memcmp(p->data, name, strlen(name)) == 0,
             "the whole name, by name", "otherwise");
    want_end(t, "NAME-7.1-08", &order, NM_ANSWERED, r.manager);
    vc_pass(t, 200 * MS);
    order = nm_order(t, nm_below(name, prefix, "/c"), 0, 0);
    want_served(t, "NAME-7.1-01", &r, name);
    vc_check(t, "NAME-7.1-01", !nm_await(t, VNAME_HANDLERS, VNAME_QUERY, 0),
             "no question about a prefix that is cached", "one");
    want_end(t, "NAME-7.1-01", &order, NM_ANSWERED, r.manager);
}

static void later(struct vc_test *t) {
    char prefix[40], longer[100], name[100];
    struct nm_record r = nm_stranger(t, prefix), more, late;
    nm_resolver(t, 0, 0, NULL, NULL);
    more = nm_record_of(nm_below(longer, prefix, "/a"), vc_new_client(t), 1);
    struct vc_packet order = nm_order(t, nm_below(name, prefix, "/a/b"), 0, 0);
    struct vc_packet *q = want_question(t, "NAME-5.2-05", name);
    nm_tell(t, q, &r);
    want_served(t, "NAME-5.2-02", &r, name);
    vc_pass(t, 30 * MS);
    nm_tell(t, q, &more);
    vc_pass(t, 200 * MS);
    late = more;
    late.manager = vc_new_client(t);
    late.generation = 9;
    nm_tell(t, q, &late); /* nobody listens any more */
    want_end(t, "NAME-5.2-05", &order, NM_ANSWERED, r.manager);
    order = nm_order(t, name, 0, 0);
    want_served(t, "NAME-5.2-05 NAME-7.1-01 NAME-2.2-02", &more, name);
    want_end(t, "NAME-5.2-05", &order, NM_ANSWERED, more.manager);
    order = nm_order(t, nm_below(name, prefix, "//a"), 0, 0); /* which the longer prefix does not match */
    want_served(t, "NAME-2.2-03", &r, name);
    want_end(t, "NAME-5.2-05", &order, NM_ANSWERED, r.manager);
}

/* The answer that is not good, by number. */
static void answer_badly(struct vc_test *t, const struct vc_packet *q, const struct nm_record *r, const char *name,
                         unsigned which) {
    char beyond[100], other[40];
    struct nm_record bad = *r;
    bad.manager = vc_new_client(t);
    uint64_t server = bad.manager;
    uint32_t matched = (uint32_t)r->prefix_length;
    switch (which) {
    case 0: bad.generation = 0; break;
    case 1: matched++; break;
    case 2: bad.prefix = nm_new_prefix(t, other), bad.prefix_length = matched = (uint32_t)strlen(other); break;
    case 3: bad.flags = VNAME_CLAIMING; break;
    case 4: bad.flags = VNAME_RELEASED; break;
    case 5: server = vc_new_client(t); break;
    case 6: bad.prefix = nm_below(beyond, name, "/b"), bad.prefix_length = matched = (uint32_t)strlen(beyond); break;
    case 7: bad.target = "/x", bad.target_length = 2; break;
    default: nm_answer(t, q, server, VNAME_MOVED, 0, r); return;
    }
    nm_answer(t, q, server, VMTP_OK | VMTP_DGM, matched, &bad);
}

static void bad_answers(struct vc_test *t) {
    char prefix[40], name[100];
    for (unsigned i = 0; i < 9; i++) {
        struct nm_record r = nm_stranger(t, prefix);
        nm_resolver(t, 0, 0, NULL, NULL);
        struct vc_packet order = nm_order(t, nm_below(name, prefix, "/a"), 0, 0);
        struct vc_packet *q = want_question(t, "NAME-5.2-03", name);
        answer_badly(t, q, &r, name, i);
        nm_tell(t, q, &r);
        want_served(t, "NAME-5.2-03 NAME-5.2-04 NAME-3.3-01", &r, name);
        want_end(t, "NAME-5.2-04", &order, NM_ANSWERED, r.manager);
    }
}

static void second_hand(struct vc_test *t) {
    char prefix[40], name[100];
    struct nm_record r = nm_stranger(t, prefix);
    nm_resolver(t, 0, 0, NULL, NULL);
    r.flags = VNAME_SECOND_HAND | 0x0001; /* and a flag that nobody knows */
    struct vc_packet order = nm_order(t, nm_below(name, prefix, "/a"), 0, 0);
    struct vc_packet *q = want_question(t, "NAME-5.2-03", name);
    nm_answer(t, q, vc_new_client(t), VMTP_OK | VMTP_DGM, (uint32_t)r.prefix_length, &r);
    want_served(t, "NAME-5.2-03 NAME-3.3-03", &r, name);
    want_end(t, "NAME-5.2-03", &order, NM_ANSWERED, r.manager);
}

/* The AnnounceName, reason MEET, to that manager about another. */
static void want_meeting(struct vc_test *t, uint64_t to, uint64_t about) {
    struct vc_packet *p = vc_want_request(t, "NAME-5.2-06", to, VC_SECOND);
    struct nm_record r = nm_want_record(t, "NAME-5.2-06", p);
    vc_check(t, "NAME-5.2-06",
             vc_code(p) == (VNAME_ANNOUNCE & NM_LOW24) && p->code & VMTP_DGM && p->words[0] == VNAME_REASON_MEET,
             "AnnounceName, reason MEET", "Code 0x%x, reason %u", p->code, p->words[0]);
    vc_check(t, "NAME-5.2-06", r.manager == about && r.flags & VNAME_SECOND_HAND, "the other's record, SECOND_HAND",
             "flags 0x%x", r.flags);
}

static void conflict(struct vc_test *t) {
    char prefix[40], name[100];
    struct nm_record r = nm_stranger(t, prefix), better = r, told = r;
    nm_resolver(t, 0, 0, NULL, NULL);
    better.manager = vc_new_client(t);
    better.generation = 2;
    told.manager = vc_new_client(t);
    told.generation = 9;
    told.flags = VNAME_SECOND_HAND;
    struct vc_packet order = nm_order(t, nm_below(name, prefix, "/a"), 0, 0);
    struct vc_packet *q = want_question(t, "NAME-5.2-06", name);
    nm_tell(t, q, &r);
    want_served(t, "NAME-5.2-06", &r, name);
    nm_tell(t, q, &better);
    want_meeting(t, r.manager, better.manager);
    want_meeting(t, better.manager, r.manager);
    nm_answer(t, q, vc_new_client(t), VMTP_OK | VMTP_DGM, (uint32_t)told.prefix_length,
              &told); /* hearsay, whatever its generation */
    vc_pass(t, 200 * MS);
    want_end(t, "NAME-5.2-06", &order, NM_ANSWERED, r.manager);
    while (vc_await_request(t, r.manager, 0) || vc_await_request(t, better.manager, 0) ||
           vc_await_request(t, told.manager, 0))
        continue;
    order = nm_order(t, name, 0, 0);
    want_served(t, "NAME-5.2-06", &better, name);
    want_end(t, "NAME-5.2-06", &order, NM_ANSWERED, better.manager);
}

/* Replicas of one group are no conflict. */
static void group(struct vc_test *t) {
    char prefix[40], name[100];
    struct nm_record r = nm_stranger(t, prefix), other;
    nm_resolver(t, 0, 0, NULL, NULL);
    r.group = VMTP_ID_GRP | VMTP_ID_UGP | vc_new_client(t);
    other = r;
    other.manager = vc_new_client(t);
    struct vc_packet order = nm_order(t, nm_below(name, prefix, "/a"), 0, 0);
    struct vc_packet *q = want_question(t, "NAME-5.2-06", name);
    nm_tell(t, q, &r);
    nm_tell(t, q, &other);
    want_served(t, "NAME-5.2-06", &r, name);
    want_end(t, "NAME-5.2-06", &order, NM_ANSWERED, r.manager);
    vc_check(t, "NAME-5.2-06", !vc_await_request(t, other.manager, 200 * MS), "no AnnounceName about replicas", "one");
}

static void silence(struct vc_test *t) {
    char prefix[40];
    nm_resolver(t, 0, 0, NULL, NULL);
    struct vc_packet order = nm_order(t, nm_new_prefix(t, prefix), 0, 0);
    vc_time asked = want_question(t, "NAME-5.2-07", prefix)->time;
    struct vc_packet *p = nm_await(t, VNAME_DIRECTORY, VNAME_LOOKUP, 3 * VC_SECOND);
    if (vc_check(t, "NAME-5.2-07 NAME-9-11", p != NULL, "LookupName, since nobody has answered", "none"))
        vc_between(t, "NAME-5.2-07", "time since QueryName", 990 * MS, 1300 * MS, p->time - asked);
    want_end(t, "NAME-7.1-08", &order, NM_NO_ANSWER, 0);
}

static void together(struct vc_test *t) {
    char prefix[40], name[100];
    struct nm_record r = nm_stranger(t, prefix);
    nm_resolver(t, 0, 0, NULL, NULL);
    nm_below(name, prefix, "/a");
    struct vc_packet first = nm_order(t, name, 0, 0), second = nm_order(t, name, 0, 0);
    struct vc_packet *q = want_question(t, "NAME-5.2-08", name);
    vc_settle(t);
    struct vc_packet *more = nm_await(t, VNAME_HANDLERS, VNAME_QUERY, 0);
    vc_check(t, "NAME-5.2-08", !more || more->transaction == q->transaction, "one question for both", "two");
    nm_tell(t, q, &r);
    want_served(t, "NAME-5.2-08", &r, name);
    want_served(t, "NAME-5.2-08", &r, name);
    want_end(t, "NAME-5.2-08", &first, NM_ANSWERED, r.manager);
    want_end(t, "NAME-5.2-08", &second, NM_ANSWERED, r.manager);
}

static void no_names(struct vc_test *t) {
    static char longest[1026];
    struct nm_outcome o;
    nm_resolver(t, 0, 0, NULL, NULL);
    memset(longest, 'x', 1025);
    longest[0] = '/';
    static const char *const bad[] = {"/a\xff", "", "/\xc0\xaf"};
    for (unsigned i = 0; i < 4; i++) {
        struct vc_packet order = nm_order(t, i < 3 ? bad[i] : longest, 0, 0);
        nm_outcome(t, "NAME-2.1-04", &order, VC_SECOND, &o);
        vc_check(t, "NAME-2.1-04",
                 o.what == NM_FAILED && (o.result & NM_LOW24) == (i < 3 ? VNAME_INVALID : VNAME_TOO_LONG),
                 "refused by the client itself", "%u, 0x%x", o.what, o.result);
    }
    vc_check(t, "NAME-2.1-04", !nm_await(t, VNAME_HANDLERS, VNAME_QUERY, 50 * MS), "nothing sent", "QueryName");
}

/* ---- aliases ---------------------------------------------------------------------------------------------------------- */

static void follows(struct vc_test *t) {
    char prefix[40], target[40], name[100], resulting[100];
    struct nm_record alias = nm_stranger(t, prefix), r = nm_stranger(t, target);
    struct nm_outcome o;
    nm_resolver(t, 0, 0, NULL, NULL);
    alias.flags = VNAME_ALIAS_RECORD;
    alias.target = target;
    alias.target_length = strlen(target);
    struct vc_packet order = nm_order(t, nm_below(name, prefix, "/a"), 0, 0);
    nm_tell(t, want_question(t, "NAME-6.4-01", name), &alias);
    nm_tell(t, want_question(t, "NAME-6.4-01", nm_below(resulting, target, "/a")), &r);
    struct vc_packet *p = nm_want_operation(t, "NAME-6.4-01", r.manager, 2 * VC_SECOND);
    vc_check(t, "NAME-6.4-01", (p->words[1] & 0xffff) == strlen(resulting), "the name that results", "another");
    nm_map(t, p, r.manager, 7, resulting);
    nm_outcome(t, "NAME-6.4-01", &order, 2 * VC_SECOND, &o);
    vc_check(t, "NAME-6.4-01", o.what == NM_ANSWERED && o.aliases == 1, "answered, after one alias", "%u after %u",
             o.what, o.aliases);
}

/* An alias by NAME_ALIAS, again and again. */
static void circle(struct vc_test *t) {
    char prefix[40], name[100];
    struct nm_record r = nm_stranger(t, prefix);
    struct nm_outcome o;
    unsigned times = 0;
    nm_resolver(t, 0, 0, NULL, NULL);
    struct vc_packet order = nm_order(t, nm_below(name, prefix, "/a"), 0, 0);
    nm_tell(t, want_question(t, "NAME-6.4-03", name), &r);
    for (struct vc_packet *p; (p = vc_await_request(t, r.manager, VC_SECOND)) != NULL; times++) {
        struct vc_packet a = vc_response(p, VNAME_ALIAS);
        memcpy(a.dst, vc_node_mac(t), 6);
        memcpy(a.src, vc_tester_mac(t), 6);
        a.server = r.manager;
        nm_carry_name(&a, name);
        vc_send(t, &a);
    }
    nm_outcome(t, "NAME-6.4-03", &order, 2 * VC_SECOND, &o);
    vc_check(t, "NAME-6.4-03", times == 9 && o.what == NM_ANSWERED && o.code == VNAME_LOOP,
             "8 aliases followed, then NAME_LOOP", "%u Requests, then %u with 0x%x", times, o.what, o.code);
}

static void grows(struct vc_test *t) {
    static char target[1001];
    char prefix[40], name[100];
    struct nm_record alias = nm_stranger(t, prefix);
    struct nm_outcome o;
    nm_resolver(t, 0, 0, NULL, NULL);
    memset(target, 'x', 900);
    target[0] = '/';
    alias.flags = VNAME_ALIAS_RECORD;
    alias.target = target;
    alias.target_length = 900;
    memset(name, 'y', 99);
    name[99] = 0;
    char long_name[240];
    snprintf(long_name, sizeof long_name, "%s/%s/%s", prefix, name, name);
    struct vc_packet order = nm_order(t, long_name, 0, 0);
    nm_tell(t, want_question(t, "NAME-6.4-04", long_name), &alias);
    nm_outcome(t, "NAME-6.4-04", &order, 2 * VC_SECOND, &o);
    vc_check(t, "NAME-6.4-04", o.what == NM_ANSWERED && o.code == VNAME_TOO_LONG, "NAME_TOO_LONG", "%u with 0x%x",
             o.what, o.code);
}

/* ---- contexts --------------------------------------------------------------------------------------------------------- */

static void relative(struct vc_test *t) {
    char prefix[40], context[100], again[100];
    struct nm_record r = nm_stranger(t, prefix);
    nm_resolver(t, 0, 0, NULL, NULL);
    char text[200];
    nm_below(again, prefix, "/c");
    snprintf(text, sizeof text, "%s=%llx,55", again, (unsigned long long)r.manager);
    nm_resolver(t, 0, 0, NULL, text);
    struct vc_packet order = nm_order(t, "some/thing", 0, 0);
    struct vc_packet *p = nm_want_operation(t, "NAME-6.2-04", r.manager, 2 * VC_SECOND);
    vc_check(t, "NAME-6.2-04 NAME-7.2-03",
             p->words[0] == 0x55 && p->words[1] == 10 && memcmp(p->data, "some/thing", 10) == 0,
             "the name as it is, with the current context", "context 0x%x, word 1 0x%x", p->words[0], p->words[1]);
    nm_answer(t, p, r.manager, VNAME_STALE, 0, NULL);
    nm_tell(t, want_question(t, "NAME-6.2-03", again), &r);
    p = nm_want_operation(t, "NAME-6.2-03", r.manager, 2 * VC_SECOND);
    vc_check(t, "NAME-6.2-03", vc_code(p) == (VNAME_MAP_CONTEXT & NM_LOW24) && (p->words[1] & 0xffff) == strlen(again),
             "MapContext of its name", "Code 0x%x", vc_code(p));
    nm_map(t, p, r.manager, 0x66, again);
    p = nm_want_operation(t, "NAME-6.2-03", r.manager, 2 * VC_SECOND);
    vc_check(t, "NAME-6.2-03", p->words[0] == 0x66 && p->words[1] == 10, "the operation again, with the new context",
             "context 0x%x", p->words[0]);
    nm_map(t, p, r.manager, 1, nm_below(context, again, "/some/thing"));
    want_end(t, "NAME-6.2-03", &order, NM_ANSWERED, r.manager);
}

/* Another manager than the one that was asked answers. */
static void forwarded(struct vc_test *t) {
    char prefix[40], name[100], longer[100];
    struct nm_record r = nm_stranger(t, prefix), inner;
    nm_resolver(t, 0, 0, NULL, NULL);
    struct vc_packet order = nm_order(t, nm_below(name, prefix, "/m/x"), 0, 0);
    inner = nm_record_of(nm_below(longer, prefix, "/m"), vc_new_client(t), 1);
    nm_tell(t, want_question(t, "NAME-6.3-05", name), &r);
    struct vc_packet *p = nm_want_operation(t, "NAME-6.3-05", r.manager, 2 * VC_SECOND), asked = *p;
    asked.forward = 1; /* as if it had been passed on */
    nm_map(t, &asked, inner.manager, 7, name);
    want_end(t, "NAME-6.3-05", &order, NM_ANSWERED, inner.manager);
    p = vc_want_request(t, "NAME-6.3-05", inner.manager, VC_SECOND);
    vc_equal(t, "NAME-6.3-05", "Code", VNAME_QUERY & NM_LOW24, vc_code(p));
    nm_tell(t, p, &inner);
    vc_settle(t);
    order = nm_order(t, name, 0, 0);
    want_served(t, "NAME-6.3-05", &inner, name);
    want_end(t, "NAME-6.3-05", &order, NM_ANSWERED, inner.manager);
}

const struct vc_case vc_names_resolver_cases[] = {
    VC_TIMED("names/asks", "NAME-5.2-01 NAME-5.2-02 NAME-6.1-01 NAME-6.1-02 NAME-7.1-01 NAME-7.1-08", CLIENT " near",
             "two operations below one prefix", "QueryName, the operation at once; the second without a question", asks),
    VC_TIMED("names/answers-later", "NAME-2.2-02 NAME-2.2-03 NAME-5.2-02 NAME-5.2-05 NAME-7.1-01", CLIENT " near",
             "a longer prefix as second answer, and one too late", "the longer one from the next operation on", later),
    VC_CASE("names/answers-bad", "NAME-3.3-01 NAME-5.2-03 NAME-5.2-04", CLIENT, "answers that are not good",
            "the good one counts", bad_answers),
    VC_CASE("names/answers-second-hand", "NAME-3.3-03 NAME-5.2-03", CLIENT, "the record of another, with SECOND_HAND",
            "it counts", second_hand),
    VC_TIMED("names/answers-conflict", "NAME-5.2-06", CLIENT " near", "two managers, and hearsay of a third",
             "AnnounceName MEET to both; the one that beats the other", conflict),
    VC_TIMED("names/answers-replicas", "NAME-5.2-06", CLIENT, "two replicas", "no AnnounceName", group),
    VC_TIMED("names/silence", "NAME-5.2-07 NAME-7.1-08 NAME-9-11", CLIENT, "no answer to QueryName",
             "LookupName after 1 s", silence),
    VC_CASE("names/together", "NAME-5.2-08", CLIENT, "two operations of one name", "one QueryName", together),
    VC_CASE("names/no-names", "NAME-2.1-04", CLIENT, "operations on what is no name", "refused, and nothing is sent",
            no_names),
    VC_CASE("names/follows", "NAME-6.4-01", CLIENT, "a record with a target", "the operation on the name that results",
            follows),
    VC_CASE("names/circle", "NAME-6.4-03", CLIENT, "NAME_ALIAS without end", "8 are followed, then NAME_LOOP", circle),
    VC_CASE("names/grows", "NAME-6.4-04", CLIENT, "an alias that makes the name too long", "NAME_TOO_LONG", grows),
    VC_CASE("names/relative", "NAME-6.2-03 NAME-6.2-04 NAME-7.2-03", CLIENT,
            "a relative name, and a current context that is stale", "it maps its name again, and repeats the operation",
            relative),
    VC_CASE("names/answered-by-another", "NAME-6.3-05", CLIENT, "a Response of another manager",
            "QueryName to it alone, and its record is cached", forwarded),
    VC_LAST};
