/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The messages in spec/vectors, from 200 on: what their segments say is read from the octets, and made again from what the file says.
 *
 * That the packets themselves are in order is a test of vmtp/wire.  NAME-1-02 NAME-3.3-01 NAME-6.1-01
 */
#define _POSIX_C_SOURCE 200809L /* strtok_r */

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>
#include <suite.h>

#include <vmtp/octets.h>
#include <vnaming/name.h>

#define DIRECTORY VSUITE_SOURCE_DIR "/spec/vectors"
#define HEADER 64u
#define LINE 500

static struct {
    uint8_t octets[4096];
    size_t length;
    char lines[8][LINE]; /* record:, text:, by-name: */
    unsigned count;
} vector;

static const char *current;

static void read_hex(const char *text) {
    unsigned octet;
    for (; *text && *text != '\n'; text++) {
        if (*text == ' ')
            continue;
        ck_assert_int_eq(sscanf(text, "%2x", &octet), 1);
        ck_assert_uint_lt(vector.length, sizeof vector.octets);
        vector.octets[vector.length++] = (uint8_t)octet;
        text++;
    }
}

static void read_file(const char *name) {
    char path[500], line[LINE];
    memset(&vector, 0, sizeof vector);
    current = name;
    snprintf(path, sizeof path, "%s/%s", DIRECTORY, name);
    FILE *file = fopen(path, "r");
    ck_assert_msg(file != NULL, "cannot open %s", path);
    while (fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = '\0';
        if (strncmp(line, "hex: ", 5) == 0) {
            read_hex(line + 5);
        } else if (strncmp(line, "record: ", 8) == 0 || strncmp(line, "text: ", 6) == 0 ||
                   strncmp(line, "by-name: ", 9) == 0) {
            ck_assert_uint_lt(vector.count, 8);
            strcpy(vector.lines[vector.count++], line);
        }
    }
    fclose(file);
}

/* The value of NAME= in a line, up to the next space; "" if there is none. */
static const char *value(const char *line, const char *name) {
    static char values[8][LINE];
    static unsigned turn;
    char key[40], *out = values[turn++ % 8];
    out[0] = '\0';
    snprintf(key, sizeof key, " %s=", name);
    const char *at = strstr(line, key);
    if (at)
        sscanf(at + strlen(key), "%499s", out);
    return out;
}

static uint16_t flag(const char *text) {
    static const struct {
        const char *word;
        uint16_t bit;
    } flags[] = {{"CLAIMING", 0x8000}, {"REGISTERED", 0x4000},  {"ALIAS", 0x2000},
                 {"RELEASED", 0x1000}, {"SECOND_HAND", 0x0800}, {"MOVED", 0x0400}};
    for (unsigned i = 0; i < 6; i++)
        if (strcmp(text, flags[i].word) == 0)
            return flags[i].bit;
    ck_abort_msg("%s: no such flag: %s", current, text);
    return 0;
}

/* A record from the text of the file. */
static struct vname_record record_of(const char *line) {
    struct vname_record r = {.prefix = value(line, "prefix"), .target = value(line, "target")};
    char flags[LINE], *rest = NULL;
    strcpy(flags, value(line, "flags"));
    if (strcmp(flags, "-") != 0)
        for (char *word = strtok_r(flags, ",", &rest); word; word = strtok_r(NULL, ",", &rest))
            r.flags |= flag(word);
    r.prefix_length = (uint16_t)strlen(r.prefix);
    r.target_length = (uint16_t)strlen(r.target);
    r.generation = (uint32_t)strtoul(value(line, "generation"), NULL, 10);
    r.context = (uint32_t)strtoul(value(line, "context"), NULL, 10);
    r.manager = strtoull(value(line, "manager"), NULL, 16);
    r.group = strtoull(value(line, "group"), NULL, 16);
    r.owner = strtoull(value(line, "owner"), NULL, 16);
    return r;
}

static void compare(const struct vname_record *a, const struct vname_record *b) {
    ck_assert_uint_eq(a->flags, b->flags);
    ck_assert_uint_eq(a->generation, b->generation);
    ck_assert_uint_eq(a->context, b->context);
    ck_assert_uint_eq(a->manager, b->manager);
    ck_assert_uint_eq(a->group, b->group);
    ck_assert_uint_eq(a->owner, b->owner);
    ck_assert_msg(vname_record_same_prefix(a, b), "%s: prefix", current);
    ck_assert_uint_eq(a->target_length, b->target_length);
    ck_assert_mem_eq(a->target, b->target, a->target_length);
}

static void look_at_records(const uint8_t *segment, uint32_t size) {
    struct vname_list list = vname_list_of(segment, size);
    struct vname_record record;
    uint8_t octets[VNAME_RECORD_OCTETS];
    for (unsigned i = 0; i < vector.count; i++) {
        if (strcmp(vector.lines[i], "record: bad") == 0) {
            ck_assert_int_eq(vname_list_next(&list, &record), 0);
            ck_assert_uint_ne(list.left, 0);
            return;
        }
        const struct vname_record expected = record_of(vector.lines[i]);
        const uint8_t *at = list.at;
        ck_assert_msg(vname_list_next(&list, &record), "%s: record %u", current, i);
        compare(&record, &expected);
        const uint32_t length = vname_record_encode(octets, sizeof octets, &expected);
        ck_assert_uint_eq(length, (uint32_t)(list.at - at));
        ck_assert_mem_eq(octets, at, length);
    }
    ck_assert_int_eq(vname_list_next(&list, &record), 0);
    ck_assert_uint_eq(list.left, 0);
}

static void look_at_parameters(const uint8_t *segment, uint32_t size) {
    const char *line = vector.lines[0], *name = value(line, "name"), *extra = value(line, "extra");
    const struct vname_request expected = {.context = (uint32_t)strtoul(value(line, "context"), NULL, 10),
                                           .index = (uint16_t)strtoul(value(line, "index"), NULL, 10),
                                           .length = (uint16_t)strlen(name),
                                           .name = name,
                                           .extra = extra,
                                           .extra_size = (uint32_t)strlen(extra)};
    struct vmtp_message message = {.code = 0}, made = {.code = 0};
    struct vname_request request;
    uint8_t octets[2048];
    for (unsigned i = 0; i < 7; i++)
        message.words[i] = vmtp_load32(vector.octets + 36 + 4 * i);
    ck_assert_uint_eq(vname_request_parse(&request, &message, segment, size, 0), 0);
    ck_assert_uint_eq(request.context, expected.context);
    ck_assert_uint_eq(request.index, expected.index);
    ck_assert_uint_eq(request.length, expected.length);
    ck_assert_mem_eq(request.name, name, expected.length);
    ck_assert_uint_eq(request.extra_size, expected.extra_size);
    if (expected.extra_size)
        ck_assert_mem_eq(request.extra, extra, expected.extra_size);
    ck_assert_uint_eq(vname_request_build(&made, octets, sizeof octets, &expected), size);
    ck_assert_mem_eq(octets, segment, size);
    ck_assert_uint_eq(made.words[0], message.words[0]);
    ck_assert_uint_eq(made.words[1], message.words[1]);
    ck_assert_uint_eq(vmtp_load32(vector.octets + 32) & VNAME_BY_NAME, VNAME_BY_NAME);
}

static void look(void) {
    const uint32_t code = vmtp_load32(vector.octets + 32);
    const uint32_t size = code & VMTP_SDA ? vmtp_load32(vector.octets + 60) : 0;
    const uint8_t *segment = vector.octets + HEADER;
    const char *line = vector.lines[0];
    ck_assert_uint_le(HEADER + size, vector.length);
    ck_assert_msg((vector.count == 0) == (size == 0), "%s: a segment that is not described", current);
    if (strncmp(line, "text: ", 6) == 0) {
        ck_assert_uint_eq(size, strlen(line + 6));
        ck_assert_mem_eq(segment, line + 6, size);
        ck_assert_uint_eq(vname_check_absolute((const char *)segment, size), 0);
    } else if (strncmp(line, "by-name: ", 9) == 0) {
        look_at_parameters(segment, size);
    } else {
        look_at_records(segment, size);
    }
}

/* Which codes of the interface there are Requests of. */
static uint32_t codes_seen;

START_TEST(every_vector) {
    DIR *directory = opendir(DIRECTORY);
    struct dirent *entry;
    unsigned count = 0;
    ck_assert_ptr_nonnull(directory);
    while ((entry = readdir(directory)) != NULL) {
        const long number = strtol(entry->d_name, NULL, 10);
        if (number < 200 || number > 249)
            continue;
        read_file(entry->d_name);
        look();
        count++;
        const uint32_t code = vmtp_load32(vector.octets + 32) & VMTP_CODE_MASK & ~VNAME_BY_NAME;
        if (!(vector.octets[15] & 1) && code >> 8 == 4)
            codes_seen |= 1u << (code & 0x1f);
    }
    closedir(directory);
    ck_assert_uint_ge(count, 30);
    ck_assert_uint_eq(codes_seen, 0x1f01ffu); /* 00 to 08, and 10 to 14 */
}
END_TEST

int main(void) {
    Suite *suite = suite_create("vectors");
    TCase *tc = tcase_create("vectors");
    tcase_add_test(tc, every_vector);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
