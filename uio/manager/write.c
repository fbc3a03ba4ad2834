/* SPDX-License-Identifier: BSD-2-Clause */
/* WriteInstance and ControlInstance (sections 6.2, 6.7). */
#include "internal.h"

#include <string.h>

/* ---- writing -------------------------------------------------------------------------------------------------- */

static void refused(struct vu_operation *o, uint32_t code) {
    struct vu_instance *instance = vu_instance_of(o->op.instance);
    if (o->op.stable && vu_is_storage_error(code)) {
        o->op.manager->counters.late_errors++;
        vu_object_late(instance->object, instance, code);
        instance->late = 0; /* this is the telling */
    }
    vu_refuse(o, code);
}

void uio_manager_finish_write(struct uio_manager_operation *op, uint32_t octets, uint64_t where) {
    struct vu_operation *o = vu_of(op);
    struct vu_instance *instance = vu_instance_of(op->instance);
    const struct uio_manager_instance *i = op->instance;
    const int places = (i->attributes & UIO_RANDOM_ACCESS) && !(i->attributes & UIO_VARIABLE_BLOCK);
    const uint64_t block = places ? where / i->block_size : where;
    uint32_t words[4] = {[0] = octets, [3] = places ? (uint32_t)(where % i->block_size) : 0};
    vmtp_words_put64(words + 1, block);
    o->by_program = 0;
    instance->dirty = 1;
    instance->octets_written += octets;
    op->manager->counters.writes++;
    op->manager->counters.octets_written += octets;
    const uint32_t late = op->stable ? vu_instance_late(instance) : 0;
    if (late)
        vu_refuse(o, late);
    else
        vu_answer(o, words, NULL, 0, 0);
}

/* How much one write may have: 0, or the code. */
static uint32_t check_size(const struct vu_operation *o, uint32_t offset) {
    const struct uio_manager_instance *i = o->op.instance;
    const uint32_t size = o->op.count;
    if (!size && !(i->attributes & UIO_VARIABLE_BLOCK))
        return UIO_BAD_COUNT;
    if (size > i->max_transfer || ((i->attributes & UIO_VARIABLE_BLOCK) && size > i->block_size))
        return UIO_TOO_LARGE;
    return !(i->attributes & UIO_MULTI_BLOCK) && size > i->block_size - offset ? UIO_BAD_COUNT : 0;
}

static uint32_t take_place(struct vu_operation *o) {
    const struct uio_manager_instance *i = o->op.instance;
    const uint32_t offset = vu_word(o, 3);
    if (offset && (offset >= i->block_size || !(i->attributes & UIO_OFFSET)))
        return UIO_BAD_BLOCK;
    const uint32_t wrong = check_size(o, offset);
    if (wrong)
        return wrong;
    o->op.block = vu_words(o, 1);
    if (o->op.block >= (VU_POSITION_END - o->op.count - offset) / i->block_size)
        return UIO_TOO_LARGE;
    o->op.position = o->op.block * i->block_size + offset;
    o->op.ends_inside = !(i->attributes & (UIO_OFFSET | UIO_VARIABLE_BLOCK)) && o->op.count % i->block_size;
    return 0;
}

static uint32_t take(struct vu_operation *o) {
    const struct uio_manager_instance *i = o->op.instance;
    const uint32_t flags = vu_word(o, 4);
    if (!(i->attributes & UIO_WRITEABLE))
        return UIO_NOT_WRITEABLE;
    o->op.stable = (flags & UIO_WRITE_SYNC) || (i->mode & UIO_MODE_SYNC);
    if ((flags & ~(UIO_WRITE_APPEND | UIO_WRITE_SYNC)) || (o->op.stable && !o->op.type->sync))
        return UIO_UNSUPPORTED;
    if (i->conflict)
        return UIO_CONFLICT;
    o->op.append = (flags & UIO_WRITE_APPEND) || (i->mode & UIO_MODE_APPEND) || (i->attributes & UIO_APPEND_ONLY);
    o->op.data = o->in->segment;
    o->op.count = o->in->segment_size;
    if ((i->attributes & UIO_RANDOM_ACCESS) && !o->op.append)
        return take_place(o);
    o->op.block = UIO_MANAGER_NEXT;
    return check_size(o, 0);
}

void vu_on_write(struct vu_operation *o) {
    const uint32_t wrong = take(o);
    const uint32_t in_place = UIO_RANDOM_ACCESS | UIO_APPEND_ONLY;
    if (wrong == UIO_UNSUPPORTED)
        vu_unsupported(o);
    else if (wrong)
        vu_refuse(o, wrong);
    else if (o->op.instance->attributes & in_place)
        vu_ask(o, o->op.type->write, refused);
    else
        vu_ask_waiting(o, o->op.type->write, refused, vu_word(o, 3) * VMTP_MILLISECOND);
}

/* ---- control -------------------------------------------------------------------------------------------------- */

static void control_refused(struct vu_operation *o, uint32_t code) { vu_refuse(o, code); }

void uio_manager_finish_control(struct uio_manager_operation *op, const void *segment, uint32_t size) {
    struct vu_operation *o = vu_of(op);
    struct vmtp_message answer = {.code = VMTP_OK};
    memcpy(answer.words, op->words, sizeof answer.words);
    o->by_program = 0;
    const int r = vipc_reply(o->in, &answer, segment, size, 0);
    if (r < 0 && r != VMTP_E_STALE) {
        op->manager->counters.send_failures++;
        vipc_discard(o->in);
    }
    vu_operation_end(o);
}

void vu_on_control(struct vu_operation *o) {
    o->op.function = vu_word(o, 1);
    memcpy(o->op.words, o->in->message.words, sizeof o->op.words);
    o->op.data = o->in->segment;
    o->op.count = o->in->segment_size;
    vu_ask_waiting(o, o->op.type->control, control_refused, VMTP_NEVER);
}
