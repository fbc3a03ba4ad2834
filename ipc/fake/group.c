/* SPDX-License-Identifier: BSD-2-Clause */
/* Copies of Requests on their way: one for each member of a group, or of a datagram. */
#include <stdlib.h>

#include "internal.h"

static void take_out(struct vfake_copy *copy) {
    struct vfake_copy **at = &copy->net->copies;
    while (*at != copy)
        at = &(*at)->next;
    *at = copy->next;
    vipc_timer_cancel(&copy->timer);
    vfake_payload_drop(copy->payload);
    free(copy);
}

static void arrive(struct vipc_timer *timer) {
    struct vfake_copy copy = *(struct vfake_copy *)timer->context;
    struct vfake_entity *to = vfake_entity_find(copy.net, copy.to);
    copy.payload->users++;
    take_out(timer->context);
    const int there = to && to->alive && to->host && vfake_reaches(copy.from, to->node) &&
                      (!copy.group || vfake_is_member(copy.net, copy.group, to));
    if (there && (copy.again || !copy.transaction || !vfake_is_seen(copy.transaction->seen, copy.to))) {
        if (copy.transaction && vfake_has_room(to->host))
            vfake_see(&copy.transaction->seen, copy.to);
        vfake_deliver(to->host, copy.payload, copy.transaction, copy.client, copy.group);
    }
    vfake_payload_drop(copy.payload);
}

static void send_one(struct vfake_transaction *t, vmtp_entity to, int again) {
    vipc_fake *net = t->node->net;
    const int datagram = (t->payload->message.code & VMTP_DGM) != 0;
    struct vfake_copy *copy = vfake_new(sizeof *copy);
    *copy = (struct vfake_copy){.next = net->copies,
                                .net = net,
                                .from = t->node,
                                .transaction = datagram ? NULL : t,
                                .payload = t->payload,
                                .group = t->group ? t->server : 0,
                                .to = to,
                                .client = t->client->id,
                                .again = again,
                                .timer = {.fire = arrive, .context = copy}};
    t->payload->users++;
    net->copies = copy;
    vipc_timer_set(&net->events, &copy->timer, net->now + vfake_delay(net));
}

static void send_to(struct vfake_transaction *t, const struct vfake_entity *to) {
    vipc_fake *net = t->node->net;
    if (!vfake_reaches(t->node, to->node) || vfake_chance(net, net->faults.loss) || vfake_chance(net, net->faults.frames))
        return;
    send_one(t, to->id, 0);
    if (vfake_chance(net, net->faults.duplicate))
        send_one(t, to->id, 1);
}

void vfake_send_copies(struct vfake_transaction *t) {
    vipc_fake *net = t->node->net;
    const struct vfake_entity *one = t->group ? NULL : vfake_entity_find(net, t->server);
    if (one)
        send_to(t, one);
    for (const struct vfake_member *m = net->members; t->group && m; m = m->next)
        if (m->group == t->server && m->entity != t->client)
            send_to(t, m->entity);
}

void vfake_copies_forget(vipc_fake *net, const struct vfake_transaction *t) {
    for (struct vfake_copy *copy = net->copies; copy; copy = copy->next)
        if (copy->transaction == t)
            copy->transaction = NULL;
}

void vfake_copies_end(vipc_fake *net) {
    while (net->copies)
        take_out(net->copies);
}
