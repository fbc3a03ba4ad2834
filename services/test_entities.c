/* SPDX-License-Identifier: BSD-2-Clause */
/* ENTITY: the entities that a service has besides itself, made when somebody asks for them.  spec/testing.md section 4.8. */
#include "test_internal.h"

void vtest_place_begin(vtest_service *s, struct vtest_place *place) {
    memset(place->counts, 0, sizeof place->counts);
    place->executed = 0;
    place->signals = place->signal_argument = 0;
    place->signal_client = 0;
    vtest_post_place(s, place);
}

void vtest_place_leave(vtest_service *s, struct vtest_place *place) {
    place->id = 0;
    for (uint32_t i = 0; i < place->slots; i++) {
        struct vtest_slot *slot = &s->slots[place->first + i];
        if (slot->state == VTEST_POSTED) /* the next entity need not wait for it */
            vtest_set_state(slot, VTEST_LEFT);
        else if (slot->state == VTEST_QUEUED || slot->state == VTEST_DELAYED)
            vtest_free(s, slot);
    }
}

void vtest_place_unmake(vtest_service *s, struct vtest_place *place, vmtp_time now) {
    if (place->id)
        vmtp_entity_delete(s->engine, place->id, now);
    vtest_place_leave(s, place);
}

int vtest_place_make(vtest_service *s, struct vtest_place *place, vmtp_time now) {
    if (place->id != 0)
        return 0;
    const struct vmtp_entity_options options = {.flags = place <= &s->places[VTEST_LAST_TWIN] ? VMTP_ENTITY_SIGNALS
                                                         : place == &s->places[VTEST_GUARDED] ? VMTP_ENTITY_IMMUNE
                                                                                              : 0};
    int rc = vmtp_entity_create(s->engine, &place->id, &options, now);
    if (rc != 0) {
        place->id = 0;
        return rc;
    }
    vtest_place_begin(s, place);
    return 0;
}

void vtest_entity_op(vtest_service *s, struct vtest_work *w) {
    uint32_t number = w->request->message.words[0], unmake = w->request->message.words[1];
    if (number > VTEST_GUARDED || unmake > 1 ||
        (unmake && (number == VTEST_SELF || w->slot->place == &s->places[number]))) {
        vtest_refuse(w, VMTP_TEST_BAD_ARGUMENT);
        return;
    }
    if (unmake) {
        vmtp_words_put64(w->answer.words, s->places[number].id);
        w->answer.words[2] = number;
        vtest_place_unmake(s, &s->places[number], w->now);
        return;
    }
    if (vtest_place_make(s, &s->places[number], w->now) != 0) {
        vtest_refuse(w, VMTP_TEST_NO_ROOM);
        return;
    }
    vmtp_words_put64(w->answer.words, s->places[number].id);
    w->answer.words[2] = number;
}
