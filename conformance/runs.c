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

unsigned vc_groups(uint32_t size) { return size ? (size - 1) / VC_SEGMENT_MAX + 1 : 1; }

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

void vc_leave_run(struct vc_test *t, const struct vc_packet *last) {
    struct vc_packet request = vc_request_to(t, last->server, VMTP_TEST_NULL);
    request.client = last->client;
    request.transaction = last->transaction + 1;
    vc_send(t, &request);
    vc_await_response(t, &request, VC_SECOND);
}

unsigned vc_fill_run(struct vc_test *t, const struct vc_packet *first, struct vc_packet **last,
                     struct vc_packet **second, struct vc_packet **refusal) {
    *last = *second = NULL;
    for (unsigned i = 0; i < VC_MOST_HELD; i++) {
        struct vc_packet request = vc_send_of_run(t, first, i, VC_MOST_HELD);
        struct vc_packet *answer = vc_await_answer(t, &request, VC_PATIENCE);
        if (!answer)
            vc_give_up(t, "the server says nothing about a Request of a run");
        *refusal = answer;
        if (answer->function != VMTP_RESPONSE)
            return i;
        *second = i == 1 ? answer : *second;
        *last = answer;
    }
    vc_give_up(t, "the server holds %u Responses and more", VC_MOST_HELD);
}

unsigned vc_fill_records(struct vc_test *t, struct vc_packet *last[VC_FILLERS], struct vc_packet **two) {
    struct vc_packet *second, *refusal;
    for (unsigned n = 0; n < VC_FILLERS; n++) {
        struct vc_packet first = vc_request(t, VMTP_TEST_NULL);
        if (vc_fill_run(t, &first, &last[n], &second, &refusal) == 0)
            return n;
        *two = second ? second : *two;
    }
    vc_give_up(t, "there is no end of records");
}
