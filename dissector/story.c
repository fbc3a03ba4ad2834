/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the packets together tell, as generated items of each: links, times, and what went wrong. */
#include "vmtp.h"

static int hf_stream = -1, hf_call = -1, hf_response_in = -1, hf_request_in = -1, hf_time = -1, hf_since = -1;
static int hf_forwarded_in = -1, hf_forwarded_from = -1, hf_run_start = -1, hf_run_position = -1;
static int hf_answers = -1, hf_earlier = -1, hf_asked = -1, hf_notified = -1, hf_about = -1;
static int hf_missing = -1, hf_covers = -1, hf_ended = -1, hf_reassembled = -1, hf_packet = -1, hf_packets = -1;
static int hf_operation_row = -1, hf_server_row = -1;
static int hf_length = -1, hf_again = -1, hf_copy = -1, hf_group = -1, hf_late = -1;
static int ett_packets = -1;

static expert_field ei_again = EI_INIT, ei_copy = EI_INIT, ei_asks = EI_INIT, ei_alien = EI_INIT, ei_silence = EI_INIT;
static expert_field ei_quiet = EI_INIT, ei_late = EI_INIT, ei_extra = EI_INIT, ei_missing = EI_INIT, ei_partial = EI_INIT;
static expert_field ei_code = EI_INIT, ei_refused = EI_INIT, ei_busy = EI_INIT, ei_unseen = EI_INIT, ei_run = EI_INIT;

static nstime_t capture_end;

/* A client that gets no answer gives up after so long (spec/vmtp.md section 9.2). */
#define PATIENCE_SECONDS 0.84
#define MANY 64 /* members, packets that are listed */

void story_time(packet_info *pinfo) {
    if (nstime_cmp(&pinfo->abs_ts, &capture_end) > 0)
        capture_end = pinfo->abs_ts;
}

static proto_item *frame_item(proto_tree *tree, int field, tvbuff_t *tvb, uint32_t frame) {
    proto_item *item = proto_tree_add_uint(tree, field, tvb, 0, 0, frame);
    proto_item_set_generated(item);
    return item;
}

static proto_item *number_item(proto_tree *tree, int field, tvbuff_t *tvb, uint32_t number) {
    proto_item *item = proto_tree_add_uint(tree, field, tvb, 0, 0, number);
    proto_item_set_generated(item);
    return item;
}

static void time_item(proto_tree *tree, int field, tvbuff_t *tvb, const nstime_t *from, const nstime_t *to) {
    nstime_t delta;
    nstime_delta(&delta, to, from);
    proto_item_set_generated(proto_tree_add_time(tree, field, tvb, 0, 0, &delta));
}

/* ---- Requests ------------------------------------------------------------------------------------------------------------ */

/* In a message of several groups the Response is to the last of them. */
static const struct vmtp_call *answered(const struct vmtp_call *call, const struct vmtp_hop *hop) {
    const struct vmtp_message *m = hop ? hop->group.message : NULL;
    return m && m->call ? m->call : call;
}

static void answers_tree(const struct vmtp_call *call, tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree) {
    unsigned listed = 0;
    for (const struct vmtp_answer *a = call->answers; a && listed < MANY; a = a->next, listed++) {
        proto_item *item = frame_item(tree, hf_response_in, tvb, a->frame);
        if (call->answers->next || a->server != call->server)
            proto_item_append_text(item, " (of %s)", entity_text(pinfo->pool, a->server, pinfo->num));
    }
    if (call->answers && call->answers->next)
        number_item(tree, hf_answers, tvb, call->answer_count);
    if (!call->answers && call->covered_frame)
        proto_item_append_text(frame_item(tree, hf_response_in, tvb, call->covered_frame),
                               " (that of a later Request of the run)");
    if (call->ended_frame)
        proto_item_append_text(frame_item(tree, hf_ended, tvb, call->ended_frame), " (%s)",
                               response_code_text(pinfo->pool, call->end_code));
}

static void hops_tree(const struct vmtp_call *call, const struct vmtp_hop *hop, tvbuff_t *tvb, packet_info *pinfo,
                      proto_tree *tree) {
    for (const struct vmtp_hop *h = call->hops; h && hop; h = h->next) {
        if (h->forward == hop->forward + 1)
            proto_item_append_text(frame_item(tree, hf_forwarded_in, tvb, h->frame), " (to %s)",
                                   entity_text(pinfo->pool, h->server, pinfo->num));
        if (h->forward + 1 == hop->forward)
            proto_item_append_text(frame_item(tree, hf_forwarded_from, tvb, h->frame), " (to %s)",
                                   entity_text(pinfo->pool, h->server, pinfo->num));
    }
}

static void run_tree(const struct vmtp_packet *p, const struct vmtp_call *call, tvbuff_t *tvb, proto_tree *tree) {
    if (!PACKET_IN_RUN(p) || !call->run_position)
        return;
    frame_item(tree, hf_run_start, tvb, call->run_frame);
    number_item(tree, hf_run_position, tvb, call->run_position);
}

/* Whether nobody answered can be said when all has been read, and the capture goes on for long enough. */
static bool unanswered(const struct vmtp_call *call, const struct vmtp_call *last, packet_info *pinfo) {
    nstime_t left;
    if (!pinfo->fd->visited || (call->code & VMTP_DGM) || last->answers || last->covered_frame || last->ended_frame ||
        call->frame != pinfo->num)
        return false;
    nstime_delta(&left, &capture_end, &last->last_time);
    return nstime_to_sec(&left) >= PATIENCE_SECONDS || (call->sent_mask & 0x20);
}

static void request_story(const struct vmtp_packet *p, packet_info *pinfo, proto_tree *tree,
                          const struct vmtp_seen *seen) {
    const struct vmtp_call *call = seen->call, *last = answered(call, seen->hop);
    answers_tree(last, p->tvb, pinfo, tree);
    hops_tree(call, seen->hop, p->tvb, pinfo, tree);
    run_tree(p, call, p->tvb, tree);
    if (PACKET_IN_RUN(p) && !call->run_position && PACKET_FORWARD(p) == 0 && pinfo->fd->visited)
        expert_add_info(pinfo, proto_tree_get_parent(tree), &ei_run);
    if (unanswered(call, last, pinfo))
        expert_add_info(pinfo, proto_tree_get_parent(tree), call->multicast ? &ei_quiet : &ei_silence);
}

/* ---- Responses ------------------------------------------------------------------------------------------------------------ */

/* A message of several groups was sent when its first packet was. */
static const nstime_t *began(const struct vmtp_call *call, uint32_t *frame) {
    const struct vmtp_message *m = call->hops ? call->hops->group.message : NULL;
    *frame = m ? m->frame : call->frame;
    return m ? &m->time : &call->time;
}

static void response_story(const struct vmtp_packet *p, packet_info *pinfo, proto_tree *tree,
                           const struct vmtp_seen *seen) {
    const struct vmtp_call *call = seen->call;
    proto_item *top = proto_tree_get_parent(tree);
    uint32_t frame, code = PACKET_CODE(p);
    if (call->frame) {
        const nstime_t *since = began(call, &frame);
        frame_item(tree, hf_request_in, p->tvb, frame);
        if (seen->answer->frame == pinfo->num)
            time_item(tree, hf_time, p->tvb, since, &pinfo->abs_ts);
        if (seen->since_known)
            proto_item_set_generated(proto_tree_add_time(tree, hf_since, p->tvb, 0, 0, &seen->since));
        for (const struct vmtp_hop *h = call->hops; h; h = h->next)
            if (h->forward && h->forward == PACKET_FORWARD(p))
                frame_item(tree, hf_forwarded_from, p->tvb, h->frame);
        run_tree(p, call, p->tvb, tree);
    } else {
        expert_add_info(pinfo, top, &ei_unseen);
    }
    for (uint32_t i = 0; i < seen->covers; i++)
        frame_item(tree, hf_covers, p->tvb, seen->covered[i]);
    if (seen->late)
        expert_add_info_format(pinfo, frame_item(tree, hf_late, p->tvb, seen->late_frame), &ei_late,
                               "late Response: its Client has gone on in frame %u", seen->late_frame);
    if (seen->extra)
        expert_add_info(pinfo, top, &ei_extra);
    if (code != VMTP_OK)
        expert_add_info_format(pinfo, top, &ei_code, "ResponseCode %s", response_code_text(pinfo->pool, code));
}

/* ---- Notify operations ---------------------------------------------------------------------------------------------------- */

static void notify_story(const struct vmtp_packet *p, packet_info *pinfo, proto_tree *tree, const struct vmtp_seen *seen) {
    uint32_t code = p->words[6] & (uint32_t)VMTP_CODE_MASK;
    proto_item *top = proto_tree_get_parent(tree);
    if (seen->about_frame)
        frame_item(tree, hf_about, p->tvb, seen->about_frame);
    if (seen->missing) {
        const char *blocks = blocks_text(pinfo->pool, seen->missing);
        proto_item *item = proto_tree_add_uint_format_value(tree, hf_missing, p->tvb, 0, 0, seen->missing,
                                                            "0x%08x (blocks %s)", seen->missing, blocks);
        proto_item_set_generated(item);
        expert_add_info_format(pinfo, item, &ei_missing, "%s misses blocks %s of Transaction %u",
                               entity_text(pinfo->pool, p->client, pinfo->num - 1), blocks, p->words[4]);
    }
    if (code == VMTP_BUSY)
        expert_add_info(pinfo, top, &ei_busy);
    else if (code != VMTP_OK && code != VMTP_RETRY && code != VMTP_RETRY_ALL)
        expert_add_info_format(pinfo, top, &ei_refused, "told %s about Transaction %u",
                               response_code_text(pinfo->pool, code), p->words[4]);
}

static void notices_tree(const struct vmtp_seen *seen, tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree) {
    for (const struct vmtp_notice *n = seen->call->notices; n; n = n->next)
        if (n->about == pinfo->num)
            proto_item_append_text(frame_item(tree, hf_notified, tvb, n->frame), " (%s)",
                                   response_code_text(pinfo->pool, n->code));
}

/* ---- packets of one group -------------------------------------------------------------------------------------------------- */

static void verdict_tree(const struct vmtp_packet *p, packet_info *pinfo, proto_tree *tree, const struct vmtp_seen *seen) {
    proto_item *item = NULL, *top = proto_tree_get_parent(tree);
    if (seen->verdict == VERDICT_ALIEN) {
        rule_broken(pinfo, top, &ei_alien, "VMTP-6.2-03");
        return;
    }
    if (seen->asked)
        frame_item(tree, hf_asked, p->tvb, seen->asked);
    if (seen->earlier)
        item = frame_item(tree, hf_earlier, p->tvb, seen->earlier);
    if (seen->verdict == VERDICT_COPY) {
        proto_item_set_generated(proto_tree_add_boolean(tree, hf_copy, p->tvb, 0, 0, TRUE));
        expert_add_info_format(pinfo, item, &ei_copy, "the same frame as %u once more", seen->earlier);
    } else if (seen->verdict != VERDICT_FIRST) {
        proto_item_set_generated(proto_tree_add_boolean(tree, hf_again, p->tvb, 0, 0, TRUE));
        if (seen->verdict == VERDICT_ASKS)
            expert_add_info_format(pinfo, item, &ei_asks, "sent again without data, RetransmitCount %u",
                                   PACKET_RETRANSMIT(p));
        else
            expert_add_info_format(pinfo, item, &ei_again, "retransmission, RetransmitCount %u%s", PACKET_RETRANSMIT(p),
                                   seen->asked ? ", as it was asked to" : "");
    }
}

static void pieces_tree(const struct vmtp_group *g, tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree) {
    for (const struct vmtp_piece *piece = g->first; piece; piece = piece->next)
        if (piece->taken)
            proto_item_append_text(frame_item(tree, hf_packet, tvb, piece->frame), " (blocks %s)",
                                   blocks_text(pinfo->pool, piece->taken));
}

static void reassembly_tree(const struct vmtp_packet *p, packet_info *pinfo, proto_tree *tree,
                            const struct vmtp_seen *seen, tvbuff_t *segment) {
    const struct vmtp_group *g = seen->group;
    const struct vmtp_message *m = g ? g->message : NULL;
    uint32_t done = m ? m->done_frame : g ? g->done_frame : 0;
    if (!g || (!m && g->packets < 2 && done) || g->size == 0)
        return;
    if (m)
        number_item(tree, hf_group, p->tvb, g->index);
    if (!segment || !(seen->completes || seen->finishes)) {
        if (done && p->delivery)
            frame_item(tree, hf_reassembled, p->tvb, done);
        return;
    }
    uint32_t size = m ? m->size : g->size, packets = 0;
    for (uint32_t i = 0; i < (m ? m->count : 1); i++)
        for (const struct vmtp_piece *q = m ? m->groups[i]->first : g->first; q; q = q->next)
            packets += q->taken != 0;
    proto_item *top = number_item(tree, hf_packets, p->tvb, packets);
    proto_tree *sub = proto_item_add_subtree(top, ett_packets);
    number_item(sub, hf_length, segment, size);
    for (uint32_t i = 0; i < (m ? m->count : 1); i++)
        pieces_tree(m ? m->groups[i] : g, p->tvb, pinfo, sub);
}

/* The last packet of a group that never became whole says what is missing. */
static bool is_partial(const struct vmtp_packet *p, packet_info *pinfo, const struct vmtp_seen *seen) {
    const struct vmtp_group *g = seen->group;
    return pinfo->fd->visited && g && !g->done_frame && g->size > 0 && g->last && g->last->frame == pinfo->num &&
           p->whole;
}

/* For filters made of rows of statistics; nobody wants to look at them. */
static void rows_tree(const struct vmtp_seen *seen, tvbuff_t *tvb, proto_tree *tree) {
    if (seen->call->frame && proto_field_is_referenced(tree, hf_operation_row))
        proto_item_set_hidden(number_item(tree, hf_operation_row, tvb, seen->call->operation_row));
    if (!proto_field_is_referenced(tree, hf_server_row))
        return;
    for (const struct vmtp_answer *a = seen->call->answers; a; a = a->next)
        if (!seen->answer || seen->answer == a)
            proto_item_set_hidden(number_item(tree, hf_server_row, tvb, a->server_row));
}

void story_tree(const struct vmtp_packet *p, packet_info *pinfo, proto_tree *tree, const struct vmtp_seen *seen,
                tvbuff_t *segment) {
    if (!seen)
        return;
    rows_tree(seen, p->tvb, tree);
    number_item(tree, hf_stream, p->tvb, seen->call->owner->number);
    number_item(tree, hf_call, p->tvb, seen->call->number);
    if (seen->verdict != VERDICT_ALIEN) {
        if (PACKET_RESPONSE(p))
            response_story(p, pinfo, tree, seen);
        else
            request_story(p, pinfo, tree, seen);
        reassembly_tree(p, pinfo, tree, seen, segment);
        if (is_partial(p, pinfo, seen))
            expert_add_info_format(pinfo, proto_tree_get_parent(tree), &ei_partial, "blocks %s never came",
                                   blocks_text(pinfo->pool, seen->group->expected & ~seen->group->have));
    }
    verdict_tree(p, pinfo, tree, seen);
    notices_tree(seen, p->tvb, pinfo, tree);
    if (!PACKET_RESPONSE(p) && code_is_notify(PACKET_CODE(p)))
        notify_story(p, pinfo, tree, seen);
}

/* ---- Info ------------------------------------------------------------------------------------------------------------------ */

static const char *silence_mark(const struct vmtp_packet *p, packet_info *pinfo, const struct vmtp_seen *seen) {
    const struct vmtp_call *call = seen->call, *last = answered(call, seen->hop);
    if (PACKET_RESPONSE(p) || call->multicast)
        return "";
    if (unanswered(call, last, pinfo))
        return "[No Response] ";
    if (last->ended_frame && !last->answers && call->frame == pinfo->num)
        return wmem_strdup_printf(pinfo->pool, "[%s] ", response_code_text(pinfo->pool, last->end_code));
    return "";
}

const char *story_marks(const struct vmtp_packet *p, packet_info *pinfo, const struct vmtp_seen *seen) {
    static const char *const verdicts[] = {"", "[Retransmission] ", "[Duplicate] ", "[Retransmission without data] ",
                                           "[Not of its packet group] "};
    if (!seen || seen->verdict == VERDICT_ALIEN)
        return seen ? verdicts[VERDICT_ALIEN] : "";
    const char *silence = silence_mark(p, pinfo, seen);
    bool partial = is_partial(p, pinfo, seen);
    if (seen->verdict == VERDICT_FIRST && !seen->asked && !*silence && !seen->late && !seen->extra && !partial)
        return "";
    return wmem_strdup_printf(pinfo->pool, "%s%s%s%s%s%s", verdicts[seen->verdict], seen->asked ? "[Asked for] " : "",
                              silence, seen->late ? "[Late] " : "", seen->extra ? "[Extra] " : "",
                              partial ? "[Never whole] " : "");
}

bool story_begins(packet_info *pinfo, const struct vmtp_seen *seen) {
    if (!seen || !seen->group || seen->verdict == VERDICT_ALIEN)
        return true;
    return (seen->group->message ? seen->group->message->frame : seen->group->first->frame) == pinfo->num;
}

void story_part(wmem_strbuf_t *text, const struct vmtp_packet *p, packet_info *pinfo, const struct vmtp_seen *seen) {
    const struct vmtp_group *g = seen ? seen->group : NULL;
    const struct vmtp_message *m = g ? g->message : NULL;
    uint32_t done = m ? m->done_frame : g ? g->done_frame : 0;
    bool some = p->delivery && p->delivery != blocks_of(packet_group_size(p));
    if (!some && !m)
        return;
    wmem_strbuf_append(text, " [");
    if (p->delivery)
        wmem_strbuf_append_printf(text, "blocks %s%s", blocks_text(pinfo->pool, p->delivery), m ? " of " : "");
    if (m)
        wmem_strbuf_append_printf(text, "part %u of %u", g->index + 1, m->count);
    if (done == pinfo->num)
        wmem_strbuf_append(text, ", now whole");
    else if (done > pinfo->num)
        wmem_strbuf_append_printf(text, ", whole in %u", done);
    wmem_strbuf_append(text, "]");
}

void story_other_half(wmem_strbuf_t *text, const struct vmtp_packet *p, packet_info *pinfo, const struct vmtp_seen *seen) {
    uint32_t frame;
    if (seen->verdict == VERDICT_ALIEN)
        return;
    if (PACKET_RESPONSE(p)) {
        began(seen->call, &frame);
        if (seen->call->frame)
            wmem_strbuf_append_printf(text, ", Request in %u", frame);
        return;
    }
    const struct vmtp_call *last = answered(seen->call, seen->hop);
    if (last->answer_count > 1)
        wmem_strbuf_append_printf(text, ", %u Responses from %u on", last->answer_count, last->answers->frame);
    else if (last->answers || last->covered_frame)
        wmem_strbuf_append_printf(text, ", Response in %u", last->answers ? last->answers->frame : last->covered_frame);
    else if (last->ended_frame)
        wmem_strbuf_append_printf(text, ", ended in %u", last->ended_frame);
    else if (seen->call->multicast && unanswered(seen->call, last, pinfo))
        wmem_strbuf_append(text, ", no Response"); /* of one server that is a mark */
}

/* ---- registration ------------------------------------------------------------------------------------------------------------ */

#define NUMBER(variable, name, filter, text)                                                                           \
    {                                                                                                                  \
        &variable, { name, filter, FT_UINT32, BASE_DEC, NULL, 0, text, HFILL }                                         \
    }
#define FRAME(variable, name, filter, kind, text)                                                                      \
    {                                                                                                                  \
        &variable, { name, filter, FT_FRAMENUM, BASE_NONE, kind, 0, text, HFILL }                                      \
    }
#define TIME(variable, name, filter, text)                                                                             \
    {                                                                                                                  \
        &variable, { name, filter, FT_RELATIVE_TIME, BASE_NONE, NULL, 0, text, HFILL }                                 \
    }
#define MARK(variable, name, filter, text)                                                                             \
    {                                                                                                                  \
        &variable, { name, filter, FT_BOOLEAN, BASE_NONE, NULL, 0, text, HFILL }                                       \
    }

static hf_register_info fields[] = {
    NUMBER(hf_stream, "Number of the Client", "vmtp.stream", "Clients of the capture, counted from 0"),
    NUMBER(hf_call, "Number of the transaction", "vmtp.call", "transactions of the capture, counted from 1"),
    NUMBER(hf_operation_row, "Row of the operation", "vmtp.operation_row", "in the table of service response times"),
    NUMBER(hf_server_row, "Row of the server", "vmtp.server_row", "in the table of service response times"),
    FRAME(hf_response_in, "Response in", "vmtp.response_in", FRAMENUM_TYPE(FT_FRAMENUM_RESPONSE), NULL),
    FRAME(hf_request_in, "Request in", "vmtp.request_in", FRAMENUM_TYPE(FT_FRAMENUM_REQUEST), NULL),
    TIME(hf_time, "Time from the Request", "vmtp.time", "from the first packet of the Request to that of the Response"),
    TIME(hf_since, "Time from that transmission", "vmtp.time_since_sent",
         "from the transmission of the Request that RetransmitCount names"),
    FRAME(hf_forwarded_in, "Forwarded in", "vmtp.forwarded_in", NULL, NULL),
    FRAME(hf_forwarded_from, "Forwarded from", "vmtp.forwarded_from", NULL, NULL),
    FRAME(hf_run_start, "Run begins in", "vmtp.run.start", NULL, NULL),
    NUMBER(hf_run_position, "Position in the run", "vmtp.run.position", "packet groups, counted from 1"),
    NUMBER(hf_answers, "Members that answered", "vmtp.answers", NULL),
    FRAME(hf_earlier, "Sent before in", "vmtp.sent_before", FRAMENUM_TYPE(FT_FRAMENUM_RETRANS_PREV), NULL),
    FRAME(hf_asked, "Asked for in", "vmtp.asked_in", NULL, "the Notify that asked for these blocks"),
    FRAME(hf_notified, "Spoken of in", "vmtp.notified_in", FRAMENUM_TYPE(FT_FRAMENUM_ACK), NULL),
    FRAME(hf_about, "Speaks of", "vmtp.notify.about", FRAMENUM_TYPE(FT_FRAMENUM_ACK), "the packet that caused it"),
    {&hf_missing, {"Missing", "vmtp.notify.missing", FT_UINT32, BASE_HEX, NULL, 0, "blocks that are asked for", HFILL}},
    FRAME(hf_covers, "Stands for", "vmtp.covers", FRAMENUM_TYPE(FT_FRAMENUM_REQUEST), "earlier Requests of the run"),
    FRAME(hf_ended, "Ended in", "vmtp.ended_in", NULL, "the Notify that ended the transaction"),
    FRAME(hf_late, "Client went on in", "vmtp.late", NULL, NULL),
    FRAME(hf_reassembled, "Segment is whole in", "vmtp.segment.reassembled_in", NULL, NULL),
    FRAME(hf_packet, "Packet", "vmtp.segment.packet", NULL, NULL),
    NUMBER(hf_packets, "Segment from packets", "vmtp.segment.packets", "how many packets it came in"),
    NUMBER(hf_length, "Octets", "vmtp.segment.octets", NULL),
    NUMBER(hf_group, "Packet group of the message", "vmtp.segment.group", "counted from 0"),
    MARK(hf_again, "Retransmission", "vmtp.retransmission", NULL),
    MARK(hf_copy, "Duplicate frame", "vmtp.duplicate", "same RetransmitCount: the network doubled it")};

static ei_register_info experts[] = {
    {&ei_again, {"vmtp.again", PI_SEQUENCE, PI_NOTE, "retransmission", EXPFILL}},
    {&ei_copy, {"vmtp.copy", PI_SEQUENCE, PI_NOTE, "duplicate frame", EXPFILL}},
    {&ei_asks, {"vmtp.asks", PI_SEQUENCE, PI_NOTE, "sent again without data", EXPFILL}},
    {&ei_alien, {"vmtp.alien", PI_SEQUENCE, PI_WARN, "not of the packet group", EXPFILL}},
    {&ei_silence, {"vmtp.no_response", PI_SEQUENCE, PI_WARN, "nobody answers", EXPFILL}},
    /* Who claims a name or a block of identifiers hopes for that. */
    {&ei_quiet, {"vmtp.no_member", PI_SEQUENCE, PI_CHAT, "no member of the group answers", EXPFILL}},
    {&ei_late, {"vmtp.late_response", PI_SEQUENCE, PI_WARN, "late Response", EXPFILL}},
    {&ei_extra, {"vmtp.extra_response", PI_SEQUENCE, PI_NOTE, "a Response besides the one that is wanted", EXPFILL}},
    {&ei_missing, {"vmtp.missing", PI_SEQUENCE, PI_NOTE, "blocks are missing", EXPFILL}},
    {&ei_partial, {"vmtp.partial", PI_REASSEMBLE, PI_WARN, "the packet group never became whole", EXPFILL}},
    {&ei_code, {"vmtp.response_error", PI_RESPONSE_CODE, PI_NOTE, "ResponseCode is not OK", EXPFILL}},
    {&ei_refused, {"vmtp.notify_error", PI_RESPONSE_CODE, PI_WARN, "a transaction is refused or ended", EXPFILL}},
    {&ei_busy, {"vmtp.busy", PI_RESPONSE_CODE, PI_NOTE, "BUSY: to be sent again later", EXPFILL}},
    {&ei_unseen, {"vmtp.unseen", PI_SEQUENCE, PI_CHAT, "its Request is not in the capture", EXPFILL}},
    {&ei_run, {"vmtp.run_unseen", PI_SEQUENCE, PI_CHAT, "what its run began with is not in the capture", EXPFILL}}};

static void forget(void) { nstime_set_zero(&capture_end); }

void story_register(void) {
    static int *subtrees[] = {&ett_packets};
    REGISTER_FIELDS(proto_vmtp, fields);
    proto_register_subtree_array(subtrees, G_N_ELEMENTS(subtrees));
    expert_register_field_array(vmtp_experts, experts, G_N_ELEMENTS(experts));
    register_cleanup_routine(forget);
}
