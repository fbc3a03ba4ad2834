/* SPDX-License-Identifier: BSD-2-Clause */
/* CALL: the service as a client.  spec/testing.md section 4.6. */
#include "test_internal.h"

#include <stdlib.h>

/* Cookies of our calls: this, and 256 times the number of the client, and the number in the run. */
#define CALL_COOKIE 0x7674657374630000u

struct arguments {
    uint32_t generate, seed, flags, client;
    uint32_t members; /* listed at the head of the segment that came along: who is to answer */
    vmtp_entity server;
    uint32_t code, control, deadline_ms, capacity, responses, run;
    uint32_t words[7];
    const uint8_t *segment; /* that came along */
    uint32_t size;
};

static void parse(struct arguments *a, const struct vmtp_event *request) {
    const uint8_t *in = request->segment;
    a->generate = request->message.words[0];
    a->seed = request->message.words[1];
    a->flags = request->message.words[2];
    a->client = request->message.words[3];
    a->members = request->message.words[4];
    a->server = vmtp_load64(in + VTEST_CALL_SERVER);
    a->code = vmtp_load32(in + VTEST_CALL_CODE);
    a->control = vmtp_load32(in + VTEST_CALL_CONTROL);
    a->deadline_ms = vmtp_load32(in + VTEST_CALL_DEADLINE);
    a->capacity = vmtp_load32(in + VTEST_CALL_CAPACITY);
    a->responses = vmtp_load32(in + VTEST_CALL_COUNTS) & 0xffffu;
    a->run = vmtp_load32(in + VTEST_CALL_COUNTS) >> 16;
    for (unsigned i = 0; i < 7; i++)
        a->words[i] = vmtp_load32(in + VTEST_CALL_WORDS + 4 * i);
    a->segment = in + VTEST_CALL_HEAD;
    a->size = request->segment_size - VTEST_CALL_HEAD;
}

/* How many areas for Responses there have to be. */
static uint32_t areas(const struct arguments *a) {
    uint32_t most = a->responses > a->run ? a->responses : a->run;
    return most > 1 ? most : 1;
}

static int sound(const vtest_service *s, const struct arguments *a) {
    if (a->server == 0 || a->flags > VTEST_CALL_ALL || a->client >= VTEST_CALL_CLIENTS ||
        a->responses > VTEST_CALL_RESULTS)
        return 0;
    if (a->generate > s->message_most || a->capacity > s->message_most || a->deadline_ms > VTEST_CALL_DEADLINE_MAX_MS)
        return 0;
    if (a->run > VTEST_CALL_RUN || (uint64_t)areas(a) * a->capacity > s->message_most)
        return 0;
    if (a->members > a->responses || a->members * 8 > a->size)
        return 0;
    if (a->run > 1)
        return a->responses <= 1 && !vmtp_is_group(a->server);
    return a->responses <= 1 || (a->deadline_ms > 0 && vmtp_is_group(a->server) && (a->code & VMTP_MRD));
}

/* The client entity is made when it is first used, so that a service that is never asked to call takes one identifier. */
static int prepare_client(vtest_service *s, struct vtest_client *c, vmtp_time now) {
    uint32_t number = (uint32_t)(c - s->clients);
    if (number >= VTEST_CALL_OWN_CLIENTS) {
        struct vtest_place *place = &s->places[number - VTEST_CALL_OWN_CLIENTS];
        int rc = vtest_place_make(s, place, now);
        c->entity = place->id;
        return rc;
    }
    return c->entity != 0 ? 0 : vmtp_entity_create(s->engine, &c->entity, NULL, now);
}

static uint32_t flags_of(const struct arguments *a, uint32_t number) {
    uint32_t flags = a->members > 0 ? VMTP_CALL_RELIABLE : VMTP_CALL_PLAIN;
    if (number + 1 < a->run)
        flags |= VMTP_CALL_MORE;
    if (a->flags & VTEST_CALL_PARTIAL)
        flags |= VMTP_CALL_PARTIAL;
    if (a->flags & VTEST_CALL_HCO)
        flags |= VMTP_CALL_HEADER_SUM;
    if (a->flags & VTEST_CALL_RESUME)
        flags |= VMTP_CALL_RESUME;
    return flags;
}

/* The call with this number of the run. */
static int start(vtest_service *s, struct vtest_client *c, const struct arguments *a, struct vtest_work *w,
                 uint32_t number) {
    struct vmtp_request call = {.client = c->entity, .segment_size = a->size};
    uint8_t *areas = c->memory + (a->segment == c->memory ? a->size : 0);
    vmtp_handle handle;
    call.segment = a->segment;
    call.message.server = a->server;
    call.message.code = a->code & ~VMTP_SDA;
    memcpy(call.message.words, a->words, sizeof a->words);
    call.message.words[0] += number;
    call.response_area = areas + (size_t)number * a->capacity;
    call.response_size = a->capacity;
    call.response_slots = a->responses;
    call.deadline = a->deadline_ms ? w->now + a->deadline_ms * VMTP_MILLISECOND : VMTP_NEVER;
    call.cookie = CALL_COOKIE + (uint64_t)(c - s->clients) * 256 + number;
    call.control = a->control & (VMTP_NRT | VMTP_DRT);
    call.priority = (uint8_t)((a->control >> 4) & 15u);
    call.flags = flags_of(a, number);
    call.members = c->members;
    call.member_count = a->members;
    return vmtp_call(s->engine, &handle, &call, w->now);
}

/* As many of the run as the engine takes: 0, or why it takes not even the first. */
static int start_all(vtest_service *s, struct vtest_client *c, struct arguments *a, struct vtest_work *w) {
    int rc = 0;
    c->started = c->ended = 0;
    for (uint32_t i = 0; i < a->members; i++, a->segment += 8, a->size -= 8)
        c->members[i] = vmtp_load64(a->segment);
    if (a->generate > 0) {
        vtest_pattern(c->memory, a->generate, a->seed);
        a->segment = c->memory;
        a->size = a->generate;
    }
    for (uint32_t i = 0; rc == 0 && i < (a->run > 1 ? a->run : 1); i++) {
        rc = start(s, c, a, w, i);
        c->started += rc == 0;
    }
    return c->started > 0 ? 0 : rc;
}

static void finish(struct vtest_client *c) {
    free(c->memory);
    c->memory = NULL;
    c->slot = NULL;
}

/* 0, or the ResponseCode that says why there is no call. */
static uint32_t begin(vtest_service *s, struct arguments *a, struct vtest_work *w) {
    struct vtest_client *c = &s->clients[a->client];
    if (c->slot || prepare_client(s, c, w->now) != 0)
        return VMTP_TEST_NO_ROOM;
    c->memory = malloc(a->generate + (size_t)areas(a) * a->capacity + 1);
    int rc = c->memory ? start_all(s, c, a, w) : VMTP_E_MEMORY;
    if (rc == VMTP_E_NO_ENTITY)
        c->entity = 0; /* somebody deleted it from the wire: another one next time */
    if (rc != 0) {
        finish(c);
        return rc == VMTP_E_INVALID ? VMTP_TEST_BAD_ARGUMENT : VMTP_TEST_NO_ROOM;
    }
    c->slot = w->slot;
    c->start = w->now;
    c->brief = a->flags & VTEST_CALL_BRIEF;
    c->several = a->responses > 0 || a->run > 1;
    c->grouped = a->responses > 1;
    c->count = 0;
    return 0;
}

void vtest_call(vtest_service *s, struct vtest_work *w) {
    struct arguments a;
    uint32_t refusal = s->forbid_call ? VMTP_NO_PERMISSION : 0;
    if (!refusal && w->request->segment_size < VTEST_CALL_HEAD)
        refusal = VMTP_TEST_BAD_ARGUMENT;
    if (!refusal) {
        parse(&a, w->request);
        refusal = sound(s, &a) ? begin(s, &a, w) : VMTP_TEST_BAD_ARGUMENT;
    }
    if (refusal) {
        vtest_refuse(w, refusal);
        return;
    }
    vtest_set_state(w->slot, VTEST_CALLING);
    w->later = 1;
}

/* ---- what came of it ------------------------------------------------------------------------------------------- */

static struct vtest_client *client_of(vtest_service *s, const struct vmtp_event *event) {
    uint64_t number = (event->cookie - CALL_COOKIE) >> 8;
    if (number >= VTEST_CALL_CLIENTS || s->clients[number].entity != event->entity || !s->clients[number].slot)
        return NULL;
    return &s->clients[number];
}

/* Notes one Response, or that there is none; the first one is kept whole. */
static void note(struct vtest_client *c, const struct vmtp_event *event, vmtp_time now) {
    int answered = event->result == 0 || event->result == VMTP_BAD_REPLY_SEGMENT;
    if (c->count == VTEST_CALL_RESULTS)
        return;
    struct vtest_result *r = &c->results[c->count];
    *r = (struct vtest_result){.result = event->result, .took = now - c->start};
    r->rec_seq = event->rec_seq;
    r->number = c->grouped ? c->count : (uint32_t)(event->cookie & 0xffu);
    if (answered) {
        r->message = event->message;
        r->size = event->segment_size;
        r->crc = vtest_crc32(event->segment, event->segment_size);
        if (c->count == 0)
            c->segment = event->segment;
    }
    c->count++;
}

static uint32_t microseconds(vmtp_time t) { return (uint32_t)(t / VMTP_MICROSECOND); }

void vtest_put_result(uint8_t *out, const struct vtest_result *r) {
    vmtp_store64(out + VTEST_RESULT_SERVER, r->message.server);
    vmtp_store32(out + VTEST_RESULT_CODE, r->message.code);
    vmtp_store32(out + VTEST_RESULT_RESULT, r->result);
    vmtp_store32(out + VTEST_RESULT_NUMBER, r->number);
    vmtp_store32(out + VTEST_RESULT_SIZE, r->size);
    vmtp_store32(out + VTEST_RESULT_CRC, r->crc);
    vmtp_store32(out + VTEST_RESULT_TIME, microseconds(r->took));
}

static void put_results(uint8_t *out, const struct vtest_client *c) {
    for (uint32_t i = 0; i < c->count; i++)
        vtest_put_result(out + (size_t)i * VTEST_RESULT_OCTETS, &c->results[i]);
}

static void put_head(uint8_t *out, const struct vtest_result *first, uint32_t result, vmtp_time took) {
    memset(out, 0, VTEST_CALL_HEAD);
    vmtp_store64(out + VTEST_CALL_SERVER, first->message.server);
    vmtp_store32(out + VTEST_CALL_CODE, first->message.code);
    vmtp_store32(out + VTEST_CALL_CONTROL, result);
    for (unsigned i = 0; i < 7; i++)
        vmtp_store32(out + VTEST_CALL_WORDS + 4 * i, first->message.words[i]);
    vmtp_store32(out + VTEST_CALL_DEADLINE, first->size);
    vmtp_store32(out + VTEST_CALL_CAPACITY, first->crc);
    vmtp_store32(out + VTEST_CALL_COUNTS, microseconds(took));
}

/* Writes the report into the slot's area; returns its size. */
static uint32_t report(struct vtest_slot *slot, const struct vtest_client *c, uint32_t result, vmtp_time now) {
    static const struct vtest_result none;
    const struct vtest_result *first = c->count > 0 ? &c->results[0] : &none;
    uint32_t room = VTEST_AREA - VTEST_CALL_HEAD;
    uint32_t shown = c->brief ? 0 : first->size < room ? first->size : room;
    put_head(slot->area, first, result, now - c->start);
    if (c->several) {
        put_results(slot->area + VTEST_CALL_HEAD, c);
        return VTEST_CALL_HEAD + c->count * VTEST_RESULT_OCTETS;
    }
    if (shown > 0)
        memcpy(slot->area + VTEST_CALL_HEAD, c->segment, shown);
    return VTEST_CALL_HEAD + shown;
}

_Static_assert(VTEST_CALL_HEAD + VTEST_CALL_RESULTS * VTEST_RESULT_OCTETS <= VTEST_AREA, "all results fit");

int vtest_call_response(vtest_service *s, const struct vmtp_event *event, vmtp_time now) {
    struct vtest_client *c = client_of(s, event);
    if (c)
        note(c, event, now);
    return c != NULL;
}

/* 0 when all have been answered. */
static uint32_t first_failure(const struct vtest_client *c) {
    for (uint32_t i = 0; i < c->count; i++)
        if (c->results[i].result != 0)
            return c->results[i].result;
    return 0;
}

int vtest_call_complete(vtest_service *s, const struct vmtp_event *event, vmtp_time now) {
    struct vtest_client *c = client_of(s, event);
    if (!c)
        return 0;
    struct vtest_slot *slot = c->slot;
    struct vmtp_message answer = {0};
    if (!c->grouped)
        note(c, event, now);
    if (++c->ended < c->started)
        return 1;
    uint32_t result = c->grouped ? event->result : first_failure(c);
    uint32_t size = report(slot, c, result, now);
    answer.words[0] = result;
    answer.words[1] = vmtp_load32(slot->area + VTEST_CALL_CODE);
    answer.words[3] = c->count > 0 ? c->results[0].rec_seq : 0;
    if (c->several)
        answer.words[2] = c->count;
    finish(c);
    vtest_answer(s, slot, &answer, slot->area, size, now);
    return 1;
}
