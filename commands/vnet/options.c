/* SPDX-License-Identifier: BSD-2-Clause */
#include "options.h"
#include "text.h"
#include "vnet.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Smaller numbers in its place are lengths (IEEE 802.3). */
#define ETHERTYPE_LEAST 0x0600u

/* ---- values ---------------------------------------------------------------------------------------------------- */

int parse_duration(vmtp_time *out, const char *text) {
    static const struct {
        const char *unit;
        double nanoseconds;
    } units[] = {{"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"m", 60e9}, {"h", 3600e9}};
    char *end;
    size_t digits = strspn(text, "0123456789.");
    double number = strtod(text, &end);
    if (digits == 0 || end != text + digits) /* strtod knows hexadecimal numbers and exponents too */
        return -1;
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        double value = number * units[i].nanoseconds;
        if (strcmp(end, units[i].unit) == 0 && value < 9e18) {
            *out = (vmtp_time)llround(value);
            return 0;
        }
    }
    if (strcmp(text, "0") != 0)
        return -1;
    *out = 0;
    return 0;
}

static int parse_number(uint64_t *out, const char *text, uint64_t least, uint64_t most) {
    char *end;
    errno = 0;
    if (*text < '0' || *text > '9')
        return -1;
    unsigned long long value = strtoull(text, &end, 10);
    if (errno || *end || value < least || value > most)
        return -1;
    *out = value;
    return 0;
}

static int set_number(const struct option_row *row, const char *text) {
    uint64_t value;
    if (parse_number(&value, text, row->least, row->most) != 0) {
        vnet_misuse("--%s takes a number from %llu to %llu, not \"%s\"", row->name, (unsigned long long)row->least,
                    (unsigned long long)row->most, text);
        return -1;
    }
    if (row->kind == OPTION_OCTET)
        *(uint8_t *)row->target = (uint8_t)value;
    else
        *(uint32_t *)row->target = (uint32_t)value;
    return 0;
}

static int set_duration(const struct option_row *row, const char *text) {
    if (parse_duration(row->target, text) == 0)
        return 0;
    vnet_misuse("--%s takes a duration with its unit, such as 20ms, 1.5s or 50us, not \"%s\"", row->name, text);
    return -1;
}

static int set_entity(const struct option_row *row, const char *text) {
    if (vmtp_entity_parse(row->target, text) == 0)
        return 0;
    vnet_misuse("--%s takes an entity such as 0123-4567-89ab-cdef, not \"%s\"", row->name, text);
    return -1;
}

static int add(const struct option_row *row, const char *text) {
    struct option_list *list = row->target;
    if (list->count == OPTION_LIST_MOST) {
        vnet_misuse("--%s can be given %u times, and not more", row->name, OPTION_LIST_MOST);
        return -1;
    }
    list->items[list->count++] = text;
    return 0;
}

/* Hexadecimal, as they are always written. */
static int set_ethertype(const struct option_row *row, const char *text) {
    char *end = NULL;
    unsigned long value = text[strspn(text, "0123456789abcdefABCDEFxX")] ? 0 : strtoul(text, &end, 16);
    if (!end || *end || value < ETHERTYPE_LEAST || value > UINT16_MAX) {
        vnet_misuse("--%s takes an EtherType from 0x%04x to 0xffff, such as 0x88b5, not \"%s\"", row->name,
                    ETHERTYPE_LEAST, text);
        return -1;
    }
    *(uint16_t *)row->target = (uint16_t)value;
    return 0;
}

static int set(const struct option_row *row, const char *text) {
    switch (row->kind) {
    case OPTION_FLAG: *(uint8_t *)row->target = 1; return 0;
    case OPTION_TEXT: *(const char **)row->target = text; return 0;
    case OPTION_DURATION: return set_duration(row, text);
    case OPTION_ENTITY: return set_entity(row, text);
    case OPTION_LIST: return add(row, text);
    case OPTION_ETHERTYPE: return set_ethertype(row, text);
    case OPTION_NUMBER:
    case OPTION_OCTET: return set_number(row, text);
    case OPTION_HEADING: break;
    }
    return -1;
}

/* The first row of the table that is an option, or NULL. */
static const struct option_row *first(const struct option_row *row) {
    while (row && !row->name)
        row = row->target;
    return row;
}

/* ---- help ------------------------------------------------------------------------------------------------------ */

/* "; default 5.0 s", unless the text says so already: before the command line is read, targets hold defaults. */
static const char *help_default(char buf[64], const struct option_row *row) {
    char duration[TEXT_DURATION];
    uint64_t value = 0;
    buf[0] = 0;
    if (row->kind == OPTION_NUMBER)
        value = *(const uint32_t *)row->target;
    if (row->kind == OPTION_OCTET)
        value = *(const uint8_t *)row->target;
    if (row->kind == OPTION_ETHERTYPE)
        snprintf(buf, 64, "; default 0x%04x", *(const uint16_t *)row->target);
    else if (row->kind == OPTION_DURATION)
        snprintf(buf, 64, "; default %s", text_duration(duration, *(const vmtp_time *)row->target));
    else if (value > 0)
        snprintf(buf, 64, "; default %llu", (unsigned long long)value);
    if (strstr(row->help, "default"))
        buf[0] = 0;
    return buf;
}

static void help_row(const struct option_row *row) {
    char left[64], value[64];
    if (row->kind == OPTION_HEADING) {
        printf("\n%s\n", row->help);
        return;
    }
    if (row->letter)
        snprintf(left, sizeof left, "-%c, --%s%s%s", row->letter, row->name, row->argument ? " " : "",
                 row->argument ? row->argument : "");
    else
        snprintf(left, sizeof left, "    --%s%s%s", row->name, row->argument ? " " : "",
                 row->argument ? row->argument : "");
    printf("  %-28s %s%s\n", left, row->help, help_default(value, row));
}

static void help(const struct option_page *page) {
    printf("usage: vnet %s\n\n%s\n\nOptions:\n", page->usage, page->about);
    puts("  -h, --help                   this page");
    for (const struct option_row *row = first(page->rows); row; row = first(row + 1))
        help_row(row);
    for (const struct option_row *row = first(page->more); row; row = first(row + 1))
        help_row(row);
    if (page->after)
        printf("\n%s\n", page->after);
}

/* ---- the command line -------------------------------------------------------------------------------------------- */

static const struct option_row *find_in(const struct option_row *rows, const char *name, size_t length, char letter) {
    for (const struct option_row *row = first(rows); row; row = first(row + 1)) {
        if (row->kind == OPTION_HEADING)
            continue;
        if (name && strlen(row->name) == length && memcmp(row->name, name, length) == 0)
            return row;
        if (!name && row->letter == letter)
            return row;
    }
    return NULL;
}

static const struct option_row *find(const struct option_page *page, const char *name, size_t length, char letter) {
    const struct option_row *row = find_in(page->rows, name, length, letter);
    return row ? row : find_in(page->more, name, length, letter);
}

/* One option at argv[*at], and its argument: behind "=", in the same word (letters) or in the next. */
static int take(const struct option_page *page, int argc, char **argv, int *at) {
    const char *word = argv[*at];
    const char *value = NULL;
    const struct option_row *row;
    if (word[1] == '-') {
        size_t length = strcspn(word + 2, "=");
        row = find(page, word + 2, length, 0);
        value = word[2 + length] ? word + 2 + length + 1 : NULL;
    } else {
        row = find(page, NULL, 0, word[1]);
        value = word[2] ? word + 2 : NULL;
    }
    while (row && row->kind == OPTION_FLAG && value && word[1] != '-') { /* several letters in one word */
        set(row, NULL);
        row = find(page, NULL, 0, *value);
        value = value[1] ? value + 1 : NULL;
    }
    if (!row) {
        vnet_misuse("unknown option \"%s\"; `vnet %s --help` lists them", word, vnet_running);
        return -1;
    }
    if (row->kind == OPTION_FLAG && value) {
        vnet_misuse("--%s takes no value", row->name);
        return -1;
    }
    if (row->kind != OPTION_FLAG && !value && ++*at < argc)
        value = argv[*at];
    if (row->kind != OPTION_FLAG && !value) {
        vnet_misuse("--%s wants %s behind it", row->name, row->argument);
        return -1;
    }
    return set(row, value);
}

enum option_outcome options_parse(const struct option_page *page, int argc, char **argv, const char **words,
                                  unsigned max, unsigned *count) {
    int only_words = 0;
    *count = 0;
    for (int at = 1; at < argc; at++) {
        const char *word = argv[at];
        if (!only_words && (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)) {
            help(page);
            return OPTIONS_DONE;
        }
        if (!only_words && strcmp(word, "--") == 0) {
            only_words = 1;
        } else if (!only_words && word[0] == '-' && word[1]) {
            if (take(page, argc, argv, &at) != 0)
                return OPTIONS_WRONG;
        } else if (*count < max) {
            words[(*count)++] = word;
        } else {
            vnet_misuse("\"%s\" is one argument too many; usage: vnet %s", word, page->usage);
            return OPTIONS_WRONG;
        }
    }
    return OPTIONS_GO;
}

/* ---- what commands share ----------------------------------------------------------------------------------------- */

void common_rows(struct option_row rows[COMMON_ROWS], struct common_options *common) {
    *common = (struct common_options){.ethertype = VMTP_ETHERTYPE};
    rows[0] = (struct option_row){"interface", 'i',
                                  OPTION_TEXT, &common->interface_name,
                                  "IFACE",     "the network interface, such as eth0; default: $VNET_INTERFACE",
                                  0,           0};
    rows[1] = (struct option_row){"json", 0, OPTION_FLAG, &common->json, NULL, "print JSON, one object a line", 0, 0};
    rows[2] = (struct option_row){
        "pcap", 0, OPTION_TEXT, &common->pcap, "FILE", "write what is sent and received to FILE, for Wireshark", 0, 0};
    rows[3] = (struct option_row){
        "ethertype", 0, OPTION_ETHERTYPE, &common->ethertype, "TYPE", "the EtherType of VMTP on this segment", 0, 0};
    rows[4] = (struct option_row){0};
}

int common_require_interface(struct common_options *common) {
    if (!common->interface_name)
        common->interface_name = getenv("VNET_INTERFACE");
    if (common->interface_name && *common->interface_name)
        return 0;
    vnet_misuse("say on which network interface: -i eth0, or set VNET_INTERFACE (`ip link` lists them)");
    return -1;
}
