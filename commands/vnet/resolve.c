/* SPDX-License-Identifier: BSD-2-Clause */
/* vnet resolve - whose is this name? */
#include "naming.h"
#include "text.h"
#include "vnet.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { EXIT_INVALID = 3, EXIT_UNREACHABLE = 4, EXIT_NO_ANSWER = 5 };

struct resolve {
    struct common_options common;
    const char *name;
    vmtp_time timeout, begun;
    uint8_t trace, fresh, directory_first;
    struct naming naming;
    struct vname_operation op;
    char area[VNAME_NAME_OCTETS];
    int over;
};

static const char usage[] = "resolve NAME -i IFACE [options]";
static const char about[] =
    "Finds out whose a name is, and asks that manager about it (MapContext), as a program would that uses it.  Prints\n"
    "    found NAME manager=ID prefix=PREFIX context=N generation=N is=KIND\n"
    "where NAME is what has become of it behind aliases, and KIND context, object, or what else the manager says; or\n"
    "    invalid NAME (there is no such name), unreachable NAME (there should be, and its manager does not answer) or\n"
    "    no-answer NAME (nobody answers, and there is no directory that could tell which of the two it is).\n"
    "What V_NAMES holds is believed until it turns out wrong; NAME may be relative to V_CONTEXT.";
static const char after[] =
    "Exit codes: 0 found, 1 it failed, 2 wrong command line, 3 invalid, 4 unreachable, 5 no answer.\n"
    "Example: vnet resolve /storage/projects/plan -i eth0 --trace";

static int check(const struct resolve *r, unsigned words) {
    if (words == 0)
        return vnet_misuse("say which name; usage: vnet %s", usage);
    const uint32_t code = vname_check(r->name, strlen(r->name));
    if (code == VNAME_TOO_LONG)
        return vnet_misuse("a name has at most %u octets", VNAME_NAME_OCTETS);
    if (code)
        return vnet_misuse("\"%s\" is no name: it must be UTF-8, and not empty", r->name);
    if (r->timeout == 0)
        return vnet_misuse("--timeout 0 leaves nobody time to answer");
    return VNET_OK;
}

static enum option_outcome parse(struct resolve *r, int argc, char **argv) {
    struct option_row common[COMMON_ROWS];
    const struct option_row rows[] = {
        {"trace", 0, OPTION_FLAG, &r->trace, NULL, "show each step", 0, 0},
        {"timeout", 0, OPTION_DURATION, &r->timeout, "TIME", "how long to go on asking", 0, 0},
        {"fresh", 0, OPTION_FLAG, &r->fresh, NULL, "ask, whatever V_NAMES says", 0, 0},
        {"directory-first", 0, OPTION_FLAG, &r->directory_first, NULL, "ask a directory before everybody", 0, 0},
        {0}};
    const struct option_page page = {usage, about, after, common, rows};
    unsigned words;
    common_rows(common, &r->common);
    enum option_outcome outcome = options_parse(&page, argc, argv, &r->name, 1, &words);
    if (outcome != OPTIONS_GO)
        return outcome;
    return check(r, words) == VNET_OK && common_require_interface(&r->common) == 0 ? OPTIONS_GO : OPTIONS_WRONG;
}

/* ---- the steps ----------------------------------------------------------------------------------------------------- */

static int has_code(const struct vname_step *step) {
    return step->kind == VNAME_STEP_RESPONSE || step->kind == VNAME_STEP_STALE || step->kind == VNAME_STEP_END;
}

static void trace_json(const struct resolve *r, const struct vname_step *step) {
    json_t *o = json_pack("{s:s, s:s, s:I, s:o}", "event", "step", "step", vname_step_words(step->kind), "ns",
                          (json_int_t)(step->at - r->begun), "name", json_stringn(step->name, step->length));
    if (step->who)
        json_object_set_new(o, "who", json_entity(step->who));
    if (step->record)
        json_object_set_new(o, "record", naming_json(step->record));
    if (has_code(step) && (int32_t)step->code >= 0)
        json_object_set_new(o, "code", json_code(step->code));
    if (step->kind == VNAME_STEP_PATIENCE)
        json_object_set_new(o, "after_ms", json_integer(step->code));
    json_line(o);
}

static void trace(void *context, const struct vname_step *step) {
    const struct resolve *r = context;
    char text[VMTP_ENTITY_TEXT], code[TEXT_CODE], words[NAMING_FLAGS];
    const struct vname_record *record = step->record;
    if (!r->trace)
        return;
    if (r->common.json) {
        trace_json(r, step);
        return;
    }
    printf("%9.3f ms  %-26s %.*s", (double)(step->at - r->begun) / 1e6, vname_step_words(step->kind), (int)step->length,
           step->name);
    if (step->who)
        printf(" %s", vmtp_entity_format(text, step->who));
    if (has_code(step) && (int32_t)step->code >= 0)
        printf(" %s", text_code(code, step->code));
    if (step->kind == VNAME_STEP_PATIENCE)
        printf(" in %" PRIu32 " ms", step->code);
    if (record)
        printf(" [%.*s%s%.*s manager=%s context=%" PRIu32 " generation=%" PRIu32 "%s]", record->prefix_length,
               record->prefix, record->target_length ? " is " : "", record->target_length,
               record->target_length ? record->target : "", vmtp_entity_format(text, record->manager), record->context,
               record->generation, naming_flags(words, record));
    putchar('\n');
    vnet_flush();
}

/* ---- the verdict --------------------------------------------------------------------------------------------------- */

struct verdict {
    const char *word;
    int exit;
};

static struct verdict verdict_of(const struct vname_operation *op) {
    const uint32_t code = op->answer.code & VMTP_CODE_MASK;
    switch (op->outcome) {
    case VNAME_ANSWERED:
        if (!op->answer.server) /* the resolver's own word: NAME_LOOP, NAME_TOO_LONG */
            return (struct verdict){vmtp_response_code_name(code), VNET_FAILED};
        return (struct verdict){"found", VNET_OK};
    case VNAME_NO_SUCH_NAME: return (struct verdict){"invalid", EXIT_INVALID};
    case VNAME_UNREACHABLE: return (struct verdict){"unreachable", EXIT_UNREACHABLE};
    case VNAME_NO_ANSWER: return (struct verdict){"no-answer", EXIT_NO_ANSWER};
    case VNAME_OUT_OF_TIME:
        return op->record.manager ? (struct verdict){"unreachable", EXIT_UNREACHABLE}
                                  : (struct verdict){"no-answer", EXIT_NO_ANSWER};
    case VNAME_FAILED: break;
    }
    return (struct verdict){"failed", VNET_FAILED};
}

static const char *kind_of(char buf[TEXT_CODE], uint32_t code) {
    code &= VMTP_CODE_MASK;
    return code == VMTP_OK ? "context" : code == VNAME_NOT_CONTEXT ? "object" : text_code(buf, code);
}

/* Who says so, if he is known: the manager, for what is found and for what he says that he does not have. */
static int has_manager(const struct vname_operation *op) {
    return op->answer.server && (op->outcome == VNAME_ANSWERED || op->outcome == VNAME_NO_SUCH_NAME);
}

static void show_json(const struct resolve *r, const struct verdict *verdict) {
    const struct vname_operation *op = &r->op;
    char buf[TEXT_CODE];
    json_t *o = json_pack("{s:s, s:s, s:o, s:I, s:I, s:I, s:I}", "event", "end", "verdict", verdict->word, "name",
                          json_stringn(op->full, op->full_length), "ns",
                          (json_int_t)(node_now(&r->naming.node) - r->begun), "aliases", (json_int_t)op->aliases,
                          "repeats", (json_int_t)op->repeats, "multicasts", (json_int_t)op->questions);
    if (has_manager(op)) {
        json_object_set_new(o, "manager", json_entity(op->answer.server));
        json_object_set_new(o, "record", naming_json(&op->record));
        json_object_set_new(o, "is", json_string(kind_of(buf, op->answer.code)));
    }
    json_line(o);
}

static void show_text(const struct resolve *r, const struct verdict *verdict) {
    const struct vname_operation *op = &r->op;
    char text[VMTP_ENTITY_TEXT], buf[TEXT_CODE];
    printf("%s %.*s", verdict->word, (int)op->full_length, op->full);
    if (has_manager(op))
        printf(" manager=%s", vmtp_entity_format(text, op->answer.server));
    if (op->outcome == VNAME_ANSWERED && has_manager(op))
        printf(" prefix=%.*s context=%" PRIu32 " generation=%" PRIu32 " is=%s", op->record.prefix_length,
               op->record.prefix, op->record.context, op->record.generation, kind_of(buf, op->answer.code));
    putchar('\n');
}

/* ---- what it does -------------------------------------------------------------------------------------------------- */

static void done(struct vname_operation *op, enum vname_outcome outcome) {
    (void)outcome;
    ((struct resolve *)op->context)->over = 1;
}

static int run(struct resolve *r) {
    struct vname_operation *op = &r->op;
    r->begun = node_now(&r->naming.node);
    *op = (struct vname_operation){.name = r->name,
                                   .name_length = strlen(r->name),
                                   .code = VNAME_MAP_CONTEXT,
                                   .area = r->area,
                                   .capacity = sizeof r->area,
                                   .flags = VNAME_REPEATABLE | (r->fresh ? (uint32_t)VNAME_FRESH : 0),
                                   .deadline = r->begun + r->timeout,
                                   .done = done,
                                   .context = r};
    if (r->name[0] != '/' && !vname_current(r->naming.resolver)->place.length)
        return vnet_misuse("\"%s\" is relative, and V_CONTEXT does not say to what", r->name);
    int rc = vname_operate(r->naming.resolver, op);
    if (rc == 0)
        rc = naming_wait(&r->naming, &r->over, VMTP_NEVER);
    if (rc != 0)
        return node_explain(&r->naming.node, rc, 0, r->timeout);
    const struct verdict verdict = verdict_of(op);
    if (op->outcome == VNAME_FAILED)
        return node_explain(&r->naming.node, op->result, op->record.manager, r->timeout);
    if (r->common.json)
        show_json(r, &verdict);
    else
        show_text(r, &verdict);
    return verdict.exit;
}

int vnet_resolve(int argc, char **argv) {
    static struct resolve r = {.timeout = 5 * VMTP_SECOND};
    enum option_outcome outcome = parse(&r, argc, argv);
    if (outcome != OPTIONS_GO)
        return outcome == OPTIONS_DONE ? VNET_OK : VNET_USAGE;
    const struct vname_config config = {
        .flags = r.directory_first ? (uint32_t)VNAME_DIRECTORY_FIRST : 0, .trace = trace, .trace_context = &r};
    int rc = naming_open(&r.naming, &r.common, &config);
    return rc == VNET_OK ? naming_close(&r.naming, run(&r)) : rc;
}
