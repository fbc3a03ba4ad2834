/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * store.h - a network for tests of clients: one client, and managers that keep a few objects in memory, in virtual time.
 *
 * These managers are not the library's: they show what a client has to expect of anybody, and do what they are told to do wrong.
 */
#ifndef UIO_TESTS_STORE_H
#define UIO_TESTS_STORE_H

#include <stdlib.h>
#include <string.h>

#include <check.h>
#include <suite.h>

#include <vipc/fake.h>
#include <vuio/client.h>

#define MS VMTP_MILLISECOND
#define FILE_LIKE                                                                                                      \
    (UIO_READABLE | UIO_WRITEABLE | UIO_STORAGE | UIO_RANDOM_ACCESS | UIO_OFFSET | UIO_MULTI_BLOCK | UIO_SIZED |       \
     UIO_LOCKS)
#define REPLICA_LIKE (UIO_READABLE | UIO_STORAGE | UIO_RANDOM_ACCESS | UIO_OFFSET | UIO_MULTI_BLOCK | UIO_REPLICATED)
#define LOG_LIKE                                                                                                       \
    (UIO_READABLE | UIO_WRITEABLE | UIO_APPEND_ONLY | UIO_STORAGE | UIO_VARIABLE_BLOCK | UIO_INTERACTIVE |             \
     UIO_RANDOM_ACCESS)

#define THINGS 24u
#define OPENED 128u
#define RECORDS 256u

/* An object. */
struct thing {
    char name[64];
    uint16_t type;
    uint32_t attributes, block_size, max_transfer;
    uint8_t *data;
    uint64_t size, room; /* room: what fits into it */
    uint64_t version;
    uint32_t lengths[RECORDS]; /* with VARIABLE_BLOCK: of each block */
    unsigned records;
    int ended; /* without RANDOM_ACCESS: nothing comes any more */
    char target[64];
    uint32_t permissions;
};

struct opened {
    uint32_t number; /* 0: free */
    struct thing *thing;
    uint32_t mode;
    vmtp_entity owner;
    uint64_t next; /* octet, or block with VARIABLE_BLOCK */
    int large;
};

struct net;

struct store {
    struct net *net;
    vipc *node;
    struct vipc_service service;
    struct vname_record record;
    struct thing things[THINGS];
    unsigned thing_count;
    struct opened opened[OPENED];
    uint32_t numbers;
    unsigned queries;
    /* What it was asked, by the low octet of the code. */
    unsigned asked[0x20];
    struct vmtp_message last;     /* the last Request */
    struct uio_new_name new_name; /* of the last RenameObject, LinkObject */
    char new_text[VNAME_NAME_OCTETS + 1];
    struct uio_object modified; /* what the last ModifyObject, ModifyInstance said */
    char target[UIO_TARGET_OCTETS + 1];
    size_t target_length;
    int chosen; /* the last read chose its blocks */
    /* What it does wrong. */
    uint32_t refuse;                                            /* this low octet of a code ... */
    uint32_t refuse_code;                                       /* ... is answered so, ... */
    unsigned refuse_after;                                      /* ... after that many that are not ... */
    unsigned refuse_times;                                      /* ... that often; 0: always */
    uint32_t take_most;                                         /* octets of a write; 0: all */
    uint32_t give_most;                                         /* octets of a read; 0: all */
    uint32_t give_gaps;                                         /* blocks that its answers leave out */
    struct uio_range in_the_way;                                /* with UIO_LOCKED */
    int (*hook)(struct store *store, struct vipc_incoming *in); /* takes a Request that it answers itself: 1 */
    /* A write or read that is held until store_go_on. */
    int hold;
    struct vipc_incoming *held;
};

#define STORES 6

struct net {
    vipc_fake *fake;
    vipc *node;
    vname_resolver *names;
    struct uio_client client;
    struct store stores[STORES];
    unsigned count;
};

void net_open(struct net *net);
void net_close(struct net *net);

/* A manager of this prefix on a node of its own; group 0: no replica. */
struct store *net_store(struct net *net, const char *prefix, vmtp_entity group);
/* Its objects; the text is what is in them. */
struct thing *store_add(struct store *store, const char *name, uint32_t attributes, uint32_t block_size,
                        const char *text);
struct thing *store_find(struct store *store, const char *name);
/* Fills an object with `size` octets that differ from place to place. */
void thing_fill(struct thing *thing, uint64_t size);
uint8_t thing_octet(uint64_t at);
/* One more block of an object with VARIABLE_BLOCK, or more octets of one without RANDOM_ACCESS. */
void thing_append(struct thing *thing, const char *text);
unsigned store_open_count(const struct store *store);
/* It is gone and its host says so; or nobody says anything. */
void store_exit(struct store *store);
void store_crash(struct store *store);
/* Goes on with the Request that is held. */
void store_go_on(struct store *store);
void store_answer(struct vipc_incoming *in, uint32_t code, const void *segment, uint32_t size);

/* Opens; ends the test if that fails.  room may be NULL. */
void net_create(struct net *net, struct uio_handle *handle, const char *name, uint32_t mode);
/* An operation about a name, to be begun. */
struct uio_named *named_of(const char *name);
struct uio_call *a_call(void);

#define OPEN(net, handle, name, mode) net_create(net, handle, name, mode)
#define WAIT(call, begin) uio_call_wait(call, begin)

#endif
