/* SPDX-License-Identifier: BSD-2-Clause */
/* control.c - single packets that belong to no packet group record: management, and segmentless Responses sent again. */
#include <stddef.h>

#include "internal.h"

enum { CONTROL_FREE, CONTROL_QUEUED, CONTROL_OUT };

struct control *veng_control_new(struct vmtp_engine *e) {
    struct control *c = veng_pool_take(&e->controls);
    if (!c) {
        COUNT(e, DROP_CONTROL_FULL);
        return NULL;
    }
    memset(c, 0, offsetof(struct control, data));
    return c;
}

void veng_control_send(struct vmtp_engine *e, struct control *c) {
    struct control *before = e->control_tail;
    c->state = CONTROL_QUEUED;
    c->rank = (uint8_t)vmtp_priority_rank(vmtp_get_priority(c->header));
    if (before && before->rank < c->rank) /* behind all that is as urgent */
        for (before = NULL; (before ? before->next : e->control_head)->rank >= c->rank;)
            before = before ? before->next : e->control_head;
    c->next = before ? before->next : e->control_head;
    if (before)
        before->next = c;
    else
        e->control_head = c;
    if (!c->next)
        e->control_tail = c;
}

int veng_control_output(struct vmtp_engine *e, struct vmtp_tx *tx) {
    struct control *c = e->control_head;
    e->control_head = c->next;
    if (!e->control_head)
        e->control_tail = NULL;
    c->state = CONTROL_OUT;
    uint32_t flags = vmtp_get_packet_flags(c->header);
    if (e->config.checksum == VMTP_CHECKSUM_HEADER)
        flags |= VMTP_HCO;
    memcpy(tx->header, c->header, VMTP_HEADER_OCTETS);
    memcpy(tx->dst, c->mac, 6);
    vmtp_put_length_word(tx->header, e->config.domain, flags, vmtp_padded(c->data_octets) / 4u);
    vmtp_put_delivery(tx->header, vmtp_blocks_mask(c->data_octets));
    tx->slice_count = c->data_octets ? 1 : 0;
    tx->slices[0].octets = c->data;
    tx->slices[0].length = c->data_octets;
    tx->token = veng_handle_of(KIND_CONTROL, pool_index(&e->controls, c), 0);
    tx->detail = 0;
    veng_trailer_write(e, tx, c->data_octets);
    return 1;
}

void veng_control_result(struct vmtp_engine *e, uint32_t index, enum vmtp_tx_outcome outcome) {
    struct control *c = index < e->controls.count ? pool_at(&e->controls, index) : NULL;
    if (!c || c->state != CONTROL_OUT)
        return;
    if (outcome == VMTP_TX_RETRY) {
        veng_control_send(e, c);
        return;
    }
    c->state = CONTROL_FREE;
    veng_pool_give(&e->controls, c);
}
