/* SPDX-License-Identifier: BSD-2-Clause */
/* Directories of names.  spec/naming.md section 9. */
#include "names.h"

#include <stdio.h>
#include <string.h>

#define DIRECTORY "name-directory"

/* Of a group: FindDirectory tells who it is. */
static uint64_t find(struct vc_test *t) {
    struct vc_packet q = nm_send(t, VNAME_DIRECTORY, VNAME_FIND_DIRECTORY, NULL, 0);
    struct vc_packet *p = vc_await_response(t, &q, VC_PATIENCE);
    if (!p || vc_code(p) != VMTP_OK)
        vc_give_up(t, "FindDirectory is not answered");
    return vc_pair(p->words);
}

static struct nm_record of(struct vc_test *t, const char *prefix, uint64_t owner) {
    struct nm_record r = nm_record_of(prefix, vc_new_client(t), 1);
    r.owner = owner;
    return r;
}

static struct vc_packet *tell(struct vc_test *t, const char *id, uint64_t directory, uint32_t code, uint32_t word0,
                              const struct nm_record *r, uint32_t wanted) {
    struct vc_packet q = nm_send_record(t, directory, code, word0, r);
    return vc_want_response(t, id, &q, wanted);
}

static struct nm_record put(struct vc_test *t, const char *id, uint64_t directory, const struct nm_record *r) {
    struct vc_packet *p = tell(t, id, directory, VNAME_REGISTER, 0, r, VMTP_OK);
    vc_equal(t, "NAME-4-04", "DGM", 0, p->code & VMTP_DGM);
    return nm_want_record(t, id, p);
}

static struct nm_record look_up(struct vc_test *t, const char *id, uint64_t to, const char *name) {
    struct vc_packet q = nm_send(t, to, VNAME_LOOKUP, name, (uint32_t)strlen(name));
    struct vc_packet *p = vc_want_response(t, id, &q, VMTP_OK);
    struct nm_record r = nm_want_record(t, id, p);
    vc_equal(t, id, "octets matched", r.prefix_length, p->words[0]);
    return r;
}

/* ---- it is there -------------------------------------------------------------------------------------------------------- */

static void found(struct vc_test *t) {
    struct vc_packet q = nm_send(t, VNAME_DIRECTORY, VNAME_FIND_DIRECTORY, NULL, 0);
    struct vc_packet *p = vc_want_response(t, "NAME-9-10", &q, VMTP_OK);
    uint64_t directory = vc_pair(p->words);
    vc_equal(t, "NAME-9-10", "its entity", p->server, directory);
    vc_equal(t, "NAME-4-04", "DGM", VMTP_DGM, p->code & VMTP_DGM);
    q = nm_send(t, directory, VNAME_FIND_DIRECTORY, NULL, 0);
    p = vc_want_response(t, "NAME-9-10", &q, VMTP_OK);
    vc_equal(t, "NAME-9-10", "its entity", directory, vc_pair(p->words));
    q = nm_send(t, directory, 0x0100041f, NULL, 0);
    vc_want_response(t, "NAME-4-01", &q, VMTP_ERROR);
    q = nm_to(t, directory, VNAME_LOOKUP | VMTP_DGM);
    nm_carry_name(&q, "/x");
    vc_send(t, &q);
    vc_want_silence(t, "NAME-4-07", "answer to a datagram");
}

/* ---- RegisterName ------------------------------------------------------------------------------------------------------- */

static void registers(struct vc_test *t) {
    char prefix[40], name[100];
    uint64_t directory = find(t);
    struct nm_record r = of(t, nm_new_prefix(t, prefix), 0x11), stored, other;
    r.flags = VNAME_HANDED_OVER;
    stored = put(t, "NAME-9-02", directory, &r);
    vc_equal(t, "NAME-9-02 NAME-9-16", "flags", VNAME_REGISTERED | VNAME_SECOND_HAND, stored.flags);
    vc_equal(t, "NAME-9-17", "SECOND_HAND", VNAME_SECOND_HAND, stored.flags & VNAME_SECOND_HAND);
    vc_check(t, "NAME-9-02", stored.generation >= 1 && stored.manager == r.manager, "the record", "generation %u",
             stored.generation);
    uint32_t generation = stored.generation;
    r.context = 0x55; /* the same, said again with another context */
    r.flags = VNAME_ALIAS_RECORD;
    r.target = "/t", r.target_length = 2;
    stored = put(t, "NAME-9-03", directory, &r);
    vc_check(t, "NAME-9-03", stored.generation == generation && stored.context == 0x55,
             "the same generation, and that context", "generation %u, context 0x%x", stored.generation, stored.context);
    vc_equal(t, "NAME-9-16 NAME-9-03", "flags", VNAME_ALIAS_RECORD | VNAME_REGISTERED | VNAME_SECOND_HAND, stored.flags);
    r.generation = generation + 50;
    stored = put(t, "NAME-9-03", directory, &r);
    vc_equal(t, "NAME-9-03", "generation that is higher", generation + 50, stored.generation);
    other = of(t, prefix, 0x11); /* another manager of the same owner */
    stored = put(t, "NAME-9-02", directory, &other);
    vc_check(t, "NAME-9-02", stored.generation == generation + 51 && stored.manager == other.manager,
             "the new manager, one generation higher", "generation %u", stored.generation);
    r.owner = 0x22;
    stored = nm_want_record(t, "NAME-9-04", tell(t, "NAME-9-04", directory, VNAME_REGISTER, 0, &r, VNAME_HELD));
    vc_check(t, "NAME-9-04", stored.owner == 0x11 && stored.manager == other.manager, "the registered record",
             "owner 0x%llx", (unsigned long long)stored.owner);
    stored = look_up(t, "NAME-9-07", directory, nm_below(name, prefix, "/x"));
    vc_equal(t, "NAME-9-07", "manager", other.manager, stored.manager);
    vc_equal(t, "NAME-9-07 NAME-9-17", "SECOND_HAND", VNAME_SECOND_HAND, stored.flags & VNAME_SECOND_HAND);
}

static void highest(struct vc_test *t) {
    char prefix[40];
    uint64_t directory = find(t);
    struct nm_record r = of(t, nm_new_prefix(t, prefix), 0x11), stored;
    r.generation = 0xffffffff;
    stored = put(t, "NAME-9-02", directory, &r);
    vc_equal(t, "NAME-9-02", "generation", 0xffffffff, stored.generation);
    r = of(t, prefix, 0x11);
    stored = put(t, "NAME-9-18", directory, &r);
    vc_equal(t, "NAME-9-18", "generation", 0xffffffff, stored.generation);
}

static void bad(struct vc_test *t) {
    uint64_t directory = find(t);
    uint8_t octets[NM_RECORD_MAX];
    struct nm_record r = of(t, "/a//b", 1);
    tell(t, "NAME-2.1-06", directory, VNAME_REGISTER, 0, &r, VNAME_INVALID);
    r = of(t, "/good", 1);
    r.generation = 0;
    tell(t, "NAME-3.3-01 NAME-4-02", directory, VNAME_REGISTER, 0, &r, VNAME_BAD_REQUEST);
    r.generation = 1;
    uint32_t size = nm_record_put(octets, &r);
    struct vc_packet q = nm_send(t, directory, VNAME_REGISTER, octets, size - 8);
    vc_want_response(t, "NAME-3.3-01 NAME-4-02", &q, VNAME_BAD_REQUEST);
    q = nm_send(t, directory, VNAME_LOOKUP, "relative", 8);
    vc_want_response(t, "NAME-4-02", &q, VNAME_INVALID);
    q = nm_send(t, directory, VNAME_LOOKUP, NULL, 0);
    vc_want_response(t, "NAME-4-02", &q, VNAME_INVALID);
    nm_send(t, VNAME_DIRECTORY, VNAME_LOOKUP, "relative", 8);
    vc_want_silence(t, "NAME-4-03", "error about a multicast Request");
}

/* ---- UnregisterName ------------------------------------------------------------------------------------------------------ */

static void unregisters(struct vc_test *t) {
    char prefix[40];
    uint64_t directory = find(t);
    struct nm_record r = of(t, nm_new_prefix(t, prefix), 0x11), other, stored = put(t, "NAME-9-02", directory, &r);
    other = of(t, prefix, 0x22);
    tell(t, "NAME-9-05", directory, VNAME_UNREGISTER, 0, &other, VMTP_NO_PERMISSION);
    struct nm_record gone = nm_want_record(t, "NAME-9-05",
                                           tell(t, "NAME-9-05", directory, VNAME_UNREGISTER, 0, &r, VMTP_OK));
    vc_equal(t, "NAME-9-05", "REGISTERED", 0, gone.flags & VNAME_REGISTERED);
    tell(t, "NAME-9-05", directory, VNAME_UNREGISTER, 0, &r, VNAME_NOT_FOUND);
    struct vc_packet q = nm_send(t, directory, VNAME_LOOKUP, prefix, (uint32_t)strlen(prefix));
    vc_want_response(t, "NAME-9-05 NAME-9-07", &q, VNAME_NOT_FOUND);
    struct nm_record again = put(t, "NAME-9-06", directory, &other); /* it is nobody's now */
    vc_equal(t, "NAME-9-06", "generation", stored.generation + 1, again.generation);
    struct vc_packet o = nm_send_record(t, directory, VNAME_UNREGISTER, 1,
                                        &r); /* for any owner, if the operator allows it */
    uint32_t code = vc_code(vc_want_response(t, "NAME-9-05", &o, VC_ANY));
    vc_check(t, "NAME-9-05", code == VMTP_OK || code == VMTP_NO_PERMISSION, "OK, or NO_PERMISSION", "%s",
             vc_response_name(code));
}

/* ---- LookupName, ListRegistered --------------------------------------------------------------------------------------------- */

static void looks_up(struct vc_test *t) {
    char prefix[40], inner[100], name[100];
    uint64_t directory = find(t);
    struct nm_record r = of(t, nm_new_prefix(t, prefix), 0x11), longer = of(t, nm_below(inner, prefix, "/b"), 0x11), got;
    put(t, "NAME-9-02", directory, &r);
    put(t, "NAME-9-02", directory, &longer);
    got = look_up(t, "NAME-9-07 NAME-2.2-02", VNAME_DIRECTORY, nm_below(name, prefix, "/b/c"));
    vc_equal(t, "NAME-9-07", "manager of the longest prefix", longer.manager, got.manager);
    got = look_up(t, "NAME-9-07 NAME-2.2-01", directory, nm_below(name, prefix, "/bc"));
    vc_equal(t, "NAME-9-07", "manager", r.manager, got.manager);
    got = look_up(t, "NAME-2.2-03", directory, nm_below(name, prefix, "//b"));
    vc_equal(t, "NAME-2.2-03", "manager", r.manager, got.manager);
    const uint64_t to[2] = {VNAME_DIRECTORY, directory};
    for (unsigned i = 0; i < 2; i++) {
        struct vc_packet q = nm_send(t, to[i], VNAME_LOOKUP, "/nobody/has/this", 16);
        struct vc_packet *p = vc_want_response(t, "NAME-9-07 NAME-4-03", &q, VNAME_NOT_FOUND);
        vc_equal(t, "NAME-4-05", "octets of segment", 0, vc_segment_size(p));
        vc_equal(t, "NAME-4-04", "DGM", VMTP_DGM, p->code & VMTP_DGM);
    }
}

/* A list that fits into one packet, of two that come after all others. */
static void short_list(struct vc_test *t, uint64_t directory) {
    struct nm_record two[2] = {of(t, "/~a", 0x11), of(t, "/~b", 0x11)};
    for (unsigned i = 0; i < 2; i++)
        put(t, "NAME-9-02", directory, &two[1 - i]);
    struct vc_packet q = nm_send(t, directory, VNAME_LIST_REGISTERED, "/~", 2);
    struct nm_record r = nm_want_record(t, "NAME-9-08", vc_want_response(t, "NAME-9-08", &q, VMTP_OK));
    vc_same_text(t, "NAME-9-08", "the lower one first:", "/~a", r.prefix, r.prefix_length);
    for (unsigned i = 0; i < 2; i++) {
        q = nm_send_record(t, directory, VNAME_UNREGISTER, 0, &two[i]);
        if (!vc_await_response(t, &q, VC_PATIENCE))
            vc_give_up(t, "UnregisterName is not answered");
    }
}

static void lists(struct vc_test *t) {
    static uint8_t segment[VC_SEGMENT_MAX];
    char base[40], prefix[256];
    uint64_t directory = find(t);
    uint32_t blocks, at = 0, used;
    unsigned records = 0;
    const char *wrong;
    nm_new_prefix(t, base);
    for (unsigned i = 0; i < 60; i++) { /* more than fit */
        memset(prefix, 'x', 255);
        prefix[255] = 0;
        int n = snprintf(prefix, sizeof prefix, "%s-%02u", base, i);
        prefix[n] = 'x';
        struct nm_record r = of(t, prefix, 0x11);
        put(t, "NAME-9-02", directory, &r);
    }
    struct vc_packet q = nm_send(t, directory, VNAME_LIST_REGISTERED, base, (uint32_t)strlen(base));
    struct vc_packet *p = vc_collect(t, "NAME-9-08", &q, segment, &blocks);
    vc_equal(t, "NAME-9-08", "more", 1, p->words[0]);
    struct nm_record r, last = {0};
    for (uint32_t size = vc_segment_size(p);
         at < size && (used = nm_record_get(&r, segment + at, size - at, &wrong)) != 0; at += used, last = r, records++)
        if (records)
            vc_check(t, "NAME-9-08",
                     memcmp(last.prefix, r.prefix,
                            last.prefix_length < r.prefix_length ? last.prefix_length : r.prefix_length) < 0,
                     "ascending order", "otherwise");
    vc_check(t, "NAME-9-08", records >= 40 && vc_segment_size(p) > VC_SEGMENT_MAX - 320, "as many as fit", "%u", records);
    if (!last.prefix)
        vc_give_up(t, "there is no list");
    snprintf(prefix, sizeof prefix, "%.*s", (int)last.prefix_length, last.prefix);
    q = nm_send(t, directory, VNAME_LIST_REGISTERED, prefix, (uint32_t)strlen(prefix));
    p = vc_collect(t, "NAME-9-08", &q, segment, &blocks);
    uint32_t size = vc_segment_size(p);
    vc_check(t, "NAME-9-08",
             nm_record_get(&r, segment, size, &wrong) &&
                 (r.prefix_length != strlen(prefix) || memcmp(r.prefix, prefix, r.prefix_length) > 0),
             "what comes after it", "itself");
    short_list(t, directory);
    q = nm_send(t, directory, VNAME_LIST_REGISTERED, "/~", 2);
    p = vc_want_response(t, "NAME-9-08", &q, VMTP_OK);
    vc_check(t, "NAME-9-08 NAME-3.3-05", vc_segment_size(p) == 0 && p->words[0] == 0, "nothing after the last one",
             "%u octets", vc_segment_size(p));
}

static void multicast(struct vc_test *t) {
    char prefix[40];
    uint64_t directory = find(t);
    struct nm_record r = of(t, nm_new_prefix(t, prefix), 0x11);
    nm_send_record(t, VNAME_DIRECTORY, VNAME_REGISTER, 0, &r);
    nm_send(t, VNAME_DIRECTORY, VNAME_LIST_REGISTERED, NULL, 0);
    vc_want_silence(t, "NAME-9-19", "answer to a multicast RegisterName or ListRegistered");
    struct vc_packet q = nm_send(t, directory, VNAME_LOOKUP, prefix, (uint32_t)strlen(prefix));
    vc_want_response(t, "NAME-9-19", &q, VNAME_NOT_FOUND);
    put(t, "NAME-9-02", directory, &r);
    nm_send_record(t, VNAME_DIRECTORY, VNAME_UNREGISTER, 0, &r);
    vc_want_silence(t, "NAME-9-19", "answer to a multicast UnregisterName");
    look_up(t, "NAME-9-19", directory, prefix);
}

static void survives(struct vc_test *t) {
    char prefix[40];
    vc_as_before(t);
    uint64_t directory = find(t);
    struct nm_record r = of(t, nm_new_prefix(t, prefix), 0x11);
    put(t, "NAME-9-01", directory, &r);
    vc_reboot(t);
    vc_find_again(t);
    struct nm_record got = look_up(t, "NAME-9-01", find(t), prefix);
    vc_equal(t, "NAME-9-01", "manager", r.manager, got.manager);
}

const struct vc_case vc_names_directory_cases[] = {
    VC_CASE("directory/found", "NAME-4-01 NAME-4-04 NAME-4-07 NAME-9-10", DIRECTORY,
            "FindDirectory to all and to it; what there is not", "its entity; VMTP_ERROR", found),
    VC_CASE("directory/registers", "NAME-4-04 NAME-9-02 NAME-9-03 NAME-9-04 NAME-9-07 NAME-9-16 NAME-9-17", DIRECTORY,
            "RegisterName: new, again, another manager, another owner", "the stored record; NAME_HELD", registers),
    VC_CASE("directory/highest", "NAME-4-04 NAME-9-02 NAME-9-18", DIRECTORY, "RegisterName with the highest generation",
            "it stays", highest),
    VC_CASE("directory/bad", "NAME-2.1-06 NAME-3.3-01 NAME-4-02 NAME-4-03", DIRECTORY,
            "what is no prefix, record or name", "NAME_INVALID, NAME_BAD_REQUEST", bad),
    VC_CASE("directory/unregisters", "NAME-4-04 NAME-9-02 NAME-9-05 NAME-9-06 NAME-9-07", DIRECTORY, "UnregisterName",
            "its record; the generation is remembered", unregisters),
    VC_CASE("directory/looks-up", "NAME-2.2-01 NAME-2.2-02 NAME-2.2-03 NAME-4-03 NAME-4-04 NAME-4-05 NAME-9-02 NAME-9-07",
            DIRECTORY, "LookupName to all and to it", "the longest prefix, or NAME_NOT_FOUND", looks_up),
    VC_CASE("directory/lists", "NAME-3.3-05 NAME-4-04 NAME-9-02 NAME-9-08", DIRECTORY,
            "ListRegistered of more than fits", "in ascending order, as many as fit", lists),
    VC_CASE("directory/multicast", "NAME-4-04 NAME-9-02 NAME-9-19", DIRECTORY,
            "RegisterName, UnregisterName and ListRegistered by multicast", "they are ignored", multicast),
    VC_CASE("directory/survives", "NAME-4-04 NAME-9-01", DIRECTORY " reboot", "the node begins anew after RegisterName",
            "the record is there", survives),
    VC_LAST};
