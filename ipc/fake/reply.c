/* SPDX-License-Identifier: BSD-2-Clause */
/* Answers on their way to the client, and loans on the way back. */
#include <stdlib.h>
#include <string.h>

#include "internal.h"

static void take_out(struct vfake_answer *answer) {
    struct vfake_answer **at = &answer->node->answers;
    while (*at != answer)
        at = &(*at)->next;
    *at = answer->next;
    vipc_timer_cancel(&answer->timer);
}

static void give_back(struct vfake_answer *answer) {
    struct vipc_loan *loan = answer->loan;
    vipc *ipc = &answer->node->base;
    take_out(answer);
    free(answer);
    if (!loan)
        return;
    ipc->happened++;
    loan->release(loan);
}

static void come_back(struct vipc_timer *timer) { give_back(timer->context); }

/* The segment's octets, or the chosen blocks of it, go to their places: what there was no room for is told by the result. */
static int copy(uint8_t *area, uint32_t capacity, const struct vfake_answer *answer, uint32_t *size) {
    *size = answer->size < capacity ? answer->size : capacity;
    for (uint32_t at = 0, block = 0; at < *size; at += VMTP_BLOCK_OCTETS, block++) {
        const uint32_t left = *size - at;
        if (!answer->chosen || (block < VMTP_GROUP_BLOCKS && (answer->chosen >> block & 1)))
            memcpy(area + at, (const uint8_t *)answer->segment + at, left < VMTP_BLOCK_OCTETS ? left : VMTP_BLOCK_OCTETS);
    }
    return answer->size > capacity ? (int)VMTP_BAD_REPLY_SEGMENT : 0;
}

static uint32_t blocks_of(uint32_t size) {
    const uint32_t blocks = (size + VMTP_BLOCK_OCTETS - 1) / VMTP_BLOCK_OCTETS;
    return blocks == 0 ? 0 : blocks >= VMTP_GROUP_BLOCKS ? UINT32_MAX : UINT32_MAX >> (VMTP_GROUP_BLOCKS - blocks);
}

static void tell_one(struct vfake_transaction *t, const struct vfake_answer *answer) {
    struct vipc_call *call = t->call;
    call->answer = answer->message;
    int result = copy(call->area, call->capacity, answer, &call->received);
    call->delivered = blocks_of(call->received) & (answer->chosen ? answer->chosen : UINT32_MAX);
    vfake_finish(t, result);
}

static void tell_several(struct vfake_transaction *t, const struct vfake_answer *answer) {
    struct vipc_call *call = t->call;
    struct vipc_response response = {.message = answer->message};
    if (call->answers == call->slots)
        return;
    uint8_t *place = call->capacity ? (uint8_t *)call->area + (size_t)call->answers * call->capacity : NULL;
    response.result = copy(place, call->capacity, answer, &response.segment_size);
    response.segment = response.segment_size ? place : NULL;
    call->answers++;
    t->node->base.happened++;
    call->response(call, &response);
}

static void arrive(struct vipc_timer *timer) {
    struct vfake_answer *answer = timer->context;
    struct vfake_transaction *t = answer->transaction;
    vipc_fake *net = answer->node->net;
    if (t && (t->lost_answer || !vfake_reaches(t->node, answer->node))) {
        if (t->lost_answer)
            t->lost = 1; /* the server may as well be gone */
        vipc_timer_set(&net->events, timer, net->now + VFAKE_REPEAT);
        return;
    }
    answer->transaction = NULL;
    timer->fire = come_back;
    vipc_timer_set(&net->events, timer, net->now + vfake_delay(net));
    if (!t)
        return;
    if (t->call->slots > 1) /* last, for whom it tells may end the node */
        tell_several(t, answer);
    else
        tell_one(t, answer);
}

void vfake_answer_send(struct vfake_transaction *t, struct vfake_node *node, const struct vmtp_message *message,
                       const void *segment, uint32_t size, uint32_t chosen, struct vipc_loan *loan) {
    vipc_fake *net = node->net;
    struct vfake_answer *answer = vfake_new(sizeof *answer + (loan ? 0 : size));
    *answer = (struct vfake_answer){.next = node->answers,
                                    .node = node,
                                    .transaction = t,
                                    .message = *message,
                                    .segment = loan ? segment : answer->octets,
                                    .size = size,
                                    .chosen = chosen,
                                    .loan = loan,
                                    .timer = {.fire = arrive, .context = answer}};
    if (size && !loan)
        memcpy(answer->octets, segment, size);
    answer->message.code &= ~VMTP_SDA;
    if (size) {
        answer->message.code |= VMTP_SDA;
        answer->message.words[6] = size;
    }
    node->answers = answer;
    vmtp_time delay = vfake_delay(net);
    if (t->call->flags & VIPC_CALL_DELAYED)
        delay += vfake_random(net) % (100 * VMTP_MILLISECOND);
    if (t->group && vfake_chance(net, net->faults.answers))
        answer->transaction = NULL;
    while (vfake_chance(net, net->faults.frames))
        delay += VFAKE_REPEAT;
    vipc_timer_set(&net->events, &answer->timer, net->now + delay);
}

int vfake_reply(vipc *ipc, struct vipc_incoming *given, const struct vmtp_message *message, const void *segment,
                uint32_t size, uint32_t flags, struct vipc_loan *loan) {
    struct vfake_node *node = vfake_node_of(ipc);
    struct vfake_incoming *in = vfake_incoming_of(given);
    struct vfake_transaction *t = given->datagram ? NULL : in->transaction;
    struct vmtp_message answer = *message;
    const int wanted = (given->message.code & VMTP_MDM) && !given->segment_size && (flags & VIPC_REPLY_CHOSEN);
    answer.server = given->service->entity;
    if (flags & VIPC_REPLY_IDEMPOTENT)
        answer.code |= VMTP_DGM;
    if (t) {
        vfake_answer_send(t, node, &answer, segment, size, wanted ? given->message.words[5] : 0, loan);
        t->state = VFAKE_ANSWERED;
        node->stats.answers++;
    }
    vfake_incoming_end(in);
    return t ? 0 : VMTP_E_STALE;
}

void vfake_answers_forget(vipc_fake *net, const struct vfake_transaction *t) {
    for (struct vfake_node *node = net->nodes; node; node = node->next)
        for (struct vfake_answer *answer = node->answers; answer; answer = answer->next)
            if (answer->transaction == t)
                answer->transaction = NULL;
}

void vfake_answers_end(struct vfake_node *node, int gently) {
    while (node->answers) {
        if (!gently)
            node->answers->loan = NULL;
        if (node->answers->transaction)
            node->answers->transaction->state = VFAKE_TAKEN;
        give_back(node->answers);
    }
}
