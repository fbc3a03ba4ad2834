/* SPDX-License-Identifier: BSD-2-Clause */
/* Files of this system through the library's client, as programs use them. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <vuio/stream.h>

#include "support/files.h"

#define COPY_OCTETS 1234567u

static vipc *node;
static vname_resolver *names;
static struct uio_client client;
static struct uio_handle handle;
static struct uio_stream stream;
static uint8_t buffer[65536], room[UIO_LARGE_ROOM];

static void begin(void) {
    files_begin();
    node = vipc_fake_node(shelf_net);
    memset(&client, 0, sizeof client);
    memset(&handle, 0, sizeof handle);
    ck_assert_int_eq(vname_open(&names, node, NULL), 0);
    ck_assert_int_eq(uio_client_open(&client, names), 0);
}

static void end(void) {
    ck_assert_uint_eq(uio_client_close(&client, vipc_now(node) + 10 * SECONDS), 0);
    vname_close(names);
    files_end();
}

static struct uio_named named;

static struct uio_named *name(const char *text) {
    memset(&named, 0, sizeof named);
    named.name = text;
    named.name_length = strlen(text);
    named.deadline = VMTP_NEVER;
    named.room = room;
    named.room_size = sizeof room;
    return &named;
}

static int open_file(const char *text, uint32_t mode) {
    return uio_named_wait(&named, uio_create(&client, name(text), &handle, mode, 0640));
}

static uint8_t octet_at(size_t at) { return (uint8_t)(at * 7 + at / 251); }

/* UIO-10-02, UIO-5.1-07: a file there and back, octet by octet. */
START_TEST(a_copy) {
    struct stat status;
    size_t wrong = 0; /* an assertion for each octet would take longer than all else */
    begin();
    ck_assert_int_eq(open_file("/files/copy", RW | UIO_MODE_CREATE | UIO_MODE_EXCLUSIVE), 0);
    ck_assert_int_eq(uio_stream_open(&stream, &handle, buffer, sizeof buffer), 0);
    for (size_t i = 0; i < COPY_OCTETS; i++)
        wrong += uio_putc(octet_at(i), &stream) != octet_at(i);
    ck_assert_int_eq(uio_stream_close(&stream, 1), 0);
    ck_assert_int_eq(stat(at("copy"), &status), 0);
    ck_assert_int_eq(status.st_size, COPY_OCTETS);
    FILE *local = fopen(at("copy"), "r");
    for (size_t i = 0; i < COPY_OCTETS; i++)
        wrong += getc(local) != octet_at(i);
    fclose(local);
    ck_assert_int_eq(open_file("/files/copy", UIO_MODE_READ), 0);
    ck_assert_int_eq(uio_stream_open(&stream, &handle, buffer, sizeof buffer), 0);
    for (size_t i = 0; i < COPY_OCTETS; i++)
        wrong += uio_getc(&stream) != octet_at(i);
    ck_assert_uint_eq(wrong, 0);
    ck_assert_int_eq(uio_getc(&stream), -1);
    ck_assert_int_eq(uio_stream_close(&stream, 1), 0);
    ck_assert_int_eq(open_file("/files/copy", RW | UIO_MODE_CREATE | UIO_MODE_EXCLUSIVE), (int)UIO_EXISTS);
    end();
}
END_TEST

/* UIO-5.3-02 */
START_TEST(a_directory) {
    static struct uio_reader reader;
    static uint8_t area[4096];
    struct uio_object object;
    unsigned seen[300] = {0}, count = 0;
    char text[32];
    begin();
    for (unsigned i = 0; i < 300; i++) {
        snprintf(text, sizeof text, "entry-%03u", i);
        put(at(text), "x");
    }
    ck_assert_int_eq(open_file("/files", UIO_MODE_READ | UIO_MODE_CONTEXT), 0);
    memset(&reader, 0, sizeof reader);
    reader.call.deadline = VMTP_NEVER;
    ck_assert_int_eq(uio_reader_begin(&reader, &handle, area, sizeof area), 0);
    while (uio_reader_next(&reader, &object)) {
        ck_assert_uint_eq(object.name_length, 9);
        memcpy(text, object.name, 9);
        text[9] = '\0';
        seen[atoi(text + 6)]++;
        count++;
    }
    ck_assert_int_eq(reader.result, 0);
    ck_assert_uint_eq(count, 300);
    for (unsigned i = 0; i < 300; i++)
        ck_assert_uint_eq(seen[i], 1);
    end();
}
END_TEST

/* UIO-5.2-07, and what the others do to files. */
START_TEST(names_and_descriptors) {
    const struct uio_object object = {.permissions = 0600, .size = 3};
    begin();
    put(at("one"), "hello");
    ck_assert_int_eq(uio_named_wait(&named, uio_query_object(&client, name("/files/one"), 0)), 0);
    ck_assert_uint_eq(named.object.size, 5);
    ck_assert_int_eq(uio_named_wait(&named, uio_rename_object(&client, name("/files/one"), "/files/two", 10, 0)), 0);
    check_file(at("two"), "hello");
    ck_assert_int_eq(uio_named_wait(&named, uio_link_object(&client, name("/files/two"), "/files/three", 12)), 0);
    ck_assert_int_eq(uio_named_wait(&named, uio_modify_object(&client, name("/files/three"),
                                                              UIO_MASK_PERMISSIONS | UIO_MASK_SIZE, 0, &object)),
                     0);
    ck_assert_uint_eq(named.object.permissions, 0600);
    check_file(at("two"), "hel");
    ck_assert_int_eq(uio_named_wait(&named, uio_create_object(&client, name("/files/link"), UIO_TYPE_LINK, 0, "two", 3)),
                     0);
    ck_assert_int_eq(uio_named_wait(&named, uio_query_object(&client, name("/files/link"), UIO_NOFOLLOW)), 0);
    ck_assert_uint_eq(named.object.target_length, 3);
    ck_assert_int_eq(
        uio_named_wait(&named, uio_create_object(&client, name("/files/dir"), UIO_TYPE_CONTEXT, 0755, NULL, 0)), 0);
    ck_assert_int_eq(uio_named_wait(&named, uio_remove_object(&client, name("/files/dir"), 0)), (int)UIO_IS_CONTEXT);
    ck_assert_int_eq(uio_named_wait(&named, uio_remove_object(&client, name("/files/dir"), UIO_TYPE_CONTEXT)), 0);
    ck_assert_int_eq(uio_named_wait(&named, uio_remove_object(&client, name("/files/nobody"), 0)), (int)VNAME_NOT_FOUND);
    ck_assert_int_eq(uio_named_wait(&named, uio_query_storage(&client, name("/files/two"))), 0);
    ck_assert_uint_gt(named.storage.octets, 0);
    end();
}
END_TEST

/* UIO-10-02: a file as a FILE, on a network that loses one message in fifty. */
START_TEST(lines_on_a_bad_network) {
    const struct vipc_fake_faults bad = {.loss = 20000, .delay = 100000, .patience = 100 * MS};
    const struct vipc_fake_faults good = {.delay = 100000, .patience = 2 * SECONDS};
    char line[32];
    begin();
    ck_assert_int_eq(open_file("/files/lines", RW | UIO_MODE_CREATE), 0);
    ck_assert_int_eq(uio_stream_open(&stream, &handle, buffer, sizeof buffer), 0);
    vipc_fake_set_faults(shelf_net, &bad);
    FILE *file = uio_stream_file(&stream, "r+");
    for (int i = 0; i < 20000; i++)
        ck_assert_int_gt(fprintf(file, "%d\n", i), 0);
    rewind(file);
    for (int i = 0; i < 20000; i++) {
        ck_assert_ptr_nonnull(fgets(line, sizeof line, file));
        ck_assert_int_eq(atoi(line), i);
    }
    vipc_fake_set_faults(shelf_net, &good);
    ck_assert_int_eq(fclose(file), 0);
    end();
}
END_TEST

int main(void) {
    TCase *c = tcase_create("client");
    tcase_add_test(c, a_copy);
    tcase_add_test(c, a_directory);
    tcase_add_test(c, names_and_descriptors);
    tcase_add_test(c, lines_on_a_bad_network);
    return shelf_main(c, "files by the client");
}
