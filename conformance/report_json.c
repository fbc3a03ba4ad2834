/* SPDX-License-Identifier: BSD-2-Clause */
/* Results as JSON. */
#include "report.h"

#include <string.h>

#include <jansson.h>

static json_t *json_checks(const struct vc_result *r) {
    json_t *list = json_array();
    for (unsigned i = 0; i < r->evidence.check_count; i++) {
        const struct vc_check *c = &r->evidence.checks[i];
        json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s, s:b}", "rule", c->rule->id, "verdict",
                                              vc_verdict_name(c->verdict), "expected", c->expected, "seen", c->seen,
                                              "oracle", c->by_oracle));
    }
    return list;
}

static void append(void *context, const struct vc_rule *rule) { json_array_append_new(context, json_string(rule->id)); }

static json_t *json_case(const struct vc_result *r) {
    json_t *ids = json_array();
    vc_rules_each(r->which->ids, append, ids);
    return json_pack("{s:s, s:o, s:s, s:s, s:f, s:i, s:i, s:b, s:o}", "name", r->which->name, "rules", ids, "verdict",
                     vc_verdict_name(r->verdict), "why", r->why, "seconds", (double)r->duration / 1e9, "attempts",
                     (int)r->attempts, "failures", (int)r->failures, "expected_failure", r->known != NULL, "checks",
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

static json_t *json_expected(const struct vc_run *run) {
    json_t *list = json_array();
    for (unsigned i = 0; i < run->xfails.count; i++) {
        const struct vc_xfail *x = &run->xfails.list[i];
        json_array_append_new(list, json_pack("{s:s, s:s, s:b, s:b}", "name", x->name, "reason", x->reason, "failed",
                                              x->failed > 0, "stale", vc_is_stale(run, x)));
    }
    return list;
}

void vc_report_json(const struct vc_run *run, FILE *out) {
    char version[20];
    json_t *cases = json_array();
    snprintf(version, sizeof version, "%08x", vc_catalogue_version());
    for (unsigned i = 0; i < run->count; i++)
        json_array_append_new(cases, json_case(&run->results[i]));
    json_t *all = json_pack("{s:s, s:s, s:{s:s, s:s}, s:s, s:I, s:s, s:b, s:i, s:o, s:o, s:o, s:o, s:o}", "vconform",
                            VC_SUITE_VERSION, "catalogue", version, "peer", "address", run->peer, "implementation",
                            run->implementation, "profile", run->profile ? run->profile : "full", "seed",
                            (json_int_t)run->seed, "verdict", vc_verdict_name(vc_run_verdict(run)), "sane", run->sane,
                            "untried", (int)run->untried, "pics", json_items(), "pixit", json_timers(), "rules",
                            json_rules(run), "expected", json_expected(run), "cases", cases);
    json_dumpf(all, out, JSON_INDENT(1) | JSON_SORT_KEYS);
    fputc('\n', out);
    json_decref(all);
}
