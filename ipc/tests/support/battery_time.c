/* SPDX-License-Identifier: BSD-2-Clause */
/* The battery: timers, waiting, and the end of a node that is busy. */
#include "battery.h"

#include <stdlib.h>

/* Timers that note when they went off. */
struct noted {
    struct vipc_timer timer;
    unsigned number;
    void (*then)(struct noted *noted);
};
static unsigned order[600], count;
static vmtp_time when[600];
static struct noted noted[600];

static void note(struct vipc_timer *timer) {
    struct noted *n = timer->context;
    ck_assert_ptr_null(timer->ipc);
    ck_assert_uint_lt(count, 600);
    when[count] = vipc_now(node_a);
    order[count++] = n->number;
    if (n->then)
        n->then(n);
}

static void set(unsigned number, vmtp_time at) {
    noted[number].number = number;
    noted[number].timer.fire = note;
    noted[number].timer.context = &noted[number];
    vipc_timer_set(node_a, &noted[number].timer, at);
}

START_TEST(timers_go_off_in_order) {
    const vmtp_time t = vipc_now(node_a);
    set(0, t + 30 * VMTP_MILLISECOND);
    set(1, t + 10 * VMTP_MILLISECOND);
    set(2, t + 20 * VMTP_MILLISECOND);
    set(3, t + 10 * VMTP_MILLISECOND); /* after 1, which was set before */
    set(4, t + 15 * VMTP_MILLISECOND);
    set(5, VMTP_NEVER);
    vipc_timer_cancel(&noted[4].timer);
    vipc_timer_cancel(&noted[4].timer);
    battery_run(5 * VMTP_MILLISECOND);
    ck_assert_uint_eq(count, 0);
    set(2, t + 40 * VMTP_MILLISECOND);
    battery_run(VMTP_SECOND);
    const unsigned expected[] = {1, 3, 0, 2};
    ck_assert_uint_eq(count, 4);
    ck_assert_mem_eq(order, expected, sizeof expected);
    for (unsigned i = 0; i < 4; i++)
        ck_assert_uint_ge(when[i], noted[order[i]].timer.at);
    set(0, 0); /* passed */
    battery_run(VMTP_MILLISECOND);
    ck_assert_uint_eq(count, 5);
}
END_TEST

static void set_again(struct noted *n) {
    if (count < 5)
        set(n->number, vipc_now(node_a) + VMTP_MILLISECOND);
    vipc_timer_cancel(&noted[7].timer);
}

START_TEST(a_timer_sets_itself_and_cancels_another) {
    const vmtp_time t = vipc_now(node_a) + VMTP_MILLISECOND;
    noted[3].then = set_again;
    set(3, t);
    set(7, t);
    battery_run(VMTP_SECOND);
    ck_assert_uint_eq(count, 5);
    for (unsigned i = 0; i < 5; i++)
        ck_assert_uint_eq(order[i], 3);
}
END_TEST

/* Against a list that is searched: hundreds of timers set, moved and cancelled at random. */
START_TEST(many_timers_keep_their_order) {
    const vmtp_time t = vipc_now(node_a) + VMTP_MILLISECOND;
    unsigned living = 0;
    for (unsigned i = 0; i < 500; i++)
        set(i, t + (i * 7919u % 97u) * VMTP_MICROSECOND);
    for (unsigned i = 0; i < 500; i += 3)
        vipc_timer_cancel(&noted[i * 13 % 500].timer);
    for (unsigned i = 0; i < 500; i += 7)
        set(i * 31 % 500, t + (i * 104729u % 89u) * VMTP_MICROSECOND);
    for (unsigned i = 0; i < 500; i++)
        living += noted[i].timer.ipc != NULL;
    battery_run(VMTP_SECOND);
    ck_assert_uint_eq(count, living);
    for (unsigned i = 1; i < count; i++) {
        const struct vipc_timer *a = &noted[order[i - 1]].timer, *b = &noted[order[i]].timer;
        ck_assert(a->at < b->at || (a->at == b->at && a->order < b->order));
    }
}
END_TEST

START_TEST(waiting_ends_when_something_happens_or_time_is_up) {
    const vmtp_time t = vipc_now(node_a);
    ck_assert_int_eq(vipc_wait(node_a, t + 10 * VMTP_MILLISECOND), VMTP_E_TIMEOUT);
    ck_assert_uint_ge(vipc_now(node_a), t + 10 * VMTP_MILLISECOND);
    ck_assert_uint_lt(vipc_now(node_a), t + 11 * VMTP_MILLISECOND);
    set(0, t + 20 * VMTP_MILLISECOND);
    ck_assert_int_eq(vipc_wait(node_a, t + VMTP_SECOND), 0);
    ck_assert_uint_eq(count, 1);
    ck_assert_uint_lt(vipc_now(node_a), t + 21 * VMTP_MILLISECOND);
    ck_assert_int_eq(vipc_wait(node_a, 0), VMTP_E_TIMEOUT);
    set(0, 0);
    ck_assert_int_eq(vipc_wait(node_a, 0), 0); /* it has looked */
    vipc_interrupt(node_a);
    ck_assert_int_eq(vipc_wait(node_a, VMTP_NEVER), VMTP_E_CANCELLED);
}
END_TEST

static int flag;
static void raise_flag(struct noted *n) { flag = n->number == 1; }

START_TEST(waiting_for_a_flag) {
    const vmtp_time t = vipc_now(node_a);
    noted[0].then = noted[1].then = raise_flag;
    set(0, t + VMTP_MILLISECOND);
    set(1, t + 2 * VMTP_MILLISECOND);
    ck_assert_int_eq(vipc_wait_for(node_a, &flag, t + VMTP_SECOND), 0);
    ck_assert_uint_eq(count, 2);
    ck_assert_int_eq(vipc_wait_for(node_a, &flag, 0), 0);
    flag = 0;
    ck_assert_int_eq(vipc_wait_for(node_a, &flag, vipc_now(node_a) + VMTP_MILLISECOND), VMTP_E_TIMEOUT);
}
END_TEST

START_TEST(the_deadline_is_that_of_the_first_timer) {
    const vmtp_time at = vipc_now(node_a) + VMTP_MILLISECOND;
    set(0, at);
    ck_assert_uint_le(vipc_deadline(node_a), at);
    ck_assert_int_eq(vipc_fd(node_a), -1);
    battery_run(VMTP_SECOND);
    ck_assert_int_eq(vipc_turn(node_a), 0);
    ck_assert_uint_eq(count, 1);
    set(1, vipc_now(node_a));
    vipc_turn(node_a);
    ck_assert_uint_eq(count, 2);
}
END_TEST

START_TEST(random_numbers_differ) {
    uint64_t seen = 0;
    for (unsigned i = 0; i < 64; i++) {
        uint64_t a = vipc_random(node_a);
        ck_assert_uint_ne(a, vipc_random(node_a));
        seen |= a;
    }
    ck_assert_uint_eq(seen, UINT64_MAX);
}
END_TEST

START_TEST(results_have_names) {
    ck_assert_str_eq(vipc_result_name(0), "OK");
    ck_assert_str_eq(vipc_result_name((int)VMTP_RETRANS_TIMEOUT), "RETRANS_TIMEOUT");
    ck_assert_str_eq(vipc_result_name((int)VMTP_MIGRATED), "MIGRATED");
    ck_assert_str_eq(vipc_result_name(VMTP_E_FULL), "E_FULL");
    ck_assert_str_eq(vipc_result_name(-1000), "unknown");
    ck_assert_str_eq(vipc_result_name(1000), "unknown");
}
END_TEST

/* Whoever answers, asks and waits when a node ends, hears no more of it, and has its memory back. */
START_TEST(a_busy_node_closes) {
    static struct served keeping, lending;
    static struct asked held, nobody, group, lent, callback;
    serve(&keeping, node_a, serve_keep);
    serve(&lending, node_a, serve_lent);
    ck_assert_int_eq(vipc_join(&keeping.service, VMTP_ID_GRP | 0x77), 0);
    ask(&held, node_b, keeping.service.entity, "held");
    ask(&lent, node_b, lending.service.entity, "lent");
    ask_group(&group, node_a, VMTP_ID_GRP | 0x77, "group", VMTP_SECOND);
    for (unsigned i = 0; i < 50 && !(keeping.kept_count == 2 && lending.called); i++)
        battery_run(100 * VMTP_MICROSECOND);
    ck_assert_uint_eq(keeping.kept_count, 2);
    ck_assert_uint_eq(lending.called, 1);
    ask(&nobody, node_a, keeping.service.entity, "to myself");
    ask(&callback, node_a, lending.service.entity, "begun");
    set(0, vipc_now(node_a) + VMTP_MILLISECOND);
    vipc_close(node_a);
    battery_node[0] = NULL;
    ck_assert_uint_eq(lending.released, 1);
    battery_run(10 * VMTP_SECOND);
    ck_assert_int_eq(group.done + nobody.done + callback.done, 0);
    ck_assert_uint_eq(count, 0);
    ck_assert_int_eq(held.done, 1);
    ck_assert_int_ne(held.result, 0);
    ck_assert_uint_eq(keeping.called, 2);
}
END_TEST

static const struct ipc_rig *mine;
static void setup(void) {
    count = 0;
    memset(noted, 0, sizeof noted);
    battery_open(mine);
}

void battery_add_time(Suite *suite, const struct ipc_rig *rig) {
    const TTest *const tests[] = {timers_go_off_in_order,
                                  a_timer_sets_itself_and_cancels_another,
                                  many_timers_keep_their_order,
                                  waiting_ends_when_something_happens_or_time_is_up,
                                  waiting_for_a_flag,
                                  the_deadline_is_that_of_the_first_timer,
                                  random_numbers_differ,
                                  results_have_names,
                                  a_busy_node_closes};
    TCase *tc = tcase_create("time");
    mine = rig;
    tcase_add_checked_fixture(tc, setup, battery_close);
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++)
        tcase_add_test(tc, tests[i]);
    suite_add_tcase(suite, tc);
}
