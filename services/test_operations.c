/* SPDX-License-Identifier: BSD-2-Clause */
/* The operations of the test service that look at nothing but their Request: spec/testing.md section 4. */
#include "test_internal.h"

static void op_null(vtest_service *s, struct vtest_work *w) {
    (void)s;
    (void)w;
}

static void op_echo(vtest_service *s, struct vtest_work *w) {
    const struct vmtp_event *r = w->request;
    (void)s;
    memcpy(w->answer.words, r->message.words, sizeof w->answer.words);
    if (r->message.code & VMTP_SDA)
        w->answer.words[6] = 0; /* was SegmentSize */
    w->segment = w->slot->area;
    w->segment_size = r->segment_size;
}

static void op_sink(vtest_service *s, struct vtest_work *w) {
    (void)s;
    w->answer.words[0] = w->request->segment_size;
    w->answer.words[1] = vtest_crc32(w->request->segment, w->request->segment_size);
}

void vtest_fill_source(void *out, uint32_t octets, uint32_t seed, struct vmtp_message *answer) {
    vtest_pattern(out, octets, seed);
    answer->words[0] = octets;
    answer->words[1] = seed;
    answer->words[2] = vtest_crc32(out, octets);
}

/* How the Response goes out.  An idempotent one gives the blocks that the Request chose, since they are the same each time. */
static void choose_form(struct vtest_work *w, uint32_t flags) {
    if (flags & VTEST_SOURCE_NRT)
        w->slot->reply_how |= VMTP_REPLY_ONCE;
    if (flags & VTEST_SOURCE_HCO)
        w->slot->reply_how |= VMTP_REPLY_HEADER_SUM;
    if (w->slot->reply_flags & VMTP_DGM)
        w->slot->reply_how |= VMTP_REPLY_CHOSEN;
    if (flags & VTEST_SOURCE_MDM) {
        w->answer.code |= VMTP_MDM;
        w->answer.words[5] = UINT32_MAX;
    }
}

static void op_source(vtest_service *s, struct vtest_work *w) {
    const uint32_t *words = w->request->message.words;
    void *out = w->slot->area;
    if (words[0] > (w->request->large ? s->message_most : VTEST_AREA) || words[2] > VTEST_SOURCE_ALL ||
        (words[2] > 0 && words[0] > VTEST_AREA)) {
        vtest_refuse(w, VMTP_TEST_BAD_ARGUMENT);
        return;
    }
    if (words[0] > w->slot->capacity)
        out = vtest_take_extra(s, w->slot, words[0]);
    if (!out) {
        vtest_refuse(w, VMTP_TEST_NO_ROOM);
        return;
    }
    vtest_fill_source(out, words[0], words[1], &w->answer);
    choose_form(w, words[2]);
    w->segment = out;
    w->segment_size = words[0];
}

static void op_delay(vtest_service *s, struct vtest_work *w) {
    const uint32_t *words = w->request->message.words;
    (void)s;
    if (words[0] > VTEST_DELAY_MAX_US || words[1] > VTEST_AREA) {
        vtest_refuse(w, VMTP_TEST_BAD_ARGUMENT);
        return;
    }
    vtest_set_state(w->slot, VTEST_DELAYED);
    w->slot->due = w->now + words[0] * VMTP_MICROSECOND;
    w->slot->octets = words[1];
    w->slot->seed = words[2];
    w->later = 1;
}

static void op_count(vtest_service *s, struct vtest_work *w) {
    uint32_t procedure = w->request->message.words[0];
    (void)s;
    if (procedure > 255) {
        vtest_refuse(w, VMTP_TEST_BAD_ARGUMENT);
        return;
    }
    w->answer.words[0] = procedure;
    w->answer.words[1] = w->slot->place->counts[procedure];
}

static void op_reset(vtest_service *s, struct vtest_work *w) {
    (void)s;
    memset(w->slot->place->counts, 0, sizeof w->slot->place->counts);
}

static void op_mirror(vtest_service *s, struct vtest_work *w) {
    const struct vmtp_event *r = w->request;
    uint8_t out[VTEST_MIRROR_OCTETS] = {0};
    (void)s;
    vmtp_store64(out + VTEST_MIRROR_CLIENT, r->client);
    vmtp_store32(out + VTEST_MIRROR_TRANSACTION, r->transaction);
    vmtp_store32(out + VTEST_MIRROR_PRIORITY, r->priority);
    vmtp_store64(out + VTEST_MIRROR_SERVER, r->message.server);
    vmtp_store32(out + VTEST_MIRROR_CODE, r->message.code);
    for (unsigned i = 0; i < 7; i++)
        vmtp_store32(out + VTEST_MIRROR_WORDS + 4 * i, r->message.words[i]);
    vmtp_store32(out + VTEST_MIRROR_SIZE, r->segment_size);
    vmtp_store32(out + VTEST_MIRROR_CRC, vtest_crc32(r->segment, r->segment_size));
    memcpy(out + VTEST_MIRROR_SOURCE, r->source, sizeof r->source);
    out[VTEST_MIRROR_FORWARDS] = r->forward_count;
    vmtp_store32(out + VTEST_MIRROR_DELIVERED, r->delivered);
    vmtp_store32(out + VTEST_MIRROR_SEQUENCE, r->rec_seq);
    memcpy(w->slot->area, out, sizeof out);
    w->segment = w->slot->area;
    w->segment_size = sizeof out;
}

static void op_discard(vtest_service *s, struct vtest_work *w) {
    (void)s;
    w->answer.code = VMTP_RESPONSE_DISCARDED;
}

static void op_identify(vtest_service *s, struct vtest_work *w) {
    vmtp_words_put64(w->answer.words, s->id);
    vmtp_words_put64(w->answer.words + 2, vmtp_engine_manager(s->engine));
    w->answer.words[4] = VTEST_VERSION;
    w->answer.words[5] = s->message_most;
    w->segment = s->identity; /* never changes, so any number of Responses may hold it */
    w->segment_size = s->identity_octets;
}

static const struct {
    uint32_t code;
    unsigned flags;
    vtest_operation *run;
} operations[] = {
    {VMTP_TEST_NULL, 0, op_null},
    {VMTP_TEST_ECHO, 0, op_echo},
    {VMTP_TEST_SINK, 0, op_sink},
    {VMTP_TEST_SOURCE, 0, op_source},
    {VMTP_TEST_DELAY, 0, op_delay},
    {VMTP_TEST_COUNT, 0, op_count},
    {VMTP_TEST_RESET, VTEST_NEVER_IDEMPOTENT, op_reset},
    {VMTP_TEST_MIRROR, 0, op_mirror},
    {VMTP_TEST_DISCARD, VTEST_NEVER_IDEMPOTENT, op_discard},
    {VMTP_TEST_CALL, VTEST_NEVER_IDEMPOTENT, vtest_call},
    {VMTP_TEST_IDENTIFY, VTEST_ALWAYS_IDEMPOTENT, op_identify},
    {VMTP_TEST_ENTITY, 0, vtest_entity_op},
    {VMTP_TEST_SEQUENCE, 0, vtest_sequence},
    {VMTP_TEST_SERIAL, VTEST_NEVER_IDEMPOTENT, vtest_serial},
    {VMTP_TEST_STAT, 0, vtest_stat},
    {VMTP_TEST_FORWARD, VTEST_NEVER_IDEMPOTENT, vtest_forward},
    {VMTP_TEST_JOIN, VTEST_NEVER_IDEMPOTENT, vtest_join},
    {VMTP_TEST_LEAVE, VTEST_NEVER_IDEMPOTENT, vtest_leave},
    {VMTP_TEST_MIGRATE, VTEST_NEVER_IDEMPOTENT, vtest_migrate},
    {VMTP_TEST_ADOPT, VTEST_NEVER_IDEMPOTENT, vtest_adopt},
    {VMTP_TEST_TELL, VTEST_NEVER_IDEMPOTENT, vtest_tell},
    {VMTP_TEST_SIGNALS, 0, vtest_signals},
    {VMTP_TEST_NAME_RESOLVER, VTEST_NEVER_IDEMPOTENT | VTEST_OF_NAMES, vtest_name_resolver},
    {VMTP_TEST_NAME_OPERATE, VTEST_NEVER_IDEMPOTENT | VTEST_OF_NAMES, vtest_name_operate},
    {VMTP_TEST_NAME_MANAGER, VTEST_NEVER_IDEMPOTENT | VTEST_OF_NAMES, vtest_name_manager},
    {VMTP_TEST_NAME_CLAIM, VTEST_NEVER_IDEMPOTENT | VTEST_OF_NAMES, vtest_name_claim},
    {VMTP_TEST_NAME_RELEASE, VTEST_NEVER_IDEMPOTENT | VTEST_OF_NAMES, vtest_name_release},
    {VMTP_TEST_NAME_STATE, VTEST_NEVER_IDEMPOTENT | VTEST_OF_NAMES, vtest_name_state},
    {VMTP_TEST_NAME_WATCH, VTEST_NEVER_IDEMPOTENT | VTEST_OF_NAMES, vtest_name_watch},
    {VMTP_TEST_NAME_SURVEY, VTEST_NEVER_IDEMPOTENT | VTEST_OF_NAMES, vtest_name_survey},
    {VMTP_TEST_OBJECT_NAME, VTEST_NEVER_IDEMPOTENT | VTEST_OF_NAMES, vtest_object_name},
    {VMTP_TEST_OBJECT_CALL, VTEST_NEVER_IDEMPOTENT | VTEST_OF_NAMES, vtest_object_call},
    {VMTP_TEST_OBJECT_SET, VTEST_NEVER_IDEMPOTENT | VTEST_OF_NAMES, vtest_object_set},
    {VMTP_TEST_FILE_STAT, 0, vtest_file_stat},
    {VMTP_TEST_FILE_READ, 0, vtest_file_read},
};

vtest_operation *vtest_find(const vtest_service *s, unsigned procedure, unsigned *flags) {
    for (size_t i = 0; i < sizeof operations / sizeof operations[0]; i++) {
        if ((operations[i].code & 0xffu) == procedure) {
            *flags = operations[i].flags;
            return operations[i].flags & VTEST_OF_NAMES && !s->names ? NULL : operations[i].run;
        }
    }
    return NULL;
}
