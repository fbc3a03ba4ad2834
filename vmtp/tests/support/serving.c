/* SPDX-License-Identifier: BSD-2-Clause */
#include "serving.h"

#include <check.h>

uint8_t serving_segment[VMTP_GROUP_OCTETS];
static uint8_t areas[SERVING_AREAS][VMTP_GROUP_OCTETS];
static unsigned areas_used;

void serve_accepts(struct foreign *f, vmtp_entity entity, unsigned count, uint32_t capacity) {
    while (count-- > 0) {
        ck_assert_uint_lt(areas_used, SERVING_AREAS);
        ck_assert_int_eq(vmtp_accept(f->engine, entity, areas[areas_used], capacity, areas_used), 0);
        areas_used++;
    }
}

vmtp_entity serve_entity(struct foreign *f, const struct vmtp_entity_options *options) {
    vmtp_entity entity;
    for (unsigned i = 0; i < sizeof serving_segment; i++)
        serving_segment[i] = (uint8_t)(i * 7 + i / 256);
    ck_assert_int_eq(vmtp_entity_create(f->engine, &entity, options, f->now), 0);
    serve_accepts(f, entity, 8, VMTP_GROUP_OCTETS);
    return entity;
}

unsigned serve_count(const struct foreign *f) { return foreign_event_count(f, VMTP_EV_REQUEST); }

const struct vmtp_event *serve_last(const struct foreign *f) {
    unsigned count = serve_count(f);
    return count ? foreign_event(f, VMTP_EV_REQUEST, count - 1) : NULL;
}

int serve_reply(struct foreign *f, const struct vmtp_event *request, uint32_t code, uint32_t size, uint32_t flags) {
    struct vmtp_reply reply;
    memset(&reply, 0, sizeof reply);
    reply.message.code = code;
    reply.message.words[0] = 0x5e5e0001; /* so that a Response sent again is known by more than its code */
    reply.segment = size ? serving_segment : NULL;
    reply.segment_size = size;
    reply.flags = flags;
    ck_assert_ptr_nonnull(request);
    int result = vmtp_reply(f->engine, request->handle, &reply, f->now);
    foreign_collect(f);
    return result;
}

static int ask(struct foreign *f, vmtp_entity client, vmtp_entity server, uint32_t transaction, uint32_t flags,
               uint8_t retransmit) {
    struct vmtp_header h = foreign_request(client, server, transaction, 0x123);
    h.flags = flags;
    h.retransmit = retransmit;
    return foreign_send(f, &h, NULL, 0);
}

int serve_ask(struct foreign *f, vmtp_entity client, vmtp_entity server, uint32_t transaction, uint32_t flags) {
    return ask(f, client, server, transaction, flags, 0);
}

int serve_ask_again(struct foreign *f, vmtp_entity client, vmtp_entity server, uint32_t transaction, uint32_t flags) {
    return ask(f, client, server, transaction, flags, 1);
}

int serve_ask_blocks(struct foreign *f, vmtp_entity client, vmtp_entity server, uint32_t transaction, uint32_t size,
                     uint32_t blocks, uint32_t flags) {
    static uint8_t data[VMTP_GROUP_OCTETS];
    struct vmtp_header h = foreign_segment_request(client, server, transaction, size);
    uint32_t octets = 0;
    for (unsigned i = 0; i < VMTP_GROUP_BLOCKS; i++) {
        uint32_t bit = (uint32_t)1 << i, n = blocks & bit ? vmtp_blocks_octets(bit, size) : 0;
        memcpy(data + octets, serving_segment + i * VMTP_BLOCK_OCTETS, n);
        octets += n;
    }
    h.delivery = blocks;
    h.flags = flags;
    return foreign_send(f, &h, data, octets);
}
