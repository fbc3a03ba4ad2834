/* SPDX-License-Identifier: BSD-2-Clause */
/* test_service_answers.c - operations of the test service that answer at once. */
#include <check.h>
#include <suite.h>
#include <stdlib.h>

#include "support/pair.h"

static struct pair p;
static uint8_t segment[VMTP_GROUP_OCTETS];

static void setup(void) {
    pair_begin(&p, NULL);
    vtest_pattern(segment, sizeof segment, 99);
}
static void teardown(void) { pair_end(&p); }

/* The words after an error are zero and there is no segment: section 3.2. */
static void expect_bare(void) {
    for (unsigned i = 0; i < 7; i++)
        ck_assert_uint_eq(pair_answer(&p)->message.words[i], 0);
    ck_assert_uint_eq(pair_answer(&p)->size, 0);
}

/* TEST-1.2-01, TEST-1.3-01 */
START_TEST(checksum_and_pattern_are_those_of_the_page) {
    static const uint8_t first[12] = {0x96, 0xA0, 0xF9, 0x6B, 0x12, 0xBC, 0x83, 0x90, 0x97, 0x1E, 0x99, 0x64};
    uint8_t out[13];
    ck_assert_uint_eq(vtest_crc32(NULL, 0), 0);
    ck_assert_uint_eq(vtest_crc32("123456789", 9), 0xCBF43926);
    for (size_t size = 0; size <= 12; size++) {
        memset(out, 0x55, sizeof out);
        vtest_pattern(out, size, 1);
        ck_assert_mem_eq(out, first, size);
        ck_assert_uint_eq(out[size], 0x55);
    }
}
END_TEST

/* TEST-4.1-01, TEST-1.1-01 */
START_TEST(null_answers_ok_whatever_comes) {
    const uint32_t words[7] = {1, 2, 3, 4, 5, 6, 0};
    ck_assert_uint_eq(pair_do(&p, VMTP_TEST_NULL, NULL, NULL, 0), VMTP_OK);
    expect_bare();
    ck_assert_uint_eq(pair_do(&p, VMTP_TEST_NULL, words, segment, 5000), VMTP_OK);
    expect_bare();
}
END_TEST

/* TEST-4.1-02 */
START_TEST(echo_returns_words_and_segment) {
    static const uint32_t sizes[] = {0, 1, 8, 512, 513, 1432, 8192, 16383, 16384};
    const uint32_t words[7] = {1, 0xffffffff, 3, 4, 5, 6, 7};
    uint32_t size = sizes[_i];
    ck_assert_uint_eq(pair_do(&p, VMTP_TEST_ECHO, words, size ? segment : NULL, size), VMTP_OK);
    for (unsigned i = 0; i < 6; i++)
        ck_assert_uint_eq(pair_answer(&p)->message.words[i], words[i]);
    ck_assert_uint_eq(pair_answer(&p)->message.words[6], size ? size : 7);
    ck_assert_uint_eq(pair_answer(&p)->size, size);
    ck_assert_mem_eq(pair_answer(&p)->area, segment, size);
}
END_TEST

/* TEST-4.1-03 */
START_TEST(sink_returns_size_and_checksum) {
    ck_assert_uint_eq(pair_do(&p, VMTP_TEST_SINK, NULL, segment, 9999), VMTP_OK);
    ck_assert_uint_eq(pair_answer(&p)->message.words[0], 9999);
    ck_assert_uint_eq(pair_answer(&p)->message.words[1], vtest_crc32(segment, 9999));
    ck_assert_uint_eq(pair_answer(&p)->size, 0);
    ck_assert_uint_eq(pair_do(&p, VMTP_TEST_SINK, NULL, NULL, 0), VMTP_OK);
    expect_bare();
}
END_TEST

/* TEST-4.1-04, TEST-4.1-05, TEST-3.2-01 */
START_TEST(source_makes_the_pattern) {
    static const uint32_t sizes[] = {0, 1, 3, 4, 1000, 16384};
    uint8_t expected[VMTP_GROUP_OCTETS];
    for (unsigned i = 0; i < 6; i++) {
        const uint32_t words[7] = {sizes[i], 7 + i};
        ck_assert_uint_eq(pair_do(&p, VMTP_TEST_SOURCE, words, NULL, 0), VMTP_OK);
        vtest_pattern(expected, sizes[i], 7 + i);
        ck_assert_uint_eq(pair_answer(&p)->size, sizes[i]);
        ck_assert_mem_eq(pair_answer(&p)->area, expected, sizes[i]);
        ck_assert_uint_eq(pair_answer(&p)->message.words[0], sizes[i]);
        ck_assert_uint_eq(pair_answer(&p)->message.words[1], 7 + i);
        ck_assert_uint_eq(pair_answer(&p)->message.words[2], vtest_crc32(expected, sizes[i]));
    }
    const uint32_t large[7] = {16385, 1}, slow[7] = {0, 16385};
    ck_assert_uint_eq(pair_do(&p, VMTP_TEST_SOURCE, large, NULL, 0), VMTP_TEST_BAD_ARGUMENT);
    expect_bare();
    ck_assert_uint_eq(pair_do(&p, VMTP_TEST_DELAY, slow, NULL, 0), VMTP_TEST_BAD_ARGUMENT);
    expect_bare();
    ck_assert_uint_eq(pair_count(&p, VMTP_TEST_SOURCE), 7); /* counted, refused or not */
}
END_TEST

/* TEST-4.1-07, TEST-3.1-06 */
START_TEST(source_answers_in_the_form_asked_for) {
    for (uint32_t form = 0; form < 8; form++) {
        const uint32_t words[7] = {1000, 7, form};
        const uint8_t *h = p.node.response;
        ck_assert_uint_eq(pair_do(&p, VMTP_TEST_SOURCE, words, NULL, 0), VMTP_OK);
        ck_assert_uint_eq((vmtp_get_control(h) & VMTP_NRT) != 0, form & VTEST_SOURCE_NRT);
        ck_assert_uint_eq((vmtp_get_packet_flags(h) & VMTP_HCO) != 0, (form & VTEST_SOURCE_HCO) != 0);
        ck_assert_uint_eq((vmtp_get_code(h) & VMTP_MDM) != 0, (form & VTEST_SOURCE_MDM) != 0);
        ck_assert_uint_eq(vmtp_get_code(h) & VMTP_CODE_FLAGS & ~(VMTP_SDA | VMTP_MDM), 0);
        ck_assert_uint_eq(pair_answer(&p)->size, 1000);
    }
    const uint32_t beyond[7] = {0, 0, 8};
    ck_assert_uint_eq(pair_do(&p, VMTP_TEST_SOURCE, beyond, NULL, 0), VMTP_TEST_BAD_ARGUMENT);
}
END_TEST

/* TEST-4.1-08 */
START_TEST(an_idempotent_source_gives_the_blocks_that_are_chosen) {
    const uint32_t words[7] = {3000, 7, 0, 0, 0, 5};
    uint8_t expected[3000];
    vtest_pattern(expected, sizeof expected, 7);
    memset(p.calls[0].area, 0, sizeof p.calls[0].area);
    ck_assert_uint_eq(pair_do(&p, VMTP_MDM | VMTP_TEST_SOURCE | VTEST_IDEMPOTENT, words, NULL, 0), VMTP_OK);
    const struct pair_call *a = pair_answer(&p);
    ck_assert_uint_eq(a->message.code & VMTP_MDM, VMTP_MDM);
    ck_assert_uint_eq(a->message.words[5], 5);
    ck_assert_mem_eq(a->area, expected, 512);
    ck_assert_mem_eq(a->area + 1024, expected + 1024, 512);
    ck_assert_uint_eq(a->area[512] | a->area[1023] | a->area[1536] | a->area[2999], 0);
}
END_TEST

/* TEST-3.1-01, TEST-3.1-02 */
START_TEST(unknown_codes_are_vmtp_error) {
    static const uint32_t codes[] = {0x00021F, 0x00022A, 0x0002FF, 0x000300, 0x000001, 0x00FF00, 0x020200};
    for (unsigned i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        ck_assert_uint_eq(pair_do(&p, codes[i], NULL, segment, 100), VMTP_ERROR);
        expect_bare();
    }
    struct pair_call *call = pair_start(&p, 0, 0, VMTP_TEST_NULL, NULL, NULL, 0); /* no PIC */
    pair_wait(&p, call);
    ck_assert_uint_eq(call->message.code & VMTP_CODE_MASK, VMTP_OK);
}
END_TEST

/* TEST-3.1-03, TEST-3.1-04, TEST-3.1-06 */
START_TEST(bit_80_makes_responses_idempotent) {
    static const uint32_t plain[] = {VMTP_TEST_NULL,  VMTP_TEST_ECHO,   VMTP_TEST_SINK,     VMTP_TEST_SOURCE,
                                     VMTP_TEST_COUNT, VMTP_TEST_MIRROR, VMTP_TEST_FILE_STAT};
    const uint32_t words[7] = {4, 1};
    for (unsigned i = 0; i < sizeof plain / sizeof plain[0]; i++) {
        pair_do(&p, plain[i], words, segment, 100);
        ck_assert_uint_eq(pair_answer(&p)->message.code & VMTP_CODE_FLAGS & ~VMTP_SDA, 0);
        pair_do(&p, plain[i] | VTEST_IDEMPOTENT, words, segment, 100);
        ck_assert_uint_ne(pair_answer(&p)->message.code & VMTP_CODE_MASK, VMTP_ERROR);
        ck_assert_uint_eq(pair_answer(&p)->message.code & VMTP_CODE_FLAGS & ~VMTP_SDA, VMTP_DGM);
    }
    static const uint32_t none[] = {VMTP_TEST_DISCARD, VMTP_TEST_CALL, VMTP_TEST_RESET};
    for (unsigned i = 0; i < 3; i++)
        ck_assert_uint_eq(pair_do(&p, none[i] | VTEST_IDEMPOTENT, NULL, NULL, 0), VMTP_ERROR);
}
END_TEST

/* TEST-3.1-05 */
START_TEST(a_datagram_is_counted_and_not_answered) {
    struct pair_call *call = pair_start(&p, 1, 0, VMTP_PIC | VMTP_DGM | VMTP_TEST_SINK, NULL, segment, 700);
    pair_wait(&p, call);
    pair_pass(&p, VMTP_SECOND);
    ck_assert_uint_eq(vmtp_counter(p.node.engine, VMTP_COUNT_RESPONSES), 0);
    ck_assert_uint_eq(pair_count(&p, VMTP_TEST_SINK), 1);
}
END_TEST

/* TEST-4.3-01, TEST-4.3-02, TEST-4.3-03 */
START_TEST(executions_are_counted_by_procedure) {
    for (unsigned i = 0; i < 3; i++)
        pair_do(&p, VMTP_TEST_NULL, NULL, NULL, 0);
    pair_do(&p, VMTP_TEST_NULL_IDEMPOTENT, NULL, NULL, 0);
    pair_do(&p, 0x0002FF, NULL, NULL, 0);
    ck_assert_uint_eq(pair_count(&p, VMTP_TEST_NULL), 3);
    ck_assert_uint_eq(pair_count(&p, VMTP_TEST_NULL_IDEMPOTENT), 1);
    ck_assert_uint_eq(pair_count(&p, 0xff), 1);
    ck_assert_uint_eq(pair_count(&p, VMTP_TEST_COUNT), 4); /* itself included */
    const uint32_t beyond[7] = {256};
    ck_assert_uint_eq(pair_do(&p, VMTP_TEST_COUNT, beyond, NULL, 0), VMTP_TEST_BAD_ARGUMENT);
    ck_assert_uint_eq(pair_do(&p, VMTP_TEST_RESET, NULL, NULL, 0), VMTP_OK);
    for (unsigned i = 0; i < 256; i++)
        ck_assert_uint_eq(vtest_count(p.service, i), 0);
}
END_TEST

/* TEST-4.4-01, TEST-1.1-02 */
START_TEST(mirror_shows_the_request_as_delivered) {
    const uint32_t words[7] = {0x10, 0x20, 0x30, 0x40, 0x50, 0x60, 0};
    ck_assert_uint_eq(pair_do(&p, VMTP_TEST_MIRROR, words, segment, 600), VMTP_OK);
    const struct pair_call *a = pair_answer(&p);
    const uint8_t *m = a->area;
    ck_assert_uint_eq(a->size, VTEST_MIRROR_OCTETS);
    ck_assert_uint_eq(vmtp_load64(m), a->client);
    ck_assert_uint_ne(vmtp_load32(m + 8), 0);
    ck_assert_uint_eq(vmtp_load32(m + 12), 0);
    ck_assert_uint_eq(vmtp_load64(m + 16), vtest_entity(p.service));
    ck_assert_uint_eq(vmtp_load32(m + 24), VMTP_PIC | VMTP_SDA | VMTP_TEST_MIRROR);
    for (unsigned i = 0; i < 6; i++)
        ck_assert_uint_eq(vmtp_load32(m + 28 + 4 * i), words[i]);
    ck_assert_uint_eq(vmtp_load32(m + 52), 600);
    ck_assert_uint_eq(vmtp_load32(m + 56), 600);
    ck_assert_uint_eq(vmtp_load32(m + 60), vtest_crc32(segment, 600));
    ck_assert_mem_eq(m + 64, p.tester.port->info.mac, 6);
    ck_assert_uint_eq(m[70] | m[71], 0);
    ck_assert_uint_eq(vmtp_load32(m + VTEST_MIRROR_DELIVERED), 3); /* two blocks */
    ck_assert_uint_eq(vmtp_load32(m + 76), 0);
    ck_assert_uint_eq(pair_answer(&p)->size, VTEST_MIRROR_OCTETS);
}
END_TEST

/* TEST-4.5-01 */
START_TEST(discard_sends_no_response) {
    struct pair_call *call = pair_start(&p, 0, 0, VMTP_PIC | VMTP_TEST_DISCARD, NULL, NULL, 0);
    pair_wait(&p, call);
    ck_assert_uint_eq(call->result, VMTP_RESPONSE_DISCARDED);
    ck_assert_uint_eq(pair_count(&p, VMTP_TEST_DISCARD), 1);
}
END_TEST

/* TEST-4.7-01, TEST-4.7-02, TEST-2.1-01 */
START_TEST(identify_tells_who_and_what) {
    uint8_t set[VTEST_IDENTIFY_SET];
    ck_assert_uint_eq(pair_do(&p, VMTP_TEST_IDENTIFY, NULL, NULL, 0), VMTP_OK);
    const struct pair_call *a = pair_answer(&p);
    ck_assert_uint_eq(a->message.code & VMTP_CODE_FLAGS, VMTP_DGM | VMTP_SDA);
    ck_assert_uint_eq(vmtp_words_get64(a->message.words), vtest_entity(p.service));
    ck_assert_uint_eq(vmtp_words_get64(a->message.words + 2), vmtp_engine_manager(p.node.engine));
    ck_assert_uint_eq(a->message.words[4], VTEST_VERSION);
    ck_assert_uint_eq(a->size, VTEST_IDENTIFY_SET + strlen("vsuite"));
    ck_assert_mem_eq(a->area + VTEST_IDENTIFY_SET, "vsuite", 6);
    memcpy(set, a->area, sizeof set);
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t code = i == (VMTP_TEST_DISCARD & 0xff) ? VMTP_OK : pair_do(&p, VMTP_TEST_NULL | i, NULL, NULL, 0);
        ck_assert_int_eq((set[i / 8] >> (7 - i % 8)) & 1, code != VMTP_ERROR);
    }
    pair_do(&p, VMTP_TEST_IDENTIFY, NULL, NULL, 0);
    ck_assert_uint_eq(vmtp_words_get64(a->message.words), vtest_entity(p.service));
}
END_TEST

/* TEST-2.1-02, TEST-2.1-03, TEST-2.1-04 */
START_TEST(the_well_known_entity_only_identifies) {
    struct pair_call *call = pair_start(&p, 1, VMTP_TEST_SERVICE, VMTP_PIC | VMTP_TEST_IDENTIFY, NULL, NULL, 0);
    pair_wait(&p, call);
    ck_assert_uint_gt(p.tester.probes_out, 0); /* it was not known, and was found */
    ck_assert_uint_eq(call->result, 0);
    ck_assert_uint_eq(vmtp_words_get64(call->message.words), vtest_entity(p.service));
    ck_assert_uint_eq(p.node.requests_out, 0); /* nobody was probed */
    call = pair_start(&p, 1, VMTP_TEST_SERVICE, VMTP_PIC | VMTP_TEST_NULL, NULL, NULL, 0);
    pair_wait(&p, call);
    ck_assert_uint_eq(call->message.code & VMTP_CODE_MASK, VMTP_ERROR);
    ck_assert_uint_eq(pair_count(&p, VMTP_TEST_NULL), 0);
}
END_TEST

START_TEST(a_given_identifier_is_used) {
    struct vtest_options options;
    teardown();
    vtest_options_init(&options);
    options.id = 0x0123456789abcdef;
    pair_begin(&p, &options);
    ck_assert_uint_eq(vtest_entity(p.service), 0x0123456789abcdef);
    ck_assert_uint_eq(pair_do(&p, VMTP_TEST_NULL, NULL, NULL, 0), VMTP_OK);
}
END_TEST

/* TEST-2.2-02: with room for two Requests, both entities get on, whichever of them has had the last one. */
START_TEST(a_small_table_of_accepts_is_shared) {
    pair_end(&p);
    pair_begin_with(&p, NULL, 2);
    for (unsigned i = 0; i < 6; i++) {
        struct pair_call *call = pair_start(&p, 1, VMTP_TEST_SERVICE, VMTP_PIC | VMTP_TEST_IDENTIFY, NULL, NULL, 0);
        pair_wait(&p, call);
        ck_assert_uint_eq(call->result, 0);
        for (unsigned k = 0; k < 3; k++)
            ck_assert_uint_eq(pair_do(&p, VMTP_TEST_NULL, NULL, NULL, 0), VMTP_OK);
    }
}
END_TEST

START_TEST(nonsense_options_are_refused) {
    struct vtest_options options;
    vtest_service *other;
    vtest_options_init(&options);
    options.slots = 3;
    ck_assert_int_eq(vtest_create(&other, p.node.engine, &options, pair_now(&p)), VMTP_E_INVALID);
    options.slots = 64;
    options.files = "/nowhere/at/all";
    ck_assert_int_eq(vtest_create(&other, p.node.engine, &options, pair_now(&p)), VMTP_E_SYSTEM);
    options.files = NULL;
    options.id = vtest_entity(p.service);
    ck_assert_int_eq(vtest_create(&other, p.node.engine, &options, pair_now(&p)), VMTP_E_EXISTS);
    ck_assert_ptr_null(other);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("test service: answers");
    TCase *all = tcase_create("all");
    tcase_add_checked_fixture(all, setup, teardown);
    tcase_add_test(all, checksum_and_pattern_are_those_of_the_page);
    tcase_add_test(all, null_answers_ok_whatever_comes);
    tcase_add_loop_test(all, echo_returns_words_and_segment, 0, 9);
    tcase_add_test(all, sink_returns_size_and_checksum);
    tcase_add_test(all, source_makes_the_pattern);
    tcase_add_test(all, source_answers_in_the_form_asked_for);
    tcase_add_test(all, an_idempotent_source_gives_the_blocks_that_are_chosen);
    tcase_add_test(all, unknown_codes_are_vmtp_error);
    tcase_add_test(all, bit_80_makes_responses_idempotent);
    tcase_add_test(all, a_datagram_is_counted_and_not_answered);
    tcase_add_test(all, executions_are_counted_by_procedure);
    tcase_add_test(all, mirror_shows_the_request_as_delivered);
    tcase_add_test(all, discard_sends_no_response);
    tcase_add_test(all, identify_tells_who_and_what);
    tcase_add_test(all, the_well_known_entity_only_identifies);
    tcase_add_test(all, a_given_identifier_is_used);
    tcase_add_test(all, a_small_table_of_accepts_is_shared);
    tcase_add_test(all, nonsense_options_are_refused);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
