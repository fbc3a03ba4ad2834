/* SPDX-License-Identifier: BSD-2-Clause */
/* ReadInstance (section 6.1). */
#include "internal.h"

static uint32_t least(uint64_t a, uint64_t b) { return (uint32_t)(a < b ? a : b); }

static uint32_t reply_flags(const struct vu_operation *o) {
    uint32_t flags = 0;
    if (o->op.instance->attributes & UIO_STORAGE)
        flags |= VIPC_REPLY_IDEMPOTENT;
    if (flags && (o->in->message.code & VMTP_MDM) && !o->in->segment_size && vu_word(o, 4) <= VMTP_GROUP_OCTETS)
        flags |= VIPC_REPLY_CHOSEN;
    return flags;
}

static int is_random(const struct vu_operation *o) { return (o->op.instance->attributes & UIO_RANDOM_ACCESS) != 0; }

static int blocks_are_equal(const struct vu_operation *o) { return !(o->op.instance->attributes & UIO_VARIABLE_BLOCK); }

/* Words of the Response, and what is known of the instance from it. */
static void note(struct vu_operation *o, uint32_t octets, int at_end, uint64_t next, uint32_t words[4]) {
    struct vu_instance *instance = vu_instance_of(o->op.instance);
    uio_manager *m = o->op.manager;
    if (is_random(o) && blocks_are_equal(o))
        next = (o->op.position + octets) / instance->i.block_size;
    words[0] = octets;
    vmtp_words_put64(words + 1, next);
    words[3] = at_end ? UIO_END : 0;
    instance->i.next_block = next;
    instance->octets_read += octets;
    m->counters.reads++;
    m->counters.octets_read += octets;
    m->counters.reads_chosen += (reply_flags(o) & VIPC_REPLY_CHOSEN) != 0;
}

/* The program has finished by a function of ours, or refuses. */
static void refused(struct vu_operation *o, uint32_t code) { vu_refuse(o, code); }

void uio_manager_finish_read(struct uio_manager_operation *op, uint32_t octets, int at_end, uint64_t next) {
    struct vu_operation *o = vu_of(op);
    uint32_t words[4];
    o->by_program = 0;
    octets = least(octets, op->count);
    if (vu_instance_of(op->instance)->table && !vu_table_has(o)) {
        const uint32_t code = vu_table_tell(o, &octets, &at_end, &next);
        if (code) {
            vu_refuse(o, code);
            return;
        }
    }
    note(o, octets, at_end, next, words);
    vu_answer_buffer(o, words, words[0], reply_flags(o));
}

int uio_manager_finish_read_lent(struct uio_manager_operation *op, const void *data, uint32_t octets, int at_end,
                                 uint64_t next, struct vipc_loan *loan) {
    struct vu_operation *o = vu_of(op);
    const uint32_t flags = reply_flags(o);
    struct vmtp_message answer = {.code = VMTP_OK};
    uint32_t words[4];
    o->by_program = 0;
    note(o, least(octets, op->count), at_end, next, words);
    for (unsigned i = 0; i < 4; i++)
        answer.words[i] = words[i];
    const int lend = loan && words[0];
    int r = lend ? vipc_reply_lent(o->in, &answer, data, words[0], flags, loan) : VMTP_E_AGAIN;
    const int lent = r == 0;
    if (lent || r == VMTP_E_STALE)
        vu_operation_end(o);
    else
        r = vu_answer(o, words, data, words[0], flags);
    if (!lent && loan)
        loan->release(loan);
    return r;
}

/* Nothing to give: behind the end, or nothing came. */
static void answer_end(struct vu_operation *o) {
    const uint32_t words[4] = {0, vu_word(o, 1), vu_word(o, 2), UIO_END};
    o->op.manager->counters.reads++;
    vu_answer(o, words, NULL, 0, reply_flags(o));
}

void vu_read_over(struct vu_operation *o) {
    if (is_random(o))
        answer_end(o);
    else
        vu_refuse(o, UIO_WOULD_WAIT);
}

/* ---- what is asked for ------------------------------------------------------------------------------------------ */

static vmtp_time patience(const struct vu_operation *o) {
    const uint32_t attributes = o->op.instance->attributes;
    if (attributes & UIO_RANDOM_ACCESS)
        return attributes & UIO_INTERACTIVE ? VU_LOG_WAIT : 0;
    return attributes & UIO_CONTEXT ? 0 : vu_word(o, 3) * VMTP_MILLISECOND;
}

static void with_buffer(struct vu_operation *o, uint32_t code) {
    (void)code;
    if (vu_table_has(o)) {
        vu_table_read(o);
        return;
    }
    vu_ask_waiting(o, o->op.type->read, refused, patience(o));
}

/* A place in it: 0, or the code; *behind: there is surely nothing. */
static uint32_t take_place(struct vu_operation *o, int *behind) {
    const struct uio_manager_instance *i = o->op.instance;
    const uint32_t offset = vu_word(o, 3);
    if (offset && (offset >= i->block_size || !(i->attributes & UIO_OFFSET)))
        return UIO_BAD_BLOCK;
    if (!(i->attributes & UIO_MULTI_BLOCK) && blocks_are_equal(o))
        o->op.count = least(o->op.count, i->block_size - offset);
    *behind = o->op.block >= (VU_POSITION_END - offset) / i->block_size;
    if (*behind)
        return 0;
    o->op.position = o->op.block * i->block_size + offset;
    o->op.count = least(o->op.count, VU_POSITION_END - o->op.position);
    return 0;
}

static uint32_t take_sequence(struct vu_operation *o) {
    const struct uio_manager_instance *i = o->op.instance;
    if (i->attributes & UIO_CONTEXT) {
        if (o->op.block == UIO_MANAGER_NEXT)
            o->op.block = i->next_block;
        return vu_word(o, 3) ? UIO_BAD_BLOCK : 0;
    }
    if (!(i->attributes & UIO_MULTI_BLOCK) && blocks_are_equal(o))
        o->op.count = least(o->op.count, i->block_size);
    return o->op.block == UIO_MANAGER_NEXT ? 0 : UIO_BAD_BLOCK;
}

/* All that does not depend on what is in the object: 0, or the code. */
static uint32_t take(struct vu_operation *o, int *behind) {
    const struct uio_manager_instance *i = o->op.instance;
    const uint32_t most = o->in->large ? i->max_transfer : least(i->max_transfer, VMTP_GROUP_OCTETS);
    if (!(i->attributes & UIO_READABLE))
        return UIO_NOT_READABLE;
    o->op.block = vu_words(o, 1);
    o->op.count = vu_word(o, 4);
    if (!o->op.count || o->op.count > most)
        return UIO_BAD_COUNT;
    return is_random(o) ? take_place(o, behind) : take_sequence(o);
}

void vu_on_read(struct vu_operation *o) {
    int behind = 0;
    const uint32_t wrong = take(o, &behind);
    if (wrong)
        vu_refuse(o, wrong);
    else if (behind)
        answer_end(o);
    else if (o->op.type->lends && !(o->op.instance->attributes & UIO_CONTEXT))
        with_buffer(o, 0);
    else
        vu_with_buffer(o, with_buffer);
}
