/* SPDX-License-Identifier: BSD-2-Clause */
/* Send, Receive, Reply. */
#include "internal.h"

/* ---- Send --------------------------------------------------------------------------------------------------- */

static int check(const struct v_message *message, v_pid to, const struct v_segment *s) {
    if (message->code & ~VV_CODE_SEND)
        return VMTP_E_INVALID;
    if (!s)
        return 0;
    if (!s->access || (s->access & ~(V_READ | V_WRITE)) || s->size > VMTP_V_SIZE_MASK || (s->size && !s->memory))
        return VMTP_E_INVALID;
    if (s->carried > s->size || s->carried > VV_GROUP_OCTETS || (s->carried && !(s->access & V_READ)))
        return VMTP_E_INVALID;
    return (s->access & V_WRITE) && vmtp_is_group(to) ? VMTP_E_INVALID : 0;
}

static void give_segment(struct vmtp_request *request, const struct v_segment *s) {
    request->message.code |= VMTP_V_GRANT;
    request->message.words[5] = s->access | s->size;
    request->segment = s->memory;
    request->segment_size = s->carried;
    if (s->access & V_WRITE) {
        request->response_area = s->memory;
        /* Room for more would make it a run, and those cannot be forwarded as they are. */
        request->response_size = s->size < VV_GROUP_OCTETS ? s->size : VV_GROUP_OCTETS;
    }
}

/* With the access in force while it lasts. */
static int transact(v_process *process, const struct vmtp_request *request, const struct v_segment *s,
                    struct vmtp_event *outcome) {
    v_kernel *kernel = process->kernel;
    struct vv_grant grant = {.granter = process->pid, .holder = request->message.server};
    if (s) {
        grant.memory = s->memory;
        grant.size = s->size;
        grant.access = s->access;
        grant.next = kernel->grants;
        kernel->grants = &grant;
    }
    int r = vmtp_host_transact(kernel->host, request, outcome);
    if (s) {
        struct vv_grant **link = &kernel->grants;
        while (*link != &grant)
            link = &(*link)->next;
        *link = grant.next;
    }
    return r;
}

int v_send(v_process *process, struct v_message *message, v_pid to, struct v_segment *segment, vmtp_time deadline) {
    struct vmtp_event outcome;
    if (segment)
        segment->received = 0;
    int r = check(message, to, segment);
    if (r < 0)
        return r;
    vv_group_end(process);
    if (vmtp_is_group(to))
        return vv_send_to_group(process, message, to, segment, deadline);
    struct vmtp_request request = {
        .client = process->pid, .message = {.server = to, .code = message->code}, .deadline = deadline};
    memcpy(request.message.words, message->words, sizeof message->words);
    if (segment)
        give_segment(&request, segment);
    r = transact(process, &request, segment, &outcome);
    if (r != VMTP_OK && r != VMTP_BAD_REPLY_SEGMENT)
        return r;
    message->code = outcome.message.code & VMTP_CODE_MASK;
    memcpy(message->words, outcome.message.words, sizeof message->words);
    if (segment)
        segment->received = outcome.segment_size;
    return r;
}

/* ---- Receive ------------------------------------------------------------------------------------------------ */

/* A place for what was received.  There is one: the host holds no more than depth for us, unless a sender went on to another message. */
static struct vv_received *place_for(v_process *process, v_pid from) {
    struct vv_received *r = vv_received_from(process, from);
    if (r) {
        vmtp_host_done(process->kernel->host, &r->in);
        return r;
    }
    for (r = process->received; r->used;)
        r++;
    return r;
}

static void note(v_process *process, const struct vmtp_incoming *in) {
    struct vv_received *r = place_for(process, in->client);
    *r = (struct vv_received){.used = 1, .in = *in};
    if ((in->message.code & VMTP_V_GRANT) && !vmtp_is_group(in->message.server)) {
        r->access = in->message.words[5] & (V_READ | V_WRITE);
        r->size = in->message.words[5] & VMTP_V_SIZE_MASK;
    }
}

int v_receive_with_segment(v_process *process, struct v_message *message, v_pid *from, void *buffer, uint32_t *size,
                           vmtp_time deadline) {
    struct vmtp_incoming in;
    int r = vmtp_host_receive(process->kernel->host, process->pid, &in, deadline);
    if (r < 0)
        return r;
    message->code = in.message.code & VV_CODE_SEND;
    memcpy(message->words, in.message.words, sizeof message->words);
    *from = in.client;
    if (size) {
        *size = in.segment_size < *size ? in.segment_size : *size;
        if (*size)
            memcpy(buffer, in.segment, *size);
    }
    if (in.handle)
        note(process, &in);
    else
        vmtp_host_done(process->kernel->host, &in);
    return 0;
}

int v_receive(v_process *process, struct v_message *message, v_pid *from, vmtp_time deadline) {
    return v_receive_with_segment(process, message, from, NULL, NULL, deadline);
}

uint32_t v_access(const v_process *process, v_pid from, uint32_t *size) {
    for (uint32_t i = 0; i < process->depth; i++) {
        const struct vv_received *r = &process->received[i];
        if (r->used && r->in.client == from) {
            if (size)
                *size = r->size;
            return r->access;
        }
    }
    if (size)
        *size = 0;
    return 0;
}

/* ---- Reply -------------------------------------------------------------------------------------------------- */

static int reply(v_process *process, const struct v_message *message, struct vv_received *to, const void *segment,
                 uint32_t size) {
    struct vmtp_message m = {.code = message->code};
    memcpy(m.words, message->words, sizeof m.words);
    int r = vmtp_host_reply(process->kernel->host, &to->in, &m, segment, size, 0);
    if (r == 0 || r == VMTP_E_STALE)
        to->used = 0;
    return r;
}

int v_reply_with_segment(v_process *process, const struct v_message *message, v_pid to, uint32_t offset,
                         const void *segment, uint32_t size, vmtp_time deadline) {
    struct vv_received *r = vv_received_from(process, to);
    if (message->code & ~VMTP_CODE_MASK)
        return VMTP_E_INVALID;
    if (!r)
        return VMTP_E_STALE;
    if (size && !segment)
        return VMTP_E_INVALID;
    if (size && !(r->access & V_WRITE))
        return VMTP_V_NO_ACCESS;
    if (size && (offset > r->size || size > r->size - offset))
        return VMTP_V_OUTSIDE;
    if (size && (offset || size > VV_GROUP_OCTETS)) {
        int moved = v_move_to(process, to, offset, segment, size, deadline);
        return moved ? moved : reply(process, message, r, NULL, 0);
    }
    return reply(process, message, r, segment, size);
}

int v_reply(v_process *process, const struct v_message *message, v_pid to) {
    return v_reply_with_segment(process, message, to, 0, NULL, 0, 0);
}
