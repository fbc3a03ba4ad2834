/* SPDX-License-Identifier: BSD-2-Clause */
/* The clock as a root of a manager, and the system's clock. */
#define _POSIX_C_SOURCE 200809L
#include "internal.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#define DELAYS 64u
#define DELAYS_MOST 65536u

static const struct uio_manager_type type = {.name = "time",
                                             .lends = 1,
                                             .single = 1,
                                             .open = time_on_open,
                                             .query = time_on_query,
                                             .read = time_on_read,
                                             .query_instance = time_on_query,
                                             .control = time_on_control,
                                             .release = time_on_release,
                                             .cancel = time_on_cancel};

/* ---- the system's clock ----------------------------------------------------------------------------------------- */

static int64_t nanoseconds(const struct timespec *t) { return (int64_t)t->tv_sec * 1000000000 + t->tv_nsec; }

static int64_t system_now(void *context) {
    struct timespec t = {0};
    (void)context;
    clock_gettime(CLOCK_REALTIME, &t);
    return nanoseconds(&t);
}

uint32_t time_manager_set_system(void *context, int64_t time) {
    const struct timespec t = {.tv_sec = (time_t)(time / 1000000000), .tv_nsec = (long)(time % 1000000000)};
    (void)context;
    if (clock_settime(CLOCK_REALTIME, &t) == 0)
        return 0;
    return errno == EPERM ? VMTP_NO_PERMISSION : errno == EINVAL ? UIO_BAD_COUNT : UIO_FAILED;
}

static void take_system(struct time_config *c) {
    struct timespec t = {0};
    c->now = system_now;
    if (!c->resolution && clock_getres(CLOCK_REALTIME, &t) == 0)
        c->resolution = (uint32_t)nanoseconds(&t);
}

/* ---- the root --------------------------------------------------------------------------------------------------- */

static int make_delays(struct time_manager *m) {
    m->delays = calloc(m->config.delays, sizeof *m->delays);
    if (!m->delays)
        return VMTP_E_MEMORY;
    for (uint32_t i = m->config.delays; i-- > 0;) {
        m->delays[i].next = m->free;
        m->free = &m->delays[i];
    }
    return 0;
}

int time_manager_open(struct time_manager **out, uio_manager *manager, const struct time_config *config) {
    struct time_manager *m = calloc(1, sizeof *m);
    *out = NULL;
    if (!m)
        return VMTP_E_MEMORY;
    m->manager = manager;
    if (config)
        m->config = *config;
    if (!m->config.now)
        take_system(&m->config);
    m->config.delays = m->config.delays ? m->config.delays : DELAYS;
    int r = m->config.delays <= DELAYS_MOST ? make_delays(m) : VMTP_E_INVALID;
    if (r == 0 && !(m->context = uio_manager_root(manager, &type, m)))
        r = VMTP_E_FULL;
    if (r < 0) {
        time_manager_free(m);
        return r;
    }
    *out = m;
    return 0;
}

void time_manager_free(struct time_manager *m) {
    if (!m)
        return;
    free(m->delays);
    free(m);
}

void time_manager_close(struct time_manager *m) {
    if (!m)
        return;
    uio_manager_unroot(m->manager, m->context);
    time_manager_free(m);
}

uint32_t time_manager_context(const struct time_manager *m) { return m->context; }

/* ---- counters ------------------------------------------------------------------------------------------------- */

const struct time_counters *time_manager_counters(const struct time_manager *m) { return &m->counters; }

static const struct {
    const char *name, *text;
} names[] = {
#define NAMED(name, text) {#name, text},
    TIME_COUNTERS(NAMED)
#undef NAMED
};

const char *time_manager_counter_name(unsigned which) { return which < TIME_COUNTER_COUNT ? names[which].name : NULL; }

const char *time_manager_counter_text(unsigned which) { return which < TIME_COUNTER_COUNT ? names[which].text : NULL; }
