/* SPDX-License-Identifier: BSD-2-Clause */
/* MoveTo, MoveFrom, Forward: what a process does with the access that a Send has given it. */
#include "internal.h"

/* Memory of a process of this kernel: nothing has to travel. */
static int move_here(const v_kernel *kernel, const struct vv_operation *o, void *destination, const void *source) {
    struct vv_grant *grant;
    uint32_t code = vv_grant_check(kernel, o, &grant);
    if (code == VMTP_OK && o->code == (VMTP_V_PASS_ACCESS & VMTP_CODE_MASK))
        grant->holder = o->to;
    else if (code == VMTP_OK && o->count)
        memmove(destination ? destination : grant->memory + o->offset, source ? source : grant->memory + o->offset,
                o->count);
    return (int)code;
}

static int move_away(v_process *process, const struct vv_operation *o, struct vv_received *r, void *destination,
                     const void *source) {
    struct vmtp_event outcome;
    struct vmtp_request request = {.client = process->pid, .deadline = o->deadline};
    request.message.server = r->kernel ? r->kernel : VMTP_V_KERNEL_GROUP;
    request.message.code = VMTP_PIC | VMTP_CRE | o->code;
    vmtp_words_put64(request.message.words, o->granter);
    request.message.words[2] = o->transaction;
    request.message.words[3] = o->offset;
    if (o->to)
        vmtp_words_put64(request.message.words + 3, o->to);
    if (destination) {
        request.message.words[4] = o->count;
        request.response_area = destination;
        request.response_size = o->count;
    } else if (o->count) {
        request.segment = source;
        request.segment_size = o->count;
    }
    int result = vmtp_host_transact(process->kernel->host, &request, &outcome);
    if (result)
        return result;
    if (!r->kernel) {
        r->kernel = outcome.message.server;
        r->piece = VV_PIECE;
    }
    result = (int)(outcome.message.code & VMTP_CODE_MASK);
    return result == 0 && destination && outcome.segment_size != o->count ? (int)VMTP_BAD_REPLY_SEGMENT : result;
}

static int operate(v_process *process, struct vv_operation *o, struct vv_received *r, void *destination,
                   const void *source) {
    o->granter = r->in.client;
    o->transaction = r->in.transaction;
    o->actor = process->pid;
    if (vv_is_here(process->kernel, o->granter))
        return move_here(process->kernel, o, destination, source);
    vv_group_end(process);
    return move_away(process, o, r, destination, source);
}

/* How nodes say that they have no room, or no runs of packet groups; ours too. */
static int is_too_large(int result) {
    return result == VMTP_V_TOO_LARGE || result == VMTP_ERROR || result == VMTP_STREAMING_NOT_SUPPORTED ||
           result == VMTP_E_FULL || result == VMTP_E_TOO_LARGE;
}

/* What to try instead of a piece that was too large. */
static uint32_t smaller_piece(int result, uint32_t count) {
    return result != VMTP_STREAMING_NOT_SUPPORTED && count > VV_PIECE_LESS ? VV_PIECE_LESS : VV_GROUP_OCTETS;
}

/* One of destination and source is ours; the other is at the sender of a message. */
static int move(v_process *process, v_pid other, uint32_t code, uint32_t offset, uint8_t *destination,
                const uint8_t *source, uint32_t count, vmtp_time deadline) {
    struct vv_received *r = vv_received_from(process, other);
    if (!r)
        return VMTP_E_STALE;
    if (count && !destination && !source)
        return VMTP_E_INVALID;
    /* What the sender has told is enough to refuse; its kernel has the last word. */
    if (!(r->access & (destination ? V_READ : V_WRITE)))
        return VMTP_V_NO_ACCESS;
    if (offset > r->size || count > r->size - offset)
        return VMTP_V_OUTSIDE;
    for (uint32_t done = 0; done < count;) {
        const uint32_t most = r->kernel ? r->piece : VV_GROUP_OCTETS, left = count - done;
        struct vv_operation o = {.code = code & VMTP_CODE_MASK,
                                 .offset = offset + done,
                                 .count = left < most ? left : most,
                                 .limit = most,
                                 .deadline = deadline};
        int result = operate(process, &o, r, destination ? destination + done : NULL, source ? source + done : NULL);
        if (is_too_large(result) && o.count > VV_GROUP_OCTETS)
            r->piece = smaller_piece(result, o.count);
        else if (result)
            return result;
        else
            done += o.count;
    }
    return 0;
}

int v_move_to(v_process *process, v_pid to, uint32_t offset, const void *source, uint32_t count, vmtp_time deadline) {
    return move(process, to, VMTP_V_MOVE_TO, offset, NULL, source, count, deadline);
}

int v_move_from(v_process *process, v_pid from, void *destination, uint32_t offset, uint32_t count, vmtp_time deadline) {
    if (count && !destination)
        return VMTP_E_INVALID;
    static uint8_t nowhere;
    return move(process, from, VMTP_V_MOVE_FROM, offset, count ? destination : &nowhere, NULL, count, deadline);
}

/* ---- Forward ------------------------------------------------------------------------------------------------ */

static int pass_access(v_process *process, struct vv_received *r, v_pid to, vmtp_time deadline) {
    struct vv_operation o = {.code = VMTP_V_PASS_ACCESS & VMTP_CODE_MASK, .to = to, .deadline = deadline};
    return operate(process, &o, r, NULL, NULL);
}

/* With the access that r's sender gives, or without. */
static int forward(v_process *process, struct vv_received *r, const struct v_message *message, v_pid to,
                   int with_access, uint32_t relay) {
    struct vmtp_message m = {.server = to, .code = message->code};
    memcpy(m.words, message->words, sizeof m.words);
    if (with_access) {
        m.code |= VMTP_V_GRANT;
        m.words[5] = r->access | r->size;
    }
    return vmtp_host_forward(process->kernel->host, &r->in, &m, r->in.segment, r->in.segment_size, relay);
}

int v_forward(v_process *process, const struct v_message *message, v_pid from, v_pid to, vmtp_time deadline) {
    struct vv_received *r = vv_received_from(process, from);
    if (!r)
        return VMTP_E_STALE;
    if (message->code & ~VV_CODE_SEND)
        return VMTP_E_INVALID;
    const int with_access = r->access && !vmtp_is_group(to);
    int result = with_access ? pass_access(process, r, to, deadline) : 0;
    if (result)
        return result;
    result = forward(process, r, message, to, with_access, 0);
    if (result == VMTP_E_NESTED) { /* it goes on as a Send of ours, which gives nothing */
        vv_group_end(process);
        result = forward(process, r, message, to, 0, VV_GROUP_OCTETS);
    }
    if (result == 0 || result == VMTP_E_STALE)
        r->used = 0;
    return result;
}
