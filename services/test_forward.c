/* SPDX-License-Identifier: BSD-2-Clause */
/* FORWARD: leaves its Request to another server.  spec/testing.md section 4.13. */
#include "test_internal.h"

static void parse(struct vmtp_forward *f, const struct vmtp_event *request) {
    const uint8_t *in = request->segment;
    *f = (struct vmtp_forward){.segment = in + VTEST_CALL_HEAD, .segment_size = request->segment_size - VTEST_CALL_HEAD};
    f->message.server = vmtp_load64(in + VTEST_CALL_SERVER);
    f->message.code = vmtp_load32(in + VTEST_CALL_CODE) & ~VMTP_SDA;
    for (unsigned i = 0; i < 7; i++)
        f->message.words[i] = vmtp_load32(in + VTEST_CALL_WORDS + 4 * i);
}

/* Only where forwarding takes a call there has to be room for its Response. */
static int forward(vtest_service *s, struct vtest_slot *slot, struct vmtp_forward *f, vmtp_time now) {
    int rc = vmtp_forward(s->engine, slot->handle, f, now);
    if (rc != VMTP_E_NESTED)
        return rc;
    f->response_area = vtest_take_extra(s, slot, VTEST_AREA);
    if (!f->response_area)
        return VMTP_E_MEMORY;
    f->response_size = VTEST_AREA;
    rc = vmtp_forward(s->engine, slot->handle, f, now);
    if (rc != 0)
        vtest_drop_extra(s, slot);
    return rc;
}

void vtest_forward(vtest_service *s, struct vtest_work *w) {
    struct vtest_slot *slot = w->slot;
    struct vmtp_forward f;
    if (s->forbid_call || w->request->segment_size < VTEST_CALL_HEAD) {
        vtest_refuse(w, s->forbid_call ? VMTP_NO_PERMISSION : VMTP_TEST_BAD_ARGUMENT);
        return;
    }
    parse(&f, w->request);
    int rc = forward(s, slot, &f, w->now);
    if (rc != 0) {
        vtest_refuse(w, rc == VMTP_E_INVALID || rc == VMTP_E_TOO_LARGE ? VMTP_TEST_BAD_ARGUMENT : VMTP_TEST_NO_ROOM);
        return;
    }
    w->later = 1;
    if (f.segment_size > 0 || slot->extra)
        vtest_lend(s, slot);
    else
        vtest_free(s, slot);
}
