/* SPDX-License-Identifier: BSD-2-Clause */
/* test_internal.h - what the files of the test service share. */
#ifndef VSUITE_TEST_INTERNAL_H
#define VSUITE_TEST_INTERNAL_H

#include "test_protocol.h"
#include "test_responder.h"

#define VTEST_AREA VMTP_GROUP_OCTETS
#define VTEST_EXTRAS 8u       /* large segments of Responses at once */
#define VTEST_SERIAL_DEPTH 8u /* most, and half of the slots: the others are lent to Responses meanwhile */
#define VTEST_STREAMERS 8u    /* Clients of SEQUENCE that are remembered */

/* Cookies of our accepts: this, and the number of the slot. */
#define VTEST_SLOT_COOKIE 0x7674657374730000u

/* Where a slot is between two Requests and what it waits for. */
enum vtest_state {
    VTEST_IDLE = 0, /* not posted: the engine had no room, or its entity is not there */
    VTEST_POSTED,   /* waits for a Request */
    VTEST_LEFT,     /* the same, of an entity that is gone: will be told to have come back */
    VTEST_QUEUED,   /* its Request waits until the serial server has done with others */
    VTEST_BUSY,     /* its Request is being executed right now */
    VTEST_DELAYED,  /* DELAY, TELL: waits for due */
    VTEST_CALLING,  /* CALL: waits for its call to end */
    VTEST_LENT      /* its area is in the engine's hands as a Response segment */
};

/* The entities of the service: numbers of ENTITY, and VMTP_TEST_SERVICE. */
enum vtest_place_number {
    VTEST_SELF = VMTP_TEST_ENTITY_SERVICE,
    VTEST_TWINS = VMTP_TEST_ENTITY_TWIN_1, /* to VTEST_LAST_TWIN */
    VTEST_LAST_TWIN = VMTP_TEST_ENTITY_TWIN_3,
    VTEST_SERIAL = VMTP_TEST_ENTITY_SERIAL,
    VTEST_GUARDED = VMTP_TEST_ENTITY_GUARDED,
    VTEST_FINDER,
    VTEST_PLACES
};

struct vtest_place {
    vmtp_entity id;        /* 0: not made yet, or deleted */
    uint32_t first, slots; /* of the service's slots */
    uint32_t limit;        /* of those that are posted or in hand */
    uint32_t open, posted; /* in hand or posted; posted */
    uint32_t idle;
    uint32_t executed;
    uint32_t counts[256];
    uint32_t signals, signal_argument; /* how many, and the last one */
    vmtp_entity signal_client;
    uint8_t *moved; /* what it came with from another node, lent to the engine; or NULL */
    vmtp_entity moved_id;
    uint32_t moved_lent; /* how many times */
};

/* Room for one Request and its Response: the Response's segment takes the place of the Request's. */
struct vtest_slot {
    struct vtest_place *place;
    uint8_t *area;
    uint32_t capacity;
    enum vtest_state state;
    vmtp_entity entity;   /* at which it was posted */
    vmtp_handle handle;   /* 0: a datagram, or given up */
    uint32_t reply_flags; /* VMTP_DGM or 0 */
    uint32_t reply_how;   /* enum vmtp_reply_flags */
    vmtp_time due;
    uint32_t octets, seed; /* DELAY */
    uint8_t listening;     /* DELAYED by TELL: what was heard meanwhile is in its area */
    uint32_t heard;
    vmtp_time began;
    void *extra;              /* lent with the area, or NULL */
    struct vmtp_event queued; /* QUEUED */
    uint64_t arrival;
};

/* What one Response of CALL brought. */
struct vtest_result {
    struct vmtp_message message;
    uint32_t result, number, size, crc, rec_seq;
    vmtp_time took;
};

/* One client entity of CALL. */
struct vtest_client {
    vmtp_entity entity;      /* 0: not made yet */
    struct vtest_slot *slot; /* NULL: free */
    uint8_t *memory;         /* of the call under way: the segment to send, then the areas of Responses */
    vmtp_time start;
    uint8_t brief;   /* size and CRC-32 only */
    uint8_t several; /* all that came is reported, each by a few numbers */
    uint8_t grouped; /* RESPONSE events come before COMPLETE */
    uint32_t count;
    uint32_t started, ended; /* of a run */
    const uint8_t *segment;  /* of the first Response */
    vmtp_entity members[VTEST_CALL_RESULTS];
    struct vtest_result results[VTEST_CALL_RESULTS];
};

/* An entity on its way to another node. */
struct vtest_move {
    vmtp_entity client, entity;
    struct vtest_slot *slot; /* of MIGRATE; NULL: none is on its way */
    struct vtest_place *place;
    uint8_t *data;
    size_t octets;
};
#define VTEST_MOVE_LIMIT (10 * VMTP_SECOND)

/* How far SEQUENCE has counted for a Client. */
struct vtest_streamer {
    vmtp_entity client, entity; /* client 0: free */
    uint32_t order, tag;
    uint64_t used;
};

struct vtest_service {
    vmtp_engine *engine;
    vmtp_entity id;
    int files; /* descriptor of the directory, -1: none */
    uint8_t forbid_call;
    uint8_t alive;
    uint32_t slot_count; /* of all places */
    uint32_t lent;
    uint32_t serial_most; /* depth of the serial server */
    uint32_t large;       /* slots of the service itself that take large messages, its first ones */
    uint32_t extras;
    uint32_t message_most; /* octets of the largest segment */
    uint8_t *large_memory;
    uint64_t ticks; /* counts arrivals */
    struct vtest_slot *slots;
    struct vtest_place places[VTEST_PLACES];
    struct vtest_client clients[VTEST_CALL_CLIENTS];
    struct vtest_move move;
    struct vtest_streamer streamers[VTEST_STREAMERS];
    uint8_t *memory;
    struct vtest_names *names; /* NULL: this node has none */
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
enum vtest_operation_flags { VTEST_ALWAYS_IDEMPOTENT = 1, VTEST_NEVER_IDEMPOTENT = 2, VTEST_OF_NAMES = 4 };
vtest_operation *vtest_find(const vtest_service *s, unsigned procedure, unsigned *flags);

/* An error answer. */
static inline void vtest_refuse(struct vtest_work *w, uint32_t code) {
    memset(&w->answer, 0, sizeof w->answer);
    w->answer.code = code;
    w->segment_size = 0;
}

/* The answer of SOURCE; its segment is put into out. */
void vtest_fill_source(void *out, uint32_t octets, uint32_t seed, struct vmtp_message *answer);

/* ---- test_slots.c ---- */
/* Sends an answer for slot and makes the slot free, or lent. */
void vtest_answer(vtest_service *s, struct vtest_slot *slot, const struct vmtp_message *answer, const void *segment,
                  uint32_t size, vmtp_time now);
/* Its area is lent until RELEASED comes. */
void vtest_lend(vtest_service *s, struct vtest_slot *slot);
void *vtest_take_extra(vtest_service *s, struct vtest_slot *slot, uint32_t octets); /* NULL: no room */
void vtest_drop_extra(vtest_service *s, struct vtest_slot *slot);
/* The slot has no Request any more: posts it again where its entity wants it. */
void vtest_free(vtest_service *s, struct vtest_slot *slot);
void vtest_set_state(struct vtest_slot *slot, enum vtest_state state);
/* Posts what may be posted and what the engine had no room for earlier. */
void vtest_post_idle(vtest_service *s);
void vtest_post_place(vtest_service *s, struct vtest_place *place);
/* One that is not posted, or NULL. */
struct vtest_slot *vtest_idle_slot(vtest_service *s, const struct vtest_place *place);

/* ---- test_entities.c ---- */
/* Makes it when it is not there: 0 or an error of vmtp_entity_create. */
int vtest_place_make(vtest_service *s, struct vtest_place *place, vmtp_time now);
/* A place has an entity again, which has done nothing yet. */
void vtest_place_begin(vtest_service *s, struct vtest_place *place);
/* It has none any more: what it has in hand is not answered. */
void vtest_place_leave(vtest_service *s, struct vtest_place *place);
void vtest_place_unmake(vtest_service *s, struct vtest_place *place, vmtp_time now);

/* ---- test_serial.c ---- */
void vtest_serial_queue(vtest_service *s, struct vtest_slot *slot, const struct vmtp_event *request);
/* Begins what waits when nothing is being executed. */
void vtest_serial_run(vtest_service *s, vmtp_time now);

/* ---- test_responder.c ---- */
void vtest_serve(vtest_service *s, struct vtest_slot *slot, const struct vmtp_event *request, vmtp_time now);

/* ---- test_call.c ---- */
/* COMPLETE or RESPONSE of a call of CALL: 1 when it was one. */
int vtest_call_complete(vtest_service *s, const struct vmtp_event *event, vmtp_time now);
int vtest_call_response(vtest_service *s, const struct vmtp_event *event, vmtp_time now);

/* Writes one of several Responses as 32 octets (section 4.6). */
void vtest_put_result(uint8_t *out, const struct vtest_result *r);

/* ---- test_tell.c ---- */
/* Another member has answered to the group; slot: that of the Request, or NULL. */
void vtest_heard(struct vtest_slot *slot, const struct vmtp_event *event, vmtp_time now);
/* The time of a slot that listened is over. */
void vtest_tell_over(vtest_service *s, struct vtest_slot *slot, vmtp_time now);
int vtest_signal(vtest_service *s, const struct vmtp_event *event);

/* ---- test_migrate.c ---- */
/* Each returns 1 when the event was about an entity that moves or has moved. */
int vtest_move_complete(vtest_service *s, const struct vmtp_event *event, vmtp_time now);
int vtest_resumed(vtest_service *s, const struct vmtp_event *event, vmtp_time now);
int vtest_moved_released(vtest_service *s, const struct vmtp_event *event);

vtest_operation vtest_call, vtest_file_stat, vtest_file_read;
vtest_operation vtest_entity_op, vtest_serial, vtest_sequence, vtest_stat, vtest_join, vtest_leave, vtest_forward,
    vtest_migrate, vtest_adopt, vtest_tell, vtest_signals;

/* ---- test_names*.c ---- */
int vtest_open_names(vtest_service *s, struct vipc *ipc);
vtest_operation vtest_name_resolver, vtest_name_operate, vtest_name_watch, vtest_name_survey, vtest_name_manager,
    vtest_name_claim, vtest_name_release, vtest_name_state;

/* ---- test_objects*.c ---- */
vtest_operation vtest_object_name, vtest_object_call, vtest_object_set;

#endif
