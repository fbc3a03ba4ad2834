/* SPDX-License-Identifier: BSD-2-Clause */
/* Descriptors (sections 2.1, 3), ranges, new names, modes (4, 5.1). */
#include <stdlib.h>
#include <string.h>

#include <check.h>
#include <suite.h>

#include <vuio/object.h>

static uint8_t octets[2 * UIO_INSTANCE_OCTETS];

static struct uio_object object_of(const char *name) {
    return (struct uio_object){.type = UIO_TYPE_FILE,
                               .attributes = UIO_READABLE | UIO_STORAGE,
                               .number = 0x0102030405060708u,
                               .size = 10000,
                               .storage = 12288,
                               .permissions = 0644,
                               .names = 1,
                               .user = 1000,
                               .group = 100,
                               .changed = -1,
                               .descriptor_changed = 2,
                               .used = 3,
                               .version = 4,
                               .block_size = 4096,
                               .name_length = (uint16_t)strlen(name),
                               .name = name};
}

static struct uio_instance instance_of(const char *name) {
    struct uio_instance instance = {.number = 0x00c0ffee,
                                    .attributes = UIO_READABLE,
                                    .next_block = 1,
                                    .max_transfer = 16384,
                                    .mode = UIO_MODE_READ,
                                    .owner = 0x0a11ce5eed004240u,
                                    .object = object_of(name)};
    uio_instance_set_size(&instance, instance.object.size, 4096);
    return instance;
}

/* UIO-1-02 */
START_TEST(an_object_octet_by_octet) {
    static const uint8_t expected[96] = {
        0,   96,  0,   1,   0,   0,   0,   9,   1, 2, 3,  4,    5, 6, 7, 8, 0,   0,   0,   0,    0, 0, 0x27, 0x10,
        0,   0,   0,   0,   0,   0,   48,  0,   0, 0, 1,  0xa4, 0, 0, 0, 1, 0,   0,   3,   0xe8, 0, 0, 0,    100,
        255, 255, 255, 255, 255, 255, 255, 255, 0, 0, 0,  0,    0, 0, 0, 2, 0,   0,   0,   0,    0, 0, 0,    3,
        0,   0,   0,   0,   0,   0,   0,   4,   0, 0, 16, 0,    0, 3, 0, 0, 'a', 'b', 'c', 0,    0, 0, 0,    0};
    const struct uio_object object = object_of("abc");
    ck_assert_uint_eq(uio_object_encode(octets, 95, &object), 0);
    ck_assert_uint_eq(uio_object_encode(octets, 96, &object), 96);
    ck_assert_mem_eq(octets, expected, 96);
}
END_TEST

START_TEST(a_link_there_and_back) {
    struct uio_object link = object_of("l"), again;
    link.type = UIO_TYPE_LINK;
    link.target = "../there";
    link.target_length = 8;
    const uint32_t length = uio_object_encode(octets, sizeof octets, &link);
    ck_assert_uint_eq(length, 104);
    ck_assert_uint_eq(uio_object_decode(&again, octets, length), length);
    ck_assert_uint_eq(again.type, UIO_TYPE_LINK);
    ck_assert_int_eq(again.changed, -1);
    ck_assert_uint_eq(again.target_length, 8);
    ck_assert_mem_eq(again.target, "../there", 8);
    ck_assert_uint_eq(uio_object_decode(&again, octets, length - 1), 0);
}
END_TEST

START_TEST(the_largest_descriptors) {
    static char name[UIO_COMPONENT_OCTETS + 1], target[UIO_TARGET_OCTETS + 1];
    memset(name, 'n', UIO_COMPONENT_OCTETS);
    memset(target, 't', UIO_TARGET_OCTETS);
    struct uio_instance instance = instance_of(name), again;
    instance.object.target = target;
    instance.object.target_length = UIO_TARGET_OCTETS;
    ck_assert_uint_eq(uio_instance_encode(octets, UIO_INSTANCE_OCTETS, &instance), UIO_INSTANCE_OCTETS);
    ck_assert_uint_eq(uio_instance_decode(&again, octets, UIO_INSTANCE_OCTETS), UIO_INSTANCE_OCTETS);
    instance.object.target_length++;
    ck_assert_uint_eq(uio_instance_encode(octets, sizeof octets, &instance), 0);
}
END_TEST

/* UIO-3.1-03 */
START_TEST(a_list_ends_where_it_is_not_well_formed) {
    const struct uio_object a = object_of("a"), b = object_of("bb");
    struct uio_object object;
    uint32_t length = uio_object_encode(octets, sizeof octets, &a);
    length += uio_object_encode(octets + length, sizeof octets - length, &b);
    memset(octets + length, 0, 96);
    struct uio_list list = uio_list_of(octets, length + 96);
    ck_assert_int_eq(uio_list_next(&list, &object), 1);
    ck_assert_mem_eq(object.name, "a", 1);
    ck_assert_int_eq(uio_list_next(&list, &object), 1);
    ck_assert_mem_eq(object.name, "bb", 2);
    ck_assert_int_eq(uio_list_next(&list, &object), 0);
    ck_assert_int_eq(uio_list_next(&list, &object), 0);
    ck_assert_uint_eq(list.left, 96);
    octets[1] = 88; /* shorter than its name makes it */
    ck_assert_uint_eq(uio_object_decode(&object, octets, sizeof octets), 0);
}
END_TEST

/* UIO-2.1-02 UIO-3.2-01 */
START_TEST(an_instance_there_and_back) {
    struct uio_instance instance = instance_of("x"), again;
    const uint32_t length = uio_instance_encode(octets, sizeof octets, &instance);
    ck_assert_uint_eq(length, 48 + 96);
    ck_assert_uint_eq(uio_instance_encode(octets, length - 1, &instance), 0);
    ck_assert_uint_eq(uio_instance_decode(&again, octets, length), length);
    ck_assert_uint_eq(again.number, 0x00c0ffee);
    ck_assert_uint_eq(again.owner, instance.owner);
    ck_assert_uint_eq(again.next_block, 1);
    ck_assert_uint_eq(uio_instance_size(&again), 10000);
    static const size_t spoilt[] = {0, 8, 32}; /* number, BlockSize, MaxTransfer: 0 */
    for (size_t i = 0; i < 3; i++) {
        uio_instance_encode(octets, sizeof octets, &instance);
        memset(octets + spoilt[i], 0, 4);
        ck_assert_uint_eq(uio_instance_decode(&again, octets, length), 0);
    }
    uio_instance_encode(octets, sizeof octets, &instance);
    octets[33] = 0x41; /* MaxTransfer above 4 MiB */
    ck_assert_uint_eq(uio_instance_decode(&again, octets, length), 0);
}
END_TEST

/* UIO-2.1-03 */
START_TEST(last_block_and_octets) {
    static const struct {
        uint64_t size, block;
        uint32_t octets;
    } rows[] = {{0, 0, 0},    {1, 0, 1},       {4096, 0, 4096},
                {4097, 1, 1}, {8192, 1, 4096}, {(uint64_t)1 << 50, ((uint64_t)1 << 38) - 1, 4096}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct uio_instance instance;
        uio_instance_set_size(&instance, rows[i].size, 4096);
        ck_assert_uint_eq(instance.last_block, rows[i].block);
        ck_assert_uint_eq(instance.last_octets, rows[i].octets);
        ck_assert_uint_eq(uio_instance_size(&instance), rows[i].size);
    }
}
END_TEST

/* UIO-6.5-09 */
START_TEST(ranges) {
    const struct uio_range range = {1073741824, 510, 77};
    struct uio_range again;
    uio_range_encode(octets, &range);
    ck_assert_uint_eq(uio_range_decode(&again, octets, 24), 0);
    ck_assert_uint_eq(again.first, range.first);
    ck_assert_uint_eq(again.count, 510);
    ck_assert_uint_eq(again.owner, 77);
    ck_assert_uint_eq(uio_range_decode(&again, octets, 16), 0);
    ck_assert_uint_eq(again.owner, 0);
    ck_assert_uint_eq(uio_range_decode(&again, octets, 15), UIO_BAD_REQUEST);
    uio_range_encode(octets, &(struct uio_range){(uint64_t)1 << 62, ((uint64_t)1 << 62) + 1, 0});
    ck_assert_uint_eq(uio_range_decode(&again, octets, 16), UIO_BAD_COUNT);
    uio_range_encode(octets, &(struct uio_range){UINT64_MAX, 1, 0});
    ck_assert_uint_eq(uio_range_decode(&again, octets, 16), UIO_BAD_COUNT);
}
END_TEST

START_TEST(new_names) {
    const struct uio_new_name name = {9, 2, 5, "/a/bc"};
    struct uio_new_name again;
    const uint32_t length = uio_new_name_encode(octets, sizeof octets, &name);
    ck_assert_uint_eq(length, 13);
    ck_assert_uint_eq(uio_new_name_encode(octets, 12, &name), 0);
    ck_assert_uint_eq(uio_new_name_decode(&again, octets, length), 0);
    ck_assert_uint_eq(again.context, 9);
    ck_assert_uint_eq(again.index, 2);
    ck_assert_mem_eq(again.name, "/a/bc", 5);
    ck_assert_uint_eq(uio_new_name_decode(&again, octets, 12), UIO_BAD_REQUEST);
    ck_assert_uint_eq(uio_new_name_decode(&again, octets, 7), UIO_BAD_REQUEST);
    octets[5] = 6; /* index behind the end */
    ck_assert_uint_eq(uio_new_name_decode(&again, octets, length), UIO_BAD_REQUEST);
    octets[5] = 0;
    octets[10] = 0; /* a zero octet in the name */
    ck_assert_uint_eq(uio_new_name_decode(&again, octets, length), VNAME_INVALID);
}
END_TEST

/* UIO-1-03 UIO-5.1-02 */
START_TEST(modes) {
    ck_assert_uint_eq(uio_mode_check(UIO_MODE_READ), 0);
    ck_assert_uint_eq(uio_mode_check(UIO_MODE_WRITE | UIO_MODE_CREATE | UIO_MODE_EXCLUSIVE | UIO_MODE_TRUNCATE), 0);
    ck_assert_uint_eq(uio_mode_check(UIO_MODE_READ | 0x1000), UIO_UNSUPPORTED);
    ck_assert_uint_eq(uio_mode_check(0), UIO_BAD_REQUEST);
    ck_assert_uint_eq(uio_mode_check(UIO_MODE_READ | UIO_MODE_APPEND), UIO_BAD_REQUEST);
    ck_assert_uint_eq(uio_mode_check(UIO_MODE_READ | UIO_MODE_TRUNCATE), UIO_BAD_REQUEST);
    ck_assert_uint_eq(uio_mode_check(UIO_MODE_READ | UIO_MODE_TRANSACTION), UIO_BAD_REQUEST);
    ck_assert_uint_eq(uio_mode_check(UIO_MODE_WRITE | UIO_MODE_EXCLUSIVE), UIO_BAD_REQUEST);
    ck_assert_uint_eq(uio_mode_check(UIO_MODE_READ | UIO_MODE_LOCK_SHARED | UIO_MODE_LOCK_EXCLUSIVE), UIO_BAD_REQUEST);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("uio_wire");
    TCase *tests = tcase_create("octets");
    tcase_add_test(tests, an_object_octet_by_octet);
    tcase_add_test(tests, a_link_there_and_back);
    tcase_add_test(tests, the_largest_descriptors);
    tcase_add_test(tests, a_list_ends_where_it_is_not_well_formed);
    tcase_add_test(tests, an_instance_there_and_back);
    tcase_add_test(tests, last_block_and_octets);
    tcase_add_test(tests, ranges);
    tcase_add_test(tests, new_names);
    tcase_add_test(tests, modes);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
