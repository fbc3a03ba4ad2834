/* SPDX-License-Identifier: BSD-2-Clause */
/* test_service_slow.c - operations of the test service that take their time: DELAY and CALL, and what happens beside them. */
#include <check.h>
#include <suite.h>
#include <stdlib.h>

#include "support/pair.h"
#include "test_internal.h"

static struct pair p;
static uint8_t segment[VMTP_GROUP_OCTETS], expected[VMTP_GROUP_OCTETS];

static void setup(void) { pair_begin(&p, NULL); }
static void teardown(void) { pair_end(&p); }

static void few_slots(void) {
    struct vtest_options options;
    vtest_options_init(&options);
    options.slots = 4;
    pair_begin(&p, &options);
}

static struct pair_call *delay(unsigned number, uint32_t microseconds, uint32_t octets) {
    const uint32_t words[7] = {microseconds, octets, 5};
    return pair_start(&p, number, 0, VMTP_PIC | VMTP_TEST_DELAY, words, NULL, 0);
}

/* ---- DELAY --------------------------------------------------------------------------------------------------------- */

/* TEST-4.2-01, TEST-2.2-01, TEST-4.2-02 */
START_TEST(delays_end_in_time_and_hold_nobody_up) {
    struct pair_call *calls[4];
    for (unsigned i = 0; i < 4; i++)
        calls[i] = delay(1 + i, 1000000 - 200000 * i, 3000 * i);
    pair_pass(&p, 10 * VMTP_MILLISECOND);
    ck_assert_uint_eq(pair_do(&p, VMTP_TEST_NULL, NULL, NULL, 0), VMTP_OK);
    ck_assert_uint_lt(pair_answer(&p)->end - pair_answer(&p)->start, VMTP_MILLISECOND);
    for (unsigned i = 0; i < 4; i++) {
        pair_wait(&p, calls[3 - i]); /* the last is the shortest */
        pair_do(&p, VMTP_TEST_NULL, NULL, NULL, 0);
    }
    for (unsigned i = 0; i < 4; i++) {
        vmtp_time took = calls[i]->end - calls[i]->start;
        ck_assert_uint_eq(calls[i]->result, 0);
        ck_assert_uint_ge(took, (1000 - 200 * i) * VMTP_MILLISECOND);
        ck_assert_uint_lt(took, (1000 - 200 * i + 10) * VMTP_MILLISECOND);
        vtest_pattern(expected, 3000 * i, 5);
        ck_assert_uint_eq(calls[i]->size, 3000 * i);
        ck_assert_mem_eq(calls[i]->area, expected, 3000 * i);
        ck_assert_uint_eq(calls[i]->message.words[2], vtest_crc32(expected, 3000 * i));
    }
    ck_assert_uint_eq(pair_count(&p, VMTP_TEST_DELAY), 4);
}
END_TEST

/* TEST-4.2-03 */
START_TEST(delays_have_a_limit) {
    const uint32_t most[7] = {60000000}, beyond[7] = {60000001};
    ck_assert_uint_eq(pair_do(&p, VMTP_TEST_DELAY, beyond, NULL, 0), VMTP_TEST_BAD_ARGUMENT);
    ck_assert_uint_eq(pair_do(&p, VMTP_TEST_DELAY, most, NULL, 0), VMTP_OK);
    ck_assert_uint_ge(pair_answer(&p)->end - pair_answer(&p)->start, 60 * VMTP_SECOND);
    ck_assert_uint_eq(pair_count(&p, VMTP_TEST_DELAY), 2);
}
END_TEST

START_TEST(a_client_that_goes_on_frees_its_delay) {
    struct pair_call *call = delay(0, 50000000, 0);
    pair_pass(&p, 100 * VMTP_MILLISECOND);
    ck_assert_uint_ne(vtest_deadline(p.service), VMTP_NEVER);
    ck_assert_int_eq(vmtp_cancel(p.tester.engine, call->handle, pair_now(&p)), 0);
    pair_wait(&p, call);
    ck_assert_uint_eq(call->result, VMTP_CANCELLED);
    ck_assert_uint_eq(pair_do(&p, VMTP_TEST_NULL, NULL, NULL, 0), VMTP_OK);
    ck_assert_uint_eq(vtest_deadline(p.service), VMTP_NEVER);
}
END_TEST

/* A mistake of the service's own: an answer that the engine refuses becomes an error, and its slot is free again. */
START_TEST(an_answer_that_cannot_be_sent_is_an_error) {
    const struct vmtp_message impossible = {.code = VMTP_OK | VMTP_PIC};
    struct pair_call *call = delay(0, 50000000, 0);
    struct vtest_slot *slot = p.service->slots;
    pair_pass(&p, 100 * VMTP_MILLISECOND);
    while (slot->state != VTEST_DELAYED)
        slot++;
    vtest_answer(p.service, slot, &impossible, slot->area, 100, pair_now(&p));
    pair_wait(&p, call);
    ck_assert_uint_eq(call->result, 0);
    ck_assert_uint_eq(call->message.code & VMTP_CODE_MASK, VMTP_ERROR);
    ck_assert_uint_eq(call->size, 0);
    ck_assert_int_eq(slot->state, VTEST_POSTED);
    ck_assert_uint_eq(p.service->lent, 0);
}
END_TEST

/* TEST-2.2-02: four slots, five delays: the fifth waits for BUSY to end, and is executed once. */
START_TEST(no_room_means_busy_and_nothing_is_lost) {
    struct pair_call *calls[5];
    for (unsigned i = 0; i < 5; i++)
        calls[i] = delay(i, 500000, 0);
    for (unsigned i = 0; i < 5; i++) {
        pair_wait(&p, calls[i]);
        ck_assert_uint_eq(calls[i]->result, 0);
        ck_assert_uint_eq(calls[i]->message.code & VMTP_CODE_MASK, VMTP_OK);
    }
    ck_assert_uint_gt(vmtp_counter(p.node.engine, VMTP_COUNT_BUSY_SENT), 0);
    ck_assert_uint_eq(pair_count(&p, VMTP_TEST_DELAY), 5);
}
END_TEST

/* Many clients that take a segment each and then fall silent must not stop the service. */
START_TEST(silent_clients_do_not_stop_the_service) {
    const uint32_t words[7] = {16384, 3};
    for (unsigned round = 0; round < 3; round++) {
        for (unsigned i = 0; i < PAIR_CLIENTS; i++) {
            struct pair_call *call = pair_start(&p, i, 0, VMTP_PIC | VMTP_TEST_SOURCE, words, NULL, 0);
            pair_wait(&p, call);
            ck_assert_uint_eq(call->result, 0);
            ck_assert_uint_eq(call->size, 16384);
        }
        pair_pass(&p, 2 * VMTP_SECOND);
    }
    ck_assert_uint_eq(vtest_count(p.service, VMTP_TEST_SOURCE & 0xff), 3 * PAIR_CLIENTS);
}
END_TEST

/* ---- CALL ---------------------------------------------------------------------------------------------------------- */

/* The head of CALL's segment: NULL to the service itself by default. */
static void head(uint8_t *out, vmtp_entity server, uint32_t code) {
    memset(out, 0, VTEST_CALL_HEAD);
    vmtp_store64(out + VTEST_CALL_SERVER, server);
    vmtp_store32(out + VTEST_CALL_CODE, VMTP_PIC | code);
    vmtp_store32(out + VTEST_CALL_CAPACITY, VMTP_GROUP_OCTETS);
}

/* A service of the tester's own, for CALL to call. */
static vtest_service *tester_service;
static vmtp_entity tester_entity;

static void setup_both(void) {
    struct vtest_options options;
    setup();
    vtest_options_init(&options);
    options.slots = 8;
    options.forbid_call = 1;
    ck_assert_int_eq(vtest_create(&tester_service, p.tester.engine, &options, pair_now(&p)), 0);
    tester_entity = vtest_entity(tester_service);
    p.on_tester_event = tester_service;
}

static void teardown_both(void) {
    teardown();
    vtest_destroy(tester_service);
}

/* TEST-4.6-01 */
START_TEST(call_returns_what_its_call_brought) {
    head(segment, tester_entity, VMTP_TEST_ECHO);
    for (unsigned i = 0; i < 6; i++)
        vmtp_store32(segment + VTEST_CALL_WORDS + 4 * i, 100 + i);
    vtest_pattern(segment + VTEST_CALL_HEAD, 5000, 9);
    ck_assert_uint_eq(pair_do(&p, VMTP_TEST_CALL, NULL, segment, VTEST_CALL_HEAD + 5000), VMTP_OK);
    const struct pair_call *a = pair_answer(&p);
    ck_assert_uint_eq(a->message.words[0], 0);
    ck_assert_uint_eq(a->message.words[1], VMTP_SDA);
    ck_assert_uint_eq(a->size, VTEST_CALL_HEAD + 5000);
    ck_assert_uint_eq(vmtp_load64(a->area + VTEST_CALL_SERVER), tester_entity);
    for (unsigned i = 0; i < 6; i++)
        ck_assert_uint_eq(vmtp_load32(a->area + VTEST_CALL_WORDS + 4 * i), 100 + i);
    vtest_pattern(expected, 5000, 9);
    ck_assert_uint_eq(vmtp_load32(a->area + VTEST_CALL_DEADLINE), 5000);
    ck_assert_uint_eq(vmtp_load32(a->area + VTEST_CALL_CAPACITY), vtest_crc32(expected, 5000));
    ck_assert_mem_eq(a->area + VTEST_CALL_HEAD, expected, 5000);
    ck_assert_uint_eq(vtest_count(tester_service, VMTP_TEST_ECHO & 0xff), 1);
}
END_TEST

/* TEST-4.6-01, TEST-4.6-04: all 16 KiB in both directions, reported by size and CRC-32 */
START_TEST(call_sends_a_pattern_and_reports_briefly) {
    const uint32_t brief[7] = {16384, 77, 1, 7}, full[7] = {16384, 77, 0, 7};
    head(segment, tester_entity, VMTP_TEST_ECHO);
    vtest_pattern(expected, 16384, 77);
    ck_assert_uint_eq(pair_do(&p, VMTP_TEST_CALL, brief, segment, VTEST_CALL_HEAD), VMTP_OK);
    const struct pair_call *a = pair_answer(&p);
    ck_assert_uint_eq(a->size, VTEST_CALL_HEAD);
    ck_assert_uint_eq(vmtp_load32(a->area + VTEST_CALL_DEADLINE), 16384);
    ck_assert_uint_eq(vmtp_load32(a->area + VTEST_CALL_CAPACITY), vtest_crc32(expected, 16384));
    ck_assert_uint_eq(pair_do(&p, VMTP_TEST_CALL, full, segment, VTEST_CALL_HEAD), VMTP_OK);
    ck_assert_uint_eq(a->size, 16384);
    ck_assert_uint_eq(vmtp_load32(a->area + VTEST_CALL_DEADLINE), 16384);
    ck_assert_uint_eq(vmtp_load32(a->area + VTEST_CALL_CAPACITY), vtest_crc32(expected, 16384));
    ck_assert_mem_eq(a->area + VTEST_CALL_HEAD, expected, 16384 - VTEST_CALL_HEAD);
}
END_TEST

START_TEST(call_reports_failures_too) {
    const struct pair_call *a = pair_answer(&p);
    head(segment, 0x0000000000777777, VMTP_TEST_NULL); /* nobody */
    ck_assert_uint_eq(pair_do(&p, VMTP_TEST_CALL, NULL, segment, VTEST_CALL_HEAD), VMTP_OK);
    ck_assert_uint_eq(a->message.words[0], VMTP_RETRANS_TIMEOUT);
    ck_assert_uint_eq(a->message.words[1], 0);
    ck_assert_uint_eq(vmtp_load32(a->area + VTEST_CALL_CONTROL), VMTP_RETRANS_TIMEOUT);
    ck_assert_uint_eq(a->size, VTEST_CALL_HEAD);
    vmtp_store32(segment + VTEST_CALL_DEADLINE, 100);
    ck_assert_uint_eq(pair_do(&p, VMTP_TEST_CALL, NULL, segment, VTEST_CALL_HEAD), VMTP_OK);
    ck_assert_uint_eq(a->message.words[0], VMTP_USER_TIMEOUT);
    ck_assert_uint_ge(vmtp_load32(a->area + VTEST_CALL_COUNTS), 100000); /* microseconds */
    head(segment, tester_entity, VMTP_TEST_ECHO);                        /* more comes back than is to be taken */
    vmtp_store32(segment + VTEST_CALL_CAPACITY, 512);
    ck_assert_uint_eq(pair_do(&p, VMTP_TEST_CALL, NULL, segment, VTEST_CALL_HEAD + 2000), VMTP_OK);
    ck_assert_uint_eq(a->message.words[0], VMTP_BAD_REPLY_SEGMENT);
    ck_assert_uint_eq(vmtp_load32(a->area + VTEST_CALL_DEADLINE), 512);
}
END_TEST

/* TEST-4.6-02 */
START_TEST(each_number_is_one_client_entity) {
    vmtp_entity seen[8];
    head(segment, tester_entity, VMTP_TEST_MIRROR);
    for (uint32_t round = 0; round < 2; round++) {
        for (uint32_t i = 0; i < 8; i++) {
            const uint32_t words[7] = {0, 0, 0, i};
            ck_assert_uint_eq(pair_do(&p, VMTP_TEST_CALL, words, segment, VTEST_CALL_HEAD), VMTP_OK);
            vmtp_entity client = vmtp_load64(pair_answer(&p)->area + VTEST_CALL_HEAD + VTEST_MIRROR_CLIENT);
            for (uint32_t k = 0; k < i; k++)
                ck_assert_uint_ne(seen[k], client);
            if (round > 0)
                ck_assert_uint_eq(seen[i], client);
            seen[i] = client;
        }
    }
}
END_TEST

/* TEST-4.6-02, TEST-2.2-01 */
START_TEST(a_client_entity_calls_once_at_a_time) {
    uint8_t slow[VTEST_CALL_HEAD];
    const uint32_t other[7] = {0, 0, 0, 1};
    head(slow, tester_entity, VMTP_TEST_DELAY);
    vmtp_store32(slow + VTEST_CALL_WORDS, 2000000);
    struct pair_call *first = pair_start(&p, 1, 0, VMTP_PIC | VMTP_TEST_CALL, NULL, slow, sizeof slow);
    pair_pass(&p, 50 * VMTP_MILLISECOND);
    head(segment, tester_entity, VMTP_TEST_NULL);
    ck_assert_uint_eq(pair_do(&p, VMTP_TEST_CALL, NULL, segment, VTEST_CALL_HEAD), VMTP_TEST_NO_ROOM);
    ck_assert_uint_eq(pair_do(&p, VMTP_TEST_CALL, other, segment, VTEST_CALL_HEAD), VMTP_OK);
    ck_assert_int_eq(first->done, 0);
    pair_wait(&p, first);
    ck_assert_uint_eq(first->message.code & VMTP_CODE_MASK, VMTP_OK);
    ck_assert_uint_eq(first->message.words[0], 0);
    ck_assert_uint_eq(pair_do(&p, VMTP_TEST_CALL, NULL, segment, VTEST_CALL_HEAD), VMTP_OK);
}
END_TEST

/* TEST-4.6-03, TEST-6.1-01 */
START_TEST(call_refuses_nonsense) {
    static const uint32_t words[][7] = {{4194305}, {0, 0, 8}, {0, 0, 0, 12}};
    head(segment, tester_entity, VMTP_TEST_NULL);
    ck_assert_uint_eq(pair_do(&p, VMTP_TEST_CALL, NULL, segment, VTEST_CALL_HEAD - 1), VMTP_TEST_BAD_ARGUMENT);
    ck_assert_uint_eq(pair_do(&p, VMTP_TEST_CALL, NULL, NULL, 0), VMTP_TEST_BAD_ARGUMENT);
    for (unsigned i = 0; i < 3; i++)
        ck_assert_uint_eq(pair_do(&p, VMTP_TEST_CALL, words[i], segment, VTEST_CALL_HEAD), VMTP_TEST_BAD_ARGUMENT);
    head(segment, 0, VMTP_TEST_NULL);
    ck_assert_uint_eq(pair_do(&p, VMTP_TEST_CALL, NULL, segment, VTEST_CALL_HEAD), VMTP_TEST_BAD_ARGUMENT);
    head(segment, tester_entity, VMTP_TEST_NULL);
    vmtp_store32(segment + VTEST_CALL_DEADLINE, 60001);
    ck_assert_uint_eq(pair_do(&p, VMTP_TEST_CALL, NULL, segment, VTEST_CALL_HEAD), VMTP_TEST_BAD_ARGUMENT);
    head(segment, tester_entity, VMTP_TEST_NULL);
    vmtp_store32(segment + VTEST_CALL_CAPACITY, 4194305);
    ck_assert_uint_eq(pair_do(&p, VMTP_TEST_CALL, NULL, segment, VTEST_CALL_HEAD), VMTP_TEST_BAD_ARGUMENT);
    ck_assert_uint_eq(vmtp_counter(p.node.engine, VMTP_COUNT_CALLS), 0);
}
END_TEST

START_TEST(call_can_be_forbidden) {
    head(segment, vtest_entity(p.service), VMTP_TEST_NULL);
    struct pair_call *call = pair_start(&p, 0, vtest_entity(p.service), VMTP_PIC | VMTP_TEST_CALL, NULL, segment,
                                        VTEST_CALL_HEAD);
    pair_wait(&p, call);
    ck_assert_uint_eq(call->message.code & VMTP_CODE_MASK, VMTP_NO_PERMISSION);
}
END_TEST

static void setup_forbidden(void) {
    struct vtest_options options;
    vtest_options_init(&options);
    options.forbid_call = 1;
    pair_begin(&p, &options);
}

int main(void) {
    Suite *suite = suite_create("test service: slow operations");
    TCase *delays = tcase_create("delay");
    tcase_add_checked_fixture(delays, setup, teardown);
    tcase_add_test(delays, delays_end_in_time_and_hold_nobody_up);
    tcase_add_test(delays, delays_have_a_limit);
    tcase_add_test(delays, a_client_that_goes_on_frees_its_delay);
    tcase_add_test(delays, silent_clients_do_not_stop_the_service);
    TCase *small = tcase_create("few slots");
    tcase_add_checked_fixture(small, few_slots, teardown);
    tcase_add_test(small, no_room_means_busy_and_nothing_is_lost);
    tcase_add_test(small, an_answer_that_cannot_be_sent_is_an_error);
    tcase_add_test(small, silent_clients_do_not_stop_the_service);
    TCase *calls = tcase_create("call");
    tcase_add_checked_fixture(calls, setup_both, teardown_both);
    tcase_add_test(calls, call_returns_what_its_call_brought);
    tcase_add_test(calls, call_sends_a_pattern_and_reports_briefly);
    tcase_add_test(calls, call_reports_failures_too);
    tcase_add_test(calls, each_number_is_one_client_entity);
    tcase_add_test(calls, a_client_entity_calls_once_at_a_time);
    tcase_add_test(calls, call_refuses_nonsense);
    TCase *forbidden = tcase_create("forbidden");
    tcase_add_checked_fixture(forbidden, setup_forbidden, teardown);
    tcase_add_test(forbidden, call_can_be_forbidden);
    suite_add_tcase(suite, delays);
    suite_add_tcase(suite, small);
    suite_add_tcase(suite, calls);
    suite_add_tcase(suite, forbidden);
    return run_suite(suite);
}
