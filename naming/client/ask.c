/* SPDX-License-Identifier: BSD-2-Clause */
/* Which question comes after which: replicas, everybody, the directory, the manager that it names (sections 5.2, 7.1, 9). */
#include "internal.h"

#define QUESTIONS_BEFORE_INVALID 2u

static int directory_is_silent(const vname_resolver *r) { return vipc_now(r->ipc) < r->directory_silent_until; }

static void ask_everybody(struct vn_query *q) {
    const vname_resolver *r = q->resolver;
    if (q->stage != VN_LOOKUP_FIRST && q->stage != VN_MANAGER_FIRST && (r->config.flags & VNAME_DIRECTORY_FIRST) &&
        !directory_is_silent(r))
        vn_query_send(q, VN_LOOKUP_FIRST, VNAME_DIRECTORY);
    else
        vn_query_send(q, VN_HANDLERS, VNAME_HANDLERS);
}

static void finish(struct vn_query *q, enum vn_found found) {
    q->listening = 1; /* nobody joins what is over */
    vn_query_wake(q, found);
    vn_query_close(q);
}

/* Who does not answer for what he was believed to have does not have it. */
static void drop_asked(struct vn_query *q) {
    struct vn_cache *cache = &q->resolver->cache;
    struct vn_entry *e = vn_cache_find(cache, q->name, q->length);
    if (e && e->record.manager == q->call.message.server)
        vn_cache_drop(cache, e);
}

/* Where loss is usual the first question finds nobody now and then: nothing is final before the second (NAME-9-21). */
static void does_not_exist(struct vn_query *q) {
    const struct vname_operation *op = q->waiters.first;
    while (op && !vn_operation_is_final(op))
        op = op->next;
    if (op && q->all < QUESTIONS_BEFORE_INVALID)
        vn_query_send(q, VN_HANDLERS, VNAME_HANDLERS);
    else
        finish(q, VN_INVALID);
}

static void nobody_answers(struct vn_query *q) {
    if (q->registered)
        finish(q, VN_UNREACHABLE);
    else if (q->not_found)
        does_not_exist(q);
    else if (directory_is_silent(q->resolver))
        finish(q, VN_NOBODY);
    else
        vn_query_send(q, VN_LOOKUP, VNAME_DIRECTORY);
}

static void directory_is_gone(struct vn_query *q) {
    vname_resolver *r = q->resolver;
    r->counters.directory_silences++;
    r->directory_silent_until = vipc_now(r->ipc) + VN_DIRECTORY_SILENCE;
}

static void directory_answered(struct vn_query *q, enum vn_stage_end end) {
    const int first = q->stage == VN_LOOKUP_FIRST;
    if (end == VN_SILENT)
        directory_is_gone(q);
    q->not_found = end == VN_NOT_THERE;
    if (end == VN_GOOD)
        vn_query_send(q, first ? VN_MANAGER_FIRST : VN_MANAGER, q->best.manager);
    else if (first)
        ask_everybody(q);
    else if (end == VN_NOT_THERE)
        does_not_exist(q);
    else
        finish(q, VN_NOBODY);
}

void vn_query_stage_over(struct vn_query *q, enum vn_stage_end end) {
    if (q->stage == VN_ALONE) {
        if (end != VN_GOOD)
            drop_asked(q);
        finish(q, end == VN_GOOD ? VN_FOUND : VN_NOBODY);
    } else if (!q->waiters.first) {
        vn_query_close(q); /* whoever wanted to know has gone */
    } else if (q->stage == VN_LOOKUP || q->stage == VN_LOOKUP_FIRST) {
        directory_answered(q, end);
    } else if (end == VN_GOOD) {
        finish(q, VN_FOUND);
    } else if (q->stage == VN_GROUP) {
        ask_everybody(q);
    } else if (q->stage == VN_MANAGER_FIRST) {
        q->registered = 1;
        ask_everybody(q);
    } else if (q->stage == VN_MANAGER) {
        finish(q, VN_UNREACHABLE);
    } else {
        nobody_answers(q);
    }
}

/* ---- beginning and end ---- */

static int is_same(const struct vn_query *q, const struct vn_question *question) {
    if (q->stage == VN_IDLE || q->listening || q->length != question->length ||
        memcmp(q->name, question->name, q->length) != 0)
        return 0;
    return question->alone ? q->stage == VN_ALONE && q->call.message.server == question->alone : q->stage != VN_ALONE;
}

static struct vn_query *under_way(vname_resolver *r, const struct vn_question *question) {
    for (uint32_t i = 0; i < r->config.queries; i++)
        if (is_same(&r->queries[i], question))
            return &r->queries[i];
    return NULL;
}

static void begin(vname_resolver *r, const struct vn_question *question, struct vname_operation *op) {
    struct vn_query *q = r->free_queries;
    r->free_queries = q->next;
    q->next = NULL;
    q->listening = q->not_found = q->registered = q->own = 0;
    q->all = 0;
    memset(&q->best, 0, sizeof q->best);
    memcpy(q->name, question->name, question->length);
    q->length = question->length;
    if (op)
        vn_waiters_add(&q->waiters, op);
    if (question->alone)
        vn_query_send(q, VN_ALONE, question->alone);
    else if (question->group)
        vn_query_send(q, VN_GROUP, question->group);
    else
        ask_everybody(q);
}

void vn_inquire(vname_resolver *r, const struct vn_question *question, struct vname_operation *op) {
    struct vn_query *q = under_way(r, question);
    if (q) {
        if (op) {
            r->counters.coalesced++;
            vn_step(r, VNAME_STEP_JOINED, q->name, q->length, q->call.message.server, 0, NULL);
            vn_waiters_add(&q->waiters, op);
        }
    } else if (r->free_queries) {
        begin(r, question, op);
    } else if (op) {
        r->counters.queued++;
        vn_waiters_add(&r->queue, op);
    }
}

void vn_query_close(struct vn_query *q) {
    vname_resolver *r = q->resolver;
    vipc_cancel(&q->call);
    vipc_timer_cancel(&q->timer);
    q->stage = VN_IDLE;
    q->next = r->free_queries;
    r->free_queries = q;
    while (r->free_queries && r->queue.first) {
        struct vname_operation *op = r->queue.first;
        vn_waiters_remove(op);
        vn_operation_asks(op);
    }
}
