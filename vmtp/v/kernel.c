/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel of a host: it does for processes of other hosts what they may do with segments here, and answers for logical ids.
 *
 * It is a procedure of the host, so it works while processes wait, whatever they wait for.
 */
#include <stdlib.h>

#include "internal.h"

static void answer(vmtp_host *host, struct vmtp_incoming *in, uint32_t code, const void *segment, uint32_t size) {
    struct vmtp_message message = {.code = code};
    vmtp_host_reply(host, in, &message, segment, size, 0);
}

static void operate(const v_kernel *kernel, struct vmtp_incoming *in) {
    const uint32_t *w = in->message.words;
    struct vv_operation o = {.code = in->message.code & VMTP_CODE_MASK,
                             .granter = vmtp_words_get64(w),
                             .actor = in->client,
                             .transaction = w[2],
                             .offset = w[3],
                             .count = w[4],
                             .limit = in->large ? VV_PIECE : VV_GROUP_OCTETS,
                             .to = vmtp_words_get64(w + 3)};
    struct vv_grant *grant;
    const int from = o.code == (VMTP_V_MOVE_FROM & VMTP_CODE_MASK);
    if (!from) {
        o.count = in->segment_size;
        o.limit = VV_PIECE;
    }
    uint32_t code = vv_grant_check(kernel, &o, &grant);
    if (code == VMTP_OK && o.code == (VMTP_V_PASS_ACCESS & VMTP_CODE_MASK))
        grant->holder = o.to;
    else if (code == VMTP_OK && !from && o.count)
        memcpy(grant->memory + o.offset, in->segment, o.count);
    /* A copy goes out: the granter's memory is its own again with the reply, which may come before this one is acknowledged. */
    if (code == VMTP_OK && from && o.count)
        answer(kernel->host, in, code, grant->memory + o.offset, o.count);
    else
        answer(kernel->host, in, code, NULL, 0);
}

static void tell_pid(const v_kernel *kernel, struct vmtp_incoming *in) {
    uint32_t ignored;
    const int ours = vmtp_outstanding(vmtp_host_engine(kernel->host), in->client, &ignored) != VMTP_E_NO_ENTITY;
    v_pid pid = vv_logical_remote(kernel, in->message.words[0]);
    struct vmtp_message message = {.code = pid ? VMTP_OK | VMTP_DGM : VMTP_RESPONSE_DISCARDED};
    if (ours) { /* we are asking others, and have heard ourselves */
        vmtp_host_done(kernel->host, in);
        return;
    }
    vmtp_words_put64(message.words, pid);
    vmtp_host_reply(kernel->host, in, &message, NULL, 0, 0);
}

static void kernel_procedure(vmtp_host *host, struct vmtp_incoming *in, void *context) {
    const v_kernel *kernel = context;
    if (!in->handle) { /* a datagram asks for nothing */
        vmtp_host_done(host, in);
        return;
    }
    switch (in->message.code & VMTP_CODE_MASK) {
    case VMTP_V_MOVE_FROM &VMTP_CODE_MASK:
    case VMTP_V_MOVE_TO &VMTP_CODE_MASK:
    case VMTP_V_PASS_ACCESS &VMTP_CODE_MASK: operate(kernel, in); break;
    case VMTP_V_GET_PID &VMTP_CODE_MASK: tell_pid(kernel, in); break;
    default: answer(host, in, VMTP_ERROR, NULL, 0);
    }
}

/* Memory for large operations is not touched before there are any. */
static int serve(v_kernel *kernel) {
    const uint32_t small = VV_KERNEL_DEPTH - VV_KERNEL_LARGE;
    int r = vmtp_host_procedure(kernel->host, kernel->entity, small, VV_GROUP_OCTETS, kernel_procedure, kernel);
    if (r == 0)
        r = vmtp_host_procedure(kernel->host, kernel->entity, VV_KERNEL_LARGE, VV_PIECE, kernel_procedure, kernel);
    return r;
}

int v_kernel_open(v_kernel **out, vmtp_host *host) {
    vmtp_engine *engine = vmtp_host_engine(host);
    *out = NULL;
    if (vmtp_group_members(engine, VMTP_V_KERNEL_GROUP, NULL, 0))
        return VMTP_E_EXISTS;
    v_kernel *kernel = calloc(1, sizeof *kernel);
    if (!kernel)
        return VMTP_E_MEMORY;
    kernel->host = host;
    const struct vmtp_entity_options options = {.flags = VMTP_ENTITY_IMMUNE};
    int r = vmtp_host_entity(host, &kernel->entity, &options);
    if (r == 0) {
        r = serve(kernel);
        if (r == 0)
            r = vmtp_group_join(engine, VMTP_V_KERNEL_GROUP, kernel->entity, 0);
        if (r < 0)
            vmtp_entity_delete(engine, kernel->entity, vmtp_host_now(host));
    }
    if (r < 0) {
        free(kernel);
        return r;
    }
    *out = kernel;
    return 0;
}

void v_kernel_close(v_kernel *kernel) {
    if (!kernel)
        return;
    while (kernel->processes)
        v_process_destroy(kernel->processes);
    vmtp_host_unserve(kernel->host, kernel->entity);
    vmtp_entity_delete(vmtp_host_engine(kernel->host), kernel->entity, vmtp_host_now(kernel->host));
    free(kernel);
}

int vv_heed(v_kernel *kernel, int joined) {
    int r = joined < 0 ? joined : vmtp_host_turn(kernel->host);
    return r < 0 ? r : 0;
}

vmtp_host *v_kernel_host(const v_kernel *kernel) { return kernel->host; }
