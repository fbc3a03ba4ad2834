/* SPDX-License-Identifier: BSD-2-Clause */
/* Handing over (section 8.6), and moving with the entity. */
#include <stdlib.h>

#include "support/manage.h"

static struct program a, b;
static struct stranger s;

static int take_over(struct program *p, vmtp_entity from, const char *prefix) {
    const struct vname_manager_claim claim = {
        .prefix = prefix, .prefix_length = strlen(prefix), .context = 11, .generation = 1};
    return vname_manager_take_over(p->manager, from, &claim);
}

/* NAME-8.6-01 NAME-8.6-02 NAME-8.6-03 */
START_TEST(handed_over) {
    stranger_open(&s);
    program_open(&a);
    program_open(&b);
    a.hands_over = 1;
    hold(&a, "/a");
    manage_run(5 * SECONDS);
    stranger_forget(&s);
    ck_assert_int_eq(take_over(&b, a.entity, "/a"), 0);
    manage_run(100 * MS);
    ck_assert_int_eq(holds(&b, "/a"), 1);
    ck_assert_int_eq(state_of(&a, "/a"), -1);
    const struct vname_manager_prefix view = prefix_of(&b, "/a");
    ck_assert_uint_eq(view.record.generation, 2);
    ck_assert_uint_eq(view.record.flags, VNAME_HANDED_OVER);
    ck_assert_uint_eq(view.record.context, 11);
    const struct told *t = told_of(&a, VNAME_MANAGER_HANDED_OVER, 0);
    ck_assert_ptr_nonnull(t);
    ck_assert_uint_eq(t->manager, b.entity);
    ck_assert_uint_eq(t->generation, 2);
    ck_assert_uint_eq(told_count(&b, VNAME_MANAGER_HELD), 1);
    ck_assert_uint_eq(stranger_announced(&s, VNAME_REASON_HELD), 1);
    ck_assert_uint_eq(stranger_count(&s, VNAME_CLAIM), 0);
    ck_assert_uint_eq(ask_group(&s, VNAME_HANDLERS, VNAME_QUERY, 0, "/a/x", 4)->from, b.entity);

    /* The old one sends operations on, NAME-6.3-03 notwithstanding, and says who has it for a minute. */
    const struct said *said = operate(&s, a.entity, 5, 2, "/a/x", "more");
    ck_assert_uint_eq(said->code, VMTP_OK);
    ck_assert_uint_eq(said->from, b.entity);
    ck_assert_uint_eq(b.context, 11);
    ck_assert_uint_eq(b.index, 2);
    ck_assert_str_eq(b.extra, "more");
    said = ask_name(&s, a.entity, VNAME_QUERY, "/a/x");
    ck_assert_uint_eq(said->code, VNAME_MOVED);
    ck_assert_uint_eq(said->record.manager, b.entity);
    ck_assert_uint_eq(said->record.flags, VNAME_HANDED_OVER | VNAME_SECOND_HAND);
    manage_run(300 * SECONDS);
    ck_assert_uint_eq(ask_name(&s, a.entity, VNAME_QUERY, "/a/x")->code, VNAME_STALE);
    ck_assert_uint_eq(operate(&s, a.entity, 5, 0, "/a/x", "")->from, b.entity);
    program_close(&a);
    program_close(&b);
}
END_TEST

/* NAME-8.6-02 NAME-8.6-05 */
START_TEST(not_handed_over) {
    stranger_open(&s);
    program_open(&a);
    program_config(&b);
    b.config.owner = 999;
    program_open(&b);
    hold(&a, "/a");
    a.hands_over = 1; /* but to another owner nothing */
    ck_assert_int_eq(take_over(&b, a.entity, "/a"), 0);
    manage_run(100 * MS);
    ck_assert_int_eq(told_of(&b, VNAME_MANAGER_REFUSED, 0)->result, VMTP_NO_PERMISSION);
    ck_assert_int_eq(state_of(&b, "/a"), -1);
    struct vname_record r = record_of("/a", s.entity, 1);
    r.owner = a.config.owner;
    a.hands_over = 0; /* the program does not want */
    ck_assert_uint_eq(ask_record(&s, a.entity, VNAME_HAND_OVER, 0, &r)->code, VMTP_NO_PERMISSION);
    ck_assert_int_eq(holds(&a, "/a"), 1);
    a.hands_over = 1;
    r = record_of("/b", s.entity, 1);
    ck_assert_uint_eq(ask_record(&s, a.entity, VNAME_HAND_OVER, 0, &r)->code, VNAME_STALE);
    r = record_of("/a", a.entity, 1);
    ck_assert_uint_eq(ask_record(&s, a.entity, VNAME_HAND_OVER, 0, &r)->code, VNAME_BAD_REQUEST);
    r = record_of("/a", s.entity, 1);
    r.owner = a.config.owner;
    r.flags = VNAME_CLAIMING;
    ck_assert_uint_eq(ask_record(&s, a.entity, VNAME_HAND_OVER, 0, &r)->code, VNAME_BAD_REQUEST);
    ck_assert_uint_eq(COUNTER(&a, hand_overs_refused), 3);
    /* An answer that got lost is given again. */
    r.flags = 0;
    for (unsigned i = 0; i < 2; i++) {
        const struct said *said = ask_record(&s, a.entity, VNAME_HAND_OVER, 0, &r);
        ck_assert_uint_eq(said->code, VMTP_OK);
        ck_assert_uint_eq(said->record.generation, 2);
        ck_assert_uint_eq(said->record.manager, s.entity);
        ck_assert_uint_eq(said->record.flags, VNAME_HANDED_OVER);
    }
    ck_assert_uint_eq(COUNTER(&a, handed_over), 1);
    r.manager++;
    ck_assert_uint_eq(ask_record(&s, a.entity, VNAME_HAND_OVER, 0, &r)->code, VNAME_STALE);
    program_close(&a);
    program_close(&b);
}
END_TEST

START_TEST(answers_to_hand_over) {
    stranger_open(&s);
    program_open(&b);
    ck_assert_int_eq(take_over(&b, 0, "/a"), VMTP_E_INVALID);
    ck_assert_int_eq(take_over(&b, b.entity, "/a"), VMTP_E_INVALID);
    /* Not ours, another prefix, nothing, nobody there. */
    struct vname_record bad[2] = {record_of("/a", s.entity, 5), record_of("/b", b.entity, 5)};
    for (unsigned i = 0; i < 3; i++) {
        stranger_answers(&s, VNAME_HAND_OVER, VMTP_OK, i < 2 ? &bad[i] : NULL);
        ck_assert_int_eq(take_over(&b, s.entity, "/a"), 0);
        manage_run(10 * MS);
        ck_assert_int_eq(state_of(&b, "/a"), -1);
        ck_assert_int_eq(told_of(&b, VNAME_MANAGER_REFUSED, i)->result, (int)VNAME_BAD_REQUEST);
    }
    ck_assert_int_eq(take_over(&b, 0x777, "/a"), 0);
    manage_run(10 * SECONDS);
    ck_assert_int_eq(told_of(&b, VNAME_MANAGER_REFUSED, 3)->result, VMTP_RETRANS_TIMEOUT);
    /* Trying again. */
    struct vname_manager_claim claim = {.prefix = "/a", .prefix_length = 2, .again = 1};
    stranger_answers(&s, VNAME_HAND_OVER, VMTP_NO_PERMISSION, NULL);
    stranger_forget(&s);
    ck_assert_int_eq(vname_manager_take_over(b.manager, s.entity, &claim), 0);
    manage_run(10 * SECONDS);
    ck_assert_uint_eq(stranger_count(&s, VNAME_HAND_OVER), 4);
    struct vname_record good = record_of("/a", b.entity, 77);
    stranger_answers(&s, VNAME_HAND_OVER, VMTP_OK, &good);
    manage_run(10 * SECONDS);
    ck_assert_int_eq(holds(&b, "/a"), 1);
    ck_assert_uint_eq(prefix_of(&b, "/a").record.generation, 77);
    program_close(&b);
}
END_TEST

/* Round in a circle and back: whoever has it answers. */
START_TEST(there_and_back) {
    stranger_open(&s);
    program_open(&a);
    program_open(&b);
    a.hands_over = b.hands_over = 1;
    hold(&a, "/a");
    for (unsigned i = 0; i < 6; i++) {
        struct program *to = i % 2 ? &a : &b, *from = i % 2 ? &b : &a;
        ck_assert_int_eq(take_over(to, from->entity, "/a"), 0);
        manage_run(100 * MS);
        ck_assert_int_eq(holds(to, "/a"), 1);
        ck_assert_uint_eq(operate(&s, from->entity, 5, 2, "/a/x", "")->from, to->entity);
        ck_assert_uint_eq(operate(&s, to->entity, 5, 2, "/a/x", "")->from, to->entity);
    }
    ck_assert_uint_eq(prefix_of(&a, "/a").record.generation, 7);
    /* It is released: who forwarded says that it is stale. */
    release(&a, "/a");
    manage_run(10 * MS);
    ck_assert_uint_eq(operate(&s, b.entity, 5, 2, "/a/x", "")->code, VNAME_STALE);
    program_close(&a);
    program_close(&b);
}
END_TEST

/* NAME-8.6-04 */
START_TEST(moved_with_its_entity) {
    stranger_open(&s);
    program_open(&a);
    hold(&a, "/a");
    hold(&a, "/b");
    manage_run(5 * SECONDS);
    struct vname_manager_prefix views[2];
    struct vname_record records[2];
    char texts[2][16];
    for (uint32_t i = 0; i < 2; i++) {
        ck_assert_int_eq(vname_manager_nth_prefix(a.manager, i, &views[i]), 1);
        records[i] = views[i].record;
        memcpy(texts[i], views[i].record.prefix, views[i].record.prefix_length);
        records[i].prefix = texts[i];
    }
    const vmtp_entity entity = a.entity;
    program_close(&a);
    stranger_forget(&s);
    program_config(&b);
    b.config.entity = entity;
    program_open(&b);
    ck_assert_uint_eq(b.entity, entity);
    for (unsigned i = 0; i < 2; i++)
        ck_assert_int_eq(vname_manager_adopt(b.manager, &records[i]), 0);
    ck_assert_int_eq(vname_manager_adopt(b.manager, &records[0]), VMTP_E_EXISTS);
    manage_run(10 * SECONDS);
    ck_assert_uint_eq(s.seen_count, 0); /* it need not say so */
    ck_assert_uint_eq(operate(&s, entity, 5, 2, "/a/x", "")->code, VMTP_OK);
    ck_assert_uint_eq(ask_group(&s, VNAME_HANDLERS, VNAME_QUERY, 0, "/b/x", 4)->from, entity);
    /* It defends them, and announces them as before. */
    program_open(&a);
    ck_assert_int_eq(claim(&a, "/a"), 0);
    manage_run(100 * MS);
    ck_assert_uint_eq(told_count(&a, VNAME_MANAGER_REFUSED), 1);
    manage_run(70 * SECONDS);
    ck_assert_uint_ge(stranger_announced(&s, VNAME_REASON_HELD), 1);
    records[0].manager++;
    ck_assert_int_eq(vname_manager_adopt(b.manager, &records[0]), VMTP_E_INVALID);
    program_close(&a);
    program_close(&b);
}
END_TEST

/* NAME-8.3-12: who has handed over below another one of his. */
START_TEST(handed_over_below_ones_own) {
    program_open(&a);
    program_open(&b);
    a.hands_over = 1;
    hold(&a, "/a");
    hold(&a, "/a/b");
    ck_assert_int_eq(take_over(&b, a.entity, "/a/b"), 0);
    for (unsigned i = 0; i < 200 && !holds(&b, "/a/b") && !mount_of(&a, "/a/b"); i++)
        manage_run(MS / 10);
    ck_assert_uint_eq(mount_of(&a, "/a/b"), b.entity); /* before he has announced it */
    ck_assert_int_eq(holds(&a, "/a"), 1);
    program_close(&a);
    program_close(&b);
}
END_TEST

/* NAME-8.3-14 */
START_TEST(asks_who_covers_it) {
    stranger_open(&s);
    const struct vname_record his = record_of("/o/p", s.entity, 1);
    program_open(&a);
    program_open(&b);
    a.hands_over = 1;
    hold(&a, "/o/p/q/r");
    hold(&a, "/x");
    stranger_answers(&s, VNAME_QUERY, VMTP_OK, &his);
    stranger_answers(&s, VNAME_MOUNT, VMTP_OK, &his);
    stranger_forget(&s);
    ck_assert_int_eq(take_over(&b, a.entity, "/o/p/q/r"), 0);
    ck_assert_int_eq(take_over(&b, a.entity, "/x"), 0);
    manage_run(100 * MS);
    ck_assert_int_eq(holds(&b, "/o/p/q/r") && holds(&b, "/x"), 1);
    ck_assert_uint_eq(stranger_count(&s, VNAME_QUERY), 1);
    const struct seen *seen = stranger_saw(&s, VNAME_QUERY, 0);
    ck_assert_uint_eq(seen->size, 6);
    ck_assert_mem_eq(seen->octets, "/o/p/q", 6);
    ck_assert_uint_eq(prefix_of(&b, "/o/p/q/r").coverer, s.entity);
    ck_assert_int_eq(prefix_of(&b, "/o/p/q/r").mounted, 1);
    /* Somebody else's word, and what does not cover it, are none. */
    struct vname_record held = prefix_of(&b, "/o/p/q/r").record;
    char text[16];
    memcpy(text, held.prefix, held.prefix_length);
    held.prefix = text;
    for (unsigned i = 0; i < 3; i++) {
        const struct vname_record bad = i == 0   ? record_of("/o/p", s.entity + 16, 1)
                                        : i == 1 ? record_of("/o/x", s.entity, 1)
                                                 : record_of("/o/p/q/r", s.entity, 1);
        const vmtp_entity entity = b.entity;
        stranger_answers(&s, VNAME_QUERY, VMTP_OK, &bad);
        program_close(&b);
        program_config(&b);
        b.config.entity = entity;
        program_open(&b);
        ck_assert_int_eq(vname_manager_adopt(b.manager, &held), 0);
        manage_run(100 * MS);
        ck_assert_uint_eq(stranger_count(&s, VNAME_QUERY), i + 2);
        ck_assert_uint_eq(prefix_of(&b, "/o/p/q/r").coverer, 0);
    }
    program_close(&a);
    program_close(&b);
}
END_TEST

/* NAME-8.6-06: who has mounts goes elsewhere with them. */
START_TEST(moved_with_its_mounts) {
    stranger_open(&s);
    program_open(&a);
    hold(&a, "/a");
    const struct vname_record below = record_of("/a/b", s.entity, 1);
    ck_assert_uint_eq(ask_record(&s, a.entity, VNAME_MOUNT, 0, &below)->code, VMTP_OK);
    struct vname_record held = prefix_of(&a, "/a").record;
    held.prefix = "/a";
    struct vname_manager_mount view;
    ck_assert_int_eq(vname_manager_nth_mount(a.manager, 0, &view), 1);
    struct vname_record mount = view.record;
    mount.prefix = "/a/b";
    program_config(&b);
    b.config.entity = a.entity;
    program_close(&a);
    program_open(&b);
    ck_assert_int_eq(vname_manager_adopt(b.manager, &held), 0);
    ck_assert_int_eq(vname_manager_adopt_mount(b.manager, &mount), 0);
    ck_assert_uint_eq(ask_group(&s, VNAME_HANDLERS, VNAME_QUERY, 0, "/a/b/x", 6)->answers, 0);
    ck_assert_uint_eq(ask_group(&s, VNAME_HANDLERS, VNAME_QUERY, 0, "/a/x", 4)->answers, 1);
    manage_run(210 * SECONDS); /* nobody has said anything about it: it is no permanent one */
    ck_assert_uint_eq(mount_of(&b, "/a/b"), 0);
    mount.manager = b.entity;
    ck_assert_int_eq(vname_manager_adopt_mount(b.manager, &mount), VMTP_E_INVALID);
    program_close(&b);
}
END_TEST

int main(void) {
    TCase *t = tcase_create("hand over");
    tcase_add_test(t, handed_over);
    tcase_add_test(t, not_handed_over);
    tcase_add_test(t, answers_to_hand_over);
    tcase_add_test(t, there_and_back);
    tcase_add_test(t, moved_with_its_entity);
    tcase_add_test(t, handed_over_below_ones_own);
    tcase_add_test(t, asks_who_covers_it);
    tcase_add_test(t, moved_with_its_mounts);
    return manage_main(t, "manager: handing over");
}
