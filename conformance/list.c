/* SPDX-License-Identifier: BSD-2-Clause */
/* What cases there are, and what they do. */
#include <string.h>

#include "program.h"
#include "report.h"

static const char unseen[] =
#include <unseen.inc>
    ;

/* What $VCONFORM_START may hold, for --reboot. */
static const struct {
    const char *word, *text;
} starts[] = {
    {"(nothing)", "as before the tests"},
    {"asking", "the same, and the node asks for its identifiers; the command does not wait for that"},
    {"require-checksum", "packets without checksum are dropped"},
    {"shared-address", "another VMTP module has the node's Ethernet address, too"},
    {"remote-management", "CreateEntity, DeleteEntity and ModifyService are obeyed"},
    {"sequence-numbers", "receive sequence numbers are kept, for 8 nodes at least"},
    {"ask-always", "each Response with a segment is to be acknowledged"},
    {"no-streams", "the node neither streams nor takes part in runs"},
    {"own-identifier", "the test service has an identifier that it may have had before"},
    {"hosts=N", "N entities at most whose node is remembered"},
    {"clients=N", "N records of Clients at most"},
    {"ts2=N", "TS2 is N ms"},
};

struct listing {
    FILE *out;
    const struct vc_options *options;
    int count;
};

static void list_one(void *context, const struct vc_case *c) {
    struct listing *l = context;
    if (!vc_chosen(c, l->options->patterns, l->options->pattern_count) ||
        !vc_fits(c, l->options->role, l->options->profile))
        return;
    fprintf(l->out, "%-34s %s%s%s\n", c->name, c->ids, c->needs ? "  needs " : "", c->needs ? c->needs : "");
    l->count++;
}

static void list_starts(FILE *out) {
    for (unsigned i = 0; i < sizeof starts / sizeof starts[0]; i++)
        fprintf(out, "%-20s %s\n", starts[i].word, starts[i].text);
}

static void list_timers(FILE *out) {
    for (unsigned i = 0; i < VC_TIMERS; i++)
        fprintf(out, "%-6s %6.0f to %6.0f ms  %s\n", vc_timers[i].name, (double)vc_timers[i].least / 1e6,
                (double)vc_timers[i].most / 1e6, vc_timers[i].text);
}

static void list_items(FILE *out) {
    for (unsigned i = 0; i < vc_item_count; i++)
        fprintf(out, "%-20s %s\n", vc_items[i].name, vc_items[i].text);
}

int vc_list(FILE *out, const struct vc_options *o) {
    struct listing l = {.out = out, .options = o};
    if (o->starts || o->timers || o->items) {
        (o->starts ? list_starts : o->timers ? list_timers : list_items)(out);
        return 1;
    }
    vc_cases_each(list_one, &l);
    if (o->pattern_count == 0)
        fprintf(out, "%-34s %s\n", "(the oracle, in all cases)", vc_oracle_ids);
    return l.count;
}

/* ---- explain -------------------------------------------------------------------------------------------------------- */

static void explain_rule(void *context, const struct vc_rule *rule) {
    const char *advice = vc_advice(rule->id);
    fprintf(context, "  %s (%s, %s, %s; from %s)\n    %s\n", rule->id, vc_level_name(rule->level), rule->role,
            rule->profile, rule->source, rule->text);
    if (advice)
        fprintf(context, "    Advice: %s\n", advice);
}

static void explain_case(const struct vc_case *c, FILE *out) {
    char stimulus[400], expected[200];
    fprintf(out, "%s\n", c->name);
    if (c->run) {
        fprintf(out, "  sends    %s\n  expects  %s\n", c->stimulus, c->expected);
    } else {
        vc_single_stimulus(&c->single, stimulus, sizeof stimulus);
        vc_single_expected(&c->single, expected, sizeof expected);
        fprintf(out, "  sends    %s\n  expects  %s\n", stimulus, expected);
    }
    if (c->needs)
        fprintf(out, "  needs    %s\n", c->needs);
}

struct search {
    FILE *out;
    char *name;
    const struct vc_rule *rule; /* of just that name, or NULL */
    int found;
};

/* Of a rule that was told already the cases in brief. */
static void search_one(void *context, const struct vc_case *c) {
    struct search *s = context;
    if (!vc_chosen(c, &s->name, 1))
        return;
    explain_case(c, s->out);
    if (s->rule)
        fprintf(s->out, "  rules    %s\n", c->ids);
    else
        vc_rules_each(c->ids, explain_rule, s->out);
    s->found++;
}

/* A rule, and how it can be seen otherwise than by cases of its own. */
static void whole_rule(const struct vc_rule *rule, FILE *out) {
    const char *why = vc_unseen(rule->id);
    explain_rule(out, rule);
    if (strstr(vc_oracle_ids, rule->id))
        fprintf(out, "    The oracle looks for this in every frame.\n");
    if (why)
        fprintf(out, "    Not seen from the wire: %s\n", why);
}

int vc_explain(FILE *out, char *name) {
    unsigned number, length = (unsigned)strlen(name);
    struct search s = {.out = out, .name = name, .rule = vc_rule_find(name, length)};
    if (s.rule)
        whole_rule(s.rule, out);
    if (length)
        vc_cases_each(search_one, &s);
    const struct vc_rule *rules = vc_rules(&number);
    int cases = s.found;
    for (unsigned i = 0; length && !s.rule && !cases && i < number; i++)
        if (strncmp(rules[i].id, name, length) == 0) {
            whole_rule(&rules[i], out);
            s.found++;
        }
    return s.found > 0 || s.rule;
}

/* ---- coverage ------------------------------------------------------------------------------------------------------- */

const char *vc_unseen(const char *id) {
    static char text[300];
    size_t length = strlen(id);
    for (const char *line = unseen; line && *line; line = strchr(line, '\n'), line += line != NULL)
        if (strncmp(line, id, length) == 0 && line[length] == '\t') {
            snprintf(text, sizeof text, "%.*s", (int)strcspn(line + length + 1, "\n"), line + length + 1);
            return text;
        }
    return NULL;
}

struct coverage {
    FILE *out;
    const struct vc_rule *rule;
    unsigned cases;
};

static void mark(void *context, const struct vc_rule *rule) {
    struct coverage *c = context;
    c->cases += rule == c->rule;
}

static void cover_one(void *context, const struct vc_case *which) {
    struct coverage *c = context;
    unsigned before = c->cases;
    vc_rules_each(which->ids, mark, c);
    if (c->cases > before && c->out)
        fprintf(c->out, "%s%s", before ? ", " : "", which->name);
}

void vc_report_coverage(FILE *out) {
    unsigned number, shown = 0, reasons = 0, open = 0;
    const struct vc_rule *rules = vc_rules(&number);
    fprintf(out, "| rule | cases, or why there is none |\n|---|---|\n");
    for (unsigned i = 0; i < number; i++) {
        struct coverage c = {.out = out, .rule = &rules[i]};
        const char *why = vc_unseen(rules[i].id);
        fprintf(out, "| %s | ", rules[i].id);
        vc_cases_each(cover_one, &c);
        int oracle = strstr(vc_oracle_ids, rules[i].id) != NULL;
        if (oracle)
            fprintf(out, "%sthe oracle", c.cases ? ", " : "");
        if (why)
            fprintf(out, "not seen from the wire: %s", why);
        fprintf(out, "%s |\n", !why && !oracle && !c.cases ? "open" : "");
        shown += c.cases || oracle;
        reasons += why && !c.cases && !oracle;
        open += !why && !oracle && !c.cases;
    }
    fprintf(out, "\n%u rules: %u shown by cases or the oracle, %u with a reason, %u open.\n", number, shown, reasons,
            open);
}
