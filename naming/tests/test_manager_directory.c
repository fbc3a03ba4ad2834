/* SPDX-License-Identifier: BSD-2-Clause */
/* Managers and the directory (section 9); the directory is made by hand. */
#include "support/manage.h"

static struct program a, b;
static struct stranger d, s;

static void directory_open(void) {
    stranger_open(&d);
    ck_assert_int_eq(vipc_join(&d.service, VNAME_DIRECTORY), 0);
    stranger_answers(&d, VNAME_FIND_DIRECTORY, VMTP_OK, NULL);
    stranger_words(&d, VNAME_FIND_DIRECTORY, (uint32_t)(d.entity >> 32), (uint32_t)d.entity, 1);
}

static void open_with(struct program *p, enum vname_directory_use use) {
    program_config(p);
    p->config.directory = use;
    program_open(p);
}

/* What it stores. */
static struct vname_record stored(const char *prefix, const struct program *p, uint32_t generation) {
    struct vname_record r = record_of(prefix, p->entity, generation);
    r.owner = p->config.owner;
    r.flags = VNAME_REGISTERED | VNAME_SECOND_HAND;
    return r;
}

/* NAME-9-14 */
START_TEST(registered_before_it_is_held) {
    directory_open();
    open_with(&a, VNAME_DIRECTORY_REQUIRE);
    const struct vname_record r = stored("/a", &a, 12);
    stranger_answers(&d, VNAME_REGISTER, VMTP_OK, &r);
    hold(&a, "/a");
    const struct seen *seen = stranger_saw(&d, VNAME_REGISTER, 0);
    ck_assert_ptr_nonnull(seen);
    ck_assert_uint_eq(stranger_count(&d, VNAME_REGISTER), 1);
    ck_assert_uint_eq(seen->group, 0);
    ck_assert_uint_eq(seen->record.flags, 0);
    ck_assert_uint_eq(seen->record.generation, 1);
    ck_assert_uint_eq(seen->record.owner, a.config.owner);
    ck_assert_uint_ge(seen->at, stranger_saw(&d, VNAME_CLAIM, 7)->at + 40 * MS);
    ck_assert_uint_le(seen->at, told_of(&a, VNAME_MANAGER_HELD, 0)->at);
    const struct vname_manager_prefix view = prefix_of(&a, "/a");
    ck_assert_uint_eq(view.record.generation, 12);
    ck_assert_uint_eq(view.record.flags, VNAME_REGISTERED);
    ck_assert_uint_eq(told_of(&a, VNAME_MANAGER_REGISTERED, 0)->generation, 12);
    const struct seen *announced = stranger_saw(&d, VNAME_ANNOUNCE, 0);
    ck_assert_uint_eq(announced->record.generation, 12);
    ck_assert_uint_eq(announced->record.flags, VNAME_REGISTERED);
    /* The directory is known by now. */
    const struct vname_record q = stored("/b", &a, 1);
    stranger_answers(&d, VNAME_REGISTER, VMTP_OK, &q);
    hold(&a, "/b");
    ck_assert_uint_eq(stranger_count(&d, VNAME_FIND_DIRECTORY), 1);
    ck_assert_uint_eq(COUNTER(&a, directory_calls), 3);
    /* What is registered is unregistered only if the program wants that. */
    release(&a, "/a");
    stranger_answers(&d, VNAME_UNREGISTER, VMTP_OK, &q);
    ck_assert_int_eq(vname_manager_release(a.manager, "/b", 2, VNAME_MANAGER_UNREGISTER), 0);
    manage_run(100 * MS);
    ck_assert_uint_eq(stranger_count(&d, VNAME_UNREGISTER), 1);
    ck_assert_mem_eq(stranger_saw(&d, VNAME_UNREGISTER, 0)->record.prefix, "/b", 2);
    program_close(&a);
}
END_TEST

/* NAME-9-14 */
START_TEST(registered_for_another) {
    directory_open();
    open_with(&a, VNAME_DIRECTORY_TRY);
    struct vname_record r = record_of("/a", 0x4711, 3);
    r.flags = VNAME_REGISTERED | VNAME_SECOND_HAND;
    stranger_answers(&d, VNAME_REGISTER, VNAME_HELD, &r);
    ck_assert_int_eq(claim(&a, "/a"), 0);
    manage_run(SECONDS);
    ck_assert_int_eq(state_of(&a, "/a"), -1);
    const struct told *t = told_of(&a, VNAME_MANAGER_REFUSED, 0);
    ck_assert_int_eq(t->result, (int)VNAME_HELD);
    ck_assert_uint_eq(t->manager, 0x4711);
    ck_assert_uint_eq(stranger_announced(&d, VNAME_REASON_HELD), 0);
    program_close(&a);
}
END_TEST

/* NAME-9-14 NAME-9-15 */
START_TEST(nobody_answers) {
    stranger_open(&s);
    open_with(&a, VNAME_DIRECTORY_TRY);
    open_with(&b, VNAME_DIRECTORY_REQUIRE);
    ck_assert_int_eq(claim(&a, "/a"), 0);
    ck_assert_int_eq(claim(&b, "/b"), 0);
    manage_run(400 * MS);
    ck_assert_uint_eq(told_count(&a, VNAME_MANAGER_HELD), 0);
    manage_run(5 * SECONDS);
    ck_assert_int_eq(holds(&a, "/a"), 1);
    ck_assert_int_eq(state_of(&b, "/b"), -1);
    ck_assert_int_gt(told_of(&b, VNAME_MANAGER_REFUSED, 0)->result, 0);
    ck_assert_uint_eq(told_of(&b, VNAME_MANAGER_REFUSED, 0)->manager, 0);
    ck_assert_uint_eq(prefix_of(&a, "/a").record.flags, 0);
    /* The next prefix is not kept waiting. */
    hold(&a, "/c");
    /* One comes: within half a minute both are registered, under the directory's generation. */
    directory_open();
    struct vname_record r = stored("/a", &a, 7);
    stranger_answers(&d, VNAME_REGISTER, VMTP_OK, &r);
    manage_run(40 * SECONDS);
    ck_assert_uint_eq(prefix_of(&a, "/a").record.flags, VNAME_REGISTERED);
    ck_assert_uint_eq(prefix_of(&a, "/a").record.generation, 7);
    ck_assert_uint_eq(told_count(&a, VNAME_MANAGER_REGISTERED), 1);
    ck_assert_uint_eq(COUNTER(&a, registered), 1);
    /* What it said about the other one was another record: no answer. */
    ck_assert_uint_eq(prefix_of(&a, "/c").record.flags, 0);
    ck_assert_uint_ge(COUNTER(&a, answers_odd), 1);
    /* NAME-9-15: and that one turns out to be another's. */
    r = record_of("/c", 0x4711, 1);
    r.flags = VNAME_REGISTERED | VNAME_SECOND_HAND;
    stranger_answers(&d, VNAME_REGISTER, VNAME_HELD, &r);
    manage_run(40 * SECONDS);
    ck_assert_int_eq(state_of(&a, "/c"), -1);
    ck_assert_uint_eq(told_of(&a, VNAME_MANAGER_LOST, 0)->manager, 0x4711);
    ck_assert_int_eq(holds(&a, "/a"), 1);
    program_close(&a);
    program_close(&b);
}
END_TEST

/* The directory that was known is gone, and there is another. */
START_TEST(another_directory) {
    directory_open();
    open_with(&a, VNAME_DIRECTORY_REQUIRE);
    struct vname_record r = stored("/a", &a, 1);
    stranger_answers(&d, VNAME_REGISTER, VMTP_OK, &r);
    hold(&a, "/a");
    stranger_close(&d);
    directory_open();
    r = stored("/b", &a, 1);
    stranger_answers(&d, VNAME_REGISTER, VMTP_OK, &r);
    hold(&a, "/b");
    ck_assert_uint_eq(COUNTER(&a, registered), 2);
    ck_assert_uint_eq(COUNTER(&a, directory_failures), 1);
    program_close(&a);
}
END_TEST

/* NAME-9-14: answers that are none. */
START_TEST(odd_answers) {
    directory_open();
    open_with(&a, VNAME_DIRECTORY_REQUIRE);
    struct vname_record bad[5];
    for (unsigned i = 0; i < 5; i++)
        bad[i] = stored("/a", &a, 5);
    bad[0].manager++;
    bad[1].owner++;
    bad[2].prefix = "/b";
    bad[3].generation = 3; /* lower than ours */
    bad[4].owner++;        /* HELD, for another owner, by ourselves */
    for (unsigned i = 0; i < 8; i++) {
        const struct vname_manager_claim c = {.prefix = "/a", .prefix_length = 2, .generation = 3};
        static const uint32_t others[] = {VNAME_UNAVAILABLE, VMTP_NO_PERMISSION, VMTP_OK};
        stranger_answers(&d, VNAME_REGISTER,
                         i < 4    ? VMTP_OK
                         : i == 4 ? VNAME_HELD
                                  : others[i - 5],
                         i < 5 ? &bad[i] : NULL);
        ck_assert_int_eq(vname_manager_claim(a.manager, &c), 0);
        manage_run(SECONDS);
        ck_assert_msg(state_of(&a, "/a") == -1, "answer %u", i);
        ck_assert_uint_eq(told_count(&a, VNAME_MANAGER_REFUSED), i + 1);
    }
    ck_assert_uint_eq(COUNTER(&a, answers_odd), 6);
    /* A directory that says it is a group, or nobody. */
    stranger_words(&d, VNAME_FIND_DIRECTORY, 0, 0, 0);
    open_with(&b, VNAME_DIRECTORY_TRY);
    hold(&b, "/b");
    ck_assert_uint_eq(COUNTER(&b, answers_odd), 1);
    stranger_words(&d, VNAME_FIND_DIRECTORY, 0x40000000u, 1, 0);
    manage_run(35 * SECONDS);
    ck_assert_uint_eq(COUNTER(&b, answers_odd), 2);
    program_close(&a);
    program_close(&b);
}
END_TEST

/* NAME-8.1-10 */
START_TEST(while_it_waits_for_the_directory) {
    stranger_open(&s);
    open_with(&a, VNAME_DIRECTORY_TRY);
    ck_assert_int_eq(claim(&a, "/a"), 0);
    for (unsigned i = 0; i < 600 && state_of(&a, "/a") != VNAME_PREFIX_REGISTERING; i++)
        manage_run(MS);
    ck_assert_int_eq(state_of(&a, "/a"), VNAME_PREFIX_REGISTERING);
    struct vname_record r = record_of("/a", 1, UINT32_MAX); /* beats everything */
    r.flags = VNAME_CLAIMING;
    uint8_t octets[VNAME_RECORD_OCTETS];
    const struct said *said = ask_group(&s, VNAME_HANDLERS, VNAME_CLAIM, 0, octets,
                                        vname_record_encode(octets, sizeof octets, &r));
    ck_assert_uint_eq(said->answers, 1);
    ck_assert_uint_eq(said->code, VNAME_HELD);
    ck_assert_uint_eq(ask_name(&s, a.entity, VNAME_QUERY, "/a")->code, VNAME_STALE);
    ck_assert_uint_eq(stranger_announced(&s, VNAME_REASON_DEFEND), 0);
    manage_run(2 * SECONDS);
    ck_assert_int_eq(holds(&a, "/a"), 1);
    program_close(&a);
}
END_TEST

/* What was taken over or adopted is registered anew. */
START_TEST(taken_over) {
    directory_open();
    open_with(&a, VNAME_DIRECTORY_TRY);
    open_with(&b, VNAME_DIRECTORY_TRY);
    struct vname_record r = stored("/a", &a, 1);
    stranger_answers(&d, VNAME_REGISTER, VMTP_OK, &r);
    a.hands_over = 1;
    hold(&a, "/a");
    r = stored("/a", &b, 3);
    stranger_answers(&d, VNAME_REGISTER, VMTP_OK, &r);
    const struct vname_manager_claim c = {.prefix = "/a", .prefix_length = 2};
    ck_assert_int_eq(vname_manager_take_over(b.manager, a.entity, &c), 0);
    manage_run(SECONDS);
    ck_assert_int_eq(holds(&b, "/a"), 1);
    ck_assert_uint_eq(prefix_of(&b, "/a").record.generation, 3);
    ck_assert_uint_eq(prefix_of(&b, "/a").record.flags, VNAME_REGISTERED | VNAME_HANDED_OVER);
    program_close(&a);
    program_close(&b);
}
END_TEST

int main(void) {
    TCase *t = tcase_create("directory");
    tcase_add_test(t, registered_before_it_is_held);
    tcase_add_test(t, registered_for_another);
    tcase_add_test(t, nobody_answers);
    tcase_add_test(t, another_directory);
    tcase_add_test(t, odd_answers);
    tcase_add_test(t, while_it_waits_for_the_directory);
    tcase_add_test(t, taken_over);
    return manage_main(t, "manager: the directory");
}
