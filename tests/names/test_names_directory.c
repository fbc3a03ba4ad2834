/* SPDX-License-Identifier: BSD-2-Clause */
/* Resolvers and managers with a directory: what is registered, and what the user of a name is told. */
#include "support/town.h"

static struct office first, second;
static struct user user;

static void open_with(struct office *office, unsigned node, enum vname_directory_use use, vmtp_entity owner) {
    office_config(office);
    office->config.directory = use;
    office->config.owner = owner;
    office_open(office, node);
}

/* NAME-9-14: without a directory the one holds its prefix and the other does not; with one both do, registered. */
START_TEST(try_and_require) {
    town_open(_i);
    open_with(&first, 0, VNAME_DIRECTORY_TRY, 1);
    open_with(&second, 1, VNAME_DIRECTORY_REQUIRE, 2);
    office_hold(&first, "/try");
    office_claim(&second, "/require");
    town_run(10 * SECONDS);
    ck_assert_uint_eq(second.told[VNAME_MANAGER_REFUSED], 1);
    ck_assert_int_eq(office_record(&first, "/try").flags & VNAME_REGISTERED, 0);
    town_directory(7);
    office_hold(&second, "/require");
    ck_assert_int_ne(office_record(&second, "/require").flags & VNAME_REGISTERED, 0);
    town_run(70 * SECONDS); /* NAME-9-15 */
    ck_assert_int_ne(office_record(&first, "/try").flags & VNAME_REGISTERED, 0);
    ck_assert_uint_eq(vdir_count(town.directory, VDIR_COUNT_registered), 2);
    office_close(&first);
    office_close(&second);
    town_close();
}
END_TEST

/* A manager that dies and comes again elsewhere has a higher generation each time, and its user finds it.  NAME-9-02 NAME-8.1-08 NAME-7.1-05 */
START_TEST(generations_over_restarts) {
    town_open(_i);
    town_directory(7);
    user_open(&user, 6, NULL);
    uint32_t generation = 0;
    for (unsigned node = 0; node < 4; node++) {
        open_with(&first, node, VNAME_DIRECTORY_REQUIRE, 9);
        office_hold(&first, "/s");
        const struct vname_record record = office_record(&first, "/s");
        ck_assert_uint_gt(record.generation, generation);
        generation = record.generation;
        ck_assert_int_eq(user_operate(&user, "/s/x", VNAME_REPEATABLE, 0), VNAME_ANSWERED);
        ck_assert_uint_eq(user.op.answer.server, first.entity);
        ck_assert_uint_eq(first.executed, 1);
        office_close(&first); /* without a word */
        if (node % 2)
            town_off(node);
    }
    user_close(&user);
    town_close();
}
END_TEST

/* While the directory was out of reach somebody else has held what is registered for another owner: he yields, and his user
 * follows.  NAME-9-15 NAME-8.5-04 NAME-7.1-04 */
START_TEST(the_owner_wins) {
    town_open(_i);
    town_directory(7);
    user_open(&user, 6, NULL);
    town_sides(1u << 0 | 1u << 6);
    open_with(&first, 0, VNAME_DIRECTORY_TRY, 1);
    open_with(&second, 1, VNAME_DIRECTORY_REQUIRE, 2);
    office_hold(&first, "/p");
    office_hold(&second, "/p");
    ck_assert_int_eq(user_operate(&user, "/p/x", 0, 0), VNAME_ANSWERED);
    ck_assert_uint_eq(user.op.answer.server, first.entity);
    town_sides(0);
    town_run(100 * SECONDS);
    ck_assert(!office_holds(&first, "/p"));
    ck_assert(office_holds(&second, "/p"));
    ck_assert_uint_eq(first.told[VNAME_MANAGER_LOST], 1);
    ck_assert_int_eq(user_operate(&user, "/p/x", 0, 0), VNAME_ANSWERED);
    ck_assert_uint_eq(user.op.answer.server, second.entity);
    office_close(&first);
    office_close(&second);
    user_close(&user);
    town_close();
}
END_TEST

/* NAME-9-11 NAME-7.1-08: no such name; a name whose manager is down; and without a directory nobody can tell which. */
START_TEST(invalid_unreachable_unknown) {
    town_open(_i);
    user_open(&user, 6, NULL);
    ck_assert_int_eq(user_operate(&user, "/never/x", 0, 5 * SECONDS), VNAME_NO_ANSWER);
    user_close(&user);
    town_directory(7);
    open_with(&first, 0, VNAME_DIRECTORY_REQUIRE, 1);
    office_hold(&first, "/s");
    user_open(&user, 6, NULL);
    ck_assert_int_eq(user_operate(&user, "/never/x", 0, 5 * SECONDS), VNAME_NO_SUCH_NAME);
    ck_assert_uint_eq(user.op.answer.server, 0);
    town_off(0);
    ck_assert_int_eq(user_operate(&user, "/s/x", 0, 10 * SECONDS), VNAME_UNREACHABLE);
    town.rig->partition(0, 0);
    ck_assert_int_eq(user_operate(&user, "/s/x", 0, 10 * SECONDS), VNAME_ANSWERED);
    office_close(&first);
    user_close(&user);
    town_close();
}
END_TEST

/* A prefix that is released and unregistered is nobody's, and comes back with a higher generation.  NAME-9-05 NAME-9-06 */
START_TEST(forgotten) {
    town_open(_i);
    town_directory(7);
    user_open(&user, 6, NULL);
    open_with(&first, 0, VNAME_DIRECTORY_REQUIRE, 1);
    open_with(&second, 1, VNAME_DIRECTORY_REQUIRE, 2);
    office_hold(&first, "/s");
    ck_assert_int_eq(user_operate(&user, "/s/x", 0, 0), VNAME_ANSWERED);
    const uint32_t generation = office_record(&first, "/s").generation;
    ck_assert_int_eq(vname_manager_release(first.manager, "/s", 2, 0), 0);
    town_run(SECONDS);
    office_claim(&second, "/s"); /* it is the other owner's still */
    town_run(3 * SECONDS);
    ck_assert_int_eq(second.result, VNAME_HELD);
    ck_assert_int_eq(user_operate(&user, "/s/x", 0, 8 * SECONDS), VNAME_UNREACHABLE);
    office_hold(&first, "/s");
    ck_assert_int_eq(vname_manager_release(first.manager, "/s", 2, VNAME_MANAGER_UNREGISTER), 0);
    town_run(SECONDS);
    ck_assert(vname_manager_is_quiet(first.manager));
    ck_assert_int_eq(user_operate(&user, "/s/x", 0, 8 * SECONDS), VNAME_NO_SUCH_NAME);
    office_hold(&second, "/s");
    ck_assert_uint_gt(office_record(&second, "/s").generation, generation);
    ck_assert_int_eq(user_operate(&user, "/s/x", 0, 8 * SECONDS), VNAME_ANSWERED);
    office_close(&first);
    office_close(&second);
    user_close(&user);
    town_close();
}
END_TEST

static void add(TCase *tests) {
    tcase_add_loop_test(tests, try_and_require, 0, TOWN_RIGS);
    tcase_add_loop_test(tests, generations_over_restarts, 0, TOWN_RIGS);
    tcase_add_loop_test(tests, the_owner_wins, 0, TOWN_RIGS);
    tcase_add_loop_test(tests, invalid_unreachable_unknown, 0, TOWN_RIGS);
    tcase_add_loop_test(tests, forgotten, 0, TOWN_RIGS);
}

int main(void) { return town_main("names and a directory", add); }
