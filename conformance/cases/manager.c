/* SPDX-License-Identifier: BSD-2-Clause */
/* Managers: sections 4.5, 10 and 13.2. */
#include <string.h>

#include "../case.h"

#define SERVICE "test-service"
#define FULL "test-service full-manager"
#define NOBODY 0x0bad000012340000ull
#define MS VC_MILLISECOND

static void second_id(struct vc_packet *p, uint64_t id) {
    p->words[2] = (uint32_t)(id >> 32);
    p->words[3] = (uint32_t)id;
}

static struct vc_packet probe(struct vc_test *t, uint64_t entity, int multicast) {
    struct vc_packet p = multicast ? vc_manage_all(t, VMTP_PROBE_ENTITY, entity)
                                   : vc_manage(t, VMTP_PROBE_ENTITY, entity);
    second_id(&p, entity);
    return p;
}

/* ---- who is there ---------------------------------------------------------------------------------------------------- */

static void probe_unicast(struct vc_test *t) {
    struct vc_packet request = probe(t, vc_service(t), 0);
    request.retransmit = 2;
    request.priority = 5;
    vc_send(t, &request);
    struct vc_packet *answer = vc_want_response(t, "VMTP-10.3-01 VMTP-10.1-06", &request, VMTP_OK);
    vc_equal(t, "VMTP-10.1-01 VMTP-3.2-04", "Server", vc_manager(t), answer->server);
    vc_check(t, "VMTP-10.1-01", vc_manager(t) != vc_service(t) && !(answer->server & VMTP_ID_GRP),
             "an identifier of its own", "another's");
    vc_check(t, "VMTP-10.2-05", answer->code & VMTP_DGM, "DGM", "none");
    vc_equal(t, "VMTP-10.2-05", "RetransmitCount", 2, answer->retransmit);
    vc_equal(t, "VMTP-10.3-05", "ProcessId, PrincipalId and so on", 0,
             answer->words[1] | answer->words[2] | answer->words[3] | answer->words[4] | answer->words[5] |
                 answer->words[6]);
}

static void probe_multicast(struct vc_test *t) {
    struct vc_packet request = probe(t, vc_service(t), 1);
    vc_send(t, &request);
    struct vc_packet *answer = vc_want_response(t, "VMTP-10.1-04 VMTP-10.1-03", &request, VMTP_OK);
    vc_check(t, "VMTP-10.2-05", memcmp(answer->dst, vc_tester_mac(t), 6) == 0, "to the source of the Request",
             "elsewhere");
}

static void probe_manager(struct vc_test *t) {
    struct vc_packet request = probe(t, vc_service(t), 0);
    request.server = vc_manager(t);
    vc_send(t, &request);
    vc_want_response(t, "VMTP-10.1-03", &request, VMTP_OK);
    request = probe(t, vc_manager(t), 0);
    vc_send(t, &request);
    vc_want_response(t, "VMTP-10.1-01 VMTP-10.3-01", &request, VMTP_OK);
}

static void probe_well_known(struct vc_test *t) {
    struct vc_packet request = probe(t, VMTP_TEST_SERVICE, 1);
    vc_send(t, &request);
    vc_want_response(t, "TEST-2.1-03", &request, VMTP_OK);
}

static void probe_nobody(struct vc_test *t) {
    struct vc_packet request = probe(t, NOBODY, 0);
    vc_send(t, &request);
    vc_want_refusal(t, "VMTP-10.3-04", &request, VMTP_NONEXISTENT_ENTITY);
    request = probe(t, NOBODY, 1);
    vc_send(t, &request);
    vc_want_silence(t, "VMTP-10.3-04 VMTP-10.1-05", "answer to a multicast Probe for nobody");
}

static void probe_domain(struct vc_test *t) {
    struct vc_packet request = probe(t, vc_service(t), 0);
    request.words[4] = 1;
    vc_send(t, &request);
    vc_want_response(t, "VMTP-10.3-03", &request, VMTP_OK);
    request = probe(t, vc_service(t), 0);
    request.words[4] = 2;
    vc_send(t, &request);
    vc_want_refusal(t, "VMTP-10.3-03", &request, VMTP_NO_PRINCIPAL);
}

/* A node is found by its default client, too. */
static void probe_default(struct vc_test *t) {
    struct vc_packet request = probe(t, vc_service(t), 0);
    request.client = VMTP_DEFAULT_BE_CLIENT;
    request.transaction = 0;
    vc_send(t, &request);
    vc_want_response(t, "VMTP-4.5-12 VMTP-4.2-01", &request, VMTP_OK);
}

/* CoResidentEntity 0 in a unicast Request is the node; the manager group, every node. */
static void coresident(struct vc_test *t) {
    struct vc_packet request = vc_manage(t, VMTP_PROBE_ENTITY, 0);
    second_id(&request, vc_service(t));
    vc_send(t, &request);
    vc_want_response(t, "VMTP-10.1-06", &request, VMTP_OK);
    request = vc_manage_all(t, VMTP_PROBE_ENTITY, NOBODY);
    second_id(&request, vc_service(t));
    vc_send(t, &request);
    vc_want_silence(t, "VMTP-10.1-04", "answer for a CoResidentEntity that is not here");
}

static void every_manager(struct vc_test *t) {
    struct vc_packet request = vc_manage_all(t, VMTP_QUERY_VMTP_NODE | VMTP_MRD, VMTP_MANAGER_GROUP);
    vc_send(t, &request);
    vc_want_response(t, "VMTP-10.1-07 VMTP-10.2-02", &request, VMTP_OK);
}

static void any_flags(struct vc_test *t) {
    static const uint32_t flags[] = {0, VMTP_CRE, VMTP_PIC | VMTP_CRE, VMTP_PIC | VMTP_CRE | VMTP_MRD,
                                     VMTP_CODE_RESERVED | VMTP_CRE};
    for (unsigned i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        struct vc_packet request = probe(t, vc_service(t), 0);
        request.code = (VMTP_PROBE_ENTITY & VMTP_CODE_MASK) | flags[i];
        vc_send(t, &request);
        vc_want_response(t, "VMTP-10.2-01", &request, VMTP_OK);
    }
}

/* No record, no order: an older Transaction of a Client is answered like any. */
static void stateless(struct vc_test *t) {
    struct vc_packet request = probe(t, vc_service(t), 0);
    for (unsigned i = 0; i < 3; i++) {
        vc_send(t, &request);
        vc_want_response(t, "VMTP-10.2-04", &request, VMTP_OK);
    }
    request.transaction -= 100;
    vc_send(t, &request);
    vc_want_response(t, "VMTP-10.2-04 VMTP-8.1-03", &request, VMTP_OK);
}

/* Nor does it end what its Client is waiting for. */
static void ends_nothing(struct vc_test *t) {
    struct vc_packet request = vc_request(t, VMTP_TEST_DELAY), question;
    request.words[0] = 1000 * vc_awhile(t);
    vc_send(t, &request);
    vc_settle(t);
    question = probe(t, vc_service(t), 0);
    question.client = request.client;
    question.transaction = request.transaction + 1;
    vc_send(t, &question);
    vc_want_response(t, "VMTP-8.1-03", &question, VMTP_OK);
    vc_want_response(t, "VMTP-8.1-03", &request, VMTP_OK);
}

static void unknown_procedure(struct vc_test *t) {
    static const uint32_t codes[] = {0x05000100, 0x0500011f, 0x050001ff};
    for (unsigned i = 0; i < 3; i++) {
        struct vc_packet request = vc_manage(t, codes[i], vc_service(t));
        request.server = vc_manager(t);
        vc_send(t, &request);
        vc_want_response(t, "VMTP-10.2-07", &request, VMTP_ERROR);
        request = vc_manage_all(t, codes[i], vc_service(t));
        vc_send(t, &request);
        vc_want_silence(t, "VMTP-10.1-05", "answer to a multicast of no procedure");
    }
}

static void unanswered(struct vc_test *t) {
    struct vc_packet request = probe(t, vc_service(t), 0);
    request.code |= VMTP_DGM;
    vc_send(t, &request);
    vc_want_silence(t, "VMTP-10.2-08", "Response to a management Request with DGM");
}

static void forwarded(struct vc_test *t) {
    struct vc_packet request = probe(t, vc_service(t), 0);
    request.forward = 1;
    vc_send(t, &request);
    vc_want_nvc(t, "VMTP-13.5-20", &request, VMTP_ERROR);
}

/* ---- Notify ----------------------------------------------------------------------------------------------------------- */

static void notify_unanswered(struct vc_test *t) {
    static const uint32_t codes[] = {VMTP_OK, VMTP_RETRY, VMTP_NONEXISTENT_ENTITY, VMTP_RESPONSE_DISCARDED, 0x777};
    for (unsigned i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        struct vc_packet nowhere = vc_request(t, VMTP_TEST_NULL);
        nowhere.client = i & 1 ? NOBODY : vc_service(t);
        vc_tell_client(t, &nowhere, codes[i], 0);
        nowhere.server = nowhere.client;
        vc_tell_server(t, &nowhere, codes[i], 0);
    }
    vc_want_silence(t, "VMTP-10.11-04", "answer to a Notify");
}

static void notify_forms(struct vc_test *t) {
    struct vc_packet request = vc_request_to(t, NOBODY, VMTP_TEST_NULL), *told;
    request.priority = 9;
    request.retransmit = 5;
    request.control = VMTP_APG | VMTP_MDG | VMTP_DRT;
    vc_send(t, &request);
    told = vc_want_nvc(t, "VMTP-10.9-02 VMTP-10.11-01", &request, VMTP_NONEXISTENT_ENTITY);
    vc_equal(t, "VMTP-10.9-01", "Code", VMTP_NOTIFY_VMTP_CLIENT, told->code);
    vc_equal(t, "VMTP-10.9-03", "ctrl", 5u << 20 | 9u << 4 | 1, told->words[2]);
    vc_equal(t, "VMTP-13.10-02 VMTP-10.9-01", "recSeq", 0, told->words[3]);
    vc_equal(t, "VMTP-10.9-04", "delivery", 0, told->words[5]);
    vc_equal(t, "VMTP-10.11-01", "Server", VMTP_MANAGER_GROUP, told->server);
    uint64_t notifier = told->client;
    uint32_t transaction = told->transaction;
    request = vc_next(&request, VMTP_TEST_NULL);
    vc_send(t, &request);
    told = vc_want_nvc(t, "VMTP-10.11-02", &request, VMTP_NONEXISTENT_ENTITY);
    vc_equal(t, "VMTP-10.11-02", "Client of the next Notify", notifier, told->client);
    vc_check(t, "VMTP-10.11-02", told->transaction != transaction, "another Transaction", "the same one");
    vc_check(t, "VMTP-10.11-02", notifier != vc_service(t) && notifier != vc_manager(t), "an entity of its own",
             "another entity");
}

static void encrypted(struct vc_test *t) {
    struct vc_packet request = vc_request(t, VMTP_TEST_NULL), *told;
    request.flags |= VMTP_EPG;
    vc_send(t, &request);
    told = vc_await_notify(t, VMTP_NOTIFY_VMTP_CLIENT, request.client, 0, VC_PATIENCE);
    vc_check(t, "VMTP-5.1-06", told != NULL, "NVC(SECURITY_NOT_SUPPORTED) with transact 0", "%s",
             told ? "it came" : "nothing");
    if (!told)
        return;
    vc_equal(t, "VMTP-5.1-06", "code", VMTP_SECURITY_NOT_SUPPORTED, told->words[6]);
    vc_equal(t, "VMTP-5.1-06", "ctrl", 1, told->words[2]);
    request = vc_request(t, VMTP_TEST_NULL);
    request.flags |= VMTP_EPG | VMTP_MPG;
    vc_send(t, &request);
    vc_want_silence(t, "VMTP-5.1-06", "answer to an encrypted multicast packet");
}

/* ---- nodes, blocks, entities -------------------------------------------------------------------------------------------- */

static void query_node(struct vc_test *t) {
    struct vc_packet request = vc_manage(t, VMTP_QUERY_VMTP_NODE, vc_service(t));
    vc_send(t, &request);
    struct vc_packet *answer = vc_want_response(t, "VMTP-10.5-01", &request, VMTP_OK);
    vc_check(t, "VMTP-10.5-02", answer->words[0] >= 580 && answer->words[0] <= 65535, "an MTU", "%u", answer->words[0]);
    vc_equal(t, "VMTP-10.5-03", "flags that mean nothing", 0, answer->words[1] & ~15u);
    vc_equal(t, "VMTP-10.5-04", "SegmentSize", 4 * (answer->words[3] + answer->words[4]), vc_segment_size(answer));
    vc_check(t, "VMTP-10.5-04 VMTP-3.5-02", answer->data_octets >= 8 && vc_get32(answer->data) == VMTP_DOMAIN,
             "domain 3 first, big-endian", "%u octets", answer->data_octets);
    request = vc_manage(t, VMTP_QUERY_VMTP_NODE, 0);
    vc_send(t, &request);
    vc_want_response(t, "VMTP-10.5-01", &request, VMTP_OK);
    request = vc_manage_all(t, VMTP_QUERY_VMTP_NODE, 0);
    vc_send(t, &request);
    vc_want_silence(t, "VMTP-10.5-01 VMTP-10.1-05", "answer to a multicast for node 0");
    request = vc_manage(t, VMTP_QUERY_VMTP_NODE, NOBODY);
    vc_send(t, &request);
    vc_want_refusal(t, "VMTP-10.5-01", &request, VMTP_NONEXISTENT_ENTITY);
}

static void block_held(struct vc_test *t) {
    uint64_t block = vc_manager(t) & ~0xffull;
    struct vc_packet request = vc_manage_all(t, VMTP_PROBE_ENTITY_BLOCK, block | 0x77);
    vc_send(t, &request);
    struct vc_packet *answer = vc_want_response(t, "VMTP-10.4-01 VMTP-4.5-07", &request, VMTP_OK);
    vc_equal(t, "VMTP-10.4-01", "id", block | 0x77, vc_pair(answer->words));
    request = vc_manage(t, VMTP_PROBE_ENTITY_BLOCK, block | VMTP_ID_LEE | VMTP_ID_RAE);
    vc_send(t, &request);
    vc_want_response(t, "VMTP-4.5-09", &request, VMTP_OK);
}

static void block_free(struct vc_test *t) {
    struct vc_packet request = vc_manage(t, VMTP_PROBE_ENTITY_BLOCK, NOBODY);
    vc_send(t, &request);
    vc_want_refusal(t, "VMTP-10.4-02", &request, VMTP_NONEXISTENT_ENTITY);
    request = vc_manage_all(t, VMTP_PROBE_ENTITY_BLOCK, NOBODY);
    vc_send(t, &request);
    vc_want_silence(t, "VMTP-10.4-02", "answer about a block that is free");
}

/* All nodes without identifiers are one Client with one Transaction. */
static void block_default(struct vc_test *t) {
    for (unsigned i = 0; i < 3; i++) {
        struct vc_packet request = vc_manage_all(t, VMTP_PROBE_ENTITY_BLOCK, vc_manager(t));
        request.client = i & 1 ? VMTP_DEFAULT_LE_CLIENT : VMTP_DEFAULT_BE_CLIENT;
        request.transaction = 0;
        vc_send(t, &request);
        vc_want_response(t, "VMTP-10.4-03 VMTP-4.5-12", &request, VMTP_OK);
    }
}

static void query_entity(struct vc_test *t) {
    struct vc_packet request = vc_manage(t, VMTP_QUERY_ENTITY, vc_service(t));
    vc_send(t, &request);
    struct vc_packet *answer = vc_want_response(t, "VMTP-10.8-01", &request, VMTP_OK);
    vc_equal(t, "VMTP-10.8-01", "octets", 56, vc_segment_size(answer));
    if (answer->data_octets < 56)
        return;
    vc_equal(t, "VMTP-10.8-01 VMTP-3.5-02", "id", vc_service(t), vc_get64(answer->data));
    vc_equal(t, "VMTP-10.8-01", "flags that mean nothing", 0, vc_get32(answer->data + 8) & ~7u);
    vc_check(t, "VMTP-10.8-03", vc_get32(answer->data + 40) > 0, "it takes Requests", "%u", vc_get32(answer->data + 40));
    vc_equal(t, "VMTP-10.8-01", "the last word", 0, vc_get32(answer->data + 52));
    request = vc_manage(t, VMTP_QUERY_ENTITY, NOBODY);
    vc_send(t, &request);
    vc_want_refusal(t, "VMTP-10.8-02", &request, VMTP_NONEXISTENT_ENTITY);
}

static void query_entity_in_hand(struct vc_test *t) {
    struct vc_packet waiting = vc_request(t, VMTP_TEST_DELAY), request;
    waiting.words[0] = 1000 * vc_awhile(t);
    vc_send(t, &waiting);
    vc_settle(t);
    request = vc_manage(t, VMTP_QUERY_ENTITY, vc_service(t));
    vc_send(t, &request);
    struct vc_packet *answer = vc_want_response(t, "VMTP-10.8-01", &request, VMTP_OK);
    vc_check(t, "VMTP-10.8-01", answer->data_octets >= 56 && vc_get32(answer->data + 44) >= 1, "a Request in hand",
             "none");
    vc_want_response(t, "VMTP-10.8-01", &waiting, VMTP_OK);
}

static void create_forbidden(struct vc_test *t) {
    if (vc_claims(t, "remote-management"))
        vc_skip(t, "an operator who has not allowed remote management");
    struct vc_packet request = vc_manage(t, VMTP_CREATE_ENTITY, 0);
    vc_send(t, &request);
    vc_want_response(t, "VMTP-10.6-02", &request, VMTP_NO_PERMISSION);
    request = vc_manage(t, VMTP_DELETE_ENTITY, vc_service(t));
    vc_send(t, &request);
    vc_want_response(t, "VMTP-10.6-02", &request, VMTP_NO_PERMISSION);
    request = vc_manage(t, VMTP_MODIFY_SERVICE, vc_service(t));
    request.words[3] = 1;
    vc_send(t, &request);
    vc_want_response(t, "VMTP-10.12-06", &request, VMTP_NO_PERMISSION);
}

static void create_and_delete(struct vc_test *t) {
    struct vc_packet request = vc_manage(t, VMTP_CREATE_ENTITY, 0);
    vc_send(t, &request);
    struct vc_packet *answer = vc_want_response(t, "VMTP-10.6-01", &request, VMTP_OK);
    uint64_t entity = vc_pair(answer->words);
    vc_send(t, &request);
    answer = vc_want_response(t, "VMTP-10.2-06", &request, VMTP_OK);
    vc_equal(t, "VMTP-10.2-06", "the entity of the same Request", entity, vc_pair(answer->words));
    struct vc_packet question = probe(t, entity, 0);
    vc_send(t, &question);
    vc_want_response(t, "VMTP-10.6-01", &question, VMTP_OK);
    request = vc_manage(t, VMTP_DELETE_ENTITY, entity);
    vc_send(t, &request);
    vc_want_response(t, "VMTP-10.7-01", &request, VMTP_OK);
    question = probe(t, entity, 0);
    vc_send(t, &question);
    vc_want_refusal(t, "VMTP-10.7-01", &question, VMTP_NONEXISTENT_ENTITY);
    request = vc_manage(t, VMTP_DELETE_ENTITY, vc_manager(t));
    vc_send(t, &request);
    vc_want_response(t, "VMTP-10.7-04", &request, VMTP_NO_PERMISSION);
}

static void delete_nobody(struct vc_test *t) {
    struct vc_packet request = vc_manage(t, VMTP_DELETE_ENTITY, NOBODY);
    vc_send(t, &request);
    vc_want_refusal(t, "VMTP-10.7-02", &request, VMTP_NONEXISTENT_ENTITY);
}

static void other_procedures(struct vc_test *t) {
    struct vc_packet request = vc_manage(t, VMTP_AUTH_PROBE_ENTITY, vc_service(t));
    second_id(&request, vc_service(t));
    vc_send(t, &request);
    vc_want_refusal(t, "VMTP-10.12-01", &request, VMTP_SECURITY_NOT_SUPPORTED);
    request = vc_manage(t, VMTP_AUTH_PROBE_ENTITY, vc_service(t));
    second_id(&request, NOBODY);
    vc_send(t, &request);
    vc_want_refusal(t, "VMTP-10.12-01", &request, VMTP_NONEXISTENT_ENTITY);
    request = vc_manage(t, VMTP_SIGNAL_ENTITY, NOBODY);
    vc_send(t, &request);
    vc_want_refusal(t, "VMTP-10.12-08", &request, VMTP_NONEXISTENT_ENTITY);
    request = vc_manage(t, VMTP_MODIFY_SERVICE, NOBODY);
    vc_send(t, &request);
    vc_want_refusal(t, "VMTP-10.12-08", &request, VMTP_NONEXISTENT_ENTITY);
    request = vc_manage(t, VMTP_GET_REQUEST_FORWARDER, vc_service(t));
    second_id(&request, NOBODY);
    vc_send(t, &request);
    vc_want_refusal(t, "VMTP-13.5-09", &request, VMTP_NONEXISTENT_ENTITY);
}

static uint32_t signals(struct vc_test *t, uint32_t *argument, uint64_t *from) {
    const uint32_t words[7] = {0};
    struct vc_packet *p = vc_must(t, VMTP_TEST_SIGNALS, words);
    *argument = p->words[1];
    *from = vc_pair(p->words + 2);
    return p->words[0];
}

static void signal_entity(struct vc_test *t) {
    uint32_t argument, before;
    uint64_t from;
    before = signals(t, &argument, &from);
    struct vc_packet request = vc_manage(t, VMTP_SIGNAL_ENTITY, vc_service(t));
    request.words[2] = 4711;
    vc_send(t, &request);
    vc_want_response(t, "VMTP-10.12-02", &request, VMTP_OK);
    vc_send(t, &request);
    vc_want_response(t, "VMTP-10.12-08", &request, VMTP_OK);
    vc_equal(t, "VMTP-10.12-08 TEST-4.16-01", "signals", before + 1u, signals(t, &argument, &from));
    vc_equal(t, "VMTP-10.12-02 TEST-4.16-01", "argument", 4711, argument);
    vc_equal(t, "VMTP-10.12-02 TEST-4.16-01", "who sent it", request.client, from);
    request = vc_manage(t, VMTP_SIGNAL_ENTITY, vc_manager(t));
    vc_send(t, &request);
    vc_want_response(t, "VMTP-10.12-06", &request, VMTP_NO_PERMISSION);
}

static void signal_deaf(struct vc_test *t) {
    struct vc_packet request = vc_manage(t, VMTP_SIGNAL_ENTITY, vc_service_entity(t, 4));
    vc_send(t, &request);
    vc_want_response(t, "VMTP-10.12-03 TEST-4.16-02", &request, VMTP_NO_PERMISSION);
}

const struct vc_case vc_manager_cases[] = {
    VC_CASE("manager/probe", "VMTP-10.1-01 VMTP-10.1-06 VMTP-10.2-05 VMTP-10.3-01 VMTP-10.3-05 VMTP-3.2-04", SERVICE,
            "ProbeEntity of the test service, unicast", "OK with DGM from the manager", probe_unicast),
    VC_CASE("manager/probe-multicast", "VMTP-10.1-03 VMTP-10.1-04 VMTP-10.2-05", SERVICE, "the same, multicast",
            "OK, unicast", probe_multicast),
    VC_CASE("manager/probe-by-name", "VMTP-10.1-01 VMTP-10.1-03 VMTP-10.3-01", SERVICE,
            "ProbeEntity to the manager itself, and for it", "OK", probe_manager),
    VC_CASE("manager/probe-test-service", "TEST-2.1-03", SERVICE, "multicast ProbeEntity for VMTP_TEST_SERVICE", "OK",
            probe_well_known),
    VC_CASE("manager/probe-nobody", "VMTP-10.1-05 VMTP-10.3-04", NULL,
            "ProbeEntity for an entity that is not here, unicast and multicast", "NONEXISTENT_ENTITY, and silence",
            probe_nobody),
    VC_CASE("manager/probe-domain", "VMTP-10.3-03", SERVICE, "ProbeEntity with authDomain 1 and 2",
            "OK, and NO_PRINCIPAL", probe_domain),
    VC_CASE("manager/probe-default-client", "VMTP-4.2-01 VMTP-4.5-12", SERVICE,
            "ProbeEntity from VMTP_DEFAULT_BE_CLIENT", "OK", probe_default),
    VC_CASE("manager/coresident", "VMTP-10.1-04 VMTP-10.1-06", SERVICE,
            "ProbeEntity with CoResidentEntity 0, and by multicast with one that is not here", "OK, and silence",
            coresident),
    VC_CASE("manager/all", "VMTP-10.1-07 VMTP-10.2-02", "full-manager",
            "multicast QueryVMTPNode with MRD for VMTP_MANAGER_GROUP", "OK", every_manager),
    VC_CASE("manager/any-flags", "VMTP-10.2-01", SERVICE, "ProbeEntity with five sets of code flags", "OK", any_flags),
    VC_CASE("manager/stateless", "VMTP-10.2-04 VMTP-8.1-03", SERVICE,
            "ProbeEntity three times, then an older Transaction", "four Responses", stateless),
    VC_CASE("manager/ends-nothing", "VMTP-8.1-03", "test-service records", "ProbeEntity of a Client whose DELAY waits",
            "both are answered", ends_nothing),
    VC_CASE("manager/unknown", "VMTP-10.1-05 VMTP-10.2-07", NULL, "procedures that nobody has, unicast and multicast",
            "VMTP_ERROR, and silence", unknown_procedure),
    VC_CASE("manager/datagram", "VMTP-10.2-08", SERVICE, "ProbeEntity with DGM", "silence", unanswered),
    VC_CASE("manager/forwarded", "VMTP-13.5-20", "test-service full-manager", "ProbeEntity with ForwardCount 1",
            "NotifyRemoteVmtpClient(VMTP_ERROR)", forwarded),
    VC_CASE("manager/notify-unanswered", "VMTP-10.11-04", SERVICE, "NVC and NVS with five codes about nothing",
            "silence", notify_unanswered),
    VC_CASE("manager/notify-forms",
            "VMTP-10.9-01 VMTP-10.9-02 VMTP-10.9-03 VMTP-10.9-04 VMTP-10.11-01 VMTP-10.11-02 VMTP-13.10-02", SERVICE,
            "a Request with many flags to nobody, and the next",
            "two NVC(NONEXISTENT_ENTITY) with every parameter in its place", notify_forms),
    VC_CASE("manager/encrypted", "VMTP-5.1-06", SERVICE, "NULL with EPG, unicast and with MPG",
            "NVC(SECURITY_NOT_SUPPORTED), and silence", encrypted),
    VC_CASE("manager/query-node", "VMTP-10.1-05 VMTP-10.5-01 VMTP-10.5-02 VMTP-10.5-03 VMTP-10.5-04 VMTP-3.5-02", FULL,
            "QueryVMTPNode for the service, 0, nobody, and 0 by multicast",
            "its parameters; NONEXISTENT_ENTITY; silence", query_node),
    VC_CASE("manager/block-held", "VMTP-10.4-01 VMTP-4.5-07 VMTP-4.5-09", SERVICE,
            "ProbeEntityBlock for the manager's block", "OK", block_held),
    VC_CASE("manager/block-free", "VMTP-10.4-02", SERVICE, "ProbeEntityBlock for another block, unicast and multicast",
            "NONEXISTENT_ENTITY, and silence", block_free),
    VC_CASE("manager/block-default", "VMTP-10.4-03 VMTP-4.5-12", SERVICE,
            "ProbeEntityBlock from the default clients, again and again", "OK each time", block_default),
    VC_CASE("manager/query-entity", "VMTP-10.8-01 VMTP-10.8-02 VMTP-10.8-03 VMTP-3.5-02", FULL,
            "QueryEntity for the service and for nobody", "56 octets, and NONEXISTENT_ENTITY", query_entity),
    VC_CASE("manager/query-entity-busy", "VMTP-10.8-01", FULL " records", "QueryEntity while a DELAY waits",
            "a Request in hand", query_entity_in_hand),
    VC_CASE("manager/not-allowed", "VMTP-10.6-02 VMTP-10.12-06", FULL, "CreateEntity, DeleteEntity, ModifyService",
            "NO_PERMISSION", create_forbidden),
    VC_CASE("manager/create", "VMTP-10.2-06 VMTP-10.6-01 VMTP-10.7-01 VMTP-10.7-04", FULL " remote-management",
            "CreateEntity twice the same, ProbeEntity, DeleteEntity", "one entity, that is gone at the end",
            create_and_delete),
    VC_CASE("manager/delete-nobody", "VMTP-10.7-02", FULL " remote-management", "DeleteEntity for nobody",
            "NONEXISTENT_ENTITY", delete_nobody),
    VC_CASE("manager/others", "VMTP-10.12-01 VMTP-10.12-08 VMTP-13.5-09", FULL,
            "AuthProbeEntity, SignalEntity, ModifyService, GetRequestForwarder", "what a node without these says",
            other_procedures),
    VC_CASE("manager/signal", "VMTP-10.12-02 VMTP-10.12-06 VMTP-10.12-08 TEST-4.16-01", FULL " signals",
            "SignalEntity twice the same", "one signal, with its argument and sender", signal_entity),
    VC_CASE("manager/signal-deaf", "VMTP-10.12-03 TEST-4.16-02", FULL " signals entities",
            "SignalEntity for an entity that takes none", "NO_PERMISSION", signal_deaf),
    VC_LAST,
};
