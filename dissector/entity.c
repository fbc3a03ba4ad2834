/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Entity identifiers: their text form, their names, and as addresses of packets. */
#include "vmtp.h"

#include <epan/address_types.h>
#include <epan/to_str.h>

static int hf_entity = -1, hf_source = -1, hf_destination = -1, hf_name = -1;
static int entity_address = -1;

/* What the naming protocol and others told of an entity, the newest first.  Names stay: what is shown of a frame does not depend on
 * what was looked at before. */
struct entity_named {
    struct entity_named *older;
    uint32_t frame; /* that told */
    const char *name;
    const char *all; /* with those before, as text */
};

struct learned {
    uint64_t entity;
    struct entity_named *newest;
    const char *label;
};
static wmem_map_t *learned_names;

#define TEXT_OCTETS 20
#define KNOWN_OCTETS 32
#define NAMES_MOST 16 /* of one entity */
#define V_LOGICAL_MOST 65535

static void write_text(char *text, uint64_t e) {
    snprintf(text, TEXT_OCTETS, "%04x-%04x-%04x-%04x", (unsigned)(e >> 48 & 0xFFFF), (unsigned)(e >> 32 & 0xFFFF),
             (unsigned)(e >> 16 & 0xFFFF), (unsigned)(e & 0xFFFF));
}

#define KNOWN(symbol, value, word, filter, text) {value, word},
static const struct {
    uint64_t entity;
    const char *name;
} known[] = {REGISTRY_ENTITY(KNOWN)};

/* room: for what is counted from a well-known identifier. */
static const char *known_name(uint64_t entity, char room[KNOWN_OCTETS]) {
    uint64_t logical = entity - VMTP_V_LOGICAL_GROUP;
    for (unsigned i = 0; i < G_N_ELEMENTS(known); i++)
        if (known[i].entity == entity)
            return known[i].name;
    if (logical > V_LOGICAL_MOST)
        return NULL;
    snprintf(room, KNOWN_OCTETS, "V_LOGICAL_GROUP + %u", (unsigned)logical);
    return room;
}

/* The names that it had by then. */
static const struct entity_named *named_by(uint64_t entity, uint32_t frame) {
    const struct learned *l = wmem_map_lookup(learned_names, &entity);
    const struct entity_named *n = l ? l->newest : NULL;
    while (n && n->frame > frame)
        n = n->older;
    return n;
}

/* In a column the end of the identifier tells holders of one name apart. */
static const char *new_label(uint64_t entity, const char *names) {
    return wmem_strdup_printf(wmem_file_scope(), "%s%s [%04x]", entity & VMTP_ID_GRP ? "group " : "", names,
                              (unsigned)(entity & 0xFFFF));
}

void entity_learn(uint64_t entity, const char *name, uint32_t frame) {
    struct learned *l = wmem_map_lookup(learned_names, &entity);
    if (!l) {
        l = wmem_new0(wmem_file_scope(), struct learned);
        l->entity = entity;
        wmem_map_insert(learned_names, &l->entity, l);
    }
    unsigned count = 0;
    for (const struct entity_named *n = l->newest; n; n = n->older, count++)
        if (strcmp(n->name, name) == 0)
            return;
    if (count == NAMES_MOST)
        return;
    struct entity_named *n = wmem_new(wmem_file_scope(), struct entity_named);
    const char *text = printable(wmem_file_scope(), name);
    n->older = l->newest;
    n->frame = frame;
    n->name = wmem_strdup(wmem_file_scope(), name);
    n->all = n->older ? wmem_strdup_printf(wmem_file_scope(), "%s, %s", n->older->all, text) : text;
    l->newest = n;
    l->label = new_label(entity, n->all);
}

char *entity_text(wmem_allocator_t *scope, uint64_t entity, uint32_t frame) {
    char text[TEXT_OCTETS], room[KNOWN_OCTETS];
    const char *name = known_name(entity, room);
    const struct entity_named *named = name ? NULL : named_by(entity, frame);
    write_text(text, entity);
    if (named)
        name = named->all;
    return name ? wmem_strdup_printf(scope, "%s (%s)", text, name) : wmem_strdup(scope, text);
}

static const char *label_of(uint64_t entity, char room[KNOWN_OCTETS]) {
    const char *name = known_name(entity, room);
    const struct learned *l = name ? NULL : wmem_map_lookup(learned_names, &entity);
    if (name || l)
        return name ? name : l->label;
    write_text(room, entity);
    return room;
}

char *entity_label(wmem_allocator_t *scope, uint64_t entity) {
    char room[KNOWN_OCTETS];
    return wmem_strdup(scope, label_of(entity, room));
}

/* For filters, as many as it has. */
static void name_items(proto_tree *tree, tvbuff_t *tvb, int offset, uint64_t entity, uint32_t frame) {
    char room[KNOWN_OCTETS];
    const char *name = known_name(entity, room);
    if (name)
        proto_item_set_hidden(proto_tree_add_string(tree, hf_name, tvb, offset, 8, name));
    for (const struct entity_named *n = name ? NULL : named_by(entity, frame); n; n = n->older)
        proto_item_set_hidden(proto_tree_add_string(tree, hf_name, tvb, offset, 8, n->name));
}

proto_item *entity_item(proto_tree *tree, int field, tvbuff_t *tvb, int offset, packet_info *pinfo) {
    if (!tree)
        return NULL;
    uint64_t entity = tvb_get_ntoh64(tvb, offset);
    name_items(tree, tvb, offset, entity, pinfo->num);
    if (!PTREE_DATA(tree)->visible)
        return proto_tree_add_item(tree, field, tvb, offset, 8, ENC_NA);
    return proto_tree_add_bytes_format_value(tree, field, tvb, offset, 8, NULL, "%s",
                                             entity_text(pinfo->pool, entity, pinfo->num));
}

/* ---- addresses -------------------------------------------------------------------------------------------------- */

static uint64_t entity_of(const address *a) {
    uint64_t entity;
    memcpy(&entity, a->data, sizeof entity);
    return GUINT64_FROM_BE(entity);
}

static int to_text(const address *a, char *text, int size) {
    char whole[TEXT_OCTETS];
    write_text(whole, entity_of(a));
    return (int)g_strlcpy(text, whole, (size_t)size) + 1;
}
static int text_size(const address *a _U_) { return TEXT_OCTETS; }
static unsigned to_octets(const address *a, uint8_t *octets, unsigned size) {
    memcpy(octets, a->data, MIN(size, 8u));
    return 8;
}
static const char *filter_of(const address *a _U_, compat_bool source) { return source ? "vmtp.src" : "vmtp.dst"; }
static int address_octets(void) { return 8; }
static const char *resolved(const address *a) {
    static char rooms[8][KNOWN_OCTETS]; /* whoever asks copies, after some more questions at most */
    static unsigned turn;
    return label_of(entity_of(a), rooms[turn++ % 8]);
}
static int resolved_size(void) { return 256; }

void entity_addresses(packet_info *pinfo, uint64_t source, uint64_t destination, address *from, address *to) {
    uint64_t *octets = wmem_alloc_array(pinfo->pool, uint64_t, 2);
    octets[0] = GUINT64_TO_BE(source);
    octets[1] = GUINT64_TO_BE(destination);
    set_address(from, entity_address, 8, &octets[0]);
    set_address(to, entity_address, 8, &octets[1]);
}

/* The entities take the place of the stations in columns, flow graphs and conversations. */
void entity_columns(packet_info *pinfo, uint64_t source, uint64_t destination) {
    entity_addresses(pinfo, source, destination, &pinfo->net_src, &pinfo->net_dst);
    copy_address_shallow(&pinfo->src, &pinfo->net_src);
    copy_address_shallow(&pinfo->dst, &pinfo->net_dst);
}

void entity_tree(proto_tree *tree, tvbuff_t *tvb, bool response) {
    int source = response ? 24 : 0, destination = response ? 0 : 24;
    proto_item_set_hidden(proto_tree_add_item(tree, hf_source, tvb, source, 8, ENC_NA));
    proto_item_set_hidden(proto_tree_add_item(tree, hf_destination, tvb, destination, 8, ENC_NA));
    proto_item_set_hidden(proto_tree_add_item(tree, hf_entity, tvb, source, 8, ENC_NA));
    proto_item_set_hidden(proto_tree_add_item(tree, hf_entity, tvb, destination, 8, ENC_NA));
}

void entity_register(void) {
    static hf_register_info fields[] = {
        {&hf_entity, {"Entity", "vmtp.entity", FT_BYTES, BASE_NONE, NULL, 0, "Client or Server", HFILL}},
        {&hf_source, {"Source", "vmtp.src", FT_BYTES, BASE_NONE, NULL, 0, "entity that sent this", HFILL}},
        {&hf_destination, {"Destination", "vmtp.dst", FT_BYTES, BASE_NONE, NULL, 0, "entity it is for", HFILL}},
        {&hf_name, {"Name of an entity", "vmtp.name", FT_STRING, BASE_NONE, NULL, 0, "well-known or learned", HFILL}}};
    REGISTER_FIELDS(proto_vmtp, fields);
    entity_address = address_type_dissector_register("AT_VMTP", "VMTP entity", to_text, text_size, to_octets, filter_of,
                                                     address_octets, resolved, resolved_size);
    learned_names = wmem_map_new_autoreset(wmem_epan_scope(), wmem_file_scope(), wmem_int64_hash, g_int64_equal);
}
