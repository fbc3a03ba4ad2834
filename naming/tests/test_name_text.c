/* SPDX-License-Identifier: BSD-2-Clause */
/* V_NAMES and V_CONTEXT (section 7.2). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>
#include <suite.h>

#include <vnaming/name.h>

static char text[20000];

/* NAME-7.2-02 */
START_TEST(the_text_of_records) {
    const struct vname_record records[] = {
        {.prefix = "/storage", .prefix_length = 8, .manager = 0x0a11ce5eed004240u, .context = 0x1f, .generation = 3},
        {.prefix = "/bin",
         .prefix_length = 4,
         .manager = 1,
         .generation = 1,
         .flags = VNAME_ALIAS_RECORD,
         .target = "/x=y;z/\xc3\xbc",
         .target_length = 9},
        {.prefix = "/a b;c=d,%\xc3\xbc",
         .prefix_length = 12,
         .manager = 0xb,
         .generation = 0xffffffffu,
         .group = 0x40000001e0000777u}};
    const char *expected = "1;/storage=a11ce5eed004240,1f,3"
                           ";/bin=1,0,1=/x%3dy%3bz/%c3%bc"
                           ";/a%20b%3bc%3dd%2c%25%c3%bc=b,0,ffffffff,40000001e0000777";
    ck_assert_uint_eq(vname_text_records(text, sizeof text, records, 3), strlen(expected));
    ck_assert_str_eq(text, expected);

    struct vname_text reader;
    struct vname_record r;
    vname_text_begin(&reader, text);
    ck_assert_int_eq(vname_text_next(&reader, &r), 1);
    ck_assert_uint_eq(r.manager, 0x0a11ce5eed004240u);
    ck_assert_uint_eq(r.context, 0x1f);
    ck_assert_uint_eq(r.generation, 3);
    ck_assert_uint_eq(r.group, 0);
    ck_assert_uint_eq(r.prefix_length, 8);
    ck_assert_mem_eq(r.prefix, "/storage", 8);
    ck_assert_uint_eq(r.flags, 0);
    ck_assert_uint_eq(r.target_length, 0);
    ck_assert_int_eq(vname_text_next(&reader, &r), 1);
    ck_assert_uint_eq(r.flags, VNAME_ALIAS_RECORD);
    ck_assert_uint_eq(r.target_length, 9);
    ck_assert_mem_eq(r.target, records[1].target, 9);
    ck_assert_int_eq(vname_text_next(&reader, &r), 1);
    ck_assert_uint_eq(r.prefix_length, 12);
    ck_assert_mem_eq(r.prefix, records[2].prefix, 12);
    ck_assert_uint_eq(r.generation, 0xffffffffu);
    ck_assert_uint_eq(r.group, 0x40000001e0000777u);
    ck_assert_int_eq(vname_text_next(&reader, &r), 0);
    ck_assert_uint_eq(reader.skipped, 0);
}
END_TEST

/* How many records are read of a text. */
static unsigned readable(const char *names) {
    struct vname_text reader;
    struct vname_record r;
    unsigned count = 0;
    vname_text_begin(&reader, names);
    while (vname_text_next(&reader, &r))
        count++;
    ck_assert_uint_eq(reader.records, reader.skipped + count);
    return count;
}

/* NAME-7.2-04 */
START_TEST(what_cannot_be_read_is_skipped) {
    ck_assert_uint_eq(readable(NULL), 0);
    ck_assert_uint_eq(readable(""), 0);
    ck_assert_uint_eq(readable("1"), 0);
    ck_assert_uint_eq(readable("2;/a=1,2,3"), 0);
    ck_assert_uint_eq(readable("12;/a=1,2,3"), 0);
    ck_assert_uint_eq(readable("1;/a=1,2,3"), 1);
    ck_assert_uint_eq(readable("1;/a=1,2,3;"), 1);
    ck_assert_uint_eq(readable("1;;;/a=1,2,3;;"), 1);
    ck_assert_uint_eq(readable("1;nonsense;/a=1,2,3;/b=1,2,3"), 2);
    ck_assert_uint_eq(readable("1;/a=1,2;/a=1,2,;/a=1,2,3,;/a=1,2,3,4;/a=1,2,3 ;/a=,2,3"), 0);
    ck_assert_uint_eq(readable("1;/a=1,2,0;/a=0,2,1;/a=4000000000000001,2,3"), 0);
    ck_assert_uint_eq(readable("1;/a=11112222333344445,2,3;/a=1,111122223,3;/a=1,2,111122223"), 0);
    ck_assert_uint_eq(readable("1;a=1,2,3;/=1,2,3;/a/..=1,2,3;=1,2,3;/a%2=1,2,3;/a%=1,2,3;/a%zz=1,2,3;/a b=1,2,3"), 0);
    /* Aliases, with a group and without; targets that are no absolute names; identifiers as they are shown to people. */
    ck_assert_uint_eq(readable("1;/a=1,2,3=/t;/b=1,2,3,40000001E0000777=/t"), 2);
    ck_assert_uint_eq(readable("1;/a=1,2,3=;/a=1,2,3=t;/a=1,2,3=/t=;/a=1,2,3=/t,4;/a=1,2,3=/%00;/a=1,2,3,=/t"), 0);
    ck_assert_uint_eq(readable("1;/a=0a11-ce5e-ed00-4240,2,3"), 0);
    ck_assert_uint_eq(readable("1;/a%00=1,2,3;/a%ff=1,2,3;/a=1,2,3,40000001E0000777"), 1);
}
END_TEST

/* NAME-7.2-04 */
START_TEST(at_most_64_records_and_8192_octets) {
    char *end = text;
    end += sprintf(end, "1");
    for (unsigned i = 0; i < 100; i++)
        end += sprintf(end, ";/p%u=1,2,3", i);
    ck_assert_uint_eq(readable(text), 64);

    /* The record that ends with octet 8192 counts, one octet later it does not. */
    for (unsigned longer = 0; longer < 2; longer++) {
        memset(text, 'x', sizeof text);
        memcpy(text, "1;/a=1,2,3;", 11);
        const size_t at = 8192 - 9 + longer;
        memcpy(text + at - 1, ";/b=1,2,3;/c=1,2,3", 19);
        text[at + 9 - 1] = longer ? '3' : ';';
        if (longer)
            memcpy(text + at - 1, ";/b=1,2,33", 11);
        ck_assert_uint_eq(readable(text), longer ? 1 : 2);
    }
}
END_TEST

/* NAME-7.2-04: what is written is never more than what is read. */
START_TEST(what_is_written_fits) {
    static struct vname_record records[100];
    static char prefixes[100][VNAME_PREFIX_OCTETS + 1];
    for (unsigned i = 0; i < 100; i++) {
        memset(prefixes[i], ' ', VNAME_PREFIX_OCTETS); /* three octets each */
        snprintf(prefixes[i], sizeof prefixes[i], "/%u", i);
        const unsigned length = i < 20 ? VNAME_PREFIX_OCTETS : (unsigned)strlen(prefixes[i]);
        if (i < 20)
            prefixes[i][strlen(prefixes[i])] = 'x';
        records[i] = (struct vname_record){
            .prefix = prefixes[i], .prefix_length = (uint16_t)length, .manager = i + 1, .generation = 1};
    }
    const size_t length = vname_text_records(text, sizeof text, records, 100);
    ck_assert_uint_le(length, VNAME_TEXT_OCTETS);
    ck_assert_uint_eq(strlen(text), length);
    ck_assert_uint_gt(readable(text), 50); /* what was too long for the rest gave way to shorter ones */
    for (size_t room = 0; room < 200; room++) {
        const size_t used = vname_text_records(text, room, records + 50, 50);
        ck_assert_uint_eq(used, room < 2 ? 0 : strlen(text));
        if (room >= 2)
            ck_assert_uint_lt(used, room);
    }
}
END_TEST

/* NAME-7.2-03 */
START_TEST(the_text_of_a_context) {
    struct vname_place place = {.name = "/home/a b", .length = 9, .manager = 0xabc, .context = 0x10},
                       again = {.length = 0};
    ck_assert_uint_eq(vname_text_place(text, sizeof text, &place), 18);
    ck_assert_str_eq(text, "/home/a%20b=abc,10");
    ck_assert_uint_eq(vname_text_place(text, 18, &place), 0);
    ck_assert_uint_eq(vname_text_place(text, 19, &place), 18);
    ck_assert_int_eq(vname_text_read_place(&again, text), 1);
    ck_assert_uint_eq(again.length, 9);
    ck_assert_mem_eq(again.name, "/home/a b", 9);
    ck_assert_uint_eq(again.manager, 0xabc);
    ck_assert_uint_eq(again.context, 0x10);

    place.length = VNAME_NAME_OCTETS;
    memset(place.name, '%', sizeof place.name);
    place.name[0] = '/';
    place.manager = 0xffffffffffffffffu;
    place.context = 0xffffffffu;
    ck_assert_uint_gt(vname_text_place(text, VNAME_CONTEXT_OCTETS, &place), 3000);
}
END_TEST

/* NAME-7.2-04 */
START_TEST(a_context_that_cannot_be_read) {
    static const char *const bad[] = {"",
                                      "/a",
                                      "/a=",
                                      "/a=1",
                                      "/a=1,",
                                      "/a=1,2,3",
                                      "a=1,2",
                                      "/a%zz=1,2",
                                      "/a%0=1,2",
                                      "/a=1,2 ",
                                      "/a%00=1,2",
                                      "/a%ff=1,2",
                                      "=1,2",
                                      "/a=x,2",
                                      "/a=4000000000000001,2",
                                      "/a=1,123456789"};
    struct vname_place place = {.length = 77};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_msg(!vname_text_read_place(&place, bad[i]), "%s", bad[i]);
    ck_assert_int_eq(vname_text_read_place(&place, NULL), 0);
    memset(text, 'x', sizeof text);
    text[0] = '/';
    text[sizeof text - 1] = '\0';
    ck_assert_int_eq(vname_text_read_place(&place, text), 0);
    ck_assert_uint_eq(place.length, 77);
    ck_assert_int_eq(vname_text_read_place(&place, "/a=0,0"), 1); /* the name alone is known */
}
END_TEST

int main(void) {
    Suite *suite = suite_create("handing down");
    TCase *tc = tcase_create("text");
    tcase_add_test(tc, the_text_of_records);
    tcase_add_test(tc, what_cannot_be_read_is_skipped);
    tcase_add_test(tc, at_most_64_records_and_8192_octets);
    tcase_add_test(tc, what_is_written_fits);
    tcase_add_test(tc, the_text_of_a_context);
    tcase_add_test(tc, a_context_that_cannot_be_read);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
