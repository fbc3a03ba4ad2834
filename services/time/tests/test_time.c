/* SPDX-License-Identifier: BSD-2-Clause */
/* A clock: told, set, waited for. */
#include <stdio.h>
#include <stdlib.h>

#include "testing/desk.h"
#include "time/time_manager.h"

#define NOON 1795348800123456789 /* 2026-11-22T12:00:00.123456789Z */

static struct desk desk;
static struct time_manager *times;
static int64_t shown, asked_to_set;
static uint32_t set_code;

#define COUNT(name) (time_manager_counters(times)->name)

static int64_t show(void *context) {
    ck_assert_ptr_eq(context, &desk);
    return shown;
}

static uint32_t set(void *context, int64_t time) {
    ck_assert_ptr_eq(context, &desk);
    asked_to_set = time;
    return set_code;
}

static struct time_config config;

static void begin(void) {
    if (!config.context)
        config = (struct time_config){.now = show, .set = set, .resolution = 4, .context = &desk};
    desk_prepare(&desk);
    desk_begin(&desk);
    ck_assert_int_eq(time_manager_open(&times, desk.manager, &config), 0);
    desk_claim(&desk, "/time", time_manager_context(times));
    shown = NOON;
    set_code = 0;
}

static void end(void) {
    time_manager_close(times);
    desk_end(&desk);
}

static uint32_t open_clock(struct asker *a) { return create(a, "/time", UIO_MODE_READ); }

static void control_later(struct said *s, struct asker *a, uint32_t number, uint32_t function, uint32_t two,
                          uint32_t three) {
    const uint32_t words[7] = {number, function, two, three};
    ask_later(s, a, UIO_CONTROL_INSTANCE, words, NULL, 0, 0);
}

static const struct said *control(uint32_t number, uint32_t function, uint32_t two, uint32_t three) {
    static struct said s;
    control_later(&s, &desk.a, number, function, two, three);
    return wait_for(&s);
}

/* UIO-9.3-01 */
START_TEST(as_text) {
    static const char *const text = "2026-11-22T12:00:00.123456789Z\n1795348800123456789\n";
    begin();
    uint32_t number = open_clock(&desk.a);
    const struct said *s = read_at(&desk.a, number, NEXT, 0, 64);
    CHECK_TEXT(s, text);
    ck_assert_uint_eq(s->words[3], UIO_END);
    shown += 5;
    for (unsigned i = 0; i < 2; i++) { /* it has had its time */
        s = read_at(&desk.a, number, NEXT, 1000, 64);
        ck_assert_uint_eq(s->code, VMTP_OK);
        ck_assert_uint_eq(s->size, 0);
        ck_assert_uint_eq(s->words[3], UIO_END);
    }
    /* in pieces, all of one time */
    number = open_clock(&desk.a);
    CHECK_TEXT(read_at(&desk.a, number, NEXT, 0, 10), "2026-11-22");
    shown += 1000000000;
    s = read_at(&desk.a, number, NEXT, 0, 21);
    CHECK_TEXT(s, "T12:00:00.123456794Z\n");
    ck_assert_uint_eq(s->words[3], 0);
    s = read_at(&desk.a, number, NEXT, 0, 64);
    CHECK_TEXT(s, "1795348800123456794\n");
    ck_assert_uint_eq(s->words[3], UIO_END);
    check_refused(read_at(&desk.a, number, 0, 0, 64), UIO_BAD_BLOCK);
    ck_assert_uint_eq(COUNT(texts), 2);
    end();
}
END_TEST

/* UIO-9.3-01, UIO-9.3-03 */
START_TEST(other_times) {
    const struct {
        int64_t time;
        const char *text;
    } others[] = {{0, "1970-01-01T00:00:00.000000000Z\n0\n"},
                  {-1, "1969-12-31T23:59:59.999999999Z\n-1\n"},
                  {INT64_MAX, "2262-04-11T23:47:16.854775807Z\n9223372036854775807\n"},
                  {INT64_MIN, "1677-09-21T00:12:43.145224192Z\n-9223372036854775808\n"}};
    begin();
    for (unsigned i = 0; i < 4; i++) {
        shown = others[i].time;
        const uint32_t number = open_clock(&desk.a);
        CHECK_TEXT(read_at(&desk.a, number, NEXT, 0, 64), others[i].text);
        ck_assert_uint_eq(query(&desk.a, number)->instance.object.size, strlen(others[i].text));
        const struct said *s = control(number, UIO_CLOCK_READ, 0, 0);
        ck_assert_uint_eq((uint64_t)s->words[0] << 32 | s->words[1], (uint64_t)others[i].time);
    }
    end();
}
END_TEST

/* UIO-9.3-02 */
START_TEST(as_numbers) {
    begin();
    const uint32_t number = open_clock(&desk.a);
    const struct said *s = control(number, UIO_CLOCK_READ, 0, 0);
    ck_assert_uint_eq(s->code, VMTP_OK);
    ck_assert_uint_eq((uint64_t)s->words[0] << 32 | s->words[1], NOON);
    const uint64_t first = (uint64_t)s->words[2] << 32 | s->words[3];
    ck_assert_uint_le(first, vipc_now(desk.node));
    ck_assert_uint_eq(s->words[4], 4);
    shown = 17; /* it was set; the other was not */
    shelf_run(5 * SECONDS);
    s = control(number, UIO_CLOCK_READ, 0, 0);
    ck_assert_uint_eq((uint64_t)s->words[0] << 32 | s->words[1], 17);
    ck_assert_uint_ge((uint64_t)s->words[2] << 32 | s->words[3], first + 5 * SECONDS);
    check_refused(control(number, 4, 0, 0), UIO_UNSUPPORTED);
    check_refused(control(number, 0, 0, 0), UIO_UNSUPPORTED);
    check_refused(control(number + 1, UIO_CLOCK_READ, 0, 0), UIO_STALE);
    end();
}
END_TEST

/* UIO-9.3-02, UIO-9.3-03 */
START_TEST(is_set) {
    begin();
    uint32_t number = open_clock(&desk.a);
    const struct said *s = control(number, UIO_CLOCK_SET, 0x18ea3c7d, 0x12345678);
    ck_assert_uint_eq(s->code, VMTP_OK);
    for (unsigned i = 0; i < 7; i++)
        ck_assert_uint_eq(s->words[i], 0);
    ck_assert_int_eq(asked_to_set, 0x18ea3c7d12345678);
    check_refused(control(number, UIO_CLOCK_SET, 0x80000000, 0), UIO_BAD_COUNT);
    set_code = VMTP_NO_PERMISSION;
    check_refused(control(number, UIO_CLOCK_SET, 1, 2), VMTP_NO_PERMISSION);
    ck_assert_uint_eq(COUNT(sets), 1);
    ck_assert_uint_eq(COUNT(sets_refused), 2);
    ck_assert_uint_eq(query(&desk.a, number)->instance.object.permissions, 0644);
    end();
    config.set = NULL;
    begin();
    number = open_clock(&desk.a);
    check_refused(control(number, UIO_CLOCK_SET, 1, 2), VMTP_NO_PERMISSION);
    ck_assert_uint_eq(query(&desk.a, number)->instance.object.permissions, 0444);
    end();
}
END_TEST

/* UIO-9.3-02 */
START_TEST(delays) {
    static struct said short_one, long_one;
    begin();
    const uint32_t number = open_clock(&desk.a);
    const vmtp_time t = vipc_now(desk.node);
    control_later(&long_one, &desk.a, number, UIO_CLOCK_DELAY, TIME_DELAY_MOST, 0);
    control_later(&short_one, &desk.b, number, UIO_CLOCK_DELAY, 1500, 0);
    ck_assert_uint_eq(wait_for(&short_one)->code, VMTP_OK);
    ck_assert_uint_ge(vipc_now(desk.node) - t, 1500 * VMTP_MICROSECOND);
    ck_assert_uint_le(vipc_now(desk.node) - t, 5 * MS);
    shelf_run(59 * SECONDS);
    ck_assert_int_eq(is_answered(&long_one), 0);
    shelf_run(2 * SECONDS);
    ck_assert_int_eq(is_answered(&long_one), 1);
    ck_assert_uint_eq(long_one.code, VMTP_OK);
    ck_assert_uint_eq(control(number, UIO_CLOCK_DELAY, 0, 0)->code, VMTP_OK);
    check_refused(control(number, UIO_CLOCK_DELAY, TIME_DELAY_MOST + 1, 0), UIO_BAD_COUNT);
    ck_assert_uint_eq(COUNT(delays), 3);
    ck_assert_uint_eq(COUNT(delays_over), 3);
    end();
}
END_TEST

/* UIO-9.3-04 */
START_TEST(delays_that_cannot_be_had) {
    static struct said waiting[4];
    config = (struct time_config){.now = show, .set = set, .delays = 2, .context = &desk};
    begin();
    const uint32_t number = open_clock(&desk.a), other = open_clock(&desk.b);
    for (unsigned i = 0; i < 3; i++) {
        control_later(&waiting[i], &desk.a, number, UIO_CLOCK_DELAY, 50000000, 0);
        shelf_run(MS);
    }
    check_refused(wait_for(&waiting[2]), UIO_WOULD_WAIT);
    ck_assert_uint_eq(COUNT(delays_refused), 1);
    ck_assert_uint_eq(release(&desk.a, number, 0)->code, VMTP_OK);
    check_refused(wait_for(&waiting[0]), UIO_STALE);
    check_refused(wait_for(&waiting[1]), UIO_STALE);
    ck_assert_uint_eq(COUNT(delays_cancelled), 2);
    control_later(&waiting[0], &desk.b, other, UIO_CLOCK_DELAY, 1000, 0);
    ck_assert_uint_eq(wait_for(&waiting[0])->code, VMTP_OK);
    control_later(&waiting[0], &desk.b, other, UIO_CLOCK_DELAY, 50000000, 0);
    shelf_run(SECONDS);
    end(); /* with one under way */
}
END_TEST

START_TEST(thousands_of_delays) {
    const unsigned count = 3000;
    struct said *waiting = calloc(count, sizeof *waiting);
    unsigned had = 0, refused = 0;
    ck_assert_ptr_nonnull(waiting);
    config = (struct time_config){.now = show, .context = &desk};
    begin();
    const uint32_t number = open_clock(&desk.a);
    for (unsigned i = 0; i < count; i++)
        control_later(&waiting[i], &desk.a, number, UIO_CLOCK_DELAY, TIME_DELAY_MOST, 0);
    shelf_run(SECONDS);
    ck_assert_uint_eq(desk_use(&desk).waiting, 16); /* half of 32 in hand */
    const uint32_t own = open_clock(&desk.b);
    ck_assert_uint_eq(read_at(&desk.b, own, NEXT, 0, 64)->code, VMTP_OK);
    check_refused(control(own, UIO_CLOCK_DELAY, 1, 0), UIO_WOULD_WAIT);
    for (unsigned i = 0; i < count; i++) {
        wait_for(&waiting[i]);
        had += waiting[i].code == VMTP_OK;
        refused += waiting[i].code == UIO_WOULD_WAIT;
    }
    ck_assert_uint_eq(had, COUNT(delays));
    ck_assert_uint_eq(had + refused, count);
    ck_assert_uint_eq(refused + 1, COUNT(delays_refused));
    end();
    free(waiting);
}
END_TEST

/* The owner dies while his delay is under way. */
START_TEST(an_owner_that_dies) {
    static struct said waiting;
    begin();
    const uint32_t number = open_clock(&desk.a);
    control_later(&waiting, &desk.b, number, UIO_CLOCK_DELAY, 59000000, 0); /* asked by another one */
    shelf_run(10 * SECONDS);
    control(number, UIO_CLOCK_READ, 0, 0);
    asker_close(&desk.a);
    for (unsigned i = 0; i < 7; i++) {
        shelf_run(10 * SECONDS);
        if (!is_answered(&waiting))
            ck_assert_uint_eq(desk_use(&desk).instances, 1);
    }
    shelf_run(60 * SECONDS);
    ck_assert_int_eq(is_answered(&waiting), 1);
    ck_assert_uint_eq(desk_use(&desk).instances, 0);
    asker_on(&desk.a, desk.b.node, desk.b.server);
    end();
}
END_TEST

START_TEST(what_a_clock_is_not) {
    begin();
    check_refused(open_as(&desk.a, "/time", RW), UIO_NOT_WRITEABLE);
    check_refused(open_as(&desk.a, "/time", UIO_MODE_READ | UIO_MODE_CONTEXT), VNAME_NOT_CONTEXT);
    check_refused(open_as(&desk.a, "/time/now", UIO_MODE_READ), VNAME_NOT_CONTEXT);
    check_refused(on_name(&desk.a, VNAME_MAP_CONTEXT, "/time", 0, 0), VNAME_NOT_CONTEXT);
    check_refused(on_name(&desk.a, UIO_REMOVE_OBJECT, "/time", 0, 0), UIO_UNSUPPORTED);
    const struct said *s = on_name(&desk.a, UIO_QUERY_OBJECT, "/time", 0, 0);
    ck_assert_uint_eq(s->object.type, UIO_TYPE_CLOCK);
    ck_assert_uint_eq(s->object.size, 51);
    ck_assert_int_eq(s->object.changed, NOON);
    end();
}
END_TEST

/* The system's clock: it goes on, and only its operator sets it. */
START_TEST(the_system) {
    struct time_manager *none;
    const struct time_config bad = {.delays = 65537};
    memset(&config, 0, sizeof config);
    desk_prepare(&desk);
    desk_begin(&desk);
    ck_assert_int_eq(time_manager_open(&none, desk.manager, &bad), VMTP_E_INVALID);
    ck_assert_ptr_null(none);
    ck_assert_int_eq(time_manager_open(&times, desk.manager, NULL), 0);
    desk_claim(&desk, "/time", time_manager_context(times));
    const uint32_t number = open_clock(&desk.a);
    const struct said *s = control(number, UIO_CLOCK_READ, 0, 0);
    const uint64_t first = (uint64_t)s->words[0] << 32 | s->words[1];
    ck_assert_uint_gt(first, 1700000000000000000);
    ck_assert_uint_gt(s->words[4], 0);
    s = read_at(&desk.a, number, NEXT, 0, 64);
    ck_assert_uint_eq(s->size, 51);
    check_refused(control(number, UIO_CLOCK_SET, 1, 2), VMTP_NO_PERMISSION);
    unsigned i = 0;
    while (time_manager_counter_name(i))
        ck_assert_ptr_nonnull(time_manager_counter_text(i++));
    ck_assert_uint_eq(i, TIME_COUNTER_COUNT);
    end();
}
END_TEST

int main(void) {
    TCase *c = tcase_create("time");
    tcase_add_test(c, as_text);
    tcase_add_test(c, other_times);
    tcase_add_test(c, as_numbers);
    tcase_add_test(c, is_set);
    tcase_add_test(c, delays);
    tcase_add_test(c, delays_that_cannot_be_had);
    tcase_add_test(c, thousands_of_delays);
    tcase_add_test(c, an_owner_that_dies);
    tcase_add_test(c, what_a_clock_is_not);
    tcase_add_test(c, the_system);
    return shelf_main(c, "time");
}
