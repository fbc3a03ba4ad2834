/* SPDX-License-Identifier: BSD-2-Clause */
/* One read or write in parts, as large as its manager takes them, a few of which are under way together. */
#include "mount.h"

#include <stdlib.h>

struct mount_transfer;

struct part {
    struct mount_transfer *transfer;
    struct uio_call call;
    struct mount_lost lost;
    uint32_t from, size; /* of the transfer; size 0: not in use */
    uint8_t attempts;
};

struct mount_transfer {
    struct mount_transfer *next_of_all, *previous;
    struct mount_handle *handle;
    int writing;
    uint64_t at;
    uint8_t *data;
    uint32_t next;  /* to be begun */
    uint32_t limit; /* nothing behind it: the end, an error, or all */
    int result;     /* of the error at limit */
    uint32_t going;
    vmtp_time deadline;
    struct mount_lost lost;
    struct vipc_timer timer;
    void (*done)(void *context, int result, uint32_t octets);
    void *context;
    struct part parts[MOUNT_PARTS];
};

static void go_on(struct mount_transfer *t);
static void part_over(struct part *p, int result);

static void part_done(struct uio_call *call, int result) {
    struct part *p = call->context;
    mount_handle_called(p->transfer->handle);
    part_over(p, result);
    go_on(p->transfer);
}

static uint32_t block_size_of(const struct uio_handle *uio) {
    return uio->instance.block_size ? uio->instance.block_size : 1;
}

/* How many octets of these one operation may have; of an instance that is not there any more all, and it will not begin. */
static uint32_t cut(const struct mount_transfer *t, uint32_t from, uint32_t size) {
    const struct uio_handle *uio = &t->handle->uio;
    const uint32_t fits = uio_fits(uio, (uint32_t)((t->at + from) % block_size_of(uio)), size);
    return fits ? fits : size;
}

static int begin_part(struct part *p) {
    struct mount_transfer *t = p->transfer;
    struct uio_handle *uio = &t->handle->uio;
    const uint64_t position = t->at + p->from, block = position / block_size_of(uio);
    const uint32_t offset = (uint32_t)(position % block_size_of(uio));
    const uint32_t size = cut(t, p->from, p->size); /* another instance may take less */
    p->call.deadline = p->attempts ? t->deadline : mount_first_deadline(t->handle->mount, t->deadline);
    p->call.done = part_done;
    p->call.context = p;
    const int begun = t->writing ? uio_write(uio, &p->call, block, offset, 0, t->data + p->from, size)
                                 : uio_read(uio, &p->call, block, offset, t->data + p->from, size);
    if (!begun)
        mount_handle_calls(t->handle);
    return begun;
}

static void tick(struct vipc_timer *timer) { go_on(timer->context); }

static void go_on_at(struct mount_transfer *t, vmtp_time at) {
    t->timer.fire = tick;
    t->timer.context = t;
    vipc_timer_set(t->handle->mount->ipc, &t->timer, at);
}

static int result_of(int error) { return error == ETIMEDOUT ? (int)VMTP_USER_TIMEOUT : (int)UIO_STALE; }

/* Also from inside part_over, so what follows comes later. */
static void found_again(struct mount_lost *lost, int error) {
    struct part *p = (struct part *)(void *)((char *)lost - offsetof(struct part, lost));
    const int begun = error ? result_of(error) : begin_part(p);
    if (begun)
        part_over(p, begun);
    go_on_at(p->transfer, vipc_now(p->transfer->handle->mount->ipc));
}

static void ends_at(struct mount_transfer *t, uint32_t limit, int result) {
    if (limit >= t->limit)
        return;
    t->limit = limit;
    t->result = result;
}

/* It is over, or goes on with what is left of it; then its size is not 0. */
static void part_over(struct part *p, int result) {
    struct mount_transfer *t = p->transfer;
    if ((mount_is_gone(result) || mount_is_silent(result)) && !p->attempts++) {
        p->lost.go = found_again;
        mount_handle_lost(t->handle, &p->lost, result, t->deadline);
        return;
    }
    if (result == 0) {
        p->from += p->call.octets;
        p->size -= p->call.octets;
        if (!p->size || (!t->writing && (!p->call.octets || (p->call.flags & UIO_END))))
            ends_at(t, p->size ? p->from : UINT32_MAX, 0);
        else if ((result = begin_part(p)) == 0)
            return;
    }
    if (result)
        ends_at(t, p->from, result);
    p->size = 0;
    t->going--;
}

static struct part *free_part(struct mount_transfer *t) {
    for (unsigned i = 0; i < MOUNT_PARTS; i++)
        if (!t->parts[i].size)
            return &t->parts[i];
    return NULL;
}

#define NO_ROOM_FOR (2 * VMTP_MILLISECOND)

/* 1: begun. */
static int begin_next(struct mount_transfer *t, struct part *p) {
    vipc *ipc = t->handle->mount->ipc;
    p->transfer = t;
    p->from = t->next;
    p->size = cut(t, t->next, t->limit - t->next);
    p->attempts = 0;
    const uint32_t size = p->size;
    const int begun = begin_part(p);
    if (begun == VMTP_E_FULL) {
        p->size = 0;
        go_on_at(t, vipc_now(ipc) + NO_ROOM_FOR);
        return 0;
    }
    t->next += size;
    t->going++;
    if (begun)
        part_over(p, begun);
    return 1;
}

static void go_on(struct mount_transfer *t) {
    struct part *p;
    while (t->next < t->limit && (p = free_part(t)) != NULL)
        if (!begin_next(t, p))
            return;
    if (t->going || t->next < t->limit)
        return;
    vipc_timer_cancel(&t->timer);
    struct mount_handle *handle = t->handle;
    *(t->previous ? &t->previous->next_of_all : &handle->mount->transfers) = t->next_of_all;
    if (t->next_of_all)
        t->next_of_all->previous = t->previous;
    /* What was read is of use, whatever is behind it; who writes is to hear why not all of it was. */
    t->done(t->context, t->limit && !t->writing ? 0 : t->result, t->limit);
    free(t);
    mount_handle_done(handle);
}

static void known(struct mount_lost *lost, int error) {
    struct mount_transfer *t = (struct mount_transfer *)(void *)((char *)lost - offsetof(struct mount_transfer, lost));
    if (error)
        ends_at(t, 0, result_of(error));
    go_on(t);
}

void mount_transfer(struct mount_handle *handle, int writing, uint64_t at, void *data, uint32_t size,
                    vmtp_time deadline, void (*done)(void *context, int result, uint32_t octets), void *context) {
    struct mount_transfer *t = calloc(1, sizeof *t);
    if (!t) {
        done(context, VMTP_E_MEMORY, 0);
        return;
    }
    t->handle = handle;
    t->writing = writing;
    t->at = at;
    t->data = data;
    t->limit = size;
    t->deadline = deadline;
    t->done = done;
    t->context = context;
    t->next_of_all = handle->mount->transfers;
    if (t->next_of_all)
        t->next_of_all->previous = t;
    handle->mount->transfers = t;
    mount_handle_use(handle);
    t->lost.go = known;
    if (mount_is_doubted(handle))
        mount_handle_lost(handle, &t->lost, 0, deadline);
    else
        go_on(t);
}

void mount_transfers_cancel(struct mount *m) {
    while (m->transfers) {
        struct mount_transfer *t = m->transfers;
        m->transfers = t->next_of_all;
        for (unsigned i = 0; i < MOUNT_PARTS; i++)
            uio_call_cancel(&t->parts[i].call);
        vipc_timer_cancel(&t->timer);
        free(t);
    }
}
