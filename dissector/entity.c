/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Entity identifiers: their text form, their names, and as addresses of packets. */
#include "vmtp.h"

#include <epan/address_types.h>
#include <epan/to_str.h>

static int hf_entity = -1, hf_source = -1, hf_destination = -1, hf_name = -1;
static int entity_address = -1;

/* What the naming protocol told: entity to name, and since which frame. */
struct learned {
    uint64_t entity;
    uint32_t frame;
    const char *name;
};
static wmem_map_t *learned_names;

#define TEXT_OCTETS 20

static void write_text(char *text, uint64_t e) {
    snprintf(text, TEXT_OCTETS, "%04x-%04x-%04x-%04x", (unsigned)(e >> 48 & 0xFFFF), (unsigned)(e >> 32 & 0xFFFF),
             (unsigned)(e >> 16 & 0xFFFF), (unsigned)(e & 0xFFFF));
}

/* ---- names ---------------------------------------------------------------------------------------------------- */

#define KNOWN(symbol, value, word, filter, text) {value, word},
static const struct {
    uint64_t entity;
    const char *name;
} known[] = {REGISTRY_ENTITY(KNOWN)};

const char *entity_name(uint64_t entity, uint32_t frame) {
    for (unsigned i = 0; i < G_N_ELEMENTS(known); i++)
        if (known[i].entity == entity)
            return known[i].name;
    const struct learned *l = wmem_map_lookup(learned_names, &entity);
    return l && l->frame <= frame ? l->name : NULL;
}

void entity_learn(uint64_t entity, const char *name, uint32_t frame) {
    if (wmem_map_lookup(learned_names, &entity))
        return; /* the first name stays: what is shown does not depend on what is looked at first */
    struct learned *l = wmem_new(wmem_file_scope(), struct learned);
    *l = (struct learned){entity, frame, wmem_strdup(wmem_file_scope(), name)};
    wmem_map_insert(learned_names, &l->entity, l);
}

char *entity_text(wmem_allocator_t *scope, uint64_t entity, uint32_t frame) {
    char text[TEXT_OCTETS];
    const char *name = entity_name(entity, frame);
    write_text(text, entity);
    return name ? wmem_strdup_printf(scope, "%s (%s)", text, name) : wmem_strdup(scope, text);
}

proto_item *entity_item(proto_tree *tree, int field, tvbuff_t *tvb, int offset, packet_info *pinfo) {
    if (!tree)
        return NULL;
    uint64_t entity = tvb_get_ntoh64(tvb, offset);
    const char *name = entity_name(entity, pinfo->num);
    if (name)
        proto_item_set_hidden(proto_tree_add_string(tree, hf_name, tvb, offset, 8, name));
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
    static char texts[8][TEXT_OCTETS]; /* whoever asks copies, after some more questions at most */
    static unsigned turn;
    const char *name = entity_name(entity_of(a), UINT32_MAX);
    if (name)
        return name;
    char *text = texts[turn++ % 8];
    write_text(text, entity_of(a));
    return text;
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
