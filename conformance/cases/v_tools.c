/* SPDX-License-Identifier: BSD-2-Clause */
/* What cases about V say again and again. */
#include <string.h>

#define VC_NO_LINES
#include "../run.h"
#include "v.h"

#define MS VC_MILLISECOND

static void put_id(uint32_t *words, uint64_t id) {
    words[0] = (uint32_t)(id >> 32);
    words[1] = (uint32_t)id;
}

/* ---- orders --------------------------------------------------------------------------------------------------------- */

struct vc_packet vv_get_pid(struct vc_test *t, uint32_t logical_id) {
    struct vc_packet request = vc_request_to(t, VMTP_V_LOGICAL_GROUP + logical_id, VMTP_V_GET_PID);
    request.words[0] = logical_id;
    vc_multicast(&request, request.server);
    return request;
}

uint64_t vv_process(struct vc_test *t) {
    for (unsigned i = 0; i < 3; i++) {
        struct vc_packet request = vv_get_pid(t, VMTP_TEST_V_PROCESS), *p;
        vc_send(t, &request);
        if ((p = vc_await_response(t, &request, 300 * MS)) != NULL && vc_code(p) == VMTP_OK)
            return vc_pair(p->words);
    }
    vc_give_up(t, "the V test process is not to be found");
}

struct vc_packet vv_order(struct vc_test *t, uint32_t code, uint32_t word0, uint32_t word1, uint32_t word2) {
    struct vc_packet order = vc_request_to(t, vv_process(t), code);
    order.code = code;
    order.words[0] = word0;
    order.words[1] = word1;
    order.words[2] = word2;
    return order;
}

void vv_give(struct vc_packet *order, uint32_t access, uint32_t size) {
    order->code |= VMTP_V_GRANT;
    order->words[5] = access | size;
}

struct vc_packet *vv_done(struct vc_test *t, const char *id, const struct vc_packet *order, uint32_t result) {
    struct vc_packet *p = vc_await_response(t, order, VC_PATIENCE);
    if (!p)
        vc_give_up(t, "the V test process does not reply");
    int good = vc_code(p) == VMTP_OK && p->words[0] == result;
    vc_check(t, id, good, vc_response_name(result), "%s",
             vc_response_name(vc_code(p) == VMTP_OK ? p->words[0] : p->code));
    return p;
}

struct vc_packet *vv_does(struct vc_test *t, const char *id, struct vc_packet order, uint32_t result) {
    vc_send(t, &order);
    return vv_done(t, id, &order, result);
}

/* ---- the process Sends ---------------------------------------------------------------------------------------------- */

void vv_send(struct vc_test *t, const char *id, struct vv_send *s) {
    s->to = s->to ? s->to : vc_new_client(t);
    s->next = vc_random(t) | 1;
    s->order = vv_order(t, VMTP_TEST_V_SEND, 0, 0, s->access | s->size);
    put_id(s->order.words, s->to);
    s->order.words[3] = s->carried;
    s->order.words[4] = s->seed;
    s->order.words[5] = s->code ? s->code : 0x77;
    s->order.words[6] = s->seconds ? 1000 * s->seconds : 1000;
    vc_send(t, &s->order);
    s->request = vc_want_request(t, id, s->to, VC_PATIENCE);
}

struct vc_packet *vv_reply(struct vc_test *t, const char *id, struct vv_send *s, uint32_t octets, uint32_t seed,
                           uint32_t result) {
    static uint8_t segment[VC_SEGMENT_MAX];
    struct vc_packet response = vc_response(s->request, VMTP_OK);
    memcpy(response.src, vc_tester_mac(t), 6);
    if (response.server & VMTP_ID_GRP)
        response.server = vc_new_client(t);
    vc_pattern(segment, octets, seed);
    if (octets)
        vc_send_blocks(t, &response, segment, octets, vc_all_blocks(octets), 0);
    else
        vc_send(t, &response);
    return vv_done(t, id, &s->order, result);
}

struct vc_packet vv_operation(struct vc_test *t, struct vv_send *s, uint32_t code, uint32_t word3, uint32_t word4) {
    struct vc_packet operation = vc_request_to(t, VMTP_V_KERNEL_GROUP, code);
    operation.client = s->to;
    operation.transaction = s->next;
    s->next += 256; /* behind a large Response */
    operation.code = code;
    put_id(operation.words, s->request->client);
    operation.words[2] = s->request->transaction;
    operation.words[3] = word3;
    operation.words[4] = word4;
    return operation;
}

struct vc_packet *vv_operates(struct vc_test *t, const char *id, const struct vc_packet *operation, uint32_t octets,
                              uint32_t seed, uint32_t code) {
    static uint8_t segment[VC_SEGMENT_MAX];
    vc_pattern(segment, octets, seed);
    if (octets)
        vc_send_blocks(t, operation, segment, octets, vc_all_blocks(octets), 0);
    else
        vc_send(t, operation);
    return vc_want_response(t, id, operation, code);
}

struct vc_packet *vv_reads(struct vc_test *t, const char *id, struct vv_send *s, uint32_t offset, uint32_t count,
                           const uint8_t *memory) {
    static uint8_t segment[VC_SEGMENT_MAX];
    struct vc_packet operation = vv_operation(t, s, VMTP_V_MOVE_FROM, offset, count), *p;
    uint32_t blocks;
    memset(segment, 0, sizeof segment);
    vc_send(t, &operation);
    p = vc_collect(t, id, &operation, segment, &blocks);
    int good = vc_code(p) == VMTP_OK && vc_segment_size(p) == count && memcmp(segment, memory + offset, count) == 0;
    vc_check(t, id, good, "the octets that stand there", "%s, %u octets%s", vc_response_name(p->code),
             vc_segment_size(p), good ? "" : ", not these");
    return p;
}

/* ---- the tester's kernel ---------------------------------------------------------------------------------------------- */

static struct vc_packet *operation_of(struct vc_test *t, const struct vv_kernel *k, vc_time patience) {
    struct vc_packet *p = vc_await_request(t, k->id, 0);
    return p ? p : vc_await_request(t, VMTP_V_KERNEL_GROUP, patience);
}

static void answer(struct vc_test *t, const struct vv_kernel *k, struct vc_packet *response, uint32_t code,
                   const uint8_t *segment, uint32_t size) {
    memcpy(response->src, vc_tester_mac(t), 6);
    response->server = k->id;
    response->code = code;
    if (size > VC_SEGMENT_MAX)
        for (unsigned g = 0; g < vc_groups(size); g++)
            vc_send_group(t, response, g, segment, size, vc_group_blocks(size, g), 0);
    else if (size)
        vc_send_blocks(t, response, segment, size, vc_all_blocks(size), 0);
    else
        vc_send(t, response);
}

/* All packets of a MoveTo, from the first on; its Response has the Transaction of the last. */
static struct vc_packet take(struct vc_test *t, const struct vv_kernel *k, struct vc_packet *p) {
    static uint8_t segment[VC_SEGMENT_MAX];
    const uint32_t size = vc_segment_size(p), offset = p->words[3], first = p->transaction;
    uint32_t blocks[V_MOST / VC_SEGMENT_MAX] = {0};
    unsigned groups = vc_groups(size), whole = 0;
    while (whole < groups) {
        uint32_t group = p->transaction - first;
        if (group >= groups || offset > k->size || size > k->size - offset)
            vc_give_up(t, "a MoveTo outside the segment");
        uint32_t at = group * VC_SEGMENT_MAX, left = size - at < VC_SEGMENT_MAX ? size - at : VC_SEGMENT_MAX;
        struct vc_packet part = *p;
        part.words[6] = left;
        vc_unpack(&part, segment);
        for (uint32_t i = 0; i < left; i++)
            if (p->delivery >> i / VC_BLOCK & 1)
                k->memory[offset + at + i] = segment[i];
        int before = blocks[group] == vc_group_blocks(size, group);
        blocks[group] |= p->delivery;
        whole += !before && blocks[group] == vc_group_blocks(size, group);
        if (whole < groups && !(p = operation_of(t, k, VC_PATIENCE)))
            vc_give_up(t, "a MoveTo that breaks off");
    }
    struct vc_packet response = vc_response(p, VMTP_OK);
    response.transaction = first + groups - 1;
    response.gap = (uint8_t)(groups - 1);
    return response;
}

/* Of more than one packet group: whether that may be, and where it goes. */
static int fits(struct vv_kernel *k, const struct vc_packet *p, uint32_t count) {
    if (count <= VC_SEGMENT_MAX)
        return 1;
    if (vc_code(p) == (VMTP_V_MOVE_FROM & VMTP_CODE_MASK) && !(p->control & VMTP_STI))
        return 0;
    k->astray += p->server != k->id;
    return 1;
}

static void operate(struct vc_test *t, struct vv_kernel *k, struct vc_packet *p) {
    const uint32_t code = vc_code(p);
    struct vc_packet response = vc_response(p, VMTP_OK);
    if (!k->operations++)
        k->first = *p;
    k->foreign += p->client != k->first.client || memcmp(p->words, k->first.words, 3 * sizeof p->words[0]) != 0;
    if (k->refuse) {
        answer(t, k, &response, k->refuse, NULL, 0);
    } else if (code == (VMTP_V_MOVE_TO & VMTP_CODE_MASK)) {
        fits(k, p, vc_segment_size(p));
        response = take(t, k, p);
        answer(t, k, &response, VMTP_OK, NULL, 0);
    } else if (code == (VMTP_V_MOVE_FROM & VMTP_CODE_MASK)) {
        const uint32_t offset = p->words[3], count = p->words[4];
        if (offset > k->size || count > k->size - offset)
            vc_give_up(t, "a MoveFrom outside the segment");
        int good = fits(k, p, count);
        answer(t, k, &response, good ? VMTP_OK : VMTP_V_TOO_LARGE, k->memory + offset, good ? count : 0);
    } else {
        k->holder = vc_pair(p->words + 3);
        answer(t, k, &response, VMTP_OK, NULL, 0);
    }
}

void vv_answer_operation(struct vc_test *t, const char *id, struct vv_kernel *k) {
    k->id = k->id ? k->id : vc_new_client(t);
    operate(t, k, vc_want_request(t, id, VMTP_V_KERNEL_GROUP, VC_PATIENCE));
}

struct vc_packet *vv_be_kernel(struct vc_test *t, const char *id, struct vv_kernel *k, const struct vc_packet *order) {
    struct vc_packet *p;
    const vc_time until = vc_now(t) + 2 * VC_SECOND;
    if (!k->operations)
        vv_answer_operation(t, id, k);
    while (vc_now(t) < until) {
        if ((p = vc_await_response(t, order, 0)) != NULL)
            return p;
        if ((p = operation_of(t, k, MS)) != NULL)
            operate(t, k, p);
    }
    vc_give_up(t, "the V test process does not reply");
}
