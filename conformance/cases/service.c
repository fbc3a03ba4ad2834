/* SPDX-License-Identifier: BSD-2-Clause */
/* The test service itself: spec/testing.md.  Cases elsewhere stand on it. */
#include <string.h>

#include "../case.h"

#define SERVICE "test-service"
#define MS VC_MILLISECOND

static struct vc_packet with_words(struct vc_test *t, uint32_t code, uint32_t w0, uint32_t w1, uint32_t w2) {
    struct vc_packet request = vc_request(t, code);
    request.words[0] = w0;
    request.words[1] = w1;
    request.words[2] = w2;
    return request;
}

static void refused(struct vc_test *t, const char *id, struct vc_packet request, uint32_t code) {
    vc_send(t, &request);
    struct vc_packet *answer = vc_want_response(t, id, &request, code);
    vc_check(t, id, !(answer->code & VMTP_SDA), "no segment", "SDA");
}

static void identify(struct vc_test *t) {
    struct vc_packet request = vc_request_to(t, VMTP_TEST_SERVICE, VMTP_TEST_IDENTIFY), *well, *own;
    vc_send(t, &request);
    well = vc_want_response(t, "TEST-2.1-02", &request, VMTP_OK);
    vc_equal(t, "TEST-2.1-02", "Server", VMTP_TEST_SERVICE, well->server);
    vc_check(t, "TEST-4.7-02", well->code & VMTP_DGM, "DGM", "none");
    request = vc_request(t, VMTP_TEST_IDENTIFY);
    vc_send(t, &request);
    own = vc_want_response(t, "TEST-4.7-01", &request, VMTP_OK);
    vc_check(t, "TEST-2.1-01 TEST-4.7-01",
             vc_pair(own->words) == vc_pair(well->words) && vc_pair(own->words) == vc_service(t), "the same identifier",
             "another");
    vc_check(t, "TEST-4.7-03",
             own->words[5] == 0 || own->words[5] > VC_SEGMENT_MAX ||
                 (own->words[5] >= VC_BLOCK && !vc_claims(t, "segments")),
             vc_claims(t, "segments") ? "0, or above 16384" : "what one packet carries", "%u", own->words[5]);
    request = vc_request_to(t, VMTP_TEST_SERVICE, VMTP_TEST_NULL);
    refused(t, "TEST-2.1-02", request, VMTP_ERROR);
}

/* What the set names is there, and nothing else. */
static void procedures(struct vc_test *t) {
    struct vc_packet request = vc_request(t, VMTP_TEST_IDENTIFY), *set;
    vc_send(t, &request);
    set = vc_want_response(t, "TEST-4.7-01", &request, VMTP_OK);
    if (set->data_octets < 32)
        vc_give_up(t, "IDENTIFY has no set of procedures");
    for (uint32_t p = 0; p < 256; p++) {
        if (set->data[p / 8] & 0x80 >> p % 8)
            continue;
        refused(t, "TEST-4.7-01 TEST-3.1-02", vc_request(t, VMTP_TEST_NULL | p), VMTP_ERROR);
    }
    static const uint32_t outside[] = {0x000100, 0x0001ff, 0x000300, 0x010200, 0x7f0200};
    for (unsigned i = 0; i < 5; i++)
        refused(t, "TEST-3.1-02", vc_request(t, outside[i]), VMTP_ERROR);
}

/* Bit 0x80 makes a Response idempotent and changes nothing else; without it, it is none. */
static void idempotent(struct vc_test *t) {
    static const uint32_t codes[] = {VMTP_TEST_NULL,  VMTP_TEST_ECHO,  VMTP_TEST_SINK,  VMTP_TEST_SOURCE,
                                     VMTP_TEST_DELAY, VMTP_TEST_COUNT, VMTP_TEST_MIRROR};
    for (unsigned i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        struct vc_packet request = with_words(t, codes[i], 3, 4, 0);
        vc_send(t, &request);
        struct vc_packet *answer = vc_want_response(t, "TEST-3.1-04", &request, VMTP_OK);
        vc_equal(t, "TEST-3.1-04 TEST-3.1-06", "code flags but SDA", 0, answer->code >> 24 & ~(uint32_t)(VMTP_SDA >> 24));
        request = with_words(t, codes[i] | 0x80, 3, 4, 0);
        vc_send(t, &request);
        answer = vc_want_response(t, "TEST-3.1-03", &request, VMTP_OK);
        vc_equal(t, "TEST-3.1-03 TEST-3.1-06", "code flags but SDA", VMTP_DGM >> 24,
                 answer->code >> 24 & ~(uint32_t)(VMTP_SDA >> 24));
    }
    static const uint32_t none[] = {VMTP_TEST_DISCARD, VMTP_TEST_CALL, VMTP_TEST_RESET, VMTP_TEST_SERIAL,
                                    VMTP_TEST_FORWARD, VMTP_TEST_JOIN, VMTP_TEST_LEAVE, VMTP_TEST_MIGRATE,
                                    VMTP_TEST_ADOPT,   VMTP_TEST_TELL};
    for (unsigned i = 0; i < sizeof none / sizeof none[0]; i++)
        refused(t, "TEST-3.1-03", vc_request(t, none[i] | 0x80), VMTP_ERROR);
}

static void flags(struct vc_test *t) {
    static const uint32_t bits[] = {0, VMTP_MRD, VMTP_CMD, VMTP_CODE_RESERVED};
    for (unsigned i = 0; i < 4; i++) {
        struct vc_packet request = vc_request(t, VMTP_TEST_NULL);
        request.code = VMTP_TEST_NULL | bits[i];
        vc_send(t, &request);
        vc_want_response(t, "TEST-3.1-01", &request, VMTP_OK);
    }
}

static void null_and_echo(struct vc_test *t) {
    struct vc_packet request = with_words(t, VMTP_TEST_NULL, 1, 2, 3);
    vc_send(t, &request);
    struct vc_packet *answer = vc_want_response(t, "TEST-4.1-01", &request, VMTP_OK);
    vc_check(t, "TEST-4.1-01", !(answer->code & VMTP_SDA), "no segment", "SDA");
    uint8_t segment[40];
    vc_pattern(segment, sizeof segment, 4);
    request = with_words(t, VMTP_TEST_ECHO, 0xffffffff, 2, 0x80000000);
    request.words[5] = 6;
    vc_carry(&request, segment, sizeof segment, 1);
    vc_send(t, &request);
    answer = vc_want_response(t, "TEST-4.1-02", &request, VMTP_OK);
    for (unsigned i = 0; i < 6; i++)
        vc_equal(t, "TEST-4.1-02", "a word", request.words[i], answer->words[i]);
    vc_check(t, "TEST-4.1-02", answer->data_octets == 40 && memcmp(answer->data, segment, 40) == 0, "the segment",
             "another");
}

static void sink(struct vc_test *t) {
    struct vc_packet request = vc_request(t, VMTP_TEST_SINK), *answer;
    vc_send(t, &request);
    answer = vc_want_response(t, "TEST-4.1-03", &request, VMTP_OK);
    vc_equal(t, "TEST-1.2-01 TEST-4.1-03", "octets and CRC-32 of nothing", 0, answer->words[0] | answer->words[1]);
    request = vc_request(t, VMTP_TEST_SINK);
    vc_carry(&request, (const uint8_t *)"123456789", 9, 1);
    vc_send(t, &request);
    answer = vc_want_response(t, "TEST-4.1-03", &request, VMTP_OK);
    vc_equal(t, "TEST-4.1-03", "octets", 9, answer->words[0]);
    vc_equal(t, "TEST-4.1-03", "CRC-32 of 123456789", 0xcbf43926, answer->words[1]);
}

static void source(struct vc_test *t) {
    static const uint8_t first[12] = {0x96, 0xa0, 0xf9, 0x6b, 0x12, 0xbc, 0x83, 0x90, 0x97, 0x1e, 0x99, 0x64};
    struct vc_packet request = with_words(t, VMTP_TEST_SOURCE, 12, 1, 0), *answer;
    vc_send(t, &request);
    answer = vc_want_response(t, "TEST-4.1-04", &request, VMTP_OK);
    vc_check(t, "TEST-1.3-01 TEST-1.1-02", answer->data_octets >= 12 && memcmp(answer->data, first, 12) == 0,
             "96 A0 F9 6B ...", "other octets");
    vc_equal(t, "TEST-4.1-04", "octets", 12, answer->words[0]);
    vc_equal(t, "TEST-4.1-04", "seed", 1, answer->words[1]);
    vc_equal(t, "TEST-4.1-04", "CRC-32", vc_crc(first, 12), answer->words[2]);
    request = with_words(t, VMTP_TEST_SOURCE, 0, 1, 0);
    request.words[3] = request.words[4] = request.words[5] = request.words[6] = 0xffffffff;
    vc_send(t, &request);
    answer = vc_want_response(t, "TEST-4.1-04", &request, VMTP_OK);
    vc_check(t, "TEST-4.1-04", !(answer->code & VMTP_SDA), "no segment for 0 octets", "SDA");
    vc_equal(t, "TEST-1.1-01", "words that the table does not have", 0,
             answer->words[3] | answer->words[4] | answer->words[5]);
}

static void source_forms(struct vc_test *t) {
    for (uint32_t form = 0; form < 8; form++) {
        struct vc_packet request = with_words(t, VMTP_TEST_SOURCE, 100, 1, form), *answer;
        vc_send(t, &request);
        answer = vc_want_response(t, "TEST-4.1-07", &request, VMTP_OK);
        vc_equal(t, "TEST-4.1-07", "NRT", form & 1, (answer->control & VMTP_NRT) != 0);
        vc_equal(t, "TEST-4.1-07 VMTP-13.8-01", "HCO", form >> 1 & 1, (answer->flags & VMTP_HCO) != 0);
        vc_equal(t, "TEST-4.1-07", "MDM", form >> 2 & 1, (answer->code & VMTP_MDM) != 0);
        if (form & 4)
            vc_equal(t, "TEST-4.1-07 VMTP-13.7-03", "the block in MsgDelivery and PacketDelivery", 1,
                     answer->words[5] & answer->delivery);
    }
}

static void bad_arguments(struct vc_test *t) {
    refused(t, "TEST-4.1-05 TEST-3.2-01", with_words(t, VMTP_TEST_SOURCE, 0x7fffffff, 1, 0), VMTP_TEST_BAD_ARGUMENT);
    refused(t, "TEST-4.1-05", with_words(t, VMTP_TEST_SOURCE, 1, 1, 8), VMTP_TEST_BAD_ARGUMENT);
    refused(t, "TEST-4.1-05", with_words(t, VMTP_TEST_SOURCE, 16385, 1, 1), VMTP_TEST_BAD_ARGUMENT);
    refused(t, "TEST-4.3-02", with_words(t, VMTP_TEST_COUNT, 256, 0, 0), VMTP_TEST_BAD_ARGUMENT);
}

static void bad_delays(struct vc_test *t) {
    refused(t, "TEST-4.1-05", with_words(t, VMTP_TEST_DELAY, 0, 16385, 0), VMTP_TEST_BAD_ARGUMENT);
    refused(t, "TEST-4.2-03", with_words(t, VMTP_TEST_DELAY, 60000001, 0, 0), VMTP_TEST_BAD_ARGUMENT);
}

static void delay(struct vc_test *t) {
    struct vc_packet request = with_words(t, VMTP_TEST_DELAY, 300000, 10, 5), *answer;
    vc_time sent = vc_now(t);
    vc_send(t, &request);
    struct vc_packet other = vc_request(t, VMTP_TEST_NULL);
    vc_send(t, &other);
    struct vc_packet *early = vc_want_response(t, "TEST-2.2-01", &other, VMTP_OK);
    answer = vc_want_response(t, "TEST-4.2-01", &request, VMTP_OK);
    vc_check(t, "TEST-4.2-01", answer->time - sent >= 300 * MS, "after 300 ms", "%.1f ms",
             (double)(answer->time - sent) / 1e6);
    vc_check(t, "TEST-2.2-01", early->time < answer->time, "NULL before DELAY", "after it");
    vc_equal(t, "TEST-4.2-01", "octets", 10, answer->words[0]);
}

static void delays(struct vc_test *t) {
    struct vc_packet requests[4];
    for (unsigned i = 0; i < 4; i++) {
        requests[i] = with_words(t, VMTP_TEST_DELAY, 300000, 0, 0);
        vc_send(t, &requests[i]);
    }
    for (unsigned i = 0; i < 4; i++)
        vc_want_response(t, "TEST-4.2-02", &requests[i], VMTP_OK);
}

static void counts(struct vc_test *t) {
    vc_must(t, VMTP_TEST_RESET, NULL);
    vc_equal(t, "TEST-4.3-03 TEST-4.3-02", "COUNT of COUNT", 1, vc_executed(t, VMTP_TEST_COUNT));
    vc_equal(t, "TEST-4.3-03", "COUNT of RESET", 0, vc_executed(t, VMTP_TEST_RESET));
    vc_must(t, VMTP_TEST_NULL, NULL);
    vc_must(t, VMTP_TEST_NULL_IDEMPOTENT, NULL);
    refused(t, "TEST-4.3-01", vc_request(t, 0x7e | VMTP_TEST_NULL), VMTP_ERROR);
    vc_equal(t, "TEST-4.3-01", "COUNT of NULL", 1, vc_executed(t, VMTP_TEST_NULL));
    vc_equal(t, "TEST-4.3-01", "COUNT of idempotent NULL", 1, vc_executed(t, VMTP_TEST_NULL_IDEMPOTENT));
    vc_equal(t, "TEST-4.3-01", "COUNT of what there is not", 1, vc_executed(t, 0x7e));
}

static void mirror(struct vc_test *t) {
    uint8_t segment[70];
    struct vc_packet request = vc_request(t, VMTP_TEST_MIRROR), *answer;
    vc_pattern(segment, sizeof segment, 6);
    for (unsigned i = 0; i < 7; i++)
        request.words[i] = 0x11111111u * (i + 1);
    request.priority = 6;
    vc_carry(&request, segment, sizeof segment, 1);
    vc_send(t, &request);
    answer = vc_want_response(t, "TEST-4.4-01", &request, VMTP_OK);
    vc_equal(t, "TEST-4.4-01", "octets", 80, vc_segment_size(answer));
    if (answer->data_octets < 80)
        return;
    const uint8_t *m = answer->data;
    vc_equal(t, "TEST-4.4-01", "Client", request.client, vc_get64(m));
    vc_equal(t, "TEST-4.4-01", "Transaction", request.transaction, vc_get32(m + 8));
    vc_equal(t, "TEST-4.4-01", "Priority", 6, vc_get32(m + 12));
    vc_equal(t, "TEST-4.4-01", "Server", request.server, vc_get64(m + 16));
    vc_equal(t, "TEST-4.4-01 VMTP-3.3-02", "Code", request.code, vc_get32(m + 24));
    for (unsigned i = 0; i < 6; i++)
        vc_equal(t, "TEST-4.4-01 VMTP-3.1-09", "a word", request.words[i], vc_get32(m + 28 + 4 * i));
    vc_equal(t, "TEST-4.4-01", "octets of the segment", sizeof segment, vc_get32(m + 56));
    vc_equal(t, "TEST-4.4-01", "their CRC-32", vc_crc(segment, sizeof segment), vc_get32(m + 60));
    vc_check(t, "TEST-4.4-01", memcmp(m + 64, vc_tester_mac(t), 6) == 0, "the tester's address", "another");
    vc_equal(t, "TEST-4.4-01", "mask of the blocks", 1, vc_get32(m + 72));
}

/* ---- further entities -------------------------------------------------------------------------------------------------- */

static void entities(struct vc_test *t) {
    uint64_t twin = vc_service_entity(t, 2);
    vc_equal(t, "TEST-4.8-01", "the same identifier", twin, vc_service_entity(t, 2));
    vc_equal(t, "TEST-4.8-01", "number 0", vc_service(t), vc_service_entity(t, 0));
    struct vc_packet request = vc_request_to(t, twin, VMTP_TEST_ECHO), *answer;
    request.words[0] = 99;
    vc_send(t, &request);
    answer = vc_want_response(t, "TEST-2.3-01", &request, VMTP_OK);
    vc_equal(t, "TEST-2.3-01", "word 0", 99, answer->words[0]);
    uint32_t before = vc_executed(t, VMTP_TEST_ECHO);
    request = vc_next(&request, VMTP_TEST_ECHO);
    vc_send(t, &request);
    vc_want_response(t, "TEST-2.3-02", &request, VMTP_OK);
    vc_equal(t, "TEST-2.3-02", "COUNT of the service itself", before, vc_executed(t, VMTP_TEST_ECHO));
    const uint32_t end[7] = {2, 1};
    answer = vc_must(t, VMTP_TEST_ENTITY, end);
    vc_equal(t, "TEST-4.8-03", "identifier that it had", twin, vc_pair(answer->words));
    request = vc_next(&request, VMTP_TEST_ECHO);
    vc_send(t, &request);
    vc_want_nvc(t, "TEST-4.8-03 VMTP-5.2-01", &request, VMTP_NONEXISTENT_ENTITY);
    vc_check(t, "VMTP-4.3-01", vc_service_entity(t, 2) != twin, "a new identifier", "the one of before");
    refused(t, "TEST-4.8-02", with_words(t, VMTP_TEST_ENTITY, 6, 0, 0), VMTP_TEST_BAD_ARGUMENT);
    refused(t, "TEST-4.8-02", with_words(t, VMTP_TEST_ENTITY, 1, 2, 0), VMTP_TEST_BAD_ARGUMENT);
    refused(t, "TEST-4.8-02", with_words(t, VMTP_TEST_ENTITY, 0, 1, 0), VMTP_TEST_BAD_ARGUMENT);
}

static void guarded(struct vc_test *t) {
    struct vc_packet request = vc_request_to(t, vc_service_entity(t, 5), VMTP_TEST_NULL);
    refused(t, "TEST-2.3-03", request, VMTP_SECURITY_REQUIRED);
}

static void sequence(struct vc_test *t) {
    uint8_t segment[20];
    struct vc_packet request = with_words(t, VMTP_TEST_SEQUENCE, 100, 1, 0), *answer;
    vc_pattern(segment, sizeof segment, 8);
    for (uint32_t i = 1; i <= 3; i++) {
        request.words[0] = 100 + i;
        vc_carry(&request, segment, sizeof segment, 1);
        vc_send(t, &request);
        answer = vc_want_response(t, "TEST-4.9-01", &request, VMTP_OK);
        vc_equal(t, "TEST-4.9-01", "order", i, answer->words[1]);
        vc_equal(t, "TEST-4.9-02", "the tag before", i == 1 ? 0 : 99 + i, answer->words[2]);
        vc_equal(t, "TEST-4.9-03", "octets", sizeof segment, answer->words[3]);
        vc_equal(t, "TEST-4.9-03", "CRC-32", vc_crc(segment, sizeof segment), answer->words[4]);
        request = vc_next(&request, VMTP_TEST_SEQUENCE);
    }
    refused(t, "TEST-4.9-04", with_words(t, VMTP_TEST_SEQUENCE, 1, 4, 0), VMTP_TEST_BAD_ARGUMENT);
}

static void serial(struct vc_test *t) {
    const uint32_t depth[7] = {2}, ask[7] = {0};
    uint64_t first = vc_pair(vc_must(t, VMTP_TEST_SERIAL, depth)->words);
    struct vc_packet *answer = vc_must(t, VMTP_TEST_SERIAL, ask);
    vc_equal(t, "TEST-4.10-04", "identifier", first, vc_pair(answer->words));
    vc_equal(t, "TEST-4.10-04", "depth", 2, answer->words[2]);
    struct vc_packet request = vc_request_to(t, first, VMTP_TEST_NULL);
    vc_send(t, &request);
    vc_want_response(t, "TEST-2.3-01", &request, VMTP_OK);
    vc_equal(t, "TEST-4.10-04", "Requests executed", 1, vc_must(t, VMTP_TEST_SERIAL, ask)->words[5]);
    vc_check(t, "TEST-4.10-03", vc_pair(vc_must(t, VMTP_TEST_SERIAL, depth)->words) != first, "another identifier",
             "the same");
    refused(t, "TEST-4.10-05", with_words(t, VMTP_TEST_SERIAL, 9, 0, 0), VMTP_TEST_BAD_ARGUMENT);
}

static void stat(struct vc_test *t) {
    const uint32_t words[7] = {1};
    struct vc_packet *answer = vc_must(t, VMTP_TEST_STAT, words);
    uint32_t size = vc_segment_size(answer), lines = 0;
    for (uint32_t i = 0; i < size && i < answer->data_octets; i++)
        lines += answer->data[i] == '\n';
    vc_check(t, "TEST-4.11-01",
             answer->data_octets > 8 &&
                 (memcmp(answer->data, "usage ", 6) == 0 || memcmp(answer->data, "counter ", 8) == 0),
             "lines of usage or counters", "something else");
    if (size <= answer->data_octets)
        vc_equal(t, "TEST-4.11-01", "lines", answer->words[1], lines);
    refused(t, "TEST-4.11-02", with_words(t, VMTP_TEST_STAT, 8, 0, 0), VMTP_TEST_BAD_ARGUMENT);
}

static void bad_calls(struct vc_test *t) {
    uint8_t head[56] = {0};
    struct vc_packet request = vc_request(t, VMTP_TEST_CALL);
    vc_carry(&request, head, 55, 1);
    refused(t, "TEST-4.6-03", request, VMTP_TEST_BAD_ARGUMENT);
    request = vc_request(t, VMTP_TEST_CALL);
    vc_carry(&request, head, 56, 1);
    refused(t, "TEST-4.6-03", request, VMTP_TEST_BAD_ARGUMENT);
    vc_put64(head, 0x0bad000012340000ull);
    head[55] = 65;
    request = vc_request(t, VMTP_TEST_CALL);
    vc_carry(&request, head, 56, 1);
    refused(t, "TEST-4.6-06", request, VMTP_TEST_BAD_ARGUMENT);
    head[55] = 0;
    head[53] = 17;
    request = vc_request(t, VMTP_TEST_CALL);
    vc_carry(&request, head, 56, 1);
    refused(t, "TEST-4.6-09", request, VMTP_TEST_BAD_ARGUMENT);
}

static void from_entity(struct vc_test *t) {
    struct vc_call call = {.code = VMTP_PIC | 0x777, .number = 8};
    struct vc_packet order = vc_have_called(t, &call);
    struct vc_packet *request = vc_want_request(t, "TEST-4.6-07", call.server, VC_PATIENCE);
    vc_equal(t, "TEST-4.6-07", "Client", vc_service(t), request->client);
    struct vc_packet response = vc_response(request, VMTP_OK);
    vc_send(t, &response);
    vc_equal(t, "TEST-4.6-07", "result", VMTP_OK, vc_called(t, "TEST-4.6-07", &order, VC_PATIENCE).result);
}

static void call_busy(struct vc_test *t) {
    struct vc_call call = {.code = VMTP_PIC | 0x777}, second = {.code = VMTP_PIC | 0x777};
    struct vc_packet order = vc_have_called(t, &call), other;
    struct vc_packet *request = vc_want_request(t, "TEST-4.6-02", call.server, VC_PATIENCE);
    other = vc_have_called(t, &second);
    vc_want_response(t, "TEST-4.6-02", &other, VMTP_TEST_NO_ROOM);
    struct vc_packet response = vc_response(request, VMTP_OK);
    vc_send(t, &response);
    vc_equal(t, "TEST-4.6-02", "result", VMTP_OK, vc_called(t, "TEST-4.6-02", &order, VC_PATIENCE).result);
}

const struct vc_case vc_service_cases[] = {
    VC_CASE("service/identify", "TEST-2.1-01 TEST-2.1-02 TEST-4.7-01 TEST-4.7-02 TEST-4.7-03", SERVICE,
            "IDENTIFY to VMTP_TEST_SERVICE and to the service, NULL to the former", "the same identifier; VMTP_ERROR",
            identify),
    VC_CASE("service/procedures", "TEST-3.1-02 TEST-4.7-01", SERVICE,
            "all procedures that the set does not name, and Codes outside the interface", "VMTP_ERROR", procedures),
    VC_CASE("service/idempotent", "TEST-3.1-03 TEST-3.1-04 TEST-3.1-06", SERVICE " records",
            "procedures with and without bit 0x80", "DGM exactly with it", idempotent),
    VC_CASE("service/flags", "TEST-3.1-01", SERVICE, "NULL with several code flags", "OK", flags),
    VC_CASE("service/null-echo", "TEST-4.1-01 TEST-4.1-02", SERVICE, "NULL and ECHO", "nothing, and what was sent",
            null_and_echo),
    VC_CASE("service/sink", "TEST-1.2-01 TEST-4.1-03", SERVICE, "SINK of nothing and of 123456789",
            "their sizes and CRC-32", sink),
    VC_CASE("service/source", "TEST-1.1-01 TEST-1.1-02 TEST-1.3-01 TEST-4.1-04", SERVICE,
            "SOURCE of 12 and of 0 octets of seed 1", "the pattern", source),
    VC_CASE("service/source-forms", "TEST-4.1-07 VMTP-13.7-03 VMTP-13.8-01", SERVICE, "SOURCE in all eight forms",
            "NRT, HCO and MDM as asked for", source_forms),
    VC_CASE("service/bad-arguments", "TEST-3.2-01 TEST-4.1-05 TEST-4.3-02", SERVICE, "arguments out of range",
            "TEST_BAD_ARGUMENT", bad_arguments),
    VC_CASE("service/bad-delays", "TEST-4.1-05 TEST-4.2-03", SERVICE " delay", "arguments of DELAY out of range",
            "TEST_BAD_ARGUMENT", bad_delays),
    VC_CASE("service/delay", "TEST-2.2-01 TEST-4.2-01", SERVICE " delay", "DELAY of 300 ms, and NULL",
            "NULL at once, DELAY after its time", delay),
    VC_CASE("service/delays", "TEST-4.2-02", SERVICE " delay", "four DELAYs at once", "OK to all", delays),
    VC_CASE("service/counts", "TEST-4.3-01 TEST-4.3-02 TEST-4.3-03", SERVICE, "RESET, some procedures, COUNT",
            "what was executed", counts),
    VC_CASE("service/mirror", "TEST-4.4-01 VMTP-3.1-09 VMTP-3.3-02", SERVICE, "MIRROR", "the Request", mirror),
    VC_CASE("service/entities", "TEST-2.3-01 TEST-2.3-02 TEST-4.8-01 TEST-4.8-02 TEST-4.8-03 VMTP-4.3-01 VMTP-5.2-01",
            SERVICE " entities", "ENTITY: a twin is made, used, ended and made again", "as section 4.8 says", entities),
    VC_CASE("service/guarded", "TEST-2.3-03", SERVICE " entities", "NULL to the guarded entity", "SECURITY_REQUIRED",
            guarded),
    VC_CASE("service/sequence", "TEST-4.9-01 TEST-4.9-02 TEST-4.9-03 TEST-4.9-04", SERVICE " sequence",
            "three SEQUENCEs", "their order", sequence),
    VC_CASE("service/serial", "TEST-2.3-01 TEST-4.10-03 TEST-4.10-04 TEST-4.10-05", SERVICE " serial", "SERIAL",
            "as section 4.10 says", serial),
    VC_CASE("service/stat", "TEST-4.11-01 TEST-4.11-02", SERVICE " stat", "STAT", "lines", stat),
    VC_CASE("service/bad-calls", "TEST-4.6-03 TEST-4.6-06 TEST-4.6-09", SERVICE " client",
            "CALL with arguments out of range", "TEST_BAD_ARGUMENT", bad_calls),
    VC_CASE("service/from-entity", "TEST-4.6-07", SERVICE " client entities", "CALL from entity 0",
            "the service is the Client", from_entity),
    VC_CASE("service/call-busy", "TEST-4.6-02", SERVICE " client", "CALL while the same client entity calls",
            "TEST_NO_ROOM", call_busy),
    VC_LAST,
};
