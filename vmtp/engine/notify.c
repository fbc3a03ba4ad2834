/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * notify.c - NotifyVmtpClient and NotifyVmtpServer, sent as datagrams by an entity of their own, so that they never abort
 * anybody's call (spec/vmtp.md sections 10.9 to 10.11).
 */
#include "internal.h"

static uint8_t *prepare(struct vmtp_engine *e, struct control *c, const uint8_t *mac, uint32_t code) {
    struct entity *n = entity_at(e, e->notifier);
    uint8_t *h = c->header;
    memcpy(c->mac, mac, 6);
    vmtp_put_client(h, n->id);
    vmtp_put_length_word(h, e->config.domain, 0, 0);
    vmtp_put_control(h, vmtp_control(0, 0, 0, 0, 0, VMTP_REQUEST));
    vmtp_put_transaction(h, ++n->transaction);
    vmtp_put_server(h, VMTP_MANAGER_GROUP);
    vmtp_put_code(h, code);
    COUNT(e, NOTIFY_OUT);
    return h;
}

/* What is to be told of a transaction, and to whom. */
struct word {
    const uint8_t *mac;
    vmtp_entity client;
    uint32_t transaction, delivery, code;
};
/* What NVC has besides. */
struct client_word {
    uint32_t control; /* of what caused it */
    uint32_t number;  /* receive sequence, 0: none */
    int forwarded;    /* a forwarder is told */
};

static void send_client(struct vmtp_engine *e, const struct word *w, const struct client_word *of) {
    struct control *c = e->block ? veng_control_new(e) : NULL;
    if (!c)
        return;
    /* The flags of a Response that would be sent now: those that a Request and a Response share. */
    uint32_t ctrl = (of->control & (VMTP_NRT | VMTP_STI | VMTP_NSR | VMTP_NER | VMTP_CMG)) |
                    (of->control & 0x007f00f0u) | VMTP_RESPONSE | (of->number ? VMTP_NRS : 0);
    uint8_t *h = prepare(e, c, w->mac, of->forwarded ? VMTP_NOTIFY_REMOTE_VMTP_CLIENT : VMTP_NOTIFY_VMTP_CLIENT);
    vmtp_store64(h + 36, w->client);
    vmtp_store32(h + 44, ctrl);
    vmtp_store32(h + 48, of->number);
    vmtp_store32(h + 52, w->transaction);
    vmtp_store32(h + 56, w->delivery);
    vmtp_store32(h + 60, w->code);
    veng_control_send(e, c);
}

static void send_server(struct vmtp_engine *e, const struct word *w, vmtp_entity server) {
    struct control *c = e->block ? veng_control_new(e) : NULL;
    if (!c)
        return;
    uint8_t *h = prepare(e, c, w->mac, VMTP_NOTIFY_VMTP_SERVER);
    vmtp_store64(h + 36, server);
    vmtp_store64(h + 44, w->client);
    vmtp_store32(h + 52, w->transaction);
    vmtp_store32(h + 56, w->delivery);
    vmtp_store32(h + 60, w->code);
    veng_control_send(e, c);
}

/* About the Request packet that has just come.  Never about multicast packets, datagrams that did not ask, or Notifies. */
void veng_notify_client(struct vmtp_engine *e, const struct arrival *a, uint32_t delivery, uint32_t code) {
    if (code == VMTP_NONEXISTENT_ENTITY && e->shared) /* it may be at another module of this address */
        return;
    if (a->multicast && !(code == VMTP_RETRY && veng_group_came_again(a)))
        return;
    if (a->notify || ((a->code & VMTP_DGM) && !(a->control & VMTP_APG)))
        return;
    if (a->group_answer) {
        veng_group_tell(a->group_answer, delivery, code);
        return;
    }
    if (code == VMTP_RETRY)
        COUNT(e, RETRY_SENT);
    /* The source of a forwarded Request is its forwarder, who tells the Client what there is to tell (H43). */
    const struct client_word of = {.control = a->control, .forwarded = vmtp_get_forward_count(a->h) > 0};
    send_client(e, &(struct word){a->rx->src, a->client, a->transaction, delivery, code}, &of);
}

/* A Notify about an entity that has left: who asks for a Response of it is to look for it. */
int veng_server_gone(struct vmtp_engine *e, const struct arrival *a) {
    uint32_t code = CODE24(vmtp_load32(a->h + 60));
    int asks = code == VMTP_RETRY || code == VMTP_RETRY_ALL || code == VMTP_BUSY;
    const struct word w = {a->rx->src, vmtp_load64(a->h + 44), vmtp_load32(a->h + 52), 0, VMTP_ENTITY_MIGRATED};
    if (CODE24(a->code) == CODE24(VMTP_NOTIFY_VMTP_SERVER) && asks)
        send_client(e, &w, &(struct client_word){0});
    return DROP(e, DROP_MIGRATED);
}

/* About the Response packet that has just come. */
void veng_notify_server(struct vmtp_engine *e, const struct arrival *a, uint32_t delivery, uint32_t code) {
    if (a->multicast || (a->rx->flags & VMTP_RX_LOCAL) || (code == VMTP_NONEXISTENT_ENTITY && e->shared))
        return;
    send_server(e, &(struct word){a->rx->src, a->client, a->transaction, delivery, code}, a->server);
}

static uint32_t control_of(const struct remote *r) {
    return vmtp_control(0, r->retransmit, r->forward, 0, r->priority, 0);
}

/* OK, and which number the Request has here. */
void veng_notify_number(struct vmtp_engine *e, const struct remote *r, uint32_t transaction, uint32_t delivery,
                        uint32_t number) {
    const struct client_word of = {.control = control_of(r), .number = number};
    if (!r->multicast)
        send_client(e, &(struct word){r->mac, r->client, transaction, delivery, VMTP_OK}, &of);
}

void veng_notify_client_of(struct vmtp_engine *e, const struct remote *r, uint32_t transaction, uint32_t delivery,
                           uint32_t code) {
    if (!r->multicast)
        send_client(e, &(struct word){r->mac, r->client, transaction, delivery, code},
                    &(struct client_word){.control = control_of(r)});
}

void veng_notify_sender_of(struct vmtp_engine *e, const struct remote *r, const struct request *q, uint32_t transaction,
                           uint32_t delivery, uint32_t code) {
    int again = code == VMTP_RETRY && q->again;
    if (r->multicast && !again)
        return;
    if (code == VMTP_RETRY)
        COUNT(e, RETRY_SENT);
    const struct client_word of = {.control = q->in_run ? vmtp_get_control(q->header) : control_of(r),
                                   .forwarded = r->forward > 0};
    send_client(e, &(struct word){r->forward ? q->source : r->mac, r->client, transaction, delivery, code}, &of);
}

/* group: of the Response, whose Transactions follow each other. */
void veng_notify_server_of(struct vmtp_engine *e, const struct slot *s, unsigned group, uint32_t delivery, uint32_t code) {
    if (code == VMTP_RETRY)
        COUNT(e, RETRY_SENT);
    const struct word w = {s->mac, vmtp_get_client(s->header), s->transaction + group, delivery, code};
    send_server(e, &w, s->server);
}
