/* SPDX-License-Identifier: BSD-2-Clause */
/* Pipes by name, and their instances. */
#include "internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- pipes ------------------------------------------------------------------------------------------------------ */

static struct pipe *find(const struct pipe_manager *m, const char *name, size_t length) {
    struct pipe *p = m->first;
    while (p && !(p->has_name && p->length == length && !memcmp(p->name, name, length)))
        p = p->next;
    return p;
}

/* One that nobody can guess, and that no other has. */
static void choose_name(const struct pipe_manager *m, struct pipe *p) {
    char name[20];
    p->secret = 1;
    do
        snprintf(name, sizeof name, "%016llx", (unsigned long long)vipc_random(uio_manager_ipc(m->manager)));
    while (find(m, name, 16));
    memcpy(p->name, name, 16);
    p->length = 16;
}

static struct pipe *make(struct pipe_manager *m, const char *name, size_t length) {
    struct pipe *p = m->count < m->config.pipes ? calloc(1, sizeof *p) : NULL;
    if (p)
        p->octets = malloc(m->config.capacity);
    if (!p || !p->octets) {
        m->counters.refused++;
        free(p);
        return NULL;
    }
    p->pipes = m;
    p->number = ++m->numbers;
    pipe_flow_init(p);
    if (length) {
        memcpy(p->name, name, length);
        p->length = (uint16_t)length;
    } else {
        choose_name(m, p);
    }
    p->has_name = 1;
    struct pipe **at = &m->first;
    while (*at)
        at = &(*at)->next;
    *at = p;
    m->count++;
    m->counters.made++;
    return p;
}

static void end(struct pipe *p) {
    struct pipe_manager *m = p->pipes;
    struct pipe **at = &m->first;
    while (*at != p)
        at = &(*at)->next;
    *at = p->next;
    m->count--;
    m->counters.ended++;
    m->counters.dropped += pipe_used(p);
    free(p->octets);
    free(p);
}

/* ---- descriptors -------------------------------------------------------------------------------------------------- */

static struct uio_object describe(const struct pipe *p) {
    return (struct uio_object){.type = UIO_TYPE_PIPE,
                               .attributes = PIPE_ATTRIBUTES,
                               .number = uio_manager_number(p->pipes->context, p->number),
                               .size = pipe_used(p),
                               .storage = p->pipes->config.capacity,
                               .permissions = p->permissions,
                               .names = p->has_name,
                               .version = p->in + p->out + 1,
                               .block_size = PIPE_WHOLE,
                               .name = p->name,
                               .name_length = p->length};
}

struct uio_object pipe_descriptor(const struct pipe_manager *m) {
    return (struct uio_object){.type = UIO_TYPE_CONTEXT,
                               .attributes = PIPE_CONTEXT_ATTRIBUTES,
                               .number = uio_manager_number(m->context, 0),
                               .permissions = 0777,
                               .names = 1,
                               .block_size = UIO_ENTRY_OCTETS};
}

/* ---- CreateInstance ----------------------------------------------------------------------------------------------- */

static void finish_open(struct uio_manager_operation *op, struct pipe *p, int created) {
    const struct uio_manager_opened opened = {.state = p,
                                              .identity = {p->number, 0},
                                              .attributes = PIPE_ATTRIBUTES,
                                              .block_size = PIPE_WHOLE,
                                              .next_block = p->out / PIPE_WHOLE,
                                              .created = created,
                                              .object = describe(p)};
    p->instances++;
    if (op->mode & UIO_MODE_READ) {
        p->readers++;
        p->had_reader = 1;
    }
    if (op->mode & UIO_MODE_WRITE) {
        p->writers++;
        p->had_writer = 1;
    }
    uio_manager_finish_open(op, &opened);
}

static void open_context(struct uio_manager_operation *op) {
    const struct uio_manager_opened opened = {
        .attributes = PIPE_CONTEXT_ATTRIBUTES, .block_size = UIO_ENTRY_OCTETS, .object = pipe_descriptor(pipe_of(op))};
    uio_manager_finish_open(op, &opened);
}

/* What can never be of a pipe is refused before anybody is counted as having opened it. */
static uint32_t check(const struct uio_manager_operation *op, const struct pipe *p) {
    const uint32_t never = UIO_MODE_TRUNCATE | UIO_MODE_TRANSACTION | UIO_MODE_LOCK_SHARED | UIO_MODE_LOCK_EXCLUSIVE |
                           UIO_MODE_SYNC;
    if (!p && !(op->mode & UIO_MODE_CREATE))
        return VNAME_NOT_FOUND;
    if (p && (op->mode & UIO_MODE_EXCLUSIVE))
        return UIO_EXISTS;
    if (op->mode & UIO_MODE_CONTEXT)
        return VNAME_NOT_CONTEXT;
    return op->mode & never ? UIO_UNSUPPORTED : 0;
}

static int is_component(const char *name, size_t length) {
    return length <= UIO_COMPONENT_OCTETS && !memchr(name, '/', length) &&
           !(name[0] == '.' && (length == 1 || (length == 2 && name[1] == '.')));
}

void pipe_on_open(struct uio_manager_operation *op) {
    struct pipe_manager *m = pipe_of(op);
    if (!op->name_length && ((op->mode & UIO_MODE_CONTEXT) || !(op->mode & UIO_MODE_CREATE))) {
        open_context(op);
        return;
    }
    struct pipe *p = op->name_length ? find(m, op->name, op->name_length) : NULL;
    uint32_t code = check(op, p);
    if (!code && !p && op->name_length && !is_component(op->name, op->name_length))
        code = VNAME_NOT_FOUND;
    const int created = !code && !p;
    if (created) {
        p = make(m, op->name, op->name_length);
        if (p)
            p->permissions = op->permissions & 0777;
        else
            code = UIO_NO_SPACE;
    }
    if (code)
        uio_manager_refuse(op, code);
    else
        finish_open(op, p, created);
}

uint32_t pipe_on_release(struct uio_manager_instance *instance, uint32_t flags) {
    struct pipe *p = instance->state;
    (void)flags; /* made in vain or not, it goes with its last instance */
    if (!p)
        return 0;
    p->readers -= (instance->mode & UIO_MODE_READ) != 0;
    p->writers -= (instance->mode & UIO_MODE_WRITE) != 0;
    if (--p->instances)
        pipe_ends_changed(p);
    else
        end(p);
    return 0;
}

/* ---- the others --------------------------------------------------------------------------------------------------- */

void pipe_on_query(struct uio_manager_operation *op) {
    const struct pipe *p = find(pipe_of(op), op->name, op->name_length);
    const struct uio_object object = p ? describe(p) : pipe_descriptor(pipe_of(op));
    if (p || !op->name_length)
        uio_manager_finish_object(op, &object);
    else
        uio_manager_refuse(op, VNAME_NOT_FOUND);
}

void pipe_on_query_instance(struct uio_manager_operation *op) {
    const struct pipe *p = op->instance->state;
    const struct uio_object object = p ? describe(p) : pipe_descriptor(pipe_of(op));
    if (p)
        uio_manager_finish_object(op, &object);
    else
        uio_manager_finish_object_blocks(op, &object, 0, 0);
}

void pipe_on_remove(struct uio_manager_operation *op) {
    struct pipe *p = find(pipe_of(op), op->name, op->name_length);
    if (!p) {
        uio_manager_refuse(op, op->name_length ? VNAME_NOT_FOUND : VMTP_NO_PERMISSION);
        return;
    }
    if (op->flags) { /* a context was meant */
        uio_manager_refuse(op, VNAME_NOT_CONTEXT);
        return;
    }
    p->has_name = 0;
    uio_manager_finish(op);
}

void pipe_on_storage(struct uio_manager_operation *op) {
    const struct pipe_manager *m = pipe_of(op);
    const uint64_t all = (uint64_t)m->config.pipes * m->config.capacity;
    uio_manager_finish_storage(op, all, all - pipe_octets(m), m->config.pipes - m->count);
}

static int next(struct uio_manager_operation *op, uint64_t *block, struct uio_object *object) {
    const struct pipe *p = pipe_of(op)->first;
    while (p && (p->number < *block || !p->has_name || p->secret))
        p = p->next;
    if (!p)
        return 0;
    *object = describe(p);
    *block = p->number + 1;
    return 1;
}

void pipe_list(struct uio_manager_operation *op) { uio_manager_finish_list(op, next); }
