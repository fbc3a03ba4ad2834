/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * directory/directory.h - a directory of names (spec/naming.md section 9): an entity that answers for the content of a store.
 *
 * It runs on the node that it is given and does not drive the store: whose loop it is calls vdir_store_turn (store.h) with the time of
 * the node, vipc_now.  One thread.
 */
#ifndef DIRECTORY_DIRECTORY_H
#define DIRECTORY_DIRECTORY_H

#include <vipc/ipc.h>

#include "store.h"

struct vdir_options {
    vmtp_entity entity;  /* 0: a new identifier */
    uint32_t depth;      /* Requests at a time; further ones are told that the directory is busy */
    vmtp_time patience;  /* for the store; then it is NAME_UNAVAILABLE, or silence */
    uint8_t for_anybody; /* UnregisterName with word 0 1 is allowed */
};

/* 64 Requests, 5 s, not for anybody. */
void vdir_options_init(struct vdir_options *options);

/* What a directory counts, ever growing: X(name, what it is). */
#define VDIR_COUNTERS(X)                                                                                               \
    X(find, "FindDirectory answered")                                                                                  \
    X(lookup, "LookupName answered with a record")                                                                     \
    X(not_found, "LookupName answered NAME_NOT_FOUND")                                                                 \
    X(registered, "RegisterName answered OK")                                                                          \
    X(held, "RegisterName answered NAME_HELD")                                                                         \
    X(unregistered, "UnregisterName answered OK")                                                                      \
    X(listed, "ListRegistered answered")                                                                               \
    X(refused, "Requests answered with another error")                                                                 \
    X(unavailable, "Requests answered NAME_UNAVAILABLE, or by silence for this reason")                                \
    X(ignored, "Requests that came by multicast, or as datagrams, and say nothing to a directory")                     \
    X(bad_rows, "rows of the store that no directory has written")                                                     \
    X(again, "times that a row had changed, or may have, before it could be replaced")

enum vdir_counter {
#define X(name, text) VDIR_COUNT_##name,
    VDIR_COUNTERS(X)
#undef X
        VDIR_COUNTER_COUNT
};
const char *vdir_counter_name(unsigned counter);
const char *vdir_counter_text(unsigned counter);

typedef struct vdir vdir;

/*
 * Begins to serve, as a member of VNAME_DIRECTORY.  The store is borrowed, until vdir_destroy.
 * 0, or an error of vipc_serve and vipc_join, VMTP_E_INVALID (depth 0), VMTP_E_MEMORY.
 */
int vdir_create(vdir **out, vipc *ipc, vdir_store *store, const struct vdir_options *options);
vmtp_entity vdir_entity(const vdir *directory);
uint64_t vdir_count(const vdir *directory, enum vdir_counter counter);
/* Cancels what is under way and leaves the network.  Before the node and the store are closed.  NULL is allowed. */
void vdir_destroy(vdir *directory);

#endif
