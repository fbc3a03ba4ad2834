/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls whose server is not where it was, or is known already; entities and their Transactions. Sections 4.6, 7, 10.3, 13.11. */
#include <string.h>

#include "../case.h"

#define CLIENT "test-service records client"
#define LARGE CLIENT " segments"
#define MS VC_MILLISECOND

static uint8_t pattern[32768];

/* A Response with a segment: blocks of one group. */
static void send_part(struct vc_test *t, const struct vc_packet *request, uint32_t code, uint32_t size, uint32_t mask,
                      uint32_t control) {
    struct vc_packet response = vc_response(request, code | VMTP_SDA);
    memcpy(response.src, vc_tester_mac(t), 6);
    vc_pattern(pattern, size, size);
    vc_send_blocks(t, &response, pattern, size, mask, control);
}

static void took(struct vc_test *t, const char *id, const struct vc_packet *order, uint32_t size) {
    struct vc_outcome outcome = vc_called(t, id, order, VC_PATIENCE);
    vc_equal(t, id, "result", VMTP_OK, outcome.result);
    vc_equal(t, id, "octets", size, outcome.octets);
    vc_equal(t, id, "their CRC-32", vc_crc(pattern, size), outcome.crc);
}

/* ---- where somebody is ----------------------------------------------------------------------------------------------------- */

static void asked_before(struct vc_test *t) {
    vc_start(t, "hosts=64"); /* a full cache need not make room for all who ask */
    struct vc_packet first = vc_request(t, VMTP_TEST_NULL), order, *request;
    vc_send(t, &first);
    vc_want_response(t, "VMTP-4.6-03", &first, VMTP_OK);
    struct vc_call call = {.server = first.client};
    request = vc_calling(t, "VMTP-4.6-03", &call, &order);
    vc_equal(t, "VMTP-4.6-03", "Probes for who has sent a Request", 0, vc_probes(t, call.server));
    struct vc_packet response = vc_response(request, VMTP_OK);
    vc_other_node(t, 1);
    memcpy(response.src, vc_tester_mac(t), 6);
    vc_send(t, &response);
    vc_ends(t, "VMTP-4.6-03", &order, VMTP_OK, VC_PATIENCE);
    request = vc_calling(t, "VMTP-4.6-03", &call, &order);
    vc_check(t, "VMTP-4.6-03", memcmp(request->dst, vc_tester_mac(t), 6) == 0, "to where its Response came from",
             "elsewhere");
    vc_finish(t, "VMTP-4.6-03", &order, request);
}

/* What the node that it has left goes on to say of a call is old. */
static void left_behind(struct vc_test *t) {
    static const uint32_t codes[] = {VMTP_ENTITY_MIGRATED, VMTP_NONEXISTENT_ENTITY};
    struct vc_call call = {0};
    struct vc_packet order, *request = vc_calling(t, "VMTP-7.5-11", &call, &order), *again, told;
    vc_probes(t, call.server);
    told = vc_nvc(t, request, VMTP_ENTITY_MIGRATED, 0);
    vc_send(t, &told);
    vc_other_node(t, 1);
    again = vc_again(t, "VMTP-7.5-11", request);
    vc_probes(t, call.server);
    for (unsigned i = 0; i < 2; i++) {
        told.words[6] = codes[i];
        told.transaction++;
        vc_send(t, &told);
    }
    vc_pass(t, 30 * MS);
    vc_equal(t, "VMTP-7.5-11", "Probes", 0, vc_probes(t, call.server));
    vc_finish(t, "VMTP-7.5-11", &order, again);
}

static void moves_again(struct vc_test *t) {
    struct vc_call call = {0};
    struct vc_packet order, *request = vc_calling(t, "VMTP-13.11-13", &call, &order);
    for (unsigned i = 0; i < 5; i++) {
        vc_other_node(t, i % 2 == 1);
        vc_tell_client(t, request, VMTP_ENTITY_MIGRATED, 0);
        vc_other_node(t, i % 2 == 0);
        request = vc_again(t, "VMTP-13.11-13", request);
        vc_check(t, "VMTP-13.11-13", memcmp(request->dst, vc_tester_mac(t), 6) == 0, "the Request to the new node",
                 "elsewhere");
    }
    vc_tell_client(t, request, VMTP_ENTITY_MIGRATED, 0);
    vc_ends(t, "VMTP-13.11-13", &order, VMTP_RETRANS_TIMEOUT, 150 * MS); /* and not by its timer */
}

static void nowhere(struct vc_test *t) {
    struct vc_call call = {0};
    struct vc_packet order, *request = vc_calling(t, "VMTP-13.11-19", &call, &order);
    vc_probes(t, call.server);
    vc_answer_probes(t, 0);
    vc_tell_client(t, request, VMTP_ENTITY_MIGRATED, 0);
    vc_ends(t, "VMTP-13.11-19", &order, VMTP_RETRANS_TIMEOUT, 4 * VC_SECOND);
    vc_equal(t, "VMTP-13.11-19", "Probes", 12, vc_probes(t, call.server));
}

/* It keeps what it has of the Response, and asks where the server is now. */
static void moves_while_answering(struct vc_test *t) {
    struct vc_call call = {0};
    struct vc_packet order, *request = vc_calling(t, "VMTP-13.11-18", &call, &order), *again;
    send_part(t, request, VMTP_OK, 2500, 0x0b, 0);
    vc_tell_client(t, request, VMTP_ENTITY_MIGRATED, 0);
    vc_other_node(t, 1);
    again = vc_again(t, "VMTP-13.11-18", request);
    vc_check(t, "VMTP-13.11-18", memcmp(again->dst, vc_tester_mac(t), 6) == 0, "the Request to the new node",
             "elsewhere");
    vc_equal(t, "VMTP-13.11-18", "Transaction", request->transaction, again->transaction);
    struct vc_packet bare = vc_response(again, VMTP_OK | VMTP_SDA), *asks;
    bare.words[6] = 2500;
    bare.control = VMTP_APG;
    vc_send(t, &bare);
    asks = vc_want_nvs(t, "VMTP-13.11-18", &bare, VMTP_RETRY);
    vc_equal(t, "VMTP-13.11-18", "delivery", 0x0b, asks->words[5]);
    send_part(t, again, VMTP_OK, 2500, 0x14, 0);
    took(t, "VMTP-13.11-18", &order, 2500);
}

/* ---- Transactions ------------------------------------------------------------------------------------------------------------ */

static uint32_t transaction_of(struct vc_test *t, const char *id, uint64_t entity) {
    struct vc_packet probe = vc_manage(t, VMTP_PROBE_ENTITY, entity);
    probe.words[2] = probe.words[0];
    probe.words[3] = probe.words[1];
    vc_send(t, &probe);
    return vc_want_response(t, id, &probe, VMTP_OK)->words[0];
}

static void told_transaction(struct vc_test *t) {
    struct vc_call call = {0};
    struct vc_packet order, *request = vc_calling(t, "VMTP-10.3-02", &call, &order), copy = *request;
    vc_equal(t, "VMTP-10.3-02", "Transaction of the call outstanding", copy.transaction,
             transaction_of(t, "VMTP-10.3-02", copy.client));
    vc_finish(t, "VMTP-10.3-02", &order, &copy);
    vc_equal(t, "VMTP-10.3-02", "Transaction of the next call", copy.transaction + 1u,
             transaction_of(t, "VMTP-10.3-02", copy.client));
}

static void random_beginning(struct vc_test *t) {
    const uint32_t end[7] = {3, 1};
    uint32_t least = UINT32_MAX, most = 0;
    for (unsigned i = 0; i < 4; i++) {
        uint32_t transaction = transaction_of(t, "VMTP-7.2-02", vc_service_entity(t, 3));
        least = transaction < least ? transaction : least;
        most = transaction > most ? transaction : most;
        vc_must(t, VMTP_TEST_ENTITY, end);
    }
    vc_check(t, "VMTP-7.2-02", most - least > 1u << 20, "new entities begin far from each other", "within %u",
             most - least);
}

/* ---- Responses ---------------------------------------------------------------------------------------------------------------- */

/* The second execution of an idempotent operation has several packet groups, though the first had one. */
static void grows(struct vc_test *t) {
    const uint32_t size = 20000, first = VC_SEGMENT_MAX, rest = size - first;
    struct vc_call call = {.response_room = 32768};
    struct vc_packet order, *request = vc_calling(t, "VMTP-7.4-12", &call, &order), *again, part;
    send_part(t, request, VMTP_OK | VMTP_DGM, 2500, 0x0b, 0);
    again = vc_again(t, "VMTP-7.4-12", request);
    vc_pattern(pattern, size, 9);
    for (unsigned group = 0; group < 2; group++) {
        uint32_t mask = vc_all_blocks(group ? rest : first);
        part = vc_response(again, VMTP_OK | VMTP_DGM);
        part.transaction += group;
        part.control = group ? VMTP_NSR : VMTP_NER | VMTP_CMG;
        part.gap = 1;
        for (; mask; mask &= mask - 1) {
            vc_carry(&part, pattern + group * first, group ? rest : first, mask & (~mask + 1));
            part.words[6] = size;
            vc_send(t, &part);
        }
    }
    took(t, "VMTP-7.4-12", &order, size);
}

const struct vc_case vc_calls_cases[] = {
    VC_CASE("calls/asked-before", "VMTP-4.6-03", CLIENT " reboot",
            "CALL to who has sent a Request; its Response from another node", "no Probe; the next Request to that node",
            asked_before),
    VC_CASE("calls/left-behind", "VMTP-7.5-11", CLIENT,
            "NVC(ENTITY_MIGRATED) and NVC(NONEXISTENT_ENTITY) from the node that the server has left", "no effect",
            left_behind),
    VC_TIMED("calls/moves-again", "VMTP-13.11-13", CLIENT, "NVC(ENTITY_MIGRATED) six times",
             "obeyed five times, then RETRANS_TIMEOUT", moves_again),
    VC_CASE("calls/nowhere", "VMTP-13.11-19", CLIENT, "NVC(ENTITY_MIGRATED), and no Probe is answered",
            "twice six Probes, then RETRANS_TIMEOUT", nowhere),
    VC_CASE("calls/moves-while-answering", "VMTP-13.11-18", LARGE, "NVC(ENTITY_MIGRATED) while a Response arrives",
            "the Request there; only what is missing is asked for", moves_while_answering),
    VC_CASE("calls/transaction", "VMTP-10.3-02", CLIENT, "ProbeEntity for a client that calls, and has called",
            "the call's Transaction, and the next one", told_transaction),
    VC_CASE("calls/random-beginning", "VMTP-7.2-02", "test-service entities", "ProbeEntity for four new entities",
            "Transactions far from each other", random_beginning),
    VC_CASE("calls/grows", "VMTP-7.4-12", LARGE " streams",
            "an idempotent Response of one group in part, then one of two groups", "the octets of the second", grows),
    VC_LAST,
};
