/* SPDX-License-Identifier: BSD-2-Clause */
/* Nodes that are told to be different: what an operator may choose, and what takes a start to be seen. */
#include <string.h>

#include "../case.h"

#define START "test-service records reboot"
#define NOBODY 0x0bad000012340000ull
#define MS VC_MILLISECOND

static void demands_checksums(struct vc_test *t) {
    vc_start(t, "require-checksum");
    struct vc_packet request = vc_request(t, VMTP_TEST_NULL);
    request.sum = VC_SUM_NONE;
    request.control = VMTP_APG;
    vc_send(t, &request);
    vc_want_silence(t, "VMTP-3.4-07", "answer to a packet without checksum");
    request.sum = VC_SUM_RIGHT;
    vc_send(t, &request);
    vc_want_response(t, "VMTP-3.4-07", &request, VMTP_OK);
}

static void shares_its_address(struct vc_test *t) {
    vc_start(t, "shared-address");
    struct vc_packet request = vc_request_to(t, NOBODY, VMTP_TEST_NULL), response, probe;
    request.control = VMTP_APG;
    vc_send(t, &request);
    vc_want_silence(t, "VMTP-2.1-06", "NONEXISTENT_ENTITY about a Request");
    response = vc_response(&request, VMTP_OK);
    response.client = NOBODY;
    response.control = VMTP_APG;
    memcpy(response.dst, vc_node_mac(t), 6);
    memcpy(response.src, vc_tester_mac(t), 6);
    vc_send(t, &response);
    vc_want_silence(t, "VMTP-2.1-06", "NONEXISTENT_ENTITY about a Response");
    probe = vc_manage(t, VMTP_PROBE_ENTITY, NOBODY);
    probe.words[2] = probe.words[0];
    probe.words[3] = probe.words[1];
    vc_send(t, &probe);
    vc_want_silence(t, "VMTP-2.1-06", "NONEXISTENT_ENTITY about ProbeEntity");
}

/* ---- an identifier that may have lived before ---------------------------------------------------------------------------- */

static void probes_clients(struct vc_test *t) {
    vc_start(t, "own-identifier");
    vc_time start = vc_now(t);
    vc_answer_probes(t, 0);
    struct vc_packet request = vc_request(t, VMTP_TEST_NULL), *probe, *answer, other;
    vc_send(t, &request);
    probe = vc_want_probe(t, "VMTP-4.3-03 VMTP-8.2-02", request.client);
    vc_check(t, "VMTP-8.2-04", !(probe->flags & VMTP_MPG) && memcmp(probe->dst, vc_tester_mac(t), 6) == 0,
             "unicast to the source of the Request", "elsewhere");
    vc_equal(t, "VMTP-8.2-04", "entityId", request.client, vc_pair(probe->words + 2));
    answer = vc_await_response(t, &request, 10 * MS);
    vc_check(t, "VMTP-8.2-06", answer == NULL, "no Response before the Client is known", "%s", answer ? "one" : "none");
    vc_probed(t, probe, VMTP_OK, request.transaction);
    vc_want_response(t, "VMTP-8.2-05 VMTP-4.3-03", &request, VMTP_OK);

    request = vc_request(t, VMTP_TEST_NULL);
    vc_send(t, &request);
    probe = vc_want_probe(t, "VMTP-8.2-02", request.client);
    vc_probed(t, probe, VMTP_OK, request.transaction + 1);
    vc_settle(t);
    vc_probes(t, request.client); /* of a node that asks faster than this one answers */
    vc_want_silence(t, "VMTP-8.2-05", "answer to a Request that is older than its Client's Transaction");

    request = vc_request(t, VMTP_TEST_NULL);
    vc_send(t, &request);
    vc_want_probe(t, "VMTP-8.2-02", request.client);
    vc_pass(t, 1300 * MS);
    vc_probes(t, request.client);
    vc_want_silence(t, "VMTP-8.2-06", "answer to a Request whose Client is not found");
    other = vc_request_to(t, VMTP_TEST_SERVICE, VMTP_TEST_IDENTIFY);
    vc_send(t, &other);
    vc_want_response(t, "VMTP-8.2-03", &other, VMTP_OK);
    vc_until(t, start + vc_most(VC_TS4, 1) + 400 * MS);
    request = vc_request(t, VMTP_TEST_NULL);
    vc_send(t, &request);
    vc_want_response(t, "VMTP-8.2-02", &request, VMTP_OK);
    vc_equal(t, "VMTP-8.2-02", "Probes after TS4", 0, vc_probes(t, request.client));
}

/* More Clients than a node can look for: each is looked for or told BUSY. */
static void cannot_probe(struct vc_test *t) {
    enum { MANY = 160 };
    static struct vc_packet requests[MANY];
    unsigned probed = 0, busy = 0;
    vc_start(t, "own-identifier");
    vc_answer_probes(t, 0);
    for (unsigned i = 0; i < MANY; i++) {
        requests[i] = vc_request(t, VMTP_TEST_NULL);
        vc_send(t, &requests[i]);
        if (i % 16 == 15)
            vc_fence(t); /* it has taken them, and sent what it had to */
    }
    vc_pass(t, 100 * MS);
    for (unsigned i = 0; i < MANY; i++) {
        probed += vc_await_code(t, VMTP_PROBE_ENTITY, requests[i].client, 0) != NULL;
        struct vc_packet *told = vc_await_notify(t, VMTP_NOTIFY_VMTP_CLIENT, requests[i].client,
                                                 requests[i].transaction, 0);
        busy += told && (told->words[6] & VMTP_CODE_MASK) == VMTP_BUSY;
    }
    vc_equal(t, "VMTP-8.2-06", "Clients that are looked for, and Requests answered NVC(BUSY)", MANY, probed + busy);
}

static void moved_client(struct vc_test *t) {
    vc_start(t, "own-identifier");
    vc_answer_probes(t, 0);
    for (unsigned i = 0; i < 2; i++) { /* told by NVC, and by a Response */
        vc_other_node(t, 0);
        struct vc_packet request = vc_request(t, VMTP_TEST_NULL), *probe, *answer;
        vc_send(t, &request);
        probe = vc_want_probe(t, "VMTP-13.11-11", request.client);
        if (i)
            vc_probed(t, probe, VMTP_ENTITY_MIGRATED, 0);
        else
            vc_tell_client(t, probe, VMTP_ENTITY_MIGRATED, 0);
        probe = vc_want_probe(t, "VMTP-13.11-11", request.client);
        vc_check(t, "VMTP-13.11-11", probe->flags & VMTP_MPG, "a multicast Probe", "a unicast one");
        vc_other_node(t, 1);
        vc_probed(t, probe, VMTP_OK, request.transaction);
        answer = vc_want_response(t, "VMTP-13.11-11", &request, VMTP_OK);
        vc_check(t, "VMTP-13.11-11", memcmp(answer->dst, vc_tester_mac(t), 6) == 0, "to where the Client was found",
                 "elsewhere");
    }
}

/* ---- acknowledgments that are always asked for ---------------------------------------------------------------------------- */

static void asks_always(struct vc_test *t) {
    vc_start(t, "ask-always");
    struct vc_packet request = vc_request(t, VMTP_TEST_SOURCE), *packet;
    request.words[0] = 1000;
    vc_send(t, &request);
    packet = vc_want_response(t, "VMTP-8.5-03", &request, VMTP_OK);
    vc_time last = packet->time;
    for (unsigned i = 0; i < 5; i++) {
        packet = vc_want_response(t, "VMTP-8.5-03 VMTP-8.5-04", &request, VMTP_OK);
        vc_check(t, "VMTP-8.5-04", packet->control & VMTP_APG, "APG", "none");
        if (i == 0)
            vc_lasts(t, "VMTP-8.5-03", "TS5", VC_TS5, 1, packet->time - last);
    }
    vc_want_quiet(t, "VMTP-8.5-04", &request, 2 * vc_most(VC_TS5, 1));
    vc_tell_server(t, packet, VMTP_RETRY, 0);
    vc_want_nvc(t, "VMTP-8.5-04", &request, VMTP_RESPONSE_DISCARDED);
    request = vc_request(t, VMTP_TEST_NULL);
    vc_send(t, &request);
    vc_want_response(t, "VMTP-8.5-05", &request, VMTP_OK);
    vc_want_quiet(t, "VMTP-8.5-05", &request, vc_most(VC_TS5, 1) + 100 * MS);
}

/* ---- small tables ---------------------------------------------------------------------------------------------------------- */

#define MOST 16u
#define FEW 8u

static void few_records(struct vc_test *t) {
    struct vc_packet requests[MOST], *answer, count;
    unsigned taken = 0;
    vc_start(t, "clients=12");
    uint32_t before = vc_executed(t, VMTP_TEST_NULL);
    do { /* some records may be of those who have found the node */
        requests[taken] = vc_request(t, VMTP_TEST_NULL);
        vc_send(t, &requests[taken]);
        answer = vc_await_response(t, &requests[taken], 100 * MS);
        taken += answer != NULL;
    } while (answer && taken < MOST - 1);
    vc_check(t, "VMTP-8.7-02", taken > 2 && taken <= 12, "records for 12 Clients at most", "for %u", taken);
    struct vc_packet one_more = requests[taken];
    vc_want_nvc(t, "VMTP-8.7-02 VMTP-11-01", &one_more, VMTP_BUSY);
    for (unsigned i = 0; i < taken; i++) {
        struct vc_packet again = vc_duplicate(&requests[i], VMTP_APG);
        vc_send(t, &again);
        vc_want_response(t, "VMTP-8.7-02", &again, VMTP_OK);
    }
    count = vc_next(&requests[0], VMTP_TEST_COUNT);
    vc_send(t, &count);
    answer = vc_want_response(t, "VMTP-8.7-02", &count, VMTP_OK);
    vc_equal(t, "VMTP-8.7-02", "executions", before + taken, answer->words[1]);
    vc_pass(t, vc_most(VC_TS4, 1) + 400 * MS);
    one_more = vc_duplicate(&one_more, VMTP_APG);
    vc_send(t, &one_more);
    vc_want_response(t, "VMTP-11-04 VMTP-8.7-01", &one_more, VMTP_OK);
}

static void few_hosts(struct vc_test *t) {
    struct vc_packet order, *request;
    uint64_t servers[FEW] = {0};
    vc_start(t, "hosts=4");
    for (unsigned i = 0; i < 2 * FEW; i++) {
        struct vc_call call = {.server = servers[i % FEW]};
        request = vc_calling(t, "VMTP-11-03", &call, &order);
        servers[i % FEW] = call.server;
        vc_finish(t, "VMTP-11-03", &order, request);
    }
}

/* ---- Clients that have gone ------------------------------------------------------------------------------------------------ */

static struct vc_packet delay(struct vc_test *t, uint32_t ms) {
    struct vc_packet request = vc_request(t, VMTP_TEST_DELAY);
    request.words[0] = ms * 1000;
    return request;
}

static void orphans(struct vc_test *t) {
    vc_start(t, "ts2=500");
    vc_answer_probes(t, 0);
    struct vc_packet gone = delay(t, 2500), here = delay(t, 2000), again;
    vc_send(t, &gone);
    vc_send(t, &here);
    for (unsigned i = 0; i < 7; i++) {
        vc_pass(t, 250 * MS);
        here = vc_duplicate(&here, VMTP_APG);
        vc_send(t, &here);
        vc_want_nvc(t, "VMTP-8.7-03", &here, VMTP_OK);
    }
    vc_want_response(t, "VMTP-8.7-03", &here, VMTP_OK);
    again = vc_duplicate(&gone, VMTP_APG);
    vc_send(t, &again);
    vc_want_nvc(t, "VMTP-8.7-03", &again, VMTP_RESPONSE_DISCARDED);
    vc_want_quiet(t, "VMTP-8.7-03", &gone, 700 * MS);
}

/* ---- remote management ------------------------------------------------------------------------------------------------------ */

#define MANAGED START " full-manager entities"

static struct vc_packet modify(struct vc_test *t, uint64_t entity, uint32_t flags, uint32_t count) {
    struct vc_packet request = vc_manage(t, VMTP_MODIFY_SERVICE, entity);
    request.words[2] = flags;
    request.words[3] = count;
    return request;
}

static uint32_t modified(struct vc_test *t, const char *id, uint64_t entity, uint32_t flags, uint32_t count) {
    struct vc_packet request = modify(t, entity, flags, count);
    vc_send(t, &request);
    return vc_want_response(t, id, &request, VMTP_OK)->words[0];
}

#define INCREMENTAL 8u

static void modify_service(struct vc_test *t) {
    vc_start(t, "remote-management");
    uint64_t twin = vc_service_entity(t, 1);
    uint32_t most = modified(t, "VMTP-10.12-04", twin, 0, 0x7fffffff);
    vc_check(t, "VMTP-10.12-04", most > 4, "a count to begin with", "%u", most);
    vc_equal(t, "VMTP-10.12-04", "count", 2, modified(t, "VMTP-10.12-04", twin, 0, 2));
    vc_equal(t, "VMTP-10.12-04", "count and one", 3, modified(t, "VMTP-10.12-04", twin, INCREMENTAL, 1));
    vc_equal(t, "VMTP-10.12-04", "not below 0", 0, modified(t, "VMTP-10.12-04", twin, INCREMENTAL, (uint32_t)-9));
    struct vc_packet refused = vc_request_to(t, twin, VMTP_TEST_NULL);
    vc_send(t, &refused);
    vc_want_nvc(t, "VMTP-10.12-05", &refused, VMTP_BUSY);
    vc_equal(t, "VMTP-10.12-04", "count", 1, modified(t, "VMTP-10.12-04", twin, 0, 1));
    struct vc_packet first = delay(t, vc_awhile(t));
    first.server = twin;
    vc_send(t, &first);
    vc_settle(t);
    refused = vc_request_to(t, twin, VMTP_TEST_NULL);
    vc_send(t, &refused);
    vc_want_nvc(t, "VMTP-10.12-05", &refused, VMTP_BUSY);
    vc_want_response(t, "VMTP-10.12-05", &first, VMTP_OK);
    vc_equal(t, "VMTP-10.12-04", "not above what it began with", most,
             modified(t, "VMTP-10.12-04", twin, INCREMENTAL, 0x7fffffff));
    refused = vc_duplicate(&refused, VMTP_APG);
    vc_send(t, &refused);
    vc_want_response(t, "VMTP-10.12-05", &refused, VMTP_OK);
    refused = modify(t, twin, 4, 1);
    vc_send(t, &refused);
    vc_want_refusal(t, "VMTP-10.12-07", &refused, VMTP_SECURITY_NOT_SUPPORTED);
    refused = modify(t, twin, 0x100, 1);
    vc_send(t, &refused);
    vc_want_refusal(t, "VMTP-10.12-07", &refused, VMTP_ERROR);
}

static void no_room_for_entities(struct vc_test *t) {
    vc_start(t, "remote-management");
    for (unsigned i = 0; i < 300; i++) {
        struct vc_packet create = vc_manage(t, VMTP_CREATE_ENTITY, 0), *answer;
        vc_send(t, &create);
        answer = vc_await_response(t, &create, VC_PATIENCE);
        if (answer && vc_code(answer) == VMTP_OK)
            continue;
        vc_check(t, "VMTP-10.6-03", answer && vc_code(answer) == VMTP_BUSY, "BUSY", "%s",
                 answer ? vc_response_name(answer->code) : "nothing");
        return;
    }
    vc_give_up(t, "the node has room for 300 entities");
}

static void create_and_delete(struct vc_test *t) {
    vc_start(t, "remote-management");
    struct vc_packet request = vc_manage(t, VMTP_CREATE_ENTITY, 0);
    vc_send(t, &request);
    struct vc_packet *answer = vc_want_response(t, "VMTP-10.6-01", &request, VMTP_OK);
    uint64_t entity = vc_pair(answer->words);
    vc_send(t, &request);
    answer = vc_want_response(t, "VMTP-10.2-06", &request, VMTP_OK);
    vc_equal(t, "VMTP-10.2-06", "the entity of the same Request", entity, vc_pair(answer->words));
    struct vc_packet question = vc_manage(t, VMTP_PROBE_ENTITY, entity);
    question.words[2] = question.words[0];
    question.words[3] = question.words[1];
    vc_send(t, &question);
    vc_want_response(t, "VMTP-10.6-01", &question, VMTP_OK);
    request = vc_manage(t, VMTP_DELETE_ENTITY, entity);
    vc_send(t, &request);
    vc_want_response(t, "VMTP-10.7-01", &request, VMTP_OK);
    vc_send(t, &question);
    vc_want_refusal(t, "VMTP-10.7-01", &question, VMTP_NONEXISTENT_ENTITY);
    request = vc_manage(t, VMTP_DELETE_ENTITY, entity);
    vc_send(t, &request);
    vc_want_refusal(t, "VMTP-10.7-02", &request, VMTP_NONEXISTENT_ENTITY);
    request = vc_manage(t, VMTP_DELETE_ENTITY, vc_manager(t));
    vc_send(t, &request);
    vc_want_response(t, "VMTP-10.7-04", &request, VMTP_NO_PERMISSION);
}

static void ended_at_work(struct vc_test *t) {
    uint64_t twin = vc_service_entity(t, 1);
    struct vc_call call = {.number = 9, .deadline_ms = 5000};
    struct vc_packet order, *request = vc_calling(t, "VMTP-10.7-03", &call, &order), waiting = delay(t, 400);
    vc_equal(t, "TEST-4.6-07", "Client", twin, request->client);
    waiting.server = twin;
    vc_send(t, &waiting);
    vc_tell_client(t, request, VMTP_OK, 0);
    vc_settle(t);
    const uint32_t end[7] = {1, 1};
    vc_must(t, VMTP_TEST_ENTITY, end);
    struct vc_outcome outcome = vc_called(t, "VMTP-10.7-03", &order, VC_SECOND);
    vc_check(t, "VMTP-10.7-03", outcome.result != VMTP_OK, "an end without a Response", "a Response");
    vc_want_quiet(t, "VMTP-10.7-03", &waiting, 700 * MS);
    waiting = vc_duplicate(&waiting, VMTP_APG);
    vc_send(t, &waiting);
    vc_want_nvc(t, "VMTP-10.7-03", &waiting, VMTP_NONEXISTENT_ENTITY);
}

const struct vc_case vc_start_cases[] = {
    VC_CASE("start/demands-checksums", "VMTP-3.4-07", START,
            "NULL without and with checksum, to a node that demands one", "silence, and a Response", demands_checksums),
    VC_CASE("start/shared-address", "VMTP-2.1-06", START,
            "a Request, a Response and a Probe for nobody, where others have the node's address, too", "silence",
            shares_its_address),
    VC_CASE("start/probes-clients", "VMTP-4.3-03 VMTP-8.2-02 VMTP-8.2-03 VMTP-8.2-04 VMTP-8.2-05 VMTP-8.2-06",
            START " near", "NULL of unknown Clients to an entity that may have lived before",
            "Probes until TS4, and Responses to those who are found and not ahead", probes_clients),
    VC_CASE("start/cannot-probe", "VMTP-8.2-06", START, "160 such Clients at once",
            "Probes, and NVC(BUSY) to the others", cannot_probe),
    VC_CASE("start/moved-client", "VMTP-13.11-11", START " near", "ENTITY_MIGRATED to a unicast Probe",
            "a multicast one, and the Response to where that finds the Client", moved_client),
    VC_TIMED("start/asks-always", "VMTP-8.5-03 VMTP-8.5-04 VMTP-8.5-05", START " segments",
             "no acknowledgment of a Response, where all are to be asked for",
             "five questions after TS5, and then the Response is gone", asks_always),
    VC_CASE("start/few-records", "VMTP-8.7-01 VMTP-8.7-02 VMTP-11-01 VMTP-11-04", START,
            "NULLs of new Clients to a node with twelve records", "NVC(BUSY) at last, until TS4 has passed", few_records),
    VC_CASE("start/few-hosts", "VMTP-11-03", START " client", "CALLs to eight servers, of which four can be remembered",
            "all are answered", few_hosts),
    VC_TIMED("start/orphans", "VMTP-8.7-03", START " near",
             "DELAYs, one of a Client that asks again and one of one that does not",
             "the one is answered, the other abandoned", orphans),
    VC_CASE("start/modify-service", "VMTP-10.12-04 VMTP-10.12-05 VMTP-10.12-07", MANAGED,
            "ModifyService of a twin up and down, and Requests to it", "the counts, and NVC(BUSY) above them",
            modify_service),
    VC_CASE("start/no-room", "VMTP-10.6-03", MANAGED, "CreateEntity again and again", "BUSY at last",
            no_room_for_entities),
    VC_CASE("start/create", "VMTP-10.2-06 VMTP-10.6-01 VMTP-10.7-01 VMTP-10.7-02 VMTP-10.7-04", MANAGED,
            "CreateEntity twice the same, ProbeEntity, DeleteEntity", "one entity, that is gone at the end",
            create_and_delete),
    VC_CASE("start/ended-at-work", "VMTP-10.7-03 TEST-4.6-07", "test-service records entities client near",
            "the end of a twin that calls and has a Request in hand", "both are over", ended_at_work),
    VC_LAST,
};
