/* SPDX-License-Identifier: BSD-2-Clause */
/* The context, and programs that come and go. */
#include "internal.h"

#include <stdlib.h>

#define PROGRAMS 1024u

static const struct uio_manager_type type = {.name = "programs",
                                             .lends = 1,
                                             .open = programs_on_open,
                                             .query = programs_on_query,
                                             .remove = programs_on_remove,
                                             .read = programs_on_read,
                                             .query_instance = programs_on_query_instance,
                                             .release = programs_on_release};

int programs_open(struct programs **out, uio_manager *manager, const struct programs_config *config) {
    struct programs *m = calloc(1, sizeof *m);
    *out = NULL;
    if (!m)
        return VMTP_E_MEMORY;
    m->manager = manager;
    if (config)
        m->config = *config;
    m->config.programs = m->config.programs ? m->config.programs : PROGRAMS;
    m->context = uio_manager_root(manager, &type, m);
    if (!m->context) {
        free(m);
        return VMTP_E_FULL;
    }
    *out = m;
    return 0;
}

void programs_free(struct programs *m) {
    if (!m)
        return;
    while (m->first)
        programs_remove(m->first);
    free(m);
}

void programs_close(struct programs *m) {
    if (!m)
        return;
    uio_manager_unroot(m->manager, m->context);
    programs_free(m);
}

uint32_t programs_context(const struct programs *m) { return m->context; }

/* ---- programs --------------------------------------------------------------------------------------------------- */

int programs_add(struct programs *m, struct program *p) {
    struct program **at = &m->first;
    if (!p->entity || vmtp_is_group(p->entity) || !p->name || p->programs)
        return VMTP_E_INVALID;
    while (*at && (*at)->entity != p->entity)
        at = &(*at)->next;
    if (*at)
        return VMTP_E_EXISTS;
    if (m->count == m->config.programs)
        return VMTP_E_FULL;
    *at = p;
    p->next = NULL;
    p->programs = m;
    p->order = ++m->orders;
    p->since = vipc_now(uio_manager_ipc(m->manager));
    m->count++;
    m->counters.added++;
    return 0;
}

void programs_remove(struct program *p) {
    struct programs *m = p->programs;
    if (!m)
        return;
    struct program **at = &m->first;
    while (*at != p)
        at = &(*at)->next;
    *at = p->next;
    p->programs = NULL;
    m->count--;
    m->counters.removed++;
}

/* ---- counters ------------------------------------------------------------------------------------------------- */

const struct programs_counters *programs_counters(const struct programs *m) { return &m->counters; }

static const struct {
    const char *name, *text;
} names[] = {
#define NAMED(name, text) {#name, text},
    PROGRAMS_COUNTERS(NAMED)
#undef NAMED
};

const char *programs_counter_name(unsigned which) { return which < PROGRAMS_COUNTER_COUNT ? names[which].name : NULL; }

const char *programs_counter_text(unsigned which) { return which < PROGRAMS_COUNTER_COUNT ? names[which].text : NULL; }
