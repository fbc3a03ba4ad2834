/* SPDX-License-Identifier: BSD-2-Clause */
/* store.c - what is the same for all back ends: the list of what is under way. */
#include "backend.h"

#include <stdarg.h>
#include <stdio.h>

void vdir_store_failed(vdir_store *store, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(store->error, sizeof store->error, format, arguments);
    va_end(arguments);
    store->counts.failures++;
}

static void take(vdir_store *store, struct vdir_op *op) {
    struct vdir_op **link = &store->first;
    while (*link && *link != op)
        link = &(*link)->next;
    if (*link)
        *link = op->next;
    op->next = NULL;
    op->store = NULL;
}

void vdir_store_end(vdir_store *store, struct vdir_op *op, enum vdir_result result) {
    take(store, op);
    if (result == VDIR_NOT_NOW || result == VDIR_UNSURE)
        store->counts.not_now++;
    else
        store->counts.done++;
    op->done(op, result);
}

void vdir_store_start(vdir_store *store, struct vdir_op *op, vmtp_time now) {
    struct vdir_op **link = &store->first;
    while (*link)
        link = &(*link)->next;
    *link = op;
    op->next = NULL;
    op->store = store;
    op->record_of_store = NULL;
    op->more = 0;
    store->now = now;
    store->counts.operations++;
    store->backend->start(store, op);
}

void vdir_store_cancel(struct vdir_op *op) {
    vdir_store *store = op->store;
    if (!store)
        return;
    store->backend->cancel(store, op);
    take(store, op);
}

int vdir_store_fd(const vdir_store *store) { return store->backend->fd(store); }
vmtp_time vdir_store_deadline(const vdir_store *store) { return store->backend->deadline(store); }

void vdir_store_turn(vdir_store *store, vmtp_time now) {
    store->now = now;
    store->backend->turn(store);
}

uint32_t vdir_store_back_end(const vdir_store *store) { return store->backend->number; }
const char *vdir_store_name(const vdir_store *store) { return store->name; }
const char *vdir_store_error(const vdir_store *store) { return store->error; }
const struct vdir_store_counts *vdir_store_counts(const vdir_store *store) { return &store->counts; }

void vdir_store_close(vdir_store *store) {
    if (!store)
        return;
    while (store->first)
        vdir_store_cancel(store->first);
    store->backend->close(store);
}
