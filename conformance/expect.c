/* SPDX-License-Identifier: BSD-2-Clause */
/* What cases wait for. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define VC_NO_LINES
#include "run.h"

/* ---- frames that come ----------------------------------------------------------------------------------------------- */

/* Of a frame in the inbox: nobody has waited for it; somebody has; nobody has to (the tester's manager has answered it, or it is about names),
 * and a case may look for it. */
enum { NEW, USED, ANSWERED };

static int ours(const struct vc_test *t, uint64_t id) { return id >> 32 == t->run->block >> 32; }

static int is_probe(const struct vc_packet *p) {
    return p->function == VMTP_REQUEST && vc_code(p) == (VMTP_PROBE_ENTITY & VMTP_CODE_MASK);
}

static uint32_t last_transaction(const struct vc_test *t, uint64_t client) {
    unsigned most = sizeof t->last / sizeof t->last[0];
    for (unsigned i = 0; i < t->last_count && i < most; i++)
        if (t->last[i].client == client)
            return t->last[i].transaction;
    return 0;
}

/* The tester's own manager: it tells where the tester's entities are. */
static int answer_probe(struct vc_test *t, const struct vc_packet *p) {
    uint64_t entity = vc_pair(p->words + 2);
    if (!t->answer_probes || !is_probe(p) || !ours(t, entity))
        return 0;
    struct vc_packet answer = vc_response(p, VMTP_OK | VMTP_DGM);
    memcpy(answer.src, vc_tester_mac(t), 6);
    answer.server = t->run->block | 2;
    answer.words[0] = last_transaction(t, entity);
    vc_send(t, &answer);
    return 1;
}

/* A peer that never stops, and a case that would wait for it for ever. */
#define MOST_FRAMES 3000u
#define LONGEST (60 * VC_SECOND)
#define LONGEST_WITH_PATIENCE (600 * VC_SECOND)

static void bound(struct vc_test *t) {
    int patient = t->which->needs && strstr(t->which->needs, "patience");
    vc_time longest = (patient ? LONGEST_WITH_PATIENCE : LONGEST) + t->starting;
    if (t->count < MOST_FRAMES && (t->count == 0 || vc_now(t) - t->inbox[0]->time < longest))
        return;
    vc_evidence_moment(&t->evidence, VC_NOTE, vc_now(t), "the case does not come to an end", 0);
    vc_worsen(t, VC_INCONC, "the node goes on and on");
    longjmp(t->end, 1);
}

/* A manager of names announces, claims and asks whenever it likes: no surprise, but a case may look for it. */
static int is_naming(const struct vc_packet *p) {
    return p->function == VMTP_REQUEST &&
           (p->server == VNAME_HANDLERS || p->server == VNAME_WATCHERS || p->server == VNAME_DIRECTORY);
}

/* What a case leaves behind is tidied up all the same. */
static void heed_stop(struct vc_test *t) {
    if (!vc_stopped || t->stopped)
        return;
    t->stopped = 1;
    vc_worsen(t, VC_INCONC, VC_STOPPED);
    longjmp(t->end, 1);
}

int vc_take(struct vc_test *t, vc_time until) {
    static uint8_t frame[VC_FRAME_MAX];
    char text[VC_TEXT];
    struct vc_link *link = t->run->link;
    vc_time when;
    bound(t);
    heed_stop(t);
    int size = link->receive(link, frame, sizeof frame, &when, until);
    vc_time now = vc_now(t), due = size > 0 ? when : until;
    heed_stop(t);
    if (size < 0)
        vc_broken(t, "the interface does not work any more");
    if (now > due && now - due > t->late)
        t->late = now - due;
    if (size < 12 || memcmp(frame + 6, t->run->node_mac, 6) != 0)
        return size > 0; /* somebody else's */
    struct vc_packet *p = calloc(1, sizeof *p);
    if (!p)
        vc_broken(t, "out of memory");
    enum vc_shape shape = vc_decode(p, frame, (size_t)size, link->ethertype);
    p->time = when;
    unsigned number = vc_evidence_frame(&t->evidence, when, 0, frame, (size_t)size);
    vc_evidence_moment(&t->evidence, VC_SEEN, when, shape == VC_SHORT ? "a short frame" : vc_tell(t, p, text), number);
    vc_oracle_frame(t->run->oracle, frame, (size_t)size, when, 1);
    t->inbox = vc_more(t->inbox, t->count, sizeof *t->inbox);
    t->used = vc_more(t->used, t->count, sizeof *t->used);
    t->inbox[t->count] = p;
    t->used[t->count++] = shape == VC_SHORT ? USED : answer_probe(t, p) || is_naming(p) ? ANSWERED : NEW;
    return 1;
}

void vc_until(struct vc_test *t, vc_time time) {
    while (vc_take(t, time))
        continue;
}

void vc_pass(struct vc_test *t, vc_time time) { vc_until(t, vc_now(t) + time); }

/* ---- what is waited for --------------------------------------------------------------------------------------------- */

struct wish {
    enum { RESPONSE, NOTIFY, REQUEST, CODE, ANSWER } kind;
    uint64_t client, server;
    uint32_t transaction, code;
};

static int is_response(const struct vc_packet *p, const struct wish *w) {
    return p->function == VMTP_RESPONSE && p->client == w->client && p->transaction == w->transaction;
}

static int is_it(const struct vc_packet *p, const struct wish *w) {
    uint32_t operation = vc_notify(p);
    switch (w->kind) {
    case RESPONSE: return is_response(p, w);
    case ANSWER:
        return is_response(p, w) ||
               (operation == (VMTP_NOTIFY_VMTP_CLIENT & VMTP_CODE_MASK) && vc_pair(p->words) == w->client);
    case NOTIFY:
        if (operation != w->code || p->words[4] != w->transaction)
            return 0;
        return vc_pair(p->words + (operation == (VMTP_NOTIFY_VMTP_SERVER & VMTP_CODE_MASK) ? 2 : 0)) == w->client;
    case REQUEST: return p->function == VMTP_REQUEST && p->server == w->server && !operation;
    default:
        return p->function == VMTP_REQUEST && vc_code(p) == w->code && (w->client == 0 || vc_pair(p->words) == w->client);
    }
}

static struct vc_packet *await(struct vc_test *t, const struct wish *w, vc_time patience) {
    vc_time until = vc_now(t) + patience;
    unsigned at = 0;
    for (;;) {
        for (; at < t->count; at++)
            if ((t->used[at] == NEW || (t->used[at] == ANSWERED && w->kind >= REQUEST)) && is_it(t->inbox[at], w)) {
                t->used[at] = USED;
                return t->inbox[at];
            }
        if (!vc_take(t, until))
            return NULL;
    }
}

struct vc_packet *vc_await_response(struct vc_test *t, const struct vc_packet *request, vc_time patience) {
    struct wish w = {.kind = RESPONSE, .client = request->client, .transaction = request->transaction};
    return await(t, &w, patience);
}

struct vc_packet *vc_await_answer(struct vc_test *t, const struct vc_packet *request, vc_time patience) {
    struct wish w = {.kind = ANSWER, .client = request->client, .transaction = request->transaction};
    return await(t, &w, patience);
}

struct vc_packet *vc_await_notify(struct vc_test *t, uint32_t operation, uint64_t client, uint32_t transact,
                                  vc_time patience) {
    struct wish w = {.kind = NOTIFY, .client = client, .transaction = transact, .code = operation & VMTP_CODE_MASK};
    return await(t, &w, patience);
}

struct vc_packet *vc_await_request(struct vc_test *t, uint64_t server, vc_time patience) {
    struct wish w = {.kind = REQUEST, .server = server};
    return await(t, &w, patience);
}

struct vc_packet *vc_await_at_once(struct vc_test *t, uint64_t server, vc_time pause) {
    struct vc_packet *p = vc_await_request(t, server, pause);
    for (unsigned turns = 0; !p && turns < 2 && !t->run->link->virtual_time; turns++) {
        vc_fence(t);
        p = vc_await_request(t, server, 0);
    }
    return p;
}

struct vc_packet *vc_await_code(struct vc_test *t, uint32_t code, uint64_t coresident, vc_time patience) {
    struct wish w = {.kind = CODE, .code = code & VMTP_CODE_MASK, .client = coresident};
    return await(t, &w, patience);
}

void vc_forget(struct vc_test *t) {
    if (t->count)
        memset(t->used, USED, t->count);
}

const struct vc_packet *vc_seen(struct vc_test *t, unsigned i) { return i < t->count ? t->inbox[i] : NULL; }

unsigned vc_tally(struct vc_test *t, uint64_t client, uint32_t transaction, uint8_t function) {
    unsigned tally = 0;
    for (unsigned i = 0; i < t->count; i++) {
        const struct vc_packet *p = t->inbox[i];
        tally += p->function == function && p->client == client && p->transaction == transaction && !vc_notify(p);
    }
    return tally;
}

/* ---- expectations ---------------------------------------------------------------------------------------------------- */

enum relation { OF_THIS_CASE, OF_ANOTHER, OF_NOBODY };

/* Late packets of earlier cases do not count. */
static enum relation relation(const struct vc_test *t, const struct vc_packet *p) {
    const uint64_t ids[4] = {p->client, p->server, vc_pair(p->words), vc_pair(p->words + 2)};
    enum relation found = OF_NOBODY;
    for (unsigned i = 0; i < 4; i++) {
        if (!ours(t, ids[i]))
            continue;
        if (ids[i] >= t->first_id)
            return OF_THIS_CASE;
        found = OF_ANOTHER;
    }
    return found;
}

/* What has come that nobody has waited for. */
static const struct vc_packet *surprise(const struct vc_test *t) {
    for (unsigned i = 0; i < t->count; i++)
        if (!t->used[i] && relation(t, t->inbox[i]) != OF_ANOTHER &&
            vc_code(t->inbox[i]) != (VMTP_PROBE_ENTITY_BLOCK & VMTP_CODE_MASK)) /* somebody there begins */
            return t->inbox[i];
    return NULL;
}

static _Noreturn void missed(struct vc_test *t, const char *ids, const char *label, const char *expected) {
    char text[VC_TEXT] = "nothing";
    const struct vc_packet *p = surprise(t);
    if (p)
        vc_describe(p, text);
    vc_judge(t, ids, 0, label, expected, text);
    longjmp(t->end, 1);
}

struct vc_packet *vc_want_response(struct vc_test *t, const char *id, const struct vc_packet *request, uint32_t code) {
    char expected[120], label[80];
    const char *name = code == VC_ANY ? "of any code" : vc_response_name(code);
    snprintf(label, sizeof label, "a Response %s", name);
    snprintf(expected, sizeof expected, "%s to Transaction %u", label, request->transaction);
    struct vc_packet *p = vc_await_response(t, request, VC_PATIENCE);
    if (!p)
        missed(t, id, label, expected);
    if (code == VC_ANY)
        vc_judge(t, id, 1, label, expected, "it came");
    else if (!vc_judge(t, id, vc_code(p) == code, label, expected, vc_response_name(p->code)))
        longjmp(t->end, 1);
    return p;
}

static struct vc_packet *want_notify(struct vc_test *t, const char *id, uint32_t operation,
                                     const struct vc_packet *about, uint32_t code) {
    char expected[160], label[80];
    const char *name = code == VC_ANY ? "any code" : vc_response_name(code);
    snprintf(label, sizeof label, "%s(%s)", vc_request_name(operation), name);
    snprintf(expected, sizeof expected, "%s about Transaction %u", label, about->transaction);
    struct vc_packet *p = vc_await_notify(t, operation, about->client, about->transaction, VC_PATIENCE);
    if (!p)
        missed(t, id, label, expected);
    if (code == VC_ANY)
        vc_judge(t, id, 1, label, expected, "it came");
    else if (!vc_judge(t, id, (p->words[6] & VMTP_CODE_MASK) == code, label, expected, vc_response_name(p->words[6])))
        longjmp(t->end, 1);
    return p;
}

struct vc_packet *vc_want_nvc(struct vc_test *t, const char *id, const struct vc_packet *about, uint32_t code) {
    return want_notify(t, id, about->forward ? VMTP_NOTIFY_REMOTE_VMTP_CLIENT : VMTP_NOTIFY_VMTP_CLIENT, about, code);
}

struct vc_packet *vc_want_nvs(struct vc_test *t, const char *id, const struct vc_packet *about, uint32_t code) {
    return want_notify(t, id, VMTP_NOTIFY_VMTP_SERVER, about, code);
}

void vc_want_refusal(struct vc_test *t, const char *id, const struct vc_packet *request, uint32_t code) {
    char expected[120];
    snprintf(expected, sizeof expected, "%s by NVC or Response", vc_response_name(code));
    vc_settle(t);
    struct vc_packet *p = vc_await_response(t, request, 0);
    uint32_t got = p ? vc_code(p) : VC_ANY;
    if (!p && (p = vc_await_notify(t, VMTP_NOTIFY_VMTP_CLIENT, request->client, request->transaction, VC_PATIENCE)))
        got = p->words[6] & VMTP_CODE_MASK;
    if (!p)
        missed(t, id, expected, expected);
    if (!vc_judge(t, id, got == code, expected, expected, vc_response_name(got)))
        longjmp(t->end, 1);
}

struct vc_packet *vc_want_request(struct vc_test *t, const char *id, uint64_t server, vc_time patience) {
    char expected[80], name[20];
    snprintf(expected, sizeof expected, "a Request to %s", vc_entity(server, name));
    struct vc_packet *p = vc_await_request(t, server, patience);
    if (!p)
        missed(t, id, "a Request", expected);
    vc_judge(t, id, 1, "a Request", expected, "it came");
    return p;
}

/* A Probe is answered after everything that came before it. */
void vc_fence(struct vc_test *t) {
    struct vc_packet probe = vc_manage(t, VMTP_PROBE_ENTITY, t->run->service ? t->run->service : t->run->manager);
    probe.words[2] = probe.words[0];
    probe.words[3] = probe.words[1];
    vc_send(t, &probe);
    if (!vc_await_response(t, &probe, VC_PATIENCE))
        vc_give_up(t, "the node does not answer ProbeEntity any more");
}

uint32_t vc_awhile(struct vc_test *t) {
    return 350 + (uint32_t)((2 * t->run->quiet + 6 * t->run->round_trip) / VC_MILLISECOND);
}

void vc_settle(struct vc_test *t) {
    vc_fence(t);
    vc_pass(t, t->run->quiet);
    vc_fence(t);
}

void vc_want_silence(struct vc_test *t, const char *id, const char *what) {
    char expected[120], text[VC_TEXT] = "nothing";
    snprintf(expected, sizeof expected, "no %s", what);
    vc_settle(t);
    const struct vc_packet *p = surprise(t);
    if (p)
        vc_describe(p, text);
    if (!vc_judge(t, id, p == NULL, expected, expected, text))
        longjmp(t->end, 1);
}

void vc_want_quiet(struct vc_test *t, const char *id, const struct vc_packet *about, vc_time time) {
    char expected[120], text[VC_TEXT] = "nothing";
    snprintf(expected, sizeof expected, "nothing more of Transaction %u for %u ms", about->transaction,
             (unsigned)(time / VC_MILLISECOND));
    const struct vc_packet *found = NULL;
    vc_pass(t, time);
    for (unsigned i = 0; i < t->count && !found; i++)
        if (!t->used[i] && t->inbox[i]->client == about->client && t->inbox[i]->transaction == about->transaction)
            found = t->inbox[i];
    if (found)
        vc_describe(found, text);
    if (!vc_judge(t, id, found == NULL, "nothing more", expected, text))
        longjmp(t->end, 1);
}

/* ---- Responses of several packets ------------------------------------------------------------------------------------- */

void vc_unpack(const struct vc_packet *p, uint8_t *segment) {
    uint32_t at = 0, size = p->words[6];
    for (unsigned i = 0; i < 32; i++) {
        uint32_t start = i * VC_BLOCK;
        if (!(p->delivery >> i & 1) || start >= size || start >= VC_SEGMENT_MAX)
            continue;
        uint32_t length = size - start < VC_BLOCK ? size - start : VC_BLOCK;
        if (at + length > p->data_octets)
            return;
        memcpy(segment + start, p->data + at, length);
        at += length;
    }
}

struct vc_packet *vc_collect(struct vc_test *t, const char *id, const struct vc_packet *request, uint8_t *segment,
                             uint32_t *blocks) {
    struct vc_packet *p = vc_want_response(t, id, request, VC_ANY);
    *blocks = 0;
    for (;;) {
        vc_unpack(p, segment);
        *blocks |= p->delivery;
        uint32_t size = vc_segment_size(p) <= VC_SEGMENT_MAX ? vc_segment_size(p) : VC_SEGMENT_MAX;
        if ((*blocks & vc_all_blocks(size)) == vc_all_blocks(size))
            return p;
        p = vc_want_response(t, id, request, VC_ANY);
    }
}
