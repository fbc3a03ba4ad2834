/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * directory/store.h - where a directory keeps what it knows: one interface, several back ends.
 *
 * A store holds one row for each prefix that was ever registered: the record (spec/naming.md section 3.3), and whether it is registered
 * or was and is only remembered for its generation.  All directories that use one store see one content.  It knows nothing of owners and
 * generations: a row is replaced only if it is still as it was when it was read, and what to write is decided by the directory (rules.h).
 *
 * Operations are asynchronous.  You own the record of each (struct vdir_op): clear it to zero, set what it needs, and keep it and all that it
 * points to where it is until done is called, or vdir_store_cancel.  row and done are called from vdir_store_start or vdir_store_turn;
 * done may start further operations and free its own.  None of them may close the store.
 *
 * One thread.  Times are nanoseconds of a clock of yours (CLOCK_MONOTONIC), deadlines are absolute.
 */
#ifndef DIRECTORY_STORE_H
#define DIRECTORY_STORE_H

#include <stddef.h>
#include <stdint.h>

#include <vmtp/message.h>

#define VDIR_KEYS_MOST 16u     /* components of a prefix (spec/naming.md section 2.1) */
#define VDIR_PREFIX_MOST 255u  /* octets of one */
#define VDIR_RECORD_MOST 1320u /* 40 + 255 + 1024, rounded up to a multiple of 8 */

typedef struct vdir_store vdir_store;

enum vdir_result {
    VDIR_DONE,    /* it is so: what was read is the newest there is, and what was written survives a crash */
    VDIR_CHANGED, /* VDIR_REPLACE: the row is another by now, and nothing was written */
    VDIR_UNSURE,  /* VDIR_REPLACE: nobody can say whether it was written; read the row again */
    VDIR_NOT_NOW  /* the store could not do it before the deadline */
};

enum vdir_kind {
    VDIR_FETCH, /* the rows of keys[0..count), of which there may be none: then only whether the store can say anything */
    VDIR_LIST,   /* registered rows whose prefixes come after keys[0] (count 0: all), ascending, at most limit */
    VDIR_REPLACE /* the row of keys[0], if it has version, becomes registered and record */
};

struct vdir_key {
    const char *octets; /* a prefix; VDIR_LIST: any octets */
    uint32_t size;      /* at most VDIR_PREFIX_MOST */
};

/* One row, for the call of vdir_op.row only.  What is in it is not checked, and of a row that cannot be read the record is empty. */
struct vdir_row {
    struct vdir_key key;
    const uint8_t *record;
    uint32_t size;
    uint8_t registered;
    uint64_t version[2]; /* for VDIR_REPLACE.  A prefix that has no row has {0, 0} */
};

struct vdir_op {
    enum vdir_kind kind;
    uint32_t count;
    struct vdir_key keys[VDIR_KEYS_MOST];
    uint8_t remembered; /* VDIR_FETCH: rows that are not registered, too */
    uint32_t limit;     /* VDIR_LIST */
    uint64_t version[2];
    uint8_t registered;
    const uint8_t *record;
    uint32_t size;
    vmtp_time deadline; /* VDIR_NOT_NOW or VDIR_UNSURE is told by then */

    uint8_t more; /* VDIR_LIST, at the end: there are rows behind the last one */
    void (*row)(struct vdir_op *op, const struct vdir_row *row); /* VDIR_FETCH, VDIR_LIST; all of one moment */
    void (*done)(struct vdir_op *op,
                 enum vdir_result result); /* once; unless VDIR_DONE, the rows told before do not count */
    void *context;

    /* private */
    vdir_store *store; /* NULL: not under way */
    struct vdir_op *next;
    void *record_of_store;
};

/* What a store counts, ever growing. */
struct vdir_store_counts {
    uint64_t operations;  /* started */
    uint64_t done;        /* operations that ended with VDIR_DONE or VDIR_CHANGED */
    uint64_t attempts;    /* how often the back end was asked for them */
    uint64_t failures;    /* attempts to which it had no answer, or a refusal */
    uint64_t bad_answers; /* answers, or rows in them, that are not as they should be */
    uint64_t not_now;     /* operations that ended with VDIR_NOT_NOW or VDIR_UNSURE */
};

/*
 * A file of SQLite, made if it is not there.  Several processes of one machine may have it open.  Operations complete inside
 * vdir_store_start, unless another process is writing.
 * 0 and *out, or -1 and one line in error for a person.
 */
int vdir_sqlite_open(vdir_store **out, const char *file, char *error, size_t error_size);

/*
 * A cluster of etcd (3.4 or later) by its HTTP gateway.  endpoints: "http://10.0.0.1:2379", or several separated by commas, all of
 * one cluster.  Nothing is sent before the first operation, so that no error says more than that an address is none.
 * 0 and *out, or -1 and one line in error for a person.
 */
#define VDIR_ENDPOINTS_MOST 16u
int vdir_etcd_open(vdir_store **out, const char *endpoints, char *error, size_t error_size);

/*
 * The same with what etcd may want to see.  ca: certificates, one of which has signed those of the members; NULL: those of the system.
 * certificate and key (NULL: it is in the same file) of this client.  All are names of PEM files.  user and password: of etcd's own
 * (`etcdctl auth enable`), who may read and write the keys that begin with vsuite/.  A certificate beside a password has no CN
 * in its subject, since etcd refuses it otherwise.  All are copied, may be NULL, and need addresses with https.
 */
struct vdir_etcd_options {
    const char *endpoints, *ca, *certificate, *key, *user, *password;
};
int vdir_etcd_open_as(vdir_store **out, const struct vdir_etcd_options *options, char *error, size_t error_size);

/* Begins an operation at this time. */
void vdir_store_start(vdir_store *store, struct vdir_op *op, vmtp_time now);
/* Ends it for its caller: nothing more is told.  What it was to write may be written.  Without effect when it is not under way. */
void vdir_store_cancel(struct vdir_op *op);

/* For an event loop: vdir_store_turn is to be called when the descriptor is readable (-1: there is none) and when the deadline has come
 * (VMTP_NEVER: never).  Read the deadline again after every other call. */
int vdir_store_fd(const vdir_store *store);
vmtp_time vdir_store_deadline(const vdir_store *store);
void vdir_store_turn(vdir_store *store, vmtp_time now);

/* The number of the back end (VNAME_BACK_END_...) and, for people, what is stored where. */
uint32_t vdir_store_back_end(const vdir_store *store);
const char *vdir_store_name(const vdir_store *store);
/* The last thing that went wrong, one line; "" when nothing has. */
const char *vdir_store_error(const vdir_store *store);
const struct vdir_store_counts *vdir_store_counts(const vdir_store *store);

/* Cancels all operations.  NULL is allowed. */
void vdir_store_close(vdir_store *store);

#endif
