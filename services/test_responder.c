/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The test service: Requests in, Responses out.  What the operations do is in test_operations.c, test_files.c and
 * test_call.c.
 *
 * Every slot has one area.  It is posted to the engine, comes back with a Request, may be kept by DELAY and CALL, and is
 * lent again as the Response's segment; then it is posted anew.  So memory is bounded, and a service whose slots are
 * all in use is simply not posted: the engine answers BUSY.
 */
#define _POSIX_C_SOURCE 200809L
#define _DEFAULT_SOURCE

#include "test_internal.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

/* Cookies of our accepts: this, and the number of the slot. */
#define SLOT_COOKIE 0x7674657374730000u

void vtest_options_init(struct vtest_options *options) {
    *options = (struct vtest_options){.name = "vsuite", .slots = 128};
}

/* ---- slots --------------------------------------------------------------------------------------------------- */

static uint32_t all_slots(const vtest_service *s) { return s->slot_count + VTEST_FINDER_SLOTS; }

static void post(vtest_service *s, struct vtest_slot *slot) {
    uint64_t cookie = SLOT_COOKIE + (uint64_t)(slot - s->slots);
    if (slot->state == VTEST_IDLE)
        s->idle--;
    if (vmtp_accept(s->engine, slot->entity, slot->area, slot->capacity, cookie) == 0) {
        slot->state = VTEST_POSTED;
        return;
    }
    slot->state = VTEST_IDLE;
    s->idle++;
}

/* One for each entity comes first: in a small table one of them would have all places, and the other be BUSY for ever. */
static void post_first(vtest_service *s, vmtp_entity entity) {
    struct vtest_slot *idle = NULL;
    for (uint32_t i = 0; i < all_slots(s); i++) {
        struct vtest_slot *slot = &s->slots[i];
        if (slot->entity == entity && slot->state == VTEST_POSTED)
            return;
        if (slot->entity == entity && slot->state == VTEST_IDLE)
            idle = slot;
    }
    if (idle)
        post(s, idle);
}

/* Posts what the engine had no room for earlier. */
static void post_idle(vtest_service *s) {
    if (s->idle > 0) {
        post_first(s, VMTP_TEST_SERVICE);
        post_first(s, s->id);
    }
    uint32_t before = s->idle;
    for (uint32_t i = 0; i < all_slots(s) && s->idle > 0; i++) {
        if (s->slots[i].state == VTEST_IDLE)
            post(s, &s->slots[i]);
        if (s->idle == before) /* still no room */
            return;
        before = s->idle;
    }
}

/* Clients keep a Response's segment here until their next Request.  When that takes half of the slots, ask them. */
static uint32_t confirm_flag(const vtest_service *s, uint32_t flags) {
    return !(flags & VMTP_DGM) && s->lent * 2 >= s->slot_count ? (uint32_t)VMTP_REPLY_CONFIRM : 0;
}

/* Replies: 1 when the segment is lent now. */
static int reply_with(vtest_service *s, const struct vtest_slot *slot, const struct vmtp_reply *reply, vmtp_time now) {
    int rc = vmtp_reply(s->engine, slot->handle, reply, now);
    if (rc == 0)
        return reply->segment_size > 0;
    if (rc == VMTP_E_STALE) /* the client has gone on and wants no answer */
        return 0;
    /* An answer that the engine does not take is our mistake; the client must not wait for it for ever. */
    struct vmtp_reply sorry = {.message.code = VMTP_ERROR | slot->reply_flags};
    vmtp_reply(s->engine, slot->handle, &sorry, now);
    return 0;
}

void vtest_answer(vtest_service *s, struct vtest_slot *slot, const struct vmtp_message *answer, const void *segment,
                  uint32_t size, vmtp_time now) {
    struct vmtp_reply reply = {.message = *answer, .segment = segment, .segment_size = size};
    reply.message.code |= slot->reply_flags;
    reply.flags = confirm_flag(s, slot->reply_flags);
    if (slot->handle != 0 && reply_with(s, slot, &reply, now)) {
        slot->state = VTEST_LENT;
        s->lent++;
        return;
    }
    slot->handle = 0;
    post(s, slot);
}

/* ---- Requests ------------------------------------------------------------------------------------------------ */

/* Chooses the operation, and the kind of Response; NULL: there is none. */
static vtest_operation *choose(vtest_service *s, const struct vmtp_event *request, struct vtest_slot *slot) {
    uint32_t code = request->message.code & VMTP_CODE_MASK;
    unsigned flags = 0;
    slot->reply_flags = 0;
    if (code >> 8 != VTEST_INTERFACE)
        return NULL;
    unsigned procedure = code & 0xffu;
    unsigned plain = procedure & ~VTEST_IDEMPOTENT;
    if (slot->entity == s->id)
        s->counts[procedure]++;
    else if (plain != (VMTP_TEST_IDENTIFY & 0xffu)) /* VMTP_TEST_SERVICE does nothing else */
        return NULL;
    vtest_operation *run = vtest_find(plain, &flags);
    if (!run || ((procedure & VTEST_IDEMPOTENT) && (flags & VTEST_NEVER_IDEMPOTENT)))
        return NULL;
    if ((procedure & VTEST_IDEMPOTENT) || (flags & VTEST_ALWAYS_IDEMPOTENT))
        slot->reply_flags = VMTP_DGM;
    return run;
}

static void serve(vtest_service *s, struct vtest_slot *slot, const struct vmtp_event *request, vmtp_time now) {
    struct vtest_work work = {.slot = slot, .request = request, .now = now};
    slot->state = VTEST_BUSY;
    slot->handle = request->handle;
    vtest_operation *run = choose(s, request, slot);
    if (run)
        run(s, &work);
    else
        vtest_refuse(&work, VMTP_ERROR);
    if (!work.later)
        vtest_answer(s, slot, &work.answer, work.segment, work.segment_size, now);
}

/* ---- events -------------------------------------------------------------------------------------------------- */

static struct vtest_slot *slot_of_cookie(vtest_service *s, uint64_t cookie) {
    uint64_t number = cookie - SLOT_COOKIE;
    return number < all_slots(s) ? &s->slots[number] : NULL;
}

static struct vtest_slot *slot_of_handle(vtest_service *s, vmtp_handle handle) {
    for (uint32_t i = 0; handle != 0 && i < all_slots(s); i++)
        if (s->slots[i].handle == handle)
            return &s->slots[i];
    return NULL;
}

static int on_request(vtest_service *s, const struct vmtp_event *event, vmtp_time now) {
    struct vtest_slot *slot = slot_of_cookie(s, event->cookie);
    if (!slot || slot->entity != event->entity)
        return 0;
    serve(s, slot, event, now);
    return 1;
}

static int on_released(vtest_service *s, const struct vmtp_event *event) {
    struct vtest_slot *slot = slot_of_handle(s, event->handle);
    if (!slot)
        return 0;
    slot->handle = 0;
    if (slot->state == VTEST_LENT) {
        s->lent--;
        post(s, slot);
    }
    return 1;
}

/* The client has gone on.  A DELAY ends here; a CALL when its call does: its area is in use. */
static int on_abandoned(vtest_service *s, const struct vmtp_event *event) {
    struct vtest_slot *slot = slot_of_handle(s, event->handle);
    if (!slot)
        return 0;
    slot->handle = 0;
    if (slot->state == VTEST_DELAYED)
        post(s, slot);
    return 1;
}

static int on_accept_returned(vtest_service *s, const struct vmtp_event *event) {
    struct vtest_slot *slot = slot_of_cookie(s, event->cookie);
    if (!slot || slot->entity != event->entity)
        return 0;
    slot->state = VTEST_IDLE;
    s->idle++;
    return 1;
}

static int on_deleted(vtest_service *s, const struct vmtp_event *event) {
    if (event->entity != s->id)
        return 0;
    s->alive = 0;
    return 1;
}

static int dispatch(vtest_service *s, const struct vmtp_event *event, vmtp_time now) {
    switch (event->type) {
    case VMTP_EV_REQUEST: return on_request(s, event, now);
    case VMTP_EV_RELEASED: return on_released(s, event);
    case VMTP_EV_ABANDONED: return on_abandoned(s, event);
    case VMTP_EV_ACCEPT_RETURNED: return on_accept_returned(s, event);
    case VMTP_EV_COMPLETE: return vtest_call_complete(s, event, now);
    case VMTP_EV_ENTITY_DELETED: return on_deleted(s, event);
    default: return 0;
    }
}

int vtest_event(vtest_service *s, const struct vmtp_event *event, vmtp_time now) {
    int mine = dispatch(s, event, now);
    post_idle(s);
    return mine;
}

vmtp_time vtest_deadline(const vtest_service *s) {
    vmtp_time first = VMTP_NEVER;
    for (uint32_t i = 0; i < s->slot_count; i++)
        if (s->slots[i].state == VTEST_DELAYED && s->slots[i].due < first)
            first = s->slots[i].due;
    return first;
}

void vtest_expire(vtest_service *s, vmtp_time now) {
    for (uint32_t i = 0; i < s->slot_count; i++) {
        struct vtest_slot *slot = &s->slots[i];
        struct vmtp_message answer = {0};
        if (slot->state != VTEST_DELAYED || slot->due > now)
            continue;
        vtest_fill_source(slot, slot->octets, slot->seed, &answer);
        vtest_answer(s, slot, &answer, slot->area, slot->octets, now);
    }
}

/* ---- beginning and end --------------------------------------------------------------------------------------- */

static void set_identity(vtest_service *s, const char *name) {
    size_t length = name ? strnlen(name, VTEST_IDENTIFY_NAME_MAX) : 0;
    for (unsigned p = 0; p < 256; p++) {
        unsigned flags = 0;
        int exists = vtest_find(p & ~VTEST_IDEMPOTENT, &flags) &&
                     !((p & VTEST_IDEMPOTENT) && (flags & VTEST_NEVER_IDEMPOTENT));
        if (exists)
            s->identity[p / 8] |= (uint8_t)(0x80u >> (p % 8));
    }
    if (length > 0)
        memcpy(s->identity + VTEST_IDENTIFY_SET, name, length);
    s->identity_octets = VTEST_IDENTIFY_SET + (uint32_t)length;
}

static int allocate(vtest_service *s) {
    size_t areas = s->slot_count + VTEST_CALL_CLIENTS;
    s->slots = calloc(all_slots(s), sizeof *s->slots);
    s->memory = malloc(areas * VTEST_AREA + VTEST_FINDER_SLOTS * VTEST_FINDER_AREA);
    if (!s->slots || !s->memory)
        return VMTP_E_MEMORY;
    for (uint32_t i = 0; i < s->slot_count; i++)
        s->slots[i].area = s->memory + (size_t)i * VTEST_AREA, s->slots[i].capacity = VTEST_AREA;
    for (uint32_t i = 0; i < VTEST_CALL_CLIENTS; i++)
        s->clients[i].area = s->memory + (size_t)(s->slot_count + i) * VTEST_AREA;
    for (uint32_t i = 0; i < VTEST_FINDER_SLOTS; i++) {
        struct vtest_slot *slot = &s->slots[s->slot_count + i];
        slot->area = s->memory + areas * VTEST_AREA + (size_t)i * VTEST_FINDER_AREA;
        slot->capacity = VTEST_FINDER_AREA;
    }
    return 0;
}

/* VMTP_TEST_SERVICE must not probe: it is there for those who know nothing yet, and IDENTIFY may be done twice. */
static int make_entities(vtest_service *s, vmtp_entity id, vmtp_time now) {
    struct vmtp_entity_options own = {.id = id};
    struct vmtp_entity_options finder = {.id = VMTP_TEST_SERVICE, .flags = VMTP_ENTITY_REDOABLE};
    vmtp_entity finder_id;
    int rc = vmtp_entity_create(s->engine, &s->id, &own, now);
    if (rc == 0)
        rc = vmtp_entity_create(s->engine, &finder_id, &finder, now);
    if (rc != 0)
        return rc;
    for (uint32_t i = 0; i < all_slots(s); i++)
        s->slots[i].entity = i < s->slot_count ? s->id : VMTP_TEST_SERVICE;
    return 0;
}

static int open_files(vtest_service *s, const char *directory) {
    if (!directory)
        return 0;
    s->files = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return s->files < 0 ? VMTP_E_SYSTEM : 0;
}

int vtest_create(vtest_service **out, vmtp_engine *engine, const struct vtest_options *options, vmtp_time now) {
    *out = NULL;
    if (options->slots < 4 || options->slots > 1024)
        return VMTP_E_INVALID;
    vtest_service *s = calloc(1, sizeof *s);
    if (!s)
        return VMTP_E_MEMORY;
    s->engine = engine;
    s->files = -1;
    s->alive = 1;
    s->forbid_call = options->forbid_call;
    s->slot_count = options->slots;
    set_identity(s, options->name);
    int rc = open_files(s, options->files);
    if (rc == 0)
        rc = allocate(s);
    if (rc == 0)
        rc = make_entities(s, options->id, now);
    if (rc != 0) {
        vtest_destroy(s);
        return rc;
    }
    s->idle = all_slots(s);
    post_idle(s);
    *out = s;
    return 0;
}

void vtest_destroy(vtest_service *s) {
    if (!s)
        return;
    if (s->files >= 0)
        close(s->files);
    free(s->slots);
    free(s->memory);
    free(s);
}

vmtp_entity vtest_entity(const vtest_service *s) { return s->id; }
int vtest_alive(const vtest_service *s) { return s->alive; }
uint32_t vtest_count(const vtest_service *s, unsigned procedure) { return procedure < 256 ? s->counts[procedure] : 0; }
