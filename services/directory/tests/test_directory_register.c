/* SPDX-License-Identifier: BSD-2-Clause */
/* test_directory_register.c - RegisterName and UnregisterName, on every kind of store. */
#include <check.h>
#include <string.h>

#include "support/bed.h"

#define MANAGER 0x0000000100000010ull
#define OTHER_MANAGER 0x0000000100000020ull
#define OWNER 7
#define OTHER_OWNER 8
#define SECOND_HAND_REGISTERED (VNAME_SECOND_HAND | VNAME_REGISTERED)

static struct bed bed;

#define EACH_KIND(directories)                                                                                         \
    do {                                                                                                               \
        if (!stores_have(_i))                                                                                          \
            return;                                                                                                    \
        bed_begin(&bed, _i, directories, NULL);                                                                        \
    } while (0)

/* NAME-9-02, NAME-9-16, NAME-9-17, NAME-3.3-03 */
START_TEST(a_new_prefix_is_registered) {
    EACH_KIND(1);
    struct vname_record r = bed_name("/storage/projects", MANAGER, OWNER, 1);
    r.flags = VNAME_CLAIMING | VNAME_HANDED_OVER | VNAME_RELEASED;
    r.context = 99;
    r.group = VNAME_HANDLERS;
    ck_assert_uint_eq(bed_register(&bed, &r), VMTP_OK);
    for (int turn = 0; turn < 2; turn++) {
        struct vname_record told = bed_told(&bed);
        ck_assert_uint_eq(told.flags, SECOND_HAND_REGISTERED);
        ck_assert_uint_eq(told.generation, 1);
        ck_assert_uint_eq(told.manager, MANAGER);
        ck_assert_uint_eq(told.owner, OWNER);
        ck_assert_uint_eq(told.context, 99);
        ck_assert_uint_eq(told.group, VNAME_HANDLERS);
        ck_assert(vname_record_same_prefix(&told, &r));
        ck_assert_uint_eq(bed_lookup(&bed, "/storage/projects"), VMTP_OK);
    }
    bed_end(&bed);
}
END_TEST

/* NAME-9-02 */
START_TEST(the_generation_is_the_higher_one) {
    EACH_KIND(1);
    struct vname_record r = bed_name("/a", MANAGER, OWNER, 5);
    ck_assert_uint_eq(bed_register(&bed, &r), VMTP_OK);
    ck_assert_uint_eq(bed_told(&bed).generation, 5);
    r.manager = OTHER_MANAGER; /* the same owner after a restart */
    r.generation = 2;
    ck_assert_uint_eq(bed_register(&bed, &r), VMTP_OK);
    ck_assert_uint_eq(bed_told(&bed).generation, 6);
    ck_assert_uint_eq(bed_told(&bed).manager, OTHER_MANAGER);
    r.manager = MANAGER;
    r.generation = 100;
    ck_assert_uint_eq(bed_register(&bed, &r), VMTP_OK);
    ck_assert_uint_eq(bed_told(&bed).generation, 100);
    ck_assert_uint_eq(bed_lookup(&bed, "/a"), VMTP_OK);
    ck_assert_uint_eq(bed_told(&bed).generation, 100);
    bed_end(&bed);
}
END_TEST

/* NAME-9-18 */
START_TEST(a_generation_does_not_begin_anew) {
    EACH_KIND(1);
    struct vname_record r = bed_name("/a", MANAGER, OWNER, UINT32_MAX);
    ck_assert_uint_eq(bed_register(&bed, &r), VMTP_OK);
    r.manager = OTHER_MANAGER;
    r.generation = 1;
    ck_assert_uint_eq(bed_register(&bed, &r), VMTP_OK);
    ck_assert_uint_eq(bed_told(&bed).generation, UINT32_MAX);
    bed_end(&bed);
}
END_TEST

/* NAME-9-03 */
START_TEST(who_repeats_gets_the_same) {
    EACH_KIND(2);
    struct vname_record r = bed_name("/a", MANAGER, OWNER, 3);
    struct bed_record octets = bed_encode(&r);
    ck_assert_uint_eq(bed_register(&bed, &r), VMTP_OK);
    for (uint32_t node = 0; node < 2; node++) {
        ck_assert_uint_eq(bed_ask_node(&bed, node, VNAME_REGISTER, 0, octets.octets, octets.size), VMTP_OK);
        ck_assert_uint_eq(bed_told(&bed).generation, 3);
    }
    r.generation = 50; /* it was released meanwhile, and claimed again */
    r.context = 4;
    r.group = VNAME_WATCHERS;
    r.flags = VNAME_ALIAS_RECORD;
    r.target = "/b/c";
    r.target_length = 4;
    ck_assert_uint_eq(bed_register(&bed, &r), VMTP_OK);
    ck_assert_uint_eq(bed_lookup(&bed, "/a/x"), VMTP_OK);
    struct vname_record told = bed_told(&bed);
    ck_assert_uint_eq(told.generation, 50);
    ck_assert_uint_eq(told.context, 4);
    ck_assert_uint_eq(told.group, VNAME_WATCHERS);
    ck_assert_uint_eq(told.flags, SECOND_HAND_REGISTERED | VNAME_ALIAS_RECORD);
    ck_assert_uint_eq(told.target_length, 4);
    ck_assert_mem_eq(told.target, "/b/c", 4);
    r.generation = 4; /* late */
    ck_assert_uint_eq(bed_register(&bed, &r), VMTP_OK);
    ck_assert_uint_eq(bed_told(&bed).generation, 50);
    bed_end(&bed);
}
END_TEST

/* NAME-9-04, NAME-4-05 */
START_TEST(another_owner_is_told_who_has_it) {
    EACH_KIND(2);
    struct vname_record r = bed_name("/a", MANAGER, OWNER, 3);
    ck_assert_uint_eq(bed_register(&bed, &r), VMTP_OK);
    struct vname_record rival = bed_name("/a", OTHER_MANAGER, OTHER_OWNER, 9);
    struct bed_record octets = bed_encode(&rival);
    for (uint32_t node = 0; node < 2; node++) {
        ck_assert_uint_eq(bed_ask_node(&bed, node, VNAME_REGISTER, 0, octets.octets, octets.size), VNAME_HELD);
        struct vname_record told = bed_told(&bed);
        ck_assert_uint_eq(told.manager, MANAGER);
        ck_assert_uint_eq(told.owner, OWNER);
        ck_assert_uint_eq(told.generation, 3);
        ck_assert_uint_eq(told.flags, SECOND_HAND_REGISTERED);
    }
    ck_assert_uint_eq(vdir_count(bed.nodes[0].directory, VDIR_COUNT_held), 1);
    bed_end(&bed);
}
END_TEST

/* NAME-9-05, NAME-9-06, NAME-4-05 */
START_TEST(an_owner_unregisters) {
    EACH_KIND(1);
    struct vname_record r = bed_name("/a", MANAGER, OWNER, 3), rival = bed_name("/a", MANAGER, OTHER_OWNER, 3);
    ck_assert_uint_eq(bed_unregister(&bed, &r, 0), VNAME_NOT_FOUND);
    ck_assert_uint_eq(bed.answer[0].size, 0);
    ck_assert_uint_eq(bed_register(&bed, &r), VMTP_OK);
    ck_assert_uint_eq(bed_unregister(&bed, &rival, 0), VMTP_NO_PERMISSION);
    ck_assert_uint_eq(bed.answer[0].size, 0);
    ck_assert_uint_eq(bed_unregister(&bed, &rival, 1), VMTP_NO_PERMISSION); /* its operator does not allow that */
    ck_assert_uint_eq(bed_unregister(&bed, &r, 0), VMTP_OK);
    ck_assert_uint_eq(bed_told(&bed).flags, VNAME_SECOND_HAND);
    ck_assert_uint_eq(bed_told(&bed).manager, MANAGER);
    ck_assert_uint_eq(bed_lookup(&bed, "/a"), VNAME_NOT_FOUND);
    ck_assert_uint_eq(bed_unregister(&bed, &r, 0), VNAME_NOT_FOUND);
    rival.generation = 1;
    ck_assert_uint_eq(bed_register(&bed, &rival), VMTP_OK); /* another owner, and a higher generation */
    ck_assert_uint_eq(bed_told(&bed).generation, 4);
    ck_assert_uint_eq(bed_told(&bed).owner, OTHER_OWNER);
    bed_end(&bed);
}
END_TEST

/* NAME-9-05 */
START_TEST(anybody_unregisters_where_that_is_allowed) {
    struct vdir_options options;
    if (!stores_have(_i))
        return;
    vdir_options_init(&options);
    options.for_anybody = 1;
    bed_begin(&bed, _i, 1, &options);
    struct vname_record r = bed_name("/a", MANAGER, OWNER, 3), other = bed_name("/a", OTHER_MANAGER, OTHER_OWNER, 3);
    ck_assert_uint_eq(bed_register(&bed, &r), VMTP_OK);
    ck_assert_uint_eq(bed_unregister(&bed, &other, 0), VMTP_NO_PERMISSION);
    ck_assert_uint_eq(bed_unregister(&bed, &other, 2), VMTP_NO_PERMISSION);
    ck_assert_uint_eq(bed_unregister(&bed, &other, 1), VMTP_OK);
    ck_assert_uint_eq(bed_told(&bed).owner, OWNER);
    ck_assert_uint_eq(bed_lookup(&bed, "/a"), VNAME_NOT_FOUND);
    bed_end(&bed);
}
END_TEST

/* NAME-9-06: through all of them, and not of another prefix */
START_TEST(generations_outlive_everything) {
    EACH_KIND(2);
    struct vname_record r = bed_name("/a", MANAGER, OWNER, 1), b = bed_name("/b", MANAGER, OWNER, 1);
    for (uint32_t generation = 1; generation < 6; generation++) {
        struct bed_record octets = bed_encode(&r);
        ck_assert_uint_eq(bed_ask_node(&bed, generation % 2, VNAME_REGISTER, 0, octets.octets, octets.size), VMTP_OK);
        ck_assert_uint_eq(bed_told(&bed).generation, generation);
        ck_assert_uint_eq(bed_unregister(&bed, &r, 0), VMTP_OK);
    }
    ck_assert_uint_eq(bed_register(&bed, &b), VMTP_OK);
    ck_assert_uint_eq(bed_told(&bed).generation, 1);
    bed_end(&bed);
}
END_TEST

/* NAME-4-02, NAME-2.1-06, NAME-3.3-01 */
START_TEST(what_is_no_record_is_refused) {
    EACH_KIND(1);
    struct vname_record r = bed_name("/a", MANAGER, OWNER, 1);
    struct bed_record good = bed_encode(&r), bad = good;
    const uint32_t codes[] = {VNAME_REGISTER, VNAME_UNREGISTER};
    for (unsigned i = 0; i < 2; i++) {
        ck_assert_uint_eq(bed_ask(&bed, codes[i], 0, NULL, 0), VNAME_BAD_REQUEST);
        ck_assert_uint_eq(bed_ask(&bed, codes[i], 0, good.octets, good.size - 8), VNAME_BAD_REQUEST);
        memcpy(bad.octets + good.size, good.octets, good.size); /* two of them */
        ck_assert_uint_eq(bed_ask(&bed, codes[i], 0, bad.octets, 2 * good.size), VNAME_BAD_REQUEST);
        r.generation = 0;
        bad = bed_encode(&r);
        ck_assert_uint_eq(bed_ask(&bed, codes[i], 0, bad.octets, bad.size), VNAME_BAD_REQUEST);
        r = bed_name("/a//b", MANAGER, OWNER, 1);
        bad = bed_encode(&r);
        ck_assert_uint_eq(bed_ask(&bed, codes[i], 0, bad.octets, bad.size), VNAME_INVALID);
        ck_assert_uint_eq(bed.answer[0].size, 0);
        r = bed_name("/a", MANAGER, OWNER, 1);
        bad = good;
    }
    ck_assert_uint_eq(bed_lookup(&bed, "/a"), VNAME_NOT_FOUND);
    ck_assert_uint_eq(vdir_count(bed.nodes[0].directory, VDIR_COUNT_refused), 10);
    bed_end(&bed);
}
END_TEST

/* NAME-9-19 */
START_TEST(changes_do_not_come_by_multicast) {
    EACH_KIND(2);
    struct vname_record r = bed_name("/a", MANAGER, OWNER, 1);
    struct bed_record octets = bed_encode(&r);
    ck_assert_uint_eq(bed_ask_all(&bed, VNAME_REGISTER, octets.octets, octets.size), 0);
    ck_assert_uint_eq(bed_lookup(&bed, "/a"), VNAME_NOT_FOUND);
    ck_assert_uint_eq(bed_register(&bed, &r), VMTP_OK);
    ck_assert_uint_eq(bed_ask_all(&bed, VNAME_UNREGISTER, octets.octets, octets.size), 0);
    ck_assert_uint_eq(bed_ask_all(&bed, VNAME_LIST_REGISTERED, NULL, 0), 0);
    ck_assert_uint_eq(bed_lookup(&bed, "/a"), VMTP_OK);
    ck_assert_uint_gt(vdir_count(bed.nodes[0].directory, VDIR_COUNT_ignored), 2);
    bed_end(&bed);
}
END_TEST

/* NAME-9-01: not before the store has said so */
START_TEST(nothing_is_promised_that_is_not_stored) {
    struct vipc_call call;
    EACH_KIND(1);
    struct vname_record r = bed_name("/a", MANAGER, OWNER, 1);
    struct bed_record octets = bed_encode(&r);
    bed.nodes[0].odd->mode = ODD_HOLD;
    bed_begin_request(&bed, &call, VNAME_REGISTER, octets.octets, octets.size);
    ck_assert_int_eq(bed.result, INT32_MIN);
    ck_assert_uint_eq(bed.nodes[0].odd->held, 1);
    odd_release(bed.nodes[0].odd); /* read; and the write is held again */
    bed.nodes[0].odd->mode = ODD_HOLD;
    bed_pass(&bed, 200 * VMTP_MILLISECOND);
    if (_i == STORES_ETCD) { /* SQLite has done both at once */
        ck_assert_int_eq(bed.result, INT32_MIN);
        ck_assert_uint_eq(bed.nodes[0].odd->held, 1);
        odd_release(bed.nodes[0].odd);
        bed_pass(&bed, 200 * VMTP_MILLISECOND);
    }
    ck_assert_int_eq(bed.result, 0);
    bed.nodes[0].odd->mode = ODD_NOT;
    ck_assert_uint_eq(bed_lookup(&bed, "/a"), VMTP_OK);
    bed_end(&bed);
}
END_TEST

/* NAME-9-03, NAME-9-05: whether it was written is found out, and it happens once */
START_TEST(writes_of_doubtful_fate) {
    const enum odd_mode modes[] = {ODD_LOSE_REQUEST, ODD_LOSE_ANSWER, ODD_TWICE};
    for (unsigned i = 0; i < 3; i++) {
        EACH_KIND(1);
        struct odd_store *odd = bed.nodes[0].odd;
        struct vname_record r = bed_name("/a", MANAGER, OWNER, 1);
        odd->mode = modes[i];
        odd->times = 1;
        ck_assert_uint_eq(bed_register(&bed, &r), VMTP_OK);
        ck_assert_uint_eq(bed_told(&bed).generation, 1);
        ck_assert_uint_eq(bed_told(&bed).flags, SECOND_HAND_REGISTERED);
        odd->times = 1;
        r.manager = OTHER_MANAGER;
        ck_assert_uint_eq(bed_register(&bed, &r), VMTP_OK);
        ck_assert_uint_eq(bed_told(&bed).generation, 2);
        odd->times = 1;
        ck_assert_uint_eq(bed_unregister(&bed, &r, 0), VMTP_OK);
        ck_assert_uint_eq(bed_told(&bed).generation, 2);
        ck_assert_uint_eq(bed_lookup(&bed, "/a"), VNAME_NOT_FOUND);
        ck_assert_uint_eq(vdir_count(bed.nodes[0].directory, VDIR_COUNT_again), 3);
        bed_end(&bed);
    }
}
END_TEST

/* NAME-9-09: and what never ends is given up */
START_TEST(a_store_that_never_says_what_it_did) {
    EACH_KIND(1);
    struct vname_record r = bed_name("/a", MANAGER, OWNER, 1);
    bed.nodes[0].odd->mode = ODD_LOSE_REQUEST;
    bed.nodes[0].odd->times = UINT32_MAX;
    ck_assert_uint_eq(bed_register(&bed, &r), VNAME_UNAVAILABLE);
    bed_end(&bed);
}
END_TEST

static Suite *make(void) {
    Suite *suite = suite_create("RegisterName, UnregisterName");
    TCase *tcase = tcase_create("all");
    tcase_add_loop_test(tcase, a_new_prefix_is_registered, 0, STORES_KINDS);
    tcase_add_loop_test(tcase, the_generation_is_the_higher_one, 0, STORES_KINDS);
    tcase_add_loop_test(tcase, a_generation_does_not_begin_anew, 0, STORES_KINDS);
    tcase_add_loop_test(tcase, who_repeats_gets_the_same, 0, STORES_KINDS);
    tcase_add_loop_test(tcase, another_owner_is_told_who_has_it, 0, STORES_KINDS);
    tcase_add_loop_test(tcase, an_owner_unregisters, 0, STORES_KINDS);
    tcase_add_loop_test(tcase, anybody_unregisters_where_that_is_allowed, 0, STORES_KINDS);
    tcase_add_loop_test(tcase, generations_outlive_everything, 0, STORES_KINDS);
    tcase_add_loop_test(tcase, what_is_no_record_is_refused, 0, STORES_KINDS);
    tcase_add_loop_test(tcase, changes_do_not_come_by_multicast, 0, STORES_KINDS);
    tcase_add_loop_test(tcase, nothing_is_promised_that_is_not_stored, 0, STORES_KINDS);
    tcase_add_loop_test(tcase, writes_of_doubtful_fate, 0, STORES_KINDS);
    tcase_add_loop_test(tcase, a_store_that_never_says_what_it_did, 0, STORES_KINDS);
    suite_add_tcase(suite, tcase);
    return suite;
}

int main(void) { return stores_main(make); }
