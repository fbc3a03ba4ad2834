/* SPDX-License-Identifier: BSD-2-Clause */
/* NAME_OPERATE, NAME_WATCH, NAME_SURVEY.  spec/testing.md section 4.17. */
#include "test_names.h"

#include <stdlib.h>

/* Later: the slot waits like that of a CALL. */
static void keep(struct vtest_work *w) {
    vtest_set_state(w->slot, VTEST_CALLING);
    w->later = 1;
}

static void answer_later(struct vtest_names *n, struct vtest_slot *slot, const struct vmtp_message *answer,
                         const void *segment, uint32_t size) {
    vtest_answer(n->service, slot, answer, segment, size, vipc_now(n->ipc));
}

/* ---- NAME_OPERATE ----------------------------------------------------------------------------------------------------- */

static void put_head(uint8_t *out, const struct vname_operation *op) {
    memset(out, 0, VTEST_OPERATE_HEAD);
    vmtp_store64(out, op->record.manager);
    vmtp_store32(out + 8, op->record.context);
    vmtp_store16(out + 12, op->record.manager ? op->record.prefix_length : 0);
    vmtp_store16(out + 14, (uint16_t)op->aliases);
    vmtp_store16(out + 16, (uint16_t)op->moves);
    vmtp_store16(out + 18, (uint16_t)op->repeats);
    vmtp_store16(out + 20, (uint16_t)op->full_length);
    for (unsigned i = 0; i < 7; i++)
        vmtp_store32(out + 24 + 4 * i, op->answer.words[i]);
}

static void report(struct vtest_names *n, struct vtest_names_operation *o) {
    struct vtest_slot *slot = o->slot;
    const struct vname_operation *op = &o->op;
    struct vmtp_message answer = {0};
    uint8_t *out = slot->area;
    uint32_t size = VTEST_OPERATE_HEAD + (uint32_t)op->full_length;
    const uint32_t room = VTEST_AREA - size, got = op->received < room ? op->received : room;
    put_head(out, op);
    if (op->full_length)
        memcpy(out + VTEST_OPERATE_HEAD, op->full, op->full_length);
    if (got)
        memcpy(out + size, o->area, got);
    answer.words[0] = (uint32_t)op->outcome;
    answer.words[1] = op->outcome == VNAME_ANSWERED ? 0 : (uint32_t)op->result;
    answer.words[2] = op->answer.code;
    vmtp_words_put64(answer.words + 3, op->answer.server);
    answer.words[5] = op->questions;
    o->slot = NULL;
    answer_later(n, slot, &answer, out, size + got);
}

static void done(struct vname_operation *op, enum vname_outcome outcome) {
    struct vtest_names_operation *o = op->context;
    struct vtest_names *n = o->service->names;
    struct vname_place place;
    if (outcome == VNAME_ANSWERED && o->current && vname_mapped(op, &place))
        vname_context_set(n->resolver, vname_current(n->resolver), &place);
    report(n, o);
}

static struct vtest_names_operation *free_operation(struct vtest_names *n) {
    for (unsigned i = 0; i < VTEST_OPERATIONS; i++)
        if (!n->operations[i].slot)
            return &n->operations[i];
    return NULL;
}

static void fill(struct vtest_names *n, struct vtest_names_operation *o, const struct vtest_work *w) {
    const uint32_t *words = w->request->message.words, length = words[3];
    memset(&o->op, 0, sizeof o->op);
    memcpy(o->name, vtest_names_text(w), length);
    o->service = n->service;
    o->current = (words[0] & VTEST_CURRENT) != 0;
    o->op.name = o->name;
    o->op.name_length = length;
    o->op.code = o->current ? VNAME_MAP_CONTEXT : words[1] | VMTP_PIC;
    o->op.words[0] = words[4];
    o->op.words[1] = words[5];
    o->op.extra = vtest_names_text(w) + length;
    o->op.extra_size = w->request->segment_size - length;
    o->op.work = o->work;
    o->op.area = o->area;
    o->op.capacity = sizeof o->area;
    o->op.flags = words[0] & (VNAME_REPEATABLE | VNAME_FRESH | VNAME_EMPTY_NAME);
    o->op.deadline = words[2] ? w->now + words[2] * VMTP_MILLISECOND : VMTP_NEVER;
    o->op.done = done;
    o->op.context = o;
}

static uint32_t start(struct vtest_names *n, struct vtest_names_operation *o, struct vtest_work *w) {
    const int find = (w->request->message.words[0] & VTEST_FIND) != 0;
    fill(n, o, w);
    const int rc = find ? vname_resolve(n->resolver, &o->op) : vname_operate(n->resolver, &o->op);
    if (rc == 0) {
        o->slot = w->slot;
        keep(w);
        return 0;
    }
    if (rc < 0)
        return VMTP_TEST_BAD_ARGUMENT;
    w->answer.words[0] = VNAME_FAILED; /* this is no name, and nothing was sent */
    w->answer.words[1] = (uint32_t)rc;
    return 0;
}

/* What `extra` lies in is the Request's segment, which stays in the slot's area until the answer. */
void vtest_name_operate(vtest_service *s, struct vtest_work *w) {
    const uint32_t *words = w->request->message.words;
    struct vtest_names_operation *o = free_operation(s->names);
    uint32_t refusal = o ? 0 : VMTP_TEST_NO_ROOM;
    if (words[0] > VTEST_OPERATE_ALL || words[3] > w->request->segment_size || words[2] > VTEST_CALL_DEADLINE_MAX_MS ||
        words[1] > VMTP_CODE_MASK || w->request->segment_size > VTEST_AREA)
        refusal = VMTP_TEST_BAD_ARGUMENT;
    else if (words[3] > VNAME_NAME_OCTETS) { /* no name, as start would say if it had room for it */
        w->answer.words[0] = VNAME_FAILED;
        w->answer.words[1] = VNAME_TOO_LONG;
        return;
    }
    if (!refusal)
        refusal = start(s->names, o, w);
    if (refusal)
        vtest_refuse(w, refusal);
}

/* ---- NAME_WATCH ------------------------------------------------------------------------------------------------------- */

static void changed(struct vname_watch *watch, enum vname_change change) {
    struct vtest_names *n = watch->context;
    n->changes++;
    n->change = (uint32_t)change + 1;
}

static uint32_t begin_watch(struct vtest_names *n, const struct vtest_work *w) {
    const uint32_t length = w->request->segment_size;
    vname_unwatch(&n->watch);
    if (length > VNAME_NAME_OCTETS)
        return VMTP_TEST_BAD_ARGUMENT;
    n->changes = n->change = 0;
    memset(&n->watch, 0, sizeof n->watch);
    if (length)
        memcpy(n->watched, vtest_names_text(w), length);
    n->watch.name = n->watched;
    n->watch.name_length = length;
    n->watch.changed = changed;
    n->watch.context = n;
    const int rc = vname_watch(n->resolver, &n->watch);
    return rc == 0 ? 0 : rc > 0 ? VMTP_TEST_BAD_ARGUMENT : VMTP_TEST_NO_ROOM;
}

void vtest_name_watch(vtest_service *s, struct vtest_work *w) {
    struct vtest_names *n = s->names;
    const uint32_t what = w->request->message.words[0];
    const uint32_t refusal = what > 2 ? VMTP_TEST_BAD_ARGUMENT : what == 1 ? begin_watch(n, w) : 0;
    if (refusal) {
        vtest_refuse(w, refusal);
        return;
    }
    if (what == 2)
        vname_unwatch(&n->watch);
    w->answer.words[0] = n->changes;
    w->answer.words[1] = n->change;
    vmtp_words_put64(w->answer.words + 2, n->watch.record.manager);
}

/* ---- NAME_SURVEY ------------------------------------------------------------------------------------------------------ */

static void listed(struct vname_survey *survey, const struct vname_record *record) {
    (void)survey;
    (void)record; /* it counts them itself */
}

static void surveyed(struct vname_survey *survey, int result) {
    struct vtest_names *n = survey->context;
    struct vtest_slot *slot = n->survey_slot;
    struct vmtp_message answer = {.words = {survey->managers, survey->records, survey->bad, survey->unasked}};
    (void)result; /* nobody has answered: that is 0 managers */
    n->survey_slot = NULL;
    answer_later(n, slot, &answer, NULL, 0);
}

void vtest_name_survey(vtest_service *s, struct vtest_work *w) {
    struct vtest_names *n = s->names;
    if (!n->survey_slot && !n->survey_area)
        n->survey_area = malloc((size_t)VTEST_SURVEY_SLOTS * VNAME_LIST_OCTETS);
    if (!n->survey_slot && n->survey_area) {
        n->survey = (struct vname_survey){
            .area = n->survey_area, .slots = VTEST_SURVEY_SLOTS, .record = listed, .done = surveyed, .context = n};
        if (vname_survey(n->ipc, &n->survey) == 0) {
            n->survey_slot = w->slot;
            keep(w);
            return;
        }
    }
    vtest_refuse(w, VMTP_TEST_NO_ROOM);
}

/* ---- all of them ------------------------------------------------------------------------------------------------------ */

int vtest_names_busy(const struct vtest_names *n) {
    unsigned busy = n->survey_slot != NULL || vtest_objects_busy(n);
    for (unsigned i = 0; i < VTEST_OPERATIONS; i++)
        busy += n->operations[i].slot != NULL;
    return busy > 0;
}

void vtest_names_cancel(struct vtest_names *n) {
    for (unsigned i = 0; i < VTEST_OPERATIONS; i++)
        vname_cancel(&n->operations[i].op);
    vname_survey_cancel(&n->survey);
}
