/* SPDX-License-Identifier: BSD-2-Clause */
/* Byte streams (section 10). */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>

#include <vuio/stream.h>

#include "support/store.h"

static struct net net;
static struct store *store;
static struct thing *thing;
static struct uio_handle handle;
static struct uio_stream stream;
static uint8_t buffer[65536], area[300000], expected[300000];

static void setup(void) {
    net_open(&net);
    store = net_store(&net, "/disk", 0);
    memset(&handle, 0, sizeof handle);
    for (size_t i = 0; i < sizeof expected; i++)
        expected[i] = thing_octet(i);
}

static void teardown(void) { net_close(&net); }

#define READS (store->asked[UIO_READ_INSTANCE & 0xff])
#define WRITES (store->asked[UIO_WRITE_INSTANCE & 0xff])
#define BOTH (UIO_MODE_READ | UIO_MODE_WRITE)

/* A stream of an object with so many octets; size 0: none. */
static void open_stream(uint32_t attributes, uint32_t block, uint64_t size, uint32_t mode, size_t room) {
    thing = store_add(store, "thing", attributes, block, "");
    if (size)
        thing_fill(thing, size);
    net_create(&net, &handle, "/disk/thing", mode);
    ck_assert_int_eq(uio_stream_open(&stream, &handle, buffer, room), 0);
}

static void run(void) { vipc_fake_run(net.fake, VMTP_SECOND); }

/* ---- reading ---- */

static void read_all(uint64_t size) {
    uint64_t at = 0;
    for (int octet; (octet = uio_getc(&stream)) >= 0; at++)
        ck_assert_int_eq(octet, thing_octet(at));
    ck_assert_uint_eq(at, size);
    ck_assert_int_eq(stream.error, 0);
    ck_assert_int_eq(stream.end, 1);
    ck_assert_uint_eq(uio_stream_tell(&stream), size);
    ck_assert_int_eq(uio_getc(&stream), -1);
}

START_TEST(octet_by_octet) {
    open_stream(FILE_LIKE, 512, 100001, UIO_MODE_READ, 32768);
    read_all(100001);
    ck_assert_uint_eq(READS, 7);
    ck_assert_int_eq(uio_stream_close(&stream, 1), 0);
    ck_assert_uint_eq(store_open_count(store), 0);
}
END_TEST

START_TEST(without_several_blocks_at_a_time) {
    open_stream(UIO_READABLE | UIO_STORAGE | UIO_RANDOM_ACCESS, 512, 5000, UIO_MODE_READ, 4096);
    read_all(5000);
    ck_assert_uint_eq(READS, 10);
}
END_TEST

/* UIO-6.1-11: from any octet on, but no further than the end of its block */
START_TEST(reads_end_with_their_block) {
    open_stream(FILE_LIKE & ~(uint32_t)UIO_MULTI_BLOCK, 1024, 5000, UIO_MODE_READ, 8192);
    ck_assert_int_eq(uio_stream_seek(&stream, 1000), 0);
    ck_assert_uint_eq(uio_stream_read(&stream, area, 1400), 1400);
    for (size_t i = 0; i < 1400; i++)
        ck_assert_uint_eq(area[i], thing_octet(1000 + i));
}
END_TEST

START_TEST(managers_may_give_less) {
    open_stream(FILE_LIKE, 512, 50000, UIO_MODE_READ, 32768);
    store->give_most = 1000;
    read_all(50000);
}
END_TEST

START_TEST(managers_may_give_less_than_a_block) {
    open_stream(UIO_READABLE | UIO_STORAGE | UIO_RANDOM_ACCESS | UIO_MULTI_BLOCK, 512, 5000, UIO_MODE_READ, 32768);
    store->give_most = 700; /* so that a read goes on within a block, and begins with it */
    read_all(5000);
}
END_TEST

START_TEST(nothing_and_no_end_is_an_error) {
    open_stream(UIO_READABLE | UIO_STORAGE | UIO_RANDOM_ACCESS | UIO_MULTI_BLOCK, 512, 5000, UIO_MODE_READ, 32768);
    store->give_most = 100; /* so a block never becomes whole */
    ck_assert_uint_eq(uio_stream_read(&stream, area, 5000), 100);
    ck_assert_int_eq(stream.error, (int)VMTP_BAD_REPLY_SEGMENT);
}
END_TEST

START_TEST(an_empty_object) {
    open_stream(FILE_LIKE, 512, 0, UIO_MODE_READ, 32768);
    read_all(0);
    thing_append(thing, "more");
    ck_assert_int_eq(uio_getc(&stream), -1);
    uio_stream_clear(&stream);
    ck_assert_int_eq(uio_getc(&stream), 'm');
}
END_TEST

/* While one piece is used up the next is on its way. */
START_TEST(reads_ahead) {
    open_stream(FILE_LIKE, 512, 100000, UIO_MODE_READ, 32768);
    ck_assert_int_ge(uio_getc(&stream), 0);
    run();
    ck_assert_uint_eq(READS, 2);
    const vmtp_time before = vipc_now(net.node);
    ck_assert_uint_eq(uio_stream_read(&stream, area, 16384), 16384); /* into the second piece */
    ck_assert_uint_eq(vipc_now(net.node), before);
    run();
    ck_assert_uint_eq(READS, 3);
}
END_TEST

START_TEST(does_not_read_ahead_when_told) {
    open_stream(FILE_LIKE, 512, 100000, UIO_MODE_READ, 32768);
    stream.no_ahead = 1;
    ck_assert_int_ge(uio_getc(&stream), 0);
    run();
    ck_assert_uint_eq(READS, 1);
}
END_TEST

/* UIO-10-01 */
START_TEST(does_not_read_ahead_without_storage) {
    open_stream(UIO_READABLE, 16, 0, UIO_MODE_READ, 1024);
    thing_fill(thing, 100);
    ck_assert_int_ge(uio_getc(&stream), 0);
    run();
    ck_assert_uint_eq(READS, 1);
    ck_assert_uint_eq(store->opened[0].next, 16);
    ck_assert_uint_eq(uio_stream_read(&stream, area, 15), 15);
    run();
    ck_assert_uint_eq(READS, 1); /* what follows is somebody else's until it is asked for */
}
END_TEST

/* UIO-10-01: nor where more may come. */
START_TEST(does_not_read_ahead_of_what_grows) {
    open_stream(FILE_LIKE | UIO_INTERACTIVE, 512, 100000, UIO_MODE_READ, 2048);
    ck_assert_int_ge(uio_getc(&stream), 0);
    run();
    ck_assert_uint_eq(READS, 1);
}
END_TEST

START_TEST(in_sequence_it_waits) {
    open_stream(UIO_READABLE, 16, 40, UIO_MODE_READ, 1024);
    ck_assert_uint_eq(uio_stream_read(&stream, area, 40), 40);
    ck_assert_mem_eq(area, expected, 40);
    ck_assert_uint_eq(uio_stream_tell(&stream), 40);
    stream.patience = 50 * MS; /* the manager of the test says WOULD_WAIT at once */
    ck_assert_int_eq(uio_getc(&stream), -1);
    ck_assert_int_eq(stream.error, (int)UIO_WOULD_WAIT);
    uio_stream_clear(&stream);
    thing->ended = 1;
    ck_assert_int_eq(uio_getc(&stream), -1);
    ck_assert_int_eq(stream.error, 0);
    ck_assert_int_eq(uio_stream_seek(&stream, 0), (int)UIO_UNSUPPORTED);
}
END_TEST

START_TEST(lines_of_a_log) {
    char line[64];
    open_stream(LOG_LIKE, 64, 0, UIO_MODE_READ, 4096);
    thing_append(thing, "first\n");
    thing_append(thing, "second, ");
    thing_append(thing, "and so on\n");
    ck_assert_uint_eq(uio_stream_line(&stream, line, sizeof line), 6);
    ck_assert_uint_eq(uio_stream_line(&stream, line, sizeof line), 18);
    ck_assert_mem_eq(line, "second, and so on\n", 18);
    ck_assert_uint_eq(uio_stream_line(&stream, line, sizeof line), 0);
    ck_assert_int_eq(stream.end, 1);
    thing_append(thing, "later\n"); /* INTERACTIVE: an end may be followed by more */
    ck_assert_uint_eq(uio_stream_line(&stream, line, sizeof line), 6);
    ck_assert_int_eq(stream.end, 0);
}
END_TEST

START_TEST(errors_of_reading_stay) {
    open_stream(FILE_LIKE, 512, 100000, UIO_MODE_READ, 2048);
    ck_assert_int_ge(uio_getc(&stream), 0);
    store->refuse = UIO_READ_INSTANCE & 0xff;
    store->refuse_code = UIO_FAILED;
    run(); /* what is read ahead fails, which does not matter yet */
    ck_assert_uint_eq(uio_stream_read(&stream, area, 5000), 1023);
    ck_assert_int_eq(stream.error, (int)UIO_FAILED);
    store->refuse_code = 0;
    ck_assert_int_eq(uio_getc(&stream), -1);
    uio_stream_clear(&stream);
    ck_assert_int_eq(uio_getc(&stream), thing_octet(1024)); /* and nothing was left out */
    ck_assert_int_eq(uio_stream_close(&stream, 0), 0);
}
END_TEST

START_TEST(seeks) {
    open_stream(FILE_LIKE, 512, 100000, UIO_MODE_READ, 8192);
    static const uint64_t places[] = {50000, 50001, 49999, 0, 99999, 512, 4095, 4097, 8191, 50000};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        ck_assert_int_eq(uio_stream_seek(&stream, places[i]), 0);
        ck_assert_uint_eq(uio_stream_tell(&stream), places[i]);
        ck_assert_int_eq(uio_getc(&stream), thing_octet(places[i]));
        ck_assert_uint_eq(uio_stream_tell(&stream), places[i] + 1);
    }
    ck_assert_int_eq(uio_stream_seek(&stream, 200000), 0);
    ck_assert_int_eq(uio_getc(&stream), -1);
    ck_assert_int_eq(uio_stream_seek(&stream, 3), 0);
    ck_assert_int_eq(stream.end, 0);
    const unsigned before = READS;
    ck_assert_int_eq(uio_getc(&stream), thing_octet(3));
    ck_assert_int_eq(uio_stream_seek(&stream, 4000), 0); /* in the buffer */
    ck_assert_int_eq(uio_getc(&stream), thing_octet(4000));
    run();
    ck_assert_uint_le(READS, before + 2);
}
END_TEST

START_TEST(seeks_where_blocks_are_whole) {
    open_stream(UIO_READABLE | UIO_STORAGE | UIO_RANDOM_ACCESS, 512, 5000, UIO_MODE_READ, 4096);
    ck_assert_int_eq(uio_stream_seek(&stream, 1000), 0);
    ck_assert_uint_eq(uio_stream_read(&stream, area, 4000), 4000);
    ck_assert_mem_eq(area, expected + 1000, 4000);
    ck_assert_int_eq(uio_stream_seek(&stream, 5003), 0);
    ck_assert_int_eq(uio_getc(&stream), -1);
    ck_assert_int_eq(stream.error, 0);
    ck_assert_uint_eq(uio_stream_tell(&stream), 5003);
}
END_TEST

/* ---- writing ---- */

/* UIO-10-02 */
START_TEST(what_is_put_is_written) {
    open_stream(FILE_LIKE, 512, 0, UIO_MODE_WRITE, 8192);
    for (size_t i = 0; i < 100001; i++)
        ck_assert_int_eq(uio_putc(expected[i], &stream), expected[i]);
    ck_assert_uint_eq(uio_stream_tell(&stream), 100001);
    ck_assert_int_eq(uio_stream_flush(&stream), 0);
    ck_assert_uint_eq(thing->size, 100001);
    ck_assert_mem_eq(thing->data, expected, 100001);
    ck_assert_uint_eq(WRITES, 25);
    ck_assert_int_eq(uio_putc('x', &stream), 'x');
    ck_assert_int_eq(uio_stream_close(&stream, 1), 0);
    ck_assert_uint_eq(thing->size, 100002);
    ck_assert_uint_eq(store_open_count(store), 0);
}
END_TEST

START_TEST(writes_behind) {
    open_stream(FILE_LIKE, 512, 0, UIO_MODE_WRITE, 8192);
    ck_assert_uint_eq(uio_stream_write(&stream, expected, 4096), 4096);
    run();
    ck_assert_uint_eq(WRITES, 0);
    const vmtp_time before = vipc_now(net.node);
    ck_assert_uint_eq(uio_stream_write(&stream, expected + 4096, 4096), 4096);
    ck_assert_uint_eq(vipc_now(net.node), before);
    run();
    ck_assert_uint_eq(WRITES, 1);
    ck_assert_uint_eq(thing->size, 4096);
}
END_TEST

START_TEST(managers_may_take_less) {
    open_stream(FILE_LIKE, 512, 0, UIO_MODE_WRITE, 8192);
    store->take_most = 700;
    ck_assert_uint_eq(uio_stream_write(&stream, expected, 50000), 50000);
    ck_assert_int_eq(uio_stream_flush(&stream), 0);
    ck_assert_uint_eq(thing->size, 50000);
    ck_assert_mem_eq(thing->data, expected, 50000);
}
END_TEST

/* UIO-10-02: an error that happens behind is told, and stays until it is cleared. */
START_TEST(errors_of_writing_are_told) {
    open_stream(FILE_LIKE, 512, 0, UIO_MODE_WRITE, 8192);
    thing->room = 6000;
    size_t put = 0;
    while (put < 100000 && uio_putc(expected[put], &stream) >= 0)
        put++;
    ck_assert_uint_lt(put, 100000);
    ck_assert_int_eq(stream.error, (int)UIO_NO_SPACE);
    ck_assert_uint_eq(stream.lost, 6000);
    ck_assert_int_eq(uio_stream_flush(&stream), (int)UIO_NO_SPACE);
    ck_assert_int_eq(uio_stream_close(&stream, 1), (int)UIO_NO_SPACE);
    ck_assert_mem_eq(thing->data, expected, 6000);
}
END_TEST

/* UIO-10-02: also the last one, by closing; and what the release tells. */
START_TEST(errors_are_told_by_closing) {
    open_stream(FILE_LIKE, 512, 0, UIO_MODE_WRITE, 8192);
    ck_assert_int_eq(uio_putc('x', &stream), 'x');
    store->refuse = UIO_WRITE_INSTANCE & 0xff;
    store->refuse_code = UIO_FAILED;
    ck_assert_int_eq(uio_stream_close(&stream, 0), (int)UIO_FAILED);
    store->refuse_code = 0;
    ck_assert_int_eq(uio_stream_open(&stream, &handle, buffer, sizeof buffer), 0);
    ck_assert_int_eq(uio_putc('x', &stream), 'x');
    store->refuse = UIO_RELEASE_INSTANCE & 0xff;
    store->refuse_code = UIO_NO_SPACE;
    ck_assert_int_eq(uio_stream_close(&stream, 1), (int)UIO_NO_SPACE);
    ck_assert_ptr_null(handle.client);
}
END_TEST

START_TEST(a_manager_that_is_gone) {
    open_stream(FILE_LIKE, 512, 0, UIO_MODE_WRITE, 8192);
    ck_assert_int_eq(uio_putc('x', &stream), 'x');
    store_exit(store);
    ck_assert_int_eq(uio_stream_flush(&stream), (int)UIO_STALE);
    ck_assert_int_eq(uio_putc('x', &stream), -1);
    ck_assert_int_eq(uio_stream_close(&stream, 1), (int)UIO_STALE);
}
END_TEST

START_TEST(reads_and_writes_by_turns) {
    open_stream(FILE_LIKE, 512, 10000, BOTH, 2048);
    ck_assert_uint_eq(uio_stream_read(&stream, area, 700), 700);
    ck_assert_uint_eq(uio_stream_write(&stream, "hello", 5), 5);
    ck_assert_int_eq(uio_getc(&stream), thing_octet(705));
    ck_assert_mem_eq(thing->data + 700, "hello", 5);
    ck_assert_int_eq(uio_stream_seek(&stream, 9999), 0);
    ck_assert_uint_eq(uio_stream_write(&stream, "end", 3), 3);
    ck_assert_int_eq(uio_stream_seek(&stream, 698), 0);
    ck_assert_uint_eq(uio_stream_read(&stream, area, 8), 8);
    ck_assert_mem_eq(area + 2, "hello", 5);
    ck_assert_uint_eq(thing->size, 10002);
    ck_assert_mem_eq(thing->data + 9999, "end", 3);
    ck_assert_mem_eq(thing->data, expected, 698);
}
END_TEST

START_TEST(appends) {
    open_stream(FILE_LIKE, 512, 100, BOTH | UIO_MODE_APPEND, 2048);
    ck_assert_uint_eq(uio_stream_write(&stream, expected + 100, 5000), 5000);
    ck_assert_int_eq(uio_stream_flush(&stream), 0);
    ck_assert_uint_eq(thing->size, 5100);
    ck_assert_mem_eq(thing->data, expected, 5100);
    ck_assert_uint_eq(uio_stream_tell(&stream), 5100);
}
END_TEST

/* Blocks are written whole, and what surrounds them stays (UIO-6.2-03). */
START_TEST(whole_blocks) {
    open_stream(UIO_READABLE | UIO_WRITEABLE | UIO_STORAGE | UIO_RANDOM_ACCESS | UIO_MULTI_BLOCK, 512, 5000, BOTH, 4096);
    memcpy(expected + 1000, "hello", 5);
    ck_assert_int_eq(uio_stream_seek(&stream, 1000), 0);
    ck_assert_uint_eq(uio_stream_write(&stream, "hello", 5), 5);
    ck_assert_int_eq(uio_stream_flush(&stream), 0);
    ck_assert_uint_eq(store->last.words[3], 0);
    ck_assert_uint_eq(thing->size, 5000);
    ck_assert_mem_eq(thing->data, expected, 5000);
    memset(expected + 1005, 'x', 4000);
    ck_assert_uint_eq(uio_stream_write(&stream, expected + 1005, 4000), 4000); /* over the end */
    ck_assert_int_eq(uio_stream_flush(&stream), 0);
    ck_assert_uint_eq(thing->size, 5005);
    ck_assert_mem_eq(thing->data, expected, 5005);
    ck_assert_uint_eq(uio_stream_tell(&stream), 5005);
}
END_TEST

/* UIO-6.1-11 */
START_TEST(writes_end_with_their_block) {
    open_stream(FILE_LIKE & ~(uint32_t)UIO_MULTI_BLOCK, 1024, 2648, BOTH, 8192);
    ck_assert_int_eq(uio_stream_seek(&stream, 2648), 0);
    ck_assert_uint_eq(uio_stream_write(&stream, expected + 2648, 600), 600);
    ck_assert_int_eq(uio_stream_flush(&stream), 0);
    ck_assert_uint_eq(WRITES, 2);
    ck_assert_uint_eq(thing->size, 3248);
    ck_assert_mem_eq(thing->data, expected, 3248);
}
END_TEST

START_TEST(lines_are_sent_at_once) {
    open_stream(UIO_READABLE | UIO_WRITEABLE | UIO_VARIABLE_BLOCK | UIO_INTERACTIVE | UIO_LINES, 80, 0, BOTH, 1024);
    ck_assert_uint_eq(uio_stream_write(&stream, "one\ntwo", 7), 7);
    run();
    ck_assert_uint_eq(thing->records, 1);
    ck_assert_int_eq(uio_putc('\n', &stream), '\n');
    run();
    ck_assert_uint_eq(thing->records, 2);
    ck_assert_uint_eq(thing->lengths[1], 4);
    ck_assert_int_eq(uio_putc('3', &stream), '3');
    ck_assert_int_eq(uio_stream_flush(&stream), 0);
    ck_assert_uint_eq(thing->records, 3);
    /* What is read is not disturbed by what is written. */
    ck_assert_int_eq(uio_getc(&stream), 'o');
    ck_assert_int_eq(uio_putc('!', &stream), '!');
    ck_assert_int_eq(uio_getc(&stream), 'n');
    ck_assert_int_eq(uio_stream_close(&stream, 0), 0);
    ck_assert_uint_eq(thing->records, 4);
}
END_TEST

START_TEST(records_are_no_longer_than_blocks) {
    open_stream(LOG_LIKE, 64, 0, BOTH, 4096);
    ck_assert_uint_eq(uio_stream_write(&stream, expected, 150), 150);
    ck_assert_int_eq(uio_stream_flush(&stream), 0);
    ck_assert_uint_eq(thing->records, 3);
    ck_assert_uint_eq(thing->lengths[2], 22);
    ck_assert_mem_eq(thing->data, expected, 150);
}
END_TEST

START_TEST(buffers) {
    open_stream(UIO_READABLE | UIO_STORAGE | UIO_RANDOM_ACCESS, 8192, 20000, UIO_MODE_READ, 16384);
    ck_assert_uint_eq(uio_stream_room(&handle), 32768);
    ck_assert_int_eq(uio_stream_open(&stream, &handle, buffer, 16383), VMTP_E_TOO_LARGE);
    handle.instance.attributes |= UIO_OFFSET;
    ck_assert_int_eq(uio_stream_open(&stream, &handle, buffer, 1024), 0);
    ck_assert_uint_eq(uio_stream_read(&stream, area, 20000), 20000);
    ck_assert_mem_eq(area, expected, 20000);
    ck_assert_int_eq(uio_stream_close(&stream, 0), 0);
    handle.instance.attributes |= UIO_CONTEXT;
    ck_assert_int_eq(uio_stream_open(&stream, &handle, buffer, 32768), (int)UIO_UNSUPPORTED);
    handle.instance.attributes &= ~(uint32_t)UIO_CONTEXT;
}
END_TEST

/* ---- FILE ---- */

START_TEST(as_a_file) {
    char text[32];
    open_stream(FILE_LIKE, 512, 0, BOTH, 8192);
    FILE *file = uio_stream_file(&stream, "r+");
    ck_assert_ptr_nonnull(file);
    for (int i = 0; i < 5000; i++)
        ck_assert_int_eq(fprintf(file, "line %04d\n", i), 10);
    ck_assert_int_eq(fflush(file), 0);
    ck_assert_uint_eq(thing->size, 50000);
    ck_assert_int_eq(fseek(file, 10 * 1234, SEEK_SET), 0);
    ck_assert_ptr_nonnull(fgets(text, sizeof text, file));
    ck_assert_str_eq(text, "line 1234\n");
    ck_assert_int_eq(ftell(file), 12350);
    ck_assert_int_eq(fseek(file, -10, SEEK_END), 0);
    ck_assert_ptr_nonnull(fgets(text, sizeof text, file));
    ck_assert_str_eq(text, "line 4999\n");
    ck_assert_int_eq(fgetc(file), EOF);
    ck_assert(feof(file));
    ck_assert_int_eq(fclose(file), 0);
    ck_assert_uint_eq(store_open_count(store), 0);
}
END_TEST

/* UIO-10-02: fflush and fclose are such flushes. */
START_TEST(a_file_tells_errors) {
    open_stream(FILE_LIKE, 512, 0, BOTH, 8192);
    FILE *file = uio_stream_file(&stream, "w");
    thing->room = 0;
    ck_assert_int_eq(fputs("text", file), 1);
    errno = 0;
    ck_assert_int_eq(fflush(file), EOF);
    ck_assert_int_eq(errno, ENOSPC);
    ck_assert_int_eq(fclose(file), EOF);
    ck_assert_uint_eq(store_open_count(store), 0);
}
END_TEST

static TCase *reading(void) {
    TCase *c = tcase_create("reading");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, octet_by_octet);
    tcase_add_test(c, without_several_blocks_at_a_time);
    tcase_add_test(c, reads_end_with_their_block);
    tcase_add_test(c, managers_may_give_less);
    tcase_add_test(c, managers_may_give_less_than_a_block);
    tcase_add_test(c, nothing_and_no_end_is_an_error);
    tcase_add_test(c, an_empty_object);
    tcase_add_test(c, reads_ahead);
    tcase_add_test(c, does_not_read_ahead_when_told);
    tcase_add_test(c, does_not_read_ahead_without_storage);
    tcase_add_test(c, does_not_read_ahead_of_what_grows);
    tcase_add_test(c, in_sequence_it_waits);
    tcase_add_test(c, lines_of_a_log);
    tcase_add_test(c, errors_of_reading_stay);
    tcase_add_test(c, seeks);
    tcase_add_test(c, seeks_where_blocks_are_whole);
    return c;
}

static TCase *writing(void) {
    TCase *c = tcase_create("writing");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, what_is_put_is_written);
    tcase_add_test(c, writes_behind);
    tcase_add_test(c, managers_may_take_less);
    tcase_add_test(c, errors_of_writing_are_told);
    tcase_add_test(c, errors_are_told_by_closing);
    tcase_add_test(c, a_manager_that_is_gone);
    tcase_add_test(c, reads_and_writes_by_turns);
    tcase_add_test(c, appends);
    tcase_add_test(c, whole_blocks);
    tcase_add_test(c, writes_end_with_their_block);
    tcase_add_test(c, lines_are_sent_at_once);
    tcase_add_test(c, records_are_no_longer_than_blocks);
    tcase_add_test(c, buffers);
    tcase_add_test(c, as_a_file);
    tcase_add_test(c, a_file_tells_errors);
    return c;
}

int main(void) {
    Suite *suite = suite_create("uio streams");
    suite_add_tcase(suite, reading());
    suite_add_tcase(suite, writing());
    return run_suite(suite);
}
