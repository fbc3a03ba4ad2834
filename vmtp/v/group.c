/* SPDX-License-Identifier: BSD-2-Clause */
/* Groups of processes: Send to one, its replies, membership. */
#include "internal.h"

/* ---- Send to a group, GetReply ------------------------------------------------------------------------------ */

void vv_group_end(v_process *process) {
    vmtp_host_group_end(process->kernel->host, process->group);
    process->group = NULL;
}

int vv_send_to_group(v_process *process, struct v_message *message, v_pid to, const struct v_segment *segment,
                     vmtp_time deadline) {
    v_pid from;
    struct vmtp_request request = {
        .client = process->pid, .message = {.server = to, .code = message->code}, .deadline = deadline};
    memcpy(request.message.words, message->words, sizeof message->words);
    if (segment && segment->carried) {
        request.segment = segment->memory;
        request.segment_size = segment->carried;
    }
    int r = vmtp_host_group_call(process->kernel->host, &process->group, &request);
    if (r == 0)
        r = v_get_reply(process, message, &from, VMTP_NEVER);
    if (r)
        vv_group_end(process);
    return r;
}

int v_get_reply(v_process *process, struct v_message *message, v_pid *from, vmtp_time deadline) {
    struct vmtp_event response;
    if (!process->group)
        return VMTP_E_STALE;
    int r = vmtp_host_group_next(process->kernel->host, process->group, &response, deadline);
    if (r)
        return r;
    message->code = response.message.code & VMTP_CODE_MASK;
    memcpy(message->words, response.message.words, sizeof message->words);
    *from = response.message.server;
    return response.result == VMTP_OK ? 0 : (int)response.result;
}

/* ---- membership --------------------------------------------------------------------------------------------- */

int v_create_group(v_process *process, v_pid *group, int restricted) {
    return vv_heed(process->kernel,
                   vmtp_group_create(vmtp_host_engine(process->kernel->host), group, process->pid, !restricted));
}

int v_join_group(v_process *process, v_pid group) {
    return vv_heed(process->kernel,
                   vmtp_group_join(vmtp_host_engine(process->kernel->host), group, process->pid, VMTP_REM_BY_SELF));
}

int v_leave_group(v_process *process, v_pid group) {
    return vmtp_group_leave(vmtp_host_engine(process->kernel->host), group, process->pid);
}

int v_query_group(v_process *process, v_pid group, v_pid *members, uint32_t room, uint32_t *count, vmtp_time deadline) {
    return vmtp_host_group_query(process->kernel->host, group, members, room, count, deadline);
}
