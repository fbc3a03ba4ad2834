/* SPDX-License-Identifier: BSD-2-Clause */
/* test_service_large.c - messages of several packet groups and runs of Requests, as the test service takes and makes them. */
#include <check.h>
#include <suite.h>
#include <stdlib.h>

#include "support/pair.h"
#include "test_internal.h"

#define MOST VMTP_MESSAGE_OCTETS

static struct pair p;
static vtest_service *other; /* on the tester's node */
static uint8_t *segment, *answer;

static void setup(void) {
    struct vtest_options options;
    pair_begin(&p, NULL);
    vtest_options_init(&options);
    options.slots = 32;
    ck_assert_int_eq(vtest_create(&other, p.tester.engine, &options, pair_now(&p)), 0);
    p.on_tester_event = other;
    segment = malloc(MOST);
    answer = malloc(MOST);
    vtest_pattern(segment, MOST, 77);
    p.large = answer;
    p.large_size = MOST;
}

static void teardown(void) {
    pair_end(&p);
    vtest_destroy(other);
    free(segment);
    free(answer);
}

static const uint32_t sizes[] = {16384, 16385, 100000, MOST};

/* TEST-4.1-04, TEST-4.1-05 */
START_TEST(source_gives_large_segments_to_who_takes_them) {
    const uint32_t words[7] = {sizes[_i], 77};
    ck_assert_uint_eq(pair_do(&p, VMTP_TEST_SOURCE, words, NULL, 0), VMTP_OK);
    ck_assert_uint_eq(pair_answer(&p)->size, sizes[_i]);
    ck_assert_mem_eq(answer, segment, sizes[_i]);
    ck_assert_uint_eq(pair_answer(&p)->message.words[2], vtest_crc32(segment, sizes[_i]));
    const uint32_t more[7] = {MOST + 1, 77};
    ck_assert_uint_eq(pair_do(&p, VMTP_TEST_SOURCE, more, NULL, 0), VMTP_TEST_BAD_ARGUMENT);
    p.large = NULL;
    ck_assert_uint_eq(pair_do(&p, VMTP_TEST_SOURCE, words, NULL, 0), _i == 0 ? VMTP_OK : VMTP_TEST_BAD_ARGUMENT);
    pair_pass(&p, 30 * VMTP_SECOND);
    ck_assert_uint_eq(p.service->lent, 0);
    ck_assert_uint_eq(p.service->extras, 0);
}
END_TEST

/* TEST-4.1-06 */
START_TEST(large_segments_come_and_go_unchanged) {
    uint32_t size = sizes[_i], crc = vtest_crc32(segment, size);
    ck_assert_uint_eq(pair_do(&p, VMTP_TEST_ECHO, NULL, segment, size), VMTP_OK);
    ck_assert_uint_eq(pair_answer(&p)->size, size);
    ck_assert_mem_eq(answer, segment, size);
    ck_assert_uint_eq(pair_do(&p, VMTP_TEST_SINK, NULL, segment, size), VMTP_OK);
    ck_assert_uint_eq(pair_answer(&p)->message.words[0], size);
    ck_assert_uint_eq(pair_answer(&p)->message.words[1], crc);
    ck_assert_uint_eq(pair_do(&p, VMTP_TEST_MIRROR, NULL, segment, size), VMTP_OK);
    ck_assert_uint_eq(vmtp_load32(answer + VTEST_MIRROR_SIZE), size);
    ck_assert_uint_eq(vmtp_load32(answer + VTEST_MIRROR_CRC), crc);
    ck_assert_uint_eq(pair_do(&p, VMTP_TEST_SEQUENCE, NULL, segment, size), VMTP_OK);
    ck_assert_uint_eq(pair_answer(&p)->message.words[3], size);
    ck_assert_uint_eq(pair_answer(&p)->message.words[4], crc);
}
END_TEST

/* A twin and the serial server take what the service takes, and again when their Clients are silent.  TEST-2.3-01, TEST-4.1-06 */
START_TEST(twins_take_large_segments) {
    static const uint32_t places[] = {VTEST_TWINS, VTEST_LAST_TWIN, VTEST_SERIAL};
    const uint32_t number[7] = {places[_i]};
    ck_assert_uint_eq(pair_do(&p, VMTP_TEST_ENTITY, number, NULL, 0), VMTP_OK);
    const vmtp_entity twin = vmtp_words_get64(pair_answer(&p)->message.words);
    for (unsigned i = 1; i < 4; i++) {
        const struct pair_call *call = pair_start(&p, i, twin, VMTP_PIC | VMTP_TEST_ECHO, NULL, segment,
                                                  i == 3 ? 20000 : MOST);
        pair_wait(&p, &p.calls[i]);
        ck_assert_uint_eq(call->result, 0);
        ck_assert_uint_eq(call->message.code & VMTP_CODE_MASK, VMTP_OK);
        ck_assert_uint_eq(call->size, i == 3 ? 20000 : MOST);
        ck_assert_mem_eq(answer, segment, call->size);
        ck_assert_uint_lt(call->end - call->start, 2 * VMTP_SECOND);
    }
}
END_TEST

/* TEST-4.7-03 */
START_TEST(identify_tells_the_largest_message) {
    struct vtest_options options;
    ck_assert_uint_eq(pair_do(&p, VMTP_TEST_IDENTIFY, NULL, NULL, 0), VMTP_OK);
    ck_assert_uint_eq(pair_answer(&p)->message.words[5], MOST);
    teardown();
    setup();
    pair_end(&p);
    vtest_options_init(&options);
    options.large = 0;
    pair_begin(&p, &options);
    ck_assert_uint_eq(pair_do(&p, VMTP_TEST_IDENTIFY, NULL, NULL, 0), VMTP_OK);
    ck_assert_uint_eq(pair_answer(&p)->message.words[5], VMTP_GROUP_OCTETS);
    const uint32_t words[7] = {16385, 77};
    ck_assert_uint_eq(pair_do(&p, VMTP_TEST_SOURCE, words, NULL, 0), VMTP_TEST_BAD_ARGUMENT);
}
END_TEST

/* ---- CALL ---------------------------------------------------------------------------------------------------------- */

static void head(uint32_t code, uint32_t capacity, uint32_t run, uint32_t responses) {
    memset(segment, 0, VTEST_CALL_HEAD);
    vmtp_store64(segment + VTEST_CALL_SERVER, vtest_entity(other));
    vmtp_store32(segment + VTEST_CALL_CODE, VMTP_PIC | code);
    vmtp_store32(segment + VTEST_CALL_CAPACITY, capacity);
    vmtp_store32(segment + VTEST_CALL_COUNTS, run << 16 | responses);
}

/* TEST-4.6-01 */
START_TEST(call_sends_and_takes_large_messages) {
    const uint32_t words[7] = {1000000, 77, 0, 1};
    uint8_t *pattern = malloc(1000000);
    head(VMTP_TEST_ECHO, 1000000, 0, 0);
    vtest_pattern(pattern, 1000000, 77);
    ck_assert_uint_eq(pair_do(&p, VMTP_TEST_CALL, words, segment, VTEST_CALL_HEAD), VMTP_OK);
    ck_assert_uint_eq(pair_answer(&p)->message.words[0], 0);
    ck_assert_uint_eq(pair_answer(&p)->size, VTEST_AREA);
    ck_assert_uint_eq(vmtp_load32(answer + VTEST_CALL_DEADLINE), 1000000);
    ck_assert_uint_eq(vmtp_load32(answer + VTEST_CALL_CAPACITY), vtest_crc32(pattern, 1000000));
    ck_assert_mem_eq(answer + VTEST_CALL_HEAD, pattern, VTEST_AREA - VTEST_CALL_HEAD);
    free(pattern);
}
END_TEST

/* What the other service says to one more SEQUENCE of client 2. */
static void expect_next(uint32_t order, uint32_t tag) {
    const uint32_t words[7] = {0, 0, 0, 2};
    head(VMTP_TEST_SEQUENCE, 0, 0, 0);
    ck_assert_uint_eq(pair_do(&p, VMTP_TEST_CALL, words, segment, VTEST_CALL_HEAD), VMTP_OK);
    ck_assert_uint_eq(vmtp_load32(answer + VTEST_CALL_WORDS + 4), order);
    ck_assert_uint_eq(vmtp_load32(answer + VTEST_CALL_WORDS + 8), tag);
}

/* TEST-4.6-05, TEST-4.6-08, TEST-4.9-01, TEST-4.9-05 */
START_TEST(call_streams_a_run) {
    const uint32_t words[7] = {0, 0, 0, 2};
    head(VMTP_TEST_SEQUENCE, 0, 16, 0);
    vmtp_store32(segment + VTEST_CALL_WORDS, 100);
    vmtp_store32(segment + VTEST_CALL_WORDS + 4, _i ? VTEST_SEQUENCE_BATCH : 0);
    ck_assert_uint_eq(pair_do(&p, VMTP_TEST_CALL, words, segment, VTEST_CALL_HEAD), VMTP_OK);
    ck_assert_uint_eq(pair_answer(&p)->message.words[0], 0);
    ck_assert_uint_eq(pair_answer(&p)->message.words[2], 16);
    for (uint32_t i = 0; i < 16; i++) {
        const uint8_t *r = answer + VTEST_CALL_HEAD + i * VTEST_RESULT_OCTETS;
        ck_assert_uint_eq(vmtp_load32(r + VTEST_RESULT_NUMBER), i);
        ck_assert_uint_eq(vmtp_load32(r + VTEST_RESULT_RESULT), 0);
        ck_assert_uint_eq(vmtp_load64(r + VTEST_RESULT_SERVER), vtest_entity(other));
    }
    expect_next(17, 115);
    uint64_t batched = vmtp_counter(p.tester.engine, VMTP_COUNT_RESPONSES_BATCHED);
    ck_assert_int_eq(batched > 0, _i);
}
END_TEST

/* TEST-4.10-01: a run for which the serial server has no room comes in smaller portions, and is executed in order */
START_TEST(a_serial_server_takes_a_run_bit_by_bit) {
    const uint32_t two[7] = {2}, words[7] = {0, 0, 0, 2};
    pair_wait(&p, pair_start(&p, 1, vtest_entity(other), VMTP_PIC | VMTP_TEST_SERIAL, two, NULL, 0));
    vmtp_entity serial = vmtp_words_get64(p.calls[1].message.words);
    head(VMTP_TEST_DELAY, 0, 16, 0);
    vmtp_store64(segment + VTEST_CALL_SERVER, serial);
    vmtp_store32(segment + VTEST_CALL_WORDS, 5000);
    ck_assert_uint_eq(pair_do(&p, VMTP_TEST_CALL, words, segment, VTEST_CALL_HEAD), VMTP_OK);
    ck_assert_uint_eq(pair_answer(&p)->message.words[0], 0);
    ck_assert_uint_eq(pair_answer(&p)->message.words[2], 16);
    for (uint32_t i = 0; i < 16; i++)
        ck_assert_uint_eq(vmtp_load32(answer + VTEST_CALL_HEAD + i * VTEST_RESULT_OCTETS + VTEST_RESULT_NUMBER), i);
    ck_assert_uint_eq(other->places[VTEST_SERIAL].executed, 16);
    ck_assert_uint_gt(vmtp_counter(p.node.engine, VMTP_COUNT_RUN_OVERFLOWS), 0);
}
END_TEST

/* TEST-4.6-09 */
START_TEST(runs_have_a_limit) {
    static const uint32_t wrong[][3] = {{0, 17, 0}, {0, 2, 2}, {MOST / 2 + 1, 2, 0}, {MOST, 2, 1}};
    for (unsigned i = 0; i < 4; i++) {
        head(VMTP_TEST_NULL, wrong[i][0], wrong[i][1], wrong[i][2]);
        ck_assert_uint_eq(pair_do(&p, VMTP_TEST_CALL, NULL, segment, VTEST_CALL_HEAD), VMTP_TEST_BAD_ARGUMENT);
    }
    head(VMTP_TEST_NULL, 0, 2, 0);
    vmtp_store64(segment + VTEST_CALL_SERVER, VMTP_MANAGER_GROUP);
    ck_assert_uint_eq(pair_do(&p, VMTP_TEST_CALL, NULL, segment, VTEST_CALL_HEAD), VMTP_TEST_BAD_ARGUMENT);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("test service: large messages and runs");
    TCase *all = tcase_create("all");
    tcase_set_timeout(all, 300);
    tcase_add_checked_fixture(all, setup, teardown);
    tcase_add_loop_test(all, source_gives_large_segments_to_who_takes_them, 0, 4);
    tcase_add_loop_test(all, large_segments_come_and_go_unchanged, 0, 4);
    tcase_add_loop_test(all, twins_take_large_segments, 0, 3);
    tcase_add_test(all, identify_tells_the_largest_message);
    tcase_add_test(all, call_sends_and_takes_large_messages);
    tcase_add_loop_test(all, call_streams_a_run, 0, 2);
    tcase_add_test(all, a_serial_server_takes_a_run_bit_by_bit);
    tcase_add_test(all, runs_have_a_limit);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
