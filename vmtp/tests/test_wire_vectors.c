/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The known-answer frames of spec/vectors: octets to fields, fields to octets, faults, checksums.
 *
 * The header that is encoded is made from the text of the fields, not from what was decoded, so that an error made
 * in both directions is noticed.
 */
#define _POSIX_C_SOURCE 200809L /* strtok_r */

#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>

#include "wire_testing.h"

#define DIRECTORY VSUITE_SOURCE_DIR "/spec/vectors"
#define MAX_VECTORS 300
#define MAX_FIELDS 60
#define MAX_FRAME (VMTP_MAX_PACKET + 64)
#define TEXT 200

struct field {
    char name[64];
    char value[TEXT];
};

struct vector {
    uint8_t octets[MAX_FRAME];
    size_t length;
    char ethernet[TEXT];
    struct field fields[MAX_FIELDS];
    unsigned field_count;
};

static char names[MAX_VECTORS][80];
static int name_count;
static struct vector vector;
static const char *current; /* the vector that is being looked at, for complaints */

/* ---- reading a file ---- */

static unsigned hex_value(char c) {
    const char *digits = "0123456789abcdef", *at = strchr(digits, c);
    ck_assert_msg(c != '\0' && at != NULL, "%s: not a lower case hexadecimal digit: '%c'", current, c);
    return (unsigned)(at - digits);
}

static size_t parse_hex(const char *text, uint8_t *out, size_t room) {
    size_t n = 0;
    ck_assert_msg(strlen(text) % 2 == 0, "%s: half an octet: %s", current, text);
    for (; *text; text += 2) {
        ck_assert_uint_lt(n, room);
        out[n++] = (uint8_t)(hex_value(text[0]) << 4 | hex_value(text[1]));
    }
    return n;
}

/* One word of a hex line: octets, or COUNT*octets. */
static void add_word(struct vector *v, const char *word) {
    const char *star = strchr(word, '*');
    unsigned long count = star ? strtoul(word, NULL, 10) : 1;
    ck_assert_uint_ge(count, 1);
    for (; count > 0; count--)
        v->length += parse_hex(star ? star + 1 : word, v->octets + v->length, MAX_FRAME - v->length);
}

/* Nothing is cut off silently. */
static void keep(char *out, size_t size, const char *text) {
    size_t length = strlen(text);
    ck_assert_msg(length < size, "%s: too long: %s", current, text);
    memcpy(out, text, length + 1);
}

static void add_field(struct vector *v, const char *name, const char *value) {
    ck_assert_uint_lt(v->field_count, MAX_FIELDS);
    struct field *f = &v->fields[v->field_count++];
    keep(f->name, sizeof f->name, name);
    keep(f->value, sizeof f->value, value);
}

static void read_line(struct vector *v, char *line) {
    line[strcspn(line, "\n")] = '\0';
    if (line[0] == '#' || line[0] == '\0')
        return;
    if (strncmp(line, "record: ", 8) == 0 || strncmp(line, "text: ", 6) == 0 || strncmp(line, "by-name: ", 9) == 0)
        return; /* what the segment says: for the tests of naming */
    if (strncmp(line, "ethernet: ", 10) == 0) {
        keep(v->ethernet, sizeof v->ethernet, line + 10);
    } else if (strncmp(line, "hex: ", 5) == 0) {
        char *rest = NULL;
        for (char *word = strtok_r(line + 5, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
            add_word(v, word);
    } else {
        char *equals = strstr(line, " = ");
        ck_assert_msg(equals != NULL, "%s: no line of a vector: %s", current, line);
        *equals = '\0';
        add_field(v, line, equals + 3);
    }
}

static void read_vector(struct vector *v, const char *name) {
    char path[400], line[400];
    memset(v, 0, sizeof *v);
    snprintf(path, sizeof path, "%s/%s", DIRECTORY, name);
    FILE *file = fopen(path, "r");
    ck_assert_msg(file != NULL, "cannot open %s", path);
    while (fgets(line, sizeof line, file))
        read_line(v, line);
    fclose(file);
}

static const char *value_of(const struct vector *v, const char *name) {
    for (unsigned i = 0; i < v->field_count; i++)
        if (strcmp(v->fields[i].name, name) == 0)
            return v->fields[i].value;
    return NULL;
}

/* ---- a field's text from the octets ---- */

#define WORD_IF(symbol, value, word)                                                                                   \
    if (bits & (value))                                                                                                \
        strcat(strcat(out, out[0] ? " " : ""), word);

static void packet_flag_words(char *out, uint32_t bits) { VMTP_PACKET_FLAG_LIST(WORD_IF) }
static void control_flag_words(char *out, uint32_t bits) { VMTP_CONTROL_FLAG_LIST(WORD_IF) }
static void code_flag_words(char *out, uint32_t bits) {
    /* The reserved bit has no name in the registry. */
    bits &= VMTP_CODE_FLAGS;
    VMTP_CODE_FLAG_LIST(WORD_IF)
}

static void print(char *out, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void print(char *out, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(out, TEXT, format, arguments);
    va_end(arguments);
}

/* Fields that are a mere number; 0 when name is not one of them. */
static int number_text(char *out, const char *name, const struct vmtp_header *h, const struct vmtp_view *view) {
    const struct {
        const char *name;
        uint32_t value;
    } numbers[] = {
        {"version", h->version},
        {"domain", h->domain},
        {"length", h->length},
        {"retransmit", h->retransmit},
        {"forward", h->forward},
        {"gap", h->gap},
        {"pgcount", h->gap},
        {"priority", h->priority},
        {"reserved", h->reserved},
        {"transaction", h->transaction},
        {"data_octets", view->data_octets},
        {"segment_size", vmtp_get_segment_size(view->header)},
    };
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        if (strcmp(name, numbers[i].name) == 0) {
            print(out, "%lu", (unsigned long)numbers[i].value);
            return 1;
        }
    }
    return 0;
}

static int mask_text(char *out, const char *name, const struct vmtp_header *h, const struct vmtp_view *view) {
    if (strcmp(name, "packet_delivery") == 0)
        print(out, "0x%08lx", (unsigned long)h->delivery);
    else if (strcmp(name, "msg_delivery") == 0)
        print(out, "0x%08lx", (unsigned long)vmtp_get_msg_delivery(view->header));
    else if (strcmp(name, "checksum") == 0)
        print(out, "0x%08lx", (unsigned long)view->checksum);
    else if (strcmp(name, "code") == 0)
        print(out, "0x%06lx", (unsigned long)(h->code & VMTP_CODE_MASK));
    else
        return 0;
    return 1;
}

static int entity_text(char *out, const char *name, const struct vmtp_header *h, const struct vmtp_view *view) {
    if (strcmp(name, "client") == 0)
        vmtp_entity_format(out, h->client);
    else if (strcmp(name, "server") == 0)
        vmtp_entity_format(out, h->server);
    else if (strcmp(name, "coresident") == 0)
        vmtp_entity_format(out, vmtp_get_coresident(view->header));
    else
        return 0;
    return 1;
}

static int flags_text(char *out, const char *name, const struct vmtp_header *h, const struct vmtp_view *view) {
    out[0] = '\0';
    if (strcmp(name, "packet_flags") == 0)
        packet_flag_words(out, vmtp_get_packet_flags(view->header));
    else if (strcmp(name, "control_flags") == 0)
        control_flag_words(out, h->flags);
    else if (strcmp(name, "code_flags") == 0)
        code_flag_words(out, h->code);
    else
        return 0;
    if (out[0] == '\0')
        print(out, "-");
    return 1;
}

/* "@36.8 name": 8 octets at 36. */
static int parameter_text(char *out, const char *name, const struct vector *v) {
    unsigned at, size;
    if (sscanf(name, "@%u.%u ", &at, &size) != 2)
        return 0;
    ck_assert_uint_le(at + size, v->length - VMTP_CHECKSUM_OCTETS);
    print(out, "0x");
    for (unsigned i = 0; i < size; i++)
        print(out + strlen(out), "%02x", v->octets[at + i]);
    return 1;
}

static void words_text(char *out, const struct vmtp_header *h) {
    out[0] = '\0';
    for (unsigned i = 0; i < 7; i++)
        print(out + strlen(out), "%s%08lx", i ? " " : "", (unsigned long)h->words[i]);
}

static void field_text(char *out, const char *name, const struct vector *v, const struct vmtp_view *view) {
    struct vmtp_header h;
    vmtp_header_decode(&h, view->header);
    if (number_text(out, name, &h, view) || mask_text(out, name, &h, view) || entity_text(out, name, &h, view) ||
        flags_text(out, name, &h, view) || parameter_text(out, name, v))
        return;
    if (strcmp(name, "function") == 0)
        print(out, "%s", h.function == VMTP_RESPONSE ? "response" : "request");
    else if (strcmp(name, "words") == 0)
        words_text(out, &h);
    else if (strcmp(name, "octets") == 0)
        print(out, "%lu", (unsigned long)v->length);
    else if (strcmp(name, "checksum_covers") == 0)
        print(out, "%s", view->checksum == 0 ? "nothing" : h.hco ? "header" : "packet");
    else
        ck_abort_msg("no such field: %s", name);
}

/* ---- octets from the fields' text ---- */

#define BIT_OF(symbol, bit, word)                                                                                      \
    if (strcmp(text, word) == 0)                                                                                       \
        return bit;

static uint32_t flag_bit(const char *text) {
    VMTP_PACKET_FLAG_LIST(BIT_OF)
    VMTP_CONTROL_FLAG_LIST(BIT_OF)
    VMTP_CODE_FLAG_LIST(BIT_OF)
    if (strcmp(text, "RES") == 0)
        return 0x08000000u;
    ck_abort_msg("no such flag: %s", text);
    return 0;
}

static uint32_t flags_of(const struct vector *v, const char *name) {
    char copy[TEXT], *rest = NULL;
    uint32_t bits = 0;
    print(copy, "%s", value_of(v, name));
    if (strcmp(copy, "-") == 0)
        return 0;
    for (char *word = strtok_r(copy, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
        bits |= flag_bit(word);
    return bits;
}

static uint32_t number_of(const struct vector *v, const char *name) {
    const char *value = value_of(v, name);
    ck_assert_msg(value != NULL, "%s: %s is missing", current, name);
    return (uint32_t)strtoul(value, NULL, 0);
}

static vmtp_entity entity_of(const struct vector *v, const char *name) {
    vmtp_entity e = 0;
    ck_assert_int_eq(vmtp_entity_parse(&e, value_of(v, name)), 0);
    return e;
}

static void encode_from_text(const struct vector *v, uint8_t *octets) {
    uint32_t packet_flags = flags_of(v, "packet_flags");
    int response = strcmp(value_of(v, "function"), "response") == 0;
    struct vmtp_header h = {
        .client = entity_of(v, "client"),
        .server = entity_of(v, "server"),
        .version = (uint8_t)number_of(v, "version"),
        .domain = (uint16_t)number_of(v, "domain"),
        .hco = (packet_flags & 0x8000) != 0,
        .epg = (packet_flags & 0x4000) != 0,
        .mpg = (packet_flags & 0x2000) != 0,
        .length = (uint16_t)number_of(v, "length"),
        .flags = flags_of(v, "control_flags"),
        .retransmit = (uint8_t)number_of(v, "retransmit"),
        .forward = (uint8_t)number_of(v, "forward"),
        .gap = (uint8_t)number_of(v, response ? "pgcount" : "gap"),
        .priority = (uint8_t)number_of(v, "priority"),
        .reserved = (uint8_t)number_of(v, "reserved"),
        .function = response ? VMTP_RESPONSE : VMTP_REQUEST,
        .transaction = number_of(v, "transaction"),
        .delivery = number_of(v, "packet_delivery"),
        .code = flags_of(v, "code_flags") | number_of(v, "code"),
    };
    const char *text = value_of(v, "words");
    for (unsigned i = 0; i < 7; i++)
        h.words[i] = (uint32_t)strtoul(text + 9 * i, NULL, 16);
    vmtp_header_encode(octets, &h);
}

/* ---- the tests ---- */

static enum vmtp_packet_fault judge(const struct vector *v, struct vmtp_view *view) {
    enum vmtp_packet_fault fault = vmtp_view_init(view, v->octets, v->length);
    return fault == VMTP_PACKET_OK ? vmtp_view_verify(view, NULL) : fault;
}

/* Whether there are fields to compare: not in what is too short or too long to be a packet. */
static int has_fields(const struct vector *v) {
    const char *fault = value_of(v, "fault");
    return strcmp(fault, "short") != 0 && strcmp(fault, "oversized") != 0;
}

/* A packet of another version is decoded as one of this version would be. */
static struct vmtp_view view_of(const struct vector *v) {
    size_t data = v->length - VMTP_MIN_PACKET;
    struct vmtp_view view = {v->octets, v->octets + VMTP_HEADER_OCTETS, (uint32_t)data,
                             vmtp_load32(v->octets + VMTP_HEADER_OCTETS + data)};
    return view;
}

static void fault_is_found(void) {
    struct vmtp_view view;
    const char *expected = value_of(&vector, "fault");
    ck_assert_msg(expected != NULL, "%s: fault is missing", current);
    enum vmtp_packet_fault fault = judge(&vector, &view);
    const char *found = fault == VMTP_PACKET_OK ? "none" : vmtp_packet_fault_name(fault);
    ck_assert_msg(strcmp(found, expected) == 0, "%s: fault %s instead of %s", current, found, expected);
}

static void fields_are_decoded(void) {
    char text[TEXT];
    if (!has_fields(&vector))
        return;
    struct vmtp_view view = view_of(&vector);
    ck_assert_msg(vector.field_count >= 22, "%s: only %u fields", current, vector.field_count);
    for (unsigned i = 0; i < vector.field_count; i++) {
        const struct field *f = &vector.fields[i];
        if (strcmp(f->name, "fault") == 0)
            continue;
        if (strcmp(f->name, "code_flags") == 0 && strstr(f->value, "RES"))
            continue; /* has no name in the registry; encoding covers it */
        field_text(text, f->name, &vector, &view);
        ck_assert_msg(strcmp(text, f->value) == 0, "%s: %s is %s instead of %s", current, f->name, text, f->value);
    }
}

static void fields_are_encoded(void) {
    uint8_t octets[VMTP_HEADER_OCTETS];
    if (!has_fields(&vector))
        return;
    encode_from_text(&vector, octets);
    for (unsigned i = 0; i < sizeof octets; i++)
        ck_assert_msg(octets[i] == vector.octets[i], "%s: octet %u is %02x instead of %02x", current, i, octets[i],
                      vector.octets[i]);
}

/* The library, the plain way and the file agree. */
static void checksum_is_the_expected_one(void) {
    const char *covers = value_of(&vector, "checksum_covers");
    if (!covers || strcmp(covers, "nothing") == 0)
        return;
    size_t length = strcmp(covers, "header") == 0 ? VMTP_HEADER_OCTETS : vector.length - VMTP_CHECKSUM_OCTETS;
    uint32_t expected = number_of(&vector, "checksum");
    ck_assert_msg(vmtp_checksum(vector.octets, length) == expected, "%s: the library's checksum", current);
    ck_assert_msg(plain_checksum(vector.octets, length) == expected, "%s: the plain checksum", current);
}

/* What is sent as a good packet is sent to where its Ethernet header says: 14 octets, our EtherType. */
static void ethernet_header_is_whole(void) {
    uint8_t octets[14];
    char joined[TEXT];
    size_t n = 0;
    for (const char *p = vector.ethernet; *p; p++)
        if (*p != ' ')
            joined[n++] = *p;
    joined[n] = '\0';
    ck_assert_msg(parse_hex(joined, octets, sizeof octets) == 14, "%s: not 14 octets", current);
    ck_assert_msg(((unsigned)octets[12] << 8 | octets[13]) == VMTP_ETHERTYPE, "%s: EtherType", current);
    if (has_fields(&vector) && (vmtp_get_packet_flags(vector.octets) & VMTP_MPG))
        ck_assert_msg(octets[0] & 1, "%s: MPG in a frame to one host", current);
}

static void (*const looks[])(void) = {fault_is_found, fields_are_decoded, fields_are_encoded,
                                      checksum_is_the_expected_one, ethernet_header_is_whole};
#define LOOKS ((int)(sizeof looks / sizeof *looks))

/* All vectors in one test: a process of its own for each, which libcheck makes, takes longer than all the looking. */
START_TEST(every_vector) {
    for (int i = 0; i < name_count; i++) {
        current = names[i];
        read_vector(&vector, current);
        looks[_i]();
    }
}
END_TEST

static int by_name(const void *a, const void *b) { return strcmp(a, b); }

static void find_vectors(void) {
    DIR *directory = opendir(DIRECTORY);
    struct dirent *entry;
    while (directory && (entry = readdir(directory)) != NULL) {
        size_t length = strlen(entry->d_name);
        if (length > 4 && length < sizeof names[0] && strcmp(entry->d_name + length - 4, ".txt") == 0 &&
            name_count < MAX_VECTORS)
            strcpy(names[name_count++], entry->d_name);
    }
    if (directory)
        closedir(directory);
    qsort(names, (size_t)name_count, sizeof names[0], by_name);
}

/* A directory that was not found must not look like success. */
START_TEST(there_are_vectors) { ck_assert_int_ge(name_count, 80); }
END_TEST

static Suite *suite(void) {
    Suite *s = suite_create("wire vectors");
    TCase *t = tcase_create("vectors");
    find_vectors();
    tcase_add_test(t, there_are_vectors);
    tcase_add_loop_test(t, every_vector, 0, LOOKS);
    suite_add_tcase(s, t);
    return s;
}

int main(void) { return run_suite(suite()); }
