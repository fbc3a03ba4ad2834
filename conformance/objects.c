/* SPDX-License-Identifier: BSD-2-Clause */
/* Encoder and decoder of UIO, from spec/uio.md. */
#include "objects.h"

#include <stdio.h>
#include <string.h>

/* ---- descriptors ---------------------------------------------------------------------------------------------------- */

static int zeros(const uint8_t *octets, uint32_t from, uint32_t to) {
    for (; from < to; from++)
        if (octets[from])
            return 0;
    return 1;
}

uint32_t vc_get_object(struct vc_object *o, const uint8_t *d, uint32_t size) {
    memset(o, 0, sizeof *o);
    if (size < VC_OBJECT_HEAD)
        return 0;
    *o = (struct vc_object){.length = vc_get16(d),
                            .type = vc_get16(d + 2),
                            .attributes = vc_get32(d + 4),
                            .number = vc_get64(d + 8),
                            .size = vc_get64(d + 16),
                            .storage = vc_get64(d + 24),
                            .permissions = vc_get32(d + 32),
                            .names = vc_get32(d + 36),
                            .user = vc_get32(d + 40),
                            .group = vc_get32(d + 44),
                            .changed = (int64_t)vc_get64(d + 48),
                            .descriptor_changed = (int64_t)vc_get64(d + 56),
                            .used = (int64_t)vc_get64(d + 64),
                            .version = vc_get64(d + 72),
                            .block_size = vc_get32(d + 80),
                            .name_octets = vc_get16(d + 84),
                            .target_octets = vc_get16(d + 86)};
    uint32_t used = VC_OBJECT_HEAD + o->name_octets + o->target_octets;
    if (o->length != vc_name_room(used) || o->length > size)
        return 0;
    o->name = (const char *)d + VC_OBJECT_HEAD;
    o->target = o->name + o->name_octets;
    o->clean = zeros(d, used, o->length);
    return o->length;
}

uint32_t vc_put_object(uint8_t *d, const struct vc_object *o) {
    uint32_t used = VC_OBJECT_HEAD + o->name_octets + o->target_octets, length = vc_name_room(used);
    memset(d, 0, length);
    vc_put16(d, o->length ? o->length : (uint16_t)length);
    vc_put16(d + 2, o->type);
    vc_put32(d + 4, o->attributes);
    vc_put64(d + 8, o->number);
    vc_put64(d + 16, o->size);
    vc_put64(d + 24, o->storage);
    vc_put32(d + 32, o->permissions);
    vc_put32(d + 36, o->names);
    vc_put32(d + 40, o->user);
    vc_put32(d + 44, o->group);
    vc_put64(d + 48, (uint64_t)o->changed);
    vc_put64(d + 56, (uint64_t)o->descriptor_changed);
    vc_put64(d + 64, (uint64_t)o->used);
    vc_put64(d + 72, o->version);
    vc_put32(d + 80, o->block_size);
    vc_put16(d + 84, o->name_octets);
    vc_put16(d + 86, o->target_octets);
    if (o->name_octets)
        memcpy(d + VC_OBJECT_HEAD, o->name, o->name_octets);
    if (o->target_octets)
        memcpy(d + VC_OBJECT_HEAD + o->name_octets, o->target, o->target_octets);
    return length;
}

uint32_t vc_get_instance(struct vc_instance *i, const uint8_t *d, uint32_t size) {
    memset(i, 0, sizeof *i);
    if (size < VC_INSTANCE_HEAD)
        return 0;
    *i = (struct vc_instance){.number = vc_get32(d),
                              .attributes = vc_get32(d + 4),
                              .block_size = vc_get32(d + 8),
                              .last_octets = vc_get32(d + 12),
                              .last_block = vc_get64(d + 16),
                              .next_block = vc_get64(d + 24),
                              .max_transfer = vc_get32(d + 32),
                              .mode = vc_get32(d + 36),
                              .owner = vc_get64(d + 40)};
    uint32_t object = vc_get_object(&i->object, d + VC_INSTANCE_HEAD, size - VC_INSTANCE_HEAD);
    return object ? VC_INSTANCE_HEAD + object : 0;
}

uint32_t vc_put_instance(uint8_t *d, const struct vc_instance *i) {
    vc_put32(d, i->number);
    vc_put32(d + 4, i->attributes);
    vc_put32(d + 8, i->block_size);
    vc_put32(d + 12, i->last_octets);
    vc_put64(d + 16, i->last_block);
    vc_put64(d + 24, i->next_block);
    vc_put32(d + 32, i->max_transfer);
    vc_put32(d + 36, i->mode);
    vc_put64(d + 40, i->owner);
    return VC_INSTANCE_HEAD + vc_put_object(d + VC_INSTANCE_HEAD, &i->object);
}

uint32_t vc_get_range(struct vc_range *r, const uint8_t *d, uint32_t size) {
    memset(r, 0, sizeof *r);
    if (size < VC_RANGE_OCTETS)
        return 0;
    r->first = vc_get64(d);
    r->count = vc_get64(d + 8);
    r->owner = vc_get64(d + 16);
    return VC_RANGE_OCTETS;
}

uint32_t vc_put_range(uint8_t *d, uint64_t first, uint64_t count) {
    vc_put64(d, first);
    vc_put64(d + 8, count);
    return 16;
}

uint32_t vc_put_new_name(uint8_t *d, uint32_t context, uint16_t index, uint16_t length, const char *name,
                         uint32_t octets) {
    vc_put32(d, context);
    vc_put16(d + 4, index);
    vc_put16(d + 6, length);
    memcpy(d + 8, name, octets);
    return 8 + octets;
}

/* ---- codes ---------------------------------------------------------------------------------------------------------- */

unsigned vc_uio(uint32_t code) { return (code & 0xfeff00u) == 0x000500u ? code & 0xff : VC_NO_UIO; }
int vc_uio_by_name(unsigned operation) { return operation >= 1 && operation <= 8; }
int vc_uio_of_instance(unsigned operation) { return operation >= 0x10 && operation <= 0x16; }

/* ---- in words ------------------------------------------------------------------------------------------------------- */

char *vc_attributes(uint32_t attributes, char *text, size_t size) {
    static const struct {
        uint32_t bit;
        const char *word;
    } names[] = {{UIO_READABLE, "READABLE"},
                 {UIO_WRITEABLE, "WRITEABLE"},
                 {UIO_APPEND_ONLY, "APPEND_ONLY"},
                 {UIO_STORAGE, "STORAGE"},
                 {UIO_RANDOM_ACCESS, "RANDOM_ACCESS"},
                 {UIO_OFFSET, "OFFSET"},
                 {UIO_VARIABLE_BLOCK, "VARIABLE_BLOCK"},
                 {UIO_MULTI_BLOCK, "MULTI_BLOCK"},
                 {UIO_INTERACTIVE, "INTERACTIVE"},
                 {UIO_LOCKS, "LOCKS"},
                 {UIO_TRANSACTION, "TRANSACTION"},
                 {UIO_REPLICATED, "REPLICATED"},
                 {UIO_CONTEXT, "CONTEXT"},
                 {UIO_SIZED, "SIZED"},
                 {UIO_LINES, "LINES"}};
    size_t at = 0;
    text[0] = 0;
    for (size_t i = 0; i < sizeof names / sizeof names[0] && at < size; i++)
        if (attributes & names[i].bit)
            at += (size_t)snprintf(text + at, size - at, " %s", names[i].word);
    return text;
}

static unsigned long long pair(const uint32_t *words) { return (unsigned long long)vc_pair(words); }

static void request_by_name(const struct vc_packet *p, unsigned operation, char *text, size_t size) {
    uint32_t length = p->words[1] & 0xffff;
    if (length > p->data_octets)
        length = p->data_octets;
    size_t at = (size_t)snprintf(text, size, ", \"%.*s\" from %u in context %u", (int)length, (const char *)p->data,
                                 p->words[1] >> 16, p->words[0]);
    if (at >= size)
        return;
    if (operation == 1)
        snprintf(text + at, size - at, ", mode 0x%x", p->words[2]);
    else if (operation == 3)
        snprintf(text + at, size - at, ", mask 0x%x", p->words[2]);
    else if (operation == 4 || operation == 6)
        snprintf(text + at, size - at, ", type %u", p->words[2]);
    else if (operation == 2 || operation == 5)
        snprintf(text + at, size - at, ", flags %u", p->words[2]);
}

static void request_of_instance(const struct vc_packet *p, unsigned operation, char *text, size_t size) {
    const uint32_t *w = p->words;
    size_t at = (size_t)snprintf(text, size, ", instance 0x%x", w[0]);
    if (at >= size)
        return;
    switch (operation) {
    case 0x10: snprintf(text + at, size - at, ", block %llu, %u, %u octets", pair(w + 1), w[3], w[4]); break;
    case 0x11: snprintf(text + at, size - at, ", block %llu, %u, flags %u", pair(w + 1), w[3], w[4]); break;
    case 0x13: snprintf(text + at, size - at, ", mask 0x%x", w[1]); break;
    case 0x14: snprintf(text + at, size - at, "%s", w[1] ? ", commit" : ""); break;
    case 0x15: snprintf(text + at, size - at, ", kind %u, %u ms, unit %u", w[1], w[2], w[3]); break;
    case 0x16: snprintf(text + at, size - at, ", function 0x%x", w[1]); break;
    default: break;
    }
}

static void response(const struct vc_packet *p, unsigned operation, char *text, size_t size) {
    char attributes[200];
    const uint32_t *w = p->words;
    struct vc_range range;
    if (vc_code(p) == UIO_LOCKED && vc_get_range(&range, p->data, p->data_octets))
        snprintf(text, size, ", %llu+%llu", (unsigned long long)range.first, (unsigned long long)range.count);
    if (vc_code(p) != VMTP_OK)
        return;
    switch (operation) {
    case 0x01:
        snprintf(text, size, ", instance 0x%x%s", w[0], vc_attributes(w[1], attributes, sizeof attributes));
        break;
    case 0x08: snprintf(text, size, ", %llu octets, %llu free, %llu objects", pair(w), pair(w + 2), pair(w + 4)); break;
    case 0x10:
        snprintf(text, size, ", %u octets, next %llu%s", w[0], pair(w + 1), w[3] & UIO_END ? ", END" : "");
        break;
    case 0x11: snprintf(text, size, ", %u octets at %llu, %u", w[0], pair(w + 1), w[3]); break;
    case 0x15: snprintf(text, size, ", kind %u", w[0]); break;
    default: break;
    }
}

void vc_describe_uio(const struct vc_packet *p, uint32_t request_code, char *text, size_t size) {
    unsigned operation = vc_uio(p->function == VMTP_RESPONSE ? request_code : p->code);
    text[0] = 0;
    if (operation == VC_NO_UIO || vc_notify(p))
        return;
    if (p->function == VMTP_RESPONSE)
        response(p, operation, text, size);
    else if (vc_uio_by_name(operation))
        request_by_name(p, operation, text, size);
    else if (vc_uio_of_instance(operation))
        request_of_instance(p, operation, text, size);
}
