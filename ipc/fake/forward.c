/* SPDX-License-Identifier: BSD-2-Clause */
/* Requests that go on to other servers: as they are, or, where that cannot be, as calls of the server that has them. */
#include <stdlib.h>

#include "internal.h"

struct vfake_relay {
    struct vipc_call call;
    struct vfake_incoming *in;
    struct vfake_payload *payload;
    uint8_t area[];
};

void vfake_relay_end(struct vfake_incoming *in) {
    struct vfake_relay *relay = in->relay;
    if (!relay)
        return;
    in->relay = NULL;
    vipc_cancel(&relay->call);
    vfake_payload_drop(relay->payload);
    free(relay);
}

/* The answer is given to the client, or the reason why there is none (not for a Request to a group: others may answer). */
static void answered(struct vipc_call *call, int result) {
    struct vfake_relay *relay = call->context;
    struct vfake_incoming *in = relay->in;
    struct vfake_transaction *t = in->transaction;
    struct vmtp_message message = call->answer;
    const int good = result == 0 || result == (int)VMTP_BAD_REPLY_SEGMENT;
    message.server = in->in.service->entity;
    if (t && good) {
        vfake_answer_send(t, in->host->entity->node, &message, call->area, call->received, 0, NULL);
        t->state = VFAKE_ANSWERED;
    }
    vfake_incoming_end(in); /* and the call with it */
    if (t && !good && !t->group)
        vfake_finish(t, result < 0 ? (int)VMTP_NONEXISTENT_ENTITY : result);
}

/* It stays in the service's hands, unseen, until the call is over. */
static int relay_it(vipc *ipc, struct vfake_incoming *in, const struct vmtp_message *message, const void *segment,
                    uint32_t size, uint32_t room) {
    struct vfake_relay *relay = vfake_new(sizeof *relay + room);
    relay->in = in;
    relay->payload = vfake_payload_make(message, segment, size);
    relay->call = (struct vipc_call){.message = *message,
                                     .segment = relay->payload->octets,
                                     .segment_size = size,
                                     .area = relay->area,
                                     .capacity = room,
                                     .deadline = VMTP_NEVER,
                                     .client = in->in.service->entity,
                                     .done = answered,
                                     .context = relay};
    int r = vipc_start(ipc, &relay->call);
    if (r == 0) {
        in->relay = relay;
        return 0;
    }
    vfake_payload_drop(relay->payload);
    free(relay);
    return r;
}

static void pass_on(struct vfake_transaction *t, const struct vmtp_message *message, const void *segment, uint32_t size) {
    vipc_fake *net = t->node->net;
    struct vfake_payload *payload = vfake_payload_make(message, segment, size);
    vfake_payload_drop(t->payload);
    t->payload = payload;
    t->server = message->server;
    t->forward_count++;
    t->state = VFAKE_SENDING;
    t->heard = net->now;
    vfake_look_after(t, vfake_delay(net));
}

int vfake_forward(vipc *ipc, struct vipc_incoming *given, const struct vmtp_message *message, const void *segment,
                  uint32_t size, uint32_t relay) {
    struct vfake_node *node = vfake_node_of(ipc);
    struct vfake_incoming *in = vfake_incoming_of(given);
    struct vfake_transaction *t = given->datagram ? NULL : in->transaction;
    if (t && (t->group || t->forward_count == VFAKE_FORWARDS || vmtp_is_group(message->server))) {
        int r = relay ? relay_it(ipc, in, message, segment, size, relay) : VMTP_E_NESTED;
        node->stats.forwards += r == 0;
        return r;
    }
    if (t) {
        pass_on(t, message, segment, size);
        node->stats.forwards++;
    }
    vfake_incoming_end(in);
    return t ? 0 : VMTP_E_STALE;
}
