/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Calls.  The engine's cookie is the number of a record in the node's table, and the handle says whether the event is really of this one:
 * cookies of the program's own calls may be anything.
 */
#include <stdlib.h>
#include <string.h>

#include "internal.h"

/* ---- records ------------------------------------------------------------------------------------------------ */

static struct vhipc_record *make_record(struct vhipc_node *node) {
    if (node->records_made == node->records_room) {
        const uint32_t room = node->records_room ? 2 * node->records_room : 16;
        struct vhipc_record **table = realloc(node->records, room * sizeof *table);
        if (!table)
            return NULL;
        node->records = table;
        node->records_room = room;
    }
    struct vhipc_record *record = calloc(1, sizeof *record);
    if (!record)
        return NULL;
    record->number = node->records_made;
    node->records[node->records_made++] = record;
    return record;
}

/* With places for this many answers of a group. */
static struct vhipc_record *take_record(struct vhipc_node *node, uint32_t slots) {
    struct vipc_response *responses = slots > 1 ? calloc(slots, sizeof *responses) : NULL;
    if (slots > 1 && !responses)
        return NULL;
    struct vhipc_record *record = node->free;
    if (record)
        node->free = record->next;
    else
        record = make_record(node);
    if (!record) {
        free(responses);
        return NULL;
    }
    const uint32_t number = record->number;
    *record = (struct vhipc_record){.number = number, .responses = responses};
    return record;
}

static void give_record(struct vhipc_node *node, struct vhipc_record *record) {
    if (record->borrowed)
        vmtp_host_return_entity(node->host, record->borrowed);
    free(record->responses);
    record->responses = NULL;
    record->handle = 0;
    record->call = NULL;
    record->borrowed = 0;
    record->next = node->free;
    node->free = record;
}

void vhipc_calls_close(struct vhipc_node *node) {
    while (node->ended) {
        struct vhipc_record *record = node->ended;
        node->ended = record->next;
        give_record(node, record);
    }
    for (uint32_t i = 0; i < node->records_made; i++)
        free(node->records[i]);
    free(node->records);
}

/* ---- the list of what is to be told ------------------------------------------------------------------------- */

static void list(struct vhipc_node *node, struct vhipc_record *record) {
    struct vipc_call *call = record->call;
    if (record->listed)
        return;
    record->listed = 1;
    call->next = NULL;
    call->previous = node->last;
    *(node->last ? &node->last->next : &node->first) = call;
    node->last = call;
}

static void unlist(struct vhipc_node *node, struct vhipc_record *record) {
    struct vipc_call *call = record->call;
    if (!record->listed)
        return;
    record->listed = 0;
    *(call->previous ? &call->previous->next : &node->first) = call->next;
    *(call->next ? &call->next->previous : &node->last) = call->previous;
}

/* ---- events ------------------------------------------------------------------------------------------------- */

static void take_response(struct vhipc_record *record, const struct vmtp_event *event) {
    record->responses[record->count++] = (struct vipc_response){.message = event->message, /* no more than slots */
                                                                .segment = event->segment_size ? event->segment : NULL,
                                                                .segment_size = event->segment_size,
                                                                .result = (int)event->result};
}

static void take_end(struct vhipc_record *record, const struct vmtp_event *event) {
    struct vipc_call *call = record->call;
    record->over = 1;
    call->result = event->result == VMTP_CANCELLED ? VMTP_E_CANCELLED : (int)event->result;
    call->answer = event->message;
    call->received = record->responses ? 0 : event->segment_size;
    call->delivered = event->delivered;
}

int vhipc_call_event(struct vhipc_node *node, const struct vmtp_event *event) {
    if ((event->type != VMTP_EV_COMPLETE && event->type != VMTP_EV_RESPONSE) || event->cookie >= node->records_made)
        return 0;
    struct vhipc_record *record = node->records[event->cookie];
    if (!event->handle || record->handle != event->handle)
        return 0;
    if (!record->call) {
        if (event->type == VMTP_EV_COMPLETE) {
            record->handle = 0;
            record->next = node->ended;
            node->ended = record;
        }
        return 1;
    }
    if (event->type == VMTP_EV_RESPONSE)
        take_response(record, event);
    else
        take_end(record, event);
    list(node, record);
    return 1;
}

/* ---- telling ------------------------------------------------------------------------------------------------ */

static void tell_response(struct vhipc_node *node, struct vhipc_record *record) {
    struct vipc_call *call = record->call;
    struct vipc_response response = record->responses[record->told++];
    if (record->told == record->count && !record->over)
        unlist(node, record);
    call->answers++;
    node->base.happened++;
    call->response(call, &response);
}

static void tell_end(struct vhipc_node *node, struct vhipc_record *record) {
    struct vipc_call *call = record->call;
    unlist(node, record);
    give_record(node, record);
    call->record = NULL;
    call->ipc = NULL;
    node->base.happened++;
    call->done(call, call->result);
}

void vhipc_calls_tell(struct vhipc_node *node) {
    while (node->ended) {
        struct vhipc_record *record = node->ended;
        node->ended = record->next;
        give_record(node, record);
    }
    while (node->first) {
        struct vhipc_record *record = node->first->record;
        if (record->told < record->count)
            tell_response(node, record);
        else
            tell_end(node, record);
    }
}

/* ---- beginning and cancelling ------------------------------------------------------------------------------- */

static struct vmtp_request request_of(const struct vipc_call *call, const struct vhipc_record *record) {
    struct vmtp_request request = {.client = call->client ? call->client : record->borrowed,
                                   .message = call->message,
                                   .segment = call->segment,
                                   .segment_size = call->segment_size,
                                   .response_size = call->capacity,
                                   .response_area = call->capacity ? call->area : NULL,
                                   .response_slots = call->slots,
                                   .deadline = call->deadline,
                                   .cookie = record->number,
                                   .priority = call->priority};
    if (call->slots > 1)
        request.message.code |= VMTP_MRD;
    if (call->flags & VIPC_CALL_PARTIAL)
        request.flags |= VMTP_CALL_PARTIAL;
    if (call->flags & VIPC_CALL_HEADER_SUM)
        request.flags |= VMTP_CALL_HEADER_SUM;
    if (call->flags & VIPC_CALL_DELAYED)
        request.control |= VMTP_DRT;
    return request;
}

int vhipc_start(vipc *ipc, struct vipc_call *call) {
    struct vhipc_node *node = vhipc_node_of(ipc);
    struct vhipc_record *record = take_record(node, call->slots);
    if (!record)
        return VMTP_E_MEMORY;
    int r = call->client ? 0 : vmtp_host_borrow_entity(node->host, &record->borrowed);
    if (r == 0) {
        struct vmtp_request request = request_of(call, record);
        r = vmtp_call(vmtp_host_engine(node->host), &record->handle, &request, vmtp_host_now(node->host));
    }
    if (r < 0) {
        give_record(node, record);
        return r;
    }
    record->call = call;
    call->record = record;
    vhipc_touch(node);
    return 0;
}

/* No packet is out while a program works, so the engine has no use any more for what it was lent; its COMPLETE follows. */
void vhipc_cancel(vipc *ipc, struct vipc_call *call) {
    struct vhipc_node *node = vhipc_node_of(ipc);
    struct vhipc_record *record = call->record;
    unlist(node, record);
    call->record = NULL;
    record->call = NULL;
    if (record->over)
        give_record(node, record);
    else
        vmtp_cancel(vmtp_host_engine(node->host), record->handle, vmtp_host_now(node->host));
    vhipc_rouse(node);
}

void vhipc_calls_end(struct vhipc_node *node) {
    for (uint32_t i = 0; i < node->records_made; i++)
        if (node->records[i]->call)
            vipc_cancel(node->records[i]->call);
}
