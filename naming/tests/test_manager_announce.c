/* SPDX-License-Identifier: BSD-2-Clause */
/* What a manager announces when (section 8.2), and heartbeats (section 10). */
#include "support/manage.h"

static struct program a, b;
static struct stranger s;

/* NAME-8.2-01 NAME-8.2-02 NAME-8.2-03 */
START_TEST(at_once_and_then_every_minute) {
    stranger_open(&s);
    program_open(&a);
    hold(&a, "/a");
    const vmtp_time held = told_of(&a, VNAME_MANAGER_HELD, 0)->at;
    manage_run(400 * SECONDS);
    vmtp_time before = 0;
    unsigned count = 0;
    for (const struct seen *seen; (seen = stranger_saw(&s, VNAME_ANNOUNCE, count)); count++) {
        ck_assert_int_eq(seen->datagram, 1);
        ck_assert_uint_eq(seen->client, a.entity);
        ck_assert_uint_eq(seen->group, VNAME_HANDLERS);
        ck_assert_uint_eq(seen->words[0], VNAME_REASON_HELD);
        ck_assert_int_eq(seen->records, 1);
        ck_assert_uint_eq(seen->record.flags, 0);
        const vmtp_time at = seen->at - held;
        const vmtp_time early[] = {0, SECONDS, 3 * SECONDS};
        if (count < 3)
            ck_assert_uint_le(at - early[count], MS);
        else if (count > 3) {
            ck_assert_uint_ge(seen->at - before, 50 * SECONDS);
            ck_assert_uint_le(seen->at - before, 70 * SECONDS + MS);
        }
        before = seen->at;
    }
    ck_assert_uint_ge(count, 3 + 5);
    ck_assert_uint_le(count, 3 + 8);
    ck_assert_uint_eq(COUNTER(&a, announcements_sent), count);
    program_close(&a);
}
END_TEST

/* NAME-8.2-02: the link */
START_TEST(the_link_comes_up) {
    stranger_open(&s);
    program_open(&a);
    hold(&a, "/a");
    hold(&a, "/b");
    manage_run(5 * SECONDS);
    stranger_forget(&s);
    vname_manager_link_up(a.manager);
    manage_run(MS);
    ck_assert_uint_eq(stranger_announced(&s, VNAME_REASON_HELD), 1);
    ck_assert_int_eq(stranger_saw(&s, VNAME_ANNOUNCE, 0)->records, 2);
    program_close(&a);
}
END_TEST

/* NAME-8.2-02: it did not run */
START_TEST(after_a_stop) {
    stranger_open(&s);
    program_open(&a);
    hold(&a, "/a");
    manage_run(6 * SECONDS);
    stranger_forget(&s);
    vipc_fake_stop(a.node, 1);
    manage_run(8 * SECONDS);
    vipc_fake_stop(a.node, 0);
    manage_run(100 * MS);
    const unsigned after_short = (unsigned)COUNTER(&a, stops);
    manage_run(6 * SECONDS);
    vipc_fake_stop(a.node, 1);
    manage_run(11 * SECONDS);
    vipc_fake_stop(a.node, 0);
    stranger_forget(&s);
    manage_run(100 * MS);
    ck_assert_uint_eq(COUNTER(&a, stops), after_short + 1);
    ck_assert_uint_ge(stranger_announced(&s, VNAME_REASON_HELD), 1);
    program_close(&a);
}
END_TEST

/* NAME-8.2-04 NAME-8.4-01 NAME-3.1-01 */
START_TEST(released) {
    stranger_open(&s);
    program_open(&a);
    hold(&a, "/a");
    hold(&a, "/b");
    stranger_forget(&s);
    release(&a, "/a");
    ck_assert_int_eq(vname_manager_is_quiet(a.manager), 0);
    manage_run(MS);
    ck_assert_int_eq(vname_manager_is_quiet(a.manager), 1);
    ck_assert_uint_eq(stranger_announced(&s, VNAME_REASON_RELEASED), 1);
    const struct seen *seen = stranger_saw(&s, VNAME_ANNOUNCE, 0);
    ck_assert_int_eq(seen->records, 1);
    ck_assert_uint_eq(seen->record.flags, VNAME_RELEASED);
    ck_assert_int_eq(vname_record_same_prefix(&seen->record, &(struct vname_record){.prefix = "/a", .prefix_length = 2}),
                     1);
    /* Operations with it are stale, those with contexts are not. */
    ck_assert_uint_eq(operate(&s, a.entity, 5, 2, "/a/x", "")->code, VNAME_STALE);
    ck_assert_uint_eq(operate(&s, a.entity, 5, 0, "/a/x", "")->code, VNAME_STALE);
    ck_assert_uint_eq(operate(&s, a.entity, 5, 0, "x", "")->code, VMTP_OK);
    ck_assert_uint_eq(operate(&s, a.entity, 5, 2, "/b/x", "")->code, VMTP_OK);
    /* The last one gone, it leaves the group, and its times stop. */
    release(&a, "/b");
    manage_run(MS);
    stranger_forget(&s);
    struct vname_record r = record_of("/x", s.entity, 1);
    const uint64_t heard = COUNTER(&a, announcements_heard);
    stranger_announces(&s, VNAME_HANDLERS, VNAME_REASON_HELD, &r, 1);
    ck_assert_uint_eq(COUNTER(&a, announcements_heard), heard);
    manage_run(200 * SECONDS);
    ck_assert_uint_eq(stranger_count(&s, VNAME_ANNOUNCE), 0);
    /* And again. */
    hold(&a, "/a");
    stranger_announces(&s, VNAME_HANDLERS, VNAME_REASON_HELD, &r, 1);
    ck_assert_uint_eq(COUNTER(&a, announcements_heard), heard + 1);
    program_close(&a);
}
END_TEST

/* NAME-8.2-03: more than a packet group. */
START_TEST(many_prefixes) {
    stranger_open(&s);
    program_config(&a);
    a.config.prefixes = 100;
    a.config.claims = 100;
    program_open(&a);
    char prefix[256];
    memset(prefix, 'p', 255);
    prefix[255] = 0;
    for (unsigned i = 0; i < 100; i++) {
        prefix[0] = '/';
        prefix[1] = (char)('a' + i / 26);
        prefix[2] = (char)('a' + i % 26);
        struct vname_manager_claim c = {.prefix = prefix, .prefix_length = 250};
        ck_assert_int_eq(vname_manager_claim(a.manager, &c), 0);
        manage_run(MS);
    }
    manage_run(5 * SECONDS);
    for (unsigned i = 0; i < 100; i++) {
        struct vname_manager_prefix view;
        ck_assert_int_eq(vname_manager_nth_prefix(a.manager, i, &view), 1);
        ck_assert_int_eq(view.state, VNAME_PREFIX_HELD);
    }
    stranger_forget(&s);
    vname_manager_link_up(a.manager);
    manage_run(10 * MS);
    ck_assert_uint_eq(stranger_announced(&s, VNAME_REASON_HELD), 2);
    const struct seen *one = stranger_saw(&s, VNAME_ANNOUNCE, 0), *two = stranger_saw(&s, VNAME_ANNOUNCE, 1);
    ck_assert_uint_eq(one->words[6] + two->words[6], 100 * 296);
    ck_assert_uint_le(one->words[6], 16384);
    /* NAME-8.7-01 */
    uint32_t skip = 0;
    char last[256] = "";
    while (skip < 100) {
        const struct said *said = ask(&s, a.entity, VNAME_LIST, skip, NULL, 0);
        ck_assert_uint_eq(said->code, VMTP_OK);
        ck_assert_uint_eq(said->words[0], 100);
        ck_assert_uint_eq(said->words[1], (uint32_t)said->records);
        ck_assert_uint_eq(said->words[1], skip ? 100 - skip : 16384 / 296);
        struct vname_list list = vname_list_of(said->octets, said->size);
        struct vname_record r;
        while (vname_list_next(&list, &r)) {
            ck_assert_int_lt(memcmp(last, r.prefix, 250), 0);
            memcpy(last, r.prefix, 250);
        }
        skip += said->words[1];
    }
    ck_assert_uint_eq(ask(&s, a.entity, VNAME_LIST, 1000, NULL, 0)->words[1], 0);
    program_close(&a);
}
END_TEST

/* NAME-10-02 NAME-10-03 NAME-10-04 */
START_TEST(heartbeats) {
    stranger_open(&s);
    program_open(&a);
    hold(&a, "/a");
    hold(&a, "/b");
    manage_run(5 * SECONDS);
    stranger_forget(&s);
    const struct said *said = ask(&s, a.entity, VNAME_WATCH, 10, NULL, 0);
    ck_assert_uint_eq(said->code, VMTP_OK);
    ck_assert_uint_eq(said->words[0], 1000);
    ask(&s, a.entity, VNAME_WATCH, 3, NULL, 0); /* a shorter one changes nothing */
    manage_run(30 * SECONDS);
    ck_assert_uint_ge(stranger_announced(&s, VNAME_REASON_HEARTBEAT), 9);
    ck_assert_uint_le(stranger_announced(&s, VNAME_REASON_HEARTBEAT), 10);
    const struct seen *seen = stranger_saw(&s, VNAME_ANNOUNCE, 3), *next = stranger_saw(&s, VNAME_ANNOUNCE, 4);
    ck_assert_uint_eq(seen->group, VNAME_WATCHERS);
    ck_assert_uint_eq(seen->client, a.entity);
    ck_assert_int_eq(seen->records, 2);
    ck_assert_uint_eq(next->at - seen->at, SECONDS);
    /* An hour at most. */
    a.told_count = 0;
    ask(&s, a.entity, VNAME_WATCH, UINT32_MAX, NULL, 0);
    for (unsigned i = 0; i < 12; i++) {
        stranger_forget(&s);
        manage_run(300 * SECONDS);
        ck_assert_uint_ge(stranger_announced(&s, VNAME_REASON_HEARTBEAT), 298);
    }
    stranger_forget(&s);
    manage_run(300 * SECONDS);
    ck_assert_uint_le(stranger_announced(&s, VNAME_REASON_HEARTBEAT), 1);
    ck_assert_uint_eq(COUNTER(&a, watches), 3);
    /* By multicast nobody asks for it. */
    ask_group(&s, VNAME_HANDLERS, VNAME_WATCH, 10, NULL, 0);
    ck_assert_uint_eq(COUNTER(&a, watches), 3);
    program_close(&a);
}
END_TEST

/* NAME-8.2-05 NAME-8.2-06 NAME-3.3-02 NAME-3.3-03 NAME-2.1-06 */
START_TEST(records_that_do_not_count) {
    stranger_open(&s);
    program_open(&a);
    hold(&a, "/a");
    struct vname_record r[3] = {record_of("/a/1", s.entity, 1), record_of("/a/2", s.entity + 1, 1),
                                record_of("/a/3", s.entity, 1)};
    stranger_announces(&s, VNAME_HANDLERS, VNAME_REASON_HELD, r, 3);
    ck_assert_uint_eq(mount_of(&a, "/a/1"), s.entity);
    ck_assert_uint_eq(mount_of(&a, "/a/2"), 0);
    ck_assert_uint_eq(mount_of(&a, "/a/3"), s.entity);
    ck_assert_uint_eq(COUNTER(&a, records_foreign), 1);
    /* One that is not well-formed ends the list. */
    struct vname_record bad[3] = {record_of("/a/4", s.entity, 1), record_of("/a//5", s.entity, 1),
                                  record_of("/a/6", s.entity, 1)};
    stranger_announces(&s, VNAME_HANDLERS, VNAME_REASON_HELD, bad, 3);
    ck_assert_uint_eq(mount_of(&a, "/a/4"), s.entity);
    ck_assert_uint_eq(mount_of(&a, "/a/6"), 0);
    ck_assert_uint_eq(COUNTER(&a, records_bad), 1);
    /* Claims, and what contradicts its reason. */
    struct vname_record odd = record_of("/a/7", s.entity, 1);
    odd.flags = VNAME_CLAIMING;
    stranger_announces(&s, VNAME_HANDLERS, VNAME_REASON_HELD, &odd, 1);
    odd.flags = VNAME_RELEASED;
    stranger_announces(&s, VNAME_HANDLERS, VNAME_REASON_HELD, &odd, 1);
    odd.flags = 0;
    stranger_announces(&s, VNAME_HANDLERS, VNAME_REASON_RELEASED, &odd, 1);
    ck_assert_uint_eq(mount_of(&a, "/a/7"), 0);
    ck_assert_uint_eq(COUNTER(&a, records_odd), 3);
    stranger_announces(&s, VNAME_HANDLERS, 99, &odd, 1);
    ck_assert_uint_eq(COUNTER(&a, reasons_unknown), 1);
    stranger_announces(&s, VNAME_HANDLERS, VNAME_REASON_HELD, NULL, 0);
    ck_assert_int_eq(holds(&a, "/a"), 1);
    program_close(&a);
}
END_TEST

/* NAME-8.4-02 */
START_TEST(renamed_under_way) {
    stranger_open(&s);
    program_open(&a);
    program_open(&b);
    hold(&a, "/old");
    hold(&a, "/new");
    ck_assert_uint_eq(operate(&s, a.entity, 5, 4, "/old/x", "")->code, VMTP_OK);
    ck_assert_uint_eq(operate(&s, a.entity, 5, 4, "/new/x", "")->code, VMTP_OK);
    release(&a, "/old");
    manage_run(MS);
    ck_assert_uint_eq(operate(&s, a.entity, 5, 4, "/old/x", "")->code, VNAME_STALE);
    ck_assert_uint_eq(operate(&s, a.entity, 5, 4, "/new/x", "")->code, VMTP_OK);
    hold(&b, "/old"); /* it is free */
    program_close(&a);
    program_close(&b);
}
END_TEST

/* An announcement waits while the entity has a call of its own, which is the program's right. */
static void over(struct vipc_call *call, int result) {
    (void)result;
    *(int *)call->context = 1;
}

START_TEST(the_entity_is_in_a_call) {
    stranger_open(&s);
    program_open(&a);
    hold(&a, "/a");
    manage_run(5 * SECONDS);
    int done = 0;
    struct vipc_call call = {.message = {.server = a.entity + 0x1000, .code = 0x99},
                             .deadline = vipc_now(a.node) + 500 * MS,
                             .client = a.entity,
                             .done = over,
                             .context = &done};
    ck_assert_int_eq(vipc_start(a.node, &call), 0);
    stranger_forget(&s);
    vname_manager_link_up(a.manager);
    manage_run(400 * MS);
    ck_assert_int_eq(vname_manager_is_quiet(a.manager), 0);
    ck_assert_uint_eq(stranger_count(&s, VNAME_ANNOUNCE), 0);
    ck_assert_uint_gt(COUNTER(&a, send_failures), 0);
    manage_run(200 * MS);
    ck_assert_int_eq(done, 1);
    ck_assert_uint_eq(stranger_count(&s, VNAME_ANNOUNCE), 1);
    ck_assert_int_eq(vname_manager_is_quiet(a.manager), 1);
    program_close(&a);
}
END_TEST

int main(void) {
    TCase *t = tcase_create("announce");
    tcase_add_test(t, at_once_and_then_every_minute);
    tcase_add_test(t, the_link_comes_up);
    tcase_add_test(t, after_a_stop);
    tcase_add_test(t, released);
    tcase_add_test(t, many_prefixes);
    tcase_add_test(t, heartbeats);
    tcase_add_test(t, records_that_do_not_count);
    tcase_add_test(t, renamed_under_way);
    tcase_add_test(t, the_entity_is_in_a_call);
    return manage_main(t, "manager: announcements");
}
