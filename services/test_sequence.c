/* SPDX-License-Identifier: BSD-2-Clause */
/* SEQUENCE: in which order the Requests of a Client are executed.  spec/testing.md section 4.9. */
#include "test_internal.h"

/* The count of a Client at an entity, begun anew in the place of whoever has been silent longest. */
static struct vtest_streamer *find(vtest_service *s, vmtp_entity client, vmtp_entity entity) {
    struct vtest_streamer *oldest = &s->streamers[0];
    for (unsigned i = 0; i < VTEST_STREAMERS; i++) {
        struct vtest_streamer *t = &s->streamers[i];
        if (t->client == client && t->entity == entity)
            return t;
        if (t->used < oldest->used)
            oldest = t;
    }
    *oldest = (struct vtest_streamer){.client = client, .entity = entity};
    return oldest;
}

void vtest_sequence(vtest_service *s, struct vtest_work *w) {
    const uint32_t *words = w->request->message.words;
    if (words[1] > (VTEST_SEQUENCE_ANEW | VTEST_SEQUENCE_BATCH)) {
        vtest_refuse(w, VMTP_TEST_BAD_ARGUMENT);
        return;
    }
    struct vtest_streamer *t = find(s, w->request->client, w->request->entity);
    if (words[1] & VTEST_SEQUENCE_ANEW)
        t->order = t->tag = 0;
    w->answer.words[0] = words[0];
    w->answer.words[1] = ++t->order;
    w->answer.words[2] = t->tag;
    w->answer.words[3] = w->request->segment_size;
    w->answer.words[4] = vtest_crc32(w->request->segment, w->request->segment_size);
    if (w->request->more && (words[1] & VTEST_SEQUENCE_BATCH))
        w->slot->reply_how = VMTP_REPLY_BATCH;
    t->tag = words[0];
    t->used = ++s->ticks;
}
