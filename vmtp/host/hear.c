/* SPDX-License-Identifier: BSD-2-Clause */
/* Responses that other members of a group send to the group, kept with the Request that they answer until that is answered here. */
#include "internal.h"

static void drop_first(vmtp_host *host, struct vhost_slot *slot) {
    struct vhost_heard *first = slot->heard;
    slot->heard = first->next;
    slot->heard_count--;
    vhost_release(host, first);
}

void vhost_hear_forget(vmtp_host *host, struct vhost_slot *slot) {
    while (slot->heard)
        drop_first(host, slot);
    slot->heard_taken = 0;
}

void vhost_hear_keep(vmtp_host *host, struct vhost_slot *slot, const struct vmtp_event *event) {
    if (slot->heard_count == VHOST_HEARD_MOST)
        return; /* they may be lost on the way as well */
    struct vhost_heard *heard = host->world.allocate(host->world.context, sizeof *heard + (size_t)event->segment_size, 0);
    struct vhost_heard **end = &slot->heard;
    if (!heard)
        return;
    heard->next = NULL;
    heard->event = *event;
    heard->event.segment = event->segment_size ? heard->octets : NULL;
    if (event->segment_size)
        memcpy(heard->octets, event->segment, event->segment_size);
    while (*end)
        end = &(*end)->next;
    *end = heard;
    slot->heard_count++;
}

struct hearer {
    const struct vmtp_incoming *in;
    struct vmtp_event *response;
};

static int heard(vmtp_host *host, void *context, int *result) {
    const struct hearer *hearer = context;
    struct vhost_slot *slot = hearer->in->handle ? vhost_serve_held(host, hearer->in) : NULL;
    *result = VMTP_E_STALE;
    if (!slot)
        return 1;
    if (slot->heard_taken)
        drop_first(host, slot);
    slot->heard_taken = slot->heard != NULL;
    if (!slot->heard)
        return 0;
    *hearer->response = slot->heard->event;
    *result = 0;
    return 1;
}

int vmtp_host_overhear(vmtp_host *host, const struct vmtp_incoming *in, struct vmtp_event *response, vmtp_time deadline) {
    struct hearer hearer = {in, response};
    return vhost_until(host, heard, &hearer, deadline);
}
