/* SPDX-License-Identifier: BSD-2-Clause */
/* QueryInstance, ModifyInstance, ReleaseInstance, and what transactions have in common (sections 6.3, 6.4, 6.6). */
#include "internal.h"

/* ---- the descriptor ------------------------------------------------------------------------------------------- */

static void described(struct vu_operation *o, uint32_t code) {
    uint8_t octets[UIO_INSTANCE_OCTETS];
    struct uio_instance d;
    if (code) {
        vu_refuse(o, code);
        return;
    }
    vu_describe(o, vu_instance_of(o->op.instance), &d);
    const uint32_t size = uio_instance_encode(octets, sizeof octets, &d);
    const int only_asked = o->op.code == (UIO_QUERY_INSTANCE & VU_LOW24);
    if (size)
        vu_answer(o, NULL, octets, size, only_asked ? VIPC_REPLY_IDEMPOTENT : 0);
    else
        vu_refuse(o, UIO_FAILED);
}

void vu_on_query_instance(struct vu_operation *o) { vu_ask(o, o->op.type->query_instance, described); }

/* ---- transactions --------------------------------------------------------------------------------------------- */

/* A commit is over: 0, or why not; an error of a write before it is told now. */
static uint32_t committed(struct vu_operation *o, uint32_t code) {
    struct vu_instance *instance = vu_instance_of(o->op.instance);
    uio_manager *m = o->op.manager;
    if (code == UIO_CONFLICT) {
        m->counters.conflicts++;
        instance->i.conflict = 1;
    }
    if (code)
        return code;
    m->counters.commits++;
    instance->dirty = 0;
    return vu_instance_late(instance);
}

static uint32_t may_commit(const struct vu_operation *o) {
    const struct uio_manager_instance *i = o->op.instance;
    if (!(i->attributes & UIO_TRANSACTION))
        return UIO_UNSUPPORTED;
    return i->conflict ? UIO_CONFLICT : 0;
}

/* ---- ModifyInstance: one thing after the other -------------------------------------------------------------------- */

static void next_step(struct vu_operation *o, uint32_t code);

/* The one that was asked for last, and is not in `todo` any more. */
static uint32_t step_done(struct vu_operation *o, uint32_t code) {
    struct vu_instance *instance = vu_instance_of(o->op.instance);
    switch (o->step) {
    case UIO_MASK_COMMIT: return committed(o, code);
    case UIO_MASK_STABLE:
        if (vu_is_storage_error(code)) {
            o->op.manager->counters.late_errors++;
            vu_object_late(instance->object, instance, code);
            instance->late = 0;
        }
        return code ? code : vu_instance_late(instance);
    case UIO_MASK_TAKE_BACK:
        if (!code) {
            o->op.manager->counters.taken_back++;
            instance->dirty = instance->i.conflict = 0;
        }
        return code;
    default: instance->dirty |= !code && (o->op.mask & UIO_MASK_SIZE); return code;
    }
}

static void give_owner(struct vu_operation *o) {
    struct vu_instance *instance = vu_instance_of(o->op.instance);
    struct vu_owner *to = vu_owner_find(o->op.manager, o->owner);
    if (instance->owner == to)
        return;
    vu_owner_remove(instance);
    vu_owner_add(instance, o->owner);
}

static void step(struct vu_operation *o, uint32_t bits, void (*ask)(struct uio_manager_operation *)) {
    o->step = bits & ~VU_DESCRIPTOR_MASK;
    o->todo &= ~bits;
    vu_ask(o, ask, next_step);
}

static void next_step(struct vu_operation *o, uint32_t code) {
    const struct uio_manager_type *type = o->op.type;
    code = step_done(o, code);
    if (code)
        vu_refuse(o, code);
    else if (o->todo & UIO_MASK_TAKE_BACK)
        step(o, UIO_MASK_TAKE_BACK, type->take_back);
    else if (o->todo & VU_DESCRIPTOR_MASK)
        step(o, VU_DESCRIPTOR_MASK, type->modify_instance);
    else if (o->todo & UIO_MASK_STABLE)
        step(o, UIO_MASK_STABLE, type->sync);
    else if (o->todo & UIO_MASK_COMMIT)
        step(o, UIO_MASK_COMMIT, type->commit);
    else {
        if (o->todo & UIO_MASK_OWNER)
            give_owner(o);
        vu_ask(o, type->query_instance, described);
    }
}

/* ---- ModifyInstance: whether all of it can be ----------------------------------------------------------------------- */

static uint32_t check_descriptor(struct vu_operation *o) {
    const struct uio_manager_instance *i = o->op.instance;
    if (!uio_object_decode(&o->op.object, o->in->segment, o->in->segment_size))
        return UIO_BAD_REQUEST;
    if (!(o->op.mask & UIO_MASK_SIZE))
        return 0;
    if (!(i->attributes & UIO_SIZED))
        return UIO_UNSUPPORTED;
    if (o->op.object.size >= VU_POSITION_END)
        return UIO_TOO_LARGE;
    return i->conflict ? UIO_CONFLICT : 0;
}

static uint32_t check_owner(struct vu_operation *o) {
    o->owner = vu_words(o, 2);
    if (!o->owner || vmtp_is_group(o->owner))
        return UIO_BAD_REQUEST;
    if (o->owner == o->op.instance->owner || vu_owner_has_room(o->op.manager, o->owner))
        return 0;
    o->op.manager->counters.owner_full++;
    return UIO_TOO_MANY;
}

static uint32_t check(struct vu_operation *o) {
    const uint32_t mask = vu_word(o, 1), both = UIO_MASK_COMMIT | UIO_MASK_TAKE_BACK;
    const struct uio_manager_instance *i = o->op.instance;
    uint32_t wrong = 0;
    if (mask & ~(VU_DESCRIPTOR_MASK | UIO_MASK_OWNER | UIO_MASK_STABLE | both))
        return UIO_UNSUPPORTED;
    if ((mask & both) == both)
        return UIO_BAD_REQUEST;
    o->todo = mask;
    o->op.mask = mask & VU_DESCRIPTOR_MASK;
    if (o->op.mask)
        wrong = check_descriptor(o);
    if (!wrong && (mask & UIO_MASK_STABLE) && !o->op.type->sync)
        wrong = UIO_UNSUPPORTED;
    if (!wrong && (mask & UIO_MASK_TAKE_BACK) && !(i->attributes & UIO_TRANSACTION))
        wrong = UIO_UNSUPPORTED;
    if (!wrong && (mask & UIO_MASK_COMMIT))
        wrong = may_commit(o);
    return !wrong && (mask & UIO_MASK_OWNER) ? check_owner(o) : wrong;
}

static void refuse(struct vu_operation *o, uint32_t code) {
    if (code == UIO_UNSUPPORTED)
        vu_unsupported(o);
    else if (code == UIO_BAD_REQUEST)
        vu_bad_request(o);
    else
        vu_refuse(o, code);
}

void vu_on_modify_instance(struct vu_operation *o) {
    const uint32_t wrong = check(o);
    if (wrong)
        refuse(o, wrong);
    else
        next_step(o, 0);
}

/* ---- ReleaseInstance ------------------------------------------------------------------------------------------ */

static void end(struct vu_operation *o) {
    o->op.manager->counters.released++;
    const uint32_t code = vu_instance_end(vu_instance_of(o->op.instance), o, 0);
    if (code)
        vu_refuse(o, code);
    else
        vu_answer_ok(o);
}

static void committed_last(struct vu_operation *o, uint32_t code) {
    code = committed(o, code);
    if (code)
        vu_refuse(o, code);
    else
        end(o);
}

void vu_on_release(struct vu_operation *o) {
    const uint32_t commit = vu_word(o, 1);
    const uint32_t wrong = commit > 1 ? UIO_UNSUPPORTED : commit ? may_commit(o) : 0;
    if (wrong)
        refuse(o, wrong);
    else if (commit)
        vu_ask(o, o->op.type->commit, committed_last);
    else
        end(o);
}
