/* SPDX-License-Identifier: BSD-2-Clause */
/* Claiming and announcing.  spec/naming.md sections 8.1, 8.2 and 8.4. */
#include "names.h"

#include <stdio.h>
#include <string.h>

#define CLAIMS "name-claims"
#define PATIENT "name-claims patience"

static struct vc_packet *round_of(struct vc_test *t, const char *id, vc_time patience) {
    struct vc_packet *p = nm_await(t, VNAME_HANDLERS, VNAME_CLAIM, patience);
    if (!vc_check(t, id, p != NULL, "ClaimName", "%s", p ? "it came" : "nothing"))
        vc_give_up(t, "the node does not claim");
    return p;
}

static void begin(struct vc_test *t, const char *prefix, uint32_t flags, uint32_t generation) {
    const struct nm_claim c = {.prefix = prefix, .flags = flags, .generation = generation};
    nm_claim(t, &c);
}

/* ---- rounds --------------------------------------------------------------------------------------------------------- */

static void rounds(struct vc_test *t) {
    char prefix[40];
    uint64_t manager = nm_manager(t, 0);
    vc_time last = 0;
    uint64_t clients[8];
    uint32_t transactions[8];
    begin(t, nm_new_prefix(t, prefix), 0, 0);
    for (unsigned i = 0; i < 8; i++) {
        struct vc_packet *p = round_of(t, "NAME-8.1-01", VC_SECOND);
        struct nm_record r = nm_want_record(t, "NAME-8.1-01", p);
        vc_equal(t, "NAME-8.1-01", "round", i, p->words[0]);
        vc_check(t, "NAME-8.1-01",
                 r.flags & VNAME_CLAIMING && r.manager == manager && p->code & VMTP_MRD && p->flags & VMTP_MPG,
                 "its record, CLAIMING, for several Responses", "flags 0x%x", r.flags);
        vc_equal(t, "NAME-8.1-08", "generation", 1, r.generation);
        if (i)
            vc_between(t, "NAME-8.1-01", "length of a round", 39 * MS, 90 * MS, p->time - last);
        last = p->time;
        clients[i] = p->client;
        transactions[i] = p->transaction;
        for (unsigned k = 0; k < i; k++)
            vc_check(t, "NAME-8.1-01", clients[k] != clients[i] || transactions[k] != transactions[i],
                     "a transaction of its own", "that of round %u", k);
    }
    nm_want_state(t, "NAME-8.1-06", prefix, NM_CLAIMS);
    vc_pass(t, 120 * MS);
    nm_want_state(t, "NAME-8.1-06", prefix, NM_HELD);
    struct vc_packet *more = nm_await(t, VNAME_HANDLERS, VNAME_CLAIM, 0);
    vc_check(t, "NAME-8.1-01", more == NULL, "8 rounds", "%s", more ? "9" : "8");
}

/* The record of a round about that prefix. */
static struct nm_record claimed(struct vc_test *t, const char *id, const char *prefix) {
    struct nm_record r;
    do
        r = nm_want_record(t, id, round_of(t, id, VC_SECOND));
    while (r.prefix_length != strlen(prefix) || memcmp(r.prefix, prefix, r.prefix_length) != 0);
    return r;
}

static void generations(struct vc_test *t) {
    char prefix[40], known[40], most[40];
    nm_manager(t, 0);
    nm_hold(t, nm_new_prefix(t, known)); /* so that it listens */
    nm_new_prefix(t, prefix);
    struct nm_record r = nm_record_of(prefix, vc_new_client(t), 41);
    nm_announce(t, VNAME_REASON_HELD, &r);
    r.flags = VNAME_RELEASED;
    nm_announce(t, VNAME_REASON_RELEASED, &r);
    vc_settle(t);
    begin(t, prefix, 0, 0);
    vc_equal(t, "NAME-8.1-08", "generation after one that was announced", 42,
             claimed(t, "NAME-8.1-08", prefix).generation);
    nm_manager(t, 0);
    begin(t, nm_new_prefix(t, known), 0, 7);
    vc_equal(t, "NAME-8.1-08", "generation after one of its own storage", 8, claimed(t, "NAME-8.1-08", known).generation);
    nm_manager(t, 0);
    begin(t, nm_new_prefix(t, most), 0, 0xffffffff);
    vc_equal(t, "NAME-8.1-08", "generation after the highest", 0xffffffff, claimed(t, "NAME-8.1-08", most).generation);
}

/* ---- somebody has it -------------------------------------------------------------------------------------------------- */

static void refused(struct vc_test *t) {
    char prefix[40];
    struct nm_state s;
    nm_manager(t, 0);
    begin(t, nm_new_prefix(t, prefix), 0, 0);
    struct vc_packet *p = round_of(t, "NAME-8.1-04", VC_SECOND);
    struct nm_record r = nm_record_of(prefix, vc_new_client(t), 5);
    nm_answer(t, p, r.manager, VNAME_HELD, 0, &r);
    vc_pass(t, 10 * MS);
    nm_state(t, prefix, &s);
    vc_equal(t, "NAME-8.1-04", "state", NM_NONE, s.state);
    vc_equal(t, "NAME-8.1-09", "event", NM_EV_REFUSED, s.event);
    vc_equal(t, "NAME-8.1-09", "its code", VNAME_HELD, s.code & NM_LOW24);
    vc_equal(t, "NAME-8.1-09", "manager in the way", r.manager, s.record.manager);
    vc_pass(t, 100 * MS);
    vc_check(t, "NAME-8.1-04", !nm_await(t, VNAME_HANDLERS, VNAME_CLAIM, 0), "no further round", "one");
}

static void announced(struct vc_test *t) {
    char prefix[40];
    nm_manager(t, 0);
    begin(t, nm_new_prefix(t, prefix), 0, 0);
    round_of(t, "NAME-8.1-04", VC_SECOND);
    struct nm_record r = nm_record_of(prefix, vc_new_client(t), 1);
    nm_announce(t, VNAME_REASON_DEFEND, &r);
    vc_settle(t);
    nm_want_state(t, "NAME-8.1-04", prefix, NM_NONE);
}

/* What does not say that somebody has it. */
static void not_refused(struct vc_test *t) {
    char prefix[40], other[60];
    nm_manager(t, 0);
    begin(t, nm_new_prefix(t, prefix), 0, 0);
    struct vc_packet *p = round_of(t, "NAME-8.1-04", VC_SECOND);
    uint64_t liar = vc_new_client(t);
    struct nm_record r = nm_record_of(prefix, vc_new_client(t), 5);
    nm_answer(t, p, liar, VNAME_HELD, 0, &r); /* of another manager */
    r.manager = liar;
    r.flags = VNAME_RELEASED;
    nm_answer(t, p, vc_new_client(t), VNAME_HELD, 0, &r);
    nm_announce(t, VNAME_REASON_RELEASED, &r);
    r.flags = 0;
    p = nm_await(t, VNAME_HANDLERS, VNAME_CLAIM, VC_SECOND);
    struct vc_packet m = nm_to_all(t, VNAME_HANDLERS, VNAME_ANNOUNCE); /* in the name of another */
    m.code = VNAME_ANNOUNCE | VMTP_DGM;
    nm_carry_record(&m, &r);
    vc_send(t, &m);
    r.flags = VNAME_CLAIMING;
    r.generation = 1;
    r.manager = vc_new_client(t) | 0x0fff000000000000ull; /* equal, and beaten by a lower identifier */
    if (p)
        nm_answer(t, p, r.manager, VNAME_HELD, 0, &r);
    r.flags = 0;
    r.generation = 5;
    snprintf(other, sizeof other, "%s/else", prefix);
    r.prefix = other;
    r.prefix_length = strlen(other);
    if (p)
        nm_answer(t, p, r.manager, VNAME_HELD, 0, &r);
    nm_claimed(t, prefix);
    nm_want_state(t, "NAME-8.1-04 NAME-8.2-05", prefix, NM_HELD);
}

static void again(struct vc_test *t) {
    char prefix[40];
    vc_time ended = 0;
    nm_manager(t, 0);
    begin(t, nm_new_prefix(t, prefix), NM_AGAIN, 0);
    for (unsigned i = 0; i < 3; i++) {
        struct vc_packet *p = round_of(t, "NAME-8.1-09", 6 * VC_SECOND);
        if (i)
            vc_between(t, "NAME-8.1-09", "time since it failed", (1000ull << (i - 1)) * MS - 20 * MS,
                       (1500ull << (i - 1)) * MS, p->time - ended);
        struct nm_record r = nm_record_of(prefix, vc_new_client(t), 5);
        nm_answer(t, p, r.manager, VNAME_HELD, 0, &r);
        vc_settle(t);
        ended = p->time;
    }
    nm_want_state(t, "NAME-8.1-09", prefix, NM_WAITS);
}

static struct vc_packet rival(struct vc_test *t, const struct nm_record *r, uint32_t round) {
    return nm_send_record(t, VNAME_HANDLERS, VNAME_CLAIM, round, r);
}

static void defended(struct vc_test *t) {
    char prefix[40];
    uint64_t manager = nm_manager(t, 0);
    nm_hold(t, nm_new_prefix(t, prefix));
    struct nm_record r = nm_record_of(prefix, vc_new_client(t), 9);
    r.flags = VNAME_CLAIMING;
    for (unsigned i = 0; i < 2; i++) {
        struct vc_packet q = rival(t, &r, i);
        struct nm_record own = nm_want_of(t, "NAME-8.1-02", &q, VNAME_HELD, prefix, manager);
        vc_equal(t, "NAME-8.1-02", "CLAIMING", 0, own.flags & VNAME_CLAIMING);
        int defends = 0;
        for (struct vc_packet *a; (a = nm_await(t, VNAME_HANDLERS, VNAME_ANNOUNCE, 100 * MS)) != NULL;)
            defends |= a->words[0] == VNAME_REASON_DEFEND;
        vc_check(t, "NAME-8.1-02", defends, "AnnounceName, reason DEFEND", "none");
    }
    r.manager = manager; /* somebody claims in its own name */
    struct vc_packet q = nm_to_all(t, VNAME_HANDLERS, VNAME_CLAIM);
    nm_carry_record(&q, &r);
    vc_send(t, &q);
    vc_want_silence(t, "NAME-8.1-02", "answer to a ClaimName with its own identifier");
    nm_want_state(t, "NAME-8.1-02", prefix, NM_HELD);
}

static void tie(struct vc_test *t) {
    char prefix[40];
    uint64_t manager = nm_manager(t, 0);
    begin(t, nm_new_prefix(t, prefix), 0, 0);
    round_of(t, "NAME-8.1-03", VC_SECOND);
    struct nm_record r = nm_record_of(prefix, vc_new_client(t) | 0x0fff000000000000ull, 1);
    r.flags = VNAME_CLAIMING;
    struct vc_packet q = rival(t, &r, 0); /* a higher identifier */
    struct nm_record own = nm_want_of(t, "NAME-8.1-03 NAME-3.1-01", &q, VNAME_HELD, prefix, manager);
    vc_equal(t, "NAME-8.1-03", "CLAIMING", VNAME_CLAIMING, own.flags & VNAME_CLAIMING);
    r.manager = vc_new_client(t);
    r.generation = 2;
    q = rival(t, &r, 0);
    vc_settle(t);
    nm_want_state(t, "NAME-8.1-03", prefix, NM_NONE);
    vc_check(t, "NAME-8.1-03", vc_await_response(t, &q, 0) == NULL, "no answer by one that is beaten", "one");
}

static void replicas(struct vc_test *t) {
    char prefix[40], held[40];
    struct nm_manager m = {.group = VMTP_ID_GRP | VMTP_ID_UGP | vc_new_client(t)};
    nm_manager_anew(t, &m);
    nm_hold(t, nm_new_prefix(t, held));
    struct nm_record r = nm_record_of(held, vc_new_client(t), 9);
    r.flags = VNAME_CLAIMING;
    r.group = m.group;
    struct vc_packet q = rival(t, &r, 0);
    vc_settle(t);
    struct vc_packet *p = vc_await_response(t, &q, 0);
    vc_check(t, "NAME-8.1-05", !p || vc_code(p) != VNAME_HELD, "no NAME_HELD to a replica", "it");
    begin(t, nm_new_prefix(t, prefix), 0, 0);
    vc_equal(t, "NAME-8.1-05", "group", m.group,
             nm_want_record(t, "NAME-8.1-05", round_of(t, "NAME-8.1-05", VC_SECOND)).group);
    r.prefix = prefix;
    q = rival(t, &r, 0);
    vc_settle(t);
    p = vc_await_response(t, &q, 0);
    vc_check(t, "NAME-8.1-05", !p || vc_code(p) != VNAME_HELD, "no NAME_HELD to a replica that claims, too", "it");
    nm_claimed(t, prefix);
    nm_want_state(t, "NAME-8.1-05", prefix, NM_HELD);
}

/* ---- announcing ------------------------------------------------------------------------------------------------------- */

/* The next AnnounceName of that manager with that reason. */
static struct vc_packet *announcement(struct vc_test *t, uint64_t manager, uint32_t reason, vc_time patience) {
    vc_time until = vc_now(t) + patience;
    for (;;) {
        vc_time now = vc_now(t);
        struct vc_packet *p = nm_await(t, VNAME_HANDLERS, VNAME_ANNOUNCE, now < until ? until - now : 0);
        if (!p || (p->client == manager && p->words[0] == reason))
            return p;
    }
}

static struct vc_packet *want_announcement(struct vc_test *t, const char *id, uint64_t manager, uint32_t reason,
                                           vc_time patience) {
    struct vc_packet *p = announcement(t, manager, reason, patience);
    if (!vc_check(t, id, p != NULL, "AnnounceName", "%s", p ? "it came" : "nothing"))
        vc_give_up(t, "the node does not announce");
    return p;
}

static void announces(struct vc_test *t) {
    char prefix[40];
    uint64_t manager = nm_manager(t, 0);
    begin(t, nm_new_prefix(t, prefix), 0, 0);
    vc_time first = 0;
    static const vc_time after[3] = {0, VC_SECOND, 3 * VC_SECOND};
    for (unsigned i = 0; i < 3; i++) {
        struct vc_packet *p = want_announcement(t, "NAME-8.2-01", manager, VNAME_REASON_HELD, 4 * VC_SECOND);
        struct nm_record r = nm_want_record(t, "NAME-8.2-01", p);
        vc_check(t, "NAME-8.2-01 NAME-8.2-03", p->code & VMTP_DGM && p->flags & VMTP_MPG, "a multicast datagram",
                 "Code 0x%x", p->code);
        vc_equal(t, "NAME-8.2-01", "its own manager", manager, r.manager);
        first = i ? first : p->time;
        if (i)
            vc_between(t, "NAME-8.2-01", "time since the first one", after[i] - 20 * MS, after[i] + 300 * MS,
                       p->time - first);
    }
    nm_want_state(t, "NAME-8.2-01", prefix, NM_HELD);
    nm_release(t, prefix);
    struct vc_packet *p = want_announcement(t, "NAME-8.2-04", manager, VNAME_REASON_RELEASED, VC_SECOND);
    struct nm_record r = nm_want_record(t, "NAME-8.2-04", p);
    vc_equal(t, "NAME-8.2-04 NAME-8.2-06", "RELEASED", VNAME_RELEASED, r.flags & VNAME_RELEASED);
}

static void every_minute(struct vc_test *t) {
    char prefix[40], other[60];
    uint64_t manager = nm_manager(t, 0);
    nm_hold(t, nm_new_prefix(t, prefix));
    snprintf(other, sizeof other, "%s/c", prefix);
    nm_hold(t, other);
    vc_pass(t, 5 * VC_SECOND);
    while (announcement(t, manager, VNAME_REASON_HELD, 0))
        continue;
    vc_time last = 0;
    for (unsigned i = 0; i < 4; i++) {
        struct vc_packet *p = want_announcement(t, "NAME-8.2-02", manager, VNAME_REASON_HELD, 75 * VC_SECOND);
        vc_check(t, "NAME-8.2-02", vc_segment_size(p) > 96, "all that it holds", "%u octets", vc_segment_size(p));
        if (last)
            vc_between(t, "NAME-8.2-02", "time since the last one", 49900 * MS, 70500 * MS, p->time - last);
        last = p->time;
    }
}

/* More than one packet group. */
static void splits(struct vc_test *t) {
    char base[40], prefix[256];
    uint64_t manager = nm_manager(t, 0);
    unsigned larger = 0;
    nm_new_prefix(t, base);
    for (unsigned i = 0; i < 32; i++) {
        memset(prefix, 'x', 255);
        prefix[255] = 0;
        int n = snprintf(prefix, sizeof prefix, "%s-%02u", base, i);
        prefix[n] = 'x';
        const struct nm_claim c = {.prefix = prefix, .target = "/the/target/of/an/alias"};
        nm_claim(t, &c);
    }
    vc_pass(t, 20 * VC_SECOND);
    while (announcement(t, manager, VNAME_REASON_HELD, 0))
        continue;
    vc_time until = vc_now(t) + 75 * VC_SECOND;
    struct vc_packet *p = want_announcement(t, "NAME-8.2-03", manager, VNAME_REASON_HELD, until - vc_now(t));
    for (vc_time first = p->time; p && p->time < first + 200 * MS;
         p = announcement(t, manager, VNAME_REASON_HELD, 200 * MS))
        larger += vc_segment_size(p) > VC_SEGMENT_MAX;
    vc_equal(t, "NAME-8.2-03", "groups of more than 16384 octets:", 0, larger);
}

/* What counts of what others announce: by what it is answered with. */
static void counts(struct vc_test *t) {
    char prefix[40], inner[60];
    uint64_t manager = nm_manager(t, 0);
    nm_hold(t, nm_new_prefix(t, prefix));
    snprintf(inner, sizeof inner, "%s/m", prefix);
    struct nm_record r = nm_record_of(inner, vc_new_client(t), 1);
    struct vc_packet m = nm_to_all(t, VNAME_HANDLERS, VNAME_ANNOUNCE), q; /* another Client */
    m.code = VNAME_ANNOUNCE | VMTP_DGM;
    nm_carry_record(&m, &r);
    vc_send(t, &m);
    r.flags = VNAME_CLAIMING;
    nm_announce(t, VNAME_REASON_HELD, &r);
    r.flags = VNAME_RELEASED;
    nm_announce(t, VNAME_REASON_HELD, &r);
    vc_settle(t);
    q = nm_query(t, manager, inner);
    nm_want_of(t, "NAME-8.2-05 NAME-8.2-06", &q, VMTP_OK, prefix, manager);
    r.flags = 0;
    nm_announce(t, VNAME_REASON_HELD, &r);
    nm_announce(t, VNAME_REASON_RELEASED, &r); /* without the flag */
    vc_settle(t);
    q = nm_query(t, manager, inner);
    nm_want_of(t, "NAME-8.2-06 NAME-8.3-03", &q, VMTP_OK, inner, r.manager);
}

/* ---- releasing -------------------------------------------------------------------------------------------------------- */

static void released(struct vc_test *t) {
    char prefix[40], other[40], name[60];
    uint64_t manager = nm_manager(t, 0);
    uint32_t context = nm_hold(t, nm_new_prefix(t, prefix)), length = (uint32_t)strlen(prefix);
    const struct nm_claim c = {.prefix = nm_new_prefix(t, other), .context = context};
    nm_claim(t, &c);
    nm_held(t, other);
    uint32_t number = 0;
    for (unsigned i = 0; i < 2; i++) {
        const char *each = i ? other : prefix;
        snprintf(name, sizeof name, "%s/c1", each);
        struct vc_packet q = nm_operation(t, manager, VNAME_MAP_CONTEXT, name, context, length);
        struct vc_packet *p = vc_want_response(t, "NAME-8.4-02", &q, VMTP_OK);
        if (i)
            vc_equal(t, "NAME-8.4-02", "number of the context under the other name", number, p->words[2]);
        number = p->words[2];
    }
    nm_release(t, prefix);
    vc_pass(t, 50 * MS);
    snprintf(name, sizeof name, "%s/c1", prefix);
    struct vc_packet q = nm_operation(t, manager, VNAME_MAP_CONTEXT, name, context, length);
    vc_want_response(t, "NAME-8.4-01", &q, VNAME_STALE);
    q = nm_operation(t, manager, VNAME_MAP_CONTEXT, "c1", context, 0);
    vc_want_response(t, "NAME-8.4-01", &q, VMTP_OK);
    nm_query(t, VNAME_HANDLERS, prefix);
    vc_want_silence(t, "NAME-5.1-02", "answer about what was released");
}

const struct vc_case vc_names_claim_cases[] = {
    VC_TIMED("names/claim-rounds", "NAME-8.1-01 NAME-8.1-06 NAME-8.1-08", CLAIMS " near", "NAME_CLAIM",
             "8 ClaimNames, then it is held", rounds),
    VC_CASE("names/claim-generation", "NAME-8.1-08", CLAIMS,
            "claims of prefixes that were heard of, stored, and at the end", "one more than the highest known",
            generations),
    VC_CASE("names/claim-refused", "NAME-8.1-04 NAME-8.1-09", CLAIMS " near", "NAME_HELD to a claim", "it has failed",
            refused),
    VC_CASE("names/claim-announced", "NAME-8.1-04", CLAIMS, "AnnounceName during a claim", "it has failed", announced),
    VC_CASE("names/claim-not-refused", "NAME-8.1-04 NAME-8.2-05", CLAIMS, "records that do not stand in its way",
            "it holds the prefix", not_refused),
    VC_TIMED("names/claim-again", "NAME-8.1-09", CLAIMS " near", "NAME_HELD to each claim",
             "it tries again after 1 s, then 2 s", again),
    VC_CASE("names/defended", "NAME-8.1-02", CLAIMS, "ClaimName for what it holds",
            "NAME_HELD, and AnnounceName DEFEND", defended),
    VC_CASE("names/tie", "NAME-3.1-01 NAME-8.1-03", CLAIMS, "ClaimName for what it claims",
            "NAME_HELD, or it has failed", tie),
    VC_CASE("names/replicas-claim", "NAME-8.1-05", CLAIMS, "ClaimName of a replica", "no NAME_HELD", replicas),
    VC_TIMED("names/announces", "NAME-8.2-01 NAME-8.2-03 NAME-8.2-04 NAME-8.2-06", CLAIMS, "NAME_CLAIM, NAME_RELEASE",
             "AnnounceName at once, after 1 s and 3 s, and RELEASED", announces),
    VC_TIMED("names/every-minute", "NAME-8.2-02", PATIENT, "4 minutes",
             "AnnounceName every 50 to 70 s, of all that it holds", every_minute),
    VC_CASE("names/announces-much", "NAME-8.2-03", PATIENT, "32 long prefixes",
            "announcements that fit into a packet group", splits),
    VC_CASE("names/announcements-count", "NAME-8.2-05 NAME-8.2-06 NAME-8.3-03", CLAIMS,
            "announcements of others' prefixes, and of flags that do not fit", "they do not count", counts),
    VC_CASE("names/released", "NAME-5.1-02 NAME-8.4-01 NAME-8.4-02", CLAIMS,
            "one context under two names, of which one is released", "NAME_STALE, and the context goes on", released),
    VC_LAST};
