/* SPDX-License-Identifier: BSD-2-Clause */
/* JOIN and LEAVE: entities of the service as members of groups.  spec/testing.md section 4.12. */
#include "test_internal.h"

struct membership {
    vmtp_entity group;
    struct vtest_place *place;
    uint32_t permissions;
};

/* Reads words 0 to 3, and makes the entity: 0, or the ResponseCode that says why not. */
static uint32_t parse(vtest_service *s, const struct vtest_work *w, struct membership *m) {
    const uint32_t *words = w->request->message.words;
    m->group = vmtp_words_get64(words);
    m->permissions = words[3];
    if (words[2] > VTEST_GUARDED || !vmtp_is_group(m->group) || m->group == VMTP_MANAGER_GROUP ||
        (m->permissions & ~(uint32_t)VMTP_GROUP_BITS))
        return VMTP_TEST_BAD_ARGUMENT;
    m->place = &s->places[words[2]];
    return vtest_place_make(s, m->place, w->now) == 0 ? 0 : VMTP_TEST_NO_ROOM;
}

static uint32_t code_of(int error) {
    switch (error) {
    case 0: return VMTP_OK;
    case VMTP_E_NO_ENTITY: return VMTP_NONEXISTENT_ENTITY;
    case VMTP_E_INVALID: return VMTP_TEST_BAD_ARGUMENT;
    default: return VMTP_TEST_NO_ROOM;
    }
}

static void answer(vtest_service *s, struct vtest_work *w, const struct membership *m, uint32_t code) {
    if (code != VMTP_OK) {
        vtest_refuse(w, code);
        return;
    }
    vmtp_words_put64(w->answer.words, m->group);
    vmtp_words_put64(w->answer.words + 2, m->place->id);
    w->answer.words[4] = vmtp_group_members(s->engine, m->group, NULL, 0);
}

/* An identifier that has only flags asks for a new group. */
static int is_new(vmtp_entity group) { return (group & ~(VMTP_ID_GRP | VMTP_ID_UGP)) == 0; }

static int join(vtest_service *s, struct membership *m) {
    if (is_new(m->group)) {
        int rc = vmtp_group_create(s->engine, &m->group, m->place->id, (m->group & VMTP_ID_UGP) != 0);
        return rc ? rc : vmtp_group_grant(s->engine, m->group, m->place->id, m->permissions);
    }
    int rc = vmtp_group_join(s->engine, m->group, m->place->id, m->permissions);
    return rc == VMTP_E_EXISTS ? vmtp_group_grant(s->engine, m->group, m->place->id, m->permissions) : rc;
}

void vtest_join(vtest_service *s, struct vtest_work *w) {
    struct membership m;
    uint32_t code = parse(s, w, &m);
    answer(s, w, &m, code ? code : code_of(join(s, &m)));
}

void vtest_leave(vtest_service *s, struct vtest_work *w) {
    struct membership m;
    uint32_t code = parse(s, w, &m);
    answer(s, w, &m, code ? code : code_of(vmtp_group_leave(s->engine, m.group, m.place->id)));
}
