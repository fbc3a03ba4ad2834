/* SPDX-License-Identifier: BSD-2-Clause */
/* Rules of form of the naming protocol, about one message and the Request that it answers: spec/naming.md. */
#include <stdio.h>
#include <string.h>

#include "names.h"
#include "oracle_internal.h"

/* What a message of the interface may have: words that mean something, bit n: word n. */
enum segment { NONE, NAME, RECORD, LIST, PREFIX };
static const struct form {
    uint32_t code, words, answer_words;
    enum segment request, answer;
    uint8_t idempotent;
} forms[] = {
    {VNAME_QUERY & NM_LOW24, 0, 1, NAME, RECORD, 1},        {VNAME_CLAIM & NM_LOW24, 1, 0, RECORD, RECORD, 0},
    {VNAME_ANNOUNCE & NM_LOW24, 1, 0, LIST, NONE, 0},       {VNAME_MEET & NM_LOW24, 0, 0, RECORD, RECORD, 0},
    {VNAME_MOUNT & NM_LOW24, 1, 0, RECORD, RECORD, 0},      {VNAME_LIST & NM_LOW24, 1, 3, NONE, LIST, 1},
    {VNAME_HAND_OVER & NM_LOW24, 0, 0, RECORD, RECORD, 0},  {VNAME_WATCH & NM_LOW24, 1, 1, NONE, NONE, 1},
    {VNAME_MAP_CONTEXT & NM_LOW24, 3, 7, NAME, NAME, 1},    {VNAME_FIND_DIRECTORY & NM_LOW24, 0, 7, NONE, NONE, 1},
    {VNAME_LOOKUP & NM_LOW24, 0, 1, NAME, RECORD, 1},       {VNAME_REGISTER & NM_LOW24, 0, 0, RECORD, RECORD, 0},
    {VNAME_UNREGISTER & NM_LOW24, 1, 0, RECORD, RECORD, 0}, {VNAME_LIST_REGISTERED & NM_LOW24, 0, 1, PREFIX, LIST, 1},
};

static const struct form *form_of(uint32_t code) {
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++)
        if (forms[i].code == (code & NM_LOW24))
            return &forms[i];
    return NULL;
}

static void words_zero(vc_oracle *o, const struct vc_packet *p, uint32_t meant) {
    uint32_t set = 0;
    unsigned most = p->code & VMTP_SDA ? 6 : 7;
    for (unsigned i = 0; i < most; i++)
        if (p->words[i] && !(meant >> i & 1))
            set |= 1u << i;
    vc_oracle_rule(o, "NAME-1-01", set == 0, "zero in words that mean nothing", "set are the words of mask", set);
}

/* ---- records -------------------------------------------------------------------------------------------------------- */

/* Of records that follow each other: ascending? */
static int precedes(const struct nm_record *a, const struct nm_record *b) {
    size_t least = a->prefix_length < b->prefix_length ? a->prefix_length : b->prefix_length;
    int order = memcmp(a->prefix, b->prefix, least);
    return order < 0 || (order == 0 && a->prefix_length < b->prefix_length);
}

struct list {
    unsigned count;
    int whole, ascending;
};

/* Judges each record of a segment of this packet; each: what else has to be said of one. */
static struct list records(vc_oracle *o, const struct vc_packet *p,
                           void (*each)(vc_oracle *o, const struct vc_packet *p, const struct nm_record *r)) {
    struct list list = {.ascending = 1};
    struct nm_record r, before;
    const uint8_t *octets;
    const char *wrong;
    uint32_t size, used;
    list.whole = nm_whole(p, &octets, &size);
    for (uint32_t at = 0; list.whole && at < size; at += used, list.count++) {
        used = nm_record_get(&r, octets + at, size - at, &wrong);
        if (!used) {
            vc_oracle_broken(o, "NAME-3.3-01", "a well-formed record", "%s", wrong);
            vc_oracle_rule(o, "NAME-3.3-04", strstr(wrong, "eneration") == NULL, "a Generation", wrong, at);
            vc_oracle_rule(o, "NAME-2.1-05", strstr(wrong, "prefix") == NULL, "a prefix as it should be", wrong, at);
            return list;
        }
        vc_oracle_held(o, "NAME-3.3-01");
        vc_oracle_held(o, "NAME-2.1-05");
        vc_oracle_held(o, "NAME-3.3-04");
        vc_oracle_rule(o, "NAME-1-02", nm_record_clean(&r, octets + at), "zero in what is reserved", "flags", r.flags);
        if (list.count)
            list.ascending &= precedes(&before, &r);
        before = r;
        each(o, p, &r);
    }
    return list;
}

static void plain(vc_oracle *o, const struct vc_packet *p, const struct nm_record *r) { (void)o, (void)p, (void)r; }

/* ---- Requests ------------------------------------------------------------------------------------------------------- */

static int to_group(const struct vc_packet *p) { return (p->server & VMTP_ID_GRP) != 0; }

static void announced(vc_oracle *o, const struct vc_packet *p, const struct nm_record *r) {
    uint32_t reason = p->words[0];
    int released = (r->flags & VNAME_RELEASED) != 0;
    vc_oracle_rule(o, "NAME-8.2-06", !(r->flags & VNAME_CLAIMING) && released == (reason == VNAME_REASON_RELEASED),
                   "RELEASED with the reason RELEASED alone, and no CLAIMING", "flags", r->flags);
    if (reason == VNAME_REASON_RELEASED)
        vc_oracle_rule(o, "NAME-8.2-04", released, "RELEASED in the flags", "flags", r->flags);
    if (reason != VNAME_REASON_MEET)
        vc_oracle_rule(o, "NAME-8.2-05", r->manager == p->client, "the manager itself as Client", "Client", p->client);
    else
        vc_oracle_rule(o, "NAME-5.2-06", (r->flags & VNAME_SECOND_HAND) && !to_group(p), "SECOND_HAND, to a manager",
                       "flags", r->flags);
}

static void announcement(vc_oracle *o, const struct vc_packet *p) {
    vc_oracle_rule(o, "NAME-8.2-03", (p->code & VMTP_DGM) && vc_segment_size(p) <= VC_SEGMENT_MAX,
                   "a datagram of one packet group", "Code", p->code);
    records(o, p, announced);
}

static void claimed(vc_oracle *o, const struct vc_packet *p, const struct nm_record *r) {
    vc_oracle_rule(o, "NAME-8.1-01",
                   (r->flags & VNAME_CLAIMING) && p->server == VNAME_HANDLERS && p->code & VMTP_MRD && p->words[0] < 8,
                   "CLAIMING, to VNAME_HANDLERS, with MRD, a round from 0 to 7", "round", p->words[0]);
}

static void met(vc_oracle *o, const struct vc_packet *p, const struct nm_record *r) {
    vc_oracle_rule(o, "NAME-8.5-01", r->manager == p->client && !(r->flags & (VNAME_CLAIMING | VNAME_RELEASED)),
                   "a record of its own, the Client itself its manager", "Client", p->client);
}

static void asked(vc_oracle *o, const struct vc_packet *p) {
    const uint8_t *octets;
    uint32_t size;
    if (!nm_whole(p, &octets, &size))
        return;
    const char *wrong = nm_name_wrong((const char *)octets, size);
    wrong = wrong ? wrong : octets[0] == '/' ? NULL : "a relative name";
    vc_oracle_rule(o, "NAME-2.1-01", !wrong, "an absolute name", wrong ? wrong : "", size);
}

/* Section 6.1. */
static void by_name(vc_oracle *o, const struct vc_packet *p) {
    const uint8_t *octets;
    uint32_t size, index = p->words[1] >> 16, length = p->words[1] & 0xffff;
    if (!nm_whole(p, &octets, &size))
        return;
    int fits = length <= size && index <= length && size == (length + 7) / 8 * 8;
    int extra = length <= size && size > (length + 7) / 8 * 8;
    vc_oracle_rule(o, "NAME-6.1-01", fits || (extra && index <= length),
                   "NameLength octets of name, and NameIndex within", "word 1", p->words[1]);
    if (!(fits || extra) || length == 0)
        return;
    const char *wrong = nm_name_wrong((const char *)octets, length);
    vc_oracle_rule(o, "NAME-2.1-01", !wrong, "a name", wrong ? wrong : "", length);
    if (octets[0] != '/')
        vc_oracle_rule(o, "NAME-6.1-02", index == 0, "NameIndex 0 with a relative name", "NameIndex", index);
    for (uint32_t at = length; at < (length + 7) / 8 * 8; at++)
        if (octets[at])
            vc_oracle_broken(o, "NAME-6.1-01", "zero octets behind the name", "0x%02x", octets[at]);
}

void vc_oracle_names_request(vc_oracle *o, const struct vc_packet *p) {
    const struct form *f = form_of(p->code);
    if (nm_is_by_name(p->code))
        by_name(o, p);
    if (!f)
        return;
    if (!nm_is_by_name(p->code))
        words_zero(o, p, f->words);
    switch (f->code | VMTP_PIC) {
    case VNAME_QUERY:
    case VNAME_LOOKUP: asked(o, p); break;
    case VNAME_CLAIM: records(o, p, claimed); break;
    case VNAME_ANNOUNCE: announcement(o, p); break;
    case VNAME_MEET: records(o, p, met); break;
    default:
        if (f->request == RECORD)
            records(o, p, plain);
    }
}

/* ---- Responses ------------------------------------------------------------------------------------------------------ */

static void hearsay(vc_oracle *o, const struct vc_packet *p, const struct nm_record *r) {
    vc_oracle_rule(o, "NAME-5.1-07", r->manager == p->server || r->flags & VNAME_SECOND_HAND,
                   "SECOND_HAND in the record of another", "flags", r->flags);
}

static void registered(vc_oracle *o, const struct vc_packet *p, const struct nm_record *r) {
    (void)p;
    vc_oracle_rule(o, "NAME-9-17", (r->flags & VNAME_SECOND_HAND) != 0, "SECOND_HAND in what a directory tells",
                   "flags", r->flags);
}

/* Records that are whole and as many as may be. */
static void one_record(vc_oracle *o, const struct vc_packet *p, const struct list *list, int wanted) {
    if (wanted && list->whole)
        vc_oracle_rule(o, "NAME-4-02", list->count == 1, "one record", "records", list->count);
    (void)p;
}

static void listed(vc_oracle *o, const struct vc_packet *p, uint32_t code, const struct list *list) {
    int names = code == (VNAME_LIST & NM_LOW24);
    if (!list->whole)
        return;
    vc_oracle_rule(o, names ? "NAME-8.7-01" : "NAME-9-08", list->ascending && (!names || p->words[1] == list->count),
                   "records in ascending order, and their number", "records", list->count);
    vc_oracle_rule(o, "NAME-3.3-05", list->count || !(p->code & VMTP_SDA), "no segment for no records", "octets",
                   vc_segment_size(p));
}

static int is_directory(uint32_t code) {
    return code >= (VNAME_FIND_DIRECTORY & NM_LOW24) && code <= (VNAME_LIST_REGISTERED & NM_LOW24);
}

static void good_answer(vc_oracle *o, const struct vc_packet *p, const struct form *f) {
    struct list list = {.whole = 0};
    words_zero(o, p, f->answer_words);
    vc_oracle_rule(o, "NAME-4-04", !(p->code & VMTP_DGM) == !f->idempotent, "DGM where the operation may be done again",
                   "Code", p->code);
    if (f->answer == RECORD || f->answer == LIST)
        list = records(o, p,
                       is_directory(f->code)                 ? registered
                       : f->code == (VNAME_QUERY & NM_LOW24) ? hearsay
                                                             : plain);
    one_record(o, p, &list, f->answer == RECORD);
    if (f->answer == LIST)
        listed(o, p, f->code, &list);
}

static void bad_answer(vc_oracle *o, const struct vc_packet *p, uint32_t operation) {
    uint32_t code = vc_code(p);
    int tells = code == VNAME_MOVED || code == VNAME_ALIAS || code == VNAME_HELD;
    vc_oracle_rule(o, "NAME-4-05", tells || vc_segment_size(p) == 0, "no segment with this code", "octets",
                   vc_segment_size(p));
    if (code == VNAME_MOVED)
        records(o, p, hearsay);
    else if (code == VNAME_HELD)
        records(o, p, is_directory(operation) ? registered : plain);
    words_zero(o, p, 0);
}

void vc_oracle_names_response(vc_oracle *o, const struct vc_packet *p, const struct seen_message *request) {
    const struct form *f = form_of(request->code);
    uint32_t code = vc_code(p), operation = request->code & NM_LOW24;
    if (!f)
        return;
    if (code == VMTP_OK) {
        good_answer(o, p, f);
    } else {
        int named = code == VNAME_HELD ? operation == (VNAME_CLAIM & NM_LOW24)
                                       : code == VNAME_NOT_FOUND && operation == (VNAME_LOOKUP & NM_LOW24);
        if (request->server & VMTP_ID_GRP && !request->forward)
            vc_oracle_rule(o, "NAME-4-03", named, "no error about a multicast Request", "ResponseCode", code);
        bad_answer(o, p, operation);
    }
}
