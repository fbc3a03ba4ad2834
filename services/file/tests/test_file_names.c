/* SPDX-License-Identifier: BSD-2-Clause */
/* Names: never outside; making, renaming, removing, linking; directories. */
#define _GNU_SOURCE
#include "support/files.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- nothing leads outside (UIO-9.1-01) ----------------------------------------------------------------------------- */

static void everything_refused(const char *name) {
    const struct uio_object o = {.permissions = 0777};
    check_refused(open_as(name, UIO_MODE_READ), VMTP_NO_PERMISSION);
    check_refused(open_as(name, UIO_MODE_WRITE | UIO_MODE_CREATE | UIO_MODE_TRUNCATE), VMTP_NO_PERMISSION);
    check_refused(on_name(UIO_QUERY_OBJECT, name, 0, 0, NULL, 0), VMTP_NO_PERMISSION);
    check_refused(modify_name(name, UIO_MASK_PERMISSIONS, 0, &o), VMTP_NO_PERMISSION);
    check_refused(on_name(VNAME_MAP_CONTEXT, name, 0, 0, NULL, 0), VMTP_NO_PERMISSION);
    check_refused(on_name(UIO_QUERY_STORAGE, name, 0, 0, NULL, 0), VMTP_NO_PERMISSION);
}

static void check_secret(void) {
    struct stat st;
    check_file(outside("secret"), "secret");
    ck_assert_int_eq(stat(outside("secret"), &st), 0);
    ck_assert_int_eq(st.st_mode & 0777, 0644);
    ck_assert_int_ne(access(outside("new"), F_OK), 0);
}

START_TEST(names_that_lead_outside) {
    char target[200];
    files_begin();
    put(at("file"), "inside");
    ck_assert_int_eq(mkdir(at("dir"), 0755), 0);
    snprintf(target, sizeof target, "%s/outside", files.outer);
    ck_assert_int_eq(symlink(target, at("absolute")), 0);
    ck_assert_int_eq(symlink("../outside", at("relative")), 0);
    ck_assert_int_eq(symlink("../../outside", at("dir/deep")), 0);
    ck_assert_int_eq(symlink("/proc/self/root", at("magic")), 0);
    ck_assert_int_eq(symlink("relative", at("chain")), 0);
    const char *const names[] = {"../outside/secret",
                                 "dir/../../outside/secret",
                                 "absolute/secret",
                                 "relative/secret",
                                 "dir/deep/secret",
                                 "chain/secret",
                                 "..",
                                 "dir/../..",
                                 "relative/../outside",
                                 "magic/etc/passwd"};
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
        everything_refused(names[i]);
    /* both names of two, and where something would be made */
    check_refused(rename_to("file", "../outside/new", 0), VMTP_NO_PERMISSION);
    check_refused(rename_to("file", "relative/new", 0), VMTP_NO_PERMISSION);
    check_refused(rename_to("relative/secret", "stolen", 0), VMTP_NO_PERMISSION);
    check_refused(rename_to("relative/secret", "file", UIO_RENAME_EXCHANGE), VMTP_NO_PERMISSION);
    check_refused(on_name(UIO_REMOVE_OBJECT, "relative/secret", 0, 0, NULL, 0), VMTP_NO_PERMISSION);
    check_refused(on_name(UIO_REMOVE_OBJECT, "../outside", UIO_TYPE_CONTEXT, 0, NULL, 0), VMTP_NO_PERMISSION);
    check_refused(on_name(UIO_CREATE_OBJECT, "absolute/new", UIO_TYPE_CONTEXT, 0755, NULL, 0), VMTP_NO_PERMISSION);
    check_refused(on_name(UIO_CREATE_OBJECT, "../outside/new", UIO_TYPE_LINK, 0, "x", 1), VMTP_NO_PERMISSION);
    check_refused(on_name(UIO_CREATE_OBJECT, "chain/new", UIO_TYPE_FILE, 0, NULL, 0), VMTP_NO_PERMISSION);
    ck_assert_uint_gt(FILE_COUNT(outside), 60);
    check_secret();
    /* what stays inside is fine, however it winds */
    ck_assert_uint_eq(open_as("dir/../file", UIO_MODE_READ)->code, VMTP_OK);
    ck_assert_int_eq(symlink("../file", at("dir/up")), 0);
    ck_assert_uint_eq(open_as("dir/up", UIO_MODE_READ)->code, VMTP_OK);
    /* a link that leads outside can be made, told and removed, not followed */
    ck_assert_uint_eq(on_name(UIO_CREATE_OBJECT, "out", UIO_TYPE_LINK, 0, "/etc", 4)->code, VMTP_OK);
    everything_refused("out/passwd");
    ck_assert_uint_eq(on_name(UIO_REMOVE_OBJECT, "out", 0, 0, NULL, 0)->code, VMTP_OK);
    files_end();
}
END_TEST

/* From a context below: out of it, but not out of all */
START_TEST(names_relative_to_a_context) {
    files_begin();
    ck_assert_int_eq(mkdir(at("dir"), 0755), 0);
    ck_assert_int_eq(mkdir(at("dir/sub"), 0755), 0);
    put(at("file"), "top");
    put(at("dir/file"), "below");
    ck_assert_int_eq(symlink("../file", at("dir/up")), 0);
    ck_assert_int_eq(symlink("../../outside/secret", at("dir/out")), 0);
    const struct said *s = on_name(VNAME_MAP_CONTEXT, "dir/../dir/sub/..", 0, 0, NULL, 0);
    CHECK_TEXT(s, "/files/dir"); /* as the manager would write it */
    const uint32_t dir = s->words[2];
    const uint32_t words[4] = {UIO_MODE_READ};
    s = ask_name(&files.a, UIO_CREATE_INSTANCE, dir, "file", words, NULL, 0, LARGE);
    CHECK_TEXT(read_at(&files.a, s->words[0], 0, 0, 100), "below");
    s = ask_name(&files.a, UIO_CREATE_INSTANCE, dir, "up", words, NULL, 0, LARGE);
    CHECK_TEXT(read_at(&files.a, s->words[0], 0, 0, 100), "top");
    ck_assert_uint_eq(ask_name(&files.a, UIO_CREATE_INSTANCE, dir, "../file", words, NULL, 0, LARGE)->code, VMTP_OK);
    check_refused(ask_name(&files.a, UIO_CREATE_INSTANCE, dir, "out", words, NULL, 0, LARGE), VMTP_NO_PERMISSION);
    check_refused(ask_name(&files.a, UIO_CREATE_INSTANCE, dir, "../../outside/secret", words, NULL, 0, LARGE),
                  VMTP_NO_PERMISSION);
    /* the directory gets another name, and is removed */
    ck_assert_int_eq(rename(at("dir"), at("moved")), 0);
    ck_assert_uint_eq(ask_name(&files.a, UIO_QUERY_OBJECT, dir, "../file", NULL, NULL, 0, 0)->code, VMTP_OK);
    ck_assert_uint_eq(on_name(VNAME_MAP_CONTEXT, "moved", 0, 0, NULL, 0)->words[2], dir);
    const uint32_t sub = on_name(VNAME_MAP_CONTEXT, "moved/sub", 0, 0, NULL, 0)->words[2];
    ck_assert_int_eq(rmdir(at("moved/sub")), 0);
    check_refused(ask_name(&files.a, UIO_QUERY_OBJECT, sub, "x", NULL, NULL, 0, 0), VNAME_STALE);
    check_refused(on_name(VNAME_MAP_CONTEXT, "moved/file", 0, 0, NULL, 0), VNAME_NOT_CONTEXT);
    check_refused(on_name(VNAME_MAP_CONTEXT, "none", 0, 0, NULL, 0), VNAME_NOT_FOUND);
    /* it is taken out of the directory served: what is below stays, what is above is not */
    char away[200];
    snprintf(away, sizeof away, "%s/away", files.outer);
    ck_assert_int_eq(rename(at("moved"), away), 0);
    check_refused(ask_name(&files.a, UIO_QUERY_OBJECT, dir, "../outside/secret", NULL, NULL, 0, 0), VMTP_NO_PERMISSION);
    files_end();
}
END_TEST

/* Somebody on this system exchanges a directory and a link to the outside, again and again, while names are interpreted. */
static atomic_int stop;
static void *exchange(void *unused) {
    (void)unused;
    while (!stop)
        renameat2(AT_FDCWD, at("swap"), AT_FDCWD, at("trap"), RENAME_EXCHANGE);
    return NULL;
}

START_TEST(changes_while_a_name_is_interpreted) {
    pthread_t thread;
    unsigned inside = 0, refused = 0;
    files_begin();
    ck_assert_int_eq(mkdir(at("swap"), 0755), 0);
    put(at("swap/secret"), "inside");
    ck_assert_int_eq(symlink("../outside", at("trap")), 0);
    stop = 0;
    ck_assert_int_eq(pthread_create(&thread, NULL, exchange, NULL), 0);
    for (unsigned i = 0; i < 3000 || !inside || !refused;
         i++) { /* a busy machine may let one of the two threads wait for long */
        const struct said *s = open_as("swap/secret", UIO_MODE_READ);
        if (s->code == VMTP_OK) {
            inside++;
            const uint32_t number = s->words[0];
            CHECK_TEXT(read_at(&files.a, number, 0, 0, 100), "inside");
            release(&files.a, number, 0);
        } else {
            ck_assert(s->code == VMTP_NO_PERMISSION || s->code == VNAME_NOT_FOUND || s->code == UIO_BUSY);
            refused++;
        }
        const uint32_t made = on_name(UIO_CREATE_OBJECT, "swap/new", UIO_TYPE_FILE, 0600, NULL, 0)->code;
        const uint32_t gone = on_name(UIO_REMOVE_OBJECT, "swap/new", 0, 0, NULL, 0)->code;
        (void)made;
        (void)gone;
    }
    stop = 1;
    pthread_join(thread, NULL);
    check_secret();
    files_end();
}
END_TEST

/* ---- making, renaming, removing --------------------------------------------------------------------------------------- */

/* UIO-5.2-08, UIO-5.2-01, UIO-5.1-08 */
START_TEST(things_are_made) {
    struct stat st;
    files_begin();
    const mode_t before = umask(077); /* which is no client's matter */
    const struct said *s = on_name(UIO_CREATE_OBJECT, "dir", UIO_TYPE_CONTEXT, 02775, NULL, 0);
    ck_assert_uint_eq(s->code, VMTP_OK);
    ck_assert_uint_eq(s->object.type, UIO_TYPE_CONTEXT);
    ck_assert_uint_eq(s->object.permissions, 02775);
    must_open("file", RW | UIO_MODE_CREATE);
    ck_assert_int_eq(stat(at("file"), &st), 0);
    ck_assert_int_eq(st.st_mode & 07777, 0644);
    umask(before);
    s = on_name(UIO_CREATE_OBJECT, "dir/link", UIO_TYPE_LINK, 0, "../file", 7);
    ck_assert_uint_eq(s->object.type, UIO_TYPE_LINK);
    s = on_name(UIO_QUERY_OBJECT, "dir/link", UIO_NOFOLLOW, 0, NULL, 0);
    ck_assert_uint_eq(s->object.type, UIO_TYPE_LINK);
    ck_assert_uint_eq(s->object.target_length, 7);
    ck_assert_mem_eq(s->object.target, "../file", 7);
    ck_assert_uint_eq(s->object.name_length, 4);
    ck_assert_uint_eq(on_name(UIO_QUERY_OBJECT, "dir/link", 0, 0, NULL, 0)->object.type, UIO_TYPE_FILE);
    ck_assert_uint_eq(on_name(UIO_CREATE_OBJECT, "plain", UIO_TYPE_FILE, 0640, NULL, 0)->object.permissions, 0640);
    const char *const taken[] = {"dir", "dir/link", "file", ""};
    for (unsigned i = 0; i < 4; i++)
        for (uint32_t type = UIO_TYPE_FILE; type <= UIO_TYPE_LINK; type++)
            check_refused(on_name(UIO_CREATE_OBJECT, taken[i], type, 0644, "x", 1), UIO_EXISTS);
    check_refused(on_name(UIO_CREATE_OBJECT, "pipe", UIO_TYPE_PIPE, 0644, NULL, 0), UIO_UNSUPPORTED);
    check_refused(on_name(UIO_CREATE_OBJECT, "none/x", UIO_TYPE_CONTEXT, 0755, NULL, 0), VNAME_NOT_FOUND);
    check_refused(on_name(UIO_CREATE_OBJECT, "file/x", UIO_TYPE_CONTEXT, 0755, NULL, 0), VNAME_NOT_CONTEXT);
    check_refused(on_name(UIO_CREATE_OBJECT, "dir/..", UIO_TYPE_CONTEXT, 0755, NULL, 0), VNAME_INVALID);
    check_refused(open_as("file", RW | UIO_MODE_CREATE | UIO_MODE_EXCLUSIVE), UIO_EXISTS);
    check_refused(open_as("dir/link", RW | UIO_MODE_CREATE | UIO_MODE_EXCLUSIVE), UIO_EXISTS);
    ck_assert_int_eq(symlink("nowhere", at("dangling")), 0);
    check_refused(open_as("dangling", RW | UIO_MODE_CREATE), VNAME_NOT_FOUND);
    check_refused(open_as("dangling", RW | UIO_MODE_CREATE | UIO_MODE_TRANSACTION), VNAME_NOT_FOUND);
    check_refused(open_as("dangling", RW | UIO_MODE_CREATE | UIO_MODE_EXCLUSIVE), UIO_EXISTS);
    ck_assert_int_eq(symlink("loop", at("loop")), 0);
    check_refused(open_as("loop", UIO_MODE_READ), VNAME_LOOP);
    char name[300];
    memset(name, 'n', sizeof name);
    name[256] = 0;
    check_refused(on_name(UIO_CREATE_OBJECT, name, UIO_TYPE_CONTEXT, 0755, NULL, 0), VNAME_TOO_LONG);
    name[255] = 0;
    ck_assert_uint_eq(on_name(UIO_CREATE_OBJECT, name, UIO_TYPE_CONTEXT, 0755, NULL, 0)->object.name_length, 255);
    files_end();
}
END_TEST

/* UIO-5.2-05, UIO-5.2-11 */
START_TEST(things_are_renamed) {
    files_begin();
    put(at("one"), "1");
    put(at("two"), "2");
    ck_assert_int_eq(mkdir(at("dir"), 0755), 0);
    check_refused(rename_to("one", "two", UIO_RENAME_NO_REPLACE), UIO_EXISTS);
    ck_assert_uint_eq(rename_to("one", "two", UIO_RENAME_EXCHANGE)->code, VMTP_OK);
    check_file(at("one"), "2");
    check_file(at("two"), "1");
    ck_assert_uint_eq(rename_to("one", "two", 0)->code, VMTP_OK);
    check_file(at("two"), "2");
    ck_assert_int_ne(access(at("one"), F_OK), 0);
    ck_assert_uint_eq(rename_to("two", "dir/three", UIO_RENAME_NO_REPLACE)->code, VMTP_OK);
    check_file(at("dir/three"), "2");
    check_refused(rename_to("none", "x", 0), VNAME_NOT_FOUND);
    check_refused(rename_to("dir", "dir/dir", 0), UIO_BAD_REQUEST);
    check_refused(rename_to("dir", "", 0), UIO_BAD_REQUEST);
    put(at("file"), "f");
    check_refused(rename_to("file", "dir", 0), UIO_IS_CONTEXT);
    check_refused(rename_to("dir", "file", 0), VNAME_NOT_CONTEXT);
    ck_assert_int_eq(mkdir(at("empty"), 0755), 0);
    check_refused(rename_to("empty", "dir", 0), UIO_NOT_EMPTY);
    check_refused(rename_to("", "x", 0), UIO_BUSY);
    check_refused(rename_to("file", "none", UIO_RENAME_EXCHANGE), VNAME_NOT_FOUND);
    check_refused(rename_to("file", "dir", UIO_RENAME_EXCHANGE | UIO_RENAME_NO_REPLACE), UIO_BAD_REQUEST);
    ck_assert_int_eq(mkdir(at("room"), 0755), 0);
    ck_assert_uint_eq(rename_to("dir", "room", 0)->code, VMTP_OK);
    check_file(at("room/three"), "2");
    files_end();
}
END_TEST

/* UIO-5.2-04, UIO-5.2-10 */
START_TEST(things_are_removed_and_linked) {
    files_begin();
    put(at("file"), "hello");
    ck_assert_int_eq(mkdir(at("dir"), 0755), 0);
    put(at("dir/x"), "x");
    uint8_t octets[300];
    const struct uio_new_name n = {file_context(files.files), 0, 5, "other"};
    const uint32_t size = uio_new_name_encode(octets, sizeof octets, &n);
    const struct said *s = on_name(UIO_LINK_OBJECT, "file", 0, 0, octets, size);
    ck_assert_uint_eq(s->code, VMTP_OK);
    ck_assert_uint_eq(s->object.names, 2);
    check_refused(on_name(UIO_LINK_OBJECT, "file", 0, 0, octets, size), UIO_EXISTS);
    check_refused(on_name(UIO_LINK_OBJECT, "dir", 0, 0, octets, size), UIO_IS_CONTEXT);
    check_file(at("other"), "hello");
    ck_assert_int_eq(symlink("file", at("ln")), 0);
    const struct uio_new_name m = {file_context(files.files), 0, 3, "ln2"};
    uint8_t second[300];
    s = on_name(UIO_LINK_OBJECT, "ln", 0, 0, second, uio_new_name_encode(second, sizeof second, &m));
    ck_assert_uint_eq(s->object.type, UIO_TYPE_LINK);
    ck_assert_uint_eq(s->object.names, 2);
    const uint64_t number = on_name(UIO_QUERY_OBJECT, "file", 0, 0, NULL, 0)->object.number;
    ck_assert_uint_eq(on_name(UIO_QUERY_OBJECT, "other", 0, 0, NULL, 0)->object.number, number);
    const uint32_t instance = must_open("file", UIO_MODE_READ);
    ck_assert_uint_eq(on_name(UIO_REMOVE_OBJECT, "file", 0, 0, NULL, 0)->code, VMTP_OK);
    ck_assert_uint_eq(on_name(UIO_REMOVE_OBJECT, "other", 0, 0, NULL, 0)->code, VMTP_OK);
    CHECK_TEXT(read_at(&files.a, instance, 0, 0, 100), "hello");
    ck_assert_uint_eq(query(&files.a, instance)->instance.object.names, 0);
    check_refused(on_name(UIO_REMOVE_OBJECT, "file", 0, 0, NULL, 0), VNAME_NOT_FOUND);
    check_refused(on_name(UIO_REMOVE_OBJECT, "dir", 0, 0, NULL, 0), UIO_IS_CONTEXT);
    check_refused(on_name(UIO_REMOVE_OBJECT, "dir", UIO_TYPE_CONTEXT, 0, NULL, 0), UIO_NOT_EMPTY);
    check_refused(on_name(UIO_REMOVE_OBJECT, "dir/x", UIO_TYPE_CONTEXT, 0, NULL, 0), VNAME_NOT_CONTEXT);
    check_refused(on_name(UIO_REMOVE_OBJECT, "", UIO_TYPE_CONTEXT, 0, NULL, 0), UIO_BUSY);
    ck_assert_int_eq(unlink(at("dir/x")), 0);
    ck_assert_uint_eq(on_name(UIO_REMOVE_OBJECT, "dir", UIO_TYPE_CONTEXT, 0, NULL, 0)->code, VMTP_OK);
    files_end();
}
END_TEST

/* UIO-9.1-08 */
START_TEST(names_that_end_in_a_slash) {
    uint8_t octets[300];
    files_begin();
    put(at("f"), "f");
    ck_assert_int_eq(mkdir(at("dir"), 0755), 0);
    ck_assert_int_eq(symlink("dir", at("ln")), 0);
    ck_assert_int_eq(symlink("nowhere", at("dangling")), 0);
    const struct uio_new_name n = {file_context(files.files), 0, 2, "x/"};
    const uint32_t size = uio_new_name_encode(octets, sizeof octets, &n);
    const uint32_t bad = VNAME_NOT_CONTEXT;
    check_refused(on_name(UIO_QUERY_OBJECT, "f/", 0, 0, NULL, 0), bad);
    check_refused(open_as("f/", UIO_MODE_READ), bad);
    check_refused(open_as("new/", RW | UIO_MODE_CREATE), bad);
    check_refused(open_as("new/", RW | UIO_MODE_CREATE | UIO_MODE_TRANSACTION), bad);
    check_refused(open_as("new/", UIO_MODE_READ), VNAME_NOT_FOUND);
    for (uint32_t type = UIO_TYPE_FILE; type <= UIO_TYPE_LINK; type++) {
        check_refused(on_name(UIO_CREATE_OBJECT, "f//", type, 0755, "x", 1), bad);
        if (type != UIO_TYPE_CONTEXT)
            check_refused(on_name(UIO_CREATE_OBJECT, "new/", type, 0755, "x", 1), bad);
    }
    check_refused(rename_to("f", "x/", 0), bad);
    check_refused(rename_to("f/", "x", 0), bad);
    check_refused(rename_to("ln/", "x", 0), bad);
    check_refused(rename_to("dir", "f/", 0), bad);
    check_refused(rename_to("dir/", "f", UIO_RENAME_EXCHANGE), bad);
    check_refused(rename_to("f", "dir/", UIO_RENAME_EXCHANGE), bad);
    check_refused(on_name(UIO_LINK_OBJECT, "f", 0, 0, octets, size), bad);
    check_refused(on_name(UIO_REMOVE_OBJECT, "f/", 0, 0, NULL, 0), bad);
    check_refused(on_name(UIO_REMOVE_OBJECT, "ln/", 0, 0, NULL, 0), bad);
    check_refused(on_name(UIO_REMOVE_OBJECT, "ln/", UIO_TYPE_CONTEXT, 0, NULL, 0), bad);
    check_refused(on_name(UIO_REMOVE_OBJECT, "dangling/", 0, 0, NULL, 0), bad);
    check_refused(on_name(UIO_REMOVE_OBJECT, "none/", 0, 0, NULL, 0), VNAME_NOT_FOUND);
    check_file(at("f"), "f");
    ck_assert_int_eq(access(at("ln"), F_OK), 0);
    ck_assert_int_ne(access(at("x"), F_OK), 0);
    ck_assert_int_ne(access(at("new"), F_OK), 0);
    /* contexts may be meant so */
    ck_assert_uint_eq(on_name(UIO_QUERY_OBJECT, "ln/", UIO_NOFOLLOW, 0, NULL, 0)->object.type, UIO_TYPE_CONTEXT);
    ck_assert_uint_eq(on_name(UIO_CREATE_OBJECT, "new/", UIO_TYPE_CONTEXT, 0755, NULL, 0)->code, VMTP_OK);
    ck_assert_uint_eq(rename_to("new", "x/", 0)->code, VMTP_OK);
    ck_assert_uint_eq(rename_to("x/", "dir/", UIO_RENAME_EXCHANGE)->code, VMTP_OK);
    check_refused(on_name(UIO_REMOVE_OBJECT, "dir/", 0, 0, NULL, 0), UIO_IS_CONTEXT);
    ck_assert_uint_eq(on_name(UIO_REMOVE_OBJECT, "dir/", UIO_TYPE_CONTEXT, 0, NULL, 0)->code, VMTP_OK);
    files_end();
}
END_TEST

/* UIO-5.2-09, UIO-3.1-01 */
START_TEST(storage_is_told) {
    files_begin();
    const struct said *s = on_name(UIO_QUERY_STORAGE, "", 0, 0, NULL, 0);
    ck_assert_uint_eq(s->code, VMTP_OK);
    const uint64_t all = (uint64_t)s->words[0] << 32 | s->words[1], free = (uint64_t)s->words[2] << 32 | s->words[3];
    ck_assert_uint_gt(all, 0);
    ck_assert_uint_le(free, all);
    files_end();
}
END_TEST

/* ---- directories ------------------------------------------------------------------------------------------------------ */

static unsigned told[3000];

/* Reads a directory with so many octets at a time; what happens after the n-th read is up to the caller. */
static unsigned list(uint32_t number, uint32_t octets, void (*between)(unsigned)) {
    unsigned reads = 0, others = 0;
    uint64_t block = 0;
    memset(told, 0, sizeof told);
    for (int at_end = 0; !at_end;) {
        const struct said *s = read_at(&files.a, number, block, 0, octets);
        ck_assert_uint_eq(s->code, VMTP_OK);
        ck_assert_uint_le(s->size, octets);
        struct uio_list l = uio_list_of(s->octets, s->size);
        struct uio_object o;
        while (uio_list_next(&l, &o)) {
            char name[256];
            memcpy(name, o.name, o.name_length);
            name[o.name_length] = 0;
            unsigned n;
            if (sscanf(name, "entry-%u", &n) == 1 && n < 3000)
                told[n]++;
            else
                others++;
            ck_assert_str_ne(name, "."); /* UIO-5.3-04 */
            ck_assert_str_ne(name, "..");
        }
        ck_assert_uint_eq(l.left, 0); /* whole ones */
        block = (uint64_t)s->words[1] << 32 | s->words[2];
        at_end = s->words[3] == UIO_END;
        ck_assert_uint_lt(++reads, 5000);
        if (between)
            between(reads);
    }
    return others;
}

static void come_and_go(unsigned reads) {
    char name[64];
    snprintf(name, sizeof name, "dir/other-%u", reads);
    put(at(name), "");
    snprintf(name, sizeof name, "dir/other-%u", reads / 2);
    unlink(at(name));
    if (reads < 100) {
        snprintf(name, sizeof name, "dir/entry-%u", 2000 + reads); /* these go */
        unlink(at(name));
    }
}

/* UIO-5.3-01, UIO-5.3-02, UIO-5.3-03 */
START_TEST(a_large_directory) {
    char name[64];
    files_begin();
    ck_assert_int_eq(mkdir(at("dir"), 0755), 0);
    for (unsigned i = 0; i < 2200; i++) {
        snprintf(name, sizeof name, "dir/entry-%u", i);
        put(at(name), "");
    }
    const struct said *s = open_as("dir", UIO_MODE_READ | UIO_MODE_CONTEXT);
    ck_assert_uint_eq(s->instance.attributes & (UIO_CONTEXT | UIO_VARIABLE_BLOCK), UIO_CONTEXT | UIO_VARIABLE_BLOCK);
    const uint32_t number = s->words[0];
    ck_assert_uint_eq(list(number, 65536, NULL), 0);
    for (unsigned i = 0; i < 2200; i++)
        ck_assert_uint_eq(told[i], 1);
    list(number, 2048, come_and_go);
    for (unsigned i = 0; i < 2200; i++)
        ck_assert(i < 2000 ? told[i] == 1 : told[i] <= 1);
    files_end();
}
END_TEST

/* UIO-5.3-05, UIO-5.3-06: the longest name and the longest target */
START_TEST(entries_that_are_long) {
    char name[256], path[4096], target[4000];
    files_begin();
    memset(name, 'n', 255);
    name[255] = 0;
    memset(target, 't', sizeof target);
    target[3999] = 0;
    ck_assert_int_eq(mkdir(at("dir"), 0755), 0);
    snprintf(path, sizeof path, "dir/%s", name);
    ck_assert_int_eq(symlink(target, at(path)), 0);
    put(at("dir/small"), "");
    const uint32_t number = must_open("dir", UIO_MODE_READ);
    check_refused(read_at(&files.a, number, 0, 0, 95), UIO_BAD_COUNT);
    check_refused(read_at(&files.a, number, 0, 1, 2048), UIO_BAD_BLOCK);
    ck_assert_uint_eq(list(number, 2048, NULL), 2);
    check_refused(read_at(&files.a, number, UINT64_MAX - 1, 0, 2048), UIO_BAD_BLOCK);
    const struct said *s = on_name(UIO_QUERY_OBJECT, path, UIO_NOFOLLOW, 0, NULL, 0);
    ck_assert_uint_eq(s->object.target_length, 3999);
    ck_assert_mem_eq(s->object.target, target, 3999);
    check_refused(open_as("dir", RW), UIO_IS_CONTEXT); /* UIO-5.1-04 */
    check_refused(open_as("dir/small", UIO_MODE_READ | UIO_MODE_CONTEXT), VNAME_NOT_CONTEXT);
    check_refused(write_at(&files.a, number, 0, 0, 0, "x", 1), UIO_NOT_WRITEABLE);
    files_end();
}
END_TEST

/* UIO-9.1-06, UIO-9.1-03 */
START_TEST(names_that_are_not_shown) {
    files_begin();
    put(at("good-\xc3\xa4"), "");
    put(at("bad-\xff"), "");
    put(at("bad-\xc0\xaf"), "");
    ck_assert_int_eq(mkfifo(at("fifo"), 0600), 0);
    const uint32_t number = must_open("", UIO_MODE_READ | UIO_MODE_CONTEXT);
    ck_assert_uint_eq(list(number, 16384, NULL), 2);
    ck_assert_uint_eq(FILE_COUNT(not_shown), 2);
    files_end();
}
END_TEST

int main(void) {
    const TTest *const tests[] = {names_that_lead_outside,
                                  names_relative_to_a_context,
                                  changes_while_a_name_is_interpreted,
                                  things_are_made,
                                  things_are_renamed,
                                  things_are_removed_and_linked,
                                  names_that_end_in_a_slash,
                                  storage_is_told,
                                  a_large_directory,
                                  entries_that_are_long,
                                  names_that_are_not_shown};
    TCase *tc = tcase_create("names");
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++)
        tcase_add_test(tc, tests[i]);
    return shelf_main(tc, "file_names");
}
