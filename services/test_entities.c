/* SPDX-License-Identifier: BSD-2-Clause */
/* ENTITY: the entities that a service has besides itself, made when somebody asks for them.  spec/testing.md section 4.8. */
#include "test_internal.h"

int vtest_place_make(vtest_service *s, struct vtest_place *place, vmtp_time now) {
    if (place->id != 0)
        return 0;
    int rc = vmtp_entity_create(s->engine, &place->id, NULL, now);
    if (rc != 0) {
        place->id = 0;
        return rc;
    }
    memset(place->counts, 0, sizeof place->counts);
    place->executed = 0;
    vtest_post_place(s, place);
    return 0;
}

void vtest_entity_op(vtest_service *s, struct vtest_work *w) {
    uint32_t number = w->request->message.words[0];
    if (number > VTEST_GUARDED) {
        vtest_refuse(w, VMTP_TEST_BAD_ARGUMENT);
        return;
    }
    if (vtest_place_make(s, &s->places[number], w->now) != 0) {
        vtest_refuse(w, VMTP_TEST_NO_ROOM);
        return;
    }
    vtest_put64(w->answer.words, s->places[number].id);
    w->answer.words[2] = number;
}
