/* SPDX-License-Identifier: BSD-2-Clause */
/* Entities that go from node to node: section 13.11.  A twin of the service leaves for the tester, which keeps what it is sent, and comes back. */
#include <string.h>

#include "../case.h"

#define MOVES "test-service records entities migration segments"
#define MS VC_MILLISECOND
#define CODE (VMTP_PIC | 0x777u)

struct form {
    uint8_t octets[4 * VC_SEGMENT_MAX];
    uint32_t size;
    uint64_t entity;
};

static uint8_t pattern[VC_SEGMENT_MAX];
static struct form form;

/* ---- to and fro ----------------------------------------------------------------------------------------------------------- */

/* All groups of the node's Request; the last packet of the last one. */
static struct vc_packet *gather(struct vc_test *t, const char *id, uint64_t server, struct form *f) {
    struct vc_packet *p;
    uint32_t blocks[4] = {0}, first = 0, size, groups, whole;
    do {
        p = vc_want_request(t, id, server, VC_PATIENCE);
        size = vc_segment_size(p);
        groups = vc_groups(size);
        if (size > sizeof f->octets)
            vc_give_up(t, "the entity takes %u octets", size);
        first = first ? first : p->transaction;
        uint32_t g = p->transaction - first, at = 0;
        for (uint32_t i = 0; i < 32 && g < groups; i++) {
            uint32_t start = g * VC_SEGMENT_MAX + i * VC_BLOCK,
                     one = size > start && size - start < VC_BLOCK ? size - start : VC_BLOCK;
            if (!(p->delivery >> i & 1) || at + one > p->data_octets)
                continue;
            memcpy(f->octets + start, p->data + at, one);
            at += one;
        }
        blocks[g & 3] |= p->delivery;
        if (p->control & VMTP_APG)
            vc_tell_client(t, p, VMTP_OK, blocks[g & 3]);
        whole = 1;
        for (g = 0; g < groups; g++) {
            uint32_t rest = size - g * VC_SEGMENT_MAX;
            whole &= blocks[g] == vc_all_blocks(rest < VC_SEGMENT_MAX ? rest : VC_SEGMENT_MAX);
        }
    } while (!whole);
    f->size = size;
    return p;
}

static struct vc_packet migrate(struct vc_test *t, uint32_t number, uint64_t peer) {
    struct vc_packet order = vc_request(t, VMTP_TEST_MIGRATE);
    order.words[0] = number;
    order.words[1] = 1;
    order.words[2] = (uint32_t)(peer >> 32);
    order.words[3] = (uint32_t)peer;
    return order;
}

/* A twin leaves: what ADOPT carries is in form then. */
static void leave(struct vc_test *t, const char *id, uint32_t number) {
    uint64_t peer = vc_new_client(t);
    struct vc_packet order = migrate(t, number, peer), *adopt, response, *answer;
    form.entity = vc_service_entity(t, number);
    vc_send(t, &order);
    adopt = gather(t, id, peer, &form);
    response = vc_response(adopt, VMTP_OK);
    response.words[0] = (uint32_t)(form.entity >> 32);
    response.words[1] = (uint32_t)form.entity;
    response.words[2] = 1;
    if (form.size > VC_SEGMENT_MAX)
        response.gap = (uint8_t)((form.size - 1) / VC_SEGMENT_MAX);
    vc_send(t, &response);
    answer = vc_want_response(t, id, &order, VMTP_OK);
    vc_equal(t, id, "result", 0, answer->words[2]);
    vc_equal(t, id, "identifier", form.entity, vc_pair(answer->words));
}

static struct vc_packet send_form(struct vc_test *t, const struct form *f, uint32_t number) {
    struct vc_packet adopt = vc_request(t, VMTP_TEST_ADOPT), part = adopt;
    uint32_t groups = vc_groups(f->size);
    adopt.words[0] = part.words[0] = number;
    for (uint32_t g = 0; g < groups; g++) {
        uint32_t rest = f->size - g * VC_SEGMENT_MAX, length = rest < VC_SEGMENT_MAX ? rest : VC_SEGMENT_MAX;
        part.transaction = adopt.transaction + g;
        part.control = (g ? VMTP_NSR : 0) | (g + 1 < groups ? VMTP_NER | VMTP_CMG : 0);
        for (uint32_t mask = vc_all_blocks(length), two; mask; mask &= ~two) {
            two = mask & (~mask + 1);
            two |= (mask & ~two) & (~(mask & ~two) + 1);
            vc_carry(&part, f->octets + g * VC_SEGMENT_MAX, length, two);
            part.words[6] = f->size;
            vc_send(t, &part);
        }
    }
    adopt.transaction += groups - 1;
    return adopt;
}

static void arrive(struct vc_test *t, const char *id, const struct form *f, uint32_t number) {
    struct vc_packet adopt = send_form(t, f, number), *answer;
    answer = vc_want_response(t, id, &adopt, VMTP_OK);
    vc_equal(t, id, "identifier", f->entity, vc_pair(answer->words));
}

static uint32_t count_at(struct vc_test *t, uint64_t entity, uint32_t code) {
    struct vc_packet request = vc_request_to(t, entity, VMTP_TEST_COUNT), *answer;
    request.words[0] = code & 0xff;
    vc_send(t, &request);
    answer = vc_await_response(t, &request, VC_PATIENCE);
    if (!answer)
        vc_give_up(t, "COUNT of a twin is not answered");
    return answer->words[1];
}

static struct vc_packet to(struct vc_test *t, uint64_t entity, uint32_t code, uint32_t word) {
    struct vc_packet request = vc_request_to(t, entity, code);
    request.words[0] = word;
    return request;
}

static struct vc_packet sourced(struct vc_test *t, const char *id, struct vc_packet *request, uint32_t size) {
    uint32_t blocks;
    request->words[0] = size;
    request->words[1] = 1;
    vc_send(t, request);
    return *vc_collect(t, id, request, pattern, &blocks);
}

/* ---- where an entity was ------------------------------------------------------------------------------------------------------ */

static void left(struct vc_test *t) {
    static const uint32_t codes[] = {VMTP_RETRY, VMTP_RETRY_ALL, VMTP_BUSY};
    uint64_t twin = vc_service_entity(t, 1);
    struct vc_packet held = to(t, twin, VMTP_TEST_SOURCE, 0), of_held, request, response;
    of_held = sourced(t, "TEST-4.14-01", &held, 3000);
    leave(t, "TEST-4.14-01", 1);
    vc_forget(t); /* where that took as long as TS5, an acknowledgment was asked for meanwhile */
    vc_time start = vc_now(t);
    request = to(t, twin, VMTP_TEST_NULL, 0);
    vc_send(t, &request);
    vc_want_nvc(t, "VMTP-13.11-01 TEST-4.14-01", &request, VMTP_ENTITY_MIGRATED);
    request = vc_request(t, VMTP_TEST_NULL | VMTP_CRE);
    request.words[0] = (uint32_t)(twin >> 32);
    request.words[1] = (uint32_t)twin;
    vc_send(t, &request);
    vc_want_nvc(t, "VMTP-13.11-01", &request, VMTP_ENTITY_MIGRATED);
    response = vc_response(&held, VMTP_OK);
    response.server = held.client;
    response.client = twin;
    memcpy(response.src, vc_tester_mac(t), 6);
    memcpy(response.dst, vc_node_mac(t), 6);
    vc_send(t, &response);
    vc_want_nvs(t, "VMTP-13.11-01", &response, VMTP_ENTITY_MIGRATED);
    request = vc_manage(t, VMTP_PROBE_ENTITY, twin);
    request.words[2] = request.words[0];
    request.words[3] = request.words[1];
    vc_send(t, &request);
    vc_want_refusal(t, "VMTP-13.11-01", &request, VMTP_ENTITY_MIGRATED);
    vc_multicast(&request, VMTP_MANAGER_GROUP);
    request.transaction++;
    vc_send(t, &request);
    vc_want_silence(t, "VMTP-13.11-01", "answer to a multicast Probe for an entity that has left");
    for (unsigned i = 0; i < 3; i++) {
        vc_tell_server(t, &of_held, codes[i], 0);
        vc_want_nvc(t, "VMTP-13.11-17", &held, VMTP_ENTITY_MIGRATED);
    }
    vc_until(t, start + vc_most(VC_TS4, 1) + 400 * MS);
    request = to(t, twin, VMTP_TEST_NULL, 0);
    vc_send(t, &request);
    vc_want_nvc(t, "VMTP-13.11-01", &request, VMTP_NONEXISTENT_ENTITY);
}

/* ---- what goes along ------------------------------------------------------------------------------------------------------------ */

static void carried(struct vc_test *t) {
    uint64_t twin = vc_service_entity(t, 1);
    struct vc_packet done = to(t, twin, VMTP_TEST_NULL, 0), waiting = to(t, twin, VMTP_TEST_DELAY, 1000 * vc_awhile(t)),
                     held = to(t, twin, VMTP_TEST_SOURCE, 0), of_held, *answer;
    vc_send(t, &done);
    vc_want_response(t, "VMTP-13.11-03", &done, VMTP_OK);
    of_held = sourced(t, "VMTP-13.11-09", &held, 3000);
    vc_send(t, &waiting);
    vc_settle(t);
    leave(t, "VMTP-13.11-05 TEST-4.14-02", 1);
    vc_want_quiet(t, "VMTP-13.11-05", &waiting, (vc_awhile(t) + 100) * MS);
    arrive(t, "VMTP-13.11-05 TEST-4.14-02", &form, 1);
    answer = vc_want_response(t, "VMTP-13.11-05 TEST-4.14-02", &waiting, VMTP_OK);
    vc_equal(t, "VMTP-13.11-05 TEST-4.14-02", "Server", twin, answer->server);
    done = vc_duplicate(&done, VMTP_APG);
    vc_send(t, &done);
    vc_want_response(t, "VMTP-13.11-03", &done, VMTP_OK);
    vc_equal(t, "VMTP-13.11-03", "executions after it has come", 0, count_at(t, twin, VMTP_TEST_NULL));
    vc_forget(t); /* questions for an acknowledgment, if it took so long */
    vc_tell_server(t, &of_held, VMTP_RETRY, 0x3e);
    answer = vc_want_response(t, "VMTP-13.11-09", &held, VMTP_OK);
    vc_equal(t, "VMTP-13.11-09", "blocks sent again", 1, answer->delivery);
    vc_check(t, "VMTP-13.11-09", memcmp(answer->data, pattern, VC_BLOCK) == 0, "the same octets", "others");
    vc_tell_server(t, &of_held, VMTP_OK, 0x3f);
}

/* More Responses than there is room for. */
static void discarded(struct vc_test *t) {
    enum { MANY = 5 };
    static struct vc_packet held[MANY];
    unsigned kept = 0, gone = 0;
    uint64_t twin = vc_service_entity(t, 1);
    for (unsigned i = 0; i < MANY; i++) {
        held[i] = to(t, twin, VMTP_TEST_SOURCE, 0);
        sourced(t, "VMTP-13.11-09", &held[i], VC_SEGMENT_MAX);
    }
    leave(t, "VMTP-13.11-09", 1);
    vc_forget(t);
    arrive(t, "VMTP-13.11-09", &form, 1);
    for (unsigned i = 0; i < MANY; i++) {
        held[i] = vc_duplicate(&held[i], VMTP_APG);
        vc_send(t, &held[i]);
        vc_settle(t);
        kept += vc_await_response(t, &held[i], 0) != NULL;
        struct vc_packet *told = vc_await_notify(t, VMTP_NOTIFY_VMTP_CLIENT, held[i].client, held[i].transaction, 0);
        gone += told && (told->words[6] & VMTP_CODE_MASK) == VMTP_RESPONSE_DISCARDED;
        struct vc_packet end = vc_next(&held[i], VMTP_TEST_NULL); /* so that nothing is held any more */
        vc_send(t, &end);
        vc_await_response(t, &end, VC_PATIENCE);
    }
    vc_equal(t, "VMTP-13.11-09", "Responses that are sent again, and RESPONSE_DISCARDED", MANY, kept + gone);
    vc_check(t, "VMTP-13.11-09", kept > 0, "some that went along", "none");
    vc_equal(t, "VMTP-13.11-09", "executions after it has come", 0, count_at(t, twin, VMTP_TEST_SOURCE));
}

static void refused(struct vc_test *t) {
    static struct form bad;
    uint64_t twin = vc_service_entity(t, 1);
    struct vc_packet done = to(t, twin, VMTP_TEST_NULL, 0), adopt;
    vc_send(t, &done);
    vc_want_response(t, "VMTP-13.11-12", &done, VMTP_OK);
    leave(t, "VMTP-13.11-12", 1);
    for (unsigned i = 0; i < 3; i++) {
        bad = form;
        bad.octets[i ? 20 : form.size / 2] ^= i == 2 ? 0 : 0x10;
        bad.size -= i == 2 ? 8 : 0;
        adopt = send_form(t, &bad, 1);
        vc_want_response(t, "VMTP-13.11-12 TEST-4.14-04", &adopt, VMTP_TEST_BAD_ARGUMENT);
    }
    done = vc_duplicate(&done, VMTP_APG);
    vc_send(t, &done);
    vc_want_nvc(t, "VMTP-13.11-12", &done, VMTP_ENTITY_MIGRATED);
    arrive(t, "VMTP-13.11-12", &form, 1);
}

/* ---- calls that go along ---------------------------------------------------------------------------------------------------------- */

#define RESUME 8u

static void calls_on(struct vc_test *t) {
    struct vc_call call = {.number = 9};
    struct vc_packet order, *request = vc_calling(t, "VMTP-13.11-04", &call, &order), copy = *request, response, probe;
    leave(t, "VMTP-13.11-04", 1);
    struct vc_outcome outcome = vc_called(t, "VMTP-13.11-04", &order, VC_PATIENCE);
    vc_check(t, "VMTP-13.11-04", outcome.result != VMTP_OK, "the call has left", "a Response");
    arrive(t, "VMTP-13.11-04", &form, 1);
    response = vc_response(&copy, VMTP_OK);
    response.control = VMTP_APG;
    vc_send(t, &response);
    vc_want_silence(t, "VMTP-13.11-08", "answer to a Response to a call that is yet to be gone on with");
    probe = vc_manage(t, VMTP_PROBE_ENTITY, copy.client);
    probe.words[2] = probe.words[0];
    probe.words[3] = probe.words[1];
    vc_send(t, &probe);
    vc_equal(t, "VMTP-13.11-08", "Transaction that a Probe is told", copy.transaction,
             vc_want_response(t, "VMTP-13.11-08", &probe, VMTP_OK)->words[0]);
    call.options = RESUME;
    request = vc_calling(t, "VMTP-13.11-04 TEST-4.6-12", &call, &order);
    vc_equal(t, "VMTP-13.11-04 TEST-4.6-12", "Transaction", copy.transaction, request->transaction);
    vc_check(t, "VMTP-13.11-04", request->control & VMTP_APG && request->retransmit > 0, "a retransmission with APG",
             "RetransmitCount %u", request->retransmit);
    vc_finish(t, "VMTP-13.11-04", &order, request);
    call.options = 0;
    request = vc_calling(t, "VMTP-13.11-04", &call, &order);
    vc_equal(t, "VMTP-13.11-04", "next Transaction", copy.transaction + 1u, request->transaction);
    vc_finish(t, "VMTP-13.11-04", &order, request);
    call.options = 1 | RESUME;
    order = vc_have_called(t, &call);
    vc_want_response(t, "TEST-4.6-12", &order, VMTP_TEST_BAD_ARGUMENT);
}

static void before_it_is_sent(struct vc_test *t) {
    struct vc_call call = {.number = 9};
    vc_as_before(t);
    struct vc_packet order, *request = vc_calling(t, "VMTP-13.11-20", &call, &order), copy = *request, response;
    leave(t, "VMTP-13.11-20", 1);
    vc_called(t, "VMTP-13.11-20", &order, VC_PATIENCE);
    vc_start(t, "hosts=16"); /* another node, which does not know where its server is */
    vc_service_entity(t, 2);
    arrive(t, "VMTP-13.11-20", &form, 1);
    vc_answer_probes(t, 0);
    call.options = 1 | RESUME;
    call.code = CODE;
    vc_probes(t, call.server);
    order = vc_have_called(t, &call);
    vc_want_probe(t, "VMTP-13.11-20", call.server);
    response = vc_response(&copy, VMTP_OK);
    vc_send(t, &response);
    vc_ends(t, "VMTP-13.11-20", &order, VMTP_OK, VC_PATIENCE);
}

/* ---- Clients that go --------------------------------------------------------------------------------------------------------------- */

static void client_has_left(struct vc_test *t) {
    struct vc_packet request = vc_request(t, VMTP_TEST_SOURCE), answer = sourced(t, "VMTP-13.11-06", &request, 3000),
                     told, *probe, *part;
    vc_answer_probes(t, 0);
    for (unsigned i = 0; i < 5; i++) {
        uint32_t blocks = 0;
        told = vc_nvs(t, &answer, VMTP_ENTITY_MIGRATED, 0);
        vc_send(t, &told);
        probe = vc_want_probe(t, "VMTP-13.11-06 VMTP-13.11-21", request.client);
        vc_check(t, "VMTP-13.11-06", probe->flags & VMTP_MPG, "a multicast Probe", "a unicast one");
        vc_other_node(t, i % 2 == 0);
        vc_probed(t, probe, VMTP_OK, request.transaction);
        while (blocks != 0x3f) {
            part = vc_want_response(t, "VMTP-13.11-06 VMTP-13.11-21", &request, VMTP_OK);
            vc_check(t, "VMTP-13.11-06", memcmp(part->dst, vc_tester_mac(t), 6) == 0, "to where the Client is now",
                     "elsewhere");
            if (part->delivery == 0)
                return;
            blocks |= part->delivery;
        }
    }
    vc_send(t, &told);
    vc_settle(t);
    vc_equal(t, "VMTP-13.11-21", "Probes after the sixth", 0, vc_probes(t, request.client));
    told = vc_nvs(t, &answer, VMTP_RETRY, 0);
    vc_send(t, &told);
    vc_want_nvc(t, "VMTP-13.11-21", &request, VMTP_RESPONSE_DISCARDED);
}

static void client_is_here_now(struct vc_test *t) {
    struct vc_packet request = vc_request(t, VMTP_TEST_SOURCE), answer = sourced(t, "VMTP-13.11-07", &request, 3000),
                     told, *part;
    vc_other_node(t, 1);
    request = vc_duplicate(&request, VMTP_APG);
    memcpy(request.src, vc_tester_mac(t), 6);
    vc_send(t, &request);
    part = vc_want_response(t, "VMTP-13.11-07", &request, VMTP_OK);
    vc_check(t, "VMTP-13.11-07", memcmp(part->dst, vc_tester_mac(t), 6) == 0, "to where the duplicate came from",
             "elsewhere");
    vc_other_node(t, 0);
    told = vc_nvs(t, &answer, VMTP_RETRY, 0x3e);
    vc_send(t, &told);
    part = vc_want_response(t, "VMTP-13.11-07", &request, VMTP_OK);
    vc_other_node(t, 1);
    vc_check(t, "VMTP-13.11-07", memcmp(part->dst, vc_tester_mac(t), 6) == 0, "and further blocks as well", "elsewhere");
}

/* Of a Client that has asked both, only the newest holds. */
static void meets_older(struct vc_test *t) {
    uint64_t twin = vc_service_entity(t, 1);
    struct vc_packet newer = to(t, twin, VMTP_TEST_NULL, 0), older;
    vc_send(t, &newer);
    vc_want_response(t, "VMTP-13.11-14", &newer, VMTP_OK);
    leave(t, "VMTP-13.11-14", 1);
    older = to(t, vc_service(t), VMTP_TEST_DELAY, 1000 * vc_awhile(t));
    older.client = newer.client;
    older.transaction = newer.transaction - 5;
    vc_send(t, &older);
    vc_settle(t);
    arrive(t, "VMTP-13.11-14", &form, 1);
    vc_want_quiet(t, "VMTP-13.11-14", &older, (vc_awhile(t) + 100) * MS);
}

static void meets_newer(struct vc_test *t) {
    uint64_t twin = vc_service_entity(t, 1);
    struct vc_packet older = to(t, twin, VMTP_TEST_DELAY, 1000 * vc_awhile(t)), newer;
    vc_send(t, &older);
    vc_settle(t);
    leave(t, "VMTP-13.11-14", 1);
    newer = vc_next(&older, VMTP_TEST_NULL);
    newer.server = vc_service(t);
    vc_send(t, &newer);
    vc_want_response(t, "VMTP-13.11-14", &newer, VMTP_OK);
    arrive(t, "VMTP-13.11-14", &form, 1);
    vc_want_quiet(t, "VMTP-13.11-14", &older, (vc_awhile(t) + 100) * MS);
}

/* ---- what is in the form of the reference node ---------------------------------------------------------------------------------------- */

#define HEAD 64u
#define MAGIC 0x564d494700000002ull

static uint32_t records(struct vc_test *t) {
    if (form.size < HEAD + 4 || vc_get64(form.octets) != MAGIC)
        vc_give_up(t, "the node's entities have a form of their own");
    return vc_get32(form.octets + 12);
}

/* One that knows nobody yet. */
static uint64_t new_twin(struct vc_test *t) {
    const uint32_t end[7] = {1, 1};
    vc_must(t, VMTP_TEST_ENTITY, end);
    return vc_service_entity(t, 1);
}

static void not_found_yet(struct vc_test *t) {
    uint64_t twin = new_twin(t);
    struct vc_packet known = to(t, twin, VMTP_TEST_NULL, 0), unknown = to(t, twin, VMTP_TEST_NULL, 0);
    vc_send(t, &known);
    vc_want_response(t, "VMTP-13.11-15", &known, VMTP_OK);
    vc_answer_probes(t, 0);
    unknown.forward = 1;
    unknown.control = VMTP_APG;
    vc_send(t, &unknown);
    vc_want_probe(t, "VMTP-13.11-15", unknown.client);
    vc_answer_probes(t, 1);
    leave(t, "VMTP-13.11-15", 1);
    vc_equal(t, "VMTP-13.11-15", "records that go along", 1, records(t));
    vc_equal(t, "VMTP-13.11-15", "Client", known.client, vc_get64(form.octets + HEAD));
    vc_pass(t, 300 * MS); /* until the Client is found */
}

static void group_at_home(struct vc_test *t) {
    uint64_t group = vc_new_group(t, 0), twin = new_twin(t);
    vc_member(t, VMTP_TEST_JOIN, group, 1, 0xff);
    struct vc_call call = {.server = group,
                           .code = VMTP_PIC | VMTP_MRD | VMTP_TEST_NULL,
                           .number = 8,
                           .options = 1,
                           .deadline_ms = 700,
                           .response_room = 100,
                           .responses = 2};
    struct vc_packet order = vc_have_called(t, &call);
    vc_want_request(t, "VMTP-13.11-23", group, VC_PATIENCE);
    leave(t, "VMTP-13.11-23", 1);
    vc_equal(t, "VMTP-13.11-23", "records that go along", 1, records(t));
    vc_equal(t, "VMTP-13.11-23", "Client", vc_service(t), vc_get64(form.octets + HEAD));
    vc_equal(t, "VMTP-13.11-23", "Server that answered", twin, vc_called(t, "VMTP-13.11-23", &order, VC_PATIENCE).server);
}

/* A Client of the tester that comes to live where the server of its call is. */
static void comes_home(struct vc_test *t) {
    static const uint32_t codes[] = {VMTP_TEST_NULL, VMTP_TEST_NULL_IDEMPOTENT};
    uint64_t twin = vc_service_entity(t, 2);
    for (unsigned i = 0; i < 2; i++) {
        const char *id = i ? "VMTP-13.11-16" : "VMTP-13.11-10";
        static struct form guest;
        struct vc_packet request = to(t, twin, codes[i], 0), order;
        uint32_t before = count_at(t, twin, codes[i]);
        vc_send(t, &request);
        vc_want_response(t, id, &request, VMTP_OK);
        memset(&guest, 0, sizeof guest);
        guest.entity = request.client;
        guest.size = HEAD + 4;
        vc_put64(guest.octets, MAGIC);
        vc_put32(guest.octets + 8, guest.size);
        vc_put64(guest.octets + 16, guest.entity);
        vc_put32(guest.octets + 28, request.transaction);
        vc_put32(guest.octets + 32, 1);
        vc_put32(guest.octets + HEAD, vc_checksum(guest.octets, HEAD));
        arrive(t, id, &guest, 3);
        struct vc_call call = {.server = twin, .code = VMTP_PIC | codes[i], .number = 11, .options = 1 | RESUME};
        order = vc_have_called(t, &call);
        vc_ends(t, id, &order, VMTP_OK, VC_PATIENCE);
        vc_equal(t, id, "executions", before + 1 + i, count_at(t, twin, codes[i]));
        const uint32_t end[7] = {3, 1};
        vc_must(t, VMTP_TEST_ENTITY, end);
    }
}

/* ---- Requests that were passed on ---------------------------------------------------------------------------------------------------------- */

static void passed_on(struct vc_test *t) {
    uint8_t head[56] = {0};
    uint64_t twin = vc_service_entity(t, 1), next = vc_new_client(t);
    struct vc_packet request = vc_request_to(t, twin, VMTP_TEST_FORWARD), *forwarded;
    vc_put64(head, next);
    vc_put32(head + 8, CODE);
    vc_carry(&request, head, sizeof head, 1);
    vc_send(t, &request);
    forwarded = vc_want_request(t, "VMTP-13.11-22", next, VC_PATIENCE);
    leave(t, "VMTP-13.11-22", 1);
    uint8_t last = forwarded->retransmit;
    do
        forwarded = vc_want_request(t, "VMTP-13.11-22", next, VC_PATIENCE);
    while (forwarded->retransmit < last + 2);
    vc_equal(t, "VMTP-13.11-22", "ForwardCount", 1, forwarded->forward);
    vc_tell_forwarder(t, forwarded, VMTP_OK, 0);
    vc_settle(t);
}

/* ---- MIGRATE and ADOPT themselves ------------------------------------------------------------------------------------------------------------ */

static void stays(struct vc_test *t) {
    uint64_t twin = vc_service_entity(t, 1), peer = vc_new_client(t);
    struct vc_packet order = migrate(t, 1, peer), *adopt, *answer, request;
    vc_send(t, &order);
    adopt = gather(t, "TEST-4.14-03", peer, &form);
    vc_answer_call(t, adopt, VMTP_TEST_NO_ROOM);
    answer = vc_want_response(t, "TEST-4.14-03", &order, VMTP_OK);
    vc_equal(t, "TEST-4.14-03", "result", VMTP_TEST_NO_ROOM, answer->words[2]);
    request = to(t, twin, VMTP_TEST_NULL, 0);
    vc_send(t, &request);
    vc_want_response(t, "TEST-4.14-03", &request, VMTP_OK);
}

static void bad_moves(struct vc_test *t) {
    const uint32_t end[7] = {3, 1};
    uint64_t peer = vc_new_client(t), twin = vc_service_entity(t, 1);
    vc_must(t, VMTP_TEST_ENTITY, end);
    struct {
        struct vc_packet order;
        uint32_t code;
    } bad[] = {{migrate(t, 0, peer), VMTP_TEST_BAD_ARGUMENT},
               {migrate(t, 4, peer), VMTP_TEST_BAD_ARGUMENT},
               {migrate(t, 1, 0), VMTP_TEST_BAD_ARGUMENT},
               {migrate(t, 1, VMTP_ID_GRP | 5), VMTP_TEST_BAD_ARGUMENT},
               {migrate(t, 1, vc_service(t)), VMTP_TEST_BAD_ARGUMENT},
               {migrate(t, 1, peer), VMTP_TEST_BAD_ARGUMENT},
               {migrate(t, 3, peer), VMTP_NONEXISTENT_ENTITY},
               {vc_request(t, VMTP_TEST_ADOPT), VMTP_TEST_BAD_ARGUMENT}};
    bad[5].order.server = twin;
    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        vc_send(t, &bad[i].order);
        vc_want_response(t, "TEST-4.14-04", &bad[i].order, bad[i].code);
    }
    leave(t, "TEST-4.14-04", 1);
    vc_service_entity(t, 2);
    struct vc_packet adopt = send_form(t, &form, 2);
    vc_want_response(t, "TEST-4.14-04", &adopt, VMTP_TEST_NO_ROOM);
}

const struct vc_case vc_migrate_cases[] = {
    VC_CASE("migrate/left", "VMTP-13.11-01 VMTP-13.11-17 TEST-4.14-01", MOVES,
            "a twin leaves; Requests, Responses, Probes and NVS about it",
            "ENTITY_MIGRATED, and after TS4 NONEXISTENT_ENTITY", left),
    VC_CASE("migrate/carried", "VMTP-13.11-03 VMTP-13.11-05 VMTP-13.11-09 TEST-4.14-02", MOVES,
            "a twin leaves and comes back with what was done, is in hand, and is held",
            "nothing is done again, all is answered", carried),
    VC_CASE("migrate/discarded", "VMTP-13.11-09", MOVES " streams", "a twin moves with five Responses of 16384 octets",
            "those that found room, and RESPONSE_DISCARDED", discarded),
    VC_CASE("migrate/refused", "VMTP-13.11-12 TEST-4.14-04", MOVES, "ADOPT of forms that are altered or cut",
            "TEST_BAD_ARGUMENT, and nothing has changed", refused),
    VC_CASE("migrate/calls-on", "VMTP-13.11-04 VMTP-13.11-08 TEST-4.6-12", MOVES " client near",
            "a twin moves with its outstanding call, and goes on with it",
            "the same Transaction with APG, then the next", calls_on),
    VC_CASE("migrate/before-it-is-sent", "VMTP-13.11-20", MOVES " client reboot",
            "the Response while the server of a call that is gone on with is looked for", "it is taken",
            before_it_is_sent),
    VC_CASE("migrate/client-has-left", "VMTP-13.11-06 VMTP-13.11-21", MOVES " near", "NVS(ENTITY_MIGRATED) six times",
            "a Probe and the whole Response, five times", client_has_left),
    VC_CASE("migrate/client-is-here", "VMTP-13.11-07", MOVES, "a duplicate from another Ethernet address",
            "the Response goes there", client_is_here_now),
    VC_CASE("migrate/meets-older", "VMTP-13.11-14", MOVES, "an entity comes with a newer Transaction of a Client",
            "the older one is over", meets_older),
    VC_CASE("migrate/meets-newer", "VMTP-13.11-14", MOVES, "an entity comes with an older Transaction of a Client",
            "that is over", meets_newer),
    VC_CASE("migrate/not-found-yet", "VMTP-13.11-15", MOVES " forwarding near",
            "a twin leaves while one of its Clients is looked for", "one record goes along", not_found_yet),
    VC_CASE("migrate/group-at-home", "VMTP-13.11-23", MOVES " client groups",
            "a twin leaves that has answered a group call of its own node", "its record goes along", group_at_home),
    VC_CASE("migrate/comes-home", "VMTP-13.11-10 VMTP-13.11-16", MOVES " client",
            "a Client comes to live where its server is, and goes on with its call",
            "executed once; twice if idempotent", comes_home),
    VC_CASE("migrate/passed-on", "VMTP-13.11-22", MOVES " forwarding", "a twin leaves that has forwarded a Request",
            "it goes on to be sent", passed_on),
    VC_CASE("migrate/stays", "TEST-4.14-03", MOVES, "MIGRATE to where there is no room", "it stays", stays),
    VC_CASE("migrate/bad-moves", "TEST-4.14-04", MOVES, "MIGRATE and ADOPT out of range", "their codes", bad_moves),
    VC_LAST,
};
