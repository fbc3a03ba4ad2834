/* SPDX-License-Identifier: BSD-2-Clause */
/* One operation at all replicas, and what comes of it (UIO-8-02, UIO-8-03, UIO-8-06). */
#include "replicas.h"

static int is_asked(const struct uio_replica *replica) { return replica->handle.client && !replica->given_up; }

/* ---- the end ---- */

/* No replica has an instance any more. */
static int is_empty(const struct uio_replicas *set) {
    for (unsigned i = 0; i < set->count; i++)
        if (set->replica[i].handle.client)
            return 0;
    return 1;
}

void vu_set_end(struct uio_replicas *set, int result) {
    set->stage = VU_SET_IDLE;
    set->result = result;
    set->over = 1;
    if (is_empty(set))
        set->client = NULL;
    if (set->done)
        set->done(set, result);
}

/* They agree in what they are; with CREATE and TRUNCATE it is new, and so is its version. */
static int agree(const struct uio_replicas *set) {
    const struct uio_instance *first = &set->replica[0].handle.instance;
    const int fresh = (set->mode & (UIO_MODE_CREATE | UIO_MODE_TRUNCATE)) != 0;
    for (unsigned i = 1; i < set->count; i++) {
        const struct uio_instance *other = &set->replica[i].handle.instance;
        if (other->block_size != first->block_size || (!fresh && other->object.version != first->object.version))
            return 0;
    }
    return 1;
}

/* All have taken the same number of octets? */
static int took_the_same(struct uio_replicas *set) {
    uint32_t least = UINT32_MAX, most = 0;
    for (unsigned i = 0; i < set->count; i++) {
        const struct uio_replica *replica = &set->replica[i];
        if (!is_asked(replica))
            continue;
        least = replica->octets < least ? replica->octets : least;
        most = replica->octets > most ? replica->octets : most;
    }
    set->octets = least <= most ? least : 0;
    return least >= most;
}

static int judge(struct uio_replicas *set) {
    for (unsigned i = 0; i < set->count; i++)
        if (!set->replica[i].given_up && set->replica[i].result)
            return set->replica[i].result;
    if (set->code == UIO_CREATE_INSTANCE)
        return agree(set) ? 0 : (int)UIO_CHANGED;
    if (set->code == UIO_WRITE_INSTANCE)
        return took_the_same(set) ? 0 : (int)UIO_NO_SPACE;
    return 0;
}

void vu_set_all_over(struct uio_replicas *set) {
    const int result = judge(set);
    if (result && !set->differ)
        set->differ = result;
    vu_set_end(set, result);
}

/* By a timer: never from inside a function of the caller. */
static void all_over_now(struct vipc_timer *timer) { vu_set_all_over(timer->context); }

void vu_set_one_over(struct uio_replica *replica, int result) {
    struct uio_replicas *set = replica->set;
    replica->result = result;
    if (--set->waiting == 0)
        vu_set_all_over(set);
}

/* ---- one operation at all ---- */

static void one_done(struct uio_call *call, int result) {
    struct uio_replica *replica = call->context;
    replica->octets = call->octets;
    vu_set_one_over(replica, result);
}

struct task {
    uint32_t code;
    uint64_t block;
    uint32_t offset, flags, octets, mask;
    const void *data;
    const struct uio_object *object;
    int commit;
};

static int begin_one(struct uio_replica *replica, const struct task *t) {
    struct uio_call *call = &replica->call;
    call->deadline = replica->set->deadline;
    call->done = one_done;
    call->context = replica;
    switch (t->code) {
    case UIO_WRITE_INSTANCE:
        return uio_write(&replica->handle, call, t->block, t->offset, t->flags, t->data, t->octets);
    case UIO_MODIFY_INSTANCE: return uio_modify(&replica->handle, call, t->mask, t->object, 0, replica->answer);
    default: return uio_release(&replica->handle, call, t->commit && !replica->given_up);
    }
}

/* What cannot begin at the first of them cannot begin at all; at a later one they differ. */
static int begin_all(struct uio_replicas *set, const struct task *t) {
    const int release = t->code == UIO_RELEASE_INSTANCE;
    unsigned begun = 0, failed = 0;
    if (!set->client || set->stage != VU_SET_IDLE)
        return VMTP_E_INVALID;
    set->over = 0;
    set->code = t->code;
    set->octets = 0;
    for (unsigned i = 0; i < set->count; i++) {
        struct uio_replica *replica = &set->replica[i];
        if (!is_asked(replica) && !(release && replica->handle.client))
            continue;
        const int result = begin_one(replica, t);
        if (result && !begun && !failed && !release)
            return result;
        replica->octets = 0;
        replica->result = result;
        begun += result == 0;
        failed += result != 0;
    }
    set->waiting = begun;
    set->stage = VU_SET_BUSY;
    if (!begun) {
        set->timer.fire = all_over_now;
        set->timer.context = set;
        vipc_timer_set(set->client->ipc, &set->timer, vipc_now(set->client->ipc));
    }
    return 0;
}

/* Nothing more is written where not all have what was written before. */
static int refuses(const struct uio_replicas *set) { return set->client ? set->differ : 0; }

int uio_replicas_write(struct uio_replicas *set, uint64_t block, uint32_t offset, uint32_t flags, const void *data,
                       uint32_t octets) {
    const struct task task = {
        .code = UIO_WRITE_INSTANCE, .block = block, .offset = offset, .flags = flags, .data = data, .octets = octets};
    return refuses(set) ? refuses(set) : begin_all(set, &task);
}

int uio_replicas_modify(struct uio_replicas *set, uint32_t mask, const struct uio_object *object) {
    const struct task task = {.code = UIO_MODIFY_INSTANCE, .mask = mask, .object = object};
    return refuses(set) ? refuses(set) : begin_all(set, &task);
}

int uio_replicas_release(struct uio_replicas *set, int commit) {
    const struct task task = {.code = UIO_RELEASE_INSTANCE, .commit = commit};
    if (commit && refuses(set))
        return refuses(set);
    return begin_all(set, &task);
}

/* ---- giving up ---- */

void uio_replicas_give_up(struct uio_replicas *set, unsigned which) {
    if (which >= set->count || set->stage != VU_SET_IDLE)
        return;
    struct uio_replica *replica = &set->replica[which];
    replica->given_up = 1;
    set->differ = 0;
    for (unsigned i = 0; i < set->count; i++)
        if (!set->replica[i].given_up && set->replica[i].result)
            set->differ = set->replica[i].result;
}

void uio_replicas_cancel(struct uio_replicas *set) {
    if (!set->client || set->stage == VU_SET_IDLE)
        return;
    vname_cancel(&set->resolve);
    vipc_cancel(&set->query);
    vipc_timer_cancel(&set->timer);
    for (unsigned i = 0; i < set->count && i < UIO_REPLICAS; i++) {
        struct uio_replica *replica = &set->replica[i];
        if (!replica->create.ipc && !replica->call.handle)
            continue;
        vipc_cancel(&replica->create);
        uio_call_cancel(&replica->call);
        replica->result = VMTP_E_CANCELLED;
        set->differ = VMTP_E_CANCELLED;
    }
    set->stage = VU_SET_IDLE;
    if (is_empty(set))
        set->client = NULL;
}

void uio_replicas_close(struct uio_replicas *set) {
    uio_replicas_cancel(set);
    for (unsigned i = 0; i < set->count; i++)
        uio_detach(&set->replica[i].handle);
    set->client = NULL;
}

int uio_replicas_wait(struct uio_replicas *set, int begun) {
    if (begun || set->stage == VU_SET_IDLE)
        return begun ? begun : set->result;
    const int result = vipc_wait_for(set->client->ipc, &set->over, VMTP_NEVER);
    uio_replicas_cancel(set);
    return result ? result : set->result;
}
