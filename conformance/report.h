/* SPDX-License-Identifier: BSD-2-Clause */
/* report.h - what came of a run, in the forms that people and programs read. */
#ifndef VC_REPORT_H
#define VC_REPORT_H

#include <stdio.h>

#include "run.h"

/* Each of them says with what it can be had again: version of the suite and of the rules, peer, profile and seed. */
void vc_report_text(const struct vc_run *run, FILE *out);
void vc_report_tap(const struct vc_run *run, FILE *out);
void vc_report_junit(const struct vc_run *run, FILE *out);
/* schema/results.schema.json says what it is. */
void vc_report_json(const struct vc_run *run, FILE *out);
/* All of them in run->report; 0, or -1 with errno. */
int vc_report_files(const struct vc_run *run);

/* Writes the matrix of peers by rules from files of results; 0, or -1: error has one line. */
int vc_report_matrix(char **paths, int count, FILE *out, char *error, size_t size);

/* What a rule came to: "PASS", "FAIL", "WARN", "INCONC" or "SKIP" (of its cases), or "-" without a case. */
const char *vc_rule_verdict(const struct vc_run *run, unsigned rule);
/* One line that helps with a common failure, or NULL. */
const char *vc_advice(const char *id);
/* Rules, their cases, and reasons why there is none. */
void vc_report_coverage(FILE *out);
/* Why the wire cannot show a rule; NULL: it can. */
const char *vc_unseen(const char *id);

void vc_print_xml(FILE *out, const char *text);

#endif
