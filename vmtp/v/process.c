/* SPDX-License-Identifier: BSD-2-Clause */
/* Life of a process, and what it has received. */
#include <stdlib.h>

#include "internal.h"

#define DEFAULT_DEPTH 16u

int v_process_create(v_process **out, v_kernel *kernel, const struct v_process_options *options) {
    static const struct v_process_options none;
    const struct v_process_options *o = options ? options : &none;
    const struct vmtp_entity_options entity = {.id = o->pid};
    const uint32_t depth = o->depth ? o->depth : DEFAULT_DEPTH;
    *out = NULL;
    if (depth > 0x10000u)
        return VMTP_E_INVALID;
    v_process *process = calloc(1, sizeof *process + depth * sizeof process->received[0]);
    if (!process)
        return VMTP_E_MEMORY;
    process->kernel = kernel;
    process->depth = depth;
    int r = vmtp_host_entity(kernel->host, &process->pid, &entity);
    if (r == 0) {
        r = vmtp_host_serve(kernel->host, process->pid, depth, o->capacity ? o->capacity : VV_GROUP_OCTETS);
        if (r < 0)
            vmtp_entity_delete(vmtp_host_engine(kernel->host), process->pid, vmtp_host_now(kernel->host));
    }
    if (r < 0) {
        free(process);
        return r;
    }
    process->next = kernel->processes;
    kernel->processes = process;
    *out = process;
    return 0;
}

void v_process_destroy(v_process *process) {
    if (!process)
        return;
    v_kernel *kernel = process->kernel;
    v_process **link = &kernel->processes;
    while (*link != process)
        link = &(*link)->next;
    *link = process->next;
    vv_group_end(process);
    vv_logical_forget(kernel, process->pid);
    vmtp_entity_delete(vmtp_host_engine(kernel->host), process->pid, vmtp_host_now(kernel->host));
    for (uint32_t i = 0; i < process->depth; i++)
        if (process->received[i].used)
            vmtp_host_done(kernel->host, &process->received[i].in);
    free(process);
}

v_pid v_process_pid(const v_process *process) { return process->pid; }

struct vv_received *vv_received_from(v_process *process, v_pid from) {
    for (uint32_t i = 0; i < process->depth; i++)
        if (process->received[i].used && process->received[i].in.client == from)
            return &process->received[i];
    return NULL;
}
