/* SPDX-License-Identifier: BSD-2-Clause */
/* stores.h - stores for tests: SQLite in files of their own, and a real etcd; and operations that are waited for. */
#ifndef DIRECTORY_TESTS_STORES_H
#define DIRECTORY_TESTS_STORES_H

#include <check.h>

#include "directory/store.h"

enum stores_kind { STORES_SQLITE, STORES_ETCD, STORES_KINDS };

/*
 * The main of a program whose tests are loop tests from STORES_SQLITE to STORES_KINDS, or over one kind.  It starts etcd, or says why it
 * cannot: then what wants etcd does nothing, and the program ends with 77 unless something failed.
 */
int stores_main(Suite *(*make)(void));
int stores_main_without_etcd(Suite *(*make)(void));
int stores_have(int kind);

/* A new, empty store; and another one with the same content. */
vdir_store *stores_open(int kind);
vdir_store *stores_open_again(int kind);
/* The file of SQLite. */
const char *stores_file(void);
/* A file beside it that is not there. */
const char *stores_other_file(void);

vmtp_time stores_now(void); /* CLOCK_MONOTONIC */
/* Serves the store until *flag is not 0. */
void stores_wait(vdir_store *store, const int *flag);

/* ---- operations that are waited for -------------------------------------------------------------------------------- */

#define STORES_ROWS 64
#define STORES_PATIENCE (10 * VMTP_SECOND)

struct stores_answer {
    enum vdir_result result;
    unsigned count;
    uint8_t more;
    struct stores_row {
        char prefix[VDIR_PREFIX_MOST + 1];
        char record[VDIR_RECORD_MOST + 1]; /* tests write text */
        uint32_t size;
        uint8_t registered;
        uint64_t version[2];
    } rows[STORES_ROWS];
};

/* op says what; what is answered stays until the next question. */
const struct stores_answer *stores_ask(vdir_store *store, struct vdir_op *op);
/* Up to two prefixes.  */
const struct stores_answer *stores_fetch(vdir_store *store, const char *prefix, const char *other, int remembered);
const struct stores_answer *stores_list(vdir_store *store, const char *after, uint32_t limit);
enum vdir_result stores_replace(vdir_store *store, const char *prefix, const uint64_t version[2], int registered,
                                const char *record);
/* The same of whatever is there; it must succeed. */
void stores_put(vdir_store *store, const char *prefix, int registered, const char *record);

#endif
