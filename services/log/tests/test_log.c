/* SPDX-License-Identifier: BSD-2-Clause */
/* A log as its clients see it: written, read, waited for. */
#include <stdio.h>
#include <stdlib.h>

#include "log/log.h"
#include "testing/desk.h"

static struct desk desk;
static struct log_manager *records;
static uint32_t in, out;

#define COUNT(name) (log_counters(records)->name)

static void begin_with(const struct log_config *config) {
    desk_prepare(&desk);
    desk_begin(&desk);
    ck_assert_int_eq(log_open(&records, desk.manager, config), 0);
    desk_claim(&desk, "/log", log_context(records));
    in = create(&desk.a, "/log", UIO_MODE_READ);
    out = create(&desk.b, "/log", UIO_MODE_WRITE);
}

static void begin(void) { begin_with(NULL); }

static void end(void) {
    log_close(records);
    desk_end(&desk);
}

static const struct said *put(const char *text) {
    return write_at(&desk.b, out, 4711, 0, 0, text, (uint32_t)strlen(text));
}

static const struct said *get(uint64_t block) { return read_at(&desk.a, in, block, 0, LOG_RECORD_OCTETS); }

static uint64_t block_of(const struct said *s) { return (uint64_t)s->words[1] << 32 | s->words[2]; }

static void get_later(struct said *s, struct asker *a, uint64_t block, uint32_t octets) {
    const uint32_t words[7] = {in, (uint32_t)(block >> 32), (uint32_t)block, 0, octets};
    ask_later(s, a, UIO_READ_INSTANCE, words, NULL, 0, 0);
}

/* UIO-9.5-01 */
START_TEST(records_are_blocks) {
    begin();
    const struct said *s = query(&desk.a, in);
    ck_assert_uint_eq(s->instance.attributes,
                      UIO_READABLE | UIO_STORAGE | UIO_VARIABLE_BLOCK | UIO_INTERACTIVE | UIO_RANDOM_ACCESS);
    ck_assert_uint_eq(s->instance.block_size, LOG_RECORD_OCTETS);
    ck_assert_uint_eq(s->instance.object.type, UIO_TYPE_LOG);
    ck_assert_uint_eq(s->instance.last_block + s->instance.last_octets, 0);
    s = query(&desk.b, out);
    ck_assert_uint_eq(s->instance.attributes, UIO_WRITEABLE | UIO_APPEND_ONLY | UIO_STORAGE | UIO_VARIABLE_BLOCK |
                                                  UIO_INTERACTIVE | UIO_RANDOM_ACCESS);
    const uint64_t version = s->instance.object.version;
    for (unsigned i = 0; i < 3; i++) {
        s = put(i == 0 ? "one" : i == 1 ? "" : "three!");
        ck_assert_uint_eq(s->code, VMTP_OK);
        ck_assert_uint_eq(s->words[0], i == 0 ? 3 : i == 1 ? 0 : 6);
        ck_assert_uint_eq(block_of(s), i);
    }
    s = get(0);
    CHECK_TEXT(s, "one");
    ck_assert_uint_eq(block_of(s), 1);
    ck_assert_uint_eq(s->words[3], 0);
    ck_assert(s->call.answer.code & VMTP_DGM); /* UIO-4-04 */
    s = get(1);
    CHECK_TEXT(s, "");
    ck_assert_uint_eq(block_of(s), 2);
    s = get(2);
    CHECK_TEXT(s, "three!");
    ck_assert_uint_eq(s->words[3], UIO_END);
    CHECK_TEXT(get(0), "one"); /* and again */
    s = query(&desk.a, in);
    ck_assert_uint_eq(s->instance.last_block, 2);
    ck_assert_uint_eq(s->instance.last_octets, 6);
    ck_assert_uint_eq(s->instance.object.size, 9);
    ck_assert_uint_gt(s->instance.object.version, version);
    s = get(77);
    ck_assert_uint_eq(s->code, VMTP_OK);
    ck_assert_uint_eq(s->size, 0);
    ck_assert_uint_eq(s->words[3], UIO_END);
    end();
}
END_TEST

/* UIO-9.5-01, UIO-9.5-05 */
START_TEST(sizes) {
    static char large[LOG_RECORD_OCTETS + 1];
    begin();
    memset(large, 'x', sizeof large);
    ck_assert_uint_eq(write_at(&desk.b, out, 0, 0, 0, large, LOG_RECORD_OCTETS)->words[0], LOG_RECORD_OCTETS);
    check_refused(write_at(&desk.b, out, 0, 0, 0, large, LOG_RECORD_OCTETS + 1), UIO_TOO_LARGE); /* UIO-6.2-11 */
    check_text(get(0), large, LOG_RECORD_OCTETS);
    check_refused(read_at(&desk.a, in, 0, 0, LOG_RECORD_OCTETS - 1), UIO_BAD_COUNT);
    check_refused(read_at(&desk.a, in, 0, 1, 100), UIO_BAD_BLOCK);
    check_refused(read_at(&desk.a, in, 0, 0, 0), UIO_BAD_COUNT);
    check_refused(write_at(&desk.a, in, 0, 0, 0, "x", 1), UIO_NOT_WRITEABLE);
    check_refused(read_at(&desk.b, out, 0, 0, 100), UIO_NOT_READABLE);
    ck_assert_uint_eq(write_at(&desk.b, out, 0, 0, UIO_WRITE_SYNC | UIO_WRITE_APPEND, "x", 1)->code, VMTP_OK);
    ck_assert_uint_eq(modify(&desk.b, out, UIO_MASK_STABLE, 0, 0)->code, VMTP_OK);
    ck_assert_uint_eq(COUNT(syncs), 2);
    ck_assert_uint_eq(log_append(records, large, LOG_RECORD_OCTETS + 1), UIO_TOO_LARGE);
    ck_assert_uint_eq(log_append(records, "own", 3), 0);
    CHECK_TEXT(get(2), "own");
    end();
}
END_TEST

/* UIO-9.5-01, UIO-6.1-08: what a reader that follows the log needs */
START_TEST(readers_wait_for_more) {
    static struct said s[5];
    begin();
    put("first");
    vmtp_time t = vipc_now(desk.node);
    const struct said *r = get(1);
    ck_assert_uint_eq(r->code, VMTP_OK);
    ck_assert_uint_eq(r->size, 0);
    ck_assert_uint_eq(r->words[3], UIO_END);
    ck_assert_uint_eq(block_of(r), 1);
    ck_assert_uint_ge(vipc_now(desk.node) - t, 500 * MS);
    for (unsigned i = 0; i < 4; i++)
        get_later(&s[i], i % 2 ? &desk.a : &desk.b, 1, i == 3 ? 5 : 100);
    get_later(&s[4], &desk.a, 2, 100);
    shelf_run(100 * MS);
    ck_assert_uint_eq(desk_use(&desk).waiting, 4);
    ck_assert_int_eq(is_answered(&s[4]), 1); /* not the next one */
    t = vipc_now(desk.node);
    put("second");
    for (unsigned i = 0; i < 3; i++) {
        CHECK_TEXT(wait_for(&s[i]), "second");
        ck_assert_uint_eq(s[i].words[3], UIO_END);
    }
    check_refused(wait_for(&s[3]), UIO_BAD_COUNT);
    ck_assert_uint_le(vipc_now(desk.node) - t, 10 * MS);
    ck_assert_uint_eq(desk_use(&desk).waiting, 0);
    get_later(&s[0], &desk.a, 2, 100);
    shelf_run(100 * MS);
    ck_assert_uint_eq(log_append(records, "third", 5), 0);
    CHECK_TEXT(wait_for(&s[0]), "third");
    end();
}
END_TEST

/* UIO-9.5-02 */
START_TEST(the_oldest_go) {
    const struct log_config small = {.octets = LOG_LEAST_OCTETS};
    char text[64];
    begin_with(&small);
    for (unsigned i = 0; i < 3000; i++) {
        snprintf(text, sizeof text, "record %u", i);
        ck_assert_uint_eq(put(text)->code, VMTP_OK);
    }
    const uint64_t first = log_first(records);
    ck_assert_uint_gt(first, 0);
    ck_assert_uint_eq(first, COUNT(dropped));
    ck_assert_uint_eq(log_next(records), 3000);
    ck_assert_uint_ge((3000 - first) * (16 + 10), LOG_LEAST_OCTETS / 2 - 100); /* half of it at least */
    ck_assert_uint_le(query(&desk.a, in)->instance.object.storage, LOG_LEAST_OCTETS);
    check_refused(get(0), UIO_BAD_BLOCK);
    check_refused(get(first - 1), UIO_BAD_BLOCK);
    const struct said *s = open_as(&desk.a, "/log", UIO_MODE_READ);
    ck_assert_uint_eq(s->instance.next_block, first);
    ck_assert_uint_eq(s->instance.last_block, 2999);
    for (uint64_t i = first; i < 3000; i++) {
        snprintf(text, sizeof text, "record %u", (unsigned)i);
        CHECK_TEXT(get(i), text);
    }
    end();
}
END_TEST

START_TEST(what_a_log_is_not) {
    struct log_manager *none;
    const struct log_config bad[] = {{.octets = LOG_LEAST_OCTETS - 1}, {.octets = LOG_MOST_OCTETS + 1}};
    begin();
    check_refused(open_as(&desk.a, "/log", RW | UIO_MODE_TRUNCATE), UIO_UNSUPPORTED);
    check_refused(open_as(&desk.a, "/log", RW | UIO_MODE_TRANSACTION), UIO_UNSUPPORTED);
    check_refused(open_as(&desk.a, "/log", RW | UIO_MODE_LOCK_SHARED), UIO_UNSUPPORTED);
    check_refused(open_as(&desk.a, "/log", RW | UIO_MODE_CREATE | UIO_MODE_EXCLUSIVE), UIO_EXISTS);
    check_refused(open_as(&desk.a, "/log/x", UIO_MODE_READ), VNAME_NOT_CONTEXT);
    check_refused(on_name(&desk.a, UIO_REMOVE_OBJECT, "/log", 0, 0), UIO_UNSUPPORTED);
    check_refused(modify(&desk.b, out, UIO_MASK_SIZE, 0, 0), UIO_UNSUPPORTED);
    ck_assert_uint_eq(on_name(&desk.a, UIO_QUERY_OBJECT, "/log", 0, 0)->object.type, UIO_TYPE_LOG);
    const struct said *s = on_name(&desk.a, UIO_QUERY_STORAGE, "/log", 0, 0);
    ck_assert_uint_eq(s->words[1], 16 << 20);
    ck_assert_uint_eq(s->words[3], (16 << 20) - 32);
    for (unsigned i = 0; i < 2; i++)
        ck_assert_int_eq(log_open(&none, desk.manager, &bad[i]), VMTP_E_INVALID);
    unsigned i = 0;
    while (log_counter_name(i))
        ck_assert_ptr_nonnull(log_counter_text(i++));
    ck_assert_uint_eq(i, LOG_COUNTER_COUNT);
    end();
}
END_TEST

/* Thousands follow the log; those who write get through, and most are answered at once, as if nothing had come. */
START_TEST(thousands_of_followers) {
    const unsigned count = 2000;
    struct said *reads = calloc(count, sizeof *reads);
    unsigned got = 0, nothing = 0;
    ck_assert_ptr_nonnull(reads);
    begin();
    for (unsigned i = 0; i < count; i++)
        get_later(&reads[i], &desk.a, 0, 100);
    shelf_run(20 * MS);
    ck_assert_uint_eq(desk_use(&desk).waiting, 16);
    ck_assert_uint_eq(put("hello")->code, VMTP_OK);
    for (unsigned i = 0; i < count; i++) {
        wait_for(&reads[i]);
        ck_assert_uint_eq(reads[i].code, VMTP_OK);
        got += reads[i].size == 5;
        nothing += reads[i].size == 0 && reads[i].words[3] == UIO_END;
    }
    ck_assert_uint_eq(got + nothing, count);
    ck_assert_uint_ge(got, 16);
    ck_assert_uint_gt(nothing, 0);
    end();
    free(reads);
}
END_TEST

/* Owners that die while they wait, and numbers of nothing. */
START_TEST(followers_that_die) {
    static struct said s;
    begin();
    get_later(&s, &desk.a, 0, 100);
    shelf_run(100 * MS);
    vipc_fake_crash(desk.a.node);
    for (unsigned i = 0; i < 20; i++) {
        shelf_run(10 * SECONDS);
        put("still there");
    }
    ck_assert_uint_eq(desk_use(&desk).instances, 1);
    check_refused(read_at(&desk.b, in, 0, 0, 100), UIO_STALE);
    check_refused(write_at(&desk.b, out + 1, 0, 0, 0, "x", 1), UIO_STALE);
    vipc_fake_restart(desk.a.node);
    asker_on(&desk.a, desk.a.node, desk.b.server);
    end();
}
END_TEST

int main(void) {
    TCase *c = tcase_create("log");
    tcase_add_test(c, records_are_blocks);
    tcase_add_test(c, sizes);
    tcase_add_test(c, readers_wait_for_more);
    tcase_add_test(c, the_oldest_go);
    tcase_add_test(c, what_a_log_is_not);
    tcase_add_test(c, thousands_of_followers);
    tcase_add_test(c, followers_that_die);
    return shelf_main(c, "log");
}
