/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The test service: Requests in, Responses out.  What the operations do is in test_operations.c, test_files.c and
 * test_call.c, and so on.
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

void vtest_options_init(struct vtest_options *options) {
    *options = (struct vtest_options){.name = "vsuite", .slots = 128, .accepts = 128, .large = 2};
}

/* ---- Requests ------------------------------------------------------------------------------------------------ */

/* What kind of Response there will be is chosen with the operation; NULL: there is no such operation. */
static vtest_operation *choose(const vtest_service *s, struct vtest_slot *slot, uint32_t code) {
    unsigned flags = 0, procedure = code & 0xffu, plain = procedure & ~VTEST_IDEMPOTENT;
    vtest_operation *run = code >> 8 == VTEST_INTERFACE ? vtest_find(s, plain, &flags) : NULL;
    slot->reply_flags = 0;
    slot->reply_how = 0;
    if (!run || ((procedure & VTEST_IDEMPOTENT) && (flags & VTEST_NEVER_IDEMPOTENT)))
        return NULL;
    if ((procedure & VTEST_IDEMPOTENT) || (flags & VTEST_ALWAYS_IDEMPOTENT))
        slot->reply_flags = VMTP_DGM;
    return run;
}

/* TEST-3.1-07: who listens in them has no word of its own to say. */
static int is_silent_in(vmtp_entity group) {
    return group == VNAME_HANDLERS || group == VNAME_WATCHERS || group == VNAME_DIRECTORY;
}

static void execute(vtest_service *s, struct vtest_work *work) {
    struct vtest_place *place = work->slot->place;
    uint32_t code = work->request->message.code & VMTP_CODE_MASK;
    vtest_operation *run = choose(s, work->slot, code);
    int number = (int)(place - s->places);
    place->executed++;
    if (code >> 8 == VTEST_INTERFACE && number != VTEST_FINDER)
        place->counts[code & 0xffu]++;
    if (number == VTEST_GUARDED)
        vtest_refuse(work, VMTP_SECURITY_REQUIRED);
    else if (!run || (number == VTEST_FINDER && (code & 0x7fu) != (VMTP_TEST_IDENTIFY & 0x7fu)))
        vtest_refuse(work, is_silent_in(work->request->message.server) ? VMTP_RESPONSE_DISCARDED : VMTP_ERROR);
    else
        run(s, work);
}

void vtest_serve(vtest_service *s, struct vtest_slot *slot, const struct vmtp_event *request, vmtp_time now) {
    struct vtest_work work = {.slot = slot, .request = request, .now = now};
    slot->listening = 0;
    vtest_set_state(slot, VTEST_BUSY);
    execute(s, &work);
    if (!work.later)
        vtest_answer(s, slot, &work.answer, work.segment, work.segment_size, now);
}

/* ---- events -------------------------------------------------------------------------------------------------- */

static struct vtest_slot *slot_of_cookie(vtest_service *s, const struct vmtp_event *event) {
    uint64_t number = event->cookie - VTEST_SLOT_COOKIE;
    struct vtest_slot *slot = number < s->slot_count ? &s->slots[number] : NULL;
    const int is_out = slot && (slot->state == VTEST_POSTED || slot->state == VTEST_LEFT);
    return is_out && slot->entity == event->entity ? slot : NULL;
}

static struct vtest_slot *slot_of_handle(vtest_service *s, vmtp_handle handle) {
    for (uint32_t i = 0; handle != 0 && i < s->slot_count; i++)
        if (s->slots[i].handle == handle)
            return &s->slots[i];
    return NULL;
}

static int on_request(vtest_service *s, const struct vmtp_event *event, vmtp_time now) {
    if (event->resumed)
        return vtest_resumed(s, event, now);
    struct vtest_slot *slot = slot_of_cookie(s, event);
    if (!slot)
        return 0;
    slot->handle = event->handle;
    if (slot->place == &s->places[VTEST_SERIAL])
        vtest_serial_queue(s, slot, event);
    else
        vtest_serve(s, slot, event, now);
    return 1;
}

static int on_released(vtest_service *s, const struct vmtp_event *event) {
    if (event->resumed)
        return vtest_moved_released(s, event);
    struct vtest_slot *slot = slot_of_handle(s, event->handle);
    if (!slot)
        return 0;
    slot->handle = 0;
    if (slot->state == VTEST_LENT) {
        s->lent--;
        vtest_free(s, slot);
    }
    return 1;
}

/* The client has gone on.  A DELAY ends here; a CALL when its call does: its area is in use. */
static int on_abandoned(vtest_service *s, const struct vmtp_event *event) {
    struct vtest_slot *slot = slot_of_handle(s, event->handle);
    if (!slot)
        return 0;
    slot->handle = 0;
    if (slot->state == VTEST_DELAYED || slot->state == VTEST_QUEUED)
        vtest_free(s, slot);
    return 1;
}

/* It came in a slot of its own, which is for Requests. */
static int on_group_response(vtest_service *s, const struct vmtp_event *event, vmtp_time now) {
    struct vtest_slot *slot = slot_of_cookie(s, event);
    if (!slot)
        return 0;
    vtest_heard(slot_of_handle(s, event->handle), event, now);
    vtest_free(s, slot);
    return 1;
}

static int on_accept_returned(vtest_service *s, const struct vmtp_event *event) {
    struct vtest_slot *slot = slot_of_cookie(s, event);
    if (!slot)
        return 0;
    vtest_set_state(slot, VTEST_IDLE);
    return 1;
}

static int on_deleted(vtest_service *s, const struct vmtp_event *event) {
    for (unsigned i = 0; i < VTEST_PLACES; i++) {
        if (s->places[i].id != event->entity)
            continue;
        s->places[i].id = 0;
        s->alive = s->alive && i != VTEST_SELF;
        return 1;
    }
    return 0;
}

static int dispatch(vtest_service *s, const struct vmtp_event *event, vmtp_time now) {
    switch (event->type) {
    case VMTP_EV_REQUEST: return on_request(s, event, now);
    case VMTP_EV_RELEASED: return on_released(s, event);
    case VMTP_EV_ABANDONED: return on_abandoned(s, event);
    case VMTP_EV_ACCEPT_RETURNED: return on_accept_returned(s, event);
    case VMTP_EV_COMPLETE: return vtest_call_complete(s, event, now) || vtest_move_complete(s, event, now);
    case VMTP_EV_RESPONSE: return vtest_call_response(s, event, now);
    case VMTP_EV_ENTITY_DELETED: return on_deleted(s, event);
    case VMTP_EV_GROUP_RESPONSE: return on_group_response(s, event, now);
    case VMTP_EV_SIGNAL: return vtest_signal(s, event);
    default: return 0;
    }
}

int vtest_event(vtest_service *s, const struct vmtp_event *event, vmtp_time now) {
    int mine = dispatch(s, event, now);
    vtest_serial_run(s, now);
    vtest_post_idle(s);
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
        if (slot->listening) {
            vtest_tell_over(s, slot, now);
            continue;
        }
        vtest_fill_source(slot->area, slot->octets, slot->seed, &answer);
        vtest_answer(s, slot, &answer, slot->area, slot->octets, now);
    }
    vtest_serial_run(s, now);
    vtest_post_idle(s);
}

/* ---- beginning and end --------------------------------------------------------------------------------------- */

static void set_identity(vtest_service *s, const char *name) {
    size_t length = name ? strnlen(name, VTEST_IDENTIFY_NAME_MAX) : 0;
    for (unsigned p = 0; p < 256; p++) {
        unsigned flags = 0;
        int exists = vtest_find(s, p & ~VTEST_IDEMPOTENT, &flags) &&
                     !((p & VTEST_IDEMPOTENT) && (flags & VTEST_NEVER_IDEMPOTENT));
        if (exists)
            s->identity[p / 8] |= (uint8_t)(0x80u >> (p % 8));
    }
    if (length > 0)
        memcpy(s->identity + VTEST_IDENTIFY_SET, name, length);
    s->identity_octets = VTEST_IDENTIFY_SET + (uint32_t)length;
}

/* Which slots are whose. */
static void lay_out(vtest_service *s, uint32_t slots) {
    static const uint32_t counts[VTEST_PLACES] = {0, 8, 8, 8, 2 * VTEST_SERIAL_DEPTH, 2, 4};
    for (unsigned i = 0; i < VTEST_PLACES; i++) {
        struct vtest_place *place = &s->places[i];
        place->first = s->slot_count;
        place->slots = place->idle = place->limit = i == VTEST_SELF ? slots : counts[i];
        s->slot_count += place->slots;
    }
}

/*
 * How many accepts each entity may have in the engine's table.  If one could take what others need, these would find no room
 * just when they have none posted, and be BUSY until somebody gives way.
 */
static void share(vtest_service *s, uint32_t accepts) {
    const uint32_t others = 3 * 4 + VTEST_SERIAL_DEPTH + 2 + 4, singles = VTEST_PLACES - 2;
    uint32_t rest = accepts > singles ? accepts - singles : 1;
    s->serial_most = VTEST_SERIAL_DEPTH;
    if (accepts >= 2 * others) {
        rest = accepts - others;
    } else {
        for (unsigned i = VTEST_TWINS; i < VTEST_PLACES; i++)
            s->places[i].limit = 1;
        s->serial_most = rest > VTEST_SERIAL_DEPTH ? VTEST_SERIAL_DEPTH : rest > 1 ? rest - 1 : 1;
        rest = rest > s->serial_most ? rest - s->serial_most : 1;
    }
    if (s->places[VTEST_SELF].limit > rest)
        s->places[VTEST_SELF].limit = rest;
    for (unsigned i = VTEST_TWINS; i <= VTEST_LAST_TWIN;
         i++) /* the others are for Requests that it brings from another node */
        if (s->places[i].limit > 4)
            s->places[i].limit = 4;
    s->places[VTEST_SERIAL].limit = s->serial_most < 4 ? s->serial_most : 4;
}

static void enlarge_slot(vtest_service *s, uint32_t number, uint32_t area) {
    s->slots[number].area = s->large_memory + (size_t)area * VMTP_MESSAGE_OCTETS;
    s->slots[number].capacity = VMTP_MESSAGE_OCTETS;
}

/* Areas for large messages: of the service itself as many as were asked for, of the twins and the serial server one each.  They are not
 * touched before such a message comes. */
static int enlarge(vtest_service *s) {
    uint32_t area = 0;
    if (!s->large)
        return 0;
    s->large_memory = malloc((size_t)(s->large + VTEST_SERIAL) * VMTP_MESSAGE_OCTETS);
    if (!s->large_memory)
        return VMTP_E_MEMORY;
    for (; area < s->large; area++)
        enlarge_slot(s, area, area);
    for (unsigned i = VTEST_TWINS; i <= VTEST_SERIAL; i++)
        enlarge_slot(s, s->places[i].first, area++);
    return 0;
}

static int allocate(vtest_service *s) {
    s->slots = calloc(s->slot_count, sizeof *s->slots);
    s->memory = malloc((size_t)s->slot_count * VTEST_AREA);
    if (!s->slots || !s->memory)
        return VMTP_E_MEMORY;
    for (unsigned i = 0; i < VTEST_PLACES; i++) {
        for (uint32_t k = 0; k < s->places[i].slots; k++) {
            uint32_t number = s->places[i].first + k;
            s->slots[number].place = &s->places[i];
            s->slots[number].area = s->memory + (size_t)number * VTEST_AREA;
            s->slots[number].capacity = VTEST_AREA;
        }
    }
    return enlarge(s);
}

/* VMTP_TEST_SERVICE must not probe: it is there for those who know nothing yet, and IDENTIFY may be done twice. */
static int make_entities(vtest_service *s, vmtp_entity id, vmtp_time now) {
    struct vmtp_entity_options own = {.id = id, .flags = VMTP_ENTITY_SIGNALS};
    struct vmtp_entity_options finder = {.id = VMTP_TEST_SERVICE, .flags = VMTP_ENTITY_REDOABLE};
    int rc = vmtp_entity_create(s->engine, &s->id, &own, now);
    if (rc != 0)
        return rc;
    s->places[VTEST_SELF].id = s->id;
    return vmtp_entity_create(s->engine, &s->places[VTEST_FINDER].id, &finder, now);
}

static int open_files(vtest_service *s, const char *directory) {
    if (!directory)
        return 0;
    s->files = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return s->files < 0 ? VMTP_E_SYSTEM : 0;
}

int vtest_create(vtest_service **out, vmtp_engine *engine, const struct vtest_options *options, vmtp_time now) {
    *out = NULL;
    if (options->slots < 4 || options->slots > 1024 || options->accepts < 2 || options->large > options->slots)
        return VMTP_E_INVALID;
    vtest_service *s = calloc(1, sizeof *s);
    if (!s)
        return VMTP_E_MEMORY;
    s->engine = engine;
    s->files = -1;
    s->alive = 1;
    s->forbid_call = options->forbid_call;
    lay_out(s, options->slots);
    share(s, options->accepts);
    s->large = options->large;
    s->message_most = s->large > 0 ? VMTP_MESSAGE_OCTETS : VTEST_AREA;
    int rc = options->ipc ? vtest_open_names(s, options->ipc) : 0;
    set_identity(s, options->name);
    if (rc == 0)
        rc = open_files(s, options->files);
    if (rc == 0)
        rc = allocate(s);
    if (rc == 0)
        rc = make_entities(s, options->id, now);
    if (rc != 0) {
        vtest_destroy(s);
        return rc;
    }
    vtest_post_idle(s);
    *out = s;
    return 0;
}

void vtest_destroy(vtest_service *s) {
    if (!s)
        return;
    vtest_close_names(s);
    if (s->files >= 0)
        close(s->files);
    for (unsigned i = 0; i < VTEST_CALL_CLIENTS; i++)
        free(s->clients[i].memory);
    for (uint32_t i = 0; s->slots && i < s->slot_count; i++)
        vtest_drop_extra(s, &s->slots[i]);
    for (unsigned i = 0; i < VTEST_PLACES; i++)
        free(s->places[i].moved);
    free(s->move.data);
    free(s->slots);
    free(s->large_memory);
    free(s->memory);
    free(s);
}

vmtp_entity vtest_entity(const vtest_service *s) { return s->id; }
int vtest_alive(const vtest_service *s) { return s->alive; }
uint32_t vtest_count(const vtest_service *s, unsigned procedure) {
    return procedure < 256 ? s->places[VTEST_SELF].counts[procedure] : 0;
}
