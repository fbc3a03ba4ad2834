/* SPDX-License-Identifier: BSD-2-Clause */
/* Resolvers and managers: mounts, replicas, handing over, partitions, programs that stand still. */
#include "support/town.h"

static struct office a, b, c;
static struct user user, other;

static void close_all(void) {
    struct office *const offices[] = {&a, &b, &c};
    for (unsigned i = 0; i < 3; i++)
        if (offices[i]->manager)
            office_close(offices[i]);
    memset(&a, 0, sizeof a);
    memset(&b, 0, sizeof b);
    memset(&c, 0, sizeof c);
}

/* /a knows /a/b only, and /a/b knows /a/b/c: an operation that is sent to /a is answered by the third, whom its user learns.
 * NAME-6.3-01 NAME-6.3-05 */
START_TEST(through_two_mounts) {
    town_open(_i);
    office_config(&a);
    a.config.mounts = 1;
    office_open(&a, 0);
    office_open(&b, 1);
    office_open(&c, 2);
    office_hold(&a, "/a");
    office_hold(&b, "/a/b");
    town_run(5 * SECONDS);
    office_hold(&c, "/a/b/c");
    town_run(5 * SECONDS);
    user_open(&user, 6, NULL);
    struct vname_record record = office_record(&a, "/a");
    ck_assert_int_eq(vname_cache_put(user.resolver, &record), 0);
    ck_assert_int_eq(user_operate(&user, "/a/b/c/x", 0, 0), VNAME_ANSWERED);
    ck_assert_uint_eq(user.op.answer.server, c.entity);
    ck_assert_uint_eq(a.executed + b.executed, 0);
    ck_assert_uint_eq(c.executed, 1);
    ck_assert_uint_eq(vname_manager_counters(a.manager)->operations_forwarded, 1);
    ck_assert_uint_eq(vname_manager_counters(b.manager)->operations_forwarded, 1);
    town_run(SECONDS);
    ck_assert_int_eq(vname_cached(user.resolver, "/a/b/c/x", 8, &record), 1);
    ck_assert_uint_eq(record.manager, c.entity);
    ck_assert_int_eq(user_operate(&user, "/a/b/c/x", 0, 0), VNAME_ANSWERED);
    ck_assert_uint_eq(vname_manager_counters(a.manager)->operations, 1);
    user_close(&user);
    close_all();
    town_close();
}
END_TEST

/* Two replicas, one of which dies: its user asks the group and goes on with the other.  NAME-8.1-05 NAME-5.1-06 NAME-7.1-07 */
START_TEST(a_replica_dies) {
    const vmtp_entity group = 0x6000112233445566ull;
    town_open(_i);
    office_config(&a);
    a.config.group = group;
    office_open(&a, 0);
    office_config(&b);
    b.config.group = group;
    office_open(&b, 1);
    office_hold(&a, "/r");
    office_hold(&b, "/r");
    ck_assert_uint_eq(a.told[VNAME_MANAGER_LOST] + b.told[VNAME_MANAGER_LOST], 0);
    user_open(&user, 6, NULL);
    ck_assert_int_eq(user_operate(&user, "/r/x", VNAME_REPEATABLE, 0), VNAME_ANSWERED);
    const int was_a = user.op.answer.server == a.entity;
    town_off(was_a ? 0 : 1);
    ck_assert_int_eq(user_operate(&user, "/r/x", VNAME_REPEATABLE, 0), VNAME_ANSWERED);
    ck_assert_uint_eq(user.op.answer.server, was_a ? b.entity : a.entity);
    ck_assert_uint_eq(COUNT(&user, group_queries), 1);
    ck_assert_uint_eq(COUNT(&user, multicasts), 1);
    user_close(&user);
    close_all();
    town_close();
}
END_TEST

static void hand_over(struct office *to, struct office *from, const char *prefix) {
    const struct vname_manager_claim claim = {.prefix = prefix, .prefix_length = strlen(prefix), .context = 6};
    ck_assert_int_eq(vname_manager_take_over(to->manager, from->entity, &claim), 0);
}

/* Operations come all the time while a prefix goes from one to the next and back; none fails, none is done twice.
 * NAME-8.6-02 NAME-8.6-03 */
START_TEST(handed_over_under_load) {
    town_open(_i);
    office_open(&a, 0);
    office_open(&b, 1);
    office_open(&c, 2);
    office_hold(&a, "/h");
    user_open(&user, 6, NULL);
    user_open(&other, 5, NULL);
    user_load(&user, "/h/x", MS);
    user_load(&other, "/h/y", 3 * MS);
    struct office *const order[] = {&a, &b, &c, &a, &b};
    for (unsigned i = 0; i < 4; i++) {
        town_run(SECONDS);
        hand_over(order[i + 1], order[i], "/h");
    }
    town_run(2 * SECONDS);
    ck_assert(office_holds(&b, "/h"));
    user_rest(&user);
    user_rest(&other);
    ck_assert_uint_eq(user.failed + other.failed, 0);
    ck_assert_uint_gt(user.answered, 1000);
    const unsigned executed = a.executed + b.executed + c.executed, answered = user.answered + other.answered;
    ck_assert_uint_ge(executed, answered);
    ck_assert_uint_le(executed, answered + 2); /* one of each was under way */
    user_close(&user);
    user_close(&other);
    close_all();
    town_close();
}
END_TEST

/* Both parts of a network go on, each with its manager; then one of the two yields, and all users end up with the other.
 * NAME-8.5-01 NAME-8.5-04 NAME-7.1-04 */
START_TEST(parted_and_healed) {
    town_open(_i);
    town_sides(1u << 1 | 1u << 5);
    office_open(&a, 0);
    office_open(&b, 1);
    office_hold(&a, "/p");
    office_hold(&b, "/p");
    user_open(&user, 6, NULL);
    user_open(&other, 5, NULL);
    user_load(&user, "/p/x", 50 * MS);
    user_load(&other, "/p/x", 50 * MS);
    town_run(5 * SECONDS);
    ck_assert_uint_gt(a.executed, 10);
    ck_assert_uint_gt(b.executed, 10);
    town_sides(0);
    town_run(80 * SECONDS);
    ck_assert_int_ne(office_holds(&a, "/p"), office_holds(&b, "/p"));
    ck_assert_uint_eq(a.told[VNAME_MANAGER_LOST] + b.told[VNAME_MANAGER_LOST], 1);
    struct office *const loser = office_holds(&a, "/p") ? &b : &a;
    const unsigned before = loser->executed;
    town_run(5 * SECONDS);
    ck_assert_uint_eq(loser->executed, before);
    ck_assert_uint_eq(user.failed + other.failed, 0);
    user_close(&user);
    user_close(&other);
    close_all();
    town_close();
}
END_TEST

/* A manager stands still, another one gets the prefix; when the first goes on they meet, and one is left.
 * NAME-8.2-02 NAME-8.5-02 */
START_TEST(a_manager_stands_still) {
    town_open(_i);
    office_open(&a, 0);
    office_open(&b, 1);
    office_hold(&a, "/s");
    user_open(&user, 6, NULL);
    ck_assert_int_eq(user_operate(&user, "/s/x", 0, 0), VNAME_ANSWERED);
    town.rig->stop(0, 1);
    town_run(5 * SECONDS);
    user_begin(&user, "/s/x", VNAME_REPEATABLE, 60 * SECONDS);
    office_hold(&b, "/s");
    town_run(20 * SECONDS);
    ck_assert_uint_eq(user.answered, 2);
    ck_assert_uint_eq(user.op.answer.server, b.entity);
    town.rig->stop(0, 0);
    town_run(20 * SECONDS);
    ck_assert_int_ne(office_holds(&a, "/s"), office_holds(&b, "/s"));
    ck_assert_int_eq(user_operate(&user, "/s/x", VNAME_REPEATABLE, 60 * SECONDS), VNAME_ANSWERED);
    ck_assert_uint_eq(user.op.answer.server, office_holds(&a, "/s") ? a.entity : b.entity);
    user_close(&user);
    close_all();
    town_close();
}
END_TEST

static void add(TCase *tests) {
    tcase_add_loop_test(tests, through_two_mounts, 0, TOWN_RIGS);
    tcase_add_loop_test(tests, a_replica_dies, 0, TOWN_RIGS);
    tcase_add_loop_test(tests, handed_over_under_load, 0, TOWN_RIGS);
    tcase_add_loop_test(tests, parted_and_healed, 0, TOWN_RIGS);
    tcase_add_loop_test(tests, a_manager_stands_still, 0, TOWN_RIGS);
}

int main(void) { return town_main("names together", add); }
