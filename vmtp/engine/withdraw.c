/* SPDX-License-Identifier: BSD-2-Clause */
/* withdraw.c - accepts that their entity takes back. */
#include "internal.h"

/* Those that wait: out of the queue and home.  How many. */
static unsigned return_waiting(struct vmtp_engine *e, struct entity *n, uint64_t cookie) {
    unsigned found = 0;
    uint32_t *link = &n->accept_head;
    n->accept_tail = NONE;
    while (*link != NONE) {
        uint32_t index = *link;
        struct accept *a = accept_at(e, index);
        if (a->cookie == cookie) {
            *link = a->next;
            n->accepts--;
            found++;
            veng_event_post(e, &a->event, VMTP_EV_ACCEPT_RETURNED, KIND_ACCEPT);
        } else {
            n->accept_tail = index;
            link = &a->next;
        }
    }
    return found;
}

/* Those that a Request has taken: they go home with it or after it.  Rare, so it looks at every record. */
static unsigned return_taken(struct vmtp_engine *e, const struct entity *n, uint64_t cookie) {
    unsigned found = 0;
    for (uint32_t i = 0; i < e->requests.count; i++) {
        const struct request *q = request_at(e, i);
        if (q->state == REQUEST_FREE || q->accept == NONE)
            continue;
        struct accept *a = accept_at(e, q->accept);
        if (a->entity == n->id && a->cookie == cookie) {
            a->returning = 1;
            found++;
        }
    }
    return found;
}

int vmtp_accept_cancel(vmtp_engine *e, vmtp_entity entity, uint64_t cookie) {
    struct entity *n = veng_entity_find(e, entity);
    if (!n || (n->role != ROLE_USER && n->role != ROLE_REMOTE))
        return VMTP_E_NO_ENTITY;
    unsigned found = return_waiting(e, n, cookie);
    found += return_taken(e, n, cookie);
    return found ? 0 : VMTP_E_STALE;
}

int vmtp_outstanding(const vmtp_engine *e, vmtp_entity entity, uint32_t *transaction) {
    const struct entity *n = veng_entity_find(e, entity);
    if (!n)
        return VMTP_E_NO_ENTITY;
    if (n->call == NONE)
        return VMTP_E_STALE;
    *transaction = vmtp_get_transaction(call_at(e, n->call)->tx.header);
    return 0;
}
