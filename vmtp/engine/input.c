/* SPDX-License-Identifier: BSD-2-Clause */
/* input.c - a packet arrives: the checks of spec/vmtp.md section 5.1, in their order, and who gets it. */
#include "internal.h"

static int dropped_by_view(struct vmtp_engine *e, enum vmtp_packet_fault fault) {
    switch (fault) {
    case VMTP_PACKET_SHORT: return DROP(e, DROP_SHORT);
    case VMTP_PACKET_OVERSIZED: return DROP(e, DROP_OVERSIZED);
    case VMTP_PACKET_VERSION: return DROP(e, DROP_VERSION);
    case VMTP_PACKET_CHECKSUM: return DROP(e, DROP_CHECKSUM);
    case VMTP_PACKET_LENGTH: return DROP(e, DROP_LENGTH);
    default: return DROP(e, DROP_DELIVERY);
    }
}

/* A packet that is sound but contradicts itself: its sender is told, unless that could make a loop or a storm. */
static void tell_of_error(struct vmtp_engine *e, struct arrival *a) {
    if (vmtp_get_function(a->h) == VMTP_REQUEST)
        veng_notify_client(e, a, 0, VMTP_ERROR);
    else
        veng_notify_server(e, a, 0, VMTP_ERROR);
}

static void read_fields(struct arrival *a) {
    a->client = vmtp_get_client(a->h);
    a->server = vmtp_get_server(a->h);
    a->control = vmtp_get_control(a->h);
    a->code = vmtp_get_code(a->h);
    a->transaction = vmtp_get_transaction(a->h);
    a->multicast = (vmtp_get_packet_flags(a->h) & VMTP_MPG) != 0 || (a->rx->dst[0] & 1u);
    uint32_t code = CODE24(a->code);
    a->notify = vmtp_get_function(a->h) == VMTP_REQUEST && code >= CODE24(VMTP_NOTIFY_VMTP_CLIENT) &&
                code <= CODE24(VMTP_NOTIFY_REMOTE_VMTP_CLIENT);
}

/* Encrypted: everything behind Length is unreadable, so only the Client can be told, and of no transaction (H54). */
static int encrypted(struct vmtp_engine *e, struct arrival *a) {
    a->multicast = (vmtp_get_packet_flags(a->h) & VMTP_MPG) != 0 || (a->rx->dst[0] & 1u);
    a->client = vmtp_get_client(a->h);
    a->code = a->control = a->transaction = 0;
    uint8_t blank[VMTP_HEADER_OCTETS] = {0};
    a->h = blank;
    veng_notify_client(e, a, 0, VMTP_SECURITY_NOT_SUPPORTED);
    return DROP(e, DROP_ENCRYPTED);
}

static int verified(struct vmtp_engine *e, struct arrival *a) {
    if (a->view.checksum == 0 && e->config.require_checksum)
        return DROP(e, DROP_NO_CHECKSUM);
    enum vmtp_packet_fault fault = vmtp_view_verify(&a->view, NULL);
    if (fault == VMTP_PACKET_OK)
        return 0;
    read_fields(a);
    if (fault != VMTP_PACKET_CHECKSUM && e->block)
        tell_of_error(e, a);
    return dropped_by_view(e, fault);
}

int vmtp_input(vmtp_engine *e, const struct vmtp_rx *rx, vmtp_time now) {
    struct arrival a = {.rx = rx, .now = now};
    COUNT(e, PACKETS_IN);
    enum vmtp_packet_fault fault = vmtp_view_init(&a.view, rx->packet, rx->length);
    if (fault == VMTP_PACKET_SHORT || fault == VMTP_PACKET_OVERSIZED)
        return dropped_by_view(e, fault);
    if (rx->flags & VMTP_RX_TRUNCATED)
        return DROP(e, DROP_TRUNCATED);
    if (fault != VMTP_PACKET_OK)
        return dropped_by_view(e, fault);
    a.h = a.view.header;
    if (vmtp_get_domain(a.h) != e->config.domain)
        return DROP(e, DROP_DOMAIN);
    if (memcmp(rx->src, e->config.mac, 6) == 0)
        return DROP(e, DROP_OWN);
    if (vmtp_get_packet_flags(a.h) & VMTP_EPG)
        return encrypted(e, &a);
    int unsound = verified(e, &a);
    if (unsound)
        return unsound;
    read_fields(&a);
    if (a.client == 0 || vmtp_is_group(a.client))
        return DROP(e, DROP_CLIENT_ID);
    return vmtp_get_function(a.h) == VMTP_REQUEST ? veng_request_arrived(e, &a) : veng_response_arrived(e, &a);
}
