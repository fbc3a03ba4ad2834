/* SPDX-License-Identifier: BSD-2-Clause */
/* Records and names: spec/naming.md sections 2, 3.3, 6.1 and 8.5. */
#include "names.h"

#include <stdio.h>
#include <string.h>

#include "text.h"

#define KNOWN_FLAGS                                                                                                    \
    (VNAME_CLAIMING | VNAME_REGISTERED | VNAME_ALIAS_RECORD | VNAME_RELEASED | VNAME_SECOND_HAND | VNAME_HANDED_OVER)

/* ---- names ---------------------------------------------------------------------------------------------------------- */

const char *nm_name_wrong(const char *name, size_t length) {
    if (length == 0)
        return "an empty name";
    if (length > NM_NAME_MAX)
        return "a name of more than 1024 octets";
    for (size_t at = 0, size; at < length; at += size)
        if ((size = vc_character((const uint8_t *)name + at, length - at)) == 0)
            return "octets that are not UTF-8, or an octet 0";
    return NULL;
}

static const char *component_wrong(const char *c, size_t length) {
    if (length == 0)
        return "a prefix with an empty component";
    if ((length == 1 && c[0] == '.') || (length == 2 && c[0] == '.' && c[1] == '.'))
        return "a prefix with a component . or ..";
    for (size_t i = 0; i < length; i++)
        if ((uint8_t)c[i] < 32 || (uint8_t)c[i] == 127)
            return "a prefix with a control character";
    return NULL;
}

const char *nm_prefix_wrong(const char *prefix, size_t length) {
    unsigned components = 0;
    const char *wrong = nm_name_wrong(prefix, length);
    if (wrong || length > NM_PREFIX_MAX)
        return wrong ? wrong : "a prefix of more than 255 octets";
    if (prefix[0] != '/')
        return "a prefix that does not begin with /";
    for (size_t at = 0; at < length && !wrong; components++) {
        const char *slash = memchr(prefix + at + 1, '/', length - at - 1);
        size_t end = slash ? (size_t)(slash - prefix) : length;
        wrong = component_wrong(prefix + at + 1, end - at - 1);
        at = end;
    }
    return wrong ? wrong : components > NM_COMPONENTS ? "a prefix of more than 16 components" : NULL;
}

int nm_matches(const char *prefix, size_t prefix_length, const char *name, size_t length) {
    return prefix_length <= length && memcmp(prefix, name, prefix_length) == 0 &&
           (length == prefix_length || name[prefix_length] == '/');
}

/* ---- records -------------------------------------------------------------------------------------------------------- */

struct nm_record nm_record_of(const char *prefix, uint64_t manager, uint32_t generation) {
    return (struct nm_record){.manager = manager,
                              .generation = generation,
                              .owner = 0x6f776e6572,
                              .context = 0x77,
                              .prefix = prefix,
                              .prefix_length = strlen(prefix)};
}

uint32_t nm_record_put(uint8_t *out, const struct nm_record *r) {
    size_t used = NM_RECORD_HEAD + r->prefix_length + r->target_length, whole = (used + 7) / 8 * 8;
    memset(out, 0, NM_RECORD_HEAD);
    vc_put16(out, r->length ? r->length : (uint16_t)whole);
    vc_put16(out + 2, r->flags);
    vc_put32(out + 4, r->generation);
    vc_put64(out + 8, r->manager);
    vc_put64(out + 16, r->group);
    vc_put64(out + 24, r->owner);
    vc_put32(out + 32, r->context);
    vc_put16(out + 36, r->prefix_says ? r->prefix_says : (uint16_t)r->prefix_length);
    vc_put16(out + 38, r->target_says ? r->target_says : (uint16_t)r->target_length);
    if (r->prefix_length)
        memcpy(out + NM_RECORD_HEAD, r->prefix, r->prefix_length);
    if (r->target_length)
        memcpy(out + NM_RECORD_HEAD + r->prefix_length, r->target, r->target_length);
    memset(out + used, r->padding, whole - used);
    return (uint32_t)whole;
}

static const char *contents_wrong(const struct nm_record *r) {
    const char *wrong;
    if (r->generation == 0)
        return "a record of generation 0";
    if (r->manager == 0 || r->manager & VMTP_ID_GRP)
        return "a record whose manager is no single entity";
    if (r->group && !(r->group & VMTP_ID_GRP))
        return "a record whose group is none";
    if ((wrong = nm_prefix_wrong(r->prefix, r->prefix_length)) != NULL)
        return wrong;
    if (!(r->flags & VNAME_ALIAS_RECORD))
        return r->target_length ? "a target without ALIAS" : NULL;
    if ((wrong = nm_name_wrong(r->target, r->target_length)) != NULL)
        return wrong;
    return r->target[0] == '/' ? NULL : "a target that is not absolute";
}

uint32_t nm_record_get(struct nm_record *r, const uint8_t *octets, size_t size, const char **wrong) {
    memset(r, 0, sizeof *r);
    *wrong = "a record that is cut off";
    if (size < NM_RECORD_HEAD)
        return 0;
    r->length = vc_get16(octets);
    r->flags = vc_get16(octets + 2);
    r->generation = vc_get32(octets + 4);
    r->manager = vc_get64(octets + 8);
    r->group = vc_get64(octets + 16);
    r->owner = vc_get64(octets + 24);
    r->context = vc_get32(octets + 32);
    r->prefix_length = vc_get16(octets + 36);
    r->target_length = vc_get16(octets + 38);
    if (r->length > size)
        return 0;
    *wrong = "a record whose length is not that of its parts";
    if (r->length != (NM_RECORD_HEAD + r->prefix_length + r->target_length + 7) / 8 * 8)
        return 0;
    r->prefix = (const char *)octets + NM_RECORD_HEAD;
    r->target = r->prefix + r->prefix_length;
    *wrong = contents_wrong(r);
    return *wrong ? 0 : r->length;
}

int nm_record_clean(const struct nm_record *r, const uint8_t *octets) {
    for (size_t at = NM_RECORD_HEAD + r->prefix_length + r->target_length; at < r->length; at++)
        if (octets[at])
            return 0;
    return !(r->flags & ~(unsigned)KNOWN_FLAGS);
}

int nm_beats(const struct nm_record *a, const struct nm_record *b) {
    if (a->generation != b->generation)
        return a->generation > b->generation;
    if ((a->flags ^ b->flags) & VNAME_REGISTERED)
        return (a->flags & VNAME_REGISTERED) != 0;
    return a->manager < b->manager;
}

/* ---- messages ------------------------------------------------------------------------------------------------------- */

void nm_carry(struct vc_packet *p, const void *octets, uint32_t size) {
    if (size)
        vc_carry(p, octets, size, vc_all_blocks(size));
}

void nm_carry_record(struct vc_packet *p, const struct nm_record *r) {
    uint8_t out[NM_RECORD_MAX];
    nm_carry(p, out, nm_record_put(out, r));
}

void nm_carry_name(struct vc_packet *p, const char *name) { nm_carry(p, name, (uint32_t)strlen(name)); }

void nm_carry_operation(struct vc_packet *p, const char *name, uint32_t context, uint32_t index) {
    uint8_t out[NM_RECORD_MAX] = {0};
    uint32_t length = (uint32_t)strlen(name);
    memcpy(out, name, length < sizeof out ? length : sizeof out);
    p->words[0] = context;
    p->words[1] = index << 16 | length;
    nm_carry(p, out, (length + 7) / 8 * 8);
}

int nm_whole(const struct vc_packet *p, const uint8_t **octets, uint32_t *size) {
    *size = vc_segment_size(p);
    *octets = p->data;
    return *size <= p->data_octets && (p->delivery & vc_all_blocks(*size)) == vc_all_blocks(*size);
}

int nm_first(const struct vc_packet *p, struct nm_record *r) {
    const char *wrong;
    const uint8_t *octets;
    uint32_t size;
    return nm_whole(p, &octets, &size) && nm_record_get(r, octets, size, &wrong);
}

int nm_is_naming(uint32_t code) { return (code & NM_LOW24 & ~VNAME_BY_NAME) >> 8 == 4; }

int nm_is_by_name(uint32_t code) { return (code & VNAME_BY_NAME) != 0; }

/* ---- in words ------------------------------------------------------------------------------------------------------- */

static const struct {
    uint16_t flag;
    const char *word;
} flags[] = {{VNAME_CLAIMING, " CLAIMING"}, {VNAME_REGISTERED, " REGISTERED"},   {VNAME_ALIAS_RECORD, " ALIAS"},
             {VNAME_RELEASED, " RELEASED"}, {VNAME_SECOND_HAND, " SECOND_HAND"}, {VNAME_HANDED_OVER, " MOVED"}};

char *nm_record_text(const struct nm_record *r, char text[160]) {
    char manager[20];
    size_t at = (size_t)snprintf(text, 160, "%.*s of %s, generation %u",
                                 (int)(r->prefix_length < 60 ? r->prefix_length : 60), r->prefix,
                                 vc_entity(r->manager, manager), r->generation);
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++)
        if (r->flags & flags[i].flag)
            at += (size_t)snprintf(text + at, 160 - at, "%s", flags[i].word);
    return text;
}

static void name_text(const struct vc_packet *p, uint32_t length, char *text, size_t size) {
    snprintf(text, size, " \"%.*s\"", (int)(length < 60 ? length : 60), (const char *)p->data);
}

void nm_describe(const struct vc_packet *p, char *text, size_t size) {
    struct nm_record r;
    const uint8_t *octets;
    uint32_t length, code = vc_code(p);
    char record[160];
    *text = 0;
    if (p->function == VMTP_REQUEST && !nm_is_naming(code) && !nm_is_by_name(code))
        return;
    if (!nm_whole(p, &octets, &length) || length == 0)
        return;
    if (nm_first(p, &r))
        snprintf(text, size, ": %s%s", nm_record_text(&r, record), r.length < length ? " and more" : "");
    else if (p->function == VMTP_REQUEST && nm_is_by_name(code) && (p->words[1] & 0xffff) <= length)
        name_text(p, p->words[1] & 0xffff, text, size);
    else if (p->function == VMTP_REQUEST)
        name_text(p, length, text, size);
}
