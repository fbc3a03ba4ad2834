/* SPDX-License-Identifier: BSD-2-Clause */
/* Operations by name at their manager, contexts, and from manager to manager.  spec/naming.md sections 3.2, 6.1 to 6.4. */
#include "names.h"

#include <stdio.h>
#include <string.h>

#define CLAIMS "name-claims"
#define UNKNOWN_BY_NAME 0x010104ffu

static const char *below(char name[200], const char *prefix, const char *rest) {
    snprintf(name, 200, "%.100s%.90s", prefix, rest);
    return name;
}

static struct vc_packet map(struct vc_test *t, const struct nm_place *p, const char *rest) {
    char name[200];
    return nm_operation(t, p->manager, VNAME_MAP_CONTEXT, below(name, p->prefix, rest), p->context, p->length);
}

/* The answer to MapContext names this context; its number. */
static uint32_t want_context(struct vc_test *t, const char *id, const struct vc_packet *request,
                             const struct nm_place *p, const char *rest) {
    char name[200];
    struct vc_packet *a = vc_want_response(t, id, request, VMTP_OK);
    below(name, p->prefix, rest);
    vc_equal(t, id, "manager", p->manager, vc_pair(a->words));
    vc_same_text(t, id, "name", name, a->data, vc_segment_size(a));
    return a->words[2];
}

/* ---- contexts ------------------------------------------------------------------------------------------------------- */

static void contexts(struct vc_test *t) {
    struct nm_place p = nm_place(t);
    struct vc_packet q = map(t, &p, "/c1/c2");
    uint32_t number = want_context(t, "NAME-6.2-01", &q, &p, "/c1/c2");
    q = map(t, &p, "//c1/./c2/");
    vc_equal(t, "NAME-3.2-02", "number of the same context", number, want_context(t, "NAME-6.2-01", &q, &p, "/c1/c2"));
    q = map(t, &p, "");
    vc_equal(t, "NAME-6.2-01", "number of the prefix' own context", p.context,
             want_context(t, "NAME-6.2-01", &q, &p, ""));
    q = map(t, &p, "/c1/o");
    nm_want_code(t, "NAME-6.2-02", &q, VNAME_NOT_CONTEXT);
    q = map(t, &p, "/c1/nothing");
    nm_want_code(t, "NAME-6.1-08", &q, VNAME_NOT_FOUND);
    q = nm_operation(t, p.manager, VNAME_MAP_CONTEXT, "c3", number, 0);
    want_context(t, "NAME-6.2-01", &q, &p, "/c1/c2/c3");
    q = nm_operation(t, p.manager, VNAME_MAP_CONTEXT, "c3", number + 1000, 0);
    nm_want_code(t, "NAME-3.2-03", &q, VNAME_STALE);
}

static void empty(struct vc_test *t) {
    struct nm_place p = nm_place(t);
    struct vc_packet q = nm_operation(t, p.manager, VNAME_MAP_CONTEXT, "", p.context, 0);
    want_context(t, "NAME-6.1-06", &q, &p, "");
    q = nm_operation(t, p.manager, UNKNOWN_BY_NAME, "", p.context, 0);
    nm_want_code(t, "NAME-6.1-05", &q, VNAME_BAD_REQUEST);
}

static void dots(struct vc_test *t) {
    struct nm_place p = nm_place(t);
    struct vc_packet q = map(t, &p, "/c1/../../../c2");
    want_context(t, "NAME-2.2-04", &q, &p, "/c2");
    q = nm_operation(t, p.manager, VNAME_MAP_CONTEXT, "../../c2", p.context, 0);
    want_context(t, "NAME-2.2-04", &q, &p, "/c2");
}

static void deep(struct vc_test *t) {
    struct nm_place p = nm_place(t);
    char name[1025];
    uint8_t segment[1024];
    uint32_t size = p.length;
    memcpy(name, p.prefix, size);
    for (; size + 2 <= 1024; size += 2)
        memcpy(name + size, "/c", 2);
    struct vc_packet q = nm_to(t, p.manager, VNAME_MAP_CONTEXT);
    q.words[0] = p.context;
    q.words[1] = p.length << 16 | size;
    memset(segment, 0, sizeof segment);
    memcpy(segment, name, size);
    vc_send_blocks(t, &q, segment, (size + 7) / 8 * 8, vc_all_blocks(size), 0);
    vc_want_response(t, "NAME-6.1-07", &q, VMTP_OK);
    memset(name + p.length, '/', sizeof name - p.length); /* hardly any components, very many slashes */
    memcpy(segment, name, sizeof segment);
    q = nm_to(t, p.manager, VNAME_MAP_CONTEXT);
    q.words[0] = p.context;
    q.words[1] = p.length << 16 | 1024;
    vc_send_blocks(t, &q, segment, 1024, 3, 0);
    vc_want_response(t, "NAME-6.1-07", &q, VMTP_OK);
}

/* ---- parameters ------------------------------------------------------------------------------------------------------- */

static void indexes(struct vc_test *t) {
    char name[200];
    struct nm_place p = nm_place(t);
    below(name, p.prefix, "/c1");
    struct vc_packet q = nm_operation(t, p.manager, VNAME_MAP_CONTEXT, name, p.context + 7, p.length);
    want_context(t, "NAME-6.1-03", &q, &p, "/c1");
    q = nm_operation(t, p.manager, VNAME_MAP_CONTEXT, name, p.context, p.length - 1);
    nm_want_code(t, "NAME-6.1-03", &q, VNAME_STALE);
    q = nm_operation(t, p.manager, VNAME_MAP_CONTEXT, name, p.context, p.length + 3);
    nm_want_code(t, "NAME-6.1-03", &q, VNAME_STALE);
    q = nm_operation(t, p.manager, VNAME_MAP_CONTEXT, below(name, p.prefix, "x/c1"), p.context, p.length);
    nm_want_code(t, "NAME-6.1-03", &q, VNAME_STALE);
    q = nm_operation(t, p.manager, VNAME_MAP_CONTEXT, below(name, p.prefix, "/c1"), 0, 0);
    want_context(t, "NAME-6.1-04", &q, &p, "/c1");
    q = nm_operation(t, p.manager, VNAME_MAP_CONTEXT, "/somebody/else", 0, 0);
    nm_want_code(t, "NAME-6.1-04", &q, VNAME_STALE);
}

static void bad(struct vc_test *t) {
    char name[200];
    struct nm_place p = nm_place(t);
    uint32_t length = (uint32_t)strlen(below(name, p.prefix, "/c1"));
    struct vc_packet q = nm_operation(t, p.manager, VNAME_MAP_CONTEXT, name, p.context, length + 1);
    nm_want_code(t, "NAME-6.1-05", &q, VNAME_BAD_REQUEST);
    q = nm_to(t, p.manager, VNAME_MAP_CONTEXT);
    nm_carry_operation(&q, name, p.context, p.length);
    q.words[1] = p.length << 16 | (length + 40);
    vc_send(t, &q);
    nm_want_code(t, "NAME-6.1-01 NAME-6.1-05", &q, VNAME_BAD_REQUEST);
    q = nm_operation(t, p.manager, VNAME_MAP_CONTEXT, "\xff\xfe", p.context, 0);
    nm_want_code(t, "NAME-2.1-03", &q, VNAME_INVALID);
}

static void longer(struct vc_test *t) {
    char prefix[200], name[200];
    struct nm_place p = {.manager = nm_manager(t, 0)};
    p.length = (uint32_t)strlen(nm_new_prefix(t, p.prefix));
    uint32_t inner = nm_hold_two(t, p.prefix, below(prefix, p.prefix, "/c9"));
    struct vc_packet q = map(t, &p, "/c9");
    vc_equal(t, "NAME-6.1-09", "context of the longer prefix", inner, want_context(t, "NAME-6.1-09", &q, &p, "/c9"));
    q = map(t, &p, "/c9/c1");
    uint32_t number = want_context(t, "NAME-6.1-09", &q, &p, "/c9/c1");
    q = nm_operation(t, p.manager, VNAME_MAP_CONTEXT, below(name, prefix, "/c1"), inner, (uint32_t)strlen(prefix));
    vc_equal(t, "NAME-6.1-09", "context below it", number, want_context(t, "NAME-6.1-09", &q, &p, "/c9/c1"));
}

/* ---- to another manager ------------------------------------------------------------------------------------------------ */

static struct nm_record mount(struct vc_test *t, const struct nm_place *p, char prefix[200], const char *rest) {
    struct nm_record r = nm_record_of(below(prefix, p->prefix, rest), vc_new_client(t), 1);
    r.context = 0x99;
    struct vc_packet q = nm_send_record(t, p->manager, VNAME_MOUNT, 0, &r);
    struct vc_packet *a = vc_await_response(t, &q, VC_PATIENCE);
    if (!a || vc_code(a) != VMTP_OK)
        vc_give_up(t, "the mount is not taken");
    return r;
}

/* What has been passed on to the mount has this name, which goes on behind the mount's prefix. */
static struct vc_packet *want_passed(struct vc_test *t, const char *id, const struct nm_record *mount,
                                     const struct vc_packet *sent, const char *name) {
    struct vc_packet *p = vc_want_request(t, id, mount->manager, VC_PATIENCE);
    vc_check(t, id, p->forward == sent->forward + 1 && p->client == sent->client, "the Request itself, by Forward",
             "ForwardCount %u", p->forward);
    vc_equal(t, id, "word 0", mount->context, p->words[0]);
    vc_equal(t, id, "NameIndex", mount->prefix_length, p->words[1] >> 16);
    uint32_t length = p->words[1] & 0xffff;
    vc_same_text(t, id, "name", name, p->data, length < p->data_octets ? length : p->data_octets);
    vc_tell_forwarder(t, p, VMTP_OK, 0xffffffffu); /* that it has come */
    return p;
}

static void passed_on(struct vc_test *t) {
    char prefix[200], name[200];
    uint8_t segment[200] = {0};
    struct nm_place p = nm_place_anew(t);
    struct nm_record m = mount(t, &p, prefix, "/m");
    struct vc_packet q = nm_to(t, p.manager, UNKNOWN_BY_NAME), *got;
    uint32_t length = (uint32_t)strlen(below(name, prefix, "/x/y")), padded = (length + 7) / 8 * 8;
    memcpy(segment, name, length);
    memcpy(segment + padded, "what it adds", 12);
    q.words[0] = p.context;
    q.words[1] = p.length << 16 | length;
    for (unsigned i = 2; i < 6; i++)
        q.words[i] = 0x11111111 * i;
    nm_carry(&q, segment, padded + 12);
    vc_send(t, &q);
    got = want_passed(t, "NAME-6.3-01", &m, &q, name);
    vc_check(t, "NAME-6.3-04", memcmp(got->words + 2, q.words + 2, 16) == 0, "words 2 to 5 unchanged", "changed");
    vc_check(t, "NAME-6.3-04", vc_segment_size(got) == padded + 12 && memcmp(got->data + padded, "what it adds", 12) == 0,
             "the rest of the segment unchanged", "changed");
}

static void rewritten(struct vc_test *t) {
    char prefix[200], name[200];
    struct nm_place p = nm_place_anew(t);
    struct nm_record m = mount(t, &p, prefix, "/c1/m");
    struct vc_packet q = map(t, &p, "/c1");
    uint32_t number = want_context(t, "NAME-6.3-02", &q, &p, "/c1");
    q = nm_operation(t, p.manager, VNAME_MAP_CONTEXT, "m/x", number, 0);
    want_passed(t, "NAME-6.3-02", &m, &q, below(name, prefix, "/x"));
    q = map(t, &p, "/c2/../c1/m/x");
    want_passed(t, "NAME-6.3-02", &m, &q, below(name, prefix, "/x"));
}

static void too_long(struct vc_test *t) {
    char prefix[200], name[1025];
    uint8_t segment[1024] = {0};
    struct nm_place p = nm_place_anew(t);
    mount(t, &p, prefix, "/c1/mount/that/has/a/prefix");
    struct vc_packet q = map(t, &p, "/c1/mount/that/has");
    nm_want_code(t, "NAME-6.1-08", &q, VNAME_NOT_FOUND);
    memset(name, 'x', sizeof name);
    memcpy(name, "c1/mount/that/has/a/prefix/", 27);
    memcpy(segment, name, 1020);
    q = nm_to(t, p.manager, VNAME_MAP_CONTEXT);
    q.words[0] = p.context;
    q.words[1] = 1020;
    vc_send_blocks(t, &q, segment, 1024, 3, 0);
    nm_want_code(t, "NAME-6.3-02", &q, VNAME_TOO_LONG);
}

static void loops(struct vc_test *t) {
    char prefix[200], name[200];
    struct nm_place p = nm_place_anew(t);
    mount(t, &p, prefix, "/m");
    struct vc_packet q = nm_to(t, p.manager, VNAME_MAP_CONTEXT);
    q.forward = 15;
    nm_carry_operation(&q, below(name, prefix, "/x"), p.context, p.length);
    vc_send(t, &q);
    struct vc_packet *a = vc_want_response(t, "NAME-6.3-03", &q, VNAME_LOOP);
    vc_equal(t, "NAME-4-05", "octets of segment", 0, vc_segment_size(a));
    q = nm_operation(t, p.manager, VNAME_MAP_CONTEXT, name, 0x99, (uint32_t)strlen(prefix));
    vc_want_response(t, "NAME-6.1-03", &q, VNAME_STALE);
}

static void not_forwarded(struct vc_test *t) {
    char prefix[200], name[200];
    struct nm_place p = nm_place_anew(t);
    mount(t, &p, prefix, "/m");
    struct vc_packet q = nm_to(t, p.manager, VNAME_MAP_CONTEXT | VMTP_DGM);
    nm_carry_operation(&q, below(name, prefix, "/x"), p.context, p.length);
    vc_send(t, &q);
    vc_want_silence(t, "NAME-6.3-06", "answer to a datagram, which is not forwarded either");
}

/* ---- aliases ---------------------------------------------------------------------------------------------------------- */

static void want_alias(struct vc_test *t, const char *id, const struct vc_packet *q, const char *name) {
    struct vc_packet *a = vc_want_response(t, id, q, VNAME_ALIAS);
    vc_same_text(t, id, "name", name, a->data, vc_segment_size(a));
}

static void aliases(struct vc_test *t) {
    char prefix[40], name[200];
    struct nm_place p = nm_place_anew(t);
    struct vc_packet q = map(t, &p, "/c1/lsomewhere/else");
    want_alias(t, "NAME-6.4-02", &q, "/somewhere/else");
    const struct nm_claim c = {.prefix = nm_new_prefix(t, prefix), .target = "/target/of/it"};
    nm_claim(t, &c);
    nm_held(t, prefix);
    q = nm_query(t, p.manager, prefix);
    struct nm_record r = nm_want_of(t, "NAME-3.3-01", &q, VMTP_OK, prefix, p.manager);
    vc_check(t, "NAME-3.3-01",
             r.flags & VNAME_ALIAS_RECORD && r.target_length == 13 && memcmp(r.target, "/target/of/it", 13) == 0,
             "ALIAS with its target", "flags 0x%x", r.flags);
    q = nm_operation(t, p.manager, VNAME_MAP_CONTEXT, below(name, prefix, "/x"), 0, (uint32_t)strlen(prefix));
    want_alias(t, "NAME-6.4-02", &q, "/target/of/it/x");
}

const struct vc_case vc_names_operations_cases[] = {
    VC_CASE("names/contexts", "NAME-3.2-02 NAME-3.2-03 NAME-6.1-08 NAME-6.2-01 NAME-6.2-02", CLAIMS,
            "MapContext of contexts, objects and nothing",
            "manager, number and name; NAME_NOT_CONTEXT, NAME_NOT_FOUND, NAME_STALE", contexts),
    VC_CASE("names/empty", "NAME-6.1-05 NAME-6.1-06", CLAIMS, "empty names", "the context itself, or NAME_BAD_REQUEST",
            empty),
    VC_CASE("names/dots", "NAME-2.2-04", CLAIMS, "names with more .. than contexts", "they stay below the prefix", dots),
    VC_CASE("names/deep", "NAME-6.1-07", CLAIMS, "names of 500 components, and of 1000 slashes", "they are interpreted",
            deep),
    VC_CASE("names/indexes", "NAME-6.1-03 NAME-6.1-04", CLAIMS, "NameIndex of every kind",
            "that of a held prefix counts, others are NAME_STALE", indexes),
    VC_CASE("names/bad-parameters", "NAME-2.1-03 NAME-6.1-01 NAME-6.1-05", CLAIMS, "NameIndex and NameLength beyond",
            "NAME_BAD_REQUEST", bad),
    VC_CASE("names/longer-prefix", "NAME-6.1-09", CLAIMS, "a name that leads into a longer prefix of the same manager",
            "it goes on in that context", longer),
    VC_CASE("names/passed-on", "NAME-6.3-01 NAME-6.3-04", CLAIMS, "an operation that leads into a mount",
            "it is forwarded", passed_on),
    VC_CASE("names/rewritten", "NAME-6.3-02", CLAIMS " near", "relative names, and .., that lead into a mount",
            "the absolute name is forwarded", rewritten),
    VC_CASE("names/too-long", "NAME-6.1-08 NAME-6.3-02", CLAIMS, "a relative name that gets too long", "NAME_TOO_LONG",
            too_long),
    VC_CASE("names/loops", "NAME-4-05 NAME-6.1-03 NAME-6.3-03", CLAIMS, "an operation that was forwarded 15 times",
            "NAME_LOOP", loops),
    VC_CASE("names/not-forwarded", "NAME-6.3-06", CLAIMS, "a datagram that leads into a mount", "nothing", not_forwarded),
    VC_CASE("names/aliases", "NAME-3.3-01 NAME-6.4-02", CLAIMS, "operations on aliases of both kinds",
            "NAME_ALIAS with the name that results", aliases),
    VC_LAST};
