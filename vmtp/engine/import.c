/* SPDX-License-Identifier: BSD-2-Clause */
/* import.c - an entity comes from another node (spec/vmtp.md section 13.11).  Its form is checked whole before anything is done. */
#include "internal.h"
#include "moved.h"

/* ---- is it one? ---- */

static int head_is_sound(const struct vmtp_engine *e, const uint8_t *p, size_t size) {
    if (size < HEAD_OCTETS + MOVED_TAIL || (size & 3u) || vmtp_load32(p + HEAD_MAGIC) != MOVED_MAGIC ||
        vmtp_load32(p + HEAD_VERSION) != MOVED_VERSION || vmtp_load32(p + HEAD_SIZE) != size)
        return 0;
    if (vmtp_load32(p + size - MOVED_TAIL) != vmtp_checksum(p, size - MOVED_TAIL))
        return 0;
    return veng_entity_acceptable(e, vmtp_load64(p + HEAD_ID)) && !(vmtp_load32(p + HEAD_STATE) & ~3u) &&
           !(vmtp_load32(p + HEAD_FLAGS) & ~(uint32_t)ENTITY_OPTIONS);
}

/* Only what goes on to a single entity is Forwarded, fifteen times at most. */
static int onward_is_sound(const uint8_t *p) {
    vmtp_entity to = vmtp_load64(p + RECORD_ONWARD);
    return to != 0 && !vmtp_is_group(to) && p[RECORD_STATE + 1] < 15;
}

/* What ends the call of who is told it. */
static int refusal_is_sound(const uint8_t *p) {
    uint32_t code = vmtp_load32(p + RECORD_CODE);
    return code != VMTP_OK && code != VMTP_RETRY && code != VMTP_RETRY_ALL && code != VMTP_BUSY && code == CODE24(code);
}

/* The octets of a record with what it holds, or 0. */
static size_t record_octets(const uint8_t *p, size_t left) {
    if (left < RECORD_OCTETS)
        return 0;
    vmtp_entity client = vmtp_load64(p + RECORD_CLIENT);
    uint32_t state = p[RECORD_STATE], segment = vmtp_load32(p + RECORD_SEGMENT);
    size_t all = RECORD_OCTETS + (((size_t)segment + 7u) & ~(size_t)7u);
    if (client == 0 || vmtp_is_group(client) || is_default_client(client) || state < MOVED_IDLE || state > MOVED_REFUSED)
        return 0;
    if (segment > VMTP_GROUP_OCTETS || (segment && state != MOVED_RESPONDED) || left < all)
        return 0;
    if (p[RECORD_STATE + 1] > 15 || p[RECORD_STATE + 2] > 7 || p[RECORD_STATE + 3] > 15)
        return 0;
    if (p[RECORD_GAP + 2] & 1u) /* the Ethernet address of a group */
        return 0;
    if (state == MOVED_RUN)
        return veng_import_run_octets(p, left);
    if (state == MOVED_REFUSED && !refusal_is_sound(p))
        return 0;
    return state == MOVED_FORWARDED && !onward_is_sound(p) ? 0 : all;
}

static int check(const struct vmtp_engine *e, const uint8_t *p, size_t size) {
    uint32_t records = vmtp_load32(p + HEAD_RECORDS), requests = 0, runs = 0, spare = 0;
    size_t at = HEAD_OCTETS;
    for (uint32_t i = 0; i < records; i++) {
        size_t octets = record_octets(p + at, size - MOVED_TAIL - at);
        if (!octets)
            return VMTP_E_INVALID;
        requests += p[at + RECORD_STATE] == MOVED_PROCESSING || vmtp_load32(p + at + RECORD_SEGMENT);
        if (p[at + RECORD_STATE] == MOVED_RUN)
            veng_import_run_needs(p + at, &requests, &runs, &spare);
        at += octets;
    }
    if (at != size - MOVED_TAIL)
        return VMTP_E_INVALID;
    if (veng_entity_find(e, vmtp_load64(p + HEAD_ID)))
        return VMTP_E_EXISTS;
    return e->entities.free == NONE || e->remotes.count - e->remotes.used < records ||
                   e->requests.count - e->requests.used < requests || e->runs.count - e->runs.used < runs + spare
               ? VMTP_E_FULL
               : 0;
}

/* ---- taking it in ---- */

static void take_head(struct vmtp_engine *e, struct entity *n, const uint8_t *p, vmtp_time now) {
    uint32_t state = vmtp_load32(p + HEAD_STATE);
    n->flags = vmtp_load32(p + HEAD_FLAGS);
    n->transaction = vmtp_load32(p + HEAD_TRANSACTION);
    n->resume = (state & HEAD_CALLING) != 0;
    n->datagram = (state & HEAD_DATAGRAM) != 0;
    n->resume_count = vmtp_load32(p + HEAD_RETRANSMITS);
    n->process = vmtp_load64(p + HEAD_PROCESS);
    n->principal = vmtp_load64(p + HEAD_PRINCIPAL);
    n->effective_principal = vmtp_load64(p + HEAD_EFFECTIVE);
    n->probe_until = now; /* its records tell what it has done */
    veng_gone_forget(e, n->id);
}

static struct request *new_request(struct vmtp_engine *e, struct remote *r) {
    struct request *q = veng_request_make(e, r);
    q->entity = r->server;
    q->resumed = 1;
    memcpy(q->source, r->mac, 6);
    r->request = pool_index(&e->requests, q);
    return q;
}

static void take_processing(struct vmtp_engine *e, struct remote *r, const uint8_t *p, vmtp_time now) {
    struct request *q = new_request(e, r);
    memcpy(q->header, p + RECORD_HEADER, VMTP_HEADER_OCTETS);
    vmtp_put_client(q->header, r->client);
    vmtp_put_transaction(q->header, r->transaction);
    q->cookie = vmtp_load64(p + RECORD_HANDLE);
    q->transaction = r->transaction;
    veng_request_deliver(e, q, r, now);
}

static void take_responded(struct vmtp_engine *e, struct remote *r, const uint8_t *p, vmtp_time now) {
    uint32_t size = vmtp_load32(p + RECORD_SEGMENT);
    veng_remote_hold(e, r, REMOTE_RESPONDED, now);
    if (!size)
        return;
    struct request *q = new_request(e, r);
    q->state = REQUEST_RESPONDED;
    q->release = 1;
    q->transaction = r->transaction;
    q->have = vmtp_load32(p + RECORD_HAVE);
    q->want = vmtp_blocks_mask(size);
    if ((r->code & (VMTP_SDA | VMTP_MDM)) == (VMTP_SDA | VMTP_MDM))
        q->want &= r->words[5];
    q->tx.segment = p + RECORD_OCTETS;
    q->tx.segment_size = size;
    memcpy(q->tx.mac, r->mac, 6);
    vmtp_put_client(q->header, r->client);
    vmtp_put_transaction(q->header, r->transaction);
}

static void take_fields(struct remote *r, const uint8_t *p) {
    r->transaction = vmtp_load32(p + RECORD_TRANSACTION);
    r->forward = p[RECORD_STATE + 1];
    r->retransmit = p[RECORD_STATE + 2];
    r->priority = p[RECORD_STATE + 3];
    r->gap = p[RECORD_GAP];
    r->multicast = p[RECORD_GAP + 1] != 0;
    memcpy(r->mac, p + RECORD_GAP + 2, 6);
    r->code = vmtp_load32(p + RECORD_CODE);
    for (unsigned i = 0; i < 7; i++)
        r->words[i] = vmtp_load32(p + RECORD_WORDS + 4u * i);
    if (vmtp_load32(p + RECORD_SEGMENT)) { /* what is sent says of the segment what is true */
        r->code |= VMTP_SDA;
        r->words[6] = vmtp_load32(p + RECORD_SEGMENT);
    }
    r->onward = vmtp_load64(p + RECORD_ONWARD);
}

/* A Request that it passed on when it was here before may still be on its way; what is newer ends that. */
static void end_forward(struct vmtp_engine *e, const struct entity *n, const uint8_t *p, vmtp_time now) {
    struct remote *r = veng_remote_find(e, vmtp_load64(p + RECORD_CLIENT), n->id);
    if (!r || (p[RECORD_STATE] == MOVED_FORWARDED && r->transaction == vmtp_load32(p + RECORD_TRANSACTION)))
        return;
    while (r->request != NONE)
        veng_request_drop(e, request_at(e, r->request), now);
    veng_remote_free(e, r);
}

static void take_record(struct vmtp_engine *e, const struct entity *n, const uint8_t *p, vmtp_time now) {
    vmtp_entity client = vmtp_load64(p + RECORD_CLIENT);
    if (veng_remote_find(e, client, n->id)) /* told twice: the first counts */
        return;
    struct remote *r = veng_remote_make(e, client, n->id);
    take_fields(r, p);
    switch (p[RECORD_STATE]) {
    case MOVED_PROCESSING: take_processing(e, r, p, now); break;
    case MOVED_RESPONDED: take_responded(e, r, p, now); break;
    case MOVED_DISCARDED: veng_remote_hold(e, r, REMOTE_DISCARDED, now); break;
    case MOVED_FORWARDED: veng_remote_hold(e, r, REMOTE_FORWARDED, now); break;
    case MOVED_REFUSED: veng_remote_hold(e, r, REMOTE_REFUSED, now); break;
    case MOVED_RUN: veng_import_run(e, r, p, now); break;
    default: veng_remote_hold(e, r, REMOTE_IDLE, now); break;
    }
    veng_request_supersede_older(e, client, now);
}

typedef void (*record_fn)(struct vmtp_engine *e, const struct entity *n, const uint8_t *record, vmtp_time now);

static void each_record(struct vmtp_engine *e, const struct entity *n, const uint8_t *p, size_t size, record_fn fn,
                        vmtp_time now) {
    const uint8_t *record = p + HEAD_OCTETS;
    for (uint32_t i = vmtp_load32(p + HEAD_RECORDS); i > 0; i--) {
        fn(e, n, record, now);
        record += record_octets(record, size - (size_t)(record - p));
    }
}

/* Calls of clients here that have been looking for it, or waiting for its answer from another node. */
static void meet_clients(struct vmtp_engine *e, vmtp_entity id, vmtp_time now) {
    for (uint32_t i = 0; i < e->calls.count; i++) {
        struct call *c = call_at(e, i);
        int waits = c->state == CALL_LOCATING || c->state == CALL_AWAITING_RESPONSE ||
                    c->state == CALL_RECEIVING_RESPONSE;
        int ours = c->purpose == FOR_USER || c->purpose == FOR_FORWARD;
        if (waits && c->server == id && c->locate == id && ours && (c->entity == NONE || !veng_call_among_others(e, c)))
            veng_call_elsewhere(e, c, now);
    }
    for (uint32_t i = 0; i < e->entities.count; i++)
        if (entity_at(e, i)->live && entity_at(e, i)->call != NONE)
            veng_outstanding_elsewhere(e, entity_at(e, i), id, now);
}

static uint32_t held(const struct vmtp_engine *e, vmtp_entity id) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < e->requests.count; i++) {
        const struct request *q = request_at(e, i);
        n += q->entity == id && q->resumed && q->release && q->state != REQUEST_FREE;
    }
    return n;
}

int vmtp_entity_import(vmtp_engine *e, const void *data, size_t size, vmtp_entity *id, uint32_t *lent, vmtp_time now) {
    const uint8_t *p = data;
    uint32_t index;
    if (!e->block)
        return VMTP_E_NOT_READY;
    if (!data || !head_is_sound(e, p, size))
        return VMTP_E_INVALID;
    int error = check(e, p, size);
    if (!error)
        error = veng_entity_make(e, &index, vmtp_load64(p + HEAD_ID), ROLE_USER, now);
    if (error)
        return error;
    struct entity *n = entity_at(e, index);
    take_head(e, n, p, now);
    each_record(e, n, p, size, end_forward, now);
    each_record(e, n, p, size, take_record, now);
    *id = n->id;
    *lent = held(e, n->id);
    meet_clients(e, n->id, now);
    return 0;
}
