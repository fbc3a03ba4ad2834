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
    if (r->unsure)
        return "INCONC";
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

static void each_stale(const struct vc_run *run, FILE *out,
                       void (*print)(const struct vc_xfail *x, unsigned number, FILE *out)) {
    for (unsigned i = 0, number = 0; i < run->xfails.count; i++)
        if (vc_is_stale(run, &run->xfails.list[i]))
            print(&run->xfails.list[i], ++number + run->count, out);
}

static unsigned count_stale(const struct vc_run *run) {
    unsigned stale = 0;
    for (unsigned i = 0; i < run->xfails.count; i++)
        stale += vc_is_stale(run, &run->xfails.list[i]) != 0;
    return stale;
}

static const char *profile_of(const struct vc_run *run) { return run->profile ? run->profile : "full"; }

/* ---- text ----------------------------------------------------------------------------------------------------------- */

static void text_stale(const struct vc_xfail *x, unsigned number, FILE *out) {
    (void)number;
    fprintf(out, "UNEXPECTED PASS %s (expected to fail: %s)\n", x->name, x->reason);
}

static void text_result(const struct vc_result *r, FILE *out) {
    if (r->verdict == VC_PASS && r->bad)
        fprintf(out, "PASS %s, in %u of %u attempts\n", r->which->name, r->attempts - r->bad, r->attempts);
    if (r->verdict == VC_PASS)
        return;
    fprintf(out, "%s %s", vc_verdict_name(r->verdict), r->which->name);
    fprintf(out, r->known ? " (expected: %s)\n" : "\n", r->known);
    if (r->verdict == VC_SKIP || r->verdict == VC_INCONC || r->verdict == VC_ERROR)
        fprintf(out, "    %s\n", r->why);
    bad_checks(r, out, "    ");
}

void vc_report_text(const struct vc_run *run, FILE *out) {
    unsigned counts[VC_VERDICTS], judged, broken;
    for (unsigned i = 0; i < run->count; i++)
        text_result(&run->results[i], out);
    each_stale(run, out, text_stale);
    if (!run->sane)
        fprintf(out, "The node stopped answering ordinary exchanges%s%s; cases after that say nothing.\n",
                *run->unsound ? ": " : "", run->unsound);
    if (run->untried)
        fprintf(out, VC_STOPPED "; %u cases were not tried.\n", run->untried);
    fprintf(out, "vconform %s, catalogue %08x; peer %s %s; profile %s\n", VC_SUITE_VERSION, vc_catalogue_version(),
            run->peer, run->implementation, profile_of(run));
    tally(run, counts);
    rules_tally(run, &judged, &broken);
    fprintf(out, "%u cases:", run->count);
    for (unsigned i = 0; i < VC_VERDICTS; i++)
        if (counts[i])
            fprintf(out, " %u %s", counts[i], vc_verdict_name((enum vc_verdict)i));
    fprintf(out, "; %u rules judged, %u broken; seed %llu\n", judged, broken, (unsigned long long)run->seed);
}

/* ---- TAP ------------------------------------------------------------------------------------------------------------ */

static void tap_stale(const struct vc_xfail *x, unsigned number, FILE *out) {
    fprintf(out, "not ok %u - expected/%s\n# passed, though it was expected to fail: %s\n", number, x->name, x->reason);
}

void vc_report_tap(const struct vc_run *run, FILE *out) {
    fprintf(out, "TAP version 13\n1..%u\n", run->count + count_stale(run));
    fprintf(out, "# vconform %s, catalogue %08x\n# peer %s %s\n# profile %s, seed %llu\n", VC_SUITE_VERSION,
            vc_catalogue_version(), run->peer, run->implementation, profile_of(run), (unsigned long long)run->seed);
    for (unsigned i = 0; i < run->count; i++) {
        const struct vc_result *r = &run->results[i];
        int ok = r->verdict <= VC_WARN;
        fprintf(out, "%s %u - %s %s", ok ? "ok" : "not ok", i + 1, r->which->name, r->which->ids);
        if (r->verdict == VC_SKIP)
            fprintf(out, " # SKIP %s", r->why);
        if (r->known)
            fprintf(out, " # TODO %s", r->known);
        fputc('\n', out);
        if (r->verdict > VC_SKIP)
            fprintf(out, "# %s: %s\n", vc_verdict_name(r->verdict), r->why);
    }
    each_stale(run, out, tap_stale);
}

/* ---- JUnit ---------------------------------------------------------------------------------------------------------- */

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

/* With what is in front of it and behind it, which must be XML. */
static void print_between(FILE *out, const char *before, const char *text, const char *behind) {
    fputs(before, out);
    vc_print_xml(out, text);
    fputs(behind, out);
}

static void junit_case(const struct vc_result *r, FILE *out) {
    static const char *const elements[VC_VERDICTS] = {
        [VC_SKIP] = "skipped", [VC_INCONC] = "error", [VC_FAIL] = "failure", [VC_ERROR] = "error"};
    const char *element = r->known ? "skipped" : elements[r->verdict];
    print_between(out, "  <testcase classname=\"", r->which->ids, "\"");
    print_between(out, " name=\"", r->which->name, "\"");
    fprintf(out, " time=\"%.3f\">", (double)r->duration / 1e9);
    if (element) {
        fprintf(out, "<%s", element);
        print_between(out, " message=\"", r->known ? r->known : r->why, "\"/>");
    }
    if (r->known || r->verdict == VC_WARN) /* JUnit has no word for either */
        print_between(out, "<system-out>", r->why, "</system-out>");
    fputs("</testcase>\n", out);
}

static void junit_stale(const struct vc_xfail *x, unsigned number, FILE *out) {
    (void)number;
    print_between(out, "  <testcase classname=\"expected\" name=\"expected/", x->name, "\">");
    print_between(out, "<failure message=\"passed, though it was expected to fail: ", x->reason, "\"/></testcase>\n");
}

static void junit_property(FILE *out, const char *name, const char *value) {
    fprintf(out, "    <property name=\"%s\"", name);
    print_between(out, " value=\"", value, "\"/>\n");
}

static void junit_properties(const struct vc_run *run, FILE *out) {
    char number[32];
    fputs("  <properties>\n", out);
    junit_property(out, "vconform", VC_SUITE_VERSION);
    snprintf(number, sizeof number, "%08x", vc_catalogue_version());
    junit_property(out, "catalogue", number);
    junit_property(out, "peer", run->peer);
    junit_property(out, "implementation", run->implementation);
    junit_property(out, "profile", profile_of(run));
    snprintf(number, sizeof number, "%llu", (unsigned long long)run->seed);
    junit_property(out, "seed", number);
    fputs("  </properties>\n", out);
}

void vc_report_junit(const struct vc_run *run, FILE *out) {
    unsigned counts[VC_VERDICTS], known = 0, stale = count_stale(run);
    double seconds = 0;
    tally(run, counts);
    for (unsigned i = 0; i < run->count; i++) {
        known += run->results[i].known != NULL;
        seconds += (double)run->results[i].duration / 1e9;
    }
    fprintf(out,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"vconform\" tests=\"%u\" failures=\"%u\" "
            "errors=\"%u\" skipped=\"%u\" time=\"%.3f\">\n",
            run->count + stale, counts[VC_FAIL] - known + stale, counts[VC_ERROR] + counts[VC_INCONC],
            counts[VC_SKIP] + known, seconds);
    junit_properties(run, out);
    for (unsigned i = 0; i < run->count; i++)
        junit_case(&run->results[i], out);
    each_stale(run, out, junit_stale);
    fprintf(out, "</testsuite>\n");
}

/* ---- files ---------------------------------------------------------------------------------------------------------- */

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
