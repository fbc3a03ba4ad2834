/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What Wireshark counts over a capture: service response times, a tree of transactions, conversations and endpoints. */
#include "vmtp.h"

#include <epan/conversation_filter.h>
#include <epan/conversation_table.h>
#include <epan/follow.h>
#include <epan/srt_table.h>
#include <epan/stats_tree.h>

static int tap_packets = -1, tap_follow = -1;

/* What a packet tells those who count. */
struct counted {
    const struct vmtp_packet *packet;
    const struct vmtp_seen *seen;
    uint32_t code; /* RequestCode */
    bool timed;    /* the first packet of a Response whose Request is known */
    nstime_t began;
    char *code_text;
};

void statistics_packet(const struct vmtp_packet *p, packet_info *pinfo, const struct vmtp_seen *seen) {
    if (!seen || !have_tap_listener(tap_packets))
        return;
    struct counted *c = wmem_new0(pinfo->pool, struct counted);
    const struct vmtp_call *call = seen->call;
    const struct vmtp_message *m = call->hops ? call->hops->group.message : NULL;
    c->packet = p;
    c->seen = seen;
    c->code = PACKET_RESPONSE(p) ? call->code & (uint32_t)VMTP_CODE_MASK : PACKET_CODE(p);
    c->timed = PACKET_RESPONSE(p) && call->frame && seen->answer && seen->answer->frame == pinfo->num;
    c->began = m ? m->time : call->time;
    c->code_text = wmem_strdup(pinfo->pool, request_code_text(pinfo->pool, c->code));
    tap_queue_packet(tap_packets, pinfo, c);
}

void statistics_segment(packet_info *pinfo, tvbuff_t *segment) {
    if (segment && have_tap_listener(tap_follow))
        tap_queue_packet(tap_follow, pinfo, segment);
}

/* ---- service response times ------------------------------------------------------------------------------------------ */

#define ROWS 65536 /* of a capture that has more the rest is left out */

/* What is clicked in a row becomes the filter of its table, compared with the row's number. */
static void init_times(struct register_srt *srt _U_, GArray *tables) {
    init_srt_table("VMTP by operation", "Operation", tables, 0, "Operation", "vmtp.operation_row", NULL);
    init_srt_table("VMTP by server", "Server", tables, 0, "Server", "vmtp.server_row", NULL);
}

static void add_time(srt_stat_table *table, uint32_t row, const char *name, const struct counted *c, packet_info *pinfo) {
    if (row >= ROWS)
        return;
    if (row >= (uint32_t)table->num_procs || !table->procedures[row].procedure)
        init_srt_table_row(table, (int)row, name);
    add_srt_table_data(table, (int)row, &c->began, pinfo);
}

static tap_packet_status on_time(void *tables, packet_info *pinfo, epan_dissect_t *edt _U_, const void *data,
                                 tap_flags_t flags _U_) {
    const srt_data_t *srt = tables;
    const struct counted *c = data;
    if (!c->timed)
        return TAP_PACKET_DONT_REDRAW;
    add_time(g_array_index(srt->srt_array, srt_stat_table *, 0), c->seen->call->operation_row, c->code_text, c, pinfo);
    add_time(g_array_index(srt->srt_array, srt_stat_table *, 1), c->seen->answer->server_row,
             entity_label(pinfo->pool, c->packet->server), c, pinfo);
    return TAP_PACKET_REDRAW;
}

/* ---- the tree ------------------------------------------------------------------------------------------------------------ */

static const char tree_requests[] = "Requests by code", tree_responses[] = "Responses by code";
static const char tree_notices[] = "Notify operations", tree_repeats[] = "Packets sent again, duplicates";
static const char tree_times[] = "Service time (ms)";
static int node_requests, node_responses, node_notices, node_repeats, node_times;

static void tree_init(stats_tree *st) {
    node_requests = stats_tree_create_node(st, tree_requests, 0, STAT_DT_INT, TRUE);
    node_responses = stats_tree_create_node(st, tree_responses, 0, STAT_DT_INT, TRUE);
    node_notices = stats_tree_create_node(st, tree_notices, 0, STAT_DT_INT, TRUE);
    node_repeats = stats_tree_create_node(st, tree_repeats, 0, STAT_DT_INT, TRUE);
    node_times = stats_tree_create_node(st, tree_times, 0, STAT_DT_FLOAT, TRUE);
    stat_node_set_flags(st, tree_times, 0, TRUE, ST_FLG_AVERAGE);
}

static void tick(stats_tree *st, const char *parent, int parent_node, const char *name) {
    tick_stat_node(st, parent, 0, TRUE);
    tick_stat_node(st, name, parent_node, FALSE);
}

static void tree_verdict(stats_tree *st, const struct counted *c) {
    static const char *const words[] = {NULL, "retransmission", "duplicate frame", "sent again without data",
                                        "not of its packet group"};
    const char *word = words[c->seen->verdict];
    if (word)
        tick(st, tree_repeats, node_repeats, word);
}

static tap_packet_status on_tree(stats_tree *st, packet_info *pinfo, epan_dissect_t *edt _U_, const void *data,
                                 tap_flags_t flags _U_) {
    const struct counted *c = data;
    const struct vmtp_packet *p = c->packet;
    if (!PACKET_RESPONSE(p) && code_is_notify(c->code)) {
        uint32_t told = p->words[6] & (uint32_t)VMTP_CODE_MASK;
        tick(st, tree_notices, node_notices, response_code_text(pinfo->pool, told));
    } else if (!PACKET_RESPONSE(p) && c->seen->call->frame == pinfo->num) {
        tick(st, tree_requests, node_requests, c->code_text);
    }
    if (PACKET_RESPONSE(p) && c->seen->answer && c->seen->answer->frame == pinfo->num)
        tick(st, tree_responses, node_responses, response_code_text(pinfo->pool, PACKET_CODE(p)));
    if (c->timed) {
        nstime_t delta;
        nstime_delta(&delta, &pinfo->abs_ts, &c->began);
        float ms = (float)nstime_to_msec(&delta);
        avg_stat_node_add_value_float(st, tree_times, 0, TRUE, ms);
        avg_stat_node_add_value_float(st, c->code_text, node_times, FALSE, ms);
    }
    tree_verdict(st, c);
    return TAP_PACKET_REDRAW;
}

/* ---- conversations, endpoints -------------------------------------------------------------------------------------------- */

static const char *pair_filter(conv_item_t *item _U_, conv_filter_type_e kind) {
    switch (kind) {
    case CONV_FT_SRC_ADDRESS: return "vmtp.src";
    case CONV_FT_DST_ADDRESS: return "vmtp.dst";
    case CONV_FT_ANY_ADDRESS: return "vmtp.entity";
    default: return CONV_FILTER_INVALID;
    }
}
static const char *end_filter(endpoint_item_t *item _U_, conv_filter_type_e kind) { return pair_filter(NULL, kind); }

static void ends_of(const struct counted *c, packet_info *pinfo, address *source, address *destination) {
    const struct vmtp_packet *p = c->packet;
    bool response = PACKET_RESPONSE(p);
    entity_addresses(pinfo, response ? p->server : p->client, response ? p->client : p->server, source, destination);
}

static tap_packet_status on_pair(void *table, packet_info *pinfo, epan_dissect_t *edt _U_, const void *data,
                                 tap_flags_t flags) {
    static ct_dissector_info_t how = {pair_filter};
    conv_hash_t *hash = table;
    address source, destination;
    ends_of(data, pinfo, &source, &destination);
    hash->flags = flags;
    add_conversation_table_data(hash, &source, &destination, 0, 0, 1, (int)pinfo->fd->pkt_len, &pinfo->rel_ts,
                                &pinfo->abs_ts, &how, CONVERSATION_NONE);
    return TAP_PACKET_REDRAW;
}

static tap_packet_status on_end(void *table, packet_info *pinfo, epan_dissect_t *edt _U_, const void *data,
                                tap_flags_t flags) {
    static et_dissector_info_t how = {end_filter};
    conv_hash_t *hash = table;
    address source, destination;
    ends_of(data, pinfo, &source, &destination);
    hash->flags = flags;
    add_endpoint_table_data(hash, &source, 0, TRUE, 1, (int)pinfo->fd->pkt_len, &how, ENDPOINT_NONE);
    add_endpoint_table_data(hash, &destination, 0, FALSE, 1, (int)pinfo->fd->pkt_len, &how, ENDPOINT_NONE);
    return TAP_PACKET_REDRAW;
}

/* ---- follow a client, find a transaction ---------------------------------------------------------------------------------- */

static const struct vmtp_seen *seen_of(packet_info *pinfo) {
    for (unsigned layer = 1; layer <= pinfo->curr_layer_num + 1u; layer++) {
        const struct vmtp_seen *seen = p_get_proto_data(wmem_file_scope(), pinfo, proto_vmtp, layer);
        if (seen)
            return seen;
    }
    return NULL;
}

static char *follow_filter(epan_dissect_t *edt _U_, packet_info *pinfo, unsigned *stream, unsigned *sub_stream _U_) {
    const struct vmtp_seen *seen = seen_of(pinfo);
    if (!seen)
        return NULL;
    *stream = seen->call->owner->number;
    return ws_strdup_printf("vmtp.stream == %u", *stream);
}

static char *follow_index(unsigned stream, unsigned sub_stream _U_) {
    return ws_strdup_printf("vmtp.stream == %u", stream);
}

static char *follow_addresses(address *source _U_, address *destination _U_, int from _U_, int to _U_) { return NULL; }

static char *no_port(wmem_allocator_t *scope, unsigned port _U_) { return wmem_strdup(scope, ""); }

uint32_t statistics_streams(void) { return track_clients(); }

static compat_bool has_transaction(struct _packet_info *pinfo COMPAT_USER_DATA) { return seen_of(pinfo) != NULL; }

static char *transaction_filter(struct _packet_info *pinfo COMPAT_USER_DATA) {
    const struct vmtp_seen *seen = seen_of(pinfo);
    return seen ? ws_strdup_printf("vmtp.call == %u", seen->call->number) : NULL;
}

static char *client_filter(struct _packet_info *pinfo COMPAT_USER_DATA) {
    const struct vmtp_seen *seen = seen_of(pinfo);
    return seen ? ws_strdup_printf("vmtp.stream == %u", seen->call->owner->number) : NULL;
}

void statistics_register(void) {
    tap_packets = register_tap("vmtp");
    tap_follow = register_tap("vmtp_follow");
    register_srt_table(proto_vmtp, "vmtp", 2, on_time, init_times, NULL);
    register_conversation_table(proto_vmtp, TRUE, on_pair, on_end);
    register_conversation_filter("vmtp", "VMTP transaction", has_transaction, transaction_filter COMPAT_NO_USER_DATA);
    register_conversation_filter("vmtp", "VMTP client", has_transaction, client_filter COMPAT_NO_USER_DATA);
    COMPAT_REGISTER_FOLLOW(proto_vmtp, "vmtp_follow", follow_filter, follow_index, follow_addresses, no_port,
                           follow_tvb_tap_listener);
}

void statistics_handoff(void) {
    stats_tree_register_plugin("vmtp", "vmtp", "VMTP" COMPAT_MENU "Transactions", 0, on_tree, tree_init, NULL);
}
