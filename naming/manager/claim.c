/* SPDX-License-Identifier: BSD-2-Clause */
/* Getting a prefix: eight rounds in which whoever has it, or a better claim to it, may speak up (section 8.1). */
#include "internal.h"

#include <string.h>

/* ---- rounds ------------------------------------------------------------------------------------------------- */

static int is_other(const vname_manager *m, const struct vname_record *record) {
    return record->manager != m->service.entity && !vn_same_group(m, record);
}

/* Is it a record that ends this claim: of a holder, or of a better claim? */
static int defeats(const struct vn_prefix *p, const struct vname_record *record) {
    return is_other(p->manager, record) && vname_record_same_prefix(record, &p->kept.record) &&
           !(record->flags & VNAME_RELEASED) &&
           (!(record->flags & VNAME_CLAIMING) || vname_record_beats(record, &p->kept.record));
}

static void answered(struct vipc_call *call, const struct vipc_response *response) {
    struct vn_round *round = call->context;
    struct vn_prefix *p = round->prefix;
    vname_manager *m = p->manager;
    const uint32_t code = response->message.code & VN_LOW24;
    struct vname_record record;
    if (response->result || vname_record_parse(&record, response->segment, response->segment_size) ||
        record.manager != response->message.server) {
        m->counters.answers_odd++;
    } else if (code == VNAME_HELD && defeats(p, &record)) {
        if (!(record.flags & VNAME_CLAIMING))
            vn_heard_note(m, &record);
        vn_claim_failed(p, &record, VNAME_HELD);
    } else if (code == VMTP_OK && vn_covers(&record, &p->kept.record) &&
               !(record.flags & (VNAME_CLAIMING | VNAME_RELEASED))) {
        vn_covered(p, &record);
    } else {
        m->counters.answers_odd++;
    }
}

/* The round goes on until its time is over, whatever the call says. */
static void round_done(struct vipc_call *call, int result) {
    (void)call;
    (void)result;
}

static void round_begin(struct vn_prefix *p) {
    vname_manager *m = p->manager;
    struct vn_round *round = p->round;
    struct vipc_call *call = &round->call;
    p->retry_at = vipc_now(m->ipc) + VN_ROUND_LEAST + vipc_random(m->ipc) % (VN_ROUND_RANDOM + 1);
    memset(call, 0, sizeof *call);
    call->message.server = VNAME_HANDLERS;
    call->message.code = VNAME_CLAIM;
    call->message.words[0] = round->number;
    call->segment = round->segment;
    call->segment_size = vname_record_encode(round->segment, sizeof round->segment, &p->kept.record);
    call->area = round->answers;
    call->capacity = VNAME_RECORD_OCTETS;
    call->slots = VN_CLAIM_ANSWERS;
    call->deadline = p->retry_at;
    call->done = round_done;
    call->response = answered;
    call->context = round;
    int r = vipc_start(m->ipc, call);
    vn_arm(p);
    if (r == 0) {
        round->tries = 0;
        m->counters.claim_rounds++;
        return;
    }
    m->counters.send_failures++; /* it does not count, and comes again */
    round->number--;
    if (++round->tries > VN_SEND_TRIES)
        vn_claim_failed(p, NULL, r);
}

static void claim_begin(struct vn_prefix *p, struct vn_round *round) {
    vname_manager *m = p->manager;
    const uint32_t heard = vn_heard_generation(m, &p->kept.record);
    const uint32_t known = heard > p->remembered ? heard : p->remembered;
    p->kept.record.generation = known == UINT32_MAX ? known : known + 1;
    p->kept.record.flags = VNAME_CLAIMING | (p->kept.record.target_length ? VNAME_ALIAS_RECORD : 0);
    p->state = VNAME_PREFIX_CLAIMING;
    p->round = round;
    round->prefix = p;
    round->number = round->tries = 0;
    m->counters.claims++;
    round_begin(p);
}

/* The one that waits longest. */
static struct vn_prefix *first_waiting(vname_manager *m) {
    struct vn_prefix *first = NULL;
    for (struct vn_prefix *p = m->prefixes; p < vn_prefixes_end(m); p++)
        if (p->used && p->state == VNAME_PREFIX_WAITING && (!first || p->serial < first->serial))
            first = p;
    return first;
}

void vn_claims_start(vname_manager *m) {
    for (uint32_t i = 0; i < m->config.claims; i++) {
        struct vn_prefix *p = m->rounds[i].prefix ? NULL : first_waiting(m);
        if (p)
            claim_begin(p, &m->rounds[i]);
    }
}

void vn_round_end(struct vn_prefix *p) {
    if (!p->round)
        return;
    vipc_cancel(&p->round->call);
    p->round->prefix = NULL;
    p->round = NULL;
}

void vn_round_due(struct vn_prefix *p) {
    vname_manager *m = p->manager;
    vipc_cancel(&p->round->call);
    if (++p->round->number < VN_ROUNDS) {
        round_begin(p);
        return;
    }
    vn_round_end(p);
    p->retry_at = VMTP_NEVER;
    if (m->config.directory == VNAME_DIRECTORY_NEVER) {
        vn_hold(p);
    } else {
        p->state = VNAME_PREFIX_REGISTERING;
        vn_register(p);
    }
    vn_claims_start(m);
}

void vn_claim_failed(struct vn_prefix *p, const struct vname_record *by, int result) {
    vname_manager *m = p->manager;
    struct vn_kept was;
    vn_keep(&was, &p->kept.record);
    const int again = p->again;
    m->counters.claims_refused++;
    vn_round_end(p);
    if (again) {
        p->state = VNAME_PREFIX_BACKOFF;
        p->retry_at = vipc_now(m->ipc) + vn_backoff(p->failures++);
        vn_arm(p);
    } else {
        vn_prefix_free(p);
    }
    vn_claims_start(m);
    vn_tell(m, VNAME_MANAGER_REFUSED, &was.record, by, result, again);
}

/* ---- claims of others ----------------------------------------------------------------------------------------- */

static void defend(struct vn_prefix *p, struct vipc_incoming *in) {
    vname_manager *m = p->manager;
    m->counters.defended++;
    vn_answer_record(in, VNAME_HELD, 0, &p->kept.record, 0, 0);
    if (p->state == VNAME_PREFIX_HELD) { /* it announces nothing before */
        p->saying |= VN_SAY_DEFEND;
        vn_say(m);
    }
}

static void tie(struct vn_prefix *p, const struct vname_record *record, struct vipc_incoming *in) {
    vname_manager *m = p->manager;
    if (vname_record_beats(&p->kept.record, record)) {
        m->counters.ties_won++;
        vn_answer_record(in, VNAME_HELD, 0, &p->kept.record, 0, 0);
        return;
    }
    /* The record lies in the Request, and the program is told of it. */
    m->counters.ties_lost++;
    vn_claim_failed(p, record, VNAME_HELD);
    vipc_discard(in);
}

void vn_on_claim(vname_manager *m, struct vipc_incoming *in) {
    struct vname_record record;
    if (!vn_request_record(m, in, &record))
        return;
    if (!(record.flags & VNAME_CLAIMING)) {
        m->counters.records_odd++;
        vn_refuse(m, in, VNAME_BAD_REQUEST);
        return;
    }
    m->counters.claims_heard += record.manager != m->service.entity; /* ours come here too, from another entity */
    struct vn_prefix *p = vn_prefix_of(m, &record), *covering;
    if (!is_other(m, &record)) {
        vipc_discard(in);
    } else if (p && (p->state == VNAME_PREFIX_HELD || p->state == VNAME_PREFIX_REGISTERING)) {
        defend(p, in);
    } else if (p && p->state == VNAME_PREFIX_CLAIMING) {
        tie(p, &record, in);
    } else if ((covering = vn_held_covering(m, &record))) {
        m->counters.covered++;
        vn_answer_record(in, VMTP_OK, 0, &covering->kept.record, 0, 0);
    } else {
        vipc_discard(in);
    }
}
