/* SPDX-License-Identifier: BSD-2-Clause */
/* export_run.c - runs of Requests whose server leaves: what is in hand, and Responses that are held (spec/vmtp.md section 13.11). */
#include "internal.h"
#include "moved.h"

/* Of the list of a run its program knows a beginning; what stands behind that comes again. */
static int is_known(const struct request *q) {
    return q->state != REQUEST_RECEIVING && (q->state != REQUEST_COMPLETE || q->resumed);
}

/* What its program has passed on in a call of its own ends with that. */
static int goes_along(const struct request *q) { return veng_request_in_hand(q) || q->state == REQUEST_RESPONDED; }

static uint32_t held_octets(const struct request *q) {
    return q->state == REQUEST_RESPONDED && q->release ? q->tx.segment_size : 0;
}

void veng_export_run_measure(const struct vmtp_engine *e, const struct remote *r, struct moved_writer *w) {
    for (const struct request *q = remote_oldest(e, r); q && is_known(q); q = request_newer(e, q)) {
        w->base += goes_along(q) ? OF_RUN_OCTETS : 0;
        w->full += vmtp_padded(held_octets(q));
    }
}

static uint32_t flags_of(const struct request *q) {
    uint32_t flags = (q->more ? OF_RUN_MORE : 0) | (q->skip ? OF_RUN_SKIP : 0);
    if (q->state != REQUEST_RESPONDED)
        return flags;
    return flags | OF_RUN_RESPONDED | (q->batched ? OF_RUN_BATCHED : 0) | (q->answered ? OF_RUN_ANSWERED : 0) |
           (q->solicit ? OF_RUN_SOLICIT : 0);
}

static void put_response(struct moved_writer *w, uint8_t *p, const struct request *q) {
    const uint8_t *h = q->tx.header;
    const struct run *run = q->tx.run;
    uint32_t words[7], octets = held_octets(q);
    veng_words_read(words, h);
    for (unsigned i = 0; i < 7; i++)
        vmtp_store32(p + OF_RUN_WORDS + 4u * i, words[i]);
    vmtp_store32(p + OF_RUN_HAVE, run ? (uint32_t)run->base << 16 | run->next : q->have);
    vmtp_store32(p + OF_RUN_CODE, vmtp_get_code(h));
    vmtp_store32(p + OF_RUN_CONTROL, vmtp_get_control(h));
    vmtp_store32(p + OF_RUN_SEGMENT, octets);
    if (octets)
        moved_put_segment(w, q->tx.segment, octets);
}

/* 0: there is no room for its segment; the Response counts as discarded. */
static uint32_t put(struct moved_writer *w, const struct request *q) {
    uint8_t *p = w->at;
    if (held_octets(q) && !moved_has_room(w, held_octets(q))) {
        w->base -= OF_RUN_OCTETS;
        return 0;
    }
    memset(p, 0, OF_RUN_OCTETS);
    w->at += OF_RUN_OCTETS;
    w->base -= OF_RUN_OCTETS;
    vmtp_store32(p + OF_RUN_TRANSACTION, q->transaction);
    vmtp_store32(p + OF_RUN_GROUPS, q->groups);
    vmtp_store32(p + OF_RUN_FLAGS, flags_of(q));
    vmtp_store64(p + OF_RUN_HANDLE, q->resumed ? q->cookie : q->tx.handle);
    memcpy(p + OF_RUN_HEADER, q->header, VMTP_HEADER_OCTETS);
    if (q->state == REQUEST_RESPONDED)
        put_response(w, p, q);
    return 1;
}

void veng_export_run(const struct vmtp_engine *e, struct moved_writer *w, uint8_t *p, const struct remote *r) {
    const struct request *q = remote_oldest(e, r);
    uint32_t count = 0;
    for (; q && is_known(q); q = request_newer(e, q))
        count += goes_along(q) ? put(w, q) : 0;
    vmtp_store32(p + RECORD_TRANSACTION, q ? request_first(q) - 1u : r->transaction);
    vmtp_store32(p + RECORD_CODE, q ? 0 : r->skip);
    vmtp_store32(p + RECORD_HAVE, count);
}

/* ---- of a client here: at the new node it is a remote client's ---- */

static const struct request *in_hand(const struct vmtp_engine *e, const struct call *c, vmtp_entity id) {
    const struct request *q = c->state == CALL_LOCAL && c->request != NONE ? request_at(e, c->request) : NULL;
    return q && q->entity == id && veng_request_in_hand(q) && veng_call_moves_as_run(e, c) ? q : NULL;
}

uint32_t veng_export_local_run_length(const struct vmtp_engine *e, const struct entity *client, vmtp_entity id) {
    uint32_t length = 0;
    if (client->id == id) /* its own calls end */
        return 0;
    for (uint32_t i = client->call; i != NONE; i = call_at(e, i)->newer)
        length += in_hand(e, call_at(e, i), id) != NULL;
    return length;
}

void veng_export_local_run(const struct vmtp_engine *e, struct moved_writer *w, uint8_t *p, const struct entity *client,
                           vmtp_entity id) {
    const struct call *last = NULL;
    uint32_t count = 0;
    for (uint32_t i = client->call; i != NONE; i = call_at(e, i)->newer) {
        const struct call *c = call_at(e, i);
        const struct request *q = in_hand(e, c, id);
        if (!q && c->state != CALL_HELD)
            continue; /* not delivered yet */
        last = c;
        if (!q)
            continue;
        struct request as_of_run = *q;
        as_of_run.transaction = veng_call_last(c);
        as_of_run.groups = c->groups;
        as_of_run.more = c->more;
        as_of_run.skip = c->skip;
        count += put(w, &as_of_run);
    }
    vmtp_store32(p + RECORD_TRANSACTION, veng_call_last(last));
    p[RECORD_STATE + 3] = (uint8_t)vmtp_get_priority(last->tx.header);
    vmtp_store32(p + RECORD_CODE, last->skip);
    vmtp_store32(p + RECORD_HAVE, count);
}
