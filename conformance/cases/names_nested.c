/* SPDX-License-Identifier: BSD-2-Clause */
/* Prefixes inside prefixes: who covers, and what is mounted.  spec/naming.md section 8.3. */
#include "names.h"

#include <stdio.h>
#include <string.h>

#define CLAIMS "name-claims"
#define PATIENT "name-claims patience"

/* Whose a name is, as the node says when it is asked alone: the manager of the record. */
static void want_owner(struct vc_test *t, const char *id, uint64_t node, const char *name, uint64_t owner) {
    struct vc_packet q = nm_query(t, node, name);
    struct nm_record r = nm_want_record(t, id, vc_want_response(t, id, &q, VMTP_OK));
    vc_equal(t, id, "manager of the name", owner, r.manager);
}

static struct vc_packet mount(struct vc_test *t, uint64_t manager, const struct nm_record *r, uint32_t end) {
    return nm_send_record(t, manager, VNAME_MOUNT, end, r);
}

static void want_mounted(struct vc_test *t, uint64_t manager, const struct nm_record *r) {
    struct vc_packet q = mount(t, manager, r, 0), *p = vc_await_response(t, &q, VC_PATIENCE);
    if (!p || vc_code(p) != VMTP_OK)
        vc_give_up(t, "the mount is not taken");
}

/* ---- the one who covers ------------------------------------------------------------------------------------------------ */

static void covers(struct vc_test *t) {
    char prefix[40], inner[100], other[40];
    struct nm_state s;
    uint64_t manager = nm_manager(t, 0);
    nm_hold(t, nm_new_prefix(t, prefix));
    struct nm_record r = nm_record_of(nm_below(inner, prefix, "/m"), vc_new_client(t), 1);
    r.flags = VNAME_CLAIMING;
    struct vc_packet q = nm_send_record(t, VNAME_HANDLERS, VNAME_CLAIM, 0, &r);
    nm_want_of(t, "NAME-8.3-01", &q, VMTP_OK, prefix, manager);
    r.flags = 0;
    q = mount(t, manager, &r, 0);
    struct vc_packet *p = vc_want_response(t, "NAME-8.3-04", &q, VMTP_OK);
    vc_equal(t, "NAME-4-04", "DGM", 0, p->code & VMTP_DGM);
    vc_equal(t, "NAME-8.3-04", "its own record", manager, nm_want_record(t, "NAME-8.3-04", p).manager);
    want_owner(t, "NAME-8.3-04 NAME-8.3-07", manager, inner, r.manager);
    nm_state(t, inner, &s);
    vc_equal(t, "NAME-8.3-04", "event", NM_EV_MOUNTED, s.event);
    struct nm_record foreign = nm_record_of(nm_new_prefix(t, other), vc_new_client(t), 1);
    q = mount(t, manager, &foreign, 0);
    vc_want_response(t, "NAME-8.3-04", &q, VNAME_STALE);
    q = mount(t, manager, &r, 1);
    vc_want_response(t, "NAME-8.3-06", &q, VMTP_OK);
    want_owner(t, "NAME-8.3-06", manager, inner, manager);
    q = mount(t, manager, &r, 1); /* not known any more */
    vc_want_response(t, "NAME-8.3-06", &q, VMTP_OK);
}

static void forgets(struct vc_test *t) {
    char prefix[40], inner[100];
    uint64_t manager = nm_manager(t, 0);
    nm_hold(t, nm_new_prefix(t, prefix));
    struct nm_record r = nm_record_of(nm_below(inner, prefix, "/m"), vc_new_client(t), 1), other = r;
    nm_announce(t, VNAME_REASON_HELD, &r);
    want_owner(t, "NAME-8.3-03", manager, inner, r.manager);
    other.flags = VNAME_RELEASED;
    other.manager = vc_new_client(t);
    nm_announce(t, VNAME_REASON_RELEASED, &other);
    want_owner(t, "NAME-8.3-06", manager, inner, r.manager); /* it was not his */
    r.flags = VNAME_RELEASED;
    nm_announce(t, VNAME_REASON_RELEASED, &r);
    want_owner(t, "NAME-8.3-06", manager, inner, manager);
    r.flags = 0;
    nm_announce(t, VNAME_REASON_DEFEND, &r);
    want_owner(t, "NAME-8.3-03", manager, inner, r.manager);
    other.flags = 0;
    nm_announce(t, VNAME_REASON_HELD, &other);
    want_owner(t, "NAME-8.3-06", manager, inner, other.manager);
}

static void forgets_the_silent(struct vc_test *t) {
    char prefix[40], inner[100], told[100];
    uint64_t manager = nm_manager(t, 0);
    nm_hold(t, nm_new_prefix(t, prefix));
    struct nm_record r = nm_record_of(nm_below(inner, prefix, "/m"), vc_new_client(t), 1);
    want_mounted(t, manager, &r);
    const struct nm_claim c = {
        .prefix = nm_below(told, prefix, "/o"), .flags = NM_OPERATOR, .from = vc_new_client(t), .context = 1};
    nm_claim(t, &c);
    vc_pass(t, 190 * VC_SECOND);
    nm_query(t, VNAME_HANDLERS, inner);
    vc_want_silence(t, "NAME-8.3-07", "answer about a mount of which nothing was heard");
    want_owner(t, "NAME-8.3-06 NAME-8.3-07", manager, inner, r.manager);
    vc_pass(t, 15 * VC_SECOND);
    want_owner(t, "NAME-8.3-06", manager, inner, manager);
    want_owner(t, "NAME-8.3-08", manager, told, c.from);
}

static void refuses(struct vc_test *t) {
    char prefix[40], inner[100];
    struct nm_manager m = {.flags = NM_NO_MOUNTS};
    nm_manager_anew(t, &m);
    nm_hold(t, nm_new_prefix(t, prefix));
    struct nm_record r = nm_record_of(nm_below(inner, prefix, "/m"), vc_new_client(t), 1);
    struct vc_packet q = mount(t, m.entity, &r, 0);
    vc_want_response(t, "NAME-8.3-04", &q, VMTP_NO_PERMISSION);
    m = (struct nm_manager){.mounts = 4};
    nm_manager_anew(t, &m);
    nm_hold(t, nm_new_prefix(t, prefix));
    uint32_t code = VMTP_OK;
    unsigned taken = 0;
    for (; taken < 6 && code == VMTP_OK; taken += code == VMTP_OK) {
        char rest[4] = {'/', 'm', (char)('0' + taken), 0};
        r = nm_record_of(nm_below(inner, prefix, rest), vc_new_client(t), 1);
        q = mount(t, m.entity, &r, 0);
        code = vc_code(vc_want_response(t, "NAME-8.3-04", &q, VC_ANY));
    }
    vc_equal(t, "NAME-8.3-04", "ResponseCode where there is no room", VNAME_NO_ROOM, code);
}

/* Places: half for what was only announced, a quarter for one manager. */
static void places(struct vc_test *t) {
    char prefix[40], inner[8][100];
    struct nm_manager m = {.mounts = 8};
    uint64_t talker = vc_new_client(t);
    unsigned theirs = 0, announced = 0;
    nm_manager_anew(t, &m);
    nm_hold(t, nm_new_prefix(t, prefix));
    for (unsigned i = 0; i < 8; i++) {
        char rest[4] = {'/', 'm', (char)('0' + i), 0};
        struct nm_record r = nm_record_of(nm_below(inner[i], prefix, rest), i < 4 ? talker : vc_new_client(t), 1);
        nm_announce(t, VNAME_REASON_HELD, &r);
    }
    vc_settle(t);
    for (unsigned i = 0; i < 8; i++) {
        struct vc_packet q = nm_query(t, m.entity, inner[i]);
        struct nm_record r = nm_want_record(t, "NAME-8.3-13", vc_want_response(t, "NAME-8.3-13", &q, VMTP_OK));
        theirs += r.manager == talker;
        announced += r.manager != m.entity;
    }
    vc_check(t, "NAME-8.3-13", theirs >= 1 && theirs <= 2, "at most a quarter of 8 places for one manager", "%u", theirs);
    vc_check(t, "NAME-8.3-13", announced >= 1 && announced <= 4, "at most half of 8 places for announcements", "%u",
             announced);
    for (unsigned i = 0; i < 8; i++) { /* mounts that come by MountName find room */
        char rest[4] = {'/', 'n', (char)('0' + i), 0};
        struct nm_record r = nm_record_of(nm_below(inner[i], prefix, rest), vc_new_client(t), 1);
        struct vc_packet q = mount(t, m.entity, &r, 0);
        vc_want_response(t, "NAME-8.3-13", &q, VMTP_OK);
    }
}

static void own_prefix(struct vc_test *t) {
    char prefix[40];
    uint64_t manager = nm_manager(t, 0);
    nm_hold(t, nm_new_prefix(t, prefix));
    struct nm_record r = nm_record_of(prefix, vc_new_client(t), 1);
    struct vc_packet q = mount(t, manager, &r, 0);
    nm_want_of(t, "NAME-8.3-09", &q, VNAME_HELD, prefix, manager);
    vc_check(t, "NAME-8.3-09", vc_await_request(t, r.manager, VC_SECOND) != NULL, "the two meet", "no MeetName");
}

/* ---- the one who is covered ---------------------------------------------------------------------------------------------- */

static struct vc_packet *want_mount(struct vc_test *t, const char *id, uint64_t coverer, vc_time patience) {
    struct vc_packet *p = vc_want_request(t, id, coverer, patience);
    vc_equal(t, id, "Code", VNAME_MOUNT & NM_LOW24, vc_code(p));
    return p;
}

/* The node claims prefix, and the tester covers it by `outer`. */
static struct nm_record covered(struct vc_test *t, const char *outer, const char *prefix) {
    const struct nm_claim c = {.prefix = prefix};
    struct nm_record r = nm_record_of(outer, vc_new_client(t), 3);
    while (nm_await(t, VNAME_HANDLERS, VNAME_CLAIM, 0))
        continue; /* rounds of an earlier claim */
    nm_claim(t, &c);
    struct vc_packet *p = nm_await(t, VNAME_HANDLERS, VNAME_CLAIM, VC_SECOND);
    if (!p)
        vc_give_up(t, "the node does not claim");
    nm_answer(t, p, r.manager, VMTP_OK, 0, &r);
    return r;
}

static void tells(struct vc_test *t) {
    char outer[40], prefix[100], middle[100];
    uint64_t manager = nm_manager(t, 0);
    struct nm_record r = covered(t, outer, nm_below(prefix, nm_new_prefix(t, outer), "/x/y"));
    struct vc_packet *p = want_mount(t, "NAME-8.3-02", r.manager, 2 * VC_SECOND);
    struct nm_record own = nm_want_record(t, "NAME-8.3-02", p);
    vc_equal(t, "NAME-8.3-02", "its own record", manager, own.manager);
    vc_equal(t, "NAME-8.3-02", "word 0", 0, p->words[0]);
    nm_answer(t, p, r.manager, VMTP_OK, 0, &r);
    struct nm_record nearer = nm_record_of(nm_below(middle, outer, "/x"), vc_new_client(t), 1);
    nm_announce(t, VNAME_REASON_HELD, &nearer);
    p = want_mount(t, "NAME-8.3-02", nearer.manager, 2 * VC_SECOND);
    nm_answer(t, p, nearer.manager, VMTP_OK, 0, &nearer);
    nearer.flags = VNAME_RELEASED;
    nm_announce(t, VNAME_REASON_RELEASED, &nearer);
    vc_settle(t);
    nm_announce(t, VNAME_REASON_HELD, &r);
    p = want_mount(t, "NAME-8.3-11", r.manager, 2 * VC_SECOND);
    nm_answer(t, p, r.manager, VMTP_OK, 0, &r);
    vc_settle(t);
    nm_release(t, prefix);
    p = want_mount(t, "NAME-8.3-10", r.manager, VC_SECOND);
    vc_equal(t, "NAME-8.3-10", "word 0", 1, p->words[0]);
    nm_answer(t, p, r.manager, VMTP_OK, 0, &r);
}

/* By NAME_STALE he says that he does not cover it. */
static void stale(struct vc_test *t) {
    char outer[40], prefix[100];
    nm_manager(t, 0);
    struct nm_record r = covered(t, outer, nm_below(prefix, nm_new_prefix(t, outer), "/x"));
    struct vc_packet *p = want_mount(t, "NAME-8.3-02", r.manager, 2 * VC_SECOND);
    nm_answer(t, p, r.manager, VNAME_STALE, 0, NULL);
    vc_pass(t, 2 * VC_SECOND);
    vc_check(t, "NAME-8.3-11", !vc_await_request(t, r.manager, 0), "no MountName to one that is not there", "one");
    nm_want_state(t, "NAME-8.3-11", prefix, NM_HELD);
}

static void sent_away(struct vc_test *t) {
    static const uint32_t codes[2] = {VMTP_NO_PERMISSION, VNAME_NO_ROOM};
    char outer[40], prefix[100];
    struct nm_state s;
    for (unsigned i = 0; i < 2; i++) {
        nm_manager(t, 0);
        struct nm_record r = covered(t, outer, nm_below(prefix, nm_new_prefix(t, outer), "/x"));
        struct vc_packet *p = want_mount(t, "NAME-8.3-02", r.manager, 2 * VC_SECOND);
        nm_answer(t, p, r.manager, codes[i], 0, NULL);
        vc_pass(t, 100 * MS);
        nm_state(t, prefix, &s);
        vc_check(t, "NAME-8.3-05", s.state == NM_NONE || s.state == NM_LEAVES, "released", "state %u", s.state);
        vc_equal(t, "NAME-8.3-05", "event", NM_EV_RELEASED, s.event);
    }
}

/* Nobody answers: again, later and later. */
static void unanswered(struct vc_test *t) {
    char outer[40], prefix[100];
    vc_time last = 0;
    unsigned tries = 0;
    nm_manager(t, 0);
    struct nm_record r = covered(t, outer, nm_below(prefix, nm_new_prefix(t, outer), "/x"));
    uint32_t transaction = 0;
    for (vc_time until = vc_now(t) + 60 * VC_SECOND; vc_now(t) < until && tries < 3;) {
        struct vc_packet *p = vc_await_request(t, r.manager, until - vc_now(t));
        if (p && p->transaction != transaction) {
            tries++;
            transaction = p->transaction;
            vc_check(t, "NAME-8.3-02", !last || p->time - last >= VC_SECOND, "a second later at least", "%llu ms",
                     (unsigned long long)((p->time - last) / MS));
        }
        if (p)
            last = p->time;
    }
    vc_equal(t, "NAME-8.3-02", "MountNames", 3, tries);
    nm_want_state(t, "NAME-8.3-02", prefix, NM_HELD);
}

static void itself(struct vc_test *t) {
    char prefix[40], inner[100];
    nm_manager(t, 0);
    nm_new_prefix(t, prefix);
    nm_hold_two(t, prefix, nm_below(inner, prefix, "/c1"));
    vc_pass(t, 300 * MS);
    vc_check(t, "NAME-8.3-02", !vc_await_code(t, VNAME_MOUNT, 0, 0), "no MountName to itself", "one");
}

const struct vc_case vc_names_nested_cases[] = {
    VC_CASE("names/covers", "NAME-4-04 NAME-8.3-01 NAME-8.3-04 NAME-8.3-06 NAME-8.3-07", CLAIMS,
            "ClaimName and MountName below what it holds, and their end",
            "OK with its record; the mount is known until then", covers),
    VC_CASE("names/mounts-announced", "NAME-8.3-03 NAME-8.3-06", CLAIMS,
            "AnnounceName HELD, DEFEND, RELEASED below what it holds", "remembered and forgotten", forgets),
    VC_TIMED("names/mounts-silent", "NAME-8.3-06 NAME-8.3-07 NAME-8.3-08", PATIENT, "silence of a mount for 200 s",
             "forgotten, but not what the operator has told", forgets_the_silent),
    VC_CASE("names/mounts-refused", "NAME-8.3-04", CLAIMS,
            "MountName where none are allowed, and where there is no room", "NO_PERMISSION, NAME_NO_ROOM", refuses),
    VC_CASE("names/mounts-places", "NAME-8.3-13", CLAIMS, "more announcements than there is room for",
            "half of the places at most, a quarter for one", places),
    VC_CASE("names/mount-of-own", "NAME-8.3-09", CLAIMS, "MountName about a prefix that it holds itself",
            "NAME_HELD, and MeetName", own_prefix),
    VC_CASE("names/mount-told", "NAME-8.3-02 NAME-8.3-10 NAME-8.3-11", CLAIMS " near",
            "it claims what the tester covers", "MountName to the longest, and its end", tells),
    VC_CASE("names/mount-stale", "NAME-8.3-02 NAME-8.3-11", CLAIMS " near", "NAME_STALE to its MountName",
            "it is held, and nobody told", stale),
    VC_CASE("names/mount-sent-away", "NAME-8.3-02 NAME-8.3-05", CLAIMS " near",
            "NO_PERMISSION and NAME_NO_ROOM to its MountName", "released", sent_away),
    VC_TIMED("names/mount-unanswered", "NAME-8.3-02", PATIENT " near", "silence to its MountName",
             "again, later each time", unanswered),
    VC_CASE("names/mount-itself", "NAME-8.3-02", CLAIMS, "it holds both prefixes", "no MountName", itself),
    VC_LAST};
