/* SPDX-License-Identifier: BSD-2-Clause */
/* backend.h - what a back end of the directory gives to store.c. */
#ifndef DIRECTORY_BACKEND_H
#define DIRECTORY_BACKEND_H

#include "store.h"

struct vdir_backend {
    uint32_t number;
    void (*start)(vdir_store *store, struct vdir_op *op);  /* op is checked; store->now is the time */
    void (*cancel)(vdir_store *store, struct vdir_op *op); /* op->store is NULL when it returns */
    int (*fd)(const vdir_store *store);
    vmtp_time (*deadline)(const vdir_store *store);
    void (*turn)(vdir_store *store);
    void (*close)(vdir_store *store); /* no operation is under way */
};

/* The beginning of every store. */
struct vdir_store {
    const struct vdir_backend *backend;
    struct vdir_store_counts counts;
    vmtp_time now;         /* when the program last called */
    struct vdir_op *first; /* under way, the oldest first */
    char name[256];
    char error[256];
};

/* Remembers what went wrong. */
void vdir_store_failed(vdir_store *store, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Takes op from the list and tells its end.  Nothing of op may be touched afterwards. */
void vdir_store_end(vdir_store *store, struct vdir_op *op, enum vdir_result result);

/* How it ends when there was no answer: what a write was about may have happened. */
static inline enum vdir_result vdir_store_gives_up(const struct vdir_op *op, int sent) {
    return op->kind == VDIR_REPLACE && sent ? VDIR_UNSURE : VDIR_NOT_NOW;
}

#endif
