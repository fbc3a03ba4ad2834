/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The wheel.  A timer due at tick T sits at the level of the highest base-64 digit in which T differs from the wheel's tick,
 * in the slot of that digit.  So all timers of a level lie ahead within the level's current turn, and any timer of a lower level is
 * due before any of a higher one.
 */
#include "timer.h"

static uint64_t due_tick(vmtp_time expiry) {
    return (expiry >> WHEEL_SHIFT) + ((expiry & ((1u << WHEEL_SHIFT) - 1u)) != 0);
}

/* Puts t into the slot of due, which is not before the wheel's tick. */
static void insert(struct wheel *w, struct timer *t, uint64_t due) {
    uint64_t differs = due ^ w->tick;
    unsigned level = differs ? (63u - (unsigned)__builtin_clzll(differs)) / 6u : 0;
    unsigned digit = (unsigned)(due >> (6u * level)) & 63u;
    t->slot = (uint16_t)(level * 64u + digit);
    struct timer **head = &w->slots[t->slot];
    t->next = *head;
    if (t->next)
        t->next->link = &t->next;
    t->link = head;
    *head = t;
    w->used[level] |= (uint64_t)1 << digit;
    w->levels |= 1u << level;
}

void veng_timer_unlink(struct wheel *w, struct timer *t) {
    *t->link = t->next;
    if (t->next)
        t->next->link = t->link;
    t->link = NULL;
    if (w->slots[t->slot])
        return;
    unsigned level = t->slot / 64u;
    w->used[level] &= ~((uint64_t)1 << (t->slot % 64u));
    if (!w->used[level])
        w->levels &= ~(1u << level);
}

void veng_wheel_init(struct wheel *w, vmtp_time now) {
    memset(w, 0, sizeof *w);
    w->tick = now >> WHEEL_SHIFT;
}

void veng_timer_set(struct wheel *w, struct timer *t, vmtp_time expiry) {
    if (t->link) {
        /* Moving it later is the common case (every packet does): leave it where it is, wheel_pop puts it on. */
        if (expiry >= t->expiry) {
            t->expiry = expiry;
            return;
        }
        veng_timer_unlink(w, t);
    }
    t->expiry = expiry;
    uint64_t due = due_tick(expiry);
    insert(w, t, due > w->tick ? due : w->tick + 1);
}

/* The slot that comes next and the tick at which its turn begins; 0 when the wheel is empty. */
static int next_slot(const struct wheel *w, unsigned *slot, uint64_t *tick) {
    if (!w->levels)
        return 0;
    unsigned level = (unsigned)__builtin_ctz(w->levels), shift = 6u * level;
    unsigned digit = (unsigned)__builtin_ctzll(w->used[level]);
    uint64_t above = shift + 6u >= 64u ? 0 : ~(uint64_t)0 << (shift + 6u);
    *slot = level * 64u + digit;
    *tick = (w->tick & above) | ((uint64_t)digit << shift);
    return 1;
}

vmtp_time veng_wheel_deadline(const struct wheel *w) {
    unsigned slot;
    uint64_t tick;
    if (!next_slot(w, &slot, &tick))
        return VMTP_NEVER;
    return tick >> (64u - WHEEL_SHIFT) ? VMTP_NEVER : tick << WHEEL_SHIFT; /* the last tick of time does not come */
}

/* The turn of a slot above level 0 has come: its timers go down, all at once. */
static void cascade(struct wheel *w, unsigned slot) {
    struct timer *t;
    while ((t = w->slots[slot]) != NULL) {
        uint64_t due = due_tick(t->expiry);
        veng_timer_unlink(w, t);
        insert(w, t, due > w->tick ? due : w->tick);
    }
}

struct timer *veng_wheel_pop(struct wheel *w, vmtp_time now) {
    uint64_t target = now >> WHEEL_SHIFT, tick;
    unsigned slot;
    while (next_slot(w, &slot, &tick) && tick <= target) {
        struct timer *t = w->slots[slot];
        w->tick = tick;
        if (slot >= 64u) {
            cascade(w, slot);
            continue;
        }
        veng_timer_unlink(w, t);
        uint64_t due = due_tick(t->expiry);
        if (due <= tick)
            return t;
        insert(w, t, due); /* it was moved later while it ran */
    }
    if (w->tick < target)
        w->tick = target;
    return NULL;
}
