/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * asking.h - two clients who ask a manager what the input says, several things at a time.
 *
 * The input is a row of Requests: which (1 octet, an index into codes), how (1: bit 0 which client, bits 1 to 3 which instance or name, bit 4 takes
 * large messages, bits 5 to 7 how long to wait afterwards), words 1 to 4, of operations by name 2 to 5 (16), octets of the segment (2), the segment.
 *
 * Whoever includes this has defined names[8] before; absolute ones that are the manager's begin with a prefix of two octets, /s.
 */
#ifndef UIO_FUZZ_ASKING_H
#define UIO_FUZZ_ASKING_H

#include <string.h>

#include <vipc/fake.h>
#include <vmtp/octets.h>
#include <vnaming/name.h>
#include <vuio/object.h>

#include "fuzz.h"

#define HEAD 20u
#define ASKED 12u

static const uint32_t codes[] = {UIO_CREATE_INSTANCE, UIO_READ_INSTANCE,    UIO_WRITE_INSTANCE,   UIO_QUERY_INSTANCE,
                                 UIO_MODIFY_INSTANCE, UIO_RELEASE_INSTANCE, UIO_LOCK_INSTANCE,    UIO_LOCK_INSTANCE,
                                 UIO_QUERY_OBJECT,    UIO_MODIFY_OBJECT,    UIO_REMOVE_OBJECT,    UIO_RENAME_OBJECT,
                                 UIO_CREATE_OBJECT,   UIO_LINK_OBJECT,      UIO_CONTROL_INSTANCE, VNAME_MAP_CONTEXT,
                                 VMTP_PIC | 0x517,    UIO_QUERY_STORAGE};
#define CODES (sizeof codes / sizeof *codes)
static const vmtp_time pauses[] = {0,           VMTP_MICROSECOND, 150 * VMTP_MICROSECOND, VMTP_MILLISECOND,
                                   VMTP_SECOND, 11 * VMTP_SECOND, 61 * VMTP_SECOND,       300 * VMTP_SECOND};

static struct asked {
    struct vipc_call call;
    uint8_t segment[4096], area[20000];
} asked[ASKED];
static uint32_t numbers[8], next_number;
static unsigned contexts[2]; /* to be set: where relative names begin */
static struct vipc_service who[2];
static vmtp_entity asked_manager;

static void over(struct vipc_call *call, int result) {
    const uint32_t code = call->message.code & VMTP_CODE_MASK;
    if (result || (call->answer.code & VMTP_CODE_MASK) != VMTP_OK)
        return;
    if (code == (UIO_CREATE_INSTANCE & VMTP_CODE_MASK)) {
        struct uio_instance instance;
        MUST(uio_instance_decode(&instance, call->area, call->received) == call->received);
        MUST(instance.number == call->answer.words[0] && instance.number);
        numbers[next_number++ % 8] = instance.number;
    } else if (code == (VNAME_MAP_CONTEXT & VMTP_CODE_MASK)) {
        contexts[1] = call->answer.words[2];
    }
}

static uint32_t by_name(struct asked *a, const uint8_t *data, uint32_t size) {
    const char *name = names[data[1] >> 1 & 7];
    const struct vname_request r = {.context = contexts[data[1] & 1],
                                    .index = name[0] == '/' && name[1] == 's' ? 2 : 0,
                                    .length = (uint16_t)strlen(name),
                                    .name = name,
                                    .extra = data + HEAD,
                                    .extra_size = size};
    for (unsigned i = 0; i < 4; i++)
        a->call.message.words[2 + i] = vmtp_load32(data + 2 + 4 * i);
    return vname_request_build(&a->call.message, a->segment, sizeof a->segment, &r);
}

static uint32_t by_number(struct asked *a, const uint8_t *data, uint32_t size) {
    a->call.message.words[0] = numbers[data[1] >> 1 & 7];
    for (unsigned i = 0; i < 4; i++)
        a->call.message.words[1 + i] = vmtp_load32(data + 2 + 4 * i);
    if (size)
        memcpy(a->segment, data + HEAD, size);
    return size;
}

static size_t say(const uint8_t *data, size_t size) {
    const uint32_t wants = vmtp_load16(data + 18), has = wants < size - HEAD ? wants : (uint32_t)(size - HEAD);
    const uint32_t fits = has < 3000 ? has : 3000, code = codes[data[0] % CODES];
    struct asked *a = asked;
    while (a < asked + ASKED && a->call.ipc)
        a++;
    if (a == asked + ASKED)
        vipc_cancel(&(--a)->call);
    memset(&a->call, 0, sizeof a->call);
    a->call.message.server = asked_manager;
    a->call.message.code = code;
    a->call.segment_size = code & VNAME_BY_NAME ? by_name(a, data, fits) : by_number(a, data, fits);
    a->call.segment = a->segment;
    a->call.area = a->area;
    a->call.capacity = data[1] & 16 ? sizeof a->area : VMTP_GROUP_OCTETS;
    a->call.deadline = VMTP_NEVER;
    a->call.done = over;
    (void)vipc_start(who[data[1] & 1].ipc, &a->call);
    return HEAD + has;
}

static void asking_begin(vipc_fake *net, vmtp_entity manager) {
    memset(numbers, 0, sizeof numbers);
    memset(asked, 0, sizeof asked);
    memset(who, 0, sizeof who);
    next_number = 0;
    asked_manager = manager;
    MUST(vipc_serve(vipc_fake_node(net), &who[0]) == 0 && vipc_serve(vipc_fake_node(net), &who[1]) == 0);
}

/* One Request, and what happens until the next: how many octets it took, all of them when there are too few for one. */
static size_t asking_step(vipc_fake *net, const uint8_t *data, size_t size) {
    if (size <= HEAD)
        return size;
    const vmtp_time pause = pauses[data[1] >> 5];
    const size_t used = say(data, size);
    vipc_fake_run(net, pause);
    return used;
}

#endif
