/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * partial.c - chosen blocks: of an idempotent Response that did not come whole the client asks for the rest, by MsgDelivery of
 * its Request (spec/vmtp.md section 13.7; RFC 1045 section 4.9, note 1).
 */
#include "internal.h"

/* An idempotent operation that understands MsgDelivery, asked by a Request that has no segment of its own. */
int veng_partial_allowed(const struct vmtp_request *r) {
    return !r->segment_size && r->response_size && r->response_size <= VMTP_GROUP_OCTETS && r->response_slots <= 1 &&
           !(r->message.code & (VMTP_MDM | VMTP_SDA | VMTP_DGM)) && !(r->flags & VMTP_CALL_MORE) &&
           !vmtp_is_group(r->message.server);
}

void veng_partial_begin(struct call *c, uint32_t response_size) {
    uint8_t *h = c->tx.header;
    vmtp_put_code(h, vmtp_get_code(h) | VMTP_MDM);
    vmtp_put_msg_delivery(h, vmtp_blocks_mask(response_size));
}

/* The operation is done again for what is missing. */
void veng_partial_ask(struct call *c, const struct slot *s) { vmtp_put_msg_delivery(c->tx.header, s->want & ~s->have); }

/* Is this the same Response as before but for the blocks that it has?  Then they complete what is there. */
int veng_partial_goes_on(const struct call *c, struct slot *s, const struct arrival *a) {
    const size_t mask = VMTP_AT_USER + 20u, end = mask + 4u;
    const uint8_t *h = s->header;
    if (!c->partial || (a->code & (VMTP_MDM | VMTP_SDA)) != (VMTP_MDM | VMTP_SDA) ||
        memcmp(h + VMTP_AT_SERVER, a->h + VMTP_AT_SERVER, mask - VMTP_AT_SERVER) != 0 ||
        memcmp(h + end, a->h + end, VMTP_HEADER_OCTETS - end) != 0)
        return 0;
    vmtp_put_msg_delivery(s->header, vmtp_get_msg_delivery(a->h));
    return 1;
}

/* The server's side: the Request chooses the blocks of a Response that may be made again. */
void veng_partial_choose(const struct request *q, struct remote *r, const struct vmtp_reply *reply) {
    uint32_t asked = vmtp_get_msg_delivery(q->header) & vmtp_blocks_mask(reply->segment_size);
    if (!(r->code & VMTP_DGM) || !asked || (vmtp_get_code(q->header) & (VMTP_MDM | VMTP_SDA)) != VMTP_MDM)
        return;
    r->code |= VMTP_MDM;
    r->words[5] = asked;
}
