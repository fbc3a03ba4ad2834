/* SPDX-License-Identifier: BSD-2-Clause */
/* Clients and managers that use a directory, which the tester is.  spec/naming.md section 9. */
#include "names.h"

#include <stdio.h>
#include <string.h>

#define CLIENT "name-client !name-directory"
#define CLAIMS "name-claims !name-directory"

static struct vc_packet *want(struct vc_test *t, const char *id, uint64_t group, uint32_t code, vc_time patience) {
    struct vc_packet *p = nm_await(t, group, code, patience);
    if (!vc_check(t, id, p != NULL, vc_request_name(code), "%s", p ? "it came" : "nothing"))
        vc_give_up(t, "the node does not ask");
    return p;
}

/* A transaction of its own, of that Code to that group. */
static struct vc_packet *want_another(struct vc_test *t, const char *id, const struct vc_packet *before, uint64_t group,
                                      uint32_t code, vc_time patience) {
    struct vc_packet *p;
    do
        p = want(t, id, group, code, patience);
    while (p->client == before->client && p->transaction == before->transaction);
    return p;
}

/* ---- clients ---------------------------------------------------------------------------------------------------------- */

static void registered(struct vc_test *t) {
    char prefix[40], name[100];
    struct nm_record r = nm_stranger(t, prefix);
    uint64_t directory = vc_new_client(t);
    nm_resolver(t, 0, 0, NULL, NULL);
    r.flags = VNAME_REGISTERED | VNAME_SECOND_HAND;
    struct vc_packet order = nm_order(t, nm_below(name, prefix, "/a"), 0, 0);
    want(t, "NAME-9-11", VNAME_HANDLERS, VNAME_QUERY, VC_SECOND);
    struct vc_packet *p = want(t, "NAME-9-11", VNAME_DIRECTORY, VNAME_LOOKUP, 2 * VC_SECOND);
    vc_same_text(t, "NAME-9-11", "the name asked for", name, p->data, vc_segment_size(p));
    nm_answer(t, p, directory, VMTP_OK | VMTP_DGM, (uint32_t)r.prefix_length, &r);
    p = vc_want_request(t, "NAME-9-11", r.manager, 2 * VC_SECOND);
    if (vc_code(p) == (VNAME_QUERY & NM_LOW24)) { /* is it there? */
        r.flags = VNAME_REGISTERED;
        nm_tell(t, p, &r);
        p = vc_want_request(t, "NAME-9-11", r.manager, 2 * VC_SECOND);
    }
    nm_map(t, p, r.manager, 7, name);
    struct nm_outcome o = nm_want_end(t, "NAME-9-11", &order, NM_ANSWERED);
    vc_equal(t, "NAME-9-11", "Server that answered", r.manager, o.server);
}

/* Registered, and its manager is silent. */
static void unreachable(struct vc_test *t) {
    char prefix[40], name[100];
    struct nm_record r = nm_stranger(t, prefix);
    nm_resolver(t, 0, 0, NULL, NULL);
    r.flags = VNAME_REGISTERED | VNAME_SECOND_HAND;
    struct vc_packet order = nm_order(t, nm_below(name, prefix, "/a"), 0, 2500);
    struct vc_packet *p = want(t, "NAME-9-11", VNAME_DIRECTORY, VNAME_LOOKUP, 3 * VC_SECOND);
    nm_answer(t, p, vc_new_client(t), VMTP_OK | VMTP_DGM, (uint32_t)r.prefix_length, &r);
    p = vc_want_request(t, "NAME-9-11", r.manager, 2 * VC_SECOND);
    struct nm_outcome o;
    nm_outcome(t, "NAME-9-11", &order, 40 * VC_SECOND, &o);
    vc_check(t, "NAME-9-11 NAME-7.1-08", o.what == NM_UNREACHABLE || o.what == NM_OUT_OF_TIME,
             "unreachable, or the deadline", "%u", o.what);
}

/* Two questions to all, then it is invalid. */
static void invalid(struct vc_test *t) {
    char prefix[40];
    nm_resolver(t, 0, 0, NULL, NULL);
    struct vc_packet order = nm_order(t, nm_new_prefix(t, prefix), 0, 0);
    struct vc_packet *first = want(t, "NAME-9-21", VNAME_HANDLERS, VNAME_QUERY, VC_SECOND);
    struct vc_packet *p = want(t, "NAME-9-21", VNAME_DIRECTORY, VNAME_LOOKUP, 2 * VC_SECOND);
    nm_answer(t, p, vc_new_client(t), VNAME_NOT_FOUND | VMTP_DGM, 0, NULL);
    struct vc_packet *second = want_another(t, "NAME-9-21", first, VNAME_HANDLERS, VNAME_QUERY, 2 * VC_SECOND);
    vc_check(t, "NAME-9-21", second->time > first->time, "a second QueryName by multicast", "none");
    struct nm_outcome o = nm_want_end(t, "NAME-9-21 NAME-7.1-08", &order, NM_NO_SUCH_NAME);
    vc_equal(t, "NAME-9-21", "ResponseCode", VNAME_NOT_FOUND, o.code);
}

/* Known, and not as a registered one: the directory's word says nothing. */
static void known(struct vc_test *t) {
    char prefix[40], name[100], text[120];
    struct nm_record r = nm_stranger(t, prefix);
    snprintf(text, sizeof text, "1;%s=%llx,1,1", prefix, (unsigned long long)r.manager);
    nm_resolver(t, 0, 0, text, NULL);
    struct vc_packet order = nm_order(t, nm_below(name, prefix, "/a"), 0, 5000);
    struct vc_packet *p = vc_want_request(t, "NAME-9-20", r.manager, 2 * VC_SECOND);
    nm_answer(t, p, r.manager, VNAME_STALE, 0, NULL);
    struct vc_packet *first = want(t, "NAME-9-20", VNAME_HANDLERS, VNAME_QUERY, VC_SECOND);
    p = nm_await(t, VNAME_DIRECTORY, VNAME_LOOKUP, 2 * VC_SECOND);
    if (p)
        nm_answer(t, p, vc_new_client(t), VNAME_NOT_FOUND | VMTP_DGM, 0, NULL);
    struct vc_packet *second = want_another(t, "NAME-9-20", first, VNAME_HANDLERS, VNAME_QUERY, 3 * VC_SECOND);
    struct vc_packet *third = want_another(t, "NAME-9-20", second, VNAME_HANDLERS, VNAME_QUERY, 3 * VC_SECOND);
    r.generation++;
    nm_tell(t, third, &r);
    nm_map(t, vc_want_request(t, "NAME-9-20", r.manager, 2 * VC_SECOND), r.manager, 7, name);
    struct nm_outcome o;
    nm_outcome(t, "NAME-9-20", &order, 10 * VC_SECOND, &o);
    vc_check(t, "NAME-9-20", o.what != NM_NO_SUCH_NAME, "another end than \"no such name\"", "that");
}

static void first(struct vc_test *t) {
    char prefix[40], name[100];
    struct nm_record r = nm_stranger(t, prefix);
    nm_resolver(t, 2, 0, NULL, NULL);
    r.flags = VNAME_REGISTERED | VNAME_SECOND_HAND;
    struct vc_packet order = nm_order(t, nm_below(name, prefix, "/a"), 0, 0);
    struct vc_packet *p = want(t, "NAME-9-12", VNAME_DIRECTORY, VNAME_LOOKUP, 2 * VC_SECOND);
    vc_check(t, "NAME-9-12", !nm_await(t, VNAME_HANDLERS, VNAME_QUERY, 0), "the directory first", "QueryName");
    nm_answer(t, p, vc_new_client(t), VMTP_OK | VMTP_DGM, (uint32_t)r.prefix_length, &r);
    p = vc_want_request(t, "NAME-9-12", r.manager, 2 * VC_SECOND);
    if (vc_code(p) == (VNAME_QUERY & NM_LOW24)) {
        r.flags = VNAME_REGISTERED;
        nm_tell(t, p, &r);
        p = vc_want_request(t, "NAME-9-12", r.manager, 2 * VC_SECOND);
    }
    nm_map(t, p, r.manager, 7, name);
    nm_want_end(t, "NAME-9-12", &order, NM_ANSWERED);
}

/* None has answered: it is left alone. */
static void none(struct vc_test *t) {
    char prefix[40];
    nm_resolver(t, 0, 0, NULL, NULL);
    for (unsigned i = 0; i < 3; i++) {
        struct vc_packet order = nm_order(t, nm_new_prefix(t, prefix), 0, 0);
        struct vc_packet *p = nm_await(t, VNAME_DIRECTORY, VNAME_LOOKUP, 2500 * MS);
        vc_check(t, "NAME-9-13", (p != NULL) == (i != 1), i == 1 ? "no LookupName for 30 s" : "LookupName", "%s",
                 p ? "one" : "none");
        nm_want_end(t, "NAME-7.1-08", &order, NM_NO_ANSWER);
        while (nm_await(t, VNAME_DIRECTORY, VNAME_LOOKUP, 0))
            continue;
        if (i == 1)
            vc_pass(t, 30 * VC_SECOND);
    }
}

/* ---- managers --------------------------------------------------------------------------------------------------------- */

/* The tester as a directory: it has been found, and the node registers. */
static struct vc_packet *want_register(struct vc_test *t, const char *id, uint64_t directory, vc_time patience) {
    struct vc_packet *p = want(t, id, VNAME_DIRECTORY, VNAME_FIND_DIRECTORY, patience);
    struct vc_packet a = vc_response(p, VMTP_OK | VMTP_DGM);
    memcpy(a.dst, vc_node_mac(t), 6);
    memcpy(a.src, vc_tester_mac(t), 6);
    a.server = directory;
    a.words[0] = (uint32_t)(directory >> 32);
    a.words[1] = (uint32_t)directory;
    a.words[2] = VNAME_BACK_END_SQLITE;
    vc_send(t, &a);
    p = vc_want_request(t, id, directory, 2 * VC_SECOND);
    vc_equal(t, id, "Code", VNAME_REGISTER & NM_LOW24, vc_code(p));
    return p;
}

static void begin(struct vc_test *t, uint32_t flags, const char *prefix) {
    struct nm_manager m = {.flags = flags, .owner = 0x1234};
    nm_manager_anew(t, &m);
    while (nm_await(t, VNAME_HANDLERS, VNAME_CLAIM, 0) || nm_await(t, VNAME_DIRECTORY, VNAME_FIND_DIRECTORY, 0))
        continue;
    const struct nm_claim c = {.prefix = prefix};
    nm_claim(t, &c);
}

static void registers(struct vc_test *t) {
    char prefix[40];
    struct nm_state s;
    uint64_t directory = vc_new_client(t);
    begin(t, NM_REQUIRE, nm_new_prefix(t, prefix));
    struct vc_packet *p = want_register(t, "NAME-9-14", directory, 2 * VC_SECOND);
    struct nm_record r = nm_want_record(t, "NAME-9-14", p);
    vc_equal(t, "NAME-9-14", "owner", 0x1234, r.owner);
    nm_want_state(t, "NAME-9-14", prefix, NM_REGISTERS);
    struct nm_record claim = nm_record_of(prefix, vc_new_client(t), 1);
    claim.flags = VNAME_CLAIMING;
    struct vc_packet q = nm_send_record(t, VNAME_HANDLERS, VNAME_CLAIM, 0, &claim);
    vc_want_response(t, "NAME-8.1-10", &q, VNAME_HELD);
    r.flags = VNAME_REGISTERED | VNAME_SECOND_HAND;
    r.generation = 31;
    r.prefix = prefix;
    nm_answer(t, p, directory, VMTP_OK, 0, &r);
    vc_settle(t);
    nm_state(t, prefix, &s);
    vc_check(t, "NAME-9-14", s.state == NM_HELD && s.record.generation == 31 && s.record.flags & VNAME_REGISTERED,
             "held, with generation and REGISTERED of the answer", "state %u, generation %u, flags 0x%x", s.state,
             s.record.generation, s.record.flags);
    vc_equal(t, "NAME-8.1-08", "generation", 31, s.record.generation);
}

static void refused(struct vc_test *t) {
    char prefix[40];
    struct nm_state s;
    uint64_t directory = vc_new_client(t);
    begin(t, NM_USE_DIRECTORY, nm_new_prefix(t, prefix));
    struct vc_packet *p = want_register(t, "NAME-9-14", directory, 2 * VC_SECOND);
    struct nm_record other = nm_record_of(prefix, vc_new_client(t), 5);
    other.flags = VNAME_REGISTERED | VNAME_SECOND_HAND;
    nm_answer(t, p, directory, VNAME_HELD, 0, &other);
    vc_settle(t);
    nm_state(t, prefix, &s);
    vc_check(t, "NAME-9-14", s.state == NM_NONE && s.event == NM_EV_REFUSED, "refused", "state %u, event %u", s.state,
             s.event);
}

/* No directory answers: what the operator has said. */
static void without(struct vc_test *t) {
    char prefix[40];
    struct nm_state s;
    begin(t, NM_USE_DIRECTORY, nm_new_prefix(t, prefix));
    vc_time start = vc_now(t), took = 0;
    do {
        vc_pass(t, 100 * MS);
        nm_state(t, prefix, &s);
        took = vc_now(t) - start;
    } while (s.state != NM_HELD && took < 3 * VC_SECOND);
    vc_equal(t, "NAME-9-14", "state of the prefix", NM_HELD, s.state);
    begin(t, NM_REQUIRE, nm_new_prefix(t, prefix));
    vc_pass(t, took + took / 4);
    nm_state(t, prefix, &s);
    vc_check(t, "NAME-9-14", s.state != NM_HELD, "not held without a directory", "held");
}

static void registers_later(struct vc_test *t) {
    char prefix[40];
    struct nm_state s;
    uint64_t directory = vc_new_client(t);
    begin(t, NM_USE_DIRECTORY, nm_new_prefix(t, prefix));
    vc_pass(t, 3 * VC_SECOND);
    nm_want_state(t, "NAME-9-15", prefix, NM_HELD);
    while (nm_await(t, VNAME_DIRECTORY, VNAME_FIND_DIRECTORY, 0))
        continue;
    struct vc_packet *p = want_register(t, "NAME-9-15", directory, 100 * VC_SECOND);
    struct nm_record other = nm_record_of(prefix, vc_new_client(t), 5);
    other.flags = VNAME_REGISTERED | VNAME_SECOND_HAND;
    nm_answer(t, p, directory, VNAME_HELD, 0, &other);
    vc_settle(t);
    nm_state(t, prefix, &s);
    vc_check(t, "NAME-9-15", s.state != NM_HELD && s.event == NM_EV_LOST, "it yields to the registered owner",
             "state %u, event %u", s.state, s.event);
}

const struct vc_case vc_names_lookup_cases[] = {
    VC_TIMED("names/registered", "NAME-9-11", CLIENT, "a record of the directory", "its manager is asked, alone",
             registered),
    VC_TIMED("names/unreachable", "NAME-7.1-08 NAME-9-11", CLIENT, "a registered name whose manager is silent",
             "unreachable", unreachable),
    VC_TIMED("names/invalid", "NAME-7.1-08 NAME-9-21", CLIENT, "NAME_NOT_FOUND of the directory",
             "a second QueryName, then no such name", invalid),
    VC_TIMED("names/known-unregistered", "NAME-9-20", CLIENT, "NAME_NOT_FOUND about a prefix that was known",
             "it goes on asking", known),
    VC_CASE("names/directory-first", "NAME-9-12", CLIENT, "a resolver that asks the directory first",
            "LookupName without QueryName", first),
    VC_TIMED("names/no-directory", "NAME-7.1-08 NAME-9-13", CLIENT " patience", "no directory answers",
             "none is asked for 30 s", none),
    VC_CASE("names/registers", "NAME-8.1-08 NAME-8.1-10 NAME-9-14", CLAIMS, "a claim that is to be registered",
            "RegisterName before it is held", registers),
    VC_CASE("names/registers-refused", "NAME-9-14", CLAIMS, "NAME_HELD of the directory", "the claim has failed", refused),
    VC_TIMED("names/registers-nowhere", "NAME-9-14", CLAIMS, "no directory answers",
             "held or not, as the operator has said", without),
    VC_TIMED("names/registers-later", "NAME-9-15", CLAIMS " patience",
             "a directory answers later, and has another owner", "it yields", registers_later),
    VC_LAST};
