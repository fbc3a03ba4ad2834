/* SPDX-License-Identifier: BSD-2-Clause */
/* Groups: sections 13.1 and 13.2. */
#include <string.h>

#include "../case.h"

#define MEMBERS "test-service records groups"
#define MANAGED "test-service full-manager groups"
#define NOBODY 0x0bad000012340000ull
#define MS VC_MILLISECOND

/* ---- members -------------------------------------------------------------------------------------------------------- */

static void one_member(struct vc_test *t) {
    uint64_t group = vc_new_group(t, 0);
    struct vc_packet *joined = vc_member(t, VMTP_TEST_JOIN, group, 0, 0xff), request, *answer;
    vc_equal(t, "TEST-4.12-01", "group", group, vc_pair(joined->words));
    vc_equal(t, "TEST-4.12-01", "member", vc_service(t), vc_pair(joined->words + 2));
    request = vc_to_group(t, group, VMTP_TEST_ECHO);
    request.words[0] = 5;
    vc_send(t, &request);
    answer = vc_want_response(t, "VMTP-2.3-06 VMTP-13.1-02 TEST-4.12-05", &request, VMTP_OK);
    vc_equal(t, "VMTP-13.1-02 VMTP-3.2-04 TEST-4.12-05", "Server", vc_service(t), answer->server);
    vc_equal(t, "TEST-4.12-05", "word 0", 5, answer->words[0]);
    vc_check(t, "VMTP-13.1-02", !(answer->flags & VMTP_MPG), "unicast", "MPG");
    vc_member(t, VMTP_TEST_LEAVE, group, 0, 0xff);
    request = vc_to_group(t, group, VMTP_TEST_NULL);
    vc_send(t, &request);
    vc_want_silence(t, "TEST-4.12-03 VMTP-5.2-03", "answer of one who has left the group");
}

static void two_members(struct vc_test *t) {
    uint64_t group = vc_new_group(t, 0), twin = vc_service_entity(t, 1), first;
    vc_member(t, VMTP_TEST_JOIN, group, 0, 0xff);
    vc_member(t, VMTP_TEST_JOIN, group, 1, 0xff);
    struct vc_packet request = vc_to_group(t, group, VMTP_TEST_NULL), *answer;
    vc_send(t, &request);
    first = vc_want_response(t, "VMTP-13.1-11", &request, VMTP_OK)->server;
    answer = vc_want_response(t, "VMTP-13.1-11", &request, VMTP_OK);
    vc_check(t, "VMTP-13.1-11 VMTP-13.1-02",
             (first ^ answer->server) == (vc_service(t) ^ twin) && first != answer->server,
             "one Response of each member", "two of one");
    vc_member(t, VMTP_TEST_LEAVE, group, 0, 0xff);
    vc_member(t, VMTP_TEST_LEAVE, group, 1, 0xff);
}

static void one_record(struct vc_test *t) {
    uint64_t group = vc_new_group(t, 0);
    vc_member(t, VMTP_TEST_JOIN, group, 0, 0xff);
    uint32_t before = vc_executed(t, VMTP_TEST_NULL);
    struct vc_packet request = vc_to_group(t, group, VMTP_TEST_NULL), again = request;
    vc_send(t, &request);
    vc_want_response(t, "VMTP-13.1-09", &request, VMTP_OK);
    memcpy(again.dst, vc_node_mac(t), 6);
    again.flags = 0;
    again.retransmit = 1;
    again.control = VMTP_APG;
    vc_send(t, &again);
    vc_want_response(t, "VMTP-13.1-09", &again, VMTP_OK);
    vc_equal(t, "VMTP-13.1-09", "executions", before + 1u, vc_executed(t, VMTP_TEST_NULL));
    vc_member(t, VMTP_TEST_LEAVE, group, 0, 0xff);
}

static void discarded(struct vc_test *t) {
    uint64_t group = vc_new_group(t, 0);
    vc_member(t, VMTP_TEST_JOIN, group, 0, 0xff);
    struct vc_packet request = vc_to_group(t, group, VMTP_TEST_DISCARD);
    vc_send(t, &request);
    vc_settle(t);
    request.retransmit = 1;
    request.control = VMTP_APG;
    vc_send(t, &request);
    memcpy(request.dst, vc_node_mac(t), 6);
    request.flags = 0;
    vc_send(t, &request);
    vc_want_silence(t, "VMTP-13.1-10", "RESPONSE_DISCARDED about a Request that was multicast");
    vc_member(t, VMTP_TEST_LEAVE, group, 0, 0xff);
}

static void incomplete(struct vc_test *t) {
    uint8_t segment[2000];
    uint64_t group = vc_new_group(t, 0);
    vc_member(t, VMTP_TEST_JOIN, group, 0, 0xff);
    struct vc_packet request = vc_to_group(t, group, VMTP_TEST_SINK), *asked, part;
    vc_pattern(segment, sizeof segment, 1);
    vc_send_blocks(t, &request, segment, sizeof segment, 3, VMTP_APG);
    asked = vc_await_answer(t, &request, vc_most(VC_TS1, 1));
    vc_check(t, "VMTP-13.1-07", asked == NULL, "no RETRY because of a multicast packet that is the first", "%s",
             !asked                             ? "nothing"
             : asked->function == VMTP_RESPONSE ? "a Response"
                                                : vc_response_name(asked->words[6]));
    part = request;
    part.retransmit = 1;
    part.control = VMTP_APG;
    part.code |= VMTP_SDA;
    part.words[6] = sizeof segment;
    vc_send(t, &part);
    asked = vc_want_nvc(t, "VMTP-13.1-07", &request, VMTP_RETRY);
    vc_equal(t, "VMTP-13.1-07", "delivery", 3, asked->words[5]);
    memcpy(request.dst, vc_node_mac(t), 6);
    request.flags = 0;
    request.retransmit = 1;
    vc_send_blocks(t, &request, segment, sizeof segment, 12, 0);
    struct vc_packet *answer = vc_want_response(t, "VMTP-13.1-09", &request, VMTP_OK);
    vc_equal(t, "VMTP-13.1-09", "CRC-32 of what came both ways", vc_crc(segment, sizeof segment), answer->words[1]);
    vc_member(t, VMTP_TEST_LEAVE, group, 0, 0xff);
}

static void coresident(struct vc_test *t) {
    uint64_t group = vc_new_group(t, 0), here = vc_service(t);
    vc_member(t, VMTP_TEST_JOIN, group, 0, 0xff);
    struct vc_packet request = vc_to_group(t, group, VMTP_TEST_NULL);
    request.code |= VMTP_CRE;
    request.words[0] = (uint32_t)(here >> 32);
    request.words[1] = (uint32_t)here;
    vc_send(t, &request);
    vc_want_response(t, "VMTP-13.1-13", &request, VMTP_OK);
    request = vc_to_group(t, group, VMTP_TEST_NULL);
    request.code |= VMTP_CRE;
    request.words[0] = (uint32_t)(NOBODY >> 32);
    request.words[1] = (uint32_t)NOBODY;
    vc_send(t, &request);
    vc_want_silence(t, "VMTP-13.1-13", "answer where the CoResidentEntity is not");
    vc_member(t, VMTP_TEST_LEAVE, group, 0, 0xff);
}

static void delayed(struct vc_test *t) {
    uint64_t group = vc_new_group(t, 0);
    vc_time longest = 0;
    vc_member(t, VMTP_TEST_JOIN, group, 0, 0xff);
    for (unsigned i = 0; i < 12; i++) {
        struct vc_packet request = vc_to_group(t, group, VMTP_TEST_NULL);
        request.control = VMTP_DRT;
        vc_time sent = vc_now(t);
        vc_send(t, &request);
        struct vc_packet *answer = vc_want_response(t, "VMTP-13.1-14", &request, VMTP_OK);
        vc_between(t, "VMTP-13.1-14", "delay", 0, 100 * MS + vc_timers[VC_SLACK].most, answer->time - sent);
        if (answer->time - sent > longest)
            longest = answer->time - sent;
    }
    vc_check(t, "VMTP-13.1-14", longest > 10 * MS, "some delay in twelve Requests", "%.1f ms at most",
             (double)longest / 1e6);
    vc_member(t, VMTP_TEST_LEAVE, group, 0, 0xff);
}

static void no_large(struct vc_test *t) {
    uint64_t group = vc_new_group(t, 0);
    vc_member(t, VMTP_TEST_JOIN, group, 0, 0xff);
    struct vc_packet request = vc_to_group(t, group, VMTP_TEST_NULL);
    request.control = VMTP_NER;
    vc_send(t, &request);
    vc_want_silence(t, "VMTP-13.3-25", "answer to a multicast Request of a run");
    vc_member(t, VMTP_TEST_LEAVE, group, 0, 0xff);
}

static void bad_joins(struct vc_test *t) {
    const struct {
        uint64_t group;
        uint32_t number, permissions;
    } bad[] = {{VMTP_ID_GRP | 5, 6, 0}, {5, 0, 0}, {VMTP_MANAGER_GROUP, 0, 0}, {VMTP_ID_GRP | 5, 0, 0x200}};
    for (unsigned i = 0; i < 4; i++) {
        struct vc_packet request = vc_request(t, VMTP_TEST_JOIN);
        request.words[0] = (uint32_t)(bad[i].group >> 32);
        request.words[1] = (uint32_t)bad[i].group;
        request.words[2] = bad[i].number;
        request.words[3] = bad[i].permissions;
        vc_send(t, &request);
        vc_want_response(t, "TEST-4.12-04", &request, VMTP_TEST_BAD_ARGUMENT);
    }
    uint64_t group = vc_new_group(t, 0);
    struct vc_packet request = vc_request(t, VMTP_TEST_LEAVE);
    request.words[0] = (uint32_t)(group >> 32);
    request.words[1] = (uint32_t)group;
    vc_send(t, &request);
    vc_want_response(t, "TEST-4.12-03", &request, VMTP_NONEXISTENT_ENTITY);
}

/* ---- groups by management ---------------------------------------------------------------------------------------------- */

static struct vc_packet manage_group(struct vc_test *t, uint32_t code, uint64_t group, uint64_t entity,
                                     uint32_t permissions) {
    struct vc_packet p = vc_manage(t, code, vc_service(t));
    p.words[2] = (uint32_t)(group >> 32);
    p.words[3] = (uint32_t)group;
    p.words[4] = (uint32_t)(entity >> 32);
    p.words[5] = (uint32_t)entity;
    p.words[6] = permissions;
    return p;
}

static struct vc_packet by_client(const struct vc_packet *who, struct vc_packet p) {
    static uint32_t later;
    p.client = who->client;
    p.transaction = who->transaction + 1 + later++;
    return p;
}

static void want(struct vc_test *t, const char *id, struct vc_packet request, uint32_t code) {
    vc_send(t, &request);
    vc_want_refusal(t, id, &request, code);
}

static void create_group(struct vc_test *t) {
    struct vc_packet create = manage_group(t, VMTP_CREATE_GROUP, VMTP_ID_GRP, 0, 0xff), *answer;
    vc_send(t, &create);
    answer = vc_want_response(t, "VMTP-13.2-01 VMTP-13.2-08", &create, VMTP_OK);
    uint64_t group = vc_pair(answer->words);
    vc_check(t, "VMTP-13.2-10",
             group & VMTP_ID_GRP && !(group & VMTP_ID_UGP) && (group & ~(VMTP_ID_GRP | VMTP_ID_UGP)) != 0,
             "a new restricted group", "%llx", (unsigned long long)group);
    struct vc_packet block = vc_manage(t, VMTP_PROBE_ENTITY_BLOCK, group);
    vc_send(t, &block);
    vc_want_response(t, "VMTP-13.2-06", &block, VMTP_OK);
    vc_send(t, &create);
    answer = vc_want_response(t, "VMTP-13.2-07", &create, VMTP_OK);
    vc_equal(t, "VMTP-13.2-07", "group of the same Request", group, vc_pair(answer->words));
    struct vc_packet query = vc_manage(t, VMTP_QUERY_GROUP, group);
    vc_send(t, &query);
    answer = vc_want_response(t, "VMTP-13.2-05", &query, VMTP_OK);
    vc_check(t, "VMTP-13.2-05",
             answer->data_octets >= 12 && vc_get32(answer->data) == 1 && vc_get64(answer->data + 4) == vc_service(t),
             "one member, the service", "another");
    want(t, "VMTP-13.2-11", by_client(&create, manage_group(t, VMTP_CREATE_GROUP, group, 0, 0xff)), VMTP_NO_PERMISSION);
    want(t, "VMTP-13.2-16", by_client(&create, manage_group(t, VMTP_ADD_TO_GROUP, group, vc_service(t), 0xff)), VMTP_OK);
    want(t, "VMTP-13.2-02 VMTP-13.2-12 VMTP-13.2-04",
         manage_group(t, VMTP_ADD_TO_GROUP, group, vc_service_entity(t, 1), 0xff), VMTP_NO_PERMISSION);
    want(t, "VMTP-13.2-12 VMTP-13.2-02",
         by_client(&create, manage_group(t, VMTP_ADD_TO_GROUP, group, vc_service_entity(t, 1), 0xff)), VMTP_OK);
    want(t, "VMTP-13.2-15", manage_group(t, VMTP_REMOVE_FROM_GROUP, group, vc_service(t), 0), VMTP_NO_PERMISSION);
    want(t, "VMTP-13.2-15 VMTP-13.2-14",
         by_client(&create, manage_group(t, VMTP_REMOVE_FROM_GROUP, group, vc_service(t), 0)), VMTP_OK);
    want(t, "VMTP-13.2-16", by_client(&create, manage_group(t, VMTP_REMOVE_FROM_GROUP, group, vc_service(t), 0)),
         VMTP_NONEXISTENT_ENTITY);
    want(t, "VMTP-13.2-14",
         by_client(&create, manage_group(t, VMTP_REMOVE_FROM_GROUP, group, vc_service_entity(t, 1), 0)), VMTP_OK);
    want(t, "VMTP-13.2-19", by_client(&create, manage_group(t, VMTP_ADD_TO_GROUP, group, vc_service(t), 0xff)),
         VMTP_NO_PERMISSION);
}

static void unrestricted(struct vc_test *t) {
    uint64_t group = vc_new_group(t, 0);
    struct vc_packet create = manage_group(t, VMTP_CREATE_GROUP, group, vc_service(t), 0xff);
    want(t, "VMTP-13.2-01", create, VMTP_OK);
    want(t, "VMTP-13.2-03", manage_group(t, VMTP_ADD_TO_GROUP, group, vc_service_entity(t, 1), 0xff), VMTP_OK);
    struct vc_packet query = vc_manage(t, VMTP_QUERY_GROUP, group), *answer;
    vc_send(t, &query);
    answer = vc_want_response(t, "VMTP-13.2-05", &query, VMTP_OK);
    vc_check(t, "VMTP-13.2-05",
             answer->data_octets >= 20 && vc_get32(answer->data) == 2 &&
                 vc_get64(answer->data + 4) < vc_get64(answer->data + 12),
             "two members, ascending", "others");
    for (uint32_t i = 0; i < 2; i++)
        want(t, "VMTP-13.2-14",
             by_client(&create, manage_group(t, VMTP_REMOVE_FROM_GROUP, group, vc_service_entity(t, i), 0)), VMTP_OK);
    query = vc_manage_all(t, VMTP_QUERY_GROUP, group);
    vc_send(t, &query);
    vc_want_silence(t, "VMTP-13.2-05", "answer of a node without members");
}

static void bad_groups(struct vc_test *t) {
    uint64_t group = vc_new_group(t, 0), restricted = vc_new_group(t, 1);
    struct vc_packet stranger = manage_group(t, VMTP_CREATE_GROUP, group, NOBODY, 0xff);
    stranger.words[0] = (uint32_t)(vc_service(t) >> 32);
    want(t, "VMTP-13.2-09", stranger, VMTP_NONEXISTENT_ENTITY);
    want(t, "VMTP-13.2-09", manage_group(t, VMTP_CREATE_GROUP, group, vc_manager(t), 0xff), VMTP_NO_PERMISSION);
    want(t, "VMTP-13.2-11", manage_group(t, VMTP_CREATE_GROUP, restricted, 0, 0xff), VMTP_NO_PERMISSION);
    want(t, "VMTP-13.2-18", manage_group(t, VMTP_CREATE_GROUP, 0x0bad000000000001ull, 0, 0xff), VMTP_ERROR);
    want(t, "VMTP-13.2-18", manage_group(t, VMTP_ADD_TO_GROUP, VMTP_MANAGER_GROUP, 0, 0xff), VMTP_NO_PERMISSION);
    want(t, "VMTP-13.2-04 VMTP-13.2-20", manage_group(t, VMTP_ADD_TO_GROUP, restricted, 0, 0xff), VMTP_NO_PERMISSION);
}

/* A twin that may add others, and nothing else, asks the manager of its own node. */
static void no_more_than_own(struct vc_test *t) {
    struct vc_packet create = manage_group(t, VMTP_CREATE_GROUP, VMTP_ID_GRP, 0, 0xff), *answer, order;
    uint64_t twin = vc_service_entity(t, 1), other = vc_service_entity(t, 2), service = vc_service(t);
    vc_send(t, &create);
    answer = vc_want_response(t, "VMTP-13.2-01", &create, VMTP_OK);
    uint64_t group = vc_pair(answer->words);
    want(t, "VMTP-13.2-12", by_client(&create, manage_group(t, VMTP_ADD_TO_GROUP, group, twin, VMTP_ADD_OTHE)), VMTP_OK);
    struct vc_call call = {.server = VMTP_MANAGER_GROUP,
                           .code = VMTP_ADD_TO_GROUP,
                           .number = 9,
                           .options = 1,
                           .words = {(uint32_t)(service >> 32), (uint32_t)service, (uint32_t)(group >> 32),
                                     (uint32_t)group, (uint32_t)(other >> 32), (uint32_t)other, 0xff}};
    for (unsigned i = 0; i < 2; i++) {
        order = vc_have_called(t, &call);
        struct vc_outcome outcome = vc_called(t, "VMTP-13.2-13", &order, VC_PATIENCE);
        uint32_t code = outcome.result ? outcome.result : outcome.code & VMTP_CODE_MASK,
                 right = i ? VMTP_OK : VMTP_NO_PERMISSION;
        vc_check(t, i ? "VMTP-13.2-12 VMTP-13.2-21" : "VMTP-13.2-13", code == right, vc_response_name(right), "%s",
                 vc_response_name(code));
        call.words[6] = VMTP_ADD_OTHE | VMTP_GRP_RESPONSES | 0xfffffe00; /* which is none that it has */
    }
}

/* ---- calls of groups ---------------------------------------------------------------------------------------------------- */

static void call_group(struct vc_test *t) {
    uint64_t group = vc_new_group(t, 0);
    struct vc_call call = {.server = group,
                           .code = VMTP_PIC | VMTP_MRD | 0x777,
                           .deadline_ms = 600,
                           .responses = 3,
                           .size = 2500,
                           .options = 1};
    struct vc_packet order = vc_have_called(t, &call), *request = NULL, response;
    uint32_t blocks = 0;
    while (blocks != 0x1f) {
        request = vc_want_request(t, "VMTP-13.1-01", group, VC_PATIENCE);
        vc_check(t, "VMTP-13.1-01 VMTP-2.3-01",
                 request->flags & VMTP_MPG && request->dst[0] == 9 && request->dst[5] == (uint8_t)group,
                 "the group's address and MPG", "dst %02x..%02x", request->dst[0], request->dst[5]);
        vc_equal(t, "VMTP-13.1-12", "MDG", 0, request->control & VMTP_MDG);
        if (request->delivery & blocks)
            break;
        blocks |= request->delivery;
    }
    request = vc_want_request(t, "VMTP-13.1-05", group, VC_PATIENCE);
    vc_check(t, "VMTP-13.1-05", request->delivery != 0 && request->flags & VMTP_MPG, "sent again with data and MPG",
             "PacketDelivery %x", request->delivery);
    for (unsigned i = 0; i < 2; i++) {
        response = vc_response(request, VMTP_OK);
        memcpy(response.src, vc_tester_mac(t), 6);
        response.server = vc_new_client(t);
        vc_send(t, &response);
        vc_send(t, &response); /* each member's once */
    }
    struct vc_outcome outcome = vc_called(t, "VMTP-13.1-03", &order, VC_PATIENCE);
    vc_equal(t, "VMTP-13.1-03 TEST-4.6-05", "Responses", 2, outcome.reports);
}

static void call_first(struct vc_test *t) {
    struct vc_call call = {.server = vc_new_group(t, 0), .code = VMTP_PIC | 0x777, .options = 1};
    struct vc_packet order = vc_have_called(t, &call);
    struct vc_packet *request = vc_want_request(t, "VMTP-13.1-04", call.server, VC_PATIENCE),
                     response = vc_response(request, VMTP_OK);
    memcpy(response.src, vc_tester_mac(t), 6);
    response.server = vc_new_client(t);
    vc_send(t, &response);
    struct vc_outcome outcome = vc_called(t, "VMTP-13.1-04", &order, VC_PATIENCE);
    vc_equal(t, "VMTP-13.1-04", "result", VMTP_OK, outcome.result);
    vc_equal(t, "VMTP-13.1-04", "Server", response.server, outcome.server);
}

static void call_errors_ignored(struct vc_test *t) {
    struct vc_call call = {.server = vc_new_group(t, 0), .code = VMTP_PIC | 0x777, .options = 1};
    struct vc_packet order = vc_have_called(t, &call);
    struct vc_packet *request = vc_want_request(t, "VMTP-13.1-18", call.server, VC_PATIENCE), response;
    vc_tell_client(t, request, VMTP_NO_PERMISSION, 0);
    request = vc_want_request(t, "VMTP-13.1-18", call.server, VC_PATIENCE);
    response = vc_response(request, VMTP_OK);
    memcpy(response.src, vc_tester_mac(t), 6);
    response.server = vc_new_client(t);
    vc_send(t, &response);
    vc_equal(t, "VMTP-13.1-18", "result", VMTP_OK, vc_called(t, "VMTP-13.1-18", &order, VC_PATIENCE).result);
}

static void call_datagram(struct vc_test *t) {
    struct vc_call call = {.server = vc_new_group(t, 0), .code = VMTP_PIC | VMTP_DGM | 0x777, .options = 1};
    struct vc_packet order = vc_have_called(t, &call);
    struct vc_packet *request = vc_want_request(t, "VMTP-13.1-21", call.server, VC_PATIENCE);
    vc_check(t, "VMTP-13.1-21", request->flags & VMTP_MPG, "multicast", "unicast");
    vc_called(t, "VMTP-13.1-21", &order, VC_PATIENCE);
    vc_want_quiet(t, "VMTP-13.1-21", request, 400 * MS);
}

static void call_own_group(struct vc_test *t) {
    uint64_t group = vc_new_group(t, 0);
    vc_member(t, VMTP_TEST_JOIN, group, 0, 0xff);
    struct vc_call call = {
        .server = group, .code = VMTP_PIC | VMTP_MRD | 0x777, .deadline_ms = 100, .responses = 2, .number = 8, .options = 1};
    struct vc_packet order = vc_have_called(t, &call);
    struct vc_packet *request = vc_want_request(t, "VMTP-13.1-12", group, VC_PATIENCE);
    vc_check(t, "VMTP-13.1-12", request->control & VMTP_MDG, "MDG", "none");
    vc_called(t, "VMTP-13.1-12", &order, VC_PATIENCE);
    vc_member(t, VMTP_TEST_LEAVE, group, 0, 0xff);
}

const struct vc_case vc_group_cases[] = {
    VC_CASE("group/member", "VMTP-2.3-06 VMTP-3.2-04 VMTP-5.2-03 VMTP-13.1-02 TEST-4.12-01 TEST-4.12-03 TEST-4.12-05",
            MEMBERS, "JOIN, ECHO to the group, LEAVE, NULL to the group",
            "a unicast Response of the member, then silence", one_member),
    VC_CASE("group/two-members", "VMTP-13.1-02 VMTP-13.1-11", MEMBERS " entities",
            "NULL to a group of two entities of the node", "two Responses", two_members),
    VC_CASE("group/one-record", "VMTP-13.1-09", MEMBERS, "NULL by multicast, then the same by unicast", "executed once",
            one_record),
    VC_CASE("group/discarded", "VMTP-13.1-10", MEMBERS, "DISCARD by multicast, and again with APG both ways", "silence",
            discarded),
    VC_CASE("group/incomplete", "VMTP-13.1-07 VMTP-13.1-09", MEMBERS " segments",
            "half of a Request, then a packet without data with RetransmitCount 1",
            "silence, then RETRY; the rest by unicast completes it", incomplete),
    VC_CASE("group/coresident", "VMTP-13.1-13", MEMBERS, "group Requests with CRE, for this node and another",
            "a Response, and silence", coresident),
    VC_TIMED("group/delayed", "VMTP-13.1-14", MEMBERS, "twelve group Requests with DRT", "Responses after 0 to 100 ms",
             delayed),
    VC_CASE("group/run", "VMTP-13.3-25", MEMBERS, "a multicast Request with NER", "silence", no_large),
    VC_CASE("group/bad-joins", "TEST-4.12-03 TEST-4.12-04", MEMBERS, "JOIN out of range, LEAVE of what is no member",
            "TEST_BAD_ARGUMENT, NONEXISTENT_ENTITY", bad_joins),
    VC_CASE("group/create",
            "VMTP-13.2-01 VMTP-13.2-02 VMTP-13.2-04 VMTP-13.2-05 VMTP-13.2-06 VMTP-13.2-07 VMTP-13.2-08 VMTP-13.2-10 "
            "VMTP-13.2-11 VMTP-13.2-12 "
            "VMTP-13.2-14 VMTP-13.2-15 VMTP-13.2-16 VMTP-13.2-19",
            MANAGED " entities", "CreateGroup of a restricted group; members come and go by its creator and by another",
            "the creator may, the other may not", create_group),
    VC_CASE("group/unrestricted", "VMTP-13.2-01 VMTP-13.2-03 VMTP-13.2-05 VMTP-13.2-14", MANAGED " entities",
            "CreateGroup of an unrestricted group, AddToGroup by another, QueryGroup", "two members", unrestricted),
    VC_CASE("group/bad-groups", "VMTP-13.2-04 VMTP-13.2-09 VMTP-13.2-11 VMTP-13.2-18 VMTP-13.2-20", MANAGED,
            "group procedures with strangers, the manager, no group, VMTP_MANAGER_GROUP", "their codes", bad_groups),
    VC_CASE("group/permissions", "VMTP-13.2-01 VMTP-13.2-12 VMTP-13.2-13 VMTP-13.2-21", MANAGED " entities client",
            "a member that may add others adds one with all permissions, then with its own", "NO_PERMISSION, then OK",
            no_more_than_own),
    VC_CASE("group/call", "VMTP-2.3-01 VMTP-13.1-01 VMTP-13.1-03 VMTP-13.1-05 VMTP-13.1-12 TEST-4.6-05",
            MEMBERS " client segments", "CALL to a group for three Responses; two members answer, each twice",
            "multicast Requests; two Responses at the deadline", call_group),
    VC_CASE("group/call-first", "VMTP-13.1-04", MEMBERS " client", "CALL to a group for one Response",
            "it ends with the first", call_first),
    VC_CASE("group/call-errors", "VMTP-13.1-18", MEMBERS " client", "NVC(NO_PERMISSION) to a group Request",
            "it goes on", call_errors_ignored),
    VC_CASE("group/call-datagram", "VMTP-13.1-21", MEMBERS " client", "CALL to a group with DGM", "one multicast",
            call_datagram),
    VC_CASE("group/call-own", "VMTP-13.1-12", MEMBERS " client entities", "CALL of a member to its group", "MDG",
            call_own_group),
    VC_LAST,
};
