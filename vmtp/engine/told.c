/* SPDX-License-Identifier: BSD-2-Clause */
/* told.c - NotifyVmtpClient: what servers, forwarders and nodes without them tell a client (spec/vmtp.md section 7.5). */
#include "internal.h"

static void sample_notify(struct vmtp_engine *e, struct call *c, unsigned count, vmtp_time now) {
    struct host *h = veng_call_host(e, c);
    /* Only a transmission that asked for acknowledgment is acknowledged at once, and only then is it a round trip. */
    if (h && ((c->asked >> count) & 1u) && now >= c->sent_at[count])
        rtt_sample(&h->rtt, now - c->sent_at[count]);
}

static void resend_blocks(struct vmtp_engine *e, struct call *c, uint32_t blocks, vmtp_time now) {
    c->retransmits++;
    c->retries = 0;
    e->counters[VMTP_COUNT_BLOCKS_RETRANSMITTED] += (unsigned)__builtin_popcount(blocks);
    veng_call_transmit(e, c, blocks, c->purpose == FOR_FORWARD, now);
}

/* Five times without getting on is enough, whatever the server goes on to say (VMTP-7.5-09). */
static void told_to_retry(struct vmtp_engine *e, struct call *c, uint32_t delivery, uint32_t again, vmtp_time now) {
    if (c->tx.queued)
        return; /* on its way already */
    veng_pace_loss(e, &c->tx, delivery, now);
    if (delivery & ~c->delivered) {
        c->delivered |= delivery;
        c->stalls = 0;
    }
    if (c->stalls++ >= e->config.timers.request_retries)
        veng_call_finish(e, c, VMTP_RETRANS_TIMEOUT, now);
    else
        resend_blocks(e, c, again, now);
}

/* Where it is found may be where it was said to have left, also because the one that left is another entity of its node's. */
static void follow_server(struct vmtp_engine *e, struct call *c, vmtp_time now) {
    if (c->relocated && c->relocated >= e->config.timers.request_retries) {
        veng_call_finish(e, c, VMTP_RETRANS_TIMEOUT, now);
        return;
    }
    c->moved = 1;
    c->absent = 0;
    veng_call_relocate(e, c, now);
}

static void client_told(struct vmtp_engine *e, struct call *c, uint32_t code, uint32_t delivery, vmtp_time now) {
    if (c->purpose == FOR_FORWARD && veng_forward_told(e, c, code, delivery, now))
        return;
    switch (code) {
    case VMTP_OK: veng_call_acknowledged(e, c, now); break;
    case VMTP_RETRY:
        if (veng_call_lacks(c, delivery))
            told_to_retry(e, c, delivery, veng_call_lacks(c, delivery), now);
        else
            veng_call_acknowledged(e, c, now);
        break;
    case VMTP_RETRY_ALL: told_to_retry(e, c, 0, veng_call_lacks(c, 0), now); break;
    case VMTP_BUSY: veng_call_back_off(e, c, now); break;
    case VMTP_ENTITY_MIGRATED:
        if (c->purpose == FOR_REMOTE && !c->multicast) { /* a Client that has left where it was */
            c->multicast = 1;
            vmtp_put_length_word(c->tx.header, e->config.domain, VMTP_MPG, 0);
            veng_call_begin(e, c, now);
        } else if (!c->multicast && (c->purpose == FOR_USER || c->purpose == FOR_FORWARD)) {
            follow_server(e, c, now); /* a group does not migrate, and a Probe must not wait for itself */
        }
        break;
    case VMTP_NONEXISTENT_ENTITY:
        if ((c->cached || c->acknowledged || c->retransmits) && !c->relocated &&
            !c->multicast) { /* it may have moved: ask once */
            c->absent = 1;
            veng_call_relocate(e, c, now);
            break;
        }
        veng_call_forget_server(e, c);
        veng_call_finish(e, c, code, now);
        break;
    default: veng_call_finish(e, c, code, now); break;
    }
}

/*
 * Each packet of a run that is refused is answered, but after the first of these answers the Requests go out again in another form:
 * what is said about packets sent before does not concern it.  A node that never streams has sent nothing in another form.
 */
static int speaks_of_another_form(const struct vmtp_engine *e, const struct entity *n, const struct call *c,
                                  uint32_t code, uint32_t retransmit) {
    if (code == VMTP_STREAMING_NOT_SUPPORTED && n && n->serial && !e->config.no_streams && !veng_call_in_run(c))
        return 1;
    if (retransmit == (c->retransmits & 7u))
        return 0;
    return code == VMTP_NO_RUN_RECORD || code == VMTP_STREAMING_NOT_SUPPORTED ||
           (code == VMTP_MSGTRANS_OVERFLOW && !veng_call_in_run(c));
}

/* What the node where its server was not, or is no more, goes on to say of what was sent there. */
static int speaks_of_another_node(const struct call *c, const struct arrival *a, uint32_t code) {
    return (code == VMTP_NONEXISTENT_ENTITY || code == VMTP_ENTITY_MIGRATED) && c->relocated &&
           memcmp(a->rx->src, c->left_mac, 6) == 0 && memcmp(c->tx.mac, c->left_mac, 6) != 0;
}

int veng_call_notified(struct vmtp_engine *e, struct arrival *a) {
    vmtp_entity client = vmtp_load64(a->h + 36);
    struct entity *n = veng_entity_find(e, client);
    uint32_t ctrl = vmtp_load32(a->h + 44), transact = vmtp_load32(a->h + 52);
    uint32_t delivery = vmtp_load32(a->h + 56), code = CODE24(vmtp_load32(a->h + 60));
    struct call *forward = veng_forward_call_of(e, a, client, transact);
    struct call *c = forward ? forward : n ? veng_outstanding_notified(e, n, transact, code) : NULL;
    int secure = code == VMTP_SECURITY_NOT_SUPPORTED && transact == 0; /* that host cannot know the transaction */
    if (!c || c->datagram)
        return DROP(e, DROP_BAD_NOTIFY);
    int receiving = c->state == CALL_RECEIVING_RESPONSE &&
                    (code == VMTP_RESPONSE_DISCARDED || code == VMTP_ENTITY_MIGRATED);
    if (!receiving && c->state != CALL_AWAITING_RESPONSE)
        return DROP(e, DROP_BAD_NOTIFY);
    if (secure)
        return DROP(e, DROP_BAD_NOTIFY); /* we never send secure Requests */
    if (speaks_of_another_form(e, n, c, code, (ctrl >> 20) & 7u) || speaks_of_another_node(c, a, code))
        return DROP(e, DROP_BAD_NOTIFY);
    COUNT(e, NOTIFY_IN);
    sample_notify(e, c, (ctrl >> 20) & 7u, a->now);
    if (e->sequences && (ctrl & VMTP_NRS))
        veng_sequence_told(e, c, vmtp_load32(a->h + 48));
    if (c->multicast && c->purpose == FOR_USER)
        veng_group_told(e, c, a, code, delivery);
    else if (!veng_call_in_run(c) || !veng_outstanding_told(e, c, code, transact, delivery, (ctrl >> 20) & 7u, a->now))
        client_told(e, c, code, delivery, a->now);
    return 0;
}
