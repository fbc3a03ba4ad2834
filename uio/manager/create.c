/* SPDX-License-Identifier: BSD-2-Clause */
/* CreateInstance (section 5.1): nothing is left behind when it fails at any step. */
#include "internal.h"

#include <string.h>

/* ---- the answer ----------------------------------------------------------------------------------------------- */

void vu_describe(const struct vu_operation *o, const struct vu_instance *instance, struct uio_instance *d) {
    const struct uio_manager_instance *i = &instance->i;
    memset(d, 0, sizeof *d);
    d->object = *o->object;
    uio_instance_set_size(d, o->object->size, i->block_size);
    if (o->has_blocks) {
        d->last_block = o->last_block;
        d->last_octets = o->last_octets;
    }
    d->number = i->number;
    d->attributes = i->attributes;
    d->next_block = i->next_block;
    d->max_transfer = i->max_transfer;
    d->mode = i->mode;
    d->owner = i->owner;
}

static void answer(struct vu_operation *o, struct vu_instance *instance) {
    uint8_t octets[UIO_INSTANCE_OCTETS];
    struct uio_instance described;
    vu_describe(o, instance, &described);
    const uint32_t size = uio_instance_encode(octets, sizeof octets, &described);
    const uint32_t words[4] = {instance->i.number, instance->i.attributes, instance->i.block_size, 0};
    o->op.manager->counters.created++;
    vu_answer(o, words, octets, size, 0);
}

/* ---- failing -------------------------------------------------------------------------------------------------- */

static void fail(struct vu_operation *o, uint32_t code) {
    vu_instance_free(vu_instance_of(o->op.instance));
    o->op.instance = NULL;
    o->op.manager->counters.create_refused++;
    vu_refuse(o, code);
}

/* The program has opened it. */
static void undo(struct vu_operation *o, uint32_t code, int created, const struct uio_range *range) {
    uio_manager *m = o->op.manager;
    uint8_t octets[UIO_RANGE_OCTETS];
    vu_instance_end(vu_instance_of(o->op.instance), o, created ? UIO_MANAGER_UNDO : 0);
    m->counters.create_refused++;
    if (code != UIO_LOCKED) {
        vu_refuse(o, code);
        return;
    }
    m->counters.locks_refused++;
    uio_range_encode(octets, range);
    vu_refuse_with(o, UIO_LOCKED, octets, sizeof octets);
}

/* ---- what the mode leaves (UIO-3.2-02) -------------------------------------------------------------------------- */

static uint32_t attributes_left(uint32_t attributes, uint32_t mode) {
    if (!(mode & UIO_MODE_READ))
        attributes &= ~UIO_READABLE;
    if (!(mode & UIO_MODE_WRITE))
        attributes &= ~(UIO_WRITEABLE | UIO_SIZED | UIO_APPEND_ONLY);
    if (!(mode & UIO_MODE_TRANSACTION))
        attributes &= ~UIO_TRANSACTION;
    return attributes;
}

/* Whether an object with these attributes can be used in this mode: 0, or the code. */
static uint32_t mode_fits(const struct uio_manager_type *type, uint32_t attributes, uint32_t mode) {
    if ((mode & UIO_MODE_CONTEXT) && !(attributes & UIO_CONTEXT))
        return VNAME_NOT_CONTEXT;
    if ((attributes & UIO_CONTEXT) && (mode & UIO_MODE_WRITE))
        return UIO_IS_CONTEXT;
    if ((mode & UIO_MODE_READ) && !(attributes & UIO_READABLE))
        return UIO_NOT_READABLE;
    if ((mode & UIO_MODE_WRITE) && !(attributes & UIO_WRITEABLE))
        return UIO_NOT_WRITEABLE;
    if (((mode & UIO_MODE_TRANSACTION) && !(attributes & UIO_TRANSACTION)) ||
        ((mode & UIO_MODE_TRUNCATE) && !(attributes & UIO_SIZED)) ||
        ((mode & (UIO_MODE_LOCK_SHARED | UIO_MODE_LOCK_EXCLUSIVE)) && !(attributes & UIO_LOCKS)) ||
        ((mode & UIO_MODE_SYNC) && !type->sync))
        return UIO_UNSUPPORTED;
    return 0;
}

static uint32_t transfer_for(const struct vu_operation *o, uint32_t block_size) {
    const uint32_t most = o->op.manager->config.max_transfer;
    if (o->in->large || most <= VMTP_GROUP_OCTETS)
        return most;
    return block_size > VMTP_GROUP_OCTETS ? 0 : VMTP_GROUP_OCTETS;
}

/* ---- the steps ------------------------------------------------------------------------------------------------ */

static void enter(struct vu_operation *o) {
    struct vu_instance *instance = vu_instance_of(o->op.instance);
    vu_instance_enter(instance, o->owner);
    answer(o, instance);
}

static void described(struct vu_operation *o, uint32_t code) {
    if (code)
        undo(o, code, 0, NULL);
    else
        enter(o);
}

static void truncated(struct vu_operation *o, uint32_t code) {
    if (code)
        undo(o, code, 0, NULL);
    else
        vu_ask(o, o->op.type->query_instance, described);
}

static void take_opened(struct vu_instance *instance, const struct uio_manager_opened *opened) {
    struct uio_manager_instance *i = &instance->i;
    i->state = opened->state;
    i->identity[0] = opened->identity[0];
    i->identity[1] = opened->identity[1];
    i->attributes = attributes_left(opened->attributes, i->mode);
    i->block_size = opened->block_size;
    i->next_block = opened->next_block;
    vu_instance_use_object(instance);
}

/* It is a context of which some names may be others'. */
static uint32_t table_of(const struct vu_operation *o) {
    const int is_context = (o->opened->attributes & UIO_CONTEXT) != 0;
    return is_context && !o->op.name_length && o->context->is_root ? o->context->number : 0;
}

static void opened(struct vu_operation *o, uint32_t code) {
    struct vu_instance *instance = vu_instance_of(o->op.instance);
    const struct uio_manager_opened *opened = o->opened;
    const uint32_t mode = o->op.mode;
    struct uio_range range = {0};
    if (code) {
        fail(o, code);
        return;
    }
    instance->i.mode = vu_word(o, 2);
    take_opened(instance, opened);
    instance->table = table_of(o);
    instance->i.max_transfer = transfer_for(o, opened->block_size);
    code = (instance->i.mode & UIO_MODE_EXCLUSIVE) && !opened->created ? UIO_EXISTS
                                                                       : mode_fits(o->op.type, opened->attributes, mode);
    if (!code && !vu_owner_has_room(o->op.manager, o->owner)) /* others may have been created meanwhile */
        code = UIO_TOO_MANY;
    if (!code && !instance->i.max_transfer)
        code = UIO_TOO_LARGE;
    if (!code && (mode & (UIO_MODE_LOCK_SHARED | UIO_MODE_LOCK_EXCLUSIVE)))
        code = vu_lock_at_create(instance, mode & UIO_MODE_LOCK_SHARED ? UIO_LOCK_SHARED : UIO_LOCK_EXCLUSIVE, &range);
    o->has_blocks = (opened->attributes & UIO_VARIABLE_BLOCK) != 0;
    o->last_block = opened->last_block;
    o->last_octets = opened->last_octets;
    if (code) {
        undo(o, code, opened->created, &range);
    } else if ((mode & UIO_MODE_TRUNCATE) && !opened->created) {
        o->op.mask = UIO_MASK_SIZE;
        vu_ask(o, o->op.type->modify_instance, truncated);
    } else {
        enter(o);
    }
}

static void refuse_full(struct vu_operation *o, uint64_t *counter) {
    ++*counter;
    o->op.manager->counters.create_refused++;
    vu_refuse(o, UIO_TOO_MANY);
}

void vu_on_create(struct vu_operation *o) {
    uio_manager *m = o->op.manager;
    const uint32_t wrong = uio_mode_check(vu_word(o, 2));
    const vmtp_entity owner = vu_words(o, 4) ? vu_words(o, 4) : o->in->client;
    if (wrong == UIO_UNSUPPORTED) {
        vu_unsupported(o);
        return;
    }
    if (wrong || vmtp_is_group(owner)) {
        vu_bad_request(o);
        return;
    }
    if (!vu_owner_has_room(m, owner)) {
        refuse_full(o, &m->counters.owner_full);
        return;
    }
    struct vu_instance *instance = vu_instance_new(m);
    if (!instance) {
        refuse_full(o, &m->counters.instances_full);
        return;
    }
    o->owner = owner;
    o->op.instance = &instance->i;
    instance->i.type = o->op.type;
    instance->i.root = o->op.root;
    o->op.mode = vu_word(o, 2);
    if (o->op.mode & UIO_MODE_CONTEXT) /* contexts are made by CreateObject */
        o->op.mode &= ~(UIO_MODE_CREATE | UIO_MODE_EXCLUSIVE);
    o->op.permissions = vu_word(o, 3);
    vu_ask(o, o->op.type->open, opened);
}
