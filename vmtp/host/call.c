/* SPDX-License-Identifier: BSD-2-Clause */
/* Client entities and the blocking call. */
#include "internal.h"

/* ---- the pool: made when needed, the last used first -------------------------------------------------------- */

static int take_member(vmtp_host *host, uint32_t *number) {
    if (!host->free_count)
        return VMTP_E_FULL;
    uint32_t n = host->free_members[host->free_count - 1];
    struct vhost_member *member = &host->members[n];
    if (!member->id) {
        int r = vmtp_entity_create(host->engine, &member->id, NULL, host->now);
        if (r < 0) {
            member->id = 0;
            return r;
        }
    }
    member->lent = 1;
    host->free_count--;
    *number = n;
    return 0;
}

static void give_member(vmtp_host *host, uint32_t number) {
    host->members[number].lent = 0;
    host->free_members[host->free_count++] = number;
}

int vhost_member_take(vmtp_host *host, uint32_t *number) { return take_member(host, number); }

void vhost_member_give(vmtp_host *host, uint32_t number) { give_member(host, number); }

int vmtp_host_borrow_entity(vmtp_host *host, vmtp_entity *id) {
    uint32_t number;
    vhost_tick(host);
    int r = take_member(host, &number);
    if (r < 0)
        return r;
    uint32_t transaction;
    if (vmtp_outstanding(host->engine, host->members[number].id, &transaction) == VMTP_E_NO_ENTITY) {
        give_member(host, number); /* the program has deleted it */
        host->members[number].id = 0;
        r = take_member(host, &number);
    }
    if (r == 0)
        *id = host->members[number].id;
    return r;
}

void vmtp_host_return_entity(vmtp_host *host, vmtp_entity id) {
    for (uint32_t i = 0; id && i < host->members_limit; i++)
        if (host->members[i].lent && host->members[i].id == id) {
            give_member(host, i);
            return;
        }
}

/* ---- the call ----------------------------------------------------------------------------------------------- */

static inline __attribute__((always_inline)) int start(vmtp_host *host, struct vhost_member *member,
                                                       struct vmtp_request *request) {
    request->client = member->id;
    int r = vmtp_call(host->engine, &host->call->handle, request, host->now);
    if (r != VMTP_E_NO_ENTITY)
        return r;
    /* The program has deleted it: take a new one. */
    member->id = 0;
    r = vmtp_entity_create(host->engine, &member->id, NULL, host->now);
    if (r < 0) {
        member->id = 0;
        return r;
    }
    request->client = member->id;
    return vmtp_call(host->engine, &host->call->handle, request, host->now);
}

/* Ends the call early.  No packet is out, so COMPLETE is there at once. */
static void give_up(vmtp_host *host, struct vhost_pending *call) {
    vmtp_cancel(host->engine, call->handle, host->now);
    vhost_route(host);
    while (!call->done)
        vhost_wait(host, VMTP_NEVER);
}

/* Works until the call is over: 0, or why it was given up. */
static inline __attribute__((always_inline)) int await(vmtp_host *host, struct vhost_pending *call) {
    int r = vhost_work(host);
    while (!call->done) {
        if (r == 0 && vhost_interrupted(host))
            r = VMTP_E_CANCELLED;
        if (r < 0) {
            give_up(host, call);
            return r;
        }
        r = vhost_wait(host, VMTP_NEVER); /* the call's own deadline is the engine's business */
    }
    return 0;
}

/* What the caller is told; why: 0, or the reason for which the call was given up. */
static int verdict(vmtp_host *host, const struct vmtp_event *event, int why) {
    if (event->result == VMTP_OK || event->result == VMTP_BAD_REPLY_SEGMENT)
        return (int)event->result; /* an interruption that came too late is for the next call */
    if (why == VMTP_E_CANCELLED)
        vhost_take_interrupt(host);
    if (event->result == VMTP_CANCELLED)
        return why ? why : VMTP_E_CANCELLED;
    return (int)event->result;
}

/* May a blocking call begin?  0 or a vmtp_error. */
static int may_begin(vmtp_host *host) {
    if (vhost_take_interrupt(host))
        return VMTP_E_CANCELLED;
    if (vhost_crowded(host))
        return VMTP_E_FULL;
    vhost_tick(host);
    return 0;
}

/* The call, by a member of the pool or (NULL) by the entity that the Request names; call is the caller's, for the outcome.
 * Inline, because it is all that a null call does here. */
static inline __attribute__((always_inline)) int run(vmtp_host *host, struct vhost_pending *call,
                                                     struct vhost_member *member, struct vmtp_request *request) {
    call->outer = host->call;
    call->handle = 0;
    call->done = 0;
    host->call = call;
    int r = member ? start(host, member, request) : vmtp_call(host->engine, &call->handle, request, host->now);
    if (r == 0)
        r = verdict(host, &call->outcome, await(host, call));
    else
        call->handle = 0;
    host->call = call->outer;
    return r;
}

int vmtp_host_call(vmtp_host *host, struct vmtp_message *message, const void *segment, uint32_t segment_size,
                   void *area, uint32_t capacity, uint32_t *received, vmtp_time deadline) {
    uint32_t number;
    if (received)
        *received = 0;
    int r = may_begin(host);
    if (r == 0)
        r = take_member(host, &number);
    if (r < 0)
        return r;
    struct vmtp_request request = {.message = *message,
                                   .segment = segment,
                                   .segment_size = segment_size,
                                   .response_size = capacity,
                                   .response_area = area,
                                   .deadline = deadline};
    struct vhost_pending call;
    r = run(host, &call, &host->members[number], &request);
    if (r == VMTP_OK || r == VMTP_BAD_REPLY_SEGMENT) {
        if (!(message->code & VMTP_DGM))
            *message = call.outcome.message;
        if (received)
            *received = call.outcome.segment_size;
    }
    give_member(host, number);
    return r;
}

int vmtp_host_transact(vmtp_host *host, const struct vmtp_request *request, struct vmtp_event *outcome) {
    struct vhost_pending call;
    struct vmtp_request mine = *request;
    if (request->response_slots > 1)
        return VMTP_E_INVALID;
    int r = may_begin(host);
    if (r < 0)
        return r;
    memset(&call, 0, sizeof call);
    uint32_t number = 0;
    if (!request->client && (r = take_member(host, &number)) < 0)
        return r;
    r = run(host, &call, request->client ? NULL : &host->members[number], &mine);
    if (!request->client)
        give_member(host, number);
    if (outcome)
        *outcome = call.outcome;
    return r;
}
