/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pipe/internal.h - what the files of this folder share.  Names begin with pipe_.
 *
 *   manager.c    the context of pipes, the table of functions, counters
 *   names.c      pipes by name: made, found, told, removed; instances
 *   flow.c       octets in, octets out, and who waits for them
 */
#ifndef VSUITE_PIPE_INTERNAL_H
#define VSUITE_PIPE_INTERNAL_H

#include "pipe.h"

#define PIPE_ATTRIBUTES (UIO_READABLE | UIO_WRITEABLE | UIO_MULTI_BLOCK | UIO_INTERACTIVE)
#define PIPE_CONTEXT_ATTRIBUTES (UIO_READABLE | UIO_CONTEXT | UIO_VARIABLE_BLOCK | UIO_MULTI_BLOCK)

/* Operations in the order in which they came. */
struct pipe_queue {
    struct uio_manager_operation *first, **last;
};

struct pipe {
    struct pipe *next; /* numbers go up */
    struct pipe_manager *pipes;
    uint64_t number;
    uint32_t instances, readers, writers;
    uint8_t had_reader, had_writer;
    uint8_t has_name; /* until that is removed */
    uint8_t secret;   /* it is in no list */
    uint16_t length;
    char name[UIO_COMPONENT_OCTETS];
    uint32_t permissions;
    uint64_t in, out; /* octets written and read since it was made */
    struct pipe_queue reads, writes;
    uint8_t *octets;
};

struct pipe_manager {
    uio_manager *manager;
    struct pipe_config config;
    uint32_t context, count;
    uint64_t numbers;
    struct pipe *first;
    uint8_t *piece; /* what is read, where it lies in two */
    struct pipe_counters counters;
};

static inline struct pipe_manager *pipe_of(const struct uio_manager_operation *op) { return op->root; }
static inline uint32_t pipe_used(const struct pipe *p) { return (uint32_t)(p->in - p->out); }

/* ---- names.c ---- */

void pipe_on_open(struct uio_manager_operation *op);
void pipe_on_query(struct uio_manager_operation *op);
void pipe_on_query_instance(struct uio_manager_operation *op);
void pipe_on_remove(struct uio_manager_operation *op);
void pipe_on_storage(struct uio_manager_operation *op);
void pipe_list(struct uio_manager_operation *op);
uint32_t pipe_on_release(struct uio_manager_instance *instance, uint32_t flags);

/* ---- flow.c ---- */

void pipe_flow_init(struct pipe *p);
void pipe_on_read(struct uio_manager_operation *op);
void pipe_on_write(struct uio_manager_operation *op);
void pipe_on_cancel(struct uio_manager_operation *op);
/* Somebody has gone: those who wait for him are told. */
void pipe_ends_changed(struct pipe *p);

#endif
