/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Timers: a pairing heap.  The first of all is on top; child is the first of those below, next the one beside, and previous the one beside or,
 * of the first beside, the one above.
 */
#include <vipc/ipc.h>

static int before(const struct vipc_timer *a, const struct vipc_timer *b) {
    return a->at != b->at ? a->at < b->at : a->order < b->order;
}

/* Two heaps (either may be NULL) become one. */
static struct vipc_timer *meld(struct vipc_timer *a, struct vipc_timer *b) {
    if (!a || !b)
        return a ? a : b;
    if (before(b, a)) {
        struct vipc_timer *first = b;
        b = a;
        a = first;
    }
    b->previous = a;
    b->next = a->child;
    if (a->child)
        a->child->previous = b;
    a->child = b;
    return a;
}

/* Takes the first two of a row off it, as one heap. */
static struct vipc_timer *pair(struct vipc_timer **row) {
    struct vipc_timer *a = *row, *b = a->next;
    *row = b ? b->next : NULL;
    a->next = a->previous = NULL;
    if (b)
        b->next = b->previous = NULL;
    return meld(a, b);
}

/* Makes one heap of those beside each other: in pairs, and these from the last to the first. */
static struct vipc_timer *gather(struct vipc_timer *row) {
    struct vipc_timer *pairs = NULL, *all = NULL;
    while (row) {
        struct vipc_timer *one = pair(&row);
        one->next = pairs;
        pairs = one;
    }
    while (pairs) {
        struct vipc_timer *one = pairs;
        pairs = one->next;
        one->next = NULL;
        all = meld(all, one);
    }
    return all;
}

static void take_out(vipc *ipc, struct vipc_timer *timer) {
    struct vipc_timer *below = gather(timer->child);
    if (timer == ipc->timers) {
        ipc->timers = below;
    } else {
        if (timer->previous->child == timer)
            timer->previous->child = timer->next;
        else
            timer->previous->next = timer->next;
        if (timer->next)
            timer->next->previous = timer->previous;
        ipc->timers = meld(ipc->timers, below);
    }
    timer->child = timer->next = timer->previous = NULL;
    timer->ipc = NULL;
}

static void changed(vipc *ipc, const struct vipc_timer *first, vmtp_time at) {
    if ((ipc->timers != first || vipc_timers_next(ipc) != at) && ipc->ops->timers_changed)
        ipc->ops->timers_changed(ipc);
}

void vipc_timer_set(vipc *ipc, struct vipc_timer *timer, vmtp_time at) {
    vipc_timer_cancel(timer);
    const struct vipc_timer *first = ipc->timers;
    const vmtp_time was = vipc_timers_next(ipc);
    timer->at = at;
    if (at == VMTP_NEVER)
        return;
    timer->ipc = ipc;
    timer->order = ipc->timers_set++;
    timer->child = timer->next = timer->previous = NULL;
    ipc->timers = meld(ipc->timers, timer);
    changed(ipc, first, was);
}

void vipc_timer_cancel(struct vipc_timer *timer) {
    vipc *ipc = timer->ipc;
    if (!ipc)
        return;
    const struct vipc_timer *first = ipc->timers;
    const vmtp_time was = vipc_timers_next(ipc);
    take_out(ipc, timer);
    changed(ipc, first, was);
}

unsigned vipc_timers_run(vipc *ipc, vmtp_time now) {
    const uint64_t limit = ipc->timers_set;
    unsigned count = 0;
    while (ipc->timers && ipc->timers->at <= now && ipc->timers->order < limit) {
        struct vipc_timer *timer = ipc->timers;
        vipc_timer_cancel(timer);
        ipc->happened++;
        count++;
        timer->fire(timer);
    }
    return count;
}
