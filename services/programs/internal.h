/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * programs/internal.h - what the files of this folder share.  Names begin with programs_.
 *
 *   manager.c    the context, programs that come and go, counters
 *   text.c       a program in lines
 *   objects.c    programs by name, instances
 */
#ifndef VSUITE_PROGRAMS_INTERNAL_H
#define VSUITE_PROGRAMS_INTERNAL_H

#include "programs.h"

struct programs {
    uio_manager *manager;
    struct programs_config config;
    uint32_t context, count;
    uint64_t orders;
    struct program *first; /* in the order in which they came */
    struct programs_counters counters;
};

struct programs_text {
    struct programs *programs;
    uint32_t length;
    char octets[PROGRAMS_TEXT];
};

static inline struct programs *programs_of(const struct uio_manager_operation *op) { return op->root; }

/* ---- text.c ---- */

void programs_write(struct programs_text *text, struct program *program);

/* ---- objects.c ---- */

void programs_on_open(struct uio_manager_operation *op);
void programs_on_query(struct uio_manager_operation *op);
void programs_on_remove(struct uio_manager_operation *op);
void programs_on_read(struct uio_manager_operation *op);
void programs_on_query_instance(struct uio_manager_operation *op);
uint32_t programs_on_release(struct uio_manager_instance *instance, uint32_t flags);

#endif
