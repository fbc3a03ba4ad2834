/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All that the windows of Wireshark would have open: what the plugin counts, follows and collects, so that it sees altered frames too. */
#include "taps.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <epan/conversation_filter.h>
#include <epan/conversation_table.h>
#include <epan/epan_dissect.h>
#include <epan/export_object.h>
#include <epan/follow.h>
#include <epan/packet.h>
#include <epan/proto.h>
#include <epan/srt_table.h>
#include <epan/stats_tree_priv.h>
#include <epan/tap.h>

static const char *const protocols[] = {"vmtp", "vnaming", "vuio"};

#define PROTOCOLS G_N_ELEMENTS(protocols)
#define TREE_LIMIT 16

struct windows {
    srt_data_t times[PROTOCOLS];
    register_srt_t *srt[PROTOCOLS];
    conv_hash_t pairs[PROTOCOLS], ends[PROTOCOLS];
    follow_info_t follows[PROTOCOLS];
    export_object_list_t objects[PROTOCOLS];
    GSList *entries;
    stats_tree *trees[TREE_LIMIT];
    unsigned tree_count;
    GSList *listeners;
};

static struct windows *open;

static bool ours(const char *name) {
    for (unsigned i = 0; i < PROTOCOLS; i++)
        if (strncmp(name, protocols[i], strlen(protocols[i])) == 0)
            return true;
    return false;
}

/* What is opened here is closed by taps_close. */
static void listen_to(const char *tap, void *window, tap_packet_cb on_packet) {
    GString *refused = register_tap_listener(tap, window, NULL, TL_REQUIRES_PROTO_TREE, NULL, on_packet, NULL, NULL);
    if (refused) {
        fprintf(stderr, "driver: tap %s: %s\n", tap, refused->str);
        exit(2);
    }
    open->listeners = g_slist_prepend(open->listeners, window);
}

static void add_entry(void *gui_data, export_object_entry_t *entry) {
    struct windows *w = gui_data;
    w->entries = g_slist_prepend(w->entries, entry);
}

static export_object_entry_t *get_entry(void *gui_data, int row) {
    struct windows *w = gui_data;
    return g_slist_nth_data(w->entries, (unsigned)row);
}

static void open_times(struct windows *w, unsigned i) {
    w->srt[i] = get_srt_table_by_name(protocols[i]);
    if (!w->srt[i])
        return;
    w->times[i].srt_array = g_array_new(FALSE, TRUE, sizeof(srt_stat_table *));
    listen_to(get_srt_tap_listener_name(w->srt[i]), &w->times[i], get_srt_packet_func(w->srt[i]));
    srt_table_dissector_init(w->srt[i], w->times[i].srt_array);
}

static void open_pairs(struct windows *w, unsigned i) {
    register_ct_t *table = get_conversation_by_proto_id(proto_get_id_by_filter_name(protocols[i]));
    if (!table)
        return;
    listen_to(protocols[i], &w->pairs[i], get_conversation_packet_func(table));
    listen_to(protocols[i], &w->ends[i], get_endpoint_packet_func(table));
}

static register_follow_t *follower_of(const char *protocol) {
    return get_follow_by_name(proto_get_protocol_short_name(find_protocol_by_id(proto_get_id_by_filter_name(protocol))));
}

static void open_follow(struct windows *w, unsigned i) {
    register_follow_t *follow = follower_of(protocols[i]);
    if (follow)
        listen_to(get_follow_tap_string(follow), &w->follows[i], get_follow_tap_handler(follow));
}

static void open_objects(struct windows *w, unsigned i) {
    register_eo_t *objects = get_eo_by_name(protocols[i]);
    w->objects[i] = (export_object_list_t){add_entry, get_entry, w};
    if (objects)
        listen_to(get_eo_tap_listener_name(objects), &w->objects[i], get_eo_packet_func(objects));
}

static void open_trees(struct windows *w) {
    GList *every = stats_tree_get_cfg_list();
    for (GList *at = every; at && w->tree_count < TREE_LIMIT; at = at->next) {
        stats_tree_cfg *kind = at->data;
        if (!ours(kind->abbr))
            continue;
        stats_tree *tree = w->trees[w->tree_count++] = stats_tree_new(kind, NULL, NULL);
        listen_to(kind->tapname, tree, stats_tree_packet);
        if (kind->init)
            kind->init(tree);
    }
    g_list_free(every);
}

void taps_open(void) {
    open = g_new0(struct windows, 1);
    for (unsigned i = 0; i < PROTOCOLS; i++) {
        open_times(open, i);
        open_pairs(open, i);
        open_follow(open, i);
        open_objects(open, i);
    }
    open_trees(open);
}

static void close_follow(follow_info_t *follow) {
    for (GList *at = follow->payload; at; at = at->next) {
        follow_record_t *record = at->data;
        g_byte_array_free(record->data, TRUE);
        g_free(record);
    }
    g_list_free(follow->payload);
    free_address(&follow->client_ip);
    free_address(&follow->server_ip);
}

void taps_close(void) {
    struct windows *w = open;
    g_slist_free_full(w->listeners, remove_tap_listener);
    for (unsigned i = 0; i < PROTOCOLS; i++) {
        register_eo_t *objects = get_eo_by_name(protocols[i]);
        close_follow(&w->follows[i]);
        if (w->srt[i]) {
            free_srt_table(w->srt[i], w->times[i].srt_array);
            g_array_free(w->times[i].srt_array, TRUE);
        }
        reset_conversation_table_data(&w->pairs[i]);
        reset_endpoint_table_data(&w->ends[i]);
        if (objects && get_eo_reset_func(objects))
            get_eo_reset_func(objects)();
    }
    for (unsigned i = 0; i < w->tree_count; i++)
        stats_tree_free(w->trees[i]);
    g_slist_free_full(w->entries, (GDestroyNotify)eo_free_entry);
    g_free(w);
    open = NULL;
}

/* What the menus of a frame ask. */
void taps_frame(epan_dissect_t *edt) {
    unsigned stream = 0, sub_stream = 0;
    for (unsigned i = 0; i < PROTOCOLS; i++) {
        register_follow_t *follow = follower_of(protocols[i]);
        if (follow)
            g_free(get_follow_conv_func(follow)(edt, &edt->pi, &stream, &sub_stream));
    }
    for (GList *at = packet_conv_filter_list; at; at = at->next) {
        const conversation_filter_t *filter = at->data;
        if (ours(filter->proto_name) && filter->is_filter_valid(&edt->pi))
            g_free(filter->build_filter_string(&edt->pi));
    }
}
