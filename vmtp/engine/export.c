/* SPDX-License-Identifier: BSD-2-Clause */
/* export.c - an entity leaves this node: its state into octets, itself out of the tables (spec/vmtp.md section 13.11). */
#include "internal.h"
#include "moved.h"

/* ---- what there is ---- */

static int is_record_of(const struct vmtp_engine *e, uint32_t i, vmtp_entity id) {
    return remote_at(e, i)->state != REMOTE_FREE && remote_at(e, i)->server == id;
}

/* Of a client that is still looked for nothing has been done here. */
static int goes_along(const struct vmtp_engine *e, uint32_t i, vmtp_entity id) {
    const struct remote *r = remote_at(e, i);
    return is_record_of(e, i, id) &&
           !(r->probing == PROBING_UNKNOWN && (r->state == REMOTE_RECEIVING || r->state == REMOTE_AWAITING_PROBE));
}

/* A Request in hand of a client here: at the new node it is a remote client's. */
static int is_local_work(const struct vmtp_engine *e, uint32_t i, vmtp_entity id) {
    const struct request *q = request_at(e, i);
    return veng_request_in_hand(q) && q->remote == NONE && q->call != NONE && q->entity == id &&
           !veng_call_moves_as_run(e, call_at(e, q->call));
}

static const struct entity *client_at(const struct vmtp_engine *e, uint32_t i) {
    const struct entity *n = entity_at(e, i);
    return n->live && n->call != NONE ? n : NULL;
}

/* Was the Request of c, to a group, for its members here?  See veng_group_begin. */
static int is_for_members_here(const struct vmtp_engine *e, const struct call *c) {
    vmtp_entity near_one = vmtp_get_coresident(c->tx.header);
    if (!c->group || c->datagram)
        return 0;
    return !(vmtp_get_code(c->tx.header) & VMTP_CRE) || (near_one && veng_entity_is_here(e, near_one));
}

/* It waits for its program, or is in hand. */
static int has_request_of(const struct vmtp_engine *e, vmtp_entity id, const struct call *c) {
    uint32_t index = pool_index(&e->calls, c);
    for (uint32_t i = 0; c->locals && i < e->requests.count; i++) {
        const struct request *q = request_at(e, i);
        if (q->call == index && q->entity == id && (q->state == REQUEST_COMPLETE || q->state == REQUEST_PROCESSING))
            return 1;
    }
    return 0;
}

/* The call of a client here to a group, of which the entity has done what it will do: the Request may come again at its new node. */
static const struct call *done_in_group(const struct vmtp_engine *e, uint32_t i, vmtp_entity id) {
    const struct entity *n = client_at(e, i);
    const struct call *c = n && n->id != id ? call_at(e, n->call) : NULL;
    if (!c || !is_for_members_here(e, c))
        return NULL;
    const struct membership *m = veng_group_member(e, c->server, id);
    return m && m->owed != c->tx.handle && !has_request_of(e, id, c) ? c : NULL;
}

static uint32_t held_octets(const struct vmtp_engine *e, const struct remote *r) {
    if (r->state != REMOTE_RESPONDED || r->request == NONE)
        return 0;
    const struct request *q = request_at(e, r->request);
    return q->release && !q->in_run && !(r->code & VMTP_DGM) ? q->tx.segment_size : 0;
}

static void measure(const struct vmtp_engine *e, vmtp_entity id, struct moved_writer *w) {
    w->base = HEAD_OCTETS + MOVED_TAIL;
    for (uint32_t i = 0; i < e->remotes.count; i++) {
        if (!goes_along(e, i, id))
            continue;
        w->base += RECORD_OCTETS;
        w->full += vmtp_padded(held_octets(e, remote_at(e, i)));
        if (remote_at(e, i)->state == REMOTE_RUN)
            veng_export_run_measure(e, remote_at(e, i), w);
    }
    for (uint32_t i = 0; i < e->entities.count; i++) {
        uint32_t length = client_at(e, i) ? veng_export_local_run_length(e, client_at(e, i), id) : 0;
        w->base += length ? RECORD_OCTETS + length * OF_RUN_OCTETS : 0;
        w->base += done_in_group(e, i, id) ? RECORD_OCTETS : 0;
    }
    for (uint32_t i = 0; i < e->requests.count; i++)
        w->base += is_local_work(e, i, id) ? RECORD_OCTETS : 0;
    w->full += w->base;
}

/* ---- writing ---- */

static uint8_t moved_state(const struct vmtp_engine *e, const struct remote *r) {
    const struct request *q = r->request != NONE ? request_at(e, r->request) : NULL;
    switch (r->state) {
    case REMOTE_PROCESSING: return q && veng_request_in_hand(q) ? MOVED_PROCESSING : MOVED_IDLE;
    case REMOTE_RESPONDED: return MOVED_RESPONDED;
    case REMOTE_RUN: return MOVED_RUN;
    case REMOTE_DISCARDED: return MOVED_DISCARDED;
    case REMOTE_REFUSED: return MOVED_REFUSED;
    case REMOTE_FORWARDED: return q && q->nested ? MOVED_DISCARDED : MOVED_FORWARDED;
    default: return MOVED_IDLE;
    }
}

/* Not delivered yet: it is forgotten, and comes again. */
static int is_pending(const struct vmtp_engine *e, const struct remote *r) {
    const struct request *q = r->request != NONE ? request_at(e, r->request) : NULL;
    return q && !q->in_run && (q->state == REQUEST_RECEIVING || q->state == REQUEST_COMPLETE) && !veng_request_in_hand(q);
}

static void put_request(uint8_t *p, const struct request *q) {
    vmtp_store64(p + RECORD_HANDLE, q->resumed ? q->cookie : q->tx.handle);
    memcpy(p + RECORD_HEADER, q->header, VMTP_HEADER_OCTETS);
}

/* The segment of a Response goes along if there is room; else the Response is discarded. */
static void put_response(const struct vmtp_engine *e, struct moved_writer *w, uint8_t *p, const struct remote *r) {
    uint32_t octets = held_octets(e, r);
    if (!octets && (r->request == NONE || !request_at(e, r->request)->release || (r->code & VMTP_DGM)))
        return; /* nothing is held, or it would be done again */
    if (!octets || !moved_has_room(w, octets)) {
        p[RECORD_STATE] = MOVED_DISCARDED;
        return;
    }
    const struct request *q = request_at(e, r->request);
    vmtp_store32(p + RECORD_HAVE, q->have);
    vmtp_store32(p + RECORD_SEGMENT, octets);
    moved_put_segment(w, q->tx.segment, octets);
}

static uint8_t *new_record(struct moved_writer *w) {
    uint8_t *p = w->at;
    memset(p, 0, RECORD_OCTETS);
    w->at += RECORD_OCTETS;
    w->base -= RECORD_OCTETS;
    w->records++;
    return p;
}

static void put_remote(const struct vmtp_engine *e, struct moved_writer *w, const struct remote *r) {
    uint8_t *p = new_record(w);
    uint32_t transaction = r->transaction;
    uint8_t forward = r->forward;
    if (is_pending(e, r))
        veng_remote_step_back(&transaction, &forward);
    vmtp_store64(p + RECORD_CLIENT, r->client);
    vmtp_store32(p + RECORD_TRANSACTION, transaction);
    p[RECORD_STATE] = moved_state(e, r);
    p[RECORD_STATE + 1] = forward;
    p[RECORD_STATE + 2] = r->retransmit;
    p[RECORD_STATE + 3] = r->priority;
    p[RECORD_GAP] = r->gap;
    p[RECORD_GAP + 1] = r->multicast;
    memcpy(p + RECORD_GAP + 2, r->mac, 6);
    vmtp_store32(p + RECORD_CODE, r->code);
    for (unsigned i = 0; i < 7; i++)
        vmtp_store32(p + RECORD_WORDS + 4u * i, r->words[i]);
    vmtp_store64(p + RECORD_ONWARD, r->onward);
    if (r->state == REMOTE_RUN)
        veng_export_run(e, w, p, r);
    if (p[RECORD_STATE] == MOVED_PROCESSING)
        put_request(p, request_at(e, r->request));
    if (p[RECORD_STATE] == MOVED_RESPONDED)
        put_response(e, w, p, r);
}

static void put_local_work(const struct vmtp_engine *e, struct moved_writer *w, const struct request *q) {
    uint8_t *p = new_record(w);
    vmtp_store64(p + RECORD_CLIENT, vmtp_get_client(q->header));
    vmtp_store32(p + RECORD_TRANSACTION, vmtp_get_transaction(q->header));
    p[RECORD_STATE] = MOVED_PROCESSING;
    p[RECORD_STATE + 1] = (uint8_t)vmtp_get_forward_count(q->header);
    p[RECORD_STATE + 3] = (uint8_t)vmtp_get_priority(q->header);
    memcpy(p + RECORD_GAP + 2, e->config.mac, 6);
    put_request(p, q);
}

static void put_done_in_group(const struct vmtp_engine *e, struct moved_writer *w, const struct call *c) {
    uint8_t *p = new_record(w);
    vmtp_store64(p + RECORD_CLIENT, vmtp_get_client(c->tx.header));
    vmtp_store32(p + RECORD_TRANSACTION, vmtp_get_transaction(c->tx.header));
    p[RECORD_STATE] = MOVED_DISCARDED;
    p[RECORD_GAP + 1] = 1;
    memcpy(p + RECORD_GAP + 2, e->config.mac, 6);
}

static void put_local_run(const struct vmtp_engine *e, struct moved_writer *w, const struct entity *client,
                          vmtp_entity id) {
    uint8_t *p = new_record(w);
    vmtp_store64(p + RECORD_CLIENT, client->id);
    p[RECORD_STATE] = MOVED_RUN;
    memcpy(p + RECORD_GAP + 2, e->config.mac, 6);
    veng_export_local_run(e, w, p, client, id);
}

/* The call that can go on elsewhere: the only one, and a single packet group. */
static const struct call *goes_on(const struct vmtp_engine *e, const struct entity *n) {
    const struct call *c = n->call != NONE ? call_at(e, n->call) : NULL;
    return c && c->forwarder == NONE && c->newer == NONE && c->groups == 1 && !c->skip && !veng_call_in_run(c) &&
                   !c->group && !c->datagram
               ? c
               : NULL;
}

static void put_head(const struct vmtp_engine *e, uint8_t *p, const struct moved_writer *w, const struct entity *n) {
    const struct call *c = goes_on(e, n);
    uint32_t size = (uint32_t)(w->at - p) + MOVED_TAIL;
    memset(p, 0, HEAD_OCTETS);
    vmtp_store32(p + HEAD_MAGIC, MOVED_MAGIC);
    vmtp_store32(p + HEAD_VERSION, MOVED_VERSION);
    vmtp_store32(p + HEAD_SIZE, size);
    vmtp_store32(p + HEAD_RECORDS, w->records);
    vmtp_store64(p + HEAD_ID, n->id);
    vmtp_store32(p + HEAD_FLAGS, n->flags);
    vmtp_store32(p + HEAD_TRANSACTION, n->transaction);
    vmtp_store32(p + HEAD_STATE, (c || n->resume ? HEAD_CALLING : 0) | (n->datagram ? HEAD_DATAGRAM : 0));
    vmtp_store32(p + HEAD_RETRANSMITS, c ? c->retransmits : n->resume_count);
    vmtp_store64(p + HEAD_PROCESS, n->process);
    vmtp_store64(p + HEAD_PRINCIPAL, n->principal);
    vmtp_store64(p + HEAD_EFFECTIVE, n->effective_principal);
    vmtp_store32(p + size - MOVED_TAIL, vmtp_checksum(p, size - MOVED_TAIL));
}

static uint32_t write_all(const struct vmtp_engine *e, const struct entity *n, struct moved_writer *w, uint8_t *buffer) {
    w->at = buffer + HEAD_OCTETS;
    w->base -= HEAD_OCTETS;
    /* These first: of two records for a Client the first counts, and the other is older. */
    for (uint32_t i = 0; i < e->requests.count; i++)
        if (is_local_work(e, i, n->id))
            put_local_work(e, w, request_at(e, i));
    for (uint32_t i = 0; i < e->entities.count; i++) {
        if (done_in_group(e, i, n->id))
            put_done_in_group(e, w, done_in_group(e, i, n->id));
        if (client_at(e, i) && veng_export_local_run_length(e, client_at(e, i), n->id))
            put_local_run(e, w, client_at(e, i), n->id);
    }
    for (uint32_t i = 0; i < e->remotes.count; i++)
        if (goes_along(e, i, n->id))
            put_remote(e, w, remote_at(e, i));
    put_head(e, buffer, w, n);
    return (uint32_t)(w->at - buffer) + MOVED_TAIL;
}

/* ---- leaving ---- */

/* Whoever has called it from here looks for it elsewhere; of a group it is one member less here. */
static void send_after(struct vmtp_engine *e, struct request *q, vmtp_time now) {
    struct call *c = call_at(e, q->call);
    if (veng_request_in_hand(q))
        c->sent = 1; /* its Response may come from there before it is found */
    q->call = c->request = NONE;
    q->state = REQUEST_OVER;
    veng_request_free(e, q);
    if (c->group)
        veng_group_local_gone(e, c, now);
    else
        veng_call_elsewhere(e, c, now);
}

static void leave_records(struct vmtp_engine *e, vmtp_entity id, vmtp_time now) {
    for (uint32_t i = 0; i < e->remotes.count; i++) {
        struct remote *r = remote_at(e, i);
        if (!is_record_of(e, i, id))
            continue;
        struct request *q = r->request != NONE ? request_at(e, r->request) : NULL;
        if (q && veng_forward_goes_on(q))
            continue;
        while ((q = remote_oldest(e, r)) != NULL)
            if (veng_request_in_hand(q)) { /* the application goes on with it there */
                q->state = REQUEST_OVER;
                veng_request_free(e, q);
            } else {
                veng_request_drop(e, q, now);
            }
        veng_remote_free(e, r);
    }
}

static void leave_local(struct vmtp_engine *e, vmtp_entity id, vmtp_time now) {
    for (uint32_t i = 0; i < e->requests.count; i++) {
        struct request *q = request_at(e, i);
        if ((q->state == REQUEST_PROCESSING || q->state == REQUEST_COMPLETE) && q->remote == NONE && q->call != NONE &&
            q->entity == id && !veng_call_among_others(e, call_at(e, q->call)))
            send_after(e, q, now);
    }
    for (uint32_t i = 0; i < e->entities.count; i++)
        if (client_at(e, i))
            veng_outstanding_elsewhere(e, entity_at(e, i), id, now);
}

static void leave(struct vmtp_engine *e, struct entity *n, vmtp_time now) {
    vmtp_entity id = n->id;
    veng_gone_note(e, id, now);
    n->live = 0; /* so that no call is held back for the sake of those before it */
    while (n->call != NONE) {
        struct call *c = call_at(e, n->call);
        veng_part(e, c, now);
        veng_call_finish(e, c, VMTP_MIGRATED, now);
    }
    veng_entity_unmap(e, n);
    leave_records(e, id, now);
    leave_local(e, id, now);
    veng_entity_dispose(e, n, now);
}

int vmtp_entity_export(vmtp_engine *e, vmtp_entity id, void *buffer, size_t size, size_t *used, vmtp_time now) {
    struct entity *n = veng_entity_find(e, id);
    struct moved_writer w = {NULL, NULL, 0, 0, 0};
    if (!n || (n->role != ROLE_USER && n->role != ROLE_REMOTE))
        return VMTP_E_NO_ENTITY;
    measure(e, id, &w);
    *used = w.full;
    if (size < w.base)
        return VMTP_E_MEMORY;
    if (veng_gone_full(e, now))
        return VMTP_E_FULL;
    w.end = (uint8_t *)buffer + size;
    *used = write_all(e, n, &w, buffer);
    leave(e, n, now);
    return 0;
}
