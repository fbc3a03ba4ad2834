/* SPDX-License-Identifier: BSD-2-Clause */
#include "odd_store.h"
#include "stores.h"

#include <stdlib.h>
#include <string.h>

static struct odd_store *odd_of(vdir_store *store) { return (struct odd_store *)store; }

/* The operation as the inner store has it. */
struct passed {
    struct vdir_op op;
    struct odd_store *odd;
    struct vdir_op *outer;
    int lie; /* what to tell instead of VDIR_DONE, or -1 */
};

static void on_row(struct vdir_op *op, const struct vdir_row *row) {
    struct passed *p = op->context;
    p->outer->row(p->outer, row);
}

static void on_done(struct vdir_op *op, enum vdir_result result) {
    struct passed *p = op->context;
    struct odd_store *odd = p->odd;
    struct vdir_op *outer = p->outer;
    outer->more = op->more;
    if (result == VDIR_DONE && p->lie >= 0)
        result = (enum vdir_result)p->lie;
    free(p);
    vdir_store_end(&odd->store, outer, result);
}

static void pass(struct odd_store *odd, struct vdir_op *op, int lie) {
    struct passed *p = calloc(1, sizeof *p);
    ck_assert_ptr_nonnull(p);
    p->op = *op;
    p->op.context = p;
    p->op.row = on_row;
    p->op.done = on_done;
    p->odd = odd;
    p->outer = op;
    p->lie = lie;
    op->record_of_store = p;
    vdir_store_start(odd->inner, &p->op, odd->store.now);
}

static void odd_start(vdir_store *store, struct vdir_op *op) {
    struct odd_store *odd = odd_of(store);
    int goes_wrong = op->kind == VDIR_REPLACE && odd->times > 0;
    if (odd->mode == ODD_DOWN)
        vdir_store_end(store, op, VDIR_NOT_NOW);
    else if (odd->mode == ODD_HOLD)
        odd->held++;
    else if (!goes_wrong)
        pass(odd, op, -1);
    else {
        odd->times--;
        if (odd->mode == ODD_LOSE_REQUEST)
            vdir_store_end(store, op, VDIR_UNSURE);
        else
            pass(odd, op, odd->mode == ODD_LOSE_ANSWER ? VDIR_UNSURE : VDIR_CHANGED);
    }
}

static void odd_cancel(vdir_store *store, struct vdir_op *op) {
    struct passed *p = op->record_of_store;
    if (p) {
        vdir_store_cancel(&p->op);
        free(p);
    } else {
        odd_of(store)->held--;
    }
}

void odd_release(struct odd_store *odd) {
    struct vdir_op *op;
    odd->mode = ODD_NOT;
    for (; odd->held > 0; odd->held--) {
        for (op = odd->store.first; op && op->record_of_store;)
            op = op->next;
        ck_assert_ptr_nonnull(op);
        pass(odd, op, -1);
    }
}

static int odd_fd(const vdir_store *store) { return vdir_store_fd(((const struct odd_store *)store)->inner); }
static vmtp_time odd_deadline(const vdir_store *store) {
    return vdir_store_deadline(((const struct odd_store *)store)->inner);
}
static void odd_turn(vdir_store *store) { vdir_store_turn(odd_of(store)->inner, store->now); }
static void odd_close(vdir_store *store) {
    vdir_store_close(odd_of(store)->inner);
    free(store);
}

static const struct vdir_backend backend = {77, odd_start, odd_cancel, odd_fd, odd_deadline, odd_turn, odd_close};

struct odd_store *odd_wrap(vdir_store *inner) {
    struct odd_store *odd = calloc(1, sizeof *odd);
    ck_assert_ptr_nonnull(odd);
    odd->store.backend = &backend;
    odd->inner = inner;
    return odd;
}
