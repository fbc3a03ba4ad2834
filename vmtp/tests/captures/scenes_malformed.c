/* SPDX-License-Identifier: BSD-2-Clause */
/* Packets that nobody should send, one after the other, and what becomes of them (spec/vmtp.md section 5.1). */
#include "stage.h"
#include "support/foreign.h"

static struct stranger stranger;
static struct actor *local;
static uint8_t octets[VMTP_MAX_PACKET + 64];
static uint32_t length;

static void one_host(void) {
    local = stage_actor(stage_host(NULL), 0);
    actor_serve(local, 2, VMTP_GROUP_OCTETS);
    stranger = stage_stranger();
}

static void make(uint32_t size) {
    struct vmtp_header h = size ? foreign_segment_request(FOREIGN_CLIENT, local->id, 7, size)
                                : foreign_request(FOREIGN_CLIENT, local->id, 7, 0x77);
    length = stranger_makes(octets, &h, size);
}

static void send(void) { stranger_sends_octets(&stranger, mac_of(local->node), octets, length); }

static void sum(void) {
    vmtp_store32(octets + length - VMTP_CHECKSUM_OCTETS, vmtp_checksum(octets, length - VMTP_CHECKSUM_OCTETS));
}

static void short_packet(void) {
    one_host();
    make(0);
    length = VMTP_HEADER_OCTETS;
    send();
}

static void too_long(void) {
    one_host();
    make(VMTP_GROUP_OCTETS);
    length += 32;
    send();
}

static void bad_checksum(void) {
    one_host();
    make(700);
    octets[length - 1] ^= 1;
    send();
}

static void bad_version(void) {
    one_host();
    make(0);
    octets[8] |= 0x20;
    sum();
    send();
}

static void other_domain(void) {
    one_host();
    make(0);
    octets[9] ^= 2;
    sum();
    send();
}

static void bad_length(void) {
    one_host();
    make(700);
    octets[11] = (uint8_t)(octets[11] + 2u);
    sum();
    send();
}

static void bad_delivery(void) {
    one_host();
    struct vmtp_header h = foreign_segment_request(FOREIGN_CLIENT, local->id, 7, 1024);
    h.delivery = 0x80000001;
    stranger_sends(&stranger, mac_of(local->node), &h, 1024);
}

static void client_is_group(void) {
    one_host();
    struct vmtp_header h = foreign_request(FOREIGN_CLIENT | VMTP_ID_GRP, local->id, 7, 0x77);
    stranger_sends(&stranger, mac_of(local->node), &h, 0);
}

static void reserved_bits(void) {
    one_host();
    struct vmtp_header h = foreign_request(FOREIGN_CLIENT, local->id, 7, 0x77 | VMTP_CODE_RESERVED);
    h.reserved = 5;
    stranger_sends(&stranger, mac_of(local->node), &h, 0);
}

static void mismatch(void) {
    one_host();
    struct vmtp_header h = foreign_segment_request(FOREIGN_CLIENT, local->id, 7, 2048);
    h.delivery = 3;
    stranger_sends(&stranger, mac_of(local->node), &h, 1024);
    h.delivery = 0xc;
    h.code ^= 2; /* another code in the same packet group */
    stranger_sends(&stranger, mac_of(local->node), &h, 1024);
}

const struct scene scenes_malformed[] = {
    {"malformed-short", 1500, short_packet},
    {"malformed-too-long", 65535, too_long},
    {"malformed-checksum", 1500, bad_checksum},
    {"malformed-version", 1500, bad_version},
    {"malformed-domain", 1500, other_domain},
    {"malformed-length", 1500, bad_length},
    {"malformed-delivery", 1500, bad_delivery},
    {"malformed-client", 1500, client_is_group},
    {"malformed-reserved", 1500, reserved_bits},
    {"malformed-mismatch", 1500, mismatch},
    {NULL, 0, NULL},
};
