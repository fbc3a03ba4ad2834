/* SPDX-License-Identifier: BSD-2-Clause */
/* Text, TAP and JUnit. */
#include "report.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

/* Cases of the rule, where it was not judged. */
static int worst_of_cases(const struct vc_run *run, const char *id) {
    int worst = -1;
    for (unsigned i = 0; i < run->count; i++)
        if (strstr(run->results[i].which->ids, id) && (int)run->results[i].verdict > worst)
            worst = (int)run->results[i].verdict;
    return worst;
}

const char *vc_rule_verdict(const struct vc_run *run, unsigned rule) {
    unsigned number;
    const struct vc_rule_result *r = &run->rules[rule];
    if (r->broken)
        return "FAIL";
    if (r->warned)
        return "WARN";
    if (r->held)
        return "PASS";
    int worst = worst_of_cases(run, vc_rules(&number)[rule].id);
    if (worst < 0)
        return "-";
    return worst == VC_SKIP ? "SKIP" : "INCONC";
}

static void tally(const struct vc_run *run, unsigned counts[VC_VERDICTS]) {
    memset(counts, 0, VC_VERDICTS * sizeof *counts);
    for (unsigned i = 0; i < run->count; i++)
        counts[run->results[i].verdict]++;
}

static void rules_tally(const struct vc_run *run, unsigned *judged, unsigned *broken) {
    unsigned number;
    vc_rules(&number);
    *judged = *broken = 0;
    for (unsigned i = 0; i < number; i++) {
        const struct vc_rule_result *r = &run->rules[i];
        *judged += r->held + r->broken + r->warned > 0;
        *broken += r->broken > 0;
    }
}

static void bad_checks(const struct vc_result *r, FILE *out, const char *indent) {
    for (unsigned i = 0; i < r->evidence.check_count; i++) {
        const struct vc_check *c = &r->evidence.checks[i];
        if (c->verdict == VC_PASS)
            continue;
        const char *advice = vc_advice(c->rule->id);
        fprintf(out, "%s%s (%s): %s\n", indent, c->rule->id, vc_level_name(c->rule->level), c->rule->text);
        fprintf(out, "%s  expected %s\n%s  seen     %s%s\n", indent, c->expected, indent, c->seen,
                c->by_oracle ? " (oracle)" : "");
        if (advice)
            fprintf(out, "%s  advice   %s\n", indent, advice);
    }
}

static void stale_expectations(const struct vc_run *run, FILE *out) {
    for (unsigned i = 0; i < run->xfails.count; i++) {
        const struct vc_xfail *x = &run->xfails.list[i];
        if (x->failed == 0 && x->passed > 0)
            fprintf(out, "UNEXPECTED PASS %s (expected to fail: %s)\n", x->name, x->reason);
    }
}

void vc_report_text(const struct vc_run *run, FILE *out) {
    unsigned counts[VC_VERDICTS], judged, broken;
    for (unsigned i = 0; i < run->count; i++) {
        const struct vc_result *r = &run->results[i];
        if (r->verdict == VC_PASS && r->bad)
            fprintf(out, "PASS %s, in %u of %u attempts\n", r->which->name, r->attempts - r->bad, r->attempts);
        if (r->verdict == VC_PASS)
            continue;
        fprintf(out, "%s %s%s\n", vc_verdict_name(r->verdict), r->which->name, r->expected_failure ? " (expected)" : "");
        if (r->verdict == VC_SKIP || r->verdict == VC_INCONC || r->verdict == VC_ERROR)
            fprintf(out, "    %s\n", r->why);
        bad_checks(r, out, "    ");
    }
    stale_expectations(run, out);
    if (!run->sane)
        fprintf(out, "The node stopped answering ordinary exchanges; cases after that say nothing.\n");
    tally(run, counts);
    rules_tally(run, &judged, &broken);
    fprintf(out, "%u cases:", run->count);
    for (unsigned i = 0; i < VC_VERDICTS; i++)
        if (counts[i])
            fprintf(out, " %u %s", counts[i], vc_verdict_name((enum vc_verdict)i));
    fprintf(out, "; %u rules judged, %u broken; seed %llu\n", judged, broken, (unsigned long long)run->seed);
}

void vc_report_tap(const struct vc_run *run, FILE *out) {
    fprintf(out, "TAP version 13\n1..%u\n", run->count);
    for (unsigned i = 0; i < run->count; i++) {
        const struct vc_result *r = &run->results[i];
        int ok = r->verdict <= VC_WARN;
        fprintf(out, "%s %u - %s %s", ok ? "ok" : "not ok", i + 1, r->which->name, r->which->ids);
        if (r->verdict == VC_SKIP)
            fprintf(out, " # SKIP %s", r->why);
        if (r->expected_failure)
            fprintf(out, " # TODO expected to fail");
        fputc('\n', out);
        if (r->verdict > VC_SKIP)
            fprintf(out, "# %s: %s\n", vc_verdict_name(r->verdict), r->why);
    }
}

void vc_print_xml(FILE *out, const char *text) {
    for (; *text; text++)
        switch (*text) {
        case '<': fputs("&lt;", out); break;
        case '>': fputs("&gt;", out); break;
        case '&': fputs("&amp;", out); break;
        case '"': fputs("&quot;", out); break;
        default:
            if ((unsigned char)*text >= 32)
                fputc(*text, out);
        }
}

static void junit_case(const struct vc_result *r, FILE *out) {
    static const char *const elements[] = {NULL, "skipped", NULL, "error", "failure", "error"};
    fprintf(out, "  <testcase classname=\"");
    vc_print_xml(out, r->which->ids);
    fprintf(out, "\" name=\"");
    vc_print_xml(out, r->which->name);
    fprintf(out, "\" time=\"%.3f\"", (double)r->duration / 1e9);
    const char *element = r->expected_failure ? "skipped" : elements[r->verdict];
    if (element) {
        fprintf(out, "><%s message=\"", element);
        vc_print_xml(out, r->why);
        fprintf(out, "\"/></testcase>\n");
    } else {
        fprintf(out, "/>\n");
    }
}

void vc_report_junit(const struct vc_run *run, FILE *out) {
    unsigned counts[VC_VERDICTS];
    tally(run, counts);
    fprintf(out,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"vconform\" tests=\"%u\" failures=\"%u\" "
            "errors=\"%u\" skipped=\"%u\">\n",
            run->count, counts[VC_FAIL], counts[VC_ERROR] + counts[VC_INCONC], counts[VC_SKIP]);
    for (unsigned i = 0; i < run->count; i++)
        junit_case(&run->results[i], out);
    fprintf(out, "</testsuite>\n");
}

static int write_file(const struct vc_run *run, const char *name, void (*write)(const struct vc_run *, FILE *)) {
    char path[600];
    snprintf(path, sizeof path, "%s/%s", run->report, name);
    FILE *out = fopen(path, "w");
    if (!out)
        return -1;
    write(run, out);
    int bad = ferror(out);
    return fclose(out) != 0 || bad ? -1 : 0;
}

int vc_report_files(const struct vc_run *run) {
    char json[600], *one = json, error[200];
    if (write_file(run, "results.txt", vc_report_text) != 0 || write_file(run, "results.tap", vc_report_tap) != 0 ||
        write_file(run, "results.xml", vc_report_junit) != 0 || write_file(run, "results.json", vc_report_json) != 0)
        return -1;
    char path[600];
    snprintf(json, sizeof json, "%s/results.json", run->report);
    snprintf(path, sizeof path, "%s/matrix.html", run->report);
    FILE *out = fopen(path, "w");
    if (!out)
        return -1;
    int rc = vc_report_matrix(&one, 1, out, error, sizeof error);
    return fclose(out) != 0 || rc != 0 ? -1 : 0;
}
