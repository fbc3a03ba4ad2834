/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * change.c - what writes: the row is read, the rules say what is to become of it, and it is replaced if it is still what was read.
 * Otherwise all begins anew.  It is answered when the store has said that it is done.
 */
#include "internal.h"

#include <string.h>

/* Somebody else was first as often as this: nobody gets this far by accident. */
#define ROUNDS_MOST 32

static void read_row(struct vdir_work *w);

static void answer(struct vdir_work *w) {
    uint32_t code = w->verdict.code;
    int registers = w->verdict.registered;
    if (code != VMTP_OK && code != VNAME_HELD) {
        vdir_refuse(w, code);
        return;
    }
    vdir_add(w, code == VNAME_HELD ? VDIR_COUNT_held : registers ? VDIR_COUNT_registered : VDIR_COUNT_unregistered);
    vdir_answer_record(w, code, 0, &w->verdict.told);
}

static void row_written(struct vdir_op *op, enum vdir_result result) {
    struct vdir_work *w = op->context;
    if (result == VDIR_DONE) {
        answer(w);
        return;
    }
    vdir_add(w, VDIR_COUNT_again);
    if (result == VDIR_NOT_NOW || ++w->rounds == ROUNDS_MOST || vipc_now(w->directory->ipc) >= w->deadline)
        vdir_unavailable(w);
    else
        read_row(w);
}

static void write_row(struct vdir_work *w) {
    struct vdir_op *op = &w->op;
    w->written_size = vname_record_encode(w->written, sizeof w->written, &w->verdict.stored);
    op->kind = VDIR_REPLACE;
    op->registered = w->verdict.registered;
    op->record = w->written;
    op->size = w->written_size;
    memcpy(op->version, w->version, sizeof op->version);
    op->done = row_written;
    vdir_ask_store(w);
}

static void take_row(struct vdir_op *op, const struct vdir_row *row) {
    struct vdir_work *w = op->context;
    memcpy(w->version, row->version, sizeof w->version);
    w->bad = row->size > sizeof w->row;
    if (!w->bad && row->size > 0)
        memcpy(w->row, row->record, row->size);
    if (w->bad || vdir_known_read(&w->known, row->key.octets, row->key.size, w->row, row->size, row->registered) != 0) {
        w->bad = 1;
        vdir_add(w, VDIR_COUNT_bad_rows);
    }
}

/* What an earlier round has written, though the store could not say so. */
static int is_done(const struct vdir_work *w) {
    uint8_t octets[VDIR_RECORD_MOST];
    if (w->written_size == 0 || !w->known.exists || w->known.registered != w->verdict.registered)
        return 0;
    uint32_t size = vname_record_encode(octets, sizeof octets, &w->known.record);
    return size == w->written_size && memcmp(octets, w->written, size) == 0;
}

static void row_read(struct vdir_op *op, enum vdir_result result) {
    struct vdir_work *w = op->context;
    if (result != VDIR_DONE || w->bad) {
        vdir_unavailable(w);
        return;
    }
    if (is_done(w)) {
        w->verdict.told = vdir_rule_tell(&w->known.record);
        answer(w);
        return;
    }
    if ((w->in->message.code & VMTP_CODE_MASK) == (VNAME_REGISTER & VMTP_CODE_MASK)) {
        vdir_rule_register(&w->verdict, &w->known, &w->asked);
    } else {
        int anybody = w->in->message.words[0] == 1 && w->directory->options.for_anybody;
        vdir_rule_unregister(&w->verdict, &w->known, &w->asked, anybody);
    }
    if (w->verdict.write)
        write_row(w);
    else
        answer(w);
}

static void read_row(struct vdir_work *w) {
    struct vdir_op *op = &w->op;
    memset(&w->known, 0, sizeof w->known);
    memset(w->version, 0, sizeof w->version);
    op->kind = VDIR_FETCH;
    op->count = 1;
    op->keys[0] = (struct vdir_key){w->asked.prefix, w->asked.prefix_length};
    op->remembered = 1;
    op->row = take_row;
    op->done = row_read;
    vdir_ask_store(w);
}

static void begin(struct vdir_work *w) {
    uint32_t code = vname_record_parse(&w->asked, w->in->segment, w->in->segment_size);
    if (code != 0)
        vdir_refuse(w, code);
    else
        read_row(w);
}

void vdir_register(struct vdir_work *w) { begin(w); }
void vdir_unregister(struct vdir_work *w) { begin(w); }
