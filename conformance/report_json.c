/* SPDX-License-Identifier: BSD-2-Clause */
/* Results as JSON, and the matrix that is made from several of them. */
#include "report.h"

#include <string.h>

#include <jansson.h>

/* ---- JSON ----------------------------------------------------------------------------------------------------------- */

/* What came from the wire may be no text. */
static json_t *text(const char *value) {
    json_t *string = json_string(value ? value : "");
    return string ? string : json_string("(not text)");
}

static json_t *json_checks(const struct vc_result *r) {
    json_t *list = json_array();
    for (unsigned i = 0; i < r->evidence.check_count; i++) {
        const struct vc_check *c = &r->evidence.checks[i];
        json_array_append_new(list, json_pack("{s:s, s:s, s:o, s:o, s:b}", "rule", c->rule->id, "verdict",
                                              vc_verdict_name(c->verdict), "expected", text(c->expected), "seen",
                                              text(c->seen), "oracle", c->by_oracle));
    }
    return list;
}

static void append(void *context, const struct vc_rule *rule) { json_array_append_new(context, json_string(rule->id)); }

static json_t *json_case(const struct vc_result *r) {
    json_t *ids = json_array();
    vc_rules_each(r->which->ids, append, ids);
    return json_pack("{s:s, s:o, s:s, s:o, s:f, s:i, s:i, s:b, s:o}", "name", r->which->name, "rules", ids, "verdict",
                     vc_verdict_name(r->verdict), "why", text(r->why), "seconds", (double)r->duration / 1e9, "attempts",
                     (int)r->attempts, "failures", (int)r->failures, "expected_failure", r->expected_failure, "checks",
                     json_checks(r));
}

static json_t *json_rules(const struct vc_run *run) {
    unsigned number;
    const struct vc_rule *rules = vc_rules(&number);
    json_t *all = json_object();
    for (unsigned i = 0; i < number; i++) {
        const char *verdict = vc_rule_verdict(run, i);
        if (*verdict != '-')
            json_object_set_new(all, rules[i].id, json_string(verdict));
    }
    return all;
}

static json_t *json_items(void) {
    static const char *const words[] = {"unknown", "no", "yes"};
    json_t *all = json_object();
    for (unsigned i = 0; i < vc_item_count; i++)
        json_object_set_new(
            all, vc_items[i].name,
            json_pack("{s:s, s:s}", "claimed", words[vc_items[i].claimed], "found", words[vc_items[i].found]));
    return all;
}

/* Milliseconds. */
static json_t *json_timers(void) {
    json_t *all = json_object();
    for (unsigned i = 0; i < VC_TIMERS; i++)
        json_object_set_new(all, vc_timers[i].name,
                            json_pack("[f, f]", (double)vc_timers[i].least / 1e6, (double)vc_timers[i].most / 1e6));
    return all;
}

void vc_report_json(const struct vc_run *run, FILE *out) {
    char version[20];
    json_t *cases = json_array();
    snprintf(version, sizeof version, "%08x", vc_catalogue_version());
    for (unsigned i = 0; i < run->count; i++)
        json_array_append_new(cases, json_case(&run->results[i]));
    json_t *all = json_pack("{s:s, s:s, s:{s:s, s:o}, s:I, s:s, s:b, s:o, s:o, s:o, s:o}", "vconform", VC_VERSION,
                            "catalogue", version, "peer", "address", run->peer, "implementation",
                            text(run->implementation), "seed", (json_int_t)run->seed, "verdict",
                            vc_verdict_name(vc_run_verdict(run)), "sane", run->sane, "pics", json_items(), "pixit",
                            json_timers(), "rules", json_rules(run), "cases", cases);
    json_dumpf(all, out, JSON_INDENT(1) | JSON_SORT_KEYS);
    fputc('\n', out);
    json_decref(all);
}

/* ---- matrix --------------------------------------------------------------------------------------------------------- */

static const char *field(json_t *peer, const char *one, const char *two) {
    const char *value = json_string_value(json_object_get(json_object_get(peer, one), two));
    return value ? value : "";
}

static void matrix_row(const struct vc_rule *rule, json_t *peers, FILE *out) {
    size_t i;
    json_t *peer;
    fprintf(out, "<tr><th title=\"");
    vc_print_xml(out, rule->text);
    fprintf(out, "\">%s</th>", rule->id);
    json_array_foreach(peers, i, peer) {
        const char *verdict = field(peer, "rules", rule->id);
        fprintf(out, "<td class=\"%s\">", verdict);
        vc_print_xml(out, verdict);
        fprintf(out, "</td>");
    }
    fprintf(out, "<td>");
    vc_print_xml(out, rule->text);
    fprintf(out, "</td></tr>\n");
}

static void matrix(json_t *peers, FILE *out) {
    unsigned number;
    size_t i;
    json_t *peer;
    const struct vc_rule *rules = vc_rules(&number);
    fputs("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>vconform</title><style>\n"
          "body { font: 14px sans-serif; } table { border-collapse: collapse; } td, th { border: 1px solid #ccc; "
          "padding: 2px 6px; "
          "text-align: left; }\n.PASS { background: #cfc; } .FAIL { background: #f99; } .WARN { background: #fe9; } "
          ".INCONC { "
          "background: #fc9; } .SKIP { background: #eee; }\n</style></head><body><h1>Rules by "
          "peer</h1><table>\n<tr><th>rule</th>",
          out);
    json_array_foreach(peers, i, peer) {
        fprintf(out, "<th>");
        vc_print_xml(out, field(peer, "peer", "implementation"));
        fprintf(out, " ");
        vc_print_xml(out, field(peer, "peer", "address"));
        fprintf(out, "</th>");
    }
    fputs("<th></th></tr>\n", out);
    for (unsigned rule = 0; rule < number; rule++) {
        int any = 0;
        json_array_foreach(peers, i, peer) any |= *field(peer, "rules", rules[rule].id) != 0;
        if (any)
            matrix_row(&rules[rule], peers, out);
    }
    fputs("</table></body></html>\n", out);
}

int vc_report_matrix(char **paths, int count, FILE *out, char *error, size_t size) {
    json_t *peers = json_array();
    for (int i = 0; i < count; i++) {
        json_error_t why;
        json_t *peer = json_load_file(paths[i], 0, &why);
        if (!peer || !json_is_object(json_object_get(peer, "rules"))) {
            snprintf(error, size, "%s: %s", paths[i], peer ? "no results of vconform" : why.text);
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
