/* SPDX-License-Identifier: BSD-2-Clause */
/* Two holders of one prefix, and handing over.  spec/naming.md sections 5.1, 8.5 and 8.6. */
#include "names.h"

#include <stdio.h>
#include <string.h>

#define CLAIMS "name-claims"
#define PATIENT "name-claims patience"

/* A manager that holds a prefix; another record of it that beats it, and one that does not. */
struct pair {
    char prefix[40], name[60];
    uint64_t manager;
    uint32_t context, length;
    struct nm_record winner, loser;
};

static struct pair *begin(struct vc_test *t, struct pair *p, struct nm_manager *m) {
    nm_manager_anew(t, m);
    p->manager = m->entity;
    const struct nm_claim c = {.prefix = nm_new_prefix(t, p->prefix), .generation = 9};
    p->context = nm_claim(t, &c);
    nm_held(t, p->prefix);
    p->length = (uint32_t)strlen(p->prefix);
    snprintf(p->name, sizeof p->name, "%s/c1", p->prefix);
    p->winner = nm_record_of(p->prefix, vc_new_client(t), 11);
    p->loser = nm_record_of(p->prefix, vc_new_client(t), 3);
    return p;
}

static struct vc_packet meet(struct vc_test *t, const struct pair *p, const struct nm_record *r) {
    return nm_send_record(t, p->manager, VNAME_MEET, 0, r);
}

static struct vc_packet operation(struct vc_test *t, const struct pair *p) {
    return nm_operation(t, p->manager, VNAME_MAP_CONTEXT, p->name, p->context, p->length);
}

static void want_meet(struct vc_test *t, const char *id, const struct pair *p, uint64_t other, struct vc_packet **out) {
    struct vc_packet *q = vc_want_request(t, id, other, 2 * VC_SECOND);
    vc_equal(t, id, "Code", VNAME_MEET & NM_LOW24, vc_code(q));
    vc_equal(t, id, "Client", p->manager, q->client);
    vc_equal(t, id, "its own record", p->manager, nm_want_record(t, id, q).manager);
    *out = q;
}

/* It does not answer for the prefix any more. */
static void want_yielded(struct vc_test *t, const char *id, struct pair *p) {
    struct nm_state s;
    struct vc_packet q = nm_query(t, VNAME_HANDLERS, p->name);
    nm_want_none(t, id, &q);
    q = operation(t, p);
    nm_want_of(t, id, &q, VNAME_MOVED, p->prefix, p->winner.manager);
    q = nm_operation(t, p->manager, VNAME_MAP_CONTEXT, "c1", p->context, 0);
    vc_want_response(t, id, &q, VMTP_OK);
    nm_state(t, p->prefix, &s);
    vc_equal(t, id, "event", NM_EV_LOST, s.event);
}

static void met(struct vc_test *t) {
    struct pair p;
    struct nm_manager m = {.group = VMTP_ID_GRP | VMTP_ID_UGP | vc_new_client(t)};
    begin(t, &p, &m);
    struct vc_packet q = meet(t, &p, &p.loser);
    nm_want_of(t, "NAME-8.5-02 NAME-3.3-04", &q, VNAME_HELD, p.prefix, p.manager);
    char other[40];
    struct nm_record r = nm_record_of(nm_new_prefix(t, other), vc_new_client(t), 1);
    q = meet(t, &p, &r);
    vc_want_response(t, "NAME-8.5-02", &q, VNAME_STALE);
    r = p.winner;
    r.flags = VNAME_CLAIMING;
    q = meet(t, &p, &r);
    vc_want_response(t, "NAME-8.5-02", &q, VNAME_BAD_REQUEST);
    r.flags = VNAME_RELEASED;
    q = meet(t, &p, &r);
    vc_want_response(t, "NAME-8.5-02", &q, VNAME_BAD_REQUEST);
    r.flags = 0;
    r.group = m.group;
    q = meet(t, &p, &r);
    vc_want_response(t, "NAME-8.5-02", &q, VNAME_BAD_REQUEST);
    q = nm_to(t, p.manager, VNAME_MEET); /* another Client */
    nm_carry_record(&q, &p.winner);
    vc_send(t, &q);
    vc_want_response(t, "NAME-8.5-02", &q, VNAME_BAD_REQUEST);
    q = meet(t, &p, &p.winner);
    struct vc_packet *a = vc_want_response(t, "NAME-8.5-02", &q, VMTP_OK);
    struct nm_record own = nm_want_record(t, "NAME-8.5-02", a);
    vc_check(t, "NAME-8.5-02", own.manager == p.manager && own.flags & VNAME_RELEASED, "its own record, RELEASED",
             "flags 0x%x", own.flags);
    vc_equal(t, "NAME-4-04", "DGM", 0, a->code & VMTP_DGM);
    want_yielded(t, "NAME-8.5-04", &p);
    q = nm_query(t, p.manager, p.name);
    own = nm_want_of(t, "NAME-5.1-05", &q, VNAME_MOVED, p.prefix, p.winner.manager);
    vc_equal(t, "NAME-5.1-07", "SECOND_HAND", VNAME_SECOND_HAND, own.flags & VNAME_SECOND_HAND);
}

/* Equal generations: REGISTERED, then the lower identifier. */
static void beaten(struct vc_test *t) {
    struct pair p;
    struct nm_manager m = {0};
    begin(t, &p, &m);
    struct nm_record r = p.winner;
    r.generation = 10;
    r.manager |= 0x0fff000000000000ull;
    struct vc_packet q = meet(t, &p, &r);
    vc_want_response(t, "NAME-8.5-02", &q, VNAME_HELD);
    r.flags = VNAME_REGISTERED;
    q = meet(t, &p, &r);
    vc_want_response(t, "NAME-8.5-02", &q, VMTP_OK);
}

static void announced(struct vc_test *t) {
    struct pair p;
    struct nm_manager m = {0};
    struct vc_packet *q;
    begin(t, &p, &m);
    nm_announce(t, VNAME_REASON_HELD, &p.loser);
    want_meet(t, "NAME-8.5-01", &p, p.loser.manager, &q);
    nm_announce(t, VNAME_REASON_HELD, &p.loser);
    vc_settle(t);
    struct vc_packet *second = vc_await_request(t, p.loser.manager, 0);
    vc_check(t, "NAME-8.5-05", !second || second->transaction == q->transaction, "one MeetName at a time", "two");
    struct nm_record gone = p.loser;
    gone.flags = VNAME_RELEASED;
    nm_answer(t, q, p.loser.manager, VMTP_OK, 0, &gone);
    vc_settle(t);
    struct vc_packet c = operation(t, &p);
    vc_want_response(t, "NAME-8.5-01", &c, VMTP_OK);
    struct vc_packet hint = nm_to(t, p.manager, VNAME_ANNOUNCE | VMTP_DGM); /* somebody's word about another one */
    struct nm_record r = p.winner;
    r.flags = VNAME_SECOND_HAND;
    hint.words[0] = VNAME_REASON_MEET;
    nm_carry_record(&hint, &r);
    vc_send(t, &hint);
    want_meet(t, "NAME-8.5-01", &p, p.winner.manager, &q);
    nm_answer(t, q, p.loser.manager, VNAME_HELD, 0, &p.loser); /* of another, and it does not beat it */
    nm_answer(t, q, p.winner.manager, VNAME_HELD, 0, &p.winner);
    vc_settle(t);
    want_yielded(t, "NAME-8.5-03", &p);
}

/* NAME_HELD with a record that does not beat its own. */
static void odd_answer(struct vc_test *t) {
    struct pair p;
    struct nm_manager m = {0};
    struct vc_packet *q;
    begin(t, &p, &m);
    nm_announce(t, VNAME_REASON_HELD, &p.loser);
    want_meet(t, "NAME-8.5-01", &p, p.loser.manager, &q);
    nm_answer(t, q, p.loser.manager, VNAME_HELD, 0, &p.loser);
    vc_settle(t);
    struct vc_packet c = operation(t, &p);
    vc_want_response(t, "NAME-8.5-03", &c, VMTP_OK);
    vc_time failed = vc_now(t);
    nm_announce(t, VNAME_REASON_HELD, &p.loser);
    struct vc_packet *again = vc_await_request(t, p.loser.manager, 4 * VC_SECOND);
    vc_check(t, "NAME-8.5-05", !again || again->time - failed >= 4 * VC_SECOND,
             "5 s without a MeetName after one that failed", "sooner");
}

/* However many are reported that do not exist. */
static void reports(struct vc_test *t) {
    struct pair p;
    struct nm_manager m = {0};
    struct vc_packet *q;
    begin(t, &p, &m);
    for (unsigned i = 0; i < 40; i++) {
        struct nm_record r = nm_record_of(p.prefix, 0x0777777700000000ull + i, 30);
        r.flags = VNAME_SECOND_HAND;
        struct vc_packet hint = nm_to(t, p.manager, VNAME_ANNOUNCE | VMTP_DGM);
        hint.words[0] = VNAME_REASON_MEET;
        nm_carry_record(&hint, &r);
        vc_send(t, &hint);
    }
    vc_settle(t);
    nm_announce(t, VNAME_REASON_HELD, &p.winner);
    want_meet(t, "NAME-8.5-07", &p, p.winner.manager, &q);
    nm_answer(t, q, p.winner.manager, VNAME_HELD, 0, &p.winner);
    vc_settle(t);
    want_yielded(t, "NAME-8.5-07", &p);
    char prefix[40]; /* it can still take a prefix over */
    const struct nm_claim c = {.prefix = nm_new_prefix(t, prefix), .flags = NM_TAKE, .from = vc_new_client(t)};
    nm_claim(t, &c);
    vc_want_request(t, "NAME-8.5-06", c.from, 2 * VC_SECOND);
}

/* ---- handing over ------------------------------------------------------------------------------------------------------ */

static void hands_over(struct vc_test *t) {
    struct pair p;
    struct nm_manager m = {.flags = NM_HAND_OVER, .owner = 0x1234};
    begin(t, &p, &m);
    struct nm_record r = nm_record_of(p.prefix, vc_new_client(t), 10);
    r.context = 0x99;
    struct vc_packet q = nm_send_record(t, p.manager, VNAME_HAND_OVER, 0, &r);
    vc_want_response(t, "NAME-8.6-02", &q, VMTP_NO_PERMISSION);
    r.owner = 0x1234;
    q = nm_send_record(t, p.manager, VNAME_HAND_OVER, 0, &r);
    struct vc_packet *a = vc_want_response(t, "NAME-8.6-02", &q, VMTP_OK);
    struct nm_record given = nm_want_record(t, "NAME-8.6-02", a);
    vc_check(t, "NAME-8.6-02", given.flags & VNAME_HANDED_OVER && given.generation == 11 && given.manager == r.manager,
             "the record, MOVED, its generation one higher", "flags 0x%x, generation %u", given.flags, given.generation);
    vc_equal(t, "NAME-5.1-07", "SECOND_HAND", 0, given.flags & VNAME_SECOND_HAND);
    vc_equal(t, "NAME-4-04", "DGM", 0, a->code & VMTP_DGM);
    q = nm_send_record(t, p.manager, VNAME_HAND_OVER, 0, &r);
    given = nm_want_record(t, "NAME-8.6-05", vc_want_response(t, "NAME-8.6-05", &q, VMTP_OK));
    vc_equal(t, "NAME-8.6-05", "generation", 11, given.generation);
    q = operation(t, &p);
    struct vc_packet *passed = vc_await_request(t, r.manager, VC_SECOND),
                     *moved = passed ? NULL : vc_await_response(t, &q, 0);
    vc_check(t, "NAME-8.6-03 NAME-6.3-03",
             (passed && passed->client == q.client) || (moved && vc_code(moved) == VNAME_MOVED),
             "the operation forwarded, or NAME_MOVED", "neither");
    if (passed) {
        vc_tell_forwarder(t, passed, VMTP_OK, 0xffffffffu);
    }
    q = nm_query(t, p.manager, p.name);
    nm_want_of(t, "NAME-5.1-05", &q, VNAME_MOVED, p.prefix, r.manager);
    char other[40];
    r.prefix = nm_new_prefix(t, other);
    r.prefix_length = strlen(other);
    q = nm_send_record(t, p.manager, VNAME_HAND_OVER, 0, &r);
    vc_want_response(t, "NAME-8.6-02", &q, VNAME_STALE);
}

static void not_allowed(struct vc_test *t) {
    struct pair p;
    struct nm_manager m = {.owner = 0x1234};
    begin(t, &p, &m);
    struct nm_record r = nm_record_of(p.prefix, vc_new_client(t), 10);
    r.owner = 0x1234;
    struct vc_packet q = nm_send_record(t, p.manager, VNAME_HAND_OVER, 0, &r);
    vc_want_response(t, "NAME-8.6-02", &q, VMTP_NO_PERMISSION);
}

static void moved_for_a_minute(struct vc_test *t) {
    struct pair p;
    struct nm_manager m = {0};
    begin(t, &p, &m);
    struct vc_packet q = meet(t, &p, &p.winner);
    vc_want_response(t, "NAME-8.5-02", &q, VMTP_OK);
    vc_pass(t, 58 * VC_SECOND);
    q = nm_query(t, p.manager, p.name);
    nm_want_of(t, "NAME-5.1-05", &q, VNAME_MOVED, p.prefix, p.winner.manager);
    vc_pass(t, 5 * VC_SECOND);
    q = nm_query(t, p.manager, p.name);
    vc_want_response(t, "NAME-5.1-05", &q, VNAME_STALE);
}

/* Who yields or hands over a prefix that it covers itself remembers where it went. */
static void covered(struct vc_test *t) {
    struct pair p;
    struct nm_manager m = {.flags = NM_HAND_OVER, .owner = 0x1234};
    char inner[60], name[80];
    begin(t, &p, &m);
    snprintf(inner, sizeof inner, "%s/c7", p.prefix);
    snprintf(name, sizeof name, "%s/x", inner);
    nm_hold(t, inner);
    struct nm_record r = nm_record_of(inner, vc_new_client(t), 20);
    r.owner = 0x1234;
    struct vc_packet q = nm_send_record(t, p.manager, VNAME_HAND_OVER, 0, &r);
    vc_want_response(t, "NAME-8.6-02", &q, VMTP_OK);
    q = nm_query(t, VNAME_HANDLERS, name);
    nm_want_none(t, "NAME-8.3-12", &q);
    q = operation(t, &p);
    vc_want_response(t, "NAME-8.3-12", &q, VMTP_OK);
}

/* The node is the one that takes over. */
static void takes_over(struct vc_test *t) {
    char outer[40], prefix[60];
    struct nm_state s;
    struct nm_manager m = {.owner = 0x1234};
    nm_manager_anew(t, &m);
    snprintf(prefix, sizeof prefix, "%s/in", nm_new_prefix(t, outer));
    const struct nm_claim c = {.prefix = prefix, .flags = NM_TAKE, .from = vc_new_client(t), .generation = 4};
    nm_claim(t, &c);
    struct vc_packet *p = vc_want_request(t, "NAME-8.6-01", c.from, 2 * VC_SECOND);
    vc_equal(t, "NAME-8.6-01", "Code", VNAME_HAND_OVER & NM_LOW24, vc_code(p));
    struct nm_record r = nm_want_record(t, "NAME-8.6-01", p);
    vc_equal(t, "NAME-8.6-01", "its own identifier", m.entity, r.manager);
    vc_equal(t, "NAME-8.6-01", "owner", 0x1234, r.owner);
    r.flags = VNAME_HANDED_OVER;
    r.generation = 8;
    vc_time since = vc_now(t);
    nm_answer(t, p, c.from, VMTP_OK, 0, &r);
    struct vc_packet *a = nm_await(t, VNAME_HANDLERS, VNAME_ANNOUNCE, VC_SECOND);
    vc_check(t, "NAME-8.6-03", a != NULL, "AnnounceName", "none since %llu", (unsigned long long)since);
    struct vc_packet *q = nm_await(t, VNAME_HANDLERS, VNAME_QUERY, VC_SECOND); /* who covers it? */
    vc_check(t, "NAME-8.3-14", q && vc_segment_size(q) == strlen(outer) && memcmp(q->data, outer, strlen(outer)) == 0,
             "QueryName for what stands before the last component", "%s", q ? "another name" : "none");
    if (q) {
        struct nm_record coverer = nm_record_of(outer, vc_new_client(t), 1);
        nm_tell(t, q, &coverer);
        p = vc_want_request(t, "NAME-8.3-14", coverer.manager, 2 * VC_SECOND);
        vc_equal(t, "NAME-8.3-14", "Code", VNAME_MOUNT & NM_LOW24, vc_code(p));
        nm_answer(t, p, coverer.manager, VMTP_OK, 0, &coverer);
    }
    nm_state(t, prefix, &s);
    vc_check(t, "NAME-8.6-03", s.state == NM_HELD && s.record.generation == 8, "held, with that record",
             "state %u, generation %u", s.state, s.record.generation);
}

const struct vc_case vc_names_meet_cases[] = {
    VC_CASE("names/met", "NAME-3.3-04 NAME-4-04 NAME-5.1-05 NAME-5.1-07 NAME-8.5-02 NAME-8.5-04", CLAIMS,
            "MeetName with records of every kind",
            "NAME_HELD, NAME_STALE, NAME_BAD_REQUEST; it yields to one that beats its own", met),
    VC_CASE("names/beats", "NAME-8.5-02", CLAIMS, "MeetName with the same generation",
            "REGISTERED goes first, then the lower identifier", beaten),
    VC_CASE("names/meets", "NAME-8.5-01 NAME-8.5-03 NAME-8.5-05", CLAIMS, "another holder is announced, and told of",
            "MeetName; it yields to NAME_HELD", announced),
    VC_TIMED("names/meets-odd", "NAME-8.5-01 NAME-8.5-03 NAME-8.5-05", CLAIMS,
             "NAME_HELD with a record that does not beat its own", "ignored; the next MeetName after 5 s", odd_answer),
    VC_CASE("names/meets-nobody", "NAME-8.5-06 NAME-8.5-07", CLAIMS, "reports of 40 managers that do not exist",
            "it meets one that announces itself", reports),
    VC_CASE("names/hands-over", "NAME-4-04 NAME-5.1-05 NAME-5.1-07 NAME-6.3-03 NAME-8.6-02 NAME-8.6-03 NAME-8.6-05",
            CLAIMS, "HandOverName", "the record, MOVED; operations go to the new manager", hands_over),
    VC_CASE("names/hands-nothing-over", "NAME-8.6-02", CLAIMS, "HandOverName that the program does not allow",
            "NO_PERMISSION", not_allowed),
    VC_TIMED("names/moved-for-a-minute", "NAME-5.1-05 NAME-8.5-02", PATIENT,
             "QueryName for what it has yielded, for a minute", "NAME_MOVED, then NAME_STALE", moved_for_a_minute),
    VC_CASE("names/hands-over-inside", "NAME-8.3-12 NAME-8.6-02", CLAIMS,
            "HandOverName of a prefix inside another one of its own", "it remembers the new manager as a mount", covered),
    VC_CASE("names/takes-over", "NAME-8.3-14 NAME-8.6-01 NAME-8.6-03", CLAIMS, "NAME_CLAIM from another manager",
            "HandOverName, AnnounceName, and who covers it", takes_over),
    VC_LAST};
