/* SPDX-License-Identifier: BSD-2-Clause */
/* Octets through a pipe: order, ends, waiting. */
#include <stdlib.h>

#include "pipe/pipe.h"
#include "testing/desk.h"

static struct desk desk;
static struct pipe_manager *pipes;
static uint32_t in, out;

#define COUNT(name) (pipe_counters(pipes)->name)
#define CREATE UIO_MODE_CREATE

static void begin_with(const struct pipe_config *config) {
    desk_prepare(&desk);
    desk_begin(&desk);
    ck_assert_int_eq(pipe_open(&pipes, desk.manager, config), 0);
    desk_claim(&desk, "/pipe", pipe_context(pipes));
    out = create(&desk.b, "/pipe/p", UIO_MODE_WRITE | CREATE);
    in = create(&desk.a, "/pipe/p", UIO_MODE_READ);
}

static void begin(void) {
    const struct pipe_config small = {.capacity = 8192};
    begin_with(&small);
}

static void end(void) {
    pipe_close(pipes);
    desk_end(&desk);
}

static const struct said *put(const char *text) {
    return write_at(&desk.b, out, 0, 0, 0, text, (uint32_t)strlen(text));
}

static const struct said *get(uint32_t ms) { return read_at(&desk.a, in, NEXT, ms, 4096); }

static uint8_t *octets_of(uint32_t seed, uint32_t n) {
    static uint8_t octets[65536];
    for (uint32_t i = 0; i < n; i++)
        octets[i] = (uint8_t)(seed + i * 7 + i / 251);
    return octets;
}

/* UIO-9.2-02 */
START_TEST(what_is_written_is_read_once) {
    begin();
    ck_assert_uint_eq(put("hello, ")->code, VMTP_OK);
    put("world");
    CHECK_TEXT(read_at(&desk.a, in, NEXT, 0, 3), "hel");
    CHECK_TEXT(get(0), "lo, world");
    check_refused(get(0), UIO_WOULD_WAIT);
    const vmtp_time t = vipc_now(desk.node);
    check_refused(get(2000), UIO_WOULD_WAIT);
    ck_assert_uint_ge(vipc_now(desk.node) - t, 2 * SECONDS);
    put("end");
    ck_assert_uint_eq(release(&desk.b, out, 0)->code, VMTP_OK);
    const struct said *s = get(0);
    CHECK_TEXT(s, "end");
    ck_assert_uint_eq(s->words[3], UIO_END);
    s = get(5000);
    ck_assert_uint_eq(s->code, VMTP_OK);
    ck_assert_uint_eq(s->size, 0);
    ck_assert_uint_eq(s->words[3], UIO_END);
    ck_assert_uint_eq(COUNT(written), 15);
    ck_assert_uint_eq(COUNT(read), 15);
    ck_assert_uint_eq(COUNT(ends), 1);
    end();
}
END_TEST

/* UIO-9.2-02: an end may be followed by more */
START_TEST(another_writer_comes) {
    begin();
    release(&desk.b, out, 0);
    ck_assert_uint_eq(get(0)->words[3], UIO_END);
    out = create(&desk.b, "/pipe/p", UIO_MODE_WRITE);
    check_refused(get(0), UIO_WOULD_WAIT);
    put("more");
    const struct said *s = get(0);
    CHECK_TEXT(s, "more");
    ck_assert_uint_eq(s->words[3], 0);
    end();
}
END_TEST

/* UIO-9.2-05 */
START_TEST(attributes_and_blocks) {
    begin();
    const struct said *s = query(&desk.a, in);
    ck_assert_uint_eq(s->instance.attributes, UIO_READABLE | UIO_MULTI_BLOCK | UIO_INTERACTIVE);
    ck_assert_uint_eq(s->instance.block_size, 4096);
    ck_assert_uint_eq(s->instance.object.type, UIO_TYPE_PIPE);
    ck_assert_uint_eq(query(&desk.b, out)->instance.attributes, UIO_WRITEABLE | UIO_MULTI_BLOCK | UIO_INTERACTIVE);
    check_refused(put(""), UIO_BAD_COUNT);
    check_refused(read_at(&desk.a, in, 0, 0, 10), UIO_BAD_BLOCK);
    check_refused(write_at(&desk.a, in, 0, 0, 0, "x", 1), UIO_NOT_WRITEABLE);
    check_refused(read_at(&desk.a, out, NEXT, 0, 10), UIO_NOT_READABLE);
    check_refused(write_at(&desk.b, out, 0, 0, UIO_WRITE_SYNC, "x", 1), UIO_UNSUPPORTED);
    /* one instance with both ends */
    const uint32_t both = create(&desk.a, "/pipe/both", RW | CREATE);
    ck_assert_uint_eq(write_at(&desk.a, both, 0, 0, 0, "itself", 6)->code, VMTP_OK);
    CHECK_TEXT(read_at(&desk.a, both, NEXT, 0, 100), "itself");
    check_refused(read_at(&desk.a, both, NEXT, 0, 100), UIO_WOULD_WAIT);
    end();
}
END_TEST

/* UIO-9.2-04 */
START_TEST(a_full_pipe) {
    static struct said waiting;
    begin();
    ck_assert_uint_eq(write_at(&desk.b, out, 0, 0, 0, octets_of(0, 4096), 4096)->words[0], 4096);
    ck_assert_uint_eq(write_at(&desk.b, out, 0, 0, 0, octets_of(1, 4000), 4000)->words[0], 4000);
    check_refused(write_at(&desk.b, out, 0, 0, 0, octets_of(2, 97), 97), UIO_WOULD_WAIT); /* whole or not at all */
    ck_assert_uint_eq(write_at(&desk.b, out, 0, 0, 0, octets_of(2, 4097), 4097)->words[0], 96);
    check_refused(write_at(&desk.b, out, 0, 0, 0, octets_of(2, 4097), 4097), UIO_WOULD_WAIT);
    ck_assert_uint_eq(query(&desk.b, out)->instance.object.size, 8192);
    /* one that waits for room */
    write_later(&waiting, &desk.b, out, 60000, octets_of(3, 4096), 4096);
    shelf_run(SECONDS);
    check_text(read_at(&desk.a, in, NEXT, 0, 4095), (const char *)octets_of(0, 4095), 4095);
    shelf_run(SECONDS);
    ck_assert_int_eq(is_answered(&waiting), 0);
    ck_assert_uint_eq(read_at(&desk.a, in, NEXT, 0, 1)->size, 1);
    ck_assert_uint_eq(wait_for(&waiting)->words[0], 4096);
    check_text(read_at(&desk.a, in, NEXT, 0, 4000), (const char *)octets_of(1, 4000), 4000);
    check_text(read_at(&desk.a, in, NEXT, 0, 96), (const char *)octets_of(2, 96), 96);
    check_text(get(0), (const char *)octets_of(3, 4096), 4096);
    ck_assert_uint_eq(COUNT(part), 1);
    ck_assert_uint_eq(COUNT(whole), 3);
    end();
}
END_TEST

/* UIO-9.2-04: several writers at the same time; a piece of 4096 octets is one writer's */
START_TEST(writes_are_not_mixed) {
    static struct said writes[6];
    struct asker writers[6];
    uint32_t numbers[6];
    begin();
    for (unsigned w = 0; w < 6; w++) {
        asker_on(&writers[w], vipc_fake_node(shelf_net), desk.a.server);
        numbers[w] = create(&writers[w], "/pipe/p", UIO_MODE_WRITE);
    }
    for (unsigned w = 0; w < 6; w++)
        write_later(&writes[w], &writers[w], numbers[w], 60000, memset(octets_of(0, 4096), 'a' + (int)w, 4096), 4096);
    unsigned seen[6] = {0};
    for (unsigned i = 0; i < 6; i++) {
        uint8_t piece[4096];
        for (uint32_t n = 0; n < 4096;) {
            const struct said *s = read_at(&desk.a, in, NEXT, 1000, 4096 - n < 1000 ? 4096 - n : 1000);
            ck_assert_uint_eq(s->code, VMTP_OK);
            memcpy(piece + n, s->octets, s->size);
            n += s->size;
        }
        for (unsigned n = 1; n < 4096; n++)
            ck_assert_uint_eq(piece[n], piece[0]);
        seen[piece[0] - 'a']++;
    }
    for (unsigned w = 0; w < 6; w++) {
        ck_assert_uint_eq(seen[w], 1);
        ck_assert_uint_eq(wait_for(&writes[w])->words[0], 4096);
        asker_close(&writers[w]);
    }
    end();
}
END_TEST

/* UIO-9.2-07 */
START_TEST(who_waits_is_served_in_order) {
    static struct said r[3], w[3];
    begin();
    for (unsigned i = 0; i < 3; i++) {
        read_later(&r[i], &desk.a, in, 60000, 2);
        shelf_run(MS);
    }
    check_refused(read_at(&desk.a, in, NEXT, 0, 100), UIO_WOULD_WAIT);
    put("abcde");
    CHECK_TEXT(wait_for(&r[0]), "ab");
    CHECK_TEXT(wait_for(&r[1]), "cd");
    CHECK_TEXT(wait_for(&r[2]), "e");
    write_at(&desk.b, out, 0, 0, 0, octets_of(0, 4096), 4096);
    write_at(&desk.b, out, 0, 0, 0, octets_of(0, 4090), 4090);
    write_later(&w[0], &desk.b, out, 60000, octets_of(0, 4096), 4096);
    shelf_run(MS);
    write_later(&w[1], &desk.b, out, 60000, "x", 1); /* there would be room for it */
    write_later(&w[2], &desk.b, out, 1000, "y", 1);
    check_refused(put("z"), UIO_WOULD_WAIT);
    check_refused(wait_for(&w[2]), UIO_WOULD_WAIT);
    ck_assert_int_eq(is_answered(&w[1]), 0);
    read_at(&desk.a, in, NEXT, 0, 4096);
    ck_assert_uint_eq(wait_for(&w[0])->code, VMTP_OK);
    ck_assert_uint_eq(wait_for(&w[1])->code, VMTP_OK);
    end();
}
END_TEST

/* One that gives up is not in the way of the others. */
START_TEST(the_first_that_waits_gives_up) {
    static struct said w[2];
    begin();
    write_at(&desk.b, out, 0, 0, 0, octets_of(0, 4096), 4096);
    write_at(&desk.b, out, 0, 0, 0, octets_of(0, 4090), 4090);
    write_later(&w[0], &desk.b, out, 500, octets_of(0, 4096), 4096);
    shelf_run(MS);
    write_later(&w[1], &desk.b, out, 60000, "x", 1);
    check_refused(wait_for(&w[0]), UIO_WOULD_WAIT);
    ck_assert_uint_eq(wait_for(&w[1])->code, VMTP_OK);
    ck_assert_uint_eq(pipe_octets(pipes), 8187);
    end();
}
END_TEST

/* UIO-9.2-03 */
START_TEST(nobody_reads_any_more) {
    static struct said waiting;
    begin();
    release(&desk.a, in, 0);
    check_refused(put("x"), UIO_BROKEN);
    in = create(&desk.a, "/pipe/p", UIO_MODE_READ);
    ck_assert_uint_eq(put("y")->code, VMTP_OK);
    CHECK_TEXT(get(0), "y");
    write_at(&desk.b, out, 0, 0, 0, octets_of(0, 4096), 4096);
    write_at(&desk.b, out, 0, 0, 0, octets_of(0, 4096), 4096);
    write_later(&waiting, &desk.b, out, 60000, "x", 1);
    shelf_run(SECONDS);
    release(&desk.a, in, 0);
    check_refused(wait_for(&waiting), UIO_BROKEN);
    ck_assert_uint_eq(COUNT(broken), 2);
    /* until a reader has come it is full, not broken */
    const uint32_t other = create(&desk.b, "/pipe/other", UIO_MODE_WRITE | CREATE);
    for (unsigned i = 0; i < 2; i++)
        ck_assert_uint_eq(write_at(&desk.b, other, 0, 0, 0, octets_of(0, 4096), 4096)->code, VMTP_OK);
    check_refused(write_at(&desk.b, other, 0, 0, 0, "x", 1), UIO_WOULD_WAIT);
    end();
}
END_TEST

/* UIO-9.2-02, UIO-2.3-06: a program that dies frees its end */
START_TEST(owners_that_end) {
    static struct said waiting;
    begin();
    read_later(&waiting, &desk.a, in, 600000, 100);
    shelf_run(SECONDS);
    asker_close(&desk.b); /* it was the last that wrote */
    shelf_run(120 * SECONDS);
    ck_assert_int_eq(is_answered(&waiting), 1);
    ck_assert_uint_eq(waiting.code, VMTP_OK);
    ck_assert_uint_eq(waiting.words[3], UIO_END);
    asker_on(&desk.b, vipc_fake_node(shelf_net), desk.a.server);
    out = create(&desk.b, "/pipe/p", UIO_MODE_WRITE);
    write_at(&desk.b, out, 0, 0, 0, octets_of(0, 4096), 4096);
    write_at(&desk.b, out, 0, 0, 0, octets_of(0, 4096), 4096);
    write_later(&waiting, &desk.b, out, 600000, "x", 1);
    shelf_run(SECONDS);
    asker_close(&desk.a); /* and now the last that reads */
    shelf_run(120 * SECONDS);
    ck_assert_int_eq(is_answered(&waiting), 1);
    ck_assert_uint_eq(waiting.code, UIO_BROKEN);
    asker_on(&desk.a, desk.b.node, desk.b.server);
    end();
}
END_TEST

/* UIO-9.2-08: it has gone on with something else, so it does not take what comes */
START_TEST(a_reader_that_has_gone_on) {
    static struct said first, second;
    begin();
    read_later(&first, &desk.a, in, 60000, 100);
    shelf_run(SECONDS);
    vipc_cancel(&first.call);
    read_later(&second, &desk.b, create(&desk.b, "/pipe/p", UIO_MODE_READ), 60000, 100);
    shelf_run(SECONDS);
    put("hello");
    shelf_run(SECONDS);
    CHECK_TEXT(wait_for(&second), "hello");
    ck_assert_uint_eq(COUNT(not_taken), 1);
    ck_assert_uint_eq(COUNT(read), 5);
    end();
}
END_TEST

/* Larger than the buffer, in pieces of all sizes, all the way round. */
START_TEST(a_long_way) {
    static struct said writing;
    const uint32_t size = 60000;
    uint32_t written = 0, read = 0, step = 1;
    begin();
    const uint8_t *data = octets_of(0, size);
    writing.done = 1;
    writing.words[0] = 0;
    while (read < size) {
        if (writing.done) {
            ck_assert_uint_eq(writing.code, VMTP_OK);
            written += writing.words[0];
            writing.words[0] = 0;
            step = step * 5 % 9973;
            const uint32_t n = size - written < step ? size - written : step;
            if (n)
                write_later(&writing, &desk.b, out, 60000, data + written, n);
        }
        const struct said *s = read_at(&desk.a, in, NEXT, 1000, 1 + step * 3 % 5000);
        ck_assert_uint_eq(s->code, VMTP_OK);
        ck_assert_mem_eq(s->octets, data + read, s->size);
        read += s->size;
    }
    ck_assert_uint_eq(COUNT(read), size);
    end();
}
END_TEST

int main(void) {
    TCase *c = tcase_create("flow");
    tcase_add_test(c, what_is_written_is_read_once);
    tcase_add_test(c, another_writer_comes);
    tcase_add_test(c, attributes_and_blocks);
    tcase_add_test(c, a_full_pipe);
    tcase_add_test(c, writes_are_not_mixed);
    tcase_add_test(c, who_waits_is_served_in_order);
    tcase_add_test(c, the_first_that_waits_gives_up);
    tcase_add_test(c, nobody_reads_any_more);
    tcase_add_test(c, owners_that_end);
    tcase_add_test(c, a_reader_that_has_gone_on);
    tcase_add_test(c, a_long_way);
    return shelf_main(c, "pipes: flow");
}
