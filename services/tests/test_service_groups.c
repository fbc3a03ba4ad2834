/* SPDX-License-Identifier: BSD-2-Clause */
/* test_service_groups.c - JOIN and LEAVE, and what members answer to Requests to their group. */
#include <check.h>
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
        ck_assert_uint_eq(vtest_get64(pair_answer(&p)->message.words), GROUP);
        ck_assert_uint_eq(vtest_get64(pair_answer(&p)->message.words + 2), p.service->places[i].id);
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
    vmtp_entity group = vtest_get64(pair_answer(&p)->message.words);
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

int main(void) {
    Suite *suite = suite_create("test service: groups");
    TCase *all = tcase_create("all");
    tcase_add_checked_fixture(all, setup, teardown);
    tcase_add_test(all, entities_join_and_leave);
    tcase_add_loop_test(all, flags_alone_make_a_new_group, 0, 2);
    tcase_add_loop_test(all, nonsense_is_refused, 0, 2);
    tcase_add_test(all, memberships_have_an_end);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
