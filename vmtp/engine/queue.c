/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * queue.c - who sends next: packet groups in lanes, by priority, in turn, and not before their time (spec/vmtp.md 12, 13.9).
 *
 * What may go at once waits in one lane, e->fast.  What goes to a node that wants gaps between packets waits in that node's
 * lane, which has a clock; the lanes of that kind that hold something are a list, the next one due first.
 */
#include "internal.h"

/* So many packets, or those of so long, may go at once when the application was late; the gaps that were left out come behind them. */
#define TOGETHER 4u
#define LATE_LEAST (32 * VMTP_MICROSECOND)

/* ---- the list of lanes that have a clock and hold something ---- */

static void clock_start(struct vmtp_engine *e, struct lane *l) {
    struct lane **link = &e->clocked;
    if (l->waiting || !l->head)
        return;
    while (*link && (*link)->next_at <= l->next_at)
        link = &(*link)->next;
    l->next = *link;
    *link = l;
    l->waiting = 1;
}

/* ---- one lane ---- */

/* Behind all that is as urgent: the end of the lane, unless something less urgent waits there. */
static void insert(struct lane *l, struct sender *s) {
    struct sender *before = l->tail;
    while (before && before->rank < s->rank)
        before = before->previous;
    s->previous = before;
    s->next = before ? before->next : l->head;
    if (before)
        before->next = s;
    else
        l->head = s;
    if (s->next)
        s->next->previous = s;
    else
        l->tail = s;
}

/* ---- queueing ---- */

void veng_send_queue(struct vmtp_engine *e, struct sender *s) {
    if (s->queued)
        return;
    s->queued = 1;
    s->rank = (uint8_t)vmtp_priority_rank(vmtp_get_priority(s->header));
    s->lane = &e->fast;
    if (s->gap || e->paced)
        s->lane = veng_pace_lane(e, s);
    insert(s->lane, s);
    if (s->lane != &e->fast) {
        s->lane->senders++;
        clock_start(e, s->lane);
    }
}

void veng_send_unqueue(struct vmtp_engine *e, struct sender *s) {
    if (s->queued)
        veng_send_take(e, s);
}

void veng_send_cancel(struct vmtp_engine *e, struct sender *s) {
    veng_send_unqueue(e, s);
    s->pending = 0;
    s->bare = 0;
}

void veng_send_stop(struct vmtp_engine *e, struct lane *l) {
    struct lane **link = &e->clocked;
    while (*link != l)
        link = &(*link)->next;
    *link = l->next;
    l->waiting = 0;
}

/* The most urgent of those that may send now; of one with a clock and one without that are equally urgent, in turn. */
static struct sender *due(struct vmtp_engine *e, vmtp_time now) {
    struct lane *best = NULL;
    for (struct lane *l = e->clocked; l && l->next_at <= now; l = l->next)
        if (!best || l->head->rank > best->head->rank)
            best = l;
    struct sender *clocked = best ? best->head : NULL, *fast = e->fast.head;
    if (!clocked || !fast)
        return clocked ? clocked : fast;
    if (clocked->rank != fast->rank)
        return clocked->rank > fast->rank ? clocked : fast;
    e->turn = !e->turn;
    return e->turn ? clocked : fast;
}

void veng_send_step(struct vmtp_engine *e, struct sender *s, uint32_t octets, vmtp_time now) {
    struct lane *l = s->lane;
    vmtp_time step = veng_pace_step(e, s, octets), late = (TOGETHER - 1u) * step, from = now;
    if (late < LATE_LEAST) /* a fast link: no application looks so often */
        late = LATE_LEAST;
    if (!l->idle && l->next_at < now) /* something was waiting: the application came late */
        from = l->next_at + late > now ? l->next_at : now - late;
    if (l->waiting)
        veng_send_stop(e, l);
    l->next_at = from + step;
    l->idle = l->head == NULL;
    clock_start(e, l);
}

int vmtp_output(vmtp_engine *e, struct vmtp_tx *tx, vmtp_time now) {
    if (e->control_head)
        return veng_control_output(e, tx);
    struct sender *s = e->clocked ? due(e, now) : e->fast.head;
    if (!s)
        return 0;
    veng_packet_give(e, s, tx, now);
    return 1;
}
