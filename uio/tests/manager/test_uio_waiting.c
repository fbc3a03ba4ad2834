/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads that wait, programs that answer later, instances that end meanwhile. */
#include "support/shelf.h"

#define NEXT UIO_MANAGER_NEXT
#define RW (UIO_MODE_READ | UIO_MODE_WRITE)

static struct shelf *shelf;
static struct asker a, b;
static uint32_t in, out;

static void begin(void) {
    shelf = shelf_open();
    shelf_put(shelf, "file", SHELF_FILE, "hello, world");
    shelf_put(shelf, "pipe", SHELF_PIPE, "");
    asker_open(&a, shelf);
    asker_open(&b, shelf);
    in = create(&a, "/shelf/pipe", UIO_MODE_READ);
    out = create(&b, "/shelf/pipe", UIO_MODE_WRITE);
}

static void end(void) {
    asker_close(&a);
    asker_close(&b);
    shelf_close(shelf);
}

static void read_later(struct said *s, uint32_t number, uint64_t block, uint32_t ms) {
    const uint32_t words[7] = {number, (uint32_t)(block >> 32), (uint32_t)block, ms, 512};
    ask_later(s, &a, UIO_READ_INSTANCE, words, NULL, 0, 0);
}

/* UIO-6.1-06, UIO-6.1-07, UIO-6.2-05 */
START_TEST(a_pipe_is_read_in_sequence) {
    begin();
    check_refused(read_at(&a, in, 0, 0, 512), UIO_BAD_BLOCK);
    check_refused(read_at(&a, in, NEXT, 0, 512), UIO_WOULD_WAIT);
    const vmtp_time t = vipc_now(a.node);
    check_refused(read_at(&a, in, NEXT, 2000, 512), UIO_WOULD_WAIT);
    ck_assert_uint_ge(vipc_now(a.node) - t, 2 * SECONDS);
    ck_assert_uint_eq(shelf->cancelled, 1);
    ck_assert_uint_eq(COUNTER(shelf, waits_over), 1);
    const struct said *s = write_at(&b, out, 17, 0, 0, "abc", 3);
    ck_assert_uint_eq(s->code, VMTP_OK);
    ck_assert_uint_eq(s->words[0], 3);
    s = read_at(&a, in, NEXT, 0, 512);
    CHECK_TEXT(s, "abc");
    ck_assert(!(s->call.answer.code & VMTP_DGM)); /* UIO-4-04: given to one read only */
    check_refused(read_at(&a, in, NEXT, 0, 512), UIO_WOULD_WAIT);
    uint8_t data[600] = {0};
    check_refused(write_at(&b, out, 0, 0, 0, data, 513), UIO_BAD_COUNT);
    end();
}
END_TEST

START_TEST(a_read_that_waits_gets_what_is_written) {
    static struct said first, second;
    begin();
    read_later(&first, in, NEXT, 60000);
    shelf_run(MS);
    read_later(&second, in, NEXT, 60000);
    shelf_run(SECONDS);
    ck_assert_uint_eq(USE(shelf).waiting, 2);
    write_at(&b, out, 0, 0, 0, "one", 3);
    CHECK_TEXT(wait_for(&first), "one");
    ck_assert_int_eq(is_answered(&second), 0);
    write_at(&b, out, 0, 0, 0, "two", 3);
    CHECK_TEXT(wait_for(&second), "two");
    ck_assert_uint_eq(USE(shelf).waiting, 0);
    ck_assert_uint_eq(COUNTER(shelf, waited), 2);
    end();
}
END_TEST

/* UIO-2.3-03: the instance ends while its reads wait */
START_TEST(reads_of_an_instance_that_ends) {
    static struct said first, second;
    begin();
    read_later(&first, in, NEXT, 60000);
    read_later(&second, in, NEXT, 60000);
    shelf_run(SECONDS);
    ck_assert_uint_eq(release(&b, in, 0)->code, VMTP_OK);
    check_refused(wait_for(&first), UIO_STALE);
    check_refused(wait_for(&second), UIO_STALE);
    ck_assert_uint_eq(shelf->cancelled, 2);
    in = create(&a, "/shelf/pipe", UIO_MODE_READ);
    read_later(&first, in, NEXT, 60000);
    shelf_run(SECONDS);
    end(); /* and the manager */
}
END_TEST

/* A client that is gone: its read waits its time and nobody is told. */
START_TEST(a_reader_that_goes_away) {
    static struct said first;
    begin();
    read_later(&first, in, NEXT, 5000);
    shelf_run(SECONDS);
    vipc_cancel(&first.call);
    shelf_run(10 * SECONDS);
    ck_assert_uint_eq(USE(shelf).operations, 0);
    ck_assert_uint_eq(USE(shelf).waiting, 0);
    end();
}
END_TEST

/* Readers that wait leave places for those who write. */
START_TEST(readers_do_not_keep_writers_out) {
    static struct said reads[12];
    shelf = shelf_new();
    shelf->config.names.depth = 6;
    shelf_start(shelf);
    shelf_put(shelf, "pipe", SHELF_PIPE, "");
    asker_open(&a, shelf);
    asker_open(&b, shelf);
    in = create(&a, "/shelf/pipe", UIO_MODE_READ);
    out = create(&b, "/shelf/pipe", UIO_MODE_WRITE);
    for (unsigned i = 0; i < 12; i++)
        read_later(&reads[i], in, NEXT, 30000);
    shelf_run(SECONDS);
    ck_assert_uint_eq(USE(shelf).waiting, 3);
    for (unsigned i = 0; i < 3; i++)
        ck_assert_uint_eq(write_at(&b, out, 0, 0, 0, "x", 1)->code, VMTP_OK);
    unsigned got = 0;
    for (unsigned i = 0; i < 12; i++) {
        wait_for(&reads[i]);
        got += reads[i].code == VMTP_OK;
        ck_assert(reads[i].code == VMTP_OK || reads[i].code == UIO_WOULD_WAIT);
    }
    ck_assert_uint_eq(got, 3);
    end();
}
END_TEST

/* UIO-6.1-08: a log */
START_TEST(a_log_waits_half_a_second) {
    static struct said s;
    begin();
    shelf_put(shelf, "log", SHELF_FILE | UIO_INTERACTIVE, "");
    in = create(&a, "/shelf/log", UIO_MODE_READ);
    out = create(&b, "/shelf/log", RW);
    vmtp_time t = vipc_now(a.node);
    read_later(&s, in, 0, 0);
    wait_for(&s);
    ck_assert_uint_eq(s.code, VMTP_OK);
    ck_assert_uint_eq(s.words[0], 0);
    ck_assert_uint_eq(s.words[3], UIO_END);
    ck_assert_uint_ge(vipc_now(a.node) - t, 500 * MS);
    ck_assert_uint_le(vipc_now(a.node) - t, 510 * MS);
    read_later(&s, in, 0, 0);
    shelf_run(200 * MS);
    write_at(&b, out, 0, 0, 0, "record", 6);
    CHECK_TEXT(wait_for(&s), "record");
    t = vipc_now(a.node);
    CHECK_TEXT(read_at(&a, in, 0, 0, 100), "record");
    ck_assert_uint_le(vipc_now(a.node) - t, 10 * MS);
    end();
}
END_TEST

/* A program that opens and reads later than it is asked */
START_TEST(a_program_that_answers_later) {
    static struct said s;
    begin();
    shelf->keep = 1;
    struct vmtp_message m = {.code = UIO_CREATE_INSTANCE};
    uint8_t segment[64];
    const struct vname_request r = {.index = 6, .length = 11, .name = "/shelf/file"};
    const uint32_t size = vname_request_build(&m, segment, sizeof segment, &r);
    m.words[2] = UIO_MODE_READ;
    ask_later(&s, &a, m.code, m.words, segment, size, 0);
    shelf_run(SECONDS);
    ck_assert_int_eq(is_answered(&s), 0);
    shelf_let_go(shelf);
    wait_for(&s);
    const uint32_t number = s.words[0];
    read_later(&s, number, 0, 0);
    shelf_run(SECONDS);
    ck_assert_int_eq(is_answered(&s), 0);
    shelf_let_go(shelf);
    CHECK_TEXT(wait_for(&s), "hello, world");
    /* asked again, and the manager ends */
    read_later(&s, number, 0, 0);
    static struct said t;
    ask_later(&t, &b, m.code, m.words, segment, size, 0);
    shelf_run(SECONDS);
    ck_assert_uint_eq(shelf->kept_count, 2);
    end();
}
END_TEST

/* ---- errors that are told later (UIO-6.2-09) ------------------------------------------------------------------------ */

START_TEST(late_errors_are_told_once_to_each) {
    begin();
    const uint32_t one = create(&a, "/shelf/file", RW), two = create(&a, "/shelf/file", RW),
                   three = create(&b, "/shelf/file", RW | UIO_MODE_SYNC),
                   four = create(&b, "/shelf/file", UIO_MODE_READ);
    const uint64_t identity[2] = {(uint64_t)(uintptr_t)shelf_find(shelf, "file", 4), 7};
    const uint64_t other[2] = {1, 2};
    uio_manager_late_error(shelf->manager, &shelf_type, other, UIO_FAILED);
    uio_manager_late_error(shelf->manager, &shelf_type, identity, UIO_NO_SPACE);
    ck_assert_uint_eq(write_at(&a, one, 0, 0, 0, "x", 1)->code, VMTP_OK);
    check_refused(modify(&a, one, UIO_MASK_STABLE, 0, 0), UIO_NO_SPACE);
    ck_assert_uint_eq(modify(&a, one, UIO_MASK_STABLE, 0, 0)->code, VMTP_OK);
    check_refused(release(&a, two, 0), UIO_NO_SPACE); /* UIO-6.4-02: it has ended all the same */
    check_refused(release(&a, two, 0), UIO_STALE);
    check_refused(write_at(&b, three, 0, 0, 0, "x", 1), UIO_NO_SPACE);
    ck_assert_uint_eq(write_at(&b, three, 0, 0, 0, "x", 1)->code, VMTP_OK);
    ck_assert_int_eq(shelf->stable, 1); /* UIO-6.2-08 */
    check_refused(release(&b, four, 0), UIO_NO_SPACE);
    ck_assert_uint_eq(COUNTER(shelf, late_errors_told), 4);
    end();
}
END_TEST

/* One that a SYNC finds is the others' too. */
START_TEST(what_one_finds_the_others_are_told) {
    begin();
    const uint32_t one = create(&a, "/shelf/file", RW), two = create(&b, "/shelf/file", RW);
    shelf->refuse_sync = UIO_FAILED;
    check_refused(modify(&a, one, UIO_MASK_STABLE, 0, 0), UIO_FAILED);
    shelf->refuse_sync = 0;
    ck_assert_uint_eq(modify(&a, one, UIO_MASK_STABLE, 0, 0)->code, VMTP_OK);
    check_refused(modify(&b, two, UIO_MASK_STABLE, 0, 0), UIO_FAILED);
    ck_assert_uint_eq(modify(&b, two, UIO_MASK_STABLE, 0, 0)->code, VMTP_OK);
    shelf->refuse_release = UIO_NO_SPACE;
    check_refused(release(&a, one, 0), UIO_NO_SPACE);
    shelf->refuse_release = 0;
    check_refused(modify(&b, two, UIO_MASK_STABLE, 0, 0), UIO_NO_SPACE);
    end();
}
END_TEST

/* ---- transactions, as far as they are all alike ----------------------------------------------------------------------- */

/* UIO-6.6-01, UIO-6.6-04, UIO-6.3-03, UIO-6.4-03 */
START_TEST(writes_are_collected) {
    begin();
    const uint32_t other = create(&b, "/shelf/file", UIO_MODE_READ);
    uint32_t t = create(&a, "/shelf/file", RW | UIO_MODE_TRANSACTION);
    write_at(&a, t, 0, 0, 0, "HELLO", 5);
    CHECK_TEXT(read_at(&a, t, 0, 0, 5), "HELLO");
    CHECK_TEXT(read_at(&b, other, 0, 0, 5), "hello");
    ck_assert_uint_eq(modify(&a, t, UIO_MASK_TAKE_BACK, 0, 0)->code, VMTP_OK);
    CHECK_TEXT(read_at(&a, t, 0, 0, 5), "hello");
    write_at(&a, t, 0, 0, 0, "Hello", 5);
    ck_assert_uint_eq(modify(&a, t, UIO_MASK_COMMIT, 0, 0)->code, VMTP_OK);
    CHECK_TEXT(read_at(&b, other, 0, 0, 5), "Hello");
    write_at(&a, t, 0, 0, 0, "never", 5);
    release(&a, t, 0);
    CHECK_TEXT(read_at(&b, other, 0, 0, 5), "Hello");
    t = create(&a, "/shelf/file", RW | UIO_MODE_TRANSACTION);
    write_at(&a, t, 0, 0, 0, "HELLO", 5);
    ck_assert_uint_eq(release(&a, t, 1)->code, VMTP_OK);
    check_refused(query(&a, t), UIO_STALE);
    CHECK_TEXT(read_at(&b, other, 0, 0, 5), "HELLO");
    ck_assert_uint_eq(COUNTER(shelf, commits), 2);
    ck_assert_uint_eq(COUNTER(shelf, taken_back), 2);
    end();
}
END_TEST

/* UIO-6.6-03 */
START_TEST(a_commit_that_comes_too_late) {
    begin();
    const uint32_t other = create(&b, "/shelf/file", RW);
    const uint32_t t = create(&a, "/shelf/file", RW | UIO_MODE_TRANSACTION);
    write_at(&a, t, 0, 0, 0, "HELLO", 5);
    write_at(&b, other, 0, 0, 0, "first", 5);
    check_refused(release(&a, t, 1), UIO_CONFLICT); /* UIO-6.4-03: it lives on */
    CHECK_TEXT(read_at(&b, other, 0, 0, 5), "first");
    CHECK_TEXT(read_at(&a, t, 0, 0, 5), "HELLO");
    check_refused(write_at(&a, t, 0, 0, 0, "x", 1), UIO_CONFLICT);
    check_refused(modify(&a, t, UIO_MASK_SIZE, 0, 0), UIO_CONFLICT);
    check_refused(modify(&a, t, UIO_MASK_COMMIT, 0, 0), UIO_CONFLICT);
    check_refused(modify(&a, t, UIO_MASK_COMMIT | UIO_MASK_TAKE_BACK, 0, 0), UIO_BAD_REQUEST);
    ck_assert_uint_eq(modify(&a, t, UIO_MASK_TAKE_BACK, 0, 0)->code, VMTP_OK);
    CHECK_TEXT(read_at(&a, t, 0, 0, 5), "first");
    write_at(&a, t, 0, 0, 0, "last!", 5);
    ck_assert_uint_eq(release(&a, t, 1)->code, VMTP_OK);
    CHECK_TEXT(read_at(&b, other, 0, 0, 5), "last!");
    end();
}
END_TEST

int main(void) {
    const TTest *const tests[] = {a_pipe_is_read_in_sequence,         a_read_that_waits_gets_what_is_written,
                                  reads_of_an_instance_that_ends,     a_reader_that_goes_away,
                                  readers_do_not_keep_writers_out,    a_log_waits_half_a_second,
                                  a_program_that_answers_later,       late_errors_are_told_once_to_each,
                                  what_one_finds_the_others_are_told, writes_are_collected,
                                  a_commit_that_comes_too_late};
    TCase *tc = tcase_create("waiting");
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++)
        tcase_add_test(tc, tests[i]);
    return shelf_main(tc, "uio_waiting");
}
