/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Presence (section 10): a name is absent, and asked for now and then, or present, and its manager listened to.
 */
#include "internal.h"

#define FIRST_DELAY VMTP_SECOND
#define LAST_DELAY (60 * VMTP_SECOND)
#define HEARTBEAT_PATIENCE (3500 * VMTP_MILLISECOND)
#define WATCH_SECONDS 120u
#define WATCH_AGAIN (60 * VMTP_SECOND)
#define RESOLVE_TIME (3 * VMTP_SECOND)
#define BETWEEN_DOUBTS VMTP_SECOND /* announcements do not make anybody ask more often */

enum state { ABSENT, PRESENT };

static void timed(struct vipc_timer *timer);

const char *vname_change_words(enum vname_change change) {
    switch (change) {
    case VNAME_APPEARED: return "appeared";
    case VNAME_HAS_MOVED: return "moved";
    case VNAME_GONE: return "gone";
    case VNAME_NOT_APPEARED: return "not appeared";
    }
    return "";
}

static vmtp_time now_of(const struct vname_watch *w) { return vipc_now(w->resolver->ipc); }

/* ---- when to look at it again ---- */

static vmtp_time least(vmtp_time a, vmtp_time b) { return a < b ? a : b; }

static vmtp_time next_time(const struct vname_watch *w) {
    vmtp_time at = w->flags & VNAME_WATCH_ONCE ? w->deadline : VMTP_NEVER;
    if (w->asking)
        return at; /* what is under way ends by itself */
    if (w->state == ABSENT)
        return least(at, w->again);
    at = least(at, least(w->heard, w->prefix_heard) + HEARTBEAT_PATIENCE);
    at = least(at, w->asked + WATCH_AGAIN);
    return w->doubted ? least(at, w->settled + BETWEEN_DOUBTS) : at;
}

static void schedule(struct vname_watch *w) { vipc_timer_set(w->resolver->ipc, &w->timer, next_time(w)); }

/* ---- telling ---- */

static void tell(struct vname_watch *w, enum vname_change change) {
    w->change = change;
    if (w->flags & VNAME_WATCH_ONCE) {
        vname_unwatch(w);
        w->over = 1;
    }
    if (w->changed)
        w->changed(w, change); /* it may be gone now */
}

static void take(struct vname_watch *w, const struct vname_record *record) {
    memmove(w->prefix, record->prefix, record->prefix_length);
    w->record = *record;
    w->record.prefix = w->prefix;
    w->record.target = NULL;
    w->record.target_length = 0;
    w->heard = w->prefix_heard = now_of(w);
}

/* ---- asking ---- */

static void resolved(struct vname_operation *op, enum vname_outcome outcome);

static void resolve(struct vname_watch *w) {
    struct vname_operation *op = &w->resolve;
    op->name = w->name;
    op->name_length = w->name_length;
    op->flags = VNAME_FRESH;
    op->deadline = now_of(w) + RESOLVE_TIME;
    op->done = resolved;
    op->context = w;
    w->doubted = 0;
    w->asking = 1;
    vname_resolve(w->resolver, op);
    schedule(w);
}

/* A call to its manager alone. */
static void call(struct vname_watch *w, uint32_t code, void (*done)(struct vipc_call *, int)) {
    memset(&w->call, 0, sizeof w->call);
    w->call.message.server = w->record.manager;
    w->call.message.code = code;
    if (code == VNAME_QUERY) {
        w->call.segment = w->prefix;
        w->call.segment_size = w->record.prefix_length;
        w->call.area = w->area;
        w->call.capacity = sizeof w->area;
    } else {
        w->call.message.words[0] = WATCH_SECONDS;
    }
    w->call.deadline = now_of(w) + VN_QUERY_TIME;
    w->call.done = done;
    w->call.context = w;
    w->asking = vipc_start(w->resolver->ipc, &w->call) == 0;
    if (!w->asking)
        w->heard = w->prefix_heard = w->asked = now_of(w); /* no room: the next time */
    schedule(w);
}

static void watched(struct vipc_call *c, int result) {
    struct vname_watch *w = c->context;
    w->asking = 0;
    w->asked = now_of(w);
    if (result == VMTP_NONEXISTENT_ENTITY)
        resolve(w);
    else
        schedule(w);
}

static void ask_for_heartbeats(struct vname_watch *w) { call(w, VNAME_WATCH, watched); }

static void probed(struct vipc_call *c, int result) {
    struct vname_watch *w = c->context;
    struct vname_record record;
    w->asking = 0;
    if (result == 0 && vn_code(&c->answer) == VMTP_OK && vname_record_decode(&record, c->area, c->received) &&
        record.manager == w->record.manager && vname_record_same_prefix(&record, &w->record)) {
        take(w, &record);
        ask_for_heartbeats(w);
    } else {
        resolve(w);
    }
}

/* ---- changes ---- */

static void found(struct vname_watch *w, const struct vname_record *record) {
    const int was = w->state;
    const vmtp_entity before = w->record.manager;
    take(w, record);
    w->state = PRESENT;
    w->doubted = 0;
    if (was == PRESENT && before == record->manager) {
        schedule(w);
        return;
    }
    if (!(w->flags & VNAME_WATCH_ONCE))
        ask_for_heartbeats(w);
    tell(w, was == PRESENT ? VNAME_HAS_MOVED : VNAME_APPEARED);
}

static void not_found(struct vname_watch *w) {
    const int was = w->state;
    w->delay = was == PRESENT || !w->delay ? FIRST_DELAY : least(2 * w->delay, LAST_DELAY);
    w->again = now_of(w) + w->delay;
    w->state = ABSENT;
    w->record.manager = 0;
    w->doubted = 0;
    schedule(w);
    if (was == PRESENT)
        tell(w, VNAME_GONE);
}

static void resolved(struct vname_operation *op, enum vname_outcome outcome) {
    struct vname_watch *w = op->context;
    w->asking = 0;
    w->settled = now_of(w);
    if (outcome == VNAME_ANSWERED && op->record.manager)
        found(w, &op->record);
    else
        not_found(w);
}

static void timed(struct vipc_timer *timer) {
    struct vname_watch *w = timer->context;
    const vmtp_time now = now_of(w);
    if ((w->flags & VNAME_WATCH_ONCE) && now >= w->deadline)
        tell(w, VNAME_NOT_APPEARED);
    else if (w->asking)
        schedule(w);
    else if (w->state == ABSENT || (w->doubted && now >= w->settled + BETWEEN_DOUBTS))
        resolve(w);
    else if (now >= w->heard + HEARTBEAT_PATIENCE)
        call(w, VNAME_QUERY, probed);
    else if (now >= w->prefix_heard + HEARTBEAT_PATIENCE)
        resolve(w); /* it is there, and does not name the prefix any more */
    else
        ask_for_heartbeats(w);
}

/* ---- what is announced ---- */

static int is_release(const struct vname_record *record, uint32_t reason) {
    return reason == VNAME_REASON_RELEASED || (record->flags & VNAME_RELEASED);
}

static void heard_while_present(struct vname_watch *w, const struct vname_record *record, uint32_t reason) {
    const int same_prefix = vname_record_same_prefix(record, &w->record);
    if (record->manager == w->record.manager) {
        if (same_prefix && is_release(record, reason))
            w->doubted = 1;
        else if (same_prefix)
            w->prefix_heard = now_of(w);
    } else if ((same_prefix || (record->prefix_length > w->record.prefix_length &&
                                vname_matches(record->prefix, record->prefix_length, w->name, w->name_length))) &&
               !is_release(record, reason) && !(record->group && record->group == w->record.group)) {
        w->doubted = 1;
    }
    schedule(w);
}

static void heard_while_absent(struct vname_watch *w, const struct vname_record *record, uint32_t reason) {
    vname_resolver *r = w->resolver;
    if (is_release(record, reason) || !vname_matches(record->prefix, record->prefix_length, w->name, w->name_length))
        return;
    if (record->flags & VNAME_ALIAS_RECORD) { /* it leads somewhere: where? */
        w->again = w->settled + BETWEEN_DOUBTS;
        schedule(w);
        return;
    }
    vn_cache_put(&r->cache, record, now_of(w));
    vname_cancel(&w->resolve);
    w->asking = 0;
    found(w, record);
}

void vn_watches_hear(vname_resolver *r, const struct vname_record *record, uint32_t reason) {
    for (struct vname_watch *w = r->watches; w; w = r->next_watch) {
        r->next_watch = w->next;
        if (w->state == PRESENT)
            heard_while_present(w, record, reason);
        else
            heard_while_absent(w, record, reason);
    }
}

void vn_watches_hear_from(vname_resolver *r, vmtp_entity manager) {
    for (struct vname_watch *w = r->watches; w; w = w->next)
        if (w->state == PRESENT && w->record.manager == manager) {
            r->counters.heartbeats++;
            w->heard = now_of(w);
            schedule(w);
        }
}

/* ---- beginning and end ---- */

static void enter(vname_resolver *r, struct vname_watch *w) {
    w->resolver = r;
    w->previous = NULL;
    w->next = r->watches;
    if (r->watches)
        r->watches->previous = w;
    r->watches = w;
    memset(&w->record, 0, sizeof w->record);
    memset(&w->resolve, 0, sizeof w->resolve);
    memset(&w->call, 0, sizeof w->call);
    memset(&w->timer, 0, sizeof w->timer);
    w->timer.fire = timed;
    w->timer.context = w;
    w->heard = w->prefix_heard = w->asked = w->settled = w->delay = 0;
    w->state = ABSENT;
    w->asking = w->doubted = 0;
    w->over = 0;
}

static int begin(vname_resolver *r, struct vname_watch *w) {
    const uint32_t code = vname_check_absolute(w->name, w->name_length);
    if (w->resolver)
        return VMTP_E_INVALID;
    r->counters.refused += code != 0;
    if (code)
        return (int)code;
    const int result = vn_attend(r, 1);
    if (result)
        return result;
    enter(r, w);
    resolve(w);
    return 0;
}

int vname_watch(vname_resolver *r, struct vname_watch *w) {
    return w->changed && !(w->flags & ~(uint32_t)VNAME_WATCH_ONCE) ? begin(r, w) : VMTP_E_INVALID;
}

void vname_unwatch(struct vname_watch *w) {
    vname_resolver *r = w->resolver;
    if (!r)
        return;
    vname_cancel(&w->resolve);
    vipc_cancel(&w->call);
    vipc_timer_cancel(&w->timer);
    if (r->next_watch == w)
        r->next_watch = w->next;
    if (w->previous)
        w->previous->next = w->next;
    else
        r->watches = w->next;
    if (w->next)
        w->next->previous = w->previous;
    w->resolver = NULL;
    vn_attend_no_more(r);
}

int vname_await(vname_resolver *r, struct vname_watch *w, const char *name, size_t length, vmtp_time deadline) {
    w->name = name;
    w->name_length = (uint32_t)(length < UINT32_MAX ? length : UINT32_MAX);
    w->flags = VNAME_WATCH_ONCE;
    w->deadline = deadline;
    w->changed = NULL;
    int result = begin(r, w);
    if (result)
        return result;
    result = vipc_wait_for(r->ipc, &w->over, VMTP_NEVER);
    vname_unwatch(w);
    return result ? result : w->change == VNAME_NOT_APPEARED ? (int)VMTP_USER_TIMEOUT : 0;
}
