/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Operations: find out where the name leads, send, and do what the answer says (sections 6 and 7.1).
 *
 *   go -> (alias: go on with the target) -> send -> answered -> end
 *     \-> ask -> vn_operation_answered -> go            \-> stale -> ask, or patient -> ask
 */
#include "internal.h"

static void go(struct vname_operation *op);

static char *name_of(struct vname_operation *op) { return op->work ? op->work : (char *)op->segment; }

static size_t work_size(const struct vname_operation *op) {
    return op->work ? (size_t)VNAME_NAME_OCTETS + op->extra_size : sizeof op->segment;
}

static void step(const struct vname_operation *op, enum vname_step_kind kind, vmtp_entity who, uint32_t code,
                 const struct vname_record *record) {
    const char *name = op->work ? op->work : (const char *)op->segment;
    vn_step(op->resolver, kind, name, op->length, who, code, record);
}

void vn_operation_wait_until(struct vname_operation *op, vmtp_time at) {
    vipc_timer_set(op->resolver->ipc, &op->timer, at);
}

/* ---- the end ---- */

static void leave(struct vname_operation *op) {
    vname_resolver *r = op->resolver;
    vipc_cancel(&op->call);
    vipc_timer_cancel(&op->timer);
    vn_waiters_remove(op);
    if (op->previous_all)
        op->previous_all->next_all = op->next_all;
    else
        r->operations = op->next_all;
    if (op->next_all)
        op->next_all->previous_all = op->previous_all;
    op->resolver = NULL;
}

void vn_operation_drop(struct vname_operation *op) { leave(op); }

static void count_end(struct vname_counters *c, enum vname_outcome outcome) {
    switch (outcome) {
    case VNAME_ANSWERED: c->ended_answered++; break;
    case VNAME_NO_SUCH_NAME: c->ended_no_such_name++; break;
    case VNAME_UNREACHABLE: c->ended_unreachable++; break;
    case VNAME_NO_ANSWER: c->ended_no_answer++; break;
    case VNAME_OUT_OF_TIME: c->ended_out_of_time++; break;
    case VNAME_FAILED: c->ended_failed++; break;
    }
}

static void tell(struct vname_operation *op) {
    count_end(&op->resolver->counters, op->outcome);
    op->full = name_of(op);
    op->full_length = op->length;
    op->record.prefix = op->full;
    step(op, VNAME_STEP_END, op->answer.server,
         op->outcome == VNAME_FAILED ? (uint32_t)op->result : vn_code(&op->answer), NULL);
    leave(op);
    op->over = 1;
    if (op->done)
        op->done(op, op->outcome);
}

/* Never from inside a function that the caller has called, or while others are to be looked at: then a timer tells it. */
void vn_operation_end(struct vname_operation *op, enum vname_outcome outcome, int result) {
    op->outcome = outcome;
    op->result = result;
    if (outcome == VNAME_ANSWERED && vn_code(&op->answer) == VNAME_NOT_FOUND)
        op->outcome = VNAME_NO_SUCH_NAME;
    if (op->inside) {
        op->state = VN_OP_END;
        vn_operation_wait_until(op, vipc_now(op->resolver->ipc));
    } else {
        tell(op);
    }
}

/* The resolver's own word, where a manager could have said the same. */
static void end_with_code(struct vname_operation *op, uint32_t code) {
    memset(&op->answer, 0, sizeof op->answer);
    op->answer.code = code;
    op->received = 0;
    vn_operation_end(op, VNAME_ANSWERED, 0);
}

static void end_without_time(struct vname_operation *op) {
    vn_operation_end(op, op->known ? VNAME_UNREACHABLE : VNAME_OUT_OF_TIME, op->result);
}

/* ---- asking ---- */

static void ask(struct vname_operation *op) {
    const struct vn_question question = {name_of(op), op->length, op->group, op->target};
    op->state = VN_OP_ASKING;
    vn_operation_wait_until(op, op->until);
    vn_inquire(op->resolver, &question, op);
}

void vn_operation_asks(struct vname_operation *op) { ask(op); }

/* The prefix was known, and nobody answers for it now (NAME-7.1-06). */
void vn_operation_patient(struct vname_operation *op) {
    const vmtp_time now = vipc_now(op->resolver->ipc);
    op->delay = !op->delay ? VN_FIRST_DELAY : 2 * op->delay < VN_LAST_DELAY ? 2 * op->delay : VN_LAST_DELAY;
    op->state = VN_OP_PATIENT;
    op->fresh = 0;
    op->resolver->counters.waits++;
    step(op, VNAME_STEP_PATIENCE, 0, (uint32_t)(op->delay / VMTP_MILLISECOND), NULL);
    vn_operation_wait_until(op, now + op->delay < op->until ? now + op->delay : op->until);
}

/* The manager that was asked alone, of an alias or of a doubted entry, does not have it any more. */
static void target_is_gone(struct vname_operation *op) {
    op->target = 0;
    op->known = 1;
    if (!op->doubting) { /* else that was told when the doubt came up */
        op->resolver->counters.stale++;
        step(op, VNAME_STEP_STALE, 0, 0, NULL);
    }
    op->doubting = 0;
    ask(op);
}

int vn_operation_is_final(const struct vname_operation *op) { return !(op->known && !op->registered); }

void vn_operation_answered(struct vname_operation *op, enum vn_found found) {
    if (found == VN_FOUND) {
        op->target = 0;
        op->doubting = 0;
        op->fresh = 1;
        go(op);
    } else if (op->target) {
        target_is_gone(op);
    } else if (found == VN_INVALID && vn_operation_is_final(op)) {
        op->answer.server = 0;
        op->answer.code = VNAME_NOT_FOUND;
        vn_operation_end(op, VNAME_NO_SUCH_NAME, 0);
    } else if (found == VN_NOBODY && !op->known) {
        vn_operation_end(op, VNAME_NO_ANSWER, 0);
    } else {
        op->known = 1;
        op->registered |= found == VN_UNREACHABLE;
        vn_operation_patient(op);
    }
}

/* ---- stale entries ---- */

static void forget_entry(struct vname_operation *op) {
    vname_resolver *r = op->resolver;
    struct vn_entry *e = vn_cache_exact(&r->cache, name_of(op), op->record.prefix_length);
    if (e && e->record.manager == op->record.manager)
        vn_cache_drop(&r->cache, e);
}

/* It was sent to this entry's manager; nobody knows yet who it is that does not answer (NAME-7.1-12). */
static struct vn_entry *doubt_entry(struct vname_operation *op) {
    vname_resolver *r = op->resolver;
    struct vn_entry *e = op->relative || op->fresh || op->record.group
                             ? NULL
                             : vn_cache_exact(&r->cache, name_of(op), op->record.prefix_length);
    if (!e || e->record.manager != op->record.manager)
        return NULL;
    e->doubted = 1;
    return e;
}

static struct vname_context *context_of(struct vname_operation *op) {
    return op->from ? op->from : &op->resolver->current;
}

static void forget_way(struct vname_operation *op) {
    if (op->relative)
        vn_context_stale(context_of(op), op->record.manager);
    else
        forget_entry(op);
}

/* What led to its manager is wrong.  One new question at once; when what has just been said is wrong too, later. */
static void stale(struct vname_operation *op) {
    op->known = 1;
    op->repeats++;
    op->resolver->counters.repeats++;
    if (!op->relative) {
        op->registered |= (op->record.flags & VNAME_REGISTERED) != 0;
        op->group = op->record.group;
    }
    forget_way(op);
    if (op->fresh) {
        vn_operation_patient(op);
    } else if (op->relative) {
        op->fresh = 1;
        go(op);
    } else {
        ask(op);
    }
}

/* The manager itself says so. */
static void found_stale(struct vname_operation *op, uint32_t code) {
    op->resolver->counters.stale++;
    step(op, VNAME_STEP_STALE, op->record.manager, code, NULL);
    if (code != VNAME_STALE || !(op->flags & VNAME_TELL_STALE)) {
        stale(op);
        return;
    }
    forget_way(op);
    vn_operation_end(op, VNAME_ANSWERED, 0);
}

/* The manager, or one to whom it has forwarded the operation, is not there. */
static void somebody_is_gone(struct vname_operation *op) {
    if (!doubt_entry(op)) {
        stale(op);
        return;
    }
    op->known = 1;
    op->repeats++;
    op->resolver->counters.repeats++;
    op->registered |= (op->record.flags & VNAME_REGISTERED) != 0;
    op->target = op->record.manager;
    op->doubting = 1;
    ask(op);
}

static void not_there(struct vname_operation *op) {
    op->resolver->counters.stale++;
    step(op, VNAME_STEP_STALE, op->record.manager, VMTP_NONEXISTENT_ENTITY, NULL);
    somebody_is_gone(op);
}

static void silent(struct vname_operation *op) {
    op->resolver->counters.gone++;
    step(op, VNAME_STEP_GONE, op->record.manager, 0, NULL);
    if (op->flags & VNAME_REPEATABLE) {
        op->result = VMTP_RETRANS_TIMEOUT;
        somebody_is_gone(op);
        return;
    }
    const struct vn_question question = {name_of(op), op->length, 0, op->record.manager};
    if (op->relative)
        vn_context_stale(context_of(op), op->record.manager);
    else if (doubt_entry(op))
        vn_inquire(op->resolver, &question, NULL);
    else
        forget_entry(op);
    vn_operation_end(op, VNAME_UNREACHABLE, VMTP_RETRANS_TIMEOUT);
}

/* The deadline has come while its manager had the operation: is that still there? */
static void too_late(struct vname_operation *op) {
    const struct vn_question question = {name_of(op), op->length, 0, op->record.manager};
    if (op->relative)
        vn_context_stale(context_of(op), op->record.manager);
    else
        vn_inquire(op->resolver, &question, NULL);
    vn_operation_end(op, VNAME_OUT_OF_TIME, VMTP_USER_TIMEOUT);
}

/* ---- what a manager answers ---- */

static void moved(struct vname_operation *op) {
    vname_resolver *r = op->resolver;
    const struct vipc_call *call = &op->call;
    struct vname_record record;
    if (op->relative) {
        found_stale(op, VNAME_MOVED);
        return;
    }
    if (op->moves == VN_MAX_MOVES || !vname_record_decode(&record, call->area, call->received) ||
        record.manager == call->answer.server || (record.flags & (VNAME_CLAIMING | VNAME_RELEASED)) ||
        !vname_matches(record.prefix, record.prefix_length, name_of(op), op->length)) {
        r->counters.moved_bad++;
        found_stale(op, VNAME_MOVED);
        return;
    }
    op->moves++;
    op->repeats++;
    r->counters.moved++;
    r->counters.repeats++;
    step(op, VNAME_STEP_MOVED, record.manager, 0, &record);
    forget_entry(op);
    vn_cache_put(&r->cache, &record, vipc_now(r->ipc));
    op->fresh = 0;
    go(op);
}

/* One more alias: 1 if that is not too many. */
static int may_follow(struct vname_operation *op) {
    if (op->aliases == VN_MAX_ALIASES) {
        op->resolver->counters.loops++;
        end_with_code(op, VNAME_LOOP);
        return 0;
    }
    op->aliases++;
    op->resolver->counters.aliases++;
    op->fresh = op->known = op->registered = 0;
    op->group = 0;
    return 1;
}

static void too_long(struct vname_operation *op) {
    op->resolver->counters.too_long++;
    end_with_code(op, VNAME_TOO_LONG);
}

static void aliased(struct vname_operation *op) {
    const struct vipc_call *call = &op->call;
    const uint32_t code = vname_check_absolute(call->area, call->received);
    if (code == VNAME_TOO_LONG) {
        too_long(op);
    } else if (code) {
        op->resolver->counters.aliases_bad++;
        vn_operation_end(op, VNAME_ANSWERED, 0);
    } else if (may_follow(op)) {
        memcpy(name_of(op), call->area, call->received);
        op->length = call->received;
        op->relative = 0;
        step(op, VNAME_STEP_ALIAS, call->answer.server, 0, NULL);
        go(op);
    }
}

/* Somebody else than it was sent to has answered: what has he got? (NAME-6.3-05) */
static void learn_forwarder(struct vname_operation *op) {
    vname_resolver *r = op->resolver;
    const vmtp_entity server = op->answer.server;
    const vmtp_time now = vipc_now(r->ipc);
    r->counters.forwarded++;
    step(op, VNAME_STEP_FORWARDED, server, 0, NULL);
    struct vn_entry *e = op->relative ? NULL : vn_cache_exact(&r->cache, name_of(op), op->record.prefix_length);
    if (!e || (e->forwarder == server && now - e->forwarder_asked < VN_FORWARDER_AGE))
        return;
    e->forwarder = server;
    e->forwarder_asked = now;
    const struct vn_question question = {name_of(op), op->length, 0, server};
    vn_inquire(r, &question, NULL);
}

/* Brings the segment of the answer to the caller: 0, or VMTP_BAD_REPLY_SEGMENT. */
static int bring(struct vname_operation *op, int result) {
    op->received = op->call.received;
    if (op->call.area != op->small)
        return result;
    if (op->received > op->capacity) {
        op->received = op->capacity;
        result = VMTP_BAD_REPLY_SEGMENT;
    }
    if (op->received)
        memcpy(op->area, op->small, op->received);
    return result;
}

static void responded(struct vname_operation *op, int result) {
    const uint32_t code = vn_code(&op->call.answer);
    op->answer = op->call.answer;
    step(op, VNAME_STEP_RESPONSE, op->answer.server, code, NULL);
    if (code == VNAME_STALE) {
        found_stale(op, code);
    } else if (code == VMTP_NONEXISTENT_ENTITY) {
        not_there(op);
    } else if (code == VNAME_MOVED) {
        moved(op);
    } else if (code == VNAME_ALIAS) {
        aliased(op);
    } else {
        if (op->answer.server && op->answer.server != op->record.manager)
            learn_forwarder(op);
        result = bring(op, result);
        vn_operation_end(op, result ? VNAME_FAILED : VNAME_ANSWERED, result);
    }
}

static void over(struct vipc_call *call, int result) {
    struct vname_operation *op = call->context;
    if (result == 0 || result == VMTP_BAD_REPLY_SEGMENT)
        responded(op, result);
    else if (result == VMTP_NONEXISTENT_ENTITY)
        not_there(op);
    else if (result == VMTP_RETRANS_TIMEOUT)
        silent(op);
    else if (result == VMTP_USER_TIMEOUT)
        too_late(op);
    else
        vn_operation_end(op, VNAME_FAILED, result);
}

/* ---- sending ---- */

static void send(struct vname_operation *op) {
    vname_resolver *r = op->resolver;
    struct vipc_call *call = &op->call;
    const struct vname_request request = {.context = op->record.context,
                                          .index = op->record.prefix_length,
                                          .length = (uint16_t)op->length,
                                          .name = name_of(op),
                                          .extra = op->extra,
                                          .extra_size = op->extra_size};
    /* NAME_MOVED and NAME_ALIAS need more room than the caller may have. */
    const int small = op->capacity < VNAME_RECORD_OCTETS;
    memset(call, 0, sizeof *call);
    call->message.server = op->record.manager;
    call->message.code = op->code;
    memcpy(call->message.words + 2, op->words, sizeof op->words);
    call->segment = name_of(op);
    call->segment_size = vname_request_build(&call->message, name_of(op), work_size(op), &request);
    call->area = small ? op->small : op->area;
    call->capacity = small ? (uint32_t)sizeof op->small : op->capacity;
    call->flags = op->call_flags;
    call->deadline = op->deadline;
    call->client = op->client;
    call->priority = op->priority;
    call->done = over;
    call->context = op;
    op->state = VN_OP_SENT;
    vipc_timer_cancel(&op->timer);
    step(op, VNAME_STEP_SEND, op->record.manager, 0, &op->record);
    const int result = vipc_start(r->ipc, call);
    if (result < 0)
        vn_operation_end(op, VNAME_FAILED, result);
}

static void take_record(struct vname_operation *op, const struct vname_record *record) {
    op->record = *record;
    op->record.prefix = name_of(op);
    op->record.target = NULL;
    op->record.target_length = 0;
}

static void go_relative(struct vname_operation *op) {
    struct vname_context *context = context_of(op);
    if (!context->place.manager) {
        op->state = VN_OP_CONTEXT;
        vn_operation_wait_until(op, op->until);
        vn_context_map(op->resolver, context, op);
        return;
    }
    const struct vname_record record = {.manager = context->place.manager, .context = context->place.context};
    take_record(op, &record);
    send(op);
}

static void ask_its_manager(struct vname_operation *op, const struct vn_entry *e) {
    op->target = e->record.manager;
    ask(op);
}

/* The target takes the place of the prefix: 1, or 0: the operation waits or has ended. */
static int follow(struct vname_operation *op, struct vn_entry *e) {
    vname_resolver *r = op->resolver;
    if (!op->fresh && vipc_now(r->ipc) - e->told > VN_ALIAS_AGE) {
        ask_its_manager(op, e);
        return 0;
    }
    if (!may_follow(op))
        return 0;
    if (vname_substitute(name_of(op), &op->length, e->record.prefix_length, e->record.target, e->record.target_length)) {
        too_long(op);
        return 0;
    }
    vn_cache_use(&r->cache, e);
    step(op, VNAME_STEP_ALIAS, e->record.manager, 0, &e->record);
    return 1;
}

/* The cached prefix of its name, NULL: it has to ask. */
static struct vn_entry *look_up(struct vname_operation *op) {
    vname_resolver *r = op->resolver;
    if ((op->flags & VNAME_FRESH) && !op->fresh)
        return NULL;
    struct vn_entry *e = vn_cache_find(&r->cache, name_of(op), op->length);
    r->counters.lookups++;
    r->counters.hits += e != NULL;
    step(op, e ? VNAME_STEP_CACHE_HIT : VNAME_STEP_CACHE_MISS, 0, 0, e ? &e->record : NULL);
    return e;
}

static void go(struct vname_operation *op) {
    if (op->relative) {
        go_relative(op);
        return;
    }
    for (;;) {
        struct vn_entry *e = look_up(op);
        if (!e) {
            ask(op);
            return;
        }
        if (e->doubted && !op->fresh) {
            ask_its_manager(op, e);
            return;
        }
        if (!(e->record.flags & VNAME_ALIAS_RECORD)) {
            vn_cache_use(&op->resolver->cache, e);
            take_record(op, &e->record);
            break;
        }
        if (!follow(op, e))
            return;
    }
    if (op->resolve_only)
        vn_operation_end(op, VNAME_ANSWERED, 0);
    else
        send(op);
}

static void timed(struct vipc_timer *timer) {
    struct vname_operation *op = timer->context;
    if (op->state == VN_OP_END)
        tell(op);
    else if (op->state != VN_OP_PATIENT || vipc_now(op->resolver->ipc) >= op->until)
        end_without_time(op);
    else if (op->relative)
        go(op);
    else
        ask(op);
}

void vn_operation_mapped(struct vname_operation *op) { go(op); }

/* ---- beginning ---- */

/* What is wrong with it: 0, an error, or the code of a name that is none. */
static int check(vname_resolver *r, const struct vname_operation *op) {
    const uint32_t known = VNAME_REPEATABLE | VNAME_FRESH | VNAME_EMPTY_NAME | VNAME_TELL_STALE;
    if (op->resolver || (op->capacity && !op->area) || (op->extra_size && !op->extra) || (op->flags & ~known) ||
        (op->call_flags & VIPC_CALL_PARTIAL))
        return VMTP_E_INVALID;
    if (op->extra_size > (op->work ? VMTP_MESSAGE_OCTETS - VNAME_NAME_OCTETS : VNAME_EXTRA_OCTETS))
        return VMTP_E_TOO_LARGE;
    const uint32_t code = op->name_length || !(op->flags & VNAME_EMPTY_NAME) ? vname_check(op->name, op->name_length) : 0;
    r->counters.refused += code != 0;
    return (int)code;
}

static void enter(vname_resolver *r, struct vname_operation *op) {
    op->resolver = r;
    op->next = op->previous = NULL;
    op->list = NULL;
    op->previous_all = NULL;
    op->next_all = r->operations;
    if (r->operations)
        r->operations->previous_all = op;
    r->operations = op;
    memset(&op->call, 0, sizeof op->call);
    memset(&op->timer, 0, sizeof op->timer);
    op->timer.fire = timed;
    op->timer.context = op;
}

static void clear_outcome(struct vname_operation *op) {
    memset(&op->answer, 0, sizeof op->answer);
    memset(&op->record, 0, sizeof op->record);
    op->outcome = VNAME_ANSWERED;
    op->result = 0;
    op->received = op->aliases = op->moves = op->repeats = op->questions = 0;
    op->known = op->registered = op->fresh = op->doubting = 0;
    op->group = op->target = 0;
    op->delay = 0;
    op->over = 0;
}

static vmtp_time after(vmtp_time now, vmtp_time time) { return time < VMTP_NEVER - now ? now + time : VMTP_NEVER; }

static int begin(vname_resolver *r, struct vname_operation *op, int resolve_only) {
    const int result = check(r, op);
    if (result)
        return result;
    const int relative = !op->name_length || op->name[0] != '/';
    if (relative && !(op->from ? op->from : &r->current)->place.length)
        return VMTP_E_NO_ENTITY;
    if (relative && resolve_only)
        return VMTP_E_INVALID;
    enter(r, op);
    clear_outcome(op);
    op->resolve_only = (uint8_t)resolve_only;
    op->relative = (uint8_t)relative;
    op->until = op->deadline != VMTP_NEVER ? op->deadline : after(vipc_now(r->ipc), r->config.patience);
    op->length = op->name_length;
    if (op->length)
        memcpy(name_of(op), op->name, op->length);
    r->counters.operations++;
    step(op, VNAME_STEP_BEGIN, 0, 0, NULL);
    op->inside = 1;
    go(op);
    op->inside = 0;
    return 0;
}

int vname_operate(vname_resolver *r, struct vname_operation *op) { return begin(r, op, 0); }

int vname_resolve(vname_resolver *r, struct vname_operation *op) { return begin(r, op, 1); }

void vname_cancel(struct vname_operation *op) {
    if (!op->resolver)
        return;
    op->resolver->counters.cancelled++;
    leave(op);
}
