/* SPDX-License-Identifier: BSD-2-Clause */
/* V_NAMES and V_CONTEXT: what a program tells its children (section 7.2). */
#include <string.h>

#include <vnaming/name.h>

/* ---- writing ------------------------------------------------------------------------------------------------- */

/* Text that grows as long as there is room; `used` goes on counting beyond. */
struct writer {
    char *text;
    size_t room, used;
};

static void put(struct writer *w, char c) {
    if (w->used < w->room)
        w->text[w->used] = c;
    w->used++;
}

static void put_hex(struct writer *w, uint64_t value) {
    unsigned shift = 60;
    while (shift && !(value >> shift))
        shift -= 4;
    for (;; shift -= 4) {
        put(w, "0123456789abcdef"[value >> shift & 15]);
        if (!shift)
            return;
    }
}

static int is_plain(uint8_t c) { return c > 32 && c < 127 && c != '%' && c != ';' && c != '=' && c != ','; }

static void put_name(struct writer *w, const char *name, size_t length) {
    for (size_t i = 0; i < length; i++) {
        const uint8_t c = (uint8_t)name[i];
        if (is_plain(c)) {
            put(w, name[i]);
        } else {
            put(w, '%');
            put(w, "0123456789abcdef"[c >> 4]);
            put(w, "0123456789abcdef"[c & 15]);
        }
    }
}

static void put_record(struct writer *w, const struct vname_record *record) {
    put(w, ';');
    put_name(w, record->prefix, record->prefix_length);
    put(w, '=');
    put_hex(w, record->manager);
    put(w, ',');
    put_hex(w, record->context);
    put(w, ',');
    put_hex(w, record->generation);
    if (record->group) {
        put(w, ',');
        put_hex(w, record->group);
    }
    if (record->flags & VNAME_ALIAS_RECORD) {
        put(w, '=');
        put_name(w, record->target, record->target_length);
    }
}

size_t vname_text_records(char *text, size_t room, const struct vname_record *records, size_t count) {
    struct writer w = {text, room < VNAME_TEXT_OCTETS + 1u ? room : VNAME_TEXT_OCTETS + 1u, 0};
    unsigned written = 0;
    if (room < 2)
        return 0;
    w.room--; /* the zero */
    put(&w, '1');
    for (size_t i = 0; i < count && written < VNAME_TEXT_RECORDS; i++) {
        const size_t before = w.used;
        put_record(&w, &records[i]);
        if (w.used > w.room)
            w.used = before; /* a shorter one may still fit */
        else
            written++;
    }
    text[w.used] = '\0';
    return w.used;
}

size_t vname_text_place(char *text, size_t room, const struct vname_place *place) {
    struct writer w = {text, room, 0};
    put_name(&w, place->name, place->length);
    put(&w, '=');
    put_hex(&w, place->manager);
    put(&w, ',');
    put_hex(&w, place->context);
    put(&w, '\0');
    return w.used <= room ? w.used - 1 : 0;
}

/* ---- reading ------------------------------------------------------------------------------------------------- */

/* A part of a text. */
struct part {
    const char *at;
    size_t left;
};

static int hex_digit(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* The number that p begins with, at most `digits` of them: 1, or 0 if there is none or it is longer. */
static int take_hex(struct part *p, unsigned digits, uint64_t *value) {
    unsigned count = 0;
    *value = 0;
    for (; p->left && hex_digit(*p->at) >= 0; p->at++, p->left--, count++) {
        if (count == digits)
            return 0;
        *value = *value << 4 | (uint64_t)hex_digit(*p->at);
    }
    return count > 0;
}

static int take(struct part *p, char c) {
    if (!p->left || *p->at != c)
        return 0;
    p->at++;
    p->left--;
    return 1;
}

/* What stands before '=' or the end: its octets, 0 if it is no name or has more than room. */
static size_t take_octets(struct part *p, char *name, size_t room) {
    size_t length = 0;
    while (p->left && *p->at != '=') {
        char c = *p->at;
        if (length == room)
            return 0;
        if (c == '%') {
            const int high = p->left > 2 ? hex_digit(p->at[1]) : -1, low = p->left > 2 ? hex_digit(p->at[2]) : -1;
            if (high < 0 || low < 0)
                return 0;
            c = (char)(uint8_t)(high << 4 | low);
            p->at += 2;
            p->left -= 2;
        } else if (!is_plain((uint8_t)c)) {
            return 0;
        }
        name[length++] = c;
        p->at++;
        p->left--;
    }
    return length;
}

/* The same and '=', which is taken too. */
static size_t take_name(struct part *p, char *name, size_t room) {
    const size_t length = take_octets(p, name, room);
    return take(p, '=') ? length : 0;
}

/* What follows the generation: a group, a target. */
static int read_rest(struct part *p, char *target, struct vname_record *record) {
    if (take(p, ',') && !take_hex(p, 16, &record->group))
        return 0;
    if (take(p, '=')) {
        record->flags = VNAME_ALIAS_RECORD;
        record->target = target;
        record->target_length = (uint16_t)take_octets(p, target, VNAME_NAME_OCTETS);
    }
    return !p->left;
}

static int read_record(struct part p, char *prefix, char *target, struct vname_record *record) {
    uint64_t context, generation;
    memset(record, 0, sizeof *record);
    const size_t length = take_name(&p, prefix, VNAME_PREFIX_OCTETS);
    if (!length || !take_hex(&p, 16, &record->manager) || !take(&p, ',') || !take_hex(&p, 8, &context) ||
        !take(&p, ',') || !take_hex(&p, 8, &generation))
        return 0;
    if (!read_rest(&p, target, record))
        return 0;
    record->context = (uint32_t)context;
    record->generation = (uint32_t)generation;
    record->prefix = prefix;
    record->prefix_length = (uint16_t)length;
    return vname_record_is_good(record);
}

void vname_text_begin(struct vname_text *reader, const char *text) {
    memset(reader, 0, sizeof *reader);
    if (!text || text[0] != '1' || (text[1] && text[1] != ';'))
        return; /* of another version: nothing in it means what we think */
    reader->at = text + 1;
    while (reader->left < VNAME_TEXT_OCTETS - 1 && reader->at[reader->left])
        reader->left++;
}

int vname_text_next(struct vname_text *reader, struct vname_record *record) {
    while (reader->left && reader->records < VNAME_TEXT_RECORDS) {
        struct part p = {reader->at + 1, reader->left - 1}; /* behind the ';' */
        const char *end = p.left ? memchr(p.at, ';', p.left) : NULL;
        /* A record that goes on behind what is looked at is not whole. */
        const int whole = end || !reader->at[reader->left] || reader->at[reader->left] == ';';
        if (end)
            p.left = (size_t)(end - p.at);
        reader->at = p.at + p.left;
        reader->left -= 1 + p.left;
        reader->records++;
        if (whole && read_record(p, reader->prefix, reader->target, record))
            return 1;
        reader->skipped++;
    }
    return 0;
}

int vname_text_read_place(struct vname_place *place, const char *text) {
    struct part p = {text, 0};
    char name[VNAME_NAME_OCTETS];
    uint64_t manager, context;
    if (!text)
        return 0;
    while (p.left < VNAME_TEXT_OCTETS && text[p.left])
        p.left++;
    const size_t length = take_name(&p, name, sizeof name);
    if (!length || !take_hex(&p, 16, &manager) || !take(&p, ',') || !take_hex(&p, 8, &context) || p.left)
        return 0;
    if (vname_check_absolute(name, length) || vmtp_is_group(manager))
        return 0;
    memcpy(place->name, name, length);
    place->length = length;
    place->manager = manager;
    place->context = (uint32_t)context;
    return 1;
}
