/* SPDX-License-Identifier: BSD-2-Clause */
/* Who may use which segment, and for how long (spec/v.md section 2.3). */
#include "internal.h"

/* Its Send must be under way still, and be the one that is meant: the memory may be used for something else by now. */
static struct vv_grant *find(const v_kernel *kernel, v_pid granter, uint32_t transaction) {
    uint32_t current;
    struct vv_grant *g = kernel->grants;
    while (g && g->granter != granter)
        g = g->next;
    if (!g || vmtp_outstanding(vmtp_host_engine(kernel->host), granter, &current) < 0 || current != transaction)
        return NULL;
    return g;
}

uint32_t vv_grant_check(const v_kernel *kernel, const struct vv_operation *o, struct vv_grant **grant) {
    struct vv_grant *g = find(kernel, o->granter, o->transaction);
    if (!g)
        return VMTP_V_NO_TRANSACTION;
    if (g->holder != o->actor)
        return VMTP_V_WRONG_PROCESS;
    *grant = g;
    if (o->code == (VMTP_V_PASS_ACCESS & VMTP_CODE_MASK))
        return VMTP_OK;
    if (!(g->access & (o->code == (VMTP_V_MOVE_FROM & VMTP_CODE_MASK) ? V_READ : V_WRITE)))
        return VMTP_V_NO_ACCESS;
    if (o->offset > g->size || o->count > g->size - o->offset)
        return VMTP_V_OUTSIDE;
    return o->count > o->limit ? VMTP_V_TOO_LARGE : VMTP_OK;
}

int vv_is_here(const v_kernel *kernel, v_pid pid) {
    const v_process *p = kernel->processes;
    while (p && p->pid != pid)
        p = p->next;
    return p != NULL;
}
