/* SPDX-License-Identifier: BSD-2-Clause */
/* Managers of names: whose a name is, and what no manager is asked.  spec/naming.md sections 2 to 5.1. */
#include "names.h"

#include <stdio.h>
#include <string.h>

#define CLAIMS "name-claims"

/* ---- whose is it ---------------------------------------------------------------------------------------------------- */

static void held(struct vc_test *t) {
    char name[100];
    const struct nm_place place = nm_place(t);
    const char *const prefix = place.prefix;
    const uint64_t to[2] = {VNAME_HANDLERS, place.manager};
    for (unsigned i = 0; i < 2; i++) {
        struct vc_packet q = nm_query(t, to[i], nm_below(name, prefix, "/o"));
        struct vc_packet *p = vc_want_response(t, "NAME-5.1-01 NAME-3.1-01", &q, VMTP_OK);
        struct nm_record r = nm_want_record(t, "NAME-5.1-01 NAME-3.3-01", p);
        vc_equal(t, "NAME-5.1-01", "octets matched", strlen(prefix), p->words[0]);
        vc_check(t, "NAME-5.1-01", r.prefix_length == strlen(prefix) && memcmp(r.prefix, prefix, strlen(prefix)) == 0,
                 "its record", "of another prefix");
        vc_equal(t, "NAME-5.1-01", "manager", place.manager, r.manager);
        vc_equal(t, "NAME-5.1-01", "context", place.context, r.context);
        vc_equal(t, "NAME-4-04", "DGM", VMTP_DGM, p->code & VMTP_DGM);
    }
}

static void not_held(struct vc_test *t) {
    char prefix[40], name[100];
    uint64_t manager = nm_holding(t, prefix);
    nm_query(t, VNAME_HANDLERS, "/somebody/else");
    vc_want_silence(t, "NAME-5.1-02 NAME-3.1-02", "answer about a prefix that is not held");
    struct vc_packet q = nm_query(t, manager, "/somebody/else");
    nm_want_code(t, "NAME-5.1-03", &q, VNAME_STALE);
    q = nm_query(t, manager, nm_below(name, prefix, "x"));
    nm_want_code(t, "NAME-2.2-01", &q, VNAME_STALE);
    nm_below(name, prefix, "");
    name[1] = 'T';
    q = nm_query(t, manager, name);
    nm_want_code(t, "NAME-2.1-02", &q, VNAME_STALE);
    q = nm_query(t, manager, prefix);
    nm_want_of(t, "NAME-2.2-01", &q, VMTP_OK, prefix, manager);
}

/* Unicast, but its Server is the group. */
static void to_the_group(struct vc_test *t) {
    char prefix[40];
    nm_holding(t, prefix);
    struct vc_packet q = nm_to(t, VNAME_HANDLERS, VNAME_QUERY | VMTP_MRD);
    nm_carry_name(&q, "/somebody/else");
    vc_send(t, &q);
    vc_want_silence(t, "NAME-4-06", "answer about a prefix that is not held, to a Request whose Server is the group");
    q = nm_to(t, VNAME_HANDLERS, VNAME_QUERY | VMTP_MRD);
    nm_carry_name(&q, prefix);
    vc_send(t, &q);
    vc_want_response(t, "NAME-4-06", &q, VMTP_OK);
}

static void longest(struct vc_test *t) {
    char prefix[40], longer[100], name[100];
    uint64_t manager = nm_manager(t, 0);
    nm_new_prefix(t, prefix);
    nm_hold_two(t, prefix, nm_below(longer, prefix, "/b"));
    struct vc_packet q = nm_query(t, VNAME_HANDLERS, nm_below(name, prefix, "/b/o"));
    nm_want_of(t, "NAME-2.2-02", &q, VMTP_OK, longer, manager);
    q = nm_query(t, manager, nm_below(name, prefix, "/bo"));
    nm_want_of(t, "NAME-2.2-01", &q, VMTP_OK, prefix, manager);
    static const char *const odd[] = {"//b/o", "/./b", "/x/../b"};
    for (unsigned i = 0; i < 3; i++) {
        q = nm_query(t, manager, nm_below(name, prefix, odd[i]));
        nm_want_of(t, "NAME-2.2-03", &q, VMTP_OK, prefix, manager);
    }
}

static struct nm_record mount(struct vc_test *t, uint64_t manager, const char *prefix) {
    struct nm_record r = nm_record_of(prefix, vc_new_client(t), 1);
    struct vc_packet q = nm_send_record(t, manager, VNAME_MOUNT, 0, &r);
    if (!vc_await_response(t, &q, VC_PATIENCE))
        vc_give_up(t, "MountName is not answered");
    return r;
}

static void mounted(struct vc_test *t) {
    char prefix[40], longer[100], name[100];
    uint64_t manager = nm_manager(t, 0);
    nm_hold(t, nm_new_prefix(t, prefix));
    struct nm_record theirs = mount(t, manager, nm_below(longer, prefix, "/m"));
    nm_query(t, VNAME_HANDLERS, nm_below(name, prefix, "/m/o"));
    vc_want_silence(t, "NAME-5.1-02 NAME-2.2-02", "answer about a prefix that another manager holds");
    struct vc_packet q = nm_query(t, manager, nm_below(name, prefix, "/m/o"));
    struct nm_record r = nm_want_of(t, "NAME-5.1-03", &q, VMTP_OK, longer, theirs.manager);
    vc_equal(t, "NAME-5.1-07", "SECOND_HAND", VNAME_SECOND_HAND, r.flags & VNAME_SECOND_HAND);
    q = nm_query(t, VNAME_HANDLERS, nm_below(name, prefix, "/other"));
    nm_want_of(t, "NAME-5.1-01", &q, VMTP_OK, prefix, manager);
}

static void claiming(struct vc_test *t) {
    char prefix[40], name[100];
    uint64_t manager = nm_manager(t, 0);
    const struct nm_claim c = {.prefix = nm_new_prefix(t, prefix)};
    uint32_t context = nm_claim(t, &c);
    nm_query(t, VNAME_HANDLERS, prefix);
    struct vc_packet q = nm_query(t, manager, prefix);
    nm_want_code(t, "NAME-5.1-04", &q, VNAME_STALE);
    vc_want_silence(t, "NAME-5.1-04", "answer about a prefix that is being claimed");
    q = nm_operation(t, manager, VNAME_MAP_CONTEXT, nm_below(name, prefix, "/c"), context, (uint32_t)strlen(prefix));
    struct vc_packet *p = vc_want_response(t, "NAME-8.1-07", &q, VC_ANY);
    struct nm_state s;
    nm_state(t, prefix, &s);
    if (s.state == NM_CLAIMS) /* the rounds may be over on a slow machine */
        vc_equal(t, "NAME-8.1-07", "ResponseCode", VNAME_STALE, vc_code(p));
}

static void replica(struct vc_test *t) {
    char prefix[40];
    struct nm_manager m = {.group = VMTP_ID_GRP | VMTP_ID_UGP | vc_new_client(t)};
    nm_manager_anew(t, &m);
    nm_hold(t, nm_new_prefix(t, prefix));
    const uint64_t to[2] = {VNAME_HANDLERS, m.group};
    for (unsigned i = 0; i < 2; i++) {
        struct vc_packet q = nm_query(t, to[i], prefix);
        struct nm_record r = nm_want_of(t, "NAME-5.1-06", &q, VMTP_OK, prefix, m.entity);
        vc_equal(t, "NAME-5.1-06", "group", m.group, r.group);
    }
}

static void new_identifier(struct vc_test *t) {
    uint64_t first = nm_manager(t, 0), second = nm_manager(t, 0);
    vc_check(t, "NAME-3.2-01", first != second, "another identifier after its state was lost", "the same");
    struct vc_packet q = nm_query(t, first, "/x");
    vc_want_refusal(t, "NAME-3.2-01", &q, VMTP_NONEXISTENT_ENTITY);
}

/* ---- what is no name, no record, no Request --------------------------------------------------------------------------- */

static void bad_names(struct vc_test *t) {
    static char most[1025];
    char prefix[40];
    uint64_t manager = nm_holding(t, prefix);
    memset(most, 'x', sizeof most);
    memcpy(most, prefix, strlen(prefix));
    most[strlen(prefix)] = '/';
    struct vc_packet q = nm_send(t, manager, VNAME_QUERY, most, 1024);
    nm_want_of(t, "NAME-2.1-01", &q, VMTP_OK, prefix, manager);
    q = nm_send(t, manager, VNAME_QUERY, most, 1025);
    nm_want_code(t, "NAME-2.1-03", &q, VNAME_TOO_LONG);
    static const struct {
        const char *octets;
        uint32_t size;
        const char *rule;
    } bad[] = {{"/a\xff", 3, "NAME-2.1-01 NAME-2.1-03"},
               {"/a\0b", 4, "NAME-2.1-01 NAME-2.1-03"},
               {"/\xc0\xaf", 3, "NAME-2.1-01 NAME-2.1-03"},
               {"/\xed\xa0\x80", 4, "NAME-2.1-01 NAME-2.1-03"},
               {"/\xf4\x90\x80\x80", 5, "NAME-2.1-01 NAME-2.1-03"},
               {"relative", 8, "NAME-4-02"},
               {"", 0, "NAME-4-02"}};
    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        q = nm_send(t, manager, VNAME_QUERY, bad[i].octets, bad[i].size);
        nm_want_code(t, bad[i].rule, &q, VNAME_INVALID);
        nm_send(t, VNAME_HANDLERS, VNAME_QUERY, bad[i].octets, bad[i].size);
    }
    vc_want_silence(t, "NAME-4-03", "error about a multicast Request");
}

static void bad_prefixes(struct vc_test *t) {
    static const char *const bad[] = {"/a//b",    "/a/",      "/",
                                      "relative", "/.",       "/a/..",
                                      "/a\x7f",   "/a\x1f/b", "/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17"};
    char prefix[40], longest_prefix[257];
    uint64_t manager = nm_manager(t, 0);
    nm_hold(t, nm_new_prefix(t, prefix));
    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct nm_record r = nm_record_of(bad[i], vc_new_client(t), 1);
        struct vc_packet q = nm_send_record(t, manager, VNAME_MOUNT, 0, &r);
        nm_want_code(t, "NAME-2.1-05 NAME-2.1-06", &q, VNAME_INVALID);
        nm_announce(t, VNAME_REASON_HELD, &r);
    }
    memset(longest_prefix, 'x', sizeof longest_prefix);
    longest_prefix[256] = 0;
    memcpy(longest_prefix, prefix, strlen(prefix));
    longest_prefix[strlen(prefix)] = '/';
    struct nm_record r = nm_record_of(longest_prefix, vc_new_client(t), 1);
    struct vc_packet q = nm_send_record(t, manager, VNAME_MOUNT, 0, &r);
    nm_want_code(t, "NAME-2.1-05 NAME-2.1-06", &q, VNAME_INVALID);
    r.prefix_length = 255;
    q = nm_send_record(t, manager, VNAME_MOUNT, 0, &r);
    vc_want_response(t, "NAME-2.1-05", &q, VMTP_OK);
}

static void bad_records(struct vc_test *t) {
    char prefix[40], name[100];
    uint8_t two[2 * NM_RECORD_MAX];
    uint64_t manager = nm_holding(t, prefix);
    const struct nm_record good = nm_record_of(nm_below(name, prefix, "/m"), vc_new_client(t), 1);
    struct nm_record bad[8];
    for (unsigned i = 0; i < 8; i++)
        bad[i] = good;
    bad[0].generation = 0;
    bad[1].manager |= VMTP_ID_GRP;
    bad[2].group = vc_new_client(t);
    bad[3].target = "/t", bad[3].target_length = 2;
    bad[4].flags = VNAME_ALIAS_RECORD;
    bad[5].flags = VNAME_ALIAS_RECORD, bad[5].target = "t", bad[5].target_length = 1;
    bad[6].length = 48;
    bad[7].prefix_says = 60;
    for (unsigned i = 0; i < 8; i++) {
        uint32_t size = nm_record_put(two, &bad[i]);
        struct vc_packet q = nm_to(t, manager, VNAME_MOUNT);
        nm_carry(&q, two, size);
        vc_send(t, &q);
        nm_want_code(t, i == 0 ? "NAME-3.3-01 NAME-3.3-04 NAME-4-02" : "NAME-3.3-01 NAME-4-02", &q, VNAME_BAD_REQUEST);
    }
    uint32_t size = nm_record_put(two, &good);
    memset(two + size, 0, 8);
    struct vc_packet q = nm_send(t, manager, VNAME_MOUNT, two, size + 8);
    nm_want_code(t, "NAME-4-02", &q, VNAME_BAD_REQUEST);
    q = nm_send(t, manager, VNAME_MOUNT, NULL, 0);
    nm_want_code(t, "NAME-4-02", &q, VNAME_BAD_REQUEST);
}

/* What means nothing is not looked at. */
static void meaningless(struct vc_test *t) {
    char prefix[40], name[100];
    uint64_t manager = nm_manager(t, 0);
    nm_hold(t, nm_new_prefix(t, prefix));
    struct vc_packet q = nm_to(t, manager, VNAME_QUERY);
    nm_carry_name(&q, prefix);
    for (unsigned i = 0; i < 6; i++)
        q.words[i] = 0xa5a5a5a5;
    vc_send(t, &q);
    nm_want_of(t, "NAME-1-01", &q, VMTP_OK, prefix, manager);
    struct nm_record r = nm_record_of(nm_below(name, prefix, "/m"), vc_new_client(t), 1);
    r.flags = 0x03ff;
    r.padding = 0xaa;
    q = nm_send_record(t, manager, VNAME_MOUNT, 0, &r);
    struct vc_packet *p = vc_want_response(t, "NAME-3.3-03 NAME-1-02", &q, VMTP_OK);
    struct nm_record own = nm_want_record(t, "NAME-3.3-03", p);
    vc_equal(t, "NAME-1-02", "unknown flags", 0, own.flags & 0x3ff);
}

/* A list ends where it is wrong, and what stands before it counts. */
static void broken_list(struct vc_test *t) {
    char prefix[40], names[3][100];
    uint8_t list[3 * NM_RECORD_MAX];
    uint32_t size = 0;
    uint64_t manager = nm_manager(t, 0), other = vc_new_client(t);
    nm_hold(t, nm_new_prefix(t, prefix));
    for (unsigned i = 0; i < 3; i++) {
        char rest[3] = {'/', (char)('x' + i), 0};
        struct nm_record r = nm_record_of(nm_below(names[i], prefix, rest), other, i == 1 ? 0 : 1);
        size += nm_record_put(list + size, &r);
    }
    struct vc_packet p = nm_to_all(t, VNAME_HANDLERS, VNAME_ANNOUNCE);
    p.code = VNAME_ANNOUNCE | VMTP_DGM;
    nm_as(&p, other);
    nm_carry(&p, list, size);
    vc_send(t, &p);
    p.transaction++;
    p.code &= ~VMTP_SDA;
    p.delivery = 0;
    p.length = 0;
    p.data_octets = 0;
    p.words[6] = 0;
    vc_send(t, &p); /* a list of no records */
    struct vc_packet q = nm_query(t, manager, names[0]);
    nm_want_of(t, "NAME-3.3-02", &q, VMTP_OK, names[0], other);
    q = nm_query(t, manager, names[2]);
    nm_want_of(t, "NAME-3.3-02", &q, VMTP_OK, prefix, manager);
    q = nm_query(t, manager, prefix);
    vc_want_response(t, "NAME-3.3-05", &q, VMTP_OK);
}

static void unknown(struct vc_test *t) {
    char name[100];
    const struct nm_place place = nm_place(t);
    struct vc_packet q = nm_send(t, place.manager, 0x010004ff, NULL, 0);
    struct vc_packet *p = vc_want_response(t, "NAME-4-01", &q, VMTP_ERROR);
    vc_equal(t, "NAME-4-05", "octets of segment", 0, vc_segment_size(p));
    nm_send(t, VNAME_HANDLERS, 0x010004ff, NULL, 0);
    vc_want_silence(t, "NAME-4-03", "error about a multicast Request");
    q = nm_operation(t, place.manager, 0x010104ff, nm_below(name, place.prefix, "/c1"), place.context, place.length);
    nm_want_code(t, "NAME-4-01", &q, VMTP_ERROR);
    q = nm_operation(t, place.manager, 0x010104ff, nm_below(name, place.prefix, "/nothing"), place.context, place.length);
    nm_want_code(t, "NAME-4-01", &q, VNAME_NOT_FOUND);
}

static void datagrams(struct vc_test *t) {
    char prefix[40], name[100];
    uint64_t manager = nm_holding(t, prefix);
    struct vc_packet q = nm_to(t, manager, VNAME_QUERY | VMTP_DGM);
    nm_carry_name(&q, prefix);
    vc_send(t, &q);
    struct nm_record r = nm_record_of(nm_below(name, prefix, "/m"), vc_new_client(t), 1);
    struct vc_packet m = nm_to(t, manager, VNAME_MOUNT | VMTP_DGM);
    nm_as(&m, r.manager);
    nm_carry_record(&m, &r);
    vc_send(t, &m);
    vc_want_silence(t, "NAME-4-07", "answer to a datagram");
    m = nm_to_all(t, VNAME_HANDLERS, VNAME_ANNOUNCE); /* a Request that wants an answer */
    nm_as(&m, r.manager);
    nm_carry_record(&m, &r);
    vc_send(t, &m);
    vc_want_silence(t, "NAME-4-07", "answer to AnnounceName");
    q = nm_query(t, manager, name);
    nm_want_of(t, "NAME-4-07", &q, VMTP_OK, prefix, manager);
}

const struct vc_case vc_names_manager_cases[] = {
    VC_CASE("names/query-held", "NAME-5.1-01 NAME-3.1-01 NAME-3.3-01 NAME-4-04", CLAIMS,
            "QueryName for a name below a prefix that the node holds, to all and to it",
            "OK, the prefix' length, and its record", held),
    VC_CASE("names/query-not-held", "NAME-5.1-02 NAME-5.1-03 NAME-3.1-02 NAME-2.2-01 NAME-2.1-02", CLAIMS,
            "QueryName for names that it does not hold, to all and to it", "nothing, and NAME_STALE", not_held),
    VC_CASE("names/query-group-unicast", "NAME-4-06", CLAIMS, "QueryName to the group, in a unicast frame",
            "treated as multicast", to_the_group),
    VC_CASE("names/query-longest", "NAME-2.2-01 NAME-2.2-02 NAME-2.2-03", CLAIMS,
            "names below two prefixes, one in the other", "the record of the longest that matches", longest),
    VC_CASE("names/query-mounted", "NAME-5.1-01 NAME-5.1-02 NAME-5.1-03 NAME-5.1-07 NAME-2.2-02", CLAIMS,
            "names below a prefix that another manager holds", "silence to all, alone its record with SECOND_HAND",
            mounted),
    VC_CASE("names/query-claiming", "NAME-5.1-04 NAME-8.1-07", CLAIMS, "QueryName and MapContext while it claims",
            "silence, NAME_STALE", claiming),
    VC_CASE("names/query-replica", "NAME-5.1-06", CLAIMS, "QueryName to a manager with a group, and to the group",
            "a record of itself and the group", replica),
    VC_CASE("names/new-identifier", "NAME-3.2-01", CLAIMS, "a manager that begins anew",
            "another identifier; the former one is gone", new_identifier),
    VC_CASE("names/bad-names", "NAME-2.1-01 NAME-2.1-03 NAME-4-02 NAME-4-03", CLAIMS, "QueryName for what is no name",
            "NAME_TOO_LONG, NAME_INVALID; nothing to multicast ones", bad_names),
    VC_CASE("names/bad-prefixes", "NAME-2.1-05 NAME-2.1-06", CLAIMS, "MountName of what is no prefix", "NAME_INVALID",
            bad_prefixes),
    VC_CASE("names/bad-records", "NAME-3.3-01 NAME-3.3-04 NAME-4-02", CLAIMS, "MountName with what is no record",
            "NAME_BAD_REQUEST", bad_records),
    VC_CASE("names/meaningless", "NAME-1-01 NAME-1-02 NAME-3.3-03", CLAIMS,
            "words, flags and padding that mean nothing", "they are not looked at", meaningless),
    VC_CASE("names/broken-list", "NAME-3.3-02 NAME-3.3-05", CLAIMS,
            "AnnounceName of three records, the second of generation 0", "the first one counts", broken_list),
    VC_CASE("names/unknown", "NAME-4-01 NAME-4-03 NAME-4-05", CLAIMS, "Codes of interface 4 that do not exist",
            "VMTP_ERROR", unknown),
    VC_CASE("names/datagrams", "NAME-4-07", CLAIMS, "datagrams that are none, and an AnnounceName that is none",
            "they are ignored", datagrams),
    VC_LAST};
