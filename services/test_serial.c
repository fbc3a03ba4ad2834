/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The serial server: an entity that executes one Request after the other, and SERIAL, which says how many it takes in.  What waits
 * is executed by rank of its priority, then in order of arrival.  spec/testing.md section 4.10.
 */
#include "test_internal.h"

void vtest_serial_queue(vtest_service *s, struct vtest_slot *slot, const struct vmtp_event *request) {
    slot->queued = *request;
    slot->arrival = s->ticks++;
    vtest_set_state(slot, VTEST_QUEUED);
}

static int goes_before(const struct vtest_slot *a, const struct vtest_slot *b) {
    unsigned first = vmtp_priority_rank(a->queued.priority), second = vmtp_priority_rank(b->queued.priority);
    return first != second ? first > second : a->arrival < b->arrival;
}

/* None passes an earlier one of its own Client (spec/vmtp.md section 13.9). */
static int is_first_of_client(const vtest_service *s, const struct vtest_slot *slot) {
    const struct vtest_place *place = &s->places[VTEST_SERIAL];
    for (uint32_t i = 0; i < place->slots; i++) {
        const struct vtest_slot *k = &s->slots[place->first + i];
        if (k->state == VTEST_QUEUED && k->queued.client == slot->queued.client && k->arrival < slot->arrival)
            return 0;
    }
    return 1;
}

/* The slot to be executed next, or NULL: nothing waits, or something is being executed. */
static struct vtest_slot *next(vtest_service *s) {
    const struct vtest_place *place = &s->places[VTEST_SERIAL];
    struct vtest_slot *best = NULL;
    for (uint32_t i = 0; i < place->slots; i++) {
        struct vtest_slot *slot = &s->slots[place->first + i];
        if (slot->state == VTEST_BUSY || slot->state == VTEST_DELAYED || slot->state == VTEST_CALLING)
            return NULL;
        if (slot->state == VTEST_QUEUED && is_first_of_client(s, slot) && (!best || goes_before(slot, best)))
            best = slot;
    }
    return best;
}

void vtest_serial_run(vtest_service *s, vmtp_time now) {
    struct vtest_slot *slot;
    if (s->places[VTEST_SERIAL].open == s->places[VTEST_SERIAL].posted)
        return;
    while ((slot = next(s)) != NULL)
        vtest_serve(s, slot, &slot->queued, now);
}

static uint32_t in_state(const vtest_service *s, enum vtest_state state) {
    const struct vtest_place *place = &s->places[VTEST_SERIAL];
    uint32_t count = 0;
    for (uint32_t i = 0; i < place->slots; i++)
        count += s->slots[place->first + i].state == state;
    return count;
}

void vtest_serial(vtest_service *s, struct vtest_work *w) {
    struct vtest_place *place = &s->places[VTEST_SERIAL];
    uint32_t depth = w->request->message.words[0];
    if (depth > VTEST_SERIAL_DEPTH || (depth > 0 && w->slot->place == place)) {
        vtest_refuse(w, VMTP_TEST_BAD_ARGUMENT);
        return;
    }
    int possible = depth == 0 || (depth <= s->serial_most && in_state(s, VTEST_CALLING) == 0);
    if (possible && depth > 0) {
        vtest_place_unmake(s, place, w->now);
        place->limit = depth;
    }
    if (!possible || vtest_place_make(s, place, w->now) != 0) {
        vtest_refuse(w, VMTP_TEST_NO_ROOM);
        return;
    }
    vmtp_words_put64(w->answer.words, place->id);
    w->answer.words[2] = place->limit;
    w->answer.words[3] = in_state(s, VTEST_QUEUED);
    w->answer.words[4] = in_state(s, VTEST_BUSY) + in_state(s, VTEST_DELAYED) + in_state(s, VTEST_CALLING);
    w->answer.words[5] = place->executed;
}
