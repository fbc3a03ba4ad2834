/* SPDX-License-Identifier: BSD-2-Clause */
/* What a client remembers, and how it finds out that it is wrong; handing down.  spec/naming.md section 7. */
#include "names.h"

#include <stdio.h>
#include <string.h>

#define CLIENT "name-client"
#define PATIENT "name-client patience"

static struct vc_packet *want_question(struct vc_test *t, const char *id) {
    return nm_want_query(t, id, VNAME_HANDLERS, 3 * VC_SECOND);
}

/* The next Request to that manager: an operation, or a question to it alone. */
static struct vc_packet *want_code(struct vc_test *t, const char *id, uint64_t manager, uint32_t code, vc_time patience) {
    struct vc_packet *p = vc_want_request(t, id, manager, patience);
    vc_check(t, id, vc_code(p) == (code & NM_LOW24), vc_request_name(code), "%s", vc_request_name(p->code));
    return p;
}

static struct vc_packet *want_operation(struct vc_test *t, const char *id, const struct nm_record *r) {
    return want_code(t, id, r->manager, VNAME_MAP_CONTEXT, 3 * VC_SECOND);
}

static void serve(struct vc_test *t, const char *id, const struct nm_record *r, const char *name) {
    nm_map(t, want_operation(t, id, r), r->manager, 7, name);
}

/* The resolver knows this record, because it was handed down. */
static void known(struct vc_test *t, const struct nm_record *r) {
    char text[300];
    int n = snprintf(text, sizeof text, "1;%.*s=%llx,%x,%x", (int)r->prefix_length, r->prefix,
                     (unsigned long long)r->manager, r->context, r->generation);
    if (r->group)
        n += snprintf(text + n, sizeof text - (size_t)n, ",%llx", (unsigned long long)r->group);
    if (r->target_length)
        snprintf(text + n, sizeof text - (size_t)n, "=%.*s", (int)r->target_length, r->target);
    nm_resolver(t, 0, 0, text, NULL);
}

/* ---- found stale ------------------------------------------------------------------------------------------------------- */

static void stale(struct vc_test *t) {
    char prefix[40], name[100];
    struct nm_record old = nm_stranger(t, prefix), r = old;
    known(t, &old);
    r.manager = vc_new_client(t);
    r.generation = 2;
    struct vc_packet order = nm_order(t, nm_below(name, prefix, "/a"), 0, 0);
    nm_answer(t, want_operation(t, "NAME-7.1-03", &old), old.manager, VNAME_STALE, 0, NULL);
    nm_tell(t, want_question(t, "NAME-7.1-03"), &r);
    serve(t, "NAME-7.1-03 NAME-7.2-05", &r, name);
    struct nm_outcome o = nm_want_end(t, "NAME-7.1-03", &order, NM_ANSWERED);
    vc_equal(t, "NAME-7.1-03", "manager", r.manager, o.manager);
}

static void no_entity(struct vc_test *t) {
    char prefix[40], name[100];
    struct nm_record old = nm_stranger(t, prefix), r = old;
    known(t, &old);
    r.manager = vc_new_client(t);
    struct vc_packet order = nm_order(t, nm_below(name, prefix, "/a"), 0, 0);
    struct vc_packet *p = want_operation(t, "NAME-7.1-03", &old);
    vc_tell_client(t, p, VMTP_NONEXISTENT_ENTITY, 0);
    p = want_code(t, "NAME-7.1-12", old.manager, VNAME_QUERY, 2 * VC_SECOND);
    vc_tell_client(t, p, VMTP_NONEXISTENT_ENTITY, 0);
    nm_tell(t, want_question(t, "NAME-7.1-03"), &r);
    serve(t, "NAME-7.1-03", &r, name);
    nm_want_end(t, "NAME-7.1-03", &order, NM_ANSWERED);
}

/* It was the next manager that is gone: the entry is kept. */
static void another_gone(struct vc_test *t) {
    char prefix[40], name[100];
    struct nm_record r = nm_stranger(t, prefix);
    known(t, &r);
    struct vc_packet order = nm_order(t, nm_below(name, prefix, "/a"), 0, 4000);
    struct vc_packet *p = want_operation(t, "NAME-7.1-12", &r);
    vc_tell_client(t, p, VMTP_NONEXISTENT_ENTITY, 0);
    nm_tell(t, want_code(t, "NAME-7.1-12", r.manager, VNAME_QUERY, 2 * VC_SECOND), &r);
    vc_settle(t);
    vc_check(t, "NAME-7.1-12", !nm_await(t, VNAME_HANDLERS, VNAME_QUERY, 0), "the entry is kept", "QueryName to all");
    int mapped = 0;
    for (vc_time until = vc_now(t) + 1500 * MS; vc_now(t) < until && !mapped;) {
        p = vc_await_request(t, r.manager, 200 * MS);
        if (p && vc_code(p) == (VNAME_QUERY & NM_LOW24))
            nm_tell(t, p, &r);
        else if (p)
            nm_map(t, p, r.manager, 7, name);
        mapped = p && vc_code(p) != (VNAME_QUERY & NM_LOW24);
    }
    struct nm_outcome o;
    nm_outcome(t, "NAME-7.1-12", &order, 5 * VC_SECOND, &o);
}

static void moved(struct vc_test *t) {
    char prefix[40], name[100];
    struct nm_record r = nm_stranger(t, prefix), next = r;
    known(t, &r);
    struct vc_packet order = nm_order(t, nm_below(name, prefix, "/a"), 0, 800), *p;
    struct nm_outcome o;
    for (unsigned i = 0; i < 4; i++) {
        p = want_operation(t, "NAME-7.1-04", &next);
        uint64_t from = next.manager;
        next.manager = vc_new_client(t);
        next.flags = VNAME_SECOND_HAND;
        next.generation++;
        nm_answer(t, p, from, VNAME_MOVED, 0, &next);
    }
    p = want_operation(t, "NAME-7.1-04", &next);
    vc_check(t, "NAME-7.1-04", !nm_await(t, VNAME_HANDLERS, VNAME_QUERY, 0), "no question", "QueryName");
    uint64_t last = next.manager;
    next.manager = vc_new_client(t);
    nm_answer(t, p, last, VNAME_MOVED, 0, &next); /* once too often */
    want_question(t, "NAME-7.1-04");
    vc_check(t, "NAME-7.1-04", !vc_await_request(t, next.manager, 0), "at most 4 times", "a fifth time");
    nm_outcome(t, "NAME-7.1-04", &order, 5 * VC_SECOND, &o);
}

/* What tells nothing. */
static void moved_badly(struct vc_test *t) {
    char prefix[40], other[40], name[100];
    struct nm_record r = nm_stranger(t, prefix), bad = nm_stranger(t, other);
    known(t, &r);
    bad.flags = VNAME_SECOND_HAND;
    struct vc_packet order = nm_order(t, nm_below(name, prefix, "/a"), 0, 3000);
    nm_answer(t, want_operation(t, "NAME-7.1-04", &r), r.manager, VNAME_MOVED, 0, &bad);
    nm_tell(t, want_question(t, "NAME-7.1-04"), &r);
    serve(t, "NAME-7.1-04", &r, name);
    nm_want_end(t, "NAME-7.1-04", &order, NM_ANSWERED);
}

/* ---- silence ---------------------------------------------------------------------------------------------------------- */

static void silent(struct vc_test *t) {
    char prefix[40], name[100];
    struct nm_record r = nm_stranger(t, prefix);
    known(t, &r);
    vc_answer_probes(t, 1);
    struct vc_packet order = nm_order(t, nm_below(name, prefix, "/a"), 0, 0);
    want_operation(t, "NAME-7.1-05", &r);
    struct vc_packet *p;
    do
        p = vc_await_request(t, r.manager, 10 * VC_SECOND);
    while (p && vc_code(p) != (VNAME_QUERY & NM_LOW24));
    vc_check(t, "NAME-7.1-12", p != NULL, "QueryName to the manager that is silent", "none");
    struct nm_outcome o = nm_want_end(t, "NAME-7.1-05 NAME-7.1-08", &order, NM_UNREACHABLE);
    vc_equal(t, "NAME-7.1-08", "result", VMTP_RETRANS_TIMEOUT, o.result & NM_LOW24);
    vc_equal(t, "NAME-7.1-05", "how often it was sent again", 0, o.repeats);
    while (vc_await_request(t, r.manager, 0))
        continue;
    order = nm_order(t, name, 0, 1000);
    want_question(t, "NAME-7.1-05"); /* the entry is gone */
    nm_over(t, &order);
}

static void twice(struct vc_test *t) {
    char prefix[40], name[100];
    struct nm_record old = nm_stranger(t, prefix), r = old;
    known(t, &old);
    r.manager = vc_new_client(t);
    r.generation = 2;
    struct vc_packet order = nm_order(t, nm_below(name, prefix, "/a"), NM_TWICE, 0), *q;
    want_operation(t, "NAME-7.1-05", &old);
    q = nm_await(t, VNAME_HANDLERS, VNAME_QUERY, 20 * VC_SECOND);
    if (!vc_check(t, "NAME-7.1-05", q != NULL, "QueryName", "none"))
        vc_give_up(t, "no QueryName");
    nm_tell(t, q, &r);
    serve(t, "NAME-7.1-05", &r, name);
    struct nm_outcome o = nm_want_end(t, "NAME-7.1-05", &order, NM_ANSWERED);
    vc_equal(t, "NAME-7.1-05", "how often it was sent again", 1, o.repeats);
}

static void patient(struct vc_test *t) {
    char prefix[40], name[100];
    struct nm_record r = nm_stranger(t, prefix);
    static const vc_time after[5] = {0, 250 * MS, 500 * MS, 1000 * MS, 2000 * MS};
    const unsigned questions = vc_claims(t, "patience") ? 5 : 3;
    known(t, &r);
    struct vc_packet order = nm_order(t, nm_below(name, prefix, "/a"), 0, questions == 5 ? 12000 : 5000);
    nm_answer(t, want_operation(t, "NAME-7.1-06", &r), r.manager, VNAME_STALE, 0, NULL);
    vc_time last = 0;
    uint32_t transaction = 0;
    for (unsigned i = 0; i < questions; i++) {
        struct vc_packet *p;
        do
            p = nm_await(t, VNAME_HANDLERS, VNAME_QUERY, 6 * VC_SECOND);
        while (p && i && p->transaction == transaction);
        if (!vc_check(t, "NAME-7.1-06", p != NULL, "QueryName", "none"))
            vc_give_up(t, "no QueryName");
        if (i)
            vc_check(t, "NAME-7.1-06", p->time - last >= after[i] && p->time - last <= after[i] + 2800 * MS,
                     "later each time, up to 2 s", "%llu ms", (unsigned long long)((p->time - last) / MS));
        last = p->time;
        transaction = p->transaction;
        nm_remind(t, &order);
    }
    struct nm_outcome o;
    nm_outcome(t, "NAME-7.1-06", &order, 15 * VC_SECOND, &o);
    vc_check(t, "NAME-7.1-06 NAME-7.1-08", o.what == NM_OUT_OF_TIME || o.what == NM_UNREACHABLE, "until the deadline",
             "%u", o.what);
}

/* What has just been told is found stale in its turn. */
static void stale_again(struct vc_test *t) {
    char prefix[40], name[100];
    struct nm_record old = nm_stranger(t, prefix), r = old;
    known(t, &old);
    r.manager = vc_new_client(t);
    struct vc_packet order = nm_order(t, nm_below(name, prefix, "/a"), 0, 5000);
    nm_answer(t, want_operation(t, "NAME-7.1-11", &old), old.manager, VNAME_STALE, 0, NULL);
    struct vc_packet *q = want_question(t, "NAME-7.1-11");
    nm_tell(t, q, &r);
    nm_answer(t, want_operation(t, "NAME-7.1-11", &r), r.manager, VNAME_STALE, 0, NULL);
    vc_time told = vc_now(t);
    struct vc_packet *again = nm_await(t, VNAME_HANDLERS, VNAME_QUERY, 3 * VC_SECOND);
    if (vc_check(t, "NAME-7.1-11", again != NULL, "QueryName", "none"))
        vc_check(t, "NAME-7.1-11", again->time - told >= 240 * MS, "not at once", "after %llu ms",
                 (unsigned long long)((again->time - told) / MS));
    if (again) {
        r.manager = vc_new_client(t);
        nm_tell(t, again, &r);
        serve(t, "NAME-7.1-11", &r, name);
    }
    nm_want_end(t, "NAME-7.1-11", &order, NM_ANSWERED);
}

static void replica(struct vc_test *t) {
    char prefix[40], name[100];
    struct nm_record r = nm_stranger(t, prefix), other;
    r.group = VMTP_ID_GRP | VMTP_ID_UGP | vc_new_client(t);
    known(t, &r);
    other = r;
    other.manager = vc_new_client(t);
    struct vc_packet order = nm_order(t, nm_below(name, prefix, "/a"), NM_TWICE, 0);
    struct vc_packet *p = want_operation(t, "NAME-7.1-07", &r);
    vc_tell_client(t, p, VMTP_NONEXISTENT_ENTITY, 0);
    p = vc_want_request(t, "NAME-7.1-07 NAME-7.1-12", r.group, 12 * VC_SECOND);
    vc_equal(t, "NAME-7.1-07", "Code", VNAME_QUERY & NM_LOW24, vc_code(p));
    vc_check(t, "NAME-7.1-07", !nm_await(t, VNAME_HANDLERS, VNAME_QUERY, 0), "the group first, alone",
             "QueryName to all");
    nm_tell(t, p, &other);
    serve(t, "NAME-7.1-07", &other, name);
    nm_want_end(t, "NAME-7.1-07", &order, NM_ANSWERED);
}

static void deadline(struct vc_test *t) {
    char prefix[40], name[100];
    struct nm_record r = nm_stranger(t, prefix);
    known(t, &r);
    struct vc_packet order = nm_order(t, nm_below(name, prefix, "/a"), 0, 300), *p;
    want_operation(t, "NAME-7.1-10", &r);
    nm_want_end(t, "NAME-7.1-08 NAME-7.1-10", &order, NM_OUT_OF_TIME);
    do
        p = vc_await_request(t, r.manager, 2 * VC_SECOND);
    while (p && vc_code(p) != (VNAME_QUERY & NM_LOW24));
    if (vc_check(t, "NAME-7.1-10", p != NULL, "QueryName to that manager", "none"))
        nm_answer(t, p, r.manager, VNAME_STALE, 0, NULL);
    vc_settle(t);
    order = nm_order(t, name, 0, 300);
    want_question(t, "NAME-7.1-10");
    nm_over(t, &order);
}

/* ---- aliases ----------------------------------------------------------------------------------------------------------- */

static void old_alias(struct vc_test *t) {
    char prefix[40], target[40], name[100], resulting[100];
    struct nm_record alias = nm_stranger(t, prefix), r = nm_stranger(t, target);
    alias.flags = VNAME_ALIAS_RECORD;
    alias.target = target;
    alias.target_length = strlen(target);
    known(t, &alias); /* told by its parent */
    nm_below(resulting, target, "/a");
    for (unsigned i = 0; i < 3; i++) {
        struct vc_packet order = nm_order(t, nm_below(name, prefix, "/a"), 0, 0);
        if (i != 1) /* the second time it has just been told */
            nm_tell(t, want_code(t, "NAME-7.1-09", alias.manager, VNAME_QUERY, 2 * VC_SECOND), &alias);
        if (i == 0)
            nm_tell(t, want_question(t, "NAME-7.1-09"), &r);
        serve(t, "NAME-7.1-09", &r, resulting);
        nm_want_end(t, "NAME-7.1-09", &order, NM_ANSWERED);
        vc_check(t, "NAME-7.1-09", !vc_await_request(t, alias.manager, 0), "no question for a minute", "one");
        if (i == 1)
            vc_pass(t, 62 * VC_SECOND);
    }
}

/* ---- its bounds, and handing down --------------------------------------------------------------------------------------- */

static void bounded(struct vc_test *t) {
    char prefixes[5][40], name[100];
    struct nm_record r[5];
    nm_resolver(t, 0, 4, NULL, NULL);
    for (unsigned i = 0; i < 5; i++) {
        r[i] = nm_stranger(t, prefixes[i]);
        struct vc_packet order = nm_order(t, nm_below(name, prefixes[i], "/a"), 0, 0);
        nm_tell(t, want_question(t, "NAME-7.1-02"), &r[i]);
        serve(t, "NAME-7.1-02", &r[i], name);
        nm_want_end(t, "NAME-7.1-02", &order, NM_ANSWERED);
        vc_pass(t, 120 * MS);
        if (i == 3) { /* the first one is used again: it stays */
            order = nm_order(t, nm_below(name, prefixes[0], "/b"), 0, 0);
            serve(t, "NAME-7.1-02", &r[0], name);
            nm_want_end(t, "NAME-7.1-02", &order, NM_ANSWERED);
        }
    }
    struct vc_packet order = nm_order(t, nm_below(name, prefixes[0], "/c"), 0, 0);
    serve(t, "NAME-7.1-02", &r[0], name);
    nm_want_end(t, "NAME-7.1-02", &order, NM_ANSWERED);
    order = nm_order(t, nm_below(name, prefixes[1], "/c"), 0, 0); /* not used for the longest time */
    nm_tell(t, want_question(t, "NAME-7.1-02"), &r[1]);
    serve(t, "NAME-7.1-02", &r[1], name);
    nm_want_end(t, "NAME-7.1-02", &order, NM_ANSWERED);
}

/* The texts that it would hand down. */
static void handed_down(struct vc_test *t, const char *id, char names[9000], char context[4000]) {
    struct vc_packet q = vc_request(t, VMTP_TEST_NAME_RESOLVER);
    static uint8_t segment[VC_SEGMENT_MAX];
    uint32_t blocks;
    vc_send(t, &q);
    struct vc_packet *p = vc_collect(t, id, &q, segment, &blocks);
    uint32_t size = vc_segment_size(p), first = 0;
    while (first < size && segment[first])
        first++;
    snprintf(names, 9000, "%.*s", (int)first, (const char *)segment);
    snprintf(context, 4000, "%.*s", first < size ? (int)(size - first - 1) : 0, (const char *)segment + first + 1);
}

/* A record among those handed down. */
static void want_told(struct vc_test *t, const char *id, const char *what, const char *names, const char *text) {
    vc_check(t, id, strstr(names, text) != NULL, what, "no %.200s in %.200s", text, names);
}

static void hands_down(struct vc_test *t) {
    static char names[9000], context[4000], text[9000];
    char expected[300];
    const uint64_t m = vc_new_client(t), g = VMTP_ID_GRP | VMTP_ID_UGP | vc_new_client(t);
    snprintf(
        text,
        sizeof text, "1;/a%%25b%%20c=%llx,5,7;/g=%llx,1,2,%llx;/l=%llx,0,3=/t%%25;;/bad;/bad=x,1,1;/bad=%llx,111111111,1;/../x=%llx,1,1;/z=%llx,1,1",
        (unsigned long long)m, (unsigned long long)m, (unsigned long long)g, (unsigned long long)m,
        (unsigned long long)m, (unsigned long long)m, (unsigned long long)m);
    snprintf(context, sizeof context, "/z/c=%llx,9", (unsigned long long)m);
    nm_resolver(t, 0, 0, text, context);
    handed_down(t, "NAME-7.2-01", names, context);
    vc_check(t, "NAME-7.2-02", names[0] == '1' && names[1] == ';', "1 and a semicolon first", "%.20s", names);
    snprintf(expected, sizeof expected, "/a%%25b%%20c=%llx,5,7", (unsigned long long)m);
    want_told(t, "NAME-7.2-02", "octets as %XX", names, expected);
    snprintf(expected, sizeof expected, "/g=%llx,1,2,%llx", (unsigned long long)m, (unsigned long long)g);
    want_told(t, "NAME-7.2-02", "a group", names, expected);
    snprintf(expected, sizeof expected, "/l=%llx,0,3=/t%%25", (unsigned long long)m);
    want_told(t, "NAME-7.2-02", "an alias", names, expected);
    vc_check(t, "NAME-7.2-04", !strstr(names, "bad") && !strstr(names, "..") && strstr(names, "/z="),
             "what can be read, and no more", "%.200s", names);
    snprintf(expected, sizeof expected, "/z/c=%llx,9", (unsigned long long)m);
    vc_same_text(t, "NAME-7.2-03", "the current context", expected, context, strlen(context));
    nm_resolver(t, 0, 0, "2;/a=111,1,1", "no place");
    handed_down(t, "NAME-7.2-01", names, context);
    vc_check(t, "NAME-7.2-04", strcmp(names, "1") == 0 && !context[0], "nothing", "%.200s %.100s", names, context);
    int at = snprintf(text, sizeof text, "1");
    for (unsigned i = 0; i < 66; i++)
        at += snprintf(text + at, sizeof text - (size_t)at, ";/n%u=%llx,1,1", i, (unsigned long long)m);
    nm_resolver(t, 0, 0, text, NULL);
    handed_down(t, "NAME-7.2-01", names, context);
    vc_check(t, "NAME-7.2-04", strstr(names, "/n63=") && !strstr(names, "/n64="), "64 records", "%.60s", names);
}

static void uses(struct vc_test *t) {
    static char names[9000], context[4000];
    char prefix[40], name[100];
    struct nm_record r = nm_stranger(t, prefix);
    known(t, &r);
    struct vc_packet order = nm_order(t, nm_below(name, prefix, "/a"), 0, 0);
    serve(t, "NAME-7.2-01", &r, name);
    nm_want_end(t, "NAME-7.2-01", &order, NM_ANSWERED);
    vc_check(t, "NAME-7.2-01", !nm_await(t, VNAME_HANDLERS, VNAME_QUERY, 0), "no question", "QueryName");
    handed_down(t, "NAME-7.2-01", names, context);
    vc_check(t, "NAME-7.2-01", strstr(names, prefix) != NULL, "the record that was used", "%.100s", names);
}

static void listens(struct vc_test *t) {
    static char names[9000], context[4000];
    char prefix[40], text[200], other[40];
    struct nm_record r = nm_stranger(t, prefix), next = r, unknown = nm_stranger(t, other);
    snprintf(text, sizeof text, "1;%s=%llx,1,9", prefix, (unsigned long long)r.manager);
    nm_resolver(t, 4, 0, text, NULL);
    next.manager = vc_new_client(t);
    next.generation = 1; /* it lives, and one that has lost its memory begins with 1 */
    nm_announce(t, VNAME_REASON_HELD, &next);
    nm_announce(t, VNAME_REASON_HELD, &unknown);
    vc_settle(t);
    handed_down(t, "NAME-7.2-06", names, context);
    snprintf(text, sizeof text, "%s=%llx", prefix, (unsigned long long)next.manager);
    want_told(t, "NAME-7.2-06", "the new manager", names, text);
    next.flags = VNAME_RELEASED;
    nm_announce(t, VNAME_REASON_RELEASED, &next);
    vc_settle(t);
    handed_down(t, "NAME-7.2-06", names, context);
    vc_check(t, "NAME-7.2-06", !strstr(names, prefix), "what was released is dropped", "%.200s", names);
}

const struct vc_case vc_names_cache_cases[] = {
    VC_CASE("names/stale", "NAME-7.1-03 NAME-7.2-05", CLIENT, "NAME_STALE by the cached manager",
            "QueryName, and the operation again", stale),
    VC_CASE("names/no-entity", "NAME-7.1-03 NAME-7.1-12", CLIENT, "NONEXISTENT_ENTITY for the cached manager",
            "QueryName to it alone, then to all", no_entity),
    VC_CASE("names/another-gone", "NAME-7.1-12", CLIENT, "NONEXISTENT_ENTITY, but the manager lives",
            "its entry is kept", another_gone),
    VC_CASE("names/moved", "NAME-7.1-04", CLIENT " near", "NAME_MOVED five times", "4 are followed without a question",
            moved),
    VC_CASE("names/moved-badly", "NAME-7.1-04", CLIENT, "NAME_MOVED with a record of another prefix", "QueryName",
            moved_badly),
    VC_TIMED("names/silent", "NAME-7.1-05 NAME-7.1-08 NAME-7.1-12", CLIENT, "the manager is silent",
             "unreachable, and the entry is dropped", silent),
    VC_TIMED("names/twice", "NAME-7.1-05", CLIENT, "the manager is silent, and the operation may be executed twice",
             "it is sent to the next one", twice),
    VC_TIMED("names/patient", "NAME-7.1-06 NAME-7.1-08", CLIENT, "a known prefix for which nobody answers",
             "QueryName later each time, until the deadline", patient),
    VC_TIMED("names/stale-again", "NAME-7.1-11", CLIENT, "NAME_STALE by the one who has just answered",
             "QueryName after 250 ms", stale_again),
    VC_CASE("names/replica-gone", "NAME-7.1-07 NAME-7.1-12", CLIENT, "a replica is gone", "QueryName to its group",
            replica),
    VC_TIMED("names/deadline", "NAME-7.1-08 NAME-7.1-10", CLIENT, "the deadline ends an operation",
             "QueryName to its manager alone", deadline),
    VC_TIMED("names/old-alias", "NAME-7.1-09", PATIENT, "an alias that was handed down, then is a minute old",
             "QueryName to its manager alone before it is followed", old_alias),
    VC_TIMED("names/bounded", "NAME-7.1-02", CLIENT, "5 prefixes, and room for 4",
             "the one that was not used makes room", bounded),
    VC_CASE("names/hands-down", "NAME-7.2-01 NAME-7.2-02 NAME-7.2-03 NAME-7.2-04", CLIENT,
            "V_NAMES and V_CONTEXT, good and bad", "what can be read is handed down", hands_down),
    VC_CASE("names/uses", "NAME-7.2-01", CLIENT, "a record that was handed down", "it is used without a question", uses),
    VC_CASE("names/listens", "NAME-7.2-06", CLIENT, "announcements to one that listens",
            "what it hands down follows them", listens),
    VC_LAST};
