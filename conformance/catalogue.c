/* SPDX-License-Identifier: BSD-2-Clause */
#include "catalogue.h"

#include <stdlib.h>
#include <string.h>

#include "packet.h"

static const char table[] =
#include <requirements.inc>
    ;

#define MOST 2000u
#define COLUMNS 9u
static struct vc_rule rules[MOST];
static unsigned count;

/* Rules are found by their ids for each packet of each run: by a table of them, where one that is taken sends on to the next. */
#define SLOTS 4096u
static uint16_t slots[SLOTS]; /* 0: free; else the rule behind it */

static unsigned slot_of(const char *id, size_t length) {
    unsigned h = 5381;
    for (size_t i = 0; i < length; i++)
        h = h * 33 + (uint8_t)id[i];
    return h % SLOTS;
}

static void enter(unsigned rule) {
    unsigned at = slot_of(rules[rule].id, strlen(rules[rule].id));
    while (slots[at])
        at = (at + 1) % SLOTS;
    slots[at] = (uint16_t)(rule + 1);
}

static enum vc_level level_of(const char *word) {
    return strcmp(word, "must") == 0 ? VC_MUST : strcmp(word, "should") == 0 ? VC_SHOULD : VC_MAY;
}

/* Cuts the line at its tabs; returns the number of columns. */
static unsigned cut(char *line, char *columns[COLUMNS]) {
    unsigned n = 0;
    for (char *at = line; at && n < COLUMNS; n++) {
        columns[n] = at;
        at = strchr(at, '\t');
        if (at)
            *at++ = 0;
    }
    return n;
}

static void load(void) {
    static char copy[sizeof table];
    memcpy(copy, table, sizeof copy);
    char *line = strchr(copy, '\n');
    while (line && *++line && count < MOST) {
        char *columns[COLUMNS] = {NULL}, *next = strchr(line, '\n');
        if (next)
            *next = 0;
        if (cut(line, columns) == COLUMNS)
            rules[count++] = (struct vc_rule){.id = columns[0],
                                              .level = level_of(columns[1]),
                                              .role = columns[2],
                                              .profile = columns[3],
                                              .scope = columns[4],
                                              .text = columns[5],
                                              .source = columns[6],
                                              .observable = columns[7]};
        line = next;
    }
    for (unsigned i = 0; i < count; i++)
        enter(i);
}

const struct vc_rule *vc_rules(unsigned *number) {
    if (count == 0)
        load();
    *number = count;
    return rules;
}

const struct vc_rule *vc_rule_find(const char *id, unsigned length) {
    unsigned number;
    const struct vc_rule *all = vc_rules(&number);
    for (unsigned at = slot_of(id, length); slots[at]; at = (at + 1) % SLOTS) {
        const struct vc_rule *rule = &all[slots[at] - 1];
        if (strncmp(rule->id, id, length) == 0 && rule->id[length] == 0)
            return rule;
    }
    return NULL;
}

unsigned vc_rule_index(const struct vc_rule *rule) { return (unsigned)(rule - rules); }

const char *vc_level_name(enum vc_level level) {
    static const char *const names[] = {"must", "should", "may"};
    return names[level];
}

unsigned vc_catalogue_version(void) { return vc_crc((const uint8_t *)table, sizeof table - 1); }

unsigned vc_rules_each(const char *ids, void (*each)(void *, const struct vc_rule *), void *context) {
    unsigned unknown = 0;
    while (ids && *ids) {
        unsigned length = (unsigned)strcspn(ids, " ");
        const struct vc_rule *rule = vc_rule_find(ids, length);
        if (length > 0 && rule && each)
            each(context, rule);
        unknown += length > 0 && !rule;
        ids += length + (ids[length] == ' ');
    }
    return unknown;
}
