/* SPDX-License-Identifier: BSD-2-Clause */
/* Objects of several types in one context; functions that take their time. */
#include <stdio.h>

#include "support/shelf.h"

static struct shelf *shelf;
static struct asker a;
static uint32_t table, inner, teller, single;

#define CONTEXT (UIO_READABLE | UIO_CONTEXT | UIO_VARIABLE_BLOCK | UIO_MULTI_BLOCK)

/* The type of an object that is a root by itself, and of functions that end later. */
static struct uio_manager_operation *slow[8];
static unsigned slow_count, slow_cancelled;

static struct uio_object single_object(void) {
    return (struct uio_object){.type = UIO_TYPE_CLOCK, .attributes = UIO_READABLE, .number = 77, .block_size = 64};
}

static void single_open(struct uio_manager_operation *op) {
    const struct uio_manager_opened opened = {
        .identity = {77, 0}, .attributes = UIO_READABLE, .block_size = 64, .object = single_object()};
    ck_assert_uint_eq(op->name_length, 0);
    uio_manager_finish_open(op, &opened);
}

static void single_query(struct uio_manager_operation *op) {
    const struct uio_object object = single_object();
    ck_assert_uint_eq(op->name_length, 0);
    uio_manager_finish_object(op, &object);
}

static void single_control(struct uio_manager_operation *op) {
    if (op->may_wait)
        slow[slow_count++] = op;
    else
        uio_manager_refuse(op, UIO_WOULD_WAIT);
}

static void single_cancel(struct uio_manager_operation *op) {
    (void)op;
    slow_cancelled++;
}

static uint32_t single_release(struct uio_manager_instance *i, uint32_t flags) {
    (void)i;
    (void)flags;
    return 0;
}

static const struct uio_manager_type single_type = {.name = "single",
                                                    .single = 1,
                                                    .open = single_open,
                                                    .query = single_query,
                                                    .query_instance = single_query,
                                                    .control = single_control,
                                                    .cancel = single_cancel,
                                                    .release = single_release};

/* The type of a context that tells names. */
static const char *const told[] = {"one", "two", "file", "three"};

static void teller_open(struct uio_manager_operation *op) {
    const struct uio_manager_opened opened = {
        .identity = {5, 0}, .attributes = CONTEXT, .block_size = 2048, .object = {.type = UIO_TYPE_CONTEXT}};
    uio_manager_finish_open(op, &opened);
}

static void teller_query(struct uio_manager_operation *op) {
    const struct uio_object object = {.type = UIO_TYPE_CONTEXT};
    uio_manager_finish_object(op, &object);
}

static int teller_next(struct uio_manager_operation *op, uint64_t *block, struct uio_object *object) {
    ck_assert_uint_ne(op->block, UIO_MANAGER_NEXT);
    if (*block >= 4)
        return 0;
    object->name = told[*block];
    object->name_length = (uint16_t)strlen(told[*block]);
    ++*block;
    return 1;
}

static void teller_read(struct uio_manager_operation *op) { uio_manager_finish_list(op, teller_next); }

static const struct uio_manager_type teller_type = {.name = "teller",
                                                    .lends = 1,
                                                    .open = teller_open,
                                                    .query = teller_query,
                                                    .query_instance = teller_query,
                                                    .read = teller_read,
                                                    .release = single_release};

static void claim(const char *prefix, uint32_t context) {
    const struct vname_manager_claim c = {.prefix = prefix, .prefix_length = strlen(prefix), .context = context};
    ck_assert_int_eq(vname_manager_claim(uio_manager_names(shelf->manager), &c), 0);
    shelf_run(2 * SECONDS);
}

static int attach(uint32_t into, const char *name, uint32_t context) {
    const struct uio_object object = {.type = UIO_TYPE_CONTEXT, .attributes = CONTEXT, .number = context};
    return uio_manager_attach(shelf->manager, into, name, strlen(name), context, &object);
}

/* /node has inner (a table with one in it: things, which is the shelf), teller and clock. */
static void begin_with(uint32_t waiting) {
    shelf = shelf_new();
    shelf->config.waiting = waiting;
    shelf_start(shelf);
    shelf_put(shelf, "file", SHELF_FILE, "hello, world");
    shelf_put(shelf, "dir", CONTEXT, "");
    asker_open(&a, shelf);
    table = uio_manager_table(shelf->manager);
    inner = uio_manager_table(shelf->manager);
    teller = uio_manager_root(shelf->manager, &teller_type, NULL);
    single = uio_manager_root(shelf->manager, &single_type, NULL);
    ck_assert_int_eq(attach(table, "inner", inner), 0);
    ck_assert_int_eq(attach(inner, "things", shelf->context), 0);
    ck_assert_int_eq(attach(table, "teller", teller), 0);
    const struct uio_object object = single_object();
    ck_assert_int_eq(uio_manager_attach(shelf->manager, table, "clock", 5, single, &object), 0);
    claim("/node", table);
    slow_count = slow_cancelled = 0;
}

static void begin(void) { begin_with(0); }

static void end(void) {
    asker_close(&a);
    shelf_close(shelf);
}

static const struct said *by_name(uint32_t code, const char *name) {
    return ask_name(&a, code, table, name, NULL, NULL, 0, 0);
}

static const struct said *map(uint32_t context, const char *name) {
    return ask_name(&a, VNAME_MAP_CONTEXT, context, name, NULL, NULL, 0, 0);
}

/* UIO-9.6-01 */
START_TEST(names_lead_to_what_is_attached) {
    begin();
    CHECK_TEXT(read_at(&a, create(&a, "/node/inner/things/file", UIO_MODE_READ), 0, 0, 100), "hello, world");
    CHECK_TEXT(read_at(&a, create(&a, "/node//inner/things//file", UIO_MODE_READ), 0, 7, 100), "world");
    ck_assert_str_eq(shelf->name, "file");
    ck_assert_uint_eq(by_name(UIO_QUERY_OBJECT, "inner/things/file")->object.size, 12); /* relative */
    ck_assert_uint_eq(by_name(UIO_QUERY_OBJECT, "/node/clock")->object.type, UIO_TYPE_CLOCK);
    ck_assert_uint_eq(by_name(UIO_QUERY_OBJECT, "/node")->object.type, UIO_TYPE_CONTEXT);
    check_refused(by_name(UIO_QUERY_OBJECT, "/node/none"), VNAME_NOT_FOUND);
    check_refused(by_name(UIO_QUERY_OBJECT, "/node/inn"), VNAME_NOT_FOUND);
    check_refused(by_name(UIO_QUERY_OBJECT, "/node/inner/things/none"), VNAME_NOT_FOUND);
    check_refused(by_name(UIO_QUERY_OBJECT, "/node/clock/none"), VNAME_NOT_CONTEXT);
    check_refused(by_name(UIO_REMOVE_OBJECT, "/node/inner"), UIO_UNSUPPORTED);
    check_refused(try_create(&a, "/node/none", UIO_MODE_READ | UIO_MODE_WRITE, a.entity), VNAME_NOT_FOUND);
    check_refused(try_create(&a, "/node", UIO_MODE_READ | UIO_MODE_WRITE, a.entity), UIO_IS_CONTEXT);
    end();
}
END_TEST

/* NAME-6.2-01, NAME-6.2-02 */
START_TEST(their_contexts_have_numbers_and_names) {
    begin();
    CHECK_TEXT(map(0, "/node"), "/node");
    const struct said *s = map(0, "/node/inner//things");
    CHECK_TEXT(s, "/node/inner/things");
    ck_assert_uint_eq(s->words[2], shelf->context);
    CHECK_TEXT(map(table, "inner"), "/node/inner");
    s = map(0, "/node/inner/things/dir");
    CHECK_TEXT(s, "/node/inner/things/dir");
    const uint32_t dir = s->words[2];
    ck_assert_uint_ne(dir, 0);
    CHECK_TEXT(map(inner, "things/dir"), "/node/inner/things/dir");
    ck_assert_uint_eq(map(inner, "things/dir")->words[2], dir);
    check_refused(map(0, "/node/clock"), VNAME_NOT_CONTEXT);
    ck_assert_uint_eq(ask_name(&a, UIO_QUERY_OBJECT, shelf->context, "file", NULL, NULL, 0, 0)->code, VMTP_OK);
    end();
}
END_TEST

/* UIO-9.6-03 */
START_TEST(new_names_stay_where_they_are) {
    uint8_t octets[64];
    const char *const to[] = {"/node/inner/things/new", "/node/new", "/shelf/new", "inner/things/new", "new"};
    const uint32_t codes[] = {VMTP_OK, UIO_CROSS, VMTP_OK, VMTP_OK, UIO_CROSS};
    begin();
    for (unsigned i = 0; i < 5; i++) {
        const struct uio_new_name n = {table, 0, (uint16_t)strlen(to[i]), to[i]};
        const uint32_t size = uio_new_name_encode(octets, sizeof octets, &n), words[4] = {0};
        const struct said *s = ask_name(&a, UIO_RENAME_OBJECT, 0, "/node/inner/things/file", words, octets, size, 0);
        ck_assert_uint_eq(s->code, codes[i]);
        if (!codes[i])
            ck_assert_str_eq(shelf->new_name, "new");
    }
    end();
}
END_TEST

static char names[2048];
static uint32_t list_code;

/* The names in a context, by reads of so many octets. */
static const char *list(const char *context, uint32_t octets) {
    const uint32_t number = create(&a, context, UIO_MODE_READ | UIO_MODE_CONTEXT);
    uint64_t block = 0;
    uint32_t at_end = 0;
    names[0] = 0;
    list_code = VMTP_OK;
    for (unsigned i = 0; i < 100 && !at_end && !list_code; i++) {
        const struct said *s = read_at(&a, number, i % 2 ? UIO_MANAGER_NEXT : block, 0, octets);
        struct uio_list l = uio_list_of(s->octets, s->size);
        struct uio_object o;
        list_code = s->code;
        while (uio_list_next(&l, &o))
            snprintf(names + strlen(names), sizeof names - strlen(names), "%.*s ", (int)o.name_length, o.name);
        block = (uint64_t)s->words[1] << 32 | s->words[2];
        at_end = s->words[3];
    }
    release(&a, number, 0);
    return names;
}

/* UIO-9.6-02, UIO-5.3-01, UIO-5.3-02, UIO-5.3-05 */
START_TEST(what_is_attached_is_told) {
    begin();
    ck_assert_str_eq(list("/node", 2048), "inner teller clock ");
    ck_assert_str_eq(list("/node", UIO_OBJECT_HEAD + 8), "inner teller clock ");
    list("/node", UIO_OBJECT_HEAD);
    ck_assert_uint_eq(list_code, UIO_BAD_COUNT);
    ck_assert_str_eq(list("/node/inner", 2048), "things ");
    /* with what a type tells by itself */
    ck_assert_str_eq(list("/node/teller", 2048), "one two file three ");
    const uint32_t extra = uio_manager_table(shelf->manager);
    ck_assert_int_eq(attach(teller, "two", extra), 0);
    for (uint32_t octets = 2 * UIO_OBJECT_HEAD + 16; octets < 800; octets += 50)
        ck_assert_str_eq(list("/node/teller", octets), "one file three two ");
    uio_manager_detach(shelf->manager, extra);
    ck_assert_str_eq(list("/node/teller", 2048), "one two file three ");
    end();
}
END_TEST

/* UIO-9.6-02, section 4: `.` is the context itself, with all that is attached to it, wherever it stands */
START_TEST(dot_is_the_context_itself) {
    begin();
    ck_assert_str_eq(list("/node/.", 2048), "inner teller clock ");
    ck_assert_str_eq(list("/node/./inner/./", 2048), "things ");
    CHECK_TEXT(read_at(&a, create(&a, "/node/./inner/./things/file", UIO_MODE_READ), 0, 0, 100), "hello, world");
    ck_assert_uint_eq(by_name(UIO_QUERY_OBJECT, "./clock")->object.type, UIO_TYPE_CLOCK);
    check_refused(by_name(UIO_QUERY_OBJECT, "/node/clock/."), VNAME_NOT_CONTEXT);
    check_refused(by_name(UIO_QUERY_OBJECT, "/node/.inner"), VNAME_NOT_FOUND);
    end();
}
END_TEST

START_TEST(what_cannot_be_attached) {
    begin();
    uint32_t other = uio_manager_table(shelf->manager);
    ck_assert_int_eq(attach(table, "inner", other), VMTP_E_EXISTS);
    ck_assert_int_eq(attach(table, "again", inner), VMTP_E_INVALID);
    ck_assert_int_eq(attach(table, "", other), VMTP_E_INVALID);
    ck_assert_int_eq(attach(table, "a/b", other), VMTP_E_INVALID);
    ck_assert_int_eq(attach(table, ".", other), VMTP_E_INVALID);
    ck_assert_int_eq(attach(table, "\xff", other), VMTP_E_INVALID);
    ck_assert_int_eq(attach(4711, "other", other), VMTP_E_INVALID);
    ck_assert_int_eq(attach(table, "other", 4711), VMTP_E_INVALID);
    ck_assert_int_eq(attach(other, "other", other), VMTP_E_INVALID);
    ck_assert_int_eq(attach(inner, "table", table), VMTP_E_INVALID); /* it would be in itself */
    /* what it was in is gone: it can be put elsewhere, and is nowhere until then */
    uio_manager_unroot(shelf->manager, inner);
    check_refused(by_name(UIO_QUERY_OBJECT, "/node/inner/things/file"), VNAME_NOT_FOUND);
    ck_assert_int_eq(attach(table, "things", shelf->context), 0);
    ck_assert_uint_eq(by_name(UIO_QUERY_OBJECT, "/node/things/file")->code, VMTP_OK);
    for (unsigned i = 0; i < 100 && other; i++)
        other = uio_manager_table(shelf->manager);
    ck_assert_uint_eq(other, 0); /* there are config.roots */
    end();
}
END_TEST

static void control_later(struct said *s, uint32_t number) {
    const uint32_t words[7] = {number, 1};
    ask_later(s, &a, UIO_CONTROL_INSTANCE, words, NULL, 0, 0);
}

/* Functions that end later take places of those that wait, and go with their instance. */
START_TEST(controls_that_take_their_time) {
    static struct said said[4];
    begin();
    const uint32_t number = create(&a, "/node/clock", UIO_MODE_READ);
    for (unsigned i = 0; i < 3; i++) {
        control_later(&said[i], number);
        shelf_run(MS);
    }
    ck_assert_uint_eq(slow_count, 3);
    shelf_run(3600 * SECONDS); /* nobody's patience is in it but the client's */
    ck_assert_uint_eq(USE(shelf).waiting, 3);
    slow[1]->words[3] = 4711;
    uio_manager_finish_control(slow[1], "done", 4);
    CHECK_TEXT(wait_for(&said[1]), "done");
    ck_assert_uint_eq(said[1].words[3], 4711);
    uio_manager_refuse(slow[0], UIO_BUSY);
    check_refused(wait_for(&said[0]), UIO_BUSY);
    ck_assert_uint_eq(release(&a, number, 0)->code, VMTP_OK);
    check_refused(wait_for(&said[2]), UIO_STALE);
    ck_assert_uint_eq(slow_cancelled, 1);
    ck_assert_uint_eq(USE(shelf).waiting, 0);
    end();
}
END_TEST

START_TEST(controls_when_too_many_wait) {
    static struct said said[4];
    begin_with(2);
    const uint32_t number = create(&a, "/node/clock", UIO_MODE_READ);
    for (unsigned i = 0; i < 3; i++)
        control_later(&said[i], number);
    check_refused(wait_for(&said[2]), UIO_WOULD_WAIT);
    ck_assert_uint_eq(slow_count, 2);
    end();
}
END_TEST

int main(void) {
    TCase *c = tcase_create("tables");
    tcase_add_test(c, names_lead_to_what_is_attached);
    tcase_add_test(c, their_contexts_have_numbers_and_names);
    tcase_add_test(c, new_names_stay_where_they_are);
    tcase_add_test(c, what_is_attached_is_told);
    tcase_add_test(c, dot_is_the_context_itself);
    tcase_add_test(c, what_cannot_be_attached);
    tcase_add_test(c, controls_that_take_their_time);
    tcase_add_test(c, controls_when_too_many_wait);
    return shelf_main(c, "uio: tables");
}
