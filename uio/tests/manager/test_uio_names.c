/* SPDX-License-Identifier: BSD-2-Clause */
/* Operations by name, new names, contexts. */
#include "support/shelf.h"

static struct shelf *shelf;
static struct asker a;

static void begin(void) {
    shelf = shelf_open();
    shelf_put(shelf, "file", SHELF_FILE, "hello, world");
    shelf_put(shelf, "dir", UIO_READABLE | UIO_CONTEXT | UIO_VARIABLE_BLOCK, "");
    asker_open(&a, shelf);
}

static void end(void) {
    asker_close(&a);
    shelf_close(shelf);
}

static const struct said *by_name(uint32_t code, const char *name, uint32_t word2, uint32_t word3, const void *extra,
                                  uint32_t size) {
    const uint32_t words[4] = {word2, word3, 0, 0};
    return ask_name(&a, code, shelf->context, name, words, extra, size, 0);
}

/* UIO-5.2-01, UIO-1-03 */
START_TEST(query_object) {
    begin();
    const struct said *s = by_name(UIO_QUERY_OBJECT, "/shelf/file", UIO_NOFOLLOW, 0, NULL, 0);
    ck_assert_uint_eq(s->code, VMTP_OK);
    ck_assert(s->call.answer.code & VMTP_DGM); /* UIO-4-04 */
    ck_assert_uint_eq(s->object.size, 12);
    ck_assert_uint_eq(s->object.type, UIO_TYPE_FILE);
    ck_assert_uint_eq(shelf->flags, UIO_NOFOLLOW);
    ck_assert_str_eq(shelf->name, "file");
    check_refused(by_name(UIO_QUERY_OBJECT, "/shelf/file", 2, 0, NULL, 0), UIO_UNSUPPORTED);
    check_refused(by_name(UIO_QUERY_OBJECT, "/shelf/none", 0, 0, NULL, 0), VNAME_NOT_FOUND);
    /* however the name is written, and relative to a context */
    by_name(UIO_QUERY_OBJECT, "/shelf///file", 0, 0, NULL, 0);
    ck_assert_str_eq(shelf->name, "file");
    by_name(UIO_QUERY_OBJECT, "/shelf", 0, 0, NULL, 0);
    ck_assert_str_eq(shelf->name, "");
    s = by_name(UIO_QUERY_OBJECT, "file", 0, 0, NULL, 0);
    ck_assert_uint_eq(s->code, VMTP_OK);
    check_refused(ask_name(&a, UIO_QUERY_OBJECT, 4711, "file", NULL, NULL, 0, 0), VNAME_STALE);
    check_refused(by_name(UIO_QUERY_OBJECT, "/other/file", 0, 0, NULL, 0), VNAME_STALE);
    end();
}
END_TEST

/* UIO-5.2-02, UIO-5.2-04, UIO-5.2-08, UIO-5.2-09, UIO-4-02 */
START_TEST(parameters_of_operations) {
    begin();
    uint8_t octets[UIO_OBJECT_HEAD];
    const struct uio_object o = {.permissions = 0600};
    const uint32_t size = uio_object_encode(octets, sizeof octets, &o);
    ck_assert_uint_eq(by_name(UIO_MODIFY_OBJECT, "/shelf/file", 0xff, 0, octets, size)->code, VMTP_OK);
    check_refused(by_name(UIO_MODIFY_OBJECT, "/shelf/file", 0x100, 0, octets, size), UIO_UNSUPPORTED);
    check_refused(by_name(UIO_MODIFY_OBJECT, "/shelf/file", 1, 2, octets, size), UIO_UNSUPPORTED);
    check_refused(by_name(UIO_MODIFY_OBJECT, "/shelf/file", 1, 0, octets, size - 8), UIO_BAD_REQUEST);
    check_refused(by_name(UIO_MODIFY_OBJECT, "/shelf/file", 1, 0, NULL, 0), UIO_BAD_REQUEST);

    ck_assert_uint_eq(by_name(UIO_CREATE_OBJECT, "/shelf/new", UIO_TYPE_CONTEXT, 0755, NULL, 0)->code, VMTP_OK);
    ck_assert_uint_eq(shelf->type_wanted, UIO_TYPE_CONTEXT);
    ck_assert_uint_eq(shelf->permissions, 0755);
    ck_assert_uint_eq(by_name(UIO_CREATE_OBJECT, "/shelf/new", UIO_TYPE_LINK, 0, "to/there", 8)->code, VMTP_OK);
    ck_assert_str_eq(shelf->target, "to/there");
    check_refused(by_name(UIO_CREATE_OBJECT, "/shelf/new", UIO_TYPE_LINK, 0, NULL, 0), UIO_BAD_REQUEST);
    check_refused(by_name(UIO_CREATE_OBJECT, "/shelf/new", UIO_TYPE_LINK, 0, "a\0b", 3), UIO_BAD_REQUEST);

    const struct said *s = by_name(UIO_QUERY_STORAGE, "/shelf", 0, 0, NULL, 0);
    const uint32_t expected[6] = {1, 2, 0, 3, 0, 4};
    ck_assert_uint_eq(s->code, VMTP_OK);
    ck_assert_mem_eq(s->words, expected, sizeof expected);
    ck_assert(s->call.answer.code & VMTP_DGM);

    check_refused(by_name(UIO_REMOVE_OBJECT, "/shelf/file", 3, 0, NULL, 0), UIO_UNSUPPORTED);
    const uint32_t number = create(&a, "/shelf/file", UIO_MODE_READ);
    ck_assert_uint_eq(by_name(UIO_REMOVE_OBJECT, "/shelf/file", 0, 0, NULL, 0)->code, VMTP_OK);
    ck_assert_uint_eq(shelf->flags, 0);
    CHECK_TEXT(read_at(&a, number, 0, 0, 100), "hello, world"); /* UIO-5.2-04: it lives on */
    by_name(UIO_REMOVE_OBJECT, "/shelf/dir", UIO_TYPE_CONTEXT, 0, NULL, 0);
    ck_assert_uint_eq(shelf->flags, 1);
    end();
}
END_TEST

static const struct said *rename_to(const char *from, const char *to, uint32_t context, uint16_t index, uint32_t flags) {
    uint8_t octets[VNAME_NAME_OCTETS + 8];
    const struct uio_new_name n = {context, index, (uint16_t)strlen(to), to};
    const uint32_t size = uio_new_name_encode(octets, sizeof octets, &n);
    return by_name(UIO_RENAME_OBJECT, from, flags, 0, octets, size);
}

/* UIO-5.2-06 */
START_TEST(new_names) {
    begin();
    ck_assert_uint_eq(rename_to("/shelf/file", "/shelf//to/here", 0, 6, 0)->code, VMTP_OK);
    ck_assert_str_eq(shelf->new_name, "to/here");
    ck_assert_uint_eq(rename_to("/shelf/file", "/shelf/there", 0, 0, UIO_RENAME_EXCHANGE)->code, VMTP_OK);
    ck_assert_str_eq(shelf->new_name, "there");
    ck_assert_uint_eq(shelf->flags, UIO_RENAME_EXCHANGE);
    ck_assert_uint_eq(rename_to("/shelf/file", "near", shelf->context, 0, 0)->code, VMTP_OK);
    ck_assert_str_eq(shelf->new_name, "near");
    check_refused(rename_to("/shelf/file", "/other/there", 0, 6, 0), UIO_CROSS);
    check_refused(rename_to("/shelf/file", "/shelfish", 0, 0, 0), UIO_CROSS);
    check_refused(rename_to("/shelf/file", "/shelf/there", 0, 8, 0), UIO_CROSS);
    check_refused(rename_to("/shelf/file", "near", 4711, 0, 0), VNAME_STALE);
    check_refused(rename_to("/shelf/file", "near", shelf->context, 2, 0), VNAME_STALE);
    check_refused(rename_to("/shelf/file", "bad\xff", shelf->context, 0, 0), VNAME_INVALID);
    check_refused(rename_to("/shelf/file", "", shelf->context, 0, 0), UIO_BAD_REQUEST);
    check_refused(rename_to("/shelf/file", "x", shelf->context, 2, 0), UIO_BAD_REQUEST);
    check_refused(by_name(UIO_RENAME_OBJECT, "/shelf/file", 0, 0, "abc", 3), UIO_BAD_REQUEST);
    check_refused(rename_to("/shelf/file", "/shelf/x", 0, 6, 4), UIO_UNSUPPORTED);
    check_refused(rename_to("/shelf/file", "/shelf/x", 0, 6, 3), UIO_BAD_REQUEST);
    const uint32_t other = uio_manager_root(shelf->manager, &shelf_flat_type, shelf);
    check_refused(rename_to("/shelf/file", "x", other, 0, 0), UIO_CROSS);
    ck_assert_uint_eq(COUNTER(shelf, cross), 4);
    end();
}
END_TEST

/* UIO-5.2-06: below a prefix of ours, but another manager's */
START_TEST(new_names_below_a_mount) {
    begin();
    const struct vname_record record = {
        .manager = 0x4711, .generation = 1, .owner = 5, .context = 1, .prefix = "/shelf/mount", .prefix_length = 12};
    ck_assert_int_eq(vname_manager_mount(uio_manager_names(shelf->manager), &record), 0);
    check_refused(rename_to("/shelf/file", "/shelf/mount/x", 0, 6, 0), UIO_CROSS);
    check_refused(rename_to("/shelf/file", "mount/x", shelf->context, 0, 0), UIO_CROSS);
    ck_assert_uint_eq(rename_to("/shelf/file", "/shelf/mountain", 0, 6, 0)->code, VMTP_OK);
    ck_assert_uint_eq(rename_to("/shelf/file", "mountain", shelf->context, 0, 0)->code, VMTP_OK);
    end();
}
END_TEST

static const struct said *map(uint32_t context, const char *name) {
    return ask_name(&a, VNAME_MAP_CONTEXT, context, name, NULL, NULL, 0, 0);
}

/* NAME-6.2-01, NAME-6.2-02, NAME-3.2-02, NAME-3.2-03 */
START_TEST(contexts_get_numbers) {
    begin();
    check_refused(map(0, "/shelf/file"), VNAME_NOT_CONTEXT);
    check_refused(map(0, "/shelf/none"), VNAME_NOT_FOUND);
    const struct said *s = map(0, "/shelf");
    CHECK_TEXT(s, "/shelf");
    ck_assert_uint_eq(s->words[2], shelf->context);
    ck_assert_uint_eq((uint64_t)s->words[0] << 32 | s->words[1], shelf->entity);
    s = map(0, "/shelf//dir");
    CHECK_TEXT(s, "/shelf/dir");
    const uint32_t number = s->words[2];
    ck_assert_uint_ne(number, shelf->context);
    ck_assert_uint_eq(map(shelf->context, "dir")->words[2], number); /* it keeps it */
    ck_assert_uint_eq(shelf->forgotten, 1);
    ask_name(&a, UIO_QUERY_OBJECT, number, "inside", NULL, NULL, 0, 0);
    ck_assert_ptr_eq(shelf->directory, shelf_find(shelf, "dir", 3));
    ck_assert_str_eq(shelf->name, "inside");
    ask_name(&a, UIO_QUERY_OBJECT, number, "/shelf/file", NULL, NULL, 0, 0);
    ck_assert_ptr_null(shelf->directory);
    /* what is named relative to it is behind its name */
    shelf_put(shelf, "deep", UIO_READABLE | UIO_CONTEXT, "");
    CHECK_TEXT(map(number, "deep"), "/shelf/dir/deep");
    end();
}
END_TEST

/* The table is full: the one that was not used for longest goes. */
START_TEST(contexts_come_and_go) {
    shelf = shelf_new();
    shelf->config.contexts = 2;
    shelf_start(shelf);
    asker_open(&a, shelf);
    uint32_t number[3];
    const char *names[3] = {"one", "two", "three"};
    for (unsigned i = 0; i < 3; i++)
        shelf_put(shelf, names[i], UIO_READABLE | UIO_CONTEXT, "");
    number[0] = map(shelf->context, "one")->words[2];
    number[1] = map(shelf->context, "two")->words[2];
    ask_name(&a, UIO_QUERY_OBJECT, number[0], "x", NULL, NULL, 0, 0);
    number[2] = map(shelf->context, "three")->words[2];
    ck_assert_uint_eq(shelf->forgotten, 1);
    check_refused(ask_name(&a, UIO_QUERY_OBJECT, number[1], "x", NULL, NULL, 0, 0), VNAME_STALE);
    check_refused(ask_name(&a, UIO_QUERY_OBJECT, number[0], "x", NULL, NULL, 0, 0), VNAME_NOT_FOUND);
    const uint32_t again = map(shelf->context, "two")->words[2];
    for (unsigned i = 0; i < 3; i++)
        ck_assert_uint_ne(again, number[i]);
    ck_assert_uint_eq(COUNTER(shelf, contexts_dropped), 2);
    end();
}
END_TEST

/* NAME-6.4-02 */
START_TEST(a_name_that_stands_for_another) {
    begin();
    shelf_put(shelf, "alias", UIO_READABLE, "");
    const struct said *s = map(0, "/shelf/alias");
    ck_assert_uint_eq(s->code, VNAME_ALIAS);
    ck_assert_uint_eq(s->size, 11);
    ck_assert_mem_eq(s->octets, "/else/where", 11);
    end();
}
END_TEST

int main(void) {
    const TTest *const tests[] = {
        query_object,         parameters_of_operations,      new_names, new_names_below_a_mount, contexts_get_numbers,
        contexts_come_and_go, a_name_that_stands_for_another};
    TCase *tc = tcase_create("names");
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++)
        tcase_add_test(tc, tests[i]);
    return shelf_main(tc, "uio_names");
}
