/* SPDX-License-Identifier: BSD-2-Clause */
/* options.h - command lines from tables, with --help from the same tables. */
#ifndef VNET_OPTIONS_H
#define VNET_OPTIONS_H

#include <stdint.h>

#include <vmtp/frame.h>

enum option_kind {
    OPTION_FLAG,      /* uint8_t: becomes 1 */
    OPTION_TEXT,      /* const char * */
    OPTION_DURATION,  /* vmtp_time */
    OPTION_NUMBER,    /* uint32_t, least..most */
    OPTION_OCTET,     /* uint8_t, least..most */
    OPTION_ENTITY,    /* vmtp_entity */
    OPTION_LIST,      /* struct option_list: may be given several times */
    OPTION_ETHERTYPE, /* uint16_t */
    OPTION_HEADING    /* none: a line between others in the help */
};

#define OPTION_LIST_MOST 16u
struct option_list {
    const char *items[OPTION_LIST_MOST];
    unsigned count;
};

struct option_row {
    const char *name; /* without the dashes; NULL ends the table, or has it go on with another, the target */
    char letter;      /* or 0 */
    enum option_kind kind;
    void *target;
    const char *argument; /* its name in the help; NULL for flags */
    const char *help;
    uint64_t least, most;
};

#define OPTION_SECTION(text)                                                                                           \
    { "", 0, OPTION_HEADING, NULL, NULL, text, 0, 0 }
#define OPTION_GO_ON(table)                                                                                            \
    { NULL, 0, OPTION_FLAG, (void *)(uintptr_t)(table), NULL, NULL, 0, 0 }

struct option_page {
    const char *usage; /* what follows "vnet " */
    const char *about; /* paragraphs for the help */
    const char *after; /* exit codes, examples; may be NULL */
    const struct option_row *rows;
    const struct option_row *more; /* a second table, or NULL */
};

/* What every command that opens an interface takes. */
struct common_options {
    const char *interface_name;
    const char *pcap;
    uint16_t ethertype;
    uint8_t json;
};

/* Fills rows (the table's end included) with -i, --json, --pcap and --ethertype. */
#define COMMON_ROWS 5
void common_rows(struct option_row rows[COMMON_ROWS], struct common_options *common);

enum option_outcome { OPTIONS_GO, OPTIONS_DONE, OPTIONS_WRONG };

/*
 * Reads the command line.  Words that are no options go to words[0..max), their number to *count.  DONE: --help was
 * printed.  WRONG: a line that says what is wrong was.
 */
enum option_outcome options_parse(const struct option_page *page, int argc, char **argv, const char **words,
                                  unsigned max, unsigned *count);

/* Takes the interface from the environment when there was no -i: 0, or -1 after a message. */
int common_require_interface(struct common_options *common);

/* "20ms", "1.5s": 0, or -1 when text is none. */
int parse_duration(vmtp_time *out, const char *text);

#endif
