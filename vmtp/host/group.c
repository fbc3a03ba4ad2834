/* SPDX-License-Identifier: BSD-2-Clause */
/* Group calls: Responses are kept until they are asked for. */
#include "internal.h"

#define DEFAULT_SLOTS 64u

struct vmtp_group_call {
    struct vmtp_group_call *next;
    vmtp_handle handle;
    uint32_t member; /* of the pool, or NO_MEMBER: the caller's own entity */
    int done;
    uint32_t result;
    const vmtp_entity *members; /* that are to answer: the host's copy, behind the responses */
    uint32_t member_count;
    uint32_t taken, count; /* of responses */
    struct vmtp_event responses[];
};

#define NO_MEMBER UINT32_MAX

/* ---- events ------------------------------------------------------------------------------------------------- */

int vhost_group_event(vmtp_host *host, const struct vmtp_event *event) {
    struct vmtp_group_call *call = host->group_calls;
    while (call && call->handle != event->handle)
        call = call->next;
    if (!call)
        return 0;
    if (event->type == VMTP_EV_RESPONSE) { /* no more than there are slots */
        call->responses[call->count++] = *event;
    } else {
        call->done = 1;
        call->result = event->result;
    }
    return 1;
}

void vhost_groups_close(vmtp_host *host) {
    while (host->group_calls) {
        struct vmtp_group_call *call = host->group_calls;
        host->group_calls = call->next;
        vhost_release(host, call);
    }
}

/* ---- beginning ---------------------------------------------------------------------------------------------- */

/* With one slot the engine would take it for an ordinary call, and each of a list of members needs one. */
static uint32_t slots_of(const struct vmtp_request *r) {
    const uint32_t least = (r->flags & VMTP_CALL_RELIABLE) && r->member_count > 2 ? r->member_count : 2;
    const uint32_t wanted = r->response_slots ? r->response_slots : DEFAULT_SLOTS;
    return wanted > least ? wanted : least;
}

/* The record with its events and, behind them, the list of members and the area. */
static struct vmtp_group_call *make(vmtp_host *host, struct vmtp_request *request) {
    const uint32_t members = request->flags & VMTP_CALL_RELIABLE ? request->member_count : 0;
    const uint64_t list = sizeof(struct vmtp_group_call) + (uint64_t)request->response_slots * sizeof(struct vmtp_event);
    const uint64_t head = (list + (uint64_t)members * sizeof(vmtp_entity) + 63) & ~(uint64_t)63;
    const uint64_t total = head + (uint64_t)request->response_slots * request->response_size;
    if (total > SIZE_MAX / 2)
        return NULL;
    struct vmtp_group_call *call = vhost_allocate(host, (size_t)total);
    if (!call)
        return NULL;
    request->response_area = request->response_size ? (uint8_t *)call + head : NULL;
    if (members && request->members) {
        vmtp_entity *copy = (vmtp_entity *)(void *)((uint8_t *)call + list);
        memcpy(copy, request->members, members * sizeof *copy);
        request->members = call->members = copy;
        call->member_count = members;
    }
    return call;
}

static int begin(vmtp_host *host, struct vmtp_group_call *call, struct vmtp_request *request) {
    int r;
    call->member = NO_MEMBER;
    if (!request->client) {
        if ((r = vhost_member_take(host, &call->member)) < 0)
            return r;
        request->client = host->members[call->member].id;
    }
    r = vmtp_call(host->engine, &call->handle, request, host->now);
    if (r < 0 && call->member != NO_MEMBER)
        vhost_member_give(host, call->member);
    return r;
}

int vmtp_host_group_call(vmtp_host *host, vmtp_group_call **out, const struct vmtp_request *request) {
    struct vmtp_request mine = *request;
    *out = NULL;
    if (!vmtp_is_group(mine.message.server) || (mine.message.code & VMTP_DGM))
        return VMTP_E_INVALID;
    if (vhost_take_interrupt(host))
        return VMTP_E_CANCELLED;
    mine.message.code |= VMTP_MRD;
    mine.response_slots = slots_of(&mine);
    struct vmtp_group_call *call = make(host, &mine);
    if (!call)
        return VMTP_E_MEMORY;
    vhost_tick(host);
    int r = begin(host, call, &mine);
    if (r < 0) {
        vhost_release(host, call);
        return r;
    }
    call->next = host->group_calls;
    host->group_calls = call;
    *out = call;
    vhost_send_now(host); /* it goes now, not when somebody waits for it */
    return 0;
}

/* ---- Responses ---------------------------------------------------------------------------------------------- */

struct listener {
    vmtp_group_call *call;
    struct vmtp_event *response;
};

/* What there is to say without waiting: 1 and *result, or 0. */
static int heard(vmtp_host *host, void *context, int *result) {
    const struct listener *listener = context;
    vmtp_group_call *call = listener->call;
    (void)host;
    if (call->taken < call->count) {
        *listener->response = call->responses[call->taken++];
        *result = 0;
        return 1;
    }
    if (!call->done)
        return 0;
    if (call->result == VMTP_CANCELLED)
        *result = VMTP_E_CANCELLED;
    else if (call->member_count && !call->result) /* all of them have answered */
        *result = VMTP_E_STALE;
    else
        *result = call->result ? (int)call->result : (int)VMTP_USER_TIMEOUT;
    return 1;
}

int vmtp_host_group_next(vmtp_host *host, vmtp_group_call *call, struct vmtp_event *response, vmtp_time deadline) {
    struct listener listener = {call, response};
    return vhost_until(host, heard, &listener, deadline);
}

uint32_t vmtp_host_group_missing(const vmtp_group_call *call, vmtp_entity *list, uint32_t room) {
    uint32_t missing = 0;
    for (uint32_t i = 0; i < call->member_count; i++) {
        uint32_t k = 0;
        while (k < call->count && call->responses[k].message.server != call->members[i])
            k++;
        if (k < call->count)
            continue;
        if (missing < room)
            list[missing] = call->members[i];
        missing++;
    }
    return missing;
}

void vmtp_host_group_end(vmtp_host *host, vmtp_group_call *call) {
    if (!call)
        return;
    if (!call->done) {
        vmtp_cancel(host->engine, call->handle, vhost_tick(host));
        vhost_route(host);
        while (!call->done)
            vhost_wait(host, VMTP_NEVER);
    }
    struct vmtp_group_call **link = &host->group_calls;
    while (*link != call)
        link = &(*link)->next;
    *link = call->next;
    if (call->member != NO_MEMBER)
        vhost_member_give(host, call->member);
    vhost_release(host, call);
}
