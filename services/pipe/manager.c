/* SPDX-License-Identifier: BSD-2-Clause */
/* The context of pipes. */
#include "internal.h"

#include <stdlib.h>

#define PIPES 64u
#define PIPES_MOST 4096u
#define CAPACITY 65536u
#define CAPACITY_MOST (16u << 20)

static const struct uio_manager_type type = {.name = "pipe",
                                             .lends = 1,
                                             .open = pipe_on_open,
                                             .query = pipe_on_query,
                                             .remove = pipe_on_remove,
                                             .storage = pipe_on_storage,
                                             .read = pipe_on_read,
                                             .write = pipe_on_write,
                                             .query_instance = pipe_on_query_instance,
                                             .release = pipe_on_release,
                                             .cancel = pipe_on_cancel};

static int is_good(const struct pipe_config *c) {
    return c->pipes <= PIPES_MOST && c->capacity >= PIPE_WHOLE && c->capacity <= CAPACITY_MOST;
}

int pipe_open(struct pipe_manager **out, uio_manager *manager, const struct pipe_config *config) {
    struct pipe_manager *m = calloc(1, sizeof *m);
    *out = NULL;
    if (!m)
        return VMTP_E_MEMORY;
    m->manager = manager;
    if (config)
        m->config = *config;
    m->config.pipes = m->config.pipes ? m->config.pipes : PIPES;
    m->config.capacity = m->config.capacity ? m->config.capacity : CAPACITY;
    int r = is_good(&m->config) ? 0 : VMTP_E_INVALID;
    if (r == 0 && !(m->piece = malloc(m->config.capacity)))
        r = VMTP_E_MEMORY;
    if (r == 0 && !(m->context = uio_manager_root(manager, &type, m)))
        r = VMTP_E_FULL;
    if (r < 0) {
        pipe_free(m);
        return r;
    }
    *out = m;
    return 0;
}

void pipe_free(struct pipe_manager *m) {
    if (!m)
        return;
    free(m->piece);
    free(m);
}

void pipe_close(struct pipe_manager *m) {
    if (!m)
        return;
    uio_manager_unroot(m->manager, m->context);
    pipe_free(m);
}

uint32_t pipe_context(const struct pipe_manager *m) { return m->context; }

uint32_t pipe_count(const struct pipe_manager *m) { return m->count; }

uint64_t pipe_octets(const struct pipe_manager *m) {
    uint64_t octets = 0;
    for (const struct pipe *p = m->first; p; p = p->next)
        octets += pipe_used(p);
    return octets;
}

/* ---- counters ------------------------------------------------------------------------------------------------- */

const struct pipe_counters *pipe_counters(const struct pipe_manager *m) { return &m->counters; }

static const struct {
    const char *name, *text;
} names[] = {
#define NAMED(name, text) {#name, text},
    PIPE_COUNTERS(NAMED)
#undef NAMED
};

const char *pipe_counter_name(unsigned which) { return which < PIPE_COUNTER_COUNT ? names[which].name : NULL; }

const char *pipe_counter_text(unsigned which) { return which < PIPE_COUNTER_COUNT ? names[which].text : NULL; }
