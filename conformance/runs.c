/* SPDX-License-Identifier: BSD-2-Clause */
/* Runs of Requests, and messages of several packet groups (spec/vmtp.md section 13.3), as cases send them. */
#include "run.h"

struct vc_packet vc_of_run(const struct vc_packet *first, unsigned i, unsigned n) {
    struct vc_packet p = *first;
    p.transaction += i;
    p.control = first->control | (i ? VMTP_NSR : 0) | (i + 1 < n ? VMTP_NER : 0);
    return p;
}

struct vc_packet vc_send_of_run(struct vc_test *t, const struct vc_packet *first, unsigned i, unsigned n) {
    struct vc_packet p = vc_of_run(first, i, n);
    vc_send(t, &p);
    return p;
}

unsigned vc_groups(uint32_t size) { return size ? (size + VC_SEGMENT_MAX - 1) / VC_SEGMENT_MAX : 1; }

static uint32_t group_octets(uint32_t size, unsigned group) {
    uint32_t left = size - group * VC_SEGMENT_MAX;
    return left < VC_SEGMENT_MAX ? left : VC_SEGMENT_MAX;
}

uint32_t vc_group_blocks(uint32_t size, unsigned group) { return vc_all_blocks(group_octets(size, group)); }

void vc_send_group(struct vc_test *t, const struct vc_packet *first, unsigned group, const uint8_t *segment,
                   uint32_t size, uint32_t mask, uint32_t last_control) {
    struct vc_packet part = vc_of_run(first, group, vc_groups(size));
    uint32_t sti = first->function == VMTP_REQUEST ? first->control & VMTP_STI : 0;
    part.control &= ~VMTP_STI;
    part.control |= part.control & VMTP_NER ? VMTP_CMG : sti;
    do {
        uint32_t two = mask & (~mask + 1);
        two |= (mask & ~two) & (~(mask & ~two) + 1);
        mask &= ~two;
        part.control |= mask ? 0 : last_control;
        vc_carry(&part, segment + group * VC_SEGMENT_MAX, group_octets(size, group), two);
        part.words[6] = size;
        vc_send(t, &part);
    } while (mask);
}
