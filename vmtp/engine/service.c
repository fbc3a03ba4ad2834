/* SPDX-License-Identifier: BSD-2-Clause */
/* service.c - SignalEntity and ModifyService: what others may do to a service (RFC 1045 Appendix III; spec/vmtp.md section 10.12). */
#include "internal.h"

#define KNOWN_FLAGS (VMTP_SERVICE_SECURITY_REQUIRED | VMTP_SERVICE_INCREMENTAL)

int veng_service_procedure(uint32_t code24) {
    return code24 == CODE24(VMTP_SIGNAL_ENTITY) || code24 == CODE24(VMTP_MODIFY_SERVICE);
}

/* Requests that an entity has: being collected, waiting, in hand. */
static uint32_t requests_of(const struct vmtp_engine *e, vmtp_entity id) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < e->requests.count; i++) {
        const struct request *q = request_at(e, i);
        n += q->entity == id && (q->state == REQUEST_RECEIVING || q->state == REQUEST_COMPLETE ||
                                 q->state == REQUEST_PROCESSING || q->state == REQUEST_FORWARDED);
    }
    return n;
}

/* How many more it takes now. */
uint32_t veng_service_room(const struct vmtp_engine *e, const struct entity *n) {
    if (n->limit == NONE)
        return n->accepts;
    uint32_t load = requests_of(e, n->id), room = n->limit > load ? n->limit - load : 0;
    return room < n->accepts ? room : n->accepts;
}

static uint32_t signal_entity(struct vmtp_engine *e, struct entity *n, const struct arrival *a) {
    if (!(n->flags & VMTP_ENTITY_SIGNALS))
        return VMTP_NO_PERMISSION;
    if (n->signal.link) /* the one before has not been seen yet */
        return VMTP_BUSY;
    n->signal_client = a->client;
    n->signal_argument = vmtp_load32(a->h + 44);
    veng_event_post(e, &n->signal, VMTP_EV_SIGNAL, KIND_SIGNAL);
    COUNT(e, SIGNALS);
    return VMTP_OK;
}

static uint32_t changed_limit(uint32_t now, uint32_t flags, uint32_t count, uint32_t most) {
    int64_t wanted = flags & VMTP_SERVICE_INCREMENTAL ? (int64_t)now + (int32_t)count : (int64_t)count;
    return wanted < 0 ? 0 : wanted > most ? most : (uint32_t)wanted;
}

static uint32_t modify_service(struct vmtp_engine *e, struct entity *n, const struct arrival *a, uint32_t words[7]) {
    uint32_t flags = vmtp_load32(a->h + 44), count = vmtp_load32(a->h + 48), most = e->config.max_accepts;
    if (!e->config.remote_management)
        return VMTP_NO_PERMISSION;
    if (flags & ~KNOWN_FLAGS)
        return VMTP_ERROR;
    if (flags & VMTP_SERVICE_SECURITY_REQUIRED)
        return VMTP_SECURITY_NOT_SUPPORTED;
    words[0] = changed_limit(n->limit < most ? n->limit : most, flags, count, most);
    n->limit = words[0] < most ? words[0] : NONE;
    return VMTP_OK;
}

uint32_t veng_service_manage(struct vmtp_engine *e, const struct arrival *a, uint32_t words[7]) {
    struct entity *n = veng_entity_find(e, vmtp_load64(a->h + 36));
    if (!n)
        return VMTP_NONEXISTENT_ENTITY;
    if (n->role != ROLE_USER && n->role != ROLE_REMOTE)
        return VMTP_NO_PERMISSION;
    if (CODE24(a->code) == CODE24(VMTP_SIGNAL_ENTITY))
        return signal_entity(e, n, a);
    return modify_service(e, n, a, words);
}
