/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Slots of the test service: each has room for one Request, and is posted as an accept of its entity until one comes.  While all
 * slots of an entity wait for something, nothing is posted and the engine answers BUSY.
 */
#include "test_internal.h"

#include <stdlib.h>

/* Cookies of our accepts: this, and the number of the slot. */
static uint64_t cookie_of(const vtest_service *s, const struct vtest_slot *slot) {
    return VTEST_SLOT_COOKIE + (uint64_t)(slot - s->slots);
}

static uint32_t is_open(enum vtest_state state) {
    return state != VTEST_IDLE && state != VTEST_LEFT && state != VTEST_LENT;
}

void vtest_set_state(struct vtest_slot *slot, enum vtest_state state) {
    struct vtest_place *p = slot->place;
    p->idle -= slot->state == VTEST_IDLE;
    p->posted -= slot->state == VTEST_POSTED;
    p->open -= is_open(slot->state);
    slot->state = state;
    p->idle += state == VTEST_IDLE;
    p->posted += state == VTEST_POSTED;
    p->open += is_open(state);
}

static int wants(const struct vtest_place *place) {
    return place->id != 0 && place->idle > 0 && place->open < place->limit;
}

/* 0, or an error of vmtp_accept. */
static int post(vtest_service *s, struct vtest_slot *slot) {
    int rc = vmtp_accept(s->engine, slot->place->id, slot->area, slot->capacity, cookie_of(s, slot));
    if (rc == 0) {
        slot->entity = slot->place->id;
        vtest_set_state(slot, VTEST_POSTED);
    }
    return rc;
}

/* Posts at most that many slots of a place: 0, or an error of vmtp_accept. */
static int post_some(vtest_service *s, struct vtest_place *place, uint32_t most) {
    int rc = 0;
    for (uint32_t i = 0; i < place->slots && most > 0 && rc == 0 && wants(place); i++) {
        struct vtest_slot *slot = &s->slots[place->first + i];
        if (slot->state == VTEST_IDLE) {
            rc = post(s, slot);
            most--;
        }
    }
    return rc;
}

/* A slot for large messages has come back, and others have been posted in its place.  One of them comes back unused; those for large
 * messages, which are the first, are posted first. */
static void make_way(vtest_service *s, const struct vtest_place *place) {
    for (uint32_t i = 0; place->id && i < place->slots; i++) {
        const struct vtest_slot *slot = &s->slots[place->first + i];
        if (slot->state != VTEST_POSTED || slot->capacity > VTEST_AREA)
            continue;
        vmtp_accept_cancel(s->engine, slot->entity, cookie_of(s, slot));
        return;
    }
}

void *vtest_take_extra(vtest_service *s, struct vtest_slot *slot, uint32_t octets) {
    slot->extra = s->extras < VTEST_EXTRAS ? malloc(octets) : NULL;
    s->extras += slot->extra != NULL;
    return slot->extra;
}

void vtest_drop_extra(vtest_service *s, struct vtest_slot *slot) {
    s->extras -= slot->extra != NULL;
    free(slot->extra);
    slot->extra = NULL;
}

void vtest_lend(vtest_service *s, struct vtest_slot *slot) {
    vtest_set_state(slot, VTEST_LENT);
    s->lent++;
}

void vtest_free(vtest_service *s, struct vtest_slot *slot) {
    slot->handle = 0;
    vtest_drop_extra(s, slot);
    if (slot->state != VTEST_IDLE)
        vtest_set_state(slot, VTEST_IDLE);
    post_some(s, slot->place, 1);
    if (slot->state == VTEST_IDLE && slot->capacity > VTEST_AREA)
        make_way(s, slot->place);
}

struct vtest_slot *vtest_idle_slot(vtest_service *s, const struct vtest_place *place) {
    for (uint32_t i = 0; i < place->slots; i++)
        if (s->slots[place->first + i].state == VTEST_IDLE)
            return &s->slots[place->first + i];
    return NULL;
}

void vtest_post_place(vtest_service *s, struct vtest_place *place) { post_some(s, place, place->slots); }

/* One for each entity comes first: in a small table one of them would have all places, and the others be BUSY for ever. */
void vtest_post_idle(vtest_service *s) {
    for (unsigned i = 0; i < VTEST_PLACES; i++)
        if (s->places[i].posted == 0)
            post_some(s, &s->places[i], 1);
    for (unsigned i = 0; i < VTEST_PLACES; i++)
        if (post_some(s, &s->places[i], UINT32_MAX) == VMTP_E_FULL)
            return;
}

/* Clients keep a Response's segment here until their next Request.  When that takes half of the slots, or the only one of its entity for
 * large messages, ask them. */
static uint32_t confirm_flag(const vtest_service *s, const struct vtest_slot *slot) {
    const int scarce = s->lent * 2 >= s->places[VTEST_SELF].slots ||
                       (slot->place != &s->places[VTEST_SELF] && slot->capacity > VTEST_AREA);
    return !(slot->reply_flags & VMTP_DGM) && scarce ? (uint32_t)VMTP_REPLY_CONFIRM : 0;
}

/* Replies: 1 when the segment is lent now. */
static int reply_with(vtest_service *s, const struct vtest_slot *slot, const struct vmtp_reply *reply, vmtp_time now) {
    int rc = vmtp_reply(s->engine, slot->handle, reply, now);
    if (rc == 0)
        return reply->segment_size > 0;
    if (rc == VMTP_E_STALE) /* the client has gone on and wants no answer */
        return 0;
    /* An answer that the engine does not take is our mistake; the client must not wait for it for ever. */
    struct vmtp_reply sorry = {.message.code = VMTP_ERROR | slot->reply_flags};
    vmtp_reply(s->engine, slot->handle, &sorry, now);
    return 0;
}

void vtest_answer(vtest_service *s, struct vtest_slot *slot, const struct vmtp_message *answer, const void *segment,
                  uint32_t size, vmtp_time now) {
    struct vmtp_reply reply = {.message = *answer, .segment = segment, .segment_size = size};
    reply.message.code |= slot->reply_flags;
    reply.flags = confirm_flag(s, slot) | slot->reply_how;
    if (slot->handle != 0 && reply_with(s, slot, &reply, now))
        vtest_lend(s, slot);
    else
        vtest_free(s, slot);
}
