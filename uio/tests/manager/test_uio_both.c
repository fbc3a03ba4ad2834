/* SPDX-License-Identifier: BSD-2-Clause */
/* The library's client and the library's managers, with each other. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>

#include <vuio/stream.h>

#include "support/shelf.h"

static struct shelf *shelf;
static vipc *node;
static vname_resolver *names;
static struct uio_client client;
static struct uio_handle handle;
static struct uio_stream stream;
static uint8_t area[200000], data[200000], buffer[65536];

static void begin(void) {
    shelf = shelf_open();
    node = vipc_fake_node(shelf_net);
    memset(&client, 0, sizeof client);
    memset(&handle, 0, sizeof handle);
    ck_assert_int_eq(vname_open(&names, node, NULL), 0);
    ck_assert_int_eq(uio_client_open(&client, names), 0);
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(i * 7 + i / 251);
}

static void end(void) {
    uio_client_close(&client, vipc_now(node) + 10 * SECONDS);
    ck_assert_uint_eq(USE(shelf).instances, 0);
    vname_close(names);
    shelf_close(shelf);
}

static int open_it(struct uio_handle *h, const char *name, uint32_t mode) {
    static struct uio_named named;
    memset(&named, 0, sizeof named);
    named.name = name;
    named.name_length = strlen(name);
    named.deadline = VMTP_NEVER;
    named.room = area;
    named.room_size = sizeof area;
    return uio_named_wait(&named, uio_create(&client, &named, h, mode, 0644));
}

static struct uio_call call;

static struct uio_call *again(void) {
    memset(&call, 0, sizeof call);
    call.deadline = VMTP_NEVER;
    return &call;
}

#define RW (UIO_MODE_READ | UIO_MODE_WRITE)

START_TEST(reads_writes_asks_and_releases) {
    begin();
    shelf_put(shelf, "file", SHELF_FILE, "hello, world");
    ck_assert_int_eq(open_it(&handle, "/shelf/file", RW), 0);
    ck_assert_uint_eq(handle.instance.owner, client.owner);
    ck_assert_int_eq(uio_call_wait(&call, uio_read(&handle, again(), 0, 7, area, 100)), 0);
    ck_assert_uint_eq(call.octets, 5);
    ck_assert_uint_eq(call.flags, UIO_END);
    ck_assert_mem_eq(area, "world", 5);
    const uint32_t most = handle.instance.max_transfer;
    ck_assert_uint_gt(most, 16384);
    ck_assert_int_eq(uio_call_wait(&call, uio_write(&handle, again(), 0, 0, UIO_WRITE_SYNC, data, most)), 0);
    ck_assert_uint_eq(call.octets, most);
    ck_assert_int_eq(uio_call_wait(&call, uio_read(&handle, again(), 0, 0, area, most)), 0);
    ck_assert_mem_eq(area, data, most);
    ck_assert_int_eq(uio_call_wait(&call, uio_query(&handle, again(), area)), 0);
    ck_assert_uint_eq(uio_instance_size(&handle.instance), most);
    const struct uio_object object = {.size = 10};
    ck_assert_int_eq(uio_call_wait(&call, uio_modify(&handle, again(), UIO_MASK_SIZE, &object, 0, area)), 0);
    ck_assert_uint_eq(uio_instance_size(&handle.instance), 10);
    ck_assert_int_eq(uio_call_wait(&call, uio_release(&handle, again(), 0)), 0);
    ck_assert_uint_eq(USE(shelf).instances, 0);
    end();
}
END_TEST

/* UIO-6.1-09, from both sides */
START_TEST(blocks_are_chosen) {
    begin();
    struct thing *thing = shelf_put(shelf, "file", SHELF_FILE, "");
    memcpy(thing->data, data, 100000);
    thing->size = 100000;
    ck_assert_int_eq(open_it(&handle, "/shelf/file", UIO_MODE_READ), 0);
    ck_assert_int_eq(uio_call_wait(&call, uio_read(&handle, again(), 1, 0, area, 16384)), 0);
    ck_assert_mem_eq(area, data + handle.instance.block_size, 16384);
    ck_assert_uint_eq(COUNTER(shelf, reads_chosen), 1);
    end();
}
END_TEST

START_TEST(locks_and_transactions) {
    static struct uio_handle other;
    const struct uio_range range = {0, 5, 0};
    begin();
    memset(&other, 0, sizeof other);
    struct thing *thing = shelf_put(shelf, "file", SHELF_FILE, "hello, world");
    ck_assert_int_eq(open_it(&handle, "/shelf/file", RW | UIO_MODE_TRANSACTION), 0);
    ck_assert_int_eq(open_it(&other, "/shelf/file", UIO_MODE_READ), 0);
    ck_assert_int_eq(uio_call_wait(&call, uio_lock(&handle, again(), UIO_LOCK_EXCLUSIVE, 1, &range)), 0);
    ck_assert_int_eq(uio_call_wait(&call, uio_lock(&other, again(), UIO_LOCK_SHARED, 1, &range)), (int)UIO_LOCKED);
    ck_assert_uint_eq(call.range.count, 5);
    ck_assert_uint_eq(call.range.owner, client.owner);
    ck_assert_int_eq(uio_call_wait(&call, uio_write(&handle, again(), 0, 0, 0, "HELLO", 5)), 0);
    ck_assert_mem_eq(thing->data, "hello", 5);
    ck_assert_int_eq(uio_call_wait(&call, uio_release(&handle, again(), 1)), 0);
    ck_assert_mem_eq(thing->data, "HELLO", 5);
    ck_assert_int_eq(uio_call_wait(&call, uio_lock(&other, again(), UIO_LOCK_SHARED, 1, &range)), 0);
    end();
}
END_TEST

/* UIO-7-03, and UIO-2.3-06 where that was not possible. */
START_TEST(a_program_that_ends) {
    static struct uio_handle handles[20];
    begin();
    memset(handles, 0, sizeof handles);
    shelf_put(shelf, "file", SHELF_FILE, "hello, world");
    for (unsigned i = 0; i < 20; i++)
        ck_assert_int_eq(open_it(&handles[i], "/shelf/file", UIO_MODE_READ), 0);
    ck_assert_uint_eq(USE(shelf).instances, 20);
    ck_assert_uint_eq(uio_client_close(&client, vipc_now(node) + SECONDS), 0);
    ck_assert_uint_eq(USE(shelf).instances, 0);
    ck_assert_int_eq(uio_client_open(&client, names), 0);
    memset(handles, 0, sizeof handles);
    ck_assert_int_eq(open_it(&handles[0], "/shelf/file", UIO_MODE_READ), 0);
    uio_detach(&handles[0]); /* nobody will release it */
    uio_client_close(&client, vipc_now(node));
    shelf_run(200 * SECONDS);
    ck_assert_uint_eq(USE(shelf).instances, 0);
    end();
}
END_TEST

/* UIO-6.1-06: who reads a pipe waits for who writes it. */
static int reads_ended;
static void read_ended(struct uio_call *c, int result) {
    ck_assert_int_eq(result, 0);
    ck_assert_uint_eq(c->octets, 5);
    reads_ended++;
}

START_TEST(a_pipe_is_waited_for) {
    static struct uio_call reading;
    begin();
    shelf_put(shelf, "pipe", SHELF_PIPE, "");
    ck_assert_int_eq(open_it(&handle, "/shelf/pipe", RW), 0);
    memset(&reading, 0, sizeof reading);
    reading.deadline = VMTP_NEVER;
    reading.milliseconds = 5000;
    reading.done = read_ended;
    reads_ended = 0;
    ck_assert_int_eq(uio_read(&handle, &reading, UIO_SEQUENTIAL, 0, area, handle.instance.block_size), 0);
    shelf_run(SECONDS);
    ck_assert_int_eq(reads_ended, 0);
    ck_assert_int_eq(uio_call_wait(&call, uio_write(&handle, again(), UIO_SEQUENTIAL, 0, 0, "hello", 5)), 0);
    shelf_run(SECONDS);
    ck_assert_int_eq(reads_ended, 1);
    ck_assert_mem_eq(area, "hello", 5);
    again()->milliseconds = 100;
    ck_assert_int_eq(uio_call_wait(&call, uio_read(&handle, &call, UIO_SEQUENTIAL, 0, area, handle.instance.block_size)),
                     (int)UIO_WOULD_WAIT);
    end();
}
END_TEST

/* UIO-10-02 */
START_TEST(a_stream_there_and_back) {
    begin();
    shelf_put(shelf, "file", SHELF_FILE, "");
    ck_assert_int_eq(open_it(&handle, "/shelf/file", RW | UIO_MODE_TRUNCATE), 0);
    ck_assert_int_eq(uio_stream_open(&stream, &handle, buffer, sizeof buffer), 0);
    ck_assert_uint_eq(uio_stream_write(&stream, data, sizeof data), sizeof data);
    ck_assert_int_eq(uio_stream_seek(&stream, 0), 0);
    for (size_t i = 0; i < sizeof data; i++)
        ck_assert_int_eq(uio_getc(&stream), data[i]);
    ck_assert_int_eq(uio_getc(&stream), -1);
    ck_assert_int_eq(uio_stream_seek(&stream, 77777), 0);
    ck_assert_uint_eq(uio_stream_write(&stream, "hello", 5), 5);
    ck_assert_int_eq(uio_stream_close(&stream, 1), 0);
    const struct thing *thing = shelf_find(shelf, "file", 4);
    ck_assert_uint_eq(thing->size, sizeof data);
    ck_assert_mem_eq(thing->data, data, 77777);
    ck_assert_mem_eq(thing->data + 77777, "hello", 5);
    end();
}
END_TEST

/* UIO-10-02, UIO-7-01: while Requests and answers get lost a stream has either done what it was told, or says that it has not. */
START_TEST(nothing_is_lost_in_silence) {
    unsigned whole = 0, failed = 0;
    begin();
    struct thing *thing = shelf_put(shelf, "file", SHELF_FILE, "");
    ck_assert_int_eq(open_it(&handle, "/shelf/file", RW), 0);
    for (unsigned round = 0; round < 60; round++) {
        const struct vipc_fake_faults faults = {.loss = 30000 * (round % 10),
                                                .answers = 30000 * (round % 10),
                                                .delay = 100000,
                                                .jitter = 1000000,
                                                .patience = 200 * MS};
        vipc_fake_set_faults(shelf_net, &faults);
        memset(thing->data, 0xee, sizeof data);
        const size_t size = 1000 + round * 3000;
        ck_assert_int_eq(uio_stream_open(&stream, &handle, buffer, 2048 + round * 1024), 0);
        ck_assert_uint_le(uio_stream_write(&stream, data, size), size);
        const int result = uio_stream_flush(&stream);
        if (result == 0)
            ck_assert_mem_eq(thing->data, data, size);
        whole += result == 0;
        failed += result != 0;
        uio_stream_clear(&stream);
        ck_assert_int_eq(uio_stream_seek(&stream, 0), 0);
        memcpy(thing->data, data, size);
        thing->size = size;
        const size_t got = uio_stream_read(&stream, area, sizeof area);
        ck_assert_mem_eq(area, data, got);
        ck_assert(got == size || stream.error);
        uio_stream_clear(&stream);
        ck_assert_int_eq(uio_stream_close(&stream, 0), 0);
    }
    ck_assert_uint_ge(whole, 20);
    ck_assert_uint_ge(failed, 5);
    const struct vipc_fake_faults none = {.delay = 100000, .patience = 2 * SECONDS};
    vipc_fake_set_faults(shelf_net, &none);
    end();
}
END_TEST

START_TEST(as_a_file) {
    char line[32];
    begin();
    shelf_put(shelf, "file", SHELF_FILE, "");
    ck_assert_int_eq(open_it(&handle, "/shelf/file", RW), 0);
    ck_assert_int_eq(uio_stream_open(&stream, &handle, buffer, sizeof buffer), 0);
    FILE *file = uio_stream_file(&stream, "r+");
    for (int i = 0; i < 3000; i++)
        fprintf(file, "%d\n", i);
    rewind(file);
    for (int i = 0; i < 3000; i++) {
        ck_assert_ptr_nonnull(fgets(line, sizeof line, file));
        ck_assert_int_eq(atoi(line), i);
    }
    ck_assert_int_eq(fclose(file), 0);
    ck_assert_uint_eq(USE(shelf).instances, 0);
    end();
}
END_TEST

/* UIO-7-02 */
START_TEST(a_manager_that_is_gone) {
    begin();
    shelf_put(shelf, "file", SHELF_FILE, "hello");
    ck_assert_int_eq(open_it(&handle, "/shelf/file", UIO_MODE_READ), 0);
    struct uio_manager_view view;
    ck_assert_int_eq(uio_manager_nth_instance(shelf->manager, 0, &view), 1);
    uio_manager_end_instance((struct uio_manager_instance *)view.instance);
    ck_assert_int_eq(uio_call_wait(&call, uio_read(&handle, again(), 0, 0, area, 5)), (int)UIO_STALE);
    ck_assert_int_eq(handle.gone, (int)UIO_STALE);
    end();
}
END_TEST

int main(void) {
    TCase *c = tcase_create("both");
    tcase_add_test(c, reads_writes_asks_and_releases);
    tcase_add_test(c, blocks_are_chosen);
    tcase_add_test(c, locks_and_transactions);
    tcase_add_test(c, a_program_that_ends);
    tcase_add_test(c, a_pipe_is_waited_for);
    tcase_add_test(c, a_stream_there_and_back);
    tcase_add_test(c, nothing_is_lost_in_silence);
    tcase_add_test(c, as_a_file);
    tcase_add_test(c, a_manager_that_is_gone);
    return shelf_main(c, "uio: client and managers");
}
