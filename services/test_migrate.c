/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * MIGRATE and ADOPT: a twin moves to another node with the Requests that it has in hand; the two services carry it by one message
 * transaction.  spec/testing.md section 4.14.
 */
#include "test_internal.h"

#include <stdlib.h>

/* Of the call that carries an entity. */
#define MOVE_COOKIE 0x76746573746d0000u
/* What an entity takes with it, at most; segments of Responses for which there is no room stay behind. */
#define MOVE_LARGE 65536u

/* ---- arriving --------------------------------------------------------------------------------------------------- */

/* The entity in data, which is the place's from now on: 0 or an error of vmtp_entity_import. */
static int take_in(vtest_service *s, struct vtest_place *place, uint8_t *data, size_t octets, vmtp_time now) {
    uint32_t lent = 0;
    int rc = vmtp_entity_import(s->engine, data, octets, &place->id, &lent, now);
    if (rc != 0 || lent == 0) {
        free(data);
    } else {
        place->moved = data;
        place->moved_id = place->id;
        place->moved_lent = lent;
    }
    if (rc != 0) {
        place->id = 0;
        return rc;
    }
    vtest_place_begin(s, place);
    return 0;
}

static int is_free(const struct vtest_place *place) { return place->id == 0 && !place->moved; }

/* The place with this number, or the first that is free for number 0; NULL: there is no room. */
static struct vtest_place *find_place(vtest_service *s, uint32_t number) {
    uint32_t i = number ? number : VTEST_TWINS;
    while (number == 0 && i < VTEST_LAST_TWIN && !is_free(&s->places[i]))
        i++;
    return is_free(&s->places[i]) ? &s->places[i] : NULL;
}

void vtest_adopt(vtest_service *s, struct vtest_work *w) {
    uint32_t number = w->request->message.words[0];
    if (number > VTEST_LAST_TWIN || w->request->segment_size == 0) {
        vtest_refuse(w, VMTP_TEST_BAD_ARGUMENT);
        return;
    }
    struct vtest_place *place = find_place(s, number);
    uint8_t *data = place ? malloc(w->request->segment_size) : NULL;
    if (!data) {
        vtest_refuse(w, VMTP_TEST_NO_ROOM);
        return;
    }
    memcpy(data, w->request->segment, w->request->segment_size);
    int rc = take_in(s, place, data, w->request->segment_size, w->now);
    if (rc != 0) {
        vtest_refuse(w, rc == VMTP_E_INVALID ? VMTP_TEST_BAD_ARGUMENT : VMTP_TEST_NO_ROOM);
        return;
    }
    vmtp_words_put64(w->answer.words, place->id);
    w->answer.words[2] = (uint32_t)(place - s->places);
}

int vtest_resumed(vtest_service *s, const struct vmtp_event *event, vmtp_time now) {
    static const struct vmtp_reply sorry = {.message.code = VMTP_TEST_NO_ROOM};
    for (unsigned i = VTEST_TWINS; i <= VTEST_LAST_TWIN; i++) {
        struct vtest_place *place = &s->places[i];
        if (place->id != event->entity)
            continue;
        struct vtest_slot *slot = vtest_idle_slot(s, place);
        if (!slot) {
            vmtp_reply(s->engine, event->handle, &sorry, now);
            return 1;
        }
        slot->entity = place->id;
        slot->handle = event->handle;
        vtest_serve(s, slot, event, now);
        return 1;
    }
    return 0;
}

int vtest_moved_released(vtest_service *s, const struct vmtp_event *event) {
    for (unsigned i = VTEST_TWINS; i <= VTEST_LAST_TWIN; i++) {
        struct vtest_place *place = &s->places[i];
        if (!place->moved || place->moved_id != event->entity)
            continue;
        if (--place->moved_lent == 0) {
            free(place->moved);
            place->moved = NULL;
        }
        return 1;
    }
    return 0;
}

/* ---- leaving ---------------------------------------------------------------------------------------------------- */

struct arguments {
    uint32_t here, there; /* numbers; there 0: any */
    vmtp_entity peer;
};

static uint32_t parse(const vtest_service *s, const struct vtest_work *w, struct arguments *a) {
    const uint32_t *words = w->request->message.words;
    *a = (struct arguments){.here = words[0], .there = words[1], .peer = vmtp_words_get64(words + 2)};
    if (s->forbid_call)
        return VMTP_NO_PERMISSION;
    if (a->here < VTEST_TWINS || a->here > VTEST_LAST_TWIN || a->there > VTEST_LAST_TWIN)
        return VMTP_TEST_BAD_ARGUMENT;
    if (a->peer == 0 || a->peer == s->id || vmtp_is_group(a->peer) || w->slot->place == &s->places[a->here])
        return VMTP_TEST_BAD_ARGUMENT;
    if (s->places[a->here].id == 0)
        return VMTP_NONEXISTENT_ENTITY;
    return s->move.slot || s->places[a->here].moved ? VMTP_TEST_NO_ROOM : 0;
}

/* Packs the entity up: it is not here any more. */
static int pack(vtest_service *s, struct vtest_place *place, vmtp_time now) {
    struct vtest_move *m = &s->move;
    size_t room = s->message_most < MOVE_LARGE ? s->message_most : MOVE_LARGE;
    int rc = m->client ? 0 : vmtp_entity_create(s->engine, &m->client, NULL, now);
    m->data = rc == 0 ? malloc(room) : NULL;
    if (rc == 0)
        rc = m->data ? vmtp_entity_export(s->engine, place->id, m->data, room, &m->octets, now) : VMTP_E_MEMORY;
    if (rc != 0) {
        free(m->data);
        m->data = NULL;
        return rc;
    }
    m->place = place;
    m->entity = place->id;
    place->id = 0;
    vtest_place_leave(s, place);
    return 0;
}

static int carry(vtest_service *s, const struct arguments *a, vmtp_time now) {
    struct vmtp_request call = {.client = s->move.client,
                                .segment = s->move.data,
                                .segment_size = (uint32_t)s->move.octets,
                                .deadline = now + VTEST_MOVE_LIMIT,
                                .cookie = MOVE_COOKIE};
    vmtp_handle handle;
    call.message.server = a->peer;
    call.message.code = VMTP_PIC | VMTP_TEST_ADOPT;
    call.message.words[0] = a->there;
    return vmtp_call(s->engine, &handle, &call, now);
}

/* The move is over.  code: 0, or why the entity is not there; then it stays here. */
static void end_move(vtest_service *s, uint32_t code, struct vmtp_message *answer, vmtp_time now) {
    struct vtest_move *m = &s->move;
    vmtp_words_put64(answer->words, m->entity);
    answer->words[2] = code;
    answer->words[3] = (uint32_t)m->octets;
    if (code != 0)
        take_in(s, m->place, m->data, m->octets, now);
    else
        free(m->data);
    m->data = NULL;
    m->slot = NULL;
}

void vtest_migrate(vtest_service *s, struct vtest_work *w) {
    struct arguments a;
    uint32_t code = parse(s, w, &a);
    if (code == 0 && pack(s, &s->places[a.here], w->now) != 0)
        code = VMTP_TEST_NO_ROOM;
    if (code != 0) {
        vtest_refuse(w, code);
        return;
    }
    if (carry(s, &a, w->now) != 0) {
        end_move(s, VMTP_TEST_NO_ROOM, &w->answer, w->now);
        return;
    }
    s->move.slot = w->slot;
    vtest_set_state(w->slot, VTEST_CALLING);
    w->later = 1;
}

int vtest_move_complete(vtest_service *s, const struct vmtp_event *event, vmtp_time now) {
    struct vtest_slot *slot = s->move.slot;
    struct vmtp_message answer = {0};
    if (event->cookie != MOVE_COOKIE || event->entity != s->move.client || !slot)
        return 0;
    end_move(s, event->result ? event->result : event->message.code & VMTP_CODE_MASK, &answer, now);
    answer.words[4] = answer.words[2] == 0 ? event->message.words[2] : 0;
    vtest_answer(s, slot, &answer, NULL, 0, now);
    return 1;
}
