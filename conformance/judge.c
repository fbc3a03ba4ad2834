/* SPDX-License-Identifier: BSD-2-Clause */
/* What cases say of what they saw. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VC_NO_LINES
#include "run.h"

void vc_worsen(struct vc_test *t, enum vc_verdict verdict, const char *why) {
    if (verdict <= t->verdict)
        return;
    t->verdict = verdict;
    snprintf(t->why, sizeof t->why, "%s", why);
}

static int declared(const struct vc_case *c, const char *id, size_t length) {
    for (const char *at = c->ids; at && *at; at += strcspn(at, " "), at += *at == ' ')
        if (strcspn(at, " ") == length && memcmp(at, id, length) == 0)
            return 1;
    return 0;
}

static enum vc_verdict verdict_of(const struct vc_rule *rule, int ok) {
    if (ok)
        return VC_PASS;
    return rule->level == VC_MUST ? VC_FAIL : VC_WARN;
}

static unsigned line;

void vc_line(unsigned number) { line = number; }

/* Tells whoever asks about sites; 0: this one is to be ignored. */
static int site(struct vc_test *t, const char *id, const char *label, int ok) {
    const struct vc_site s = {.which = t->which->name, .rule = id, .label = label, .line = line};
    return !t->run->site || t->run->site(t->run->site_context, &s, ok);
}

static void judge(struct vc_test *t, const char *id, size_t length, int ok, const char *label, const char *expected,
                  const char *seen) {
    char text[900];
    const struct vc_rule *rule = vc_rule_find(id, (unsigned)length);
    if (!rule || !declared(t->which, id, length)) {
        snprintf(text, sizeof text, "the case judges \"%.*s\", which it does not declare", (int)length, id);
        vc_worsen(t, VC_ERROR, text);
        return;
    }
    if (!site(t, rule->id, label, ok))
        return;
    struct vc_check check = {
        .rule = rule, .verdict = verdict_of(rule, ok), .expected = (char *)expected, .seen = (char *)seen};
    vc_evidence_check(&t->evidence, &check);
    snprintf(text, sizeof text, "%s: expected %s; seen: %s", rule->id, expected, seen);
    vc_evidence_moment(&t->evidence, ok ? VC_HELD : VC_BROKEN, vc_now(t), text, 0);
    vc_worsen(t, check.verdict, text);
}

int vc_judge(struct vc_test *t, const char *id, int ok, const char *label, const char *expected, const char *seen) {
    for (const char *at = id; *at; at += strcspn(at, " "), at += *at == ' ')
        judge(t, at, strcspn(at, " "), ok, label, expected, seen);
    return ok;
}

int vc_check(struct vc_test *t, const char *id, int ok, const char *expected, const char *seen, ...) {
    char text[500];
    va_list arguments;
    va_start(arguments, seen);
    vsnprintf(text, sizeof text, seen, arguments);
    va_end(arguments);
    return vc_judge(t, id, ok, expected, expected, text);
}

int vc_equal(struct vc_test *t, const char *id, const char *what, uint64_t expected, uint64_t seen) {
    char text[160], number[24];
    snprintf(text, sizeof text, expected > 0xffff ? "%s 0x%llx" : "%s %llu", what, (unsigned long long)expected);
    snprintf(number, sizeof number, expected > 0xffff ? "0x%llx" : "%llu", (unsigned long long)seen);
    return vc_judge(t, id, expected == seen, what, text, number);
}

int vc_same_text(struct vc_test *t, const char *id, const char *what, const char *text, const void *seen, size_t length) {
    char expected[160], got[160];
    snprintf(expected, sizeof expected, "%s %.100s", what, text);
    snprintf(got, sizeof got, "%.*s", length < sizeof got ? (int)length : (int)sizeof got - 1, (const char *)seen);
    return vc_judge(t, id, length == strlen(text) && memcmp(seen, text, length) == 0, what, expected, got);
}

int vc_between(struct vc_test *t, const char *id, const char *what, vc_time least, vc_time most, vc_time seen) {
    char text[160], time[24];
    snprintf(text, sizeof text, "%s between %.1f and %.1f ms", what, (double)least / 1e6, (double)most / 1e6);
    snprintf(time, sizeof time, "%.3f ms", (double)seen / 1e6);
    return vc_judge(t, id, least <= seen && seen <= most, what, text, time);
}

int vc_soon(struct vc_test *t, const char *id, const char *what, vc_time least, vc_time most, vc_time seen) {
    most += 4 * t->run->round_trip; /* silence is told by four times what the tester, who waits for the node, takes between packets */
    t->slow += seen > most;
    return vc_between(t, id, what, least, most, seen);
}

/* A client waits for srtt + 4 rttvar, of one measure three round trips, and doubles that up to 320 ms (9.1). */
static vc_time longest(const struct vc_test *t, enum vc_timer timer, unsigned times) {
    const vc_time measured = 3 * t->run->round_trip, cap = 320 * VC_MILLISECOND;
    vc_time most = vc_most(timer, times), most_measured = (measured * times < cap ? measured * times : cap);
    if (timer == VC_TC1)
        return most + measured;
    most_measured += vc_timers[VC_SLACK].most;
    return timer == VC_TC2 && most_measured > most ? most_measured : most;
}

int vc_lasts(struct vc_test *t, const char *id, const char *what, enum vc_timer timer, unsigned times, vc_time seen) {
    return vc_between(t, id, what, vc_least(timer, times), longest(t, timer, times), seen);
}

void vc_note(struct vc_test *t, const char *format, ...) {
    char text[400];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    vc_evidence_moment(&t->evidence, VC_NOTE, vc_now(t), text, 0);
}

void vc_give_up(struct vc_test *t, const char *format, ...) {
    char text[400];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    vc_note(t, "given up: %s", text);
    vc_worsen(t, VC_INCONC, text);
    longjmp(t->end, 1);
}

void vc_skip(struct vc_test *t, const char *item) {
    char text[100];
    snprintf(text, sizeof text, "the node does not have: %s", item);
    vc_worsen(t, VC_SKIP, text);
    longjmp(t->end, 1);
}

void vc_broken(struct vc_test *t, const char *what) {
    vc_worsen(t, VC_ERROR, what);
    longjmp(t->end, 1);
}
