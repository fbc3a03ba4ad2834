/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sqlite.c - a directory's content in a file of SQLite.
 *
 * Write-ahead log, synchronous=FULL: a statement that has succeeded is on the disk.  Each operation is one statement, so SQLite makes
 * it one transaction.  Who finds the file locked by another process tries again a little later.
 */
#include "backend.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define APPLICATION_ID 0x56444952 /* "VDIR", in the header of the file */
#define SCHEMA_VERSION 1
#define OPEN_PATIENCE_MS 5000 /* for another process that makes the same file */
#define RETRY_MS 5
#define RETRY_INTERVAL (RETRY_MS * VMTP_MILLISECOND)

enum statement { FETCH, LIST, CREATE, UPDATE, STATEMENTS };

/* Columns of both queries: prefix, version, registered, record. */
static const char *const texts[STATEMENTS] = {
    [FETCH] = "SELECT prefix, version, registered, record FROM names WHERE prefix IN "
              "(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16) AND (registered = 1 OR ?17)",
    [LIST] = "SELECT prefix, version, registered, record FROM names INDEXED BY registered "
             "WHERE registered = 1 AND prefix > ?1 ORDER BY prefix LIMIT ?2",
    [CREATE] = "INSERT INTO names VALUES (?1, 1, ?2, ?3) ON CONFLICT DO NOTHING",
    [UPDATE] =
        "UPDATE names SET version = version + 1, registered = ?2, record = ?3 WHERE prefix = ?1 AND version = ?4",
};

static const char schema[] =
    "CREATE TABLE names (prefix BLOB NOT NULL PRIMARY KEY, version INTEGER NOT NULL, registered INTEGER NOT NULL,"
    " record BLOB NOT NULL) WITHOUT ROWID;"
    "CREATE INDEX registered ON names (prefix) WHERE registered = 1;";

struct sqlite_store {
    struct vdir_store store;
    sqlite3 *db;
    sqlite3_stmt *statements[STATEMENTS];
    vmtp_time retry; /* when to look again whether the file is free; VMTP_NEVER: nobody waits */
};

static struct sqlite_store *sqlite_of(vdir_store *store) { return (struct sqlite_store *)store; }

/* ---- one operation ------------------------------------------------------------------------------------------------- */

static void bind_key(sqlite3_stmt *statement, int at, const struct vdir_key *key) {
    sqlite3_bind_blob(statement, at, key->size ? key->octets : "", (int)key->size, SQLITE_STATIC);
}

static sqlite3_stmt *bind(struct sqlite_store *s, const struct vdir_op *op) {
    sqlite3_stmt *statement = s->statements[op->kind == VDIR_FETCH  ? FETCH
                                            : op->kind == VDIR_LIST ? LIST
                                            : op->version[0] == 0   ? CREATE
                                                                    : UPDATE];
    sqlite3_clear_bindings(statement);
    for (uint32_t i = 0; i < op->count; i++)
        bind_key(statement, (int)i + 1, &op->keys[i]);
    if (op->kind == VDIR_FETCH) {
        sqlite3_bind_int(statement, VDIR_KEYS_MOST + 1, op->remembered);
    } else if (op->kind == VDIR_LIST) {
        if (op->count == 0)
            bind_key(statement, 1, &(struct vdir_key){"", 0});
        sqlite3_bind_int64(statement, 2, (sqlite3_int64)op->limit + 1); /* is there one more? */
    } else {
        sqlite3_bind_int(statement, 2, op->registered);
        sqlite3_bind_blob(statement, 3, op->record, (int)op->size, SQLITE_STATIC);
        if (op->version[0] != 0)
            sqlite3_bind_int64(statement, 4, (sqlite3_int64)op->version[0]);
    }
    return statement;
}

/* Somebody else may have written to the file: nothing in a row is taken for granted. */
static void tell_row(struct sqlite_store *s, struct vdir_op *op, sqlite3_stmt *statement) {
    struct vdir_row row = {.key = {sqlite3_column_blob(statement, 0), (uint32_t)sqlite3_column_bytes(statement, 0)},
                           .record = sqlite3_column_blob(statement, 3),
                           .size = (uint32_t)sqlite3_column_bytes(statement, 3),
                           .registered = sqlite3_column_int64(statement, 2) == 1,
                           .version = {(uint64_t)sqlite3_column_int64(statement, 1), 0}};
    static const int types[] = {SQLITE_BLOB, SQLITE_INTEGER, SQLITE_INTEGER, SQLITE_BLOB};
    for (int i = 0; i < 4; i++) {
        if (sqlite3_column_type(statement, i) != types[i]) {
            s->store.counts.bad_answers++;
            row.record = NULL; /* a row without a record is none that a directory has written */
            row.size = 0;
            break;
        }
    }
    op->row(op, &row);
}

static int is_busy(int code) { return (code & 0xFF) == SQLITE_BUSY || (code & 0xFF) == SQLITE_LOCKED; }

/* 1 and *result when it has ended, 0 when the file is locked. */
static int attempt(struct sqlite_store *s, struct vdir_op *op, enum vdir_result *result) {
    int rc = SQLITE_DONE, changed = 1;
    uint32_t rows = 0;
    s->store.counts.attempts++;
    sqlite3_stmt *statement = bind(s, op);
    while ((rc = sqlite3_step(statement)) == SQLITE_ROW && !(op->kind == VDIR_LIST && rows == op->limit)) {
        tell_row(s, op, statement);
        rows++;
    }
    if (rc == SQLITE_ROW) {
        op->more = 1;
        rc = SQLITE_DONE;
    }
    if (op->kind == VDIR_REPLACE)
        changed = sqlite3_changes(s->db) > 0;
    if (rc == SQLITE_DONE)
        *result = changed ? VDIR_DONE : VDIR_CHANGED;
    else if (!is_busy(rc)) {
        vdir_store_failed(&s->store, "%s", sqlite3_errmsg(s->db));
        *result = vdir_store_gives_up(op, 1);
    }
    sqlite3_reset(statement);
    return !is_busy(rc);
}

/* ---- waiting for the file ------------------------------------------------------------------------------------------ */

static void wait_longer(struct sqlite_store *s, const struct vdir_op *op) {
    vmtp_time again = s->store.now + RETRY_INTERVAL;
    again = again < op->deadline ? again : op->deadline;
    s->retry = again < s->retry ? again : s->retry;
}

static struct vdir_op *expired(const struct sqlite_store *s) {
    struct vdir_op *op = s->store.first;
    while (op && s->store.now < op->deadline)
        op = op->next;
    return op;
}

static void expire(struct sqlite_store *s) {
    struct vdir_op *op;
    while ((op = expired(s)) != NULL) {
        vdir_store_failed(&s->store, "the file is locked by another process");
        vdir_store_end(&s->store, op, VDIR_NOT_NOW);
    }
}

/* ---- as a back end ------------------------------------------------------------------------------------------------- */

static void sqlite_start(vdir_store *store, struct vdir_op *op) {
    struct sqlite_store *s = sqlite_of(store);
    enum vdir_result result = VDIR_NOT_NOW;
    if (attempt(s, op, &result))
        vdir_store_end(store, op, result);
    else
        wait_longer(s, op);
}

static void sqlite_cancel(vdir_store *store, struct vdir_op *op) {
    (void)store;
    (void)op; /* between two attempts there is nothing of it in the file */
}

static int sqlite_fd(const vdir_store *store) {
    (void)store;
    return -1;
}

static vmtp_time sqlite_deadline(const vdir_store *store) {
    return store->first ? ((const struct sqlite_store *)store)->retry : VMTP_NEVER;
}

/* The file has one lock: if it is not free for the first, it is for none. */
static void sqlite_turn(vdir_store *store) {
    struct sqlite_store *s = sqlite_of(store);
    unsigned waiting = 0;
    if (store->now < s->retry)
        return;
    s->retry = VMTP_NEVER;
    for (const struct vdir_op *op = store->first; op; op = op->next)
        waiting++;
    for (; waiting > 0 && store->first; waiting--) {
        struct vdir_op *op = store->first;
        enum vdir_result result = VDIR_NOT_NOW;
        if (!attempt(s, op, &result))
            break;
        vdir_store_end(store, op, result);
    }
    expire(s);
    for (const struct vdir_op *op = store->first; op; op = op->next)
        wait_longer(s, op);
}

static void sqlite_close(vdir_store *store) {
    struct sqlite_store *s = sqlite_of(store);
    for (int i = 0; i < STATEMENTS; i++)
        sqlite3_finalize(s->statements[i]);
    sqlite3_close(s->db);
    free(s);
}

static const struct vdir_backend backend = {VNAME_BACK_END_SQLITE, sqlite_start, sqlite_cancel, sqlite_fd,
                                            sqlite_deadline,       sqlite_turn,  sqlite_close};

/* ---- opening ------------------------------------------------------------------------------------------------------- */

/* The one number, or text, that a PRAGMA answers. */
static int ask(sqlite3 *db, const char *question, char *answer, size_t size) {
    sqlite3_stmt *statement = NULL;
    int rc = sqlite3_prepare_v2(db, question, -1, &statement, NULL);
    answer[0] = 0;
    if (rc == SQLITE_OK && (rc = sqlite3_step(statement)) == SQLITE_ROW) {
        snprintf(answer, size, "%s", (const char *)sqlite3_column_text(statement, 0));
        rc = SQLITE_OK;
    }
    sqlite3_finalize(statement);
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* Two that make the same file would wait for each other: SQLite tells one of them at once that it is locked, and does not wait itself. */
static int use_log(sqlite3 *db, char *answer, size_t size) {
    int rc = ask(db, "PRAGMA journal_mode=WAL", answer, size);
    for (int ms = 0; is_busy(rc) && ms < OPEN_PATIENCE_MS; ms += RETRY_MS) {
        sqlite3_sleep(RETRY_MS);
        rc = ask(db, "PRAGMA journal_mode=WAL", answer, size);
    }
    return rc;
}

/* An empty file becomes ours; another program's is left as it is.  NULL, or what is wrong. */
static const char *adopt(struct sqlite_store *s) {
    sqlite3 *db = s->db;
    char id[24], version[24], tables[24], stamp[96];
    if (sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK ||
        ask(db, "PRAGMA application_id", id, sizeof id) != SQLITE_OK ||
        ask(db, "PRAGMA user_version", version, sizeof version) != SQLITE_OK ||
        ask(db, "SELECT count(*) FROM sqlite_schema", tables, sizeof tables) != SQLITE_OK)
        return sqlite3_errmsg(db);
    if (atoi(id) == APPLICATION_ID && atoi(version) != SCHEMA_VERSION) {
        snprintf(s->store.error, sizeof s->store.error,
                 "its tables are of version %s, and this program knows version %d", version, SCHEMA_VERSION);
        return s->store.error;
    }
    if (atoi(id) != APPLICATION_ID) {
        if (strcmp(tables, "0") != 0)
            return "it is the database of another program";
        snprintf(stamp, sizeof stamp, "PRAGMA application_id=%d; PRAGMA user_version=%d;", APPLICATION_ID,
                 SCHEMA_VERSION);
        if (sqlite3_exec(db, schema, NULL, NULL, NULL) != SQLITE_OK ||
            sqlite3_exec(db, stamp, NULL, NULL, NULL) != SQLITE_OK)
            return sqlite3_errmsg(db);
    }
    return sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK ? NULL : sqlite3_errmsg(db);
}

static const char *prepare(struct sqlite_store *s, const char *file) {
    char answer[24];
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    int rc = sqlite3_open_v2(file, &s->db, flags, NULL);
    if (rc == SQLITE_CANTOPEN && s->db && sqlite3_system_errno(s->db) != 0)
        return strerror(sqlite3_system_errno(s->db));
    if (rc != SQLITE_OK)
        return s->db ? sqlite3_errmsg(s->db) : sqlite3_errstr(rc);
    sqlite3_busy_timeout(s->db, OPEN_PATIENCE_MS);
    if (use_log(s->db, answer, sizeof answer) != SQLITE_OK)
        return sqlite3_errmsg(s->db);
    if (strcmp(answer, "wal") != 0)
        return "it has no write-ahead log there: is it on a network, or in memory?";
    if (sqlite3_exec(s->db, "PRAGMA synchronous=FULL", NULL, NULL, NULL) != SQLITE_OK)
        return sqlite3_errmsg(s->db);
    const char *problem = adopt(s);
    if (problem)
        return problem;
    for (int i = 0; i < STATEMENTS; i++)
        if (sqlite3_prepare_v3(s->db, texts[i], -1, SQLITE_PREPARE_PERSISTENT, &s->statements[i], NULL) != SQLITE_OK)
            return sqlite3_errmsg(s->db);
    sqlite3_busy_timeout(s->db, 0); /* from now on nothing blocks */
    return NULL;
}

int vdir_sqlite_open(vdir_store **out, const char *file, char *error, size_t error_size) {
    struct sqlite_store *s = calloc(1, sizeof *s);
    *out = NULL;
    if (!s) {
        snprintf(error, error_size, "out of memory");
        return -1;
    }
    s->store.backend = &backend;
    s->retry = VMTP_NEVER;
    snprintf(s->store.name, sizeof s->store.name, "%s", file);
    /* Names that mean something else to SQLite: a database in memory, and a temporary one. */
    const char *problem = *file == 0 || *file == ':' ? "this is no name of a file" : prepare(s, file);
    if (problem) {
        snprintf(error, error_size, "cannot use %s: %s", *file ? file : "\"\"", problem);
        sqlite_close(&s->store);
        return -1;
    }
    *out = &s->store;
    return 0;
}
