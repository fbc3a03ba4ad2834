/* SPDX-License-Identifier: BSD-2-Clause */
/* test_internal.h - what the files of the test service share. */
#ifndef VSUITE_TEST_INTERNAL_H
#define VSUITE_TEST_INTERNAL_H

#include "test_protocol.h"
#include "test_responder.h"

#define VTEST_AREA VMTP_GROUP_OCTETS
#define VTEST_FINDER_SLOTS 4u /* for VMTP_TEST_SERVICE */
#define VTEST_FINDER_AREA 512u

/* Where a slot is between two Requests and what it waits for. */
enum vtest_state {
    VTEST_IDLE = 0, /* not posted: the engine had no room */
    VTEST_POSTED,   /* waits for a Request */
    VTEST_BUSY,     /* its Request is being executed right now */
    VTEST_DELAYED,  /* DELAY: waits for due */
    VTEST_CALLING,  /* CALL: waits for its call to end */
    VTEST_LENT      /* its area is in the engine's hands as a Response segment */
};

/* Room for one Request and its Response: the Response's segment takes the place of the Request's. */
struct vtest_slot {
    uint8_t *area;
    uint32_t capacity;
    enum vtest_state state;
    vmtp_entity entity;   /* at which it serves */
    vmtp_handle handle;   /* 0: a datagram */
    uint32_t reply_flags; /* VMTP_DGM or 0 */
    vmtp_time due;
    uint32_t octets, seed; /* DELAY */
};

/* One client entity of CALL. */
struct vtest_client {
    vmtp_entity entity;      /* 0: not made yet */
    struct vtest_slot *slot; /* NULL: free */
    uint8_t *area;
    vmtp_time start;
    uint8_t brief; /* size and CRC-32 only */
};

struct vtest_service {
    vmtp_engine *engine;
    vmtp_entity id;
    int files; /* descriptor of the directory, -1: none */
    uint8_t forbid_call;
    uint8_t alive;
    uint32_t slot_count; /* without the finder's, which follow */
    uint32_t idle, lent;
    struct vtest_slot *slots;
    struct vtest_client clients[VTEST_CALL_CLIENTS];
    uint32_t counts[256];
    uint8_t *memory;
    uint32_t identity_octets;
    uint8_t identity[VTEST_IDENTIFY_SET + VTEST_IDENTIFY_NAME_MAX];
};

/* What an operation works on, and its answer. */
struct vtest_work {
    struct vtest_slot *slot;
    const struct vmtp_event *request;
    vmtp_time now;
    struct vmtp_message answer; /* code OK and zero words to begin with */
    const void *segment;
    uint32_t segment_size;
    uint8_t later; /* the operation has not ended: the slot's state says why */
};

typedef void vtest_operation(vtest_service *s, struct vtest_work *w);

/* The operation for a procedure without VTEST_IDEMPOTENT, or NULL.  *flags: enum vtest_operation_flags. */
enum vtest_operation_flags { VTEST_ALWAYS_IDEMPOTENT = 1, VTEST_NEVER_IDEMPOTENT = 2 };
vtest_operation *vtest_find(unsigned procedure, unsigned *flags);

/* An error answer. */
static inline void vtest_refuse(struct vtest_work *w, uint32_t code) {
    memset(&w->answer, 0, sizeof w->answer);
    w->answer.code = code;
    w->segment_size = 0;
}

/* Sends an answer for slot and makes the slot free, or lent. */
void vtest_answer(vtest_service *s, struct vtest_slot *slot, const struct vmtp_message *answer, const void *segment,
                  uint32_t size, vmtp_time now);

/* The answer of SOURCE, put into the slot's area. */
void vtest_fill_source(struct vtest_slot *slot, uint32_t octets, uint32_t seed, struct vmtp_message *answer);

vtest_operation vtest_call, vtest_file_stat, vtest_file_read;
/* COMPLETE of a call of CALL: 1 when it was one. */
int vtest_call_complete(vtest_service *s, const struct vmtp_event *event, vmtp_time now);

#endif
