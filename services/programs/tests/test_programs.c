/* SPDX-License-Identifier: BSD-2-Clause */
/* The programs of a node: listed, read, asked to end. */
#include <stdio.h>
#include <stdlib.h>

#include "programs/programs.h"
#include "testing/desk.h"

static struct desk desk;
static struct programs *programs;
static struct program editor, printer;
static unsigned told, asked;
static uint32_t end_code;

#define COUNT(name) (programs_counters(programs)->name)
#define EDITOR "0000-0000-0000-0777"
#define PRINTER "1234-5678-9abc-def0"

static void describe(struct program *p, struct programs_text *text) {
    ck_assert_ptr_eq(p->context, &desk);
    programs_line(text, "times", "%u", ++told);
    programs_line(text, "odd", "a\nb%cc", 7);
}

static uint32_t end_of(struct program *p, vmtp_entity client) {
    ck_assert_ptr_eq(p, &printer);
    ck_assert_uint_eq(client >> 8, desk.a.entity >> 8); /* of that node */
    asked++;
    if (!end_code)
        programs_remove(p);
    return end_code;
}

static void begin_with(const struct programs_config *config) {
    desk_prepare(&desk);
    desk_begin(&desk);
    ck_assert_int_eq(programs_open(&programs, desk.manager, config), 0);
    desk_claim(&desk, "/programs", programs_context(programs));
    editor = (struct program){.entity = 0x777, .name = "editor", .describe = describe, .context = &desk};
    printer = (struct program){.entity = 0x123456789abcdef0u, .name = "2nd floor", .end = end_of};
    ck_assert_int_eq(programs_add(programs, &editor), 0);
    ck_assert_int_eq(programs_add(programs, &printer), 0);
    told = asked = 0;
}

static void begin(void) { begin_with(NULL); }

static void end(void) {
    programs_close(programs);
    ck_assert_ptr_null(editor.programs);
    desk_end(&desk);
}

/* UIO-9.4-01, UIO-9.4-02 */
START_TEST(a_list_and_a_text) {
    begin();
    ck_assert_str_eq(names_in(&desk.a, "/programs", 2048), EDITOR " " PRINTER " ");
    ck_assert_str_eq(names_in(&desk.a, "/programs", 120), EDITOR " " PRINTER " ");
    ck_assert_uint_eq(described(PRINTER).type, UIO_TYPE_PROGRAM);
    ck_assert_uint_eq(described(PRINTER).number, printer.entity);
    shelf_run(60 * SECONDS);
    const struct said *s = read_at(&desk.a, create(&desk.a, "/programs/" PRINTER, UIO_MODE_READ), 0, 0, 1000);
    CHECK_TEXT(s, "entity: " PRINTER "\nname: 2nd floor\nrunning: 60\n");
    ck_assert_uint_eq(s->words[3], UIO_END);
    told = 0;
    s = read_at(&desk.a, create(&desk.a, "/programs/" EDITOR, UIO_MODE_READ), 0, 0, 1000);
    CHECK_TEXT(s, "entity: " EDITOR "\nname: editor\nrunning: 60\ntimes: 1\nodd: a?b?c\n");
    end();
}
END_TEST

/* UIO-9.4-03 */
START_TEST(as_it_was) {
    begin();
    const struct said *s = open_as(&desk.a, "/programs/" EDITOR, UIO_MODE_READ);
    ck_assert_uint_eq(s->instance.attributes,
                      UIO_READABLE | UIO_STORAGE | UIO_RANDOM_ACCESS | UIO_OFFSET | UIO_MULTI_BLOCK | UIO_LINES);
    const uint32_t number = s->words[0];
    const uint64_t size = s->instance.object.size;
    programs_remove(&editor);
    check_refused(open_as(&desk.a, "/programs/" EDITOR, UIO_MODE_READ), VNAME_NOT_FOUND);
    shelf_run(5 * SECONDS);
    CHECK_TEXT(read_at(&desk.a, number, 0, 34, 6), "editor");
    s = read_at(&desk.a, number, 0, 34, 1000);
    ck_assert_uint_eq(s->size, size - 34);
    ck_assert_uint_eq(s->words[3], UIO_END);
    s = read_at(&desk.a, number, 7, 0, 1000);
    ck_assert_uint_eq(s->size, 0);
    ck_assert_uint_eq(s->words[3], UIO_END);
    ck_assert_uint_eq(query(&desk.a, number)->instance.object.size, size);
    ck_assert_uint_eq(told, 1);
    end();
}
END_TEST

/* UIO-9.4-04 */
START_TEST(asked_to_end) {
    begin();
    check_refused(on_name(&desk.a, UIO_REMOVE_OBJECT, "/programs/" EDITOR, 0, 0), VMTP_NO_PERMISSION);
    end_code = UIO_BUSY;
    check_refused(on_name(&desk.a, UIO_REMOVE_OBJECT, "/programs/" PRINTER, 0, 0), UIO_BUSY);
    check_refused(on_name(&desk.a, UIO_REMOVE_OBJECT, "/programs/" PRINTER, UIO_TYPE_CONTEXT, 0),
                  VNAME_NOT_CONTEXT); /* UIO-5.2-04 */
    end_code = 0;
    ck_assert_uint_eq(on_name(&desk.a, UIO_QUERY_OBJECT, "/programs/" PRINTER, 0, 0)->object.permissions, 0644);
    ck_assert_uint_eq(on_name(&desk.a, UIO_REMOVE_OBJECT, "/programs/" PRINTER, 0, 0)->code, VMTP_OK);
    check_refused(on_name(&desk.a, UIO_REMOVE_OBJECT, "/programs/" PRINTER, 0, 0), VNAME_NOT_FOUND);
    check_refused(on_name(&desk.a, UIO_REMOVE_OBJECT, "/programs", UIO_TYPE_CONTEXT, 0), VMTP_NO_PERMISSION);
    ck_assert_uint_eq(asked, 2);
    ck_assert_uint_eq(COUNT(ended), 1);
    ck_assert_uint_eq(COUNT(ends_refused), 2);
    ck_assert_str_eq(names_in(&desk.a, "/programs", 2048), EDITOR " ");
    end();
}
END_TEST

START_TEST(names_that_are_none) {
    begin();
    const char *const bad[] = {"/programs/777", "/programs/" EDITOR "0", "/programs/" EDITOR "/x", "/programs/.."};
    for (unsigned i = 0; i < 4; i++) {
        check_refused(on_name(&desk.a, UIO_QUERY_OBJECT, bad[i], 0, 0), VNAME_NOT_FOUND);
        check_refused(open_as(&desk.a, bad[i], UIO_MODE_READ | UIO_MODE_CREATE), VNAME_NOT_FOUND);
    }
    check_refused(open_as(&desk.a, "/programs/" EDITOR, RW), UIO_NOT_WRITEABLE);
    check_refused(open_as(&desk.a, "/programs/" EDITOR, UIO_MODE_READ | UIO_MODE_CONTEXT), VNAME_NOT_CONTEXT);
    check_refused(open_as(&desk.a, "/programs", RW), UIO_IS_CONTEXT);
    check_refused(on_name(&desk.a, VNAME_MAP_CONTEXT, "/programs/" EDITOR, 0, 0), VNAME_NOT_CONTEXT);
    CHECK_TEXT(on_name(&desk.a, VNAME_MAP_CONTEXT, "/programs", 0, 0), "/programs");
    end();
}
END_TEST

static void describe_much(struct program *p, struct programs_text *text) {
    char long_one[5000];
    (void)p;
    memset(long_one, 'x', sizeof long_one);
    programs_line(text, "long", "%.*s", 5000, long_one);
    for (unsigned i = 0; i < 1000; i++)
        programs_line(text, "line", "%u", i);
    long_one[4999] = 0;
    programs_line(text, long_one, "x");
}

START_TEST(too_much_to_say) {
    begin();
    struct program talker = {.entity = 0x888, .name = "talker", .describe = describe_much};
    ck_assert_int_eq(programs_add(programs, &talker), 0);
    const struct said *s = read_at(&desk.a, create(&desk.a, "/programs/0000-0000-0000-0888", UIO_MODE_READ), 0, 0, 8000);
    ck_assert_uint_le(s->size, PROGRAMS_TEXT);
    ck_assert_uint_ge(s->size, PROGRAMS_TEXT - 12);
    ck_assert_int_eq(s->octets[s->size - 1], '\n');
    ck_assert_uint_gt(COUNT(lines_left_out), 100);
    end();
    ck_assert_ptr_null(talker.programs);
}
END_TEST

/* A list of many that come and go while it is read. */
START_TEST(many_of_them) {
    static struct program crowd[300];
    char expected[64];
    begin();
    for (unsigned i = 0; i < 300; i++) {
        crowd[i] = (struct program){.entity = 0x10000u + i, .name = "one of many"};
        ck_assert_int_eq(programs_add(programs, &crowd[i]), 0);
    }
    const uint32_t number = create(&desk.a, "/programs", UIO_MODE_READ | UIO_MODE_CONTEXT);
    unsigned seen[300] = {0}, reads = 0;
    uint64_t block = 0;
    for (uint32_t at_end = 0; !at_end; reads++) {
        const struct said *s = read_at(&desk.a, number, block, 0, 2048);
        struct uio_list list = uio_list_of(s->octets, s->size);
        struct uio_object o;
        while (uio_list_next(&list, &o))
            if (o.number >= 0x10000u && o.number < 0x10000u + 300)
                seen[o.number - 0x10000u]++;
        block = (uint64_t)s->words[1] << 32 | s->words[2];
        at_end = s->words[3];
        programs_remove(&crowd[7 * reads % 150]); /* behind and before where it is */
        programs_remove(&crowd[299 - reads]);
    }
    ck_assert_uint_gt(reads, 10);
    for (unsigned i = 0; i < 300; i++)
        ck_assert(seen[i] == 1 || (seen[i] == 0 && !crowd[i].programs));
    snprintf(expected, sizeof expected, "0000-0000-0001-%04x", 150);
    ck_assert_ptr_nonnull(strstr(names_in(&desk.a, "/programs", 8000), expected));
    end();
}
END_TEST

START_TEST(what_cannot_be_added) {
    const struct programs_config few = {.programs = 3};
    struct program p = {.name = "nobody"};
    begin_with(&few);
    ck_assert_int_eq(programs_add(programs, &p), VMTP_E_INVALID);
    p.entity = 0x6000000000000100u;
    ck_assert_int_eq(programs_add(programs, &p), VMTP_E_INVALID);
    p.entity = 0x777;
    ck_assert_int_eq(programs_add(programs, &p), VMTP_E_EXISTS);
    p.entity = 0x778;
    p.name = NULL;
    ck_assert_int_eq(programs_add(programs, &p), VMTP_E_INVALID);
    p.name = "somebody";
    ck_assert_int_eq(programs_add(programs, &p), 0);
    ck_assert_int_eq(programs_add(programs, &p), VMTP_E_INVALID);
    struct program q = {.entity = 0x779, .name = "one too many"};
    ck_assert_int_eq(programs_add(programs, &q), VMTP_E_FULL);
    programs_remove(&q);
    programs_remove(&p);
    ck_assert_int_eq(programs_add(programs, &q), 0);
    programs_remove(&q);
    unsigned i = 0;
    while (programs_counter_name(i))
        ck_assert_ptr_nonnull(programs_counter_text(i++));
    ck_assert_uint_eq(i, PROGRAMS_COUNTER_COUNT);
    end();
}
END_TEST

/* One client takes all the instances it may have, and dies: others have theirs, and memory comes back. */
START_TEST(a_greedy_client) {
    begin();
    unsigned had = 0;
    while (open_as(&desk.a, "/programs/" PRINTER, UIO_MODE_READ)->code == VMTP_OK)
        had++;
    ck_assert_uint_eq(had, 1024);
    check_refused(open_as(&desk.a, "/programs/" PRINTER, UIO_MODE_READ), UIO_TOO_MANY);
    create(&desk.b, "/programs/" PRINTER, UIO_MODE_READ);
    vipc_fake_crash(desk.a.node);
    shelf_run(200 * SECONDS);
    ck_assert_uint_eq(desk_use(&desk).instances, 1);
    vipc_fake_restart(desk.a.node);
    asker_on(&desk.a, desk.a.node, desk.b.server);
    end();
}
END_TEST

int main(void) {
    TCase *c = tcase_create("programs");
    tcase_add_test(c, a_list_and_a_text);
    tcase_add_test(c, as_it_was);
    tcase_add_test(c, asked_to_end);
    tcase_add_test(c, names_that_are_none);
    tcase_add_test(c, too_much_to_say);
    tcase_add_test(c, many_of_them);
    tcase_add_test(c, what_cannot_be_added);
    tcase_add_test(c, a_greedy_client);
    return shelf_main(c, "programs");
}
