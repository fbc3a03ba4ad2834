/* SPDX-License-Identifier: BSD-2-Clause */
/* Logical ids (spec/v.md section 3). */
#include <stdlib.h>

#include "internal.h"

static struct vv_logical **find(v_kernel *kernel, uint32_t id) {
    struct vv_logical **link = &kernel->logical;
    while (*link && (*link)->id != id)
        link = &(*link)->next;
    return link;
}

static v_pid in_scope(const v_kernel *kernel, uint32_t id, enum v_scope scope) {
    const struct vv_logical *l = kernel->logical;
    while (l && l->id != id)
        l = l->next;
    return l && (l->scope & scope) ? l->pid : 0;
}

v_pid vv_logical_remote(const v_kernel *kernel, uint32_t id) { return in_scope(kernel, id, V_REMOTE); }

static v_pid group_of(uint32_t id) { return VMTP_V_LOGICAL_GROUP + id; }

/* Other nodes ask the members of its group, so the kernel is one as long as it has something to tell. */
static int listen(v_kernel *kernel, uint32_t id, int wanted) {
    vmtp_engine *engine = vmtp_host_engine(kernel->host);
    int r = wanted ? vv_heed(kernel, vmtp_group_join(engine, group_of(id), kernel->entity, 0))
                   : vmtp_group_leave(engine, group_of(id), kernel->entity);
    return r == VMTP_E_EXISTS || r == VMTP_E_NO_ENTITY ? 0 : r;
}

static void drop(v_kernel *kernel, struct vv_logical **link) {
    struct vv_logical *l = *link;
    *link = l->next;
    listen(kernel, l->id, 0);
    free(l);
}

void vv_logical_forget(v_kernel *kernel, v_pid pid) {
    for (struct vv_logical **link = &kernel->logical; *link;)
        if ((*link)->pid == pid)
            drop(kernel, link);
        else
            link = &(*link)->next;
}

static int usable(uint32_t id, enum v_scope scope) {
    return id >= 1 && id <= 65535 && (scope == V_LOCAL || scope == V_REMOTE || scope == V_BOTH);
}

int v_set_pid(v_kernel *kernel, uint32_t logical_id, v_pid pid, enum v_scope scope) {
    if (!usable(logical_id, scope))
        return VMTP_E_INVALID;
    struct vv_logical **link = find(kernel, logical_id), *l = *link;
    if (!pid) {
        if (l)
            drop(kernel, link);
        return 0;
    }
    if (!vv_is_here(kernel, pid))
        return VMTP_E_NO_ENTITY;
    int r = listen(kernel, logical_id, (scope & V_REMOTE) != 0);
    if (r < 0)
        return r;
    if (!l) {
        l = calloc(1, sizeof *l);
        if (!l) {
            listen(kernel, logical_id, 0);
            return VMTP_E_MEMORY;
        }
        l->next = kernel->logical;
        kernel->logical = l;
    }
    l->id = logical_id;
    l->pid = pid;
    l->scope = scope;
    return 0;
}

int v_get_pid(v_kernel *kernel, uint32_t logical_id, enum v_scope scope, v_pid *pid, vmtp_time deadline) {
    if (!usable(logical_id, scope))
        return VMTP_E_INVALID;
    *pid = scope & V_LOCAL ? in_scope(kernel, logical_id, V_LOCAL) : 0;
    if (*pid)
        return 0;
    if (scope == V_LOCAL)
        return VMTP_E_NO_ENTITY;
    struct vmtp_message message = {.server = group_of(logical_id), .code = VMTP_V_GET_PID, .words = {logical_id}};
    int r = vmtp_host_call(kernel->host, &message, NULL, 0, NULL, 0, NULL, deadline);
    if (r == 0)
        r = (int)(message.code & VMTP_CODE_MASK);
    if (r == 0)
        *pid = vmtp_words_get64(message.words);
    return r;
}
