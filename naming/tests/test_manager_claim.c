/* SPDX-License-Identifier: BSD-2-Clause */
/* Getting a prefix (section 8.1). */
#include "support/manage.h"

static struct program a, b;
static struct stranger s;

/* NAME-8.1-01 NAME-8.1-06 NAME-3.1-01 */
START_TEST(eight_rounds_and_it_is_held) {
    stranger_open(&s);
    program_open(&a);
    const vmtp_time begin = vipc_now(a.node);
    ck_assert_int_eq(claim(&a, "/storage"), 0);
    ck_assert_int_eq(state_of(&a, "/storage"), VNAME_PREFIX_CLAIMING);
    manage_run(700 * MS);
    ck_assert_uint_eq(stranger_count(&s, VNAME_CLAIM), 8);
    vmtp_time before = 0;
    for (unsigned i = 0; i < 8; i++) {
        const struct seen *seen = stranger_saw(&s, VNAME_CLAIM, i);
        ck_assert_uint_eq(seen->words[0], i);
        ck_assert_uint_eq(seen->group, VNAME_HANDLERS);
        ck_assert_int_eq(seen->records, 1);
        ck_assert_uint_eq(seen->record.flags, VNAME_CLAIMING);
        ck_assert_uint_eq(seen->record.manager, a.entity);
        ck_assert_uint_eq(seen->record.generation, 1);
        ck_assert_uint_eq(seen->record.context, 5);
        ck_assert_uint_eq(seen->record.owner, 0x0123456789abcdefu);
        if (i) {
            ck_assert_uint_ge(seen->at - before, 40 * MS);
            ck_assert_uint_le(seen->at - before, 60 * MS);
        }
        before = seen->at;
    }
    ck_assert_uint_eq(told_count(&a, VNAME_MANAGER_HELD), 1);
    const struct told *t = told_of(&a, VNAME_MANAGER_HELD, 0);
    ck_assert_str_eq(t->prefix, "/storage");
    ck_assert_uint_eq(t->manager, a.entity);
    ck_assert_uint_ge(t->at - begin, 320 * MS);
    ck_assert_uint_le(t->at - begin, 480 * MS);
    ck_assert_int_eq(holds(&a, "/storage"), 1);
    program_close(&a);
}
END_TEST

/* NAME-5.1-04 NAME-8.1-07 */
START_TEST(until_then_it_answers_nothing) {
    stranger_open(&s);
    program_open(&a);
    ck_assert_int_eq(claim(&a, "/storage"), 0);
    manage_run(100 * MS);
    ck_assert_uint_eq(ask_name(&s, a.entity, VNAME_QUERY, "/storage/x")->code, VNAME_STALE);
    ck_assert_uint_eq(operate(&s, a.entity, 5, 8, "/storage/x", "")->code, VNAME_STALE);
    ck_assert_uint_eq(operate(&s, a.entity, 5, 0, "/storage/x", "")->code, VNAME_STALE);
    ck_assert_uint_eq(ask_group(&s, VNAME_HANDLERS, VNAME_LIST, 0, NULL, 0)->answers, 0);
    const struct vname_record other = record_of("/storage", s.entity, 9);
    ck_assert_uint_eq(ask_record(&s, a.entity, VNAME_MEET, 0, &other)->code, VNAME_STALE);
    ck_assert_uint_eq(a.operations, 0);
    program_close(&a);
}
END_TEST

/* NAME-8.1-02 NAME-8.1-04 NAME-8.1-09 */
START_TEST(a_holder_defends_every_round) {
    stranger_open(&s);
    program_open(&a);
    program_open(&b);
    hold(&a, "/storage");
    manage_run(5 * SECONDS);
    stranger_forget(&s);
    ck_assert_int_eq(claim(&b, "/storage"), 0);
    manage_run(500 * MS);
    ck_assert_uint_eq(told_count(&b, VNAME_MANAGER_REFUSED), 1);
    const struct told *t = told_of(&b, VNAME_MANAGER_REFUSED, 0);
    ck_assert_str_eq(t->prefix, "/storage");
    ck_assert_int_eq(t->result, (int)VNAME_HELD);
    ck_assert_uint_eq(t->manager, a.entity);
    ck_assert_int_eq(t->again, 0);
    ck_assert_int_eq(state_of(&b, "/storage"), -1);
    ck_assert_int_eq(holds(&a, "/storage"), 1);
    ck_assert_uint_eq(COUNTER(&a, defended), 1);
    ck_assert_uint_eq(stranger_announced(&s, VNAME_REASON_DEFEND), 1);

    /* A claimant that does not listen is told again and again. */
    struct vname_record r = record_of("/storage", s.entity, 1000);
    r.flags = VNAME_CLAIMING;
    for (uint32_t round = 0; round < 8; round++) {
        uint8_t octets[VNAME_RECORD_OCTETS];
        const struct said *said = ask_group(&s, VNAME_HANDLERS, VNAME_CLAIM, round, octets,
                                            vname_record_encode(octets, sizeof octets, &r));
        ck_assert_uint_eq(said->answers, 1);
        ck_assert_uint_eq(said->code, VNAME_HELD);
        ck_assert_uint_eq(said->record.manager, a.entity);
        ck_assert_uint_eq(said->record.flags, 0);
    }
    ck_assert_uint_eq(stranger_announced(&s, VNAME_REASON_DEFEND), 9);
    program_close(&a);
    program_close(&b);
}
END_TEST

/* NAME-8.1-04: the answers are lost, the announcement is not. */
START_TEST(an_announcement_of_a_holder_ends_a_claim) {
    stranger_open(&s);
    program_open(&a);
    ck_assert_int_eq(claim(&a, "/storage"), 0);
    struct vname_record r = record_of("/storage", s.entity, 1);
    stranger_announces(&s, VNAME_HANDLERS, VNAME_REASON_HELD, &r, 1);
    ck_assert_uint_eq(told_count(&a, VNAME_MANAGER_REFUSED), 1);
    ck_assert_uint_eq(told_of(&a, VNAME_MANAGER_REFUSED, 0)->manager, s.entity);

    /* What is no news of a holder does not. */
    stranger_forget(&s);
    ck_assert_int_eq(claim(&a, "/storage"), 0);
    stranger_announces(&s, VNAME_HANDLERS, VNAME_REASON_MEET, &r, 1);
    r.flags = VNAME_RELEASED;
    stranger_announces(&s, VNAME_HANDLERS, VNAME_REASON_RELEASED, &r, 1);
    r = record_of("/storage", s.entity + 1, 1); /* not his own */
    stranger_announces(&s, VNAME_HANDLERS, VNAME_REASON_HELD, &r, 1);
    r = record_of("/storage/x", s.entity, 1);
    stranger_announces(&s, VNAME_HANDLERS, VNAME_REASON_HELD, &r, 1);
    r = record_of("/storag", s.entity, 1);
    stranger_announces(&s, VNAME_HANDLERS, VNAME_REASON_HELD, &r, 1);
    manage_run(500 * MS);
    ck_assert_int_eq(holds(&a, "/storage"), 1);
    ck_assert_uint_eq(COUNTER(&a, records_foreign), 1);
    program_close(&a);
}
END_TEST

/* NAME-8.1-03 NAME-8.1-04 */
START_TEST(claims_are_compared) {
    stranger_open(&s);
    program_open(&a);
    uint8_t octets[VNAME_RECORD_OCTETS];
    /* A worse one: ours goes on. */
    ck_assert_int_eq(claim(&a, "/x"), 0);
    struct vname_record r = record_of("/x", a.entity + 1, 1);
    r.flags = VNAME_CLAIMING;
    const struct said *said = ask_group(&s, VNAME_HANDLERS, VNAME_CLAIM, 0, octets,
                                        vname_record_encode(octets, sizeof octets, &r));
    ck_assert_uint_eq(said->answers, 1);
    ck_assert_uint_eq(said->code, VNAME_HELD);
    ck_assert_uint_eq(said->record.flags, VNAME_CLAIMING);
    ck_assert_uint_eq(said->record.manager, a.entity);
    ck_assert_uint_eq(COUNTER(&a, ties_won), 1);
    ck_assert_int_eq(state_of(&a, "/x"), VNAME_PREFIX_CLAIMING);
    /* The same generation and a lower identifier: it is better. */
    r.manager = a.entity - 1;
    said = ask_group(&s, VNAME_HANDLERS, VNAME_CLAIM, 0, octets, vname_record_encode(octets, sizeof octets, &r));
    ck_assert_uint_eq(said->answers, 0);
    ck_assert_uint_eq(COUNTER(&a, ties_lost), 1);
    ck_assert_uint_eq(told_of(&a, VNAME_MANAGER_REFUSED, 0)->manager, r.manager);
    /* A higher generation is better whoever has it. */
    ck_assert_int_eq(claim(&a, "/x"), 0);
    r.manager = a.entity + 1;
    r.generation = 2;
    ask_group(&s, VNAME_HANDLERS, VNAME_CLAIM, 0, octets, vname_record_encode(octets, sizeof octets, &r));
    ck_assert_uint_eq(COUNTER(&a, ties_lost), 2);
    program_close(&a);
}
END_TEST

/* NAME-8.1-04: what is answered to the claim. */
START_TEST(answers_to_a_claim) {
    stranger_open(&s);
    program_open(&a);
    /* A claim that ours beats, another prefix, another manager's record, a released one: no reason to give up. */
    struct vname_record bad[4] = {record_of("/x", s.entity, 1), record_of("/y", s.entity, 9),
                                  record_of("/x", a.entity + 5, 9), record_of("/x", s.entity, 9)};
    bad[0].flags = VNAME_CLAIMING;
    bad[3].flags = VNAME_RELEASED;
    ck_assert_uint_gt(s.entity, 0);
    for (unsigned i = 0; i < 4; i++) {
        struct vname_manager_claim c = {.prefix = "/x", .prefix_length = 2, .generation = 5};
        stranger_answers(&s, VNAME_CLAIM, VNAME_HELD, &bad[i]);
        ck_assert_int_eq(vname_manager_claim(a.manager, &c), 0);
        manage_run(600 * MS);
        ck_assert_msg(holds(&a, "/x"), "bad answer %u", i);
        ck_assert_uint_ge(COUNTER(&a, answers_odd), 8 * (i + 1));
        release(&a, "/x");
        manage_run(MS);
    }
    /* Nothing, a code that is none, half a record. */
    stranger_answers(&s, VNAME_CLAIM, VNAME_HELD, NULL);
    hold(&a, "/z");
    stranger_answers(&s, VNAME_CLAIM, VMTP_ERROR, &bad[1]);
    hold(&a, "/y");
    /* A better claim, and a holder. */
    struct vname_record good = record_of("/v", s.entity, 2);
    good.flags = VNAME_CLAIMING;
    stranger_answers(&s, VNAME_CLAIM, VNAME_HELD, &good);
    ck_assert_int_eq(claim(&a, "/v"), 0);
    manage_run(MS);
    ck_assert_int_eq(state_of(&a, "/v"), -1);
    good = record_of("/w", s.entity, 1);
    stranger_answers(&s, VNAME_CLAIM, VNAME_HELD, &good);
    ck_assert_int_eq(claim(&a, "/w"), 0);
    manage_run(MS);
    ck_assert_int_eq(state_of(&a, "/w"), -1);
    ck_assert_uint_eq(COUNTER(&a, claims_refused), 2);
    program_close(&a);
}
END_TEST

/* NAME-8.1-08 */
START_TEST(generations) {
    stranger_open(&s);
    program_open(&a);
    /* From the program's storage. */
    struct vname_manager_claim c = {.prefix = "/x", .prefix_length = 2, .generation = 41};
    ck_assert_int_eq(vname_manager_claim(a.manager, &c), 0);
    manage_run(600 * MS);
    ck_assert_uint_eq(told_of(&a, VNAME_MANAGER_HELD, 0)->generation, 42);
    /* Ours from before. */
    release(&a, "/x");
    manage_run(MS);
    hold(&a, "/x");
    ck_assert_uint_eq(prefix_of(&a, "/x").record.generation, 43);
    /* What was heard. */
    struct vname_record r = record_of("/y", s.entity, 7);
    stranger_announces(&s, VNAME_HANDLERS, VNAME_REASON_HELD, &r, 1);
    r.flags = VNAME_RELEASED;
    r.generation = 8;
    stranger_announces(&s, VNAME_HANDLERS, VNAME_REASON_RELEASED, &r, 1);
    hold(&a, "/y");
    ck_assert_uint_eq(prefix_of(&a, "/y").record.generation, 9);
    /* The highest there is. */
    c = (struct vname_manager_claim){.prefix = "/z", .prefix_length = 2, .generation = UINT32_MAX};
    ck_assert_int_eq(vname_manager_claim(a.manager, &c), 0);
    manage_run(600 * MS);
    ck_assert_uint_eq(prefix_of(&a, "/z").record.generation, UINT32_MAX);
    program_close(&a);
}
END_TEST

/* NAME-8.1-09 */
START_TEST(trying_again) {
    stranger_open(&s);
    program_open(&a);
    const struct vname_record r = record_of("/x", s.entity, 1);
    stranger_answers(&s, VNAME_CLAIM, VNAME_HELD, &r);
    struct vname_manager_claim c = {.prefix = "/x", .prefix_length = 2, .again = 1};
    ck_assert_int_eq(vname_manager_claim(a.manager, &c), 0);
    manage_run(300 * SECONDS);
    const vmtp_time waits[] = {1, 2, 4, 8, 16, 32, 60, 60, 60};
    ck_assert_uint_eq(told_count(&a, VNAME_MANAGER_REFUSED), 10);
    for (unsigned i = 0; i < 9; i++) {
        const struct told *t = told_of(&a, VNAME_MANAGER_REFUSED, i);
        const vmtp_time waited = told_of(&a, VNAME_MANAGER_REFUSED, i + 1)->at - t->at;
        ck_assert_int_eq(t->again, 1);
        ck_assert_uint_ge(waited, waits[i] * SECONDS);
        ck_assert_uint_le(waited, waits[i] * SECONDS + 100 * MS);
    }
    ck_assert_int_eq(state_of(&a, "/x"), VNAME_PREFIX_BACKOFF);
    stranger_close(&s);
    manage_run(61 * SECONDS);
    ck_assert_int_eq(holds(&a, "/x"), 1);
    ck_assert_uint_eq(prefix_of(&a, "/x").record.generation, 2);
    program_close(&a);
}
END_TEST

/* NAME-8.1-05 */
START_TEST(replicas_do_not_compete) {
    stranger_open(&s);
    program_config(&a);
    program_config(&b);
    a.config.group = b.config.group = 0x4000000000001234u;
    program_open(&a);
    program_open(&b);
    hold(&a, "/r");
    ck_assert_int_eq(claim(&b, "/r"), 0);
    manage_run(600 * MS);
    ck_assert_int_eq(holds(&a, "/r"), 1);
    ck_assert_int_eq(holds(&b, "/r"), 1);
    ck_assert_uint_eq(stranger_saw(&s, VNAME_CLAIM, 8)->record.group, a.config.group);
    manage_run(200 * SECONDS);
    ck_assert_int_eq(holds(&a, "/r"), 1);
    ck_assert_int_eq(holds(&b, "/r"), 1);
    ck_assert_uint_eq(COUNTER(&a, meets_sent) + COUNTER(&b, meets_sent), 0);
    /* Both at the same time. */
    ck_assert_int_eq(claim(&a, "/q"), 0);
    ck_assert_int_eq(claim(&b, "/q"), 0);
    manage_run(600 * MS);
    ck_assert_int_eq(holds(&a, "/q") && holds(&b, "/q"), 1);
    program_close(&a);
    program_close(&b);
}
END_TEST

START_TEST(more_claims_than_at_a_time) {
    program_open(&a);
    char name[8] = "/p0";
    for (; name[2] < '9'; name[2]++)
        ck_assert_int_eq(claim(&a, name), 0);
    ck_assert_int_eq(state_of(&a, "/p3"), VNAME_PREFIX_CLAIMING);
    ck_assert_int_eq(state_of(&a, "/p4"), VNAME_PREFIX_WAITING);
    ck_assert_int_eq(claim(&a, "/p4"), VMTP_E_EXISTS);
    manage_run(2 * SECONDS);
    ck_assert_uint_eq(told_count(&a, VNAME_MANAGER_HELD), 9);
    ck_assert_int_eq(claim(&a, "/p4"), VMTP_E_EXISTS);
    program_close(&a);
}
END_TEST

/* NAME-2.1-05 */
START_TEST(what_cannot_be_claimed) {
    program_config(&a);
    a.config.prefixes = 2;
    program_open(&a);
    static const char *const bad[] = {"", "/", "x", "/a/", "/a//b", "/.", "/a/..", "/a\x01", "/\xff"};
    for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_int_eq(claim(&a, bad[i]), VMTP_E_INVALID);
    struct vname_manager_claim c = {.prefix = "/alias", .prefix_length = 6, .target = "relative", .target_length = 8};
    ck_assert_int_eq(vname_manager_claim(a.manager, &c), VMTP_E_INVALID);
    c.target_length = 2000;
    ck_assert_int_eq(vname_manager_claim(a.manager, &c), VMTP_E_INVALID);
    ck_assert_int_eq(claim(&a, "/a"), 0);
    ck_assert_int_eq(claim(&a, "/b"), 0);
    ck_assert_int_eq(claim(&a, "/c"), VMTP_E_FULL);
    ck_assert_int_eq(vname_manager_release(a.manager, "/a", 2, VNAME_MANAGER_UNREGISTER << 1), VMTP_E_INVALID);
    ck_assert_int_eq(vname_manager_release(a.manager, "/c", 2, 0), VMTP_E_NO_ENTITY);
    ck_assert_int_eq(vname_manager_release(a.manager, "/b", 2, 0), 0);
    ck_assert_int_eq(claim(&a, "/c"), 0);
    manage_run(SECONDS);
    ck_assert_int_eq(holds(&a, "/a") && holds(&a, "/c"), 1);
    program_close(&a);
}
END_TEST

int main(void) {
    TCase *t = tcase_create("claim");
    tcase_add_test(t, eight_rounds_and_it_is_held);
    tcase_add_test(t, until_then_it_answers_nothing);
    tcase_add_test(t, a_holder_defends_every_round);
    tcase_add_test(t, an_announcement_of_a_holder_ends_a_claim);
    tcase_add_test(t, claims_are_compared);
    tcase_add_test(t, answers_to_a_claim);
    tcase_add_test(t, generations);
    tcase_add_test(t, trying_again);
    tcase_add_test(t, replicas_do_not_compete);
    tcase_add_test(t, more_claims_than_at_a_time);
    tcase_add_test(t, what_cannot_be_claimed);
    return manage_main(t, "manager: claims");
}
