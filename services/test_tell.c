/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * TELL: one member of a group answers so that the others hear it, and they tell what they have heard.  SIGNALS: what signals have come.
 * spec/testing.md sections 4.15 and 4.16.
 */
#include "test_internal.h"

void vtest_tell(vtest_service *s, struct vtest_work *w) {
    const uint32_t *words = w->request->message.words;
    const vmtp_entity group = w->request->message.server, speaker = vmtp_words_get64(words);
    struct vtest_slot *slot = w->slot;
    (void)s;
    if (!vmtp_is_group(group) || vmtp_is_group(speaker) || words[2] > VTEST_DELAY_MAX_US || words[3] > VTEST_TELL_MOST) {
        vtest_refuse(w, VMTP_TEST_BAD_ARGUMENT);
        return;
    }
    if (speaker == 0 || speaker == w->request->entity) {
        vtest_fill_source(slot->area, words[3], words[4], &w->answer);
        slot->reply_how = VMTP_REPLY_GROUP;
        w->segment = slot->area;
        w->segment_size = words[3];
        return;
    }
    vtest_set_state(slot, VTEST_DELAYED);
    slot->listening = 1;
    slot->heard = 0;
    slot->began = w->now;
    slot->due = w->now + words[2] * VMTP_MICROSECOND;
    w->later = 1;
}

_Static_assert(VTEST_HEARD_MOST *VTEST_RESULT_OCTETS <= VTEST_AREA, "all that was heard fits");

void vtest_heard(struct vtest_slot *slot, const struct vmtp_event *event, vmtp_time now) {
    if (!slot || slot->state != VTEST_DELAYED || !slot->listening || slot->heard == VTEST_HEARD_MOST)
        return;
    const struct vtest_result r = {.message = event->message,
                                   .number = slot->heard,
                                   .size = event->segment_size,
                                   .crc = vtest_crc32(event->segment, event->segment_size),
                                   .took = now - slot->began};
    vtest_put_result(slot->area + (size_t)slot->heard * VTEST_RESULT_OCTETS, &r);
    slot->heard++;
}

void vtest_tell_over(vtest_service *s, struct vtest_slot *slot, vmtp_time now) {
    struct vmtp_message answer = {.words = {slot->heard}};
    slot->listening = 0;
    vtest_answer(s, slot, &answer, slot->area, slot->heard * VTEST_RESULT_OCTETS, now);
}

/* ---- signals --------------------------------------------------------------------------------------------------- */

int vtest_signal(vtest_service *s, const struct vmtp_event *event) {
    for (unsigned i = 0; i < VTEST_PLACES; i++) {
        struct vtest_place *place = &s->places[i];
        if (place->id != event->entity)
            continue;
        place->signals++;
        place->signal_argument = event->number;
        place->signal_client = event->client;
        return 1;
    }
    return 0;
}

void vtest_signals(vtest_service *s, struct vtest_work *w) {
    const uint32_t number = w->request->message.words[0];
    if (number > VTEST_GUARDED) {
        vtest_refuse(w, VMTP_TEST_BAD_ARGUMENT);
        return;
    }
    const struct vtest_place *place = &s->places[number];
    w->answer.words[0] = place->signals;
    w->answer.words[1] = place->signal_argument;
    vmtp_words_put64(w->answer.words + 2, place->signal_client);
}
