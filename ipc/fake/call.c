/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Transactions as their clients see them.
 *
 * A transaction is looked after again and again: a Request that has not been taken is offered, a server that has it is looked at, and who
 * has not been heard for as long as the patience lasts ends it.
 */
#include <stdlib.h>
#include <string.h>

#include "internal.h"

struct vfake_payload *vfake_payload_make(const struct vmtp_message *message, const void *segment, uint32_t size) {
    struct vfake_payload *payload = vfake_new(sizeof *payload + size);
    payload->users = 1;
    payload->message = *message;
    payload->size = size;
    payload->message.code &= ~VMTP_SDA;
    if (size) {
        memcpy(payload->octets, segment, size);
        payload->message.code |= VMTP_SDA;
        payload->message.words[6] = size;
    }
    return payload;
}

void vfake_payload_drop(struct vfake_payload *payload) {
    if (payload && --payload->users == 0)
        free(payload);
}

/* ---- ending ------------------------------------------------------------------------------------------------- */

void vfake_forget(struct vfake_transaction *t) {
    struct vfake_transaction **at = &t->node->transactions;
    while (*at != t)
        at = &(*at)->next;
    *at = t->next;
    vipc_timer_cancel(&t->tick);
    vipc_timer_cancel(&t->limit);
    for (struct vfake_incoming *in = t->taken; in; in = in->beside)
        in->transaction = NULL;
    vfake_copies_forget(t->node->net, t);
    vfake_answers_forget(t->node->net, t);
    vfake_unsee(&t->seen);
    t->client->calling = 0;
    t->call->record = NULL;
    vfake_payload_drop(t->payload);
    free(t);
}

void vfake_finish(struct vfake_transaction *t, int result) {
    struct vipc_call *call = t->call;
    vipc *ipc = &t->node->base;
    if (t->group && call->answers)
        result = 0;
    vfake_forget(t);
    call->ipc = NULL;
    ipc->happened++;
    call->done(call, result);
}

void vfake_cancel(vipc *ipc, struct vipc_call *call) {
    (void)ipc;
    vfake_forget(call->record);
}

static void at_deadline(struct vipc_timer *timer) { vfake_finish(timer->context, (int)VMTP_USER_TIMEOUT); }

/* ---- looking after ------------------------------------------------------------------------------------------ */

void vfake_look_after(struct vfake_transaction *t, vmtp_time later) {
    vipc_timer_set(&t->node->net->events, &t->tick, t->node->net->now + later);
}

/* Offers the Request to the server, who is there. */
static void offer(struct vfake_transaction *t, struct vfake_host *host) {
    t->state = VFAKE_TAKEN;
    vfake_look_after(t, VFAKE_REPEAT);
    int r = host ? vfake_deliver(host, t->payload, t, t->client->id, 0) : VMTP_E_FULL;
    if (r == 0)
        return; /* nothing may be said of t: it may be over */
    t->state = VFAKE_SENDING;
    if (r == VMTP_E_TOO_LARGE)
        vfake_finish(t, (int)VMTP_ERROR);
    else
        vfake_look_after(t, VFAKE_BUSY_PAUSE);
}

/* Is anybody there to say something about the entity?  About one that is gone only its node can, if it can be asked. */
static int answers(const struct vfake_transaction *t, const struct vfake_entity *server) {
    if (!server || !vfake_reaches(t->node, server->node))
        return 0;
    if (server->alive)
        return 1;
    return server->node == t->node ? t->state != VFAKE_SENDING : vfake_is_seen(t->node->known, server->id);
}

/* Of a call to one entity. */
static void look(struct vfake_transaction *t) {
    vipc_fake *net = t->node->net;
    const struct vfake_entity *server = vfake_entity_find(net, t->server);
    const int there = !t->lost && answers(t, server);
    if (there)
        t->heard = net->now;
    if (there && server->alive)
        vfake_see(&t->node->known, server->id);
    if (!there && net->now - t->heard >= net->faults.patience)
        vfake_finish(t, (int)VMTP_RETRANS_TIMEOUT);
    else if (!there || t->state == VFAKE_ANSWERED)
        vfake_look_after(t, VFAKE_REPEAT);
    else if (!server->alive)
        vfake_finish(t, (int)VMTP_NONEXISTENT_ENTITY);
    else if (t->state == VFAKE_SENDING && vfake_chance(net, net->faults.frames))
        vfake_look_after(t, VFAKE_REPEAT);
    else if (t->state == VFAKE_SENDING)
        offer(t, server->host);
    else if (t->state == VFAKE_DISCARDED)
        vfake_finish(t, (int)VMTP_RESPONSE_DISCARDED);
    else
        vfake_look_after(t, VFAKE_REPEAT);
}

/* Of a call to a group: once more, while nobody has answered. */
static void repeat(struct vfake_transaction *t) {
    if (t->call->answers || t->repeats > VFAKE_REPEATS) {
        if (!t->call->answers && t->call->slots < 2)
            vfake_finish(t, (int)VMTP_RETRANS_TIMEOUT);
        return;
    }
    if (t->repeats++)
        t->node->stats.group_repeats++;
    vfake_look_after(t, t->repeats > VFAKE_REPEATS ? t->node->net->faults.patience : VFAKE_REPEAT);
    vfake_send_copies(t);
}

/* Of ProbeEntity: the node where the entity is says so; of one that was there, if it can be asked. */
static void look_for(struct vfake_transaction *t) {
    vipc_fake *net = t->node->net;
    const struct vfake_entity *entity = vfake_entity_find(net, t->server);
    if (!t->lost && answers(t, entity)) {
        t->call->answer = (struct vmtp_message){.server = VMTP_MANAGER_GROUP,
                                                .code = entity->alive ? VMTP_OK : VMTP_NONEXISTENT_ENTITY};
        vfake_finish(t, 0);
    } else if (net->now - t->heard >= net->faults.patience) {
        vfake_finish(t, (int)VMTP_RETRANS_TIMEOUT);
    } else {
        vfake_look_after(t, VFAKE_REPEAT);
    }
}

static void look_after(struct vipc_timer *timer) {
    struct vfake_transaction *t = timer->context;
    if (t->cancelled) {
        vfake_finish(t, VMTP_E_CANCELLED);
    } else if (t->probe) {
        look_for(t);
    } else if (t->payload->message.code & VMTP_DGM) {
        vfake_send_copies(t);
        vfake_finish(t, 0);
    } else if (t->group) {
        repeat(t);
    } else {
        look(t);
    }
}

/* ---- beginning ---------------------------------------------------------------------------------------------- */

/* The entity that calls: NULL and *error, or it. */
static struct vfake_entity *client_for(struct vfake_node *node, const struct vipc_call *call, int *error) {
    if (!call->client)
        return vfake_entity_client(node);
    struct vfake_entity *e = vfake_entity_find(node->net, call->client);
    *error = !e || !e->alive || e->node != node || !e->host ? VMTP_E_NO_ENTITY : e->calling ? VMTP_E_IN_CALL : 0;
    return *error ? NULL : e;
}

static void count(struct vfake_node *node, const struct vfake_transaction *t) {
    const int datagram = (t->payload->message.code & VMTP_DGM) != 0;
    if (t->group)
        *(datagram ? &node->stats.group_datagrams : &node->stats.group_calls) += 1;
    else
        *(datagram ? &node->stats.datagrams : &node->stats.calls) += 1;
}

static struct vfake_payload *request_of(const struct vipc_call *call) {
    struct vmtp_message message = call->message;
    if (call->slots > 1)
        message.code |= VMTP_MRD;
    if (call->flags & VIPC_CALL_PARTIAL) {
        const uint32_t blocks = (call->capacity + VMTP_BLOCK_OCTETS - 1) / VMTP_BLOCK_OCTETS;
        message.code |= VMTP_MDM;
        message.words[5] = UINT32_MAX >> (VMTP_GROUP_BLOCKS - blocks);
    }
    return vfake_payload_make(&message, call->segment, call->segment_size);
}

int vfake_start(vipc *ipc, struct vipc_call *call) {
    struct vfake_node *node = vfake_node_of(ipc);
    vipc_fake *net = node->net;
    int error = 0;
    if (!node->up)
        return VMTP_E_DOWN;
    struct vfake_entity *client = client_for(node, call, &error);
    if (!client)
        return error;
    struct vfake_transaction *t = vfake_new(sizeof *t);
    *t = (struct vfake_transaction){.next = node->transactions,
                                    .node = node,
                                    .call = call,
                                    .client = client,
                                    .payload = request_of(call),
                                    .server = call->message.server,
                                    .group = vmtp_is_group(call->message.server),
                                    .heard = net->now,
                                    .tick = {.fire = look_after, .context = t},
                                    .limit = {.fire = at_deadline, .context = t}};
    if (call->message.server == VMTP_MANAGER_GROUP &&
        (call->message.code & VMTP_CODE_MASK) == (VMTP_PROBE_ENTITY & VMTP_CODE_MASK)) {
        t->probe = 1;
        t->group = 0;
        t->server = vmtp_message_coresident(&call->message);
    }
    const int datagram = (t->payload->message.code & VMTP_DGM) != 0;
    t->lost = !t->group && !datagram && vfake_chance(net, net->faults.loss);
    t->lost_answer = !t->group && vfake_chance(net, net->faults.answers);
    node->transactions = t;
    client->calling = 1;
    call->record = t;
    count(node, t);
    vfake_look_after(t, t->group || datagram ? 0 : vfake_delay(net));
    if (!datagram)
        vipc_timer_set(&net->events, &t->limit, call->deadline);
    return 0;
}
