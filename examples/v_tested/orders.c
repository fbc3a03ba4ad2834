/* SPDX-License-Identifier: BSD-2-Clause */
#include "orders.h"

#include <stdlib.h>
#include <string.h>

#define MOST 4194304u
#define GUARD 64u
#define GUARD_OCTET 0xa5
#define CARRIED 16384u
#define DEPTH 4u
#define PATIENCE_MS 10000u

struct tested {
    v_kernel *kernel;
    v_process *me, *other;
    uint8_t *memory; /* MOST octets with GUARD on either side */
    struct v_message order, reply;
    v_pid from;
    uint32_t carried; /* octets that came with the order, in octets */
    uint8_t octets[CARRIED];
};

static vmtp_time in_ms(const struct tested *t, uint32_t ms) {
    return vmtp_host_now(v_kernel_host(t->kernel)) + (ms ? ms : PATIENCE_MS) * VMTP_MILLISECOND;
}

/* ---- the pattern and the sum (sections 1.2 and 1.3) --------------------------------------------------------- */

static void pattern(uint8_t *out, uint32_t size, uint32_t seed) {
    for (uint32_t i = 0; i < size; i++) {
        uint32_t x = seed + (i / 4 + 1) * 0x9E3779B9u;
        x ^= x >> 16;
        x *= 0x85EBCA6Bu;
        x ^= x >> 13;
        x *= 0xC2B2AE35u;
        x ^= x >> 16;
        out[i] = (uint8_t)(x >> (24 - 8 * (i % 4)));
    }
}

static uint32_t crc(const uint8_t *octets, uint32_t size) {
    uint32_t c = 0xffffffffu;
    for (uint32_t i = 0; i < size; i++) {
        c ^= octets[i];
        for (int bit = 0; bit < 8; bit++)
            c = c >> 1 ^ (c & 1 ? 0xEDB88320u : 0);
    }
    return size ? ~c : 0;
}

/* ---- results ------------------------------------------------------------------------------------------------- */

/* What a primitive has returned, as the reply tells it. */
static uint32_t told(int result) {
    if (result >= 0)
        return (uint32_t)result;
    return result == VMTP_E_NO_ENTITY ? VMTP_NONEXISTENT_ENTITY : VMTP_TEST_BAD_ARGUMENT;
}

static int reply(struct tested *t, int result) {
    t->reply.words[0] = told(result);
    v_reply(t->me, &t->reply, t->from); /* who has given up needs none */
    return result;
}

/* ---- orders: each replies, and returns what the primitive said ---------------------------------------------- */

static int move_to(struct tested *t) {
    const uint32_t *w = t->order.words;
    uint8_t *memory = t->memory + GUARD;
    if (w[1] > MOST)
        return reply(t, VMTP_E_INVALID);
    pattern(memory, w[1], w[2]);
    return reply(t, v_move_to(t->me, t->from, w[0], memory, w[1], in_ms(t, 0)));
}

static int move_from(struct tested *t) {
    const uint32_t *w = t->order.words;
    uint8_t *memory = t->memory + GUARD;
    if (w[1] > MOST)
        return reply(t, VMTP_E_INVALID);
    int result = v_move_from(t->me, t->from, memory, w[0], w[1], in_ms(t, 0));
    t->reply.words[1] = result ? 0 : crc(memory, w[1]);
    return reply(t, result);
}

static int reply_segment(struct tested *t) {
    const uint32_t *w = t->order.words;
    uint8_t *memory = t->memory + GUARD;
    if (w[1] > MOST)
        return reply(t, VMTP_E_INVALID);
    pattern(memory, w[1], w[2]);
    int result = v_reply_with_segment(t->me, &t->reply, t->from, w[0], memory, w[1], in_ms(t, 0));
    return result ? reply(t, result) : 0;
}

static int sink(struct tested *t) {
    uint32_t size, access = v_access(t->me, t->from, &size);
    t->reply.words[0] = access | size;
    t->reply.words[1] = t->carried;
    t->reply.words[2] = crc(t->octets, t->carried);
    v_reply(t->me, &t->reply, t->from);
    return 0;
}

static int forward(struct tested *t) {
    struct v_message m = t->order;
    m.code = m.words[2];
    int result = v_forward(t->me, &m, t->from, vmtp_words_get64(m.words), in_ms(t, 0));
    return result ? reply(t, result) : 0;
}

/* How many octets around the segment are not what they were. */
static uint32_t changed(const uint8_t *segment, uint32_t size) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < GUARD; i++)
        count += (uint32_t)(segment[size + i] != GUARD_OCTET) + (uint32_t)((segment - GUARD)[i] != GUARD_OCTET);
    return count;
}

static int send(struct tested *t) {
    const uint32_t *w = t->order.words, size = w[2] & VMTP_V_SIZE_MASK;
    uint8_t *memory = t->memory + GUARD;
    struct v_message m = {.code = w[5]};
    struct v_segment s = {.memory = memory, .size = size, .access = w[2] & (V_READ | V_WRITE), .carried = w[3]};
    if (size > MOST)
        return reply(t, VMTP_E_INVALID);
    memset(t->memory, GUARD_OCTET, GUARD);
    pattern(memory, size, w[4]);
    memset(memory + size, GUARD_OCTET, GUARD);
    memcpy(m.words, w, 5 * sizeof w[0]);
    int result = v_send(t->me, &m, vmtp_words_get64(w), w[2] ? &s : NULL, in_ms(t, w[6]));
    t->reply.words[1] = result == VMTP_OK || result == (int)VMTP_BAD_REPLY_SEGMENT ? m.code : 0;
    t->reply.words[2] = s.received;
    t->reply.words[3] = crc(memory, size);
    t->reply.words[4] = changed(memory, size);
    return reply(t, result);
}

static int set_pid(struct tested *t) {
    const uint32_t *w = t->order.words;
    const v_pid pid[3] = {0, v_process_pid(t->me), t->other ? v_process_pid(t->other) : 0};
    if (w[2] > 2 || (w[2] == 2 && !t->other))
        return reply(t, VMTP_E_INVALID);
    return reply(t, v_set_pid(t->kernel, w[0], pid[w[2]], (enum v_scope)(w[2] ? w[1] : V_BOTH)));
}

static int get_pid(struct tested *t) {
    const uint32_t *w = t->order.words;
    v_pid pid = 0;
    int result = v_get_pid(t->kernel, w[0], (enum v_scope)w[1], &pid, in_ms(t, w[2]));
    vmtp_words_put64(t->reply.words + 1, result ? 0 : pid);
    return reply(t, result);
}

static int other(struct tested *t) {
    const struct v_process_options options = {.depth = 1};
    int result = 0;
    if (t->order.words[0] > 1)
        return reply(t, VMTP_E_INVALID);
    if (!t->order.words[0]) {
        v_process_destroy(t->other);
        t->other = NULL;
    } else if (!t->other) {
        result = v_process_create(&t->other, t->kernel, &options);
    }
    vmtp_words_put64(t->reply.words + 1, t->other ? v_process_pid(t->other) : 0);
    return reply(t, result);
}

static int echo(struct tested *t) {
    t->reply = t->order;
    t->reply.code = t->order.words[0] & VMTP_CODE_MASK;
    t->reply.words[0] = t->order.code;
    v_reply(t->me, &t->reply, t->from);
    return 0;
}

static int obey(struct tested *t) {
    t->reply = (struct v_message){.code = VMTP_OK};
    switch (t->order.code) {
    case VMTP_TEST_V_MOVE_TO: return move_to(t);
    case VMTP_TEST_V_MOVE_FROM: return move_from(t);
    case VMTP_TEST_V_REPLY: return reply_segment(t);
    case VMTP_TEST_V_SINK: return sink(t);
    case VMTP_TEST_V_FORWARD: return forward(t);
    case VMTP_TEST_V_SEND: return send(t);
    case VMTP_TEST_V_SET_PID: return set_pid(t);
    case VMTP_TEST_V_GET_PID: return get_pid(t);
    case VMTP_TEST_V_OTHER: return other(t);
    default:
        if (t->order.code >= VMTP_TEST_V_ECHO)
            return echo(t);
        t->reply.code = VMTP_ERROR;
        return reply(t, 0);
    }
}

/* ---- the process --------------------------------------------------------------------------------------------- */

static int begin(struct tested *t) {
    const struct v_process_options options = {.depth = DEPTH, .capacity = CARRIED};
    t->memory = malloc(MOST + 2 * GUARD);
    if (!t->memory)
        return VMTP_E_MEMORY;
    int result = v_process_create(&t->me, t->kernel, &options);
    return result ? result : v_set_pid(t->kernel, VMTP_TEST_V_PROCESS, v_process_pid(t->me), V_BOTH);
}

int orders_serve(v_kernel *kernel) {
    struct tested *t = calloc(1, sizeof *t);
    if (!t)
        return VMTP_E_MEMORY;
    t->kernel = kernel;
    int result = begin(t);
    while (result == 0) {
        t->carried = sizeof t->octets;
        result = v_receive_with_segment(t->me, &t->order, &t->from, t->octets, &t->carried, VMTP_NEVER);
        if (result == 0)
            result = obey(t) == VMTP_E_CANCELLED ? VMTP_E_CANCELLED : 0;
    }
    v_process_destroy(t->other);
    v_process_destroy(t->me);
    free(t->memory);
    free(t);
    return result;
}
