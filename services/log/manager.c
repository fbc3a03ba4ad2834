/* SPDX-License-Identifier: BSD-2-Clause */
/* Opening and closing. */
#include "internal.h"

#include <errno.h>
#include <stdlib.h>

#define OCTETS (16u << 20)

static const struct uio_manager_type type = {.name = "log",
                                             .lends = 1,
                                             .single = 1,
                                             .open = log_on_open,
                                             .query = log_on_query,
                                             .storage = log_on_storage,
                                             .read = log_on_read,
                                             .write = log_on_write,
                                             .query_instance = log_on_query_instance,
                                             .sync = log_on_sync,
                                             .release = log_on_release,
                                             .cancel = log_on_cancel};

int log_open(struct log_manager **out, uio_manager *manager, const struct log_config *config) {
    const uint64_t octets = config && config->octets ? config->octets : OCTETS;
    *out = NULL;
    if (octets < LOG_LEAST_OCTETS || octets > LOG_MOST_OCTETS)
        return VMTP_E_INVALID;
    struct log_manager *log = calloc(1, sizeof *log);
    if (!log)
        return VMTP_E_MEMORY;
    log->manager = manager;
    log->octets = octets;
    int r = log_store_open(log, config ? config->file : NULL) < 0 ? VMTP_E_SYSTEM : 0;
    if (r == 0 && !(log->context = uio_manager_root(manager, &type, log)))
        r = VMTP_E_FULL;
    if (r < 0) {
        const int why = errno;
        log_free(log);
        errno = why;
        return r;
    }
    *out = log;
    return 0;
}

void log_free(struct log_manager *log) {
    if (!log)
        return;
    log_store_close(log);
    free(log);
}

void log_close(struct log_manager *log) {
    if (!log)
        return;
    uio_manager_unroot(log->manager, log->context);
    log_free(log);
}

uint32_t log_context(const struct log_manager *log) { return log->context; }

uint32_t log_append(struct log_manager *log, const void *data, uint32_t octets) {
    const uint32_t code = octets > LOG_RECORD_OCTETS ? UIO_TOO_LARGE : log_store_append(log, data, octets, 0);
    if (!code)
        log_tell(log, data, octets);
    return code;
}

/* ---- counters ------------------------------------------------------------------------------------------------- */

const struct log_counters *log_counters(const struct log_manager *log) { return &log->counters; }

static const struct {
    const char *name, *text;
} names[] = {
#define NAMED(name, text) {#name, text},
    LOG_COUNTERS(NAMED)
#undef NAMED
};

const char *log_counter_name(unsigned which) { return which < LOG_COUNTER_COUNT ? names[which].name : NULL; }

const char *log_counter_text(unsigned which) { return which < LOG_COUNTER_COUNT ? names[which].text : NULL; }
