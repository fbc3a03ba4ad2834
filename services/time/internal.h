/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * time/internal.h - what the files of this folder share.
 *
 *   manager.c    the clock as a root, the system's clock, counters
 *   text.c       instances, and the time as text
 *   control.c    exact times, setting, delays
 */
#ifndef VSUITE_TIME_INTERNAL_H
#define VSUITE_TIME_INTERNAL_H

#include "time_manager.h"

struct time_delay {
    struct vipc_timer timer;
    struct uio_manager_operation *op; /* NULL: free */
    struct time_delay *next;          /* free */
};

struct time_manager {
    uio_manager *manager;
    struct time_config config;
    uint32_t context;
    struct time_delay *delays, *free;
    struct time_counters counters;
};

static inline struct time_manager *time_of(const struct uio_manager_operation *op) { return op->root; }
static inline int64_t time_now(const struct time_manager *m) { return m->config.now(m->config.context); }

/* ---- text.c ---- */

void time_on_open(struct uio_manager_operation *op);
void time_on_query(struct uio_manager_operation *op);
void time_on_read(struct uio_manager_operation *op);
uint32_t time_on_release(struct uio_manager_instance *instance, uint32_t flags);

/* ---- control.c ---- */

void time_on_control(struct uio_manager_operation *op);
void time_on_cancel(struct uio_manager_operation *op);

#endif
