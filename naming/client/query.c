/* SPDX-License-Identifier: BSD-2-Clause */
/* One question: sending it, and which answers are good (section 5.2). */
#include "internal.h"

/* ---- waiting ---- */

void vn_waiters_add(struct vname_waiters *list, struct vname_operation *op) {
    op->list = list;
    op->next = NULL;
    op->previous = list->last;
    if (list->last)
        list->last->next = op;
    else
        list->first = op;
    list->last = op;
}

void vn_waiters_remove(struct vname_operation *op) {
    struct vname_waiters *list = op->list;
    if (!list)
        return;
    if (op->previous)
        op->previous->next = op->next;
    else
        list->first = op->next;
    if (op->next)
        op->next->previous = op->previous;
    else
        list->last = op->previous;
    op->next = op->previous = NULL;
    op->list = NULL;
}

/* Whoever is told of an end may block, and the question is over before he has returned: so those that end are told by their timers. */
void vn_query_wake(struct vn_query *q, enum vn_found found) {
    while (q->waiters.first) {
        struct vname_operation *op = q->waiters.first;
        vn_waiters_remove(op);
        op->inside = 1;
        vn_operation_answered(op, found);
        op->inside = 0;
    }
}

/* ---- which answers are good ---- */

int vn_answer_is_good(vname_resolver *r, const struct vname_record *record, vmtp_entity server, const char *name,
                      size_t length) {
    if (!vname_matches(record->prefix, record->prefix_length, name, length)) {
        if (vname_matches(name, length, record->prefix, record->prefix_length))
            r->counters.answers_longer++;
        else
            r->counters.answers_not_asked++;
    } else if (record->flags & (VNAME_CLAIMING | VNAME_RELEASED)) {
        r->counters.answers_claiming++;
    } else if (record->manager != server && !(record->flags & VNAME_SECOND_HAND)) {
        r->counters.answers_not_own++;
    } else {
        return 1;
    }
    return 0;
}

/* Reads an answer: 1 if it is good. */
static int read_answer(struct vn_query *q, const struct vmtp_message *message, const void *segment, uint32_t size,
                       struct vname_record *record) {
    vname_resolver *r = q->resolver;
    int good = 0;
    if (vn_code(message) != VMTP_OK)
        r->counters.answers_code++;
    else if (!vname_record_decode(record, segment, size))
        r->counters.answers_malformed++;
    else if (vn_answer_is_good(r, record, message->server, q->name, q->length)) {
        good = message->words[0] == record->prefix_length;
        r->counters.answers_length += !good;
    }
    if (!good)
        vn_step(r, VNAME_STEP_ANSWER_BAD, q->name, q->length, message->server, vn_code(message), NULL);
    return good;
}

/* ---- answers of several ---- */

static void first_answer(struct vn_query *q, const struct vname_record *record, vmtp_entity server) {
    vname_resolver *r = q->resolver;
    const vmtp_time now = vipc_now(r->ipc);
    r->counters.answers++;
    vn_step(r, VNAME_STEP_ANSWER, q->name, q->length, server, 0, record);
    vn_cache_put(&r->cache, record, now);
    q->best = *record;
    q->own = record->manager == server;
    q->listening = 1;
    vipc_timer_set(r->ipc, &q->timer, now + VN_LISTEN_TIME);
    vn_query_wake(q, VN_FOUND);
}

static void another_answer(struct vn_query *q, const struct vname_record *record, vmtp_entity server) {
    vname_resolver *r = q->resolver;
    const int own = record->manager == server;
    r->counters.answers_more++;
    vn_step(r, VNAME_STEP_ANSWER_MORE, q->name, q->length, server, 0, record);
    if (record->prefix_length > q->best.prefix_length) {
        vn_cache_put(&r->cache, record, vipc_now(r->ipc));
        q->best = *record;
        q->own = own;
    } else if (record->prefix_length == q->best.prefix_length && record->manager != q->best.manager &&
               !(record->group && record->group == q->best.group)) {
        r->counters.conflicts++;
        vn_step(r, VNAME_STEP_CONFLICT, q->name, q->length, server, 0, record);
        vn_introduce(r, record, &q->best);
        if (own == q->own ? vname_record_beats(record, &q->best) : own) {
            vn_cache_put(&r->cache, record, vipc_now(r->ipc));
            q->best = *record;
            q->own = own;
        }
    }
}

static int is_lookup(const struct vn_query *q) { return q->stage == VN_LOOKUP || q->stage == VN_LOOKUP_FIRST; }

static void directory_says(struct vn_query *q, const struct vmtp_message *message, const void *segment, uint32_t size) {
    vname_resolver *r = q->resolver;
    struct vname_record record;
    if (vn_code(message) == VNAME_NOT_FOUND) {
        r->counters.directory_not_found++;
        vn_step(r, VNAME_STEP_DIRECTORY_NOT_FOUND, q->name, q->length, message->server, VNAME_NOT_FOUND, NULL);
        vipc_cancel(&q->call);
        vn_query_stage_over(q, VN_NOT_THERE);
    } else if (read_answer(q, message, segment, size, &record)) {
        vn_step(r, VNAME_STEP_DIRECTORY_RECORD, q->name, q->length, message->server, 0, &record);
        q->best = record;
        vipc_cancel(&q->call);
        vn_query_stage_over(q, VN_GOOD);
    }
}

static void responded(struct vipc_call *call, const struct vipc_response *response) {
    struct vn_query *q = call->context;
    const struct vmtp_message *message = &response->message;
    struct vname_record record;
    if (is_lookup(q)) {
        directory_says(q, message, response->segment, response->segment_size);
        return;
    }
    if (!read_answer(q, message, response->segment, response->segment_size, &record))
        return;
    if (q->listening)
        another_answer(q, &record, message->server);
    else
        first_answer(q, &record, message->server);
}

/* ---- the answer of one ---- */

/* What one manager says of itself also says which longer prefixes it does not have. */
static void drop_longer(vname_resolver *r, const struct vn_query *q, const struct vname_record *record) {
    for (;;) {
        struct vn_entry *e = vn_cache_find(&r->cache, q->name, q->length);
        if (!e || e->record.prefix_length <= record->prefix_length || e->record.manager != record->manager)
            return;
        vn_cache_drop(&r->cache, e);
    }
}

/* He is there: what was believed of him may stay. */
static void trust(vname_resolver *r, const struct vn_query *q) {
    struct vn_entry *e = vn_cache_find(&r->cache, q->name, q->length);
    if (e && e->record.manager == q->call.message.server)
        e->doubted = 0;
}

static int is_new_manager(struct vn_query *q, struct vname_record *record) {
    const struct vipc_call *call = &q->call;
    return vn_code(&call->answer) == VNAME_MOVED && vname_record_decode(record, call->area, call->received) &&
           record->manager != call->answer.server && !(record->flags & (VNAME_CLAIMING | VNAME_RELEASED)) &&
           vname_matches(record->prefix, record->prefix_length, q->name, q->length);
}

static void one_answered(struct vn_query *q) {
    vname_resolver *r = q->resolver;
    const struct vipc_call *call = &q->call;
    struct vname_record record;
    if (!is_new_manager(q, &record) && !read_answer(q, &call->answer, call->area, call->received, &record)) {
        vn_query_stage_over(q, VN_SILENT);
        return;
    }
    r->counters.answers++;
    vn_step(r, VNAME_STEP_ANSWER, q->name, q->length, call->answer.server, vn_code(&call->answer), &record);
    if (record.manager == call->answer.server)
        drop_longer(r, q, &record);
    trust(r, q);
    vn_cache_put(&r->cache, &record, vipc_now(r->ipc));
    vn_query_stage_over(q, VN_GOOD);
}

static int to_several(enum vn_stage stage) {
    return stage == VN_HANDLERS || stage == VN_GROUP || stage == VN_LOOKUP || stage == VN_LOOKUP_FIRST;
}

static void over(struct vipc_call *call, int result) {
    struct vn_query *q = call->context;
    if (q->listening) {
        vn_query_close(q);
    } else if (!to_several(q->stage) && result == 0) {
        one_answered(q);
    } else {
        vn_step(q->resolver, VNAME_STEP_SILENCE, q->name, q->length, call->message.server, (uint32_t)result, NULL);
        vn_query_stage_over(q, VN_SILENT);
    }
}

/* ---- sending ---- */

static void send_again_later(struct vn_query *q) {
    vipc_timer_set(q->resolver->ipc, &q->timer, vipc_now(q->resolver->ipc) + VN_NO_ROOM_DELAY);
}

static void send(struct vn_query *q) {
    q->call.deadline = vipc_now(q->resolver->ipc) + VN_QUERY_TIME;
    if (vipc_start(q->resolver->ipc, &q->call) < 0)
        send_again_later(q); /* too many calls at this moment */
}

static void timed(struct vipc_timer *timer) {
    struct vn_query *q = timer->context;
    if (q->listening || !q->waiters.first)
        vn_query_close(q);
    else
        send(q);
}

static void count(struct vn_query *q, vmtp_entity to) {
    static const enum vname_step_kind steps[] = {
        [VN_ALONE] = VNAME_STEP_ASK_ALONE,
        [VN_GROUP] = VNAME_STEP_ASK_GROUP,
        [VN_LOOKUP_FIRST] = VNAME_STEP_ASK_DIRECTORY,
        [VN_MANAGER_FIRST] = VNAME_STEP_ASK_ALONE,
        [VN_HANDLERS] = VNAME_STEP_MULTICAST,
        [VN_LOOKUP] = VNAME_STEP_ASK_DIRECTORY,
        [VN_MANAGER] = VNAME_STEP_ASK_ALONE,
    };
    struct vname_counters *c = &q->resolver->counters;
    if (q->stage == VN_HANDLERS) {
        q->all++;
        c->multicasts++;
        for (struct vname_operation *op = q->waiters.first; op; op = op->next)
            op->questions++;
    } else if (q->stage == VN_GROUP) {
        c->group_queries++;
    } else if (is_lookup(q)) {
        c->directory_queries++;
    } else {
        c->lone_queries++;
    }
    vn_step(q->resolver, steps[q->stage], q->name, q->length, to, 0, NULL);
}

void vn_query_send(struct vn_query *q, enum vn_stage stage, vmtp_entity to) {
    const uint32_t answers = q->resolver->config.answers;
    q->stage = stage;
    memset(&q->call, 0, sizeof q->call);
    q->call.message.server = to;
    q->call.message.code = is_lookup(q) ? VNAME_LOOKUP : VNAME_QUERY;
    q->call.segment = q->name;
    q->call.segment_size = (uint32_t)q->length;
    q->call.area = q->area;
    q->call.capacity = VNAME_RECORD_OCTETS;
    q->call.slots = to_several(stage) ? answers : 1;
    q->call.response = responded;
    q->call.done = over;
    q->call.context = q;
    q->timer.fire = timed;
    q->timer.context = q;
    count(q, to);
    send(q);
}
