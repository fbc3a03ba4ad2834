/* SPDX-License-Identifier: BSD-2-Clause */
/* Packets and their faults: sections 2 to 5. */
#include <string.h>

#include "../case.h"

#define SERVICE "test-service"

/* ---- packets that are taken ----------------------------------------------------------------------------------------- */

/* Words, and where they are not masks or sizes, the last ones too, come back as they went. */
static void words_echo(struct vc_test *t) {
    struct vc_packet request = vc_request(t, VMTP_TEST_ECHO);
    for (unsigned i = 0; i < 7; i++)
        request.words[i] = 0x80000001u + i * 0x01234567u;
    vc_send(t, &request);
    struct vc_packet *answer = vc_want_response(t, "VMTP-3.1-01", &request, VMTP_OK);
    for (unsigned i = 0; i < 7; i++)
        vc_equal(t, "VMTP-3.1-09 VMTP-3.1-01", "a word of ECHO", request.words[i], answer->words[i]);
}

static void segment_echo(struct vc_test *t) {
    static const uint32_t sizes[] = {1, 7, 8, 9, 31, 32, 33, 511, 512, 513, 1023, 1024, 1025, 1431, 1432};
    uint8_t pattern[VC_SEGMENT_MAX], back[VC_SEGMENT_MAX];
    uint32_t blocks;
    for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        if (VC_HEADER + vc_block_octets(sizes[i], vc_all_blocks(sizes[i])) + VC_CHECKSUM > vc_mtu(t))
            break;
        struct vc_packet request = vc_request(t, VMTP_TEST_ECHO);
        vc_pattern(pattern, sizes[i], i);
        vc_carry(&request, pattern, sizes[i], vc_all_blocks(sizes[i]));
        vc_send(t, &request);
        struct vc_packet *answer = vc_collect(t, "VMTP-2.2-01", &request, back, &blocks);
        vc_equal(t, "VMTP-3.1-08", "SegmentSize", sizes[i], vc_segment_size(answer));
        vc_check(t, "VMTP-3.5-01", memcmp(pattern, back, sizes[i]) == 0, "the octets that were sent", "%s",
                 memcmp(pattern, back, sizes[i]) == 0 ? "the same" : "others");
    }
}

/* The flags, RetransmitCount, Priority and so on of a Response are those that it should have. */
static void response_fields(struct vc_test *t) {
    struct vc_packet request = vc_request(t, VMTP_TEST_NULL);
    request.priority = 13;
    request.retransmit = 3;
    request.gap = 0;
    vc_send(t, &request);
    struct vc_packet *answer = vc_want_response(t, "VMTP-3.2-03", &request, VMTP_OK);
    vc_equal(t, "VMTP-3.2-03", "Priority", 13, answer->priority);
    vc_equal(t, "VMTP-3.2-03", "ForwardCount", 0, answer->forward);
    vc_equal(t, "VMTP-3.2-02", "RetransmitCount", 3, answer->retransmit);
    vc_equal(t, "VMTP-3.2-04", "Server", request.server, answer->server);
    vc_equal(t, "VMTP-3.3-01", "code flags but DGM", 0, (answer->code & ~VMTP_DGM) >> 24);
    vc_equal(t, "VMTP-3.2-05", "control flags", 0, answer->control);
    vc_equal(t, "VMTP-3.2-05", "PGcount", 0, answer->gap);
    vc_check(t, "VMTP-3.4-05", answer->sum == VC_SUM_RIGHT, "a checksum", "%08x", answer->checksum);
    vc_check(t, "VMTP-2.1-03", memcmp(answer->dst, vc_tester_mac(t), 6) == 0, "the asker's address",
             "one that ends in %02x", answer->dst[5]);
}

/* A sum that comes to zero: the words are chosen so that the second one does. */
static void zero_half(struct vc_test *t) {
    struct vc_packet request = vc_request(t, VMTP_TEST_ECHO);
    request.words[0] = 0;
    vc_send(t, &request);
    struct vc_packet *answer = vc_want_response(t, "VMTP-3.4-02", &request, VMTP_OK);
    vc_equal(t, "VMTP-3.4-02", "the second half", 0xffff, answer->checksum & 0xffff);
}

/* Bits that mean nothing in a Request change nothing. */
static void reserved_bits(struct vc_test *t) {
    uint32_t before = vc_executed(t, VMTP_TEST_NULL);
    struct vc_packet request = vc_request(t, VMTP_TEST_NULL);
    request.reserved = 7;
    request.code |= VMTP_CODE_RESERVED;
    vc_send(t, &request);
    struct vc_packet *answer = vc_want_response(t, "VMTP-3.1-06", &request, VMTP_OK);
    vc_equal(t, "VMTP-3.1-06", "reserved bits of the Response", 0, answer->reserved);
    vc_equal(t, "VMTP-3.1-06", "executions of NULL", before + 1u, vc_executed(t, VMTP_TEST_NULL));
}

static void silent_client(struct vc_test *t) {
    struct vc_packet request = vc_request(t, VMTP_TEST_NULL);
    request.client = vc_service(t);
    vc_send(t, &request);
    vc_want_silence(t, "VMTP-2.1-05", "answer to a Request in the name of the node's own entity");
}

/* The low octets of the address are those of the manager group's, the identifier is another group's. */
static void foreign_group(struct vc_test *t) {
    struct vc_packet request = vc_manage(t, VMTP_PROBE_ENTITY, vc_service(t));
    request.words[2] = request.words[0];
    request.words[3] = request.words[1];
    request.server = VMTP_MANAGER_GROUP ^ 0x0100000000000000ull;
    vc_multicast(&request, request.server);
    vc_send(t, &request);
    vc_want_silence(t, "VMTP-2.3-02 VMTP-5.2-03", "answer to a Request to a group that nobody here is in");
}

static void group_address(struct vc_test *t) {
    struct vc_packet request = vc_manage_all(t, VMTP_PROBE_ENTITY, vc_service(t));
    request.words[2] = request.words[0];
    request.words[3] = request.words[1];
    vc_send(t, &request);
    struct vc_packet *answer = vc_want_response(t, "VMTP-2.3-03", &request, VMTP_OK);
    vc_equal(t, "VMTP-2.3-04", "MPG of a unicast Response", 0, answer->flags & VMTP_MPG);
}

/* All checksums of a Request: right, absent, over the header only. */
static void hco_spoilt(struct vc_test *t) {
    uint8_t segment[64];
    struct vc_packet request = vc_request(t, VMTP_TEST_SINK);
    vc_pattern(segment, sizeof segment, 5);
    vc_carry(&request, segment, sizeof segment, 1);
    request.flags |= VMTP_HCO;
    request.data[9] ^= 0x40; /* on its way, so to speak: the header's sum does not notice */
    vc_send(t, &request);
    struct vc_packet *answer = vc_want_response(t, "VMTP-13.8-02", &request, VMTP_OK);
    segment[9] ^= 0x40;
    vc_equal(t, "VMTP-13.8-02", "CRC-32 of what SINK took", vc_crc(segment, sizeof segment), answer->words[1]);
    vc_equal(t, "VMTP-3.4-04", "octets that SINK took", sizeof segment, answer->words[0]);
}

/* ---- one frame, one reaction --------------------------------------------------- */

#define FAULT(short_name, rules, base_packet, ...)                                                                     \
    {                                                                                                                  \
        .name = "header/" short_name, .ids = rules " VMTP-5.1-02", .needs = SERVICE, .single = {                       \
            .base = base_packet,                                                                                       \
            .set = {__VA_ARGS__},                                                                                      \
            .reaction = VC_SILENCE                                                                                     \
        }                                                                                                              \
    }
#define TOLD(short_name, rules, base_packet, how, what, ...)                                                           \
    {                                                                                                                  \
        .name = "header/" short_name, .ids = rules, .needs = SERVICE, .single = {                                      \
            .base = base_packet,                                                                                       \
            .set = {__VA_ARGS__},                                                                                      \
            .reaction = how,                                                                                           \
            .code = what                                                                                               \
        }                                                                                                              \
    }

const struct vc_case vc_header_cases[] = {
    VC_CASE("header/words", "VMTP-3.1-01 VMTP-3.1-09", SERVICE, "ECHO with seven words", "the same words", words_echo),
    VC_CASE("header/segment", "VMTP-2.2-01 VMTP-3.1-08 VMTP-3.5-01", SERVICE,
            "ECHO with segments of 1 to 1432 octets in one packet", "the same octets", segment_echo),
    VC_CASE("header/response-fields",
            "VMTP-3.2-02 VMTP-3.2-03 VMTP-3.2-04 VMTP-3.2-05 VMTP-3.3-01 VMTP-3.4-05 VMTP-2.1-03", SERVICE,
            "NULL with Priority 13 and RetransmitCount 3", "these in the Response, all flags and PGcount clear",
            response_fields),
    VC_CASE("header/reserved", "VMTP-3.1-06", SERVICE, "NULL with all reserved bits set", "a Response with none",
            reserved_bits),
    VC_CASE("header/zero-half", "VMTP-3.4-02", SERVICE " records",
            "ECHO whose Response has nothing in its odd clusters", "FFFF as the second half of the checksum", zero_half),
    VC_CASE("header/own-client", "VMTP-2.1-05", SERVICE, "NULL from outside with the service itself as Client",
            "silence", silent_client),
    VC_CASE("header/foreign-group", "VMTP-2.3-02 VMTP-5.2-03", NULL,
            "ProbeEntity to another group at the managers' Ethernet address", "silence", foreign_group),
    VC_CASE("header/group-address", "VMTP-2.3-03 VMTP-2.3-04", SERVICE, "ProbeEntity to 09-00-56-00-01-00",
            "a unicast Response OK without MPG", group_address),
    VC_CASE("header/hco-data", "VMTP-13.8-02 VMTP-3.4-04", SERVICE,
            "SINK with HCO and data that were changed after the checksum", "the data as they came", hco_spoilt),

    TOLD("no-checksum", "VMTP-3.4-03", VC_BASE_NULL, VC_ANSWER, VMTP_OK, {VC_SUM, VC_SUM_NONE}),
    TOLD("hco", "VMTP-3.4-04", VC_BASE_NULL, VC_ANSWER, VMTP_OK, {VC_SEGMENT, 100}, {VC_FLAGS, VMTP_HCO}),
    TOLD("padding", "VMTP-3.1-05", VC_BASE_NULL, VC_ANSWER, VMTP_OK, {VC_SEGMENT, 13}, {VC_PADDING, 0xa5}),
    TOLD("empty-segment", "VMTP-6.1-06", VC_BASE_NULL, VC_ANSWER, VMTP_OK, {VC_CODE_FLAGS, VMTP_SDA}),
    TOLD("code-flags", "VMTP-3.3-02", VC_BASE_NULL, VC_ANSWER, VMTP_OK, {VC_CODE, VMTP_TEST_NULL}),
    TOLD("mrd-unicast", "VMTP-3.3-02", VC_BASE_NULL, VC_ANSWER, VMTP_OK, {VC_CODE_FLAGS, VMTP_MRD}),

    FAULT("short", "VMTP-5.1-03", VC_BASE_NULL, {VC_CUT, 8}),
    FAULT("short-empty", "VMTP-5.1-03", VC_BASE_NULL, {VC_CUT, 60}),
    FAULT("version-1", "VMTP-5.1-04 VMTP-3.1-02", VC_BASE_NULL, {VC_VERSION, 1}),
    FAULT("version-7", "VMTP-5.1-04", VC_BASE_NULL, {VC_VERSION, 7}),
    FAULT("domain-0", "VMTP-5.1-05 VMTP-3.1-02", VC_BASE_NULL, {VC_DOMAIN, 0}),
    FAULT("domain-1", "VMTP-5.1-05", VC_BASE_NULL, {VC_DOMAIN, 1}),
    FAULT("domain-8191", "VMTP-5.1-05", VC_BASE_NULL, {VC_DOMAIN, 8191}),
    FAULT("own-source", "VMTP-2.1-04", VC_BASE_NULL, {VC_SOURCE_OWN, 1}),
    FAULT("checksum-wrong", "VMTP-3.4-06", VC_BASE_NULL, {VC_SUM, VC_SUM_WRONG}),
    FAULT("checksum-wrong-data", "VMTP-3.4-06 VMTP-3.4-04", VC_BASE_NULL, {VC_SEGMENT, 40}, {VC_SUM, VC_SUM_WRONG}),
    FAULT("checksum-response", "VMTP-3.4-06", VC_BASE_RESPONSE, {VC_SUM, VC_SUM_WRONG}),
    FAULT("checksum-half-zero", "VMTP-3.4-02", VC_BASE_NULL, {VC_CHECKSUM_IS, 0x12340000}),
    FAULT("checksum-before-length", "VMTP-5.1-07 VMTP-5.1-01", VC_BASE_NULL, {VC_LENGTH, 3}, {VC_SUM, VC_SUM_WRONG}),
    FAULT("version-before-length", "VMTP-5.1-01", VC_BASE_NULL, {VC_LENGTH, 3}, {VC_VERSION, 1}),
    FAULT("domain-before-server", "VMTP-5.1-01", VC_BASE_NULL, {VC_SERVER, 0x0badull << 32}, {VC_DOMAIN, 1}),
    FAULT("client-zero", "VMTP-4.1-03", VC_BASE_NULL, {VC_CLIENT, 0}),
    FAULT("client-group", "VMTP-4.1-03 VMTP-4.1-02", VC_BASE_NULL, {VC_CLIENT, 0x4000000000123400ull}),
    FAULT("client-default", "VMTP-4.5-12", VC_BASE_NULL, {VC_CLIENT, VMTP_DEFAULT_BE_CLIENT}),
    FAULT("client-default-le", "VMTP-4.5-12", VC_BASE_NULL, {VC_CLIENT, VMTP_DEFAULT_LE_CLIENT}),
    FAULT("default-response", "VMTP-4.5-12", VC_BASE_RESPONSE, {VC_CLIENT, VMTP_DEFAULT_BE_CLIENT},
          {VC_CONTROL, VMTP_APG}),
    FAULT("client-before-server", "VMTP-5.1-01", VC_BASE_NULL, {VC_CLIENT, 0}, {VC_SERVER, 0x0badull << 32}),

    TOLD("length-odd", "VMTP-5.1-08 VMTP-3.1-03", VC_BASE_NULL, VC_SAYS_NVC, VMTP_ERROR, {VC_LENGTH, 1}),
    TOLD("length-more", "VMTP-5.1-08 VMTP-5.1-12", VC_BASE_NULL, VC_SAYS_NVC, VMTP_ERROR, {VC_LENGTH, 8}),
    TOLD("length-less", "VMTP-5.1-08 VMTP-5.1-12", VC_BASE_NULL, VC_SAYS_NVC, VMTP_ERROR, {VC_SEGMENT, 64},
         {VC_LENGTH, 8}),
    TOLD("length-too-large", "VMTP-5.1-08 VMTP-3.1-03", VC_BASE_NULL, VC_SAYS_NVC, VMTP_ERROR, {VC_LENGTH, 4098}),
    TOLD("trailing", "VMTP-5.1-08 VMTP-3.1-04", VC_BASE_NULL, VC_SAYS_NVC, VMTP_ERROR, {VC_TRAILING, 4},
         {VC_SUM, VC_SUM_NONE}),
    FAULT("trailing-checksum", "VMTP-5.1-12", VC_BASE_NULL, {VC_TRAILING, 2}),
    TOLD("length-response", "VMTP-5.1-08", VC_BASE_RESPONSE, VC_SAYS_NVS, VMTP_ERROR, {VC_LENGTH, 8}),
    TOLD("length-before-server", "VMTP-5.1-01", VC_BASE_NULL, VC_SAYS_NVC, VMTP_ERROR, {VC_LENGTH, 8},
         {VC_SERVER, 0x0badull << 32}),
    TOLD("delivery-without-sda", "VMTP-5.1-09 VMTP-3.1-08", VC_BASE_NULL, VC_SAYS_NVC, VMTP_ERROR, {VC_DELIVERY, 1}),
    TOLD("data-without-sda", "VMTP-5.1-09 VMTP-3.1-08", VC_BASE_NULL, VC_SAYS_NVC, VMTP_ERROR, {VC_SEGMENT, 32},
         {VC_CODE, VMTP_TEST_NULL}, {VC_DELIVERY, 0}),
    TOLD("segment-too-large", "VMTP-5.1-09 VMTP-3.1-08", VC_BASE_NULL, VC_SAYS_NVC, VMTP_ERROR, {VC_SEGMENT, 600},
         {VC_DELIVERY, 3}, {VC_WORD6, 16385}),
    TOLD("block-behind-end", "VMTP-5.1-09", VC_BASE_NULL, VC_SAYS_NVC, VMTP_ERROR, {VC_SEGMENT, 512}, {VC_DELIVERY, 2}),
    TOLD("blocks-without-data", "VMTP-5.1-09 VMTP-6.1-02", VC_BASE_NULL, VC_SAYS_NVC, VMTP_ERROR, {VC_SEGMENT, 512},
         {VC_DELIVERY, 3}, {VC_WORD6, 1024}),
    TOLD("data-without-blocks", "VMTP-5.1-09 VMTP-6.1-02", VC_BASE_NULL, VC_SAYS_NVC, VMTP_ERROR, {VC_SEGMENT, 512},
         {VC_DELIVERY, 0}),
    TOLD("not-in-msgdelivery", "VMTP-5.1-09", VC_BASE_NULL, VC_SAYS_NVC, VMTP_ERROR, {VC_SEGMENT, 512},
         {VC_CODE_FLAGS, VMTP_MDM}, {VC_WORD5, 2}),
    TOLD("delivery-response", "VMTP-5.1-09", VC_BASE_RESPONSE, VC_SAYS_NVS, VMTP_ERROR, {VC_DELIVERY, 1}),

    FAULT("length-multicast", "VMTP-5.1-10 VMTP-10.11-05", VC_BASE_PROBE, {VC_LENGTH, 8}, {VC_MULTICAST, 1}),
    FAULT("delivery-multicast", "VMTP-5.1-10", VC_BASE_PROBE, {VC_DELIVERY, 1}, {VC_MULTICAST, 1}),
    FAULT("delivery-address-only", "VMTP-5.1-10 VMTP-2.3-05", VC_BASE_PROBE, {VC_DELIVERY, 1}, {VC_MULTICAST, 2}),
    FAULT("delivery-mpg-only", "VMTP-5.1-10 VMTP-2.3-05", VC_BASE_NULL, {VC_DELIVERY, 1}, {VC_FLAGS, VMTP_MPG}),
    FAULT("length-notify", "VMTP-5.1-11", VC_BASE_NVC, {VC_LENGTH, 8}),
    FAULT("delivery-notify-server", "VMTP-5.1-11", VC_BASE_NVS, {VC_DELIVERY, 1}),

    TOLD("no-server", "VMTP-5.2-01", VC_BASE_NULL, VC_SAYS_NVC, VMTP_NONEXISTENT_ENTITY,
         {VC_SERVER, 0x0bad000012340000ull}),
    FAULT("no-server-multicast", "VMTP-5.2-03 VMTP-6.4-04", VC_BASE_NULL, {VC_SERVER, 0x0bad000012340000ull},
          {VC_FLAGS, VMTP_MPG}),
    FAULT("no-server-datagram", "VMTP-13.4-03", VC_BASE_NULL, {VC_SERVER, 0x0bad000012340000ull},
          {VC_CODE_FLAGS, VMTP_DGM}),
    TOLD("no-client", "VMTP-5.2-02", VC_BASE_RESPONSE, VC_SAYS_NVS, VMTP_NONEXISTENT_ENTITY,
         {VC_CLIENT, 0x0bad000012340000ull}),
    FAULT("no-client-multicast", "VMTP-5.2-03", VC_BASE_RESPONSE, {VC_CLIENT, 0x0bad000012340000ull},
          {VC_FLAGS, VMTP_MPG}),
    TOLD("not-coresident", "VMTP-5.2-04", VC_BASE_NULL, VC_SAYS_NVC, VMTP_NONEXISTENT_ENTITY, {VC_CODE_FLAGS, VMTP_CRE},
         {VC_WORD0, 0x0bad0000}, {VC_WORD1, 0x12340000}),
    TOLD("coresident-zero", "VMTP-5.2-05", VC_BASE_NULL, VC_ANSWER, VMTP_OK, {VC_CODE_FLAGS, VMTP_CRE}),

    VC_LAST,
};
