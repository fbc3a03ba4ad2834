/* SPDX-License-Identifier: BSD-2-Clause */
/* Two holders of one prefix meet (section 8.5): after a partition, after a stop, as clients tell, and as liars say. */
#include <stdio.h>

#include "support/manage.h"

static struct program a, b;
static struct stranger s;

/* Both hold it, a since before. */
static void divided(uint32_t remembered_by_b) {
    struct vname_manager_claim claim = {.prefix = "/a", .prefix_length = 2, .context = 6, .generation = remembered_by_b};
    program_open(&a);
    program_open(&b);
    vipc_fake_partition(b.node, 1);
    hold(&a, "/a");
    ck_assert_int_eq(vname_manager_claim(b.manager, &claim), 0);
    manage_run(10 * SECONDS);
    ck_assert_int_eq(holds(&a, "/a") && holds(&b, "/a"), 1);
}

/* NAME-8.5-01 NAME-8.5-02 NAME-8.5-03 NAME-8.5-04 */
START_TEST(a_partition_heals) {
    for (uint32_t wins = 0; wins < 2; wins++) { /* the same generation: the lower identifier; then the higher generation */
        stranger_open(&s);
        divided(wins);
        struct program *winner = wins ? &b : a.entity < b.entity ? &a : &b, *loser = winner == &a ? &b : &a;
        vipc_fake_partition(b.node, 0);
        manage_run(75 * SECONDS);
        ck_assert_int_eq(holds(winner, "/a"), 1);
        ck_assert_int_eq(state_of(loser, "/a"), -1);
        ck_assert_uint_eq(told_count(loser, VNAME_MANAGER_LOST), 1);
        const struct told *t = told_of(loser, VNAME_MANAGER_LOST, 0);
        ck_assert_str_eq(t->prefix, "/a");
        ck_assert_uint_eq(t->manager, winner->entity);
        ck_assert_uint_eq(told_count(winner, VNAME_MANAGER_LOST), 0);
        ck_assert_uint_eq(COUNTER(loser, yielded), 1);
        ck_assert_uint_eq(ask_group(&s, VNAME_HANDLERS, VNAME_QUERY, 0, "/a/x", 4)->from, winner->entity);
        program_close(&a);
        program_close(&b);
        stranger_close(&s);
    }
}
END_TEST

/* NAME-8.5-01: a client tells. */
START_TEST(a_client_tells) {
    stranger_open(&s);
    divided(0);
    vipc_fake_partition(b.node, 0);
    struct vname_record r = prefix_of(&b, "/a").record;
    stranger_announces(&s, a.entity, VNAME_REASON_MEET, &r, 1);
    manage_run(10 * MS);
    ck_assert_int_eq(holds(&a, "/a") + holds(&b, "/a"), 1);
    program_close(&a);
    program_close(&b);
}
END_TEST

/* NAME-8.5-01 NAME-8.5-05 NAME-8.2-05 */
START_TEST(a_client_lies) {
    stranger_open(&s);
    program_open(&a);
    hold(&a, "/a");
    /* His word alone takes nothing: the other says that he does not have it, or nothing at all. */
    struct vname_record r = record_of("/a", s.entity, UINT32_MAX);
    stranger_answers(&s, VNAME_MEET, VNAME_STALE, NULL);
    for (unsigned i = 0; i < 20; i++) {
        stranger_announces(&s, a.entity, VNAME_REASON_MEET, &r, 1);
        manage_run(100 * MS);
    }
    ck_assert_uint_eq(stranger_count(&s, VNAME_MEET), 1);
    ck_assert_uint_eq(COUNTER(&a, meets_held_back), 19);
    manage_run(5 * SECONDS);
    stranger_announces(&s, a.entity, VNAME_REASON_MEET, &r, 1);
    manage_run(10 * MS);
    ck_assert_uint_eq(stranger_count(&s, VNAME_MEET), 2);
    const struct seen *seen = stranger_saw(&s, VNAME_MEET, 0);
    ck_assert_uint_eq(seen->group, 0);
    ck_assert_uint_eq(seen->record.manager, a.entity);
    ck_assert_uint_eq(seen->record.prefix_length, 2);
    /* Many made-up ones: a bounded number of questions. */
    for (unsigned i = 0; i < 100; i++) {
        r.manager = 0x1000 + i;
        stranger_announces(&s, a.entity, VNAME_REASON_MEET, &r, 1);
    }
    ck_assert_uint_le(COUNTER(&a, meets_sent), 2 + 16);
    /* Another prefix, ourselves, a claim, a released one. */
    manage_run(30 * SECONDS);
    const uint64_t before = COUNTER(&a, meets_sent);
    r = record_of("/b", s.entity, 9);
    stranger_announces(&s, a.entity, VNAME_REASON_MEET, &r, 1);
    r = record_of("/a", a.entity, 9);
    stranger_announces(&s, a.entity, VNAME_REASON_MEET, &r, 1);
    r = record_of("/a", s.entity, 9);
    r.flags = VNAME_CLAIMING;
    stranger_announces(&s, a.entity, VNAME_REASON_MEET, &r, 1);
    r.flags = VNAME_RELEASED;
    stranger_announces(&s, a.entity, VNAME_REASON_MEET, &r, 1);
    ck_assert_uint_eq(COUNTER(&a, meets_sent), before);
    ck_assert_int_eq(holds(&a, "/a"), 1);
    program_close(&a);
}
END_TEST

/* NAME-8.5-03 */
START_TEST(answers_to_meet_name) {
    program_open(&a);
    stranger_open(&s); /* later, so that his identifier is higher */
    hold(&a, "/a");
    struct vname_record r = record_of("/a", s.entity, 1);
    /* HELD with what does not beat ours, is another's, of another prefix, a claim, or nothing; OK without RELEASED; nonsense. */
    struct vname_record bad[5] = {record_of("/a", s.entity, 1), record_of("/a", 0x99, 99), record_of("/b", s.entity, 99),
                                  record_of("/a", s.entity, 99), record_of("/a", s.entity, 99)};
    const uint32_t codes[5] = {VNAME_HELD, VNAME_HELD, VNAME_HELD, VNAME_HELD, VMTP_OK};
    bad[3].flags = VNAME_CLAIMING;
    ck_assert_uint_gt(s.entity, a.entity);
    for (unsigned i = 0; i < 7; i++) {
        stranger_answers(&s, VNAME_MEET, i < 5 ? codes[i] : i == 5 ? VNAME_HELD : 0x123456, i < 5 ? &bad[i] : NULL);
        stranger_announces(&s, VNAME_HANDLERS, VNAME_REASON_HELD, &r, 1);
        manage_run(6 * SECONDS);
        ck_assert_msg(holds(&a, "/a"), "answer %u", i);
        ck_assert_uint_eq(COUNTER(&a, answers_odd), i + 1u);
    }
    ck_assert_uint_eq(stranger_count(&s, VNAME_MEET), 7);
    /* One that is good. */
    r = record_of("/a", s.entity, 99);
    stranger_answers(&s, VNAME_MEET, VNAME_HELD, &r);
    stranger_announces(&s, VNAME_HANDLERS, VNAME_REASON_HELD, &r, 1);
    manage_run(10 * MS);
    ck_assert_int_eq(state_of(&a, "/a"), -1);
    ck_assert_uint_eq(told_of(&a, VNAME_MANAGER_LOST, 0)->manager, s.entity);
    program_close(&a);
}
END_TEST

/* NAME-8.5-02 */
START_TEST(asked_to_meet) {
    program_open(&a);
    stranger_open(&s); /* later, so that his identifier is higher */
    ck_assert_uint_gt(s.entity, a.entity);
    hold(&a, "/a");
    hold(&a, "/a/b");
    /* Ours is better. */
    struct vname_record r = record_of("/a/b", s.entity, 1);
    const struct said *said = ask_record(&s, a.entity, VNAME_MEET, 0, &r);
    ck_assert_uint_eq(said->code, VNAME_HELD);
    ck_assert_uint_eq(said->record.manager, a.entity);
    ck_assert_uint_eq(said->record.flags, 0);
    /* Not of the Client. */
    r = record_of("/a/b", s.entity + 16, 2);
    ck_assert_uint_eq(ask_record(&s, a.entity, VNAME_MEET, 0, &r)->code, VNAME_BAD_REQUEST);
    ck_assert_int_eq(holds(&a, "/a/b"), 1);
    /* Its is. */
    r = record_of("/a/b", s.entity, 2);
    said = ask_record(&s, a.entity, VNAME_MEET, 0, &r);
    ck_assert_uint_eq(said->code, VMTP_OK);
    ck_assert_uint_eq(said->record.manager, a.entity);
    ck_assert_uint_eq(said->record.flags, VNAME_RELEASED);
    ck_assert_int_eq(state_of(&a, "/a/b"), -1);
    ck_assert_uint_eq(mount_of(&a, "/a/b"), s.entity); /* it lies below another one of ours: NAME-8.3-12 */
    /* Again, and what was never ours, and nonsense. */
    ck_assert_uint_eq(ask_record(&s, a.entity, VNAME_MEET, 0, &r)->code, VNAME_STALE);
    r = record_of("/x", s.entity, 1);
    ck_assert_uint_eq(ask_record(&s, a.entity, VNAME_MEET, 0, &r)->code, VNAME_STALE);
    r = record_of("/a", a.entity, 9);
    ck_assert_uint_eq(ask_record(&s, a.entity, VNAME_MEET, 0, &r)->code, VNAME_BAD_REQUEST);
    r = record_of("/a", s.entity, 9);
    r.flags = VNAME_CLAIMING;
    ck_assert_uint_eq(ask_record(&s, a.entity, VNAME_MEET, 0, &r)->code, VNAME_BAD_REQUEST);
    r.flags = VNAME_RELEASED;
    ck_assert_uint_eq(ask_record(&s, a.entity, VNAME_MEET, 0, &r)->code, VNAME_BAD_REQUEST);
    ck_assert_uint_eq(ask_group(&s, VNAME_HANDLERS, VNAME_MEET, 0, said->octets, 48)->answers, 0);
    ck_assert_int_eq(holds(&a, "/a"), 1);
    /* REGISTERED decides before the identifier. */
    r = record_of("/a", s.entity, 1);
    r.flags = VNAME_REGISTERED;
    ck_assert_uint_eq(ask_record(&s, a.entity, VNAME_MEET, 0, &r)->code, VMTP_OK);
    program_close(&a);
}
END_TEST

/* NAME-8.5-07: clients report, again and again, managers that do not exist; one that is there announces himself once. */
START_TEST(reports_keep_nobody_away) {
    stranger_open(&s);
    program_open(&a);
    hold(&a, "/a");
    const struct vname_record his = record_of("/a", s.entity, 99);
    stranger_answers(&s, VNAME_MEET, VNAME_HELD, &his);
    for (unsigned i = 0; i < 200; i++) {
        struct vname_record r = record_of("/a", 0x1500000000000000u + i, 9);
        stranger_announces(&s, a.entity, VNAME_REASON_MEET, &r, 1);
    }
    const uint64_t sent = COUNTER(&a, meets_sent);
    ck_assert_uint_le(sent, 2);
    stranger_announces(&s, VNAME_HANDLERS, VNAME_REASON_HELD, &his, 1);
    manage_run(2 * SECONDS);
    const struct seen *seen = stranger_saw(&s, VNAME_MEET, 0);
    ck_assert_ptr_nonnull(seen);
    ck_assert_uint_eq(seen->client, a.entity); /* NAME-8.5-01 */
    ck_assert_int_eq(state_of(&a, "/a"), -1);
    program_close(&a);
}
END_TEST

/* NAME-8.5-07: the same by many who claim to be managers themselves; what was met makes room. */
START_TEST(announcements_of_many) {
    stranger_open(&s);
    program_open(&a);
    hold(&a, "/a");
    static struct stranger others[20];
    for (unsigned i = 0; i < 20; i++) {
        struct vname_record r = record_of("/a", 0, 9);
        stranger_open(&others[i]);
        stranger_answers(&others[i], VNAME_MEET, VNAME_STALE, NULL);
        r.manager = others[i].entity;
        stranger_announces(&others[i], VNAME_HANDLERS, VNAME_REASON_HELD, &r, 1);
    }
    manage_run(100 * MS);
    ck_assert_uint_eq(COUNTER(&a, meets_sent), 20);
    for (unsigned i = 0; i < 20; i++)
        stranger_close(&others[i]);
    program_close(&a);
}
END_TEST

/* NAME-8.2-02 NAME-8.5-01: suspended while another got the prefix. */
START_TEST(a_manager_wakes_up) {
    stranger_open(&s);
    program_open(&a);
    program_open(&b);
    hold(&a, "/a");
    manage_run(7 * SECONDS);
    vipc_fake_stop(a.node, 1);
    manage_run(SECONDS);
    hold(&b, "/a"); /* it has heard of the former generation, or not */
    manage_run(300 * SECONDS);
    vipc_fake_stop(a.node, 0);
    manage_run(500 * MS);
    ck_assert_int_eq(holds(&a, "/a") + holds(&b, "/a"), 1);
    ck_assert_uint_eq(COUNTER(&a, stops), 1);
    ck_assert_uint_eq(told_count(&a, VNAME_MANAGER_LOST) + told_count(&b, VNAME_MANAGER_LOST), 1);
    program_close(&a);
    program_close(&b);
}
END_TEST

/* The same, of one that had listened: the newer generation wins. */
START_TEST(the_zombie_loses) {
    stranger_open(&s);
    program_open(&a);
    program_open(&b);
    hold(&b, "/other"); /* so it hears announcements */
    hold(&a, "/a");
    manage_run(7 * SECONDS);
    vipc_fake_stop(a.node, 1);
    hold(&b, "/a");
    ck_assert_uint_eq(prefix_of(&b, "/a").record.generation, 2);
    manage_run(20 * SECONDS);
    vipc_fake_stop(a.node, 0);
    manage_run(500 * MS);
    ck_assert_int_eq(state_of(&a, "/a"), -1);
    ck_assert_int_eq(holds(&b, "/a"), 1);
    const struct said *said = operate(&s, a.entity, 5, 2, "/a/x", "");
    ck_assert_uint_eq(said->code, VNAME_MOVED);
    ck_assert_uint_eq(said->record.manager, b.entity);
    program_close(&a);
    program_close(&b);
}
END_TEST

/* A liar with the highest generation cannot be told from a manager, but it is only a prefix that he gets. */
START_TEST(many_rounds_of_losing) {
    stranger_open(&s);
    program_config(&a);
    a.config.formers = 2;
    program_open(&a);
    for (unsigned i = 0; i < 30; i++) {
        char prefix[8];
        snprintf(prefix, sizeof prefix, "/p%u", i);
        hold(&a, prefix);
        struct vname_record r = record_of(prefix, s.entity, UINT32_MAX);
        ck_assert_uint_eq(ask_record(&s, a.entity, VNAME_MEET, 0, &r)->code, VMTP_OK);
    }
    ck_assert_uint_eq(COUNTER(&a, formers_dropped), 28);
    ck_assert_uint_eq(operate(&s, a.entity, 5, 4, "/p29/x", "")->code, VNAME_MOVED);
    ck_assert_uint_eq(operate(&s, a.entity, 5, 3, "/p3/x", "")->code, VNAME_STALE);
    ck_assert_uint_eq(told_count(&a, VNAME_MANAGER_LOST), 30);
    program_close(&a);
}
END_TEST

int main(void) {
    TCase *t = tcase_create("meet");
    tcase_add_test(t, a_partition_heals);
    tcase_add_test(t, a_client_tells);
    tcase_add_test(t, a_client_lies);
    tcase_add_test(t, answers_to_meet_name);
    tcase_add_test(t, asked_to_meet);
    tcase_add_test(t, reports_keep_nobody_away);
    tcase_add_test(t, announcements_of_many);
    tcase_add_test(t, a_manager_wakes_up);
    tcase_add_test(t, the_zombie_loses);
    tcase_add_test(t, many_rounds_of_losing);
    return manage_main(t, "manager: two holders");
}
