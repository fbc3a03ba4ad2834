/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shelf.h - a manager of objects in memory on a fake network, for tests, and somebody made by hand who asks it what he likes.
 *
 * All is in virtual time.  Failures end the test.
 */
#ifndef VUIO_TESTS_SHELF_H
#define VUIO_TESTS_SHELF_H

#include <check.h>
#include <string.h>

#include <vipc/fake.h>
#include <vmtp/octets.h>
#include <vuio/manager.h>

#define MS VMTP_MILLISECOND
#define SECONDS VMTP_SECOND
#define SHELF_THINGS 8
#define SHELF_OCTETS 300000u
#define SHELF_FILE                                                                                                     \
    (UIO_READABLE | UIO_WRITEABLE | UIO_STORAGE | UIO_RANDOM_ACCESS | UIO_OFFSET | UIO_MULTI_BLOCK | UIO_SIZED |       \
     UIO_LOCKS | UIO_TRANSACTION)
#define SHELF_PIPE (UIO_READABLE | UIO_WRITEABLE | UIO_INTERACTIVE)
#define LARGE 1u /* of ask: the client takes large messages */

/* A thing on the shelf. */
struct thing {
    char name[32];
    uint32_t attributes, block_size;
    uint8_t data[SHELF_OCTETS];
    uint64_t size, version;
    int exists, instances;
    struct uio_manager_operation *waiting; /* reads of a pipe */
};

/* An instance of one. */
struct held {
    struct thing *thing;
    int used, own; /* own: a transaction has a copy */
    uint8_t copy[SHELF_OCTETS];
    uint64_t copy_size, began;
};

/* What the program does wrong, and what it saw. */
struct shelf {
    vipc *node;
    uio_manager *manager;
    vmtp_entity entity;
    void *memory;
    uint32_t context;
    struct uio_manager_config config;
    struct thing things[SHELF_THINGS];
    struct held held[64];
    uint32_t refuse_modify, refuse_sync, refuse_release, refuse_query; /* codes */
    int keep; /* operations by name and reads stay until they are let go */
    struct uio_manager_operation *kept[64];
    unsigned kept_count, cancelled, opened, released, undone, forgotten, other_requests, other_operations;
    unsigned reads;                                 /* that reached the program */
    uint32_t flags, mode, type_wanted, permissions; /* of the last operation */
    uint64_t position;
    int append, stable, may_wait;
    char name[1100], new_name[1100], target[64];
    void *directory;
    struct vipc_loan loan;
    int lent, lend;
};

extern vipc_fake *shelf_net;
extern const struct uio_manager_type shelf_type, shelf_flat_type;

void shelf_open_net(void);
void shelf_close_net(void);
void shelf_run(vmtp_time duration);

/* A manager with things, at the prefix /shelf; shelf->config may be changed between the two. */
struct shelf *shelf_new(void);
void shelf_start(struct shelf *shelf);
/* Both, with the defaults. */
struct shelf *shelf_open(void);
void shelf_close(struct shelf *shelf);
/* A thing with this content. */
struct thing *shelf_put(struct shelf *shelf, const char *name, uint32_t attributes, const char *text);
struct thing *shelf_find(struct shelf *shelf, const char *name, size_t length);
/* Lets the oldest operation that was kept go on. */
void shelf_let_go(struct shelf *shelf);
#define COUNTER(shelf, name) (uio_manager_counters((shelf)->manager)->name)
#define USE(shelf) shelf_use(shelf)
struct uio_manager_use shelf_use(const struct shelf *shelf);

/* ---- somebody who asks -------------------------------------------------------------------------------------------- */

struct asker {
    vipc *node;
    struct vipc_service service; /* an entity of his own, an owner */
    vmtp_entity entity;
    vmtp_entity server;
};

/* What came of a Request. */
struct said {
    struct vipc_call call;
    int done, result;
    uint32_t code; /* 24 bits; of the Response */
    uint32_t words[7];
    uint32_t size;
    uint8_t octets[262144];
    uint8_t request[300000];
    uint32_t number;              /* of an instance created */
    struct uio_instance instance; /* where there is one in the answer */
    struct uio_object object;
    struct uio_range range;
};

void asker_open(struct asker *asker, const struct shelf *shelf);
void asker_on(struct asker *asker, vipc *node, vmtp_entity server);
void asker_close(struct asker *asker);

/* One Request.  Waits for what comes of it; the structure is good until the next. */
const struct said *ask(struct asker *asker, uint32_t code, const uint32_t words[7], const void *segment, uint32_t size,
                       uint32_t flags);
/* Begins it, in a structure of its own. */
void ask_later(struct said *said, struct asker *asker, uint32_t code, const uint32_t words[7], const void *segment,
               uint32_t size, uint32_t flags);
int is_answered(const struct said *said);
const struct said *wait_for(struct said *said);

/* An operation by name; the name is absolute, or relative to `context`. */
const struct said *ask_name(struct asker *asker, uint32_t code, uint32_t context, const char *name,
                            const uint32_t words[4], const void *extra, uint32_t extra_size, uint32_t flags);
/* CreateInstance: the number, or the test fails. */
uint32_t create(struct asker *asker, const char *name, uint32_t mode);
/* The same, and its code. */
const struct said *try_create(struct asker *asker, const char *name, uint32_t mode, vmtp_entity owner);
const struct said *read_at(struct asker *asker, uint32_t number, uint64_t block, uint32_t third, uint32_t octets);
const struct said *write_at(struct asker *asker, uint32_t number, uint64_t block, uint32_t third, uint32_t flags,
                            const void *data, uint32_t size);
const struct said *query(struct asker *asker, uint32_t number);
const struct said *modify(struct asker *asker, uint32_t number, uint32_t mask, uint64_t size, vmtp_entity owner);
const struct said *release(struct asker *asker, uint32_t number, uint32_t commit);
const struct said *lock(struct asker *asker, uint32_t number, uint32_t kind, uint32_t ms, uint32_t unit, uint64_t first,
                        uint64_t count);
void lock_later(struct said *said, struct asker *asker, uint32_t number, uint32_t kind, uint32_t ms, uint32_t unit,
                uint64_t first, uint64_t count);
/* A Response that says no: nothing is in it (UIO-4-03). */
void check_refused(const struct said *said, uint32_t code);
/* OK, and this text. */
#define CHECK_TEXT(said, text) check_text((said), (text), strlen(text))
void check_text(const struct said *said, const char *text, size_t size);

/* Runs the tests of a program, each on a net of its own. */
int shelf_main(TCase *tests, const char *name);

#endif
