/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Notify operations (spec/vmtp.md sections 10.9 to 10.11): which packet each speaks of, and what it says of it. */
#include "vmtp.h"

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
    for (const struct vmtp_piece *piece = g->first; piece; piece = piece->next)
        if (piece->retransmit == retransmit)
            frame = piece->frame;
    return frame ? frame : g->last->frame;
}

/* The group of a Response with this Transaction, also of a later part of a message. */
static struct vmtp_group *answered_group(struct vmtp_call **call, uint64_t client, uint64_t server, uint32_t transact) {
    *call = track_find(client, transact, 0);
    for (uint32_t back = 0; back < 256; back++) {
        struct vmtp_call *c = track_find(client, transact - back, 0);
        for (struct vmtp_answer *a = c ? c->answers : NULL; a; a = a->next) {
            if (a->server != server || (back && (!a->message || back >= a->message->count)))
                continue;
            *call = c;
            return a->message && a->message->groups[back] ? a->message->groups[back] : a->group;
        }
    }
    return NULL;
}

static void note(struct vmtp_call *call, packet_info *pinfo, uint32_t code, const struct vmtp_seen *seen) {
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

/* RETRY_ALL in a run asks for what stands behind the Transaction that it names (section 13.3). */
static void ask_behind(const struct vmtp_call *call, bool requests, uint64_t server, packet_info *pinfo,
                       struct vmtp_seen *seen) {
    const struct vmtp_call *next = call;
    struct vmtp_seen unused = *seen;
    while (next->run_position && (next = track_find(next->client, next->transaction + 1, 0)) != NULL) {
        if (requests && next->hops)
            ask(&next->hops->group, VMTP_RETRY_ALL, 0, pinfo, &unused);
        for (struct vmtp_answer *a = next->answers; a && !requests; a = a->next)
            if (a->server == server)
                ask(a->group, VMTP_RETRY_ALL, 0, pinfo, &unused);
    }
}

static bool ends(uint32_t code) {
    return code != VMTP_OK && code != VMTP_RETRY && code != VMTP_RETRY_ALL && code != VMTP_BUSY &&
           code != VMTP_ENTITY_MIGRATED && code != VMTP_MSGTRANS_OVERFLOW && code != VMTP_NO_RUN_RECORD &&
           code != VMTP_STREAMING_NOT_SUPPORTED;
}

/* NotifyVmtpClient: client, ctrl, recSeq, transact, delivery, code. */
static void about_request(const struct vmtp_packet *p, packet_info *pinfo, struct vmtp_seen *seen) {
    uint32_t code = p->words[6] & (uint32_t)VMTP_CODE_MASK, ctrl = p->words[2];
    struct vmtp_call *call = track_find(pair(p->words[0], p->words[1]), p->words[4], 0);
    if (!call)
        return;
    bool remote = PACKET_CODE(p) == VMTP_NOTIFY_REMOTE_VMTP_CLIENT;
    struct vmtp_hop *hop = hop_with(call, remote ? ctrl >> 16 & 15 : 0);
    seen->about = call;
    if (hop) {
        seen->about_frame = last_frame(&hop->group, (int)(ctrl >> 20 & 7));
        if (code != VMTP_RETRY_ALL || !call->run_position)
            ask(&hop->group, code, p->words[5], pinfo, seen);
        else
            ask_behind(call, true, 0, pinfo, seen);
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
    if (!seen->about)
        return;
    if (g) {
        seen->about_frame = last_frame(g, -1);
        if (code != VMTP_RETRY_ALL || !seen->about->run_position)
            ask(g, code, p->words[5], pinfo, seen);
    }
    if (code == VMTP_RETRY_ALL)
        ask_behind(seen->about, false, server, pinfo, seen);
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
