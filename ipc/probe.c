/* SPDX-License-Identifier: BSD-2-Clause */
/* Is an entity there?  ProbeEntity, asked of whoever may know (spec/vmtp.md section 10.3). */
#include <vipc/ipc.h>

static int verdict(const struct vipc_call *call, int result) {
    const uint32_t code = call->answer.code & VMTP_CODE_MASK;
    if (result)
        return result;
    return code == VMTP_ENTITY_MIGRATED ? 0 : (int)code; /* it lives on elsewhere */
}

static void over(struct vipc_call *call, int result) {
    struct vipc_probe *probe = call->context;
    probe->done(probe, verdict(call, result));
}

int vipc_probe_start(vipc *ipc, struct vipc_probe *probe) {
    struct vmtp_message question = {.server = VMTP_MANAGER_GROUP, .code = VMTP_PROBE_ENTITY};
    vmtp_message_set_coresident(&question, probe->entity);
    vmtp_words_put64(question.words + 2, probe->entity);
    if (!probe->done || !probe->entity || vmtp_is_group(probe->entity) || probe->call.ipc)
        return VMTP_E_INVALID;
    probe->call = (struct vipc_call){.message = question, .deadline = VMTP_NEVER, .done = over, .context = probe};
    return vipc_start(ipc, &probe->call);
}

void vipc_probe_cancel(struct vipc_probe *probe) { vipc_cancel(&probe->call); }
