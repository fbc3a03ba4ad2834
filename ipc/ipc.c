/* SPDX-License-Identifier: BSD-2-Clause */
/* What all nodes have in common: refusing what cannot be, and handing on. */
#include <vipc/ipc.h>

/* ---- calls -------------------------------------------------------------------------------------------------- */

static int is_group_call(const struct vipc_call *call) { return call->slots > 1; }

/* What is wrong whatever the node is: 0 or a vmtp_error. */
static int check_call(const struct vipc_call *call) {
    const uint32_t code = call->message.code;
    const int one = !vmtp_is_group(call->message.server);
    if (call->ipc || !call->message.server || (call->segment_size && !call->segment) || (call->capacity && !call->area))
        return VMTP_E_INVALID;
    if (call->flags & ~(uint32_t)(VIPC_CALL_PARTIAL | VIPC_CALL_HEADER_SUM | VIPC_CALL_DELAYED))
        return VMTP_E_INVALID;
    if (is_group_call(call) && (one || (code & VMTP_DGM) || !call->response || call->deadline == VMTP_NEVER))
        return VMTP_E_INVALID;
    if ((call->flags & VIPC_CALL_PARTIAL) && (!one || call->segment_size || (code & (VMTP_DGM | VMTP_MDM)) ||
                                              !call->capacity || call->capacity > VMTP_GROUP_OCTETS))
        return VMTP_E_INVALID;
    if (call->segment_size > (one ? VMTP_MESSAGE_OCTETS : VMTP_GROUP_OCTETS) ||
        call->capacity > (is_group_call(call) ? VMTP_GROUP_OCTETS : VMTP_MESSAGE_OCTETS))
        return VMTP_E_TOO_LARGE;
    if (call->segment_size > VMTP_GROUP_OCTETS && (code & VMTP_MDM))
        return VMTP_E_INVALID;
    return 0;
}

static int start(vipc *ipc, struct vipc_call *call) {
    int r = check_call(call);
    if (r < 0)
        return r;
    call->ipc = ipc;
    call->next = call->previous = NULL;
    call->answers = call->received = call->delivered = 0;
    r = ipc->ops->start(ipc, call);
    if (r < 0)
        call->ipc = NULL;
    return r;
}

int vipc_start(vipc *ipc, struct vipc_call *call) { return call->done ? start(ipc, call) : VMTP_E_INVALID; }

void vipc_cancel(struct vipc_call *call) {
    vipc *ipc = call->ipc;
    if (!ipc)
        return;
    ipc->ops->cancel(ipc, call);
    call->ipc = NULL;
}

/* The record is on the caller's stack for as long as it takes, so that is where the outcome may go. */
static void note(struct vipc_call *call, int result) { call->result = result; }

int vipc_call_wait(vipc *ipc, struct vipc_call *call) {
    void (*done)(struct vipc_call *, int) = call->done;
    call->done = note;
    int r = start(ipc, call), begun = r == 0;
    while (r == 0 && call->ipc)
        r = vipc_wait(ipc, VMTP_NEVER);
    call->done = done;
    if (begun && !call->ipc)
        return call->result; /* also when waiting failed just then */
    if (begun)
        vipc_cancel(call);
    return r;
}

/* ---- services ----------------------------------------------------------------------------------------------- */

int vipc_serve(vipc *ipc, struct vipc_service *service) {
    if (service->ipc || (service->depth && !service->request) || vmtp_is_group(service->entity))
        return VMTP_E_INVALID;
    if (service->capacity > VMTP_MESSAGE_OCTETS)
        return VMTP_E_TOO_LARGE;
    service->ipc = ipc;
    int r = ipc->ops->serve(ipc, service);
    if (r < 0)
        service->ipc = NULL;
    return r;
}

void vipc_unserve(struct vipc_service *service) {
    vipc *ipc = service->ipc;
    if (!ipc)
        return;
    ipc->ops->unserve(ipc, service);
    service->ipc = NULL;
}

int vipc_join(struct vipc_service *service, vmtp_entity group) {
    if (!service->ipc || !vmtp_is_group(group))
        return VMTP_E_INVALID;
    return service->ipc->ops->join(service->ipc, service, group);
}

int vipc_leave(struct vipc_service *service, vmtp_entity group) {
    if (!service->ipc || !vmtp_is_group(group))
        return VMTP_E_INVALID;
    return service->ipc->ops->leave(service->ipc, service, group);
}

int vipc_group_create(struct vipc_service *service, vmtp_entity *group) {
    return service->ipc ? service->ipc->ops->group_create(service->ipc, service, group) : VMTP_E_INVALID;
}

/* ---- answers ------------------------------------------------------------------------------------------------ */

static int overlap(const struct vipc_incoming *in, const void *segment, uint32_t size) {
    const uintptr_t a = (uintptr_t)in->segment, b = (uintptr_t)segment;
    return a < b + size && b < a + in->segment_size;
}

static int reply(struct vipc_incoming *in, const struct vmtp_message *message, const void *segment, uint32_t size,
                 uint32_t flags, struct vipc_loan *loan) {
    vipc *ipc = in->service->ipc;
    const uint32_t known = VIPC_REPLY_IDEMPOTENT | VIPC_REPLY_CHOSEN | VIPC_REPLY_ONCE | VIPC_REPLY_CONFIRM;
    if ((size && !segment) || (flags & ~known) || ((flags & VIPC_REPLY_CHOSEN) && !(flags & VIPC_REPLY_IDEMPOTENT)) ||
        (message->code & VMTP_CODE_MASK) == VMTP_RESPONSE_DISCARDED)
        return VMTP_E_INVALID;
    if (size > (in->large ? VMTP_MESSAGE_OCTETS : VMTP_GROUP_OCTETS))
        return VMTP_E_TOO_LARGE;
    return ipc->ops->reply(ipc, in, message, segment, size, flags, loan);
}

int vipc_reply(struct vipc_incoming *in, const struct vmtp_message *message, const void *segment, uint32_t size,
               uint32_t flags) {
    return reply(in, message, segment, size, flags, NULL);
}

int vipc_reply_lent(struct vipc_incoming *in, const struct vmtp_message *message, const void *segment, uint32_t size,
                    uint32_t flags, struct vipc_loan *loan) {
    if (!loan->release || overlap(in, segment, size))
        return VMTP_E_INVALID;
    return reply(in, message, segment, size, flags, loan);
}

int vipc_forward(struct vipc_incoming *in, const struct vmtp_message *message, const void *segment, uint32_t size,
                 uint32_t relay) {
    vipc *ipc = in->service->ipc;
    if ((size && !segment) || !message->server || message->server == in->service->entity ||
        (message->code & (VMTP_DGM | VMTP_MRD)))
        return VMTP_E_INVALID;
    if (size > VMTP_GROUP_OCTETS || relay > VMTP_GROUP_OCTETS)
        return VMTP_E_TOO_LARGE;
    return ipc->ops->forward(ipc, in, message, segment, size, relay);
}

void vipc_discard(struct vipc_incoming *in) { in->service->ipc->ops->discard(in->service->ipc, in); }

/* ---- time and waiting --------------------------------------------------------------------------------------- */

vmtp_time vipc_now(vipc *ipc) { return ipc->ops->now(ipc); }

uint64_t vipc_random(vipc *ipc) { return ipc->ops->random(ipc); }

int vipc_wait(vipc *ipc, vmtp_time deadline) {
    const uint64_t before = ipc->happened;
    int r;
    do
        r = ipc->ops->work(ipc, deadline);
    while (r == 0 && ipc->happened == before);
    return ipc->happened != before && r == VMTP_E_TIMEOUT ? 0 : r;
}

int vipc_wait_for(vipc *ipc, const int *flag, vmtp_time deadline) {
    int r = 0;
    while (r == 0 && !*flag)
        r = vipc_wait(ipc, deadline);
    return *flag ? 0 : r;
}

void vipc_interrupt(vipc *ipc) { ipc->ops->interrupt(ipc); }

int vipc_fd(vipc *ipc) { return ipc->ops->fd(ipc); }

vmtp_time vipc_deadline(vipc *ipc) { return ipc->ops->deadline(ipc); }

int vipc_turn(vipc *ipc) { return ipc->ops->turn(ipc); }

void vipc_close(vipc *ipc) {
    if (!ipc)
        return;
    while (ipc->timers)
        vipc_timer_cancel(ipc->timers);
    ipc->ops->close(ipc);
}

/* ---- names -------------------------------------------------------------------------------------------------- */

static const char *error_name(enum vmtp_error error) {
    switch (error) {
    case VMTP_E_OK: return "OK";
    case VMTP_E_AGAIN: return "E_AGAIN";
    case VMTP_E_FULL: return "E_FULL";
    case VMTP_E_NOT_READY: return "E_NOT_READY";
    case VMTP_E_TIMEOUT: return "E_TIMEOUT";
    case VMTP_E_CANCELLED: return "E_CANCELLED";
    case VMTP_E_INVALID: return "E_INVALID";
    case VMTP_E_STALE: return "E_STALE";
    case VMTP_E_NO_ENTITY: return "E_NO_ENTITY";
    case VMTP_E_EXISTS: return "E_EXISTS";
    case VMTP_E_IN_CALL: return "E_IN_CALL";
    case VMTP_E_TOO_LARGE: return "E_TOO_LARGE";
    case VMTP_E_UNSUPPORTED: return "E_UNSUPPORTED";
    case VMTP_E_NESTED: return "E_NESTED";
    case VMTP_E_SYSTEM: return "E_SYSTEM";
    case VMTP_E_PERMISSION: return "E_PERMISSION";
    case VMTP_E_NO_INTERFACE: return "E_NO_INTERFACE";
    case VMTP_E_DOWN: return "E_DOWN";
    case VMTP_E_MEMORY: return "E_MEMORY";
    }
    return "unknown";
}

const char *vipc_result_name(int result) {
    static const struct {
        uint32_t code;
        const char *name;
    } codes[] = {
#define NAMED(symbol, value, word) {value, word},
        VMTP_RESPONSE_CODE_LIST(NAMED)
#undef NAMED
    };
    if (result < 0)
        return error_name((enum vmtp_error)result);
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (codes[i].code == (uint32_t)result)
            return codes[i].name;
    return "unknown";
}
