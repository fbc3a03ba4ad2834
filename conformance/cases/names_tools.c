/* SPDX-License-Identifier: BSD-2-Clause */
/* What cases about names do: the node as a manager and as a resolver, by its test service, and messages of the tester. */
#define VC_NO_LINES
#include "names.h"

#include <stdio.h>
#include <string.h>

/* ---- the test service ----------------------------------------------------------------------------------------------- */

static void put_id(uint32_t *words, uint64_t id) {
    words[0] = (uint32_t)(id >> 32);
    words[1] = (uint32_t)id;
}

/* All by one Client, so that each Request tells that the Response before it has come, and none of them is sent again while a case listens. */
static struct vc_packet service_request(struct vc_test *t, uint32_t code) {
    static struct vc_packet last;
    struct vc_packet request = vc_request(t, code);
    if (last.client >> 32 == request.client >> 32) {
        request.client = last.client;
        request.transaction = last.transaction + 1;
    }
    last.client = request.client;
    last.transaction = request.transaction;
    return request;
}

/* As vc_must, with a segment. */
static struct vc_packet *must_with(struct vc_test *t, uint32_t code, const uint32_t words[7], const void *segment,
                                   uint32_t size) {
    struct vc_packet request = service_request(t, code);
    memcpy(request.words, words, sizeof request.words);
    return vc_must_answer(t, &request, segment, size);
}

void nm_manager_anew(struct vc_test *t, struct nm_manager *m) {
    uint32_t words[7] = {m->flags | NM_ANEW, m->mounts};
    put_id(words + 2, m->group);
    put_id(words + 4, m->owner);
    m->entity = vc_pair(must_with(t, VMTP_TEST_NAME_MANAGER, words, NULL, 0)->words);
}

uint64_t nm_manager(struct vc_test *t, uint32_t flags) {
    struct nm_manager m = {.flags = flags};
    nm_manager_anew(t, &m);
    return m.entity;
}

uint32_t nm_claim(struct vc_test *t, const struct nm_claim *c) {
    char segment[NM_PREFIX_MAX + NM_NAME_MAX + 2];
    uint32_t words[7] = {c->flags, c->generation, 0, 0, (uint32_t)strlen(c->prefix), c->context};
    put_id(words + 2, c->from);
    int size = snprintf(segment, sizeof segment, "%s%s", c->prefix, c->target ? c->target : "");
    return must_with(t, VMTP_TEST_NAME_CLAIM, words, segment, (uint32_t)size)->words[0];
}

uint32_t nm_hold(struct vc_test *t, const char *prefix) {
    const struct nm_claim claim = {.prefix = prefix};
    uint32_t context = nm_claim(t, &claim);
    nm_held(t, prefix);
    return context;
}

static int comes_to_hold(struct vc_test *t, const char *prefix) {
    struct nm_state s;
    for (unsigned i = 0; i < 60; i++) {
        nm_state(t, prefix, &s);
        if (s.state == NM_HELD)
            return 1;
        vc_pass(t, 20 * MS);
    }
    return 0;
}

int nm_claimed(struct vc_test *t, const char *prefix) {
    vc_pass(t, 320 * MS); /* it cannot be over before */
    return comes_to_hold(t, prefix);
}

void nm_held(struct vc_test *t, const char *prefix) {
    if (!nm_claimed(t, prefix))
        vc_give_up(t, "the node does not come to hold %s", prefix);
}

uint32_t nm_hold_two(struct vc_test *t, const char *first, const char *second) {
    const struct nm_claim claims[2] = {{.prefix = first}, {.prefix = second}};
    nm_claim(t, &claims[0]);
    uint32_t context = nm_claim(t, &claims[1]);
    nm_held(t, first);
    if (!comes_to_hold(t, second))
        vc_give_up(t, "the node does not come to hold %s", second);
    return context;
}

struct nm_place nm_place_anew(struct vc_test *t) {
    struct nm_place p = {.manager = nm_manager(t, 0)};
    p.context = nm_hold(t, nm_new_prefix(t, p.prefix));
    p.length = (uint32_t)strlen(p.prefix);
    return p;
}

struct nm_place nm_place(struct vc_test *t) {
    static struct nm_place kept;
    static const uint32_t tell[7];
    struct nm_state s = {0};
    if (kept.manager && vc_pair(must_with(t, VMTP_TEST_NAME_MANAGER, tell, NULL, 0)->words) == kept.manager)
        nm_state(t, kept.prefix, &s);
    if (s.state != NM_HELD) {
        kept.manager = 0; /* until it is there: this may end the case */
        kept = nm_place_anew(t);
    }
    return kept;
}

uint64_t nm_holding(struct vc_test *t, char prefix[40]) {
    const struct nm_place place = nm_place(t);
    memcpy(prefix, place.prefix, sizeof place.prefix);
    return place.manager;
}

void nm_release(struct vc_test *t, const char *prefix) {
    const uint32_t words[7] = {0};
    must_with(t, VMTP_TEST_NAME_RELEASE, words, prefix, (uint32_t)strlen(prefix));
}

void nm_state(struct vc_test *t, const char *prefix, struct nm_state *s) {
    const uint32_t words[7] = {0};
    const char *wrong;
    struct vc_packet *p = must_with(t, VMTP_TEST_NAME_STATE, words, prefix, (uint32_t)strlen(prefix));
    memset(s, 0, sizeof *s);
    s->state = p->words[0];
    s->event = p->words[1];
    s->code = p->words[2];
    s->events = p->words[3];
    uint32_t size = p->data_octets < sizeof s->octets ? p->data_octets : sizeof s->octets;
    if (size)
        memcpy(s->octets, p->data, size);
    if (!nm_record_get(&s->record, s->octets, size, &wrong))
        s->record.generation = 0;
}

char *nm_new_prefix(struct vc_test *t, char *prefix) {
    snprintf(prefix, 40, "/t%08x", vc_random(t));
    return prefix;
}

const char *nm_below(char name[100], const char *prefix, const char *rest) {
    snprintf(name, 100, "%.50s%.40s", prefix, rest);
    return name;
}

void nm_want_state(struct vc_test *t, const char *id, const char *prefix, uint32_t state) {
    struct nm_state s;
    nm_state(t, prefix, &s);
    vc_equal(t, id, "state of the prefix", state, s.state);
}

/* ---- Requests ------------------------------------------------------------------------------------------------------- */

struct vc_packet nm_to(struct vc_test *t, uint64_t entity, uint32_t code) {
    return vc_request_to(t, entity, code);
}

struct vc_packet nm_to_all(struct vc_test *t, uint64_t group, uint32_t code) {
    struct vc_packet p = vc_request_to(t, group, code | VMTP_MRD);
    vc_multicast(&p, group);
    return p;
}

/* In the name of a manager of the tester, whose Transactions follow each other. */
void nm_as(struct vc_packet *p, uint64_t client) {
    static struct {
        uint64_t client;
        uint32_t transaction;
    } last[64];
    static unsigned next;
    unsigned at = 0;
    while (at < 64 && last[at].client != client)
        at++;
    if (at == 64) {
        at = next++ % 64;
        last[at].client = client;
        last[at].transaction = p->transaction;
    }
    p->client = client;
    p->transaction = ++last[at].transaction;
}

struct vc_packet nm_send_record(struct vc_test *t, uint64_t to, uint32_t code, uint32_t word0,
                                const struct nm_record *record) {
    struct vc_packet p = to & VMTP_ID_GRP ? nm_to_all(t, to, code) : nm_to(t, to, code);
    nm_as(&p, record->manager);
    p.words[0] = word0;
    nm_carry_record(&p, record);
    vc_send(t, &p);
    return p;
}

void nm_announce(struct vc_test *t, uint32_t reason, const struct nm_record *record) {
    struct vc_packet p = nm_to_all(t, VNAME_HANDLERS, VNAME_ANNOUNCE);
    p.code = VNAME_ANNOUNCE | VMTP_DGM;
    nm_as(&p, record->manager);
    p.words[0] = reason;
    nm_carry_record(&p, record);
    vc_send(t, &p);
}

struct vc_packet nm_operation(struct vc_test *t, uint64_t manager, uint32_t code, const char *name, uint32_t context,
                              uint32_t index) {
    struct vc_packet p = nm_to(t, manager, code);
    nm_carry_operation(&p, name, context, index);
    vc_send(t, &p);
    return p;
}

struct vc_packet nm_send(struct vc_test *t, uint64_t to, uint32_t code, const void *octets, uint32_t size) {
    struct vc_packet p = to & VMTP_ID_GRP ? nm_to_all(t, to, code) : nm_to(t, to, code);
    if (size)
        vc_send_blocks(t, &p, octets, size, vc_all_blocks(size), 0);
    else
        vc_send(t, &p);
    return p;
}

struct vc_packet nm_query(struct vc_test *t, uint64_t to, const char *name) {
    return nm_send(t, to, VNAME_QUERY, name, (uint32_t)strlen(name));
}

void nm_want_none(struct vc_test *t, const char *id, const struct vc_packet *request) {
    vc_settle(t);
    const struct vc_packet *p = vc_await_response(t, request, 0);
    vc_check(t, id, p == NULL, "no Response", "%s", p ? vc_response_name(p->code) : "none");
}

void nm_want_code(struct vc_test *t, const char *id, const struct vc_packet *request, uint32_t code) {
    vc_want_response(t, id, request, code);
}

struct nm_record nm_want_of(struct vc_test *t, const char *id, const struct vc_packet *request, uint32_t code,
                            const char *prefix, uint64_t manager) {
    struct vc_packet *p = vc_want_response(t, id, request, code);
    struct nm_record r = nm_want_record(t, id, p);
    vc_same_text(t, id, "prefix", prefix, r.prefix, r.prefix_length);
    vc_equal(t, id, "manager", manager, r.manager);
    return r;
}

struct nm_record nm_want_record(struct vc_test *t, const char *id, const struct vc_packet *p) {
    struct nm_record r = {0};
    if (!vc_check(t, id, nm_first(p, &r), "a record", "none that is well-formed"))
        vc_give_up(t, "there is no record");
    return r;
}

void nm_answer(struct vc_test *t, const struct vc_packet *request, uint64_t server, uint32_t code, uint32_t word0,
               const struct nm_record *record) {
    struct vc_packet p = vc_response(request, code);
    memcpy(p.dst, vc_node_mac(t), 6);
    memcpy(p.src, vc_tester_mac(t), 6);
    p.server = server;
    p.words[0] = word0;
    if (record)
        nm_carry_record(&p, record);
    vc_send(t, &p);
}

/* ---- what the node multicasts ----------------------------------------------------------------------------------------- */

struct vc_packet *nm_await(struct vc_test *t, uint64_t group, uint32_t code, vc_time patience) {
    vc_time until = vc_now(t) + patience;
    for (;;) {
        vc_time now = vc_now(t);
        struct vc_packet *p = vc_await_request(t, group, now < until ? until - now : 0);
        if (!p || vc_code(p) == (code & NM_LOW24))
            return p;
    }
}

/* ---- the resolver ----------------------------------------------------------------------------------------------------- */

/* What an earlier case has left has a deadline of its own. */
void nm_resolver(struct vc_test *t, uint32_t flags, uint32_t prefixes, const char *names, const char *context) {
    char segment[VC_SEGMENT_MAX];
    int size = snprintf(segment, sizeof segment, "%s%c%s", names ? names : "", 0, context ? context : "");
    for (unsigned i = 0; i < 80; i++) {
        struct vc_packet request = service_request(t, VMTP_TEST_NAME_RESOLVER), *p;
        request.words[0] = flags | NM_ANEW;
        request.words[1] = prefixes;
        vc_send_blocks(t, &request, (const uint8_t *)segment, (uint32_t)size, vc_all_blocks((uint32_t)size), 0);
        p = vc_await_response(t, &request, VC_SECOND);
        if (p && vc_code(p) == VMTP_OK) {
            vc_forget(t);
            return;
        }
        if (p)
            vc_pass(t, 500 * MS);
    }
    vc_give_up(t, "the node's resolver does not begin anew");
}

struct vc_packet nm_operate(struct vc_test *t, const struct nm_operate *o) {
    struct vc_packet p = vc_request(t, VMTP_TEST_NAME_OPERATE);
    uint32_t length = (uint32_t)strlen(o->name);
    p.words[0] = o->flags;
    p.words[1] = (o->code ? o->code : VNAME_MAP_CONTEXT) & NM_LOW24;
    p.words[2] = o->deadline_ms;
    p.words[3] = length;
    if (length > NM_NAME_MAX)
        vc_send_blocks(t, &p, (const uint8_t *)o->name, length, vc_all_blocks(length), 0);
    else
        nm_carry(&p, o->name, length);
    if (length <= NM_NAME_MAX)
        vc_send(t, &p);
    return p;
}

struct vc_packet nm_order(struct vc_test *t, const char *name, uint32_t flags, uint32_t deadline_ms) {
    const struct nm_operate o = {.name = name, .flags = flags, .deadline_ms = deadline_ms};
    return nm_operate(t, &o);
}

#define OPERATE_HEAD 52u

static void read_outcome(const struct vc_packet *p, struct nm_outcome *o) {
    const uint8_t *d = p->data;
    o->what = p->words[0];
    o->result = p->words[1];
    o->code = p->words[2] & NM_LOW24;
    o->server = vc_pair(p->words + 3);
    o->multicasts = p->words[5];
    if (p->data_octets < OPERATE_HEAD)
        return;
    o->manager = vc_get64(d);
    o->context = vc_get32(d + 8);
    o->prefix_length = vc_get16(d + 12);
    o->aliases = vc_get16(d + 14);
    o->moves = vc_get16(d + 16);
    o->repeats = vc_get16(d + 18);
    o->name_length = vc_get16(d + 20);
    for (unsigned i = 0; i < 7; i++)
        o->words[i] = vc_get32(d + 24 + 4 * i);
    if (o->name_length <= NM_NAME_MAX && OPERATE_HEAD + o->name_length <= p->data_octets)
        memcpy(o->name, d + OPERATE_HEAD, o->name_length);
}

/* A client that is silent for long is forgotten, and what it waits for as well. */
void nm_remind(struct vc_test *t, struct vc_packet *request) {
    request->control |= VMTP_APG;
    request->retransmit = (uint8_t)((request->retransmit + 1) & 7);
    vc_send(t, request);
}

void nm_outcome(struct vc_test *t, const char *id, const struct vc_packet *request, vc_time patience,
                struct nm_outcome *o) {
    struct vc_packet again = *request, *p = NULL;
    vc_time until = vc_now(t) + patience;
    memset(o, 0, sizeof *o);
    while (!p && vc_now(t) < until) {
        vc_time left = until - vc_now(t);
        p = vc_await_response(t, request, left < 2 * VC_SECOND ? left : 2 * VC_SECOND);
        if (!p)
            nm_remind(t, &again);
    }
    if (!p) {
        vc_check(t, id, 0, "an end of the node's operation", "it goes on after %u ms", (unsigned)(patience / MS));
        vc_give_up(t, "the node's operation does not end");
    }
    if (vc_code(p) != VMTP_OK)
        vc_give_up(t, "NAME_OPERATE of the test service answers %s", vc_response_name(p->code));
    read_outcome(p, o);
}

void nm_over(struct vc_test *t, const struct vc_packet *request) { vc_await_response(t, request, VC_PATIENCE); }

struct nm_outcome nm_want_end(struct vc_test *t, const char *id, const struct vc_packet *request, uint32_t what) {
    struct nm_outcome o;
    nm_outcome(t, id, request, 40 * VC_SECOND, &o);
    vc_equal(t, id, "what came of it", what, o.what);
    return o;
}

/* ---- the tester as a manager -------------------------------------------------------------------------------------------- */

struct nm_record nm_stranger(struct vc_test *t, char prefix[40]) {
    return nm_record_of(nm_new_prefix(t, prefix), vc_new_client(t), 1);
}

struct vc_packet *nm_want_query(struct vc_test *t, const char *id, uint64_t group, vc_time patience) {
    char name[20], expected[60];
    struct vc_packet *p = nm_await(t, group, VNAME_QUERY, patience);
    snprintf(expected, sizeof expected, "QueryName to %s", vc_entity(group, name));
    if (!vc_check(t, id, p != NULL, expected, "%s", p ? "it came" : "nothing"))
        vc_give_up(t, "the node does not ask");
    return p;
}

void nm_tell(struct vc_test *t, const struct vc_packet *query, const struct nm_record *record) {
    nm_answer(t, query, record->manager, VMTP_OK | VMTP_DGM, (uint32_t)record->prefix_length, record);
}

struct vc_packet *nm_want_operation(struct vc_test *t, const char *id, uint64_t manager, vc_time patience) {
    return vc_want_request(t, id, manager, patience);
}

void nm_map(struct vc_test *t, const struct vc_packet *request, uint64_t manager, uint32_t context, const char *name) {
    struct vc_packet p = vc_response(request, VMTP_OK | VMTP_DGM);
    memcpy(p.dst, vc_node_mac(t), 6);
    memcpy(p.src, vc_tester_mac(t), 6);
    p.server = manager;
    put_id(p.words, manager);
    p.words[2] = context;
    nm_carry(&p, name, (uint32_t)strlen(name));
    vc_send(t, &p);
}
