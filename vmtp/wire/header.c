/* SPDX-License-Identifier: BSD-2-Clause */
/* A header as fields and back.  Neither direction judges: every 64 octets decode, and encode to themselves. */
#include <vmtp/wire.h>

#define CONTROL_FLAGS 0xff800000u /* the 9 highest bits of the word at octet 12 */

void vmtp_header_decode(struct vmtp_header *out, const uint8_t *octets) {
    uint32_t flags = vmtp_get_packet_flags(octets);
    out->client = vmtp_get_client(octets);
    out->version = (uint8_t)vmtp_get_version(octets);
    out->domain = (uint16_t)vmtp_get_domain(octets);
    out->hco = (flags & VMTP_HCO) != 0;
    out->epg = (flags & VMTP_EPG) != 0;
    out->mpg = (flags & VMTP_MPG) != 0;
    out->length = (uint16_t)vmtp_get_length(octets);
    out->flags = vmtp_get_control(octets) & CONTROL_FLAGS;
    out->retransmit = (uint8_t)vmtp_get_retransmit_count(octets);
    out->forward = (uint8_t)vmtp_get_forward_count(octets);
    out->gap = (uint8_t)vmtp_get_gap(octets);
    out->priority = (uint8_t)vmtp_get_priority(octets);
    out->reserved = (octets[15] >> 1) & 7u;
    out->function = (uint8_t)vmtp_get_function(octets);
    out->transaction = vmtp_get_transaction(octets);
    out->delivery = vmtp_get_delivery(octets);
    out->server = vmtp_get_server(octets);
    out->code = vmtp_get_code(octets);
    for (unsigned i = 0; i < 7; i++)
        out->words[i] = vmtp_load32(octets + VMTP_AT_USER + 4u * i);
}

void vmtp_header_encode(uint8_t *octets, const struct vmtp_header *in) {
    uint32_t word = ((uint32_t)(in->version & 7u) << 29) | ((uint32_t)(in->domain & 0x1fffu) << 16) |
                    (in->hco ? VMTP_HCO : 0u) | (in->epg ? VMTP_EPG : 0u) | (in->mpg ? VMTP_MPG : 0u) |
                    (in->length & 0x1fffu);
    vmtp_put_client(octets, in->client);
    vmtp_store32(octets + VMTP_AT_LENGTH, word);
    vmtp_put_control(octets, vmtp_control(in->flags & CONTROL_FLAGS, in->retransmit, in->forward, in->gap, in->priority,
                                          in->function) |
                                 ((in->reserved & 7u) << 1));
    vmtp_put_transaction(octets, in->transaction);
    vmtp_put_delivery(octets, in->delivery);
    vmtp_put_server(octets, in->server);
    vmtp_put_code(octets, in->code);
    for (unsigned i = 0; i < 7; i++)
        vmtp_store32(octets + VMTP_AT_USER + 4u * i, in->words[i]);
}
