/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * internal.h - the parts of a directory.
 *
 *   directory.c   its life, its Requests: who is asked what, and how it is answered
 *   lookup.c      what only reads: FindDirectory, LookupName, ListRegistered
 *   change.c      what writes: RegisterName, UnregisterName
 *   rules.c       whose prefix it is
 *   store.c       what all stores share; sqlite.c, etcd.c (with etcd_messages.c, base64.c) are those there are
 */
#ifndef DIRECTORY_INTERNAL_H
#define DIRECTORY_INTERNAL_H

#include <vnaming/name.h>

#include "directory.h"
#include "rules.h"

/* A Request in hand.  What it names lies in its segment, which stays until it is answered. */
struct vdir_work {
    vdir *directory;
    struct vipc_incoming *in; /* NULL: this place is free */
    vmtp_time deadline;
    struct vdir_op op;
    uint8_t bad; /* a row that matters cannot be read */

    /* LookupName: the row with the longest prefix; changes: the one that counts. */
    struct vdir_known known; /* points into row */
    uint8_t row[VDIR_RECORD_MOST];
    uint32_t longest; /* octets of the longest prefix that has a row, good or bad */

    /* Changes. */
    struct vname_record asked;
    struct vdir_verdict verdict;
    uint64_t version[2];
    uint8_t written[VDIR_RECORD_MOST]; /* what was to be stored last */
    uint32_t written_size;             /* 0: nothing yet */
    unsigned rounds;

    /* ListRegistered. */
    uint8_t full;
    char last[VDIR_PREFIX_MOST]; /* the last prefix that was seen */
    uint32_t last_size;          /* 0: none was */
    char from[VDIR_PREFIX_MOST]; /* the one behind which the store is to look now */
    uint32_t size;
    uint8_t list[VNAME_LIST_OCTETS];
};

struct vdir {
    vipc *ipc;
    vdir_store *store;
    struct vdir_options options;
    struct vipc_service service;
    uint64_t counts[VDIR_COUNTER_COUNT];
    struct vdir_work *works; /* options.depth of them */
};

static inline void vdir_add(struct vdir_work *w, enum vdir_counter counter) { w->directory->counts[counter]++; }

/* Each of these begins what its Request asks for. */
void vdir_find(struct vdir_work *w);
void vdir_lookup(struct vdir_work *w);
void vdir_list(struct vdir_work *w);
void vdir_register(struct vdir_work *w);
void vdir_unregister(struct vdir_work *w);

/* Starts w->op, whose kind, keys, row and done are set. */
void vdir_ask_store(struct vdir_work *w);

/* The ends of a Request.  w is free after that. */
void vdir_answer(struct vdir_work *w, uint32_t code, const uint32_t words[3], const void *segment, uint32_t size);
void vdir_answer_record(struct vdir_work *w, uint32_t code, uint32_t word, const struct vname_record *record);
/* An error: to multicast it is silence. */
void vdir_refuse(struct vdir_work *w, uint32_t code);
/* The store cannot say. */
void vdir_unavailable(struct vdir_work *w);
void vdir_ignore(struct vdir_work *w);

#endif
