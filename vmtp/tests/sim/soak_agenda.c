/* SPDX-License-Identifier: BSD-2-Clause */
/* soak_agenda.c - what happens when: a heap, the next on top. */
#include "soak.h"

static struct soak_item *heap;
static size_t count, room;
static uint64_t sequence;

static int before(const struct soak_item *a, const struct soak_item *b) {
    return a->when != b->when ? a->when < b->when : a->sequence < b->sequence;
}

void soak_agenda_add(vmtp_time when, enum soak_deed deed, const struct soak_host *h, uint32_t which, uint64_t handle) {
    if (count == room) {
        room = room ? room * 2 : 256;
        heap = realloc(heap, room * sizeof *heap);
        REQUIRE(heap, "no memory");
    }
    struct soak_item item = {when, sequence++, deed, h ? h->index : 0, h ? h->boot : 0, which, handle};
    size_t at = count++;
    for (; at > 0 && before(&item, &heap[(at - 1) / 2]); at = (at - 1) / 2)
        heap[at] = heap[(at - 1) / 2];
    heap[at] = item;
}

vmtp_time soak_agenda_next(void) { return count ? heap[0].when : VMTP_NEVER; }

struct soak_item soak_agenda_take(void) {
    struct soak_item top = heap[0], last = heap[--count];
    size_t at = 0;
    for (size_t child; (child = 2 * at + 1) < count; at = child) {
        if (child + 1 < count && before(&heap[child + 1], &heap[child]))
            child++;
        if (!before(&heap[child], &last))
            break;
        heap[at] = heap[child];
    }
    heap[at] = last;
    return top;
}
