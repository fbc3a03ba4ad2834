/* SPDX-License-Identifier: BSD-2-Clause */
/* test_service_groups.c - JOIN and LEAVE, and what members answer to Requests to their group. */
#include <check.h>
#include <suite.h>
#include <stdlib.h>

#include "support/pair.h"
#include "test_internal.h"

#define GROUP 0x4000000012345600ull

static struct pair p;

static void setup(void) { pair_begin(&p, NULL); }
static void teardown(void) { pair_end(&p); }

static uint32_t membership(uint32_t code, vmtp_entity group, uint32_t number, uint32_t permissions) {
    const uint32_t words[7] = {(uint32_t)(group >> 32), (uint32_t)group, number, permissions};
    return pair_do(&p, code, words, NULL, 0);
}

static uint32_t permissions_of(vmtp_entity group, uint32_t number) {
    uint32_t permissions = 0xdead;
    ck_assert_int_eq(vmtp_group_permissions(p.node.engine, group, p.service->places[number].id, &permissions), 1);
    return permissions;
}

/* TEST-4.12-01, TEST-4.12-03 */
START_TEST(entities_join_and_leave) {
    for (uint32_t i = 0; i < 6; i++) {
        ck_assert_uint_eq(membership(VMTP_TEST_JOIN, GROUP, i, 0x10 + i), VMTP_OK);
        ck_assert_uint_eq(vmtp_words_get64(pair_answer(&p)->message.words), GROUP);
        ck_assert_uint_eq(vmtp_words_get64(pair_answer(&p)->message.words + 2), p.service->places[i].id);
        ck_assert_uint_eq(pair_answer(&p)->message.words[4], i + 1);
        ck_assert_uint_eq(permissions_of(GROUP, i), 0x10 + i);
    }
    ck_assert_uint_eq(membership(VMTP_TEST_JOIN, GROUP, 2, 0x1ff), VMTP_OK);
    ck_assert_uint_eq(permissions_of(GROUP, 2), 0x1ff);
    ck_assert_uint_eq(pair_answer(&p)->message.words[4], 6);
    ck_assert_uint_eq(membership(VMTP_TEST_LEAVE, GROUP, 2, 0), VMTP_OK);
    ck_assert_uint_eq(pair_answer(&p)->message.words[4], 5);
    ck_assert_uint_eq(membership(VMTP_TEST_LEAVE, GROUP, 2, 0), VMTP_NONEXISTENT_ENTITY);
    ck_assert_uint_eq(membership(VMTP_TEST_LEAVE, GROUP + 1, 1, 0), VMTP_NONEXISTENT_ENTITY);
}
END_TEST

/* TEST-4.12-02 */
START_TEST(flags_alone_make_a_new_group) {
    static const vmtp_entity flags[2] = {VMTP_ID_GRP, VMTP_ID_GRP | VMTP_ID_UGP};
    ck_assert_uint_eq(membership(VMTP_TEST_JOIN, flags[_i], 1, VMTP_REM_BY_SELF), VMTP_OK);
    vmtp_entity group = vmtp_words_get64(pair_answer(&p)->message.words);
    ck_assert_uint_eq(group & (VMTP_ID_GRP | VMTP_ID_UGP), flags[_i]);
    ck_assert_uint_ne(group, flags[_i]);
    ck_assert_uint_eq(permissions_of(group, 1), VMTP_REM_BY_SELF);
    ck_assert_uint_eq(membership(VMTP_TEST_JOIN, group, 0, 0), VMTP_OK);
    ck_assert_uint_eq(pair_answer(&p)->message.words[4], 2);
}
END_TEST

/* TEST-4.12-04 */
START_TEST(nonsense_is_refused) {
    static const uint32_t codes[2] = {VMTP_TEST_JOIN, VMTP_TEST_LEAVE};
    ck_assert_uint_eq(membership(codes[_i], GROUP, 6, 0), VMTP_TEST_BAD_ARGUMENT);
    ck_assert_uint_eq(membership(codes[_i], GROUP, 0, 0x200), VMTP_TEST_BAD_ARGUMENT);
    ck_assert_uint_eq(membership(codes[_i], 0x12345600, 0, 0), VMTP_TEST_BAD_ARGUMENT);
    ck_assert_uint_eq(membership(codes[_i], 0, 0, 0), VMTP_TEST_BAD_ARGUMENT);
    ck_assert_uint_eq(membership(codes[_i], VMTP_MANAGER_GROUP, 0, 0), VMTP_TEST_BAD_ARGUMENT);
}
END_TEST

/* TEST-4.12-04 */
START_TEST(memberships_have_an_end) {
    uint32_t code = VMTP_OK, i;
    for (i = 0; i < 200 && code == VMTP_OK; i++)
        code = membership(VMTP_TEST_JOIN, GROUP + 16 * i, 0, 0);
    ck_assert_uint_eq(code, VMTP_TEST_NO_ROOM);
    ck_assert_uint_eq(i, 129);
}
END_TEST

/* ---- Requests to a group ------------------------------------------------------------------------------------------- */

static vtest_service *other; /* on the tester's node */

/* The service, two of its twins, and the other service. */
static void make_group(void) {
    struct vtest_options options;
    vtest_options_init(&options);
    options.slots = 8;
    ck_assert_int_eq(vtest_create(&other, p.tester.engine, &options, pair_now(&p)), 0);
    p.on_tester_event = other;
    ck_assert_int_eq(vmtp_group_join(p.tester.engine, GROUP, vtest_entity(other), 0), 0);
    for (uint32_t i = 0; i < 3; i++)
        ck_assert_uint_eq(membership(VMTP_TEST_JOIN, GROUP, i, 0), VMTP_OK);
}

static void end_group(void) {
    pair_end(&p);
    vtest_destroy(other);
    pair_begin(&p, NULL);
}

static vmtp_entity called = GROUP;

/* CALL of the group from a client of the node, which reports the Responses of all members; how many there were. */
static uint32_t call_group(uint32_t client, uint32_t code, uint32_t word, uint32_t responses) {
    uint8_t segment[VTEST_CALL_HEAD] = {0};
    const uint32_t words[7] = {0, 0, 1, client};
    vmtp_store64(segment + VTEST_CALL_SERVER, called);
    vmtp_store32(segment + VTEST_CALL_CODE, VMTP_PIC | VMTP_MRD | code);
    vmtp_store32(segment + VTEST_CALL_WORDS, word);
    vmtp_store32(segment + VTEST_CALL_DEADLINE, 200);
    vmtp_store32(segment + VTEST_CALL_CAPACITY, 4096);
    vmtp_store32(segment + VTEST_CALL_COUNTS, responses);
    ck_assert_uint_eq(pair_do(&p, VMTP_TEST_CALL, words, segment, sizeof segment), VMTP_OK);
    ck_assert_uint_eq(pair_answer(&p)->message.words[0] == 0, pair_answer(&p)->message.words[2] > 0);
    return pair_answer(&p)->message.words[2];
}

static const uint8_t *result(uint32_t number) {
    return pair_answer(&p)->area + VTEST_CALL_HEAD + (size_t)number * VTEST_RESULT_OCTETS;
}

static int is_member(vmtp_entity entity) {
    if (entity == vtest_entity(other))
        return 1;
    for (unsigned i = 0; i < 3; i++)
        if (entity == p.service->places[i].id)
            return 1;
    return 0;
}

/* TEST-4.12-05 */
START_TEST(members_answer_requests_to_their_group) {
    static const uint32_t sizes[6][2] = {{VMTP_TEST_NULL, 0},     {VMTP_TEST_ECHO, 0},
                                         {VMTP_TEST_SOURCE, 700}, {VMTP_TEST_MIRROR, VTEST_MIRROR_OCTETS},
                                         {VMTP_TEST_IDENTIFY, 0}, {VMTP_TEST_COUNT, 0}};
    make_group();
    ck_assert_uint_eq(call_group(0, sizes[_i][0], _i == 2 ? 700 : 0, 64), 4);
    for (uint32_t i = 0; i < 4; i++) {
        ck_assert_uint_eq(vmtp_load32(result(i) + VTEST_RESULT_RESULT), 0);
        ck_assert_uint_eq(vmtp_load32(result(i) + VTEST_RESULT_CODE) & VMTP_CODE_MASK, VMTP_OK);
        ck_assert(is_member(vmtp_load64(result(i) + VTEST_RESULT_SERVER)));
        ck_assert_uint_eq(vmtp_load32(result(i) + VTEST_RESULT_NUMBER), i);
        if (_i != 4)
            ck_assert_uint_eq(vmtp_load32(result(i) + VTEST_RESULT_SIZE), sizes[_i][1]);
        for (uint32_t k = 0; k < i; k++)
            ck_assert_uint_ne(vmtp_load64(result(i) + VTEST_RESULT_SERVER), vmtp_load64(result(k) + VTEST_RESULT_SERVER));
    }
    end_group();
}
END_TEST

/* TEST-2.3-02: each member counts for itself; TEST-4.12-05: who calls its own group is given no copy */
START_TEST(a_member_that_calls_is_left_out) {
    make_group();
    ck_assert_uint_eq(call_group(9, VMTP_TEST_NULL, 0, 64), 3);
    ck_assert_uint_eq(p.service->places[0].counts[0], 1);
    ck_assert_uint_eq(p.service->places[1].counts[0], 0);
    ck_assert_uint_eq(p.service->places[2].counts[0], 1);
    ck_assert_uint_eq(vtest_count(other, 0), 1);
    end_group();
}
END_TEST

/* TEST-3.1-07 NAME-3.1-02 */
START_TEST(members_are_silent_in_groups_of_names) {
    static const vmtp_entity groups[] = {VNAME_HANDLERS, VNAME_WATCHERS, VNAME_DIRECTORY};
    make_group();
    called = groups[_i];
    for (uint32_t i = 0; i < 3; i++)
        ck_assert_uint_eq(membership(VMTP_TEST_JOIN, called, i, 0), VMTP_OK);
    ck_assert_uint_eq(call_group(5, VMTP_TEST_NULL, 0, 64), 3);
    ck_assert_uint_eq(call_group(5, VNAME_QUERY & VMTP_CODE_MASK, 0, 64), 0);
    called = GROUP;
    ck_assert_uint_eq(call_group(5, VNAME_QUERY & VMTP_CODE_MASK, 0, 64), 4);
    ck_assert_uint_eq(vmtp_load32(result(0) + VTEST_RESULT_CODE) & VMTP_CODE_MASK, VMTP_ERROR);
    end_group();
}
END_TEST

/* TEST-4.12-03 */
START_TEST(who_has_left_does_not_answer) {
    make_group();
    ck_assert_uint_eq(membership(VMTP_TEST_LEAVE, GROUP, 1, 0), VMTP_OK);
    ck_assert_uint_eq(call_group(0, VMTP_TEST_NULL, 0, 64), 3);
    ck_assert_uint_eq(call_group(0, VMTP_TEST_NULL, 0, 1), 1);
    end_group();
}
END_TEST

/* CALL that goes on until these members have answered; word 0 of its Response. */
static uint32_t call_members(const vmtp_entity *members, uint32_t count, uint32_t responses) {
    uint8_t segment[VTEST_CALL_HEAD + 3 * 8] = {0};
    const uint32_t words[7] = {0, 0, 0, 0, count};
    vmtp_store64(segment + VTEST_CALL_SERVER, GROUP);
    vmtp_store32(segment + VTEST_CALL_CODE, VMTP_PIC | VMTP_MRD | VMTP_TEST_SINK);
    vmtp_store32(segment + VTEST_CALL_DEADLINE, 5000);
    vmtp_store32(segment + VTEST_CALL_COUNTS, responses);
    for (uint32_t i = 0; i < count && i < 3; i++)
        vmtp_store64(segment + VTEST_CALL_HEAD + 8 * i, members[i]);
    if (pair_do(&p, VMTP_TEST_CALL, words, segment, sizeof segment) != VMTP_OK)
        return UINT32_MAX;
    return pair_answer(&p)->message.words[0];
}

/* TEST-4.6-10 */
START_TEST(a_reliable_call_ends_when_all_have_answered) {
    make_group();
    const vmtp_entity members[3] = {p.service->places[0].id, p.service->places[2].id, vtest_entity(other)};
    const vmtp_entity absent[3] = {p.service->places[0].id, vtest_entity(other), 0x777777};
    ck_assert_uint_eq(call_members(members, 3, 8), 0);
    ck_assert_uint_lt(pair_answer(&p)->end - pair_answer(&p)->start, VMTP_SECOND);
    ck_assert_uint_ge(pair_answer(&p)->message.words[2], 3);
    ck_assert_uint_ne(call_members(absent, 3, 8), 0);
    ck_assert_uint_eq(call_members(members, 3, 2), UINT32_MAX);
    ck_assert_uint_eq(call_members(members, 1, 1), UINT32_MAX);
    ck_assert_uint_eq(call_members(members, 4, 8), UINT32_MAX);
    end_group();
}
END_TEST

int main(void) {
    Suite *suite = suite_create("test service: groups");
    TCase *all = tcase_create("all");
    tcase_add_checked_fixture(all, setup, teardown);
    tcase_add_test(all, entities_join_and_leave);
    tcase_add_loop_test(all, flags_alone_make_a_new_group, 0, 2);
    tcase_add_loop_test(all, nonsense_is_refused, 0, 2);
    tcase_add_test(all, memberships_have_an_end);
    tcase_add_loop_test(all, members_answer_requests_to_their_group, 0, 6);
    tcase_add_loop_test(all, members_are_silent_in_groups_of_names, 0, 3);
    tcase_add_test(all, a_member_that_calls_is_left_out);
    tcase_add_test(all, a_reliable_call_ends_when_all_have_answered);
    tcase_add_test(all, who_has_left_does_not_answer);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
