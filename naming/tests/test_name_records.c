/* SPDX-License-Identifier: BSD-2-Clause */
/* Records and lists of records (section 3.3), which of two beats the other (8.5), parameters by name (6.1). */
#include <stdlib.h>
#include <string.h>

#include <check.h>
#include <suite.h>

#include <vnaming/name.h>

static uint8_t octets[2 * VNAME_RECORD_OCTETS];

static struct vname_record record_of(const char *prefix) {
    return (struct vname_record){.flags = VNAME_REGISTERED,
                                 .prefix_length = (uint16_t)strlen(prefix),
                                 .generation = 7,
                                 .manager = 0x0a11ce5eed004240u,
                                 .group = 0x40000001e0000777u,
                                 .owner = 0x1122334455667788u,
                                 .context = 0x99,
                                 .prefix = prefix};
}

/* NAME-1-02 */
START_TEST(a_record_octet_by_octet) {
    static const uint8_t expected[48] = {0,    48,   0x40, 0,    0,    0,    0,    7,    0x0a, 0x11, 0xce, 0x5e,
                                         0xed, 0x00, 0x42, 0x40, 0x40, 0,    0,    1,    0xe0, 0,    7,    0x77,
                                         0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0,    0,    0,    0x99,
                                         0,    5,    0,    0,    '/',  'b',  '/',  'c',  'd',  0,    0,    0};
    struct vname_record record = record_of("/b/cd");
    record.flags |= 0x0001; /* is sent as zero */
    ck_assert_uint_eq(vname_record_encode(octets, 47, &record), 0);
    ck_assert_uint_eq(vname_record_encode(octets, 48, &record), 48);
    ck_assert_mem_eq(octets, expected, 48);
}
END_TEST

START_TEST(an_alias_there_and_back) {
    struct vname_record record = record_of("/bin"), again;
    record.flags = VNAME_ALIAS_RECORD | VNAME_HANDED_OVER;
    record.target = "/storage/bin";
    record.target_length = 12;
    ck_assert_uint_eq(vname_record_encode(octets, sizeof octets, &record), 56);
    ck_assert_uint_eq(vname_record_decode(&again, octets, 56), 56);
    ck_assert_uint_eq(again.flags, record.flags);
    ck_assert_uint_eq(again.generation, 7);
    ck_assert_uint_eq(again.manager, record.manager);
    ck_assert_uint_eq(again.group, record.group);
    ck_assert_uint_eq(again.owner, record.owner);
    ck_assert_uint_eq(again.context, 0x99);
    ck_assert_uint_eq(again.prefix_length, 4);
    ck_assert_mem_eq(again.prefix, "/bin", 4);
    ck_assert_uint_eq(again.target_length, 12);
    ck_assert_mem_eq(again.target, "/storage/bin", 12);
}
END_TEST

START_TEST(the_largest_record) {
    char prefix[VNAME_PREFIX_OCTETS + 1] = "/", target[VNAME_NAME_OCTETS + 1] = "/";
    memset(prefix + 1, 'p', VNAME_PREFIX_OCTETS - 1);
    memset(target + 1, 't', VNAME_NAME_OCTETS - 1);
    struct vname_record record = record_of(prefix), again;
    record.flags = VNAME_ALIAS_RECORD;
    record.target = target;
    record.target_length = VNAME_NAME_OCTETS;
    ck_assert_uint_eq(vname_record_encode(octets, VNAME_RECORD_OCTETS, &record), VNAME_RECORD_OCTETS);
    ck_assert_uint_eq(vname_record_decode(&again, octets, VNAME_RECORD_OCTETS), VNAME_RECORD_OCTETS);
}
END_TEST

/* Encodes a good record of "/ab" (48 octets), changes `count` octets at `at`, and decodes. */
static uint32_t changed(size_t at, const char *with, size_t count, struct vname_record *record) {
    const struct vname_record good = record_of("/ab");
    memset(octets, 0, sizeof octets);
    ck_assert_uint_eq(vname_record_encode(octets, sizeof octets, &good), 48);
    memcpy(octets + at, with, count);
    return vname_record_decode(record, octets, 56);
}

/* NAME-3.3-01 NAME-2.1-06 NAME-3.3-04 */
START_TEST(what_is_not_well_formed) {
    struct vname_record r;
    ck_assert_uint_eq(changed(0, "\0\x30", 2, &r), 48); /* as it was */
    ck_assert_uint_eq(changed(0, "\0\x31", 2, &r), 0);  /* length: not a multiple of 8 */
    ck_assert_uint_eq(changed(0, "\0\x38", 2, &r), 0);  /* more than it says inside */
    ck_assert_uint_eq(changed(0, "\0\x28", 2, &r), 0);  /* less */
    ck_assert_uint_eq(changed(0, "\0\0", 2, &r), 0);
    ck_assert_uint_eq(changed(0, "\xff\xf8", 2, &r), 0);
    ck_assert_uint_eq(changed(4, "\0\0\0\0", 4, &r), 0);           /* generation */
    ck_assert_uint_eq(changed(8, "\0\0\0\0\0\0\0\0", 8, &r), 0);   /* manager: none */
    ck_assert_uint_eq(changed(8, "\x40", 1, &r), 0);               /* manager: a group */
    ck_assert_uint_eq(changed(16, "\x0a", 1, &r), 0);              /* group: none */
    ck_assert_uint_eq(changed(16, "\0\0\0\0\0\0\0\0", 8, &r), 48); /* no group */
    ck_assert_uint_eq(changed(36, "\0\0", 2, &r), 0);              /* empty prefix */
    ck_assert_uint_eq(changed(36, "\xff\xff", 2, &r), 0);          /* prefix behind the end */
    ck_assert_uint_eq(changed(38, "\0\x02", 2, &r), 0);            /* a target without ALIAS */
    ck_assert_uint_eq(changed(2, "\x20", 1, &r), 0);               /* ALIAS without a target */
    ck_assert_uint_eq(changed(40, "a", 1, &r), 0);                 /* prefix: relative */
    ck_assert_uint_eq(changed(41, "..", 2, &r), 0);                /* prefix: ".." */
    ck_assert_uint_eq(changed(41, "\xff", 1, &r), 0);              /* prefix: no UTF-8 */
    ck_assert_uint_eq(changed(41, "b/", 2, &r), 0);                /* prefix: empty component */
    ck_assert_uint_eq(changed(43, "xyz", 3, &r), 48);              /* filling: any */
}
END_TEST

/* NAME-3.3-01 */
START_TEST(a_target_is_an_absolute_name) {
    struct vname_record record = record_of("/ab"), again;
    record.flags = VNAME_ALIAS_RECORD;
    record.target = "/x\xff";
    record.target_length = 3;
    vname_record_encode(octets, sizeof octets, &record);
    ck_assert_uint_eq(vname_record_decode(&again, octets, sizeof octets), 0);
    record.target = "x/y";
    vname_record_encode(octets, sizeof octets, &record);
    ck_assert_uint_eq(vname_record_decode(&again, octets, sizeof octets), 0);
    record.target = "/..";
    vname_record_encode(octets, sizeof octets, &record);
    ck_assert_uint_eq(vname_record_decode(&again, octets, sizeof octets), 48);
}
END_TEST

/* NAME-3.3-03 NAME-1-02 */
START_TEST(unknown_flags_are_ignored) {
    struct vname_record r;
    ck_assert_uint_eq(changed(2, "\x43\xff", 2, &r), 48);
    ck_assert_uint_eq(r.flags, VNAME_REGISTERED);
}
END_TEST

/* NAME-3.3-02 */
START_TEST(what_is_not_well_formed_ends_the_list) {
    struct vname_record a = record_of("/a"), b = record_of("/b"), r;
    uint32_t size = vname_record_encode(octets, sizeof octets, &a);
    size += vname_record_encode(octets + size, sizeof octets - size, &b);
    octets[size] = 1; /* the beginning of nothing */
    struct vname_list list = vname_list_of(octets, size);
    ck_assert_int_eq(vname_list_next(&list, &r), 1);
    ck_assert_mem_eq(r.prefix, "/a", 2);
    ck_assert_int_eq(vname_list_next(&list, &r), 1);
    ck_assert_mem_eq(r.prefix, "/b", 2);
    ck_assert_int_eq(vname_list_next(&list, &r), 0);
    ck_assert_uint_eq(list.left, 0);
    list = vname_list_of(octets, size + 30);
    ck_assert_int_eq(vname_list_next(&list, &r), 1);
    ck_assert_int_eq(vname_list_next(&list, &r), 1);
    ck_assert_int_eq(vname_list_next(&list, &r), 0);
    ck_assert_uint_eq(list.left, 30);
    octets[48 + 40] = 'b'; /* the second is bad: the first counts */
    list = vname_list_of(octets, size);
    ck_assert_int_eq(vname_list_next(&list, &r), 1);
    ck_assert_int_eq(vname_list_next(&list, &r), 0);
    ck_assert_uint_eq(list.left, 48);
}
END_TEST

/* NAME-4-02 NAME-2.1-06 */
START_TEST(a_request_with_a_record) {
    struct vname_record record = record_of("/a"), r;
    vname_record_encode(octets, sizeof octets, &record);
    ck_assert_uint_eq(vname_record_parse(&r, octets, 48), 0);
    ck_assert_uint_eq(vname_record_parse(&r, octets, 47), VNAME_BAD_REQUEST);
    ck_assert_uint_eq(vname_record_parse(&r, octets, 56), VNAME_BAD_REQUEST);
    ck_assert_uint_eq(vname_record_parse(&r, octets, 0), VNAME_BAD_REQUEST);
    octets[40] = 'a';
    ck_assert_uint_eq(vname_record_parse(&r, octets, 48), VNAME_INVALID);
}
END_TEST

/* NAME-3.3-04 */
START_TEST(which_of_two_beats_the_other) {
    struct vname_record a = record_of("/a"), b = record_of("/a");
    ck_assert_int_eq(vname_record_beats(&a, &b) || vname_record_beats(&b, &a), 0);
    b.manager--;
    ck_assert_int_eq(vname_record_beats(&b, &a), 1); /* the lower manager */
    ck_assert_int_eq(vname_record_beats(&a, &b), 0);
    b.flags = 0;
    ck_assert_int_eq(vname_record_beats(&a, &b), 1); /* REGISTERED before that */
    ck_assert_int_eq(vname_record_beats(&b, &a), 0);
    b.generation = 0xffffffffu; /* the generation before all, and it has no sign */
    ck_assert_int_eq(vname_record_beats(&b, &a), 1);
    ck_assert_int_eq(vname_record_beats(&a, &b), 0);
    ck_assert_int_eq(vname_record_same_prefix(&a, &b), 1);
    b.prefix = "/b";
    ck_assert_int_eq(vname_record_same_prefix(&a, &b), 0);
}
END_TEST

/* NAME-6.1-01 */
START_TEST(parameters_there_and_back) {
    struct vmtp_message message = {.code = 0x01000501, .words = {0, 0, 2, 3, 4, 5, 6}};
    struct vname_request request = {.context = 0xc0ffee,
                                    .index = 2,
                                    .length = 5,
                                    .name = "/a/bc",
                                    .extra = "more",
                                    .extra_size = 4},
                         again;
    ck_assert_uint_eq(vname_request_octets(&request), 12);
    ck_assert_uint_eq(vname_request_build(&message, octets, 11, &request), 0);
    memset(octets, 0xee, sizeof octets);
    ck_assert_uint_eq(vname_request_build(&message, octets, sizeof octets, &request), 12);
    ck_assert_mem_eq(octets, "/a/bc\0\0\0more\xee", 13);
    ck_assert_uint_eq(message.code, 0x01010501);
    ck_assert_uint_eq(message.words[0], 0xc0ffee);
    ck_assert_uint_eq(message.words[1], 0x00020005);
    ck_assert_uint_eq(message.words[2], 2);
    ck_assert_uint_eq(message.words[5], 5);
    ck_assert_uint_eq(vname_request_parse(&again, &message, octets, 12, 0), 0);
    ck_assert_uint_eq(again.context, 0xc0ffee);
    ck_assert_uint_eq(again.index, 2);
    ck_assert_uint_eq(again.length, 5);
    ck_assert_ptr_eq(again.name, octets);
    ck_assert_uint_eq(again.extra_size, 4);
    ck_assert_mem_eq(again.extra, "more", 4);
    ck_assert_uint_eq(vname_request_parse(&again, &message, octets, 5, 0), 0); /* nothing behind it, not even filling */
    ck_assert_uint_eq(again.extra_size, 0);
    ck_assert_ptr_null(again.extra);
}
END_TEST

static uint32_t parse(uint32_t index, uint32_t length, size_t size, int empty_allowed) {
    const struct vmtp_message message = {.words = {0, index << 16 | length}};
    struct vname_request request;
    return vname_request_parse(&request, &message, octets, size, empty_allowed);
}

/* NAME-6.1-05 NAME-6.1-06 NAME-2.1-03 */
START_TEST(parameters_that_cannot_be) {
    memset(octets, 'x', sizeof octets);
    ck_assert_uint_eq(parse(5, 5, 5, 0), 0);
    ck_assert_uint_eq(parse(6, 5, 5, 0), VNAME_BAD_REQUEST);
    ck_assert_uint_eq(parse(0, 5, 4, 0), VNAME_BAD_REQUEST);
    ck_assert_uint_eq(parse(0, 0, 8, 0), VNAME_BAD_REQUEST);
    ck_assert_uint_eq(parse(0, 0, 0, 1), 0);
    ck_assert_uint_eq(parse(1, 0, 0, 1), VNAME_BAD_REQUEST);
    ck_assert_uint_eq(parse(0, 1024, 1024, 0), 0);
    ck_assert_uint_eq(parse(0, 1025, 2000, 0), VNAME_TOO_LONG);
    ck_assert_uint_eq(parse(0, 0xffff, 2000, 0), VNAME_BAD_REQUEST);
    octets[2] = 0;
    ck_assert_uint_eq(parse(0, 5, 5, 0), VNAME_INVALID);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("records");
    TCase *tc = tcase_create("records");
    tcase_add_test(tc, a_record_octet_by_octet);
    tcase_add_test(tc, an_alias_there_and_back);
    tcase_add_test(tc, the_largest_record);
    tcase_add_test(tc, what_is_not_well_formed);
    tcase_add_test(tc, a_target_is_an_absolute_name);
    tcase_add_test(tc, unknown_flags_are_ignored);
    tcase_add_test(tc, what_is_not_well_formed_ends_the_list);
    tcase_add_test(tc, a_request_with_a_record);
    tcase_add_test(tc, which_of_two_beats_the_other);
    tcase_add_test(tc, parameters_there_and_back);
    tcase_add_test(tc, parameters_that_cannot_be);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
