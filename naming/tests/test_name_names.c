/* SPDX-License-Identifier: BSD-2-Clause */
/* Names and prefixes: section 2. */
#include <stdlib.h>
#include <string.h>

#include <check.h>
#include <suite.h>

#include <vnaming/name.h>

#define CHECK(text) vname_check(text, sizeof(text) - 1)
#define PREFIX(text) vname_check_prefix(text, sizeof(text) - 1)
#define MATCHES(prefix, name) vname_matches(prefix, sizeof(prefix) - 1, name, sizeof(name) - 1)

/* NAME-2.1-01 */
START_TEST(a_name_is_utf8_without_zero) {
    ck_assert_uint_eq(CHECK("/storage/projects"), 0);
    ck_assert_uint_eq(CHECK("relative"), 0);
    ck_assert_uint_eq(CHECK("/"), 0);
    ck_assert_uint_eq(CHECK("/mail/cheriton@stanford"), 0);
    ck_assert_uint_eq(CHECK("/printers/2nd floor:duplex\n"), 0);
    ck_assert_uint_eq(CHECK("/f\xc3\xbcr/\xe2\x82\xac/\xf0\x9f\x98\x80"), 0);
    ck_assert_uint_eq(CHECK(""), VNAME_INVALID);
    ck_assert_uint_eq(CHECK("/a\0b"), VNAME_INVALID);
    ck_assert_uint_eq(vname_check_absolute("/a", 2), 0);
    ck_assert_uint_eq(vname_check_absolute("a/", 2), VNAME_INVALID);
}
END_TEST

/* NAME-2.1-01 */
START_TEST(what_is_no_utf8) {
    static const char *const bad[] = {
        "\x80",
        "\xbf",
        "\xc0\x80",
        "\xc1\xbf",
        "\xc3",
        "\xc3(",
        "\xe0\x9f\xbf",
        "\xe2\x82",
        "\xe2\x28\xa1",
        "\xed\xa0\x80",
        "\xed\xbf\xbf",
        "\xf0\x8f\xbf\xbf",
        "\xf0\x9f\x98",
        "\xf0\x9f\x28\x80",
        "\xf4\x90\x80\x80",
        "\xf5\x80\x80\x80",
        "\xfe",
        "\xff",
        "a\xe2\x82\xac\xe2",
    };
    static const char *const good[] = {"\xc2\x80",         "\xdf\xbf",         "\xe0\xa0\x80",
                                       "\xed\x9f\xbf",     "\xee\x80\x80",     "\xef\xbf\xbf",
                                       "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf", "a\xe2\x82\xac\x7f"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_msg(vname_check(bad[i], strlen(bad[i])) == VNAME_INVALID, "bad %zu", i);
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        ck_assert_msg(vname_check(good[i], strlen(good[i])) == 0, "good %zu", i);
}
END_TEST

/* NAME-2.1-01 NAME-2.1-03 */
START_TEST(a_name_has_1024_octets_at_most) {
    char name[VNAME_NAME_OCTETS + 1];
    memset(name, 'x', sizeof name);
    ck_assert_uint_eq(vname_check(name, VNAME_NAME_OCTETS), 0);
    ck_assert_uint_eq(vname_check(name, VNAME_NAME_OCTETS + 1), VNAME_TOO_LONG);
    name[3] = '\xff'; /* too long comes first: nobody looks through what has no bound */
    ck_assert_uint_eq(vname_check(name, VNAME_NAME_OCTETS + 1), VNAME_TOO_LONG);
    ck_assert_uint_eq(vname_check(name, VNAME_NAME_OCTETS), VNAME_INVALID);
}
END_TEST

/* NAME-2.1-05 */
START_TEST(what_a_prefix_is) {
    ck_assert_uint_eq(PREFIX("/a"), 0);
    ck_assert_uint_eq(PREFIX("/storage/projects"), 0);
    ck_assert_uint_eq(PREFIX("/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16"), 0);
    ck_assert_uint_eq(PREFIX("/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17"), VNAME_INVALID);
    ck_assert_uint_eq(PREFIX("/..."), 0);
    ck_assert_uint_eq(PREFIX("/.a/a."), 0);
    ck_assert_uint_eq(PREFIX("/a b"), 0);
    ck_assert_uint_eq(PREFIX(""), VNAME_INVALID);
    ck_assert_uint_eq(PREFIX("/"), VNAME_INVALID);
    ck_assert_uint_eq(PREFIX("a"), VNAME_INVALID);
    ck_assert_uint_eq(PREFIX("//a"), VNAME_INVALID);
    ck_assert_uint_eq(PREFIX("/a/"), VNAME_INVALID);
    ck_assert_uint_eq(PREFIX("/a//b"), VNAME_INVALID);
    ck_assert_uint_eq(PREFIX("/."), VNAME_INVALID);
    ck_assert_uint_eq(PREFIX("/a/../b"), VNAME_INVALID);
    ck_assert_uint_eq(PREFIX("/a/.."), VNAME_INVALID);
    ck_assert_uint_eq(PREFIX("/a\x1f"), VNAME_INVALID);
    ck_assert_uint_eq(PREFIX("/a\x7f"), VNAME_INVALID);
    ck_assert_uint_eq(PREFIX("/a\0b"), VNAME_INVALID);
    ck_assert_uint_eq(PREFIX("/a\xff"), VNAME_INVALID);
}
END_TEST

/* NAME-2.1-05 */
START_TEST(a_prefix_has_255_octets_at_most) {
    char prefix[VNAME_PREFIX_OCTETS + 1];
    memset(prefix, 'x', sizeof prefix);
    prefix[0] = '/';
    ck_assert_uint_eq(vname_check_prefix(prefix, VNAME_PREFIX_OCTETS), 0);
    ck_assert_uint_eq(vname_check_prefix(prefix, VNAME_PREFIX_OCTETS + 1), VNAME_INVALID);
}
END_TEST

/* NAME-2.2-01 NAME-2.1-02 */
START_TEST(a_prefix_matches_whole_components) {
    ck_assert_int_eq(MATCHES("/a", "/a"), 1);
    ck_assert_int_eq(MATCHES("/a", "/a/b"), 1);
    ck_assert_int_eq(MATCHES("/a", "/a/"), 1);
    ck_assert_int_eq(MATCHES("/a", "/ab"), 0);
    ck_assert_int_eq(MATCHES("/a/b", "/a"), 0);
    ck_assert_int_eq(MATCHES("/a", "/A"), 0);
    /* the same character, composed and not */
    ck_assert_int_eq(MATCHES("/\xc3\xbc", "/u\xcc\x88"), 0);
}
END_TEST

/* NAME-2.2-03 */
START_TEST(matching_interprets_nothing) {
    ck_assert_int_eq(MATCHES("/a/b", "/a//b"), 0);
    ck_assert_int_eq(MATCHES("/a", "/a//b"), 1);
    ck_assert_int_eq(MATCHES("/a", "/x/../a"), 0);
    ck_assert_int_eq(MATCHES("/x", "/x/../a"), 1);
    ck_assert_int_eq(MATCHES("/a/b", "/a/./b"), 0);
}
END_TEST

/* NAME-6.4-01 NAME-6.4-04 */
START_TEST(a_target_takes_the_place_of_the_prefix) {
    char name[VNAME_NAME_OCTETS] = "/bin/ls", target[VNAME_NAME_OCTETS];
    size_t length = 7;
    ck_assert_uint_eq(vname_substitute(name, &length, 4, "/storage/sun3/bin", 17), 0);
    ck_assert_uint_eq(length, 20);
    ck_assert_mem_eq(name, "/storage/sun3/bin/ls", 20);
    ck_assert_uint_eq(vname_substitute(name, &length, 17, "/b", 2), 0);
    ck_assert_uint_eq(length, 5);
    ck_assert_mem_eq(name, "/b/ls", 5);
    memset(target, 't', sizeof target);
    ck_assert_uint_eq(vname_substitute(name, &length, 2, target, 1021), 0);
    ck_assert_uint_eq(length, VNAME_NAME_OCTETS);
    ck_assert_mem_eq(name + 1021, "/ls", 3);
    ck_assert_uint_eq(vname_substitute(name, &length, 1, target, 2), VNAME_TOO_LONG);
    ck_assert_uint_eq(length, VNAME_NAME_OCTETS);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("names");
    TCase *tc = tcase_create("names");
    tcase_add_test(tc, a_name_is_utf8_without_zero);
    tcase_add_test(tc, what_is_no_utf8);
    tcase_add_test(tc, a_name_has_1024_octets_at_most);
    tcase_add_test(tc, what_a_prefix_is);
    tcase_add_test(tc, a_prefix_has_255_octets_at_most);
    tcase_add_test(tc, a_prefix_matches_whole_components);
    tcase_add_test(tc, matching_interprets_nothing);
    tcase_add_test(tc, a_target_takes_the_place_of_the_prefix);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
