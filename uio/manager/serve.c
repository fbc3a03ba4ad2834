/* SPDX-License-Identifier: BSD-2-Clause */
/* Which Request is what.  Names come from the naming manager, everything else by the number of an instance. */
#include "internal.h"

#define INSTANCE_FIRST (UIO_READ_INSTANCE & VU_LOW24)
#define INSTANCE_LAST (UIO_CONTROL_INSTANCE & VU_LOW24)

typedef void (*handler)(struct vu_operation *);

static const handler by_instance[INSTANCE_LAST - INSTANCE_FIRST + 1] = {
    vu_on_read, vu_on_write, vu_on_query_instance, vu_on_modify_instance, vu_on_release, vu_on_lock, vu_on_control};

static void refuse_code(uio_manager *m, struct vipc_incoming *in) {
    m->counters.unknown_codes++;
    vname_manager_refuse(in, VMTP_ERROR);
}

/* From any client whatever: who knows the number may use it (UIO-2.3-04). */
static void on_instance(uio_manager *m, struct vipc_incoming *in, handler handle) {
    struct vu_owner *client = vu_owner_find(m, in->client);
    struct vu_operation *o = vu_operation_begin(m, in);
    struct vu_instance *instance = vu_instance_find(m, in->message.words[0]);
    if (client)
        vu_owner_heard(m, client);
    if (!instance) {
        m->counters.stale++;
        vu_refuse(o, UIO_STALE);
        return;
    }
    vu_owner_heard(m, instance->owner);
    instance->last = vipc_now(m->ipc);
    vu_operation_attach(o, instance);
    handle(o);
}

void vu_on_request(vname_manager *names, struct vipc_incoming *in) {
    uio_manager *m = vname_manager_context(names);
    const uint32_t code = in->message.code & VU_LOW24;
    const int is_ours = (in->message.code & VMTP_PIC) && (code & 0xffff00u) == VU_INTERFACE;
    if (!is_ours && m->config.request) {
        m->config.request(m, in);
    } else if (is_ours && (in->group || in->datagram)) {
        m->counters.odd++;
        vipc_discard(in);
    } else if (is_ours && code >= INSTANCE_FIRST && code <= INSTANCE_LAST) {
        on_instance(m, in, by_instance[code - INSTANCE_FIRST]);
    } else if (is_ours) {
        refuse_code(m, in);
    } else {
        vname_manager_refuse(in, VMTP_ERROR);
    }
}
