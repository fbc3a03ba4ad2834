/* SPDX-License-Identifier: BSD-2-Clause */
/* CALL: the service as a client.  spec/testing.md section 4.6. */
#include "test_internal.h"

/* Cookies of our calls: this, and the number of the client. */
#define CALL_COOKIE 0x7674657374630000u

struct arguments {
    uint32_t generate, seed, brief, client;
    vmtp_entity server;
    uint32_t code, control, deadline_ms, capacity;
    uint32_t words[7];
    uint32_t size; /* of the segment that came along */
};

static int parse(struct arguments *a, const struct vmtp_event *request) {
    const uint8_t *in = request->segment;
    if (request->segment_size < VTEST_CALL_HEAD)
        return 0;
    a->generate = request->message.words[0];
    a->seed = request->message.words[1];
    a->brief = request->message.words[2];
    a->client = request->message.words[3];
    a->server = vmtp_load64(in + VTEST_CALL_SERVER);
    a->code = vmtp_load32(in + VTEST_CALL_CODE);
    a->control = vmtp_load32(in + VTEST_CALL_CONTROL);
    a->deadline_ms = vmtp_load32(in + VTEST_CALL_DEADLINE);
    a->capacity = vmtp_load32(in + VTEST_CALL_CAPACITY);
    for (unsigned i = 0; i < 7; i++)
        a->words[i] = vmtp_load32(in + VTEST_CALL_WORDS + 4 * i);
    a->size = request->segment_size - VTEST_CALL_HEAD;
    return a->server != 0 && a->generate <= VTEST_AREA && a->brief <= 1 && a->client < VTEST_CALL_CLIENTS &&
           a->deadline_ms <= VTEST_CALL_DEADLINE_MAX_MS && a->capacity <= VTEST_AREA;
}

/* The client entity is made when it is first used, so that a service that is never asked to call takes one identifier. */
static int prepare_client(vtest_service *s, struct vtest_client *c, vmtp_time now) {
    if (c->entity != 0)
        return 0;
    return vmtp_entity_create(s->engine, &c->entity, NULL, now);
}

static int start(vtest_service *s, struct vtest_client *c, const struct arguments *a, struct vtest_work *w) {
    struct vtest_slot *slot = w->slot;
    struct vmtp_request call = {.client = c->entity, .segment = slot->area + VTEST_CALL_HEAD, .segment_size = a->size};
    vmtp_handle handle;
    if (a->generate > 0) {
        vtest_pattern(slot->area, a->generate, a->seed);
        call.segment = slot->area;
        call.segment_size = a->generate;
    }
    call.message.server = a->server;
    call.message.code = a->code & ~VMTP_SDA;
    memcpy(call.message.words, a->words, sizeof a->words);
    call.response_area = c->area;
    call.response_size = a->capacity;
    call.response_slots = 1;
    call.deadline = a->deadline_ms ? w->now + a->deadline_ms * VMTP_MILLISECOND : VMTP_NEVER;
    call.cookie = CALL_COOKIE + (uint64_t)(c - s->clients);
    call.control = a->control & (VMTP_NRT | VMTP_DRT);
    call.priority = (uint8_t)((a->control >> 4) & 15u);
    return vmtp_call(s->engine, &handle, &call, w->now);
}

void vtest_call(vtest_service *s, struct vtest_work *w) {
    struct arguments a;
    if (s->forbid_call) {
        vtest_refuse(w, VMTP_NO_PERMISSION);
        return;
    }
    if (!parse(&a, w->request)) {
        vtest_refuse(w, VMTP_TEST_BAD_ARGUMENT);
        return;
    }
    struct vtest_client *c = &s->clients[a.client];
    if (c->slot || prepare_client(s, c, w->now) != 0) {
        vtest_refuse(w, VMTP_TEST_NO_ROOM);
        return;
    }
    int rc = start(s, c, &a, w);
    if (rc == VMTP_E_NO_ENTITY)
        c->entity = 0; /* somebody deleted it from the wire: another one next time */
    if (rc != 0) {
        vtest_refuse(w, rc == VMTP_E_INVALID ? VMTP_TEST_BAD_ARGUMENT : VMTP_TEST_NO_ROOM);
        return;
    }
    c->slot = w->slot;
    c->start = w->now;
    c->brief = (uint8_t)a.brief;
    w->slot->state = VTEST_CALLING;
    w->later = 1;
}

/* Writes the report into the slot's area; returns its size. */
static uint32_t report(struct vtest_slot *slot, const struct vtest_client *c, const struct vmtp_event *event,
                       vmtp_time now) {
    int answered = event->result == 0 || event->result == VMTP_BAD_REPLY_SEGMENT;
    uint32_t size = answered ? event->segment_size : 0;
    uint32_t room = slot->capacity - VTEST_CALL_HEAD;
    uint32_t shown = c->brief ? 0 : size < room ? size : room;
    uint8_t *out = slot->area;
    memset(out, 0, VTEST_CALL_HEAD);
    vmtp_store32(out + VTEST_CALL_CONTROL, event->result);
    if (answered) {
        vmtp_store64(out + VTEST_CALL_SERVER, event->message.server);
        vmtp_store32(out + VTEST_CALL_CODE, event->message.code);
        for (unsigned i = 0; i < 7; i++)
            vmtp_store32(out + VTEST_CALL_WORDS + 4 * i, event->message.words[i]);
        vmtp_store32(out + VTEST_CALL_DEADLINE, size);
        vmtp_store32(out + VTEST_CALL_CAPACITY, vtest_crc32(c->area, size));
    }
    vmtp_store32(out + VTEST_CALL_RESERVED, (uint32_t)((now - c->start) / VMTP_MICROSECOND));
    memcpy(out + VTEST_CALL_HEAD, c->area, shown);
    return VTEST_CALL_HEAD + shown;
}

int vtest_call_complete(vtest_service *s, const struct vmtp_event *event, vmtp_time now) {
    uint64_t number = event->cookie - CALL_COOKIE;
    if (number >= VTEST_CALL_CLIENTS || s->clients[number].entity != event->entity || !s->clients[number].slot)
        return 0;
    struct vtest_client *c = &s->clients[number];
    struct vtest_slot *slot = c->slot;
    struct vmtp_message answer = {0};
    uint32_t size = report(slot, c, event, now);
    answer.words[0] = event->result;
    answer.words[1] = vmtp_load32(slot->area + VTEST_CALL_CODE);
    c->slot = NULL;
    vtest_answer(s, slot, &answer, slot->area, size, now);
    return 1;
}
