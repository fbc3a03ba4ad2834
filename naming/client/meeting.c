/* SPDX-License-Identifier: BSD-2-Clause */
/* Two managers have one prefix: each is told of the other (NAME-5.2-06). */
#include "internal.h"

static void sent(struct vipc_call *call, int result) {
    vname_resolver *r = call->context;
    if (result)
        r->counters.meetings_unsent++;
}

static void tell(vname_resolver *r, vmtp_entity manager, const struct vname_record *other) {
    struct vname_record told = *other;
    told.flags |= VNAME_SECOND_HAND;
    for (unsigned i = 0; i < VN_MEETINGS; i++) {
        struct vn_meeting *meeting = &r->meetings[i];
        if (meeting->call.ipc)
            continue;
        memset(&meeting->call, 0, sizeof meeting->call);
        meeting->call.message.server = manager;
        meeting->call.message.code = VNAME_ANNOUNCE | VMTP_DGM;
        meeting->call.message.words[0] = VNAME_REASON_MEET;
        meeting->call.segment = meeting->segment;
        meeting->call.segment_size = vname_record_encode(meeting->segment, sizeof meeting->segment, &told);
        meeting->call.deadline = vipc_now(r->ipc) + VN_QUERY_TIME;
        meeting->call.done = sent;
        meeting->call.context = r;
        if (vipc_start(r->ipc, &meeting->call) < 0)
            break;
        r->counters.meetings++;
        return;
    }
    r->counters.meetings_unsent++;
}

void vn_introduce(vname_resolver *r, const struct vname_record *a, const struct vname_record *b) {
    tell(r, a->manager, b);
    tell(r, b->manager, a);
}
