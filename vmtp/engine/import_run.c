/* SPDX-License-Identifier: BSD-2-Clause */
/* import_run.c - runs of Requests come with their server (spec/vmtp.md section 13.11). */
#include "internal.h"
#include "moved.h"

/* What of the control word of a Response goes along. */
#define CONTROL_KEPT (VMTP_APG | VMTP_NSR | VMTP_NER | 0x007fff00u | 0x000000f0u)

/* ---- is it one? ---- */

static uint32_t most_octets(const uint8_t *p) {
    uint32_t flags = vmtp_load32(p + OF_RUN_FLAGS);
    if (!(flags & OF_RUN_RESPONDED))
        return 0;
    return flags & OF_RUN_SKIP ? VMTP_MESSAGE_OCTETS : VMTP_GROUP_OCTETS;
}

static int progress_is_sound(const uint8_t *p) {
    uint32_t octets = vmtp_load32(p + OF_RUN_SEGMENT), have = vmtp_load32(p + OF_RUN_HAVE);
    return octets <= VMTP_GROUP_OCTETS || (have >> 16 <= (have & 0xffffu) && (have & 0xffffu) <= run_groups(octets));
}

/* The octets of one of its Requests, or 0.  before: the Transaction of the one before it. */
static size_t request_octets(const uint8_t *p, size_t left, uint32_t before, int first) {
    if (left < OF_RUN_OCTETS)
        return 0;
    uint32_t groups = vmtp_load32(p + OF_RUN_GROUPS), octets = vmtp_load32(p + OF_RUN_SEGMENT);
    uint32_t ahead = vmtp_load32(p + OF_RUN_TRANSACTION) - before;
    if (groups < 1 || groups > RUN_GROUPS || (!first && (ahead < groups || (int32_t)ahead < 0)))
        return 0;
    if ((vmtp_load32(p + OF_RUN_FLAGS) & ~OF_RUN_FLAGS_ALL) || octets > most_octets(p) || !progress_is_sound(p))
        return 0;
    size_t all = OF_RUN_OCTETS + (size_t)vmtp_padded(octets);
    return left < all ? 0 : all;
}

size_t veng_import_run_octets(const uint8_t *p, size_t left) {
    uint32_t count = vmtp_load32(p + RECORD_HAVE), before = 0;
    size_t at = RECORD_OCTETS;
    if (count > VENG_RUN_REQUESTS)
        return 0;
    for (uint32_t i = 0; i < count; i++) {
        size_t octets = request_octets(p + at, left - at, before, i == 0);
        if (!octets)
            return 0;
        before = vmtp_load32(p + at + OF_RUN_TRANSACTION);
        at += octets;
    }
    return count && (int32_t)(vmtp_load32(p + RECORD_TRANSACTION) - before) < 0 ? 0 : at;
}

void veng_import_run_needs(const uint8_t *p, uint32_t *requests, uint32_t *runs, uint32_t *spare) {
    uint32_t count = vmtp_load32(p + RECORD_HAVE);
    int waits = 0; /* for the Response to one before it */
    *requests += count;
    for (p += RECORD_OCTETS; count > 0; count--) {
        uint32_t octets = vmtp_load32(p + OF_RUN_SEGMENT);
        waits |= !(vmtp_load32(p + OF_RUN_FLAGS) & OF_RUN_RESPONDED);
        if (octets > VMTP_GROUP_OCTETS) {
            *runs += 1;
            *spare |= (uint32_t)waits;
        }
        p += OF_RUN_OCTETS + vmtp_padded(octets);
    }
}

/* ---- taking it in ---- */

static void take_large(struct vmtp_engine *e, struct request *q, const uint8_t *p) {
    uint32_t have = vmtp_load32(p + OF_RUN_HAVE);
    struct run *run = veng_pool_take(&e->runs);
    veng_run_send(run, q->tx.segment_size);
    veng_run_resume(run, have >> 16, have & 0xffffu);
    q->tx.run = run;
}

/* What is sent of it says of its segment what is true. */
static void take_header(struct vmtp_engine *e, struct request *q, const struct remote *r, const uint8_t *p) {
    struct vmtp_message m = {.server = r->server, .code = vmtp_load32(p + OF_RUN_CODE)};
    uint8_t *h = q->tx.header;
    for (unsigned i = 0; i < 7; i++)
        m.words[i] = vmtp_load32(p + OF_RUN_WORDS + 4u * i);
    m = veng_message_with_segment(&m, q->tx.segment_size);
    if (q->tx.run)
        m.code &= ~VMTP_MDM;
    veng_response_header(e, r, h);
    vmtp_put_control(h, (vmtp_load32(p + OF_RUN_CONTROL) & CONTROL_KEPT) | VMTP_RESPONSE);
    vmtp_put_transaction(h, q->transaction);
    veng_message_write(h, &m);
    q->want = vmtp_blocks_mask(q->tx.segment_size);
    if ((m.code & (VMTP_SDA | VMTP_MDM)) == (VMTP_SDA | VMTP_MDM))
        q->want &= m.words[5];
}

static void take_responded(struct vmtp_engine *e, struct request *q, const struct remote *r, const uint8_t *p,
                           vmtp_time now) {
    uint32_t flags = vmtp_load32(p + OF_RUN_FLAGS);
    q->state = REQUEST_RESPONDED;
    q->tx.segment_size = vmtp_load32(p + OF_RUN_SEGMENT);
    q->tx.segment = q->tx.segment_size ? p + OF_RUN_OCTETS : NULL;
    q->release = q->tx.segment_size > 0;
    if (q->tx.segment_size > VMTP_GROUP_OCTETS)
        take_large(e, q, p);
    else
        q->have = vmtp_load32(p + OF_RUN_HAVE);
    take_header(e, q, r, p);
    memcpy(q->tx.mac, r->mac, 6);
    q->batched = (flags & OF_RUN_BATCHED) && !q->release;
    q->answered = (flags & OF_RUN_ANSWERED) != 0;
    q->solicit = (flags & OF_RUN_SOLICIT) != 0;
    if (q->answered && q->solicit)
        veng_timer_set(&e->wheel, &q->timer, now + e->config.timers.tc2_floor);
}

static struct request *take(struct vmtp_engine *e, struct remote *r, const uint8_t *p, vmtp_time now) {
    struct request *q = veng_request_make(e, r);
    uint32_t flags = vmtp_load32(p + OF_RUN_FLAGS);
    memcpy(q->header, p + OF_RUN_HEADER, VMTP_HEADER_OCTETS);
    q->entity = r->server;
    q->resumed = q->in_run = 1;
    memcpy(q->source, r->mac, 6);
    q->transaction = vmtp_load32(p + OF_RUN_TRANSACTION);
    q->groups = vmtp_load32(p + OF_RUN_GROUPS);
    vmtp_put_client(q->header, r->client);
    vmtp_put_transaction(q->header, request_first(q));
    q->more = (flags & OF_RUN_MORE) != 0;
    q->skip = (flags & OF_RUN_SKIP) != 0;
    q->cookie = vmtp_load64(p + OF_RUN_HANDLE);
    if (flags & OF_RUN_RESPONDED) {
        take_responded(e, q, r, p, now);
    } else {
        q->state = REQUEST_COMPLETE;
        veng_event_post(e, &q->event, VMTP_EV_REQUEST, KIND_REQUEST);
    }
    return q;
}

void veng_import_run(struct vmtp_engine *e, struct remote *r, const uint8_t *p, vmtp_time now) {
    uint32_t *link = &r->request;
    r->state = REMOTE_RUN;
    r->skip = (vmtp_load32(p + RECORD_CODE) & 1u) != 0;
    r->length = (uint8_t)vmtp_load32(p + RECORD_HAVE);
    r->code = 0;
    const uint8_t *at = p + RECORD_OCTETS;
    for (uint32_t i = vmtp_load32(p + RECORD_HAVE); i > 0; i--) {
        struct request *q = take(e, r, at, now);
        *link = pool_index(&e->requests, q);
        link = &q->newer;
        at += OF_RUN_OCTETS + vmtp_padded(q->tx.segment_size);
    }
    veng_stream_heard(e, r, now);
    veng_batch_go_on(e, r);
}
