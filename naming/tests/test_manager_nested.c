/* SPDX-License-Identifier: BSD-2-Clause */
/* Nested prefixes (section 8.3). */
#include <stdlib.h>

#include <stdio.h>

#include "support/manage.h"

static struct program a, b, c;
static struct stranger s;

/* NAME-8.3-01 NAME-8.3-02 NAME-8.3-04 */
START_TEST(the_inner_one_tells_the_outer) {
    stranger_open(&s);
    program_open(&a);
    program_open(&b);
    hold(&a, "/a");
    struct vname_record claim_record = record_of("/a/x", s.entity, 1);
    claim_record.flags = VNAME_CLAIMING;
    uint8_t octets[VNAME_RECORD_OCTETS];
    const struct said *said = ask_group(&s, VNAME_HANDLERS, VNAME_CLAIM, 0, octets,
                                        vname_record_encode(octets, sizeof octets, &claim_record));
    ck_assert_uint_eq(said->answers, 1);
    ck_assert_uint_eq(said->code, VMTP_OK);
    ck_assert_uint_eq(said->record.manager, a.entity);
    ck_assert_uint_eq(said->record.prefix_length, 2);
    ck_assert_uint_eq(COUNTER(&a, covered), 1);
    ck_assert_uint_eq(mount_of(&a, "/a/x"), 0); /* claimed is not held */

    hold(&b, "/a/b");
    manage_run(100 * MS);
    ck_assert_uint_eq(mount_of(&a, "/a/b"), b.entity);
    ck_assert_uint_eq(COUNTER(&b, mount_calls), 1);
    ck_assert_uint_eq(told_count(&a, VNAME_MANAGER_MOUNTED), 1);
    const struct vname_manager_prefix view = prefix_of(&b, "/a/b");
    ck_assert_uint_eq(view.coverer, a.entity);
    ck_assert_uint_eq(view.coverer_length, 2);
    ck_assert_int_eq(view.mounted, 1);
    manage_run(300 * SECONDS);
    ck_assert_uint_eq(COUNTER(&b, mount_calls), 1);
    ck_assert_uint_eq(mount_of(&a, "/a/b"), b.entity);
    program_close(&a);
    program_close(&b);
}
END_TEST

/* NAME-8.3-02: what it looks like, and to whom it is said. */
START_TEST(to_the_longest_and_again_when_that_changes) {
    stranger_open(&s);
    program_open(&a);
    program_open(&b);
    hold(&a, "/a");
    hold(&b, "/a/b/c");
    manage_run(100 * MS);
    ck_assert_uint_eq(mount_of(&a, "/a/b/c"), b.entity);
    /* Somebody comes between. */
    struct vname_record between = record_of("/a/b", s.entity, 1);
    stranger_answers(&s, VNAME_MOUNT, VMTP_OK, &between);
    stranger_announces(&s, VNAME_HANDLERS, VNAME_REASON_HELD, &between, 1);
    manage_run(100 * MS);
    const struct seen *seen = stranger_saw(&s, VNAME_MOUNT, 0);
    ck_assert_ptr_nonnull(seen);
    ck_assert_uint_eq(seen->words[0], 0);
    ck_assert_uint_eq(seen->group, 0);
    ck_assert_uint_eq(seen->record.manager, b.entity);
    ck_assert_uint_eq(seen->record.prefix_length, 6);
    ck_assert_uint_eq(prefix_of(&b, "/a/b/c").coverer, s.entity);
    /* The same again: nothing new. */
    stranger_announces(&s, VNAME_HANDLERS, VNAME_REASON_HELD, &between, 1);
    ck_assert_uint_eq(stranger_count(&s, VNAME_MOUNT), 1);
    /* A shorter one: nothing new either. */
    struct vname_record r = record_of("/a", s.entity, 1);
    stranger_announces(&s, VNAME_HANDLERS, VNAME_REASON_DEFEND, &r, 1);
    ck_assert_uint_eq(stranger_count(&s, VNAME_MOUNT), 1);
    /* Another manager of the one between. */
    stranger_forget(&s);
    struct stranger *other = malloc(sizeof *other);
    stranger_open(other);
    between.manager = other->entity;
    between.generation = 2;
    stranger_answers(other, VNAME_MOUNT, VMTP_OK, &between);
    stranger_announces(other, VNAME_HANDLERS, VNAME_REASON_HELD, &between, 1);
    manage_run(100 * MS);
    ck_assert_uint_eq(stranger_count(other, VNAME_MOUNT), 1);
    /* He goes, and says so: the next announcement of the outer one counts. */
    between.flags = VNAME_RELEASED;
    stranger_announces(other, VNAME_HANDLERS, VNAME_REASON_RELEASED, &between, 1);
    ck_assert_uint_eq(prefix_of(&b, "/a/b/c").coverer, 0);
    vname_manager_link_up(a.manager);
    manage_run(100 * MS);
    ck_assert_uint_eq(prefix_of(&b, "/a/b/c").coverer, a.entity);
    ck_assert_int_eq(prefix_of(&b, "/a/b/c").mounted, 1);
    stranger_close(other);
    free(other);
    program_close(&a);
    program_close(&b);
}
END_TEST

/* NAME-8.3-05 NAME-8.3-04 */
START_TEST(refused) {
    stranger_open(&s);
    program_open(&a);
    program_open(&b);
    a.refuses_mounts = 1;
    hold(&a, "/a");
    ck_assert_int_eq(claim(&b, "/a/b"), 0);
    manage_run(SECONDS);
    ck_assert_int_eq(state_of(&b, "/a/b"), -1);
    ck_assert_uint_eq(told_count(&b, VNAME_MANAGER_HELD), 1);
    const struct told *t = told_of(&b, VNAME_MANAGER_RELEASED, 0);
    ck_assert_ptr_nonnull(t);
    ck_assert_str_eq(t->prefix, "/a/b");
    ck_assert_int_eq(t->result, VMTP_NO_PERMISSION);
    ck_assert_uint_eq(stranger_announced(&s, VNAME_REASON_RELEASED), 1);
    ck_assert_uint_ge(COUNTER(&a, mounts_refused), 1);
    program_close(&a);
    program_close(&b);
}
END_TEST

/* NAME-8.3-04 NAME-8.3-05: the table is full. */
START_TEST(no_room) {
    stranger_open(&s);
    program_config(&a);
    a.config.mounts = 2;
    program_open(&a);
    program_open(&b);
    hold(&a, "/a");
    hold(&b, "/a/1");
    hold(&b, "/a/2");
    manage_run(100 * MS);
    ck_assert_int_eq(claim(&b, "/a/3"), 0);
    manage_run(SECONDS);
    ck_assert_int_eq(state_of(&b, "/a/3"), -1);
    ck_assert_int_eq(told_of(&b, VNAME_MANAGER_RELEASED, 0)->result, (int)VNAME_NO_ROOM);
    ck_assert_uint_ge(COUNTER(&a, mounts_no_room), 1);
    /* What is announced is counted only. */
    const uint64_t before = COUNTER(&a, mounts_no_room);
    struct vname_record r = record_of("/a/4", s.entity, 1);
    stranger_announces(&s, VNAME_HANDLERS, VNAME_REASON_HELD, &r, 1);
    ck_assert_uint_eq(COUNTER(&a, mounts_no_room), before + 1);
    ck_assert_uint_eq(mount_of(&a, "/a/4"), 0);
    /* One that ends makes room. */
    release(&b, "/a/1");
    manage_run(100 * MS);
    ck_assert_uint_eq(mount_of(&a, "/a/1"), 0);
    hold(&b, "/a/3");
    manage_run(100 * MS);
    ck_assert_uint_eq(mount_of(&a, "/a/3"), b.entity);
    program_close(&a);
    program_close(&b);
}
END_TEST

/* NAME-8.3-02 NAME-8.3-11: answers that are none. */
START_TEST(answers_to_mount_name) {
    stranger_open(&s);
    program_open(&b);
    struct vname_record outer = record_of("/a", s.entity, 1);
    hold(&b, "/a/b");
    /* Nonsense, then patience: 1 s, 2 s, 4 s ... */
    const struct vname_record bad = record_of("/z", s.entity, 1);
    stranger_answers(&s, VNAME_MOUNT, VMTP_OK, &bad);
    stranger_announces(&s, VNAME_HANDLERS, VNAME_REASON_HELD, &outer, 1);
    manage_run(16 * SECONDS);
    ck_assert_uint_eq(stranger_count(&s, VNAME_MOUNT), 5);
    ck_assert_uint_eq(COUNTER(&b, mount_failures), 5);
    ck_assert_int_eq(holds(&b, "/a/b"), 1);
    stranger_answers(&s, VNAME_MOUNT, VMTP_OK, &outer);
    manage_run(20 * SECONDS);
    ck_assert_int_eq(prefix_of(&b, "/a/b").mounted, 1);
    /* He does not cover it after all: forgotten until he announces it again. */
    stranger_answers(&s, VNAME_MOUNT, VNAME_STALE, NULL);
    struct vname_record longer = record_of("/a/c", s.entity, 1);
    stranger_announces(&s, VNAME_HANDLERS, VNAME_REASON_HELD, &longer, 1);
    ck_assert_int_eq(prefix_of(&b, "/a/b").mounted, 1);
    manage_run(201 * SECONDS);
    ck_assert_uint_eq(prefix_of(&b, "/a/b").coverer, 0);
    stranger_announces(&s, VNAME_HANDLERS, VNAME_REASON_HELD, &outer, 1);
    manage_run(SECONDS);
    ck_assert_uint_eq(prefix_of(&b, "/a/b").coverer, 0);
    /* He claims it for himself: they meet. */
    struct vname_record same = record_of("/a/b", s.entity, 1);
    stranger_answers(&s, VNAME_MOUNT, VNAME_HELD, &same);
    stranger_announces(&s, VNAME_HANDLERS, VNAME_REASON_HELD, &outer, 1);
    manage_run(SECONDS);
    ck_assert_uint_eq(stranger_count(&s, VNAME_MEET), 1);
    program_close(&b);
}
END_TEST

/* NAME-8.3-03 NAME-8.3-06 NAME-8.3-07 */
START_TEST(learned_and_forgotten) {
    stranger_open(&s);
    program_open(&a);
    hold(&a, "/a");
    struct vname_record r = record_of("/a/b", s.entity, 1), out = record_of("/b", s.entity, 1);
    stranger_announces(&s, VNAME_HANDLERS, VNAME_REASON_DEFEND, &r, 1);
    stranger_announces(&s, VNAME_HANDLERS, VNAME_REASON_HELD, &out, 1);
    ck_assert_uint_eq(mount_of(&a, "/a/b"), s.entity);
    ck_assert_uint_eq(mount_of(&a, "/b"), 0);
    ck_assert_uint_eq(COUNTER(&a, mounts_learned), 1);
    /* Another manager has it now. */
    struct vname_record told = record_of("/a/b", s.entity + 7, 2);
    ck_assert_uint_eq(ask_record(&s, a.entity, VNAME_MOUNT, 0, &told)->code, VMTP_OK);
    ck_assert_uint_eq(mount_of(&a, "/a/b"), s.entity + 7);
    /* The former manager can not end it, this one can. */
    r.flags = VNAME_RELEASED;
    stranger_announces(&s, VNAME_HANDLERS, VNAME_REASON_RELEASED, &r, 1);
    r.flags = 0;
    ck_assert_uint_eq(ask_record(&s, a.entity, VNAME_MOUNT, 1, &r)->code, VMTP_OK);
    ck_assert_uint_eq(mount_of(&a, "/a/b"), s.entity + 7);
    ck_assert_uint_eq(ask_record(&s, a.entity, VNAME_MOUNT, 1, &told)->code, VMTP_OK);
    ck_assert_uint_eq(mount_of(&a, "/a/b"), 0);
    ck_assert_uint_eq(told_count(&a, VNAME_MANAGER_UNMOUNTED), 1);
    ck_assert_uint_eq(ask_record(&s, a.entity, VNAME_MOUNT, 1, &told)->code, VMTP_OK); /* once more */
    /* 200 s without news. */
    stranger_announces(&s, VNAME_HANDLERS, VNAME_REASON_HELD, &r, 1);
    manage_run(150 * SECONDS);
    stranger_announces(&s, VNAME_HANDLERS, VNAME_REASON_HELD, &r, 1);
    manage_run(199 * SECONDS);
    ck_assert_uint_eq(mount_of(&a, "/a/b"), s.entity);
    ck_assert_uint_eq(ask_group(&s, VNAME_HANDLERS, VNAME_QUERY, 0, "/a/b/c", 6)->answers, 0);
    manage_run(2 * SECONDS);
    ck_assert_uint_eq(ask_group(&s, VNAME_HANDLERS, VNAME_QUERY, 0, "/a/b/c", 6)->answers, 1);
    manage_run(5 * SECONDS);
    ck_assert_uint_eq(mount_of(&a, "/a/b"), 0);
    ck_assert_uint_eq(COUNTER(&a, mounts_expired), 1);
    program_close(&a);
}
END_TEST

/* NAME-8.3-04 NAME-8.3-09 */
START_TEST(mount_name_that_is_refused) {
    stranger_open(&s);
    program_open(&a);
    hold(&a, "/a");
    struct vname_record r = record_of("/b/c", s.entity, 1);
    ck_assert_uint_eq(ask_record(&s, a.entity, VNAME_MOUNT, 0, &r)->code, VNAME_STALE);
    ck_assert_uint_eq(ask_record(&s, a.entity, VNAME_MOUNT, 1, &r)->code, VNAME_STALE);
    r = record_of("/a/x", a.entity, 1);
    ck_assert_uint_eq(ask_record(&s, a.entity, VNAME_MOUNT, 0, &r)->code, VNAME_BAD_REQUEST);
    r = record_of("/a/x", s.entity, 1);
    ck_assert_uint_eq(ask_record(&s, a.entity, VNAME_MOUNT, 7, &r)->code, VNAME_BAD_REQUEST);
    r.flags = VNAME_CLAIMING;
    ck_assert_uint_eq(ask_record(&s, a.entity, VNAME_MOUNT, 0, &r)->code, VNAME_BAD_REQUEST);
    /* The very prefix: they meet. */
    hold(&a, "/a/b");
    r = record_of("/a/b", s.entity, 1);
    const struct said *said = ask_record(&s, a.entity, VNAME_MOUNT, 0, &r);
    ck_assert_uint_eq(said->code, VNAME_HELD);
    ck_assert_uint_eq(said->record.manager, a.entity);
    manage_run(10 * MS);
    ck_assert_uint_eq(stranger_count(&s, VNAME_MEET), 1);
    program_close(&a);
}
END_TEST

/* NAME-8.3-08 */
START_TEST(what_the_operator_says_stays) {
    stranger_open(&s);
    program_open(&a);
    hold(&a, "/a");
    struct vname_record r = record_of("/a/b", s.entity, 1), other = record_of("/a/b", s.entity + 7, 9);
    ck_assert_int_eq(vname_manager_mount(a.manager, &r), 0);
    ck_assert_uint_eq(ask_record(&s, a.entity, VNAME_MOUNT, 0, &other)->code, VMTP_NO_PERMISSION);
    ck_assert_uint_eq(ask_record(&s, a.entity, VNAME_MOUNT, 0, &r)->code, VMTP_OK);
    ck_assert_uint_eq(ask_record(&s, a.entity, VNAME_MOUNT, 1, &r)->code, VMTP_OK);
    struct vname_record released = r;
    released.flags = VNAME_RELEASED;
    stranger_announces(&s, VNAME_HANDLERS, VNAME_REASON_RELEASED, &released, 1);
    manage_run(500 * SECONDS);
    ck_assert_uint_eq(mount_of(&a, "/a/b"), s.entity);
    struct vname_manager_mount view;
    ck_assert_int_eq(vname_manager_nth_mount(a.manager, 0, &view), 1);
    ck_assert_int_eq(view.permanent, 1);
    ck_assert_int_eq(vname_manager_unmount(a.manager, "/a/b", 4), 0);
    ck_assert_int_eq(vname_manager_unmount(a.manager, "/a/b", 4), VMTP_E_NO_ENTITY);
    ck_assert_uint_eq(mount_of(&a, "/a/b"), 0);
    r.prefix_length = 0;
    ck_assert_int_eq(vname_manager_mount(a.manager, &r), VMTP_E_INVALID);
    program_close(&a);
}
END_TEST

/* NAME-8.3-06 NAME-8.3-10: it tells the one above that it goes, even if nobody hears the announcement. */
START_TEST(released_below) {
    stranger_open(&s);
    program_open(&a);
    program_open(&b);
    hold(&a, "/a");
    hold(&b, "/a/b");
    manage_run(100 * MS);
    release(&b, "/a/b");
    manage_run(10 * MS);
    ck_assert_uint_eq(mount_of(&a, "/a/b"), 0);
    ck_assert_int_eq(vname_manager_is_quiet(b.manager), 1);
    ck_assert_uint_eq(ask_group(&s, VNAME_HANDLERS, VNAME_QUERY, 0, "/a/b/c", 6)->from, a.entity);
    /* The outer one goes: mounts below nothing are forgotten. */
    hold(&b, "/a/b");
    manage_run(100 * MS);
    release(&a, "/a");
    manage_run(10 * MS);
    ck_assert_uint_eq(mount_of(&a, "/a/b"), 0);
    ck_assert_uint_eq(prefix_of(&b, "/a/b").coverer, 0);
    program_close(&a);
    program_close(&b);
}
END_TEST

/* NAME-8.3-02 NAME-8.3-06 NAME-8.3-07: three deep, and the middle one dies. */
START_TEST(the_middle_one_dies) {
    stranger_open(&s);
    program_open(&a);
    program_open(&b);
    program_open(&c);
    hold(&a, "/a");
    hold(&b, "/a/b");
    hold(&c, "/a/b/c");
    manage_run(5 * SECONDS);
    ck_assert_uint_eq(prefix_of(&c, "/a/b/c").coverer, b.entity);
    ck_assert_uint_eq(mount_of(&b, "/a/b/c"), c.entity);
    ck_assert_uint_eq(mount_of(&a, "/a/b"), b.entity);
    ck_assert_uint_eq(operate(&s, a.entity, 5, 2, "/a/b/c/d", "")->from, c.entity);

    program_close(&b); /* without a word */
    const vmtp_time died = vipc_now(a.node);
    /* As long as the mount is remembered nobody answers for what was his, but for what lies below him. */
    manage_run(100 * SECONDS);
    ck_assert_uint_eq(ask_group(&s, VNAME_HANDLERS, VNAME_QUERY, 0, "/a/b/x", 6)->answers, 0);
    ck_assert_uint_eq(ask_group(&s, VNAME_HANDLERS, VNAME_QUERY, 0, "/a/b/c/x", 8)->from, c.entity);
    ck_assert_uint_eq(operate(&s, a.entity, 5, 2, "/a/b/c/d", "")->from, c.entity);
    /* Then the outer one answers again, and the inner one is mounted there. */
    manage_run(died + 280 * SECONDS - vipc_now(a.node));
    ck_assert_uint_eq(ask_group(&s, VNAME_HANDLERS, VNAME_QUERY, 0, "/a/b/x", 6)->from, a.entity);
    ck_assert_uint_eq(prefix_of(&c, "/a/b/c").coverer, a.entity);
    ck_assert_int_eq(prefix_of(&c, "/a/b/c").mounted, 1);
    /* He comes back as another, and everything is as it was. */
    program_open(&b);
    hold(&b, "/a/b");
    manage_run(5 * SECONDS);
    ck_assert_uint_eq(mount_of(&a, "/a/b"), b.entity);
    ck_assert_uint_eq(prefix_of(&c, "/a/b/c").coverer, b.entity);
    ck_assert_uint_eq(mount_of(&b, "/a/b/c"), c.entity);
    ck_assert_uint_eq(operate(&s, a.entity, 5, 2, "/a/b/c/d", "")->from, c.entity);
    program_close(&a);
    program_close(&b);
    program_close(&c);
}
END_TEST

/* NAME-8.3-02: who covers himself tells nobody, until he gives the outer one up. */
START_TEST(covered_by_ourselves) {
    stranger_open(&s);
    program_open(&a);
    program_open(&b);
    hold(&a, "/a");
    hold(&b, "/a/b");
    manage_run(100 * MS);
    const uint64_t calls = COUNTER(&b, mount_calls);
    hold(&b, "/a/b/c");
    manage_run(5 * SECONDS);
    ck_assert_uint_eq(COUNTER(&b, mount_calls), calls);
    release(&b, "/a/b");
    manage_run(100 * MS);
    ck_assert_uint_eq(COUNTER(&b, mount_calls), calls + 1);
    ck_assert_uint_eq(mount_of(&a, "/a/b/c"), b.entity);
    program_close(&a);
    program_close(&b);
}
END_TEST

/* NAME-8.3-06: a manager that was suspended does not take what it could not hear for silence. */
START_TEST(mounts_outlive_a_stop) {
    stranger_open(&s);
    program_open(&a);
    program_open(&b);
    hold(&a, "/a");
    hold(&b, "/a/b");
    manage_run(10 * SECONDS);
    vipc_fake_stop(a.node, 1);
    manage_run(500 * SECONDS);
    vipc_fake_stop(a.node, 0);
    const struct said *said = ask_name(&s, a.entity, VNAME_QUERY, "/a/b/c");
    ck_assert_uint_eq(said->code, VMTP_OK);
    ck_assert_uint_eq(said->record.manager, b.entity);
    manage_run(10 * SECONDS);
    ck_assert_uint_eq(mount_of(&a, "/a/b"), b.entity);
    program_close(&a);
    program_close(&b);
}
END_TEST

/* NAME-8.3-03: of those reasons only. */
START_TEST(heartbeats_are_no_news_of_mounts) {
    stranger_open(&s);
    program_open(&a);
    hold(&a, "/a");
    const struct vname_record r = record_of("/a/b", s.entity, 1);
    stranger_announces(&s, VNAME_HANDLERS, VNAME_REASON_HEARTBEAT, &r, 1);
    ck_assert_uint_eq(mount_of(&a, "/a/b"), 0);
    stranger_announces(&s, VNAME_HANDLERS, VNAME_REASON_DEFEND, &r, 1);
    ck_assert_uint_eq(mount_of(&a, "/a/b"), s.entity);
    program_close(&a);
}
END_TEST

/* NAME-8.3-13 */
START_TEST(announcements_do_not_fill_the_table) {
    static struct stranger others[5];
    char prefix[64][16];
    struct vname_record r[64];
    program_open(&a); /* 64 places */
    hold(&a, "/a");
    for (unsigned i = 0; i < 5; i++) {
        stranger_open(&others[i]);
        for (unsigned n = 0; n < 64; n++) {
            snprintf(prefix[n], sizeof prefix[n], "/a/%u-%u", i, n);
            r[n] = record_of(prefix[n], others[i].entity, 1);
        }
        stranger_announces(&others[i], VNAME_HANDLERS, VNAME_REASON_HELD, r, 64);
        ck_assert_uint_eq(COUNTER(&a, mounts_learned), i < 2 ? 16 * (i + 1) : 32);
    }
    /* Who says it by MountName has a place, as long as there is one. */
    for (unsigned n = 0; n < 64; n++) {
        snprintf(prefix[n], sizeof prefix[n], "/a/told-%u", n);
        r[n] = record_of(prefix[n], others[0].entity, 1);
        ck_assert_uint_eq(ask_record(&others[0], a.entity, VNAME_MOUNT, 0, &r[n])->code, VMTP_OK);
    }
    for (unsigned n = 0; n < 64; n++)
        ck_assert_uint_eq(mount_of(&a, prefix[n]), others[0].entity);
    const struct vname_record more = record_of("/a/more", others[1].entity, 1);
    ck_assert_uint_eq(ask_record(&others[1], a.entity, VNAME_MOUNT, 0, &more)->code, VNAME_NO_ROOM);
    /* It stays one that was told when it is announced. */
    stranger_announces(&others[0], VNAME_HANDLERS, VNAME_REASON_HELD, r, 64);
    ck_assert_uint_eq(ask_record(&others[1], a.entity, VNAME_MOUNT, 0, &more)->code, VNAME_NO_ROOM);
    for (unsigned i = 0; i < 5; i++)
        stranger_close(&others[i]);
    program_close(&a);
}
END_TEST

int main(void) {
    TCase *t = tcase_create("nested");
    tcase_add_test(t, the_inner_one_tells_the_outer);
    tcase_add_test(t, to_the_longest_and_again_when_that_changes);
    tcase_add_test(t, refused);
    tcase_add_test(t, no_room);
    tcase_add_test(t, answers_to_mount_name);
    tcase_add_test(t, learned_and_forgotten);
    tcase_add_test(t, mount_name_that_is_refused);
    tcase_add_test(t, what_the_operator_says_stays);
    tcase_add_test(t, released_below);
    tcase_add_test(t, the_middle_one_dies);
    tcase_add_test(t, covered_by_ourselves);
    tcase_add_test(t, mounts_outlive_a_stop);
    tcase_add_test(t, heartbeats_are_no_news_of_mounts);
    tcase_add_test(t, announcements_do_not_fill_the_table);
    return manage_main(t, "manager: nested prefixes");
}
