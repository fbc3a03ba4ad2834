/* SPDX-License-Identifier: BSD-2-Clause */
/* Functions of the type, and readers that wait for the record that will be next. */
#include "internal.h"

#include <sys/stat.h>

/* ---- what it is --------------------------------------------------------------------------------------------------- */

static uint64_t octets_of(const struct log_part *p) {
    return p->fd < 0 ? 0 : p->end - LOG_FILE_HEAD - (uint64_t)p->count * LOG_HEAD;
}

static int64_t changed(const struct log_manager *log) {
    struct stat st;
    if (fstat(log->now.fd, &st) < 0)
        return 0;
    return (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
}

struct uio_object log_descriptor(const struct log_manager *log) {
    const int64_t time = changed(log);
    return (struct uio_object){.type = UIO_TYPE_LOG,
                               .attributes = LOG_ATTRIBUTES,
                               .number = uio_manager_number(log->context, 0),
                               .size = octets_of(&log->now) + octets_of(&log->old),
                               .storage = log->now.end + (log->old.fd >= 0 ? log->old.end : 0),
                               .permissions = 0644,
                               .names = 1,
                               .changed = time,
                               .descriptor_changed = time,
                               .version = log_next(log) + 1,
                               .block_size = LOG_RECORD_OCTETS};
}

/* Section 2.1. */
static void last(const struct log_manager *log, uint64_t *block, uint32_t *octets) {
    const int any = log_next(log) > log_first(log);
    *block = any ? log_next(log) - 1 : 0;
    *octets = any ? log_store_octets(log, *block) : 0;
}

void log_on_open(struct uio_manager_operation *op) {
    const struct log_manager *log = log_of(op);
    struct uio_manager_opened opened = {.identity = {1, 0},
                                        .attributes = LOG_ATTRIBUTES,
                                        .block_size = LOG_RECORD_OCTETS,
                                        .next_block = log_first(log),
                                        .object = log_descriptor(log)};
    last(log, &opened.last_block, &opened.last_octets);
    uio_manager_finish_open(op, &opened);
}

void log_on_query(struct uio_manager_operation *op) {
    const struct uio_object object = log_descriptor(log_of(op));
    uio_manager_finish_object(op, &object);
}

void log_on_query_instance(struct uio_manager_operation *op) {
    const struct uio_object object = log_descriptor(log_of(op));
    uint64_t block;
    uint32_t octets;
    last(log_of(op), &block, &octets);
    uio_manager_finish_object_blocks(op, &object, block, octets);
}

void log_on_storage(struct uio_manager_operation *op) {
    const struct log_manager *log = log_of(op);
    const uint64_t used = log->now.end + (log->old.fd >= 0 ? log->old.end : 0);
    uio_manager_finish_storage(op, log->octets, log->octets > used ? log->octets - used : 0, 0);
}

uint32_t log_on_release(struct uio_manager_instance *instance, uint32_t flags) {
    (void)instance;
    (void)flags;
    return 0;
}

/* ---- reading ------------------------------------------------------------------------------------------------------ */

static void give(struct uio_manager_operation *op, const void *data, uint32_t octets) {
    if (octets > op->count)
        uio_manager_refuse(op, UIO_BAD_COUNT);
    else
        uio_manager_finish_read_lent(op, data, octets, op->block + 1 == log_next(log_of(op)), op->block + 1, NULL);
}

static void read_record(struct uio_manager_operation *op) {
    struct log_manager *log = log_of(op);
    uint32_t octets = 0;
    const uint32_t code = log_store_read(log, op->block, &octets);
    if (code)
        uio_manager_refuse(op, code);
    else
        give(op, log->record + LOG_HEAD, octets);
}

static void wait(struct uio_manager_operation *op) {
    struct uio_manager_operation **at = &log_of(op)->waiting;
    while (*at)
        at = &(*at)->next;
    *at = op;
}

void log_on_read(struct uio_manager_operation *op) {
    const struct log_manager *log = log_of(op);
    if (op->block < log_first(log))
        uio_manager_refuse(op, UIO_BAD_BLOCK);
    else if (op->block < log_next(log))
        read_record(op);
    else if (op->block == log_next(log) && op->may_wait)
        wait(op);
    else
        uio_manager_finish_read_lent(op, NULL, 0, 1, op->block, NULL);
}

void log_on_cancel(struct uio_manager_operation *op) {
    struct uio_manager_operation **at = &log_of(op)->waiting;
    while (*at && *at != op)
        at = &(*at)->next;
    if (*at)
        *at = op->next;
}

void log_tell(struct log_manager *log, const void *data, uint32_t octets) {
    while (log->waiting) {
        struct uio_manager_operation *op = log->waiting;
        log->waiting = op->next;
        log->counters.read++;
        give(op, data, octets);
    }
}

/* ---- writing ------------------------------------------------------------------------------------------------------ */

void log_on_write(struct uio_manager_operation *op) {
    struct log_manager *log = log_of(op);
    const uint64_t number = log_next(log);
    const uint32_t code = log_store_append(log, op->data, op->count, op->stable);
    if (code) {
        uio_manager_refuse(op, code);
        return;
    }
    log_tell(log, op->data, op->count); /* the octets are the Request's: before it is answered */
    uio_manager_finish_write(op, op->count, number);
}

void log_on_sync(struct uio_manager_operation *op) {
    const uint32_t code = log_store_sync(log_of(op));
    if (code)
        uio_manager_refuse(op, code);
    else
        uio_manager_finish(op);
}
