/* SPDX-License-Identifier: BSD-2-Clause */
/* test_service_tell.c - Responses that members hear from each other, and signals. */
#include <check.h>
#include <suite.h>
#include <stdlib.h>

#include "support/pair.h"
#include "test_internal.h"

#define GROUP 0x4000000012345600ull
#define MEMBERS 4u /* the service, a twin, and the other service with one */

static struct pair p;
static vtest_service *other; /* on the tester's node */
static uint8_t call[VTEST_CALL_HEAD];

static void setup(void) {
    struct vtest_options options;
    pair_begin(&p, NULL);
    vtest_options_init(&options);
    options.slots = 8;
    ck_assert_int_eq(vtest_create(&other, p.tester.engine, &options, pair_now(&p)), 0);
    p.on_tester_event = other;
    memset(call, 0, sizeof call);
}

static void teardown(void) {
    pair_end(&p);
    vtest_destroy(other);
}

static void join(vmtp_entity service, uint32_t number, uint32_t permissions) {
    const uint32_t words[7] = {(uint32_t)(GROUP >> 32), (uint32_t)GROUP, number, permissions};
    struct pair_call *c = pair_start(&p, 1, service, VMTP_PIC | VMTP_TEST_JOIN, words, NULL, 0);
    pair_wait(&p, c);
    ck_assert_uint_eq(c->message.code & VMTP_CODE_MASK, VMTP_OK);
}

static void make_group(uint32_t permissions) {
    for (uint32_t i = 0; i < 2; i++) {
        join(vtest_entity(p.service), i, permissions);
        join(vtest_entity(other), i, permissions);
    }
}

/* TELL to the group from client of the service itself, for one second: how many Responses it brought. */
static uint32_t tell(vmtp_entity who, uint32_t octets, uint32_t client, uint32_t responses) {
    const uint32_t words[7] = {0, 0, 0, client};
    vmtp_store64(call + VTEST_CALL_SERVER, GROUP);
    vmtp_store32(call + VTEST_CALL_CODE, VMTP_MRD | VMTP_TEST_TELL);
    vmtp_store64(call + VTEST_CALL_WORDS, who);
    vmtp_store32(call + VTEST_CALL_WORDS + 8, 300000);
    vmtp_store32(call + VTEST_CALL_WORDS + 12, octets);
    vmtp_store32(call + VTEST_CALL_WORDS + 16, 77);
    vmtp_store32(call + VTEST_CALL_DEADLINE, 1000);
    vmtp_store32(call + VTEST_CALL_CAPACITY, 4096);
    vmtp_store32(call + VTEST_CALL_COUNTS, responses);
    ck_assert_uint_eq(pair_do(&p, VMTP_TEST_CALL, words, call, sizeof call), VMTP_OK);
    return pair_answer(&p)->message.words[2];
}

static const uint8_t *result(uint32_t number) {
    return pair_answer(&p)->area + VTEST_CALL_HEAD + (size_t)number * VTEST_RESULT_OCTETS;
}

/* One of the whole group tells, here or elsewhere, and the three others have heard it.  TEST-4.15-01, TEST-4.15-02 */
START_TEST(one_tells_the_others) {
    const struct vtest_place *from = &(_i & 1 ? other : p.service)->places[_i & 2 ? VTEST_TWINS : VTEST_SELF];
    make_group(VMTP_GRP_RESPONSES);
    ck_assert_uint_eq(tell(from->id, 512, 0, 8), MEMBERS);
    for (uint32_t i = 0; i < MEMBERS; i++) {
        const int told = vmtp_load64(result(i) + VTEST_RESULT_SERVER) == from->id;
        ck_assert_int_eq(told, i == 0);
        ck_assert_uint_eq(vmtp_load32(result(i) + VTEST_RESULT_RESULT), 0);
        ck_assert_uint_eq(vmtp_load32(result(i) + VTEST_RESULT_SIZE), told ? 512 : VTEST_RESULT_OCTETS);
        ck_assert_int_eq(vmtp_load32(result(i) + VTEST_RESULT_TIME) >= 300000, !told);
    }
}
END_TEST

/* What a member has heard, word by word: a call that takes the first Response only, of a group with one listener. */
START_TEST(what_was_heard) {
    uint8_t pattern[500];
    const vmtp_entity from = p.service->places[VTEST_SELF].id;
    join(vtest_entity(p.service), 0, 0);
    join(vtest_entity(other), 0, _i ? VMTP_GRP_RESPONSES : 0); /* only who has this hears */
    vtest_pattern(pattern, sizeof pattern, 77);
    ck_assert_uint_eq(tell(from, sizeof pattern, 0, 2), 2);
    ck_assert_uint_eq(vmtp_load32(result(0) + VTEST_RESULT_CRC), vtest_crc32(pattern, sizeof pattern));
    ck_assert_uint_eq(vmtp_load64(result(1) + VTEST_RESULT_SERVER), vtest_entity(other));
    ck_assert_uint_eq(vmtp_load32(result(1) + VTEST_RESULT_SIZE), _i ? VTEST_RESULT_OCTETS : 0);
    /* and the same to a tester of its own, who sees all of it */
    const uint32_t words[7] = {0xffff, 0xffff, 1000, 0, 0}; /* who: nobody */
    struct pair_call *c = pair_start(&p, 2, GROUP, VMTP_TEST_TELL, words, NULL, 0);
    pair_wait(&p, c);
    ck_assert_uint_eq(c->message.words[0], 0);
    ck_assert_uint_eq(c->size, 0);
}
END_TEST

/* The 32 octets of a Response that was heard. */
START_TEST(a_member_reports_whom_it_heard) {
    make_group(VMTP_GRP_RESPONSES);
    const vmtp_entity from = vtest_entity(other);
    const uint32_t words[7] = {(uint32_t)(from >> 32), (uint32_t)from, 1000, 100, 5};
    struct vtest_place *place = &p.service->places[VTEST_TWINS];
    uint8_t pattern[100], *area = NULL;
    vtest_pattern(pattern, sizeof pattern, 5);
    pair_start(&p, 3, GROUP, VMTP_TEST_TELL, words, NULL, 0);
    pair_pass(&p, 900 * VMTP_MICROSECOND);
    for (uint32_t i = 0; i < place->slots; i++)
        if (p.service->slots[place->first + i].state == VTEST_DELAYED)
            area = p.service->slots[place->first + i].area;
    ck_assert_ptr_nonnull(area);
    ck_assert_uint_eq(vmtp_load64(area + VTEST_RESULT_SERVER), from);
    ck_assert_uint_eq(vmtp_load32(area + VTEST_RESULT_CODE) & VMTP_CODE_MASK, VMTP_OK);
    ck_assert_uint_eq(vmtp_load32(area + VTEST_RESULT_RESULT), 0);
    ck_assert_uint_eq(vmtp_load32(area + VTEST_RESULT_NUMBER), 0);
    ck_assert_uint_eq(vmtp_load32(area + VTEST_RESULT_SIZE), 100);
    ck_assert_uint_eq(vmtp_load32(area + VTEST_RESULT_CRC), vtest_crc32(pattern, 100));
    ck_assert_uint_lt(vmtp_load32(area + VTEST_RESULT_TIME), 1000);
    pair_wait(&p, &p.calls[3]);
}
END_TEST

/* All tell at once; a Client that is a member hears them too.  TEST-4.15-01 */
START_TEST(all_tell) {
    make_group(VMTP_GRP_RESPONSES);
    const uint32_t client = _i ? 8 : 0; /* the service itself: it is not asked */
    ck_assert_uint_eq(tell(0, 10, client, 8), _i ? MEMBERS - 1 : MEMBERS);
    for (uint32_t i = 0; i < MEMBERS - 1; i++)
        ck_assert_uint_eq(vmtp_load32(result(i) + VTEST_RESULT_SIZE), 10);
}
END_TEST

/* TEST-4.15-03 */
START_TEST(tell_refuses) {
    static const uint32_t wrong[3][7] = {{0x40000000, 7, 0, 0, 0}, {0, 0, 60000001, 0, 0}, {0, 0, 0, 513, 0}};
    join(vtest_entity(p.service), 0, 0);
    ck_assert_uint_eq(pair_do(&p, VMTP_TEST_TELL, NULL, NULL, 0), VMTP_TEST_BAD_ARGUMENT); /* to one entity */
    for (unsigned i = 0; i < 3; i++) {
        struct pair_call *c = pair_start(&p, 2, GROUP, VMTP_TEST_TELL, wrong[i], NULL, 0);
        pair_wait(&p, c);
        ck_assert_uint_eq(c->message.code & VMTP_CODE_MASK, VMTP_TEST_BAD_ARGUMENT);
    }
}
END_TEST

/* What is heard comes in accepts, and those come back. */
START_TEST(listening_costs_no_accept) {
    make_group(VMTP_GRP_RESPONSES);
    for (unsigned i = 0; i < 20; i++)
        ck_assert_uint_eq(tell(vtest_entity(other), 100, i & 1 ? 8 : 0, 8), i & 1 ? MEMBERS - 1 : MEMBERS);
    const struct vtest_place *twin = &p.service->places[VTEST_TWINS];
    pair_pass(&p, 10 * VMTP_SECOND);
    ck_assert_uint_eq(twin->posted, twin->limit);
    ck_assert_uint_eq(twin->open, twin->limit);
}
END_TEST

/* ---- signals ------------------------------------------------------------------------------------------------------- */

/* Client number of the service signals an entity of the other one: what came of it. */
static uint32_t signal_it(vmtp_entity entity, uint32_t argument) {
    const uint32_t words[7] = {0, 0, 0, 2};
    vmtp_store64(call + VTEST_CALL_SERVER, VMTP_MANAGER_GROUP);
    vmtp_store32(call + VTEST_CALL_CODE, VMTP_SIGNAL_ENTITY);
    vmtp_store64(call + VTEST_CALL_WORDS, entity);
    vmtp_store32(call + VTEST_CALL_WORDS + 8, argument);
    ck_assert_uint_eq(pair_do(&p, VMTP_TEST_CALL, words, call, sizeof call), VMTP_OK);
    ck_assert_uint_eq(pair_answer(&p)->message.words[0], 0);
    return pair_answer(&p)->message.words[1] & VMTP_CODE_MASK;
}

static const struct pair_call *ask_other(uint32_t code, uint32_t number) {
    const uint32_t words[7] = {number};
    struct pair_call *c = pair_start(&p, 1, vtest_entity(other), VMTP_PIC | code, words, NULL, 0);
    pair_wait(&p, c);
    return c;
}

/* TEST-4.16-01, TEST-4.16-02, TEST-4.16-03 */
START_TEST(signals_are_told) {
    for (uint32_t number = 0; number < 6; number++) {
        const vmtp_entity entity = vmtp_words_get64(ask_other(VMTP_TEST_ENTITY, number)->message.words);
        const int takes = number <= VTEST_LAST_TWIN;
        ck_assert_uint_eq(signal_it(entity, 40 + number), takes ? VMTP_OK : VMTP_NO_PERMISSION);
        ck_assert_uint_eq(signal_it(entity, 50 + number), takes ? VMTP_OK : VMTP_NO_PERMISSION);
        const uint32_t *words =
            ask_other(number & 1 ? VMTP_TEST_SIGNALS : VMTP_TEST_SIGNALS_IDEMPOTENT, number)->message.words;
        ck_assert_uint_eq(words[0], takes ? 2 : 0);
        ck_assert_uint_eq(words[1], takes ? 50 + number : 0);
        ck_assert_uint_eq(vmtp_words_get64(words + 2), takes ? p.service->clients[2].entity : 0);
    }
    ck_assert_uint_eq(ask_other(VMTP_TEST_SIGNALS, 6)->message.code & VMTP_CODE_MASK, VMTP_TEST_BAD_ARGUMENT);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("test service: what members hear, and signals");
    TCase *all = tcase_create("all");
    tcase_add_checked_fixture(all, setup, teardown);
    tcase_add_loop_test(all, one_tells_the_others, 0, 4);
    tcase_add_loop_test(all, what_was_heard, 0, 2);
    tcase_add_test(all, a_member_reports_whom_it_heard);
    tcase_add_loop_test(all, all_tell, 0, 2);
    tcase_add_test(all, tell_refuses);
    tcase_add_test(all, listening_costs_no_accept);
    tcase_add_test(all, signals_are_told);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
