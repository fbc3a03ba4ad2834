/* SPDX-License-Identifier: BSD-2-Clause */
/* lookup.c - what only reads. */
#include "internal.h"

#include <string.h>

/* ---- FindDirectory ------------------------------------------------------------------------------------------------- */

static void found(struct vdir_op *op, enum vdir_result result) {
    struct vdir_work *w = op->context;
    vmtp_entity entity = vdir_entity(w->directory);
    uint32_t words[3] = {[2] = vdir_store_back_end(w->directory->store)};
    vmtp_words_put64(words, entity);
    if (result != VDIR_DONE) {
        vdir_unavailable(w);
        return;
    }
    vdir_add(w, VDIR_COUNT_find);
    vdir_answer(w, VMTP_OK, words, NULL, 0);
}

/* A directory that can serve is one whose store answers. */
void vdir_find(struct vdir_work *w) {
    if (w->in->segment_size > 0) {
        vdir_refuse(w, VNAME_BAD_REQUEST);
        return;
    }
    w->op.kind = VDIR_FETCH;
    w->op.done = found;
    vdir_ask_store(w);
}

/* ---- LookupName ---------------------------------------------------------------------------------------------------- */

static void look_at(struct vdir_op *op, const struct vdir_row *row) {
    struct vdir_work *w = op->context;
    if (row->key.size <= w->longest)
        return;
    w->longest = row->key.size;
    w->bad = row->size > sizeof w->row;
    if (!w->bad && row->size > 0)
        memcpy(w->row, row->record, row->size);
    if (w->bad || vdir_known_read(&w->known, row->key.octets, row->key.size, w->row, row->size, 1) != 0) {
        w->bad = 1;
        vdir_add(w, VDIR_COUNT_bad_rows);
    }
}

/* To multicast, too: the only error about which there is no doubt. */
static void say_not_found(struct vdir_work *w) {
    vdir_add(w, VDIR_COUNT_not_found);
    vdir_answer(w, VNAME_NOT_FOUND, NULL, NULL, 0);
}

static void looked_up(struct vdir_op *op, enum vdir_result result) {
    struct vdir_work *w = op->context;
    if (result != VDIR_DONE || w->bad) {
        vdir_unavailable(w);
        return;
    }
    if (w->longest == 0) {
        say_not_found(w);
        return;
    }
    struct vname_record told = vdir_rule_tell(&w->known.record);
    vdir_add(w, VDIR_COUNT_lookup);
    vdir_answer_record(w, VMTP_OK, w->longest, &told);
}

/* Every prefix that could match the name: it ends where a component does. */
static void add_prefixes(struct vdir_op *op, const char *name, uint32_t length) {
    for (uint32_t end = 1; end <= length && op->count < VDIR_KEYS_MOST; end++) {
        if (end < length && name[end] != '/')
            continue;
        if (vname_check_prefix(name, end) != 0) /* and no longer one will be any */
            return;
        op->keys[op->count++] = (struct vdir_key){name, end};
    }
}

void vdir_lookup(struct vdir_work *w) {
    const char *name = w->in->segment;
    uint32_t code = vname_check_absolute(name, w->in->segment_size);
    if (code != 0) {
        vdir_refuse(w, code);
        return;
    }
    w->op.kind = VDIR_FETCH;
    w->op.row = look_at;
    w->op.done = looked_up;
    add_prefixes(&w->op, name, w->in->segment_size);
    if (w->op.count > 0)
        vdir_ask_store(w);
    else
        say_not_found(w);
}

/* ---- ListRegistered ------------------------------------------------------------------------------------------------ */

/* As many of the smallest records as an answer can have. */
#define ROWS_MOST (VNAME_LIST_OCTETS / (VNAME_RECORD_HEAD + 8))

static void list_row(struct vdir_op *op, const struct vdir_row *row) {
    struct vdir_work *w = op->context;
    struct vdir_known known;
    if (w->full)
        return;
    if (row->key.size > sizeof w->last ||
        vdir_known_read(&known, row->key.octets, row->key.size, row->record, row->size, 1)) {
        vdir_add(w, VDIR_COUNT_bad_rows);
    } else {
        struct vname_record told = vdir_rule_tell(&known.record);
        uint32_t size = vname_record_encode(w->list + w->size, sizeof w->list - w->size, &told);
        w->full = size == 0;
        w->size += size;
    }
    if (!w->full && row->key.size <= sizeof w->last) {
        memcpy(w->last, row->key.octets, row->key.size);
        w->last_size = row->key.size;
    }
}

/* Nothing of all that the store told was good: look behind it. */
static void list_further(struct vdir_work *w) {
    if (w->last_size == 0 || ++w->rounds == ROWS_MOST) {
        vdir_unavailable(w);
        return;
    }
    memcpy(w->from, w->last, w->last_size);
    w->op.keys[0] = (struct vdir_key){w->from, w->last_size};
    w->op.count = 1;
    w->last_size = 0;
    vdir_ask_store(w);
}

static void listed(struct vdir_op *op, enum vdir_result result) {
    struct vdir_work *w = op->context;
    const uint32_t words[3] = {w->full || op->more, 0, 0};
    if (result != VDIR_DONE) {
        vdir_unavailable(w);
    } else if (w->size == 0 && op->more) {
        list_further(w);
    } else {
        vdir_add(w, VDIR_COUNT_listed);
        vdir_answer(w, VMTP_OK, words, w->list, w->size);
    }
}

void vdir_list(struct vdir_work *w) {
    const char *prefix = w->in->segment;
    uint32_t size = w->in->segment_size;
    if (size > 0 && vname_check_prefix(prefix, size) != 0) {
        vdir_refuse(w, VNAME_INVALID);
        return;
    }
    w->op.kind = VDIR_LIST;
    w->op.limit = ROWS_MOST;
    w->op.row = list_row;
    w->op.done = listed;
    if (size > 0)
        w->op.keys[w->op.count++] = (struct vdir_key){prefix, size};
    vdir_ask_store(w);
}
