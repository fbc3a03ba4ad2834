/* SPDX-License-Identifier: BSD-2-Clause */
/* vnet stat - what a node counts and what it is doing: STAT of its test service. */
#include "node.h"
#include "target.h"
#include "test_protocol.h"
#include "text.h"
#include "vnet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MOST (4u << 20) /* of one look */
#define WORDS 7              /* of the longest line */
#define FIGURES_MOST 512

struct figure {
    char name[64];
    unsigned long long value;
};

struct figures {
    struct common_options common;
    vmtp_time timeout, watch;
    uint32_t count;
    uint8_t records, zeros;
    const char *text;
    struct node node;
    vmtp_entity entity;
    char *lines; /* what the node has said, ended by 0 */
    size_t size, room;
    struct figure before[FIGURES_MOST]; /* counters of the last look */
    unsigned before_count;
    unsigned looks;
};

static const char usage[] = "stat [NODE] -i IFACE [options]";
static const char about[] =
    "Shows the live figures of a node: message transactions under way, how full its tables are, what it has counted.\n"
    "NODE is a test service as `vnet up` prints it or the Ethernet address of a node that has one.  Without NODE, any\n"
    "test service on the segment.  The transaction that asks is among those that are shown.\n"
    "With a NAME, such as /projects/plan or v:plan, it tells what that object is, and its manager.";
static const char after[] =
    "States are those of the node: a server's awaiting-probe, receiving-request, waiting, processing, forwarded,\n"
    "responded, response-discarded, idle; a client's probing, queued, awaiting-response, receiving-response, held, "
    "local;\n"
    "done: the program has yet to be told of the end.\n"
    "Exit codes: 0 done, 1 it failed, 2 wrong command line.\n"
    "Example: vnet stat 02:00:5e:00:00:01 -i eth0 --watch 1s --count 10";

static enum option_outcome parse(struct figures *s, int argc, char **argv) {
    struct option_row common[COMMON_ROWS];
    const struct option_row rows[] = {
        {"records", 0, OPTION_FLAG, &s->records, NULL, "also clients that are remembered, one by one", 0, 0},
        {"zeros", 0, OPTION_FLAG, &s->zeros, NULL, "also counters that are 0", 0, 0},
        {"watch", 0, OPTION_DURATION, &s->watch, "TIME",
         "look again and again; counters: what was added; default: once", 0, 0},
        {"count", 'c', OPTION_NUMBER, &s->count, "N", "with --watch: so many looks; default: until interrupted", 0,
         UINT32_MAX},
        {"timeout", 0, OPTION_DURATION, &s->timeout, "TIME", "give up after this; default 2s", 0, 0},
        {0}};
    const struct option_page page = {usage, about, after, common, rows};
    unsigned words;
    common_rows(common, &s->common);
    enum option_outcome outcome = options_parse(&page, argc, argv, &s->text, 1, &words);
    if (outcome != OPTIONS_GO)
        return outcome;
    if (s->count > 0 && s->watch == 0)
        return vnet_misuse("--count is for --watch"), OPTIONS_WRONG;
    if (target_check(s->text) != 0 || common_require_interface(&s->common) != 0)
        return OPTIONS_WRONG;
    return OPTIONS_GO;
}

/* ---- asking -------------------------------------------------------------------------------------------------------- */

static int keep(struct figures *s, const uint8_t *text, uint32_t size) {
    if (s->size + size + 1 > s->room) {
        size_t room = 2 * (s->size + size + 1);
        char *more = room <= TEXT_MOST ? realloc(s->lines, room) : NULL;
        if (!more)
            return VMTP_E_MEMORY;
        s->lines = more;
        s->room = room;
    }
    for (uint32_t i = 0; i < size; i++) /* from the network: only what is harmless on a terminal */
        s->lines[s->size++] = text[i] == '\n' || (text[i] >= 0x20 && text[i] < 0x7f) ? (char)text[i] : '?';
    s->lines[s->size] = 0;
    return 0;
}

static int refused(const struct figures *s, uint32_t code) {
    char text[TEXT_CODE], name[VMTP_ENTITY_TEXT];
    vmtp_entity_format(name, s->entity);
    if ((code & VMTP_CODE_MASK) == VMTP_ERROR)
        return vnet_fail("%s tells no figures: it is no test service, or one without STAT", name);
    return vnet_fail("%s refuses: %s", name, text_code(text, code));
}

/* All lines, in as many pieces as it takes.  VNET_OK, or an exit code after a message. */
static int ask(struct figures *s) {
    static uint8_t area[VMTP_GROUP_OCTETS];
    uint32_t got = 0, all = 1;
    s->size = 0;
    while (got < all) {
        struct node_call call = {.area = area, .capacity = sizeof area, .timeout = s->timeout};
        struct node_answer answer;
        call.message.server = s->entity;
        call.message.code = VMTP_PIC | VMTP_TEST_STAT_IDEMPOTENT; /* so that looking leaves little behind */
        call.message.words[0] = VTEST_STAT_FIGURES | VTEST_STAT_TRANSACTIONS | (s->records ? VTEST_STAT_RECORDS : 0u);
        call.message.words[1] = got;
        int rc = node_call(&s->node, &call, &answer);
        if (rc == 0 && (answer.message.code & VMTP_CODE_MASK) != VMTP_OK)
            return refused(s, answer.message.code);
        if (rc == 0)
            rc = keep(s, area, answer.size);
        if (rc == VMTP_E_CANCELLED && s->looks > 0) /* that is how --watch ends */
            return VNET_OK;
        if (rc != 0)
            return node_explain(&s->node, rc, s->entity, s->timeout);
        all = answer.message.words[0];
        got += answer.message.words[1];
        if (answer.message.words[1] == 0 || answer.size == 0) /* what has ended meanwhile is not there any more */
            break;
    }
    return VNET_OK;
}

/* ---- reading ------------------------------------------------------------------------------------------------------- */

struct line {
    char text[192];
    const char *words[WORDS];
    unsigned count;
};

/* The next line that can be one of the service's; *at goes behind it.  0 at the end. */
static int next_line(const char **at, struct line *line) {
    size_t length = strcspn(*at, "\n");
    if (length == 0 && **at == 0)
        return 0;
    snprintf(line->text, sizeof line->text, "%.*s", (int)(length < sizeof line->text ? length : sizeof line->text - 1),
             *at);
    *at += length + (*(*at + length) == '\n');
    line->count = 0;
    for (char *word = strtok(line->text, " "); word && line->count < WORDS; word = strtok(NULL, " "))
        line->words[line->count++] = word;
    return 1;
}

static int is_figure(const struct line *line, const char *kind) {
    return line->count == 3 && strcmp(line->words[0], kind) == 0;
}

static int is_transaction(const struct line *line) {
    return line->count == 7 && (strcmp(line->words[0], "client") == 0 || strcmp(line->words[0], "server") == 0 ||
                                strcmp(line->words[0], "record") == 0);
}

static unsigned long long number(const char *word) { return strtoull(word, NULL, 10); }

/* The value that a counter had when it was looked at last, and keeps the new one. */
static unsigned long long exchange(struct figures *s, const char *name, unsigned long long value) {
    for (unsigned i = 0; i < s->before_count; i++) {
        if (strcmp(s->before[i].name, name) == 0) {
            unsigned long long old = s->before[i].value;
            s->before[i].value = value;
            return old;
        }
    }
    if (s->before_count < FIGURES_MOST) {
        struct figure *f = &s->before[s->before_count++];
        snprintf(f->name, sizeof f->name, "%s", name);
        f->value = value;
    }
    return 0;
}

/* ---- showing ------------------------------------------------------------------------------------------------------- */

static void show_transactions(const struct figures *s) {
    const char *at = s->lines;
    struct line line;
    printf("%-6s  %-19s  %-19s  %10s  %-18s  %-17s  %s\n", "SIDE", "CLIENT", "SERVER", "NUMBER", "STATE", "HOST",
           "RETRIES");
    while (next_line(&at, &line))
        if (is_transaction(&line))
            printf("%-6s  %-19s  %-19s  %10s  %-18s  %-17s  %s\n", line.words[0], line.words[1], line.words[2],
                   line.words[3], line.words[4], line.words[5], line.words[6]);
}

static void show_usage(const struct figures *s) {
    const char *at = s->lines, *gap = "";
    struct line line;
    fputs("in use: ", stdout);
    while (next_line(&at, &line)) {
        if (is_figure(&line, "usage")) {
            printf("%s%s %s", gap, line.words[1], line.words[2]);
            gap = ", ";
        }
    }
    putchar('\n');
}

static const char *meaning(const char *name) {
    for (unsigned i = 1; i < VMTP_COUNTER_COUNT; i++)
        if (strcmp(vmtp_counter_name(i), name) == 0)
            return vmtp_counter_text(i);
    return "";
}

static void show_counters(struct figures *s) {
    const char *at = s->lines;
    struct line line;
    while (next_line(&at, &line)) {
        if (!is_figure(&line, "counter"))
            continue;
        unsigned long long value = number(line.words[2]), before = exchange(s, line.words[1], value);
        if (value != before || s->zeros)
            printf("%-22s %s%12llu  %s\n", line.words[1], s->looks > 0 ? "+" : " ", value - before,
                   meaning(line.words[1]));
    }
}

static void show_text(struct figures *s) {
    show_transactions(s);
    putchar('\n');
    show_usage(s);
    putchar('\n');
    show_counters(s);
    if (s->watch > 0)
        putchar('\n');
    vnet_flush();
}

static json_t *json_transaction(const struct line *line) {
    return json_pack("{s:s, s:s, s:s, s:I, s:s, s:s, s:I}", "side", line->words[0], "client", line->words[1], "server",
                     line->words[2], "transaction", (json_int_t)number(line->words[3]), "state", line->words[4], "host",
                     line->words[5], "retries", (json_int_t)number(line->words[6]));
}

static int show_json(const struct figures *s) {
    json_t *used = json_object(), *counters = json_object(), *transactions = json_array();
    const char *at = s->lines;
    struct line line;
    while (next_line(&at, &line)) {
        if (is_figure(&line, "usage"))
            json_object_set_new(used, line.words[1], json_integer((json_int_t)number(line.words[2])));
        if (is_figure(&line, "counter"))
            json_object_set_new(counters, line.words[1], json_integer((json_int_t)number(line.words[2])));
        if (is_transaction(&line))
            json_array_append_new(transactions, json_transaction(&line));
    }
    return json_line(json_pack("{s:o, s:o, s:o, s:o}", "entity", json_entity(s->entity), "transactions", transactions,
                               "usage", used, "counters", counters));
}

static int look(struct figures *s) {
    int rc = ask(s);
    if (rc != VNET_OK || node_interrupted())
        return rc;
    if (s->common.json)
        rc = show_json(s);
    else
        show_text(s);
    s->looks++;
    return rc;
}

static int run(struct figures *s) {
    int rc = target_find(&s->node, s->text, s->timeout, &s->entity);
    vmtp_time next = node_now(&s->node);
    while (rc == VNET_OK) {
        rc = look(s);
        if (rc != VNET_OK || s->watch == 0 || (s->count > 0 && s->looks >= s->count) || node_interrupted())
            break;
        next += s->watch;
        int slept = node_sleep(&s->node, next);
        if (slept == VMTP_E_CANCELLED)
            break;
        if (slept != 0)
            rc = node_explain(&s->node, slept, s->entity, s->timeout);
    }
    return rc;
}

int vnet_stat(int argc, char **argv) {
    if (vnet_stat_is_object(argc, argv))
        return vnet_stat_object(argc, argv);
    static struct figures s;
    struct vmtp_host_config config;
    s = (struct figures){.timeout = 2 * VMTP_SECOND};
    enum option_outcome outcome = parse(&s, argc, argv);
    if (outcome != OPTIONS_GO)
        return outcome == OPTIONS_DONE ? VNET_OK : VNET_USAGE;
    vmtp_host_config_init(&config);
    int rc = node_open(&s.node, &config, &s.common);
    if (rc != VNET_OK)
        return rc;
    rc = node_close(&s.node, run(&s));
    free(s.lines);
    return rc;
}
