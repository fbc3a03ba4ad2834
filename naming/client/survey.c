/* SPDX-License-Identifier: BSD-2-Clause */
/* All prefixes of a segment (section 8.7). */
#include <string.h>

#include <vnaming/survey.h>

static void ask_next(struct vname_survey *s);

static void end(struct vname_survey *s, int result) {
    s->over = 1;
    s->ipc = NULL;
    s->result = result;
    if (s->done)
        s->done(s, result);
}

/* The records of one answer: how many there are, 0 if it is not good. */
static uint32_t take(struct vname_survey *s, const struct vmtp_message *answer, const void *segment, uint32_t size) {
    struct vname_list list = vname_list_of(segment, size);
    struct vname_record record;
    uint32_t count = 0;
    if ((answer->code & VMTP_CODE_MASK) != VMTP_OK) {
        s->bad++;
        return 0;
    }
    for (; s->ipc && vname_list_next(&list, &record); count++) {
        if (record.manager != answer->server || (record.flags & (VNAME_CLAIMING | VNAME_RELEASED))) {
            s->bad++;
            continue;
        }
        s->records++;
        s->record(s, &record);
    }
    s->bad += s->ipc && list.left != 0;
    return count;
}

static void responded(struct vipc_call *call, const struct vipc_response *response) {
    struct vname_survey *s = call->context;
    const struct vmtp_message *answer = &response->message;
    s->managers++;
    const uint32_t count = take(s, answer, response->segment, response->segment_size);
    if (!s->ipc || !count || answer->words[0] <= count)
        return; /* it was cancelled just now, or that was all */
    if (s->rest_count == VNAME_SURVEY_REST) {
        s->unasked++;
        return;
    }
    s->rest[s->rest_count].until = 0;
    s->rest[s->rest_count].manager = answer->server;
    s->rest[s->rest_count++].skip = count;
}

static void rest_answered(struct vipc_call *call, int result) {
    struct vname_survey *s = call->context;
    const uint32_t last = s->rest_count - 1;
    uint32_t count = 0;
    if (result == 0)
        count = take(s, &call->answer, call->area, call->received);
    else
        s->unasked++;
    if (!s->ipc)
        return; /* cancelled by the one who was told of a record */
    s->rest[last].skip += count;
    if (!count || call->answer.words[0] <= s->rest[last].skip) {
        s->rest_count--; /* no more, or it does not get on */
    } else if (vipc_now(s->ipc) >= s->rest[last].until) {
        s->rest_count--; /* there is always more */
        s->unasked++;
    }
    ask_next(s);
}

/* The last in the list of those that have more. */
static void ask_next(struct vname_survey *s) {
    if (!s->rest_count) {
        end(s, 0);
        return;
    }
    struct vname_survey_rest *rest = &s->rest[s->rest_count - 1];
    if (!rest->until)
        rest->until = vipc_now(s->ipc) + VNAME_SURVEY_REST_TIME;
    memset(&s->call, 0, sizeof s->call);
    s->call.message.server = rest->manager;
    s->call.message.code = VNAME_LIST;
    s->call.message.words[0] = rest->skip;
    s->call.area = s->area;
    s->call.capacity = VNAME_LIST_OCTETS;
    s->call.deadline = vipc_now(s->ipc) + VNAME_SURVEY_TIME;
    s->call.done = rest_answered;
    s->call.context = s;
    const int result = vipc_start(s->ipc, &s->call);
    if (result < 0)
        end(s, result);
}

static void all_answered(struct vipc_call *call, int result) {
    struct vname_survey *s = call->context;
    (void)result;
    if (s->managers)
        ask_next(s);
    else
        end(s, VMTP_RETRANS_TIMEOUT);
}

static int begin(vipc *ipc, struct vname_survey *s) {
    if (s->ipc || s->slots < 2 || !s->area || !s->record)
        return VMTP_E_INVALID;
    memset(&s->call, 0, sizeof s->call);
    s->managers = s->records = s->bad = s->unasked = s->rest_count = 0;
    s->over = 0;
    s->ipc = ipc;
    s->call.message.server = VNAME_HANDLERS;
    s->call.message.code = VNAME_LIST;
    s->call.area = s->area;
    s->call.capacity = VNAME_LIST_OCTETS;
    s->call.slots = s->slots;
    s->call.flags = VIPC_CALL_DELAYED;
    s->call.deadline = vipc_now(ipc) + VNAME_SURVEY_TIME;
    s->call.response = responded;
    s->call.done = all_answered;
    s->call.context = s;
    const int result = vipc_start(ipc, &s->call);
    if (result < 0)
        s->ipc = NULL;
    return result;
}

int vname_survey(vipc *ipc, struct vname_survey *s) { return s->done ? begin(ipc, s) : VMTP_E_INVALID; }

void vname_survey_cancel(struct vname_survey *s) {
    vipc_cancel(&s->call);
    s->ipc = NULL;
}

int vname_survey_wait(vipc *ipc, struct vname_survey *s) {
    void (*done)(struct vname_survey *, int) = s->done;
    s->done = NULL;
    int result = begin(ipc, s);
    if (!result) {
        result = vipc_wait_for(ipc, &s->over, VMTP_NEVER);
        vname_survey_cancel(s);
        result = s->over ? s->result : result;
    }
    s->done = done;
    return result;
}
