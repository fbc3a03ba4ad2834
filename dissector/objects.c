/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Instances that were seen to be made, and what was read of them as files to export. */
#include "vuio.h"

#include <epan/export_object.h>

#define OBJECT_LIMIT (256u << 20) /* octets of one exported object */

static wmem_map_t *instances;

static unsigned hash_instance(const void *key) {
    const struct vuio_instance *i = key;
    return (unsigned)(i->manager ^ i->manager >> 32) * 31 + i->number;
}

static gboolean same_instance(const void *one, const void *other) {
    const struct vuio_instance *a = one, *b = other;
    return a->manager == b->manager && a->number == b->number;
}

struct vuio_instance *vuio_find(uint64_t manager, uint32_t number) {
    struct vuio_instance key = {.manager = manager, .number = number};
    return wmem_map_lookup(instances, &key);
}

void vuio_created(uint64_t manager, const uint32_t *words, const char *name, uint32_t frame) {
    struct vuio_instance *i = vuio_find(manager, words[0]);
    if (!i) {
        i = wmem_new0(wmem_file_scope(), struct vuio_instance);
        i->manager = manager;
        i->number = words[0];
        wmem_map_insert(instances, i, i);
    }
    i->attributes = words[1];
    i->block_size = words[2];
    i->frame = frame;
    i->name = name ? wmem_strdup(wmem_file_scope(), name) : NULL;
}

/* ---- export -------------------------------------------------------------------------------------------------------------- */

/* Rows by instance, for as long as a window or tshark collects. */
static GHashTable *rows;

static void forget_rows(void) {
    if (rows)
        g_hash_table_destroy(rows);
    rows = NULL;
}

static export_object_entry_t *entry_of(export_object_list_t *list, const struct vuio_read *r, packet_info *pinfo) {
    if (!rows)
        rows = g_hash_table_new(g_direct_hash, g_direct_equal);
    export_object_entry_t *entry = g_hash_table_lookup(rows, r->instance);
    if (entry)
        return entry;
    char *host = entity_text(NULL, r->instance->manager, pinfo->num);
    entry = g_new0(export_object_entry_t, 1);
    entry->pkt_num = pinfo->num;
    entry->hostname = g_strdup(host);
    entry->content_type = g_strdup("UIO object");
    entry->filename = r->instance->name ? g_path_get_basename(r->instance->name)
                                        : g_strdup_printf("instance-%08x", r->instance->number);
    wmem_free(NULL, host);
    g_hash_table_insert(rows, (gpointer)r->instance, entry);
    list->add_entry(list->gui_data, entry);
    return entry;
}

/* Where in the object the octets belong: sequential reads follow each other. */
static uint64_t place_of(const struct vuio_read *r, const export_object_entry_t *entry) {
    bool sequential = !(r->instance->attributes & UIO_RANDOM_ACCESS) || (r->instance->attributes & UIO_VARIABLE_BLOCK);
    return sequential ? entry->payload_len : r->block * r->instance->block_size + r->offset;
}

static tap_packet_status on_read(void *list, packet_info *pinfo, epan_dissect_t *edt _U_, const void *data,
                                 tap_flags_t flags _U_) {
    const struct vuio_read *r = data;
    export_object_entry_t *entry = entry_of(list, r, pinfo);
    uint32_t octets = tvb_captured_length(r->data);
    uint64_t at = place_of(r, entry);
    if (at > OBJECT_LIMIT || at + octets > OBJECT_LIMIT)
        return TAP_PACKET_DONT_REDRAW;
    if (at + octets > entry->payload_len) {
        entry->payload_data = g_realloc(entry->payload_data, at + octets);
        memset(entry->payload_data + entry->payload_len, 0, at + octets - entry->payload_len);
        entry->payload_len = at + octets;
    }
    tvb_memcpy(r->data, entry->payload_data + at, 0, octets);
    return TAP_PACKET_REDRAW;
}

int vuio_objects_register(void) {
    instances = wmem_map_new_autoreset(wmem_epan_scope(), wmem_file_scope(), hash_instance, same_instance);
    return register_export_object(proto_vuio, on_read, forget_rows);
}
