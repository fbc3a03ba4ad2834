/* SPDX-License-Identifier: BSD-2-Clause */
#include "calling.h"

#include <check.h>

uint8_t calling_segment[VMTP_GROUP_OCTETS];
uint8_t calling_response[VMTP_GROUP_OCTETS];
uint8_t calling_area[VMTP_GROUP_OCTETS + 16];

vmtp_entity call_entity(struct foreign *f) {
    vmtp_entity entity;
    for (unsigned i = 0; i < VMTP_GROUP_OCTETS; i++) {
        calling_segment[i] = (uint8_t)(i * 11 + i / 256 + 1);
        calling_response[i] = (uint8_t)(i * 13 + i / 256 + 2);
    }
    memset(calling_area, 0, sizeof calling_area);
    ck_assert_int_eq(vmtp_entity_create(f->engine, &entity, NULL, f->now), 0);
    ck_assert_int_eq(vmtp_host_learn(f->engine, FOREIGN_SERVER, foreign_mac, f->now), 0);
    return entity;
}

struct vmtp_request call_request(vmtp_entity client, uint32_t size) {
    struct vmtp_request r;
    memset(&r, 0, sizeof r);
    r.client = client;
    r.message.server = FOREIGN_SERVER;
    r.message.code = 0x77;
    r.segment = size ? calling_segment : NULL;
    r.segment_size = size;
    r.response_area = calling_area;
    r.response_size = VMTP_GROUP_OCTETS;
    r.deadline = VMTP_NEVER;
    r.cookie = 0xc00c1e;
    return r;
}

vmtp_handle call_start(struct foreign *f, const struct vmtp_request *request) {
    vmtp_handle handle;
    ck_assert_int_eq(vmtp_call(f->engine, &handle, request, f->now), 0);
    foreign_collect(f);
    return handle;
}

void call_forget_packets(struct foreign *f) {
    while (foreign_take(f)) {
    }
}

struct vmtp_header call_sent(struct foreign *f, vmtp_entity client, uint32_t size) {
    struct vmtp_request r = call_request(client, size);
    call_start(f, &r);
    struct vmtp_header h = expect_packet(f)->h;
    call_forget_packets(f);
    return h;
}

struct vmtp_header call_response(const struct vmtp_header *request, uint32_t size) {
    struct packet p;
    p.h = *request;
    struct vmtp_header h = foreign_response(&p, request->server, 0x42);
    if (size == 0)
        return h;
    h.code |= VMTP_SDA;
    h.words[6] = size;
    h.delivery = vmtp_blocks_mask(size);
    return h;
}

int call_give_blocks(struct foreign *f, const struct vmtp_header *header, const uint8_t *segment, uint32_t blocks,
                     uint32_t flags) {
    static uint8_t data[VMTP_GROUP_OCTETS];
    struct vmtp_header h = *header;
    uint32_t octets = 0;
    for (unsigned i = 0; i < VMTP_GROUP_BLOCKS; i++) {
        uint32_t bit = (uint32_t)1 << i, n = blocks & bit ? vmtp_blocks_octets(bit, h.words[6]) : 0;
        memcpy(data + octets, segment + i * VMTP_BLOCK_OCTETS, n);
        octets += n;
    }
    h.delivery = blocks;
    h.flags |= flags;
    return foreign_send(f, &h, data, octets);
}

const struct vmtp_event *call_result(const struct foreign *f, uint32_t result) {
    ck_assert_uint_eq(foreign_event_count(f, VMTP_EV_COMPLETE), 1);
    const struct vmtp_event *event = foreign_event(f, VMTP_EV_COMPLETE, 0);
    ck_assert_uint_eq(event->result, result);
    ck_assert_uint_eq(event->cookie, 0xc00c1e);
    return event;
}

void call_goes_on(const struct foreign *f) { ck_assert_uint_eq(foreign_event_count(f, VMTP_EV_COMPLETE), 0); }
