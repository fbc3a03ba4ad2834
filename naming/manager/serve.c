/* SPDX-License-Identifier: BSD-2-Clause */
/* Which Request is what, and those that only ask: QueryName, ListNames, WatchName. */
#include "internal.h"

#include <string.h>

/* ---- answers ------------------------------------------------------------------------------------------------ */

void vn_answer(struct vipc_incoming *in, uint32_t code, const uint32_t words[3], const void *segment, uint32_t size,
               uint32_t flags) {
    vname_manager *m = in->service->context;
    struct vmtp_message answer = {0};
    answer.code = code;
    if (words)
        memcpy(answer.words, words, 3 * sizeof *words);
    int r = vipc_reply(in, &answer, segment, size, flags);
    if (r == 0 || r == VMTP_E_STALE)
        return;
    m->counters.send_failures++;
    vipc_discard(in);
}

void vn_answer_record(struct vipc_incoming *in, uint32_t code, uint32_t word, const struct vname_record *record,
                      uint16_t added, uint32_t flags) {
    struct vname_record r = *record;
    uint8_t octets[VNAME_RECORD_OCTETS];
    const uint32_t words[3] = {word, 0, 0};
    r.flags |= added;
    vn_answer(in, code, words, octets, vname_record_encode(octets, sizeof octets, &r), flags);
}

void vn_refuse(vname_manager *m, struct vipc_incoming *in, uint32_t code) {
    if (in->group || in->datagram) {
        m->counters.silenced++;
        vipc_discard(in);
    } else {
        vn_answer(in, code, NULL, NULL, 0, 0);
    }
}

void vname_manager_refuse(struct vipc_incoming *in, uint32_t code) { vn_refuse(in->service->context, in, code); }

int vn_request_record(vname_manager *m, struct vipc_incoming *in, struct vname_record *record) {
    const uint32_t wrong = vname_record_parse(record, in->segment, in->segment_size);
    if (wrong) {
        m->counters.bad_requests++;
        vn_refuse(m, in, wrong);
    }
    return !wrong;
}

/* ---- QueryName (section 5.1) ---------------------------------------------------------------------------------- */

static uint32_t octets_of(const struct vn_kept *kept) { return kept ? kept->record.prefix_length : 0; }

static void on_query(vname_manager *m, struct vipc_incoming *in) {
    const char *name = in->segment;
    const uint32_t wrong = vname_check_absolute(name, in->segment_size);
    m->counters.queries++;
    if (wrong) {
        m->counters.bad_requests++;
        vn_refuse(m, in, wrong);
        return;
    }
    const struct vn_prefix *own = vn_held_match(m, name, in->segment_size);
    const struct vn_mount *mount = vn_mount_match(m, name, in->segment_size);
    const struct vn_former *former = vn_former_match(m, name, in->segment_size);
    if (former && !vn_former_is_fresh(m, former))
        former = NULL;
    const uint32_t ours = octets_of(own ? &own->kept : NULL), theirs = octets_of(mount ? &mount->kept : NULL),
                   once = octets_of(former ? &former->kept : NULL);
    if (ours && ours >= theirs && ours >= once) {
        m->counters.queries_answered++;
        vn_answer_record(in, VMTP_OK, ours, &own->kept.record, 0, VIPC_REPLY_IDEMPOTENT);
    } else if (in->group) {
        m->counters.queries_silent++;
        vipc_discard(in);
    } else if (once > ours && once >= theirs) {
        m->counters.queries_moved++;
        vn_answer_record(in, VNAME_MOVED, 0, &former->kept.record, VNAME_SECOND_HAND, VIPC_REPLY_IDEMPOTENT);
    } else if (ours) {
        m->counters.queries_second_hand++;
        vn_answer_record(in, VMTP_OK, theirs, &mount->kept.record, VNAME_SECOND_HAND, VIPC_REPLY_IDEMPOTENT);
    } else {
        vn_refuse(m, in, VNAME_STALE);
    }
}

/* ---- ListNames (section 8.7) ---------------------------------------------------------------------------------- */

static void on_list(vname_manager *m, struct vipc_incoming *in) {
    const uint32_t skip = in->message.words[0];
    uint32_t words[3] = {0}, size = 0;
    int room = 1;
    for (uint32_t i = 0; i < m->sorted_count; i++) {
        if (!vn_is_held(m->sorted[i]) || words[0]++ < skip || !room)
            continue;
        const uint32_t octets = vname_record_encode(m->scratch + size, sizeof m->scratch - size,
                                                    &m->sorted[i]->kept.record);
        room = octets > 0;
        words[1] += octets > 0;
        size += octets;
    }
    if (in->group && !words[0]) {
        vipc_discard(in);
        return;
    }
    m->counters.lists++;
    vn_answer(in, VMTP_OK, words, m->scratch, size, VIPC_REPLY_IDEMPOTENT);
}

/* ---- WatchName (section 10) ----------------------------------------------------------------------------------- */

static void on_watch(vname_manager *m, struct vipc_incoming *in) {
    const uint32_t words[3] = {(uint32_t)(VN_HEARTBEAT / VMTP_MILLISECOND), 0, 0};
    m->counters.watches++;
    vn_watch(m, in->message.words[0]);
    vn_answer(in, VMTP_OK, words, NULL, 0, VIPC_REPLY_IDEMPOTENT);
}

/* ---- all Requests --------------------------------------------------------------------------------------------- */

/* Operations for one manager alone. */
static void on_single(vname_manager *m, struct vipc_incoming *in, uint32_t code) {
    if (in->group) {
        m->counters.silenced++;
        vipc_discard(in);
        return;
    }
    switch (code) {
    case VNAME_MEET &VN_LOW24: vn_on_meet(m, in); break;
    case VNAME_MOUNT &VN_LOW24: vn_on_mount(m, in); break;
    case VNAME_HAND_OVER &VN_LOW24: vn_on_hand_over(m, in); break;
    default: on_watch(m, in); break;
    }
}

static void on_naming(vname_manager *m, struct vipc_incoming *in, uint32_t code) {
    if (in->datagram != (code == (VNAME_ANNOUNCE & VN_LOW24))) { /* NAME-4-07 */
        m->counters.bad_requests++;
        vipc_discard(in);
        return;
    }
    switch (code) {
    case VNAME_QUERY &VN_LOW24: on_query(m, in); break;
    case VNAME_CLAIM &VN_LOW24: vn_on_claim(m, in); break;
    case VNAME_ANNOUNCE &VN_LOW24: vn_on_announce(m, in); break;
    case VNAME_LIST &VN_LOW24: on_list(m, in); break;
    case VNAME_MEET &VN_LOW24:
    case VNAME_MOUNT &VN_LOW24:
    case VNAME_HAND_OVER &VN_LOW24:
    case VNAME_WATCH &VN_LOW24: on_single(m, in, code); break;
    default:
        m->counters.unknown_codes++;
        vn_refuse(m, in, VMTP_ERROR);
        break;
    }
}

void vn_request(struct vipc_service *service, struct vipc_incoming *in) {
    vname_manager *m = service->context;
    const uint32_t code = in->message.code & VN_LOW24;
    const int is_public = (in->message.code & VMTP_PIC) != 0;
    vn_alive(m);
    if (is_public && (code & VNAME_BY_NAME))
        vn_on_operation(m, in);
    else if (is_public && (code & 0xffff00u) == VN_INTERFACE)
        on_naming(m, in, code);
    else if (m->config.request)
        m->config.request(m, in);
    else
        vn_refuse(m, in, VMTP_ERROR);
}
