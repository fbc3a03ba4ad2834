/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One page from several files of results: who keeps which rules.  It is whole in itself, needs no script, and can be printed: what
 * is chosen at its top is done by style.
 */
#include "report.h"

#include <string.h>

#include <jansson.h>

static const char *const verdicts[] = {"PASS", "WARN", "FAIL", "INCONC", "SKIP"}; /* of rules */
#define VERDICTS (sizeof verdicts / sizeof verdicts[0])

static const char style[] =
    "body { font: 14px/1.35 'DejaVu Sans', Verdana, sans-serif; margin: 1.5em; color: #222; max-width: 110em; }\n"
    "h1 { font-size: 1.5em; margin: 0 0 .4em; }\n"
    "p { margin: .5em 0; } code { font-size: 1em; }\n"
    "table { border-collapse: collapse; } td, th { text-align: left; vertical-align: top; padding: 3px 8px; }\n"
    ".peers td, .peers th { border-bottom: 1px solid #ddd; } .peers td.n { text-align: right; }\n"
    ".rules { table-layout: fixed; width: 100%; margin-top: 1em; }\n"
    ".rules td, .rules th { border-bottom: 1px solid #e4e4e4; }\n"
    ".rules thead th { position: sticky; top: 0; background: #fff; border-bottom: 2px solid #444; z-index: 1; "
    "overflow-wrap: break-word; }\n"
    ".rules td.v { text-align: center; font-weight: bold; font-size: .85em; border-left: 2px solid #fff; }\n"
    "th.id { font-family: 'DejaVu Sans Mono', monospace; font-weight: normal; white-space: nowrap; }\n"
    "tr.section th, tr.section td { background: #eef1f5; font-weight: bold; border-top: 6px solid #fff; }\n"
    "tr.section td.v { font-weight: normal; }\n"
    ".level { color: #667; font-size: .85em; } .why { font-size: .9em; margin: 2px 0 0 1em; text-indent: -1em; }\n"
    ".PASS, tr.section td.PASS { background: #d6f0d6; color: #14501f; }\n"
    ".FAIL, tr.section td.FAIL { background: #c62828; color: #fff; }\n"
    ".WARN, tr.section td.WARN { background: #ffe28a; color: #5a4300; }\n"
    ".INCONC, tr.section td.INCONC { background: #ffc9a3; color: #6b3100; }\n"
    ".SKIP, tr.section td.SKIP { background: #f2f2f2; color: #777; font-weight: normal; }\n"
    ".key span { padding: 1px 7px; font-weight: bold; font-size: .85em; }\n"
    ".warning { border-left: 5px solid #c62828; padding-left: .6em; }\n"
    "#broken:checked ~ table tr.quiet, #sections:checked ~ table tr.rule { display: none; }\n"
    "label { margin-right: 1.2em; } @media print { input, label { display: none; } }\n";

/* Headings of the specifications. */
static const char headings[] =
#include <sections.inc>
    ;

/* ---- what is in the files ---------------------------------------------------------------------------------------------- */

static const char *field(json_t *peer, const char *one, const char *two) {
    const char *value = json_string_value(json_object_get(json_object_get(peer, one), two));
    return value ? value : "";
}

static const char *word(json_t *object, const char *name) {
    const char *value = json_string_value(json_object_get(object, name));
    return value ? value : "";
}

/* A verdict as it may stand in the page, whatever the file says. */
static const char *verdict_of(const char *value) {
    enum vc_verdict verdict;
    return vc_verdict_parse(value, &verdict) ? vc_verdict_name(verdict) : "";
}

static const char *came_to(json_t *peer, const char *id) { return verdict_of(field(peer, "rules", id)); }

/* Worse ones have higher numbers, but what was not tried is the least of all. */
static unsigned rank(const char *verdict) {
    static const char *const order[] = {"SKIP", "PASS", "INCONC", "WARN", "FAIL"};
    for (unsigned i = 0; i < VERDICTS; i++)
        if (strcmp(order[i], verdict) == 0)
            return i + 1;
    return 0;
}

static unsigned count_rules(json_t *peer, const char *verdict) {
    const char *id;
    json_t *value;
    unsigned number = 0;
    json_object_foreach(json_object_get(peer, "rules"), id, value) {
        const char *seen = json_string_value(value);
        number += seen && strcmp(seen, verdict) == 0;
    }
    return number;
}

/* ---- the head of the page ------------------------------------------------------------------------------------------------ */

static void peer_row(json_t *peer, size_t number, FILE *out) {
    fprintf(out, "<tr><td class=\"n\">%zu</td><td>", number + 1);
    vc_print_xml(out, field(peer, "peer", "implementation"));
    fputs("</td><td><code>", out);
    vc_print_xml(out, field(peer, "peer", "address"));
    fputs("</code></td><td>", out);
    vc_print_xml(out, word(peer, "profile"));
    const char *verdict = verdict_of(word(peer, "verdict"));
    fprintf(out, "</td><td class=\"%s\"><b>%s</b></td>", verdict, verdict);
    for (unsigned i = 0; i < VERDICTS; i++) {
        unsigned rules = count_rules(peer, verdicts[i]);
        fprintf(out, "<td class=\"n %s\">%u</td>", rules ? verdicts[i] : "", rules);
    }
    fprintf(out, "<td class=\"n\">%zu</td><td class=\"n\">%lld</td></tr>\n",
            json_array_size(json_object_get(peer, "cases")), json_integer_value(json_object_get(peer, "seed")));
}

/* Results of another catalogue speak of other rules under the same names, or of other sentences. */
static void warn(json_t *peers, FILE *out) {
    char version[20];
    size_t i;
    json_t *peer;
    snprintf(version, sizeof version, "%08x", vc_catalogue_version());
    json_array_foreach(peers, i, peer) {
        long long untried = json_integer_value(json_object_get(peer, "untried"));
        if (untried)
            fprintf(out, "<p class=\"warning\">With peer %zu vconform was told to end before %lld cases.</p>\n", i + 1,
                    untried);
        if (strcmp(word(peer, "catalogue"), version) != 0)
            fprintf(out, "<p class=\"warning\">Peer %zu was tested against another version of the rules.</p>\n", i + 1);
        if (!json_is_true(json_object_get(peer, "sane")))
            fprintf(out,
                    "<p class=\"warning\">Peer %zu did not answer ordinary exchanges any more before the end: "
                    "what is INCONC there was mostly not tried.</p>\n",
                    i + 1);
    }
}

static void head(json_t *peers, FILE *out) {
    size_t i;
    json_t *peer;
    fprintf(out,
            "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>vconform: rules by peer</title>"
            "<style>\n%s</style></head><body>\n<h1>VMTP over Ethernet: which rules who keeps</h1>\n"
            "<table class=\"peers\"><tr><th></th><th>peer</th><th>address</th><th>profile</th><th>in all</th>",
            style);
    for (unsigned v = 0; v < VERDICTS; v++)
        fprintf(out, "<th>%s</th>", verdicts[v]);
    fputs("<th>cases</th><th>seed</th></tr>\n", out);
    json_array_foreach(peers, i, peer) peer_row(peer, i, out);
    fputs("</table>\n", out);
    warn(peers, out);
    fputs("<p class=\"key\"><span class=\"PASS\">PASS</span> kept &nbsp; <span class=\"WARN\">WARN</span> a "
          "<i>should</i> "
          "that is not kept &nbsp; <span class=\"FAIL\">FAIL</span> a <i>must</i> that is broken &nbsp; "
          "<span class=\"INCONC\">INCONC</span> could not be judged &nbsp; <span class=\"SKIP\">SKIP</span> about what "
          "the peer does not have. Lines of sections: rules kept, of those that were tried.</p>\n"
          "<input type=\"radio\" name=\"show\" id=\"all\" checked><label for=\"all\">all rules</label>\n"
          "<input type=\"radio\" name=\"show\" id=\"broken\"><label for=\"broken\">only those that somebody does not "
          "keep</label>\n"
          "<input type=\"radio\" name=\"show\" id=\"sections\"><label for=\"sections\">sections</label>\n",
          out);
}

/* ---- rules ----------------------------------------------------------------------------------------------------------------- */

static size_t section_length(const char *id) {
    const char *last = strrchr(id, '-');
    return last ? (size_t)(last - id) : strlen(id);
}

static void section_cell(json_t *peer, const struct vc_rule *rules, unsigned number, FILE *out) {
    unsigned kept = 0, judged = 0, skipped = 0;
    const char *worst = "";
    for (unsigned i = 0; i < number; i++) {
        const char *verdict = came_to(peer, rules[i].id);
        if (rank(verdict) > rank(worst))
            worst = verdict;
        skipped += strcmp(verdict, "SKIP") == 0;
        judged += *verdict && strcmp(verdict, "SKIP") != 0;
        kept += strcmp(verdict, "PASS") == 0;
    }
    fprintf(out, "<td class=\"v %s\">", worst);
    if (judged)
        fprintf(out, "%u of %u", kept, judged);
    else if (skipped)
        fputs("SKIP", out);
    fputs("</td>", out);
}

/* Of the section itself, else of the one that it is part of: "VMTP-4.6", "VMTP-4". */
static void print_heading(const char *id, size_t length, FILE *out) {
    char key[40], title[200];
    snprintf(key, sizeof key, "%.*s\t", (int)length, id);
    const char *at = strstr(headings, key);
    if (!at && memchr(id, '.', length)) {
        print_heading(id, (size_t)((const char *)memchr(id, '.', length) - id), out);
    } else if (at) {
        at += strlen(key);
        snprintf(title, sizeof title, "%.*s", (int)strcspn(at, "\n"), at);
        vc_print_xml(out, title);
    }
}

/* What the worst of the peers made of the rule. */
static unsigned worst_rank(const struct vc_rule *rule, json_t *peers) {
    size_t i;
    json_t *peer;
    unsigned worst = 0;
    json_array_foreach(peers, i, peer) {
        unsigned of_peer = rank(came_to(peer, rule->id));
        worst = of_peer > worst ? of_peer : worst;
    }
    return worst;
}

static void section_row(const struct vc_rule *rules, unsigned number, json_t *peers, FILE *out) {
    size_t i;
    json_t *peer;
    int quiet = 1;
    for (unsigned r = 0; r < number; r++)
        quiet &= worst_rank(&rules[r], peers) <= rank("PASS");
    fprintf(out, "<tr class=\"section%s\"><th class=\"id\">%.*s</th>", quiet ? " quiet" : "",
            (int)section_length(rules->id), rules->id);
    json_array_foreach(peers, i, peer) section_cell(peer, rules, number, out);
    fputs("<td>", out);
    print_heading(rules->id, section_length(rules->id), out);
    fputs("</td></tr>\n", out);
}

/* The first check of the case that the rule did not stand. */
static json_t *broken_check(json_t *of_case, const char *id) {
    size_t i;
    json_t *check;
    json_array_foreach(json_object_get(of_case, "checks"), i, check) {
        if (strcmp(word(check, "rule"), id) == 0 && rank(word(check, "verdict")) > rank("PASS"))
            return check;
    }
    return NULL;
}

static void reasons(json_t *peer, size_t number, const char *id, FILE *out) {
    size_t i;
    json_t *one;
    if (rank(came_to(peer, id)) < rank("INCONC"))
        return;
    json_array_foreach(json_object_get(peer, "cases"), i, one) {
        json_t *check = broken_check(one, id);
        if (!check)
            continue;
        fprintf(out, "<div class=\"why\">%zu: <code>", number + 1);
        vc_print_xml(out, word(one, "name"));
        fputs("</code>: expected ", out);
        vc_print_xml(out, word(check, "expected"));
        fputs("; seen: ", out);
        vc_print_xml(out, word(check, "seen"));
        fputs("</div>", out);
    }
}

static void rule_row(const struct vc_rule *rule, json_t *peers, FILE *out) {
    size_t i;
    json_t *peer;
    fprintf(out, "<tr class=\"rule%s\" id=\"%s\"><th class=\"id\">%s</th>",
            worst_rank(rule, peers) > rank("PASS") ? "" : " quiet", rule->id, rule->id);
    json_array_foreach(peers, i, peer) {
        const char *verdict = came_to(peer, rule->id);
        fprintf(out, "<td class=\"v %s\">%s</td>", verdict, verdict);
    }
    fputs("<td>", out);
    vc_print_xml(out, rule->text);
    fprintf(out, " <span class=\"level\">%s, %s</span>", vc_level_name(rule->level), rule->role);
    json_array_foreach(peers, i, peer) reasons(peer, i, rule->id, out);
    fputs("</td></tr>\n", out);
}

static int tried(const struct vc_rule *rule, json_t *peers) {
    size_t i;
    json_t *peer;
    json_array_foreach(peers, i, peer) {
        if (*came_to(peer, rule->id))
            return 1;
    }
    return 0;
}

/* The rules of one section, beginning with the first; returns how many they are. */
static unsigned section(const struct vc_rule *rules, unsigned left, json_t *peers, FILE *out) {
    size_t length = section_length(rules->id);
    unsigned number = 0, any = 0;
    while (number < left && section_length(rules[number].id) == length && memcmp(rules[number].id, rules->id, length) == 0)
        any += (unsigned)tried(&rules[number++], peers);
    if (any)
        section_row(rules, number, peers, out);
    for (unsigned i = 0; i < number; i++)
        if (tried(&rules[i], peers))
            rule_row(&rules[i], peers, out);
    return number;
}

static void matrix(json_t *peers, FILE *out) {
    unsigned number;
    size_t i;
    json_t *peer;
    const struct vc_rule *rules = vc_rules(&number);
    head(peers, out);
    fputs("<table class=\"rules\"><colgroup><col style=\"width: 9.5em\">", out);
    json_array_foreach(peers, i, peer) fputs("<col style=\"width: 7.5em\">", out);
    fputs("<col></colgroup>\n<thead><tr><th>rule</th>", out);
    json_array_foreach(peers, i, peer) {
        fprintf(out, "<th>%zu ", i + 1);
        vc_print_xml(out, field(peer, "peer", "implementation"));
        fputs("</th>", out);
    }
    fputs("<th>what it says</th></tr></thead><tbody>\n", out);
    for (unsigned at = 0; at < number;)
        at += section(rules + at, number - at, peers, out);
    fputs("</tbody></table></body></html>\n", out);
}

int vc_report_matrix(char **paths, int count, FILE *out, char *error, size_t size) {
    json_t *peers = json_array();
    for (int i = 0; i < count; i++) {
        json_error_t why;
        json_t *peer = json_load_file(paths[i], 0, &why);
        if (!peer || !json_is_object(json_object_get(peer, "rules"))) {
            if (!peer && why.line < 0) /* then its text names the file */
                snprintf(error, size, "%s", why.text);
            else
                snprintf(error, size, "%s:%d: no results.json of vconform%s%s", paths[i], peer ? 1 : why.line,
                         peer ? "" : ": ", peer ? "" : why.text);
            json_decref(peer);
            json_decref(peers);
            return -1;
        }
        json_array_append_new(peers, peer);
    }
    matrix(peers, out);
    json_decref(peers);
    return 0;
}
