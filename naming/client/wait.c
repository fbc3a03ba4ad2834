/* SPDX-License-Identifier: BSD-2-Clause */
/* Functions that wait until it is over. */
#include "internal.h"

static int wait_for(vname_resolver *r, struct vname_operation *op,
                    int (*begin)(vname_resolver *, struct vname_operation *)) {
    void (*done)(struct vname_operation *, enum vname_outcome) = op->done;
    op->done = NULL;
    int result = begin(r, op);
    if (!result) {
        result = vipc_wait_for(r->ipc, &op->over, VMTP_NEVER);
        vname_cancel(op);
    }
    op->done = done;
    return result;
}

int vname_operate_wait(vname_resolver *r, struct vname_operation *op) { return wait_for(r, op, vname_operate); }

int vname_resolve_wait(vname_resolver *r, struct vname_operation *op) { return wait_for(r, op, vname_resolve); }

/* One number for how it ended. */
static int summary(const struct vname_operation *op) {
    switch (op->outcome) {
    case VNAME_ANSWERED:
    case VNAME_NO_SUCH_NAME: return (int)vn_code(&op->answer);
    case VNAME_UNREACHABLE:
    case VNAME_NO_ANSWER: return VMTP_RETRANS_TIMEOUT;
    case VNAME_OUT_OF_TIME: return VMTP_USER_TIMEOUT;
    case VNAME_FAILED: break;
    }
    return op->result;
}

int vname_change_context(vname_resolver *r, const char *name, size_t length, vmtp_time deadline) {
    uint8_t answer[VNAME_NAME_OCTETS];
    struct vname_operation op;
    struct vname_place place;
    memset(&op, 0, sizeof op);
    op.name = name;
    op.name_length = length;
    op.code = VNAME_MAP_CONTEXT;
    op.area = answer;
    op.capacity = sizeof answer;
    op.flags = VNAME_REPEATABLE;
    op.deadline = deadline;
    const int result = vname_operate_wait(r, &op);
    if (result)
        return result;
    if (vname_mapped(&op, &place))
        return vname_context_set(r, &r->current, &place);
    const int why = summary(&op);
    return why ? why : (int)VMTP_BAD_REPLY_SEGMENT;
}
