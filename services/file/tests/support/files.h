/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * files.h - a directory of this system, made for the test and served as /files on a fake network.
 *
 * Time of the network is virtual.  Failures end the test.
 */
#ifndef FILE_TESTS_FILES_H
#define FILE_TESTS_FILES_H

#include <support/shelf.h>

#include "file/file.h"

#define RW (UIO_MODE_READ | UIO_MODE_WRITE)

struct files {
    char outer[64]; /* a directory with two others in it: `served`, and `outside` */
    char root[80];  /* the one served */
    vipc *node;
    uio_manager *manager;
    void *memory;
    struct file_manager *files;
    struct asker a, b;
};

extern struct files files;

void files_begin(void);
void files_begin_with(const struct file_config *config, const char *root);
void files_end(void);

/* The path of a name below the directory served; good until the eighth call from now. */
const char *at(const char *name);
const char *outside(const char *name);
void put(const char *path, const char *text);
void put_octets(const char *path, size_t size);
/* What is in it. */
void check_file(const char *path, const char *text);

/* Operations by name: on /files/NAME. */
const struct said *on_name(uint32_t code, const char *name, uint32_t word2, uint32_t word3, const void *extra,
                           uint32_t size);
const struct said *rename_to(const char *from, const char *to, uint32_t flags);
const struct said *modify_name(const char *name, uint32_t mask, uint32_t flags, const struct uio_object *object);
const struct said *open_as(const char *name, uint32_t mode);
/* The number; the test fails without. */
uint32_t must_open(const char *name, uint32_t mode);
#define FILE_COUNT(name) (file_counters(files.files)->name)

#endif
