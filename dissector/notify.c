/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Notify operations (spec/vmtp.md sections 10.9 to 10.11): which packet each speaks of, and what it says of it. */
#include "vmtp.h"

#define RUN_LIMIT 512   /* Requests or Responses of a run that are asked for at once */
#define NOTICE_LIMIT 64 /* of one transaction that are listed */

static uint64_t pair(uint32_t high, uint32_t low) { return (uint64_t)high << 32 | low; }

static struct vmtp_hop *hop_with(const struct vmtp_call *call, uint32_t forward) {
    struct vmtp_hop *hop = call->hops;
    while (hop && hop->forward != forward)
        hop = hop->next;
    return hop ? hop : call->hops;
}

/* The last packet of the group with this RetransmitCount, or else the last of all. */
static uint32_t last_frame(const struct vmtp_group *g, int retransmit) {
    uint32_t frame = 0;
    if (!g->last)
        return 0;
    uint32_t looked = 0;
    for (const struct vmtp_piece *piece = g->first; piece && looked < SEARCH_LIMIT; piece = piece->next, looked++)
        if (piece->retransmit == retransmit)
            frame = piece->frame;
    return frame ? frame : g->last->frame;
}

/* The group of a Response with this Transaction, also of a later part of a message. */
static struct vmtp_group *answered_group(struct vmtp_call **call, uint64_t client, uint64_t server, uint32_t transact) {
    *call = track_find(client, transact, 0);
    for (uint32_t back = 0; back < 256; back++) {
        struct vmtp_call *c = track_find(client, transact - back, 0);
        struct vmtp_answer *a = c ? track_answer(c, server) : NULL;
        if (!a || (back && (!a->message || back >= a->message->count)))
            continue;
        *call = c;
        struct vmtp_group *part = track_part(a, transact);
        return part ? part : a->group;
    }
    return NULL;
}

static void note(struct vmtp_call *call, packet_info *pinfo, uint32_t code, const struct vmtp_seen *seen) {
    if (call->notice_count++ >= NOTICE_LIMIT)
        return;
    struct vmtp_notice *n = wmem_new0(wmem_file_scope(), struct vmtp_notice);
    *n = (struct vmtp_notice){NULL, pinfo->num, code, seen->missing, seen->about_frame};
    if (call->last_notice)
        call->last_notice->next = n;
    else
        call->notices = n;
    call->last_notice = n;
}

static void ask(struct vmtp_group *g, uint32_t code, uint32_t delivery, packet_info *pinfo, struct vmtp_seen *seen) {
    if (code != VMTP_RETRY && code != VMTP_RETRY_ALL)
        return;
    seen->missing = g->expected & (code == VMTP_RETRY ? ~delivery : 0xFFFFFFFF);
    g->asked |= seen->missing;
    g->asked_frame = pinfo->num;
}

/* RETRY_ALL in a run asks for what stands behind the Transaction that it names, which may be the one before the run (section 13.3). */
static void ask_behind(uint64_t client, uint32_t transaction, bool requests, uint64_t server, packet_info *pinfo,
                       struct vmtp_seen *seen) {
    struct vmtp_seen unused = *seen;
    const struct vmtp_call *next = NULL;
    for (uint32_t i = 1; i <= RUN_LIMIT && (next = track_find(client, transaction + i, 0)) && next->run_position; i++) {
        if (requests && next->hops)
            ask(&next->hops->group, VMTP_RETRY_ALL, 0, pinfo, &unused);
        struct vmtp_answer *a = requests ? NULL : track_answer(next, server);
        if (a)
            ask(a->group, VMTP_RETRY_ALL, 0, pinfo, &unused);
    }
}

/* Whether a Transaction is one of a run, or the one before it. */
static bool is_of_run(uint64_t client, uint32_t transaction) {
    const struct vmtp_call *call = track_find(client, transaction, 0), *next = track_find(client, transaction + 1, 0);
    return (call && call->run_position) || (next && next->run_position == 1);
}

static bool ends(uint32_t code) {
    return code != VMTP_OK && code != VMTP_RETRY && code != VMTP_RETRY_ALL && code != VMTP_BUSY &&
           code != VMTP_ENTITY_MIGRATED && code != VMTP_MSGTRANS_OVERFLOW && code != VMTP_NO_RUN_RECORD &&
           code != VMTP_STREAMING_NOT_SUPPORTED;
}

/* NotifyVmtpClient: client, ctrl, recSeq, transact, delivery, code. */
static void about_request(const struct vmtp_packet *p, packet_info *pinfo, struct vmtp_seen *seen) {
    uint32_t code = p->words[6] & (uint32_t)VMTP_CODE_MASK, ctrl = p->words[2];
    uint64_t client = pair(p->words[0], p->words[1]);
    struct vmtp_call *call = track_find(client, p->words[4], 0);
    bool run = code == VMTP_RETRY_ALL && is_of_run(client, p->words[4]);
    if (run)
        ask_behind(client, p->words[4], true, 0, pinfo, seen);
    if (!call)
        return;
    bool remote = PACKET_CODE(p) == VMTP_NOTIFY_REMOTE_VMTP_CLIENT;
    struct vmtp_hop *hop = hop_with(call, remote ? ctrl >> 16 & 15 : 0);
    seen->about = call;
    if (hop) {
        seen->about_frame = last_frame(&hop->group, (int)(ctrl >> 20 & 7));
        if (!run)
            ask(&hop->group, code, p->words[5], pinfo, seen);
    }
    if (!remote && !call->multicast && ends(code) && !call->ended_frame && !call->answer_count) {
        call->ended_frame = pinfo->num;
        call->end_code = code;
    }
    note(call, pinfo, code, seen);
}

/* NotifyVmtpServer: server, client, transact, delivery, code. */
static void about_response(const struct vmtp_packet *p, packet_info *pinfo, struct vmtp_seen *seen) {
    uint64_t server = pair(p->words[0], p->words[1]), client = pair(p->words[2], p->words[3]);
    uint32_t code = p->words[6] & (uint32_t)VMTP_CODE_MASK;
    struct vmtp_group *g = answered_group(&seen->about, client, server, p->words[4]);
    bool run = code == VMTP_RETRY_ALL && is_of_run(client, p->words[4]);
    if (run)
        ask_behind(client, p->words[4], false, server, pinfo, seen);
    if (!seen->about)
        return;
    if (g) {
        seen->about_frame = last_frame(g, -1);
        if (!run)
            ask(g, code, p->words[5], pinfo, seen);
    }
    note(seen->about, pinfo, code, seen);
}

void notify_track(const struct vmtp_packet *p, packet_info *pinfo, struct vmtp_seen *seen) {
    if (seen->verdict == VERDICT_COPY)
        return;
    if (PACKET_CODE(p) == VMTP_NOTIFY_VMTP_SERVER)
        about_response(p, pinfo, seen);
    else
        about_request(p, pinfo, seen);
}
