/* SPDX-License-Identifier: BSD-2-Clause */
/* OBJECT_SET.  spec/testing.md section 4.19. */
#include "test_objects.h"

static void tell(const struct vtest_objects *o, struct vmtp_message *answer, int result) {
    answer->words[0] = result < 0 ? VMTP_ERROR : (uint32_t)result;
    answer->words[1] = o->set.count;
    for (unsigned i = 0; i < o->set.count; i++)
        answer->words[2] |= (uint32_t)(o->set.replica[i].result == 0 && !o->set.replica[i].given_up) << i;
}

static void set_done(struct uio_replicas *set, int result) {
    struct vtest_objects *o = set->context;
    struct vtest_slot *slot = o->set_slot;
    struct vmtp_message answer = {0};
    o->set_slot = NULL;
    tell(o, &answer, result);
    vtest_objects_answer(o, slot, &answer, NULL, 0);
}

static int create(struct vtest_objects *o, const struct vtest_work *w) {
    const uint32_t *words = w->request->message.words;
    uio_replicas_close(&o->set);
    memset(&o->set, 0, sizeof o->set);
    memcpy(o->set_name, vtest_names_text(w), words[2]);
    o->set.name = o->set_name;
    o->set.name_length = words[2];
    o->set.deadline = VMTP_NEVER;
    o->set.done = set_done;
    o->set.context = o;
    return uio_replicas_create(&o->client, &o->set, words[1], 0644);
}

static int begin(struct vtest_objects *o, const struct vtest_work *w) {
    switch (w->request->message.words[0]) {
    case VTEST_SET_CREATE: return create(o, w);
    case VTEST_SET_WRITE: return uio_replicas_write(&o->set, 0, 0, 0, w->request->segment, w->request->segment_size);
    default: return uio_replicas_release(&o->set, 0);
    }
}

void vtest_object_set(vtest_service *s, struct vtest_work *w) {
    const uint32_t *words = w->request->message.words;
    struct vtest_objects *o = vtest_objects_of(s);
    if (!o || o->set_slot) {
        vtest_refuse(w, VMTP_TEST_NO_ROOM);
        return;
    }
    if (words[0] > VTEST_SET_RELEASE || words[2] > w->request->segment_size || words[2] > VNAME_NAME_OCTETS ||
        (words[0] == VTEST_SET_CREATE && !words[2]) ||
        (words[0] > VTEST_SET_CREATE && (!o->set.client || words[1] >= UIO_REPLICAS))) {
        vtest_refuse(w, VMTP_TEST_BAD_ARGUMENT);
        return;
    }
    if (words[0] == VTEST_SET_FORGET || words[0] == VTEST_SET_GIVE_UP) {
        if (words[0] == VTEST_SET_FORGET)
            uio_replicas_close(&o->set);
        else
            uio_replicas_give_up(&o->set, words[1]);
        tell(o, &w->answer, 0);
        return;
    }
    const int begun = begin(o, w);
    if (begun == 0) {
        o->set_slot = w->slot;
        vtest_objects_later(w);
    } else {
        tell(o, &w->answer, begun);
    }
}
