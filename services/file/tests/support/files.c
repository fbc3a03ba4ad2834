/* SPDX-License-Identifier: BSD-2-Clause */
#define _GNU_SOURCE
#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct files files;

const char *at(const char *name) {
    static char paths[8][4096];
    static unsigned next;
    char *path = paths[next++ % 8];
    snprintf(path, sizeof paths[0], "%s/%s", files.root, name);
    return path;
}

const char *outside(const char *name) {
    static char path[4096];
    snprintf(path, sizeof path, "%s/outside/%s", files.outer, name);
    return path;
}

void put(const char *path, const char *text) {
    FILE *f = fopen(path, "w");
    ck_assert_ptr_nonnull(f);
    ck_assert_int_ge(fputs(text, f), 0);
    ck_assert_int_eq(fclose(f), 0);
}

void put_octets(const char *path, size_t size) {
    FILE *f = fopen(path, "w");
    ck_assert_ptr_nonnull(f);
    for (size_t i = 0; i < size; i++)
        putc_unlocked((int)((i * 7 + i / 251) & 0xff), f);
    ck_assert_int_eq(fclose(f), 0);
}

void check_file(const char *path, const char *text) {
    char found[4096];
    FILE *f = fopen(path, "r");
    ck_assert_ptr_nonnull(f);
    const size_t n = fread(found, 1, sizeof found, f);
    fclose(f);
    ck_assert_uint_eq(n, strlen(text));
    ck_assert_mem_eq(found, text, n);
}

/* ---- serving -------------------------------------------------------------------------------------------------- */

void files_begin_with(const struct file_config *given, const char *root) {
    struct file_config config = *given;
    struct uio_manager_config c;
    memset(&files, 0, sizeof files);
    const char *tmp = getenv("TMPDIR");
    snprintf(files.outer, sizeof files.outer, "%s/files-XXXXXX", tmp && strlen(tmp) < 40 ? tmp : "/tmp");
    ck_assert_ptr_nonnull(mkdtemp(files.outer));
    snprintf(files.root, sizeof files.root, "%s/%s", files.outer, root);
    ck_assert_int_eq(mkdir(files.root, 0755), 0);
    ck_assert(mkdir(outside(""), 0755) == 0 || errno == EEXIST);
    put(outside("secret"), "secret");
    uio_manager_config_init(&c);
    files.node = vipc_fake_node(shelf_net);
    files.memory = malloc(uio_manager_footprint(&c));
    ck_assert_ptr_nonnull(files.memory);
    ck_assert_int_eq(uio_manager_create(&files.manager, files.node, &c, files.memory), 0);
    config.directory = files.root;
    ck_assert_int_eq(file_open(&files.files, files.manager, &config), 0);
    const struct vname_manager_claim claim = {
        .prefix = "/files", .prefix_length = 6, .context = file_context(files.files)};
    ck_assert_int_eq(vname_manager_claim(uio_manager_names(files.manager), &claim), 0);
    shelf_run(2 * SECONDS);
    asker_on(&files.a, vipc_fake_node(shelf_net), vname_manager_entity(uio_manager_names(files.manager)));
    asker_on(&files.b, vipc_fake_node(shelf_net), files.a.server);
}

void files_begin(void) {
    const struct file_config config = {0};
    files_begin_with(&config, "served");
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *where) {
    (void)st;
    (void)type;
    (void)where;
    return remove(path);
}

static unsigned open_descriptors(void) {
    unsigned n = 0;
    for (int fd = 0; fd < 4096; fd++)
        n += fcntl(fd, F_GETFD) >= 0;
    return n;
}

void files_end(void) {
    struct uio_manager_use use;
    asker_close(&files.a);
    asker_close(&files.b);
    const unsigned before = open_descriptors();
    uio_manager_get_use(files.manager, &use);
    file_close(files.files);
    const unsigned after = open_descriptors();
    ck_assert_uint_ge(before - after, use.instances + 1); /* all that were open are shut */
    uio_manager_destroy(files.manager);
    uio_manager_get_use(files.manager, &use);
    ck_assert_uint_eq(use.instances + use.operations + use.locks + use.contexts, 0);
    shelf_run(SECONDS);
    ck_assert_int_eq(uio_manager_is_lent(files.manager), 0);
    free(files.memory);
    ck_assert_int_eq(nftw(files.outer, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

/* ---- asking --------------------------------------------------------------------------------------------------- */

static const char *whole(const char *name) {
    static char text[2048];
    snprintf(text, sizeof text, "/files/%s", name);
    return text;
}

const struct said *on_name(uint32_t code, const char *name, uint32_t word2, uint32_t word3, const void *extra,
                           uint32_t size) {
    const uint32_t words[4] = {word2, word3, 0, 0};
    return ask_name(&files.a, code, 0, whole(name), words, extra, size, 0);
}

const struct said *rename_to(const char *from, const char *to, uint32_t flags) {
    uint8_t octets[2048];
    const struct uio_new_name n = {file_context(files.files), 0, (uint16_t)strlen(to), to};
    return on_name(UIO_RENAME_OBJECT, from, flags, 0, octets, uio_new_name_encode(octets, sizeof octets, &n));
}

const struct said *modify_name(const char *name, uint32_t mask, uint32_t flags, const struct uio_object *object) {
    uint8_t octets[UIO_OBJECT_HEAD];
    return on_name(UIO_MODIFY_OBJECT, name, mask, flags, octets, uio_object_encode(octets, sizeof octets, object));
}

const struct said *open_as(const char *name, uint32_t mode) {
    return try_create(&files.a, whole(name), mode, files.a.entity);
}

uint32_t must_open(const char *name, uint32_t mode) {
    const struct said *s = open_as(name, mode);
    ck_assert_uint_eq(s->code, VMTP_OK);
    return s->words[0];
}
