/* SPDX-License-Identifier: BSD-2-Clause */
/* Locks. */
#include "support/shelf.h"

#include <stdlib.h>

#define RW (UIO_MODE_READ | UIO_MODE_WRITE)
#define S UIO_LOCK_SHARED
#define X UIO_LOCK_EXCLUSIVE
#define OCTETS 1
#define BLOCKS 0

static struct shelf *shelf;
static struct asker a, b, c;
static uint32_t of_a, of_b, of_c;

static void begin(void) {
    shelf = shelf_open();
    shelf_put(shelf, "file", SHELF_FILE, "hello, world");
    shelf_put(shelf, "other", SHELF_FILE, "");
    asker_open(&a, shelf);
    asker_open(&b, shelf);
    asker_open(&c, shelf);
    of_a = create(&a, "/shelf/file", RW);
    of_b = create(&b, "/shelf/file", RW);
    of_c = create(&c, "/shelf/file", RW);
}

static void end(void) {
    asker_close(&a);
    asker_close(&b);
    asker_close(&c);
    shelf_close(shelf);
}

static void have(struct asker *who, uint32_t number, uint32_t kind, uint32_t unit, uint64_t first, uint64_t count) {
    const struct said *s = lock(who, number, kind, 0, unit, first, count);
    ck_assert_uint_eq(s->code, VMTP_OK);
    ck_assert_uint_eq(s->words[0], kind);
    ck_assert_uint_eq(s->range.first, first);
    ck_assert_uint_eq(s->range.count, count);
    ck_assert_uint_eq(s->range.owner, 0);
}

static void locked(struct asker *who, uint32_t number, uint32_t kind, uint32_t unit, uint64_t first, uint64_t count,
                   vmtp_entity by) {
    const struct said *s = lock(who, number, kind, 0, unit, first, count);
    ck_assert_uint_eq(s->code, UIO_LOCKED);
    ck_assert_uint_eq(s->range.owner, by);
}

/* UIO-6.5-01, UIO-6.5-03, UIO-6.5-07 */
START_TEST(shared_and_exclusive) {
    begin();
    have(&a, of_a, S, OCTETS, 10, 10);
    have(&b, of_b, S, OCTETS, 15, 10);
    locked(&c, of_c, X, OCTETS, 0, 11, a.entity);
    locked(&c, of_c, X, OCTETS, 24, 1, b.entity);
    have(&c, of_c, X, OCTETS, 0, 10);
    have(&c, of_c, X, OCTETS, 25, 0);
    locked(&a, of_a, S, OCTETS, 9, 1, c.entity);
    locked(&a, of_a, S, OCTETS, (uint64_t)1 << 40, 1, c.entity); /* to the end, however far */
    ck_assert_uint_eq(write_at(&b, of_b, 0, 0, 0, "HELLO", 5)->code, VMTP_OK);
    CHECK_TEXT(read_at(&a, of_a, 0, 0, 5), "HELLO");
    /* another object is another matter */
    have(&a, create(&a, "/shelf/other", RW), X, OCTETS, 0, 0);
    end();
}
END_TEST

/* UIO-6.5-01: blocks and octets of the same file */
START_TEST(blocks_are_octets) {
    begin();
    have(&a, of_a, X, BLOCKS, 2, 3);
    const struct said *s = lock(&b, of_b, S, 0, OCTETS, 5 * 512 - 1, 1);
    ck_assert_uint_eq(s->code, UIO_LOCKED);
    ck_assert_uint_eq(s->range.first, 1024);
    ck_assert_uint_eq(s->range.count, 3 * 512);
    have(&b, of_b, S, OCTETS, 5 * 512, 1);
    s = lock(&a, of_a, X, 0, BLOCKS, 5, 1);
    ck_assert_uint_eq(s->range.first, 5);
    ck_assert_uint_eq(s->range.count, 1);
    have(&a, of_a, X, BLOCKS, 6, 0);
    s = lock(&b, of_b, S, 0, BLOCKS, 100, 1);
    ck_assert_uint_eq(s->range.first, 6);
    ck_assert_uint_eq(s->range.count, 0);
    end();
}
END_TEST

/* UIO-6.5-02: parts are replaced, in one step, and what is left is counted right */
START_TEST(parts_are_replaced) {
    begin();
    have(&a, of_a, X, OCTETS, 0, 100);
    have(&a, of_a, UIO_LOCK_NONE, OCTETS, 40, 20);
    ck_assert_uint_eq(USE(shelf).locks, 2);
    have(&b, of_b, X, OCTETS, 40, 20);
    locked(&b, of_b, S, OCTETS, 39, 1, a.entity);
    locked(&b, of_b, S, OCTETS, 60, 1, a.entity);
    have(&a, of_a, S, OCTETS, 20, 20);
    have(&b, of_b, S, OCTETS, 30, 10);
    locked(&b, of_b, S, OCTETS, 19, 1, a.entity);
    have(&a, of_a, UIO_LOCK_NONE, OCTETS, 0, 0);
    ck_assert_uint_eq(lock(&a, of_a, S, 0, OCTETS, 45, 1)->code, UIO_LOCKED); /* b's are where they were */
    have(&b, of_b, UIO_LOCK_NONE, OCTETS, 0, 0);
    ck_assert_uint_eq(USE(shelf).locks, 0);
    /* pieces become one */
    for (unsigned i = 0; i < 100; i++)
        have(&a, of_a, X, OCTETS, (i * 37) % 100, 1);
    ck_assert_uint_eq(USE(shelf).locks, 1);
    end();
}
END_TEST

/* Against a table of octets: three instances set and clear at random. */
START_TEST(as_a_table_of_octets_would_have_it) {
    static uint32_t has[3][64];
    begin();
    struct asker *who[3] = {&a, &b, &c};
    const uint32_t number[3] = {of_a, of_b, of_c};
    unsigned refused = 0;
    srand(5);
    for (unsigned n = 0; n < 3000; n++) {
        const unsigned me = (unsigned)rand() % 3, first = (unsigned)rand() % 60,
                       count = 1 + (unsigned)rand() % (64 - first);
        const uint32_t kind = (uint32_t)rand() % 3;
        int free = 1;
        for (unsigned at = first; at < first + count; at++)
            for (unsigned other = 0; other < 3; other++)
                if (other != me && kind && has[other][at] && (kind == X || has[other][at] == X))
                    free = 0;
        const struct said *s = lock(who[me], number[me], kind, 0, OCTETS, first, count);
        ck_assert_uint_eq(s->code, free ? VMTP_OK : UIO_LOCKED);
        refused += !free;
        for (unsigned at = first; free && at < first + count; at++)
            has[me][at] = kind;
    }
    ck_assert_uint_gt(refused, 100);
    ck_assert_uint_lt(refused, 2900);
    unsigned pieces = 0;
    for (unsigned i = 0; i < 3; i++)
        for (unsigned at = 0; at < 64; at++)
            pieces += has[i][at] && (at == 0 || has[i][at] != has[i][at - 1]);
    ck_assert_uint_eq(USE(shelf).locks, pieces);
    end();
}
END_TEST

/* UIO-6.5-06 */
START_TEST(asking_only) {
    begin();
    have(&a, of_a, S, OCTETS, 10, 10);
    const struct said *s = lock(&b, of_b, UIO_LOCK_ASK_EXCLUSIVE, 0, OCTETS, 0, 0);
    ck_assert_uint_eq(s->code, VMTP_OK);
    ck_assert_uint_eq(s->words[0], S);
    ck_assert_uint_eq(s->range.first, 10);
    ck_assert_uint_eq(s->range.count, 10);
    ck_assert_uint_eq(s->range.owner, a.entity);
    ck_assert_uint_eq(lock(&b, of_b, UIO_LOCK_ASK_SHARED, 0, OCTETS, 0, 0)->words[0], UIO_LOCK_NONE);
    ck_assert_uint_eq(lock(&b, of_b, UIO_LOCK_ASK_EXCLUSIVE, 0, OCTETS, 20, 0)->words[0], UIO_LOCK_NONE);
    ck_assert_uint_eq(lock(&a, of_a, UIO_LOCK_ASK_EXCLUSIVE, 0, OCTETS, 0, 0)->words[0], UIO_LOCK_NONE);
    have(&a, of_a, X, OCTETS, 10, 1);
    ck_assert_uint_eq(lock(&b, of_b, UIO_LOCK_ASK_SHARED, 0, OCTETS, 0, 0)->words[0], X);
    ck_assert_uint_eq(USE(shelf).locks, 2);
    end();
}
END_TEST

/* UIO-6.5-09, UIO-4-02, UIO-2.2-02 */
START_TEST(locks_that_cannot_be) {
    begin();
    uint8_t range[UIO_RANGE_OCTETS] = {0};
    const uint32_t words[7] = {of_a, X, 0, 1};
    check_refused(lock(&a, of_a, 5, 0, OCTETS, 0, 0), UIO_BAD_COUNT);
    check_refused(lock(&a, of_a, X, 0, 2, 0, 0), UIO_BAD_COUNT);
    check_refused(lock(&a, of_a, X, 0, OCTETS, ((uint64_t)1 << 63) + 1, 0), UIO_BAD_COUNT);
    check_refused(lock(&a, of_a, X, 0, OCTETS, 1, (uint64_t)1 << 63), UIO_BAD_COUNT);
    check_refused(lock(&a, of_a, X, 0, OCTETS, UINT64_MAX, UINT64_MAX), UIO_BAD_COUNT);
    check_refused(lock(&a, of_a, X, 0, BLOCKS, (uint64_t)1 << 55, 1), UIO_BAD_COUNT); /* of 512 octets each */
    check_refused(ask(&a, UIO_LOCK_INSTANCE, words, NULL, 0, 0), UIO_BAD_REQUEST);
    check_refused(ask(&a, UIO_LOCK_INSTANCE, words, range, 15, 0), UIO_BAD_REQUEST);
    have(&a, of_a, X, OCTETS, ((uint64_t)1 << 63) - 1, 1);
    shelf_put(shelf, "pipe", SHELF_PIPE, "");
    shelf_put(shelf, "plain", UIO_READABLE | UIO_STORAGE | UIO_RANDOM_ACCESS | UIO_LOCKS, "");
    check_refused(lock(&a, create(&a, "/shelf/pipe", RW), X, 0, BLOCKS, 0, 0), UIO_UNSUPPORTED);
    const uint32_t plain = create(&a, "/shelf/plain", UIO_MODE_READ);
    check_refused(lock(&a, plain, X, 0, OCTETS, 0, 0), UIO_UNSUPPORTED);
    have(&a, plain, X, BLOCKS, (uint64_t)1 << 55, 1);
    end();
}
END_TEST

/* UIO-6.5-04 */
START_TEST(waiting_for_a_lock) {
    static struct said w;
    begin();
    have(&a, of_a, X, OCTETS, 0, 10);
    const vmtp_time t = vipc_now(b.node);
    lock_later(&w, &b, of_b, S, 3000, OCTETS, 5, 10);
    wait_for(&w);
    ck_assert_uint_eq(w.code, UIO_LOCKED);
    ck_assert_uint_eq(w.range.owner, a.entity);
    ck_assert_uint_eq(w.range.count, 10);
    ck_assert_uint_ge(vipc_now(b.node) - t, 3 * SECONDS);
    ck_assert_uint_lt(vipc_now(b.node) - t, 3100 * MS);
    lock_later(&w, &b, of_b, S, 3000, OCTETS, 5, 10);
    shelf_run(SECONDS);
    struct uio_manager_lock seen;
    ck_assert_int_eq(uio_manager_nth_lock(shelf->manager, 0, &seen) && uio_manager_nth_lock(shelf->manager, 1, &seen), 1);
    ck_assert_int_eq(uio_manager_nth_lock(shelf->manager, 2, &seen), 0);
    ck_assert_int_eq(is_answered(&w), 0);
    have(&a, of_a, S, OCTETS, 0, 0); /* less strict, and all of it */
    wait_for(&w);
    ck_assert_uint_eq(w.code, VMTP_OK);
    ck_assert_uint_eq(w.words[0], S);
    ck_assert_uint_eq(COUNTER(shelf, locks_waited), 1);
    end();
}
END_TEST

/* UIO-6.5-05: in the order of coming as far as ranges overlap */
START_TEST(who_came_first_is_served_first) {
    static struct said first, second, third;
    begin();
    have(&a, of_a, S, OCTETS, 0, 10);
    lock_later(&first, &b, of_b, X, 60000, OCTETS, 5, 10);
    shelf_run(MS);
    lock_later(&second, &c, of_c, S, 60000, OCTETS, 0, 6); /* could be had, but b was first */
    shelf_run(MS);
    have(&c, of_c, S, OCTETS, 0, 5); /* does not overlap */
    locked(&c, of_c, S, OCTETS, 14, 1, b.entity);
    ck_assert_int_eq(is_answered(&second), 0);
    lock_later(&third, &a, of_a, S, 60000, OCTETS, 7, 1); /* it has that already */
    shelf_run(10 * MS);
    ck_assert_int_eq(is_answered(&third), 1);
    have(&a, of_a, UIO_LOCK_NONE, OCTETS, 0, 0);
    wait_for(&first);
    ck_assert_uint_eq(first.code, VMTP_OK);
    shelf_run(SECONDS);
    ck_assert_int_eq(is_answered(&second), 0);
    release(&b, of_b, 0); /* UIO-6.5-08, UIO-6.4-01 */
    wait_for(&second);
    ck_assert_uint_eq(second.code, VMTP_OK);
    end();
}
END_TEST

/* The first of two that wait gives up, and the second must not wait for him any longer. */
START_TEST(who_gives_up_makes_way) {
    static struct said first, second;
    begin();
    have(&a, of_a, S, OCTETS, 0, 10);
    lock_later(&first, &b, of_b, X, 2000, OCTETS, 0, 10);
    shelf_run(MS);
    lock_later(&second, &c, of_c, S, 60000, OCTETS, 0, 10);
    shelf_run(SECONDS);
    ck_assert_int_eq(is_answered(&second), 0);
    shelf_run(1100 * MS);
    ck_assert_uint_eq(wait_for(&first)->code, UIO_LOCKED);
    ck_assert_int_eq(is_answered(&second), 1);
    ck_assert_uint_eq(second.code, VMTP_OK);
    end();
}
END_TEST

/* UIO-6.5-05: circles of two and of three */
START_TEST(circles_are_not_waited_for) {
    static struct said one, two;
    begin();
    have(&a, of_a, X, OCTETS, 1, 1);
    have(&b, of_b, X, OCTETS, 2, 1);
    have(&c, of_c, X, OCTETS, 3, 1);
    lock_later(&one, &a, of_a, X, 60000, OCTETS, 2, 1);
    shelf_run(MS);
    check_refused(lock(&b, of_b, S, 60000, OCTETS, 1, 1), UIO_DEADLOCK);
    lock_later(&two, &b, of_b, S, 60000, OCTETS, 3, 1);
    shelf_run(MS);
    check_refused(lock(&c, of_c, S, 60000, OCTETS, 0, 0), UIO_DEADLOCK);
    ck_assert_uint_eq(lock(&c, of_c, S, 0, OCTETS, 1, 1)->code, UIO_LOCKED); /* who does not wait closes no circle */
    ck_assert_uint_eq(COUNTER(shelf, deadlocks), 2);
    have(&c, of_c, UIO_LOCK_NONE, OCTETS, 3, 1);
    ck_assert_uint_eq(wait_for(&two)->code, VMTP_OK);
    have(&b, of_b, UIO_LOCK_NONE, OCTETS, 0, 0);
    ck_assert_uint_eq(wait_for(&one)->code, VMTP_OK);
    end();
}
END_TEST

/* Who waits for himself can end that with another Request; a chain without a circle is no deadlock. */
START_TEST(what_is_no_circle) {
    static struct said one, two;
    begin();
    const uint32_t second = create(&a, "/shelf/file", RW);
    have(&a, of_a, X, OCTETS, 1, 1);
    lock_later(&one, &a, second, X, 60000, OCTETS, 1, 1);
    shelf_run(MS);
    lock_later(&two, &b, of_b, X, 60000, OCTETS, 1, 1);
    shelf_run(SECONDS);
    ck_assert_int_eq(is_answered(&one) || is_answered(&two), 0);
    have(&a, of_a, UIO_LOCK_NONE, OCTETS, 1, 1);
    ck_assert_uint_eq(wait_for(&one)->code, VMTP_OK);
    release(&a, second, 0);
    ck_assert_uint_eq(wait_for(&two)->code, VMTP_OK);
    end();
}
END_TEST

/* UIO-6.5-08, UIO-2.3-06: a lock that is never released, by an owner that is gone */
START_TEST(a_lock_of_a_dead_owner) {
    static struct said w;
    begin();
    have(&a, of_a, X, OCTETS, 0, 0);
    asker_close(&a);
    lock_later(&w, &b, of_b, X, 300000, OCTETS, 0, 1);
    wait_for(&w);
    ck_assert_uint_eq(w.code, VMTP_OK);
    asker_on(&a, b.node, shelf->entity);
    end();
}
END_TEST

/* Instances that wait and are released, or whose manager ends. */
START_TEST(waiters_whose_instance_ends) {
    static struct said w, v;
    begin();
    have(&a, of_a, X, OCTETS, 0, 0);
    lock_later(&w, &b, of_b, X, 300000, OCTETS, 0, 1);
    lock_later(&v, &c, of_c, X, 300000, OCTETS, 0, 1);
    shelf_run(MS);
    release(&a, of_b, 0);
    wait_for(&w);
    check_refused(&w, UIO_STALE);
    ck_assert_int_eq(is_answered(&v), 0);
    end(); /* in the middle of the other */
}
END_TEST

/* No more of them than one owner may have, or the table holds; nothing changes when they are refused. */
START_TEST(tables_of_locks_are_full) {
    shelf = shelf_new();
    shelf->config.locks = 6;
    shelf->config.owner_locks = 4;
    shelf_start(shelf);
    shelf_put(shelf, "file", SHELF_FILE, "x");
    asker_open(&a, shelf);
    asker_open(&b, shelf);
    asker_open(&c, shelf);
    of_a = create(&a, "/shelf/file", RW);
    of_b = create(&b, "/shelf/file", RW);
    for (unsigned i = 0; i < 4; i++)
        have(&a, of_a, S, OCTETS, 10 * i, 5);
    check_refused(lock(&a, of_a, S, 0, OCTETS, 100, 5), UIO_TOO_MANY);
    check_refused(lock(&a, of_a, UIO_LOCK_NONE, 0, OCTETS, 2, 1), UIO_TOO_MANY); /* would make two of one */
    have(&a, of_a, S, OCTETS, 0, 35);                                            /* makes one of four */
    ck_assert_uint_eq(USE(shelf).locks, 1);
    for (unsigned i = 0; i < 4; i++)
        have(&b, of_b, S, OCTETS, 100 + 10 * i, 5);
    have(&a, of_a, S, OCTETS, 200, 5);
    check_refused(lock(&a, of_a, S, 0, OCTETS, 300, 5), UIO_TOO_MANY);
    ck_assert_uint_eq(COUNTER(shelf, locks_full), 3);
    ck_assert_uint_eq(lock(&b, of_b, X, 0, OCTETS, 2, 1)->code, UIO_LOCKED);
    end();
}
END_TEST

/* Those that wait leave places for those for whom they wait. */
START_TEST(not_everybody_may_wait) {
    static struct said w[8];
    shelf = shelf_new();
    shelf->config.names.depth = 8;
    shelf_start(shelf);
    shelf_put(shelf, "file", SHELF_FILE, "x");
    asker_open(&a, shelf);
    asker_open(&b, shelf);
    asker_open(&c, shelf);
    of_a = create(&a, "/shelf/file", RW);
    of_b = create(&b, "/shelf/file", RW);
    have(&a, of_a, X, OCTETS, 0, 0);
    for (unsigned i = 0; i < 8; i++) {
        lock_later(&w[i], &b, of_b, S, 60000, OCTETS, i, 1);
        shelf_run(MS);
    }
    shelf_run(SECONDS);
    for (unsigned i = 0; i < 8; i++) {
        ck_assert_int_eq(is_answered(&w[i]), i >= 4);
        ck_assert(i < 4 || w[i].code == UIO_LOCKED);
    }
    ck_assert_uint_eq(COUNTER(shelf, waits_refused), 4);
    have(&a, of_a, UIO_LOCK_NONE, OCTETS, 0, 0);
    for (unsigned i = 0; i < 4; i++)
        ck_assert_uint_eq(wait_for(&w[i])->code, VMTP_OK);
    end();
}
END_TEST

int main(void) {
    const TTest *const tests[] = {shared_and_exclusive,
                                  blocks_are_octets,
                                  parts_are_replaced,
                                  as_a_table_of_octets_would_have_it,
                                  asking_only,
                                  locks_that_cannot_be,
                                  waiting_for_a_lock,
                                  who_came_first_is_served_first,
                                  who_gives_up_makes_way,
                                  circles_are_not_waited_for,
                                  what_is_no_circle,
                                  a_lock_of_a_dead_owner,
                                  waiters_whose_instance_ends,
                                  tables_of_locks_are_full,
                                  not_everybody_may_wait};
    TCase *tc = tcase_create("locks");
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++)
        tcase_add_test(tc, tests[i]);
    return shelf_main(tc, "uio_locks");
}
