/* SPDX-License-Identifier: BSD-2-Clause */
/* sim_queue.c - frames, and those in flight by the time they arrive. */
#include "sim_internal.h"

#include <stdlib.h>

static struct sim_frame *frame_new(size_t length) {
    struct sim_frame *frame = malloc(sizeof *frame + length);
    if (!frame)
        return NULL;
    frame->references = 1;
    frame->length = (uint32_t)length;
    return frame;
}

struct sim_frame *sim_frame_make(const struct vmtp_tx *tx, const uint8_t source[6]) {
    struct sim_frame *frame = frame_new(PORT_ETHERNET_OCTETS + vmtp_tx_octets(tx));
    if (!frame)
        return NULL;
    port_ethernet_header(frame->octets, tx->dst, source, VMTP_ETHERTYPE);
    vmtp_tx_gather(tx, sim_frame_payload(frame));
    return frame;
}

struct sim_frame *sim_frame_copy(const struct sim_frame *frame) {
    struct sim_frame *copy = frame_new(frame->length);
    if (copy)
        memcpy(copy->octets, frame->octets, frame->length);
    return copy;
}

void sim_frame_drop(struct sim_frame *frame) {
    if (--frame->references == 0)
        free(frame);
}

static int before(const struct sim_flight *a, const struct sim_flight *b) {
    return a->when != b->when ? a->when < b->when : a->sequence < b->sequence;
}

int sim_queue_push(struct sim_queue *queue, vmtp_time when, struct sim_frame *frame, struct sim_port *to, int served) {
    if (queue->count == queue->room) {
        size_t room = queue->room ? queue->room * 2 : 64;
        struct sim_flight *heap = realloc(queue->heap, room * sizeof *heap);
        if (!heap)
            return VMTP_E_MEMORY;
        queue->heap = heap;
        queue->room = room;
    }
    struct sim_flight flight = {when, queue->sequence++, frame, to, served};
    size_t at = queue->count++;
    while (at > 0 && before(&flight, &queue->heap[(at - 1) / 2])) {
        queue->heap[at] = queue->heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    queue->heap[at] = flight;
    return 0;
}

struct sim_flight sim_queue_pop(struct sim_queue *queue) {
    struct sim_flight top = queue->heap[0];
    struct sim_flight last = queue->heap[--queue->count];
    size_t at = 0;
    for (size_t child; (child = 2 * at + 1) < queue->count; at = child) {
        if (child + 1 < queue->count && before(&queue->heap[child + 1], &queue->heap[child]))
            child++;
        if (!before(&queue->heap[child], &last))
            break;
        queue->heap[at] = queue->heap[child];
    }
    queue->heap[at] = last;
    return top;
}

void sim_queue_forget(struct sim_queue *queue, const struct sim_port *to) {
    for (size_t i = 0; i < queue->count; i++)
        if (queue->heap[i].to == to)
            queue->heap[i].to = NULL;
}

void sim_queue_free(struct sim_queue *queue) {
    for (size_t i = 0; i < queue->count; i++)
        sim_frame_drop(queue->heap[i].frame);
    free(queue->heap);
    *queue = (struct sim_queue){0};
}
