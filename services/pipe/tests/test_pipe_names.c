/* SPDX-License-Identifier: BSD-2-Clause */
/* Pipes by name, made and gone; clients who want too much. */
#include <stdio.h>
#include <stdlib.h>

#include "pipe/pipe.h"
#include "testing/desk.h"

static struct desk desk;
static struct pipe_manager *pipes;

#define COUNT(name) (pipe_counters(pipes)->name)
#define CREATE UIO_MODE_CREATE

static void begin_with(const struct pipe_config *config) {
    if (!desk.config.size)
        desk_prepare(&desk);
    desk_begin(&desk);
    ck_assert_int_eq(pipe_open(&pipes, desk.manager, config), 0);
    desk_claim(&desk, "/pipe", pipe_context(pipes));
}

static void begin(void) {
    memset(&desk, 0, sizeof desk);
    begin_with(NULL);
}

static void end(void) {
    pipe_close(pipes);
    desk_end(&desk);
}

/* UIO-9.2-01 */
START_TEST(a_pipe_lives_as_long_as_its_instances) {
    begin();
    check_refused(open_as(&desk.a, "/pipe/p", RW), VNAME_NOT_FOUND);
    const uint32_t first = create(&desk.a, "/pipe/p", UIO_MODE_WRITE | CREATE);
    const uint32_t second = create(&desk.b, "/pipe/p", UIO_MODE_READ | CREATE);
    check_refused(open_as(&desk.b, "/pipe/p", UIO_MODE_READ | CREATE | UIO_MODE_EXCLUSIVE), UIO_EXISTS);
    ck_assert_uint_eq(pipe_count(pipes), 1);
    const struct said *s = on_name(&desk.a, UIO_QUERY_OBJECT, "/pipe/p", 0, 0);
    ck_assert_uint_eq(s->object.type, UIO_TYPE_PIPE);
    ck_assert_uint_eq(s->object.permissions, 0644);
    ck_assert_uint_eq(s->object.storage, 65536);
    write_at(&desk.a, first, 0, 0, 0, "hello", 5);
    ck_assert_uint_eq(on_name(&desk.a, UIO_QUERY_OBJECT, "/pipe/p", 0, 0)->object.size, 5);
    release(&desk.a, first, 0);
    CHECK_TEXT(read_at(&desk.b, second, NEXT, 0, 2), "he");
    release(&desk.b, second, 0);
    ck_assert_uint_eq(pipe_count(pipes), 0);
    ck_assert_uint_eq(COUNT(dropped), 3);
    check_refused(on_name(&desk.a, UIO_QUERY_OBJECT, "/pipe/p", 0, 0), VNAME_NOT_FOUND);
    check_refused(read_at(&desk.b, second, NEXT, 0, 2), UIO_STALE);
    end();
}
END_TEST

/* UIO-9.2-06 */
START_TEST(a_pipe_without_a_name_of_its_own) {
    char name[64];
    begin();
    const struct said *s = open_as(&desk.a, "/pipe", UIO_MODE_READ | CREATE);
    ck_assert_uint_eq(s->code, VMTP_OK);
    const uint32_t in = s->words[0];
    ck_assert_uint_eq(s->instance.object.type, UIO_TYPE_PIPE);
    snprintf(name, sizeof name, "/pipe/%.*s", (int)s->instance.object.name_length, s->instance.object.name);
    ck_assert_uint_eq(strlen(name), 6 + 16);
    const uint32_t other = create(&desk.a, "/pipe", UIO_MODE_READ | CREATE);
    const uint32_t out = create(&desk.b, name, UIO_MODE_WRITE);
    write_at(&desk.b, out, 0, 0, 0, "hello", 5);
    CHECK_TEXT(read_at(&desk.a, in, NEXT, 0, 100), "hello");
    check_refused(read_at(&desk.a, other, NEXT, 0, 100), UIO_WOULD_WAIT);
    ck_assert_str_eq(names_in(&desk.a, "/pipe", 2048), "");
    create(&desk.a, "/pipe/seen", UIO_MODE_READ | CREATE);
    ck_assert_str_eq(names_in(&desk.a, "/pipe", 2048), "seen ");
    /* without CREATE, or with CONTEXT, it is the context */
    s = open_as(&desk.a, "/pipe", UIO_MODE_READ);
    ck_assert_uint_eq(s->instance.object.type, UIO_TYPE_CONTEXT);
    s = open_as(&desk.a, "/pipe", UIO_MODE_READ | CREATE | UIO_MODE_CONTEXT);
    ck_assert_uint_eq(s->instance.object.type, UIO_TYPE_CONTEXT);
    check_refused(open_as(&desk.a, "/pipe", RW), UIO_IS_CONTEXT);
    end();
}
END_TEST

/* UIO-9.2-09, UIO-5.2-04 */
START_TEST(a_name_that_is_removed) {
    begin();
    const uint32_t in = create(&desk.a, "/pipe/p", UIO_MODE_READ | CREATE);
    const uint32_t out = create(&desk.b, "/pipe/p", UIO_MODE_WRITE);
    check_refused(on_name(&desk.a, UIO_REMOVE_OBJECT, "/pipe/p", UIO_TYPE_CONTEXT, 0), VNAME_NOT_CONTEXT);
    ck_assert_uint_eq(on_name(&desk.a, UIO_REMOVE_OBJECT, "/pipe/p", 0, 0)->code, VMTP_OK);
    check_refused(on_name(&desk.a, UIO_REMOVE_OBJECT, "/pipe/p", 0, 0), VNAME_NOT_FOUND);
    check_refused(on_name(&desk.a, UIO_REMOVE_OBJECT, "/pipe", UIO_TYPE_CONTEXT, 0), VMTP_NO_PERMISSION);
    const uint32_t new = create(&desk.a, "/pipe/p", UIO_MODE_READ | CREATE);
    write_at(&desk.b, out, 0, 0, 0, "hello", 5);
    check_refused(read_at(&desk.a, new, NEXT, 0, 100), UIO_WOULD_WAIT);
    CHECK_TEXT(read_at(&desk.a, in, NEXT, 0, 100), "hello");
    ck_assert_uint_eq(query(&desk.a, in)->instance.object.names, 0);
    release(&desk.a, in, 0);
    release(&desk.b, out, 0);
    ck_assert_uint_eq(pipe_count(pipes), 1);
    end();
}
END_TEST

/* What fails leaves nothing, and no end that has been open. */
START_TEST(opened_in_vain) {
    begin();
    const uint32_t modes[] = {UIO_MODE_TRUNCATE, UIO_MODE_TRANSACTION, UIO_MODE_LOCK_SHARED, UIO_MODE_SYNC};
    const uint32_t out = create(&desk.b, "/pipe/p", UIO_MODE_WRITE | CREATE);
    for (unsigned i = 0; i < 4; i++) {
        check_refused(open_as(&desk.a, "/pipe/p", RW | modes[i]), UIO_UNSUPPORTED);
        check_refused(open_as(&desk.a, "/pipe/new", RW | CREATE | modes[i]), UIO_UNSUPPORTED);
    }
    check_refused(open_as(&desk.a, "/pipe/p", UIO_MODE_READ | UIO_MODE_CONTEXT), VNAME_NOT_CONTEXT);
    check_refused(open_as(&desk.a, "/pipe/a/b", RW | CREATE), VNAME_NOT_FOUND);
    check_refused(open_as(&desk.a, "/pipe/..", RW | CREATE), VNAME_NOT_FOUND);
    check_refused(on_name(&desk.a, UIO_CREATE_OBJECT, "/pipe/x", UIO_TYPE_PIPE, 0), UIO_UNSUPPORTED);
    ck_assert_uint_eq(pipe_count(pipes), 1);
    ck_assert_uint_eq(write_at(&desk.b, out, 0, 0, 0, "x", 1)->code, VMTP_OK); /* not UIO_BROKEN */
    end();
}
END_TEST

/* UIO-9.2-09, UIO-5.2-09 */
START_TEST(no_more_room) {
    const struct pipe_config few = {.pipes = 3, .capacity = 4096};
    char name[32];
    memset(&desk, 0, sizeof desk);
    begin_with(&few);
    uint32_t last = 0;
    for (unsigned i = 0; i < 3; i++) {
        snprintf(name, sizeof name, "/pipe/%u", i);
        last = create(&desk.a, name, UIO_MODE_WRITE | CREATE);
    }
    check_refused(open_as(&desk.b, "/pipe/3", RW | CREATE), UIO_NO_SPACE);
    check_refused(open_as(&desk.b, "/pipe", RW | CREATE), UIO_NO_SPACE);
    ck_assert_uint_eq(COUNT(refused), 2);
    write_at(&desk.a, last, 0, 0, 0, "hello", 5);
    const struct said *s = on_name(&desk.a, UIO_QUERY_STORAGE, "/pipe", 0, 0);
    ck_assert_uint_eq(s->words[1], 3 * 4096);
    ck_assert_uint_eq(s->words[3], 3 * 4096 - 5);
    ck_assert_uint_eq(s->words[5], 0);
    ck_assert_str_eq(names_in(&desk.a, "/pipe", 2048), "0 1 2 ");
    ck_assert_str_eq(names_in(&desk.a, "/pipe", 96), "0 1 2 ");
    ck_assert_uint_eq(described("2").size, 5);
    release(&desk.a, last, 0);
    create(&desk.b, "/pipe/3", RW | CREATE);
    end();
}
END_TEST

START_TEST(configurations) {
    const struct pipe_config bad[] = {{.capacity = 4095}, {.capacity = (16u << 20) + 1}, {.pipes = 4097}};
    struct pipe_manager *none;
    begin();
    for (unsigned i = 0; i < 3; i++) {
        ck_assert_int_eq(pipe_open(&none, desk.manager, &bad[i]), VMTP_E_INVALID);
        ck_assert_ptr_null(none);
    }
    unsigned i = 0;
    while (pipe_counter_name(i)) {
        ck_assert_ptr_nonnull(pipe_counter_text(i));
        i++;
    }
    ck_assert_uint_eq(i, PIPE_COUNTER_COUNT);
    ck_assert_ptr_null(pipe_counter_text(i));
    end();
}
END_TEST

/* Thousands wait, with more patience than anybody has: those for whom they wait get through, others are not harmed, and nothing is left. */
START_TEST(thousands_of_readers) {
    const unsigned count = 2000;
    struct said *reads = calloc(count, sizeof *reads);
    static struct asker askers[50];
    unsigned got = 0, late = 0;
    ck_assert_ptr_nonnull(reads);
    memset(&desk, 0, sizeof desk);
    desk_prepare(&desk);
    desk.config.names.depth = 64;
    begin_with(NULL);
    const uint32_t in = create(&desk.a, "/pipe/p", UIO_MODE_READ | CREATE);
    const uint32_t out = create(&desk.b, "/pipe/p", UIO_MODE_WRITE), own = create(&desk.b, "/pipe/own", RW | CREATE);
    for (unsigned i = 0; i < 50; i++)
        asker_on(&askers[i], vipc_fake_node(shelf_net), desk.a.server);
    for (unsigned i = 0; i < count; i++)
        read_later(&reads[i], &askers[i % 50], in, 3600000, 10);
    for (unsigned round = 0; round < 20; round++) {
        shelf_run(50 * MS);
        ck_assert_uint_le(desk_use(&desk).waiting, 32);
        ck_assert_uint_eq(write_at(&desk.b, own, 0, 0, 0, "fine", 4)->code, VMTP_OK);
        CHECK_TEXT(read_at(&desk.b, own, NEXT, 0, 10), "fine");
    }
    for (unsigned i = 0; i < 32; i++)
        ck_assert_uint_eq(write_at(&desk.b, out, 0, 0, 0, "x", 1)->code, VMTP_OK);
    release(&desk.b, out, 0); /* so that the rest find the end */
    for (unsigned i = 0; i < count; i++) {
        wait_for(&reads[i]);
        got += reads[i].code == VMTP_OK;
        late += reads[i].code == UIO_WOULD_WAIT;
    }
    ck_assert_uint_eq(got + late, count);
    ck_assert_uint_ge(got, 32);
    ck_assert_uint_gt(late, 1000);
    ck_assert_uint_ge(DESK_COUNT(&desk, waits_refused), late);
    for (unsigned i = 0; i < 50; i++)
        asker_close(&askers[i]);
    end();
    free(reads);
}
END_TEST

/* Owners with all their ends die while they wait; numbers that were never given, or are not any more. */
START_TEST(crowds_that_die) {
    static struct said waiting[30];
    static struct asker askers[30];
    char name[32];
    begin();
    const uint32_t own = create(&desk.b, "/pipe/own", RW | CREATE);
    for (unsigned i = 0; i < 30; i++) {
        asker_on(&askers[i], vipc_fake_node(shelf_net), desk.a.server);
        snprintf(name, sizeof name, "/pipe/%u", i / 2);
        const uint32_t number = create(&askers[i], name, RW | CREATE);
        read_later(&waiting[i], &askers[i], number, 3600000, 10);
    }
    shelf_run(SECONDS);
    for (unsigned i = 0; i < 30; i++) {
        vipc_cancel(&waiting[i].call);
        vipc_fake_crash(askers[i].node);
    }
    for (uint32_t i = 0; i < 200; i++)
        check_refused(read_at(&desk.b, own + 1 + i * 7919, NEXT, 60000, 10), UIO_STALE);
    for (unsigned i = 0; i < 30; i++) { /* its owner has to be heard of */
        shelf_run(10 * SECONDS);
        check_refused(read_at(&desk.b, own, NEXT, 0, 10), UIO_WOULD_WAIT);
    }
    ck_assert_uint_eq(pipe_count(pipes), 1);
    ck_assert_uint_eq(desk_use(&desk).instances, 1);
    ck_assert_uint_eq(desk_use(&desk).waiting, 0);
    end();
}
END_TEST

int main(void) {
    TCase *c = tcase_create("names");
    tcase_add_test(c, a_pipe_lives_as_long_as_its_instances);
    tcase_add_test(c, a_pipe_without_a_name_of_its_own);
    tcase_add_test(c, a_name_that_is_removed);
    tcase_add_test(c, opened_in_vain);
    tcase_add_test(c, no_more_room);
    tcase_add_test(c, configurations);
    tcase_add_test(c, thousands_of_readers);
    tcase_add_test(c, crowds_that_die);
    return shelf_main(c, "pipes: names");
}
