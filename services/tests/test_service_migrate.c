/* SPDX-License-Identifier: BSD-2-Clause */
/* test_service_migrate.c - MIGRATE and ADOPT: a twin goes to another node and answers there. */
#include <check.h>
#include <suite.h>
#include <stdlib.h>

#include "support/pair.h"
#include "test_internal.h"

static struct pair p;
static vtest_service *other; /* on the tester's node */

static void setup(void) {
    struct vtest_options options;
    pair_begin(&p, NULL);
    vtest_options_init(&options);
    options.slots = 8;
    ck_assert_int_eq(vtest_create(&other, p.tester.engine, &options, pair_now(&p)), 0);
    p.on_tester_event = other;
}

static void teardown(void) {
    pair_end(&p);
    vtest_destroy(other);
}

static vmtp_entity twin(uint32_t number) {
    const uint32_t words[7] = {number};
    ck_assert_uint_eq(pair_do(&p, VMTP_TEST_ENTITY, words, NULL, 0), VMTP_OK);
    return vmtp_words_get64(pair_answer(&p)->message.words);
}

static uint32_t migrate(uint32_t here, uint32_t there, vmtp_entity peer) {
    const uint32_t words[7] = {here, there, (uint32_t)(peer >> 32), (uint32_t)peer};
    return pair_do(&p, VMTP_TEST_MIGRATE, words, NULL, 0);
}

static uint32_t ask(vmtp_entity server, uint32_t code) {
    pair_wait(&p, pair_start(&p, 5, server, VMTP_PIC | code, NULL, NULL, 0));
    ck_assert_uint_eq(p.calls[5].result, 0);
    return p.calls[5].message.code & VMTP_CODE_MASK;
}

/* TEST-4.14-01 */
START_TEST(a_twin_moves_and_answers_there) {
    vmtp_entity id = twin(1);
    ck_assert_uint_eq(ask(id, VMTP_TEST_NULL), VMTP_OK);
    ck_assert_uint_eq(migrate(1, 2, vtest_entity(other)), VMTP_OK);
    ck_assert_uint_eq(pair_answer(&p)->message.words[2], 0);
    ck_assert_uint_eq(vmtp_words_get64(pair_answer(&p)->message.words), id);
    ck_assert_uint_gt(pair_answer(&p)->message.words[3], 0);
    ck_assert_uint_eq(ask(id, VMTP_TEST_NULL), VMTP_OK);
    ck_assert_uint_eq(p.calls[5].message.server, id);
    ck_assert_uint_eq(other->places[2].id, id);
    ck_assert_uint_eq(other->places[2].counts[0], 1);
    ck_assert_uint_ne(twin(1), id);
    uint8_t head[VTEST_CALL_HEAD] = {0}; /* and for clients that are elsewhere */
    vmtp_store64(head, id);
    vmtp_store32(head + VTEST_CALL_CODE, VMTP_PIC | VMTP_TEST_NULL);
    ck_assert_uint_eq(pair_do(&p, VMTP_TEST_CALL, NULL, head, sizeof head), VMTP_OK);
    ck_assert_uint_eq(pair_answer(&p)->message.words[0], 0);
    ck_assert_uint_eq(other->places[2].counts[0], 2);
}
END_TEST

/* TEST-4.14-02 */
START_TEST(what_it_has_in_hand_goes_along) {
    static const uint32_t slow[7] = {500000, 3000, 9};
    vmtp_entity id = twin(3);
    struct pair_call *calls[4];
    uint8_t expected[3000];
    vtest_pattern(expected, sizeof expected, 9);
    for (unsigned i = 0; i < 4; i++)
        calls[i] = pair_start(&p, 1 + i, id, VMTP_PIC | VMTP_TEST_DELAY, slow, NULL, 0);
    pair_pass(&p, 100 * VMTP_MILLISECOND);
    ck_assert_uint_eq(migrate(3, 3, vtest_entity(other)), VMTP_OK);
    ck_assert_uint_eq(pair_answer(&p)->message.words[2], 0);
    for (unsigned i = 0; i < 4; i++) {
        pair_wait(&p, calls[i]);
        ck_assert_uint_eq(calls[i]->result, 0);
        ck_assert_uint_eq(calls[i]->size, 3000);
        ck_assert_mem_eq(calls[i]->area, expected, 3000);
    }
    ck_assert_uint_eq(other->places[3].counts[VMTP_TEST_DELAY & 0xff], 4);
    pair_pass(&p, 60 * VMTP_SECOND);
    ck_assert_ptr_null(other->places[3].moved);
    ck_assert_uint_eq(p.service->lent, 0);
}
END_TEST

/* TEST-4.14-01 */
START_TEST(it_takes_the_first_free_number) {
    twin(1);
    ck_assert_uint_eq(migrate(1, 1, vtest_entity(other)), VMTP_OK);
    twin(1);
    ck_assert_uint_eq(migrate(1, 0, vtest_entity(other)), VMTP_OK);
    ck_assert_uint_eq(pair_answer(&p)->message.words[2], 0);
    ck_assert_uint_eq(pair_answer(&p)->message.words[4], 2);
}
END_TEST

/* A Response whose segment may be asked for again goes along too, and comes back. */
START_TEST(responses_that_are_held_go_along) {
    static const uint32_t words[7] = {5000, 9};
    vmtp_entity id = twin(1);
    pair_wait(&p, pair_start(&p, 1, id, VMTP_PIC | VMTP_TEST_SOURCE, words, NULL, 0));
    ck_assert_uint_eq(p.service->lent, 1);
    ck_assert_uint_eq(migrate(1, 1, vtest_entity(other)), VMTP_OK);
    ck_assert_uint_eq(pair_answer(&p)->message.words[2], 0);
    pair_pass(&p, 60 * VMTP_SECOND);
    ck_assert_uint_eq(p.service->lent, 0);
    ck_assert_ptr_null(other->places[1].moved);
    ck_assert_uint_eq(ask(id, VMTP_TEST_NULL), VMTP_OK);
}
END_TEST

/* TEST-4.14-03, TEST-4.14-04 */
START_TEST(an_entity_that_finds_no_place_stays) {
    static const uint32_t one[7] = {1};
    vmtp_entity id = twin(2);
    pair_wait(&p, pair_start(&p, 1, vtest_entity(other), VMTP_PIC | VMTP_TEST_ENTITY, one, NULL, 0));
    struct pair_call *slow = pair_start(&p, 2, id, VMTP_PIC | VMTP_TEST_DELAY, (const uint32_t[7]){300000}, NULL, 0);
    pair_pass(&p, 10 * VMTP_MILLISECOND);
    ck_assert_uint_eq(migrate(2, 1, vtest_entity(other)), VMTP_OK);
    ck_assert_uint_eq(pair_answer(&p)->message.words[2], VMTP_TEST_NO_ROOM);
    ck_assert_uint_eq(twin(2), id);
    pair_wait(&p, slow);
    ck_assert_uint_eq(slow->result, 0);
    ck_assert_uint_eq(migrate(2, 2, 0x777777), VMTP_OK);
    ck_assert_uint_ne(pair_answer(&p)->message.words[2], 0);
    ck_assert_uint_eq(twin(2), id);
    ck_assert_uint_eq(ask(id, VMTP_TEST_NULL), VMTP_OK);
}
END_TEST

/* TEST-4.14-04 */
START_TEST(nonsense_is_refused) {
    static const uint32_t one[7] = {1}, four[7] = {4};
    vmtp_entity peer = vtest_entity(other), id = twin(1);
    ck_assert_uint_eq(migrate(0, 1, peer), VMTP_TEST_BAD_ARGUMENT);
    ck_assert_uint_eq(migrate(4, 1, peer), VMTP_TEST_BAD_ARGUMENT);
    ck_assert_uint_eq(migrate(1, 4, peer), VMTP_TEST_BAD_ARGUMENT);
    ck_assert_uint_eq(migrate(1, 1, 0), VMTP_TEST_BAD_ARGUMENT);
    ck_assert_uint_eq(migrate(1, 1, vtest_entity(p.service)), VMTP_TEST_BAD_ARGUMENT);
    ck_assert_uint_eq(migrate(1, 1, VMTP_MANAGER_GROUP), VMTP_TEST_BAD_ARGUMENT);
    ck_assert_uint_eq(migrate(2, 1, peer), VMTP_NONEXISTENT_ENTITY);
    ck_assert_uint_eq(pair_do(&p, VMTP_TEST_ADOPT, one, NULL, 0), VMTP_TEST_BAD_ARGUMENT);
    ck_assert_uint_eq(pair_do(&p, VMTP_TEST_ADOPT, four, "nonsense", 8), VMTP_TEST_BAD_ARGUMENT);
    ck_assert_uint_eq(pair_do(&p, VMTP_TEST_ADOPT, one, "nonsense", 8), VMTP_TEST_NO_ROOM);
    const uint32_t two[7] = {2};
    ck_assert_uint_eq(pair_do(&p, VMTP_TEST_ADOPT, two, "nonsense", 8), VMTP_TEST_BAD_ARGUMENT);
    ck_assert_uint_eq(twin(1), id);
    p.service->forbid_call = 1;
    ck_assert_uint_eq(migrate(1, 1, peer), VMTP_NO_PERMISSION);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("test service: migration");
    TCase *all = tcase_create("all");
    tcase_add_checked_fixture(all, setup, teardown);
    tcase_add_test(all, a_twin_moves_and_answers_there);
    tcase_add_test(all, it_takes_the_first_free_number);
    tcase_add_test(all, what_it_has_in_hand_goes_along);
    tcase_add_test(all, responses_that_are_held_go_along);
    tcase_add_test(all, an_entity_that_finds_no_place_stays);
    tcase_add_test(all, nonsense_is_refused);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
