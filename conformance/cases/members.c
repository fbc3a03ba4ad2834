/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls of groups that wait for their members, what members say together, and what they say to the whole group: section 13.1. */
#include <string.h>

#include "../case.h"

#define MEMBERS "test-service records groups"
#define CALLS MEMBERS " client"
#define MS VC_MILLISECOND
#define ALL 0xffu

/* What a member of the tester's says to a Request that the node has sent to a group. */
static struct vc_packet of_member(struct vc_test *t, const struct vc_packet *request, uint64_t member, uint32_t code) {
    struct vc_packet response = vc_response(request, code);
    memcpy(response.src, vc_tester_mac(t), 6);
    response.server = member;
    return response;
}

static void member_answers(struct vc_test *t, const struct vc_packet *request, uint64_t member) {
    struct vc_packet response = of_member(t, request, member, VMTP_OK);
    vc_send(t, &response);
}

static int is_unicast_here(struct vc_test *t, const struct vc_packet *p) {
    return memcmp(p->dst, vc_tester_mac(t), 6) == 0 && !(p->flags & VMTP_MPG);
}

/* ---- calls ---------------------------------------------------------------------------------------------------------------- */

static void asked_by_a_member(struct vc_test *t) {
    uint64_t group = vc_new_group(t, 0), member = vc_new_client(t);
    struct vc_call call = {.server = group, .size = 2500};
    struct vc_packet order, *request = vc_calling(t, "VMTP-13.1-08", &call, &order);
    uint32_t blocks = request->delivery;
    while (blocks != 0x1f) {
        request = vc_again(t, "VMTP-13.1-08", request);
        blocks |= request->delivery;
    }
    vc_tell_client(t, request, VMTP_RETRY, 0x0b);
    for (blocks = 0; blocks != 0x14; blocks |= request->delivery) {
        request = vc_again(t, "VMTP-13.1-08", request);
        vc_check(t, "VMTP-13.1-08", is_unicast_here(t, request), "unicast to that member's node", "elsewhere");
        vc_equal(t, "VMTP-13.1-08", "other blocks than those asked for", 0, request->delivery & ~0x14u);
        if (request->delivery == 0)
            return;
    }
    member_answers(t, request, member);
    vc_ends(t, "VMTP-13.1-08", &order, VMTP_OK, VC_PATIENCE);
}

static void until_the_deadline(struct vc_test *t) {
    struct vc_call call = {
        .server = vc_new_group(t, 0), .code = VMTP_PIC | VMTP_MRD | 0x777, .deadline_ms = 1500, .responses = 2};
    struct vc_packet order, *request = vc_calling(t, "VMTP-13.1-19", &call, &order), copy = *request;
    vc_pass(t, 1200 * MS);
    member_answers(t, &copy, vc_new_client(t));
    struct vc_outcome outcome = vc_called(t, "VMTP-13.1-19", &order, VC_PATIENCE);
    vc_equal(t, "VMTP-13.1-19", "result", VMTP_OK, outcome.result);
    vc_equal(t, "VMTP-13.1-19", "Responses", 1, outcome.reports);
}

static void delivered_at_home(struct vc_test *t) {
    uint64_t group = vc_new_group(t, 0), here = vc_service(t), twin = vc_service_entity(t, 1);
    vc_member(t, VMTP_TEST_JOIN, group, 1, ALL);
    struct vc_call call = {.server = group,
                           .code = VMTP_PIC | VMTP_CRE | VMTP_TEST_NULL,
                           .words = {(uint32_t)(here >> 32), (uint32_t)here},
                           .options = 1};
    struct vc_packet order = vc_have_called(t, &call);
    struct vc_outcome outcome = vc_called(t, "VMTP-13.1-20", &order, VC_PATIENCE);
    vc_equal(t, "VMTP-13.1-20", "result", VMTP_OK, outcome.result);
    vc_equal(t, "VMTP-13.1-20", "Server", twin, outcome.server);
    struct vc_packet *sent = vc_await_request(t, group, 20 * MS);
    vc_check(t, "VMTP-13.1-20", sent == NULL, "no frame", "%s", sent ? "the Request" : "none");
    vc_member(t, VMTP_TEST_LEAVE, group, 1, ALL);
}

static void delays_asked_for(struct vc_test *t) {
    uint64_t member = vc_new_client(t);
    struct vc_call call = {.server = vc_new_group(t, 0), .control = VMTP_DRT};
    struct vc_packet order, *request = vc_calling(t, "VMTP-13.1-22", &call, &order), *again;
    member_answers(t, request, member);
    vc_ends(t, "VMTP-13.1-22", &order, VMTP_OK, VC_PATIENCE);
    request = vc_calling(t, "VMTP-13.1-22", &call, &order);
    vc_check(t, "VMTP-13.1-22", request->control & VMTP_DRT, "DRT", "none");
    again = vc_again(t, "VMTP-13.1-22", request);
    vc_lasts(t, "VMTP-13.1-22", "TC1, though the member answers at once,", VC_TC1, 1, again->time - request->time);
    member_answers(t, again, member);
    vc_ends(t, "VMTP-13.1-22", &order, VMTP_OK, VC_PATIENCE);
}

static void asks_one_member(struct vc_test *t) {
    uint8_t segment[2500];
    struct vc_call call = {.server = vc_new_group(t, 0),
                           .code = VMTP_PIC | VMTP_MRD | 0x777,
                           .deadline_ms = 600,
                           .response_room = 4096,
                           .responses = 2};
    struct vc_packet order, *request = vc_calling(t, "VMTP-13.1-23", &call, &order), *again,
                            response = of_member(t, request, vc_new_client(t), VMTP_OK | VMTP_DGM);
    vc_pattern(segment, sizeof segment, 3);
    vc_send_blocks(t, &response, segment, sizeof segment, 0x0b, 0);
    do /* others may be asked as well */
        again = vc_again(t, "VMTP-13.1-23", request);
    while (again->flags & VMTP_MPG && vc_tally(t, request->client, request->transaction, VMTP_REQUEST) < 5);
    vc_check(t, "VMTP-13.1-23", is_unicast_here(t, again), "unicast to that member's node", "elsewhere");
    response.retransmit = again->retransmit;
    vc_send_blocks(t, &response, segment, sizeof segment, 0x1f, 0);
    struct vc_outcome outcome = vc_called(t, "VMTP-13.1-23", &order, VC_PATIENCE);
    vc_equal(t, "VMTP-13.1-23", "their CRC-32", vc_crc(segment, sizeof segment), outcome.crc);
}

/* ---- reliable multicast ----------------------------------------------------------------------------------------------------- */

/* Two members, of whom the second's node is known from an ordinary call. */
static struct vc_packet *reliable(struct vc_test *t, const char *id, uint64_t members[2], struct vc_packet *order) {
    members[0] = vc_new_client(t);
    members[1] = vc_new_client(t);
    struct vc_call plain = {.server = members[1]};
    struct vc_packet *request = vc_calling(t, id, &plain, order);
    vc_finish(t, id, order, request);
    struct vc_call call = {.server = vc_new_group(t, 0),
                           .code = VMTP_PIC | VMTP_MRD | 0x777,
                           .deadline_ms = 8000,
                           .responses = 2,
                           .response_room = 100,
                           .members = members,
                           .member_count = 2};
    return vc_calling(t, id, &call, order);
}

static void all_have_answered(struct vc_test *t) {
    uint64_t members[2];
    struct vc_packet order, *request = reliable(t, "VMTP-13.1-24", members, &order);
    request = vc_again(t, "VMTP-13.1-25", request);
    vc_check(t, "VMTP-13.1-25", request->flags & VMTP_MPG, "to the group, while nobody has answered", "unicast");
    member_answers(t, request, members[0]);
    vc_settle(t);
    do /* one may have been on its way */
        request = vc_again(t, "VMTP-13.1-25", request);
    while (request->flags & VMTP_MPG && vc_tally(t, request->client, request->transaction, VMTP_REQUEST) < 4);
    vc_check(t, "VMTP-13.1-25", is_unicast_here(t, request), "unicast to the node of who has not", "elsewhere");
    vc_time answered = vc_now(t);
    member_answers(t, request, members[1]);
    struct vc_outcome outcome = vc_called(t, "VMTP-13.1-24 TEST-4.6-10", &order, VC_PATIENCE);
    vc_equal(t, "VMTP-13.1-24 TEST-4.6-10", "result", VMTP_OK, outcome.result);
    vc_equal(t, "VMTP-13.1-24 TEST-4.6-10", "Responses", 2, outcome.reports);
    vc_check(t, "VMTP-13.1-24", vc_now(t) - answered < VC_SECOND, "at once", "later");
}

static void one_is_missing(struct vc_test *t) {
    uint64_t members[2];
    struct vc_packet order, *request = reliable(t, "VMTP-13.1-26", members, &order);
    member_answers(t, request, members[0]);
    vc_time start = vc_now(t);
    struct vc_outcome outcome = vc_called(t, "VMTP-13.1-26", &order, 4 * VC_SECOND);
    vc_check(t, "VMTP-13.1-26", outcome.result == VMTP_RETRANS_TIMEOUT, "RETRANS_TIMEOUT", "%s",
             vc_response_name(outcome.result));
    vc_equal(t, "VMTP-13.1-26", "members that have answered", 1, outcome.reports);
    unsigned sent = vc_tally(t, request->client, request->transaction, VMTP_REQUEST);
    vc_equal(t, "VMTP-13.1-26", "transmissions", 6, sent);
    vc_check(t, "VMTP-13.1-26", vc_now(t) - start < 3 * VC_SECOND, "before its deadline", "later");
}

static void acknowledged(struct vc_test *t) {
    static const uint32_t codes[] = {VMTP_OK, VMTP_BUSY};
    uint64_t members[2];
    struct vc_packet order, *request = reliable(t, "VMTP-13.1-27", members, &order);
    member_answers(t, request, members[0]);
    for (unsigned i = 0; i < 9; i++) {
        request = vc_again(t, "VMTP-13.1-27", request);
        vc_tell_client(t, request, codes[i % 2], 0);
    }
    member_answers(t, request, members[1]);
    struct vc_outcome outcome = vc_called(t, "VMTP-13.1-27", &order, VC_PATIENCE);
    vc_equal(t, "VMTP-13.1-27", "result", VMTP_OK, outcome.result);
    vc_equal(t, "VMTP-13.1-27", "Responses", 2, outcome.reports);
}

/* ---- members of one node -------------------------------------------------------------------------------------------------------- */

static void say_it_once(struct vc_test *t) {
    uint8_t segment[2000];
    uint64_t group = vc_new_group(t, 0);
    vc_member(t, VMTP_TEST_JOIN, group, 0, ALL);
    vc_member(t, VMTP_TEST_JOIN, group, 1, ALL);
    struct vc_packet request = vc_to_group(t, group, VMTP_TEST_SINK), bare, *told;
    vc_pattern(segment, sizeof segment, 1);
    vc_send_blocks(t, &request, segment, sizeof segment, 3, 0);
    bare = vc_duplicate(&request, VMTP_APG);
    bare.code |= VMTP_SDA;
    bare.words[6] = sizeof segment;
    vc_send(t, &bare);
    told = vc_want_nvc(t, "VMTP-13.1-17", &request, VMTP_RETRY);
    vc_equal(t, "VMTP-13.1-17", "delivery", 3, told->words[5]);
    vc_time first = told->time;
    told = vc_await_notify(t, VMTP_NOTIFY_VMTP_CLIENT, request.client, request.transaction, 10 * MS);
    vc_check(t, "VMTP-13.1-17", told == NULL || told->time > first + 10 * MS, "one RETRY of both members", "%s",
             told ? "two" : "one");

    struct vc_packet waiting = vc_to_group(t, group, VMTP_TEST_DELAY);
    waiting.words[0] = 500000;
    vc_send(t, &waiting);
    vc_settle(t);
    struct vc_packet again = vc_duplicate(&waiting, VMTP_APG);
    memcpy(again.dst, vc_node_mac(t), 6);
    again.flags = 0;
    vc_send(t, &again);
    vc_want_nvc(t, "VMTP-13.1-17", &again, VMTP_OK);
    told = vc_await_notify(t, VMTP_NOTIFY_VMTP_CLIENT, waiting.client, waiting.transaction, 10 * MS);
    vc_check(t, "VMTP-13.1-17", told == NULL, "one OK of both members", "%s", told ? "two" : "one");
    for (unsigned i = 0; i < 2; i++)
        vc_want_response(t, "VMTP-13.1-11", &waiting, VMTP_OK);
    vc_member(t, VMTP_TEST_LEAVE, group, 0, ALL);
    vc_member(t, VMTP_TEST_LEAVE, group, 1, ALL);
}

static void immune(struct vc_test *t) {
    uint64_t group = vc_new_group(t, 0), entity = vc_service_entity(t, 5);
    struct vc_packet add = vc_manage(t, VMTP_ADD_TO_GROUP, entity), query;
    add.words[2] = (uint32_t)(group >> 32);
    add.words[3] = (uint32_t)group;
    add.words[4] = (uint32_t)(entity >> 32);
    add.words[5] = (uint32_t)entity;
    vc_send(t, &add);
    vc_want_refusal(t, "VMTP-13.2-17 TEST-2.3-04", &add, VMTP_NO_PERMISSION);
    query = vc_manage(t, VMTP_QUERY_ENTITY, entity);
    vc_send(t, &query);
    struct vc_packet *answer = vc_want_response(t, "VMTP-10.8-01", &query, VMTP_OK);
    vc_check(t, "VMTP-10.8-01 TEST-2.3-04", answer->data_octets >= 56 && vc_get32(answer->data + 8) & 2,
             "flag 2, immune", "none");
}

/* ---- Responses to the whole group --------------------------------------------------------------------------------------------- */

static struct vc_packet tell(struct vc_test *t, uint64_t group, uint64_t who, uint32_t us) {
    struct vc_packet request = vc_to_group(t, group, VMTP_TEST_TELL);
    request.words[0] = (uint32_t)(who >> 32);
    request.words[1] = (uint32_t)who;
    request.words[2] = us;
    request.words[3] = 40;
    request.words[4] = 7;
    return request;
}

static void is_group_response(struct vc_test *t, const char *id, const struct vc_packet *p, uint64_t group) {
    vc_check(t, id, p->flags & VMTP_MPG && p->dst[0] == 9 && p->dst[5] == (uint8_t)group,
             "MPG and the group's Ethernet address", "dst %02x..%02x", p->dst[0], p->dst[5]);
    vc_equal(t, id, "Server", vc_service(t), p->server);
    vc_check(t, id, p->data_octets == 40 && p->delivery == 1, "whole in one packet", "%u octets", p->data_octets);
}

static void to_the_group(struct vc_test *t) {
    uint8_t expected[40];
    uint64_t group = vc_new_group(t, 0);
    vc_member(t, VMTP_TEST_JOIN, group, 0, ALL);
    struct vc_packet request = tell(t, group, vc_service(t), 0), *p;
    vc_pattern(expected, sizeof expected, 7);
    vc_send(t, &request);
    p = vc_want_response(t, "VMTP-13.1-28 TEST-4.15-01", &request, VMTP_OK);
    vc_check(t, "VMTP-13.1-28", is_unicast_here(t, p), "first one by unicast", "otherwise");
    vc_check(t, "TEST-4.15-01", p->data_octets == 40 && memcmp(p->data, expected, 40) == 0, "the pattern", "another");
    vc_equal(t, "TEST-4.15-01", "CRC-32", vc_crc(expected, 40), p->words[2]);
    p = vc_want_response(t, "VMTP-13.1-15", &request, VMTP_OK);
    is_group_response(t, "VMTP-13.1-15", p, group);
    request = vc_duplicate(&request, VMTP_APG);
    vc_send(t, &request);
    p = vc_want_response(t, "VMTP-13.1-29", &request, VMTP_OK);
    vc_check(t, "VMTP-13.1-29", is_unicast_here(t, p), "what is sent again goes to the Client", "otherwise");
    vc_want_silence(t, "VMTP-13.1-29", "second group Response");

    request = tell(t, group, 0, 0);
    request.control = VMTP_MDG;
    vc_send(t, &request);
    p = vc_want_response(t, "VMTP-13.1-28 TEST-4.15-01", &request, VMTP_OK);
    is_group_response(t, "VMTP-13.1-28", p, group);
    vc_want_silence(t, "VMTP-13.1-28", "Response by unicast to a Client that is a member");
    vc_member(t, VMTP_TEST_LEAVE, group, 0, ALL);
}

static void heard(struct vc_test *t) {
    uint64_t group = vc_new_group(t, 0), speaker = vc_new_client(t);
    vc_member(t, VMTP_TEST_JOIN, group, 1, ALL | VMTP_GRP_RESPONSES);
    vc_member(t, VMTP_TEST_JOIN, group, 2, ALL);
    uint64_t listener = vc_service_entity(t, 1);
    struct vc_packet request = tell(t, group, speaker, 300000), said, other, *p;
    vc_time sent = vc_now(t);
    vc_send(t, &request);
    said = of_member(t, &request, speaker, VMTP_OK);
    said.words[0] = 5;
    vc_multicast(&said, group);
    vc_send(t, &said);
    other = said;
    other.transaction++;
    vc_send(t, &other);
    for (unsigned i = 0; i < 2; i++) {
        p = vc_want_response(t, "VMTP-13.1-30 TEST-4.15-02", &request, VMTP_OK);
        vc_check(t, "TEST-4.15-02", p->time - sent >= 300 * MS, "after 300 ms", "%.1f ms",
                 (double)(p->time - sent) / 1e6);
        vc_equal(t, "VMTP-13.1-30 TEST-4.15-02", "group Responses that it has heard", p->server == listener, p->words[0]);
        if (p->server == listener)
            vc_check(t, "TEST-4.15-02", p->data_octets >= 32 && vc_get64(p->data) == speaker, "who has said it",
                     "%u octets", p->data_octets);
    }
    vc_member(t, VMTP_TEST_LEAVE, group, 1, ALL);
    vc_member(t, VMTP_TEST_LEAVE, group, 2, ALL);
}

static void by_multicast(struct vc_test *t) {
    uint64_t group = vc_new_group(t, 0);
    vc_member(t, VMTP_TEST_JOIN, group, 0, ALL);
    struct vc_call call = {.server = group, .number = 8};
    struct vc_packet order, *request = vc_calling(t, "VMTP-13.1-32", &call, &order),
                            response = of_member(t, request, vc_new_client(t), VMTP_OK);
    vc_multicast(&response, group);
    vc_send(t, &response);
    vc_ends(t, "VMTP-13.1-32", &order, VMTP_OK, VC_PATIENCE);
    response.control = VMTP_APG;
    vc_send(t, &response);
    response.client = vc_new_client(t);
    vc_send(t, &response);
    vc_want_silence(t, "VMTP-13.1-32", "answer to a multicast Response");
    vc_member(t, VMTP_TEST_LEAVE, group, 0, ALL);
}

static void bad_tells(struct vc_test *t) {
    uint64_t group = vc_new_group(t, 0);
    vc_member(t, VMTP_TEST_JOIN, group, 0, ALL);
    struct vc_packet bad[4] = {tell(t, group, 0, 0), tell(t, group, group, 0), tell(t, group, 0, 60000001),
                               tell(t, group, 0, 0)};
    bad[0].server = vc_service(t);
    memcpy(bad[0].dst, vc_node_mac(t), 6);
    bad[0].flags = 0;
    bad[3].words[3] = 513;
    for (unsigned i = 0; i < 4; i++) {
        vc_send(t, &bad[i]);
        vc_want_response(t, "TEST-4.15-03", &bad[i], VMTP_TEST_BAD_ARGUMENT);
    }
    vc_member(t, VMTP_TEST_LEAVE, group, 0, ALL);
}

const struct vc_case vc_members_cases[] = {
    VC_CASE("members/asked", "VMTP-13.1-08", CALLS " segments", "NVC(RETRY) of a member to a group Request",
            "the blocks by unicast", asked_by_a_member),
    VC_CASE("members/deadline", "VMTP-13.1-19", CALLS, "a Response after all retransmissions, before the deadline",
            "it is taken", until_the_deadline),
    VC_CASE("members/at-home", "VMTP-13.1-20", CALLS " entities",
            "CALL to a group with an entity of the node as CoResidentEntity", "answered without a frame",
            delivered_at_home),
    VC_TIMED("members/delays", "VMTP-13.1-22", CALLS, "CALL to a group with DRT, whose member answers at once, twice",
             "TC1 as at first contact", delays_asked_for),
    VC_CASE("members/incomplete", "VMTP-13.1-23", CALLS " segments", "an idempotent Response of a member, in part",
            "the Request again, to that member's node", asks_one_member),
    VC_CASE("members/all", "VMTP-13.1-24 VMTP-13.1-25 TEST-4.6-10", CALLS " near",
            "two members that answer one after the other",
            "the Request again by multicast, then by unicast; the end with the second Response", all_have_answered),
    VC_CASE("members/missing", "VMTP-13.1-26", CALLS, "two members, of which one answers",
            "RETRANS_TIMEOUT after five retransmissions, and one Response", one_is_missing),
    VC_CASE("members/acknowledged", "VMTP-13.1-27", CALLS, "NVC(OK) and NVC(BUSY) of one that answers late",
            "it goes on", acknowledged),
    VC_CASE("members/once", "VMTP-13.1-11 VMTP-13.1-17", MEMBERS " entities segments",
            "half a Request to two members of the node; then a duplicate by unicast", "one RETRY, one OK", say_it_once),
    VC_CASE("members/immune", "VMTP-10.8-01 VMTP-13.2-17 TEST-2.3-04", MEMBERS " entities full-manager",
            "AddToGroup of the guarded entity", "NO_PERMISSION", immune),
    VC_CASE("members/to-the-group", "VMTP-13.1-15 VMTP-13.1-28 VMTP-13.1-29 TEST-4.15-01", MEMBERS " tell",
            "TELL, again, and with MDG", "group Responses, and those of the Client alone", to_the_group),
    VC_CASE("members/heard", "VMTP-13.1-30 TEST-4.15-02", MEMBERS " tell entities",
            "a group Response of the tester to members with and without VMTP_GRP_RESPONSES", "the one has heard it",
            heard),
    VC_CASE("members/by-multicast", "VMTP-13.1-32", CALLS " entities", "multicast Responses to a call, and to nobody",
            "taken, and silence", by_multicast),
    VC_CASE("members/bad-tells", "TEST-4.15-03", MEMBERS " tell", "TELL out of range", "TEST_BAD_ARGUMENT", bad_tells),
    VC_LAST,
};
