/* SPDX-License-Identifier: BSD-2-Clause */
#define _XOPEN_SOURCE 700
#include <suite.h>
#include "stores.h"
#include "etcd.h"

#include <ftw.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static char folder[64], file[96], other_file[96];
static int etcd_is_there;

int stores_have(int kind) { return kind == STORES_SQLITE || etcd_is_there; }
const char *stores_file(void) { return file; }
const char *stores_other_file(void) { return other_file; }

vmtp_time stores_now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (vmtp_time)t.tv_sec * VMTP_SECOND + (vmtp_time)t.tv_nsec;
}

/* ---- the program --------------------------------------------------------------------------------------------------- */

static int remove_one(const char *name, const struct stat *status, int type, struct FTW *where) {
    (void)status;
    (void)type;
    (void)where;
    return remove(name);
}

/* In memory where there is such a place: an etcd that waits long for a busy disk is none to ask. */
static int make_folder(void) {
    const char *above = getenv("TMPDIR");
    if (!above)
        above = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    snprintf(folder, sizeof folder, "%.40s/directory-XXXXXX", above);
    if (mkdtemp(folder))
        return 0;
    perror(folder);
    return -1;
}

static int run(Suite *suite) {
    const int status = run_suite(suite);
    etcd_end();
    nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    return status;
}

int stores_main(Suite *(*make)(void)) {
    char why[160] = "";
    if (make_folder() != 0)
        return 1;
    etcd_is_there = etcd_run(folder, why, sizeof why) == 0;
    if (!etcd_is_there)
        fprintf(stderr, "SKIP: without etcd: %s\n", why);
    int failed = run(make());
    return failed ? 1 : etcd_is_there ? 0 : 77;
}

int stores_main_without_etcd(Suite *(*make)(void)) { return make_folder() == 0 ? run(make()) : 1; }

/* ---- stores -------------------------------------------------------------------------------------------------------- */

vdir_store *stores_open_again(int kind) {
    vdir_store *store = NULL;
    char error[300] = "";
    int rc = kind == STORES_SQLITE ? vdir_sqlite_open(&store, file, error, sizeof error)
                                   : vdir_etcd_open(&store, ETCD_URL, error, sizeof error);
    ck_assert_msg(rc == 0 && store != NULL, "%s", error);
    return store;
}

vdir_store *stores_open(int kind) {
    static unsigned number;
    number++;
    snprintf(file, sizeof file, "%s/%ld-%u", folder, (long)getpid(), number);
    snprintf(other_file, sizeof other_file, "%s/%ld-%u-other", folder, (long)getpid(), number);
    if (kind == STORES_ETCD) {
        etcd_pause(0); /* a test that failed may have left it so */
        ck_assert_int_eq(etcd_control("del '' --prefix"), 0);
    }
    return stores_open_again(kind);
}

void stores_wait(vdir_store *store, const int *flag) {
    while (!*flag) {
        struct pollfd fd = {.fd = vdir_store_fd(store), .events = POLLIN}; /* poll leaves out a negative one */
        vmtp_time now = stores_now(), at = vdir_store_deadline(store);
        ck_assert(fd.fd >= 0 || at != VMTP_NEVER);
        int rest = at == VMTP_NEVER ? -1 : at > now ? (int)((at - now + VMTP_MILLISECOND - 1) / VMTP_MILLISECOND) : 0;
        poll(&fd, 1, rest);
        vdir_store_turn(store, stores_now());
    }
}

/* ---- operations that are waited for -------------------------------------------------------------------------------- */

static struct stores_answer answer;

static void on_row(struct vdir_op *op, const struct vdir_row *row) {
    struct stores_row *to = &answer.rows[answer.count];
    (void)op;
    ck_assert_uint_lt(answer.count, STORES_ROWS);
    ck_assert_uint_le(row->key.size, VDIR_PREFIX_MOST);
    ck_assert_uint_le(row->size, VDIR_RECORD_MOST);
    memset(to, 0, sizeof *to);
    memcpy(to->prefix, row->key.octets, row->key.size);
    if (row->size > 0)
        memcpy(to->record, row->record, row->size);
    to->size = row->size;
    to->registered = row->registered;
    memcpy(to->version, row->version, sizeof to->version);
    answer.count++;
}

static void on_done(struct vdir_op *op, enum vdir_result result) {
    answer.result = result;
    answer.more = op->more;
    *(int *)op->context = 1;
}

const struct stores_answer *stores_ask(vdir_store *store, struct vdir_op *op) {
    int done = 0;
    memset(&answer, 0, sizeof answer);
    op->deadline = stores_now() + STORES_PATIENCE;
    op->row = on_row;
    op->done = on_done;
    op->context = &done;
    vdir_store_start(store, op, stores_now());
    stores_wait(store, &done);
    return &answer;
}

static void add_key(struct vdir_op *op, const char *prefix) {
    if (prefix)
        op->keys[op->count++] = (struct vdir_key){prefix, (uint32_t)strlen(prefix)};
}

const struct stores_answer *stores_fetch(vdir_store *store, const char *prefix, const char *other, int remembered) {
    struct vdir_op op = {.kind = VDIR_FETCH, .remembered = (uint8_t)remembered};
    add_key(&op, prefix);
    add_key(&op, other);
    return stores_ask(store, &op);
}

const struct stores_answer *stores_list(vdir_store *store, const char *after, uint32_t limit) {
    struct vdir_op op = {.kind = VDIR_LIST, .limit = limit};
    add_key(&op, after);
    return stores_ask(store, &op);
}

enum vdir_result stores_replace(vdir_store *store, const char *prefix, const uint64_t version[2], int registered,
                                const char *record) {
    struct vdir_op op = {.kind = VDIR_REPLACE,
                         .registered = (uint8_t)registered,
                         .record = (const uint8_t *)record,
                         .size = (uint32_t)strlen(record)};
    memcpy(op.version, version, sizeof op.version);
    add_key(&op, prefix);
    return stores_ask(store, &op)->result;
}

void stores_put(vdir_store *store, const char *prefix, int registered, const char *record) {
    const struct stores_answer *now = stores_fetch(store, prefix, NULL, 1);
    uint64_t version[2];
    ck_assert_int_eq(now->result, VDIR_DONE);
    memcpy(version, now->rows[0].version, sizeof version);
    ck_assert_int_eq(stores_replace(store, prefix, version, registered, record), VDIR_DONE);
}
