/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The wire library against octets from anybody.  The input is a packet as received; the same octets also serve as
 * the text of an entity identifier and as a delivery mask to cut.  Beyond memory errors, which the
 * sanitizers find, this checks what must hold for every input.
 */
#include <stdlib.h>

#include <vmtp/wire.h>

#include "fuzz.h"

/* Any 64 octets decode to fields that encode to the same octets. */
static void header_round_trip(const uint8_t *header) {
    struct vmtp_header fields;
    uint8_t again[VMTP_HEADER_OCTETS];
    vmtp_header_decode(&fields, header);
    vmtp_header_encode(again, &fields);
    MUST(memcmp(header, again, sizeof again) == 0);
}

/* At every size: the terminating zero is there and the length told is the same. */
static void describe(const struct vmtp_view *view) {
    char line[600];
    int length = vmtp_packet_describe(line, sizeof line, view);
    MUST(length > 0 && length < (int)sizeof line);
    MUST(strlen(line) == (size_t)length);
    size_t small = view->header[VMTP_AT_TRANSACTION] % (size_t)length;
    char *exact = malloc(small + 1);
    if (exact) {
        MUST(vmtp_packet_describe(exact, small + 1, view) == length);
        MUST(memcmp(exact, line, small) == 0 && exact[small] == '\0');
        free(exact);
    }
}

/* Sums taken while copying out lead to the same verdict as reading the packet again. */
static enum vmtp_packet_fault verify_both_ways(const struct vmtp_view *view) {
    enum vmtp_packet_fault fault = vmtp_view_verify(view, NULL);
    struct vmtp_sum sum;
    uint8_t *copy = malloc(view->data_octets ? view->data_octets : 1);
    vmtp_sum_init(&sum);
    vmtp_sum_add(&sum, view->header, VMTP_HEADER_OCTETS);
    if (copy) {
        vmtp_sum_copy(&sum, copy, view->data, view->data_octets);
        MUST(memcmp(copy, view->data, view->data_octets) == 0);
        MUST(vmtp_view_verify(view, &sum) == fault);
        MUST(vmtp_sum_finish(&sum) == vmtp_checksum(view->header, VMTP_HEADER_OCTETS + view->data_octets));
        free(copy);
    }
    return fault;
}

/* What the engine relies on after VMTP_PACKET_OK. */
static void promises_of_a_good_packet(const struct vmtp_view *view) {
    const uint8_t *h = view->header;
    uint32_t mask = vmtp_get_delivery(h), segment = vmtp_get_segment_size(h);
    MUST(view->data_octets <= VMTP_GROUP_OCTETS && view->data_octets % 8 == 0);
    MUST(view->data_octets == 4 * vmtp_get_length(h));
    if (!(vmtp_get_code(h) & VMTP_SDA)) {
        MUST(mask == 0 && view->data_octets == 0);
        return;
    }
    if (segment <= VMTP_GROUP_OCTETS) {
        MUST((mask & ~vmtp_blocks_mask(segment)) == 0);
        MUST(view->data_octets == ((vmtp_blocks_octets(mask, segment) + 7u) & ~7u));
    }
    MUST((mask == 0) == (view->data_octets == 0));
}

/* The packets of a group are the pending blocks, each once, and each fits. */
static void cut_into_packets(uint32_t pending, uint32_t segment, uint32_t room) {
    uint32_t seen = 0, all = pending;
    for (unsigned packets = 0; pending; packets++) {
        uint32_t next = vmtp_blocks_next(pending, segment, room);
        MUST(packets < VMTP_GROUP_BLOCKS);
        MUST(next != 0 && (next & ~pending) == 0 && (next & seen) == 0);
        MUST(((vmtp_blocks_octets(next, segment) + 7u) & ~7u) <= room);
        seen |= next;
        pending &= ~next;
    }
    MUST(seen == all);
}

/* The checksum made right, so that what comes behind it is reached. */
static void with_right_checksum(const uint8_t *data, size_t size) {
    uint8_t *packet = malloc(size);
    struct vmtp_view view;
    if (!packet)
        return;
    memcpy(packet, data, size);
    size_t covered = packet[10] & 0x80 ? VMTP_HEADER_OCTETS : size - VMTP_CHECKSUM_OCTETS;
    vmtp_store32(packet + size - VMTP_CHECKSUM_OCTETS, vmtp_checksum(packet, covered));
    MUST(vmtp_view_init(&view, packet, size) == VMTP_PACKET_OK);
    enum vmtp_packet_fault fault = verify_both_ways(&view);
    MUST(fault != VMTP_PACKET_CHECKSUM);
    if (fault == VMTP_PACKET_OK)
        promises_of_a_good_packet(&view);
    free(packet);
}

static void as_packet(const uint8_t *data, size_t size) {
    struct vmtp_view view;
    enum vmtp_packet_fault fault = vmtp_view_init(&view, data, size);
    MUST((fault == VMTP_PACKET_SHORT) == (size < VMTP_MIN_PACKET));
    MUST((fault == VMTP_PACKET_OVERSIZED) == (size > VMTP_MAX_PACKET));
    if (fault != VMTP_PACKET_OK)
        return;
    header_round_trip(view.header);
    describe(&view);
    if (verify_both_ways(&view) == VMTP_PACKET_OK)
        promises_of_a_good_packet(&view);
    with_right_checksum(data, size);
    cut_into_packets(vmtp_get_delivery(data), vmtp_get_segment_size(data) % (VMTP_GROUP_OCTETS + 1),
                     VMTP_BLOCK_OCTETS + 8u * (vmtp_get_transaction(data) % 1985u));
}

/* What is read as an identifier is written and read again as the same one. */
static void as_entity_text(const uint8_t *data, size_t size) {
    char text[40], written[VMTP_ENTITY_TEXT];
    vmtp_entity e = 0, again = 1;
    if (size >= sizeof text)
        return;
    if (size)
        memcpy(text, data, size);
    text[size] = '\0';
    if (vmtp_entity_parse(&e, text) != 0)
        return;
    MUST(strlen(vmtp_entity_format(written, e)) == 19);
    MUST(vmtp_entity_parse(&again, written) == 0 && again == e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    as_packet(data, size);
    as_entity_text(data, size);
    return 0;
}
